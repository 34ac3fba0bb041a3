"""A table as a page shows it: rows under their direction, limits below their figure, sums where counts add up."""

import pandas as pd
import pytest

from mlastats.publish.exhibit import Column, Saved
from mlastats.publish.tables import Row, table

COLUMNS = {
    "direction": Column("Direction", "code", "direction"),
    "kind": Column("Kind", "code", "kind"),
    "requests": Column("Requests", "count"),
    "median_days": Column("Median (days)", "days"),
    "lower": Column("Median (days), lower limit", "days"),
    "upper": Column("Median (days), upper limit", "days"),
}
ROWS = pd.DataFrame(
    {
        "direction": ["incoming", "incoming", "outgoing", "outgoing"],
        "kind": ["mla", "extradition", "mla", "extradition"],
        "requests": [223, 59, 166, 53],
        "median_days": [222.0, 361.4, 471.0, None],
        "lower": [184.0, 251.0, 340.0, None],
        "upper": [289.0, None, 760.0, None],
    }
)


def saved(rows: pd.DataFrame = ROWS, by: tuple[str, ...] = ("direction", "kind"), **given: object) -> Saved:
    whole = {
        "name": "x", "notebook": "n", "order": 0, "question": "?", "finding": "", "alt": "", "unit": "", "notes": (),
        "columns": {name: COLUMNS[name] for name in rows}, "by": by, "scope": {}, "counts": {}, "table": rows,
    }  # fmt: skip
    return Saved(**(whole | given))  # type: ignore[arg-type]


def words(row: Row) -> list[tuple[str, str]]:
    return [(cell.words, cell.small) for cell in row.cells]


def test_rows_stand_under_their_direction_and_limits_below_their_figure() -> None:
    shown = table(saved())
    assert shown.labels == ("Kind", "Requests", "Median (days)")
    assert [(row.kind, row.hue) for row in shown.rows if row.kind] == [
        ("group", "incoming"),
        ("group", "outgoing"),
    ]
    assert [row.cells[0].words for row in shown.rows if row.kind] == ["Incoming", "Outgoing"]
    assert words(shown.rows[1]) == [("Mutual legal assistance", ""), ("223", ""), ("222", "184–289")]
    # A day is a day, and what has no upper limit says so.
    assert words(shown.rows[2])[2] == ("361", "from 251")
    assert words(shown.rows[5])[2] == ("–", "")
    assert shown.shown == 4


def test_counts_that_add_up_have_their_sum_and_others_none() -> None:
    sums = [words(row) for row in table(saved(totals=True)).rows if row.kind == "total"]
    assert sums == [[("Total", ""), ("282", ""), ("", "")], [("Total", ""), ("219", ""), ("", "")]]
    assert not [row for row in table(saved()).rows if row.kind == "total"]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_count_that_is_not_given_leaves_its_sum_out(missing: float | None) -> None:
    rows = ROWS.assign(requests=[223, missing, 166, 53])
    sums = [row.cells[1].words for row in table(saved(rows, totals=True)).rows if row.kind == "total"]
    assert sums == ["219"]


def test_levels_that_do_not_stand_together_are_no_groups() -> None:
    shown = table(saved(ROWS.iloc[[0, 2, 1, 3]].reset_index(drop=True)))
    assert shown.labels[0] == "Direction"
    assert not [row for row in shown.rows if row.kind]


def test_a_dimension_that_is_alone_stays_a_column() -> None:
    rows = ROWS.drop(columns="kind").iloc[[0, 2]].reset_index(drop=True)
    assert table(saved(rows, ("direction",))).labels[0] == "Direction"


def test_words_stand_over_the_columns_that_they_name() -> None:
    over = {"requests": "How many", "median_days": "How many"}
    assert table(saved(over=over)).over == (("", 1), ("How many", 2))
    assert table(saved()).over == ()


def test_a_table_of_more_columns_needs_more_room() -> None:
    few = table(saved(ROWS[["direction", "kind", "requests"]]))
    assert few.room < table(saved()).room
