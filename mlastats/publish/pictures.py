"""The figures of one page: words, letters and styles that they share are written once.

A saved figure stands alone: its text is drawn as outlines. A page holds the font and forty figures, so
there a word is text in that font again, and stands once in a sheet to which all refer; what cannot be
read back (Lao and its neighbours, whose letters are shaped) stays an outline, each letter once.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from mlastats.publish.style import DARK, FONTS

LETTER = re.compile(r'<path id="(Noto[^"]+)"(?: d="([^"]*)")?([^>]*)/>')
RUN = re.compile(r'(?:<use xlink:href="#Noto[^"]*"[^>]*/>)+')
LABEL = re.compile(
    r'<g( style="[^"]*")? transform="translate\(([-\d.]+) ([-\d.]+)\) scale\(([\d.]+) -\4\)">'
    rf"({RUN.pattern})</g>"
)
USE = re.compile(r'href="#(Noto[^"]*)-([0-9a-f]+)"(?: transform="translate\((-?[\d.]+) 0\)")?')
STYLE = re.compile(r'style="([^"]*)"')
DROPPED = re.compile(r"<defs><style[^>]*>[^<]*</style></defs>|<defs></defs>")
ALIKE = re.compile(r'<path d="[^"]*"( clip-path="[^"]*" style="[^"]*")/>(?:<path d="[^"]*"\1/>)+')
TURNED = re.compile(r'<g( style="[^"]*")? transform="([^"]*)"><use href="#(w\d+)"/></g>')
ALONE = re.compile(r' (?:xmlns(?::xlink)?|version)="[^"]*"')


@dataclass
class Sheet:
    """What the figures of a page share: `letters`, `words` and `styles`, each with its name."""

    letters: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)

    @property
    def css(self) -> str:
        """A class for each style; colours are those of the page's mode."""
        joins = ".picture svg *{stroke-linejoin:round;stroke-linecap:butt}"
        # A copy that <use> makes is matched by its own class, not by what stands around the original.
        joins += ".r,.b{font:100px var(--text);stroke:none}.b{font-weight:700}"
        return joins + "".join(f".{name}{{{_coloured(text)}}}" for text, name in self.styles.items())

    @property
    def svg(self) -> str:
        """The definitions, in a drawing that shows nothing."""
        defined = "".join(f'<path id="{name}" {path}/>' for path, name in self.letters.items())
        defined += "".join(f'<g id="{name}">{drawn}</g>' for drawn, name in self.words.items())
        if not defined:
            return ""
        return f'<svg class="letters" aria-hidden="true" width="0" height="0"><defs>{defined}</defs></svg>'


def together(figures: Mapping[str, str]) -> tuple[Sheet, dict[str, str]]:
    """The sheet of the `figures` (SVG by key), and each figure as it stands on the page beside it."""
    sheet = Sheet()
    drawn = {
        key: _on_page(svg, f"f{number}", sheet) for number, (key, svg) in enumerate(figures.items(), start=1)
    }
    return sheet, drawn


def _on_page(svg: str, prefix: str, sheet: Sheet) -> str:
    outlines = {found[1]: f'd="{found[2] or ""}"{found[3]}' for found in LETTER.finditer(svg)}
    svg = DROPPED.sub("", LETTER.sub("", svg))
    svg = LABEL.sub(lambda found: _label(found, outlines, sheet), svg)
    svg = RUN.sub(lambda found: f'<use href="#{_word(found[0], outlines, sheet)}"/>', svg)
    svg = _own_names(svg.replace("xlink:href", "href"), prefix)
    svg = ALIKE.sub(_joined, svg)
    svg = TURNED.sub(r'<use href="#\3"\1 transform="\2"/>', svg)
    svg = STYLE.sub(
        lambda found: f'class="{sheet.styles.setdefault(found[1], f"s{len(sheet.styles)}")}"', svg
    )
    return ALONE.sub("", svg).replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def _joined(found: re.Match[str]) -> str:
    """Neighbours that look alike as one path, unless one could shine through another."""
    if "opacity" in found[1]:
        return found[0]
    path = "".join(re.findall(r' d="([^"]*)"', found[0]))
    return f'<path d="{path}"{found[1]}/>'


def _label(found: re.Match[str], outlines: Mapping[str, str], sheet: Sheet) -> str:
    """An upright label: its size belongs to the word, so that only its place is left."""
    style, x, y, size, run = found.groups()
    return f'<use href="#{_word(run, outlines, sheet, size)}"{style or ""} x="{x}" y="{y}"/>'


def _word(run: str, outlines: Mapping[str, str], sheet: Sheet, size: str = "1") -> str:
    """The name of a run of letters: as text where it can be read back, else as outlines; `size` is that
    of the label for which the word is kept, 1 where the figure scales it."""
    uses = [(font, glyph, float(x or 0)) for font, glyph, x in USE.findall(run)]
    text = [_characters(font).get(glyph, "") for font, glyph, _x in uses]
    if all(text) and len({font for font, _glyph, _x in uses}) == 1:
        weight = "b" if uses[0][0].endswith("Bold") else "r"
        turned = f"scale({size})" if size != "1" else "scale(1 -1)"
        drawn = f'<text class="{weight}" transform="{turned}">{escape("".join(text))}</text>'
    else:
        drawn = "".join(
            f'<use href="#{_letter(outlines[f"{font}-{glyph}"], sheet)}" x="{round(x)}"/>'
            for font, glyph, x in uses
        )
        drawn = f'<g transform="scale({size} -{size})">{drawn}</g>' if size != "1" else drawn
    return sheet.words.setdefault(drawn, f"w{len(sheet.words)}")


def _letter(outline: str, sheet: Sheet) -> str:
    return sheet.letters.setdefault(outline, f"l{len(sheet.letters)}")


@functools.cache
def _characters(font: str) -> dict[str, str]:
    """The character of each glyph of the Latin fonts, by the hexadecimal number that a figure names."""
    from fontTools.ttLib import TTFont

    if font not in ("NotoSans-Regular", "NotoSans-Bold"):
        return {}
    face = TTFont(FONTS / f"{font}.ttf", lazy=True)
    return {
        f"{face.getGlyphID(name):x}": chr(code)
        for code, name in sorted(face.getBestCmap().items(), reverse=True)
    }


def _own_names(svg: str, prefix: str) -> str:
    """A figure's names its own on the page, and short."""
    names = {name: f"{prefix}{n}" for n, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]*)"', svg)))}
    return re.sub(
        r'(\bid="|href="#|url\(#)([^")]+)', lambda found: found[1] + names.get(found[2], found[2]), svg
    )


def _coloured(text: str) -> str:
    text = re.sub(r"\s*([:;])\s*", r"\1", text)
    return re.sub(
        r"#([0-9a-f]{6})\b", lambda m: f"var(--c-{m[1]},#{m[1]})" if f"#{m[1]}" in DARK else m[0], text
    )
