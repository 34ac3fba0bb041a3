"""A warm kernel is as good as a cold one: what a notebook did leaves no trace in the next."""

import json
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from mlastats.run import kernels, workers

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
environment = {k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "IPYTHONDIR", "JPY_SESSION_NAME")}
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
print(json.dumps({"seen": seen, "memory": memory, "threads": threads, "chance": chance}))
"""


@pytest.fixture
def run(tmp_path):
    """Runs code as a notebook in a kernel of the given warm parent; what it printed, and which kernel."""

    def one(code: str, warm: str, sockets: str, name: str) -> tuple[str, dict]:
        source = tmp_path / f"{name}.ipynb"
        cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": code}
        nothing = {"execution_count": None, "outputs": []}
        book = {"cells": [cell | nothing], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        source.write_text(json.dumps(book))
        scratch = tmp_path / f"scratch-{name}"
        scratch.mkdir()
        out = tmp_path / f"{name}-out.ipynb"
        job = kernels.NotebookRun(str(source), str(out), {}, {}, str(scratch), 120, warm, sockets)
        kernel = kernels.run(job)
        outputs = json.loads(out.read_text())["cells"][-1]["outputs"]
        text = "".join("".join(o.get("text", "")) for o in outputs)
        return kernel, json.loads(text) if text else {}

    return one


def test_what_a_notebook_did_leaves_no_trace_in_the_next(tmp_path, run) -> None:
    with workers.Workers(tmp_path) as warm:
        means = warm.address("kernels"), warm.sockets
        kernel, before = run(WITNESS, *means, "before")
        assert kernel == kernels.WARM
        assert run(VANDAL, *means, "vandal")[0] == kernels.WARM
        kernel, after = run(WITNESS, *means, "after")
        assert kernel == kernels.WARM
    kernel, cold = run(WITNESS, "", "", "cold")
    assert kernel == kernels.ORDINARY
    assert after["seen"] == before["seen"]
    assert after["seen"]["arrow threads"] == 1
    assert after["seen"]["environment"]["OMP_NUM_THREADS"] == "1"
    assert after["memory"] < before["memory"] + 30
    assert after["threads"] == before["threads"]
    assert after["chance"] != before["chance"], "each has its own chance, as a cold kernel has"
    # What it sees is what a cold one sees, but for where the warm parent listens.
    different = {key for key in cold["seen"] if cold["seen"][key] != after["seen"][key]}
    assert different <= {"environment", "path"}
    varied = {
        key
        for key in cold["seen"]["environment"].keys() | after["seen"]["environment"].keys()
        if cold["seen"]["environment"].get(key) != after["seen"]["environment"].get(key)
    }
    assert varied <= {kernels.PARENT, "PYDEVD_USE_FRAME_EVAL"}


def test_the_parent_only_imports(tmp_path, run) -> None:
    with workers.Workers(tmp_path) as warm:
        run("x = 1", warm.address("kernels"), warm.sockets, "one")
        parents = [one for one in psutil.Process().children() if "mlastats.run.warm" in one.cmdline()]
        assert len(parents) == 2
        for parent in parents:
            until = time.monotonic() + 60
            while parent.cpu_percent(0.5) > 0 and time.monotonic() < until:
                pass
            # One thread: no pool of a numerical library, no ZMQ context, which has threads of its own.
            assert parent.num_threads() == 1
            assert parent.children() == []
            kinds = {c.family for c in parent.net_connections("all")}
            assert kinds <= {socket.AF_UNIX}, "it opens no port"
    assert all(not parent.is_running() for parent in parents)


@pytest.mark.parametrize("answer", [b"", b'{"pid": %d}\n'], ids=["hangs up", "is silent"])
def test_where_no_warm_kernel_is_to_be_had_an_ordinary_one_does_the_same(tmp_path, run, answer) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    address = tmp_path / "parent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            connection.sendall(answer % sleeper.pid if answer else b"")
            threading.Event().wait(0 if not answer else 60)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        kernel, found = run(WITNESS, str(address), "", "one")
    sleeper.kill()
    sleeper.wait()
    assert kernel == kernels.ORDINARY
    assert found["seen"]["arrow threads"] == 1


def test_without_fork_reports_are_the_same(home) -> None:
    assert home.run("report", "first")[0] == 0
    place = home.reports / "first" / "all" / "all"
    site = home.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("from mlastats.run import workers\nworkers.HAS_FORK = False\n")
    home.environment = {"PYTHONPATH": str(site)}
    code, _out, err = home.run("report", "first", "--force")
    assert code == 0, err
    warm, cold = (json.loads((place / r / "manifest.json").read_text()) for r in ("r1", "r2"))
    assert warm["kernels"] == {"small": kernels.WARM}
    assert cold["kernels"] == {"small": kernels.ORDINARY}
    assert cold["changes"] == 0
    same = [name for name in warm["outputs"] if name.startswith("exhibits/")]
    assert same
    assert all(warm["outputs"][name] == cold["outputs"][name] for name in same)
