"""What is due and why, worked out by hand; schedules; parameters; what starts without pandas."""

import datetime as dt
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pandas as pd
import pytest

import mlastats
from mlastats import periods, settings, storage
from mlastats.errors import ConfigurationError, InputRejected, ReportFailed
from mlastats.publish import html
from mlastats.publish.exhibit import Column, Saved
from mlastats.publish.publication import Publication
from mlastats.run import (
    alerts,
    checks,
    cleaning,
    parameters,
    plan,
    process,
    progress,
    reports,
    revisions,
    schedule,
    store,
    tasks,
)

REGISTER = "Reference,Received\nA1,2026-01-02\n"
MONTHLY = """
[[reports]]
name = "monthly"
notebooks = ["4_flow"]
period = "month"
start = "2026-05"
"""


@pytest.fixture
def at(workspace) -> Callable[..., settings.Settings]:
    """The workspace's settings as of a day; reports are TOML."""

    def load(day: str, reports: str = MONTHLY) -> settings.Settings:
        shutil.rmtree(home, ignore_errors=True) if not (home / "reports").exists() else None
        text = f'reporting_state = "LAO"\nas_of = "{day}"\nnotebooks = "{notebooks}"\n\n'
        text += '[[registers]]\nname = "police"\npath = "data/raw/police.csv"\n' + reports
        (home / "data" / "raw").mkdir(parents=True, exist_ok=True)
        (home / "data" / "raw" / "police.csv").write_text(REGISTER)
        (home / "mlastats.toml").write_text(text)
        return settings.load(home / "mlastats.toml")

    home = workspace({"police.csv": REGISTER})
    notebooks = (Path(__file__).parents[1] / "notebooks").as_posix()
    return load


def published(loaded: settings.Settings, *names: str) -> None:
    """Publish, without running it, every due report (or those named) as a revision of one small file."""
    for entry in plan.entries(loaded):
        if entry.runs and (not names or entry.name in names):
            draft = loaded.folder / "draft"
            draft.mkdir()
            (draft / "page.html").write_text(entry.name)
            manifest = {"key": entry.key, "outputs": store.outputs(draft)}
            (draft / store.MANIFEST).write_text(json.dumps(manifest))
            store.publish(entry.place, draft)


def due(loaded: settings.Settings, **chosen) -> dict[str, str]:
    """As-of date by period of what a run would make."""
    found = plan.entries(loaded, plan.Selection(**chosen))
    return {entry.period.code: entry.parameters["as_of"] for entry in found if entry.runs}


def states(loaded: settings.Settings) -> list[str]:
    return [entry.state for entry in plan.entries(loaded)]


def test_a_machine_that_was_off_for_three_months_catches_up_each_with_its_own_day(at) -> None:
    assert due(at("2026-06-30")) == {"2026-05": "2026-05-31", "2026-06": "2026-06-30"}
    published(at("2026-06-30"))
    assert due(at("2026-06-30")) == {}
    assert due(at("2026-09-30")) == {
        "2026-07": "2026-07-31",
        "2026-08": "2026-08-31",
        "2026-09": "2026-09-30",
    }


def test_a_period_is_due_after_its_lag_and_its_day_is_never_after_the_configured_one(at) -> None:
    lagging = MONTHLY + "lag_days = 10\n"
    assert due(at("2026-06-09", lagging)) == {}
    assert due(at("2026-06-10", lagging)) == {"2026-05": "2026-06-10"}
    assert due(at("2026-07-09", lagging), period="2026-06") == {"2026-06": "2026-07-09"}


