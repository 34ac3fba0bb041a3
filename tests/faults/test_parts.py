"""A cleaning in parts that is ended in the middle, or has no room: the cleaned data stand as they were."""

import os
import random
import resource
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.conftest import Home
from tests.parted import of_two_registers

pytestmark = pytest.mark.faults


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A workspace with a register of several parts, which was cleaned whole."""
    of_two_registers(tmp_path)
    return Home(tmp_path)


def cleaned(home: Home) -> dict[str, bytes]:
    """Every file of the cleaned data."""
    folder = home.folder / "data" / "processed"
    paths = [path for path in folder.rglob("*") if path.is_file() and ".run" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def blocks_of(process: psutil.Process, seconds: float = 60) -> list[psutil.Process]:
    """The processes that read blocks, when there are some."""
    end = time.monotonic() + seconds
    while not (some := process.children(recursive=True)):
        assert time.monotonic() < end
        time.sleep(0.02)
    return some


def test_killed_in_the_middle_the_data_stand_and_no_process_is_left(home) -> None:
    before, luck = cleaned(home), random.Random(4)
    for _time in range(4):
        child = home.start("clean")
        blocks_of(psutil.Process(child.pid))
        time.sleep(luck.uniform(0, 1.5))
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        assert cleaned(home) == before
        assert home.survivors() == []
    assert home.run("clean")[0] == 0
    assert "requests.parquet/part-0000.parquet" in cleaned(home)
    assert [path.name for path in (home.folder / "data/processed/.run").iterdir()] == ["lock"]


def test_a_process_that_is_killed_is_said_to_have_broken_off(home) -> None:
    before = cleaned(home)
    child = home.start("clean")
    os.kill(blocks_of(psutil.Process(child.pid))[0].pid, signal.SIGKILL)
    _out, err = child.communicate(timeout=120)
    assert child.returncode == 3
    assert "its reader broke off" in err
    assert "Traceback" not in err
    assert cleaned(home) == before
    assert home.survivors() == []


def test_where_there_is_no_room_it_says_so(home) -> None:
    before = cleaned(home)
    code, _out, err = home.run(
        "clean", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    )
    assert code == 3
    assert "The cleaned data cannot be written" in err
    assert cleaned(home) == before
    assert home.run("clean")[0] == 0
