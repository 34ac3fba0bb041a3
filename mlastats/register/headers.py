"""Headers of a register to columns of the requests table.

A header is known if, after normalising, it is a name of the schema or a synonym of the vocabulary;
of a header in two languages ("Ref. / ເລກທີ") all known parts must agree. Nothing else is applied:
what merely looks alike is a suggestion of `mlastats map` (`proposal.py`), for an analyst to approve.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register import delimited
from mlastats.register.mapping import READABLE, Mapping

if TYPE_CHECKING:
    from mlastats.register.files import Raw

PARTS = re.compile(r"\s*[/|\n;()\[\]]\s*|\s+[-–—]\s+")


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
