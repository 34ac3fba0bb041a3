"""How a run tells what it does: plain lines, or events as JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Tell = Callable[[dict[str, Any]], None]


@contextmanager
def shown(as_json: bool) -> Iterator[Tell]:
    """A function that takes events: JSON on standard output, else lines on standard error."""
    yield _json if as_json else _line


def _json(event: dict[str, Any]) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _line(event: dict[str, Any]) -> None:
    line = line_of(event)
    if line:
        print(line, file=sys.stderr, flush=True)


def line_of(event: dict[str, Any]) -> str:
    """An event in words; empty for those that only a bar shows."""
    match event["event"]:
        case "plan":
            return f"{len(event['reports'])} to make." if event["reports"] else "Nothing is due."
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
            return f"{event['name']}: {event['why']}."
        case "published":
            return f"{event['name']}: published as {event['revision']}."
        case "failed":
            return f"{event['name']}: failed. {event['cause']}"
        case _:
            return ""
