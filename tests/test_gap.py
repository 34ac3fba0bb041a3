"""Co-operation beside legal flows: the fit against a second library, who is named by simulation, the workspace's table."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from mlastats.errors import ConfigurationError
from mlastats.findings import gap as exhibits
from mlastats.measure import gap
from mlastats.vocab import flows
from tests import publishing

Register = Callable[..., pd.DataFrame]
AS_OF = "2024-12-31"
PARTNERS = ["THA", "VNM", "CHN", "KHM", "MMR", "KOR", "JPN", "AUS", "FRA", "USA", "DEU", "GBR"]
AMOUNTS = dict(zip(PARTNERS, [1600, 1600, 800, 800, 400, 400, 200, 200, 100, 100, 50, 50], strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1.5, 15)
    counts = rng.poisson(np.exp(0.2 + 0.6 * x) * rng.gamma(2, 0.5, 15)).astype(float)
    fitted = sm.GLM(counts, sm.add_constant(x), family=sm.families.Poisson()).fit(scale="X2")
    coefficients, covariance, dispersion = gap.quasi_poisson(x, counts)
    assert dispersion == pytest.approx(fitted.scale, rel=1e-9)
    assert coefficients == pytest.approx(fitted.params, rel=1e-9)
    assert covariance == pytest.approx(fitted.cov_params(), rel=1e-9)


@pytest.mark.parametrize("dispersion", [1, 3, 8])
def test_hardly_anybody_is_named_where_nobody_stands_apart(dispersion: int) -> None:
    """Of 2,400 partners whose requests follow their flow: at most six in a thousand, and one in twenty beyond the limits
    (with 2,400 the errors of these are .1 and .5 points)."""
    rng, named, outside = np.random.default_rng(1), 0, 0
    for _sample in range(120):
        x = rng.normal(3, 1.5, 20)
        mean = np.exp(0.5 + 0.6 * x)
        law = (
            rng.poisson(mean)
            if dispersion == 1
            else rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
        )
        found = gap.beside_others(x, law.astype(float))
        named += (found["stands"] != "within").sum()
        outside += ((law < found["lower"]) | (law > found["upper"])).sum()
    assert named / 2400 < 0.006
    assert outside / 2400 < 0.06


def drawn(requests_from: Register, counts: dict[str, int]) -> pd.DataFrame:
    lines = ["id direction partner received"]
    lines += [f"{code}{n} incoming {code} 2024-01-01" for code, count in counts.items() for n in range(count)]
    return requests_from("\n".join(lines))


class TestSilence:
    def test_a_partner_of_a_large_flow_that_never_asks_is_named(self, requests_from: Register) -> None:
        """Requests are a tenth of the flow, but of Viet Nam, with as large a flow as Thailand, there is none."""
        counts = {code: round(amount / 10) for code, amount in AMOUNTS.items()} | {"VNM": 0}
        requests = drawn(requests_from, counts)
        table = gap.gap(requests, AMOUNTS, as_of=AS_OF).set_index("partner")
        assert table["stands"].drop("VNM").eq("within").all()
        assert table.loc["VNM", ["requests", "stands"]].tolist() == [0, "below"]
        # All others lie on the line exactly.
        assert table.loc["VNM", "expected"] == pytest.approx(160, rel=0.01)
        exhibit = exhibits.beside(requests, publishing.page(), {"Visitors in 2024": AMOUNTS})
        assert exhibit.finding(exhibit.table) == (
            "Incoming requests, beside “Visitors in 2024”: fewer than it would give with Viet Nam (0 for 160.0)."
        )

    def test_where_nobody_stands_apart_it_is_said_of_how_many(self, requests_from: Register) -> None:
        requests = drawn(requests_from, {code: round(amount / 10) for code, amount in AMOUNTS.items()})
        exhibit = exhibits.beside(requests, publishing.page(), {"Trade": AMOUNTS})
        assert exhibit.finding(exhibit.table) == (
            "Incoming requests, beside “Trade”: none of 12 partners stands apart."
        )

    def test_fewer_than_ten_flows_tell_nothing(self, requests_from: Register) -> None:
        few = {code: AMOUNTS[code] for code in PARTNERS[:9]}
        table = gap.gap(drawn(requests_from, dict.fromkeys(few, 3)), few, as_of=AS_OF)
        assert table["stands"].unique().tolist() == ["few_groups"]
        assert table["expected"].isna().all()


class TestTheTable:
    HEAD = "flow,partner,amount,source\n"

    def test_flows_by_name(self, tmp_path: Path) -> None:
        file = tmp_path / "flows.csv"
        file.write_text(self.HEAD + "Trade,THA,1250.5,customs\nVisitors,THA,90,border\n", encoding="utf-8")
        assert flows.read(file) == {"Trade": {"THA": 1250.5}, "Visitors": {"THA": 90.0}}

    def test_every_fault_is_named_with_its_line(self, tmp_path: Path) -> None:
        rows = "Trade,Siam,1,x\nTrade,THA,-2,x\nTrade,VNM,,x\nTrade,CHN,nan,x\nTrade,LAO,1,x\nTrade,LAO,1,x\n"
        file = tmp_path / "flows.csv"
        file.write_text(self.HEAD + rows, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            flows.read(file)
        assert str(caught.value).splitlines() == [
            "The table of flows flows.csv has faults:",
            "  line 2: `partner` must be a code of the partners, as THA; got 'Siam'",
            "  line 3: `amount` must be a number above 0, as 1250.5; got '-2'",
            "  line 4: amount must be given",
            "  line 5: `amount` must be a number above 0, as 1250.5; got 'nan'",
            "  line 7: LAO stands twice in one flow; add the two up",
        ]

    def test_a_file_that_is_no_table_is_one_line(self, tmp_path: Path) -> None:
        file = tmp_path / "flows.csv"
        file.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ConfigurationError, match="cannot be read as CSV in UTF-8"):
            flows.read(file)
