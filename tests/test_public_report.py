"""Two runs of a public report, and every number in it: nothing differs, and no small count is left."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import openpyxl
import pytest

SMALL = {1, 2, 3, 4}
PUBLIC = """
[[reports]]
name = "public"
notebooks = ["1_turnaround", "2_channels", "3_partners", "4_flow"]
audience = "public"
formats = ["html", "xlsx"]
"""


@pytest.fixture(scope="module")
def runs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The public report of the workspace of thirty requests, made twice in two folders."""
    return [made(root, tmp_path_factory.mktemp(name)) for name in ("first", "second")]


def made(root: Path, home: Path) -> Path:
    source = root / "tests" / "workspaces" / "thirty"
    text = (source / "mlastats.toml").read_text(encoding="utf-8").split("[[reports]]")[0] + PUBLIC
    text = text.replace("../../../notebooks", (root / "notebooks").as_posix())
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    shutil.copy(source / "register.csv", home)
    command = [sys.executable, "-m", "mlastats", "report", "--config", str(home / "mlastats.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((home / "reports" / "public").glob("*/*/r1"))


def cells(path: Path) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def exhibits(folder: Path) -> list[dict]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("exhibits/*.json"))]


def counted(exhibit: dict) -> set[str]:
    """The columns that count requests, or matters, by any name."""
    return {name for name, column in exhibit["columns"].items() if column["kind"] == "count"}


def small(text: str) -> bool:
    return text.replace(",", "") in {str(n) for n in SMALL}


class Tables(HTMLParser):
    """The cells of the tables of a page, the links to its downloads, and all its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._cell: list[str] | None = None
        self._unread = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and (given.get("href") or "").startswith("data:"):
            self.links.append(given["href"] or "")
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        self._unread += tag in ("script", "style", "svg")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("".join(self._cell).strip())
            self._cell = None
        self._unread -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)


def test_two_runs_give_the_same(runs: list[Path]) -> None:
    first, second = runs
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*.*"))
    assert names == sorted(str(path.relative_to(second)) for path in second.rglob("*.*"))
    same = [name for name in names if name.endswith((".html", ".svg", ".json")) and name != "manifest.json"]
    assert len(same) > 40
    assert [name for name in same if (first / name).read_bytes() != (second / name).read_bytes()] == []
    assert cells(first / "public.xlsx") == cells(second / "public.xlsx")


def test_no_small_count_is_in_the_saved_tables(runs: list[Path]) -> None:
    seen = 0
    for exhibit in exhibits(runs[0]):
        for row in exhibit["table"]:
            numbers = {row[name] for name in counted(exhibit)} - {None}
            seen += len(numbers)
            assert not numbers & SMALL, exhibit["name"]
    assert seen > 50


def test_no_small_count_is_in_the_tables_of_the_page_or_its_downloads(runs: list[Path]) -> None:
    page = Tables((runs[0] / "public.html").read_text(encoding="utf-8"))
    labels = {
        exhibit["columns"][name]["label"] for exhibit in exhibits(runs[0]) for name in counted(exhibit)
    } | {name for exhibit in exhibits(runs[0]) for name in counted(exhibit)}
    downloads = [_csv(link) for link in page.links]
    assert len(downloads) > 10
    seen = 0
    for table in [*page.tables, *downloads]:
        places = [n for n, label in enumerate(table[0]) if label in labels] if table else []
        shown = [row[n] for row in table[1:] for n in places if n < len(row)]
        seen += len(shown)
        assert not [text for text in shown if small(text)], table[0]
    assert seen > 100


def test_no_small_count_is_in_the_workbook(runs: list[Path]) -> None:
    labels = {exhibit["columns"][name]["label"] for exhibit in exhibits(runs[0]) for name in counted(exhibit)}
    seen = 0
    for rows in cells(runs[0] / "public.xlsx").values():
        places: list[int] = []
        for row in rows:
            heads = [n for n, value in enumerate(row) if value in labels]
            if heads:
                places = heads
            numbers = {row[n] for n in places if isinstance(row[n], int | float)}
            seen += len(numbers)
            assert not numbers & SMALL
    assert seen > 50


def test_no_sentence_and_no_picture_says_a_small_count(runs: list[Path]) -> None:
    page = Tables((runs[0] / "public.html").read_text(encoding="utf-8"))
    said = " ".join(page.words)
    assert "30 requests" in said
    things = r"(?:of|requests?|matters?|contacts?|refusals?|is stuck|are stuck|are pending|have no answer|has no answer)"
    assert not re.findall(rf"(?<![\d.,%–-])\b[1-4]\b(?= {things}\b)(?! of these)", said)
    # Letters of a picture are outlines, drawn from the saved table; nothing else in it can be read.
    pictures = [path.read_text(encoding="utf-8") for path in runs[0].glob("exhibits/*.svg")]
    assert len(pictures) > 3
    assert not [text for text in pictures if "<text" in text or "<title" in text or "<desc" in text]


def test_a_picture_is_saved_as_svg_and_as_png_of_the_same_shape(runs: list[Path]) -> None:
    drawings = sorted(runs[0].glob("exhibits/*.svg"))
    assert {path.stem for path in drawings} == {path.stem for path in runs[0].glob("exhibits/*.png")}
    for drawing in drawings:
        wide, high = map(float, re.findall(r'(?:width|height)="([\d.]+)pt"', drawing.read_text("utf-8"))[:2])
        picture = drawing.with_suffix(".png").read_bytes()
        # The head of a PNG: its mark, then width and height as four bytes each. 200 dots an inch of 72 points.
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        size = [int.from_bytes(picture[start : start + 4]) for start in (16, 20)]
        assert size == pytest.approx([wide * 200 / 72, high * 200 / 72], abs=1.5)
        assert picture == (runs[1] / "exhibits" / f"{drawing.stem}.png").read_bytes()


def _csv(link: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(unquote_to_bytes(link.split(",", 1)[1]).decode("utf-8-sig"))))
