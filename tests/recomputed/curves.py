"""Curves request by request and day by day, and the limits of shares, means and tests."""

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincinv, stdtrit
from scipy.stats import chi2, norm

NEAR = 1e-9
Z = norm.ppf(0.975)
NONE = (np.nan, np.nan, np.nan)


class Curve:
    """The share ended by one of some causes, by day: Aalen and Johansen, with what it rests on and its limits.

    Fay and Brittain's beta product with competing ends: each day (came, ended otherwise, still there) is Dirichlet
    (a, e - a, n - e + 1); `low` is the share then, `high` with one more of those still there. The first two moments
    are carried from day to day.
    """

    def __init__(self, days: np.ndarray, over: np.ndarray, mine: np.ndarray, entry: np.ndarray) -> None:
        self.size = len(days)
        if not self.size:
            return
        length = int(days.max()) + 2
        entered, gone, ended, came = (
            np.bincount(d.astype(int), minlength=length) for d in (entry, days, days[over], days[mine])
        )
        at_risk = np.cumsum(entered) - np.append(0, np.cumsum(gone)[:-1])
        moves = np.flatnonzero((np.diff(at_risk, prepend=-1) != 0) | (ended > 0))
        self.day, self.n, self.e, self.a = moves, at_risk[moves], ended[moves], came[moves]
        free, share, least = 1.0, 0.0, np.inf
        f, f2, left, left2, both = 0.0, 0.0, 1.0, 1.0, 0.0
        rows = []
        for n, e, a in zip(self.n.tolist(), self.e.tolist(), self.a.tolist(), strict=True):
            before = free
            if before > 0.05 + NEAR:
                least = min(least, n / before)
            if n:
                share += free * a / n
                free *= 1 - e / n
            r = n - e + 1
            x, y = a / (n + 1), r / (n + 1)
            xx, yy, xy = (part / (n + 1) / (n + 2) for part in (a * (a + 1), r * (r + 1), a * r))
            f2 += 2 * both * x + left2 * xx
            f += left * x
            both = both * y + left2 * xy
            left, left2 = left * y, left2 * yy
            more, more2 = 1 / r, (2 / r / (r + 1) if r > 1 else 1.0)
            rows.append((before, share, least, f, f2, f + left * more, f2 + 2 * both * more + left2 * more2))
        self.before, self.share, self.rests_on, *self.moments = np.array(rows).T

    def place(self, day: float) -> int:
        return int(np.searchsorted(self.day, day, side="right")) - 1

    def rests_on_at(self, day: float) -> float:
        return min(self.size, self.rests_on[self.place(day)]) if self.size else 0

    def limits(self, at: int) -> tuple[float, float]:
        f, f2, g, g2 = (float(moment[at]) for moment in self.moments)
        return quantile_of(f, f2, 0.025), quantile_of(g, g2, 0.975)

    def by(self, day: float, fewest: float = 10) -> tuple[float, float, float]:
        """The share by a day and its limits; missing where one request would weigh more than one in `fewest`."""
        if not self.size or self.rests_on[self.place(day)] < fewest - NEAR:
            return NONE
        at = self.place(day)
        return (self.share[at], *self.limits(at))

    def known_until(self, fewest: float = 10) -> float:
        if not self.size:
            return -1
        few = np.flatnonzero(self.rests_on < fewest - NEAR)
        return float(self.day[few[0]] - 1) if len(few) else np.inf

    def quantile(self, q: float) -> tuple[float, float, float]:
        """The first day on which the share reaches q, and those on which its limits do."""
        if not self.size:
            return NONE
        f, f2, g, g2 = self.moments
        days = [
            float(self.day[there.argmax()]) if there.any() else np.nan
            for there in (self.share >= q - 1e-12, reaches(g, g2, q, 0.975), reaches(f, f2, q, 0.025))
        ]
        known = self.known_until()
        if days[0] <= known:
            return tuple(days)
        later = (self.day > known) & (self.n >= 10 * self.before - NEAR)
        # That it is not reached is known where nobody is at risk any more; it has a lower limit then.
        if np.isnan(days[0]) and known >= 0 and not later.any() and days[1] <= known:
            return (np.nan, days[1], np.nan)
        return NONE

    def mean(self, tau: float) -> tuple[float, float, float]:
        """The days without an answer up to tau: t on what it rests on less one, for the logit of its part of tau."""
        inside = (self.day <= tau) & (self.e > 0)
        n, e, a, before, left = (
            x[inside] for x in (self.n, self.e, self.a, self.before, tau - self.day.astype(float))
        )
        lost = before * a / n * left
        later = lost.sum() - np.cumsum(lost)
        odds = np.where(n > e, e / (n * np.maximum(n - e, 1)), 0.0)
        variance = (
            before**2 * a * (n - a) / n**3 * left**2 - 2 * before * a / n**2 * left * later + odds * later**2
        )
        mean, error = tau - lost.sum(), np.sqrt(max(variance.sum(), 0))
        if not error:
            return mean, mean, mean
        freedom = self.rests_on[self.place(tau)] - 1
        wide = np.exp(
            (stdtrit(freedom, 0.975) if freedom > 0 else np.inf) * error * tau / (mean * (tau - mean))
        )
        ratio = mean / (tau - mean)
        return mean, tau / (1 + wide / ratio), tau / (1 + 1 / (ratio * wide))


