"""The registers in exhibits: where every row ended, what is filled, what changed, what needs a decision."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.errors import InputRejected
from mlastats.messages import _, _n, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDS = ["requests", "merged", "refused", "not_data"]
ROWS_NAMED = 5
# As in the account of cleaning.
SILENT = 90


def account(page: Any) -> Exhibit:
    """Where every row read ended, by register."""
    shown = ["name", "read", *ENDS]
    table = pd.DataFrame(page.summary.get("registers", []), columns=[*shown, "warnings"])
    return Exhibit(
        name="register_account",
        question=_("Is every row of every register accounted for?"),
        finding=_account,
        table=table[shown],
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
        notes=_warnings(table),
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


def changes(page: Any) -> Exhibit:
    """What cleaning changed: distinct values and rows by column; the values stand in changes.csv."""
    record = _record(page, "changes", ["register", "column", "rule", "count"])
    table = record.groupby(["column", "rule"], as_index=False).agg(
        values=("count", "size"), rows=("count", "sum")
    )
    return Exhibit(
        name="register_changes",
        question=_("What did cleaning change?"),
        finding=_changes,
        table=table,
        columns={
            "column": Column(_("Column"), "code", "header"),
            "rule": Column(_("Recognised by"), "code", "recognition"),
            "values": Column(_("Distinct values"), "count"),
            "rows": Column(_("Rows"), "count"),
        },
        unit=_("values; rows"),
        by=("column", "rule"),
        notes=[
            _(
                "Each value, what it became and how often stands in changes.csv, which is as protected as the registers."
            )
        ],
        internal_only=True,
    )


def decisions(page: Any) -> Exhibit:
    """What needs a decision: issues by severity and rule."""
    record = _record(page, "issues", ["register", "row", "column", "rule", "severity"])
    table = record.groupby(["severity", "rule"]).size().rename("rows").reset_index()
    order = {"error": 0, "warning": 1, "note": 2}
    table = table.sort_values(
        ["severity", "rows"], key=lambda c: c.map(order) if c.name == "severity" else -c
    )
    return Exhibit(
        name="register_decisions",
        question=_("What needs a decision?"),
        finding=_decisions,
        table=table.reset_index(drop=True)[["severity", "rule", "rows"]],
        columns={
            "severity": Column(_("What is done with the value"), "code", "severity"),
            "rule": Column(_("What was found"), "code", "rule"),
            "rows": Column(_("Rows"), "count"),
        },
        unit=_("rows"),
        by=("severity", "rule"),
        notes=[
            _(
                "Each row, with its value and what to do, stands in issues.csv, which is as protected as the registers."
            )
        ],
        internal_only=True,
    )


def to_do(page: Any) -> Exhibit:
    """What each agency can mend, the most frequent first, with the first rows it concerns."""
    record = _record(page, "issues", ["register", "row", "column", "rule", "severity"])
    record = record[record["severity"].ne("note")]
    groups = record.groupby(["register", "rule", "column"], dropna=False)["row"]
    table = groups.agg(rows="size", first=_first_rows).reset_index()
    table = table.sort_values(["register", "rows"], ascending=[True, False], kind="stable").reset_index(
        drop=True
    )
    return Exhibit(
        name="register_to_do",
        question=_("What can each agency mend?"),
        finding=_to_do,
        table=table[["register", "rule", "column", "rows", "first"]],
        columns={
            "register": Column(_("Register"), "text"),
            "rule": Column(_("What to mend"), "code", "rule"),
            "column": Column(_("Column"), "code", "header"),
            "rows": Column(_("Rows"), "count"),
            "first": Column(_("First rows"), "text"),
        },
        unit=_("rows"),
        by=("register", "rule", "column"),
        notes=[
            _("Rows are numbered as the spreadsheet numbers them; 2!14 is row 14 of the second sheet."),
            _("Mend the register itself, or enter what was agreed in the ledger of corrections."),
        ],
        internal_only=True,
    )


def _record(page: Any, name: str, columns: list[str]) -> pd.DataFrame:
    """A record of cleaning without the values it holds: those leave the protected file nowhere."""
    path: Path = page.settings.path(page.settings.processed) / f"{name}.csv"
    types = {column: "int64" if column == "count" else "str" for column in columns}
    try:
        return pd.read_csv(path, usecols=columns, dtype=types, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as cause:
        raise InputRejected(
            f"There is no {path.name} beside the requests table. Run `mlastats clean`."
        ) from cause


def _first_rows(rows: pd.Series) -> str:
    named = [row for row in rows if row][:ROWS_NAMED]
    return ", ".join(named) + (", …" if len(rows) > len(named) > 0 else "")


def _warnings(table: pd.DataFrame) -> list[str]:
    said = zip(table["name"], table["warnings"], strict=True)
    return [
        _("{register}: {warning}", register=name, warning=warning)
        for name, warnings in said
        for warning in (warnings if isinstance(warnings, list) else [])
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


def _changes(table: pd.DataFrame) -> str:
    if table.empty:
        return _("Nothing was changed: every value stood as the vocabulary has it.")
    return _(
        "{values} distinct values were rewritten, in {rows} cells; none was guessed.",
        values=number(table["values"].sum()),
        rows=number(table["rows"].sum()),
    )


def _decisions(table: pd.DataFrame) -> str:
    rows = table.groupby("severity")["rows"].sum()
    if not rows.drop("note", errors="ignore").sum():
        return _("Nothing: every value was recognised, and no two contradict each other.")
    return _(
        "{errors} values are not used until somebody decides what they mean; {warnings} are used with a doubt.",
        errors=number(rows.get("error", 0)),
        warnings=number(rows.get("warning", 0)),
    )


def _to_do(table: pd.DataFrame) -> str:
    if table.empty:
        return _("Nothing: no register has anything to mend.")
    most = table.groupby("register")["rows"].sum()
    return _(
        "{rows} places in all; the most, {most}, in the register {register}.",
        rows=number(most.sum()),
        most=number(most.max()),
        register=str(most.idxmax()),
    )
