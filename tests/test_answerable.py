"""What treaties, urgency, deadlines and supplements make answerable: measures worked by hand, and what is said."""

from collections.abc import Callable

import pandas as pd
import pytest

from mlastats import findings, measure
from mlastats.findings import within_kind
from mlastats.vocab import treaties
from tests import publishing

Register = Callable[..., pd.DataFrame]
AS_OF = "2024-12-31"

BASES = """
    id  direction  reporting_state  partner  kind  channel     legal_basis        received    answered    outcome
    A1  incoming   LAO              THA      mla   diplomatic  untoc              2022-03-01  2022-06-01  executed
    A2  incoming   LAO              THA      mla   diplomatic  bilateral;untoc    2022-03-01  2022-06-01  executed
    A3  incoming   LAO              THA      mla   diplomatic  reciprocity        2022-03-01  -           -
    A4  incoming   LAO              THA      mla   diplomatic  -                  2000-03-01  -           -
    A5  incoming   LAO              THA      mla   diplomatic  -                  2025-03-01  -           -
    A6  incoming   LAO              VNM      mla   diplomatic  -                  2022-03-01  -           -
    A7  incoming   LAO              THA      handover  interpol  -                2022-03-01  -           -
"""


@pytest.fixture
def two_treaties(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two treaties with Thailand that cover legal assistance, one of them of the country's own list, from 2001."""

    def in_force(state: str, partner: str, on: str) -> tuple[str, ...]:
        return (
            ("Treaty of 2001", "uncac") if {state, partner} == {"LAO", "THA"} and on >= "2001-01-01" else ()
        )

    monkeypatch.setattr(treaties, "in_force", in_force)
    monkeypatch.setattr(treaties, "partners", lambda _state, _on: {"THA": ("Treaty of 2001", "uncac")})
    monkeypatch.setattr(treaties, "covers", lambda _treaty, kind, _offences: kind == "mla")


@pytest.mark.usefixtures("two_treaties")
class TestTreaties:
    def test_who_could_name_a_treaty_and_does(self, requests_from: Register) -> None:
        """A1 to A3 could: A4 came before 2001, A5 has not come, A6 is of another partner, A7 of another kind."""
        found = measure.ad_hoc.by_treaty(requests_from(BASES), as_of=AS_OF).set_index("treaty")
        assert found.loc["Treaty of 2001", ["could", "named", "another", "no_treaty"]].tolist() == [
            3,
            1,
            1,
            1,
        ]
        assert found.loc["uncac", ["could", "named", "another", "no_treaty"]].tolist() == [3, 0, 2, 1]

    def test_a_treaty_that_is_never_named_is(self, requests_from: Register) -> None:
        table = measure.ad_hoc.by_treaty(requests_from(BASES), as_of=AS_OF)
        exhibit = findings.legal_bases.treaties(table, publishing.page())
        assert exhibit.finding(exhibit.table) == (
            "Incoming requests: 1 of 2 treaties is never named where it could be. "
            "It is Convention against Corruption (3 could)."
        )

    def test_a_treaty_in_force_that_covers_no_request_has_a_row_and_is_not_blamed(
        self, requests_from: Register
    ) -> None:
        requests = requests_from(BASES).iloc[[6]]
        table = measure.ad_hoc.by_treaty(requests, as_of=AS_OF)
        assert table["could"].tolist() == [0, 0]
        exhibit = findings.legal_bases.treaties(table, publishing.page())
        assert exhibit.finding(exhibit.table).startswith("No treaty that is known to be in force covers")


def test_a_request_of_two_bases_stands_under_each(requests_from: Register) -> None:
    rows = measure.groups.one_code_each(requests_from(BASES, times=10), ["legal_basis"])
    table = measure.turnaround.turnaround(rows, ["strand", "legal_basis"], as_of=AS_OF)
    mla = table[table["strand"].eq("legal_assistance")].set_index("legal_basis")["requests"]
    assert mla[mla.gt(0)].to_dict() == {"bilateral": 10, "untoc": 20, "reciprocity": 10, "unrecorded": 20}
    exhibit = findings.legal_bases.by_basis(table, publishing.page())
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance: most often on Convention against Transnational Organized Crime (20). "
        "20 name no basis."
    )


