"""Exhibits as data: what they name is in column.csv, and what they say stands in the catalogues."""

import ast
import csv
import re
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from mlastats import vocab
from mlastats.findings import columns, phrases
from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.publish.charts import drawn
from mlastats.publish.exhibit import Kind
from tests import publishing
from tests.drawn import words

WITH_MESSAGES = {"chart.py", "columns.py", "declared.py"}


def declared(**other: object) -> Declared:
    fields = {
        "by": "direction kind",
        "columns": "requests answered pending median_days",
        "unit": "requests; days",
    }
    return Declared(**({"name": "after_contact", "question": "How long?"} | fields | other))  # type: ignore[arg-type]


def test_every_row_of_the_columns_can_be_read() -> None:
    with columns.FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["column"], row["exhibits"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["label"], row
        assert row["kind"] in get_args(Kind), row
        assert row["limits"] in ("", "own", "plain"), row
        assert row["case_level"] in ("", "yes"), row
        assert not row["fixes"] or row["kind"] == "count", row
        assert bool(row["vocabulary"]) == (row["kind"] == "code"), row
        assert not row["vocabulary"] or vocab.codes(row["vocabulary"]), row
        assert re.fullmatch(r"(\w+=[\w|]+(;\w+=[\w|]+)*|-)?", row["fixes"]), row


@pytest.mark.parametrize(
    "fields",
    [{"columns": "requets"}, {"by": "directoin"}, {"chart": Chart("median_day", "kind")}],
    ids=["column", "by", "chart"],
)
def test_a_misspelt_column_is_refused_when_it_is_declared(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"of after_contact is not in column\.csv"):
        declared(**fields)


def test_what_is_declared_is_read_by_the_row_of_its_exhibit_above_the_common_one() -> None:
    table = pd.DataFrame(
        {
            "direction": ["incoming", "incoming"], "kind": ["mla", "extradition"], "requests": [9, 0],
            "answered": [6, 0], "pending": [3, 0], "median_days": [12.0, None], "lower": [3.0, None],
            "upper": [None, None], "reason": ["", "none"],
        }
    )  # fmt: skip
    chosen = declared(where=lambda t: t["requests"].gt(0), period="begun", scope={"unit": "matters"})
    exhibit = chosen(table, publishing.page(period="2026"))
    assert list(exhibit.columns) == [
        "direction", "kind", "requests", "answered", "pending", "median_days", "lower", "upper",
    ]  # fmt: skip
    assert exhibit.table["kind"].tolist() == ["mla"]
    # Elsewhere a median rests on what ended otherwise too; here on what is shown beside it.
    assert exhibit.columns["median_days"].rests_on == ("answered", "pending")
    assert exhibit.columns["upper"].label == "Median (days), upper limit"
    assert exhibit.counts == {
        "requests": {}, "answered": {"status": "answered"}, "pending": {"status": "pending"},
    }  # fmt: skip
    assert exhibit.scope == {"unit": "matters", "begun": "2026"}


def test_columns_stand_where_they_are_named_and_limits_are_read_as_their_figure() -> None:
    assert columns.in_words("refused_share_upper", 0.25) == "25%"
    table = pd.DataFrame({"direction": ["incoming"], "requests": [4], "kind": ["mla"]})
    exhibit = declared(columns="requests kind")(table, publishing.page())
    assert list(exhibit.columns) == ["direction", "requests", "kind"]


def test_a_missing_cell_says_why_and_limits_say_it_with_their_figure() -> None:
    """Of three kinds one has a median whose upper limit is not reached, one has a median that is not, one too few."""
    table = pd.DataFrame(
        {
            "direction": "incoming",
            "kind": ["mla", "extradition", "handover"],
            "requests": [40, 30, 3],
            "answered": [25, 9, 3],
            "pending": [15, 21, 0],
            "median_days": [200.0, None, None],
            "lower": [150.0, 400.0, None],
            "upper": [None, None, None],
            "median_note": ["", "not_reached", "few_at_risk"],
        }
    )
    exhibit = declared()(table, publishing.page())
    why = pd.DataFrame(exhibit.reasons)[["median_days", "lower", "upper"]]
    missing = exhibit.table[list(why)].isna()
    assert why.where(missing, "given").to_numpy().tolist() == [
        ["given", "given", "not_reached"],
        ["not_reached", "given", "not_reached"],
        ["few_at_risk", "few_at_risk", "few_at_risk"],
    ]


def test_an_empty_table_is_told_from_one_whose_numbers_are_withheld() -> None:
    chosen = declared(each=lambda rows: "Some.", empty="There is none.")
    table = pd.DataFrame(
        {
            "direction": ["incoming"],
            "kind": "mla",
            "requests": 0,
            "answered": 0,
            "pending": 0,
            "median_days": None,
        }
    ).assign(lower=None, upper=None)
    exhibit = chosen(table, publishing.page())
    assert exhibit.finding(table) == "There is none."
    assert exhibit.finding(table.iloc[:0]) == "There is none."
    assert exhibit.finding(table.assign(requests=float("nan"))) == "Some."


@pytest.mark.parametrize("along", ["kind", "direction kind"])
def test_a_chart_of_which_every_figure_is_withheld_is_drawn_empty(along: str) -> None:
    table = pd.DataFrame(
        {"direction": ["incoming"], "kind": ["mla"], "median_days": [None], "lower": [None], "upper": [None]}
    )
    assert drawn(Chart("median_days", along).draw(table, "turnaround_by_kind")).whole == ""
    gaps = drawn(Chart("median_days", along, gaps=True).draw(table, "turnaround_by_kind")).panels[0].wide
    assert "–" in words(gaps)
    assert "<circle" not in gaps


def test_a_table_of_periods_names_its_rows_and_columns_as_the_columns_are_read() -> None:
    chart = Chart("share", "agency", form="cells", along="year", gaps=True)
    table = pd.DataFrame({"agency": ["mofa", "mofa"], "year": ["2024", "unrecorded"], "share": [0.5, None]})
    said = words(drawn(chart.draw(table, "register_filled_by_agency_and_year")).panels[0].wide)
    assert {"2024", "not recorded"} <= {*said}
    assert " ".join(said).endswith(vocab.label("agency", "mofa"))


def test_messages_are_written_out_where_the_catalogues_find_them(root: Path) -> None:
    """A message put in a name first is found by no catalogue; what exhibits declare is read from them."""
    hidden = []
    for path in sorted((root / "mlastats" / "findings").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "_n")
                and not isinstance(node.args[0], ast.Constant)
                and path.name not in WITH_MESSAGES
            ):
                hidden.append(f"{path.name}:{node.lineno}")
    assert hidden == []


def test_kinds_that_were_merged_come_after_those_of_the_vocabulary() -> None:
    # So small that disclosure control shows them as one: no code of the vocabulary.
    kinds = ["extradition|handover", "unrecorded", "mla"]
    table = pd.DataFrame({"direction": "incoming", "kind": kinds, "requests": 7})
    assert [part["kind"].iloc[0] for part in phrases.alike(table, "kind")] == ["mla", "unrecorded", kinds[0]]
