"""What stands in a drawing, read from its SVG alone: where each mark and each word is."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Mark:
    """A mark or a line of words: its tag, its look, its words, its attributes, moved to where it stands."""

    tag: str
    look: str
    words: str
    x: float
    y: float
    width: float = 0
    height: float = 0
    radius: float = 0
    anchor: str = ""


def marks(svg: str) -> list[Mark]:
    """Every mark of a drawing, in the order in which it is drawn."""
    return list(_marks(ElementTree.fromstring(svg), 0, 0))


def words(svg: str) -> list[str]:
    """Every line of words."""
    return [mark.words for mark in marks(svg) if mark.tag == "text"]


def days_at(svg: str, x: float) -> float:
    """The days that a place on a log scale stands for, by the ticks that are named on it."""
    named = {"1 day": 1, "1 week": 7, "1 month": 30, "6 months": 183, "3 years": 1096}
    lines = sorted({mark.x for mark in marks(svg) if mark.tag == "path" and mark.height})
    low = 7 if "1 day" not in words(svg) else 1
    first, last = lines[0], lines[-1]
    assert named["3 years"] == 1096
    return low * (1096 / low) ** ((x - first) / (last - first))


def _marks(node: ElementTree.Element, dx: float, dy: float) -> Iterator[Mark]:
    tag, of = node.tag.removeprefix(SVG), node.attrib
    if "transform" in of:
        moved = of["transform"].removeprefix("translate(").rstrip(")").split()
        dx, dy = dx + float(moved[0]), dy + float(moved[1])
    look, number = of.get("class", ""), lambda name: float(of.get(name, 0))
    if tag == "text":
        yield Mark(
            tag,
            look,
            "".join(node.itertext()),
            number("x") + dx,
            number("y") + dy,
            anchor=of.get("text-anchor", ""),
        )
    elif tag == "rect":
        yield Mark(tag, look, "", number("x") + dx, number("y") + dy, number("width"), number("height"))
    elif tag == "circle":
        yield Mark(tag, look, "", number("cx") + dx, number("cy") + dy, radius=number("r"))
    elif tag == "path":
        for line in of["d"].removeprefix("M").split("M"):
            places = [tuple(map(float, place.split())) for place in line.split("L")]
            (x, y), (far, low) = places[0], places[-1]
            yield Mark(tag, look, "", x + dx, y + dy, far - x, low - y)
    for child in node:
        yield from _marks(child, dx, dy)
