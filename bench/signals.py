"""How often a period or a group is named though nothing is out of the ordinary, and what is found where something is.

    python bench/signals.py [samples]

Writes docs/signals.md. Counts come as chance has it (variance / mean 1) or in bursts: requests draw others after them,
two in five of which come a period later. A year of a chart is four quarterly reports (twelve monthly ones), each judged by
what was known then, with as strict a test as twelve charts ask for. Groups of a funnel have 10 to 200 cases each. What is
measured is what reports use. Seeds are fixed. A figure fails where it lies above its bar by more than the error of its
samples.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from mlastats.measure import funnels, signals

DOCS = Path(__file__).parent.parent / "docs" / "signals.md"
CHARTS = 12
MEANS = {"quarter": (3, 10, 30, 90), "month": (3, 10, 30)}
BURSTS = (1.0, 1.5, 2.5)
# The most years of ten, in percent, in which twelve charts may give a false signal, at a variance / mean up to 1.5.
MOST_YEARS = 10
# The most charts, in percent, on which a group may be named that is not apart: groups that differ by five points.
MOST_CHARTS = 2
USUAL = 0.6


def counts(
    samples: int, mean: float, bursts: float, luck: np.random.Generator, periods: int, shift: tuple[int, float] = (0, 1),
    drift: tuple[float, float] = (0, 0),
) -> np.ndarray:  # fmt: skip
    """So many series of counts with a mean; from a period on `shift` times as many. `drift`: by how much the mean grows
    from period to period (its logarithm), and how far a season carries it."""
    at = np.arange(periods)
    start, factor = shift
    turn = luck.random((samples, 1))
    rate = mean * np.exp(drift[0] * (at - periods)) * (1 + drift[1] * np.sin(2 * np.pi * (at / 4 + turn)))
    rate = rate * np.where(at >= start, factor, 1)
    alone = (bursts + 1) / 2
    first = luck.poisson(rate / alone)
    if bursts == 1:
        return first
    follow = luck.negative_binomial(np.maximum(first, 1), 1 / alone) * (first > 0)
    late = luck.binomial(follow, 0.4)
    return np.asarray(first + follow - late + np.roll(late, 1, axis=1))


def reports(series: np.ndarray, span: str) -> np.ndarray:
    """Whether each of the last year's reports has a signal: a row a series."""
    past, year = signals.PAST[span], signals.YEAR[span]
    alpha, found = signals.FALSE / (CHARTS * year * 2), []
    for end in range(series.shape[1] - year + 1, series.shape[1] + 1):
        lower, upper = signals.allowed(series[:, end - 1 - past : end - 1], alpha)
        point = (series[:, end - 1] < lower) | (series[:, end - 1] > upper)
        _t, p = signals.year_test(series[:, end - year - past : end - year], series[:, end - year : end])
        found.append(point | (p < alpha))
    return np.array(found).T


