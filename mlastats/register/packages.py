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
# The reader keeps a place for each cell of the rectangle that a sheet fills, empty or not.
CELL_LIMIT = 50_000_000
ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')
WIDE_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{2,3})\d+"[^>]*[^/]>')
# What reading a part of a damaged package can raise.
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, KeyError, OSError, EOFError, RuntimeError),
)
OLE = b"\xd0\xcf\x11\xe0"
BIFF_START, FILE_PASS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def check(data: bytes, of: str) -> None:
    """Raise InputRejected where a workbook is protected by a password or huge; what is no package at
    all is left to the reader."""
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data or _has_file_pass(data):
            raise protected(of)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            _check_package(pack, of)
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


def _check_package(pack: zipfile.ZipFile, of: str) -> None:
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
        if name.startswith("xl/worksheets/") and _reach(pack, name) > CELL_LIMIT:
            raise InputRejected(
                f"{of} is huge: one of its sheets reaches over {CELL_LIMIT // 10**6} million cells. Delete what "
                "stands far outside the table, or save the sheet as CSV."
            )


def _reach(pack: zipfile.ZipFile, name: str) -> int:
    """Cells of the rectangle from A1 to the last row and the last filled column of a sheet of XLSX."""
    rows, columns = 0, 26
    for part in _parts(pack, name):
        rows = max([rows, *map(int, ROW.findall(part))])
        columns = max([columns, *map(_column, set(WIDE_CELL.findall(part)))])
    return rows * columns


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
