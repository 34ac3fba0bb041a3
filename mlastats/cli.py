"""The command `mlastats`. Data go to standard output, words for people to standard error.

Only click is imported here; each command imports what it needs when it runs.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mlastats import __version__
from mlastats.errors import MlaStatsError, Stopped, lacks_memory

EXIT_CODES = """\b
Exit codes: 0 done or nothing to do, 1 a report failed, 2 usage, configuration
or parameters, 3 input rejected, 4 another run holds the lock, 5 withheld by
the disclosure gate."""
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Group(click.Group):
    """Turns every fault that a user can mend into one message and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no fault ends in a traceback."""
        for number in SIGNALS:
            signal.signal(number, _on_signal)
        try:
            return super().invoke(ctx)
        except Stopped:
            _exit("Stopped. What was published stands; the next run makes what is left.", 1)
        except MlaStatsError as fault:
            _exit(str(fault), fault.exit_code)
        except (MemoryError, ImportError, RuntimeError) as fault:
            if not lacks_memory(fault):
                raise
            _exit("It lacked memory or processes. Close other programs, or raise the limits (ulimit -a).", 1)
        except OSError as fault:
            from mlastats import storage

            _exit(f"{storage.refused(fault, 'The system refused')} Nothing that was published is touched.", 1)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="mlastats")
def cli() -> None:
    """Measure how well requests for co-operation between states are answered.

    \b
    Examples:
      mlastats map FILE            propose how a register is to be read
      mlastats clean               read the registers of this workspace
      mlastats report              publish every report that is due
      mlastats status              what is published, stale, failed or due
    """


def _workspace(_context: click.Context, _option: click.Parameter, path: str | None) -> Any:
    from mlastats import settings

    return settings.load(path)


_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable output on standard output.")
_config = click.option(
    "--config",
    "workspace",
    type=click.Path(),
    callback=_workspace,
    help="The workspace's mlastats.toml; else found upwards.",
)


@cli.command(epilog=EXIT_CODES)
@_json
@_config
def clean(workspace: Any, as_json: bool) -> None:
    """Read the registers, and write the requests with every change and issue.

    \b
    Examples:
      mlastats clean
      mlastats clean --config /srv/mla/mlastats.toml --json
    """
    from mlastats.run import reports

    result = reports.clean(workspace)
    apart = f" and {result['apart']} entries counted apart" if result["apart"] else ""
    sums = f"{result['requests']} requests{apart}, {result['issues']} issues, {result['changes']} changed values."
    _print(as_json, result, [*result.pop("account"), sums])


@cli.command(name="map", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="The mapping file; else beside FILE, as .toml."
)
@click.option("--encoding", help="Encoding to try after UTF-8.")
@click.option(
    "--sheet", multiple=True, help="A sheet of a workbook, by place or name; else all with a table."
)
@click.option(
    "--header-row", type=click.IntRange(min=0), help="The row of the header; 0 where there is none."
)
@_json
def map_(file: Path, output: Path | None, encoding: str | None, as_json: bool, **table: Any) -> None:
    """Propose which column of the register FILE is which, and write a mapping to approve.

    Headers and example values are case data: they are shown on a terminal alone, never in a log.

    \b
    Examples:
      mlastats map data/raw/police.xlsx
      mlastats map data/raw/police.csv --output data/raw/police.toml --encoding cp874
      mlastats map data/raw/police.xlsx --sheet 2 --sheet Extraditions --header-row 4
    """
    from mlastats.register import mapping, proposal
    from mlastats.register.files import read_register

    sheets = [int(place) if place.isdigit() else place for place in table.pop("sheet")]
    read = mapping.check({"sheets": sheets, **table})
    proposed = proposal.propose(read_register(file, read, encoding=encoding, alone=True))
    target = output or file.with_suffix(".toml")
    proposal.write(proposed, target)
    case_data = proposal.lines(proposed) if sys.stderr.isatty() else []
    advice = f"Correct and approve {target.name}, then name it as `mapping`."
    _print(as_json, proposal.summary(proposed), [*case_data, f"{proposal.counts(proposed)} {advice}"])


@cli.group(name="vocab")
def vocab_() -> None:
    """Work on the vocabularies of this workspace."""


@vocab_.command(name="check", epilog=EXIT_CODES)
@_json
@_config
def vocab_check(workspace: Any, as_json: bool) -> None:
    """Find terms of the registers that no vocabulary knows, and own aliases that no register uses.

    Writes unmatched.csv beside the cleaned table, with a line to paste for each term. The terms are case
    data: they are shown on a terminal alone, never in a log.

    \b
    Examples:
      mlastats vocab check
      mlastats vocab check --json
    """
    from mlastats.register import clean, unmatched

    unknown = unmatched.check(clean.clean_workspace(workspace))
    path = unmatched.write(unknown, workspace)
    case_data = unmatched.lines(unknown) if sys.stderr.isatty() else []
    counts = f"{len(unknown.terms)} terms in no vocabulary, {len(unknown.unused)} own aliases unused."
    advice = f"{counts} The lines to paste are in {path.name}."
    _print(as_json, unmatched.summary(unknown), [*case_data, advice])


@cli.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1)
@click.option("--period", help="Only this period: 2026, 2026-H1, 2026-Q3, 2026-09.")
@click.option("--since", help="Also stale reports, from this period on.")
@click.option("--dry-run", is_flag=True, help="Show what is due and why; run nothing.")
@click.option("--force", is_flag=True, help="Make them anew even where nothing has changed.")
@click.option("--keep-going", is_flag=True, help="Go on with the others after a failure.")
@click.option("--accept-dates", is_flag=True, help="Publish public reports as of one day more than allowed.")
@click.option(
    "--on-alert", metavar="COMMAND", help="Called with report, period and number of signals where it has any."
)
@click.option("--jobs", type=click.IntRange(1), help="Steps at a time; else one for each core, four at most.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds for one report; else 3600.")
@_json
@_config
def report(names: tuple[str, ...], workspace: Any, as_json: bool, **options: Any) -> None:
    """Publish every report that is due, or those named.

    \b
    Examples:
      mlastats report
      mlastats report quarterly --period 2026-Q3
      mlastats report --since 2025-01 --keep-going --jobs 2
      mlastats report --dry-run
      mlastats report --on-alert "notify-send Signals"
    """
    from mlastats.run import alerts, plan, progress, reports

    if options["on_alert"] is not None:
        options["on_alert"] = alerts.words(options["on_alert"])
    chosen = {key: options.pop(key) for key in ("period", "since", "force")}
    if chosen["period"] and chosen["since"]:
        raise click.UsageError("--period and --since exclude each other.")
    if options.pop("dry_run"):
        entries = [entry for entry in plan.entries(workspace, plan.Selection(names, **chosen)) if entry.runs]
        due = [{"name": e.name, "why": e.why, "as_of": e.parameters["as_of"]} for e in entries]
        lines = [f"{entry['name']}  as of {entry['as_of']}  {entry['why']}" for entry in due]
        _print(as_json, {"due": due}, lines or ["Nothing is due."])
        return
    limits = reports.Options(**{key: value for key, value in options.items() if value is not None})
    with progress.shown(as_json) as emit:
        outcome = reports.report(workspace, names, options=limits, emit=emit, **chosen)
    sys.exit(outcome.exit_code)


@cli.command(epilog=EXIT_CODES)
@_json
@_config
def status(workspace: Any, as_json: bool) -> None:
    """Show what is published, stale, failed or due, and the space it takes.

    \b
    Examples:
      mlastats status
      mlastats status --json
    """
    from mlastats.run import overview

    published = overview.status(workspace)
    _print(as_json, published, overview.lines(published))


@cli.group()
def secret() -> None:
    """The secret by which public numbers are rounded."""


@secret.command(name="new", epilog=EXIT_CODES)
@click.option("--reason", required=True, help="Why; it is printed on each public page from now on.")
@_json
@_config
def secret_new(workspace: Any, as_json: bool, reason: str) -> None:
    """Make a new secret, and begin a new series of public reports with it.

    Whoever has a report of before and one of after can average the two: do this where the secret is lost or known.

    \b
    Examples:
      mlastats secret new --reason "the secret was lost"
    """
    from mlastats.run import lock, series

    with lock.held(workspace):
        found = series.renew(workspace, reason)
    _print(
        as_json, found, [f"Series {found['number']} of the public reports begins. Keep a copy of data/keys."]
    )


@cli.command(epilog=EXIT_CODES)
@click.argument("name")
@click.argument("figure")
@click.option("--item", default="all", help="The item of the report; else all.")
@click.option("--period", help="Its period; else the last one published.")
@_json
@_config
def explain(name: str, figure: str, item: str, period: str | None, workspace: Any, as_json: bool) -> None:
    """Print where the numbers of a FIGURE (F3.2) of the report NAME come from, as the last revision has it.

    \b
    Examples:
      mlastats explain overview F0.1
      mlastats explain quarterly F2.1 --period 2026-Q3
    """
    from mlastats.publish import traces
    from mlastats.run import overview

    made = overview.traced(workspace, name, item, period)
    asked = f"F{figure.upper().removeprefix('F')}"
    known = ", ".join(sorted({one["figure"] for one in made}))
    advice = (
        f"No number of {asked} stands on the first page or in the briefing; those that do: {known or 'none'}."
    )
    _print(as_json, [one for one in made if one["figure"] == asked], traces.lines(made, asked) or [advice])


@cli.command(epilog=EXIT_CODES)
@_json
@_config
def verify(workspace: Any, as_json: bool) -> None:
    """Hash every published file anew, and name what is missing or has changed.

    \b
    Examples:
      mlastats verify
      mlastats verify --json
    """
    from mlastats.run import store

    revisions = store.verify(store.roots(workspace))
    faulty = {name: faults for name, faults in revisions if faults}
    lines = [f"{name}: {fault}" for name, faults in faulty.items() for fault in faults]
    result = {"revisions": len(revisions), "faults": faulty}
    _print(as_json, result, [*lines, f"{len(revisions)} revisions, {len(faulty)} faulty."])
    sys.exit(1 if faulty else 0)


@cli.command(epilog=EXIT_CODES)
@click.argument("system", type=click.Choice(["systemd", "cron", "windows"]))
@click.option("--on-failure", default="", help="Command to call when a report failed.")
@_json
@_config
def schedule(system: str, on_failure: str, workspace: Any, as_json: bool) -> None:
    """Print what SYSTEM needs to run this workspace's reports every night.

    \b
    Examples:
      mlastats schedule systemd
      mlastats schedule cron --on-failure "mail -s mlastats admin < /dev/null"
      mlastats schedule windows > mlastats.xml
    """
    from mlastats.run import schedule as schedules

    text = schedules.lines(system, workspace, on_failure)
    click.echo(json.dumps({"system": system, "text": text}) if as_json else text, nl=False)


def _print(as_json: bool, data: Any, lines: Iterable[str]) -> None:
    """Data to standard output as JSON, or lines for people to standard error."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    for line in lines:
        _say(line)


def _on_signal(number: int, frame: Any) -> None:
    # A second signal must not cut short what the first one ends.
    for signal_ in SIGNALS:
        signal.signal(signal_, signal.SIG_IGN)
    raise Stopped


def _exit(message: str, code: int) -> None:
    _say(f"mlastats: {message}")
    sys.exit(code)


def _say(line: str) -> None:
    # Whoever was to read it may be gone; what was done is done all the same.
    with contextlib.suppress(OSError, ValueError):
        click.echo(line, err=True)


def main() -> None:
    """The command's entry point."""
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
        cli(prog_name=Path(sys.argv[0]).name if "mlastats" in sys.argv[0] else "mlastats")
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):  # Python would end with an exit code of its own
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
