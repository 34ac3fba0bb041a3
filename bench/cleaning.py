"""Cleaning against reading: `mlastats clean` of a million rows beside a bare read of the same file.

    python bench/cleaning.py [rows [more rows]]

One run prints: the ratio of cleaning to pandas.read_csv(engine="pyarrow", dtype=str) on the regular
file; the same with 1 % ragged rows; the pandas idiom to cleaning, twice; peak memory. The idiom is
to_datetime(format="mixed", dayfirst=True) for each date column and a dictionary for each column of parties.
Alone, it is these two over a table that is already in memory, and nothing else. From file to file, it does
no less than to read the CSV (pandas' own engine, as text), that, and write Parquet; that is the whole way
that cleaning goes too, which beyond it recognises every other column, looks for duplicates and reversed
dates, and keeps account of every row and value. With `more rows`, a register of that size is cleaned
too, and its time and memory are given beside those of the first, as a multiple.

Both sides are warm (the least of three in one process, imports done), and both are given twice: by the
clock, and as processor time of all threads, which other work on the machine disturbs less. Cleaning is
from the file to the written tables. Memory is what one cleaning in a process of its own takes above the
imports, and with them. References stand in no order.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATES = ("received", "sent", "acknowledged", "answered", "closed")
PARTNERS = (
    "Thailand",
    "Viet Nam",
    "THA",
    "ROK",
    "ປະເທດໄທ",
    "Chine",
    "United States",
    "Cambodge",
    "Myanmar",
    "Burma",
)
PARTS = ("", "Scotland", "England", "")


def main(rows: int, more: int = 0) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame = draw(rows)
        regular, ragged = folder / "regular.csv", folder / "ragged.csv"
        frame.to_csv(regular, index=False)
        lines = regular.read_text(encoding="utf-8").splitlines()
        for place in np.random.default_rng(2).choice(np.arange(1, rows), rows // 100, replace=False):
            lines[place] = lines[place].rsplit(",", 1)[0]
        ragged.write_text("\n".join(lines) + "\n", encoding="utf-8")
        size = regular.stat().st_size
        print(f"{rows:,} rows, 14 columns, {size >> 20} MB")
        bare = best(lambda: pd.read_csv(regular, engine="pyarrow", dtype=str))
        print(f"{'pandas.read_csv, pyarrow, text alone':46}{said(bare)}")
        taken = {}
        for file in (regular, ragged):
            taken[file.stem] = spent = measured(file, 3)
            times = [one / other for one, other in zip(spent["seconds"], bare, strict=True)]
            print(
                f"{f'mlastats clean, {file.stem}':46}{said(spent['seconds'])}   "
                f"{times[0]:5.1f} times the bare read (processor {times[1]:.1f}); "
                f"peak {spent['above'] / size:.1f} times the file, with imports {spent['peak'] / size:.1f}; "
                f"{spent['requests']:,} requests, {spent['issues']:,} issues"
            )
        idioms = {
            "the pandas idiom alone, once": lambda: pandas_idiom(frame),
            "the pandas idiom, from file to file, once": lambda: whole_idiom(regular),
        }
        for title, idiom in idioms.items():
            spent = best(idiom, 1)
            times = [one / other for one, other in zip(spent, taken["regular"]["seconds"], strict=True)]
            print(f"{title:46}{said(spent)}   {times[0]:5.1f} times mlastats (processor {times[1]:.1f})")
        if more:
            del frame, lines
            larger(folder / "more.csv", more, rows, taken["regular"])


def larger(file: Path, more: int, rows: int, first: dict[str, Any]) -> None:
    """A larger register, cleaned, beside the first."""
    for start in range(0, more, rows):
        part = draw(min(rows, more - start), start)
        part.to_csv(file, index=False, mode="a", header=not start)
    spent = measured(file, 2)
    seconds = [one / other for one, other in zip(spent["seconds"], first["seconds"], strict=True)]
    print(
        f"{f'mlastats clean, {more:,} rows':46}{said(spent['seconds'])}   {more / rows:.1f} times the rows: "
        f"{seconds[0]:.1f} times the time (processor {seconds[1]:.1f}); "
        f"peak {spent['peak'] / file.stat().st_size:.1f} times the file with imports"
    )


def said(spent: Sequence[float]) -> str:
    return f"{spent[0]:7.2f} s (processor {spent[1]:.2f} s)"


def draw(rows: int, start: int = 0) -> pd.DataFrame:
    """A register of 14 columns, 5 of them dates in four formats each, 2 of them parties; no request twice,
    one pair of dates in a hundred reversed, one date in a thousand impossible."""
    luck = np.random.default_rng(1 + start)
    day = np.datetime64("2014-01-01") + luck.integers(0, 4300, rows)
    columns: dict[str, object] = {"request_id": [f"MLI/{start + n:07d}" for n in luck.permutation(rows)]}
    for place, stage in enumerate(DATES):
        day = day + luck.integers(0, 60, rows) * bool(place) * np.where(luck.random(rows) < 0.01, -1, 1)
        days = pd.Series(day)
        texts = [days.dt.strftime(form) for form in ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d.%m.%Y")]
        text = pd.Series(np.choose(luck.integers(0, 4, rows), texts))
        text = text.mask(luck.random(rows) < 0.001, "31/02/2019")
        columns[stage] = text.where(luck.random(rows) < (1, 1, 0.5, 0.7, 0.4)[place], "")
    columns["partner"] = luck.choice(PARTNERS, rows)
    columns["partner_part"] = luck.choice(PARTS, rows)
    columns["direction"] = luck.choice(["Incoming", "Outgoing"], rows)
    columns["kind"] = luck.choice(["MLA", "Extradition", "Deportation"], rows)
    columns["channel"] = luck.choice(["Diplomatic", "INTERPOL", "Embassy", "BLO"], rows)
    columns["offence"] = luck.choice(["Fraud", "Drugs", "Timber"], rows)
    columns["outcome"] = np.where(columns["answered"] == "", "", luck.choice(["Executed", "Refused"], rows))
    columns["persons"] = luck.integers(1, 9, rows).astype(str)
    return pd.DataFrame(columns)


def pandas_idiom(frame: pd.DataFrame) -> pd.DataFrame:
    codes = dict.fromkeys(PARTNERS, "XXX")
    dates = {
        name: pd.to_datetime(frame[name], format="mixed", dayfirst=True, errors="coerce") for name in DATES
    }
    return frame.assign(**dates, **{name: frame[name].map(codes) for name in ("partner", "partner_part")})


def whole_idiom(file: Path) -> None:
    pandas_idiom(pd.read_csv(file, dtype=str, keep_default_na=False)).to_parquet(file.with_suffix(".parquet"))


def best(call: Callable[[], object], times: int = 3) -> list[float]:
    """The least seconds by the clock, and the least of processor time of all threads."""
    spent = []
    for _ in range(times):
        start = time.perf_counter(), time.process_time()
        call()
        spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return [min(each) for each in zip(*spent, strict=True)]


def measured(file: Path, times: int) -> dict[str, Any]:
    """The time of the best of several cleanings, and the memory of one, each in a process of its own."""
    found = {}
    for runs in (times, 1):
        command = [sys.executable, __file__, "clean", file, str(runs)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        found = {**told, "seconds": found.get("seconds", told["seconds"])}
    return found


def most_held() -> int:
    """The most memory that this process has held; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def clean(path: str, times: int) -> None:
    from mlastats import settings
    from mlastats.register.clean import clean_and_write

    with tempfile.TemporaryDirectory() as name:
        configuration = Path(name) / "mlastats.toml"
        configuration.write_text(
            f'reporting_state = "LAO"\nas_of = "2026-09-30"\n[[registers]]\nname = "bench"\npath = {json.dumps(path)}\n'
            "log_start = 2014-01-01\n"
        )
        loaded = settings.load(configuration)
        base = most_held()
        found: dict[str, int] = {}

        def once() -> None:
            cleaned = clean_and_write(loaded)
            found.update(requests=cleaned.summary["requests"], issues=cleaned.summary["issues"])

        seconds = best(once, times)
    peak = most_held()
    print(json.dumps({"seconds": seconds, "peak": peak, "above": peak - base, **found}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["clean"]:
        clean(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:] or ["1000000"]))
