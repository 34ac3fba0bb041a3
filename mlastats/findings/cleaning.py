"""What cleaning did, in exhibits: what it changed, what needs a decision, what each agency can mend."""

from pathlib import Path
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.messages import _, block, number
from mlastats.publish.exhibit import Column, Exhibit

ROWS_NAMED = 5


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
        table=table.assign(remedy=table["rule"].map(_remedy))[
            ["register", "rule", "column", "rows", "first", "remedy"]
        ],
        columns={
            "register": Column(_("Register"), "text"),
            "rule": Column(_("What to mend"), "code", "rule"),
            "column": Column(_("Column"), "code", "header"),
            "rows": Column(_("Rows"), "count"),
            "first": Column(_("First rows"), "text"),
            "remedy": Column(_("What to do"), "text"),
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


def _remedy(rule: str) -> str:
    """What to do about a rule's issues; it holds no value of a register."""
    return block(vocab.codes("rule").get(rule, {}).get("remedy", ""))


def _first_rows(rows: pd.Series) -> str:
    named = [row for row in rows if row][:ROWS_NAMED]
    return ", ".join(named) + (", …" if len(rows) > len(named) > 0 else "")


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
