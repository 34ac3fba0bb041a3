"""Register files as people keep them: what is read, under which row number, and what is refused."""

import csv
import datetime as dt
import io
import os
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest import mock

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import settings
from mlastats.errors import InputRejected
from mlastats.register import delimited, packages, rows, sources
from mlastats.register.account import warnings
from mlastats.register.clean import clean
from mlastats.register.files import Raw, read_register
from mlastats.register.mapping import Mapping
from mlastats.register.rows import Remark

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
HEAD = ["request_id", "partner", "received", "persons", "urgent", "share"]
# What a spreadsheet shows of the workbook that `xlsx` writes; tests/registers/book.xls is the same
# workbook, saved by LibreOffice.
SHOWN = {
    "1!4": ["007", "Thailand", "2024-03-01", "12", "true", "0.25"],
    "1!5": ["8", "Viet Nam", "2024-03-02", "3", "", ""],
    "1!6": ["A/6", "Viet Nam", "03/2024", "", "false", ""],
    "1!9": ["A/9", "China", "", "", "", ""],
    "2!2": ["B/2", "China", "", "", "", ""],
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Raw]:
    def of(content: "bytes | str", **given: object) -> Raw:
        path = tmp_path / "Ms Canary in a file name.bin"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_register(path, **given)  # type: ignore[arg-type]

    return of


@cache
def xlsx() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    day, thai, share = (
        book.add_format({"num_format": text}) for text in ("dd/mm/yyyy", "[$-107041E]d mmmm bbbb", "0%")
    )
    sheet = book.add_worksheet("2024")
    sheet.merge_range("A1:C1", "Register of requests")
    sheet.write_row("A3", HEAD)
    sheet.write_string("A4", "007")
    sheet.write("B4", "Thailand")
    sheet.write_datetime("C4", dt.datetime(2024, 3, 1), day)
    sheet.write_row("D4", [12, True])
    sheet.write("F4", 0.25, share)
    sheet.write("A5", 8)
    sheet.merge_range("B5:B6", "Viet Nam")
    sheet.write_datetime("C5", dt.datetime(2024, 3, 2), thai)
    sheet.write("D5", 3)
    sheet.write("A6", "A/6")
    sheet.write_string("C6", "03/2024")
    sheet.write("E6", False)
    sheet.write_row("A8", HEAD)
    sheet.write_row("A9", ["A/9", "China"])
    sheet.write("A10", "Total")
    sheet.write("D10", 15)
    sheet.write("A12", "Prepared by the desk")
    book.add_worksheet("2025").write_column("A1", ["request_id", "B/2"])
    book.get_worksheet_by_name("2025").write_column("B1", ["partner", "China"])
    hidden = book.add_worksheet("lists")
    hidden.write_row("A1", HEAD)
    hidden.write_row("A2", ["C/2", "Japan"])
    hidden.hide()
    book.close()
    return out.getvalue()


def cell(value: object = "", more: str = "") -> str:
    """A cell of ODS."""
    kinds = {bool: "boolean", int: "float", float: "float", dt.date: "date", str: "string"}
    kind = kinds[type(value)]
    name = {"boolean": "boolean-value", "date": "date-value", "float": "value"}.get(kind)
    said = f'office:{name}="{str(value).lower()}"' if name else ""
    text = f"<text:p>{value}</text:p>" if kind == "string" else ""
    typed = f'office:value-type="{kind}"' if value != "" else ""
    return f"<table:table-cell {typed} {said} {more}>{text}</table:table-cell>"


def row(*cells: object, more: str = "") -> str:
    whole = "".join(c if isinstance(c, str) and c.startswith("<") else cell(c) for c in cells)
    return f"<table:table-row {more}>{whole}</table:table-row>"


