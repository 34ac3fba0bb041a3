"""Headers of a register to columns of the requests table.

A header is known if, after normalising, it is a name of the schema or a synonym of the vocabulary;
of a header in two languages ("Ref. / ເລກທີ") all known parts must agree. Nothing else is applied:
what merely looks alike is a suggestion of `mlastats map` (`proposal.py`), for an analyst to approve.
Sheets and yearly files may spell a header differently: each is matched on its own.
"""

import functools
import re
from collections import Counter
from collections.abc import Sequence

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register import delimited
from mlastats.register.mapping import DATES, PARTS, TARGETS_OF, Mapping

SEPARATORS = re.compile(r"[/|\n;()\[\]]|(?<=\s)[-–—](?=\s)")
# Words for the parts of a date that stand in columns of their own.
PART_WORDS = {
    **dict.fromkeys(("year", "yr", "année", "ປີ", "ปี", "năm", "ឆ្នាំ", "tahun", "ano", "年"), "year"),
    **dict.fromkeys(("month", "mois", "ເດືອນ", "เดือน", "tháng", "ខែ", "bulan", "mês", "月"), "month"),
    **dict.fromkeys(
        ("day", "date", "jour", "ວັນ", "ວັນທີ", "วัน", "วันที่", "ngày", "ថ្ងៃ", "hari", "dia", "日"), "day"
    ),
}


def column_of(header: str, table: str = "requests") -> str | None:
    """The column of the requests table, or of one beside it, that `header` means, if that is certain."""
    name = header.strip()
    if name in TARGETS_OF[table]:
        return name
    known = synonyms(table)
    whole = known.get(vocab.normalise(name))
    if whole:
        return whole
    parts = SEPARATORS.split(name)
    meant = (
        {known[key] for part in parts if (key := vocab.normalise(part)) in known} if len(parts) > 1 else set()
    )
    return meant.pop() if len(meant) == 1 else None


@vocab.cached
def synonyms(table: str) -> dict[str, str]:
    """The headers of a table, normalised, with their columns; one beside the requests has those of the same columns, and
    its own."""
    if table == "requests":
        return vocab.aliases("header")
    shared = {text: name for text, name in vocab.aliases("header").items() if name in TARGETS_OF[table]}
    return shared | vocab.aliases(f"{table.removesuffix('s')}_header")


def known(cells: Sequence[str], mapping: Mapping) -> int:
    """How many of the cells are headers: of the mapping, or of the vocabulary."""
    decided = _approved(tuple(mapping.also))
    if mapping.columns:
        return len({key(cell) for cell in cells} & (_approved(tuple(mapping.columns)) | decided))
    # A header that was decided to be unread is one all the same.
    means = {cell: column_of(cell, mapping.table) for cell in cells}
    return len(
        {column or key(cell) for cell, column in means.items() if key(cell) in decided or column is not None}
    )


def is_known(cell: str, mapping: Mapping) -> bool:
    """Whether a cell is a header, of the mapping or of the vocabulary."""
    decided = _approved((*mapping.columns, *mapping.also))
    return bool(cell.strip()) and (
        column_of(cell, mapping.table) is not None or (bool(decided) and key(cell) in decided)
    )


def delimiter(data: bytes, mapping: Mapping) -> str:
    """The delimiter by which most headers are known and most records have equally many cells."""
    marked = re.match(rb'"?sep=(.)"?\r?\n', data)
    if marked:
        return marked.group(1).decode("latin-1")

    def fit(sign: str) -> tuple[int, float]:
        head = delimited.head(data, sign)
        width, records = Counter(len(row) for row in head if row).most_common(1)[0] if any(head) else (1, 0)
        return max((known(row, mapping) for row in head), default=0), records * (width > 1)

    return max(delimited.DELIMITERS, key=fit)


def match(
    headers: Sequence[str], mapping: Mapping, of: str = "The register"
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Column of the requests table -> header; and the columns that several headers claim.

    With a mapping that names columns those alone are read; "closed.year" is a part of a date. What was decided in a
    review comes first. Raises InputRejected where the mapping gives two of these headers to one column.
    """
    claims: dict[str, list[str]] = {}
    approved = {key(name): column for name, column in reversed(mapping.columns.items())}
    also = {key(name): column for name, column in mapping.also.items()}
    for header in headers:
        known = approved.get(key(header)) if approved else column_of(header, mapping.table)
        if column := also.get(key(header), known):
            claims.setdefault(column, []).append(header)
    claims = {column: [h for h in some if key(h) in also] or some for column, some in claims.items()}
    if mapping.columns:
        claims = _in_parts(claims)
        several = sorted(column for column, some in claims.items() if len(some) > 1)
        if several:
            raise InputRejected(
                f"{of} has several headers that its mapping gives to one column ({', '.join(several)}). Name one of "
                "them; of a date in three columns name the parts, as closed.year, closed.month, closed.day."
            )
    exact = {column: [h for h in some if h == column] or some for column, some in claims.items()}
    clear = {column: some[0] for column, some in exact.items() if len(some) == 1}
    return clear, {column: some for column, some in exact.items() if len(some) > 1}


def check(
    matched: dict[str, str], claimed: dict[str, list[str]], headers: Sequence[str], mapping: Mapping, of: str
) -> None:
    """Raise InputRejected where a column of the mapping has a header nowhere, or no header is known at all."""
    if mapping.columns:
        there = {name.partition(".")[0] for name in matched}
        decided = _approved(tuple(mapping.also))
        entries = enumerate(mapping.columns.items(), 1)
        missing = [
            (n, name)
            for n, (header, name) in entries
            if name.partition(".")[0] not in there and key(header) not in decided
        ]
        if missing:
            listed = ", ".join(f"entry {n} ({column})" for n, column in missing)
            raise InputRejected(
                f"{of} has no such header as its mapping names in [columns]: {listed}. Write each as it stands in the "
                "register, or run `mlastats map` again."
            )
    elif not (matched or claimed or mapping.also):
        raise InputRejected(
            f"{of}: none of its {len(headers)} headers is known. Run `mlastats map` on its file, approve the "
            "mapping that it writes, and name it as `mapping` in the configuration."
        )


def key(header: str) -> str:
    """The form in which headers are compared."""
    return vocab.normalise(header) or " ".join(header.split())


@functools.lru_cache
def _approved(names: tuple[str, ...]) -> frozenset[str]:
    """The headers of a mapping as they are compared: each cell that may be one is."""
    return frozenset(map(key, names))


def part_of(header: str) -> str:
    """The part of a date that a header names ("Year", or "Year received"); blank where it names none."""
    known = {vocab.normalise(word): part for word, part in PART_WORDS.items()}
    return next((known[word] for word in key(header).split() if word in known), "")


def _in_parts(claims: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of a date that several headers claim, the parts by the words for year, month and day."""
    told: dict[str, list[str]] = {}
    for column, some in claims.items():
        words = [part_of(header) for header in some]
        if column in DATES and len(some) > 1 and all(words) and len(set(words)) == len(words):
            told |= {f"{column}.{part}": [header] for header, part in zip(some, words, strict=True)}
        else:
            told[column] = some
    return told


def dates_in_parts(matched: dict[str, str]) -> dict[str, dict[str, str]]:
    """The dates of which year, month or day have columns of their own: column -> part -> header."""
    found: dict[str, dict[str, str]] = {}
    for name, header in matched.items():
        column, _point, part = name.partition(".")
        if part in PARTS:
            found.setdefault(column, {})[part] = header
    return found
