"""Counts by day: the answers of R and of statsmodels, exact fractions, and what is worked by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlastats.measure.comparisons import gray, logrank
from mlastats.measure.daycounts import DayCounts

R = Path(__file__).parent / "r"
Rows = list[tuple[int, str, int, str]]


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return pd.read_csv(R / "cases.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(R / "answers.csv").fillna({"group": "", "conf": ""})


@pytest.fixture(scope="module")
def competing(cases: pd.DataFrame) -> DayCounts:
    return DayCounts.from_durations(cases["days"], cases["cause"], by=cases["group"])


@pytest.fixture(scope="module")
def late(cases: pd.DataFrame) -> DayCounts:
    return DayCounts.from_durations(cases["days"], cases["cause"], cases["entry"], cases["group"])


@pytest.fixture(scope="module")
def alone(cases: pd.DataFrame) -> DayCounts:
    """An end without an answer as a request that is no longer seen."""
    cause = cases["cause"].eq("answered")
    return DayCounts.from_durations(cases["days"], cause, cases["entry"], cases["group"])


def of_r(answers: pd.DataFrame, question: str, conf: str = "") -> pd.DataFrame:
    found = answers[answers["question"].eq(question) & answers["conf"].eq(conf)]
    assert len(found)
    return found.pivot(index=["group", "at"], columns="name", values="value")


def incidence_of(counts: DayCounts, conf: str = "beta") -> pd.DataFrame:
    """The cumulative incidence of each cause: one minus the share not ended by it."""
    curves = [counts.survival(conf, 0, [cause]).assign(cause=cause) for cause in counts.causes]
    table = pd.concat(curves, ignore_index=True)
    limits = {"lower": 1 - table["upper"], "upper": 1 - table["lower"]}
    return table.assign(incidence=1 - table["survival"], **limits)


# R's answers, with late entry


@pytest.mark.parametrize("conf", ["log-log", "log", "plain"])
def test_curve_error_and_limits(alone: DayCounts, answers: pd.DataFrame, conf: str) -> None:
    expected = of_r(answers, "survival", conf)
    found = alone.survival(conf, fewest=0)
    names = {"at_risk": "n.risk", "answered": "n.event", "survival": "surv", "std_error": "std.err"}
    found = found.rename(columns=names).set_index(["group", "day"])[expected.columns]
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("conf", ["log-log", "log", "plain"])
def test_quantiles_to_the_day(alone: DayCounts, answers: pd.DataFrame, conf: str) -> None:
    expected = of_r(answers, "quantile", conf).rename(columns={"quantile": "days"})
    found = alone.quantile([0.25, 0.5, 0.75], conf, fewest=0)
    np.testing.assert_array_equal(found[["days", "lower", "upper"]], expected[["days", "lower", "upper"]])


@pytest.mark.parametrize("tau", [10, 20])
def test_restricted_mean(alone: DayCounts, answers: pd.DataFrame, tau: int) -> None:
    expected = of_r(answers, "rmst").xs(tau, level="at")
    found = alone.rmst(tau, fewest=0)
    np.testing.assert_allclose(found[["rmst", "std_error"]], expected[["rmst", "std.err"]], rtol=0, atol=1e-8)


@pytest.mark.parametrize("cause", ["answered", "ended_otherwise"])
def test_incidence_error_and_limits(competing: DayCounts, answers: pd.DataFrame, cause: str) -> None:
    question = f"incidence of {cause}"
    plain = of_r(answers, question, "plain").rename(columns=lambda name: f"plain {name}")
    expected = of_r(answers, question).join(of_r(answers, question, "log-log")).join(plain)
    found = incidence_of(competing, "log-log")
    other = incidence_of(competing, "plain")[["lower", "upper"]].add_prefix("plain ").clip(0, 1)
    found = found.rename(columns={"std_error": "std.err"}).join(other)
    found = found[found["cause"].eq(cause)].set_index(["group", "day"])[expected.columns]
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("cause", ["answered", "ended_otherwise"])
def test_incidence_with_late_entry(late: DayCounts, answers: pd.DataFrame, cause: str) -> None:
    expected = of_r(answers, f"with late entry incidence of {cause}")
    found = incidence_of(late)
    found = found[found["cause"].eq(cause)].set_index(["group", "day"])["incidence"]
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(found, expected["incidence"], rtol=0, atol=1e-8)


def test_the_incidences_of_all_causes_are_what_the_product_limit_leaves(competing: DayCounts) -> None:
    # That every cause is an answer is the product limit: what has ended at all.
    ended = competing.survival(fewest=0, causes=competing.causes).set_index(["group", "day"])["survival"]
    each = incidence_of(competing).pivot(index=["group", "day"], columns="cause", values="incidence")
    each = each.groupby(level="group").ffill().fillna(0).sum(axis=1)
    np.testing.assert_allclose(1 - ended, each, rtol=0, atol=1e-12)


def test_restricted_mean_where_ends_compete(
    competing: DayCounts, late: DayCounts, answers: pd.DataFrame
) -> None:
    with_late_entry = of_r(answers, "rmst with late entry and competing ends")["rmst"]
    np.testing.assert_allclose(late.rmst(15, fewest=0)["rmst"], with_late_entry, rtol=0, atol=1e-8)
    expected = of_r(answers, "rmst with competing ends")[["rmst", "std.err"]]
    found = competing.rmst(15, fewest=0)
    np.testing.assert_allclose(found[["rmst", "std_error"]], expected, rtol=0, atol=1e-8)


def test_incidence_without_late_entry(cases: pd.DataFrame, answers: pd.DataFrame) -> None:
    expected = of_r(answers, "incidence by cmprsk")["incidence"].unstack("at")
    counts = DayCounts.from_durations(cases["days"], cases["cause"], by=cases["group"])
    for day in expected:
        found = counts.answered_within(day, fewest=0)
        np.testing.assert_allclose(found["share"], expected[day], rtol=0, atol=1e-8)


@pytest.mark.parametrize("strata", [None, "stratum"])
def test_tests_of_equal_curves(cases: pd.DataFrame, answers: pd.DataFrame, strata: str | None) -> None:
    by = cases[["group", "stratum"] if strata else ["group"]]
    counts = DayCounts.from_durations(cases["days"], cases["cause"], by=by)
    within = " within strata" if strata else ""
    told(logrank(counts, strata=strata), of_r(answers, f"logrank{within}"))
    for cause in ("answered", "ended_otherwise"):
        told(gray(counts, strata=strata, cause=cause), of_r(answers, f"gray{within}", cause))
    place = cases["days"].rank(method="first").astype(int)
    since = np.minimum(cases["entry"].map(lambda entry: (cases["days"] < entry).sum()), place)
    late = DayCounts.from_durations(place, cases["cause"], since, by)
    told(logrank(late, strata=strata), of_r(answers, f"logrank with late entry{within}"))


def told(found, expected: pd.DataFrame) -> None:
    (row,) = expected.to_dict("records")
    assert found.statistic == pytest.approx(row["statistic"], rel=0, abs=1e-8)
    assert found.df == row["df"]


# Textbook data with R's printed answers


def textbook(shared: Path, name: str, days: str, status: str, by: str, event: int) -> DayCounts:
    data = pd.read_csv(shared / "survival_reference" / f"{name}.csv")
    return DayCounts.from_durations(data[days], data[status].eq(event), by=data[by])


def test_lung(shared: Path) -> None:
    lung = textbook(shared, "lung", "time", "status", "sex", 2)
    quantiles = {
        "log": [(144, 107, 177), (270, 212, 310), (457, 387, 574), (226, 186, 340), (426, 348, 550), (687, 550, None)],
        "log-log": [(144, 105, 176), (270, 210, 306), (457, 371, 567), (226, 167, 310), (426, 345, 524), (687, 524, 765)],
        "plain": [(144, 107, 177), (270, 212, 306), (457, 371, 567), (226, 186, 310), (426, 345, 524), (687, 524, 735)],
    }  # fmt: skip
    for conf, expected in quantiles.items():
        found = lung.quantile([0.25, 0.5, 0.75], conf, fewest=0)[["days", "lower", "upper"]]
        np.testing.assert_array_equal(found, np.array(expected, dtype=float))
    curve = lung.survival("log", fewest=0)
    printed = {
        (1, 365): (0.3361, 0.0434, 0.261, 0.433),
        (1, 730): (0.0781, 0.0276, 0.039, 0.156),
        (2, 365): (0.526, 0.0597, 0.4215, 0.658),
        (2, 500): (0.411, 0.0626, 0.3050, 0.554),
    }
    for (sex, day), values in printed.items():
        row = curve[curve["sex"].eq(sex) & curve["day"].le(day)].iloc[-1]
        found = row[["survival", "std_error", "lower", "upper"]].tolist()
        assert found == pytest.approx(values, abs=6e-4)
    assert logrank(lung).statistic == pytest.approx(10.3267419549, abs=1e-10)
    assert logrank(lung).p == pytest.approx(0.0013112, abs=5e-8)


def test_lung_within_strata(shared: Path) -> None:
    lung = pd.read_csv(shared / "survival_reference" / "lung.csv").dropna(subset="ph.ecog")
    counts = DayCounts.from_durations(lung["time"], lung["status"].eq(2), by=lung[["sex", "ph.ecog"]])
    assert logrank(counts, strata="ph.ecog").statistic == pytest.approx(10.7950596335, abs=1e-10)
    every = DayCounts.from_durations(lung["time"], lung["status"].eq(2)).counts
    assert every.groupby("event")["requests"].sum().to_dict() == {"1": 164, "entered": 227, "pending": 63}


def test_veteran(shared: Path) -> None:
    cells = textbook(shared, "veteran", "time", "status", "celltype", 1)
    found = cells.quantile(0.5, "log", fewest=0).set_index("celltype")
    expected = {
        "squamous": (118, 82, 314),
        "smallcell": (51, 25, 63),
        "adeno": (51, 35, 92),
        "large": (156, 105, 231),
    }
    for name, values in expected.items():
        assert tuple(found.loc[name, ["days", "lower", "upper"]]) == values
    assert logrank(cells).statistic == pytest.approx(25.4037003458, abs=1e-10)
    treated = textbook(shared, "veteran", "time", "status", "trt", 1)
    # R prints the midpoint of a curve that lies on one half; the project takes the first day: 52 for 52.5.
    for conf, second in {"log": (52, 44, 95), "log-log": (52, 43, 90)}.items():
        found = treated.quantile(0.5, conf, fewest=0)[["days", "lower", "upper"]].to_numpy()
        first = {"log": (103, 59, 132), "log-log": (103, 54, 126)}[conf]
        np.testing.assert_array_equal(found, [first, second])


def test_aml(shared: Path) -> None:
    aml = textbook(shared, "aml", "time", "status", "x", 1)
    for conf, expected in {
        "log": [(31, 18, np.nan), (23, 8, np.nan)],
        "log-log": [(31, 13, np.nan), (23, 5, 33)],
    }.items():
        np.testing.assert_array_equal(aml.quantile(0.5, conf, fewest=0)[["days", "lower", "upper"]], expected)
    assert logrank(aml).statistic == pytest.approx(3.39638869898, abs=1e-10)


def test_receipt(shared: Path) -> None:
    log = pd.read_csv(shared / "receipt" / "receipt_cases.csv")
    received, ended = (pd.to_datetime(log[name].str[:10]) for name in ("received", "completed"))
    cut = pd.Timestamp("2012-01-23")
    days, answered = (ended.fillna(cut).clip(upper=cut) - received).dt.days, ended.le(cut)
    channel = log["channel"]
    counts = DayCounts.from_durations(days, answered, by=channel)
    four = counts.where(counts.groups["channel"].ne("Intern"))
    assert logrank(four).statistic == pytest.approx(2.23664364428, abs=1e-10)
    assert logrank(four).df == 3
    log_scale = four.quantile(0.5, "log", fewest=0).set_index("channel")[["days", "lower", "upper"]]
    limits = {"Desk": [55, 51, 58], "e-mail": [59, 42, 98], "Internet": [51, 50, 53], "Post": [55, 52, 62]}
    assert {name: row.tolist() for name, row in log_scale.iterrows()} == limits
    known = channel.ne("Intern")
    halves = DayCounts.from_durations(
        days[known], answered[known], by=channel[known].eq("Internet").map({True: "Internet", False: "other"})
    )
    found = halves.rmst(60)
    assert found["rmst"].round(2).tolist() == [45.50, 49.91]
    assert found["std_error"].round(4).tolist() == [0.4655, 0.9210]
