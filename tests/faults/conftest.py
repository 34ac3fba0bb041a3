"""A small workspace of its own for each fault, and the real command that works in it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

TESTS = Path(__file__).parents[1]
REPORTS = """
[[reports]]
name = "first"
notebooks = ["small"]

[[reports]]
name = "second"
notebooks = ["small"]
"""


@dataclass
class Home:
    """A workspace; `prefix` is put before every command, `environment` added to its environment."""

    folder: Path
    prefix: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        command = [*self.prefix, sys.executable, "-m", "mlastats", *arguments]
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*command, "--config", str(self.folder / "mlastats.toml")],
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=environment | self.environment,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        child = self.start(*arguments, **options)
        out, err = child.communicate(timeout=240)
        assert "Traceback" not in err
        return child.returncode, out, err

    def run_until(self, event: str, fault: Callable[[], object]) -> tuple[int, list[dict], str]:
        """Do `fault` at the first such event of a run; exit code, all events, standard error."""
        child = self.start("report", "--force", "--jobs", "1", "--json")
        events, done = [], False
        assert child.stdout
        assert child.stderr
        for line in child.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == event and not done:
                done = True
                fault()
        assert done, f"no event {event!r} in {events}"
        return child.wait(60), events, child.stderr.read()

    def published(self) -> dict[str, bytes]:
        """Every file of every revision, and what `latest` names, by place."""
        found = {}
        for path in self.reports.glob("[!.]*/*/*/*"):
            files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
            found |= {str(file.relative_to(self.reports)): file.read_bytes() for file in files}
        return found

    def states(self) -> dict[str, str]:
        code, out, err = self.run("status", "--json")
        assert code == 0, err
        return {found["report"]: found["state"] for found in json.loads(out)["reports"]}

    def is_whole(self) -> bool:
        return self.run("verify")[0] == 0

    def survivors(self, seconds: float = 10) -> list[str]:
        """Processes that still work in this workspace after some seconds of grace."""
        until = time.monotonic() + seconds
        while (left := list(self._processes())) and time.monotonic() < until:
            time.sleep(0.2)
        return left

    def _processes(self) -> Iterator[str]:
        for process in psutil.process_iter(["cmdline", "cwd", "environ", "status"]):
            said = [*(process.info["cmdline"] or ()), process.info["cwd"] or ""]
            said += (process.info["environ"] or {}).values()
            if any(str(self.folder) in text for text in said) and process.info["status"] != "zombie":
                yield " ".join(process.info["cmdline"] or ())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Thirty requests, two reports of one short notebook in two formats."""
    folder = tmp_path / "home"
    shutil.copytree(TESTS / "workspaces" / "thirty", folder)
    text = (folder / "mlastats.toml").read_text().split("[[reports]]")[0]
    (folder / "mlastats.toml").write_text(text.replace("../../../notebooks", "notebooks") + REPORTS)
    notebook_of(folder)
    return Home(folder)


@pytest.fixture
def notebook(home: Home) -> Callable[..., None]:
    """Replaces the workspace's notebook: `notebook("1 / 0")` puts code after its exhibits."""
    return lambda *code, **options: notebook_of(home.folder, *code, **options)


@pytest.fixture
def mortal(home: Home) -> Home:
    """The workspace for whom permissions count, which they do not for root."""
    if os.geteuid() == 0:
        home.prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if not shutil.which("setpriv"):
            pytest.skip("root without setpriv cannot lay down its powers")
    return home


def notebook_of(folder: Path, *code: str, exhibits: int = 1) -> None:
    """The first exhibits of the notebook on turnaround, then cells of `code`."""
    text = (TESTS.parent / "notebooks" / "1_turnaround.ipynb").read_text(encoding="utf-8")
    text = text.replace('\\"1_turnaround\\"', '\\"small\\"')
    notebook = json.loads(text)
    kept, shown = [], 0
    for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        shows = "page.show(" in "".join(cell["source"])
        shown += shows
        if not shows or shown <= exhibits:
            kept.append(cell)
    own = [{**kept[-1], "id": f"own{n}", "source": source, "metadata": {}} for n, source in enumerate(code)]
    place = folder / "notebooks" / "small.ipynb"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(notebook | {"cells": [*kept, *own]}), encoding="utf-8")
