"""How requests end, and where their time goes, by hand."""

from datetime import date

import pandas as pd
import pytest

from mlastats.findings import stages as findings
from mlastats.measure import cohorts, pending
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.outcomes import outcomes, refusals
from mlastats.measure.stages import handovers, legs, pairs, stages
from mlastats.measure.turnaround import turnaround
from tests import publishing
from tests.test_daycounts import incidence_of

AS_OF = date(2024, 12, 31)


class TestOutcomes:
    # Executed on day 10, withdrawn on day 20, one cut on day 25, refused on day 30, and one undated.
    # Executed: 1/4. Withdrawn: 3/4 x 1/3 = 1/4. Refused, of the one left: 1/2 x 1 = 1/2.
    TABLE = """
        id direction received   answered   closed     outcome   refusal_ground observed_to
        A  incoming  2024-01-01 2024-01-11 -          executed  -              -
        B  incoming  2024-01-01 -          2024-01-21 withdrawn -              -
        C  incoming  2024-01-01 -          -          -         -              2024-01-26
        D  incoming  2024-01-01 2024-01-31 -          refused   nationality    -
        E  incoming  2024-01-01 -          -          refused   -              -
    """

    def test_the_share_of_all_requests_by_a_day(self) -> None:
        ends = ["executed", "withdrawn", None, "refused"]
        curve = incidence_of(DayCounts.from_durations([10, 20, 25, 30], ends, answer="executed"))
        curve = curve.set_index("cause")
        assert curve["incidence"].round(12).to_dict() == {"executed": 0.25, "withdrawn": 0.25, "refused": 0.5}
        assert curve["day"].to_dict() == {"executed": 10, "withdrawn": 20, "refused": 30}

    def test_every_request_has_one_row_and_pending_is_neither_dropped_nor_a_failure(
        self, requests_from
    ) -> None:
        found = outcomes(requests_from(self.TABLE, 10), as_of=AS_OF, days=25).set_index("outcome")
        counts = found["requests"][found["requests"].gt(0)].to_dict()
        assert counts == {"executed": 10, "refused": 10, "withdrawn": 10, "pending": 10, "undated": 10}
        assert found["whole"].eq(50).all()
        # By day 25 a quarter is executed, a quarter withdrawn, half still open; nothing was cut before it.
        assert found.loc[["executed", "withdrawn", "refused", "pending"], "share"].tolist() == [
            0.25,
            0.25,
            0,
            0.5,
        ]
        assert pd.isna(found.loc["undated", "share"])

    def test_an_end_that_was_not_understood_is_undated_and_no_outcome_of_its_own(self, requests_from) -> None:
        requests = requests_from(
            self.TABLE + "    F  incoming  2024-01-01 -          -          unclear   -              -\n"
        )
        counts = outcomes(requests, as_of=AS_OF, days=25).set_index("outcome")["requests"]
        # E, refused without a date, and F.
        assert counts["undated"] == 2
        assert counts["pending"] == 1
        assert "unclear" not in counts.index

    def test_no_share_beyond_what_was_followed(self, requests_from) -> None:
        found = outcomes(requests_from(self.TABLE), as_of=AS_OF, days=60)
        assert found["share"].isna().all()
        assert set(found["note"]) == {"few_at_risk"}

    def test_refusals_by_ground(self, requests_from) -> None:
        found = refusals(requests_from(self.TABLE), as_of=AS_OF).set_index("refusal_ground")
        assert found["requests"].to_dict() == {"nationality": 1, "unrecorded": 1}
        assert found["whole"].tolist() == [2, 2]
        # Wilson's interval of 1 of 2
        assert found.loc["nationality", ["lower", "upper"]].tolist() == pytest.approx(
            [0.0945, 0.9055], abs=1e-4
        )

    def test_a_refusal_after_the_cut_is_none(self, requests_from) -> None:
        assert refusals(requests_from(self.TABLE), as_of="2024-01-15")["requests"].sum() == 1

    def test_no_request(self, requests_from) -> None:
        none = requests_from(self.TABLE).iloc[:0]
        assert outcomes(none, as_of=AS_OF).empty
        assert refusals(none, as_of=AS_OF).empty


