"""The exact cubes of a return, from the requests table: every request of the register is in them, none is described.

`keys` are those by which public numbers are rounded (disclosure.keys): a cell then has the sum of its requests' keys, and
whoever adds cells adds their keys.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mlastats import periods, schema, vocab
from mlastats.errors import ConfigurationError
from mlastats.measure.clocks import Clock, moment
from mlastats.measure.completeness import completeness
from mlastats.measure.contract import measure
from mlastats.measure.curves import day_counts
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, PENDING, STATUSES, UNDATED, durations
from mlastats.measure.flow import flowing
from mlastats.measure.groups import UNRECORDED, grouped, of_request
from mlastats.measure.matters import matter_of, matters
from mlastats.measure.observation import holder, registers
from mlastats.region.concepts import concepts
from mlastats.region.cube import (
    CUBES,
    KIND_M,
    NOT_APPLICABLE,
    NOT_COLLECTED,
    NOT_KNOWN,
    SEVERAL_CODES,
    TOTAL,
    UNKNOWN,
)
from mlastats.settings import Settings

CODED = {
    "COUNTERPART_AREA": "partner",
    "DIRECTION": "direction",
    "KIND": "kind",
    "CHANNEL": "channel",
    "BASIS": "legal_basis",
}
EXECUTED = ("executed", "partly_executed")


def cubes(
    requests: pd.DataFrame,
    settings: Settings,
    period: str,
    *,
    keys: pd.Series | None = None,
    assets: pd.DataFrame | None = None,
    persons: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """The cubes of a year by name, each as `cube.CUBES` says, with exact counts.

    `period` is the year in which the reporting year begins. `keys` has the key of each request; `assets` and
    `persons` are these tables, if registers have them. Raises ConfigurationError where the year is none, or a register was
    not kept on all its days: what was not observed is not zero.
    """
    asked = requests[schema.is_request(requests)]
    schema.check(asked)
    year = reporting_year(period, settings)
    observed(asked, year)
    keys = None if keys is None else keys.reindex(requests.index).astype("uint64")
    tables = {
        "FLOW": _flow(asked, year, keys),
        "OUTCOME": _outcome(asked, year, keys, periods.YEAR_STARTS[settings.reporting_year]),
        "DURATION": _duration(asked, year, keys, periods.YEAR_STARTS[settings.reporting_year]),
        "MIRROR": _mirror(asked, year, keys, settings),
        "COVERAGE": _coverage(asked, year),
        "HEADLINE": _headline(asked, year, keys),
        "CONCEPT": concepts(asked, settings, persons),
    }
    state = settings.reporting_state
    made = {
        name: CUBES[name].finished(table, state, period)
        if len(table)
        else CUBES[name].said(state, period, OBS_VALUE=0)
        for name, table in tables.items()
    }
    made["ASSET"] = (
        CUBES["ASSET"].said(state, period, OBS_STATUS=NOT_COLLECTED)
        if assets is None
        else _asset(assets, requests, year, state, period)
    )
    return {name: made[name] for name in CUBES}


def reporting_year(period: str, settings: Settings) -> periods.Period:
    """The year of a return, by the year in which it begins; ConfigurationError where the code is none."""
    if not (period.isdigit() and len(period) == 4 and period > "0000"):
        raise ConfigurationError(
            f"`period` must be the year in which the reporting year begins, as 2025; got {period!r}."
        )
    starts = periods.YEAR_STARTS[settings.reporting_year]
    first = dt.date(int(period), starts, 1)
    return periods.covering(first, first, "year", starts)[0]


@measure
def observed(requests: pd.DataFrame, year: periods.Period) -> None:
    """Raise ConfigurationError unless every register was kept on all days of the year."""
    kept = registers(requests, as_of=year.end)
    late = kept[kept["last"] < pd.Timestamp(year.end)]
    later = kept[kept["first"] > pd.Timestamp(year.start)]
    for who, row in (("is complete only to", late), ("was kept only from", later)):
        if len(row):
            day = (late["last"] if who.startswith("is") else later["first"]).iloc[0]
            raise ConfigurationError(
                f"The register of {row['holder'].iloc[0]} {who} {day:%Y-%m-%d}, and the year {year.code} lasts from "
                f"{year.start} to {year.end}. What was not observed is not zero: choose another year, or complete it."
            )


def day_counts_of(duration: pd.DataFrame, by: "list[str]", clock: str = "answer") -> DayCounts:
    """The counts by day of a DURATION cube with exact days, or of several together, in groups of its dimensions: all
    estimators rest on them, and they equal those of the cases. `by` may be empty.

    >>> from mlastats import settings
    >>> from mlastats.region.cubes import cubes, day_counts_of
    >>> workspace = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
    >>> duration = cubes(requests, workspace, "2025")["DURATION"]
    >>> day_counts_of(duration, ["DIRECTION"]).quantile(0.5)[["DIRECTION", "days"]].values.tolist()
    [['incoming', 30.0], ['outgoing', 107.0]]
    """
    rows = duration[duration["CLOCK"].eq(clock) & ~duration["DAY"].isin([NOT_APPLICABLE, TOTAL])]
    table = rows.assign(
        event=rows["EVENT"], day=rows["DAY"].astype("int64"), requests=rows["OBS_VALUE"].astype("int64")
    )
    return DayCounts.from_counts(table[[*by, "day", "event", "requests"]], answer=ANSWERED)


def _codes(requests: pd.DataFrame, *dimensions: str) -> pd.DataFrame:
    """The codes of each request; what is not recorded and several codes of one have their own."""
    columns = {}
    for name in dimensions:
        values = requests[CODED[name]].astype("str")
        columns[name] = values.mask(
            values.str.contains(schema.SEVERAL, regex=False).fillna(False), SEVERAL_CODES
        )
    return pd.DataFrame(columns, requests.index).fillna(UNKNOWN)


def _counted(codes: pd.DataFrame, marks: Mapping[str, Any], keys: pd.Series | None) -> pd.DataFrame:
    """A row for each combination of codes that occurs and each measure: how many requests bear its mark, and the sum of
    their keys (modulo 2**64)."""
    parts = []
    for name, mark in marks.items():
        mark = pd.Series(mark, codes.index).astype(bool)
        columns = {"OBS_VALUE": mark.astype("int64")}
        if keys is not None:
            columns["CELL_KEY"] = keys.reindex(codes.index).where(mark, 0).astype("uint64")
        sums = codes.assign(**columns).groupby(list(codes), sort=False)[list(columns)].sum().reset_index()
        own = sums["CELL_KEY"] if keys is not None else pd.Series(pd.NA, sums.index)
        parts.append(sums.assign(MEASURE=name, CELL_KEY=own.astype("UInt64")))
    return pd.concat(parts, ignore_index=True)


def _summed(codes: pd.DataFrame, values: pd.Series, name: str, dtype: Any) -> pd.DataFrame:
    """A row for each combination of codes with the sum of a measure; not collected where a value of it is not known."""
    sums = codes.assign(OBS_VALUE=values, known=values.notna()).groupby(list(codes), sort=False)
    table = sums.agg(OBS_VALUE=("OBS_VALUE", "sum"), known=("known", "all")).reset_index()
    known = table.pop("known")
    value = table["OBS_VALUE"].where(known).astype(dtype)
    return table.assign(
        OBS_VALUE=value, OBS_STATUS=known.map({True: "A", False: NOT_COLLECTED}), MEASURE=name
    )


def _year_of(day: pd.Series, starts: int) -> pd.Series:
    """The year in which the reporting year of each day begins, as a code."""
    return (day.dt.year - day.dt.month.lt(starts)).astype("Int64").astype("str").fillna(UNKNOWN)


def _flow(requests: pd.DataFrame, year: periods.Period, keys: pd.Series | None) -> pd.DataFrame:
    """Each request with a start is open, opened and ended by the same days, so that the stock closes. One whose end lies
    before its start ended on the day it began; one that ended nobody knows when ended undated in the year it began."""
    cases = flowing(requests, year.end)
    cases = cases[cases["start"].notna()]
    first, last = pd.Timestamp(year.start), pd.Timestamp(year.end)
    start, lost = cases["start"], cases["lost"]
    left = cases["end"].where(cases["end"].isna() | cases["end"].ge(start), start)
    opened, ended = start.between(first, last), left.between(first, last) & ~lost
    marks = {
        "open_start": start.lt(first) & ~left.lt(first) & ~lost,
        "opened": opened,
        "answered": ended & ~cases["otherwise"],
        "ended_otherwise": ended & cases["otherwise"],
        "ended_undated": opened & lost,
        "open_end": start.le(last) & ~left.le(last) & ~lost,
    }
    return _counted(_codes(requests.loc[cases.index], *CUBES["FLOW"].own), marks, keys)


def _outcome(
    requests: pd.DataFrame, year: periods.Period, keys: pd.Series | None, starts: int
) -> pd.DataFrame:
    def held(table: pd.DataFrame) -> pd.DataFrame:
        status = durations(table, as_of=year.end)["status"]
        table, status = table[status.notna()], status[status.notna()]
        outcome = (
            table["outcome"]
            .fillna(UNRECORDED)
            .mask(status.eq(PENDING), PENDING)
            .mask(status.eq(UNDATED), UNDATED)
        )
        refused = outcome.eq("refused")
        return _codes(table, "DIRECTION", "KIND", "BASIS").assign(
            OUTCOME=outcome.astype("str"),
            GROUND=table["refusal_ground"].fillna(UNKNOWN).where(refused, NOT_APPLICABLE).astype("str"),
            COHORT=_year_of(schema.requested_on(table), starts),
        )

    codes = held(requests)
    of_chain = None if keys is None else keys.groupby(matter_of(requests)).sum()
    chains = _counted(held(matters(requests, as_of=year.end)), {"matters": True}, of_chain)
    parts = [
        _counted(codes, {"requests": True}, keys),
        chains,
        _summed(codes, requests["persons"].reindex(codes.index), "persons", "Int64"),
    ]
    return pd.concat(parts, ignore_index=True).fillna({"OBS_STATUS": "A"})


def _duration(
    requests: pd.DataFrame, year: periods.Period, keys: pd.Series | None, starts: int
) -> pd.DataFrame:
    parts = []
    for clock in ("answer", "acknowledge"):
        cases = durations(requests, as_of=year.end, clock=clock)
        cases = cases[cases["status"].notna()]
        codes = _codes(requests.loc[cases.index], "DIRECTION", "KIND", "CHANNEL").assign(
            CLOCK=clock, COHORT=_year_of(schema.requested_on(requests.loc[cases.index]), starts)
        )
        timed = cases["days"].notna() & ~cases["unobserved"]
        last = cases["cause"].astype("str").fillna("pending")
        left = last.where(timed, cases["status"].eq(UNDATED).map({True: UNDATED, False: "unobserved"}))
        day = cases["days"].astype("Int64").astype("str").where(timed, NOT_APPLICABLE)
        parts += [
            (codes.assign(EVENT=left, DAY=day)),
            (codes.assign(EVENT="entered", DAY=cases["entry"].astype("Int64").astype("str"))[timed]),
        ]
    return pd.concat(
        [_counted(part, {"requests": True}, keys) for part in parts if len(part)] or [pd.DataFrame()]
    )


def _mirror(
    requests: pd.DataFrame, year: periods.Period, keys: pd.Series | None, settings: Settings
) -> pd.DataFrame:
    """Every partner that the register, ASEAN or the configuration names, nil where there was nothing: a partner that is
    not named would look like one that was not reported."""
    kinds = sorted(set(KIND_M.values()))
    named = {*vocab.members("asean"), *settings.partners_of_interest, *requests["partner"].dropna()} - {
        settings.reporting_state
    }
    parts = []
    for direction in ("outgoing", "incoming"):
        rows = requests[requests["direction"].eq(direction).fillna(False)]
        codes = _codes(rows, "COUNTERPART_AREA").assign(
            KIND_M=rows["kind"].map(KIND_M).fillna(UNKNOWN).astype("str")
        )
        for basis in ("sent", "received"):
            when = moment(rows, basis)
            within = when["day"].between(pd.Timestamp(year.start), pd.Timestamp(year.end))
            found = _counted(codes, {"requests": within}, keys).set_index(["COUNTERPART_AREA", "KIND_M"])
            every = pd.MultiIndex.from_product([sorted(named), kinds], names=found.index.names)
            found = found.reindex(every.union(found.index)).fillna(
                {"OBS_VALUE": 0, "CELL_KEY": 0, "MEASURE": "requests"}
            )
            found = found.reset_index().assign(DIRECTION=direction, DATE_BASIS=basis)
            found = found.astype({"OBS_VALUE": "Int64"}).assign(OBS_STATUS="A")
            if not len(rows) or not when["day"].notna().any():
                found = found.assign(OBS_STATUS=NOT_COLLECTED, OBS_VALUE=pd.NA)
            parts.append(found)
    return pd.concat(parts, ignore_index=True)


def _asset(
    assets: pd.DataFrame, requests: pd.DataFrame, year: periods.Period, state: str, period: str
) -> pd.DataFrame:
    """Amounts are added in their own currency; one that is not known makes its sum unknown."""
    inside = assets[assets["on"].between(pd.Timestamp(year.start), pd.Timestamp(year.end))]
    if inside.empty:
        return CUBES["ASSET"].said(state, period, OBS_VALUE=0)
    partner = of_request(inside, requests, "partner").replace(UNRECORDED, UNKNOWN)
    own = inside["counterpart"] if "counterpart" in inside else pd.Series(pd.NA, inside.index, dtype="str")
    codes = pd.DataFrame(
        {
            "COUNTERPART_AREA": own.fillna(partner).astype("str"),
            "ASSET_MEASURE": inside["measure"].fillna(UNKNOWN).astype("str"),
            "CURRENCY": inside["currency"].fillna(UNKNOWN).astype("str"),
        }
    )
    amounts = _summed(codes, inside["amount"].astype("float64"), "amount", "Float64")
    number = _counted(codes, {"number": True}, None).assign(OBS_STATUS="A")
    both = pd.concat([number.astype({"OBS_VALUE": "Float64"}), amounts], ignore_index=True)
    return CUBES["ASSET"].finished(both, state, period)


def _coverage(requests: pd.DataFrame, year: periods.Period) -> pd.DataFrame:
    """Of the requests of the year, and of those without a day."""
    on = schema.requested_on(requests)
    inside = requests[on.isna() | on.between(pd.Timestamp(year.start), pd.Timestamp(year.end))]
    inside = inside.assign(agency=holder(inside).replace("", UNKNOWN))
    table = completeness(inside, "agency").rename(columns={"agency": "AGENCY", "field": "FIELD"})
    return table.melt(["AGENCY", "FIELD"], ["expected", "filled"], "MEASURE", "OBS_VALUE")


def _headline(requests: pd.DataFrame, year: periods.Period, keys: pd.Series | None) -> pd.DataFrame:
    """The same figure under each choice: an answer is an answer or an execution, enquiries are requests or not, days are
    those of the calendar or working days. Of a state whose holidays nobody knows no working day is: under that choice
    every figure is not collected."""
    parts: list[pd.DataFrame] = []
    executed = requests["outcome"].isin(EXECUTED)
    enquiry = requests["is_enquiry"].fillna(False).astype(bool)
    strand = grouped(requests, "strand").astype("str").replace(UNRECORDED, UNKNOWN)
    names = ["DIRECTION", "STRAND"]
    for days in ("calendar", "working"):
        try:
            cases = durations(requests, as_of=year.end, clock=Clock(days=days))
        except ConfigurationError:
            if not parts:
                raise
            # By calendar days they were counted: it is the holidays that are not known.
            unknown = {"DAYS": days, "OBS_VALUE": pd.NA, "OBS_STATUS": NOT_COLLECTED, "CELL_KEY": pd.NA}
            parts += [part.assign(**unknown) for part in parts]
            break
        cases = cases.assign(**strand.set_axis(names, axis=1))[cases["status"].notna()]
        for answer in ("answered", "executed"):
            for enquiries in ("in", "out"):
                kept = cases[~enquiry.loc[cases.index]] if enquiries == "out" else cases
                if answer == "executed":
                    otherwise = kept["status"].eq(ANSWERED) & ~executed.loc[kept.index]
                    kept = kept.assign(
                        status=kept["status"].mask(otherwise, ENDED_OTHERWISE),
                        cause=kept["cause"].mask(otherwise, ENDED_OTHERWISE),
                    )
                marks = {"requests": True, **{code: kept["status"].eq(code) for code in STATUSES}}
                read = day_counts(kept, names).quantile(0.5).rename(columns={"days": "median"})
                read = read.rename(columns={"lower": "median_lower", "upper": "median_upper"})
                figures = read.melt(names, ["median", "median_lower", "median_upper"], "MEASURE", "OBS_VALUE")
                figures["OBS_STATUS"] = figures["OBS_VALUE"].isna().map({True: NOT_KNOWN, False: "A"})
                choice = {"ANSWER_IS": answer, "ENQUIRIES": enquiries, "DAYS": days}
                counts = _counted(kept[names], marks, keys).assign(OBS_STATUS="A")
                parts.append(pd.concat([counts, figures], ignore_index=True).assign(**choice))
    return pd.concat(parts, ignore_index=True)
