"""The answers of R's survival package, computed anew, on a register with ties and late entries."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlastats.measure.daycounts import DayCounts

pytestmark = pytest.mark.r
TIMES = [3, 6, 10, 15]


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    luck = np.random.default_rng(20171128)
    days = luck.integers(1, 20, 120)
    cause = luck.choice(["answered", "ended_otherwise", ""], 120, p=[0.6, 0.15, 0.25])
    entry = np.where(luck.random(120) < 0.3, luck.integers(0, 8, 120), 0)
    return pd.DataFrame({"days": days, "cause": cause, "entry": np.minimum(entry, days)})


@pytest.fixture(scope="module")
def of_r(cases: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    if not shutil.which("Rscript"):
        pytest.skip("R is not installed (Debian: r-cran-survival)")
    path = tmp_path_factory.mktemp("r") / "cases.csv"
    # At risk on day d when entry <= d <= end: for R, whose intervals are open on the left, entry is a day earlier.
    table = cases.assign(
        entry=cases["entry"] - 1,
        stop=cases["days"],
        answered=cases["cause"].eq("answered").astype(int),
        cause=cases["cause"].replace("", "censor"),
    )
    table.to_csv(path, index=False)
    script = Path(__file__).with_name("survival.R")
    done = subprocess.run(["Rscript", str(script), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: [float(cell) for cell in row[1:]] for row in rows}


def test_curve_and_limits(cases: pd.DataFrame, of_r: dict[str, list[float]]) -> None:
    cause = cases["cause"].where(cases["cause"].eq("answered"), None)
    table = DayCounts.from_durations(cases["days"], cause, entry=cases["entry"]).survival()
    read = [table[table["day"].le(day)].iloc[-1] for day in TIMES]
    for name in ("survival", "lower", "upper"):
        np.testing.assert_allclose([row[name] for row in read], of_r[name], rtol=0, atol=1e-8)
    exact = table[table["day"].isin(TIMES)]
    assert exact["at_risk"].tolist() == of_r["risk"]


def test_quantiles_to_the_day(cases: pd.DataFrame, of_r: dict[str, list[float]]) -> None:
    cause = cases["cause"].where(cases["cause"].eq("answered"), None)
    found = DayCounts.from_durations(cases["days"], cause, entry=cases["entry"]).quantile([0.25, 0.5])
    assert [*found["days"], *found["lower"], *found["upper"]] == of_r["quantile"]


def test_incidence_of_an_answer(cases: pd.DataFrame, of_r: dict[str, list[float]]) -> None:
    cause = cases["cause"].where(cases["cause"].ne(""), None)
    table = DayCounts.from_durations(cases["days"], cause).incidence()
    table = table[table["cause"].eq("answered")]
    read = [table[table["day"].le(day)]["incidence"].iloc[-1] for day in TIMES]
    np.testing.assert_allclose(read, of_r["incidence"], rtol=0, atol=1e-8)
