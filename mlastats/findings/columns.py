"""How the columns of exhibits are read: each is defined once, in column.csv, for its tables and its sentences.

column.csv has a row a column: `column`, `exhibits` (blank: all; else the names of those for which the row stands
above the common one, * for any letters; show, or show_date for a column of days: in a frame that `show` shows), `label`,
`kind` (count, days, share, points, rate, number, date, code, text), `limits` of its interval ("plain": lower and upper;
"own": the column's name stands before them), `vocabulary` of its codes, `rests_on` (the counts on which a figure rests,
where they are shown beside it), `fixes` (what a count fixes, "status=answered"; "-": it is no count of requests that
another table could have) and `case_level` ("yes": it shows single requests, for internal readers).
"""

import csv
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from mlastats import schema
from mlastats.messages import _, day, heading, label, number, partner_name
from mlastats.publish import cells
from mlastats.publish.exhibit import Column, Kind

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

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
        for limit, text in zip(row.limits, _ends(label_), strict=False):
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
    return cells.WRITERS[kind](value) if kind in ("share", "points", "rate") else number(value)


def show(frame: pd.DataFrame) -> "Styler":
    """A measure's frame as a person reads it: every row and column, labels and units, codes in words, and why a number is
    missing in place of it. The frame stays as it is.

    >>> text = mlastats.show(mlastats.turnaround(requests, as_of="2026-09-30")).to_string()
    >>> "Median (days)" in text, "Incoming" in text
    (True, True)
    """
    columns = _labelled(frame)
    texts: dict[str, list[str]] = {}
    for name, column in columns.items():
        stem = name.removesuffix("_days")
        notes = next(
            (frame[n] for n in (f"{stem}_note", f"{name}_note", "note", "reason") if n in frame), None
        )
        texts[name] = [
            "∞" if isinstance(value, float) and value == math.inf else cells.value_in_words(value, column)
            for value in frame[name]
        ]
        if notes is not None and column.kind in cells.FIGURES:
            texts[name] = [
                cells.reason_in_words(str(note)) or text if cells.is_missing(value) else text
                for value, note, text in zip(frame[name], notes, texts[name], strict=True)
            ]
    # Two columns may have one label, as two figures with the same limits.
    shown = pd.DataFrame(texts).set_axis(pd.RangeIndex(len(columns)), axis=1)
    styler = shown.style.hide(axis="index")
    styler = styler.format_index(lambda place: list(columns.values())[place].label, axis=1)
    numbers = [place for place, column in enumerate(columns.values()) if column.kind in cells.NUMERIC]
    return styler.set_properties(subset=numbers, **{"text-align": "right"})


def _labelled(frame: pd.DataFrame) -> dict[str, Column]:
    """How each column of a frame is read, but for those that say why another is missing; a limit as its figure, which
    stands in its name or before it."""
    columns: dict[str, Column] = {}
    figure = ""
    for name in frame:
        if name.endswith("_note") or name in ("note", "reason"):
            continue
        stem, _bar, end = name.rpartition("_")
        of = columns.get(stem or figure)
        if of and end in ("lower", "upper"):
            columns[name] = replace(of, label=_ends(of.label)[end == "upper"])
        elif of and stem and end == "precision":
            columns[name] = Column(_("{figure}, precision", figure=of.label), "code", "precision")
        else:
            figure = name
            columns[name] = _of_frame(name, frame[name].dtype.kind)
        if columns[name].kind == "days" and "(" not in columns[name].label:
            columns[name] = replace(columns[name], label=_("{figure} (days)", figure=columns[name].label))
    return columns


def _ends(figure: str) -> tuple[str, str]:
    """What the limits of a figure are called."""
    return _("{figure}, lower limit", figure=figure), _("{figure}, upper limit", figure=figure)


def _of_frame(name: str, dtype: str) -> Column:
    """How a column of a measure's frame is read: as column.csv has it, else the schema; one of neither, which is an
    analyst's own, by its name spelled out. What it holds stands above what column.csv says of its kind."""
    held: Kind = "date" if dtype == "M" else "number" if dtype in "iuf" else "text"
    of = "show_date" if held == "date" else "show"
    own = [row for row in _readings(frames=True).get(name, []) if fnmatchcase(of, row.exhibits[0])]
    for row in (*own, *(row for row in _readings().get(name, []) if not row.exhibits)):
        fits = row.kind == "date" if held == "date" else (row.kind in cells.NUMERIC) == (held == "number")
        return Column(_(row.label), row.kind if fits else held, row.vocabulary if fits else "")
    of_schema = {column.name: column.vocabulary for column in schema.COLUMNS}
    words = heading(name) or name.replace("_", " ").capitalize()
    coded = held == "text" and name in of_schema
    if held == "number" and name.endswith(("_age", "_day", "_days")):
        held = "days"
    return Column(words, "code" if coded else held, of_schema.get(name, "") if coded else "")


@functools.cache
def _readings(frames: bool = False) -> dict[str, list[Reading]]:
    """The rows of column.csv by column: those of exhibits, or those of `frames` as `show` reads them."""
    rows: dict[str, list[Reading]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, fixes = row["column"], row["fixes"]
            if row["exhibits"].startswith("show") != frames:
                continue
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
