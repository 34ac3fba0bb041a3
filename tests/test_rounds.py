"""A regional body that learns sums alone: countries that send sealed returns, and one of them that is late."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from mlastats import schema, settings
from mlastats.cli import cli
from mlastats.measure import comparisons
from mlastats.measure.curves import day_counts
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.durations import durations
from mlastats.publish import page as pages
from mlastats.region import archive, collected, rounds, sealed
from mlastats.region.cube import CUBES, Header, Return
from mlastats.region.cubes import cubes, day_counts_of
from mlastats.register import processed
from mlastats.run import region as regional
from mlastats.run import scaffold

YEAR, MEMBERS = "2025", ("KHM", "LAO", "THA")
KINDS, CHANNELS = ["extradition", "mla"], ["diplomatic", "interpol"]
LEVELS = {"DIRECTION": ["incoming", "outgoing"], "KIND": KINDS, "CHANNEL": CHANNELS}
FINE = {"round": "2025-a", "members": list(MEMBERS), "levels": LEVELS, "days": 5000}
AGREED = FINE | {"levels": {"DIRECTION": ["incoming"], "KIND": ["mla"]}}


def seed(round_: str, *pair: str) -> bytes:
    return "-".join((round_, *sorted(pair))).encode().ljust(32, b".")


def sent(
    tables: dict[str, dict[str, pd.DataFrame]], agreed: dict[str, Any], period: str = YEAR, version: int = 1
) -> dict[str, Return]:
    """What each member of a round sends."""
    reason = "new_round" if version > 1 else ""
    return {
        state: Return(
            Header(state, period, version, "sealed", f"{period}-12-31", reason, agreed=agreed),
            sealed.sealed(
                tables[state],
                agreed,
                state,
                {other: seed(agreed["round"], state, other) for other in agreed["members"] if other != state},
            ),
        )
        for state in agreed["members"]
    }


@pytest.fixture(scope="module")
def example(example_workspace: Path) -> tuple[pd.DataFrame, settings.Settings]:
    chosen = settings.load(example_workspace / "mlastats.toml")
    return schema.read(example_workspace / "data" / "processed" / "requests.parquet"), chosen


@pytest.fixture(scope="module")
def tables(example: Any) -> dict[str, dict[str, pd.DataFrame]]:
    """The exact cubes of three members, among whom the example's requests are shared out."""
    requests, chosen = example
    states = np.array(MEMBERS)[np.arange(len(requests)) % 3]
    return {
        state: cubes(requests[states == state], chosen.model_copy(update={"reporting_state": state}), YEAR)
        for state in MEMBERS
    }


@pytest.fixture
def body(tmp_path: Path) -> Path:
    """A regional body of three, with nothing received."""
    home = tmp_path / "body"
    scaffold.init(home, region=True)
    toml = (home / "mlastats.toml").read_text(encoding="utf-8")
    toml = toml.replace('["XAA", "XAB"]', json.dumps(list(MEMBERS)))
    (home / "mlastats.toml").write_text(toml, encoding="utf-8")
    return home


