"""The command `mlastats`. Data go to standard output, words for people to standard error.

Only click is imported here; each command imports what it needs when it runs.
"""

import json
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mlastats import __version__
from mlastats.errors import MlaStatsError, Stopped

EXIT_CODES = """\b
Exit codes: 0 done or nothing to do, 1 a report failed, 2 usage, configuration
or parameters, 3 input rejected, 4 another run holds the lock, 5 withheld by
the disclosure gate."""


_ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Group(click.Group):
    """Turns every fault that a user can mend into one message and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no fault ends in a traceback."""
        for number in _ENDINGS:
            signal.signal(number, _end)
        try:
            return super().invoke(ctx)
        except Stopped:
            _stop("Stopped. What was published stands; the next run makes what is left.", 1)
        except MlaStatsError as fault:
            _stop(str(fault), fault.exit_code)
        except OSError as fault:
            _stop(f"The system refused: {fault.strerror}. Nothing that was published is touched.", 1)


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


def _shared(command: Any) -> Any:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Machine-readable output on standard output."),
        click.option(
            "--config", type=click.Path(), help="The workspace's mlastats.toml; else found upwards."
        ),
    ):
        command = option(command)
    return command


@cli.command(epilog=EXIT_CODES)
@_shared
def clean(config: str | None, as_json: bool) -> None:
    """Read the registers, and write the requests with every change and issue.

    \b
    Examples:
      mlastats clean
      mlastats clean --config /srv/mla/mlastats.toml --json
    """
    from mlastats import settings
    from mlastats.run import reports

    found = reports.clean(settings.load(config), lambda event: None)
    sums = f"{found['requests']} requests, {found['issues']} issues, {found['changes']} changed values."
    _say(as_json, found, [*found.pop("account"), sums])


@cli.command(name="map", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="The mapping file; else beside FILE, as .toml."
)
@click.option("--encoding", help="Encoding to try after UTF-8.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output on standard output.")
def map_(file: Path, output: Path | None, encoding: str | None, as_json: bool) -> None:
    """Propose which column of the register FILE is which, and write a mapping to approve.

    Headers and example values are case data: they are shown on a terminal alone, never in a log.

    \b
    Examples:
      mlastats map data/raw/police.xlsx
      mlastats map data/raw/police.csv --output data/raw/police.toml --encoding cp874
    """
    from mlastats.register import proposal
    from mlastats.register.files import read_register

    found = proposal.propose(read_register(file, encoding=encoding))
    target = output or file.with_suffix(".toml")
    proposal.write(found, target)
    shown = proposal.lines(found) if sys.stderr.isatty() else []
    advice = f"Correct and approve {target.name}, then name it as `mapping`."
    _say(as_json, proposal.summary(found), [*shown, f"{proposal.counts(found)} {advice}"])


@cli.group(name="vocab")
def vocab_() -> None:
    """Work on the vocabularies of this workspace."""


@vocab_.command(name="check", epilog=EXIT_CODES)
@_shared
def vocab_check(config: str | None, as_json: bool) -> None:
    """Find terms of the registers that no vocabulary knows, and own aliases that no register uses.

    Writes unmatched.csv beside the cleaned table, with a line to paste for each term. The terms are case
    data: they are shown on a terminal alone, never in a log.

    \b
    Examples:
      mlastats vocab check
      mlastats vocab check --json
    """
    from mlastats import settings
    from mlastats.register import clean, unmatched

    loaded = settings.load(config)
    found = unmatched.check(clean.clean_workspace(loaded))
    path = unmatched.write(found, loaded.path(loaded.processed))
    shown = unmatched.lines(found) if sys.stderr.isatty() else []
    counts = f"{len(found.terms)} terms in no vocabulary, {len(found.unused)} own aliases unused."
    _say(as_json, unmatched.summary(found), [*shown, f"{counts} The lines to paste are in {path.name}."])


