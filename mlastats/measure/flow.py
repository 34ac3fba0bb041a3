"""Flow: what was open, what came, what ended, what is left; and whether that closes.

Period ratios describe a period's work, not the fate of the requests that came in it: they stand
beside the cohort measures of `turnaround`, never in their place.
"""

import datetime as dt

import numpy as np
import pandas as pd

from mlastats.measure.clocks import ENDED, REQUESTED, moment
from mlastats.measure.durations import WITHOUT_ANSWER, cut_of, durations, last_day, outcome_known
from mlastats.measure.groups import grouped
from mlastats.measure.periods import calendar
from mlastats.measure.reconcile import reconcile

__all__ = ["flow", "reconcile", "together"]

COLUMNS = [
    *("direction", "period", "start", "end", "days", "complete"),
    *("opening", "opened", "answered", "ended_otherwise", "ended", "closing", "difference", "not_followed"),
    *("clearance_rate", "case_turnover", "disposition_days", "median_age", "oldest_age"),
]


def flow(
    requests: pd.DataFrame, *, as_of: dt.date | str, span: str = "year", reporting_year: str = "calendar"
) -> pd.DataFrame:
    """Stock and flow of requests by direction and period, up to as_of.

    Counts, each from the dates themselves: `opening` open on the day before the period, `opened` begun
    in it, `ended` in it (`answered` + `ended_otherwise`), `closing` open on its last day.
    `difference` = opening + opened - ended - closing; it is 0 where every request that ended had
    also begun before, with both dates known. What makes it differ: an end without a start (ended,
    never opened), an outcome without a date (opened, neither ended nor open), an end before the
    start. Month dates count as the 15th, year dates as 1 July.

    `days` of the period that were observed; `complete` whether all were, by every register;
    `not_followed` how many of `closing` stand in registers that end before.
    Ratios: `clearance_rate` = ended / opened (1 is 100 %); `case_turnover` = ended / closing;
    `disposition_days` = days x closing / ended (CEPEJ: 183 pending and 329 resolved in 365 days give
    203.02 days). Missing where the denominator is 0. `median_age`, `oldest_age` of `closing`, in days.
    """
    cases = _cases(requests, as_of)
    if cases.empty:
        return pd.DataFrame(columns=COLUMNS)
    first, last = cases["seen"].min(), last_day(as_of)
    spans = calendar(first, last, span, reporting_year)
    spans["last"] = spans["end"].clip(upper=last)
    spans["days"] = (spans["last"] - spans["start"].clip(lower=first)).dt.days + 1
    spans["complete"] = spans["end"].le(last) & spans["start"].ge(
        requests["observed_from"].fillna(first).max()
    )
    rows = [_period(cases, span) for span in spans.to_dict("records")]
    table = _ratios(pd.concat(rows, ignore_index=True))
    return table.sort_values("direction", kind="stable", ignore_index=True)[COLUMNS]


def together(table: pd.DataFrame, periods: int) -> pd.DataFrame:
    """Consecutive periods of `flow` taken together, so many at a time, the last ones whole."""
    parts = []
    for _direction, rows in table.groupby("direction", observed=True, sort=False):
        group = (np.arange(len(rows)) - len(rows)) // periods
        grouped = rows.groupby(group)
        first, last = grouped.first(), grouped.last()
        sums = grouped[["days", "opened", "answered", "ended_otherwise", "ended"]].sum()
        names = first["period"].where(
            first["period"].eq(last["period"]), first["period"] + "–" + last["period"]
        )
        merged = last.assign(**sums, period=names, start=first["start"], opening=first["opening"])
        parts.append(merged.assign(complete=grouped["complete"].all()))
    return _ratios(pd.concat(parts, ignore_index=True))[COLUMNS] if parts else table


def _cases(requests: pd.DataFrame, as_of: dt.date | str) -> pd.DataFrame:
    """What flow needs of each request that exists at its cut; an end after the cut is none.

    `seen` is the day from which the request could be counted, `lost` says that it ended on a day
    that nobody wrote down.
    """
    known = cut_of(requests, as_of)
    start, end = moment(requests, REQUESTED)["day"], moment(requests, ENDED)["day"]
    cases = grouped(requests).assign(start=start, end=end.where(end.le(known)), known=known)
    cases["seen"] = requests["observed_from"].fillna(start).fillna(end)
    cases["otherwise"] = requests["outcome"].isin(WITHOUT_ANSWER)
    cases["lost"] = outcome_known(requests) & end.isna()
    return cases[durations(requests, as_of=as_of)["status"].notna() & cases["seen"].le(known)]


def _period(cases: pd.DataFrame, span: dict) -> pd.DataFrame:
    """The counts of one period, a row for each direction."""
    opening = cases["start"].lt(span["start"]) & ~cases["end"].lt(span["start"]) & ~cases["lost"]
    closing = cases["start"].le(span["end"]) & ~cases["end"].le(span["end"]) & ~cases["lost"]
    ended = cases["end"].between(span["start"], span["end"])
    marks = pd.DataFrame(
        {
            "opening": opening,
            "opened": cases["start"].between(span["start"], span["end"]),
            "answered": ended & ~cases["otherwise"],
            "ended_otherwise": ended & cases["otherwise"],
            "ended": ended,
            "closing": closing,
            "not_followed": closing & cases["known"].lt(span["last"]),
        }
    )
    counts = marks.groupby(cases["direction"], observed=False).sum()
    age = (span["last"] - cases["start"]).dt.days.where(closing).groupby(cases["direction"], observed=False)
    counts = counts.assign(median_age=age.median(), oldest_age=age.max())
    return counts.reset_index().assign(**span)


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    opened, ended, closing = (table[name].where(table[name] > 0) for name in ("opened", "ended", "closing"))
    return table.assign(
        difference=table["opening"] + table["opened"] - table["ended"] - table["closing"],
        clearance_rate=table["ended"] / opened,
        case_turnover=table["ended"] / closing,
        disposition_days=table["days"] * table["closing"] / ended,
    )
