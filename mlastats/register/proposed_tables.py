"""Of which table a register is, and which columns of a register of requests say something of an asset or of a person.

Both are told by headers, and only where values fit them: a column of amounts holds amounts, one of days days.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlastats import vocab
from mlastats.register import headers
from mlastats.register.mapping import TARGETS, TARGETS_OF

if TYPE_CHECKING:
    import pandas as pd

# What no register has that is not of the table.
MARKS = {
    "assets": ("amount", "measure"),
    "persons": ("located", "arrested", "consented", "surrendered", "sought_for"),
}
# What stands beside a measure in a header, and is said in few words: "Frozen on", "Gelé le".
ON = ("on", "le", "am", "di", "pada")
# Columns of an asset that hold of whatever was done with it.
SHARED = ("asset", "asset_kind", "currency", "counterpart")
# A register of requests has a day of return, and what was shared with whom, of the request itself.
OF_REQUESTS = ("returned", "shared")

UNPARTED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
Fits = Callable[[str, "pd.Series"], bool]


@dataclass(frozen=True)
class Part:
    """Columns of one asset and measure, or of a person: header -> column; blank is a measure that no header names."""

    table: str
    columns: dict[str, str]
    measure: str = ""


def table_of(frame: "pd.DataFrame", fits: Fits) -> str:
    """The table of which most headers are columns. One beside the requests needs a column that marks it, with values
    that fit; where as many headers are of the requests, it is theirs."""
    names = [str(name) for name in frame.columns]
    best, most = "requests", len({headers.column_of(name) for name in names} - {None})
    for table, marks in MARKS.items():
        known = {column: name for name in names if (column := headers.column_of(name, table))}
        marked = any(mark in known and fits(mark, frame[known[mark]]) for mark in marks)
        if marked and len(known) > most:
            best, most = table, len(known)
    return best


def parts(frame: "pd.DataFrame", free: list[str], fits: Fits) -> tuple[Part, ...]:
    """The parts of a register of requests: of each measure of which it has the amounts, and of a person. `free` are the
    headers that are no column of the requests."""
    of_measure: dict[str, dict[str, str]] = {}
    person: dict[str, str] = {}
    for header in free:
        measure, column = _said(header)
        mine = of_measure.setdefault(measure, {})
        if column and column not in mine.values() and fits(column, frame[header]):
            mine[header] = column
        own = headers.column_of(header, "persons")
        if own and own not in TARGETS and own not in person.values() and fits(own, frame[header]):
            person[header] = own
    common = of_measure.pop("", {})
    shared = {header: column for header, column in common.items() if column in SHARED}
    found = [
        Part("assets", columns | shared, measure)
        for measure, columns in of_measure.items()
        if "amount" in columns.values()
    ]
    if "amount" in common.values():
        found.append(Part("assets", common))
    if {*person.values()} & {*MARKS["persons"]}:
        found.append(Part("persons", person))
    return tuple(found)


def _said(header: str) -> tuple[str, str]:
    """The measure that a header names, and the column of an asset: "Value frozen (LAK)" is the amount of what was frozen."""
    whole = headers.column_of(header, "assets")
    if whole in TARGETS_OF["assets"] and whole not in TARGETS:
        return "", str(whole)
    text = vocab.normalise(header)
    named = {word: code for word, code in vocab.aliases("measure").items() if _holds(text, word)}
    if not named:
        return "", ""
    word = max(named, key=len)
    left = text.replace(word, " ", 1)
    words = vocab.aliases("asset_header")
    for column in ("amount", "currency", "on"):
        if any(code == column and _holds(left, alias) for alias, code in words.items()):
            return named[word], column
    if named[word] not in OF_REQUESTS and re.sub(r"[^\w]", " ", left).strip() in ON:
        return named[word], "on"
    return "", ""


def _holds(text: str, word: str) -> bool:
    """Whether a text has a word: anywhere in the scripts that do not part words (Thai, Lao, Burmese, Khmer), else whole."""
    if UNPARTED.search(word):
        return word in text
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text))
