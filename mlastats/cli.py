"""The command `mlastats`.

Only click is imported here; each command imports what it needs when it runs.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click

from mlastats import __version__, terminal
from mlastats.errors import Exit


@click.group(cls=terminal.Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlastats")
def cli() -> None:
    """Measure how well requests for co-operation between states are answered.

    \b
    Examples:
      mlastats init DIR            make a workspace in an empty folder
      mlastats map FILE            propose how a register is to be read
      mlastats review              ask what needs a person, in a workbook
      mlastats clean               read the registers of this workspace
      mlastats report              publish every report that is due
      mlastats status              what is published, stale, failed or due
      mlastats doctor              what is missing
    """


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--state", default="", help="Your state, by its three letters or its name: LAO, Lao PDR.")
@click.option("--example", is_flag=True, help="With example registers, in which nothing happened.")
@click.option("--region", "is_region", is_flag=True, help="For a regional body, which receives returns.")
@terminal.as_json
def init(folder: Path, state: str, example: bool, is_region: bool, as_json: bool) -> None:
    """Make a workspace in the folder DIR: configuration, notebooks, a place for registers.

    \b
    Examples:
      mlastats init mla --state LAO
      mlastats init try --example
      mlastats init region --region --example
    """
    from mlastats.run import scaffold

    written = scaffold.init(folder, state, example, is_region)
    then = "put your registers into data/raw, read mlastats.toml through"
    if is_region:
        then = "name the members in mlastats.toml, then mlastats region receive FILE"
    then = "mlastats report" if example else then
    terminal.tell(as_json, {"written": written}, [f"{len(written)} files. Now: cd {folder}, {then}."])


@cli.command()
@terminal.as_json
@click.option("--config", type=click.Path(), help="The workspace's mlastats.toml; else found upwards.")
def doctor(config: str | None, as_json: bool) -> None:
    """Say what is missing: packages, fonts, permissions, zones, registers that are open, outputs in notebooks.

    \b
    Examples:
      mlastats doctor
      mlastats -q doctor || mail -s "mlastats lacks something" admin < /dev/null
    """
    from mlastats.run import doctor as looking

    lines = list(looking.lines(config))
    words = {line: f"{line.state:6}{line.what}: {line.words}." for line in lines}
    lacking = [text for line, text in words.items() if line.state == "lacks"]
    others = [text for text in words.values() if text not in lacking]
    terminal.tell(as_json, [line._asdict() for line in lines], others, lacking)
    sys.exit(Exit.FAILED if lacking else Exit.DONE)


@cli.command()
@terminal.of_workspace
def upgrade(workspace: Any, as_json: bool) -> None:
    """Show what the workspace's notebooks have otherwise than this version's, and renew the configuration's schema.

    Notebooks are never changed: take one away, and this version's is run.

    \b
    Examples:
      mlastats upgrade
      mlastats upgrade --json
    """
    from mlastats.run import scaffold

    found = scaffold.differences(workspace)
    differ = {name: diff for name, diff in found.items() if diff}
    lines = [line for diff in differ.values() for line in diff]
    lines.append(f"{len(differ)} of {len(found)} notebooks differ from those of mlastats {__version__}.")
    renewed = scaffold.renewed(workspace)
    lines += [f"{scaffold.SCHEMA} is this version's now."] if renewed else []
    terminal.tell(as_json, {"notebooks": found, "schema": renewed}, lines)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@terminal.config
def lab(options: tuple[str, ...], workspace: Any) -> None:
    """Open JupyterLab on the workspace's notebooks; OPTIONS are its own.

    \b
    Examples:
      mlastats lab
      mlastats lab --no-browser
    """
    import importlib.util
    import os
    import subprocess

    from mlastats.errors import ConfigurationError
    from mlastats.settings import VARIABLE

    if importlib.util.find_spec("jupyterlab") is None:
        raise ConfigurationError("JupyterLab is not installed. Install it: pip install 'mlastats[lab]'.")
    notebooks = workspace.path(workspace.notebooks)
    folder = notebooks if notebooks.is_dir() else workspace.folder
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *options]
    os.environ[VARIABLE] = str(workspace.source)
    if os.name == "posix":
        os.execv(sys.executable, command)  # so that it is JupyterLab that Ctrl-C reaches
    sys.exit(subprocess.call(command))


@cli.command()
@terminal.of_workspace
def clean(workspace: Any, as_json: bool) -> None:
    """Read the registers, and write the requests with every change and issue.

    \b
    Examples:
      mlastats clean
      mlastats clean --config /srv/mla/mlastats.toml --json
    """
    from mlastats.run import reports

    result = reports.clean(workspace)
    if of := result.pop("region", None):
        of_year = f"{of['reported']} of {of['members']} members have reported {of['year'] or 'a year'}."
        terminal.tell(as_json, result | of, [f"{of['returns']} returns: {of_year}"])
        return
    apart = f" and {result['apart']} entries counted apart" if result["apart"] else ""
    sums = f"{result['requests']} requests{apart}, {result['issues']} issues, {result['changes']} changed values."
    terminal.tell(as_json, result, [*result.pop("account"), sums])


@cli.command(name="map")
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
@terminal.as_json
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
    from mlastats.settings import mapping_of, yearly

    sheets = [int(place) if place.isdigit() else place for place in table.pop("sheet")]
    read = mapping.check({"sheets": sheets, **table})
    proposed = proposal.propose(read_register(file, read, encoding=encoding, alone=True))
    pattern = yearly(file)
    years = [other for other in sorted(file.parent.iterdir()) if yearly(other) == pattern]
    target = output or file.with_name(mapping_of(pattern if len(years) > 1 else file.name))
    proposal.write(proposed, target)
    case_data = proposal.lines(proposed) if sys.stderr.isatty() else []
    beside = f', with `table = "{proposed.table}"`' if proposed.table != "requests" else ""
    of_years = (
        f" It is of {len(years)} files, the years of one register." if len(years) > 1 and not output else ""
    )
    advice = f"Correct and approve {target.name}, then name it as `mapping`{beside}.{of_years}"
    terminal.tell(as_json, proposal.summary(proposed), [*case_data, f"{proposal.counts(proposed)} {advice}"])


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--apply", "is_applied", is_flag=True, help="Read the answers back, from FILES or data/review.xlsx."
)
@click.option("--language", default="en", help="Of the questions: en, lo.")
@terminal.of_workspace
def review(files: tuple[Path, ...], is_applied: bool, language: str, workspace: Any, as_json: bool) -> None:
    """Ask all that needs a person in data/review.xlsx, and read the answers back.

    Choose from the lists in the yellow cells, say who decided, save, and run it with --apply. What was decided stands in
    data/decisions.csv and is not asked again. All three hold case data; answers are shown on a terminal alone.

    \b
    Examples:
      mlastats review --language lo
      mlastats review --apply
      mlastats review --apply data/review.xlsx copy.ods
    """
    from mlastats.run import review as reviews

    if files and not is_applied:
        raise click.UsageError("FILES are read with --apply.")
    if not is_applied:
        counts = reviews.write(workspace, language)
        asked = (
            f"{counts['reading']} questions on reading, {counts['words']} on words, {counts['rows']} on rows"
        )
        terminal.tell(
            as_json,
            counts,
            [f"{asked}: answer them in {counts['path']}, then run `mlastats review --apply`."],
        )
        return
    applied = reviews.apply(workspace, files)
    case_data = applied.lines if sys.stderr.isatty() else ()
    left = f"{applied.open} questions are open." if applied.open else "Nothing is open."
    held = [
        f"{name} is open in a spreadsheet program: what is not saved there was not read."
        for name in applied.unsaved
    ]
    sums = f"{applied.applied} answers applied, {applied.again} taken back. {left}"
    result = {"applied": applied.applied, "again": applied.again, "open": applied.open}
    terminal.tell(as_json, result, [*case_data, *held, sums])


@cli.group(name="vocab")
def vocab_() -> None:
    """Work on the vocabularies of this workspace."""


@vocab_.command(name="check")
@terminal.of_workspace
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
    terminal.tell(as_json, unmatched.summary(unknown), [*case_data, advice])


@cli.command()
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
@click.option(
    "--cluster", metavar="ADDRESS", help="Scheduler of dask, whose workers run notebooks: tls://HOST:PORT."
)
@terminal.of_workspace
def report(names: tuple[str, ...], workspace: Any, as_json: bool, **options: Any) -> None:
    """Publish every report that is due, or those named.

    \b
    Examples:
      mlastats report
      mlastats report quarterly --period 2026-Q3
      mlastats report --since 2025-01 --keep-going --jobs 2
      mlastats report --dry-run
      mlastats report --on-alert "notify-send Signals"
      mlastats report --cluster tls://mla.example.org:8786
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
        terminal.tell(as_json, {"due": due}, lines or ["Nothing is due."])
        return
    limits = reports.Options(**{key: value for key, value in options.items() if value is not None})
    with progress.shown(as_json, terminal.loudness()) as emit:
        outcome = reports.report(workspace, names, options=limits, emit=emit, **chosen)
    sys.exit(outcome.exit_code)


