"""Notebooks that fail in every way a notebook can: a failed run, kept apart, with the cause in one line."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults


def failed(home, *arguments: str) -> tuple[str, Path]:
    """The line of the one report that failed, and what was kept of its run."""
    code, _out, err = home.run("report", "first", *arguments)
    assert code == 1, err
    lines = [line for line in err.splitlines() if ": failed. " in line]
    assert len(lines) == 1
    assert not (home.reports / "first").exists(), "nothing is published, whole or half"
    assert home.survivors() == []
    return lines[0].split(": failed. ")[1], home.reports / ".failed" / "first" / "all" / "all" / "r1"


def test_an_error_cell(home, notebook) -> None:
    notebook("raise ValueError('Somchai')")
    cause, kept = failed(home)
    # The kind of a foreign error and its cell; its text may hold a name.
    assert re.fullmatch(r"notebook 'small', cell \d+: ValueError; the executed notebook tells more\.", cause)
    assert json.loads((kept / "failure.json").read_text())["cause"] == cause
    assert "Somchai" not in (kept / "failure.json").read_text()
    assert all("Somchai" not in log.read_text() for log in kept.rglob("*.log"))
    assert "Somchai" in (kept / "notebooks" / "small.ipynb").read_text()
    assert home.states()["first"] == "failed"
    notebook()
    assert home.run("report", "first")[2].splitlines()[1] == f"first/all/all: {cause}"
    assert home.states()["first"] == "published"


def test_what_a_cell_raises_as_one_of_our_own_stays_with_it_too(home, notebook) -> None:
    notebook("from mlastats.errors import ConfigurationError\nraise ConfigurationError('Somchai')")
    cause, kept = failed(home)
    assert re.fullmatch(
        r"notebook 'small', cell \d+: ConfigurationError; the executed notebook tells more\.", cause
    )
    said = [
        path.read_text()
        for path in (kept / "failure.json", home.reports / ".run" / "log", *kept.rglob("*.log"))
    ]
    assert not any("Somchai" in text for text in said)
    # What the library says of a call is told.
    notebook("import mlastats\nmlastats.open_page('small', as_of='never')")
    code, _out, err = home.run("report", "first")
    assert code == 2
    assert "`as_of` must be a date" in err


def test_the_key_of_hashed_references_does_not_reach_a_notebook(home, notebook) -> None:
    home.environment = {"MLASTATS_KEY": "KeyCanary0123456789"}
    notebook(
        "import os, psutil\nown = psutil.Process()\nseen = [str(os.environ), open('/proc/self/environ').read()]\n"
        "seen += [str(parent.environ()) for parent in own.parents() if 'forkserver' in str(parent.cmdline())]\n"
        "assert len(seen) == 3 and 'KeyCanary' not in str(seen)"
    )
    assert home.run("report", "first")[0] == 0


def test_a_killed_notebook(home, notebook) -> None:
    notebook("import os; os.kill(os.getpid(), 9)")
    assert failed(home)[0].startswith("notebook 'small': its process died (signal 9). If nobody ended it, ")


def test_a_notebook_that_ends_without_its_exhibits(home, notebook) -> None:
    notebook("for number in ():\n    page.show(number)")
    cause, _kept = failed(home)
    assert re.fullmatch(r"notebook 'small', cell \d+: it ended without its exhibit\.", cause)


def test_a_notebook_that_forks_and_hangs(home, notebook) -> None:
    # One child stays in the kernel's group, one leaves it for a session of its own; all hang.
    notebook("import os, time\nif os.fork() == 0 and os.fork() == 0:\n    os.setsid()\ntime.sleep(1000)")
    cause, _kept = failed(home, "--timeout", "20")
    assert cause == "notebook 'small': the deadline passed, and its process was ended."


def test_a_notebook_that_shrugs_off_signals(home, notebook) -> None:
    notebook(
        "import signal, time\n"
        "for number in (signal.SIGTERM, signal.SIGINT):\n    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    pass"
    )
    cause, _kept = failed(home, "--timeout", "20")
    assert cause == "notebook 'small': the deadline passed, and its process was ended."


def test_a_notebook_that_prints_100_megabytes(home, notebook) -> None:
    loud = "for _ in range(100):\n    print('x' * 1_000_000)"
    deep = "import os\nos.system('yes | head -c 100000000')"
    notebook(loud, deep)
    code, _out, err = home.run("report", "first")
    assert code == 0, err
    assert sum(f.stat().st_size for f in home.reports.rglob("*") if f.is_file()) < 20_000_000
    notebook(loud, deep, "1 / 0")
    assert home.run("report", "first", "--force")[0] == 1
    kept = home.reports / ".failed" / "first" / "all" / "all" / "r1"
    assert sum(f.stat().st_size for f in kept.rglob("*") if f.is_file()) < 5_000_000


def test_parameters_are_refused_before_a_notebook_is_run(home) -> None:
    text = (home.folder / "mlastats.toml").read_text()
    for given, fault in {
        "colour = 'red'": "no parameter 'colour'; it has as_of, period, language, audience",
        "partner = 3": "'partner' must be str; got 3",
        "partner = 'XXQ'": "'partner' has no code 'XXQ' (vocabulary partner)",
    }.items():
        (home.folder / "mlastats.toml").write_text(f"{text}parameters = {{ {given} }}\n")
        code, out, err = home.run("report", "second", "--json")
        assert code == 2
        assert "Report 'second': Notebook 'small': " in err
        assert fault in err
        assert '"start"' not in out


def test_one_line_makes_a_batch_and_one_failure_does_not_stop_the_others(home, notebook) -> None:
    text = (home.folder / "mlastats.toml").read_text()
    (home.folder / "mlastats.toml").write_text(f'{text}items = {{ partner = ["THA", "VNM", "CHN"] }}\n')
    notebook("if partner == 'VNM':\n    raise SystemError")
    code, _out, err = home.run("report", "second", "--jobs", "1")
    assert code == 1
    assert err.splitlines()[-1] == "Stopped after the failure; 1 not begun. --keep-going goes on."
    code, _out, err = home.run("report", "second", "--keep-going")
    assert code == 1
    assert sorted(path.name for path in (home.reports / "second").iterdir()) == ["CHN", "THA"]
    page = (home.reports / "second" / "THA" / "all" / "r1" / "second.html").read_text()
    assert "<title>second: Thailand" in page
