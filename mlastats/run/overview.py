"""What stands in the store: published, stale, failed, due, and the space it takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlastats.run import plan
from mlastats.settings import Settings


def status(settings: Settings) -> dict[str, Any]:
    """Every report with its state and why, and bytes used by published and failed runs."""
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
    root = settings.path(settings.published)
    failed = _bytes(root / ".failed")
    return {
        "as_of": settings.as_of.isoformat(),
        "reports": reports,
        "bytes": {"published": _bytes(root) - failed, "failed": failed},
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The status as a table of text."""
    names = ("report", "item", "period", "state", "revision", "why")
    rows = [names, *(tuple(row[name] for name in names) for row in found["reports"])]
    widths = [max(len(row[n]) for row in rows) for n in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    used = found["bytes"]
    yield f"{used['published'] / 1e6:.1f} MB published, {used['failed'] / 1e6:.1f} MB of failed runs."


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
