"""The tables of 6_assessment: what assessors ask for, with the definition and source of every cell."""

from typing import Any

import pandas as pd

from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, largest, listed, sentences, withheld, words
from mlastats.measure.assessment import ENDS
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import _, _n, number, percent
from mlastats.publish.exhibit import Exhibit, Fact, Untold


def _made_and_received(table: pd.DataFrame) -> str:
    if not table["requests"].sum():
        return _("No request is recorded.")
    return " ".join(part for _code, rows in by_direction(table) if (part := _how_they_ended(rows)))


def _how_they_ended(rows: pd.DataFrame) -> str:
    # A sum over a withheld cell is not known, and is written as a dash.
    sums = rows[["requests", *ENDS]].sum(skipna=False)
    names = words(sums) | {"direction": in_words("direction", rows["direction"].iloc[0])}
    if pd.isna(sums["requests"]):
        return _("{direction}: the total is withheld.", **names)
    if not sums["requests"]:
        return ""
    names["requests"] = _n("{n} request", "{n} requests", int(sums["requests"]))
    return _(
        "{direction}: {requests}; {executed} executed, {partly_executed} in part, {refused} refused, {pending} pending.",
        **names,
    )


def _most_often(table: pd.DataFrame) -> str:
    """The largest recorded group of each direction; where there is none, that it is not recorded."""
    parts = [_most(rows) for _code, rows in by_direction(table)]
    if any(parts):
        return sentences(parts)
    requests = table["requests"].sum(skipna=False)
    if pd.isna(requests):
        return withheld()
    if not requests:
        return sentences([])
    return _n(
        "Of {n} request it is not recorded, so nothing can be said.",
        "Of none of {n} requests is it recorded, so nothing can be said.",
        int(requests),
    )


def _most(rows: pd.DataFrame) -> str:
    dimension = rows.columns[1]
    most = largest(rows[rows[dimension].ne(UNRECORDED)], "requests")
    if most.empty or rows["requests"].isna().any():
        return ""
    return _n(
        "{direction}: most often {groups}, {n} request.",
        "{direction}: most often {groups}, {n} requests.",
        int(most["requests"].iloc[0]),
        direction=in_words("direction", most["direction"].iloc[0]),
        groups=listed([in_words(dimension, code, inside=True) for code in most[dimension]]),
    )


def _grounds(table: pd.DataFrame) -> str:
    refused = table["requests"].sum(skipna=False)
    if pd.isna(refused):
        return _("The number of refusals is withheld.")
    if not refused:
        return _("No refusal is recorded.")
    grounds = table.groupby("refusal_ground", observed=True)["requests"].sum()
    parts = [_n("{n} request was refused.", "{n} requests were refused.", int(refused))]
    most = largest(grounds.drop(UNRECORDED, errors="ignore").reset_index(), "requests")
    if len(most):
        names = listed([in_words("refusal_ground", code, inside=True) for code in most["refusal_ground"]])
        parts.append(
            _(
                "The ground recorded most often: {grounds} ({n}).",
                grounds=names,
                n=number(most["requests"].iloc[0]),
            )
        )
    if unrecorded := int(grounds.get(UNRECORDED, 0)):
        parts.append(_n("For {n} no ground is recorded.", "For {n} no ground is recorded.", unrecorded))
    return " ".join(parts)


def _gaps(table: pd.DataFrame) -> str:
    if table["requests"].eq(0).all():
        return Untold(_("There is no request, so nothing can be answered."))
    empty = table.loc[table["filled"].eq(0) & table["requests"].gt(0), "asked"]
    if empty.empty:
        return _("Every field that assessors ask for is recorded for some requests.")
    fields = ", ".join(in_words("asked", code) for code in empty)
    return _("Not recorded by these registers: {fields}.", fields=fields)


def _facts(table: pd.DataFrame) -> list[Fact]:
    total = int(table["requests"].fillna(0).max()) if len(table) else 0
    return [Fact("what_is_not_known", _gaps(table), requests=total)] if total else []


