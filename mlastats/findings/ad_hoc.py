"""Ad hoc co-operation in exhibits: on what formal requests rest, and which came back as deficient."""

from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import STRANDS, WILSON, Declared, Note
from mlastats.findings.phrases import extremes, left_out, proportion, subject, withheld
from mlastats.messages import _
from mlastats.publish.exhibit import Exhibit


def _each(rows: pd.DataFrame, what: str, by: str) -> str:
    """A direction as a whole, and which groups of it differ."""
    whole, counts = WHOLES[what], COLUMNS[what].split()[:-1]
    if rows[counts].isna().any(axis=None):
        return withheld()
    part, of = rows[what].sum(), rows[whole].sum()
    if not of:
        return ""
    contrast = extremes(rows, by, what, whole)
    sentence = _sentence(what, subject(rows.iloc[0]), proportion(part, of))
    return f"{sentence} {contrast}".strip()


def _sentence(what: str, who: str, share: str) -> str:
    names = {"who": who, "share": share}
    return {
        "no_basis": _("{who}: {share} formal requests name no legal basis.", **names),
        "not_invoked": _("{who}: {share} covered by a treaty in force name none.", **names),
        "returned": _("{who}: {share} formal requests that ended were returned as deficient.", **names),
    }[what]


WHOLES = {"no_basis": "requests", "not_invoked": "treaty_known", "returned": "ended"}
COLUMNS = {
    "no_basis": "requests treaty_named other_basis reciprocity_only no_basis no_basis_share",
    "not_invoked": "requests treaty_unknown treaty_known not_invoked not_invoked_share",
    "returned": "requests ended returned returned_share",
}
AXES = {
    "no_basis": "share without a basis",
    "not_invoked": "share not invoked",
    "returned": "share returned",
}
NOTES: dict[str, tuple[Note, ...]] = {
    "no_basis": (
        "Informal contacts need no legal basis, so formal requests alone are counted.",
        "A register that has no column for the legal basis makes every request one without.",
    ),
    "not_invoked": (
        "A treaty counts as in force where a sourced row says so on the day of the request: conventions of the "
        "United Nations by their parties, and treaties that the country has listed. No row is no evidence that "
        "there is no treaty: those requests are unknown, and in no share.",
        "It counts only where it is known to cover the kind of request and one of its offences: a convention against "
        "drugs is not passed by in a case of fraud. What each covers (basis_kind.csv) is for the workspace to confirm.",
    ),
    "returned": (
        "Returned: sent back because something was lacking. The share is of the requests that have ended.",
    ),
}
AD_HOC = {
    (what, by): Declared(
        f"{what}_by_{by}",
        question,
        by=f"direction strand {by}",
        columns=COLUMNS[what],
        unit="formal requests; share",
        each=partial(_each, what=what, by=by),
        empty="There is no formal request here, so nothing can be said.",
        where=lambda table: table["requests"].gt(0),
        period="begun",
        scope={"formality": "formal"},
        chart=Chart(f"{what}_share", f"strand {by}", AXES[what], n=WHOLES[what]),
        alt="Shares with their intervals, one row a group; every number is in the table.",
        notes=(STRANDS, *NOTES[what], WILSON, partial(left_out, whole=WHOLES[what])),
    )
    for (what, by), question in {
        ("no_basis", "agency"): "How many formal requests name no legal basis?",
        ("no_basis", "partner"): "With which partners do formal requests name no legal basis?",
        ("not_invoked", "agency"): "How often is a treaty in force and not invoked?",
        ("not_invoked", "partner"): "With which partners is a treaty in force not invoked?",
        ("returned", "agency"): "How many formal requests come back as deficient?",
        ("returned", "partner"): "With which partners do formal requests come back as deficient?",
    }.items()
}


def ad_hoc(table: pd.DataFrame, page: Any, what: str, by: str) -> Exhibit:
    """Formal requests by direction and `by`, and the share of them that `what` names: "no_basis" (no legal
    basis recorded), "not_invoked" (a treaty in force not named) or "returned" (as deficient)."""
    return AD_HOC[what, by](table, page)
