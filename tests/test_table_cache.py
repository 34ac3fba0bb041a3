"""What is kept for a table: worked out once, never for another table, and never after the table was written to."""

import gc
import weakref
from collections.abc import Callable

import pandas as pd
import pytest

from mlastats.measure import table_cache
from mlastats.measure.durations import durations
from mlastats.measure.matters import matter_of
from mlastats.measure.table_cache import once_a_table

TABLE = """
    id direction received   answered   outcome   linked_request_id
    A  incoming  2024-01-01 2024-01-11 executed  -
    B  incoming  2024-02-01 2024-02-21 withdrawn A
    C  incoming  2024-03-01 -          -         -
"""


@pytest.fixture
def counted() -> tuple[Callable[..., pd.DataFrame], list[str]]:
    calls: list[str] = []

    @once_a_table(keep=2)
    def measure(table: pd.DataFrame, *, name: str) -> pd.DataFrame:
        calls.append(name)
        return table[[name]].copy()

    return measure, calls


def test_it_is_worked_out_once_for_each_parameter(counted) -> None:
    measure, calls = counted
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    for name in ("a", "b", "a", "b"):
        assert measure(table, name=name).equals(table[[name]])
    assert calls == ["a", "b"]


def test_only_the_latest_are_kept(counted) -> None:
    measure, calls = counted
    table = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    for name in ("a", "b", "c", "b", "a"):
        measure(table, name=name)
    assert calls == ["a", "b", "c", "a"]


def test_what_a_caller_does_to_its_copy_concerns_no_other(counted) -> None:
    measure, _calls = counted
    table = pd.DataFrame({"a": [1, 2]})
    ours = measure(table, name="a")
    ours.loc[0, "a"] = 99
    assert measure(table, name="a")["a"].tolist() == [1, 2]


def set_a_column(table: pd.DataFrame) -> None:
    table["received"] = table["received"] - pd.Timedelta(days=1)


def set_a_row(table: pd.DataFrame) -> None:
    table.loc[0, "answered"] = pd.Timestamp("2024-01-05")


def set_text(table: pd.DataFrame) -> None:
    table.loc[0, "outcome"] = "returned"


def set_by_place(table: pd.DataFrame) -> None:
    table.iloc[2, table.columns.get_loc("answered")] = pd.Timestamp("2024-03-09")


def set_the_index(table: pd.DataFrame) -> None:
    table.index = table.index + 5


def swap_two_columns(table: pd.DataFrame) -> None:
    table.columns = [{"received": "answered", "answered": "received"}.get(name, name) for name in table]


def update(table: pd.DataFrame) -> None:
    table.update(pd.DataFrame({"received": [pd.Timestamp("2023-12-01")]}, index=[1]))


@pytest.mark.parametrize(
    "write",
    [set_a_column, set_a_row, set_text, set_by_place, set_the_index, swap_two_columns, update],
)
def test_a_table_that_was_written_to_is_measured_anew(
    requests_from, write: Callable[[pd.DataFrame], None]
) -> None:
    table = requests_from(TABLE)
    before = (durations(table, as_of="2024-12-31"), matter_of(table))
    write(table)
    after, fresh = (
        (durations(each, as_of="2024-12-31"), matter_of(each)) for each in (table, table.copy(deep=True))
    )
    for ours, expected in zip(after, fresh, strict=True):
        assert ours.equals(expected)
        assert ours.index.equals(table.index)
    assert not all(ours.equals(old) for ours, old in zip(after, before, strict=True))


def test_a_copy_and_the_original_are_two_tables(requests_from) -> None:
    table = requests_from(TABLE)
    copy = table.copy(deep=False)
    durations(table, as_of="2024-12-31"), durations(copy, as_of="2024-12-31")
    copy.loc[0, "answered"] = pd.NaT
    assert durations(copy, as_of="2024-12-31")["status"].tolist() == ["undated", "ended_otherwise", "pending"]
    assert durations(table, as_of="2024-12-31")["status"].tolist() == [
        "answered",
        "ended_otherwise",
        "pending",
    ]


def test_a_table_is_not_held_alive(requests_from) -> None:
    table = requests_from(TABLE)
    matter_of(table)
    place, gone = id(table), weakref.ref(table)
    assert place in table_cache._SEEN
    del table
    gc.collect()
    assert gone() is None
    assert place not in table_cache._SEEN
