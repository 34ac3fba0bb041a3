"""Figures by what is drawn, read from their SVG: where marks stand, what is hollow, what has no mark, what fits."""

from collections import Counter
from itertools import combinations, pairwise
from math import log, nan

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from mlastats.findings.chart import Chart
from mlastats.publish import style
from mlastats.publish.charts import Figure, Panel, Row, drawn, scale
from mlastats.publish.marks import Bar, Cells, Dot, Funnel, Line, Parts
from tests.drawn import Mark, days_at, marks, words


def of_rows(*rows: Row, kind: str = "days", values: tuple[float, ...] = (), **panel: object) -> str:
    """A wide panel of rows."""
    figure = Figure([Panel("Incoming", "incoming", rows, scale(kind, values), **panel)])  # type: ignore[arg-type]
    return drawn(figure).panels[0].wide


def axis(*names: str) -> tuple[tuple[float, str], ...]:
    return tuple(((n + 0.5) / len(names), name) for n, name in enumerate(names))


def looks(svg: str, tag: str, look: str) -> list[Mark]:
    return [mark for mark in marks(svg) if mark.tag == tag and look in mark.look.split()]


@settings(deadline=None)
@given(st.floats(7, 1300))
def test_a_dot_stands_where_the_ticks_say_its_days_are(days: float) -> None:
    """By the places of the ticks 1 week and 3 years: log(days / 7) / log(1096 / 7) of the way between them."""
    svg = of_rows(Row("Extradition", "59 requests", mark=Dot(days)), values=(days,))
    (dot,) = looks(svg, "circle", "fi")
    assert log(days_at(svg, dot.x)) == pytest.approx(log(days), abs=0.01)


def test_an_interval_reaches_from_limit_to_limit_and_a_standard_is_a_tick() -> None:
    svg = of_rows(Row("Extradition", "59 requests", mark=Dot(361, 251, 1450, mark=365)), values=(251, 1450))
    (bar,) = looks(svg, "rect", "fI")
    assert [round(days_at(svg, x)) for x in (bar.x, bar.x + bar.width)] == pytest.approx(
        [251, 1450], rel=0.01
    )
    (tick,) = looks(svg, "rect", "fk")
    assert days_at(svg, tick.x + tick.width / 2) == pytest.approx(365, rel=0.01)


def test_without_an_upper_limit_it_is_dotted_from_the_lower_one_to_the_edge() -> None:
    svg = of_rows(Row("Extradition", "53 requests", mark=Dot(2452, 244, nan)), values=(244, 2452))
    dots = looks(svg, "rect", "fI")
    assert len(dots) > 5
    assert {dot.width for dot in dots} == {3}
    assert days_at(svg, dots[0].x) == pytest.approx(244, rel=0.03)
    assert days_at(svg, dots[-1].x) > 2000


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"direction": "incoming", "kind": ["mla", "extradition", "handover"], **columns})


MEDIANS = Chart("median_days", "kind", n="requests pending")


def test_what_rests_on_fewer_than_thirty_is_hollow_and_on_fewer_than_ten_not_drawn() -> None:
    frame = table(
        requests=[30, 29, 9], pending=[3, 2, 1], median_days=[222.0, 361.0, 12.0], lower=nan, upper=nan
    )
    figure = MEDIANS.draw(frame)
    svg = drawn(figure).panels[0].wide
    assert len(looks(svg, "circle", "fi")) == len(looks(svg, "circle", "fp")) == 1
    assert [text for _mark, text in figure.key] == [
        "rests on fewer than 30",
        "not drawn: 1 row of fewer than 10",
    ]
    assert "Police hand-over" not in words(svg)


