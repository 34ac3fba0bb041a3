"""The processes of a run: warm parents, and the children that they fork for its tasks.

Where fork is not to be had, a task runs in a Python process of its own, with the same results.
"""

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

HAS_FORK = sys.platform.startswith("linux")
# One thread a process: a fork keeps only the thread that calls it, and jobs share the cores.
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
PRELOADED = {
    # forks the kernels in which notebooks run
    "kernels": [
        "ipykernel.kernelapp",
        "ipykernel.debugger",
        "ipykernel.ipkernel",
        "ipykernel.zmqshell",
        "IPython.core.completer",
        "matplotlib.pyplot",
        "pandas",
        "pyarrow.parquet",
        "seaborn",
        "mlastats.publish.page",
        *(f"mlastats.{stage}.*" for stage in ("vocab", "measure", "publish.charts", "findings")),
        # what these import only when they are used
        "babel.dates",
        "babel.numbers",
        "matplotlib.backends.backend_svg",
        "pyarrow.dataset",
        "pyarrow.pandas_compat",
        "scipy.stats",
    ],
    # forks all else: cleaning, papermill, which drives the kernels, and the formats
    "tasks": [
        "papermill",
        "nbclient",
        "jupyter_client.provisioning",
        "pandas",
        "pyarrow.parquet",
        "mlastats.run.kernels",
        "mlastats.run.work",
        *(f"mlastats.{stage}.*" for stage in ("vocab", "register", "publish")),
        "babel.dates",
        "babel.numbers",
        "bleach",
        "docx",
        "fontTools.subset",
        "jinja2.ext",
        "nbconvert",
        "nbformat.v4",
        "psutil",
        "pyarrow.dataset",
        "pyarrow.pandas_compat",
        "typst",
        "xlsxwriter",
    ],
}
LONGEST_SOCKET = 80


class Child:
    """A running task; it looks like a Popen to whom wants one.

    `events` are what the task told; `result` is its last word.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""
        self.pid = 0
        self.returncode: int | None = None
        self.events: list[dict[str, Any]] = []

    def fileno(self) -> int:
        """For selectors: readable when the task has told something or ended."""
        return self._connection.fileno()

    def started(self, timeout: float) -> bool:
        """Wait until the process is there; False when the parent is gone or silent."""
        self._connection.settimeout(timeout)
        with contextlib.suppress(OSError):
            while not self.pid and self.returncode is None:
                self._read()
        return bool(self.pid)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        self._connection.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while self.returncode is None:
                self._read()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, once it has ended."""
        self._connection.settimeout(timeout)
        with contextlib.suppress(OSError):
            while self.returncode is None:
                self._read()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the task's process group."""
        if self.pid and self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it and all of its group."""
        self.send_signal(signal.SIGKILL)

    terminate = kill

    def close(self) -> None:
        """Hang up, which ends the task if it still runs."""
        self._connection.close()

    def _read(self) -> None:
        data = self._connection.recv(65536)
        if not data:
            self.returncode = self.returncode if self.returncode is not None else -signal.SIGKILL
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            event = json.loads(line)
            self.pid = event.get("pid", self.pid)
            self.returncode = event.get("exit", self.returncode)
            if "event" in event or "result" in event or "error" in event:
                self.events.append(event)


def ask(address: str, request: dict[str, Any]) -> Child:
    """Have a warm parent fork a child; OSError where there is no parent."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(address)
    connection.sendall(json.dumps(request).encode() + b"\n")
    return Child(connection)


class Workers:
    """The warm parents of one run, in a private folder of their own; a context manager."""

    def __init__(self, work: Path, warm: bool = True) -> None:
        self._work = work
        self._warm = warm and HAS_FORK
        self._parents: list[subprocess.Popen[bytes]] = []
        self.folder = Path(tempfile.mkdtemp(prefix="mla"))
        self._short = os.name == "posix" and len(str(self.folder)) < LONGEST_SOCKET
        self._warm = self._warm and self._short

    def __enter__(self) -> "Workers":
        if self._warm:
            for name, modules in PRELOADED.items():
                self._parents.append(self._parent(name, modules))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for parent in self._parents:
            assert parent.stdin
            parent.stdin.close()
        for parent in self._parents:
            try:
                parent.wait(5)
            except subprocess.TimeoutExpired:
                parent.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, parent: str) -> str:
        """Where a parent listens; empty where there is none."""
        return str(self.folder / parent) if self._warm else ""

    @property
    def sockets(self) -> str:
        """Folder for the kernels' sockets; empty where they must use ports."""
        return str(self.folder) if self._short else ""

    def start(self, task: dict[str, Any], log: Path) -> Child:
        """Run a task of mlastats.run.work in a process of its own."""
        request = {
            "call": "mlastats.run.work:perform",
            "task": task,
            "environment": environment(),
            "folder": str(self._work),
            "log": str(log),
        }
        if self._warm:
            with contextlib.suppress(OSError):
                child = ask(self.address("tasks"), request)
                if child.started(60):
                    return child
                child.close()
        return _spawned(request)

    def _parent(self, name: str, modules: list[str]) -> "subprocess.Popen[bytes]":
        # It listens before it is there: who asks early waits until it has imported.
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(self.folder / name))
            server.listen(64)
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "mlastats.run.warm", str(server.fileno()), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment({"MPLBACKEND": "module://matplotlib_inline.backend_inline"}),
                start_new_session=True,
                pass_fds=[server.fileno()],
            )


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    """The environment of every process of a run."""
    return {**os.environ, **THREADS, "PYTHONUNBUFFERED": "1", **more}


def _spawned(request: dict[str, Any]) -> Child:
    """A task in an ordinary Python process, with the same conversation as a forked one."""
    own, other = socket.socketpair()
    command = [sys.executable, "-P", "-m", "mlastats.run.work", request["call"]]
    with open(request["log"], "ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=request["environment"],
            cwd=request["folder"],
            start_new_session=True,
        )
    threading.Thread(target=_relay, args=(process, request["task"], other), daemon=True).start()
    child = Child(own)
    child.pid = process.pid
    return child


def _relay(process: "subprocess.Popen[bytes]", task: dict[str, Any], connection: socket.socket) -> None:
    assert process.stdin
    assert process.stdout
    with connection, contextlib.suppress(OSError):
        process.stdin.write(json.dumps(task).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            connection.sendall(line)
        connection.sendall(json.dumps({"exit": process.wait()}).encode() + b"\n")


def ready(children: list[Child], timeout: float) -> list[Child]:
    """The children that have told something or ended, within `timeout` seconds."""
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child, selectors.EVENT_READ)
        return [key.fileobj for key, _ in selector.select(timeout)]  # type: ignore[misc]
