"""A warm parent: a process that has imported what a run needs, and forks a child for each task.

`python -m mlastats.run.warm SOCKET MODULE...` serves SOCKET, the number of an open Unix socket that listens.
It only imports: no computing, no thread, no ZMQ socket, so that a fork is safe. A request is one
line of JSON; the answers are {"pid": n}, what the child tells, and {"exit": n}. A child lives no
longer than the connection that asked for it, and none outlives this process, which ends when its
standard input closes.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import random
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from typing import Any

SET_CHILD_SUBREAPER = 36
SET_PARENT_DEATH_SIGNAL = 1


def main(number: int, modules: list[str]) -> None:
    """Import `modules`, then serve until standard input closes."""
    server = socket.socket(fileno=number)
    server.set_inheritable(False)
    _process_control(SET_CHILD_SUBREAPER, 1)
    _import(modules)
    gc.collect()
    gc.freeze()
    Parent(server).serve()


def _import(modules: list[str]) -> None:
    # jsonschema takes this package where it is there, for a kind of address that no notebook has; it
    # makes a parser of a whole grammar when imported, which takes longer than all the rest.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    for module in _named(modules):
        # What cannot be imported here fails in the child, where its message is of use.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    del sys.modules["rfc3987_syntax"]


def _named(modules: list[str]) -> Iterator[str]:
    """The modules; `package.*` stands for all of a package."""
    for name in modules:
        package = name.removesuffix(".*")
        if package == name:
            yield name
            continue
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
            yield f"{package}.{found.name}"


class Parent:
    """Children by process id, each with the connection that asked for it."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._children: dict[int, socket.socket] = {}
        self._open: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()

    def serve(self) -> None:
        """Fork on request and report ends, until standard input closes."""
        for end in (self._bell, self._ring):
            end.setblocking(False)
        signal.set_wakeup_fd(self._ring.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for source in (self._server, self._bell, sys.stdin):
            self._selector.register(source, selectors.EVENT_READ)
        try:
            while all(self._handle(key.fileobj) for key, _ in self._selector.select()):
                pass
        finally:
            self._end_all()

    def _handle(self, source: Any) -> bool:
        if source is sys.stdin:
            return bool(os.read(sys.stdin.fileno(), 1))
        if source is self._bell:
            signals = self._bell.recv(4096)
            self._reap()
            return signal.SIGTERM not in signals
        if source is self._server:
            self._accept()
        else:
            self._hang_up(source)
        return True

    def _accept(self) -> None:
        connection, _ = self._server.accept()
        try:
            with connection.makefile("r", encoding="utf-8") as lines:
                request = json.loads(lines.readline())
        except (OSError, ValueError):
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become(connection, request)
        self._children[pid] = connection
        self._open.add(connection)
        self._selector.register(connection, selectors.EVENT_READ)
        _tell(connection, {"pid": pid})

    def _become(self, connection: socket.socket, request: dict[str, Any]) -> None:
        code = 1
        try:
            self._leave_parent()
            _settle_in(request)
            home, _, name = request["call"].partition(":")
            task = getattr(importlib.import_module(home), name)
            task(request["task"], lambda event: _tell(connection, event))
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _leave_parent(self) -> None:
        os.setsid()
        _process_control(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        for end in (self._server, self._bell, self._ring, *self._open):
            end.close()

    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            # The group is ended before its leader is reaped, so its number still is the child's.
            if ended.si_pid in self._children:
                _kill_group(ended.si_pid)
                self._end_orphans()
            _, status = os.waitpid(ended.si_pid, 0)
            connection = self._children.pop(ended.si_pid, None)
            if connection is not None:
                _tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
                self._close(connection)

    def _end_orphans(self) -> None:
        """End what has left the group of a task that is over: it has become a child of this process."""
        for child in _descendants(recursive=False):
            if child.pid not in self._children:
                child.kill()

    def _hang_up(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if connection.recv(4096):
                return
        for pid in [pid for pid, asked in self._children.items() if asked is connection]:
            _kill_group(pid)
        self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        if connection in self._open:
            self._open.discard(connection)
            self._selector.unregister(connection)
            connection.close()

    def _end_all(self) -> None:
        for pid in self._children:
            _kill_group(pid)
        for child in _descendants(recursive=True):
            child.kill()


def _settle_in(request: dict[str, Any]) -> None:
    """Give a child its own environment, folder, log and chance."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(request["folder"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _tell(connection: socket.socket, event: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(event).encode() + b"\n")


def _descendants(recursive: bool) -> list[Any]:
    import psutil

    return list(psutil.Process().children(recursive=recursive))


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _process_control(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
