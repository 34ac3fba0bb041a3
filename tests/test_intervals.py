"""Intervals of shares: by hand, by statsmodels, and how often they hold the truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from mlastats.errors import ConfigurationError
from mlastats.measure.intervals import share, slope, wilson


@pytest.mark.parametrize(
    ("successes", "total", "lower", "upper"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_intervals(successes: int, total: int, lower: float, upper: float) -> None:
    assert wilson(successes, total) == pytest.approx((lower, upper), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_as_statsmodels_has_it(counts: tuple[int, int]) -> None:
    assert wilson(*counts) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-12)


COUNTS = st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=12)


@settings(deadline=None)
@given(COUNTS)
def test_a_slope_or_a_reason(counts: list[tuple[int, int]]) -> None:
    found = slope([k / max(n, 1) for k, n in counts], [n for _k, n in counts])
    if found.reason:
        assert np.isnan([found.change, found.lower, found.upper, found.p]).all()
    else:
        assert found.lower <= found.change <= found.upper
        assert 0 <= found.p <= 1


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_holds_the_share_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    lower, upper = wilson(*counts)
    assert 0 <= lower <= counts[0] / counts[1] <= upper <= 1


def test_none_of_none_is_missing() -> None:
    assert np.isnan(wilson(0, 0)).all()


def test_series_keep_their_index() -> None:
    lower, upper = wilson(pd.Series([0, 1], index=["a", "b"]), pd.Series([0, 1], index=["a", "b"]))
    assert np.isnan(lower["a"])
    assert upper["b"] == 1
    assert lower["b"] == pytest.approx(1 / (1 + 1.959963984540054**2))


def test_more_than_the_total_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="1 of 2"):
        wilson(pd.Series([1, 3]), pd.Series([2, 2]))


def test_share_of_two_columns() -> None:
    found = share(pd.DataFrame({"formal": [1, 0], "known": [4, 0]}), "formal", "known", "formal_share")
    assert found["formal_share"].tolist()[0] == 0.25
    assert found.loc[1].isna().all()
    assert list(found) == ["formal_share", "formal_share_lower", "formal_share_upper"]


def test_slope_as_the_weighted_line_of_statsmodels() -> None:
    import statsmodels.api as sm

    values, weights = [0.4, 0.45, 0.5, 0.48, 0.6, 0.62], [20, 25, 30, 20, 40, 30]
    theirs = sm.WLS(values, sm.add_constant(np.arange(6.0)), weights=weights).fit()
    found = slope(values, weights)
    assert (found.change, found.p) == pytest.approx((theirs.params[1], theirs.pvalues[1]), abs=1e-12)
    assert (found.lower, found.upper) == pytest.approx(tuple(theirs.conf_int()[1]), abs=1e-12)


def test_years_that_scatter_widen_the_interval() -> None:
    calm = slope([0.40, 0.42, 0.43, 0.46, 0.48], [50] * 5)
    wild = slope([0.10, 0.80, 0.16, 0.78, 0.40], [50] * 5)
    assert wild.upper - wild.lower > 10 * (calm.upper - calm.lower)
    assert calm.p < 0.01 < wild.p


def test_periods_without_a_case_say_nothing() -> None:
    few = slope([0.1, 0.3, 0.2, 0.5, 0.4], [10, 9, 10, 10, 8], at=[0, 2, 3, 4, 5])
    assert few == slope([0.1, np.nan, 0.3, 0.2, 0.5, 0.4], [10, 0, 9, 10, 10, 8])


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "few_periods"), ([0.1, 0.2, 0.3, 0.4], "few_periods"), ([0.3] * 5, "no_scatter")],
)
def test_no_slope_with_the_reason(values: list[float], reason: str) -> None:
    found = slope(values, [5] * len(values))
    assert found.reason == reason
    assert np.isnan(found.change)


@pytest.mark.parametrize(("years", "size", "scatter"), [(5, 10, 0.0), (6, 30, 0.1), (12, 10, 0.1)])
def test_case_13_the_interval_of_a_trend_holds_its_level(years: int, size: int, scatter: float) -> None:
    # 1,000 samples of no trend, years that scatter by a beta distribution: 5 % within two points.
    luck, wrong = np.random.default_rng(5), 0
    for _sample in range(1000):
        n = luck.poisson(size, years)
        shape = (1 - scatter) / scatter if scatter else 0
        p = luck.beta(0.4 * shape, 0.6 * shape, years) if scatter else np.full(years, 0.4)
        found = slope(luck.binomial(n, p) / np.maximum(n, 1), n)
        wrong += found.p < 0.05
    assert 0.03 < wrong / 1000 < 0.075