def ods(*tables: str, manifest: str = "") -> bytes:
    """A workbook of OpenDocument with the rows of each table."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = "".join(f'<table:table table:name="S{n}">{rows}</table:table>' for n, rows in enumerate(tables))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        pack.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{manifest}'
            "</manifest:manifest>",
        )
        pack.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{body}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
    return out.getvalue()


def odf() -> bytes:
    """The workbook of `xlsx` in OpenDocument."""
    return ods(
        row(cell("Register of requests", 'table:number-columns-spanned="3"'))
        + row()
        + row(*HEAD)
        + row("007", "Thailand", dt.date(2024, 3, 1), 12, True, 0.25)
        + row(8, cell("Viet Nam", 'table:number-rows-spanned="2"'), dt.date(2024, 3, 2), 3)
        + row("A/6", "<table:covered-table-cell/>", "03/2024", "", False)
        + row(more='table:number-rows-repeated="1"')
        + row(*HEAD)
        + row("A/9", "China")
        + row("Total", "", "", 15)
        + row()
        + row("Prepared by the desk")
        + row(
            '<table:table-cell table:number-columns-repeated="16384"/>',
            more='table:number-rows-repeated="1048000"',
        ),
        row(*HEAD[:2]) + row("B/2", "China"),
    )


def shown(raw: Raw) -> dict[str, list[str]]:
    return {str(number): cells.tolist() for number, cells in raw.frame.iterrows()}


def balances(raw: Raw) -> bool:
    (account,) = clean(raw, LAO).summary["registers"]
    return bool(account["read"] == sum(account[end] for end in ("requests", "merged", "refused", "not_data")))


class TestText:
    TEXT = "request_id,partner,remark\nA/1,ไทย,\nA/2,ลาว,เสร็จสิ้น\n"
    FRENCH = "request_id,partner,remark\nA/1,Curaçao,août\nA/2,Suède,à l’étude\n"

    @pytest.mark.parametrize(
        ("encoding", "reported"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8"),
            ("utf-16", "utf-16"),
            ("utf-32", "utf-32"),
            ("cp874", "cp874"),
        ],
    )
    def test_an_encoding_is_told_and_reported(
        self, read: Callable[..., Raw], encoding: str, reported: str
    ) -> None:
        raw = read(self.TEXT.encode(encoding))
        assert shown(raw) == {"2": ["A/1", "ไทย", ""], "3": ["A/2", "ลาว", "เสร็จสิ้น"]}
        (account,) = clean(raw, LAO).summary["registers"]
        assert account["encoding"] == reported
        assert any("encoding was guessed" in said for said in warnings(account)) == (encoding == "cp874")

    @pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_utf_16_in_both_orders_with_and_without_a_mark(
        self, read: Callable[..., Raw], order: str, mark: str
    ) -> None:
        assert shown(read((mark + self.TEXT).encode(order)))["2"] == ["A/1", "ไทย", ""]

    def test_western_european_is_told_from_its_neighbours(self, read: Callable[..., Raw]) -> None:
        raw = read(self.FRENCH.encode("cp1252"))  # cp1250 would give aoűt, Sučde, ŕ
        assert raw.encoding == "cp1252"
        assert shown(raw)["3"] == ["A/2", "Suède", "à l’étude"]

    def test_one_word_of_thai_in_an_english_register(self, read: Callable[..., Raw]) -> None:
        raw = read(("request_id,partner\n" + "A/1,Thailand\n" * 30 + "A/2,ไทย\n").encode("cp874"))
        assert (raw.encoding, raw.frame["partner"].iloc[-1]) == ("cp874", "ไทย")

    def test_the_configured_encoding_goes_before_detection(self, read: Callable[..., Raw]) -> None:
        assert (
            read("request_id,partner\nA/1,Česko\n".encode("cp1250"), encoding="cp1250").encoding == "cp1250"
        )
        assert read("request_id,partner\nA/1,Česko\n", encoding="cp1250").encoding == "utf-8"

    def test_what_may_be_in_several_encodings_is_refused_with_their_names(
        self, read: Callable[..., Raw]
    ) -> None:
        with pytest.raises(InputRejected, match=r"told for certain: it may be .*gb18030.*`encoding`"):
            read("编号,国家\n1,老挝\n".encode("gb18030"))

    def test_utf_8_with_a_damaged_place_is_not_read_as_something_else(self, read: Callable[..., Raw]) -> None:
        text = (self.TEXT * 9).encode()
        broken = text[:-60] + b"\xe0\xb8" + text[-60:].lstrip(b"\x80\x81\x82\x83\x84\x85\xb8\xb9")
        for configured in ({}, {"encoding": "cp874"}):
            with pytest.raises(
                InputRejected, match=r"damaged characters in \d+ places, the first in line \d+"
            ):
                read(broken, **configured)

    @pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
    def test_delimiters(self, read: Callable[..., Raw], sign: str) -> None:
        text = "request_id,partner,remark\nA/1,Thailand,one; two\nA/2,China,\n".replace(",", sign)
        if sign == ";":
            text = text.replace("one; two", '"one; two"')
        assert shown(read(text)) == {"2": ["A/1", "Thailand", "one; two"], "3": ["A/2", "China", ""]}

    @pytest.mark.parametrize("sign", ["§", "ກ", "\x80"])
    def test_a_mapping_may_name_a_delimiter_of_more_than_one_byte(
        self, read: Callable[..., Raw], tmp_path: Path, sign: str
    ) -> None:
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(f'delimiter = "\\u{ord(sign):04x}"\n', encoding="utf-8")
        text = 'request_id,partner\nA/1,"Thailand"\n'.replace(",", sign)
        assert shown(read(text, mapping=mapping)) == {"2": ["A/1", "Thailand"]}

    def test_the_line_that_names_a_delimiter_is_no_row(self, read: Callable[..., Raw]) -> None:
        raw = read("sep=;\r\nrequest_id;partner\r\nA/1;a, b, c, d\r\n")
        assert (shown(raw), raw.read) == ({"2": ["A/1", "a, b, c, d"]}, 2)

    def test_a_row_is_numbered_as_a_spreadsheet_does_whatever_lines_it_takes(
        self, read: Callable[..., Raw]
    ) -> None:
        text = 'A title\n\n"request_id","part\nner",kind\nA/1,"two\r\nlines",MLA\n\nA/2,"one ""quoted""",MLA\n,,\nA/3,x,MLA'
        assert shown(read(text.replace("part\nner", "partner"))) == {
            "4": ["A/1", "two\r\nlines", "MLA"],
            "6": ["A/2", 'one "quoted"', "MLA"],
            "8": ["A/3", "x", "MLA"],
        }
        assert list(shown(read(text.replace("\r\n", " ")))) == ["4", "6", "8"]  # the header takes two lines

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends(self, read: Callable[..., Raw], end: str) -> None:
        assert shown(read(end.join(["request_id,partner", "A/1,x", "", "A/2,y"]))) == {
            "2": ["A/1", "x"],
            "4": ["A/2", "y"],
        }

    def test_ragged_rows(self, read: Callable[..., Raw]) -> None:
        raw = read(
            "request_id,partner,kind\nA/1,Thailand\nA/2,China,MLA,,\nA/3,China,MLA,lost\nA/4,China,MLA\n"
        )
        assert list(raw.frame.index) == ["2", "3", "5"]
        assert raw.refused == (Remark("4", "row_too_long", value="A/3 | China | MLA"),)
        assert raw.remarks == (Remark("2", "row_too_short"),)
        assert balances(raw)

    def test_a_foot_of_totals_and_notes_is_no_data(self, read: Callable[..., Raw]) -> None:
        raw = read(
            "request_id,partner,persons\nA/1,Thailand,2\nMLA 12/2016,,\nrequest_id,partner,persons\nA/2,China,1\n"
            "Total requests: 2,,3\nລວມທັງໝົດ,,3\n\nA/3,,\nPrepared by Ms Canary,,\n* provisional,,\n"
        )
        assert list(raw.frame["request_id"]) == ["A/1", "A/2"]
        assert dict(raw.not_data) == {"header": 2, "total": 2, "blank": 1, "note": 2, "number": 1}
        assert raw.not_data_rows == {"number": ("9",), "total": ("6", "7"), "note": ("10", "11")}
        assert raw.refused == (Remark("3", "one_cell", value="MLA 12/2016", key=rows.key(["MLA 12/2016"])),)
        assert balances(raw)

    def test_words_directly_below_the_table_are_no_request(self, read: Callable[..., Raw]) -> None:
        raw = read("request_id,partner,persons\nA/1,Thailand,2\nletter of the embassy,,\n")
        assert (len(raw.frame), raw.not_data_rows) == (1, {"note": ("3",)})