@cli.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1)
@click.option("--period", help="Only this period: 2026, 2026-H1, 2026-Q3, 2026-09.")
@click.option("--since", help="Also stale reports, from this period on.")
@click.option("--dry-run", is_flag=True, help="Show what is due and why; run nothing.")
@click.option("--force", is_flag=True, help="Make them anew even where nothing has changed.")
@click.option("--keep-going", is_flag=True, help="Go on with the others after a failure.")
@click.option("--jobs", type=click.IntRange(1), help="Steps at a time; else one for each core, four at most.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds for one report; else 3600.")
@_shared
def report(names: tuple[str, ...], config: str | None, as_json: bool, **options: Any) -> None:
    """Publish every report that is due, or those named.

    \b
    Examples:
      mlastats report
      mlastats report quarterly --period 2026-Q3
      mlastats report --since 2025-01 --keep-going --jobs 2
      mlastats report --dry-run
    """
    from mlastats import settings
    from mlastats.run import reports

    chosen = {key: options.pop(key) for key in ("period", "since", "force")}
    if chosen["period"] and chosen["since"]:
        raise click.UsageError("--period and --since exclude each other.")
    loaded = settings.load(config)
    if options.pop("dry_run"):
        _show_plan(loaded, names, chosen, as_json)
        return
    from mlastats.run import progress

    given = {key: value for key, value in options.items() if value is not None}
    with progress.shown(as_json) as tell:
        outcome = reports.report(loaded, names, options=reports.Options(**given), tell=tell, **chosen)
    sys.exit(outcome.exit_code)


@cli.command(epilog=EXIT_CODES)
@_shared
def status(config: str | None, as_json: bool) -> None:
    """Show what is published, stale, failed or due, and the space it takes.

    \b
    Examples:
      mlastats status
      mlastats status --json
    """
    from mlastats import settings
    from mlastats.run import overview

    found = overview.status(settings.load(config))
    _say(as_json, found, overview.lines(found))


@cli.command(epilog=EXIT_CODES)
@_shared
def verify(config: str | None, as_json: bool) -> None:
    """Hash every published file anew, and name what is missing or has changed.

    \b
    Examples:
      mlastats verify
      mlastats verify --json
    """
    from mlastats import settings
    from mlastats.run import store

    loaded = settings.load(config)
    found = store.verify(loaded.path(loaded.published))
    faulty = {name: faults for name, faults in found if faults}
    lines = [f"{name}: {fault}" for name, faults in faulty.items() for fault in faults]
    _say(
        as_json,
        {"revisions": len(found), "faults": faulty},
        [*lines, f"{len(found)} revisions, {len(faulty)} faulty."],
    )
    sys.exit(1 if faulty else 0)


@cli.command(epilog=EXIT_CODES)
@click.argument("system", type=click.Choice(["systemd", "cron", "windows"]))
@click.option("--on-failure", default="", help="Command to call when a report failed.")
@_shared
def schedule(system: str, on_failure: str, config: str | None, as_json: bool) -> None:
    """Print what SYSTEM needs to run this workspace's reports every night.

    \b
    Examples:
      mlastats schedule systemd
      mlastats schedule cron --on-failure "mail -s mlastats admin < /dev/null"
      mlastats schedule windows > mlastats.xml
    """
    from mlastats import settings
    from mlastats.run import schedule as schedules

    text = schedules.lines(system, settings.load(config), on_failure)
    click.echo(json.dumps({"system": system, "text": text}) if as_json else text, nl=False)


def _show_plan(loaded: Any, names: tuple[str, ...], chosen: dict[str, Any], as_json: bool) -> None:
    from mlastats.run import plan

    entries = plan.entries(loaded, plan.Selection(names, **chosen))
    due = [
        {"name": entry.name, "why": entry.why, "as_of": entry.parameters["as_of"]}
        for entry in entries
        if entry.runs
    ]
    lines = [f"{entry['name']}  as of {entry['as_of']}  {entry['why']}" for entry in due]
    _say(as_json, {"due": due}, lines or ["Nothing is due."])


def _say(as_json: bool, found: Any, lines: Iterable[str]) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in lines:
        click.echo(line, err=True)


def _end(number: int, frame: Any) -> None:
    # A second signal must not cut short what the first one ends.
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise Stopped


def _stop(message: str, code: int) -> None:
    click.echo(f"mlastats: {message}", err=True)
    sys.exit(code)


def main() -> None:
    """The command's entry point."""
    cli(prog_name=Path(sys.argv[0]).name if "mlastats" in sys.argv[0] else "mlastats")
