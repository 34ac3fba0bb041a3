"""Channels on small registers worked by hand, one rule a test."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from mlastats import schema, vocab
from mlastats.measure import channels

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


def test_trend_of_a_share_that_does_not_move(requests_from: Register) -> None:
    requests = requests_from(register_of({2021: (10, 30), 2022: (5, 15), 2024: (10, 30)}))
    found = channels.trend(requests, as_of=AS_OF).iloc[0]
    assert found[["first", "last", "periods", "known"]].tolist() == ["2021", "2024", 3, 100]
    assert found["change"] == pytest.approx(0, abs=1e-9)
    assert found["lower"] < 0 < found["upper"]


def test_trend_of_a_share_that_rises(requests_from: Register) -> None:
    requests = requests_from(register_of({2021: (10, 30), 2022: (14, 26), 2023: (18, 22), 2024: (22, 18)}))
    found = channels.trend(requests, as_of=AS_OF).iloc[0]
    # From 25 to 55 % in three years, evenly: 10 points a year.
    assert found["change"] == pytest.approx(0.1, abs=0.003)
    assert found["lower"] > 0


def test_two_years_are_no_trend(requests_from: Register) -> None:
    requests = requests_from(register_of({2023: (10, 30), 2024: (30, 10)}))
    found = channels.trend(requests, as_of=AS_OF).iloc[0]
    assert found["reason"] == "few_periods"
    assert pd.isna(found["change"])


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
        channels.trend,
        channels.by_channel,
        channels.ad_hoc,
        channels.informal_first,
    ):
        assert measure(nothing, as_of=AS_OF).empty
    for measure in (channels.became_formal, channels.after_contact, channels.compare, channels.side_by_side):
        assert measure(nothing, as_of=AS_OF).empty


BASES = """
    id  direction  partner  channel     legal_basis             received    answered    outcome
    A1  incoming   THA      diplomatic  bilateral               2022-03-01  2022-06-01  executed
    A2  incoming   THA      diplomatic  -                       2022-03-01  2022-06-01  returned
    A3  incoming   THA      diplomatic  reciprocity             2022-03-01  -           -
    A4  incoming   FRA      diplomatic  domestic_law            2022-03-01  2022-06-01  refused
    A5  incoming   FRA      diplomatic  reciprocity;uncac       2022-03-01  2025-06-01  returned
    A6  incoming   -        interpol    -                       2022-03-01  2022-03-09  -