class TestWorkbooks:
    @pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
    def test_cells_rows_and_sheets_as_the_spreadsheet_shows_them(
        self, read: Callable[..., Raw], root: Path, kind: str
    ) -> None:
        data = {"xlsx": xlsx, "ods": odf, "xls": (root / "tests" / "registers" / "book.xls").read_bytes}[
            kind
        ]()
        raw = read(data)
        assert shown(raw) == SHOWN
        assert dict(raw.not_data) == {"title": 2, "header": 3, "blank": 2, "total": 1, "note": 1}
        assert (raw.encoding, raw.sheets, raw.read) == ("workbook", (1, 2), 14)
        assert raw.notes == (("merged",) if kind == "ods" else ("merged", "hidden"))
        assert balances(raw)

    def test_sheets_by_place_or_name_hidden_ones_too(self, read: Callable[..., Raw]) -> None:
        assert list(shown(read(xlsx(), mapping=Mapping(sheets=[2, "lists"])))) == ["2!2", "3!2"]
        with pytest.raises(InputRejected, match="has 3 sheets; 1 of those that `sheets`"):
            read(xlsx(), mapping=Mapping(sheets=["Ms Canary"]))

    def test_a_table_that_starts_far_from_the_corner(self, read: Callable[..., Raw]) -> None:
        raw = read(ods(row() * 4 + row("", "", "request_id", "partner") + row("", "", "B/1", "China")))
        assert raw.frame.loc["6", ["request_id", "partner"]].tolist() == ["B/1", "China"]

    @pytest.mark.parametrize(
        ("number", "text"), [(0.1 + 0.2, "0.3"), (1e15, "1000000000000000"), (2.5, "2.5")]
    )
    def test_numbers_have_the_digits_that_a_spreadsheet_keeps(
        self, read: Callable[..., Raw], number: float, text: str
    ) -> None:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        book.add_worksheet().write_row("A1", ["request_id", "partner"])
        book.get_worksheet_by_name("Sheet1").write_row("A2", [number, "China"])
        book.close()
        assert read(out.getvalue()).frame["request_id"].tolist() == [text]

    def test_days_counted_from_1904(self, read: Callable[..., Raw]) -> None:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"date_1904": True})
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["request_id", "received"])
        sheet.write("A2", "A/1")
        sheet.write_datetime("B2", dt.datetime(2024, 3, 1), book.add_format({"num_format": "d/m/yy"}))
        book.close()
        assert read(out.getvalue()).frame["received"].tolist() == ["2024-03-01"]

    def test_the_day_it_was_saved_is_the_day_it_is_complete_to(self, read: Callable[..., Raw]) -> None:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        book.set_properties({"created": dt.datetime(2026, 3, 4)})
        book.add_worksheet().write_row("A1", HEAD)
        book.close()
        assert read(out.getvalue()).extracted == dt.date(2026, 3, 4)


