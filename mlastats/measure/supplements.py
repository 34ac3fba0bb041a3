"""Supplements: further information that was asked for before a request could be executed, and the days lost to it."""

import pandas as pd

from mlastats.measure.clocks import moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import quantile_columns
from mlastats.measure.daycounts import NONE
from mlastats.measure.durations import ANSWERED, PENDING, cut_of, durations
from mlastats.measure.groups import grouped, keys, tally
from mlastats.measure.turnaround import timed_cases

ASKED = "info_requested"


@measure
def supplements(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """How many requests had to be supplemented, and how long that took: `direction`, the columns of `by`, then

    `requests`, `supplemented` of these (further information was asked for by the cut, by its day or by the number of
    supplements) with its share, `supplemented_share` and limits (Wilson, 95%); `supplied` and `waiting`, the waits by the
    clock `supplement` that it ended and that last; `lost_days`, the days of these, and of those that the end of the request
    ended, and `days_known`, of how many supplemented requests these are; and the `quantile_columns` of that clock, waiting
    counted. Where only the number of supplements is recorded there are no days: `lost_days` is missing where that is so of
    all, and nought only where none was supplemented.

    >>> table = measure.supplements.supplements(requests, as_of="2026-09-30")
    >>> table[["direction", "supplemented", "supplied", "waiting"]].values.tolist()
    [['incoming', 82, 12, 1], ['outgoing', 70, 0, 0]]
    """
    names = keys(by)
    cases = grouped(requests, by)[durations(requests, as_of=as_of)["status"].notna()]
    waits = timed_cases(requests, by, as_of=as_of, clock="supplement")
    status = waits["status"].astype("str").reindex(cases.index)
    marks = {
        "requests": True,
        "supplemented": supplemented(requests, as_of)[cases.index],
        "supplied": status.eq(ANSWERED),
        "waiting": status.eq(PENDING),
    }
    table = tally(cases, names, marks, supplemented_share=("supplemented", "requests"))
    days = waits["days"].astype(float).groupby([waits[name] for name in names], observed=False)
    known = days.count().reindex(table.index, fill_value=0)
    lost = days.sum().where(known.gt(0) | table["supplemented"].eq(0))
    table = table.assign(lost_days=lost, days_known=known).join(quantile_columns(waits, names)).reset_index()
    notes = [name for name in table if name.endswith("_note")]
    return table.fillna(dict.fromkeys(notes, NONE))


def supplemented(requests: pd.DataFrame, as_of: Day) -> pd.Series:
    """Whether further information had been asked for by the cut.

    >>> int(measure.supplements.supplemented(requests, "2026-09-30").sum())
    152
    """
    asked = moment(requests, ASKED)["first"].le(cut_of(requests, as_of))
    return asked | requests["supplements"].gt(0).fillna(False).astype(bool)
