"""A notebook that a report runs is saved as papermill's own command saves it, with its kernel."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mlastats import settings
from mlastats.run import notebook, process, reports

PAPERMILL = Path(sys.executable).with_name("papermill")
KERNEL = {"name": "python3", "display_name": "Python", "language": "python"}


@pytest.fixture
def executed(tmp_path: Path) -> Callable[..., tuple[list[Any], process.Result]]:
    """The cells of a notebook of these sources, run as a report runs it, and what became of it."""

    def run(*sources: str) -> tuple[list[Any], process.Result]:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), tmp_path / "one.ipynb"
        )
        arguments = (tmp_path / "one.ipynb", tmp_path / "out.ipynb", {})
        (tmp_path / "scratch").mkdir()
        task = process.Task("one", notebook.run, arguments, tmp_path / "scratch", tmp_path / "log")
        process.prepare(tmp_path)
        end = time.monotonic() + 120
        result = process.run(task, lambda: end - time.monotonic(), lambda event: None)
        return nbformat.read(tmp_path / "out.ipynb", 4).cells, result

    return run


@pytest.fixture
def by_papermill(tmp_path: Path) -> Callable[[], list[Any]]:
    """The cells of the same notebook, run by papermill's command with its kernel."""

    def run() -> list[Any]:
        command = [PAPERMILL, tmp_path / "one.ipynb", tmp_path / "theirs.ipynb"]
        (tmp_path / "other").mkdir()
        subprocess.run(command, cwd=tmp_path / "other", capture_output=True)
        return nbformat.read(tmp_path / "theirs.ipynb", 4).cells

    return run


def shown(cells: list[Any]) -> list[Any]:
    """What each code cell shows, in order; what differs from one run to the next is left out."""
    return [
        [cell.execution_count, [without_places(output) for output in joined(cell.outputs)]]
        for cell in cells
        if cell.cell_type == "code"
    ]


