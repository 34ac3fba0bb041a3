"""Runs the notebooks of internal reports, and reads the blocks of large registers, on the workers of a dask cluster;
everything else is done here.

Which worker runs what is decided here, one task for each of its threads: the scheduler calls a task cancelled that
runs on, and does one that ended its process again three times. What is public is made here, where its secret stays, and so
is what rests on returns.
"""

import contextlib
import hashlib
import ipaddress
import logging
import math
import socket
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from mlastats.errors import ConfigurationError, InputRejected, ReportFailed
from mlastats.register.blocks import Task as BlockTask
from mlastats.register.blocks import side_by_side
from mlastats.run import inputs, process, tasks, worker
from mlastats.run.process import Result, Task
from mlastats.run.progress import Emit
from mlastats.run.worker import Answer, Inputs, Parcel
from mlastats.settings import FILE_NAME, Settings

# Seconds without a word of a worker after which what it ran is done elsewhere, and those to wait for a first answer.
SILENCE, PATIENCE = 30.0, 15.0
# How many workers may be lost over one notebook: it may be what ends them.
LOSSES = 5
GREETED = "It has not answered yet."


@dataclass
class Worker:
    """A worker: its threads, when it was last heard of and what it said, how many notebooks it runs, and why it can have
    none."""

    threads: int
    heard: float
    said: float
    busy: int = 0
    unfit: str = GREETED


