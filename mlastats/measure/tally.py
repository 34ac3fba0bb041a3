"""From single durations to counts by group, day and event: what is accepted, and how it is added up."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError

ENTERED, PENDING = "entered", "pending"
MOST_DAYS = 1_000_000
RESERVED = (
    *("day", "days", "event", "requests", "cause", "quantile", "tau", "at_risk", "answered", "survival"),
    *("share", "rmst", "incidence", "std_error", "lower", "upper", "reason", "pending", "ended_otherwise"),
)


@dataclass(frozen=True)
class Cells:
    """Counts by group and day, sorted by both: `events` has the entered, the pending, then each cause.

    `group` numbers the rows of a frame of groups. Every request is once entered and once gone, so that
    over a whole group the two are equal.
    """

    group: np.ndarray
    day: np.ndarray
    events: dict[str, np.ndarray]

    @property
    def entered(self) -> np.ndarray:
        return self.events[ENTERED]

    @property
    def pending(self) -> np.ndarray:
        return self.events[PENDING]

    @property
    def causes(self) -> list[str]:
        """The labels of the causes that occur."""
        return [n for n, counts in self.events.items() if n not in (ENTERED, PENDING) and counts.any()]

    def ended(self, causes: "tuple[str, ...] | None" = None) -> np.ndarray:
        """How many ended by one of `causes` (by any, if not given)."""
        chosen = [self.events[name] for name in self.causes if causes is None or name in causes]
        return sum(chosen[1:], start=chosen[0]) if chosen else np.zeros(len(self.day), dtype=np.int64)

    def at_risk(self) -> np.ndarray:
        """Under observation and open on each day: entry <= day <= end."""
        gone = self.pending + self.ended()
        return np.cumsum(self.entered - gone) + gone

    def rearranged(self, group: np.ndarray) -> "Cells":
        """The same counts under other numbers of groups, those of one group and day together;
        a negative number leaves a row out."""
        kept = group >= 0
        group, day = group[kept], self.day[kept]
        span = int(day.max(initial=0)) + 1
        places, rank = np.unique(group * span + day, return_inverse=True)
        events = {}
        for name, counts in self.events.items():
            events[name] = np.zeros(len(places), dtype=np.int64)
            np.add.at(events[name], rank, counts[kept])
        return Cells(places // span, places % span, events)

    def and_also(self, other: "Cells") -> "Cells":
        """The counts of both, whose groups have the same numbers."""
        names = [ENTERED, PENDING, *sorted({*self.events, *other.events} - {ENTERED, PENDING})]
        none = [np.zeros(len(cells.day), dtype=np.int64) for cells in (self, other)]
        events = {
            name: np.concatenate([self.events.get(name, none[0]), other.events.get(name, none[1])])
            for name in names
        }
        both = Cells(np.concatenate([self.group, other.group]), np.concatenate([self.day, other.day]), events)
        return both.rearranged(both.group)


def tallied(group: np.ndarray, days: np.ndarray, causes: "tuple[np.ndarray, list[str]]", entry: Any) -> Cells:
    """The cells of single requests: their group, days and cause (0 is pending, else a number from the
    list of labels on), and the day of entry (None: all from their start)."""
    code, labels = causes
    span = int(days.max(initial=0)) + 1
    if entry is None:
        sizes = np.bincount(group)
        starts, came = np.flatnonzero(sizes) * span, sizes[sizes > 0]
    else:
        starts, came = np.unique(group * span + entry, return_counts=True)
    rows, ends, starts = _ranked(group * span + days, starts)
    entered = np.zeros(len(rows), dtype=np.int64)
    entered[starts] = came
    kinds = len(labels) + 1
    counts = np.bincount(ends * kinds + code, minlength=len(rows) * kinds).reshape(-1, kinds)
    events = {name: counts[:, i].copy() for i, name in enumerate([PENDING, *labels])}
    number = rows // span
    return Cells(number, rows - number * span, {ENTERED: entered, **events})


def _ranked(ends: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct places in order, and the rank of each end and start among them."""
    size = int(ends.max(initial=-1)) + 1
    if size > 16 * len(ends) + 1_000_000:
        rows, rank = np.unique(np.concatenate([ends, starts]), return_inverse=True)
        return rows, rank[: len(ends)], rank[len(ends) :]
    taken = np.zeros(size, dtype=bool)
    taken[ends] = taken[starts] = True
    rows = np.flatnonzero(taken)
    rank = np.empty(size, dtype=np.int32)
    rank[rows] = np.arange(len(rows), dtype=np.int32)
    return rows, rank.take(ends).astype(np.int64), rank.take(starts)


def whole_days(values: Any, name: str) -> np.ndarray:
    """Days as whole numbers. Raises ConfigurationError, saying how many are not and where the first is."""
    given = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iuf":
        numbers = given.to_numpy()
    else:
        odd = pd.api.types.is_bool_dtype(given.dtype) or not pd.api.types.is_numeric_dtype(given.dtype)
        read = pd.to_numeric(given.astype(object), errors="coerce") if odd else given
        numbers = read.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~((numbers >= 0) & (numbers <= MOST_DAYS))
    if numbers.dtype.kind == "f":
        wrong |= numbers != np.floor(numbers)
    if wrong.any():
        raise ConfigurationError(
            f"`{name}` must be whole, not negative and at most {MOST_DAYS:,}; {int(wrong.sum())} of {len(numbers)} "
            f"values are not (the first at position {int(wrong.argmax())}, counted from 0). "
            "Take those rows out, or correct their dates."
        )
    return numbers.astype(np.int64, copy=False)


