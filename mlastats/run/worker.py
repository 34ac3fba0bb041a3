"""What a worker of a cluster does for a run elsewhere: keep its inputs, and do a task in a child of its own.

Nothing here raises, and nothing tells what it holds: what a task raises, and what it was given, a worker writes into its
log. `distributed` is imported where it is used: whoever makes reports on one machine does without.
"""

import contextlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from mlastats import storage
from mlastats.run import checks, process, tasks
from mlastats.run.process import Result, Task
from mlastats.settings import FILE_NAME, load

FOLDER = "mlastats"
PARTS = (tasks.EXHIBITS, tasks.NOTEBOOKS, tasks.BLOCKS, "logs")
_TRAVELLING = ["mlastats", "dask", "distributed", "cloudpickle", "msgpack"]
# Seconds after which the inputs of a run that was never closed, since it was killed, are taken away by another run's.
KEPT = 86400.0
_once = threading.Lock()


@dataclass(frozen=True, repr=False)
class Parcel:
    """A task to do, or none: of which run, of which versions; the name of its task and of its log, its function, and its
    arguments between settings and folder; its workspace as hashes of files by their names, and the seconds that are left."""

    run: str
    versions: dict[str, str]
    name: str = ""
    log: str = ""
    function: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


@dataclass(frozen=True, repr=False)
class Answer:
    """What a worker says to a parcel: what became of the task with the files that it wrote; or the hashes of the
    inputs that it lacks; or why it can run none."""

    result: Result | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    unfit: str = ""


@dataclass(frozen=True, repr=False)
class Inputs:
    """Files of a run by the hash of their content."""

    run: str
    content: dict[str, bytes]


def perform(parcel: Parcel) -> Answer:
    """Do a task in a child of this worker's forkserver, which ends with the deadline or when it is called off; of no task,
    whether the worker could."""
    differ = sorted(set(parcel.versions.items()) ^ set(versions().items()))
    if differ:
        words = ", ".join(f"{name} {here}" for name, here in versions().items() if (name, here) in differ)
        return Answer(unfit=f"It has other versions ({words}). Install there what this machine has.")
    return _careful(lambda place, worker: _run(parcel, place, worker), parcel.run)


def keep(inputs: Inputs) -> Answer:
    """Keep inputs, each whole."""

    def kept(place: Path, _worker: Any) -> Answer:
        for name, content in inputs.content.items():
            storage.write_whole(place / name, content, place / "drafts")
            (place / name).chmod(0o400)
        return Answer(Result())

    return _careful(kept, inputs.run)


def forget(run: str) -> Answer:
    """Take away what was kept for a run."""

    def gone(place: Path, _worker: Any) -> Answer:
        shutil.rmtree(place, ignore_errors=True)
        return Answer(Result())

    return _careful(gone, run)


def versions() -> dict[str, str]:
    """The versions of all that decides what comes out, or how it travels."""
    return checks.versions() | {name: metadata.version(name) for name in _TRAVELLING}


def _careful(do: Callable[[Path, Any], Answer], run: str) -> Answer:
    """What is done in the folder of a run on this worker; a fault is an answer."""
    from distributed import get_worker

    try:
        worker = get_worker()
        return do(_place(worker, run), worker)
    except OSError as cause:
        return Answer(unfit=storage.refused(cause, "It cannot write"))
    except Exception as cause:
        return Answer(unfit=f"It broke ({type(cause).__name__}).")


def _run(parcel: Parcel, place: Path, worker: Any) -> Answer:
    lacks = tuple(name for name in sorted(set(parcel.files.values())) if not (place / name).is_file())
    if lacks or not parcel.function:
        return Answer(lacks=lacks) if lacks else Answer(Result())
    key, end = worker.get_current_task(), time.monotonic() + parcel.seconds
    folder = Path(tempfile.mkdtemp(dir=place))

    def wanted() -> bool:
        # A task that was called off, by whoever gave it or since he is gone, runs on unless it looks itself.
        known = worker.state.tasks.get(key)
        return (
            known is not None and known.state == "executing" and worker.status.name in ("running", "paused")
        )

    def left() -> float:
        return end - time.monotonic() if wanted() else 0

    def emit(event: dict[str, Any]) -> None:
        worker.log_event(parcel.run, {"key": key, **event})

    try:
        home = folder / "workspace"
        for relative, of in parcel.files.items():
            (home / relative).parent.mkdir(parents=True, exist_ok=True)
            os.link(place / of, home / relative)
        for part in PARTS:
            (folder / part).mkdir(parents=True)
        arguments = (load(home / FILE_NAME), *parcel.arguments, folder)
        task = Task(parcel.name, parcel.function, arguments, folder, folder / "logs" / parcel.log)
        result = process.run(task, left, emit)
        if not wanted():
            return Answer()
        made = (path for part in PARTS for path in (folder / part).iterdir() if path.is_file())
        return Answer(result, {path.relative_to(folder).as_posix(): path.read_bytes() for path in made})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(worker: Any, run: str) -> Path:
    """The folder of a run under the worker's own, which nobody else may enter; the first one starts the forkserver."""
    home = Path(worker.local_directory)
    with _once:
        if not (home / FOLDER).is_dir():
            home.chmod(0o700)  # a worker that lacks memory puts results there
            (home / FOLDER).mkdir(mode=0o700)
            _serve(lambda: process.prepare(home / FOLDER))
        place = home / FOLDER / run
        if not place.is_dir():
            for other in (home / FOLDER).iterdir():
                with contextlib.suppress(OSError):
                    if other.is_dir() and time.time() - other.stat().st_mtime > KEPT:
                        shutil.rmtree(other, ignore_errors=True)
            place.mkdir(mode=0o700)
    return place


def _serve(prepare: Callable[[], None]) -> None:
    """Start the forkserver from a thread that stays, since it ends with the one that started it."""
    # The nanny of a worker starts it as a daemon, which may have no children of its own.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    # Nor does each child need to run the program anew from which the cluster was started.
    if multiprocessing.parent_process():
        vars(sys.modules["__main__"]).update(__spec__=None, __file__=None)
    ready = threading.Event()

    def stay() -> None:
        try:
            prepare()
        finally:
            ready.set()
        threading.Event().wait()

    threading.Thread(target=stay, name="mlastats-forkserver", daemon=True).start()
    ready.wait()
