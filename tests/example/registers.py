"""The requests as four agencies wrote them down: headers, languages, dates, spellings, faults, copies."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.example import beside
from tests.example.requests import EXECUTED, SEED, Dice, Request, shapes

BUDDHIST = 543
LAO_DIGITS = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")
Cells = list[Any]


@dataclass
class Kept:
    """A register as it was kept: its sheets of cells, and for each request the sheet and row."""

    name: str
    sheets: list[tuple[str, list[Cells]]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    not_data: int = 0


def keep(requests: Iterable[Request], seed: int = SEED) -> dict[str, Kept]:
    """The requests as the four agencies wrote them down, with their habits, copies and faults."""
    # What was drawn apart is written with dice of its own, so that it moves nothing else.
    dice = Dice(seed + 1), Dice(seed + 3), Dice(seed + 10)
    rows: dict[str, list[Request]] = {name: [] for name in shapes()["registers"]}
    for request in requests:
        rows[request["agency"]].append(dict(request))
        if request["_also"]:
            rows[request["_also"]].append(_copy(request, dice[0]))
    return {name: _kept(name, sorted(rows[name], key=lambda r: r["_start"]), dice) for name in rows}


def _copy(request: Request, dice: Dice) -> Request:
    """The same request as the other agency wrote it, as far as that register goes, not all filled in."""
    last = shapes()["registers"][request["_also"]]["end"]
    copy = {k: v for k, v in request.items() if k[0] == "_" or k == "deadline" or not _after(v, last)}
    if _after(request["_ended"], last):
        copy |= {"outcome": "", "refusal_ground": ""}
    if dice.share() < 0.3:
        copy["offence"] = ""
    if dice.share() < 0.08:
        series, year, number = request["request_id"].split("/")
        copy["_written_id"] = f"{series}-{year}-{int(number)}"
    return copy


def _after(value: Any, last: dt.date) -> bool:
    return isinstance(value, dt.date) and value > last


def _kept(name: str, rows: list[Request], dice: tuple[Dice, ...]) -> Kept:
    shape = shapes()["registers"][name]
    rows = [row for row in rows if row["_start"] <= shape["end"]]
    faults = _faults(name, rows, dice[0])
    _reuse(rows, faults)
    sheets = shape.get("sheets", [""])
    register = Kept(name, [(sheet, []) for sheet in sheets])
    for ordinal, (_, cells) in enumerate(register.sheets, start=1):
        _open_sheet(register, cells, shape)
        for n, row in enumerate(r for r in rows if _sheet_of(r, sheets) == ordinal):
            _interrupt(register, cells, n, shape)
            apart = row.get("_apart", 0)
            own = dice[apart], dice[max(apart, 1)]
            _put(register, ordinal, row, faults.get(id(row), ""), own)
        if "total" in shape:
            cells.append([shape["total"], str(sum(r["sheet"] == ordinal for r in register.rows))])
            register.not_data += 1
    return register


def _reuse(rows: list[Request], faults: Mapping[int, str]) -> None:
    """Give a row whose fault it is the reference of the nearest row before it with another partner."""
    for n, row in enumerate(rows):
        if faults.get(id(row)) == "reference_reused":
            earlier = [r for r in rows[:n] if r["partner"] != row["partner"] and not r["_also"]]
            row["_written_id"] = earlier[-1]["request_id"]


def _sheet_of(row: Request, sheets: list[str]) -> int:
    years = [int(sheet[:4]) if sheet[:4].isdigit() else 0 for sheet in sheets]
    return max(n for n, first in enumerate(years, start=1) if n == 1 or row["_start"].year >= first)


def _open_sheet(register: Kept, cells: list[Cells], shape: Mapping[str, Any]) -> None:
    cells.extend([title] if title else [] for title in shape["titles"])
    cells.append(list(shape["columns"]))
    register.not_data += len(cells)


def _interrupt(register: Kept, cells: list[Cells], n: int, shape: Mapping[str, Any]) -> None:
    """Blank rows, and the header once more, where the agency's sheets have them."""
    extra: list[Cells] = []
    if n and n == shape.get("repeat_header_after"):
        extra.append(list(shape["columns"]))
    if n and n % 150 == 0:
        extra.append([])
    cells.extend(extra)
    register.not_data += len(extra)


def _put(register: Kept, ordinal: int, row: Request, fault: str, dice: tuple[Dice, Dice]) -> None:
    cells = register.sheets[ordinal - 1][1]
    shape = shapes()["registers"][register.name]
    spoilt = _spoil(row, fault, shape["language"])
    columns = shape["columns"].values()
    written = [_cell(spoilt, column, shape, dice[column in beside.COLUMNS]) for column in columns]
    for _ in range(2 if fault == "row_twice" else 1):
        cells.append(written)
        place = {"sheet": ordinal, "row": len(cells), "request_id": row["request_id"], "fault": fault}
        register.rows.append(place | {"written_id": row.get("_written_id", "")})
    if fault == "row_twice":
        register.rows[-2]["fault"] = ""


