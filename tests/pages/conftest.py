"""A real browser, and a published report of the example to look at in it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
    """The published reports of the example: the standard report and the public one."""
    home = tmp_path_factory.mktemp("example")
    text = (root / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("data/raw/", (root / "data" / "raw").as_posix() + "/")
    (home / "mlastats.toml").write_text(f'notebooks = "{(root / "notebooks").as_posix()}"\n{text}')
    command = [sys.executable, "-m", "mlastats", "report", "overview", "public"]
    done = subprocess.run(
        [*command, "--config", str(home / "mlastats.toml")], capture_output=True, text=True, cwd=home
    )
    assert done.returncode == 0, done.stderr
    return home / "reports"
