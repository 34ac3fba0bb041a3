"""Channels on small registers worked by hand, one rule a test."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlastats import findings, schema
from mlastats.findings import phrases
from mlastats.measure import ad_hoc, channels, informal_first, mix
from mlastats.vocab import treaties
from tests import publishing

Register = Callable[[str], pd.DataFrame]
AS_OF = "2024-12-31"

USED = """
    id  direction  partner  agency  channel                 received    sent
    A1  incoming   THA      ospp    diplomatic              2022-03-01  -
    A2  incoming   THA      mps     interpol                2022-05-01  -
    A3  incoming   VNM      mps     interpol                2024-02-01  -
    A4  incoming   VNM      mps     diplomatic;interpol     2024-03-01  -
    A5  incoming   VNM      mps     -                       2024-04-01  -
    A6  outgoing   VNM      mps     border_liaison          -           2024-05-01
"""


def row(table: pd.DataFrame, **at: Any) -> pd.Series:
    """The one row of a table at these values."""
    for name, value in at.items():
        table = table[table[name].eq(value)]
    assert len(table) == 1
    return table.iloc[0]


def test_formal_and_informal_by_year(requests_from: Register) -> None:
    found = channels.use(requests_from(USED), as_of=AS_OF)
    year = row(found, direction="incoming", period="2022")
    assert year[["requests", "formal", "informal", "known"]].tolist() == [2, 1, 1, 2]
    # Wilson's interval of 1 in 2: (2 + z^2 -+ z sqrt(z^2 + 2)) / (2 (2 + z^2)).
    z = 1.959963984540054
    half = z * (z**2 + 2) ** 0.5 / (2 * (2 + z**2))
    limits = year[["formal_share", "formal_share_lower", "formal_share_upper"]].tolist()
    assert limits == pytest.approx([0.5, 0.5 - half, 0.5 + half])


def test_a_request_is_formal_if_any_of_its_channels_is(requests_from: Register) -> None:
    found = channels.use(requests_from(USED), "partner", as_of=AS_OF, span="")
    vietnam = row(found, direction="incoming", partner="VNM")
    assert vietnam[["requests", "formal", "informal", "unrecorded"]].tolist() == [3, 1, 1, 1]


def test_what_is_not_recorded_is_in_the_table_and_not_in_the_share(requests_from: Register) -> None:
    year = row(channels.use(requests_from(USED), as_of=AS_OF), direction="incoming", period="2024")
    assert year[["requests", "unrecorded", "known", "formal_share"]].tolist() == [3, 1, 2, 0.5]


def test_not_applicable_is_a_group_of_its_own(requests_from: Register) -> None:
    requests = requests_from(USED)
    requests["formality"] = "not_applicable"
    found = row(channels.use(requests, as_of=AS_OF, span=""), direction="incoming")
    assert found[["requests", "not_applicable", "known"]].tolist() == [5, 5, 0]
    assert pd.isna(found["formal_share"])


def test_years_and_groups_without_a_request_stay(requests_from: Register) -> None:
    found = channels.use(requests_from(USED), as_of=AS_OF)
    assert row(found, direction="incoming", period="2023")["requests"] == 0
    assert row(found, direction="outgoing", period="2022")["requests"] == 0
    assert pd.isna(row(found, direction="outgoing", period="2022")["formal_share"])


def test_what_is_made_later_has_not_happened(requests_from: Register) -> None:
    assert channels.use(requests_from(USED), as_of="2024-02-28")["requests"].sum() == 3


def test_a_date_too_rough_for_the_span_is_in_no_quarter(requests_from: Register) -> None:
    requests = requests_from("""
        id  direction  channel     received
        A1  incoming   interpol    2024
        A2  incoming   interpol    2024-05
    """)
    assert row(channels.use(requests, as_of=AS_OF), period="2024")["requests"] == 2
    quarters = channels.use(requests, as_of=AS_OF, span="quarter")
    assert row(quarters, period="2024-Q2")["requests"] == 1
    assert row(quarters, period="unrecorded")["requests"] == 1


@pytest.mark.parametrize("span", ["month", "quarter", "half", "year", ""])
def test_every_request_is_in_one_row(requests_from: Register, span: str) -> None:
    found = channels.use(requests_from(USED), ["agency", "kind"], as_of=AS_OF, span=span)
    assert found["requests"].sum() == 6
    parts = found[["formal", "informal", "not_applicable", "unrecorded"]].sum(axis=1)
    assert parts.equals(found["requests"])


def register_of(years: dict[int, tuple[int, int]]) -> str:
    """A register with so many formal and informal requests in each year."""
    rows = [
        f"incoming {channel} {year}-06-01"
        for year, counts in years.items()
        for channel, count in zip(("diplomatic", "interpol"), counts, strict=True)
        for _request in range(count)
    ]
    return "direction channel received\n" + "\n".join(rows)


def test_trend_of_a_share_that_rises_is_said_from_five_years_on(requests_from: Register) -> None:
    from mlastats.findings import channels as said
    from tests import publishing

    counts = {2020: (10, 30), 2021: (14, 26), 2022: (19, 21), 2023: (22, 18), 2024: (26, 14)}
    points = 100 * np.polyfit(range(5), [formal / 40 for formal, _informal in counts.values()], 1)[0]
    for years, rise in ((4, ""), (5, f" It rose by {points:.1f} points a year.")):
        some = dict(list(counts.items())[-years:])
        requests = requests_from(register_of(some)).assign(observed_from=pd.Timestamp("2020-01-01"))
        table = channels.use(requests, "strand", as_of="2024-12-31")
        exhibit = said.formality(table, publishing.page(), "period")
        said_of = exhibit.finding(exhibit.table[exhibit.table["formal"].gt(0)])
        # The first year is not named: two years of many show no change.
        assert said_of == f"Incoming requests of no recorded kind: 65% of 40 were formal in 2024.{rise}"


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (
            "mla diplomatic 20\nextradition diplomatic 10\nhandover interpol 40",
            "police co-operation is informal throughout, all else formal.",
        ),
        (
            "mla diplomatic 20\nhandover interpol 40",
            "police co-operation is informal throughout, all else formal.",
        ),
        ("mla diplomatic 20", "all are formal."),
        ("handover interpol 40", "all are informal."),
        # Three requests are no "all else".
        ("mla diplomatic 3\nhandover interpol 40", "3 are formal and 40 informal, each strand one way."),
        ("mla diplomatic 19", "19 are formal and 0 informal, each strand one way."),
    ],
)
def test_where_every_strand_goes_one_way_no_share_of_the_mixture_is_said(
    requests_from: Register, used: str, said: str
) -> None:
    """Two of six formal requests would be 33 %, of no strand at all."""
    from mlastats.findings import channels as findings
    from tests import publishing

    rows = [
        f"incoming {kind} {channel} 2024-06-01"
        for kind, channel, count in (line.split() for line in used.split("\n"))
        for _request in range(int(count))
    ]
    requests = requests_from("direction kind channel received\n" + "\n".join(rows))
    exhibit = findings.formality(channels.use(requests, "strand", as_of=AS_OF, span=""), publishing.page())
    assert exhibit.finding(exhibit.table) == f"Incoming requests: {said}"
    assert exhibit.facts is not None
    ((sentence, figure),) = [(fact.sentence, fact.value) for fact in exhibit.facts(exhibit.table)]
    assert (sentence, figure) == (f"Incoming requests: {said}", None)


def test_the_share_formal_is_of_the_first_strand_that_goes_both_ways(requests_from: Register) -> None:
    """All hand-overs are informal; of 40 requests for legal assistance a financial intelligence unit took ten."""
    rows = [*["mla diplomatic"] * 30, *["mla supervisor"] * 10, *["handover interpol"] * 60]
    requests = requests_from(
        "direction kind channel received\n" + "\n".join(f"incoming {row} 2024-06-01" for row in rows)
    )
    from mlastats.findings import channels as findings
    from tests import publishing

    exhibit = findings.formality(channels.use(requests, "strand", as_of=AS_OF, span=""), publishing.page())
    assert exhibit.finding(exhibit.table) == "Incoming mutual legal assistance: 75% of 40 are formal."


def test_a_request_of_two_channels_is_counted_under_each(requests_from: Register) -> None:
    found = channels.by_channel(requests_from(USED), as_of=AS_OF)
    interpol = row(found, direction="incoming", channel="interpol")
    assert interpol[["requests", "several", "whole", "share"]].tolist() == [3, 1, 5, 0.6]
    assert row(found, direction="incoming", channel="diplomatic")["requests"] == 2
    assert row(found, direction="incoming", channel="unrecorded")["requests"] == 1


def test_a_channel_that_a_direction_never_used_stays(requests_from: Register) -> None:
    found = channels.by_channel(requests_from(USED), as_of=AS_OF)
    border = row(found, direction="incoming", channel="border_liaison")
    assert border[["requests", "whole", "share"]].tolist() == [0, 5, 0]


def test_no_request_gives_no_row(requests_from: Register) -> None:
    nothing = schema.conform(pd.DataFrame())
    for measure in (
        channels.use,
        channels.by_channel,
        ad_hoc.ad_hoc,
        informal_first.informal_first,
    ):
        assert measure(nothing, as_of=AS_OF).empty
    for measure in (
        informal_first.became_formal,
        informal_first.after_contact,
        mix.compare,
        mix.side_by_side,
    ):
        assert measure(nothing, as_of=AS_OF).empty


BASES = """
    id  direction  partner  kind  channel     legal_basis             received    answered    outcome
    A1  incoming   THA      mla   diplomatic  bilateral               2022-03-01  2022-06-01  executed
    A2  incoming   THA      mla   diplomatic  -                       2022-03-01  2022-06-01  returned
    A3  incoming   THA      mla   diplomatic  reciprocity             2022-03-01  -           -
    A4  incoming   FRA      mla   diplomatic  domestic_law            2022-03-01  2022-06-01  refused
    A5  incoming   FRA      mla   diplomatic  reciprocity;uncac       2022-03-01  2025-06-01  returned
    A6  incoming   -        mla   interpol    -                       2022-03-01  2022-03-09  -
