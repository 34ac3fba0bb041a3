"""Formal against informal, brought to one mix, worked by hand."""

from collections.abc import Callable

import pandas as pd
import pytest

from mlastats.measure import mix

Register = Callable[[str], pd.DataFrame]
AS_OF = "2024-12-31"


def register_of(strata: dict[str, dict[str, tuple[int, int]]]) -> str:
    """A register of kinds, in each so many requests by channel answered on day 10 and on day 200."""
    days = ("2022-01-11", "2022-07-20")
    rows = [
        f"incoming THA {kind} {channel} 2022-01-01 {day} executed"
        for kind, arms in strata.items()
        for channel, counts in arms.items()
        for day, count in zip(days, counts, strict=True)
        for _request in range(count)
    ]
    return "direction partner kind channel received answered outcome\n" + "\n".join(rows)


# Informal contacts ask mostly for information, answered soon by either way; formal requests ask mostly
# for evidence, answered late by either way. Within each kind the shares are the same: 9 in 10, 1 in 10.
SIMPSON = {
    "information": {"diplomatic": (18, 2), "interpol": (162, 18)},
    "mla": {"diplomatic": (18, 162), "interpol": (2, 18)},
}


def answered(requests: pd.DataFrame, within_days: int = 90) -> pd.Series:
    found = mix.side_by_side(requests, "kind", as_of=AS_OF, within_days=within_days)
    return found[found["measure"].eq("answered_within")].iloc[0]


def test_the_mix_explains_the_crude_difference(requests_from: Register) -> None:
    found = answered(requests_from(register_of(SIMPSON)))
    assert found[["first", "second", "difference"]].tolist() == pytest.approx([0.18, 0.82, -0.64])
    assert found["upper"] < 0
    like = ["first_standardised", "second_standardised", "difference_standardised"]
    assert found[like].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert found["lower_standardised"] < 0 < found["upper_standardised"]
    assert found["mix"] == "explains"


def test_the_mix_explains_the_days_without_an_answer(requests_from: Register) -> None:
    found = mix.side_by_side(requests_from(register_of(SIMPSON)), "kind", as_of=AS_OF, within_days=90)
    days = found[found["measure"].eq("mean_days")].iloc[0]
    # Answered on day 10, or still open on day 90: 0.18 x 10 + 0.82 x 90 days, and 0.82 x 10 + 0.18 x 90.
    assert days[["first", "second", "difference"]].tolist() == pytest.approx([75.6, 24.4, 51.2])
    # Within each kind the same: 18 and 82 days, half and half.
    assert days[["first_standardised", "second_standardised"]].tolist() == pytest.approx([50, 50])
    assert days["mix"] == "explains"


def test_partners_outside_asean_against_those_in_it(requests_from: Register) -> None:
    rows = ["incoming FRA mla 2022-01-01 2022-01-11 executed"] * 18
    rows += ["incoming THA mla 2022-01-01 2022-01-11 executed"] * 27
    rows += ["incoming THA mla 2022-01-01 2022-07-20 refused"] * 9
    requests = requests_from("direction partner kind received answered outcome\n" + "\n".join(rows))
    found = mix.side_by_side(requests, "kind", as_of=AS_OF, between="asean").set_index("measure")
    assert found.loc["answered_within", ["first", "second", "requests"]].tolist() == [1, 0.75, 54]
    assert found.loc["refused", ["first", "second"]].tolist() == [0, 0.25]
    assert found.loc["refused", "difference_standardised"] == pytest.approx(-0.25)


def test_the_mix_reverses_the_crude_difference(requests_from: Register) -> None:
    # Within each kind the formal ones are sooner: all of 20 against 144 of 180, 72 of 180 against none of 20.
    strata = {
        "information": {"diplomatic": (20, 0), "interpol": (144, 36)},
        "mla": {"diplomatic": (72, 108), "interpol": (0, 20)},
    }
    found = answered(requests_from(register_of(strata)))
    assert found["difference"] == pytest.approx(92 / 200 - 144 / 200)
    assert found["difference_standardised"] == pytest.approx((1 + 0.4) / 2 - (0.8 + 0) / 2)
    assert found["lower_standardised"] > 0
    assert found["mix"] == "reverses"


