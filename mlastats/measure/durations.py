"""The duration of every request by one clock, with those that have none accounted for."""

import datetime as dt

import pandas as pd

from mlastats.measure.clocks import ENDED, Clock, as_clock, elapsed, moment
from mlastats.measure.groups import UNRECORDED
from mlastats.schema import STAGES

ANSWERED, ENDED_OTHERWISE = "answered", "ended_otherwise"
PENDING, UNDATED = "pending", "undated"
STATUSES = (ANSWERED, ENDED_OTHERWISE, PENDING, UNDATED)
WITHOUT_ANSWER = ("withdrawn", "returned", "other")


def durations(requests: pd.DataFrame, *, as_of: dt.date | str, clock: str | Clock = "answer") -> pd.DataFrame:
    """The duration of each request, in a frame with the index of `requests`.

    Columns: `direction` (missing is "unrecorded"); `start`; `end` (of a pending request the cut,
    min(as_of, observed_to)); `days` (whole, in the clock's days; missing where undated); `cause`
    (answered, ended_otherwise; missing: pending or undated); `entry` (days from start to
    observed_from, when the request came under observation; 0: from its start); `status`;
    `approximate` (a date of the pair is known to the month); `no_start`; `reversed`; `unobserved`
    (over before its register was kept: entry > days, so at risk on no day).

    Every row has one `status`:

    - answered: the clock's second date lies at or before the cut. For the clock `answer` that is
      the end, unless the outcome is withdrawn, returned or other
    - ended_otherwise: withdrawn, returned or other; by another clock, ended by the cut without the
      clock's second date
    - pending: neither, up to the cut
    - undated: counted, but without a duration: no start (`no_start`), a date known to the year
      only, an outcome without a date, or a pair impossible under every reading (`reversed`)
    - missing: not in this measure. It began after the cut, so does not exist yet; or the clock
      runs between two stages and neither is recorded
    """
    clock = as_clock(clock)
    known = cut_of(requests, as_of)
    start, stop = clock.begin(requests), clock.stop(requests)
    over = stop if clock.name == "answer" else moment(requests, ENDED, clock.months)
    stopped, ended = _happened(stop, known), _happened(over, known)
    end = over.where(ended) if stop is over else stop.where(stopped, over.where(ended))
    inside = _in_measure(requests, clock, start, stop, known)
    no_start, impossible = start["day"].isna(), start["first"].gt(end["last"])
    end_unknown = outcome_known(requests) & over["day"].isna() & ~stopped
    undated = no_start | impossible | end_unknown | _to("year", start, end)
    timed = inside & ~undated
    cause = _cause(requests, clock, stopped, ended)
    count = elapsed(requests, clock, known)
    last = end["day"].fillna(known)
    days = count(start["day"], last).clip(lower=0).where(timed)
    entry = count(start["day"], requests["observed_from"]).clip(lower=0).fillna(0)
    return pd.DataFrame(
        {
            "direction": requests["direction"].fillna(UNRECORDED),
            "start": start["day"],
            "end": last,
            "days": days,
            "cause": cause.where(timed),
            "entry": entry,
            "status": cause.fillna(PENDING).mask(undated, UNDATED).where(inside),
            "approximate": _to("month", start, end) & timed,
            "no_start": no_start & inside,
            "reversed": impossible & inside,
            "unobserved": (entry > days).fillna(False).astype(bool),
        }
    )


def last_day(as_of: dt.date | str) -> pd.Timestamp:
    """The last day looked at."""
    return pd.Timestamp(as_of).normalize()


def cut_of(requests: pd.DataFrame, as_of: dt.date | str) -> pd.Series:
    """The day to which each request is known: as_of, or where its register ends before."""
    return requests["observed_to"].fillna(last_day(as_of)).clip(upper=last_day(as_of))


def outcome_known(requests: pd.DataFrame) -> pd.Series:
    """Whether an outcome is recorded; one that is said to be unrecorded is none."""
    return requests["outcome"].notna() & requests["outcome"].ne(UNRECORDED)


def _happened(when: pd.DataFrame, known: pd.Series) -> pd.Series:
    """At or before the cut; what is known to the year has happened once the year has begun."""
    return when["day"].where(when["precision"].ne("year"), when["first"]).le(known)


def _to(precision: str, start: pd.DataFrame, end: pd.DataFrame) -> pd.Series:
    """Whether a date of the pair is known to the month, or to the year."""
    return start["precision"].eq(precision) | end["precision"].eq(precision)


def _cause(requests: pd.DataFrame, clock: Clock, stopped: pd.Series, ended: pd.Series) -> pd.Series:
    cause = pd.Series(pd.NA, index=requests.index, dtype="str")
    cause = cause.mask(ended, ENDED_OTHERWISE).mask(stopped, ANSWERED)
    if clock.name != "answer":
        return cause
    return cause.mask(ended & requests["outcome"].isin(WITHOUT_ANSWER), ENDED_OTHERWISE)


def _in_measure(
    requests: pd.DataFrame, clock: Clock, start: pd.DataFrame, stop: pd.DataFrame, known: pd.Series
) -> pd.Series:
    first_sign = requests[list(STAGES)].min(axis=1)
    begun = _happened(start, known) | (start["day"].isna() & ~first_sign.gt(known))
    return begun if clock.concerns_all else begun & (start["day"].notna() | _happened(stop, known))
