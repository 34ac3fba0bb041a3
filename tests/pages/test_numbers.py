"""The briefing of the example says the same in PDF, Word, HTML, Excel and JSON, read back as a reader would.

The numbers of each finding are worked out here from the saved tables, and looked for in what was printed.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unicodedata import normalize

import docx
import openpyxl
import pytest
from lxml import html

from mlastats.publish.exhibit import headline
from tests.pages.conftest import newest

pytestmark = pytest.mark.pages

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?%?")
CODES = {"Incoming": "incoming", "Outgoing": "outgoing"}


@pytest.fixture(scope="module")
def folder(reports: Path) -> Path:
    return newest(reports, "overview")


def plain(text: str) -> str:
    # A font may join letters (ffi); compatibility forms take them apart again.
    return " ".join(normalize("NFKC", text).split())


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("Debian's poppler-utils are not installed")
    command = ["pdftotext", "-layout", str(folder / "overview.pdf"), "-"]
    return plain(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def written(folder: Path) -> list[tuple[str, str]]:
    """Style and text of each paragraph of the Word document."""
    found = docx.Document(str(folder / "overview.docx")).paragraphs
    return [(str(one.style.name), plain(one.text)) for one in found if one.style]


@pytest.fixture(scope="module")
def page(folder: Path) -> Any:
    return html.fromstring((folder / "overview.html").read_bytes())


@pytest.fixture(scope="module")
def findings(page: Any) -> list[str]:
    """The key findings of the page, in their order."""
    return [plain(item.text_content()) for item in page.xpath("//section[@class='found']//*[@class='said']")]


def exhibits(folder: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "exhibits").glob("*.json")]
    return {one["name"]: one for one in found}


def percent(share: float) -> str:
    return f"{round(100 * share)}%"


def test_the_findings_are_the_same_sentences(
    folder: Path, findings: list[str], printed: str, written: list[tuple[str, str]]
) -> None:
    assert 3 <= len(findings) <= 5
    cover = openpyxl.load_workbook(folder / "overview.xlsx")["Cover"]
    cells = [plain(str(row[1])) for row in cover.iter_rows(values_only=True) if row[1]]
    facts = [fact["sentence"] for one in exhibits(folder).values() for fact in one["facts"]]
    listed = [text for style, text in written if style == "List Number"]
    at = [printed.index(sentence) for sentence in findings]
    assert at == sorted(at)
    assert cells[-len(findings) :] == findings
    assert [text.split("? ", 1)[1].partition(" (")[0] for text in listed] == [
        f.partition(" (")[0] for f in findings
    ]
    assert set(findings) <= set(facts)


def test_charts_say_the_finding_of_their_exhibit(
    folder: Path, page: Any, printed: str, written: list[tuple[str, str]]
) -> None:
    of_page = {
        plain(one.text_content()).partition(" ")[2]
        for one in page.xpath("//section[@class='exhibit']//*[self::h2 or self::h3]")
    }
    body = [text for style, text in written if style == "Normal"]
    titles = [text for text in body if text in of_page]
    assert len(titles) == 4
    assert all(title in printed for title in titles)
    pictures = docx.Document(str(folder / "overview.docx")).inline_shapes
    alternatives = [shape._inline.docPr.get("descr") for shape in pictures]
    drawn = {headline(one["finding"])[0]: one["alt"] for one in exhibits(folder).values()}
    assert alternatives == [drawn[title] for title in titles]


def test_coverage_and_day_stand_in_every_format(
    folder: Path, page: Any, printed: str, written: list[tuple[str, str]]
) -> None:
    summary = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tables = {name: one["table"] for name, one in exhibits(folder).items()}
    total = sum(one["requests"] for one in tables["register_account"])
    coverage = f"{total:,} requests from 4 registers, kept from 1 January 2014 to 30 September 2026."
    assert summary["as_of"] == "2026-09-30"
    assert coverage in plain(page.text_content())
    assert printed.count(f"As of 30 September 2026. {coverage}") == 2
    assert any(style == "List Bullet" and text.startswith(coverage) for style, text in written)
    cover = openpyxl.load_workbook(folder / "overview.xlsx")["Cover"]
    assert any(str(row[1]).startswith(coverage) for row in cover.iter_rows(values_only=True))