def of_counts(samples: int) -> tuple[list[str], list[str]]:
    """Rows of false signals, with what is found of a halving and a doubling, and what lies above its bar."""
    rows, faults = [], []
    for span, means in MEANS.items():
        luck = np.random.default_rng(20171128)
        year = signals.YEAR[span]
        periods = signals.PAST[span] + 2 * year
        for mean in means:
            cells = [span, str(mean)]
            for bursts in BURSTS:
                hit = reports(counts(samples, mean, bursts, luck, periods), span).any(axis=1).mean()
                years = 100 * (1 - (1 - hit) ** CHARTS)
                cells.append(f"{100 * hit:.2f} [{years:.0f}]")
                error = 100 * CHARTS * 2 * np.sqrt(max(hit, 1 / samples) / samples)
                if bursts <= 1.5 and span == "quarter" and years > MOST_YEARS + error:
                    faults.append(f"{mean} a {span}, variance / mean {bursts}: {years:.1f} years of 100")
            for factor in (0.5, 2):
                moved = counts(samples, mean, 1.5, luck, periods, (periods - year, factor))
                by = np.logical_or.accumulate(reports(moved, span), axis=1).mean(axis=0)
                places = [0, year // 4, year - 1] if span == "month" else [0, 1, 3]
                cells.append(" / ".join(f"{100 * by[place]:.0f}" for place in places))
            rows.append(f"| {' | '.join(cells)} |")
    return rows, faults


def drifting(samples: int) -> list[str]:
    """Rows of counts that grow by 5 % a year, which is a true signal, and of a season of a fifth, which is none."""
    luck, rows = np.random.default_rng(20171129), []
    for name, drift in {"grow 5% a year": (0.0125, 0.0), "season of a fifth": (0.0, 0.2)}.items():
        hits = [
            100 * reports(counts(samples, mean, 1.5, luck, 20, drift=drift), "quarter").any(axis=1).mean()
            for mean in MEANS["quarter"]
        ]
        rows.append(f"| {name} | {' | '.join(f'{hit:.2f}' for hit in hits)} |")
    return rows


def of_shares(samples: int) -> tuple[list[str], list[str]]:
    """Rows of false signals of shares, and of a halving found in the first quarter."""
    luck, alpha = np.random.default_rng(20171130), signals.FALSE / (CHARTS * 4 * 2)
    rows, faults = [], []
    for usual in (0.6, 0.9):
        for size in (5, 10, 20, 40):
            cells = [f"{usual:.0%}", str(size)]
            for bursts in BURSTS:
                alike = (bursts - 1) / (size - 1)
                mass = 1 / alike - 1 if alike else 1e9
                whole = np.full((samples, 20), size)
                part = luck.binomial(whole, luck.beta(usual * mass, (1 - usual) * mass, whole.shape))
                hit = np.zeros(samples, dtype=bool)
                # From 10 a period on the period is held against its past, with fewer the year.
                long, past = (1, 12) if size >= signals.ENOUGH else (4, 12)
                for end in range(17, 21):
                    hit |= outside(part, whole, (end - long, end), (end - long - past, end - long), alpha)
                years = 100 * (1 - (1 - hit.mean()) ** CHARTS)
                cells.append(f"{100 * hit.mean():.2f} [{years:.0f}]")
                error = 100 * CHARTS * 2 * np.sqrt(max(hit.mean(), 1 / samples) / samples)
                if bursts <= 1.5 and years > MOST_YEARS + error:
                    faults.append(
                        f"share of {usual:.0%}, {size} a quarter, {bursts}: {years:.1f} years of 100"
                    )
            past_part = luck.binomial(size, usual, (samples, 12))
            now_part = luck.binomial(size, usual / 2, (samples, 1))
            both, whole = np.hstack([past_part, now_part]), np.full((samples, 13), size)
            cells.append(f"{100 * outside(both, whole, (12, 13), (0, 12), alpha).mean():.0f}")
            rows.append(f"| {' | '.join(cells)} |")
    return rows, faults


def outside(
    part: np.ndarray, whole: np.ndarray, now: tuple[int, int], past: tuple[int, int], alpha: float
) -> np.ndarray:
    """Whether the periods of `now` together lie outside what those of `past` allow."""
    lower, upper = signals.allowed_share(
        part[:, slice(*past)], whole[:, slice(*past)], whole[:, slice(*now)], alpha
    )
    total = part[:, slice(*now)].sum(axis=1)
    return np.asarray((total < lower) | (total > upper))


def groups(
    number: int,
    spread: float,
    luck: np.random.Generator,
    apart: tuple[int, float] | None = None,
    mixed: bool = False,
) -> pd.DataFrame:
    """The cases of so many groups whose shares differ by a standard deviation; the first may have another size and share.
    `mixed`: of two kinds, 80 and 30 % in time everywhere, of which each group has its own part."""
    sizes = np.round(np.exp(luck.uniform(np.log(10), np.log(200), number))).astype(int)
    mass = USUAL * (1 - USUAL) / spread**2 - 1 if spread else 1e9
    shares = luck.beta(USUAL * mass, (1 - USUAL) * mass, number)
    if apart:
        sizes[0], shares[0] = apart
    group = np.repeat(np.arange(number), sizes)
    kind = (
        luck.random(len(group)) < luck.beta(1, 1, number)[group]
        if mixed
        else np.zeros(len(group), dtype=bool)
    )
    usual = np.where(kind, 0.8, 0.3) if mixed else shares[group]
    on_time = luck.random(len(group)) < usual
    return pd.DataFrame(
        {"agency": [f"{n:02}" for n in group], "kind": np.where(kind, "a", "b"), "on_time": on_time}
    )


def of_funnels(samples: int) -> tuple[list[str], list[str], list[str]]:
    """Rows of charts on which somebody is named though nobody stands out, of who is found, and what is above its bar."""
    false, found, faults = [], [], []

    def named(number: int, **given: object) -> np.ndarray:
        luck = np.random.default_rng([20171201, number])
        tables = [funnels.funnel(groups(number, luck=luck, **given), "agency") for _n in range(samples)]
        return np.array([table["stands"].isin([funnels.BELOW, funnels.ABOVE]).to_numpy() for table in tables])

    for number in (4, 8, 15):
        cells = [str(number)]
        for spread in (0.0, 0.05, 0.10):
            share = 100 * named(number, spread=spread).any(axis=1).mean()
            cells.append(f"{share:.1f}")
            error = 200 * np.sqrt(MOST_CHARTS / 100 / samples)
            if spread <= 0.05 and share > MOST_CHARTS + error:
                faults.append(
                    f"{number} groups that differ by {100 * spread:.0f} points: {share:.1f} charts of 100"
                )
        cells.append(f"{100 * named(number, spread=0.0, mixed=True).any(axis=1).mean():.1f}")
        false.append(f"| {' | '.join(cells)} |")
        cells = [str(number)]
        for size in (15, 30, 100):
            who = named(number, spread=0.05, apart=(size, 0.25))
            cells.append(f"{100 * who[:, 0].mean():.0f} ({100 * who[:, 1:].any(axis=1).mean():.0f})")
        found.append(f"| {' | '.join(cells)} |")
    return false, found, faults


def main(samples: int) -> None:
    moved, faults = of_counts(samples)
    shares, of_share = of_shares(samples // 2)
    false, found, of_group = of_funnels(samples // 10)
    faults += of_share + of_group
    text = [
        "# Signals and funnels",
        "",
        f"Written by `python bench/signals.py {samples}`. "
        + " ".join(__doc__.split("docs/signals.md. ")[1].split()),
        "",
        "## A period against its past",
        "",
        "In percent of years of one chart in which any report gives a false signal; in brackets, of years of twelve such",
        "charts. Then in percent of cases in which a halving and a doubling (variance / mean 1.5) are found by the first,",
        "second and fourth quarter (month 1, 4 and 12).",
        "",
        "| points | usual | 1 | 1.5 | 2.5 | x 0.5 found by | x 2 found by |",
        "|---|---|---|---|---|---|---|",
        *moved,
        "",
        f"The bar: at most {MOST_YEARS} years of 100 with twelve quarterly charts at a variance / mean of 1 and 1.5. Where",
        "requests come in stronger bursts it is not met, and the page says one year of five.",
        "",
        "Quarterly, variance / mean 1.5, of counts that are not level:",
        "",
        "| in percent of years of one chart | 3 | 10 | 30 | 90 |",
        "|---|---|---|---|---|",
        *drifting(samples),
        "",
        "## Shares",
        "",
        "The same of shares of so many a quarter (5: the year alone); then in percent how often a share that halves would",
        "be found in its first quarter.",
        "",
        "| usual | a quarter | 1 | 1.5 | 2.5 | half of it found at once |",
        "|---|---|---|---|---|---|",
        *shares,
        "",
        "## Funnels",
        "",
        "In percent of charts on which somebody is named though nobody stands out: groups whose true shares differ by a",
        "standard deviation of 0, 5 and 10 points, and groups that differ in their mix of kinds alone.",
        "",
        "| groups | 0 | 5 | 10 | mix |",
        "|---|---|---|---|---|",
        *false,
        "",
        f"In percent of charts on which a group of 15, 30 or 100 with 25 % is named where {USUAL:.0%} is usual (the others",
        "differ by 5 points); in brackets, on which another is named beside it.",
        "",
        "| groups | 15 | 30 | 100 |",
        "|---|---|---|---|",
        *found,
        "",
        "## What falls outside",
        "",
        *([f"- {fault}" for fault in faults] or ["Nothing."]),
        "",
    ]
    DOCS.write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
