"""Cells of an XLS file that hold an error of the spreadsheet: the reader gives them as blank.

Sources: [MS-CFB] for the file, a chain of sectors; [MS-XLS] for the records in it (BOF, EOF, BoolErr, Formula).
"""

import struct
from collections.abc import Iterator, Sequence

ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
BOF, EOF, BOOL_OR_ERROR, FORMULA = 0x809, 0x0A, 0x205, 0x06
GLOBALS = 5
# A number of sectors that begins the count of those that are none.
NO_SECTOR = 0xFFFFFFFA


def errors(data: bytes) -> dict[int, dict[tuple[int, int], str]]:
    """The errors of an XLS file, by the place of the sheet and by (row, column) from 0; none of a damaged file."""
    cells: dict[int, dict[tuple[int, int], str]] = {}
    place, depth = -1, 0
    try:
        for kind, record in _records(_stream(data)):
            if kind == BOF:
                # A chart within a sheet has records of its own.
                place += depth == 0 and struct.unpack_from("<H", record, 2)[0] != GLOBALS
                depth += 1
            elif kind == EOF:
                depth -= 1
            elif kind == BOOL_OR_ERROR and record[7] == 1 and record[6] in ERRORS:
                cells.setdefault(place, {})[struct.unpack_from("<HH", record)] = ERRORS[record[6]]
            elif kind == FORMULA and record[6] == 2 and record[12:14] == b"\xff\xff" and record[8] in ERRORS:
                cells.setdefault(place, {})[struct.unpack_from("<HH", record)] = ERRORS[record[8]]
    except (struct.error, IndexError, ValueError):
        return {}
    return cells


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _stream(data: bytes) -> bytes:
    """The stream of the workbook: a chain of sectors of the file, or, where it is short, of the small sectors that
    stand one after the other in a chain of their own."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    folders, shortest, small_table = struct.unpack_from("<I4xII", data, 48)
    tables, more = [*_numbers(data[76:512])], struct.unpack_from("<I", data, 68)[0]
    for _ in range(len(data) // size):
        if more >= NO_SECTOR:
            break
        *some, more = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        tables += some
    body = data[size:]
    following = [n for table in tables if table < NO_SECTOR for n in _numbers(body[table * size :][:size])]
    folder = _chain(body, size, following, folders)
    entries = [folder[place : place + 128] for place in range(0, len(folder) - 127, 128)]
    for entry in entries:
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        first, length = struct.unpack_from("<II", entry, 116)
        if name in ("Workbook", "Book"):
            if length >= shortest:
                return _chain(body, size, following, first)[:length]
            small = _chain(body, size, following, struct.unpack_from("<I", entries[0], 116)[0])
            places = _numbers(_chain(body, size, following, small_table))
            return _chain(small, 64, places, first)[:length]
    return b""


def _numbers(part: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4])


def _chain(body: bytes, size: int, following: Sequence[int], first: int) -> bytes:
    parts: list[bytes] = []
    while first < NO_SECTOR and len(parts) <= len(following):
        parts.append(body[first * size : (first + 1) * size])
        first = following[first]
    return b"".join(parts)
