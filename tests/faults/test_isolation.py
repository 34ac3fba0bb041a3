"""A forked process is as good as a new one: what a notebook did leaves no trace in the next."""

import json
import os
import signal
import socket
import time

import psutil
import pytest

from mlastats.run import notebook as notebooks
from mlastats.run import process

pytestmark = pytest.mark.faults

VANDAL = """
import builtins, os, random, sys, threading, warnings
import matplotlib, numpy, pandas, seaborn
import mlastats.messages, mlastats.vocab, mlastats.schema
builtins.hex = builtins.oct = None
pandas.DataFrame.mean = pandas.Series.sum = lambda *_, **__: 42
pandas.set_option("display.precision", 1)
numpy.seterr(all="raise")
numpy.random.seed(1)
random.seed(1)
matplotlib.rcParams["font.size"] = 99
seaborn.set_theme(style="dark")
mlastats.messages._state["language"] = "fr"
mlastats.schema.COLUMNS = ()
os.environ["OMP_NUM_THREADS"] = "64"
os.environ["TZ"] = "Asia/Vientiane"
os.makedirs("elsewhere")
os.chdir("elsewhere")
os.umask(0)
sys.path.insert(0, "/nowhere")
sys.setrecursionlimit(5000)
warnings.simplefilter("ignore")
threading.Thread(target=__import__("time").sleep, args=(1000,), daemon=True).start()
leak = bytearray(os.urandom(1)) * 400_000_000
"""
WITNESS = """
import builtins, json, os, sys, threading, time, warnings
import matplotlib, numpy, pandas, psutil, pyarrow
import mlastats.messages, mlastats.schema
numpy.ones((300, 300)) @ numpy.ones((300, 300))
environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
seen = {
    "builtins": [repr(builtins.hex), repr(builtins.oct)],
    "pandas": [f.__module__ + f.__qualname__ for f in (pandas.DataFrame.mean, pandas.Series.sum)],
    "precision": pandas.get_option("display.precision"),
    "numpy": numpy.geterr(),
    "rc": {k: repr(v) for k, v in matplotlib.rcParams.items()},
    "language": mlastats.messages.language(),
    "columns": len(mlastats.schema.COLUMNS),
    "environment": environment,
    "zone": time.tzname,
    "folder": [os.path.basename(os.getcwd())[:7], os.listdir(".")],
    "umask": os.umask(0o22),
    "path": [p for p in sys.path if "scratch" not in p],
    "recursion": sys.getrecursionlimit(),
    "arrow threads": pyarrow.cpu_count(),
}
memory = psutil.Process().memory_info().rss / 1e6
threads = psutil.Process().num_threads()
chance = [numpy.random.random(), __import__("random").random()]
print(json.dumps({"seen": seen, "memory": memory, "threads": threads, "chance": chance, "method": method}))
"""