def joined(outputs: list[Any]) -> list[Any]:
    """Neighbouring pieces of one stream are one: how they are cut depends on the clock."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == "stream" and found[-1].get("name") == output.name:
            found[-1] = {**found[-1], "text": found[-1]["text"] + output.text}
        else:
            found.append(dict(output))
    return found


def without_places(output: dict[str, Any]) -> dict[str, Any]:
    """Without temporary files, addresses and the frames of a traceback."""
    text = json.dumps({**output, "traceback": len(output.get("traceback", ())) > 0})
    text = re.sub(r"/\S*?ipykernel_\d+/\d+\.py|<ipython-input-[^>]*>|\d+\.py", "CELL", text)
    return dict(json.loads(re.sub(r"0x[0-9a-f]+", "ADDRESS", text)))


DISPLAYS = [
    "import sys\nfrom IPython.display import HTML, Markdown, clear_output, display",
    "print(1)\ndisplay(HTML('<b>x</b>'), metadata={'mlastats': {'exhibit': 'x'}})\nprint(2, file=sys.stderr)",
    "handle = display(Markdown('was'), display_id=True)",
    "handle.update(Markdown('is'))",
    "print('gone')\nclear_output()\nprint('there')",
    "print('gone')\nclear_output(wait=True)\ndisplay('there')",
]


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param(["x = 2", "x + 40", "_ + Out[2];", "_2", "", "  ", "Out"], id="results"),
        pytest.param(["import pandas as pd", "pd.DataFrame({'a': [1, 2]})"], id="frames"),
        pytest.param(["print('a', end='')\nprint('b')\n'c'"], id="text and a result"),
        pytest.param(DISPLAYS, id="displays"),
        pytest.param(["import warnings", "warnings.warn('careful', stacklevel=1)"], id="warnings"),
        pytest.param(["import logging", "logging.warning('late')"], id="logging"),
        pytest.param(
            ["%matplotlib inline", "import matplotlib.pyplot as plt\nline, = plt.plot([1, 2])", "plt.show()"],
            id="a figure by magic",
        ),
        pytest.param(
            ["import matplotlib.pyplot as plt", "fig, ax = plt.subplots(figsize=(1, 1))"], id="a figure"
        ),
        pytest.param(["import asyncio\nawait asyncio.sleep(0)\n'waited'"], id="top-level await"),
        pytest.param(
            ["!echo out; echo err >&2", "files = !printf 'a\\nb\\n'\nlist(files)", "_exit_code"],
            id="commands",
        ),
        pytest.param(
            ["%%bash\necho cell", "%precision 2\n3.14159", "%%capture c\nprint(1)", "c.stdout"], id="magics"
        ),
        pytest.param(["import pickle\nclass Own: pass\nlen(pickle.dumps(Own())) > 0", "__name__"], id="main"),
    ],
)
def test_what_a_cell_shows_is_saved_as_a_kernel_shows_it(executed, by_papermill, sources) -> None:
    ours, result = executed(*sources)
    assert result.message == ""
    assert shown(ours) == shown(by_papermill())


def test_what_is_written_past_python_is_saved_too(executed) -> None:
    sources = ["import os", "x = os.system('echo past; echo python >&2')", "print('after')"]
    streams = [{"stdout": "past\n", "stderr": "python\n"}, {"stdout": "after\n"}]
    ours, _result = executed(*sources)
    # A kernel may put them into the next cell, or lose the last.
    assert [{output.name: output.text for output in cell.outputs} for cell in ours[1:]] == streams


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("print('before')\n1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("%nosuchmagic", "CellExecutionError"),
        ("import sys\nsys.exit(3)", "SystemExit"),
        ("class Bad:\n    def _repr_html_(self): raise KeyError(1)\nBad()", "KeyError"),
    ],
)
def test_a_cell_that_fails_keeps_its_traceback_as_papermill_leaves_it(
    executed, by_papermill, source, kind
) -> None:
    ours, result = executed("x = 1", source, "print('never')")
    theirs = by_papermill()
    assert result.error == "ReportFailed"
    assert result.message == f"notebook 'one', cell 2: {kind}; the executed notebook tells more."
    assert shown(ours) == shown(theirs)

    def state(cell: Any) -> list[Any]:
        return [
            cell.cell_type,
            cell.source,
            *map(cell.metadata.get("papermill", {}).get, ("status", "exception")),
        ]

    assert [state(cell) for cell in ours] == [state(cell) for cell in theirs]


def test_a_magic_that_is_not_there_is_named(executed) -> None:
    cells, _result = executed("%connect_info")
    assert "`%connect_info` not found" in cells[-1].outputs[0].text


def test_an_error_of_our_own_keeps_its_message_and_nothing_of_a_cell_reaches_the_log(
    executed, tmp_path
) -> None:
    cells, result = executed(
        "import logging, os, sys, warnings",
        "print('Somchai')\nprint('Somchai', file=sys.stderr)\nos.system('echo Somchai >&2')",
        "logging.warning('Somchai')\nwarnings.warn('Somchai')",
        "from mlastats import errors\nerrors.one_of('format', 'gif', ['html'])",
    )
    assert (result.error, result.message) == (
        "ConfigurationError",
        "notebook 'one', cell 4: `format` must be one of 'html'; got 'gif'.",
    )
    assert sum("Somchai" in json.dumps(cell.get("outputs")) for cell in cells) == 2
    assert (tmp_path / "log").read_text() == ""


def test_printed_text_is_saved_up_to_a_bound(executed) -> None:
    cells, result = executed("for n in range(300):\n    print('x' * 9_999)", "print('more')", "1 + 1")
    assert result.message == ""
    texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]
    assert [len(text) for text in texts] == [notebook.LONGEST_STREAM, 0, 0]
    assert cells[2].outputs[0].data["text/plain"] == "2"


def test_papermills_own_command_makes_the_same_exhibits(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(
        root / "tests" / "workspaces" / "thirty", home, ignore=shutil.ignore_patterns("data", "reports")
    )
    shutil.copytree(root / "notebooks", home / "notebooks")
    text = (home / "mlastats.toml").read_text(encoding="utf-8").split("[[reports]]")[0]
    text = text.replace("../../../notebooks", "notebooks").replace("2026-09-30", "2026-06-30", 1)
    report = '[[reports]]\nname = "one"\nnotebooks = ["1_turnaround"]\nformats = ["html"]\n'
    (home / "mlastats.toml").write_text(text + report, encoding="utf-8")
    names = []

    def elsewhere(task: process.Task, left: Callable[[], float], emit: Callable[..., None]) -> process.Result:
        """Runs a task as another machine would: what goes there and comes back is bytes."""
        names.append(task.name)
        sent = pickle.loads(pickle.dumps(task))
        return pickle.loads(pickle.dumps(process.run(sent, left, emit)))

    options = reports.Options(runner=elsewhere)
    outcome = reports.report(settings.load(home / "mlastats.toml"), options=options, emit=lambda event: None)
    assert outcome.failed == {}
    assert {"check", "clean", "notebook '1_turnaround'", "html", "index"} <= set(names)
    command = [PAPERMILL, "notebooks/1_turnaround.ipynb", "out.ipynb", "-p", "as_of", "2026-06-30"]
    environment = {**os.environ, "MLASTATS_EXHIBITS": str(home / "exhibits")}
    subprocess.run(command, cwd=home, env=environment, capture_output=True, check=True)
    published = home / "reports" / "one" / "all" / "all" / "r1" / "exhibits"
    ours = {path.name: path.read_bytes() for path in published.iterdir() if path.suffix != ".png"}
    theirs = {path.name: path.read_bytes() for path in (home / "exhibits").iterdir()}
    assert len(theirs) > 20
    assert ours == theirs
