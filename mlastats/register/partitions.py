"""Registers cleaned in parts, block by block in processes of their own: the result is that of cleaning them whole, and
the memory that of a block.

What only the whole of a register tells is small, and meets here: of each column its distinct values, and how it counts;
of each row a number for its reference, one for the digits of that with the partner, and one for what a row without a
reference says. Then only those rows meet whole that share such a number with another.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlastats import decisions, schema, vocab
from mlastats.errors import InputRejected
from mlastats.register import (
    account,
    blocks,
    clean,
    columns,
    corrections,
    decided,
    duplicates,
    processed,
    record,
    references,
    repeats,
    rows,
)
from mlastats.register.blocks import Block, Task
from mlastats.register.distinct import from_arrow, last, plain, replaced_in
from mlastats.register.files import Raw
from mlastats.register.mapping import READABLE, REFERENCES, Mapping
from mlastats.settings import Register, Settings

# What two requests without a reference have in common that may be one.
SAID = ["register", *(name for name in READABLE if name != "request_id")]
LINK = ["register", "source_row", "request_id", "linked_request_id"]


@dataclass(frozen=True)
class Agreed:
    """The `ledger` of corrections, and the decisions that were `made`."""

    ledger: list[corrections.Correction]
    made: dict[str, decisions.Decision]


@dataclass(frozen=True)
class Piece:
    """What is known of a block after it was read: itself as a register without rows; how many `rows` it has and how many
    of them say nothing; the distinct values of each column with how many rows have each; of how many references, and of
    how many of these a spreadsheet seems to have made something else (`turned`); a reference that has the pattern of all,
    if they have one; the `steps` of each column, what its first rows say, and how many rows each sheet has; and how many
    each correction changed."""

    raw: Raw
    rows: int
    blank: int
    values: dict[str, tuple[pd.Series, np.ndarray]]
    turned: dict[str, tuple[int, int]]
    pattern: str | None
    steps: dict[str, repeats.Steps]
    first: pd.DataFrame
    sheets: Counter[str]
    corrected: list[tuple[corrections.Correction, int]]
    looked_at: tuple[tuple[int, bool], ...] = ()
    headings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Whole:
    """What is known of a register after all its blocks were read: its columns, what they mean, and how many rows have each
    value; the columns in which references that a spreadsheet turned are usual; the `steps` of each column, and those
    `telling` something of a row and not counting rows; how many rows are `blank`, and how many each sheet has; and what
    was `agreed`."""

    register: Register
    raw: Raw
    headers: tuple[str, ...]
    known: columns.Facts
    counts: dict[str, np.ndarray]
    usual: set[str]
    steps: dict[str, repeats.Steps]
    telling: list[str]
    blank: int
    sheets: Counter[str]
    agreed: Agreed


@dataclass(frozen=True)
class Sums:
    """A number for each row of a block, 0 where there is nothing to compare: of its reference, of the digits of that with
    its partner, of what it says without a reference, and of the reference that it links to."""

    key: np.ndarray
    alike: np.ndarray
    nameless: np.ndarray
    link: np.ndarray

    def thin(self) -> "Sums":
        """The same; where no row has a number, one 0 stands for all."""
        return Sums(
            *(
                some if some.any() else np.broadcast_to(np.uint64(0), len(some))
                for some in (self.key, self.alike, self.nameless, self.link)
            )
        )


@dataclass(frozen=True)
class Met:
    """What came of the rows of a block that met others: their `places`, those of them that are requests, by place; the
    references that rows link to, as those are written; issues, each with its rank; and what rows elsewhere say."""

    places: np.ndarray
    requests: pd.DataFrame
    links: pd.Series
    issues: list[tuple[int, pd.DataFrame]]
    elsewhere: decided.Elsewhere


@dataclass(frozen=True)
class Finished:
    """What a block adds to the whole: what is counted of its requests, how many `issues` it has, and the `changes` that
    rest on decisions about rows, with the keys of those that were `used`."""

    tally: account.Tally
    issues: int
    changes: pd.DataFrame
    used: frozenset[str]


def write(
    settings: Settings,
    least: int,
    part: int,
    each: Callable[[list[Task]], list[Any]] = blocks.side_by_side,
) -> dict[str, Any] | None:
    """Clean registers of more than `least` bytes in parts of about `part`, and write what cleaning writes, the requests
    as a folder of Parquet files; returns the summary. `each` does tasks, InputRejected in the place of what is wrong.

    Nothing is written, and None returned, where no register is so large, and where one holds what only the whole tells:
    several files, quotes that do not pair, a second table, a heading that counts for the rows below; where it was decided
    of two requests whether they are one; or where tables stand beside the requests."""
    ledger = corrections.load(settings.path(settings.corrections))
    made = decisions.load(settings.path(settings.decisions))
    if any(decision.settles and decision.subject in decided.OF_TWO for decision in made.values()):
        return None
    registers, sources, faults = clean.sources(settings)
    tables = [source.mapping.table != "requests" or source.mapping.assets for source in sources]
    if faults or any(tables) or any(source.mapping.persons for source in sources):
        return None
    with processed.drafts(settings) as folder:
        scratch = folder / "scratch"
        (scratch / "blocks").mkdir(parents=True)
        cut = [
            blocks.of(register, source, least, part, scratch / "blocks")
            for register, source in zip(registers, sources, strict=True)
        ]
        if all(len(some) == 1 for some in cut):
            return None
        done = _Cleaning(settings, cut, Agreed(ledger, made), each)
        summary = done.cleaned(folder) if done.read() else None
        shutil.rmtree(scratch)
        if summary is not None:
            processed.publish(folder, settings, summary)
    return summary


class _Cleaning:
    """A cleaning of registers, each cut into blocks."""

    def __init__(
        self,
        settings: Settings,
        cut: list[list[Block]],
        agreed: Agreed,
        perform: Callable[[list[Task]], list[Any]],
    ) -> None:
        self.settings, self.cut, self.agreed, self.perform = settings, cut, agreed, perform
        self.blocks = [(n, block) for n, some in enumerate(cut) for block in some]
        self.registers = [some[0].register for some in cut]

    def each(self, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> list[Any]:
        """What a function makes of every block with its arguments, in processes side by side. Raises InputRejected with
        what is wrong with any."""
        answers = self.perform(
            [
                Task(function, block, some, self.settings)
                for (_n, block), some in zip(self.blocks, arguments, strict=True)
            ]
        )
        if faults := dict.fromkeys(str(answer) for answer in answers if isinstance(answer, InputRejected)):
            raise InputRejected("\n".join(faults))
        return answers

    def read(self) -> bool:
        """Read all blocks, and bring together what is known of each register; False where only the whole can tell."""
        vocab.aliases("partner")
        with ThreadPoolExecutor(1) as beside:
            digests = beside.submit(lambda: [_digest(some) for some in self.cut])
            pieces = self.each(_read, [(self.agreed.ledger,) for _block in self.blocks])
            if None in pieces:
                return False
            corrections.check([entry for piece in pieces for entry in piece.corrected])
            of_each = [
                [piece for (n, _block), piece in zip(self.blocks, pieces, strict=True) if n == of]
                for of in range(len(self.cut))
            ]
            if not all(_agree(some, self.cut[n][0].source.mapping) for n, some in enumerate(of_each)):
                return False
            self.pieces = pieces
            self.wholes = [
                _whole(block[0].register, some, digest, self.agreed, self.settings)
                for block, some, digest in zip(self.cut, of_each, digests.result(), strict=True)
            ]
        patterns = pd.Series([piece.pattern for piece in pieces], dtype="str")
        self.patterned = bool(patterns.notna().all()) and references.of_one_pattern(patterns[patterns.ne("")])
        return True

    def of_block(self) -> list[Whole]:
        """For each block its register."""
        return [self.wholes[n] for n, _block in self.blocks]

    def cleaned(self, folder: Path) -> dict[str, Any] | None:
        """Write the files of the parts and of the whole; returns the summary, or None where only the whole can tell."""
        self.sums = [some.thin() for some in self.each(_sums, [(w, self.patterned) for w in self.of_block()])]
        met, ends = self.meet()
        del self.sums  # what this process holds, each of those that it forks is said to hold too
        arguments = [(whole, self.registers, met[n]) for n, whole in enumerate(self.of_block())]
        told = self.each(_finish, arguments)
        if None in told:
            return None
        (folder / "requests.parquet").mkdir()
        for n, (_of, block) in enumerate(self.blocks):
            block.requests.replace(folder / "requests.parquet" / f"part-{n:04}.parquet")
        processed.write_csv(record.joined([], record.ISSUES), folder / "issues.csv")
        with (folder / "issues.csv").open("ab") as file:
            for _n, block in self.blocks:
                with block.issues.open("rb") as some:
                    shutil.copyfileobj(some, file)
        of_rows = record.joined([some.changes for some in told], record.CHANGES)
        of_rows = of_rows.sort_values(
            "column", key=lambda names: names.map(schema.NAMES.index), kind="stable"
        )
        changes = record.joined([*map(self._changes, self.wholes), of_rows], record.CHANGES)
        processed.write_csv(changes, folder / "changes.csv")
        tallies = [
            reduce(add, (some.tally for (of, _block), some in zip(self.blocks, told, strict=True) if of == n))
            for n in range(len(self.cut))
        ]
        registers = [(whole.register, whole.raw) for whole in self.wholes]
        summary = account.summary(registers, ends, tallies, self.settings)
        used = {key for whole in self.wholes for key in whole.known.decided}.union(
            *(some.used for some in told)
        )
        counts = {"issues": sum(some.issues for some in told), "changes": len(changes)}
        return {**summary, "decisions": sorted(used), **counts, "beside": []}

    def _changes(self, whole: Whole) -> pd.DataFrame:
        text = clean.as_text(whole.register, whole.raw, [])
        both = [whole.known.changes(whole.counts), clean.as_above(text)]
        return record.joined(both, record.CHANGES).assign(register=whole.register.name)

    def meet(self) -> tuple[list[Met], list[account.Ends]]:
        """What comes of the rows that share a number with another, block by block; and where those of each register end
        that are no requests of their own."""
        shared = [
            _again([getattr(some, name) for some in self.sums]) for name in ("key", "alike", "nameless")
        ]
        places = [np.flatnonzero(np.logical_or.reduce(some)) for some in zip(*shared, strict=True)]
        while True:
            texts = self._together(places)
            settled = [
                _settled(whole, text, stand, self.settings)
                for whole, (text, stand) in zip(self.wholes, texts, strict=True)
            ]
            merged = duplicates.merge(clean.together([some.requests for some in settled]))
            # A request that took its partner from another register may be like some that have not met yet.
            now = np.unique(_alike(merged.requests))
            further = [np.flatnonzero(_among(some.alike, now[now > 0])) for some in self.sums]
            united = [np.union1d(some, more) for some, more in zip(places, further, strict=True)]
            if self.patterned or list(map(len, united)) == list(map(len, places)):
                break
            places = united
        at = np.concatenate(
            [self._origin(of, places)[some.requests.index] for of, some in enumerate(settled)]
        )
        requests = merged.requests.assign(
            **dict(zip(("block", "place"), at[merged.requests.index].T, strict=True))
        )
        links, link_issues = self._linked(requests, places)
        said, issues = self._issues(texts, settled, merged.issues, link_issues)
        met = []
        for n in range(len(self.blocks)):
            own = (
                requests[requests["block"].eq(n)]
                .set_index("place")
                .drop(columns=["block", "linked_request_id"])
            )
            linked = links[links["block"].eq(n)].set_index("place")["link"]
            met.append(Met(places[n], own.apply(plain), linked, issues[n], said))
        ends = [
            account.Ends(
                some,
                len(whole.raw.refused) + whole.blank,
                merged.merged.get(whole.register.name, 0),
                some.doubled + merged.too_many.get(whole.register.name, 0),
            )
            for whole, some in zip(self.wholes, settled, strict=True)
        ]
        return met, ends

    def _origin(self, of: int, places: list[np.ndarray]) -> np.ndarray:
        """Block and place of each row of a register that meets others."""
        return np.concatenate(
            [
                np.column_stack([np.full(len(places[n]), n), places[n]])
                for n, (register, _block) in enumerate(self.blocks)
                if register == of
            ]
        )

    def _together(self, places: list[np.ndarray]) -> list[tuple[clean.Text, np.ndarray]]:
        """The rows of each register that meet others, as text, and where each stands in it."""
        frames = self.each(_rows, zip(self.of_block(), places, strict=True))
        together = []
        for of, whole in enumerate(self.wholes):
            own = [n for n, (register, _block) in enumerate(self.blocks) if register == of]
            above = np.cumsum([0, *(self.pieces[n].rows for n in own)])
            stand = [places[n] + first for n, first in zip(own, above, strict=False)]
            together.append((_text(pd.concat([frames[n] for n in own]), whole), np.concatenate(stand)))
        return together

    def _linked(self, requests: pd.DataFrame, places: list[np.ndarray]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The references that requests link to, with block and place; and issues."""
        wanted = np.unique(np.concatenate([some.link[some.link > 0] for some in self.sums]))
        others = [
            np.setdiff1d(np.flatnonzero((some.link > 0) | _among(some.key, wanted)), places[n])
            for n, some in enumerate(self.sums)
        ]
        arguments = zip(self.of_block(), others, strict=True)
        rest = self.each(_links, arguments) if len(wanted) else []
        apart = [some.assign(block=n) for n, some in enumerate(rest)]
        all_ = pd.concat([requests[[*LINK, "block", "place"]].apply(plain), *apart])
        all_ = all_.sort_values(["block", "place"]).reset_index(drop=True)
        links, issues = references.linked(all_)
        return all_[["block", "place"]].assign(link=links), issues

    def _issues(
        self,
        texts: list[tuple[clean.Text, np.ndarray]],
        settled: list[repeats.Repeats],
        merged: pd.DataFrame,
        links: pd.DataFrame,
    ) -> tuple[decided.Elsewhere, list[list[tuple[int, pd.DataFrame]]]]:
        """What the rows that met say, and the issues of each block, by what comes first of a row."""
        ranked: list[tuple[int, pd.DataFrame]] = [(6, merged), (7, links)]
        said: dict[str, str] = {}
        for whole, (text, _stand), some in zip(self.wholes, texts, settled, strict=True):
            raw, name = whole.raw, whole.register.name
            gathered = rows.gathered(raw.refused, raw.not_data_rows, whole.sheets)
            first = rows.issues(gathered, raw.remarks)
            told = [(0, first), (3, clean.claims(text.claimed)), *((4, issue) for issue in some.issues)]
            ranked += [(rank, issues.assign(register=name)) for rank, issues in told]
            frame = text.raw.frame
            numbers = decided.written(frame, frame.index.tolist(), whole.telling)
            said |= {f"{name} {number}": content for number, content in numbers.items()}
        elsewhere = decided.Elsewhere(said, {whole.register.name: whole.telling for whole in self.wholes})
        of_blocks: list[list[tuple[int, pd.DataFrame]]] = [[] for _block in self.blocks]
        for rank, issues in ranked:
            at = self._blocks_of(issues)
            for n in np.unique(at):
                of_blocks[n].append((rank, issues[at == n]))
        return elsewhere, of_blocks

    def _blocks_of(self, issues: pd.DataFrame) -> np.ndarray:
        """The block of the row of each issue; of what is said of a register, its first."""
        names = [register.name for register in self.registers]
        of = (
            issues["register"].str.split(schema.SEVERAL).str[0].map({name: n for n, name in enumerate(names)})
        )
        number = pd.to_numeric(issues["row"].str.extract(r"^(\d*)")[0], errors="coerce").fillna(0).to_numpy()
        at = np.zeros(len(issues), dtype=np.int64)
        for n, some in enumerate(self.cut):
            own = of.eq(n).to_numpy()
            begins = np.array([block.first for block in some[1:]])
            before = sum(map(len, self.cut[:n]))
            at[own] = before + np.searchsorted(begins, number[own], side="right")
        return at


