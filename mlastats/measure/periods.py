"""Periods: spans of a reporting year, their names, first and last days."""

import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.contract import Day, measure
from mlastats.periods import MONTHS, YEAR_STARTS, covering, parse


def calendar(
    first: pd.Timestamp, last: pd.Timestamp, span: str = "year", reporting_year: str = "calendar"
) -> pd.DataFrame:
    """The periods that hold `first` to `last`: `period start end`, end being the last day.

    A calendar year is "2026", another reporting year "2025-26"; parts are "2026-H1", "2026-Q3",
    "2025-26-Q3", months "2026-09" whatever the reporting year.

    >>> first, last = pd.Timestamp("2026-02-01"), pd.Timestamp("2026-07-01")
    >>> measure.periods.calendar(first, last, "quarter")["period"].tolist()
    ['2026-Q1', '2026-Q2', '2026-Q3']
    """
    one_of("span", span, MONTHS)
    one_of("reporting_year", reporting_year, YEAR_STARTS)
    periods = covering(first, last, span, YEAR_STARTS[reporting_year])
    table = pd.DataFrame([(p.code, p.start, p.end) for p in periods], columns=["period", "start", "end"])
    return table.astype({"start": "datetime64[us]", "end": "datetime64[us]"})


def span_of(period: str, otherwise: str = "year") -> str:
    """The span of a period's code: "2026-Q2" is a quarter; `otherwise` where there is none.

    >>> measure.periods.span_of("2026-Q2")
    'quarter'
    """
    return parse(period).span if period else otherwise


@measure
def begun_in(requests: pd.DataFrame, start: Day | None, end: Day | None) -> pd.DataFrame:
    """The requests made from `start` to `end`, both included; all where either is None.

    One whose day is not known, to the month at least where the two are not whole years, is in none.

    >>> len(measure.periods.begun_in(requests, "2025-01-01", "2025-12-31"))
    174
    """
    if start is None or end is None:
        return requests
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    when = moment(requests, REQUESTED)
    # Of those known to the month, the ones whose 15th lies in the span.
    in_month = when["precision"].eq("month") & when["day"].between(first, last)
    return requests[when["first"].ge(first) & when["last"].le(last) | in_month]
