"""What stands in the store: published, stale, failed, due, and the space it takes."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from mlastats.errors import ConfigurationError
from mlastats.run import plan, progress, series, store
from mlastats.settings import Settings


def status(settings: Settings) -> dict[str, Any]:
    """Every report with its state and why, what a run does just now and where, the registers that are not complete to
    as_of, and bytes used by published and failed runs."""
    reports = [
        {
            "report": entry.report.name,
            "item": entry.place.item,
            "period": entry.period.code,
            "as_of": entry.parameters["as_of"],
            "state": entry.state,
            "revision": entry.place.latest(),
            "why": entry.why,
        }
        for entry in plan.entries(settings)
    ]
    ends = {register.name: register.log_end for register in settings.registers if register.log_end}
    late = {name: day for name, day in ends.items() if day < settings.as_of}
    roots = store.roots(settings)
    failed = _bytes(roots[0] / ".failed")
    return {
        "as_of": settings.as_of.isoformat(),
        "reports": reports,
        "running": list(_running(roots[0])),
        "late": [{"register": name, "complete_to": late[name].isoformat()} for name in sorted(late)],
        "public": series.lines(settings),
        "bytes": {"published": sum(map(_bytes, roots)) - failed, "failed": failed},
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The status as a table of text."""
    names = ("report", "item", "period", "state", "revision", "why")
    rows = [names, *(tuple(row[name] for name in names) for row in found["reports"])]
    widths = [max(len(row[n]) for row in rows) for n in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for step in found["running"]:
        where = f"on {step['worker']}" if step["worker"] else "here"
        yield f"Running: {step['report']}, {step['step']}, {where}."
    for late in found["late"]:
        yield f"Late: {late['register']} is complete to {late['complete_to']}, not to {found['as_of']}."
    yield from found["public"]
    used = found["bytes"]
    yield f"{used['published'] / 1e6:.1f} MB published, {used['failed'] / 1e6:.1f} MB of failed runs."


def newest(settings: Settings, names: Sequence[str] = ()) -> Path:
    """The page, else the first file, of the report that was published last, of all or of those named. Raises
    ConfigurationError where there is none."""
    latest = [
        (place.folder / store.LATEST, place)
        for root in store.roots(settings)
        for place in store.places(root)
        if place.latest() and (not names or place.report in names)
    ]
    for _file, place in sorted(latest, key=lambda pair: pair[0].stat().st_mtime_ns, reverse=True):
        for form in ("html", "pdf", "docx", "xlsx"):
            path = place.folder / place.latest() / f"{place.report}.{form}"
            if path.is_file():
                return path
    of = f" called {' or '.join(names)}" if names else ""
    raise ConfigurationError(
        f"No report{of} is published. Run `mlastats report`; `mlastats status` lists them."
    )


def traced(settings: Settings, name: str, item: str, period: str | None) -> list[dict[str, Any]]:
    """The traces of the last revision of a report, of its last period unless one is named. Raises ConfigurationError
    where there is none."""
    found = {
        entry.period.code: entry.place
        for entry in plan.entries(settings, plan.Selection([name], period=period))
        if entry.place.item == item and entry.place.latest()
    }
    for place in reversed(found.values()):
        path = place.folder / place.latest() / "traces.json"
        if path.is_file():
            return list(json.loads(path.read_text(encoding="utf-8")))
    raise ConfigurationError(
        f"Of {name}/{item} there is no revision with traces. Make it: mlastats report {name} --force."
    )


def _running(root: Path) -> Iterator[dict[str, str]]:
    """What a run has at work, which is not over."""
    for path in (root / ".run").glob(f"work-*/{progress.AT_WORK}"):
        with contextlib.suppress(OSError, ValueError):
            if psutil.pid_exists(int(path.parent.name.removeprefix("work-"))):
                yield from json.loads(path.read_text(encoding="utf-8"))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
