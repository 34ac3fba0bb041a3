"""The environment files agree, git holds no case data, and what is built holds its data files."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# What conda-forge calls otherwise.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return listed.splitlines()


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def bounds(requirement: str) -> tuple[str, str]:
    parsed = Requirement(requirement)
    return normal(CONDA_NAMES.get(parsed.name, parsed.name)), str(parsed.specifier)


def test_environment_yml_gives_what_pyproject_does_with_lab_and_test() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == "mlastats"
    assert environment["channels"][0] == "conda-forge"
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    given = dict(bounds(entry) for entry in [*plain, *pip] if not entry.startswith("-e"))
    assert given.pop("python") == project()["requires-python"]
    given.pop("pip")
    extras = project()["optional-dependencies"]
    tests = dict(map(bounds, extras["test"]))
    wanted = project()["dependencies"] + extras["build"] + extras["lab"]
    assert given == dict(map(bounds, wanted)) | {"pytest": tests["pytest"]}
    assert pip[-1] == "-e .[cluster,docs,lab,test]"
    assert {"pandas", "jupyterlab", "matplotlib", "seaborn", "papermill", "pytest"} <= given.keys()


def test_every_import_of_the_package_is_a_dependency() -> None:
    modules = {
        "python-docx": "docx",
        "python-calamine": "python-calamine",
        "charset-normalizer": "charset-normalizer",
    }
    extras = project()["optional-dependencies"]
    wanted = [
        *project()["dependencies"],
        *(one for name in ("cluster", "sdmx", "sealed") for one in extras[name]),
    ]
    declared = {modules.get(bounds(d)[0], bounds(d)[0]) for d in wanted}
    # Parts of a dependency that are imported by their own name.
    declared |= {"nbclient", "jupyter-client", "ipython", "traitlets"}
    found = set()
    for path in (ROOT / "mlastats").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    foreign = {normal(name) for name in found - set(sys.stdlib_module_names) - {"mlastats"}}
    assert foreign <= declared, f"imported and not declared: {foreign - declared}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_locks_are_hashed_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==", text, flags=re.M)
    assert len(pins) > 50
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text
    names = {normal(pin) for pin in pins}
    assert {bounds(d)[0] for d in project()["dependencies"]} <= names


def test_git_holds_no_case_data() -> None:
    """Only the synthetic examples stand under data/; no report, no ledger, no cleaned table."""
    under_data = [name for name in tracked() if name.startswith("data/")]
    assert all(name.startswith(("data/raw/example/", "data/region/")) for name in under_data), under_data
    # What earlier versions made of the thirty requests of tests/workspaces, in which nothing happened.
    versions = ("0505a82", "3a416e1", "8ed22b0", "96a2306", "f8b5ef0")
    archives = [f"tests/upgrades/{commit}.zip" for commit in versions]
    returns = [name for name in under_data if name.startswith("data/region/returns/")]
    assert [name for name in tracked() if name.endswith(".zip")] == [*returns, *archives]
    assert not [
        name for name in tracked() if name.startswith("reports/") or name.endswith((".parquet", ".sqlite"))
    ]


def test_git_holds_no_host_and_no_machine_path() -> None:
    forbidden = re.compile(
        r"/(?:home|root|Users)/\w|[/]work/|"
        + "|".join(["pytho" + "nhosted", "py" + "pi[.]org", "registry[.]n" + "pmjs"])
    )
    for name in tracked():
        path = ROOT / name
        if (
            path.suffix in {".png", ".ttf", ".xlsx", ".xls", ".ods", ".parquet", ".svg", ".zip"}
            or not path.is_file()
        ):
            continue
        found = forbidden.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{name}: {found and found.group()}"


def test_a_wheel_built_from_the_sdist_holds_the_data_files_and_a_workspace(tmp_path: Path) -> None:
    """Notebooks and example stand in the repository once, and beside the package in what is built."""
    source = tmp_path / "source"
    outside = (
        "LICENSE",
        "docs/mlastats.1",
        "notebooks/",
        "data/raw/example/",
        "data/region/",
        "pyproject.toml",
        "README.md",
        "mlastats.toml",
    )
    names = [
        name for name in tracked() if name.startswith(("mlastats/", *outside)) and (ROOT / name).is_file()
    ]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    sdist = "from setuptools.build_meta import build_sdist; print(build_sdist('.'))"
    made = subprocess.run(
        [sys.executable, "-c", sdist], cwd=source, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), made], cwd=source, check=True, capture_output=True)
    built = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    package = {name for name in names if name.startswith("mlastats/")}
    workspace = {name for name in names if name.startswith(("notebooks/", "data/", "mlastats.toml"))}
    shipped = package | {f"mlastats/workspace/{name}" for name in workspace}
    assert len(workspace) > 18
    assert {name for name in built if name.startswith("mlastats/")} == shipped
