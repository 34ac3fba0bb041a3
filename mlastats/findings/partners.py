"""Partners in exhibits: who is engaged, when, and with whom nothing happens."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.partners import CLASSES, RULE, Rule
from mlastats.messages import _, _n, label, number, partner_name
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMED = 6
MOST_ROWS = 30
CONTACT = ("received", "made", "undirected")
FIXED = {
    "received": {"direction": "incoming"},
    "received_answered": {"direction": "incoming", "status": "answered"},
    "made": {"direction": "outgoing"},
    "made_answered": {"direction": "outgoing", "status": "answered"},
    "undirected": {"direction": "unrecorded"},
}


def engagement(table: pd.DataFrame, page: Any, rule: Rule = RULE) -> Exhibit:
    """Every partner, and those that should be one: what went each way, and how regularly."""
    if page.public:
        # "Minimal" says that there are fewer than five; for the public it stands with the intermittent.
        table = table.assign(engagement=table["engagement"].replace("minimal", "intermittent"))
        table = table.drop(columns=["received_answered", "made_answered", "undirected"])
    order = table["engagement"].map({code: n for n, code in enumerate(CLASSES)})
    asked = table[[name for name in CONTACT if name in table]].sum(axis=1)
    ordered = table.assign(order=order, asked=asked).sort_values(
        ["order", "asked"], ascending=[True, False], kind="stable"
    )
    columns = {name: column for name, column in _engagement_columns().items() if name in table}
    return Exhibit(
        name="partners_engagement",
        question=_("Who is engaged, and who is not?"),
        finding=lambda t: _engagement(t, rule),
        table=ordered[list(columns)].reset_index(drop=True),
        columns=columns,
        unit=_("matters; months; days"),
        by=("partner",),
        scope={"unit": "matters"} | phrases.begun(page),
        counts={name: fixed for name, fixed in FIXED.items() if name in columns},
        notes=[
            _said(rule),
            *([_("For the public, minimal stands with intermittent.")] if page.public else []),
            *_left_out(page),
            _(
                "A matter is a chain of linked requests, counted once; any request of it, either way, is contact."
            ),
            _(
                "The longest silence counts from the first day that registers were kept to the last day looked at."
            ),
            _(
                "A partner that the country names as one it should engage is shown even where there is no request."
            ),
        ],
        facts=lambda t: _facts(t, rule),
    )


def periods(table: pd.DataFrame, page: Any, direction: str) -> Exhibit:
    """Matters by partner and year, with the silences."""
    some = table[table["direction"].eq(direction)].reset_index(drop=True)
    columns = {
        name: phrases.count_columns()[name] for name in ("direction", "partner", "partner_group", "period")
    }
    # What came of the matters of one partner and year is of too few for the public.
    ends = ("answered", "pending") if not page.public else ()
    counts = {
        "matters": Column(_("Matters"), "count"),
        **{name: phrases.count_columns()[name] for name in ends},
    }
    return Exhibit(
        name=f"partners_by_year_{direction}",
        question=_("When did partners ask us?")
        if direction == "incoming"
        else _("When did we ask partners?"),
        finding=_periods,
        table=some[[*columns, *counts]],
        columns=columns | counts,
        unit=_("matters"),
        by=("direction", "partner", "period"),
        scope={"unit": "matters"},
        counts={"matters": {}, **{name: {"status": name} for name in ends}},
        chart=_draw_periods if len(some) else None,
        alt=lambda t: _(
            "Matters by partner and year, a dot where there was none; every number is in the table."
        ),
        notes=[
            _(
                "ASEAN members come first, always in the order of their names; others by the number of matters."
            ),
            *_cut(some),
            *_left_out(page),
        ],
    )


def by_group(table: pd.DataFrame, page: Any) -> Exhibit:
    """Matters by direction, ASEAN or not (at the last day), and year."""
    asean = table["partner_group"].eq("asean").map({True: "asean", False: "non_asean"})
    groups = table.assign(asean_now=asean).groupby(
        ["direction", "asean_now", "period"], sort=False, observed=True
    )
    # Not the dimension "asean" of other exhibits, which is of the day of the request.
    names = ("direction", "asean_now", "period")
    return Exhibit(
        name="partners_by_year_and_group",
        question=_("How has co-operation within ASEAN and outside it moved, in each direction?"),
        finding=_by_group,
        table=groups[["matters"]].sum().reset_index(),
        columns={name: phrases.count_columns()[name.removesuffix("_now")] for name in names}
        | {"matters": Column(_("Matters"), "count")},
        unit=_("matters"),
        by=names,
        scope={"unit": "matters"},
        counts={"matters": {}},
        chart=_draw_groups if len(table) else None,
        alt=lambda t: _("Columns by year, one panel a direction and group; every number is in the table."),
        notes=[_("Partners are in the group to which they belong on the last day looked at.")],
    )


def not_happening(table: pd.DataFrame, page: Any) -> Exhibit:
    """Partners that a treaty binds, or that the country named, and with which there is no request."""
    return Exhibit(
        name="partners_not_happening",
        question=_("With whom does nothing happen, though a treaty is in force or the country named them?"),
        finding=_not_happening,
        table=table,
        columns={
            "partner_group": phrases.count_columns()["partner_group"],
            "bound": Column(_("Partners with a treaty in force"), "number"),
            "bound_silent": Column(_("of these without any request"), "number"),
            "named": Column(_("Partners named by the country"), "number"),
            "named_silent": Column(_("of these without any request"), "number"),
            "partners_silent": Column(_("Without any request"), "text"),
        },
        unit=_("partners"),
        by=("partner_group",),
        notes=[
            _(
                "A treaty counts where a sourced row says that it is in force on the last day looked at. A partner without "
                "such a row is not known to have none."
            ),
            _(
                "Named are silent members and dialogue partners of ASEAN, and partners that the country listed."
            ),
        ],
    )


def _engagement_columns() -> dict[str, Column]:
    rests = ("received", "made")
    return {
        "partner": Column(_("Partner"), "code", "partner"),
        "partner_group": Column(_("Group"), "code", "partner_group"),
        "engagement": Column(_("Engagement"), "code", "engagement", rests_on=rests),
        "received": Column(_("Received"), "count"),
        "received_answered": Column(_("of these answered"), "count"),
        "made": Column(_("Made"), "count"),
        "made_answered": Column(_("of these answered"), "count"),
        "undirected": Column(_("Direction unknown"), "count"),
        "months_active": Column(_("Months with contact"), "number", rests_on=rests),
        "months": Column(_("of months"), "number"),
        "last_contact": Column(_("Last request"), "date", rests_on=rests, single=True),
        "silence": Column(_("Longest silence (days)"), "days", rests_on=rests, single=True),
    }


def _said(rule: Rule) -> str:
    """The rule of the classes, in words."""
    return _(
        "Engagement, by requests of the last {years} years both ways. None: no request ever. Dormant: none in the last "
        "{silent} months. Minimal: fewer than {few} matters. Sustained: in at least {often} of the years, or of those for "
        "which registers were kept. Intermittent: any other.",
        years=number(rule.years),
        silent=number(rule.silent_months),
        few=number(rule.few),
        often=f"{number(100 * rule.often)}%",
    )


def _engagement(table: pd.DataFrame, rule: Rule = RULE) -> str:
    if table.empty:
        return _("No register records the partner, so nothing can be said about engagement.")
    known = table.dropna(subset=["engagement"])
    if known.empty:
        return phrases.withheld()
    counts = known["engagement"].value_counts()
    said = [
        f"{label('engagement', code).lower()} {number(counts[code])}"
        for code in CLASSES
        if counts.get(code, 0) > 0
    ]
    if len(known) < len(table):
        said.append(_("withheld {partners}", partners=number(len(table) - len(known))))
    named = known.loc[known["engagement"].isin(["dormant", "none"]), "partner"]
    sentence = _("Engagement by number of partners: {said}.", said=", ".join(said)) if said else ""
    if len(named):
        sentence += " " + _(
            "No request in the last {silent} months with {partners}.",
            silent=number(rule.silent_months),
            partners=_names(named),
        )
    return sentence.strip() or phrases.nothing()


def _names(codes: pd.Series) -> str:
    """The first few partners by name, and how many more."""
    return _listed([partner_name(code) for code in codes], MOST_NAMED)


def _listed(names: list[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (_n(" and {n} other", " and {n} others", more) if more > 0 else "")


def _facts(table: pd.DataFrame, rule: Rule) -> list[Fact]:
    known = table.dropna(subset=["engagement", "received", "made"])
    if known.empty:
        return []
    silent = known["engagement"].isin(["dormant", "none"]).mean()
    asked = int(known[["received", "made"]].sum().sum())
    return [Fact("who_is_engaged", _engagement(table, rule), value=float(silent), requests=asked)]


def _periods(table: pd.DataFrame) -> str:
    if table.empty:
        return phrases.nothing()
    if table["matters"].isna().any():
        if table["period"].astype("str").str.contains("–").any():
            return phrases.withheld()
        silent = int(table["matters"].eq(0).sum())
        return _n(
            "{n} year of a partner is without any matter.",
            "{n} years of partners are without any matter.",
            silent,
        )
    share = table.groupby("partner")["matters"].sum().sort_values(ascending=False, kind="stable")
    total, top = int(share.sum()), share[share.gt(0)].head(3)
    if not total:
        return phrases.nothing()
    silent = table.groupby("partner")["matters"].agg(lambda years: years.eq(0).sum())
    often = int(silent.gt(table["period"].nunique() / 2).sum())
    said = _n(
        "Most with {partners}: {top} of {n} matter.",
        "Most with {partners}: {top} of {n} matters.",
        total,
        partners=", ".join(partner_name(code) for code in top.index),
        top=number(top.sum()),
    )
    if not often:
        return said
    return f"{said} " + _n(
        "With {n} partner more years than not were silent.",
        "With {n} partners more years than not were silent.",
        often,
    )


def _by_group(table: pd.DataFrame) -> str:
    if table.empty or not table["matters"].sum():
        return phrases.nothing()
    if table["matters"].isna().any():
        return phrases.withheld()
    said = []
    for code, rows in phrases.by_direction(table):
        sums = rows.groupby(rows["asean_now"].astype("str"))["matters"].sum()
        said.append(
            _(
                "{who}, in matters: {asean} with ASEAN, {other} outside it.",
                who=phrases.direction(code),
                asean=number(sums.get("asean", 0)),
                other=number(sums.get("non_asean", 0)),
            )
        )
    return " ".join(said)


def _not_happening(table: pd.DataFrame) -> str:
    if table.empty:
        return _(
            "No treaty is known to be in force and the country has named no partner, so nothing can be said."
        )
    bound, silent = int(table["bound"].sum()), int(table["bound_silent"].sum())
    said = []
    if bound:
        said.append(
            _n(
                "A treaty is known to be in force with {n} partner; with {silent} there has been no request.",
                "A treaty is known to be in force with {n} partners; with {silent} of them there has been no request.",
                bound,
                silent=number(silent),
            )
        )
    names = [name for cell in table["partners_silent"] for name in str(cell).split(", ") if name]
    if names:
        said.append(_("Among the silent: {partners}.", partners=_listed(names, 2 * MOST_NAMED)))
    named = int(table["named"].sum())
    if named:
        said.append(
            _n(
                "Of {n} partner named by the country, {silent} had no request.",
                "Of {n} partners named by the country, {silent} had no request.",
                named,
                silent=number(table["named_silent"].sum()),
            )
        )
    return " ".join(said)


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The frame of `not_happening` with the silent partners by name."""
    words = table["partners_silent"].map(
        lambda codes: ", ".join(partner_name(code) for code in codes.split(";") if code)
    )
    return table.assign(partners_silent=words)


def _left_out(page: Any, filtered: bool = True) -> list[str]:
    """What a row of zeros does not rule out."""
    unknown = _(
        "Requests whose partner is not recorded are in no row: a partner shown without any may have had one of them."
    )
    some = _(
        "Only requests that the parameters of this page keep are counted: no request means none of those."
    )
    notes = [unknown] if page.requests["partner"].isna().any() else []
    return [*notes, some] if filtered and page.filters else notes


def _cut(table: pd.DataFrame) -> list[str]:
    more = table["partner"].nunique() - MOST_ROWS
    return (
        [_n("The picture leaves out {n} partner.", "The picture leaves out {n} partners.", more)]
        if more > 0
        else []
    )


def _draw_periods(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    shown = list(dict.fromkeys(table["partner"]))[:MOST_ROWS]
    return charts.heat(
        table[table["partner"].isin(shown)], "period", "partner", "matters", label=partner_name
    )


def _draw_groups(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    panels = table.assign(panel=table["direction"].astype("str") + ";" + table["asean_now"].astype("str"))
    return charts.small_multiples(
        panels, "period", "matters", "panel", by="direction", label=phrases.directed("asean")
    )
