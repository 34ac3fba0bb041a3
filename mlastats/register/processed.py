"""The files of data/processed: each whole or not at all, and for its owner alone."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mlastats import schema
from mlastats.errors import InputRejected
from mlastats.settings import Settings

if TYPE_CHECKING:
    from mlastats.register.clean import Cleaned

# Columns in which nearly every value is another one.
DISTINCT = ("request_id", "source_row", "linked_request_id")
MARK = b"\xef\xbb\xbf"


def write(cleaned: "Cleaned", settings: Settings) -> None:
    """Write requests.parquet, issues.csv, changes.csv and summary.json, each whole or not at all."""
    folder = settings.path(settings.processed)
    summary = json.dumps(cleaned.summary, indent=1, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / "requests.parquet", partial(_parquet, cleaned.coded))
        _replace(folder / "issues.csv", partial(_csv, cleaned.issues))
        _replace(folder / "changes.csv", partial(_csv, cleaned.changes))
        _replace(folder / "summary.json", lambda path: path.write_text(summary, encoding="utf-8"))
    except OSError as cause:
        raise InputRejected(
            f"The cleaned data cannot be written ({type(cause).__name__}). Check that `processed` of the configuration "
            "names a folder that may be written to, and that the disk has room."
        ) from None


def _parquet(requests: pd.DataFrame, path: Path) -> None:
    """Coded text is written as it is coded; the file says nothing of that."""
    table = pa.Table.from_pandas(requests, preserve_index=False)
    columns = dict(zip(table.column_names, map(_filled, table.columns), strict=True))
    # What has no gap is written without a list of gaps.
    fields = [pa.field(name, given.type, given.null_count > 0) for name, given in columns.items()]
    table = pa.table(columns, schema=pa.schema(fields))
    plain = pa.Table.from_pandas(schema.conform(requests[:0]), preserve_index=False)
    coded = [name for name in table.column_names if name not in DISTINCT]
    how = {"use_dictionary": coded, "write_statistics": False, "store_schema": False}
    with pq.ParquetWriter(path, table.schema, **how) as file:
        file.write_table(table)
        file.add_key_value_metadata(plain.schema.metadata)


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in which all is missing needs no codes."""
    empty = pa.types.is_dictionary(column.type) and column.null_count == len(column)
    return pa.chunked_array([pa.nulls(len(column), pa.large_string())]) if empty else column


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """The mark lets a spreadsheet program open it as UTF-8."""
    with path.open("wb") as file:
        file.write(MARK)
        pyarrow.csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), file)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file and rename; what holds case data is for its owner alone."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        beside.chmod(0o600)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
