"""Before and after an event: the two sides.

A period analysis: each day of each request counts on its own side. Before: the requests opened before the
event, cut on the day before it. After: the requests opened from the event on, and those still open then, which
enter late, at their age on that day. So a request that was open at the event counts on both sides, each day of
it once. Comparing what was closed before with what was closed after would not do: the old cases that an event
frees make the years after it look slow. Whether the pace has changed `own_changes` tells.
"""

import pandas as pd

from mlastats import schema
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.groups import keys
from mlastats.measure.turnaround import timed_cases, turnaround
from mlastats.measure.windows import within

BEFORE, AFTER = "before", "after"


@measure
def before_after(
    requests: pd.DataFrame, event: Day, by: By = (), *, as_of: Day, days: int = 180
) -> pd.DataFrame:
    """Turnaround on both sides of an event: `direction`, the columns of `by`, `arm` ("before",
    "after"), the columns of `turnaround` with `days` as the standard, then `carried` (requests that
    were open when the event came, and enter late) and `opened` (the others).

    >>> table = measure.before_after.before_after(requests, "2017-06-28", as_of="2026-09-30")
    >>> table.iloc[:, :3].values.tolist()
    [['incoming', 164, 130], ['incoming', 690, 543], ['outgoing', 131, 86], ['outgoing', 560, 372]]
    """
    groups, (day, eve) = keys(by), _days(event, as_of)
    after = within(requests, day, as_of)
    early = after[schema.requested_on(after).lt(day)]
    carried = turnaround(early, by, as_of=as_of).set_index(groups)["requests"]
    parts = []
    for arm, seen, last in ((BEFORE, requests, eve), (AFTER, after, as_of)):
        table = turnaround(seen, by, as_of=last, standard_days=days).set_index(groups)
        carried_over = carried.reindex(table.index).fillna(0) if arm == AFTER else 0
        parts.append(table.assign(arm=arm, carried=carried_over).astype({"carried": "int64"}).reset_index())
    both = pd.concat(parts, ignore_index=True)
    both = both.assign(
        arm=pd.Categorical(both["arm"], [BEFORE, AFTER]), opened=both["requests"] - both["carried"]
    )
    return both.sort_values([*groups, "arm"], kind="stable", ignore_index=True)


@measure
def cases(requests: pd.DataFrame, event: Day, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """The requests of both sides with their grouping columns, `arm` and what `durations` says of each;
    what was open at the event has a row on each.

    >>> cases = measure.before_after.cases(requests, "2017-06-28", as_of="2026-09-30")
    >>> cases["arm"].value_counts().to_dict()
    {'after': 1250, 'before': 295}
    """
    day, eve = _days(event, as_of)
    before = timed_cases(requests, by, as_of=eve).assign(arm=BEFORE)
    after = timed_cases(requests, by, as_of=as_of, since=day).assign(arm=AFTER)
    return pd.concat([before, after], ignore_index=True)


def _days(event: Day, as_of: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The day of the event, and the last day before it that is looked at."""
    day = pd.Timestamp(event)
    return day, min(day - pd.Timedelta(days=1), pd.Timestamp(as_of))
