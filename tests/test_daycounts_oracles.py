"""Counts by day against exact fractions, against statsmodels, by hand, and on bad input."""

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats.errors import ConfigurationError
from mlastats.measure.comparisons import (
    answered_within_difference,
    gray,
    logrank,
    rmst_difference,
)
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.standardised import standardised
from tests.test_daycounts import incidence_of

Row = tuple[int, int, str, str]


def exact_quantile(rows: list[Row], q: Fraction) -> float:
    """The first day on which the incidence of an answer reaches q, request by request, in fractions."""
    unended, answered = Fraction(1), Fraction(0)
    for day in sorted({end for end, _entry, _cause, _group in rows}):
        at_risk = [row for row in rows if row[1] <= day <= row[0]]
        ends = [row[2] for row in at_risk if row[0] == day and row[2]]
        answered += unended * Fraction(ends.count("answered"), len(at_risk))
        unended *= 1 - Fraction(len(ends), len(at_risk))
        if answered >= q:
            return float(day)
    return float("nan")


def counts_of(rows: list[Row]) -> DayCounts:
    days, entry, cause, group = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 4
    by = pd.Series(pd.Categorical(group, categories=["a", "b"]), name="group")
    return DayCounts.from_durations(days, cause, entry, by, answer="answered")


def test_quantiles_as_exact_fractions_have_them() -> None:
    luck = np.random.default_rng(4)
    levels = {
        0.1: Fraction(1, 10),
        0.25: Fraction(1, 4),
        0.5: Fraction(1, 2),
        0.75: Fraction(3, 4),
        0.9: Fraction(9, 10),
    }
    ties = 0
    for register in range(4000):
        number, span = int(luck.integers(1, 25)), int(luck.integers(1, 15))
        end = luck.integers(0, span, number)
        entry = np.minimum(luck.integers(0, span, number) * (luck.random(number) < register % 3 / 4), end)
        causes = ["answered", ""] if register % 2 else ["answered", "", "ended_otherwise"]
        rows = list(
            zip(
                end.tolist(),
                entry.tolist(),
                luck.choice(causes, number).tolist(),
                ["a"] * number,
                strict=True,
            )
        )
        found = counts_of(rows).quantile(list(levels), fewest=0)
        expected = [exact_quantile(rows, q) for q in levels.values()]
        np.testing.assert_array_equal(found.loc[found["group"].eq("a"), "days"], expected, str(rows))
        curve = counts_of(rows).survival(fewest=0)["survival"]
        ties += int(np.isclose(curve, 0.5, atol=1e-12).any())
    assert ties > 200  # the case that floating point decides by chance


def test_a_tie_of_many_factors_is_decided() -> None:
    # Of 30 at risk one is answered and one cut each day: 29/30 x 27/28 x 25/26 x ...
    rows: list[Row] = [(day, 0, cause, "a") for day in range(1, 9) for cause in ("answered", "")]
    rows += [(50, 0, "answered", "a")] * 14
    expected = [exact_quantile(rows, Fraction(q)) for q in ("0.25", "0.5")]
    found = counts_of(rows).quantile([0.25, 0.5], fewest=0)
    assert found.loc[found["group"].eq("a"), "days"].tolist() == expected


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_statsmodels_has_it() -> None:
    from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

    luck = np.random.default_rng(5)
    for _sample in range(40):
        number = int(luck.integers(20, 400))
        days, answered = luck.integers(0, 60, number), luck.random(number) < 0.7
        group = luck.choice(["a", "b", "c"], number)
        counts = DayCounts.from_durations(days, answered, by=pd.Series(group, name="group"))
        curve, median = counts.survival("log-log", 0), counts.quantile(0.3, "log-log", 0).set_index("group")
        for name in "abc":
            inside = group == name
            theirs, ours = SurvfuncRight(days[inside], answered[inside]), curve[curve["group"].eq(name)]
            np.testing.assert_array_equal(ours["day"], theirs.surv_times)
            np.testing.assert_array_equal(ours["at_risk"], theirs.n_risk)
            np.testing.assert_allclose(ours["survival"], theirs.surv_prob, rtol=0, atol=1e-12)
            seen = ours["survival"].gt(0)
            np.testing.assert_allclose(ours["std_error"][seen], theirs.surv_prob_se[seen], rtol=0, atol=1e-12)
            limits = theirs.quantile_ci(0.3, method="cloglog")
            limits = [x if np.isfinite(x) else np.nan for x in limits]
            np.testing.assert_array_equal(median.loc[name, ["lower", "upper"]].astype(float), limits)
        statistic, p = survdiff(days, answered.astype(int), group)
        assert (logrank(counts).statistic, logrank(counts).p) == pytest.approx((statistic, p), abs=1e-9)
        cause = np.where(answered, luck.choice([1, 2], number), 0)
        incidence = incidence_of(DayCounts.from_durations(days, cause)).set_index(["cause", "day"])[
            "incidence"
        ]
        theirs = CumIncidenceRight(days, cause)
        for one in (1, 2):
            expected = pd.Series(theirs.cinc[one - 1], theirs.times)
            np.testing.assert_allclose(
                incidence[str(one)], expected[incidence[str(one)].index], rtol=0, atol=1e-12
            )


