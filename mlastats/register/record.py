"""What cleaning puts on record: issues, one a row and value, and changes, one a distinct value."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.errors import one_of
from mlastats.messages import _, label
from mlastats.register.distinct import Distinct, same

# `key` is what the question is known by that an issue asks, `code` the code that is suggested, `other` the other row of
# a pair, with its register.
ISSUES = (
    *("register", "row", "column", "value", "rule", "message", "suggestion", "severity"),
    *("key", "code", "other"),
)
SAID = ("rule", "message", "suggestion", "severity")
CHANGES = ("register", "column", "was", "now", "rule", "count")
# error: a value is not used until somebody decides; warning: used, with a doubt; note: good to know.
SEVERITIES = ("error", "warning", "note")


def said(rule: str, **values: object) -> dict[str, str]:
    """`rule message suggestion severity` of an issue of a rule as rule.csv has them, in the language in use, with their
    named values; where it has no message, its label and remedy."""
    row = vocab.codes("rule")[rule]
    text, advice = row["message"], row["suggestion"]
    message = _(text, **values) if text else f"{label('rule', rule)}."
    advice = advice if text else row["remedy"]
    suggestion = _(advice, **values) if advice else ""
    return dict(zip(SAID, (rule, message, suggestion, row["severity"]), strict=True))


def issues(rows: Sequence[str] | pd.Index | pd.Series, **given: object) -> pd.DataFrame:
    """Issues in `rows`; each other column is given once for all or as one value a row. What is not given of an issue of one
    rule is `said` of it, if its words have no values."""
    if isinstance(rule := given.get("rule"), str) and not {*SAID} <= {*given}:
        given = said(rule) | given
    if isinstance(given.get("severity"), str):
        one_of("severity", given["severity"], SEVERITIES)
    return _table({"row": rows, **given}, len(rows), ISSUES)


def value_issues(values: Distinct, rows: pd.Index, found: pd.DataFrame, column: str) -> pd.DataFrame:
    """The issues that recognising found in distinct values, for each row that has such a value.

    `found` has `rule`, `message`, `suggestion` and `severity`, one row a value; `rule` is missing or
    blank where there is nothing to say.
    """
    said = found["rule"].fillna("").ne("").to_numpy()
    if not said.any():
        return joined([], ISSUES)
    places = np.flatnonzero(values.rows_with(said))
    codes = values.codes[places]
    names = [name for name in (*SAID, "code") if name in found]
    parts = {name: found[name].array.take(codes) for name in names}
    return issues(rows[places], column=column, value=values.values.array.take(codes), **parts)


def changes(
    values: pd.Series, counts: np.ndarray, now: pd.Series, rule: "pd.Series | str", column: str
) -> pd.DataFrame:
    """The distinct values that became something else, with how often; `now` is missing where nothing
    came of a value (that is an issue, not a change)."""
    different = np.flatnonzero(now.notna().to_numpy() & now.array.__ne__(values.array))
    different = different[counts[different] > 0] if len(different) else different
    if not len(different):
        return joined([], CHANGES)
    given = {
        "column": column,
        "was": values.array.take(different),
        "now": now.array.take(different),
        "rule": rule if isinstance(rule, str) else rule.array.take(different),
        "count": counts[different],
    }
    return _table(given, len(different), CHANGES)


def above(
    ditto: Sequence[tuple[str, str, str, int]], columns: Mapping[str, str], hashed: Sequence[str]
) -> pd.DataFrame:
    """The changes of cells that said "as above": header, sign, value and how often, of the headers that are
    `columns` of the requests table; references that are `hashed` stand in no record."""
    some = [(columns[name], *rest) for name, *rest in ditto if columns.get(name) not in (None, *hashed)]
    if not some:
        return joined([], CHANGES)
    names = ("column", "was", "now", "count")
    return _table(
        {n: [row[k] for row in some] for k, n in enumerate(names)} | {"rule": "ditto"}, len(some), CHANGES
    )


def joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """All tables below each other; with no table, an empty one."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else _empty(tuple(columns))


@functools.cache
def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: _column(name, "", 0) for name in columns})


def _table(given: Mapping[str, object], rows: int, columns: Sequence[str]) -> pd.DataFrame:
    """The columns, in this order; text is text, and blank where nothing is said."""
    if not rows:
        return _empty(tuple(columns))
    return pd.DataFrame({name: _column(name, given.get(name, ""), rows) for name in columns})


def _column(name: str, given: object, rows: int) -> pd.Series:
    if name == "count":
        return pd.Series(given if rows else [], dtype="int64")
    if isinstance(given, str):
        return same(given, rows)
    array = given.array if isinstance(given, (pd.Series, pd.Index)) else given
    return pd.Series(array, dtype="str").fillna("")
