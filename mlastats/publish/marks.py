"""What is drawn in a figure: dots with intervals, bars, parts of a whole, rows of periods, lines over time, curves.

Each is told as numbers and drawn at a place of a panel, in its colour. What is missing (NaN) is not drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan, log, nan

from mlastats.messages import number, percent
from mlastats.publish.labels import STEP, Label, Name, Room, placed
from mlastats.publish.style import circle, lines, path, rect, short, text, wide

# The height of a plot, and the least width in which a number stands.
PLOT, NUMBERED = 150, 30
# The tones of parts of a whole: ground, edge, number; ? is the colour of the panel, ! its pale tone.
TONES = {
    "full": ("f?", 0, "l"),
    "pale": ("f! s?", 1, "L"),
    "ink": ("fk", 0, "l"),
    "rest": ("fR", 0, "L"),
    "open": ("fw", 0, "l"),
}


@dataclass(frozen=True)
class Scale:
    """Where values lie between two edges, and the ticks that are named; days lie on a log scale."""

    low: float = 0
    high: float = 1
    ticks: tuple[tuple[float, str], ...] = ()
    logged: bool = False

    def at(self, value: float, left: float, right: float) -> float:
        """The place of a value; beyond an edge, the edge."""
        value = min(max(value, self.low), self.high)
        if self.logged:
            part = log(value / self.low) / log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return left + (right - left) * part


@dataclass(frozen=True)
class Place:
    """Where a mark lies in a panel: from left to right, around y, or below it where it is a plot."""

    left: float
    right: float
    y: float

    def x(self, scale: Scale, value: float) -> float:
        return scale.at(value, self.left, self.right)

    def up(self, scale: Scale, value: float) -> float:
        return scale.at(value, self.y + PLOT, self.y)

    def across(self, y: float, look: str, dashes: str = "") -> str:
        return path([(self.left, y), (self.right, y)], look=look, dashes=dashes)

    def tick(self, scale: Scale, value: float) -> str:
        """The mark of a standard, or of another day."""
        return "" if isnan(value) else rect(self.x(scale, value) - 1.25, self.y - 12, 2.5, 24, "fk")


@dataclass(frozen=True)
class Dot:
    """A figure with its interval: hollow where it rests on few, dotted to the edge without an upper limit."""

    value: float = nan
    lower: float = nan
    upper: float = nan
    few: bool = False
    mark: float = nan

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        y, drawn, pale = place.y, "", f"f{hue.upper()}"
        if scale.low < 0:
            zero = place.x(scale, 0)
            drawn = path([(zero, y - 14), (zero, y + 14)], look="sk")
        if not isnan(self.lower):
            low = place.x(scale, self.lower)
            if isnan(self.upper):
                dots = range(round(low), round(place.right) - 2, 7)
                drawn += "".join(rect(x, y - 4, 3, 8, pale) for x in dots)
            else:
                drawn += rect(low, y - 5, place.x(scale, self.upper) - low, 10, pale)
        drawn += place.tick(scale, self.mark)
        return drawn if isnan(self.value) else drawn + dot(place.x(scale, self.value), y, hue, self.few, 6)


@dataclass(frozen=True)
class Bar:
    """A count from zero; with a `part`, so much of it full and the rest pale with an edge."""

    count: float = nan
    part: float = nan
    mark: float = nan

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        if isnan(self.count):
            return ""
        long, drawn = place.x(scale, self.count) - place.left, place.tick(scale, self.mark)
        if isnan(self.part):
            return rect(place.left, place.y - 8, long, 16, f"f{hue}") + drawn
        part = place.x(scale, self.part) - place.left
        pale = rect(place.left + 0.5, place.y - 7.5, long - 1, 15, "fW sw", edge=1)
        return pale + rect(place.left, place.y - 8, part, 16, "fw") + drawn


@dataclass(frozen=True)
class Parts:
    """Parts of a whole as one bar of 100%: of each its tone, and its share, written where it has room."""

    shares: tuple[tuple[str, float], ...]

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        x, drawn = place.left, ""
        for tone, share in self.shares:
            long = share * (place.right - place.left)
            look, edge, words = TONES[tone]
            look, half = look.replace("?", hue).replace("!", hue.upper()), edge / 2
            # A gap of paper between the parts, so that they are told apart without colours.
            drawn += rect(x + half, place.y - 9 + half, long - 1.5 - edge, 18 - edge, look, edge=edge)
            if long >= NUMBERED:
                drawn += text(x + long / 2 - 0.75, place.y + 4.5, percent(share), words, "middle")
            x += long
        return drawn


@dataclass(frozen=True)
class Cells:
    """Periods in a row: a dot whose area is the count and a dash for none, or columns as high as shares."""

    values: tuple[float, ...]
    shares: bool = False

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        step, drawn, above = (place.right - place.left) / len(self.values), "", ""
        for n, value in enumerate(self.values):
            x = place.left + (n + 0.5) * step
            if isnan(value):
                continue
            if self.shares:
                side, thick, high = x - 0.38 * step, 0.76 * step, 17 * value
                drawn += rect(side, place.y - 8.5, thick, 17, f"f{hue.upper()}")
                above += rect(side, place.y + 8.5 - high, thick, high, f"f{hue}")
            elif value:
                most = min(9.5, step / 2)
                above += circle(x, place.y, 1 + (most - 1) * (value / scale.high) ** 0.5, f"f{hue}")
            else:
                drawn += rect(x - 2, place.y - 0.6, 4, 1.2, "fm")
        # Marks of one look follow each other: a page draws them as one.
        return drawn + above


@dataclass(frozen=True)
class Line:
    """Values over periods in a plot of their own: dots with intervals, or columns of counts, with `parts` full
    and the rest pale, or pale where they lie within limits, which are lines. `at` says where each stands, from 0 to 1;
    those `ahead` are dots among columns. The first, the last and the largest have their numbers."""

    values: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    parts: tuple[float, ...] = ()
    few: tuple[bool, ...] = ()
    columns: bool = False
    share: bool = False
    mark: float = nan
    at: tuple[float, ...] = ()
    ahead: tuple[bool, ...] = ()

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        drawn = _levels(scale, place)
        if not isnan(self.mark):
            drawn += place.across(place.up(scale, self.mark), "sk", "4 3")
        at = self.at or spread(len(self.values))
        room = place.right - place.left
        xs = [place.left + room * part for part in at]
        step = room * min((after - before for before, after in pairwise(at)), default=1)
        known = [n for n, value in enumerate(self.values) if not isnan(value)]
        for n in known:
            drawn += self._one(n, xs[n], min(30, 0.7 * step), (scale, place, hue))
        ends = {*known[:1], *known[-1:]}
        for n in ends | {*sorted(known, key=lambda n: -self.values[n])[:1]}:
            if n not in ends and any(abs(xs[n] - xs[end]) < NUMBERED for end in ends):
                continue
            over = self.upper[n] if self.upper and not isnan(self.upper[n]) else self.values[n]
            words = percent(self.values[n]) if self.share else number(self.values[n])
            x, y = min(xs[n], place.right - wide(words, 13.5, True) / 2), place.up(scale, over) - 8
            if not isnan(self.mark) and y - 12 < (line := place.up(scale, self.mark)) < y + 4:
                y = line - 5
            drawn += text(x, y, words, "b", "middle")
        return drawn

    def _one(self, n: int, x: float, thick: float, where: tuple[Scale, Place, str]) -> str:
        """One value of them."""
        scale, place, hue = where
        y, base, side = place.up(scale, self.values[n]), place.y + PLOT, x - thick / 2
        columns = self.columns and not (self.ahead and self.ahead[n])
        if columns and self.parts:
            part = place.up(scale, self.parts[n])
            pale = rect(side + 0.5, y + 0.5, thick - 1, base - y - 0.5, "fW sw", edge=1)
            return pale + rect(side, part, thick, base - part, "fw")
        if columns:
            limits = [ends[n] for ends in (self.lower, self.upper) if ends and not isnan(ends[n])]
            outside = len(limits) == 2 and not limits[0] <= self.values[n] <= limits[1]
            lines = (rect(side - 1, place.up(scale, end) - 1, thick + 2, 2, "fk") for end in limits)
            look = f"f{hue.upper() if self.lower and not outside else hue}"
            return rect(side, y, thick, base - y, look) + "".join(lines)
        interval = ""
        if self.lower and not isnan(self.lower[n]):
            low, high = (place.up(scale, ends[n]) for ends in (self.lower, self.upper))
            interval = rect(x - 3, high, 6, low - high, f"f{hue.upper()}")
        return interval + dot(x, y, hue, bool(self.few) and self.few[n], 4.5)


@dataclass(frozen=True)
class Curve:
    """A share by days, in steps, its interval as a band, and how many are still at risk on some days below."""

    days: tuple[float, ...]
    shares: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    at_risk: tuple[tuple[float, str], ...] = ()

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        level = Scale(0, 1, tuple((share, percent(share)) for share in (0, 0.5, 1)))
        drawn = _levels(level, place)

        def steps(values: Sequence[float]) -> list[tuple[float, float]]:
            found = [(place.left, place.y + PLOT)]
            for day, value in zip(self.days, values, strict=True):
                if not isnan(value):
                    x = place.x(scale, day)
                    found += [(x, found[-1][1]), (x, place.up(level, value))]
            return found

        if self.lower:
            ring = [*steps(self.upper), *steps(self.lower)[::-1]]
            points = " ".join(f"{short(x)},{short(y)}" for x, y in ring)
            drawn += f'<polygon points="{points}" class="f{hue.upper()}"/>'
        drawn += path(steps(self.shares), look=f"s{hue}", edge=2)
        x, y = steps(self.shares)[-1]
        if known := [share for share in self.shares if not isnan(share)]:
            drawn += text(min(x + 6, place.right), y - 8, percent(known[-1]), "b", "end")
        for day, left in self.at_risk:
            drawn += text(place.x(scale, day), place.y + PLOT + 36, left, "m", "middle")
        return drawn


@dataclass(frozen=True)
class Funnel:
    """Groups by their size, from 0 to 1, and their share, as dots: full and named where they stand apart, named alone
    where there are few. `curves` are named lines, the outer ones whole, around the `target`. Names that have no room
    beside their dots are listed below the plot."""

    groups: tuple[tuple[float, float, str, bool], ...]
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    target: float

    def draw(self, scale: Scale, place: Place, hue: str) -> str:
        drawn = _levels(scale, place)
        for n, (_name, points) in enumerate(self.curves):
            line = [self._at(scale, place, *point) for point in points]
            drawn += path(line, look="sm", dashes="4 3" if self._inner(n) else "")
        drawn += place.across(place.up(scale, self.target), "sk")
        # Lines from dots to numbers lie below the dots.
        drawn += "".join(label.draw() for label in self._labels(scale, place)[0])
        for size, share, _name, apart in self.groups:
            drawn += dot(*self._at(scale, place, size, share), hue, not apart, 4.5)
        return drawn

    def listed(self, scale: Scale, place: Place) -> list[str]:
        """The lines below the plot: each number with the name that had no room."""
        names = self._labels(scale, place)[1]
        return [line for n, name in enumerate(names, 1) for line in lines(f"{n} {name}", 12, place.right)]

    def _labels(self, scale: Scale, place: Place) -> tuple[list[Label], list[str]]:
        """Every word within the plot: of the target from the left, of the curves from their right ends, of the dots."""
        target, across = (
            place.up(scale, self.target),
            range(round(place.left) + 4, round(place.right) - 40, 8),
        )
        labels = [[Label((percent(self.target),), x, target - STEP, "b") for x in across]]
        for n, (name, points) in enumerate(self.curves):
            ends = [self._at(scale, place, *point) for point in points[::-1] if name]
            downs = (1, -STEP) if self._inner(n) else (-STEP, 1)
            labels += [[Label((name,), x - wide(name, 12), y + down, "m") for x, y in ends for down in downs]]
        dots = [self._at(scale, place, size, share) for size, share, _name, _apart in self.groups]
        names = [
            Name(*at, name, "b" if apart else "m")
            for at, (_size, _share, name, apart) in zip(dots, self.groups, strict=True)
        ]
        room = Room(place.left, place.y - STEP, place.right, place.y + PLOT)
        return placed(filter(None, labels), [name for name in names if name.words], dots, room)

    def _inner(self, n: int) -> bool:
        return n < len(self.curves) / 2

    def _at(self, scale: Scale, place: Place, size: float, share: float) -> tuple[float, float]:
        return place.left + size * (place.right - place.left), place.up(scale, share)


Mark = Dot | Bar | Parts | Cells | Line | Curve | Funnel


def spread(n: int) -> tuple[float, ...]:
    """Where so many periods stand, side by side from 0 to 1."""
    return tuple((place + 0.5) / n for place in range(n))


def dot(x: float, y: float, hue: str, few: bool, radius: float) -> str:
    """The dot of a figure; hollow where it rests on few."""
    return circle(x, y, radius - 1, f"fp s{hue}", edge=2) if few else circle(x, y, radius, f"f{hue}")


def _levels(scale: Scale, place: Place) -> str:
    """The lines of a plot and what they stand for."""
    return "".join(
        place.across(place.up(scale, value), "sg")
        + text(place.left - 6, place.up(scale, value) + 4, words, "m", "end")
        for value, words in scale.ticks
    )
