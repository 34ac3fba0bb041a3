"""Where the time goes: from stage to stage, who holds the file, and where a pending request is stuck.

A request's path is its recorded stages in order of their dates (of one day: in the order of the
schema), from its first day to its end. Of an incoming request what happened before it was received
is the other side's and is left out; of an outgoing one the path begins with drafting. A leg is the
time between one recorded stage and the next; the last leg of a pending request lasts to the cut.
Only exact and month dates count (months as the 15th).
"""

import pandas as pd

from mlastats import schema
from mlastats.measure.clocks import ENDED, exact, moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import QUANTILES, quantile_columns
from mlastats.measure.daycounts import FEW, FEWEST
from mlastats.measure.durations import ANSWERED, PENDING, cut_of, outcome_known
from mlastats.measure.groups import UNRECORDED, grouped, keys, tally

PATH = tuple(stage for stage in schema.STAGES if stage not in ("answered", "closed"))
THEIRS = ("drafted", "sent")


@measure
def stages(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """How long requests stay at each stage: `direction`, the columns of `by`, `stage`, then

    - `reached` = `moved_on` + `ended` + `stuck` (pending, with nothing recorded since)
    - `median_days lower upper p25 p75 p90` and the other `quantile_columns`: days at the stage until the next or the
      end, by the product limit, so that those still there count
    - `total_days` spent there, and `share` of all days of the group

    With `by="agency"`: who holds the file, for how long. Stages that no request reached are left out.

    >>> table = measure.stages.stages(requests, as_of="2026-09-30")
    >>> table[["direction", "stage", "reached"]].values.tolist()[:2]
    [['incoming', 'received', 807], ['incoming', 'acknowledged', 123]]
    """
    keyed, by = _keyed(requests, by, as_of)
    by = [*by, "stage"]
    next_is = {
        "reached": True,
        "moved_on": ~keyed["next_stage"].isin([ENDED, PENDING]),
        "ended": keyed["next_stage"].eq(ENDED),
        "stuck": keyed["next_stage"].eq(PENDING),
    }
    counts = tally(keyed, by, next_is)
    counts = counts[counts["reached"].gt(0)].join(quantile_columns(keyed, by))
    return _with_share(counts, keyed, by)


@measure
def pairs(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """The time from each stage to the next: `direction`, the columns of `by`, `stage next_stage`, then

    `legs`, `median_days p25 p75 p90` (of legs that are over, so without those stuck: `stages` has
    them; from 10 on), `total_days`, and `share` of all days of the group. `next_stage` is a stage, "ended", or
    "pending" for a leg that is not over.

    >>> measure.stages.pairs(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'stage', 'next_stage', 'legs']
    """
    keyed, by = _keyed(requests, by, as_of)
    by = [*by, "stage", "next_stage"]
    days = keyed["days"].astype(float).groupby([keyed[name] for name in by], observed=True)
    table = pd.DataFrame({"legs": days.size()})
    over = (table.index.get_level_values("next_stage") != PENDING) & table["legs"].ge(FEWEST)
    for name, q in QUANTILES.items():
        table[name] = days.quantile(q).where(over)
        # A step that is not over has no days, which is no lack.
        few = over | (table.index.get_level_values("next_stage") == PENDING)
        table[f"{name.removesuffix('_days')}_note"] = pd.Series("", table.index).where(few, FEW)
    return _with_share(table, keyed, by)


@measure
def legs(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """Every leg of every request: `row` (its position in `requests`) `stage next_stage start end days`.

    The days of a request's legs add up to the time from its first stage to its end or cut. Requests
    without any exact stage, or that ended on a day nobody wrote down, have none.

    >>> measure.stages.legs(requests, as_of="2026-09-30").columns.tolist()
    ['row', 'stage', 'next_stage', 'start', 'end', 'days']
    """
    known = cut_of(requests, as_of)
    end = exact(moment(requests, ENDED))
    ended = end.le(known)
    points = pd.concat([_reached(requests, stage, end.where(ended, known)) for stage in PATH])
    lost = outcome_known(requests) & end.isna() | moment(requests, ENDED)["precision"].eq("year")
    last = pd.DataFrame({"row": range(len(requests)), "at": end.where(ended, known), "order": len(PATH)})
    last["stage"] = ended.map({True: ENDED, False: PENDING}).to_numpy()
    path = pd.concat([points, last]).sort_values(["row", "at", "order"], kind="stable", ignore_index=True)
    same = path["row"].eq(path["row"].shift(-1))
    path = path.assign(next_stage=path["stage"].shift(-1), end=path["at"].shift(-1), start=path["at"])[same]
    path = path[~lost.to_numpy()[path["row"]]]
    path["days"] = (path["end"] - path["start"]).dt.days.astype("Int64")
    return path[["row", "stage", "next_stage", "start", "end", "days"]].reset_index(drop=True)


@measure
def handovers(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """Files passed between agencies: `direction from_agency to_agency requests median_days`.

    A hand-over is a request that is linked to another (linked_request_id) which a different agency
    held; its days run from the day of the earlier request to the day of the later one; the median is
    given from 10 on. A link to a
    reference that several requests have is to none of them.

    >>> measure.stages.handovers(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'from_agency', 'to_agency', 'requests', 'median_days']
    """
    both = handed_over(requests, as_of=as_of)
    groups = both["days"].groupby([both["direction"], both["from_agency"], both["to_agency"]])
    size = groups.size()
    return pd.DataFrame(
        {"requests": size, "median_days": groups.median().where(size.ge(FEWEST))}
    ).reset_index()


@measure
def handed_over(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """The requests that follow another which a different agency held, by row: `direction from_agency to_agency days`.

    >>> len(measure.stages.handed_over(requests, as_of="2026-09-30"))
    42
    """
    begun = schema.requested_on(requests)
    held = pd.DataFrame({"linked": requests["request_id"], "from_agency": requests["agency"], "began": begun})
    held = held.dropna(subset=["linked", "from_agency"]).drop_duplicates("linked", keep=False)
    mine = requests[["direction", "linked_request_id", "agency"]].assign(begun=begun)[
        begun.le(cut_of(requests, as_of))
    ]
    mine = mine.reset_index(names="row").rename(columns={"agency": "to_agency"})
    both = mine.merge(held, left_on="linked_request_id", right_on="linked").set_index("row")
    both = both[both["to_agency"].notna() & both["to_agency"].ne(both["from_agency"])]
    return both.assign(
        direction=both["direction"].fillna(UNRECORDED),
        days=(both["begun"] - both["began"]).dt.days.astype(float),
    )


def _reached(requests: pd.DataFrame, stage: str, until: pd.Series) -> pd.DataFrame:
    """The requests that reached a stage on their own side, up to their end or cut."""
    day = exact(moment(requests, stage))
    ours = requests["direction"].ne("incoming").fillna(True) if stage in THEIRS else True
    rows = (day.le(until) & ours).to_numpy()
    points = {
        "row": rows.nonzero()[0],
        "at": day[rows].to_numpy(),
        "order": PATH.index(stage),
        "stage": stage,
    }
    return pd.DataFrame(points)


def _keyed(requests: pd.DataFrame, by: By, as_of: Day) -> tuple[pd.DataFrame, list[str]]:
    """Legs with their grouping columns, as cases whose curve counts leaving the stage."""
    taken = legs(requests, as_of=as_of)
    groups = grouped(requests, by).iloc[taken["row"]].reset_index(drop=True)
    seen = requests["observed_from"].iloc[taken["row"]].reset_index(drop=True)
    entry = (seen - taken["start"]).dt.days.clip(lower=0).fillna(0).astype("Int64")
    keyed = groups.assign(**taken, entry=entry)
    keyed["stage"] = pd.Categorical(keyed["stage"], categories=PATH)
    keyed["next_stage"] = pd.Categorical(keyed["next_stage"], categories=[*PATH, ENDED, PENDING])
    left = pd.Series(ANSWERED, index=keyed.index, dtype="str")
    keyed["cause"] = left.where(keyed["next_stage"].ne(PENDING))
    return keyed.assign(unobserved=keyed["entry"] > keyed["days"]), keys(by)


def _with_share(table: pd.DataFrame, keyed: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    days = keyed["days"].astype(float)
    table["total_days"] = days.groupby([keyed[name] for name in by], observed=True).sum()
    group = [name for name in by if name not in ("stage", "next_stage")]
    table["share"] = table["total_days"] / table.groupby(level=group, observed=True)["total_days"].transform(
        "sum"
    )
    return table.reset_index()
