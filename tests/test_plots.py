"""A chart of an analyst's own, by seaborn: in a report as the others are, its bars as long as the table says."""

import re
from pathlib import Path

import pandas as pd
import pytest
import seaborn

from mlastats.publish import html, plots
from mlastats.publish.exhibit import Exhibit
from tests.publishing import by_channel, published

TABLE = pd.DataFrame({"channel": ["diplomatic", "interpol", "ຊ່ອງທາງ"], "requests": [40, 20, 10]})


def bars(table: pd.DataFrame):
    with plots.look():
        figure, axes = plots.axes(200)
        seaborn.barplot(table, x="requests", y="channel", saturation=1, ax=axes)
    return figure


def exhibit() -> Exhibit:
    return by_channel(chart=bars)


def lengths(svg: str) -> list[float]:
    """Of each filled bar, from its first place to its second."""
    paths = re.findall(
        r'<path d="M ([\d.]+) [\d.]+ \nL ([\d.]+) [^"]*"[^>]*fill: (?:var\(--rest,)?#55636f', svg
    )
    return [float(right) - float(left) for left, right in paths]


def test_bars_are_as_long_as_the_table_says_at_both_widths_and_in_the_picture() -> None:
    drawing = plots.drawn(bars(TABLE))
    (panel,) = drawing.panels
    for svg, width in ((panel.wide, 580), (panel.slim, 328), (drawing.whole, 580)):
        assert f'width="{width}"' in svg
        most, half, quarter = lengths(svg)
        assert (half, quarter) == (pytest.approx(most / 2, abs=0.1), pytest.approx(most / 4, abs=0.1))


def test_letters_are_text_on_a_page_and_outlines_in_a_picture() -> None:
    drawing = plots.drawn(bars(TABLE))
    assert ">ຊ່ອງທາງ</text>" in drawing.panels[0].wide
    assert "<text" not in drawing.whole
    assert "#16212e" in drawing.whole
    assert "var(" not in drawing.whole


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert plots.drawn(bars(TABLE)) == plots.drawn(bars(TABLE))


def test_a_page_shows_it_in_the_colours_of_its_mode(tmp_path: Path) -> None:
    publication = published(tmp_path, [exhibit()])
    html.write(publication, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count(">border liaison</text>") == 2
    assert "var(--ink,#16212e)" in page
