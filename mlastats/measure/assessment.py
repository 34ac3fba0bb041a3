"""The tables that assessors ask for: made, received, how they ended, how long, what is not recorded.

FATF Immediate Outcome 2 and Recommendations 33 and 36 to 40, the review of UNCAC chapter IV and a
yearly return to a regional secretariat ask for the same counts in different words; the table gives
each once, with its source columns.
"""

import pandas as pd

from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import quantile_columns
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, PENDING, UNDATED, durations
from mlastats.measure.groups import UNRECORDED, grouped, keys, one_code_each
from mlastats.measure.matters import matters
from mlastats.measure.turnaround import timed_cases

OUTCOMES = (
    *("executed", "partly_executed", "refused", "not_located", "withdrawn", "returned", "lapsed", "other"),
    UNRECORDED,
)
ENDS = (*OUTCOMES, PENDING, UNDATED)


@measure
def assessment(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """Requests, matters and persons by direction and `by`, how they ended, and the time to answer.

    Columns: `direction`, those of `by`, `requests` (the sum of the eleven that follow), `executed
    partly_executed refused not_located withdrawn returned lapsed other unrecorded pending undated`, then `matters`
    (linked chains, each counted once, where its first request is: `measure.matters`), `persons` (over the
    requests that record them, whose number is `persons_recorded`) and the `quantile_columns` of the
    answer clock, with pending requests. Enquiries are left out: they are not requests. A request (and a matter) of
    several offences is counted once under each of them. Groups without a request stay.

    >>> table = measure.assessment.assessment(requests, "kind", as_of="2026-09-30")
    >>> table.loc[table["kind"].eq("extradition"), ["direction", "requests"]].values.tolist()
    [['incoming', 59], ['outgoing', 53]]
    """
    requests = requests[~requests["is_enquiry"].fillna(False).astype(bool)]
    names = keys(by)
    end = ends(requests, as_of)
    known = requests[end.notna()]
    asked, chains = (one_code_each(rows, names) for rows in (known.assign(end=end), matters(known)))
    cases = grouped(asked, by).assign(end=asked["end"], persons=asked["persons"])
    groups = cases.groupby(names, observed=False)
    counts = pd.crosstab([cases[n] for n in names], cases["end"], dropna=False)
    table = counts.reindex(columns=list(ENDS), fill_value=0).reindex(groups.size().index, fill_value=0)
    table.insert(0, "requests", groups.size())
    levels = cases[names].dtypes.to_dict()
    first = grouped(chains, by).astype("str").astype(levels)
    table["matters"] = first.groupby(names, observed=False).size().reindex(table.index, fill_value=0)
    table["persons"] = groups["persons"].sum(min_count=1)
    table["persons_recorded"] = groups["persons"].count()
    timed = timed_cases(asked, by, as_of=as_of)
    return table.join(quantile_columns(timed, names)).reset_index()


@measure
def refusals(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """Refused requests by direction, `by` and ground: `direction ... refusal_ground requests`.

    A refusal without a recorded ground is the ground `unrecorded`.

    >>> measure.assessment.refusals(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'refusal_ground', 'requests']
    """
    refused = requests[ends(requests, as_of).eq("refused")]
    names = [*keys(by), "refusal_ground"]
    cases = grouped(refused, [*names[1:]])
    return cases.groupby(names, observed=False).size().rename("requests").reset_index()


@measure
def ends(requests: pd.DataFrame, as_of: Day) -> pd.Series:
    """How each request stood at the cut: an outcome, pending or undated; missing: not begun.

    >>> measure.assessment.ends(requests, as_of="2026-09-30").value_counts().index[0]
    'executed'
    """
    status = durations(requests, as_of=as_of)["status"]
    outcome = requests["outcome"].where(requests["outcome"].isin(OUTCOMES), UNRECORDED)
    return outcome.where(status.isin([ANSWERED, ENDED_OTHERWISE]), status.astype("str"))
