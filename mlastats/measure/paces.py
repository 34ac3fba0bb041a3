"""Paces: which groups are answered slowest, and groups joined until a test of them holds its level."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mlastats.measure.comparisons import by_day, logrank
from mlastats.measure.daycounts import IN_WORDS, DayCounts
from mlastats.measure.tally import numbered

FEWEST_EXPECTED = 5


def joined(counts: DayCounts, *, neighbours: bool = False) -> DayCounts:
    """The groups taken together until each has 5 expected answers, so that a test of them holds its level: `neighbours`
    from the first on (years), else the small ones. The groups of the result are numbered, as `joined`."""
    expected = expected_answers(counts)[1]
    if neighbours:
        label, so_far, labels = 0, 0.0, []
        for size in expected:
            labels.append(label)
            so_far += size
            if so_far >= FEWEST_EXPECTED:
                label, so_far = label + 1, 0.0
        number = np.minimum(labels, max(label - 1, 0)) if len(labels) else np.zeros(0, dtype=int)
    else:
        order, number = np.argsort(expected, kind="stable"), np.arange(len(expected))
        small = int((expected < FEWEST_EXPECTED).sum())
        while 0 < small < len(order) and expected[order[:small]].sum() < FEWEST_EXPECTED:
            small += 1
        number[order[:small]] = order[0] if small else 0
    groups, place = numbered(pd.Series(number, name="joined"), len(number))
    return replace(counts, groups=groups, cells=counts.cells.rearranged(place[counts.cells.group]))


def slowest(counts: DayCounts) -> pd.DataFrame:
    """Which groups cannot be told from the slowest, and which from the fastest: the columns of `by`, `answered
    expected` (of the log-rank test), `p` (that all together are answered at one pace, by the log-rank test of the
    groups `joined`), `slowest fastest`.

    The slowest has the fewest answers for those expected; with it stand all from which it does not differ (log-rank of
    the two, p of .05 or more). Groups with fewer than 5 expected answers or 20 requests are neither. A claim is made
    where `p` is small alone.
    """
    answered, expected = expected_answers(counts)
    table = counts.groups.assign(answered=answered, expected=expected, p=np.nan, slowest=False, fastest=False)
    large = np.flatnonzero((expected >= FEWEST_EXPECTED) & (counts.sizes() >= IN_WORDS))
    together = joined(counts)
    if len(large) < 2 or len(together.groups) < 2:
        return table
    table["p"] = logrank(together).p
    ratio = answered[large] / expected[large]
    for name, first in (("slowest", large[ratio.argmin()]), ("fastest", large[ratio.argmax()])):
        tied = [place for place in large.tolist() if place == first or not _differ(counts, int(first), place)]
        table.loc[table.index[tied], name] = True
    return table


def expected_answers(counts: DayCounts) -> tuple[np.ndarray, np.ndarray]:
    """How many answers each group has, and how many it would have at the pace of all: the log-rank test's."""
    size = len(counts.groups)
    at_risk, answered, _other = by_day(counts, np.arange(size), np.ones(size, dtype=bool), None)
    came = answered.sum(axis=1, keepdims=True)
    return answered.sum(axis=0), (came * at_risk / at_risk.sum(axis=1, keepdims=True)).sum(axis=0)


def _differ(counts: DayCounts, one: int, other: int) -> bool:
    return logrank(counts.where(np.isin(np.arange(len(counts.groups)), (one, other)))).p < 0.05
