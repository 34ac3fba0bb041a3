"""Rows of one reference in one register: copies, rows of one request, and what is asked. One kind a test."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import settings
from mlastats.register import account
from mlastats.register.clean import clean
from mlastats.register.files import from_frame, read_register
from mlastats.register.mapping import check
from mlastats.register.processed import Cleaned
from mlastats.settings import Register

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
COLUMNS = {
    "Ref": "request_id",
    "Country": "partner",
    "Offence": "offence",
    "Persons": "persons",
    "Received": "received",
    "Replied": "answered",
    "Result": "outcome",
}


@pytest.fixture
def cleaned(tmp_path: Path) -> Callable[..., Cleaned]:
    """Clean a register of text, cells between commas, lines "= 2" before another sheet; keywords are the mapping's."""

    def of(text: str, **mapping: object) -> Cleaned:
        path = tmp_path / "register.xlsx"
        with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
            for sheet in re.split(r"^\s*=.*$", text.strip(), flags=re.MULTILINE):
                written = book.add_worksheet()
                for n, line in enumerate(sheet.strip().splitlines()):
                    written.write_row(n, 0, [cell.strip() for cell in line.split(",")])
        columns = {header: name for header, name in COLUMNS.items() if header.casefold() in text.casefold()}
        constants = {} if "Direction" in text else {"direction": "incoming"}
        read = check({"columns": columns, "constants": constants, **mapping})
        raw = read_register(path, read)
        return clean([(Register(name="unit", path="-", log_start="2014-01-01"), raw)], LAO)

    return of


def numbers(cleaned: Cleaned) -> tuple[int, ...]:
    """Requests, copies, joined and refused."""
    (found,) = cleaned.summary["registers"]
    return tuple(found[end] for end in ("requests", "copies", "joined", "refused"))


def rows(cleaned: Cleaned, rule: str) -> list[str]:
    return cleaned.issues.loc[cleaned.issues["rule"].eq(rule), "row"].tolist()


