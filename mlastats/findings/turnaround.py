"""Turnaround in exhibits: answers at a glance, groups, the service standard."""

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import MEDIANS, Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import (
    FEW,
    MOST_TIED,
    SURE,
    basis,
    fact,
    largest,
    leading,
    left_out,
    listed,
    proportion,
    sentences,
    span,
    subject,
    words,
)
from mlastats.measure.daycounts import NOT_REACHED
from mlastats.measure.turnaround import STANDARD
from mlastats.messages import _, _n, percent
from mlastats.publish.exhibit import Exhibit, Fact

REACHED = (
    "A dash or “not given”: one request would weigh more than a tenth, or this share was not answered within any time "
    "observed."
)


def _all(table: pd.DataFrame, period: str) -> str:
    """Half of the first strand of which a median is known, of each direction; without any, the counts."""
    said = leading(table, lambda rows: _half(rows, period)) or leading(table, _counted)
    return sentences(text for text, _rows in said)


def _half(rows: pd.DataFrame, period: str) -> str:
    """How long until half are answered, and what the answered alone would make of it."""
    row = rows.iloc[0]
    if not row["requests"] >= FEW or pd.isna(row["median_days"]):
        return ""
    names = {"who": subject(row, period=period), "days": span(row["median_days"])}
    # A title has room for the period or the verb.
    sentence = (
        _("{who}: half answered within {days}.", **names)
        if period
        else _("{who}: half are answered within {days}.", **names)
    )
    closed, pending = row.get("closed_only_median"), row.get("pending")
    if not pending or pd.isna(pending) or not closed < row["median_days"]:
        return sentence
    return f"{sentence} " + _n(
        "Counting only closed requests would say {closed}, and hide the {n} that waits.",
        "Counting only closed requests would say {closed}, and hide the {n} that wait.",
        int(pending),
        closed=span(closed),
    )


