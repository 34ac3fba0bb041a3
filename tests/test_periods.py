"""Periods against those of pandas, which knows quarters and years that end in any month, but no halves."""

import datetime as dt
import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlastats import periods
from mlastats.errors import ConfigurationError

DAYS = st.dates(dt.date(1, 12, 1), dt.date(9998, 12, 31))
# The month before the one in which the reporting year begins, as pandas names a year by its end.
YEAR_ENDS = {"calendar": "DEC", "april": "MAR", "july": "JUN", "october": "SEP"}


@given(day=DAYS, span=st.sampled_from(["month", "quarter", "year"]), year=st.sampled_from(sorted(YEAR_ENDS)))
def test_a_period_has_the_days_that_pandas_gives_it(day: dt.date, span: str, year: str) -> None:
    (period,) = periods.covering(day, day, span, periods.YEAR_STARTS[year])
    frequency = {"month": "M", "quarter": f"Q-{YEAR_ENDS[year]}", "year": f"Y-{YEAR_ENDS[year]}"}[span]
    peer = pd.Period(year=day.year, month=day.month, day=day.day, freq="D").asfreq(frequency)
    days = peer.asfreq("D", "start"), peer.asfreq("D", "end")
    assert [str(day) for day in (period.start, period.end)] == [str(day) for day in days]
    if span == "quarter":
        assert period.code.endswith(f"-Q{peer.quarter}")


@given(first=DAYS, more=st.integers(0, 2000), span=st.sampled_from(sorted(periods.MONTHS)))
def test_periods_follow_each_other_and_their_codes_are_read_back(
    first: dt.date, more: int, span: str
) -> None:
    last = min(first + dt.timedelta(days=more), dt.date(9998, 12, 31))
    covering = periods.covering(first, last, span)
    assert covering[0].start <= first <= covering[0].end
    assert covering[-1].start <= last <= covering[-1].end
    for before, after in itertools.pairwise(covering):
        assert after.start - before.end == dt.timedelta(days=1)
    assert [periods.parse(period.code) for period in covering] == covering


@pytest.mark.parametrize(
    ("day", "span", "year", "code"),
    [
        ("2026-06-30", "half", "calendar", "2026-H1"),
        ("2026-07-01", "half", "calendar", "2026-H2"),
        ("2026-03-31", "half", "october", "2025-26-H1"),
        ("2026-04-01", "half", "october", "2025-26-H2"),
        ("2099-12-31", "quarter", "october", "2099-00-Q1"),
        ("2026-02-28", "month", "april", "2026-02"),
    ],
)
def test_codes(day: str, span: str, year: str, code: str) -> None:
    date = dt.date.fromisoformat(day)
    assert [p.code for p in periods.covering(date, date, span, periods.YEAR_STARTS[year])] == [code]


@pytest.mark.parametrize(
    "code", ["", "0000", "2026-Q5", "2026-H0", "2026-13", "2026-1", "26", "໒໐໒໖", "2026-Q1 "]
)
def test_what_is_no_period_is_refused_with_what_is_allowed(code: str) -> None:
    with pytest.raises(ConfigurationError, match=r"2026-Q3.*got"):
        periods.parse(code)


def test_the_last_year_ends_on_its_last_day() -> None:
    assert periods.parse("9999").end == dt.date.max
