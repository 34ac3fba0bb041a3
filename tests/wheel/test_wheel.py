"""What is built works by itself: a wheel made from the sdist, installed where this repository is not (make check-wheel).

Packages come from wherever pip is configured to take them, at the versions of requirements.lock.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlastats import settings

pytestmark = pytest.mark.wheel
LARGEST = 900


class Installed:
    """An environment that holds the wheel and what it asks for, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, folder / "env" / ("Scripts" if os.name == "nt" else "bin")

    def run(self, *words: str, at: str = ".") -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder, without this repository's variables."""
        command = [str(self.bin / words[0]), *words[1:]]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLASTATS", "PYTHON"))
        }
        return subprocess.run(command, cwd=self.folder / at, env=kept, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The sdist of what git has here, the wheel made from it, and the wheel installed."""
    place = Installed(tmp_path_factory.mktemp("wheel"))
    source = place.folder / "source"
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, source / name)
    build = "from setuptools.build_meta import build_sdist; build_sdist('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    sdist = next((source / "dist").glob("*.tar.gz"))
    sdist.rename(place.folder / sdist.name)
    shutil.rmtree(source)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, sdist.name], cwd=place.folder, check=True, capture_output=True)
    wheel = next(place.folder.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "env"], cwd=place.folder, check=True)
    locked = (root / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9_.-]+==[^\\\n]+?) \\$", locked, flags=re.MULTILINE)
    (place.folder / "constraints.txt").write_text("\n".join(pins), encoding="utf-8")
    done = place.run("python", "-m", "pip", "install", "-q", "-c", "constraints.txt", wheel.name)
    assert done.returncode == 0, done.stderr
    return place


def megabytes(installed: Installed) -> dict[str, float]:
    """Megabytes that each package takes of the disk, by its record of files; what pip itself takes is left out."""
    code = (
        "from importlib import metadata\n"
        "for one in metadata.distributions():\n"
        "    files = [file.locate().stat() for file in one.files or () if file.locate().is_file()]\n"
        "    print(one.name, sum(file.st_blocks * 512 for file in files))\n"
    )
    lines = installed.run("python", "-c", code).stdout.split("\n")
    sizes = {name.lower(): int(size) / 1e6 for name, size in (line.split() for line in lines if line)}
    return {name: size for name, size in sizes.items() if name not in ("pip", "setuptools")}


def test_it_is_no_larger_than_a_server_needs(installed: Installed, root: Path) -> None:
    sizes = megabytes(installed)
    total = sum(sizes.values())
    large = {
        name: round(size) for name, size in sorted(sizes.items(), key=lambda pair: -pair[1]) if size > 10
    }
    print(f"\n{total:.0f} MB in {len(sizes)} packages; over 10 MB: {large}")
    assert "jupyterlab" not in sizes
    assert total < LARGEST
    # The README says of each what a server does with it.
    readme = (root / "README.md").read_text(encoding="utf-8")
    for name in large:
        assert re.search(rf"^\| {name}\b", readme, flags=re.MULTILINE | re.IGNORECASE), f"README: {name}"


def test_the_example_goes_from_nothing_to_a_report(installed: Installed) -> None:
    began = time.monotonic()
    steps = (
        ("init", "try", "--example"),
        ("clean", "--config", "try/mlastats.toml"),
        ("report", "quarterly", "--period", "2026-Q3", "--config", "try/mlastats.toml"),
    )
    for step in steps:
        done = installed.run("mlastats", *step)
        assert done.returncode == 0, done.stderr
    page = installed.folder / "try" / "reports" / "quarterly" / "all" / "2026-Q3" / "r1" / "quarterly.html"
    print(f"\n{time.monotonic() - began:.0f} s from the installed wheel to the first page")
    assert "made up" in page.read_text(encoding="utf-8") or "synthetic" in page.read_text(encoding="utf-8")
    assert page.with_suffix(".xlsx").is_file()
    doctor = installed.run("mlastats", "doctor", at="try")
    assert doctor.returncode == 0, doctor.stderr
    assert "lacks" not in doctor.stderr
    shutil.rmtree(installed.folder / "try" / "notebooks")
    again = installed.run("mlastats", "report", "quarterly", "--period", "2026-Q3", "--dry-run", at="try")
    assert again.stderr == "Nothing is due.\n", "the package's own notebooks are the same"
    opened = installed.run("mlastats", "open", "--json", at="try").stdout
    assert page.as_posix() in opened


def test_a_notebook_copied_from_the_package_runs_under_its_own_name(installed: Installed) -> None:
    """Beside one of the package, in a workspace without others."""
    assert installed.run("mlastats", "init", "own", "--example").returncode == 0
    home = installed.folder / "own"
    for path in (home / "notebooks").iterdir():
        path.rename(home / "notebooks" / "my_flow.ipynb") if path.stem == "4_flow" else path.unlink()
    with (home / "mlastats.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[reports]]\nname = "own"\nnotebooks = ["my_flow", "4_flow"]\nformats = ["html"]\n')
    done = installed.run("mlastats", "report", "own", at="own")
    assert done.returncode == 0, done.stderr
    exhibits = home / "reports" / "own" / "all" / "all" / "r1" / "exhibits"
    of = [path.name.partition(".")[0] for path in exhibits.glob("*.json")]
    assert of.count("my_flow") == of.count("4_flow") > 3


def test_every_name_is_one_that_windows_takes(installed: Installed) -> None:
    """Of all that a workspace and a run write; with the folder that it lies in, 260 signs are the limit there."""
    paths = [path.relative_to(installed.folder) for path in (installed.folder / "try").rglob("*")]
    assert len(paths) > 60
    for path in paths:
        assert settings.file_name(path.name) == path.name
    assert len({path.as_posix().casefold() for path in paths}) == len(paths)
    assert max(len(path.as_posix()) for path in paths) < 160


def test_jupyterlab_is_asked_for_where_it_is_needed(installed: Installed) -> None:
    done = installed.run("mlastats", "lab", "--config", "try/mlastats.toml")
    assert done.returncode == 2
    assert "pip install 'mlastats[lab]'" in done.stderr


def test_the_manual_page_is_installed(installed: Installed, root: Path) -> None:
    page = installed.folder / "env" / "share" / "man" / "man1" / "mlastats.1"
    assert page.read_text(encoding="utf-8") == (root / "docs" / "mlastats.1").read_text(encoding="utf-8")
    assert installed.run("mlastats", "--version").stdout.startswith("mlastats, version ")
