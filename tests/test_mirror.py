"""Mirror statistics: three countries worked by hand, scipy's exact test, statsmodels' weighted lines, ASEAN's totals."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from mlastats.cli import cli
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.region import mirror
from tests.flows import FLOWS, TOTALS, written


def flows_of(text: str, tmp_path: Path) -> pd.DataFrame:
    (tmp_path / "flows.csv").write_text(text, encoding="utf-8")
    return mirror.read(tmp_path / "flows.csv")


@pytest.fixture
def flows(tmp_path: Path) -> pd.DataFrame:
    return mirror.pairs(flows_of(FLOWS, tmp_path))


def test_what_is_sent_is_set_beside_what_is_received(flows: pd.DataFrame) -> None:
    told = flows.set_index(["year", "sender", "receiver"])
    assert told.loc[(2024, "XAB", "XAC"), ["sent", "received", "stands"]].tolist() == [30, 9, "outside"]
    assert told.loc[(2024, "XAB", "XAA"), "stands"] == "equal"
    assert told.loc[(2024, "XAC", "XAA"), ["stands", "one_sided"]].tolist() == ["within", "one_nil"]
    assert told.loc[(2024, "XAC", "XAB"), ["stands", "one_sided"]].tolist() == ["", "one_missing"]
    assert told.loc[(2025, "XAC", "XAA"), ["stands", "one_sided"]].tolist() == ["", ""]


def test_agreement_is_what_was_worked_by_hand(flows: pd.DataFrame) -> None:
    (row,) = mirror.agreement(flows).to_dict("records")
    # sent 12+20+5+30+3+14+25+6+22+8, received 11+8+5+9+0+15+10+6+9+8, apart 1+12+0+21+3+1+15+0+13+0.
    assert row == {
        "flows": 10,
        "equal": 3,
        "within": 6,
        "outside": 1,
        "one_nil": 1,
        "one_missing": 1,
        "sent": 145,
        "received": 81,
        "asymmetry": pytest.approx(66 / 226),
    }
    years = mirror.agreement(flows, "year")
    assert years["asymmetry"].tolist() == pytest.approx([37 / 103, 29 / 123])


def test_years_pooled_say_how_much_is_timing(flows: pd.DataFrame) -> None:
    # A-C 45 and 18, B-C 52 and 18, C-A 3 and 0; the other three are equal over both years.
    found = mirror.persistence(flows)
    assert found["pooled"] == pytest.approx(64 / 226)
    assert found["timing"] == pytest.approx(1 - 64 / 66)
    # A-B, A-C and B-C alone have twenty requests in both years: too few to correlate.
    assert found["successive"] == 3
    assert math.isnan(found["correlation"])


def test_a_country_is_told_by_its_volume(flows: pd.DataFrame) -> None:
    table = mirror.by_country(flows).set_index(["country", "flow_side"])
    assert table.loc[("XAC", "receiver"), "asymmetry"] == pytest.approx((12 + 21 + 15 + 13) / 133)
    assert table.loc[("XAC", "receiver"), "agrees"] == 0
    # Of A's: 23 and 29 requests with B agree, 28 and 35 with C do not.
    assert table.loc[("XAA", "sender"), "agrees"] == pytest.approx(52 / 115)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_chance_is_the_exact_binomial_test(sent: int, received: int) -> None:
    table = pd.DataFrame(
        {
            "year": 2025,
            "reporter": ["XAA", "XAB"],
            "counterpart": ["XAB", "XAA"],
            "direction": ["sent", "received"],
            "count": [float(sent), float(received)],
        }
    )
    row = mirror.pairs(table).iloc[0]
    if sent + received == 0:
        assert math.isnan(row["chance"])
        assert row["stands"] == ""
        return
    p = binomtest(sent, sent + received, 0.5).pvalue
    assert row["chance"] == pytest.approx(p, rel=1e-9)
    outside = sent != received and p < mirror.CHANCE
    assert (row["stands"] == "outside") == outside


def drawn(years: int, gap: dict[str, float], seed: int = 1) -> str:
    """Flows between eight countries; a receiver counts so much of what there is."""
    draw = np.random.default_rng(seed)
    names = [f"XA{letter}" for letter in "ABCDEFGH"]
    rows = []
    for a in names:
        for b in (b for b in names if b != a):
            size = draw.integers(10, 200)
            for year in range(2025 - years, 2025):
                sent, received = draw.poisson(size), draw.poisson(size * gap.get(b, 1.0))
                rows.append(f"{year} {a} {b} {sent} {received}")
    return written("\n".join(rows))


def test_effects_of_reporters_are_those_of_a_weighted_line(tmp_path: Path) -> None:
    flows = mirror.pairs(flows_of(drawn(4, {"XAC": 0.5}), tmp_path))
    effects, fit = mirror.reporters(flows)
    told = flows[flows["sent"].gt(0) & flows["received"].gt(0)]
    design = pd.concat([pd.get_dummies(told["receiver"]), pd.get_dummies(told["sender"])], axis=1).astype(
        float
    )
    weights = told["sent"] * told["received"] / (told["sent"] + told["received"])
    line = sm.WLS(
        np.log(told["received"] / told["sent"]).to_numpy(), design.to_numpy()[:, :-1], weights=weights
    )
    fitted = line.fit()
    assert fit["after"] == pytest.approx(fitted.ssr / (len(told) - 15), rel=1e-9)
    assert fit["before"] > 3
    assert fit["explained"] > 0.8
    planted = effects.set_index("country")["as_receiver"]
    others = planted.drop("XAC")
    assert planted["XAC"] / math.exp(np.log(others).mean()) == pytest.approx(0.5, abs=0.06)


def test_a_planted_definition_lasts_and_chance_does_not(tmp_path: Path) -> None:
    lasting = mirror.persistence(mirror.pairs(flows_of(drawn(6, {"XAC": 0.4, "XAF": 0.6}), tmp_path)))
    assert lasting["lower"] > 0.5
    chance = mirror.persistence(mirror.pairs(flows_of(drawn(6, {}), tmp_path)))
    assert chance["lower"] < 0 < chance["upper"]
    assert chance["timing"] > 0.4


def test_totals_without_partners_are_refused_pairwise(tmp_path: Path) -> None:
    table = flows_of(TOTALS, tmp_path)
    with pytest.raises(ConfigurationError, match="margins"):
        mirror.pairs(table)
    first, second = mirror.margins(table).to_dict("records")
    # XAA sent 7, of which XAB received 3; of XAB's 3 XAA received 1.
    assert (first["sent"], first["received"], first["matched_at_most"], first["apart_at_least"]) == (
        10,
        4,
        4,
        6,
    )
    # XAA alone reports what it sent, nil; nobody's count can be matched.
    assert (second["senders"], second["silent"], second["matched_at_most"]) == (1, "XAB", 0)


def test_asean_allows_bounds_alone(shared: Path) -> None:
    table = mirror.read(shared / "published" / "asean_mlat_requests_2016_2019.csv")
    with pytest.raises(ConfigurationError):
        mirror.pairs(table)
    rows = mirror.margins(table).set_index("year")
    both = rows.loc["2016-2017"]
    assert (both["sent"], both["received"]) == (181, 72)
    assert (both["matched_at_most"], both["apart_at_least"]) == (72, 109)
    assert both["silent"] == "Cambodia; Lao PDR"


def test_the_command_says_whose_each_number_is(tmp_path: Path) -> None:
    for name, text in (("flows.csv", FLOWS), ("totals.csv", TOTALS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = CliRunner().invoke(cli, ["region", "mirror", str(tmp_path / "flows.csv")])
    assert told.exit_code == 0
    assert "10 flows that both sides report: 3 equal, 6 within chance, 1 outside" in told.stderr
    assert "145 sent as the senders report, 81 received as the receivers do; asymmetry 29.2%" in told.stderr
    bounds = CliRunner().invoke(cli, ["region", "mirror", str(tmp_path / "totals.csv")])
    assert (
        "2024: 10 sent as 2 report, 4 received as 2 report. At most 4 stand in both counts" in bounds.stderr
    )
    as_data = CliRunner().invoke(cli, ["region", "mirror", str(tmp_path / "flows.csv"), "--json"])
    assert len(json.loads(as_data.stdout)["flows"]) == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("year,reporter,count\n2024,XAA,3\n", "no column direction"),
        ("year,reporter,counterpart,direction,count\n2024,XAA,XAB,asked,3\n", "sent or received"),
        ("year,reporter,counterpart,direction,count\n2024,XAA,XAB,sent,+/-200\n", "whole number"),
        ("year,reporter,counterpart,direction,count\n2024,XAA,XAA,sent,3\n", "are two"),
        ("year,reporter,counterpart,direction,count\n24,XAA,XAB,sent,3\n", "four digits"),
        (FLOWS + "2024,XAA,XAB,sent,3\n", "reported once"),
        ("year,reporter,counterpart,direction,count\n", "no row"),
        ("", "cannot be read"),
    ],
)
def test_what_is_no_table_of_flows_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match=said) as refused:
        flows_of(text, tmp_path)
    assert str(tmp_path) not in str(refused.value)
