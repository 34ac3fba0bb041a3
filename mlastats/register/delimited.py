"""Delimited text to a table of text: every record keeps its place, no cell is guessed.

A scan tells whether Arrow reads a file exactly as a spreadsheet shows it, but for a few ragged records,
which are put in their places; any other is read record by record. Both give the same table.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from mlastats.register.distinct import from_arrow

DELIMITERS = ",;\t|"
HEAD_BYTES, HEAD_RECORDS = 1 << 18, 60
# What comes again in a sample of a large file is read into a dictionary, unless nearly all is distinct.
SAMPLE, DISTINCT = 1 << 20, 0.9
# Arrow's own blocks; no record is longer than one.
BLOCK = 1 << 23
# One record in so many may be ragged: a table in which more are is read record by record.
RAGGED = 5
TEXT, CODED = pa.large_string(), pa.dictionary(pa.int32(), pa.string())
csv.field_size_limit(1 << 30)


@dataclass
class Grid:
    """A table of text, one row a record and one column a place; `short` and `too_long` are the places of rows
    with fewer, and with more filled, cells than the header."""

    frame: pd.DataFrame
    short: list[int] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def unmarked(data: bytes) -> bytes:
    """The text without a first line such as "sep=;", which a spreadsheet takes away and does not number."""
    return re.sub(rb'\A"?sep=."?\r?\n', b"", data, count=1)


def head(data: bytes, delimiter: str) -> list[list[str]]:
    """The first records, as far as they can be read."""
    text = data[:HEAD_BYTES].decode("utf-8", errors="ignore")
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            records.append(record)
            if len(records) == HEAD_RECORDS:
                break
    except csv.Error:
        pass
    return records


def read(data: bytes, delimiter: str, start: int, width: int, least: int | None = None) -> Grid:
    """The records after the first `start`, as text of `width` cells each; one with fewer than `least` cells
    (`width` if not given) is short."""
    least = width if least is None else least
    if width and is_regular(data, delimiter):
        reader = csv.reader(
            io.StringIO(data[:HEAD_BYTES].decode("utf-8", "ignore"), newline=""), delimiter=delimiter
        )
        for _record in range(start):
            next(reader, None)
        begin = 0
        for _line in range(reader.line_num):  # the header may be written over several
            begin = data.find(b"\n", begin) + 1 or len(data)
        parse = pa.csv.ParseOptions(
            delimiter=delimiter, ignore_empty_lines=False, newlines_in_values=b'"' in data
        )
        grid = _by_arrow(memoryview(data)[begin:], parse, width, least)
        if grid is not None:
            return grid
    return _record_by_record(data, delimiter, start, width, least)


def table(rows: list[list[str]], width: int) -> pd.DataFrame:
    """Records of equal length as a table of text."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return pd.DataFrame({place: pd.Series(cells, dtype="str") for place, cells in enumerate(columns)})


def is_regular(data: bytes, delimiter: str) -> bool:
    """Whether every quote opens or closes a whole cell, every record ends with a line, and the delimiter is
    one byte, as Arrow needs it."""
    if (
        not delimiter.isascii()
        or b"\0" in data
        or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n"))
    ):
        return False
    if b'"' not in data:
        return True
    text = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    if len(quotes) % 2:
        return False
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), ord("\n"), ord("\r"), ord('"')]] = True
    before, after = quotes[0::2], quotes[1::2]
    opens = edge[text[np.maximum(before - 1, 0)]] | (before == 0)
    closes = edge[text[np.minimum(after + 1, len(text) - 1)]] | (after == len(text) - 1)
    return bool(opens.all() and closes.all())


def _by_arrow(data: memoryview, parse: pa.csv.ParseOptions, width: int, least: int) -> Grid | None:
    """By Arrow; nothing if it cannot follow, or if too many records are ragged."""
    types = dict.fromkeys(map(str, range(width)), TEXT)
    try:
        if len(data) > SAMPLE:
            start = bytes(data[:SAMPLE])
            sample, _ragged = _arrow_table(memoryview(start)[: start.rfind(b"\n") + 1], parse, types)
            for name, text in zip(types, sample.columns, strict=True):
                types[name] = TEXT if len(text.unique()) > DISTINCT * len(text) else CODED
        whole, ragged = _arrow_table(data, parse, types)
    except (pa.ArrowInvalid, csv.Error):
        return None
    if len(ragged) > (whole.num_rows + len(ragged)) // RAGGED:
        return None
    grid = Grid(pd.DataFrame())
    if ragged:
        order = np.full(whole.num_rows + len(ragged), -1)
        mended: list[list[str]] = []
        for row in ragged:
            record = next(_records(row.text, parse.delimiter), [])
            order[row.number - 1] = whole.num_rows + len(mended)
            mended.append(_fitted(record, row.number - 1, width, least, grid))
        order[order < 0] = np.arange(whole.num_rows)
        texts = zip(*mended, strict=True)
        extra = [pa.array(text, TEXT) for text in texts]
        parts = [
            e.dictionary_encode().cast(t) if t == CODED else e
            for e, t in zip(extra, types.values(), strict=True)
        ]
        whole = pa.concat_tables([whole, pa.table(parts, schema=whole.schema)])
        whole = whole.unify_dictionaries().combine_chunks().take(pa.array(order))
    columns = (column.unify_dictionaries().combine_chunks() for column in whole.columns)
    grid.frame = pd.DataFrame({place: from_arrow(column) for place, column in enumerate(columns)}, copy=False)
    return grid


def _arrow_table(
    data: memoryview, parse: pa.csv.ParseOptions, types: dict[str, pa.DataType]
) -> tuple[pa.Table, list[pa.csv.InvalidRow]]:
    """The records of the right length, and the others."""
    ragged: list[pa.csv.InvalidRow] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    # That it is UTF-8 was seen before.
    convert = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False, check_utf8=False)
    parse.invalid_row_handler = keep
    for threads in (True, False):
        options = pa.csv.ReadOptions(column_names=list(types), use_threads=threads, block_size=BLOCK)
        ragged.clear()
        whole = pa.csv.read_csv(pa.BufferReader(data), options, parse, convert)
        if not ragged:  # of which only one thread alone tells the places
            break
    return whole, ragged


def _record_by_record(data: bytes, delimiter: str, start: int, width: int, least: int) -> Grid:
    text, notes = data.decode("utf-8"), []
    try:
        records = list(_records(text, delimiter))
    except csv.Error:
        records = [
            next(_records(line, delimiter, strict=False), []) for line in io.StringIO(text, newline="")
        ]
        notes = ["quotes"]
    grid = Grid(pd.DataFrame(), notes=notes)
    rows = [_fitted(record, place, width, least, grid) for place, record in enumerate(records[start:])]
    grid.frame = table(rows, width)
    return grid


def _records(text: str, delimiter: str, strict: bool = True) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _fitted(record: list[str], place: int, width: int, least: int, grid: Grid) -> list[str]:
    """The record with `width` cells; that it was short or too long is noted in the grid.

    A blank line is no short record, and blank cells beyond the header are no long one.
    """
    if len(record) < least and any(cell.strip() for cell in record):
        grid.short.append(place)
    if any(cell.strip() for cell in record[width:]):
        grid.too_long.append(place)
    return record[:width] + [""] * (width - len(record))
