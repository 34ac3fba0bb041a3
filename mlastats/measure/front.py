"""What the first page of a report counts beside the measures of its chapters: a strand's pace, and what is to be decided."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mlastats.measure.assessment import ENDS, assessment, ends
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import durations
from mlastats.measure.groups import UNRECORDED, grouped, keys
from mlastats.measure.pending import YEAR, pending_cases
from mlastats.measure.turnaround import turnaround
from mlastats.measure.windows import within
from mlastats.schema import requested_on

YEARS = 5
KINDS = ("mla", "extradition")
EXECUTED = ["executed", "partly_executed"]
STANDS = ["executed", "refused", "other_end", "pending"]
LIMITS = ["median_days", "lower", "upper"]
DECISIONS = ("answer", "remind", "ground", "partner")


@measure
def pace(
    requests: pd.DataFrame, *, as_of: Day, standard_days: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """How long legal assistance takes, with its own past: the columns of `turnaround` by direction, and the median of the
    time up to five years before as_of and of the five years since, each with its limits (`before...`, `since...`).

    >>> measure.front.pace(requests, as_of="2026-09-30")["requests"].tolist()
    [223, 166]
    """
    of = requests[requests["kind"].eq("mla")]
    last = pd.Timestamp(as_of).normalize()
    turn = last - pd.DateOffset(years=YEARS)
    table = turnaround(of, as_of=as_of, standard_days=dict(standard_days or {}))
    kept_from = of["observed_from"].min()
    if pd.isna(kept_from):
        kept_from = last
    for name, first, until in (("before", kept_from, turn), ("since", turn + pd.Timedelta(days=1), last)):
        # Of a time that was not observed nothing is known.
        seen = within(of, first, until) if first <= until else of.iloc[:0]
        past = turnaround(seen, as_of=until).set_index("direction")[LIMITS]
        past.columns = [name, f"{name}_lower", f"{name}_upper"]
        table = table.join(past, on="direction")
    return table


@measure
def years(requests: pd.DataFrame, kinds: Sequence[str] = KINDS, *, as_of: Day) -> pd.DataFrame:
    """Legal assistance and extradition (or other `kinds`; none: every kind), received and made, by the year in which they
    began, the last five and the running one: `direction kind year requests executed refused other_end pending`; the last
    four add up to the requests. A year that was observed without a request has its row.

    >>> measure.front.years(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'kind', 'year', 'requests', 'executed', 'refused', 'other_end', 'pending']
    """
    names, running = ["direction", "kind", "year"], pd.Timestamp(as_of).year
    table = stands(requests, names[1:], as_of=as_of).astype(dict.fromkeys(names, "str"))
    first = requests["observed_from"].fillna(requested_on(requests)).dt.year.min()
    began = max(running - YEARS, running if pd.isna(first) else int(first))
    levels = list(dict.fromkeys(table["kind"]))
    shown = [
        dict.fromkeys(table["direction"]),
        [kind for kind in kinds or levels if kind in levels],
        [str(year) for year in range(began, running + 1)],
    ]
    rows = pd.MultiIndex.from_product(shown, names=names)
    return table.set_index(names)[["requests", *STANDS]].reindex(rows, fill_value=0).reset_index()


@measure
def stands(requests: pd.DataFrame, by: By, *, as_of: Day) -> pd.DataFrame:
    """How requests stand, by direction and `by`: `requests`, which are `executed` (in part too), `refused`, `other_end` and
    `pending` together, and the median of the answer clock with its limits.

    >>> measure.front.stands(requests, "kind", as_of="2026-09-30").columns.tolist()[2:7]
    ['requests', 'executed', 'refused', 'other_end', 'pending']
    """
    table = assessment(requests, by, as_of=as_of)
    other = [name for name in ENDS if name not in (*EXECUTED, "refused", "pending")]
    table = table.assign(executed=table[EXECUTED].sum(axis=1), other_end=table[other].sum(axis=1))
    return table[[*keys(by), "requests", *STANDS, *LIMITS]]


@measure
def decisions(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """What somebody has to decide or do, by whose it is: `decision partner agency entries`, and `rows`, the index of the
    requests that are meant. Only what concerns somebody is in it.

    - answer: incoming legal assistance that has been open for a year or longer
    - remind: our requests that one partner has held for a year or longer, of the partner that holds most
    - ground: refusals without a ground
    - partner: requests of which the partner is not recorded

    >>> measure.front.decisions(requests, as_of="2026-09-30").columns.tolist()
    ['decision', 'partner', 'agency', 'entries', 'rows']
    """
    cases = pending_cases(requests, ["kind", "partner", "agency"], as_of=as_of)
    late = cases[cases["age"].ge(YEAR)]
    status = durations(requests, as_of=as_of)["status"]
    refused = requests[ends(requests, as_of).eq("refused") & requests["refusal_ground"].isna()]
    ours = late[late["direction"].eq("outgoing") & late["partner"].ne(UNRECORDED)]
    held = ours["partner"].value_counts()
    concerned = {
        "answer": late[late["direction"].eq("incoming") & late["kind"].eq("mla")].index,
        "remind": ours[ours["partner"].eq(held.index[0])].index if len(held) and held.iloc[0] else [],
        "ground": refused.index,
        "partner": requests[status.notna() & requests["partner"].isna()].index,
    }
    agency, parts = grouped(requests, "agency")["agency"].astype(str), []
    for decision in DECISIONS:
        owners = agency.loc[list(concerned[decision])]
        partner = str(held.index[0]) if decision == "remind" and len(owners) else "all"
        counts = owners.value_counts()
        for owner in ["all", *counts.index] if len(counts) else []:
            rows = list(owners.index if owner == "all" else owners.index[owners.eq(owner)])
            parts.append((decision, partner, owner, len(rows), rows))
    return pd.DataFrame(parts, columns=["decision", "partner", "agency", "entries", "rows"])


@measure
def basis(requests: pd.DataFrame, apart: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """On what the whole rests: `requests`, `undated` of these, and the `entries` that are no requests.

    >>> measure.front.basis(requests, page.apart, as_of="2026-09-30").to_dict("records")
    [{'requests': 1493, 'undated': 40, 'entries': 51}]
    """
    status = durations(requests, as_of=as_of)["status"]
    row = {"requests": status.notna().sum(), "undated": status.eq("undated").sum(), "entries": len(apart)}
    return pd.DataFrame([row])
