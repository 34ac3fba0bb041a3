"""Before and after an event: each day of each request on its own side, and a model that does not cry wolf."""

import numpy as np
import pandas as pd
import pytest

from mlastats.measure import before_after, segmented
from mlastats.measure.durations import durations

EVENT, AS_OF = "2024-01-01", "2024-12-31"
TABLE = """
    id direction received   answered   outcome
    A  incoming  2023-12-01 2023-12-21 executed
    B  incoming  2023-12-01 2024-01-20 executed
    C  incoming  2023-12-31 2024-01-01 executed
    D  incoming  2024-01-01 2024-01-11 executed
    E  incoming  2024-12-01 -          -
    F  incoming  2023-10-01 -          -
    G  incoming  2023-10-01 -          refused
"""


def test_the_sides_by_hand(requests_from) -> None:
    both = before_after.cases(requests_from(TABLE), EVENT, "kind", as_of=AS_OF)
    found = both[["arm", "days", "entry", "status"]].astype(object).where(both.notna(), None)
    # Before, on 31 December: A 20 days; B open 30, C 0, F 91 days; G undated. After: B enters at 31 and ends
    # at 50, C enters and ends at 1, D 10 days, E open 30, F enters at 92 and is open 457.
    assert found.to_numpy().tolist() == [
        ["before", 20, 0, "answered"],
        ["before", 30, 0, "pending"],
        ["before", 0, 0, "pending"],
        ["before", 91, 0, "pending"],
        ["before", None, 0, "undated"],
        ["after", 50, 31, "answered"],
        ["after", 1, 1, "answered"],
        ["after", 10, 0, "answered"],
        ["after", 30, 0, "pending"],
        ["after", 457, 92, "pending"],
    ]


def test_what_is_counted_on_each_side(requests_from) -> None:
    table = before_after.before_after(requests_from(TABLE), EVENT, as_of=AS_OF).set_index("arm")
    counts = ["requests", "carried", "opened", "answered", "pending", "undated"]
    assert table.loc["before", counts].tolist() == [5, 0, 5, 1, 3, 1]
    assert table.loc["after", counts].tolist() == [5, 3, 2, 3, 2, 0]


@pytest.fixture(scope="module")
def example_requests(root):
    from mlastats import settings
    from mlastats.register.clean import clean_workspace

    return clean_workspace(settings.load(root / "mlastats.toml")).requests


def test_every_answer_is_on_one_side_and_every_day_once(example_requests) -> None:
    whole = durations(example_requests, as_of="2026-09-30")
    timed = whole[whole["days"].notna() & ~whole["unobserved"]]
    both = before_after.cases(example_requests, "2017-06-28", as_of="2026-09-30")
    both = both[both["days"].notna() & ~both["unobserved"]]
    assert both["status"].eq("answered").sum() == timed["status"].eq("answered").sum()
    days = (timed["days"] - timed["entry"] + 1).sum()
    assert (both["days"] - both["entry"] + 1).sum() == days


def test_a_known_difference_is_found(requests_from) -> None:
    # Before, days 21 to 40, mean 30.5; after, days 1 to 20, mean 10.5; nothing is pending at the event.
    rows = [
        f"B{n} incoming mla 2023-01-01 2023-{1 + (20 + n) // 31:02}-{1 + (20 + n) % 31:02}"
        for n in range(1, 21)
    ]
    rows += [f"A{n} incoming mla 2024-02-01 2024-02-{1 + n:02}" for n in range(1, 21)]
    requests = requests_from("\n".join(["id direction kind received answered", *rows]))
    found = before_after.differences(requests, EVENT, as_of=AS_OF, days=180).set_index("figure")
    for figure in ("rmst", "rmst_standardised"):
        assert found.loc[figure, ["before", "after", "difference"]].tolist() == pytest.approx(
            [30.5, 10.5, -20]
        )
        assert found.loc[figure, "upper"] < 0
    assert found.loc["median", ["before", "after", "difference"]].tolist() == [30, 10, -20]


def test_no_figure_on_fewer_than_ten_answers_a_side(requests_from) -> None:
    found = before_after.differences(requests_from(TABLE), EVENT, as_of=AS_OF)
    assert found["difference"].isna().all()
    assert set(found["reason"]) == {"few_answers"}


