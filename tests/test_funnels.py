"""Funnels: R's limits and tails, scipy's beta-binomial, mixes by hand, and who is named."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom

from mlastats import findings
from mlastats.measure import funnels
from tests import publishing


def cases(groups: dict[str, dict[str, tuple[int, int]]], by: str = "agency") -> pd.DataFrame:
    """Of each group and kind so many in time of so many."""
    rows = [
        (group, kind, n < part)
        for group, kinds in groups.items()
        for kind, (part, whole) in kinds.items()
        for n in range(whole)
    ]
    return pd.DataFrame(rows, columns=[by, "kind", "on_time"])


def stands(groups: dict[str, dict[str, tuple[int, int]]]) -> dict[str, str]:
    table = funnels.funnel(cases(groups), "agency")
    return dict(zip(table["agency"], table["stands"], strict=True))


ANSWERS = pd.read_csv(Path(__file__).parent / "r" / "answers.csv")
OF_GROUPS = ANSWERS[ANSWERS["question"].eq("tail of a group")]


# signals.md, C.4, by R's qbinom, pbinom and dbinom.
@pytest.mark.parametrize(
    ("whole", "target", "limits"),
    [
        (10, 0.6, (0.229918, 0.852982, 0.056912, 0.983462)),
        (25, 0.6, (0.382299, 0.768772, 0.271113, 0.868218)),
        (50, 0.6, (0.451665, 0.724055, 0.371252, 0.796629)),
        (100, 0.6, (0.497969, 0.689856, 0.441426, 0.743012)),
        (20, 0.9, (0.721532, 0.989718, 0.614828, 0.999589)),
    ],
)
def test_curves_are_interpolated_as_r_has_them(whole: int, target: float, limits: tuple[float, ...]) -> None:
    found = [funnels.limit(whole, target, 0, level) for level in (0.025, 0.975, 0.001, 0.999)]
    assert np.round(found, 6).tolist() == list(limits)


def test_three_of_three_lies_outside_the_curve_and_is_not_named() -> None:
    """P(X >= 3; 3, .6) is .216, yet the interpolated limit is .998457."""
    assert funnels.limit(3, 0.6, 0, 0.999) == pytest.approx(0.998457, abs=1e-6)
    assert funnels.tail(3, 3, 0.6, 0) == pytest.approx(2 * 0.216)


@pytest.mark.parametrize(
    ("part", "whole", "target", "chance"), [(7, 30, 0.6, 4.93e-5), (30, 30, 0.8, 0.00124)]
)
def test_tails_are_r_s(part: int, whole: int, target: float, chance: float) -> None:
    assert funnels.tail(part, whole, target, 0) == pytest.approx(2 * chance, rel=2e-3)


@pytest.mark.parametrize(
    ("part", "whole", "target", "spread"), [(7, 30, 0.6, 0.05), (95, 100, 0.8, 0.1), (0, 12, 0.3, 0.07)]
)
def test_tails_with_ordinary_differences_are_scipy_s(
    part: int, whole: int, target: float, spread: float
) -> None:
    """A beta law with this mean and standard deviation has a + b = m (1 - m) / s^2 - 1."""
    size = target * (1 - target) / spread**2 - 1
    law = betabinom(whole, target * size, (1 - target) * size)
    assert funnels.tail(part, whole, target, spread) == pytest.approx(
        2 * min(law.cdf(part), law.sf(part - 1))
    )
    # The same as one kind alone, mixed.
    mixed = funnels.mixed(pd.Series([whole]), pd.Series([target]), spread)
    assert mixed == pytest.approx(law.pmf(np.arange(whole + 1)), abs=1e-5)


@pytest.mark.parametrize(("of", "rows"), list(OF_GROUPS.groupby("group")))
def test_tails_with_ordinary_differences_are_those_of_vgam(of: str, rows: pd.DataFrame) -> None:
    part, whole = map(int, of.split(" of "))
    target, spread = float(rows["at"].iloc[0]), float(rows["conf"].iloc[0])
    chance = min(1, 2 * rows["value"].min())
    assert funnels.tail(part, whole, target, spread) == pytest.approx(chance, rel=1e-9)


def test_kinds_are_convolved() -> None:
    """Two of one kind at .5 and one of another at .2: by counting out every case."""
    chances = np.zeros(4)
    for one, two, three in itertools.product((0, 1), repeat=3):
        chances[one + two + three] += 0.25 * (0.2 if three else 0.8)
    assert funnels.mixed(pd.Series([2, 1]), pd.Series([0.5, 0.2]), 0) == pytest.approx(chances)


def test_how_far_groups_differ_is_their_moment() -> None:
    """Four of 100 at .5 each 10 points off, to either side: z is 2 each, Q 16, weights 400 each, of which the sum less the
    sum of squares over it is 1,200: (16 - 3) / 1,200."""
    excess, noise = pd.Series([10.0, -10, 10, -10]), pd.Series([25.0] * 4)
    assert funnels.between(excess, noise, pd.Series([100.0] * 4)) == pytest.approx((13 / 1200) ** 0.5)
    assert funnels.between(excess / 100, noise, pd.Series([100.0] * 4)) == 0


class TestNamed:
    def test_a_mix_of_kinds_stands_nobody_apart(self) -> None:
        """Half of legal assistance and nine tenths of hand-overs are in time everywhere; who does more of the one has half
        the share of who does more of the other."""
        found = funnels.funnel(
            cases(
                {
                    "moj": {"mla": (45, 90), "handover": (9, 10)},
                    "mofa": {"mla": (25, 50), "handover": (45, 50)},
                    "ospp": {"mla": (5, 10), "handover": (81, 90)},
                }
            ),
            "agency",
        )
        assert found["stands"].tolist() == ["within"] * 3
        # 90 at half and 10 at nine tenths: 54 (the added half case moves it by a tenth).
        assert found.set_index("agency")["expected"]["moj"] == pytest.approx(54, abs=0.1)
        assert found["adjusted"].tolist() == pytest.approx([0.7] * 3, abs=0.01)

    def test_who_lies_far_out_is_named(self) -> None:
        found = stands({"moj": {"mla": (10, 100)}, "mofa": {"mla": (60, 100)}, "ospp": {"mla": (66, 100)}})
        assert found["moj"] == "below"
        assert set(found.values()) == {"below", "within"}

    def test_what_95_of_100_would_hold_is_no_name(self) -> None:
        """40 of 100 against 60 and 60: outside the 95% curve, and inside what differences of five points explain."""
        assert set(
            stands(
                {"moj": {"mla": (40, 100)}, "mofa": {"mla": (60, 100)}, "ospp": {"mla": (60, 100)}}
            ).values()
        ) == {"within"}

    def test_two_groups_or_small_ones_are_not_compared(self) -> None:
        assert stands({"moj": {"mla": (1, 50)}, "mofa": {"mla": (49, 50)}, "ospp": {"mla": (9, 9)}}) == {
            "moj": "few_groups", "mofa": "few_groups", "ospp": "few",
        }  # fmt: skip

    def test_a_kind_that_one_handles_alone_is_left_out(self) -> None:
        """The police handle hand-overs alone; of the Ministry's extraditions none other has any."""
        found = funnels.funnel(
            cases(
                {
                    "mps": {"handover": (0, 100)},
                    "moj": {"mla": (20, 40), "extradition": (0, 20)},
                    "mofa": {"mla": (20, 40)},
                    "ospp": {"mla": (20, 40)},
                }
            ),
            "agency",
        ).set_index("agency")
        assert found["stands"].to_dict() == {
            "mofa": "within",
            "moj": "within",
            "mps": "alone",
            "ospp": "within",
        }
        assert found.loc["moj", ["cases", "compared", "marked"]].tolist() == [60, 40, 20]

    def test_where_less_than_half_can_be_compared_nobody_is(self) -> None:
        kinds = {"mla": (5, 10), "extradition": (2, 20)}
        found = stands({"moj": {"mla": (5, 10), "handover": (5, 30)}, "mofa": {"mla": (5, 10), "asset_recovery": (0, 40)},
                        "ospp": {"mla": (5, 10), "joint_investigation": (0, 20)}})  # fmt: skip
        assert set(found.values()) == {"unlike"}
        assert set(stands({"moj": kinds, "mofa": kinds, "ospp": kinds}).values()) == {"within"}

    def test_eight_groups_say_themselves_how_far_they_differ(self) -> None:
        """Shares from 20 to 90 of 100: so far apart that none of them stands out."""
        groups = {
            name: {"mla": (part, 100)} for name, part in zip("abcdefgh", range(20, 100, 10), strict=True)
        }
        found = funnels.funnel(cases(groups), "agency")
        assert found["spread"].iloc[0] > 0.15
        assert found["stands"].eq("within").all()

    def test_requests_of_no_recorded_agency_are_no_group(self) -> None:
        groups = {"moj": {"mla": (10, 20)}, "mofa": {"mla": (10, 20)}, "unrecorded": {"mla": (10, 20)}}
        assert "unrecorded" not in stands(groups)


