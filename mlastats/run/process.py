"""Runs a task in a process of its own, which it starts, listens to, and ends.

The processes are those of `multiprocessing`: forked from a server that has imported what they need, and
started anew where there is no fork. None outlives its task, nor the process that runs the task.
"""

import errno
import multiprocessing
import os
import random
import signal
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from mlastats import errors, storage
from mlastats.run import store
from mlastats.run.progress import Emit
from mlastats.settings import KEY

METHOD = "forkserver" if sys.platform.startswith("linux") else "spawn"
# One thread a process: a fork keeps only the thread that calls it, and tasks share the cores.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
# Processes and threads of a run, and of each task that runs beside others, with some to spare.
OF_A_RUN, OF_A_TASK = 8, 12
# Bytes of the path of a folder in which a socket may have its name, of the 107 that the system takes.
LONGEST_SOCKET = 85
# With fewer bytes of addresses some library of those that notebooks import is refused its buffers.
ADDRESSES = 2 << 30
PASSED = "the deadline passed, and its process was ended."
# Seconds after which a forkserver that starts no process is given up.
SILENCE = 60.0


@dataclass(frozen=True)
class Task:
    """A function of an installed module and what it takes; `name` is how messages name it.

    It works in `folder`, and `log` takes what it prints; `secret`: it is given the key of hashed references. All of it
    can be pickled.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    folder: Path
    log: Path
    secret: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a task: its value, or the kind and the message of an error, as data."""

    value: Any = None
    error: str = ""
    message: str = ""

    def get(self) -> Any:
        """The value; an error is raised here, ReportFailed where its kind is none of our own."""
        if self.error:
            raise getattr(errors, self.error, errors.ReportFailed)(self.message)
        return self.value


def run(task: Task, left: Callable[[], float], emit: Emit) -> Result:
    """Run the task while `left()`, the seconds that it may still take, is above 0; never raises for its faults.

    `left` is asked every second, so whoever gives it can also call the task off. `emit` takes the events
    that the task sends. When this returns, the process and all that it started are gone.
    """
    own, other = multiprocessing.Pipe(duplex=False)
    with own:
        try:
            process = _start(task, other)
        except (OSError, EOFError, RuntimeError) as cause:
            lacking = OSError(errno.EAGAIN, type(cause).__name__)
            why = storage.refused(lacking, f"{task.name}: no process could be started")
            return Result(None, "ReportFailed", why)
        finally:
            other.close()
        try:
            return _listen(task, process, own, left, emit)
        finally:
            _end(process)


def prepare(work: Path) -> None:
    """Start the forkserver, which imports while the caller goes on; it ends with the thread that calls this.

    Its socket, and what the processes put into a temporary folder, lie in `work`; the socket in a folder of its own
    under /tmp, which the file SOCKETS names, where the path of `work` is too long for one. Until `close` the key of
    hashed references is out of the environment, which a process cannot be kept from reading.
    """
    _withheld.update({KEY: os.environ.pop(KEY)} if KEY in os.environ else {})
    if METHOD != "forkserver":
        return
    from multiprocessing import forkserver

    multiprocessing.get_context(METHOD).set_forkserver_preload(["mlastats.run.forkserver"])
    sockets = work
    if len(os.fsencode(work)) > LONGEST_SOCKET:
        # Named before it is made, so that the next run finds it whenever this one is killed.
        sockets = Path("/tmp") / f"mlastats-{uuid.uuid4().hex}"
        (work / store.SOCKETS).write_text(str(sockets), encoding="utf-8")
        sockets.mkdir(mode=0o700)
    # Where multiprocessing looks first; else it makes a folder that a killed run leaves behind.
    multiprocessing.current_process()._config["tempdir"] = str(sockets)  # type: ignore[attr-defined]
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(work)
    try:
        with suppress(OSError):
            forkserver.ensure_running()
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)


def close() -> None:
    """End the forkserver, whose socket goes with the run's work."""
    os.environ.update(_withheld)
    _withheld.clear()
    for server in _forkservers():
        with suppress(OSError, psutil.Error):
            server.kill()
            # It is left to multiprocessing to take note of its end.
            os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)


def emit(event: dict[str, Any]) -> None:
    """In a task: send an event to whoever runs it."""
    _caller.send(event)


