"""Faults that really happen to a run: what was published stays, and the next run repairs."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
WORKSPACE = Path(__file__).parents[1] / "workspaces" / "thirty"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(WORKSPACE, tmp_path / "thirty")
    path = tmp_path / "thirty" / "mlastats.toml"
    notebooks = (WORKSPACE.parents[2] / "notebooks").as_posix()
    lines = [line for line in path.read_text().splitlines() if not line.startswith('notebooks = "')]
    path.write_text(f'notebooks = "{notebooks}"\n' + "\n".join(lines) + "\n")
    return path.parent


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mlastats", *arguments, "--config", str(home / "mlastats.toml")]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def run(home: Path, *arguments: str) -> tuple[int, str, str]:
    child = start(home, *arguments)
    out, err = child.communicate(timeout=300)
    return child.returncode, out, err


def published(home: Path) -> dict[str, bytes]:
    """Every file of every revision that a `latest` names, by its place."""
    found = {}
    for latest in (home / "reports").rglob("latest"):
        folder = latest.parent / latest.read_text().strip()
        found |= {str(f.relative_to(home)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    return found


def test_killed_at_any_moment_nothing_published_is_lost_and_the_next_run_repairs(home: Path) -> None:
    assert run(home, "report")[0] == 0
    before = published(home)
    assert before
    luck = random.Random(8)
    for _ in range(6):
        child = start(home, "report", "--force")
        time.sleep(luck.uniform(0.1, 9))
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        now = published(home)
        for name, content in before.items():
            assert (home / name).read_bytes() == content
        assert run(home, "verify")[0] == 0
        before |= now
    code, _out, err = run(home, "report", "--force")
    assert code == 0, err
    assert run(home, "verify")[0] == 0


def test_two_runs_at_once(home: Path) -> None:
    first = start(home, "report")
    lock = home / "reports" / ".run" / "lock"
    while not lock.exists():
        time.sleep(0.05)
    time.sleep(0.5)
    code, _out, err = run(home, "report")
    assert code == 4, err
    assert first.wait(timeout=300) == 0


def test_a_notebook_that_fails_is_kept_apart_and_named(home: Path) -> None:
    assert run(home, "report")[0] == 0
    before = published(home)
    mine = home / "notebooks"
    shutil.copytree(WORKSPACE.parents[2] / "notebooks", mine)
    notebook = json.loads((mine / "1_turnaround.ipynb").read_text())
    notebook["cells"][-1]["source"] = ["1 / 0"]
    (mine / "1_turnaround.ipynb").write_text(json.dumps(notebook))
    path = home / "mlastats.toml"
    path.write_text('notebooks = "notebooks"\n' + path.read_text().split("\n", 1)[1])
    code, _out, err = run(home, "report", "--force")
    assert code == 1
    assert "1_turnaround" in err
    assert "ZeroDivisionError" in err
    assert published(home) == before
