"""Informal first, in exhibits: contacts before formal requests, and what became of contacts."""

from dataclasses import replace

import pandas as pd

from mlastats.findings.chart import MEDIANS, Chart
from mlastats.findings.declared import WILSON, Declared
from mlastats.findings.phrases import (
    FEW,
    pairs,
    proportion,
    recent,
    sentences,
    span,
    subject,
    told_apart,
    untold,
    withheld,
    words,
)
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Untold

SHARES = "Shares with their intervals, one row a group; every number is in the table."


def _preceded(rows: pd.DataFrame) -> str:
    known, before = (rows[name].sum(skipna=False) for name in ("known", "preceded"))
    if pd.isna(known) or pd.isna(before):
        return withheld()
    if not known:
        return ""
    return _(
        "{who}: {share} formal requests followed an informal contact.",
        who=subject(rows.iloc[0], "kind"),
        share=proportion(before, known),
    )


def _became(table: pd.DataFrame) -> str:
    """What became of the contacts of the strand that has most of them, direction by direction."""
    if table["contacts"].isna().all():
        return withheld()
    most = table["contacts"].groupby([table["direction"], table["strand"]], observed=True).max()
    largest = most.dropna().groupby("direction", observed=True, sort=False).idxmax()
    rows = [table[table["direction"].eq(way) & table["strand"].eq(strand)] for way, strand in largest]
    return sentences(filter(None, map(_of_strand, rows)))


def _of_strand(rows: pd.DataFrame) -> str:
    known = rows.dropna(subset=["share", "contacts"])
    if known.empty or not known["contacts"].iloc[-1] >= FEW:
        return ""
    last = known.iloc[-1]
    share = _("{share} of {whole}", share=percent(last["share"]), whole=number(last["contacts"]))
    return _(
        "{who}: {share} informal contacts became formal requests within {within_days} days.",
        **words(last) | {"share": share},
    )


def _after(table: pd.DataFrame) -> str:
    said = [
        _(
            "{who}: half answered within {first} after a contact, {second} without.",
            who=subject(yes, "kind"),
            first=span(yes["median_days"]),
            second=span(no["median_days"]),
        )
        if told_apart(yes, no, "median_days")
        else ""
        for yes, no in pairs(table, "contacted", ("yes", "no"), least=FEW)
        if pd.notna(yes["median_days"]) and pd.notna(no["median_days"])
    ]
    if not said:
        return Untold(_("Too few formal requests of any one kind had a contact before them to be compared."))
    return sentences(said) if any(said) else untold(len(said))


preceded = Declared(
    "informal_first",
    "How many formal requests had an informal contact before them?",
    by="direction kind",
    columns="formal order_unknown known preceded preceded_share p25 median_days p75",
    unit="formal requests; share; days",
    each=_preceded,
    within="kind",
    empty="There is no formal request here, so nothing can be said.",
    where=lambda table: table["formal"].gt(0),
    period="begun",
    scope={"formality": "formal"},
    chart=Chart("preceded_share", "kind", "share with an informal contact before", n="known"),
    alt=SHARES,
    notes=(
        "A contact belongs to a formal request where the registers link the two; what they do not link is not seen.",
        "The days run from the first contact to the formal request.",
        WILSON,
    ),
)
became = Declared(
    "contacts_became_formal",
    "How many informal contacts become a formal request?",
    by="direction strand within_days",
    columns="contacts formal without undated followed share",
    unit="informal contacts; share",
    finding=_became,
    empty="There is no informal contact here, so nothing can be said.",
    period="recent",
    scope={"formality": "informal"},
    chart=Chart("share", "strand within_days", "share that became formal", n="contacts"),
    alt="Shares by days since the contact, with their intervals; every number is in the table.",
    notes=(
        recent,
        "The sentence is of the strand with most contacts in each direction; the others are in the table.",
        "Each contact counts for as long as every register has been kept since it: one that was closed can still become "
        "a formal request.",
        "The interval is 95%, by the beta product.",
    ),
)
after = Declared(
    "after_contact",
    "Are formal requests that had a contact before them answered sooner, or refused less often?",
    by="direction kind contacted",
    columns="requests answered pending median_days decided refused refused_share",
    unit="formal requests; days; share",
    finding=_after,
    where=lambda table: (
        table.groupby(["direction", "kind"], observed=True)["requests"].transform("sum").gt(0)
    ),
    period="recent",
    scope={"formality": "formal", "order": "known"},
    chart=replace(MEDIANS, rows="kind contacted"),
    alt="Medians with their intervals, one row a kind and direction; every number is in the table.",
    notes=(
        recent,
        "Whoever asks informally first may ask for other things: these are two groups of requests side by side, and "
        "nothing here says what a contact does.",
        "The share refused is of those executed, partly executed or refused. A hollow dot has no full interval.",
    ),
)
