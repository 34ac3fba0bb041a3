"""How often the 95% intervals hold the truth: 10,000 samples each, from known distributions.

    python bench/coverage.py [samples]

Writes docs/coverage.md. Requests are opened evenly over time and cut on one day, so that three in ten
are pending; with late entry a register begins when a third of that time is over, and holds of the requests
opened before only those still open, under observation from then on. Every sample is a group of one
`DayCounts`: what is measured is what reports use. Seeds are fixed.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from mlastats.measure.daycounts import DayCounts

DOCS = Path(__file__).parent.parent / "docs" / "coverage.md"
SHAPES = {"wide": stats.lognorm(1.2, scale=150), "narrow": stats.lognorm(0.35, scale=90)}
SIZES = (50, 200, 1000)
PENDING = 0.3
AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Register:
    """How requests come to be observed: over `kept` days, and before them for `earlier` days."""

    shape: str
    kept: float
    earlier: float

    def drawn(self, requests: int, luck: np.random.Generator) -> pd.DataFrame:
        """The days, the answer and the entry of so many observed requests."""
        parts: list[pd.DataFrame] = []
        while sum(map(len, parts)) < requests:
            opened = luck.uniform(-self.earlier, self.kept, requests)
            days = np.floor(SHAPES[self.shape].rvs(requests, random_state=luck)).astype(int)
            entry = np.ceil(np.maximum(-opened, 0)).astype(int)
            cut = np.floor(self.kept - opened).astype(int)
            end = np.minimum(days, cut)
            frame = pd.DataFrame({"days": end, "answered": days <= cut, "entry": entry})
            parts.append(frame[end >= entry])
        return pd.concat(parts, ignore_index=True).head(requests)


def main(samples: int) -> None:
    rows = []
    for shape in SHAPES:
        for late in (False, True):
            register = calibrated(shape, late)
            for size in SIZES:
                row = {"distribution": shape, "late entry": "yes" if late else "no", "n": size}
                rows.append(row | covered(register, size, samples))
                print(rows[-1], flush=True)
    write(pd.DataFrame(rows), samples)


def calibrated(shape: str, late: bool) -> Register:
    """The register in which three in ten of the observed are pending."""
    low, high = 10.0, 20_000.0
    while high - low > 0.5:
        kept = (low + high) / 2
        register = Register(shape, kept, kept / 2 if late else 0.0)
        pending = 1 - register.drawn(400_000, np.random.default_rng(1))["answered"].mean()
        low, high = (kept, high) if pending > PENDING else (low, kept)
    return Register(shape, kept, kept / 2 if late else 0.0)


def covered(register: Register, size: int, samples: int) -> dict[str, float]:
    """The share of samples, in percent, whose interval holds the truth; and of those that gave none."""
    day = float(first_day(register.shape, 0.5))
    at_once = max(AT_ONCE // size, 1)
    found = []
    for place, first in enumerate(range(0, samples, at_once)):
        number = min(at_once, samples - first)
        luck = np.random.default_rng([20171128, size, place, list(SHAPES).index(register.shape)])
        frame = register.drawn(number * size, luck)
        sample = pd.Series(np.repeat(np.arange(number), size), name="sample")
        counts = DayCounts.from_durations(frame["days"], frame["answered"], frame["entry"], sample)
        found.append(held(counts, register.shape, day))
    every = pd.concat(found)
    few = float(every["restricted mean"].isna().mean())
    return {**(100 * every.mean()).round(2).to_dict(), "few at risk": round(100 * few, 2)}


def held(counts: DayCounts, shape: str, day: float) -> pd.DataFrame:
    known = SHAPES[shape].cdf(np.arange(1, day + 1))
    tables = {
        "restricted mean": (counts.rmst(day), day - known.sum()),
        "answered within": (counts.answered_within(day), SHAPES[shape].cdf(day + 1)),
    }
    marks = {}
    for name, (table, truth) in tables.items():
        inside = table["lower"].le(truth) & table["upper"].ge(truth)
        marks[name] = inside.astype(float).where(table["reason"].eq(""))
    median = counts.quantile(0.5)
    marks["median"] = (median["lower"].le(day) & ~median["upper"].lt(day)).astype(float)
    return pd.DataFrame(marks)


def first_day(shape: str, q: float) -> int:
    """The first whole day by which a share q is answered."""
    return int(np.ceil(SHAPES[shape].ppf(q) - 1))


def write(table: pd.DataFrame, samples: int) -> None:
    head = f"""# Coverage

How often the 95% intervals hold the truth, in percent of {samples:,} samples of each kind; written by
`python bench/coverage.py`, seeds fixed. Three in ten requests are pending. The wide distribution has its
quartiles at 67, 150 and 337 days, the narrow one at 71, 90 and 114. The restricted mean and the share
answered within are read at the true median; the last column is the percentage of samples in which fewer
than 10 are at risk on that day, so that neither is given. Whole days make the median's interval wider.

"""
    lines = ["| " + " | ".join(table) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table.itertuples(index=False)]
    DOCS.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
