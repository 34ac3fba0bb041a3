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
    found = slope([k for k, _n in counts], [n for _k, n in counts])
    if found.reason:
        assert np.isnan(found.change)
    else:
        assert -1 < found.change < 1
        assert found.lower <= found.change <= found.upper


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


def test_slope_of_a_share_that_never_moves() -> None:
    found = slope([10, 10, 10, 10], [40, 40, 40, 40])
    assert found.change == pytest.approx(0, abs=1e-12)
    assert found.lower == pytest.approx(-found.upper)
    # With a share p throughout, the error is that of a weighted line: sqrt(p (1 - p) / sum n (x - mean)^2).
    assert found.upper == pytest.approx(1.959963984540054 * (0.25 * 0.75 / (40 * 5)) ** 0.5)


def test_slope_by_the_delta_method_of_statsmodels() -> None:
    import statsmodels.api as sm

    total, successes, at = np.array([30, 40, 50, 35]), np.array([6, 11, 19, 16]), np.arange(4)
    rows = np.repeat(at, total)
    hits = np.concatenate([np.r_[np.ones(k), np.zeros(n - k)] for k, n in zip(successes, total, strict=True)])
    effect = sm.Logit(hits, sm.add_constant(rows)).fit(disp=0).get_margeff(at="overall")
    found = slope(successes, total)
    assert found.change == pytest.approx(effect.margeff[0], abs=1e-8)
    assert (found.lower, found.upper) == pytest.approx(tuple(effect.conf_int()[0]), abs=1e-6)
    assert found.dispersion == 1


def test_shares_that_scatter_widen_the_interval() -> None:
    calm, wild = slope([20, 22, 24, 26], [50] * 4), slope([5, 40, 8, 39], [50] * 4)
    assert wild.dispersion > 10
    assert wild.upper - wild.lower > 3 * (calm.upper - calm.lower)


def test_periods_without_a_case_say_nothing() -> None:
    assert slope([1, 0, 2, 5], [10, 0, 10, 10], at=[0, 1, 2, 3]) == slope(
        [1, 2, 5], [10, 10, 10], at=[0, 2, 3]
    )


@pytest.mark.parametrize(
    ("successes", "total", "reason"),
    [
        ([1, 2], [5, 5], "few_periods"),
        ([], [], "few_periods"),
        ([0, 0, 0], [5, 5, 5], "no_variation"),
        ([5, 5, 5], [5, 5, 5], "no_variation"),
        ([0, 0, 5, 5], [5, 5, 5, 5], "separated"),
        ([0, 0, 0, 1], [5, 5, 5, 5], "separated"),
        ([5, 2, 0, 0], [5, 5, 5, 5], "separated"),
    ],
)
def test_no_slope_with_the_reason(successes: list[int], total: list[int], reason: str) -> None:
    found = slope(successes, total)
    assert found.reason == reason
    assert np.isnan(found.change)


def test_slope_holds_the_truth_in_19_of_20() -> None:
    random = np.random.default_rng(5)
    at = np.arange(10)
    truth = 1 / (1 + np.exp(-(-1 + 0.1 * at)))
    change = (0.1 * truth * (1 - truth)).mean()
    found = [slope(random.binomial(40, truth), [40] * 10) for _ in range(400)]
    assert np.mean([one.lower <= change <= one.upper for one in found]) > 0.925
