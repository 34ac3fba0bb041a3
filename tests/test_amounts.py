"""Amounts of money: 78 values with the outcome that a person gave them, and arbitrary text."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlastats import vocab
from mlastats.register import amounts
from mlastats.register.amounts import Amount, read

with (Path(__file__).parent / "cases" / "amounts.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))


@pytest.mark.parametrize("case", CASES, ids=[case["n"] for case in CASES])
def test_a_value_is_read_as_a_person_reads_it(case: dict[str, str]) -> None:
    others = case["others"].split("|") if case["others"] else []
    found = read([case["text"], *others], case["header_currency"], case["decimal"])[0]
    value = Decimal(case["value"]) if case["value"] else None
    assert found == Amount(value, case["currency"], case["issue"]), case["why"]


def test_all_cases_are_there() -> None:
    assert [int(case["n"]) for case in CASES] == list(range(1, 79))


LETTERS = "0123456789 .,'’-–+/()%$¥₭฿€kKmM໑໒๓ກີບລ້ານบาทtrđRp\u00a0\u202f½¹"
TEXT = st.text(st.sampled_from(LETTERS)) | st.text() | st.sampled_from([case["text"] for case in CASES])


@given(
    st.lists(TEXT, max_size=6),
    st.sampled_from(["", "LAK", "USD", "AUD;USD"]),
    st.sampled_from(["", ".", ","]),
)
def test_no_text_raises_and_each_ends_in_one_way(values: list[str], currency: str, decimal: str) -> None:
    for found in read(values, currency, decimal):
        with_value = found.issue in ("", "approximate", "currency_unclear")
        assert with_value or found.value is None
        assert found.value is None or found.value >= 0
        assert found.currency == "" or found.currency in vocab.codes("currency")


# How each style writes the whole part and the fraction of an amount.
STYLES = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("\u202f", ","),
    "ch": ("'", "."),
    "plain": ("", "."),
    "comma": ("", ","),
}
DIGITS = {
    "western": "0123456789",
    "lao": "໐໑໒໓໔໕໖໗໘໙",
    "thai": "๐๑๒๓๔๕๖๗๘๙",
    "khmer": "០១២៣៤៥៦៧៨៩",
    "full": "０１２３４５６７８９",
}
SIGNS = {"US$ {}": "USD", "{} ກີບ": "LAK", "THB{}": "THB", "{} đ": "VND", "Rp {}": "IDR", "{}": "", "$ {}": ""}


def written(cents: int, style: str, digits: str, places: int) -> str:
    group, point = STYLES[style]
    whole, fraction = divmod(cents, 10**places)
    text = f"{whole:,}".replace(",", group) + (f"{point}{fraction:0{places}d}" if places else "")
    return text.translate(str.maketrans("0123456789", DIGITS[digits]))


AMOUNTS = st.tuples(
    st.integers(0, 10**12),
    st.sampled_from([0, 2]),
    st.sampled_from(sorted(DIGITS)),
    st.sampled_from(sorted(SIGNS)),
)


@given(st.sampled_from(sorted(STYLES)), st.lists(AMOUNTS, min_size=1, max_size=8))
@example("de", [(1234, 0, "western", "{}")])
def test_what_was_written_is_read_back_or_is_an_issue(
    style: str, made: list[tuple[int, int, str, str]]
) -> None:
    """Whatever a column of one style says: never another value."""
    texts = [sign.format(written(cents, style, digits, places)) for cents, places, digits, sign in made]
    for (cents, places, _digits, sign), text, found in zip(made, texts, read(texts), strict=True):
        if found.value is None:
            # A sign with three digits behind it, that no two others decide.
            assert found.issue == "number_unclear", text
        else:
            assert found.value == Decimal(cents).scaleb(-places), (text, texts)
            assert found.currency == SIGNS[sign]
            assert found.issue == ("currency_unclear" if "$ " in sign and sign != "US$ {}" else "")


@given(st.data())
def test_in_a_column_of_mixed_styles_no_value_is_another(data: st.DataObject) -> None:
    made = data.draw(st.lists(st.tuples(st.sampled_from(sorted(STYLES)), AMOUNTS), min_size=2, max_size=8))
    texts = [
        sign.format(written(cents, style, digits, places)) for style, (cents, places, digits, sign) in made
    ]
    for (_style, (cents, places, _d, _s)), text, found in zip(made, texts, read(texts), strict=True):
        assert found.value in (None, Decimal(cents).scaleb(-places)), (text, texts)


class TestTypedCells:
    """A number with a fraction that a spreadsheet keeps as a number."""

    def test_its_point_is_no_proof_of_how_the_column_writes(self) -> None:
        column = ["1.000", "12.5\f", "8.25\f", "3.125\f", "4.875\f"]
        assert [found.value for found in read(column)] == [
            None,
            Decimal("12.5"),
            Decimal("8.25"),
            Decimal("3.125"),
            Decimal("4.875"),
        ]

    def test_among_texts_that_group_by_points_it_may_be_a_thousandfold(self) -> None:
        found = read(["1.500.000 EUR", "1.5\f"])
        assert (found[0].value, found[1].issue) == (Decimal(1500000), "number_unclear")

    def test_whole_numbers_and_the_currency_of_the_header(self) -> None:
        assert read(["1500000", "-2.5\f"], "LAK") == [
            Amount(Decimal(1500000), "LAK"),
            Amount(issue="negative"),
        ]


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        ("Amount (LAK)", "LAK"),
        ("ຈຳນວນເງິນ (ກີບ)", "LAK"),
        ("Montant en US$", "USD"),
        ("Amount in $", "AUD;BND;CAD;HKD;SGD;TWD;USD"),
        ("Baht", "THB"),
        ("Amount (USD or THB)", ""),
        ("Bahtiar", ""),
        ("Amount", ""),
    ],
)
def test_the_currency_that_a_header_names(header: str, currency: str) -> None:
    assert amounts.currency_of(header) == currency


def test_more_digits_than_are_kept_exactly_are_an_issue() -> None:
    assert read(["1234567890123456"])[0].issue == "too_long"
    assert read(["1.234.567.890.123,25"])[0].value == Decimal("1234567890123.25")


def test_no_word_of_amounts_means_two_things() -> None:
    words = [
        w for row in vocab.rows("currency") + vocab.rows("amount_word") for w in row["aliases"].split("|")
    ]
    words += [w for row in vocab.rows("ambiguous_currency") for w in row["alias"].split("|")]
    assert sorted(words) == sorted(set(words))
