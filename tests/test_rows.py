"""Workbooks drawn at random around a known table: its rows come back, and nothing else.

Around it stand what people put around a table: covers, lists, titles, headers in two lines, numbers of columns,
headings, totals, blank rows, pages with their headers again, and signatures.
"""

import datetime as dt
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import settings
from mlastats.errors import InputRejected
from mlastats.register import account
from mlastats.register.clean import clean
from mlastats.register.files import Raw, read_register
from mlastats.register.mapping import Mapping
from mlastats.register.rows import REFUSED, Remark, gathered, locate, means_total, shape
from mlastats.settings import Register

HEAD = ["No.", "Ref. No.", "Requesting State", "Type", "Offence", "Date received", "Date replied", "Remark"]
MAPPING = Mapping(
    columns={
        "Ref. No.": "request_id",
        "Requesting State": "partner",
        "Type": "kind",
        "Offence": "offence",
        "Date received": "received",
        "Date replied": "answered",
    },
    constants={"direction": "incoming"},
    order="dmy",
)
CODES = {"Thailand": "THA", "Viet Nam": "VNM", "China": "CHN", "Republic of Korea": "KOR"}
STATES = list(CODES)
LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
TOTALS = ["{0} Total", "Total {0}", "ລວມ", "Tổng cộng", "Sub-total", "{0} Count", "รวมทั้งสิ้น"]
FEET = [
    {0: "Vientiane, 30 September 2024"},
    {1: "Prepared by", 4: "Approved by"},
    {0: "Note: figures are provisional"},
    {4: "Director General"},
    {5: dt.date(2024, 9, 30)},
    {0: "Signed", 5: dt.date(2024, 9, 30)},
]
Cells = dict[int, object]


@st.composite
def workbooks(draw: st.DrawFn) -> tuple[bytes, dict[str, Cells]]:
    """A workbook, and its requests by the rows in which they stand."""
    texts = draw(st.booleans())
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    truth: dict[str, Cells] = {}
    place = 0
    if draw(st.booleans()):
        place += 1
        cover = book.add_worksheet()
        cover.write(0, 0, "Register of requests")
        cover.write(2, 0, "Printed on 30 September 2024")
    for _sheet in range(draw(st.integers(1, 2))):
        place += 1
        lines, requests = draw(sheets(100 * place))
        sheet = book.add_worksheet()
        for y, cells in enumerate(lines):
            for x, value in cells.items():
                if isinstance(value, dt.date) and texts:
                    sheet.write_string(y, x, f"{value:%d/%m/%Y}")
                elif isinstance(value, dt.date):
                    sheet.write_datetime(y, x, dt.datetime.combine(value, dt.time()), day)
                else:
                    sheet.write(y, x, value)
        truth |= {f"{place}!{y + 1}": lines[y] for y in requests}
    if draw(st.booleans()):
        lists = book.add_worksheet()
        lists.write_column(0, 0, ["Requesting State", *STATES])
        lists.write_column(0, 1, ["Type", "extradition", "mla"])
    book.close()
    return out.getvalue(), truth


