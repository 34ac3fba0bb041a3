"""A drawing as SVG: its words are text, its bytes the same each time; and the fonts that a page needs for it."""

import pytest

from mlastats.publish import style, webfont
from tests.drawn import words


def drawing(*labels: str) -> str:
    return style.svg("".join(style.text(10, 20 + 20 * n, label) for n, label in enumerate(labels)), 200, 100)


@pytest.mark.parametrize(
    "word", ["Viet Nam", "a<b> & c", "$1$ of 1.23456 %", "ຂາເຂົ້າ", "น้ำ", "គ្រឿង", "ပြည်ထောင်စု"]
)
def test_words_of_any_script_stay_text(word: str) -> None:
    assert words(drawing(word)) == [word]


def test_the_same_drawing_has_the_same_bytes() -> None:
    assert style.png(drawing("ຂາເຂົ້າ")) == style.png(drawing("ຂາເຂົ້າ"))
    assert style.png(drawing("ຂາເຂົ້າ")) != style.png(drawing("ຂາເຂົ້າ"), "Title", "Subtitle", "Source")


@pytest.mark.parametrize(("vowel", "part"), [("ำ", "ํ"), ("ຳ", "ໍ"), ("ោ", "េ")])
def test_a_vowel_of_two_parts_brings_the_part_of_another_letter(vowel: str, part: str) -> None:
    # The Unicode Standard, chapters 16.1 (Thai, Lao: the vowel am is drawn as nikhahit and aa) and 16.4 (Khmer).
    assert f"U+{ord(part):X}" in webfont.faces(f"<p>{vowel}</p>")
