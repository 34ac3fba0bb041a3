"""Persons sought: how far they came, how long a decision took with consent and without, and how it ended.

A row is a person; no measure knows a name. The direction is that of the person's request, `unrecorded` where that is not
known or not the only one.
"""

import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.groups import UNRECORDED, of_request

STEPS = ("located", "arrested", "decided", "surrendered")
COLUMNS = ("role", "sought_for", "own_national", "consented")
YES_NO = ("own_national", "consented")


@measure
def funnel(persons: pd.DataFrame, requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """How far persons came by `as_of`: `direction`, those of `by` (role, sought_for, own_national, consented), `persons`,
    then `located arrested consent decided surrendered`: how many have that day, or said that they consent.

    >>> table = measure.persons.funnel(mlastats.load_persons(), requests, as_of="2026-09-30")
    >>> table.columns.tolist()
    ['direction', 'persons', 'located', 'arrested', 'consent', 'decided', 'surrendered']
    """
    names, rows = _grouped(persons, requests, by)
    cut = pd.Timestamp(as_of)
    marks = {step: rows[step].le(cut) for step in STEPS}
    marks["consent"] = rows["consented"].eq("true")
    table = rows[names].assign(persons=1, **marks).groupby(names, observed=True).sum().astype("int64")
    return table[["persons", "located", "arrested", "consent", "decided", "surrendered"]].reset_index()


@measure
def decision_days(persons: pd.DataFrame, requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """Days from arrest to the decision on surrender, with consent and without: `direction consented arrested` (persons
    with a day of arrest), `decided`, `pending`, `undated` (a day known to the year alone, or a decision before the arrest),
    `median_days lower upper median_rests_on median_note` (why it is missing).

    The median is that of the product limit, those not yet decided counted; missing where one person would weigh more
    than a tenth (`DayCounts`). Days known to the month count as the 15th.

    >>> table = measure.persons.decision_days(mlastats.load_persons(), requests, as_of="2026-09-30")
    >>> table.columns[:4].tolist()
    ['direction', 'consented', 'arrested', 'decided']
    """
    names, rows = _grouped(persons, requests, "consented")
    cut = pd.Timestamp(as_of)
    rows = rows[rows["arrested"].le(cut)].reset_index(drop=True)
    decided = rows["decided"].le(cut)
    days = (rows["decided"].where(decided, cut) - rows["arrested"]).dt.days
    year = rows["arrested_precision"].eq("year") | (decided & rows["decided_precision"].eq("year"))
    undated = year.fillna(False) | days.lt(0)
    groups = {name: pd.Categorical(rows[name]) for name in names}
    counts = pd.DataFrame(
        {"arrested": 1, "decided": decided & ~undated, "pending": ~decided & ~undated, "undated": undated}
    )
    table = counts.groupby([rows[name] for name in names]).sum().astype("int64").reset_index()
    timed = ~undated
    of = DayCounts.from_durations(
        days[timed],
        decided[timed].map({True: "answered", False: None}),
        by=pd.DataFrame(groups)[timed].astype("str"),
    )
    own = {"days": "median_days", "rests_on": "median_rests_on", "reason": "median_note"}
    median = of.quantile(0.5).rename(columns=own)
    shown = ["median_days", "lower", "upper", "median_rests_on", "median_note"]
    return table.merge(median[[*names, *shown]], on=names, how="left")


@measure
def ends(persons: pd.DataFrame, requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """How it ended for persons: `direction outcome refusal_ground persons`. Surrendered is executed; who has neither an
    outcome nor been surrendered by `as_of` is `pending`; the ground is that of a refusal, else missing.

    >>> table = measure.persons.ends(mlastats.load_persons(), requests, as_of="2026-09-30")
    >>> table.columns.tolist()
    ['direction', 'outcome', 'refusal_ground', 'persons']
    """
    _by, rows = _grouped(persons, requests, ())
    surrendered = rows["surrendered"].le(pd.Timestamp(as_of))
    outcome = rows["outcome"].where(rows["outcome"].notna() | ~surrendered, "executed").fillna("pending")
    ground = rows["refusal_ground"].fillna(UNRECORDED).where(outcome.eq("refused"))
    groups = [rows["direction"], outcome.rename("outcome"), ground.rename("refusal_ground")]
    return rows.groupby(groups, dropna=False).size().rename("persons").reset_index()


def _grouped(persons: pd.DataFrame, requests: pd.DataFrame, by: By) -> tuple[list[str], pd.DataFrame]:
    """The columns of a frame, and the persons with the direction of their requests and codes in place of yes and no."""
    asked = [by] if isinstance(by, str) else list(by)
    for name in asked:
        one_of("by", name, COLUMNS)
    said = {True: "true", False: "false"}
    codes = {name: persons[name].map(said) if name in YES_NO else persons[name] for name in COLUMNS}
    told = {name: column.fillna(UNRECORDED).astype("str") for name, column in codes.items()}
    return ["direction", *asked], persons.assign(direction=of_request(persons, requests), **told).reset_index(
        drop=True
    )
