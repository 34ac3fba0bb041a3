"""Counted tables of stock and flow, as ministries publish them: do they close?"""

import pandas as pd

from mlastats.errors import InputRejected

OPENING = ("opening", "opening_stock", "carried_forward", "carried_over", "brought_forward")
OPENED = ("opened", "new", "received", "made", "filed")
CLOSING = ("closing", "closing_stock", "continuing", "pending", "remaining")
PERIOD = ("period", "fy", "year")
COLUMNS = ["period", "check", "expected", "found", "difference"]


def reconcile(frame: pd.DataFrame) -> pd.DataFrame:
    """Faults of a counted table of stock and flow, one a row; none where it closes.

    `frame` has one row for each group and period, with a column for the period ("2019-20", "2019"),
    the opening stock, the new requests, one or more columns of endings, and the closing stock, under
    the names that OPENING, OPENED, CLOSING and PERIOD list. Text columns are groups; every other
    column of counts is a kind of ending. An empty cell is missing, never 0.

    Gives the group columns and `period check expected found difference` (found - expected), with
    `check` one of

    - closing: opening + opened - all endings is not the closing stock
    - opening: the opening stock is not the closing stock of the period before, where the table has it
    - missing: a count is not given, so that the period cannot be checked; `expected` is the closing
      stock as far as the counts given tell
    """
    table = _read(frame)
    groups = [name for name in table if name not in ("order", *_NUMBERS, "period")]
    expected = table["opening"] + table["opened"] - table["ended"]
    wrong = table["given"] & expected.ne(table["closing"])
    before = table.assign(order=table["order"] + 1)[[*groups, "order", "closing"]]
    joined = table.merge(before, on=[*groups, "order"], how="left", suffixes=("", "_before"))
    both = joined[["opening", "closing_before"]].notna().all(axis=1)
    moved = both & joined["opening"].ne(joined["closing_before"])
    found = pd.concat(
        [
            _faults(table, "missing", expected, table["closing"], ~table["given"]),
            _faults(table, "closing", expected, table["closing"], wrong),
            _faults(joined, "opening", joined["closing_before"], joined["opening"], moved),
        ]
    )
    ordered = found.sort_values([*groups, "order"], kind="stable", ignore_index=True)
    return ordered[[*groups, *COLUMNS]]


_NUMBERS = ("opening", "opened", "ended", "closing", "given")


def _read(frame: pd.DataFrame) -> pd.DataFrame:
    """The table under its own names: groups, period, order, opening, opened, ended, closing."""
    roles = {"period": PERIOD, "opening": OPENING, "opened": OPENED, "closing": CLOSING}
    names = {role: _column(frame, role, known) for role, known in roles.items()}
    rest = frame.drop(columns=list(names.values()))
    numbers = rest.apply(pd.to_numeric, errors="coerce")
    endings = [name for name in rest if numbers[name].notna().any()]
    counts = frame[[names[role] for role in ("opening", "opened", "closing")]].apply(
        pd.to_numeric, errors="coerce"
    )
    counts.columns = pd.Index(["opening", "opened", "closing"])
    period = frame[names["period"]].astype("str")
    return rest.drop(columns=endings).assign(
        period=period,
        order=period.str.extract(r"(\d{4})", expand=False).astype(float),
        **counts,
        ended=numbers[endings].sum(axis=1),
        given=counts.notna().all(axis=1) & numbers[endings].notna().all(axis=1),
    )


def _column(frame: pd.DataFrame, role: str, known: tuple[str, ...]) -> str:
    found = [name for name in frame if str(name).strip().lower() in known]
    if len(found) != 1:
        raise InputRejected(
            f"A table of stock and flow needs one column for `{role}`, named {', '.join(known)}; "
            f"found {len(found)}. Rename the column."
        )
    return found[0]


def _faults(
    table: pd.DataFrame, check: str, expected: pd.Series, found: pd.Series, wrong: pd.Series
) -> pd.DataFrame:
    difference = found - expected
    return table.assign(check=check, expected=expected, found=found, difference=difference)[wrong]


def totals(frame: pd.DataFrame, nil: str = "-", missing: str = "N/A") -> pd.DataFrame:
    """Rows of a printed table whose total is not the sum of their years, one fault a row; none where all add up.

    `frame` holds text: group columns, columns named by years, and the last column, their total as printed. `nil` is none,
    `missing` was not given: a total is the sum of what is given, nil where that is nothing, and missing only where every
    year is. An empty total is no cell of the table, and checked by nothing. Gives the group columns, `expected` and `found`
    as the table would print them, and `difference` (missing where one of them is no number).
    """
    years = [name for name in frame if str(name).isdigit()]
    groups = [name for name in frame.columns[:-1] if name not in years]
    given = frame[years].replace({nil: "0", missing: None}).apply(pd.to_numeric)
    sums = given.sum(axis=1, min_count=1)
    expected = sums.map(lambda n: missing if pd.isna(n) else nil if n == 0 else str(int(n)))
    found = frame.iloc[:, -1]
    difference = pd.to_numeric(found.replace({nil: "0", missing: None})) - sums
    wrong = found.ne(expected) & found.fillna("").ne("")
    return (
        frame[groups]
        .assign(expected=expected, found=found, difference=difference)[wrong]
        .reset_index(drop=True)
    )
