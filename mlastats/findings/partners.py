"""Partners in exhibits: who is engaged, who is not, and when."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.partners import CLASSES
from mlastats.messages import _, _n, label, number, partner_name
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def engagement(table: pd.DataFrame, page: Any) -> Exhibit:
    """Every partner, and those that should be one: what went each way, and how regularly."""
    shown = [
        "partner",
        "partner_group",
        "engagement",
        "received",
        "received_answered",
        "made",
        "made_answered",
    ]
    shown += ["last_contact", "silence"]
    order = table["engagement"].map({code: n for n, code in enumerate(CLASSES)})
    asked = table["received"] + table["made"] + table["undirected"]
    ordered = table.assign(order=order, asked=asked).sort_values(
        ["order", "asked"], ascending=[True, False], kind="stable"
    )
    return Exhibit(
        name="partners_engagement",
        question=_("Who is engaged, and who is not?"),
        finding=_engagement,
        table=ordered[shown].reset_index(drop=True),
        columns={
            "partner": Column(_("Partner"), "code", "partner"),
            "partner_group": Column(_("Group"), "code", "partner_group"),
            "engagement": Column(_("Engagement"), "code", "engagement", rests_on=("received", "made")),
            "received": Column(_("Received"), "count"),
            "received_answered": Column(_("of these answered"), "count"),
            "made": Column(_("Made"), "count"),
            "made_answered": Column(_("of these answered"), "count"),
            "last_contact": Column(_("Last request"), "date", rests_on=("received", "made")),
            "silence": Column(_("Longest silence (days)"), "days", rests_on=("received", "made")),
        },
        unit=_("requests; days"),
        by=("partner",),
        counts={
            "received": {"direction": "incoming"},
            "received_answered": {"direction": "incoming", "status": "answered"},
            "made": {"direction": "outgoing"},
            "made_answered": {"direction": "outgoing", "status": "answered"},
        },
        notes=[
            _(
                "Engagement, by the requests of the last five years both ways. None: no request ever. Dormant: none in "
                "the last 24 months. Minimal: fewer than 5. Sustained: in at least three of every four years. "
                "Intermittent: any other."
            ),
            _(
                "A partner that the country names as one it should engage is shown even where there is no request."
            ),
        ],
        facts=_facts,
    )


def periods(table: pd.DataFrame, page: Any, direction: str) -> Exhibit:
    """Requests by partner and year, with the silences."""
    some = table[table["direction"].eq(direction)].reset_index(drop=True)
    return Exhibit(
        name=f"partners_by_year_{direction}",
        question=_("When did partners ask us?")
        if direction == "incoming"
        else _("When did we ask partners?"),
        finding=_periods,
        table=some,
        columns={name: phrases.count_columns()[name] for name in ("direction", "partner")}
        | {"year": Column(_("Year"), "text"), "requests": Column(_("Requests"), "count")},
        unit=_("requests"),
        by=("direction", "partner", "year"),
        counts={"requests": {}},
        chart=_draw_periods if len(some) else None,
        alt=lambda t: _(
            "Requests by partner and year, empty where there was none; every number is in the table."
        ),
    )


def _engagement(table: pd.DataFrame) -> str:
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
    named = known.loc[known["engagement"].isin(["dormant", "none"]), "partner"]
    sentence = _("Engagement by number of partners: {said}.", said=", ".join(said))
    if len(named):
        silent = ", ".join(partner_name(code) for code in named[:6])
        more = _n(" and {n} other", " and {n} others", len(named) - 6) if len(named) > 6 else ""
        sentence += " " + _(
            "No request in the last two years with {partners}{more}.", partners=silent, more=more
        )
    return sentence


def _facts(table: pd.DataFrame) -> list[Fact]:
    known = table.dropna(subset=["engagement", "received", "made"])
    if known.empty:
        return []
    silent = known["engagement"].isin(["dormant", "none"]).mean()
    asked = int(known[["received", "made"]].sum().sum())
    return [Fact("who_is_engaged", _engagement(table), value=float(silent), requests=asked)]


def _periods(table: pd.DataFrame) -> str:
    if table.empty:
        return phrases.nothing()
    if table["requests"].isna().any():
        known = table.dropna(subset=["requests"])
        silent = int(known["requests"].eq(0).sum())
        return _n(
            "{n} year of a partner is without any request.",
            "{n} years of partners are without any request.",
            silent,
        )
    share = table.groupby("partner")["requests"].sum().sort_values(ascending=False)
    total = int(share.sum())
    if not total:
        return phrases.nothing()
    top = share.head(3)
    return _(
        "{partners} account for {top} of {total} requests.",
        partners=", ".join(partner_name(code) for code in top.index),
        top=number(top.sum()),
        total=number(total),
    )


def _draw_periods(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.heat(table, "year", "partner", "requests", label=partner_name)
