"""Charts, by what is drawn: where lines break, how far scales go, and the numbers of phrases beside them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlastats.findings import phrases
from mlastats.publish import charts


def halves(*dates: str) -> pd.DataFrame:
    values = [1.0 + n for n in range(len(dates))]
    frame = pd.DataFrame({"event": pd.to_datetime(list(dates)), "level": values})
    return frame.assign(low=frame["level"] - 0.5, high=frame["level"] + 0.5)


def axes_of(frame: pd.DataFrame, y: str = "level", **look: Any) -> Any:
    return charts.lines(frame, frame.columns[0], y, **look).axes[0]


def test_a_missing_half_year_breaks_the_line() -> None:
    frame = halves("2020-01-01", "2020-07-01", "2021-07-01", "2022-01-01")
    (drawn,) = axes_of(frame).get_lines()
    assert np.isnan(drawn.get_ydata()).tolist() == [False, False, True, False, False]


def test_steps_that_differ_by_days_do_not_break_it() -> None:
    frame = halves("2020-06-28", "2020-12-28", "2021-06-28", "2021-12-28")
    (drawn,) = axes_of(frame).get_lines()
    assert len(drawn.get_ydata()) == 4


def test_a_value_without_neighbours_keeps_its_interval() -> None:
    frame = halves("2019-07-01", "2020-07-01", "2021-01-01", "2021-07-01")
    drawn = axes_of(frame, bounds=("low", "high"))
    (alone,) = [c for c in drawn.collections if hasattr(c, "get_segments") and len(c.get_segments()) == 1]
    assert alone.get_segments()[0][:, 1].tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("values", "kind", "top", "labels"),
    [
        ([0.0, 0.0], "count", 1.0, ["0", "1"]),
        ([0.96, 0.95], "share", 1.02, ["0%", "100%"]),
        ([191, 43], "count", 204, ["0", "200"]),
    ],
)
def test_a_scale_ends_at_a_tick_above_every_value(
    values: list[float], kind: str, top: float, labels: list[str]
) -> None:
    axes = axes_of(pd.DataFrame({"year": ["2024", "2025"], "level": values}), kind=kind)
    axes.figure.draw_without_rendering()
    assert axes.get_ylim() == pytest.approx((0, top))
    said = [tick.get_text() for tick in axes.get_yticklabels()]
    assert [said[0], said[-1]] == labels


def test_limits_closer_than_a_per_cent_get_a_decimal() -> None:
    close = {"lower": 0.35512, "upper": 0.36271}
    assert phrases.interval(close) == " (95% interval 35.5% to 36.3%)"
    assert phrases.interval({"lower": 0.33, "upper": 0.39}) == " (95% interval 33% to 39%)"
    assert phrases.interval({"lower": 1.0, "upper": 1.0}) == " (95% interval 100% to 100%)"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((-2.108, -0.0167), ["-2.11", "-0.02"]),
        ((0.2, 0.0, 0.3), ["0.2", "0.0", "0.3"]),
        ((0.0004, 0.5), ["0.000", "0.500"]),
    ],
)
def test_only_zero_reads_as_zero(values: tuple[float, ...], said: list[str]) -> None:
    assert phrases.finely(*values) == said
