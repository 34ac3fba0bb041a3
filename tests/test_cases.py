"""Registers as they really are: each folder of `tests/cases` is a small one of a kind that was read wrongly once.

`expected.md` of a case says what must come out, and why. The registers are made up.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from mlastats import settings
from mlastats.cli import cli
from mlastats.measure.durations import durations
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned

CASES = Path(__file__).parent / "cases"
Read = Callable[..., Cleaned]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A case as it stands, or with other text in its mapping, cleaned."""

    def of(case: str, mapping: str = "") -> Cleaned:
        home = tmp_path / case
        shutil.copytree(CASES / case, home)
        if mapping:
            file = home / "data" / "raw" / "register.toml"
            file.write_text(mapping + file.read_text(encoding="utf-8"), encoding="utf-8")
        return clean_workspace(settings.load(home / "mlastats.toml"))

    return of


def by_reference(cleaned: Cleaned) -> pd.DataFrame:
    return cleaned.requests.astype({"request_id": object}).set_index("request_id")


def test_headers_that_differ_between_sheets(read: Read) -> None:
    """Of eight requests no median is given; the days that it would rest on are."""
    cases = durations(read("01-sheet-headers-differ").requests, as_of="2024-12-31")
    assert cases.loc[cases["status"].eq("answered"), "days"].tolist() == [30] * 4 + [60] * 3
    assert cases["status"].eq("pending").sum() == 1


def test_dates_that_a_spreadsheet_turned_round(read: Read, tmp_path: Path) -> None:
    told = read("06-excel-turned-dates").issues
    assert set(told.loc[told["rule"].eq("day_month_exchanged"), "row"]) == set("234567")
    shutil.rmtree(tmp_path / "06-excel-turned-dates")
    mended = read("06-excel-turned-dates", 'exchanged = ["received"]\n')
    assert (mended.requests["answered"] - mended.requests["received"]).dt.days.tolist() == [300] * 12
    assert set(mended.changes.loc[mended.changes["rule"].eq("exchanged"), "count"]) == {1}


def test_totals_are_no_requests(read: Read) -> None:
    cleaned = read("07-subtotal-rows")
    assert (len(cleaned.requests), cleaned.requests["persons"].sum()) == (3, 6)
    (account,) = cleaned.summary["registers"]
    assert account["not_data_rows"] == {"total": ["4", "6", "7"]}


def test_a_last_column_without_a_header(read: Read) -> None:
    assert len(read("08-unnamed-last-column").requests) == 3


def test_what_stands_behind_the_day(read: Read) -> None:
    days = by_reference(read("10-timestamp-tails"))["received"].dt.day
    assert days.tolist() == [13, 13, 12, 13, 12, 12, 12, 13, 12]


def test_a_cover_sheet(tmp_path: Path) -> None:
    file = shutil.copytree(CASES / "11-map-cover-sheet", tmp_path / "case") / "data" / "raw" / "register.xlsx"
    result = CliRunner().invoke(cli, ["map", str(file)])
    assert result.exit_code == 0
    assert "left out: 1." in result.stdout + result.stderr
    assert "\nsheets = [2]\n" in file.with_suffix(".toml").read_text(encoding="utf-8")


def test_references_that_a_spreadsheet_changed(read: Read) -> None:
    issues = read("12-reference-turned-date").issues
    told = issues[issues["rule"].eq("reference_changed")]
    assert told["row"].tolist() == ["4", "5"]
    assert "3/2017" in told["suggestion"].iloc[0]


def test_as_above(read: Read) -> None:
    cleaned = read("13-ditto")
    assert cleaned.requests["partner"].tolist() == ["THA"] * 6
    assert cleaned.changes.loc[cleaned.changes["rule"].eq("ditto"), "count"].sum() == 5


def test_square_brackets_in_a_file_name(read: Read) -> None:
    assert len(read("14-brackets-in-file-name").requests) == 2


def test_a_date_in_three_columns(read: Read) -> None:
    requests = by_reference(read("16-date-in-three-columns"))
    assert requests["received"].dt.strftime("%Y-%m-%d").to_dict() == {"A1": "2024-01-10", "A2": "2024-03-05"}
    assert requests["received_precision"].tolist() == ["day", "day"]


def test_a_known_header_over_something_else(tmp_path: Path) -> None:
    file = (
        shutil.copytree(CASES / "18-map-state-is-status", tmp_path / "case") / "data" / "raw" / "register.csv"
    )
    assert CliRunner().invoke(cli, ["map", str(file)]).exit_code == 0
    assert '\n"state" = "partner"' not in file.with_suffix(".toml").read_text(encoding="utf-8")


def test_a_second_table_below_the_first(read: Read) -> None:
    cleaned = read("20-two-tables-on-one-sheet")
    assert set(by_reference(cleaned).index) == {"I1", "I2", "I3"}
    rules = cleaned.issues.set_index("row")["rule"]
    assert rules[["8", "9", "10"]].tolist() == ["other_header", "below_other_header", "below_other_header"]


def test_rows_that_continue_the_one_above_are_no_requests(read: Read) -> None:
    cleaned = read("21-blank-below")
    assert len(cleaned.requests) == 3
    told = cleaned.issues[cleaned.issues["rule"].eq("continues_above")]
    assert told["row"].tolist() == ["3", "4", "7"]


def test_rows_that_continue_the_one_above_are_joined_where_the_mapping_says_what_a_row_is(read: Read) -> None:
    requests = by_reference(read("21-blank-below", 'one_row_per = "offence"\n'))
    assert requests["offence"].to_dict() == {
        "X1": "drugs;homicide;money_laundering",
        "X2": "fraud",
        "X3": "fraud;homicide",
    }
