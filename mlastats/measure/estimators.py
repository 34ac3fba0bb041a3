"""The estimators behind counts by day, for many groups at once: curves, limits, quantiles, means.

Arrays run over the days of all groups, one group after the other; `bounds` says where each begins and
where the last one ends. Sources: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time
Data, 2002, 1.4 and 8.2.4; Brookmeyer and Crowley, Biometrics 1982.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mlastats.measure.beta_product import NEAR, TAIL, Product, accumulate, beta_product
from mlastats.measure.tally import Cells

Z = 1.959963984540054
BETA = "beta"
CONFS = (BETA, "log-log", "log", "plain")
# What is left once so few have not ended cannot move a share by more than this.
REST = 1 / 20


@dataclass(frozen=True)
class Steps:
    """The days on which something ended, or other requests are at risk than before, and the share not answered
    after each (`open`), with its error.

    `at_risk`, `ended` by any cause and `answered` are counts. `before` is the share not ended at all
    before the day. Without competing causes `open` is the product limit and `error` Greenwood's; with
    them `open` is one minus Aalen and Johansen's incidence, with the error by the delta method.
    `rests_on` is the least, up to each day, of at risk / share not ended before: one over the weight of the heaviest
    request (Efron's redistribution to the right), looked at while more than a twentieth is not ended.
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
    rests_on: np.ndarray

    @cached_property
    def product(self) -> Product:
        """The beta product of the curve."""
        return beta_product(self.at_risk, self.ended, self.answered, self.bounds)


def steps(cells: Cells, answers: tuple[str, ...], groups: int) -> Steps:
    """The steps of each group's curve of an answer, whose causes are `answers`."""
    group, day, n, e, a = _days(cells, answers)
    bounds = np.searchsorted(group, np.arange(groups + 1))
    some = np.maximum(n, 1)
    after = accumulate(np.multiply, (some - e) / some, bounds)
    before = np.ones(len(after))
    before[1:] = after[:-1]
    before[bounds[:-1][np.diff(bounds) > 0]] = 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        error = accumulate(np.add, np.where(e > 0, e / (some * (n - e)), 0.0), bounds)
        np.multiply(after, np.sqrt(error, out=error), out=error)
    free = after
    rival = np.zeros(groups, dtype=bool)
    rival[group[np.flatnonzero(e != a)]] = True
    if rival.any():
        free, some_rival = after.copy(), rival[group]
        inner = np.concatenate([[0], np.cumsum(np.diff(bounds) * rival)])
        n_of, e_of, a_of, before_of = (x[some_rival] for x in (some, e, a, before))
        free[some_rival], error[some_rival] = _incidence(n_of, e_of, a_of, before_of, inner)
    heaviest = np.where(before > REST + NEAR, n / np.maximum(before, REST), np.inf)
    return Steps(group, day, bounds, n, e, a, before, free, error, accumulate(np.minimum, heaviest, bounds))


def _days(cells: Cells, answers: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Group, day, at risk, ended and answered on every day on which they are other than on the day before: those
    that the cells hold, those after it, and the first of all."""
    group, day, at_risk, ended = cells.group, cells.day, cells.at_risk(), cells.ended()
    left = cells.pending + ended
    last = np.diff(group, append=-1) != 0
    follows = np.append(day[1:], 0) == day + 1
    after = np.flatnonzero((left > 0) & (last | ~follows))
    first = np.flatnonzero((np.diff(group, prepend=-1) != 0) & (day > 0))
    none = np.zeros(len(after) + len(first), dtype=np.int64)
    place = np.concatenate([np.arange(len(day)), after + 0.5, first - 0.5])
    columns = (
        np.concatenate([group, group[after], group[first]]),
        np.concatenate([day, day[after] + 1, none[: len(first)]]),
        np.concatenate([at_risk, (at_risk - left)[after], none[: len(first)]]),
        np.concatenate([ended, none]),
        np.concatenate([cells.ended(answers), none]),
    )
    order = np.argsort(place, kind="stable")
    return tuple(column[order] for column in columns)


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


def limits(curve: Steps, at: np.ndarray, conf: str) -> tuple[np.ndarray, np.ndarray]:
    """95% limits of the share not answered after the steps at these places: by the beta product, or on the scale
    `conf`, where they are missing at 0."""
    if conf == BETA:
        lower, upper = curve.product.limits(at)
        return 1 - upper, 1 - lower
    return _scaled(curve.open[at], curve.error[at], conf)


def limits_reach(curve: Steps, q: float, conf: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether the upper and the lower limit of the share answered have reached q after each step."""
    if conf == BETA:
        return curve.product.reach(q)
    lower, upper = _scaled(curve.open, curve.error, conf)
    return lower <= 1 - q, upper <= 1 - q


def _scaled(free: Any, error: Any, conf: str) -> tuple[Any, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf == "plain":
            return np.maximum(free - Z * error, 0), np.minimum(free + Z * error, 1)
        width = Z * error / free
        if conf == "log":
            return free * np.exp(-width), np.minimum(free * np.exp(width), 1)
        log = np.log(free)
        width /= log
        return np.exp(log * np.exp(-width)), np.exp(log * np.exp(width))


def reached(curve: Steps, q: float) -> np.ndarray:
    """Whether the share answered has reached q after each step, decided as exact fractions would be."""
    level = Fraction(q).limit_denominator(1_000_000)
    distance = curve.open - float(1 - level)
    there = distance <= -NEAR
    for place in np.flatnonzero(np.abs(distance) < NEAR):
        # incidence >= level in whole numbers: all over the product of the numbers at risk.
        part = slice(int(curve.bounds[curve.group[place]]), int(place) + 1)
        answered, unended, product = 0, 1, 1
        rows = zip(*(x[part].tolist() for x in (curve.at_risk, curve.ended, curve.answered)), strict=True)
        for n, e, a in rows:
            if e:
                answered, unended, product = answered * n + unended * a, unended * (n - e), product * n
        there[place] = answered * level.denominator >= level.numerator * product
    return there


def known_until(curve: Steps, fewest: Any) -> np.ndarray:
    """The last day of each group up to which no request weighs more than one in `fewest`, a number or one for each
    group; without end where that is so on every day, -1 where on none."""
    sizes = np.diff(curve.bounds)
    until = first_days(curve.rests_on < np.broadcast_to(fewest, len(sizes))[curve.group] - NEAR, curve) - 1
    return np.where(np.isnan(until), np.where(sizes > 0, np.inf, -1.0), until)


def first_days(there: np.ndarray, curve: Steps) -> np.ndarray:
    """The first day of each group on which something holds; missing where it never does."""
    hits = np.append(np.flatnonzero(there), len(there))
    first = hits[np.searchsorted(hits[:-1], curve.bounds[:-1])]
    days = np.append(curve.day, 0)[first].astype(float)
    return np.where(first < curve.bounds[1:], days, np.nan)


def last_places(curve: Steps, day: Any) -> np.ndarray:
    """The place of each group's last step up to a day, one for all or one for each; -1 where there is none."""
    groups = len(curve.bounds) - 1
    place = np.full(groups, -1)
    # Of several places of one group the last is written last.
    at = np.flatnonzero(curve.day <= np.broadcast_to(day, groups)[curve.group])
    place[curve.group[at]] = at
    return place


def restricted_means(curve: Steps, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """The days without an answer up to tau, of each group, and their error (delta method; where
    nothing competes it is Greenwood's)."""
    groups = len(curve.bounds) - 1
    within = (curve.day <= tau) & (curve.ended > 0)
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


def mean_limits(
    mean: np.ndarray, error: np.ndarray, tau: float, rests_on: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """95% limits of restricted means: symmetric for log(mean / (tau - mean)), as the plain ones miss the
    truth on one side in small groups, and by t with one degree of freedom fewer than the requests that they rest on
    (bench/coverage.py)."""
    from scipy.special import stdtrit

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        width = np.where(rests_on > 1, stdtrit(np.clip(rests_on - 1, 0.1, 1e9), 1 - TAIL), np.inf)
        odds = mean / (tau - mean)
        widening = np.exp(width * error * tau / (mean * (tau - mean)))
        lower, upper = tau / (1 + widening / odds), tau / (1 + 1 / (odds * widening))
    sure = error == 0
    return np.where(sure, mean, lower), np.where(sure, mean, upper)
