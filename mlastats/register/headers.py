"""Headers of a register to columns of the requests table.

A header is known if, after normalising, it is a name of the schema or a synonym of the vocabulary;
of a header in two languages ("Ref. / ເລກທີ") all known parts must agree. Nothing else is applied:
what merely looks alike is a suggestion, for an analyst to approve in a mapping.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register import delimited
from mlastats.register.mapping import READABLE, Mapping

if TYPE_CHECKING:
    from mlastats.register.files import Raw

# Below this a likeness says nothing.
ALIKE = 80
PARTS = re.compile(r"\s*[/|\n;()\[\]]\s*|\s+[-–—]\s+")


@dataclass(frozen=True)
class Entry:
    """A header, the column proposed for it, how sure that is, and values as examples."""

    header: str
    column: str = ""
    how: Literal["exact", "suggested", "unread"] = "unread"
    likeness: int = 100
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What `mlastats map` proposes for a register, column by column."""

    entries: tuple[Entry, ...]

    @property
    def unread(self) -> tuple[Entry, ...]:
        """The columns that stay unread unless an analyst names them."""
        return tuple(entry for entry in self.entries if entry.how != "exact")


def column_of(header: str) -> str | None:
    """The column of the requests table that `header` means, if that is certain."""
    name = header.strip()
    if name in READABLE:
        return name
    known = vocab.aliases("header")
    whole = known.get(vocab.normalise(name))
    if whole:
        return whole
    parts = {known[key] for part in PARTS.split(name) if (key := vocab.normalise(part)) in known}
    return parts.pop() if len(parts) == 1 else None


def known(cells: Sequence[str], mapping: Mapping) -> int:
    """How many of the cells are headers: of the mapping, or of the vocabulary."""
    if mapping.columns:
        approved = {_key(header) for header in mapping.columns}
        return len({_key(cell) for cell in cells} & approved)
    return len({column for cell in cells if (column := column_of(cell)) is not None})


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
    raw: "Raw", mapping: Mapping, of: str = "The register"
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Column of the requests table -> header of `raw`; and the columns that several headers claim.

    With a mapping that names columns those alone are read. Raises InputRejected where a header of the
    mapping is not in the register, or no header is known at all.
    """
    if mapping.columns:
        return _approved(list(raw.frame.columns), mapping, of), {}
    claims: dict[str, list[str]] = {}
    for header in map(str, raw.frame.columns):
        column = column_of(header)
        if column is not None:
            claims.setdefault(column, []).append(header)
    if not claims and len(raw.frame):
        raise InputRejected(
            f"{of}: none of its {raw.frame.shape[1]} headers is known. Run `mlastats map` on its file, approve the "
            "mapping that it writes, and name it as `mapping` in the configuration."
        )
    exact = {column: [h for h in found if h == column] or found for column, found in claims.items()}
    clear = {column: found[0] for column, found in exact.items() if len(found) == 1}
    return clear, {column: found for column, found in exact.items() if len(found) > 1}


def propose(raw: "Raw") -> Proposal:
    """A mapping for `raw`: exact matches, then suggestions by likeness, each with example values.

    Examples of a column that stays unread are not shown: it may hold names.
    """
    clear, _ = match_or_nothing(raw)
    taken = {header: column for column, header in clear.items()}
    return Proposal(tuple(_entry(raw, str(header), taken) for header in raw.frame.columns))


def match_or_nothing(raw: "Raw") -> tuple[dict[str, str], dict[str, list[str]]]:
    """As `match` by the vocabulary; a register of which nothing is known is no fault here."""
    try:
        return match(raw, Mapping())
    except InputRejected:
        return {}, {}


def write_mapping(proposal: Proposal, path: "str | Path") -> None:
    """Write the proposal as a mapping file. Only what is exact is in force; a suggestion is a comment
    that an analyst makes a line, what stays unread is listed. An existing file is not replaced."""
    lines = [
        "# What is not named here stays unread. Check each line; take away the # before a right suggestion.",
        "",
    ]
    lines += ["[columns]", *(_line(entry) for entry in proposal.entries if entry.how == "exact")]
    suggested = [entry for entry in proposal.entries if entry.how == "suggested"]
    lines += ["", "# Suggestions by likeness:"] * bool(suggested) + [
        f"# {_line(entry)}" for entry in suggested
    ]
    unread = [entry for entry in proposal.entries if entry.how == "unread"]
    lines += ["", "# Unread:"] * bool(unread) + [f"# {_quoted(entry.header)}" for entry in unread]
    lines += ["", *OTHER_KEYS, ""]
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write("\n".join(lines))
    except FileExistsError:
        raise InputRejected(
            "The mapping file exists already. Name another one, or move it away first."
        ) from None
    except OSError as cause:
        raise InputRejected(f"The mapping file cannot be written ({type(cause).__name__}).") from None


OTHER_KEYS = (
    "# What else a mapping can say goes above [columns]:",
    '# order = "dmy"              # order of day and month where the values do not tell: dmy, mdy, ymd',
    '# era = "buddhist"           # gregorian, buddhist, roc',
    '# time_zone = "Asia/Vientiane"',
    "# sheets = [1, 2]            # by place or name",
    "# header_row = 3",
    "# and below it:",
    "# [constants]",
    '# direction = "incoming"     # this register is all incoming',
    "# [values.channel]",
    '# "Bag" = "diplomatic"       # what this register writes = code',
)


def _approved(found: Iterable[str], mapping: Mapping, of: str) -> dict[str, str]:
    headers = {_key(str(header)): str(header) for header in found}
    missing = [(n, c) for n, (h, c) in enumerate(mapping.columns.items(), 1) if _key(h) not in headers]
    if missing:
        listed = ", ".join(f"entry {n} ({column})" for n, column in missing)
        raise InputRejected(
            f"{of} has no such header as its mapping names in [columns]: {listed}. Write each as it stands in the "
            "register, or run `mlastats map` again."
        )
    return {column: headers[_key(header)] for header, column in mapping.columns.items()}


def _key(header: str) -> str:
    return vocab.normalise(header) or " ".join(header.split())


def _entry(raw: "Raw", header: str, taken: dict[str, str]) -> Entry:
    if header in taken:
        return Entry(header, taken[header], "exact", examples=_examples(raw, header))
    column, likeness = _most_alike(header, set(taken.values()))
    if likeness < ALIKE:
        return Entry(header)
    return Entry(header, column, "suggested", likeness, _examples(raw, header))


def _most_alike(header: str, taken: set[str]) -> tuple[str, int]:
    from rapidfuzz import fuzz, process

    open_to = {key: column for key, column in vocab.aliases("header").items() if column not in taken}
    found = process.extractOne(vocab.normalise(header), list(open_to), scorer=fuzz.ratio)
    return (open_to[found[0]], round(found[1])) if found else ("", 0)


def _examples(raw: "Raw", header: str) -> tuple[str, ...]:
    values = raw.frame[header]
    return tuple(values[values.str.strip().ne("")].drop_duplicates().head(3))


def _line(entry: Entry) -> str:
    note = f"  # {entry.likeness} % alike" if entry.how == "suggested" else ""
    return f'{_quoted(entry.header)} = "{entry.column}"{note}'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
