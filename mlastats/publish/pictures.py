"""The figures of one page: letters, words and styles that they share are written once.

A saved figure stands alone: its text is drawn as outlines. On a page that holds forty figures the same
letters would come forty times, so they are put into one sheet of definitions that all refer to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlastats.publish.style import DARK

LETTER = re.compile(r'<path id="(Noto[^"]+)"(?: d="([^"]*)")?([^>]*)/>')
SPACE = re.compile(r'<use [^>]*href="#space"[^>]*/>')
WORD = re.compile(r"(?:<use [^>]*/>){2,}")
STYLE = re.compile(r'style="([^"]*)"')
PLACE = re.compile(r' transform="translate\((-?[\d.]+) 0\)"')
RULE = re.compile(r"<defs><style[^>]*>[^<]*</style></defs>|<defs></defs>")


@dataclass
class Sheet:
    """What the figures of a page share: `letters` and `words` by their definition, `styles` by their text."""

    letters: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)

    @property
    def css(self) -> str:
        """A class for each style; colours are those of the page's mode."""
        joins = ".picture svg *{stroke-linejoin:round;stroke-linecap:butt}"
        return joins + "".join(f".{name}{{{_coloured(text)}}}" for text, name in self.styles.items())

    @property
    def svg(self) -> str:
        """The definitions, in a drawing that shows nothing."""
        defined = "".join(f'<path id="{name}" {path}/>' for path, name in self.letters.items())
        defined += "".join(f'<g id="{name}">{uses}</g>' for uses, name in self.words.items())
        if not defined:
            return ""
        return f'<svg class="letters" aria-hidden="true" width="0" height="0"><defs>{defined}</defs></svg>'


def together(figures: Mapping[str, str]) -> tuple[Sheet, dict[str, str]]:
    """The sheet of the `figures` (SVG by key), and each figure as it stands on the page beside it."""
    sheet = Sheet()
    drawn = {
        key: _on_page(svg, f"f{number}-", sheet) for number, (key, svg) in enumerate(figures.items(), start=1)
    }
    return sheet, drawn


def _on_page(svg: str, prefix: str, sheet: Sheet) -> str:
    names: dict[str, str] = {}

    def letter(found: re.Match[str]) -> str:
        path = f'd="{found[2]}"{found[3]}'
        names[found[1]] = sheet.letters.setdefault(path, f"l{len(sheet.letters)}") if found[2] else "space"
        return ""

    def name(found: re.Match[str]) -> str:
        return f'{found[1]}{names.get(found[2]) or prefix + found[2]}"'

    svg = RULE.sub("", LETTER.sub(letter, svg))
    svg = re.sub(r'(href="#)([^"]+)"', name, svg.replace("xlink:href", "href"))
    svg = SPACE.sub("", svg)
    svg = re.sub(r'(\bid="|url\(#)', rf"\g<1>{prefix}", svg)
    svg = PLACE.sub(lambda found: f' x="{round(float(found[1]))}"', svg)
    svg = WORD.sub(lambda found: _shared(found[0], sheet.words, "w"), svg)
    svg = STYLE.sub(
        lambda found: f'class="{sheet.styles.setdefault(found[1], f"s{len(sheet.styles)}")}"', svg
    )
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _shared(uses: str, words: dict[str, str], letter: str) -> str:
    return f'<use href="#{words.setdefault(uses, f"{letter}{len(words)}")}"/>'


def _coloured(text: str) -> str:
    text = re.sub(r"\s*([:;])\s*", r"\1", text)
    return re.sub(
        r"#([0-9a-f]{6})\b", lambda m: f"var(--c-{m[1]},#{m[1]})" if f"#{m[1]}" in DARK else m[0], text
    )