@cli.command()
@terminal.of_workspace
def status(workspace: Any, as_json: bool) -> None:
    """Show what is published, stale, failed or due, and the space it takes.

    \b
    Examples:
      mlastats status
      mlastats status --json
    """
    from mlastats.run import overview

    published = overview.status(workspace)
    terminal.tell(as_json, published, overview.lines(published))


@cli.command(name="open")
@click.argument("names", nargs=-1)
@terminal.of_workspace
def open_(names: tuple[str, ...], workspace: Any, as_json: bool) -> None:
    """Show the newest report in the browser, of all or of those NAMES.

    \b
    Examples:
      mlastats open
      mlastats open quarterly
    """
    import webbrowser

    from mlastats.run import overview

    path = overview.newest(workspace, names)
    shown = webbrowser.open(path.as_uri())
    lines = [f"{path.relative_to(workspace.folder) if path.is_relative_to(workspace.folder) else path}"]
    lines += [] if shown else ["This computer has no browser to show it in."]
    terminal.tell(as_json, {"path": str(path), "shown": shown}, lines)


@cli.group()
def secret() -> None:
    """The secret by which public numbers are rounded."""


@secret.command(name="new")
@click.option("--reason", required=True, help="Why; it is printed on each public page from now on.")
@terminal.of_workspace
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
    terminal.tell(
        as_json, found, [f"Series {found['number']} of the public reports begins. Keep a copy of data/keys."]
    )


