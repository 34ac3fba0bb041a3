"""Partners on small registers worked by hand, one rule a test; chance and intervals by known figures."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlastats import schema, vocab
from mlastats.findings import partners as findings
from mlastats.findings import phrases
from mlastats.measure import consistency, mix, partners
from mlastats.measure.partners import Rule
from mlastats.vocab import treaties

Register = Callable[[str], pd.DataFrame]
AS_OF = "2024-12-31"


def at(table: pd.DataFrame, **key: Any) -> pd.Series:
    """The one row of a table at these values."""
    for name, value in key.items():
        table = table[table[name].astype("str").eq(value)]
    assert len(table) == 1
    return table.iloc[0]


def days_of(partner: str, *days: str) -> str:
    return "\n".join(f"incoming {partner} {day}" for day in days)


def register(requests_from: Register, *parts: str, kept_from: str = "2015-01-01") -> pd.DataFrame:
    requests = requests_from("direction partner received\n" + "\n".join(parts))
    return requests.assign(observed_from=pd.Timestamp(kept_from))


CLASSED = (
    days_of("THA", "2020-06-01", "2021-06-01", "2022-06-01", "2023-06-01", "2024-06-01"),
    days_of("VNM", "2023-02-01", "2023-03-01", "2024-02-01", "2024-03-01", "2024-04-01"),
    days_of("FRA", "2024-02-01", "2024-03-01"),
    days_of("JPN", *(f"2022-{month:02}-01" for month in range(1, 13))),
)


@pytest.mark.parametrize(
    ("partner", "named"),
    [
        ("THA", "sustained"),  # five matters, one in each of the last five years
        ("VNM", "intermittent"),  # five matters, in two of the last five years
        ("FRA", "minimal"),  # two matters
        ("JPN", "dormant"),  # twelve, the last more than 24 months ago
        ("CAN", "none"),
    ],
)
def test_each_class_by_its_rule(requests_from: Register, partner: str, named: str) -> None:
    requests = register(requests_from, *CLASSED)
    found = partners.engagement(requests, as_of=AS_OF, expected=["CAN"])
    assert at(found, partner=partner)["engagement"] == named


def test_the_rule_has_parameters(requests_from: Register) -> None:
    requests = register(requests_from, *CLASSED)
    found = partners.engagement(requests, as_of=AS_OF, rule=Rule(few=2, silent_months=36, often=0.4))
    named = found.set_index("partner")["engagement"].to_dict()
    assert named == {"FRA": "intermittent", "JPN": "intermittent", "THA": "sustained", "VNM": "sustained"}


def test_a_young_register_is_held_against_the_years_it_was_kept(requests_from: Register) -> None:
    days = days_of("THA", "2023-08-01", "2023-09-01", "2024-02-01", "2024-03-01", "2024-08-01")
    found = partners.engagement(register(requests_from, days, kept_from="2023-07-01"), as_of=AS_OF)
    assert at(found, partner="THA")["engagement"] == "sustained"


def test_a_register_that_ended_makes_nobody_dormant(requests_from: Register) -> None:
    requests = register(requests_from, *CLASSED).assign(observed_to=pd.Timestamp("2022-12-31"))
    requests = requests[requests["received"].le(pd.Timestamp("2022-12-31"))]
    assert at(partners.engagement(requests, as_of=AS_OF), partner="JPN")["engagement"] == "intermittent"


WAYS = """
    id  direction  partner  received    sent        answered    outcome   linked_request_id
    A1  incoming   THA      2024-03-01  -           2024-04-01  executed  -
    A2  incoming   THA      2024-04-10  -           -           -         A1
    A3  incoming   THA      2024-04-10  -           2024-05-01  executed  -
    B1  outgoing   THA      -           2024-04-01  -           -         -
    C1  -          FRA      2024-05-01  -           -           -         -