class Cluster:
    """The workers of a cluster and what runs where; called with a task, it is the runner of a run."""

    def __init__(self, client: Any, settings: Settings, jobs: int, emit: Emit) -> None:
        self._client, self._settings, self._emit = client, settings, emit
        self._run, self._here = f"mlastats-{uuid.uuid4().hex}", threading.Semaphore(jobs)
        self._workers: dict[str, Worker] = {}
        self._looked, self._over, self._changed = 0.0, threading.Event(), threading.Condition()
        self._begun, self._packing = False, threading.Lock()
        self._hearing: dict[str, Emit] = {}
        self._names: dict[str, str] = {}
        self._content: dict[str, Callable[[], bytes]] = {}

    def begin(self) -> None:
        """Greet the workers. ReportFailed where none answers, ConfigurationError where one must not be used."""
        self._client.subscribe_topic(self._run, lambda event: self._hear(event[1]))
        self._look()
        threading.Thread(target=self._watch, daemon=True).start()
        with self._changed:
            self._changed.wait_for(
                lambda: self._workers and all(known.unfit != GREETED for known in self._workers.values()),
                PATIENCE,
            )
            unfit = [f"  {at}: {w.unfit}" for at, w in self._workers.items() if w.unfit not in ("", GREETED)]
        if unfit:
            raise ConfigurationError("\n".join(["The cluster has workers that must not be used.", *unfit]))
        if not self.threads:
            raise ReportFailed("No worker of the cluster answers. Start some: dask worker ADDRESS.")
        self._begun = True

    def end(self) -> None:
        """Let the workers forget what they were given."""
        from distributed import fire_and_forget

        self._over.set()
        with contextlib.suppress(Exception):  # of a cluster that is gone
            for address in list(self._workers) if self._begun else []:
                fire_and_forget(self._submit(address, worker.forget, self._run))

    @property
    def threads(self) -> int:
        """How many notebooks the workers can run at a time."""
        with self._changed:
            return sum(known.threads for known in self._workers.values() if not known.unfit)

    def __call__(self, task: Task, left: Callable[[], float], emit: Emit) -> Result:
        """Run a task: a notebook of an internal report on a worker, any other here."""
        # A regional body's few reports rest on its folder of returns, and on who signed them, which is looked up here.
        there = task.function is tasks.notebook and not self._settings.region
        if there and task.arguments[1]["audience"] == "internal":
            try:
                return self._run_there(task, self._notebook(task.arguments[2]), left, emit)
            except ReportFailed as cause:
                return Result(None, type(cause).__name__, str(cause))
        with self._here:
            return process.run(task, left, emit)

    def blocks(self, some: list[BlockTask]) -> list[Any]:
        """What comes of tasks with blocks of registers, as `blocks.side_by_side`; those are done here with a register that
        was not cut, or whose references are hashed, since their key leaves no machine."""
        cut = [task.block.layout is not None and not task.block.source.mapping.hashed for task in some]
        here = [task for task, there in zip(some, cut, strict=True) if not there]
        with ThreadPoolExecutor(1 + self.threads) as pool:
            own = pool.submit(side_by_side, here)
            sent = {n: pool.submit(self._block, task) for n, task in enumerate(some) if cut[n]}
            rest = iter(own.result())
            return [sent[n].result() if n in sent else next(rest) for n in range(len(some))]

    def _block(self, task: BlockTask) -> Any:
        block, place = task.block, task.block.place
        files = self._workspace(cleaned=False)
        if block.text.is_file():
            files |= self._file(f"{tasks.BLOCKS}/{block.text.name}", block.text.read_bytes)
        else:
            files |= self._file(f"{tasks.BLOCKS}/{place.name}", block.content)
        folder, log = place.parent.parent, place.with_suffix(".log")
        name = f"{block.source.of}, block {place.name}"
        there = Task(name, tasks.block, (self._settings, task, folder), folder, log)
        result = self._run_there(there, files, lambda: math.inf, lambda _event: None)
        return InputRejected(result.message) if result.error == "InputRejected" else result.get()

    def _run_there(self, task: Task, files: dict[str, str], left: Callable[[], float], emit: Emit) -> Result:
        """Run a task whose first argument is the settings, and whose last the folder that takes its files."""
        _settings, *arguments, folder = task.arguments
        about, losses = (task.name, task.log.name, task.function, tuple(arguments), files), 0
        while address := self._take(task, left):
            emit({"event": "at", "worker": address})
            parcel = Parcel(self._run, worker.versions(), *about, left())
            try:
                answer = self._ask(address, parcel, left, emit)
            finally:
                with self._changed:
                    if known := self._workers.get(address):
                        known.busy -= 1
                    self._changed.notify_all()
            if answer.result:
                # Last the files that say that an exhibit is whole.
                for relative in sorted(answer.files, key=lambda relative: relative.endswith(".json")):
                    (folder / relative).parent.mkdir(exist_ok=True)
                    (folder / relative).write_bytes(answer.files[relative])
                return answer.result
            if answer.unfit:
                self._judge(address, answer.unfit)
            elif left() > 0:
                losses += 1
                self._emit({"event": "lost", "worker": address})
                if losses == LOSSES:
                    raise ReportFailed(f"{task.name}: {losses} workers were lost while they ran it.")
        return Result(None, "ReportFailed", f"{task.name}: {process.PASSED}")

    def _take(self, task: Task, left: Callable[[], float]) -> str:
        """A thread of the worker that has most of them free, waited for; nothing when the task is called off.
        ReportFailed where there was no worker for a while."""
        there = time.monotonic()
        with self._changed:
            while left() > 0:
                usable = {
                    at: known for at, known in self._workers.items() if not known.unfit and self._heard(at)
                }
                free = {at: known.threads - known.busy for at, known in usable.items()}
                if any(count > 0 for count in free.values()):
                    address = max(free, key=lambda at: free[at])
                    usable[address].busy += 1
                    return address
                there = time.monotonic() if usable else there
                if time.monotonic() - there > SILENCE:
                    why = [f"{at}: {known.unfit}" for at, known in self._workers.items() if known.unfit]
                    raise ReportFailed(" ".join([f"{task.name}: no worker of the cluster is left.", *why]))
                self._changed.wait(1)
        return ""

    def _ask(self, address: str, parcel: Parcel, left: Callable[[], float], emit: Emit) -> Answer:
        """What a worker answers, after it was sent what it lacks."""
        answer = self._answer(address, worker.perform, parcel, left, emit)
        if answer.lacks:
            sent = Inputs(self._run, {name: self._read(name) for name in answer.lacks})
            kept = self._answer(address, worker.keep, sent, left, emit)
            answer = kept if kept.unfit else self._answer(address, worker.perform, parcel, left, emit)
        return answer

    def _answer(
        self, address: str, function: Callable[..., Answer], given: Any, left: Callable[[], float], emit: Emit
    ) -> Answer:
        """What a worker answers; nothing where it was lost, or the task was called off, which it then sees itself."""
        key, done = f"{self._run}-{uuid.uuid4().hex}", threading.Event()
        self._hearing[key] = emit
        try:
            future = self._submit(address, function, given, key=key)
        except Exception:  # of a client whose scheduler is gone
            return Answer()
        future.add_done_callback(lambda _: done.set())
        try:
            while left() > 0 and self._heard(address):
                if done.wait(min(1, max(0, left()))):
                    return self._result(future)
            return Answer()
        finally:
            self._hearing.pop(key)
            future.cancel()

    def _submit(self, address: str, function: Callable[..., Answer], given: Any, **options: Any) -> Any:
        return self._client.submit(function, given, workers=[address], pure=False, **options)

    def _result(self, future: Any) -> Answer:
        """The value of a future that is done. What its error says is not told: it may be what a task was given."""
        try:
            answer: Answer = future.result(timeout=SILENCE)
            return answer
        except ImportError:
            return Answer(unfit="It has no mlastats, or no such function of it: install this version there.")
        except Exception:
            return Answer()

    def _hear(self, event: dict[str, Any]) -> None:
        if emit := self._hearing.get(event.pop("key")):
            emit(event)

    def _watch(self) -> None:
        while not self._over.wait(1):
            try:
                self._look()
            except Exception:  # of a cluster that is gone nothing is heard
                self._looked = time.monotonic()

    def _look(self) -> None:
        """Take note of who is there and was heard of, and greet who is new."""
        found, now = self._client.scheduler_info(n_workers=-1)["workers"], time.monotonic()
        with self._changed:
            new = found.keys() - self._workers.keys()
            self._workers = {at: known for at, known in self._workers.items() if at in found}
            for at, about in found.items():
                known = self._workers.setdefault(at, Worker(about["nthreads"], now, 0))
                if known.said != about["last_seen"]:
                    known.said, known.heard = about["last_seen"], now
            self._looked = now
            self._changed.notify_all()
        for at in new:
            self._greet(at)

    def _greet(self, address: str) -> None:
        """Ask a new worker whether it is as this machine is; it answers when it is free."""
        if why := plain(address, self._settings):
            self._judge(address, why)
            return
        asked = Parcel(self._run, worker.versions())
        future = self._submit(address, worker.perform, asked)

        def judge(done: Any) -> None:
            answer = self._result(done)
            self._judge(address, "" if answer.result else answer.unfit or GREETED)

        future.add_done_callback(judge)

    def _judge(self, address: str, unfit: str) -> None:
        with self._changed:
            known = self._workers.get(address)
            if known:
                known.unfit = unfit
            self._changed.notify_all()
        if known and unfit and self._begun:
            self._emit({"event": "unfit", "worker": address, "why": unfit})

    def _heard(self, address: str) -> bool:
        """Whether a worker is there and was heard of, and so is the scheduler."""
        known = self._workers.get(address)
        return (
            known is not None and self._looked - known.heard <= SILENCE and self._client.status == "running"
        )

    def _notebook(self, name: str) -> dict[str, str]:
        path = self._settings.notebook_files()[name]
        return self._workspace() | self._file(f"notebooks/{path.name}", path.read_bytes)

    def _workspace(self, cleaned: bool = True) -> dict[str, str]:
        """The hashes of the files that a task may read, by their names on the worker."""
        with self._packing:
            if not self._names:
                self._names |= self._file(FILE_NAME, inputs.of_worker(self._settings).encode)
                for name, path in inputs.of_workers(self._settings, cleaned).items():
                    self._names |= self._file(name, path.read_bytes)
            return dict(self._names)

    def _file(self, name: str, content: Callable[[], bytes]) -> dict[str, str]:
        """A file by its name on the worker: the hash by which its content is sent."""
        hash_ = hashlib.sha256(content()).hexdigest()
        self._content[hash_] = content
        return {name: hash_}

    def _read(self, name: str) -> bytes:
        data = self._content[name]()
        if hashlib.sha256(data).hexdigest() != name:
            raise ReportFailed("Replaced during the run: what its tasks read. The next run reads it anew.")
        return data


