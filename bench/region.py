"""How long a regional body takes to merge returns, and how near bounds lie that rest on published bands.

    python bench/region.py [requests of a country] [registers]

Writes docs/region-figures.md. Ten countries of so many requests each send a trusted return: merging all (`mlastats region
merge`, reading included) is held against reading them, and against pandas reading the bare tables. Bounds: registers are
drawn at random (lognormal answers, other ends, a few of them entered late), published by `banded` and read by `bounds`, one
country at a time and four together; each pair of bounds is held against the median of the cases. Seeds are fixed.
"""

import math
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from mlastats import schema, settings
from mlastats.measure.daycounts import DayCounts
from mlastats.region import archive, bounds
from mlastats.region.banded import banded
from mlastats.region.cube import CUBES, Header
from mlastats.region.cubes import cubes
from mlastats.run import region as regional

DOCS = Path(__file__).parent.parent / "docs" / "region-figures.md"
COUNTRIES = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "VNM")
TIMES, NEAR, FROM, FEWEST = 10, 0.2, 150, 100
TOML = 'reporting_state = "TLS"\nas_of = "2026-03-31"\n[region]\nmembers = {members}\nreturns = "returns"\n'


def register(size: int, state: str, luck: np.random.Generator) -> pd.DataFrame:
    """A requests table of so many rows, of ten years."""
    started = pd.Timestamp("2016-01-01") + pd.to_timedelta(luck.integers(0, 3650, size), "D")
    ended = started + pd.to_timedelta(np.ceil(np.exp(luck.normal(4.5, 1, size))), "D")
    done = (ended <= pd.Timestamp("2026-01-31")) & (luck.random(size) < 0.9)
    others = [code for code in COUNTRIES if code != state]
    table = pd.DataFrame(
        {
            "request_id": [f"{state}-{n}" for n in range(size)],
            "register": "central",
            "source_row": np.arange(size).astype(str),
            "reporting_state": state,
            "direction": luck.choice(["incoming", "outgoing"], size),
            "partner": luck.choice(others, size),
            "partner_kind": "state",
            "agency": "moj",
            "kind": luck.choice(["mla", "extradition", "information"], size, p=[0.6, 0.2, 0.2]),
            "channel": luck.choice(["central_authority", "diplomatic", "interpol"], size),
            "sent": started,
            "received": started,
            "answered": pd.Series(ended).where(done),
            "outcome": pd.Series(luck.choice(["executed", "refused", "withdrawn"], size)).where(done),
            "observed_from": pd.Timestamp("2016-01-01"),
            "observed_to": pd.Timestamp("2026-01-31"),
        }
    )
    for name in ("sent", "received", "answered"):
        table[f"{name}_precision"] = pd.Series("day", table.index).where(table[name].notna())
    return schema.conform(table)


def speed(size: int) -> tuple[float, float, float]:
    """Seconds: pandas over the bare tables, reading ten returns, merging them with their reading."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        (home / "mlastats.toml").write_text(TOML.format(members=list(COUNTRIES)), encoding="utf-8")
        (home / "returns").mkdir()
        for number, state in enumerate(COUNTRIES):
            luck = np.random.default_rng(number)
            chosen = settings.check({"reporting_state": state, "as_of": "2026-01-31"})
            requests = register(size, state, luck)
            keys = pd.Series(luck.integers(0, 2**63, size), requests.index).astype("uint64")
            header = Header(state, "2025", 1, "trusted", "2025-12-31")
            archive.write(home / "returns", header, cubes(requests, chosen, "2025", keys=keys))
        paths = sorted((home / "returns").glob("*.zip"))
        start = time.perf_counter()
        for path in paths:
            with zipfile.ZipFile(path) as pack:
                for name in CUBES:
                    pd.read_csv(pack.open(f"{name}.csv"))
        bare = time.perf_counter()
        for path in paths:
            archive.read(path)
        read = time.perf_counter()
        regional.merged(settings.load(home / "mlastats.toml"))
        end = time.perf_counter()
        return bare - start, read - bare, end - read


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, causes and days of entry of a register; up to four entered late."""
    luck = np.random.default_rng(seed)
    n = int(luck.integers(FEWEST, 900))
    days = np.floor(np.exp(luck.normal(luck.uniform(2, 6), luck.uniform(0.4, 1.4), n))).astype(int)
    other = np.floor(luck.exponential(luck.uniform(100, 4000), n)).astype(int)
    last = np.floor(luck.uniform(0, luck.uniform(200, 3000), n)).astype(int)
    end = np.minimum.reduce([days, other, last])
    cause = np.select([days == end, other == end], ["answered", "ended_otherwise"], "")
    entry = np.zeros(n, dtype=int)
    late = luck.choice(n, int(luck.integers(0, 5)), replace=False)
    entry[late] = luck.integers(0, end[late] + 1)
    return end, cause.astype(object), entry


