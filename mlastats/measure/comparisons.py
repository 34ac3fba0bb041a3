"""Groups compared on counts by day: tests of equal curves, and differences with intervals.

No difference between groups is an effect of what they are grouped by: unlike cases are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, one_of
from mlastats.measure.beta_product import NEAR
from mlastats.measure.daycounts import FEWEST, DayCounts
from mlastats.measure.tally import numbered


@dataclass(frozen=True)
class Comparison:
    """A test of equal curves: `statistic` is chi-squared on `df` degrees of freedom, `p` its tail.

    All three say nothing (missing, 0, missing) where no answer came, or only one group was at risk
    when one did.
    """

    statistic: float
    df: int
    p: float


def logrank(counts: DayCounts, strata: str | Sequence[str] | None = None) -> Comparison:
    """The log-rank test that groups are answered at the same pace, within the strata if given.

    The groups compared are the columns of `by` that are not `strata`. An end without an answer is a request
    no longer at risk. Empty groups are left out. Source: Harrington and Fleming, Biometrika 1982, rho = 0.
    """
    parts = _strata(counts, strata)
    return _tested([_logrank(at_risk, answered) for at_risk, answered, _other in parts])


def gray(
    counts: DayCounts, strata: str | Sequence[str] | None = None, cause: str | None = None
) -> Comparison:
    """Gray's test that groups have the same cumulative incidence of an answer, or of `cause`.

    Where nothing competes it is a log-rank test with another variance. Groups and strata as in
    `logrank`; no weight by day (rho = 0). Source: Gray, Annals of Statistics 1988.
    """
    if cause is not None:
        one_of("cause", cause, counts.causes)
    parts = _strata(counts, strata, (cause,) if cause else None)
    return _tested([_gray(*part) for part in parts])


def rmst_difference(
    counts: DayCounts,
    tau: float,
    arm: str | None = None,
    arms: Sequence[Any] | None = None,
    fewest: float = FEWEST,
) -> pd.DataFrame:
    """Restricted means of two groups up to tau, and their difference in days.

    `arm` is the column of `by` that tells the groups apart (the last one, if not given), `arms` the two
    that are compared. The other columns of `by`, then `tau`, a column for each of the two, `difference`
    (the first minus the second) `lower upper reason`. Missing as a restricted mean is.
    """
    return _difference(counts.rmst(tau, fewest), "rmst", "tau", _arms(counts, arm, arms))


def answered_within_difference(
    counts: DayCounts,
    days: float,
    arm: str | None = None,
    arms: Sequence[Any] | None = None,
    fewest: float = FEWEST,
) -> pd.DataFrame:
    """The shares of two groups answered within `days`, and their difference, as `rmst_difference` has it;
    the limits from those of the two shares."""
    return _difference(counts.answered_within(days, fewest=fewest), "share", "days", _arms(counts, arm, arms))


def recovered(first: pd.DataFrame, second: pd.DataFrame, weights: np.ndarray) -> tuple[float, ...]:
    """Two weighted sums of estimates with limits, their difference and its limits (Zou and Donner 2008).

    Frames of `value lower upper`, row for row; a missing limit makes the limit on its side missing.
    """
    w = weights / weights.sum()
    a, b = (table[["value", "lower", "upper"]].to_numpy(dtype=float).T for table in (first, second))
    ours, theirs = (w * a[0]).sum(), (w * b[0]).sum()
    down = np.sqrt((w**2 * ((a[0] - a[1]) ** 2 + (b[2] - b[0]) ** 2)).sum())
    up = np.sqrt((w**2 * ((a[2] - a[0]) ** 2 + (b[0] - b[1]) ** 2)).sum())
    return tuple(map(float, (ours, theirs, ours - theirs, ours - theirs - down, ours - theirs + up)))


def two_arms(counts: DayCounts, arm: str, arms: Sequence[Any] | None) -> tuple[Any, Any]:
    """The two groups compared: those asked for, or the two that there are."""
    one_of("arm", arm, counts.by)
    levels = list(counts.groups[arm].unique())
    chosen = levels if arms is None else list(arms)
    if len(chosen) != 2 or not set(chosen) <= set(levels) or chosen[0] == chosen[1]:
        raise ConfigurationError(
            f"Two groups of {arm!r} are compared, and it has {', '.join(map(repr, levels)) or 'none'}; "
            f"got {chosen}. Name two of them in `arms`."
        )
    return chosen[0], chosen[1]


def _arms(counts: DayCounts, arm: str | None, arms: Sequence[Any] | None) -> tuple[str, tuple[Any, Any]]:
    if not counts.by:
        raise ConfigurationError("Nothing can be compared: these counts have no groups. Give `by`.")
    name = arm or counts.by[-1]
    return name, two_arms(counts, name, arms)


def _difference(table: pd.DataFrame, value: str, at: str, arms: tuple[str, tuple[Any, Any]]) -> pd.DataFrame:
    """A row for each combination of the other columns of `by`."""
    name, chosen = arms
    rest = list(table.columns[: table.columns.get_loc(at)].drop(name))
    groups, number = numbered(table[rest], len(table))
    rows = []
    for place in range(len(groups)):
        pair = [table[(number == place) & table[name].eq(one).to_numpy()] for one in chosen]
        one, other = (part.rename(columns={value: "value"}) for part in pair)
        found = recovered(one, other, np.ones(1)) if len(one) and len(other) else (np.nan,) * 5
        reasons = [reason for part in pair for reason in part["reason"] if reason]
        rows.append((table[at].iloc[0], *found, reasons[0] if reasons else ""))
    columns = [at, *map(str, chosen), "difference", "lower", "upper", "reason"]
    return pd.concat([groups, pd.DataFrame(rows, columns=columns, index=groups.index)], axis=1)


def _strata(
    counts: DayCounts, strata: str | Sequence[str] | None, causes: tuple[str, ...] | None = None
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Each stratum's days by groups: how many were at risk, answered, and ended otherwise."""
    names = [strata] if isinstance(strata, str) else list(strata or ())
    for name in names:
        one_of("strata", name, counts.by)
    compared, column = numbered(counts.groups.drop(columns=names), len(counts.groups))
    if len(compared) < 2:
        raise ConfigurationError(
            f"At least two groups are compared; there are {len(compared)} in {[n for n in counts.by if n not in names]}."
        )
    held, stratum = numbered(counts.groups[names], len(counts.groups))
    return [by_day(counts, column, stratum == place, causes) for place in range(len(held))]


