"""What stands in the package of a workbook and its reader does not tell: a password, a size that no
register has, the merged cells of an ODS file."""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from mlastats.errors import InputRejected

Range = tuple[tuple[int, int], tuple[int, int]]

# A workbook of more than this, unpacked, is no register kept by hand; CSV has no such limit.
UNPACKED_LIMIT = 2 << 30
# No tag is looked for beyond the next one, however the file is written: reading takes no longer than its length.
ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["'](\d+)["']""")
WIDE_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{2,3})\d+["'][^<>]*(?<!/)>""")
# How often an ODS file says that a cell, a row or a blank stands there, which its reader writes out; no sheet has more rows.
REPEATED = re.compile(rb"""(?:-repeated|:c)=["'](\d{7,})["']""")
LONGEST_SHEET = 1 << 20
# What reading a part of a damaged package can raise.
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, KeyError, OSError, EOFError, RuntimeError),
)
OLE = b"\xd0\xcf\x11\xe0"
BIFF_START, FILE_PASS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# A cell that holds an error or a formula: letters and row of its place, what is said of it, and what stands in it.
LOST = re.compile(
    rb'<(?:\w+:)?c (?=[^<>]*?\br="([A-Z]+)(\d+)")([^<>]*)(?<!/)>((?:(?!</?(?:\w+:)?c[\s>]).)*)</(?:\w+:)?c>',
    re.DOTALL,
)
# What stands in the place of a formula of which no value was stored.
NO_VALUE = "#FORMULA!"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def check(data: bytes, of: str, limit: int) -> None:
    """Raise InputRejected where a workbook is protected by a password or huge; what is no package at
    all is left to the reader."""
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data or _has_file_pass(data):
            raise protected(of)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            _check_package(pack, of, limit)
    except BROKEN:
        return


def protected(of: str) -> InputRejected:
    """The fault of a workbook that asks for a password."""
    return InputRejected(
        f"{of} is protected by a password. Save a copy without one where only you can read it."
    )


def merged(data: bytes) -> dict[int, list[Range]]:
    """The merged cells of each sheet of an ODS file, by the place of the sheet, as (top, left),
    (bottom, right) from 0; the reader tells them of the other kinds itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            content = pack.read("content.xml")
    except (zipfile.BadZipFile, KeyError):
        return {}
    if not re.search(rb'number-rows-spanned="(?!1")', content):
        return {}
    tables = ElementTree.fromstring(content).iter(f"{TABLE}table")
    return {place: list(_spans(table)) for place, table in enumerate(tables)}


def lost_cells(data: bytes) -> dict[int, dict[tuple[int, int], str]]:
    """Cells of an XLSX or ODS file that the reader gives as blank and that are not, by the place of the sheet and by
    (row, column) from 0: an error as it stands, and NO_VALUE for a formula of which no value was stored. A formula that
    shows nothing (an empty text) is blank."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            if "content.xml" in pack.namelist():
                return _lost_of_ods(pack.read("content.xml"))
            return {place: _lost_of_xlsx(pack.read(part)) for place, part in enumerate(_sheets(pack))}
    except (*BROKEN, ElementTree.ParseError):
        return {}


