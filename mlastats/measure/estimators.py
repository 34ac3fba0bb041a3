"""The estimators behind counts by day, for many groups at once: curves, limits, quantiles, means.

Arrays run over the days of all groups, one group after the other; `bounds` says where each begins and
where the last one ends. Sources: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time
Data, 2002, 1.4 and 8.2.4; Brookmeyer and Crowley, Biometrics 1982.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mlastats.measure.tally import Cells

Z = 1.959963984540054
# Within this of a tie floating point cannot tell; whole numbers do.
NEAR = 1e-9


@dataclass(frozen=True)
class Steps:
    """The days on which a request ended, and the share not answered after each (`open`), with its error.

    `at_risk`, `ended` by any cause and `answered` are counts. `before` is the share not ended at all
    before the day. Without competing causes `open` is the product limit and `error` Greenwood's; with
    them `open` is one minus Aalen and Johansen's incidence, with the error by the delta method.
    """

    group: np.ndarray
    day: np.ndarray
    bounds: np.ndarray
    at_risk: np.ndarray
    ended: np.ndarray
    answered: np.ndarray
    before: np.ndarray
    open: np.ndarray
    error: np.ndarray


def steps(cells: Cells, answers: tuple[str, ...], groups: int) -> Steps:
    """The steps of each group's curve of an answer, whose causes are `answers`."""
    ended, answered = cells.ended(), cells.ended(answers)
    at = np.flatnonzero(ended > 0)
    group, n, e, a = (x.take(at) for x in (cells.group, cells.at_risk(), ended, answered))
    bounds = np.searchsorted(group, np.arange(groups + 1))
    after = accumulate(np.multiply, (n - e) / n, bounds)
    before = _before(after, bounds)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = accumulate(np.add, e / (n * (n - e)), bounds)
        np.multiply(after, np.sqrt(error, out=error), out=error)
    free = after
    rival = np.zeros(groups, dtype=bool)
    rival[group[np.flatnonzero(e != a)]] = True
    if rival.any():
        free, some = after.copy(), rival[group]
        inner = np.concatenate([[0], np.cumsum(np.diff(bounds) * rival)])
        free[some], error[some] = _incidence(n[some], e[some], a[some], before[some], inner)
    return Steps(group, cells.day.take(at), bounds, n, e, a, before, free, error)


