"""Which reports are due, and why: worked out from the configuration and the manifests alone."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import mlastats
from mlastats.errors import ConfigurationError
from mlastats.run import inputs, periods
from mlastats.run.periods import Period
from mlastats.run.store import MANIFEST, Place
from mlastats.settings import Report, Settings


@dataclass(frozen=True)
class Selection:
    """What a run was asked for on the command line."""

    names: Sequence[str] = ()
    period: str | None = None
    since: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Entry:
    """One report for one item and one period: its state, why, and whether a run makes it.

    `only` names the parameter that makes the item; `key` holds what a published report rests on; `state`
    is published, stale, failed, due, or ahead where it was published as of a later day.
    """

    report: Report
    place: Place
    period: Period
    parameters: dict[str, Any]
    key: dict[str, Any]
    only: dict[str, str] = field(default_factory=dict)
    state: str = "due"
    why: str = "never published"
    runs: bool = False

    @property
    def name(self) -> str:
        """How messages name it."""
        return self.place.name


def entries(settings: Settings, selection: Selection | None = None) -> list[Entry]:
    """Every report that the configuration asks for, with its state, oldest period first."""
    chosen = selection or Selection()
    reports = _named(settings, chosen.names)
    _check_period(settings, reports, chosen)
    common = _common(settings)
    return [
        entry
        for report in reports
        for item, values in items(report)
        for entry in _of_item(settings, report, (item, values), chosen, common)
    ]


def items(report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """The items of a report with the parameter that makes each; one, `all`, where none are named."""
    if not report.items:
        yield "all", {}
    for parameter, values in report.items.items():
        for value in values:
            yield value, {parameter: value}


def as_of(settings: Settings, report: Report, period: Period) -> dt.date:
    """The last day looked at: the period's end plus the lag, never after the configured one."""
    if period is periods.ALL:
        return settings.as_of
    return min(period.end + dt.timedelta(days=report.lag_days), settings.as_of)


def _named(settings: Settings, names: Sequence[str]) -> list[Report]:
    known = {report.name: report for report in settings.reports}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigurationError(
            f"No report is called {unknown[0]!r}; the configuration has {', '.join(known) or 'none'}."
        )
    return [known[name] for name in dict.fromkeys(names)] if names else list(settings.reports)


def _check_period(settings: Settings, reports: list[Report], chosen: Selection) -> None:
    if chosen.since and periods.parse(chosen.since) is periods.ALL:
        raise ConfigurationError("--since must be a year, half, quarter or month; got 'all'.")
    if not chosen.period:
        return
    period = periods.parse(chosen.period)
    if all(report.period != period.span for report in reports):
        spans = ", ".join(f"{report.name}: {report.period}" for report in reports)
        raise ConfigurationError(
            f"{period.code} is a {period.span}; no report asked for is made by it ({spans})."
        )
    if period is not periods.ALL and period.end > settings.as_of:
        raise ConfigurationError(f"{period.code} is not over on {settings.as_of}; choose a closed period.")


def _of_item(
    settings: Settings,
    report: Report,
    item: tuple[str, dict[str, Any]],
    chosen: Selection,
    common: dict[str, Any],
) -> Iterator[Entry]:
    wanted = _periods(settings, report, chosen)
    root = settings.path(settings.published)
    for back, period in zip(range(len(wanted) - 1, -1, -1), wanted, strict=True):
        parameters = _parameters(settings, report, period) | item[1]
        key = common | {
            "parameters": parameters,
            "notebooks": _notebooks(settings, report),
            "formats": list(report.formats),
            "title": report.title,
        }
        place = Place(root, report.name, item[0], period.code)
        entry = Entry(report, place, period, parameters, key, only=item[1])
        yield _judged(entry, chosen, recent=back < report.revise)


def _periods(settings: Settings, report: Report, chosen: Selection) -> list[Period]:
    if chosen.period:
        period = periods.parse(chosen.period)
        return [period] if period.span == report.period else []
    start = periods.parse(report.start).start if report.start else None
    if chosen.since:
        start = max(periods.parse(chosen.since).start, start or dt.date.min)
    return periods.closed(report.period, start, settings.as_of - dt.timedelta(days=report.lag_days))


def _parameters(settings: Settings, report: Report, period: Period) -> dict[str, Any]:
    return {
        **report.parameters,
        "as_of": as_of(settings, report, period).isoformat(),
        "period": period.parameter,
        "language": report.language,
        "audience": report.audience,
    }


def _common(settings: Settings) -> dict[str, Any]:
    return {
        "inputs": inputs.registers(settings),
        "configuration": inputs.configuration(settings),
        "version": mlastats.__version__,
    }


def _notebooks(settings: Settings, report: Report) -> dict[str, str]:
    known = {path.stem: path for path in sorted(settings.path(settings.notebooks).glob("*.ipynb"))}
    unknown = [name for name in report.notebooks if name not in known]
    if unknown:
        raise ConfigurationError(
            f"Report {report.name!r}: no notebook {unknown[0]!r} in the folder {settings.notebooks!r}; "
            f"it has {', '.join(known) or 'none'}."
        )
    return {name: inputs.file_hash(known[name]) for name in report.notebooks}


def _judged(entry: Entry, chosen: Selection, recent: bool) -> Entry:
    state, why = _state(entry)
    asked = bool(chosen.since or chosen.force or chosen.period)
    runs = chosen.force or state in ("due", "failed") or (state == "stale" and (recent or asked))
    if state == "ahead":
        runs = chosen.force
    if chosen.force and state == "published":
        why = "forced"
    return replace(entry, state=state, why=why, runs=runs)


def _state(entry: Entry) -> tuple[str, str]:
    place = entry.place
    failure = place.failure()
    if failure:
        return "failed", str(failure.get("cause", "no cause recorded"))
    manifest = place.manifest()
    if manifest is None:
        return "due", "its manifest cannot be read" if place.latest() else "never published"
    if not _stands(place, manifest):
        return "due", "a published file is missing"
    if str(manifest["key"]["parameters"]["as_of"]) > entry.parameters["as_of"]:
        return "ahead", "published with a later as-of date; --force makes it anew"
    return _freshness(manifest["key"], entry.key)


def _stands(place: Place, manifest: dict[str, Any]) -> bool:
    folder = place.folder / place.latest()
    try:
        sizes = {name: (folder / name).stat().st_size for name in manifest["outputs"]}
    except OSError:
        return False
    return (folder / MANIFEST).is_file() and all(
        sizes[name] == output["bytes"] for name, output in manifest["outputs"].items()
    )


def _freshness(published: dict[str, Any], key: dict[str, Any]) -> tuple[str, str]:
    changed = [name for name in key if published.get(name) != key[name]]
    if not changed:
        return "published", ""
    words = {
        "inputs": "registers have changed: "
        + ", ".join(_differing(published.get("inputs", {}), key["inputs"])),
        "version": f"made by mlastats {published.get('version')}",
        "parameters": "parameters have changed: "
        + ", ".join(_differing(published.get("parameters", {}), key["parameters"])),
        "notebooks": "notebooks have changed: "
        + ", ".join(_differing(published.get("notebooks", {}), key["notebooks"])),
        "configuration": "the configuration has changed",
    }
    return "stale", "; ".join(words.get(name, f"{name} changed") for name in changed)


def _differing(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
