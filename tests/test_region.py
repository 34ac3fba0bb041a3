"""A regional body: its example is recovered, sums are those of the cases, and what it publishes is protected."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import chi2

from mlastats import settings
from mlastats.cli import cli
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.measure import comparisons
from mlastats.measure.daycounts import DayCounts
from mlastats.publish import page as pages
from mlastats.region import collected, comparability, queries
from mlastats.region.cube import CUBES
from mlastats.region.cubes import day_counts_of
from mlastats.run import region as regional
from mlastats.run import scaffold
from tests.example import region as example

YEAR = "2025"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    home = tmp_path_factory.mktemp("region")
    scaffold.init(home, example=True, region=True)
    return settings.load(home / "mlastats.toml")


@pytest.fixture(scope="module")
def pile(workspace: settings.Settings) -> collected.Collected:
    return collected.load(workspace)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return example.draw()


def test_who_is_late_and_who_restated_is_said(pile: collected.Collected) -> None:
    table = collected.reported(pile, YEAR).set_index("country")
    assert table.index[table["reporting"].eq("missing")].tolist() == [example.LATE]
    assert table.loc[example.LATE, "opened_before"] > 0
    restated = collected.revisions(pile).dropna(subset="opened_change")
    assert restated[["country", "year", "version_reason"]].values.tolist() == [
        [example.RESTATES, "2024", "late_data"]
    ]


def test_sums_are_those_of_the_cases_of_who_reported(pile: collected.Collected, truth: pd.DataFrame) -> None:
    trusted = [one.header.state for one in pile.latest(YEAR) if one.header.mode == "trusted"]
    table = collected.totals(pile, YEAR).groupby("direction").sum(numeric_only=True)
    inside = truth[truth["sender"].isin(trusted) & truth["sent"].dt.year.eq(2025)]
    inside = inside[~(inside["sender"].eq(example.NO_ENQUIRIES) & inside["is_enquiry"])]
    # A register that ends on 31 January 2026 has what was received by then.
    inside = inside[inside["received"].le("2026-01-31")]
    assert table.loc["outgoing", "opened"] == len(inside)
    gone = ["answered", "ended_otherwise", "undated", "closing"]
    assert (table["opening"] + table["opened"]).tolist() == table[gone].sum(axis=1).tolist()


def pooled(truth: pd.DataFrame, members: list[str]) -> tuple[DayCounts, pd.DataFrame]:
    """What the cases of these registers together give on the last day of the year: days, cause and country."""
    parts = []
    end = pd.Timestamp("2025-12-31")
    for country in members:
        rows = example.register(truth, country)
        if country == example.NO_ENQUIRIES:
            rows = rows[~rows["is_enquiry"].fillna(False).astype(bool)]
        start = rows["received"].where(rows["direction"].eq("incoming"), rows["sent"])
        rows, start = rows[start.le(end)], start[start.le(end)]
        answered = rows["answered"].le(end)
        withdrawn = rows["outcome"].eq("withdrawn") & answered
        parts.append(
            pd.DataFrame(
                {
                    "days": (rows["answered"].where(answered, end) - start).dt.days,
                    "cause": np.select([withdrawn, answered], ["ended_otherwise", "answered"], ""),
                    "DIRECTION": rows["direction"],
                    "KIND": rows["kind"],
                    "REF_AREA": country,
                }
            )
        )
    cases = pd.concat(parts, ignore_index=True).astype({"cause": object})
    by = cases[["DIRECTION", "KIND", "REF_AREA"]]
    return DayCounts.from_durations(cases["days"], cases["cause"], by=by, answer="answered"), cases


def test_pooled_times_and_tests_equal_those_of_the_cases(
    pile: collected.Collected, truth: pd.DataFrame
) -> None:
    cells = pile.cells("DURATION", YEAR)
    names = ["DIRECTION", "KIND", "REF_AREA"]
    # Who filled the form by hand gave no counts by day.
    cells = cells[cells["OBS_STATUS"].eq("A")]
    whole, _cases = pooled(truth, sorted(cells["REF_AREA"].unique()))
    merged = day_counts_of(cells, names)
    for ours, theirs in ((merged.over("REF_AREA"), whole.over("REF_AREA")), (merged, whole)):
        names = list(ours.by)
        for found in (
            lambda counts: counts.quantile([0.25, 0.5, 0.75]),
            lambda counts: counts.rmst(365),
            lambda counts: counts.answered_within(180),
            lambda counts: counts.survival(),
        ):
            left, right = (
                found(counts).sort_values(names, kind="stable", ignore_index=True)
                for counts in (ours, theirs)
            )
            numbers = left.select_dtypes("number").columns
            np.testing.assert_allclose(
                left[numbers].to_numpy(float), right[numbers].to_numpy(float), rtol=1e-12, atol=1e-12
            )
    for test in (comparisons.logrank, comparisons.gray):
        left, right = (test(counts, strata=["DIRECTION", "KIND"]) for counts in (merged, whole))
        assert left.statistic == pytest.approx(right.statistic, rel=1e-12)
        assert left.p == pytest.approx(float(chi2.sf(right.statistic, right.df)), rel=1e-9)


@pytest.mark.parametrize("split", ["modulo", "group"])
def test_a_log_split_into_countries_pools_to_the_whole(split: str, shared: Path) -> None:
    table = pd.read_csv(shared / "receipt" / "receipt_cases.csv")
    country = pd.Series(np.arange(len(table)) % 10) if split == "modulo" else table["group"].fillna("none")
    channel = table["channel"].fillna("none").rename("channel")
    cause = table["event"].map({1: "answered", 0: ""}).astype(object)
    whole = DayCounts.from_durations(table["days"], cause, by=channel, answer="answered")
    parts = []
    for _code, rows in table.groupby(country):
        own = DayCounts.from_durations(
            rows["days"], cause[rows.index], by=channel[rows.index], answer="answered"
        )
        parts.append(own.counts)
    merged = DayCounts.from_counts(pd.concat(parts, ignore_index=True))
    for found in (
        lambda counts: counts.quantile([0.25, 0.5, 0.9]),
        lambda counts: counts.rmst(90),
        lambda counts: counts.survival(),
    ):
        left, right = (
            found(c).sort_values("channel", kind="stable", ignore_index=True) for c in (merged, whole)
        )
        numbers = left.select_dtypes("number").columns
        np.testing.assert_allclose(
            left[numbers].to_numpy(float), right[numbers].to_numpy(float), rtol=1e-12, atol=1e-12
        )
    for test in (comparisons.logrank, comparisons.gray):
        assert test(merged).statistic == pytest.approx(test(whole).statistic, rel=1e-12)


def test_what_a_country_publishes_bounds_its_own_median(
    pile: collected.Collected, truth: pd.DataFrame
) -> None:
    table = collected.certain(pile, YEAR)
    whole, _cases = pooled(truth, [example.PUBLISHES])
    exact = whole.quantile(0.5, fewest=0).rename(columns={"DIRECTION": "direction", "KIND": "kind"})
    both = table.merge(exact, on=["direction", "kind"])
    assert len(both) == len(table) >= 4
    assert (both["first_day"] <= both["days"]).all()
    assert (both["days"] <= both["last_day"].fillna(np.inf)).all()
    assert both["last_day"].notna().any()


def test_the_planted_asymmetries_are_found_and_nobody_else_is_named(pile: collected.Collected) -> None:
    grades = comparability.grades(pile, YEAR).set_index(["country", "indicator"])
    days = grades.xs("days_to_answer", level="indicator")
    for country in (example.ACCEPTS, example.NIL_FOR_MISSING):
        assert days.loc[country, ["grade", "graded"]].tolist() == ["c", "outside_mirror"]
    own = days.loc[example.NO_ENQUIRIES]
    assert (own["grade"], own["differs"]) == ("b", "enquiry")
    # Its enquiries, a quarter of all, are answered in three tenths of the time: with them its median is shorter.
    assert own["effect_days"] < -5
    by_hand = days.loc[example.BY_HAND]
    assert (by_hand["grade"], by_hand["graded"]) == ("c", "unfilled"), "nothing is known of its fields"
    others = days.drop([example.ACCEPTS, example.NIL_FOR_MISSING, example.NO_ENQUIRIES, example.BY_HAND])
    assert set(others["grade"]) == {"a"}
    assert grades.loc[(example.NO_ENQUIRIES, "requests"), "grade"] == "c", (
        "its effect on a number is not measured"
    )


def test_a_country_that_registers_what_it_accepts_is_measured(pile: collected.Collected) -> None:
    from mlastats.region import mirror

    effects, _fit = mirror.reporters(collected.flows(pile))
    own = effects.set_index("country")["as_receiver"]
    others = own.drop([example.ACCEPTS, example.NO_ENQUIRIES])
    assert own[example.ACCEPTS] / others.median() == pytest.approx(example.ACCEPTED, abs=0.08)


def test_flows_by_the_day_of_sending_have_no_transit(pile: collected.Collected) -> None:
    from mlastats.region import mirror

    own = mirror.agreement(collected.flows(pile)).iloc[0]
    same = mirror.agreement(collected.flows(pile, basis="sent")).iloc[0]
    assert same["equal"] > own["equal"]
    assert same["asymmetry"] < own["asymmetry"]


def test_a_form_filled_by_hand_is_in_the_sums_and_has_keys_of_its_own(
    root: Path, pile: collected.Collected, truth: pd.DataFrame
) -> None:
    own = collected.totals(pile, YEAR, ["country"]).set_index("country").loc[example.BY_HAND]
    sent = truth[truth["sender"].eq(example.BY_HAND) & truth["received"].le("2026-01-31")]
    came = truth[truth["receiver"].eq(example.BY_HAND) & truth["received"].dt.year.eq(2025)]
    assert own["opened"] == sent["sent"].dt.year.eq(2025).sum() + len(came)
    asked = {"table": "FLOW", "measure": "opened", "country": example.BY_HAND}
    (count, key), (_count, other) = (
        collected.Cells(three_without_days(pile), YEAR, bytes([n]) * 32).count(asked) for n in (1, 2)
    )
    assert count == own["opened"]
    assert key != other, "by the region's own secret"
    assert (root / "data" / "region" / "inbox" / f"{example.BY_HAND}_2025_v1.xlsx").is_file()


def test_the_ledger_asks_once(pile: collected.Collected, tmp_path: Path) -> None:
    flows = collected.flows(pile)
    ledger = queries.asked(flows, queries.read(tmp_path / "queries.csv"))
    assert (ledger["asked_of"] == example.LATE).sum() > 0
    answered = ledger.assign(reply="nil was written for not reported")
    assert queries.asked(flows, answered).equals(answered)
    (tmp_path / "queries.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputRejected, match="must have the columns"):
        queries.read(tmp_path / "queries.csv")


def test_cells_are_counted_again_with_the_sums_of_their_keys(pile: collected.Collected) -> None:
    cells = collected.Cells(pile, YEAR, b"s" * 32)
    flow = pile.cells("FLOW", YEAR)
    own = flow[flow["MEASURE"].eq("opened") & flow["DIRECTION"].eq("incoming") & flow["KIND"].eq("mla")]
    own = own[own["REF_AREA"].isin(collected.added(pile, YEAR))]
    keyed = own[own["REF_AREA"].isin(["XAA", "XAB"])]
    keys = sum(int(key) for key in keyed["CELL_KEY"]) % 2**64
    asked = {"table": "FLOW", "measure": "opened", "direction": "incoming", "kind": "mla"}
    assert cells.count(asked | {"country": "XAA|XAB"}) == (int(keyed["OBS_VALUE"].sum()), keys)
    found = cells.count(asked)
    parts = [cells.count(asked | {"country": code}) for code in pile.members]
    assert found == (own["OBS_VALUE"].sum(), sum(part[1] for part in parts if part) % 2**64)
    assert sum(part[0] for part in parts if part) == own["OBS_VALUE"].sum()
    assert cells.count({"table": "FLOW", "colour": "red"}) is None


def test_a_row_that_rests_on_few_countries_is_not_released() -> None:
    """By hand: of extradition all rests on two; of legal assistance what ended otherwise leaves five beside the largest, and
    XAD publishes its own."""
    rows = [
        ("incoming", "extradition", "XAA", 40, 30, 0),
        ("incoming", "extradition", "XAB", 40, 30, 0),
        ("incoming", "legal_assistance", "XAA", 9, 6, 9),
        ("incoming", "legal_assistance", "XAB", 5, 1, 4),
        ("incoming", "legal_assistance", "XAC", 1, 7, 1),
        ("incoming", "legal_assistance", "XAD", 7, 7, 8),
    ]
    own = pd.DataFrame(
        rows, columns=["direction", "strand", "country", "opened", "answered", "ended_otherwise"]
    )
    table = own.groupby(["direction", "strand"], as_index=False).sum(numeric_only=True)
    (row,) = collected.released(table, own).to_dict("records")
    assert row == {"direction": "incoming", "strand": "legal_assistance"} | {
        "opened": 22,
        "answered": 21,
        "ended_otherwise": 22,
    }
    (row,) = collected.released(table, own, ["XAD"]).to_dict("records")
    assert (row["opened"], row["answered"], np.isnan(row["ended_otherwise"])) == (22, 21, True)
    assert collected.released(table, own, ["XAC", "XAD"]).empty


def three_without_days(pile: collected.Collected) -> collected.Collected:
    """The same where not only XAG, but XAA and XAB too sent no counts by day."""
    return replace(
        pile,
        returns=tuple(
            replace(one, cubes={**one.cubes, "DURATION": CUBES["DURATION"].said(one.header.state, YEAR)})
            if one.header.state in ("XAA", "XAB") and one.header.period == YEAR
            else one
            for one in pile.returns
        ),
    )


def test_who_sent_no_counts_by_day_is_in_no_public_sum_unless_three_are_so(pile: collected.Collected) -> None:
    """XAG filled stock and flow by hand; with XAA and XAB it is one of three, and none can be told by the difference."""
    assert example.BY_HAND not in collected.added(pile, YEAR)
    assert example.BY_HAND in collected.added(three_without_days(pile), YEAR)


def shown(
    notebook: Path, workspace: settings.Settings, monkeypatch: pytest.MonkeyPatch, **given: str
) -> dict[str, Any]:
    """What a notebook of the region shows: its saved exhibits by name."""
    monkeypatch.setenv("MLASTATS_CONFIG", str(workspace.source))
    monkeypatch.setattr(pages, "_display", lambda *_arguments: None)
    names: dict[str, Any] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= given
    return {saved.name: saved for saved in names["page"].known}


@pytest.mark.parametrize("name", scaffold.OF_REGION)
def test_a_notebook_of_the_region_runs_and_names_who_is_missing(
    name: str, root: Path, workspace: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    regional_clean(workspace)
    made = shown(root / "notebooks" / f"{name}.ipynb", workspace, monkeypatch)
    assert all(saved.finding for saved in made.values())
    if name == "7_region":
        assert "Missing: Jorvale." in made["region_reported"].finding
        assert any("Missing: Jorvale." in note for note in made["region_totals"].notes)
        assert made["region_totals"].table["countries"].notna().all()
        says_of_how_many(made)


def says_of_how_many(made: dict[str, Any], flow: int = 8) -> None:
    """By tests/example/region.py one of ten members is late and one sends bands, so that eight can be added; who filled the
    form by hand gave no counts by day, so that times, and all that is public, are of seven."""
    for name, countries in (("region_totals", flow), ("region_times", 7)):
        assert f"{countries} countries" in made[name].finding
        assert all(f"{countries} countries" in fact.sentence for fact in made[name].facts)
        assert any(f"returns of {countries} countries." in note for note in made[name].notes)
        rows = made[name].table.get("countries", pd.Series(dtype=float))
        assert set(rows.dropna()) <= {countries}


def test_what_is_public_is_rounded_and_names_no_country(
    root: Path, workspace: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    regional_clean(workspace)
    for name in scaffold.OF_REGION:
        made = shown(root / "notebooks" / f"{name}.ipynb", workspace, monkeypatch, audience="public")
        for saved in made.values():
            assert not {"country", "sender", "receiver"} & set(saved.columns), saved.name
            for column in saved.counts:
                values = saved.table[column].dropna()
                assert (values % 5 == 0).all(), (saved.name, column)
        if name == "7_region":
            says_of_how_many(made, flow=7)
            assert "countries" not in made["region_totals"].columns
            # Of four that ended otherwise (XAC 1, XAD 1, XAH 2) two are left beside the country with the most.
            extradition = made["region_totals"].table["strand"].eq("extradition").to_numpy().argmax()
            assert made["region_totals"].missing[extradition, "ended_otherwise"] == "withheld"
            assert len(made["region_totals"].table) > 3
            assert any("Missing: Jorvale." in note for note in made["region_totals"].notes)
        else:
            assert any(
                "without members who sent no counts" in note for note in made["mirror_agreement"].notes
            )


def regional_clean(workspace: settings.Settings) -> None:
    from mlastats.register import processed

    processed.write(regional.gathered(workspace), workspace)


def test_a_notebook_in_the_other_kind_of_workspace_gives_one_line(
    workspace: settings.Settings, example_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLASTATS_CONFIG", str(workspace.source))
    with pytest.raises(ConfigurationError, match=r"belongs in a country's workspace") as said:
        pages.open_page("1_turnaround")
    assert "\n" not in str(said.value)
    monkeypatch.setenv("MLASTATS_CONFIG", str(example_workspace / "mlastats.toml"))
    with pytest.raises(ConfigurationError, match=r"belongs in a regional body's workspace"):
        pages.open_page("7_region", region=True)
    with pytest.raises(ConfigurationError, match=r"has no \[region\]"):
        collected.load(settings.load(example_workspace / "mlastats.toml"))


def test_returns_are_received_once_and_none_is_changed(workspace: settings.Settings, tmp_path: Path) -> None:
    home = tmp_path / "body"
    scaffold.init(home, region=True)
    toml = (home / "mlastats.toml").read_text(encoding="utf-8")
    toml = toml.replace('["XAA", "XAB"]', '["XAA", "XAB", "XAF"]').replace("# vocabulary =", "vocabulary =")
    (home / "mlastats.toml").write_text(toml, encoding="utf-8")
    shutil.copytree(workspace.folder / "vocabulary", home / "vocabulary")
    sent = workspace.folder / "returns"
    run = CliRunner().invoke
    config = ["--config", str(home / "mlastats.toml")]
    files = [str(sent / f"{name}.mlareturn.zip") for name in ("XAA_2025_v1", "XAF_2024_v1", "XAF_2024_v2")]
    told = run(cli, ["region", "receive", *files, *config])
    assert told.exit_code == 0, told.stderr
    again = run(cli, ["region", "receive", files[0], *config])
    assert again.exit_code == 0, "the same file changes nothing"
    status = run(cli, ["region", "status", *config])
    assert "2025: missing XAB, XAF." in status.stderr
    assert "XAF 2024 v2:" in status.stderr
    stranger = run(cli, ["region", "receive", files[0], str(sent / "XAC_2025_v1.mlareturn.zip"), *config])
    assert (stranger.exit_code, "no member" in stranger.stderr) == (3, True)
    broken = tmp_path / "XAB_2025_v1.mlareturn.zip"
    broken.write_bytes(Path(files[0]).read_bytes()[:-100])
    told = run(cli, ["region", "receive", str(broken), *config])
    assert told.exit_code == 3
    assert len(told.stderr.strip().splitlines()) == 1
    assert len(list((home / "returns").iterdir())) == 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home / "returns").iterdir()), "case data"


def test_the_form_in_the_inbox_of_the_example_is_received(
    workspace: settings.Settings, tmp_path: Path
) -> None:
    """It is the return that stands there; taken away, it is kept again, made up as all of the example is."""
    from mlastats.region import archive

    home = shutil.copytree(workspace.folder, tmp_path / "body")
    chosen = settings.load(home / "mlastats.toml")
    form, name = (
        home / "inbox" / f"{example.BY_HAND}_2025_v1.xlsx",
        f"{example.BY_HAND}_2025_v1.mlareturn.zip",
    )
    kept = home / "returns" / name
    before, bytes_before = archive.read(kept), kept.read_bytes()
    assert regional.receive(chosen, [form]) == [name]
    assert kept.read_bytes() == bytes_before
    kept.unlink()
    assert regional.receive(chosen, [form]) == [name]
    again = archive.read(kept)
    assert (again.header, again.header.synthetic) == (before.header, True)
    assert again.says_the_same(before)


def test_what_a_member_sends_and_what_it_publishes_stand_beside_each_other(
    workspace: settings.Settings, tmp_path: Path, pile: collected.Collected
) -> None:
    """The first version of each mode is a file of its own; the exact one is in the sums, the other in the bounds."""
    from dataclasses import replace

    from mlastats.region import archive
    from mlastats.region.banded import banded

    home = shutil.copytree(workspace.folder, tmp_path / "body")
    one = next(one for one in pile.returns if one.header.name == "XAA_2025_v1")
    path = archive.write(tmp_path, replace(one.header, mode="banded"), banded(one.cubes, b"s" * 32))
    chosen = settings.load(home / "mlastats.toml")
    assert regional.receive(chosen, [path]) == ["XAA_2025_banded_v1.mlareturn.zip"]
    both = collected.load(chosen)
    assert collected.totals(both, YEAR).equals(collected.totals(pile, YEAR))
    assert set(both.cells("DURATION", YEAR, ("banded",))["REF_AREA"]) == {"XAA", example.PUBLISHES}
    (row,) = collected.reported(both, YEAR).query("country == 'XAA'").to_dict("records")
    assert (row["return_mode"], row["version"], row["versions"]) == ("trusted", 1, 1)
    assert collected.publishing(both, YEAR) == ["XAA", example.PUBLISHES]


def test_two_files_of_one_version_in_one_command_are_refused(
    workspace: settings.Settings, tmp_path: Path, pile: collected.Collected
) -> None:
    from dataclasses import replace

    from mlastats.region import archive

    home = shutil.copytree(workspace.folder, tmp_path / "body")
    one = next(one for one in pile.returns if one.header.name == "XAA_2025_v1")
    files = []
    for place, period in (("first", "2022"), ("second", "2022")):
        folder = tmp_path / place
        folder.mkdir()
        cubes = {name: table.assign(TIME_PERIOD=period) for name, table in one.cubes.items()}
        if place == "second":
            cubes["MIRROR"] = cubes["MIRROR"].assign(OBS_VALUE=cubes["MIRROR"]["OBS_VALUE"] + 1)
        files.append(archive.write(folder, replace(one.header, period=period, as_of="2022-12-31"), cubes))
    with pytest.raises(InputRejected, match="never changed"):
        regional.receive(settings.load(home / "mlastats.toml"), files)
    assert not list((home / "returns").glob("XAA_2022*"))


def test_another_file_of_the_same_version_is_refused(
    workspace: settings.Settings, tmp_path: Path, pile: collected.Collected
) -> None:
    from mlastats.region import archive

    shutil.copytree(workspace.folder, tmp_path / "body")
    one = next(one for one in pile.returns if one.header.name == "XAA_2025_v1")
    flow = one.cubes["FLOW"]
    changed = dict(one.cubes) | {"FLOW": flow.assign(OBS_VALUE=flow["OBS_VALUE"] * 2)}
    path = archive.write(tmp_path, one.header, changed)
    with pytest.raises(InputRejected, match="never changed"):
        regional.receive(settings.load(tmp_path / "body" / "mlastats.toml"), [path])


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not on this machine")
def test_a_signature_is_looked_at_by_ssh_keygen(workspace: settings.Settings, tmp_path: Path) -> None:
    from mlastats.region import signing

    path = tmp_path / "XAA_2025_v1.mlareturn.zip"
    shutil.copy(workspace.folder / "returns" / path.name, path)
    assert signing.signature(path, None) == "unsigned"
    key, signers = tmp_path / "key", tmp_path / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "mlareturn", str(path)], check=True
    )
    assert signing.signature(path, None) == "unchecked"
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    signers.write_text(f"XAA {public}", encoding="utf-8")
    assert signing.signature(path, signers) == "signed"
    signers.write_text(f"XAB {public}", encoding="utf-8")
    assert signing.signature(path, signers) == "wrong"
    signers.write_text(f"XAA {public}", encoding="utf-8")
    path.write_bytes(path.read_bytes() + b"x")
    assert signing.signature(path, signers) == "wrong"


def test_the_example_is_what_its_generator_draws(root: Path, truth: pd.DataFrame) -> None:
    from mlastats.region import archive

    made = example.returned(truth, "XAD", YEAR)
    one = archive.read(root / "data" / "region" / "returns" / "XAD_2025_v1.mlareturn.zip")
    for name, table in made.items():
        pd.testing.assert_frame_equal(table, one.cubes[name], check_dtype=False)
    said = json.loads((root / "data" / "region" / "truths.json").read_text(encoding="utf-8"))
    assert said == example.truths(truth)


def test_what_was_due_is_counted_in_years_of_which_it_was_due_for_all(
    pile: collected.Collected, truth: pd.DataFrame
) -> None:
    """Of the last year only the fast are known by its end: to count them alone would look better than the truth."""
    mla = truth[truth["kind"].eq("mla") & truth["received"].dt.year.between(2022, 2024)]
    answered = mla["ends"].isin(["executed", "partly_executed", "refused"])
    in_time = answered & (mla["answered"] - mla["received"]).dt.days.le(180)
    written = ~(mla["receiver"].eq(example.ACCEPTS) & ~mla["accepted"])
    written &= ~(mla["receiver"].eq(example.NO_ENQUIRIES) & mla["is_enquiry"])
    exact = [code for code in example.NAMES if code not in (example.PUBLISHES, example.BY_HAND, example.LATE)]
    expected = in_time[written].groupby(mla["receiver"]).agg(["size", "sum"]).loc[exact]
    cases = collected.due(pile, "2025", {"mla": 180})
    told = cases.groupby("country")["on_time"].agg(["size", "sum"])
    assert told.to_dict() == expected.to_dict()
