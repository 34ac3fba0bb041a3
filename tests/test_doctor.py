"""`mlastats doctor` tells what a workspace lacks, and says nothing of what it has."""

import json
import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlastats.cli import cli
from mlastats.errors import Exit
from mlastats.publish.style import FONTS
from mlastats.run import doctor, scaffold


@pytest.fixture
def home(tmp_path: Path) -> Path:
    scaffold.init(tmp_path / "mla", example=True)
    return tmp_path / "mla"


def told(home: Path, state: str = "lacks") -> dict[str, str]:
    """What is said, by what it is said of."""
    found = list(doctor.lines(str(home / "mlastats.toml")))
    assert len({line.what for line in found}) == len(found), "a line a thing"
    return {line.what: line.words for line in found if line.state == state}


def test_a_new_workspace_lacks_nothing(home: Path) -> None:
    assert told(home) == {}
    fine = told(home, "ok")
    assert {
        "Python",
        "packages",
        "fonts",
        "encodings",
        "time zones",
        "configuration",
        "notebooks",
    } <= fine.keys()
    assert {f"register {name}" for name in ("mofa", "moj", "mps", "ospp")} <= fine.keys()


@pytest.mark.parametrize("lock", ["~$mofa.xlsx", ".~lock.mofa.xlsx#"])
def test_a_register_that_is_open_in_a_spreadsheet_program(home: Path, lock: str) -> None:
    (home / "data" / "raw" / "example" / lock).write_text("")
    assert told(home) == {
        "register mofa": "mofa.xlsx is open in a spreadsheet program; close it before you clean"
    }


def test_a_register_without_its_file_or_its_mapping(home: Path) -> None:
    (home / "data" / "raw" / "example" / "mofa.xlsx").unlink()
    (home / "data" / "raw" / "example" / "moj.toml").unlink()
    assert told(home) == {
        "register mofa": "no file at data/raw/example/mofa.xlsx",
        "register moj": "no mapping at data/raw/example/moj.toml: mlastats map data/raw/example/moj.csv",
    }


def test_what_a_register_lacks_stands_in_one_line(workspace: Callable[..., Path]) -> None:
    home = workspace({"police.csv": "Ref\nA1\n"})
    (home / "data" / "raw" / ".~lock.police.csv#").write_text("")
    words = told(home)["register police"]
    assert "is open in a spreadsheet program" in words
    assert "log_start and log_end not said" in words


def test_days_of_observation_that_are_not_said(workspace: Callable[..., Path]) -> None:
    found = told(workspace({"police.csv": "Ref\nA1\n"}), "look")
    assert found["register police"].startswith("log_start and log_end not said")


def test_a_notebook_that_was_saved_with_what_it_showed(home: Path) -> None:
    path = home / "notebooks" / "4_flow.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "Somchai"}]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = told(home)
    assert list(found) == ["notebook 4_flow"]
    assert "case data" in found["notebook 4_flow"]
    assert "Somchai" not in str(found)
    path.write_text("{", encoding="utf-8")
    assert told(home) == {"notebook 4_flow": "cannot be read; take it away, or mend it"}


def test_notebooks_other_than_this_version(home: Path) -> None:
    path = home / "notebooks" / "4_flow.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("# ", "# Our ", 1), encoding="utf-8")
    assert told(home, "look")["notebooks"] == "other than this version's: 4_flow; see mlastats upgrade"


def test_a_configuration_with_a_fault_ends_the_list(home: Path) -> None:
    path = home / "mlastats.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("as_of", "as_off", 1), encoding="utf-8")
    found = told(home)
    assert list(found) == ["configuration"]
    assert "as_off: no such key" in found["configuration"]


def test_a_package_that_is_absent_or_too_old(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def older(name: str) -> str:
        if name == "typst":
            raise metadata.PackageNotFoundError(name)
        return "2.2.0" if name == "pandas" else version(name)

    monkeypatch.setattr(metadata, "version", older)
    found = told(home)
    assert found.keys() == {"pandas", "typst"}
    assert found["pandas"].startswith("is 2.2.0; it must be")
    assert "pip install 'typst" in found["typst"]


def test_fonts_and_time_zones_that_are_absent(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FONTS, tmp_path / "fonts")
    (tmp_path / "fonts" / "NotoSansLao-Bold.ttf").unlink()
    monkeypatch.setattr(doctor, "FONTS", tmp_path / "fonts")
    assert "NotoSansLao-Bold.ttf" in told(home)["fonts"]
    # The families that doctor looks for are those that the package has.
    assert len(list((tmp_path / "fonts").glob("*.ttf"))) == 2 * len(doctor.FAMILIES) - 1

    def none(name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", none)
    assert "pip install tzdata" in told(home)["time zones"]


def test_encodings_that_lose_letters(home: Path) -> None:
    code = "from mlastats.run import doctor; print(*doctor._encodings())"
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "PYTHONUTF8=1" in said.stdout


@pytest.mark.skipif(os.name != "posix", reason="the modes of POSIX")
def test_case_data_that_every_user_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_is_open", lambda path: bool(path.stat().st_mode & 0o004))
    scaffold.init(tmp_path, example=True)
    (tmp_path / "data" / "processed").mkdir(mode=0o755)
    (tmp_path / "data" / "processed").chmod(0o755)
    everybody = "may be read by every user of this computer; chmod o-rwx"
    assert told(tmp_path) == {"data/processed": everybody}
    assert not [what for what in told(tmp_path, "look") if what.startswith("register")], (
        "nothing in them happened"
    )
    text = (tmp_path / "mlastats.toml").read_text(encoding="utf-8").replace("synthetic = true", "")
    (tmp_path / "mlastats.toml").write_text(text, encoding="utf-8")
    (tmp_path / "data" / "raw" / "example" / "moj.csv").chmod(0o600)
    found = told(tmp_path, "look")
    assert found["register mofa"] == f"mofa.xlsx {everybody}"
    assert "register moj" not in found


def test_a_folder_that_nobody_else_may_enter_is_not_open(tmp_path: Path) -> None:
    inside = tmp_path / "closed" / "inside"
    inside.mkdir(parents=True)
    inside.chmod(0o755)
    (tmp_path / "closed").chmod(0o700)
    assert not doctor._is_open(inside)


def test_case_data_that_git_would_take(home: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=home, check=True)
    (home / "data" / "processed").mkdir(mode=0o700)
    (home / "data" / "processed" / "issues.csv").write_text("A1")
    assert told(home) == {}
    (home / ".gitignore").unlink()
    assert "takes 1 files of case data, data/processed/issues.csv first" in told(home)["git"]


def test_exit_codes_and_quiet(home: Path) -> None:
    config = ["--config", str(home / "mlastats.toml")]
    assert CliRunner().invoke(cli, ["doctor", *config]).exit_code == Exit.DONE
    assert CliRunner().invoke(cli, ["-q", "doctor", *config]).stderr == ""
    (home / "data" / "raw" / "example" / "mofa.xlsx").unlink()
    lacking = CliRunner().invoke(cli, ["doctor", "-q", *config])
    assert lacking.exit_code == Exit.FAILED
    assert lacking.stderr == "lacks register mofa: no file at data/raw/example/mofa.xlsx.\n"
    as_data = json.loads(CliRunner().invoke(cli, ["doctor", "--json", *config]).stdout)
    assert {
        "state": "lacks",
        "what": "register mofa",
        "words": "no file at data/raw/example/mofa.xlsx",
    } in as_data
