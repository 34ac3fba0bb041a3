"""Three measures of a requests table in parts, beside pyarrow reading the columns that they ask for.

    python bench/measures.py [REQUESTS [PARTS]]

The example's requests repeated under other references (10,000,000 in 10 parts, if not said otherwise), as cleaning
writes them. Each measure runs in a process of its own, and pyarrow reads in the same run what the measure has read: the
CPU time of both, their ratio, and the most resident memory. The goal is at most 60 times, within 8 GB.
"""

import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from mlastats import parts, settings
from mlastats.measure import channels, partners, turnaround
from mlastats.parts import Parts
from mlastats.register.clean import clean_workspace

ROOT = Path(__file__).parents[1]
AS_OF = "2026-09-30"
MEASURES: dict[str, Callable[[Any], pd.DataFrame]] = {
    "turnaround": functools.partial(turnaround.turnaround, by="strand", as_of=AS_OF),
    "channels.use": functools.partial(channels.use, by="strand", as_of=AS_OF),
    "partners.engagement": functools.partial(partners.engagement, as_of=AS_OF),
}
GOAL, GIGABYTES = 60, 8


def main() -> None:
    if sys.argv[1:2] == ["measure"]:
        print(measured(sys.argv[2], Path(sys.argv[3])), flush=True)
        return
    size, count = (int(given) for given in (sys.argv[1:] + ["10000000", "10"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "requests.parquet"
        write(size, count, folder)
        print(f"{size:,} requests in {count} parts (goal: {GOAL} times, {GIGABYTES} GB)")
        for name in MEASURES:
            subprocess.run([sys.executable, __file__, "measure", name, str(folder)], check=True)


def write(size: int, count: int, folder: Path) -> None:
    """The example's requests repeated, under other references, until there are so many."""
    example = clean_workspace(settings.load(ROOT / "mlastats.toml")).requests
    folder.mkdir()
    copy = 0
    for number in range(count):
        rows = size * (number + 1) // count - size * number // count
        copies = []
        for _again in range(-(-rows // len(example))):
            names = {n: example[n] + f"#{copy}" for n in ("request_id", "linked_request_id")}
            copies.append(example.assign(**names))
            copy += 1
        table = pd.concat(copies, ignore_index=True).head(rows)
        table.to_parquet(folder / f"part-{number:04}.parquet", index=False)


def measured(name: str, folder: Path) -> str:
    asked: set[str] = set()
    read = Parts._read

    def noted(self: Parts, column: str) -> pd.Series:
        asked.add(column)
        return read(self, column)

    Parts._read = noted  # type: ignore[method-assign]
    table = parts.opened(folder)
    MEASURES[name](table.iloc[:1000])
    began = time.process_time()
    MEASURES[name](table)
    ours, began = time.process_time() - began, time.process_time()
    status = Path("/proc/self/status")
    peak = status.read_text().partition("VmHWM:")[2].split()[0] if status.is_file() else "0"
    for path in sorted(folder.iterdir()):
        pq.read_table(path, columns=sorted(asked))
    theirs = time.process_time() - began
    return (
        f"{name:<20} {ours:6.1f} s of CPU, {ours / theirs:4.0f} times pyarrow reading its {len(asked)} columns "
        f"({theirs:.2f} s); at most {int(peak) / 2**20:.1f} GB"
    )


if __name__ == "__main__":
    main()
