"""What was due: requests whose standard has run out, each answered by then or not, with nothing left to guess.

A share of what was due is a plain share. It says what became of old requests, where the curve of `turnaround` says how
long all take; it can be compared by group and by period, because nothing in it is still open.
"""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import ANSWERED, PENDING, cut_of
from mlastats.measure.groups import grouped, keys, tally
from mlastats.measure.turnaround import timed_cases


@measure
def due(
    requests: pd.DataFrame,
    by: By = (),
    *,
    as_of: Day,
    standard_days: int | Mapping[str, int],
    since: dt.date | None = None,
) -> pd.DataFrame:
    """The requests whose standard ran out by the cut, from `since` on: `direction`, the columns of `by`, `due`, `on_time`.

    `standard_days`: days, or a mapping of kind to days; a kind without one is left out. `due` is the first day plus the
    standard, `on_time` whether it was answered by then; what ended without an answer was not. Left out is what came before
    its register was kept, of which only the slow are in it, and the undated.

    >>> measure.standards.due(requests, as_of="2026-09-30", standard_days={"mla": 180}).columns.tolist()
    ['direction', 'due', 'on_time']
    """
    cases = timed_cases(requests, by, as_of=as_of)
    kinds = requests["kind"].reindex(cases.index)
    days = (
        kinds.map(dict(standard_days)).astype(float) if isinstance(standard_days, Mapping) else standard_days
    )
    cases = cases.assign(standard=days, cut=cut_of(requests, as_of))
    cases = cases[cases["standard"].notna() & cases["days"].notna() & cases["entry"].eq(0)]
    cases["due"] = cases["start"] + pd.to_timedelta(cases["standard"], unit="D")
    cases["on_time"] = cases["status"].eq(ANSWERED) & cases["days"].le(cases["standard"])
    first = pd.Timestamp.min if since is None else pd.Timestamp(since)
    names = list(dict.fromkeys(["direction", *([by] if isinstance(by, str) else by)]))
    return cases.loc[cases["due"].between(first, cases["cut"]), [*names, "due", "on_time"]]


DUE = ("in_time", "late", "otherwise", "open")


@measure
def in_time(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """How many requests were answered by the day asked for: `direction`, the columns of `by`, then

    `requests`, `with_deadline` of these, `due` (whose deadline had come by the cut) = `in_time` + `late` (answered after
    it) + `otherwise` (ended without an answer) + `open`, and `in_time_share` of due with `_lower _upper` (Wilson, 95%).
    Not due are deadlines still to come, also of what is answered, so that nothing due is still open to chance; of what
    came before its register was kept, of which only the slow are in it; and of the undated.

    >>> measure.standards.in_time(requests, "kind", as_of="2026-09-30").columns[:5].tolist()
    ['direction', 'kind', 'requests', 'with_deadline', 'due']
    """
    cases = grouped(requests, by).assign(end=deadline_ends(requests, as_of)).dropna(subset="end")
    marks = {"requests": True, "with_deadline": cases["end"].ne("none"), "due": cases["end"].isin(DUE)}
    marks |= {end: cases["end"].eq(end) for end in DUE}
    return tally(cases, keys(by), marks, in_time_share=("in_time", "due")).reset_index()


@measure
def deadline_ends(requests: pd.DataFrame, as_of: Day) -> pd.Series:
    """What became of each request by the day asked for: "in_time", "late", "otherwise" or "open"; "not_due", or "none"
    without such a day; missing: not begun.

    >>> int(measure.standards.deadline_ends(requests, "2026-09-30").eq("in_time").sum())
    210
    """
    cases = timed_cases(requests, as_of=as_of)
    deadline = requests["deadline"].reindex(cases.index)
    due = deadline.between(cases["start"], cut_of(requests, as_of).reindex(cases.index))
    due &= cases["days"].notna() & cases["entry"].eq(0)
    answered = cases["status"].eq(ANSWERED)
    said = [
        deadline.isna(),
        ~due,
        cases["status"].eq(PENDING),
        answered & cases["end"].le(deadline),
        answered,
    ]
    end = np.select(said, ["none", "not_due", "open", "in_time", "late"], "otherwise")
    return pd.Series(end, cases.index).reindex(requests.index)
