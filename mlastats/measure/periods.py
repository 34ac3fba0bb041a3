"""Periods: spans of a reporting year, their names, first and last days."""

import pandas as pd

from mlastats.errors import one_of

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
