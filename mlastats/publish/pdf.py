"""The policy briefing as PDF/UA-1, by typst: data go in as JSON, never as markup."""

import dataclasses
import functools
import json
from pathlib import Path

from mlastats.errors import ReportFailed
from mlastats.publish.briefing import LEAST, TOGETHER, briefing, unbroken
from mlastats.publish.publication import Publication
from mlastats.publish.style import FONTS, typeset

TEMPLATE = Path(__file__).parent / "templates" / "briefing.typ"


def write(publication: Publication, path: Path) -> None:
    """Write the briefing of `publication` to `path`; the same publication gives the same bytes.

    A character that no font of the package has is a question mark. Raises ReportFailed where typst refuses what it
    was given.
    """
    import typst

    given = dataclasses.asdict(unbroken(briefing(publication))) | {"together": TOGETHER, "least": LEAST}
    text = json.dumps(given, ensure_ascii=False)
    content = "".join(c if c in _characters() or c.isspace() else "?" for c in text)
    try:
        made = typeset(
            TEMPLATE.read_text(encoding="utf-8"),
            {"briefing": content},
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    except typst.TypstError as cause:
        raise ReportFailed(f"The briefing could not be set as PDF: {cause.message}.") from cause
    path.write_bytes(made)


@functools.cache
def _characters() -> frozenset[str]:
    """What the fonts of the package draw: PDF/UA refuses all else."""
    from fontTools.ttLib import TTFont

    fonts = [TTFont(path, lazy=True) for path in sorted(FONTS.glob("*-Regular.ttf"))]
    return frozenset(chr(code) for font in fonts for code in font.getBestCmap())
