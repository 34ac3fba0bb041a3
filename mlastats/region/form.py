"""The tables of a return as sheets of a workbook, and a form filled by hand read into the same tables.

A sheet has a column for each code and one for each measure. In the place of a number stands `-` or 0 for nil, `n/a` for not
collected, `c` for withheld, `?` for not known, and a blank for not submitted. A code may be written as its label.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.messages import _
from mlastats.region import archive
from mlastats.region.cube import (
    CUBES,
    FREE,
    GIVEN,
    KIND_M,
    NOT_COLLECTED,
    NOT_KNOWN,
    NOT_SUBMITTED,
    RESTRICTED,
    TOTAL,
    VOCABULARY,
    WITHHELD,
    Cube,
    Header,
    Return,
    codes_of,
    status,
)
from mlastats.register import workbooks

SUFFIX = ".xlsx"
# The sheet that says whose return it is: what each row of it is called, and what it holds.
FRONT, FIELDS = "RETURN", ("state", "period", "version", "mode", "as_of", "reason", "contact")
MARKS = {"-": "0", "n/a": NOT_COLLECTED, "c": WITHHELD, "?": NOT_KNOWN, "": NOT_SUBMITTED}
SHOWN = {"not_collected": "n/a", "not_submitted": "", "not_known": "?", "withheld": "c"}
SIZE, CELLS = 50 << 20, 5_000_000


def sheet(cube: Cube, table: pd.DataFrame) -> pd.DataFrame:
    """A cube as its sheet has it: its codes, then a column a measure with numbers and marks."""
    said = status(table)
    values = table["OBS_VALUE"].astype(object).mask(said.isin(SHOWN), said.map(SHOWN))
    wide = table.assign(OBS_VALUE=values).pivot(index=list(cube.own), columns="MEASURE", values="OBS_VALUE")
    return wide.reindex(columns=list(cube.measures)).astype(object).fillna("").reset_index()


def blank(state: str) -> dict[str, pd.DataFrame]:
    """The sheets of an empty form, with the rows that are asked for: stock and flow by direction and kind, what went to
    and came from each member of ASEAN, and the definitions."""
    kinds = [code for code, row in vocab.codes("kind").items() if row["strand"] != "none"]
    ways = ("outgoing", "incoming")
    asked = {
        "FLOW": [(TOTAL, way, kind) for way in ways for kind in kinds],
        "MIRROR": [
            (member, way, kind, "sent" if way == "outgoing" else "received")
            for member in vocab.members("asean")
            if member != state
            for way in ways
            for kind in sorted(set(KIND_M.values()))
        ],
        "CONCEPT": [(code,) for code in vocab.codes("concept")],
    }
    return {
        name: pd.DataFrame(asked.get(name, []), columns=list(cube.own)).assign(
            **dict.fromkeys(cube.measures, "")
        )
        for name, cube in CUBES.items()
    }


def opened(path: Path) -> tuple[Return | None, list[str]]:
    """The return in a workbook as far as it can be read, and all that keeps it from being read."""
    try:
        if path.stat().st_size > SIZE:
            return None, [_("it is larger than any return")]
        data = path.read_bytes()
        sheets = {one.name: one.rows for one in workbooks.read(data, path.name, CELLS)}
    except OSError as cause:
        return None, [_("it cannot be read ({cause})", cause=type(cause).__name__)]
    except InputRejected:
        return None, [_("it is damaged, or no workbook")]
    header = _header(sheets.get(FRONT, []))
    if header is None:
        return None, [_("the sheet {sheet} does not say whose return it is", sheet=FRONT)]
    tables, wrong = {}, []
    for name, cube in CUBES.items():
        table, faults = _table(cube, sheets.get(name, []), header)
        wrong += faults
        if table is not None:
            tables[name] = table
    whole = len(tables) == len(CUBES)
    return (Return(header, tables, hashlib.sha256(data).hexdigest()) if whole else None), wrong


def _header(rows: list[list[str]]) -> Header | None:
    said = {row[0].strip(): row[1].strip() for row in rows if len(row) > 1}
    try:
        given: dict[str, Any] = {name: said.get(name, "") for name in FIELDS}
        given |= {"version": int(given["version"] or "1"), "mode": given["mode"] or "trusted"}
        given["as_of"] = given["as_of"] or dt.date(int(given["period"]), 12, 31).isoformat()
        return archive.header_of({**archive.BLANK, **given})
    except ValueError:
        return None


def _table(cube: Cube, rows: list[list[str]], header: Header) -> tuple[pd.DataFrame | None, list[str]]:
    """A cube from the rows of its sheet: its header is the row that names all its columns; what stands above is not read."""
    wanted = [*cube.own, *cube.measures]
    at = next((n for n, row in enumerate(rows) if set(wanted) <= {cell.strip() for cell in row}), None)
    if at is None:
        if any(cell.strip() for row in rows for cell in row):
            return None, [
                _("{cube}: the sheet lacks a column: {names}", cube=cube.name, names=", ".join(wanted))
            ]
        return cube.said(header.state, header.period, OBS_STATUS=NOT_SUBMITTED), []
    place = {cell.strip(): n for n, cell in reversed(list(enumerate(rows[at])))}
    known = {name: _spellings(name) for name in cube.own}
    long, faults = [], []
    for number, row in enumerate(rows[at + 1 :], at + 2):
        cells = {name: row[place[name]].strip() if place[name] < len(row) else "" for name in wanted}
        if not any(cells.values()):
            continue
        codes = {name: known[name].get(vocab.normalise(cells[name]), cells[name]) for name in cube.own}
        unknown = [name for name in cube.own if not codes[name]]
        if unknown:
            faults.append(
                _("{cube}, row {row}: {names} is blank", cube=cube.name, row=number, names=unknown[0])
            )
        for measure in cube.measures:
            long.append({**codes, "MEASURE": measure, **_cell(cells[measure])})
    if faults or not long:
        return (
            (None, faults)
            if faults
            else (cube.said(header.state, header.period, OBS_STATUS=NOT_SUBMITTED), [])
        )
    table = pd.DataFrame(long).astype("str")
    table = table.assign(REF_AREA=header.state, TIME_PERIOD=header.period)
    if header.mode == "banded":
        table["CONF_STATUS"] = table["CONF_STATUS"].replace(RESTRICTED, FREE)
    return archive.typed(cube, table, header.mode)


def _cell(text: str) -> Mapping[str, str]:
    """What a cell says: a number, or why there is none."""
    mark = MARKS.get(text.casefold(), text)
    if mark == WITHHELD:
        return {"OBS_VALUE": "", "OBS_STATUS": GIVEN, "CONF_STATUS": WITHHELD}
    if mark in (NOT_COLLECTED, NOT_KNOWN, NOT_SUBMITTED):
        return {"OBS_VALUE": "", "OBS_STATUS": mark, "CONF_STATUS": RESTRICTED}
    return {"OBS_VALUE": mark, "OBS_STATUS": GIVEN, "CONF_STATUS": RESTRICTED}


def _spellings(dimension: str) -> dict[str, str]:
    """The code of each spelling: a code, its label, and the other names that the vocabulary knows."""
    own = {
        vocab.normalise(text): code
        for code, label in (codes_of(dimension) or {}).items()
        for text in (label, code)
    }
    return (vocab.aliases(VOCABULARY[dimension]) if dimension in VOCABULARY else {}) | own
