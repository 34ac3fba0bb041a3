"""Reports on a cluster that is started as users start it, on this machine: each way in which it lets a run down."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
import pytest

from mlastats import settings
from mlastats.errors import InputRejected
from mlastats.register.blocks import side_by_side
from mlastats.run import cleaning, reports
from mlastats.run import cluster as clusters
from tests.parted import Workspace, of_two_registers

pytestmark = pytest.mark.faults
DASK = Path(sys.executable).parent / "dask"
# What no log of a worker may hold: it stands for a value of a request.
CASE = "Somchai-4711"


@dataclass
class Dask:
    """A scheduler and workers, each a process of its own with its log in `folder`."""

    folder: Path
    scheme: str = "tcp"
    environment: dict[str, str] = field(default_factory=dict)
    started: list[psutil.Popen] = field(default_factory=list)

    def start(self, name: str, *arguments: str, **environment: str) -> psutil.Popen:
        with (self.folder / f"{name}.log").open("w") as log:
            process = psutil.Popen(
                [str(DASK), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment | environment,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def scheduler(self) -> psutil.Popen:
        self.file.unlink(missing_ok=True)
        tls = ["--protocol", "tls"] if self.scheme == "tls" else []
        where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)]
        process = self.start("scheduler", "scheduler", *where, *tls)
        until(self.file.exists)
        return process

    def worker(self, name: str, *arguments: str, at: str = "", **environment: str) -> psutil.Popen:
        """A worker with its nanny; it is there when this returns."""
        own = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder / name)]
        process = self.start(name, "worker", at or self.address, *own, *arguments, **environment)
        until(lambda: "Registered to" in self.log(name))
        return process

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def end(self) -> None:
        for process in reversed(self.started):
            kill(process)


def kill(process: psutil.Process) -> None:
    """The process first: a nanny that sees its worker die sweeps what that one leaves."""
    for one in [process, *process.children(recursive=True)] if process.is_running() else []:
        with contextlib.suppress(psutil.Error):
            one.resume()
            one.kill()
    process.wait(10)


def hands(process: psutil.Process) -> psutil.Process:
    """The process of a worker that a nanny has started: the one that has the forkserver, or will."""
    return next(child for child in process.children() if "spawn_main" in " ".join(child.cmdline()))


def until(holds: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def notebooks(process: psutil.Process) -> list[psutil.Process]:
    """The children of the forkservers below a process: the notebooks that run there."""
    found = []
    for one in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):  # of one that has just ended
            if "multiprocessing.forkserver" in " ".join(one.cmdline()):
                found += [child for child in one.children() if child.status() != psutil.STATUS_ZOMBIE]
    return found


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    (tmp_path / "dask").mkdir()
    made = Dask(tmp_path / "dask")
    made.scheduler()
    yield made
    made.end()


def made_here(home, tmp_path: Path) -> dict[str, bytes]:
    """What the same workspace publishes on one machine."""
    twin = shutil.copytree(home.folder, tmp_path / "twin")
    code, _out, err = type(home)(twin).run("report")
    assert code == 0, err
    return files(type(home)(twin))


def files(home) -> dict[str, bytes]:
    """What is published, but for the manifests, which tell how long it took."""
    return {name: data for name, data in home.published().items() if not name.endswith("manifest.json")}


def events(out: str, kind: str) -> list[dict]:
    return [event for event in map(json.loads, out.splitlines()) if event["event"] == kind]


def test_two_workers_publish_the_bytes_of_one_machine_and_keep_nothing(dask, home, tmp_path) -> None:
    expected = made_here(home, tmp_path)
    workers = [dask.worker(name) for name in ("one", "two")]
    code, out, err = home.run("report", "--json", "--cluster", dask.address)
    assert code == 0, err
    assert len(expected) > 10
    assert files(home) == expected
    placed = {event["worker"] for event in events(out, "at")}
    assert len(placed) == 2
    assert events(out, "cell"), "a bar moves"
    assert home.is_whole()
    for name, worker in zip(("one", "two"), workers, strict=True):
        (place,) = (dask.folder / name).glob("dask-scratch-space/worker-*/mlastats")
        assert place.stat().st_mode & 0o777 == 0o700
        assert place.parent.stat().st_mode & 0o777 == 0o700
        until(lambda place=place: [one.name for one in place.iterdir() if one.is_dir()] == [])
        assert notebooks(worker) == []
        assert hands(worker).is_running()
    assert home.survivors() == []
    record = json.loads(next(home.reports.glob("first/*/*/r1/manifest.json")).read_text())
    assert record["processes"] == {"small": "forkserver"}
    # A second run finds the workers as the first one did.
    assert home.run("report", "--force", "--cluster", dask.address)[0] == 0


def test_a_regional_bodys_reports_are_made_where_its_returns_are(dask, tmp_path) -> None:
    dask.worker("one")
    program = str(Path(sys.executable).parent / "mlastats")
    subprocess.run([program, "init", "region", "--region", "--example"], cwd=tmp_path, check=True)
    arguments = [program, "report", "region", "--cluster", dask.address]
    ran = subprocess.run(arguments, cwd=tmp_path / "region", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert list((tmp_path / "region" / "reports").glob("region/*/*/r1/exhibits/*.json"))


def test_a_workers_folder_goes_with_it(dask, home) -> None:
    worker = dask.worker("one")
    assert home.run("report", "--cluster", dask.address)[0] == 0
    (place,) = (dask.folder / "one").glob("dask-scratch-space/worker-*/mlastats")
    kill(worker)
    assert place.exists()
    dask.worker("again", "--local-directory", str(dask.folder / "one"))
    assert not place.exists(), "the next worker in the folder sweeps it"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_when_the_run_ends_its_notebooks_end_and_their_threads_are_free(dask, home, notebook, number) -> None:
    worker = dask.worker("one")
    notebook("import time; time.sleep(600)")
    child = home.start("report", "--json", "--cluster", dask.address)
    for event in map(json.loads, child.stdout):
        if event["event"] == "cell" and event["cell"] == event["of"]:
            break
    assert len(notebooks(worker)) == 1
    child.send_signal(number)
    _out, err = child.communicate(timeout=30)
    assert child.returncode == (1 if number == signal.SIGINT else -number)
    assert "Traceback" not in err
    until(lambda: notebooks(worker) == [], 20)
    assert home.published() == {}
    notebook()
    assert home.run("report", "--cluster", dask.address, "--timeout", "60")[0] == 0


def test_a_deadline_is_the_tasks_own(dask, home, notebook) -> None:
    worker = dask.worker("one")
    notebook("import time; time.sleep(600)")
    code, _out, err = home.run("report", "first", "--cluster", dask.address, "--timeout", "8")
    assert code == 1
    assert "first/all/all: failed. notebook 'small': the deadline passed, and its process was ended." in err
    until(lambda: notebooks(worker) == [], 5)
    notebook()
    assert home.run("report", "--cluster", dask.address, "--timeout", "60")[0] == 0


def test_an_error_comes_back_without_its_words_and_no_log_of_the_cluster_has_them(
    dask, home, notebook
) -> None:
    dask.worker("one")
    notebook(f"raise ValueError('{CASE}')")
    code, out, err = home.run("report", "first", "--json", "--cluster", dask.address)
    assert code == 1
    cause = events(out, "failed")[0]["cause"]
    assert cause.endswith(": ValueError; the executed notebook tells more.")
    for text in (out, err, dask.log("one"), dask.log("scheduler")):
        assert CASE not in text
    assert "Traceback" not in dask.log("one")
    (kept,) = (home.reports / ".failed").rglob("notebooks/small.ipynb")
    assert CASE in kept.read_text(), "whoever may read the registers sees what failed"


def test_a_notebook_that_ends_its_process_fails_alone_and_is_run_once(dask, home, notebook, tmp_path) -> None:
    worker = dask.worker("one")
    runs = tmp_path / "runs"
    notebook(f"import os; open({str(runs)!r}, 'a').write('x'); os.kill(os.getpid(), 9)")
    code, _out, err = home.run("report", "first", "--cluster", dask.address)
    assert code == 1
    assert "notebook 'small': its process died (signal 9)." in err
    assert runs.read_text() == "x"
    assert hands(worker).is_running()


def test_workers_killed_at_ten_random_moments(dask, home, tmp_path) -> None:
    text = home.folder.joinpath("mlastats.toml").read_text().split("[[reports]]")[0]
    partners = ["THA", "VNM", "CHN", "KHM", "MMR", "KOR", "JPN", "AUS", "USA", "FRA", "GBR", "IND"]
    batch = '[[reports]]\nname = "batch"\nnotebooks = ["small"]\nitems = { partner = %s }\n'
    home.folder.joinpath("mlastats.toml").write_text(text + batch % json.dumps(partners))
    expected = made_here(home, tmp_path)
    workers = [dask.worker(name) for name in ("one", "two")]
    luck, kills = random.Random(24), 0
    child = home.start("report", "--json", "--keep-going", "--cluster", dask.address)
    done, told = threading.Event(), []

    def strike() -> None:
        nonlocal kills
        while kills < 10 and not done.wait(luck.uniform(0.3, 1.5)):
            with contextlib.suppress(psutil.Error, StopIteration):  # its nanny is about to start it anew
                hands(luck.choice(workers)).kill()
                kills += 1

    striking = threading.Thread(target=strike)
    for line in child.stdout:
        told.append(json.loads(line))
        if told[-1]["event"] == "at" and not striking.ident:
            striking.start()
    err = child.stderr.read()
    child.wait(60)
    done.set()
    striking.join()
    assert child.returncode == 0, err
    assert kills >= 5
    assert [event for event in told if event["event"] == "lost"]
    assert files(home) == expected
    assert home.is_whole()


def test_what_a_worker_that_hangs_had_is_made_elsewhere(dask, home, monkeypatch) -> None:
    monkeypatch.setattr(clusters, "SILENCE", 4.0)
    first = dask.worker("one")
    hung = hands(first)
    told: list[dict] = []

    def emit(event: dict) -> None:
        told.append(event)
        if event["event"] == "at" and len([one for one in told if one["event"] == "at"]) == 1:
            dask.worker("two")
            hung.suspend()

    options = reports.Options(jobs=1, cluster=dask.address)
    outcome = reports.report(settings.load(home.folder / "mlastats.toml"), options=options, emit=emit)
    assert outcome.exit_code == 0
    assert len(outcome.published) == 2
    assert [event for event in told if event["event"] == "lost"]
    hung.resume()
    until(lambda: notebooks(first) == [])


class Wire:
    """A port of its own that passes everything on to the scheduler, until it is cut: then nothing arrives, and nobody is
    told, as in a network that is lost."""

    def __init__(self, address: str) -> None:
        self._to = ("127.0.0.1", int(address.rsplit(":", 1)[1]))
        self._taken = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._taken.getsockname()[1]}"
        self.cut = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            one, other = self._taken.accept()[0], socket.create_connection(self._to)
            for source, target in ((one, other), (other, one)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.cut.is_set():
                    threading.Event().wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_what_a_worker_without_its_network_had_is_made_elsewhere(dask, home, notebook, monkeypatch) -> None:
    monkeypatch.setattr(clusters, "SILENCE", 4.0)
    expected = {"first/all/all": "r1", "second/all/all": "r1"}
    notebook("import time; time.sleep(3)")
    wire, told = Wire(dask.address), []
    far = dask.worker("far", at=wire.address)

    def emit(event: dict) -> None:
        told.append(event)
        if event["event"] == "at" and not wire.cut.is_set():
            wire.cut.set()
            dask.worker("near")

    options = reports.Options(jobs=1, cluster=dask.address)
    outcome = reports.report(settings.load(home.folder / "mlastats.toml"), options=options, emit=emit)
    assert outcome.published == expected
    assert len({event["worker"] for event in told if event["event"] == "at"}) == 2
    assert [event for event in told if event["event"] == "lost"]
    assert far.is_running()


def test_where_no_worker_is_left_the_report_fails_alone(dask, home, notebook, monkeypatch) -> None:
    monkeypatch.setattr(clusters, "SILENCE", 3.0)
    worker = dask.worker("one")
    assert home.run("report", "first")[0] == 0
    before = home.published()
    options = reports.Options(jobs=1, cluster=dask.address)

    def emit(event: dict) -> None:
        if event["event"] == "at":
            kill(worker)

    loaded = settings.load(home.folder / "mlastats.toml")
    outcome = reports.report(loaded, ["first"], options=options, emit=emit, force=True)
    ((kind, cause),) = outcome.failed.values()
    assert kind == "ReportFailed"
    assert "no worker of the cluster is left" in cause
    assert home.published() == before


def test_a_scheduler_that_dies_is_told_and_harms_nothing(dask, home, monkeypatch) -> None:
    monkeypatch.setattr(clusters, "SILENCE", 3.0)
    dask.worker("one")
    assert home.run("report", "first")[0] == 0
    before = home.published()

    def emit(event: dict) -> None:
        if event["event"] == "at":
            kill(dask.started[0])

    options = reports.Options(jobs=1, cluster=dask.address)
    loaded = settings.load(home.folder / "mlastats.toml")
    outcome = reports.report(loaded, options=options, emit=emit, force=True)
    assert sorted(outcome.failed) == ["first/all/all", "second/all/all"], "what runs and what waits"
    assert all("no worker of the cluster is left" in cause for _kind, cause in outcome.failed.values())
    assert home.published() == before
    code, _out, err = home.run("report", "--cluster", dask.address)
    assert code == 1
    assert "No scheduler answers at" in err


def test_a_worker_with_a_full_disk_is_left_out(dask, home) -> None:
    small = dask.folder / "small"
    small.mkdir()
    made = f"mount -t tmpfs -o size=40k tmpfs {small} && exec {DASK} worker {dask.address} --nthreads 1"
    more = f"--no-dashboard --local-directory {small}"
    with (dask.folder / "full.log").open("w") as log:
        command = ["unshare", "-m", "sh", "-c", f"{made} {more}"]
        dask.started.append(
            psutil.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        )
    time.sleep(1)
    if dask.started[-1].poll() is not None:
        pytest.skip("no disk of its own can be made here")
    until(lambda: "Registered to" in dask.log("full"))
    code, _out, err = home.run("report", "--cluster", dask.address)
    assert code == 1
    assert "No space left on device" in err
    dask.worker("one")
    code, _out, err = home.run("report", "--cluster", dask.address)
    assert code == 0, err
    assert home.is_whole()


def test_a_worker_of_another_version_is_refused_by_name(dask, home, tmp_path) -> None:
    other = tmp_path / "other" / "mlastats-9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: mlastats\nVersion: 9.9\n")
    dask.worker("other", PYTHONPATH=str(other.parent))
    code, _out, err = home.run("report", "--cluster", dask.address)
    assert code == 2
    assert "tcp://127.0.0.1:" in err
    assert "It has other versions (mlastats 9.9). Install there what this machine has." in err


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    """A certificate of one's own, for all who belong to the cluster, as the how-to makes it."""
    folder = tmp_path / "tls"
    folder.mkdir()
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = f"-keyout {folder}/key.pem -out {folder}/cert.pem -subj /CN=mla-cluster"
    if subprocess.run([*made.split(), *names.split()], capture_output=True).returncode:
        pytest.skip("openssl is not installed")
    tls = {"CA_FILE": "cert.pem"}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls |= {f"{role}__CERT": "cert.pem", f"{role}__KEY": "key.pem"}
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(folder / file) for name, file in tls.items()}


