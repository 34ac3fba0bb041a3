"""The same request written down more than once, and what requests are linked to: one rule a test."""

import re
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats.register import duplicates, references
from mlastats.register.duplicates import Merged


@pytest.fixture
def merge(requests_from: Callable[[str], pd.DataFrame]) -> Callable[..., Merged]:
    """Merge a small table; `observed` gives (from, to) by register."""

    def of(text: str, observed: dict[str, tuple[str, str]] | None = None) -> Merged:
        frame = requests_from(text)
        for register, days in (observed or {}).items():
            here = frame["register"].eq(register)
            frame.loc[here, "observed_from"], frame.loc[here, "observed_to"] = map(pd.Timestamp, days)
        return duplicates.merge(frame)

    return of


def rules(merged: Merged) -> dict[str, list[str]]:
    """Rows, as register!row, of each rule."""
    places = merged.issues["register"] + "!" + merged.issues["row"]
    return {str(rule): sorted(rows) for rule, rows in places.groupby(merged.issues["rule"])}


class TestRowsOfOneRegister:
    def test_are_not_merged_here(self, merge: Callable[..., Merged]) -> None:
        found = merge("""
            id     register  partner  received
            MLA/1  moj       THA      2024-01-02
            MLA/1  moj       THA      2024-01-02
        """)
        assert (len(found.requests), found.merged, rules(found)) == (2, {}, {})

    def test_without_a_reference_cannot_be_told(self, merge: Callable[..., Merged]) -> None:
        found = merge("""
            id  register  partner  received
            -   moj       THA      2024-01-02
            -   moj       THA      2024-01-02
            -   moj       THA      2024-01-03
            -   mofa      THA      2024-01-02
        """)
        assert len(found.requests) == 4
        assert rules(found) == {"probable_duplicate": ["moj!2", "moj!3"]}


class TestOneRequestInTwoRegisters:
    def test_keeps_both_sources_and_what_either_knows(self, merge: Callable[..., Merged]) -> None:
        found = merge("""
            id     register  partner  kind  received    answered    outcome
            MLA/1  mofa      THA      -     2024-01-02  -           -
            MLA/1  moj       THA      mla   2024-01-02  2024-05-06  executed
        """)
        (request,) = found.requests.to_dict("records")
        assert (request["register"], request["source_row"]) == ("mofa;moj", "2;3")
        assert (request["kind"], request["outcome"]) == ("mla", "executed")
        assert request["answered"] == pd.Timestamp("2024-05-06")
        assert (rules(found), found.merged) == ({"same_request": ["moj!3"]}, {"moj": 1})

    def test_disagreements_are_listed_and_the_first_register_followed(
        self, merge: Callable[..., Merged]
    ) -> None:
        found = merge("""
            id     register  direction  partner  received    answered    outcome   agency
            MLA/1  mofa      incoming   THA      2024-01-02  2024-05-06  executed  mofa
            MLA/1  moj       incoming   THA      2024-01-02  2024-06-07  refused   moj
        """)
        assert found.requests[["outcome", "agency"]].iloc[0].tolist() == ["executed", "mofa"]
        assert found.requests["answered"].iloc[0] == pd.Timestamp("2024-05-06")
        told = found.issues[found.issues["rule"].eq("registers_disagree")].set_index("column")
        assert told["value"].to_dict() == {
            "answered": "2024-06-07 / 2024-05-06",
            "outcome": "refused / executed",
        }
        assert set(told["row"]) == {"3"}
        assert told["message"].str.contains("Row 2 of register mofa").all()

    def test_received_by_one_when_the_other_forwarded_it(self, merge: Callable[..., Merged]) -> None:
        text = """
            id     register  direction  partner  received    forwarded
            MLA/1  {first}   incoming   THA      {one}       {two}
            MLA/1  {second}  incoming   THA      {three}     {four}
        """
        ministry, central = ("2024-01-02", "2024-01-20"), ("2024-01-20", "-")
        for a, b in ((ministry, central), (central, ministry)):
            found = merge(text.format(first="aa", second="bb", one=a[0], two=a[1], three=b[0], four=b[1]))
            (request,) = found.requests.to_dict("records")
            # The state has had it since the 2nd, whichever register the configuration names first.
            assert request["received"] == pd.Timestamp("2024-01-02")
            (told,) = found.issues[found.issues["rule"].eq("registers_disagree")].to_dict("records")
            assert "the earlier day is followed" in told["message"]

    def test_three_registers_are_one_request_with_the_widest_observation(
        self, merge: Callable[..., Merged]
    ) -> None:
        found = merge(
            """
            id     register  partner  received    answered
            MLA/1  mofa      THA      2024-01-02  -
            mla/1  moj       THA      2024-01-09  2024-05-06
            MLA/1  mps       THA      2024-01-02  2024-05-06
            """,
            {
                "mofa": ("2016-01-01", "2026-06-30"),
                "moj": ("2014-01-01", "2026-03-31"),
                "mps": ("2020-01-01", "2026-09-30"),
            },
        )
        (request,) = found.requests.to_dict("records")
        assert set(request["register"].split(";")) == {"mofa", "moj", "mps"}
        rows = dict(zip(request["register"].split(";"), request["source_row"].split(";"), strict=True))
        assert rows == {"mofa": "2", "moj": "3", "mps": "4"}
        assert request["observed_from"] == pd.Timestamp("2014-01-01")
        assert request["observed_to"] == pd.Timestamp("2026-09-30")
        assert request["request_id"] == "MLA/1"
        assert sum(found.merged.values()) == 2

    def test_a_contradiction_keeps_them_apart(self, merge: Callable[..., Merged]) -> None:
        found = merge("""
            id  register  direction  partner  kind         received
            17  mofa      incoming   THA      mla          2024-01-02
            17  moj       incoming   VNM      mla          2024-01-02
            18  mofa      incoming   THA      mla          2024-01-02
            18  moj       outgoing   THA      mla          2024-01-02
            19  mofa      incoming   THA      mla          2024-01-02
            19  moj       incoming   THA      extradition  2024-01-02
        """)
        assert len(found.requests) == 6
        assert rules(found) == {"other_request": ["moj!3", "moj!5", "moj!7"]}
        assert set(found.issues["severity"]) == {"note"}

    @pytest.mark.parametrize("day", ["2024-01-03", "2024-01", "-"])
    def test_without_a_day_in_common_it_cannot_be_told(self, merge: Callable[..., Merged], day: str) -> None:
        found = merge(f"""
            id     register  partner  received
            MLA/1  mofa      THA      2024-01-15
            MLA/1  moj       THA      {day}
        """)
        assert len(found.requests) == 2
        assert rules(found) == {"same_reference": ["moj!3"]}

    def test_a_sign_that_stands_for_no_reference_is_none(self, merge: Callable[..., Merged]) -> None:
        lines = [f"n/a register{n % 2} THA 2024-01-02" for n in range(30)]
        found = merge("\n".join(["id register partner received", *lines]))
        assert (len(found.requests), found.merged) == (30, {})


