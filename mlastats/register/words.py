"""A column of text as its distinct values: what is recognised is worked out once a value, not a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Words:
    """`values`: the distinct values, trimmed (of references, each row's own); `codes`: which of them each
    row has, -1 where it is blank."""

    values: pd.Series
    codes: np.ndarray

    @property
    def filled(self) -> np.ndarray:
        """Which rows have a value."""
        return self.codes >= 0

    def counts(self) -> np.ndarray:
        """How many rows have each value."""
        return np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:]

    def spread(self, found: pd.Series) -> pd.Series:
        """What was found for each value, for each row; missing where the row is blank. Text is coded:
        a category for each distinct one."""
        if isinstance(found.dtype, pd.StringDtype):
            places, distinct = pd.factorize(found)
            return _coded(np.append(places, -1), distinct, self.codes)
        if found.dtype.kind == "M":
            return pd.Series(np.append(found.to_numpy(), np.datetime64("NaT")).take(self.codes))
        return pd.Series(found.array.take(self.codes, allow_fill=True))

    def text(self) -> pd.Series:
        """The trimmed text of each row; missing where it is blank."""
        if len(self.values) == len(self.codes) and np.array_equal(self.codes, np.arange(len(self.codes))):
            return self.values
        taken = arrow(self.values).take(pa.array(self.codes, mask=self.codes < 0))
        return pd.Series(taken, dtype="str")

    def with_changes(self, changes: dict[int, str]) -> "Words":
        """The column with other text in some rows, by place."""
        if not changes:
            return self
        new = pd.Series(sorted(set(changes.values()) - {""}), dtype="str")
        place = {text: len(self.values) + n for n, text in enumerate(new)} | {"": -1}
        codes = self.codes.copy()
        codes[list(changes)] = [place[text] for text in changes.values()]
        return Words(pd.concat([self.values, new], ignore_index=True), codes)


def words(column: pd.Series) -> Words:
    """The distinct values of a column of text, without the space around them."""
    if not is_coded(column):
        encoded = arrow(column).dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return _trimmed(pd.Series(encoded.dictionary, dtype="str"), codes)
    # The array, not the column: pandas looks for an accessor's name among the rows first.
    coded = column.array
    if len(coded) < len(coded.categories) or np.bincount(coded.codes + 1)[1:].min(initial=1) == 0:
        coded = coded.remove_unused_categories()
    return _trimmed(pd.Series(coded.categories, dtype="str"), coded.codes)


def _trimmed(values: pd.Series, codes: np.ndarray) -> Words:
    codes = codes.astype(np.int32, copy=False)
    trimmed = values.str.strip()
    if trimmed.eq(values).all() and not values.eq("").any():
        return Words(values, codes)
    places, distinct = pd.factorize(trimmed.mask(trimmed.eq("")))
    return Words(pd.Series(distinct, dtype="str"), np.append(places, -1).astype(np.int32).take(codes))


def _coded(places: np.ndarray, distinct: pd.Index, codes: np.ndarray) -> pd.Series:
    # As narrow as pandas keeps codes, so that it need not copy them.
    narrow = np.min_scalar_type(-max(len(distinct), 1))
    categories = pd.CategoricalDtype(pd.Index(distinct, dtype="str"))
    coded = pd.Categorical.from_codes(places.astype(narrow).take(codes), dtype=categories, validate=False)
    return pd.Series(coded)


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
    return Words(values, column.cat.codes.to_numpy()).text().set_axis(column.index)


def stacked(parts: Sequence[pd.Series]) -> pd.Series:
    """Columns below each other; text is coded if it is in one of them."""
    if not any(map(is_coded, parts)):
        return pd.concat(parts, ignore_index=True)
    return pd.Series(pd.api.types.union_categoricals([part.astype("category") for part in parts]))


def with_values(column: pd.Series, values: pd.Series) -> pd.Series:
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
    return Words(pd.Series([text], dtype="str"), np.zeros(rows, np.int8)).spread(
        pd.Series([text], dtype="str")
    )
