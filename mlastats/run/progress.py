"""How a run tells what it does: a bar on a terminal, plain lines off it, or events as JSON; and its log.

Everything for people goes to standard error. Names of reports, notebooks and registers are all that
is said: no value of a request.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from mlastats.errors import MlaStatsError, Stopped

Emit = Callable[[dict[str, Any]], None]
_WARNINGS = ("repaired", "unlocked", "alerted", "lost", "unfit")
LEVELS = {"failed": logging.ERROR, **dict.fromkeys(_WARNINGS, logging.WARNING)}
# The file in a run's folder that says what is at work, and where.
AT_WORK = "at-work.json"
LONGEST_LOG = 1_000_000


@contextmanager
def shown(as_json: bool, loudness: str = "") -> Iterator[Emit]:
    """A function that takes the events of a run and shows them; `loudness` is quiet (faults alone), verbose (each step) or
    empty."""
    if as_json:
        yield lambda event: say(
            json.dumps({"level": level_of(event), **event}, ensure_ascii=False), sys.stdout
        )
    elif loudness == "quiet":
        yield lambda event: _line(event) if level_of(event) != "info" else None
    elif loudness == "verbose":
        yield _every_step
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _line


@contextmanager
def logged(path: Path, emit: Emit) -> Iterator[Emit]:
    """`emit` for several threads, which writes each line to the log too, with moment and level; how a run
    broke off stands there as well. The log before is kept as .1 when a megabyte is full.

    A log that cannot be written stops no run.
    """
    log = logging.Logger("mlastats.run")
    handler = RotatingFileHandler(path, maxBytes=LONGEST_LOG, backupCount=1, encoding="utf-8", delay=True)
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    handler.formatter = logging.Formatter(
        "{asctime} {levelname:<7} {message}", "%Y-%m-%dT%H:%M:%S+00:00", style="{"
    )
    handler.formatter.converter = time.gmtime
    # To open a pipe may take for ever.
    log.addHandler(handler if path.is_file() or not path.exists() else logging.NullHandler())
    alone = threading.Lock()

    def both(event: dict[str, Any]) -> None:
        line = " ".join(line_of(event).split())
        with alone:
            if line:
                log.log(LEVELS.get(event["event"], logging.INFO), line)
            emit(event)

    try:
        yield both
    except (MlaStatsError, Stopped) as cause:
        log.error(str(cause) or "The run was stopped.")
        raise
    finally:
        handler.close()


def at_work(work: Path, emit: Emit) -> Emit:
    """`emit` for several threads, which also writes into the run's folder what is at work: report, step, worker (none
    where it is this machine)."""
    steps: dict[tuple[str, str], str] = {}
    alone = threading.Lock()

    def both(event: dict[str, Any]) -> None:
        if event["event"] in ("step", "at", "ended"):
            with alone, suppress(OSError):
                step = event["name"], event["step"]
                steps[step] = event.get("worker", "")
                if event["event"] == "ended":
                    del steps[step]
                names = ("report", "step", "worker")
                rows = [dict(zip(names, (*step, at), strict=True)) for step, at in steps.items()]
                (work / "draft.json").write_text(json.dumps(rows), encoding="utf-8")
                os.replace(work / "draft.json", work / AT_WORK)
        emit(event)

    return both


def say(text: str, stream: TextIO | None) -> None:
    """Print a line. Whoever was to read it may be gone, which stops no run."""
    try:
        print(text, file=stream, flush=True) if stream else None
    except (OSError, ValueError):
        # What could not be written would be tried again by each process that is started.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno() if stream else 2)


def level_of(event: dict[str, Any]) -> str:
    """How much an event matters: error, warning or info."""
    return logging.getLevelName(LEVELS.get(event["event"], logging.INFO)).lower()


def line_of(event: dict[str, Any]) -> str:
    """An event in words; empty for those that only a bar shows."""
    match event["event"]:
        case "plan":
            count = len(event["reports"])
            return f"{count} {'report' if count == 1 else 'reports'} to make." if count else "Nothing is due."
        case "repaired" if event["whole"]:
            return f"{event['name']}: {event['revision']} of an interrupted run is now the published one."
        case "repaired":
            return f"{event['name']}: {event['revision']} of an interrupted run was not whole; set apart."
        case "unlocked":
            return str(event["why"])
        case "cleaning":
            return "Reading the returns." if event.get("returns") else "Cleaning the registers."
        case "cleaned" if of := event.get("region"):
            return f"{of['returns']} returns of {of['reported']} of {of['members']} members."
        case "cleaned":
            return (
                f"{event['requests']} requests, {event['issues']} issues, {event['changes']} changed values."
            )
        case "start":
            return f"{event['name']}: {event['why'].rstrip('.')}."
        case "lost":
            return f"Worker {event['worker']} was lost; what it ran is done elsewhere."
        case "unfit":
            return f"Worker {event['worker']} is not used. {event['why']}"
        case "published":
            return f"{event['name']}: published as {event['revision']} in {event['seconds']:.0f} s."
        case "alerted":
            told = f"{event['name']} {event['period']}: signals: {event['signals']}."
            return f"{told} The command of --on-alert failed: {event['why']}." if event["why"] else told
        case "failed":
            return f"{event['name']}: failed. {event['cause']}"
        case "done" if event["left"]:
            return f"Stopped after the failure; {event['left']} not begun. --keep-going goes on."
        case _:
            return ""


@dataclass
class BatchProgress:
    """How far a batch is: each report's notebooks, their cells, and the steps at work, the longest first."""

    notebooks: dict[str, int] = field(default_factory=dict)
    cells: dict[tuple[str, str], float] = field(default_factory=dict)
    steps: dict[tuple[str, str], str] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def take(self, event: dict[str, Any]) -> None:
        """Follow one event of the run."""
        step = (event.get("name", ""), event.get("step", ""))
        match event["event"]:
            case "plan":
                self.notebooks = {report["name"]: report["notebooks"] for report in event["reports"]}
            case "cleaning":
                self.steps["", "cleaning"] = ""
            case "cleaned":
                self.steps.clear()
            case "step":
                self.steps[step] = ""
            case "at":
                self.steps[step] = f" on {event['worker']}"
            case "cell":
                self.cells[step] = (event["cell"] - 1) / event["of"]
                self.steps[step] = f", cell {event['cell']}/{event['of']}"
            case "ended":
                self.steps.pop(step, None)
                if step in self.cells:
                    self.cells[step] = 1
            case "published" | "failed":
                self.over.add(step[0])

    @property
    def done(self) -> float:
        """How many reports are done, counting each in the making by its cells."""
        parts = dict.fromkeys(self.notebooks, 0.0)
        for (name, _), part in self.cells.items():
            parts[name] += part / self.notebooks[name]
        return sum(1 if name in self.over else part for name, part in parts.items())

    @property
    def words(self) -> str:
        """The report and cell at work, and how much else is."""
        for (name, step), cell in self.steps.items():
            more = f" (+{len(self.steps) - 1})" if len(self.steps) > 1 else ""
            return f"{name}: {step}{cell}{more}" if name else step
        return ""


def _line(event: dict[str, Any]) -> None:
    line = line_of(event)
    if line:
        say(line, sys.stderr)


def _every_step(event: dict[str, Any]) -> None:
    _line(event)
    did = {"step": "began", "at": f"is on {event.get('worker')}", "ended": "ended"}.get(event["event"])
    if did:
        say(f"{event['name']}: {event['step']} {did}.", sys.stderr)


def _bar() -> Iterator[Emit]:
    """One bar for the batch: reports done, time left, the report and cell at work."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    progress = Progress(
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", table_column=rest, markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        expand=True,
    )
    batch = BatchProgress()
    with progress:
        task = progress.add_task("", total=None)

        def emit(event: dict[str, Any]) -> None:
            batch.take(event)
            line = line_of(event)
            if line:
                progress.console.print(line, markup=False, soft_wrap=True)
            total = len(batch.notebooks) or None
            progress.update(task, total=total, completed=batch.done, description=batch.words)

        yield emit
