"""A register cleaned in parts: byte for byte what cleaning it whole gives, however many the parts."""

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import schema, settings
from mlastats.register import partitions, processed, reading
from mlastats.register.clean import clean_workspace
from mlastats.run import inputs, tasks

HEADER = (
    "no,reference,direction,partner,kind,channel,received,answered,outcome,persons,linked_request_id,name"
)
CONFIGURATION = """
reporting_state = "LAO"
as_of = "2026-09-30"
[[registers]]
name = "moj"
path = "data/raw/moj.csv"
log_start = "2014-01-01"
log_end = "2025-06-30"
mapping = "moj.toml"
"""
FILES = ("issues.csv", "changes.csv", "summary.json")
LAO = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done in processes apart is done here, which is sooner."""
    monkeypatch.setattr(reading, "apart", lambda function, tasks, _limits: [function(task) for task in tasks])


class Workspace:
    """A workspace with one register, which was cleaned whole."""

    def __init__(self, home: Path, register: str, mapping: str = "", more: str = "") -> None:
        (home / "data" / "raw").mkdir(parents=True, exist_ok=True)
        (home / "data" / "raw" / "moj.csv").write_bytes(register.encode("utf-8", "surrogateescape"))
        (home / "moj.toml").write_text(mapping, encoding="utf-8")
        (home / "mlastats.toml").write_text(CONFIGURATION + more, encoding="utf-8")
        self.size = (home / "data" / "raw" / "moj.csv").stat().st_size
        self.settings = settings.load(home / "mlastats.toml")
        self.folder = home / "data" / "processed"
        processed.write(clean_workspace(self.settings), self.settings)
        self.whole = self.written()

    def written(self) -> tuple[list[bytes], pd.DataFrame]:
        files = [(self.folder / name).read_bytes() for name in FILES]
        return files, schema.read(self.folder / "requests.parquet")

    def parts(self, number: int) -> int:
        """Clean in parts; how many there were, 0 where it could not be done."""
        if partitions.write(self.settings, self.size // number + 1) is None:
            return 0
        files, requests = self.written()
        for name, one, other in zip(FILES, self.whole[0], files, strict=True):
            assert one.decode() == other.decode(), name
        pd.testing.assert_frame_equal(self.whole[1], requests)
        return len(schema.parts(self.folder / "requests.parquet"))


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


SECOND = """
[[registers]]
name = "mofa"
path = "data/raw/mofa.csv"
[reading]
part = 1
"""


def of_two_registers(home: Path) -> Workspace:
    """A register of more than a megabyte, with rows again at its far end, and one of another agency with some of its
    requests, and with the partner of one that the first does not name."""
    lines = [
        f"{n},MLA/2015/{n:05},Incoming,{'' if n == 9 else 'Thailand'},MLA,Embassy,{n % 28 + 1}/{n % 12 + 1}/2016,,,,"
        f"{'MLA/2015/11990' if n == 4 else ''},{'some words of a column that is not read ' * 2}"
        for n in range(1, 12001)
    ]
    lines += [lines[0], lines[2].replace("Embassy", "INTERPOL"), *lines[20:22]]
    (home / "data" / "raw").mkdir(parents=True, exist_ok=True)
    second = [
        f"MLA/2015/{n:05},Incoming,Thailand,MLA,Embassy,2016-{n % 12 + 1:02}-{n % 28 + 1:02}"
        for n in (9, 11999)
    ]
    text = "\n".join(
        [
            "reference,direction,partner,kind,channel,received",
            *second,
            "MLA 2015/9,in,Thailand,MLA,,2016-10-11",
        ]
    )
    (home / "data" / "raw" / "mofa.csv").write_text(text + "\n", encoding="utf-8")
    return Workspace(home, "\n".join([HEADER, *lines]) + "\n", more=SECOND)


def test_processes_of_their_own_write_a_folder_that_others_read_alike(tmp_path: Path) -> None:
    workspace = of_two_registers(tmp_path)
    told = tasks.clean(workspace.settings)
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
    usual = [
        f"{n},MLA/2015/{n:04},Incoming,Thailand,MLA,Embassy,{n % 28 + 1}/3/2016,,,,," for n in range(1, 60)
    ]
    text = "\n".join([HEADER, *usual[:30], *rows, *usual[30:]]) + "\n"
    workspace = Workspace(tmp_path, text, more='encoding = "cp1252"')
    for number in (2, 7):
        workspace.parts(number)


@pytest.mark.usefixtures("here")
def test_where_corrections_were_agreed_nothing_is_written_in_parts(tmp_path: Path) -> None:
    usual = [
        f"{n},MLA/2015/{n:04},Incoming,Thailand,MLA,Embassy,{n % 28 + 1}/3/2016,,,,," for n in range(1, 60)
    ]
    workspace = Workspace(tmp_path, "\n".join([HEADER, *usual]) + "\n")
    assert workspace.parts(4) == 4
    ledger = (
        "request,column,was,now,reason,by,on\nMLA/2015/0001,partner,Thailand,Viet Nam,asked,A,2026-01-01\n"
    )
    (tmp_path / "data" / "corrections.csv").write_text(ledger, encoding="utf-8")
    assert workspace.parts(4) == 0
