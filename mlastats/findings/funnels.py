"""Partners and agencies without a league table: who stands apart, by a test alone."""

from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import sentences
from mlastats.measure import funnels as measure
from mlastats.messages import _, _n, number, percent, points
from mlastats.publish.exhibit import Exhibit, Fact, headline

APART = [measure.BELOW, measure.ABOVE]
TOLD = [*APART, measure.WITHIN]


def _apart(table: pd.DataFrame, by: str) -> str:
    told = table[table["stands"].isin(TOLD)]
    if told.empty:
        if table["stands"].eq(measure.UNLIKE).any():
            return _("They are asked for too unlike things to be compared.")
        return _(
            "Fewer than {groups} have {cases} requests that were due and that others are asked for too.",
            groups=number(measure.GROUPS),
            cases=number(measure.CASES),
        )
    said = [
        _(
            "{name}: {share} answered in time, where {expected} are expected of its requests.",
            name=in_words(by, row[by]),
            share=percent(row["marked"] / row["compared"]),
            expected=percent(row["expected"] / row["compared"]),
        )
        for _index, row in told[told["stands"].isin(APART)].iterrows()
    ]
    none = {
        "agency": _n(
            "None of {n} agency stands apart from the others.",
            "None of {n} agencies stands apart from the others.",
            len(told),
        ),
        "partner": _n(
            "None of {n} partner stands apart from the others.",
            "None of {n} partners stands apart from the others.",
            len(told),
        ),
        "country": _n(
            "None of {n} country stands apart from the others.",
            "None of {n} countries stands apart from the others.",
            len(told),
        ),
    }
    size = int(told["compared"].median())
    target, spread = told[["target", "spread"]].iloc[0]
    chance = measure.power(size, target / 2, target, spread, told["compared"].sum())
    names = {"size": number(size), "half": percent(target / 2), "usual": percent(target)}
    names["n"] = number(round(100 * chance))
    found = (
        _(
            "An agency with {half} of {size} requests in time, where {usual} is usual, would be named in {n} of 100 cases.",
            **names,
        )
        if by == "agency"
        else _(
            "A country with {half} of {size} requests in time, where {usual} is usual, would be named in {n} of 100 cases.",
            **names,
        )
        if by == "country"
        else _(
            "A partner with {half} of {size} requests in time, where {usual} is usual, would be named in {n} of 100 cases.",
            **names,
        )
    )
    return sentences([*(said or [none[by]]), found])


def _facts(table: pd.DataFrame, by: str) -> list[Fact]:
    told = table[table["stands"].isin(APART)]
    return [
        Fact("how_long", headline(_apart(table[table[by].eq(row[by])], by))[0], requests=int(row["compared"]))
        for _index, row in told.iterrows()
    ]


def _rule(_page: Any, table: pd.DataFrame) -> list[str]:
    """How a group is named, what is taken for ordinary, and what is left out."""
    told = table[table["stands"].isin(TOLD)]
    if told.empty:
        return []
    many, spread = len(told) >= measure.MANY, told["spread"].iloc[0]
    names = {"n": number(len(told)), "points": points(spread)}
    ordinary = (
        _("Differences of about {points} points are taken for ordinary; {n} groups cannot tell.", **names)
        if not many
        else _("Differences of about {points} points are ordinary between them.", **names)
    )
    alone = told["cases"].sum() - told["compared"].sum()
    return [
        _(
            "Counted is what was due: each request was answered in time or not. Each is held against what its own kinds of "
            "request would give with the shares of all."
        ),
        _(
            "Named is only what lies outside 99.8% of what chance and ordinary differences give: an exact test "
            "(beta-binomial). {ordinary} The curves hold 95% and 99.8%, and name nobody.",
            ordinary=ordinary,
        ),
        *(
            [
                _n(
                    "{n} request is of a kind that nobody else here is asked for, and is left out; {share} are compared.",
                    "{n} requests are of kinds that nobody else here is asked for, and are left out; {share} are compared.",
                    int(alone),
                    share=percent(told["compared"].sum() / told["cases"].sum()),
                )
            ]
            if alone
            else []
        ),
    ]


FUNNELS = {
    by: Declared(
        name,
        question,
        by=by,
        columns="cases compared marked expected adjusted target spread stands",
        unit="requests; share",
        finding=partial(_apart, by=by),
        facts=partial(_facts, by=by),
        empty="No service standard is configured for any kind of request here, so nothing can be said.",
        chart=Chart(
            "adjusted", "", axis, "funnel", by, where=lambda table: table[table["stands"].isin(TOLD)]
        ),
        alt="Each as a dot, by its requests and the share in time, between the curves; every number is in the table.",
        notes=(_rule, *notes),
        internal_only=True,
    )
    for by, name, question, axis, notes in (
        (
            "agency",
            "funnel_agencies",
            "Does an agency stand apart in what it answers in time?",
            "incoming requests answered within the standard",
            (),
        ),
        (
            "partner",
            "funnel_partners",
            "Does a partner stand apart in what it answers within a year?",
            "our requests answered within a year",
            ("No standard of ours binds a partner: in time is within a year.",),
        ),
        (
            "country",
            "funnel_countries",
            "Does a country stand apart in what it answers in time?",
            "incoming requests answered within the region's standard",
            ("Countries are not ranked: of some that do not differ at all one is always last.",),
        ),
    )
}


def funnel(table: pd.DataFrame, page: Any, by: str) -> Exhibit:
    """A frame of `measure.funnels.funnel` by `agency`, `partner` or `country`; whoever stands apart first, then by size."""
    place = ~table["stands"].isin(APART)
    order = table.assign(place=place).sort_values(["place", "cases"], ascending=[True, False], kind="stable")
    return FUNNELS[by](order.reset_index(drop=True), page)