class TestStages:
    TABLE = """
        id direction agency received   acknowledged forwarded  executed   answered   closed     sent
        A  incoming  moj    2024-01-01 2024-01-03   2024-01-13 2024-02-12 2024-02-22 -          -
        B  incoming  moj    2024-01-01 -            2024-01-11 -          -          -          2023-12-20
        C  incoming  moj    2024-01-01 2024-01-05   -          -          -          2024-01-25 -
    """

    def test_the_days_of_a_request_add_up_from_its_first_stage_to_its_end(self, requests_from) -> None:
        taken = legs(requests_from(self.TABLE), as_of="2024-03-01")
        assert taken.groupby("row")["days"].sum().tolist() == [52, 60, 24]
        # What was sent before it was received is the other side's.
        path = taken[taken["row"].eq(1)]
        assert path[["stage", "next_stage", "days"]].to_numpy().tolist() == [
            ["received", "forwarded", 10],
            ["forwarded", "pending", 50],
        ]

    def test_where_the_time_goes_and_where_it_is_stuck(self, requests_from) -> None:
        found = stages(requests_from(self.TABLE, 10), as_of="2024-03-01").set_index("stage")
        assert found["total_days"].to_dict() == {
            "received": 10 * (2 + 10 + 4),
            "acknowledged": 10 * (10 + 20),
            "forwarded": 10 * (30 + 50),
            "executed": 10 * 10,
        }
        assert found["share"].sum() == pytest.approx(1)
        assert found.loc["forwarded", "share"] == pytest.approx(80 / 136)
        assert found.loc["forwarded", ["reached", "moved_on", "ended", "stuck"]].tolist() == [20, 10, 0, 10]
        # Of the two that were forwarded one moved on after 30 days, the other is there since 50.
        assert found.loc["forwarded", "median_days"] == 30

    def test_pairs_of_stages(self, requests_from) -> None:
        found = pairs(requests_from(self.TABLE, 10), as_of="2024-03-01").set_index(["stage", "next_stage"])
        assert found.loc[("received", "acknowledged"), ["legs", "median_days"]].tolist() == [20, 3]
        assert found.loc[("acknowledged", "ended"), "total_days"] == 200
        assert pd.isna(found.loc[("forwarded", "pending"), "median_days"])

    def test_pairs_of_stages_show_their_quantiles_in_order(self, requests_from) -> None:
        steps = pairs(requests_from(self.TABLE), "strand", as_of="2024-03-01")
        shown = findings.pairs(steps, publishing.page())
        assert list(shown.columns) == list(shown.table)
        assert list(shown.columns)[5:9] == ["p25", "median_days", "p75", "p90"]

    def test_hand_overs_between_agencies(self, requests_from) -> None:
        requests = requests_from(
            """
            id direction agency linked_request_id received
            A  incoming  mps    -                 2024-01-01
            B  incoming  moj    A                 2024-01-21
            C  incoming  mps    A                 2024-02-01
            D  incoming  moj    X                 2024-02-01
            E  incoming  mofa   -                 2024-01-01
            E  incoming  mofa   -                 2024-02-01
            F  incoming  moj    E                 2024-03-01
        """,
            times=10,
        )
        found = handovers(requests, as_of=AS_OF)
        # C stayed where it was, D follows what no register holds, F one of two with the same reference.
        assert found.to_numpy().tolist() == [["incoming", "mps", "moj", 10, 20.0]]


