"""Machines that lack something: a run works, or one line says what it lacked."""

import ctypes
import errno
import os
import platform
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import filelock
import pytest

from mlastats import settings
from mlastats.errors import LockHeld
from mlastats.run import lock

pytestmark = pytest.mark.faults
COMMANDS = (("clean",), ("report", "--force"), ("status",), ("verify",))


def limited(what: int, most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(what, (most, most))


def gone() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


def closed() -> None:
    for number in (0, 1, 2):
        os.close(number)


def full() -> None:
    for number in (1, 2):
        os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def every(home, **options) -> dict[str, tuple[int, str]]:
    return {words[0]: (lambda c, _o, e: (c, e))(*home.run(*words, **options)) for words in COMMANDS}


@pytest.mark.parametrize(
    "poor",
    [limited(resource.RLIMIT_NOFILE, 64), limited(resource.RLIMIT_AS, 3 << 30), gone, closed, full],
    ids=["64 files", "3 GB of addresses", "a deleted folder", "closed streams", "full streams"],
)
def test_it_works_all_the_same(home, poor, tmp_path: Path) -> None:
    found = every(home, preexec_fn=poor, cwd=tmp_path)
    assert {command: code for command, (code, _err) in found.items()} == dict.fromkeys(found, 0), found
    assert home.states() == {"first": "published", "second": "published"}


def test_without_a_home_and_with_a_long_temporary_folder(home, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    home.prefix = ["env", "-u", "HOME", f"TMPDIR={long}"]
    assert {code for code, _err in every(home).values()} == {0}
    assert list(long.iterdir()) == []


@pytest.mark.parametrize("megabytes", [420, 700, 1000, 1900])
def test_what_is_lacking_is_named(home, megabytes: int) -> None:
    """Some libraries ask for ever for the memory that they are refused: no command begins what it may not end."""
    found = every(home, preexec_fn=limited(resource.RLIMIT_AS, megabytes << 20))
    assert found["report"][0] == 1, found
    for command, (code, err) in found.items():
        assert code in (0, 1, 3), (command, err)
        if code:
            assert "ulimit" in err.splitlines()[-1], (command, err)


def test_a_report_whose_terminal_is_gone_is_published(home) -> None:
    child = home.start("report", "--json")
    child.stdout.close()
    child.stderr.close()
    assert child.wait(240) == 0
    assert home.states() == {"first": "published", "second": "published"}


def without_system_locks(monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr(filelock._unix.fcntl, "flock", refuse)


def test_a_lock_on_a_share_is_broken_only_when_its_process_has_ended(home, monkeypatch) -> None:
    loaded = settings.load(home.folder / "mlastats.toml")
    without_system_locks(monkeypatch)
    with lock.held(loaded) as broken:
        assert broken == []
        holder = home.reports / ".run" / "holder"
        number, host, start = holder.read_text().splitlines()
        assert (int(number), host) == (os.getpid(), os.uname().nodename)
        with pytest.raises(LockHeld), lock.held(loaded):
            pass
    ended = subprocess.Popen(["true"])
    ended.wait()
    # One that has ended, and another process under the same number.
    for left in (f"{ended.pid}\n{host}\n1\n", f"{os.getppid()}\n{host}\n{int(start) - 5}\n"):
        holder.write_text(left)
        with lock.held(loaded) as broken:
            assert broken == [f"The lock of process {left.split()[0]}, which has ended, was broken."]
    # One of another machine is left to whoever knows whether it is at work.
    holder.write_text(f"{ended.pid}\nelsewhere\n1\n")
    with pytest.raises(LockHeld), lock.held(loaded):
        pass


class Step(ctypes.Structure):
    """Of a program that the kernel asks of each system call: load, compare, answer."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(Step)))


def kernel_without_flock(fault: int) -> Callable[[], None]:
    """Before a command starts: the kernel answers each flock with `fault`, as a share does that has none."""
    flock = {"x86_64": 73, "aarch64": 32}[platform.machine()]
    steps = (Step * 4)((0x20,), (0x15, 0, 1, flock), (6, 0, 0, 0x50000 | fault), (6, 0, 0, 0x7FFF0000))
    program, control = Program(4, steps), ctypes.CDLL(None).prctl

    def refuse() -> None:
        assert control(38, 1, 0, 0, 0) == 0  # no new privileges, without which no filter is taken
        assert control(22, 2, ctypes.byref(program), 0, 0) == 0

    return refuse


@pytest.mark.parametrize("fault", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS], ids=errno.errorcode.get)
def test_where_the_kernel_knows_no_lock_a_run_is_alone_and_a_dead_one_in_nobodys_way(home, fault) -> None:
    assert home.run("clean")[0] == 0, "on a file system that had locks, whose file stays"
    poor = {"preexec_fn": kernel_without_flock(fault)}
    code, _out, err = home.run("clean", **poor)
    assert code == 0, err
    assert "Warning" not in err
    first = home.start("report", "--json", **poor)
    while '"cell"' not in first.stdout.readline():
        pass
    code, _out, err = home.run("clean", **poor)
    assert (code, err) == (
        4,
        "mlastats: Another run is at work in this workspace. Wait until it has ended, then run again.\n",
    )
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    code, _out, err = home.run("report", **poor)
    assert code == 0, err
    assert f"The lock of process {first.pid}, which has ended, was broken." in err
    assert f"The lock of process {first.pid}, " in (home.reports / ".run" / "log").read_text()
    assert home.states() == {"first": "published", "second": "published"}


def test_two_workspaces_that_share_the_cleaned_data_take_turns(home) -> None:
    text = (home.folder / "mlastats.toml").read_text()
    (home.folder / "other.toml").write_text('published = "others"\n' + text)
    other = [sys.executable, "-m", "mlastats", "report", "--config", str(home.folder / "other.toml")]
    first = home.start("report", "--json")
    while '"cell"' not in first.stdout.readline():
        pass
    second = subprocess.run(other, capture_output=True, text=True, check=False)
    assert second.returncode == 4, second.stderr
    first.communicate(timeout=240)
    assert first.returncode == 0
    assert subprocess.run(other, check=False).returncode == 0
    assert home.states() == {"first": "published", "second": "published"}
