"""Reports made by the runner against plain papermill and nbconvert, in one run on this machine.

Run: `python bench/runner.py [REPORTS]`. The peer is what an analyst would type: `papermill` for each
notebook and `jupyter nbconvert --to html` for each result, which gives HTML alone; the runner writes
every format of the report. Both read data cleaned beforehand, with all modules compiled. REPORTS (40) is
the size of the batch whose memory is watched. What must hold stands beside each ratio; the exit code is 1 if one does not.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from mlastats import vocab

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
# Those that take a partner.
BY_PARTNER = [name for name in NOTEBOOKS if name[0] in "12345"]
FORMATS = ["html", "xlsx", "pdf", "docx"]
REPORTS = """
[[reports]]
name = "standard"
notebooks = {notebooks}
formats = {formats}

[[reports]]
name = "batch"
notebooks = {others}
formats = {formats}
items = {{ partner = {few} }}

[[reports]]
name = "many"
notebooks = ["1_turnaround"]
formats = ["html"]
items = {{ partner = {many} }}
"""


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        home = workspace(Path(folder), size)
        verdicts = [*speed(home), *batch(home, size), *start(home)]
    sys.exit(0 if all(verdicts) else 1)


def workspace(folder: Path, size: int) -> Path:
    """The example workspace with a standard report and two batches, its registers cleaned."""
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    text = (ROOT / "mlastats.toml").read_text(encoding="utf-8").split("[[reports]]")[0]
    partners = list(vocab.codes("partner"))
    lists = {"notebooks": NOTEBOOKS, "others": BY_PARTNER, "formats": FORMATS}
    lists |= {"few": partners[:6], "many": partners[:size]}
    given = {name: json.dumps(value) for name, value in lists.items()}
    (folder / "mlastats.toml").write_text(text + REPORTS.format(**given), encoding="utf-8")
    run(folder, sys.executable, "-m", "compileall", "-q", sysconfig.get_path("purelib"), ROOT / "mlastats")
    run(folder, BIN / "mlastats", "clean")
    return folder


def speed(home: Path) -> Iterator[bool]:
    """The standard report and each further one of a batch, against the same notebooks by hand."""
    by_hand = {name: run_by_hand(home, name) for name in NOTEBOOKS}
    peer, others = sum(by_hand.values()), sum(by_hand[name] for name in BY_PARTNER)
    print(f"papermill and nbconvert, {len(NOTEBOOKS)} notebooks, HTML only: {peer:.1f} s")
    first = run(home, BIN / "mlastats", "report", "standard")
    yield said("standard report, " + ", ".join(FORMATS), first, peer, 5)
    *_, events = made(home, "batch")
    times = [moment for moment, event in events if event["event"] == "published"]
    # From the end of the first pair: the two made at once end together.
    further = (times[-1] - times[1]) / (len(times) - 2)
    yield said(f"each further report of a batch, {len(BY_PARTNER)} notebooks", further, others, 8)


def batch(home: Path, size: int) -> Iterator[bool]:
    """Memory of the run and its forkserver as reports are done; two jobs against one."""
    two, memory, _ = made(home, "many", "--jobs", "2")
    for done, kept in memory.items():
        print(
            f"after {done:>3} reports: {kept['run']:6.1f} MB the run, {kept['all']:6.1f} MB with its forkserver"
        )
    first, last = memory[min(memory)], memory[max(memory)]
    grown = last["all"] / first["all"]
    print(f"memory, last against first: {grown:.3f} (at most 1.05)")
    yield grown <= 1.05
    one, *_ = made(home, "many", "--jobs", "1", "--force")
    print(f"two jobs against one, {size} reports: {one / two:.2f} (at least 1.7; {one:.0f} s, {two:.0f} s)")
    yield one / two >= 1.7


def start(home: Path) -> Iterator[bool]:
    """How fast the command answers, against importing click; medians of fifteen."""
    click = median(home, sys.executable, "-c", "import click")
    for title, most, command in (
        ("mlastats --help", 1.5, ["--help"]),
        ("a run with nothing due", 8, ["report", "standard", "batch", "many"]),
    ):
        seconds = median(home, BIN / "mlastats", *command)
        ratio = seconds / click
        print(f"{title}: {ratio:.2f} times `import click` (at most {most}; {seconds * 1000:.0f} ms)")
        yield ratio <= most


def said(title: str, seconds: float, peer: float, least: float) -> bool:
    print(f"{title}: {peer / seconds:.1f} times faster (at least {least}; {seconds:.1f} s)")
    return peer / seconds >= least


def run_by_hand(home: Path, name: str) -> float:
    out = home / "by_hand" / f"{name}.ipynb"
    out.parent.mkdir(exist_ok=True)
    seconds = run(
        home,
        BIN / "papermill",
        f"notebooks/{name}.ipynb",
        out,
        "--kernel",
        "python3",
        "-p",
        "as_of",
        "2026-09-30",
    )
    return seconds + run(home, BIN / "jupyter", "nbconvert", "--to", "html", out)


def run(home: Path, *command: Path | str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [str(part) for part in command], cwd=home, env=environment(home), check=True, capture_output=True
    )
    return time.perf_counter() - began


def made(home: Path, *arguments: str) -> tuple[float, dict[int, dict[str, float]], list[tuple[float, dict]]]:
    """Seconds, memory in MB after 10, 20, 40 ... reports, and all events with their moments."""
    began, done, memory, events = time.perf_counter(), 0, {}, []
    command = [str(BIN / "mlastats"), "report", *arguments, "--json"]
    with subprocess.Popen(
        command, cwd=home, env=environment(home), stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        for line in child.stdout:
            events.append((time.perf_counter() - began, json.loads(line)))
            if events[-1][1]["event"] == "published":
                done += 1
                if done in (5, 10, 20, 40, 80, 160):
                    memory[done] = held(child.pid)
    assert child.returncode == 0, events[-1]
    return time.perf_counter() - began, memory, events


def held(pid: int) -> dict[str, float]:
    """Resident memory: what is a process's own alone depends on how many children share it just then."""
    own = psutil.Process(pid)
    servers = [child for child in own.children() if "multiprocessing.forkserver" in " ".join(child.cmdline())]
    sizes = [process.memory_info().rss / 1e6 for process in (own, *servers)]
    return {"run": sizes[0], "all": sum(sizes)}


def median(home: Path, *command: Path | str) -> float:
    run(home, *command)
    return statistics.median(run(home, *command) for _ in range(15))


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "MLASTATS_CONFIG": str(home / "mlastats.toml")}


if __name__ == "__main__":
    main()