"""


def test_made_and_received_in_matters(requests_from: Register) -> None:
    requests = requests_from(WAYS).assign(observed_from=pd.Timestamp("2024-01-01"))
    found = partners.engagement(requests, as_of=AS_OF)
    tha = at(found, partner="THA")
    # A1 and A2 are one matter, and it is open while A2 is.
    names = ["received", "received_answered", "received_pending", "made", "made_answered", "made_pending"]
    assert tha[names].tolist() == [2, 1, 1, 1, 0, 1]
    assert tha[["contacts", "months_active", "months"]].tolist() == [4, 2, 12]
    assert at(found, partner="FRA")[["received", "made", "undirected"]].tolist() == [0, 0, 1]


def test_last_contact_and_the_longest_silence(requests_from: Register) -> None:
    requests = requests_from(WAYS).assign(observed_from=pd.Timestamp("2024-01-01"))
    tha = at(partners.engagement(requests, as_of=AS_OF), partner="THA")
    assert tha["last_contact"] == pd.Timestamp("2024-04-10")
    # From 10 April to 31 December: 20 + 31 + 30 + 31 + 31 + 30 + 31 + 30 + 31 days.
    assert tha["silence"] == 265
    # To the end of April the longest is that from 1 January to 1 March, in a leap year.
    assert at(partners.engagement(requests, as_of="2024-04-30"), partner="THA")["silence"] == 60


def test_a_window_counts_what_began_in_it_and_classes_by_everything(requests_from: Register) -> None:
    found = partners.engagement(register(requests_from, *CLASSED), as_of=AS_OF, since="2024-01-01")
    tha = at(found, partner="THA")
    assert tha[["received", "contacts", "months", "engagement"]].tolist() == [1, 1, 12, "sustained"]


def test_silent_years_are_zeros_and_asean_comes_first(requests_from: Register) -> None:
    requests = register(requests_from, *CLASSED)
    found = partners.by_period(requests, as_of=AS_OF, expected=["KHM", "CAN"])
    assert list(dict.fromkeys(found["partner"])) == ["KHM", "THA", "VNM", "JPN", "CAN", "FRA"]
    france = found[found["partner"].eq("FRA")].set_index("period")["matters"]
    assert france.to_dict() == {"2020": 0, "2021": 0, "2022": 0, "2023": 0, "2024": 2}
    assert found["matters"].sum() == 24


def test_a_treaty_in_force_and_nothing_happens(
    requests_from: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = {"THA": ("t",), "BRN": ("t",), "BRA": ("t",), "LAO": ("t",)}
    monkeypatch.setattr(treaties, "partners", lambda state, on: bound)
    requests = register(requests_from, *CLASSED)
    found = partners.not_happening(requests, as_of=AS_OF, expected=["CAN", "THA"])
    counts = ["bound", "bound_silent", "named", "named_silent", "partners_silent"]
    assert at(found, partner_group="asean")[counts].tolist() == [2, 1, 1, 0, "BRN"]
    assert at(found, partner_group="dialogue_partner")[counts].tolist() == [0, 0, 1, 1, "CAN"]
    assert at(found, partner_group="americas")[counts].tolist() == [1, 1, 0, 0, ""]


def test_treaties_of_the_package_are_known_for_some_and_none_is_said_to_be_none(
    requests_from: Register,
) -> None:
    found = partners.not_happening(register(requests_from, *CLASSED), as_of=AS_OF)
    assert found["bound"].sum() > 100
    assert found["bound"].sum() < len(vocab.codes("partner"))


def test_where_no_partner_is_recorded_nobody_is_said_to_be_silent(requests_from: Register) -> None:
    requests = requests_from("direction received\nincoming 2024-03-01")
    assert partners.engagement(requests, as_of=AS_OF, expected=["CAN"]).empty
    assert partners.not_happening(requests, as_of=AS_OF, expected=["CAN"]).empty


TIMOR = """
    direction  partner  kind  received    answered    outcome
    incoming   TLS      mla   2025-10-25  2025-10-30  executed
    incoming   TLS      mla   2025-10-26  -           -
    incoming   THA      mla   2025-10-26  2025-11-01  refused