def _digest(some: list[Block]) -> tuple[str, ...]:
    """The hash of a register that is read in blocks."""
    if some[0].layout is None:
        return ()
    with some[0].source.files[0].open("rb") as file:
        return (hashlib.file_digest(file, "sha256").hexdigest(),)


def _read(block: Block, ledger: list[corrections.Correction], settings: Settings) -> Piece | None:
    """Read a block, and keep its text in its file."""
    told = block.read()
    if told is None:
        return None
    raw, table = told
    text = clean.as_text(block.register, raw, ledger)
    frame = raw.frame
    index = pa.array(frame.index.astype("str").array, pa.large_string())
    arrays = [pa.array(frame.iloc[:, n].array) for n in range(frame.shape[1])]
    whole = pa.table([*arrays, index], [str(n) for n in range(len(arrays) + 1)])
    with pa.ipc.new_file(block.text, whole.schema) as file:
        file.write_table(whole)
    ids = (
        text.columns["request_id"].text().dropna() if "request_id" in text.columns else pd.Series(dtype="str")
    )
    turned = references.turned(text.columns)
    return Piece(
        replace(raw, frame=frame.iloc[:0]),
        len(frame),
        int((~text.filled).sum()),
        {n: (column.values, column.counts) for n, column in text.columns.items() if n not in REFERENCES},
        {name: (int(some.sum()), int(text.columns[name].filled.sum())) for name, some in turned.items()},
        (str(ids.iloc[0]) if len(ids) else "") if references.of_one_pattern(ids) else None,
        {str(name): repeats.steps_of(frame[name]) for name in frame},
        frame.iloc[: decided.LOOKED_AT].astype("str"),
        Counter({"": len(frame)}) if table else rows.sheets(frame.index),
        text.corrected,
        table.looked_at if table else (),
        table.headings if table else frozenset(),
    )


