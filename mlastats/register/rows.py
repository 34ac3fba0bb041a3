"""Where the header of a table stands, and which rows below it are no requests.

A row is not data if it is blank, repeats the header, is a total (its first filled cell says so and
its other cells are blank or numbers), or is a note at the foot: after the table and a gap, words in one
cell.
"""

import functools
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import vocab
from mlastats.register.words import from_arrow

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
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        numbered = pool.submit(_numbers, first, table.num_rows)
        table = pa.table(list(pool.map(_whole, table.columns)), schema=table.schema)
        numbers = numbered.result()
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
    numbers = numbers if keep.all() else numbers.filter(pa.array(keep))
    index = pd.Index(from_arrow(numbers), name="source_row")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        given = pool.map(lambda column: from_arrow(_whole(column)), kept.columns)
        columns = dict(zip(names(header), given, strict=True))
    return Table(pd.DataFrame(columns, copy=False).set_axis(index), first - 1, +not_data)


def _numbers(first: int, rows: int) -> pa.Array:
    return pc.cast(pa.array(np.arange(first, first + rows)), pa.large_string())


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, so that each distinct value is looked at once."""
    return column.chunk(0) if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()


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


def _is_full(column: pa.ChunkedArray) -> bool:
    """Whether a column is known to have no blank cell, by its distinct values alone."""
    return _coded(column) and all(
        pc.all(pc.not_equal(chunk.dictionary, "")).as_py() for chunk in column.chunks
    )


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
    most = max(2, table.num_columns // 2)
    total = np.zeros(len(maybe), dtype=bool)
    gapped = [column for column in table.columns if not _is_full(column)]
    full = table.num_columns - len(gapped)
    if full > most:
        return total
    filled = np.full(len(maybe), full, dtype=np.int32)
    for column in gapped:
        filled += _told(column, lambda text: pc.not_equal(text, ""))
    places = np.flatnonzero(maybe & (filled <= most))
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
