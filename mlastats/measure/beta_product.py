"""The beta product: 95% limits of the share answered, by day, for many groups at once.

Sources: Fay, Brittain and Proschan, Biostatistics 2013; Fay and Brittain, Statistics in Medicine 2016 (method of
moments); here with competing ends.
"""

import itertools
from dataclasses import dataclass

import numpy as np

TAIL = 0.025
# A beta distribution has less than TAIL beyond so many standard deviations on one side (Cantelli).
FAR = 6.3
# Within this of a tie floating point cannot tell; whole numbers do.
NEAR = 1e-9


@dataclass(frozen=True)
class Product:
    """The beta product of a curve: the first two moments, on each day, of the variables whose quantiles are the lower
    and the upper limit of the share answered.

    Each day's (answered, ended otherwise, still open) is Dirichlet(a, b, n - a - b + 1), and the days are independent
    given who is at risk; the moments of the sum are carried along and a beta distribution is fitted to them. Of those
    still open on a day, one more might have been answered: that is the upper one. Where nothing is cut the limits
    are Clopper and Pearson's.
    """

    low: tuple[np.ndarray, np.ndarray]
    high: tuple[np.ndarray, np.ndarray]

    def limits(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95% limits of the share answered on the days at these places."""
        from scipy.special import betaincinv

        both = []
        for (mean, square), tail in ((self.low, TAIL), (self.high, 1 - TAIL)):
            sure, (a, b) = _fitted(mean[at], square[at])
            both.append(np.where(sure, mean[at], betaincinv(a, b, tail)))
        return both[0], both[1]

    def reach(self, q: float) -> tuple[np.ndarray, np.ndarray]:
        """Whether the upper and the lower limit of the share answered have reached q on each day."""
        from scipy.special import betainc

        both = []
        for (mean, square), tail in ((self.low, TAIL), (self.high, 1 - TAIL)):
            there = mean >= q
            near = np.flatnonzero(np.abs(mean - q) <= FAR * np.sqrt(np.maximum(square - mean**2, 0)) + NEAR)
            sure, (a, b) = _fitted(mean[near], square[near])
            there[near] = np.where(sure, there[near], betainc(a, b, q) <= tail)
            both.append(there)
        return both[1], both[0]


def beta_product(at_risk: np.ndarray, ended: np.ndarray, answered: np.ndarray, bounds: np.ndarray) -> Product:
    """The moments of the limits of curves: of how many at risk so many ended and were answered on each day."""
    n, e, a = (x.astype(float) for x in (at_risk, ended, answered))
    whole, rest, pairs = n + 1, n - e + 1, (n + 1) * (n + 2)
    came, came2, both = a / whole, a * (a + 1) / pairs, a * rest / pairs
    first = np.zeros(len(n), dtype=bool)
    first[bounds[:-1][np.diff(bounds) > 0]] = True

    def before(values: np.ndarray, start: float) -> np.ndarray:
        return np.where(first, start, np.append(start, values[:-1]))

    def added(values: np.ndarray) -> np.ndarray:
        return accumulate(np.add, values, bounds)

    left = accumulate(np.multiply, rest / whole, bounds)
    left2 = accumulate(np.multiply, rest * (rest + 1) / pairs, bounds)
    share = added(before(left, 1.0) * came)
    cross = left * added(before(left2, 1.0) * both / left)
    share2 = added(2 * before(cross, 0.0) * came + before(left2, 1.0) * came2)
    more, more2 = 1 / rest, np.where(rest > 1, 2 / (rest * (rest + 1)), 1.0)
    return Product((share, share2), (share + left * more, share2 + 2 * cross * more + left2 * more2))


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


def _fitted(mean: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Where nothing is uncertain, and else the beta distribution with these moments."""
    variance = square - mean**2
    sure = (mean <= 0) | (mean >= 1 - 1e-15) | (variance <= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(sure, 1.0, mean * (1 - mean) / variance - 1)
    middle = np.where(sure, 0.5, mean)
    return sure, (middle * size, (1 - middle) * size)
