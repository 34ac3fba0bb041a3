"""One report in the making: its steps, its deadline, and what it leaves behind."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlastats
from mlastats.errors import ReportFailed
from mlastats.run import checks, store
from mlastats.run.plan import Entry
from mlastats.run.workers import Child, Workers
from mlastats.settings import VARIABLE, Settings

EXHIBITS = "MLASTATS_EXHIBITS"
EARLIER = "MLASTATS_EARLIER"
CHANGES = "changes"


@dataclass(frozen=True)
class Ground:
    """What all reports of a run share: configuration, its file, the data's hash, worker processes."""

    settings: Settings
    configuration: Path
    work: Path
    workers: Workers
    requests: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A task of a report: how it is shown, what it is given."""

    label: str
    task: dict[str, Any]


@dataclass
class Making:
    """A report from its first notebook to its revision; deadline in seconds of the monotonic clock."""

    entry: Entry
    number: int
    ground: Ground
    seconds: float
    running: dict[Child, Step] = field(default_factory=dict)
    failure: tuple[str, str] | None = None
    _began: float = 0.0
    _done: list[str] = field(default_factory=list)
    _steps: Iterator[list[Step]] = field(default_factory=lambda: iter(()))
    _ready: list[Step] = field(default_factory=list)
    _timings: dict[str, float] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _results: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Make the folders and set the deadline."""
        self._began = time.monotonic()
        for name in ("revision/exhibits", "notebooks", "logs"):
            (self.folder / name).mkdir(parents=True)
        self._steps = self._all_steps()

    @property
    def folder(self) -> Path:
        """Its private folder."""
        return self.ground.work / str(self.number)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._began + self.seconds - time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be run."""
        return not self.running and (self.failure is not None or not self._has_ready())

    def start_next(self) -> tuple[Child, Step] | None:
        """Start one more step, if one may be started now."""
        if self.failure or not self._has_ready():
            return None
        step = self._ready.pop(0)
        if "job" in step.task:
            step.task["job"]["seconds"] = self.left
        log = self.folder / "logs" / f"{step.label}.log"
        child = self.ground.workers.start(step.task, log)
        self.running[child] = step
        self._started[step.label] = time.monotonic()
        return child, step

    def ended(self, child: Child) -> Step:
        """Take in how a step ended, and return it; the first failure is the report's."""
        step = self.running.pop(child)
        self._timings[step.label] = round(time.monotonic() - self._started[step.label], 2)
        last = child.events[-1] if child.events else {}
        child.close()
        if "result" in last:
            self._results[step.label] = last["result"]
        elif "error" in last:
            self.fail(last["error"], last["message"])
        else:
            self.fail(
                "ReportFailed", f"{step.label}: its process ended without a word (exit {child.returncode})."
            )
        return step

    def fail(self, kind: str, cause: str) -> None:
        """Note the first failure and end whatever else runs for this report."""
        self.failure = self.failure or (kind, cause)
        for child in self.running:
            child.kill()

    def publish(self) -> str:
        """Check what was made and give it its place; returns the revision's name."""
        revision = self.folder / "revision"
        self._check(revision)
        manifest = self._manifest(revision)
        (revision / store.MANIFEST).write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        name = store.publish(self.entry.place, revision)
        shutil.rmtree(self.folder, ignore_errors=True)
        return name

    def keep(self) -> None:
        """Keep what a failed run left: notebooks, logs and the first cause, but no half report."""
        assert self.failure
        kind, cause = self.failure
        # A process that is about to end may still write: what is kept is taken out of its reach.
        kept = self.folder.with_name(f"{self.number}-failed")
        kept.mkdir()
        for name in ("notebooks", "logs"):
            (self.folder / name).rename(kept / name)
        store.keep_failed(self.entry.place, kept, {"kind": kind, "cause": cause, **self._record()})
        shutil.rmtree(self.folder, ignore_errors=True)

    def _has_ready(self) -> bool:
        # The next group of steps starts when the one before has ended.
        if not self._ready and not self.running:
            self._ready = next(self._steps, [])
        return bool(self._ready)

    def _all_steps(self) -> Iterator[list[Step]]:
        notebooks = self.entry.report.notebooks
        if self.entry.report.audience == "public":
            # Each is held against the exhibits of those before it.
            for name in notebooks:
                yield [self._notebook(name)]
            yield [Step("gate", {**self._whole(), "do": "gate", "earlier": self._earlier()})]
        else:
            # Where the last notebook is alone, the pictures of the others are drawn beside it.
            beside = [self._pictures("pictures")] if len(notebooks) > 1 else []
            yield [*(self._notebook(name) for name in notebooks), *beside]
        yield self._publication()

    def _notebook(self, name: str) -> Step:
        scratch = self.folder / f"scratch-{name}"
        scratch.mkdir()
        workers = self.ground.workers
        job = {
            "source": str(self.ground.settings.path(self.ground.settings.notebooks) / f"{name}.ipynb"),
            "output": str(self.folder / "notebooks" / f"{name}.ipynb"),
            "parameters": self.entry.parameters,
            "environment": {
                VARIABLE: str(self.ground.configuration),
                EXHIBITS: str(self.folder / "revision" / "exhibits"),
                EARLIER: os.pathsep.join(self._earlier()),
            },
            "folder": str(scratch),
            "seconds": self.seconds,
            "warm": workers.address("kernels"),
            "sockets": workers.sockets,
        }
        return Step(name, {"do": "notebook", "job": job})

    def _pictures(self, label: str) -> Step:
        return Step(label, {"do": "pictures", "folder": str(self.folder / "revision")})

    def _publication(self) -> list[Step]:
        """The formats side by side, the pictures not drawn yet, and what changed since the revision before."""
        report, place, task = self.entry.report, self.entry.place, self._whole()
        steps = [Step(form, {**task, "do": "format", "format": form}) for form in report.formats]
        steps.append(self._pictures("last-pictures"))
        before = place.latest()
        if before:
            task |= {"do": "changes", "before": str(place.folder / before)}
            steps.append(Step(CHANGES, task))
        return steps

    def _whole(self) -> dict[str, Any]:
        """What a task needs that works on the whole report."""
        report = self.entry.report
        return {
            "configuration": str(self.ground.configuration),
            "as_of": self.ground.settings.as_of.isoformat(),
            "folder": str(self.folder / "revision"),
            "notebooks": [str(self.folder / "notebooks" / f"{name}.ipynb") for name in report.notebooks],
            "facts": self._facts(),
            "only": self.entry.only,
        }

    def _earlier(self) -> list[str]:
        """Exhibits that the public has seen already, of any item, period or revision of this report."""
        if self.entry.report.audience != "public":
            return []
        folder = self.entry.place.root / self.entry.report.name
        return [str(path) for path in sorted(folder.glob("*/*/r*/exhibits"))]

    def _facts(self) -> dict[str, Any]:
        report, settings = self.entry.report, self.ground.settings
        return {
            "report": report.name,
            "title": report.title or report.name,
            "state": settings.reporting_state,
            "item": self.entry.place.item,
            "period": self.entry.period.parameter,
            "as_of": self.entry.parameters["as_of"],
            "audience": report.audience,
            "language": report.language,
            "synthetic": settings.synthetic,
        }

    def _check(self, revision: Path) -> None:
        notebooks = [self.folder / "notebooks" / f"{name}.ipynb" for name in self.entry.report.notebooks]
        checks.exhibits_complete(notebooks)
        checks.formats_readable(revision, self.entry.report.name, list(self.entry.report.formats))
        checks.unchanged(self.ground.settings, self.entry.key, self.ground.requests)
        if self.left < 0:
            raise ReportFailed("The deadline passed.")

    def _manifest(self, revision: Path) -> dict[str, Any]:
        return {
            "status": "published",
            **self._facts(),
            "period": self.entry.period.code,
            "formats": list(self.entry.report.formats),
            "parameters": self.entry.parameters,
            "reason": self.entry.why,
            "key": self.entry.key,
            "requests": {"sha256": self.ground.requests, "rows": self.ground.summary.get("requests")},
            **self._record(),
            "outputs": store.outputs(revision),
        }

    def _record(self) -> dict[str, Any]:
        return {
            "versions": checks.versions(),
            "mlastats": mlastats.__version__,
            "kernels": {name: self._results.get(name) for name in self.entry.report.notebooks},
            "changes": self._results.get(CHANGES),
            "timings": self._timings,
            "seconds": round(time.monotonic() - self._began, 2),
        }
