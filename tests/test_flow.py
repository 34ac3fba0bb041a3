"""Stock and flow by hand, the figures that CEPEJ publishes, and a published table with known faults."""

from datetime import date

import pandas as pd
import pytest

from mlastats.errors import InputRejected
from mlastats.findings.flow import stock
from mlastats.measure import periods
from mlastats.measure.flow import flow, reconcile, together
from tests.publishing import page

AS_OF = date(2024, 12, 31)
STOCK = ["opening", "opened", "ended", "closing", "difference"]


def register(requests_from, opened: int, pending: int, resolved: int) -> pd.DataFrame:
    """So many carried over from 2022; of all, `resolved` end in 2023 and `pending` do not."""
    total = pending + resolved
    rows = [
        f"{n} incoming {'2023-02-01' if n < opened else '2022-02-01'} {'2023-11-01' if n < resolved else '-'}"
        for n in range(total)
    ]
    return requests_from("\n".join(["id direction received answered", *rows]))


@pytest.mark.parametrize(
    ("opened", "pending", "resolved", "disposition"),
    [(272, 183, 329, 203.02), (300, 950, 519, 668.11), (300, 830, 637, 475.59)],
)
def test_disposition_time_as_published(requests_from, opened, pending, resolved, disposition) -> None:
    table = flow(register(requests_from, opened, pending, resolved), as_of="2023-12-31").set_index("period")
    year = table.loc["2023"]
    assert (year["closing"], year["ended"], year["opened"]) == (pending, resolved, opened)
    assert year["disposition_days"] == pytest.approx(disposition, abs=0.006)


def test_clearance_and_turnover_travel_with_what_they_rest_on(requests_from) -> None:
    # CEPEJ's court: 272 filed, less what was returned, and 329 decided: 121 per cent; 329 / 183 = 1.798
    year = flow(register(requests_from, 272, 183, 329), as_of="2023-12-31").set_index("period").loc["2023"]
    assert year["clearance_rate"] == pytest.approx(329 / 272)
    assert round(100 * year["clearance_rate"]) == 121
    assert year["case_turnover"] == pytest.approx(1.798, abs=0.0005)


def test_the_stock_by_hand(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   closed     outcome
        A  incoming  2023-02-01 2023-05-01 -          executed
        B  incoming  2023-06-01 2024-03-01 -          executed
        C  incoming  2023-07-01 -          2024-04-01 withdrawn
        D  incoming  2024-01-01 -          -          -
        E  incoming  2024-02-01 2024-12-31 -          executed
    """)
    table = flow(requests, as_of=AS_OF).set_index("period")
    assert table.loc["2023", STOCK].tolist() == [0, 3, 1, 2, 0]
    assert table.loc["2024", STOCK].tolist() == [2, 2, 3, 1, 0]
    assert table.loc["2024", ["answered", "ended_otherwise"]].tolist() == [2, 1]
    # D is 365 days old on 31 December 2024
    assert table.loc["2024", ["median_age", "oldest_age"]].tolist() == [365, 365]


def test_what_does_not_close_says_by_how_much(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   outcome
        A  incoming  2024-02-01 -          refused
        B  incoming  -          2024-05-01 executed
        C  incoming  2024-02-01 2024-05-01 executed
    """)
    row = flow(requests, as_of=AS_OF).iloc[0]
    # A came and is neither ended nor open: + 1. B ended and never came: - 1.
    assert row[STOCK].tolist() == [0, 2, 2, 0, 0]
    assert flow(requests.iloc[[0, 2]], as_of=AS_OF).iloc[0][STOCK].tolist() == [0, 2, 1, 0, 1]
    assert flow(requests.iloc[[1, 2]], as_of=AS_OF).iloc[0][STOCK].tolist() == [0, 1, 2, 0, -1]