@contextlib.contextmanager
def opened(settings: Settings, address: str, jobs: int, emit: Emit) -> Iterator[Cluster]:
    """The cluster at the address of its scheduler. Raises ConfigurationError for one that must not be used, and
    ReportFailed where nobody answers."""
    if urlsplit(address).scheme not in ("tcp", "tls") or not urlsplit(address).hostname:
        raise ConfigurationError(
            f"The address of a cluster is that of its scheduler, tls://HOST:PORT or tcp://HOST:PORT; got {address!r}."
        )
    if why := plain(address, settings):
        raise ConfigurationError(f"{address}: {why}")
    try:
        from distributed import Client, Security
    except ImportError:
        raise ConfigurationError(
            "A cluster needs the package distributed. Install it: pip install 'mlastats[cluster]'."
        ) from None
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # a run has one log
    warnings.filterwarnings("ignore", "Sending large graph")  # that is how inputs travel
    try:
        if urlsplit(address).scheme == "tls" and not Security().get_connection_args("client")["ssl_context"]:
            raise FileNotFoundError  # where dask's client would break
        client = Client(
            address, timeout=PATIENCE, set_as_default=False, direct_to_workers=False, name="mlastats"
        )
    except (OSError, ValueError) as cause:
        raise ReportFailed(
            f"No scheduler answers at {address} ({type(cause).__name__}). Start one (dask scheduler) or mend the "
            "address; for tls:// the certificates are named in dask's configuration (distributed.comm.tls)."
        ) from None
    cluster = Cluster(client, settings, jobs, emit)
    try:
        cluster.begin()
        yield cluster
    finally:
        cluster.end()
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def plain(address: str, settings: Settings) -> str:
    """Why no case data may go to an address: in plain text they stay on this machine, unless the configuration says
    otherwise; nothing where they may."""
    parts = urlsplit(address)
    if parts.scheme == "tls" or (settings.cluster and settings.cluster.plain_text):
        return ""
    own = {given.address.split("%")[0] for of in psutil.net_if_addrs().values() for given in of}
    try:
        found = {str(known[4][0]).split("%")[0] for known in socket.getaddrinfo(parts.hostname, None)}
    except OSError:
        return "Its host is not known. Mend the address."
    if all(one in own or ipaddress.ip_address(one).is_loopback for one in found):
        return ""
    return (
        "Case data would go to another machine in plain text. Use TLS (tls://), or say `plain_text = true` under "
        "[cluster] in the configuration where only these machines are on their network."
    )
