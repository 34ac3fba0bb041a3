"""What is asked for, by when, and why it came back: columns that assessors ask for, from cells as registers write them."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mlastats import schema, settings, vocab
from mlastats.measure.durations import durations
from mlastats.register.clean import clean
from mlastats.register.processed import Cleaned

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
NEW = ("assistance", "is_spontaneous", "deadline", "supplements", "entered_on", "returned_cause")


def read(**columns: str) -> Cleaned:
    """One request of 5 January 2026, with cells under the headers of a register."""
    return clean(
        pd.DataFrame(
            {"Reference": ["A1"], "Received": ["2026-01-05"], **{n: [v] for n, v in columns.items()}}
        ),
        LAO,
    )


def of(cleaned: Cleaned, column: str) -> tuple[object, list[str]]:
    """What became of the column, and the rules of its issues."""
    value = cleaned.requests[column].iloc[0]
    return value, cleaned.issues.loc[cleaned.issues["column"].eq(column), "rule"].tolist()


class TestAssistance:
    @pytest.mark.parametrize(
        ("header", "cell", "codes"),
        [
            ("Assistance sought", "Taking of statements", "statements"),
            ("Measures requested", "Bank records, search and seizure", "documents_bank;search_seizure"),
            ("Mesures demandées", "Commission; Perquisition et saisie", None),
            ("Mesures demandées", "Notification d'actes + audition de témoins", "service;statements"),
            ("ການຊ່ວຍເຫຼືອທີ່ຂໍ", "ເອົາຄຳໃຫ້ການ; ອາຍັດຊັບ", "freezing;statements"),
            ("สิ่งที่ขอ", "ค้นและยึด", "search_seizure"),
            ("Biện pháp yêu cầu", "Tống đạt giấy tờ/lấy lời khai", "service;statements"),
            ("Bantuan diminta", "Pelacakan aset", "tracing"),
            ("ជំនួយដែលស្នើសុំ", "ឯកសារធនាគារ", "documents_bank"),
        ],
    )
    def test_several_codes_in_a_cell(self, header: str, cell: str, codes: str | None) -> None:
        value, rules = of(read(**{header: cell}), "assistance")
        assert (value, rules) == (codes, []) if codes else pd.isna(value) and rules == ["unknown_term"]

    def test_every_purpose_of_article_46_is_there(self) -> None:
        """UNCAC 46(3)(a) to (k): each letter is named by the source of a code."""
        sources = " ".join(row["source"] for row in vocab.rows("assistance"))
        letters = {letter for letter in "abcdefghijk" if f"({letter})" in sources}
        assert letters == set("abcdefghijk")


class TestDays:
    @pytest.mark.parametrize(
        ("header", "column"),
        [
            ("Deadline", "deadline"),
            ("Date limite", "deadline"),
            ("ກຳນົດເວລາ", "deadline"),
            ("Thời hạn", "deadline"),
            ("กำหนดเวลา", "deadline"),
            ("Entered on", "entered_on"),
            ("Date de saisie", "entered_on"),
            ("ວັນທີລົງທະບຽນ", "entered_on"),
        ],
    )
    def test_a_day_under_a_header_of_the_region(self, header: str, column: str) -> None:
        assert of(read(**{header: "31/03/2569"}), column) == (pd.Timestamp("2026-03-31"), [])

    @pytest.mark.parametrize("column", schema.DAYS)
    def test_a_month_is_no_day(self, column: str) -> None:
        value, rules = of(read(**{column: "March 2026"}), column)
        assert pd.isna(value)
        assert rules == ["unknown_date"]

    @pytest.mark.parametrize("column", schema.DAYS)
    @pytest.mark.parametrize(("day", "rules"), [("2026-01-04", ["reversed"]), ("2026-01-05", [])])
    def test_a_day_before_the_request_is_asked_about(self, column: str, day: str, rules: list[str]) -> None:
        value, found = of(read(**{column: day}), column)
        assert value == pd.Timestamp(day)
        assert found == rules

    def test_a_request_that_lapsed_has_no_answer(self) -> None:
        requests = read(Answered="2026-03-01", Outcome="Closed without reply").requests
        assert durations(requests, as_of="2026-09-30")["status"].tolist() == ["ended_otherwise"]

    def test_the_day_of_a_deadline_is_no_end(self) -> None:
        requests = read(Deadline="2026-02-01").requests
        assert durations(requests, as_of="2026-09-30")["status"].tolist() == ["pending"]


class TestSpontaneous:
    @pytest.mark.parametrize(
        ("cells", "spontaneous"),
        [
            ({"Spontaneous": "yes"}, True),
            ({"Spontaneous": "ບໍ່ແມ່ນ"}, False),
            ({"Channel": "Spontaneous transmission"}, True),
            ({"Channel": "INTERPOL", "Spontaneous": "oui"}, True),
        ],
    )
    def test_by_a_column_of_its_own_or_as_a_channel(self, cells: dict[str, str], spontaneous: bool) -> None:
        assert of(read(**cells), "is_spontaneous") == (spontaneous, [])

    def test_with_an_answer_it_is_in_no_answer_clock(
        self, requests_from: Callable[..., pd.DataFrame]
    ) -> None:
        requests = requests_from("""
            id direction received   answered   outcome  is_spontaneous
            1  incoming  2026-01-05 2026-02-01 executed yes
            2  incoming  2026-01-05 2026-02-01 executed no
            3  incoming  2026-01-05 2026-02-01 executed .
        """)
        assert schema.is_request(requests).tolist() == [False, True, True]
        status = durations(requests, as_of="2026-09-30")["status"]
        assert status.astype("str").fillna("in none").tolist() == ["in none", "answered", "answered"]


@pytest.mark.parametrize(
    ("cell", "number", "rules"),
    [("2", 2, []), ("໓", 3, []), ("0", 0, []), ("-", None, []), ("two", None, ["not_a_number"])],
)
def test_supplements_are_a_whole_number(cell: str, number: int | None, rules: list[str]) -> None:
    value, found = of(read(Supplements=cell), "supplements")
    assert (None if pd.isna(value) else value, found) == (number, rules)


@pytest.mark.parametrize(
    ("column", "header", "cell", "code"),
    [
        ("returned_cause", "Cause of return", "Translation missing; not signed", "form;language"),
        ("returned_cause", "Motif du renvoi", "Pièces manquantes", "enclosures"),
        ("returned_cause", "ສາເຫດທີ່ສົ່ງຄືນ", "ຂາດບົດແປ", "language"),
        ("legal_basis", "Legal basis", "S/RES/1373 (2001)", "unscr_1373"),
        ("legal_basis", "Legal basis", "UNSCR 2462", "unscr_2462"),
        ("legal_basis", "Legal basis", "ICSFT", "icsft_1999"),
        ("legal_basis", "Legal basis", "Hanoi Convention; UNTOC", "hanoi_2025;untoc"),
        ("offence", "Offence", "TF", "terrorist_financing"),
        ("offence", "Offence", "Terrorism", "terrorism"),
        ("offence", "Offence", "ML/TF", "money_laundering;terrorist_financing"),
        ("offence", "ຂໍ້ຫາ", "ການສະໜອງທຶນໃຫ້ການກໍ່ການຮ້າຍ", "terrorist_financing"),
        ("channel", "Channel", "24/7 network", "network_24_7"),
        ("channel", "Channel", "INTERPOL I-24/7", "interpol"),
        ("channel", "Channel", "Supervisor to supervisor", "supervisor"),
        ("outcome", "Outcome", "Closed without reply", "lapsed"),
        ("refusal_ground", "Reason for refusal", "Amnistie", "amnesty"),
        ("partner_kind", "Country", "Google LLC", "provider"),
        ("partner_kind", "Country", "Thailand", "state"),
    ],
)
def test_a_term_is_read(column: str, header: str, cell: str, code: str) -> None:
    assert read(**{header: cell}).requests[column].iloc[0] == code


@pytest.mark.parametrize(
    ("channel", "kind", "formality"),
    [
        ("network_24_7", "mla", "informal"),
        ("supervisor", "information", "informal"),
        # FATF INR.40: supervisors exchange supervisory information.
        ("supervisor", "mla", "not_applicable"),
    ],
)
def test_formality_of_the_new_channels(channel: str, kind: str, formality: str) -> None:
    assert vocab.formality(channel, kind) == formality


@pytest.mark.parametrize(
    ("basis", "kind", "offence", "asked"),
    [
        ("CITES", "Information", "Wildlife", False),
        ("CITES", "MLA", "Wildlife", True),
        ("UNSCR 1373", "MLA", "Fraud", True),
        ("UNSCR 1373", "MLA", "TF; fraud", False),
        ("UNSCR 1373", "MLA", "", False),
        ("UNCAC", "MLA", "Fraud", False),
    ],
)
def test_a_basis_that_cannot_carry_it_is_asked_about(
    basis: str, kind: str, offence: str, asked: bool
) -> None:
    found = read(**{"Legal basis": basis, "Type of request": kind, "Offence": offence})
    assert of(found, "legal_basis")[1] == ["treaty_not_applicable"] * asked


class TestTheMapToFatf:
    def test_each_offence_has_one_place_and_each_category_is_one_of_the_glossary(self) -> None:
        mapped = {row["offence"]: row["category"] for row in vocab.rows("offence_fatf")}
        assert set(mapped) == set(vocab.codes("offence"))
        assert len(vocab.codes("fatf_category")) == 21
        assert set(mapped.values()) - {""} <= set(vocab.codes("fatf_category"))

    def test_as_the_glossary_has_them(self) -> None:
        mapped = {row["offence"]: row["category"] for row in vocab.rows("offence_fatf")}
        assert mapped["terrorist_financing"] == mapped["terrorism"] == "terrorism"
        assert mapped["migrant_smuggling"] == mapped["trafficking_in_persons"] == "trafficking"
        # Money laundering is what the categories are predicate to.
        assert mapped["money_laundering"] == mapped["proliferation_financing"] == ""


@pytest.mark.parametrize(
    "archive", sorted((Path(__file__).parent / "upgrades").glob("*.zip")), ids=lambda p: p.stem
)
def test_a_cleaned_table_of_an_earlier_version_is_read_without_what_it_lacks(
    archive: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(archive) as pack:
        data = pack.read("data/processed/requests.parquet")
    (tmp_path / "requests.parquet").write_bytes(data)
    before = pd.read_parquet(io.BytesIO(data))
    requests = schema.read(tmp_path / "requests.parquet")
    schema.check(requests)
    assert len(requests) == len(before)
    lacked = [name for name in NEW if name not in before]
    assert lacked
    assert requests[lacked].isna().all(axis=None)
    kept = before.columns.intersection(requests.columns)
    pd.testing.assert_frame_equal(requests[kept], before[kept], check_dtype=False)
