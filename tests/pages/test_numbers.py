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
    return [plain(item.text_content()) for item in page.xpath("//section[@class='key']//li/p")]


def exhibits(folder: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "exhibits").glob("*.json")]
    return {one["name"]: one for one in found}


def percent(share: float) -> str:
    return f"{round(100 * share)}%"


def how_long(rows: list[dict[str, Any]], direction: str) -> list[str]:
    (row,) = (row for row in rows if row["direction"] == direction)
    days = [f"{row[name]:,.0f}" for name in ("median_days", "lower", "upper")]
    return [days[0], "95%", *days[1:], f"{row['pending']:,}"]


def stuck(rows: list[dict[str, Any]]) -> list[str]:
    total = sum(row["pending"] for row in rows)
    old = sum(row["pending"] for row in rows if row["age_band"] in ("365-729", "730+"))
    return [f"{total:,}", f"{old:,}", percent(old / total)]


def formal(rows: list[dict[str, Any]], direction: str) -> list[str]:
    (row,) = (row for row in rows if row["direction"] == direction)
    known = row["formal"] + row["informal"]
    limits = [percent(row[f"formal_share_{end}"]) for end in ("lower", "upper")]
    return [percent(row["formal"] / known), f"{known:,}", "95%", *limits]


def years(rows: list[dict[str, Any]], direction: str) -> list[str]:
    known = [
        row
        for row in rows
        if row["direction"] == direction and row["requests"] >= 30 and row["within"] is not None
    ]
    first, last = known[0], known[-1]
    return [percent(first["within"]), first["year"], "180", percent(last["within"]), last["year"]]


def test_the_findings_are_the_same_sentences(
    folder: Path, findings: list[str], printed: str, written: list[tuple[str, str]]
) -> None:
    assert 4 <= len(findings) <= 6
    cover = openpyxl.load_workbook(folder / "overview.xlsx")["Cover"]
    cells = [plain(str(row[1])) for row in cover.iter_rows(values_only=True) if row[1]]
    facts = [fact["sentence"] for one in exhibits(folder).values() for fact in one["facts"]]
    listed = [text for style, text in written if style == "List Number"]
    at = [printed.index(sentence) for sentence in findings]
    assert at == sorted(at)
    assert cells[-len(findings) :] == findings
    assert [text.split("? ", 1)[1] for text in listed] == findings
    assert set(findings) <= set(facts)


def test_the_numbers_of_the_findings_are_those_of_the_tables(folder: Path, findings: list[str]) -> None:
    tables = {name: one["table"] for name, one in exhibits(folder).items()}
    seen = set()
    for sentence in findings:
        direction, said = CODES.get(sentence.split()[0], ""), NUMBER.findall(sentence)
        if "half are answered" in sentence:
            assert said == how_long(tables["turnaround_glance"], direction)
        elif "are pending" in sentence:
            assert said == stuck(tables["pending_by_age"])
        elif "are formal" in sentence:
            assert said == formal(tables["channels_formality"], direction)
        elif "were answered within 180 days" in sentence:
            assert said[:5] == years(tables["turnaround_by_year"], direction)
        elif sentence.startswith("Engagement"):
            kinds = [row["engagement"] for row in tables["partners_engagement"]]
            for kind, number in re.findall(r"(\w+) (\d+)[,.]", sentence.split(". ")[0] + "."):
                assert kinds.count(kind) == int(number)
        else:
            raise AssertionError(f"no table is known for: {sentence}")
        seen.add(sentence.split(":")[-1][:12])
    assert len(seen) >= 4


def test_charts_say_the_finding_of_their_exhibit(
    folder: Path, page: Any, printed: str, written: list[tuple[str, str]]
) -> None:
    of_page = {plain(one.text_content()) for one in page.xpath("//p[@class='finding']")}
    body = [text for style, text in written if style == "Normal"]
    titles = [text for text in body if text in of_page]
    assert len(titles) == 3
    assert all(title in printed for title in titles)
    pictures = docx.Document(str(folder / "overview.docx")).inline_shapes
    alternatives = [shape._inline.docPr.get("descr") for shape in pictures]
    drawn = {one["finding"]: one["alt"] for one in exhibits(folder).values()}
    assert alternatives == [drawn[title] for title in titles]


def test_coverage_and_day_stand_in_every_format(
    folder: Path, page: Any, printed: str, written: list[tuple[str, str]]
) -> None:
    summary = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    total = sum(one["requests"] for one in exhibits(folder)["register_account"]["table"])
    coverage = f"{total:,} requests from 4 registers, kept from 1 January 2014 to 30 September 2026."
    assert summary["as_of"] == "2026-09-30"
    assert coverage in plain(page.text_content())
    assert printed.count(f"As of 30 September 2026. {coverage}") == 2
    assert ("List Bullet", coverage) in written
    cover = openpyxl.load_workbook(folder / "overview.xlsx")["Cover"]
    assert coverage in [row[1] for row in cover.iter_rows(values_only=True)]
