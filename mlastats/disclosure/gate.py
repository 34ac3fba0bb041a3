"""The way of every public exhibit: its declared counts are counted again over the records, and what came this way, or
is derived from it by rule.csv, is let through; nothing else is.

rule.csv has a row a column: `column`, `exhibits` (blank: all; else patterns of names, of rows that stand above the
common one), `rule`, and `of`, what the figure rests on. The rules: `internal`; `plain`, what is no figure of requests;
`share`, a share of published counts, "part/whole", each a sum of columns; `estimate`, the internal share in steps by
the number of requests in `of`; `median`, `quartile`, `ninth` (nine tenths), `mean`, the internal days from enough
answers on; `quantile`, one of these by the row's quantile; `ratio`, "a/b" or "a*b/c" of published counts; `closed`,
levels of which every row is shown; `dominance`, a sum of money by the rules of `dominance`, to two digits. Of all other
levels a row is there because a request is: it is shown from a published 5 on, and the others are named together, without
a number of their own.
A count needs no row: it is public where it is declared, unless it is internal.
"""

import csv
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mlastats import messages, vocab
from mlastats.disclosure import dominance, rounding
from mlastats.errors import Withheld
from mlastats.measure.groups import UNRECORDED
from mlastats.publish.exhibit import Exhibit

Place = tuple[int, str]
Bounds = tuple[float, float]
NO_FIGURE = {"", "internal", "plain", "closed"}
AS_THEY_STAND = {"direction", "strand"}
QUANTILES = {0.25: "quartile", 0.5: "median", 0.75: "quartile", 0.9: "ninth"}


class Counted(Protocol):
    """What public counts are counted again over: records of cases, or the cells of a regional body."""

    def count(self, conditions: Mapping[str, str]) -> tuple[int, int] | None:
        """How many there are, and the sum of their keys; None where they cannot be counted."""

    def of(self, rows: Sequence[Any]) -> tuple[int, int]:
        """How many of these rows of the requests table are records, and the sum of their keys."""


@dataclass(frozen=True)
class Public:
    """A public exhibit: its `table`, the same with the `true` numbers, the columns that are `shown`, why what is missing
    is missing ("few": 0 to 4, or a share of which a part is; "withheld"; or as the measure says), whether rows were left
    out, and which of the columns are `figures` of records."""

    table: pd.DataFrame
    true: pd.DataFrame
    shown: tuple[str, ...]
    missing: Mapping[Place, str] = field(default_factory=dict)
    others: bool = False
    figures: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether a number of requests, be it 0 to 4, or a figure on them is left."""
        return "few" in self.missing.values() or any(self.table[name].notna().any() for name in self.figures)


def protect(exhibit: Exhibit, records: Counted, secret: bytes) -> Public:
    """The exhibit as the public may see it. Raises Withheld where a declared count is not the exhibit's."""
    table, columns, names = exhibit.table, exhibit.columns, list(exhibit.columns)
    rules = {name: rule(name, exhibit.name) for name in names}
    if sums := [name for name in names if rules[name][0] == "dominance"]:
        return _sums(exhibit, sums[0])
    published = {
        name: numbers
        for name in exhibit.counts
        if name in table and rules[name][0] != "internal"
        if (numbers := _published(exhibit, name, records, secret)) is not None
    }
    rows, others = _shown_rows(exhibit, published)
    blank = pd.Series("", index=table.index)
    reasons = {name: exhibit.reasons.get(name, blank).loc[rows].to_list() for name in names}
    true = table.loc[rows].reset_index(drop=True)
    counts = pd.DataFrame({name: numbers[rows] for name, numbers in published.items()}, index=true.index)
    shown, missing = true.assign(**counts), dict[Place, str]()
    days = [name for name in names if rules[name][0] == "plain" and columns[name].kind == "days"]
    bounds = [{name: (float(row[name]),) * 2 for name in days} for row in true.to_dict("records")]
    for name in published:
        for row in true.index[true[name].notna()]:
            low, high = (counts[name][row],) * 2
            if math.isnan(low):
                missing[row, name], low, high = "few", 0.0, rounding.BASE - 1.0
            bounds[row][name] = low, high
        for row in true.index[true[name].isna()]:
            # That a cell could not be collected tells that there is something to collect.
            if exhibit.members or reasons[name][row] == "withheld":
                missing[row, name] = "withheld"
    figures = {*published}
    for at, name in enumerate(names):
        how, of = rules[name]
        if name in published or columns[name].kind == "count" or how in NO_FIGURE:
            continue
        # The limits of an interval follow their figure, under its name or none.
        ends = (f"{name}_lower", f"{name}_upper", "lower", "upper")
        limits = [following for following in names[at + 1 : at + 3] if following in ends]
        derived = [name, *limits] if len(limits) == 2 else [name]
        figures |= {*derived}
        values = {column: [math.nan] * len(true) for column in derived}
        for row, exact in enumerate(true[derived].astype(float).to_numpy().tolist()):
            level = QUANTILES[round(float(true["quantile"][row]), 2)] if how == "quantile" else how
            for column, value in zip(derived, _derived(level, of, bounds[row], exact), strict=True):
                if value is None:
                    missing[row, column] = "withheld"
                elif not math.isnan(value):
                    values[column][row] = value
                elif how == "share" or reasons[name][row]:
                    # What the measure does not know is missing for its own reason, where enough stand behind it.
                    missing[row, column] = "few" if how == "share" else reasons[name][row]
        shown = shown.assign(**values)
    kept = tuple(n for n in names if n in figures or n in exhibit.by or rules[n][0] == "plain")
    for name in set(names) - set(kept):
        # Sentences find no number there; a whole column of none is not saved.
        shown[name] = pd.Series(
            np.nan, index=shown.index, dtype=object if columns[name].kind in ("text", "code") else float
        )
    return Public(shown, true, kept, missing, others, tuple(figures))


