"""Makes every report that is due, and publishes it or nothing."""

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlastats import errors
from mlastats.errors import InputRejected, MlaStatsError, ReportFailed, Stopped
from mlastats.run import inputs, lock, plan, progress, store
from mlastats.run.making import Ground, Making
from mlastats.run.plan import Entry, Selection
from mlastats.run.progress import Tell
from mlastats.run.workers import Child, Workers, ready
from mlastats.settings import Settings

# A kernel past its deadline is ended by its own client, which saves the notebook: it gets this long.
GRACE = 10.0


@dataclass(frozen=True)
class Options:
    """How to run: steps at a time, seconds for one report, on after a failure, warm kernels."""

    jobs: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))
    timeout: float = 3600
    keep_going: bool = False
    warm: bool = True


@dataclass
class Outcome:
    """What a run did: names published with their revisions, failures with kind and cause."""

    published: dict[str, str] = field(default_factory=dict)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    repaired: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all well; 1 a report failed; 5 the disclosure gate alone stopped some."""
        codes = {getattr(errors, kind, ReportFailed).exit_code for kind, _ in self.failed.values()}
        return min(codes, default=0)


def report(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    options: Options | None = None,
    tell: Tell = print,
    **chosen: Any,
) -> Outcome:
    """Publish every report that is due; `chosen` takes `period`, `since` and `force`.

    Cleans first where the cleaned data do not rest on the registers as they are. A failed report
    leaves what was published untouched. Raises LockHeld, ConfigurationError and InputRejected
    before anything is run.
    """
    log = settings.path(settings.published) / ".run" / "log"
    with lock.held(settings), progress.logged(log, tell) as tell:
        outcome = Outcome(repaired=_repair(settings, tell))
        due = [entry for entry in plan.entries(settings, Selection(names, **chosen)) if entry.runs]
        tell({"event": "plan", "reports": [_planned(entry) for entry in due]})
        if due or not _index_stands(settings):
            _make(settings, due, options or Options(), (outcome, tell))
        tell(
            {
                "event": "done",
                "published": len(outcome.published),
                "failed": len(outcome.failed),
                "left": len(outcome.left),
            }
        )
        return outcome


def clean(settings: Settings, tell: Tell = print) -> dict[str, Any]:
    """Clean the registers, in this process; returns what was found."""
    from mlastats.run import work

    with lock.held(settings):
        hashes = inputs.registers(settings)
        result = work.clean(_task(settings), tell)
        _cleaned(settings, hashes)
    return result


def _repair(settings: Settings, tell: Tell) -> list[str]:
    done = store.repair(settings.path(settings.published))
    for place, revision, whole in done:
        tell({"event": "repaired", "name": place.name, "revision": revision, "whole": whole})
    return [place.name for place, _, _ in done]


def _make(settings: Settings, due: list[Entry], options: Options, ends: tuple[Outcome, Tell]) -> None:
    outcome, tell = ends
    root = settings.path(settings.published)
    work = store.work_folder(root)
    try:
        with Workers(work, options.warm) as workers:
            if due:
                _check_parameters(settings, due, workers, work)
                _clean_first(settings, due[0].key["inputs"], (workers, work, options.timeout), tell)
                Batch(_ground(settings, workers, work), options, outcome, tell).make(due)
            _write_index(settings, workers, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Batch:
    """The reports of one run, a bounded number of steps at a time."""

    def __init__(self, ground: Ground, options: Options, outcome: Outcome, tell: Tell) -> None:
        self._ground, self._options, self._outcome, self._tell = ground, options, outcome, tell
        self._waiting: list[Making] = []
        self._active: list[Making] = []

    def make(self, due: list[Entry]) -> None:
        """Make all of them; after a failure no more are begun, unless the run keeps going."""
        seconds = self._options.timeout
        self._waiting = [Making(entry, n, self._ground, seconds) for n, entry in enumerate(due)]
        try:
            while self._waiting or self._active:
                self._start()
                self._listen()
                self._settle()
        except BaseException as cause:
            why = (
                "The run was stopped."
                if isinstance(cause, Stopped)
                else f"The run broke ({type(cause).__name__})."
            )
            for making in self._active:
                making.fail("ReportFailed", why)
                self._failed(making)
            raise

    def _start(self) -> None:
        while sum(len(making.running) for making in self._active) < self._options.jobs:
            if not any(self._start_step(making) for making in self._active) and not self._begin():
                return

    def _start_step(self, making: Making) -> bool:
        started = making.start_next()
        if started:
            self._tell({"event": "step", "name": making.entry.name, "step": started[1].label})
        return started is not None

    def _begin(self) -> bool:
        # Public reports of one name are made one after the other: each is held against the earlier.
        busy = {m.entry.report.name for m in self._active if m.entry.report.audience == "public"}
        for making in self._waiting:
            if making.entry.report.name not in busy:
                self._waiting.remove(making)
                making.begin()
                self._active.append(making)
                self._tell({"event": "start", "name": making.entry.name, "why": making.entry.why})
                return True
        return False

    def _listen(self) -> None:
        running = {child: making for making in self._active for child in making.running}
        if not running:
            return
        for child in ready(list(running), 1.0):
            seen = len(child.events)
            code = child.poll()
            making = running[child]
            for event in child.events[seen:]:
                if "event" in event:
                    self._tell({**event, "name": making.entry.name, "step": making.running[child].label})
            if code is not None:
                step = making.ended(child)
                self._tell({"event": "ended", "name": making.entry.name, "step": step.label})
        for making in self._active:
            if making.left < -GRACE and making.running:
                making.fail("ReportFailed", "The deadline passed, and its processes were ended.")

    def _settle(self) -> None:
        for making in [making for making in self._active if making.is_over]:
            if making.failure is None:
                self._publish(making)
            if making.failure is not None:
                self._failed(making)
                if not self._options.keep_going:
                    self._outcome.left = [waiting.entry.name for waiting in self._waiting]
                    self._waiting = []
            self._active.remove(making)

    def _publish(self, making: Making) -> None:
        try:
            revision = making.publish()
        except MlaStatsError as cause:
            making.fail(type(cause).__name__, str(cause))
        except OSError as cause:
            making.fail("ReportFailed", f"It could not be written ({cause.strerror}).")
        else:
            self._outcome.published[making.entry.name] = revision
            seconds = round(making.seconds - making.left, 1)
            name = making.entry.name
            self._tell({"event": "published", "name": name, "revision": revision, "seconds": seconds})

    def _failed(self, making: Making) -> None:
        assert making.failure
        self._outcome.failed[making.entry.name] = making.failure
        self._tell({"event": "failed", "name": making.entry.name, "cause": making.failure[1]})
        with suppress(OSError):
            making.keep()


def _planned(entry: Entry) -> dict[str, Any]:
    return {"name": entry.name, "why": entry.why, "notebooks": len(entry.report.notebooks)}


def _task(settings: Settings) -> dict[str, Any]:
    return {"configuration": str(settings.source), "as_of": settings.as_of.isoformat()}


def _ground(settings: Settings, workers: Workers, work: Path) -> Ground:
    processed = settings.path(settings.processed)
    summary = json.loads((processed / "summary.json").read_text(encoding="utf-8"))
    rows = {"requests": sum(register.get("requests", 0) for register in summary.get("registers", []))}
    return Ground(settings, settings.source, work, workers, inputs.requests(settings), rows)


def _check_parameters(settings: Settings, due: list[Entry], workers: Workers, work: Path) -> None:
    folder = settings.path(settings.notebooks)
    given = [
        [entry.report.name, str(folder / f"{name}.ipynb"), entry.parameters]
        for entry in due
        for name in entry.report.notebooks
    ]
    task = {"do": "check", **_task(settings), "notebooks": given}
    _await(workers.start(task, work / "check.log"))


def _clean_first(
    settings: Settings, hashes: dict[str, list[str]], means: tuple[Workers, Path, float], tell: Tell
) -> None:
    """Clean the registers as the plan found them, unless that was done before."""
    workers, work, seconds = means
    if inputs.is_clean(settings, hashes):
        return
    tell({"event": "cleaning"})
    task = {"do": "clean", **_task(settings)}
    found = _await(workers.start(task, work / "clean.log"), seconds)
    _cleaned(settings, hashes)
    tell({"event": "cleaned", **found})


def _cleaned(settings: Settings, hashes: dict[str, list[str]]) -> None:
    """Record what the cleaned data rest on, unless a register was replaced meanwhile."""
    changed = [name for name, now in inputs.registers(settings).items() if now != hashes[name]]
    if changed:
        raise InputRejected(f"Register {changed[0]!r} was replaced while it was read. Run again.")
    inputs.stamp(settings, hashes)


def _await(child: Child, seconds: float | None = None) -> Any:
    """The result of a task; its error is raised here, and ReportFailed when it takes longer than `seconds`."""
    if child.wait(seconds) is None:
        child.kill()
        raise ReportFailed("The deadline passed before the first report was begun.")
    last = (
        child.events[-1]
        if child.events
        else {"error": "ReportFailed", "message": "A process ended without a word."}
    )
    child.close()
    if "error" in last:
        raise getattr(errors, last["error"], ReportFailed)(last["message"])
    return last["result"]


def _write_index(settings: Settings, workers: Workers, work: Path) -> None:
    root = settings.path(settings.published)
    task = {"do": "index", "published": str(root)}
    _await(workers.start(task, work / "index.log"))
    store.write_whole(root / ".run" / "index", _standing(settings))


def _index_stands(settings: Settings) -> bool:
    root = settings.path(settings.published)
    with suppress(OSError):
        return (root / "index.html").is_file() and (root / ".run" / "index").read_text() == _standing(
            settings
        )
    return False


def _standing(settings: Settings) -> str:
    places = store.places(settings.path(settings.published))
    return "".join(f"{place.name} {place.latest()}\n" for place in places)