def _agree(pieces: Sequence[Piece], mapping: Mapping) -> bool:
    """Whether the blocks of a register were read as the whole is: no heading counts for the rows below, and a column that
    holds words of headers has few texts in all."""
    if len(pieces) > 1 and any(piece.headings & {*mapping.headings} for piece in pieces):
        return False
    for texts in zip(*(piece.looked_at for piece in pieces), strict=True):
        if any(matters for _n, matters in texts) and sum(n for n, _matters in texts) > rows.FEW:
            return False
    return True


def _whole(
    register: Register, pieces: list[Piece], digest: tuple[str, ...], agreed: Agreed, settings: Settings
) -> Whole:
    """What is known of a register by its blocks."""
    raw = blocks.joined([piece.raw for piece in pieces], digest)
    values: dict[str, pd.Series] = {}
    counts: dict[str, np.ndarray] = {}
    corrected = [
        entry
        for entry in agreed.ledger
        if any(changed for piece in pieces for one, changed in piece.corrected if one == entry)
    ]
    for name in dict.fromkeys(name for piece in pieces for name in piece.values):
        own = [piece.values[name] for piece in pieces if name in piece.values]
        all_, number = pd.concat([some for some, _n in own]), np.concatenate([n for _some, n in own])
        sure = ~columns.are_errors(all_)
        codes, distinct = pd.factorize(all_[sure])
        rows_with = pd.Series(np.bincount(codes, number[sure], len(distinct)).astype(np.int64), distinct)
        in_order = pd.Series(distinct, dtype="str")
        for entry in corrected:
            if entry.column == name and entry.now in rows_with.index:
                in_order = last(in_order, entry.now)
        if not sure.all():
            in_order = in_order[rows_with[in_order].gt(0).to_numpy()].reset_index(drop=True)
        values[name], counts[name] = in_order, rows_with[in_order].to_numpy()
    turned = {
        name: np.sum([piece.turned[name] for piece in pieces if name in piece.turned], axis=0)
        for name in {name for piece in pieces for name in piece.turned}
    }
    filled = [piece for piece in pieces if piece.rows] or pieces[:1]
    headers = max((tuple(map(str, piece.raw.frame.columns)) for piece in pieces), key=len)
    steps = {
        name: reduce(add, (piece.steps.get(name, repeats.Steps(0, piece.rows - 1)) for piece in filled))
        for name in headers
    }
    first = pieces[0].first.reindex(columns=list(headers), fill_value="")
    mapping = raw.mapping or Mapping()
    return Whole(
        register,
        replace(raw, frame=raw.frame.reindex(columns=list(headers), fill_value="")),
        headers,
        columns.facts(values, clean.rules(register, mapping, agreed.made, settings)),
        counts,
        {name for name, (some, of) in turned.items() if 2 * some > of},
        steps,
        decided.telling(first, steps),
        sum(piece.blank for piece in pieces),
        reduce(add, (piece.sheets for piece in pieces)),
        agreed,
    )