JOINT = """
    id  direction  partner  kind                 received    answered    outcome
    J1  incoming   THA      joint_investigation  2024-01-01  2024-04-10  executed
    J2  outgoing   VNM      joint_investigation  -           -           -
    J3  incoming   THA      joint_investigation  2024-12-01  -           -
    M1  incoming   THA      mla                  2024-01-01  -           -
"""


class TestJointInvestigations:
    def test_each_has_its_life(self, requests_from: Register) -> None:
        requests = requests_from(JOINT)
        requests.loc[1, ["sent", "sent_precision"]] = [pd.Timestamp("2023-06-30"), "day"]
        table = measure.joint_investigations.lives(requests, as_of=AS_OF)
        assert table["request_id"].tolist() == ["J2", "J1", "J3"]
        # 2023-06-30 to 2024-12-31; 1 January to 10 April of a leap year; December.
        assert table["age"].tolist() == [550, 100, 30]
        assert table["outcome"].tolist() == ["pending", "executed", "pending"]
        assert table["ended"].tolist() == [pd.NaT, pd.Timestamp("2024-04-10"), pd.NaT]
        exhibit = findings.joint_investigations.lives(table, publishing.page())
        assert exhibit.finding(exhibit.table) == (
            "2 of 3 joint investigations are open. They are with Thailand (2), Viet Nam (1). "
            "What has ended lived for 100 days."
        )

    def test_none_is_one_line(self, requests_from: Register) -> None:
        table = measure.joint_investigations.lives(requests_from(JOINT).iloc[[3]], as_of=AS_OF)
        exhibit = findings.joint_investigations.lives(table, publishing.page())
        assert exhibit.finding(exhibit.table) == "No register holds a joint investigation."


def urgent_and_not(pace: int) -> str:
    """Forty urgent requests answered on days 1 to 40, forty others `pace` times as late: what is said."""
    start = pd.Timestamp("2024-01-01")
    lines = ["id direction kind urgent received answered outcome"]
    for n in range(1, 41):
        for urgent, days in (("yes", n), ("no", n * pace)):
            end = start + pd.Timedelta(days=days)
            lines.append(f"{urgent}{n} incoming mla {urgent} 2024-01-01 {end:%Y-%m-%d} executed")
    from tests.conftest import _requests

    table = measure.mix.compare(_requests("\n".join(lines)), "kind", as_of=AS_OF, between="urgent")
    exhibit = within_kind.times(table, publishing.page(), "urgent")
    return exhibit.finding(exhibit.table)


def test_urgent_is_said_to_come_sooner_where_it_does() -> None:
    assert urgent_and_not(5) == (
        "Incoming mutual legal assistance: half answered within 20 days if urgent, 100 days if not."
    )
    assert urgent_and_not(1) == "In 1 comparison within a kind, a difference cannot be told."


def test_where_no_register_records_urgency_one_line_says_so(requests_from: Register) -> None:
    table = measure.mix.compare(requests_from(BASES), "kind", as_of=AS_OF, between="urgent")
    exhibit = within_kind.times(table, publishing.page(), "urgent")
    assert exhibit.finding(exhibit.table) == (
        "No register records which requests are urgent, so nothing can be said."
    )


def test_terrorism_rests_on_a_resolution_a_treaty_or_nothing(requests_from: Register) -> None:
    """T1 names a resolution beside a treaty, T2 a treaty, T3 reciprocity, T4 nothing; T5 is about fraud, T6 not begun."""
    requests = requests_from("""
        id  direction  kind  offence                    urgent  legal_basis       received    answered    outcome
        T1  incoming   mla   terrorist_financing;fraud  yes     unscr_1373;untoc  2024-01-01  2024-02-01  executed
        T2  incoming   mla   terrorist_financing        no      icsft_1999        2024-01-01  -           -
        T3  incoming   mla   terrorist_financing        -       reciprocity       2024-01-01  2024-02-01  executed
        T4  incoming   mla   terrorism                  yes     -                 2024-01-01  -           -
        T5  incoming   mla   fraud                      yes     unscr_1373        2024-01-01  -           -
        T6  incoming   mla   terrorism                  yes     unscr_2322        2025-01-01  -           -
    """)
    table = measure.ad_hoc.terrorism(requests, as_of=AS_OF).set_index("offence")
    names = [
        "requests",
        "resolution",
        "treaty_named",
        "other_basis",
        "no_basis",
        "answered",
        "pending",
        "urgent",
    ]
    assert table.loc["terrorist_financing", names].tolist() == [3, 1, 1, 1, 0, 2, 1, 1]
    assert table.loc["terrorism", names].tolist() == [1, 0, 0, 0, 1, 0, 1, 1]
    assert table.loc["proliferation_financing", names].tolist() == [0] * 8
    exhibit = findings.legal_bases.terrorism(table.reset_index(), publishing.page())
    # The first of which there is a request; of few, the counts.
    assert exhibit.finding(exhibit.table) == (
        "Incoming terrorism: 0 of 1 name a resolution of the Security Council."
    )