"""


@pytest.fixture
def treaty_with_thailand(monkeypatch: pytest.MonkeyPatch) -> None:
    """One treaty, between Laos and Thailand, in force from 2001."""

    def in_force(state: str, partner: str, on: str) -> tuple[str, ...]:
        return ("Treaty of 2001",) if {state, partner} == {"LAO", "THA"} and on >= "2001-01-01" else ()

    monkeypatch.setattr(treaties, "in_force", in_force)
    monkeypatch.setattr(treaties, "covers", lambda _treaty, kind, _offences: kind == "mla")


@pytest.mark.usefixtures("treaty_with_thailand")
class TestAdHoc:
    def test_every_request_rests_on_something_or_nothing(self, requests_from: Register) -> None:
        found = ad_hoc.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        names = ["requests", "no_basis", "reciprocity_only", "other_basis", "treaty_named"]
        assert found[names].tolist() == [6, 2, 1, 1, 2]

    def test_shares_of_all_requests(self, requests_from: Register) -> None:
        found = ad_hoc.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found["no_basis_share"] == pytest.approx(2 / 6)
        assert found["reciprocity_only_share"] == pytest.approx(1 / 6)
        assert 0 < found["no_basis_share_lower"] < 2 / 6 < found["no_basis_share_upper"] < 1

    def test_a_treaty_in_force_and_not_invoked_over_known_pairs(self, requests_from: Register) -> None:
        found = ad_hoc.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found[["treaty_known", "not_invoked", "treaty_unknown"]].tolist() == [3, 2, 3]
        assert found["not_invoked_share"] == pytest.approx(2 / 3)

    def test_a_treaty_that_does_not_cover_the_kind_is_not_passed_by(self, requests_from: Register) -> None:
        requests = requests_from(BASES).assign(kind="extradition")
        assert ad_hoc.ad_hoc(requests, as_of=AS_OF).iloc[0]["treaty_known"] == 0

    def test_a_treaty_is_looked_up_on_the_day_of_the_request(self, requests_from: Register) -> None:
        requests = requests_from(BASES)
        requests["received"] = pd.Timestamp("2000-12-31")
        assert ad_hoc.ad_hoc(requests, as_of=AS_OF).iloc[0]["treaty_known"] == 0

    def test_returned_as_deficient_of_those_ended_by_the_day(self, requests_from: Register) -> None:
        found = ad_hoc.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found[["ended", "returned"]].tolist() == [4, 1]
        later = ad_hoc.ad_hoc(requests_from(BASES), as_of="2025-12-31").iloc[0]
        assert later[["ended", "returned"]].tolist() == [5, 2]

    def test_by_formality_and_partner_with_groups_of_none(self, requests_from: Register) -> None:
        found = ad_hoc.ad_hoc(requests_from(BASES), ["formality", "partner"], as_of=AS_OF)
        assert row(found, formality="formal", partner="THA")["requests"] == 3
        empty = row(found, formality="informal", partner="FRA")
        assert empty["requests"] == 0
        assert pd.isna(empty["no_basis_share"])


FIRST = """
    id  direction  kind         channel     received    answered    outcome   linked_request_id
    C1  incoming   information  interpol    2024-01-01  2024-01-08  -         -
    F1  incoming   mla          diplomatic  2024-01-21  2024-06-01  executed  C1
    C2  incoming   information  interpol    2024-02-01  2024-02-11  -         -
    C3  incoming   information  interpol    2024-02-01  -           -         -
    F2  incoming   mla          diplomatic  2024-03-01  -           -         -
    F3  incoming   mla          diplomatic  2024-03-01  2024-04-10  refused   C4
    C4  incoming   information  interpol    2024-03-05  2024-03-06  -         -
