"""What was due: requests whose standard has run out, each answered by then or not, with nothing left to guess.

A share of what was due is a plain share. It says what became of old requests, where the curve of `turnaround` says how
long all take; it can be compared by group and by period, because nothing in it is still open.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from mlastats.measure.contract import measure
from mlastats.measure.durations import ANSWERED, cut_of
from mlastats.measure.turnaround import timed_cases


@measure
def due(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
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
