"""A large register, cut into blocks of rows that are read one by one: where a cut may be, and how what was read is one."""

import csv
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import psutil
import pyarrow as pa

from mlastats import messages, vocab
from mlastats.errors import InputRejected
from mlastats.register import delimited, encodings, files, headers, processed, reading, rows, sources
from mlastats.register.files import Layout, Raw, Source
from mlastats.register.tables import Table
from mlastats.settings import Register, Settings

# Most blocks that are cleaned side by side, and how many times its own size one may hold: together half of the memory
# that is free.
JOBS, TIMES = 8, 10
# The beginning of a text, by which the usual shape of its references is told; and where a cut is looked for.
HEAD, WINDOW, LINES = 1 << 24, 1 << 20, 500
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Rows of a register that are cleaned at a time: all of it; or, with a `layout`, a piece of its text, from byte `start`
    to `end`, whose first row is row `first`. Its text, its issues and its requests are files that begin with `place`."""

    register: Register
    source: Source
    place: Path
    layout: Layout | None = None
    start: int = 0
    end: int = 0
    first: int = 0
    around: rows.Around | None = None

    @property
    def size(self) -> int:
        """The bytes that are read."""
        return self.end - self.start if self.layout else self.source.size

    @property
    def text(self) -> Path:
        return self.place.with_suffix(".arrow")

    @property
    def issues(self) -> Path:
        return self.place.with_suffix(".csv")

    @property
    def requests(self) -> Path:
        return self.place.with_suffix(".parquet")

    def content(self) -> bytes:
        """The piece of the text."""
        with self.source.files[0].open("rb") as file:
            file.seek(self.start)
            return file.read(self.end - self.start)

    def at(self, folder: Path) -> "Block":
        """The block where a folder holds what is known of it, under its name."""
        place = folder / self.place.name
        source = replace(self.source, files=(place,))
        return replace(self, place=place, source=source, start=0, end=self.end - self.start)

    def read(self) -> tuple[Raw, Table | None] | None:
        """The rows as a register, and their table; nothing where a block cannot tell what only the whole can."""
        if self.layout is None or self.around is None:
            return files.read_source(self.source), None
        return files.read_block(self.content(), self.layout, self.first, self.source, self.around)


@dataclass(frozen=True)
class Task:
    """A function and the block that it is done with, by the rules of a workspace; all of it can be pickled."""

    function: Callable[..., Any]
    block: Block
    arguments: tuple[Any, ...]
    settings: Settings
    language: str = field(default_factory=messages.language)

    @property
    def of(self) -> str:
        return self.block.source.of

    @property
    def size(self) -> int:
        return self.block.size


def side_by_side(tasks: list[Task]) -> list[Any]:
    """What comes of the tasks, each in a process apart, as many at a time as processors and memory allow; InputRejected
    in the place of what is wrong."""
    if not tasks:
        return []
    most = max(task.size for task in tasks) * TIMES * 2 + 1
    jobs = max(1, min(JOBS, os.cpu_count() or 1, len(tasks), psutil.virtual_memory().available // most))
    answers: list[Any] = [None] * len(tasks)
    pa.default_memory_pool().release_unused()
    with ThreadPoolExecutor(jobs) as pool:
        told = pool.map(
            lambda n: reading.apart(perform, tasks[n::jobs], tasks[0].settings.reading), range(jobs)
        )
        for n, some in enumerate(told):
            answers[n::jobs] = some
    return answers


def perform(task: Task) -> Any:
    """In a process: do a task in its language, with the codes of its workspace."""
    settings = task.settings
    if not reading.FORKS:  # a fork has what it was forked from
        messages.use_workspace(settings, task.language)
    try:
        return task.function(task.block, *task.arguments, settings)
    except OSError as cause:  # what cannot be read is an InputRejected
        raise processed.unwritten(cause) from None


def of(register: Register, source: Source, least: int, part: int, folder: Path) -> list[Block]:
    """The blocks of a register, each of about `part` bytes; one of all of it where it has no more than `least`, or is no
    delimited text of one file in UTF-8. A block begins with a row that is certain to be a request and says nothing "as
    above"."""
    whole = [Block(register, source, folder / f"{register.name}-0")]
    if source.size <= least or len(source.files) != 1 or source.size > sources.SIZE_LIMIT:
        return whole
    with source.files[0].open("rb") as file:
        head = file.read(HEAD)
        start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
        if b"\0" in head or start.startswith(
            (b"PK", b"\xd0\xcf", b"PAR1", b"%", b"{", b"<", b"\xff\xfe", b"\xfe\xff")
        ):
            return whole
        begin = len(BOM) * head.startswith(BOM)
        try:
            text, laid_out = files.layout(head[begin:], source.mapping, source.of)
        except InputRejected:
            return whole
        begin = len(head) - len(text)
        if len(head) == HEAD:
            text = text[: text.rfind(b"\n") + 1]
        usual = _usual(text, laid_out, source, len(head) < HEAD) if encodings.is_utf8(text) else None
        if usual is None:
            return whole
        cuts, numbers = [begin], [laid_out.header.place + 2]
        row = numbers[0] - (laid_out.header.place + 1)
        while (at := cuts[-1] + part) < source.size and (cut := _cut(file, at, laid_out, source)):
            file.seek(cuts[-1])
            row += _records(file.read(cut - cuts[-1]))
            cuts.append(cut)
            numbers.append(row)
    ends = [*cuts[1:], source.size]
    later = replace(laid_out, header=replace(laid_out.header, place=-1))
    pieces = [
        Block(
            register,
            source,
            folder / f"{register.name}-{n}",
            later if n else laid_out,
            start,
            end,
            number,
            rows.Around(usual, end < source.size),
        )
        for n, (start, end, number) in enumerate(zip(cuts, ends, numbers, strict=True))
    ]
    return pieces if len(pieces) > 1 else whole


