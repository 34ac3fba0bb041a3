"""Seconds for each format of the standard report, against a named peer where there is one.

Run: `python bench/report.py [REPEATS [REQUESTS ...]]`. The notebooks of the example's first report are executed once, as
a run executes them; every format is then written from the saved exhibits, REPEATS (3) times in this
process, and the first and the fastest are printed. The peers are what an analyst would type: `nbconvert --to html` of the
same executed notebooks (a page for each), and pandas' own to_excel of the same tables without cover,
notes or formats. Nothing in the environment makes a PDF or Word file of notebooks, so these have none.

REQUESTS (none by default; 100000 1000000 are the sizes of the goal) are numbers of requests, the example's
repeated under other references. For each the notebooks run in one process, and the CPU time of all measures is
printed, the time inside the outermost call of a function of `mlastats.measure`.
"""

import datetime as dt
import functools
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlastats import settings
from mlastats.publish.publication import Publication, publication

ROOT = Path(__file__).parents[1]
FORMATS = ("html", "xlsx", "pdf", "docx")


def main() -> None:
    if sys.argv[1:2] == ["measures"]:
        print(measures(int(sys.argv[2]), Path(sys.argv[3])))
        return
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    os.environ["MLASTATS_CONFIG"] = str(ROOT / "mlastats.toml")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        subprocess.run([sys.executable, "-m", "mlastats", "clean"], check=True, capture_output=True)
        report = settings.load().reports[0]
        notebooks = [executed(name, home) for name in report.notebooks]
        made = opened(notebooks, home, report.title)
        peers = {
            "html": ("nbconvert", lambda: by_nbconvert(notebooks, home)),
            "xlsx": ("pandas to_excel", lambda: by_pandas(made, home / "peer.xlsx")),
        }
        print(f"{report.name}: {len(notebooks)} notebooks, {len(made.exhibits)} exhibits")
        for form in FORMATS:
            print(line(form, made, home, repeats, peers.get(form)))
        for size in sys.argv[2:]:
            # A process for each, so that none pays or saves for another.
            subprocess.run([sys.executable, __file__, "measures", size, str(home / size)], check=True)


def executed(name: str, home: Path) -> Path:
    """A notebook with its outputs, its exhibits saved beside it."""
    import papermill

    os.environ["MLASTATS_EXHIBITS"] = str(home / "exhibits")
    out = home / f"{name}.ipynb"
    source = ROOT / "notebooks" / out.name
    papermill.execute_notebook(source, out, kernel_name="python3", progress_bar=False, cwd=str(ROOT))
    return out


def opened(notebooks: list[Path], home: Path, title: str) -> Publication:
    as_of = settings.load().as_of
    assert isinstance(as_of, dt.date)
    facts = {"report": "overview", "title": title, "state": "LAO", "as_of": as_of, "synthetic": True}
    return publication(notebooks, home / "exhibits", **facts)


def line(
    form: str, made: Publication, home: Path, repeats: int, peer: tuple[str, Callable[[], None]] | None
) -> str:
    path = home / f"overview.{form}"
    writer = importlib.import_module(f"mlastats.publish.{form}")
    first, *_, seconds = timed(lambda: writer.write(made, path), repeats)
    size = path.stat().st_size / 1000
    said = f"{form:>5}: first {first:5.2f} s, fastest {seconds:5.2f} s, {size:4.0f} kB"
    if not peer:
        return f"{said}; no peer"
    *_, by_peer = timed(peer[1], repeats)
    return f"{said}; {by_peer / seconds:.1f} times as fast as {peer[0]} ({by_peer:.2f} s)"


def timed(work: Callable[[], None], repeats: int) -> list[float]:
    """Seconds of the first time, and of the fastest."""
    times = []
    for _repeat in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return [times[0], min(times)]


def by_nbconvert(notebooks: list[Path], home: Path) -> None:
    from nbconvert import HTMLExporter

    for path in notebooks:
        body, _resources = HTMLExporter().from_filename(str(path))
        (home / f"{path.stem}.html").write_text(body, encoding="utf-8")


def by_pandas(made: Publication, path: Path) -> None:
    import pandas as pd

    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for number, saved in enumerate(made.exhibits, start=1):
            saved.table.to_excel(book, sheet_name=f"Table {number}", index=False)


def measures(size: int, home: Path) -> str:
    """The CPU seconds that the measures of the first report take of so many requests."""
    import pandas as pd

    from mlastats import measure
    from mlastats.publish import page

    shutil.copytree(ROOT / "data" / "processed", home / "data" / "processed")
    shutil.copytree(ROOT / "data" / "raw", home / "data" / "raw")
    shutil.copy(ROOT / "mlastats.toml", home)
    os.environ |= {
        "MLASTATS_CONFIG": str(home / "mlastats.toml"),
        "MLASTATS_EXHIBITS": str(home / "exhibits"),
    }
    (home / "exhibits").mkdir()
    path = home / "data" / "processed" / "requests.parquet"
    example = pd.read_parquet(path)
    names = ["request_id", "linked_request_id"]
    copies = [
        example.assign(**{name: example[name].astype("str") + f"#{copy}" for name in names})
        for copy in range(-(-size // len(example)))
    ]
    pd.concat(copies, ignore_index=True).head(size).to_parquet(path)
    del example, copies
    spent, inside = [0.0], [False]

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            if inside[0]:
                return function(*given, **named)
            inside[0], began = True, time.process_time()
            try:
                return function(*given, **named)
            finally:
                inside[0] = False
                spent[0] += time.process_time() - began

        return call

    for found in pkgutil.iter_modules(measure.__path__):
        module = importlib.import_module(f"mlastats.measure.{found.name}")
        for name, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
                setattr(module, name, watched(value))
    page._display = lambda *_shown: None
    for name in settings.load().reports[0].notebooks:
        space: dict[str, Any] = {}
        for cell in json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), name, "exec"), space)
    each = 1000 * spent[0] / size
    return f"{size:>9,} requests: measures {spent[0]:6.1f} s of CPU, {each:.2f} ms a request"


if __name__ == "__main__":
    main()
