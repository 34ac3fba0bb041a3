"""Cleaning against its peers and against reading: `mlastats clean` of a million rows beside the same work in Polars
and in DuckDB, a bare read of the same file, and the pandas idiom.

    python bench/cleaning.py [rows [more rows]]

The register has what real ones have: dates in four forms, in two calendars and in Lao digits, impossible ones,
misspelt names, rows that stand twice, references given to two requests. All read the same file and write the same
table, issues and changes, which are compared; each run is a process of its own, on one core and on two, by turns.
Printed are the medians by the clock, the processor time of all threads, and the most memory held, imports included;
imports are not timed. The peers know that every date is day first and that a cell holds one term, which mlastats
finds out; what else they leave out stands at their heads (bench/peers).

The bare read is pandas.read_csv(engine="pyarrow", dtype=str). The idiom is to_datetime(format="mixed",
dayfirst=True) for each date column and a dictionary for each column of parties, over a table in memory; it is timed on
a tenth of the rows. With `more rows`, a register of that size is cleaned too, and given as a multiple of the first.
"""

import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve()
ROUNDS = 3
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
MISSPELT = {"Thailand": "Thailnad", "Viet Nam": "Veit Nam", "Myanmar": "Mianmmar"}
PARTS = ("", "Scotland", "England", "")
LAO_DIGITS = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")
COMPARED = {
    "issues": ["row", "column", "value", "rule", "severity"],
    "changes": ["column", "was", "now", "count"],
}