class TestProbableDuplicates:
    HEAD = "id | register | direction | partner | kind | received\n"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("MLI/2014/0007", "mli-2014-7"),
            ("7/2014", "No. 07/2014"),
            ("กต ๗/๒๕๖๐", "7/2560"),
            ("A 12", "B-012"),
        ],
    )
    def test_are_flagged_and_never_merged(self, merge: Callable[..., Merged], one: str, other: str) -> None:
        found = merge(
            self.HEAD
            + f"{one} | moj | incoming | THA | mla | 2024-01-02\n{other} | mofa | incoming | THA | mla | 2024-01-09"
        )
        assert len(found.requests) == 2
        assert rules(found) == {"probable_duplicate": ["mofa!3", "moj!2"]}

    @pytest.mark.parametrize(
        "other",
        [
            "MLA-7 | mofa | incoming | THA | mla         | 2024-01-10",  # eight days later
            "MLA-7 | mofa | incoming | VNM | mla         | 2024-01-02",
            "MLA-7 | mofa | incoming | THA | extradition | 2024-01-02",
            "MLA-7 | mofa | outgoing | THA | mla         | 2024-01-02",
            "MLA-8 | mofa | incoming | THA | mla         | 2024-01-02",
            "MLA-7 | mofa | incoming | -   | mla         | 2024-01-02",
            "MLA-7 | mofa | incoming | THA | mla         | -",
        ],
    )
    def test_what_differs_is_not(self, merge: Callable[..., Merged], other: str) -> None:
        assert rules(merge(self.HEAD + "MLA/07 | moj | incoming | THA | mla | 2024-01-02\n" + other)) == {}

    def test_what_a_register_does_not_record_contradicts_nothing(self, merge: Callable[..., Merged]) -> None:
        found = merge(
            self.HEAD
            + "MLA/07 | moj | incoming | THA | mla | 2024-01-02\nMLA-7 | mps | - | THA | - | 2024-01-03"
        )
        assert rules(found) == {"probable_duplicate": ["moj!2", "mps!3"]}

    def test_another_request_between_them_hides_nothing(self, merge: Callable[..., Merged]) -> None:
        found = merge(
            self.HEAD + "MLA/07 | moj | incoming | THA | mla | 2024-01-02\n"
            "EXT/7 | moj | incoming | THA | extradition | 2024-01-03\n"
            "MLA-7 | mofa | incoming | THA | mla | 2024-01-04"
        )
        assert rules(found) == {"probable_duplicate": ["mofa!4", "moj!2"]}


