"""The tables of 6_assessment: what assessors ask for, with the definition and source of every cell."""

from typing import TYPE_CHECKING

import pandas as pd

from mlastats.findings.phrases import sentences, withheld
from mlastats.measure.assessment import ENDS
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import _, _n, block, label, number, percent
from mlastats.publish.cells import in_words
from mlastats.publish.exhibit import Column, Exhibit, Fact, Kind

if TYPE_CHECKING:
    from mlastats.publish.exhibit import Page


def by_year(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Made and received, and how they ended, by year of the request."""
    return _ends(
        table, "year", _("How many requests were made and received each year, and how did they end?")
    )


def by_partner(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Made and received, and how they ended, by partner."""
    return _ends(table, "partner", _("With which partners, and how did the requests end?"))


def by_offence(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Made and received, and how they ended, by predicate offence."""
    return _ends(table, "offence", _("For which offences, and how did the requests end?"))


def by_kind(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Made and received, and how they ended, by kind of request."""
    return _ends(table, "kind", _("For which kind of assistance, and how did the requests end?"))


def refusal_grounds(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Refused requests by ground."""

    def finding(shown: pd.DataFrame) -> str:
        refused = shown["requests"].sum(skipna=False)
        if pd.isna(refused):
            return _("The number of refusals is withheld.")
        if not refused:
            return _("No refusal is recorded.")
        grounds = shown.groupby("refusal_ground", observed=True)["requests"].sum()
        unknown = int(grounds.get(UNRECORDED, 0))
        known = grounds.drop(UNRECORDED, errors="ignore")
        said = [_n("{n} request was refused.", "{n} requests were refused.", int(refused))]
        if known.any():
            ground, most = label("refusal_ground", str(known.idxmax())), number(known.max())
            said.append(_("The ground recorded most often: {ground} ({count}).", ground=ground, count=most))
        if unknown:
            said.append(_n("For {n} no ground is recorded.", "For {n} no ground is recorded.", unknown))
        return " ".join(said)

    return Exhibit(
        name="assessment_refusal_grounds",
        question=_("On which grounds were requests refused?"),
        finding=finding,
        table=table,
        columns={
            "direction": Column(_("Direction"), "code", "direction"),
            "refusal_ground": Column(_("Ground of refusal"), "code", "refusal_ground"),
            "requests": Column(_("Refused requests"), "count"),
        },
        unit=_("requests"),
        by=("direction", "refusal_ground"),
        counts={"requests": {"end": "refused"}},
        notes=[_("Source column: refusal_ground, for requests whose outcome is refused.")],
    )


def recorded(table: pd.DataFrame, page: "Page") -> Exhibit:
    """How completely the registers answer what assessors ask; gaps are listed as gaps."""

    def finding(shown: pd.DataFrame) -> str:
        empty = shown[shown["filled"].eq(0) & shown["requests"].gt(0)]["asked"].tolist()
        if not shown["requests"].any():
            return _("There is no request, so nothing can be answered.")
        if not empty:
            return _("Every field that assessors ask for is recorded for some requests.")
        return _(
            "Not recorded by these registers: {fields}.", fields=", ".join(_asked(name) for name in empty)
        )

    def facts(shown: pd.DataFrame) -> list[Fact]:
        total = int(shown["requests"].max()) if len(shown) else 0
        return [Fact("what_is_not_known", finding(shown), requests=total)] if total else []

    shown = table.assign(asked_label=table["asked"].map(_asked), gap=table.apply(_gap, axis=1))
    return Exhibit(
        name="assessment_recorded",
        question=_("What do the registers not record?"),
        finding=finding,
        table=shown[["asked", "asked_label", "columns", "filled", "requests", "share", "gap"]],
        columns={
            "asked_label": Column(_("What assessors ask for"), "text"),
            "columns": Column(_("Source columns"), "text"),
            "filled": Column(_("Requests with it"), "count"),
            "requests": Column(_("Requests concerned"), "count"),
            "share": Column(_("Share recorded"), "share", rests_on=("filled", "requests")),
            "gap": Column(_("Gap"), "text"),
        },
        unit=_("requests"),
        by=("asked",),
        counts={"filled": {"recorded": "yes"}, "requests": {}},
        facts=facts,
        notes=[_("Outcome is asked of requests that ended, the ground of refusal of those refused.")],
    )


def asked(table: pd.DataFrame, page: "Page") -> Exhibit:
    """Which body asks for what, where it stands in the registers, and how often it is recorded."""
    return Exhibit(
        name="assessment_asked",
        question=_("Who asks for what, and do the registers record it?"),
        finding=_answerable,
        table=table.assign(
            asked_label=table["asked"].map(_asked),
            **{name: table[name].map(block) for name in ("body", "wording")},
        ),
        columns={
            "body": Column(_("Body"), "text"),
            "wording": Column(_("What it asks for"), "text"),
            "asked_label": Column(_("Field"), "text"),
            "columns": Column(_("Source columns"), "text"),
            "filled": Column(_("Requests with it"), "count"),
            "requests": Column(_("Requests concerned"), "count"),
            "share": Column(_("Share recorded"), "share", rests_on=("filled", "requests")),
            "checked": Column(_("Wording"), "code", "checked"),
        },
        unit=_("requests"),
        by=("body", "wording", "asked"),
        counts={"filled": {"recorded": "yes"}, "requests": {}},
        notes=[
            _(
                "Wordings marked as not checked were written down from memory; look them up before you quote "
                "them to the body."
            )
        ],
    )


def _answerable(shown: pd.DataFrame) -> str:
    if not shown["requests"].sum():
        return _("There is no request, so nothing can be answered.")
    known = int(shown["filled"].gt(0).sum())
    return _n(
        "Of {n} thing that assessors ask for, {known} can be answered for some requests.",
        "Of {n} things that assessors ask for, {known} can be answered for some requests.",
        len(shown),
        known=number(known),
    )


def _ends(table: pd.DataFrame, dimension: str, question: str) -> Exhibit:
    def most(shown: pd.DataFrame) -> str:
        said = [_most(code, rows, dimension) for code, rows in shown.groupby("direction", observed=True)]
        return sentences([*said, "" if any(said) else _nowhere(shown)])

    return Exhibit(
        name=f"assessment_by_{dimension}",
        question=question,
        finding=_made_and_received if dimension == "year" else most,
        table=table,
        columns=_columns(dimension),
        unit=_("requests"),
        by=("direction", dimension),
        counts={"requests": {}} | {end: {"end": end} for end in ENDS},
        notes=_definitions(dimension),
    )


def _nowhere(shown: pd.DataFrame) -> str:
    """That requests are there, but not what they are to be counted by."""
    requests = shown["requests"].sum(skipna=False)
    if pd.isna(requests):
        return withheld()
    if not requests:
        return ""
    return _n(
        "Of {n} request it is not recorded, so nothing can be said.",
        "Of none of {n} requests is it recorded, so nothing can be said.",
        int(requests),
    )


def _made_and_received(shown: pd.DataFrame) -> str:
    if not shown["requests"].sum():
        return _("No request is recorded.")
    parts = []
    for direction, group in shown.groupby("direction", observed=True):
        # A sum over a withheld cell is not known, and is written as a dash.
        sums = group[["requests", *ENDS]].sum(skipna=False)
        if pd.isna(sums["requests"]):
            parts.append(_("{direction}: the total is withheld.", direction=label("direction", direction)))
        elif n := int(sums["requests"]):
            parts.append(
                _(
                    "{direction}: {requests}, of which {executed} executed, {refused} refused, "
                    "{pending} pending, {unrecorded} ended with no outcome recorded.",
                    direction=label("direction", direction),
                    requests=_n("{n} request", "{n} requests", n),
                    executed=number(sums["executed"] + sums["partly_executed"]),
                    refused=number(sums["refused"]),
                    pending=number(sums["pending"]),
                    unrecorded=number(sums[UNRECORDED]),
                )
            )
    return " ".join(parts)


def _most(code: str, rows: pd.DataFrame, dimension: str) -> str:
    """The largest recorded group of a direction, with the requests that it rests on."""
    known = rows[rows[dimension].ne(UNRECORDED)].dropna(subset=["requests"])
    if known.empty or not known["requests"].max():
        return ""
    largest = known.loc[known["requests"].idxmax()]
    return _(
        "{direction}: most often {group}, {requests}, {pending} of them pending.",
        direction=label("direction", code),
        group=in_words(dimension, largest[dimension]),
        requests=_n("{n} request", "{n} requests", int(largest["requests"])),
        pending=number(largest["pending"]),
    )


def _columns(dimension: str) -> dict[str, Column]:
    kind: Kind = "text" if dimension == "year" else "code"
    headings = {
        "year": _("Year of the request"),
        "partner": _("Partner"),
        "offence": _("Offence"),
        "kind": _("Kind"),
    }
    ends = {
        "executed": _("Executed"),
        "partly_executed": _("Partly executed"),
        "refused": _("Refused"),
        "withdrawn": _("Withdrawn"),
        "returned": _("Returned"),
        "other": _("Ended otherwise"),
        "unrecorded": _("Ended, outcome not recorded"),
        "pending": _("Pending"),
        "undated": _("Without usable dates"),
    }
    return {
        "direction": Column(_("Direction"), "code", "direction"),
        dimension: Column(headings[dimension], kind, "" if kind == "text" else dimension),
        "requests": Column(_("Requests"), "count"),
        **{end: Column(text, "count") for end, text in ends.items()},
        "matters": Column(_("Matters"), "number", rests_on=("requests",)),
        "persons": Column(_("Persons"), "number", rests_on=("requests",)),
        "persons_recorded": Column(_("Requests that record persons"), "number", rests_on=("requests",)),
        "median_days": Column(_("Median days to answer"), "days", rests_on=("requests", "pending")),
        "lower": Column(_("Median, lower limit"), "days", rests_on=("requests", "pending")),
        "upper": Column(_("Median, upper limit"), "days", rests_on=("requests", "pending")),
    }


def _definitions(dimension: str) -> list[str]:
    rows = {
        "year": _("Year: of the date received (incoming) or sent (outgoing). Source: received, sent."),
        "partner": _("Partner: the other side, a state, a territory or an organisation. Source: partner."),
        "offence": _("Offence: a request of several offences counts under each of them. Source: offence."),
        "kind": _("Kind: what is asked for. Source: kind."),
    }
    return [
        _("Requests: made is outgoing, received is incoming; enquiries are left out. Source: direction."),
        rows[dimension],
        _("How it ended: the outcome by the as-of date. Source: outcome, answered, closed."),
        _("Matters: a request and the contacts linked to it, once. Source: linked_request_id."),
        _("Persons: summed over the requests that record them. Source: persons."),
        _(
            "Median: the first day by which half were answered, pending requests counted; 95% interval. "
            "Missing where half are not yet answered. Source: received or sent, answered, closed."
        ),
    ]


def _asked(name: str) -> str:
    return {
        "direction": _("made or received"),
        "partner": _("partner"),
        "kind": _("kind of assistance"),
        "offence": _("predicate offence"),
        "legal_basis": _("legal basis"),
        "channel": _("channel"),
        "requested_on": _("date of the request"),
        "acknowledged": _("date of acknowledgement"),
        "executed": _("date of execution"),
        "outcome": _("outcome"),
        "refusal_ground": _("ground of refusal"),
        "urgent": _("urgency"),
        "persons": _("persons concerned"),
        "assets": _("assets frozen, confiscated or returned"),
    }[name]


def _gap(row: pd.Series) -> str:
    if not row["requests"]:
        return _("concerns no request")
    if not row["filled"]:
        return _("not recorded by this register")
    if row["filled"] < row["requests"]:
        missing = int(row["requests"] - row["filled"])
        if round(100 * row["share"]) == 100:
            return _n("recorded in all but {n} request", "recorded in all but {n} requests", missing)
        return _("recorded in {share} of requests", share=percent(row["share"]))
    return _("none")
