"""Register files as they are found, to text with row numbers; nothing in them is changed.

Delimited text, workbooks (XLSX, XLS, ODS) and Parquet. A file that cannot be read is one clear
InputRejected, which names the register by its configured name.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register import dates, delimited, encodings, headers, reading, rows, sources, workbooks
from mlastats.register.distinct import plain
from mlastats.register.mapping import Mapping
from mlastats.register.mapping import load as load_mapping
from mlastats.register.rows import Remark
from mlastats.register.tables import HEADING, Table, tables_below, with_one_header
from mlastats.settings import Reading

MOST_COLUMNS = 16_384


@dataclass(frozen=True)
class Raw:
    """A register as text: `frame` has the headers as written and is indexed by row, "14" or "2!14".

    `read` counts every row of the file; `not_data` are the rows that are no requests, by rule (of those that
    were only counted, as blank rows, the number alone); `refused` the rows that cannot be read, `remarks` what
    is to be said of rows and sheets that are read. `left` are the places of sheets without a table; `ditto`
    says what stands in place of "as above": header, sign, value, and how often; `second` is the line below a header
    that may belong to it.
    """

    frame: pd.DataFrame
    read: int
    encoding: str = ""
    sheets: tuple[int, ...] = ()
    not_data: Counter[str] = field(default_factory=Counter)
    not_data_rows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refused: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()
    left: tuple[int, ...] = ()
    ditto: tuple[tuple[str, str, str, int], ...] = ()
    inputs: tuple[str, ...] = ()
    extracted: dt.date | None = None
    mapping: Mapping | None = None
    second: tuple[str, ...] = ()

    def columns(self, of: str) -> tuple[dict[str, str], dict[str, pd.Series], dict[str, list[str]]]:
        """The header of each column of the requests table that is read; the text of each (one date in three
        columns as one); and the columns that several headers claim. Raises InputRejected as `headers.check`."""
        mapping = self.mapping or Mapping()
        names = [str(name) for name in self.frame.columns]
        matched, claimed = headers.match(names, mapping, of)
        if len(self.frame) or mapping.columns:
            headers.check(matched, claimed, names, mapping, of)
        whole = {column: header for column, header in matched.items() if "." not in column}
        above_rows = {column: HEADING.format(column) for column in mapping.headings}
        whole = {**{n: header for n, header in above_rows.items() if header in self.frame}, **whole}
        texts = {column: self.frame[header] for column, header in whole.items()}
        for column, parts in headers.dates_in_parts(matched).items():
            joined = _joined_dates(self.frame, parts)
            above = plain(texts[column]) if column in texts else joined
            texts[column] = above.where(above.str.strip().ne(""), joined)
        return whole, texts, claimed


@dataclass(frozen=True)
class _File:
    """The tables of one file."""

    tables: list[Table]
    read: int
    encoding: str
    notes: tuple[str, ...] = ()
    left: tuple[int, ...] = ()
    left_rows: int = 0
    extracted: dt.date | None = None
    digest: str = ""


@dataclass(frozen=True)
class Source:
    """A register to read: its files, the mapping that it is read with, and how messages name it.

    `encoding` is tried after UTF-8. `alone`: the file is looked at without a configuration; a sheet without headers
    that are known is then left, whatever it holds. `cells` is the most that a workbook or a Parquet file may hold.
    """

    files: tuple[Path, ...]
    mapping: Mapping
    of: str
    encoding: str | None = None
    alone: bool = False
    cells: int = Reading().cells

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(path.stat().st_size for path in self.files if path.is_file())


def read_register(
    path: "str | Path",
    mapping: "str | Path | Mapping | None" = None,
    *,
    register: str = "",
    encoding: str | None = None,
    alone: bool = False,
    limits: Reading | None = None,
) -> Raw:
    """The register in the file `path`, or in all files that the pattern `path` names, as text, read in a process apart.

    `mapping` is a mapping or its file; `encoding` and `alone` are those of `Source`. Raises InputRejected, naming
    the register, where a file is missing, empty, damaged, encrypted, may not be read, has no header, or goes beyond
    the `limits` of time, memory and cells (those of the configuration's defaults).

    >>> raw = mlastats.read_register("data/raw/example/moj.csv", "data/raw/example/moj.toml", register="moj")
    >>> type(raw).__name__
    'Raw'
    """
    bounds = limits or Reading()
    whole = read_all([source(path, mapping, register, encoding, alone, bounds)], bounds)[0]
    if isinstance(whole, InputRejected):
        raise whole
    return whole


def source(
    path: "str | Path",
    mapping: "str | Path | Mapping | None",
    register: str,
    encoding: str | None,
    alone: bool,
    limits: Reading,
) -> Source:
    """What is to be read; InputRejected where the file is missing or its mapping has a fault."""
    of = f"Register {register}" if register else f"The file {Path(path).name}" if alone else "The register"
    approved = mapping if isinstance(mapping, Mapping) or mapping is None else load_mapping(mapping, register)
    files = tuple(sources.paths(Path(path), of))
    return Source(files, approved or Mapping(), of, encoding, alone, limits.cells)


def read_all(every: Sequence[Source], limits: Reading) -> "list[Raw | InputRejected]":
    """Each register as text, or why it is refused."""
    # Looked up here once, not there and here: a fork has what this process has.
    vocab.aliases("partner")
    return reading.apart(read_source, every, limits)


def read_block(
    text: bytes, laid_out: "Layout", first: int, source: Source, around: rows.Around
) -> "tuple[Raw, Table] | None":
    """A block of a delimited text in UTF-8, whose first row is row `first`, as a register, and its table; nothing where
    a block cannot tell what only the whole can: its quotes do not pair, or another table begins in it."""
    if not delimited.is_regular(text, laid_out.delimiter) or not encodings.is_utf8(text):
        return None
    mapping, of = source.mapping, source.of
    tables, grid = laid_out.below(text, first, mapping, of, around)
    if len(tables) > 1 or any(remark.rule == "other_header" for remark in tables[0].refused):
        return None
    above = laid_out.header.place + 1
    raw = _whole([_File(tables, above + len(grid.frame), "utf-8")], mapping, of)
    return replace(raw, mapping=mapping), tables[0]


def read_source(source: Source) -> Raw:
    files = [_read(file, source) for file in source.files]
    return replace(_whole(files, source.mapping, source.of), mapping=source.mapping)


def from_frame(frame: pd.DataFrame, mapping: Mapping | None = None) -> Raw:
    """A register that is already a table: its rows are numbered as if its header stood in row 1, and are requests by
    the same rules as those of a file."""
    approved, of = mapping or Mapping(), "The register"
    return replace(_whole([_frame(frame, approved, of, "table")], approved, of), mapping=mapping)


def _read(path: Path, source: Source) -> _File:
    data = sources.content(path, source.of)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(hashlib.sha256, data)
        file = _by_content(data, source)
        return replace(file, digest=digest.result().hexdigest())


def _by_content(data: bytes, source: Source) -> _File:
    mapping, of = source.mapping, source.of
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(data, source)
    if data.startswith(b"PAR1"):
        return _frame(_parquet(data, of, source.cells), mapping, of, "parquet")
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"%pdf", b"{\\rtf", b"\x89png", b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise InputRejected(
            f"{of} is a page or a document, not a table, whatever its name says. Open it in a spreadsheet program and "
            "save it as XLSX or CSV."
        )
    text, name, guessed = encodings.decode(data, mapping.encoding or source.encoding, of)
    text, laid_out = layout(text, mapping, of)
    above = laid_out.header.place + 1
    tables, grid = laid_out.below(text, above + 1, mapping, of)
    notes = (*grid.notes, *(["encoding"] if guessed else []))
    return _File(tables, above + len(grid.frame), name, notes)


@dataclass(frozen=True)
class Layout:
    """How a delimited text is laid out: its `header`, and the `delimiter` of its cells."""

    header: rows.Header
    delimiter: str

    def below(
        self, text: bytes, first: int, mapping: Mapping, of: str, around: rows.Around | None = None
    ) -> tuple[list[Table], delimited.Grid]:
        """The tables below the header in a text, and all that stands there; or in a block of a text, whose header stands
        above it (place -1). `first` is the number of the first row below."""
        names = self.header.names
        named = [place for place, cell in enumerate(names, 1) if cell != f"column {place}"]
        least = max(named, default=len(names))
        grid = delimited.read(text, self.delimiter, self.header.place + 1, len(names), least)
        doubts = {
            **dict.fromkeys(grid.short, "row_too_short"),
            **dict.fromkeys(grid.too_long, "row_too_long"),
        }
        rest = (grid.frame, grid.frame, self.header, first, mapping, doubts, around)
        return tables_below((1, of), *rest), grid


def layout(text: bytes, mapping: Mapping, of: str) -> tuple[bytes, Layout]:
    """A text without a first line that is no record, and how it is laid out, by its first records. Raises InputRejected
    where it is no text or has no header."""
    sample = text[:65536]
    if sum(sample.count(bytes([sign])) for sign in range(9)) > len(sample) // 1000:
        raise InputRejected(f"{of} is damaged or is not text. Save it anew as CSV (UTF-8) or XLSX.")
    delimiter = mapping.delimiter or headers.delimiter(text, mapping)
    text = delimited.unmarked(text)
    head = delimited.head(text, delimiter)
    header = _header(head, mapping)
    if header is None:
        raise _no_header(f"{of} has", len(head))
    _check_columns(len(header.names), of)
    return text, Layout(header, delimiter)


def _workbook(data: bytes, source: Source) -> _File:
    mapping, of, alone = source.mapping, source.of, source.alone
    every = workbooks.read(data, of, source.cells, mapping.holds_amounts)
    sheets = _chosen(every, mapping, of)
    tables: list[Table] = []
    left: list[workbooks.Sheet] = []
    located = {s.place: _header(s.rows[: delimited.HEAD_RECORDS], mapping) for s in sheets}
    known = {s.place: _known(located[s.place], mapping) for s in sheets}
    for sheet in sheets:
        header = located[sheet.place]
        if not mapping.sheets and _is_no_table(sheet, header, known, mapping, "" if alone else of):
            left.append(sheet)
            continue
        if header is None:
            raise _no_header(f"Sheet {sheet.place} of {of} has", min(len(sheet.rows), delimited.HEAD_RECORDS))
        start, width = header.place + 1, max(len(row) for row in sheet.rows)
        bare = ["" if cell == f"column {place}" else cell for place, cell in enumerate(header.names, 1)]
        header = replace(header, names=rows.names([*bare, *[""] * (width - len(bare))]))
        frame = delimited.table(sheet.rows[start:], width)
        filled = delimited.table(sheet.filled[start:], width) if sheet.merged else frame
        which = (sheet.place, f"Sheet {sheet.place} of {of}")
        doubts = {n - start: "struck_out" for n in sheet.struck if n >= start}
        tables += tables_below(which, frame, filled, header, start + 1, mapping, doubts)
    if not tables:
        raise _no_header(
            f"Sheet {sheets[0].place} of {of} has", min(len(sheets[0].rows), delimited.HEAD_RECORDS)
        )
    hidden = not mapping.sheets and any(_is_filled(sheet) and not sheet.visible for sheet in every)
    notes = [*(["merged"] if any(s.merged for s in sheets) else []), *(["hidden"] if hidden else [])]
    left_rows = sum(len(sheet.rows) for sheet in left)
    return _File(
        tables,
        left_rows + sum(len(sheet.rows) for sheet in sheets if sheet not in left),
        "workbook",
        tuple(notes),
        tuple(sheet.place for sheet in left),
        left_rows,
        workbooks.saved_on(data),
    )


def _chosen(sheets: list[workbooks.Sheet], mapping: Mapping, of: str) -> list[workbooks.Sheet]:
    """The sheets the mapping names; else all that are visible and hold anything."""
    if mapping.sheets:
        chosen = [s for s in sheets if s.place in mapping.sheets or s.name in mapping.sheets]
        if len(chosen) < len(set(mapping.sheets)):
            raise InputRejected(
                f"{of} has {len(sheets)} sheets; {len(set(mapping.sheets)) - len(chosen)} of those that `sheets` "
                "in its mapping names are not among them. Give their place (1, 2, ...) or their exact name."
            )
    else:
        chosen = [s for s in sheets if s.visible and str(s.place) not in mapping.left]
    filled = [s for s in chosen if _is_filled(s)]
    if not filled:
        raise InputRejected(f"{of} is empty: none of its visible sheets holds anything.")
    return filled


def _is_filled(sheet: workbooks.Sheet) -> bool:
    return any(cell.strip() for row in sheet.rows for cell in row)


def _known(header: "rows.Header | None", mapping: Mapping) -> int:
    return headers.known(header.names, mapping) if header else 0


def _is_no_table(
    sheet: workbooks.Sheet, header: "rows.Header | None", known: dict[int, int], mapping: Mapping, of: str
) -> bool:
    """Whether a sheet is a cover or a list: under half of the headers of the mapping, or none that is known where
    another sheet has some, and no days. Raises InputRejected where it has days (but with `of` blank)."""
    number = known[sheet.place]
    columns = len(set(mapping.columns.values()))
    few = number < max(min(2, columns), columns / 2) if columns else number < min(2, max(known.values()))
    if header is not None and not few:
        return False
    days = sum(any(dates.is_day(cell) for cell in row) for row in sheet.rows)
    if days < 2 or (not of and known[sheet.place] < max(known.values())):
        return True
    if header is not None and number == max(known.values()):
        return False  # there is no better sheet; what is wrong with its headers is said later
    raise InputRejected(
        f"Sheet {sheet.place} of {of} has days, and not the headers of the register. If it is no part of it, name the "
        "sheets to read as `sheets` in the mapping; else name its headers in [columns]."
    )


def _frame(frame: pd.DataFrame, mapping: Mapping, of: str, encoding: str) -> _File:
    typed = mapping.holds_amounts
    text = pd.DataFrame({n: _as_text(frame.iloc[:, n], typed) for n in range(frame.shape[1])})
    text.index = pd.RangeIndex(len(frame))
    names = rows.names([str(name) for name in frame.columns])
    tables = tables_below((1, of), text, text, rows.Header(-1, names, [names]), 2, mapping, {})
    return _File(tables, len(frame), encoding)


def _parquet(data: bytes, of: str, limit: int) -> pd.DataFrame:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_columns(file.metadata.num_columns, of)
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > limit:
            raise InputRejected(
                f"{of} is huge: {cells:,} cells, where {limit:,} is the limit. Split it by year; `path` may be a "
                "pattern that names all parts; or raise `cells` under [reading] in the configuration."
            )
        # Whole numbers with gaps stay whole numbers, and a column that pandas kept as its index is read.
        return file.read().to_pandas(integer_object_nulls=True, ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as cause:
        raise InputRejected(
            f"{of} is a damaged Parquet file ({type(cause).__name__}). Make it anew."
        ) from None


def _check_columns(number: int, of: str) -> None:
    """Each column costs as much as many rows do: a text that was given a wrong separator has a million."""
    if number > MOST_COLUMNS:
        raise InputRejected(
            f"{of} has more than {MOST_COLUMNS:,} columns, which no sheet of a spreadsheet program has. Name its "
            "`delimiter` and `header_row` in the mapping, or take away the columns that hold nothing."
        )


def _header(head: list[list[str]], mapping: Mapping) -> "rows.Header | None":
    """The header that the mapping names, or that is told among the first rows; with `header_row = 0` none."""
    if mapping.header_row == 0:
        return rows.Header(-1, rows.names([""] * max(map(len, head), default=0)), [])
    if mapping.header_row is None:
        return rows.locate(head, mapping)
    if mapping.header_row > len(head):
        return None
    place = mapping.header_row - 1
    return rows.Header(
        place, rows.names(head[place]), [row for row in head[: place + 1] if any(map(str.strip, row))]
    )


def _no_header(which: str, number: int) -> InputRejected:
    return InputRejected(
        f"{which} no header row among its first {number} rows. Name it as `header_row` in the mapping, or, in a "
        "workbook, the sheets to read as `sheets` (to `mlastats map` as --header-row or --sheet)."
    )


def _joined_dates(frame: pd.DataFrame, parts: dict[str, str]) -> pd.Series:
    """One date written in several columns, as one text."""
    year, month, day = (
        plain(frame[parts[part]]).str.strip()
        if part in parts
        else pd.Series("", index=frame.index, dtype="str")
        for part in ("year", "month", "day")
    )
    numeric = month.str.fullmatch(r"\d{1,2}")
    joined = year + ("-" + month).where(month.ne(""), "") + ("-" + day).where(day.ne(""), "")
    return joined.where(numeric | month.eq(""), day + " " + month + " " + year).str.strip().astype("str")


def _whole(files: Sequence[_File], mapping: Mapping, of: str) -> Raw:
    """The files of one register as one, with one header for each column; their sheets are numbered through."""
    tables: list[Table] = []
    left: list[int] = []
    shift = 0
    for file in files:
        tables += [replace(table, place=table.place + shift) for table in file.tables]
        left += [place + shift for place in file.left]
        shift += max(table.place for table in file.tables)
    single = {table.place for table in tables} == {1} and len(files) == 1

    def number(table: Table, row: str) -> str:
        return row if single else f"{table.place}!{row}"

    def numbered(table: Table, remarks: Iterable[Remark]) -> list[Remark]:
        return [replace(remark, row=number(table, remark.row)) for remark in remarks]

    frames, missing = with_one_header(tables, mapping, of)
    not_data = _not_data(tables) + Counter(sheet=sum(file.left_rows for file in files))
    not_data_rows: dict[str, tuple[str, ...]] = {}
    for table in tables:
        for name in table.gone.keys() - {"blank", "header"}:
            some = tuple(number(table, row) for row in table.gone[name])
            not_data_rows[name] = not_data_rows.get(name, ()) + some
    remarks = [
        r
        for table, more in zip(tables, missing, strict=True)
        for r in numbered(table, [*table.remarks, *more])
    ]
    indexed = [
        f if single else f.set_axis(f"{t.place}!" + f.index.astype("str"))
        for t, f in zip(tables, frames, strict=True)
    ]
    days = [file.extracted for file in files if file.extracted]
    names = [dict(zip(t.frame.columns, f.columns, strict=True)) for t, f in zip(tables, frames, strict=True)]
    ditto = sum(
        (
            Counter({(n[h], s, v): k for (h, s, v), k in t.ditto.items()})
            for t, n in zip(tables, names, strict=True)
        ),
        Counter(),
    )
    return Raw(
        frame=_stacked(indexed),
        read=sum(file.read for file in files),
        encoding=", ".join(sorted({file.encoding for file in files})),
        sheets=tuple(dict.fromkeys(table.place for table in tables)),
        not_data=not_data,
        not_data_rows={name: not_data_rows[name] for name in rows.NOT_DATA if not_data_rows.get(name)},
        refused=tuple(remark for table in tables for remark in numbered(table, table.refused)),
        remarks=tuple(remarks),
        notes=tuple(sorted({note for file in files for note in file.notes}))
        if len(files) > 1
        else files[0].notes,
        left=tuple(left),
        ditto=tuple((*key, number) for key, number in ditto.items()),
        inputs=tuple(file.digest for file in files if file.digest),
        extracted=max(days) if len(days) == len(files) else None,
        second=next((table.header.second for table in tables if table.header.second), ()),
    )


def _not_data(tables: Sequence[Table]) -> Counter[str]:
    """How many rows are no requests, by rule: those above a header are its title; a second table of a sheet has none."""
    counts: Counter[str] = Counter()
    for table, before in zip(tables, [None, *tables], strict=False):
        above = 1 if before is not None and before.place == table.place else table.header.place + 1
        counts.update(title=max(above - 1, 0), header=min(above, 1))
        counts.update({name: len(numbers) for name, numbers in table.gone.items()})
    return counts


def _stacked(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    parts = list(frames)
    # Dictionaries of several parts do not fit each other.
    whole = parts[0] if len(parts) == 1 else pd.concat([part.astype("str") for part in parts]).fillna("")
    return whole.rename_axis("source_row")


def _as_text(column: pd.Series, typed: bool) -> pd.Series:
    """A column of any type as text; missing is blank, a date is ISO, 12.0 is 12; `typed` as in `workbooks.text`."""
    if pd.api.types.is_datetime64_any_dtype(column):
        whole = column.dropna().dt.normalize().eq(column.dropna()).all()
        return column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S%z").fillna("").astype("str")
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("").astype("str")
    given = column.astype(object)
    text = given.map(partial(workbooks.text, typed=typed), na_action="ignore")
    return text.where(given.notna(), "").astype("str")
