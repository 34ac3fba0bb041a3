"""Words within a plot: each beside its dot, on no other word and on no dot; a name without room is listed below.

labels, listed = placed([], [Name(40, 90, "Ministry of Justice", "b")], [(40, 90)], Room(36, 0, 328, 150))
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mlastats.publish.style import TEXTS, lines, path, rect, text, wide

# From one line of words to the next, the most lines of a name, and how near a dot a number needs no line to it.
STEP, MOST, NEAR = 15, 3, 20
# The rooms of which a name takes the first that is free, by the width to which its lines are broken.
WIDTHS = (1000, 200, 150, 110)


@dataclass(frozen=True)
class Room:
    """Where words may stand."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Name:
    """What a dot is called, and the look of the words."""

    x: float
    y: float
    words: str
    look: str


@dataclass(frozen=True)
class Label:
    """Lines of words on paper, from x to the right and y down, or ending at the right; `to` is a dot that is not near."""

    words: tuple[str, ...]
    x: float
    y: float
    look: str
    ends: bool = False
    to: tuple[float, float] | None = None

    @property
    def width(self) -> float:
        return max(_wide(line, self.look) for line in self.words)

    @property
    def height(self) -> float:
        return STEP * len(self.words)

    def within(self, room: Room) -> bool:
        across = room.left <= self.x <= room.right - self.width
        return across and room.top <= self.y <= room.bottom - self.height

    def meets(self, other: "Label") -> bool:
        """Whether it stands on another, or as close beside it as words of one line."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across > -4 and down > 0

    def holds(self, x: float, y: float) -> bool:
        """Whether it stands on the dot at a place."""
        return -5 < x - self.x < self.width + 5 and -5 < y - self.y < self.height + 5

    def draw(self) -> str:
        drawn = path([self.to, (self.x + self.width / 2, self.y + STEP / 2)], look="sm") if self.to else ""
        for n, line in enumerate(self.words):
            long, top = _wide(line, self.look), self.y + STEP * n
            start = self.x + self.width - long if self.ends else self.x
            # On paper of their own, words can be read across the curves.
            drawn += rect(start - 1, top + 1, long + 2, STEP - 1, "fp") + text(
                start, top + 12, line, self.look
            )
        return drawn


def placed(
    labels: Iterable[list[Label]], names: Iterable[Name], dots: Sequence[tuple[float, float]], room: Room
) -> tuple[list[Label], list[str]]:
    """Labels, each where it may stand, the best place first, with those of the names, the bold ones before the others;
    and the names that had no room, by their number."""
    taken, listed = list[Label](), list[str]()

    def apart(label: Label) -> bool:
        return label.within(room) and not any(map(label.meets, taken))

    def free(label: Label) -> bool:
        return apart(label) and not any(label.holds(*dot) for dot in dots)

    def put(places: list[Label]) -> None:
        # Among very many dots a label may stand on one, but on no other label.
        taken.append(next(place for test in (free, apart) for place in filter(test, places)))

    for places in labels:
        put(places)
    for name in sorted(names, key=lambda name: name.look != "b"):
        if label := next(filter(free, _beside(name, (room.left + room.right) / 2)), None):
            taken.append(label)
        else:
            listed.append(name.words)
            put(list(_around(name, str(len(listed)))))
    return taken, listed


def _beside(name: Name, middle: float) -> Iterator[Label]:
    """Where a name may stand, the best place first: in few lines, towards the middle, level with its dot."""
    size, weight, _colour = TEXTS[name.look]
    for words in dict.fromkeys(tuple(lines(name.words, size, width, weight > 400)) for width in WIDTHS):
        label = Label(words, 0, 0, name.look)
        half = label.height / 2
        downs = sorted((5 * n for n in range(-4, 5) if abs(5 * n) <= half + 5), key=abs)
        for ends in (name.x > middle, name.x <= middle) if len(words) <= MOST else ():
            x = name.x - 8 - label.width if ends else name.x + 8
            yield from (replace(label, x=x, y=name.y - half + down, ends=ends) for down in downs)


def _around(name: Name, number: str) -> Iterator[Label]:
    """Where the number of a dot may stand, the nearest place first."""
    label = Label((number,), name.x - _wide(number, name.look) / 2, name.y - STEP / 2, name.look)
    places = [(8 * across, 5 * down) for across in range(-80, 81) for down in range(-32, 33)]
    for across, down in sorted(places, key=lambda place: place[0] ** 2 + place[1] ** 2):
        to = (name.x, name.y) if across**2 + down**2 > NEAR**2 else None
        yield replace(label, x=label.x + across, y=label.y + down, to=to)


def _wide(line: str, look: str) -> float:
    size, weight, _colour = TEXTS[look]
    return wide(line, size, weight > 400)
