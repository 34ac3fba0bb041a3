"""A requests table in parts, whose columns stay in their files until a measure asks for them.

`mlastats clean` writes a large table as a folder of files, `part-0000.parquet` and so on; in the order of their names they
are one table. `Parts` stands where a measure takes the frame: each column is read when it is asked for, so that memory
holds what a measure looks at and never the whole, and what is worked out row by row is worked out a group of rows at a
time. Nothing is sampled; what needs all columns of all rows at once says so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mlastats import schema
from mlastats.errors import InputRejected

TYPES = {column.name: column.dtype for column in schema.COLUMNS}
ARROW = {
    "str": pa.large_string(),
    "datetime64[us]": pa.timestamp("us"),
    "boolean": pa.bool_(),
    "Int64": pa.int64(),
}


def table(source: Path) -> pd.DataFrame:
    """The requests table at a path: the whole frame of a file; of a folder `Parts`, which stands in its place."""
    return opened(source) if source.is_dir() else schema.read(source)


def whole(requests: pd.DataFrame) -> pd.DataFrame:
    """The frame of a requests table, in parts or not: about half a gigabyte a million requests."""
    return requests.whole() if isinstance(requests, Parts) else requests


def opened(folder: Path) -> "Parts":
    """The table in the files of a folder, in the order of their names.

    They are opened once: a table that is replaced meanwhile is read as it was, not half of each. Raises InputRejected
    where there is no file, one cannot be read, or the folder is replaced while its files are opened.
    """
    try:
        before = folder.stat().st_ino
        files = [pq.ParquetFile(path.open("rb")) for path in schema.parts(folder)]
        if not files or before != folder.stat().st_ino:
            raise FileNotFoundError(folder.name)
    except (OSError, ValueError) as cause:
        raise _unreadable() from cause
    groups = tuple((file, number) for file in files for number in range(file.num_row_groups))
    return Parts(groups, pd.RangeIndex(sum(file.metadata.num_rows for file in files)))


@dataclass(frozen=True, eq=False, repr=False)
class Parts:
    """A requests table whose columns are read when they are asked for; it stands where a measure takes the frame.

    `groups` are its groups of rows, each a file and the number of the group in it. `index` names the rows, `rows` are
    their places in all groups together (all, if none), `own` the columns that are not as the files have them. What is
    read is forgotten, unless there is a place where it is `kept`. The table is never written to: each choice of rows,
    and `assign`, gives another.
    """

    groups: tuple[tuple[pq.ParquetFile, int], ...]
    index: pd.Index
    rows: np.ndarray | None = None
    own: Mapping[str, pd.Series] = field(default_factory=dict)
    kept: dict[str, pd.Series] | None = None

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, key: Any) -> Any:
        """A column by its name, several by a list of names, or rows by what is true of them."""
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, list) and all(isinstance(name, str) for name in key) and (key or len(self)):
            return pd.DataFrame({name: self._column(name) for name in key}, index=self.index, copy=False)
        mask = key if isinstance(key, pd.Series) else pd.Series(key, self.index, dtype="boolean")
        if not mask.index.equals(self.index):
            mask = mask.loc[self.index]
        kept = mask.to_numpy(bool, na_value=False)
        return self if kept.all() else self._taken(np.flatnonzero(kept))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(pd.DataFrame, name):
            raise AttributeError(name)
        raise InputRejected(
            f"This looks at all columns of all rows at once (`{name}`), and the requests table of {len(self):,} rows is in "
            "parts, of which a column is read at a time. Choose fewer rows, and take them whole: `requests.whole()`."
        )

    def __repr__(self) -> str:
        return f"Requests in parts: {len(self):,} rows"

    @property
    def columns(self) -> pd.Index:
        """The names of the columns."""
        return pd.Index([*schema.NAMES, *(name for name in self.own if name not in TYPES)])

    @property
    def empty(self) -> bool:
        """Whether there is no row."""
        return not len(self)

    @property
    def loc(self) -> "_Rows":
        """Rows by their names, or by what is true of them; with a column or several beside."""
        return _Rows(self._named)

    @property
    def iloc(self) -> "_Rows":
        """Rows by their places."""
        return _Rows(lambda places: self._taken(np.arange(len(self))[places]))

    def copy(self, deep: bool = False) -> "Parts":
        """The same table, under an identity of its own."""
        return replace(self)

    def assign(self, **columns: Any) -> "Parts":
        """The table with columns of its own beside, or in the place of, those of the files."""
        made = {
            name: values.reindex(self.index)
            if isinstance(values, pd.Series)
            else pd.Series(values, self.index)
            for name, values in columns.items()
        }
        return replace(self, own={**self.own, **made})

    def set_axis(self, index: pd.Index, axis: int = 0) -> "Parts":
        """The rows under other names."""
        return replace(
            self,
            index=index,
            own={name: values.set_axis(index) for name, values in self.own.items()},
            kept=None,
        )

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A column, or something else where there is none of this name."""
        return self[name] if name in self.columns else otherwise

    def head(self, n: int = 5) -> pd.DataFrame:
        """The first rows, with all columns."""
        return self.iloc[:n].whole()

    def whole(self) -> pd.DataFrame:
        """The frame of all columns and rows."""
        return self[list(self.columns)]

    def each(self) -> "Iterator[Parts]":
        """The rows of each group that has any, as a table of its own that keeps what it has read."""
        edges = np.cumsum([0, *(file.metadata.row_group(number).num_rows for file, number in self.groups)])
        for group, first, last in zip(self.groups, edges, edges[1:], strict=False):
            here: Any = slice(first, last)
            if self.rows is not None:
                here = np.flatnonzero((self.rows >= first) & (self.rows < last))
            rows = None if self.rows is None else self.rows[here] - first
            own = {name: values.iloc[here] for name, values in self.own.items()}
            part = Parts((group,), self.index[here], rows, own, {})
            if len(part):
                yield part

    def by_part(self, function: Callable[["Parts"], pd.DataFrame]) -> pd.DataFrame:
        """What a function of single rows gives, a part at a time and put together again under this table's index."""
        made = pd.concat([function(part) for part in self.each()] or [function(self)])
        return made if made.index.equals(self.index) else made.reindex(self.index)

    def _column(self, name: str) -> pd.Series:
        if name in self.own:
            return self.own[name].copy(deep=False)
        if name not in TYPES:
            raise KeyError(name)
        kept = {} if self.kept is None else self.kept
        if name not in kept:
            kept[name] = self._read(name)
        return kept[name].copy(deep=False)

    def _read(self, name: str) -> pd.Series:
        of, pieces = ARROW[TYPES[name]], []
        try:
            for file, number in self.groups:
                if name in file.schema_arrow.names:
                    pieces += file.read_row_group(number, [name]).column(0).cast(of).chunks
                else:
                    pieces.append(pa.nulls(file.metadata.row_group(number).num_rows, of))
        except (OSError, ValueError) as cause:
            raise _unreadable() from cause
        read = pa.chunked_array(pieces, of)
        if self.rows is not None:
            read = read.take(pa.array(self.rows))
        if of == ARROW["datetime64[us]"]:
            return pd.Series(read.to_numpy(), self.index, name=name, copy=False)
        dtype: Any = pd.api.types.pandas_dtype(TYPES[name])
        return pd.Series(dtype.__from_arrow__(read), self.index, name=name, copy=False)

    def _named(self, key: Any) -> "Parts":
        names = key if isinstance(key, pd.Series | pd.Index) else np.asarray(key)
        if pd.api.types.is_bool_dtype(names.dtype):
            return self[names]
        if self.index.equals(names):
            return self
        places = self.index.get_indexer(names)
        if (places < 0).any():
            raise KeyError(np.asarray(names)[places < 0][0])
        return self._taken(places)

    def _taken(self, places: np.ndarray) -> "Parts":
        rows = places if self.rows is None else self.rows[places]
        own = {name: values.iloc[places] for name, values in self.own.items()}
        return Parts(self.groups, self.index[places], rows, own)


@dataclass(frozen=True)
class _Rows:
    """What stands in brackets after `loc` or `iloc`."""

    chosen: Callable[[Any], Parts]

    def __getitem__(self, key: Any) -> Any:
        rows, *columns = key if isinstance(key, tuple) else (key,)
        part = self.chosen(rows)
        return part[columns[0]] if columns else part


def _unreadable() -> InputRejected:
    return InputRejected(
        "requests.parquet cannot be read as a requests table in parts: a file of the folder is missing or damaged, or it is "
        "being replaced. Wait until cleaning has ended, or run `mlastats clean` to make it anew."
    )