def _answerable(table: pd.DataFrame) -> str:
    if table["requests"].eq(0).all():
        return Untold(_("There is no request, so nothing can be answered."))
    # What is withheld is at least 1.
    return _(
        "Of {all} things that assessors ask for, {n} are recorded at least once.",
        all=number(len(table)),
        n=number(table["filled"].ne(0).sum()),
    )


def _gap(row: Any) -> str:
    if not row["requests"]:
        return _("concerns no request")
    if not row["filled"]:
        return _("not recorded by this register")
    missing = int(row["requests"] - row["filled"])
    if not missing:
        return _("none")
    if round(100 * row["share"]) == 100:
        return _n("recorded in all but {n} request", "recorded in all but {n} requests", missing)
    return _("recorded in {share} of requests", share=percent(row["share"]))


# Of kinds alone: requests of several are never given one median.
MEDIAN = ["median_days", "lower", "upper"]
QUESTIONS = {
    "year": (
        "How many requests were made and received each year, and how did they end?",
        "Year: of the date received (incoming) or sent (outgoing). Source: received, sent.",
    ),
    "partner": (
        "With which partners, and how did the requests end?",
        "Partner: the other side, a state, a territory or an organisation. Source: partner.",
    ),
    "offence": (
        "For which offences, and how did the requests end?",
        "Offence: a request of several offences counts under each of them. Source: offence.",
    ),
    "kind": (
        "For which kind of assistance, and how did the requests end?",
        "Kind: what is asked for. Source: kind.",
    ),
}
BY = {
    dimension: Declared(
        f"assessment_by_{dimension}",
        question,
        by=f"direction {dimension}",
        columns=" ".join(
            ["requests", *ENDS, "matters persons persons_recorded", *(MEDIAN if dimension == "kind" else [])]
        ),
        unit="requests",
        finding=_made_and_received if dimension == "year" else _most_often,
        scope={"enquiry": "no", **({"each": dimension} if dimension == "offence" else {})},
        notes=(
            "Requests: made is outgoing, received is incoming; enquiries are left out. Source: direction.",
            definition,
            "How it ended: the outcome by the as-of date. Source: outcome, answered, closed.",
            "Matters: a request and the contacts linked to it, once, where the first of them is. Source: linked_request_id.",
            "Persons: summed over the requests that record them. Source: persons.",
            *(
                [
                    "Median: the first day by which half were answered, pending requests counted; 95% interval. Missing "
                    "where one request would weigh more than a tenth, or half were not answered within any time observed. "
                    "Source: received or sent, answered, closed.",
                ]
                if dimension == "kind"
                else []
            ),
        ),
    )
    for dimension, (question, definition) in QUESTIONS.items()
}
by_year, by_partner, by_offence, by_kind = BY.values()
refusal_grounds = Declared(
    "assessment_refusal_grounds",
    "On which grounds were requests refused?",
    by="direction refusal_ground",
    columns="requests",
    unit="requests",
    finding=_grounds,
    notes=("Source column: refusal_ground, for requests whose outcome is refused.",),
)
# The gap says how many are missing, however few: the public has the share beside it.
RECORDED = Declared(
    "assessment_recorded",
    "What do the registers not record?",
    by="asked",
    columns="columns filled requests share gap",
    unit="requests",
    finding=_gaps,
    facts=_facts,
    notes=("Outcome is asked of requests that ended, the ground of refusal of those refused.",),
)
asked = Declared(
    "assessment_asked",
    "Who asks for what, and do the registers record it?",
    by="body wording asked",
    columns="columns filled requests share source",
    unit="requests",
    finding=_answerable,
    notes=("A filled field is what an answer needs; whether it is one, the body says.",),
)


def recorded(table: pd.DataFrame, page: Any) -> Exhibit:
    """How completely the registers answer what assessors ask; gaps are listed as gaps."""
    return RECORDED(table.assign(gap=table.apply(_gap, axis=1)), page)
