"""Dates by hand: each value has one meaning, or is an issue with its rule."""

import datetime as dt

import pandas as pd
import pytest
from babel.dates import get_month_names
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats.register.dates import LANGUAGES, parse, parse_columns

GIVEN = {"zone": "Asia/Vientiane", "log_start": dt.date(2014, 1, 1), "as_of": dt.date(2026, 9, 30)}


def one(text: str, *others: str, **rules: object) -> tuple[str | None, str | None, str]:
    row = parse(pd.Series([text, *others], dtype="str"), **(GIVEN | rules)).iloc[0]
    day = None if pd.isna(row["date"]) else row["date"].date().isoformat()
    return day, None if pd.isna(row["precision"]) else row["precision"], row["rule"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-01-31", "2024-01-31"),
        ("31/01/2024", "2024-01-31"),
        ("31.1.2024", "2024-01-31"),
        ("01/31/2024", "2024-01-31"),
        ("2024/1/31", "2024-01-31"),
        ("20240131", "2024-01-31"),
        ("1er mars 2020", "2020-03-01"),
        ("12 déc. 2019", "2019-12-12"),
        ("March 5, 2019", "2019-03-05"),
        ("05-Mar-2019", "2019-03-05"),
        ("1 ມີນາ 2564", "2021-03-01"),
        ("ວັນທີ 5 ມີນາ 2563", "2020-03-05"),
        ("໓໑/໐໑/໒໐໒໔", "2024-01-31"),
        ("29/02/2567", "2024-02-29"),
        ("วันที่ 3 มี.ค. 2563", "2020-03-03"),
        ("๓ มีนาคม พ.ศ. ๒๕๖๓", "2020-03-03"),
        ("Ngày 5 tháng 3 năm 2020", "2020-03-05"),
        ("5 Maret 2020", "2020-03-05"),
        ("5 Mac 2020", "2020-03-05"),
        ("5 de março de 2020", "2020-03-05"),
        ("2020年3月5日", "2020-03-05"),
        ("5 thg 3, 2020", "2020-03-05"),
        ("31/12/1994", "1994-12-31"),
        ("30/09/2027", "2027-09-30"),
        ("២៥/០៣/២០២០", "2020-03-25"),
        ("民國109年3月5日", "2020-03-05"),
        ("៥ មីនា ២០២០", "2020-03-05"),
        ("2020-01-01T23:30:00+00:00", "2020-01-02"),
        ("2020-01-01 23:30", "2020-01-01"),
    ],
)
def test_a_day(text: str, day: str) -> None:
    assert one(text) == (day, "day", "")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        # 20:30 UTC is 03:30 of the next day in Vientiane, seven hours ahead.
        ("2024-05-12T20:30:00Z", "2024-05-13"),
        ("2024-05-12 20:30:00.48+00", "2024-05-13"),
        ("2024-05-12 20:30:00+07", "2024-05-12"),
        ("2024-05-12 20:30 UTC", "2024-05-13"),
        ("2024-05-12 20:30 UTC+7", "2024-05-12"),
        ("2024-05-12 01:30 GMT+09:30", "2024-05-11"),
        ("2024-05-12 20:30 ICT", "2024-05-12"),
        ("2024-05-12 08:30 a.m.", "2024-05-12"),
        ("2024-05-12 11:30 p.m. +0000", "2024-05-13"),
        ("20240512203000", "2024-05-12"),
        ("202405122030", "2024-05-12"),
        ("22/05/2567 13:30 น.", "2024-05-22"),
        ("22/05/2567 เวลา 13.30 น.", "2024-05-22"),
        ("13/05/2024 ເວລາ 9:30", "2024-05-13"),
        ("13/05/2024 9:30 ນ.", "2024-05-13"),
        ("2024-05-12 20h30", "2024-05-12"),
        ("12 mai 2024 à 20h", "2024-05-12"),
        ("13h30 ngày 5 tháng 3 năm 2020", "2020-03-05"),
        ("20:30, 31/12/2019", "2019-12-31"),
        ("Monday, 30 March 2020", "2020-03-30"),
        ("lundi 30 mars 2020", "2020-03-30"),
        ("mar. 31 mars 2020", None),  # Tuesday in French, March in English: not told
        ("วันจันทร์ที่ 30 มีนาคม 2563", "2020-03-30"),
        ("ວັນຈັນ ທີ 30 ມີນາ 2020", "2020-03-30"),
        ("Thứ Hai, ngày 30 tháng 3 năm 2020", "2020-03-30"),
        ("Senin, 30 Maret 2020", "2020-03-30"),
        ("2020年3月30日 星期一", "2020-03-30"),
        ("30/03/2020 (Mon)", "2020-03-30"),
    ],
)
def test_a_time_of_day_or_a_weekday_beside_the_day(text: str, day: str | None) -> None:
    assert one(text)[0] == day


