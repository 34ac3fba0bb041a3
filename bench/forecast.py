"""How often the forecast of the backlog holds, on registers of which the future is known.

    python bench/forecast.py [registers]

Writes docs/forecast.md, and ends with an error where a bar is missed. Every register is one of its own: 5 to 40 requests
a month whose number scatters 1, 1.5 or 2.5 times as chance does, a time to the end that is lognormal with a median of 100
to 200 days and a standard deviation of its logarithm of 1.1 to 1.5, 2% that never end, kept for 5 to 12 years; half of
the registers begin with work under way. Seeds are fixed. What is measured is what reports use.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from mlastats.measure.forecast import HORIZONS, LEVEL, OPEN, YEAR, History, project

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "forecast.md"
RECEIPT = ROOT.parent / "shared" / "data" / "receipt" / "receipt_cases.csv"
REGIMES = {
    "stable": "arrivals and pace stay as they are",
    "growing": "arrivals grow by 8 to 20% a year",
    "shock": "arrivals or the pace doubled or halved 2 to 36 months before the last day",
    "seasonal": "arrivals and the pace go up and down by 35% in the year",
    "late entry": "a register of 3 to 8 years, begun 8 years after the work",
    "wandering": "the pace (log sd .35) and arrivals (.20) wander, with a memory of a year and a half",
}
AFTER = "shock to come"
# Where the stock is level for years its own changes are narrower, as long as it is: no bar.
LEVEL_STOCK = ("seasonal", "late entry")
BAR, WIDER = 88.0, 1.1
RECENT = YEAR
DAYS = tuple(HORIZONS.values())


@dataclass(frozen=True)
class Future:
    """A register as it is known on day 0, what will be open at each horizon, and when its shock was."""

    history: History
    truth: np.ndarray
    shock: float


def register(regime: str, luck: np.random.Generator) -> Future:
    """One register of a regime."""
    late = regime == "late entry"
    first = -int(luck.uniform(3, 8) * YEAR if late else luck.uniform(5, 12) * YEAR)
    world = first - 8 * YEAR if late or luck.random() < 0.5 else first
    days = np.arange(world, max(DAYS) + 1)
    month = (days - world) // 30
    rate, scatter = luck.uniform(5, 40) / 30.4, luck.choice([1.0, 1.5, 2.5])
    # How many come a day, and how many days' work is done in one.
    come, pace, shock = np.full(len(days), rate), np.ones(len(days)), np.nan
    if regime == "growing":
        come = rate * np.exp(luck.uniform(0.08, 0.20) * days / YEAR)
    if regime.startswith("shock"):
        shock = luck.uniform(0, 2 * YEAR) if regime == AFTER else luck.uniform(-3 * YEAR, -60)
        change = np.where(days >= shock, luck.choice([0.5, 2.0]), 1.0)
        come, pace = (come * change, pace) if luck.random() < 0.5 else (come, change)
    if regime == "seasonal":
        swing = [1 + 0.35 * np.sin(2 * np.pi * (days / YEAR + luck.random())) for _ in range(2)]
        come, pace = rate * swing[0], swing[1]
    if regime == "wandering":
        come, pace = rate * wandering(0.20, month, luck), wandering(0.35, month, luck)
    if scatter > 1:
        shape = np.bincount(month, come) / (scatter - 1)
        come = come * luck.gamma(shape, 1 / shape)[month]
    start = np.repeat(days, luck.poisson(come))
    work = np.exp(luck.normal(np.log(luck.uniform(100, 200)), luck.uniform(1.1, 1.5), len(start)))
    work[luck.random(len(start)) < 0.02] = np.inf
    done = np.concatenate([[0], np.cumsum(pace)])
    begun = done[start - world]
    end = np.maximum(world + np.searchsorted(done, begun + work, "right") - 1, start)
    end = np.where(begun + work < done[-1], end, OPEN)
    truth = np.array([((start <= day) & (end > day)).sum() for day in DAYS])
    return Future(History.of(start, end, first), truth, shock)


def wandering(spread: float, month: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """A factor for each day that wanders from month to month."""
    keep, months = np.exp(-1 / 18), month[-1] + 1
    z = luck.normal(0, spread, months)
    for n in range(1, months):
        z[n] = keep * z[n - 1] + np.sqrt(1 - keep**2) * z[n]
    return np.exp(z)[month]


def own_changes(history: History, ahead: int) -> tuple[float, float]:
    """The peer: limits of the stock alone, by its own changes over as long in the past, of which it knows as much."""
    days = [day for n in range(1, 100) if (day := -(n * YEAR // 4)) >= history.first + YEAR]
    tried = [day for day in days if day + ahead <= 0]
    trials = 1 + (tried[0] - tried[-1]) / ahead if tried else 0
    if trials < 2:
        return np.nan, np.nan
    stocks = {day: history.open_on(day) + 1 for day in {*tried, *(day + ahead for day in tried)}}
    changes = np.log([stocks[day + ahead] / stocks[day] for day in tried])
    half = student.ppf((1 + LEVEL) / 2, trials) * np.sqrt((changes**2).mean())
    lower, upper = (history.open_on(0) + 1) * np.exp([-half, half]) - 1
    return max(0.0, np.floor(lower)), np.ceil(upper)


def judged(regime: str, registers: int) -> Iterator[dict[str, object]]:
    """Each forecast of each register of a regime."""
    for number in range(registers):
        future = register(regime, np.random.default_rng([20260930, [*REGIMES, AFTER].index(regime), number]))
        stock = max(future.history.open_on(0), 1)
        for row, ahead, truth in zip(
            project(future.history, DAYS).itertuples(), DAYS, future.truth, strict=True
        ):
            lower, upper = own_changes(future.history, ahead)
            yield {
                "regime": regime,
                "days": ahead,
                "given": row.reason == "",
                "below": truth < row.lower,
                "above": truth > row.upper,
                "width": (row.upper - row.lower) / stock,
                "peer_held": lower <= truth <= upper,
                "peer_width": (upper - lower) / stock,
                "recent": future.shock > -RECENT,
            }


def summary(table: pd.DataFrame) -> pd.Series:
    """In percent, but for widths as a part of today's stock."""
    given = table[table["given"]]
    missed = given["below"] | given["above"]
    peer = given[given["peer_width"].notna()]
    return pd.Series(
        {
            "given": 100 * len(given) / len(table),
            "held": 100 - 100 * missed.mean(),
            "below": 100 * given["below"].mean(),
            "above": 100 * given["above"].mean(),
            "width": given["width"].median(),
            "peer held": 100 * peer["peer_held"].mean(),
            "peer width": peer["peer_width"].median(),
        }
    )