_caller: Connection
_withheld: dict[str, str] = {}
_starting = threading.Lock()


def _listen(
    task: Task, process: BaseProcess, own: Connection, left: Callable[[], float], emit: Emit
) -> Result:
    sources: list[Any] = [own, process.sentinel]
    while (seconds := left()) > 0:
        ready = connection.wait(sources, min(1, seconds))
        if own in ready:
            try:
                message = own.recv()
            except EOFError:
                sources.remove(own)
                continue
            if isinstance(message, Result):
                return message
            emit(message)
        elif ready:
            process.join(1)
            code = process.exitcode or 0
            how = f"its process died ({f'signal {-code}' if code < 0 else f'exit {code}'})"
            advice = "If nobody ended it, it lacked memory or processes; raise the limits (ulimit -a)."
            return Result(None, "ReportFailed", f"{task.name}: {how}. {advice}")
    return Result(None, "ReportFailed", f"{task.name}: {PASSED}")


def _start(task: Task, other: Connection) -> BaseProcess:
    """A process that performs the task; an ordinary one where the forkserver is not to be had."""
    secret = _withheld if task.secret else {}
    arguments = (task, {**os.environ, **ENVIRONMENT, **secret, "TMPDIR": str(task.folder)}, other)
    if METHOD == "forkserver":
        process = multiprocessing.get_context("forkserver").Process(target=_perform, args=arguments)
        silent = threading.Timer(SILENCE, lambda: _kill(_forkservers()))
        # Nobody may take a process for an orphan before it is known.
        with _starting:
            silent.start()
            try:
                process.start()
                return process
            except (OSError, EOFError):
                pass
            finally:
                silent.cancel()
    ordinary = multiprocessing.get_context("spawn").Process(target=_perform, args=arguments)
    ordinary.start()
    return ordinary


def _end(process: BaseProcess) -> None:
    """Kill a task's process and whatever it has started."""
    assert process.pid
    with suppress(psutil.Error):
        _kill(psutil.Process(process.pid).children(recursive=True))
    if os.name == "posix":
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(5)
    # What had left the group and lost its parent is a child of the forkserver now.
    with _starting, suppress(psutil.Error):
        running = {child.pid for child in multiprocessing.active_children()}
        for server in _forkservers():
            for orphan in [child for child in server.children() if child.pid not in running]:
                _kill([*orphan.children(recursive=True), orphan])


def _forkservers() -> list[psutil.Process]:
    servers = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # of one that has just ended
            if "multiprocessing.forkserver" in " ".join(child.cmdline()):
                servers.append(child)
    return servers


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def _perform(task: Task, environment: dict[str, str], other: Connection) -> None:
    """In the child: do the task, and send what became of it."""
    global _caller
    _caller = other
    try:
        _prepare_child(task, environment)
        result = Result(task.function(*task.arguments))
    except errors.MlaStatsError as cause:
        result = Result(None, type(cause).__name__, str(cause))
    except Exception as cause:
        kind = type(cause).__name__
        # The log says where and of which kind a fault was; its text may hold case data.
        with suppress(OSError), task.log.open("a", encoding="utf-8") as log:
            for frame in traceback.extract_tb(cause.__traceback__):
                log.write(f"{kind}: {Path(frame.filename).stem} in {frame.name}, line {frame.lineno}\n")
        # What the system says of a file or a disk holds no value of a register; a library may have wrapped it.
        chain = (cause, *cause.args, cause.__cause__, cause.__context__)
        refused = next((fault for fault in chain if isinstance(fault, OSError) and fault.strerror), None)
        if refused is None and errors.lacks_memory(cause):
            refused = OSError(errno.ENOMEM, "it lacked memory or processes")
        why = (
            storage.refused(refused, f"{task.name} failed")
            if refused
            else f"{task.name} failed with {kind}; see its log."
        )
        result = Result(None, "ReportFailed", why)
    other.send(result)


def _prepare_child(task: Task, environment: dict[str, str]) -> None:
    """Give the child its own group, signals, environment, folder, log and chance."""
    if os.name == "posix":
        os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(task.folder)
    log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    _kill([*psutil.Process().children(recursive=True), psutil.Process()])
