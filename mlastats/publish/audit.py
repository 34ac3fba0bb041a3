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

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlastats.publish.counts import APART, REST, Cell, Claim, Counts, levels

if TYPE_CHECKING:
    import numpy as np

SLACK = 1e-6
MOST = 20_000
ENDS = {
    **dict.fromkeys(("executed", "partly_executed", "refused", "unrecorded"), "answered"),
    **dict.fromkeys(("withdrawn", "returned", "other"), "ended_otherwise"),
    "pending": "pending",
    "undated": "undated",
}


class Contradiction(Exception):
    """The published counts cannot all be true of one set of requests."""


@dataclass(frozen=True)
class Pinned:
    """A withheld count with its bounds, and the published cells on which the bounds rest."""

    cell: Cell
    lower: float
    upper: float
    because: frozenset[Cell]


class Audit:
    """The linear programme of a set of counts; what is withheld may change from call to call."""

    def __init__(self, known: Counts, floor: int = 1) -> None:
        import numpy as np
        from scipy import sparse

        self.cells = list(known.numbers)
        self.values = np.array([np.nan if v is None else v for v in known.numbers.values()], dtype=float)
        self.least = np.array([0 if cell in known.unsure else floor for cell in self.cells])
        self._place = {cell: n for n, cell in enumerate(self.cells)}
        finest = Finest(known)
        self._sums = finest.sums(self.cells)
        self._agree = finest.agreement()
        self._doubt = [(claim, finest.outside(claim)) for claim in sorted(known.claims, key=str)]
        left = [(n, m) for n, m in ((self._place.get(a), self._place.get(b)) for a, b in known.parts)]
        self._parts = [(n, m) for n, m in left if n is not None and m is not None]
        self._sparse = sparse
        self._safe: set[int] = set()

    def pinned(self, withheld: Iterable[Cell], threshold: int, most: int = 1_000_000) -> list[Pinned]:
        """The cells of `withheld` (and what is left over from a part of a whole) that are pinned.

        Stops after `most` of them. Raises Contradiction where no set of requests has these counts.
        """
        import numpy as np

        hidden = np.isnan(self.values)
        hidden[[self._place[cell] for cell in withheld if cell in self._place]] = True
        programme = self._programme(hidden)
        targets = [int(n) for n in np.flatnonzero(hidden) if n not in self._safe]
        over = [(n, m) for n, m in self._parts if not (hidden[n] and hidden[m])]
        rows = [self._sums[targets], *(self._sums[n] - self._sums[m] for n, m in over)]
        names = [self.cells[n] for n in targets] + [self.cells[m] for _n, m in over]
        found = _Bounds(programme, self._sparse.vstack(rows).tocsr(), threshold, len(targets))
        pins = found.narrow(most)
        self._safe |= {targets[n] for n in set(range(len(targets))) - set(found.open)}
        return [
            Pinned(names[n], lower, upper, frozenset(self.cells[k] for k in because))
            for n, lower, upper, because in pins
        ]

    def _programme(self, hidden: "np.ndarray") -> "_Programme":
        """With every claim that the published numbers do not deny."""
        import numpy as np

        free = np.ones(self._sums.shape[1])
        doubt = np.zeros(len(free), dtype=bool)
        for _claim, outside in self._doubt:
            doubt[outside] = True
        first = _Programme(self, hidden, free * np.inf)
        x = first.solve(doubt.astype(float))
        if x is None:
            raise Contradiction
        for _claim, outside in self._doubt:
            if (x[outside] <= SLACK).all():
                free[outside] = 0
        return _Programme(self, hidden, np.where(free > 0, np.inf, 0), start=x)


