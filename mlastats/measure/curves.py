"""The share answered by each day, and what is read from it.

Where nothing competes it is one minus the product limit; where requests also end without an
answer, the cumulative incidence of an answer (Aalen-Johansen), so that an ending without an answer
is neither an answer nor a case lost from sight.
"""

from collections.abc import Sequence

import pandas as pd

from mlastats.measure.daycounts import DayCounts
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, PENDING

TOLERANCE = 1e-12
AT_RISK = 10
THIN = 5
CURVE = ["day", "at_risk", "share", "std_error", "lower", "upper"]


def day_counts(cases: pd.DataFrame, by: Sequence[str], every: int = 1) -> DayCounts:
    """Counts by day and cause of the timed rows of a frame of durations with its grouping columns, to be
    read on days by which `every` more answers have come."""
    timed = cases[cases["days"].notna() & ~cases["unobserved"]]
    groups = timed[list(by)].astype("str")
    counts = DayCounts.from_durations(timed["days"], timed["cause"], timed["entry"], groups, answer=ANSWERED)
    return counts.thinned(every)


def answered_curve(cases: pd.DataFrame, by: Sequence[str], every: int = 1) -> pd.DataFrame:
    """The share answered by day, with 95% limits (log-log): the columns of `by`, then CURVE.

    A row for each day on which the curve moves, as `DayCounts.thinned` says of `every`; groups without a
    timed request have none.
    """
    by = list(by)
    compete = cases["cause"].eq(ENDED_OTHERWISE).groupby([cases[name] for name in by], observed=True)
    competing = compete.transform("any")
    plain, rival = cases[~competing], cases[competing]
    parts = [_product_limit(plain, by, every), _incidence(rival, by, every)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def quantiles(cases: pd.DataFrame, by: Sequence[str], q: Sequence[float], every: int = 1) -> pd.DataFrame:
    """The first day on which the share answered reaches each q: `by`, `quantile days lower upper`.

    The limits are the first days on which the upper and the lower limit of the curve reach q
    (Brookmeyer and Crowley); missing where that is not reached. Missing too where the curve has
    risen while fewer than 5 were at risk and more were still to enter late: such a step is as high as
    its few requests are few, and everything after it rests on it. `every` as in `answered_curve`.
    """
    curve = _without_thin(answered_curve(cases, by), list(by))
    if every > 1:
        curve = curve.merge(answered_curve(cases, by, every)[[*by, "day"]])
    found = [_reached(curve, list(by), level) for level in q]
    return pd.concat(found, ignore_index=True)


def few_at_risk(cases: pd.DataFrame, by: Sequence[str], days: "pd.Series | int") -> pd.Series:
    """Whether the share answered by `days` rests on too little, by group: fewer than 10 are at risk on
    that day, and a pending request was cut before it."""
    timed = cases[cases["days"].notna() & ~cases["unobserved"]]
    end = timed["days"].astype(float)
    marks = pd.DataFrame({"at_risk": timed["entry"].le(days) & end.ge(days)})
    marks["cut_before"] = timed["status"].eq(PENDING) & end.lt(days)
    sums = marks.groupby([timed[name] for name in by], observed=True).sum()
    return sums["at_risk"].lt(AT_RISK) & sums["cut_before"].gt(0)


def _without_thin(curve: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The part of each curve before its first step that rests on fewer than THIN at risk while more
    come later."""
    groups = [curve[name] for name in by]
    backward = curve["at_risk"].iloc[::-1].groupby([name.iloc[::-1] for name in groups], observed=True)
    later = backward.cummax().sort_index().groupby(groups, observed=True).shift(-1)
    # Each step takes some away: as many at a later one means that others have entered since.
    thin = curve["at_risk"].lt(THIN) & later.ge(curve["at_risk"])
    return curve[thin.groupby(groups, observed=True).cumsum().eq(0)]


def _reached(curve: pd.DataFrame, by: list[str], q: float) -> pd.DataFrame:
    read = {"days": "share", "lower": "upper", "upper": "lower"}
    groups = curve[by].drop_duplicates().set_index(by)
    for name, column in read.items():
        there = curve[curve[column].ge(q - TOLERANCE)]
        groups[name] = there.groupby(by, observed=True)["day"].min()
    return groups.assign(quantile=q).reset_index()[[*by, "quantile", *read]]


def _product_limit(cases: pd.DataFrame, by: list[str], every: int) -> pd.DataFrame:
    table = day_counts(cases, by, every).survival()
    limits = {"lower": 1 - table["upper"], "upper": 1 - table["lower"]}
    return table.assign(share=1 - table["survival"], **limits)[[*by, *CURVE]]


def _incidence(cases: pd.DataFrame, by: list[str], every: int) -> pd.DataFrame:
    counts = day_counts(cases, by, every)
    table = counts.incidence()
    answered = table[table["cause"].eq(ANSWERED)].rename(columns={"incidence": "share"})
    at_risk = counts.survival()[[*by, "day", "at_risk"]]
    return answered.merge(at_risk, on=[*by, "day"], how="left")[[*by, *CURVE]]