def accumulate(ufunc: np.ufunc, values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """ufunc.accumulate within each group: group by group, or place by place where groups are short."""
    out, sizes = values.copy(), np.diff(bounds)
    longest = int(sizes.max(initial=0))
    if len(sizes) <= longest:
        for first, last in itertools.pairwise(bounds.tolist()):
            ufunc.accumulate(values[first:last], out=out[first:last])
        return out
    for place in range(1, longest):
        at = bounds[:-1][sizes > place] + place
        out[at] = ufunc(out[at - 1], out[at])
    return out


def _before(after: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    before = np.ones(len(after))
    before[1:] = after[:-1]
    before[bounds[:-1][np.diff(bounds) > 0]] = 1.0
    return before


def _incidence(
    n: np.ndarray, e: np.ndarray, a: np.ndarray, before: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One minus the cumulative incidence, and its error: each day's ends are multinomial given who
    is at risk, and the days are uncorrelated."""
    incidence = accumulate(np.add, before * a / n, bounds)
    with np.errstate(divide="ignore"):
        hazard = np.where(n > e, e / (n * (n - e)), 0.0)
    cross = before * a / n**2
    terms = (
        hazard,
        hazard * incidence,
        hazard * incidence**2,
        before**2 * (n - a) * a / n**3,
        cross,
        cross * incidence,
    )
    h, hi, hii, own, c, ci = (accumulate(np.add, term, bounds) for term in terms)
    variance = incidence**2 * h - 2 * incidence * hi + hii + own - 2 * (incidence * c - ci)
    return 1 - incidence, np.sqrt(np.maximum(variance, 0))


def limits(free: np.ndarray, error: np.ndarray, conf: str) -> tuple[np.ndarray, np.ndarray]:
    """95% limits of a share not answered, on the scale `conf`; missing at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf == "plain":
            return np.maximum(free - Z * error, 0), np.minimum(free + Z * error, 1)
        width = Z * error / free
        if conf == "log":
            return free * np.exp(-width), np.minimum(free * np.exp(width), 1)
        log = np.log(free)
        width /= log
        return np.exp(log * np.exp(-width)), np.exp(log * np.exp(width))


def moves(curve: Steps, every: int) -> np.ndarray:
    """The days of each group by which at least `every` more answers have come since the last such day.

    A curve read on these days alone is never above the true share answered, and never a single case.
    """
    if every <= 1:
        return curve.answered > 0
    there = np.zeros(len(curve.day), dtype=bool)
    for first, last in itertools.pairwise(curve.bounds.tolist()):
        come = 0
        for place in range(first, last):
            come += int(curve.answered[place])
            if come >= every:
                there[place], come = True, 0
    return there


def reached(curve: Steps, q: float) -> np.ndarray:
    """Whether the share answered has reached q after each step, decided as exact fractions would be."""
    level = Fraction(q).limit_denominator(1_000_000)
    distance = curve.open - float(1 - level)
    there = distance <= -NEAR
    for place in np.flatnonzero(np.abs(distance) < NEAR):
        there[place] = _answered_by(curve, int(place), level)
    return there


def _answered_by(curve: Steps, place: int, level: Fraction) -> bool:
    """incidence >= level in whole numbers: all over the product of the numbers at risk."""
    first = int(curve.bounds[curve.group[place]])
    part = slice(first, place + 1)
    answered, unended, product = 0, 1, 1
    rows = zip(*(x[part].tolist() for x in (curve.at_risk, curve.ended, curve.answered)), strict=True)
    for n, e, a in rows:
        answered, unended, product = answered * n + unended * a, unended * (n - e), product * n
    return answered * level.denominator >= level.numerator * product


def first_days(there: np.ndarray, curve: Steps) -> np.ndarray:
    """The first day of each group on which something holds; missing where it never does."""
    hits = np.append(np.flatnonzero(there), len(there))
    first = hits[np.searchsorted(hits[:-1], curve.bounds[:-1])]
    days = np.append(curve.day, 0)[first].astype(float)
    return np.where(first < curve.bounds[1:], days, np.nan)


def restricted_means(curve: Steps, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """The days without an answer up to tau, of each group, and their error (delta method; where
    nothing competes it is Greenwood's)."""
    groups = len(curve.bounds) - 1
    within = curve.day <= tau
    group, n, e, a, before, day = (
        x[within] for x in (curve.group, curve.at_risk, curve.ended, curve.answered, curve.before, curve.day)
    )
    left = tau - day
    gain = before * a / n * left
    lost = np.bincount(group, gain, groups)
    bounds = np.searchsorted(group, np.arange(groups + 1))
    later = lost[group] - accumulate(np.add, gain, bounds)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(n > e, e / (n * (n - e)), 0.0)
    own = before**2 * a * (n - a) / n**3 * left**2
    variance = own - 2 * before * a / n**2 * left * later + odds * later**2
    return tau - lost, np.sqrt(np.maximum(np.bincount(group, variance, groups), 0))


def mean_limits(mean: np.ndarray, error: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """95% limits of restricted means: symmetric for log(mean / (tau - mean)), as the plain ones miss the
    truth on one side in small groups (bench/coverage.py)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = mean / (tau - mean)
        widening = np.exp(Z * error * tau / (mean * (tau - mean)))
    lower, upper = (tau * part / (1 + part) for part in (odds / widening, odds * widening))
    sure = error == 0
    return np.where(sure, mean, lower), np.where(sure, mean, upper)


def on_day(curve: Steps, day: float, read: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share not answered after a day, of each group, and its error, from the days that `read` allows."""
    free, error = np.ones(len(curve.bounds) - 1), np.zeros(len(curve.bounds) - 1)
    # Of several days of one group the last is written last.
    seen = np.flatnonzero((curve.day <= day) & read)
    free[curve.group[seen]], error[curve.group[seen]] = curve.open[seen], curve.error[seen]
    return free, error