FORK, NEW = "forkserver", "spawn"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs code as a notebook, in a process started by a method; what it printed."""

    def one(code: str, name: str, method: str = FORK) -> dict:
        monkeypatch.setattr(process, "METHOD", method)
        code = f"import multiprocessing\nmethod = multiprocessing.get_start_method()\n{code}"
        source = tmp_path / f"{name}.ipynb"
        cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": code}
        nothing = {"execution_count": None, "outputs": []}
        book = {"cells": [cell | nothing], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        source.write_text(json.dumps(book))
        scratch = tmp_path / f"scratch-{name}"
        scratch.mkdir()
        out = tmp_path / f"{name}-out.ipynb"
        arguments = (source, out, {})
        task = process.Task(name, notebooks.run, arguments, scratch, tmp_path / "log")
        process.prepare(tmp_path)
        end = time.monotonic() + 120
        process.run(task, lambda: end - time.monotonic(), print).get()
        outputs = json.loads(out.read_text())["cells"][-1]["outputs"]
        text = "".join("".join(o.get("text", "")) for o in outputs)
        return json.loads(text) if text else {}

    return one


@pytest.fixture
def forkserver():
    """The one of this process, as psutil sees it."""

    def find() -> psutil.Process:
        (server,) = process._forkservers()
        return server

    return find


def test_what_a_notebook_did_leaves_no_trace_in_the_next(run) -> None:
    before = run(WITNESS, "before")
    assert before["method"] == FORK
    run(VANDAL, "vandal")
    after = run(WITNESS, "after")
    cold = run(WITNESS, "cold", NEW)
    assert cold["method"] == NEW
    assert after["seen"] == before["seen"]
    assert after["seen"]["arrow threads"] == 1
    assert after["seen"]["environment"]["OMP_NUM_THREADS"] == "1"
    assert after["memory"] < before["memory"] + 30
    assert after["threads"] == before["threads"]
    assert after["chance"] != before["chance"], "each has its own chance, as a new process has"
    # What it sees is what a new one sees.
    assert {key for key in cold["seen"] if cold["seen"][key] != after["seen"][key]} == set()


def test_the_forkserver_only_imports(run, forkserver) -> None:
    run("x = 1", "one")
    server = forkserver()
    until = time.monotonic() + 60
    while server.cpu_percent(0.5) > 0 and time.monotonic() < until:
        pass
    # One thread: no pool of a numerical library, no ZMQ context, which has threads of its own.
    assert server.num_threads() == 1
    assert server.children() == []
    kinds = {c.family for c in server.net_connections("all")}
    assert kinds <= {socket.AF_UNIX}, "it opens no port"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["is gone", "is silent"])
def test_where_no_forkserver_is_to_be_had_a_new_process_does_the_same(
    run, forkserver, monkeypatch, number
) -> None:
    run("x = 1", "first")
    monkeypatch.setattr(process, "SILENCE", 1.0)
    server = forkserver()
    server.send_signal(number)
    found = run(WITNESS, "one")
    assert found["seen"]["arrow threads"] == 1
    assert found["method"] in (FORK, NEW), "the next server may have been started"
    monkeypatch.setattr(process, "SILENCE", 60.0)
    assert run(WITNESS, "next")["method"] == FORK
    assert not server.is_running()


def test_a_temporary_folder_whose_name_is_too_long_for_a_socket(home) -> None:
    long = home.folder / ("x" * 100)
    long.mkdir()
    home.environment = {"TMPDIR": str(long)}
    code, _out, err = home.run("report", "first")
    assert code == 0, err
    manifest = json.loads((home.reports / "first" / "all" / "all" / "r1" / "manifest.json").read_text())
    assert manifest["processes"] == {"small": FORK}
    assert list(long.iterdir()) == []


def test_what_a_notebook_has_started_ends_with_it(run, tmp_path) -> None:
    # Its own child, one in a session of its own, and one whose parent has ended.
    code = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(1000)"]
children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        open("orphan", "w").write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
while not os.path.exists("orphan") or not open("orphan").read():
    time.sleep(0.1)
print([*(child.pid for child in children), int(open("orphan").read())])
"""
    pids = run(code, "parent")
    until = time.monotonic() + 10
    while any(map(psutil.pid_exists, pids)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


@pytest.mark.parametrize("method", [FORK, NEW])
def test_all_ends_with_the_run_that_is_killed(home, notebook, method) -> None:
    # It holds the interpreter, so that no thread of its own can end it, and has left an orphan behind.
    notebook(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n"
        "import ctypes; ctypes.PyDLL(None).sleep(1000)"
        if method == FORK
        else "import time; time.sleep(1000)"
    )
    if method == NEW:
        without_fork(home)
    child = home.start("report", "--json")
    assert child.stdout
    for event in map(json.loads, child.stdout):
        if event.get("event") == "cell" and event["cell"] == event["of"]:
            break
    time.sleep(1)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert home.survivors() == []


def test_without_fork_reports_are_the_same(home) -> None:
    assert home.run("report", "first")[0] == 0
    place = home.reports / "first" / "all" / "all"
    without_fork(home)
    code, _out, err = home.run("report", "first", "--force")
    assert code == 0, err
    warm, cold = (json.loads((place / r / "manifest.json").read_text()) for r in ("r1", "r2"))
    assert warm["processes"] == {"small": FORK}
    assert cold["processes"] == {"small": NEW}
    assert cold["changes"] == 0
    same = [name for name in warm["outputs"] if name.startswith("exhibits/")]
    assert same
    assert all(warm["outputs"][name] == cold["outputs"][name] for name in same)


def without_fork(home) -> None:
    site = home.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text('from mlastats.run import process\nprocess.METHOD = "spawn"\n')
    home.environment = {"PYTHONPATH": str(site)}
