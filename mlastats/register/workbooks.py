"""Workbooks (XLSX, XLS, ODS) to rows of text, as the spreadsheet shows them."""

import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from mlastats.errors import InputRejected
from mlastats.register import packages, xls
from mlastats.register.amounts import TYPED


@dataclass(frozen=True)
class Sheet:
    """A sheet by its place in the workbook, its rows as they stand, and with each row of a cell merged over
    several rows given its value (`filled`; the same where nothing is merged). `struck`: places of rows struck out."""

    place: int
    name: str
    rows: list[list[str]]
    visible: bool
    filled: list[list[str]]
    struck: frozenset[int] = frozenset()

    @property
    def merged(self) -> bool:
        """Whether a merge filled any cell."""
        return self.filled is not self.rows


def read(data: bytes, of: str, limit: int, typed: bool = False) -> list[Sheet]:
    """The sheets of the workbook `data`, each with all its rows from row 1 on; `limit` is the most cells of one; `typed`
    as in `text`."""
    import python_calamine as calamine

    packages.check(data, of, limit)
    try:
        book = calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        merged, struck = packages.merged(data), packages.struck(data)
        lost = xls.errors(data) if data.startswith(packages.OLE) else packages.lost_cells(data)
        kinds = calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible
        return [
            _sheet(
                book.get_sheet_by_index(n),
                n + 1,
                meta.visible == kinds[1],
                merged.get(n, []),
                lost.get(n, {}),
                struck.get(n, frozenset()),
                typed,
            )
            for n, meta in enumerate(book.sheets_metadata)
            if meta.typ == kinds[0]
        ]
    except calamine.PasswordError:
        raise packages.protected(of) from None
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
    except packages.BROKEN:
        return None
    found = re.search(r"<(?:dcterms:modified|dc:date)[^>]*>\s*(\d{4}-\d{2}-\d{2})", text)
    try:
        return dt.date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


def text(cell: Any, typed: bool = False) -> str:
    """A typed cell as text: 12.0 is 12, a date is ISO, text stands as written; a number has the 15
    digits that a spreadsheet keeps, whatever its format shows of them. Where `typed` numbers are to be told from texts,
    blank space stands behind a fraction that no text of a workbook can hold (`amounts.TYPED`)."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) <= 2**53 else f"{cell:.15g}{TYPED * typed}"
    if isinstance(cell, dt.datetime):
        whole = cell.time() == dt.time()
        return cell.date().isoformat() if whole else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _sheet(
    sheet: Any,
    place: int,
    visible: bool,
    merged: list[packages.Range],
    lost: dict[tuple[int, int], str],
    struck: frozenset[int],
    typed: bool,
) -> Sheet:
    rows = [[text(cell, typed) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), said in lost.items():
        if top < len(rows) and left < len(rows[top]) and not rows[top][left]:
            rows[top][left] = said
    filled = rows
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or merged:
        if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
            continue
        for place_below in range(top + 1, min(bottom + 1, len(rows))):
            if not rows[place_below][left]:
                filled = [list(row) for row in rows] if filled is rows else filled
                filled[place_below][left] = rows[top][left]
    return Sheet(place, sheet.name, rows, visible, filled, struck)
