"""A drawing as it stands within a page: in the colours of its mode, and the same marks in a third of the bytes.

Marks of one look are one path, told by its steps, wherever nothing between them would come to lie above or below
another mark; a dot is the round end of a line without length.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mlastats.publish.style import TEXTS, short, wide

NUMBER = r"(-?[\d.]+)"
MARK = re.compile(
    f'<rect x="{NUMBER}" y="{NUMBER}" width="{NUMBER}" height="{NUMBER}" (?P<bar>[^>]*)/>'
    f'|<circle cx="{NUMBER}" cy="{NUMBER}" r="{NUMBER}" class="(?P<dot>[^"]+)"[^>]*/>'
    r'|<path d="M(?P<line>[\d.ML -]+)" (?P<stroke>class="s\w") fill="none"(?P<thick>[^>]*)/>'
    r'|<polygon points="(?P<ring>[\d., -]+)" (?P<area>[^>]*)/>'
    f'|(?P<text><text x="{NUMBER}" y="{NUMBER}" class="(?P<look>\\w+)"(?: text-anchor="(?P<anchor>\\w+)")?>'
    r"(?P<words>[^<]*)</text>)"
)
# Left, top, right and bottom of what a mark covers; a place and all places are in tenths of a pixel.
Box = tuple[float, float, float, float]
Way = list[tuple[int, int]]


@dataclass
class _Marks:
    """Ways of one look, or something else as it stands: what it covers, which without boxes is everything."""

    look: str = ""
    closed: bool = False
    ways: list[Way] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    told: str = ""

    def meets(self, box: Box) -> bool:
        left, top, right, bottom = box
        return not self.boxes or any(
            left < far and at < right and top < low and high < bottom for at, high, far, low in self.boxes
        )

    def __str__(self) -> str:
        return self.told or f'<path d="{_steps(self.ways, self.closed)}" {self.look} />'


def drawing(svg: str, width: str = "") -> str:
    """A drawing for a page; shown where there is room for its `width`, if it has one."""
    svg = re.sub(r"<style>.*?</style>", "", svg.strip(), flags=re.S)
    svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    # What is shown at one width stands in a picture, which says itself what it is of.
    look = f'class="chart {width}"' if width else 'class="chart" aria-hidden="true"'
    svg = svg.replace('class="chart"', look, 1)
    drawn: list[_Marks] = []
    for marks in _parts(svg):
        _put(marks, drawn)
    svg = "".join(map(str, drawn))
    svg = svg.replace(' stroke-width="1"', "").replace('<text x="0"', "<text").replace(' class="n">', ">")
    for look, anchor in (("e", "end"), ("c", "middle")):
        svg = svg.replace(f'" text-anchor="{anchor}">', f'{look}">')
    # In a tag of a page, a value without blanks needs no quotes.
    return re.sub(r'="([^"\s=<>`\'/]+)"(?=[ >])(?=[^<>]*>)', r"=\1", svg)


def _put(marks: _Marks, drawn: list[_Marks]) -> None:
    """Marks with the last of their look, if they meet nothing that was drawn since."""
    for before in reversed(drawn if marks.look else ()):
        met = any(map(before.meets, marks.boxes))
        # Lines of one look may cross; bars that meet would be one.
        if before.look == marks.look and not (met and marks.closed):
            before.ways += marks.ways
            before.boxes += marks.boxes
            return
        if met:
            break
    drawn.append(marks)


def _parts(svg: str) -> Iterator[_Marks]:
    """The marks of a drawing and what else stands in it, in their order."""
    end = 0
    for part in MARK.finditer(svg):
        if part.start() > end:
            yield _Marks(told=svg[end : part.start()])
        end = part.end()
        yield from _marks(part)
    yield _Marks(told=svg[end:])


def _marks(part: re.Match[str]) -> Iterator[_Marks]:
    if words := part["words"]:
        size, weight, _colour = TEXTS[part["look"]]
        x, y = (float(place) for place in re.findall(f' [xy]="{NUMBER}"', part["text"]))
        long = wide(words, size, weight > 400)
        x -= {"end": long, "middle": long / 2}.get(part["anchor"], 0)
        yield _Marks(boxes=[(10 * x, 10 * (y - size), 10 * (x + long), 10 * (y + 4))], told=part[0])
    elif look := part["bar"]:
        x, y, across, down = _tenths(part[0][: part.start("bar") - part.start()])
        way = [(x, y), (x + across, y), (x + across, y + down), (x, y + down)]
        yield _lines(look, [way], closed=True)
    elif look := part["dot"]:
        x, y, radius, *edge = _tenths(part[0])
        hue, half = look[-1], edge[0] // 2 if edge else 0
        # A hollow dot is a smaller one of paper on one of its colour.
        yield _lines(f'class="s{hue} d" stroke-width="{short((radius + half) / 5)}"', [[(x, y)]])
        if edge:
            yield _lines(f'class="sp d" stroke-width="{short((radius - half) / 5)}"', [[(x, y)]])
    elif line := part["line"]:
        yield _lines(f"{part['stroke']}{part['thick']}", [_places(way) for way in line.split("M")])
    elif ring := part["ring"]:
        yield _lines(part["area"], [_places(ring)], closed=True)
    else:
        yield _Marks(told=part[0])


def _lines(look: str, ways: list[Way], *, closed: bool = False) -> _Marks:
    edge = re.search(r'stroke-width="([\d.]+)"', look)
    half = 5 * float(edge[1]) if edge else 0 if closed else 5
    boxes = []
    for way in ways:
        xs, ys = zip(*way, strict=True)
        boxes.append((min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half))
    return _Marks(look, closed, ways, boxes)


def _tenths(text: str) -> list[int]:
    """Numbers of attributes, in tenths."""
    return [round(10 * float(number)) for number in re.findall(f'="{NUMBER}"', text)]


def _places(text: str) -> Way:
    numbers = [round(10 * float(number)) for number in re.findall(NUMBER, text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _steps(ways: Iterable[Way], closed: bool) -> str:
    """Ways by their steps: a long curve is a third as large as by its places."""
    told, at = "", (0, 0)
    for way in ways:
        x, y = way[0]
        told += min(f"M{_pair(x, y)}", f"m{_pair(x - at[0], y - at[1])}", key=len)
        for (x, y), (to_x, to_y) in pairwise(way):
            if to_x != x and to_y != y:
                told += f"l{_pair(to_x - x, to_y - y)}"
            elif to_x != x or to_y != y:
                told += f"h{_number(to_x - x)}" if to_x != x else f"v{_number(to_y - y)}"
        told += "z" if closed else "h0" if len(way) == 1 else ""
        at = way[0] if closed else way[-1]
    return told


def _pair(x: int, y: int) -> str:
    first, second = _number(x), _number(y)
    return first + ("" if second[0] == "-" or (second[0] == "." and "." in first) else " ") + second


def _number(tenths: int) -> str:
    return re.sub(r"(?<!\d)0\.", ".", short(tenths / 10))
