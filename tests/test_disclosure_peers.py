"""Disclosure control beside tau-ARGUS: its answers to four tables, as pytauargus 0.6.0 (HiGHS) gave them.

Each table is published with its row totals, column totals and total. Rule FREQ(5,100), suppression OPT(1,5):
the fewest cells that keep every count below five from being told.
"""

import numpy as np
import pytest

from mlastats.publish import disclose
from mlastats.publish.audit import Audit
from mlastats.publish.counts import Claim, Counts
from mlastats.publish.exhibit import Saved
from mlastats.publish.page import _finished
from tests import publishing

TABLES = {
    "A": ([[60, 30], [34, 12], [3, 20], [25, 9]], "20 21 30 31"),
    "B": ([[20, 50, 10], [8, 19, 22], [17, 32, 12], [3, 40, 2]], "10 11 12 30 31 32"),
    "C": ([[40, 4, 15], [6, 18, 30], [22, 11, 50], [12, 9, 7]], "00 01 30 31"),
    "D": ([[15, 6, 9, 20], [7, 3, 30, 11], [18, 25, 5, 4], [40, 10, 12, 8]], "11 13 21 23 31 33"),
}
SETS = ("", "a", "b", "ab")
CLAIMS = {Claim(frozenset(), frozenset(kept) - {name}, name) for kept in SETS for name in kept}


def numbers(cube: np.ndarray) -> dict:
    """The counts of a table and of its margins, by cell."""
    found = {frozenset(): float(cube.sum())}
    found |= {frozenset({("a", str(i))}): float(n) for i, n in enumerate(cube.sum(axis=1))}
    found |= {frozenset({("b", str(j))}): float(n) for j, n in enumerate(cube.sum(axis=0))}
    return found | {cell_at(i, j): float(n) for (i, j), n in np.ndenumerate(cube)}


def cell_at(i: int, j: int) -> frozenset:
    return frozenset({("a", str(i)), ("b", str(j))})


def pinned(cube: np.ndarray, withheld: set) -> int:
    given = {one: None if one in withheld else n for one, n in numbers(cube).items()}
    return len(Audit(Counts(given, CLAIMS)).pinned((), 5))


@pytest.mark.parametrize("name", TABLES)
def test_the_audit_agrees_with_what_tau_argus_withholds(name: str) -> None:
    # It is safe; and as it is the least that is, with any one complementary cell less it is not. In D it
    # keeps the 3 and the 4 from each other too, by the 100% of its rule, and one cell less will do for us.
    rows, answer = TABLES[name]
    cube, theirs = np.array(rows), {cell_at(int(i), int(j)) for i, j in answer.split()}
    assert pinned(cube, theirs) == 0
    for one in theirs if name != "D" else ():
        if numbers(cube)[one] >= 5:
            assert pinned(cube, theirs - {one}) > 0


@pytest.mark.parametrize("name", TABLES)
def test_no_more_than_half_as_many_again_are_withheld(name: str) -> None:
    rows, answer = TABLES[name]
    cube, shown = np.array(rows), list[Saved]()
    for kept in SETS:
        one = publishing.margin(kept, numbers(cube))
        protected = disclose._protected(one, disclose.known(shown), 5)[0]
        shown.append(_finished(one, protected, publishing.page(audience="public")))
    known = disclose.known(shown).so_far
    withheld = {one for one, n in known.numbers.items() if n is None}
    assert pinned(cube, withheld) == 0
    assert len(withheld) <= 1.5 * len(answer.split())