def quantile_of(mean: float, square: float, tail: float) -> float:
    variance = square - mean**2
    if mean <= 0 or mean >= 1 - 1e-15 or variance <= 0:
        return mean
    size = mean * (1 - mean) / variance - 1
    return float(betaincinv(mean * size, (1 - mean) * size, tail))


def reaches(mean: np.ndarray, square: np.ndarray, q: float, tail: float) -> np.ndarray:
    variance = square - mean**2
    sure = (mean <= 0) | (mean >= 1 - 1e-15) | (variance <= 0)
    size = np.where(sure, 1, mean * (1 - mean) / np.where(sure, 1, variance) - 1)
    m = np.where(sure, 0.5, mean)
    return np.where(sure, mean >= q, betainc(m * size, (1 - m) * size, q) <= tail)


def curve(rows: pd.DataFrame, mine: pd.Series | None = None) -> Curve:
    """The curve of an answer, or of what `mine` marks, of timed requests."""
    some = rows[rows["timed"]]
    over = some["status"].isin(["answered", "otherwise"]).to_numpy()
    marked = some["status"].eq("answered") if mine is None else mine[some.index]
    return Curve(
        some["days"].to_numpy(float), over, marked.to_numpy(bool) & over, some["entry"].to_numpy(float)
    )


def wilson(part: float, whole: float) -> tuple[float, float, float]:
    if not whole:
        return NONE
    p, n = part / whole, whole
    middle, half = (p + Z**2 / 2 / n), Z * np.sqrt(p * (1 - p) / n + Z**2 / 4 / n**2)
    low, high = (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)
    return p, 0.0 if part == 0 else low, 1.0 if part == whole else high


def difference(parts: list[tuple], others: list[tuple], weights: list[float]) -> tuple[float, ...]:
    """Two weighted sums, their difference and its limits recovered from those of the parts (Zou and Donner)."""
    w = np.array(weights) / np.sum(weights)
    (a, a_low, a_high), (b, b_low, b_high) = (np.array(each, float).T for each in (parts, others))
    one, two = (w * a).sum(), (w * b).sum()
    down = np.sqrt((w**2 * ((a - a_low) ** 2 + (b_high - b) ** 2)).sum())
    up = np.sqrt((w**2 * ((a_high - a) ** 2 + (b - b_low) ** 2)).sum())
    return one, two, one - two, one - two - down, one - two + up


def logrank(groups: list[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, float]:
    """Answers, those expected at the pace of all, and p, of groups of timed requests."""
    groups = [part[part["timed"]] for part in groups]
    answered = [part.loc[part["status"].eq("answered"), "days"].to_numpy() for part in groups]
    days = np.unique(np.concatenate(answered))
    risk = np.array(
        [[((p["entry"] <= day) & (p["days"] >= day)).sum() for p in groups] for day in days], float
    )
    came = np.array([[(a == day).sum() for a in answered] for day in days], float)
    n, d = risk.sum(axis=1), came.sum(axis=1)
    part = risk / n[:, None]
    expected = (d[:, None] * part).sum(axis=0)
    scale = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0)
    variance = sum(s * (np.diag(p) - np.outer(p, p)) for s, p in zip(scale, part, strict=True))
    score = came.sum(axis=0) - expected
    statistic = score[:-1] @ np.linalg.pinv(variance[:-1, :-1]) @ score[:-1]
    return came.sum(axis=0), expected, float(chi2.sf(statistic, len(groups) - 1))