def test_what_a_share_is_of_decides_and_not_its_part() -> None:
    """3 of 3 is no 100%, and 3 of 223 is 1%."""
    chart = Chart("share", "kind", n="part", rests="requests", limits=("low", "high"))
    frame = table(part=3, requests=[223, 3, 12], share=[3 / 223, 1.0, 0.25], low=0.0, high=1.0)
    figure = chart.draw(frame)
    assert [row.name for panel in figure.panels for row in panel.rows] == [
        "Mutual legal assistance",
        "Police hand-over",
    ]


def test_no_bar_is_drawn_of_the_parts_of_fewer_than_ten() -> None:
    """A single request would be a bar of 100%; of several rows of one bar one is left out."""
    chart = Chart(
        "formal_share", "kind", form="parts", n="requests", parts={"formal": "full", "informal": "part"}
    )
    frame = table(requests=[30, 10, 1], formal=[15, 5, 1], informal=[15, 5, 0], formal_share=[0.5, 0.5, 1.0])
    figure = chart.draw(frame)
    assert [row.name for panel in figure.panels for row in panel.rows] == [
        "Mutual legal assistance",
        "Extradition",
    ]
    assert figure.key[-1][1] == "not drawn: 1 row of fewer than 10"
    each = pd.concat([frame.assign(outcome=code) for code in ("executed", "refused")])
    of_codes = Chart(
        "formal_share",
        "kind",
        form="parts",
        n="requests",
        along="outcome",
        parts={"executed": "full", "refused": "rest"},
    )
    assert of_codes.draw(each).key[-1][1] == "not drawn: 1 row of fewer than 10"


def test_what_it_rests_on_in_effect_decides_where_it_is_known() -> None:
    frame = table(requests=90, pending=3, median_days=[222.0, 361.0, 12.0], lower=nan, upper=nan)
    svg = drawn(MEDIANS.draw(frame.assign(rests_on=[45.0, 29.9, 30.0]))).panels[0].wide
    assert len(looks(svg, "circle", "fi")) == 2


def test_a_row_without_a_figure_says_why_and_has_no_mark() -> None:
    frame = table(requests=40, pending=3, median_days=[nan, nan, 12.0], lower=nan, upper=nan)
    chart = Chart("median_days", "kind", n="requests pending", gaps=True)
    svg = drawn(chart.draw(frame.assign(lacking=["few_at_risk", "not_reached", ""]))).panels[0].wide
    assert {"too few to tell", "not reached", "12 days", "40 requests, 3 open"} <= {*words(svg)}
    assert len([mark for mark in marks(svg) if mark.tag == "circle"]) == 1


def test_directions_are_panels_of_their_own_in_their_colours() -> None:
    frame = table(requests=40, pending=3, median_days=[222.0, 361.0, 12.0], lower=nan, upper=nan)
    both = pd.concat([frame, frame.assign(direction="outgoing")]).sort_values("kind")
    panels = drawn(MEDIANS.draw(both)).panels
    assert [panel.hue for panel in panels] == ["incoming", "outgoing"]
    for panel, look, other in zip(panels, "io", "oi", strict=True):
        assert (
            len(looks(panel.wide, "circle", f"f{look}")) == len(looks(panel.slim, "circle", f"f{look}")) == 3
        )
        assert f'"f{other}"' not in panel.wide + panel.slim


def test_parts_of_a_whole_fill_one_bar_in_proportion() -> None:
    """47 + 23 + 30 of 100, by hand: of 244 pixels 114.7, 56.1 and 73.2, less 1.5 for the gap after each."""
    parts = Parts((("full", 0.47), ("rest", 0.23), ("open", 0.30)))
    svg = of_rows(Row("Mutual legal assistance", "223 requests", "30%", mark=parts), kind="share")
    bars = [mark for mark in marks(svg) if mark.tag == "rect"]
    assert [bar.width for bar in bars] == pytest.approx([113.2, 54.6, 71.7], abs=0.11)
    assert all(left.x + left.width + 1.4 <= right.x for left, right in pairwise(bars))
    assert {"47%", "23%", "30%"} <= {*words(svg)}


