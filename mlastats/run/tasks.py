"""What the processes of a run do beside cleaning: check parameters, run a notebook, publish, write the index.

Each function has a process to itself, so it sets its language, its vocabularies and its environment freely.
"""

import datetime as dt
import importlib
import json
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlastats import messages, storage
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.messages import _
from mlastats.run import plan, process, series
from mlastats.run.plan import Entry
from mlastats.settings import VARIABLE, Settings

if TYPE_CHECKING:
    from mlastats.register import blocks

NOTEBOOKS, REVISION, EXHIBITS, BLOCKS = "notebooks", "revision", "revision/exhibits", "blocks"
ALONE = "requests"


def block(settings: Settings, task: "blocks.Task", folder: Path) -> Any:
    """On a worker: do a task with a block of a register, in a process apart; what it writes goes to the folder."""
    from mlastats.register import blocks, reading

    messages.use_workspace(settings, task.language)
    place = settings.path(BLOCKS)
    sent = set(place.iterdir())
    here = replace(task, block=task.block.at(place), settings=settings)
    (answer,) = reading.apart(blocks.perform, [here], settings.reading)
    if isinstance(answer, InputRejected):
        raise answer
    for path in set(place.iterdir()) - sent:
        path.replace(folder / BLOCKS / path.name)
    return answer


def check(settings: Settings, due: list[Entry]) -> None:
    """ConfigurationError unless every notebook of these reports takes the parameters that it is given."""
    from mlastats.run import parameters

    messages.use_workspace(settings, messages.language())
    for entry in due:
        for name in entry.report.notebooks:
            try:
                parameters.check(settings.notebook_files()[name], entry.parameters)
            except ConfigurationError as cause:
                advice = "Change `parameters` or `items` of the report, or leave the notebook out."
                raise ConfigurationError(f"Report {entry.report.name!r}: {cause} {advice}") from cause


def notebook(settings: Settings, parameters: dict[str, Any], name: str, folder: Path) -> str:
    """Run one notebook of a report with its parameters; returns how its process was started."""
    from mlastats.publish import page
    from mlastats.run import notebook

    scratch = folder / f"scratch-{name}"
    scratch.mkdir()
    os.chdir(scratch)
    os.environ |= {
        VARIABLE: str(settings.source),
        page.EXHIBITS: str(folder / EXHIBITS),
        page.NOTEBOOK: name,
    }
    notebook.run(
        settings.notebook_files()[name],
        folder / NOTEBOOKS / f"{name}.ipynb",
        parameters,
        lambda cell, of: process.emit({"event": "cell", "cell": cell, "of": of}),
    )
    return multiprocessing.get_start_method()


def keys(settings: Settings, entry: Entry, folder: Path) -> bool:
    """Fix the keys of all records before anything public is counted over them. Where there are so few requests that
    their number alone is published, save that exhibit, and return True."""
    from mlastats import findings, keystore, parts
    from mlastats.disclosure import keys, rounding
    from mlastats.publish import page

    if settings.region:  # its cells have their keys from those who sent them
        return False
    requests = parts.table(settings.path(settings.processed) / "requests.parquet")
    secret = keystore.secret(settings)
    _own, names = keys.record_keys(requests, secret, keystore.fixed_keys(settings, secret))
    keystore.fix(settings, secret, names)
    os.environ |= {
        VARIABLE: str(settings.source),
        page.EXHIBITS: str(folder / EXHIBITS),
        page.NOTEBOOK: ALONE,
    }
    about = {name: entry.parameters[name] for name in ("as_of", "language", "audience")}
    opened = page.open_page(ALONE, **about, **_filters(entry))
    few = len(opened.requests) < rounding.ALONE
    if few:
        opened.show(findings.register.by_strand(opened))
    return few


def pictures(folder: Path) -> int:
    """Draw the PNG of the exhibits saved so far; returns how many."""
    from mlastats.publish import saved

    return saved.draw_pictures(folder / EXHIBITS)


def write(settings: Settings, entry: Entry, form: str, folder: Path) -> int:
    """Write one format of a report from its executed notebooks and saved exhibits; returns its exhibits."""
    publication = _publication(settings, entry, folder)
    writer = importlib.import_module(f"mlastats.publish.{form}")
    writer.write(publication, folder / REVISION / f"{publication.report}.{form}")
    if form == "xlsx" and (forms := [e for e in publication.exhibits if e.name.startswith(writer.FORM)]):
        writer.write_forms(forms, publication, folder / REVISION / f"{publication.report}-forms.xlsx")
    return len(publication.exhibits)


