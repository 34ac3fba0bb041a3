"""The engine: what each cell of a form counts, and what keeps it from being counted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.forms.cases import MOMENTS, Asked, Cases, cases_of, unknown_codes
from mlastats.forms.form import Form, Row, Where
from mlastats.measure.contract import measure
from mlastats.measure.durations import last_day
from mlastats.measure.matters import matters
from mlastats.measure.observation import registers
from mlastats.measure.periods import calendar
from mlastats.measure.reconcile import reconcile
from mlastats.parts import whole

NUMBER, NIL, PARTLY = "number", "nil", "partly"
NOT_COLLECTABLE, NOT_OBSERVED = "not_collectable", "not_observed"
TOTAL = "total"
COLUMNS = [
    *(
        "row",
        "level",
        "column",
        "start",
        "end",
        "value",
        "status",
        "lacks",
        "registers",
        "concerned",
        "recorded",
    ),
    *("late", "members"),
]


@measure
def fill(
    form: Form,
    requests: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    as_of: dt.date | str,
    reporting_year: str = "calendar",
) -> pd.DataFrame:
    """The cells of a form, a row each: `row` (its place in the form), `level` (codes of its `by`, "" for the whole row),
    `column` (a year's code, "total", or the place of a column), `start end` (its days), `value` and `status`:

    - number: the count, or the mean of days; every column that decides it is recorded for every request concerned
    - nil: none, for certain; the value is 0
    - partly: the count of those of which it is known, so at least so many; `lacks` names the column that leaves most
      open, `recorded` of `concerned` requests have it, and `registers` are those that do not keep it at all
    - not_collectable: nothing can be counted, because `lacks` is recorded for none of the `concerned` requests (or is no
      column, or no table, that there is); the value is missing
    - not_observed: no register was kept on any day of the column; the value is missing

    `late` names the registers that were not kept for the whole of an earlier column: a 0 of such a column is no nil.
    `members` are the index labels of what is counted. A request without a day stands in no year. Enquiries are left out.
    `tables` are rows of other kinds, by name: "entries", "assets", "persons".
    """
    until, kept = last_day(as_of), registers(requests, as_of=as_of)
    counted = matters(requests, as_of=until) if form.count == "matters" else requests
    tables = {"requests": counted, **(tables or {})}
    cases = {
        name: cases_of(name, tables[name], until) for name in {row.table for row in form.rows} & {*tables}
    }
    spans = list(_spans(form, until, reporting_year))
    seen = {column: _seen(kept, start, end, until) for column, _where, start, end in spans}
    found: list[dict[str, Any]] = []
    for place, row in enumerate(form.rows):
        asked = [*form.where.items(), *row.where.items()]
        of = cases.get(row.table)
        for level in ["", *(of.levels(row.by, asked) if of else [])]:
            cells = []
            for column, where, start, end in spans:
                cell = {"row": place, "level": level, "column": column, "start": start, "end": end}
                cell |= _cell(of, row, [*asked, *where.items()], level, (start, end))
                observed, cell["late"] = seen[column]
                if not observed:
                    cell |= _empty(NOT_OBSERVED)
                elif cell["late"] and cell["status"] == NIL:
                    cell["status"] = NUMBER
                cells.append(cell)
            found += [*cells, _sum(cells)] if form.total and not row.days else cells
            if not level and all(np.isnan(cell["value"]) for cell in cells):
                # What cannot be counted is not divided.
                break
    return pd.DataFrame(found, columns=COLUMNS)


def beside(
    folder: Path, requests: pd.DataFrame, apart: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """The tables that a form may name beside the requests: those in the files of the folder, each row with the columns of
    its request, and the entries: requests and what is `apart`."""
    # What asks for nothing and is not marked so stands among the requests: entries are both.
    requests, entries = whole(requests), apart if apart is None else whole(apart)
    found = {} if entries is None else {"entries": pd.concat([requests, entries])}
    keys = ["request_id", "register"]
    each = requests.assign(register=requests["register"].str.split(schema.SEVERAL)).explode("register")
    each = each.astype({"register": "str"}).drop_duplicates(keys)
    for name in schema.BESIDE:
        if (folder / f"{name}.parquet").is_file():
            own = pd.read_parquet(folder / f"{name}.parquet")
            found[name] = own.merge(each[[c for c in each if c in keys or c not in own]], on=keys)
    return found


def _spans(
    form: Form, until: pd.Timestamp, reporting_year: str
) -> Iterator[tuple[str, Where, pd.Timestamp, pd.Timestamp]]:
    """The columns of a form: key, what they ask for beside the rows, first and last day."""
    first = until - pd.DateOffset(years=form.years + 1)
    years = calendar(first, until, "year", form.reporting_year or reporting_year)
    whole = years[years["end"].le(until)].tail(form.years)
    if form.columns:
        last = whole.iloc[-1]
        yield from (
            (str(n), column.where, last["start"], last["end"]) for n, column in enumerate(form.columns)
        )
        return
    shown = pd.concat([whole, years[years["end"].gt(until)]]) if form.running else whole
    yield from ((year.period, {}, year.start, min(year.end, until)) for year in shown.itertuples())


def _cell(
    cases: Cases | None, row: Row, asked: Sequence[Asked], level: str, span: tuple[pd.Timestamp, pd.Timestamp]
) -> dict[str, Any]:
    """What a cell holds: the rows of which everything asked is known to be so, if they are all that could be."""
    inside = cases.within(row.at, *span) if cases else None
    absent = [name for name in row.days or () if cases and name not in (*MOMENTS, *cases.frame)]
    if cases is None or inside is None or absent:
        lacks = row.table if cases is None else absent[0] if absent else row.at
        return _empty(
            NOT_COLLECTABLE, lacks, cases.silent(lacks, np.ones(len(cases.frame), bool)) if cases else ""
        )
    parts = [(name, cases.answer(name, codes)) for name, codes in asked]
    # A level is of those of which it is recorded; what is not has one of its own.
    levels = zip(row.by, level.split("|"), strict=True) if level else ()
    parts += [(name, (cases.answer(name, [code])[0], inside & False)) for name, code in levels]
    days = cases.days(*row.days) if row.days else None
    if row.days and days is not None:
        parts.append((row.days[1], (days.notna().to_numpy(), days.isna().to_numpy())))
    possible = inside & cases.allowed([answer for _name, answer in parts])
    unknown = [possible & answer[1] for _name, answer in parts]
    sure = possible & ~np.logical_or.reduce([inside & False, *unknown])
    value = float(sure.sum()) if days is None else days[sure].mean()
    cell = {"value": value, "members": list(cases.frame.index[sure])}
    if not (possible & ~sure).any():
        return _empty(NUMBER if sure.any() else NIL) | cell
    most = int(np.argmax([rows.sum() for rows in unknown]))
    lacks, (_yes, open_) = parts[most]
    if strange := most < len(asked) and unknown_codes(*asked[most]):
        lacks = f"{lacks}:{strange}"
    concerned = inside & cases.allowed([answer for n, (_name, answer) in enumerate(parts) if n != most])
    about = {"concerned": int(concerned.sum()), "recorded": int((concerned & ~open_).sum())}
    status = PARTLY if about["recorded"] else NOT_COLLECTABLE
    return (
        _empty(status, lacks, cases.silent(lacks, concerned & open_))
        | about
        | (cell if about["recorded"] else {})
    )


def _empty(status: str, lacks: str = "", registers: str = "") -> dict[str, Any]:
    about = {"value": np.nan, "status": status, "lacks": lacks, "registers": registers}
    return {**about, "concerned": 0, "recorded": 0, "late": "", "members": []}


def _seen(
    kept: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, until: pd.Timestamp
) -> tuple[bool, str]:
    """Whether a register was kept on any day of a column, and those that were not for all of it; the running year is
    that of each register."""
    seen = kept["first"].le(end) & kept["last"].ge(start)
    whole = kept["first"].le(start) & (kept["last"].ge(end) | seen & (end == until))
    return bool(seen.any()), ", ".join(kept["holder"][~whole])


def _sum(cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The total of the years that are given; of a year that is not, it holds none."""
    given = [cell for cell in cells if not np.isnan(cell["value"])]
    states = {cell["status"] for cell in cells} - {NOT_OBSERVED}
    worst = next((s for s in (NOT_COLLECTABLE, PARTLY, NUMBER, NIL) if s in states), NOT_OBSERVED)
    of = next(cell for cell in cells if cell["status"] == worst)
    status = PARTLY if worst == NOT_COLLECTABLE and given else worst
    found = {
        "column": TOTAL,
        "start": cells[0]["start"],
        "end": cells[-1]["end"],
        "status": status,
        "value": sum(cell["value"] for cell in given) if given else np.nan,
        "members": [row for cell in given for row in cell["members"]],
        "late": next((cell["late"] for cell in cells if cell["late"]), ""),
    }
    sums = {name: sum(cell[name] for cell in cells) for name in ("concerned", "recorded")}
    return of | sums | found


def breaks(form: Form, cells: pd.DataFrame) -> pd.DataFrame:
    """Where the stock and flow of a filled form do not meet, as `reconcile` has it: `row` (that of the opening stock)
    `period check expected found difference`; none of a form without a stock.

    The rows of a form from one whose `at` is "opening" to the next whose `at` is "closing" are one such table.
    """
    at = [row.at for row in form.rows]
    starts = [place for place, moment in enumerate(at) if moment == "opening"]
    parts = []
    for first in starts:
        last = at.index("closing", first)
        block = cells[cells["level"].eq("") & cells["row"].between(first, last) & cells["column"].ne(TOTAL)]
        wide = block.pivot(index="column", columns="row", values="value").rename_axis("period").reset_index()
        names = {first: "opening", first + 1: "opened", last: "closing"}
        wide.columns = pd.Index(
            [names.get(name, name if name == "period" else f"ended {name}") for name in wide]
        )
        faults = reconcile(wide).assign(row=first)
        # A year that is not given is said to be so in its cells.
        parts.append(faults[faults["check"].ne("missing")])
    return (
        pd.concat(parts) if parts else pd.DataFrame(columns=["row", "period", "check", "expected", "found"])
    )
