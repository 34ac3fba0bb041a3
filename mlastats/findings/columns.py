"""How the columns of exhibits are read: each is defined once, in column.csv, for its tables and its sentences.

column.csv has a row a column: `column`, `exhibits` (blank: all; else the names of those for which the row stands
above the common one, * for any letters), `label`, `kind` (count, days, share, rate, number, date, code, text),
`limits` of its interval ("plain": lower and upper; "own": the column's name stands before them), `vocabulary` of
its codes, `rests_on` (the counts on which a figure rests, where they are shown beside it), `fixes` (what a count
fixes, "status=answered"; "-": it is no count of requests that another table could have) and `case_level` ("yes":
it shows single requests, for internal readers).
"""

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from mlastats.messages import _, day, label, number, partner_name, percent
from mlastats.publish.exhibit import Column, Kind

FILE = Path(__file__).with_name("column.csv")


@dataclass(frozen=True)
class Reading:
    """How one column is read: a row of column.csv. `fixes` is None for what is no count of another table."""

    column: str
    exhibits: tuple[str, ...]
    label: str
    kind: Kind
    limits: tuple[str, ...]
    vocabulary: str
    rests_on: tuple[str, ...]
    fixes: Mapping[str, str] | None
    case_level: bool


def reading(column: str, exhibit: str = "") -> Reading:
    """How a column of an exhibit is read; without an exhibit, how it is read in most. Raises ValueError where
    column.csv does not have it."""
    rows = _readings().get(column, [])
    own = [row for row in rows if any(fnmatchcase(exhibit, pattern) for pattern in row.exhibits)]
    common = [row for row in rows if not row.exhibits]
    for row in own + common + ([] if exhibit else rows):
        return row
    raise ValueError(
        f"The column {column!r} of {exhibit or 'a sentence'} is not in {FILE.name}. Name one that is there, or add a "
        "row with its label and kind."
    )


def read_as(exhibit: str, names: Sequence[str], values: Mapping[str, str]) -> dict[str, Column]:
    """The columns of an exhibit's table, each figure followed by its limits; labels may name `values`."""
    columns: dict[str, Column] = {}
    for name in names:
        row = reading(name, exhibit)
        rests = tuple(count for count in row.rests_on if count in names)
        label_ = _(row.label, **values)
        columns[name] = Column(label_, row.kind, row.vocabulary, rests, row.case_level)
        ends = (_("{figure}, lower limit", figure=label_), _("{figure}, upper limit", figure=label_))
        for limit, text in zip(row.limits, ends, strict=False):
            columns[limit] = Column(text, row.kind, rests_on=rests)
    return columns


def in_words(column: str, value: Any, inside: bool = False) -> str:
    """A value of a column in words, a limit as its figure; a number where the column is not in column.csv. `inside` a
    sentence a code that is no name begins with a small letter."""
    column = column if column in _readings() else column.removesuffix("_lower").removesuffix("_upper")
    row = reading(column) if column in _readings() else None
    kind = row.kind if row else "text" if isinstance(value, str) else "number"
    if kind == "text":
        return label("", value) if value == "unrecorded" else str(value)
    if row and kind == "code":
        return partner_name(value) if row.vocabulary == "partner" else label(row.vocabulary, value, inside)
    if kind == "date":
        return day(value)
    return percent(value) if kind == "share" else number(value, 1 if kind == "rate" else 0)


@functools.cache
def _readings() -> dict[str, list[Reading]]:
    rows: dict[str, list[Reading]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, fixes = row["column"], row["fixes"]
            stem = {"own": f"{name}_", "plain": ""}.get(row["limits"])
            rows.setdefault(name, []).append(
                Reading(
                    column=name,
                    exhibits=tuple(row["exhibits"].split()),
                    label=row["label"],
                    kind=cast(Kind, row["kind"]),
                    limits=() if stem is None else (f"{stem}lower", f"{stem}upper"),
                    vocabulary=row["vocabulary"],
                    rests_on=tuple(row["rests_on"].split()),
                    fixes=None
                    if fixes == "-"
                    else dict(pair.split("=") for pair in fixes.split(";") if pair),
                    case_level=row["case_level"] == "yes",
                )
            )
    return rows
