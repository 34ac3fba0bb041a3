"""Count cells as sets of dimension values, so that one number is the same number in every exhibit.

A cell is a set of (dimension, value): {("direction", "incoming"), ("kind", "mla")} counts incoming
requests for assistance. A value may be several levels joined by "|", or a span of years; "all" is no
restriction. `REST` is the level of what no exhibit names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlastats.messages import TOGETHER
from mlastats.publish.cells import is_missing
from mlastats.publish.exhibit import Exhibit, Saved

if TYPE_CHECKING:
    import pandas as pd

Cell = frozenset[tuple[str, str]]
Place = tuple[int, str]
REST, OVERLAPS, APART, AS_OF = "~", "+", "*", "as_of"
# What a request is changes with the day that is looked at only in these respects; and an answer stays one.
DATED = ("status", "end", "age_band", "timed")
LASTING = (("status", "answered"), ("status", "ended_otherwise"))
_SPAN = re.compile(r"(\d{4})–(\d{4})")


@dataclass(frozen=True)
class Claim:
    """That the levels of `dimension` are all there are, where `fixed` holds and `others` are known."""

    fixed: Cell
    others: frozenset[str]
    dimension: str


@dataclass
class Counts:
    """What is said of count cells: each one's number, or None where it is withheld, which is at least 1."""

    numbers: dict[Cell, float | None] = field(default_factory=dict)
    claims: set[Claim] = field(default_factory=set)
    parts: list[tuple[Cell, Cell]] = field(default_factory=list)

    def within(self, names: frozenset[str]) -> "Counts":
        """What is said of cells of these dimensions alone, but for the number of all."""
        inside = {cell for cell in self.numbers if cell and all(name in names for name, _value in cell)}
        claims = {
            claim
            for claim in self.claims
            if {name for name, _value in claim.fixed} | claim.others | {claim.dimension} <= names
        }
        parts = [(whole, part) for whole, part in self.parts if whole in inside and part in inside]
        numbers = {cell: number for cell, number in self.numbers.items() if cell in inside}
        return Counts(numbers, claims, parts)

    def adds_nothing_to(self, other: "Counts") -> bool:
        """Whether whoever knows the other knows all of this, or finds it withheld there."""
        same = all(other.numbers.get(cell, -1) in (None, number) for cell, number in self.numbers.items())
        return same and self.claims <= other.claims and {*self.parts} <= {*other.parts}

    def add(self, other: "Counts") -> "Counts":
        """Both together; a number that is published anywhere is known."""
        numbers = dict(self.numbers)
        for cell, number in other.numbers.items():
            if numbers.get(cell) is None:
                numbers[cell] = number
        return Counts(numbers, self.claims | other.claims, [*self.parts, *other.parts])


def cells(exhibit: Exhibit | Saved, loose: tuple[str, ...] = ()) -> dict[Place, Cell]:
    """The cell at each place of a table.

    `loose` names what does not add up: "channel+" where the parts of a dimension overlap (each level is
    then a yes-or-no of its own), "*" where the exhibit adds up with no other.
    """
    found = {}
    rows = exhibit.table[list(exhibit.by)].to_dict("records") if exhibit.by else [{}] * len(exhibit.table)
    for column, fixed in _columns(exhibit).items():
        for row, given in enumerate(rows):
            pairs = {**exhibit.scope, **{name: _level(value) for name, value in given.items()}, **fixed}
            found[row, column] = _cell(exhibit, pairs, fixed, loose)
    return found


def counts(exhibit: Exhibit | Saved, withheld: frozenset[Place], loose: tuple[str, ...] = ()) -> Counts:
    """What an exhibit says of its cells; a missing number that is not withheld says nothing."""
    places = cells(exhibit, loose)
    numbers: dict[Cell, float | None] = {}
    for (row, column), cell in places.items():
        number = exhibit.table[column].iloc[row]
        if (row, column) in withheld:
            numbers.setdefault(cell, None)
        elif not is_missing(number):
            numbers[cell] = float(number)
    return Counts(numbers, set(_claims(exhibit, loose)), _parts(exhibit, places))


def of_saved(saved: Saved) -> Counts:
    """What a published exhibit says of its cells."""
    return counts(saved, saved.withheld, saved.loose)


