"""An analyst's way in: JupyterLab in a real browser, a notebook opened, run, and its first exhibit seen."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.pages

# Those of a regional body run in its own workspace.
REGIONAL = ("7_region", "8_mirror")
NOTEBOOKS = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")
    if path.stem not in REGIONAL
)
PATIENCE = 90_000  # milliseconds, for a kernel on a busy machine


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A copy of the example workspace, cleaned."""
    tmp_path = tmp_path_factory.mktemp("lab")
    for name in ("mlastats.toml", "notebooks", "data/raw/example"):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(root / name, tmp_path / name)
    command = [sys.executable, "-m", "mlastats", "clean", "--config", str(tmp_path / "mlastats.toml")]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path


@pytest.fixture(scope="module")
def lab(home: Path) -> Iterator[str]:
    """JupyterLab on that workspace, on a free port, with settings of its own; the address of its server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = home / "jupyter"
    page_config = own / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(
        json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
    )
    # Every cell is drawn, so that what a notebook takes can be measured.
    whole = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    page_config.with_name("default_setting_overrides.json").write_text(json.dumps(whole))
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "run"}
    options = [
        f"--ServerApp.root_dir={home}",
        "--IdentityProvider.token=",
        "--LabApp.extension_manager=readonly",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", *options],
        env=os.environ | {name: str(own / place) for name, place in places.items()},
        stdout=subprocess.DEVNULL,
        stderr=(home / "lab.log").open("wb"),
    )
    try:
        yield _answering(f"http://127.0.0.1:{port}", server)
    finally:
        server.terminate()
        server.wait(30)


def _answering(address: str, server: subprocess.Popen) -> str:
    for _ in range(240):
        assert server.poll() is None, "JupyterLab ended before it answered"
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2).close()
        except OSError:
            time.sleep(0.25)
        else:
            return address
    raise AssertionError("JupyterLab did not answer within a minute")


def opened(browser: Any, address: str) -> Any:
    """A notebook in JupyterLab with its kernel at rest."""
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(address)
    # A kernel is idle before it is attached; running then asks which kernel and waits for ever.
    expect(page.locator(".jp-Toolbar-kernelName")).to_contain_text("Python", timeout=PATIENCE)
    at_rest(page)
    return page


def at_rest(page: Any) -> None:
    from playwright.sync_api import expect

    expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
        "data-status", "idle", timeout=PATIENCE
    )


def run_all(page: Any) -> None:
    """Run All Cells, to the last; no cell says that it failed."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_RUN, timeout=PATIENCE)
    at_rest(page)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


ALL_RUN = """() => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
    return prompts.length && prompts.every(p => /\\[\\d+\\]/.test(p.textContent));
}"""
HEIGHTS = "all => all.map(one => one.getBoundingClientRect().height)"


def test_an_analyst_opens_runs_and_sees_the_first_exhibit(lab: str, browser: Any) -> None:
    from playwright.sync_api import expect

    asked: list[str] = []
    page = opened(browser, f"{lab}/lab/tree/notebooks/1_turnaround.ipynb?reset")
    page.on("request", lambda request: asked.append(request.url))
    run_all(page)
    exhibit = page.locator(".jp-OutputArea-output").filter(has=page.locator("svg, img")).first
    expect(exhibit).to_be_visible()
    exhibit.locator("summary").click()
    expect(exhibit.locator("table")).to_be_visible()
    first = page.locator(".jp-OutputArea-output").all_inner_texts()
    # A parameter is changed, and the notebook is run again.
    cell = page.locator(".jp-CodeCell").first.locator(".cm-content")
    cell.click()
    cell.press("Control+End")
    cell.press_sequentially('\npartner = "THA"')
    run_all(page)
    page.wait_for_function(
        "before => document.querySelector('.jp-OutputArea-output').innerText != before", arg=first[0]
    )
    assert [
        url for url in asked if not url.startswith((lab, lab.replace("http", "ws"), "data:", "blob:"))
    ] == []
    page.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_folded_to_its_first_rows(lab: str, browser: Any, name: str) -> None:
    page = opened(browser, f"{lab}/lab/tree/notebooks/{name}.ipynb?reset")
    run_all(page)
    outputs = page.eval_on_selector_all(".jp-OutputArea-output", HEIGHTS)
    assert max(outputs) <= 1_500
    assert sum(page.eval_on_selector_all(".jp-Cell", HEIGHTS)) <= 10_000
    page.close()
