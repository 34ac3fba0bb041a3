"""The scorecard by hand: what is filled, where it moves to, and what one field more would make answerable."""

from collections.abc import Callable

import pandas as pd
import pytest

from mlastats.findings import scorecard as exhibits
from mlastats.measure.scorecard import scorecard
from tests import publishing

Register = Callable[..., pd.DataFrame]

KEPT = """
    id  agency  direction  partner  kind  legal_basis  urgent  received
    A1  moj     incoming   THA      mla   untoc        -       2023-01-01
    A2  moj     incoming   THA      mla   -            -       2024-01-01
    B1  mps     incoming   THA      -     -            yes     2024-01-01
    B2  mps     incoming   -        -     -            no      2024-01-01
"""
LINES = [
    {"received", "sent"},
    {"legal_basis", "kind"},
    {"legal_basis"},
    {"urgent", "kind"},
    {"urgent", "deadline"},
]


def test_filled_needed_and_unlocked(requests_from: Register) -> None:
    """The ministry lacks urgency: with it the fourth line could be answered, the fifth not, which needs a deadline too. The
    police lack the kind and the basis: the basis alone answers the third, the kind alone the fourth."""
    card = scorecard(requests_from(KEPT), LINES, {"legal_basis": 0.5, "kind": 0.9}).set_index(
        ["agency", "field"]
    )
    assert card.loc[
        ("moj", "legal_basis"), ["expected", "filled", "share", "needed", "unlocked"]
    ].tolist() == [
        2,
        1,
        0.5,
        2,
        0,
    ]
    assert card.loc[("moj", "urgent"), ["filled", "needed", "unlocked"]].tolist() == [0, 2, 1]
    assert card.loc[("moj", "deadline"), ["needed", "unlocked"]].tolist() == [1, 0]
    assert card.loc[("mps", "legal_basis"), ["filled", "unlocked"]].tolist() == [0, 1]
    assert card.loc[("mps", "kind"), ["filled", "unlocked"]].tolist() == [0, 1]
    assert card.loc[("mps", "requested_on"), ["needed", "unlocked"]].tolist() == [1, 0]
    assert card["target"].dropna().to_dict() == {
        (agency, field): target
        for agency in ("moj", "mps")
        for field, target in (("kind", 0.9), ("legal_basis", 0.5))
    }


def test_the_trend_is_a_weighted_line_through_the_years(requests_from: Register) -> None:
    """One request a year from 2018 on, without a basis in the first three years, with one in the last three. By hand:
    the years less their mean are -2.5 to 2.5, their squares add up to 17.5, so the slope is (0.5 + 1.5 + 2.5) / 17.5."""
    lines = ["id agency direction legal_basis received"]
    lines += [f"A{y} moj incoming {'untoc' if y > 2020 else '-'} {y}-03-01" for y in range(2018, 2024)]
    card = scorecard(requests_from("\n".join(lines))).set_index("field")
    assert card.loc["legal_basis", "change"] == pytest.approx(4.5 / 17.5)
    assert card.loc["legal_basis", "p"] < 0.05
    assert pd.isna(card.loc["partner", "change"])


def test_what_recording_a_field_would_answer_is_said(requests_from: Register) -> None:
    card = scorecard(requests_from(KEPT), [*LINES, {"urgent"}], {"kind": 0.9})
    exhibit = exhibits.scorecard(card, publishing.page(), lines=6)
    assert exhibit.finding(exhibit.table) == (
        "One more field would answer 2 of 6 things, at 1 agency: urgent or not. 1 of 2 targets is missed."
    )
