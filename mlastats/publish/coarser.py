"""Coarser periods and groups, for exhibits of which disclosure control would leave less than half."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlastats.messages import TOGETHER, _
from mlastats.publish import cells
from mlastats.publish.counts import Place
from mlastats.publish.exhibit import Exhibit

if TYPE_CHECKING:
    import pandas as pd

HALF = 0.5
PERIODS = ("year", "period")
SPANS = (2, 3, 5)
LARGEST = (4, 2)
# What an exhibit compares is never taken together.
COMPARED = ("direction", "formality", "asean", "asean_now", "contacted", "compared", "end", "within_days")
Merged = Mapping[str, str]


def variants(exhibit: Exhibit, threshold: int, fixed: Iterable[str] = ()) -> Iterator[tuple[Exhibit, str]]:
    """The exhibit on longer periods, or with its small groups taken together; and what was merged, in words.

    The dimensions in `fixed`, whose parts overlap, and what is compared stay as they are. Of two others
    the last is made coarser first, then the one before it too.
    """
    names = [
        name
        for name in exhibit.by
        if exhibit.columns[name].kind in ("code", "text") and name not in (*COMPARED, *fixed)
    ]
    if not names or not exhibit.counts:
        return
    steps = [[None, *_steps(exhibit, name, threshold)] for name in names]
    for chosen in itertools.islice(itertools.product(*steps), 1, None):
        one, words = exhibit, list[str]()
        for name, merged in zip(names, chosen, strict=True):
            if merged is not None:
                one, words = _merged(one, name, merged), [*words, _words(exhibit, name, merged)]
        yield one, " ".join(words)


def lost(exhibit: Exhibit) -> set[Place]:
    """Where a merged row has no figure because it is no sum of its parts'."""
    merged = exhibit.table.index[_is_merged(exhibit)]
    rests = [name for name, column in exhibit.columns.items() if column.rests_on and name in exhibit.table]
    return {(row, name) for row in merged for name in rests}


def _is_merged(exhibit: Exhibit) -> "pd.Series":
    import pandas as pd

    found = pd.Series(False, index=exhibit.table.index)
    for name in exhibit.by:
        if name in exhibit.table:
            found |= exhibit.table[name].astype("str").str.contains(f"[{TOGETHER}–]")
    return found


def _steps(exhibit: Exhibit, dimension: str, threshold: int) -> list[Merged]:
    found = _spans(exhibit, dimension) if dimension in PERIODS else _groups(exhibit, dimension, threshold)
    return [merged for merged in found if any(code != level for level, code in merged.items())]


def _spans(exhibit: Exhibit, dimension: str) -> Iterator[Merged]:
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


def _groups(exhibit: Exhibit, dimension: str, threshold: int) -> Iterator[Merged]:
    """The levels with a small number of requests in any row as one group; then all but the largest."""
    count = next(iter(exhibit.counts))
    sizes = exhibit.table.groupby(exhibit.table[dimension].astype("str"), sort=False)[count]
    small = sizes.agg(lambda numbers: numbers.between(1, threshold - 1).any()).astype(bool)
    order = sizes.sum().sort_values(kind="stable").index
    for group in (small.index[small], *(order[: max(0, len(order) - left)] for left in LARGEST)):
        if len(group) > 1:
            name = TOGETHER.join(sorted(group))
            yield {level: name if level in group else level for level in sizes.groups}


def _merged(exhibit: Exhibit, dimension: str, merged: Merged) -> Exhibit:
    """Counts are added up; a figure stands only where its row was not merged."""
    table = exhibit.table.assign(**{dimension: exhibit.table[dimension].astype("str").map(merged)})
    by = list(exhibit.by)
    counted = [name for name in table if name in exhibit.counts]
    groups = table.groupby(by, sort=False, observed=True, dropna=False)
    together = groups[counted].sum(min_count=1)
    for name in [name for name in table if name not in by and name not in counted]:
        together[name] = groups[name].first().where(groups.size().eq(1))
    return replace(exhibit, table=together.reset_index()[list(table)])


def _words(exhibit: Exhibit, dimension: str, merged: Merged) -> str:
    if dimension in PERIODS:
        return _("Years are taken together, because most single ones have too few requests to be published.")
    column = exhibit.columns[dimension]
    names = [cells.value_in_words(level, column) for level, code in merged.items() if TOGETHER in code]
    return _(
        "Taken together, because each has too few requests to be published: {names}.",
        names=", ".join(names),
    )
