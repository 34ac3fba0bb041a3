"""The tables that assessors ask for, worked by hand on small registers."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mlastats.disclosure import gate
from mlastats.findings import assessment as words
from mlastats.measure.assessment import assessment, refusals
from mlastats.measure.front import years
from mlastats.publish.tables import table as as_shown
from tests import publishing

Register = Callable[[str], pd.DataFrame]

# The rem of 17 px that a page of 1,280 px leaves a table.
ROOM = 1212 / 17
# Seen on 31 December 2024. A2 is an enquiry; A4 follows A1; A6 began after that day.
TABLE = """
    id | direction | partner | kind | offence | received | sent | answered | outcome | refusal_ground | persons | is_enquiry | linked_request_id
    A1 | incoming | THA | mla | drugs | 2023-02-01 | - | 2023-03-03 | executed | - | 2 | - | -
    A2 | incoming | THA | mla | drugs | 2023-02-05 | - | 2023-02-06 | executed | - | 1 | yes | -
    A3 | incoming | VNM | mla | drugs;fraud | 2023-05-01 | - | 2023-08-09 | refused | dual_criminality | - | - | -
    A4 | incoming | THA | mla | drugs | 2024-01-01 | - | - | - | - | 3 | - | A1
    A5 | outgoing | CHN | extradition | - | - | 2024-03-01 | 2024-03-31 | partly_executed | - | 1 | - | -
    A6 | incoming | VNM | mla | fraud | 2025-02-01 | - | - | - | - | - | - | -
    A7 | incoming | VNM | mla | fraud | 2024-06-01 | - | 2024-07-01 | refused | - | - | - | -
    A8 | outgoing | CHN | extradition | - | - | 2024-04-01 | 2024-05-01 | withdrawn | - | - | - | -
"""  # noqa: E501
AS_OF = "2024-12-31"


@pytest.fixture
def register(requests_from: Register) -> pd.DataFrame:
    return requests_from(TABLE)


def row(table: pd.DataFrame, **where: str) -> pd.Series:
    for name, value in where.items():
        table = table[table[name].eq(value)]
    assert len(table) == 1
    return table.iloc[0]


def test_made_and_received_in_requests_matters_and_persons(register: pd.DataFrame) -> None:
    table = assessment(register, as_of=AS_OF)
    received = row(table, direction="incoming")
    # A1 A3 A4 A7; the enquiry and what came later are no requests.
    assert received["requests"] == 4
    assert received[["executed", "refused", "pending"]].tolist() == [1, 2, 1]
    # A4 belongs to the matter of A1.
    assert received["matters"] == 3
    # It began in 2023 and is counted there, so that the years add up to the whole.
    years = assessment(register, "year", as_of=AS_OF).query("direction == 'incoming'").set_index("year")
    assert years["requests"].to_dict() == {"2023": 2, "2024": 2}
    assert years["matters"].to_dict() == {"2023": 2, "2024": 1}
    assert (received["persons"], received["persons_recorded"]) == (5, 2)
    made = row(table, direction="outgoing")
    assert made[["requests", "partly_executed", "withdrawn", "persons"]].tolist() == [2, 1, 1, 1]


def test_every_request_stands_in_one_end(register: pd.DataFrame) -> None:
    ends = [
        "executed",
        "partly_executed",
        "refused",
        "withdrawn",
        "returned",
        "lapsed",
        "other",
        "unrecorded",
    ]
    table = assessment(register, "year", as_of=AS_OF)
    assert table[[*ends, "pending", "undated"]].sum(axis=1).tolist() == table["requests"].tolist()
    assert row(table, direction="incoming", year="2023")["requests"] == 2
    assert row(table, direction="outgoing", year="2023")["requests"] == 0


def test_a_request_of_two_offences_counts_under_each(register: pd.DataFrame) -> None:
    table = assessment(register, "offence", as_of=AS_OF)
    assert row(table, direction="incoming", offence="drugs")["requests"] == 3  # A1 A3 A4
    assert row(table, direction="incoming", offence="fraud")["requests"] == 2  # A3 A7
    assert row(table, direction="outgoing", offence="unrecorded")["requests"] == 2


def test_the_time_counts_what_is_pending(register: pd.DataFrame) -> None:
    # 30, 30, 100 days and one pending for 365: half are answered on day 30.
    register = pd.concat([register] * 10, ignore_index=True)
    assert row(assessment(register, as_of=AS_OF), direction="incoming")["median_days"] == 30
    by_partner = assessment(register, "partner", as_of=AS_OF)
    # Thailand: 30 days, and one pending: half are answered on day 30; Viet Nam: 100 and 30.
    assert row(by_partner, direction="incoming", partner="THA")["median_days"] == 30
    assert row(by_partner, direction="incoming", partner="VNM")["median_days"] == 30


def test_refusals_by_ground(register: pd.DataFrame) -> None:
    table = refusals(register, as_of=AS_OF)
    assert row(table, direction="incoming", refusal_ground="dual_criminality")["requests"] == 1
    assert row(table, direction="incoming", refusal_ground="unrecorded")["requests"] == 1


def test_no_request_gives_empty_tables(register: pd.DataFrame) -> None:
    none = register.iloc[:0]
    assert assessment(none, "year", as_of=AS_OF)["requests"].sum() == 0


def test_words_say_what_is_not_recorded_instead_of_naming_it_most(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  received    sent        answered    outcome  refusal_ground
        A1  incoming   2024-01-01  -           2024-02-01  refused  -
        A2  incoming   2024-01-01  -           2024-02-01  refused  -
        A3  outgoing   -           2024-01-01  2024-02-01  refused  nationality
        A4  outgoing   -           2024-01-01  -           -        -
        """
    )
    page = publishing.page()
    grounds = refusals(requests, "strand", as_of="2024-12-31")
    said = words.refusal_grounds(grounds, page).finding(grounds)
    assert said == (
        "Incoming requests: 2 were refused, for 2 no ground is recorded. "
        "Outgoing requests: 1 was refused, with its ground."
    )
    partners = assessment(requests, "partner", as_of="2024-12-31")
    assert words.by_partner(partners, page).finding(partners) == (
        "Of none of 4 requests is it recorded, so nothing can be said."
    )


