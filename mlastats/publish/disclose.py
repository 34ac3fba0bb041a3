"""Disclosure control of what is published: small counts and all that rests on them are withheld."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlastats.publish.exhibit import Exhibit, Saved

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Protected:
    """A table after disclosure control: what is left, what was withheld, what was merged."""

    table: "pd.DataFrame"
    withheld: frozenset[tuple[int, str]] = frozenset()
    loose: tuple[str, ...] = ()
    coarser: str = ""


def as_it_is(exhibit: Exhibit) -> Protected:
    """The table of an exhibit whose audience may see every number."""
    return Protected(exhibit.table.reset_index(drop=True))


def protect(exhibit: Exhibit, earlier: Sequence[Saved], threshold: int) -> Protected:
    """The table with every row withheld that holds a count from 1 to threshold - 1, and with enough other
    rows that no total along a dimension gives one back.

    In a withheld row no count is given but zero, nor anything that rests on a count. Along each column of
    `by`, a line with one withheld row loses the next smallest row too, until no line has a single one.
    Lines whose other rows are all zero stay open to subtraction from a total in another exhibit.
    """
    table = exhibit.table.reset_index(drop=True)
    counts = [name for name in exhibit.counts if name in table]
    small = table[counts].apply(lambda column: column.between(1, threshold - 1)).any(axis=1)
    gone = _with_partners(table, small, exhibit.by, counts)
    withheld = frozenset(
        (row, name)
        for row in table.index[gone]
        for name in table
        if (name in counts and table.at[row, name] != 0) or exhibit.columns[name].rests_on
    )
    for name in {name for _row, name in withheld}:
        table[name] = table[name].mask([(row, name) in withheld for row in table.index])
    return Protected(table, withheld)


def _with_partners(
    table: "pd.DataFrame", small: "pd.Series", by: Sequence[str], counts: Sequence[str]
) -> "pd.Series":
    """The rows to withhold: the small ones, and in each line with a single one the next smallest."""
    gone, size = small.astype(bool), table[list(counts)].max(axis=1) if counts else small.astype(float)
    while True:
        more = {row for dimension in by for row in _lone(table, gone, size, dimension, by)}
        if not more:
            return gone
        gone = gone | table.index.isin(more)


def _lone(
    table: "pd.DataFrame", gone: "pd.Series", size: "pd.Series", dimension: str, by: Sequence[str]
) -> list[int]:
    """For each line along a dimension with one withheld row: the smallest other row that is not zero."""
    others = [name for name in by if name != dimension]
    lines = (
        table.groupby(others[0] if len(others) == 1 else others, observed=True, sort=False).groups.values()
        if others
        else [table.index]
    )
    found = []
    for line in lines:
        free = size[line][~gone[line] & size[line].gt(0)]
        if gone[line].sum() == 1 and len(free):
            found.append(int(free.idxmin()))
    return found
