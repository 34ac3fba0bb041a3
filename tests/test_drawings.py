"""A drawing as SVG: its words are text, its bytes the same each time; and the fonts that a page needs for it."""

from typing import Any

import pandas as pd
import pytest

from mlastats.findings import chart
from mlastats.publish import inline, style, webfont
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


def test_marks_of_one_look_are_one_path_on_a_page_and_none_comes_to_lie_over_another() -> None:
    marks = (
        style.rect(10, 10, 20, 10, "fI"),
        style.circle(15, 15, 6, "fi"),
        style.text(0, 90, "Name"),
        # Beside what was drawn before it, then over the dot.
        style.rect(10.5, 40, 20, 10, "fI"),
        style.rect(15, 10, 20, 10, "fI"),
        style.circle(60, 15, 5, "fp si", edge=2),
        style.circle(61, 15, 5, "fp si", edge=2),
    )
    page = inline.drawing(style.svg("".join(marks), 200, 100), "wide")
    assert page[page.index("<path") : page.index("</svg>")] == (
        '<path d="M10 10h20v10h-20zm.5 30h20v10h-20z" class=fI />'
        # Twelve pixels wide: a dot with a radius of six, and the colour of a hollow one, of five and half its edge.
        '<path d="M15 15h0m45 0h0" class="si d" stroke-width=12 />'
        "<text y=90>Name</text>"
        '<path d="M15 10h20v10h-20z" class=fI />'
        '<path d="M60 15h0" class="sp d" stroke-width=8 />'
        '<path d="M61 15h0" class="si d" stroke-width=12 />'
        '<path d="M61 15h0" class="sp d" stroke-width=8 />'
    )


def test_a_line_is_told_on_a_page_by_its_shortest_steps() -> None:
    line = [(0, 212), (0.8, 212), (0.8, 195.1), (6.7, 195.1), (7.2, 194.4)]
    page = inline.drawing(style.svg(style.path(line, look="si", edge=2), 10, 300))
    assert '<path d="M0 212h.8v-16.9h5.9l.5-.7" class=si stroke-width=2 />' in page


def test_a_mark_is_of_one_row_of_its_table(
    exhibits: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure whose rows do not tell all groups of its table would draw the first of them and leave out the others."""
    drawn: list[str] = []
    of_one = chart._Drawn.row

    def row(self: Any, name: str, part: pd.DataFrame) -> Any:
        own = self.chart
        several = [own.along] if own.along and own.form != "funnel" else []
        each = part.groupby(several, observed=True).size() if several else pd.Series([len(part)])
        assert own.form == "funnel" or each.le(1).all(), (
            f"{self.exhibit}, {name}: {each.max()} rows in one mark"
        )
        drawn.append(self.exhibit)
        return of_one(self, name, part)

    monkeypatch.setattr(chart._Drawn, "row", row)
    for shown in exhibits.values():
        for exhibit in shown.values():
            if exhibit.chart:
                exhibit.chart(exhibit.table)
    assert len(set(drawn)) > 40
