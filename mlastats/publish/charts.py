"""The figures of every report: a panel for each direction, in it rows of names, marks and numbers.

A panel is told as finished words and numbers and drawn at its own size, one unit a pixel, for a page (WIDE) and for a
phone or a column of paper (SLIM), so that letters stay letters. A row without a figure says so in its number's place.

    rows = [Row("Extradition", "59 requests, 10 open", "361 days", "251–1,450", Dot(361, 251, 1450, mark=365))]
    drawn(Figure([Panel("Incoming", "incoming", rows, scale("days", [251, 361, 1450]))], [("interval", "95% interval")]))
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, isnan, log10

from mlastats.messages import _, number, percent
from mlastats.publish.marks import PLOT, TONES, Cells, Curve, Dot, Funnel, Line, Mark, Place, Scale
from mlastats.publish.style import HUES, REST, circle, lines, moved, path, rect, svg, text, wide

WIDE, SLIM, GAP = 580, 328, 32
LINE, UNDER = 17, 15
NO_SCALE = Scale()
# The room of names, and from where to where marks lie beside them; where a slim panel has none, they lie below.
BESIDE = {WIDE: (196, 204, 448), SLIM: (SLIM, 0, SLIM)}
SHORT = {WIDE: (182, 190, 490), SLIM: (132, 140, 256)}
TABLE = {WIDE: (142, 150, WIDE), SLIM: (106, 112, SLIM)}
PLOTS = {width: (width, 44, width) for width in (WIDE, SLIM)}
# The marks of a key; ? stands for the colour of a panel, ! for its pale tone.
KEYS = {
    "": "",
    "dot": circle(8, 7, 6, "f?"),
    "few": circle(8, 7, 5, "fp s?", edge=2),
    "interval": rect(0, 2, 16, 10, "f!"),
    "no_limit": "".join(rect(x, 3, 3, 8, "f!") for x in (0, 6, 12)),
    "tick": rect(7, 0, 2.5, 14, "fk"),
    "long": rect(0, 1, 16, 12, "fw"),
    "less": rect(0.5, 1.5, 15, 11, "fW sw", edge=1),
    "none": rect(5, 6, 6, 1.2, "fm"),
    "dashes": path([(0, 7), (16, 7)], look="sk", dashes="4 3"),
    **{tone: rect(0.5, 1.5, 15, 11, look, edge=edge) for tone, (look, edge, _words) in TONES.items()},
}


@dataclass(frozen=True)
class Row:
    """A name and what stands under it, a mark, a number and what stands under that."""

    name: str
    note: str = ""
    value: str = ""
    small: str = ""
    mark: Mark | None = None


@dataclass(frozen=True)
class Panel:
    """What stands under one head, in the colour of a direction or in ink. A word among the rows is the name of a
    group; `right` says what the numbers are, `axis` names the periods of Cells and Line, each
    at its place from 0 to 1."""

    head: str
    hue: str
    rows: Sequence[Row | str]
    scale: Scale = NO_SCALE
    right: str = ""
    axis: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Figure:
    """Panels that stand beside each other, and the key to their marks: of each, its name among KEYS, and words."""

    panels: Sequence[Panel]
    key: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Drawn:
    """A panel of a figure as SVG: for a page and for a phone. `hue` is the direction whose colour it has."""

    head: str
    hue: str
    wide: str
    slim: str


@dataclass(frozen=True)
class Drawing:
    """A figure as it is published: its panels, the key to its marks (SVG and words), and all in one picture."""

    panels: tuple[Drawn, ...] = ()
    key: tuple[tuple[str, str], ...] = ()
    whole: str = ""


def scale(kind: str, values: Iterable[float]) -> Scale:
    """The scale of a kind of figure that holds all values: days on a log scale, shares to 100%, differences both
    ways, all else from zero."""
    known = [value for value in values if not isnan(value)]
    most = max(known, default=1)
    if kind == "days":
        low = 7 if min(known, default=7) >= 7 else 1
        named = {1: _("1 day"), 7: _("1 week"), 30: _("1 month"), 183: _("6 months"), 1096: _("3 years")}
        ticks = tuple((float(day), words) for day, words in named.items() if day >= low)
        return Scale(low, max(1300, 1.05 * most), ticks, logged=True)
    if kind == "share" and most <= 1:
        return Scale(0, 1, tuple((share, percent(share)) for share in (0, 0.5, 1)))
    write = percent if kind == "share" else number
    if kind in ("points", "difference"):
        far, unit = _round(max(map(abs, known), default=1)), 100 if kind == "points" else 1
        return Scale(-far, far, tuple((end, number(unit * end)) for end in (-far, 0, far)))
    top = _round(most)
    digits = {"digits": 1} if kind in ("rate", "number") and top < 10 and top % 2 else {}
    parts = (0, 0.5, 1) if digits or write is percent or not top % 2 else (0, 1)
    return Scale(0, top, tuple((part * top, write(part * top, **digits)) for part in parts))


def drawn(figure: Figure) -> Drawing:
    """The panels at both widths, and all of them in one picture, two beside each other."""
    if not figure.panels:
        return Drawing()
    panels, several = [], len(figure.panels) > 1
    size = SLIM if several else WIDE
    total = 2 * SLIM + GAP if several else WIDE
    whole, top = _key(figure, total)
    lowest = top
    for n, panel in enumerate(figure.panels):
        hue = HUES.get(panel.hue, REST)
        both = {width: _panel(panel, width, hue) for width in (WIDE, SLIM)}
        panels.append(
            Drawn(panel.head, panel.hue, *(svg(marks, width, high) for width, (marks, high) in both.items()))
        )
        marks, high = both[size]
        head = 24 if panel.head else 0
        whole += moved(n % 2 * (size + GAP), top, text(0, 15, panel.head, f"h{hue}") + moved(0, head, marks))
        lowest = max(lowest, top + head + high) if n % 2 else top + head + high
        top = lowest + 18 if n % 2 else top
    return Drawing(tuple(panels), tuple(_keyed(figure)), svg(whole, total, lowest))


def _keyed(figure: Figure) -> Iterator[tuple[str, str]]:
    """The marks of the key, in the colours of the panels, and their words."""
    hues = dict.fromkeys(HUES.get(panel.hue, REST) for panel in figure.panels)
    for mark, words in figure.key:
        each = dict.fromkeys(KEYS[mark].replace("?", hue).replace("!", hue.upper()) for hue in hues if mark)
        marks = "".join(moved(18 * n, 0, one) for n, one in enumerate(each))
        yield svg(marks, max(1, 18 * len(each) - 2), 14), words


def _key(figure: Figure, room: float) -> tuple[str, float]:
    """The key in lines of a room, and the height that it takes."""
    found, x, y = "", 0.0, 0.0
    for mark, words in _keyed(figure):
        own = float(mark.split(' width="', 1)[1].split('"')[0]) + 6
        if x and x + own + wide(words, 12) > room:
            x, y = 0.0, y + 20
        inner = mark[mark.index("</style>") + 8 : mark.rindex("</svg>")]
        found += moved(x, y, inner) + text(x + own, y + 11, words, "m")
        x += own + wide(words, 12) + 18
    return found, y + 30 if figure.key else 0


def _panel(panel: Panel, width: int, hue: str) -> tuple[str, float]:
    """The marks of a panel at a width, and its height."""
    rows = [row for row in panel.rows if isinstance(row, Row)]
    kinds = tuple(type(row.mark) for row in rows if row.mark)
    short_rows = not any(row.note or row.small for row in rows)
    table, plots = Cells in kinds, bool({Line, Curve, Funnel} & {*kinds})
    room, left, right = (TABLE if table else PLOTS if plots else SHORT if short_rows else BESIDE)[width]
    on_scale = Dot in kinds and bool(panel.scale.ticks)
    at = Place(left + 8 * on_scale, right - 8 * on_scale, 0)
    beside = left > 0 and not plots
    y = top = 22.0 if panel.right or table else 4.0
    found = _periods(panel.axis, at, 14) if table else text(width, 14, panel.right, "m", "end")
    for row in panel.rows:
        if isinstance(row, str):
            y += 8 if y > top else 0
            for line in lines(row, 12, width, True):
                found += text(0, y + 14, line, "h")
                y += LINE
            found += path([(0, y + 3), (width, y + 3)], look="sg")
            y += 6
            continue
        under = width - right - 12 if beside and not table else BESIDE[WIDE][0]
        words, high = _words(row, y, width, (room if beside else 0, under))
        if plots:
            y += high + 18
            place = replace(at, y=y)
            y += PLOT + (48 if isinstance(row.mark, Curve) and row.mark.at_risk else 30)
            words += _below(panel, row.mark, place)
            for line in row.mark.listed(panel.scale, place) if isinstance(row.mark, Funnel) else ():
                words += text(0, y + UNDER - 3, line, "m")
                y += UNDER
        elif beside:
            place = replace(at, y=y + (12 if short_rows else 20))
            y += high + (10 if short_rows else 12)
        else:
            place = replace(at, y=y + high + 15)
            y += high + 30
        if on_scale and not beside:
            found += _ticks(panel.scale, place, place.y - 13, place.y + 13)
        found += words + (row.mark.draw(panel.scale, place, hue) if row.mark else "")
    if on_scale:
        # Lines of a scale would cross the words that stand above a mark.
        found = (_ticks(panel.scale, at, top, y) if beside else "") + found + _named(panel.scale, at, y + 15)
        return found, y + 22
    return found, y


def _words(row: Row, y: float, width: float, beside: tuple[float, float]) -> tuple[str, float]:
    """The name and the number of a row with what stands under them, and their height. Beside a mark the name and what
    stands under the number have so much room; above one, the name has what the number leaves."""
    room, small = beside
    found, heights = "", []
    own = wide(row.value, 13.5, True), wide(row.small, 12)
    for x, words, under, anchor in ((0, row.name, row.note, ""), (width, row.value, row.small, "end")):
        looks = ("b" if anchor or not room else "n", "m")
        rooms = [room or width - 10 - used for used in own] if not anchor else [width, small]
        down = y
        for text_, look, size, step, space in zip(
            (words, under), looks, (13.5, 12), (LINE, UNDER), rooms, strict=True
        ):
            for line in lines(text_, size, space, look == "b") if text_ else ():
                found += text(x, down + LINE - 2, line, look, anchor)
                down += step
        heights.append(down - y)
    return found, max(heights)


def _ticks(scale: Scale, place: Place, top: float, bottom: float) -> str:
    xs = [place.x(scale, value) for value, _words in scale.ticks]
    return path(*([(x, top), (x, bottom)] for x in xs), look="sg")


def _named(scale: Scale, place: Place, y: float) -> str:
    """The names of ticks, within the panel; one that has no room beside the one before goes unnamed."""
    found, last = "", -1e9
    for value, words in scale.ticks:
        half = wide(words, 12) / 2
        x = min(max(place.x(scale, value), half), max(place.right + 8 - half, half))
        if x - half > last + 6:
            found += text(x, y, words, "m", "middle")
            last = x + half
    return found


def _periods(axis: Sequence[tuple[float, str]], place: Place, y: float) -> str:
    """The names of periods, as many of them as have room; the last always."""
    room = place.right - place.left
    step = room * min((after - before for (before, _a), (after, _b) in pairwise(axis)), default=1)
    every = max(1, ceil((max((wide(name, 12) for _at, name in axis), default=1) + 8) / step))
    found = ""
    for at, name in axis[::-1][::every]:
        half = wide(name, 12) / 2
        found += text(min(place.left + at * room, place.right - half), y, name, "m", "middle")
    return found


def _below(panel: Panel, mark: Mark | None, place: Place) -> str:
    """What stands under a plot: its periods, or the days of a curve."""
    if not isinstance(mark, Curve):
        return _periods(panel.axis, place, place.y + PLOT + 18)
    return "".join(
        text(
            place.x(panel.scale, day),
            place.y + PLOT + 18,
            words,
            "m",
            "end" if day == panel.scale.high else "middle",
        )
        for day, words in panel.scale.ticks
    )


def _round(most: float) -> float:
    """The least of 1, 1.5, 2, 3, 4, 6, 8 times a power of ten that holds a value."""
    if not most > 1e-6:
        return 1.0
    power = 10.0 ** (ceil(log10(most)) - 1)
    return next(step * power for step in (1, 1.5, 2, 3, 4, 6, 8, 10, 20) if step * power >= most)
