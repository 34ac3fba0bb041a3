"""Channels in exhibits: how much is formal, how much informal, and by which way it went."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, WILSON, Declared
from mlastats.findings.phrases import (
    FEW,
    SURE,
    by_direction,
    direction,
    extremes,
    fact,
    largest,
    leading,
    left_out,
    listed,
    proportion,
    rose,
    sentences,
    subject,
)
from mlastats.measure.intervals import slope
from mlastats.messages import _, _n, number
from mlastats.publish.exhibit import Exhibit, Fact, Untold

MOST_ROWS = 30


def _mixed(rows: pd.DataFrame, by: str = "") -> str:
    """The share formal of a strand that goes both ways, and the groups of it that differ."""
    counted = rows.assign(whole=rows["formal"] + rows["informal"])
    formal, whole = (counted[name].sum(skipna=False) for name in ("formal", "whole"))
    if pd.isna(whole) or not 0 < formal < whole:
        return ""
    said = _("{who}: {share} are formal.", who=subject(rows.iloc[0]), share=proportion(formal, whole))
    return f"{said} {extremes(counted, by, 'formal', 'whole') if by else ''}".strip()


def _changed(rows: pd.DataFrame) -> str:
    """The share formal of the last year, and how it moved where a line through all years shows that it did (p < .01)."""
    rows = _years(rows)
    if not _mixed(rows):
        return ""
    whole = rows["formal"] + rows["informal"]
    last = rows[whole.gt(0)].iloc[-1]
    sentence = _(
        "{who}: {share} were formal in {period}.",
        who=subject(last),
        share=proportion(last["formal"], last["formal"] + last["informal"]),
        period=str(last["period"]),
    )
    trend = slope(rows["formal"] / whole.where(whole.gt(0)), whole)
    return f"{sentence} {rose(trend.change)}" if trend.p < SURE else sentence


def _by_strand(table: pd.DataFrame, each: Callable[[pd.DataFrame], str]) -> str:
    """Of each direction its first strand that goes both ways; where every strand goes one way alone, that."""
    known = table["formal"] + table["informal"]
    if known.isna().any():
        return sentences(text for text, _rows in leading(table, each))
    if not known.any():
        return Untold(_("No channel here is formal or informal, so nothing can be said about formality."))
    said = {str(rows["direction"].iloc[0]): text for text, rows in leading(table, each)}
    return sentences(
        said.get(code) or _one_way(code, rows)
        for code, rows in by_direction(table)
        if known[rows.index].any()
    )


def _one_way(code: str, rows: pd.DataFrame) -> str:
    """Of a direction whose strands are each all formal or all informal, which are the one; the fewer are named. Of fewer
    than 20 of either the counts are said."""
    strands = rows.groupby("strand", sort=False, observed=True)[["formal", "informal"]].sum()
    ways = {
        way: [in_words("strand", name, inside=True) for name in strands.index[strands[way].gt(0)]]
        for way in strands
    }
    formal, informal = ways["formal"], ways["informal"]
    counts = strands.sum()
    if counts.sum() < FEW or 0 < counts.min() < FEW:
        return _(
            "{who}: {formal} are formal and {informal} informal, each strand one way.",
            who=direction(code),
            formal=number(counts["formal"]),
            informal=number(counts["informal"]),
        )
    names = {"who": direction(code), "strands": listed(min(informal, formal, key=len) or informal or formal)}
    if not informal:
        return _("{who}: all are formal.", **names)
    if not formal:
        return _("{who}: all are informal.", **names)
    if len(informal) <= len(formal):
        return _n(
            "{who}: {strands} is informal throughout, all else formal.",
            "{who}: {strands} are informal throughout, all else formal.",
            len(informal),
            **names,
        )
    return _n(
        "{who}: {strands} is formal throughout, all else informal.",
        "{who}: {strands} are formal throughout, all else informal.",
        len(formal),
        **names,
    )


def _facts(table: pd.DataFrame) -> list[Fact]:
    """The share formal of each direction's first strand that goes both ways; where none does, which strands go which."""
    table = table.assign(known=table["formal"] + table["informal"])
    question, said = "formal_or_informal", leading(table, _mixed)
    if said or table["known"].isna().any() or not table["known"].any():
        return [
            fact(question, text, rows.iloc[0], "formal_share", rows["known"].iloc[0]) for text, rows in said
        ]
    code, rows = by_direction(table[table["known"].gt(0)])[0]
    return [Fact(question, _one_way(code, rows), requests=int(rows["known"].sum()), direction=code)]


