"""Shares in words: what is not all is never 100%, and what is not none never 0%."""

import pytest

from mlastats import messages
from mlastats.findings.columns import in_words
from mlastats.publish.cells import value_in_words
from mlastats.publish.exhibit import Column


@pytest.mark.parametrize(
    ("share", "digits", "words"),
    [
        (1.0, 0, "100%"),
        (0.996, 0, ">99%"),
        (0.994, 0, "99%"),
        (0.004, 0, "<1%"),
        (0.006, 0, "1%"),
        (0.0, 0, "0%"),
        (0.996, 1, "99.6%"),
        (0.9996, 1, ">99.9%"),
        (0.0004, 1, "<0.1%"),
        (0.355, 0, "36%"),
    ],
)
def test_only_all_is_all_and_only_none_is_none(share: float, digits: int, words: str) -> None:
    assert messages.percent(share, digits) == words


@pytest.mark.parametrize(
    ("difference", "words"),
    [(-0.144, "−14"), (0.5, "50"), (-0.003, "0"), (0.004, "0"), (None, "–"), (1, "100")],
)
def test_a_difference_of_shares_is_in_points(difference: float | None, words: str) -> None:
    assert messages.points(difference) == words
    assert value_in_words(difference, Column("Difference (points)", "points")) == words
    assert in_words("spread", difference) == words


def test_what_rounds_to_nought_has_no_sign() -> None:
    assert [messages.number(value) for value in (-0.2, -3, 0)] == ["0", "−3", "0"]
    assert messages.number(-0.04, 1) == "0.0"


def test_tables_say_the_same_in_every_language() -> None:
    for language in ("en", "lo"):
        messages.use(language)
        assert value_in_words(0.996, Column("Share", "share")).startswith(">")
        assert value_in_words(0.004, Column("Share", "share")).startswith("<")
    messages.use("en")