def test_a_short_date_that_can_be_read_in_one_way_is_read() -> None:
    assert one("01/30/17") == ("2017-01-30", "day", "")
    # The 13th of the month in 2024, or the 24th in 2013.
    assert one("13/02/24")[2] == "order_unclear"
    # A year 63 can stand last alone, and tells the order of the others.
    assert one("05/03/20", "25/03/63")[0] == "2020-03-05"
    assert one("20-05-03", "99-12-31")[0] == "2020-05-03"


def test_letters_behind_a_day_that_a_mapping_names() -> None:
    assert one("9 Jun 2003 A")[2] == "unknown_date"
    assert one("9 Jun 2003 A", suffixes=["A", "AA"]) == ("2003-06-09", "day", "")
    assert one("09/06/2003 AA", order="dmy", suffixes=["A", "AA"]) == ("2003-06-09", "day", "")


EXCHANGED = ["2024-10-01", "2024-05-03", "2024-07-12", "2024-02-11", "13/01/2024", "28/05/2024", "30/09/2024"]


def test_a_column_in_which_a_spreadsheet_took_the_day_for_the_month_is_told_as_a_whole() -> None:
    column = pd.Series(EXCHANGED, dtype="str")
    assert parse(column, **GIVEN)["rule"].tolist() == ["day_month_exchanged"] * 4 + [""] * 3
    mended = parse_columns({"received": column}, **GIVEN, exchanged=["received"])["received"]
    assert mended["date"].dt.strftime("%d/%m/%Y").tolist() == [
        *("10/01/2024", "05/03/2024", "07/12/2024", "02/11/2024"),
        *EXCHANGED[4:],
    ]
    assert set(mended["rule"]) == {""}


@pytest.mark.parametrize("more", ["2024-10-13", "03/01/2024"])
def test_a_true_date_late_in_its_month_or_an_early_text_says_otherwise(more: str) -> None:
    assert "day_month_exchanged" not in set(
        parse(pd.Series([*EXCHANGED, more], dtype="str"), **GIVEN)["rule"]
    )


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("March 2020", "2020-03-01", "month"),
        ("ມີນາ 2563", "2020-03-01", "month"),
        ("2020-03", "2020-03-01", "month"),
        ("03/2020", "2020-03-01", "month"),
        ("2019", "2019-01-01", "year"),
        ("2562", "2019-01-01", "year"),
    ],
)
def test_a_part_of_a_date_keeps_its_precision(text: str, day: str, precision: str) -> None:
    assert one(text) == (day, precision, "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("31/02/2020", "impossible_date"),
        ("29/02/2568", "impossible_date"),
        ("2020-01-31 99:99", "impossible_date"),
        ("31/01/2020 24:01", "impossible_date"),
        ("2020-01-31T12:60:00", "impossible_date"),
        ("31 Jan 2020 25:00 pm", "impossible_date"),
        ("03/04/2017", "order_unclear"),
        ("1 ມີນາ 1920", "implausible_date"),
        ("5 March 2031", "implausible_date"),
        ("៥ មីនា ២៥៦៣", "era_unclear"),
        ("៥ មីនា ព.ស. ២៥៦៣", "era_unclear"),
        ("២៥/០៣/២៥៦៣", "era_unclear"),
        ("၂၅/၀၃/၂၅၆၃", "era_unclear"),
        ("5 มีนาคม ค.ศ. 2563", "era_unclear"),
        ("109年3月5日", "era_unclear"),
        ("31/12/1993", "implausible_date"),
        ("2027-10-01", "implausible_date"),
        ("12 - 14 March 2019", "date_range"),
        ("soon", "unknown_date"),
        ("Smarch 5, 2019", "unknown_date"),
        ("n/a", "said_missing"),
    ],
)
def test_what_has_not_one_meaning_is_an_issue(text: str, rule: str) -> None:
    assert one(text) == (None, None, rule)


