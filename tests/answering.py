"""A clerk with a review workbook: chooses from the drop-downs as they are labelled, or writes what a label asks for."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

SHEETS = {"reading": 0, "words": 1, "rows": 2, "done": 3}
Row = dict[str, Any]
Decide = Callable[[str, Row], "str | tuple[str, str] | None"]


def rows(path: Path) -> dict[str, list[Row]]:
    """What the workbook shows, by the names of its sheets and columns; `choices`, what the drop-down of a row offers."""
    book = openpyxl.load_workbook(path)
    found: dict[str, list[Row]] = {}
    for sheet in book.worksheets[:-1]:
        name = sheet.cell(2, 1).value.partition(".")[0]
        fields = [cell.value.partition(".")[2] for cell in sheet[2]]
        found[name] = []
        for number in range(4, sheet.max_row + 1):
            texts = dict(zip(fields, (cell.value for cell in sheet[number]), strict=True))
            if texts["key"]:
                found[name].append({**texts, "place": number, "choices": offered(book, texts["list"])})
    return found


def offered(book: Any, name: str) -> list[str]:
    """The labels behind the defined name that the drop-down of a row leads to."""
    (sheet, place) = next(book.defined_names[f"choices_{name}"].destinations)
    cells = book[sheet][place]
    return [cell[0].value for cell in cells] if isinstance(cells, tuple) else [cells.value]


def answer(path: Path, decide: Decide, by: str = "K. Vongsa", on: str = "2026-10-05") -> int:
    """Answer what `decide` has an answer to; a pair is a choice with what is written beside it."""
    book = openpyxl.load_workbook(path)
    given = 0
    for name, some in rows(path).items():
        sheet = book.worksheets[SHEETS[name]]
        columns = {cell.value.partition(".")[2]: cell.column for cell in sheet[2]}
        for row in some:
            said = decide(name, row)
            if said is None:
                continue
            chosen, *now = (said,) if isinstance(said, str) else said
            assert chosen in row["choices"] or row["typed"], f"{chosen} is not offered: {row['choices'][:12]}"
            texts = {"again": chosen} if name == "done" else {"decision": chosen, "decided_by": by}
            if name != "done":
                texts["decided_on"] = dt.date.fromisoformat(on)
            if now:
                texts["now"] = now[0]
            for field, text in texts.items():
                cell = sheet.cell(row["place"], columns[field])
                assert not cell.protection.locked, f"{field} is locked"
                cell.value = text
            given += 1
    book.save(path)
    return given
