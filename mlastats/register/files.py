"""Register files as they are found, to text with row numbers; nothing in them is changed.

Delimited text, workbooks (XLSX, XLS, ODS) and Parquet. A file that cannot be read is one clear
InputRejected, which names the register by its configured name.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from mlastats.errors import InputRejected
from mlastats.register import delimited, encodings, headers, rows, sources, workbooks
from mlastats.register.mapping import Mapping
from mlastats.register.mapping import load as load_mapping

CELL_LIMIT = 1 << 30


@dataclass(frozen=True)
class Raw:
    """A register as text: `frame` has the headers as written and is indexed by row, "14" or "2!14".

    `read` counts every row of the file; `not_data` those that are no requests, by reason; `refused`
    holds rows that cannot be read (row, rule), `remarks` rows that are read with a doubt.
    """

    frame: pd.DataFrame
    read: int
    encoding: str = ""
    sheets: tuple[int, ...] = ()
    not_data: Counter[str] = field(default_factory=Counter)
    refused: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    extracted: dt.date | None = None
    mapping: Mapping | None = None


@dataclass(frozen=True)
class _Part:
    """One sheet of one file."""

    place: int
    frame: pd.DataFrame
    read: int
    not_data: Counter[str]
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_register(
    path: "str | Path",
    mapping: "str | Path | Mapping | None" = None,
    *,
    register: str = "",
    encoding: str | None = None,
) -> Raw:
    """The register in the file `path`, or in all files that the pattern `path` names, as text.

    `mapping` is a mapping or its file; `encoding` is tried after UTF-8. Raises InputRejected, naming
    the register, where a file is missing, empty, damaged, encrypted, huge, may not be read, or has
    no header.
    """
    of = f"Register {register}" if register else "The register"
    approved = mapping if isinstance(mapping, Mapping) or mapping is None else load_mapping(mapping, register)
    files = sources.paths(Path(path), of)
    read = [_read(file, approved or Mapping(), encoding, of) for file in files]
    return _join(read, approved)


def from_frame(frame: pd.DataFrame) -> Raw:
    """A register that is already a table: its rows are numbered as if its header stood in row 1."""
    text = pd.DataFrame({n: _as_text(frame.iloc[:, n]) for n in range(frame.shape[1])})
    text.columns = pd.Index(rows.names([str(name) for name in frame.columns]))
    text.index = pd.Index([str(n) for n in range(2, len(frame) + 2)], name="source_row", dtype="str")
    blank = text.eq("").all(axis=1) if text.shape[1] else pd.Series(True, index=text.index)
    return Raw(text[~blank], read=len(frame), encoding="table", not_data=+Counter(blank=int(blank.sum())))


def _read(path: Path, mapping: Mapping, encoding: str | None, of: str) -> Raw:
    data = sources.content(path, of)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(hashlib.sha256, data)
        raw = _by_content(data, mapping, encoding, of)
        return replace(raw, inputs=(digest.result().hexdigest(),))


def _by_content(data: bytes, mapping: Mapping, encoding: str | None, of: str) -> Raw:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(data, mapping, of)
    if data.startswith(b"PAR1"):
        return _parquet(data, of)
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"%pdf", b"{\\rtf", b"\x89png", b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise InputRejected(
            f"{of} is a page or a document, not a table, whatever its name says. Open it in a spreadsheet program and "
            "save it as XLSX or CSV."
        )
    return _text(data, mapping, encoding, of)


def _text(data: bytes, mapping: Mapping, encoding: str | None, of: str) -> Raw:
    text, found, guessed = encodings.decode(data, mapping.encoding or encoding, of)
    sample = text[:65536]
    if sum(sample.count(bytes([sign])) for sign in range(9)) > len(sample) // 1000:
        raise InputRejected(f"{of} is damaged or is not text. Save it anew as CSV (UTF-8) or XLSX.")
    delimiter = mapping.delimiter or headers.delimiter(text, mapping)
    text = delimited.unmarked(text)
    head = delimited.head(text, delimiter)
    place = _header(head, mapping, f"{of} has")
    header = _trim(head[place])
    grid = delimited.read(text, delimiter, place + 1, len(header))
    table = rows.settle(grid.table, header, place + 2)
    numbers = table.frame.index
    refused = tuple(str(place + 2 + n) for n in grid.too_long)
    short = tuple(str(place + 2 + n) for n in grid.ragged)
    part = _Part(
        1,
        table.frame[~numbers.isin(refused)] if refused else table.frame,
        place + 1 + grid.table.num_rows,
        table.not_data,
        tuple(numbers[numbers.isin(refused)]),
        short,
    )
    notes = [*grid.notes, *(["encoding"] if guessed else [])]
    return _whole([part], found, tuple(notes), single=True)


def _workbook(data: bytes, mapping: Mapping, of: str) -> Raw:
    found = workbooks.read(data, of)
    sheets = _chosen(found, mapping, of)
    hidden = (
        [] if mapping.sheets or all(sheet.visible for sheet in found if _is_filled(sheet)) else ["hidden"]
    )
    parts = []
    for sheet in sheets:
        place = _header(sheet.rows[: delimited.HEAD_RECORDS], mapping, f"Sheet {sheet.place} of {of} has")
        width = max(len(row) for row in sheet.rows)
        table = rows.settle(
            delimited.table(sheet.rows[place + 1 :], width),
            sheet.rows[place] + [""] * (width - len(sheet.rows[place])),
            place + 2,
        )
        parts.append(_Part(sheet.place, table.frame, len(sheet.rows), table.not_data))
    notes = [*(["merged"] if any(sheet.merged for sheet in sheets) else []), *hidden]
    single = len(parts) == 1 and parts[0].place == 1
    return replace(_whole(parts, "workbook", tuple(notes), single=single), extracted=workbooks.saved_on(data))


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
        chosen = [s for s in sheets if s.visible]
    filled = [s for s in chosen if _is_filled(s)]
    if not filled:
        raise InputRejected(f"{of} is empty: none of its visible sheets holds anything.")
    return filled


def _is_filled(sheet: workbooks.Sheet) -> bool:
    return any(cell.strip() for row in sheet.rows for cell in row)


def _parquet(data: bytes, of: str) -> Raw:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > CELL_LIMIT:
            raise InputRejected(
                f"{of} is huge: {cells:,} cells, where {CELL_LIMIT:,} is the limit. Split it by year; `path` may be a "
                "pattern that names all parts."
            )
        # Whole numbers with gaps stay whole numbers, and a column that pandas kept as its index is read.
        frame = file.read().to_pandas(integer_object_nulls=True, ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as cause:
        raise InputRejected(
            f"{of} is a damaged Parquet file ({type(cause).__name__}). Make it anew."
        ) from None
    return replace(from_frame(frame), encoding="parquet")


def _header(head: list[list[str]], mapping: Mapping, of: str) -> int:
    if mapping.header_row is not None and mapping.header_row <= len(head):
        return mapping.header_row - 1
    place = None if mapping.header_row else rows.locate(head, lambda row: headers.known(row, mapping))
    if place is None:
        raise InputRejected(
            f"{of} no header row among its first {len(head)} rows. Name it as `header_row` in the mapping, or, in a "
            "workbook, the sheets to read as `sheets`."
        )
    return place


def _trim(header: list[str]) -> list[str]:
    while len(header) > 1 and not header[-1].strip():
        header = header[:-1]
    return header


def _whole(parts: list[_Part], encoding: str, notes: tuple[str, ...], single: bool) -> Raw:
    def numbered(part: _Part, row: str) -> str:
        return row if single else f"{part.place}!{row}"

    frames = [
        p.frame if single else p.frame.set_axis(f"{p.place}!" + p.frame.index.astype("str")) for p in parts
    ]
    return Raw(
        frame=_stacked(frames),
        read=sum(part.read for part in parts),
        encoding=encoding,
        sheets=tuple(part.place for part in parts),
        not_data=sum((part.not_data for part in parts), Counter()),
        refused=tuple((numbered(p, row), "row_too_long") for p in parts for row in p.refused),
        remarks=tuple((numbered(p, row), "row_too_short") for p in parts for row in p.remarks),
        notes=notes,
    )


def _join(raws: list[Raw], mapping: Mapping | None) -> Raw:
    """The files of one register as one; their sheets are numbered through."""
    if len(raws) == 1:
        return replace(raws[0], mapping=mapping)
    shift, shifted = 0, []
    for raw in raws:
        shifted.append(_shifted(raw, shift))
        shift += max(raw.sheets, default=1)
    days = [raw.extracted for raw in raws if raw.extracted]
    return Raw(
        frame=_stacked([raw.frame for raw in shifted]),
        read=sum(raw.read for raw in raws),
        encoding=", ".join(sorted({raw.encoding for raw in raws})),
        sheets=tuple(place for raw in shifted for place in raw.sheets),
        not_data=sum((raw.not_data for raw in raws), Counter()),
        refused=tuple(pair for raw in shifted for pair in raw.refused),
        remarks=tuple(pair for raw in shifted for pair in raw.remarks),
        notes=tuple(sorted({note for raw in raws for note in raw.notes})),
        inputs=tuple(digest for raw in raws for digest in raw.inputs),
        extracted=max(days) if len(days) == len(raws) else None,
        mapping=mapping,
    )


def _shifted(raw: Raw, shift: int) -> Raw:
    def renumber(row: str) -> str:
        place, _, number = row.rpartition("!")
        return f"{int(place or 1) + shift}!{number}"

    return replace(
        raw,
        frame=raw.frame.set_axis([renumber(row) for row in raw.frame.index]),
        sheets=tuple(place + shift for place in raw.sheets or (1,)),
        refused=tuple((renumber(row), rule) for row, rule in raw.refused),
        remarks=tuple((renumber(row), rule) for row, rule in raw.remarks),
    )


def _stacked(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    found = list(frames)
    # Dictionaries of several parts do not fit each other.
    whole = found[0] if len(found) == 1 else pd.concat([part.astype("str") for part in found]).fillna("")
    return whole.rename_axis("source_row")


def _as_text(column: pd.Series) -> pd.Series:
    """A column of any type as text; missing is blank, a date is ISO, 12.0 is 12."""
    if pd.api.types.is_datetime64_any_dtype(column):
        whole = column.dropna().dt.normalize().eq(column.dropna()).all()
        return column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S%z").fillna("").astype("str")
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("").astype("str")
    given = column.astype(object)
    text = given.map(workbooks.text, na_action="ignore")
    return text.where(given.notna(), "").astype("str")
