"""Public reports over time: quarters' ends, twelve days, one secret a series."""

import datetime as dt
import json
import pickle
from pathlib import Path

import pytest

from mlastats import keystore, periods, settings
from mlastats.errors import ConfigurationError, Withheld
from mlastats.run import plan, series

TEXT = """reporting_state = "LAO"
as_of = "2026-08-20"
[[reports]]
name = "public"
notebooks = ["4_flow"]
audience = "public"
[[reports]]
name = "internal"
notebooks = ["4_flow"]
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.delenv("MLASTATS_SECRET")
    (tmp_path / "mlastats.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "4_flow.ipynb").write_text("{}", encoding="utf-8")
    return settings.load(tmp_path / "mlastats.toml")


@pytest.mark.parametrize(
    ("day", "end"),
    [("2026-08-20", "2026-06-30"), ("2026-09-30", "2026-09-30"), ("2026-10-01", "2026-09-30"), ("2026-01-15", "2025-12-31")],
)  # fmt: skip
def test_a_public_report_stands_as_of_the_last_quarters_end(
    loaded: settings.Settings, day: str, end: str
) -> None:
    now = loaded.model_copy(update={"as_of": dt.date.fromisoformat(day)})
    found = {r.name: plan.as_of(now, r, periods.ALL).isoformat() for r in loaded.reports}
    assert found == {"public": end, "internal": day}


@pytest.mark.parametrize(
    ("span", "period", "lag", "day"),
    [
        ("quarter", "2026-Q3", 0, "2027-01-01"),
        ("quarter", "2026-Q4", 10, "2027-04-11"),
        ("month", "2024-01", 0, "2024-03-01"),
        ("half", "2026-H1", 0, "2027-01-01"),
        ("year", "2025", 0, "2027-01-01"),
        ("all", "", 0, None),
    ],
)
def test_the_next_report_can_be_expected_when_its_period_is_over(
    span: str, period: str, lag: int, day: str | None
) -> None:
    report = settings.Report(name="r", notebooks=["4_flow"], period=span, lag_days=lag)
    # A worker has a copy.
    of = pickle.loads(pickle.dumps(periods.parse(period or "all")))
    told = plan.next_day(report, of)
    assert told == (day and dt.date.fromisoformat(day))
    configured = report.model_copy(update={"next": dt.date(2027, 5, 1)})
    assert plan.next_day(configured, of) == dt.date(2027, 5, 1)


def test_monthly_public_reports_and_a_threshold_are_refused() -> None:
    report = {"name": "p", "notebooks": ["4_flow"], "audience": "public", "period": "month"}
    with pytest.raises(ConfigurationError, match="by quarter, half, year or all"):
        settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", "reports": [report]})
    with pytest.raises(ConfigurationError, match="no threshold any more"):
        settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", "disclosure": {"threshold": 5}})


def test_the_first_report_makes_the_secret_and_a_lost_one_stops(loaded: settings.Settings) -> None:
    first = series.ready(loaded, "public", "2026-06-30")
    assert first["fingerprint"] == keystore.fingerprint(keystore.secret(loaded))
    assert series.ready(loaded, "public", "2026-06-30") == first
    kept = keystore.secret_file(loaded).read_bytes()
    keystore.secret_file(loaded).unlink()
    with pytest.raises(ConfigurationError, match=r"is missing.*Restore it.*secret new --reason"):
        series.ready(loaded, "public", "2026-06-30")
    keystore.secret_file(loaded).write_bytes(kept[::-1].strip() + b"\n")
    with pytest.raises(ConfigurationError, match="is another one"):
        series.ready(loaded, "public", "2026-06-30")
    with pytest.raises(ConfigurationError, match="needs a reason"):
        series.renew(loaded, " ")
    second = series.renew(loaded, "lost")
    assert (second["number"], second["reason"], second["days"]) == (2, "lost", [])
    assert series.ready(loaded, "public", "2026-06-30") == second
    assert {entry.key.get("series") for entry in plan.entries(loaded, plan.Selection(["public"]))} == {2}


def test_after_twelve_days_no_other_without_a_word(loaded: settings.Settings) -> None:
    days = [f"{year}-{end}" for year in (2023, 2024, 2025) for end in ("03-31", "06-30", "09-30", "12-31")]
    for number, day in enumerate(days, start=1):
        series.ready(loaded, "public", day)
        series.published(loaded, day)
        assert bool(series.lines(loaded)) == (number >= 10)
    series.ready(loaded, "public", days[0])
    with pytest.raises(Withheld, match=r"mlastats report public --accept-dates"):
        series.ready(loaded, "public", "2026-03-31")
    series.ready(loaded, "public", "2026-03-31", accept=True)
    record = json.loads((loaded.path("reports") / series.FILE).read_text(encoding="utf-8"))
    assert record[0]["accepted"] == [{"report": "public", "day": "2026-03-31"}]
