"""Bags of dimensions: the cliques on which the finest cells are written out, and the tree that joins them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from mlastats.publish.counts import APART


def bags(edges: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """The cliques of the graph that joins dimensions of one table, made chordal by min-fill elimination.

    One of them is of counts that add up, if only for the number of all.
    """
    near: dict[str, set[str]] = {}
    for edge in edges:
        for name in edge:
            near.setdefault(name, set()).update(edge - {name})
    found: list[frozenset[str]] = []
    while near:
        name = min(sorted(near), key=lambda one: _missing(near, one))
        clique = frozenset({name, *near[name]})
        found += [] if any(clique <= other for other in found) else [clique]
        for other in near.pop(name):
            near[other] |= clique - {other}
            near[other].discard(name)
    return found if any(not apart(one) for one in found) else [frozenset(), *found]


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
    return len(one & other), not apart(one, other), -pair[0], -pair[1]


def apart(*found: frozenset[str]) -> bool:
    """Whether a bag holds the counts of an exhibit that adds up with no other."""
    return any(name.startswith(APART) for bag in found for name in bag)


def split(
    found: Sequence[frozenset[str]], large: Sequence[frozenset[str]], tables: Iterable[frozenset[str]]
) -> tuple[list[frozenset[str]], list[tuple[int, int]]]:
    """With the tables in place of bags that are too large, each in agreement with every other."""
    small = [bag for bag in found if bag not in large]
    inside = sorted({table for table in tables if not any(table <= bag for bag in small)}, key=sorted)
    kept = [*small, *(table for table in inside if not any(table < other for other in inside))]
    pairs = itertools.combinations(range(len(kept)), 2)
    return kept, [(i, j) for i, j in pairs if kept[i] & kept[j]]


def _missing(near: Mapping[str, set[str]], name: str) -> tuple[int, int]:
    """How many edges are missing between the neighbours of a dimension."""
    pairs = itertools.combinations(sorted(near[name]), 2)
    return sum(second not in near[first] for first, second in pairs), len(near[name])