def fitting(days: np.ndarray, code: np.ndarray, entry: np.ndarray | None) -> None:
    """Raise ConfigurationError unless each request has a day, a cause and an entry not after its end."""
    if len(code) != len(days):
        raise ConfigurationError(
            f"`days` and `cause` must have the same length; got {len(days)} and {len(code)}."
        )
    if entry is None:
        return
    if len(entry) != len(days):
        raise ConfigurationError(
            f"`days` and `entry` must have the same length; got {len(days)} and {len(entry)}."
        )
    late = entry > days
    if late.any():
        raise ConfigurationError(
            f"`entry` must not be after the end; it is for {int(late.sum())} of {len(days)} requests (the first at "
            f"position {int(late.argmax())}, counted from 0). They were never under observation: take them out."
        )


def horizon(days: Any, name: str, least: float = 1e-12) -> None:
    """Raise ConfigurationError unless days looked at are numbers, not negative and not without end."""
    numbers = np.asarray(days)
    if numbers.dtype.kind not in "iuf" or not ((least <= numbers) & (numbers < np.inf)).all():
        raise ConfigurationError(f"`{name}` must be a number of days, not negative; got {days!r}.")


def labelled(cause: Any) -> tuple[np.ndarray, list[str]]:
    """The cause of each request as a number, 0 for pending, and the labels that the others stand for."""
    given = cause if isinstance(cause, pd.Series | pd.Index | np.ndarray) else np.asarray(cause, dtype=object)
    codes, seen = pd.factorize(given)
    texts = []
    for value in seen:
        if isinstance(value, str):
            text = "" if value == "0" else value
        elif (
            isinstance(value, int | float | np.number | np.bool) and float(value).is_integer() and value >= 0
        ):
            text = str(int(value)) if value else ""
        else:
            raise ConfigurationError(
                f"`cause` must be 0 or missing where a request is pending, else a label; got {value!r}."
            )
        if text in (ENTERED, PENDING):
            raise ConfigurationError(
                f"{text!r} cannot be the label of a cause. Leave the cause of a pending request missing."
            )
        texts.append(text)
    labels = sorted({text for text in texts if text})
    numbers = np.array([labels.index(text) + 1 if text else 0 for text in texts] + [0], dtype=np.int64)
    return numbers[codes], labels


def numbered(by: "pd.Series | pd.DataFrame | None", length: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The groups, one row each, in order, and the number of each request's group.

    With a categorical column every combination of levels is a group, whether or not a request is in it.
    Raises ConfigurationError where a column cannot be one of a result, or does not say every group.
    """
    frame = by.to_frame(by.name or "group") if isinstance(by, pd.Series) else by
    if frame is None or not len(frame.columns):
        return pd.DataFrame(index=[0]), np.zeros(length, dtype=np.int64)
    if len(frame) != length:
        raise ConfigurationError(f"`by` must have a row for each request; got {len(frame)} for {length}.")
    if {str(name) for name in frame} & set(RESERVED) or not frame.columns.is_unique:
        raise ConfigurationError(
            f"The columns of `by` must differ from each other and from those of the results; got {list(frame)}. "
            "Rename them."
        )
    missing = int(frame.isna().any(axis=1).sum())
    if missing:
        raise ConfigurationError(
            f"`by` must say the group of every request; it is missing for {missing} of {length}. "
            "Name what is not recorded, as with fillna('unrecorded')."
        )
    levels: list[Any] = []
    number = np.zeros(length, dtype=np.int64)
    for _name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = column.cat.codes.to_numpy(dtype=np.int64)
            seen: Any = pd.Categorical.from_codes(range(len(column.cat.categories)), dtype=column.dtype)
        else:
            codes, seen = pd.factorize(column, sort=True)
        number = number * len(seen) + codes
        levels.append(seen)
    places = np.arange(np.prod([len(seen) for seen in levels], dtype=np.int64))
    if len(levels) > 1 and not any(isinstance(seen.dtype, pd.CategoricalDtype) for seen in levels):
        number, places = pd.factorize(number, sort=True)
    at = np.unravel_index(places, [len(seen) for seen in levels]) if len(places) else [places] * len(levels)
    columns = {name: seen.take(rows) for name, seen, rows in zip(frame, levels, at, strict=True)}
    return pd.DataFrame(columns, index=range(len(places))), number


def union(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The groups of two samples together, and the number of each row of both among them."""
    columns = {}
    for name in ours:
        one, other = ours[name], theirs[name]
        if isinstance(one.dtype, pd.CategoricalDtype) and isinstance(other.dtype, pd.CategoricalDtype):
            levels = one.cat.categories.append(other.cat.categories).unique()
            one, other = (x.cat.set_categories(levels) for x in (one, other))
        columns[name] = pd.concat([one, other], ignore_index=True)
    both = pd.DataFrame(columns, index=range(len(ours) + len(theirs)))
    return numbered(both, len(both))
