"""Co-operation beside legal flows: how many requests a partner's trade or visitors would give, and how many there were.

A table of the workspace says how much passes between the country and each partner. Requests are taken to grow with a power
of it, which is fitted to all other partners (quasi-Poisson; McCullagh and Nelder, Generalized Linear Models, 1989, 9.2),
so that no partner explains itself. Nobody is ranked: named is who lies beyond what chance and the ordinary differences
between partners give. It is no finding that illicit flows are as large as legal ones.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlastats.measure.channels import begun
from mlastats.measure.contract import Day, measure
from mlastats.measure.funnels import ABOVE, BELOW, FEW_GROUPS, NAMED, WITHIN

PARTNERS = 10


@measure
def gap(requests: pd.DataFrame, flows: Mapping[str, float], *, as_of: Day) -> pd.DataFrame:
    """Requests of each partner beside what its flow would give: `direction partner`, then

    `amount` (of `flows`, by partner, above 0), `requests` begun by the cut, `expected lower upper` (how many the flow would
    give, and in 95 of 100 such partners), `ratio` (requests over expected), `chance` (two-sided) and `stands`: "below",
    "above" (chance under .2 %), "within", or "few_groups" where the direction has no request or `flows` fewer than ten
    partners. Partners without a flow are left out, those without a request are not.

    >>> flows = {"THA": 90, "VNM": 80, "CHN": 70, "KHM": 20, "MMR": 15, "KOR": 12, "JPN": 9, "AUS": 5, "FRA": 4, "USA": 4}
    >>> measure.gap.gap(requests, flows, as_of="2026-09-30").columns.tolist()[:6]
    ['direction', 'partner', 'amount', 'requests', 'expected', 'lower']
    """
    amounts = pd.Series(dict(flows), dtype=float).sort_values(ascending=False, kind="stable")
    made = begun(requests, "partner", as_of=as_of).astype("str")
    parts = []
    for direction, rows in made.groupby("direction", sort=False):
        counts = rows["partner"].value_counts().reindex(amounts.index, fill_value=0)
        table = pd.DataFrame({"direction": direction, "partner": amounts.index, "amount": amounts.to_numpy()})
        told = len(amounts) >= PARTNERS and counts.gt(0).sum() > 1
        figures = beside_others(np.log(amounts.to_numpy()), counts.to_numpy(float), told)
        parts.append(table.assign(requests=counts.to_numpy(), **figures))
    names = ["direction", "partner", "amount", "requests", *FIGURES]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    return table[names]


FIGURES = ("expected", "lower", "upper", "ratio", "chance", "stands")


def beside_others(x: np.ndarray, counts: np.ndarray, told: bool = True) -> dict[str, np.ndarray]:
    """FIGURES of each count by a Poisson regression on x of all the others, over-dispersed as these are, and no less than
    Poisson. What a further count may be is negative binomial, with the error of the fit in its variance.

    >>> x, counts = pd.Series(range(6)).to_numpy(float), pd.Series([1, 2, 4, 8, 16, 32]).to_numpy(float)
    >>> measure.gap.beside_others(x, counts)["expected"].round().tolist()
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    """
    from scipy.stats import nbinom, norm, t

    none = np.full(len(x), np.nan)
    figures = {**dict.fromkeys(FIGURES[:5], none), "stands": np.full(len(x), FEW_GROUPS, dtype=object)}
    if not told:
        return figures
    freedom, rows = len(x) - 3, []
    for place, (at, count) in enumerate(zip(x, counts, strict=True)):
        others = np.arange(len(x)) != place
        coefficients, covariance, dispersion = quasi_poisson(x[others], counts[others])
        point = np.array([1, at])
        mean = float(np.exp(point @ coefficients))
        variance = max(dispersion, 1 + 1e-9) * mean + mean**2 * float(point @ covariance @ point)
        law = nbinom(mean**2 / (variance - mean), mean / variance)
        # The dispersion is known from few: tails are those of t on its degrees of freedom.
        wide = norm.sf(t.isf(0.025, freedom))
        tail = t.sf(norm.isf(min(law.cdf(count), law.sf(count - 1))), freedom)
        rows.append((mean, law.ppf(wide), law.isf(wide), count / mean, min(1.0, 2 * tail)))
    figures |= dict(zip(FIGURES[:5], np.array(rows).T, strict=True))
    far = figures["chance"] < NAMED
    figures["stands"] = np.select(
        [far & (figures["ratio"] < 1), far & (figures["ratio"] > 1)], [BELOW, ABOVE], WITHIN
    )
    return figures


def quasi_poisson(x: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The coefficients of log(mean) = a + b x, their covariance and the dispersion (Pearson's, 1 at least), by Newton's
    method from the mean of the counts on.

    >>> x, counts = pd.Series(range(4)).to_numpy(float), pd.Series([1, 2, 4, 8]).to_numpy(float)
    >>> [round(2.718281828459045**c, 6) for c in measure.gap.quasi_poisson(x, counts)[0].tolist()]
    [1.0, 2.0]
    """
    centre = x.mean()
    design = np.column_stack([np.ones(len(x)), x - centre])
    beta = np.array([np.log(max(counts.mean(), 1e-9)), 0.0])
    for _step in range(100):
        mean = np.exp(np.clip(design @ beta, -50, 50))
        information = design.T @ (design * mean[:, None])
        move = np.linalg.solve(information, design.T @ (counts - mean))
        beta = beta + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-10:
            break
    mean = np.exp(np.clip(design @ beta, -50, 50))
    dispersion = max(1.0, float(((counts - mean) ** 2 / mean).sum() / (len(x) - 2)))
    back = np.array([[1, -centre], [0, 1]])
    covariance = back @ np.linalg.inv(design.T @ (design * mean[:, None])) @ back.T * dispersion
    return back @ beta, covariance, dispersion
