"""Periods and their codes: a year 2026, half 2026-H1, quarter 2026-Q3 or month 2026-09, and `all`.

A reporting year that does not begin in January is 2025-26, its parts 2025-26-H1 and 2025-26-Q3.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from mlastats.errors import ConfigurationError

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
EXAMPLES = {"year": "2026", "half": "2026-H1", "quarter": "2026-Q3", "month": "2026-09"}
# The month in which a reporting year begins.
YEAR_STARTS = {"calendar": 1, "april": 4, "july": 7, "october": 10}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"(?!0000)([0-9]{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Period:
    """A period with its first and last day; `span` is month, quarter, half, year or all."""

    code: str
    span: str
    start: dt.date = dt.date.min
    end: dt.date = dt.date.max

    @property
    def parameter(self) -> str:
        """The parameter of a notebook: the code, or nothing for everything up to as_of."""
        return "" if self.span == "all" else self.code


ALL = Period("all", "all")


def parse(code: str) -> Period:
    """The period of the calendar with this code; ConfigurationError where there is none."""
    if code == "all":
        return ALL
    match = _CODE.fullmatch(code)
    if not match:
        examples = ", ".join(f"{span} ({example})" for span, example in EXAMPLES.items())
        raise ConfigurationError(f"A period must be a {examples} or all; got {code!r}.")
    year, half, quarter, month = (int(part or 0) for part in match.groups())
    span = "half" if half else "quarter" if quarter else "month" if month else "year"
    return covering(day := dt.date(year, 6 * half or 3 * quarter or month or 1, 1), day, span)[0]


def day(name: str, value: object) -> dt.date:
    """The day that a parameter names: a date, or its text as ISO 8601 writes it (year, month, day); else ConfigurationError,
    since 01/02/2020 is another day in another country."""
    # A moment that is no day has an hour, a time zone, or is not equal to itself: not a time.
    if isinstance(value, dt.datetime) and value == value:
        if value.tzinfo is None and value.time() == dt.time():
            return value
    elif isinstance(value, dt.date) and value == value:
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass  # the 30th of February
    raise ConfigurationError(f"`{name}` must be a date, as 2026-09-30; got {value!r}.")


def covering(first: dt.date, last: dt.date, span: str, year_starts: int = 1) -> list[Period]:
    """The periods of `span` from the one that holds `first` to the one that holds `last`, in years that
    begin in the month `year_starts`."""
    months = MONTHS[span]
    # Months are counted from the January of the year 0.
    begins = 12 * first.year + first.month - 1
    begins -= (begins + 1 - year_starts) % months
    return [_period(month, span, year_starts) for month in range(begins, 12 * last.year + last.month, months)]


def closed(span: str, start: dt.date | None, until: dt.date) -> list[Period]:
    """The periods of `span` that end on or before `until`, from the one that holds `start` on.

    Without `start`, only the last of them; `all` is always one period.
    """
    if span == "all":
        return [ALL]
    since = start or until - dt.timedelta(days=366)
    periods = [period for period in covering(since, until, span) if period.end <= until]
    return periods if start else periods[-1:]


def _period(month: int, span: str, year_starts: int) -> Period:
    """The period of `span` that begins in a month."""
    year, into_year = divmod(month + 1 - year_starts, 12)
    start = dt.date(month // 12, month % 12 + 1, 1)
    last = month + MONTHS[span] - 1
    end = dt.date(last // 12, last % 12 + 1, calendar.monthrange(last // 12, last % 12 + 1)[1])
    if span == "month":
        return Period(start.isoformat()[:7], span, start, end)
    name = f"{year:04}" if year_starts == 1 else f"{year:04}-{(year + 1) % 100:02}"
    part = {"year": "", "half": f"-H{into_year // 6 + 1}", "quarter": f"-Q{into_year // 3 + 1}"}
    return Period(name + part[span], span, start, end)