def _loaded(block: Block, whole: Whole) -> pd.DataFrame:
    """The text of a block, by row number."""
    table = pa.ipc.open_file(pa.memory_map(str(block.text))).read_all()
    *texts, index = (from_arrow(column.combine_chunks()) for column in table.columns)
    numbers = pd.Index(index.array, dtype="str", name="source_row")
    frame = pd.DataFrame(dict(enumerate(texts)), copy=False).set_axis(numbers)
    frame.columns = pd.Index(whole.headers[: len(texts)])
    for name in whole.headers[len(texts) :]:
        frame[name] = pd.Series("", frame.index, dtype="str")
    return frame


def _text(frame: pd.DataFrame, whole: Whole) -> clean.Text:
    """Rows of a register as text, with the columns of all of it: a correction may make one."""
    text = clean.as_text(whole.register, replace(whole.raw, frame=frame), whole.agreed.ledger)
    lacking = whole.known.values.keys() - text.columns.keys()
    return replace(text, columns={**text.columns, **dict.fromkeys(lacking, corrections.blank(len(frame)))})


def _requests(
    frame: pd.DataFrame, whole: Whole, settings: Settings, names: Sequence[str] = ()
) -> tuple[clean.Text, pd.DataFrame, columns.Read]:
    """Rows of a register as text, and as requests by what is known of the whole; of some `names`, only these columns."""
    text, known = _text(frame, whole), whole.known
    if names:
        text = replace(text, columns={n: column for n, column in text.columns.items() if n in names})
        known = replace(known, recognised={n: of for n, of in known.recognised.items() if n in names})
    return text, *clean.as_requests(whole.register, text, {}, settings, known)


