"""The look of every figure: colours, letters, and how a drawing becomes SVG and a picture.

A colour means one thing in the whole product: incoming, outgoing, open; ink and grey stand for the rest. A drawing
names its colours and letters by classes, so that a page shows the same drawing in the dark. Words stay text, drawn by
the fonts of the package wherever a figure is shown, so that Lao, Thai, Khmer and Burmese look the same everywhere.
"""

import functools
import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
CHART = Path(__file__).parent / "templates" / "chart.typ"
# In this order a letter is looked for.
SCRIPTS = ("NotoSans", "NotoSansLao", "NotoSansThai", "NotoSansKhmer", "NotoSansMyanmar")

# What each colour means, on a light and on a dark page. Pale tones carry nothing alone: they have an edge or a dot.
COLOURS = {
    "ink": ("#16212e", "#e8edf2"),
    "muted": ("#4f5d69", "#a9b6c2"),
    "grid": ("#e3e8ec", "#2a3540"),
    "paper": ("#ffffff", "#10161d"),
    "incoming": ("#1d5f9e", "#6fb0ea"),
    "incoming-pale": ("#a8c6e2", "#2b4f70"),
    "outgoing": ("#0a7566", "#4fc3ae"),
    "outgoing-pale": ("#9dd0c6", "#235c53"),
    "open": ("#b8500f", "#f09a5a"),
    "open-pale": ("#f7dcc6", "#4d3120"),
    "rest": ("#55636f", "#a9b6c2"),
    "rest-pale": ("#c3ccd4", "#46525e"),
}
# The letters of a colour in a drawing's classes: fi is filled as incoming, sI edged in its pale tone.
LETTERS = dict(zip(COLOURS, "kmgpiIoOwWrR", strict=True))
HUES = {"incoming": "i", "outgoing": "o"}
REST = "r"
# The classes of words: size in pixels, weight, colour.
TEXTS = {
    "n": (13.5, 400, "ink"),
    "b": (13.5, 700, "ink"),
    "m": (12, 400, "muted"),
    "h": (12, 700, "muted"),
    "l": (12.5, 700, "paper"),
    "L": (12.5, 700, "ink"),
    "hi": (15, 700, "incoming"),
    "ho": (15, 700, "outgoing"),
    "hr": (15, 700, "ink"),
}


def wide(words: str, size: float, bold: bool = False) -> float:
    """How many pixels a line of words takes, by the advances of the package's fonts."""
    advances = _advances(bold)
    return size * sum(advances.get(ord(sign), 0.6) for sign in words)


def lines(words: str, size: float, room: float, bold: bool = False) -> list[str]:
    """Words in lines that fit a room; a single word that does not fit stands alone."""
    found = [""]
    for word in words.split():
        longer = f"{found[-1]} {word}".strip()
        if found[-1] and wide(longer, size, bold) > room:
            found.append(word)
        else:
            found[-1] = longer
    return found


def text(x: float, y: float, words: str, look: str = "n", anchor: str = "") -> str:
    """A line of words from x on; `anchor` is "middle" or "end"."""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{short(x)}" y="{short(y)}" class="{look}"{side}>{escape(words)}</text>' if words else ""


def rect(x: float, y: float, width: float, height: float, look: str, *, edge: float = 0) -> str:
    """A bar with an edge of so many pixels; nothing where it has no width."""
    if not width > 0:
        return ""
    size = f'width="{short(width)}" height="{short(height)}"'
    return f'<rect x="{short(x)}" y="{short(y)}" {size} class="{look}"{_edge(edge)}/>'


def circle(x: float, y: float, radius: float, look: str, *, edge: float = 0) -> str:
    """A dot, with an edge of so many pixels."""
    return f'<circle cx="{short(x)}" cy="{short(y)}" r="{short(radius)}" class="{look}"{_edge(edge)}/>'


