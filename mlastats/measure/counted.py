"""Shares of counted tables, as providers and secretariats publish them."""

from collections.abc import Sequence

import pandas as pd

from mlastats.errors import InputRejected, one_of
from mlastats.measure.intervals import share


def shares(
    frame: pd.DataFrame, numerator: str, denominator: str, by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """The share of one column of counts in another, by group: the columns of `by`, then numerator,
    denominator, `share lower upper`, `left_out`.

    The denominator holds the numerator: "formal" of "all", never of "informal". Counts are summed within
    a group before they are divided; limits are Wilson's, 95%. A row in which either count is missing
    is not 0: it is left out, and `left_out` says how many were. A group whose denominator is 0 stays,
    without a share; so do the empty levels of a categorical column. Raises InputRejected where a count
    is no number, is below 0, or the denominator does not hold the numerator.
    """
    groups = [by] if isinstance(by, str) else list(by)
    for name in (numerator, denominator, *groups):
        one_of("a column of counts or groups", name, list(frame))
    counts = _counts(frame, numerator, denominator)
    given = counts.notna().all(axis=1)
    sums = counts.where(given, 0).assign(left_out=(~given).astype("int64"))
    if groups:
        table = sums.groupby([frame[name] for name in groups], observed=False, dropna=False).sum()
    else:
        table = sums.sum().to_frame().T
    found = share(table, numerator, denominator).set_axis(["share", "lower", "upper"], axis=1)
    whole = table.astype("int64")[[numerator, denominator, "left_out"]]
    joined = whole.join(found)[[numerator, denominator, "share", "lower", "upper", "left_out"]]
    return joined.reset_index(drop=not groups)


def without_totals(frame: pd.DataFrame, column: str, total: str, within: Sequence[str]) -> pd.DataFrame:
    """The rows of a counted table without a total that stands beside its parts.

    A row whose `column` is `total` is left out where the rows that agree with it in the columns of
    `within` hold a part as well: adding it up would count the parts twice. Where it stands alone it stays.
    """
    for name in (column, *within):
        one_of("a column", name, list(frame))
    is_total = frame[column].eq(total)
    parts = (~is_total).groupby([frame[name] for name in within], dropna=False).transform("any")
    return frame[~(is_total & parts)]


def _counts(frame: pd.DataFrame, numerator: str, denominator: str) -> pd.DataFrame:
    written = frame[[numerator, denominator]].replace(r"^\s*$", pd.NA, regex=True)
    counts = written.apply(pd.to_numeric, errors="coerce")
    odd = (counts.isna() & written.notna()).sum().sum()
    wrong = (counts.lt(0).any(axis=1) | counts[numerator].gt(counts[denominator])).sum()
    if odd or wrong:
        raise InputRejected(
            f"`{numerator}` must be counts and `{denominator}` must hold them; {int(odd)} cells are no numbers, in "
            f"{int(wrong)} of {len(frame)} rows a count is below 0 or the part is more than the whole."
        )
    return counts
