"""What cleaning did, in exhibits: what it changed, what needs a decision, what each agency can mend."""

from pathlib import Path
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import listed, words
from mlastats.messages import _, _n, block, number
from mlastats.publish.exhibit import Exhibit
from mlastats.schema import SEVERAL

ROWS_NAMED = 5
BESIDE = ("asset_header", "person_header")
SEVERITIES = {"error": 0, "warning": 1, "note": 2}


def _changes(table: pd.DataFrame) -> str:
    if table.empty:
        return _("Nothing was changed: every value stood as the vocabulary has it.")
    return _(
        "{values} distinct values were rewritten, in {rows} cells; none was guessed.",
        **words(table[["values", "rows"]].sum()),
    )


def _decisions(table: pd.DataFrame) -> str:
    rows = table.groupby("severity")["rows"].sum()
    if not rows.drop("note", errors="ignore").sum():
        return _("Nothing: every value was recognised, and no two contradict each other.")
    return _n(
        "{n} entry is left out until an agency clarifies it; used provisionally: {warnings}.",
        "{n} entries are left out until an agency clarifies them; used provisionally: {warnings}.",
        int(rows.get("error", 0)),
        warnings=number(rows.get("warning", 0)),
    )


def _to_do(table: pd.DataFrame) -> str:
    if table.empty:
        return _("Nothing: no register has anything to mend.")
    most = table.groupby("register")["rows"].sum()
    return _n(
        "{n} entry can be mended; the most, {most}, in {registers}.",
        "{n} entries can be mended; the most, {most}, in {registers}.",
        int(most.sum()),
        most=number(most.max()),
        registers=listed(list(most.index[most.eq(most.max())])),
    )


CHANGES = Declared(
    "register_changes",
    "What did cleaning change?",
    by="column rule",
    columns="values rows",
    unit="values; rows",
    finding=_changes,
    notes=(
        "Each value, what it became and how often stands in changes.csv, which is as protected as the registers.",
    ),
    internal_only=True,
)
DECISIONS = Declared(
    "register_decisions",
    "What needs a decision?",
    by="severity rule",
    columns="rows",
    unit="rows",
    finding=_decisions,
    notes=(
        "Each row, with its value and what to do, stands in issues.csv, which is as protected as the registers.",
    ),
    internal_only=True,
)
TO_DO = Declared(
    "register_to_do",
    "What can each agency mend?",
    by="register rule column",
    columns="rows first remedy",
    unit="rows",
    finding=_to_do,
    notes=(
        "Rows are numbered as the spreadsheet numbers them; 2!14 is row 14 of the second sheet.",
        "Mend the register itself, or enter what was agreed in the ledger of corrections.",
    ),
    internal_only=True,
)


def changes(page: Any) -> Exhibit:
    """What cleaning changed: distinct values and rows by column; the values stand in changes.csv."""
    record = _record(page, "changes", ["register", "column", "rule", "count"])
    groups = record.groupby(["column", "rule"], as_index=False)
    return CHANGES(_columns_named(groups.agg(values=("count", "size"), rows=("count", "sum"))), page)


def decisions(page: Any) -> Exhibit:
    """What needs a decision: issues by severity and rule."""
    record = _record(page, "issues", ["register", "row", "column", "rule", "severity"])
    table = record.groupby(["severity", "rule"]).size().rename("rows").reset_index()
    table = table.sort_values(
        ["severity", "rows"], key=lambda c: c.map(SEVERITIES) if c.name == "severity" else -c
    )
    return DECISIONS(table, page)


def to_do(page: Any) -> Exhibit:
    """What each agency can mend, the most frequent first, with the first rows it concerns."""
    record = _record(page, "issues", ["register", "row", "column", "rule", "severity"])
    record = record[record["severity"].ne("note")]
    groups = record.groupby(["register", "rule", "column"], dropna=False)["row"]
    table = groups.agg(rows="size", first=_first_rows).reset_index()
    table = table.sort_values(["register", "rows"], ascending=[True, False], kind="stable")
    # What to do about a rule's issues holds no value of a register.
    remedies = {rule: block(row["remedy"]) for rule, row in vocab.codes("rule").items()}
    # A request of two registers is mended in both.
    named = table["register"].map(
        lambda ids: listed([page.called.get(name, name) for name in str(ids).split(SEVERAL)])
    )
    return TO_DO(
        _columns_named(table).assign(register=named, remedy=table["rule"].map(remedies).fillna("")), page
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


def _columns_named(table: pd.DataFrame) -> pd.DataFrame:
    """The columns of the tables beside the requests by their labels, which the vocabulary of its columns does not have."""
    known = vocab.codes("header")
    beside = {
        code: row["label"] for name in BESIDE for code, row in vocab.codes(name).items() if code not in known
    }
    return table.assign(column=table["column"].replace(beside))


def _first_rows(rows: pd.Series) -> str:
    named = [row for row in rows if row][:ROWS_NAMED]
    return ", ".join(named) + (", …" if len(rows) > len(named) > 0 else "")
