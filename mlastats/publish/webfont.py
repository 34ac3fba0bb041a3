"""The glyphs that a page uses, as web fonts inside the page."""

import base64
import html
import io
import re
from pathlib import Path

from mlastats.publish.style import FONTS

FAMILY = "Noto Sans"
# Vowels that a shaper draws in two parts, with the part that it takes from another letter.
PARTS = {"ำ": "ํ", "ຳ": "ໍ", **dict.fromkeys("ើឿៀោៅ", "េ")}
WEIGHTS = {"Regular": 400, "Bold": 700}


def faces(page: str) -> str:
    """CSS with a @font-face for each font of the package that has characters of `page`."""
    letters = set(html.unescape(re.sub(r'="data:[^"]*"', "", page)))
    used = set(map(ord, letters | {PARTS[letter] for letter in letters & {*PARTS}}))
    return "\n".join(face for path in sorted(FONTS.glob("*.ttf")) if (face := _face(path, used)))


def _face(path: Path, used: set[int]) -> str:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    weight = WEIGHTS[path.stem.partition("-")[2]]
    font = TTFont(path, recalcTimestamp=False, lazy=True)
    own = set(font.getBestCmap()) & used
    # Spaces, digits and marks stand in every font: the Latin one draws them.
    if not path.stem.startswith("NotoSans-"):
        own = {code for code in own if code > 0x0E00}
        if own <= set(range(0x2000, 0x3000)):
            return ""
    # The features of a shaper, and digits of one width; those that nothing asks for would double the glyphs.
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=True)
    options.layout_features.append("tnum")
    options.recalc_timestamp = False
    cut = subset.Subsetter(options)
    cut.populate(unicodes=own)
    cut.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    codes = ", ".join(f"U+{code:X}" for code in sorted(own))
    data = base64.b64encode(out.getvalue()).decode()
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; font-display: block; '
        f"unicode-range: {codes}; src: url(data:font/woff;base64,{data}) format('woff'); }}"
    )