DEADLINES = """
    id  direction  kind  received    deadline    answered    outcome
    D1  incoming   mla   2024-01-01  2024-02-01  2024-02-01  executed
    D2  incoming   mla   2024-01-01  2024-02-01  2024-02-02  executed
    D3  incoming   mla   2024-01-01  2024-02-01  2024-01-20  withdrawn
    D4  incoming   mla   2024-01-01  2024-02-01  -           -
    D5  incoming   mla   2024-01-01  2025-02-01  2024-02-01  executed
    D6  incoming   mla   2024-02-01  2024-01-01  2024-02-01  executed
    D7  incoming   mla   2024-01-01  -           2024-02-01  executed
    D8  incoming   mla   2025-01-01  2025-02-01  -           -
    D9  incoming   mla   2024-01-01  2024-12-31  -           -
"""


class TestDeadlines:
    def test_each_request_with_a_day_asked_for_has_one_end(self, requests_from: Register) -> None:
        """D5's day is still to come, D6's lies before the request, D8 has not begun; D9's is the last day looked at."""
        ends = measure.standards.deadline_ends(requests_from(DEADLINES), AS_OF)
        assert ends.iloc[:7].tolist() == [
            "in_time",
            "late",
            "otherwise",
            "open",
            "not_due",
            "not_due",
            "none",
        ]
        assert pd.isna(ends.iloc[7])
        assert ends.iloc[8] == "open"

    def test_the_share_is_of_what_was_due(self, requests_from: Register) -> None:
        row = measure.standards.in_time(requests_from(DEADLINES), "kind", as_of=AS_OF).iloc[0]
        names = ["requests", "with_deadline", "due", "in_time", "late", "otherwise", "open"]
        assert row[names].tolist() == [8, 7, 5, 1, 1, 1, 2]
        assert row["in_time_share"] == 1 / 5

    def test_what_came_before_its_register_was_kept_is_not_due(self, requests_from: Register) -> None:
        requests = requests_from(DEADLINES).assign(observed_from=pd.Timestamp("2024-01-10"))
        assert "in_time" not in set(measure.standards.deadline_ends(requests, AS_OF))

    def test_of_few_the_counts_are_said(self, requests_from: Register) -> None:
        table = measure.standards.in_time(requests_from(DEADLINES), "kind", as_of=AS_OF)
        exhibit = findings.asked_for.in_time(table, publishing.page())
        assert exhibit.finding(exhibit.table) == (
            "Incoming mutual legal assistance: 1 of 5 answered by the day asked for."
        )

    def test_where_none_is_recorded_one_line_says_so(self, requests_from: Register) -> None:
        table = measure.standards.in_time(requests_from(BASES), "kind", as_of=AS_OF)
        exhibit = findings.asked_for.in_time(table, publishing.page())
        assert exhibit.finding(exhibit.table).startswith("No register records by which day")


SUPPLEMENTED = """
    id  direction  kind  received    info_requested  info_supplied  supplements  answered    outcome
    S1  incoming   mla   2024-01-01  2024-01-11      2024-01-31     1            2024-03-01  executed
    S2  incoming   mla   2024-01-01  2024-12-01      -              -            -           -
    S3  incoming   mla   2024-01-01  2024-01-11      -              -            2024-01-21  returned
    S4  incoming   mla   2024-01-01  -               -              2            2024-03-01  executed
    S5  incoming   mla   2024-01-01  -               -              0            2024-03-01  executed
    S6  incoming   mla   2024-01-01  2025-01-11      -              -            -           -
"""


