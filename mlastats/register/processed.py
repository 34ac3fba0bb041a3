"""The files of data/processed: each whole or not at all, and for its owner alone."""

import contextlib
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from mlastats import schema, storage
from mlastats.errors import InputRejected
from mlastats.register.distinct import arrow, is_coded, plain
from mlastats.settings import Settings

FILES = ("requests.parquet", "issues.csv", "changes.csv", "summary.json")
# Columns in which nearly every value is another one.
DISTINCT = ("request_id", "source_row", "linked_request_id")
# For Arrow: where `storage.inert` has something to mark.
RUNS = rf"""(?:^|[;\t\r\n])[\s"\v\x1c-\x1f\x85\pZ\x{{feff}};]*[{storage.SIGNS}]"""
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Cleaned:
    """What cleaning makes: `coded`, the requests with each distinct text kept once (categorical); `issues`, one a
    row and value; `changes`, one a distinct value; `summary`, the account of every register; `beside`, the tables of
    assets and persons by name."""

    coded: pd.DataFrame
    issues: pd.DataFrame
    changes: pd.DataFrame
    summary: dict[str, Any]
    beside: dict[str, pd.DataFrame] = field(default_factory=dict)

    @functools.cached_property
    def requests(self) -> pd.DataFrame:
        """The requests as the schema has them."""
        return schema.conform(pd.DataFrame({name: plain(self.coded[name]) for name in self.coded}))


def write(cleaned: Cleaned, settings: Settings) -> None:
    """Write requests.parquet, issues.csv, changes.csv and summary.json, and assets.parquet and persons.parquet where a
    register has them, each whole or not at all."""
    with drafts(settings) as folder:
        write_requests(cleaned.coded, folder / "requests.parquet")
        write_csv(cleaned.issues, folder / "issues.csv")
        write_csv(cleaned.changes, folder / "changes.csv")
        publish(folder, settings, cleaned.summary, cleaned.beside)


@contextlib.contextmanager
def drafts(settings: Settings) -> Iterator[Path]:
    """A folder for what is to be published, in which the next run sweeps what a dead one left. Raises InputRejected where
    it cannot be written."""
    folder = settings.path(settings.processed)
    try:
        with storage.private(settings):
            storage.folder(folder, settings)
            place = folder / ".run" / f"work-{os.getpid()}"
            place.mkdir(parents=True, exist_ok=True)
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
    except OSError as cause:
        raise unwritten(cause) from None


def unwritten(cause: OSError) -> InputRejected:
    """What is wrong where the cleaned data cannot be written."""
    return InputRejected(
        f"The cleaned data cannot be written ({type(cause).__name__}). Check that `processed` of the configuration "
        "names a folder that may be written to, and that the disk has room."
    )


def publish(
    place: Path, settings: Settings, summary: dict[str, Any], beside: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Rename drafts into the folder of cleaned data when all are there, with the summary and the tables beside them."""
    folder, old = settings.path(settings.processed), place / "old"
    (place / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    for name in schema.BESIDE:
        table = (beside or {}).get(name, pd.DataFrame())
        if len(table):
            table.to_parquet(place / f"{name}.parquet", index=False)
        else:
            # What an earlier cleaning left is of registers that are no more.
            (folder / f"{name}.parquet").unlink(missing_ok=True)
    for draft in sorted(place.iterdir()):
        goal = folder / draft.name
        if goal.is_dir() or (draft.is_dir() and goal.exists()):
            goal.replace(old)  # a folder takes no other's place
        draft.replace(goal)


def write_requests(requests: pd.DataFrame, path: Path, part: bool = False) -> None:
    """Write requests to a Parquet file, one of many with `part`. Coded text is written as it is coded; the file says
    nothing of that."""
    nothing = functools.cache(partial(pa.nulls, len(requests)))
    columns = {name: _column(requests[name], nothing) for name in requests}
    # What has no gap is written without a list of gaps.
    fields = [pa.field(name, column.type, part or column.null_count > 0) for name, column in columns.items()]
    table = pa.table(columns, schema=pa.schema(fields))
    plain = pa.Table.from_pandas(schema.conform(requests[:0]), preserve_index=False)
    coded = [name for name in table.column_names if name not in DISTINCT]
    # What is all distinct takes long to compress, and comes out little smaller.
    pressed = {name: "NONE" if name in DISTINCT else "SNAPPY" for name in table.column_names}
    how = {"use_dictionary": coded, "compression": pressed, "write_statistics": False, "store_schema": False}
    with pq.ParquetWriter(path, table.schema, **how) as file:
        file.write_table(table)
        file.add_key_value_metadata(plain.schema.metadata)


def _column(column: pd.Series, nothing: Callable[[pa.DataType], pa.Array]) -> pa.Array:
    """A column as Arrow holds it; what is missing throughout is `nothing` of its type."""
    if is_coded(column):
        codes, values = column.array.codes, pa.array(column.array.categories.array, pa.large_string())
        if not len(values):
            return nothing(values.type)
        places = _where(codes >= 0, codes, pa.from_numpy_dtype(codes.dtype))
        return pa.DictionaryArray.from_arrays(places, values, safe=False)
    if column.dtype.kind == "M":
        days = column.to_numpy()
        known, unit = ~np.isnat(days), pa.timestamp("us")
        return _where(known, days.view(np.int64), unit) if known.any() else nothing(unit)
    return pa.array(column.array, from_pandas=True)


def _where(known: np.ndarray, values: np.ndarray, of: pa.DataType) -> pa.Array:
    """The values as Arrow holds them: themselves, not a copy, with a bit for each that says if it is known."""
    bits = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(of, len(values), [bits, pa.py_buffer(np.ascontiguousarray(values))])


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with each text as `storage.inert` has it."""
    safe = {}
    for name in frame.columns[frame.dtypes.map(pd.api.types.is_string_dtype)]:
        runs = pc.fill_null(pc.match_substring_regex(arrow(frame[name]), RUNS), False)
        if pc.any(runs).as_py():
            rows = runs.to_numpy(zero_copy_only=False)
            safe[name] = frame[name].mask(rows, frame[name][rows].map(storage.inert))
    return frame.assign(**safe)


def write_csv(frame: pd.DataFrame, path: Path, part: bool = False) -> None:
    """Write a table of text; with `part` what stands below another file. The mark lets a spreadsheet program open it as
    UTF-8."""
    table = pa.Table.from_pandas(inert(frame), preserve_index=False)
    with path.open("wb") as file:
        file.write(b"" if part else MARK)
        pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(include_header=not part))
