"""Funnels: which groups lie further from the others than chance and ordinary differences between them explain.

Nobody is ranked: of fifteen groups that do not differ at all one is always last. A group is named by the exact tail of a
beta-binomial around what its own mix of kinds would give. The curves drawn are interpolated (Spiegelhalter, Statistics in
Medicine 2005, appendix) and name nobody: interpolation can exceed its nominal chance (Manktelow and Seaton, PLoS ONE
2012). docs/signals.md says how often somebody is named though nobody stands out, and who is found.
"""

import functools
from typing import Any

import numpy as np
import pandas as pd

from mlastats.measure.groups import UNRECORDED

# Groups from so many cases on, three of them at least; how far they differ is taken from them where they are eight.
CASES, GROUPS, MANY = 10, 3, 8
# Shares of groups that differ by about five points are ordinary (as a standard deviation); named at 99.8 %.
ORDINARY, NAMED = 0.05, 0.002
# Of the cases so many must be of kinds that several groups handle.
COMPARED = 0.5
BELOW, WITHIN, ABOVE = "below", "within", "above"
FEW, FEW_GROUPS, UNLIKE, ALONE = "few", "few_groups", "unlike", "alone"
# Points at which the differences of a group are looked at, of Gauss and Legendre.
NODES = 128


def funnel(cases: pd.DataFrame, by: str, within: str = "kind", mark: str = "on_time") -> pd.DataFrame:
    """Each group's share of cases with the mark beside what its kinds would give: one row a level of `by`.

    `cases` (all), `compared` (of kinds that two groups or more handle, and 10 or more), `marked` of these, `expected` (the
    sum over kinds of its cases times the share of all groups compared), `adjusted` (the share of all, plus marked less
    expected, over compared; 0 to 1), `target` (the share of all), `spread` (the standard deviation of shares that is taken
    for ordinary: 5 points, or what is found between eight groups or more, where that is larger), `chance` (two-sided),
    `stands`: "above", "below", "within"; "few" (fewer than 10), "alone" (fewer than 10 of kinds that another handles too),
    and where none is told "few_groups" (fewer than three) or "unlike" (of these less than half is of such kinds).

    >>> cases = pd.DataFrame({"agency": list("abc") * 40, "kind": "mla", "on_time": [True, False] * 60})
    >>> measure.funnels.funnel(cases, "agency")["stands"].tolist()
    ['within', 'within', 'within']
    """
    counted = cases[cases[by].ne(UNRECORDED)].astype({by: "str", within: "str"})
    sizes = counted.groupby([by, within])[mark].agg(n="size", x="sum").reset_index()
    table = sizes.groupby(by)["n"].sum().rename("cases").reset_index()
    held = sizes
    # A kind that one group alone handles compares it with itself; without it another group may be too small.
    while True:
        enough = held.groupby(by)["n"].transform("sum").ge(CASES)
        left = held[enough]
        left = left[left.groupby(within)[by].transform("nunique").ge(2)]
        if len(left) == len(held):
            break
        held = left
    sums = held.groupby(by)[["n", "x"]].sum()
    table[["compared", "marked"]] = sums.reindex(table[by]).to_numpy(float)
    columns = ["expected", "adjusted", "target", "spread", "chance"]
    apart = np.select([table["compared"].notna(), table["cases"].lt(CASES)], ["", FEW], ALONE)
    whole = table.loc[table["compared"].notna(), "cases"].sum()
    if len(sums) < GROUPS or sums["n"].sum() < COMPARED * whole:
        why = FEW_GROUPS if len(sums) < GROUPS else UNLIKE
        return table.assign(**dict.fromkeys(columns, np.nan), stands=np.where(apart == "", why, apart))
    kinds = held.groupby(within)[["n", "x"]].sum()
    shares = (kinds["x"] + 0.5) / (kinds["n"] + 1)
    mixes = {code: rows.set_index(within) for code, rows in held.groupby(by)}
    target = (sums["x"].sum() + 0.5) / (sums["n"].sum() + 1)
    expected = pd.Series({code: (mix["n"] * shares[mix.index]).sum() for code, mix in mixes.items()})
    noise = pd.Series(
        {code: (mix["n"] * (shares * (1 - shares))[mix.index]).sum() for code, mix in mixes.items()}
    )
    found = between(sums["x"] - expected, noise, sums["n"]) if len(sums) >= MANY else 0.0
    spread = max(ORDINARY, found)
    rows = []
    for code, n, x in zip(table[by], table["compared"], table["marked"], strict=True):
        if code not in mixes:
            rows.append([np.nan] * len(columns))
            continue
        law = mixed(mixes[code]["n"], shares[mixes[code].index], spread)
        chance = 2 * min(law[: int(x) + 1].sum(), law[int(x) :].sum())
        adjusted = min(1.0, max(0.0, target + (x - expected[code]) / n))
        rows.append([expected[code], adjusted, target, spread, min(1.0, chance)])
    table[columns] = np.array(rows)
    side = np.where(table["marked"].gt(table["expected"]), ABOVE, BELOW)
    told = np.where(table["chance"].le(NAMED), side, WITHIN)
    return table.assign(stands=np.where(apart == "", told, apart))


