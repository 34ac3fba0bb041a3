"""Counts by whole day and cause: the one statistic from which every duration measure follows.

They add up, exactly: over partitions, registers and countries. A request is at risk on day d when
entry <= d <= end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, one_of
from mlastats.measure import estimators
from mlastats.measure.comparisons import (
    Comparison,
    answered_within_difference,
    gray,
    logrank,
    quantile_difference,
    rmst_difference,
)
from mlastats.measure.intervals import wilson
from mlastats.measure.standardised import standardised
from mlastats.measure.tally import Cells, fitting, grouped, horizon, joined, labelled, tallied, whole

__all__ = [
    "Comparison",
    "DayCounts",
    "answered_within_difference",
    "gray",
    "logrank",
    "quantile_difference",
    "rmst_difference",
    "standardised",
]

CONFS = ("log-log", "log", "plain")
FEWEST = 10
NONE, FEW = "none", "few_at_risk"


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Counts by day and cause, with the estimators that rest on them.

    `groups` has the columns of `by`, one row a group; `cells` the counts of each. `answers` are the causes
    that are an answer; other causes compete with it. Every estimator gives a tidy frame with the columns
    of `by` first and a row for each group where it gives one number a group. Intervals are 95%. Curves, and
    the quantiles and shares read from them, move only on days by which `every` more answers have come.
    """

    groups: pd.DataFrame
    cells: Cells
    answers: tuple[str, ...] = ()
    every: int = 1

    @classmethod
    def from_durations(
        cls,
        days: Any,
        cause: Any,
        entry: Any = None,
        by: "pd.Series | pd.DataFrame | None" = None,
        answer: "str | Sequence[str] | None" = None,
    ) -> "DayCounts":
        """Count durations.

        `days` are whole and not negative. `cause` is 0 or missing where the request is pending, else a
        label. `entry` is the day of its age from which a request was under observation; 0 is its start.
        `by` is a Series or a frame of groups, row for row; categorical groups keep their empty levels.
        `answer` names the cause that is an answer, or several; if not given it is "answered" where that
        label occurs, else 1, else the only one. Raises ConfigurationError, saying how many values are
        wrong and where the first is.
        """
        days = whole(days, "days")
        entry = None if entry is None else whole(entry, "entry")
        causes = labelled(cause)
        fitting(days, causes[0], entry)
        groups, group = grouped(by, len(days))
        answers = (answer,) if isinstance(answer, str) else tuple(answer or ())
        return cls(groups, tallied(group, days, causes, entry), answers)

    @property
    def by(self) -> tuple[str, ...]:
        """The columns of the groups."""
        return tuple(self.groups.columns)

    @property
    def causes(self) -> list[str]:
        """The labels of the causes that occur, the answers first."""
        answers = self._answers()
        return sorted(self.cells.causes, key=lambda label: (label not in answers, label))

    @property
    def counts(self) -> pd.DataFrame:
        """The counts as a table: the columns of `by`, then `day`, `event` ("entered" under observation on
        that day of their age, last seen "pending", or a cause) and `requests`. No zeros."""
        parts = [
            self._of_groups(self.cells.group, {"day": self.cells.day, "event": event, "requests": counts})
            for event, counts in self.cells.events.items()
        ]
        table = pd.concat(parts, keys=range(len(parts))).rename_axis(["event_number", "row"])
        table = table[table["requests"].gt(0)].sort_index(level=["row", "event_number"])
        return table.reset_index(drop=True)

    def sizes(self) -> np.ndarray:
        """How many requests each group has."""
        return self._sum(self.cells.entered, self.cells.day >= 0).astype(np.int64)

    def known_to(self, at_risk: int = FEWEST) -> np.ndarray:
        """The last day to which each group is known: so many are at risk, or no pending request was last
        seen before. Without end where none is pending, or where one at risk is enough and all ended."""
        cells, size = self.cells, len(self.groups)
        known, cut = np.zeros(size), np.full(size, np.inf)
        np.maximum.at(known, cells.group, np.where(cells.at_risk() >= at_risk, cells.day, 0))
        np.minimum.at(cut, cells.group, np.where(cells.pending > 0, cells.day, np.inf))
        last = np.flatnonzero(np.diff(cells.group, append=size))
        if at_risk <= 1:
            cut[cells.group[last[cells.pending[last] == 0]]] = np.inf
        return np.maximum(known, cut)

    def totals(self) -> pd.DataFrame:
        """How many requests each group has: `requests answered ended_otherwise pending`."""
        cells, size = self.cells, len(self.groups)
        answered, ended = cells.ended(self._needed()), cells.ended()
        columns = {
            "requests": cells.entered,
            "answered": answered,
            "ended_otherwise": ended - answered,
            "pending": cells.pending,
        }
        sums = {name: np.bincount(cells.group, x, size).astype(np.int64) for name, x in columns.items()}
        return self.groups.assign(**sums)

    def __add__(self, other: "DayCounts") -> "DayCounts":
        """The counts of both samples together."""
        if self.by != other.by:
            raise ConfigurationError(
                f"Counts can be added when their groups are the same; got {self.by} and {other.by}."
            )
        if self.answers and other.answers and set(self.answers) != set(other.answers):
            raise ConfigurationError(
                f"Counts can be added when the same causes are answers; got {self.answers} and {other.answers}."
            )
        groups, number = joined(self.groups, other.groups)
        ours, theirs = number[: len(self.groups)], number[len(self.groups) :]
        cells = self.cells.rearranged(ours[self.cells.group])
        both = cells.and_also(other.cells.rearranged(theirs[other.cells.group]))
        return DayCounts(groups, both, self.answers or other.answers, max(self.every, other.every))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DayCounts) or self.by != other.by:
            return NotImplemented if not isinstance(other, DayCounts) else False
        return self.groups.equals(other.groups) and self.counts.equals(other.counts)

    def where(self, kept: Any) -> "DayCounts":
        """The counts of some groups: `kept` is true or false for each row of `groups`."""
        kept = np.asarray(kept, dtype=bool)
        number = np.where(kept, np.cumsum(kept) - 1, -1)
        cells = self.cells.rearranged(number[self.cells.group])
        return replace(self, groups=self.groups[kept].reset_index(drop=True), cells=cells)

    def over(self, names: "str | Sequence[str]") -> "DayCounts":
        """The counts summed over columns of `by`: over strata, channels, registers."""
        gone = [names] if isinstance(names, str) else list(names)
        for name in gone:
            one_of("a column of `by`", name, self.by)
        groups, number = grouped(self.groups.drop(columns=gone), len(self.groups))
        return replace(self, groups=groups, cells=self.cells.rearranged(number[self.cells.group]))

    def thinned(self, every: int) -> "DayCounts":
        """The same counts, read on days by which `every` more answers have come: for the public, who must
        not see a single case in a step of a curve. What is read is never better than the truth: a share
        is that of the last such day, a quantile the next such day. Restricted means are not read."""
        return replace(self, every=every)

    def survival(self, conf: str = "log-log") -> pd.DataFrame:
        """The share not yet answered: `day at_risk answered survival std_error lower upper`.

        One row a day on which an answer came. Without competing causes the product limit with
        Greenwood's error (of the survival itself); with them one minus the cumulative incidence of
        an answer. `conf` is the scale of the limits: log-log, log or plain. Where it falls to 0 it has
        no error and no limits.
        """
        curve = self._steps
        at = np.flatnonzero(self._read)
        lower, upper = self._limits(conf)
        columns = {
            "day": curve.day,
            "at_risk": curve.at_risk,
            "answered": curve.answered,
            "survival": curve.open,
            "std_error": curve.error,
            "lower": lower,
            "upper": upper,
        }
        return self._of_groups(curve.group.take(at), {name: x.take(at) for name, x in columns.items()})

    def quantile(self, q: "float | Sequence[float]", conf: str = "log-log") -> pd.DataFrame:
        """The first day on which the share answered reaches q: `quantile days lower upper`.

        Ties are decided as exact fractions would be. The limits are Brookmeyer and Crowley's: the days
        on which the limits of the curve reach it. Missing where it is not reached.
        """
        levels = [float(q)] if np.isscalar(q) else [float(level) for level in q]  # type: ignore[arg-type,union-attr]
        for level in levels:
            if not 0 < level < 1:
                raise ConfigurationError(f"`q` must be between 0 and 1, as 0.5; got {level!r}.")
        curve = self._steps
        low, high = self._limits(conf)
        parts = []
        for level in sorted(levels):
            rest = 1 - level
            marks = {"days": estimators.reached(curve, level), "lower": low <= rest, "upper": high <= rest}
            days = {name: estimators.first_days(there & self._read, curve) for name, there in marks.items()}
            parts.append(self.groups.assign(quantile=level, **days))
        return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)

    def rmst(self, tau: float, fewest: int = FEWEST) -> pd.DataFrame:
        """The restricted mean, days without an answer up to tau: `tau rmst std_error lower upper reason`.

        The limits are those of the mean's part of tau on the logit scale, so that they hold in small groups.
        Missing, with the `reason`, where there is no request ("none"), or where fewer than `fewest` are
        at risk on tau and a pending request was last seen before it ("few_at_risk").
        """
        horizon(tau, "tau")
        mean, error = estimators.restricted_means(self._steps, tau)
        lower, upper = estimators.mean_limits(mean, error, tau)
        table = self.groups.assign(tau=tau, rmst=mean, std_error=error, lower=lower, upper=upper)
        return self._enough(table, tau, fewest)

    def answered_within(self, days: float, conf: str = "log-log", fewest: int = FEWEST) -> pd.DataFrame:
        """The share answered within `days`: `days share std_error lower upper reason`.

        Its limits are those of the curve; where the curve has none, as nobody or everybody is answered,
        Wilson's of the requests known to that day. Missing, with the `reason`, as a restricted mean is.
        """
        horizon(days, "days", least=0)
        one_of("conf", conf, CONFS)
        free, error = estimators.on_day(self._steps, days, self._read)
        low, high = estimators.limits(free, error, conf)
        known = self._sum(self.cells.entered, self.cells.day <= days)
        known = known - self._sum(self.cells.pending, self.cells.day < days)
        bare = (free == 0) | (free == 1)
        none, every = wilson(np.where(free == 0, known, 0), known)
        lower, upper = np.where(bare, none, 1 - high), np.where(bare, every, 1 - low)
        table = self.groups.assign(days=days, share=1 - free, std_error=error, lower=lower, upper=upper)
        return self._enough(table, days, fewest)

    def incidence(self, conf: str = "log-log") -> pd.DataFrame:
        """Cumulative incidence of each cause: `cause day incidence std_error lower upper`.

        Aalen and Johansen's, ties as they are; one row a day on which the cause came. The limits are
        those of one minus the incidence, so that without competing causes it mirrors the survival.
        """
        one_of("conf", conf, CONFS)
        parts = []
        for cause in self.causes:
            curve = estimators.steps(self.cells, (cause,), len(self.groups))
            at = estimators.moves(curve, self.every)
            low, high = estimators.limits(curve.open[at], curve.error[at], conf)
            values = {"cause": cause, "day": curve.day[at], "incidence": 1 - curve.open[at]}
            values |= {"std_error": curve.error[at], "lower": 1 - high, "upper": 1 - low}
            parts.append(self._of_groups(curve.group[at], values))
        columns = [*self.by, "cause", "day", "incidence", "std_error", "lower", "upper"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    @cached_property
    def _steps(self) -> estimators.Steps:
        return estimators.steps(self.cells, self._needed(), len(self.groups))

    @cached_property
    def _read(self) -> np.ndarray:
        return estimators.moves(self._steps, self.every)

    def _limits(self, conf: str) -> tuple[np.ndarray, np.ndarray]:
        one_of("conf", conf, CONFS)
        return estimators.limits(self._steps.open, self._steps.error, conf)

    def _needed(self) -> tuple[str, ...]:
        """The causes that are an answer; an error where that cannot be known."""
        seen, answers = self.cells.causes, self._answers()
        if seen and not answers:
            raise ConfigurationError(
                f"Which cause is an answer? There are {', '.join(map(repr, seen))}: name one or more in `answer`."
            )
        return answers

    def _answers(self) -> tuple[str, ...]:
        seen = self.cells.causes
        usual = [label for label in ("answered", "1") if label in seen]
        return self.answers or tuple(usual[:1] or (seen if len(seen) == 1 else ()))

    def _of_groups(self, number: np.ndarray, columns: dict[str, Any]) -> pd.DataFrame:
        """The columns of `by` for group numbers, then others."""
        groups = {name: self.groups[name].array.take(number) for name in self.by}
        return pd.DataFrame(groups | columns, index=pd.RangeIndex(len(number)), copy=False)

    def _sum(self, counts: np.ndarray, kept: np.ndarray) -> np.ndarray:
        return np.bincount(self.cells.group[kept], counts[kept], len(self.groups))

    def _enough(self, table: pd.DataFrame, day: float, fewest: int) -> pd.DataFrame:
        """The table, its numbers missing where too few are at risk on a day, and the reason."""
        cells = self.cells
        gone = self._sum(cells.ended() + cells.pending, cells.day < day)
        at_risk = self._sum(cells.entered, cells.day <= day) - gone
        cut = self._sum(cells.pending, cells.day < day) > 0
        none = self.sizes() == 0
        few = (at_risk < fewest) & cut
        table["reason"] = pd.Series(np.select([none, few], [NONE, FEW], ""), index=table.index, dtype="str")
        values = [name for name in ("rmst", "share", "std_error", "lower", "upper") if name in table]
        table.loc[none | few, values] = np.nan
        return table