def by_day(
    counts: DayCounts, column: np.ndarray, inside: np.ndarray, causes: tuple[str, ...] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By day and column (a number for each group), of the groups that are `inside`: how many were at risk, answered (or
    ended by `causes`), and ended otherwise."""
    cells = counts.cells
    rows = inside[cells.group]
    days, row = np.unique(cells.day[rows], return_inverse=True)
    shape = (len(days), int(column.max(initial=-1)) + 1)
    at = (row, column[cells.group[rows]])

    def spread(values: np.ndarray) -> np.ndarray:
        table = np.zeros(shape)
        np.add.at(table, at, values[rows])
        return table

    answered, ended = spread(cells.ended(causes or counts._needed())), spread(cells.ended())
    gone = ended + spread(cells.pending)
    at_risk = np.cumsum(spread(cells.entered) - gone, axis=0) + gone
    some = ended.any(axis=1)
    return at_risk[some], answered[some], (ended - answered)[some]


def _logrank(at_risk: np.ndarray, answered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Observed minus expected answers of each group, and their covariance (hypergeometric)."""
    n, d = at_risk.sum(axis=1), answered.sum(axis=1)
    share = at_risk / n[:, None]
    score = (answered - d[:, None] * share).sum(axis=0)
    scale = d * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    variance = np.diag(scale @ share) - (share * scale[:, None]).T @ share
    return score, variance


def _gray(at_risk: np.ndarray, answered: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gray's score of each group and its covariance, day by day (his equations 2.5 and 3.1; among ties,
    with the correction for a finite number at risk).

    `free` and `event` are each group's share ended by nothing and answered, before the day; a group's
    at-risk number is weighed up by those who ended otherwise and could no longer be answered.
    """
    size = at_risk.shape[1]
    free, event, pooled = np.ones(size), np.zeros(size), 0.0
    score, variance = np.zeros(size), np.zeros((size, size))
    drift, cross, own = np.zeros((size, size)), np.zeros((size, size)), np.zeros(size)
    for n, a, b in zip(at_risk, answered, other, strict=True):
        here = n > 0
        safe = np.where(here, n, 1.0)
        weighed = np.where(here, n / np.where(free > 0, free, 1.0), 0.0)
        total, came = weighed.sum(), a.sum()
        subject = weighed * (1 - event)
        if subject.sum() <= NEAR or total * (1 - pooled) <= NEAR:
            # Nobody is left who could still be answered: the day tells nothing.
            break
        score += a - came * subject / subject.sum()
        tilt = np.diag(weighed) - np.outer(weighed, weighed) / total
        drift += tilt * came / (total * (1 - pooled))
        after = free * np.where(here, (safe - a - b) / safe, 1.0)
        pooled_after = pooled + came / total
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(after > 0, (1 - pooled_after) / after, 0.0)
        if came:
            over = np.where(here & (np.abs(total * free - 1) > NEAR), total * free - 1, np.inf)
            tie = 1 - (came - 1) / over
            scale = np.where(here, tie * free * came / (total * safe), 0.0)
            factor = np.where(after > 0, 1 - left, 1.0)
            part = tilt - factor * drift
            own += factor**2 * scale
            cross += part * (factor * scale)
            variance += (part * scale) @ part.T
        if b.any():
            use = (after > 0) & (b > 0)
            tie = np.where(b > 1, 1 - (b - 1) / np.maximum(safe - 1, 1), 1.0)
            scale = np.where(use, tie * free**2 * b / safe**2, 0.0)
            own += left**2 * scale
            cross -= left * drift * (left * scale)
            variance += (left * drift * scale) @ (left * drift).T
        free, event, pooled = after, event + np.where(here, free * a / safe, 0.0), pooled_after
    variance += (drift * own) @ drift.T + drift @ cross.T + cross @ drift.T
    return score, variance


def _tested(strata: list[tuple[np.ndarray, np.ndarray]]) -> Comparison:
    """The chi-squared of the strata's scores together, over as many dimensions as they can vary in."""
    from scipy.stats import chi2

    score, variance = (np.sum(parts, axis=0) for parts in zip(*strata, strict=True))
    if not np.trace(variance) > 0:
        return Comparison(float("nan"), 0, float("nan"))
    values, vectors = np.linalg.eigh((variance + variance.T) / 2)
    used = values > 1e-10 * values.max()
    statistic = float((((vectors.T @ score)[used]) ** 2 / values[used]).sum())
    return Comparison(statistic, int(used.sum()), float(chi2.sf(statistic, used.sum())))