class TestSupplements:
    def test_days_lost_by_hand(self, requests_from: Register) -> None:
        """S1 waited 20 days, S2 30 to the last day, S3 10 to its end; S4 says how often, not when; S6 is asked later."""
        row = measure.supplements.supplements(requests_from(SUPPLEMENTED), "kind", as_of=AS_OF).iloc[0]
        names = ["requests", "supplemented", "supplied", "waiting", "days_known", "lost_days"]
        assert row[names].tolist() == [6, 4, 1, 1, 3, 60]
        assert pd.isna(row["median_days"])

    def test_days_that_nobody_wrote_down_are_not_nought(self, requests_from: Register) -> None:
        """S4 was supplemented twice, on no recorded day; S5 was not, and lost none."""
        requests = requests_from(SUPPLEMENTED)
        for request, days in (("S4", None), ("S5", 0)):
            own = requests[requests["request_id"].eq(request)]
            row = measure.supplements.supplements(own, "kind", as_of=AS_OF).iloc[0]
            assert row["days_known"] == 0
            assert (None if pd.isna(row["lost_days"]) else row["lost_days"]) == days

    def test_the_median_counts_what_waits(self, requests_from: Register) -> None:
        requests = requests_from(SUPPLEMENTED, times=10)
        requests = requests[requests["request_id"].str[:2].isin(["S1", "S2"])]
        table = measure.supplements.supplements(requests, "kind", as_of=AS_OF)
        assert table["median_days"].tolist() == [20]
        exhibit = findings.asked_for.supplements(table, publishing.page())
        assert exhibit.finding(exhibit.table) == (
            "Incoming mutual legal assistance: 100% of 20 had to be supplemented. "
            "Of 20 of them the days are recorded: 500 days were lost; still waiting: 10."
        )

    def test_none_is_one_line(self, requests_from: Register) -> None:
        table = measure.supplements.supplements(requests_from(BASES), "kind", as_of=AS_OF)
        exhibit = findings.asked_for.supplements(table, publishing.page())
        assert exhibit.finding(exhibit.table).startswith("No request had to be supplemented")


def same_assistance(pace: int, number: int) -> str:
    """So many formal and informal requests for documents, the formal on days 1, 2 ... times `pace`; all ask for a hearing
    too, which the informal do not: what is said."""
    from tests.conftest import _requests

    start, lines = (
        pd.Timestamp("2024-01-01"),
        ["id direction kind assistance channel received answered outcome"],
    )
    for n in range(1, number + 1):
        for channel, asked, days in (
            ("diplomatic", "documents;statements", n * pace),
            ("customs", "documents", n),
        ):
            end = start + pd.Timedelta(days=days)
            lines.append(f"{channel}{n} incoming mla {asked} {channel} 2024-01-01 {end:%Y-%m-%d} executed")
    requests = measure.groups.one_code_each(_requests("\n".join(lines)), ["assistance"])
    table = measure.mix.compare(requests, ["kind", "assistance"], as_of=AS_OF)
    exhibit = within_kind.same_assistance(table, publishing.page())
    # What was asked for one way alone is not shown.
    assert exhibit.table["assistance"].astype("str").unique().tolist() == ["documents"]
    return exhibit.finding(exhibit.table)


def test_formal_and_informal_are_set_side_by_side_on_the_same_assistance() -> None:
    who = "Incoming mutual legal assistance (documents and records, holder not said)"
    assert same_assistance(5, 40) == f"{who}: half answered within 100 days formal, 20 days informal."
    assert same_assistance(1, 40) == "In 1 comparison within a kind, a difference cannot be told."
    assert same_assistance(5, 4) == f"{who}: answered are 4 of 4 formal, 4 of 4 informal."


def test_assistance_that_is_not_recorded_or_goes_one_way_is_one_line(requests_from: Register) -> None:
    requests = requests_from(BASES)
    table = measure.mix.compare(requests.iloc[:0], ["kind", "assistance"], as_of=AS_OF)
    exhibit = within_kind.same_assistance(table, publishing.page())
    assert (
        exhibit.finding(exhibit.table)
        == "No register records the assistance asked for, so nothing can be said."
    )
    table = measure.mix.compare(requests.assign(assistance="documents"), ["kind", "assistance"], as_of=AS_OF)
    exhibit = within_kind.same_assistance(table, publishing.page())
    assert (
        exhibit.finding(exhibit.table) == "No assistance is asked for both ways, so nothing can be compared."
    )