@cli.command()
@click.argument("name")
@click.argument("figure")
@click.option("--item", default="all", help="The item of the report; else all.")
@click.option("--period", help="Its period; else the last one published.")
@terminal.of_workspace
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
    terminal.tell(
        as_json, [one for one in made if one["figure"] == asked], traces.lines(made, asked) or [advice]
    )


@cli.group()
def region() -> None:
    """Compare countries that send counts and never a case."""


@region.command(name="receive")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@terminal.of_workspace
def region_receive(files: tuple[Path, ...], workspace: Any, as_json: bool) -> None:
    """Keep the returns FILES, each with the signature that lies beside it (FILE.sig).

    A version is never changed: of the same one another file is refused. Nothing is kept where one is at fault.

    \b
    Examples:
      mlastats region receive XAA_2025_v1.mlareturn.zip
      mlastats region receive inbox/LAO_2025_v1.mlareturn.zip --json
    """
    from mlastats.run import region as regional

    names = regional.receive(workspace, files)
    terminal.tell(as_json, {"received": names}, [f"Received: {', '.join(names)}."])


@region.command(name="status")
@terminal.of_workspace
def region_status(workspace: Any, as_json: bool) -> None:
    """Show who has reported which year, how it is signed, and what was restated.

    \b
    Examples:
      mlastats region status
      mlastats region status --json
    """
    from mlastats.run import region as regional

    terminal.tell(as_json, *regional.status(workspace))


@region.command(name="merge")
@click.option("--period", default="", help="The year of the returns, as 2025; else the last one reported.")
@terminal.of_workspace
def region_merge(period: str, workspace: Any, as_json: bool) -> None:
    """Add up the last returns: times of all countries together, and who can be compared.

    What is printed is exact: it is for the secretariat, and not for publication.

    \b
    Examples:
      mlastats region merge
      mlastats region merge --period 2025 --json
    """
    from mlastats.run import region as regional

    terminal.tell(as_json, *regional.merged(workspace, period))


@region.command(name="query")
@terminal.of_workspace
def region_query(workspace: Any, as_json: bool) -> None:
    """Add to the ledger of queries each flow that lies outside chance or that one side alone reports.

    \b
    Examples:
      mlastats region query
      mlastats region query --json
    """
    from mlastats.run import region as regional

    terminal.tell(as_json, *regional.ask(workspace))


