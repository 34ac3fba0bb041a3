"""Intervals of plain shares: of one, and of its change from period to period."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError

FEWEST_PERIODS = 5
EXPECTED = 5


def wilson(successes: Any, total: Any, level: float = 0.95) -> tuple[Any, Any]:
    """The limits of Wilson's score interval of successes / total, for numbers, arrays or Series.

    Shares between 0 and 1; missing where the total is 0 or missing (Wilson 1927; Newcombe 1998,
    method 3). Raises ConfigurationError where successes are not between 0 and the total.
    """
    k, n = _checked(successes, total, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At 0 and at the total the limit is 0 and 1; rounding must not carry it past them.
    lower, upper = np.where(k == 0, 0, centre - half), np.where(k == n, 1, centre + half)
    none = ~(n > 0)
    return _like(np.where(none, np.nan, lower), successes), _like(np.where(none, np.nan, upper), successes)


def share(frame: pd.DataFrame, numerator: str, denominator: str, name: str = "share") -> pd.DataFrame:
    """The share of two columns of counts with its interval: `name`, `<name>_lower`, `<name>_upper`."""
    lower, upper = wilson(frame[numerator], frame[denominator])
    whole = frame[denominator].where(frame[denominator].gt(0))
    return pd.DataFrame({name: frame[numerator] / whole, f"{name}_lower": lower, f"{name}_upper": upper})


def differ(part: pd.Series, whole: pd.Series) -> float:
    """How often shares would differ as much by chance alone, had all groups one share: the p of chi-squared.

    Groups are joined, the smallest first, until each expects five of either kind (Cochran, Biometrics 1954);
    missing where fewer than two are left.
    """
    from scipy.stats import chi2

    k, n = _checked(part, whole, 0.95)
    mean = k.sum() / n.sum() if n.sum() else 0.0
    joined: list[tuple[float, float]] = []
    for one, size in sorted(zip(k, n, strict=True), key=lambda group: group[1]):
        if joined and joined[-1][1] * min(mean, 1 - mean) < EXPECTED:
            last = joined.pop()
            one, size = one + last[0], size + last[1]
        joined.append((one, size))
    if len(joined) < 2 or mean in (0, 1):
        return float("nan")
    statistic = sum((one - size * mean) ** 2 / (size * mean * (1 - mean)) for one, size in joined)
    return float(chi2.sf(statistic, len(joined) - 1))


def not_apart(part: pd.Series, whole: pd.Series, place: int) -> np.ndarray:
    """Which groups cannot be told from the one at a place: Fisher's exact test of the two, p of .05 or more."""
    from scipy.stats import fisher_exact

    k, n = _checked(part, whole, 0.95)
    mine = [k[place], n[place] - k[place]]
    return np.array(
        [fisher_exact([mine, [a, b - a]]).pvalue >= 0.05 for a, b in zip(k, n, strict=True)], dtype=bool
    )


@dataclass(frozen=True)
class Slope:
    """By how much a figure changes from one period to the next, with 95% limits, and how often chance alone would give
    as much (`p`). All are missing, with the `reason`, where nothing can be told: "few_periods" (fewer than five) or
    "no_scatter" (they lie on a line exactly)."""

    change: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    p: float = float("nan")
    periods: int = 0
    reason: str = ""


def slope(values: Any, weights: Any = None, at: Any = None) -> Slope:
    """The trend of figures over periods: the slope of a weighted straight line, by t on two degrees of freedom fewer
    than periods, so that years which scatter more than counts do have a wider interval.

    `weights` are the requests on which each figure rests (1 if not given; a period without one says nothing), `at`
    numbers the periods. Counts are given as their roots, sqrt(count + 3/8) (Anscombe, Biometrika 1948).
    """
    from scipy.special import stdtr, stdtrit

    y = np.asarray(values, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    x = np.arange(len(y), dtype=float) if at is None else np.asarray(at, dtype=float)
    seen = np.isfinite(y) & (w > 0)
    y, w, x = y[seen], w[seen], x[seen]
    if len(y) < FEWEST_PERIODS:
        return Slope(periods=len(y), reason="few_periods")
    x = x - np.average(x, weights=w)
    spread, df = (w * x**2).sum(), len(y) - 2
    change = (w * x * y).sum() / spread
    rest = y - np.average(y, weights=w) - change * x
    error = np.sqrt((w * rest**2).sum() / df / spread)
    if not error > 1e-12:
        return Slope(periods=len(y), reason="no_scatter")
    half = stdtrit(df, 0.975) * error
    p = 2 * stdtr(df, -abs(change) / error)
    return Slope(float(change), float(change - half), float(change + half), float(p), len(y))


def _checked(successes: Any, total: Any, level: float) -> tuple[np.ndarray, np.ndarray]:
    k, n = (
        pd.to_numeric(pd.Series(np.atleast_1d(v))).to_numpy(dtype=float, na_value=np.nan)
        for v in (successes, total)
    )
    if not 0 < level < 1:
        raise ConfigurationError(f"`level` must be between 0 and 1, as 0.95; got {level!r}.")
    if len(k) != len(n):
        raise ConfigurationError(f"`successes` and `total` must be as many; got {len(k)} and {len(n)}.")
    wrong = (k < 0) | (k > n)
    if wrong.any():
        raise ConfigurationError(
            f"`successes` must be between 0 and `total`; {int(wrong.sum())} of {len(k)} are not. "
            "The total must hold what is counted of it."
        )
    return k, n


def _like(values: np.ndarray, given: Any) -> Any:
    if isinstance(given, pd.Series):
        return pd.Series(values, index=given.index)
    return values if np.ndim(given) else float(values[0])
