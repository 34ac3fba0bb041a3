"""The forecast of the backlog by a second program, made from the description of the method alone: request by request."""

import math
from collections.abc import Iterable

import numpy as np
from scipy import stats


class ByDays:
    """When each request began and ended, by whole days of which 0 is the last; all registers were kept from `first` on."""

    def __init__(self, start: Iterable[int], end: Iterable[int], first: int) -> None:
        self.start, self.end, self.first = np.asarray(start), np.asarray(end), first

    def stock(self, day: int) -> int:
        return int(((self.start <= day) & (day < self.end)).sum())

    def ages(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """How many days at risk, and how many ends, there were at each age from one day to another."""
        pairs = zip(
            self.start,
            np.maximum(self.start, max(first, self.first)),
            np.minimum(self.end, last),
            strict=True,
        )
        seen = [np.arange(young - start, old - start + 1) for start, young, old in pairs if old >= young]
        over = (self.end >= max(first, self.first)) & (self.end <= last)
        risk = np.concatenate([[], *seen]).astype(int)
        return np.bincount(risk, minlength=9000), np.bincount((self.end - self.start)[over], minlength=9000)

    def model(self, day: int, horizons: list[int]) -> list[tuple[float, float]] | None:
        r, d = self.ages(day - 3 * 365 + 1, day)
        window = 182
        if d.sum() >= 10:
            left = np.cumprod([1 - b / a if a else 1.0 for a, b in zip(r, d, strict=True)])
            if (left <= 0.5).any():
                window = min(max(2 * int(np.argmax(left <= 0.5)), 90), 182)
        for days in (window, 365, 730):
            r, d = self.ages(day - days + 1, day)
            if d.sum() >= 10:
                break
        else:
            return None
        total, span = int(d.sum()), min(days, day - self.first + 1)
        bands = min(max(total // 8, 2), 12)
        before = np.concatenate([[0], np.cumsum(d)[:-1]])
        band = np.minimum(before * bands // total, bands - 1)
        cells = [np.flatnonzero(band == j) for j in range(bands)]
        weight = [r[c].sum() + 0.5 + 0.5 * r.sum() / total for c in cells]
        share = [(d[c].sum() + 0.5) / w for c, w in zip(cells, weight, strict=True)]
        rate = np.array([-math.log(1 - q) for q in share])
        variance = np.array([q / (1 - q) / w for q, w in zip(share, weight, strict=True)])
        by_age = rate[band]

        months = min((day - self.first) // 30, 18)
        phi = [1.5, 1.5]
        if months >= 4:
            edges = [(day - 30 * m + 1, day - 30 * m + 30) for m in range(months, 0, -1)]
            each = [self.ages(*month) for month in edges]
            ended = np.array([over.sum() for _risk, over in each], dtype=float)
            came = np.array([((self.start >= a) & (self.start <= b)).sum() for a, b in edges], dtype=float)
            due = np.array([by_age @ risk for risk, _over in each])
            due = np.maximum(due * ended.sum() / due.sum(), 1e-9)
            phi[0] = max(1, ((ended - due) ** 2 / np.maximum(due, 0.5)).sum() / (months - 1))
            phi[1] = max(1, came.var(ddof=1) / max(came.mean(), 0.1))
        arrivals = (((self.start > day - span) & (self.start <= day)).sum() + 0.5) / span
        ages = day - self.start[(self.start <= day) & (day < self.end)]
        found = []
        for ahead in horizons:
            passed = [band[a + 1 : a + 1 + ahead] for a in ages] + [band[:n] for n in range(1, ahead + 1)]
            factor = np.array([1.0] * len(ages) + [arrivals] * ahead)
            spent = np.array([np.bincount(p, minlength=bands) for p in passed])
            still = np.exp(-spent @ rate)
            new = still[len(ages) :]
            binomial = (still * (1 - still))[: len(ages)].sum()
            chance = binomial + phi[1] * arrivals * new.sum()
            chance += (phi[0] - 1) * (binomial + arrivals * (new * (1 - new)).sum())
            slope = (factor * still) @ spent
            unsure = phi[0] * (slope**2 * variance).sum() + phi[1] * arrivals / span * new.sum() ** 2
            found.append(((factor * still).sum(), math.sqrt(chance + unsure)))
        return found

    def project(self, ahead: int) -> tuple[float, float, float, float]:
        """What is expected so many days ahead, its limits, and how many times that do not overlap it was tried."""
        each = 365 / 4 if -self.first >= 1095 else 365 / 24
        days = [-math.floor(each * n) for n in range(1, 1000)]
        past = [(d, self.model(d, [ahead])) for d in days if d >= self.first + 365 and d + ahead <= 0]
        told = [(d, m[0]) for d, m in past if m]
        n = 1 + (told[0][0] - told[-1][0]) / max(ahead, each)
        z = [math.log((self.stock(d + ahead) + 1) / (f + 1)) * (f + 1) / sd for d, (f, sd) in told]
        k = max(1.0, math.sqrt((1 + n * np.mean(np.square(z))) / (1 + n)))
        (f, sd), *_ = self.model(0, [ahead])  # type: ignore[misc]
        half = stats.t(n + 1).ppf(0.95) * k * sd / (f + 1)
        low, high = ((f + 1) * math.exp(end) - 1 for end in (-half, half))
        return f, max(0, math.floor(low)), math.ceil(high), n
