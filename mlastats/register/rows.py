"""Where the header of a table stands, and which rows below it are no requests.

A row is not data if it is blank, repeats the header, is a total (its first filled cell says so and
its other cells are blank or numbers), or is a note at the foot: after the table and a gap, words in one
cell.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import vocab

TOTALS = frozenset(
    vocab.normalise(word)
    for word in (
        *("total", "totals", "grand total", "sub total", "subtotal", "sum", "total general", "total général"),
        *(
            "ລວມ",
            "ລວມທັງໝົດ",
            "ລວມທັງຫມົດ",
            "รวม",
            "รวมทั้งสิ้น",
            "รวมทั้งหมด",
            "ยอดรวม",
            "tổng",
            "tổng cộng",
            "tổng số",
        ),
        *(
            "សរុប",
            "សរុបរួម",
            "jumlah",
            "jumlah total",
            "jumlah besar",
            "စုစုပေါင်း",
            "kabuuan",
            "合计",
            "总计",
            "合計",
            "總計",
        ),
    )
)
# "Total requests: 45" is a total too.
OPENS_A_TOTAL = tuple(f"{word}{sign}" for word in TOTALS for sign in (" ", ":"))
NUMBER = re.compile(r"[\d\s.,%()+-]*")
# For Arrow, whose \d and \s know ASCII alone.
END_NUMBER = r"[\p{Nd}\p{Z}\s\x1c-\x1f\x85:.=()]+$"
# "Prepared by ...", "Vientiane, 30 September 2026", "* provisional"; not "MLA 12/2016", which may be a
# reference that was reserved.
NOTE = re.compile(r"\s*[*†]|.*[:：]|.*?[^\W\d_]{3,}\W.*?[^\W\d_]{3,}|(?:.*?\b[^\W\d_]{2,}\b){3}", re.DOTALL)
FOOT = 40


@dataclass(frozen=True)
class Table:
    """The rows of one sheet that may be requests: text under headers, indexed by row number."""

    frame: pd.DataFrame
    header_row: int
    not_data: Counter[str]


def locate(head: Sequence[Sequence[str]], known: Callable[[Sequence[str]], int]) -> int | None:
    """The place of the header in the first rows: the row in which most headers are known; where none
    is, the first with several different words and no number. Nothing if there is no such row."""
    scores = [known(row) for row in head]
    if scores and max(scores) > 0:
        return scores.index(max(scores))
    for place, row in enumerate(head):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) > 1 and len(set(cells)) == len(cells) and not any(_is_number(cell) for cell in cells):
            return place
    return None


def names(header: Sequence[str]) -> list[str]:
    """One name a column: the header as written, "column 7" where it is blank, "X (2)" where repeated."""
    given: list[str] = []
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.split()) or f"column {place}"
        repeats = 2
        base = name
        while name in given:
            name, repeats = f"{base} ({repeats})", repeats + 1
        given.append(name)
    return given


def settle(table: pa.Table, header: Sequence[str], first: int) -> Table:
    """The rows of `table` that may be requests; its first row stands in row `first`."""
    # In one piece each distinct value is looked at once.
    table = table.unify_dictionaries().combine_chunks()
    blank = _all(table, [""] * table.num_columns, trimmed=True)
    repeated = _all(table, header)
    total = _totals(table, ~(blank | repeated))
    note = _notes(table, blank | repeated | total)
    keep = ~(blank | repeated | total | note)
    not_data = Counter(
        title=first - 2,
        header=1 + int(repeated.sum()),
        blank=int(blank.sum()),
        total=int(total.sum()),
        note=int(note.sum()),
    )
    kept = table if keep.all() else table.filter(pa.array(keep))
    numbers = pc.cast(pa.array(np.flatnonzero(keep) + first), pa.large_string())
    frame = kept.rename_columns(names(header)).to_pandas(types_mapper=_text)
    frame.index = pd.Index(pd.Series(numbers, dtype=_text(pa.string())), name="source_row")
    return Table(frame, first - 1, +not_data)


def _text(given: pa.DataType) -> pd.StringDtype | None:
    return None if pa.types.is_dictionary(given) else pd.StringDtype(na_value=np.nan)


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None or any(part.isdigit() for part in re.split(r"[-/. :]", cell))


def _all(table: pa.Table, cells: Sequence[str], trimmed: bool = False) -> np.ndarray:
    """Rows that hold these cells, column by column."""
    rows = np.full(table.num_rows, table.num_columns > 0)
    for column, cell in sorted(zip(table.columns, cells, strict=False), key=lambda pair: not _coded(pair[0])):
        if not rows.any():
            break
        rows &= _told(column, functools.partial(_equal, cell=cell, trimmed=trimmed))
    return rows


def _coded(column: pa.ChunkedArray) -> bool:
    return pa.types.is_dictionary(column.type)


def _told(column: pa.ChunkedArray, test: Callable[[pa.Array], pa.Array]) -> np.ndarray:
    """What a test says of each row; worked out once a distinct value where the column is a dictionary."""
    if not _coded(column):
        return test(column).to_numpy().astype(bool, copy=False)
    parts = [
        np.take(test(c.dictionary).to_numpy(zero_copy_only=False), c.indices.to_numpy())
        for c in column.chunks
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=bool)


def _equal(text: pa.Array, cell: str, trimmed: bool) -> pa.Array:
    return pc.equal(_trim(text) if trimmed else text, cell)


def _trim(text: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(text)


def _totals(table: pa.Table, maybe: np.ndarray) -> np.ndarray:
    """Sparse rows alone are looked at: a total fills few cells, and the first says that it is one."""
    filled = np.zeros(len(maybe), dtype=np.int32)
    for column in table.columns:
        filled += _told(column, lambda text: pc.not_equal(text, ""))
    places = np.flatnonzero(maybe & (filled <= max(2, table.num_columns // 2)))
    total = np.zeros(len(maybe), dtype=bool)
    if len(places):
        some = table.take(pa.array(places))
        cells = [pc.cast(column, pa.large_string()).combine_chunks() for column in some.columns]
        places, some = (rows[_says_total(cells)] for rows in (places, np.arange(len(places))))
        sparse = list(zip(*(column.take(pa.array(some)).to_pylist() for column in cells), strict=True))
        total[places] = [_is_total(row) for row in sparse]
    return total


def _says_total(cells: Sequence[pa.Array]) -> np.ndarray:
    """Rows whose first filled cell is, but for a number at its end, a word for a total."""
    trimmed = [_trim(column) for column in cells]
    first = pc.coalesce(*(pc.if_else(pc.equal(text, ""), None, text) for text in trimmed), "")
    words = pc.replace_substring_regex(first, END_NUMBER, "").dictionary_encode()
    known = [_means_total(word) for word in words.dictionary.to_pylist()]
    return np.array(known, dtype=bool)[words.indices.to_numpy()]


def _is_total(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    if not filled or not all(NUMBER.fullmatch(cell) for cell in filled[1:]):
        return False
    return _means_total(re.sub(r"[\d\s:.=()]+$", "", filled[0]))


def _means_total(words: str) -> bool:
    said = vocab.normalise(words)
    return said in TOTALS or said.startswith(OPENS_A_TOTAL)


def _notes(table: pa.Table, gaps: np.ndarray) -> np.ndarray:
    """Rows at the foot, below the last gap under the table, of words in a single cell each."""
    notes = np.zeros(len(gaps), dtype=bool)
    start = max(0, len(gaps) - FOOT)
    below: list[int] = []
    for place, cells in reversed(
        list(enumerate(zip(*table.slice(start).to_pydict().values(), strict=True), start))
    ):
        filled = [cell for cell in cells if cell.strip()]
        if gaps[place]:
            notes[below] = True
        elif len(cells) > 2 and len(filled) == 1:
            below += [place] if NOTE.match(filled[0]) else []
        else:
            break
    return notes
