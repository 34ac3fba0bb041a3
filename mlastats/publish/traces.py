"""Where every number of the first page and of the briefing comes from: figure, definition, numerator, denominator, rows.

A number is a cell of a saved exhibit. Of an internal report the rows are found again in the requests table, by what the
exhibit declares that it counts; a number that is no cell, or of which the rows are not as many as it says, ends the run.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.measure.front import decisions
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import number, percent
from mlastats.publish import cells
from mlastats.publish.choice import chosen
from mlastats.publish.exhibit import TITLE, Saved
from mlastats.publish.front import Cell, front
from mlastats.publish.page import Page
from mlastats.publish.publication import FRONT, Publication

FILE = "traces.json"
NUMBER = re.compile(r"(?<![\w.])\d[\d.,\u00a0\u202f]*(?<![.,])%?")
# A day is stated, and no number of requests.
DATE = re.compile(r"\b\d{1,2} [^\W\d]+ \d{4}\b")


def traces(publication: Publication, page: Page | None) -> list[dict[str, Any]]:
    """A trace for each number that is printed; with the rows where the `page` of the requests is given."""
    exhibits = {saved.key: saved for saved in publication.exhibits}
    found: dict[tuple[str, int, str], dict[str, Any]] = {}
    for cell, where in _printed(publication):
        place = (cell.key, cell.row, cell.column)
        if place not in found:
            saved = exhibits[cell.key]
            found[place] = {
                "figure": f"F{publication.numbers[cell.key]}",
                "printed": cell.text,
                "in": [],
                **_of_cell(saved, cell, page),
            }
        if where and where not in found[place]["in"]:
            found[place]["in"].append(where)
    return list(found.values())


def write(publication: Publication, page: Page | None, path: Path) -> int:
    """Write the traces of a publication to `path`; returns how many."""
    made = traces(publication, page)
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(made)


def lines(made: list[dict[str, Any]], figure: str) -> list[str]:
    """The traces of a figure as a person reads them."""
    told = []
    for one in made:
        if one["figure"] == figure:
            told.append(
                f"{one['printed']}  {one['column']}: {', '.join(one['row'].values()) or one['question']}"
            )
            told += [f"  in: {sentence}" for sentence in one["in"]]
            told += [f"  {name}: {text}" for name, text in one["rests_on"].items()]
            told += [f"  definition: {line}" for line in one["definition"]]
            if "rows" in one:
                told.append(f"  rows: {', '.join(f'{register} {row}' for register, row in one['rows'])}")
    return told


def _printed(publication: Publication) -> Iterator[tuple[Cell, str]]:
    """Every number of the first page and the briefing with the sentence in which it stands."""
    first = front(publication)
    if first:
        yield from ((cell, "") for cell in first.cells)
        titles = [
            (fact, saved)
            for saved in publication.exhibits
            if saved.notebook == FRONT
            for fact in saved.facts
            if fact.question == TITLE
        ]
        for fact, saved in titles:
            yield from ((cell, fact.sentence) for cell in of_sentence(fact.sentence, saved))
    for fact, saved in chosen(publication.exhibits):
        text = f"{fact.sentence} {fact.beside}".strip()
        yield from ((cell, text) for cell in of_sentence(text, saved))


def of_sentence(sentence: str, saved: Saved) -> Iterator[Cell]:
    """The cells of its exhibit whose numbers a sentence says. What the exhibit states in its words (a standard, a rule,
    a name), and how many of its rows have a code or another, is no cell. A sentence that names no row, and of which every
    number can be how many there are, is of their numbers, whatever cell holds the same. Raises ReportFailed where a number
    is none of these."""
    words = [saved.question, saved.unit, *saved.notes, *(column.label for column in saved.columns.values())]
    stated = {found for text in words for found in NUMBER.findall(text)}
    texts = [
        (row, name, cells.cell(saved, row, name)) for row in range(len(saved.table)) for name in saved.columns
    ]
    stated |= {
        found
        for _row, name, text in texts
        if saved.columns[name].kind in ("text", "date", "code")
        for found in NUMBER.findall(text)
    }
    # How many of its rows have a code, or one of two, or another.
    counted = {number(len(saved.table))}
    for name in saved.table:
        if saved.columns[name].kind == "code":
            sizes = list(saved.table[name].value_counts())
            counted |= {number(each) for count in sizes for each in (count, len(saved.table) - count)}
            counted |= {number(one + other) for one, other in itertools.combinations(sizes, 2)}
    numbers = dict.fromkeys(NUMBER.findall(DATE.sub("", sentence)))
    named = any(_named(saved, row, sentence) for row in range(len(saved.table)))
    of_rows = not named and {*numbers} <= counted | stated
    holding = {
        said: [
            Cell(said, saved.key, row, name)
            for row, name, text in texts
            if saved.columns[name].kind in cells.NUMERIC and _reads(saved, row, name, text, said)
        ]
        for said in numbers
    }
    held = Counter(row for numeric in holding.values() for row in {cell.row for cell in numeric})
    for said, numeric in holding.items():
        if numeric and not of_rows:
            # The row that the sentence names comes before another with the same number, then that of the last day and of
            # the whole, then the one that holds more of its numbers.
            yield max(
                numeric,
                key=lambda cell: (
                    _named(saved, cell.row, sentence),
                    *_last_and_whole(saved, cell.row),
                    held[cell.row],
                ),
            )
        elif said not in stated | counted | {"95%"}:
            raise ReportFailed(
                f"A number cannot be traced: {said} in “{sentence}” is no cell of {saved.key}. Nothing was published. "
                "Make the sentence of numbers that its table has."
            )


def _named(saved: Saved, row: int, sentence: str) -> int:
    """How many of the levels of a row a sentence names."""
    levels = [cells.cell(saved, row, name).casefold() for name in saved.by if name in saved.columns]
    return sum(level in sentence.casefold() for level in levels)


def _last_and_whole(saved: Saved, row: int) -> tuple[bool, int]:
    """Whether a row is of the last day of its table, and how many of its levels are all of them."""
    days = [saved.values[name] for name in saved.by if saved.columns[name].kind == "date"]
    last = all(str(values[row]) == max(map(str, values)) for values in days)
    return last, sum(saved.values[name][row] == "all" for name in saved.by)


def _reads(saved: Saved, row: int, name: str, text: str, said: str) -> bool:
    """Whether a cell is what a sentence says: as it is read, or days as years."""
    value = saved.values[name][row]
    # A cell may say >99%, or <1%.
    if said in NUMBER.findall(text):
        return True
    if cells.is_missing(value):
        return False
    if saved.columns[name].kind == "share":
        # "55% of 110": of how many it is, where no column holds their sum.
        parts = [saved.values[part][row] for part in saved.columns[name].rests_on if part in saved.values]
        whole = number(sum(parts)) if parts and not any(map(cells.is_missing, parts)) else ""
        return said in (percent(value, 1), whole)
    if saved.columns[name].kind != "days":
        return False
    return said in (number(value), number(value / 365.25, 1), number(int(value / 365.25)))


def _of_cell(saved: Saved, cell: Cell, page: Page | None) -> dict[str, Any]:
    levels = {name: saved.values[name][cell.row] for name in saved.by if name in saved.values}
    column = saved.columns[cell.column]
    rests = {
        saved.columns[name].label: cells.cell(saved, cell.row, name)
        for name in column.rests_on
        if name in saved.values
    }
    made: dict[str, Any] = {
        "question": saved.question,
        "exhibit": saved.key,
        "row": {name: cells.cell(saved, cell.row, name) for name in levels},
        "column": column.label,
        "kind": column.kind,
        "rests_on": rests,
        "definition": list(saved.notes),
    }
    if page is not None:
        rows = _rows(saved, cell, levels, page)
        if rows is not None:
            apart = cell.column == "entries" and saved.name == "front_basis"
            table = page.apart if apart and page.apart is not None else page.requests
            table = table.loc[rows, ["register", "source_row"]].astype("str")
            made |= {
                "conditions": _conditions(saved, levels, cell.column),
                "rows": [list(row) for row in table.itertuples(index=False)],
            }
    return made


def _conditions(saved: Saved, levels: Mapping[str, Any], column: str) -> dict[str, str]:
    """What a count of a row means."""
    codes = {name: UNRECORDED if cells.is_missing(code) else str(code) for name, code in levels.items()}
    return {**saved.scope, **codes, **saved.counts.get(column, {})}


def _rows(saved: Saved, cell: Cell, levels: Mapping[str, Any], page: Page) -> Any:
    """The rows of the requests table behind a cell: those that a count counts, else those on which a figure rests."""
    if saved.name == "front_decisions":
        table = decisions(page.requests, as_of=page.as_of)
        for name, code in levels.items():
            table = table[table[name].eq(code)]
        return _as_many(table["rows"].iloc[0], saved, cell)
    if saved.name == "front_basis" and cell.column == "entries":
        return _as_many(page.requests.iloc[:0].index if page.apart is None else page.apart.index, saved, cell)
    counts = [cell.column] if cell.column in saved.counts else []
    counts = counts or [name for name in saved.columns[cell.column].rests_on if name in saved.counts]
    if not counts and "requests" in saved.counts:
        counts = ["requests"]
    rows: dict[Any, None] = {}
    for name in counts:
        members = page.counted.members(_conditions(saved, levels, name))
        if members is None:
            return None
        unit, mask = members
        attributes = page.counted.units[unit]
        chosen = attributes.request[attributes.request.index.isin(attributes.table.index[mask])]
        rows |= dict.fromkeys(chosen)
        if name == cell.column and unit != "matters" and unit != "legs":
            _as_many(list(chosen), saved, cell)
    return list(rows) if counts else None


def _as_many(rows: Any, saved: Saved, cell: Cell) -> Any:
    """The rows, where they are as many as the cell says."""
    value = saved.values[cell.column][cell.row]
    if not cells.is_missing(value) and len(rows) != value:
        raise ReportFailed(
            f"A number cannot be traced: {saved.key} says {cell.text}, and {len(rows)} rows are behind it. Nothing was "
            "published. Mend what the exhibit declares that it counts."
        )
    return rows