class TestParquet:
    def test_typed_columns(self, read: Callable[..., Raw]) -> None:
        table = pa.table(
            {
                "request_id": pa.array([9007199254740993, None], pa.int64()),  # more than a float holds
                "partner": pa.array(["Thailand", "007"]).dictionary_encode(),
                "received": pa.array([dt.date(2024, 3, 1), None]),
                "answered": pa.array([dt.datetime(2024, 3, 1, 13, 5), None]),
                "persons": pa.array([2.0, 0.5]),
                "urgent": pa.array([True, None]),
            }
        )
        out = io.BytesIO()
        pq.write_table(table, out)
        assert shown(read(out.getvalue())) == {
            "2": ["9007199254740993", "Thailand", "2024-03-01", "2024-03-01 13:05:00", "2", "true"],
            "3": ["", "007", "", "", "0.5", ""],
        }

    def test_the_index_of_a_frame_is_a_column(self, read: Callable[..., Raw]) -> None:
        out = io.BytesIO()
        pd.DataFrame({"partner": ["China"]}, index=pd.Index(["A/1"], name="request_id")).to_parquet(out)
        assert read(out.getvalue()).frame["request_id"].tolist() == ["A/1"]


def password_in(name: str, root: Path) -> bytes:
    """A workbook that asks for a password, as far as a reader gets without it."""
    if name == "ods":
        return ods(
            row(*HEAD), manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
        )
    if name == "xlsx":  # the container that an encrypted package stands in
        return (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(1016)
            + "EncryptedPackage".encode("utf-16-le")
            + bytes(96)
        )
    data = (root / "tests" / "registers" / "book.xls").read_bytes()
    return data.replace(b"\x5c\x00\x70\x00", b"\x2f\x00\x70\x00", 1)  # a record of 112 bytes becomes FILEPASS


