"""Seconds for each format of the standard report, against a named peer where there is one.

Run: `python bench/report.py [REPEATS]`. The notebooks of the example's first report are executed once, as
a run executes them; every format is then written from the saved exhibits, REPEATS (3) times in this
process, and the first and the fastest are printed. The peers are what an analyst would type: `nbconvert --to html` of the
same executed notebooks (a page for each), and pandas' own to_excel of the same tables without cover,
notes or formats. Nothing in the environment makes a PDF or Word file of notebooks, so these have none.
"""

import datetime as dt
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlastats import settings
from mlastats.publish.exhibit import Publication, publication

ROOT = Path(__file__).parents[1]
FORMATS = ("html", "xlsx", "pdf", "docx")


def main() -> None:
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


if __name__ == "__main__":
    main()
