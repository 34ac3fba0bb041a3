"""The rules of turnaround, one at a time, on small registers worked by hand."""

from datetime import date

import pandas as pd
import pytest

from mlastats.measure.clocks import Clock
from mlastats.measure.durations import durations
from mlastats.measure.turnaround import turnaround
from mlastats.measure.windows import within

AS_OF = date(2024, 12, 31)
COUNTS = ["requests", "answered", "ended_otherwise", "pending", "undated"]


def days_of(requests: pd.DataFrame, **how: object) -> list[object]:
    found = durations(requests, as_of=how.pop("as_of", AS_OF), **how)["days"]
    return [None if pd.isna(day) else int(day) for day in found]


def test_a_request_ends_at_the_first_of_answered_and_closed(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   closed     outcome
        A  incoming  2024-01-01 2024-01-11 2024-01-21 executed
        B  incoming  2024-01-01 2024-01-21 2024-01-11 executed
        C  incoming  2024-01-01 -          2024-01-31 executed
    """)
    assert days_of(requests) == [10, 10, 30]


def test_outgoing_runs_from_sent_and_a_missing_direction_from_received_else_sent(requests_from) -> None:
    requests = requests_from("""
        id direction sent       received   answered
        A  outgoing  2024-01-01 2024-01-05 2024-01-11
        B  -         2024-01-01 2024-01-05 2024-01-11
        C  -         2024-01-01 -          2024-01-11
    """)
    assert days_of(requests) == [10, 6, 10]


def test_every_request_is_in_one_status_and_directions_are_apart(requests_from) -> None:
    requests = requests_from("""
        id direction received   sent       answered   outcome
        A  incoming  2024-01-01 -          2024-02-01 executed
        B  incoming  2024-01-01 -          2024-02-01 withdrawn
        C  incoming  2024-01-01 -          -          -
        D  incoming  2024-01-01 -          -          refused
        E  incoming  2024-03-01 -          2024-02-01 executed
        F  incoming  2025-03-01 -          -          -
        G  incoming  2024-01-01 -          2024-02-01 -
        H  outgoing  -          2024-01-01 -          -
    """)
    table = turnaround(requests, as_of=AS_OF).set_index("direction")
    assert table.loc["incoming", COUNTS].tolist() == [6, 2, 1, 1, 2]
    assert table.loc["outgoing", COUNTS].tolist() == [1, 0, 0, 1, 0]


def test_an_answer_after_the_cut_has_not_happened_yet(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   outcome  observed_to
        A  incoming  2024-01-01 2025-01-15 executed -
        B  incoming  2024-01-01 2024-06-15 executed 2024-05-31
    """)
    found = durations(requests, as_of=AS_OF)
    assert found["status"].tolist() == ["pending", "pending"]
    # 1 January to 31 December 2024 is 365 days, to 31 May 151
    assert found["days"].tolist() == [365, 151]


def test_half_answered_with_one_pending_before_it(requests_from) -> None:
    # S: day 10, 3/4; day 30 (2 at risk, one cut at 20): 3/4 x 1/2 = 3/8. Half are answered on day 30;
    # of the answered alone the median would be 20.
    requests = requests_from(
        """
        id direction received   answered   observed_to
        A  incoming  2024-01-01 2024-01-11 -
        B  incoming  2024-01-01 -          2024-01-21
        C  incoming  2024-01-01 2024-01-31 -
        D  incoming  2024-01-01 -          2024-03-01
    """,
        times=10,
    )
    row = turnaround(requests, as_of=AS_OF).iloc[0]
    assert (row["median_days"], row["closed_only_median"]) == (30, 20)
    assert pd.isna(row["p75"])
    # the pending ones are 20 and 60 days old
    assert (row["pending_median_age"], row["pending_oldest_age"]) == (40, 60)


def test_a_withdrawal_competes_with_an_answer(requests_from) -> None:
    # Answers on days 10 and 30, a withdrawal on 20, one pending to 40. Incidence of an answer: 1/4 on
    # day 10; before day 30 half are still open, of 2 at risk one is answered: 1/4 + 1/2 x 1/2 = 1/2.
    # Taking the withdrawal for lost from sight would give 1 - 3/4 x 1/2 = 5/8.
    requests = requests_from(
        """
        id direction received   answered   outcome   observed_to
        A  incoming  2024-01-01 2024-01-11 executed  -
        B  incoming  2024-01-01 2024-01-21 withdrawn -
        C  incoming  2024-01-01 2024-01-31 executed  -
        D  incoming  2024-01-01 -          -         2024-02-10
    """,
        times=10,
    )
    row = turnaround(requests, as_of=AS_OF).iloc[0]
    assert row["median_days"] == 30
    assert pd.isna(row["p75"])