@st.composite
def sheets(draw: st.DrawFn, number: int) -> tuple[list[Cells], list[int]]:
    """The lines of a sheet, and at which of them its requests stand; their numbers begin after `number`."""
    lines: list[Cells] = []
    if draw(st.booleans()):
        lines += [{0: "REGISTER OF REQUESTS 2022-2024"}, {}]
    kind = draw(st.sampled_from(["plain", "two lines", "units"]))

    def header() -> None:
        if kind == "two lines":
            lines.append({0: "No.", 1: "Request", 6: "Reply", 7: "Remark"})
            lines.append({n: name for n, name in enumerate(HEAD) if n not in (0, 7)})
        else:
            lines.append(dict(enumerate(HEAD)))
            lines.extend([{5: "(dd/mm/yyyy)", 6: "(dd/mm/yyyy)"}] * (kind == "units"))

    header()
    if draw(st.booleans()):
        lines.append({n: f"({n + 1})" for n in range(len(HEAD))})
    headed, total, paged = draw(st.booleans()), draw(st.sampled_from(["", *TOTALS])), draw(st.booleans())
    at, requests = draw(st.sampled_from([0, 1, 2])), []
    for state in draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=3, unique=True)):
        lines.extend([{at: state}] * headed)
        count = draw(st.integers(2, 7))
        for _request in range(count):
            number += 1
            received = dt.date(2022, 1, 1) + dt.timedelta(draw(st.integers(0, 900)))
            poor = draw(st.integers(0, 12))
            reply = received + dt.timedelta(40) if draw(st.booleans()) else None
            row = {
                0: number,
                1: "" if poor == 1 else f"MLA {number}/{received.year}",
                2: state,
                3: "extradition",
                4: draw(st.sampled_from(["fraud", "homicide"])),
                5: None if poor == 2 else received,
                6: reply,
                7: draw(st.sampled_from(["", "urgent", "note: ask again"])),
            }
            requests.append(len(lines))
            lines.append({x: value for x, value in row.items() if value not in ("", None)})
            if draw(st.integers(0, 8)) == 0:
                lines.append({})
        if paged:
            lines.append({0: "Page 1 of 9"})
            header()
        if total:
            lines.append({at: total.format(state), 4: count} | ({5: dt.date(2024, 12, 31)} if paged else {}))
    if draw(st.booleans()):
        lines += [{} for _gap in range(draw(st.integers(0, 2)))]
        lines += draw(st.lists(st.sampled_from(FEET), min_size=1, max_size=3))
    return lines, requests


@effort(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=workbooks())
def test_the_table_comes_back_and_nothing_else(tmp_path: Path, drawn: tuple[bytes, dict[str, Cells]]) -> None:
    data, truth = drawn
    path = tmp_path / "drawn.xlsx"
    path.write_bytes(data)
    found = clean([(Register(name="unit", path="-"), read_register(path, MAPPING))], LAO)
    columns = found.requests[["source_row", "request_id", "partner", "received", "answered"]]
    came_back = {
        row if "!" in row else f"1!{row}": [None if pd.isna(cell) else cell for cell in cells]
        for row, *cells in columns.itertuples(index=False)
    }
    assert came_back == {
        row: [
            cells.get(1),
            CODES[str(cells[2])],
            *(pd.Timestamp(cells[n]) if n in cells else None for n in (5, 6)),
        ]
        for row, cells in truth.items()
    }
    # Nothing is refused or asked, and the account is its sum.
    (unit,) = found.summary["registers"]
    assert unit["read"] == unit["requests"] + unit["not_data"]
    assert not unit["undecided"]
    assert not found.issues["rule"].isin({*REFUSED, "carried_over", "undecided_rows"}).any()
    assert not {"Undecided", "Carried over"} & set(" ".join(account.lines(found.summary)).split(":"))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Raw]:
    def of(text: str, **mapping: object) -> Raw:
        path = tmp_path / "register.csv"
        path.write_text(text, encoding="utf-8")
        return read_register(path, Mapping(**mapping))

    return of


REGISTER = "Ref. No.,Country,Kind,Date received\nA/1,Thailand,MLA,2024-01-10\n{}A/2,China,MLA,2024-02-10\n"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",,,", "blank"),
        ("ref. no.,COUNTRY,Kind,Date received", "header"),
        ("(1),(2),(3),(4)", "numbers"),
        ("1,2,3,4", "numbers"),
        ("Thailand Total,,,4", "total"),
        ("Total,,,31/12/2024", "total"),
        ("ລວມ,,3,", "total"),
        ("à reporter,,,12", "total"),
        ("Page 2 of 9,,,", "page"),
        ("A/7,,,", "number"),
        ("Viet Nam,,,", "heading"),
        (",2024,,", "heading"),
    ],
)
def test_a_row_is_no_request_by_a_named_rule(read: Callable[..., Raw], row: str, rule: str) -> None:
    raw = read(REGISTER.format(row + "\n"))
    assert list(raw.frame["Ref. No."]) == ["A/1", "A/2"]
    assert raw.not_data == Counter(["header", rule])


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",,extradition,", "continues_above"),
        ("what is this,,,", "one_cell"),
        (",,,2024-03-01", "one_cell"),
    ],
)
def test_a_row_that_may_be_one_is_refused_with_the_reason(
    read: Callable[..., Raw], row: str, rule: str
) -> None:
    raw = read(REGISTER.format(row + "\n"))
    (refused,) = raw.refused
    # As written, with a key by which an answer to the review finds the row again.
    assert (refused.row, refused.rule, refused.value) == ("3", rule, row.strip(","))
    assert refused.key
    assert len(raw.frame) == 2


