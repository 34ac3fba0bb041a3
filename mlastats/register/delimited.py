"""Delimited text to a table of text: every record keeps its place, no cell is guessed.

A scan tells whether Arrow reads a file exactly as a spreadsheet shows it, but for a few ragged records,
which are put in their places; any other is read record by record. Both give the same table.
"""

import csv
import io
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

DELIMITERS = ",;\t|"
HEAD_BYTES, HEAD_RECORDS = 1 << 18, 60
# What comes again in a sample of a large file is read into a dictionary, unless nearly all is distinct.
SAMPLE, DISTINCT = 1 << 20, 0.9
# Large enough that a block's dictionaries are small beside it; no line is longer than LONGEST.
BLOCK, LONGEST = 1 << 23, 1 << 30
# One record in so many may be ragged: a table in which more are is read record by record.
RAGGED = 5
TEXT, CODED = pa.large_string(), pa.dictionary(pa.int32(), pa.string())
csv.field_size_limit(1 << 30)


@dataclass
class Grid:
    """A table of text under `names`, one row a record from `first` on; `ragged` and `too_long` name
    rows (counted from 0) with fewer, and with more filled, cells than the header."""

    table: pa.Table
    ragged: list[int] = field(default_factory=list)
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


def read(data: bytes, delimiter: str, start: int, width: int) -> Grid:
    """The records after the first `start`, as text of `width` cells each."""
    if width and _is_regular(data, delimiter):
        lines = _lines_of(data, delimiter, start)
        grid = _fast(data, delimiter, lines, width)
        if grid is not None:
            return grid
    return _slow(data, delimiter, start, width)


def table(rows: list[list[str]], width: int) -> pa.Table:
    """Records of equal length as a table of text."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return pa.table(
        [pa.array(column, pa.large_string()) for column in columns], names=[str(n) for n in range(width)]
    )


def _is_regular(data: bytes, delimiter: str) -> bool:
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


def _lines_of(data: bytes, delimiter: str, records: int) -> int:
    """Lines that the first records take: a header may be written over several."""
    reader = csv.reader(
        io.StringIO(data[:HEAD_BYTES].decode("utf-8", "ignore"), newline=""), delimiter=delimiter
    )
    for _ in range(records):
        next(reader, None)
    return reader.line_num


def _fast(data: bytes, delimiter: str, start: int, width: int) -> Grid | None:
    """By Arrow, block by block; nothing if a line is no record or too many records are ragged."""
    types = _types(data, delimiter, start, width)
    blocks = list(_blocks(data, start))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda bounds: _lines_in(data, bounds), blocks))
        most = sum(lines) // RAGGED

        def read(bounds: tuple[int, int], lines: int) -> Grid | None:
            return _by_arrow(data, bounds, delimiter, types, lines, most)

        grids = [grid for grid in pool.map(read, blocks, lines) if grid is not None]
    if len(grids) < len(blocks) or sum(len(grid.ragged) + len(grid.too_long) for grid in grids) > most:
        return None
    return _stacked(grids) if grids else Grid(table([], width))


def _blocks(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Bounds of blocks of whole lines after the first `start` lines."""
    begin = 0
    for _ in range(start):
        begin = data.find(b"\n", begin) + 1 or len(data)
    while begin < len(data):
        end = data.find(b"\n", begin + BLOCK) + 1 or len(data)
        yield begin, end
        begin = end


def _lines_in(data: bytes, bounds: tuple[int, int]) -> int:
    return _count(data, bounds, "\n") + (data[bounds[1] - 1] != ord("\n"))


def _count(data: bytes, bounds: tuple[int, int], sign: str) -> int:
    begin, end = bounds
    return int(np.count_nonzero(np.frombuffer(data, np.uint8, end - begin, begin) == ord(sign)))


def _types(data: bytes, delimiter: str, start: int, width: int) -> dict[str, pa.DataType]:
    """Values that come again are kept once each; a column of references is plain text."""
    types = dict.fromkeys(map(str, range(width)), TEXT)
    if len(data) <= SAMPLE:
        return types
    begin, end = next(_blocks(data, start), (0, 0))
    end = data.rfind(b"\n", begin, begin + SAMPLE) + 1 or end
    sample = _by_arrow(data, (begin, end), delimiter, types, _lines_in(data, (begin, end)), end)
    if sample is None:
        return types
    columns = zip(types, sample.table.columns, strict=True)
    return {name: TEXT if len(text.unique()) > DISTINCT * len(text) else CODED for name, text in columns}


