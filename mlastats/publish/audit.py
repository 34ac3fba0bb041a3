"""The disclosure audit: between which bounds a reader can work out each count that is withheld.

A reader knows every published count, that no count is negative, that zero is never withheld (so that
what is withheld is at least 1), and that the levels of a dimension add up wherever the published
numbers do not deny it. The unknowns are the counts of the finest cells, the cross-classification of all
dimensions; a published cell is a sum of them. That cross-classification is never written out: the
dimensions are a graph, joined where a table has both; it is filled up to a chordal one by min-fill
elimination, and each of its cliques ("bag") has finest cells of its own, which agree with the
neighbour's on what both have along a tree of bags. For real numbers that is the same as one whole
(Lauritzen and Spiegelhalter 1988; Dobra and Fienberg 2000 for bounds of counts), and small enough for a
linear programme. A bound of the programme holds for whole counts too, which can only be nearer.

A withheld count is pinned where the reader knows it to be below the threshold or nearly so: the interval
between its bounds reaches below the threshold and is narrower than it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlastats.publish.counts import Cell, Counts
from mlastats.publish.finest import Finest
from mlastats.publish.programme import SLACK, Contradiction, Programme

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Audit", "Contradiction", "Pinned"]


@dataclass(frozen=True)
class Pinned:
    """A withheld count with its bounds, and the published cells on which the bounds rest."""

    cell: Cell
    lower: float
    upper: float
    because: frozenset[Cell]


class Audit:
    """The linear programme of a set of counts; what is withheld may grow from call to call."""

    def __init__(self, known: Counts, floor: int = 1) -> None:
        import numpy as np
        from scipy import sparse

        self._np = np
        self.cells = list(known.numbers)
        self.values = np.array([np.nan if v is None else v for v in known.numbers.values()], dtype=float)
        self._place = {cell: n for n, cell in enumerate(self.cells)}
        self._floor = np.array([0.0 if cell in known.unsure else floor for cell in self.cells])
        left = [(self._place.get(whole), self._place.get(part)) for whole, part in known.parts]
        self._parts = [(n, m) for n, m in left if n is not None and m is not None]
        self._sums, agree, self._doubt = Finest(known).columns(self.cells, sorted(known.claims, key=str))
        self._hidden = np.isnan(self.values)
        lower, upper = self._limits(np.arange(len(self.cells)))
        nothing = np.zeros(agree.shape[0])
        self._programme = Programme(
            sparse.vstack([self._sums, agree]).tocsr(),
            np.concatenate([lower, nothing]),
            np.concatenate([upper, nothing]),
            ceiling=1000 * (1 + np.nanmax(self.values, initial=1.0)),
        )
        self._safe: set[Cell | tuple[int, int]] = set()
        self._believed: list[bool] = []

    def pinned(self, withheld: Iterable[Cell], threshold: int, most: int = 1_000_000) -> list[Pinned]:
        """The cells of `withheld` (and what is left over from a part of a whole) that are pinned.

        Stops after `most` of them. Raises Contradiction where no set of requests has these counts.
        """
        self._withhold(self._place[cell] for cell in withheld if cell in self._place)
        start = self._believe()
        targets, names, whole = self._targets()
        search = _Bounds(self._programme, targets, threshold, whole)
        search.seen(start)
        pins = [
            Pinned(names[n], lower, upper, frozenset(self._shown(prices)))
            for n, lower, upper, prices in search.narrow(most)
        ]
        self._safe |= {self._keys[n] for n in range(len(names)) if n not in set(search.open)}
        return pins

    def _limits(self, rows: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
        hidden = self._hidden[rows]
        lower = self._np.where(hidden, self._floor[rows], self.values[rows])
        return lower, self._np.where(hidden, self._np.inf, self.values[rows])

    def _withhold(self, places: Iterable[int]) -> None:
        more = self._np.array(sorted({n for n in places if not self._hidden[n]}), dtype=int)
        self._hidden[more] = True
        if len(more):
            self._programme.bound(more, *self._limits(more))

    def _believe(self) -> "np.ndarray":
        """Take every claim as true that the published numbers do not deny; counts that fit it."""
        doubt = self._np.zeros(self._programme.size)
        for outside in self._doubt:
            doubt[outside] = 1
        self._programme.empty(self._np.array([], dtype=int))
        x = self._programme.least(doubt)
        believed = [bool((x[outside] <= SLACK).all()) for outside in self._doubt]
        if believed != self._believed:
            self._believed, self._safe = believed, set()
        true = [outside for outside, held in zip(self._doubt, believed, strict=True) if held]
        self._programme.empty(
            self._np.unique(self._np.concatenate(true)) if true else self._np.array([], int)
        )
        return x

    def _targets(self) -> tuple[Any, list[Cell], int]:
        """What may be pinned still, as rows; its cells; and how many of these are withheld counts."""
        from scipy import sparse

        counts = [int(n) for n in self._np.flatnonzero(self._hidden) if self.cells[n] not in self._safe]
        over = [pair for pair in self._parts if not self._hidden[list(pair)].all() and pair not in self._safe]
        rows = [self._sums[counts], *(self._sums[n] - self._sums[m] for n, m in over)]
        names = [self.cells[n] for n in counts]
        self._keys: list[Cell | tuple[int, int]] = [*names, *over]
        return sparse.vstack(rows).tocsr(), names + [self.cells[m] for _n, m in over], len(counts)

    def _shown(self, prices: "np.ndarray") -> list[Cell]:
        """The published cells among the rows on which a bound rests."""
        rests = self._np.abs(prices[: len(self.cells)]) > SLACK
        return [self.cells[n] for n in self._np.flatnonzero(rests & ~self._hidden)]


class _Bounds:
    """Bounds of many sums at once: every solution that is found widens all intervals.

    One is done with when its interval is `threshold` wide, or reaches 2 threshold - 1: what is pinned
    has a lower bound below the threshold and an upper one less than that away.
    """

    def __init__(self, programme: Programme, targets: Any, threshold: int, counts: int) -> None:
        import numpy as np

        self._np, self._programme, self._targets = np, programme, targets
        self._threshold, self._counts = threshold, counts
        self._low = np.full(targets.shape[0], np.inf)
        self._high = np.full(targets.shape[0], -np.inf)

    @property
    def open(self) -> "np.ndarray":
        """The targets that may be pinned still."""
        wide = self._high - self._low >= self._threshold - SLACK
        return self._np.flatnonzero(~wide & (self._high < 2 * self._threshold - 1 - SLACK))

    def seen(self, x: "np.ndarray") -> None:
        """Widen every interval by counts that are possible."""
        there = self._targets @ x
        self._low, self._high = self._np.minimum(self._low, there), self._np.maximum(self._high, there)

    def narrow(self, most: int) -> list[tuple[int, float, float, "np.ndarray"]]:
        """Those that stay pinned when each is pushed to its own bounds, and what these rest on."""
        self._together()
        pins: list[tuple[int, float, float, Any]] = []
        for n in self.open:
            if len(pins) >= most:
                break
            if n in self.open and (pin := self._pushed(int(n))):
                pins.append(pin)
        return pins

    def _together(self) -> None:
        """Push all that are open up and down at once, as long as that helps."""
        before = self._targets.shape[0] + 1
        while 0 < len(self.open) < before:
            before = len(self.open)
            for sign in (-1, 1):
                self._least(sign * self._sum(self.open))

    def _pushed(self, n: int) -> tuple[int, float, float, Any] | None:
        cost = self._sum(self._np.array([n]))
        high, above = -self._least(-cost), self._programme.prices()
        if n not in self.open:
            return None
        low, under = self._least(cost), self._programme.prices()
        low, high = float(self._np.ceil(low - SLACK)), float(self._np.floor(high + SLACK))
        reaches = low < self._threshold and high > 0 and (n < self._counts or low >= 1)
        narrow = reaches and high - low < self._threshold
        return (n, low, high, self._np.abs(above) + self._np.abs(under)) if narrow else None

    def _sum(self, targets: "np.ndarray") -> "np.ndarray":
        return self._np.asarray(self._targets[targets].sum(axis=0)).ravel()

    def _least(self, cost: "np.ndarray") -> float:
        x = self._programme.least(cost)
        self.seen(x)
        return float(cost @ x)
