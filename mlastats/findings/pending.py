"""What is pending in exhibits: how old it is, and which requests have waited longest."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ages(table: pd.DataFrame, page: Any) -> Exhibit:
    """What is pending, by how long it has waited."""
    return Exhibit(
        name="pending_by_age",
        question=_("How old is what is pending?"),
        finding=_ages,
        table=table,
        columns={
            "direction": Column(_("Direction"), "code", "direction"),
            "age_band": Column(_("Days waited"), "text"),
            "pending": Column(_("Pending"), "count"),
        },
        unit=_("requests"),
        by=("direction", "age_band"),
        counts={"pending": {"status": "pending"}},
        chart=_draw_ages if table["pending"].sum() else None,
        alt=lambda t: _("Pending requests by days waited; every number is in the table."),
        facts=_age_facts,
    )


def oldest(table: pd.DataFrame, page: Any) -> Exhibit:
    """The requests that have waited longest, by reference: for internal readers."""
    shown = ["direction", "request_id", "kind", "partner", "agency", "start", "age"]
    return Exhibit(
        name="pending_oldest",
        question=_("Which requests have waited longest?"),
        finding=lambda t: (
            _("The longest wait is {days} days.", days=number(t["age"].max()))
            if len(t)
            else phrases.nothing()
        ),
        table=table[shown],
        columns={
            **{name: phrases.count_columns()[name] for name in ("direction", "kind", "agency")},
            "request_id": Column(_("Reference"), "text"),
            "partner": Column(_("Partner"), "code", "partner"),
            "start": Column(_("Since"), "date"),
            "age": Column(_("Days waited"), "days"),
        },
        unit=_("days"),
        by=("direction", "request_id"),
        internal_only=True,
    )


def _ages(table: pd.DataFrame) -> str:
    if table["pending"].isna().any():
        return phrases.withheld()
    total = int(table["pending"].sum())
    if not total:
        return _("Nothing is pending.")
    old = int(table.loc[table["age_band"].isin(["365-729", "730+"]), "pending"].sum())
    return _(
        "{total} requests are pending; {old} of them, {share}, have waited a year or longer.",
        total=number(total),
        old=number(old),
        share=percent(old / total),
    )


def _age_facts(table: pd.DataFrame) -> list[Fact]:
    total = table["pending"].sum(skipna=False)
    if pd.isna(total) or not total:
        return []
    old = table.loc[table["age_band"].isin(["365-729", "730+"]), "pending"].sum()
    return [Fact("how_much_stuck", _ages(table), value=float(old / total), requests=int(total))]


def _draw_ages(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.bars(
        table,
        "pending",
        "age_band",
        by="direction",
        kind="count",
        label=lambda band: _("{n} days", n=band),
        series=lambda code: phrases.group_label("direction", code),
    )