def _rows(block: Block, whole: Whole, places: np.ndarray, _settings: Settings) -> pd.DataFrame:
    """The text of some rows of a block."""
    return _loaded(block, whole).iloc[places].astype("str")


def _sums(block: Block, whole: Whole, patterned: bool, settings: Settings) -> Sums:
    """The numbers by which rows are told that may be one request; `patterned`: no two references that differ have the
    same digits."""
    frame = _loaded(block, whole)
    names = [*REFERENCES, *([] if patterned else ["partner"])]
    requests = schema.conform(_requests(frame, whole, settings, names)[1], coded=True)
    none = np.zeros(len(requests), dtype=np.uint64)

    def summed(texts: pd.Series) -> np.ndarray:
        return np.where(texts.notna(), references.sums(texts), none)

    ids, nameless = requests["request_id"], none
    if ids.isna().any():
        nameless = none.copy()
        bare = np.flatnonzero(ids.isna())
        said = schema.conform(_requests(frame.iloc[bare], whole, settings)[1], coded=True)
        dated = said[list(schema.STAGES)].notna().any(axis=1).to_numpy()
        hashes = pd.util.hash_pandas_object(said[SAID][dated].apply(plain), index=False)
        nameless[bare[dated]] = hashes.to_numpy()
    links = requests["linked_request_id"]
    return Sums(
        summed(clean.keys(requests)),
        none if patterned else _alike(requests),
        nameless,
        summed(references.key(links)) if links.notna().any() else none,
    )