def path(*ways: Iterable[tuple[float, float]], look: str, edge: float = 1, dashes: str = "") -> str:
    """Lines from place to place, so many pixels thick."""
    places = "M".join("L".join(f"{short(x)} {short(y)}" for x, y in way) for way in ways)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{places}" class="{look}" fill="none"{_edge(edge)}{dashed}/>'


def moved(x: float, y: float, marks: str) -> str:
    """Marks at another place."""
    return f'<g transform="translate({short(x)} {short(y)})">{marks}</g>' if x or y else marks


def short(value: float) -> str:
    """A tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")


def svg(marks: str, width: float, height: float) -> str:
    """A drawing that stands alone, one unit a pixel, in the colours of paper."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="{short(width)}" height="{short(height)}" '
        f'viewBox="0 0 {short(width)} {short(height)}"><style>{sheet("light")}</style>{marks}</svg>\n'
    )


def sheet(mode: str = "", page: bool = False) -> str:
    """The classes of a drawing in the colours of a mode; without one, in the variables of a page. A page also has a class
    for each kind of words that ends (e) or is centred (c) at its place, and for dots (d), which are lines without length;
    it does not fill what is a line alone, and words without a class are names (n)."""
    colour = {name: pair[mode == "dark"] if mode else f"var(--{name})" for name, pair in COLOURS.items()}
    looks = {f"f{letter}": f"fill:{colour[name]}" for name, letter in LETTERS.items()}
    looks |= {f"s{letter}": f"stroke:{colour[name]}" for name, letter in LETTERS.items()}
    for look, (size, weight, name) in TEXTS.items():
        rule = f"font-size:{size}px;font-weight:{weight};fill:{colour[name]}"
        looks[look] = rule
        if page:
            looks |= {f"{look}e": f"{rule};text-anchor:end", f"{look}c": f"{rule};text-anchor:middle"}
    face = ".chart text{font-family:'Noto Sans'}" if mode else ""
    face += ".chart [class^=s]{fill:none}.chart .d{stroke-linecap:round}" if page else ""
    face += f".chart>text{{{looks.pop('n')}}}" if page else ""
    return face + "".join(f".chart .{look}{{{rule}}}" for look, rule in looks.items())


def variables(mode: str) -> str:
    """The colours of a mode as variables of a page."""
    return "".join(f"--{name}:{pair[mode == 'dark']};" for name, pair in COLOURS.items())


def png(svg: str, title: str = "", subtitle: str = "", source: str = "") -> bytes:
    """A drawing as PNG at 200 dots an inch, with what a reader needs who sees nothing else; the same bytes for the
    same drawing."""
    page = '#set page(width: auto, height: auto, margin: if sys.inputs.title == "" { 0pt } else { 14pt })\n#figured'
    words = {"svg": svg, "title": title, "subtitle": subtitle, "source": source}
    return typeset(page, words, format="png", ppi=200)


def typeset(text: str, inputs: dict[str, str], **how: Any) -> bytes:
    """What typst makes of a text with the functions of chart.typ, with the fonts of the package alone."""
    import typst

    looks = {look: (size, weight, COLOURS[colour][0]) for look, (size, weight, colour) in TEXTS.items()}
    return bytes(
        typst.compile(
            f"{CHART.read_text(encoding='utf-8')}\n{text}".encode(),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"title": "", "looks": json.dumps(looks), **inputs},
            **how,
        )
    )


def _edge(width: float) -> str:
    return f' stroke-width="{short(width)}"' if width else ""


@functools.cache
def _advances(bold: bool) -> dict[int, float]:
    """The advance of every character in ems."""
    from fontTools.ttLib import TTFont

    found: dict[int, float] = {}
    for script in reversed(SCRIPTS):
        font = TTFont(FONTS / f"{script}-{'Bold' if bold else 'Regular'}.ttf", lazy=True)
        em, advance = font["head"].unitsPerEm, font["hmtx"].metrics
        found |= {code: advance[name][0] / em for code, name in font.getBestCmap().items()}
    return found
