"""Periods: spans of a reporting year, their names, first and last days."""

import datetime as dt

import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.clocks import REQUESTED, moment

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
YEAR_STARTS = {"calendar": 1, "april": 4, "july": 7, "october": 10}


def calendar(
    first: pd.Timestamp, last: pd.Timestamp, span: str = "year", reporting_year: str = "calendar"
) -> pd.DataFrame:
    """The periods that hold `first` to `last`: `period start end`, end being the last day.

    A calendar year is "2026", another reporting year "2025-26"; parts are "2026-H1", "2026-Q3",
    "2025-26-Q3", months "2026-09" whatever the reporting year.
    """
    one_of("span", span, MONTHS)
    one_of("reporting_year", reporting_year, YEAR_STARTS)
    starts = pd.date_range(_start(first, span, reporting_year), last, freq=f"{MONTHS[span]}MS")
    ends = starts + pd.DateOffset(months=MONTHS[span]) - pd.DateOffset(days=1)
    names = [_name(start, span, reporting_year) for start in starts]
    return pd.DataFrame({"period": names, "start": starts, "end": ends})


def span_of(period: str, otherwise: str = "year") -> str:
    """The span of a period's code: "2026-Q2" is a quarter; `otherwise` where there is none."""
    if not period:
        return otherwise
    part = period[5:6]
    return {"": "year", "H": "half", "Q": "quarter"}.get(part, "month")


def _start(day: pd.Timestamp, span: str, reporting_year: str) -> pd.Timestamp:
    """The first day of the period that holds `day`."""
    into_year = (day.month - YEAR_STARTS[reporting_year]) % 12
    return day.replace(day=1) - pd.DateOffset(months=into_year % MONTHS[span])


def _name(start: pd.Timestamp, span: str, reporting_year: str) -> str:
    if span == "month":
        return start.strftime("%Y-%m")
    into_year = (start.month - YEAR_STARTS[reporting_year]) % 12
    opened = start.year - (start.month < YEAR_STARTS[reporting_year])
    year = str(opened) if reporting_year == "calendar" else f"{opened}-{(opened + 1) % 100:02d}"
    part = {"quarter": f"-Q{into_year // 3 + 1}", "half": f"-H{into_year // 6 + 1}"}
    return year + part.get(span, "")


def begun_in(requests: pd.DataFrame, start: dt.date | str | None, end: dt.date | str | None) -> pd.DataFrame:
    """The requests made from `start` to `end`, both included; all where either is None.

    One whose day is not known, to the month at least where the two are not whole years, is in none.
    """
    if start is None or end is None:
        return requests
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    when = moment(requests, REQUESTED)
    return requests[when["first"].ge(first) & when["last"].le(last) | _in_month(when, first, last)]


def _in_month(when: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Of those known to the month, the ones whose 15th lies in the span."""
    return when["precision"].eq("month") & when["day"].between(first, last)
