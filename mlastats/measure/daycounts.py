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
from mlastats.measure.beta_product import NEAR
from mlastats.measure.intervals import wilson
from mlastats.measure.tally import (
    ENTERED,
    PENDING,
    Cells,
    fitting,
    horizon,
    labelled,
    numbered,
    tallied,
    union,
    whole_days,
)

FEWEST = 10
FEWEST_ANSWERS = 5
# From so many on a figure stands in a sentence, and so many for the day by which three quarters are answered.
IN_WORDS, IN_WORDS_P75 = 20, 30
NONE, FEW, FEW_ANSWERS, NOT_REACHED = "none", "few_at_risk", "few_answers", "not_reached"


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Counts by day and cause, with the estimators that rest on them.

    `groups` has the columns of `by`, one row a group; `cells` the counts of each. `answers` are the causes
    that are an answer; other causes compete with it. Every estimator gives a tidy frame with the columns
    of `by` first and a row for each group where it gives one number a group. Intervals are 95%.
    No request weighs more than a tenth: a figure is missing, with a reason, unless at risk / share not ended is at
    least `fewest` on every day up to the one that it rests on (`known_until`); 0 gives it whatever it rests on.
    """

    groups: pd.DataFrame
    cells: Cells
    answers: tuple[str, ...] = ()

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
        days = whole_days(days, "days")
        entry = None if entry is None else whole_days(entry, "entry")
        causes = labelled(cause)
        fitting(days, causes[0], entry)
        groups, group = numbered(by, len(days))
        answers = (answer,) if isinstance(answer, str) else tuple(answer or ())
        return cls(groups, tallied(group, days, causes, entry), answers)

    @classmethod
    def from_counts(cls, counts: pd.DataFrame, answer: "str | Sequence[str]" = "answered") -> "DayCounts":
        """The counts that a table has as `counts` gives them, added up over its rows: columns of groups, then `day event
        requests`."""
        groups, number = numbered(counts.drop(columns=["day", "event", "requests"]), len(counts))
        day, size = whole_days(counts["day"], "day"), whole_days(counts["requests"], "requests")
        names = [ENTERED, PENDING, *sorted({*counts["event"]} - {ENTERED, PENDING})]
        events = {name: np.where(counts["event"].eq(name), size, 0) for name in names}
        cells = Cells(number, day, events).rearranged(number)
        return cls(groups, cells, (answer,) if isinstance(answer, str) else tuple(answer))

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

    def known_until(self, fewest: Any = FEWEST) -> np.ndarray:
        """The last day of each group up to which no request weighs more than one in `fewest`: on every day up to it at
        risk / share not ended is so many, looked at while more than a twentieth is not ended. Without end where that
        is so on every day; -1 where on none, or where there is no request."""
        return estimators.known_until(self._steps, fewest)

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
        groups, number = union(self.groups, other.groups)
        ours, theirs = number[: len(self.groups)], number[len(self.groups) :]
        cells = self.cells.rearranged(ours[self.cells.group])
        both = cells.and_also(other.cells.rearranged(theirs[other.cells.group]))
        return DayCounts(groups, both, self.answers or other.answers)

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
        groups, number = numbered(self.groups.drop(columns=gone), len(self.groups))
        return replace(self, groups=groups, cells=self.cells.rearranged(number[self.cells.group]))

    def survival(
        self,
        conf: str = estimators.BETA,
        fewest: float = FEWEST,
        causes: "Sequence[str] | None" = None,
    ) -> pd.DataFrame:
        """The share not yet answered, or not ended by one of `causes`: `day at_risk answered survival std_error lower
        upper rests_on`.

        One row a day on which an answer came. Without competing causes the product limit with Greenwood's error (of the
        survival itself); with them one minus the cumulative incidence of an answer (Aalen and Johansen's). `conf` says
        how the limits are made: by the beta product (Fay and Brittain 2016), or on the scale log-log, log or plain, as
        R's survfit has them, none where the share falls to 0. The share is missing from the day on that `known_until`
        does not hold.
        """
        one_of("conf", conf, estimators.CONFS)
        curve = self._steps if causes is None else self._curve(causes)
        at = np.flatnonzero(curve.answered > 0)
        lower, upper = estimators.limits(curve, at, conf)
        values = {"survival": curve.open[at], "std_error": curve.error[at], "lower": lower, "upper": upper}
        known = curve.rests_on[at] >= fewest - NEAR
        values = {name: np.where(known, x, np.nan) for name, x in values.items()}
        counts = {name: getattr(curve, name)[at] for name in ("day", "at_risk", "answered")}
        return self._of_groups(curve.group[at], counts | values | {"rests_on": curve.rests_on[at]})

    def quantile(
        self, q: "float | Sequence[float]", conf: str = estimators.BETA, fewest: float = FEWEST
    ) -> pd.DataFrame:
        """The first day on which the share answered reaches q: `quantile days lower upper rests_on known_to reason`.

        Ties are decided as exact fractions would be. The limits are Brookmeyer and Crowley's: the days
        on which the limits of the curve reach it. `rests_on` is how many requests it rests on in effect: one over the
        weight of the heaviest. `known_to` is the last day on which a quantile would be given (`known_until`).
        Missing, with the `reason`: "none" where there is no request, "not_reached" where it is not on any day that was
        observed and that is known as far as so many requests ever are (it has a lower limit then), else "few_at_risk".
        """
        levels = [float(q)] if np.isscalar(q) else [float(level) for level in q]  # type: ignore[arg-type,union-attr]
        for level in levels:
            if not 0 < level < 1:
                raise ConfigurationError(f"`q` must be between 0 and 1, as 0.5; got {level!r}.")
        one_of("conf", conf, estimators.CONFS)
        curve, known, none = self._steps, self.known_until(fewest), self.sizes() == 0
        later = (curve.day > known[curve.group]) & (curve.at_risk >= fewest * curve.before - NEAR)
        unknown = none | (known < 0) | (np.bincount(curve.group[later], minlength=len(none)) > 0)
        parts = []
        for level in sorted(levels):
            there = (estimators.reached(curve, level), *estimators.limits_reach(curve, level, conf))
            days = [estimators.first_days(mark, curve) for mark in there]
            few = ~(days[0] <= known)
            reason = np.select([none, ~few, np.isnan(days[0]) & ~unknown], [NONE, "", NOT_REACHED], FEW)
            columns = dict(zip(("days", "lower", "upper"), days, strict=True))
            columns["rests_on"] = self._rests_on(curve, np.nan_to_num(days[0]))
            # That a quantile is not reached has a lower limit too.
            known_lower = columns["lower"] <= np.where(reason == NOT_REACHED, known, -1)
            columns = {
                name: np.where(few & ~(known_lower & (name == "lower")), np.nan, column)
                for name, column in columns.items()
            }
            texts = pd.Series(reason, index=self.groups.index, dtype="str")
            parts.append(self.groups.assign(quantile=level, **columns, known_to=known, reason=texts))
        return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)

    def rmst(self, tau: float, fewest: float = FEWEST) -> pd.DataFrame:
        """The restricted mean, days without an answer up to tau: `tau rmst std_error lower upper rests_on reason`.

        The limits are those of the mean's part of tau on the logit scale, by t with one degree of freedom fewer than
        the requests that it rests on. Missing, with the `reason`: "none", "few_at_risk" where `known_until` ends
        before tau, or "few_answers" where fewer than 5 came by then.
        """
        horizon(tau, "tau")
        mean, error = estimators.restricted_means(self._steps, tau)
        rests_on = self._rests_on(self._steps, tau)
        lower, upper = estimators.mean_limits(mean, error, tau, rests_on)
        answered = self._sum(self.cells.ended(self._needed()), self.cells.day <= tau)
        values = {"rmst": mean, "std_error": error, "lower": lower, "upper": upper}
        few = (answered < min(FEWEST_ANSWERS, fewest)) & (self.sizes() > 0)
        return self._where_known(self.groups.assign(tau=tau), values, rests_on, fewest, few)

    def answered_within(
        self,
        days: Any,
        conf: str = estimators.BETA,
        fewest: float = FEWEST,
        causes: "Sequence[str] | None" = None,
    ) -> pd.DataFrame:
        """The share answered within `days`, a number or one for each group, or ended by one of `causes`: `days share
        std_error lower upper rests_on reason`.

        The limits are those of the curve; where it has none they are Wilson's of the requests seen to that day.
        Missing, with the `reason` "none" or "few_at_risk", as a restricted mean is.
        """
        horizon(days, "days", least=0)
        one_of("conf", conf, estimators.CONFS)
        curve = self._steps if causes is None else self._curve(causes)
        # Every curve begins on day 0: only a group without a request has no place, and it has no figure.
        at = estimators.last_places(curve, days)
        share, error = 1 - np.append(curve.open, 1)[at], np.append(curve.error, 0)[at]
        low, high = estimators.limits(curve, at, conf) if len(curve.day) else (share, share)
        lower, upper = 1 - high, 1 - low
        if conf != estimators.BETA:
            cells, day = self.cells, np.broadcast_to(days, len(self.groups))[self.cells.group]
            seen = self._sum(cells.entered, cells.day <= day) - self._sum(cells.pending, cells.day < day)
            every, bare = share >= 1, (share <= 0) | (share >= 1)
            plain = wilson(np.where(every, seen, 0), seen)
            lower, upper = np.where(bare, plain[0], lower), np.where(bare, plain[1], upper)
        values = {"share": share, "std_error": error, "lower": lower, "upper": upper}
        return self._where_known(self.groups.assign(days=days), values, self._rests_on(curve, days), fewest)

    @cached_property
    def _steps(self) -> estimators.Steps:
        return self._curve(self._needed())

    def _curve(self, causes: "Sequence[str]") -> estimators.Steps:
        return estimators.steps(self.cells, tuple(causes), len(self.groups))

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

    def _rests_on(self, curve: estimators.Steps, days: Any) -> np.ndarray:
        """How many requests a figure rests on in effect that is read on these days."""
        at = estimators.last_places(curve, days)
        return np.where(at < 0, 0.0, np.append(curve.rests_on, 0)[at])

    def _where_known(
        self,
        table: pd.DataFrame,
        values: dict[str, np.ndarray],
        rests_on: np.ndarray,
        fewest: float,
        more: Any = False,
    ) -> pd.DataFrame:
        """The table with its values, which are missing where one request weighs more than one in `fewest` or there are
        too few answers (`more`), what they rest on, and the reason."""
        none, few = self.sizes() == 0, rests_on < fewest - NEAR
        reason = np.select([none, few, more], [NONE, FEW, FEW_ANSWERS], "")
        values = {name: np.where(none | few | more, np.nan, x) for name, x in values.items()}
        # With nothing left to end no request can weigh too much.
        values["rests_on"] = np.minimum(rests_on, self.sizes()).astype(float)
        return table.assign(**values, reason=pd.Series(reason, index=table.index, dtype="str"))