class TestPending:
    TABLE = """
        id direction received   sent       answered
        A  incoming  2024-12-31 -          -
        B  incoming  2024-12-02 -          -
        C  incoming  2024-12-01 -          -
        D  incoming  2022-12-31 -          -
        E  outgoing  -          2024-11-01 2024-12-01
    """

    def test_bands_hold_each_request_once_and_stay_where_empty(self, requests_from) -> None:
        found = pending.age_bands(requests_from(self.TABLE), as_of=AS_OF)
        ours = found[found["direction"].eq("incoming")].set_index("age_band")["pending"]
        # 0 and 29 days, 30 days, and 731
        assert ours.to_dict() == {"0-29": 2, "30-89": 1, "90-179": 0, "180-364": 0, "365-729": 0, "730+": 1}
        assert found[found["direction"].eq("outgoing")]["pending"].tolist() == [0] * 6

    def test_ages_and_the_oldest(self, requests_from) -> None:
        table = turnaround(requests_from(self.TABLE), as_of=AS_OF).set_index("direction")
        ages = table[["pending", "pending_median_age", "pending_oldest_age"]]
        assert ages.loc["incoming"].tolist() == [4, (29 + 30) / 2, 731]
        assert ages.loc["outgoing", "pending"] == 0
        oldest = pending.oldest(requests_from(self.TABLE), 2, as_of=AS_OF)
        assert oldest[["request_id", "age"]].to_numpy().tolist() == [["D", 731], ["C", 30]]


class TestCohorts:
    def test_a_recent_cohort_has_no_share_and_says_how_long_it_was_followed(self, requests_from) -> None:
        rows = [f"A{n} incoming 2023-01-01 2023-02-{n + 1:02}" for n in range(12)]
        rows += [f"B{n} incoming 2024-12-{n + 1:02} -" for n in range(12)]
        requests = requests_from("\n".join(["id direction received answered", *rows]))
        found = cohorts.cohorts(requests, as_of=AS_OF, days=36).set_index("year")
        # Answered on days 31 to 42: six by day 36. The last of 2024 came on 12 December, 19 days before.
        assert found.loc["2023", "within"] == pytest.approx(0.5)
        assert (found.loc["2023", "followed_days"], found.loc["2024", "followed_days"]) == (730, 19)
        assert pd.isna(found.loc["2024", "within"])
        assert found.loc["2024", "within_note"] == "few_at_risk"

    def test_one_year_cannot_differ(self, requests_from) -> None:
        requests = requests_from("id direction received answered\nA incoming 2024-01-01 2024-02-01")
        assert cohorts.differ(requests, as_of=AS_OF).empty

    def test_whether_the_years_differ(self, requests_from) -> None:
        # Log-rank of days 1, 2 against 3, 4, each ten times: with d ends of n at risk, n1 of the first, it expects
        # d n1 / n of the first and has the variance d n1 (n - n1) (n - d) / (n^2 (n - 1)).
        requests = requests_from(
            """
            id direction received   answered
            A  incoming  2023-01-01 2023-01-02
            B  incoming  2023-01-01 2023-01-03
            C  incoming  2024-01-01 2024-01-04
            D  incoming  2024-01-01 2024-01-05
        """,
            times=10,
        )
        row = cohorts.differ(requests, as_of=AS_OF).iloc[0]
        days = [(40, 20, 10), (30, 10, 10)]
        expected = sum(d * first / n for n, first, d in days)
        variance = sum(d * first * (n - first) * (n - d) / (n**2 * (n - 1)) for n, first, d in days)
        assert row["statistic"] == pytest.approx((20 - expected) ** 2 / variance)
        assert row["df"] == 1
        assert pd.isna(row["change"])  # Two years are no trend.

    def test_case_12_years_of_few_are_joined(self, requests_from) -> None:
        # Two a year for ten years, answered after 10 and 20 days: two are expected of each, six of three together.
        rows = [f"A{y}{n} incoming {y}-0{n}-01 {y}-0{n}-{n}1" for y in range(2014, 2024) for n in (1, 2)]
        requests = requests_from("\n".join(["id direction received answered", *rows]))
        row = cohorts.differ(requests, as_of=AS_OF).iloc[0]
        assert row["df"] == 2
