"""The command that is called for a published report with signals: it gets names and a number, and no case data."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

from mlastats.errors import ConfigurationError
from mlastats.run.progress import Emit

SECONDS = 60
SIGNAL = "signal"


def words(command: str) -> list[str]:
    """The program of a command and its arguments; no shell reads it. Raises ConfigurationError where there is none."""
    try:
        found = [word.strip('"') for word in shlex.split(command, posix=os.name == "posix")]
    except ValueError as cause:
        raise ConfigurationError(
            f"The command of --on-alert cannot be read: {cause}. Close every quote."
        ) from cause
    if not found or not shutil.which(found[0]):
        raise ConfigurationError(
            f"The command of --on-alert must begin with a program that can be run; got {command!r}. Give its path. For a "
            "line of a shell give: sh -c '...'."
        )
    return found


def signals(exhibits: Path) -> int:
    """How many signals the saved exhibits of a report have."""
    saved = (json.loads(path.read_text(encoding="utf-8")) for path in exhibits.glob("*.json"))
    return sum(fact["question"] == SIGNAL for exhibit in saved for fact in exhibit["facts"])


def call(command: list[str], name: str, period: str, number: int, emit: Emit) -> None:
    """Call the command with the report's name, its period and how many signals it has. It sees no key of the workspace.

    That it failed is told, and fails nothing: the report is published.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("MLASTATS_")}
    why = ""
    try:
        # What it prints is no event of the run.
        done = subprocess.run(
            [*command, name, period, str(number)],
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=2,
            timeout=SECONDS,
        )
        why = f"it ended with {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        why = f"it took more than {SECONDS} seconds"
    except OSError as fault:
        why = f"it could not be run ({type(fault).__name__})"
    emit({"event": "alerted", "name": name, "period": period, "signals": number, "why": why})