def test_what_can_be_found_is_the_chance_of_a_name() -> None:
    """Of 15 all must be in time to be named at 60%, of 8 none (signals.md, C.2): nobody of seven can be."""
    assert funnels.power(7, 0.0, 0.6, 0.05, 1e9) == 0
    assert funnels.power(8, 0.0, 0.6, 0.05, 1e9) == 1
    assert funnels.power(14, 1.0, 0.6, 0.05, 1e9) == 0
    assert funnels.power(15, 1.0, 0.6, 0.05, 1e9) == 1


class TestSaid:
    def exhibit(self, groups: dict[str, dict[str, tuple[int, int]]], by: str = "agency"):
        table = funnels.funnel(cases(groups, by), by)
        return findings.funnels.funnel(table, publishing.page(), by)

    def test_who_stands_apart_is_named_with_what_is_expected(self) -> None:
        exhibit = self.exhibit(
            {"moj": {"mla": (10, 100)}, "mofa": {"mla": (60, 100)}, "ospp": {"mla": (66, 100)}}
        )
        assert exhibit.finding(exhibit.table).startswith(
            "Ministry of Justice: 10% answered in time, where 45% are expected of its requests. "
            "An agency with 23% of 100 requests in time, where 45% is usual, would be named in "
        )
        assert [fact.sentence for fact in exhibit.facts(exhibit.table)] == [
            "Ministry of Justice: 10% answered in time, where 45% are expected of its requests."
        ]
        assert exhibit.table["agency"].iloc[0] == "moj"

    def test_nobody_is_named_by_luck(self) -> None:
        exhibit = self.exhibit(
            {"THA": {"mla": (12, 20)}, "VNM": {"mla": (10, 20)}, "CHN": {"mla": (11, 20)}}, "partner"
        )
        assert exhibit.finding(exhibit.table).startswith("None of 3 partners stands apart from the others.")
        assert not exhibit.facts(exhibit.table)

    def test_too_few_are_said(self) -> None:
        exhibit = self.exhibit({"THA": {"mla": (12, 20)}}, "partner")
        assert exhibit.finding(exhibit.table) == (
            "Fewer than 3 have 10 requests that were due and that others are asked for too."
        )
        assert exhibit.chart is None

    def test_lists_of_shares_name_no_agency_and_no_partner(self) -> None:
        """They differ by a test; one of them is last all the same, and that is told by the funnel."""
        rows = pd.DataFrame(
            {"agency": ["moj", "ospp"], "partner": ["THA", "VNM"], "formal": [5, 95], "whole": [100, 100]}
        )
        assert findings.phrases.extremes(rows, "agency", "formal", "whole") == ""
        assert findings.phrases.extremes(rows, "partner", "formal", "whole") == ""