def reaching_far() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row("A1", HEAD)
    sheet.write("XFD1048576", "x")
    book.close()
    return out.getvalue()


class TestRefused:
    """One clear error each: what is wrong, what to do; no path, no name of a file or sheet, no value."""

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"\xef\xbb\xbf\r\n \n", "is empty"),
            (b"PK\x03\x04 no package", "is damaged, or is no workbook"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is damaged, or is no workbook"),
            (b"PAR1 no table PAR1", "is a damaged Parquet file"),
            (b"%PDF-1.7 Ms Canary", "is a page or a document"),
            (b"<html><table><tr><td>Ms Canary", "is a page or a document"),
            (bytes(range(8)) * 100 + b"\n", "is damaged or is not text"),
            (b"2024-01-02,3,4\n2024-01-03,4,5\n", "has no header row among its first 2 rows"),
            (b"\xef\xbb\xbfrequest_id,partner\nA/1,\xe9\n", "bytes that are not"),
            (reaching_far(), "is huge: one of its sheets reaches over"),
            (xlsx()[:3000], "is damaged, or is no workbook"),
            (ods(row()), "is empty: none of its visible sheets"),
            (
                ods(row(*HEAD) + row("A/1", "China"), row("2024-01-02", "Ms Canary 7", "1") * 2),
                "Sheet 2 of Register police has days",
            ),
        ],
    )
    def test_with_what_to_do(self, read: Callable[..., Raw], content: bytes, said: str) -> None:
        with pytest.raises(InputRejected) as fault:
            read(content, register="police")
        text = str(fault.value)
        assert said in text
        assert "Register police" in text
        assert "Canary" not in text
        assert "/" not in text.replace("XLSX or CSV", "")
        assert "\n" not in text

    @pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
    def test_a_password(self, read: Callable[..., Raw], root: Path, kind: str) -> None:
        with pytest.raises(InputRejected, match="protected by a password"):
            read(password_in(kind, root))

    def test_a_file_over_the_limit(self, read: Callable[..., Raw], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "SIZE_LIMIT", 1 << 20)
        with pytest.raises(InputRejected, match=r"is huge: 2 MB, where 1 MB is the limit\. Split it by year"):
            read(b"request_id\n" + b"A\n" * (1 << 20))

    def test_what_unpacks_to_more_than_a_register(
        self, read: Callable[..., Raw], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packages, "UNPACKED_LIMIT", 1 << 20)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr("xl/bomb", bytes(2 << 20))
        with pytest.raises(InputRejected, match=r"is huge: 2 MB unpacked, where 1 MB"):
            read(out.getvalue())

    def test_what_is_not_there_a_folder_or_shut(self, tmp_path: Path) -> None:
        with pytest.raises(InputRejected, match="does not exist"):
            read_register(tmp_path / "Canary")
        with pytest.raises(InputRejected, match="no file fits"):
            read_register(tmp_path / "Canary*")
        with pytest.raises(InputRejected, match="is a folder"):
            read_register(tmp_path)
        if os.geteuid():
            (tmp_path / "shut").touch(mode=0)
            with pytest.raises(InputRejected, match="may not be read"):
                read_register(tmp_path / "shut")


class TestSeveralFiles:
    def test_one_register_in_several_files(self, workspace: Callable[..., Path]) -> None:
        home = workspace(
            {"2024.csv": "request_id,partner\nA/1,Thailand\n", "2025.csv": "partner;request_id\nChina;A/2\n"}
        )
        raw = read_register(home / "data" / "raw" / "20*.csv")
        assert raw.frame.to_dict("index") == {
            "1!2": {"request_id": "A/1", "partner": "Thailand"},
            "2!2": {"request_id": "A/2", "partner": "China"},
        }
        assert len(raw.inputs) == 2


