"""Every notebook runs on registers of no, one, thirty and a hundred thousand requests."""

import csv
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mlastats import schema
from tests import example

pytestmark = pytest.mark.slow


def report(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlastats", "report", "--config", str(folder / "mlastats.toml")]
    return subprocess.run(command, capture_output=True, text=True)


def copy(name: str, root: Path, folder: Path) -> Path:
    """A copy of a small workspace, with the repository's notebooks."""
    home = folder / name
    shutil.copytree(
        root / "tests" / "workspaces" / name, home, ignore=shutil.ignore_patterns("data", "reports")
    )
    text = (home / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("../../../notebooks", (root / "notebooks").as_posix())
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    return home


def write_register(path: Path, size: float) -> int:
    """A register under the schema's own headers; how many requests it holds."""
    requests = example.draw(size)
    columns = [name for name in schema.NAMES if any(name in request for request in requests[:50])]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows([_cell(request.get(column)) for column in columns] for request in requests)
    return len(requests)


def _cell(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def requests_of(home: Path) -> int:
    """How many of its rows are requests, deportations and what asks for nothing, counted apart, among them."""
    summary = json.loads((home / "data" / "processed" / "summary.json").read_text(encoding="utf-8"))
    return sum(register["requests"] + register["apart"] for register in summary["registers"])


@pytest.mark.parametrize(("name", "requests"), [("empty", 0), ("one", 1), ("thirty", 30)])
def test_small_workspaces(name: str, requests: int, root: Path, tmp_path: Path) -> None:
    home = copy(name, root, tmp_path)
    done = report(home)
    assert done.returncode == 0, done.stderr
    assert requests_of(home) == requests
    assert len(list(home.glob("reports/**/*.html"))) >= 1


def test_a_hundred_thousand_requests(root: Path, tmp_path: Path) -> None:
    home = copy("empty", root, tmp_path)
    requests = write_register(home / "register.csv", 70.2)
    assert requests > 99_000
    done = report(home)
    assert done.returncode == 0, done.stderr
    assert requests_of(home) == requests
