"""Makes every report that is due, and publishes it or nothing."""

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlastats import errors, storage
from mlastats.errors import InputRejected, MlaStatsError, ReportFailed, Stopped
from mlastats.run import alerts, inputs, lock, plan, progress, store
from mlastats.run.plan import Entry, Selection
from mlastats.run.progress import Emit
from mlastats.settings import Settings


@dataclass(frozen=True)
class Options:
    """How to run: tasks at a time, seconds for one report, on after a failure, whether public reports may stand as of
    one day more than is allowed, the command for reports with signals (`alerts.words`), and what runs a task.

    `cluster` is the address of a dask scheduler, whose workers run the notebooks of internal reports. `runner` is
    `process.run` unless it is given: it takes a task, the seconds left as a function, and what takes the task's events,
    and returns a process.Result. It is called by several threads, `elsewhere` of them beside the jobs.
    """

    jobs: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))
    timeout: float = 3600
    keep_going: bool = False
    accept_dates: bool = False
    on_alert: Sequence[str] = ()
    cluster: str = ""
    runner: Callable[..., Any] | None = None
    elsewhere: int = 0


@dataclass
class Outcome:
    """What a run did: names published with their revisions, those with signals (report, period, how many), failures with
    kind and cause."""

    published: dict[str, str] = field(default_factory=dict)
    alerts: list[tuple[str, str, int]] = field(default_factory=list)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    repaired: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """That of the failures; the disclosure gate's where it alone stopped some."""
        codes = {getattr(errors, kind, ReportFailed).exit_code for kind, _ in self.failed.values()}
        return min(codes, default=errors.Exit.DONE)


def report(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    options: Options | None = None,
    emit: Emit = print,
    **chosen: Any,
) -> Outcome:
    """Publish every report that is due; `chosen` takes `period`, `since` and `force`.

    Cleans first where the cleaned data do not rest on the registers as they are. A failed report
    leaves what was published untouched. Raises LockHeld, ConfigurationError and InputRejected
    before anything is run.
    """
    roots, command = store.roots(settings), list(options.on_alert) if options else []
    with (
        lock.held(settings) as broken,
        storage.private(settings) as umask,
        progress.logged(roots[0] / ".run" / "log", emit) as emit,
    ):
        outcome = Outcome()
        for why in broken:
            emit({"event": "unlocked", "why": why})
        for name in settings.written:
            store.sweep(settings.path(name))
        for place, revision, whole in (found for root in roots for found in store.repair(root, roots[0])):
            outcome.repaired.append(place.name)
            emit({"event": "repaired", "name": place.name, "revision": revision, "whole": whole})
        due = [entry for entry in plan.entries(settings, Selection(names, **chosen)) if entry.runs]
        reports = [{"name": e.name, "why": e.why, "notebooks": len(e.report.notebooks)} for e in due]
        emit({"event": "plan", "reports": reports})
        if due or not _index_stands(settings):
            work, options = store.work_folder(roots[0]), options or Options()
            try:
                # What is forked imports while the cluster is greeted.
                with _prepared(work, options.jobs), _placed(settings, options, bool(due), emit) as options:
                    Batch(settings, work, options, outcome, progress.at_work(work, emit), umask).make(due)
            finally:
                for root in roots:
                    store.sweep(root)
                for alert in outcome.alerts if command else ():
                    alerts.call(command, *alert, emit)
        done = {"published": len(outcome.published), "failed": len(outcome.failed), "left": len(outcome.left)}
        emit({"event": "done", **done})
        return outcome


@contextmanager
def _prepared(work: Path, jobs: int) -> Iterator[None]:
    """The forkserver of a run; ReportFailed where there is no room for its processes."""
    from mlastats.register import reading
    from mlastats.run import process

    try:
        reading.check_threads(process.OF_A_RUN + jobs * process.OF_A_TASK)
        reading.check_addresses(process.ADDRESSES)
    except OSError as cause:
        raise ReportFailed(storage.refused(cause, "The run cannot begin")) from None
    process.prepare(work)
    try:
        yield
    finally:
        process.close()


@contextmanager
def _placed(settings: Settings, options: Options, is_due: bool, emit: Emit) -> Iterator[Options]:
    """The options with the runner of the cluster, if there is one and anything for it to do."""
    address = _cluster(settings, options)
    if not address or not is_due:
        yield options
        return
    from mlastats.run import cluster

    with cluster.opened(settings, address, options.jobs, emit) as runner:
        yield replace(options, runner=runner, elsewhere=runner.threads)


def _cluster(settings: Settings, options: Options) -> str:
    """The address of the cluster that a run has."""
    return options.cluster or (settings.cluster.address if settings.cluster else "")


def clean(settings: Settings) -> dict[str, Any]:
    """Clean the registers, in this process; returns its numbers and the account in words."""
    from mlastats.run import cleaning

    with lock.held(settings), storage.private(settings):
        store.sweep(settings.path(settings.processed))
        hashes = inputs.registers(settings)
        result = cleaning.clean(settings, _cluster(settings, Options()), lambda _event: None)
        _stamp(settings, hashes)
    return result


