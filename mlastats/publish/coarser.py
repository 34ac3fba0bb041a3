"""Coarser periods and groups, for exhibits of which disclosure control would leave less than half."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlastats.messages import TOGETHER, _
from mlastats.publish import cells
from mlastats.publish.counts import Place
from mlastats.publish.exhibit import Exhibit

if TYPE_CHECKING:
    pass

HALF = 0.5
PERIODS = ("year", "period")
SPANS = (2, 3, 5)


def variants(exhibit: Exhibit, threshold: int) -> Iterator[tuple[Exhibit, str]]:
    """The exhibit on longer periods, or with its small groups taken together; and what was merged, in words."""
    if not exhibit.by or exhibit.by[-1] == "direction" or not exhibit.counts:
        return
    dimension = exhibit.by[-1]
    if exhibit.columns[dimension].kind not in ("code", "text"):
        return
    steps = _spans(exhibit, dimension) if dimension in PERIODS else _groups(exhibit, dimension, threshold)
    for merged in steps:
        if any(code != level for level, code in merged.items()):
            yield _merged(exhibit, dimension, merged), _words(exhibit, dimension, merged)


def lost(exhibit: Exhibit) -> set[Place]:
    """Where a merged row has no figure because it is no sum of its parts'."""
    if not exhibit.by or exhibit.by[-1] not in exhibit.table:
        return set()
    merged = exhibit.table[exhibit.by[-1]].astype("str").str.contains(f"[{TOGETHER}–]")
    rests = [name for name, column in exhibit.columns.items() if column.rests_on and name in exhibit.table]
    return {(row, name) for row in exhibit.table.index[merged] for name in rests}


def _spans(exhibit: Exhibit, dimension: str) -> Iterator[Mapping[str, str]]:
    """Years, counted back from the last, in spans; what is no year stays as it is."""
    levels = [str(level) for level in exhibit.table[dimension].unique()]
    years = sorted(int(level) for level in levels if level.isdigit())
    for length in SPANS if years else ():
        last = years[-1]
        first = {year: max(years[0], last - (last - year) // length * length - length + 1) for year in years}
        end = {year: last - (last - year) // length * length for year in years}
        named = {
            str(year): f"{first[year]}–{end[year]}" if first[year] < end[year] else str(year)
            for year in years
        }
        yield {level: named.get(level, level) for level in levels}


def _groups(exhibit: Exhibit, dimension: str, threshold: int) -> Iterator[Mapping[str, str]]:
    """The levels with a small number of requests in any row as one group; then all but the two largest."""
    count = next(iter(exhibit.counts))
    sizes = exhibit.table.groupby(exhibit.table[dimension].astype("str"), sort=False)[count]
    small = sizes.min().lt(threshold) & sizes.max().gt(0)
    order = sizes.sum().sort_values(kind="stable").index
    for group in (small.index[small], order[: max(0, len(order) - 2)]):
        if len(group) > 1:
            name = TOGETHER.join(sorted(group))
            yield {level: name if level in group else level for level in sizes.groups}


def _merged(exhibit: Exhibit, dimension: str, merged: Mapping[str, str]) -> Exhibit:
    """Counts are added up; a figure stands only where its row was not merged."""
    table = exhibit.table.assign(**{dimension: exhibit.table[dimension].astype("str").map(merged)})
    by = list(exhibit.by)
    counted = [name for name in table if name in exhibit.counts]
    groups = table.groupby(by, sort=False, observed=True, dropna=False)
    together = groups[counted].sum(min_count=1)
    for name in [name for name in table if name not in by and name not in counted]:
        together[name] = groups[name].first().where(groups.size().eq(1))
    return replace(exhibit, table=together.reset_index()[list(table)])


def _words(exhibit: Exhibit, dimension: str, merged: Mapping[str, str]) -> str:
    if dimension in PERIODS:
        return _("Years are taken together, because most single ones have too few requests to be published.")
    column = exhibit.columns[dimension]
    names = [cells.value_in_words(level, column) for level, code in merged.items() if TOGETHER in code]
    return _(
        "Taken together, because each has too few requests to be published: {names}.",
        names=", ".join(names),
    )