def test_the_public_gets_no_number_of_what_is_missing() -> None:
    assert gate.rule("stands", "form_fatf_r33") == gate.rule("persons", "assessment_by_kind") == ("", "")


def test_an_exhibit_names_only_columns_that_it_has() -> None:
    with pytest.raises(ValueError, match=r"'by_channel' names in `by` or `counts` .* columns: kind, refused"):
        publishing.by_channel(by=("kind",), counts={"refused": {"end": "refused"}})


def test_on_a_desk_every_table_is_a_table(register: pd.DataFrame, tmp_path: Path) -> None:
    """Ends across, and what an assessor reads down; in fewer rem than these a table becomes a list."""
    page = publishing.page()
    exhibits = [words.by_year(years(register, (), as_of=AS_OF), page)]
    for dimension in ("kind", "partner", "offence"):
        table = assessment(register, dimension, as_of=AS_OF)
        exhibits += [words.BY[dimension](table, page), words.MATTERS[dimension](table, page)]
    shown = [as_shown(one) for one in publishing.saved(exhibits, tmp_path)]
    assert len(shown) == 7
    assert max(one.room for one in shown) <= ROOM
    assert shown[1].labels[:4] == ("Kind", "Requests", "Executed", "Partly executed")
    assert shown[1].labels[-2:] == ("Pending", "Without usable dates")


def test_most_persons_are_said_of_those_that_are_recorded(register: pd.DataFrame) -> None:
    """Two requests of mutual legal assistance record 2 and 3 persons, one extradition 1."""
    page = publishing.page()
    kinds = assessment(register, "kind", as_of=AS_OF)
    assert words.matters_by_kind(kinds, page).finding(kinds) == (
        "Incoming: most persons under mutual legal assistance, 5 persons. "
        "Outgoing: most persons under extradition, 1 person."
    )
    none = kinds.assign(persons=float("nan"), persons_recorded=0)
    assert words.matters_by_kind(none, page).finding(none) == "No request records its persons."
