"""Bounds on the share answered, and on its quantiles, that are certain from cumulative counts at a few days.

Of a published return it is known how many requests were answered, had ended otherwise or were last seen pending up to and on
some days, each count within its rounding. The days between are not known, so every order of events in them is allowed:
the share answered is the least where answers come first and those last seen pending last, and the most where those that
ended otherwise go first, those last seen pending next, and answers come last. No midpoint is ever given. Requests are
taken to be seen from their first day on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlastats.disclosure.rounding import BASE
from mlastats.region.cube import TOTAL, WITHHELD

# A quantile is decided within this of its level, on the safe side.
NEAR = 1e-9


@dataclass(frozen=True)
class Between:
    """What is known of one group: on each of `days` (ascending) the least and the most requests that were answered, had
    ended otherwise, or were last seen pending up to and on it (two rows, a column a day), and how many there are in all."""

    days: np.ndarray
    answered: np.ndarray
    otherwise: np.ndarray
    pending: np.ndarray
    size: tuple[float, float]


def known(rows: pd.DataFrame) -> Between | None:
    """What the rows of a banded DURATION cube tell of one group; None where requests entered late, since nothing is certain
    of them then (fewer than five who did are allowed for).

    >>> columns = ["EVENT", "DAY", "OBS_VALUE", "CONF_STATUS"]
    >>> rows = pd.DataFrame([["entered", "_T", 20, "F"], ["answered", "30", 10, "F"], ["answered", "_T", 15, "F"]])
    >>> region.bounds.known(rows.set_axis(columns, axis=1)).answered.tolist()
    [[6.0], [14.0]]
    """
    value = rows["OBS_VALUE"].astype(float)
    few = rows["CONF_STATUS"].eq(WITHHELD)
    table = rows[["EVENT", "DAY"]].assign(
        low=np.where(few, 0, np.maximum(value - (BASE - 1), BASE)),
        high=np.where(few, BASE - 1, value + (BASE - 1)),
    )
    last = table["DAY"].eq(TOTAL)
    whole, upto = table[last].set_index("EVENT"), table[~last].astype({"DAY": int}).sort_values("DAY")
    if "entered" not in whole.index or upto["EVENT"].eq("entered").any():
        return None
    days = np.unique(upto["DAY"])
    sums = {}
    for name, event in (("answered", "answered"), ("otherwise", "ended_otherwise"), ("pending", "pending")):
        own = upto[upto["EVENT"].eq(event)]
        most = whole["high"].get(event, 0.0)
        low = np.maximum.accumulate(np.concatenate([[0], own["low"]]))
        high = np.minimum.accumulate(np.concatenate([own["high"], [most]])[::-1])[::-1]
        before = np.searchsorted(own["DAY"], days, side="right")
        after = np.searchsorted(own["DAY"], days, side="left")
        sums[name] = np.array([low[before], high[after]])
    size = whole.loc["entered"]
    return Between(days, size=(max(size["low"] - (BASE - 1), 1.0), size["high"]), **sums)


def together(parts: Iterable[Between]) -> Between:
    """The sum of several groups, on all their days: between two of its own days a group has at least what it had on the
    first and at most what it has on the second.

    >>> some = region.bounds.Between(np.array([10]), np.array([[4], [4]]), np.zeros((2, 1)), np.zeros((2, 1)), (9, 9))
    >>> other = region.bounds.Between(np.array([20]), np.array([[6], [6]]), np.zeros((2, 1)), np.zeros((2, 1)), (6, 6))
    >>> region.bounds.together([some, other]).answered.tolist()
    [[4.0, 10.0], [10.0, 15.0]]
    """
    groups = list(parts)
    days = np.unique(np.concatenate([group.days for group in groups]))
    sums = {name: np.zeros((2, len(days))) for name in ("answered", "otherwise", "pending")}
    for group in groups:
        before = np.searchsorted(group.days, days, side="right")
        after = np.searchsorted(group.days, days, side="left")
        for name, total in sums.items():
            low, high = getattr(group, name)
            total[0] += np.concatenate([[0], low])[before]
            total[1] += np.concatenate([high, [group.size[1]]])[after]
    low, high = (sum(group.size[side] for group in groups) for side in (0, 1))
    return Between(days, size=(low, high), **sums)


def incidence(group: Between) -> np.ndarray:
    """The least and the most share answered up to and on each day (Aalen and Johansen's), two rows, a column a day.

    >>> answered, otherwise, pending = (np.full((2, 1), count) for count in (4, 1, 2))
    >>> exact = region.bounds.Between(np.array([5]), answered, otherwise, pending, (10, 10))
    >>> region.bounds.incidence(exact).round(3).tolist()
    [[0.4], [0.514]]
    """
    least = _shares(group.answered[::-1], group.otherwise[0], group.pending[0], group.size[1], most=False)
    most = _shares(group.answered, group.otherwise[1], group.pending[1], group.size[0], most=True)
    return np.array([np.maximum.accumulate(least), np.minimum.accumulate(most[::-1])[::-1]])


def quantile(group: Between, q: float) -> tuple[float, float]:
    """The first and the last day on which the share answered can have reached q first; infinite where no day is known by
    which it must have.

    >>> days, none = np.array([10, 20]), np.zeros((2, 2))
    >>> exact = region.bounds.Between(days, np.array([[4, 9], [4, 9]]), none, none, (10, 10))
    >>> region.bounds.quantile(exact, 0.5)
    (11.0, 20.0)
    """
    least, most = incidence(group)
    below = np.flatnonzero(most < q - NEAR)
    above = np.flatnonzero(least >= q + NEAR)
    first = float(group.days[below[-1]] + 1) if len(below) else 0.0
    last = float(group.days[above[0]]) if len(above) else float("inf")
    return first, last


def _shares(
    answered: np.ndarray, otherwise: np.ndarray, pending: np.ndarray, size: float, *, most: bool
) -> np.ndarray:
    """The share answered by each day in the order that makes it the least, or the most: the first row of `answered` says
    how many come by each earlier day, the second how many by the day itself."""
    until = np.arange(answered.shape[1])
    left, weight = np.full(len(until), float(size)), np.full(len(until), 1 / max(size, 1))
    share, before = np.zeros(len(until)), np.zeros(len(until))
    e_before = c_before = 0.0
    for day in until:
        answers = np.maximum(
            np.where(until == day, answered[1], np.minimum(answered[0][day], answered[1])), before
        )
        counted = until >= day
        a = np.where(counted, answers - before, 0.0)
        e, c = (
            np.where(counted, max(x, 0.0), 0.0) for x in (otherwise[day] - e_before, pending[day] - c_before)
        )
        before, e_before, c_before = answers, max(otherwise[day], e_before), max(pending[day], c_before)
        # Those who ended otherwise go before those last seen pending, or after: with fewer left each has more to hand on.
        left -= e if most else a
        share += 0.0 if most else np.where(a > 0, weight, 0.0) * a
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(left - c > NEAR, weight * left / (left - c), np.where(c > 0, np.inf, weight))
        left = np.maximum(left - c, 0.0)
        if most:
            share += np.where(a > 0, weight, 0.0) * a
        left = np.maximum(left - (a if most else e), 0.0)
    return np.minimum(share, 1.0)
