"""Two runs of a public report, and every number in it: nothing differs, and every count is rounded."""

import csv
import io
import json
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import openpyxl
import pytest

from tests.test_privacy import _text
from tests.test_workspaces import write_register

PUBLIC = """
[[reports]]
name = "public"
notebooks = ["1_turnaround", "2_channels", "3_partners", "4_flow"]
audience = "public"
formats = ["html", "xlsx"]
"""


# What stands in the register and nowhere in a public report: references, free text, the longest time (from 4 March 2014
# to 15 July 2026), the most persons.
REFERENCE, REMARK, PERSONS, LONGEST = (
    "ReferenceCanary",
    "RemarkCanary",
    "7919",
    ("4516", "4,516", "12.4 years"),
)


@pytest.fixture(scope="module")
def runs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The public report of three hundred requests, made twice in two folders."""
    return [made(root, tmp_path_factory.mktemp(name), 300) for name in ("first", "second")]


def made(root: Path, home: Path, size: int, language: str = "en") -> Path:
    """The public report of a workspace of so many requests; its command ends well."""
    source = root / "tests" / "workspaces" / "thirty"
    text = (source / "mlastats.toml").read_text(encoding="utf-8").split("[[reports]]")[0] + PUBLIC
    text = text.replace("../../../notebooks", (root / "notebooks").as_posix())
    text = text.replace('audience = "public"', f'audience = "public"\nlanguage = "{language}"')
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    write_register(home / "register.csv", 1)
    head, *rows = csv.reader(io.StringIO((home / "register.csv").read_text(encoding="utf-8")))
    chosen = [_marked(dict(zip(head, row, strict=True))) for row in random.Random(1).sample(rows, size)]
    if chosen:
        # One that took longest of all, and asked for more persons than any.
        chosen[0] |= {"direction": "incoming", "received": "2014-03-04", "persons": PERSONS, "kind": "mla"}
        chosen[0] |= {"sent": "", "answered": "2026-07-15", "outcome": "executed", "channel": "diplomatic"}
    with (home / "register.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, [*head, "Remarks"], restval="")
        written.writeheader()
        written.writerows(chosen)
    command = [sys.executable, "-m", "mlastats", "report", "--config", str(home / "mlastats.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((home / "reports" / "public").glob("*/*/r1"))


def _marked(row: dict[str, str]) -> dict[str, str]:
    linked = (
        {"linked_request_id": f"{REFERENCE}{row['linked_request_id']}"}
        if row.get("linked_request_id")
        else {}
    )
    return row | {"request_id": f"{REFERENCE}{row['request_id']}", "Remarks": f"{REMARK} of it"} | linked


def cells(path: Path) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def exhibits(folder: Path) -> list[dict]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("exhibits/*.json"))]


def counted(exhibit: dict) -> set[str]:
    """The columns that count requests, or matters, by any name."""
    return {name for name, column in exhibit["columns"].items() if column["kind"] == "count"}


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
    assert len(same) > 20
    assert [name for name in same if (first / name).read_bytes() != (second / name).read_bytes()] == []
    assert cells(first / "public.xlsx") == cells(second / "public.xlsx")


def test_every_saved_count_is_a_multiple_of_five(runs: list[Path]) -> None:
    seen, few = 0, 0
    for exhibit in exhibits(runs[0]):
        for row in exhibit["table"]:
            numbers = {row[name] for name in counted(exhibit)} - {None}
            seen += len(numbers)
            assert not {n for n in numbers if n < 5 or n % 5}, exhibit["name"]
        few += sum(why == "few" for _row, _name, why in exhibit["missing"])
    assert seen > 30
    assert few > 30


def test_every_count_of_the_page_its_downloads_and_the_workbook_is_rounded(runs: list[Path]) -> None:
    page = Tables((runs[0] / "public.html").read_text(encoding="utf-8"))
    labels = {e["columns"][name]["label"] for e in exhibits(runs[0]) for name in counted(e)}
    names = {name for exhibit in exhibits(runs[0]) for name in counted(exhibit)}
    labels |= names
    book = [[list(map(str, row)) for row in rows] for rows in cells(runs[0] / "public.xlsx").values()]
    downloads = [_csv(link) for link in page.links]
    assert len(downloads) > 5
    seen = 0
    for table in [*page.tables, *downloads, *book]:
        places: list[int] = []
        for row in table:
            heads = [n for n, text in enumerate(row) if text in labels]
            places = heads or places
            if not heads:
                shown = [row[n] for n in places if n < len(row)]
                numbers = [text.replace(",", "") for text in shown]
                seen += len(numbers)
                wrong = [n for n in numbers if re.fullmatch(r"[\d.]+", n) and (float(n) < 5 or float(n) % 5)]
                assert not wrong, row
    assert seen > 100


def test_no_sentence_says_a_number_of_requests_that_is_not_rounded(runs: list[Path]) -> None:
    page = Tables((runs[0] / "public.html").read_text(encoding="utf-8"))
    said = " ".join(page.words)
    assert "A count of 0 to 4 is given as" in said
    counts = re.findall(
        r"(?<![\d.,%–-])\b(\d+)\b (?=(?:requests?|matters?|contacts?|refusals?|formal ones)\b)", said
    )
    assert not [n for n in counts if int(n) % 5], counts
    for path in runs[0].glob("exhibits/*.svg"):
        text = path.read_text(encoding="utf-8")
        assert not [mark for mark in ("<title", "<desc", "<metadata") if mark in text]


def test_the_manifest_says_nothing_of_the_data(runs: list[Path]) -> None:
    manifest = json.loads((runs[0] / "manifest.json").read_text(encoding="utf-8"))
    assert {"requests", "key", "reason"}.isdisjoint(manifest)
    series = json.loads((runs[0].parents[3] / ".public.json").read_text(encoding="utf-8"))
    assert [one["number"] for one in series] == [1]
    assert len(series[0]["days"]) == 1


def test_no_reference_text_or_extreme_of_the_register_is_in_any_file(runs: list[Path]) -> None:
    """In no page, workbook, exhibit, drawing or manifest, nor in a text that stands for a picture."""
    files = {path.name: _text(path.read_bytes()) for path in runs[0].rglob("*.*") if path.suffix != ".png"}
    assert {Path(name).suffix for name in files} == {".html", ".xlsx", ".json", ".svg", ".parquet"}
    for canary in (REFERENCE, REMARK):
        assert not [name for name, text in files.items() if canary in text], canary
    page = Tables((runs[0] / "public.html").read_text(encoding="utf-8"))
    alts = re.findall(
        r'(?:alt|aria-label|title)="([^"]*)"', (runs[0] / "public.html").read_text(encoding="utf-8")
    )
    read = [*page.words, *alts, *(cell for table in page.tables for row in table for cell in row)]
    read += [str(cell) for rows in cells(runs[0] / "public.xlsx").values() for row in rows for cell in row]
    read += [
        str(value) for exhibit in exhibits(runs[0]) for row in exhibit["table"] for value in row.values()
    ]
    read += [exhibit[name] for exhibit in exhibits(runs[0]) for name in ("finding", "alt")]
    read += re.findall(
        r"<text[^>]*>([^<]*)", "".join(text for name, text in files.items() if name.endswith("svg"))
    )
    number = re.compile(rf"(?<![\d.,]){'|'.join(map(re.escape, (PERSONS, *LONGEST)))}(?![\d])")
    assert not [text for text in read if number.search(text)]
    # Nor a single day of the register: dates are the day looked at, the years, and the days of observation.
    days = {text for text in read for text in re.findall(r"\d{4}-\d\d-\d\d", text)}
    assert days <= {"2026-09-30"}


def test_a_picture_is_saved_as_svg_and_as_png_with_its_words(runs: list[Path]) -> None:
    drawings = sorted(runs[0].glob("exhibits/*.svg"))
    assert {path.stem for path in drawings} == {path.stem for path in runs[0].glob("exhibits/*.png")}
    for drawing in drawings:
        wide, high = map(float, re.findall(r'(?:width|height)="([\d.]+)"', drawing.read_text("utf-8"))[:2])
        picture = drawing.with_suffix(".png").read_bytes()
        # The head of a PNG: its mark, then width and height as four bytes each. 200 dots an inch of 72 points; a margin
        # of 14 points, and above and below the drawing what it says.
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        size = [int.from_bytes(picture[start : start + 4]) for start in (16, 20)]
        assert size[0] == pytest.approx((wide + 28) * 200 / 72, abs=1.5)
        assert size[1] > (high + 28 + 60) * 200 / 72
        assert picture == (runs[1] / "exhibits" / f"{drawing.stem}.png").read_bytes()


class TestFewRequests:
    """Of fewer than a hundred requests the public is told their number alone, on one page that says why."""

    @pytest.mark.parametrize(
        ("size", "language", "why"),
        [
            (0, "en", "There are fewer than 100 requests: their number alone is published."),
            (3, "en", "There are fewer than 100 requests: their number alone is published."),
            (30, "lo", "ມີຄຳຮ້ອງຂໍໜ້ອຍກວ່າ 100 ສະບັບ"),
            (99, "en", "There are fewer than 100 requests: their number alone is published."),
        ],
    )
    def test_one_table_by_direction_and_strand(
        self, size: int, language: str, why: str, root: Path, tmp_path: Path
    ) -> None:
        folder = made(root, tmp_path, size, language)
        (exhibit,) = exhibits(folder)
        page = Tables((folder / "public.html").read_text(encoding="utf-8"))
        (table,) = page.tables
        # A page joins the words of Lao, so that no line breaks within one.
        assert why in " ".join(page.words).replace("\u2060", "")
        # Two directions and four strands, whether or not there is a request of each: a head, and a row for each direction
        # above its strands.
        assert len(table) == 1 + 2 + 8
        shown = [row["requests"] for row in exhibit["table"]]
        assert all(count is None or (count >= 5 and count % 5 == 0) for count in shown)
        assert len(exhibit["missing"]) == shown.count(None)
        # Eight rounded counts are each off by at most 4.
        assert abs(sum(filter(None, shown)) - size) <= 8 * 4
        assert any(shown) == (size > 3)


def _csv(link: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(unquote_to_bytes(link.split(",", 1)[1]).decode("utf-8-sig"))))