MAGIC = st.sampled_from(
    [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf"]
)


class TestArbitraryBytes:
    @effort(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(start=MAGIC, content=st.binary(max_size=600), end=st.sampled_from([b"", b"PAR1", b"\n"]))
    def test_anything_is_read_or_refused(
        self, read: Callable[..., Raw], start: bytes, content: bytes, end: bytes
    ) -> None:
        self.one_answer(read, start + content + end)

    def test_a_workbook_whose_properties_alone_are_damaged_is_read(self, read: Callable[..., Raw]) -> None:
        content = bytearray(xlsx())
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            properties = pack.getinfo("docProps/core.xml")
        # The name comes after the 30 bytes of its header; a block of the third kind does not exist.
        content[properties.header_offset + 30 + len(properties.filename)] = 0x07
        assert len(read(bytes(content)).frame) == len(read(xlsx()).frame)
        assert read(bytes(content)).extracted is None

    @effort(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(kind=st.sampled_from(["xlsx", "xls", "ods", "parquet", "csv"]), data=st.data())
    def test_a_file_damaged_anywhere_is_read_or_refused(
        self, read: Callable[..., Raw], root: Path, kind: str, data: st.DataObject
    ) -> None:
        whole = bytearray(self.whole(kind, root))
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.one_of(st.just(len(whole)), st.integers(1, len(whole))))
        self.one_answer(read, bytes(whole[:cut]))

    @staticmethod
    @cache
    def whole(kind: str, root: Path) -> bytes:
        if kind == "parquet":
            out = io.BytesIO()
            pd.DataFrame({"request_id": ["A/1", "A/2"], "partner": ["China", None]}).to_parquet(out)
            return out.getvalue()
        if kind == "csv":
            return 'request_id,partner\nA/1,ไทย\nA/2,"x\ny"\n'.encode("utf-16")
        return {"xlsx": xlsx, "ods": odf, "xls": (root / "tests" / "registers" / "book.xls").read_bytes}[
            kind
        ]()

    @staticmethod
    def one_answer(read: Callable[..., Raw], content: bytes) -> None:
        try:
            raw = read(content)
            assert balances(raw)
        except InputRejected:
            return


class TestBlocks:
    """A large file is read in blocks of whole lines, beside each other; here of a few lines each."""

    CELL = st.sampled_from(["a", "bb", "12", "ໄທ", "", "c,d", 'q"r', "x\ny"])
    RECORD = st.one_of(
        *[st.lists(CELL, min_size=3, max_size=3)] * 5,
        st.lists(CELL, max_size=5),
    )

    @effort(max_examples=150, deadline=None)
    @given(records=st.lists(RECORD, max_size=30), end=st.sampled_from(["\n", "\r\n"]))
    def test_they_give_what_the_records_say(self, records: list[list[str]], end: str) -> None:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=end).writerows(records)
        with mock.patch.multiple(delimited, BLOCK=64, SAMPLE=30):
            grid = delimited.read(out.getvalue().encode(), ",", 0, 3)
        told = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
        assert rows_of(grid) == [tuple([*record, "", "", ""][:3]) for record in told]
        assert grid.short == [n for n, record in enumerate(told) if len(record) < 3 and any(record)]
        assert grid.too_long == [n for n, record in enumerate(told) if any(record[3:])]

    def test_a_ragged_record_in_any_of_them_is_in_its_place(self) -> None:
        lines = [f"A/{n},Thailand,INTERPOL" for n in range(60)]
        lines[7], lines[31], lines[59] = "A/7,China", 'A/31,"Lao, PDR",FIU,x', "A/59"
        with (
            mock.patch.multiple(delimited, BLOCK=200, SAMPLE=300),
            mock.patch.object(
                delimited, "_record_by_record", side_effect=AssertionError("read record by record")
            ),
        ):
            grid = delimited.read("\n".join(lines).encode(), ",", 0, 3)
        found = rows_of(grid)
        assert (grid.short, grid.too_long) == ([7, 59], [31])
        assert [found[n] for n in (6, 7, 31, 59)] == [
            ("A/6", "Thailand", "INTERPOL"),
            ("A/7", "China", ""),
            ("A/31", "Lao, PDR", "FIU"),
            ("A/59", "", ""),
        ]
        assert [row[0] for row in found] == [f"A/{n}" for n in range(60)]


def rows_of(grid: delimited.Grid) -> list[tuple[str, ...]]:
    return list(zip(*(column.astype("str").tolist() for _place, column in grid.frame.items()), strict=True))
