"""Before and after an event: a period analysis, in which each day of each request counts on its own side.

Before: the requests opened before the event, cut on the day before it. After: the requests opened from
the event on, and those still open then, which enter late, at their age on that day. So a request that
was open at the event counts on both sides, each day of it once. Comparing what was closed before with
what was closed after would not do: the old cases that an event frees make the years after it look slow.
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from mlastats import schema
from mlastats.measure.groups import keys
from mlastats.measure.segmented import months, placebos, segmented
from mlastats.measure.turnaround import turnaround
from mlastats.measure.windows import within

__all__ = ["arms", "before_after", "months", "placebos", "segmented"]

BEFORE, AFTER = "before", "after"


def arms(
    requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str
) -> dict[str, tuple[pd.DataFrame, pd.Timestamp]]:
    """The requests of each side of an event, each with the day to which they are looked at."""
    day, last = pd.Timestamp(event), pd.Timestamp(as_of)
    eve = min(day - pd.Timedelta(days=1), last)
    return {BEFORE: (requests, eve), AFTER: (within(requests, day, last), last)}


def before_after(
    requests: pd.DataFrame,
    event: dt.date | str,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    days: int = 180,
) -> pd.DataFrame:
    """Turnaround on both sides of an event: `direction`, the columns of `by`, `arm` ("before",
    "after"), the columns of `turnaround` with `days` as the standard, then `carried` (requests that
    were open when the event came, and enter late) and `opened` (the others).
    """
    groups, parts = keys(by), []
    for arm, (seen, last) in arms(requests, event, as_of=as_of).items():
        table = turnaround(seen, by, as_of=last, standard_days=days)
        early = schema.requested_on(seen).lt(pd.Timestamp(event)) if arm == AFTER else None
        carried = (
            turnaround(seen[early], by, as_of=last).set_index(groups)["requests"] if early is not None else 0
        )
        table = table.set_index(groups).assign(carried=carried).reset_index()
        parts.append(table.assign(arm=arm, carried=table["carried"].fillna(0).astype("int64")))
    both = pd.concat(parts, ignore_index=True)
    both = both.assign(
        arm=pd.Categorical(both["arm"], [BEFORE, AFTER]), opened=both["requests"] - both["carried"]
    )
    return both.sort_values([*groups, "arm"], kind="stable", ignore_index=True)