class Batch:
    """The reports of one run: cleaned data, the reports that are due, and the index of all."""

    def __init__(
        self, settings: Settings, work: Path, options: Options, outcome: Outcome, emit: Emit, umask: int
    ) -> None:
        from mlastats.run import process

        self._settings, self._work, self._options = settings, work, options
        self._outcome, self._emit, self._umask = outcome, emit, umask
        self._run = options.runner or process.run

    def make(self, due: list[Entry]) -> None:
        """Make all of them; after a failure no more are begun, unless the run keeps going."""
        from mlastats.run import tasks

        if due:
            self._alone(tasks.check, self._settings, due)
            self._clean(due[0].key["inputs"])
            self._make(due)
        for root in store.roots(self._settings):
            self._alone(tasks.index, root)
            storage.write_whole(root / ".run" / "index", _standing(root), root / ".run")
        if self._settings.published_public:
            storage.reveal(root, root / "index.html", self._umask)

    def _alone(self, function: Callable[..., Any], *arguments: Any, seconds: float = math.inf) -> Any:
        """The value of a task that runs before or after all reports."""
        from mlastats.run.process import Task

        name, end = function.__name__, time.monotonic() + seconds
        task = Task(name, function, arguments, self._work, self._work / f"{name}.log", name == "clean")
        return self._run(task, lambda: end - time.monotonic(), self._emit).get()

    def _clean(self, hashes: dict[str, list[str]]) -> None:
        """Clean the registers as the plan found them, unless that was done before."""
        from mlastats.run import cleaning

        if inputs.is_clean(self._settings, hashes):
            return
        self._emit({"event": "cleaning", "returns": self._settings.region is not None})
        address = _cluster(self._settings, self._options)
        numbers = self._alone(cleaning.clean, self._settings, address, seconds=self._options.timeout)
        _stamp(self._settings, hashes)
        self._emit({"event": "cleaned", **numbers})

    def _make(self, due: list[Entry]) -> None:
        from mlastats.run.job import RunContext

        jobs, elsewhere = self._options.jobs, self._options.elsewhere
        # Where they are bounded by who runs them, as many steps wait as the reports at work may have.
        most = 8 * (jobs + elsewhere) if elsewhere else jobs
        with ThreadPoolExecutor(jobs + elsewhere) as reports, ThreadPoolExecutor(most) as steps:
            hash_, rows = inputs.requests(self._settings), _rows(self._settings)
            about = (hash_, rows, self._umask, self._options.accept_dates)
            context = RunContext(self._settings, self._work, steps, self._run, self._emit, *about)
            try:
                for done in as_completed(
                    [reports.submit(self._make_one, n, entry, context) for n, entry in enumerate(due)]
                ):
                    done.result()
            except BaseException as cause:
                kind = type(cause).__name__
                stopped = isinstance(cause, Stopped)
                context.stopped = "The run was stopped." if stopped else f"The run broke ({kind})."
                raise
        over = self._outcome.published.keys() | self._outcome.failed.keys()
        self._outcome.left = [entry.name for entry in due if entry.name not in over]

    def _make_one(self, number: int, entry: Entry, context: Any) -> None:
        from mlastats.run.job import ReportJob

        if context.stopped or (self._outcome.failed and not self._options.keep_going):
            return
        self._emit({"event": "start", "name": entry.name, "why": entry.why})
        job = ReportJob(entry, self._work / str(number), context, self._options.timeout)
        try:
            revision = job.make()
        except MlaStatsError as cause:
            self._outcome.failed[entry.name] = type(cause).__name__, str(cause)
            self._emit({"event": "failed", "name": entry.name, "cause": str(cause)})
        else:
            self._outcome.published[entry.name] = revision
            if job.signals:
                item = f"/{entry.place.item}" if entry.only else ""
                self._outcome.alerts.append((f"{entry.report.name}{item}", entry.period.code, job.signals))
            seconds = round(self._options.timeout - job.left, 1)
            self._emit({"event": "published", "name": entry.name, "revision": revision, "seconds": seconds})


def _stamp(settings: Settings, hashes: dict[str, list[str]]) -> None:
    """Record what the cleaned data rest on, unless a register was replaced meanwhile."""
    changed = [name for name, now in inputs.registers(settings).items() if now != hashes[name]]
    if changed:
        raise InputRejected(f"Register {changed[0]!r} was replaced while it was read. Run again.")
    inputs.stamp(settings, hashes)


def _rows(settings: Settings) -> int:
    text = (settings.path(settings.processed) / "summary.json").read_text(encoding="utf-8")
    registers = json.loads(text).get("registers", [])
    return sum(register.get("requests", 0) + register.get("apart", 0) for register in registers)


def _index_stands(settings: Settings) -> bool:
    with suppress(OSError):
        return all(
            (root / "index.html").is_file() and (root / ".run" / "index").read_text() == _standing(root)
            for root in store.roots(settings)
        )
    return False


def _standing(root: Path) -> str:
    return "".join(f"{place.name} {place.latest()}\n" for place in store.places(root))
