"""Assets and persons in exhibits: how many, worth how much in which currency, where value went, how far persons came."""

from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, listed, sentences
from mlastats.measure import assets as measure
from mlastats.measure import persons
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import _, _n, day, number

UNITS = (
    "A row of a register is an asset and a measure: what is frozen and then confiscated stands in both. What is of a "
    "request that no register has is of no direction."
)


def _rates(page: Any, _table: pd.DataFrame) -> list[str]:
    """At which rates, of which day, amounts were turned into one currency."""
    rates = page.rates
    return [
        _(
            "1 {currency} = {rate} {reporting} on {day} ({source}).",
            currency=currency,
            rate=f"{rate:g}",
            reporting=rates.reporting,
            day=day(rates.on[currency]),
            source=rates.sources[currency],
        )
        for currency, rate in (rates.rates.items() if rates else ())
    ]


def _who(code: str) -> str:
    return in_words("direction", code) if code != UNRECORDED else _("Of no known direction")


def _step(measures: pd.Series) -> pd.Series:
    """The places of measures among the steps, what is not recorded last."""
    return (
        measures.astype("str")
        .map({step: n for n, step in enumerate(measure.STEPS)})
        .fillna(len(measure.STEPS))
    )


def _money(row: Any, figure: str = "amount") -> str:
    return f"{number(row[figure])} {row['currency']}"


def _counted(table: pd.DataFrame) -> str:
    said = []
    for code, rows in by_direction(table):
        parts = [
            f"{number(row['assets'])} {in_words('measure', row['measure'], inside=True)}"
            for _place, row in rows[rows["assets"].gt(0)].sort_values("measure", key=_step).iterrows()
        ]
        if parts:
            who = _who(code)
            said.append(_("{direction}: {measures}.", direction=who, measures=listed(parts)))
    without = int(table[["open", "unvalued"]].sum().sum())
    if said and without:
        said.append(
            _n(
                "In all, {n} asset has no value that is known.",
                "In all, {n} assets have no value that is known.",
                without,
            )
        )
    return sentences(said)


def _summed(table: pd.DataFrame) -> str:
    said = []
    for code, rows in by_direction(table):
        for step in ("frozen", "confiscated", "returned"):
            some = rows[rows["measure"].eq(step)]
            if len(some):
                said.append(
                    _(
                        "{direction}: {amounts} {measure}.",
                        direction=_who(code),
                        amounts=listed([_money(row) for _place, row in some.iterrows()]),
                        measure=in_words("measure", step, inside=True),
                    )
                )
    return sentences(said)


def _flowed(table: pd.DataFrame) -> str:
    """Of what was confiscated how much was shared or returned; and what came to a step that the one before had not."""
    said = []
    for code, rows in by_direction(table):
        for _currency, some in rows.groupby("currency", sort=False):
            who = _who(code)
            for _place, row in some[some["measure"].eq("confiscated")].iterrows():
                numbers = {"of": _money(row), "went_on": number(row["went_on"])}
                said.append(
                    _(
                        "{direction}: of {of} confiscated {went_on} was shared or returned.",
                        direction=who,
                        **numbers,
                    )
                )
            more = some.assign(unexplained=some["unexplained"].sum()).iloc[0]
            if more["unexplained"]:
                said.append(
                    _(
                        "{direction}: {amount} came to a step that the step before had not.",
                        direction=who,
                        amount=_money(more, "unexplained"),
                    )
                )
    return sentences(said)


