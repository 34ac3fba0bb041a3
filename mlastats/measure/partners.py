"""Partners: who asks, who is asked, how regularly, and who is not engaged at all.

Received and made stand in columns of their own and are never added up. A partner that should be
engaged and is not has a row of zeros: what does not happen is shown.
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.measure.durations import ANSWERED, PENDING, durations, last_day
from mlastats.measure.groups import UNRECORDED
from mlastats.measure.matters import matter_of

CLASSES = ("sustained", "intermittent", "minimal", "dormant", "none")
WAYS = {"incoming": "received", "outgoing": "made"}
YEARS, OFTEN, FEW, SILENT_MONTHS = 5, 0.75, 5, 24


def engagement(requests: pd.DataFrame, *, as_of: dt.date | str, expected: Iterable[str] = ()) -> pd.DataFrame:
    """One row a partner: what was received from it and made to it, how much of it was answered, and when.

    Columns: `partner`, `partner_group` (at as_of); `received received_matters received_answered
    received_pending` and the same of `made`; `last_contact`, `silence` (the longest time without a
    request, in days, up to as_of), `years_active` of the last five, `engagement`. A request whose
    direction is not recorded is `undirected`. Partners of `expected` without a request are rows of zeros.

    `engagement`, by requests of the last five years, both ways: none - no request ever; dormant - none in
    the last 24 months; minimal - fewer than 5; sustained - in at least three of every four years;
    intermittent - any other.
    """
    cases = _cases(requests, as_of)
    table = pd.concat([_ways(cases), _contact(cases, last_day(as_of))], axis=1)
    every = [*table.index, *sorted(set(expected) - set(table.index))]
    table = table.reindex(every).rename_axis("partner")
    counts = [name for name in table if name not in ("last_contact", "silence")]
    table[counts] = table[counts].fillna(0).astype("int64")
    day = pd.Series(last_day(as_of), index=table.index)
    table.insert(
        0, "partner_group", vocab.partner_group(pd.Series(every, index=table.index, dtype="str"), day)
    )
    table["engagement"] = _class(table, last_day(as_of))
    return table.drop(columns="recent").reset_index()


def by_period(requests: pd.DataFrame, *, as_of: dt.date | str) -> pd.DataFrame:
    """Requests by direction, partner and year: `direction partner year requests`; a silence is a zero.

    Partners with most requests first; years from the first request of any partner to as_of.
    """
    cases = _cases(requests, as_of)
    known = cases[cases["day"].notna()]
    if known.empty:
        return pd.DataFrame(columns=["direction", "partner", "year", "requests"])
    years = [str(year) for year in range(known["day"].min().year, last_day(as_of).year + 1)]
    counted = known.groupby(["direction", "partner", known["day"].dt.year.astype("str")]).size()
    order = known["partner"].value_counts(sort=True).index
    levels = [sorted(known["direction"].unique()), order, years]
    full = pd.MultiIndex.from_product(levels, names=["direction", "partner", "year"])
    return counted.rename_axis(full.names).reindex(full, fill_value=0).rename("requests").reset_index()


def _cases(requests: pd.DataFrame, as_of: dt.date | str) -> pd.DataFrame:
    measured = durations(requests, as_of=as_of)
    cases = pd.DataFrame(
        {
            "partner": requests["partner"],
            "direction": requests["direction"].fillna(UNRECORDED),
            "matter": matter_of(requests),
            "day": schema.requested_on(requests),
            "status": measured["status"],
        }
    )
    return cases[cases["status"].notna() & cases["partner"].notna()]


def _ways(cases: pd.DataFrame) -> pd.DataFrame:
    parts = {}
    for direction, name in WAYS.items():
        some = cases[cases["direction"].eq(direction)]
        groups = some.groupby("partner")
        parts[name] = groups.size()
        parts[f"{name}_matters"] = groups["matter"].nunique()
        for status in (ANSWERED, PENDING):
            parts[f"{name}_{status}"] = some["status"].eq(status).groupby(some["partner"]).sum()
    parts["undirected"] = cases[cases["direction"].eq(UNRECORDED)].groupby("partner").size()
    return pd.DataFrame(parts)


def _contact(cases: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    dated = cases.dropna(subset=["day"]).sort_values("day")
    groups = dated.groupby("partner")["day"]
    recent = dated[dated["day"].gt(until - pd.DateOffset(years=YEARS))]
    age = ((until - recent["day"]).dt.days // 365.25).astype("int64")
    gap = groups.diff().dt.days.groupby(dated["partner"]).max()
    last = groups.max()
    return pd.DataFrame(
        {
            "last_contact": last,
            "silence": np.fmax(gap, (until - last).dt.days),
            "years_active": age.groupby(recent["partner"]).nunique(),
            "recent": recent.groupby("partner").size(),
        }
    )


def _class(table: pd.DataFrame, until: pd.Timestamp) -> pd.Series:
    asked = table[["received", "made", "undirected"]].sum(axis=1)
    silent = ~table["last_contact"].gt(until - pd.DateOffset(months=SILENT_MONTHS))
    rules = [asked.eq(0), silent, table["recent"].lt(FEW), table["years_active"].ge(OFTEN * YEARS)]
    named = np.select(rules, ["none", "dormant", "minimal", "sustained"], "intermittent")
    return pd.Series(named, index=table.index, dtype="str")
