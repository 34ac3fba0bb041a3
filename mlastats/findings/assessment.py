"""The tables of 6_assessment: what assessors ask for, with the definition and source of every cell."""

from dataclasses import replace

import pandas as pd

from mlastats.findings import front
from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, direction, largest, listed, sentences, withheld
from mlastats.measure.assessment import ENDS
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import _, _n, number


def most_often(table: pd.DataFrame) -> str:
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


def _persons(table: pd.DataFrame) -> str:
    """Of how many requests each way the persons are recorded; a request of two offences stands in two rows."""
    parts = []
    for code, rows in by_direction(table):
        said = rows[rows["persons_recorded"].gt(0)]
        most = largest(said[said.iloc[:, 1].ne(UNRECORDED)], "persons")
        if not most.empty:
            parts.append(
                _n(
                    "{direction}: most persons under {groups}, {n} person.",
                    "{direction}: most persons under {groups}, {n} persons.",
                    int(most["persons"].iloc[0]),
                    direction=in_words("direction", code),
                    groups=listed(
                        [in_words(rows.columns[1], of, inside=True) for of in most[rows.columns[1]]]
                    ),
                )
            )
    return sentences(parts) if parts else _("No request records its persons.")


def _grounds(rows: pd.DataFrame) -> str:
    """How many requests of a direction were refused, and of how many no ground is recorded. No ground is called the most
    often named: those of a hand-over are not those of an extradition."""
    if rows["requests"].isna().any():
        return _("The number of refusals is withheld.")
    refused = int(rows["requests"].sum())
    unrecorded = int(rows.loc[rows["refusal_ground"].eq(UNRECORDED), "requests"].sum())
    names = {"who": direction(str(rows["direction"].iloc[0])), "none": number(unrecorded)}
    if not unrecorded:
        return _n(
            "{who}: {n} was refused, with its ground.",
            "{who}: {n} were refused, each with its ground.",
            refused,
            **names,
        )
    return _n(
        "{who}: {n} was refused, for {none} no ground is recorded.",
        "{who}: {n} were refused, for {none} no ground is recorded.",
        refused,
        **names,
    )


# Of kinds alone: requests of several are never given one median.
MEDIAN = ["median_days", "lower", "upper"]
QUESTIONS = {
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
        columns=" ".join(["requests", *ENDS]),
        unit="requests",
        finding=most_often,
        scope={"enquiry": "no", **({"each": dimension} if dimension == "offence" else {})},
        notes=(
            "Requests: made is outgoing, received is incoming; enquiries are left out. Source: direction.",
            definition,
            "How it ended: the outcome by the as-of date. Source: outcome, answered, closed.",
        ),
    )
    for dimension, (question, definition) in QUESTIONS.items()
}
by_partner, by_offence, by_kind = BY.values()
# Beside the ends they would leave a table no room on a page.
MATTERS = {
    dimension: replace(
        BY[dimension],
        name=f"assessment_by_{dimension}_matters",
        question=question,
        columns="requests matters persons persons_recorded"
        + (f" {' '.join(MEDIAN)}" if dimension == "kind" else ""),
        notes=(
            *BY[dimension].notes[:2],
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
        finding=_persons,
        internal_only=True,
    )
    for dimension, question in {
        "partner": "With which partners, in how many matters and of how many persons?",
        "offence": "For which offences, in how many matters and of how many persons?",
        "kind": "For which kind of assistance, in how many matters, of how many persons, and how long did it take?",
    }.items()
}
matters_by_partner, matters_by_offence, matters_by_kind = MATTERS.values()
by_year = replace(
    front.years,
    name="assessment_years",
    question="How many requests of each kind were received and made each year, and how do they stand?",
    empty="No request is recorded.",
    notes=(
        *front.years.notes,
        "How it ended: the outcome by the as-of date. Source: outcome, answered, closed.",
    ),
)
refusal_grounds = Declared(
    "assessment_refusal_grounds",
    "On which grounds were requests refused?",
    by="direction strand refusal_ground",
    columns="requests",
    unit="requests",
    finding=lambda table: sentences(_grounds(rows) for _code, rows in by_direction(table)),
    empty="No refusal is recorded.",
    where=lambda table: (
        table.groupby(["direction", "strand"], observed=True)["requests"].transform("sum").gt(0)
    ),
    notes=("Source column: refusal_ground, for requests whose outcome is refused.",),
)