"""


def test_formal_requests_with_a_contact_before_them(requests_from: Register) -> None:
    found = informal_first.informal_first(requests_from(FIRST, 10), as_of=AS_OF).iloc[0]
    assert found[["formal", "known", "order_unknown", "preceded"]].tolist() == [30, 30, 0, 10]
    assert found["preceded_share"] == pytest.approx(1 / 3)
    assert found["median_days"] == 20


def test_the_first_contact_of_a_chain_counts(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    2024-01-01  -
        C2  incoming   interpol    2024-01-11  C1
        F1  incoming   diplomatic  2024-01-31  C2
    """,
        times=10,
    )
    assert informal_first.informal_first(requests, as_of=AS_OF).iloc[0]["median_days"] == 30


def test_a_contact_on_the_same_day_is_before(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    2024-01-01  -
        F1  incoming   diplomatic  2024-01-01  C1
    """,
        times=10,
    )
    found = informal_first.informal_first(requests, as_of=AS_OF).iloc[0]
    assert found[["preceded", "median_days"]].tolist() == [10, 0]


def test_without_a_date_the_order_is_unknown(requests_from: Register) -> None:
    requests = requests_from("""
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    -           -
        F1  incoming   diplomatic  2024-01-01  C1
    """)
    found = informal_first.informal_first(requests, as_of=AS_OF).iloc[0]
    assert found[["formal", "known", "order_unknown", "preceded"]].tolist() == [1, 0, 1, 0]
    assert pd.isna(found["preceded_share"])


def test_how_contacts_ended(requests_from: Register) -> None:
    found = informal_first.became_formal(requests_from(FIRST), as_of=AS_OF)
    names = ["contacts", "formal", "without", "undated"]
    assert found[names].drop_duplicates().to_numpy().tolist() == [[4, 1, 3, 0]]


def incidence_register(formal: dict[int, int], closed: dict[int, int], pending: dict[int, int]) -> str:
    """Contacts that became formal, ended without and are open, by days (how many each), at 2024-12-31."""
    rows, count = [], 0

    def contact(start: pd.Timestamp, end: pd.Timestamp | None) -> str:
        nonlocal count
        count += 1
        answered = end.date() if end is not None else "-"
        rows.append(f"C{count} incoming interpol {start.date()} {answered} -")
        return f"C{count}"

    for days, many in formal.items():
        for _each in range(many):
            name = contact(pd.Timestamp("2022-01-01"), pd.Timestamp("2022-01-04"))
            on = pd.Timestamp("2022-01-01") + pd.Timedelta(days=days)
            rows.append(f"F{name} incoming diplomatic {on.date()} - {name}")
    for days, many in closed.items():
        for _each in range(many):
            contact(pd.Timestamp("2022-01-01"), pd.Timestamp("2022-01-01") + pd.Timedelta(days=days))
    for days, many in pending.items():
        for _each in range(many):
            contact(pd.Timestamp(AS_OF) - pd.Timedelta(days=days), None)
    return "id direction channel received answered linked_request_id\n" + "\n".join(rows)


def test_case_16g_a_contact_that_was_closed_can_still_become_formal(requests_from: Register) -> None:
    # 40 contacts: 4 are closed on day 10, 6 are open at 20 days, 8 become formal on day 25 and 4 on day 60, long after
    # they were closed; 18 are open at 400 days. At risk on day 25: all but the six young ones; on day 60, 8 fewer.
    text = incidence_register(formal={25: 8, 60: 4}, closed={10: 4}, pending={20: 6, 400: 18})
    found = informal_first.became_formal(requests_from(text), as_of=AS_OF).set_index("within_days")
    assert found["share"].tolist() == pytest.approx([8 / 34, 12 / 34, 12 / 34])
    assert found["lower"].lt(found["share"]).all()
    assert found["upper"].gt(found["share"]).all()


def test_few_at_risk_and_cut_before_give_no_share(requests_from: Register) -> None:
    text = incidence_register(formal={5: 3}, closed={}, pending={40: 12, 500: 4})
    found = informal_first.became_formal(requests_from(text), as_of=AS_OF).set_index("within_days")
    assert found["reason"].tolist() == ["", "few_at_risk", "few_at_risk"]
    assert found.loc[30, "share"] == pytest.approx(3 / 19)
    assert found.loc[[90, 365], "share"].isna().all()


def test_ten_contacts_all_ended_are_known_and_fewer_are_counted_alone(requests_from: Register) -> None:
    text = incidence_register(formal={5: 5}, closed={3: 5}, pending={})
    found = informal_first.became_formal(requests_from(text), as_of=AS_OF)
    assert found["share"].tolist() == [0.5, 0.5, 0.5]
    assert found["reason"].eq("").all()
    nine = incidence_register(formal={5: 5}, closed={3: 4}, pending={})
    found = informal_first.became_formal(requests_from(nine), as_of=AS_OF)
    assert found["share"].isna().all()
    assert found["followed"].tolist() == [5, 5, 5]


def test_requests_after_a_contact_beside_those_without(requests_from: Register) -> None:
    found = informal_first.after_contact(requests_from(FIRST, 10), as_of=AS_OF)
    after = row(found, kind="mla", contacted="yes")
    without = row(found, kind="mla", contacted="no")
    assert after[["requests", "answered", "pending", "decided", "refused"]].tolist() == [10, 10, 0, 10, 0]
    assert without[["requests", "answered", "pending", "decided", "refused"]].tolist() == [20, 10, 10, 10, 10]
    assert after["median_days"] == 132
    assert without["refused_share"] == 1


def test_what_is_true_of_both_directions_alike_is_said_of_both(requests_from: Register) -> None:
    incoming = incidence_register(formal={5: 20}, closed={9: 18}, pending={500: 2})
    requests = requests_from(incoming)
    outgoing = requests.assign(
        direction="outgoing",
        sent=requests["received"],
        sent_precision=requests["received_precision"],
        received=pd.NaT,
        **{name: "B" + requests[name] for name in ("request_id", "linked_request_id")},
    )
    every = pd.concat([requests, outgoing], ignore_index=True)
    found = informal_first.became_formal(every, "strand", as_of=AS_OF)
    said = findings.informal_first.became(found, publishing.page()).finding(found)
    # 20 of 40, all of them followed for more than a year.
    assert said.count("of 40 informal contacts became formal requests within 365 days.") == 2
    assert [part.split(" requests")[0] for part in said.split(". ")] == ["Incoming", "Outgoing"]


def test_that_numbers_are_withheld_is_said_once() -> None:
    assert phrases.sentences([phrases.withheld(), "", phrases.withheld()]) == phrases.withheld()


def test_a_register_without_any_channel_has_one_group(requests_from: Callable[..., pd.DataFrame]) -> None:
    found = channels.by_channel(
        requests_from(
            "id direction received answered\nA1 incoming 2024-01-02 2024-03-02\nA2 incoming 2024-01-05 -"
        ),
        as_of=AS_OF,
    )
    row = found[found["requests"].gt(0)].iloc[0]
    assert (row["channel"], row["requests"], row["several"], row["whole"]) == ("unrecorded", 2, 0, 2)
