"""The duration of every request by one clock, with those that have none accounted for.

Every request has one status:

- answered: the clock's second date lies at or before the cut. For the clock `answer` that is
  the end, unless the outcome is withdrawn, returned, lapsed or other
- ended_otherwise: withdrawn, returned, lapsed or other; by another clock, ended by the cut without the
  clock's second date
- pending: neither, up to the cut
- undated: counted, but without a duration: no start, a date known to the year only, an outcome
  without a date, or a pair impossible under every reading
- missing: not in this measure. It began after the cut, so does not exist yet; it is no request
  (`schema.is_request`); or the clock runs between two stages and neither is recorded
"""

from functools import partial

import numpy as np
import pandas as pd

from mlastats.measure.clocks import ENDED, Clock, as_clock, elapsed, moment
from mlastats.measure.contract import Day, measure
from mlastats.measure.groups import UNRECORDED
from mlastats.measure.table_cache import once_a_table
from mlastats.parts import Parts
from mlastats.schema import STAGES, is_request, requested_on

ANSWERED, ENDED_OTHERWISE = "answered", "ended_otherwise"
PENDING, UNDATED = "pending", "undated"
# The outcome of what has ended, cleaning did not understand how or when: it has no date.
UNCLEAR = "unclear"
STATUSES = (ANSWERED, ENDED_OTHERWISE, PENDING, UNDATED)
WITHOUT_ANSWER = ("withdrawn", "returned", "lapsed", "other")
NO_DAY = np.datetime64("NaT")


@measure
def durations(
    requests: pd.DataFrame, *, as_of: Day, clock: str | Clock = "answer", since: Day | None = None
) -> pd.DataFrame:
    """The duration of each request, in a frame with the index of `requests`.

    Columns: `direction` (missing is "unrecorded"); `start`; `end` (of a pending request the cut, min(as_of, observed_to));
    `days` (whole, in the clock's days; missing where undated); `cause` (answered, ended_otherwise; missing: pending or
    undated); `entry` (days from start to observed_from, when the request came under observation; 0: from its start);
    `status` (above); `approximate` (a date of the pair is known to the month); `no_start`; `reversed`; `unobserved` (over
    before its register was kept: entry > days, so at risk on no day).

    With `since`, as registers kept from that day on would have it: what was open then enters at its age on that day, and
    what was over before is left out, as is what is undated and was made or over before.

    >>> table = measure.durations.durations(requests, as_of="2026-09-30")
    >>> table["status"].value_counts().to_dict()
    {'answered': 1131, 'pending': 210, 'ended_otherwise': 112, 'undated': 40}
    """
    rows = partial(_durations, clock=as_clock(clock), as_of=as_of, since=since)
    return requests.by_part(rows) if isinstance(requests, Parts) else rows(requests)


def _durations(requests: pd.DataFrame, *, clock: Clock, as_of: Day, since: Day | None) -> pd.DataFrame:
    known = cut_of(requests, as_of)
    when = _dates(requests, clock=clock)
    at, cut = {name: column.to_numpy() for name, column in when.items()}, known.to_numpy()
    stopped, ended = at["stop_seen"] <= cut, at["over_seen"] <= cut

    def of_end(part: str, otherwise: np.datetime64 | bool) -> np.ndarray:
        """Of the clock's second date if it has come, else of the end if that has come."""
        return np.where(stopped, at[f"stop{part}"], np.where(ended, at[f"over{part}"], otherwise))

    no_start = np.isnat(at["start"])
    inside = (at["start_seen"] <= cut) | (no_start & ~(at["first_sign"] > cut))
    inside &= (clock.concerns_all | ~no_start | stopped) & at["is_request"]
    impossible = at["start_first"] > of_end("_last", NO_DAY)
    end_unknown = at["outcome_known"] & np.isnat(at["over"]) & ~stopped
    undated = no_start | impossible | end_unknown | at["start_year"] | of_end("_year", False)
    last = pd.Series(of_end("", NO_DAY), index=requests.index).fillna(known)
    # Without `since` it is no day, which moves nothing and lies before none.
    day = pd.Timestamp(since)
    seen_from, count = requests["observed_from"].fillna(day).clip(lower=day), elapsed(requests, clock, known)
    days = count(when["start"], last).clip(lower=0).where(inside & ~undated)
    entry = count(when["start"], seen_from).clip(lower=0).fillna(0)
    unobserved = (entry > days).fillna(False).to_numpy(bool)
    if since is not None:
        before = (at["requested_on"] < day.to_datetime64()) | (at["over_last"] < day.to_datetime64())
        inside &= ~(unobserved | undated & before)
    timed = inside & ~undated
    otherwise = at["without_answer"] & (clock.name == "answer")
    status = np.select([~inside, undated, stopped & ~otherwise, ended], [-1, 3, 0, 1], 2)
    return pd.DataFrame(
        {
            "direction": requests["direction"].fillna(UNRECORDED),
            "start": when["start"],
            "end": last,
            "days": days.where(timed),
            "cause": pd.Categorical.from_codes(np.where(status < 2, status, -1), STATUSES[:2]),
            "entry": entry,
            "status": pd.Categorical.from_codes(status, STATUSES),
            "approximate": (at["start_month"] | of_end("_month", False)) & timed,
            "no_start": no_start & inside,
            "reversed": impossible & inside,
            "unobserved": unobserved & timed,
        },
        copy=False,
    )


@once_a_table(keep=2)
def _dates(requests: pd.DataFrame, *, clock: Clock) -> pd.DataFrame:
    """What is the same of each request whatever the cut: the days on which the clock starts and stops and the
    request is over, when each is `seen` to have happened (a year once it has begun), how rough it is."""
    start, stop = clock.begin(requests), clock.stop(requests)
    over = stop if clock.name == "answer" else moment(requests, ENDED, clock.months)
    columns: dict[str, pd.Series] = {}
    for name, date in {"start": start, "stop": stop, "over": over}.items():
        month, year = date["precision"].eq("month"), date["precision"].eq("year")
        columns |= {
            name: date["day"],
            f"{name}_seen": date["day"].where(~year, date["first"]),
            f"{name}_first": date["first"],
            f"{name}_last": date["last"],
            f"{name}_month": month,
            f"{name}_year": year,
        }
    columns["first_sign"] = requests[list(STAGES)].min(axis=1)
    columns["requested_on"] = requested_on(requests)
    columns["outcome_known"] = outcome_known(requests)
    columns["is_request"] = is_request(requests)
    columns["without_answer"] = requests["outcome"].isin(WITHOUT_ANSWER)
    return pd.DataFrame(columns, requests.index, copy=False)


@measure
def last_day(as_of: Day) -> pd.Timestamp:
    """The last day looked at.

    >>> measure.durations.last_day("2026-09-30")
    Timestamp('2026-09-30 00:00:00')
    """
    return pd.Timestamp(as_of).normalize()


@measure
def cut_of(requests: pd.DataFrame, as_of: Day) -> pd.Series:
    """The day to which each request is known: as_of, or where its register ends before.

    >>> measure.durations.cut_of(requests, "2024-12-31").max()
    Timestamp('2024-12-31 00:00:00')
    """
    return requests["observed_to"].fillna(last_day(as_of)).clip(upper=last_day(as_of))


def outcome_known(requests: pd.DataFrame) -> pd.Series:
    """Whether an outcome is recorded; one that is said to be unrecorded is none.

    >>> int(measure.durations.outcome_known(requests).sum())
    1259
    """
    return requests["outcome"].notna() & requests["outcome"].ne(UNRECORDED)