def test_tls_is_distributeds_own_and_who_has_no_certificate_is_not_let_in(
    tmp_path, home, certificates
) -> None:
    (tmp_path / "dask").mkdir()
    dask = Dask(tmp_path / "dask", "tls", certificates)
    try:
        dask.scheduler()
        dask.worker("one")
        assert dask.address.startswith("tls://")
        code, _out, err = home.run("report", "--cluster", dask.address)
        assert code == 1
        assert "the certificates are named in dask's configuration" in err
        home.environment = certificates
        code, out, err = home.run("report", "--json", "--cluster", dask.address)
        assert code == 0, err
        assert all(event["worker"].startswith("tls://") for event in events(out, "at"))
    finally:
        dask.end()


def test_the_status_says_what_runs_where(dask, home, notebook) -> None:
    dask.worker("one")
    notebook("import time; time.sleep(600)")
    child = home.start("report", "first", "--json", "--cluster", dask.address)
    for event in map(json.loads, child.stdout):
        if event["event"] == "at":
            break
    running = json.loads(home.run("status", "--json")[1])["running"]
    assert running == [{"report": "first/all/all", "step": "small", "worker": event["worker"]}]
    assert f"Running: first/all/all, small, on {event['worker']}." in home.run("status")[2]
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)
    assert json.loads(home.run("status", "--json")[1])["running"] == []


