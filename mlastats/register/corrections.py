"""The ledger of corrections agreed with an agency: data/corrections.csv.

Each entry says, for a request, what a column was as the register writes it, what it is from now on,
and why, by whom and when that was agreed. `now` is read by the same rules as the register. An entry
that no longer applies stops the run: then the register itself was mended, or the entry is wrong.
"""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register.distinct import Distinct
from mlastats.register.mapping import READABLE

COLUMNS = ("request", "column", "was", "now", "reason", "by", "on")


@dataclass(frozen=True)
class Correction:
    """An entry of the ledger; `line` is its line in the file."""

    line: int
    request: str
    column: str
    was: str
    now: str


def load(path: Path) -> list[Correction]:
    """The entries of the ledger, in order; none where there is no such file. Raises InputRejected
    with every faulty entry."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            entries = [(reader.line_num, row) for row in reader]
            header = tuple(reader.fieldnames or ())
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise InputRejected(
            f"The ledger of corrections cannot be read ({type(cause).__name__}). It is a CSV file in UTF-8."
        ) from None
    if header != COLUMNS:
        raise InputRejected(
            f"The ledger of corrections must have the columns {', '.join(COLUMNS)}, in this order."
        )
    faults = [f"  line {line}: {fault}" for line, row in entries if (fault := _fault(row))]
    if faults:
        raise InputRejected("The ledger of corrections has faults:\n" + "\n".join(faults))
    return [Correction(line, *(row[name].strip() for name in COLUMNS[:4])) for line, row in entries]


def apply(
    ledger: list[Correction], columns: Mapping[str, Distinct], rows: int
) -> tuple[dict[str, Distinct], list[tuple[Correction, int]]]:
    """The columns of one register with the corrections made, and how many rows each entry changed.

    An entry concerns every row of its request that still says what it `was`.
    """
    mended = dict(columns)
    made = []
    ids = columns.get("request_id", blank(rows))
    of: dict[str, list[int]] = {vocab.normalise(entry.request): [] for entry in ledger}
    for code, text in enumerate(ids.values) if ledger else ():
        if (named := vocab.normalise(text)) in of:
            of[named].append(code)
    for entry in ledger:
        column = mended.get(entry.column, blank(rows))
        own = np.flatnonzero(np.isin(ids.codes, of[vocab.normalise(entry.request)]))
        texts = [column.values.iloc[code] if code >= 0 else "" for code in column.codes[own]]
        places = [int(place) for place, text in zip(own, texts, strict=True) if text == entry.was]
        if places:
            mended[entry.column] = column.replaced(places, entry.now)
        made.append((entry, len(places)))
    return mended, made


def check(made: list[tuple[Correction, int]]) -> None:
    """Raise InputRejected naming each entry that changed nothing in any register."""
    done: dict[Correction, int] = {}
    for entry, count in made:
        done[entry] = done.get(entry, 0) + count
    stale = [f"  line {entry.line}, column {entry.column}" for entry, count in done.items() if not count]
    if stale:
        raise InputRejected(
            "Corrections that no longer apply, because no row of the request says what `was` says:\n"
            + "\n".join(stale)
            + "\nCompare the register with the ledger; take an entry out once the register itself is mended."
        )


def blank(rows: int) -> Distinct:
    """A column in which nothing is filled."""
    import pandas as pd

    return Distinct(pd.Series([], dtype="str"), np.full(rows, -1, dtype=np.int32))


def _fault(row: dict[str, str]) -> str:
    if None in row or any(row[name] is None for name in COLUMNS):
        return "has not seven cells"
    if not row["request"].strip():
        return "names no request"
    if row["column"].strip() not in READABLE:
        return f"`column` must be one of {', '.join(READABLE)}"
    if not row["reason"].strip() or not row["by"].strip():
        return "says no `reason`, or not `by` whom"
    try:
        dt.date.fromisoformat(row["on"].strip())
    except ValueError:
        return "`on` must be a date, YYYY-MM-DD"
    return ""
