"""Informal first: what passes between the police before, or instead of, a formal request.

A formal request and an informal contact belong together when they are in one matter, a chain of
linked requests; what a register does not link is not known to belong together.
"""

from collections.abc import Sequence

import pandas as pd

from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts, quantile_columns
from mlastats.measure.daycounts import FEW, FEWEST, NONE
from mlastats.measure.durations import ANSWERED, STATUSES, UNDATED, durations
from mlastats.measure.groups import grouped, keys, tally
from mlastats.measure.matters import matter_of
from mlastats.measure.observation import window

FORMAL, WITHOUT = "formal", "without"
WITHIN = (30, 90, 365)
DECIDED = ("executed", "partly_executed", "refused")


@measure
def informal_first(
    requests: pd.DataFrame, by: By = (), *, as_of: Day, counted: pd.Index | None = None
) -> pd.DataFrame:
    """Formal requests with an informal contact before them, by direction and the columns of `by`.

    `formal` = `known` + `order_unknown` (there is a contact, but a date is missing); `preceded` of the
    known: a contact of the same matter, in either direction, was made on the same day or before;
    `preceded_share preceded_share_lower preceded_share_upper` of the known (Wilson, 95%); `p25
    median_days p75`: days from the first contact to the formal request, of 10 or more. Groups without one stay.

    `counted` names the requests that count (all, if not given); what they are linked to is looked for
    among all requests. So it is in the measures below.

    >>> measure.informal_first.informal_first(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'formal', 'known', 'order_unknown']
    """
    names = keys(by)
    cases = _of_those(formal_order(requests, by, as_of), counted)
    known, preceded = cases["preceded"].notna(), cases["preceded"].eq(True).fillna(False)
    marks = {"formal": True, "known": known, "order_unknown": ~known, "preceded": preceded}
    table = tally(cases, names, marks, preceded_share=("preceded", "known"))
    days = cases["days_before"].astype(float).groupby([cases[name] for name in names], observed=False)
    enough = table["preceded"].ge(FEWEST)
    levels = {"p25": 0.25, "median_days": 0.5, "p75": 0.75}
    quantiles = {name: days.quantile(q).where(enough) for name, q in levels.items()}
    few = pd.Series("", table.index).mask(~enough & table["preceded"].gt(0), FEW)
    notes = {f"{name.removesuffix('_days')}_note": few for name in levels}
    return table.assign(**quantiles, **notes).reset_index()


@measure
def became_formal(
    requests: pd.DataFrame,
    by: By = (),
    *,
    as_of: Day,
    within: Sequence[int] = WITHIN,
    counted: pd.Index | None = None,
) -> pd.DataFrame:
    """The share of informal contacts that a formal request followed, within so many days.

    One row for each group and number of days: `direction`, the columns of `by`, `within_days`, `followed`
    (how many a formal request followed by then),
    `contacts` = `formal` + `without` (none so far) + `undated`, whenever they came, and `share lower upper` (one less the
    product limit; 95%, beta product). Most contacts are closed before the formal request comes, so that one that was
    closed can still become one: each counts for as long as every register was kept in which it could be.
    `rests_on` and `reason` as in `DayCounts.answered_within`.

    >>> measure.informal_first.became_formal(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'within_days', 'followed', 'contacts']
    """
    names = keys(by)
    cases = _of_those(contact_ends(requests, by, as_of), counted)
    ends = {end: cases["end"].eq(end) for end in (FORMAL, WITHOUT, UNDATED)}
    followed = {f"by_{days}": ends[FORMAL] & cases["days"].le(days) for days in within}
    table = tally(cases, names, {"contacts": True, **ends, **followed})
    cause = cases["end"].where(cases["end"].ne(WITHOUT))
    curves = day_counts(cases.assign(cause=cause, unobserved=cases["entry"].gt(cases["days"])), names)
    parts = []
    for days in within:
        read = curves.answered_within(days, causes=(FORMAL,)).set_index(names).drop(columns="days")
        parts.append(table.join(read).assign(within_days=days, followed=table[f"by_{days}"]))
    full = pd.concat(parts).reset_index().fillna({"reason": NONE})
    columns = [*names, "within_days", "followed", "contacts", *ends]
    columns += ["share", "lower", "upper", "rests_on", "reason"]
    return full.sort_values([*names, "within_days"], kind="stable", ignore_index=True)[columns]