def _sums(exhibit: Exhibit, name: str) -> Public:
    """The rows of which the sum may be public, and of these the sum alone; none of a part of the requests, which could be
    taken from the whole."""
    table, whole = exhibit.table, not set(exhibit.scope) - {"as_of"}
    judged = table[[name, "contributors", "largest", "largest_two"]].itertuples(index=False)
    kept = [whole and dominance.is_safe(*cells) for cells in judged]
    true = table[kept].reset_index(drop=True)
    shown = true.assign(**{name: [rounding.two_digits(amount) for amount in true[name]]})
    for column in set(exhibit.columns) - {*exhibit.by, name}:
        shown[column] = np.nan
    return Public(shown, true, (*exhibit.by, name), figures=(name,))


@functools.cache
def rule(column: str, exhibit: str) -> tuple[str, str]:
    """What rule.csv says of a column of an exhibit; nothing where it does not name it."""
    for patterns, columns, how, of in _rules():
        if column in columns and any(fnmatchcase(exhibit, pattern) for pattern in patterns):
            return how, of
    return "", ""


@functools.cache
def _rules() -> list[tuple[list[str], list[str], str, str]]:
    with Path(__file__).with_name("rule.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: not row["exhibits"])
    return [((row["exhibits"] or "*").split(), row["column"].split(), row["rule"], row["of"]) for row in rows]


def conditions(exhibit: Exhibit, row: Mapping[str, object], column: str) -> dict[str, str]:
    """What a count of a row means: the exhibit's scope, the row's levels, what the column fixes."""
    levels = {name: UNRECORDED if pd.isna(row[name]) else str(row[name]) for name in exhibit.by}
    return {**exhibit.scope, **levels, **exhibit.counts[column]}


def _published(exhibit: Exhibit, column: str, records: Counted, secret: bytes) -> np.ndarray | None:
    """The published numbers of a declared count, each counted again; None where it cannot be counted."""
    table = exhibit.table
    exact, numbers, wrong = table[column].astype(float), np.full(len(table), math.nan), 0
    for row, levels in enumerate(table[list(exhibit.by)].to_dict("records") or [{}] * len(table)):
        asked = conditions(exhibit, levels, column)
        cell = records.of(exhibit.members[column][row]) if exhibit.members else records.count(asked)
        if cell is None:
            return None
        if pd.notna(exact.iloc[row]):
            wrong += exact.iloc[row] != cell[0]
            numbers[row] = rounding.published(secret, asked.get("unit", "requests"), *cell)
    if wrong:
        raise Withheld(
            f"The exhibit {exhibit.name} counts {column} otherwise than it declares, in {wrong} of {len(table)} rows. "
            "Nothing was published. Mend what the exhibit says of the column in column.csv, or its scope."
        )
    return numbers


def _shown_rows(exhibit: Exhibit, published: Mapping[str, np.ndarray]) -> tuple[list[int], bool]:
    """Of directions, partners, kinds and their like the rows with a published 5, in an order that says nothing of them;
    of closed levels every row."""
    table = exhibit.table
    group = [name for name in exhibit.by if rule(name, exhibit.name)[0] != "closed"]
    # A whole is that of all rows.
    own = [
        name for name in published if all(exhibit.counts[name].get(level) != "all" for level in group)
    ] or list(published)
    if not group or not published:
        return list(table.index) if published else [], False
    enough = pd.DataFrame(published, index=table.index)[own].max(axis=1).ge(rounding.BASE)
    kept = enough.groupby([table[name].astype(str) for name in group]).transform("any")
    order = pd.DataFrame(
        {
            name: pd.factorize(table[name].astype(str))[0]
            if name in AS_THEY_STAND
            else [_place(exhibit, name, code) for code in table[name]]
            for name in group
        },
        index=table.index,
    )
    return list(order[kept].sort_values(group, kind="stable").index), not AS_THEY_STAND.issuperset(group)


def _place(exhibit: Exhibit, column: str, code: object) -> str:
    """Partners and agencies stand by name, whatever a vocabulary lists by its place in it."""
    vocabulary = exhibit.columns[column].vocabulary
    if vocabulary == "partner":
        return messages.partner_name(code)
    listed = list(vocab.codes(vocabulary)) if vocabulary and vocabulary != "agency" else []
    return f"{listed.index(code):04}" if code in listed else messages.label(vocabulary, code)


def _derived(
    how: str, of: str, bounds: Mapping[str, Bounds], values: Sequence[float]
) -> Sequence[float | None]:
    """A figure and its limits by a rule, from the `bounds` of published counts and the internal `values`; None where
    too few requests stand behind one. Of a share of which a part is 0 to 4 the limits alone are known."""

    def total(columns: str) -> Bounds:
        parts = [bounds.get(name, (math.nan, math.nan)) for name in columns.split("+")]
        return math.fsum(low for low, _high in parts), math.fsum(high for _low, high in parts)

    none: list[float | None] = [None] * len(values)
    if how == "share":
        part, whole = map(total, of.split("/"))
        if not whole[0] >= rounding.SHARES_FROM or math.isnan(part[0]):
            return none
        low, high = rounding.share(part[0], whole[1]), rounding.share(part[1], whole[0])
        if part[0] == part[1] and whole[0] == whole[1]:
            return low[: len(values)]
        return [math.nan, low[1], high[2]] if len(values) > 1 else none
    if how == "ratio":
        above, below = of.split("/")
        parts = [total(part)[0] for part in [*above.split("*"), below]]
        if not min(parts) >= rounding.SHARES_FROM:
            return none
        value = math.prod(parts[:-1]) / parts[-1]
        step = rounding.days_step(value) if len(parts) > 2 else rounding.share_step(parts[-1])
        return [rounding.stepped(value, step)]
    # At least so many: what is 0 to 4 adds none.
    count = min(total(columns)[0] for columns in of.split(";"))
    if how == "estimate":
        if not count >= rounding.SHARES_FROM:
            return none
        step = rounding.estimate_step(count)
        added = (0.5, rounding.DOWN, rounding.UP)
        figures = [rounding.stepped(value, step, more) for value, more in zip(values, added, strict=False)]
        # Neither none nor all: no step between them is near enough.
        return none if 0 < values[0] < 1 and figures[0] in (0, 1) else figures
    if not count >= rounding.FEWEST[how]:
        return none
    days = [rounding.stepped(value, rounding.days_step(value)) for value in values]
    return [days[0], *(day if count >= rounding.LIMITS_FROM else None for day in days[1:])]
