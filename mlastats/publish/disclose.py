"""Disclosure control of what is published: small counts and all that rests on them are withheld.

Withheld is every count from 1 to threshold - 1, and as many others as keep readers from working one
out from all they know: this report's other exhibits, its earlier publications, and what came between
two publications (a difference of 1 to threshold - 1 is a small count too). `audit` says what a reader
can work out. Zero stays zero. Primary and complementary cells look the same: `[c]`.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlastats.errors import Withheld
from mlastats.publish import coarser
from mlastats.publish.audit import Audit, Contradiction, Pinned
from mlastats.publish.counts import (
    APART,
    AS_OF,
    DATED,
    OVERLAPS,
    Cell,
    Counts,
    Place,
    cells,
    counts,
    lasting,
    of_saved,
    overlapping,
)
from mlastats.publish.exhibit import Exhibit, Saved

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 40


@dataclass(frozen=True)
class Protected:
    """A table after disclosure control: what is left, what was withheld, what was merged.

    Of one that is withheld as a whole nothing is left, not even its zeros: it says no more than one that
    was never made.
    """

    table: "pd.DataFrame"
    withheld: frozenset[Place] = frozenset()
    loose: tuple[str, ...] = ()
    coarser: str = ""

    @property
    def whole(self) -> bool:
        """Whether the exhibit is withheld as a whole."""
        return self.table.empty and bool(self.withheld)


@dataclass(frozen=True)
class Known:
    """What readers know: this report so far, and its earlier publications by their as-of day."""

    so_far: Counts = field(default_factory=Counts)
    earlier: tuple[tuple[str, Counts], ...] = ()

    def of(self, as_of: str) -> Counts:
        """What is known of the same day, from all publications."""
        found = self.so_far
        for day, published in self.earlier:
            found = found.add(published) if day == as_of else found
        return found

    def before(self, as_of: str, now: Counts) -> list[Counts]:
        """What lies between this publication and each one of another day."""
        days = {day for day, _published in self.earlier if day != as_of}
        return [_difference(now, Known(earlier=self.earlier).of(day), day < as_of) for day in sorted(days)]


def as_it_is(exhibit: Exhibit) -> Protected:
    """The table of an exhibit whose audience may see every number."""
    return Protected(exhibit.table.reset_index(drop=True))


def known(so_far: Iterable[Saved], earlier: Iterable[Saved] = (), requests: int | None = None) -> Known:
    """What readers know from published exhibits; `requests` is the number of all that the page names."""
    total = Counts({frozenset(): float(requests)}) if requests is not None else Counts()
    for saved in so_far:
        total = total.add(of_saved(saved))
    days: dict[str, Counts] = {}
    for saved in earlier:
        day = saved.scope.get(AS_OF, "")
        days[day] = days.get(day, Counts()).add(of_saved(saved))
    return Known(total, tuple(days.items()))


def protect(exhibit: Exhibit, known: Known, threshold: int) -> Protected:
    """The table with every small count withheld, all that rests on it, and what would give it back.

    Where over half of the counts would go, coarser periods or groups are taken; where over half of
    these would go too, all goes.
    """
    exhibit = replace(exhibit, table=exhibit.table.reset_index(drop=True))
    one, words, gone = exhibit, "", set[Cell]()
    overlap = overlapping(exhibit, known.of(exhibit.scope.get(AS_OF, "")).numbers)
    fixed = [name.removesuffix(OVERLAPS) for name in overlap]
    for one, words in itertools.chain([(exhibit, "")], coarser.variants(exhibit, threshold, fixed)):
        found, share, gone = _protected(one, known, threshold, coarser.HALF)
        if share <= coarser.HALF:
            return replace(found, coarser=words)
    if words:
        # Less than half of the coarsest is of no use, and to leave nothing needs no proof.
        return _nothing(exhibit)
    return _left(exhibit, _protected(one, known, threshold, start=gone)[0])


def declared(exhibit: Exhibit) -> Exhibit:
    """With counts that the exhibit does not declare as cells of their own, so that none goes unseen."""
    more = {
        name: {f"{exhibit.name}.{name}": "yes"}
        for name, column in exhibit.columns.items()
        if column.kind == "count" and name not in exhibit.counts and name in exhibit.table
    }
    return replace(exhibit, counts={**exhibit.counts, **more})


def single(exhibit: Exhibit) -> list[str]:
    """The columns of a table that show single requests."""
    return [name for name, column in exhibit.columns.items() if column.single and name in exhibit.table]


def gate(exhibits: Sequence[Saved], known: Known, threshold: int) -> None:
    """Raise Withheld where a public report shows a small count or lets a reader work one out.

    `known` includes the exhibits. The check rests on what is saved alone, as a reader has it.
    """
    _nothing_small(exhibits, threshold)
    as_of = exhibits[0].scope.get(AS_OF, "") if exhibits else ""
    places = {cell: saved.name for saved in reversed(exhibits) for cell in of_saved(saved).numbers}
    pins = _pinned(known.of(as_of), known.so_far, threshold)
    for between in known.before(as_of, known.so_far):
        with suppress(Contradiction):
            pins += Audit(between, floor=0).pinned((), threshold)
    named = sorted({places[pin.cell] for pin in pins if pin.cell in places})
    if named:
        raise Withheld(
            f"{len(pins)} withheld {'count' if len(pins) == 1 else 'counts'} could be worked out from what would "
            f"be published, in the exhibits {', '.join(named)}. Nothing was published. Merge their groups, or "
            "leave one of them out."
        )


def _nothing_small(exhibits: Sequence[Saved], threshold: int) -> None:
    for saved in exhibits:
        names = [name for name, column in saved.columns.items() if column.kind == "count"]
        small = int(sum(saved.table[name].astype(float).between(1, threshold - 1).sum() for name in names))
        if small or (saved.internal_only and len(saved.table)):
            what = f"{small} counts below {threshold}" if small else "single requests"
            raise Withheld(
                f"The exhibit {saved.name} shows {what} in a public report. Nothing was published. Disclosure "
                "control cannot be switched off there: open the page with the audience of the run."
            )


def _pinned(whole: Counts, so_far: Counts, threshold: int) -> list[Pinned]:
    """What is pinned by all that is known; without earlier publications where corrected data deny them."""
    for counted in (whole, so_far):
        with suppress(Contradiction):
            return Audit(counted).pinned((), threshold)
    raise Withheld(
        "The counts of the exhibits contradict each other, so that it cannot be known what they give away. "
        "Nothing was published. Check what the exhibits declare of their counts."
    )


def _protected(
    exhibit: Exhibit, known: Known, threshold: int, most: float = 1, start: Iterable[Cell] = ()
) -> tuple[Protected, float, set[Cell]]:
    """The protected table, the share of its counts that went, and these; not to the end once that is over
    `most`. What is in `start` goes."""
    as_of = exhibit.scope.get(AS_OF, "")
    for other, apart in ((known, ()), (Known(known.so_far), ()), (known, (APART,)), (Known(), (APART,))):
        loose = apart or overlapping(exhibit, other.of(as_of).numbers)
        own = counts(exhibit, frozenset(), loose)
        there = max(1, sum(bool(number) for number in own.numbers.values()))
        try:
            gone = _withheld(own, other, as_of, (threshold, int(most * there)), start)
            break
        except Contradiction:
            gone = set(own.numbers)
    return _masked(exhibit, gone, loose), len(gone) / there, gone


def _withheld(
    own: Counts, known: Known, as_of: str, limits: tuple[int, int], start: Iterable[Cell] = ()
) -> set[Cell]:
    """The cells of an exhibit to withhold, by the threshold; with more than the second limit it ends early."""
    threshold, most = limits
    other = known.of(as_of)
    now = own.add(other)
    if not start and own.adds_nothing_to(known.so_far):
        return {cell for cell in own.numbers if known.so_far.numbers[cell] is None}
    gone = {cell for cell in own.numbers if other.numbers.get(cell, 0) is None or cell in set(start)}
    for one in (own, *known.before(as_of, own)):
        gone |= {cell for cell, n in one.numbers.items() if n is not None and 0 < n < threshold}
    free = {cell: n for cell, n in own.numbers.items() if n and other.numbers.get(cell) is None}
    gone = _in_lines({cell for cell in gone if own.numbers[cell]}, now, free)
    # What lies near finds nearly all, in far smaller programmes; the whole finds the rest.
    near = now.within(frozenset(name for cell in own.numbers for name, _value in cell))
    between = known.before(as_of, known.so_far.add(own))
    audits = ((near, 1), (now, 1), *((one, 0) for one in between))
    for one, floor in audits:
        if len(gone) > most:
            break
        audit, several = Audit(one, floor), 1
        while len(gone) <= most and (pins := audit.pinned(gone, threshold, AT_ONCE)):
            left = {cell: n for cell, n in free.items() if cell not in gone}
            if not left:
                # Even the zeros tell too much: nothing of the exhibit is left.
                return set(own.numbers)
            # Where one more of each does not help, more of what the bounds rest on may.
            gone |= {cell for pin in pins for cell in _partners(pin, left)[:several]}
            several *= 2
    return gone


def _in_lines(gone: set[Cell], now: Counts, free: Mapping[Cell, float]) -> set[Cell]:
    """With the smallest other cell of each line that has one withheld cell and a published total."""
    lines: dict[tuple[str, Cell], list[Cell]] = {}
    for cell in free:
        for name, value in cell:
            lines.setdefault((name, cell - {(name, value)}), []).append(cell)
    while True:
        more = set()
        for (_name, total), parts in lines.items():
            left = [cell for cell in parts if cell not in gone]
            if len(parts) - len(left) == 1 and left and total not in gone and now.numbers.get(total):
                more.add(min(left, key=lambda cell: (free[cell], sorted(cell))))
        if not more:
            return gone
        gone = gone | more


def _partners(pin: Pinned, free: Mapping[Cell, float]) -> list[Cell]:
    """The cells on which the bounds of a pinned one rest, else those most like it; the smallest first."""
    near = [cell for cell in pin.because if cell in free]
    alike = max(len(cell & pin.cell) for cell in free)
    near = near or [cell for cell in free if len(cell & pin.cell) == alike]
    return sorted(near, key=lambda cell: (free[cell], sorted(cell)))


def _left(exhibit: Exhibit, found: Protected) -> Protected:
    """What is left, or nothing where no count but zeros is."""
    counted = [found.table[name] for name in exhibit.counts if name in found.table]
    some = any(numbers.fillna(0).gt(0).any() for numbers in counted)
    return found if some or not found.withheld else _nothing(exhibit)


def _nothing(exhibit: Exhibit) -> Protected:
    """The exhibit withheld as a whole."""
    gone = frozenset((row, name) for name in exhibit.counts for row in exhibit.table.index)
    return Protected(exhibit.table.iloc[:0], gone)


def _difference(now: Counts, then: Counts, forward: bool) -> Counts:
    """What came between two publications, for counts of what lasts; negative is a correction, no count."""
    numbers: dict[Cell, float | None] = {}
    for cell, new in now.numbers.items():
        if cell in then.numbers and lasting(cell):
            old = then.numbers[cell]
            if new is None or old is None:
                numbers[cell] = None
            elif (new >= old) == forward or new == old:
                numbers[cell] = abs(new - old)
    claims = {
        claim
        for claim in now.claims
        if claim.dimension not in DATED and not any(name in DATED for name, _value in claim.fixed)
    }
    return Counts(numbers, claims)


def _masked(exhibit: Exhibit, gone: set[Cell], loose: tuple[str, ...]) -> Protected:
    table = exhibit.table.copy()
    places = {place for place, cell in cells(exhibit, loose).items() if cell in gone}
    places |= {
        (row, name)
        for name, column in exhibit.columns.items()
        for row in table.index
        if name in table and any((row, count) in places for count in column.rests_on)
    }
    places |= {place for place in coarser.lost(exhibit) if place not in places}
    for name in {name for _row, name in places}:
        table[name] = table[name].mask([(row, name) in places for row in table.index])
    for name in single(exhibit):
        table[name] = table[name].mask(table[name].notna())
    return Protected(table, frozenset(place for place in places if place[1] not in single(exhibit)), loose)