class TestMonths:
    def test_answers_and_open_days_by_hand(self, requests_from) -> None:
        # Month 0 is 15 January to 14 February. A is open on 10 January to 20 January, B from 1 February on.
        requests = requests_from("""
            id direction received   answered   observed_from observed_to
            A  incoming  2024-01-10 2024-01-20 2023-12-15    2024-03-14
            B  incoming  2024-02-01 -          2023-12-15    2024-03-14
        """)
        found = before_after.months(requests, "2024-01-15", as_of=AS_OF).set_index("month")
        assert found["answers"].to_dict() == {-1: 0, 0: 1, 1: 0}
        assert found["open_days"].to_dict() == {-1: 5, 0: 6 + 14, 1: 29}
        assert found["start"].tolist() == [
            pd.Timestamp(day) for day in ("2023-12-15", "2024-01-15", "2024-02-15")
        ]


def counted(months: int, event: int, rate: np.ndarray, seed: int = 0) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    number = np.arange(months) - event
    start = pd.Timestamp("2015-01-01") + pd.to_timedelta(np.round(30.44 * np.arange(months)), unit="D")
    open_days = dice.integers(800, 1200, months)
    return pd.DataFrame(
        {
            "direction": "incoming",
            "month": number,
            "start": start,
            "open_days": open_days,
            "answers": dice.poisson(open_days * rate),
        }
    )


class TestTheModel:
    def test_it_finds_a_level_and_a_slope_that_were_planted(self) -> None:
        rate = 0.05 * np.where(np.arange(80) >= 40, 1.5 * 1.02 ** (np.arange(80.0) - 40), 1.0)
        rows = [
            segmented._change("incoming", pd.Timestamp("2018-05-01"), counted(80, 40, rate, n))
            for n in range(60)
        ]
        for name, truth in (("level", 1.5), ("slope", 1.02)):
            inside = [row[f"{name}_lower"] <= truth <= row[f"{name}_upper"] for row in rows]
            # Of sixty intervals of 95 per cent, eight or more miss in one case of a hundred.
            assert sum(inside) >= 53
            assert np.mean([row[name] for row in rows]) == pytest.approx(truth, rel=0.03)

    def test_where_nothing_happened_it_says_so_about_nineteen_times_in_twenty(self) -> None:
        wrong = 0
        for seed in range(200):
            scatter = np.random.default_rng(seed + 1000).gamma(5, 0.2, 40)
            row = segmented._change(
                "incoming", pd.Timestamp("2017-01-01"), counted(40, 20, 0.006 * scatter, seed)
            )
            wrong += not row["level_lower"] <= 1 <= row["level_upper"]
        # At 5 per cent, more than 18 of 200 would come in one case of a hundred.
        assert wrong <= 18

    def test_seasons_only_with_four_years(self) -> None:
        for months, seasonal in ((47, False), (48, True)):
            row = segmented._change(
                "incoming", pd.Timestamp("2017-01-01"), counted(months, 24, np.full(months, 0.02))
            )
            assert row["seasonal"] is seasonal

    @pytest.mark.parametrize(
        ("months", "event", "rate", "note"), [(30, 11, 0.05, "few_months"), (30, 15, 0.0, "few_answers")]
    )
    def test_it_is_silent_on_too_little(self, months: int, event: int, rate: float, note: str) -> None:
        row = segmented._change(
            "incoming", pd.Timestamp("2016-01-01"), counted(months, event, np.full(months, rate))
        )
        assert row["note"] == note
        assert "level" not in row


def test_placebos_stay_on_their_side(example_requests) -> None:
    found = before_after.placebos(example_requests, "2020-06-28", as_of="2026-09-30")
    ours = found[found["direction"].eq("incoming")]
    early, late = ours[ours["event"].lt("2020-06-28")], ours[ours["event"].ge("2020-06-28")]
    # Registers overlap from 1 January 2016 to 31 August 2026: 53 whole months before the event, 74 after.
    assert set(early["months_before"] + early["months_after"]) == {53}
    assert set(late["months_before"] + late["months_after"]) == {74}
    assert pd.Timestamp("2020-06-28") not in set(ours["event"])