"""


def test_timor_leste_changes_group_on_26_october_2025(requests_from: Register) -> None:
    requests, as_of = requests_from(TIMOR), "2025-12-31"
    found = consistency.reciprocity(requests, as_of=as_of).set_index("asean")["received"]
    assert found.to_dict() == {"asean": 2, "non_asean": 1}
    groups = vocab.partner_group(requests["partner"], requests["received"])
    assert groups.tolist() == ["asia", "asean", "asean"]
    compared = mix.compare(requests, "kind", as_of=as_of, between="asean").set_index("asean")
    assert compared["requests"].to_dict() == {"non_asean": 1, "asean": 2}
    engaged = partners.engagement(requests, as_of="2025-10-25", expected=["TLS"])
    assert at(engaged, partner="TLS")["partner_group"] == "asia"


def test_unevenness_by_chance_as_every_outcome_counted_has_it() -> None:
    # Three matters over three quarters of parts 1/2, 1/4, 1/4: the sum of count^2 / part of every outcome.
    pace = np.array([0.5, 0.25, 0.25])
    outcomes = [np.bincount(place, minlength=3) for place in itertools.product(range(3), repeat=3)]
    weight = [np.prod(pace**counts) for counts in outcomes]
    for seen in ([2, 1, 0], [0, 3, 0], [1, 1, 1]):
        as_uneven = [
            (counts**2 / pace).sum() >= (np.array(seen) ** 2 / pace).sum() - 1e-9 for counts in outcomes
        ]
        exact = np.sum([part for part, there in zip(weight, as_uneven, strict=True) if there])
        assert consistency.uneven_by_chance(np.array(seen), pace) == pytest.approx(exact, abs=0.02)


def test_quarters_with_a_matter_against_chance(requests_from: Register) -> None:
    days = days_of("THA", "2023-01-02", "2023-01-03", "2023-01-04", "2023-01-05", "2023-01-06")
    requests = register(requests_from, days, kept_from="2023-01-01")
    requests.loc[4, "linked_request_id"] = requests.loc[0, "request_id"]
    found = consistency.regularity(pd.concat([requests] * 1), as_of="2023-06-30")
    assert found.empty  # The fifth follows up the first: four matters.
    requests["linked_request_id"] = requests["linked_request_id"].mask(requests.index == 4, "elsewhere")
    found = consistency.regularity(requests, as_of="2023-06-30").iloc[0]
    assert found[["matters", "quarters_active", "quarters", "active"]].tolist() == [5, 1, 2, 0.5]
    assert found["silence"] == 175  # From 7 January to 30 June.


def linked(requests: pd.DataFrame) -> pd.DataFrame:
    """With one link, to a reference that no register holds: links are recorded."""
    return requests.assign(
        linked_request_id=pd.Series("elsewhere", index=requests.index[:1]).reindex(requests.index)
    )


def test_bursts_are_told_from_steady_contact(requests_from: Register) -> None:
    steady = [f"{year}-{month:02}-10" for year in range(2015, 2025) for month in range(1, 13, 2)]
    burst = [f"2016-{month:02}-{day:02}" for month in (3, 4) for day in range(1, 11)]
    requests = register(requests_from, days_of("THA", *steady), days_of("FRA", *burst))
    found = consistency.regularity(linked(requests), as_of=AS_OF)
    assert found.set_index("partner")["pattern"].to_dict() == {"THA": "chance", "FRA": "bursts"}
    groups = consistency.in_bursts(found).set_index("asean")
    assert groups.loc["non_asean", ["partners", "bursts"]].tolist() == [1, 1]
    assert groups.loc["asean", ["partners", "bursts"]].tolist() == [1, 0]
    untold = consistency.regularity(requests, as_of=AS_OF)
    assert set(untold["pattern"]) == {"unknown"}
    assert untold["chance"].isna().all()


def test_case_14_follow_ups_make_no_burst(requests_from: Register) -> None:
    # Ten matters a partner on random days of ten years, each with a follow-up within 60 days.
    luck, bursts, partners = np.random.default_rng(1), 0, 0
    start = pd.Timestamp("2015-01-01")
    for _register in range(20):
        rows = []
        for code in ("THA", "VNM", "CHN", "KHM", "MMR", "KOR", "JPN", "AUS", "USA", "FRA"):
            for n, day in enumerate(luck.integers(0, 3590, 10)):
                first, second = (start + pd.Timedelta(days=int(d)) for d in (day, day + luck.integers(0, 60)))
                rows += [
                    f"{code}{n} {code} {first:%Y-%m-%d} -",
                    f"{code}{n}b {code} {second:%Y-%m-%d} {code}{n}",
                ]
        requests = requests_from("id partner received linked_request_id\n" + "\n".join(rows))
        requests = requests.assign(direction="incoming", observed_from=start)
        found = consistency.regularity(requests, as_of=AS_OF)
        bursts, partners = bursts + found["pattern"].eq("bursts").sum(), partners + len(found)
    assert partners == 200
    assert bursts <= 7  # At one in a hundred, more come in fewer than one case of five hundred.


def test_growth_of_the_whole_is_no_burst(requests_from: Register) -> None:
    growing = [
        f"{2015 + n // 12}-{n % 12 + 1:02}-{day:02}" for n in range(120) for day in range(1, 2 + n // 12)
    ]
    requests = register(requests_from, days_of("THA", *growing[::2]), days_of("VNM", *growing[1::2]))
    assert consistency.regularity(linked(requests), as_of=AS_OF)["pattern"].eq("chance").all()


def sized(requests_from: Register, sizes: dict[str, int]) -> pd.Series:
    parts = [days_of(partner, *["2024-01-01"] * size) for partner, size in sizes.items()]
    found = consistency.concentration(register(requests_from, *parts), as_of=AS_OF)
    return at(found, asean="non_asean")


def test_the_effective_number_of_partners(requests_from: Register) -> None:
    found = sized(requests_from, {"FRA": 10, "DEU": 10})
    # Two of twenty matters are with the same partner with 2 x 10 x 9 / (20 x 19).
    assert found["effective"] == pytest.approx(380 / 180)
    assert found["effective_lower"] < 2 < found["effective_upper"]
    assert pd.isna(found["top_three"])


def test_one_partner_alone(requests_from: Register) -> None:
    found = sized(requests_from, {"FRA": 20})
    assert found[["effective", "effective_lower"]].tolist() == [1, 1]
    assert found["effective_upper"] == pytest.approx(0.025 ** (-2 / 20))


def test_few_matters_give_no_figure(requests_from: Register) -> None:
    assert pd.isna(sized(requests_from, {"FRA": 10, "DEU": 9})["effective"])
    assert pd.isna(sized(requests_from, {"FRA": 3, "DEU": 3, "GBR": 2, "USA": 1})["top_three"])


def test_the_share_of_the_top_three(requests_from: Register) -> None:
    found = sized(requests_from, {"FRA": 4, "DEU": 3, "GBR": 2, "USA": 1})
    assert found["top_three"] == pytest.approx(0.9)
    low, high = found["top_three_lower"], found["top_three_upper"]
    # At the limits, 9 or more of ten and 9 or fewer of ten have 2.5%; below, a fourth of it for four threes.
    assert 10 * low**9 * (1 - low) + low**10 == pytest.approx(0.025 / 4)
    assert 1 - high**10 == pytest.approx(0.025)


def test_the_effective_number_holds_the_truth_in_about_19_of_20() -> None:
    draws = np.random.default_rng(20_261_124)
    for shares in (np.full(8, 1 / 8), np.array([0.5, 0.25, 0.1, 0.05, 0.05, 0.03, 0.02])):
        truth = 1 / (shares**2).sum()
        for matters in (30, 200):
            found = [
                consistency._effective(draws.multinomial(matters, shares).astype(float)) for _ in range(600)
            ]
            inside = np.mean([low <= truth <= high for _value, low, high in found])
            assert inside > 0.92, (matters, shares)


def test_made_against_received_and_the_difference_of_what_is_answered(requests_from: Register) -> None:
    rows = ["outgoing FRA - 2024-01-01 2024-02-01"] * 56 + ["outgoing FRA - 2024-01-01 -"] * 14
    rows += ["incoming FRA 2024-01-01 - 2024-02-01"] * 48 + ["incoming FRA 2024-01-01 - -"] * 32
    requests = requests_from("direction partner received sent answered\n" + "\n".join(rows))
    found = at(consistency.reciprocity(requests, as_of=AS_OF), asean="non_asean")
    assert found[["made", "made_answered", "made_pending"]].tolist() == [70, 56, 14]
    assert found[["received", "received_answered", "received_pending"]].tolist() == [80, 48, 32]
    assert found["made_share"] == pytest.approx(70 / 150)
    # Newcombe (1998), method 10, 56/70 less 48/80: 0.0524 to 0.3339.
    limits = found[["difference", "difference_lower", "difference_upper"]].astype(float).round(4)
    assert limits.tolist() == [0.2, 0.0524, 0.3339]


def test_nothing_to_measure() -> None:
    nothing = schema.conform(pd.DataFrame())
    assert partners.engagement(nothing, as_of=AS_OF).empty
    assert partners.by_period(nothing, as_of=AS_OF).empty
    assert consistency.regularity(nothing, as_of=AS_OF).empty
    assert consistency.concentration(nothing, as_of=AS_OF).empty
    assert math.isnan(consistency.reciprocity(nothing, as_of=AS_OF)["made_share"].iloc[0])


def test_partners_whose_engagement_is_withheld_are_counted_as_such() -> None:
    table = pd.DataFrame(
        {
            "partner": ["THA", "VNM", "FRA", "DEU", "CAN"],
            "engagement": ["sustained", "sustained", None, None, "none"],
            "partner_group": ["asean", "asean", "europe", "europe", "dialogue_partner"],
        }
    )
    assert findings.ENGAGEMENT.finding(table, silent=24) == phrases.withheld()
    known = table.dropna(subset=["engagement"])
    assert findings.ENGAGEMENT.finding(known, silent=24) == (
        "Outside ASEAN, contact is sustained with 0 of 1 partner; 1 silent for 24 months. "
        "Within ASEAN it is with 2 of the 2 in the table. Silent: Canada."
    )
    assert findings.ENGAGEMENT.finding(known[:2], silent=24) == (
        "Contact is sustained with 2 of 2 partners; 0 silent for 24 months."
    )


@pytest.mark.parametrize(
    ("share", "lower", "upper", "words"),
    [
        (0.6, 0.5, 0.7, "three in five"),
        (0.338, 0.29, 0.39, "one in three"),
        # One of five would be three points more than 17 %, and two less than 22 %.
        (0.17, 0.14, 0.21, ""),
        (0.22, 0.18, 0.27, ""),
        # One of three is near, but the interval does not have it.
        (0.34, 0.335, 0.345, ""),
    ],
)
def test_a_share_is_a_simple_fraction_in_words_only_where_it_is_one(
    share: float, lower: float, upper: float, words: str
) -> None:
    assert phrases.roughly(share, lower, upper) == words


def test_in_a_single_quarter_nothing_is_uneven(requests_from: Register) -> None:
    """All matters lie in the one quarter there is. The parts of its days, by these, add up to 1.0000000000000002."""
    days = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=n) for n in (30, 45, 45, 51, 59, 67, 74, 87)]
    requests = register(
        requests_from, days_of("THA", *(f"{day:%Y-%m-%d}" for day in days)), kept_from="2020-01-01"
    )
    (row,) = consistency.regularity(requests, as_of="2024-03-31", since="2024-01-01").to_dict("records")
    assert (row["matters"], row["quarters"], row["quarters_active"]) == (8, 1, 1)
    assert row["active_by_chance"] == 1