def published(days: np.ndarray, cause: np.ndarray, entry: np.ndarray, seed: int) -> bounds.Between | None:
    """What a reader of the country's banded return knows."""
    luck = np.random.default_rng([seed, 1])
    keys = luck.integers(0, 2**63, len(days)).astype(np.uint64)
    left = pd.DataFrame({"EVENT": np.where(cause == "", "pending", cause), "DAY": days, "CELL_KEY": keys})
    came = pd.DataFrame({"EVENT": "entered", "DAY": entry, "CELL_KEY": keys})
    cells = pd.concat([left, came]).assign(OBS_VALUE=1).groupby(["EVENT", "DAY"]).sum().reset_index()
    exact = {
        name: cube.said("LAO", "2025", OBS_VALUE=0 if cube.dtype != "str" else "x")
        for name, cube in CUBES.items()
    }
    own = {"DIRECTION": "incoming", "KIND": "mla", "CHANNEL": "_T", "CLOCK": "answer", "COHORT": "2025"}
    cells = cells.astype({"DAY": "str"}).assign(**own, MEASURE="requests")
    exact["DURATION"] = CUBES["DURATION"].finished(cells, "LAO", "2025")
    exact = {name: table.assign(CELL_KEY=table["CELL_KEY"].fillna(0)) for name, table in exact.items()}
    outcome = exact["OUTCOME"]
    exact["OUTCOME"] = outcome.assign(
        OBS_VALUE=outcome["OBS_VALUE"].mask(outcome["MEASURE"].eq("requests"), len(days))
    )
    table = banded(exact, f"{seed:032d}".encode())["DURATION"]
    return bounds.known(table) if table["OBS_VALUE"].notna().any() else None


def held(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], seed: int) -> tuple[bool, bool, bool] | None:
    """Whether the bounds of some countries together hold, whether both lie near the median, and whether they should."""
    groups = [published(*part, seed * 10 + place) for place, part in enumerate(parts)]
    told = [group for group in groups if group is not None and len(group.days)]
    if len(told) < len(parts):
        return None
    days, cause, entry = (np.concatenate([part[place] for part in parts]) for place in range(3))
    counts = DayCounts.from_durations(days, cause, entry=entry, answer="answered")
    (row,) = counts.quantile(0.5, fewest=0).to_dict("records")
    median = math.inf if math.isnan(row["days"]) else row["days"]
    first, last = bounds.quantile(bounds.together(told), 0.5)
    near = (1 - NEAR) * median <= first and last <= (1 + NEAR) * median
    return first <= median <= last, near, bool((cause == "answered").sum() >= FROM and median < math.inf)


def near(registers: int) -> list[tuple[str, int, int, int, int]]:
    rows = []
    for name, together in (("one country", 1), ("four countries", 4)):
        found = [
            held([drawn(seed * 10 + n) for n in range(together)], seed)
            for seed in range(registers // together)
        ]
        known = [one for one in found if one is not None]
        due = [one for one in known if one[2]]
        rows.append((name, len(known), sum(one[0] for one in known), len(due), sum(one[1] for one in due)))
    return rows


def main(size: int, registers: int) -> int:
    """Write the page; how many figures miss their bar."""
    bare, read, merged = speed(size)
    rows = near(registers)
    lines = [
        "# Figures of the regional layer",
        "",
        f"Measured by `python bench/region.py {size} {registers}`.",
        "",
        f"Ten returns of {size:,} requests each: merging takes {merged / read:.1f} times as long as reading them, and "
        f"{merged / bare:.1f} times as long as pandas takes to read the bare tables (bar: {TIMES}).",
        "",
        f"Bounds on the median from published bands; near is both within {NEAR:.0%} of it, counted from {FROM} answers on "
        "(bars: all hold, half are near):",
        "",
        "| Bands of | Registers | Bounds hold | With enough answers | Near |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    missed = int(merged / read >= TIMES)
    for name, known, holds, due, close in rows:
        lines.append(f"| {name} | {known} | {holds} | {due} | {close} ({close / max(due, 1):.0%}) |")
        missed += int(known != holds) + int(close < due / 2)
    print(*lines, f"{missed} figures miss their bar.", sep="\n")
    DOCS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return missed


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(min(1, main(*(given or [100_000]), *([2_000] if len(given) < 2 else []))))