rows_of = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(["answered", "other", ""]),
        st.sampled_from("ab"),
    ),
    max_size=30,
).map(lambda rows: [(max(a, b), min(a, b), cause, group) for a, b, cause, group in rows])


@settings(max_examples=60, deadline=None)
@given(rows_of, rows_of)
def test_counts_add_up(first: list[Row], second: list[Row]) -> None:
    both = counts_of(first + second)
    assert counts_of(first) + counts_of(second) == both
    assert both.over("group") == counts_of(first).over("group") + counts_of(second).over("group")
    pd.testing.assert_frame_equal((counts_of(first) + counts_of(second)).survival(), both.survival())


@settings(max_examples=60, deadline=None)
@given(rows_of)
def test_every_request_is_counted_once(rows: list[Row]) -> None:
    counts = counts_of(rows)
    found = counts.counts.astype({"group": "str"}).groupby(["group", "event"])["requests"].sum()
    for name, size in zip("ab", counts.sizes(), strict=True):
        causes = [row[2] for row in rows if row[3] == name]
        expected = {"entered": len(causes), "pending": causes.count("")}
        expected |= {cause: causes.count(cause) for cause in ("answered", "other")}
        assert size == len(causes)
        assert {event: found.get((name, event), 0) for event in expected} == expected


# By hand