class Finest:
    """The finest cells of every bag, as columns of one linear programme."""

    def __init__(self, known: Counts) -> None:
        import numpy as np

        self._np = np
        numbers = {**known.numbers, **nested(known.numbers)}
        self.levels = _levels(numbers)
        edges = {frozenset(name for name, _value in cell) for cell in numbers}
        self.bags = bags(edges)
        nothing: dict[frozenset[str], list[Cell]] = {}
        for cell, number in numbers.items():
            if number == 0:
                nothing.setdefault(frozenset(name for name, _v in cell), []).append(cell)
        codes = {bag: self._codes(sorted(bag), nothing) for bag in self.bags}
        large = [bag for bag, found in codes.items() if found is None]
        self.edges = [
            (i, j)
            for i, j in tree(self.bags)
            if self.bags[i] & self.bags[j] or not _apart(self.bags[i], self.bags[j])
        ]
        if large:
            self.bags, self.edges = _split(self.bags, large, edges)
            codes |= {bag: self._codes(sorted(bag), nothing) for bag in self.bags if bag not in codes}
        self.codes = [found for found in (codes[bag] for bag in self.bags) if found is not None]
        if len(self.codes) < len(self.bags):
            raise Contradiction
        self.start = np.cumsum([0, *(len(codes) for codes in self.codes)])

    def sums(self, cells: Sequence[Cell]) -> Any:
        """A row for each cell: which finest cells it is the sum of."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for n, cell in enumerate(cells):
            groups.setdefault(tuple(sorted(name for name, _value in cell)), []).append(n)
        rows, columns = [], []
        for names, members in groups.items():
            place, keys = self._keys(names)
            wanted = [(n, key) for n in members for key in self._cell_keys(cells[n], names)]
            for n, columns_of in self._matched(wanted, keys):
                rows.append(self._np.full(len(columns_of), n))
                columns.append(columns_of + self.start[place])
        return self._matrix(rows, columns, len(cells))

    def agreement(self) -> Any:
        """Rows that are zero where neighbouring bags have the same counts in common."""
        from scipy import sparse

        parts = [self._difference(i, j, tuple(sorted(self.bags[i] & self.bags[j]))) for i, j in self.edges]
        return sparse.vstack(parts).tocsr() if parts else sparse.csr_matrix((0, self.start[-1]))

    def outside(self, claim: Claim) -> "np.ndarray":
        """The finest cells that a claim says are empty."""
        names = {name for name, _value in claim.fixed} | claim.others | {claim.dimension}
        place = next((n for n, bag in enumerate(self.bags) if names <= bag), None)
        if place is None:
            return self._np.array([], dtype=int)
        order, codes = sorted(self.bags[place]), self.codes[place]
        keep = codes[:, order.index(claim.dimension)] == self._level(claim.dimension, REST)
        for name, value in claim.fixed:
            keep &= self._np.isin(
                codes[:, order.index(name)], [self._level(name, one) for one in levels(value)]
            )
        for name in claim.others:
            keep &= codes[:, order.index(name)] != self._level(name, REST)
        return self._np.flatnonzero(keep) + self.start[place]

    def _codes(self, order: list[str], nothing: Mapping[frozenset[str], list[Cell]]) -> "np.ndarray | None":
        """Every combination of levels that no published zero rules out, a dimension at a time; None where
        they are too many."""
        np = self._np
        codes = np.zeros((1, 0), dtype=np.int64)
        for n, name in enumerate(order):
            size = len(self.levels[name])
            codes = np.hstack([np.repeat(codes, size, axis=0), np.tile(np.arange(size), len(codes))[:, None]])
            for names, cells in nothing.items():
                if name in names and names <= set(order[: n + 1]):
                    some = tuple(sorted(names))
                    empty = {key for cell in cells for key in self._cell_keys(cell, some)}
                    codes = codes[~np.isin(self._key(codes, order, some), list(empty))]
            if len(codes) > MOST:
                return None
        return codes

    def _level(self, name: str, value: str) -> int:
        return self.levels[name].get(value, -1)

    def _key(self, codes: "np.ndarray", order: list[str], names: Sequence[str]) -> "np.ndarray":
        key = self._np.zeros(len(codes), dtype=self._np.int64)
        for name in names:
            key = key * len(self.levels[name]) + codes[:, order.index(name)]
        return key

    def _keys(self, names: Sequence[str]) -> tuple[int, "np.ndarray"]:
        place = min(
            (n for n, bag in enumerate(self.bags) if set(names) <= bag),
            key=lambda n: (_apart(self.bags[n]), len(self.codes[n])),
        )
        return place, self._key(self.codes[place], sorted(self.bags[place]), names)

    def _cell_keys(self, cell: Cell, names: Sequence[str]) -> list[int]:
        given = dict(cell)
        found = []
        for combination in itertools.product(*(levels(given[name]) for name in names)):
            key = 0
            for name, value in zip(names, combination, strict=True):
                key = key * len(self.levels[name]) + self._level(name, value)
            found.append(key)
        return found

    def _matched(self, wanted: list[tuple[int, int]], keys: "np.ndarray") -> Any:
        order = self._np.argsort(keys, kind="stable")
        ordered = keys[order]
        for n, key in wanted:
            first, last = self._np.searchsorted(ordered, [key, key + 1])
            yield n, order[first:last]

    def _difference(self, i: int, j: int, names: tuple[str, ...]) -> Any:
        np = self._np
        keys = [self._key(self.codes[n], sorted(self.bags[n]), names) for n in (i, j)]
        every, row = np.unique(np.concatenate(keys), return_inverse=True)
        columns = np.concatenate(
            [np.arange(len(key)) + self.start[n] for n, key in zip((i, j), keys, strict=True)]
        )
        sign = np.concatenate([np.ones(len(keys[0])), -np.ones(len(keys[1]))])
        from scipy import sparse

        return sparse.csr_matrix((sign, (row, columns)), shape=(len(every), self.start[-1]))

    def _matrix(self, rows: list[Any], columns: list[Any], length: int) -> Any:
        from scipy import sparse

        row = self._np.concatenate(rows) if rows else self._np.array([], dtype=int)
        column = self._np.concatenate(columns) if columns else self._np.array([], dtype=int)
        return sparse.csr_matrix((self._np.ones(len(row)), (row, column)), shape=(length, self.start[-1]))


class _Programme:
    """Published cells as equations, withheld cells at least `floor`, finest cells not negative."""

    def __init__(self, audit: Audit, hidden: "np.ndarray", top: "np.ndarray", start: Any = None) -> None:
        import numpy as np
        from scipy import sparse

        self.start = start
        self.shown = np.flatnonzero(~hidden)
        self.equal = sparse.vstack([audit._sums[self.shown], audit._agree]).tocsr()
        self.right = np.concatenate([audit.values[self.shown], np.zeros(audit._agree.shape[0])])
        self.least = -audit._sums[np.flatnonzero(hidden)]
        self.floor = -audit.least[np.flatnonzero(hidden)]
        self.bounds = np.column_stack([np.zeros(len(top)), top])

    def solve(self, cost: "np.ndarray") -> Any:
        """The finest cells at which the cost is least, or None where nothing is possible."""
        return self.priced(cost)[0]

    def priced(self, cost: "np.ndarray") -> tuple[Any, list[int]]:
        """The same with the published cells on which that least cost rests."""
        import numpy as np

        found = self._solved(cost, self.equal, self.least, self.floor, self.bounds)
        if found.status == 3:
            return np.full(len(cost), np.inf), []
        if found.x is None:
            return None, []
        prices = found.eqlin.marginals[: len(self.shown)]
        return found.x, [int(self.shown[n]) for n in np.flatnonzero(np.abs(prices) > SLACK)]

    def raised(self, sums: Any, enough: float) -> Any:
        """The finest cells at which the sums are largest, none counted for more than is enough."""
        import numpy as np
        from scipy import sparse

        n, size = sums.shape
        empty = [sparse.csr_matrix((rows, n)) for rows in (self.equal.shape[0], self.least.shape[0])]
        below = sparse.vstack(
            [sparse.hstack([self.least, empty[1]]), sparse.hstack([-sums, sparse.identity(n)])]
        )
        found = self._solved(
            np.concatenate([np.zeros(size), -np.ones(n)]),
            sparse.hstack([self.equal, empty[0]]).tocsr(),
            below.tocsr(),
            np.concatenate([self.floor, np.zeros(n)]),
            np.vstack([self.bounds, np.tile([0.0, enough], (n, 1))]),
        )
        return None if found.x is None else found.x[:size]

    def _solved(self, cost: "np.ndarray", equal: Any, below: Any, limit: "np.ndarray", bounds: Any) -> Any:
        from scipy.optimize import linprog

        return linprog(
            cost, A_eq=equal, b_eq=self.right, A_ub=below, b_ub=limit, bounds=bounds, method="highs"
        )


class _Bounds:
    """Bounds of many sums at once: every solution that is found widens all intervals.

    One is done with when its interval is `threshold` wide, or reaches 2 threshold - 1: what is pinned
    has a lower bound below the threshold and an upper one less than that away.
    """

    def __init__(self, programme: _Programme, targets: Any, threshold: int, counts: int) -> None:
        import numpy as np

        self._programme, self._targets, self._threshold, self._counts = programme, targets, threshold, counts
        self._low = np.full(targets.shape[0], np.inf)
        self._high = np.full(targets.shape[0], -np.inf)
        self._seen(programme.start)

    @property
    def open(self) -> "np.ndarray":
        """The targets that may be pinned still."""
        import numpy as np

        wide = self._high - self._low >= self._threshold - SLACK
        return np.flatnonzero(~wide & (self._high < 2 * self._threshold - 1 - SLACK))

    def narrow(self, most: int) -> list[tuple[int, float, float, set[int]]]:
        """Those that stay pinned when each is pushed to its own bounds."""
        import numpy as np

        self._together()
        pins: list[tuple[int, float, float, set[int]]] = []
        for n in self.open:
            if n not in self.open or len(pins) >= most:
                continue
            cost = self._targets[n].toarray().ravel()
            high, above = self._bound(-cost)
            if n not in self.open:
                continue
            low, under = self._bound(cost)
            low, high = float(np.ceil(low - SLACK)), float(np.floor(-high + SLACK))
            reaches = low < self._threshold and high > 0 and (n < self._counts or low >= 1)
            if reaches and high - low < self._threshold:
                pins.append((int(n), low, high, {*under, *above}))
        return pins

    def _together(self) -> None:
        """Push all that are open up at once, each as far as it has to go, as long as that helps."""
        before = self._targets.shape[0] + 1
        while 0 < len(self.open) < before:
            before = len(self.open)
            self._seen(self._programme.raised(self._targets[self.open], 2 * self._threshold - 1))

    def _bound(self, cost: "np.ndarray") -> tuple[float, list[int]]:
        import numpy as np

        x, because = self._programme.priced(cost)
        if x is None:
            raise Contradiction
        self._seen(x)
        return (float(cost @ x) if np.isfinite(x).all() else -np.inf), because

    def _seen(self, x: Any) -> None:
        import numpy as np

        if x is not None and np.isfinite(x).all():
            there = self._targets @ x
            self._low, self._high = np.minimum(self._low, there), np.maximum(self._high, there)


def bags(edges: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """The cliques of the graph that joins dimensions of one table, made chordal by min-fill elimination."""
    near: dict[str, set[str]] = {}
    for edge in edges:
        for name in edge:
            near.setdefault(name, set()).update(edge - {name})
    found: list[frozenset[str]] = [] if near else [frozenset()]
    while near:
        name = min(sorted(near), key=lambda one: _missing(near, one))
        clique = frozenset({name, *near[name]})
        found += [] if any(clique <= other for other in found) else [clique]
        for other in near.pop(name):
            near[other] |= clique - {other}
            near[other].discard(name)
    return found


def tree(cliques: Sequence[frozenset[str]]) -> list[tuple[int, int]]:
    """The edges of a spanning tree of the cliques along which most dimensions are shared."""
    inside, edges = {0}, []
    while len(inside) < len(cliques):
        pairs = [(i, j) for i in inside for j in range(len(cliques)) if j not in inside]
        i, j = max(pairs, key=lambda pair: _closeness(cliques[pair[0]], cliques[pair[1]], pair))
        inside.add(j)
        edges.append((i, j))
    return edges


def _closeness(
    one: frozenset[str], other: frozenset[str], pair: tuple[int, int]
) -> tuple[int, bool, int, int]:
    return len(one & other), not _apart(one, other), -pair[0], -pair[1]


def _apart(*found: frozenset[str]) -> bool:
    """Whether a bag holds the counts of an exhibit that adds up with no other."""
    return any(name.startswith(APART) for bag in found for name in bag)


def _split(
    found: Sequence[frozenset[str]], large: Sequence[frozenset[str]], tables: Iterable[frozenset[str]]
) -> tuple[list[frozenset[str]], list[tuple[int, int]]]:
    """With the tables in place of bags that are too large, each in agreement with every other."""
    small = [bag for bag in found if bag not in large]
    inside = sorted({table for table in tables if not any(table <= bag for bag in small)}, key=sorted)
    kept = [*small, *(table for table in inside if not any(table < other for other in inside))]
    pairs = itertools.combinations(range(len(kept)), 2)
    return kept, [(i, j) for i, j in pairs if kept[i] & kept[j]]


def nested(numbers: Iterable[Cell]) -> dict[Cell, float | None]:
    """What everybody knows to be empty: ends that are no such status, partners in no such group."""
    every = _levels(numbers)
    empty: list[Cell] = []
    if {"status", "end"} <= set(every):
        empty += _impossible("end", "status", every, {end: {status} for end, status in ENDS.items()})
    if {"partner", "partner_group"} <= set(every):
        empty += _impossible("partner", "partner_group", every, _groups(tuple(sorted(every["partner"]))))
    return dict.fromkeys(empty, 0.0)


def _impossible(
    part: str, whole: str, every: Mapping[str, Mapping[str, int]], allowed: Mapping[str, set[str]]
) -> Iterable[Cell]:
    for one, wholes in allowed.items():
        for other in every[whole]:
            if one in every[part] and other not in wholes:
                yield frozenset({(part, one), (whole, other)})


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


def _levels(numbers: Iterable[Cell]) -> dict[str, dict[str, int]]:
    seen: dict[str, set[str]] = {}
    for cell in numbers:
        for name, value in cell:
            seen.setdefault(name, {REST}).update(levels(value))
    return {name: {one: n for n, one in enumerate(sorted(values))} for name, values in sorted(seen.items())}


def _missing(near: Mapping[str, set[str]], name: str) -> tuple[int, int]:
    """How many edges are missing between the neighbours of a dimension."""
    pairs = itertools.combinations(sorted(near[name]), 2)
    return sum(second not in near[first] for first, second in pairs), len(near[name])