def main(rows: int, more: int = 0) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        regular, ragged = folder / "regular.csv", folder / "ragged.csv"
        frame = draw(rows)
        frame.to_csv(regular, index=False)
        lines = regular.read_text(encoding="utf-8").splitlines()
        for place in np.random.default_rng(2).choice(np.arange(1, rows), rows // 100, replace=False):
            lines[place] = lines[place].rsplit(",", 1)[0]
        ragged.write_text("\n".join(lines) + "\n", encoding="utf-8")
        export_vocabularies(folder)
        tenth = frame.head(max(1, rows // 10)).copy()
        del frame, lines
        print(f"{rows:,} rows, 14 columns, {regular.stat().st_size >> 20} MB")
        tools: dict[str, list[str]] = {
            "a bare read": [str(HERE), "read"],
            "mlastats": [str(HERE), "clean"],
            "Polars": [str(HERE.parent / "peers" / "cleaning_polars.py")],
            "DuckDB": [str(HERE.parent / "peers" / "cleaning_duckdb.py")],
        }
        for cores in sorted({1, min(2, os.cpu_count() or 1)}):
            report(f"on {cores} core{'s' * (cores > 1)}", tools, regular, folder, cores)
        for peer in ("Polars", "DuckDB"):
            compare(folder / "mlastats", folder / peer, peer)
        report("one row in a hundred ragged", {"mlastats": tools["mlastats"]}, ragged, folder, 2)
        start = time.process_time()
        pandas_idiom(tenth)
        print(
            f"the pandas idiom alone, by a tenth of the rows: {10 * (time.process_time() - start):.1f} s of processor"
        )
        if more:
            larger = folder / "larger.csv"
            for place in range(0, more, rows):
                draw(min(rows, more - place), place).to_csv(larger, index=False, mode="a", header=not place)
            report(f"{more:,} rows", {"mlastats": tools["mlastats"]}, larger, folder, 2)


def report(title: str, tools: dict[str, list[str]], file: Path, folder: Path, cores: int) -> None:
    """Run each tool by turns, and print its medians beside those of the first and of mlastats."""
    spent: dict[str, list[dict[str, Any]]] = {name: [] for name in tools}
    for _round in range(ROUNDS):
        for name, command in tools.items():
            (folder / name).mkdir(exist_ok=True)
            spent[name].append(run([*command, str(file), str(folder / name), str(folder)], cores))
    clock, processor = (
        {name: statistics.median(one["seconds"][place] for one in runs) for name, runs in spent.items()}
        for place in (0, 1)
    )
    print(f"\n{title}: seconds by the clock and of processor; as multiples of mlastats; peak")
    for name, runs in spent.items():
        print(
            f"  {name:12}{clock[name]:8.2f} {processor[name]:8.2f}   {clock[name] / clock['mlastats']:6.2f} "
            f"{processor[name] / processor['mlastats']:6.2f}   {max(one['peak'] for one in runs) >> 20:6,} MB"
        )
    if "a bare read" in clock:
        times = (which["mlastats"] / which["a bare read"] for which in (clock, processor))
        print("  mlastats takes {:.1f} times the bare read by the clock, {:.1f} of processor".format(*times))


def run(command: list[str], cores: int) -> dict[str, Any]:
    """What a tool prints, run on so many cores; and the most memory that it held."""
    apart = [sys.executable, str(HERE), "run", str(cores), sys.executable, *command]
    child = subprocess.run(apart, stdout=subprocess.PIPE, text=True)
    if child.returncode:
        raise SystemExit(f"{command[0]} failed")
    told, held = map(json.loads, child.stdout.splitlines()[-2:])
    # Of a tool that starts processes, what all of them held.
    return {**held, **told}


def confined(cores: int, command: list[str]) -> int:
    """Run a command on so many cores, and print the most memory that it held: from a process that holds little, since
    the figure begins with what the process held that starts it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    child = subprocess.Popen(command)
    _pid, status, usage = os.wait4(child.pid, 0)
    print(json.dumps({"peak": usage.ru_maxrss << 10}))
    return os.waitstatus_to_exitcode(status)


def compare(ours: Path, theirs: Path, peer: str) -> None:
    """Whether a peer wrote the same table, issues and changes; a column that it does not write has to be empty in ours."""
    one, other = (pd.read_parquet(folder / "requests.parquet") for folder in (ours, theirs))
    other = other.assign(source_row=other["source_row"].astype(str)).set_index("source_row")
    other = other.reindex(one["source_row"]).reset_index().reindex(columns=one.columns)
    unlike = 0
    for name in one.columns:
        left, right = one[name], other[name]
        if str(left.dtype).startswith("datetime"):
            right = pd.to_datetime(right)
        left, right = (side.astype(object).where(side.notna(), None) for side in (left, right))
        unlike += int((left != right).sum() - (left.isna() & right.isna()).sum())
    told = [f"{one.size:,} values, {unlike:,} unlike"]
    for file, keys in COMPARED.items():
        read = [
            pd.read_csv(folder / f"{file}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")[keys]
            for folder in (ours, theirs)
        ]
        left, right = (set(map(tuple, side.to_numpy())) for side in read)
        told.append(f"{len(left):,} {file}, {len(left ^ right):,} unlike")
    print(f"  compared with {peer}: {'; '.join(told)}")


def export_vocabularies(folder: Path) -> None:
    """The spellings and facts that the peers look up."""
    from mlastats import vocab

    def key(text: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

    names = (
        "partner",
        "partner_part",
        "direction",
        "kind",
        "channel",
        "offence",
        "outcome",
        "month",
        "blank",
    )
    spellings = {
        (name, key(text)): code for name in names for text, code in reversed(list(vocab.spellings(name)))
    }
    since = {row["code"]: row["since"] for row in vocab.rows("membership") if row["group"] == "asean"}
    partners = vocab.codes("partner").items()
    tables = {
        "spellings": [("vocabulary", "key", "code"), *((*pair, code) for pair, code in spellings.items())],
        "partners": [
            ("partner", "partner_kind", "asean_since"),
            *((code, row.get("kind", ""), since.get(code, "")) for code, row in partners),
        ],
        "channels": [
            ("channel", "kind", "formality"),
            *((c, k, vocab.formality(c, k)) for c in vocab.codes("channel") for k in vocab.codes("kind")),
        ],
    }
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)


def draw(rows: int, start: int = 0) -> pd.DataFrame:
    """A register of 14 columns, 5 of them dates in four formats each, 2 of them parties, in no order.

    One row in 200 stands twice, one reference in 200 is given to two requests, one date in 20 has a Buddhist year and
    half of these Lao digits, one name in 200 is misspelt, one pair of dates in a hundred is reversed, one date in a
    thousand impossible."""
    luck = np.random.default_rng(1 + start)
    day = np.datetime64("2014-01-01") + luck.integers(0, 4300, rows)
    columns: dict[str, object] = {"request_id": [f"MLI/{start + n:07d}" for n in luck.permutation(rows)]}
    for place, stage in enumerate(DATES):
        day = day + luck.integers(0, 60, rows) * bool(place) * np.where(luck.random(rows) < 0.01, -1, 1)
        days = pd.Series(day)
        texts = [days.dt.strftime(form) for form in ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d.%m.%Y")]
        text = pd.Series(np.choose(luck.integers(0, 4, rows), texts))
        buddhist = luck.random(rows) < 0.05
        text[buddhist] = days[buddhist].dt.strftime("%d/%m/") + (days[buddhist].dt.year + 543).astype(str)
        lao = buddhist & (luck.random(rows) < 0.5)
        text[lao] = text[lao].map(lambda written: written.translate(LAO_DIGITS))
        text = text.mask(luck.random(rows) < 0.001, "31/02/2019")
        columns[stage] = text.where(luck.random(rows) < (1, 1, 0.5, 0.7, 0.4)[place], "")
    partner = pd.Series(luck.choice(PARTNERS, rows))
    columns["partner"] = partner.mask(
        luck.random(rows) < 0.005, partner.map(lambda name: MISSPELT.get(name, name))
    )
    columns["partner_part"] = luck.choice(PARTS, rows)
    columns["direction"] = luck.choice(["Incoming", "Outgoing"], rows)
    columns["kind"] = luck.choice(["MLA", "Extradition", "Deportation"], rows)
    columns["channel"] = luck.choice(["Diplomatic", "INTERPOL", "Embassy", "BLO"], rows)
    columns["offence"] = luck.choice(["Fraud", "Drugs", "Timber"], rows)
    columns["outcome"] = np.where(columns["answered"] == "", "", luck.choice(["Executed", "Refused"], rows))
    columns["persons"] = luck.integers(1, 9, rows).astype(str)
    frame = pd.DataFrame(columns)
    few = rows // 200
    # The second of two rows is given what the first has, from different parts of the register.
    rows_ = luck.permutation(rows)[: 4 * few]
    frame.loc[rows_[:few]] = frame.loc[rows_[few : 2 * few]].to_numpy()
    frame.loc[rows_[2 * few : 3 * few], "request_id"] = frame.loc[rows_[3 * few :], "request_id"].to_numpy()
    return frame


def pandas_idiom(frame: pd.DataFrame) -> pd.DataFrame:
    codes = dict.fromkeys(PARTNERS, "XXX")
    dates = {
        name: pd.to_datetime(frame[name], format="mixed", dayfirst=True, errors="coerce") for name in DATES
    }
    return frame.assign(**dates, **{name: frame[name].map(codes) for name in ("partner", "partner_part")})


def timed(call: Callable[[], object]) -> None:
    """Seconds by the clock and of processor; what processes of its own take is counted, and their memory added."""

    def spent() -> tuple[float, float]:
        return time.perf_counter(), sum(os.times()[:4])

    start = spent()
    call()
    seconds = [end - begin for begin, end in zip(start, spent(), strict=True)]
    peak = sum(resource.getrusage(of).ru_maxrss for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "peak": peak << 10}), flush=True)


def configuration(path: str, folder: Path) -> Path:
    """The configuration of a workspace in a folder, with one register."""
    configuration = folder / "mlastats.toml"
    configuration.write_text(
        f'reporting_state = "LAO"\nas_of = "2026-09-30"\nprocessed = "."\n[[registers]]\nname = "bench"\n'
        f"path = {json.dumps(path)}\nlog_start = 2014-01-01\n"
    )
    return configuration


def clean(path: str, folder: str) -> None:
    from mlastats import settings
    from mlastats.register.clean import clean_workspace
    from mlastats.register.processed import write

    loaded = settings.load(configuration(path, Path(folder)))
    timed(lambda: write(clean_workspace(loaded), loaded))


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        sys.exit(confined(int(sys.argv[2]), sys.argv[3:]))
    elif sys.argv[1:2] == ["clean"]:
        clean(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["read"]:
        timed(lambda: pd.read_csv(sys.argv[2], engine="pyarrow", dtype=str))
    else:
        main(*map(int, sys.argv[1:] or ["1000000"]))
