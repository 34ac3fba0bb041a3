"""Two groups brought to one mix: compared within strata, each stratum weighing what all its requests weigh."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.comparisons import recovered, two_arms
from mlastats.measure.daycounts import FEW, FEWEST, NONE, DayCounts
from mlastats.measure.tally import numbered

IN_EACH_ARM = 5
MOST_LEFT_OUT = 0.3
MEASURES = {"rmst": "rmst", "answered_within": "share"}


def standardised(
    counts: DayCounts,
    standard: float,
    arm: str,
    strata: "str | Sequence[str]",
    *,
    arms: Sequence[Any] | None = None,
    measure: str = "rmst",
) -> pd.DataFrame:
    """Two groups compared as if they had had the same mix of strata: one row for each combination of the
    columns of `by` that are neither `arm` nor `strata`.

    `measure` is "rmst" (days without an answer up to tau) or "answered_within" (share answered by tau).
    `tau` is the standard, or the last day before it to which both arms are known; a stratum is kept where each arm
    rests on at least 5 requests up to then, and weighs what all its requests weigh. No request weighs more than a
    tenth of the figure either: tau is the last day on which what each arm of a stratum rests on is at least ten times
    the stratum's weight.

    Columns: `tau`, one for each of the two arms (its weighted sum), `difference` (the first minus the second)
    `lower upper` (from the strata's own limits, Zou and Donner 2008), `requests strata kept` and
    `left_out`, the share of the requests outside the strata kept. `reason` says why there is no figure:
    "none" (no stratum is kept), "left_out" (more than 30%) or "few_at_risk" (an arm is known to no day).
    """
    one_of("measure", measure, MEASURES)
    pair = two_arms(counts, arm, arms)
    names = [strata] if isinstance(strata, str) else list(strata)
    for name in names:
        one_of("strata", name, [name for name in counts.by if name != arm])
    rest = [name for name in counts.by if name not in (arm, *names)]
    groups, number = numbered(counts.groups[rest], len(counts.groups))
    rows = [
        _standardise(counts.where(number == place), standard, (arm, pair), names, measure)
        for place in range(len(groups))
    ]
    columns = ["tau", *map(str, pair), "difference", "lower", "upper"]
    columns += ["requests", "strata", "kept", "left_out", "reason"]
    return pd.concat([groups, pd.DataFrame(rows, columns=columns, index=groups.index)], axis=1)


def _standardise(
    counts: DayCounts, standard: float, arms: tuple[str, tuple[Any, Any]], strata: list[str], measure: str
) -> tuple[Any, ...]:
    arm, pair = arms
    _names, stratum = numbered(counts.groups[strata], len(counts.groups))
    inside = counts.groups[arm].isin(pair).to_numpy()
    weights = np.bincount(stratum, counts.sizes())
    tau = min(standard, counts.where(inside).over(strata).known_until().min(initial=np.inf))
    enough = inside & (counts.known_until(IN_EACH_ARM) >= max(tau, 0))
    kept = np.bincount(stratum, enough, len(weights)) == len(pair)
    left_out = 1 - weights[kept].sum() / weights.sum() if weights.sum() else np.nan
    account = (int(weights.sum()), int((weights > 0).sum()), int(kept.sum()), left_out)
    if not kept.any() or left_out > MOST_LEFT_OUT:
        return (np.nan,) * 6 + (*account, "left_out" if kept.any() else NONE)
    rows = inside & kept[stratum]
    used, weight = counts.where(rows), weights[stratum[rows]] / weights[kept].sum()
    tau = min(tau, used.known_until(FEWEST * weight).min())
    if tau < 1:
        return (np.nan,) * 6 + (*account, FEW)
    table = used.rmst(tau, fewest=0) if measure == "rmst" else used.answered_within(tau, fewest=0)
    table = table.rename(columns={MEASURES[measure]: "value"}).assign(stratum=stratum[rows])
    parts = [table[table[arm].eq(one)].sort_values("stratum") for one in pair]
    return (tau, *recovered(parts[0], parts[1], weights[kept]), *account, "")
