"""Ad hoc co-operation in exhibits: on what formal requests rest, and which came back as deficient."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.intervals import wilson
from mlastats.messages import TOGETHER, _, _n, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAL = {"formality": "formal"}
SHOWN = {
    "no_basis": ["requests", "treaty_named", "other_basis", "reciprocity_only", "no_basis"],
    "not_invoked": ["requests", "treaty_unknown", "treaty_known", "not_invoked"],
    "returned": ["requests", "ended", "returned"],
}
WHOLES = {"no_basis": "requests", "not_invoked": "treaty_known", "returned": "ended"}
FIXED: dict[str, dict[str, str]] = {
    "requests": {},
    "treaty_named": {"legal_basis": "treaty"},
    "other_basis": {"legal_basis": "no_treaty"},
    "reciprocity_only": {"legal_basis": "reciprocity"},
    "no_basis": {"legal_basis": "unrecorded"},
    "treaty_known": {"treaty": "known"},
    "treaty_unknown": {"treaty": "unknown"},
    "not_invoked": {"treaty": "known", "invoked": "no"},
    "ended": {"status": f"answered{TOGETHER}ended_otherwise"},
    "returned": {"status": f"answered{TOGETHER}ended_otherwise", "sent_back": "yes"},
}


def ad_hoc(table: pd.DataFrame, page: Any, what: str, by: str) -> Exhibit:
    """Formal requests by direction and `by`, and the share of them that `what` names: "no_basis" (no legal
    basis recorded), "not_invoked" (a treaty in force not named) or "returned" (as deficient)."""
    names = (f"{what}_share", f"{what}_share_lower", f"{what}_share_upper")
    held = table[table["requests"].gt(0)]
    return Exhibit(
        name=f"{what}_by_{by}",
        question=_questions()[what, by],
        finding=lambda t: _finding(t, what, by),
        table=held[["direction", by, *SHOWN[what], *names]],
        columns={
            **{name: phrases.count_columns()[name] for name in ("direction", by)},
            **{name: Column(_labels()[name], "count") for name in SHOWN[what]},
            **phrases.limited(names[0], _labels()[names[0]], rests_on=(what, WHOLES[what])),
        },
        unit=_("formal requests; share"),
        by=("direction", by),
        scope=FORMAL | phrases.begun(page),
        counts={name: FIXED[name] for name in SHOWN[what]},
        chart=(lambda t: _draw(t, names, by)) if held[names[0]].notna().any() else None,
        alt=lambda t: _("Shares with their intervals, one row a group; every number is in the table."),
        notes=_notes(what),
        # Formal requests by partner are too few to be told apart from a case.
        internal_only=by == "partner",
    )


def _questions() -> dict[tuple[str, str], str]:
    return {
        ("no_basis", "agency"): _("How many formal requests name no legal basis?"),
        ("no_basis", "partner"): _("With which partners do formal requests name no legal basis?"),
        ("not_invoked", "agency"): _("How often is a treaty in force and not invoked?"),
        ("not_invoked", "partner"): _("With which partners is a treaty in force not invoked?"),
        ("returned", "agency"): _("How many formal requests come back as deficient?"),
        ("returned", "partner"): _("With which partners do formal requests come back as deficient?"),
    }


def _labels() -> dict[str, str]:
    return {
        "requests": _("Formal requests"),
        "treaty_named": _("A treaty named"),
        "other_basis": _("Another law named"),
        "reciprocity_only": _("Reciprocity alone"),
        "no_basis": _("No basis recorded"),
        "no_basis_share": _("Share without a basis"),
        "treaty_unknown": _("Treaty unknown"),
        "treaty_known": _("Treaty in force"),
        "not_invoked": _("of these not invoked"),
        "not_invoked_share": _("Share not invoked"),
        "ended": _("Ended"),
        "returned": _("of these returned"),
        "returned_share": _("Share returned"),
    }


def _notes(what: str) -> list[str]:
    notes = {
        "no_basis": [
            _("Informal contacts need no legal basis, so formal requests alone are counted."),
            _("A register that has no column for the legal basis makes every request one without."),
        ],
        "not_invoked": [
            _(
                "A treaty counts as in force where a sourced row says so on the day of the request: conventions of the "
                "United Nations by their parties, and treaties that the country has listed. No row is no evidence that "
                "there is no treaty: those requests are unknown, and in no share."
            ),
            _(
                "A convention does not cover every offence, so that one in force may not have fitted the request."
            ),
        ],
        "returned": [
            _(
                "Returned: sent back because something was lacking. The share is of the requests that have ended."
            )
        ],
    }
    return [*notes[what], _("The interval is Wilson's, 95%.")]


def _finding(table: pd.DataFrame, what: str, by: str) -> str:
    if table.empty:
        return _("There is no formal request here, so nothing can be said.")
    said = []
    for code, rows in phrases.by_direction(table):
        if rows[SHOWN[what]].isna().any(axis=None):
            said.append(phrases.withheld())
            continue
        names = (f"{what}_share", f"{what}_share_lower", f"{what}_share_upper")
        found = phrases.extremes(rows, by, names, WHOLES[what])
        said += [_total(code, rows, what), _said_by(by, found)]
    return phrases.sentences(said)


def _said_by(by: str, found: str) -> str:
    if not found:
        return ""
    return _("By agency: {found}", found=found) if by == "agency" else _("By partner: {found}", found=found)


def _total(code: str, rows: pd.DataFrame, what: str) -> str:
    """The direction as a whole."""
    sums = rows[SHOWN[what]].sum()
    part, whole = int(sums[what]), int(sums[WHOLES[what]])
    who = {"incoming": _("Incoming formal requests"), "outgoing": _("Outgoing formal requests")}.get(
        code, _("Formal requests whose direction is not recorded")
    )
    if not whole:
        return _nothing_known(who, what)
    lower, upper = wilson(part, whole)
    values = {
        "who": who,
        "share": percent(part / whole),
        "whole": number(whole),
        "interval": phrases.interval(pd.Series({"lower": lower, "upper": upper})),
    }
    return " ".join(part for part in (_sentence(what, sums, values), phrases.few(whole)) if part)


def _nothing_known(who: str, what: str) -> str:
    if what == "returned":
        return _("{who}: none has ended.", who=who)
    return _("{who}: with no partner is a treaty known to be in force.", who=who)


def _sentence(what: str, sums: pd.Series, values: dict[str, str]) -> str:
    if what == "no_basis":
        return _(
            "{who}: {share} of {whole} name no legal basis{interval}, and {alone} rest on reciprocity alone.",
            alone=number(sums["reciprocity_only"]),
            **values,
        )
    if what == "returned":
        return _("{who}: {share} of the {whole} that ended were returned as deficient{interval}.", **values)
    sentence = _(
        "{who}: of {whole} made while a treaty is known to be in force, {share} name no treaty{interval}.",
        **values,
    )
    unknown = _n(
        "For {n} other it is not known whether there is a treaty.",
        "For {n} others it is not known whether there is a treaty.",
        int(sums["treaty_unknown"]),
    )
    return f"{sentence} {unknown}" if sums["treaty_unknown"] else sentence


def _draw(table: pd.DataFrame, names: tuple[str, str, str], by: str) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table.dropna(subset=[names[0]]),
        names[0],
        by,
        by="direction",
        bounds=names[1:],
        kind="share",
        label=lambda code: phrases.group_label(by, code),
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_labels()[names[0]].lower(),
    )
