"""Delimited text to a table of text: every record keeps its place, no cell is guessed.

A scan tells whether Arrow reads a file exactly as a spreadsheet shows it; a file with a few ragged
records is made regular first; any other is read record by record. All three give the same table.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

DELIMITERS = ",;\t|"
HEAD_BYTES, HEAD_RECORDS = 1 << 18, 60
# What comes again in a sample of a large file is read into a dictionary, unless nearly all is distinct.
SAMPLE, DISTINCT = 1 << 20, 0.9
TEXT, CODED = pa.string(), pa.dictionary(pa.int32(), pa.string())
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
        grid = _fast(data, delimiter, lines, width) or _mended(data, delimiter, lines, width)
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
    """Whether every quote opens or closes a whole cell and every record ends with a line."""
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
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


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _fast(data: bytes, delimiter: str, start: int, width: int) -> Grid | None:
    """By Arrow; nothing if a record is ragged or a line is no record."""
    try:
        types = dict.fromkeys(map(str, range(width)), TEXT)
        if len(data) > SAMPLE:
            sample = _by_arrow(data[: data.rfind(b"\n", 0, SAMPLE) + 1], delimiter, start, types)
            types = {name: _type(sample.column(name)) for name in types}
        found = _by_arrow(data, delimiter, start, types)
    except pa.ArrowInvalid:
        return None
    return Grid(found) if found.num_rows + start == _lines(data) else None


def _by_arrow(data: bytes, delimiter: str, start: int, types: dict[str, pa.DataType]) -> pa.Table:
    return pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(column_names=list(types), skip_rows=start),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )


def _type(sample: pa.ChunkedArray) -> pa.DataType:
    """Values that come again are kept once each; a column of references is plain text."""
    return TEXT if len(sample.unique()) > DISTINCT * len(sample) else CODED


def _mended(data: bytes, delimiter: str, start: int, width: int) -> Grid | None:
    """By Arrow after the ragged records were given as many cells as the header has."""
    places = _ragged(data, delimiter, start, width)
    if not places or len(places) > _lines(data) // 5:
        return None
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
    bounds = np.concatenate([[0], ends, [len(data)]])
    parts, last = [], 0
    short: list[int] = []
    too_long: list[int] = []
    for place in places:
        begin, end = int(bounds[place]), int(bounds[place + 1])
        record = next(_records(data[begin:end].decode(), delimiter), [])
        cells, kind = _fit(record, width)
        (short if kind == "short" else too_long if kind == "long" else []).append(place - start)
        parts += [data[last:begin], _line(cells, delimiter)]
        last = end
    grid = _fast(b"".join([*parts, data[last:]]), delimiter, start, width)
    return grid and Grid(grid.table, short, too_long)


def _ragged(data: bytes, delimiter: str, start: int, width: int) -> list[int] | None:
    """Places of the lines that Arrow finds ragged; nothing where a record spans lines."""
    found: list[pa.csv.InvalidRow] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        found.append(row)
        return "skip"

    names = [str(n) for n in range(width)]
    try:
        good = pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(column_names=names, skip_rows=start, use_threads=False),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            convert_options=pa.csv.ConvertOptions(
                include_columns=names[:1], column_types={names[0]: pa.large_string()}
            ),
        )
    except pa.ArrowInvalid:
        return None
    whole = good.num_rows + len(found) + start == _lines(data)
    return [row.number - 1 for row in found] if whole and all(row.number for row in found) else None


def _line(cells: list[str], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return out.getvalue().encode()


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