def test_what_is_stale_is_made_anew_for_the_last_period_or_when_asked(at, monkeypatch) -> None:
    published(at("2026-08-31"))
    monkeypatch.setattr(mlastats, "__version__", "9.9")
    loaded = at("2026-08-31")
    assert states(loaded) == ["stale"] * 4
    assert {entry.why for entry in plan.entries(loaded)} == {"made by mlastats 0.1.0"}
    assert list(due(loaded)) == ["2026-08"]
    assert list(due(loaded, since="2026-07")) == ["2026-07", "2026-08"]
    assert list(due(loaded, since="2026-Q3")) == ["2026-07", "2026-08"]
    assert list(due(loaded, force=True)) == ["2026-05", "2026-06", "2026-07", "2026-08"]
    assert list(due(loaded, period="2026-06")) == ["2026-06"]
    assert list(due(at("2026-08-31", MONTHLY + "revise = 3\n"))) == ["2026-06", "2026-07", "2026-08"]
    assert list(due(at("2026-08-31", MONTHLY + "revise = 0\n"))) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda home: (home / "data/raw/police.csv").write_text(REGISTER + "A2,2026-01-03\n"), "police"),
        (lambda home: (home / "data/corrections.csv").write_text("x\n"), "the configuration has changed"),
    ],
)
def test_a_change_of_what_a_report_rests_on_makes_it_stale(at, change, why) -> None:
    loaded = at("2026-05-31")
    published(loaded)
    assert states(loaded) == ["published"]
    change(loaded.folder)
    (entry,) = plan.entries(loaded)
    assert entry.state == "stale"
    assert why in entry.why


def test_what_failed_last_or_lost_a_file_is_due_again(at) -> None:
    loaded = at("2026-06-30")
    published(loaded)
    may, june = (entry.place for entry in plan.entries(loaded))
    (loaded.folder / "broken").mkdir()
    store.keep_failed(may, loaded.folder / "broken", {"cause": "Its process died."})
    (june.folder / "r1" / "page.html").unlink()
    assert [(entry.state, entry.why) for entry in plan.entries(loaded)] == [
        ("failed", "Its process died."),
        ("due", "a published file is missing"),
    ]
    published(loaded)
    assert states(loaded) == ["published", "published"]
    assert june.latest() == "r2"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1, "outputs": 2}', '{"outputs": {}}', "\x00"])
def test_a_manifest_that_is_none_makes_a_report_due(at, text) -> None:
    loaded = at("2026-05-31")
    published(loaded)
    (entry,) = plan.entries(loaded)
    (entry.place.folder / "r1" / store.MANIFEST).write_text(text)
    assert states(loaded) == ["due"]


def test_an_item_makes_a_report_of_its_own(at) -> None:
    loaded = at("2026-05-31", MONTHLY + 'items = { partner = ["THA", "VNM"] }\n')
    found = plan.entries(loaded)
    assert [entry.name for entry in found] == ["monthly/THA/2026-05", "monthly/VNM/2026-05"]
    assert [entry.parameters["partner"] for entry in found] == ["THA", "VNM"]
    for items in ('partner = ["THA", "THA"]', "partner = []", 'partner = ["../x"]', 'a = ["x"]\nb = ["y"]'):
        with pytest.raises(ConfigurationError):
            at("2026-05-31", f"{MONTHLY}[reports.items]\n{items}\n")


