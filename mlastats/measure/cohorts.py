"""Trend: has turnaround changed, from one year's requests to the next?

Recent cohorts have a missing tail: their requests have been followed for too short a time to know.
They are compared on what is known of all of them, the share answered within a fixed number of days.
"""

import datetime as dt

import pandas as pd

from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.comparisons import logrank
from mlastats.measure.curves import day_counts
from mlastats.measure.durations import cut_of
from mlastats.measure.groups import UNRECORDED, grouped
from mlastats.measure.turnaround import timed_cases, turnaround


def cohorts(requests: pd.DataFrame, *, as_of: dt.date | str, days: int = 180, every: int = 1) -> pd.DataFrame:
    """Turnaround of the requests opened in each calendar year, whenever they ended: `direction`,
    `year`, the columns of `turnaround` with `days` as the standard and `every`, then `followed_days`.

    `followed_days`: the days for which every request of the cohort has been followed, from the last
    one opened to its cut. Up to that day nothing of the cohort is missing; a later median or share is
    estimated from those opened earlier in it, as the curve does.
    """
    table = turnaround(requests, "year", as_of=as_of, standard_days=days, every=every)
    begun = moment(requests, REQUESTED)["day"]
    followed = (cut_of(requests, as_of) - begun).dt.days
    groups = grouped(requests, "year")
    seen = followed.ge(0)
    least = followed[seen].groupby([groups.loc[seen, name] for name in groups], observed=False).min()
    table = table.merge(least.rename("followed_days").reset_index(), on=["direction", "year"], how="left")
    return table[table["year"].ne(UNRECORDED) | table["requests"].gt(0)].reset_index(drop=True)


def differ(requests: pd.DataFrame, *, as_of: dt.date | str) -> pd.DataFrame:
    """Whether the years differ at all: `direction statistic df p` of the log-rank test over the cohorts.

    It uses every day on which each cohort was followed, so that a short tail is no difference.
    A direction with requests of a single year has no row.
    """
    cases = timed_cases(requests, "year", as_of=as_of)
    counts = day_counts(cases[cases["year"].ne(UNRECORDED)], ["direction", "year"])
    rows = []
    for code in counts.groups["direction"].unique():
        years = counts.where(counts.groups["direction"].eq(code)).over("direction")
        if len(years.groups) > 1:
            test = logrank(years)
            rows.append((code, test.statistic, test.df, test.p))
    return pd.DataFrame(rows, columns=["direction", "statistic", "df", "p"])
