"""Lao lines break between words: the words of the list hold together, and data stay as they are."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlastats import messages
from mlastats.messages import FOLDER, unbroken

JOINER = "\u2060"


@pytest.fixture(autouse=True)
def lao() -> Iterator[None]:
    messages.use("lo")
    yield
    messages.use("en")


def test_syllables_of_a_word_are_joined_and_words_are_not() -> None:
    assert unbroken("ໄດ້ຮັບຄຳຕອບພາຍໃນ") == f"ໄດ້ຮັບຄຳ{JOINER}ຕອບພາຍ{JOINER}ໃນ"
    assert unbroken("ຄຳຮ້ອງຂໍຂາເຂົ້າ") == f"ຄຳ{JOINER}ຮ້ອງ{JOINER}ຂໍຂາ{JOINER}ເຂົ້າ"


def test_nothing_but_joiners_is_added() -> None:
    text = Path(FOLDER / "lo" / "LC_MESSAGES" / "mlastats.po").read_text(encoding="utf-8")
    assert unbroken(text).replace(JOINER, "") == text
    messages.use("en")
    assert unbroken(text) == text


def test_the_list_holds_words_of_the_catalogue_in_their_syllables() -> None:
    """A syllable begins with a consonant or a vowel that is written before it, never with a mark."""
    text = Path(FOLDER / "lo" / "LC_MESSAGES" / "mlastats.po").read_text(encoding="utf-8")
    with (FOLDER / "lo" / "words.csv").open(encoding="utf-8") as file:
        words = [row["word"] for row in csv.DictReader(file)]
    assert len(words) == len(set(words)) > 40
    for word in words:
        assert re.fullmatch(r"([\u0e81-\u0eaf\u0ec0-\u0ec4\u0edc\u0edd][\u0e81-\u0edf]*\|?)+", word), word
        assert "|" in word
    assert {"ຄຳ|ຕອບ", "ຄຳ|ຮ້ອງ|ຂໍ"} <= {*words}
    assert sum(word.replace("|", "") in text for word in words) > 40