@pytest.mark.parametrize(
    "chosen",
    [
        {"names": ["weekly"]},
        {"period": "2026-Q1"},
        {"period": "2026-07"},
        {"since": "all"},
        {"since": "June"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(at, chosen) -> None:
    with pytest.raises(ConfigurationError):
        plan.entries(at("2026-06-30"), plan.Selection(**chosen))


@pytest.mark.parametrize(
    ("span", "start", "until", "codes"),
    [
        ("month", "2025-11", "2026-01-31", ["2025-11", "2025-12", "2026-01"]),
        ("month", "2026-02", "2026-02-27", []),
        ("quarter", "2025-Q4", "2026-06-29", ["2025-Q4", "2026-Q1"]),
        ("half", "2025-H2", "2026-06-30", ["2025-H2", "2026-H1"]),
        ("year", "2024", "2026-12-30", ["2024", "2025"]),
        ("quarter", None, "2026-02-10", ["2025-Q4"]),
        ("all", None, "2026-02-10", ["all"]),
    ],
)
def test_closed_periods(span, start, until, codes) -> None:
    first = periods.parse(start).start if start else None
    assert [p.code for p in periods.closed(span, first, dt.date.fromisoformat(until))] == codes


def notebook(folder: Path, *lines: str) -> Path:
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "source": "\n".join(lines)}
    book = {
        "cells": [cell | {"execution_count": None, "outputs": []}],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / "one.ipynb"
    path.write_text(json.dumps(book))
    return path


def test_parameters_are_known_given_and_of_their_type(tmp_path) -> None:
    path = notebook(
        tmp_path,
        "event: str = ...  # first day",
        "days: int = 180  # how many",
        "kinds: list[str] = []  # which",
    )
    known = parameters.signature(path)
    assert [(p.name, p.type, p.default, p.required, p.help) for p in known.values()] == [
        ("event", "str", None, True, "first day"),
        ("days", "int", 180, False, "how many"),
        ("kinds", "list[str]", [], False, "which"),
    ]
    parameters.check(path, {"event": "2017-06-28", "days": 90, "kinds": ["mla"]})
    with pytest.raises(ConfigurationError) as fault:
        parameters.check(path, {"days": "90", "kinds": [1], "colour": "red"})
    assert str(fault.value) == (
        "Notebook 'one': no parameter 'colour'; it has event, days, kinds; 'event' has no default and was not "
        "given; 'days' must be int; got '90'; 'kinds' must be list[str]; got [1]."
    )


def loaded_modules(code: str, *arguments: str, **environment: str) -> set[str]:
    check = f"import sys\nsys.argv[1:] = {list(arguments)!r}\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", check],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return set(done.stdout.splitlines())


COMMAND = "from mlastats.cli import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"


def test_help_loads_click_alone() -> None:
    heavy = {"pandas", "numpy", "papermill", "pydantic", "rich", "matplotlib", "filelock", "psutil"}
    assert "click" in loaded_modules(COMMAND, "--help")
    assert loaded_modules(COMMAND, "--help") & heavy == set()
    assert loaded_modules(COMMAND, "report", "--help") & heavy == set()


def test_a_run_with_nothing_due_loads_no_pandas_and_no_papermill(at) -> None:
    loaded = at("2026-06-30")
    published(loaded)
    root = loaded.path(loaded.published)
    (root / "index.html").write_text("<html></html>")
    storage.write_whole(root / ".run" / "index", reports._standing(root), root / ".run")
    found = loaded_modules(COMMAND, "report", "--config", str(loaded.source))
    assert "mlastats.run.plan" in found
    assert (
        found & {"pandas", "numpy", "papermill", "nbformat", "rich", "jupyter_client", "matplotlib"} == set()
    )


def test_what_runs_tasks_can_be_given_and_its_errors_are_data(at) -> None:
    quarterly = (
        MONTHLY.replace('"month"', '"quarter"').replace("2026-05", "2026-Q1").replace("monthly", "quarterly")
    )
    loaded = at("2026-06-30", quarterly + 'audience = "public"\n')
    ran, events = [], []

    def refuse(task: process.Task, left: Callable[[], float], emit: progress.Emit) -> process.Result:
        ran.append(task.name)
        if task.name == "clean":
            return process.Result(cleaning.clean(*task.arguments))
        if task.name == "notebook '4_flow'":
            emit({"event": "cell", "cell": 1, "of": 2})
            return process.Result(None, "Withheld", "A count could be worked out.")
        return process.Result()

    options = reports.Options(runner=refuse, keep_going=True)
    outcome = reports.report(loaded, options=options, emit=events.append)
    assert outcome.failed == {
        f"quarterly/all/{quarter}": ("Withheld", "A count could be worked out.")
        for quarter in ("2026-Q1", "2026-Q2")
    }
    assert outcome.exit_code == 5
    # The keys of all records are fixed before anything is counted over them.
    assert [ran[0], ran[1], ran[-1]] == ["check", "clean", "index"]
    assert sorted(ran[2:-1]) == ["keys", "keys", "notebook '4_flow'", "notebook '4_flow'"]
    assert {"event": "cell", "cell": 1, "of": 2, "name": "quarterly/all/2026-Q1", "step": "4_flow"} in events
    assert states(loaded) == ["failed", "failed"]


def test_the_units_of_systemd_are_sound(at, tmp_path) -> None:
    loaded = at("2026-06-30")
    text = schedule.lines("systemd", loaded, "echo 100% \"$HOME\" >> '/tmp/a b'")
    parts = [part.partition("\n") for part in text.split("# ~/.config/systemd/user/")[1:]]
    for name, _, body in parts:
        (tmp_path / name).write_text(body)
    names = [name for name, _, _ in parts]
    assert names == ["mlastats.service", "mlastats.timer", "mlastats-failed.service"]
    service, timer, hook = (body for _, _, body in parts)
    assert "OnFailure=mlastats-failed.service" in service
    assert f'"--config" "{loaded.source}"' in service
    assert "Persistent=true" in timer
    assert '"echo 100%% \\"$$HOME\\" >> \'/tmp/a b\'"' in hook
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(
            ["systemd-analyze", "verify", *(str(tmp_path / name) for name in names)],
            capture_output=True,
            text=True,
        )
        assert checked.returncode == 0, checked.stderr
        assert checked.stderr == ""


def test_the_line_of_cron_calls_its_hook_on_failure_only(at, tmp_path) -> None:
    loaded = at("2026-06-30")
    text = schedule.lines("cron", loaded, "echo failed 100%")
    (line,) = [line for line in text.splitlines() if line.startswith("30 2 * * * ")]
    command = line.removeprefix("30 2 * * * ").replace("\\%", "%")
    assert "%" not in line.replace("\\%", "")
    calls = shlex.quote(str(Path(sys.executable)))
    for code, said in ((0, ""), (4, ""), (1, "failed 100%\n"), (3, "failed 100%\n")):
        stub = tmp_path / f"python{code}"
        stub.write_text(f"#!/bin/sh\nexit {code}\n")
        stub.chmod(0o755)
        done = subprocess.run(["sh", "-c", command.replace(calls, str(stub))], capture_output=True, text=True)
        assert done.stdout == said


def test_the_task_of_windows_catches_up_and_never_overlaps(at) -> None:
    loaded = at("2026-06-30")
    text = schedule.lines("windows", loaded)
    assert text.isascii()
    task = ElementTree.fromstring(text)
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert task.findtext("t:Settings/t:StartWhenAvailable", namespaces=names) == "true"
    assert task.findtext("t:Settings/t:MultipleInstancesPolicy", namespaces=names) == "IgnoreNew"
    assert task.findtext("t:Actions/t:Exec/t:Command", namespaces=names) == sys.executable
    assert task.findtext("t:Actions/t:Exec/t:WorkingDirectory", namespaces=names) == str(loaded.folder)
    hooked = ElementTree.fromstring(schedule.lines("windows", loaded, "mail <admin> & exit"))
    given = hooked.findtext("t:Actions/t:Exec/t:Arguments", namespaces=names)
    assert given
    assert given.endswith('|| mail <admin> & exit"')


def test_events_in_words() -> None:
    events = [
        {"event": "plan", "reports": []},
        {"event": "failed", "name": "a/all/2026", "cause": "Its process died."},
        {"event": "done", "left": 2},
        {"event": "cell", "name": "a", "step": "b", "cell": 1, "of": 2},
    ]
    assert [progress.line_of(event) for event in events] == [
        "Nothing is due.",
        "a/all/2026: failed. Its process died.",
        "Stopped after the failure; 2 not begun. --keep-going goes on.",
        "",
    ]


def test_the_bar_follows_the_cells_of_every_report() -> None:
    batch = progress.BatchProgress()

    def told(event: str, name: str = "", step: str = "", **more: object) -> tuple[float, str]:
        batch.take({"event": event, "name": name, "step": step, **more})
        return batch.done, batch.words

    plan = [{"name": "a/all/2026", "notebooks": 2}, {"name": "b/all/2026", "notebooks": 1}]
    assert told("plan", reports=plan) == (0, "")
    assert told("cleaning") == (0, "cleaning")
    assert told("cleaned") == (0, "")
    assert told("step", "a/all/2026", "one") == (0, "a/all/2026: one")
    # Cell 3 of 4 is at work: two of four, of one of two notebooks.
    assert told("cell", "a/all/2026", "one", cell=3, of=4) == (0.25, "a/all/2026: one, cell 3/4")
    assert told("step", "a/all/2026", "two") == (0.25, "a/all/2026: one, cell 3/4 (+1)")
    assert told("ended", "a/all/2026", "one") == (0.5, "a/all/2026: two")
    # A step without cells, as a format is, moves nothing.
    assert told("ended", "a/all/2026", "two") == (0.5, "")
    assert told("published", "a/all/2026") == (1, "")
    assert told("failed", "b/all/2026") == (2, "")


def test_the_log_of_runs_has_moments_and_levels_and_no_end_of_its_own(tmp_path: Path) -> None:
    log, told = tmp_path / "log", []
    log.write_text("old\n" * 300_000)

    def broken() -> None:
        with progress.logged(log, told.append) as tell:
            tell({"event": "cell", "name": "a", "step": "b", "cell": 1, "of": 2})
            tell({"event": "failed", "name": "a/all/2026", "cause": "Two\nlines."})
            raise InputRejected("Register 'moj' cannot be read.")

    with pytest.raises(InputRejected):
        broken()
    assert [event["event"] for event in told] == ["cell", "failed"]
    lines = log.read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "ERROR   a/all/2026: failed. Two lines.",
        "ERROR   Register 'moj' cannot be read.",
    ]
    assert all(dt.datetime.fromisoformat(line.split()[0]).tzinfo is dt.UTC for line in lines)
    assert (tmp_path / "log.1").stat().st_size == 1_200_000
    with progress.logged(tmp_path / "nowhere" / "log", told.append) as tell:
        tell({"event": "repaired", "name": "a", "revision": "r1", "whole": True})
    assert told[-1]["event"] == "repaired"


def test_a_revision_says_what_reads_otherwise() -> None:
    def saved(**figures: int) -> Saved:
        table = pd.DataFrame({"kind": list(figures), "requests": list(figures.values())})
        columns = {"kind": Column("Kind", "code", "kind"), "requests": Column("Requests", "count")}
        given = {"finding": "", "alt": "", "unit": "", "notes": (), "scope": {}, "counts": {}}
        return Saved("one", "n", 1, question="How many?", columns=columns, by=("kind",), table=table, **given)

    was, now = saved(mla=1200, extradition=7, handover=3), saved(mla=1201, extradition=7, deportation=2)
    found = revisions.compare([was], [now])
    assert [(c.exhibit, c.group, c.column, c.was, c.now) for c in found] == [
        ("How many?", "Mutual legal assistance", "Requests", "1,200", "1,201"),
        ("How many?", "Deportation", "Requests", "", "2"),
        ("How many?", "Police hand-over", "Requests", "3", ""),
    ]
    assert revisions.compare([was], [was]) == []
    made = Publication("all", "A report", "LAO", dt.date(2026, 9, 30))
    page = html.render(revisions.page(made, found, "r1"))
    assert "3 figures of this report read otherwise." in page
    assert "1,200</td>" in page
    assert "Nothing can be said" not in page


class TestAlerts:
    def exhibits(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        facts = [{"question": "signal"}, {"question": "how_long"}, {"question": "signal"}]
        (folder / "7_what_moved.signals.json").write_text(json.dumps({"facts": facts}))
        (folder / "4_flow.flow_stock.json").write_text(json.dumps({"facts": []}))

    def test_signals_are_counted_over_all_exhibits(self, tmp_path: Path) -> None:
        self.exhibits(tmp_path)
        assert alerts.signals(tmp_path) == 2

    @pytest.mark.parametrize("command", ["", "no-such-program --now", "sh -c 'mail"])
    def test_a_command_that_cannot_be_called_is_refused_before_the_run(self, command: str) -> None:
        with pytest.raises(ConfigurationError, match="--on-alert"):
            alerts.words(command)

    def test_it_is_called_with_names_and_a_number_and_without_a_key(
        self, tmp_path: Path, monkeypatch
    ) -> None:
        monkeypatch.setenv("MLASTATS_KEY", "a key of sixteen letters")
        script = tmp_path / "a script.py"
        script.write_text(
            "import os, pathlib, sys\n"
            "pathlib.Path(sys.argv[1]).write_text(repr((sys.argv[2:], 'MLASTATS_KEY' in os.environ)))\n"
            "sys.exit(3)\n"
        )
        command = alerts.words(shlex.join([sys.executable, str(script), str(tmp_path / "told")]))
        events: list[dict] = []
        alerts.call(command, "quarterly", "2026-Q2", 2, events.append)
        assert (tmp_path / "told").read_text() == "(['quarterly', '2026-Q2', '2'], False)"
        assert progress.line_of(events[0]) == (
            "quarterly 2026-Q2: signals: 2. The command of --on-alert failed: it ended with 3."
        )

    def test_a_run_calls_it_for_each_report_with_signals_and_ends_as_usual(
        self, at, tmp_path, monkeypatch
    ) -> None:
        """What is published is not looked at here: every task of the run is made up."""
        loaded = at("2026-06-30", MONTHLY + 'items = { partner = ["THA"] }\n')
        monkeypatch.setattr(checks, "exhibits_complete", lambda notebooks: None)
        monkeypatch.setattr(checks, "formats_readable", lambda *names: None)

        def make_up(task: process.Task, left: Callable[[], float], emit: progress.Emit) -> process.Result:
            if task.name == "clean":
                return process.Result(cleaning.clean(*task.arguments))
            if task.name.startswith("notebook"):
                self.exhibits(task.log.parents[1] / tasks.EXHIBITS)
            return process.Result()

        called = []
        monkeypatch.setattr(
            subprocess,
            "run",
            lambda words, **_how: called.append(words) or SimpleNamespace(returncode=9),
        )
        options = reports.Options(runner=make_up, on_alert=["mail"])
        outcome = reports.report(loaded, options=options, emit=lambda event: None)
        assert outcome.exit_code == 0
        assert sorted(called) == [["mail", "monthly/THA", period, "2"] for period in ("2026-05", "2026-06")]


def test_a_cell_may_show_what_it_shows_only_if_something_holds(tmp_path) -> None:
    def notebook(*cells: str) -> Path:
        shown = {"metadata": {"mlastats": {"exhibit": "one"}}}
        parts = [{"cell_type": "code", "source": "page.show(a)", "outputs": [shown]}]
        parts += [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells]
        path = tmp_path / "small.ipynb"
        path.write_text(json.dumps({"cells": parts}), encoding="utf-8")
        return path

    checks.exhibits_complete([notebook("if page.settings.flows:\n    page.show(b)\n", "%matplotlib inline")])
    for cell in ("page.show(b)", "for b in ():\n    page.show(b)", "%time page.show(b)"):
        with pytest.raises(ReportFailed, match="cell 2: it ended without its exhibit"):
            checks.exhibits_complete([notebook(cell)])