def test_the_mix_does_nothing_where_it_is_the_same(requests_from: Register) -> None:
    strata = {kind: {"diplomatic": (20, 80), "interpol": (80, 20)} for kind in ("information", "mla")}
    found = answered(requests_from(register_of(strata)))
    assert found["difference"] == pytest.approx(-0.6)
    assert found["difference_standardised"] == pytest.approx(-0.6)
    assert found["mix"] == ""


def test_strata_weigh_what_all_their_requests_weigh(requests_from: Register) -> None:
    strata = {
        "information": {"diplomatic": (10, 0), "interpol": (20, 70)},
        "mla": {"diplomatic": (0, 10), "interpol": (5, 5)},
    }
    found = answered(requests_from(register_of(strata)))
    # 100 and 20 requests: 1 and 0 of the formal, 20/90 and 1/2 of the informal.
    assert found["first_standardised"] == pytest.approx(100 / 120)
    assert found["second_standardised"] == pytest.approx((100 * 20 / 90 + 20 / 2) / 120)


def test_a_stratum_needs_five_in_each_arm(requests_from: Register) -> None:
    strata = {**SIMPSON, "extradition": {"diplomatic": (4, 0), "interpol": (0, 36)}}
    found = answered(requests_from(register_of(strata)))
    assert found[["requests", "strata", "kept"]].tolist() == [440, 3, 2]
    assert found["left_out"] == pytest.approx(40 / 440)
    assert found["difference_standardised"] == pytest.approx(0)


def test_too_much_left_out_gives_no_standardised_figure(requests_from: Register) -> None:
    strata = {
        "information": {"diplomatic": (10, 0), "interpol": (10, 0)},
        "mla": {"diplomatic": (0, 10), "interpol": (0, 0)},
    }
    found = answered(requests_from(register_of(strata)))
    assert found["left_out"] == pytest.approx(10 / 30)
    assert found["mix"] == "unknown"
    assert pd.isna(found["difference_standardised"])
    assert found["difference"] == pytest.approx(-0.5)


def test_pending_requests_count_for_the_days_they_were_observed(requests_from: Register) -> None:
    text = register_of({"mla": {"diplomatic": (10, 10), "interpol": (10, 10)}})
    young = "\n".join(["incoming THA mla interpol 2024-12-26 - -"] * 8)
    found = answered(requests_from(f"{text}\n{young}"))
    # The eight are open at 5 days: at risk before day 10 are the other twenty, of whom ten are answered.
    assert found[["second", "days"]].tolist() == pytest.approx([0.5, 90])


def test_the_day_goes_back_to_where_both_are_known(requests_from: Register) -> None:
    text = register_of({"mla": {"diplomatic": (10, 10), "interpol": (4, 6)}})
    young = "\n".join(["incoming THA mla interpol 2024-11-21 - -"] * 10)
    # Ten are open at 40 days; after that 6 informal requests are at risk of 16/20 not answered, one in 7.5.
    assert answered(requests_from(f"{text}\n{young}"))["days"] == 40


def test_refused_of_those_decided(requests_from: Register) -> None:
    requests = requests_from(register_of({"mla": {"diplomatic": (10, 10), "interpol": (10, 10)}}))
    requests.loc[:4, "outcome"] = "refused"
    requests.loc[5, "outcome"] = "withdrawn"
    found = mix.side_by_side(requests, "kind", as_of=AS_OF)
    refused = found[found["measure"].eq("refused")].iloc[0]
    assert refused[["first", "second"]].tolist() == pytest.approx([5 / 19, 0])
    assert pd.isna(refused["days"])


def test_both_arms_of_a_stratum_are_shown(requests_from: Register) -> None:
    requests = requests_from("""
        direction  partner  kind         channel     received    answered    outcome
        incoming   THA      mla          diplomatic  2022-01-01  2022-03-01  refused
        incoming   THA      mla          diplomatic  2022-01-01  -           -
        incoming   FRA      information  interpol    2022-01-01  2022-01-05  executed
        incoming   FRA      information  -           2022-01-01  2022-01-05  executed
    """)
    found = mix.compare(requests, "kind", as_of=AS_OF).set_index(["kind", "formality"])
    assert len(found) == 4
    formal = found.loc[("mla", "formal")]
    assert formal[["requests", "pending", "pending_share", "decided", "refused"]].tolist() == [
        2,
        1,
        0.5,
        1,
        1,
    ]
    assert found.loc[("mla", "informal"), "requests"] == 0
    assert found.loc[("information", "informal"), "requests"] == 1
