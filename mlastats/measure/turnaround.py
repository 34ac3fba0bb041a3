"""How long requests take: answered, ended otherwise, pending and undated, never one without the others."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlastats.measure.clocks import Clock, as_clock
from mlastats.measure.curves import quantiles
from mlastats.measure.durations import ANSWERED, PENDING, STATUSES, durations
from mlastats.measure.groups import grouped, keys
from mlastats.measure.standards import within_standard

__all__ = ["Clock", "durations", "turnaround"]

QUANTILES = {"p25": 0.25, "median_days": 0.5, "p75": 0.75, "p90": 0.9}
TOO_APPROXIMATE = 0.05


def turnaround(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    clock: str | Clock = "answer",
    standard_days: int | Mapping[str, int] | None = None,
    every: int = 1,
) -> pd.DataFrame:
    """Turnaround by direction and the columns of `by`: one row a group, those with no request too.

    `by`: columns of the requests table, or `year` (the calendar year in which the request was
    opened: a cohort) and `partner_group`. `clock`: a name of clocks.CLOCKS, or a `Clock` that stops
    while waiting or counts working days. The levels of a group are those of the whole table; what
    is not recorded is the level "unrecorded".

    - `requests` = `answered` + `ended_otherwise` + `pending` + `undated`; each request that has begun
      by its cut, min(as_of, observed_to), is in one of them, as `durations` says. Of the undated,
      `no_start` have no first date and `reversed` an impossible pair; of the others, `unobserved`
      were over before their register was kept and are in no curve.
    - `median_days lower upper p25 p75 p90`: the first day on which the share answered reaches one
      half (95% interval, log-log), a quarter ...; missing where it is not reached. The share is
      the product limit, or the cumulative incidence of an answer where requests end otherwise.
    - `closed_only_median`: the median of the answered alone, which looks better the more are stuck.
    - `pending_median_age`, `pending_oldest_age`: of what is pending, at the cut.
    - `approximate`: the share of dated requests with a date known to the month; above 5 % the median
      with these dates on the first and the last day of the month: `median_first_day`,
      `median_last_day`.
    - `every`: medians, quantiles and shares are read on days by which so many more answers have come
      (`DayCounts.thinned`).
    - with `standard_days` (days, or a mapping of kind to days): `standard_days`, `with_standard`,
      `within`, `within_lower`, `within_upper`, `within_note`, as `standards.within_standard` says.

    Days as the clock counts them, shares between 0 and 1.
    """
    by = keys(by)
    cases = timed_cases(requests, by, as_of=as_of, clock=clock)
    table = pd.concat([_counts(cases, by), _quantiles(cases, by, every), _naive(cases, by)], axis=1)
    table = table.join(_month_readings(requests, table, by, as_of=as_of, clock=as_clock(clock)))
    if standard_days is not None:
        table = table.join(within_standard(cases, by, requests["kind"], standard_days, every))
    return table.reset_index()


def timed_cases(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    clock: str | Clock = "answer",
) -> pd.DataFrame:
    """The requests in the measure, with their grouping columns and what `durations` says of each."""
    measured = durations(requests, as_of=as_of, clock=clock).drop(columns="direction")
    cases = pd.concat([grouped(requests, by), measured], axis=1)
    return cases[cases["status"].notna()]


def _counts(cases: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    marks = {status: cases["status"].eq(status) for status in STATUSES}
    flags = cases[["no_start", "reversed", "unobserved"]]
    marks = pd.DataFrame({"requests": cases["status"].notna(), **marks}).join(flags)
    return marks.groupby([cases[name] for name in by], observed=False).sum()


def _quantiles(cases: pd.DataFrame, by: list[str], every: int) -> pd.DataFrame:
    found = quantiles(cases, by, list(QUANTILES.values()), every).set_index(by)
    columns = {name: found.loc[found["quantile"].eq(q), "days"] for name, q in QUANTILES.items()}
    limits = found.loc[found["quantile"].eq(0.5), ["lower", "upper"]]
    return pd.DataFrame(columns).join(limits)[["median_days", "lower", "upper", "p25", "p75", "p90"]]


def _naive(cases: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    groups = [cases[name] for name in by]
    days = cases["days"].astype(float)
    answered, pending = days.where(cases["status"].eq(ANSWERED)), days.where(cases["status"].eq(PENDING))
    approximate = cases["approximate"].where(cases["days"].notna()).astype(float)
    return pd.DataFrame(
        {
            "closed_only_median": answered.groupby(groups, observed=False).median(),
            "pending_median_age": pending.groupby(groups, observed=False).median(),
            "pending_oldest_age": pending.groupby(groups, observed=False).max(),
            "approximate": approximate.groupby(groups, observed=False).mean(),
        }
    )


def _month_readings(
    requests: pd.DataFrame, table: pd.DataFrame, by: list[str], *, as_of: dt.date | str, clock: Clock
) -> pd.DataFrame:
    """The median with month dates on the first and on the last day, for groups that rest on many."""
    rough = table["approximate"].gt(TOO_APPROXIMATE)
    medians = pd.DataFrame(index=table.index)
    for reading in ("first", "last"):
        medians[f"median_{reading}_day"] = float("nan")
        if rough.any():
            cases = timed_cases(requests, by, as_of=as_of, clock=replace(clock, months=reading))
            read = quantiles(cases, by, [0.5]).set_index(by)["days"]
            medians[f"median_{reading}_day"] = read.reindex(table.index).where(rough)
    return medians
