"""Files made to hang, to exhaust or to break what reads them: one clear error each, and nothing else stops."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from mlastats.errors import InputRejected
from mlastats.register import files, reading
from mlastats.settings import Reading

pytestmark = pytest.mark.faults
SMALL = "Ref,Country,Received\nA1,Thailand,2024-01-02\n"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
# What the patterns that look at cells repeat, and words that they repeat whole.
REPEATED = [
    *" \t\n;,.-/0a9(=+์)[:#A!_|'年ที\u200bé٣²𐩀",
    "federal ",
    "1/",
    "and ",
    "- ",
    "page 1/",
    "(1",
    "a, ",
    "1.1,",
]
AROUND = (("", "x"), ("1", "2024"), ("page 1", "x"), ("republic ", ")"), ("12 march", "x"))


def ods(rows: str) -> bytes:
    content = (
        f'<office:document-content xmlns:office="{OFFICE}:office:1.0" xmlns:table="{OFFICE}:table:1.0" '
        f'xmlns:text="{OFFICE}:text:1.0"><office:body><office:spreadsheet><table:table table:name="a">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        pack.writestr("content.xml", content)
        pack.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


def xlsx(more: bytes, reach: bytes = b"A1:B2", behind: bytes = b"") -> bytes:
    """A good sheet of two rows, with more in its XML."""
    good, out = io.BytesIO(), io.BytesIO()
    book = xlsxwriter.Workbook(good)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Ref", "Received"])
    sheet.write_row(1, 0, ["A1", "2024-01-02"])
    book.close()
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in source.namelist():
            part = source.read(name).replace(b'ref="A1:B2"', b'ref="' + reach + b'"')
            pack.writestr(name, part.replace(b"</sheetData>", more + b"</sheetData>" + behind))
    return out.getvalue()


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="ZSTD")
    return out.getvalue()


def far(cell: bytes, quote: bytes = b'"') -> bytes:
    return (b'<row r="1048576"><c r="' + cell + b'"><v>1</v></c></row>').replace(b'"', quote)


def bombs() -> dict[str, bytes]:
    cell = '<table:table-cell{} office:value-type="string"><text:p>a</text:p></table:table-cell>'
    across, down = (f' table:number-{what}-repeated="2000000000"' for what in ("columns", "rows"))
    blanks = '<text:s text:c="1000000000"/></'
    merge = b'<mergeCell ref="A2:A1048576"/>' * 2000
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), ["x" * 1_000_000])
    return {
        "rows.ods": ods(f"<table:table-row{down}>{cell.format('')}</table:table-row>"),
        "columns.ods": ods(f"<table:table-row>{cell.format(across)}</table:table-row>"),
        "both.ods": ods(f"<table:table-row{down}>{cell.format(across)}</table:table-row>" * 3),
        "blanks.ods": ods(f"<table:table-row>{cell.format('').replace('a</', blanks)}</table:table-row>"),
        "columns.csv": ("Ref,Country," + "," * 1_000_000 + "\nA1,Thailand\n").encode(),
        "alike.csv": ("Ref," * 16_000 + "Received\n" + "A1," * 16_000 + "2024-01-02\n").encode(),
        "columns.parquet": parquet(pa.table({f"c{n}": ["x"] for n in range(20_000)})),
        "reach.xlsx": xlsx(b"", reach=b"A1:XFD1048576"),
        "far.xlsx": xlsx(far(b"AV1048576")),
        "farthest.xlsx": xlsx(far(b"XFD1048576")),
        "hidden.xlsx": xlsx(far(b"XFD1048576", b"'")),
        "merged.xlsx": xlsx(far(b"A1048576"), behind=b"<mergeCells>" + merge + b"</mergeCells>"),
        "open.xlsx": xlsx(b'<row r="3">' + b'<c r="A3" ' * 400_000 + b"</row>"),
        "unclosed.xlsx": xlsx(b'<row r="3">' + b'<c r="A3"><f>' * 400_000 + b"</row>"),
        "text.parquet": parquet(pa.table({"Ref": text})),
        "nulls.parquet": parquet(pa.table({f"c{n}": pa.nulls(5_000_000, pa.int32()) for n in range(20)})),
    }


def test_no_file_hangs_or_exhausts_and_each_is_one_error_or_a_register(tmp_path: Path) -> None:
    limits = Reading(seconds=20, megabytes=600)
    sources = []
    for name, data in bombs().items():
        (tmp_path / name).write_bytes(data)
        sources.append(files.source(tmp_path / name, None, name.replace(".", "_"), None, False, limits))
    (tmp_path / "good.csv").write_text(SMALL)
    sources.append(files.source(tmp_path / "good.csv", None, "good", None, False, limits))
    found = dict(zip([*bombs(), "good"], files.read_all(sources, limits), strict=True))
    assert len(found["good"].frame) == 1, "the files before it do not stop it"
    assert len(found["reach.xlsx"].frame) == 1, "what a sheet says of its reach is not what it fills"
    refused = {name: str(one) for name, one in found.items() if isinstance(one, InputRejected)}
    for name, fault in refused.items():
        assert fault.replace(" of ", " ").startswith(
            ("Register " + name.replace(".", "_"), "Sheet 1 Register")
        ), fault
        assert len(fault) < 300
    assert "50,000,000 is the limit" in refused["nulls.parquet"]
    assert "more than 600 MB of memory" in refused["text.parquet"]
    assert "reaches over 50,000,000 cells" in refused["farthest.xlsx"]
    assert "reaches over 50,000,000 cells" in refused["hidden.xlsx"]
    for name in ("rows.ods", "columns.ods", "both.ods", "blanks.ods"):
        assert "Delete what stands far outside" in refused[name]
    for name in ("columns.csv", "columns.parquet"):
        assert "more than 16,384 columns" in refused[name]
    assert "longer than 20 seconds" in refused["merged.xlsx"] or "memory" in refused["merged.xlsx"]


def test_where_there_is_no_fork_a_new_process_reads_the_same(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "text.csv").write_text(SMALL)
    (tmp_path / "far.xlsx").write_bytes(xlsx(far(b"AT1048576")))
    forked = files.read_register(tmp_path / "text.csv", register="text")
    monkeypatch.setattr(reading, "FORKS", False)
    limits = Reading(megabytes=300)
    started = files.read_register(tmp_path / "text.csv", register="text", limits=limits)
    assert started.frame.equals(forked.frame)
    assert started.inputs == forked.inputs
    with pytest.raises(InputRejected, match="Register far takes more than 300 MB of memory"):
        files.read_register(tmp_path / "far.xlsx", register="far", limits=limits)


def test_patterns_over_cells_take_no_longer_than_the_cells(tmp_path: Path) -> None:
    """A pattern that goes over its repetition again at each sign of it would take hours here."""
    (tmp_path / "mlastats.toml").write_text(
        'reporting_state = "LAO"\nas_of = "2026-09-30"\n[[registers]]\nname = "r"\npath = "r.csv"\n'
    )
    lines = ["Ref,Country,Received,Kind,Channel,Outcome,Persons,Direction,Agency"]
    for n, repeated in enumerate(REPEATED):
        for place, (before, after) in enumerate(AROUND):
            cell = before + repeated * (32_000 // len(repeated)) + after
            quoted = f'"{cell}"'
            lines += [f"A{n}-{place},{','.join([quoted] * 8)}", f"{quoted},,,,,,,,"]
    (tmp_path / "r.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mlastats",
        "clean",
        "--json",
        "--config",
        str(tmp_path / "mlastats.toml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stderr
    account = json.loads(done.stdout)["registers"][0]
    assert account["read"] == len(lines)


def test_interrupted_it_ends_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    merge = b"<mergeCells>" + b'<mergeCell ref="A2:A1048576"/>' * 5000 + b"</mergeCells>"
    (tmp_path / "r.xlsx").write_bytes(xlsx(far(b"A1048576"), behind=merge))
    (tmp_path / "mlastats.toml").write_text(
        'reporting_state = "LAO"\nas_of = "2026-09-30"\n[[registers]]\nname = "r"\npath = "r.xlsx"\n'
    )
    command = [sys.executable, "-m", "mlastats", "clean", "--config", str(tmp_path / "mlastats.toml")]
    for number in (signal.SIGINT, signal.SIGKILL):
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        readers: list[str] = []
        while not readers:
            time.sleep(0.1)
            readers = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        time.sleep(1)
        child.send_signal(number)
        _out, err = child.communicate(timeout=20)
        if number == signal.SIGINT:
            assert child.returncode == 1
            assert err == "mlastats: Stopped. What was published stands; the next run makes what is left.\n"
        until = time.monotonic() + 10
        while any(os.path.exists(f"/proc/{reader}/cwd") for reader in readers) and time.monotonic() < until:
            time.sleep(0.1)
        assert not any(os.path.exists(f"/proc/{reader}/cwd") for reader in readers)
