"""Which sums of money may be public: as tau-ARGUS says, by what another could tell, and by hand."""

import csv
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlastats.disclosure import gate, rounding
from mlastats.disclosure.dominance import is_safe
from mlastats.disclosure.rounding import BASE
from mlastats.findings import assets as findings
from tests import publishing

# 244 cells, and what tau-ARGUS says of each (pytauargus 0.6.0, safety rules P(15,1) and NK(2,85), status U).
with (Path(__file__).parent / "cases" / "dominance.csv").open(encoding="utf-8", newline="") as file:
    CELLS = list(csv.DictReader(file))


def judged(amounts: list[int], contributors: int | None = None) -> bool:
    ordered = sorted(amounts, reverse=True)
    return is_safe(sum(ordered), contributors or len(ordered), ordered[0], sum(ordered[:2]))


def test_a_cell_is_safe_where_tau_argus_has_nothing_against_it() -> None:
    for cell in CELLS:
        amounts = [int(amount) for amount in cell["amounts"].split()]
        argus = cell["p"] == cell["nk"] == "safe"
        assert judged(amounts, max(len(amounts), BASE)) is argus, cell
        assert judged(amounts) is (argus and len(amounts) >= BASE), cell


@given(st.lists(st.integers(1, 10**6), min_size=BASE, max_size=12))
def test_what_is_safe_nobody_who_gave_a_part_can_tell_within_15_percent(amounts: list[int]) -> None:
    """The second program: who gave one part takes it from the total, and that is his guess at the largest other."""
    total, largest = sum(amounts), max(amounts)
    others = sorted(amounts)[:-1]
    nearest = min(Fraction(total - own - largest, largest) for own in others)
    two = Fraction(sum(sorted(amounts)[-2:]), total)
    assert judged(amounts) is (nearest >= Fraction(15, 100) and two <= Fraction(85, 100))


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, 0), (7, 7), (99, 99), (104, 100), (1250, 1300), (1_559_820_000, 1_600_000_000)]
)
def test_a_sum_is_published_to_two_digits(amount: float, shown: float) -> None:
    assert rounding.two_digits(amount) == shown


# contributors, largest, the two largest, amount: by hand. The second is of four, the third of one that has nearly all.
TABLE = pd.DataFrame(
    [
        ("incoming", "LAK", "frozen", 7, 6, 300.0, 550.0, 1234.0),
        ("incoming", "LAK", "seized", 4, 4, 300.0, 550.0, 1234.0),
        ("incoming", "USD", "frozen", 9, 9, 900.0, 920.0, 1000.0),
    ],
    columns=[
        "direction",
        "currency",
        "measure",
        "valued",
        "contributors",
        "largest",
        "largest_two",
        "amount",
    ],
)


def test_the_public_sees_safe_sums_alone() -> None:
    page = publishing.page()
    exhibit = findings.amounts(TABLE, page)
    public = gate.protect(exhibit, None, b"")  # type: ignore[arg-type]
    assert public.shown == ("direction", "currency", "measure", "amount")
    assert public.table[list(public.shown)].values.tolist() == [["incoming", "LAK", "frozen", 1200.0]]
    assert public.table[["valued", "contributors", "largest", "largest_two"]].isna().all().all()


def test_of_a_part_of_the_requests_nothing_is_public() -> None:
    from dataclasses import replace

    exhibit = findings.amounts(TABLE, publishing.page())
    public = gate.protect(replace(exhibit, scope={"partner": "THA"}), None, b"")  # type: ignore[arg-type]
    assert public.table.empty
    assert not public.says_something