def receipt() -> Iterator[dict[str, float]]:
    """Forecasts of a real log of 1,434 applications, every week from its 120th day on, where it is on this machine."""
    ahead = (30, 60, 90)
    log = pd.read_csv(RECEIPT, parse_dates=["received", "completed"])
    last = pd.Timestamp("2012-01-23")
    start, end = ((log[name] - last).dt.days for name in ("received", "completed"))
    end = end.fillna(OPEN).astype(int)
    whole = History.of(start, end, int(start.min()))
    for day in range(whole.first + 120, 1, 7):
        then = History.of(start - day, end.where(end.eq(OPEN), end - day), whole.first - day)
        for row, days in zip(project(then, ahead, young=90).itertuples(), ahead, strict=True):
            if day + days <= 0 and not row.reason:
                truth = whole.open_on(day + days)
                held = row.lower <= truth <= row.upper
                width = (row.upper - row.lower) / then.open_on(0)
                yield {"days": days, "day": day, "held": held, "width": width}


def main(registers: int) -> int:
    parts = []
    for regime in (*REGIMES, AFTER):
        parts.append(pd.DataFrame(judged(regime, registers)))
        print(regime, flush=True)
    table = pd.concat(parts)
    found = table.groupby(["regime", "days"], sort=False).apply(summary, include_groups=False)
    recent = summary(table[table["recent"] & table["regime"].eq("shock") & table["days"].eq(max(DAYS))])
    months = {days: months for months, days in HORIZONS.items()}
    lines = [
        "# The forecast of the backlog",
        "",
        f"Written by `python bench/forecast.py {registers}`. "
        + " ".join((__doc__ or "").split("is missed. ")[1].split()),
        "",
        "Given: how often there is a figure. Held: how many of the 90% intervals hold what came true; below and above: how",
        "many lay on either side of them (where arrivals grow the figure is rather too low). Width: of the interval, as",
        "a part of today's stock, in the median. Own changes: the same of an interval by the past changes of the stock",
        f"alone. All but widths in percent. At least {BAR:.0f} are to hold, and at 24 months the width is to be less",
        "than that by own changes; where the shock was within a year, no more than a tenth above it. Where the stock is",
        "level from year to year (seasonal, late entry) its own changes are narrower, for as long as it stays so: the",
        "forecast does not count on that, and there is no bar. What changes after the last day nobody can know: no bar.",
        "",
        "| regime | months | given | held | below | above | width | own changes held | own changes width |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    missed = []
    for (regime, days), row in [*found.iterrows(), (("shock within a year", max(DAYS)), recent)]:
        shown = [f"{row[name]:.0f}" for name in ("given", "held", "below", "above")]
        shown[1] = f"{row['held']:.1f}"
        widths = f"{row['width']:.2f} | {row['peer held']:.0f} | {row['peer width']:.2f}"
        lines.append(f"| {regime} | {months[days]} | {' | '.join(shown)} | {widths} |")
        if regime in REGIMES and row["held"] < BAR:
            missed.append(f"{regime}, {months[days]} months: {row['held']:.1f}% held.")
        most = {"shock within a year": WIDER, **dict.fromkeys((AFTER, *LEVEL_STOCK), np.inf)}.get(regime, 1.0)
        if days == max(DAYS) and not row["width"] < most * row["peer width"]:
            missed.append(f"{regime}: {row['width']:.2f} wide, {row['peer width']:.2f} by own changes.")
    lines += ["", *(f"- {name}: {what}." for name, what in REGIMES.items())]
    lines += [f"- {AFTER}: as a shock, within two years after the last day.", "", "## On a real log", ""]
    if RECEIPT.is_file():
        windows = pd.DataFrame(receipt())
        lines += [
            "The log of receipts of permits of a Dutch municipality (16 months), forecast every week from its 120th day:",
            "the time from which its past is tried begins after 90 days there. At 30 days the bar holds; the others are",
            "too few that do not overlap.",
            "",
            "| days | weeks | not overlapping | held | width |",
            "|---|---|---|---|---|",
        ]
        for days, rows in windows.groupby("days"):
            apart = 1 + (rows["day"].max() - rows["day"].min()) / days
            held = 100 * rows["held"].mean()
            lines.append(
                f"| {days} | {len(rows)} | {apart:.1f} | {held:.0f} | {rows['width'].median():.2f} |"
            )
            if days == 30 and held < BAR:
                missed.append(f"the real log, 30 days: {held:.1f}% held.")
    else:
        lines.append("It is not on this machine.")
    lines += ["", "## What falls outside", "", *(f"- {line}" for line in missed or ["Nothing."])]
    DOCS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