@measure
def after_contact(
    requests: pd.DataFrame, by: By = ("kind",), *, as_of: Day, counted: pd.Index | None = None
) -> pd.DataFrame:
    """Formal requests with an informal contact before them beside those without, by direction and `by`.

    `contacted` is "yes" or "no"; then `requests answered ended_otherwise pending undated`, the
    `quantile_columns` of the answer clock, and `decided` (executed, partly executed or refused by the
    cut), `refused` and its share of the decided (Wilson). Who asks informally first may
    ask for other things: compare within kind, and claim no cause.

    >>> measure.informal_first.after_contact(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'kind', 'contacted', 'requests']
    """
    names = [*keys(by), "contacted"]
    cases = _of_those(formal_order(requests, by, as_of), counted)
    contacted = cases["preceded"].map({True: "yes", False: "no"})
    cases = cases.assign(contacted=pd.Categorical(contacted, categories=["yes", "no"]))
    cases = cases[cases["contacted"].notna()]
    decided = cases["outcome"].where(cases["status"].isin([ANSWERED, UNDATED]))
    marks = {"requests": True, **{status: cases["status"].eq(status) for status in STATUSES}}
    marks |= {"decided": decided.isin(DECIDED), "refused": decided.eq("refused")}
    table = tally(cases, names, marks, refused_share=("refused", "decided"))
    return table.join(quantile_columns(cases, names)).reset_index()


def _of_those(cases: pd.DataFrame, counted: pd.Index | None) -> pd.DataFrame:
    return cases if counted is None else cases[cases.index.isin(counted)]


@measure
def formal_order(requests: pd.DataFrame, by: By, as_of: Day) -> pd.DataFrame:
    """The formal requests with their durations, `preceded` (missing: the order is not known) and
    `days_before`.

    >>> table = measure.informal_first.formal_order(requests, (), as_of="2026-09-30")
    >>> int(table["preceded"].eq(True).sum())
    42
    """
    cases = _with_matters(requests, by, as_of)
    informal = cases[cases["formality"].eq("informal")]
    first = informal.groupby("matter")["on"].min()
    undated = informal["on"].isna().groupby(informal["matter"]).any()
    formal = cases[cases["formality"].eq("formal")]
    days = (formal["on"] - _of(formal["matter"], first)).dt.days
    linked = formal["matter"].isin(informal["matter"])
    doubtful = linked & (formal["on"].isna() | (_of(formal["matter"], undated).eq(True) & ~days.ge(0)))
    preceded = days.ge(0).astype("boolean").mask(doubtful)
    return formal.assign(preceded=preceded, days_before=days.where(preceded.eq(True).fillna(False)))


def _of(matter: pd.Series, values: pd.Series) -> pd.Series:
    """What is known of the matter of each request."""
    return values.reindex(matter).set_axis(matter.index)


@measure
def contact_ends(requests: pd.DataFrame, by: By, as_of: Day) -> pd.DataFrame:
    """The informal contacts: how each `end`ed (a formal request, none so far), and after how many `days`.

    >>> table = measure.informal_first.contact_ends(requests, (), as_of="2026-09-30")
    >>> sorted(table["end"].astype(str).unique())
    ['formal', 'without']
    """
    cases = _with_matters(requests, by, as_of)
    contacts, formal = cases[cases["formality"].eq("informal")], cases[cases["formality"].eq("formal")]
    first, last = window(requests, as_of=as_of)
    became = (_next(contacts, formal[~formal["on"].gt(last)]) - contacts["on"]).dt.days
    dated = contacts["on"].notna()
    end = pd.Series(WITHOUT, contacts.index).mask(became.notna(), FORMAL).where(dated, UNDATED)
    days = became.fillna((last - contacts["on"]).dt.days).astype(float)
    entry = contacts["entry"].clip(lower=(first - contacts["on"]).dt.days.fillna(0))
    return contacts.assign(end=end, days=days, entry=entry)


def _next(contacts: pd.DataFrame, formal: pd.DataFrame) -> pd.Series:
    """The day of the first formal request of the same matter on the day of each contact or after."""
    left = contacts[["on", "matter"]].dropna().reset_index(names="row").sort_values("on", kind="stable")
    right = (
        formal[["on", "matter"]]
        .dropna()
        .sort_values("on", kind="stable")
        .assign(then=lambda rows: rows["on"])
    )
    found = pd.merge_asof(left, right, on="on", by="matter", direction="forward")
    return found.set_index("row")["then"].reindex(contacts.index)


def _with_matters(requests: pd.DataFrame, by: By, as_of: Day) -> pd.DataFrame:
    """The requests that had begun by their cut: groups, durations, matter, and the day `on` which made."""
    measured = durations(requests, as_of=as_of)
    begun = measured["status"].notna()
    told = requests.loc[begun, ["formality", "outcome"]].assign(
        matter=matter_of(requests[begun]), on=moment(requests[begun], REQUESTED)["day"]
    )
    cases = grouped(requests, by)[begun].join(measured[begun].drop(columns="direction").drop(columns="end"))
    return cases.join(told[[name for name in told if name not in cases]])
