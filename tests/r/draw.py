"""Writes cases.csv: requests with ties, late entries, competing ends, three groups and two strata."""

from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    luck = np.random.default_rng(20171128)
    number = 240
    group = luck.choice(["a", "b", "c"], number, p=[0.5, 0.3, 0.2])
    days = np.floor(luck.gamma(2, 6 + 2 * (group == "b"), number)).astype(int)
    cause = luck.choice(["answered", "ended_otherwise", ""], number, p=[0.55, 0.15, 0.3])
    entry = np.where(luck.random(number) < 0.3, luck.integers(0, 8, number), 0)
    stratum = luck.choice(["x", "y"], number)
    cases = {
        "days": days,
        "cause": cause,
        "entry": np.minimum(entry, days),
        "group": group,
        "stratum": stratum,
    }
    pd.DataFrame(cases).to_csv(Path(__file__).with_name("cases.csv"), index=False)


if __name__ == "__main__":
    main()
