"""A real browser, and a published report of the example to look at in it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pseudo import LANGUAGE, write_catalogue

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    if not Path(CHROMIUM).is_file():
        pytest.skip("Debian's Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe(root: Path) -> str:
    """The script of axe-core, from npm."""
    path = root / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("axe-core is not installed (make check-pages)")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def reports(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published reports of the example: the standard report, the public one and the tables for assessors."""
    home = tmp_path_factory.mktemp("example")
    (home / "mlastats.toml").write_text(_example(root), encoding="utf-8")
    return _reported(home, "overview", "public", "assessment")


@pytest.fixture(scope="session")
def longer(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard report of the example in a made-up language a third longer, in every format."""
    home = tmp_path_factory.mktemp("longer")
    write_catalogue(root, home / "catalogues")
    text = 'catalogues = "catalogues"\n' + _example(root).replace(
        'name = "overview"\n', f'name = "overview"\nlanguage = "{LANGUAGE}"\n'
    )
    text = text.replace('"0_register"]', '"0_register", "6_assessment"]')
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    return _reported(home, "overview")


def newest(reports: Path, report: str) -> Path:
    """The folder of a report's latest revision."""
    folder = reports / report / "all" / "all"
    return folder / (folder / "latest").read_text().strip()


def pdf_of(document: Path, folder: Path) -> Path:
    """A document as LibreOffice prints it, with settings of its own."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("Debian's LibreOffice is not installed")
    own = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = [office, own, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(document)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / f"{document.stem}.pdf"


def _example(root: Path) -> str:
    """The configuration of the example, for a workspace that stands elsewhere."""
    text = (root / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("data/raw/", (root / "data" / "raw").as_posix() + "/")
    return f'notebooks = "{(root / "notebooks").as_posix()}"\n{text}'


def _reported(home: Path, *names: str) -> Path:
    command = [sys.executable, "-m", "mlastats", "report", *names, "--config", str(home / "mlastats.toml")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "reports"
