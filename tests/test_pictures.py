"""Figures on one page: words as text of the page's font, shaped letters as outlines, names apart."""

import re

import matplotlib.pyplot as plt
import pytest

from mlastats.publish import pictures, style


def figure(*words: str) -> str:
    with style.drawing():
        drawn, axes = plt.subplots(figsize=(3, 2))
        for n, word in enumerate(words):
            axes.text(0.1, 0.2 * n, word)
        axes.set_axis_off()
        svg = style.svg(drawn)
        plt.close(drawn)
    return svg


def test_words_become_text_and_stand_once() -> None:
    sheet, drawn = pictures.together({"a": figure("Viet Nam", "Thailand"), "b": figure("Viet Nam")})
    assert re.findall(r"<text[^>]*>([^<]*)</text>", sheet.svg) == ["Viet Nam", "Thailand"]
    assert sheet.svg.count("Viet Nam") == 1
    assert drawn["a"].count('href="#w0"') == drawn["b"].count('href="#w0"') == 1


def test_an_upright_label_keeps_only_its_place() -> None:
    # The font is 9 points at a hundredth of a unit each: what matplotlib writes as scale(0.09 -0.09).
    saved = figure("Viet Nam")
    x, y = re.findall(r"translate\(([\d.]+) ([\d.]+)\) scale\(0.09 -0.09\)", saved)[0]
    sheet, drawn = pictures.together({"a": saved})
    assert f'<use href="#w0" class="s1" x="{x}" y="{y}"/>' in drawn["a"]
    assert '<text class="r" transform="scale(0.09)">Viet Nam</text>' in sheet.svg


def test_what_could_be_markup_stays_text() -> None:
    sheet, _drawn = pictures.together({"a": figure("a<b> & c")})
    assert "a&lt;b&gt; &amp; c" in sheet.svg


@pytest.mark.parametrize("word", ["ລາວ", "ไทย", "ខ្មែរ", "မြန်မာ"])
def test_shaped_letters_stay_outlines(word: str) -> None:
    sheet, drawn = pictures.together({"a": figure(word)})
    assert "<text" not in sheet.svg
    assert sheet.letters
    assert set(re.findall(r'href="#(l\d+)"', sheet.svg)) == set(sheet.letters.values())
    assert 'href="#w0"' in drawn["a"]


def test_names_of_two_figures_are_apart_and_lead_somewhere() -> None:
    sheet, drawn = pictures.together({"a": chart(), "b": chart()})
    page = sheet.svg + "".join(drawn.values())
    names = re.findall(r' id="([^"]*)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', page)) <= set(names)


def chart() -> str:
    with style.drawing():
        drawn, axes = plt.subplots(figsize=(3, 2))
        axes.plot([0, 1, 2], [0, 2, 1], marker="o")
        svg = style.svg(drawn)
        plt.close(drawn)
    return svg


def test_a_path_keeps_its_points() -> None:
    # A square by hand: the same corners, written along the axes.
    assert style._path("M 1 2 \nL 3 2 \nL 3 5.123456 \nL 1 5.123456 \nz\n") == "M1 2H3V5.12H1z"