def _counted(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    if not row["requests"] > 0 or row[["answered", "pending"]].isna().any():
        return ""
    return _("{who}: {answered} of {requests} are answered, {pending} pending.", **words(row))


def _facts(table: pd.DataFrame, period: str) -> list[Fact]:
    return [
        fact("how_long", text, rows.iloc[0], "median_days", rows["requests"].iloc[0])
        for text, rows in leading(table, lambda rows: _half(rows, period))
    ]


def _approximate(page: Any, table: pd.DataFrame) -> list[str]:
    """How many durations rest on a month, and where these are many what the median is if it is read otherwise."""
    lines = []
    for _index, row in table[table["approximate"].gt(0)].iterrows():
        names = {"who": subject(row), "share": percent(row["approximate"], 1)}
        lines.append(_("{who}: {share} of the durations rest on a date known to the month.", **names))
        first, last = (row.get(f"median_{reading}_day") for reading in ("first", "last"))
        if pd.notna(first) and pd.notna(last):
            names |= {"first": span(first), "last": span(last)}
            lines.append(
                _("{who}: the median is {first} if these are its first day, {last} if its last.", **names)
            )
    return [] if page.public else lines


def _slowest(rows: pd.DataFrame, by: str, within: str, tests: pd.DataFrame) -> str:
    """The groups that cannot be told from the slowest, and from the fastest, where all together differ (p < .01)."""
    known = {name: rows[name].iloc[0] for name in ("direction", within) if name}
    mine = tests[
        tests[list(known)].astype("str").eq({name: str(code) for name, code in known.items()}).all(axis=1)
    ]
    if mine.empty or not mine["p"].iloc[0] < SURE or rows["requests"].isna().any():
        return ""
    figures = rows.set_index(rows[by].astype("str"))["median_days"]
    ends = [
        [_long(row, by, figures.get(str(row[by]))) for _index, row in mine[mine[end]].iterrows()]
        for end in ("slowest", "fastest")
    ]
    # Several are named alone: their figures are in the table.
    ends = [end if len(end) < 2 else [name.partition(" (")[0] for name in end] for end in ends]
    # A group that can be told from neither end says that the ends cannot be told apart.
    if not all(0 < len(end) <= MOST_TIED for end in ends) or (mine["slowest"] & mine["fastest"]).any():
        return ""
    who = subject(rows.iloc[0], within)
    slow = _n(
        "{who}: slowest is {slow}.", "{who}: slowest are {slow}.", len(ends[0]), who=who, slow=listed(ends[0])
    )
    return f"{slow} " + _n("Fastest is {fast}.", "Fastest are {fast}.", len(ends[1]), fast=listed(ends[1]))


def _held(rows: pd.DataFrame, **_tests: Any) -> str:
    """With which agency the requests are: how long each takes is in the table, and funnels alone name one for it."""
    most = largest(rows, "requests")
    if most.empty or rows["requests"].isna().any() or not rows["requests"].sum() >= FEW:
        return ""
    return _(
        "{who}: {share} went to {agencies}.",
        who=subject(rows.iloc[0], "kind"),
        share=proportion(most["requests"].iloc[0], rows["requests"].sum()),
        agencies=listed([in_words("agency", code) for code in most["agency"]]),
    )


def _long(row: Any, by: str, median: Any) -> str:
    name = in_words(by, row[by], inside=True)
    if pd.notna(median):
        return _("{name} ({days})", name=name, days=span(median))
    if row["median_note"] == NOT_REACHED:
        return _("{name} (half not answered within any time observed)", name=name)
    return name


def _enough(table: pd.DataFrame, within: str = "") -> pd.DataFrame:
    """The groups that are drawn: within a kind, where there are two to compare; the standard binds us, so that it stands
    at incoming requests alone."""
    drawn = table[table["requests"].ge(FEW)]
    if within:
        drawn = drawn[drawn.groupby(["direction", within], observed=True)["requests"].transform("size").gt(1)]
    if "standard_days" in drawn:
        drawn = drawn.assign(standard_days=drawn["standard_days"].where(drawn["direction"].eq("incoming")))
    return drawn


def _those_drawn(page: Any, table: pd.DataFrame, within: str) -> list[str]:
    """Which groups the figure is of; of a period there may be none, and no figure. The public's table is not looked at."""
    if not page.public and not _enough(table, within)["median_days"].notna().any():
        return []
    if within:
        return [
            _(
                "Drawn are the groups of 20 requests or more, where there are two of a kind to set side by side; the others "
                "are in the table."
            )
        ]
    return [_("Drawn are the groups of 20 requests or more; the others are in the table.")]


def _on_time(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    if not row["with_standard"] >= FEW or pd.isna(row["within"]):
        return ""
    names = words(row) | {"who": subject(row, "kind")}
    return _("{who}: {within} answered within the {standard_days} days of our standard.", **names)


GLANCE = Declared(
    "turnaround_glance",
    "How long do requests take to be answered?",
    by="direction strand",
    columns="requests answered ended_otherwise pending undated median_days closed_only_median",
    totals=True,
    unit="requests; days",
    finding=_all,
    facts=_facts,
    where=lambda table: table["requests"].gt(0),
    period="window",
    notes=(
        basis,
        STRANDS,
        "The median is the first day by which half of all requests are answered; what is pending counts for as "
        "long as it has waited.",
        "Answered: executed, partly executed, refused, the person not found, or ended without a recorded outcome. Ended "
        "otherwise: withdrawn, returned, lapsed or other.",
        _approximate,
    ),
)
GROUPS = {
    by: Declared(
        f"turnaround_by_{by}",
        question,
        by=" ".join(dict.fromkeys(["direction", within, by])),
        columns="requests answered ended_otherwise pending undated p25 median_days p75 p90 closed_only_median",
        over={"Days until so many are answered": "p25 median_days p75 p90"},
        totals=True,
        unit="requests; days",
        each=_held if by == "agency" else partial(_slowest, by=by, within=within),
        within=within,
        where=lambda table: table["requests"].gt(0),
        period="window",
        chart=replace(
            MEDIANS,
            rows=" ".join(filter(None, (within, by))),
            mark="" if within else "standard_days",
            marked="our standard",
            where=partial(_enough, within=within),
            gaps=not within,
        ),
        alt="Median days to an answer with 95% intervals; the values are in the table.",
        notes=(
            basis,
            REACHED,
            partial(_those_drawn, within=within),
            left_out,
        ),
    )
    for by, within, question in (
        ("kind", "", "Do some kinds of request take longer?"),
        ("agency", "kind", "How long does each agency take with the same kind of request?"),
        ("channel", "kind", "Do some channels take longer with the same kind of request?"),
        ("formality", "kind", "Do formal requests take longer than informal ones of the same kind?"),
    )
}
WITHIN = Declared(
    "turnaround_within_standard",
    "How many requests are answered within the service standard?",
    by="direction kind",
    columns="requests pending standard_days with_standard within",
    unit="share of requests",
    each=_on_time,
    within="kind",
    empty="No service standard is configured for any kind of request here, so nothing can be said.",
    where=lambda table: table["with_standard"].gt(0) & table["direction"].eq("incoming"),
    period="window",
    chart=Chart("within", "kind", "share answered within our standard", n="requests", gaps=True),
    alt="Shares with their intervals, one row a group; every number is in the table.",
    notes=(
        basis,
        "The standard binds us, so that it is held against incoming requests alone.",
        "The share is read from the curve: what is pending counts for the days it was seen.",
        "It is not given where one request would weigh more than a tenth of it.",
    ),
)


def glance(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long until an answer: a row a direction and strand, with what has no answer yet."""
    return GLANCE(table, page, period=page.pace)


def groups(table: pd.DataFrame, page: Any, by: str, tests: pd.DataFrame | None = None) -> Exhibit:
    """Turnaround by the levels of one column: `kind`, `channel` ...; `tests` says which are slowest
    (`measure.turnaround.compared`), but for agencies, of which none is called so."""
    if tests is None:
        return GROUPS[by](table, page)
    names = [name for name in tests if name in ("direction", "kind", by)]
    notes = table[[*names, "median_note"]].astype("str")
    told = tests.astype(dict.fromkeys(names, "str")).merge(notes, on=names, how="left")
    return GROUPS[by](table, page, by=by, tests=told)


def within(table: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered within the service standard; nothing where none is configured."""
    if "within" not in table:
        table = table.iloc[:0].reindex(columns=[*table, *STANDARD])
    return WITHIN(table, page)
