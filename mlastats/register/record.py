"""What cleaning puts on record: issues, one a row and value, and changes, one a distinct value."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlastats.errors import one_of
from mlastats.register.words import Words

ISSUES = ("register", "row", "column", "value", "rule", "message", "suggestion", "severity")
CHANGES = ("register", "column", "was", "now", "rule", "count")
# error: a value is not used until somebody decides; warning: used, with a doubt; note: good to know.
SEVERITIES = ("error", "warning", "note")


def issues(rows: Sequence[str] | pd.Index | pd.Series, **given: object) -> pd.DataFrame:
    """Issues in `rows`; each other column is given once for all or as one value a row."""
    if isinstance(given.get("severity"), str):
        one_of("severity", given["severity"], SEVERITIES)
    blank = dict.fromkeys(ISSUES[2:], "")
    table = pd.DataFrame({"row": pd.array(list(rows), dtype="str")})
    return conform(table.assign(**{**blank, **{k: _plain(v) for k, v in given.items()}}), ISSUES)


def value_issues(words: Words, rows: pd.Index, found: pd.DataFrame, column: str) -> pd.DataFrame:
    """The issues that recognising found in distinct values, for each row that has such a value.

    `found` has `rule`, `message`, `suggestion` and `severity`, one row a value; `rule` is missing or
    blank where there is nothing to say.
    """
    said = found["rule"].fillna("").ne("").to_numpy()
    places = np.flatnonzero(np.append(said, False)[words.codes])
    codes = words.codes[places]
    parts = {
        name: found[name].to_numpy(dtype=object)[codes]
        for name in ("rule", "message", "suggestion", "severity")
    }
    return issues(rows[places], column=column, value=words.values.to_numpy(dtype=object)[codes], **parts)


def changes(words: Words, now: pd.Series, rule: "pd.Series | str", column: str) -> pd.DataFrame:
    """The distinct values that became something else, with how often; `now` is missing where nothing
    came of a value (that is an issue, not a change)."""
    table = pd.DataFrame(
        {
            "column": column,
            "was": words.values.array,
            "now": now.array,
            "rule": rule if isinstance(rule, str) else rule.array,
            "count": words.counts(),
        }
    )
    different = table["now"].notna() & table["now"].ne(table["was"]) & table["count"].gt(0)
    return conform(table[different], CHANGES)


def conform(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with these columns, in this order; text is text, and blank where nothing is said."""
    whole = pd.DataFrame(index=range(len(table)))
    for name in columns:
        given = table[name].array if name in table else pd.array([""] * len(table), dtype="str")
        whole[name] = given if name == "count" else pd.Series(given).astype("str").fillna("").array
    return whole


def joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """All tables below each other; with no table, an empty one."""
    filled = [table for table in tables if len(table)]
    return (
        pd.concat(filled, ignore_index=True)
        if filled
        else conform(pd.DataFrame({"count": []}, dtype="int64"), columns)
    )


def _plain(value: object) -> object:
    return value.array if isinstance(value, (pd.Series, pd.Index)) else value
