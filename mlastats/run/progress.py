"""How a run tells what it does: a bar on a terminal, plain lines off it, or events as JSON.

Everything for people goes to standard error. Names of reports, notebooks and registers are all that
is said: no value of a request.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Tell = Callable[[dict[str, Any]], None]


@contextmanager
def shown(as_json: bool) -> Iterator[Tell]:
    """A function that takes the events of a run and shows them."""
    if as_json:
        yield _json
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _line


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


def _json(event: dict[str, Any]) -> None:
    level = "error" if event["event"] == "failed" else "warning" if event["event"] == "repaired" else "info"
    print(json.dumps({"level": level, **event}, ensure_ascii=False), flush=True)


def _line(event: dict[str, Any]) -> None:
    line = line_of(event)
    if line:
        print(line, file=sys.stderr, flush=True)


def _bar() -> Iterator[Tell]:
    """One bar for the batch: reports done, the report and cell at work, time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, left="")
        began = time.monotonic()

        def tell(event: dict[str, Any]) -> None:
            line = line_of(event)
            if line:
                progress.console.print(line, markup=False, soft_wrap=True)
            if event["event"] == "plan":
                progress.update(task, total=len(event["reports"]))
            elif event["event"] in ("published", "failed"):
                progress.advance(task)
                progress.update(task, left=_left(progress.tasks[0], time.monotonic() - began))
            progress.update(task, description=_at_work(event) or progress.tasks[0].description)

        yield tell


def _at_work(event: dict[str, Any]) -> str:
    match event["event"]:
        case "cell":
            return f"{event['name']}  {event['step']}  cell {event['cell']} of {event['of']}"
        case "step":
            return f"{event['name']}  {event['step']}"
        case "cleaning":
            return "cleaning"
        case _:
            return ""


def _left(task: Any, seconds: float) -> str:
    """Time left, from the mean of what is done."""
    if not task.total or not task.completed:
        return ""
    left = seconds / task.completed * (task.total - task.completed)
    return f"{left:.0f} s left" if left < 120 else f"{left / 60:.0f} min left"
