"""Cleaning in parts: `mlastats clean` of millions of rows with the memory of some parts, beside peers that keep a limit too.

    python bench/parts.py [millions ...]

The register is that of bench/cleaning.py, with rows that stand twice and references given again far from each other.
Printed are the seconds by the clock, those of all processors, and the most memory that all processes held at a time.
Up to three millions are also cleaned whole, and the two results compared: issues, changes and summary byte by byte, the
requests as tables. DuckDB does the work of bench/peers/cleaning_duckdb.py on a database on the disk; Polars does that of
bench/peers/cleaning_polars.py with its streaming engine, and in memory.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cleaning
import pandas as pd
import psutil

HERE = Path(__file__).resolve()
FILES = ("issues.csv", "changes.csv", "summary.json")
LIMIT, MOST_WHOLE = "2GB", 3


def main(millions: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        register = folder / "register.csv"
        for n in range(millions):
            frame = cleaning.draw(1_000_000, n * 1_000_000)
            frame.to_csv(register, index=False, mode="a", header=not n)
        print(f"{millions},000,000 rows, {register.stat().st_size >> 20:,} MB; seconds, of processors, peak")
        cleaning.export_vocabularies(folder)
        peers = HERE.parent / "peers"
        tools = {
            "parts": [HERE, "parts"],
            **({"whole": [HERE, "whole"]} if millions <= MOST_WHOLE else {}),
            "DuckDB": [peers / "cleaning_duckdb.py"],
            "streaming": [peers / "cleaning_polars.py"],
            "in memory": [peers / "cleaning_polars.py"],
        }
        more = {"DuckDB": [LIMIT], "streaming": ["streaming"]}
        for tool, command in tools.items():
            (folder / tool).mkdir()
            command += [register, folder / tool, folder, *more.get(tool, [])]
            print(f"  {tool:10}{watched([sys.executable, *map(str, command)])}", flush=True)
        if millions <= MOST_WHOLE:
            compare(folder / "parts", folder / "whole")


def watched(command: list[str]) -> str:
    """The seconds that a tool prints, and the most memory that it and its processes held."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    of, peak, over = psutil.Process(child.pid), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.05):
            held = 0
            with contextlib.suppress(psutil.Error):  # of one that has just ended
                for process in (of, *of.children(recursive=True)):
                    held += process.memory_info().rss
            peak = max(peak, held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    told = child.communicate()[0]
    over.set()
    watcher.join()
    if child.returncode:
        return "failed"
    clock, processors = json.loads(told.splitlines()[-1])["seconds"]
    return f"{clock:9.1f}{processors:9.1f}{peak >> 20:9,} MB"


def compare(ours: Path, whole: Path) -> None:
    from mlastats import schema

    for name in FILES:
        print(
            f"  {name}: {'equal' if (ours / name).read_bytes() == (whole / name).read_bytes() else 'DIFFERENT'}"
        )
    pd.testing.assert_frame_equal(*(schema.read(folder / "requests.parquet") for folder in (ours, whole)))
    print("  requests: equal")


def clean(path: str, folder: Path, in_parts: bool) -> None:
    from mlastats import settings
    from mlastats.register import clean, partitions, processed

    loaded = settings.load(cleaning.configuration(path, folder))
    start = time.perf_counter(), sum(os.times()[:4])
    if in_parts:
        assert partitions.write(loaded, 0, loaded.reading.part << 20)
    else:
        processed.write(clean.clean_workspace(loaded), loaded)
    print(json.dumps({"seconds": [time.perf_counter() - start[0], sum(os.times()[:4]) - start[1]]}))


if __name__ == "__main__":
    if sys.argv[1:2] in (["parts"], ["whole"]):
        clean(sys.argv[2], Path(sys.argv[3]), sys.argv[1] == "parts")
    else:
        for number in map(int, sys.argv[1:] or ["3"]):
            main(number)