@region.command(name="mirror")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@terminal.as_json
def region_mirror(table: Path, as_json: bool) -> None:
    """Hold what each country says it sent against what the others say they received from it.

    TABLE is CSV: year, reporter, counterpart, direction (sent, received), count; `-` is nil, `N/A` not reported, empty as
    if it were absent. Without counterparts it has margins, and the bounds that they allow are printed.

    \b
    Examples:
      mlastats region mirror flows.csv
      mlastats region mirror flows.csv --json
    """
    from mlastats.run import region as regional

    data, lines = regional.mirrored(table)
    terminal.tell(as_json, data, lines)


@cli.command()
@terminal.of_workspace
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
    terminal.tell(as_json, result, [f"{len(revisions)} revisions, {len(faulty)} faulty."], lines)
    sys.exit(Exit.FAILED if faulty else Exit.DONE)


@cli.group(name="return")
def return_() -> None:
    """The return of this state to a regional body: counts of requests, and never a request."""


@return_.command(name="make")
@click.option("--period", required=True, help="The year in which the reporting year begins: 2025.")
@click.option("--mode", default="trusted", help="trusted, sealed or banded.")
@click.option(
    "--reason", default="", help="Of a later version: late_data, correction, definition_change or new_round."
)
@click.option(
    "--round", "round_file", type=click.Path(path_type=Path), help="Of a sealed return: what was agreed."
)
@click.option("--for", "recipient", default="", help="Encrypt it for this recipient, by age or gpg.")
@click.option("--language", default="en", help="Of its workbook and pages: en, lo.")
@terminal.of_workspace
def return_make(workspace: Any, as_json: bool, **asked: Any) -> None:
    """Make the return of a year in data/returns, with a workbook and two pages to be signed.

    trusted: exact counts by day, for the receiver alone; sealed: masked, so that only the sum over all members of a round is
    known; banded: rounded, what the public report may show.

    \b
    Examples:
      mlastats return make --period 2025
      mlastats return make --period 2025 --mode banded --language lo
      mlastats return make --period 2025 --reason late_data --for age1recipient
    """
    from mlastats.run import returns

    made = returns.make(workspace, returns.Asked(**asked))
    said = "is made" if made["new"] else "says the same already"
    lines = [f"{made['path']} {said}. Its hash: {made['hash']}"]
    lines += [f"Encrypted: {made['encrypted']}"] if "encrypted" in made else []
    terminal.tell(as_json, made, lines, [made["warning"]] if "warning" in made else [])


@return_.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--language", default="en", help="Of what is said: en, lo.")
@terminal.as_json
@click.option("--config", type=click.Path(), help="A workspace's mlastats.toml, for its own codes.")
def return_check(file: Path, language: str, as_json: bool, config: str | None) -> None:
    """Say all that is wrong with a return: structure, hashes, codes, repeats, stock, protection, other versions beside it.

    FILE is what `return make` wrote, or the form filled by hand. Nothing in it is believed, and nothing is changed.

    \b
    Examples:
      mlastats return check LAO_2025_v1.mlareturn.zip
      mlastats return check VNM_2025.xlsx --language lo
    """
    from mlastats.run import returns

    found, faults = returns.check(file, language, config)
    lines = [] if faults or found is None else [f"{found.header.name}: no fault. Its hash: {found.digest}"]
    result = {
        "name": found.header.name if found else "",
        "hash": found.digest if found else "",
        "faults": faults,
    }
    terminal.tell(as_json, result, lines, [f"{file.name}: {fault}." for fault in faults])
    sys.exit(Exit.FAILED if faults else Exit.DONE)


@return_.command(name="template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--state", required=True, help="The state that is to fill it, by its three letters: VNM.")
@click.option("--period", required=True, help="The year in which the reporting year begins: 2025.")
@click.option("--language", default="en", help="Of its words: en, lo.")
@terminal.as_json
def return_template(file: Path, state: str, period: str, language: str, as_json: bool) -> None:
    """Write the form of a return to FILE, for a state that has no mlastats; what it fills in is read like a return.

    \b
    Examples:
      mlastats return template VNM_2025.xlsx --state VNM --period 2025
    """
    from mlastats.run import returns

    returns.template(file, state, period, language)
    terminal.tell(as_json, {"written": file.name}, [f"{file.name} is written."])


@cli.command()
@click.argument("system", type=click.Choice(["systemd", "cron", "windows"]))
@click.option("--on-failure", default="", help="Command to call when a report failed.")
@terminal.of_workspace
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


def main() -> None:
    """The command's entry point."""
    terminal.run(cli)