def struck(data: bytes) -> dict[int, frozenset[int]]:
    """Rows of an XLSX file of which most filled cells are struck out, by the place of the sheet and from 0; of other
    kinds of files it is not told."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            names = pack.namelist()
            styles, texts = (
                pack.read(name) if name in names else b"<none/>"
                for name in ("xl/styles.xml", "xl/sharedStrings.xml")
            )
            if b"strike" not in styles and b"strike" not in texts:
                return {}
            look = ElementTree.fromstring(styles)
            fonts = [_is_struck(font) for font in look.findall(f"{SHEET}fonts/{SHEET}font")]
            formats = look.findall(f"{SHEET}cellXfs/{SHEET}xf")
            marks = {("s", str(n)) for n, one in enumerate(formats) if fonts[int(one.get("fontId", "0"))]}
            for n, text in enumerate(ElementTree.fromstring(texts).findall(f"{SHEET}si")):
                runs = text.findall(f"{SHEET}r")
                if runs and all(_is_struck(run.find(f"{SHEET}rPr")) for run in runs):
                    marks.add(("v", str(n)))
            return {place: _struck_rows(pack.read(part), marks) for place, part in enumerate(_sheets(pack))}
    except (*BROKEN, IndexError, ElementTree.ParseError):
        return {}


def _is_struck(font: ElementTree.Element | None) -> bool:
    mark = font.find(f"{SHEET}strike") if font is not None else None
    return mark is not None and mark.get("val", "1") not in ("0", "false")


def _struck_rows(content: bytes, marks: set[tuple[str, str]]) -> frozenset[int]:
    """`marks`: the formats ("s") and the shared texts ("v") that are struck out."""
    rows = set()
    for n, row in enumerate(ElementTree.fromstring(content).iter(f"{SHEET}row"), 1):
        filled = [cell for cell in row if len(cell)]
        out = sum(
            ("s", cell.get("s", "")) in marks
            or (cell.get("t") == "s" and ("v", cell.findtext(f"{SHEET}v", "")) in marks)
            for cell in filled
        )
        if 2 * out > len(filled):
            rows.add(int(row.get("r", str(n))) - 1)
    return frozenset(rows)


def _sheets(pack: zipfile.ZipFile) -> list[str]:
    """The parts of an XLSX file that hold its sheets, in order."""
    targets = {
        element.get("Id"): (element.get("Target") or "").lstrip("/").removeprefix("xl/")
        for element in ElementTree.fromstring(pack.read("xl/_rels/workbook.xml.rels"))
    }
    sheets = ElementTree.fromstring(pack.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
    return [f"xl/{targets[sheet.get(RELATION)]}" for sheet in sheets]


def _lost_of_xlsx(content: bytes) -> dict[tuple[int, int], str]:
    found = {}
    for letters, row, given, inside in LOST.findall(content):
        error = re.search(rb"<(?:\w+:)?v>([^<]+)<", inside)
        if b't="e"' in given and error:
            text = error.group(1).decode("utf-8", "replace")
        elif not error and b't="str"' not in given and re.search(rb"<(?:\w+:)?f[\s>/]", inside):
            text = NO_VALUE
        else:
            continue
        found[int(row) - 1, _column(letters) - 1] = text
    return found


def _lost_of_ods(content: bytes) -> dict[int, dict[tuple[int, int], str]]:
    if b'value-type="error"' not in content and b":formula=" not in content:
        return {}
    found: dict[int, dict[tuple[int, int], str]] = {}
    for place, table in enumerate(ElementTree.fromstring(content).iter(f"{TABLE}table")):
        top = 0
        for row in table.iter(f"{TABLE}table-row"):
            left = 0
            for cell in row:
                kinds = {kind for name, kind in cell.attrib.items() if name.endswith("}value-type")}
                if "error" in kinds:
                    found.setdefault(place, {})[top, left] = "".join(cell.itertext())
                elif not kinds and not len(cell) and f"{TABLE}formula" in cell.attrib:
                    found.setdefault(place, {})[top, left] = NO_VALUE
                left += _count(cell, "number-columns-repeated")
            top += _count(row, "number-rows-repeated")
    return found


def _check_package(pack: zipfile.ZipFile, of: str, limit: int) -> None:
    size = sum(part.file_size for part in pack.infolist())
    if size > UNPACKED_LIMIT:
        raise InputRejected(
            f"{of} is huge: {size >> 20:,} MB unpacked, where {UNPACKED_LIMIT >> 20:,} MB is the limit for a "
            "workbook. Save its sheets as CSV, or split it by year."
        )
    names = pack.namelist()
    if "META-INF/manifest.xml" in names and b"encryption-data" in pack.read("META-INF/manifest.xml"):
        raise protected(of)
    for name in names:
        if (name.startswith("xl/worksheets/") and _reach(pack, name) > limit) or (
            name == "content.xml" and _repeats(pack, name)
        ):
            # The reader keeps a place for each cell of the rectangle that a sheet fills, empty or not.
            raise InputRejected(
                f"{of} is huge: one of its sheets reaches over {limit:,} cells. Delete what stands far outside the "
                "table, save the sheet as CSV, or raise `cells` under [reading] in the configuration."
            )


def _reach(pack: zipfile.ZipFile, name: str) -> int:
    """Cells of the rectangle from A1 to the last row and the last filled column of a sheet of XLSX."""
    rows, columns = 0, 26
    for part in _parts(pack, name):
        rows = max([rows, *map(int, ROW.findall(part))])
        columns = max([columns, *map(_column, set(WIDE_CELL.findall(part)))])
    return rows * columns


def _repeats(pack: zipfile.ZipFile, name: str) -> bool:
    """Whether something of an ODS file stands there more often than a sheet has rows."""
    numbers = (number for part in _parts(pack, name) for number in REPEATED.findall(part))
    return any(len(number) > 7 or int(number) > LONGEST_SHEET for number in numbers)


def _parts(pack: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The part, some MB at a time, each with the end of the one before."""
    end = b""
    with pack.open(name) as file:
        while more := file.read(1 << 22):
            yield end + more
            end = more[-256:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _has_file_pass(data: bytes) -> bool:
    """Whether the records at the start of an XLS stream say that the rest is encrypted."""
    place = data.find(BIFF_START)
    for _ in range(8 if place >= 0 else 0):
        if place + 4 > len(data):
            return False
        kind, length = struct.unpack_from("<HH", data, place)
        if kind == FILE_PASS:
            return True
        place += 4 + length
    return False


def _spans(table: ElementTree.Element) -> Iterator[Range]:
    top = 0
    for row in table.iter(f"{TABLE}table-row"):
        left = 0
        for cell in row:
            down, across = (_count(cell, f"number-{what}-spanned") for what in ("rows", "columns"))
            if down > 1:
                yield (top, left), (top + down - 1, left + across - 1)
            left += _count(cell, "number-columns-repeated")
        top += _count(row, "number-rows-repeated")


def _count(element: ElementTree.Element, name: str) -> int:
    return int(element.get(f"{TABLE}{name}", "1"))