def _by_arrow(
    data: bytes,
    bounds: tuple[int, int],
    delimiter: str,
    types: dict[str, pa.DataType],
    lines: int,
    most: int,
) -> Grid | None:
    """The records of one block of so many `lines`, the ragged ones with as many cells as the header has;
    nothing if a record spans lines or more than `most` are ragged."""
    found: list[pa.csv.InvalidRow] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        found.append(row)
        return "skip" if len(found) <= most else "error"

    begin, end = bounds
    if data.find(b'"', begin, end) >= 0 and _count(data, bounds, '"') % 2:
        return None
    # That it is UTF-8 was seen before.
    convert = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False, check_utf8=False)
    parse = pa.csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=keep)
    size = min(end - begin + 1, LONGEST)
    options = pa.csv.ReadOptions(column_names=list(types), use_threads=False, block_size=size)
    try:
        block = pa.BufferReader(pa.py_buffer(data)[begin:end])
        good = pa.csv.read_csv(block, options, parse, convert)
        return _mended(good, found, delimiter) if good.num_rows + len(found) == lines else None
    except (pa.ArrowInvalid, csv.Error):
        return None


def _mended(good: pa.Table, ragged: list[pa.csv.InvalidRow], delimiter: str) -> Grid:
    """The good records and the ragged ones, each in its place."""
    if not ragged:
        return Grid(good)
    records = [next(_records(row.text, delimiter), []) for row in ragged]
    fitted = [_fit(record, good.num_columns) for record in records]
    places = np.array([row.number - 1 for row in ragged])
    order = np.full(good.num_rows + len(ragged), -1)
    order[places] = good.num_rows + np.arange(len(ragged))
    order[order < 0] = np.arange(good.num_rows)
    texts = table([cells for cells, _kind in fitted], good.num_columns).columns
    fields = zip(texts, good.schema, strict=True)
    mended = pa.table([_typed(text, field.type) for text, field in fields], schema=good.schema)
    both = pa.concat_tables([good, mended]).unify_dictionaries().combine_chunks()
    kinds = np.array([kind for _cells, kind in fitted])
    short, long = (places[kinds == kind].tolist() for kind in ("short", "long"))
    return Grid(both.take(pa.array(order)), short, long)


def _typed(text: pa.ChunkedArray, given: pa.DataType) -> pa.ChunkedArray:
    plain = text.cast(TEXT)
    return plain.dictionary_encode() if given == CODED else plain


def _stacked(grids: list[Grid]) -> Grid:
    """The blocks below each other."""
    first = np.cumsum([0, *(grid.table.num_rows for grid in grids)]).tolist()
    placed = list(zip(first, grids, strict=False))
    return Grid(
        pa.concat_tables([grid.table for grid in grids]),
        [before + place for before, grid in placed for place in grid.ragged],
        [before + place for before, grid in placed for place in grid.too_long],
    )


def _slow(data: bytes, delimiter: str, start: int, width: int) -> Grid:
    text, notes = data.decode("utf-8"), []
    try:
        records = list(_records(text, delimiter))
    except csv.Error:
        records = [
            next(_records(line, delimiter, strict=False), []) for line in io.StringIO(text, newline="")
        ]
        notes = ["quotes"]
    rows: list[list[str]] = []
    short: list[int] = []
    too_long: list[int] = []
    for place, record in enumerate(records[start:]):
        cells, kind = _fit(record, width)
        rows.append(cells)
        (short if kind == "short" else too_long if kind == "long" else []).append(place)
    return Grid(table(rows, width), short, too_long, notes)


def _records(text: str, delimiter: str, strict: bool = True) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _fit(record: list[str], width: int) -> tuple[list[str], str]:
    """The record with `width` cells, and what was wrong with it: short, long or nothing.

    A blank line is no short record, and blank cells beyond the header are no long one.
    """
    if len(record) < width:
        blank = not any(cell.strip() for cell in record)
        return record + [""] * (width - len(record)), "" if blank else "short"
    return record[:width], "long" if any(cell.strip() for cell in record[width:]) else ""
