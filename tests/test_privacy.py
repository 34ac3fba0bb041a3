"""Canaries through the real command: what no column asks for appears nowhere, and what a mapped column
holds only in the two protected files. The names are made up."""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import xlsxwriter

UNREAD = (
    "UnreadCanary",
    "HeaderCanary",
    "SheetCanary",
    "FileCanary",
    "TitleCanary",
    "FootCanary",
    "HiddenCanary",
)
HASHED = "ReferenceCanary"
MAPPED = ("PartnerCanary", "DateCanary", "OutcomeCanary", "ChannelCanary", "PersonsCanary", "WasCanary")
LEDGER = ("ReasonCanary", "ByCanary")
SECRET = "KeyCanary0123456789"
GIVEN = ("data/raw", "mlastats.toml", "map.toml", "data/corrections.csv")
MAPPING = """
hashed = ["request_id"]
[columns]
"Ref HeaderCanary" = "request_id"
"Country HeaderCanary" = "partner"
Received = "received"
Answered = "answered"
Outcome = "outcome"
Channel = "channel"
Persons = "persons"
"""
REPORTS = """
[[reports]]
name = "inside"
notebooks = ["0_register"]
formats = ["html", "xlsx"]
[[reports]]
name = "outside"
notebooks = ["0_register"]
audience = "public"
formats = ["html"]
"""


def book() -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    sheet = made.add_worksheet("SheetCanary")
    sheet.write("A1", "TitleCanary")
    head = [
        "Ref HeaderCanary",
        "Country HeaderCanary",
        "Received",
        "Answered",
        "Outcome",
        "Channel",
        "Persons",
    ]
    sheet.write_row("A3", [*head, "Full name HeaderCanary"])
    good = ["Thailand", "2024-01-02", "2024-05-02", "Executed", "INTERPOL", 1]
    bad = ["PartnerCanary", "DateCanary", "2024-05-02", "OutcomeCanary", "ChannelCanary", "PersonsCanary"]
    sheet.write_row("A4", [f"{HASHED} 1", *good, "UnreadCanary"])
    sheet.write_row("A5", [f"{HASHED} 2", *bad, "UnreadCanary"])
    sheet.write_row("A6", [f"{HASHED} 3", "WasCanary", *good[1:], "UnreadCanary"])
    sheet.write_row("A7", [f"{HASHED} 3", *good, "UnreadCanary"])
    sheet.write_row("A8", ["", "", "", "", "", "", "", "UnreadCanary alone"])
    sheet.write("A10", "Prepared by: FootCanary")
    hidden = made.add_worksheet("HiddenCanary")
    hidden.write_row("A1", head)
    hidden.write("A2", "HiddenCanary")
    hidden.hide()
    made.close()
    return out.getvalue()


def mlastats(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlastats", *words, "--config", str(home / "mlastats.toml")]
    environment = {**os.environ, "MLASTATS_KEY": SECRET}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def home(workspace: Callable[..., Path]) -> Path:
    made = workspace({"FileCanary.xlsx": book()}, extra=REPORTS)
    (made / "map.toml").write_text(MAPPING, encoding="utf-8")
    text = (made / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace('name = "FileCanary"', 'name = "police"\nmapping = "map.toml"')
    (made / "mlastats.toml").write_text(text, encoding="utf-8")
    return made


def written(home: Path) -> dict[str, str]:
    """Everything that was made in the workspace, by name; what is packed is unpacked."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(GIVEN):
            found[name] = name + _text(path.read_bytes())
    return found


def _text(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            return "".join(pack.read(part).decode("utf-8", errors="replace") for part in pack.namelist())
    if data.startswith(b"PAR1"):
        return pd.read_parquet(io.BytesIO(data)).to_csv()
    return data.decode("utf-8", errors="replace")


@pytest.fixture
def ran(home: Path) -> SimpleNamespace:
    first = mlastats(home, "clean")
    reference = pd.read_parquet(home / "data" / "processed" / "requests.parquet")["request_id"][2]
    (home / "data" / "corrections.csv").write_text(
        f"request,column,was,now,reason,by,on\n{reference},partner,WasCanary,China,ReasonCanary,ByCanary,2026-01-02\n"
    )
    steps = [
        first,
        mlastats(home, "clean", "--json"),
        mlastats(home, "report"),
        mlastats(home, "status"),
    ]
    assert [step.returncode for step in steps] == [0, 0, 0, 0], steps[-2].stderr
    return SimpleNamespace(said="".join(step.stdout + step.stderr for step in steps), files=written(home))


@pytest.mark.slow
def test_no_canary_gets_out(ran: SimpleNamespace) -> None:
    protected = {"data/processed/issues.csv", "data/processed/changes.csv"}
    assert protected < set(ran.files)
    assert any(name.endswith("manifest.json") for name in ran.files)
    assert any(name.endswith(".html") for name in ran.files)
    assert any(name.endswith(".xlsx") for name in ran.files)
    for canary in (*UNREAD, HASHED, *MAPPED, *LEDGER, SECRET):
        assert canary not in ran.said, canary
        places = {name for name, text in ran.files.items() if canary in text}
        assert places <= (protected if canary in MAPPED else set()), (canary, places)
    # The check can fail: what was refused does stand in the protected file.
    assert "PartnerCanary" in ran.files["data/processed/issues.csv"]


class TestClean:
    def test_one_reference_has_one_hash_and_only_with_the_same_key(self, home: Path) -> None:
        assert mlastats(home, "clean").returncode == 0
        table = written(home)["data/processed/requests.parquet"]
        assert HASHED not in table
        ids = pd.read_parquet(home / "data" / "processed" / "requests.parquet")["request_id"]
        assert ids.str.fullmatch(r"[0-9a-f]{16}").all()
        assert ids.tolist()[2] == ids.tolist()[3]
        assert ids.nunique() == 3

    @pytest.mark.parametrize("key", ["", "short", "aaaaaaaaaaaaaaaaaaaaaaaa", "1212121212121212"])
    def test_without_a_key_nothing_is_read(self, home: Path, key: str) -> None:
        command = [sys.executable, "-m", "mlastats", "clean", "--config", str(home / "mlastats.toml")]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "MLASTATS_KEY": key}, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "MLASTATS_KEY" in done.stderr
        assert "Canary" not in done.stderr
        assert [path.name for path in (home / "data" / "processed").iterdir()] == [".run"], "the lock alone"

    @pytest.mark.parametrize(
        "content", [b"PK\x03\x04UnreadCanary", b"FootCanary", b"HeaderCanary,UnreadCanary\n1,2\n"]
    )
    def test_a_register_that_is_refused_is_named_as_configured(self, home: Path, content: bytes) -> None:
        (home / "data" / "raw" / "FileCanary.xlsx").write_bytes(content)
        done = mlastats(home, "clean")
        assert (done.returncode, done.stdout) == (3, "")
        assert "police" in done.stderr
        assert "Canary" not in done.stderr
        assert "Traceback" not in done.stderr
        assert home.as_posix() not in done.stderr

    def test_a_ledger_that_no_longer_applies_tells_no_value(self, home: Path) -> None:
        (home / "data" / "corrections.csv").write_text(
            "request,column,was,now,reason,by,on\n"
            f"{HASHED} 1,partner,WasCanary,PartnerCanary,ReasonCanary,ByCanary,2026-01-02\n",
            encoding="utf-8",
        )
        done = mlastats(home, "clean")
        assert done.returncode == 3
        assert "line 2, column partner" in done.stderr
        assert "Canary" not in done.stderr
