"""How a table is read on a page: groups of rows, limits below their figure, totals, and a list where it has no room.

What was saved stays as it is, for the annex and the CSV; here is what a reader of a page sees of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mlastats.messages import _, between, number
from mlastats.publish import cells
from mlastats.publish.exhibit import Saved

# Text of more characters needs a column that is not narrow.
WORDY = 40
# In rem: the letter of a table, what stands between columns, and the least room of the first and of long text.
LETTER, BETWEEN, FIRST, LONG = 0.47, 0.95, 7.5, 13.0
# The rooms, in rem, below which a table is shown as a list.
ROOMS = (*range(16, 64, 4), *range(64, 128, 8))


@dataclass(frozen=True)
class Cell:
    """The words of a cell, and its interval below them."""

    words: str
    small: str = ""


@dataclass(frozen=True)
class Row:
    """Cells of a row; one that is a head names the rows below it, in the colour of its direction."""

    cells: tuple[Cell, ...]
    kind: str = ""
    hue: str = ""


@dataclass(frozen=True)
class Table:
    """The labels of columns, how each looks (n a number, d a date, t text, l long text), the rows, and the room in rem
    below which they are a list."""

    labels: tuple[str, ...]
    looks: tuple[str, ...]
    rows: tuple[Row, ...]
    room: int
    over: tuple[tuple[str, int], ...] = ()

    @property
    def classes(self) -> str:
        """Its room and the looks of its columns that are not numbers, as classes of a page."""
        looks = [f"{look}{at}" for at, look in enumerate(self.looks, start=1) if look != "n"]
        return " ".join([f"r{self.room}", *looks])

    @property
    def shown(self) -> int:
        """How many rows are no heads or totals."""
        return sum(not row.kind for row in self.rows)


def table(saved: Saved) -> Table:
    """The table of a saved exhibit as a page shows it."""
    limits, groups = _limits(saved), _groups(saved)
    hidden = {*groups, *(name for ends in limits.values() for name in ends)}
    names = [name for name in saved.columns if name not in hidden]
    rows: list[Row] = []
    first = before = None
    for n in range(len(saved.table) + 1):
        head = tuple(cells.cell(saved, n, name) for name in groups) if n < len(saved.table) else None
        if groups and head != before:
            if first is not None:
                rows += _total(saved, names, range(first, n))
            if head is not None:
                hue = str(saved.values["direction"][n]) if "direction" in groups else ""
                rows.append(Row((Cell(" · ".join(head)),), "group", hue))
            first, before = n, head
        if head is not None:
            rows.append(Row(tuple(_cell(saved, n, name, limits.get(name)) for name in names)))
    if not groups:
        rows += _total(saved, names, range(len(saved.table)))
    texts = [[row.cells[at] for row in rows if row.kind != "group"] for at in range(len(names))]
    looks = [_look(saved.columns[name].kind, column) for name, column in zip(names, texts, strict=True)]
    labels = tuple(saved.columns[name].label for name in names)
    needed = sum(map(_room, labels, looks, texts, range(len(names))))
    room = next((room for room in ROOMS if room >= needed), ROOMS[-1])
    return Table(labels, tuple(looks), tuple(rows), room, _over(saved, names))


def _limits(saved: Saved) -> dict[str, tuple[str, str]]:
    """Of each figure that has an interval, the columns of its limits, which follow it."""
    names = list(saved.columns)
    return {
        figure: (low, high)
        for figure, low, high in zip(names, names[1:], names[2:], strict=False)
        if low.endswith("lower") and high.endswith("upper") and saved.columns[figure].kind in cells.NUMERIC
    }


def _groups(saved: Saved) -> list[str]:
    """The first columns of a table, where they are dimensions of which each level has several rows, all together."""
    names, by = list(saved.columns), list(saved.by)
    for most in (2, 1):
        leading = names[:most]
        if len(by) <= most or not set(leading) <= set(by) or len(names) <= most:
            continue
        levels = list(zip(*(saved.values[name] for name in leading), strict=True))
        begun = sum(level != before for level, before in zip(levels, [None, *levels], strict=False))
        if levels and begun == len(set(levels)) and len(levels) >= 2 * begun:
            return leading
    return []


def _cell(saved: Saved, row: int, name: str, limits: tuple[str, str] | None) -> Cell:
    words = cells.cell(saved, row, name)
    if not limits:
        return Cell(words)
    low, high = (cells.cell(saved, row, end) for end in limits)
    given = [not cells.is_missing(saved.values[end][row]) for end in limits]
    if not given[0]:
        return Cell(words)
    if not given[1]:
        return Cell(words, _("from {lower}", lower=low))
    return Cell(words, between(low, high))


def _total(saved: Saved, names: list[str], rows: range) -> Iterator[Row]:
    """The sums of the counts of several rows, where the exhibit says that they add up and all are known."""
    if not saved.totals or len(rows) < 2:
        return
    sums = []
    for name in names[1:]:
        values = [saved.values[name][n] for n in rows]
        known = saved.columns[name].kind == "count" and not any(map(cells.is_missing, values))
        sums.append(Cell(number(sum(map(int, values))) if known else ""))
    if any(cell.words for cell in sums):
        yield Row((Cell(_("Total")), *sums), "total")


def _look(kind: str, column: list[Cell]) -> str:
    if kind in cells.NUMERIC:
        return "n"
    if kind == "date":
        return "d"
    return "l" if any(len(cell.words) > WORDY for cell in column) else "t"


def _room(label: str, look: str, column: list[Cell], at: int) -> float:
    """The rem that a column needs: its longest word, for numbers its longest number."""
    words = [len(word) for text in (label, *(cell.words for cell in column)) for word in text.split()]
    if look in "nd":
        words += [max(len(cell.words), round(0.85 * len(cell.small))) for cell in column]
    least = LONG if look == "l" else FIRST if not at else 0
    return max(LETTER * max(words, default=1) + BETWEEN, least)


def _over(saved: Saved, names: list[str]) -> tuple[tuple[str, int], ...]:
    """What stands over the labels, and over how many of them; nothing where no column has anything."""
    spans: list[tuple[str, int]] = []
    for name in names:
        words = saved.over.get(name, "")
        if words and spans and spans[-1][0] == words:
            spans[-1] = (words, spans[-1][1] + 1)
        else:
            spans.append((words, 1))
    return tuple(spans) if any(words for words, _count in spans) else ()
