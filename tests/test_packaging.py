"""The environment files agree, git holds no case data, and what is built holds its data files."""

import re
import subprocess
import tomllib
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


def test_environment_yml_gives_the_runtime_of_pyproject() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == "mlastats"
    assert environment["channels"][0] == "conda-forge"
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    given = dict(bounds(entry) for entry in [*plain, *pip] if not entry.startswith("-e"))
    assert given.pop("python") == project()["requires-python"]
    given.pop("pip")
    wanted = project()["dependencies"] + project()["optional-dependencies"]["build"]
    assert given == dict(map(bounds, wanted))
    assert pip[-1] == "-e ."


def test_every_import_of_the_package_is_a_dependency() -> None:
    import ast
    import sys

    modules = {
        "python-docx": "docx",
        "python-calamine": "python-calamine",
        "charset-normalizer": "charset-normalizer",
    }
    declared = {modules.get(bounds(d)[0], bounds(d)[0]) for d in project()["dependencies"]}
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
    """Only the synthetic example stands under data/; no report, no ledger, no cleaned table."""
    under_data = [name for name in tracked() if name.startswith("data/")]
    assert all(name.startswith("data/raw/example/") for name in under_data), under_data
    # What earlier versions made of the thirty requests of tests/workspaces, in which nothing happened.
    versions = ("0505a82", "3a416e1", "8ed22b0", "96a2306", "f8b5ef0")
    archives = [f"tests/upgrades/{commit}.zip" for commit in versions]
    assert [name for name in tracked() if name.endswith(".zip")] == archives
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
            path.suffix in {".png", ".ttf", ".xlsx", ".xls", ".ods", ".parquet", ".mo", ".svg", ".zip"}
            or not path.is_file()
        ):
            continue
        found = forbidden.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{name}: {found and found.group()}"


def test_the_wheel_holds_the_data_files(tmp_path: Path) -> None:
    import shutil
    import sys
    import zipfile

    source = tmp_path / "source"
    shipped = {name for name in tracked() if name.startswith("mlastats/") and (ROOT / name).is_file()}
    licences = {name for name in tracked() if name.startswith("LICENSE") and (ROOT / name).is_file()}
    for name in shipped | licences | {"pyproject.toml", "README.md"}:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), "."], cwd=source, check=True, capture_output=True)
    built = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert shipped <= built, f"missing in the wheel: {sorted(shipped - built)[:5]}"