def traces(settings: Settings, entry: Entry, folder: Path) -> int:
    """Write where the numbers of the first page and of the briefing come from; returns how many."""
    from mlastats.publish import page, traces

    publication = _publication(settings, entry, folder)
    asked = None
    if entry.report.audience == "internal" and not settings.region:
        os.environ[VARIABLE] = str(settings.source)
        at = {"as_of": entry.parameters["as_of"], "period": entry.period.parameter}
        asked = page.open_page("traces", language=entry.report.language, **at, **_filters(entry))
    return traces.write(publication, asked, folder / REVISION / traces.FILE)


def changes(settings: Settings, entry: Entry, folder: Path, before: Path) -> int:
    """Write the page that says what changed since the revision `before`; returns how many figures did."""
    from mlastats.publish import html
    from mlastats.publish.saved import load_exhibits
    from mlastats.run import revisions

    publication = _publication(settings, entry, folder)
    changed = revisions.compare(load_exhibits(before / "exhibits"), publication.exhibits)
    html.write(revisions.page(publication, changed, before.name), folder / REVISION / "changes.html")
    return len(changed)


def index(root: Path) -> None:
    """Write the index of what was published; readers see the old one or the new one."""
    from mlastats.publish import index

    storage.write_whole(root / "index.html", index.render(root), root / ".run")


def facts(settings: Settings, entry: Entry) -> dict[str, Any]:
    """What a report says of itself, as its manifest and its publication have it."""
    report = entry.report
    return {
        "report": report.name,
        "title": report.title or report.name,
        "state": settings.reporting_state,
        "item": entry.place.item,
        "period": entry.period.parameter,
        "as_of": entry.parameters["as_of"],
        "audience": report.audience,
        "language": report.language,
        "synthetic": settings.synthetic,
    }


def _publication(settings: Settings, entry: Entry, folder: Path) -> Any:
    """What every format is written from, in the language of the report."""
    import pandas as pd

    from mlastats import schema
    from mlastats.publish import cells, page
    from mlastats.publish.publication import publication

    messages.use_workspace(settings, entry.report.language)
    summary = _summary(settings)
    about = facts(settings, entry)
    latest = entry.place.latest()
    about |= {"revision": 1 + int(latest[1:]) if latest else 1, "contact": settings.contact}
    about |= {"published": entry.report.published, "next": plan.next_day(entry.report, entry.period)}
    # A report of a batch is named for what it is confined to: Thailand.
    about["title"] = ": ".join(
        [about["title"], *(cells.of_column(name, code) for name, code in entry.only.items())]
    )
    about["synthetic"] = bool(settings.synthetic or summary.get("synthetic"))
    public = entry.report.audience == "public"
    only = page.codes_kept(_filters(entry))
    needed = {"direction", "received", "sent", "kind", "channel", "is_spontaneous"}
    needed |= {"register", "probable_duplicate", "partner", *only} & {*schema.NAMES}
    rows = pd.read_parquet(settings.path(settings.processed) / "requests.parquet", columns=sorted(needed))
    until = dt.date.fromisoformat(str(about["as_of"]))
    about["coverage"] = page.coverage(summary, public, rows, until, only)
    summary = summary if public else dict(page.of_agency(summary, only))
    # None were run where there are too few requests.
    notebooks = sorted(
        (folder / NOTEBOOKS).glob("*.ipynb"), key=lambda p: entry.report.notebooks.index(p.stem)
    )
    found = series.current(settings) if entry.report.audience == "public" else {}
    if reason := found.get("reason"):
        about["withheld"] = _(
            "These numbers begin a new series, and cannot be compared with earlier ones: {reason}.",
            reason=reason,
        )
    return publication(notebooks, folder / EXHIBITS, **about, summary=summary)


def _filters(entry: Entry) -> dict[str, Any]:
    """Which requests a report is confined to: by its parameters, of which what it is an item of is one."""
    from mlastats.publish import page

    return {name: code for name, code in entry.parameters.items() if name in page.filters_by_name()}


def _summary(settings: Settings) -> dict[str, Any]:
    text = (settings.path(settings.processed) / "summary.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