def test_a_bar_is_full_as_far_as_its_part() -> None:
    svg = of_rows(Row("Justice", value="5 of 10", mark=Bar(10, 5)), kind="count", values=(10,))
    (full,), (pale,) = looks(svg, "rect", "fw"), looks(svg, "rect", "fW")
    assert full.width == pytest.approx((pale.width + 1) / 2, abs=0.1)


def test_none_is_a_dash_and_what_is_missing_leaves_its_place_empty() -> None:
    cells = Cells((4.0, 0.0, nan, 1.0))
    svg = of_rows(
        Row("China", mark=cells), kind="count", values=(4,), axis=axis("2023", "2024", "2025", "2026")
    )
    big, small = looks(svg, "circle", "fi")
    (dash,) = looks(svg, "rect", "fm")
    step = (small.x - big.x) / 3
    assert dash.x + dash.width / 2 == pytest.approx(big.x + step, abs=0.1)
    # The area is the count, but for a pixel by which the least is seen.
    assert (big.radius - 1) / (small.radius - 1) == pytest.approx(2, abs=0.1)


def test_a_column_is_as_high_as_its_value_and_a_missing_one_is_not_there() -> None:
    line = Line((50.0, nan, 100.0), columns=True)
    svg = of_rows(Row("", mark=line), kind="count", values=(50, 100), axis=axis("2024", "2025", "2026"))
    first, last = looks(svg, "rect", "fi")
    assert last.height == pytest.approx(2 * first.height, abs=0.1)
    assert first.y + first.height == pytest.approx(last.y + last.height, abs=0.1)
    assert {"50", "100"} <= {*words(svg)}


@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=5),
    st.sampled_from(["days", "count", "rate", "number"]),
)
def test_a_scale_holds_every_value(values: list[float], kind: str) -> None:
    made = scale(kind, values)
    assert max(values) <= max(made.high, 1e-6) * (1 + 1e-9)
    places = [made.at(value, 0, 100) for value, _words in made.ticks]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 100


LONG = "Office of the Supreme People's Prosecutor and of everybody else who is concerned"


def box(mark: Mark) -> tuple[float, float, float, float]:
    """Where a line of words stands, left, top, right and bottom: by the width that Pillow's own layout of the package's
    fonts gives, from the highest letter to the lowest."""
    size, weight, _colour = style.TEXTS[mark.look]
    font = ImageFont.truetype(str(style.FONTS / f"NotoSans-{'Bold' if weight > 400 else 'Regular'}.ttf"), 100)
    long = font.getlength(mark.words) * size / 100
    left = mark.x - long * {"": 0, "middle": 0.5, "end": 1}[mark.anchor]
    return left, mark.y - 0.8 * size, left + long, mark.y + 0.2 * size


@pytest.mark.parametrize("name", ["Extradition", LONG])
@pytest.mark.parametrize("note", ["", "1,234 requests, 567 open"])
def test_no_words_reach_over_the_edge_of_a_panel(name: str, note: str) -> None:
    """By the widths that Pillow's own layout of the package's fonts gives."""
    row = Row(name, note, "2,452 days", note and "244, no upper limit", Dot(2452, 244, nan))
    panel = Panel("Incoming", "incoming", [LONG, row], scale("days", [244, 2452]), "half answered within")
    both = drawn(Figure([panel])).panels[0]
    for svg, width in ((both.wide, 580), (both.slim, 328)):
        for mark in marks(svg):
            if mark.tag == "text":
                left, _top, right, _bottom = box(mark)
                assert -0.6 <= left <= right <= width + 0.6, mark


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_colour_is_seen_on_its_ground(mode: int) -> None:
    """WCAG 2.2: 4.5 for words, 3 for marks; a pale tone carries nothing alone, its dot or edge stands out of it."""
    tone = {name: pair[mode] for name, pair in style.COLOURS.items()}
    for _size, _weight, colour in style.TEXTS.values():
        assert colour == "paper" or contrast(tone[colour], tone["paper"]) >= 4.5
    for name in ("incoming", "outgoing", "open", "rest", "ink"):
        assert contrast(tone[name], tone["paper"]) >= 4.5, name
        pale = tone.get(f"{name}-pale", tone["paper"])
        assert contrast(tone[name], pale) >= 3, name
    # Numbers in the parts of a whole.
    for ground in ("incoming", "outgoing", "open", "ink"):
        assert contrast(tone["paper"], tone[ground]) >= 4.5, ground
    for ground in ("incoming-pale", "outgoing-pale", "rest-pale"):
        assert contrast(tone["ink"], tone[ground]) >= 4.5, ground


