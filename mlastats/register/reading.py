"""Reads registers in a process apart: what a file holds can neither hang, nor exhaust, nor end this one.

The process is forked where that is safe, else `python -m mlastats.register.reading`, which needs nothing of the
script or notebook that asks. It reads all files of a cleaning, one after the other; where it has to be ended, the
file that it was at is refused, and another one goes on with the next.
"""

import contextlib
import errno
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import IO, Any

import psutil

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.settings import Reading

FORKS = sys.platform.startswith("linux")
# Seconds between two looks at how much memory the process has.
TICK = 0.05
# Address space that Arrow reserves without using it.
RESERVED = 8 << 30
# With fewer bytes of addresses a library of those that read is refused its own.
ADDRESSES = 1 << 30
SET_PARENT_DEATH_SIGNAL = 1
_NONE_YET = object()
ADVICE = "Save it as CSV, split it by year, or raise `{}` under [reading] in the configuration."


def apart(read: Callable[[Any], Any], sources: Sequence[Any], limits: Reading) -> "list[Any | InputRejected]":
    """What `read` makes of each of `sources`, or why it is refused. `read` is a function of an installed module; a
    source has `of`, how messages name it, and `size`, the bytes of its files. Raises InputRejected where no process
    can be started."""
    results: list[Any] = []
    while len(results) < len(sources):
        results += _until_one_fails(read, sources[len(results) :], limits)
    return results


def check_threads(number: int) -> None:
    """OSError unless this user may start so many processes and threads more: a library that is refused one in the middle
    of its work may wait for it for ever."""
    over, started = threading.Event(), list[threading.Thread]()
    size = threading.stack_size(1 << 16)
    try:
        for _n in range(number):
            thread = threading.Thread(target=over.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        why = f"fewer than {number} processes and threads more can be started"
        raise OSError(errno.EAGAIN, why) from None
    finally:
        over.set()
        threading.stack_size(size)
        for thread in started:
            thread.join()


def check_addresses(least: int) -> None:
    """OSError unless a process of this user may reserve so many bytes of addresses: OpenBLAS asks for its buffers for ever
    where they are refused."""
    if os.name != "posix":
        return
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most != resource.RLIM_INFINITY and most < least:
        why = f"a process may reserve {most >> 20} MB of addresses, and {least >> 20} are needed"
        raise OSError(errno.ENOMEM, why)


def _until_one_fails(read: Callable[[Any], Any], sources: Sequence[Any], limits: Reading) -> list[Any]:
    try:
        check_threads(8 + 4 * (os.cpu_count() or 1))
        check_addresses(ADDRESSES)
        number, answers, ended = _started(read, sources)
        received: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=_receive, args=(answers, received), daemon=True).start()
    except (OSError, RuntimeError) as cause:
        why = getattr(cause, "strerror", "") or str(cause)
        raise InputRejected(
            f"No process can be started to read the registers ({why}). Close other programs of this user, or raise its "
            "limit on processes or memory (ulimit -a)."
        ) from None
    results: list[Any] = []
    try:
        at_first = _memory(number)
        for source in sources:
            # A text file takes a few times its size; what is packed may be of any.
            megabytes = max(limits.megabytes, 12 * source.size >> 20)
            end, answer, fault = time.monotonic() + limits.seconds, _NONE_YET, ""
            while not fault:
                with contextlib.suppress(queue.Empty):
                    answer = received.get(timeout=TICK)
                if answer is not _NONE_YET:
                    break
                if time.monotonic() > end:
                    fault = (
                        f"takes longer than {limits.seconds:g} seconds to read. {ADVICE.format('seconds')}"
                    )
                elif _memory(number) - at_first > megabytes << 20:
                    fault = (
                        f"takes more than {megabytes:,} MB of memory to read. {ADVICE.format('megabytes')}"
                    )
            if answer is None:
                fault = (
                    "is damaged, or asks for more memory than there is: its reader broke off. Open it in a spreadsheet "
                    "program and save it anew as CSV."
                )
            if fault:
                return [*results, InputRejected(f"{source.of} {fault}")]
            results.append(answer)
        return results
    finally:
        ended()


def _receive(answers: IO[bytes], received: "queue.SimpleQueue[Any]") -> None:
    """Hand on what the process sends; None when it has ended."""
    with contextlib.suppress(Exception), answers:
        while True:
            received.put(pickle.load(answers))
    received.put(None)


def _memory(number: int) -> int:
    try:
        return int(psutil.Process(number).memory_info().rss)
    except psutil.Error:
        return 0


def _started(read: Callable[[Any], Any], sources: Sequence[Any]) -> tuple[int, IO[bytes], Callable[[], None]]:
    """A process that reads: its number, what it sends, and what ends it."""
    if not FORKS:
        command = [sys.executable, "-P", "-m", __name__]
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=nothing)
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(OSError), process.stdin:
            pickle.dump((read, sources, vocab.own_files()), process.stdin)

        def killed() -> None:
            process.kill()
            process.wait()

        return process.pid, process.stdout, killed
    receiving, sending = os.pipe()
    parent = os.getpid()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child uses none of theirs
            number = os.fork()
    except OSError:
        os.close(receiving)
        os.close(sending)
        raise
    if not number:
        try:
            os.close(receiving)
            _prepare(parent)
            with open(sending, "wb") as answers:
                _read(read, sources, answers)
        finally:
            os._exit(0)
    os.close(sending)

    def ended() -> None:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)

    return number, open(receiving, "rb"), ended


def _prepare(parent: int) -> None:
    """In the fork: end with the parent, leave Ctrl-C to it, print nothing, and reserve no more than what is sane."""
    import ctypes
    import faulthandler
    import resource

    faulthandler.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = psutil.Process().memory_info().vms + psutil.virtual_memory().total + RESERVED
    if most < soft or soft == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _read(read: Callable[[Any], Any], sources: Sequence[Any], answers: IO[bytes]) -> None:
    for source in sources:
        try:
            answer = read(source)
        except InputRejected as fault:
            answer = fault
        except MemoryError:
            answer = None
        except Exception as cause:
            # A fault of the file as much as of its reader: what it holds is in neither the message nor a log.
            kind = type(cause).__name__
            advice = (
                "Save it anew as CSV in UTF-8; where other files fail too, give it more memory (ulimit -v)."
            )
            answer = InputRejected(f"{source.of} cannot be read ({kind}). {advice}")
        pickle.dump(answer, answers, protocol=5)
        answers.flush()
        if answer is None:
            return


if __name__ == "__main__":
    read, sources, own = pickle.load(sys.stdin.buffer)
    vocab.use(*own)
    _read(read, sources, sys.stdout.buffer)