def test_late_entry(requests_from) -> None:
    # A is under observation from day 31 on, when B has long been answered: 1 at risk on day 10.
    requests = requests_from("""
        id direction received   answered   observed_from
        A  incoming  2024-01-01 2024-03-01 2024-02-01
        B  incoming  2024-02-01 2024-02-11 2024-02-01
    """)
    found = durations(requests, as_of=AS_OF)
    assert found["entry"].tolist() == [31, 0]
    assert found["days"].tolist() == [60, 10]
    # The step on day 10 rests on a single request while another is still to enter: no quantile is given.
    assert pd.isna(turnaround(requests, as_of=AS_OF)["median_days"].iloc[0])


def test_a_request_that_was_over_before_its_register_began_is_in_no_curve(requests_from) -> None:
    requests = requests_from(
        """
        id direction received   answered   observed_from
        A  incoming  2023-01-01 2023-03-01 2024-01-01
        B  incoming  2024-02-01 2024-02-11 2024-01-01
    """,
        times=10,
    )
    row = turnaround(requests, as_of=AS_OF).iloc[0]
    assert (row["requests"], row["unobserved"], row["median_days"]) == (20, 10, 10)


def test_a_month_counts_as_its_fifteenth_and_a_year_gives_no_duration(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered
        A  incoming  2024-01-05 2024-02
        B  incoming  2024-01-05 2024
    """)
    assert days_of(requests) == [41, None]
    assert durations(requests, as_of=AS_OF)["status"].tolist() == ["answered", "undated"]
    row = turnaround(pd.concat([requests] * 10, ignore_index=True), as_of=AS_OF).iloc[0]
    # 5 January to 1 and to 29 February 2024
    assert (row["median_days"], row["median_first_day"], row["median_last_day"]) == (41, 27, 55)


def test_reversed_only_where_no_reading_allows_the_order(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered
        A  incoming  2024-02-20 2024-02
        B  incoming  2024-03-01 2024-02
    """)
    found = durations(requests, as_of=AS_OF)
    assert found["reversed"].tolist() == [False, True]
    assert found["status"].tolist() == ["answered", "undated"]
    assert days_of(requests) == [0, None]


class TestWaiting:
    TABLE = """
        id direction received   info_requested info_supplied answered
        A  incoming  2024-01-01 2024-01-11     2024-01-31    2024-02-10
        B  incoming  2024-01-01 2024-01-11     -             2024-02-10
        C  incoming  2024-01-01 2024-01-11     -             -
        D  incoming  2024-01-01 2024-01-11     2024-02-20    2024-02-10
        E  incoming  2024-01-01 -              -             2024-02-10
    """

    def test_counted(self, requests_from) -> None:
        assert days_of(requests_from(self.TABLE), as_of="2024-03-01") == [40, 40, 60, 40, 40]

    def test_stopped(self, requests_from) -> None:
        # A waits 20 of its 40 days. B ended, and nobody wrote down when the information came: all 40 count.
        # C waits still: 10 days count. D waits from day 10 to its end on day 40: 10 count.
        stopped = days_of(requests_from(self.TABLE), as_of="2024-03-01", clock=Clock(waiting="stopped"))
        assert stopped == [20, 40, 10, 10, 40]


class TestWorkingDays:
    def test_weekends_and_holidays_of_each_state_are_left_out(self, requests_from) -> None:
        # Friday 11 to Wednesday 16 April 2025: the Lao new year is 14 to 16 April, a Monday to a
        # Wednesday, so that no working day follows; in France 14, 15 and 16 April are working days.
        requests = requests_from("""
            id direction reporting_state received   answered
            A  incoming  LAO             2025-04-11 2025-04-16
            B  incoming  FRA             2025-04-11 2025-04-16
        """)
        assert days_of(requests, as_of="2025-12-31", clock=Clock(days="working")) == [0, 3]

    def test_a_state_without_known_holidays_is_an_error_that_says_what_to_do(self, requests_from) -> None:
        from mlastats.errors import ConfigurationError

        requests = requests_from("""
            id direction reporting_state received   answered
            A  incoming  XXX             2025-04-11 2025-04-16
        """)
        with pytest.raises(ConfigurationError, match="calendar days"):
            durations(requests, as_of="2025-12-31", clock=Clock(days="working"))