@pytest.mark.parametrize(
    "row",
    [
        "Total 2022,Thailand,MLA,2024-01-11",
        "A/9,Total,,2024-01-11",
        ",Ruritania,,",
        "s/n,,MLA,2024-03-01",
        ",,MLA,end of March",
        "2019,,,2024-03-01",
    ],
)
def test_what_two_columns_say_is_a_request(read: Callable[..., Raw], row: str) -> None:
    raw = read(REGISTER.format(row + "\n"))
    kept = len(raw.frame)
    assert kept == (3 if row != ",Ruritania,," else 2)
    assert kept + len(raw.refused) == 3


def test_words_below_the_last_request(read: Callable[..., Raw]) -> None:
    raw = read(REGISTER.format("") + "\nVientiane,,,\nSigned,Ms Canary,,\n,,,2024-09-30\n")
    assert raw.not_data_rows == {"note": ("5", "6", "7")}


def test_a_value_above_requests_is_kept_for_them_where_the_mapping_says_so(read: Callable[..., Raw]) -> None:
    text = "Ref. No.,Kind,Date received\nThailand,,\nA/1,MLA,2024-01-10\nA/2,MLA,2024-01-11\nChina,,\nA/3,MLA,2024-02-10\n"
    columns = {"Ref. No.": "request_id", "Kind": "kind", "Date received": "received"}
    told = read(text, columns=columns)
    assert [(r.rule, r.column) for r in told.remarks] == [("heading_unused", "partner")]
    kept = read(text, columns=columns, headings=["partner"])
    assert list(kept.columns("The register")[1]["partner"]) == ["Thailand", "Thailand", "China"]


def test_a_second_table_of_the_same_columns_is_read_on(read: Callable[..., Raw]) -> None:
    text = REGISTER.format("") + "\nDate received,Ref. No.,Kind,Country\n2024-03-01,A/3,MLA,Japan\n"
    raw = read(text)
    assert raw.frame["Country"].tolist() == ["Thailand", "China", "Japan"]
    assert raw.read == len(raw.frame) + sum(raw.not_data.values())


def test_a_table_without_a_header(read: Callable[..., Raw]) -> None:
    columns = {"column 1": "request_id", "column 2": "partner", "column 3": "received"}
    raw = read("A/1,Thailand,2024-01-10\nA/2,China,2024-02-10\n", header_row=0, columns=columns)
    assert raw.frame.to_dict("list") == {
        "column 1": ["A/1", "A/2"],
        "column 2": ["Thailand", "China"],
        "column 3": ["2024-01-10", "2024-02-10"],
    }
    assert (list(raw.frame.index), raw.read, sum(raw.not_data.values())) == (["1", "2"], 2, 0)


def test_a_sign_for_as_above_is_not_followed_over_a_heading(read: Callable[..., Raw]) -> None:
    text = (
        "Ref. No.,Country,Kind,Date received\nA/1,ditto,MLA,2024-01-10\nA/2,China,MLA,2024-01-11\n\n"
        "A/3,〃,idem,2024-01-12\nViet Nam,,,\nA/4,ditto,MLA,2024-01-13\nA/5,ດຽວກັນ,MLA,2024-01-14\n"
    )
    raw = read(text)
    assert raw.frame["Country"].tolist() == ["ditto", "China", "China", "ditto", "ditto"]
    assert [(r.row, r.rule) for r in raw.remarks if r.rule == "ditto_unclear"] == [
        ("2", "ditto_unclear"),
        ("7", "ditto_unclear"),
    ]