def test_the_order_comes_from_another_date_of_the_column() -> None:
    assert one("03/04/2017", "25/12/2016") == ("2017-04-03", "day", "")
    assert one("03/04/2017", "12/25/2016") == ("2017-03-04", "day", "")


def test_two_orders_in_one_column_tell_nothing() -> None:
    assert one("03/04/2017", "25/12/2016", "12/25/2016")[2] == "order_unclear"


def test_the_order_comes_from_the_mapping() -> None:
    assert one("03/04/2017", order="mdy") == ("2017-03-04", "day", "")


def test_a_short_year_is_read_where_one_era_fits() -> None:
    # 63 is 1963 (before 1994), 2063 (after 2027) or 2563 BE = 2020; 19 is 2019 or 1919, BE 2519 = 1976.
    assert one("05/03/63", order="dmy") == ("2020-03-05", "day", "")
    assert one("05/03/19", order="dmy") == ("2019-03-05", "day", "")
    # 40 is 1940 or 2040, and 2540 BE = 1997; 45 is 2545 BE = 2002: one fits. 95: 1995 alone, 2595 BE = 2052.
    assert one("05/03/95", order="dmy") == ("1995-03-05", "day", "")


def test_a_mapping_says_how_a_register_counts_years() -> None:
    assert one("២៥/០៣/២៥៦៣", era="buddhist") == ("2020-03-25", "day", "")
    assert one("២៥/០៣/៦៣", order="dmy")[2] == "era_unclear"
    assert one("109年3月5日", era="roc") == ("2020-03-05", "day", "")
    assert one("25/03/2020", era="buddhist")[2] == "era_unclear"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["wide", "abbreviated"])
def test_every_month_of_cldr_is_read(language: str, width: str) -> None:
    for month, name in get_month_names(width, "format", language).items():
        assert one(f"5 {name} 2020") == (f"2020-{month:02}-05", "day", "")


def test_a_spreadsheets_day_number() -> None:
    # 43000 days after 30 December 1899 is 22 September 2017; from 1904 it would be in 2021: a doubt.
    assert one("43000") == ("2017-09-22", "day", "epoch_assumed")
    # 46000 from 1904 would be 2029: the column counts from 1900.
    assert one("43000", "46000") == ("2017-09-22", "day", "")


NUMBERS = st.integers(0, 32).map(str) | st.sampled_from(
    ["01", "2020", "2563", "1899", "31", "29", "2567", "0", "109"]
)
SIGNS = st.sampled_from(["/", "-", ".", " ", " / ", ""])
NAMES = st.sampled_from(
    [
        "March",
        "mars",
        "มีนาคม",
        "ມີນາ",
        "មីនា",
        "မတ်",
        "févr.",
        "Mac",
        "t",
        "be",
        "of",
        "ad",
        "มีนาคมค.ศ.",
        "年",
        "พ.ศ.",
        "to",
    ]
)
TAILS = st.sampled_from(["", "", " 10:20", "T23:59:00", " 9:05 pm", "T23:30:00+00:00", ".", " be"])
WRITTEN = st.one_of(
    st.tuples(NUMBERS, SIGNS, NUMBERS, SIGNS, NUMBERS, TAILS).map("".join),
    st.tuples(NUMBERS, SIGNS, NAMES, SIGNS, NUMBERS, TAILS).map("".join),
    st.text(alphabet="0123456789/-. ๒໒២၂marchพศ年月日T:+", max_size=14),
    st.text(max_size=12),
)


@effort(max_examples=200, deadline=None)
@given(
    columns=st.lists(st.lists(WRITTEN, max_size=4, unique=True), max_size=4),
    order=st.sampled_from([None, "dmy", "mdy", "ymd"]),
    era=st.sampled_from([None, "gregorian", "buddhist", "roc"]),
    clock=st.sampled_from([None, "UTC"]),
)
def test_columns_read_together_are_read_as_each_alone(
    columns: list[list[str]], order: str | None, era: str | None, clock: str | None
) -> None:
    series = {str(place): pd.Series(texts, dtype="str") for place, texts in enumerate(columns)}
    rules = GIVEN | {"order": order, "era": era, "clock": clock}
    together = parse_columns(series, **rules)
    assert list(together) == list(series)
    for name, column in series.items():
        pd.testing.assert_frame_equal(together[name], parse(column, **rules))
