"""Runs that are ended from outside, at any moment: nothing published is lost or half."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults


def test_killed_at_twenty_random_moments(home, tmp_path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    home.environment = {"TMPDIR": str(temporary)}
    began = time.monotonic()
    sockets: set[str] = set()
    assert home.run("report", "--jobs", "2")[0] == 0
    whole = time.monotonic() - began
    luck, seen = random.Random(8), set()
    for part in range(20):
        before = home.published()
        child = home.start("report", "--force", "--json", "--jobs", "2")
        # Each twentieth of a run once, and some of them after the first report was published.
        time.sleep(whole * (part + luck.random()) / 20)
        os.kill(child.pid, signal.SIGKILL)
        out, _err = child.communicate()
        sockets |= {path.read_text() for path in (home.reports / ".run").glob("work-*/sockets")}
        seen |= {line.split('"event": "')[1].split('"')[0] for line in out.splitlines() if '"event"' in line}
        after = home.published()
        # What stood there stands there, but for `latest`, which may name a newer revision.
        changed = {name for name in before if after.get(name) != before[name]}
        assert all(name.endswith("/latest") for name in changed)
        assert home.is_whole()
    assert {"plan", "cell", "step"} <= seen
    assert home.survivors() == []
    code, _out, err = home.run("report", "--force")
    assert code == 0, err
    assert home.is_whole()
    assert home.states() == {"first": "published", "second": "published"}
    assert sorted(path.name for path in (home.reports / ".run").iterdir()) == ["index", "lock", "log"]
    assert [path.name for path in (home.folder / "data" / "processed" / ".run").iterdir()] == ["lock"]
    assert list(temporary.iterdir()) == []
    assert sockets
    assert not [place for place in sockets if Path(place).exists()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_ends_with_all_its_processes_and_says_so(home, notebook, number) -> None:
    assert home.run("report")[0] == 0
    before = home.published()
    notebook("import time; time.sleep(600)")
    child = home.start("report", "--json")
    assert child.stdout
    for event in map(json.loads, child.stdout):
        if event.get("event") == "cell" and event["cell"] == event["of"]:  # the last, which sleeps
            break
    child.send_signal(number)
    _out, err = child.communicate(timeout=30)
    assert child.returncode == 1
    assert err == "mlastats: Stopped. What was published stands; the next run makes what is left.\n"
    assert home.published() == before
    assert home.survivors() == []
    notebook()
    assert home.run("report")[0] == 0
    assert home.states() == {"first": "published", "second": "published"}


def test_a_revision_that_latest_does_not_name_is_finished_by_the_next_run(home) -> None:
    assert home.run("report")[0] == 0
    place = home.reports / "first" / "all" / "all"
    # The moment between the rename and `latest`.
    shutil.copytree(place / "r1", place / "r2")
    code, _out, err = home.run("report")
    assert code == 0
    assert "first/all/all: r2 of an interrupted run is now the published one." in err
    assert (place / "latest").read_text() == "r2\n"


def test_a_revision_without_latest_that_is_not_whole_is_set_apart(home) -> None:
    assert home.run("report")[0] == 0
    place = home.reports / "first" / "all" / "all"
    shutil.copytree(place / "r1", place / "r2")
    with (place / "r2" / "first.html").open("r+b") as page:
        page.truncate(1000)
    code, _out, err = home.run("report")
    assert code == 0
    assert "first/all/all: r2 of an interrupted run was not whole; set apart." in err
    assert "first/all/all: published as r2" in err, "made anew"
    assert (place / "r2" / "first.html").stat().st_size > 1000
    assert home.is_whole()


def test_two_runs_at_once(home) -> None:
    first = home.start("report")
    while not list((home.reports / ".run").glob("work-*")):
        time.sleep(0.02)
    code, _out, err = home.run("report")
    assert code == 4
    assert err == (
        "mlastats: Another run is at work in this workspace. Wait until it has ended, then run again.\n"
    )
    assert home.run("clean")[0] == 4
    assert home.run("status")[0] == 0, "readers need no lock"
    first.communicate(timeout=240)
    assert first.returncode == 0
    assert home.run("report")[2] == "Nothing is due.\n"