class TestSheets:
    """Sheets and yearly files whose headers differ."""

    def book(self, tmp_path: Path, *tables: list[list[str]]) -> Path:
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for table in tables:
                sheet = book.add_worksheet()
                for y, row in enumerate(table):
                    sheet.write_row(y, 0, row)
        return path

    def test_several_headers_for_one_column(self, tmp_path: Path) -> None:
        path = self.book(
            tmp_path,
            [["Ref", "Country", "Replied on"], ["A/1", "China", "2024-01-02"]],
            [["ref.", "Country", "Date of answer"], ["A/2", "Japan", "2024-01-03"]],
            [["Ref", "Country"], ["A/3", "Japan"], ["A/4", "China"]],
        )
        columns = {
            "Ref": "request_id",
            "Country": "partner",
            "Replied on": "answered",
            "Date of answer": "answered",
        }
        raw = read_register(path, Mapping(columns=columns))
        assert raw.frame["Replied on"].tolist() == ["2024-01-02", "2024-01-03", "", ""]
        assert [(r.row, r.rule, r.column) for r in raw.remarks] == [("3!1", "column_missing", "answered")]

    def test_two_headers_for_one_column_on_one_sheet(self, tmp_path: Path) -> None:
        path = self.book(tmp_path, [["Ref", "Sent", "Dispatch"], ["A/1", "2024-01-02", "2024-01-03"]])
        columns = {"Ref": "request_id", "Sent": "sent", "Dispatch": "sent"}
        with pytest.raises(
            InputRejected, match=r"several headers that its mapping gives to one column \(sent\)"
        ):
            read_register(path, Mapping(columns=columns))

    def test_a_mapped_header_that_stands_twice(self, tmp_path: Path) -> None:
        path = self.book(tmp_path, [["Ref", "Date", "Date"], ["A/1", "2024-01-02", "2024-01-03"]])
        raw = read_register(path, Mapping(columns={"Ref": "request_id", "Date": "sent"}))
        assert [(r.row, r.rule, r.column) for r in raw.remarks] == [("1", "header_twice", "sent")]

    def test_a_sheet_of_the_same_references(self, tmp_path: Path) -> None:
        table = [["Ref", "Country", "Received"], *[[f"A/{n}", "China", "2024-01-02"] for n in range(9)]]
        raw = read_register(self.book(tmp_path, table, table))
        assert [(r.row, r.rule) for r in raw.remarks] == [("2!1", "same_requests")]


def test_a_rule_that_takes_many_rows_of_a_sheet_is_one_error_of_the_sheet() -> None:
    """Twenty of a hundred rows of the second sheet; of the first as many, of a thousand; printed numbers never."""
    refused = [Remark(f"{sheet}!{n}", "one_cell") for sheet in (1, 2) for n in range(20)]
    not_data = {"total": [f"2!{n}" for n in range(20, 40)], "number": [f"2!{n}" for n in range(40, 80)]}
    numbers = [*(f"1!{n}" for n in range(980)), *(f"2!{n}" for n in range(80, 100))]
    assert gathered(refused, not_data, numbers) == [
        *refused[:20],
        Remark("2!0", "one_cell", count=20),
        Remark("2!20", "many_not_data", value="total", count=20),
    ]


def test_rows_that_are_struck_out_are_named(tmp_path: Path) -> None:
    """Struck out by the format of cells, by that of the text in them, in one cell alone, and not at all."""
    path = tmp_path / "struck.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, line = book.add_worksheet(), book.add_format({"font_strikeout": True})
        sheet.write_row(0, 0, ["Ref. No.", "Country", "Date received"])
        for n in range(1, 5):
            sheet.write_row(n, 0, [f"A/{n}", "Thailand", f"2024-01-1{n}"], line if n == 1 else None)
        for column, text in enumerate(["A/2", "Thailand", "2024-01-12"]):
            sheet.write_rich_string(2, column, line, text[:1], line, text[1:])
        sheet.write(3, 1, "Thailand", line)
    raw = read_register(path)
    assert [(r.row, r.rule) for r in raw.remarks] == [("2", "struck_out"), ("3", "struck_out")]
    assert len(raw.frame) == 4


def test_errors_in_cells_of_an_xls_file_are_no_blanks(root: Path) -> None:
    """tests/registers/errors.xls: =NA() in B3 and =1/0 in D4 of its second sheet, as LibreOffice wrote them."""
    found = clean(read_register(root / "tests" / "registers" / "errors.xls"), LAO)
    told = found.issues[found.issues["rule"].eq("error_cell")]
    assert told[["row", "column", "value"]].to_numpy().tolist() == [
        ["2!3", "partner", "#N/A"],
        ["2!4", "answered", "#DIV/0!"],
    ]
    assert found.requests["outcome"].tolist()[2] == "unclear"


