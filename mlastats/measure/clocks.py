"""Clocks: which two dates a duration lies between, and in which days it is counted.

A clock starts and stops at a stage, or at one of two moments that are no single column: the day of
the request (incoming: received; outgoing: sent; direction missing: received, else sent) and its end
(the first of answered and closed). A date known to the month counts as the 15th; one known to the
year tells that something happened and gives no duration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, one_of

Reading = Literal["middle", "first", "last"]
Elapsed = Callable[[pd.Series, pd.Series], pd.Series]

REQUESTED, ENDED = "requested", "ended"
CLOCKS = {
    "answer": (REQUESTED, ENDED),
    "acknowledge": (REQUESTED, "acknowledged"),
    "prepare": ("drafted", "sent"),
    "forward": ("received", "forwarded"),
    "execute": ("forwarded", "executed"),
    "supplement": ("info_requested", "info_supplied"),
}


@dataclass(frozen=True)
class Clock:
    """A clock and how it counts.

    `name` is one of CLOCKS. `waiting` for information from the other side (info_requested to
    info_supplied) is "counted", or "stopped" and taken out. `days` are "calendar" days, end date
    minus start date, or "working" days after the first day up to and including the last, by the
    public holidays and weekends of the reporting state. `months`: a date known to the month counts
    as the 15th ("middle"), or as the "first" or "last" day.
    """

    name: str = "answer"
    waiting: Literal["counted", "stopped"] = "counted"
    days: Literal["calendar", "working"] = "calendar"
    months: Reading = "middle"

    def __post_init__(self) -> None:
        one_of("clock", self.name, CLOCKS)
        one_of("waiting", self.waiting, ("counted", "stopped"))
        one_of("days", self.days, ("calendar", "working"))
        one_of("months", self.months, ("middle", "first", "last"))

    def begin(self, requests: pd.DataFrame) -> pd.DataFrame:
        """The moment at which the clock starts."""
        return moment(requests, CLOCKS[self.name][0], self.months)

    def stop(self, requests: pd.DataFrame) -> pd.DataFrame:
        """The moment at which the clock stops."""
        return moment(requests, CLOCKS[self.name][1], self.months)

    @property
    def concerns_all(self) -> bool:
        """Whether every request has this clock; a clock between two stages concerns those that
        reached one of them."""
        return CLOCKS[self.name][0] == REQUESTED


def as_clock(clock: str | Clock) -> Clock:
    """The clock itself, or the plain clock of that name.

    >>> measure.clocks.as_clock("execute").name
    'execute'
    """
    return clock if isinstance(clock, Clock) else Clock(clock)


def moment(requests: pd.DataFrame, name: str, reading: Reading = "middle") -> pd.DataFrame:
    """When each request reached a moment: `day`, its `first` and `last` possible day, `precision`.

    `name` is a stage, REQUESTED or ENDED. `day` is what the moment counts as: the day itself; of a
    month the 15th (or its first or last day, as `reading` says); of a year 1 July.

    >>> measure.clocks.moment(requests, "requested").columns.tolist()
    ['day', 'first', 'last', 'precision']
    """
    if name == REQUESTED:
        outgoing = requests["direction"].eq("outgoing").fillna(False)
        sent = outgoing | (requests["direction"].isna() & requests["received"].isna())
        return _choose(moment(requests, "sent", reading), moment(requests, "received", reading), sent)
    if name == ENDED:
        answered, closed = moment(requests, "answered", reading), moment(requests, "closed", reading)
        earlier = closed["day"].lt(answered["day"]) | answered["day"].isna()
        return _choose(closed, answered, earlier)
    return _stage(requests[name], requests[f"{name}_precision"], reading)


def exact(when: pd.DataFrame) -> pd.Series:
    """The day of a moment, missing where only its year is known.

    >>> when = measure.clocks.moment(requests, "received")
    >>> measure.clocks.exact(when).dtype.kind
    'M'
    """
    return when["day"].where(when["precision"].ne("year"))


def elapsed(requests: pd.DataFrame, clock: Clock, until: pd.Series) -> Elapsed:
    """A function of two dates a row: the days between them as the clock counts; missing where a
    date is. Waiting that was not over by `until` lasts until then. Where a request ended and nobody
    wrote down that the information came, nothing is taken out: how long it waited is not known.

    >>> clock, until = measure.clocks.Clock(days="working"), requests["observed_to"]
    >>> count = measure.clocks.elapsed(requests, clock, until)
    >>> int(count(requests["received"], requests["answered"]).max())
    1007
    """
    count = _working(requests["reporting_state"]) if clock.days == "working" else _calendar
    if clock.waiting == "counted":
        return count
    asked, given = (exact(moment(requests, stage)) for stage in ("info_requested", "info_supplied"))
    ended = moment(requests, ENDED)["day"].le(until)
    given = given.fillna(until.mask(ended, asked))

    def without_waiting(start: pd.Series, end: pd.Series) -> pd.Series:
        waited = count(_within(asked, start, end), _within(given.mask(given < asked, asked), start, end))
        return count(start, end) - waited.fillna(0)

    return without_waiting


def _within(day: pd.Series, start: pd.Series, end: pd.Series) -> pd.Series:
    return day.mask(day < start, start).mask(day > end, end)


def _choose(first: pd.DataFrame, second: pd.DataFrame, take_first: pd.Series) -> pd.DataFrame:
    take = take_first.to_numpy(bool)
    days = {name: np.where(take, first[name], second[name]) for name in ("day", "first", "last")}
    precision = second["precision"].where(~take, first["precision"])
    return pd.DataFrame({**days, "precision": precision}, index=first.index)


def _stage(day: pd.Series, precision: pd.Series, reading: Reading) -> pd.DataFrame:
    dates = day.to_numpy()
    counted, first, last = dates.copy(), dates.copy(), dates.copy()
    for rough, unit, into in (("month", "M", 14), ("year", "Y", 6)):
        rows = np.flatnonzero(precision.eq(rough).fillna(False).to_numpy(bool))
        begun = dates[rows].astype(f"datetime64[{unit}]")
        first[rows] = begun.astype("datetime64[D]")
        last[rows] = (begun + 1).astype("datetime64[D]") - 1
        # The 15th of a month; 1 July of a year.
        middle = begun.astype("datetime64[D]" if rough == "month" else "datetime64[M]") + into
        counted[rows] = {"middle": middle, "first": first[rows], "last": last[rows]}[reading]
    known = precision.fillna("day").where(day.notna())
    return pd.DataFrame({"day": counted, "first": first, "last": last, "precision": known}, index=day.index)


def _calendar(start: pd.Series, end: pd.Series) -> pd.Series:
    days = end.to_numpy("datetime64[D]") - start.to_numpy("datetime64[D]")
    count = pd.arrays.IntegerArray(days.astype(np.int64), np.isnat(days))
    return pd.Series(count, index=start.index)


def _working(states: pd.Series) -> Elapsed:
    def count(start: pd.Series, end: pd.Series) -> pd.Series:
        days = pd.Series(pd.NA, index=start.index, dtype="Int64")
        known = start.notna() & end.notna()
        for state in states.fillna("").unique():
            rows = known & states.fillna("").eq(state)
            if rows.any():
                days[rows] = _working_days(start[rows], end[rows], state)
        return days

    return count


def _working_days(start: pd.Series, end: pd.Series, state: str) -> np.ndarray:
    """Working days after `start` up to and including `end`."""
    years = range(min(start.min(), end.min()).year, max(start.max(), end.max()).year + 1)
    mask, free = _working_week(state, years)
    after = [dates.to_numpy().astype("datetime64[D]") + 1 for dates in (start, end)]
    return np.busday_count(after[0], after[1], weekmask=mask, holidays=free)


def _working_week(state: str, years: range) -> tuple[str, list[str]]:
    if not state:
        return "1111100", []
    import holidays

    try:
        known = holidays.country_holidays(state, years=years)
    except NotImplementedError as cause:
        raise ConfigurationError(
            f"No public holidays are known for the reporting state {state}. Count calendar days."
        ) from cause
    mask = "".join("0" if day in known.weekend else "1" for day in range(7))
    return mask, [day.isoformat() for day in known]
