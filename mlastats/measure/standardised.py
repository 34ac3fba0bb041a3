"""Two groups brought to one mix: compared within strata, each stratum weighing what all its requests weigh."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.comparisons import recovered, two_arms
from mlastats.measure.tally import grouped

if TYPE_CHECKING:
    from mlastats.measure.daycounts import DayCounts

IN_EACH_ARM = 5
MOST_LEFT_OUT = 0.3
AT_RISK = 10
MEASURES = {"rmst": "rmst", "answered_within": "share"}


def standardised(
    counts: "DayCounts",
    standard: float,
    arm: str,
    strata: "str | Sequence[str]",
    *,
    arms: "Sequence[Any] | None" = None,
    measure: str = "rmst",
) -> pd.DataFrame:
    """Two groups compared as if they had had the same mix of strata: one row for each combination of the
    columns of `by` that are neither `arm` nor `strata`.

    `measure` is "rmst" (days without an answer up to tau) or "answered_within" (share answered by tau).
    Kept are the strata with at least 5 requests in each arm; each weighs what all its requests weigh.
    `tau` is the standard, or the last day before it to which every arm of the strata kept is known: with
    10 at risk in each arm over these strata, and someone at risk in each stratum (an arm of which none
    was pending is known for good).

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
    groups, number = grouped(counts.groups[rest], len(counts.groups))
    rows = [
        _one_mix(counts.where(number == place), standard, (arm, pair), names, measure)
        for place in range(len(groups))
    ]
    columns = ["tau", *map(str, pair), "difference", "lower", "upper"]
    columns += ["requests", "strata", "kept", "left_out", "reason"]
    return pd.concat([groups, pd.DataFrame(rows, columns=columns, index=groups.index)], axis=1)


def _one_mix(
    counts: "DayCounts", standard: float, arms: tuple[str, tuple[Any, Any]], strata: list[str], measure: str
) -> tuple[Any, ...]:
    arm, pair = arms
    _names, stratum = grouped(counts.groups[strata], len(counts.groups))
    size = counts.sizes()
    weights = np.bincount(stratum, size)
    sizes = np.array([np.bincount(stratum, size * counts.groups[arm].eq(one), len(weights)) for one in pair])
    kept = sizes.min(axis=0) >= IN_EACH_ARM
    left_out = 1 - weights[kept].sum() / weights.sum() if weights.sum() else np.nan
    account = (int(weights.sum()), int((weights > 0).sum()), int(kept.sum()), left_out)
    if not kept.any() or left_out > MOST_LEFT_OUT:
        return (np.nan,) * 6 + (*account, "left_out" if kept.any() else "none")
    used = counts.where(kept[stratum] & counts.groups[arm].isin(pair))
    tau = min(standard, _known_to(used, arm))
    if tau < 1:
        return (np.nan,) * 6 + (*account, "few_at_risk")
    values = _values(used, tau, measure).assign(
        stratum=stratum[kept[stratum] & counts.groups[arm].isin(pair)]
    )
    parts = [values[values[arm].eq(one)].sort_values("stratum") for one in pair]
    return (tau, *recovered(parts[0], parts[1], weights[kept]), *account, "")


def _values(counts: "DayCounts", tau: float, measure: str) -> pd.DataFrame:
    table = counts.rmst(tau, fewest=0) if measure == "rmst" else counts.answered_within(tau, fewest=0)
    return table.rename(columns={MEASURES[measure]: "value"})


def _known_to(counts: "DayCounts", arm: str) -> float:
    """The last day to which both arms are known, over their strata and within each."""
    whole = counts.over([name for name in counts.by if name != arm])
    return min(whole.known_to(AT_RISK).min(), counts.known_to(1).min())
