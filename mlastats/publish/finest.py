"""The finest cells: the columns of the audit's programme."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlastats.publish.bags import apart, bags, split, tree
from mlastats.publish.counts import REST, Cell, Claim, Counts, levels
from mlastats.publish.nested import all_levels, nested
from mlastats.publish.programme import Contradiction

if TYPE_CHECKING:
    import numpy as np

MOST = 20_000


class Finest:
    """The finest cells of every bag, as columns of one linear programme."""

    def __init__(self, known: Counts) -> None:
        import numpy as np

        self._np = np
        numbers = {**known.numbers, **nested(known.numbers)}
        self.levels = all_levels(numbers)
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
            if self.bags[i] & self.bags[j] or not apart(self.bags[i], self.bags[j])
        ]
        if large:
            self.bags, self.edges = split(self.bags, large, edges)
            codes |= {bag: self._codes(sorted(bag), nothing) for bag in self.bags if bag not in codes}
        self.codes = [found for found in (codes[bag] for bag in self.bags) if found is not None]
        if len(self.codes) < len(self.bags):
            raise Contradiction
        self.start = np.cumsum([0, *(len(codes) for codes in self.codes)])

    def columns(self, cells: Sequence[Cell], claims: Sequence[Claim]) -> tuple[Any, Any, list["np.ndarray"]]:
        """The rows of `sums`, those of `agreement`, and for each claim the columns that it says are empty.

        Finest cells that no row and no claim tells apart are one column: for a linear programme that
        changes nothing.
        """
        from scipy import sparse

        sums, agree = self.sums(cells), self.agreement()
        outside = [found for found in map(self.outside, claims) if len(found)]
        marks = self._matrix(
            [self._np.full(len(one), n) for n, one in enumerate(outside)], outside, len(outside)
        )
        first, which = _distinct(sparse.vstack([sums, agree, marks]).tocsc())
        return sums[:, first], agree[:, first], [self._np.unique(which[one]) for one in outside]

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
            key=lambda n: (apart(self.bags[n]), len(self.codes[n])),
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


def _distinct(matrix: Any) -> tuple["np.ndarray", "np.ndarray"]:
    """The first of each kind of column, and for every column which of these it is like."""
    import numpy as np

    matrix.sort_indices()
    kinds: dict[tuple[bytes, bytes], int] = {}
    first: list[int] = []
    which = np.empty(matrix.shape[1], dtype=int)
    for n, (start, end) in enumerate(itertools.pairwise(matrix.indptr)):
        key = (matrix.indices[start:end].tobytes(), matrix.data[start:end].tobytes())
        which[n] = kinds.setdefault(key, len(kinds))
        if which[n] == len(first):
            first.append(n)
    return np.array(first, dtype=int), which