def run(body: Path, *words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(cli, ["region", *words, "--config", str(body / "mlastats.toml")])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output.strip().splitlines()


def files(folder: Path, returns: dict[str, Return]) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    return {code: str(archive.write(folder, one.header, one.cubes)) for code, one in returns.items()}


def test_times_of_the_sum_are_those_of_all_cases(tables: Any, example: Any) -> None:
    """Counts, medians with limits, shares, means and tests between kinds and channels: of the cases by `durations`."""
    requests, _chosen = example
    asked = requests[schema.is_request(requests)]
    cases = durations(asked, as_of=f"{YEAR}-12-31")
    cases = cases[cases["status"].notna()]
    several = asked["channel"].str.contains(";", regex=False).fillna(False).astype(bool)
    channel = asked["channel"].astype("str").where(asked["channel"].isin(CHANNELS) & ~several, "_O")
    cases = cases.assign(
        direction=asked["direction"].astype("str").where(asked["direction"].notna(), "_O").loc[cases.index],
        kind=asked["kind"].astype("str").loc[cases.index],
        channel=channel.loc[cases.index],
    )
    cases = cases[cases["kind"].isin(KINDS)]
    pile = collected.Collected(MEMBERS, tuple(sent(tables, FINE).values()))
    for by in (["direction", "kind"], ["direction", "kind", "channel"]):
        told = rounds.times(pile, YEAR, by).sort_values(by, ignore_index=True)
        whole = day_counts(cases, by)
        expected = whole.quantile(0.5).sort_values(by, ignore_index=True)
        assert told[by].values.tolist() == expected[by].values.tolist()
        for ours, theirs in (("median_days", "days"), ("lower", "lower"), ("upper", "upper")):
            np.testing.assert_allclose(told[ours].astype(float), expected[theirs].astype(float), rtol=1e-12)
        sizes = cases.groupby(by).size()
        assert told.set_index(by)["requests"].to_dict() == sizes.to_dict()
    (one,) = rounds.rounds(pile, YEAR)
    cells = one.sums["DURATION"].query("KIND in @KINDS")
    names = {"DIRECTION": "direction", "KIND": "kind", "CHANNEL": "channel"}
    merged = day_counts_of(cells.rename(columns=names), list(names.values()))
    for found in (lambda counts: counts.rmst(365), lambda counts: counts.survival()):
        left, right = (
            found(c).sort_values(list(names.values()), kind="stable", ignore_index=True)
            for c in (merged, day_counts(cases, list(names.values())))
        )
        numbers = left.select_dtypes("number").columns
        np.testing.assert_allclose(
            left[numbers].to_numpy(float), right[numbers].to_numpy(float), rtol=1e-12, atol=1e-12
        )
    for test in (comparisons.logrank, comparisons.gray):
        left, right = (
            test(counts, strata=["direction", "kind"])
            for counts in (merged, day_counts(cases, list(names.values())))
        )
        assert left.statistic == pytest.approx(right.statistic, rel=1e-12)


@pytest.mark.parametrize("split", ["modulo", "group"])
def test_a_real_log_under_masks_is_whole_in_the_sum(split: str, root: Path, shared: Path) -> None:
    """The log shared out among countries that tell their sum alone, against its cases straight from the file: quantiles with
    limits, means, curves and tests between the channels inside the sum, at the end of 2011."""
    from mlastats.register.clean import clean_workspace

    chosen = settings.load(root / "tests" / "workspaces" / "receipt" / "mlastats.toml")
    requests = clean_workspace(chosen).requests
    raw = pd.read_csv(shared / "receipt" / "receipt_cases.csv").set_index("id")
    raw = raw.loc[requests["request_id"]].reset_index()
    of = np.arange(len(raw)) % 10 if split == "modulo" else pd.factorize(raw["group"].fillna("none"))[0]
    members = tuple(f"XA{chr(65 + n)}" for n in range(of.max() + 1))
    channels = sorted(requests["channel"].unique())
    agreed = {"round": "r", "members": list(members), "levels": {"CHANNEL": channels}, "days": 500}
    tables = {
        state: cubes(requests[of == n], chosen.model_copy(update={"reporting_state": state}), "2011")
        for n, state in enumerate(members)
    }
    pile = collected.Collected(members, tuple(sent(tables, agreed, "2011").values()))
    (one,) = rounds.rounds(pile, "2011")
    merged = day_counts_of(one.sums["DURATION"].rename(columns={"CHANNEL": "channel"}), ["channel"])
    start, end = (pd.to_datetime(raw[name]) for name in ("received", "completed"))
    last = pd.Timestamp("2011-12-31")
    begun = start.le(last)
    days = (end.clip(upper=last).fillna(last) - start).dt.days[begun]
    cause = end.le(last)[begun].map({True: "answered", False: ""}).astype(object)
    channel = requests["channel"].reset_index(drop=True).astype("str")[begun].rename("channel")
    whole = DayCounts.from_durations(days, cause, by=channel, answer="answered")
    for found in (
        lambda counts: counts.quantile([0.25, 0.5, 0.9]),
        lambda counts: counts.rmst(90),
        lambda counts: counts.survival(),
        lambda counts: counts.answered_within(60),
    ):
        left, right = (
            found(c).sort_values("channel", kind="stable", ignore_index=True) for c in (merged, whole)
        )
        numbers = left.select_dtypes("number").columns
        assert len(numbers)
        np.testing.assert_allclose(
            left[numbers].to_numpy(float), right[numbers].to_numpy(float), rtol=1e-12, atol=1e-12
        )
    for test in (comparisons.logrank, comparisons.gray):
        assert test(merged).statistic == pytest.approx(test(whole).statistic, rel=1e-12)


def test_a_region_of_sums_knows_nothing_of_a_country(tables: Any, body: Path, tmp_path: Path) -> None:
    paths = files(tmp_path / "sent", sent(tables, AGREED))
    assert run(body, "receive", *paths.values())[0] == 0
    code, lines = run(body, "merge")
    assert code == 0
    assert any("of the 3 countries of the round 2025-a, half answered within" in line for line in lines)
    assert not any(line.startswith(MEMBERS) for line in lines), "no country has a grade"
    code, (line,) = run(body, "merge", "--json")
    merged = json.loads(line)
    assert [merged[name] for name in ("totals", "times", "grades")] == [[], [], []]
    whole = sum(t["FLOW"].query("MEASURE == 'opened'")["OBS_VALUE"].sum() for t in tables.values())
    assert sum(row["opened"] for row in merged["sealed_flows"]) == whole
    assert "2025: the round 2025-a of KHM, LAO, THA is whole." in run(body, "status")[1]
    assert run(body, "query")[1] == ["0 queries, 0 of them new, 0 without a reply."]


def test_the_notebooks_of_a_region_of_sums_run(
    tables: Any, body: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = files(tmp_path / "sent", sent(tables, AGREED))
    assert run(body, "receive", *paths.values())[0] == 0
    workspace = settings.load(body / "mlastats.toml")
    processed.write(regional.gathered(workspace), workspace)
    monkeypatch.setenv("MLASTATS_CONFIG", str(workspace.source))
    monkeypatch.setattr(pages, "_display", lambda *_arguments: None)
    for audience in ("internal", "public"):
        for name in scaffold.OF_REGION:
            names: dict[str, Any] = {}
            for cell in json.loads((root / "notebooks" / f"{name}.ipynb").read_text())["cells"]:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
                    if "parameters" in cell["metadata"].get("tags", []):
                        names["audience"] = audience
            made = {saved.name: saved for saved in names["page"].known}
            if name == "7_region" and audience == "internal":
                assert "in the sum of 3 countries" in made["region_sealed"].finding
            for saved in made.values():
                held = saved.table.drop(columns=["country"], errors="ignore").to_csv()
                assert saved.name == "region_reported" or not any(code in held for code in MEMBERS)
                assert audience == "internal" or saved.name != "region_sealed" or saved.table.empty


def test_who_is_late_needs_a_new_round(tables: Any, body: Path, tmp_path: Path) -> None:
    first = files(tmp_path / "first", sent(tables, AGREED))
    assert run(body, "receive", first["KHM"], first["LAO"])[0] == 0
    code, lines = run(body, "merge")
    assert (code, len(lines)) == (3, 1)
    assert "missing: THA. Where one is late, a new round is needed" in lines[0]
    assert any("is not opened" in line and "missing: THA" in line for line in run(body, "status")[1])
    second = files(tmp_path / "second", sent(tables, AGREED | {"round": "2025-b"}, version=2))
    assert run(body, "receive", second["LAO"])[0] == 0
    code, lines = run(body, "receive", first["THA"])
    assert (code, len(lines)) == (3, 1)
    assert "was given up for a newer one" in lines[0]
    assert run(body, "receive", second["KHM"], second["THA"])[0] == 0
    assert "2025: the round 2025-b of KHM, LAO, THA is whole." in run(body, "status")[1]
    assert run(body, "merge")[0] == 0


def test_two_of_three_that_collude_know_the_third_and_one_does_not(tables: Any) -> None:
    """What the page on regions says: the sum less one's own; a third of it to one, all of it to two."""
    grid = sealed.opened(list(sent(tables, AGREED).values()))["FLOW"]
    own = {
        state: sealed.opened(
            list(sent({s: t if s == state else blank(t) for s, t in tables.items()}, AGREED).values())
        )["FLOW"]
        for state in MEMBERS
    }
    left = grid["OBS_VALUE"] - own["KHM"]["OBS_VALUE"] - own["LAO"]["OBS_VALUE"]
    assert left.tolist() == own["THA"]["OBS_VALUE"].tolist()
    assert (grid["OBS_VALUE"] - own["KHM"]["OBS_VALUE"]).tolist() != own["THA"]["OBS_VALUE"].tolist()


def blank(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The same tables without a request."""
    return tables | {name: tables[name].assign(OBS_VALUE=0) for name in ("FLOW", "DURATION")}


def test_rounds_of_other_members_are_told_of(tables: Any) -> None:
    four = {"members": ["IDN", *MEMBERS]}
    assert sealed.told_apart(AGREED, [four]) == ["IDN"]
    assert sealed.told_apart(AGREED, [AGREED]) == []
    assert sealed.told_apart(AGREED, [{"members": ["BRN", "IDN", "MYS"]}]) == []


def test_a_return_whose_round_is_none_is_refused(tables: Any, tmp_path: Path) -> None:
    one = sent(tables, AGREED)["LAO"]
    bad = Header("LAO", YEAR, 1, "sealed", "2025-12-31", agreed={"round": 1, "members": [["LAO"]]})
    path = archive.write(tmp_path, bad, one.cubes)
    found, wrong = archive.opened(path)
    assert found is None
    assert wrong == ["datapackage.json does not say whose return it is"]
    assert set(one.cubes) == set(CUBES)
