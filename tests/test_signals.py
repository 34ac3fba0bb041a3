"""A period against its past: limits that R gives too, small registers by hand, and what pages say of them."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlastats import findings, schema
from mlastats.measure import pending, signals
from mlastats.measure.standards import due
from tests import publishing

ANSWERS = pd.read_csv(Path(__file__).parent / "r" / "answers.csv")
ANSWERS = ANSWERS[ANSWERS["question"].eq("counts allowed")]

# signals.md, B.3, 9: counts of twelve quarters, and those of the year after them.
PAST = [14, 18, 11, 22, 16, 13, 19, 25, 12, 17, 15, 20]
YEAR = [26, 31, 24, 29]


def coming(counts: list[int], last: str = "2026-06-30", waits: int = 10, **more: object) -> pd.DataFrame:
    """So many incoming requests in each of the quarters up to the last day, each answered after so many days."""
    quarters = pd.period_range(end=pd.Timestamp(last).to_period("Q"), periods=len(counts), freq="Q")
    days = [
        quarter.start_time + pd.Timedelta(days=place % 60)
        for quarter, n in zip(quarters, counts, strict=True)
        for place in range(n)
    ]
    rows = pd.DataFrame({"received": days, "direction": "incoming", "kind": "mla", "partner": "THA"} | more)
    rows["answered"] = rows["received"] + pd.Timedelta(days=waits)
    rows = rows.assign(
        observed_from=quarters[0].start_time, observed_to=pd.Timestamp(last), register="moj", agency="moj"
    )
    return schema.conform(rows)


def last_of(
    requests: pd.DataFrame, until: str = "2026-06-30", span: str = "quarter", **more: object
) -> pd.DataFrame:
    table = signals.series(requests, as_of=until, span=span, **more)
    judged = signals.judged(table, span=span, until=until)
    return judged[judged["end"].eq(judged["end"].max())].set_index(["direction", "strand", "what"])


class TestLimits:
    def test_counts_are_allowed_what_r_allows(self) -> None:
        assert signals.allowed(PAST, 0.001) == (5, 33)

    def test_a_year_differs_as_r_has_it(self) -> None:
        t, p = signals.year_test(PAST, YEAR)
        assert round(t, 6) == 3.982317
        assert round(p, 5) == 0.00215

    @pytest.mark.parametrize(
        ("which", "past"), [("1", PAST), ("2", [30, 24, 36, 30, 27, 33, 25, 35, 30, 28, 32, 30])]
    )
    @pytest.mark.parametrize("observed", [1, 1 / 3])
    def test_of_a_part_of_a_period_as_much_less_is_allowed(
        self, which: str, past: list[int], observed: float
    ) -> None:
        rows = ANSWERS[
            ANSWERS["group"].astype(str).eq(which) & np.isclose(ANSWERS["at"].astype(float), observed)
        ]
        assert signals.allowed(past, 0.001, observed) == tuple(rows["value"])

    def test_shares_of_a_past_without_error_are_the_binomials(self) -> None:
        """Of 10 at .6, P(X <= 0) is .0001 and P(X <= 1) .0017; P(X = 10) is .0060 (R: pbinom): 1 to 10 at .002."""
        part, whole = [600_000] * 12, [1_000_000] * 12
        assert signals.allowed_share(part, whole, [10], 0.002) == (1, 10)

    def test_shares_that_scatter_allow_more(self) -> None:
        steady = signals.allowed_share([12] * 12, [20] * 12, [20], 0.001)
        loose = signals.allowed_share([4, 20] * 6, [20] * 12, [20], 0.001)
        assert loose[0] < steady[0]
        assert loose[1] >= steady[1]


class TestPoints:
    def test_what_lies_outside_is_a_signal(self) -> None:
        """One chart with came, one with ended: alpha is .10 / (2 x 4 x 2) = .00625, at which R allows 6 to 30."""
        row = last_of(coming([*PAST, 40])).loc["incoming", "legal_assistance", "came"]
        assert row["charts"] == 2
        assert row["alpha"] == pytest.approx(0.00625)
        assert [row[name] for name in ("part", "lower", "upper", "signal")] == [40, 6, 30, "above"]
        assert row["usual"] == pytest.approx(np.mean(PAST))

    def test_what_lies_inside_is_none(self) -> None:
        assert last_of(coming([*PAST, 30])).loc["incoming", "legal_assistance", "came"]["signal"] == "within"

    def test_a_year_is_held_against_the_years_before_it(self) -> None:
        """Each of its quarters is allowed by then; together they are more than the twelve before."""
        row = last_of(coming([*PAST, *YEAR])).loc["incoming", "legal_assistance", "came"]
        assert row["signal"] == "within"
        assert [row[name] for name in ("of_year", "usual_year", "year_signal")] == [
            110,
            pytest.approx(67.3, abs=0.1),
            "above",
        ]

    @pytest.mark.parametrize(("quarters", "said"), [(8, "within"), (7, "short_past")])
    def test_a_past_of_fewer_than_eight_quarters_is_too_short(self, quarters: int, said: str) -> None:
        row = last_of(coming([*PAST[:quarters], 15])).loc["incoming", "legal_assistance", "came"]
        assert row["signal"] == said
        assert row["year_signal"] == "short_past"

    def test_of_less_than_one_a_quarter_nothing_is_told(self) -> None:
        rows = last_of(coming([0, 1, 0, 2, 0, 0, 1, 0, 0, 2, 0, 1, 9]))
        assert rows.loc["incoming", "legal_assistance", "came"]["signal"] == "few"
        assert rows["charts"].eq(0).all()

    def test_months_are_held_against_24_months(self) -> None:
        requests = coming([9] * 12)
        table = last_of(requests, span="month")
        assert table.loc["incoming", "legal_assistance", "came"]["alpha"] == pytest.approx(
            0.10 / (2 * 12 * 2)
        )


class TestObserved:
    def test_a_quarter_of_which_a_register_saw_a_part_is_held_against_as_much(self) -> None:
        """To the last of July 31 of 92 days are observed: of 17 usual a quarter 5.7 are."""
        requests = coming([*PAST, 0], last="2026-09-30").assign(observed_to=pd.Timestamp("2026-07-31"))
        row = last_of(requests, until="2026-09-30").loc["incoming", "legal_assistance", "came"]
        assert row["observed"] == pytest.approx(31 / 92)
        assert row["usual"] == pytest.approx(np.mean(PAST) * 31 / 92)
        assert row["year_signal"] == "not_observed"

    def test_what_was_before_a_register_began_is_no_past(self) -> None:
        """The requests of three years are there, but the register was kept for one: the others only as they were open."""
        requests = coming([*PAST, 40]).assign(observed_from=pd.Timestamp("2025-07-01"))
        assert last_of(requests).loc["incoming", "legal_assistance", "came"]["signal"] == "short_past"

    def test_strands_have_charts_of_their_own_beside_that_of_all(self) -> None:
        both = pd.concat([coming([*PAST, 18]), coming([*PAST, 18], kind="extradition")], ignore_index=True)
        rows = last_of(both)
        came = rows.xs("came", level="what")["part"].droplevel(0)
        assert came.to_dict() == {"legal_assistance": 18, "extradition": 18, "every": 36}


class TestShares:
    def test_what_was_due_in_a_quarter_was_answered_by_then_or_not(self) -> None:
        """Standard 30 days: those answered after 10 are on time, a request counts in the quarter in which it was due."""
        requests = coming([20] * 13)
        rows = last_of(requests, standards={"mla": 30})
        row = rows.loc["incoming", "legal_assistance", "on_time"]
        # Of day 0 to 59 of the quarter, and of days 0 to 19 all; 20 requests stand on days 0 to 19.
        assert [row["part"], row["whole"], row["signal"]] == [20, 20, "within"]

    def test_a_quarter_of_late_answers_is_a_signal(self) -> None:
        good, late = coming([20] * 13), coming([0] * 12 + [20], waits=45)
        requests = pd.concat([good[good["received"].lt("2026-04-01")], late], ignore_index=True)
        row = last_of(requests, standards={"mla": 30}).loc["incoming", "legal_assistance", "on_time"]
        assert [row["part"], row["whole"], row["signal"]] == [0, 20, "below"]

    def test_fewer_than_ten_due_are_held_against_nothing(self) -> None:
        row = last_of(coming([9] * 13), standards={"mla": 30}).loc["incoming", "legal_assistance", "on_time"]
        assert row["signal"] == "few"


def test_due_is_what_has_had_its_time(requests_from) -> None:
    """A answered in time, B late, C after the cut yet late, D still has time, E came before its register was kept, F was
    withdrawn, G was received without a day."""
    requests = requests_from(
        """
        id  direction  kind  received    answered    outcome   observed_from
        A   incoming   mla   2024-01-01  2024-01-31  executed  2023-06-01
        B   incoming   mla   2024-01-01  2024-02-01  executed  2023-06-01
        C   incoming   mla   2024-02-01  2024-12-01  executed  2023-06-01
        D   incoming   mla   2024-03-02  -           -         2023-06-01
        E   incoming   mla   2023-05-01  2023-06-15  executed  2023-06-01
        F   incoming   mla   2024-01-01  2024-01-05  withdrawn 2023-06-01
        G   incoming   mla   -           2024-01-05  executed  2023-06-01
        """
    )
    found = due(requests, as_of="2024-03-31", standard_days={"mla": 30})
    ids = requests.loc[found.index, "request_id"].tolist()
    assert dict(zip(ids, found["on_time"], strict=True)) == {"A": True, "B": False, "C": False, "F": False}
    later = due(requests, as_of="2024-03-31", standard_days={"mla": 30}, since=dt.date(2024, 3, 1))
    assert requests.loc[later.index, "request_id"].tolist() == ["C"]
    assert due(requests, as_of="2024-03-31", standard_days={"extradition": 30}).empty


def test_new_is_what_no_request_before_has(requests_from) -> None:
    requests = requests_from(
        """
        id  direction  kind  partner  channel     received    sent        answered    outcome   refusal_ground
        A   incoming   mla   THA      diplomatic  2023-01-10  -           2024-05-02  refused   bank_secrecy
        B   outgoing   mla   VNM      diplomatic  -           2023-02-10  2023-05-02  executed  -
        C   incoming   mla   VNM      interpol    2024-04-10  -           -           -         -
        D   incoming   mla   VNM      diplomatic  2024-05-10  -           -           -         -
        E   incoming   mla   MMR      interpol    2024-08-10  -           -           -         -
        """
    )
    table = signals.new(requests, "2024-04-01", "2024-06-30")
    assert table.to_numpy().tolist() == [
        ["incoming", "partner", "VNM", 2],
        ["incoming", "channel", "interpol", 1],
        ["incoming", "refusal_ground", "bank_secrecy", 1],
    ]


def test_overdue_by_partner_and_agency_the_oldest_first(requests_from) -> None:
    """On 31 December 2024: A waits for 365 days of 180, B for 184, C for 180, D of no standard for 364; E was asked of a
    partner 366 days ago and F 300."""
    requests = requests_from(
        """
        id  direction  kind         partner  agency  received    sent
        A   incoming   mla          THA      moj     2024-01-01  -
        B   incoming   mla          VNM      moj     2024-06-30  -
        C   incoming   mla          VNM      moj     2024-07-04  -
        D   incoming   information  VNM      mps     2024-01-02  -
        E   outgoing   mla          THA      moj     -           2023-12-31
        F   outgoing   mla          THA      moj     -           2024-03-06
        """
    )
    table = pending.overdue(requests, {"mla": 180}, as_of="2024-12-31", since="2024-10-01")
    assert table.to_numpy().tolist() == [
        ["incoming", "THA", "moj", 1, 0, 365],
        ["incoming", "VNM", "moj", 1, 1, 184],
        ["outgoing", "THA", "moj", 1, 1, 366],
    ]
    exhibit = findings.signals.LATE(table, publishing.page(), since_day="1 October 2024")
    assert exhibit.finding(exhibit.table) == (
        "Incoming requests: 2 are overdue, 1 of them since 1 October 2024. The oldest has waited 365 days. "
        "Outgoing requests: 1 is overdue, 1 of them since 1 October 2024. The oldest has waited 366 days."
    )


class TestSaid:
    def said(self, counts: list[int]) -> str:
        table = signals.series(coming(counts), as_of="2026-06-30", span="quarter")
        judged = signals.judged(table, span="quarter", until="2026-06-30")
        exhibit = findings.signals.counts(judged, publishing.page())
        facts = exhibit.facts(exhibit.table)
        assert [fact.question for fact in facts] == ["signal"] * len(facts)
        return exhibit.finding(exhibit.table)

    def test_each_signal_is_named_with_what_the_past_allows(self) -> None:
        assert self.said([*PAST, 40]) == (
            "2 of 2 counts are outside what their past allows. "
            "Incoming mutual legal assistance: 40 came in April to June 2026, above its limits. The past allows 6 to 30. "
            "Incoming mutual legal assistance: 40 ended in April to June 2026, above its limits. The past allows 6 to 30."
        )

    def test_each_is_offered_as_one_that_its_limits_do_not_hold(self) -> None:
        table = signals.series(coming([*PAST, 40]), as_of="2026-06-30", span="quarter")
        judged = signals.judged(table, span="quarter", until="2026-06-30")
        exhibit = findings.signals.counts(judged, publishing.page())
        came, _ended = exhibit.facts(exhibit.table)
        assert (came.question, came.value, came.lower, came.upper) == ("signal", 40, 6, 30)
        assert came.beside == "allowed: 6 to 30"

    def test_a_year_is_named_as_one(self) -> None:
        assert (
            "Incoming mutual legal assistance: 110 came in the year to June 2026, more than before. "
            "Before, it was 67 a year." in (self.said([*PAST, *YEAR]))
        )

    def test_without_one_it_is_said_how_blind_the_limits_are(self) -> None:
        assert self.said([3, 4, 2, 3, 4, 2, 3, 4, 2, 3, 4, 2, 3]) == (
            "None of 2 counts in April to June 2026 is outside what its past allows. "
            "In 2 of them so few come that a fall to nothing would be no signal."
        )

    def test_a_past_that_is_too_short_is_said(self) -> None:
        assert self.said([9, 9, 9]) == (
            "The past is too short, or holds too few, for April to June 2026 to be held against it."
        )


def test_what_pages_say_is_found_is_what_was_simulated() -> None:
    """The last of three numbers: by the fourth quarter, the twelfth month; where requests come a little in bursts."""
    table = (Path(__file__).parents[1] / "docs" / "signals.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    found = {
        (row[0], int(row[1])): [int(cell.split("/")[-1]) for cell in row[5:]]
        for row in rows
        if row[0] in ("quarter", "month")
    }
    for span, (small, halved, doubled, large, *of_large) in findings.signals.FOUND.items():
        assert found[span, small] == [halved, doubled]
        assert found[span, large] == of_large