def test_a_funnel_names_those_that_stand_apart_alone() -> None:
    table = pd.DataFrame(
        {
            "agency": ["mofa", "moj", "mps", "ospp", "a", "b"],
            "compared": [20.0, 30, 40, 50, 60, 70],
            "adjusted": [0.6, 0.1, 0.6, 0.5, 0.7, 0.6],
            "target": 0.6,
            "spread": 0.05,
            "stands": ["within", "below", "within", "within", "within", "within"],
        }
    )
    chart = Chart("adjusted", form="funnel", along="agency")
    six, three = (drawn(chart.draw(rows)).panels[0].wide for rows in (table, table.iloc[:3]))
    assert "Ministry of Justice" in words(six)
    assert "Ministry of Foreign Affairs" not in words(six)
    assert {"Ministry of Justice", "Ministry of Foreign Affairs"} <= {*words(three)}
    # One is full, the others are hollow.
    assert len(looks(six, "circle", "fp")) == 5
    assert len(looks(six, "circle", "fr")) == 1


NAMES = st.text("abcdefgh WMI", min_size=1, max_size=70).map(lambda name: " ".join(name.split()) or "x")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), NAMES, st.booleans()), max_size=12),
    st.floats(0, 1),
)
def test_no_word_of_a_funnel_stands_on_another_and_every_name_is_read(
    groups: list[tuple[float, float, str, bool]], target: float
) -> None:
    """Whatever groups are called and wherever they stand: beside its dot, or by number below the plot."""
    low, high = max(0, target - 0.2), min(1, target + 0.2)
    ends = tuple((name, ((0.1, end), (1.0, end))) for name, end in (("", low), ("95%", high)))
    curves = (*ends, ("", ((0.1, 0.0), (1.0, 0.0))), ("99.8%", ((0.1, 1.0), (1.0, 1.0))))
    panel = Panel("", "", [Row("", mark=Funnel(tuple(groups), curves, target))], scale("share", [1]))
    both = drawn(Figure([panel])).panels[0]
    for svg, width in ((both.wide, 580), (both.slim, 328)):
        written = [mark for mark in marks(svg) if mark.tag == "text"]
        for (left, top, right, bottom), (start, above, end, below) in combinations(map(box, written), 2):
            assert min(right, end) - max(left, start) <= 0.6 or min(bottom, below) - max(top, above) <= 0.6
        assert all(" " not in mark.words or box(mark)[2] <= width + 0.6 for mark in written)
        each = Counter(" ".join(words(svg)).split())
        named = Counter(" ".join(name for _size, _share, name, _apart in groups).split())
        assert {word: times for word, times in each.items() if word.isalpha()} == named
        # A number stands at its dot and before its name.
        assert {times for word, times in each.items() if word.isdigit()} <= {2}


def test_a_column_within_its_limits_or_without_any_is_pale() -> None:
    line = Line((5.0, 9, 5), (2.0, 2, nan), (8.0, 8, nan), columns=True)
    svg = of_rows(Row("", mark=line), kind="count", values=(9,), axis=axis("1", "2", "3"))
    assert [len(looks(svg, "rect", look)) for look in ("fI", "fi")] == [2, 1]