def _most(rows: pd.DataFrame) -> str:
    """The share that went by the channel that most went by, or by each of several that tie."""
    most = largest(rows[rows["channel"].ne("unrecorded")], "requests")
    if most.empty or rows["requests"].isna().any():
        return ""
    names = {
        "who": subject(most.iloc[0]),
        "channels": listed([f"“{in_words('channel', code, inside=True)}”" for code in most["channel"]]),
        "share": proportion(*most[["requests", "whole", "share"]].iloc[0]),
    }
    if len(most) > 1:
        return _("{who}: {share} used each of the channels {channels}.", **names)
    return _("{who}: {share} used the channel {channels}.", **names)


def _years(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["period"].astype("str").ne("unrecorded")]


def _used(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["requests"].gt(0)]


def _most_frequent(table: pd.DataFrame, by: str) -> pd.DataFrame:
    sizes = table.groupby(by, observed=True)["requests"].sum()
    return table[table[by].isin(sizes.nlargest(MOST_ROWS).index)].dropna(subset=["formal_share"])


TONES = {"formal": "full", "informal": "pale", "not_applicable": "rest", "unrecorded": "rest"}
MIXED = Chart(
    "formal_share",
    "strand",
    "share formal",
    form="parts",
    parts=TONES,
    n="requests",
    right="formal, where known",
)
OVERALL = Declared(
    "channels_formality",
    "How much of co-operation is formal?",
    by="direction strand",
    columns="requests formal informal not_applicable unrecorded formal_share",
    unit="requests; share",
    each=_mixed,
    finding=partial(_by_strand, each=_mixed),
    facts=_facts,
    where=lambda table: table["requests"].gt(0),
    period="begun",
    chart=MIXED,
    alt="The share of formal requests; every value is in the table.",
    notes=(
        STRANDS,
        "A request is formal if any channel it went by is. The share is of the requests whose formality is known.",
        WILSON,
    ),
)
TREND = replace(
    OVERALL,
    name="channels_formality_by_period",
    question="Has the share of formal requests changed?",
    by="direction strand period",
    each=_changed,
    finding=partial(_by_strand, each=_changed),
    facts=None,
    where=lambda table: table["complete"],
    period="",
    chart=Chart(
        "formal_share",
        "strand",
        "share formal",
        form="line",
        along="period",
        n="requests",
        where=_years,
        gaps=True,
        leads=True,
    ),
    notes=(
        *OVERALL.notes,
        "That it rose or fell is said where a straight line through the years, weighted by their requests, shows it (p "
        "below .01, by t on the years less two, from five years on). Only years in which every register was kept are here.",
    ),
)
PARTNERS = replace(
    OVERALL,
    name="channels_formality_by_partner",
    question="With which partners is co-operation formal?",
    by="direction strand partner",
    each=partial(_mixed, by="partner"),
    finding=partial(_by_strand, each=partial(_mixed, by="partner")),
    facts=None,
    chart=replace(
        MIXED, rows="strand partner", where=lambda table: _most_frequent(table, "partner"), leads=True
    ),
    notes=(*OVERALL.notes, left_out),
)
by_channel = Declared(
    "channels_by_channel",
    "By which channels do requests go?",
    by="direction strand channel",
    columns="requests several whole share",
    unit="requests; share",
    each=_most,
    where=lambda table: table["whole"].gt(0),
    period="begun",
    scope={"each": "channel"},
    chart=Chart(
        "share",
        "strand channel",
        "share of the requests of the strand",
        n="requests",
        rests="whole",
        where=_used,
        leads=True,
    ),
    alt="The share of requests by channel and direction, with intervals; every number is in the table.",
    notes=(STRANDS, "A request that went by several channels is counted under each of them.", WILSON),
)


def formality(table: pd.DataFrame, page: Any, by: str = "") -> Exhibit:
    """Formal and informal requests by direction, strand and, where given, `by`: "partner" or "period"."""
    return {"": OVERALL, "partner": PARTNERS, "period": TREND}[by](table, page)
