"""The share answered by each day, and what is read from it.

Where nothing competes it is one minus the product limit; where requests also end without an
answer, the cumulative incidence of an answer (Aalen-Johansen), so that an ending without an answer
is neither an answer nor a case lost from sight.
"""

from collections.abc import Sequence

import pandas as pd

from mlastats.measure.daycounts import DayCounts
from mlastats.measure.durations import ANSWERED

CURVE = ["day", "at_risk", "share", "std_error", "lower", "upper", "rests_on"]
QUANTILES = {"median_days": 0.5, "p25": 0.25, "p75": 0.75, "p90": 0.9}


def day_counts(cases: pd.DataFrame, by: Sequence[str]) -> DayCounts:
    """Counts by day and cause of the timed rows of a frame of durations with its grouping columns. A group is one
    that occurs among these rows.

    >>> cases = measure.turnaround.timed_cases(requests, as_of="2026-09-30")
    >>> measure.curves.day_counts(cases, ["direction"]).by
    ('direction',)
    """
    timed = cases[cases["days"].notna() & ~cases["unobserved"]]
    groups = timed[list(by)]
    groups = groups.astype({name: "str" for name in groups if groups[name].dtype.kind not in "iuf"})
    return DayCounts.from_durations(timed["days"], timed["cause"], timed["entry"], groups, answer=ANSWERED)


def answered_curve(cases: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The share answered by day, with 95% limits (beta product): the columns of `by`, then CURVE.

    A row for each day on which the curve moves, up to the day from which a request would weigh more than a tenth;
    groups without such a day have none.

    >>> cases = measure.turnaround.timed_cases(requests, as_of="2026-09-30")
    >>> measure.curves.answered_curve(cases, ["direction"]).columns.tolist()
    ['direction', 'day', 'at_risk', 'share', 'std_error', 'lower', 'upper', 'rests_on']
    """
    table = day_counts(cases, by).survival().dropna(subset="survival")
    limits = {"lower": 1 - table["upper"], "upper": 1 - table["lower"]}
    table = table.assign(share=1 - table["survival"], **limits)
    return table[[*by, *CURVE]].reset_index(drop=True)


def quantiles(cases: pd.DataFrame, by: Sequence[str], q: Sequence[float]) -> pd.DataFrame:
    """The first day on which the share answered reaches each q: `by`, then the columns of `DayCounts.quantile`.

    Missing, with the `reason`, where it is not reached or a request weighs more than a tenth on a day up to it.

    >>> cases = measure.turnaround.timed_cases(requests, as_of="2026-09-30")
    >>> measure.curves.quantiles(cases, ["direction"], [0.5]).columns.tolist()
    ['direction', 'quantile', 'days', 'lower', 'upper', 'rests_on', 'known_to', 'reason']
    """
    return day_counts(cases, by).quantile(q)


def quantile_columns(cases: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The `quantiles` of each group side by side, under the columns of `by`: `median_days lower upper p25 p75 p90`,
    the reason of each that is missing, `median_note p25_note p75_note p90_note`, what it rests on, `median_rests_on`
    to `p90_rests_on`, and `known_to`.

    >>> cases = measure.turnaround.timed_cases(requests, as_of="2026-09-30")
    >>> measure.curves.quantile_columns(cases, ["direction"])["median_days"].to_dict()
    {'incoming': 30.0, 'outgoing': 123.0}
    """
    read = quantiles(cases, by, list(QUANTILES.values())).set_index(list(by))
    at = {name: read[read["quantile"].eq(q)] for name, q in QUANTILES.items()}
    table = at["median_days"][["days", "lower", "upper", "known_to"]].rename(columns={"days": "median_days"})
    for name, part in at.items():
        stem = name.removesuffix("_days")
        columns = {name: part["days"], f"{stem}_note": part["reason"], f"{stem}_rests_on": part["rests_on"]}
        table = table.assign(**columns)
    return table
