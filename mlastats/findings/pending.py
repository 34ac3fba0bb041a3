"""What is pending in exhibits: how old it is, and which requests have waited longest."""

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import YEARS, by_direction, last_days, nothing, span, withheld
from mlastats.messages import _, number

LONG = ("365-729", "730+")


def _old(table: pd.DataFrame) -> int:
    """Of how many requests the wait is a year or longer."""
    return int(table.loc[table["age_band"].isin(LONG), "pending"].sum())


def _ages(table: pd.DataFrame) -> str:
    """Of each direction how much has waited a year or longer; the two are never added."""
    if table["pending"].isna().any():
        return withheld()
    said = {}
    for way, rows in by_direction(table):
        if total := int(rows["pending"].sum()):
            said[way] = _("{long} of {open}", long=number(_old(rows)), open=number(total))
    if {"incoming", "outgoing"} <= set(said):
        return _("A year or longer: {incoming} waiting for us, {outgoing} for partners.", **said)
    return _("A year or longer: {counts} that are open.", counts=next(iter(said.values())))


def _of_a_year(table: pd.DataFrame) -> pd.DataFrame:
    """Each band with how many of it have waited for a year or longer: all or none."""
    drawn = table if table["pending"].ne(0).any() else table.iloc[:0]
    return drawn.assign(long=drawn["pending"].where(drawn["age_band"].isin(LONG), 0))


def _longest(table: pd.DataFrame) -> str:
    if table.empty:
        return nothing()
    days = float(table["age"].max())
    if days < YEARS:
        return _("The oldest request has waited {days}.", days=span(days))
    return _("The oldest request has waited more than {n} years.", n=number(int(days / 365.25)))


ages = Declared(
    "pending_by_age",
    "How old is what is pending?",
    by="direction age_band",
    columns="pending",
    totals=True,
    unit="requests",
    finding=_ages,
    empty="Nothing is pending.",
    chart=Chart(
        "pending",
        "age_band",
        "open requests by how long they have waited",
        form="bars",
        parts={"part": "long"},
        where=_of_a_year,
        gaps=True,
    ),
    alt="Pending requests by days waited; every number is in the table.",
    notes=(last_days,),
)
oldest = Declared(
    "pending_oldest",
    "Which requests have waited longest?",
    by="direction request_id",
    columns="kind partner agency start age probable_duplicate",
    unit="days",
    finding=_longest,
    internal_only=True,
)
