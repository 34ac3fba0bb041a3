"""Which reports are due, and why: worked out from the configuration and the manifests alone."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import mlastats
from mlastats import periods
from mlastats.errors import ConfigurationError
from mlastats.periods import Period
from mlastats.run import inputs, series, store
from mlastats.run.store import Place
from mlastats.settings import Report, Settings

# The item that stands for every partner in contact.
ENGAGED = "engaged"


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
    if not settings.reporting_state:
        raise ConfigurationError(
            "The configuration does not say whose requests these are. Give `reporting_state`, or run `mlastats review`."
        )
    chosen = selection or Selection()
    reports = _named(settings, chosen.names)
    _check_period(settings, reports, chosen)
    common = {
        "inputs": inputs.registers(settings),
        "configuration": inputs.configuration(settings),
        "version": mlastats.__version__,
    }
    found = []
    for report in reports:
        notebooks, wanted = _notebooks(settings, report), _periods(settings, report, chosen)
        for item, only in items(report, settings):
            for number, period in enumerate(wanted):
                parameters = {
                    **report.parameters,
                    "as_of": as_of(settings, report, period).isoformat(),
                    "period": period.parameter,
                    "language": report.language,
                    "audience": report.audience,
                    **only,
                }
                key = {
                    **common,
                    "parameters": parameters,
                    "notebooks": notebooks,
                    "formats": list(report.formats),
                    "title": report.title,
                }
                if report.audience == "public":
                    key["series"] = series.current(settings).get("number", 1)
                root = store.root_of(settings, report)
                place = Place(root, report.name, item, period.code, settings.path(settings.published))
                entry = Entry(report, place, period, parameters, key, only)
                found.append(_judged(entry, chosen, recent=len(wanted) - number <= report.revise))
    return found


def items(report: Report, settings: Settings | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The items of a report with the parameter that makes each; one, `all`, where none are named. Of `partner` the value
    `engaged` is every partner in steady or intermittent contact by the cleaned table."""
    if not report.items:
        yield "all", {}
    for parameter, values in report.items.items():
        named = [value for value in values if value != ENGAGED]
        if parameter == "partner" and ENGAGED in values and settings is not None:
            named += [code for code in inputs.engaged(settings) if code not in named]
        for value in named:
            yield value, {parameter: value}


def as_of(settings: Settings, report: Report, period: Period) -> dt.date:
    """The last day looked at: the period's end plus the lag, never after the configured one; of a public report the
    last quarter's end not after it, so that public reports share their days."""
    last = settings.as_of
    if period is not periods.ALL:
        last = min(period.end + dt.timedelta(days=report.lag_days), last)
    return series.quarter_end(last) if report.audience == "public" else last


def next_day(report: Report, period: Period) -> dt.date | None:
    """When the next report can be expected: as configured, else the day after all days of the next period can be counted;
    None where nobody knows."""
    if report.next or not period.parameter:
        return report.next
    first = period.end + dt.timedelta(days=1)
    (following,) = periods.covering(first, first, report.period)
    return following.end + dt.timedelta(days=report.lag_days + 1)


def _named(settings: Settings, names: Sequence[str]) -> list[Report]:
    known = {report.name: report for report in settings.reports}
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"No report is called {name!r}; the configuration has {', '.join(known) or 'none'}."
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


def _periods(settings: Settings, report: Report, chosen: Selection) -> list[Period]:
    if chosen.period:
        period = periods.parse(chosen.period)
        return [period] if period.span == report.period else []
    start = periods.parse(report.start).start if report.start else None
    if chosen.since:
        start = max(periods.parse(chosen.since).start, start or dt.date.min)
    closed = periods.closed(report.period, start, settings.as_of - dt.timedelta(days=report.lag_days))
    # What no register has reached has not been observed: there is nothing to report of it.
    reached = max(
        (register.log_end or settings.as_of for register in settings.registers), default=settings.as_of
    )
    return [period for period in closed if period is periods.ALL or period.start <= reached]


def _notebooks(settings: Settings, report: Report) -> dict[str, str]:
    known = settings.notebook_files()
    for name in report.notebooks:
        if name not in known:
            raise ConfigurationError(
                f"Report {report.name!r}: no notebook {name!r} in the folder {settings.notebooks!r} or in the package; "
                f"there are {', '.join(sorted(known))}."
            )
    return {name: inputs.file_hash(known[name]) for name in report.notebooks}


def _judged(entry: Entry, chosen: Selection, recent: bool) -> Entry:
    state, why = _state(entry)
    asked = bool(chosen.since or chosen.period)
    runs = state in ("due", "failed") or (state == "stale" and (recent or asked))
    if chosen.force and state == "published":
        why = "forced"
    return replace(entry, state=state, why=why, runs=runs or chosen.force)


def _state(entry: Entry) -> tuple[str, str]:
    place = entry.place
    failure = place.failure()
    if failure:
        return "failed", str(failure.get("cause", "no cause recorded"))
    manifest = place.manifest()
    if manifest is None:
        return "due", "its manifest cannot be read" if place.latest() else "never published"
    files = {place.folder / place.latest() / name: of["bytes"] for name, of in manifest["outputs"].items()}
    if not all(path.is_file() and path.stat().st_size == size for path, size in files.items()):
        return "due", "a published file is missing"
    was, now = manifest["key"], entry.key
    if str(was["parameters"]["as_of"]) > entry.parameters["as_of"]:
        return "ahead", "published with a later as-of date; --force makes it anew"
    changed = [name for name in now if was.get(name) != now[name]]
    words = {
        "inputs": "registers have changed: {}",
        "parameters": "parameters have changed: {}",
        "notebooks": "notebooks have changed: {}",
        "version": f"made by mlastats {was.get('version')}",
        "configuration": "the configuration has changed",
        "series": "a new series of public reports has begun",
    }
    why = [
        words.get(name, f"{name} changed").format(", ".join(_differing(was.get(name, {}), now[name])))
        for name in changed
    ]
    return ("stale", "; ".join(why)) if changed else ("published", "")


def _differing(was: Any, now: Any) -> list[str]:
    """The keys under which two records differ; none where they are no records."""
    if not (isinstance(was, dict) and isinstance(now, dict)):
        return []
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
