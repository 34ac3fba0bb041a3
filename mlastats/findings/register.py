"""The registers in exhibits: where every row ended, what is filled, what changed, what needs a decision."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.messages import _, _n, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit
from mlastats.register.account import SILENT, warnings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDS = ["requests", "merged", "refused", "not_data"]


def account(page: Any) -> Exhibit:
    """Where every row read ended, by register."""
    shown = ["name", "read", *ENDS]
    registers = page.summary.get("registers", [])
    table = pd.DataFrame(registers, columns=shown)
    return Exhibit(
        name="register_account",
        question=_("Is every row of every register accounted for?"),
        finding=_account,
        table=table,
        columns={
            "name": Column(_("Register"), "text"),
            "read": Column(_("Rows read"), "count"),
            "requests": Column(_("Requests"), "count"),
            "merged": Column(_("Merged into another row"), "count"),
            "refused": Column(_("Refused"), "count"),
            "not_data": Column(_("No data: blank, header, total"), "count"),
        },
        unit=_("rows; requests"),
        by=("name",),
        notes=_warnings(registers),
        internal_only=True,
    )


def incomplete(page: Any) -> Exhibit:
    """Registers that look incomplete: long without an event, or without a single pending request."""
    shown = ["name", "log_start", "last_event", "observed_to", "silent", "pending"]
    table = pd.DataFrame(page.summary.get("registers", []), columns=[*shown, "requests"])
    for name in ("log_start", "last_event", "observed_to"):
        table[name] = pd.to_datetime(table[name])
    table["silent"] = (table["observed_to"] - table["last_event"]).dt.days.astype("Int64")
    table = table[table["requests"].gt(0)].reset_index(drop=True)
    return Exhibit(
        name="register_incomplete",
        question=_("Does any register look incomplete?"),
        finding=_incomplete,
        table=table[shown],
        columns={
            "name": Column(_("Register"), "text"),
            "log_start": Column(_("Kept from"), "date"),
            "last_event": Column(_("Last event"), "date"),
            "observed_to": Column(_("Complete to"), "date"),
            "silent": Column(_("Days without an event"), "count"),
            "pending": Column(_("Pending"), "count"),
        },
        unit=_("days; requests"),
        by=("name",),
        notes=[
            _("A register of which nothing is pending may be one in which rows are entered only on closing."),
            _("After {days} days without an event, ask whether it is still kept.", days=SILENT),
        ],
        internal_only=True,
    )


def coverage(table: pd.DataFrame, page: Any) -> Exhibit:
    """How much of what can be expected each agency recorded, by the year in which requests were opened."""
    return Exhibit(
        name="register_filled_by_agency_and_year",
        question=_("Which agency recorded how much, and when?"),
        finding=_coverage,
        table=table,
        columns={
            "agency": Column(_("Agency"), "code", "agency"),
            "year": Column(_("Year opened"), "text"),
            "expected": Column(_("Fields that can be expected"), "count"),
            "filled": Column(_("Filled"), "count"),
            "share": Column(_("Share filled"), "share", rests_on=("expected", "filled")),
        },
        unit=_("share of the fields that can be expected"),
        by=("agency", "year"),
        chart=_draw_coverage if table["expected"].gt(0).any() else None,
        alt=lambda t: _("Share filled, by agency and year; every value is in the table."),
        notes=[
            _("All fields that a measure needs, together; each is looked for only where it can be expected.")
        ],
        internal_only=True,
    )


def filled(table: pd.DataFrame, page: Any, by: str) -> Exhibit:
    """What is filled, by register or by the year in which requests were opened."""
    return Exhibit(
        name=f"register_filled_by_{by}",
        question=_("What do the registers record?")
        if by == "register"
        else _("Has it changed from year to year?"),
        finding=_filled if by == "register" else _filled_by_year,
        table=table,
        columns={
            "field": Column(_("What is recorded"), "code", "field"),
            by: Column(_("Register") if by == "register" else _("Year opened"), "text"),
            "expected": Column(_("Requests of which it is expected"), "count"),
            "filled": Column(_("Filled"), "count"),
            "share": Column(_("Share filled"), "share", rests_on=("expected", "filled")),
        },
        unit=_("share of requests"),
        by=("field", by),
        chart=(lambda t: _draw_filled(t, by)) if table["expected"].gt(0).any() else None,
        alt=lambda t: _("Share filled, by field; every value is in the table."),
        notes=[_("A dash: no request of which it could be expected.")],
        internal_only=True,
    )


def _warnings(registers: list[dict[str, Any]]) -> list[str]:
    return [
        _("{register}: {warning}", register=account["name"], warning=warning)
        for account in registers
        for warning in warnings(account)
    ]


def _account(table: pd.DataFrame) -> str:
    if table.empty:
        return _("No register was read.")
    lost = int(table["read"].sum() - table[ENDS].to_numpy().sum())
    if lost:
        return _n("{n} row is not accounted for.", "{n} rows are not accounted for.", lost)
    return _(
        "Yes: of {read} rows read, {requests} are requests, {merged} were merged into one of them, "
        "{refused} were refused and {not_data} hold no data.",
        **{name: number(table[name].sum()) for name in ("read", *ENDS)},
    )


def _incomplete(table: pd.DataFrame) -> str:
    closed, silent = (
        ", ".join(table["name"][rows])
        for rows in (table["pending"].eq(0), table["silent"].gt(SILENT).fillna(True))
    )
    said = [
        *([_("Nothing is pending in: {names}.", names=closed)] if closed else []),
        *([_("Long without an event: {names}.", names=silent)] if silent else []),
    ]
    return " ".join(said) or _(
        "None looks incomplete: each has pending requests, and an event in its last {days} days.", days=SILENT
    )


def _coverage(table: pd.DataFrame) -> str:
    sums = table.groupby("agency", sort=False)[["expected", "filled"]].sum()
    share = (sums["filled"] / sums["expected"].where(sums["expected"].gt(0))).dropna()
    if share.empty:
        return _("There is no request, so nothing can be said.")
    if len(share) == 1:
        return _(
            "{agency}: {share} of what can be expected is recorded.",
            agency=label("agency", share.index[0]),
            share=percent(share.iloc[0]),
        )
    return _(
        "The most is recorded by this agency: {most} ({most_share}); the least by this one: {least} ({least_share}).",
        most=label("agency", share.idxmax()),
        most_share=percent(share.max()),
        least=label("agency", share.idxmin()),
        least_share=percent(share.min()),
    )


def _filled(table: pd.DataFrame) -> str:
    sums = table.groupby("field", sort=False)[["expected", "filled"]].sum()
    sums = sums[sums["expected"].gt(0)]
    if sums.empty:
        return _("There is no request, so nothing can be said.")
    share = sums["filled"] / sums["expected"]
    worst = str(share.idxmin())
    if share[worst] == 1:
        return _("Every field is filled wherever it can be expected.")
    return _(
        "Least is known about this: {field}. It is filled for {share} of the {requests} requests of which it is expected.",
        field=label("field", worst),
        share=percent(share[worst]),
        requests=number(sums.loc[worst, "expected"]),
    )


def _filled_by_year(table: pd.DataFrame) -> str:
    years = table[table["year"].ne("unrecorded")].groupby("year")[["expected", "filled"]].sum()
    if len(years) < 2:
        return _("The requests were opened in one year at most: there is nothing to compare.")
    share = years["filled"] / years["expected"]
    return _(
        "Of all fields that can be expected to be filled, {first_share} were for the requests opened in {first}, "
        "{last_share} for those opened in {last}; the fewest, {worst_share}, for those of {worst}.",
        first=str(share.index[0]),
        first_share=percent(share.iloc[0]),
        last=str(share.index[-1]),
        last_share=percent(share.iloc[-1]),
        worst=str(share.idxmin()),
        worst_share=percent(share.min()),
    )


def _draw_filled(table: pd.DataFrame, by: str) -> "Figure":
    from mlastats.publish import charts

    return charts.heat(
        table,
        by,
        "field",
        "share",
        kind="share",
        label=lambda code: label("field", code),
        series=lambda code: label("", code) if code == "unrecorded" else str(code),
    )


def _draw_coverage(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.heat(
        table,
        "year",
        "agency",
        "share",
        kind="share",
        label=lambda code: label("agency", code),
        series=lambda code: label("", code) if code == "unrecorded" else str(code),
    )
