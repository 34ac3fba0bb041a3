"""The annex in LibreOffice: it opens, its cells are what was saved, and no sheet is cut where it is printed."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from tests.pages.conftest import newest, pdf_of

pytestmark = pytest.mark.pages

REPORTS = ("overview", "public", "assessment")

# Why a number is not given, and what stands in its place.
WORDS = {
    "few": "0 to 4",
    "withheld": "[c]",
    "few_at_risk": "too few",
    "not_reached": "not reached",
    "not_observed": "not observed",
    "unlike": "too unlike",
    "few_spans": "cannot be told",
    "few_answers": "too few",
    "register_young": "register too young",
    "register_late": "register late",
    "few_ended": "too few ended",
    "few_trials": "past too thin",
}


@pytest.fixture(scope="module", params=REPORTS)
def book(request: Any, reports: Path) -> Path:
    return newest(reports, request.param) / f"{request.param}.xlsx"


def sheets(book: Path, folder: Path) -> list[list[list[str]]]:
    """The rows of every sheet, as LibreOffice writes them: one file a sheet, values as shown."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("Debian's LibreOffice is not installed")
    # Comma, double quote, UTF-8, from the first line, no column formats, language, quoting as needed, values
    # as shown, no formulas, no spaces removed, every sheet.
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    own = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = [office, own, "--headless", "--convert-to", options, "--outdir", str(folder), str(book)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    names = openpyxl.load_workbook(book, read_only=True).sheetnames
    texts = [(folder / f"{book.stem}-{name}.csv").read_text(encoding="utf-8") for name in names]
    return [list(csv.reader(text.splitlines())) for text in texts]


def number(text: str) -> float:
    """A number as LibreOffice shows it in English."""
    digits = text.replace(",", "")
    return float(digits[:-1]) / 100 if digits.endswith("%") else float(digits)


def instead(exhibit: dict[str, Any], row: int, name: str, why: str) -> str:
    """What stands in place of a number; a share of which a part is 0 to 4 is given by its limits, in whole per cent."""
    if why != "few" or exhibit["columns"][name]["kind"] != "share":
        return WORDS[why]
    low, high = (round(100 * exhibit["table"][row][f"{name}_{limit}"], 9) for limit in ("lower", "upper"))
    if low > 0 and high < 100:
        return f"{low:.0f}% to {high:.0f}%"
    assert low == 0 or high == 100
    return f"over {low:.0f}%" if low else f"under {high:.0f}%"


def test_every_number_of_every_sheet_is_what_was_saved(book: Path, tmp_path: Path) -> None:
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in (book.parent / "exhibits").glob("*.json")
    ]
    read = sheets(book, tmp_path)
    assert [rows[0][0] for rows in read[1:3]] == ["Contents", "Notes and definitions"]
    # The order of the sheets is that of the page, which what each exhibit tells decides: a sheet is known by its
    # heading, which may take several rows.
    heads = [" ".join(row[0] for row in rows[:4]).partition(": ")[2] for rows in read[3:]]
    assert len(heads) == len(found)
    compared = 0
    for exhibit in found:
        names_it = [at for at, head in enumerate(heads, start=3) if head.startswith(exhibit["question"])]
        assert len(names_it) == 1, exhibit["name"]
        rows = read[names_it[0]]
        names, table = list(exhibit["columns"]), exhibit["table"]
        labels = [column["label"] for column in exhibit["columns"].values()]
        if not names:  # an exhibit that the public does not see
            continue
        header = next(
            n
            for n, row in enumerate(rows)
            if len(row) >= len(names) and all(map(str.startswith, row, labels))
        )
        missing = {
            (row, name): instead(exhibit, row, name, why)
            for row, name, why in exhibit["missing"]
            if why in WORDS
        }
        body = rows[header + 1 : header + 1 + len(table)]
        for place, (row, record) in enumerate(zip(body, table, strict=True)):
            for at, (name, column) in enumerate(exhibit["columns"].items()):
                value, shown = record[name], row[at]
                if word := missing.get((place, name)):
                    assert shown == word, (exhibit["name"], name)
                elif value is None:
                    assert shown in ("[x]", "not recorded", "-"), (exhibit["name"], name)
                elif column["kind"] in ("count", "days"):
                    assert number(shown) == round(float(value)) or abs(number(shown) - value) <= 0.5
                    compared += 1
                elif column["kind"] == "share":
                    assert number(shown) == pytest.approx(float(value), abs=0.0005001), (
                        exhibit["name"],
                        name,
                    )
                    compared += 1
    assert compared > 100


def test_it_prints_without_an_empty_page(book: Path, tmp_path: Path) -> None:
    if not shutil.which("soffice"):
        pytest.skip("Debian's LibreOffice is not installed")
    pages = [page.extract_text().strip() for page in PdfReader(pdf_of(book, tmp_path)).pages]
    assert len(pages) >= len(openpyxl.load_workbook(book, read_only=True).sheetnames)
    assert all(len(text) > 20 for text in pages)