def _alike(requests: pd.DataFrame) -> np.ndarray:
    """A number for the digits of each reference with its partner; 0 where there are none."""
    numbers = np.zeros(len(requests), dtype=np.uint64)
    some = (requests["request_id"].notna() & requests["partner"].notna()).to_numpy()
    digits = references.numbers(plain(requests["request_id"][some]))
    both = digits + " " + plain(requests["partner"][some])
    numbers[some] = np.where(digits.ne(""), references.sums(both), 0)
    return numbers


def _again(of_blocks: list[np.ndarray]) -> list[np.ndarray]:
    """Which rows of each block have a number that another row of any block has."""
    every = np.concatenate([some[some > 0] for some in of_blocks])
    every.sort()
    twice = np.unique(every[1:][every[1:] == every[:-1]])
    return [_among(some, twice) for some in of_blocks]


def _among(numbers: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which numbers are among the wanted ones, which are sorted."""
    if not len(wanted):
        return np.zeros(len(numbers), dtype=bool)
    return np.asarray(wanted[np.searchsorted(wanted, numbers).clip(max=len(wanted) - 1)] == numbers)


def _settled(whole: Whole, text: clean.Text, stand: np.ndarray, settings: Settings) -> repeats.Repeats:
    """The rows of one register that share references, as requests."""
    requests, _read = clean.as_requests(whole.register, text, {}, settings, whole.known)
    return repeats.settle(
        requests,
        clean.keys(requests),
        text.columns,
        text.raw.frame,
        text.matched,
        (whole.raw.mapping or Mapping()).one_row_per,
        repeats.Among(stand, whole.steps),
    )


def _links(block: Block, whole: Whole, places: np.ndarray, settings: Settings) -> pd.DataFrame:
    """The rows of some places with their references, and those that they link to."""
    frame = _loaded(block, whole).iloc[places]
    _text, requests, _read = _requests(frame, whole, settings, REFERENCES)
    return schema.conform(requests)[LINK].assign(place=places)


def _finish(
    block: Block, whole: Whole, registers: list[Register], met: Met, settings: Settings
) -> Finished | None:
    """Write the requests and the issues of a block; None where something was decided of rows that it has not."""
    text, requests, read = _requests(_loaded(block, whole), whole, settings)
    frame, filled, mapping = text.raw.frame, text.filled, whole.raw.mapping or Mapping()
    alone = filled.copy()
    alone[met.places] = False
    kept, unclear = alone.copy(), list[pd.DataFrame]()
    kept[met.requests.index] = True
    if mapping.one_row_per == "person":
        counted, unclear = repeats.persons(requests[alone], {}, [])
        requests = requests.assign(persons=counted["persons"].reindex(requests.index))
    requests = schema.conform(requests[kept], coded=True)
    requests = requests.assign(probable_duplicate=pd.array([False] * len(requests), "boolean"))
    for name, now in {**met.requests, "linked_request_id": met.links}.items():
        was = plain(requests[name].loc[now.index])
        if (differ := ~(was.eq(now).fillna(False) | (was.isna() & now.isna()))).any():
            requests = requests.assign(**{name: replaced_in(requests[name], now[differ])})
    requests = requests.reset_index(drop=True)
    changed = references.changed_by_spreadsheet(text.columns, frame.index, whole.usual)
    own_issues = [(0, rows.issues(clean.unread(frame[~filled]), [])), (1, changed)]
    own_issues += [(4, issues) for issues in unclear] + [(5, read.issues)]
    ranked = [(rank, issues.assign(register=block.register.name)) for rank, issues in own_issues]
    ranked += [*met.issues, *((8, issues) for issues in clean.doubts(requests, registers, settings))]
    ranked.sort(key=lambda pair: pair[0])
    every = record.joined([issues for _rank, issues in ranked], record.ISSUES)
    settled = clean.settle(requests, every, {block.register.name: frame}, whole.agreed.made, met.elsewhere)
    if settled.beyond:
        return None
    issues = clean.in_order(settled.issues, [register.name for register in registers])
    requests = clean.derived(settled.requests)
    processed.write_requests(requests, block.requests, part=True)
    processed.write_csv(issues, block.issues, part=True)
    (tally,) = account.tallies(requests, [(whole.register, whole.raw)], settings)
    return Finished(tally, len(issues), settled.changes, settled.used)
