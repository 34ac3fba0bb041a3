"""Shares in words: what is not all is never 100%, and what is not none never 0%."""

import pytest

from mlastats import messages
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


def test_tables_say_the_same_in_every_language() -> None:
    for language in ("en", "lo"):
        messages.use(language)
        assert value_in_words(0.996, Column("Share", "share")).startswith(">")
        assert value_in_words(0.004, Column("Share", "share")).startswith("<")
    messages.use("en")