def tail(part: int, whole: int, target: float, spread: float) -> float:
    """How often a group would lie as far out, two-sided (twice the smaller tail, both with the value itself): of a
    beta-binomial with the mean `target` whose shares have the standard deviation `spread`; binomial where that is 0.

    >>> round(measure.funnels.tail(2, 20, 0.5, 0), 4)
    0.0004
    """
    law = _law(whole, target, spread)
    return float(min(1.0, 2 * min(law.cdf(part), law.sf(part - 1))))


def limit(whole: int, target: float, spread: float, level: float) -> float:
    """The share below which a group of this size lies with the chance `level`, interpolated between whole cases:
    (r - (F(r) - level) / P(r)) / n, r being the least with F(r) above it.

    >>> round(measure.funnels.limit(100, 0.5, 0, 0.025), 3)
    0.397
    """
    chances, below = _chances(whole, target, spread)
    r = int(np.searchsorted(below, level, side="right"))
    if r > whole:
        return 1.0
    return float(np.clip((r - (below[r] - level) / chances[r]) / whole, 0, 1))


def between(excess: pd.Series, noise: pd.Series, sizes: pd.Series) -> float:
    """How far the shares of groups truly differ, as a standard deviation: DerSimonian and Laird's moment of the
    standardised differences, of which a tenth is winsorised at either end. `excess` is what came less what was expected,
    `noise` its binomial variance, in cases.

    >>> noise, sizes = pd.Series([25.0] * 4), pd.Series([100] * 4)
    >>> measure.funnels.between(pd.Series([-1.0, 1.0, -1.0, 1.0]), noise, sizes)
    0.0
    """
    z = excess / np.sqrt(noise)
    z = z.clip(*np.quantile(z, [0.1, 0.9]))
    weight = sizes**2 / noise
    spare = (z**2).sum() - (len(z) - 1)
    return float(np.sqrt(max(0.0, spare / (weight.sum() - (weight**2).sum() / weight.sum()))))


def mixed(sizes: pd.Series, shares: pd.Series, spread: float) -> np.ndarray:
    """The chances of 0, 1, ... in all, of kinds of `sizes` whose shares a group raises or lowers together by about
    `spread`: binomials convolved, over the differences of the group (each kind's share at the same place of its beta
    law). Of one kind alone it is the beta-binomial.

    >>> measure.funnels.mixed(pd.Series([1, 1]), pd.Series([0.5, 0.5]), 0).round(2).tolist()
    [0.25, 0.5, 0.25]
    """
    from scipy.special import betaincinv
    from scipy.stats import binom

    if len(sizes) == 1:
        return np.asarray(_law(int(sizes.iloc[0]), shares.iloc[0], spread).pmf(np.arange(sizes.iloc[0] + 1)))
    nodes, weights = _nodes(NODES if spread else 1)
    places, laws = (nodes + 1) / 2, np.ones((len(nodes), 1))
    for n, p in zip(sizes.to_numpy(int), shares.to_numpy(float), strict=True):
        size = _size(p, spread)
        own = betaincinv(p * size, (1 - p) * size, places) if spread else np.array([p])
        kind = binom.pmf(np.arange(n + 1), n, own[:, None])
        laws = np.array([np.convolve(law, more) for law, more in zip(laws, kind, strict=True)])
    return np.asarray(weights / 2 @ laws)


def power(whole: int, share: float, target: float, spread: float, all_cases: float) -> float:
    """How often a group of this size is named whose own share is `share`, where `target` is usual: it pulls the share of
    all towards its own, by its part of `all_cases`.

    >>> round(measure.funnels.power(100, 0.2, 0.5, 0.05, 1000), 2)
    0.91
    """
    from scipy.stats import binom

    pulled = target + whole / all_cases * (share - target)
    law = _law(whole, pulled, spread)
    counts = np.arange(whole + 1)
    named = 2 * np.minimum(law.cdf(counts), law.sf(counts - 1)) <= NAMED
    return float(binom.pmf(counts, whole, share)[named].sum())


@functools.cache
def _nodes(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(n)


@functools.lru_cache(4)
def _chances(whole: int, target: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """The chance of 0, 1, ... cases, and of that many or fewer: once for all levels of a size, since scipy adds up anew
    for every number of cases."""
    chances = _law(whole, target, spread).pmf(np.arange(whole + 1))
    return chances, chances.cumsum()


def _law(whole: int, target: float, spread: float) -> Any:
    from scipy.stats import betabinom, binom

    if not spread:
        return binom(whole, target)
    size = _size(target, spread)
    return betabinom(whole, target * size, (1 - target) * size)


def _size(share: float, spread: float) -> float:
    """a + b of the beta law with this mean and standard deviation, of which half the binomial's range is the most."""
    return 1 / min(0.5, max(1e-6, spread**2 / (share * (1 - share)))) - 1
