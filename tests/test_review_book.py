"""The review workbook itself: what it offers and protects, and every way in which an answer may come back from it."""

import datetime as dt
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from mlastats import messages, vocab
from mlastats.errors import InputRejected
from mlastats.publish import review
from mlastats.register import answers, choices, questions
from mlastats.register.answers import Answers
from mlastats.register.mapping import TRANSLATED
from mlastats.register.questions import Question
from tests.answering import answer, rows

TODAY = dt.date(2026, 11, 30)
SHEETS = {"reading": 0, "words": 1, "rows": 2}
# What is answered in each language, by the key of the question, and what is to come of it.
SAID: dict[str, dict[str, "str | tuple[str, str]"]] = {
    "en": {
        "kstate": "Lao People's Democratic Republic",
        "kfrom": "2014-01-31",
        "kagency": "Office of the Border Police",
        "kword": "Thailand",
        "ksame": "as suggested",
        "kdate": "2018-02-28",
        "kpair": "it is one request",
        "kturned": ("the second day is wrong", "2024-03-05"),
    },
    "lo": {
        "kstate": "ສປປ ລາວ",
        "kfrom": "2014-01-31",
        "kagency": "Office of the Border Police",
        "kword": "ໄທ",
        "ksame": "ຕາມຂໍ້ສະເໜີ",
        "kdate": "2018-02-28",
        "kpair": "ແມ່ນຄຳຮ້ອງຂໍດຽວກັນ",
        "kturned": ("ວັນທີທີສອງຜິດ", "2024-03-05"),
    },
}
CODES = {
    "kstate": "LAO",
    "kfrom": "2014-01-31",
    "kagency": "Office of the Border Police",
    "kword": "THA",
    "ksame": "VNM",
    "kdate": "2018-02-28",
    "kpair": ":one",
    "kturned": ":second 2024-03-05",
}


@pytest.fixture(autouse=True)
def _english() -> Any:
    yield
    messages.use("en")


def asked() -> list[Question]:
    """A question of each form, in the language in use."""
    word = {"register": "moj", "column": "Country", "question": "Which?", "times": "3", "first_rows": "2, 5"}
    row = {"register": "moj", "row": "14", "question": "Which?", "says": "A/1 | 2024\nA/2 | 2024"}
    viet_nam = messages.partner_name("VNM")
    shown: list[tuple[str, str, str, str, dict[str, str]]] = [
        ("kstate", "reporting_state", "", "", {"question": "Which state is ours?"}),
        ("kfrom", "log_start", "", "", {"register": "moj", "question": "From which day?"}),
        ("kagency", "agency", "", "", {"register": "moj", "question": "Which agency?"}),
        ("kword", "unknown_partner", "partner", "", {**word, "written": "Thialand"}),
        ("ksame", "unknown_partner", "partner", "VNM", {**word, "written": "Vitnam", "suggestion": viet_nam}),
        ("kdate", "unknown_date", "answered", "", {**word, "written": "31/02/2018"}),
        ("kpair", "probable_duplicate", "request_id", "", row),
        ("kturned", "reversed", "answered", "", {**row, "written": "received 2024-03-01"}),
    ]
    return [
        questions.question(subject, "moj", key, key, column, suggested=suggested, shown=texts)
        for key, subject, column, suggested, texts in shown
    ]


def book(folder: Path, language: str = "en") -> Path:
    """A workbook with these questions."""
    messages.use(language)
    review.write(folder / "review.xlsx", asked(), [])
    return folder / "review.xlsx"


def answered(folder: Path, language: str = "en") -> Path:
    path = book(folder, language)
    assert answer(path, lambda _sheet, row: SAID[language].get(row["key"])) == len(CODES)
    return path


def read(path: Path) -> Answers:
    return answers.read(path.read_bytes(), path.name, TODAY)


def place(path: Path, key: str, field: str) -> tuple[str, int, int]:
    """The sheet, the row and the column of a field of a question."""
    for sheet in openpyxl.load_workbook(path).worksheets[:3]:
        fields = [str(cell.value).partition(".")[2] for cell in sheet[2]]
        for row in range(4, sheet.max_row + 1):
            if sheet.cell(row, 1).value == key:
                return sheet.title, row, fields.index(field) + 1
    raise KeyError(key)


def change(path: Path, *edits: tuple[str, str, Any]) -> None:
    """Write other things into some cells: key, field, what."""
    where = [(place(path, key, field), value) for key, field, value in edits]
    whole = openpyxl.load_workbook(path, rich_text=True)
    for (sheet, row, column), value in where:
        whole[sheet].cell(row, column).value = value
    whole.save(path)


@pytest.mark.parametrize("language", ["en", "lo"])
def test_answers_come_back(tmp_path: Path, language: str) -> None:
    found = read(answered(tmp_path, language))
    assert found.faults == ()
    assert {key: one.answer for key, one in found.given.items()} == CODES
    assert {(one.by, one.on) for one in found.given.values()} == {("K. Vongsa", dt.date(2026, 10, 5))}