def _opendocument(cells: str) -> str:
    spaces = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    named = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    words = ["Ref. No.", "Country", "Date received", "Answered"]
    head, row = (
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{w}</text:p></table:table-cell>'
            for w in part
        )
        for part in (words, ["A/1", "Thailand", "2024-01-11"])
    )
    rows = f"<table:table-row>{head}</table:table-row><table:table-row>{row}{cells}</table:table-row>"
    return (
        f'<?xml version="1.0"?><office:document-content {named}><office:body><office:spreadsheet>'
        f'<table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        # As LibreOffice writes a formula that shows nothing, in both of its ways.
        ('table:formula="of:=IF(1;&quot;&quot;;2)"><text:p/></table:table-cell>', []),
        ('table:formula="of:=T(1)" office:value-type="string" office:string-value=""/>', []),
        # As a program that calculates nothing writes one.
        ('table:formula="of:=TODAY()"/>', ["#FORMULA!"]),
    ],
)
def test_a_formula_of_an_ods_file_is_blank_only_where_it_shows_nothing(
    tmp_path: Path, cell: str, told: list[str]
) -> None:
    path = tmp_path / "register.ods"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        pack.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}"/>')
        pack.writestr("content.xml", _opendocument(f"<table:table-cell {cell}"))
    issues = clean(read_register(path), LAO).issues
    assert issues[issues["rule"].eq("error_cell")]["value"].tolist() == told


@pytest.mark.parametrize(("kind", "told"), [(b' t="str"', []), (b"", ["#FORMULA!"])])
def test_a_formula_of_an_xlsx_file_is_blank_only_where_it_shows_nothing(
    tmp_path: Path, kind: bytes, told: list[str]
) -> None:
    """The kind of the empty text is what Excel and LibreOffice write; who calculates nothing writes none."""
    path = tmp_path / "register.xlsx"
    written, calculated = BytesIO(), b'<c r="D2"><f>'
    with xlsxwriter.Workbook(written) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Ref. No.", "Country", "Date received", "Answered"])
        sheet.write_row(1, 0, ["A/1", "Thailand", "2024-01-11"])
        sheet.write_formula(1, 3, '=IF(A2="","",T(1))', None, "")
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            assert (calculated in content) == name.endswith("sheet1.xml")
            after.writestr(name, content.replace(calculated, b'<c r="D2"%b><f>' % kind))
    issues = clean(read_register(path), LAO).issues
    assert issues[issues["rule"].eq("error_cell")]["value"].tolist() == told


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("Thailand Total", True),
        ("Total requests: 45", True),
        ("Grand Total", True),
        ("total général", True),
        ("TOTAL SA v. State", True),
        ("Totality", False),
        ("Accountant", False),
        ("the report was carried forward", False),
    ],
)
def test_words_for_a_total(cell: str, meant: bool) -> None:
    assert means_total(cell) == meant


def test_the_shape_of_a_reference() -> None:
    assert shape("MLA 12/2016") == shape("mlai 7/1999") == "A 9/9"


def test_a_header_in_two_lines() -> None:
    head = [
        ["Register", "", "", ""],
        ["No.", "Request", "", "Date replied"],
        ["", "Ref. No.", "Date received", ""],
        ["", "", "(dd/mm/yyyy)", "(dd/mm/yyyy)"],
        ["1", "A/1", "2024-01-02", ""],
    ]
    header = locate(head, Mapping())
    assert header is not None
    assert (header.place, header.names) == (3, ["No.", "Ref. No.", "Date received", "Date replied"])


def test_rows_that_continue_the_one_above_are_of_its_request_where_the_mapping_says_so(
    read: Callable[..., Raw],
) -> None:
    text = (
        "Ref. No.,Country,Offence,Date received\nA/1,Thailand,fraud,2024-01-10\n,,homicide,\n"
        "A/2,China,fraud,2024-02-10\n"
    )
    (refused,) = read(text).refused
    assert (refused.row, refused.rule, refused.value) == ("3", "continues_above", "homicide")
    raw = read(text, one_row_per="offence")
    assert raw.frame.loc["3"].tolist() == ["A/1", "Thailand", "homicide", "2024-01-10"]
