"""A real log of another service, read where it stands: the known answers of ../shared/data/README.md."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from mlastats import settings
from mlastats.measure.daycounts import DayCounts

AS_OF = pd.Timestamp("2012-01-23")
SURVIVAL = {0: 0.9951185, 7: 0.9686143, 14: 0.9392413, 30: 0.8205615, 60: 0.3496737, 90: 0.1937273}


@pytest.fixture(scope="module")
def workspace_of_receipt(root: Path, shared: Path) -> Path:
    return root / "tests" / "workspaces" / "receipt"


@pytest.fixture(scope="module")
def cleaned(workspace_of_receipt: Path) -> SimpleNamespace:
    from mlastats.register.clean import clean_workspace

    return clean_workspace(settings.load(workspace_of_receipt / "mlastats.toml"))


@pytest.fixture(scope="module")
def overall(cleaned: SimpleNamespace) -> pd.Series:
    from mlastats.measure.turnaround import turnaround

    found = turnaround(cleaned.requests, as_of=AS_OF)
    return found[found["requests"].gt(0)].iloc[0]


def test_every_row_is_a_request(cleaned: SimpleNamespace) -> None:
    (account,) = cleaned.summary["registers"]
    assert (account["requests"], account["merged"], account["refused"]) == (1434, 0, 0)
    assert cleaned.requests["request_id"].nunique() == 1434


def test_nothing_is_left_to_decide(cleaned: SimpleNamespace) -> None:
    assert cleaned.requests[["channel", "agency", "received"]].notna().all().all()
    assert set(cleaned.requests["formality"]) == {"not_applicable"}


def test_what_the_log_has_not_is_missing(cleaned: SimpleNamespace) -> None:
    assert cleaned.requests[["partner", "direction", "outcome", "kind"]].isna().all().all()


def test_answered_and_pending(overall: pd.Series) -> None:
    counts = overall[["requests", "answered", "ended_otherwise", "pending", "undated"]].tolist()
    assert counts == [1434, 1329, 0, 105, 0]


def test_quantiles(overall: pd.Series) -> None:
    assert overall[["p25", "median_days", "p75", "p90"]].tolist() == [36, 52, 78, 121]
    # The beta product's, by a program apart: the lower limit of the share answered is .49960 on day 53, .51416 on 54.
    assert overall[["lower", "upper"]].tolist() == [50, 54]


def test_quantiles_have_the_limits_of_survfit_by_option(cleaned: SimpleNamespace) -> None:
    requests = cleaned.requests
    end = requests[["answered", "closed"]].min(axis=1).clip(upper=AS_OF).fillna(AS_OF)
    ended = requests[["answered", "closed"]].min(axis=1).le(AS_OF).astype(int)
    counts = DayCounts.from_durations((end - requests["received"]).dt.days, ended)
    (row,) = counts.quantile(0.5, conf="log-log").to_dict("records")
    assert (row["days"], row["lower"], row["upper"]) == (52, 50, 53)


def test_curve(cleaned: SimpleNamespace) -> None:
    from mlastats.measure.daycounts import DayCounts
    from mlastats.measure.durations import durations

    found = durations(cleaned.requests, as_of=AS_OF)
    curve = DayCounts.from_durations(found["days"], found["cause"]).survival().set_index("day")["survival"]
    for day, survival in SURVIVAL.items():
        assert curve[curve.index <= day].iloc[-1] == pytest.approx(survival, abs=1e-7)


def test_medians_by_channel(cleaned: SimpleNamespace) -> None:
    from mlastats.measure.turnaround import turnaround

    medians = turnaround(cleaned.requests, ["channel"], as_of=AS_OF).set_index("channel")["median_days"]
    assert medians[["desk", "e_mail", "internet", "post"]].tolist() == [55, 59, 51, 55]


@pytest.mark.slow
def test_reports_are_made_from_it(
    workspace_of_receipt: Path, root: Path, shared: Path, tmp_path: Path
) -> None:
    home = tmp_path / "receipt"
    shutil.copytree(workspace_of_receipt, home, ignore=shutil.ignore_patterns("data", "reports"))
    text = (home / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("../../../../shared/data", shared.as_posix()).replace(
        "../../../notebooks", f"{root}/notebooks"
    )
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    run = [sys.executable, "-m", "mlastats", "report", "--config", str(home / "mlastats.toml")]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(home.glob("reports/receipt/**/receipt.html"))
    assert list(home.glob("reports/receipt/**/receipt.xlsx"))
