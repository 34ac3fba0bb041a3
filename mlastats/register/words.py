"""A column of text as its distinct values: what is recognised is worked out once a value, not a row."""

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
        return np.bincount(self.codes[self.filled], minlength=len(self.values))

    def spread(self, found: "pd.Series | pd.api.extensions.ExtensionArray") -> pd.Series:
        """What was found for each value, for each row; missing where the row is blank."""
        array = pd.Series(found).reset_index(drop=True)
        if isinstance(array.dtype, pd.StringDtype):
            return _text(array, self.codes)
        return pd.Series(array.array.take(self.codes, allow_fill=True))

    def text(self) -> pd.Series:
        """The trimmed text of each row; missing where it is blank."""
        return self.spread(self.values)

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
    if not isinstance(column.dtype, pd.CategoricalDtype):
        text = pa.chunked_array([pa.array(column.array, pa.large_string(), from_pandas=True)])
        encoded = text.combine_chunks().dictionary_encode()
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
    return Words(pd.Series(distinct, dtype="str"), np.append(places, -1)[codes].astype(np.int32))


def _text(values: pd.Series, codes: np.ndarray) -> pd.Series:
    if len(values) == len(codes) and np.array_equal(codes, np.arange(len(codes))):
        return values
    array = pa.array(values.array, pa.large_string(), from_pandas=True)
    if array.null_count == len(array):
        return missing(len(codes))
    return pd.Series(array.take(pa.array(codes, mask=codes < 0)), dtype="str")


def missing(rows: int) -> pd.Series:
    """Text that is missing in every row."""
    return pd.Series(pa.nulls(rows, pa.large_string()), dtype="str")


def same(text: str, rows: int) -> pd.Series:
    """The same text in every row."""
    return pd.Series(pa.repeat(pa.scalar(text, pa.large_string()), rows), dtype="str")
