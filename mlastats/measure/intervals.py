"""Intervals of plain shares: of one, and of its change from period to period."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError

FEWEST_PERIODS = 3
MOST_STEPS = 50


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
    """The share of two columns of counts with its interval: `name`, `name`_lower, `name`_upper."""
    lower, upper = wilson(frame[numerator], frame[denominator])
    whole = frame[denominator].where(frame[denominator].gt(0))
    return pd.DataFrame({name: frame[numerator] / whole, f"{name}_lower": lower, f"{name}_upper": upper})


@dataclass(frozen=True)
class Slope:
    """By how much a share changes from one period to the next, as a difference of shares.

    `change lower upper` are missing, with the `reason`, where nothing can be estimated:
    "few_periods" (fewer than three with a case), "no_variation" (always none, or always all) or
    "separated" (none up to some period and all from it on, or the reverse: any steepness would fit).
    `dispersion` is how much more the share scatters about its trend than counts of cases would.
    """

    change: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    periods: int = 0
    dispersion: float = float("nan")
    reason: str = ""


def slope(successes: Any, total: Any, at: Any = None, level: float = 0.95) -> Slope:
    """The trend of a share over periods: its average change from one to the next, with an interval.

    `at` numbers the periods (0, 1, 2, ... if not given); periods without a case say nothing. A
    binomial regression with a logit link, whose average slope over the cases is the change (Agresti,
    Categorical Data Analysis, 2013, 5.1 and 6.1; the interval by the delta method). Where shares scatter
    more than counts do, the interval is widened by that (quasi-binomial, dispersion at least 1).
    """
    k, n = _checked(successes, total, level)
    x = np.arange(len(k), dtype=float) if at is None else np.asarray(at, dtype=float)
    seen = n > 0
    k, n, x = k[seen], n[seen], x[seen]
    if len(n) < FEWEST_PERIODS:
        return Slope(periods=len(n), reason="few_periods")
    if k.sum() in (0, n.sum()):
        return Slope(periods=len(n), reason="no_variation")
    if _separated(k, n, x):
        return Slope(periods=len(n), reason="separated")
    change, error, dispersion = _fitted(k, n, x - np.average(x, weights=n))
    z = NormalDist().inv_cdf((1 + level) / 2)
    return Slope(change, change - z * error, change + z * error, len(n), dispersion)


def _separated(k: np.ndarray, n: np.ndarray, x: np.ndarray) -> bool:
    """Whether one period parts those that are from those that are not."""
    are, are_not = x[k > 0], x[k < n]
    return bool(are_not.max() <= are.min() or are.max() <= are_not.min())


def _fitted(k: np.ndarray, n: np.ndarray, x: np.ndarray) -> tuple[float, float, float]:
    """The average slope of the fitted share, its error, and the dispersion."""
    design = np.column_stack([np.ones_like(x), x])
    at = np.array([np.log((k.sum() + 0.5) / (n.sum() - k.sum() + 0.5)), 0.0])
    for _step in range(MOST_STEPS):
        p = 1 / (1 + np.exp(-design @ at))
        information = design.T @ (design * (n * p * (1 - p))[:, None])
        step = np.linalg.solve(information, design.T @ (k - n * p))
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    p = 1 / (1 + np.exp(-design @ at))
    steep = p * (1 - p)
    pearson = ((k - n * p) ** 2 / (n * steep)).sum()
    dispersion = max(1.0, float(pearson / (len(n) - 2)))
    b, weight, bend = at[1], n / n.sum(), steep * (1 - 2 * p)
    covariance = np.linalg.inv(design.T @ (design * (n * steep)[:, None])) * dispersion
    gradient = np.array([b * (weight * bend).sum(), (weight * (steep + b * bend * x)).sum()])
    return float(b * (weight * steep).sum()), float(np.sqrt(gradient @ covariance @ gradient)), dispersion


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
