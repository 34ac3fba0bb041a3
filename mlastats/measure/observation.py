"""What was observed: from when to when every register was kept, and which periods lie in that time.

What is not observed is not zero. A count, a share, a trend, a silence or a ratio of all requests is one of the time in
which every register was kept: before, a part of them is missing, and nobody knows how large it was.
"""

import pandas as pd

from mlastats import schema
from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import last_day
from mlastats.measure.periods import calendar

ONE_DAY = pd.Timedelta(days=1)
# A stock stands for the last day of each register, where that is not further back.
LATE = pd.Timedelta(days=45)


@measure
def registers(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """The first and the last day on which the requests of each agency were observed: `holder first last`.

    An agency is observed by all registers that hold requests of it, so that one that replaces another continues it;
    requests of no recorded agency are observed by their register. A register that does not say from when it was kept
    began with its first request; one that does not say to when it is complete is, to as_of. A request that several
    registers hold says nothing of any of them.

    >>> measure.observation.registers(requests, as_of="2026-09-30")["holder"].tolist()
    ['mofa', 'moj', 'mps', 'ospp']
    """
    alone = requests[~requests["register"].str.contains(schema.SEVERAL, regex=False).fillna(False)]
    rows = alone if len(alone) else requests
    until = last_day(as_of)
    days = pd.DataFrame(
        {
            "holder": holder(rows),
            "first": rows["observed_from"].fillna(schema.requested_on(rows)),
            "last": rows["observed_to"].fillna(until).clip(upper=until),
        }
    )
    return days.groupby("holder").agg(first=("first", "min"), last=("last", "max")).reset_index()


def holder(requests: pd.DataFrame) -> pd.Series:
    """By whom each request is observed: its agency, else its register.

    >>> sorted(measure.observation.holder(requests).unique())
    ['mofa', 'moj', 'mps', 'ospp']
    """
    return requests["agency"].fillna(requests["register"]).fillna("").astype("str")


@measure
def window(
    requests: pd.DataFrame, *, as_of: Day, since: Day | None = None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day, from `since` on, on which every register was kept; the last lies before the first
    where there is no such day.

    >>> measure.observation.window(requests, as_of="2026-09-30")
    (Timestamp('2016-01-01 00:00:00'), Timestamp('2026-08-31 00:00:00'))
    """
    until, kept = last_day(as_of), registers(requests, as_of=as_of)
    first, last = kept["first"].max(), kept["last"].min()
    began = until if pd.isna(first) else first
    return (began if since is None else max(began, pd.Timestamp(since))), (until if pd.isna(last) else last)


@measure
def observed_periods(
    requests: pd.DataFrame,
    *,
    as_of: Day,
    span: str = "year",
    reporting_year: str = "calendar",
    since: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """The periods from `since`, or the first request, to as_of: `period start end first last days complete`.

    `first` and `last` are the days between which every register was kept in it, `days` how many these are (0 where
    there is none), `complete` whether they are all of its days.

    >>> table = measure.observation.observed_periods(requests, as_of="2026-09-30")
    >>> table[["period", "days", "complete"]].values.tolist()[-1]
    ['2026', 243, False]
    """
    until, (began, ended) = last_day(as_of), window(requests, as_of=as_of)
    earliest = pd.Series([schema.requested_on(requests).min(), began, until, since]).min()
    spans = calendar(earliest if since is None else min(since, until), until, span, reporting_year)
    spans["first"], spans["last"] = spans["start"].clip(lower=began), spans["end"].clip(upper=ended)
    spans["days"] = ((spans["last"] - spans["first"]).dt.days + 1).clip(lower=0)
    spans["complete"] = spans["days"].eq((spans["end"] - spans["start"]).dt.days + 1)
    return spans
