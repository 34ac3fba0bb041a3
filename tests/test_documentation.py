"""The documentation site builds without a warning, and every command and output in it is run.

A page's blocks are run in order, in one folder: `console` and `python` are run and held against what they print, a
block with a caption is written to the file that it names, and the workbook of `mlastats review` is answered as the
page's table says.
"""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.answering import Row, answer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(?:\{code-block\} )?(\w+)\n(?::caption: ([^\n]+)\n\n?)?(.*?)^```$", re.M | re.S)
ANSWERS = re.compile(r"^\| *(.+?) *\| *(.+?) *\|$", re.M)
AT_THE_END = ", at its end"
ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Where these are not made on the page itself, it speaks of the example, cleaned.
MAKES_ITS_OWN = "$ mlastats init"


class Block(NamedTuple):
    """A fenced block: its language, the file that it stands in, if any, and its text."""

    language: str
    caption: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*map(str, found)) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


def is_run(block: Block) -> bool:
    return bool(block.caption) or block.language in ("console", "python")


# Its blocks are the cells of a notebook: test_own_exhibit.py runs them; those of the other need a scheduler and workers.
ELSEWHERE = {"own-exhibit", "cluster"}
RUN = sorted({page.stem for page in DOCS.glob("*.md") if any(map(is_run, blocks(page)))} - ELSEWHERE)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_what_a_page_shows_is_what_it_gives(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_page(name, tmp_path, request, monkeypatch)


@pytest.mark.faults
def test_what_the_page_on_a_cluster_shows_is_what_it_gives(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_page("cluster", tmp_path, request, monkeypatch)


def check_page(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = DOCS / f"{name}.md"
    folder = tmp_path
    if MAKES_ITS_OWN not in page.read_text(encoding="utf-8"):
        folder = shutil.copytree(request.getfixturevalue("example_workspace"), tmp_path / "try")
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MLASTATS_SECRET", raising=False)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    told: dict[str, Any] = {}
    answers = dict(ANSWERS.findall(page.read_text(encoding="utf-8")))
    for block in filter(is_run, blocks(page)):
        if block.caption:
            _written(folder, block)
        elif block.language == "console":
            folder = _console(folder, block.text, answers)
        else:
            with contextlib.chdir(folder):
                _python(name, block.text, told)


def _written(folder: Path, block: Block) -> None:
    path = folder / block.caption.removesuffix(AT_THE_END)
    before = path.read_text(encoding="utf-8") if block.caption.endswith(AT_THE_END) else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + block.text, encoding="utf-8")


def _console(folder: Path, text: str, answers: dict[str, str]) -> Path:
    """Run the commands of a block; returns the folder that they end in."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        if command.startswith("cd "):
            folder = folder / command.removeprefix("cd ")
            continue
        if command == "mlastats lab":
            _lab(folder)
            continue
        if command.startswith("mlastats review --apply"):
            _answer(folder / "data" / "review.xlsx", answers)
        ran = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        printed = ran.stdout + ran.stderr
        assert doctest.OutputChecker().check_output(shown, printed, ALIKE), f"{command}\n{printed}"
    return folder


def _lab(folder: Path) -> None:
    """JupyterLab starts in the workspace; ended as soon as it says that it is there."""
    command = ["mlastats", "lab", "--no-browser", "--port=0", "--allow-root"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as lab:
        assert lab.stderr
        said = next((line for line in lab.stderr if "is running at" in line), "")
        lab.terminate()
        lab.stderr.read()
    assert said


def _answer(book: Path, answers: dict[str, str]) -> None:
    used = set()

    def decide(_sheet: str, row: Row) -> str | None:
        asked = next((text for text in (row.get("written"), row["question"]) if text in answers), None)
        used.add(asked)
        return answers[asked] if asked else None

    answer(book, decide)
    assert len(used - {None}) >= 2, "the page's table names what the workbook asks"


def _python(name: str, text: str, told: dict[str, Any]) -> None:
    """Run a block in the names of those before it; with prompts, what is printed must be what it shows."""
    if ">>>" not in text:
        exec(compile(text, name, "exec"), told)
        return
    example = doctest.DocTestParser().get_doctest(text, told, name, None, None)
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False, optionflags=ALIKE)
    runner.run(example, out=report.write, clear_globs=False)
    told.update(example.globs)
    assert not runner.failures, report.getvalue()


class Resources(HTMLParser):
    """What a page fetches before anybody clicks."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("link", "script", "img", "iframe", "source", "use", "object"):
            names = ("href", "src", "srcset", "data", "xlink:href")
            self.fetched += [str(given[name]) for name in names if given.get(name)]


@pytest.mark.slow
def test_the_site_is_built_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "read", DOCS, tmp_path / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = sorted((tmp_path / "html").rglob("*.html"))
    assert {page.stem for page in DOCS.glob("*.md")} <= {page.stem for page in pages}
    for page in pages:
        reader = Resources()
        reader.feed(page.read_text(encoding="utf-8"))
        assert not [name for name in reader.fetched if re.match(r"(https?:)?//", name)], page.name
    for sheet in (tmp_path / "html").rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )
    pictures = list((DOCS / "figures").glob("*.svg"))
    assert pictures
    # On a dark page figures keep their paper: the builder moves them, so that their folder tells nothing.
    paper = re.search(
        r"article img\[src\$=\"(.+?)\"\]", (DOCS / "_static" / "site.css").read_text(encoding="utf-8")
    )
    assert paper
    assert {picture.name for picture in (tmp_path / "html" / "_images").glob(f"*{paper[1]}")} == {
        picture.name for picture in pictures
    }
    assert max(picture.stat().st_size for picture in pictures) < 60_000
