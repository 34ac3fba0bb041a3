"""Every number of a report is the same in the page, the workbook and the saved exhibits.

Reports made by the command are read back as a reader would: the page with lxml, the workbook with
openpyxl, the exhibits as JSON. No word or number is made with the library's own writers.
"""

import json
import re
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import html

pytestmark = pytest.mark.slow

PUBLIC = """
[[reports]]
name = "public"
notebooks = ["1_turnaround", "2_channels"]
audience = "public"
formats = ["html", "xlsx"]
"""
DIGITS = {"count": 0, "share": 0, "rate": 1}
EMPTY = ("–", "not reached")


@pytest.fixture(scope="module", params=["all", "public"])
def folder(request: Any, made: Path) -> Path:
    """One of the two reports of a workspace of thirty requests."""
    return next((made / "reports" / request.param).glob("*/*/r1"))


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("formats")
    source = root / "tests" / "workspaces" / "thirty"
    text = (source / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("../../../notebooks", (root / "notebooks").as_posix()) + PUBLIC
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    (home / "register.csv").write_bytes((source / "register.csv").read_bytes())
    command = [sys.executable, "-m", "mlastats", "report", "--config", str(home / "mlastats.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home


def saved(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "exhibits").glob("*.json")]
    return sorted(found, key=lambda one: (one["notebook"], one["order"]))


def pages(folder: Path) -> dict[str, list[list[str]]]:
    """The cells of each exhibit's table on the page, by question and in order."""
    tree = html.fromstring(next(folder.glob("[a-p]*.html")).read_bytes())
    found = {}
    for section in tree.xpath("//section[@class='exhibit']"):
        rows = section.xpath(".//table//tr")
        found[section.get("aria-labelledby")] = [
            [" ".join(cell.text_content().split()) for cell in row.xpath("th|td")] for row in rows
        ]
    return found


def sheets(folder: Path) -> list[list[tuple[Any, ...]]]:
    """The rows of the table of each sheet, header first: those that the frozen pane begins with."""
    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")))
    found = []
    for sheet in book.worksheets[3:]:
        top = int(re.sub(r"\D", "", sheet.freeze_panes)) - 1
        rows = list(sheet.iter_rows(min_row=top, values_only=True))
        if not rows:  # an exhibit that may not be shown has neither columns nor rows
            found.append([()])
            continue
        width = sum(value is not None for value in rows[0])
        body = [row[:width] for row in rows]
        found.append(body[: next((n for n, row in enumerate(body) if row[0] is None), len(body))])
    return found


def identity(exhibit: dict[str, Any]) -> str:
    name = f"{exhibit['notebook']}.{exhibit['name']}"
    return "s-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def printed(value: float, kind: str) -> str:
    """A number as a reader of English expects it, worked out here anew; only all is 100%, only none 0%."""
    if kind == "share" and (0.995 <= value < 1 or 0 < value < 0.005):
        return ">99%" if value > 0.5 else "<1%"
    digits = DIGITS.get(kind, 0 if value == round(value) else 1)
    scaled = Decimal(repr(value)) * (100 if kind == "share" else 1)
    rounded = scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return f"{rounded + 0:,.{digits}f}" + ("%" if kind == "share" else "")


def test_every_cell_is_the_same_in_all_three(folder: Path) -> None:
    page, book, exhibits = pages(folder), sheets(folder), saved(folder)
    assert len(page) == len(book) == len(exhibits) > 10
    compared = withheld = 0
    for exhibit, sheet in zip(exhibits, book, strict=True):
        table = page[identity(exhibit)]
        hidden = {tuple(place) for place in exhibit["withheld"]}
        assert len(sheet) == max(1, len(table)) == len(exhibit["table"]) + 1, exhibit["name"]
        for row, record in enumerate(exhibit["table"]):
            for at, (name, column) in enumerate(exhibit["columns"].items()):
                place = f"{exhibit['name']}, row {row}, {name}"
                shown, value, number = table[row + 1][at], sheet[row + 1][at], record[name]
                if (row, name) in hidden:
                    assert (shown, value, number) == ("[c]", "[c]", None), place
                    withheld += 1
                elif column["kind"] in ("text", "code"):
                    assert shown == value or (number is None and value == "[x]"), place
                elif number is None:
                    assert value == "[x]", place
                    assert shown in EMPTY, place
                elif column["kind"] == "date":
                    assert value.date().isoformat() == number, place
                    assert shown == f"{value.day} {value:%b %Y}".replace("Sep ", "Sept "), place
                else:
                    assert isinstance(value, int | float), place
                    number = float(number)  # a quantile is a dimension, so its JSON is text
                    assert value == pytest.approx(number, rel=1e-13), place
                    assert shown == printed(number, column["kind"]), place
                    compared += 1
    assert compared > 100
    assert bool(withheld) == ("public" in folder.parts)


def test_the_three_kinds_of_an_empty_cell_are_met(folder: Path) -> None:
    """What is withheld, not reached and absent all occur, so that the comparison above says something."""
    words = {cell for table in pages(folder).values() for row in table for cell in row}
    assert {"not reached", "–"} <= words
    assert ("[c]" in words) == ("public" in folder.parts)


def test_the_workbook_explains_its_marks_and_names_its_units(folder: Path) -> None:
    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")))
    assert book.sheetnames[:4] == ["Cover", "Contents", "Notes", "Table 1"]
    notes = {row[0]: row[1] for row in book["Notes"].iter_rows(values_only=True)}
    assert "withheld" in notes["[c]"]
    assert "not available" in notes["[x]"]
    contents = [row[0] for row in book["Contents"].iter_rows(min_row=4, values_only=True)]
    assert contents == ["Notes", *book.sheetnames[3:]]
    for exhibit, rows in zip(saved(folder), sheets(folder), strict=True):
        for header, column in zip(rows[0], exhibit["columns"].values(), strict=True):
            unit = {"days": "day", "share": "per cent"}.get(column["kind"], "")
            assert unit in header.casefold(), (exhibit["name"], header)
