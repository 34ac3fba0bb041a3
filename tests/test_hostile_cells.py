"""Values, whatever they are, become issues: no cell stops the others."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats import settings as configuration
from mlastats.register.clean import clean

LAO = configuration.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
HEADERS = (
    "Ref",
    "Country",
    "Received",
    "Answered",
    "Kind",
    "Channel",
    "Outcome",
    "Persons",
    "Direction",
    "Urgent",
)
DIGITS = "0123456789໐໑໒໓໔໕໖໗໘໙๐๑๒๓๔๕៣၃٣३²①𐩀½Ⅻ"
numbers = st.text(DIGITS, min_size=1, max_size=400)
signs = st.sampled_from(
    ["", "-", "+", "−", "±", "e", "E+", "E-", ".", ",", "/", " ", "年", "th ", "@", "=", "%", "\x00", "\n"]
)
words = st.sampled_from(
    [
        "",
        "january ",
        "ມັງກອນ ",
        "พ.ศ. ",
        "民國",
        "B.E. ",
        "page ",
        "total ",
        "utc",
        "pm",
        "T",
        "nan",
        "inf",
        "1e999",
        "NaT",
    ]
)
cells = st.lists(st.tuples(words, signs, numbers, signs), min_size=1, max_size=4).map(
    lambda parts: "".join(text for part in parts for text in part)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells | st.text(max_size=30), min_size=10, max_size=10), min_size=1, max_size=4))
def test_any_cell_is_a_value_or_an_issue(rows: list[list[str]]) -> None:
    good = [
        "A1",
        "Thailand",
        "2024-01-02",
        "2024-03-02",
        "MLA",
        "INTERPOL",
        "Executed",
        "1",
        "incoming",
        "no",
    ]
    cleaned = clean(pd.DataFrame([good, *rows], columns=HEADERS), LAO)
    (account,) = cleaned.summary["registers"]
    assert account["read"] == len(rows) + 1
    assert "THA" in set(cleaned.requests["partner"].dropna())


@pytest.mark.parametrize(
    "text",
    [
        "january 99999999999999999999",
        "99999999999999999999 january 2024",
        "1 january " + "9" * 90,
        "9" * 5000,
        "𐩀 january 2024",
        "-9999999999-01-01",
        "1e400",
    ],
)
def test_a_number_that_is_no_date_is_an_issue(text: str) -> None:
    frame = pd.DataFrame({"Ref": ["A1", "A2"], "Received": ["2024-01-02", text], "Country": "Thailand"})
    cleaned = clean(frame, LAO)
    assert list(cleaned.requests["received"].notna()) == [True, False]
    assert [row for row in cleaned.issues["value"] if row == text] == [text]


def test_numbers_of_rows_of_any_size() -> None:
    frame = pd.DataFrame(
        {"Ref": ["A1", "A1"], "No": ["1" * 5000, "1" * 400], "Received": "2024-01-02", "Country": "Thailand"}
    )
    assert len(clean(frame, LAO).requests) in (1, 2)
