"""Workbooks (XLSX, XLS, ODS) to rows of text, as the spreadsheet shows them."""

import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from mlastats.errors import InputRejected

# A workbook of more than this, unpacked, is no register kept by hand; CSV has no such limit.
UNPACKED_LIMIT = 2 << 30


@dataclass(frozen=True)
class Sheet:
    """A sheet by its place in the workbook, its rows, and how many cells a merge filled."""

    place: int
    name: str
    rows: list[list[str]]
    visible: bool = True
    merged: int = 0


def read(data: bytes, of: str) -> list[Sheet]:
    """The sheets of the workbook `data`, each with all its rows from row 1 on."""
    import python_calamine as calamine

    _check_size(data, of)
    try:
        book = calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        kinds = calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible
        return [
            _sheet(book.get_sheet_by_index(n), n + 1, meta.visible == kinds[1])
            for n, meta in enumerate(book.sheets_metadata)
            if meta.typ == kinds[0]
        ]
    except calamine.PasswordError:
        raise InputRejected(
            f"{of} is protected by a password. Save a copy without one where only you can read it."
        ) from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as cause:  # a damaged file can make the reader panic, which is no Exception
        raise InputRejected(
            f"{of} is damaged, or is no workbook ({type(cause).__name__}). Open it in a spreadsheet program and "
            "save it anew as XLSX or CSV."
        ) from None


def saved_on(data: bytes) -> dt.date | None:
    """The day on which the workbook was last saved, if it says so."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            part = "docProps/core.xml" if "docProps/core.xml" in pack.namelist() else "meta.xml"
            text = pack.read(part)[:65536].decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        return None
    found = re.search(r"<(?:dcterms:modified|dc:date)[^>]*>\s*(\d{4}-\d{2}-\d{2})", text)
    try:
        return dt.date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


def text(cell: Any) -> str:
    """A typed cell as text: 12.0 is 12, a date is ISO, text stands as written."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        whole = cell.time() == dt.time()
        return cell.date().isoformat() if whole else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _check_size(data: bytes, of: str) -> None:
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            size = sum(part.file_size for part in pack.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return
    if size > UNPACKED_LIMIT:
        raise InputRejected(
            f"{of} is huge: {size >> 20:,} MB unpacked, where {UNPACKED_LIMIT >> 20:,} MB is the limit for a "
            "workbook. Save its sheets as CSV, or split it by year."
        )


def _sheet(sheet: Any, place: int, visible: bool) -> Sheet:
    rows = [[text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return Sheet(place, sheet.name, rows, visible, _fill(rows, sheet.merged_cell_ranges or []))


def _fill(rows: list[list[str]], ranges: list[Any]) -> int:
    """Give each row of a cell merged over several rows its value; the number of cells filled."""
    filled = 0
    for (top, left), (bottom, _right) in ranges:
        if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
            continue
        for row in rows[top + 1 : bottom + 1]:
            if not row[left]:
                row[left] = rows[top][left]
                filled += 1
    return filled