def _came(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    numbers = {name: number(row[name]) for name in ("arrested", "decided", "surrendered")}
    return _n(
        "{direction}: of {n} person {arrested} arrested, {decided} decided, {surrendered} surrendered.",
        "{direction}: of {n} persons {arrested} arrested, {decided} decided, {surrendered} surrendered.",
        int(row["persons"]),
        direction=_who(row["direction"]),
        **numbers,
    )


def _decided(table: pd.DataFrame) -> str:
    said = []
    for _place, row in table[table["median_days"].notna()].iterrows():
        words = {"direction": _who(row["direction"]), "days": number(row["median_days"])}
        said += {
            "true": [
                _("{direction}: with consent half were decided within {days} days of the arrest.", **words)
            ],
            "false": [
                _("{direction}: without consent half were decided within {days} days of the arrest.", **words)
            ],
        }.get(row["consented"], [])
    return sentences(said)


def _ended(table: pd.DataFrame) -> str:
    said = []
    for code, rows in by_direction(table):
        counts = rows.groupby("outcome", sort=False)["persons"].sum()
        parts = [f"{number(n)} {in_words('outcome', outcome, inside=True)}" for outcome, n in counts.items()]
        said.append(_("{direction}: {measures}.", direction=_who(code), measures=listed(parts)))
    return sentences(said)


def show(page: Any, requests: pd.DataFrame) -> None:
    """Show what is known of assets beside the requests of a page; nothing where no register has any."""
    held = page.beside("assets", requests)
    if held.empty:
        return
    page.show(by_measure, measure.counts(held, requests, **page.at))
    page.show(by_kind, measure.counts(held, requests, ["asset_kind", "measure"], **page.at))
    page.show(amounts, measure.sums(held, requests, **page.at))
    if page.rates:
        one = measure.converted(held, page.rates.rates, page.rates.reporting)
        page.show(reported, measure.sums(one, requests, **page.at))
    page.show(reconciliation, measure.reconciliation(held, requests, **page.at))


def show_persons(page: Any, requests: pd.DataFrame) -> None:
    """Show how far it came with the persons beside the requests of a page; nothing where no register has any."""
    sought = page.beside("persons", requests)
    if sought.empty:
        return
    page.show(persons_funnel, persons.funnel(sought, requests, ["sought_for", "own_national"], **page.at))
    page.show(persons_decision, persons.decision_days(sought, requests, **page.at))
    page.show(persons_ends, persons.ends(sought, requests, **page.at))


by_measure = Declared(
    "assets_by_measure",
    "What was done with assets?",
    by="direction measure",
    columns="assets valued open unvalued of_requests",
    unit="assets",
    finding=_counted,
    chart=Chart("assets", "measure", "assets by measure", form="bars", gaps=True),
    internal_only=True,
    notes=(
        UNITS,
        "Assets are those with a value in a known currency, those whose currency is open, and those without a value.",
    ),
)
by_kind = Declared(
    "assets_by_kind",
    "Which assets are they?",
    by="direction asset_kind measure",
    columns="assets valued open unvalued of_requests",
    unit="assets",
    finding=lambda table: _counted(
        table.groupby(["direction", "measure"], observed=True).sum(numeric_only=True).reset_index()
    ),
    where=lambda table: table["assets"].gt(0),
    internal_only=True,
    notes=(UNITS,),
)
amounts = Declared(
    "assets_amounts",
    "What are they worth?",
    by="direction currency measure",
    columns="valued contributors largest largest_two amount",
    unit="amounts in their own currency",
    finding=_summed,
    notes=(
        UNITS,
        "Only what is of one currency is added up. An amount whose currency or value is not known is in no sum; the table "
        "before counts them.",
        "A public report gives a sum of five requests or more, to two digits, and only where the two largest are at most "
        "85% of it and the others together at least 15% of the largest.",
    ),
)
reported = Declared(
    "assets_reported",
    "What are they worth in one currency?",
    by="direction currency measure",
    columns="valued contributors amount",
    unit="amounts in one reporting currency",
    finding=_summed,
    internal_only=True,
    notes=(_rates, "What is of a currency without a rate is in no sum."),
)
reconciliation = Declared(
    "assets_reconciliation",
    "Where did the value go, from tracing to return?",
    by="direction currency measure",
    columns="assets assets_on amount began carried_in unexplained open_in went_on stayed open_out",
    unit="assets; amounts in their own currency",
    finding=_flowed,
    where=lambda table: table["assets"].gt(0),
    internal_only=True,
    over={
        "Where it came from": "began carried_in unexplained open_in",
        "Where it went": "went_on stayed open_out",
    },
    notes=(
        "Each amount is the sum of where it came from and the sum of where it went; all that went on is carried in at a "
        "later step, so that nothing is lost between steps.",
        "An asset is told by its number within its request; where the register has none, all of a kind of one request are "
        "one.",
        "Unexplained is what an asset has at a step above what it had at the step before. Not known is beside a step with "
        "an amount that is not known, or of another currency.",
    ),
)
persons_funnel = Declared(
    "persons_funnel",
    "How far did it come with the persons sought?",
    by="direction sought_for own_national",
    columns="persons located arrested consent decided surrendered",
    unit="persons",
    finding=lambda table: sentences(
        _came(rows.sum(numeric_only=True).to_frame().T.assign(direction=code))
        for code, rows in by_direction(table)
    ),
    internal_only=True,
    notes=(
        "A person counts at each step whose day is recorded; a step without a day may have been gone all the same.",
    ),
)
persons_decision = Declared(
    "persons_decision",
    "How long did a decision on surrender take?",
    by="direction consented",
    columns="arrested decided pending undated median_days",
    unit="persons; days from the arrest to the decision",
    finding=_decided,
    internal_only=True,
    notes=(
        "Median: the first day by which half were decided, those not yet decided counted; 95% interval. Missing where one "
        "person would weigh more than a tenth.",
    ),
)
persons_ends = Declared(
    "persons_ends",
    "How did it end for the persons?",
    by="direction outcome refusal_ground",
    columns="persons",
    unit="persons",
    finding=_ended,
    internal_only=True,
    notes=("Surrendered is executed. The ground is that of a refusal.",),
)
