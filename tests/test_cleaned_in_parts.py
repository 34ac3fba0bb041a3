"""A register cleaned in parts: byte for byte what cleaning it whole gives, however many the parts."""

import csv
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import psutil
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import decisions
from mlastats.errors import InputRejected
from mlastats.register import blocks, corrections, processed, reading
from mlastats.register.clean import clean_workspace
from mlastats.run import cleaning, inputs
from tests.parted import HEADER, Workspace, of_two_registers

LAO = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done in processes apart is done here, which is sooner."""
    monkeypatch.setattr(reading, "apart", lambda function, tasks, _limits: [function(task) for task in tasks])


def days(draw: Any, order: str) -> str:
    day, month, year = draw(st.integers(1, 31)), draw(st.integers(1, 12)), draw(st.integers(2014, 2025))
    text = draw(
        st.sampled_from(
            [
                f"{year}-{month:02}-{day:02}",
                f"{day}/{month}/{year}" if order == "dmy" else f"{month}/{day}/{year}",
                f"{day}/{month}/{year + 543}",
                f"{day}.{month}.{year % 100:02}",
                f"{month}/{year}",
                str(40000 + 30 * month + day),
                "",
            ]
        )
    )
    return text.translate(LAO) if draw(st.integers(0, 9)) == 0 else text


@st.composite
def registers(draw: Any) -> str:
    """Registers whose facts stand far from each other: the order of days in one cell, references again after many rows,
    near ones, rows without any, links to later rows; with what is no request between."""
    order = draw(st.sampled_from(["dmy", "mdy"]))
    lines = [HEADER]
    for n in range(draw(st.integers(24, 60))):
        number = draw(st.integers(1, n + 1)) if draw(st.integers(0, 5)) == 0 else n + 1
        reference = draw(
            st.sampled_from(["MLA/2015/{:04}", "MLA/2015/{:04}", "mla-2015-{}", "MLA 2015/{}", ""])
        )
        cells = [
            str(n + 1),
            reference.format(number),
            draw(st.sampled_from(["Incoming", "outgoing", "in", ""])),
            draw(
                st.sampled_from(
                    ["Thailand", "Viet Nam", "Thailnad", "Korea", "ປະເທດໄທ", "LAO", "Scotland", "-", "#N/A"]
                )
            ),
            draw(st.sampled_from(["MLA", "extradition", "Deportation", "assistnce", ""])),
            draw(
                st.sampled_from(["Embassy", "INTERPOL", "Embassy; INTERPOL", "spontaneous information", ""])
            ),
            days(draw, order),
            days(draw, order),
            draw(st.sampled_from(["Executed", "Refused", "Pending", "?", "", ""])),
            draw(st.sampled_from(["1", "2", "-", "two", ""])),
            draw(st.sampled_from(["", "", "", "MLA/2015/{:04}"])).format(draw(st.integers(1, 60))),
            draw(st.sampled_from(["A", "B", ""])),
        ]
        line = ",".join(cells)
        lines.append(line)
        if again := draw(st.integers(0, 40)):
            lines += {
                1: [line],
                2: ["," * 11],
                3: ["Total,12" + "," * 10],
                4: [HEADER],
                5: [line.rsplit(",", 2)[0]],
            }.get(again, [])
            lines += {6: [",,,,,,,,,,,"], 7: ['"",' + line.split(",", 1)[1]], 8: ["2015" + "," * 11]}.get(
                again, []
            )
            if again == 9:
                lines.append(",".join([str(n + 2), '"', *cells[2:]]).replace('"', "〃"))
    return "\n".join(lines) + "\n"


@pytest.mark.usefixtures("here")
@effort(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    register=registers(),
    number=st.sampled_from([3, 8]),
    mapping=st.sampled_from(
        ["", "", 'one_row_per = "person"', 'one_row_per = "request"', 'one_row_per = "offence"']
    ),
)
def test_however_many_the_parts_the_bytes_are_those_of_the_whole(
    register: str, number: int, mapping: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        Workspace(Path(name), register, mapping).parts(number)


def test_processes_of_their_own_write_a_folder_that_others_read_alike(tmp_path: Path) -> None:
    workspace = of_two_registers(tmp_path)
    told = cleaning.clean(workspace.settings)
    files, requests = workspace.written()
    assert files == workspace.whole[0]
    pd.testing.assert_frame_equal(requests, workspace.whole[1])
    # Of 12,004 rows and 3 three are copies, and two of the second register are requests of the first.
    assert told["requests"] == json.loads(files[2])["requests"] == 12004 + 3 - 3 - 2
    folder = workspace.folder / "requests.parquet"
    names = [path.name for path in sorted(folder.iterdir())]
    assert names == [f"part-{n:04}.parquet" for n in range(len(names))]
    assert len(names) > 2
    ids = requests["request_id"].tolist()
    assert duckdb.sql(f"SELECT request_id FROM '{folder}/*.parquet'").df()["request_id"].tolist() == ids
    assert pl.read_parquet(f"{folder}/*.parquet")["request_id"].to_list() == ids
    assert pd.read_parquet(folder)["request_id"].tolist() == ids
    assert inputs.requests(workspace.settings)
    # A later cleaning whole puts a file in its place.
    processed.write(clean_workspace(workspace.settings), workspace.settings)
    assert folder.is_file()
    assert not list((workspace.folder / ".run").iterdir())


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "rows",
    [
        [
            '1,"A',
            'B",Incoming,Thailand,MLA,Embassy,2016-01-05,,,,,',
        ],  # a cell of two lines, which a cut may part
        [
            "no,reference,direction,partner,kind,outcome,received,answered,channel,persons,linked_request_id,name"
        ],
        ["1,A,Incoming,Thailand,MLA,Embassy,2016-01-05,,,,,Andr\udce9"],  # a byte that is not UTF-8
    ],
)
def test_what_only_the_whole_tells_is_cleaned_whole_or_equal(tmp_path: Path, rows: list[str]) -> None:
    text = "\n".join([HEADER, *usual()[:30], *rows, *usual()[30:]]) + "\n"
    workspace = Workspace(tmp_path, text, more='encoding = "cp1252"')
    for number in (2, 7):
        workspace.parts(number)


NOW = {"partner": ["Viet Nam", "Atlantis", "THA"], "received": ["13/05/2016", "2016-05-13", "soon"]}
NOW |= {
    "outcome": ["Refused", "#N/A", "Pending"],
    "persons": ["7", ""],
    "linked_request_id": ["MLA/2015/0001"],
}
ANSWERS = {
    "reversed": ":first 2016-01-05",
    "no_date": ":day 2016-01-05",
    "no_request_date": ":day 2016-02-06",
    "outcome_undated": ":pending",
    "pending_with_end": ":that_day",
    "error_cell": ":none",
    "own_state": "THA",
    "unknown_partner": "THA",
    "registers_disagree": ":this",
}


def agreed(draw: Any, workspace: Workspace, register: str) -> None:
    """A ledger of corrections of cells of the register, and decisions about what was asked of it."""
    home, rows = workspace.settings.source.parent, csv.DictReader(register.splitlines())
    cells = [(row["reference"], name, row[name] or "") for row in rows if row["reference"] for name in NOW]
    some = draw(st.lists(st.sampled_from(cells), max_size=4, unique=True)) if cells else []
    with (home / "data" / "corrections.csv").open("w", newline="") as file:
        ledger = csv.writer(file)
        ledger.writerow(corrections.COLUMNS)
        for reference, name, was in some:
            ledger.writerow(
                (reference, name, was, draw(st.sampled_from(NOW[name])), "asked", "A", "2026-01-01")
            )
    issues = pd.read_csv(workspace.folder / "issues.csv", dtype=str, keep_default_na=False)
    asked = issues[issues["key"].ne("") & issues["severity"].ne("note") & issues["rule"].isin(ANSWERS)]
    chosen = draw(st.lists(st.sampled_from(asked.index.tolist()), max_size=6)) if len(asked) else []
    with (home / "data" / "decisions.csv").open("w", newline="") as file:
        decided = csv.writer(file)
        decided.writerow(decisions.COLUMNS)
        for _n, issue in asked.loc[chosen].drop_duplicates("key").iterrows():
            question = f"{issue['rule']} moj: {issue['value']}"
            decided.writerow((issue["key"], question, ANSWERS[issue["rule"]], "A", "2026-01-01"))


@pytest.mark.usefixtures("here")
@effort(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(register=registers(), number=st.sampled_from([2, 3, 8]), draw=st.data())
def test_corrections_and_decisions_are_followed_in_parts_as_in_the_whole(
    register: str, number: int, draw: Any
) -> None:
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name), register)
        agreed(draw.draw, workspace, register)
        fault = refused(workspace.clean)  # a correction of a cell that says something else
        assert refused(lambda: workspace.parts(number)) == fault


def refused(call: Callable[[], object]) -> str:
    try:
        call()
    except InputRejected as fault:
        return str(fault)
    return ""


def usual(number: int = 59) -> list[str]:
    return [
        f"{n},MLA/2015/{n:04},Incoming,Thailand,MLA,Embassy,{n % 28 + 1}/3/2016,,,,,"
        for n in range(1, number + 1)
    ]


@pytest.mark.usefixtures("here")
def test_what_was_decided_of_one_row_is_followed_in_its_part_and_of_two_the_whole_is_read(
    tmp_path: Path,
) -> None:
    rows = usual()
    rows[50] = rows[50].replace(",,,,,", ",1/1/2016,,,,")  # answered before it was received
    rows[55] = rows[55].replace("0056", "0011 A")
    workspace = Workspace(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    issues = pd.read_csv(workspace.folder / "issues.csv", dtype=str, keep_default_na=False)
    (reversed_,) = issues.loc[issues["rule"].eq("reversed"), "key"]
    ledger = (
        "request,column,was,now,reason,by,on\nMLA/2015/0001,partner,Thailand,Viet Nam,asked,A,2026-01-01\n"
    )
    (tmp_path / "data" / "corrections.csv").write_text(ledger, encoding="utf-8")
    head = "key,question,answer,by,on\n"
    decided = f"{head}{reversed_},reversed moj: x,:second 2016-05-01,A,2026-01-01\n"
    (tmp_path / "data" / "decisions.csv").write_text(decided, encoding="utf-8")
    workspace.clean()
    requests = workspace.whole[1].set_index("request_id")
    assert requests.at["MLA/2015/0001", "partner"] == "VNM"
    assert str(requests.at["MLA/2015/0051", "answered"])[:10] == "2016-05-01"
    assert workspace.parts(4) == 4
    for subject in ("probable_duplicate", "same_reference", "registers_disagree"):
        two = f"{decided}kabc,{subject} moj: x,:one,A,2026-01-01\n"
        (tmp_path / "data" / "decisions.csv").write_text(two, encoding="utf-8")
        assert workspace.parts(4) == 0


@pytest.mark.parametrize(("megabytes", "at_a_time"), [(10, 1), (79, 1), (81, 2), (10_000, 3)])
def test_as_many_blocks_are_read_at_a_time_as_half_of_the_free_memory_takes(
    monkeypatch: pytest.MonkeyPatch, megabytes: int, at_a_time: int
) -> None:
    # A block of two megabytes may take ten times its size, so that two take 40: half of 80.
    tasks = [
        SimpleNamespace(number=n, size=2 << 20, settings=SimpleNamespace(reading=None)) for n in range(7)
    ]
    shares: list[int] = []

    def apart(_function: object, some: list[Any], _limits: object) -> list[int]:
        shares.append(len(some))
        return [task.number for task in some]

    monkeypatch.setattr(reading, "apart", apart)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    free = SimpleNamespace(available=megabytes << 20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert blocks.side_by_side(tasks) == list(range(7))
    assert len(shares) == at_a_time
