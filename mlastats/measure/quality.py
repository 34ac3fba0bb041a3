"""The quality of requests on both sides of an event: what reached the other side as it should."""

import pandas as pd

from mlastats import schema
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, durations
from mlastats.measure.groups import grouped, keys
from mlastats.measure.intervals import share

QUALITY = ("returned", "basis_named", "acknowledged", "ground_given")


@measure
def quality(requests: pd.DataFrame, event: Day, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """Of the requests made before an event, and since: `direction`, the columns of `by`, `quality`, `arm` ("before",
    "after"), `part` of `whole`, and their share with Wilson's limits, `share share_lower share_upper`.

    `quality`: "returned" as deficient, of those that ended; "basis_named", a legal basis, of the formal ones;
    "acknowledged", of all; "ground_given", of those refused. A request without a day is on neither side.

    >>> measure.quality.quality(requests, "2017-06-28", as_of="2026-09-30").columns.tolist()
    ['direction', 'quality', 'arm', 'part', 'whole', 'share', 'share_lower', 'share_upper']
    """
    names, on = keys(by), schema.requested_on(requests)
    status, outcome = durations(requests, as_of=as_of)["status"], requests["outcome"]
    ended = status.isin([ANSWERED, ENDED_OTHERWISE])
    arm = (on >= pd.Timestamp(event)).map({True: "after", False: "before"}).where(on.notna() & status.notna())
    cases = grouped(requests, by).assign(arm=pd.Categorical(arm, ["before", "after"]))
    refused = ended & outcome.eq("refused").fillna(False)
    of = {
        "returned": (outcome.eq("returned").fillna(False), ended),
        "basis_named": (requests["legal_basis"].notna(), requests["formality"].eq("formal").fillna(False)),
        "acknowledged": (requests["acknowledged"].notna(), pd.Series(True, requests.index)),
        "ground_given": (requests["refusal_ground"].notna(), refused),
    }
    parts = []
    for code, (has, among) in of.items():
        groups = cases.assign(part=has & among, whole=among)[cases["arm"].notna()]
        counts = groups.groupby([*names, "arm"], observed=False)[["part", "whole"]].sum().reset_index()
        parts.append(counts.assign(quality=pd.Categorical([code] * len(counts), QUALITY)))
    table = pd.concat(parts, ignore_index=True).sort_values([*names, "quality", "arm"], ignore_index=True)
    return table[[*names, "quality", "arm", "part", "whole"]].join(share(table, "part", "whole"))
