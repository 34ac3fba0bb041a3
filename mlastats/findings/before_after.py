"""Before and after an event in exhibits: how long, how well made, and whether the pace has changed. None names a cause.

The events are those of the configuration; each has exhibits of its own.
"""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.curves import DRAWN
from mlastats.findings.declared import STRANDS, WILSON, Declared
from mlastats.findings.phrases import FEW, SURE, alike, fact, proportion, span, subject
from mlastats.messages import _, day, number, percent
from mlastats.publish.exhibit import Exhibit, Fact, Untold
from mlastats.settings import Event


def _sides(rows: pd.DataFrame, date: str, **_values: Any) -> str:
    """How long requests have taken since: beside what was before, it would read as a change, and whether there is one
    the pace of answers tells."""
    since = rows[rows["arm"].eq("after") & rows["requests"].ge(FEW)].dropna(subset=["median_days"])
    return "".join(
        _("{who} since {date}: half were answered within {days}.", days=span(row["median_days"]), **of)
        for _index, row in since.iterrows()
        for of in ({"who": subject(row), "date": date},)
    )


def _half_a_year(rows: pd.DataFrame, date: str, **_values: Any) -> str:
    """What has been answered after half a year, since the event."""
    days, curve = 180, rows[rows["arm"].eq("after")]
    until = curve[curve["day"].le(days)]
    if until.empty or not curve["day"].max() >= days:
        return ""
    return _(
        "{who} since {date}: {share} answered within {days} days.",
        who=subject(rows.iloc[0]),
        date=date,
        share=percent(until["share"].iloc[-1]),
        days=number(days),
    )


def _changed(rows: pd.DataFrame, date: str, **_values: Any) -> str:
    """A change that is larger than the register's own; else that it cannot be told, and what could have been."""
    row = rows.iloc[0]
    names = {"who": subject(row), "date": date}
    if pd.isna(row["ratio"]):
        return Untold(_("{who}: a change of pace since {date} cannot be told.", **names))
    if row["p"] < SURE:
        ratio = percent(row["ratio"])
        return _("{who}: the pace of answers since {date} is {ratio} of that before.", ratio=ratio, **names)
    sentence = _("{who}: a change since {date} cannot be told from its ups and downs.", **names)
    return Untold(
        f"{sentence} " + _("From {least} times on it could have been.", least=number(row["least"], 1))
    )


def _facts(table: pd.DataFrame, date: str, **_values: Any) -> list[Fact]:
    return [
        fact("what_changed", _changed(rows, date), rows.iloc[0], "ratio", rows["answers"].iloc[0])
        for rows in alike(table)
        if rows["p"].iloc[0] < SURE
    ]


def _made(rows: pd.DataFrame, date: str, **_values: Any) -> str:
    """Of a strand, how many requests came back as deficient since the event."""
    since = rows[rows["quality"].eq("returned") & rows["arm"].eq("after") & rows["whole"].ge(FEW)]
    if since.empty:
        return ""
    return _(
        "{who} since {date}: {share} were returned as deficient.",
        who=subject(rows.iloc[0]),
        date=date,
        share=proportion(since["part"].iloc[0], since["whole"].iloc[0]),
    )


SIDES = Declared(
    "before_after_sides",
    "How long did requests take before {event}, and since?",
    by="direction strand arm",
    columns="requests answered ended_otherwise pending undated carried median_days within",
    unit="requests; days; share",
    each=_sides,
    where=lambda table: table["requests"].gt(0),
    notes=(
        STRANDS,
        "Before: the requests opened before {date}, looked at on its eve. After: those opened since, and those that "
        "were open on that day (“carried over”), from their age on it. So every day of every request counts once.",
        "Event: {event}. Source: {source}.",
    ),
)
CURVES = {
    code: Declared(
        f"before_after_curves_{code}",
        question,
        by="direction strand arm day",
        columns="at_risk share",
        unit="share of requests answered",
        each=_half_a_year,
        chart=replace(DRAWN, rows="strand arm"),
        alt="Step curves of the share answered by day before and after, with their intervals; rising from zero.",
        notes=(
            STRANDS,
            "The numbers below the axis are the requests at risk; those carried over join at their age.",
        ),
        internal_only=True,
    )
    for code, question in {
        "incoming": "Incoming requests: what share is answered, day by day, before {event} and since?",
        "outgoing": "Outgoing requests: what share is answered, day by day, before {event} and since?",
    }.items()
}
CHANGES = Declared(
    "before_after_changes",
    "Has the pace of answers changed since {event}, by more than it had before?",
    by="direction strand",
    columns="span_days spans_before answers expected ratio p least",
    unit="answers; pace since over the pace before",
    each=_changed,
    facts=_facts,
    notes=(
        STRANDS,
        "The time since the event is held against spans as long before it, in each of which what was open enters late. "
        "The pace of a span is its answers over those expected at the pace of all; its changes from span to span before the "
        "event say how much it wanders without one.",
        "It cannot be told where fewer than four spans lie before the event, or one has fewer than five answers.",
        "Whatever else changed around that day is in the change too; it does not say why.",
    ),
)
QUALITY = Declared(
    "before_after_quality",
    "Were requests better made before {event}, or since?",
    by="direction strand quality arm",
    columns="part whole share",
    unit="requests; share",
    each=_made,
    where=lambda table: table["whole"].gt(0),
    chart=Chart("share", "quality arm", "share of the requests concerned", n="whole", leads=True),
    alt="Shares before and since with their intervals; every number is in the table.",
    notes=(
        STRANDS,
        "Returned as deficient: of those that ended. Legal basis named: of the formal ones. Acknowledged: of all. Ground "
        "given: of those refused. What was made lately has had less time to come back.",
        WILSON,
    ),
)


def sides(table: pd.DataFrame, page: Any, event: Event, days: int) -> Exhibit:
    """Turnaround before and after, with what each side rests on."""
    return _of(SIDES, event, table, page, days=days)


def curves(table: pd.DataFrame, page: Any, event: Event, direction: str) -> Exhibit:
    """The share answered by each day before and after, of one direction."""
    mine = table[table["direction"].eq(direction)]
    mine = mine.sort_values(["strand", "arm", "day"], ascending=[True, False, True])
    return _of(CURVES[direction], event, mine, page)


def changes(table: pd.DataFrame, page: Any, event: Event) -> Exhibit:
    """Whether the pace of answers has changed by more than it used to."""
    return _of(CHANGES, event, table, page)


def quality(table: pd.DataFrame, page: Any, event: Event) -> Exhibit:
    """How requests were made and answered before the event, and since."""
    return _of(QUALITY, event, table, page)


def _of(declared: Declared, event: Event, table: pd.DataFrame, page: Any, **values: Any) -> Exhibit:
    """An exhibit of one event, with a name of its own."""
    own = replace(declared, name=f"{declared.name}_{event.date:%Y_%m_%d}")
    return own(table, page, event=event.name, date=day(event.date), source=event.source, **values)
