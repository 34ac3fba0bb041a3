"""Counts by whole day and cause: the one statistic from which every duration measure follows.

They add up, exactly: over partitions, registers and countries. `DayCounts.counts` is a tidy frame
with the columns of `by`, then `day`, `event` and `requests`: on that day of their age so many
requests came under observation ("entered"), ended by a cause (its label) or were last seen pending
("pending"). A request is at risk on day d when entry <= d <= end.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, one_of

ENTERED, PENDING = "entered", "pending"
CONFS = ("log-log", "log", "plain")
Z = 1.959963984540054
# A share that equals its limit in exact fractions may miss it in floating point by rounding.
TIE = 1e-12
FEWEST = 10


@dataclass(frozen=True)
class DayCounts:
    """Counts by day and cause, with the estimators that rest on them.

    `answer` is the label of the cause that is an answer; other causes compete with it. Every
    estimator gives a tidy frame with the columns of `by` first.
    """

    counts: pd.DataFrame
    by: tuple[str, ...] = ()
    answer: str = "answered"

    @classmethod
    def from_durations(
        cls,
        days: Any,
        cause: Any,
        entry: Any = None,
        by: "pd.Series | pd.DataFrame | None" = None,
        answer: str | None = None,
    ) -> "DayCounts":
        """Count durations.

        `days` are whole and not negative. `cause` is 0 or missing where the request is pending, else
        a label. `entry` is the day of its age from which a request was under observation; 0 is its
        start. `by` is a Series or a frame of groups; categorical groups keep their empty levels.
        `answer` is "answered" where that label occurs, else the label 1, else the only one.
        Raises ConfigurationError, naming how many values are wrong.
        """
        days = _whole(days, "days")
        entry = np.zeros(len(days), dtype=np.int64) if entry is None else _whole(entry, "entry")
        label = _labels(cause)
        _check(days, label, entry)
        groups = _groups(by, len(days))
        ends = groups.assign(day=days, event=label.fillna(PENDING).to_numpy())
        starts = groups.assign(day=entry, event=ENTERED)
        names = tuple(groups.columns)
        return cls(_tallied(pd.concat([starts, ends]), names), names, answer or _answer(label))

    def __add__(self, other: "DayCounts") -> "DayCounts":
        """The counts of both samples together."""
        if self.by != other.by:
            raise ConfigurationError(
                f"Counts can be added when their groups are the same; got {self.by} and {other.by}."
            )
        both = pd.concat([self.counts, other.counts])
        counts = both.groupby([*self.by, "day", "event"], observed=False, as_index=False)["requests"].sum()
        answer = self.answer if len(self.counts) else other.answer
        return DayCounts(counts, self.by, answer)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DayCounts)
            and self.by == other.by
            and self.counts.sort_values(list(self.counts))
            .reset_index(drop=True)
            .equals(other.counts.sort_values(list(other.counts)).reset_index(drop=True))
        )

    def survival(self, conf: str = "log-log") -> pd.DataFrame:
        """The share not yet answered: `day at_risk answered survival std_error lower upper`.

        One row a day on which an answer came. Without competing causes the product limit with
        Greenwood's error (of the survival itself); with them one minus the cumulative incidence of
        an answer. `conf` is the scale of the 95% limits: log-log, log or plain.
        """
        one_of("conf", conf, CONFS)
        steps = self._steps()
        curve = steps[steps["answered"] > 0].reset_index(drop=True)
        lower, upper = _limits(curve["survival"], curve["std_error"], conf)
        curve = curve.assign(lower=lower, upper=upper)
        return curve[[*self.by, "day", "at_risk", "answered", "survival", "std_error", "lower", "upper"]]

    def quantile(self, q: "float | Sequence[float]", conf: str = "log-log") -> pd.DataFrame:
        """The first day on which the share answered reaches q: `quantile days lower upper`.

        The limits are Brookmeyer and Crowley's: the days on which the limits of the curve reach it.
        Missing where it is not reached.
        """
        curve = self.survival(conf)
        levels = [q] if np.isscalar(q) else list(q)  # type: ignore[arg-type]
        parts = [_crossing(curve, self._groups(), float(level), list(self.by)) for level in levels]  # type: ignore[arg-type]
        table = pd.concat(parts, ignore_index=True)
        order = [*self.by, "quantile"]
        return table.sort_values(order, kind="stable").reset_index(drop=True)

    def rmst(self, tau: float) -> pd.DataFrame:
        """The restricted mean: days without an answer up to tau: `tau rmst std_error lower upper`."""
        steps, rows = self._steps(), []
        for key, part in self._parts(steps):
            rows.append((*key, tau, *_restricted_mean(part, tau)))
        columns = [*self.by, "tau", "rmst", "std_error", "lower", "upper", "at_risk"]
        table = pd.DataFrame(rows, columns=columns)
        few = table["at_risk"].lt(FEWEST)
        table["reason"] = pd.Series("fewer than 10 at risk", index=table.index).where(few)
        table.loc[few, ["rmst", "std_error", "lower", "upper"]] = np.nan
        return table

    def answered_within(self, days: float, conf: str = "log-log") -> pd.DataFrame:
        """The share answered within `days`: `days share std_error lower upper at_risk reason`."""
        one_of("conf", conf, CONFS)
        rows = []
        for key, part in self._parts(self._steps()):
            rows.append((*key, days, *_at(part, days)))
        table = pd.DataFrame(rows, columns=[*self.by, "days", "survival", "std_error", "at_risk"])
        lower, upper = _limits(table["survival"], table["std_error"], conf)
        few = table["at_risk"].lt(FEWEST)
        table = table.assign(share=1 - table["survival"], lower=1 - upper, upper=1 - lower)
        table["reason"] = pd.Series("fewer than 10 at risk", index=table.index).where(few)
        table.loc[few, ["share", "std_error", "lower", "upper"]] = np.nan
        return table[[*self.by, "days", "share", "std_error", "lower", "upper", "at_risk", "reason"]]

    def incidence(self, conf: str = "log-log") -> pd.DataFrame:
        """Cumulative incidence of each cause: `cause day incidence std_error lower upper`
        (Aalen and Johansen; ties as they are)."""
        parts = []
        for cause in self.causes:
            steps = self._steps(cause)
            part = steps[steps["answered"] > 0]
            lower, upper = _limits(part["survival"], part["std_error"], conf)
            parts.append(
                part.assign(cause=cause, incidence=1 - part["survival"], lower=1 - upper, upper=1 - lower)
            )
        columns = [*self.by, "cause", "day", "incidence", "std_error", "lower", "upper"]
        if not parts:
            return pd.DataFrame(columns=columns)
        return pd.concat(parts, ignore_index=True)[columns]

    @property
    def causes(self) -> list[str]:
        """The labels of the causes that occur, the answer first."""
        seen = set(self.counts.loc[self.counts["requests"].gt(0), "event"]) - {ENTERED, PENDING}
        return sorted(seen, key=lambda label: (label != self.answer, label))

    def _groups(self) -> pd.DataFrame:
        if not self.by:
            return pd.DataFrame(index=[0])
        return self.counts.groupby(list(self.by), observed=False).size().reset_index()[list(self.by)]

    def _parts(self, steps: pd.DataFrame) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
        if not self.by:
            return [((), steps)]
        found = dict(list(steps.groupby(list(self.by), observed=True)))
        keys = [tuple(row) for row in self._groups().itertuples(index=False)]
        return [(key, found.get(key, steps.iloc[:0])) for key in keys]

    def _steps(self, cause: str | None = None) -> pd.DataFrame:
        """Each group's days with the number at risk, the answers and the share not answered after."""
        wide = self._wide()
        group = (
            wide.groupby(list(self.by), observed=True).ngroup().to_numpy() if self.by else np.zeros(len(wide))
        )
        bounds = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
        slices = [slice(a, b) for a, b in itertools.pairwise(bounds)]
        events = wide.drop(columns=[*self.by, "day"])
        causes = events.drop(columns=[ENTERED, PENDING])
        ended = causes.sum(axis=1).to_numpy()
        gone = ended + events[PENDING].to_numpy()
        answered = causes.get(cause or self.answer, pd.Series(0, index=wide.index)).to_numpy()
        entered = events[ENTERED].to_numpy()
        at_risk = np.zeros(len(wide), dtype=np.int64)
        free, error = np.ones(len(wide)), np.zeros(len(wide))
        for one in slices:
            at_risk[one] = np.cumsum(entered[one]) - np.cumsum(gone[one]) + gone[one]
            free[one], error[one] = _curve(at_risk[one], ended[one], answered[one])
        return wide[[*self.by, "day"]].assign(
            at_risk=at_risk, answered=answered, survival=free, std_error=error
        )

    def _wide(self) -> pd.DataFrame:
        index = [*self.by, "day"]
        wide = self.counts.pivot_table(
            index=index, columns="event", values="requests", aggfunc="sum", fill_value=0, observed=True
        )
        for name in (ENTERED, PENDING):
            if name not in wide:
                wide[name] = 0
        return wide.sort_index().reset_index()


