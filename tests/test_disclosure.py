"""Disclosure control: small counts, what rests on them, and what a subtraction would give back."""

import pandas as pd

from mlastats.publish.disclose import protect
from mlastats.publish.exhibit import Column, Exhibit


def exhibit(text: str, by: tuple[str, ...]) -> Exhibit:
    rows = [line.split() for line in text.strip().splitlines()]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    table = table.assign(**{name: table[name].astype(int) for name in table if name not in by})
    columns = {name: Column(name, "text" if name in by else "count") for name in table}
    table["share"] = table["answered"] / table["requests"].where(table["requests"].gt(0))
    columns["share"] = Column("share", "share", rests_on=("answered", "requests"))
    counts = {"requests": {}, "answered": {"status": "answered"}}
    return Exhibit("e", "?", lambda t: "", table, columns, "requests", by=by, counts=counts)


def rows_withheld(found) -> set[int]:
    return {row for row, _name in found.withheld}


def test_a_small_count_takes_its_row_and_the_next_smallest_with_it() -> None:
    # 3 of 60 would follow from a total of 97 less 60 and 34: the row of 34 goes too.
    found = protect(
        exhibit("kind requests answered\nmla 60 50\nextradition 34 20\ndeportation 3 1", ("kind",)), [], 5
    )
    assert rows_withheld(found) == {1, 2}
    assert found.table["requests"].tolist()[0] == 60
    assert found.table.loc[[1, 2], ["requests", "answered", "share"]].isna().all().all()


def test_two_small_counts_hide_each_other() -> None:
    found = protect(exhibit("kind requests answered\na 60 50\nb 4 4\nc 3 0", ("kind",)), [], 5)
    assert rows_withheld(found) == {1, 2}


def test_zero_stays_zero() -> None:
    found = protect(exhibit("kind requests answered\na 0 0\nb 9 0\nc 3 0\nd 8 8", ("kind",)), [], 5)
    assert found.table["requests"].tolist()[0] == 0
    assert found.table["answered"].tolist()[:3] == [0, 0, 0]
    assert rows_withheld(found) == {2, 3}


def test_a_small_part_of_a_large_count_is_withheld_too() -> None:
    # 58 of 60 answered tells that 2 were not only where that number is shown; 2 answered of 60 is small.
    found = protect(exhibit("kind requests answered\na 60 2\nb 70 40\nc 90 50", ("kind",)), [], 5)
    assert rows_withheld(found) == {0, 1}


def test_neither_row_nor_column_total_gives_a_count_back() -> None:
    text = "partner year requests answered\n" + "\n".join(
        f"{partner} {year} {n} {n}"
        for partner, numbers in {"A": (2, 9, 8), "B": (7, 9, 6), "C": (11, 12, 13)}.items()
        for year, n in zip((1, 2, 3), numbers, strict=True)
    )
    found = protect(exhibit(text, ("partner", "year")), [], 5)
    gone = found.table["requests"].isna()
    for dimension in ("partner", "year"):
        assert set(gone.groupby(found.table[dimension]).sum()) & {1} == set()
