"""Dates in the shapes that most rows of a register have, many at once.

Only what is certain to be one day is read here, in the way `dates` reads it: a day, month and full year
in Western digits, or a month as a word between them. Everything else is left to `dates`, value by value.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats.register.words import arrow

# With so few groups that Arrow finds them in one pass.
NUMERIC = (
    r"^(?P<a>[0-9]{1,4})[-/. ](?P<b>[0-9]{1,2})[-/. ](?P<c>[0-9]{1,4})"
    r"(?P<z>[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?$"
)
ONE_SIGN = r"^[0-9]+(?:-[0-9]+-|/[0-9]+/|\.[0-9]+\.| [0-9]+ )"
NAMED = r"^(?P<a>[0-9]{1,2})(?P<w>[^0-9]+)(?P<c>[0-9]{4})$"
WORD = r"^[ ./-]?\p{L}[\p{L}\p{M}.]*[ ./-]?$"
BUDDHIST, BUDDHIST_FROM = 543, 2400


@dataclass(frozen=True)
class Shapes:
    """Of each value: its three numbers as written from left to right, how many digits the outer two
    have, 0 where the shape is not known; the month (of a word; else 0), and whether a time follows."""

    numbers: np.ndarray
    first_digits: np.ndarray
    last_digits: np.ndarray
    month: np.ndarray
    timed: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which values have one of the shapes."""
        return self.last_digits > 0

    def take(self, places: np.ndarray) -> "Shapes":
        """The shapes of the values at these places."""
        return Shapes(*(getattr(self, field.name).take(places, axis=-1) for field in fields(self)))


def shapes(values: pd.Series, month: Callable[[str], int]) -> Shapes:
    """The shapes of distinct values; `month` says which month a word between a day and a year means,
    0 if it is none or says more than the month."""
    text = arrow(values)
    found = pc.extract_regex(text, NUMERIC)
    parts = {name: pc.struct_field(found, name) for name in "abcz"}
    even = pc.and_(found.is_valid(), pc.fill_null(pc.match_substring_regex(text, ONE_SIGN), False))
    numbers = np.array([_numbers(parts[name], even) for name in "abc"])
    first, last = (_length(parts[name], even) for name in "ac")
    timed = pc.fill_null(pc.not_equal(parts["z"], ""), False).to_numpy(zero_copy_only=False)
    others = np.flatnonzero(~even.to_numpy(zero_copy_only=False))
    words = pc.extract_regex(text.take(pa.array(others)), NAMED)
    meant = _months(pc.struct_field(words, "w"), month)
    months = np.zeros(len(text), dtype=np.int64)
    months[others] = meant
    if meant.any():
        named, is_month = others[meant > 0], pa.array(meant > 0)
        for place, name in ((0, "a"), (2, "c")):
            numbers[place, named] = _numbers(pc.struct_field(words, name), is_month)[meant > 0]
        first[named] = _length(pc.struct_field(words, "a"), is_month)[meant > 0]
        last[named] = 4
    return Shapes(numbers, first, last, months, timed)


def together(columns: Sequence[pd.Series], month: Callable[[str], int]) -> list[Shapes]:
    """The shapes of the distinct values of several columns: what stands in more than one is looked at once."""
    texts = [arrow(values) for values in columns]
    encoded = pa.chunked_array(texts, pa.large_string()).combine_chunks().dictionary_encode()
    found = shapes(pd.Series(encoded.dictionary, dtype="str"), month)
    places, bounds = encoded.indices.to_numpy(), accumulate(map(len, texts), initial=0)
    return [found.take(places[start:end]) for start, end in pairwise(bounds)]


def orders(found: Shapes) -> set[str]:
    """The orders of day and month that some value can have only."""
    one, two = found.numbers[0], found.numbers[1]
    full = (found.last_digits == 4) & (found.month == 0)
    told = {
        "dmy": full & (one > 12) & (one <= 31) & (two <= 12),
        "mdy": full & (two > 12) & (two <= 31) & (one <= 12),
    }
    return {order for order, rows in told.items() if rows.any()}


def days(
    found: Shapes, order: str, era: str | None, window: tuple[dt.date, dt.date]
) -> tuple[np.ndarray, np.ndarray]:
    """The day of each value that is certain to be one inside the window, else NaT; and whether its
    year is a Buddhist one."""
    one, two, three = found.numbers
    iso = (found.first_digits == 4) & (found.last_digits <= 2) & (found.last_digits > 0)
    full = (found.first_digits <= 2) & (found.last_digits == 4)
    named = found.month > 0
    either = (one == two) | ((one > 12) & (two <= 12))
    dmy = full & (named | either | (order == "dmy"))
    mdy = full & ~dmy & (((one <= 12) & (two > 12)) | (order == "mdy"))
    year = np.where(iso, one, three)
    month = np.where(named, found.month, np.where(mdy, one, two))
    day = np.where(iso, three, np.where(mdy, two, one))
    late = year >= BUDDHIST_FROM
    fits = np.where(late, era in (None, "buddhist"), era in (None, "gregorian"))
    common = np.where(late, year - BUDDHIST, year)
    return _inside(common, month, day, (iso | dmy | mdy) & fits, window), late


def _inside(
    year: np.ndarray, month: np.ndarray, day: np.ndarray, sure: np.ndarray, window: tuple[dt.date, dt.date]
) -> np.ndarray:
    sure = sure & (year > 0) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(sure, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    found = first + np.where(sure, day - 1, 0)
    sure &= (found.astype("datetime64[M]") == months) & (found >= np.datetime64(window[0]))
    return np.where(sure & (found <= np.datetime64(window[1])), found, np.datetime64("NaT"))


def _numbers(text: pa.Array, where: pa.Array) -> np.ndarray:
    return pc.cast(pc.if_else(where, text, "0"), pa.int64()).to_numpy(zero_copy_only=False)


def _length(text: pa.Array, where: pa.Array) -> np.ndarray:
    length = pc.binary_length(pc.if_else(where, text, ""))
    return length.to_numpy(zero_copy_only=False).astype(np.int64)


def _months(words: pa.Array, month: Callable[[str], int]) -> np.ndarray:
    encoded = words.dictionary_encode()
    single = pc.match_substring_regex(encoded.dictionary, WORD).to_pylist()
    distinct = zip(encoded.dictionary.to_pylist(), single, strict=True)
    known = [month(word) if is_word else 0 for word, is_word in distinct]
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.array([*known, 0], dtype=np.int64)[codes]