class TestReferencesOfOnePattern:
    """Where all references have one pattern, none is looked for that is much like another."""

    @pytest.mark.parametrize(
        ("ids", "one"),
        [
            (["MLA/2014/0007", "MLA/2015/0012", None], True),
            (["A 1", "A 1"], True),
            ([], True),
            ([None], True),
            (["MLA/2014/0007", "MLA-2014-0007"], False),
            (["MLA/2014/0007", "MLA/2014/007"], False),
            (["A/1/23", "A/12/3"], False),
            (["7/1", "๗/2"], False),
        ],
    )
    def test_is_told(self, ids: list[str | None], one: bool) -> None:
        assert references.of_one_pattern(pd.Series(ids, dtype="str")) is one

    @effort(max_examples=500, deadline=None)
    @given(st.data())
    def test_then_two_that_differ_have_other_numbers(self, data: st.DataObject) -> None:
        pattern = data.draw(st.lists(st.sampled_from([*"00A/-๑é", "digit", "digit"]), min_size=1, max_size=8))
        signs = [st.sampled_from("0123456789" if sign == "digit" else sign + "-0") for sign in pattern]
        texts = data.draw(st.lists(st.tuples(*signs).map("".join), min_size=2, max_size=6, unique=True))
        read = {tuple(map(int, re.findall(r"\d+", text))) for text in texts}
        if len(read) < len(texts):
            assert not references.of_one_pattern(pd.Series(texts, dtype="str"))


@effort(max_examples=300, deadline=None)
@given(st.lists(st.none() | st.text("aA1 /é", min_size=1, max_size=4), max_size=12))
def test_which_references_stand_more_than_once(ids: list[str | None]) -> None:
    column = pd.Series(ids, dtype="str")
    plain = [None if text is None else "".join(text.split()).casefold() for text in ids]
    found = references.repeated(references.key(column))
    assert found.tolist() == [key is not None and plain.count(key) > 1 for key in plain]


class TestLinks:
    @pytest.fixture
    def links(
        self, requests_from: Callable[[str], pd.DataFrame]
    ) -> Callable[[str], tuple[list[object], dict[str, list[str]]]]:
        def of(text: str) -> tuple[list, dict]:
            found, issues = references.linked(requests_from(text))
            told = {str(rule): rows.tolist() for rule, rows in issues["row"].groupby(issues["rule"])}
            return [None if pd.isna(link) else link for link in found], told

        return of

    def test_a_formal_request_and_the_contact_before_it(self, links: Callable) -> None:
        found = links("""
            id     | register | channel          | linked_request_id
            INT 5  | mps      | interpol         |
            MLA/1  | moj      | diplomatic       | int  5
            MLA/2  | moj      | diplomatic       | INT 6
        """)
        assert found == ([None, "INT 5", "INT 6"], {"link_unknown": ["4"]})

    def test_the_own_register_goes_first(self, links: Callable) -> None:
        found = links("""
            id   | register | linked_request_id
            a/1  | moj      |
            A/1  | mps      |
            A/2  | mps      | A/1
            A/3  | moj      | A/1
            A/4  | ospp     | A/1
        """)
        assert found[0][2:4] == ["A/1", "a/1"]
        assert found[0][4] == "A/1"  # written just so in one register alone

    def test_one_of_several_cannot_be_told(self, links: Callable) -> None:
        found = links("""
            id  register  linked_request_id
            1   moj       -
            1   mps       -
            2   mps       1
            2   ospp      1
        """)
        assert found[1] == {"link_ambiguous": ["5"]}

    def test_circles(self, links: Callable) -> None:
        found = links("""
            id  linked_request_id
            A   A
            B   C
            C   D
            D   B
            E   B
        """)
        assert found == ([None, None, None, None, None], {"link_circle": ["2", "3", "4", "5", "6"]})
