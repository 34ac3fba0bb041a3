"""How often the 95% intervals hold the truth, how often a test says what is not so, and how much is withheld.

    python bench/coverage.py [samples] [claims [beginning of a claim ...]]

Writes docs/coverage.md; with "claims" only its second table, and of that the claims that begin so: the others stay.

Every sample is a register of its own: the time to an end is lognormal, with a median of 60,
120 or 200 days and a standard deviation of its logarithm of 1.1, 1.3 or 1.5; up to a tenth never ends and up to a fifth
ends without an answer. Requests come ever faster, at the end three times as fast. What is measured is what reports use.
Seeds are fixed. A figure fails where it lies below its bar by more than .7 points (false ones: above it).
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from mlastats.measure import consistency
from mlastats.measure.comparisons import (
    answered_within_difference,
    logrank,
    recovered,
    rmst_difference,
)
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.intervals import slope
from mlastats.measure.own_changes import last_change
from mlastats.measure.paces import joined, slowest
from mlastats.measure.standardised import standardised

DOCS = Path(__file__).parent.parent / "docs" / "coverage.md"
SIZES = (10, 20, 50, 100, 200)
# How a register is observed: for so many days, so many days after requests began to come.
REGISTERS = {
    "ten years": (3652, 0),
    "two years": (730, 0),
    "ten years, begun late": (3652, 1826),
    "two years, begun late": (730, 1826),
    "a year of a register": (365, 3287),
    "a quarter of a register": (91, 3561),
}
QUANTILES = {"median": 0.5, "p75": 0.75, "p90": 0.9}
SHARES = (30, 180, 365)
TAU = 180
AT_ONCE = 400_000
# The error of 4,000 samples.
SLACK = 0.7
# The most of a claim that may be false, in percent: of differences by their intervals, of bursts at .01, else at .05.
MOST = {"difference": 6, "like": 6, "two": 6, "before": 6, "bursts": 1.5}


def laws(samples: int, luck: np.random.Generator) -> pd.DataFrame:
    """The law of each sample."""
    return pd.DataFrame(
        {
            "median": luck.choice([60, 120, 200], samples),
            "spread": luck.choice([1.1, 1.3, 1.5], samples),
            "never": luck.uniform(0, 0.1, samples),
            "otherwise": luck.uniform(0, 0.2, samples),
        }
    )


def answered_by(law: pd.DataFrame, day: float) -> np.ndarray:
    """The true share answered within so many days, of each sample."""
    known = norm.cdf(np.log((day + 1) / law["median"]) / law["spread"])
    return np.asarray((1 - law["never"]) * (1 - law["otherwise"]) * known)


def drawn(law: pd.DataFrame, register: str, size: int, luck: np.random.Generator) -> pd.DataFrame:
    """So many observed requests of each sample: `sample days cause entry`."""
    kept, before = REGISTERS[register]
    parts, need = [], np.full(len(law), size)
    while need.any():
        factor = 2 + int(6 * before / (kept + 365))
        ids = np.repeat(np.arange(len(law)), need * factor)
        mine = law.iloc[ids]
        # The pace grows threefold over the whole time: the inverse of u = (t + t^2) / 2.
        u = luck.random(len(ids))
        opened = np.floor((np.sqrt(1 + 8 * u) - 1) / 2 * (kept + before)) - before
        days = np.floor(mine["median"].to_numpy() * np.exp(mine["spread"] * luck.standard_normal(len(ids))))
        days = np.where(luck.random(len(ids)) < mine["never"], 1e6, days)
        cut, entry = kept - opened, np.maximum(-opened, 0)
        cause = np.where(luck.random(len(ids)) < mine["otherwise"], "otherwise", "answered")
        frame = pd.DataFrame({"sample": ids, "days": np.minimum(days, cut), "entry": entry})
        frame["cause"] = np.where(days <= cut, cause, "")
        frame = frame[frame["days"].ge(frame["entry"])]
        frame = frame[frame.groupby("sample").cumcount().to_numpy() < need[frame["sample"]]]
        parts.append(frame)
        need = need - np.bincount(frame["sample"], minlength=len(law))
    return pd.concat(parts).astype({"days": int, "entry": int})


def counts_of(frame: pd.DataFrame, by: list[str]) -> DayCounts:
    return DayCounts.from_durations(
        frame["days"], frame["cause"], frame["entry"], frame[by], answer="answered"
    )


def judged(counts: DayCounts, law: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each figure: whether it is given, held by its interval, and near the truth whether given or not."""
    days = np.arange(0, 4000)
    for conf in ("beta", "log-log"):
        for name, q in QUANTILES.items():
            table, raw = (counts.quantile(q, conf, fewest) for fewest in (10, 0))
            reached = answered_by(law, 1e9) >= q
            z = norm.ppf(np.clip(q / ((1 - law["never"]) * (1 - law["otherwise"])), 0, 1))
            truth = np.where(reached, np.ceil(law["median"] * np.exp(law["spread"] * z) - 1), np.inf)
            given = table["days"].notna()
            held = table["lower"].fillna(0).le(truth) & table["upper"].fillna(np.inf).ge(truth)
            fine = raw["days"].sub(truth).abs().le(0.25 * truth) & np.isfinite(truth)
            yield f"{name}, {conf}", pd.DataFrame({"given": given, "held": held, "fine": fine})
        for day in SHARES:
            table, raw = (counts.answered_within(day, conf, fewest) for fewest in (10, 0))
            truth = answered_by(law, day)
            held = table["lower"].le(truth + 1e-12) & table["upper"].ge(truth - 1e-12)
            fine = raw["share"].sub(truth).abs().le(0.1)
            yield (
                f"within {day}, {conf}",
                pd.DataFrame({"given": table["share"].notna(), "held": held, "fine": fine}),
            )
    table, raw = counts.rmst(TAU), counts.rmst(TAU, fewest=0)
    truth = TAU - sum(answered_by(law, day) for day in days[:TAU])
    held = table["lower"].le(truth) & table["upper"].ge(truth)
    fine = raw["rmst"].sub(truth).abs().le(0.1 * TAU)
    yield f"mean of {TAU} days", pd.DataFrame({"given": table["rmst"].notna(), "held": held, "fine": fine})


