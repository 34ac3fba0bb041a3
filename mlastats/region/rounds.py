"""Rounds of sealed returns, as a regional body has received them: what their sums tell, once each member has sent its own.

A sum has no country in it: there is no figure, mirror or grade of any, and nobody knows how many have a request in a cell,
so that all of it stays internal. Estimates between groups inside the sum (kinds, channels) equal those of all cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mlastats.errors import InputRejected
from mlastats.region import sealed
from mlastats.region.collected import Collected, flow_of, strands, times_of
from mlastats.region.cube import OTHER, TOTAL, Return

COLUMNS = ("sealed_round", "direction", "kind", "channel", "countries")


@dataclass(frozen=True)
class Round:
    """A round by its `name`, its `members`, and the sums of FLOW and DURATION by name; without them `lacks` says why."""

    name: str
    members: tuple[str, ...]
    sums: Mapping[str, pd.DataFrame]
    lacks: str = ""


def rounds(pile: Collected, period: str) -> list[Round]:
    """The rounds that the last sealed returns for a year are of, by name.

    >>> region.rounds.rounds(pile, "2025")
    []
    """
    groups: dict[str, list[Return]] = {}
    for one in pile.latest(period):
        if one.header.mode == "sealed":
            groups.setdefault(str(one.header.agreed["round"]), []).append(one)
    found = []
    for name, returns in sorted(groups.items()):
        sums, lacks = dict[str, pd.DataFrame](), ""
        try:
            sums = sealed.opened(returns)
        except InputRejected as cause:
            lacks = str(cause)
        found.append(Round(name, sealed.members(returns[0]), sums, lacks))
    return found


def times(pile: Collected, period: str, by: Sequence[str] = ("direction", "kind")) -> pd.DataFrame:
    """How long an answer takes in the sum of each whole round: `sealed_round`, the columns of `by` (direction, kind,
    channel), `countries`, how many members the round has, and the columns of `collected.times`.

    Kinds that the round does not tell apart have no row: requests of different kinds are never given one time.

    >>> len(region.rounds.times(pile, "2025"))
    0
    """
    tables = [pd.DataFrame(columns=[*COLUMNS, *times_of(pd.DataFrame({"EVENT": []}), ())])]
    for one in rounds(pile, period):
        if one.sums:
            cells = strands(one.sums["DURATION"])
            table = times_of(cells[~cells["kind"].isin([TOTAL, OTHER])], by)
            tables.append(table.assign(sealed_round=one.name, countries=len(one.members)))
    return _together(tables)


def flows(pile: Collected, period: str) -> pd.DataFrame:
    """The flow of the year in the sum of each whole round: `sealed_round direction kind countries` and the columns of
    `collected.totals`; the kind `_O` is all that the round does not name, `_T` all together.

    >>> len(region.rounds.flows(pile, "2025"))
    0
    """
    tables = [pd.DataFrame(columns=list(COLUMNS))]
    for one in rounds(pile, period):
        if one.sums:
            table = flow_of(strands(one.sums["FLOW"]), ("direction", "kind"))
            tables.append(table.assign(sealed_round=one.name, countries=len(one.members)))
    return _together(tables)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
