"""Calendar periods by their codes: all, 2026, 2026-H1, 2026-Q3, 2026-09."""

import datetime as dt
import re
from dataclasses import dataclass

from mlastats.errors import ConfigurationError

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_CODE = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Period:
    """A period of a report; `all` has neither start nor end."""

    code: str
    span: str
    start: dt.date = dt.date.min
    end: dt.date = dt.date.max

    @property
    def parameter(self) -> str:
        """What a notebook is given: the code, or nothing for everything up to as_of."""
        return "" if self.span == "all" else self.code


ALL = Period("all", "all")


def parse(code: str) -> Period:
    """The period with this code; ConfigurationError when it is none."""
    if code == "all":
        return ALL
    found = _CODE.fullmatch(code)
    if not found or int(found[1]) == 0:
        raise ConfigurationError(
            f"{code!r} is no period; allowed are a year (2026), half (2026-H1), quarter (2026-Q3) "
            "or month (2026-09)."
        )
    year, half, quarter, month = (int(part) if part else 0 for part in found.groups())
    span = "half" if half else "quarter" if quarter else "month" if month else "year"
    first = 1 + (half and (half - 1) * 6) + (quarter and (quarter - 1) * 3) + (month and month - 1)
    return _of(span, year, first)


def closed(span: str, start: dt.date | None, until: dt.date) -> list[Period]:
    """The periods of `span` that end on or before `until`, from the one that holds `start` on.

    Without `start`, only the last of them; `all` is always one period.
    """
    if span == "all":
        return [ALL]
    month = until.year * 12 + until.month - 1
    last = month - month % MONTHS[span]
    first = last if start is None else start.year * 12 + (start.month - 1) // MONTHS[span] * MONTHS[span]
    if start is None and _of_month(span, last).end > until:
        first = last - MONTHS[span]
    periods = [_of_month(span, n) for n in range(first, last + 1, MONTHS[span])]
    return [period for period in periods if period.end <= until]


def _of_month(span: str, month: int) -> Period:
    return _of(span, month // 12, month % 12 + 1)


def _of(span: str, year: int, first: int) -> Period:
    months = MONTHS[span]
    after = year * 12 + first - 1 + months
    end = dt.date(after // 12, after % 12 + 1, 1) - dt.timedelta(days=1)
    part = {
        "year": "",
        "half": f"-H{(first + 5) // 6}",
        "quarter": f"-Q{(first + 2) // 3}",
        "month": f"-{first:02d}",
    }
    return Period(f"{year}{part[span]}", span, dt.date(year, first, 1), end)