def test_at_risk_from_the_day_of_entry_to_the_day_of_the_end() -> None:
    # Two from the start, one seen from day 3 on: on day 3 all are at risk, on day 5 two.
    found = DayCounts.from_durations([3, 5, 7], [1, 1, 0], entry=[0, 0, 3]).survival(fewest=0)
    assert found[["day", "at_risk", "answered"]].to_numpy().tolist() == [[3, 3, 1], [5, 2, 1]]
    assert found["survival"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_columns_as_agreed() -> None:
    counts = counts_of([(3, 0, "answered", "a"), (5, 0, "", "b")])
    assert list(counts.survival()) == [
        *("group", "day", "at_risk", "answered", "survival", "std_error", "lower", "upper", "rests_on"),
    ]
    assert list(counts.quantile(0.5)) == [
        *("group", "quantile", "days", "lower", "upper", "rests_on", "known_to", "reason"),
    ]
    assert list(counts.rmst(4)) == [
        *("group", "tau", "rmst", "std_error", "lower", "upper", "rests_on", "reason"),
    ]
    assert list(counts.answered_within(4)) == [
        *("group", "days", "share", "std_error", "lower", "upper", "rests_on", "reason"),
    ]


def test_few_at_risk_give_no_mean_and_no_share_unless_asked() -> None:
    # 14 requests, 4 answered on day 4, 2 cut on day 5, one answered each day from day 6 on: on day 6 there are 8 at
    # risk and 10 of 14 not answered, so that a request weighs 10/14/8, one in 11.2; on day 7 as much; cut on day 8:
    # on day 9 there are 5 at risk of 10/14 x 6/8 not answered, one in 9.33.
    days, cause = (
        [4] * 4 + [5] * 2 + [6, 7, 8, 9, 10, 11, 12, 13],
        [1] * 4 + [0] * 2 + [1, 1, 0, 1, 1, 1, 1, 1],
    )
    counts = DayCounts.from_durations(days, cause)
    for table, value in ((counts.rmst(9), "rmst"), (counts.answered_within(9), "share")):
        assert table["reason"].tolist() == ["few_at_risk"]
        assert table["rests_on"].tolist() == pytest.approx([5 / (10 / 14 * 6 / 8)])
        assert table[[value, "std_error", "lower", "upper"]].isna().all(axis=None)
    assert counts.rmst(8)["reason"].tolist() == [""]
    assert counts.known_until().tolist() == [8]
    assert counts.answered_within(6, fewest=0)["share"].tolist() == pytest.approx([1 - 10 / 14 * 7 / 8])
    assert counts.rmst(7, fewest=0)["rmst"].tolist() == pytest.approx([4 + 20 / 14 + 10 / 14 * 7 / 8])


def test_below_ten_there_is_no_share_even_of_what_is_known_of_all() -> None:
    # Nobody pending: 3 of 4 answered by day 10; Wilson and log-log limits of 0 and 1 are not the curve's.
    counts = DayCounts.from_durations([2, 4, 9, 30], [1, 1, 1, 1])
    few = counts.answered_within(10).iloc[0]
    assert (few["reason"], few["rests_on"]) == ("few_at_risk", 4)
    assert counts.answered_within(10, fewest=4)[["share", "reason"]].iloc[0].tolist() == [0.75, ""]
    every = counts.answered_within(30, "log-log", 0).iloc[0]
    assert (every["share"], every["upper"]) == (1.0, 1.0)
    assert every["lower"] == pytest.approx(4 / (4 + 1.959963984540054**2))  # Wilson's for 4 of 4
    none = counts.answered_within(1, "log-log", 0).iloc[0]
    assert (none["share"], none["lower"]) == (0.0, 0.0)
    assert none["upper"] == pytest.approx(1.959963984540054**2 / (4 + 1.959963984540054**2))


def test_differences_by_hand() -> None:
    # a: answered on days 2, 4, 6, 8; b: on 4, 8, 12, 16. Up to day 10: means 5 and (4 + 8 + 10 + 10) / 4 = 8.
    counts = DayCounts.from_durations(
        [2, 4, 6, 8, 4, 8, 12, 16], [1] * 8, by=pd.Series(["a"] * 4 + ["b"] * 4, name="arm")
    )
    mean = rmst_difference(counts, 10, fewest=0).iloc[0]
    assert mean[["a", "b", "difference"]].tolist() == pytest.approx([5, 8, -3])
    # Uncensored, the error of a mean is the root of the mean squared deviation over n: 5/4 and 6.5... / 4.
    spread = np.sqrt(np.var([2, 4, 6, 8]) / 4 + np.var([4, 8, 10, 10]) / 4)
    # By t on 3 degrees of freedom, on the logit scale.
    assert mean["upper"] - mean["lower"] == pytest.approx(2 * 3.182446 * spread, abs=1.5)
    assert answered_within_difference(counts, 5, fewest=0).iloc[0]["difference"] == pytest.approx(0.5 - 0.25)
    assert rmst_difference(counts, 10, arms=("b", "a"), fewest=0)["difference"].tolist() == pytest.approx([3])


def mixed() -> DayCounts:
    """Two kinds of unlike pace, in each the two arms alike; a third kind with 4 requests in one arm."""
    shape = {("fast", "a"): (5, 30), ("fast", "b"): (5, 10), ("slow", "a"): (50, 10), ("slow", "b"): (50, 30)}
    rows = [(kind, arm, day) for (kind, arm), (day, number) in shape.items() for _one in range(number)]
    rows += [("rare", "a", 20)] * 4 + [("rare", "b", 20)] * 16
    frame = pd.DataFrame(rows, columns=["kind", "arm", "days"])
    return DayCounts.from_durations(frame["days"], [1] * len(frame), by=frame[["kind", "arm"]])


def test_standardised_to_one_mix() -> None:
    counts = mixed()
    crude = rmst_difference(counts.over("kind"), 40).iloc[0]
    assert crude["difference"] < -10
    found = standardised(counts, 40, "arm", "kind").iloc[0]
    # Kept are fast and slow, 40 requests each: (5 + 40) / 2 days in either arm; left out 20 of 100.
    assert found[["tau", "a", "b", "difference"]].tolist() == pytest.approx([40, 22.5, 22.5, 0])
    assert found[["requests", "strata", "kept", "left_out"]].tolist() == pytest.approx([100, 3, 2, 0.2])
    shares = standardised(counts, 40, "arm", "kind", measure="answered_within").iloc[0]
    assert shares[["a", "b", "difference"]].tolist() == pytest.approx([0.5, 0.5, 0])
    assert shares["lower"] < 0 < shares["upper"]


def test_no_standardised_figure_where_too_much_is_left_out() -> None:
    more = mixed() + DayCounts.from_durations(
        [9] * 20, [1] * 20, by=pd.DataFrame({"kind": ["rare"] * 20, "arm": ["b"] * 20})
    )
    found = standardised(more, 40, "arm", "kind").iloc[0]
    assert found["left_out"] == pytest.approx(40 / 120)
    assert found["reason"] == "left_out"
    assert found[["a", "b", "difference", "lower", "upper"]].isna().all()


def test_case_16i_tau_is_the_standard_at_most_the_last_day_with_ten_at_risk() -> None:
    # Arm b is cut on days 21 to 40, one each day: on day 31 there are 10 of its 20 at risk, on day 32 nine.
    frame = pd.DataFrame({"arm": ["a"] * 20 + ["b"] * 20, "kind": "one"})
    days, cause = [90] * 20 + list(range(21, 41)), [1] * 20 + [0] * 20
    counts = DayCounts.from_durations(days, cause, by=frame)
    assert standardised(counts, 60, "arm", "kind")["tau"].tolist() == [31]
    assert standardised(counts, 25, "arm", "kind")["tau"].tolist() == [25]


# Bad input, and input at the edge


@pytest.mark.parametrize("days", [[3, -1], [3, 2.5], [3, None], [3, float("inf")], [3, "soon"], [3, pd.NaT]])
def test_days_that_are_none(days: list) -> None:
    with pytest.raises(ConfigurationError, match=r"`days` must be whole.*1 of 2 values.*position 1"):
        DayCounts.from_durations(days, [1, 1])


def test_entry_after_the_end() -> None:
    with pytest.raises(
        ConfigurationError, match=r"`entry` must not be after the end; it is for 1 of 3.*position 2"
    ):
        DayCounts.from_durations([3, 4, 5], [1, 0, 1], entry=[0, 4, 6])


@pytest.mark.parametrize("cause", [-1, 1.5, "pending", "entered", pd.Timestamp("2024-01-01")])
def test_causes_that_are_none(cause: object) -> None:
    with pytest.raises(ConfigurationError, match="cause"):
        DayCounts.from_durations([3, 4], [0, cause])


def test_an_answer_that_nobody_named() -> None:
    counts = DayCounts.from_durations([3, 4, 5], ["executed", "withdrawn", None])
    with pytest.raises(ConfigurationError, match=r"Which cause is an answer.*'executed', 'withdrawn'"):
        counts.survival()
    assert incidence_of(counts)["incidence"].tolist() == pytest.approx([1 / 3, 1 / 3])
    named = DayCounts.from_durations([3, 4, 5], ["executed", "refused", None], answer=["executed", "refused"])
    assert named.survival(fewest=0)["survival"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_pending_in_every_way_that_it_is_written() -> None:
    for cause in (
        [0, 1],
        [None, "answered"],
        [np.nan, 1.0],
        ["", "answered"],
        [False, True],
        ["0", "1"],
        [pd.NA, 1],
    ):
        events = DayCounts.from_durations([4, 3], cause).cells.events
        assert {name: counts.sum() for name, counts in events.items() if name in ("entered", "pending")} == {
            "entered": 2,
            "pending": 1,
        }


def test_lengths_and_groups_that_do_not_fit() -> None:
    with pytest.raises(ConfigurationError, match="same length"):
        DayCounts.from_durations([1, 2], [1])
    with pytest.raises(ConfigurationError, match="same length"):
        DayCounts.from_durations([1, 2], [1, 1], entry=[0])
    with pytest.raises(ConfigurationError, match="a row for each request"):
        DayCounts.from_durations([1, 2], [1, 1], by=pd.Series(["a"]))
    with pytest.raises(ConfigurationError, match="missing for 1 of 2"):
        DayCounts.from_durations([1, 2], [1, 1], by=pd.Series(["a", None]))
    with pytest.raises(ConfigurationError, match="Rename"):
        DayCounts.from_durations([1, 2], [1, 1], by=pd.Series(["a", "b"], name="day"))
    with pytest.raises(ConfigurationError, match="groups are the same"):
        DayCounts.from_durations([1], [1]) + counts_of([(1, 0, "", "a")])


@pytest.mark.parametrize("q", [0, 1, -0.5, 1.5, float("nan")])
def test_quantiles_that_are_none(q: float) -> None:
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        DayCounts.from_durations([1], [1]).quantile(q)


@pytest.mark.parametrize("tau", [0, -3, float("nan"), float("inf"), "a year"])
def test_horizons_that_are_none(tau: object) -> None:
    with pytest.raises(ConfigurationError, match="number of days"):
        DayCounts.from_durations([1], [1]).rmst(tau)


def test_empty_groups_stay() -> None:
    counts = counts_of([(3, 0, "answered", "a")])
    assert counts.quantile(0.5, fewest=0)["days"].tolist()[0] == 3
    assert counts.quantile(0.5, fewest=0)["reason"].tolist() == ["", "none"]
    assert counts.quantile(0.5)["reason"].tolist() == ["few_at_risk", "none"]
    assert counts.rmst(5, fewest=0)["reason"].tolist() == ["", "none"]
    assert counts.answered_within(5, fewest=0)["share"].isna().tolist() == [False, True]
    assert counts.sizes().tolist() == [1, 0]


def test_no_request_at_all() -> None:
    counts = counts_of([])
    assert counts.quantile(0.5)["days"].isna().all()
    assert len(counts.survival()) == len(counts.counts) == 0
    assert np.isnan(logrank(counts).statistic)
    assert DayCounts.from_durations([], []).sizes().tolist() == [0]


def test_one_request() -> None:
    answered = DayCounts.from_durations([7], ["answered"])
    assert answered.survival(fewest=0)[["day", "at_risk", "answered", "survival"]].iloc[0].tolist() == [
        7,
        1,
        1,
        0,
    ]
    assert answered.quantile(0.5, fewest=0)["days"].tolist() == [7]
    pending = DayCounts.from_durations([7], [None])
    assert pending.quantile(0.5)["days"].isna().all()
    assert pending.answered_within(30)["reason"].tolist() == ["few_at_risk"]


def test_all_pending() -> None:
    counts = DayCounts.from_durations([30] * 20, [0] * 20, by=pd.Series(["a", "b"] * 10, name="group"))
    assert len(counts.survival()) == 0
    assert counts.quantile([0.25, 0.5])["days"].isna().all()
    assert counts.quantile(0.5)["reason"].tolist() == ["not_reached", "not_reached"]
    assert counts.rmst(30)["reason"].tolist() == ["few_answers", "few_answers"]
    assert counts.rmst(30, fewest=0)[["rmst", "std_error"]].to_numpy().tolist() == [[30, 0], [30, 0]]
    assert counts.answered_within(30)["share"].tolist() == [0, 0]
    # Clopper and Pearson's upper limit of 0 of 10.
    assert counts.answered_within(30)["upper"].tolist() == pytest.approx([1 - 0.025**0.1] * 2)
    assert (logrank(counts).df, gray(counts).df) == (0, 0)


def test_all_answered_on_day_0() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counts = DayCounts.from_durations([0] * 20, [1] * 20)
        assert counts.survival()[["day", "at_risk", "survival"]].iloc[0].tolist() == [0, 20, 0]
        assert counts.quantile([0.25, 0.9])["days"].tolist() == [0, 0]
        assert counts.rmst(10)[["rmst", "std_error"]].iloc[0].tolist() == [0, 0]
        assert counts.answered_within(0)[["share", "lower", "upper"]].iloc[0].tolist() == pytest.approx(
            [1, 0.025 ** (1 / 20), 1]
        )


def test_tests_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match="At least two groups"):
        logrank(DayCounts.from_durations([1], [1]))
    with pytest.raises(ConfigurationError, match="strata"):
        gray(counts_of([(1, 0, "", "a")]), strata="kind")
    three = DayCounts.from_durations([1, 2, 3], [1, 1, 1], by=pd.Series(list("abc"), name="arm"))
    with pytest.raises(ConfigurationError, match="Two groups of 'arm'"):
        rmst_difference(three, 3)
    with pytest.raises(ConfigurationError, match="no groups"):
        rmst_difference(DayCounts.from_durations([1], [1]), 1)
