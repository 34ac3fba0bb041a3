"""Two arms within a kind of request, in exhibits: formal and informal, partners outside ASEAN and in it, urgent and not.

`between` is the column that tells the arms apart, as in measure.mix. No sentence here says that one is
the cause of a difference.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import MEDIANS, Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import MEDIAN, WILSON, Declared
from mlastats.findings.phrases import (
    FEW,
    SURE,
    arms,
    pairs,
    recent,
    sentences,
    span,
    subject,
    told_apart,
    untold,
)
from mlastats.measure.intervals import differ
from mlastats.measure.mix import ARMS
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Exhibit, Untold

MOST_SENTENCES = 4


def _times(table: pd.DataFrame, between: str) -> str:
    return _each_kind(table, between, "median_days", _pair_of_times)


def _ends(table: pd.DataFrame, between: str) -> str:
    return _each_kind(table, between, "pending_share", _pair_of_ends)


def _each_kind(table: pd.DataFrame, between: str, figure: str, pair: Callable[..., str]) -> str:
    """Kind by kind, where both arms have enough requests to be compared and both have the figure."""
    first, second = arms(between)
    compared = [
        pair(one, two, {"who": _asked(one), "first_arm": first, "second_arm": second})
        for one, two in pairs(table, between, ARMS[between], FEW)
        if pd.notna(one[figure]) and pd.notna(two[figure])
    ]
    if not compared and "assistance" in table:
        return _counted(table, between)
    if not compared:
        return Untold(_("No kind of request is made both ways often enough to be compared."))
    return (
        sentences([text for text in compared if text][:MOST_SENTENCES])
        if any(compared)
        else untold(len(compared))
    )


def _counted(table: pd.DataFrame, between: str) -> str:
    """How many were answered of the assistance asked for both ways most often, where there are too few for a median."""
    both = [
        two
        for two in pairs(table, between, ARMS[between], 1)
        if pd.notna(two[0]["answered"] + two[1]["answered"])
    ]
    if not both:
        return Untold(_("No assistance is asked for both ways, so nothing can be compared."))
    one, two = max(both, key=lambda rows: min(row["requests"] for row in rows))
    first, second = arms(between)
    return _(
        "{who}: answered are {one} {first_arm}, {two} {second_arm}.",
        who=_asked(one),
        one=_("{part} of {whole}", part=number(one["answered"]), whole=number(one["requests"])),
        two=_("{part} of {whole}", part=number(two["answered"]), whole=number(two["requests"])),
        first_arm=first,
        second_arm=second,
    )


def _asked(row: Any) -> str:
    """The requests of a row: of their direction and kind, and for the assistance asked for where it has one."""
    who = subject(row, "kind")
    if "assistance" not in row:
        return who
    return _("{who} ({what})", who=who, what=in_words("assistance", row["assistance"], inside=True))


def _pair_of_times(first: Any, second: Any, names: dict[str, str]) -> str:
    """Two medians side by side read as a difference: they are said where their limits tell them apart."""
    if not told_apart(first, second, "median_days"):
        return ""
    names = names | {"first": span(first["median_days"]), "second": span(second["median_days"])}
    return _("{who}: half answered within {first} {first_arm}, {second} {second_arm}.", **names)


def _pair_of_ends(first: Any, second: Any, names: dict[str, str]) -> str:
    """Two shares side by side read as a difference: they are said where a test tells them apart."""
    pending, requests = (
        pd.Series([first[name], second[name]], dtype=float) for name in ("pending", "requests")
    )
    if pending.isna().any() or not differ(pending, requests) < SURE:
        return ""
    names |= {"first": percent(first["pending_share"]), "second": percent(second["pending_share"])}
    return _("{who}: {first} pending {first_arm}, {second} {second_arm}.", **names)


TIMES = {
    between: Declared(
        f"times_{between}_within_kind",
        question,
        by=f"direction kind {between}",
        columns="requests answered ended_otherwise pending undated median_days",
        unit="requests; days",
        finding=_times,
        period="recent",
        chart=replace(MEDIANS, rows=f"kind {between}"),
        alt="Medians with their intervals, one row a kind and direction; every number is in the table.",
        notes=(
            recent,
            "The median counts what is pending for as long as it has waited; not given: too few, or half had no answer yet. "
            "A hollow dot has no full interval.",
        ),
    )
    for between, question in {
        "formality": "Within a kind of request, do formal requests take longer than informal ones?",
        "asean": "Within a kind of request, do partners outside ASEAN take longer?",
    }.items()
}
TIMES["urgent"] = replace(
    TIMES["formality"],
    name="times_urgent_within_kind",
    question="Within a kind of request, are urgent requests answered sooner?",
    by="direction kind urgent",
    empty="No register records which requests are urgent, so nothing can be said.",
    chart=None,
    alt="",
    notes=(recent, MEDIAN, "Requests of which it is not recorded whether they are urgent are left out."),
)
SAME = replace(
    TIMES["formality"],
    name="times_formality_same_assistance",
    question="For the same assistance, do formal requests take longer than informal ones?",
    by="direction kind assistance formality",
    empty="No register records the assistance asked for, so nothing can be said.",
    scope={"each": "assistance"},
    chart=None,
    alt="",
    notes=(
        recent,
        "A request for several kinds of assistance stands under each. Shown is what was asked for both ways.",
        "These are two groups of requests side by side: nothing here says that a channel causes an answer.",
        MEDIAN,
    ),
)
ENDS = {
    between: Declared(
        f"ends_{between}_within_kind",
        question,
        by=f"direction kind {between}",
        columns="requests pending pending_share decided executed refused refused_share",
        unit="requests; share",
        finding=_ends,
        period="recent",
        chart=Chart("pending_share", f"kind {between}", "share pending", n="requests"),
        alt="Shares with their intervals, one row a group; every number is in the table.",
        notes=(recent, "The share refused is of those executed, partly executed or refused.", WILSON),
    )
    for between, question in {
        "formality": "Within a kind of request, what comes of formal and informal requests?",
        "asean": "Within a kind of request, what comes of requests outside and within ASEAN?",
    }.items()
}


def times(table: pd.DataFrame, page: Any, between: str) -> Exhibit:
    """How long the requests of each arm take, by direction and kind."""
    return TIMES[between](table, page, between=between)


def same_assistance(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long formal and informal requests take, by direction, kind and the assistance asked for, where both were made."""
    alike = table.groupby(["direction", "kind", "assistance"], observed=True)["requests"]
    declared = SAME if table.empty else replace(SAME, empty="")
    return declared(table[alike.transform("min").gt(0)], page, between="formality")


def ends(table: pd.DataFrame, page: Any, between: str) -> Exhibit:
    """What came of the requests of each arm, and what is pending, by direction and kind."""
    return ENDS[between](table, page, between=between)
