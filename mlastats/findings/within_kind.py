"""Two arms within a kind of request, in exhibits: formal and informal, or partners outside ASEAN and in it.

`between` is the column that tells the arms apart, as in measure.mix. No sentence here says that one is
the cause of a difference.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import MEDIANS, Chart
from mlastats.findings.declared import WILSON, Declared
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
from mlastats.messages import _, percent
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
        pair(one, two, {"who": subject(one, "kind"), "first_arm": first, "second_arm": second})
        for one, two in pairs(table, between, ARMS[between], FEW)
        if pd.notna(one[figure]) and pd.notna(two[figure])
    ]
    if not compared:
        return Untold(_("No kind of request is made both ways often enough to be compared."))
    return (
        sentences([text for text in compared if text][:MOST_SENTENCES])
        if any(compared)
        else untold(len(compared))
    )


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


def ends(table: pd.DataFrame, page: Any, between: str) -> Exhibit:
    """What came of the requests of each arm, and what is pending, by direction and kind."""
    return ENDS[between](table, page, between=between)