def test_a_sentence_whose_counts_do_not_close_says_so(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   outcome
        A  incoming  2024-02-01 -          refused
        B  incoming  2024-02-01 -          refused
        C  incoming  2024-02-01 2024-05-01 executed
    """)
    found = flow(requests, as_of=AS_OF)
    (fact,) = stock(found, page("4_flow")).facts(found)
    assert "3 came, 1 ended, and 0 were open at the end, after 0 at the start." in fact.sentence
    assert "do not close, by 2 requests" in fact.sentence
    (fact,) = stock(found, page("4_flow")).facts(found.assign(difference=float("nan")))  # withheld
    assert "do not close, by 2 requests" in fact.sentence
    (fact,) = stock(closed := flow(requests.iloc[2:], as_of=AS_OF), page("4_flow")).facts(closed)
    assert "close" not in fact.sentence


@pytest.mark.parametrize(
    ("year", "first", "name"),
    [
        ("calendar", "2024-01-01", "2024"),
        ("october", "2023-10-01", "2023-24"),
        ("july", "2023-07-01", "2023-24"),
        ("april", "2024-04-01", "2024-25"),
    ],
)
def test_reporting_years(year: str, first: str, name: str) -> None:
    day = pd.Timestamp("2024-05-10")
    row = periods.calendar(day, day, "year", year).iloc[0]
    assert (row["period"], row["start"]) == (name, pd.Timestamp(first))
    assert row["end"] == pd.Timestamp(first) + pd.DateOffset(years=1) - pd.DateOffset(days=1)


def test_the_first_day_of_a_reporting_year_belongs_to_it(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered
        A  incoming  2023-09-30 2023-10-01
        B  incoming  2023-10-01 2024-09-30
    """)
    table = flow(requests, as_of=AS_OF, reporting_year="october").set_index("period")
    assert table.loc["2022-23", STOCK].tolist() == [0, 1, 0, 1, 0]
    assert table.loc["2023-24", STOCK].tolist() == [1, 1, 2, 0, 0]


def test_periods_taken_together(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered
        A  incoming  2022-02-01 2023-05-01
        B  incoming  2023-06-01 2024-03-01
        C  incoming  2024-07-01 -
    """)
    both = together(flow(requests, as_of=AS_OF), 2)
    assert both["period"].tolist() == ["2022", "2023–2024"]
    assert both.iloc[1][STOCK].tolist() == [1, 2, 2, 1, 0]
    assert both.iloc[1]["days"] == 365 + 366
    assert both.iloc[1]["disposition_days"] == pytest.approx(731 / 2)


class TestReconcile:
    def test_the_known_faults_of_the_australian_table(self, shared) -> None:
        table = pd.read_csv(shared / "published" / "australia_extradition_stock_flow.csv")
        found = reconcile(table).set_index(["direction", "period", "check"])
        # SOURCES.md: 93 computed and 91 published; a closing stock not printed; 40 restates 39.
        closing = found.loc[("to_AU", "2019-20", "closing")]
        assert (closing["expected"], closing["found"], closing["difference"]) == (93, 91, -2)
        assert ("made_by_AU", "2017-18", "missing") in found.index
        restated = found.loc[("made_by_AU", "2020-21", "opening")]
        assert (restated["expected"], restated["found"], restated["difference"]) == (39, 40, 1)

    def test_nothing_else_is_a_fault_that_was_not_worked_out_by_hand(self, shared) -> None:
        table = pd.read_csv(shared / "published" / "australia_extradition_stock_flow.csv")
        by_hand = {
            (row.direction, row.fy)
            for row in table.dropna().itertuples()
            if row.carried_forward
            + row.new
            - row.granted_or_surrendered
            - row.withdrawn
            - row.refused
            - row.otherwise_finalised
            != row.continuing
        }
        found = reconcile(table)
        closing = found[found["check"].eq("closing")]
        assert set(zip(closing["direction"], closing["period"], strict=True)) == by_hand

    def test_a_table_that_closes_has_no_fault(self) -> None:
        table = pd.DataFrame(
            {
                "period": ["2020", "2021"],
                "opening": [5, 7],
                "opened": [4, 3],
                "ended": [2, 6],
                "closing": [7, 4],
            }
        )
        assert reconcile(table).empty

    def test_without_a_column_it_says_which(self) -> None:
        with pytest.raises(InputRejected, match="closing"):
            reconcile(pd.DataFrame({"period": ["2020"], "opening": [5], "opened": [4], "ended": [2]}))


def test_no_request_no_rows(requests_from) -> None:
    requests = requests_from("id direction received answered\nA incoming 2024-01-01 -").iloc[:0]
    assert flow(requests, as_of=AS_OF).empty
