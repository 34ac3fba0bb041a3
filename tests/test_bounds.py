"""Bounds from cumulative counts: every order of small groups by brute force, and registers drawn at random."""

import itertools
import math

import numpy as np
import pytest

from mlastats.measure.daycounts import DayCounts
from mlastats.region.bounds import Between, incidence, quantile, together


def aalen_johansen(order: tuple[str, ...]) -> list[float]:
    """The share answered after each of single events in order: a answered, e ended otherwise, c last seen pending."""
    left, free, share, shares = len(order), 1.0, 0.0, []
    for event in order:
        share += free / left if event == "a" else 0
        free *= 1 - 1 / left if event in "ae" else 1
        left -= 1
        shares.append(share)
    return shares


def exact(bands: list[tuple[int, int, int]], size: int) -> Between:
    """Bands of so many answers, other ends and pending, each known exactly at the end of its band."""
    sums = np.cumsum(np.array(bands), axis=0).T
    return Between(np.arange(1, len(bands) + 1) * 10, *(np.array([row, row]) for row in sums), (size, size))


SMALL = [
    ([(1, 1, 1), (2, 0, 1)], 6),
    ([(2, 1, 2)], 5),
    ([(1, 0, 2), (1, 2, 1)], 7),
    ([(0, 2, 1), (2, 0, 1), (1, 0, 0)], 7),
    ([(2, 0, 1), (0, 1, 1), (2, 0, 0)], 8),
]


@pytest.mark.parametrize(("bands", "size"), SMALL)
def test_bounds_hold_in_every_order_and_the_least_is_reached(
    bands: list[tuple[int, int, int]], size: int
) -> None:
    orders = [sorted(set(itertools.permutations("a" * a + "e" * e + "c" * c))) for a, e, c in bands]
    least, most = incidence(exact(bands, size))
    found: list[list[float]] = [[] for _band in bands]
    ends = np.cumsum([sum(band) for band in bands]) - 1
    for parts in itertools.product(*orders):
        events = tuple(event for part in parts for event in part)
        shares = aalen_johansen((*events, *("-" * (size - len(events)))))
        for band, end in enumerate(ends):
            found[band].append(shares[end])
    for band, shares in enumerate(found):
        assert least[band] <= min(shares) + 1e-12
        assert max(shares) <= most[band] + 1e-12
    # The order by which the share is the least in the last band can occur.
    assert least[-1] == pytest.approx(min(found[-1]))


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Days and causes of a register: lognormal answers, other ends, and what is still open."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(20, 700))
    days = np.floor(np.exp(draw.normal(draw.uniform(2, 6), draw.uniform(0.4, 1.4), n))).astype(int)
    other = np.floor(draw.exponential(draw.uniform(100, 4000), n)).astype(int)
    last = np.floor(draw.uniform(0, draw.uniform(200, 3000), n)).astype(int)
    end = np.minimum.reduce([days, other, last])
    cause = np.select([days == end, other == end], ["answered", "ended_otherwise"], "")
    return end, cause.astype(object)


def rounded(count: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What a reader knows of counts: 0 to 4, else a multiple of 5 beside the count, and so at most 4 from it."""
    low, rest = np.divmod(count, 5)
    shown = 5 * (low + (draw.uniform(size=len(count)) < rest / 5))
    few = count < 5
    return np.where(few, 0, np.maximum(shown - 4, 5)), np.where(few, 4, shown + 4)


def published(days: np.ndarray, cause: np.ndarray, seed: int) -> Between:
    """Bands of at least five answers, their cumulative counts rounded at random."""
    draw = np.random.default_rng(seed)
    edges, since = [], 0
    for day in np.unique(days):
        upto = int(((days <= day) & (cause == "answered")).sum())
        if upto - since >= 5:
            edges.append(int(day))
            since = upto
    counts = {
        name: np.array([((days <= edge) & (cause == code)).sum() for edge in edges])
        for name, code in (("answered", "answered"), ("otherwise", "ended_otherwise"), ("pending", ""))
    }
    known = {}
    for name, count in counts.items():
        low, high = rounded(count, draw)
        known[name] = np.array([np.maximum.accumulate(low), np.minimum.accumulate(high[::-1])[::-1]])
    (low,), (high,) = rounded(np.array([len(days)]), draw)
    return Between(np.array(edges), size=(low, high), **known)


def test_bounds_hold_in_two_thousand_registers_and_are_near() -> None:
    near, many = 0, 0
    for seed in range(2000):
        days, cause = drawn(seed)
        if (cause == "answered").sum() < 10:
            continue
        group = published(days, cause, seed)
        (row,) = (
            DayCounts.from_durations(days, cause, answer="answered")
            .quantile(0.5, fewest=0)
            .to_dict("records")
        )
        median = math.inf if math.isnan(row["days"]) else row["days"]
        first, last = quantile(group, 0.5)
        assert first <= median <= last, seed
        if (cause == "answered").sum() >= 150 and median < math.inf:
            many += 1
            near += first >= 0.8 * median and last <= 1.2 * median
    assert many > 300
    assert near / many >= 0.5


def test_countries_with_bands_of_their_own_are_added_up() -> None:
    for seed in range(50):
        parts = [drawn(10 * seed + part) for part in range(4)]
        groups = [published(days, cause, seed) for days, cause in parts if (cause == "answered").sum() >= 10]
        kept = [part for part in parts if (part[1] == "answered").sum() >= 10]
        days, cause = (np.concatenate([part[place] for part in kept]) for place in (0, 1))
        whole = DayCounts.from_durations(days, cause, answer="answered")
        (row,) = whole.quantile(0.5, fewest=0).to_dict("records")
        first, last = quantile(together(groups), 0.5)
        assert first <= (math.inf if math.isnan(row["days"]) else row["days"]) <= last
