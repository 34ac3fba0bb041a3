"""Curves for the public move only where so many more answers have come; worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats.measure.curves import answered_curve, quantiles
from mlastats.measure.daycounts import DayCounts

# Eight requests: one answer on each of the days 1 to 7, one still pending on day 10.
SEVEN = [1, 2, 3, 4, 5, 6, 7, 10]


def seven(every: int) -> DayCounts:
    return DayCounts.from_durations(SEVEN, ["answered"] * 7 + [None]).thinned(every)


def test_it_moves_on_the_third_and_the_sixth_answer() -> None:
    curve = seven(3).survival()
    assert curve["day"].tolist() == [3, 6]
    assert curve["survival"].tolist() == pytest.approx([5 / 8, 2 / 8])


def test_a_share_is_that_of_the_last_day_it_moved_on() -> None:
    read = [seven(3).answered_within(day, fewest=0)["share"].iloc[0] for day in (2, 3, 5, 7)]
    assert read == pytest.approx([0, 3 / 8, 3 / 8, 6 / 8])


def test_a_quantile_is_the_next_day_it_moves_on() -> None:
    # Half of eight is reached on day 4; nine tenths never.
    assert seven(1).quantile([0.5])["days"].tolist() == [4]
    assert seven(3).quantile([0.5])["days"].tolist() == [6]
    assert np.isnan(seven(5).quantile([0.75])["days"].iloc[0])


def test_answers_of_one_day_count_together_and_what_ends_otherwise_is_no_answer() -> None:
    days, causes = [1, 1, 2, 3, 4, 4, 5], [*["answered"] * 2, "withdrawn", *["answered"] * 4]
    counts = DayCounts.from_durations(days, causes).thinned(3)
    curve = counts.incidence().query("cause == 'answered'")
    # Day 1: two of seven. Day 3: the third. Day 4 makes five, day 5 six.
    assert curve["day"].tolist() == [3, 5]
    assert curve["incidence"].tolist() == pytest.approx([3 / 7, 6 / 7])


def test_cases_with_groups() -> None:
    cases = pd.DataFrame(
        {"days": SEVEN * 2, "entry": 0, "cause": ["answered"] * 7 + [None] + ["answered"] * 8}
    ).assign(unobserved=False, status="answered", who=["a"] * 8 + ["b"] * 8)
    assert answered_curve(cases, ["who"], 4)["day"].tolist() == [4, 4, 10]
    assert quantiles(cases, ["who"], [0.75], 4)["days"].tolist()[1:] == [10]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["answered", "withdrawn", None])), min_size=1),
    st.integers(2, 6),
)
def test_never_better_than_the_truth_and_never_a_step_of_few(rows: list, every: int) -> None:
    days, causes = zip(*rows, strict=True)
    true = DayCounts.from_durations(days, causes, answer="answered")
    thin = true.thinned(every)
    for day in range(0, 31, 3):
        shares = [c.answered_within(day, fewest=0)["share"].iloc[0] for c in (thin, true)]
        assert shares[0] <= shares[1] + 1e-12
    later, first = (c.quantile(0.5)["days"].iloc[0] for c in (thin, true))
    assert np.isnan(later) or later >= first
    answered = pd.Series([d for d, c in rows if c == "answered"], dtype=int)
    steps = thin.survival()["day"].tolist()
    for before, after in zip([-1, *steps], steps, strict=False):
        assert ((answered > before) & (answered <= after)).sum() >= every
