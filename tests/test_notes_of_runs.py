"""Notes and sentences of a quarter's run, of a public one and of a Lao one, against the tables under which they stand."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from mlastats import messages
from mlastats.publish import cells
from mlastats.publish.exhibit import Exhibit
from tests.recomputed import records as second
from tests.test_notes import checked

PUBLIC = ("0_front", "1_turnaround", "2_channels", "3_partners", "4_flow")
QUARTER = ("0_front", "7_what_moved", "4_flow", "1_turnaround")
# Held against the records of all time, year by year: of a quarter see below.
NOT_OF_A_QUARTER = (
    "Counted is the time in which",
    ".* is counted up to .* alone",
    "Requests of which it is not recorded whether they are urgent",
    "Days lost run from that day",
)
# Held against exact numbers, or columns that the public is not shown: its counts are rounded, and 0 to 4 are not given.
NOT_OF_THE_PUBLIC = (
    "The share is of all requests of a strand",
    "Requests of which it is not recorded whether they are urgent",
    "Informal contacts need no legal basis",
    "A treaty counts as in force .* in no share",
    "With one mix",
    "A partner is in ASEAN or outside it on the day",
    "A partner is in its group on the day",
    ".* is counted up to .* alone",
    "A deportation is the act",
    "[\\d,]+ groups? of fewer than",
)
# Levels of an interval, of a rule; in a sentence of no cell.
RULES = {"95%"}
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def records(example_workspace: Any) -> Any:
    return second.read(example_workspace)


@pytest.fixture(scope="module")
def english(notebook_run: Any) -> dict[str, tuple[Any, Any]]:
    return {name: made for notebook in PUBLIC for name, made in notebook_run(notebook).items()}


def saved(notebook_run: Any, notebooks: Iterable[str], **parameters: str) -> dict[str, Any]:
    """The exhibits of a run as they are saved, after disclosure control."""
    return {
        name: page._made(exhibit)
        for notebook in notebooks
        for name, (exhibit, page) in notebook_run(notebook, **parameters).items()
    }


@pytest.fixture(scope="module")
def public(notebook_run: Any) -> dict[str, Any]:
    return saved(notebook_run, PUBLIC, audience="public")


@pytest.fixture(scope="module")
def quarter(notebook_run: Any) -> dict[str, Any]:
    return saved(notebook_run, QUARTER, period="2026-Q3")


def as_published(notebook_run: Any, notebooks: Iterable[str], **parameters: str) -> list[Exhibit]:
    """The exhibits of a run with the tables, notes and sentences that are left of them after disclosure control."""
    return [
        replace(
            exhibit,
            table=made.table,
            notes=made.notes,
            finding=lambda _table, said=made.finding: said,
            # Why a figure is missing is on record row by row; the public has fewer rows.
            reasons={}
            if page.public
            else {n: why.reset_index(drop=True) for n, why in exhibit.reasons.items()},
        )
        for notebook in notebooks
        for exhibit, page in notebook_run(notebook, **parameters).values()
        for made in (page._made(exhibit),)
    ]


def test_every_note_of_a_quarter_that_states_a_rule_is_true_of_its_table(
    notebook_run: Any, records: Any
) -> None:
    faults, used = checked(as_published(notebook_run, QUARTER, period="2026-Q3"), records, NOT_OF_A_QUARTER)
    assert not faults, "\n".join(faults)
    assert len(used) > 10


def test_every_public_note_that_states_a_rule_is_true_of_its_table(notebook_run: Any, records: Any) -> None:
    faults, used = checked(as_published(notebook_run, PUBLIC, audience="public"), records, NOT_OF_THE_PUBLIC)
    assert not faults, "\n".join(faults)
    assert len(used) > 10


def numbers(text: str) -> Counter[str]:
    """The numbers of a text, however its language groups them and writes a part."""
    return Counter(re.sub("[.,]", "", found) for found in NUMBER.findall(text))


def shares(made: Any) -> set[str]:
    """Every share that a saved table prints, with its limits."""
    names = [name for name, column in made.columns.items() if column.kind == "share"]
    texts = {cells.cell(made, row, name) for name in names for row in range(len(made.table))}
    return {part for text in texts for part in re.findall(r"[<>]?\d+%", text)}


def test_a_public_sentence_says_the_share_of_its_cell(public: dict[str, Any]) -> None:
    """The shares of a public table are coarser than its counts: 30 of 80 are 40% there, and 38% nowhere."""
    told = 0
    for made in public.values():
        said = set(re.findall(r"[<>]?\d+%", made.finding)) - RULES
        told += len(said)
        assert said <= shares(made), f"{made.name}: {made.finding}"
    assert told > 10


@pytest.mark.parametrize("run", ["public", "quarter"])
def test_a_note_speaks_of_no_column_that_its_table_lacks(run: str, request: pytest.FixtureRequest) -> None:
    """A note that begins with what a column is called, or with the words of one, stands under it."""
    words = {
        "Before and since": {"before", "since"},
        "The standard": {"standard_days", "within", "with_standard"},
        "Disposition time": {"disposition_days"},
        "“Does not close”": {"difference"},
        "Effective number": {"effective"},
        "“Stuck”": {"stuck"},
        "Days lost": {"lost_days"},
        "Matters:": {"matters"},
        "Persons:": {"persons"},
        "The longest silence": {"silence"},
    }
    seen = set()
    for made in request.getfixturevalue(run).values():
        for note in made.notes:
            for begins, columns in words.items():
                if note.startswith(begins):
                    seen.add(begins)
                    assert columns & set(made.columns), f"{made.name}: {note}"
    assert "The standard" in seen


def test_what_is_left_out_is_said_under_a_public_table_of_counts(public: dict[str, Any]) -> None:
    """No count of one to four stands in it, and the note on what is not shown stands once, where there are counts."""
    noted = 0
    for made in public.values():
        counted = [name for name, column in made.columns.items() if column.kind == "count"]
        left_out = [note for note in made.notes if note.startswith("Not shown: others")]
        assert len(left_out) <= bool(counted), made.name
        noted += len(left_out)
        texts = {cells.cell(made, row, name) for name in counted for row in range(len(made.table))}
        assert not {text for text in texts if re.fullmatch(r"[1-4]", text)}, made.name
    assert noted > 10


def test_a_quarter_says_which_days_it_counts(quarter: dict[str, Any]) -> None:
    """The register of the prosecutor ends in August: what all registers share is two months, and a row that rests on the
    police alone has three."""
    stock = quarter["flow_stock"]
    own = stock.table[stock.table["period"].eq("2026-Q3")]
    for code, way in (("incoming", "Incoming"), ("outgoing", "Outgoing")):
        row = own[own["direction"].eq(code)].iloc[0]
        opened, ended = int(row["opened"]), int(row["ended"])
        said = f"{way} requests: {opened} came and {ended} ended from 1 July to 31 August 2026."
        assert said in stock.finding
    assert "2026-Q3" not in stock.finding
    assert "2026-Q3 is counted up to 31 August 2026 alone." in stock.notes
    moved = quarter["signals"].table
    reach = moved.set_index(["direction", "strand", "what"])["counted_to"].map(lambda day: str(day)[:10])
    assert reach["incoming", "every", "came"] == "2026-08-31"
    assert reach["incoming", "police", "came"] == "2026-09-30"
    for made in quarter.values():
        assert not re.search(r"20\d\d-Q\d", made.finding), made.finding


def test_the_counts_of_a_quarter_are_those_of_the_records(
    quarter: dict[str, Any], example_workspace: Any
) -> None:
    """What came between the first and the last day that a row was counted, by the dates of the cleaned table alone."""
    from tests.recomputed import records

    rows = records.read(example_workspace).rows
    table = quarter["signals"].table
    for row in table[table["what"].eq("came")].to_dict("records"):
        mine = rows[rows["direction"].eq(row["direction"])]
        if row["strand"] != "every":
            mine = mine[mine["strand"].eq(row["strand"])]
        came = mine["start"].between(pd.Timestamp("2026-07-01"), pd.Timestamp(row["counted_to"]))
        assert came.sum() == row["part"], row


def test_the_notes_and_the_tables_of_a_lao_run_have_the_numbers_of_the_english_one(
    notebook_run: Any, english: dict[str, tuple[Any, Any]]
) -> None:
    lao = {name: made for notebook in PUBLIC for name, made in notebook_run(notebook, language="lo").items()}
    assert list(lao) == list(english)
    try:
        for name, (exhibit, _page) in lao.items():
            own = english[name][0]
            # Names in texts are of their language.
            same = [n for n, column in exhibit.columns.items() if column.kind != "text"]
            pd.testing.assert_frame_equal(exhibit.table[same], own.table[same], check_categorical=False)
            assert len(exhibit.notes) == len(own.notes), name
            for note, theirs in zip(exhibit.notes, own.notes, strict=True):
                assert numbers(note) == numbers(theirs), (note, theirs)
    finally:
        messages.use("en")