def test_every_clock(requests_from) -> None:
    requests = requests_from("""
        id direction drafted    sent       acknowledged answered   received
        A  incoming  -          -          2024-01-03   2024-02-10 2024-01-01
        B  outgoing  2024-01-01 2024-01-08 2024-01-10   2024-01-28 -
    """)
    stages = requests_from("""
        id direction received   info_requested info_supplied forwarded  executed
        A  incoming  2024-01-01 2024-01-10     2024-01-15    2024-01-05 2024-02-04
        B  incoming  2024-01-01 -              -             2024-01-31 -
    """)
    assert days_of(stages, clock="forward") == [4, 30]
    assert days_of(stages, clock="execute") == [30, 335]
    assert days_of(stages, clock="supplement") == [5, None]
    by_clock = {
        "answer": [40, 20],
        "acknowledge": [2, 2],
        "prepare": [None, 7],
    }
    assert {name: days_of(requests, clock=name) for name in by_clock} == by_clock


def test_a_stage_not_reached_before_the_end_ends_the_clock_otherwise(requests_from) -> None:
    requests = requests_from("""
        id direction received   acknowledged answered   outcome
        A  incoming  2024-01-01 -            2024-01-11 executed
        B  incoming  2024-01-01 -            -          -
    """)
    assert durations(requests, as_of=AS_OF, clock="acknowledge")["status"].tolist() == [
        "ended_otherwise",
        "pending",
    ]


def test_groups_with_no_request_stay(requests_from) -> None:
    requests = requests_from("""
        id direction kind        received   sent       answered
        A  incoming  mla         2024-01-01 -          2024-01-11
        B  outgoing  extradition -          2024-01-01 2024-01-11
    """)
    table = turnaround(requests, "kind", as_of=AS_OF).set_index(["direction", "kind"])
    assert len(table) == 4
    assert table.loc[("incoming", "extradition"), COUNTS].tolist() == [0, 0, 0, 0, 0]


def test_a_standard_for_each_kind(requests_from) -> None:
    # Nothing is cut before the standard, so that the share is a plain one: 1 of 2, and 2 of 2.
    requests = requests_from(
        """
        id direction kind        received   answered
        A  incoming  mla         2024-01-01 2024-01-11
        B  incoming  mla         2024-01-01 2024-03-01
        C  incoming  information 2024-01-01 2024-01-11
        D  incoming  information 2024-01-01 2024-01-06
        E  incoming  extradition 2024-01-01 2024-01-06
    """,
        times=10,
    )
    table = turnaround(requests, "kind", as_of=AS_OF, standard_days={"mla": 30, "information": 10})
    found = table.set_index("kind")
    assert found.loc[["mla", "information"], "within"].tolist() == [0.5, 1.0]
    assert (found.loc["extradition", "with_standard"], found.loc["extradition", "within_note"]) == (
        0,
        "no_standard",
    )


class TestAWindow:
    TABLE = """
        id direction received   answered   outcome
        A  incoming  2024-01-01 2024-02-10 executed
        B  incoming  2024-01-01 2024-05-10 executed
        C  incoming  2024-04-10 2024-04-20 executed
        D  incoming  2024-05-01 2024-08-01 executed
        E  incoming  2024-07-10 -          -
        F  incoming  2024-01-01 -          refused
        G  incoming  2024-04-01 -          refused
    """

    def test_what_was_open_enters_at_its_age_and_what_is_open_at_the_end_is_cut(self, requests_from) -> None:
        seen = within(requests_from(self.TABLE), "2024-04-01", "2024-06-30")
        found = durations(seen, as_of=AS_OF).set_index(seen["request_id"])
        # A was over; E came later; F may have been over; G is undated and of the quarter.
        assert found.index[found["status"].notna()].tolist() == ["B", "C", "D", "G"]
        assert found.loc[["B", "C", "D"], "entry"].tolist() == [91, 0, 0]
        assert found.loc[["B", "C", "D"], "days"].tolist() == [130, 10, 60]
        assert found.loc[["B", "C", "D", "G"], "status"].tolist() == [
            "answered",
            "answered",
            "pending",
            "undated",
        ]

    def test_without_a_period_it_is_everything(self, requests_from) -> None:
        requests = requests_from(self.TABLE)
        assert within(requests, None, None) is requests
