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
ENOUGH = 5


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
        self._floor = floor
        places = [(self._place.get(whole), self._place.get(part)) for whole, part in known.parts]
        self._parts = [(n, m) for n, m in places if n is not None and m is not None]
        self._sums, agree, self._doubt = Finest(known).columns(self.cells, sorted(known.claims, key=str))
        self._hidden = np.isnan(self.values)
        lower, upper = self._limits(np.arange(len(self.cells)))
        # What is left over from a part of a whole is a row of its own, below the counts.
        wholes, parts = [n for n, _m in self._parts], [m for _n, m in self._parts]
        over = self._sums[wholes] - self._sums[parts]
        self._rows = sparse.vstack([self._sums, over, agree]).tocsr()
        # A part may be more than its whole where parts overlap: by so much it never is.
        self._most = 10 * (1 + np.nanmax(self.values, initial=1.0))
        left, nothing = np.full(len(self._parts), -self._most), np.zeros(agree.shape[0])
        self._programme = Programme(
            self._rows,
            np.concatenate([lower, left, nothing]),
            np.concatenate([upper, -left + np.inf, nothing]),
            ceiling=100 * self._most,
        )
        self._safe = np.zeros(len(self.cells) + len(self._parts), dtype=bool)
        self._believed: list[bool] = []

    def pinned(self, withheld: Iterable[Cell], threshold: int, most: int = 1_000_000) -> list[Pinned]:
        """The cells of `withheld` (and what is left over from a part of a whole) that are pinned.

        Stops after `most` of them. Raises Contradiction where no set of requests has these counts.
        """
        self._withhold(self._place[cell] for cell in withheld if cell in self._place)
        start = self._believe()
        np = self._np
        targets = self._targets(threshold)
        beyond = np.where(targets < len(self.cells), 0, self._most)
        self._programme.lift(targets, 2 * threshold - 1 + beyond)
        search = _Bounds(self._programme, (self._rows, targets), threshold, len(self.cells))
        search.seen(start)
        pins = [
            Pinned(self._named(row), lower, upper, frozenset(self._shown(prices)))
            for row, lower, upper, prices in search.narrow(most)
        ]
        self._safe[targets] = True
        self._safe[targets[search.open]] = False
        return pins

    def _limits(self, rows: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
        hidden = self._hidden[rows]
        lower = self._np.where(hidden, self._floor, self.values[rows])
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
            self._believed = believed
            self._safe[:] = False
        true = [outside for outside, held in zip(self._doubt, believed, strict=True) if held]
        self._programme.empty(
            self._np.unique(self._np.concatenate(true)) if true else self._np.array([], int)
        )
        return x

    def _targets(self, threshold: int) -> "np.ndarray":
        """The rows that may be pinned still: withheld counts, and what is left over from a part of a whole.

        That is no secret where both are withheld, and is known where neither is.
        """
        np = self._np
        pairs = np.array(self._parts, dtype=int).reshape(-1, 2)
        hidden, left = self._hidden[pairs].sum(axis=1), np.subtract(*self.values[pairs].T)
        over = (hidden == 1) | (hidden == 0) & (left >= 1) & (left < threshold)
        return np.flatnonzero(np.concatenate([self._hidden, over]) & ~self._safe)

    def _named(self, row: int) -> Cell:
        """The cell of a row; of what is left over, the part."""
        return self.cells[row if row < len(self.cells) else self._parts[row - len(self.cells)][1]]

    def _shown(self, prices: "np.ndarray") -> list[Cell]:
        """The published cells among the rows on which a bound rests."""
        rests = self._np.abs(prices[: len(self.cells)]) > SLACK
        return [self.cells[n] for n in self._np.flatnonzero(rests & ~self._hidden)]


class _Bounds:
    """Bounds of many sums at once: every solution that is found widens all intervals.

    One is done with when its interval is `threshold` wide, or reaches 2 threshold - 1: what is pinned
    has a lower bound below the threshold and an upper one less than that away. What is left over from a
    part is done with when it may be nothing.
    """

    def __init__(
        self, programme: Programme, targets: tuple[Any, "np.ndarray"], threshold: int, counts: int
    ) -> None:
        import numpy as np

        self._np, self._programme, self._counts = np, programme, counts
        self._rows, self._place = targets
        self._targets, self._threshold = self._rows[self._place], threshold
        self._low = np.full(len(self._place), np.inf)
        self._high = np.full(len(self._place), -np.inf)

    @property
    def open(self) -> "np.ndarray":
        """The targets that may be pinned still."""
        wide = self._high - self._low >= self._threshold - SLACK
        far = self._high >= 2 * self._threshold - 1 - SLACK
        nothing = (self._place >= self._counts) & (self._low < 1 - SLACK)
        return self._np.flatnonzero(~(wide | far | nothing))

    def seen(self, x: "np.ndarray") -> None:
        """Widen every interval by counts that are possible."""
        there = self._targets @ x
        self._low, self._high = self._np.minimum(self._low, there), self._np.maximum(self._high, there)

    def narrow(self, most: int) -> list[tuple[int, float, float, "np.ndarray"]]:
        """The rows that stay pinned when each is pushed to its own bounds, and what these rest on."""
        self._together()
        pins: list[tuple[int, float, float, Any]] = []
        for n in self.open:
            if len(pins) >= most:
                break
            if n in self.open and (pin := self._pushed(int(n))):
                pins.append(pin)
        return pins

    def _together(self) -> None:
        """Push all that are open up, then down, at once, as long as that helps more than one at a time."""
        before = len(self._place) + ENOUGH
        while 0 < len(self.open) <= before - ENOUGH:
            before = len(self.open)
            self.seen(self._programme.highest(self._place[self.open]))
            self._least(self._np.asarray(self._targets[self.open].sum(axis=0)).ravel())

    def _pushed(self, n: int) -> tuple[int, float, float, Any] | None:
        row, cost = int(self._place[n]), self._targets[n].toarray().ravel()
        high, above = -self._least(-cost), self._programme.prices()
        if n not in self.open:
            return None
        low, under = self._least(cost), self._programme.prices()
        low, high = float(self._np.ceil(low - SLACK)), float(self._np.floor(high + SLACK))
        reaches = low < self._threshold and high > 0 and (row < self._counts or low >= 1)
        narrow = reaches and high - low < self._threshold
        return (row, low, high, self._np.abs(above) + self._np.abs(under)) if narrow else None

    def _least(self, cost: "np.ndarray") -> float:
        x = self._programme.least(cost)
        self.seen(x)
        return float(cost @ x)
