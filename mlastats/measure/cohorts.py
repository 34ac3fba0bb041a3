"""Trend: has turnaround changed, from one year's requests to the next?

Recent cohorts have a missing tail: their requests have been followed for too short a time to know.
They are compared on what is known of all of them, the share answered within a fixed number of days.
"""

import pandas as pd

from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.comparisons import Comparison, logrank
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts
from mlastats.measure.durations import cut_of
from mlastats.measure.groups import UNRECORDED, grouped, keys
from mlastats.measure.intervals import slope
from mlastats.measure.paces import joined
from mlastats.measure.turnaround import timed_cases, turnaround


@measure
def cohorts(requests: pd.DataFrame, by: By = (), *, as_of: Day, days: int = 180) -> pd.DataFrame:
    """Turnaround of the requests opened in each calendar year, whenever they ended: `direction`, the
    columns of `by`, `year`, the columns of `turnaround` with `days` as the standard, then `followed_days`.

    `followed_days`: the days for which every request of the cohort has been followed, from the last
    one opened to its cut. Up to that day nothing of the cohort is missing; a later median or share is
    estimated from those opened earlier in it, as the curve does.

    >>> table = measure.cohorts.cohorts(requests, as_of="2026-09-30")
    >>> table.columns[:4].tolist()
    ['direction', 'year', 'requests', 'answered']
    """
    names = [*keys(by), "year"]
    table = turnaround(requests, names, as_of=as_of, standard_days=days)
    begun = moment(requests, REQUESTED)["day"]
    followed = (cut_of(requests, as_of) - begun).dt.days
    groups = grouped(requests, names)
    seen = followed.ge(0)
    least = followed[seen].groupby([groups.loc[seen, name] for name in groups], observed=False).min()
    table = table.merge(least.rename("followed_days").reset_index(), on=names, how="left")
    return table[table["year"].ne(UNRECORDED) | table["requests"].gt(0)].reset_index(drop=True)


@measure
def differ(requests: pd.DataFrame, by: By = (), *, as_of: Day, days: int = 180) -> pd.DataFrame:
    """Whether the years differ, and whether they have changed: `direction`, the columns of `by`, `statistic df p` of the
    log-rank test over the cohorts, then `change lower upper change_p`.

    For the test neighbouring years are joined until each has 5 expected answers; it uses every day on which each
    cohort was followed, so that a short tail is no difference. `change` is by how much the share answered within `days`
    changes from one year to the next: the slope of a straight line through the years of which it is given, weighted
    by what it rests on (`intervals.slope`). A group with requests of a single year has no row.

    >>> measure.cohorts.differ(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'statistic', 'df', 'p', 'change', 'lower', 'upper', 'change_p']
    """
    names = keys(by)
    cases = timed_cases(requests, [*names, "year"], as_of=as_of)
    counts = day_counts(cases[cases["year"].ne(UNRECORDED)], [*names, "year"])
    shares, rows = counts.answered_within(days), []
    for codes in counts.groups[names].drop_duplicates().itertuples(index=False):
        mine = counts.groups[names].eq(list(codes)).all(axis=1)
        years = counts.where(mine).over(names)
        if len(years.groups) > 1:
            together, share = joined(years, neighbours=True), shares[mine.to_numpy()]
            test = (
                logrank(together) if len(together.groups) > 1 else Comparison(float("nan"), 0, float("nan"))
            )
            line = slope(share["share"], share["rests_on"], share["year"].astype(int))
            rows.append(
                (*codes, test.statistic, test.df, test.p, line.change, line.lower, line.upper, line.p)
            )
    columns = ["statistic", "df", "p", "change", "lower", "upper", "change_p"]
    return pd.DataFrame(rows, columns=[*names, *columns])
