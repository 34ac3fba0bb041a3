"""The scorecard in an exhibit: what each agency records, where it moves, what more would make answerable."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import in_line, largest
from mlastats.messages import _, _n, number
from mlastats.publish.exhibit import Exhibit


def _card(table: pd.DataFrame, lines: int) -> str:
    """The field that would answer most, and of how many agencies it would; and how many targets are missed."""
    said = []
    most = largest(table, "unlocked")
    if len(most):
        said.append(
            _n(
                "One more field would answer {unlocked} of {all} things, at {n} agency: {fields}.",
                "One more field would answer {unlocked} of {all} things, at {n} agencies: {fields}.",
                most["agency"].nunique(),
                unlocked=number(most["unlocked"].iloc[0]),
                all=number(lines),
                fields=in_line([in_words("field", code, inside=True) for code in most["field"].unique()]),
            )
        )
    elif lines:
        said.append(_("No single field would answer more of {all} things asked for.", all=number(lines)))
    asked = table.dropna(subset=["target", "share"])
    if len(asked):
        missed = int(asked["share"].lt(asked["target"]).sum())
        said.append(
            _n(
                "{n} of {all} targets is missed.",
                "{n} of {all} targets are missed.",
                missed,
                all=number(len(asked)),
            )
        )
    return " ".join(said) or _("Neither a target nor a form asks for a field, so nothing is said of them.")


def lines(forms: Iterable[Any]) -> list[set[str]]:
    """The columns that each line of the forms needs of the requests, its first day among them: what is counted is dated."""
    return [
        {"requested", *form.where, *row.where, *row.by, *(row.days or ())}
        for form in forms
        for row in form.rows
        if row.table == "requests"
    ]


SCORECARD = Declared(
    "scorecard",
    "What does each agency record, and what would recording more make answerable?",
    by="agency field",
    columns="expected filled share target change needed unlocked",
    unit="requests; share; things asked for",
    finding=_card,
    where=lambda table: table["expected"].gt(0),
    notes=(
        "Share: of the requests of which the field can be expected. Change: by how much it moves a year, by a straight line "
        "through the years, weighted by their requests; given from five years on.",
        "Needed: the things that the forms of assessors ask for which need the field. More by it: those of which the agency "
        "records all else at least once, and this never. Two such fields are not to be added.",
    ),
    internal_only=True,
)


def scorecard(table: pd.DataFrame, page: Any, lines: int) -> Exhibit:
    """The scorecard of measure.scorecard, of so many things asked for."""
    return SCORECARD(table.assign(change=100 * table["change"]), page, lines=lines)
