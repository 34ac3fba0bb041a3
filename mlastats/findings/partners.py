"""Partners in exhibits: who is engaged, when, and with whom nothing happens."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart, outside_first
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, direction, in_line, listed, withheld
from mlastats.measure.groups import MEMBER
from mlastats.measure.partners import CLASSES, RULE, Rule
from mlastats.messages import _, _n, number, partner_name, percent
from mlastats.publish.exhibit import Exhibit, Fact, Untold, headline

MOST_NAMED = 6
MOST_ROWS = 30
# A name may hold a comma: Hong Kong, China.
SILENT = "; "
BLOCK = 5
UNHEARD = ("dormant", "none")


def _engaged(table: pd.DataFrame, silent: int, **_rule: Any) -> str:
    """With how many partners contact is sustained, and of how many nothing was heard; outside ASEAN first."""
    if table.empty:
        return Untold(_("No register records the partner, so nothing can be said about engagement."))
    if table["engagement"].isna().any():
        return withheld()
    outside = _outside(table)
    names = {
        "sustained": number(outside["engagement"].eq("sustained").sum()),
        "unheard": number(outside["engagement"].isin(UNHEARD).sum()),
        "silent": number(silent),
    }
    if len(outside) < len(table):
        within = table.drop(outside.index)["engagement"].eq("sustained")
        sentences = [
            _n(
                "Outside ASEAN, contact is sustained with {sustained} of {n} partner; {unheard} silent for {silent} months.",
                "Outside ASEAN, contact is sustained with {sustained} of {n} partners; "
                "{unheard} silent for {silent} months.",
                len(outside),
                **names,
            ),
            _(
                "Within ASEAN it is with {sustained} of the {n} in the table.",
                sustained=number(within.sum()),
                n=number(len(within)),
            ),
        ]
    else:
        sentences = [
            _n(
                "Contact is sustained with {sustained} of {n} partner; {unheard} silent for {silent} months.",
                "Contact is sustained with {sustained} of {n} partners; {unheard} silent for {silent} months.",
                len(table),
                **names,
            )
        ]
    unheard = table.loc[table["engagement"].isin(UNHEARD), "partner"]
    if len(unheard):
        sentences.append(_("Silent: {partners}.", partners=_listed(map(partner_name, unheard), MOST_NAMED)))
    return " ".join(sentences)


def _outside(table: pd.DataFrame) -> pd.DataFrame:
    """The partners outside ASEAN; all, where none is or all are."""
    outside = table[table["partner_group"].ne("asean")]
    return outside if len(outside) else table


def _facts(table: pd.DataFrame, **rule: Any) -> list[Fact]:
    counted = _outside(table.dropna(subset=["engagement", "received", "made"]))
    if counted.empty:
        return []
    silent = counted["engagement"].isin(UNHEARD).mean()
    asked = int(counted[["received", "made"]].sum().sum())
    sentence = headline(_engaged(table, **rule))[0]
    return [Fact("who_is_engaged", sentence, value=float(silent), requests=asked)]


def _listed(names: Iterable[str], most: int) -> str:
    """The first few partners by name, and how many more."""
    first, rest = (every := list(names))[:most], len(every) - most
    return in_line(first) + (_n(" and {n} other", " and {n} others", rest) if rest > 0 else "")


def _silences(table: pd.DataFrame) -> str:
    if table["matters"].isna().any():
        if table["period"].astype("str").str.contains("–").any():
            return withheld()
        return _n(
            "{n} year of a partner is without any matter.",
            "{n} years of partners are without any matter.",
            int(table["matters"].eq(0).sum()),
        )
    years = table.groupby("partner")["matters"]
    sizes = years.sum().sort_values(ascending=False, kind="stable")
    top = sizes[sizes.gt(0) & sizes.ge(sizes.nlargest(3).min())]
    sentence = _n(
        "{top} of {n} matter are with {partners}.",
        "{top} of {n} matters are with {partners}.",
        int(sizes.sum()),
        partners=listed([partner_name(code) for code in top.index]),
        top=number(top.sum()),
    )
    silent = years.agg(lambda matters: matters.eq(0).sum())
    often = int(silent.gt(table["period"].nunique() / 2).sum())
    if not often:
        return sentence
    return f"{sentence} " + _n(
        "{n} partner was silent in more years than not.",
        "{n} partners were silent in more years than not.",
        often,
    )


def _both_ways(table: pd.DataFrame) -> str:
    if table["matters"].isna().any():
        return withheld()
    parts = []
    for code, rows in by_direction(table):
        sums = rows.groupby(rows["asean"].astype("str"))["matters"].sum()
        parts.append(
            _(
                "{who}: {asean} matters with ASEAN, {other} outside it.",
                who=direction(code),
                asean=number(sums.get("asean", 0)),
                other=number(sums.get("non_asean", 0)),
            )
        )
    return " ".join(parts)


def _silent(table: pd.DataFrame) -> str:
    sums = table[["bound", "bound_silent", "named", "named_silent"]].sum().astype(int)
    parts = []
    if sums["named"]:
        parts.append(
            _n(
                "With {silent} of {n} partner whom the country named there was no request.",
                "With {silent} of {n} partners whom the country named there was no request.",
                sums["named"],
                silent=number(sums["named_silent"]),
            )
        )
    if sums["bound"]:
        parts.append(
            _n(
                "With {silent} of {n} with a treaty in force there was none.",
                "With {silent} of {n} with a treaty in force there was none.",
                sums["bound"],
                silent=number(sums["bound_silent"]),
            )
        )
    names = [name for cell in table["partners_silent"] for name in str(cell).split(SILENT) if name]
    if names:
        parts.append(_("Among the silent: {partners}.", partners=_listed(names, 2 * MOST_NAMED)))
    return " ".join(parts)


def _left_out(page: Any, _table: pd.DataFrame) -> Sequence[str]:
    """What a row of zeros does not rule out."""
    unknown = _(
        "Requests whose partner is not recorded are in no row: a partner shown without any may have had one of them."
    )
    some = _(
        "Only requests that the parameters of this page keep are counted: no request means none of those."
    )
    return [*([unknown] if page.requests["partner"].isna().any() else []), *([some] if page.filters else [])]


def _sparse(_page: Any, _table: pd.DataFrame) -> Sequence[str]:
    return [_("A dot is fewer than five matters, or none.")]


def _cut(_page: Any, table: pd.DataFrame) -> Sequence[str]:
    more = table["partner"].nunique() - MOST_ROWS
    if more <= 0:
        return []
    return [_n("The picture leaves out {n} partner.", "The picture leaves out {n} partners.", more)]


def _first_drawn(table: pd.DataFrame) -> pd.DataFrame:
    """As many partners as are drawn, those outside ASEAN first."""
    drawn = table[table["partner"].isin(table["partner"].unique()[:MOST_ROWS])]
    return outside_first(drawn, "partner_group")


def _by_way(table: pd.DataFrame) -> pd.DataFrame:
    """The matters received from each partner, and those made, as rows of a direction each; outside ASEAN first."""
    ways = {"incoming": "received", "outgoing": "made"}
    shown = table[table[list(ways.values())].notna().any(axis=1)]
    shown = shown.assign(asean=shown["partner_group"].eq("asean").map(MEMBER))
    return outside_first(
        pd.concat([shown.assign(direction=way, matters=shown[name]) for way, name in ways.items()])
    )


ENGAGEMENT = Declared(
    "partners_engagement",
    "Who is engaged, and who is not?",
    by="partner",
    columns="partner_group engagement received received_answered made made_answered undirected "
    "months_active months last_contact silence",
    unit="matters; months; days",
    finding=_engaged,
    facts=_facts,
    period="begun",
    scope={"unit": "matters"},
    over={"Partners asked us": "received received_answered", "We asked partners": "made made_answered"},
    chart=Chart(
        "matters", "asean engagement partner", "matters by partner", form="bars", where=_by_way, gaps=True
    ),
    alt="Matters received and made, by partner; every number is in the table.",
    notes=(
        "Engagement, by requests of the last {years} years both ways. None: no request ever. Dormant: none in the last "
        "{silent} months. Minimal: fewer than {few} matters. Sustained: in at least {often} of the years, or of those for "
        "which registers were kept. Intermittent: any other.",
        "A matter is a chain of linked requests, counted once; any request of it, either way, is contact.",
    ),
    internal_notes=(
        _left_out,
        "The longest silence counts from the first to the last day on which every register was kept.",
        "A partner that the country names as one it should engage is shown even where there is no request.",
    ),
)
PERIODS = {
    way: Declared(
        f"partners_by_year_{way}",
        question,
        by="direction partner period",
        columns="direction partner partner_group period matters answered pending",
        unit="matters",
        finding=_silences,
        empty="There is no request to measure here, so nothing can be said.",
        scope={"unit": "matters"},
        chart=Chart(
            "matters",
            "partner_group partner",
            "matters by the year in which they began",
            form="cells",
            along="period",
            where=_first_drawn,
            gaps=True,
        ),
        alt="Matters by partner and period; every number is in the table.",
        internal_notes=(
            "A dot is a year in which no matter began.",
            "ASEAN members come first, always in the same order; then its dialogue partners, then all others, each by the "
            "number of matters either way.",
            _cut,
            _left_out,
        ),
    )
    for way, question in {
        "incoming": "When did partners ask us?",
        "outgoing": "When did we ask partners?",
    }.items()
}
by_group = Declared(
    "partners_by_year_and_group",
    "How has co-operation within ASEAN and outside it moved, in each direction?",
    by="direction asean period",
    columns="matters",
    unit="matters",
    finding=_both_ways,
    empty="There is no request to measure here, so nothing can be said.",
    scope={"unit": "matters"},
    chart=Chart(
        "matters",
        "asean",
        "matters by the year in which they began",
        form="columns",
        along="period",
        where=outside_first,
        gaps=True,
    ),
    alt="Columns by year, one panel a direction and group; every number is in the table.",
    notes=("A partner is in ASEAN or outside it on the day of each request.",),
)
not_happening = Declared(
    "partners_not_happening",
    "With whom does nothing happen, though a treaty is in force or the country named them?",
    by="partner_group",
    columns="bound bound_silent named named_silent partners_silent",
    unit="partners",
    finding=_silent,
    empty="No treaty is known to be in force and the country has named no partner, so nothing can be said.",
    notes=(
        "A treaty counts where a sourced row says that it is in force on the last day looked at. A partner without such "
        "a row is not known to have none.",
        "Named are silent members and dialogue partners of ASEAN, and partners that the country listed.",
    ),
)


def engagement(table: pd.DataFrame, page: Any, rule: Rule = RULE) -> Exhibit:
    """Every partner, and those that should be one: what went each way, and how regularly."""
    ways = ["received", "made", "undirected"]
    order = table["engagement"].map({code: n for n, code in enumerate(CLASSES)})
    ordered = table.assign(order=order, asked=table[ways].sum(axis=1)).sort_values(
        ["order", "asked"], ascending=[True, False], kind="stable", ignore_index=True
    )
    of = {"years": rule.years, "silent": rule.silent_months, "few": rule.few, "often": percent(rule.often)}
    return ENGAGEMENT(ordered, page, **of)


def periods(table: pd.DataFrame, page: Any, direction: str) -> Exhibit:
    """Matters by partner and year, with the silences."""
    declared = PERIODS[direction]
    mine = table[table["direction"].eq(direction)].reset_index(drop=True)
    if not page.public:
        return declared(mine, page)
    # By the year most counts of a partner are below five; what came of them is of too few in any span.
    public = replace(declared, columns="direction partner partner_group period matters", notes=[_sparse])
    return public(_blocks(mine), page)


def _blocks(table: pd.DataFrame) -> pd.DataFrame:
    """Five years in a row, the last ones whole."""
    years = table["period"].drop_duplicates().to_list()
    place = {year: (n - len(years)) // BLOCK for n, year in enumerate(years)}
    ends = pd.Series(years).groupby(pd.Series(years).map(place)).agg(["first", "last"])
    names = {n: first if first == last else f"{first}–{last}" for n, first, last in ends.itertuples()}
    blocks = table.assign(period=table["period"].map(lambda year: names[place[year]]))
    keys = ["direction", "partner", "partner_group", "period"]
    return blocks.groupby(keys, sort=False, observed=True)["matters"].sum().reset_index()


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The frame of `not_happening` with the silent partners by name."""
    names = table["partners_silent"].map(
        lambda codes: SILENT.join(partner_name(code) for code in codes.split(";") if code)
    )
    return table.assign(partners_silent=names)
