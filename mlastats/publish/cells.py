"""What stands in a cell of a published table: the same words in every format."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from mlastats.messages import MISSING, _, day, label, number, partner_name, percent, points
from mlastats.publish.exhibit import Column, Saved

WITHHELD, NOT_GIVEN = "[c]", "[x]"
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]")
FIGURES = ("days", "share", "points", "rate", "number")
NUMERIC = ("count", *FIGURES)
WRITERS: dict[str, Callable[[Any], str]] = {
    "count": number,
    "days": number,
    "share": percent,
    "points": points,
    "rate": lambda rate: number(rate, 1),
    # A tenth is read where it is much of the number.
    "number": lambda given: number(given, 0 if given == round(given) or abs(given) >= 10 else 1),
    "date": lambda date: day(getattr(date, "date", lambda: date)(), short=True),
    "text": str,
}


def value_in_words(value: Any, column: Column) -> str:
    """A value as the language in use writes it; missing is a dash."""
    if column.kind == "code":
        return in_words(column.vocabulary, value)
    return MISSING if is_missing(value) else WRITERS[column.kind](value)


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
    if mark := not_given(saved, row, name):
        return mark
    column, value = saved.columns[name], saved.values[name][row]
    if column.kind == "days" and is_missing(value) and _rests_on_something(saved, row, column):
        return _("not given")
    return value_in_words(value, column)


def not_given(saved: Saved, row: int, name: str) -> str:
    """What stands in place of a number that is not given, by the reason; nothing where none is known."""
    why = saved.missing.get((row, name), "")
    if why == "few" and saved.columns[name].kind == "share":
        place = list(saved.columns).index(name)
        low, high = (saved.values[limit][row] for limit in list(saved.columns)[place + 1 : place + 3])
        if low > 0 and high < 1:
            return _("{low} to {high}", low=percent(low), high=percent(high))
        return _("over {share}", share=percent(low)) if low > 0 else _("under {share}", share=percent(high))
    return reason_in_words(why)


def reason_in_words(why: str) -> str:
    """Why a number is not given, in words; nothing where none is known."""
    return {
        "few": _("0 to 4"),
        "withheld": WITHHELD,
        "few_at_risk": _("too few"),
        "not_reached": _("not reached"),
        "not_observed": _("not observed"),
        "unlike": _("too unlike"),
        "few_spans": _("cannot be told"),
        "few_answers": _("too few"),
        "register_young": _("register too young"),
        "register_late": _("register late"),
        "few_ended": _("too few ended"),
        "few_trials": _("past too thin"),
        # The marks of a form, as the body prints them.
        "nil": "-",
        "not_submitted": "N/A",
        "not_collectable": NOT_GIVEN,
    }.get(why, "")


def rows(saved: Saved) -> Iterator[list[str]]:
    """The table of a saved exhibit, cell by cell, as it is read."""
    for row in range(len(saved.table)):
        yield [cell(saved, row, name) for name in saved.columns]


def is_missing(value: Any) -> bool:
    """True of None, NaN, NaT and NA."""
    return value is None or str(value) == "<NA>" or value != value


def _rests_on_something(saved: Saved, row: int, column: Column) -> bool:
    """A day that is missing though there were cases is not given: too few to say, or not reached."""
    counts = [saved.values[name][row] for name in column.rests_on if name in saved.table]
    return bool(counts) and all(not is_missing(count) and count > 0 for count in counts)
