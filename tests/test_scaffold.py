"""A workspace from nothing: what `mlastats init` writes, what editors are told of it, whose notebooks are run."""

import datetime as dt
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from mlastats import settings
from mlastats.cli import cli
from mlastats.errors import ConfigurationError
from mlastats.run import plan, scaffold

TEMPLATE = Path(scaffold.__file__).parent / "workspace.toml"


def uncommented(text: str) -> str:
    """The template with every key and table that it offers in use."""
    return re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)


def as_json(table: Any) -> Any:
    """A TOML table as an editor gives it to a validator: dates are texts."""
    return json.loads(json.dumps(table, default=lambda day: day.isoformat()))


def faults(text: str) -> list[str]:
    checker = jsonschema.Draft202012Validator(
        json.loads(scaffold.schema()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    found = checker.iter_errors(as_json(tomllib.loads(text)))
    return sorted("/".join(map(str, fault.absolute_path)) + ": " + fault.message for fault in found)


def test_an_empty_folder_becomes_a_workspace(root: Path, tmp_path: Path) -> None:
    written = scaffold.init(tmp_path / "mla", "Lao PDR")
    every = sorted((root / "notebooks").glob("*.ipynb"))
    names = [path.name for path in every if path.stem not in scaffold.OF_REGION]
    assert written == [
        "mlastats.toml",
        "mlastats.schema.json",
        ".gitignore",
        *(f"notebooks/{name}" for name in names),
    ]
    loaded = settings.load(tmp_path / "mla" / "mlastats.toml")
    assert (loaded.reporting_state, loaded.synthetic, loaded.registers) == ("LAO", False, [])
    assert loaded.as_of == dt.date.today()
    for name in names:
        assert (tmp_path / "mla" / "notebooks" / name).read_bytes() == (
            root / "notebooks" / name
        ).read_bytes()
    raw = tmp_path / "mla" / "data" / "raw"
    assert raw.is_dir()
    assert raw.stat().st_mode & 0o077 == 0, "what is put there is case data"


def test_the_example_is_that_of_the_repository(root: Path, tmp_path: Path) -> None:
    written = scaffold.init(tmp_path, example=True)
    assert (
        settings.load(tmp_path / "mlastats.toml").model_dump()
        == settings.load(root / "mlastats.toml").model_dump()
    )
    for path in (root / "data" / "raw" / "example").iterdir():
        assert (tmp_path / "data" / "raw" / "example" / path.name).read_bytes() == path.read_bytes()
        assert f"data/raw/example/{path.name}" in written


def test_what_stands_in_the_folder_is_kept_and_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    assert ".gitignore" not in scaffold.init(tmp_path, "LAO")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    with pytest.raises(ConfigurationError, match=r"There is a mlastats.toml in this folder already"):
        scaffold.init(tmp_path, "LAO")


@pytest.mark.parametrize(
    ("said", "code"), [("LAO", "LAO"), ("Thailand", "THA"), ("ສປປ ລາວ", "LAO"), ("viet nam", "VNM")]
)
def test_a_state_is_named_by_code_or_name(tmp_path: Path, said: str, code: str) -> None:
    scaffold.init(tmp_path, said)
    assert settings.load(tmp_path / "mlastats.toml").reporting_state == code


@pytest.mark.parametrize("said", ["Atlantis", "INTERPOL", "Korea", "lao people"])
def test_what_is_no_state_is_refused_and_nothing_is_written(tmp_path: Path, said: str) -> None:
    with pytest.raises(ConfigurationError, match="three letters"):
        scaffold.init(tmp_path / "new", said)
    assert not (tmp_path / "new").exists()


def test_without_a_state_the_configuration_says_what_is_missing(tmp_path: Path) -> None:
    scaffold.init(tmp_path)
    with pytest.raises(ConfigurationError, match="whose requests these are"):
        plan.entries(settings.load(tmp_path / "mlastats.toml"))


def test_every_line_that_the_configuration_offers_is_one_that_it_takes() -> None:
    text = uncommented(TEMPLATE.read_text(encoding="utf-8"))
    checked = settings.check(tomllib.loads(text))
    assert [register.name for register in checked.registers] == ["police"]
    assert {report.name for report in checked.reports} == {"overview", "quarterly", "public", "partner"}
    notebooks = {name for report in checked.reports for name in report.notebooks}
    assert notebooks <= settings.Settings(reporting_state="LAO", as_of="2026-09-30").notebook_files().keys()
    left = [line for line in text.splitlines() if re.match(r"# ?\w+ ?=", line)]
    assert left == []


def test_the_schema_takes_what_the_settings_take(root: Path) -> None:
    for path in (root / "mlastats.toml", *sorted(root.glob("tests/workspaces/*/mlastats.toml"))):
        text = path.read_text(encoding="utf-8")
        settings.check(tomllib.loads(text))
        assert faults(text) == [], path
    assert faults(uncommented(TEMPLATE.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('as_off = "2026-09-30"', "as_off"),
        ("reporting_state = 'Lao'", "reporting_state"),
        ('as_of = "30/09/2026"', "as_of"),
        ("[[registers]]\nname = 'Police'\npath = 'x'", "registers/0/name"),
        ("[[registers]]\nname = 'police'", "registers/0"),
        ("[[reports]]\nname = 'a'\nnotebooks = ['0_front']\nformats = ['odt']", "reports/0/formats/0"),
        ("[[reports]]\nname = 'a'\nnotebooks = ['0_front']\nperiod = 'week'", "reports/0/period"),
        ("[[events]]\nname = 'a law'\ndate = 2024-01-01", "events/0"),
    ],
)
def test_the_schema_refuses_what_the_settings_refuse(line: str, where: str) -> None:
    key = line.partition(" ")[0]
    given = {"reporting_state": "'LAO'", "as_of": "2026-09-30"}
    text = "\n".join(f"{name} = {value}" for name, value in given.items() if name != key) + f"\n{line}\n"
    with pytest.raises(ConfigurationError):
        settings.check(tomllib.loads(text))
    assert any(fault.startswith(where) or where in fault for fault in faults(text)), faults(text)


def test_every_key_of_the_schema_is_described() -> None:
    schema = json.loads(scaffold.schema())
    parts = {"": schema, **schema["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, about in part["properties"].items()
        if not about.get("description")
    ]
    assert bare == []


def test_git_takes_no_case_data_of_a_workspace(tmp_path: Path) -> None:
    scaffold.init(tmp_path, example=True)
    case_data = [
        "data/raw/police.xlsx",
        "data/raw/police.toml",
        "data/raw/old/2019.csv",
        "data/corrections.csv",
    ]
    case_data += [
        "data/decisions.csv",
        "data/processed/issues.csv",
        "data/keys/secret",
        "reports/overview/x.html",
    ]
    case_data += ["data/raw/example/~$mofa.xlsx"]
    for name in case_data:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A1")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    held = subprocess.run(
        ["git", "ls-files"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    assert set(held) & set(case_data) == set()
    assert {"mlastats.toml", "notebooks/0_front.ipynb", "data/raw/example/mofa.xlsx"} <= set(held)


def test_notebooks_of_the_workspace_stand_before_those_of_the_package(tmp_path: Path) -> None:
    scaffold.init(tmp_path, "LAO")
    own = tmp_path / "notebooks" / "1_turnaround.ipynb"
    (tmp_path / "notebooks" / "my_turnaround.ipynb").write_bytes(own.read_bytes())
    loaded = settings.load(tmp_path / "mlastats.toml")
    before = loaded.notebook_files()
    assert before["1_turnaround"] == own
    assert before["my_turnaround"].parent == own.parent
    for path in (tmp_path / "notebooks").iterdir():
        path.unlink()
    (tmp_path / "notebooks").rmdir()
    after = loaded.notebook_files()
    assert after["1_turnaround"] == settings.SHIPPED / "notebooks" / "1_turnaround.ipynb"
    assert before.keys() - after.keys() == {"my_turnaround"}


def test_a_plan_rests_on_the_notebook_that_is_run(tmp_path: Path) -> None:
    scaffold.init(tmp_path, example=True)
    loaded = settings.load(tmp_path / "mlastats.toml")
    keys = [plan.entries(loaded, plan.Selection(["overview"]))[0].key["notebooks"]]
    own = tmp_path / "notebooks" / "4_flow.ipynb"
    own.write_text(own.read_text(encoding="utf-8").replace("# ", "# Our "), encoding="utf-8")
    keys.append(plan.entries(loaded, plan.Selection(["overview"]))[0].key["notebooks"])
    own.unlink()
    keys.append(plan.entries(loaded, plan.Selection(["overview"]))[0].key["notebooks"])
    assert keys[0] == keys[2] != keys[1]
    assert {name for name in keys[0] if keys[0][name] != keys[1][name]} == {"4_flow"}


def test_upgrade_shows_the_cells_that_differ_and_renews_the_schema(tmp_path: Path) -> None:
    scaffold.init(tmp_path, "LAO")
    own = tmp_path / "notebooks" / "1_turnaround.ipynb"
    own.write_text(own.read_text(encoding="utf-8").replace("within_days: int = 180", "within_days: int = 90"))
    (tmp_path / "notebooks" / "2_channels.ipynb").unlink()
    (tmp_path / "mlastats.schema.json").write_text("{}")
    config = str(tmp_path / "mlastats.toml")
    shown = CliRunner().invoke(cli, ["upgrade", "--config", config])
    assert shown.exit_code == 0
    changes = [
        line for line in shown.stderr.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    help_ = "  # days within which the years are compared"
    assert changes == [f"-within_days: int = 180{help_}", f"+within_days: int = 90{help_}"]
    assert "1 of 9 notebooks differ" in shown.stderr
    assert "mlastats.schema.json is this version's now" in shown.stderr
    again = json.loads(CliRunner().invoke(cli, ["upgrade", "--json", "--config", config]).stdout)
    assert (again["schema"], sum(map(bool, again["notebooks"].values()))) == (False, 1)
