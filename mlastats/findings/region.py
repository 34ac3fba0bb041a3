"""A region in exhibits: who has reported, what came and ended, how long it took, whether countries can be compared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import OF_REGION, Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import fact, sentences, words
from mlastats.messages import _, _n, number, partner_name, percent
from mlastats.publish.exhibit import Exhibit, Fact
from mlastats.region import collected, comparability


def _weight(table: pd.DataFrame) -> float:
    """How much of last year's volume those stand for who have reported, of all whose volume is known; in steps of a
    twentieth, and of no fewer than 200 requests, because it is said to the public too."""
    before, there = table["opened_before"], table["reporting"].eq(collected.REPORTED)
    whole = before.sum()
    return round(20 * before[there].sum() / whole) / 20 if whole >= 200 else float("nan")


def _who(table: pd.DataFrame) -> str:
    """How many have reported, and who has not."""
    away = table.loc[table["reporting"].eq(collected.MISSING), "country"]
    said = _(
        "{reported} of {members} members have reported.",
        reported=number(len(table) - len(away)),
        members=number(len(table)),
    )
    if len(away):
        said += " " + _("Missing: {names}.", names=", ".join(partner_name(code) for code in away))
    return said


def _missing(table: pd.DataFrame) -> str:
    """Who is missing, and what the others stand for."""
    said, share = _who(table), _weight(table)
    if table["reporting"].eq(collected.MISSING).any() and not pd.isna(share):
        said += " " + _(
            "Those who reported stand for about {share} of the requests opened the year before.",
            share=percent(share),
        )
    return said


def _of_countries(_page: Any, table: pd.DataFrame) -> list[str]:
    """Of how many countries the rows are."""
    return [_of_so_many(table["country"].nunique())] if len(table) else []


def _of_so_many(countries: int) -> str:
    return _n(
        "The figures are of the returns of {n} country.",
        "The figures are of the returns of {n} countries.",
        countries,
    )


reported = Declared(
    "region_reported",
    "Who has reported?",
    by="country",
    columns="reporting version versions return_mode signature opened_before",
    unit="returns",
    finding=_missing,
    # How much the others stand for is in no cell of the table, and so in no briefing.
    facts=lambda table: [Fact("what_is_not_known", _who(table))],
    internal_only=True,
    notes=("A version is never changed: a new one stands beside it, and the last one counts.",),
)


def _flow(rows: pd.DataFrame, countries: int) -> str:
    row = rows.iloc[0]
    if row[["opened", "answered", "closing"]].isna().any():
        return ""
    return _n(
        "{who} of {n} country: {opened} were opened, {answered} answered, and {closing} were open at the end.",
        "{who} of {n} countries: {opened} were opened, {answered} answered, and {closing} were open at the end.",
        countries,
        **words(row),
    )


def _flow_facts(table: pd.DataFrame, countries: int) -> list[Fact]:
    first = table[table["strand"].eq("legal_assistance")]
    return [
        Fact("how_much_stuck", said, requests=int(row["opened"]), direction=str(row["direction"]))
        for _index, row in first.iterrows()
        if (said := _flow(pd.DataFrame([row]), countries))
    ]


totals = Declared(
    "region_totals",
    "What came, what ended, and what is open, where countries sent exact counts?",
    by="direction strand",
    columns="countries opening opened answered ended_otherwise undated closing",
    unit="requests",
    each=_flow,
    facts=_flow_facts,
    chart=Chart("closing", "strand", "open at the end", "bars", heads=OF_REGION),
    notes=(STRANDS,),
)


def _pooled(rows: pd.DataFrame, countries: int) -> str:
    row = rows.iloc[0]
    if pd.isna(row["median_days"]):
        return ""
    return _n(
        "{who}: half are answered within {median_days} days, in {n} country.",
        "{who}: half are answered within {median_days} days, in {n} countries together.",
        countries,
        **words(row),
    )


times = Declared(
    "region_times",
    "How long does an answer take, where countries sent counts by day?",
    by="direction strand",
    columns="countries requests answered ended_otherwise pending median_days within_year",
    unit="requests; days",
    each=_pooled,
    facts=lambda table, countries: [
        fact("how_long", said, row, "median_days", row["answered"])
        for _index, row in table[table["strand"].eq("legal_assistance")].iterrows()
        if (said := _pooled(pd.DataFrame([row]), countries))
    ],
    chart=Chart("median_days", "strand", "median days to an answer", n="answered", heads=OF_REGION),
    notes=(
        "Counts by day and cause of these countries are added: the figure is that of their cases together.",
        STRANDS,
    ),
)


def _of_sum(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    if pd.isna(row["median_days"]):
        return ""
    return _(
        "{who}, {kind}: half are answered within {median_days} days, in the sum of {countries} countries.",
        **words(row),
    )


sealed = Declared(
    "region_sealed",
    "How long does an answer take, where countries told their sum alone?",
    by="direction kind sealed_round",
    columns="countries requests answered ended_otherwise pending median_days within_year",
    unit="requests; days",
    each=_of_sum,
    within="kind",
    empty="No round of sealed returns is whole.",
    internal_only=True,
    notes=(
        "The sum over all members of a round is known, and nothing of any one of them. How many have a request in a row is "
        "not known, so that no row is public.",
        "The figure is that of their cases together. Kinds that the round does not tell apart have none.",
    ),
)

certain = Declared(
    "region_certain",
    "What is certain where members publish bands of days?",
    by="direction kind",
    columns="countries first_day last_day",
    unit="days",
    finding=lambda table: _n(
        "Bounds are known of {n} kind and direction: half were answered between the two days.",
        "Bounds are known of {n} kinds and directions: half were answered between the two days.",
        len(table),
    ),
    empty="No member has published bands that tell anything.",
    internal_only=True,
    notes=(
        "The bounds allow for every rounding and every order of days within a band. A midpoint is not given.",
    ),
)

by_country = Declared(
    "region_by_country",
    "How long does it take in each country?",
    by="direction strand country",
    columns="requests answered pending median_days",
    unit="requests; days",
    finding=lambda _table: _(
        "Countries stand by name, and are not ranked: the grades say which can be compared."
    ),
    internal_only=True,
    notes=(_of_countries, "A country's own figure is that country's to release."),
)


def _graded(table: pd.DataFrame) -> str:
    own = table[table["indicator"].eq(comparability.DAYS)]
    said = [
        _(
            "{grade}: {names}.",
            grade=in_words("grade", grade),
            names=", ".join(map(partner_name, rows["country"])),
        )
        for grade, rows in own.groupby("grade")
    ]
    return sentences([_("Days to an answer, by grade.") if said else "", *said])


grades = Declared(
    "region_grades",
    "Which countries can be compared?",
    by="country indicator",
    columns="grade graded differs effect_days filled flows outside",
    unit="grades",
    finding=_graded,
    facts=lambda table: [Fact("who_can_be_compared", said)] if (said := _graded(table)) else [],
    internal_only=True,
    notes=(
        _of_countries,
        "A: the same choices of definition as most members, the fields that the indicator needs filled for nine tenths of "
        "requests, and the mirror within chance. B: another choice, whose effect on the median is measured and shown. C: "
        "all else; it is shown, and never ranked.",
        "The effect is the median under the choices of most members less that under the country's own, of incoming "
        "requests for legal assistance.",
    ),
)


def _unlike(table: pd.DataFrame) -> str:
    concepts = table["concept"].nunique()
    if not concepts:
        return _("No member says otherwise than most of the others.")
    return _n(
        "On {n} definition members say different things.",
        "On {n} definitions members say different things.",
        concepts,
    )


definitions = Declared(
    "region_definitions",
    "Where do members count differently?",
    by="concept country",
    columns="choice common",
    unit="definitions",
    where=lambda table: ~table["alike"].astype(bool),
    finding=_unlike,
    internal_only=True,
    notes=(_of_countries,),
)


def _moved(table: pd.DataFrame) -> str:
    spans = table.groupby("country")["median_days"].agg(["min", "max"]).dropna()
    spans = spans[spans["max"].gt(spans["min"])]
    if spans.empty:
        return _("No choice of definition moves a median that is known.")
    code = (spans["max"] - spans["min"]).idxmax()
    low, high = spans.loc[code]
    return _(
        "The same requests of {name} have a median of {low} to {high} days, by what is counted as an answer, as a request "
        "and as a day.",
        name=partner_name(code),
        low=number(low),
        high=number(high),
    )


def _compared(table: pd.DataFrame) -> pd.Series:
    return table["direction"].eq("incoming") & table["strand"].eq("legal_assistance")


headlines = Declared(
    "region_headlines",
    "How much does a definition move the figure?",
    by="country answer_is enquiries days_are",
    columns="requests median_days",
    unit="days",
    where=_compared,
    finding=_moved,
    internal_only=True,
    notes=(
        lambda page, table: _of_countries(page, table[_compared(table)]),
        "Incoming requests for mutual legal assistance.",
    ),
)

revisions = Declared(
    "region_revisions",
    "What was restated?",
    by="country year version",
    columns="version_reason opened opened_change",
    unit="requests",
    finding=lambda table: _n(
        "{n} return was restated.", "{n} returns were restated.", int(table["opened_change"].notna().sum())
    ),
    internal_only=True,
)


def released(exhibit: Callable[..., Exhibit], table: pd.DataFrame, own: pd.DataFrame, page: Any) -> Exhibit:
    """An exhibit of sums over countries; `own` has the same by `country`, and so tells of how many they are. In a public
    report what rests on few countries, beside those who publish theirs themselves, is theirs to release, and is left out."""
    shown = (
        collected.released(table, own, collected.publishing(page.pile, page.year)) if page.public else table
    )
    countries = own.loc[own["countries"].gt(0), "country"].nunique()
    shown = shown.reset_index(drop=True)
    made = exhibit(shown, page, countries=countries)
    withheld = {name: shown[name].isna().map({True: "withheld", False: ""}) for name in made.counts}
    members, base = collected.reported(page.pile, page.year), _of_so_many(countries)
    if countries < members["reporting"].eq(collected.REPORTED).sum():
        base += " " + _("What the others who reported sent is not in them.")
    notes = [_missing(members), base, *made.notes]
    return replace(made, notes=notes, reasons={**made.reasons, **withheld} if page.public else made.reasons)