def _usual(text: bytes, laid_out: Layout, source: Source, all_: bool) -> frozenset[str] | None:
    """The usual shapes of the references, by the first rows; nothing where more of them would have to be seen."""
    names = laid_out.header.names
    grid = delimited.read(text, laid_out.delimiter, laid_out.header.place + 1, len(names))
    matched, _claimed = headers.match(names, source.mapping, source.of)
    return rows.usual(grid.frame, laid_out.header, matched, source.mapping, all_)


def _cut(file: BinaryIO, at: int, laid_out: Layout, source: Source) -> int:
    """The byte at which the first row behind `at` begins that may be the first of a block; 0 where there is none."""
    names = laid_out.header.names
    matched, _claimed = headers.match(names, source.mapping, source.of)
    signs = {alias.lower() for alias, _code in vocab.spellings("ditto")}
    while at < source.size:
        file.seek(at)
        lines = file.read(WINDOW).split(b"\n")
        begin, places, records = at + len(lines[0]) + 1, list[int](), list[list[str]]()
        for line in lines[1:-1][:LINES]:
            cells = next(csv.reader([line.decode("utf-8", "replace")], delimiter=laid_out.delimiter), [])
            told = signs & {cell.strip().lower() for cell in cells}
            if b'"' not in line and len(cells) == len(names) and not told:
                places.append(begin)
                records.append(cells)
            begin += len(line) + 1
        if records:
            frame = delimited.table(records, len(names))
            sure = rows.certain(frame, laid_out.header, matched, source.mapping)
            if sure.any():
                return places[int(np.flatnonzero(sure)[0])]
        at += WINDOW
    return 0


def _records(text: bytes) -> int:
    """How many records a text has whose quotes pair."""
    if b'"' not in text:
        return text.count(b"\n")
    signs = np.frombuffer(text, dtype=np.uint8)
    quotes, lines = (np.flatnonzero(signs == ord(sign)) for sign in ('"', "\n"))
    return int((np.searchsorted(quotes, lines) % 2 == 0).sum())


def joined(pieces: list[Raw], digest: tuple[str, ...]) -> Raw:
    """What was read of a register in blocks, but for its rows."""
    first = pieces[0]
    if len(pieces) == 1:
        return first
    remarks, above = [], set[str]()
    for n, piece in enumerate(pieces):
        for remark in piece.remarks:
            again = remark.rule == "heading_unused" and remark.column in above
            if not again and not (n and remark.rule == "header_twice"):
                remarks.append(remark)
            above |= {remark.column} if remark.rule == "heading_unused" else set()
    gone = {
        name: tuple(row for piece in pieces for row in piece.not_data_rows.get(name, ()))
        for name in dict.fromkeys(name for piece in pieces for name in piece.not_data_rows)
    }
    ditto = Counter[tuple[str, str, str]]()
    for piece in pieces:
        ditto.update({(header, sign, value): number for header, sign, value, number in piece.ditto})
    widest: list[str] = max((list(map(str, piece.frame)) for piece in pieces), key=len)
    place = {name: n for n, name in enumerate(widest)}
    in_columns = sorted(ditto.items(), key=lambda told: place[told[0][0]])
    return replace(
        first,
        read=sum(piece.read for piece in pieces),
        not_data=reduce(add, (piece.not_data for piece in pieces)),
        not_data_rows=gone,
        refused=tuple(remark for piece in pieces for remark in piece.refused),
        remarks=tuple(remarks),
        ditto=tuple((*told, number) for told, number in in_columns),
        inputs=digest,
    )