def test_the_language_of_the_reader_is_free(tmp_path: Path) -> None:
    path = answered(tmp_path, "lo")
    messages.use("en")
    assert {key: one.answer for key, one in read(path).given.items()} == CODES


def test_another_writer_of_shared_strings(tmp_path: Path) -> None:
    """All cells as XlsxWriter stores them."""
    source = openpyxl.load_workbook(answered(tmp_path))
    with xlsxwriter.Workbook(tmp_path / "again.xlsx") as whole:
        date = whole.add_format({"num_format": "dd/mm/yyyy"})
        for sheet in source.worksheets:
            copy = whole.add_worksheet(sheet.title)
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                if isinstance(cell.value, dt.datetime):
                    copy.write_datetime(cell.row - 1, cell.column - 1, cell.value, date)
                else:
                    copy.write_string(cell.row - 1, cell.column - 1, str(cell.value))
    found = read(tmp_path / "again.xlsx")
    assert found.faults == ()
    assert {key: one.answer for key, one in found.given.items()} == CODES


@pytest.mark.parametrize("old", [False, True])
def test_strings_in_their_cells_and_days_counted_from_1904(tmp_path: Path, old: bool) -> None:
    path = answered(tmp_path)
    whole = openpyxl.load_workbook(path)
    if old:
        whole.epoch = CALENDAR_MAC_1904
    whole.save(path)
    with zipfile.ZipFile(path) as pack:
        assert b't="inlineStr"' in pack.read("xl/worksheets/sheet1.xml")
        assert (b'date1904="1"' in pack.read("xl/workbook.xml")) is old
    found = read(path)
    assert found.faults == ()
    assert {key: one.answer for key, one in found.given.items()} == CODES
    assert {one.on for one in found.given.values()} == {dt.date(2026, 10, 5)}


def test_a_day_as_its_number_in_a_cell_of_days(tmp_path: Path) -> None:
    path = answered(tmp_path)
    change(path, ("kword", "decided_on", 46346))
    assert read(path).given["kword"].on == dt.date(2026, 11, 20)


def test_a_day_typed_as_a_date_cell(tmp_path: Path) -> None:
    path = answered(tmp_path)
    change(path, ("kfrom", "decision", dt.datetime(2014, 1, 31)), ("kturned", "now", dt.datetime(2024, 3, 5)))
    assert {key: one.answer for key, one in read(path).given.items()} == CODES


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: f"  {text.replace(' ', chr(0xA0))} \n",
        lambda text: text.replace(" ", "  "),
        lambda text: "\u200b".join(text),
        str.upper,
        lambda text: text.replace("'", "\u2019"),
    ],
)
def test_labels_in_any_spelling(tmp_path: Path, spell: Callable[[str], str]) -> None:
    path = answered(tmp_path)
    change(
        path,
        ("kstate", "decision", spell("Lao People's Democratic Republic")),
        ("kword", "decision", spell("Côte d'Ivoire")),
        ("kpair", "decision", spell("it is one request")),
    )
    found = read(path)
    assert found.faults == ()
    assert [found.given[key].answer for key in ("kstate", "kword", "kpair")] == ["LAO", "CIV", ":one"]


def test_rich_text(tmp_path: Path) -> None:
    path = answered(tmp_path)
    change(path, ("kword", "decision", CellRichText("Thai", TextBlock(InlineFont(b=True), "land"))))
    assert read(path).given["kword"].answer == "THA"


@pytest.mark.parametrize(
    ("key", "field", "value", "fault"),
    [
        ("kword", "decision", "THA", "is no choice of its list"),
        ("kword", "decision", "thai land", "is no choice of its list"),
        ("kword", "decision", True, "is no choice of its list"),
        ("kword", "decision", 764, "is no choice of its list"),
        ("kword", "decision", "#N/A", "holds an error, or a formula without a value"),
        ("kword", "decision", '=CONCATENATE("Thai","land")', "holds an error, or a formula without a value"),
        ("kword", "decision", "as suggested", "is no choice of its list"),
        ("kword", "decision", "it is one request", "is no choice of its list"),
        ("kpair", "decision", "Thailand", "is no choice of its list"),
        ("kfrom", "decision", "31/01/2014", "is neither a choice nor a day"),
        ("kfrom", "decision", 41670, "is neither a choice nor a day"),
        ("kfrom", "decision", "2014-02-30", "is neither a choice nor a day"),
        ("kdate", "decision", "2569-11-20", "is neither a choice nor a day"),
        ("kturned", "now", "March", "is neither a choice nor a day"),
        ("kturned", "decision", None, "no decision is chosen"),
        ("kpair", "now", "2024-03-05", "does not go with what is written in the next cell"),
        ("kword", "decided_by", None, "does not say who decided"),
        ("kword", "decided_by", "#REF!", "does not say who decided"),
        ("kword", "decided_on", "20/11/2026", "is neither a choice nor a day"),
        ("kword", "decided_on", dt.datetime(2026, 12, 1), "is a day that is yet to come"),
        ("kword", "written", "Thailand", "the cells beside it are not those that were asked"),
        ("kword", "check", "kanother", "the cells beside it are not those that were asked"),
    ],
)
def test_what_is_a_fault(tmp_path: Path, key: str, field: str, value: Any, fault: str) -> None:
    path = answered(tmp_path)
    change(path, (key, field, value))
    sheet, row, _column = place(path, key, field if field not in ("written", "check") else "decision")
    found = read(path)
    assert len(found.faults) == 1, found.faults
    assert fault in found.faults[0]
    assert f"{sheet}!" in found.faults[0]
    assert str(row) in found.faults[0]
    assert key not in found.given
    assert len(found.given) == len(CODES) - 1


