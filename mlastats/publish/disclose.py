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
    """The table with counts from 1 to threshold - 1 withheld, and what rests on them."""
    table = exhibit.table.reset_index(drop=True)
    primary = {
        (row, name) for name in exhibit.counts for row in table.index[table[name].between(1, threshold - 1)]
    }
    resting = {
        (row, name)
        for name, column in exhibit.columns.items()
        for row, count in primary
        if count in column.rests_on
    }
    for row, name in primary | resting:
        table[name] = table[name].mask(table.index == row)
    return Protected(table, frozenset(primary | resting))
