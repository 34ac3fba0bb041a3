"""The look of every chart: fonts, colours, lines, and how a figure becomes a picture.

A thing has the same colour everywhere. Text is drawn as outlines, so that Lao, Thai, Khmer and Burmese
look the same on every machine; what a picture says in words stands beside it.
"""

import functools
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONTS = Path(__file__).parent / "fonts"
FAMILIES = ("Noto Sans", "Noto Sans Lao", "Noto Sans Thai", "Noto Sans Khmer", "Noto Sans Myanmar")
WIDTH = 7.0

INK = "#16212e"
MUTED = "#55636f"
RULE = "#c9d1d8"
GRID = "#e3e8ec"
PAPER = "#ffffff"

# Told apart by readers with any colour vision, and by lightness in print; each 4.5:1 on white.
BLUE, ORANGE, TEAL, PLUM, OLIVE, ROSE, SLATE = (
    "#1d5f9e",
    "#b8500f",
    "#0a7566",
    "#76479c",
    "#7a6400",
    "#b02a66",
    "#5b6b79",
)
SERIES = (BLUE, ORANGE, TEAL, PLUM, OLIVE, ROSE, SLATE)
# A colour has a mark of its own: where colours are lost, shapes still tell things apart.
MARKS = dict(zip((*SERIES, INK), ("o", "s", "D", "^", "v", "P", "X", "o"), strict=True))
THINGS = {
    "formal": BLUE,
    "informal": ORANGE,
    "not_applicable": SLATE,
    "unrecorded": SLATE,
    "incoming": BLUE,
    "outgoing": TEAL,
    "answered": BLUE,
    "executed": BLUE,
    "partly_executed": TEAL,
    "refused": ROSE,
    "ended_otherwise": PLUM,
    "withdrawn": PLUM,
    "returned": OLIVE,
    "pending": ORANGE,
    "undated": SLATE,
    "opened": BLUE,
    "resolved": TEAL,
    "asean": BLUE,
    "dialogue_partner": TEAL,
    "all": INK,
}
RAMP = ("#e8f0f7", "#bdd4e7", "#86b0d3", "#4a86b8", "#1d5f9e", "#123f6d")

# The same things on a dark page.
DARK = {
    INK: "#e8edf2",
    MUTED: "#a9b6c2",
    RULE: "#4a5966",
    GRID: "#2a3540",
    PAPER: "#10161d",
    BLUE: "#6fb0ea",
    ORANGE: "#f09a5a",
    TEAL: "#4fc3ae",
    PLUM: "#c29be6",
    OLIVE: "#cdb84a",
    ROSE: "#f08cb8",
    SLATE: "#9aa9b6",
    RAMP[0]: "#16283a",
    RAMP[1]: "#1d3f5f",
    RAMP[2]: "#275a88",
    RAMP[3]: "#3a7cb4",
    RAMP[5]: "#a6d0f4",
}


def colours(codes: Iterable[str]) -> dict[str, str]:
    """A colour for each code: its own where it has one, else the next that no other code took."""
    named = {code: THINGS[code] for code in codes if code in THINGS}
    free: Iterator[str] = iter([c for c in SERIES if c not in named.values()] * 20 or SERIES * 20)
    return {code: named.get(code) or next(free) for code in codes}


@contextmanager
def drawing() -> Iterator[None]:
    """The style, for as long as a figure is made or saved; nothing outside is changed."""
    import matplotlib

    _register()
    with matplotlib.rc_context(_look()):
        yield


def svg(figure: "Figure") -> str:
    """The figure as SVG, the same bytes for the same figure; without comments, names or dates."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.StringIO()
    with drawing():
        _narrow(figure)
        # The canvas lays out and draws once, where savefig would lay out again before it draws.
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    text = re.sub(
        r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE[^>]*>|<\?xml.*?\?>", "", out.getvalue(), flags=re.S
    )
    return _compact(re.sub(r">\s+<", "><", text).strip()) + "\n"


def png(svg: str) -> bytes:
    """A drawing as PNG, at 200 dots an inch, for what cannot show SVG; the same bytes for the same drawing."""
    import typst

    page = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    return bytes(
        typst.compile(page.encode(), format="png", ppi=200, sys_inputs={"svg": svg}, ignore_system_fonts=True)
    )


def _compact(svg: str) -> str:
    """The same picture in fewer bytes: coordinates to a hundredth of a point, no names that nothing uses."""
    svg = re.sub(r' d="([^"]*)"', lambda found: f' d="{_path(found[1])}"', svg)
    svg = re.sub(r"translate\((-?[\d.]+) (-?[\d.]+)\) scale", lambda found: _rounded(found[0]), svg)
    used = set(re.findall(r"#([^\s\")]+)", svg))
    svg = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", svg)
    return _without_bare_groups(svg)


def _without_bare_groups(svg: str) -> str:
    """A group without a style, a place or a name groups nothing."""
    kept: list[bool] = []
    parts = []
    for part in re.split(r"(<g\b[^>]*>|</g>)", svg):
        if part == "</g>":
            parts.append(part if kept.pop() else "")
        elif part.startswith("<g") and not part.endswith("/>"):
            kept.append(part != "<g>")
            parts.append(part if kept[-1] else "")
        elif part != "<g/>":
            parts.append(part)
    return "".join(parts)


def _path(d: str) -> str:
    """A path with straight steps along one axis written as such."""
    steps = re.findall(r"([A-Za-z])([^A-Za-z]*)", _rounded(re.sub(r"\s+", " ", d)))
    parts, x, y = [], "", ""
    for letter, numbers in steps:
        at = numbers.split()
        if letter == "L" and len(at) == 2 and at[0] == x:
            parts.append(f"V{at[1]}")
        elif letter == "L" and len(at) == 2 and at[1] == y:
            parts.append(f"H{at[0]}")
        else:
            parts.append(letter + " ".join(at))
        x, y = at[-2:] if len(at) > 1 else ("", "")
    return "".join(parts)


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda n: f"{round(float(n[0]), 2):g}", text)


def _narrow(figure: "Figure") -> None:
    """Let a figure that the first font can draw look for no other: each word would be sought in all."""
    import matplotlib
    from matplotlib.text import Text

    texts = figure.findobj(Text)
    if all(ord(sign) in _first_font() for text in texts for sign in text.get_text() if sign != "\n"):
        for text in texts:
            text.set_fontfamily(FAMILIES[0])
        # Ticks are made while they are drawn.
        matplotlib.rcParams["font.family"] = FAMILIES[0]


@functools.cache
def _first_font() -> frozenset[int]:
    from matplotlib import font_manager

    return frozenset(font_manager.get_font(FONTS / "NotoSans-Regular.ttf").get_charmap())


@functools.cache
def _register() -> None:
    """The fonts of the package, so that no chart depends on those of a machine."""
    from matplotlib import font_manager

    for path in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(str(path))


def _look() -> Any:
    import seaborn

    return seaborn.axes_style("ticks") | {
        "font.family": list(FAMILIES),
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.edgecolor": RULE,
        "axes.labelcolor": MUTED,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": False,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "lines.linewidth": 1.8,
        "lines.markersize": 5.5,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "svg.fonttype": "path",
        "svg.hashsalt": "mlastats",
        "path.simplify": False,
    }
