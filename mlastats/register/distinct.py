"""A column of text as its distinct values: what is recognised is worked out once a value, not a row."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Distinct:
    """`values`: the distinct values, trimmed (of references, each row's own); `codes`: which of them each
    row has, -1 where it is blank."""

    values: pd.Series
    codes: np.ndarray

    @classmethod
    def of(cls, column: pd.Series) -> "Distinct":
        """The distinct values of a column of text, without the space around them, in the order of the rows."""
        if not is_coded(column):
            encoded = arrow(column).dictionary_encode()
            codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
            return _trimmed(pd.Series(encoded.dictionary, dtype="str"), codes)
        # The array, not the column: pandas looks for an accessor's name among the rows first.
        coded = column.array
        return _trimmed(pd.Series(coded.categories, dtype="str"), coded.codes)._in_order()

    @property
    def filled(self) -> np.ndarray:
        """Which rows have a value."""
        return self.codes >= 0

    @functools.cached_property
    def counts(self) -> np.ndarray:
        """How many rows have each value."""
        return np.bincount(np.add(self.codes, 1, dtype=np.intp), minlength=len(self.values) + 1)[1:]

    def rows_with(self, some: np.ndarray) -> np.ndarray:
        """Which rows have one of the values of which `some` is true."""
        return np.append(some, False).take(self.codes)

    def used(self) -> "Distinct":
        """Without the values that no row has."""
        used = self.counts > 0
        if used.all():
            return self
        places = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)
        return Distinct(self.values[used].reset_index(drop=True), places.astype(np.int32).take(self.codes))

    def among(self, values: pd.Series) -> "Distinct":
        """The column by another list of values, which has all of its own."""
        places = np.append(pd.Index(values).get_indexer(pd.Index(self.values)), -1)
        return Distinct(values, places.astype(np.int32).take(self.codes))

    def _in_order(self) -> "Distinct":
        """The values that some row has, each in its place by the first row that has it."""
        highest = np.maximum.accumulate(self.codes)
        if not len(highest) or (highest[0] <= 0 and np.diff(highest).max(initial=0) <= 1):
            return self.used()
        order = pd.unique(self.codes)
        order = order[order >= 0]
        places = np.full(len(self.values) + 1, -1, dtype=np.int32)
        places[order] = np.arange(len(order))
        return Distinct(self.values.take(order).reset_index(drop=True), places.take(self.codes))

    def broadcast(self, found: pd.Series) -> pd.Series:
        """What was found for each value, for each row; missing where the row is blank. Text is coded:
        a category for each distinct one."""
        if isinstance(found.dtype, pd.StringDtype):
            places, distinct = pd.factorize(found)
            codes = np.append(places, -1).astype(_narrow(distinct)).take(self.codes)
            return pd.Series(_categorical(codes, distinct))
        if found.dtype.kind == "M":
            return pd.Series(np.append(found.to_numpy(), np.datetime64("NaT")).take(self.codes))
        return pd.Series(found.array.take(self.codes, allow_fill=True))

    def text(self) -> pd.Series:
        """The trimmed text of each row; missing where it is blank."""
        if len(self.values) == len(self.codes) and np.array_equal(self.codes, np.arange(len(self.codes))):
            return self.values
        taken = arrow(self.values).take(pa.array(self.codes, mask=self.codes < 0))
        return pd.Series(taken, dtype="str")

    def replaced(self, places: list[int], text: str) -> "Distinct":
        """The column with another text in some rows, which is the last of its values."""
        values = last(self.values, text)
        kept = self.values.ne(text).to_numpy()
        moved = np.append(np.where(kept, np.cumsum(kept) - 1, len(values) - 1), -1)
        codes = moved.astype(np.int32).take(self.codes)
        codes[places] = len(values) - 1 if text else -1
        return Distinct(values, codes)


def last(values: pd.Series, text: str) -> pd.Series:
    """Distinct values with a text as the last of them, if it is one."""
    some = pd.Series([text] if text else [], dtype="str")
    return pd.concat([values[values.ne(text)], some], ignore_index=True)


def _trimmed(values: pd.Series, codes: np.ndarray) -> Distinct:
    codes = codes.astype(np.int32, copy=False)
    trimmed = values.str.strip()
    if trimmed.eq(values).all() and not values.eq("").any():
        return Distinct(values, codes)
    places, distinct = pd.factorize(trimmed.mask(trimmed.eq("")))
    return Distinct(pd.Series(distinct, dtype="str"), np.append(places, -1).astype(np.int32).take(codes))


def _recoded(column: pd.Categorical, distinct: pd.Index) -> np.ndarray:
    """The codes of a column by another list of values, which has all of its own."""
    places = np.append(distinct.get_indexer(column.categories), -1)
    return places.astype(_narrow(distinct)).take(column.codes)


def _narrow(distinct: pd.Index) -> np.dtype:
    """As narrow as pandas keeps codes, so that it need not copy them."""
    return np.min_scalar_type(-max(len(distinct), 1))


def _categorical(codes: np.ndarray, distinct: pd.Index) -> pd.Categorical:
    categories = pd.CategoricalDtype(pd.Index(distinct, dtype="str"))
    return pd.Categorical.from_codes(codes, dtype=categories, validate=False)


def from_arrow(text: pa.Array) -> pd.Series:
    """A column of text that Arrow holds; a dictionary is coded."""
    if not pa.types.is_dictionary(text.type):
        return pd.Series(pd.array(text, dtype="str"))
    distinct = pd.Index(pd.array(text.dictionary, dtype="str"))
    return pd.Series(_categorical(text.indices.to_numpy().astype(_narrow(distinct)), distinct))


def arrow(texts: pd.Series) -> pa.Array:
    """A column of text as Arrow holds it, in one piece."""
    array = pa.array(texts.array, pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def is_coded(column: pd.Series) -> bool:
    """Whether each distinct text of a column is kept once."""
    return isinstance(column.dtype, pd.CategoricalDtype)


def plain(column: pd.Series) -> pd.Series:
    """The column with text as text."""
    if not is_coded(column):
        return column
    values = pd.Series(column.cat.categories, dtype="str")
    return Distinct(values, column.cat.codes.to_numpy()).text().set_axis(column.index)


def stacked(parts: Sequence[pd.Series]) -> pd.Series:
    """Columns below each other; text is coded if it is in one of them."""
    if not any(map(is_coded, parts)):
        return pd.concat(parts, ignore_index=True)
    return pd.Series(pd.api.types.union_categoricals([part.astype("category") for part in parts]))


def coalesce(upper: pd.Series, lower: pd.Series) -> pd.Series:
    """The upper column, and where it is missing the lower one."""
    if not (is_coded(upper) and is_coded(lower)):
        return plain(upper).fillna(plain(lower))
    distinct = upper.cat.categories.union(lower.cat.categories, sort=False)
    high, low = (_recoded(column.array, distinct) for column in (upper, lower))
    return pd.Series(_categorical(np.where(high < 0, low, high), distinct), index=upper.index)


def replaced_in(column: pd.Series, values: pd.Series) -> pd.Series:
    """The column with other values in the rows that these are indexed by."""
    if is_coded(column):
        new = set(values.dropna()) - set(column.cat.categories)
        column = column.cat.add_categories(sorted(new))
    changed = column.copy()
    changed.loc[values.index] = values.astype(column.dtype)
    return changed


def same(text: str, rows: int) -> pd.Series:
    """The same text in every row."""
    return pd.Series(pa.repeat(pa.scalar(text, pa.large_string()), rows), dtype="str")


def same_coded(text: str, rows: int) -> pd.Series:
    """The same text in every row, coded."""
    return Distinct(pd.Series([text], dtype="str"), np.zeros(rows, np.int8)).broadcast(
        pd.Series([text], dtype="str")
    )
