"""Curves and medians with intervals of many groups, beside loops over lifelines, statsmodels and
scikit-survival: seconds, ratios, peak memory, and whether all give the same numbers.

    python bench/time.py [requests] [groups]

lifelines and scikit-survival get environments of their own under .venv-bench, made at first use: the
one holds pandas below 3, the other is under the GPL. Each contender runs in a process of its own, reads
the same table, and is timed from the table in memory to curves and medians with limits (mlastats the best of five runs, the
loops one); the peak is what that takes beyond the table.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

HOME = Path(__file__).parent.parent / ".venv-bench"
CONTENDERS = {
    "mlastats": None,
    "statsmodels": None,
    "scikit-survival": "scikit-survival==0.28.0",
    "lifelines": "lifelines==0.30.3",
}
AIMS = {"statsmodels": 6, "scikit-survival": 6, "lifelines": 50}
DAYS = (30, 90, 180)
Summary = dict[str, list[float]]


def main(requests: int, groups: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "requests.csv"
        draw(requests, groups).to_csv(table, index=False)
        print(f"{requests:,} requests in {groups:,} groups; curves and medians with 95% limits (log-log)")
        print(f"{'':<17}{'seconds':>9}{'times':>8}{'aim':>6}{'peak MB':>9}  same numbers")
        ours: dict = {}
        for contender, package in CONTENDERS.items():
            command = [str(python_of(contender, package)), __file__, "child", contender, str(table)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            ours = ours or found
            times = f"{found['seconds'] / ours['seconds']:.1f}"
            same = "" if found is ours else compared(ours["summary"], found["summary"])
            aim = AIMS.get(contender, "")
            print(
                f"{contender:<17}{found['seconds']:>9.3f}{times:>8}{aim:>6}{found['peak'] >> 20:>9}  {same}",
                flush=True,
            )


def draw(requests: int, groups: int) -> pd.DataFrame:
    """Requests of groups of unlike pace, three in ten of them pending."""
    luck = np.random.default_rng(20171128)
    group = luck.integers(0, groups, requests)
    days = luck.gamma(1.5, 60 + 80 * (group % 7) / 6, requests).astype(int)
    answered = (luck.random(requests) < 0.7).astype(int)
    return pd.DataFrame({"group": [f"partner {n:05d}" for n in group], "days": days, "answered": answered})


def python_of(contender: str, package: str | None) -> Path:
    """The interpreter of a contender's environment, made if need be."""
    if package is None:
        return Path(sys.executable)
    folder = HOME / contender
    interpreter = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "ready").exists():
        print(f"making the environment of {contender} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([interpreter, "-m", "pip", "install", "-qq", package], check=True)
        (folder / "ready").touch()
    return interpreter


def compared(ours: Summary, theirs: Summary) -> str:
    """Shares on DAYS to 1e-9; medians and limits to the day, but where a curve lies on one half, of which
    statsmodels takes the day after."""
    tied = np.array(ours["on_half"], dtype=bool)
    parts = []
    for name in ("days", "lower", "upper", "shares"):
        a, b = np.array(ours[name], dtype=float), np.array(theirs[name], dtype=float)
        differ = ~((np.abs(a - b) < 1e-9) | (np.isnan(a) & np.isnan(b)))
        if name == "days":
            differ &= ~tied
        parts.append(f"{name} {int((~differ).sum())}/{len(differ)}")
    return ", ".join(parts) + (f" (medians on a tie: {tied.sum()})" if tied.any() else "")


def child(contender: str, table: str) -> None:
    frame = pd.read_csv(table)
    run = {
        "mlastats": mlastats,
        "statsmodels": statsmodels,
        "scikit-survival": scikit_survival,
        "lifelines": lifelines,
    }[contender]
    run(frame.head(1000))
    base = memory("VmRSS", forget_peak=True)
    spent = []
    for _ in range(5 if contender == "mlastats" else 1):
        start = time.perf_counter()
        summarise = run(frame)
        spent.append(time.perf_counter() - start)
    peak = memory("VmHWM") - base
    print(json.dumps({"seconds": min(spent), "peak": peak, "summary": summarise()}))


def memory(what: str, forget_peak: bool = False) -> int:
    """Bytes of resident memory, now (VmRSS) or at most (VmHWM) since the peak was forgotten; 0 where
    the system is not Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return 0
    if forget_peak:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)]
    return int(line.split()[1]) * 1024


def mlastats(frame: pd.DataFrame) -> Callable[[], Summary]:
    from mlastats.measure.daycounts import DayCounts

    counts = DayCounts.from_durations(frame["days"], frame["answered"], by=frame["group"])
    curve, median = counts.survival(), counts.quantile(0.5)

    def summarise() -> Summary:
        shares = []
        for day in DAYS:
            read = curve[curve["day"].le(day)].groupby("group").tail(1).set_index("group")["survival"]
            shares += read.reindex(median["group"]).fillna(1.0).tolist()
        half = curve[np.isclose(curve["survival"], 0.5, rtol=0, atol=1e-9)]["group"]
        on_half = median["group"].isin(half).astype(float).tolist()
        limits = {name: median[name].tolist() for name in ("days", "lower", "upper")}
        return {**limits, "shares": shares, "on_half": on_half}

    return summarise


def summary_of(curves: list[tuple], medians: list[tuple]) -> Callable[[], Summary]:
    """What a loop found: a curve (days and shares) and a median with limits for each group."""

    def summarise() -> Summary:
        shares = [
            float(np.append(1.0, open_)[np.searchsorted(days, day, side="right")])
            for day in DAYS
            for days, open_ in curves
        ]
        columns = [
            [float(x) if np.isfinite(x) else float("nan") for x in c] for c in zip(*medians, strict=True)
        ]
        return {**dict(zip(("days", "lower", "upper"), columns, strict=True)), "shares": shares}

    return summarise


def statsmodels(frame: pd.DataFrame) -> Callable[[], Summary]:
    from statsmodels.duration.survfunc import SurvfuncRight

    curves, medians = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _name, part in frame.groupby("group"):
            found = SurvfuncRight(part["days"].to_numpy(), part["answered"].to_numpy())
            limits = found.quantile_ci(0.5, method="cloglog")
            curves.append((found.surv_times, found.surv_prob))
            medians.append((found.quantile(0.5), *limits))
    return summary_of(curves, medians)


def scikit_survival(frame: pd.DataFrame) -> Callable[[], Summary]:
    from sksurv.nonparametric import kaplan_meier_estimator

    curves, medians = [], []
    for _name, part in frame.groupby("group"):
        days, open_, (lower, upper) = kaplan_meier_estimator(
            part["answered"].to_numpy(dtype=bool), part["days"].to_numpy(), conf_type="log-log"
        )
        first = []
        for line in (open_, lower, upper):
            reached = np.flatnonzero(line <= 0.5)
            first.append(days[reached[0]] if len(reached) else np.nan)
        curves.append((days, open_))
        medians.append(tuple(first))
    return summary_of(curves, medians)


def lifelines(frame: pd.DataFrame) -> Callable[[], Summary]:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    curves, medians = [], []
    for _name, part in frame.groupby("group"):
        found = KaplanMeierFitter().fit(part["days"], part["answered"])
        limits = median_survival_times(found.confidence_interval_).to_numpy().ravel()
        line = found.survival_function_
        curves.append((line.index.to_numpy(), line.iloc[:, 0].to_numpy()))
        medians.append((found.median_survival_time_, *limits))
    return summary_of(curves, medians)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
    else:
        given = [int(argument) for argument in sys.argv[1:]]
        main(*(given + [1_000_000, 2_000][len(given) :]))