def overlapping(exhibit: Exhibit, known: Mapping[Cell, float | None]) -> tuple[str, ...]:
    """The dimensions of an exhibit whose parts are more than their total, as "channel+"."""
    own = counts(exhibit, frozenset()).numbers
    totals = {**known, **own}
    sums: dict[tuple[str, Cell], float] = {}
    for cell, number in own.items():
        for name, _value in cell:
            if name in exhibit.by:
                whole = frozenset(pair for pair in cell if pair[0] != name)
                sums[name, whole] = sums.get((name, whole), 0) + (number or 0)
    more = {name for (name, whole), number in sums.items() if number > (totals.get(whole) or number)}
    return tuple(sorted(f"{name}{OVERLAPS}" for name in more))


def levels(value: str) -> list[str]:
    """The levels that a value stands for."""
    span = _SPAN.fullmatch(value)
    return [str(year) for year in range(int(span[1]), int(span[2]) + 1)] if span else value.split(TOGETHER)


def lasting(cell: Cell) -> bool:
    """Whether a request once counted in the cell is counted in it ever after."""
    return all(name not in DATED or (name, value) in LASTING for name, value in cell)


def _columns(exhibit: Exhibit | Saved) -> dict[str, Mapping[str, str]]:
    return {name: fixed for name, fixed in exhibit.counts.items() if name in exhibit.table}


def _level(value: object) -> str:
    return "unrecorded" if is_missing(value) else str(value)


def _cell(
    exhibit: Exhibit | Saved, pairs: Mapping[str, str], fixed: Mapping[str, str], loose: tuple[str, ...]
) -> Cell:
    found = {name: value for name, value in pairs.items() if value != "all" and name != AS_OF}
    for name in [name for name in exhibit.by if f"{name}{OVERLAPS}" in loose and name in found]:
        # What else a column fixes is said of this level alone: a request has several.
        kinds = {_joined(other) for other in exhibit.counts.values() if other.get(name) != "all"}
        own = _joined(fixed)
        for inner in fixed:
            found.pop(inner, None)
        found[f"{name}={found.pop(name)}"] = own if own != "yes" else TOGETHER.join(sorted(kinds | {"yes"}))
    return frozenset((_apart(exhibit, found) if APART in loose else found).items())


def _apart(exhibit: Exhibit | Saved, pairs: Mapping[str, str]) -> dict[str, str]:
    """Dimensions of its own, for an exhibit that adds up with none but those that count the same unit."""
    own = f"{APART}{exhibit.scope.get('unit', exhibit.name)}"
    return {f"{own}.{name}": value for name, value in pairs.items()} | {own: "yes"}


def _joined(fixed: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in sorted(fixed.items())) or "yes"


def _claims(exhibit: Exhibit | Saved, loose: tuple[str, ...]) -> Iterator[Claim]:
    """Each dimension of the rows is whole in each column; so is what the columns split."""
    if any(name.endswith(OVERLAPS) for name in loose):
        return
    scope = {name: value for name, value in exhibit.scope.items() if name != AS_OF}
    by, columns = frozenset(exhibit.by), _columns(exhibit)
    if APART in loose:
        own = next(iter(_apart(exhibit, {}))) + "."
        scope = _apart(exhibit, scope)
        by = frozenset(f"{own}{name}" for name in by)
        columns = {
            column: {f"{own}{name}": value for name, value in fixed.items()}
            for column, fixed in columns.items()
        }
    for fixed in columns.values():
        if "all" in fixed.values():
            continue
        given = frozenset({**scope, **fixed}.items())
        for name in by - set(fixed):
            yield Claim(given, by - {name} - set(fixed), name)
        for name in fixed:
            whole = {other: value for other, value in fixed.items() if other != name}
            if whole in columns.values():
                yield Claim(frozenset({**scope, **whole}.items()), by - set(whole), name)


def _parts(exhibit: Exhibit | Saved, places: Mapping[Place, Cell]) -> list[tuple[Cell, Cell]]:
    """Whole and part in one row, where the columns do not split the whole: what is left over is a count too."""
    columns = _columns(exhibit)
    found = []
    for whole, given in columns.items():
        for name in sorted({name for fixed in columns.values() for name in fixed} - set(given)):
            finer = [
                column
                for column, fixed in columns.items()
                if name in fixed and given == {key: fixed[key] for key in fixed if key != name}
            ]
            if not _adds_up(exhibit.table, whole, finer):
                rows = range(len(exhibit.table))
                found += [(places[row, whole], places[row, part]) for part in finer for row in rows]
    return found


def _adds_up(table: "pd.DataFrame", whole: str, finer: list[str]) -> bool:
    known = table[[whole, *finer]].dropna().astype(float)
    return bool(known[finer].sum(axis=1).eq(known[whole]).all())
