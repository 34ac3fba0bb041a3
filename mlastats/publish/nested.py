"""What everybody knows to be empty: ends that are no such status, partners in no such group."""

import functools
import itertools
from collections.abc import Iterable, Mapping

from mlastats.publish.counts import REST, Cell, levels

ENDS = {
    **dict.fromkeys(("executed", "partly_executed", "refused", "unrecorded"), "answered"),
    **dict.fromkeys(("withdrawn", "returned", "other"), "ended_otherwise"),
    "pending": "pending",
    "undated": "undated",
}


def nested(numbers: Iterable[Cell]) -> dict[Cell, float | None]:
    """What everybody knows to be empty: ends that are no such status, partners in no such group."""
    every = all_levels(numbers)
    empty: list[Cell] = []
    if {"status", "end"} <= set(every):
        empty += _impossible("end", "status", every, {end: {status} for end, status in ENDS.items()})
    for whole in sorted({"partner_group", "asean", "asean_now"} & set(every)) if "partner" in every else ():
        groups = _groups(tuple(sorted(every["partner"])))
        allowed = {code: _held(whole, found) for code, found in groups.items()}
        empty += _impossible("partner", whole, every, allowed)
    return dict.fromkeys(empty, 0.0)


def _impossible(
    part: str, whole: str, every: Mapping[str, Mapping[str, int]], allowed: Mapping[str, set[str]]
) -> Iterable[Cell]:
    for one, wholes in allowed.items():
        for other in every[whole]:
            if one in every[part] and other not in wholes:
                yield frozenset({(part, one), (whole, other)})


def _held(whole: str, groups: set[str]) -> set[str]:
    """In which levels of `whole` a partner was that was in these groups."""
    if whole == "partner_group":
        return groups
    return {"asean" if group == "asean" else "non_asean" for group in groups}


@functools.cache
def _groups(partners: tuple[str, ...]) -> dict[str, set[str]]:
    """The groups that each partner was in at any time."""
    import pandas as pd

    from mlastats import vocab

    found: dict[str, set[str]] = {code: set() for code in partners if code not in (REST, "unrecorded")}
    years = [pd.Timestamp(year, 1, 1) for year in range(1960, 2041)]
    pairs = list(itertools.product(found, years))
    codes = pd.Series([code for code, _year in pairs], dtype="str")
    groups = vocab.partner_group(codes, pd.Series([year for _code, year in pairs], dtype="datetime64[ns]"))
    for code, group in zip(codes, groups, strict=True):
        found[code].add(str(group))
    return found


def all_levels(numbers: Iterable[Cell]) -> dict[str, dict[str, int]]:
    seen: dict[str, set[str]] = {}
    for cell in numbers:
        for name, value in cell:
            seen.setdefault(name, {REST}).update(levels(value))
    return {name: {one: n for n, one in enumerate(sorted(values))} for name, values in sorted(seen.items())}