def _whole(values: Any, name: str) -> np.ndarray:
    numbers = pd.to_numeric(pd.Series(np.asarray(values, dtype=object)), errors="coerce").astype(float)
    wrong = numbers.isna() | numbers.lt(0) | numbers.mod(1).ne(0)
    if wrong.any():
        raise ConfigurationError(
            f"`{name}` must be whole and not negative; {int(wrong.sum())} of {len(numbers)} values are not. "
            "Take those rows out, or correct their dates."
        )
    return numbers.astype(np.int64).to_numpy()


def _labels(cause: Any) -> pd.Series:
    given = pd.Series(np.asarray(cause, dtype=object))
    pending = given.isna() | given.isin([0, "0", ""])
    text = given.where(
        pending,
        given.map(
            lambda one: str(int(one)) if isinstance(one, bool | float | int) else str(one), na_action="ignore"
        ),
    )
    return text.mask(pending)


def _check(days: np.ndarray, label: pd.Series, entry: np.ndarray) -> None:
    if len(label) != len(days) or len(entry) != len(days):
        raise ConfigurationError(
            f"`days`, `cause` and `entry` must have the same length; got {len(days)}, {len(label)} and {len(entry)}."
        )
    if label.isin([ENTERED, PENDING]).any():
        raise ConfigurationError(f"{ENTERED!r} and {PENDING!r} cannot be labels of a cause.")
    late = entry > days
    if late.any():
        raise ConfigurationError(
            f"`entry` must not be after the end; it is for {int(late.sum())} of {len(days)} requests. "
            "They were never under observation: take them out."
        )