def test_blank_is_not_answered(tmp_path: Path) -> None:
    path = answered(tmp_path)
    change(path, ("kword", "decision", None), ("kpair", "decision", "  "))
    found = read(path)
    assert found.faults == ()
    assert found.given.keys() == CODES.keys() - {"kword", "kpair"}


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = answered(tmp_path)
    change(path, ("kword", "decision", "THA"), ("kfrom", "decision", "soon"), ("kpair", "decided_by", None))
    assert [fault.partition("!")[0] for fault in read(path).faults] == ["Reading", "Words", "Rows"]


def test_rows_that_were_mixed_up(tmp_path: Path) -> None:
    """The visible cells of two rows exchanged, without the hidden ones: as a sort of them alone does."""
    path = answered(tmp_path)
    whole = openpyxl.load_workbook(path)
    sheet = whole["Words"]
    for column in range(len(answers.HIDDEN) + 1, sheet.max_column + 1):
        one, two = sheet.cell(4, column), sheet.cell(5, column)
        one.value, two.value = two.value, one.value
    whole.save(path)
    assert len(read(path).faults) == 2


def test_whole_rows_columns_and_sheets_may_move(tmp_path: Path) -> None:
    path = answered(tmp_path)
    whole = openpyxl.load_workbook(path)
    sheet = whole["Words"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=6)]
    for row, values in zip((4, 5, 6), reversed(cells), strict=True):
        for column, value in enumerate(values, 1):
            sheet.cell(row, column).value = value
    whole["Rows"].insert_cols(6)
    whole["Reading"].title = "Questions"
    whole.save(path)
    found = read(path)
    assert found.faults == ()
    assert {key: one.answer for key, one in found.given.items()} == CODES


@pytest.mark.parametrize(("other", "faults"), [("it is one request", 0), ("they are different requests", 1)])
def test_a_row_that_was_copied(tmp_path: Path, other: str, faults: int) -> None:
    path = answered(tmp_path)
    whole = openpyxl.load_workbook(path)
    sheet = whole["Rows"]
    for cell in list(sheet[4]):
        sheet.cell(9, cell.column).value = cell.value
    decision = [str(cell.value) for cell in sheet[2]].index("rows.decision") + 1
    sheet.cell(9, decision).value = other
    whole.save(path)
    found = read(path)
    assert len(found.faults) == faults
    assert all("answered otherwise at Rows!" in fault for fault in found.faults)


def test_what_is_no_review_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(InputRejected, match="no workbook of `mlastats review`"):
        read(tmp_path / "other.xlsx")


def test_only_the_yellow_cells_can_be_changed_and_nothing_sorted(tmp_path: Path) -> None:
    whole = openpyxl.load_workbook(book(tmp_path))
    for sheet, name in zip(whole.worksheets, answers.SHOWN, strict=False):
        assert sheet.protection.sheet
        assert sheet.protection.sort  # locked
        assert not sheet.protection.autoFilter
        fields = [str(cell.value).partition(".")[2] for cell in sheet[2]]
        for row in sheet.iter_rows(min_row=4):
            for cell in row:
                yellow = fields[cell.column - 1] in answers.YELLOW[name]
                assert cell.protection.locked is not yellow
    assert whole.worksheets[-1].sheet_state == "veryHidden"
    hidden = {field for field, column in zip("ABCD", answers.HIDDEN, strict=True)}
    assert all(whole.worksheets[0].column_dimensions[letter].hidden for letter in hidden)


@pytest.mark.parametrize("language", ["en", "lo"])
def test_every_question_has_its_list_and_no_label_stands_twice(tmp_path: Path, language: str) -> None:
    """Of all lists there are, in every language: a label that means two things could not be read back."""
    path = book(tmp_path, language)
    for some in rows(path).values():
        for row in some:
            assert row["choices"]
    for row in vocab.codes("question").values():
        listed = row["choices"].replace("@|", "").replace("@", "@", 1)
        names = [vocab.normalise(text) for text, _code in choices.choices(listed)]
        assert len(names) == len(set(names)), row["code"]
    for name in {*TRANSLATED.values()}:
        names = [vocab.normalise(text) for text, _code in choices.choices(f"same|none|ask|pending|@{name}")]
        assert len(names) == len(set(names)), name


def test_the_page_holds_the_same_and_cannot_be_answered(tmp_path: Path) -> None:
    page = review.page(asked(), [])
    assert "CASE DATA" in page
    assert "Thialand" in page
    assert "<input" not in page
    assert "http" not in page
    for code in ("unknown_partner", "kword", "probable_duplicate"):
        assert code not in page