"""


@pytest.fixture
def treaty_with_thailand(monkeypatch: pytest.MonkeyPatch) -> None:
    """One treaty, between Laos and Thailand, in force from 2001."""

    def treaty(state: str, partner: str, on: str) -> tuple[str, tuple[str, ...]]:
        known = {state, partner} == {"LAO", "THA"} and str(on) >= "2001-01-01"
        return ("in_force", ("Treaty of 2001",)) if known else ("treaty unknown", ())

    monkeypatch.setattr(vocab, "treaty", treaty)


@pytest.mark.usefixtures("treaty_with_thailand")
class TestAdHoc:
    def test_every_request_rests_on_something_or_nothing(self, requests_from: Register) -> None:
        found = channels.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        names = ["requests", "no_basis", "reciprocity_only", "other_basis", "treaty_named"]
        assert found[names].tolist() == [6, 2, 1, 1, 2]

    def test_shares_of_all_requests(self, requests_from: Register) -> None:
        found = channels.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found["no_basis_share"] == pytest.approx(2 / 6)
        assert found["reciprocity_only_share"] == pytest.approx(1 / 6)
        assert 0 < found["no_basis_share_lower"] < 2 / 6 < found["no_basis_share_upper"] < 1

    def test_a_treaty_in_force_and_not_invoked_over_known_pairs(self, requests_from: Register) -> None:
        found = channels.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found[["treaty_known", "not_invoked", "treaty_unknown"]].tolist() == [3, 2, 3]
        assert found["not_invoked_share"] == pytest.approx(2 / 3)

    def test_a_treaty_is_looked_up_on_the_day_of_the_request(self, requests_from: Register) -> None:
        requests = requests_from(BASES)
        requests["received"] = pd.Timestamp("2000-12-31")
        assert channels.ad_hoc(requests, as_of=AS_OF).iloc[0]["treaty_known"] == 0

    def test_returned_as_deficient_of_those_ended_by_the_day(self, requests_from: Register) -> None:
        found = channels.ad_hoc(requests_from(BASES), as_of=AS_OF).iloc[0]
        assert found[["ended", "returned"]].tolist() == [4, 1]
        later = channels.ad_hoc(requests_from(BASES), as_of="2025-12-31").iloc[0]
        assert later[["ended", "returned"]].tolist() == [5, 2]

    def test_by_formality_and_partner_with_groups_of_none(self, requests_from: Register) -> None:
        found = channels.ad_hoc(requests_from(BASES), ["formality", "partner"], as_of=AS_OF)
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
    found = channels.informal_first(requests_from(FIRST), as_of=AS_OF).iloc[0]
    assert found[["formal", "known", "order_unknown", "preceded"]].tolist() == [3, 3, 0, 1]
    assert found["preceded_share"] == pytest.approx(1 / 3)
    assert found["median_days"] == 20


def test_the_first_contact_of_a_chain_counts(requests_from: Register) -> None:
    requests = requests_from("""
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    2024-01-01  -
        C2  incoming   interpol    2024-01-11  C1
        F1  incoming   diplomatic  2024-01-31  C2
    """)
    assert channels.informal_first(requests, as_of=AS_OF).iloc[0]["median_days"] == 30


def test_a_contact_on_the_same_day_is_before(requests_from: Register) -> None:
    requests = requests_from("""
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    2024-01-01  -
        F1  incoming   diplomatic  2024-01-01  C1
    """)
    found = channels.informal_first(requests, as_of=AS_OF).iloc[0]
    assert found[["preceded", "median_days"]].tolist() == [1, 0]


def test_without_a_date_the_order_is_unknown(requests_from: Register) -> None:
    requests = requests_from("""
        id  direction  channel     received    linked_request_id
        C1  incoming   interpol    -           -
        F1  incoming   diplomatic  2024-01-01  C1
    """)
    found = channels.informal_first(requests, as_of=AS_OF).iloc[0]
    assert found[["formal", "known", "order_unknown", "preceded"]].tolist() == [1, 0, 1, 0]
    assert pd.isna(found["preceded_share"])


def test_how_contacts_ended(requests_from: Register) -> None:
    found = channels.became_formal(requests_from(FIRST), as_of=AS_OF)
    names = ["contacts", "formal", "closed_without", "pending", "undated"]
    assert found[names].drop_duplicates().to_numpy().tolist() == [[4, 1, 2, 1, 0]]


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


def test_incidence_with_what_competes_and_what_is_young(requests_from: Register) -> None:
    # 40 contacts: 4 end without one on day 10, 6 are open at 20 days, 8 become formal on day 25 and 4 on
    # day 60; 18 are open at 400 days. Free of both before day 25: 36/40, at risk then 30; before day 60: 22.
    text = incidence_register(formal={25: 8, 60: 4}, closed={10: 4}, pending={20: 6, 400: 18})
    found = channels.became_formal(requests_from(text), as_of=AS_OF).set_index("within_days")
    at_25 = (36 / 40) * (8 / 30)
    at_60 = at_25 + (36 / 40) * (22 / 30) * (4 / 22)
    assert found["share"].tolist() == pytest.approx([at_25, at_60, at_60])
    assert found["lower"].lt(found["share"]).all()
    assert found["upper"].gt(found["share"]).all()


def test_few_at_risk_and_cut_before_give_no_share(requests_from: Register) -> None:
    text = incidence_register(formal={5: 3}, closed={}, pending={40: 12, 500: 4})
    found = channels.became_formal(requests_from(text), as_of=AS_OF).set_index("within_days")
    assert found["reason"].tolist() == ["", "few_at_risk", "few_at_risk"]
    assert found.loc[30, "share"] == pytest.approx(3 / 19)
    assert found.loc[[90, 365], "share"].isna().all()


def test_few_contacts_all_ended_are_known(requests_from: Register) -> None:
    text = incidence_register(formal={5: 1}, closed={3: 1}, pending={})
    found = channels.became_formal(requests_from(text), as_of=AS_OF)
    assert found["share"].tolist() == [0.5, 0.5, 0.5]
    assert found["reason"].eq("").all()


def test_requests_after_a_contact_beside_those_without(requests_from: Register) -> None:
    found = channels.after_contact(requests_from(FIRST), as_of=AS_OF)
    after = row(found, kind="mla", contacted="yes")
    without = row(found, kind="mla", contacted="no")
    assert after[["requests", "answered", "pending", "decided", "refused"]].tolist() == [1, 1, 0, 1, 0]
    assert without[["requests", "answered", "pending", "decided", "refused"]].tolist() == [2, 1, 1, 1, 1]
    assert after["median_days"] == 132
    assert without["refused_share"] == 1
