"""The command: its exit codes, its loudness, completion, and the commands that open something."""

import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mlastats import errors, terminal
from mlastats.cli import cli
from mlastats.errors import Exit
from mlastats.run import progress


def commands(group: click.Group = cli, name: str = "mlastats") -> dict[str, click.Command]:
    """Every command by the words that call it."""
    found: dict[str, click.Command] = {name: group}
    for part, command in group.commands.items():
        found |= (
            commands(command, f"{name} {part}")
            if isinstance(command, click.Group)
            else {f"{name} {part}": command}
        )
    return found


COMMANDS = commands()


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlastats", *words]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)


def test_exit_codes_are_said_once_and_every_fault_has_one() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 5]
    faults = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.MlaStatsError)
    ]
    assert {kind.exit_code for kind in faults} == set(Exit) - {Exit.DONE}
    for code in Exit:
        assert f"{code:d} {code.means}" in terminal.EXIT_CODES
    for name, command in COMMANDS.items():
        assert command.epilog == terminal.EXIT_CODES, name


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "mlastats"])
def test_every_command_tells_how_it_is_called(name: str) -> None:
    command = COMMANDS[name]
    if not isinstance(command, click.Group):
        assert f"      {name}" in (command.help or ""), "an example"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"-v", "-q"} <= options
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


def test_help_answers_without_what_reports_need() -> None:
    heavy = ("pandas", "pydantic", "matplotlib", "rich", "pyarrow", "numpy")
    code = f"import sys, mlastats.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("place", ["before", "after"])
def test_quiet_says_faults_alone_and_verbose_says_where(workspace: Callable[..., Path], place: str) -> None:
    home = workspace({"police.csv": "Ref,Country,Received\nA1,Thailand,2024-01-02\n"})
    config = ("--config", str(home / "mlastats.toml"))

    def said(flag: str, *words: str) -> subprocess.CompletedProcess[str]:
        return run(flag, *words, *config) if place == "before" else run(*words, *config, flag)

    assert "1 requests" in run("clean", *config).stderr
    quiet = said("-q", "clean")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    fault = said("-q", "report", "nothing")
    assert (fault.returncode, fault.stderr) == (
        Exit.CONFIGURATION,
        "mlastats: No report is called 'nothing'; the configuration has none.\n",
    )
    verbose = said("-v", "report", "nothing")
    assert verbose.returncode == Exit.CONFIGURATION
    assert re.search(
        r'Traceback.*plan.py", line \d+, in _named.*ConfigurationError: No report', verbose.stderr, re.S
    )
    assert verbose.stderr.endswith(fault.stderr)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    script = run(_MLASTATS_COMPLETE=f"{shell}_source")
    assert script.returncode == 0
    assert "_MLASTATS_COMPLETE" in script.stdout


def test_completion_offers_the_commands_of_what_was_begun() -> None:
    offered = run(_MLASTATS_COMPLETE="bash_complete", COMP_WORDS="mlastats st", COMP_CWORD="1")
    assert offered.stdout == "plain,status\n"


def test_open_shows_the_newest_report(
    workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(opened.append(address)) or True)
    home = workspace({"police.csv": "Ref\nA1\n"})
    config = ["--config", str(home / "mlastats.toml")]
    nothing = CliRunner().invoke(cli, ["open", *config])
    assert nothing.exit_code == Exit.CONFIGURATION
    assert "Run `mlastats report`" in nothing.stderr
    for age, (name, revision, form) in enumerate([("new", "r2", "html"), ("old", "r1", "pdf")]):
        folder = home / "reports" / name / "all" / "all"
        for number in range(1, int(revision[1:]) + 1):
            (folder / f"r{number}").mkdir(parents=True)
            (folder / f"r{number}" / f"{name}.{form}").write_text("")
        (folder / "latest").write_text(revision)
        os.utime(folder / "latest", (1e9 - age, 1e9 - age))
    shown = CliRunner().invoke(cli, ["open", *config])
    assert (shown.exit_code, shown.stderr) == (0, "reports/new/all/all/r2/new.html\n")
    assert CliRunner().invoke(cli, ["open", "old", *config]).stderr == "reports/old/all/all/r1/old.pdf\n"
    page = home / "reports" / "new" / "all" / "all" / "r2" / "new.html"
    assert opened[0] == page.as_uri()
    assert "called other" in CliRunner().invoke(cli, ["open", "other", *config]).stderr
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert "no browser" in CliRunner().invoke(cli, ["open", *config]).stderr


def test_lab_without_jupyterlab_says_how_to_get_it(
    workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jupyterlab" else find(name)
    )
    home = workspace({"police.csv": "Ref\nA1\n"})
    said = CliRunner().invoke(cli, ["lab", "--config", str(home / "mlastats.toml")])
    assert said.exit_code == Exit.CONFIGURATION
    assert "pip install 'mlastats[lab]'" in said.stderr


def test_lab_opens_the_notebooks_of_the_workspace(
    workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, command: called.append(command))
    monkeypatch.setattr(subprocess, "call", lambda command: 0)
    home = workspace({"police.csv": "Ref\nA1\n"}, notebooks="ours")
    config = ["--config", str(home / "mlastats.toml")]
    monkeypatch.setenv("MLASTATS_CONFIG", "")
    CliRunner().invoke(cli, ["lab", "--no-browser", *config])
    (home / "ours").mkdir()
    CliRunner().invoke(cli, ["lab", *config])
    assert [command[3:] for command in called] == [
        [f"--notebook-dir={home}", "--no-browser"],
        [f"--notebook-dir={home / 'ours'}"],
    ]


def test_a_run_says_each_step_or_faults_alone(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        {"event": "start", "name": "overview/all/all", "why": "never published"},
        {"event": "step", "name": "overview/all/all", "step": "4_flow"},
        {"event": "cell", "name": "overview/all/all", "step": "4_flow", "cell": 1, "of": 9},
        {"event": "ended", "name": "overview/all/all", "step": "4_flow"},
        {"event": "failed", "name": "overview/all/all", "cause": "The deadline passed."},
    ]
    told = {}
    for loudness in ("quiet", "", "verbose"):
        with progress.shown(False, loudness) as emit:
            for event in events:
                emit(event)
        told[loudness] = capsys.readouterr().err.splitlines()
    start, began, ended = "never published.", "4_flow began.", "4_flow ended."
    fault = "failed. The deadline passed."
    said = {loudness: [line.partition(": ")[2] for line in lines] for loudness, lines in told.items()}
    assert said == {"quiet": [fault], "": [start, fault], "verbose": [start, began, ended, fault]}
