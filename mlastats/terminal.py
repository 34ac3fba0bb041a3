"""What every command has in common: its options, its exit codes, and how it speaks.

Data go to standard output, words for people to standard error. `-q` leaves out all words but faults, `-v` adds the steps
of a run, and where a fault was raised. Only click is imported here.
"""

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import click

from mlastats.errors import Exit, MlaStatsError, Stopped, lacks_memory

EXIT_CODES = "Exit codes: " + ", ".join(f"{code} {code.means}" for code in Exit) + "."
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_LOUDNESS = "mlastats.loudness"


def loudness() -> str:
    """How much the command is to say: quiet, verbose, or nothing of both."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_LOUDNESS, "")) if context else ""


def _louder(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.meta[_LOUDNESS] = option.name


def _loud(*names: str, text: str) -> click.Option:
    return click.Option(names, is_flag=True, expose_value=False, is_eager=True, callback=_louder, help=text)


class Command(click.Command):
    """A command, which takes -v and -q and tells the exit codes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"epilog": EXIT_CODES, **options})
        self.params.append(_loud("-v", "--verbose", text="Say more: steps, and where a fault was raised."))
        self.params.append(_loud("-q", "--quiet", text="Say nothing but faults."))


class Group(click.Group, Command):
    """Turns every fault that a user can mend into one message and its exit code."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no fault ends in a traceback unless it is asked for."""
        for number in SIGNALS:
            signal.signal(number, _on_signal)
        try:
            return super().invoke(ctx)
        except Stopped:
            _exit("Stopped. What was published stands; the next run makes what is left.", Exit.FAILED)
        except MlaStatsError as fault:
            _exit(str(fault), fault.exit_code)
        except (MemoryError, ImportError, RuntimeError) as fault:
            if not lacks_memory(fault):
                raise
            _exit(
                "It lacked memory or processes. Close other programs, or raise the limits (ulimit -a).",
                Exit.FAILED,
            )
        except OSError as fault:
            from mlastats import storage

            refused = storage.refused(fault, "The system refused")
            _exit(f"{refused} Nothing that was published is touched.", Exit.FAILED)


def _workspace(_context: click.Context, _option: click.Parameter, path: str | None) -> Any:
    from mlastats import settings

    return settings.load(path)


as_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable output on standard output.")
config = click.option(
    "--config",
    "workspace",
    type=click.Path(),
    callback=_workspace,
    help="The workspace's mlastats.toml; else found upwards.",
)


def of_workspace(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command on a workspace: --json and --config."""
    return as_json(config(command))


def tell(as_json: bool, data: Any, lines: Iterable[str], faults: Iterable[str] = ()) -> None:
    """Data to standard output as JSON, or lines for people to standard error, those of faults first."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    for line in (*faults, *(lines if loudness() != "quiet" else ())):
        say(line)


def say(line: str) -> None:
    """A line for people. Whoever was to read it may be gone; what was done is done all the same."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(line, err=True)


def run(command: Callable[..., Any]) -> None:
    """Run a command with the streams and the environment that it needs, whatever it was started with."""
    # Nothing here computes with matrices, and OpenBLAS sends its process a Ctrl-C where it cannot start its threads.
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    try:
        os.getcwd()
    except OSError:  # the working directory has been deleted
        os.chdir(os.sep)
    # A descriptor that was closed would be given to the next file that is opened, a lock or a register.
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    try:
        command(prog_name="mlastats")
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):  # Python would end with an exit code of its own
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _on_signal(number: int, frame: Any) -> None:
    # A second signal must not cut short what the first one ends.
    for signal_ in SIGNALS:
        signal.signal(signal_, signal.SIG_IGN)
    raise Stopped


def _exit(message: str, code: int) -> None:
    if loudness() == "verbose":
        say(traceback.format_exc().rstrip())
    say(f"mlastats: {message}")
    sys.exit(code)
