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
notebooks = ["1_turnaround", "4_flow", "2_channels"]
audience = "public"
formats = ["html", "xlsx"]
"""
DIGITS = {"count": 0, "days": 0, "share": 0, "points": 0, "rate": 1}
TIMES = {"share": 100, "points": 100}
EMPTY = ("–", "not given")


@pytest.fixture(scope="module", params=["all", "public"])
def folder(request: Any, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of thirty requests; for the public, to which so few are one table, of ten times each of them."""
    home = tmp_path_factory.mktemp("formats")
    source = root / "tests" / "workspaces" / "thirty"
    text = (source / "mlastats.toml").read_text(encoding="utf-8")
    text = text.replace("../../../notebooks", (root / "notebooks").as_posix()) + PUBLIC
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    header, *rows = (source / "register.csv").read_text(encoding="utf-8").splitlines()
    times = 10 if request.param == "public" else 1
    lines = [header, *(f"{n}{row}" if n else row for n in range(times) for row in rows)]
    (home / "register.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mlastats",
        "report",
        request.param,
        "--config",
        str(home / "mlastats.toml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((home / "reports" / request.param).glob("*/*/r1"))


def saved(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "exhibits").glob("*.json")]
    return sorted(found, key=lambda one: (one["notebook"], one["order"]))


def pages(folder: Path) -> dict[str, list[list[str]]]:
    """The rows of each exhibit's table on the page, in the order of its columns: each with the groups under which it stands,
    the limits of a figure from the line below it."""
    tree = html.fromstring(next(folder.glob("[a-p]*.html")).read_bytes())
    sections = {
        section.get("aria-labelledby"): section for section in tree.xpath("//section[@class='exhibit']")
    }
    return {
        identity(one): unfolded(sections[identity(one)], list(one["columns"]))
        for one in saved(folder)
        if identity(one) in sections
    }


def unfolded(section: Any, names: list[str]) -> list[list[str]]:
    found, group = [], list[str]()
    for row in section.xpath(".//tbody/tr"):
        if row.get("class") == "group":
            group = " ".join(row.text_content().split()).split(" · ")
        elif row.get("class") != "total":
            cells = list(group)
            for cell in row.xpath("th|td"):
                small = "".join(cell.xpath("i/text()"))
                cells.append(" ".join("".join(cell.xpath("text()")).split()))
                if len(cells) + 1 < len(names) and names[len(cells)].endswith("lower"):
                    ends = re.split("–| to ", small.removeprefix("from "))
                    cells += [*ends, ""][:2]
            found.append(cells)
    return found


def sheets(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the table of each sheet by its question, header first: those that the frozen pane begins with."""
    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")))
    found = {}
    questions = {row[0]: row[1] for row in book["Contents"].iter_rows(min_row=5, values_only=True)}
    assert len(set(questions.values())) == len(questions) == len(book.worksheets) - 3
    for sheet in book.worksheets[3:]:
        question = str(questions[sheet.title])
        top = int(re.sub(r"\D", "", sheet.freeze_panes)) - 1
        rows = list(sheet.iter_rows(min_row=top, values_only=True))
        if not rows:  # an exhibit that may not be shown has neither columns nor rows
            found[question] = [()]
            continue
        width = sum(value is not None for value in rows[0])
        body = [row[:width] for row in rows]
        found[question] = body[: next((n for n, row in enumerate(body) if row[0] is None), len(body))]
    return found


def identity(exhibit: dict[str, Any]) -> str:
    name = f"{exhibit['notebook']}.{exhibit['name']}"
    return "s-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def printed(value: float, kind: str) -> str:
    """A number as a reader of English expects it, worked out here anew; only all is 100%, only none 0%."""
    if kind == "share" and (0.995 <= value < 1 or 0 < value < 0.005):
        return ">99%" if value > 0.5 else "<1%"
    digits = DIGITS.get(kind, 0 if value == round(value) or abs(value) >= 10 else 1)
    scaled = Decimal(repr(value)) * TIMES.get(kind, 1)
    rounded = scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return f"{rounded + 0:,.{digits}f}".replace("-", "−") + ("%" if kind == "share" else "")


def test_every_cell_is_the_same_in_all_three(folder: Path) -> None:
    page, book, exhibits = pages(folder), sheets(folder), saved(folder)
    told = [one for one in exhibits if one["tells"] != "nothing"]
    # What tells nothing stands in the list of these, and its table in the workbook.
    assert {identity(one) for one in told} == {*page}
    assert len(book) == len(exhibits) > len(told) > 9
    compared = withheld = 0
    for exhibit in told:
        sheet = book[exhibit["question"]]
        table = page[identity(exhibit)]
        words = {
            "few": "0 to 4", "withheld": "[c]", "few_at_risk": "too few", "not_reached": "not reached",
            "register_young": "register too young", "few_ended": "too few ended", "few_trials": "past too thin",
        }  # fmt: skip
        hidden = {(row, name): words[why] for row, name, why in exhibit["missing"] if why in words}
        assert len(sheet) - 1 == len(table) == len(exhibit["table"]), exhibit["name"]
        for row, record in enumerate(exhibit["table"]):
            for at, (name, column) in enumerate(exhibit["columns"].items()):
                place = f"{exhibit['name']}, row {row}, {name}"
                shown, value, number = table[row][at], sheet[row + 1][at], record[name]
                if (row, name) in hidden:
                    word = hidden[row, name]
                    # A share of which a part is 0 to 4 is given by its limit.
                    if word == "0 to 4" and column["kind"] == "share" and value != word:
                        assert re.fullmatch(r"(under|over) \d+%", value), place
                        word = value
                    assert (value, number) == (word, None), place
                    assert shown == word or (shown == "" and name.endswith(("lower", "upper"))), place
                    withheld += hidden[row, name] == "[c]"
                elif column["kind"] in ("text", "code"):
                    assert shown == value or (number is None and value == "[x]"), place
                elif number is None:
                    assert value == "[x]", place
                    assert shown in EMPTY or (shown == "" and name.endswith(("lower", "upper"))), place
                elif column["kind"] == "date":
                    assert value.date().isoformat() == number, place
                    assert shown == f"{value.day} {value:%b %Y}".replace("Sep ", "Sept "), place
                else:
                    assert isinstance(value, int | float), place
                    number = float(number)  # a quantile is a dimension, so its JSON is text
                    times = 100 if column["kind"] == "points" else 1
                    assert value == pytest.approx(times * number, rel=1e-13), place
                    assert shown == printed(number, column["kind"]), place
                    compared += 1
    assert compared > 60
    assert bool(withheld) == ("public" in folder.parts)


def test_the_three_kinds_of_an_empty_cell_are_met(folder: Path) -> None:
    """What is withheld, not given and absent all occur, so that the comparison above says something."""
    words = {cell for table in pages(folder).values() for row in table for cell in row}
    public = "public" in folder.parts
    assert {"0 to 4", "[c]"} <= words if public else {"–", "too few"} <= words
    assert ("[c]" in words) == public


def test_the_workbook_explains_its_marks_and_names_its_units(folder: Path) -> None:
    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")))
    first = "Table 1.1" if "public" in folder.parts else "Table 0.1"
    assert book.sheetnames[:4] == ["Cover", "Contents", "Notes", first]
    notes = {row[0]: row[1] for row in book["Notes"].iter_rows(values_only=True)}
    assert "withheld" in notes["[c]"]
    assert "not available" in notes["[x]"]
    contents = [row[0] for row in book["Contents"].iter_rows(min_row=4, values_only=True)]
    assert contents == ["Notes", *book.sheetnames[3:]]
    tables = sheets(folder)
    for exhibit in saved(folder):
        rows = tables[exhibit["question"]]
        for header, column in zip(rows[0], exhibit["columns"].values(), strict=True):
            unit = {"days": "day", "share": "per cent"}.get(column["kind"], "")
            assert unit in header.casefold(), (exhibit["name"], header)
