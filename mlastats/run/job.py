"""One report, from its first notebook to its revision."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlastats
from mlastats import errors, storage
from mlastats.errors import MlaStatsError, ReportFailed
from mlastats.run import alerts, checks, series, store, tasks
from mlastats.run.plan import Entry
from mlastats.run.process import Result, Task
from mlastats.run.progress import Emit
from mlastats.settings import Settings

# Runs a task while its second argument, the seconds left, is above 0: `process.run`, or what runs it elsewhere.
Runner = Callable[[Task, Callable[[], float], Emit], Result]


@dataclass
class RunContext:
    """What all reports of a run share.

    `steps` bounds how many tasks run at a time; `requests` is the hash of the cleaned data, `rows` how many
    they are; `umask` is that of whoever runs; `accept_dates` that public reports may stand as of one day more; `stopped`
    says why the run was called off.
    """

    settings: Settings
    work: Path
    steps: Executor
    run: Runner
    emit: Emit
    requests: str
    rows: int
    umask: int
    accept_dates: bool = False
    stopped: str = ""


@dataclass
class ReportJob:
    """A report that is made within `seconds`, in a private folder of its own; `signals` is how many it has."""

    entry: Entry
    folder: Path
    context: RunContext
    seconds: float
    signals: int = 0
    _began: float = field(default_factory=time.monotonic)
    _failed: bool = False
    _series: dict[str, Any] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)
    _timings: dict[str, float] = field(default_factory=dict)

    def make(self) -> str:
        """Run its notebooks, write its formats, check them and give them their place; returns the revision's name.

        The first failure ends whatever else runs for the report, and is raised; what was left is kept apart.
        """
        try:
            for name in (tasks.EXHIBITS, tasks.NOTEBOOKS, "logs"):
                (self.folder / name).mkdir(parents=True)
            self._run_notebooks()
            self._write_formats()
            revision = self._publish()
        except Exception as cause:
            why = f"It broke ({type(cause).__name__})."
            if isinstance(cause, OSError):
                why = storage.refused(cause, "It could not be written")
            elif isinstance(cause, MlaStatsError):
                why = str(cause)
            elif errors.lacks_memory(cause):
                why = "It lacked memory or processes; raise the limits (ulimit -a)."
            kind = type(cause) if isinstance(cause, MlaStatsError) else ReportFailed
            failure = kind(self.context.stopped or why)
            self._keep(failure)
            raise failure from cause
        shutil.rmtree(self.folder, ignore_errors=True)
        return revision

    @property
    def left(self) -> float:
        """Seconds until the deadline; none once the report has failed or the run is called off."""
        called_off = self._failed or self.context.stopped
        return 0 if called_off else self._began + self.seconds - time.monotonic()

    def _run_notebooks(self) -> None:
        settings, entry = self.context.settings, self.entry
        names, public = entry.report.notebooks, entry.report.audience == "public"
        if public:
            as_of = entry.parameters["as_of"]
            self._series = series.ready(settings, entry.report.name, as_of, self.context.accept_dates)
            self._run([self._step("keys", tasks.keys, settings, entry, self.folder)])
            if self._values["keys"]:
                return
        steps = [
            self._step(
                name,
                tasks.notebook,
                settings,
                entry.parameters,
                name,
                self.folder,
                title=f"notebook {name!r}",
            )
            for name in names
        ]
        # Where the last notebook is alone, the pictures of the others are drawn beside it.
        beside = [self._step("pictures", tasks.pictures, self.folder)] if len(names) > 1 else []
        self._run([*steps, *beside])

    def _write_formats(self) -> None:
        """The formats side by side, the pictures not drawn yet, and what changed since the revision before."""
        settings, entry, before = self.context.settings, self.entry, self.entry.place.latest()
        steps = [
            self._step(form, tasks.write, settings, entry, form, self.folder) for form in entry.report.formats
        ]
        steps.append(self._step("last-pictures", tasks.pictures, self.folder))
        steps.append(self._step("traces", tasks.traces, settings, entry, self.folder))
        manifest = self.entry.place.manifest()
        if before and self.entry.place.is_of_this_format(before) and self._same_series(manifest):
            revision = entry.place.folder / before
            steps.append(self._step("changes", tasks.changes, settings, entry, self.folder, revision))
        self._run(steps)

    def _same_series(self, manifest: dict[str, Any] | None) -> bool:
        """Whether the revision before can be compared with this one: of another series every number is another draw."""
        return ((manifest or {}).get("key") or {}).get("series") == self.entry.key.get("series")

    def _step(self, label: str, function: Callable[..., Any], *arguments: Any, title: str = "") -> Task:
        log = self.folder / "logs" / f"{label}.log"
        return Task(title or label, function, arguments, self.context.work, log)

    def _run(self, steps: Sequence[Task]) -> None:
        """Run steps side by side; the first failure ends the others and is raised."""
        running = [self.context.steps.submit(self._run_step, step) for step in steps]
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        self._failed = any(step.exception() for step in done)
        wait(running)
        for step in done:
            step.result()

    def _run_step(self, step: Task) -> None:
        label, began = step.log.stem, time.monotonic()
        about = {"name": self.entry.name, "step": label}
        if self.left <= 0:
            raise ReportFailed("The deadline passed.")
        self.context.emit({"event": "step", **about})
        result = self.context.run(
            step, lambda: self.left, lambda event: self.context.emit({**event, **about})
        )
        self._timings[label] = round(time.monotonic() - began, 2)
        self.context.emit({"event": "ended", **about})
        self._values[label] = result.get()

    def _publish(self) -> str:
        """Check what was made and give it its place."""
        entry, settings, revision = self.entry, self.context.settings, self.folder / tasks.REVISION
        report = entry.report
        checks.exhibits_complete(
            [
                self.folder / tasks.NOTEBOOKS / f"{name}.ipynb"
                for name in report.notebooks
                if not self._values.get("keys")
            ]
        )
        checks.formats_readable(revision, report.name, list(report.formats))
        checks.unchanged(settings, entry.key, self.context.requests)
        self.signals = alerts.signals(self.folder / tasks.EXHIBITS)
        if self.left <= 0:
            raise ReportFailed("The deadline passed.")
        manifest = {
            "status": "published",
            "format": store.FORMAT,
            **tasks.facts(settings, entry),
            "purpose": report.purpose,
            "period": entry.period.code,
            "formats": list(report.formats),
            "parameters": entry.parameters,
            "versions": checks.versions(),
            "mlastats": mlastats.__version__,
            "outputs": store.outputs(revision),
        }
        # A hash confirms a guess of what was hashed, and names and numbers are case data: the public has neither.
        rests_on = {
            "reason": entry.why,
            "key": entry.key,
            "requests": {"sha256": self.context.requests, "rows": self.context.rows},
            **self._record(),
        }
        public = report.audience == "public"
        text = json.dumps(manifest if public else rests_on | manifest, indent=1, ensure_ascii=False)
        (revision / store.MANIFEST).write_text(text, encoding="utf-8")
        if public:
            name = store.publish(entry.place, revision, rests_on, self.context.umask)
            series.published(self.context.settings, entry.parameters["as_of"])
            return name
        return store.publish(entry.place, revision)

    def _keep(self, failure: MlaStatsError) -> None:
        """Keep what a failed run left: notebooks, logs and the first cause, but no half report."""
        kept = self.folder.with_name(f"{self.folder.name}-failed")
        record = {"kind": type(failure).__name__, "cause": str(failure), **self._record()}
        try:
            kept.mkdir()
            for name in (tasks.NOTEBOOKS, "logs"):
                (self.folder / name).rename(kept / name)
            store.keep_failed(self.entry.place, kept, record)
        except OSError:
            # A disk that is full keeps nothing; the failure is told all the same.
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def _record(self) -> dict[str, Any]:
        return {
            "versions": checks.versions(),
            "mlastats": mlastats.__version__,
            "processes": {name: self._values.get(name) for name in self.entry.report.notebooks},
            "changes": self._values.get("changes"),
            "timings": self._timings,
            "seconds": round(time.monotonic() - self._began, 2),
        }
