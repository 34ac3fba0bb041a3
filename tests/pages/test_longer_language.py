"""Nothing is cut and nothing runs over in a language a third longer than English, in a real browser and in print."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from tests.pages.conftest import newest, pdf_of
from tests.pages.test_pages import opened, page_of

pytestmark = pytest.mark.pages

# The words of every chart, with the room they take and that of their chart.
LABELS = """() => [...document.querySelectorAll('.picture svg')].filter(svg => svg.getClientRects().length)
  .flatMap((svg, n) => {
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].map(word => {
    const box = word.getBoundingClientRect();
    return {
      chart: svg.closest('section').querySelector('h2, h3').id + ' ' + n,
      text: word.textContent,
      left: box.left - room.left, right: box.right - room.left, top: box.top - room.top,
      bottom: box.bottom - room.top, wide: room.width, high: room.height,
    };
  });
})"""
# Pixels that a letter may stand out of the room its font says it takes.
SLACK = 2
# Points of a line of a workbook's font.
LINE = 15


@pytest.fixture(scope="module", params=[360, 1280])
def labels(request: Any, browser: Any, longer: Path) -> list[dict[str, Any]]:
    size = {"width": request.param, "height": 900}
    page, _asked, _said = opened(browser, page_of(longer, "overview"), viewport=size)
    # Folded charts are drawn as the others are.
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate("() => document.fonts.ready")
    return list(page.evaluate(LABELS))


def test_every_word_of_a_chart_stands_within_it(labels: list[dict[str, Any]]) -> None:
    assert len(labels) > 500
    outside = [
        (one["chart"], one["text"])
        for one in labels
        if one["left"] < -SLACK
        or one["right"] > one["wide"] + SLACK
        or one["top"] < -SLACK
        or one["bottom"] > one["high"] + SLACK
    ]
    assert outside == []


def test_no_word_of_a_chart_stands_on_another(labels: list[dict[str, Any]]) -> None:
    charts: dict[str, list[dict[str, Any]]] = {}
    for one in labels:
        charts.setdefault(one["chart"], []).append(one)
    assert len(charts) > 30
    assert [
        (name, one["text"], other["text"])
        for name, words in charts.items()
        for n, one in enumerate(words)
        for other in words[n + 1 :]
        if overlap(one, other)
    ] == []


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Two words on each other; the lines of one label come closer than their fonts' full height."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(
        across > SLACK and down > 0.3 * min(one["bottom"] - one["top"], other["bottom"] - other["top"])
    )


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_page_stays_within_its_window(browser: Any, longer: Path, width: int) -> None:
    page, _asked, _said = opened(
        browser, page_of(longer, "overview"), viewport={"width": width, "height": 800}
    )
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_briefing_is_two_pages_in_pdf_and_word(longer: Path, tmp_path: Path) -> None:
    folder = newest(longer, "overview")
    assert len(PdfReader(folder / "overview.pdf").pages) == 2
    assert len(PdfReader(pdf_of(folder / "overview.docx", tmp_path)).pages) == 2


def test_a_cell_of_the_workbook_holds_its_words(longer: Path) -> None:
    """A column is as wide as its longest word, and a row as high as its lines in that width."""
    book = openpyxl.load_workbook(newest(longer, "overview") / "overview.xlsx")
    looked_at = 0
    for sheet in book.worksheets[3:]:
        if not sheet.freeze_panes:
            continue
        top = int(re.sub(r"\D", "", sheet.freeze_panes)) - 1
        width = sum(cell.value is not None for cell in sheet[top])
        rooms = [
            found.width for found in sheet.column_dimensions.values() for _ in range(found.min, found.max + 1)
        ]
        for row in sheet.iter_rows(min_row=top, max_col=width):
            if row[0].value is None:
                break
            for cell in row:
                if isinstance(cell.value, str):
                    high = sheet.row_dimensions[cell.row].height or LINE
                    assert fits(cell, rooms[cell.column - 1], high / LINE), (sheet.title, cell.coordinate)
                    looked_at += 1
    assert looked_at > 500


def fits(cell: Any, room: float, lines: float) -> bool:
    longest = max(map(len, cell.value.split()), default=0)
    several = cell.alignment.wrap_text and len(cell.value) <= lines * room
    return bool(longest <= room and (len(cell.value) <= room or several))
