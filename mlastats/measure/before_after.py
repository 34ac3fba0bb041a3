"""Before and after an event: a period analysis, in which each day of each request counts on its own side.

Before: the requests opened before the event, cut on the day before it. After: the requests opened from
the event on, and those still open then, which enter late, at their age on that day. So a request that
was open at the event counts on both sides, each day of it once. Comparing what was closed before with
what was closed after would not do: the old cases that an event frees make the years after it look slow.
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from mlastats import schema
from mlastats.measure.comparisons import quantile_difference, rmst_difference
from mlastats.measure.curves import day_counts
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.groups import keys
from mlastats.measure.segmented import FEWEST_ANSWERS, months, placebos, segmented
from mlastats.measure.standardised import standardised
from mlastats.measure.turnaround import timed_cases, turnaround
from mlastats.measure.windows import within

__all__ = ["arms", "before_after", "cases", "differences", "months", "placebos", "segmented"]

BEFORE, AFTER = "before", "after"
PAIR = (AFTER, BEFORE)
STRATUM = "kind"
YEAR = pd.DateOffset(years=1)
ANSWERS = ["answers_before", "answers_after"]
FIGURE = ("median", "rmst", "rmst_standardised")
FIGURES = [*ANSWERS, "tau", BEFORE, AFTER, "difference", "lower", "upper"]


def arms(
    requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str
) -> dict[str, tuple[pd.DataFrame, pd.Timestamp]]:
    """The requests of each side of an event, each with the day to which they are looked at."""
    day, last = pd.Timestamp(event), pd.Timestamp(as_of)
    eve = min(day - pd.Timedelta(days=1), last)
    return {BEFORE: (requests, eve), AFTER: (within(requests, day, last), last)}


def before_after(
    requests: pd.DataFrame,
    event: dt.date | str,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    days: int = 180,
) -> pd.DataFrame:
    """Turnaround on both sides of an event: `direction`, the columns of `by`, `arm` ("before",
    "after"), the columns of `turnaround` with `days` as the standard, then `carried` (requests that
    were open when the event came, and enter late) and `opened` (the others).
    """
    groups, parts = keys(by), []
    for arm, (seen, last) in arms(requests, event, as_of=as_of).items():
        table = turnaround(seen, by, as_of=last, standard_days=days)
        early = schema.requested_on(seen).lt(pd.Timestamp(event)) if arm == AFTER else None
        carried = (
            turnaround(seen[early], by, as_of=last).set_index(groups)["requests"] if early is not None else 0
        )
        table = table.set_index(groups).assign(carried=carried).reset_index()
        parts.append(table.assign(arm=arm, carried=table["carried"].fillna(0).astype("int64")))
    both = pd.concat(parts, ignore_index=True)
    both = both.assign(
        arm=pd.Categorical(both["arm"], [BEFORE, AFTER]), opened=both["requests"] - both["carried"]
    )
    return both.sort_values([*groups, "arm"], kind="stable", ignore_index=True)


def cases(
    requests: pd.DataFrame, event: dt.date | str, by: str | Sequence[str] = (), *, as_of: dt.date | str
) -> pd.DataFrame:
    """The requests of both sides with their grouping columns, `arm` and what `durations` says of each;
    what was open at the event has a row on each."""
    sides = arms(requests, event, as_of=as_of).items()
    parts = [timed_cases(seen, by, as_of=last).assign(arm=arm) for arm, (seen, last) in sides]
    return pd.concat([part.astype(dict.fromkeys(keys(by), "str")) for part in parts], ignore_index=True)


def differences(
    requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str, days: int = 180
) -> pd.DataFrame:
    """What is different after an event, after minus before: `direction figure answers_before answers_after`,
    then `tau before after difference lower upper left_out reason`, in days, with 95% intervals.

    - `figure` "median"
    - "rmst": days without an answer up to tau, one tau for both sides: `days`, or the last day before
      it to which both are known (10 at risk, or nothing cut before)
    - "rmst_standardised": the same as if both sides had had the same kinds of request; `left_out` is the
      share of requests in kinds with fewer than 5 on a side. Above 30 % there is no figure.

    No figure is given where a side has fewer than 10 answers (`reason` "few_answers"): its error would be
    too small.
    """
    both = cases(requests, event, STRATUM, as_of=as_of)
    counts = day_counts(both, ["direction", STRATUM, "arm"])
    rows = []
    for code in both["direction"].unique():
        mine = counts.where(counts.groups["direction"].eq(code))
        if set(mine.groups["arm"]) == set(PAIR):
            rows += [row.assign(direction=code) for row in _figures(mine, days)]
    columns = ["direction", "figure", *FIGURES, "left_out", "reason"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def _figures(counts: DayCounts, days: int) -> list[pd.DataFrame]:
    whole = counts.over(STRATUM)
    totals = whole.totals().set_index("arm")["answered"]
    answers = {f"answers_{arm}": int(totals[arm]) for arm in (BEFORE, AFTER)}
    tau = min(days, *whole.known_to())
    if min(answers.values()) < FEWEST_ANSWERS or tau < 1:
        found = {name: pd.DataFrame({"reason": ["few_answers"]}) for name in FIGURE}
    else:
        median = quantile_difference(whole, 0.5, "arm", PAIR)
        restricted = rmst_difference(whole, tau, "arm", PAIR)
        mixed = standardised(counts, days, "arm", STRATUM, arms=PAIR)
        found = dict(zip(FIGURE, (median, restricted, mixed), strict=True))
    columns = ["figure", *FIGURES, "left_out", "reason"]
    return [table.assign(figure=name, **answers).reindex(columns=columns) for name, table in found.items()]


def other_dates(
    requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str, days: int = 180
) -> pd.DataFrame:
    """The same differences at dates on which nothing is known to have happened: columns of
    `differences` and `event`, every twelfth month from it with at least a year on either side.

    A date before the event is judged by the time before the event alone, one after it by the time after.
    If many of them differ too, so does any day.
    """
    day, found = pd.Timestamp(event), []
    for arm, (seen, last) in arms(requests, event, as_of=as_of).items():
        first = seen["observed_from"].max() if seen["observed_from"].notna().any() else day
        span = (first, last) if arm == BEFORE else (day, last)
        for years in range(-30, 31):
            date = day + pd.DateOffset(years=years)
            if span[0] + YEAR <= date <= span[1] - YEAR:
                found.append(differences(seen, date, as_of=last, days=days).assign(event=date))
    columns = ["direction", "event", "figure", *FIGURES, "left_out", "reason"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)
