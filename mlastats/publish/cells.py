"""What stands in a cell of a published table: the same words in every format."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlastats.messages import MISSING, _, day, label, number, partner_name, percent
from mlastats.publish.exhibit import Column, Saved

if TYPE_CHECKING:
    import pandas as pd

WITHHELD = "[c]"
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]")
NUMERIC = ("count", "days", "share", "rate", "number")
_WRITERS: dict[str, Callable[[Any], str]] = {
    "count": number,
    "days": lambda days: number(days, 0 if days == round(days) else 1),
    "share": percent,
    "rate": lambda rate: number(rate, 1),
    "number": lambda given: number(given, 0 if given == round(given) else 1),
    "date": lambda date: day(getattr(date, "date", lambda: date)(), short=True),
    "text": str,
}


def value_in_words(value: Any, column: Column) -> str:
    """A value as the language in use writes it; missing is a dash."""
    if column.kind == "code":
        return in_words(column.vocabulary, value)
    return MISSING if is_missing(value) else _WRITERS[column.kind](value)


def rounded(table: "pd.DataFrame", columns: Mapping[str, Column]) -> "pd.DataFrame":
    """Figures that are no counts as the public has them: shares to whole per cents, days whole, others to a tenth.

    A single request moves them less than that, or seldom past it. Rounded, a share is not all or none.
    """
    digits = {"share": 2, "days": 0, "rate": 1, "number": 1}
    made = {}
    for name, column in columns.items():
        if name in table and column.kind in digits and name not in ("day", "quantile"):
            exact = table[name].astype(float)
            made[name] = exact.round(digits[column.kind])
            if column.kind == "share":
                nearly = {0.995: exact.ge(0.995) & exact.lt(1), 0.004: exact.gt(0) & exact.lt(0.005)}
                for value, those in nearly.items():
                    made[name] = made[name].mask(those, value)
    return table.assign(**made)


def in_words(vocabulary: str, code: Any) -> str:
    """A code in words; the names of partners come from CLDR, all others from their vocabulary."""
    if is_missing(code):
        return _("not recorded")
    if vocabulary == "partner" and code not in ("all", "unrecorded"):
        return partner_name(code)
    # Codes joined because several held at once, as channels are.
    return " + ".join(label(vocabulary, part) for part in str(code).split(";"))


def of_column(name: str, code: str) -> str:
    """A code of a column of the requests in words: Thailand. One that no vocabulary has stays as it is."""
    from mlastats import schema, vocab

    vocabulary = next((column.vocabulary for column in schema.COLUMNS if column.name == name), "")
    known = vocabulary and code in vocab.codes(vocabulary)
    return in_words(vocabulary, code) if known else code


def seen(text: str) -> str:
    """Text without control and direction marks: what cannot be seen could change what is read."""
    return _UNSEEN.sub("", text)


def cell(saved: Saved, row: int, name: str) -> str:
    """One cell of a saved exhibit: its value, `[c]` where it is withheld, words where there is none."""
    if (row, name) in saved.withheld:
        return WITHHELD
    column, value = saved.columns[name], saved.values[name][row]
    if column.kind == "days" and is_missing(value) and _rests_on_something(saved, row, column):
        return _("not reached")
    return value_in_words(value, column)


def rows(saved: Saved) -> Iterator[list[str]]:
    """The table of a saved exhibit, cell by cell, as it is read."""
    for row in range(len(saved.table)):
        yield [cell(saved, row, name) for name in saved.columns]


def is_missing(value: Any) -> bool:
    """True of None, NaN, NaT and NA."""
    return value is None or str(value) == "<NA>" or value != value


def _rests_on_something(saved: Saved, row: int, column: Column) -> bool:
    """A day that is missing though there were cases was not reached."""
    counts = [saved.values[name][row] for name in column.rests_on if name in saved.table]
    return bool(counts) and all(not is_missing(count) and count > 0 for count in counts)
