"""Joint investigations, one by one: with whom, since when, and how long each has lived."""

import pandas as pd

from mlastats.measure.assessment import ends
from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE
from mlastats.measure.turnaround import timed_cases

JOINT = "joint_investigation"


@measure
def lives(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """A row a request for a joint investigation, the oldest first: `direction request_id partner agency start ended age
    outcome`.

    `start` is the day of the request, `ended` the day of its end (missing while it is open or where no day is recorded),
    `age` the days between, of an open one to the cut; `outcome` is an outcome, "pending" or "undated".

    >>> measure.joint_investigations.lives(requests, as_of="2026-09-30")["outcome"].value_counts().to_dict()
    {'executed': 4, 'partly_executed': 1, 'pending': 1}
    """
    cases = timed_cases(requests[requests["kind"].eq(JOINT)], as_of=as_of)
    over = cases["status"].isin([ANSWERED, ENDED_OTHERWISE])
    table = requests.loc[cases.index, ["request_id", "partner", "agency"]].assign(
        start=cases["start"],
        ended=cases["end"].where(over),
        age=cases["days"],
        outcome=ends(requests, as_of).reindex(cases.index),
    )
    table.insert(0, "direction", cases["direction"].astype("str"))
    return table.sort_values("start", kind="stable").reset_index(drop=True)