_FITS = {
    "partner_misspelt": lambda r: r["partner"] in ("THA", "KHM", "VNM"),
    "partner_ambiguous": lambda r: r["partner"] == "KOR",
    "channel_misspelt": lambda r: r["channel"] in ("diplomatic", "interpol", "central_authority"),
    "row_twice": lambda r: True,
    "reference_reused": lambda r: r["_start"].year > 2015,
    "month_only": lambda r: r["outcome"] in EXECUTED and (r["answered"] - r["_start"]).days > 40,
}


def _faults(name: str, rows: list[Request], dice: Dice) -> dict[int, str]:
    """Which rows carry which fault, by identity of the row; never a row that stands in two registers
    or was drawn apart."""
    free = [row for row in rows if not row["_also"] and not row.get("_apart")]
    chosen: dict[int, str] = {}
    for fault, wanted in shapes()["faults"][name].items():
        fits = _FITS.get(fault, lambda r: r["outcome"] in EXECUTED and r["answered"] > r["_start"])
        candidates = [row for row in free if id(row) not in chosen and fits(row)]
        for _ in range(min(wanted, len(candidates))):
            chosen[id(candidates.pop(dice.whole(0, len(candidates) - 1)))] = fault
    return chosen


def _spoil(row: Request, fault: str, language: str) -> Request:
    start = "received" if row["direction"] == "incoming" else "sent"
    if fault in shapes()["wrong"]:
        return row | {fault.partition("_")[0]: shapes()["wrong"][fault][language]}
    changes: dict[str, Request] = {
        "dates_reversed": {start: row.get("answered"), "answered": row.get(start)},
        "date_impossible": {"answered": f"31/02/{(row.get('answered') or row['_start']).year}"},
        "outcome_missing": {"outcome": ""},
        "outcome_without_date": {"answered": None},
        "month_only": {"answered": (row.get("answered"), "month")},
    }
    between = {"closed": None, "executed": None, "acknowledged": None, "forwarded": None}
    return row | changes.get(fault, {}) | (between if fault in changes and fault != "outcome_missing" else {})


def _cell(row: Request, column: str, shape: Mapping[str, Any], dice: Dice) -> Any:
    value = row.get("_written_id") or row["request_id"] if column == "request_id" else row.get(column)
    if isinstance(value, dt.date):
        return _date(value, row, shape, dice)
    if isinstance(value, tuple):
        return _month(value[0], shape)
    if value in (None, ""):
        return ""
    if isinstance(value, int):
        return value
    words = shapes()["words"].get(column, {})
    spellings = [words[code][shape["language"]] if code in words else [code] for code in value.split(";")]
    return "; ".join(dice.one(spelling) for spelling in spellings)


def _date(day: dt.date, row: Request, shape: Mapping[str, Any], dice: Dice) -> Any:
    habit = dice.one(shape["dates"])
    # Letters from Thailand count Buddhist years, and who copies them copies the year too.
    thai = row["partner"] == "THA" and shape["language"] == "lo" and dice.share() < 0.4
    year = day.year + BUDDHIST if thai else day.year
    if habit == "excel" and not thai:
        return day
    if habit == "iso":
        return day.isoformat()
    if habit == "long":
        first = "er" if day.day == 1 and shape["language"] == "fr" else ""
        return f"{day.day}{first} {shapes()['months'][shape['language']][day.month - 1]} {year}"
    written = f"{day.day:02}/{day.month:02}/{year}"
    return written.translate(LAO_DIGITS) if habit == "lao" else written


def _month(day: dt.date, shape: Mapping[str, Any]) -> str:
    return f"{shapes()['months'][shape['language']][day.month - 1]} {day.year}"


def text(register: Kept, shape: Mapping[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=shape["delimiter"], lineterminator="\r\n")
    width = len(shape["columns"])
    writer.writerows([*row, *[""] * (width - len(row))] if row else [] for row in register.sheets[0][1])
    return out.getvalue().encode(shape["encoding"])


def workbook(register: Kept, shape: Mapping[str, Any]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # A workbook notes when it was made; a fixed day keeps the bytes the same.
    book.set_properties({"title": "Synthetic example", "created": dt.datetime(2026, 9, 30)})
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in register.sheets:
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(shape["columns"]) - 1, 18)
        for n, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(n, column, dt.datetime.combine(value, dt.time()), days)
                elif value != "":
                    sheet.write(n, column, value)
    book.close()
    return out.getvalue()