def intervals(samples: int) -> pd.DataFrame:
    rows = []
    for register in REGISTERS:
        for size in SIZES:
            found: dict[str, list[pd.DataFrame]] = {}
            at_once = max(AT_ONCE // (size * 8), 100)
            for place, first in enumerate(range(0, samples, at_once)):
                number = min(at_once, samples - first)
                luck = np.random.default_rng([20171128, size, place, list(REGISTERS).index(register)])
                law = laws(number, luck)
                counts = counts_of(drawn(law, register, size, luck), ["sample"])
                for name, marks in judged(counts, law):
                    found.setdefault(name, []).append(marks)
            for name, parts in found.items():
                every = pd.concat(parts)
                given = every[every["given"]]
                rows.append(
                    {
                        "figure": name,
                        "register": register,
                        "n": size,
                        "given": 100 * every["given"].mean(),
                        "held": 100 * given["held"].mean() if len(given) >= 200 else np.nan,
                        "withheld": 100
                        * (every["fine"] & ~every["given"]).sum()
                        / max(every["fine"].sum(), 1),
                    }
                )
            print(register, size, flush=True)
    return pd.DataFrame(rows)


def false_claims(samples: int, begins: tuple[str, ...] = ("",)) -> Iterator[tuple[object, ...]]:
    """How often something is said where nothing is: at .05 and at .01, in percent of the samples in which it could be."""
    for place, (name, (trial, sizes)) in enumerate(TRIALS.items()):
        for size in sizes if name.startswith(begins) else ():
            luck = np.random.default_rng([20171128, place, size])
            p = np.array([trial(luck, size) for _sample in range(samples)], dtype=float)
            told = p[np.isfinite(p)]
            false = [100 * (told < level).mean() if len(told) >= 200 else np.nan for level in (0.05, 0.01)]
            row = (name, size, samples, 100 * len(told) / samples, *false, MOST.get(name.split()[0], 7))
            print(row, flush=True)
            yield row


def of_interval(table: pd.DataFrame, truth: float = 0.0) -> float:
    """The interval of a difference as a p: 0 where it leaves out the truth, else 1; missing where there is none."""
    row = table.iloc[0]
    if row[["lower", "upper"]].isna().any():
        return float("nan")
    return float(row["lower"] <= truth <= row["upper"])


def of_medians(counts: DayCounts) -> float:
    """The same of two medians, as sentences tell them apart: by the limits recovered from their own."""
    table = counts.quantile(0.5).rename(columns={"days": "value"})
    *_figures, lower, upper = recovered(table.iloc[:1], table.iloc[1:], np.ones(1))
    return of_interval(pd.DataFrame({"lower": [lower], "upper": [upper]}))


def arms(luck: np.random.Generator, size: int) -> DayCounts:
    law = laws(1, luck)
    parts = [drawn(law, "ten years", size, luck).assign(arm=arm) for arm in "ab"]
    return counts_of(pd.concat(parts), ["arm"])


def unlike(luck: np.random.Generator, size: int, slower: float = 1) -> tuple[DayCounts, float]:
    """Three kinds of unlike pace, of each as many as chance has it in either arm, and the true difference of the shares
    within 180 days; within a kind the arms are alike, or the second is so many times slower."""
    law = pd.concat([laws(1, luck)] * 3, ignore_index=True).assign(median=[20.0, 120.0, 400.0])
    laws_of = {"a": law, "b": law.assign(median=law["median"] * slower)}
    parts = []
    for kind, likely in enumerate((0.3, 0.5, 0.7)):
        first = int(luck.binomial(size, likely))
        for arm, some in (("a", first), ("b", size - first)):
            if some:
                mine = drawn(laws_of[arm].iloc[[kind]].reset_index(drop=True), "ten years", some, luck)
                parts.append(mine.assign(kind=kind, arm=arm))
    by_day = [answered_by(laws_of[arm], TAU).mean() for arm in "ab"]
    return counts_of(pd.concat(parts), ["kind", "arm"]), float(by_day[0] - by_day[1])


def like(luck: np.random.Generator, size: int, measure: str, slower: float = 1) -> float:
    """Like with like: of a true difference, how often the interval leaves it out."""
    counts, truth = unlike(luck, size, slower)
    found = standardised(counts, TAU, "arm", "kind", measure=measure)
    if slower > 1 and not (found["tau"].iloc[0] == TAU and found["kept"].iloc[0] == 3):
        return float("nan")
    return of_interval(found, truth)


def successive(luck: np.random.Generator, size: int, days: int) -> DayCounts:
    """Two successive spans of so many days of one register, in each of which so many are opened: what was open at the
    turn is in both, each day of it in one."""
    law = laws(1, luck).iloc[0]
    began = 3652 - 2 * days
    opened = luck.integers(0, 3652, int(luck.poisson(size * 3652 / days)))
    waited = np.floor(law["median"] * np.exp(law["spread"] * luck.standard_normal(len(opened))))
    waited = np.where(luck.random(len(opened)) < law["never"], 1e6, waited).astype(int)
    cause = np.where(luck.random(len(opened)) < law["otherwise"], "otherwise", "answered")
    parts = []
    for arm, first in (("a", began), ("b", began + days)):
        entry, cut = np.maximum(first - opened, 0), first + days - 1 - opened
        mine = pd.DataFrame({"arm": arm, "entry": entry, "days": np.minimum(waited, cut)})
        mine["cause"] = np.where(waited <= cut, cause, "")
        parts.append(mine[mine["days"].ge(mine["entry"]) & (cut >= 0)])
    return counts_of(pd.concat(parts), ["arm"])


def years(luck: np.random.Generator, size: int, scatter: float, periods: int = 8) -> float:
    n = luck.poisson(size, periods)
    p = np.full(periods, 0.4) if not scatter else luck.beta(0.4 / scatter, 0.6 / scatter, periods)
    return slope(luck.binomial(n, p) / np.maximum(n, 1), n).p


def groups(luck: np.random.Generator, sizes: list[int]) -> DayCounts:
    law = laws(1, luck)
    parts = [drawn(law, "ten years", size, luck).assign(group=n) for n, size in enumerate(sizes) if size]
    return counts_of(pd.concat(parts), ["group"])


def of_the_slowest(luck: np.random.Generator, size: int) -> float:
    """p of all together, and no claim where the set of the slowest holds every group."""
    table = slowest(groups(luck, [size] * 3))
    return 1.0 if table["slowest"].all() else float(table["p"].iloc[0])


def cohorts(luck: np.random.Generator, size: int) -> float:
    sizes = luck.multinomial(size, np.linspace(1, 3, 10) / 20)
    return of_all(joined(groups(luck, list(sizes)), neighbours=True))


def of_all(counts: DayCounts) -> float:
    """p of all groups; missing where so few requests make one group."""
    return logrank(counts).p if len(counts.groups) > 1 else float("nan")


def wandering(luck: np.random.Generator, size: int, spread: float, walk: bool = False) -> float:
    """A register of ten years, so many requests a year and a pace exp(z) in each month: z follows itself with a correlation
    of exp(-1/18), or is a random walk; the last year is taken for the time since an event."""
    months, keep = 132, float(np.exp(-1 / 18))
    z, steps = np.zeros(months), luck.standard_normal(months) * spread
    for n in range(1, months):
        z[n] = z[n - 1] + steps[n] / 4 if walk else keep * z[n - 1] + np.sqrt(1 - keep**2) * steps[n]
    clock = np.concatenate([[0], np.cumsum(np.repeat(np.exp(z), 31))])
    opened = np.sort(luck.integers(0, 3652, 10 * size))
    done = clock[opened] + 120 * np.exp(1.3 * luck.standard_normal(10 * size))
    ended = np.searchsorted(clock, done)
    parts = []
    for span in range(10):
        first, last = 3652 - 365 * (10 - span), 3651 - 365 * (9 - span)
        there = (opened <= last) & (ended >= first)
        mine = pd.DataFrame(
            {"span": span, "entry": np.maximum(first - opened, 0), "days": np.minimum(ended, last) - opened}
        )
        mine["cause"] = np.where(ended <= last, "answered", "")
        parts.append(mine[there])
    found = last_change(counts_of(pd.concat(parts), ["span"]), 9)
    return float(found[-3])  # type: ignore[arg-type]


def bursts(luck: np.random.Generator, size: int) -> float:
    pace = np.linspace(1, 3, 40) / 80
    return consistency.uneven_by_chance(luck.multinomial(size, pace), pace)


TRIALS = {
    "difference of medians, in each arm": (
        lambda luck, n: of_medians(arms(luck, n)),
        SIZES,
    ),
    "difference of shares within 180 days, in each arm": (
        lambda luck, n: of_interval(answered_within_difference(arms(luck, n), TAU)),
        SIZES,
    ),
    "difference of means of 180 days, in each arm": (
        lambda luck, n: of_interval(rmst_difference(arms(luck, n), TAU)),
        SIZES,
    ),
    "like with like, shares within 180 days, of each of three kinds": (
        lambda luck, n: like(luck, n, "answered_within"),
        SIZES,
    ),
    "like with like, means of 180 days, of each of three kinds": (
        lambda luck, n: like(luck, n, "rmst"),
        SIZES,
    ),
    "like with like, shares, one arm twice as slow: the truth left out": (
        lambda luck, n: like(luck, n, "answered_within", slower=2),
        SIZES,
    ),
    "two successive years, shares within 90 days, opened in each": (
        lambda luck, n: of_interval(answered_within_difference(successive(luck, n, 365), 90)),
        SIZES,
    ),
    "two successive quarters, shares within 30 days, opened in each": (
        lambda luck, n: of_interval(answered_within_difference(successive(luck, n, 91), 30)),
        SIZES,
    ),
    "two successive quarters, medians, opened in each": (
        lambda luck, n: of_medians(successive(luck, n, 91)),
        SIZES,
    ),
    "trend of a share over eight years, a year": (lambda luck, n: years(luck, n, 0), SIZES),
    "the same, years that scatter": (lambda luck, n: years(luck, n, 0.05), SIZES),
    "trend of counts over eight years, a year": (
        lambda luck, n: slope(np.sqrt(luck.poisson(n, 8) + 3 / 8)).p,
        SIZES,
    ),
    "ten cohorts, in all": (cohorts, (10, 20, 50, 60, 100, 200)),
    "five unequal groups, in all": (
        lambda luck, n: of_all(joined(groups(luck, [n // 30, n // 15, n // 7, n // 4, n // 2]))),
        (10, 20, 50, 60, 100, 200),
    ),
    "the slowest of three, in each": (of_the_slowest, SIZES),
    "bursts of matters": (bursts, SIZES),
    "before and after, a steady pace, a year": (lambda luck, n: wandering(luck, n, 0), SIZES),
    "before and after, a pace that wanders by .2": (lambda luck, n: wandering(luck, n, 0.2), SIZES),
    "before and after, a pace that wanders by .35": (lambda luck, n: wandering(luck, n, 0.35), SIZES),
    "before and after, a random walk": (lambda luck, n: wandering(luck, n, 0.2, walk=True), SIZES),
}


def bar(figure: str, size: int) -> float:
    """What the interval of a figure has to hold, in percent; 0 where nothing is asked."""
    if figure.startswith("mean"):
        return 93.0
    if figure.endswith("beta"):
        return 94.5
    # On the log-log scale the tail of a curve does not hold: why the printed limits are the beta product's.
    return 93.0 if figure.startswith("within") or (figure.startswith("median") and size >= 20) else 0.0


def intervals_told(table: pd.DataFrame) -> list[str]:
    order = pd.CategoricalDtype(list(table["figure"].unique()), ordered=True)
    table = table.astype({"figure": order})
    groups = table.groupby(["figure", "n"], observed=True)
    mean, worst = groups[["given", "held", "withheld"]].mean(), groups["held"].min()
    where = table.loc[
        table["held"].fillna(101).groupby([table["figure"], table["n"]], observed=True).idxmin()
    ]
    where = where.set_index(["figure", "n"])["register"]
    lines = [
        "In percent. Given: how often the figure is given (no request weighs more than a tenth). Held: how often the",
        "interval of what is given holds the truth, over all six kinds of register, and in the worst of them with 200 given",
        "at least. Withheld: of the figures within 25 % (quantiles) or 10 points (shares, means) of the truth, how many are",
        "not given. Above 97 the interval is as wide as so few allow.",
        "",
        "| figure | n | given | held | worst | in | withheld though fine | bar |",
        "|---|---|---|---|---|---|---|---|",
    ]
    outside = []
    for key, row in mean.iterrows():
        asked = bar(*key)
        lines.append(
            f"| {key[0]} | {key[1]} | {row['given']:.1f} | {row['held']:.1f} | {worst[key]:.1f} | {where[key]} | "
            f"{row['withheld']:.0f} | {asked or ''} |"
        )
        if worst[key] < asked - SLACK:
            outside.append(f"- {key[0]} of {key[1]} requests, {where[key]}: {worst[key]:.1f} for {asked}.")
    return [*lines, "", "Outside their bars:", "", *(outside or ["- nothing"])]


def claims_told(claims: Iterable[tuple[object, ...]], kept: str) -> list[str]:
    """The rows of the table in the order of the trials; of those that were not tried again, what was `kept`."""
    rows = {tuple(line.split(" | ")[:2]): line for line in kept.splitlines() if line.startswith("| ")}
    for name, size, samples, told, at_05, at_01, most in claims:
        of_p = "" if most == 6 else f"{at_01:.1f}"
        line = f"| {name} | {size} | {samples} | {told:.0f} | {at_05:.1f} | {of_p} | {most} |"
        rows[f"| {name}", f"{size}"] = line.replace("nan", "")
    order = [(f"| {name}", f"{size}") for name, (_trial, sizes) in TRIALS.items() for size in sizes]
    told_rows, outside = [rows[key] for key in order if key in rows], []
    for line in told_rows:
        name, size, samples, _told, at_05, at_01, most = line.strip("| ").split(" | ")
        judged = at_01 if most == "1.5" else at_05
        # Fewer samples have a larger error.
        if judged and float(judged) > float(most) + SLACK * (4000 / int(samples)) ** 0.5:
            outside.append(f"- {name}, {size}: {judged} for {most}.")
    return [
        "In percent of the samples in which it could be told; at .05, or by the 95 % interval. n is how many requests there",
        "are in what the claim names last; where fewer than 200 could be told there is no figure. A figure of 1,000 samples",
        "has an error of .7 points at 5 %, one of 300 of 1.3.",
        "",
        "| claim | n | samples | could be told | false at .05 | false at .01 | bar |",
        "|---|---|---|---|---|---|---|",
        *told_rows,
        "",
        "Outside their bars:",
        "",
        *(outside or ["- nothing"]),
    ]


def write(heading: str, lines: list[str]) -> None:
    """One of the sections of the document; the others stay."""
    parts = DOCS.read_text(encoding="utf-8").split("\n## ")
    sections = {part.split("\n")[0]: part for part in parts[1:]}
    sections[heading] = "\n".join([heading, "", *lines, ""])
    about = " ".join((__doc__ or "").split("others stay.")[1].split())
    head = f"# Coverage\n\nWritten by `python bench/coverage.py 4000`. {about}\n"
    DOCS.write_text("\n## ".join([head, *sections.values()]), encoding="utf-8")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    if "claims" not in sys.argv:
        write("Intervals", intervals_told(intervals(number)))
    claims = false_claims(number, tuple(sys.argv[3:]) or ("",))
    write(
        "Claims where nothing is",
        claims_told(claims, DOCS.read_text(encoding="utf-8").split("\n## Claims")[1]),
    )