class TestCopies:
    def test_are_equal_in_every_cell_but_for_form(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned("""
            Ref, Country, Received, Name
            X1, Thailand, 2024-01-10, A b
            x1, thailand, 10 January 2024, Ａ  B
            X2, Thailand, 2024-01-10, C
        """)
        assert (numbers(found), rows(found, "same_row")) == ((2, 1, 0, 0), ["3"])
        assert found.issues.loc[found.issues["rule"].eq("same_row"), "message"].tolist() == [
            "The same row as row 2."
        ]

    @pytest.mark.parametrize(
        "second",
        [
            "X1, Thailand, 2024-01-10, B",  # a column that is not read
            "X1, Ruritania, 2024-01-10, A",
            "X1, Thailand, 2024-01-11, A",
            "X1, Thailand, , A",
            ", Thailand, 2024-01-10, A",
        ],
    )
    def test_that_differ_in_any_cell_are_none(self, cleaned: Callable[..., Cleaned], second: str) -> None:
        found = cleaned(f"Ref, Country, Received, Name\nX1, Thailand, 2024-01-10, A\n{second}")
        assert numbers(found)[:3] == (2, 0, 0)

    @pytest.mark.parametrize(
        ("reference", "day"), [("", "2024-01-10"), ("n/a", "2024-01-10"), ("X1", "2024"), ("X1", "")]
    )
    def test_without_a_reference_or_a_day_cannot_be_told(
        self, cleaned: Callable[..., Cleaned], reference: str, day: str
    ) -> None:
        row = f"{reference}, Thailand, {day}, fraud"
        found = cleaned(f"Ref, Country, Received, Offence\n{row}\n{row}")
        assert numbers(found) == (2, 0, 0, 0)

    def test_are_kept_and_marked_where_each_row_is_a_request(self, cleaned: Callable[..., Cleaned]) -> None:
        row = "X1, Thailand, 2024-01-10, A"
        text = f"Ref, Country, Received, Name\n{row}\n{row}\nX2, Thailand, 2024-01-10, A"
        found = cleaned(text, one_row_per="request")
        assert (numbers(found), rows(found, "probable_duplicate")) == ((3, 0, 0, 0), ["2", "3"])
        assert found.requests["probable_duplicate"].tolist() == [True, True, False]
        assert "1 of its requests may be one too many" in "\n".join(account.lines(found.summary))

    def test_two_values_that_are_not_known_are_two(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned("""
            Ref, Country, Received
            12, Ruritania, 2024-01-10
            12, Zubrowka, 2024-01-10
        """)
        assert numbers(found) == (2, 0, 0, 0)

    def test_are_compared_by_header_on_whatever_sheet(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned("""
            Ref, Country, Received, Remark, Officer
            X1, Thailand, 2024-01-10, urgent, Lee
            = 2
            OFFICER, Ref, Country, Received, Remark
            Lee, X1, Thailand, 2024-01-10, urgent
            Kim, X2, Thailand, 2024-01-10, urgent
        """)
        assert numbers(found) == (2, 1, 0, 0)


OFFENCES = """
    No, Ref, Country, Offence, Received, Name
    1, X1, Thailand, Drugs, 2024-01-10, A
    2, X1, Thailand, Fraud, 2024-01-10, A
    3, X2, China, Fraud, 2024-02-10, B
    4, X2, China, Homicide, 2024-02-10, B
    5, X3, China, Fraud, 2024-03-10, C
"""


class TestRowsOfOneRequest:
    def test_join_with_all_their_codes(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(OFFENCES)
        assert (numbers(found), rows(found, "joined_row")) == ((3, 0, 2, 0), ["3", "5"])
        assert found.requests["offence"].tolist() == ["drugs;fraud", "fraud;homicide", "fraud"]
        assert "counts its rows in: A" in "\n".join(account.lines(found.summary))
        assert found.requests["persons"].isna().all()

    def test_and_copies_of_them_are_copies(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned("""
            Ref, Country, Offence, Received
            X1, Thailand, Drugs, 2024-01-10
            X1, Thailand, Drugs, 2024-01-10
            X1, Thailand, Fraud, 2024-01-10
            X2, China, Fraud, 2024-02-10
            X2, China, Homicide, 2024-02-10
        """)
        assert numbers(found) == (2, 1, 2, 0)

    def test_whatever_of_the_vocabulary_is_settled(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(OFFENCES.replace("Drugs", "Unheard of").replace("Homicide", "Neither of"))
        assert numbers(found) == (3, 0, 2, 0)
        assert found.requests["offence"].tolist() == ["fraud", "fraud", "fraud"]

    @pytest.mark.parametrize(
        ("was", "now"),
        [
            (
                "4, X2, China, Homicide, 2024-02-10, B",
                "4, X2, China, Homicide, 2024-02-10, D",
            ),  # no habit then
            ("2, X1, Thailand, Fraud, 2024-01-10, A", "2, X1, Thailand, Fraud, 2024-01-11, A"),
            ("2, X1, Thailand, Fraud, 2024-01-10, A", "2, X1, Thailand, Fraud, 2024-01, A"),
        ],
    )
    def test_what_differs_elsewhere_is_asked_once(
        self, cleaned: Callable[..., Cleaned], was: str, now: str
    ) -> None:
        found = cleaned(OFFENCES.replace(was, now))
        assert numbers(found) == (5, 0, 0, 0)
        assert rows(found, "undecided_rows") == ["2", "3", "4", "5"]
        (line,) = [line for line in account.lines(found.summary) if "Undecided" in line]
        assert "2 references stand on 4 rows" in line
        assert "5 requests, or 3 if these are rows of one" in line

    def test_that_do_not_stand_together_are_asked(self, cleaned: Callable[..., Cleaned]) -> None:
        lines = OFFENCES.strip().splitlines()
        lines[2], lines[5] = lines[5], lines[2]
        found = cleaned("\n".join(lines))
        assert numbers(found) == (5, 0, 0, 0)

    @pytest.mark.parametrize("reference", ["n/a", "s/n", "-", "ບໍ່ມີ"])
    def test_a_word_for_blank_is_no_reference(self, cleaned: Callable[..., Cleaned], reference: str) -> None:
        found = cleaned(OFFENCES.replace("X1", reference).replace("X2", reference))
        assert (numbers(found), rows(found, "undecided_rows")) == ((5, 0, 0, 0), [])

    def test_one_reference_of_many_partners_is_none(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned("""
            Ref, Country, Offence, Received
            urgent, Thailand, Drugs, 2024-01-10
            urgent, Thailand, Fraud, 2024-01-10
            urgent, China, Drugs, 2024-01-10
            urgent, China, Fraud, 2024-01-10
            urgent, Vietnam, Fraud, 2024-01-10
        """)
        assert (numbers(found), rows(found, "undecided_rows")) == ((5, 0, 0, 0), [])
        assert rows(found, "reference_reused") == ["2", "3", "4", "5", "6"]

    def test_a_word_alone_on_a_reference_is_kept_apart_by_the_answer(
        self, cleaned: Callable[..., Cleaned]
    ) -> None:
        assert numbers(cleaned(OFFENCES, one_row_per="request")) == (5, 0, 0, 0)

    def test_a_request_of_rows_ends_with_the_last_of_them(self, cleaned: Callable[..., Cleaned]) -> None:
        text = """
            Ref, Country, Received, Replied, Result
            X1, Thailand, 2024-01-10, 2024-02-01, Executed
            X1, Thailand, 2024-01-10, 2024-03-01, Executed
            X2, Thailand, 2024-01-10, 2024-02-01, Executed
            X2, Thailand, 2024-01-10, ,
        """
        found = cleaned(text, one_row_per="person")
        (_place, one), (_place, other) = found.requests.iterrows()
        assert (one["answered"], one["outcome"]) == (pd.Timestamp("2024-03-01"), "executed")
        assert other[["answered", "outcome"]].isna().all()
        assert set(found.issues.loc[found.issues["rule"].eq("rows_disagree"), "row"]) == {"2", "4"}


class TestPersons:
    @pytest.mark.parametrize(
        ("counts", "person", "offence"),
        [
            ("1 1 1", 3, 1),
            ("3 3 3", 3, 3),
            ("2 2 2", None, 2),
            ("1 2 1", None, None),
            ("x x x", 3, None),
        ],
    )
    def test_of_a_request_of_three_rows(
        self, cleaned: Callable[..., Cleaned], counts: str, person: int | None, offence: int | None
    ) -> None:
        lines = [
            f"X1, Thailand, 2024-01-10, {'' if n == 'x' else n}, {who}"
            for who, n in zip("ABC", counts.split(), strict=True)
        ]
        for answer, want in (("person", person), ("offence", offence)):
            found = cleaned("\n".join(["Ref, Country, Received, Persons, Name", *lines]), one_row_per=answer)
            (persons,) = found.requests["persons"]
            assert (None if pd.isna(persons) else persons) == want

    def test_a_row_a_person_without_a_count(self, cleaned: Callable[..., Cleaned]) -> None:
        text = "Ref, Country, Received, Name\nX1, Thailand, 2024-01-10, A\nX1, Thailand, 2024-01-10, B"
        text += "\nX2, China, 2024-02-10, C"
        assert cleaned(text, one_row_per="person").requests["persons"].tolist() == [2, 1]
        assert cleaned(text, one_row_per="offence").requests["persons"].isna().all()

    def test_counted_otherwise_than_the_rows_are_an_issue(self, cleaned: Callable[..., Cleaned]) -> None:
        text = "Ref, Country, Received, Persons\nX1, Thailand, 2024-01-10, 3\nX2, China, 2024-02-10, 1"
        found = cleaned(text, one_row_per="person")
        assert found.requests["persons"].isna().tolist() == [True, False]
        assert rows(found, "persons_unclear") == ["2"]


class TestCarriedOver:
    SHEETS = """
        Ref, Country, Received, Replied, Result
        B1, Thailand, 2023-10-01, 2023-10-31, Executed
        B2, Thailand, 2023-11-20, , {first}
        = 2
        Ref, Country, Received, Replied, Result
        B2, Thailand, 2023-11-20, {day}, {result}
        B4, Thailand, 2024-03-01, 2024-03-31, Executed
    """

    @pytest.mark.parametrize("first", ["", "pending", "-"])
    def test_the_row_that_says_more_is_followed(self, cleaned: Callable[..., Cleaned], first: str) -> None:
        found = cleaned(self.SHEETS.format(first=first, day="2024-01-19", result="Executed"))
        assert (numbers(found), rows(found, "carried_over")) == ((3, 0, 1, 0), ["1!3"])
        request = found.requests.set_index("request_id").loc["B2"]
        assert (request["answered"], request["source_row"]) == (pd.Timestamp("2024-01-19"), "2!2")
        assert "3 requests, or 4 if each row is one" in "\n".join(account.lines(found.summary))
        assert found.issues.loc[found.issues["rule"].eq("carried_over"), "severity"].tolist() == ["warning"]
        (unit,) = found.summary["registers"]
        assert {"what": "undecided", "requests": 1, "of": 3} in unit["unmeasured"]

    def test_rows_that_contradict_each_other_are_asked(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(self.SHEETS.format(first="Refused", day="2024-01-19", result="Executed"))
        assert (numbers(found), rows(found, "undecided_rows")) == ((4, 0, 0, 0), ["1!3", "2!2"])

    def test_on_one_sheet_it_is_asked(self, cleaned: Callable[..., Cleaned]) -> None:
        text = self.SHEETS.format(first="", day="2024-01-19", result="Executed").replace("= 2\n", "")
        lines = [line for n, line in enumerate(text.strip().splitlines()) if n != 3]
        assert numbers(cleaned("\n".join(lines))) == (4, 0, 0, 0)

    def test_by_the_answer_each_row_is_a_request(self, cleaned: Callable[..., Cleaned]) -> None:
        text = self.SHEETS.format(first="", day="2024-01-19", result="Executed")
        assert numbers(cleaned(text, one_row_per="request")) == (4, 0, 0, 0)


class TestBlankBelow:
    TEXT = """
        Ref, Country, Offence, Received, Replied
        X1, Thailand, Drugs, 2024-01-10, 2024-02-09
        , , Fraud, ,
        , , Homicide, ,
        X2, China, Fraud, 2024-02-10,
        , China, Fraud, ,
    """

    def test_is_no_request(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(self.TEXT)
        assert (numbers(found), rows(found, "continues_above")) == ((3, 0, 0, 2), ["3", "4"])
        assert found.requests["offence"].tolist() == ["drugs", "fraud", "fraud"]

    def test_belongs_to_the_row_above_by_the_answer(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(self.TEXT, one_row_per="offence")
        assert numbers(found) == (3, 0, 2, 0)
        assert found.requests["offence"].tolist() == ["drugs;fraud;homicide", "fraud", "fraud"]

    def test_the_first_row_continues_none(self, cleaned: Callable[..., Cleaned]) -> None:
        found = cleaned(
            "Ref, Country, Offence, Persons, Received\n, , Fraud, 2,\nX1, China, Fraud, 1, 2024-02-10"
        )
        assert numbers(found) == (2, 0, 0, 0)

    def test_a_blank_row_between_them_says_nothing(self, cleaned: Callable[..., Cleaned]) -> None:
        text = """
            Ref, Country, Offence, Persons, Received, Replied
            X1, Thailand, Drugs, 1, 2024-01-10, 2024-02-09
            , , , , ,
            , , Fraud, 1, ,
            X2, China, Fraud, 1, 2024-02-10,
        """
        assert (numbers(found := cleaned(text)), rows(found, "continues_above")) == ((2, 0, 0, 1), ["4"])
        assert numbers(cleaned(text, one_row_per="offence")) == (2, 0, 1, 0)


CELLS = st.tuples(
    st.sampled_from(["X1", "X2", "x1", "n/a", ""]),
    st.sampled_from(["Thailand", "China", "Ruritania", ""]),
    st.sampled_from(["fraud", "drugs", ""]),
    st.sampled_from(["2024-01-10", "10/01/2024", "2024-02-10", "2024", "soon", ""]),
    st.sampled_from(["2024-03-10", ""]),
    st.sampled_from(["A", "B", ""]),
)


@effort(max_examples=80, deadline=None)
@given(st.lists(CELLS, max_size=12), st.sampled_from([None, "request", "person", "offence", "other"]))
def test_every_row_ends_once_and_only_equal_rows_are_copies(
    drawn: list[tuple[str, ...]], answer: str | None
) -> None:
    frame = pd.DataFrame(
        drawn, columns=["Ref", "Country", "Offence", "Received", "Replied", "Name"], dtype="str"
    )
    columns = {header: name for header, name in COLUMNS.items() if header in frame}
    mapping = check({"columns": columns, **({"one_row_per": answer} if answer else {})})
    found = clean([(Register(name="unit", path="-"), from_frame(frame, mapping))], LAO)
    (ends,) = found.summary["registers"]
    assert ends["read"] == sum(ends[end] for end in account.ENDS)
    assert ends["requests"] + ends["apart"] == len(found.requests)
    told = found.issues[found.issues["rule"].eq("same_row")]
    for row, message in zip(told["row"], told["message"], strict=True):
        one, other = (drawn[int(number) - 2] for number in (row, message.rstrip(".").split()[-1]))
        assert [cell.casefold() for cell in (*one[:3], *one[4:])] == [
            cell.casefold() for cell in (*other[:3], *other[4:])
        ]
