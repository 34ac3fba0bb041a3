"""How a run tells what it does: a bar on a terminal, plain lines off it, or events as JSON; and its log.

Everything for people goes to standard error. Names of reports, notebooks and registers are all that
is said: no value of a request.
"""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlastats.errors import MlaStatsError, Stopped

Tell = Callable[[dict[str, Any]], None]
LEVELS = {"failed": "error", "repaired": "warning"}
LONGEST_LOG = 1_000_000


@contextmanager
def shown(as_json: bool) -> Iterator[Tell]:
    """A function that takes the events of a run and shows them."""
    if as_json:
        yield _json
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _line


@contextmanager
def logged(path: Path, tell: Tell) -> Iterator[Tell]:
    """The function that tells, and writes each line to the log too, with moment and level; how a run
    broke off stands there as well. The log before is kept as .1 when a megabyte is full.

    A log that cannot be written stops no run.
    """
    with suppress(OSError):
        if path.stat().st_size > LONGEST_LOG:
            os.replace(path, path.with_suffix(".1"))

    def both(event: dict[str, Any]) -> None:
        _write(path, level_of(event), line_of(event))
        tell(event)

    try:
        yield both
    except (MlaStatsError, Stopped) as cause:
        _write(path, "error", str(cause) or "The run was stopped.")
        raise


def level_of(event: dict[str, Any]) -> str:
    """How much an event matters: error, warning or info."""
    return LEVELS.get(event["event"], "info")


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
        case "cleaning":
            return "Cleaning the registers."
        case "cleaned":
            return (
                f"{event['requests']} requests, {event['issues']} issues, {event['changes']} changed values."
            )
        case "start":
            return f"{event['name']}: {event['why'].rstrip('.')}."
        case "published":
            return f"{event['name']}: published as {event['revision']} in {event['seconds']:.0f} s."
        case "failed":
            return f"{event['name']}: failed. {event['cause']}"
        case "done" if event["left"]:
            return f"Stopped after the failure; {event['left']} not begun. --keep-going goes on."
        case _:
            return ""


@dataclass
class Course:
    """How far a batch is: each report's notebooks, their cells, and what is at work, the longest first."""

    notebooks: dict[str, int] = field(default_factory=dict)
    cells: dict[tuple[str, str], float] = field(default_factory=dict)
    at_work: dict[tuple[str, str], str] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def take(self, event: dict[str, Any]) -> None:
        """Follow one event of the run."""
        step = (event.get("name", ""), event.get("step", ""))
        match event["event"]:
            case "plan":
                self.notebooks = {one["name"]: one["notebooks"] for one in event["reports"]}
            case "cleaning":
                self.at_work["", "cleaning"] = ""
            case "cleaned":
                self.at_work.clear()
            case "step":
                self.at_work[step] = ""
            case "cell":
                self.cells[step] = (event["cell"] - 1) / event["of"]
                self.at_work[step] = f", cell {event['cell']}/{event['of']}"
            case "ended":
                self.at_work.pop(step, None)
                if step in self.cells:
                    self.cells[step] = 1
            case "published" | "failed":
                self.over.add(step[0])

    @property
    def done(self) -> float:
        """The part of the batch that is done, by cells; every report counts the same."""
        run = dict.fromkeys(self.notebooks, 0.0)
        for (name, _), part in self.cells.items():
            run[name] += part / self.notebooks[name]
        return sum(1 if name in self.over else part for name, part in run.items()) / max(1, len(run))

    @property
    def words(self) -> str:
        """The report and cell at work, and how much else is."""
        for (name, step), cell in self.at_work.items():
            more = f" (+{len(self.at_work) - 1})" if len(self.at_work) > 1 else ""
            return f"{name}: {step}{cell}{more}" if name else step
        return ""


def time_left(done: float, seconds: float) -> str:
    """Time left at the pace so far; empty while there is too little to judge by."""
    if done < 0.05:
        return ""
    left = seconds / done * (1 - done)
    return f"{left:.0f} s left" if left < 120 else f"{left / 60:.0f} min left"


def _json(event: dict[str, Any]) -> None:
    print(json.dumps({"level": level_of(event), **event}, ensure_ascii=False), flush=True)


def _line(event: dict[str, Any]) -> None:
    line = line_of(event)
    if line:
        print(line, file=sys.stderr, flush=True)


def _write(path: Path, level: str, line: str) -> None:
    if line:
        moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with suppress(OSError), path.open("a", encoding="utf-8") as log:
            log.write(f"{moment} {level.upper():<7} {' '.join(line.split())}\n")


def _bar() -> Iterator[Tell]:
    """One bar for the batch: reports done, time left, the report and cell at work."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = (
        BarColumn(bar_width=12),
        TextColumn("{task.fields[reports]}"),
        TextColumn("{task.fields[left]}", table_column=Column(min_width=10, justify="right")),
        TextColumn("{task.description}", table_column=rest, markup=False),
    )
    console = Console(stderr=True, highlight=False)
    course, began = Course(), time.monotonic()
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task = progress.add_task("", total=1, reports="", left="")

        def tell(event: dict[str, Any]) -> None:
            course.take(event)
            line = line_of(event)
            if line:
                progress.console.print(line, markup=False, soft_wrap=True)
            progress.update(
                task,
                completed=course.done,
                description=course.words,
                reports=f"{len(course.over)} of {len(course.notebooks)}" if course.notebooks else "",
                left=time_left(course.done, time.monotonic() - began),
            )

        yield tell
