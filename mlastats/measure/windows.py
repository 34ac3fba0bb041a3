"""Windows: the requests as they were under observation between two days, whenever they were opened.

A period's pace is the pace of all that was open in it. What was open at its start enters late, at
its age on that day; what was still open at its end is cut there. A quantile of such a window is the
day by which half would be answered if every day of a request went as the days of the period did.
"""

import pandas as pd

from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import durations


@measure
def within(requests: pd.DataFrame, start: Day | None, end: Day | None) -> pd.DataFrame:
    """The requests as registers kept from `start` to `end` alone would hold them; all where either
    is None.

    Left out is what was over before `start`, and what is undated and was opened before it: nobody
    can say whether it was still open. Measures of the result take `end` as as_of.

    >>> len(measure.windows.within(requests, "2025-01-01", "2025-12-31"))
    457
    """
    if start is None or end is None:
        return requests
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    whole, seen = (durations(requests, as_of=last, since=day)["status"] for day in (None, first))
    kept = requests[whole.isna() | seen.notna()]
    return kept.assign(
        observed_from=kept["observed_from"].fillna(first).clip(lower=first),
        observed_to=kept["observed_to"].fillna(last).clip(upper=last),
    )