def _answer(label: pd.Series) -> str:
    seen = set(label.dropna())
    if "answered" in seen or not seen:
        return "answered"
    return "1" if "1" in seen else sorted(seen)[0] if len(seen) == 1 else "answered"


def _groups(by: "pd.Series | pd.DataFrame | None", length: int) -> pd.DataFrame:
    if by is None:
        return pd.DataFrame(index=range(length))
    frame = by.to_frame(by.name or "group") if isinstance(by, pd.Series) else by
    if len(frame) != length:
        raise ConfigurationError(f"`by` must have a row for each request; got {len(frame)} for {length}.")
    return frame.reset_index(drop=True)


def _tallied(rows: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    rows["event"] = rows["event"].astype("str")
    counts = rows.groupby([*by, "day", "event"], observed=True).size()
    return counts.rename("requests").reset_index()


def _curve(at_risk: np.ndarray, ended: np.ndarray, answered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One minus the incidence of an answer after each day, and its error (delta method; where
    nothing competes it is Greenwood's)."""
    n = np.maximum(at_risk, 1)
    after = np.cumprod((n - ended) / n)
    before = np.concatenate([[1.0], after[:-1]])
    if np.array_equal(ended, answered):
        with np.errstate(divide="ignore", invalid="ignore"):
            total = np.cumsum(ended / (n * (n - ended)))
            return after, np.where(after > 0, after * np.sqrt(total), np.nan)
    incidence = np.cumsum(before * answered / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(n > ended, ended / (n * (n - ended)), 0.0)
    b = before**2 * (n - answered) * answered / n**3
    c = before * answered / n**2
    sums = [np.cumsum(x) for x in (a, a * incidence, a * incidence**2, b, c, c * incidence)]
    variance = incidence**2 * sums[0] - 2 * incidence * sums[1] + sums[2] + sums[3]
    variance -= 2 * (incidence * sums[4] - sums[5])
    return 1 - incidence, np.sqrt(np.maximum(variance, 0))


def _limits(survival: pd.Series, error: pd.Series, conf: str) -> tuple[pd.Series, pd.Series]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf == "plain":
            return (survival - Z * error).clip(lower=0), (survival + Z * error).clip(upper=1)
        width = Z * error / survival
        if conf == "log":
            return survival * np.exp(-width), (survival * np.exp(width)).clip(upper=1)
        width = width / np.log(survival)
        return survival ** np.exp(-width), survival ** np.exp(width)


def _crossing(curve: pd.DataFrame, groups: pd.DataFrame, q: float, by: list[str]) -> pd.DataFrame:
    found = groups.assign(quantile=q)
    for name, column in (("days", "survival"), ("lower", "lower"), ("upper", "upper")):
        reached = curve[curve[column] <= 1 - q + TIE]
        if by:
            first = reached.groupby(by, observed=False)["day"].min()
            found[name] = found.merge(first.rename(name).reset_index(), on=by, how="left")[name].astype(float)
        else:
            found[name] = float(reached["day"].min()) if len(reached) else np.nan
    return found


def _at(part: pd.DataFrame, day: float) -> tuple[float, float, int]:
    """The curve on a day, and how many were still at risk then."""
    until = part[part["day"] <= day]
    later = part[part["day"] >= day]
    at_risk = int(later["at_risk"].iloc[0]) if len(later) else 0
    if until.empty:
        return 1.0, 0.0, at_risk
    return float(until["survival"].iloc[-1]), float(until["std_error"].iloc[-1]), at_risk


def _restricted_mean(part: pd.DataFrame, tau: float) -> tuple[float, float, float, float, int]:
    steps = part[(part["day"] <= tau) & (part["answered"] > 0)]
    days, free = steps["day"].to_numpy(float), steps["survival"].to_numpy()
    widths = np.diff(np.concatenate([days, [tau]]))
    areas = free * widths
    mean = (days[0] if len(days) else tau) + areas.sum()
    remaining = areas[::-1].cumsum()[::-1]
    n, d = steps["at_risk"].to_numpy(float), steps["answered"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(n > d, remaining**2 * d / (n * (n - d)), 0.0)
    error = float(np.sqrt(terms.sum()))
    return mean, error, mean - Z * error, mean + Z * error, _at(part, tau)[2]
