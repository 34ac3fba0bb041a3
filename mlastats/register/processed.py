"""The files of data/processed: each whole or not at all, and for its owner alone."""

import functools
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mlastats import schema
from mlastats.errors import InputRejected
from mlastats.register.words import is_coded
from mlastats.settings import Settings

if TYPE_CHECKING:
    from mlastats.register.clean import Cleaned

# Columns in which nearly every value is another one.
DISTINCT = ("request_id", "source_row", "linked_request_id")
MARK = b"\xef\xbb\xbf"


def write(cleaned: "Cleaned", settings: Settings) -> None:
    """Write requests.parquet, issues.csv, changes.csv and summary.json, each whole or not at all."""
    folder = settings.path(settings.processed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace({folder / name: partial(made, cleaned) for name, made in FILES.items()})
    except OSError as cause:
        raise InputRejected(
            f"The cleaned data cannot be written ({type(cause).__name__}). Check that `processed` of the configuration "
            "names a folder that may be written to, and that the disk has room."
        ) from None


def _requests(cleaned: "Cleaned", path: Path) -> None:
    """Coded text is written as it is coded; the file says nothing of that."""
    requests = cleaned.coded
    nothing = functools.cache(partial(pa.nulls, len(requests)))
    columns = {name: _column(requests[name], nothing) for name in requests}
    # What has no gap is written without a list of gaps.
    fields = [pa.field(name, given.type, given.null_count > 0) for name, given in columns.items()]
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


def _issues(cleaned: "Cleaned", path: Path) -> None:
    _csv(cleaned.issues, path)


def _changes(cleaned: "Cleaned", path: Path) -> None:
    _csv(cleaned.changes, path)


def _summary(cleaned: "Cleaned", path: Path) -> None:
    path.write_text(json.dumps(cleaned.summary, indent=1, ensure_ascii=False), encoding="utf-8")


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """The mark lets a spreadsheet program open it as UTF-8."""
    with path.open("wb") as file:
        file.write(MARK)
        pyarrow.csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), file)


def _replace(files: dict[Path, Callable[[Path], object]]) -> None:
    """Write each beside its place, and rename when all are there; what holds case data is for its owner
    alone."""
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in files}
    try:
        for path, write in files.items():
            write(beside[path])
            beside[path].chmod(0o600)
        for path in files:
            beside[path].replace(path)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


# The table comes first: the checks may still be under way, and what they say is asked for after it.
FILES = {
    "requests.parquet": _requests,
    "issues.csv": _issues,
    "changes.csv": _changes,
    "summary.json": _summary,
}