@pytest.fixture
def large(tmp_path: Path) -> Workspace:
    """Two registers, one of several megabytes, that were cleaned whole; a part has one megabyte."""
    return of_two_registers(tmp_path)


def same_as_whole(workspace: Workspace) -> bool:
    files, requests = workspace.written()
    pd.testing.assert_frame_equal(requests, workspace.whole[1])
    return files == workspace.whole[0]


@pytest.mark.parametrize("fault", ["none", "killed", "failing"])
def test_blocks_of_a_register_are_read_on_workers_and_are_the_whole(dask, large, monkeypatch, fault) -> None:
    workers = [dask.worker(name) for name in ("one", "two")]
    events: list[dict] = []
    here: list[str] = []
    monkeypatch.setattr(
        clusters, "side_by_side", lambda some: here.extend(t.of for t in some) or side_by_side(some)
    )
    if fault == "killed":
        threading.Timer(random.uniform(2, 6), lambda: kill(hands(workers[0]))).start()
    if fault == "failing":
        dask.worker("small", "--memory-limit", "1 MiB")
    told = cleaning.clean(large.settings, dask.address, events.append)
    assert told["requests"] == len(large.whole[1])
    assert (large.folder / "requests.parquet").is_dir()
    assert same_as_whole(large)
    assert set(here) <= {"Register mofa"}, "the large register is read on workers alone"
    for name, worker in zip(("one", "two"), workers, strict=True):
        assert notebooks(worker) == []
        assert "Thailand" not in dask.log(name)
    kept = "*/dask-scratch-space/worker-*/mlastats/mlastats-*"
    until(lambda: not list(dask.folder.glob(kept)))
    assert not list((large.folder / ".run").iterdir())


def test_what_is_wrong_with_a_block_comes_back_as_an_answer(dask, large, monkeypatch) -> None:
    dask.worker("one")
    (large.settings.source.parent / "moj.toml").write_text('[constants]\nkind = "nothing of the kind"\n')
    with pytest.raises(InputRejected, match="constant `kind`"):
        cleaning.clean(large.settings, dask.address, lambda _event: None)
    assert same_as_whole(large), "what was cleaned before stands"
