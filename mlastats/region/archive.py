"""The file of a return: a zip with SDMX-CSV 2.0 a cube, structure.json, datapackage.json and MANIFEST.sha256.

The same return gives the same bytes. A file that comes from elsewhere is looked at as a stranger's: nothing is unpacked to
a disk, no name in it is followed, nothing is read beyond a limit, and whatever is wrong with it is one line.
"""

import contextlib
import dataclasses
import datetime as dt
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mlastats.errors import ConfigurationError, InputRejected
from mlastats.messages import _
from mlastats.region import sealed, structure
from mlastats.region.cube import CUBES, MASKED, MODES, Cube, Header, Return
from mlastats.register import packages

SUFFIX = ".mlareturn.zip"
MANIFEST, PACKAGE, STRUCTURE = "MANIFEST.sha256", "datapackage.json", "structure.json"
NAMES = (MANIFEST, PACKAGE, STRUCTURE, *(f"{name}.csv" for name in CUBES))
# The parts of a header that may be blank.
BLANK: dict[str, Any] = {
    "version": 1,
    "mode": "trusted",
    "reason": "",
    "synthetic": False,
    "contact": "",
    "made_by": "",
    "agreed": {},
}
REASONS = ("late_data", "correction", "definition_change", "new_round")
# No return is larger, packed or unpacked.
PACKED, UNPACKED = 256 << 20, 1 << 30
_NUMBER = {
    "Int64": r"\d{1,15}",
    "Float64": r"\d{1,15}(\.\d{1,6})?",
    "UInt64": r"\d{1,20}",
    "str": r"[a-z0-9_]{1,60}",
}
_CODE = r"[A-Za-z0-9_.-]{1,60}"


def write(folder: Path, header: Header, cubes: Mapping[str, pd.DataFrame]) -> Path:
    """Write the return into a folder; its path. A version that is there is never changed: ConfigurationError."""
    path = folder / f"{header.name}{SUFFIX}"
    if path.exists():
        raise ConfigurationError(
            f"{path.name} is there, and a version of a return is never changed. Make the next one."
        )
    data = packed(header, cubes)
    draft = folder / f".{path.name}-{os.getpid()}"
    try:
        # Whatever is not free to be published is its owner's alone, from the first byte.
        handle = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644 if header.mode == "banded" else 0o600
        )
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return path


def packed(header: Header, cubes: Mapping[str, pd.DataFrame]) -> bytes:
    """The bytes of the file."""
    files = {f"{name}.csv": _csv(cube, cubes[name], header.mode) for name, cube in CUBES.items()}
    files[STRUCTURE] = _json(structure.structure())
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[PACKAGE] = _json(structure.datapackage(header, files, digests))
    digests[PACKAGE] = hashlib.sha256(files[PACKAGE]).hexdigest()
    mark = "SECRET: case data, not to be published" if header.secret else header.mode
    lines = [f"# {header.name} {mark}", *(f"{digests[name]}  {name}" for name in NAMES[1:])]
    files[MANIFEST] = ("\n".join(lines) + "\n").encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in NAMES:
            pack.writestr(_entry(name), files[name])
    return held.getvalue()


def read(path: Path) -> Return:
    """The return in a file. Raises InputRejected, in one line, for a file that is no whole return or whose tables are not
    what they must be; what else may be wrong with it is said by `faults.faults`."""
    found, faults = opened(path)
    if found is None or faults:
        more = _(" and {n} more", n=len(faults) - 1) if len(faults) > 1 else ""
        raise InputRejected(_("{file}: {fault}{more}.", file=path.name, fault=faults[0], more=more))
    return found


def opened(path: Path) -> tuple[Return | None, list[str]]:
    """The return in a file as far as it can be read, and all that keeps it from being read."""
    try:
        files = _unpacked(path)
    except OSError as cause:
        return None, [_("it cannot be read ({cause})", cause=type(cause).__name__)]
    except InputRejected as cause:
        return None, [str(cause)]
    wrong = _manifest_faults(files)
    try:
        package = json.loads(files[PACKAGE])
        header = header_of(package.get("return") if isinstance(package, dict) else None)
    except (ValueError, RecursionError):
        return None, [*wrong, _("{file} does not say whose return it is", file=PACKAGE)]
    try:
        same = structure.skeleton(json.loads(files[STRUCTURE])) == structure.skeleton(structure.structure())
    except (ValueError, RecursionError, KeyError, TypeError):
        same = False
    if not same:
        wrong.append(_("{file} does not describe the tables of a return", file=STRUCTURE))
    tables = {}
    for name, cube in CUBES.items():
        table, faults = _table(cube, files[f"{name}.csv"], header.mode)
        wrong += faults
        if table is not None:
            tables[name] = table
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    return (Return(header, tables, digest) if len(tables) == len(CUBES) else None), wrong


def typed(cube: Cube, table: pd.DataFrame, mode: str) -> tuple[pd.DataFrame | None, list[str]]:
    """A cube whose cells are text, in its types, and what of it cannot be: rows are counted from the first below the
    header."""
    text, faults = table["OBS_VALUE"], []
    dtype = "UInt64" if mode == "sealed" and cube.name in MASKED else cube.dtype
    tests = {"OBS_VALUE": text.eq("") | text.str.fullmatch(_NUMBER[dtype])}
    tests |= {
        name: table[name].str.fullmatch(_CODE) for name in (*cube.dimensions, "OBS_STATUS", "CONF_STATUS")
    }
    if "CELL_KEY" in table:
        tests["CELL_KEY"] = table["CELL_KEY"].eq("") | table["CELL_KEY"].str.fullmatch(_NUMBER["UInt64"])
    numbers = {"CELL_KEY"} if cube.dtype == "str" else {"CELL_KEY", "OBS_VALUE"}
    for name in numbers & set(tests):
        long = table[name].str.len().eq(20)
        tests[name] &= ~long | table[name].le(str(2**64 - 1))
    for name, fits in tests.items():
        wrong = ~fits.astype(bool)
        if wrong.any():
            row = int(wrong.to_numpy().argmax()) + 1
            faults.append(
                _(
                    "{cube}: {n} values of {column} are not what they must be (the first in row {row})",
                    cube=cube.name,
                    n=int(wrong.sum()),
                    column=name,
                    row=row,
                )
            )
    if faults:
        return None, faults
    values = (
        text.where(text.ne(""))
        if cube.dtype == "str"
        else pd.array(text.where(text.ne(""), None), dtype="object")
    )
    table = table.assign(OBS_VALUE=_numbers(values, dtype) if cube.dtype != "str" else values)
    if "CELL_KEY" in table:
        table["CELL_KEY"] = _numbers(table["CELL_KEY"].where(table["CELL_KEY"].ne(""), None), "UInt64")
    return cube.finished(table, "", ""), []


def _numbers(values: Any, dtype: str) -> pd.Series:
    """Text as numbers of a type, exactly: 64 bits do not go through a float."""
    import pyarrow as pa

    kinds = {"Int64": pa.int64(), "UInt64": pa.uint64(), "Float64": pa.float64()}
    numbers = pa.array(values, type=pa.string(), from_pandas=True).cast(kinds[dtype])
    return pd.Series(
        pd.array(numbers.to_pylist(), dtype=dtype) if numbers.null_count else numbers.to_numpy(), dtype=dtype
    )


def _csv(cube: Cube, table: pd.DataFrame, mode: str) -> bytes:
    text = table.assign(**structure.lead(cube))
    if cube.dtype == "Float64":
        text["OBS_VALUE"] = [
            "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip(".") for value in table["OBS_VALUE"]
        ]
    return text[structure.columns(cube, mode)].to_csv(index=False, lineterminator="\n").encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _entry(name: str) -> zipfile.ZipInfo:
    """The head of a file in the zip, which tells of no machine and no clock."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
    return entry


def _unpacked(path: Path) -> dict[str, bytes]:
    """The files of a return by name, if it is packed as `packed` does: these names in this order and nothing before,
    between or behind them. A file that another program packed may be another file."""
    if not path.is_file():
        raise InputRejected(_("there is no such file"))
    if path.stat().st_size > PACKED:
        raise InputRejected(_("it is larger than any return"))
    data = path.read_bytes()
    files, left = {}, UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            entries, place = pack.infolist(), 0
            for entry, name in zip(entries, NAMES, strict=True):
                ours = _entry(name)
                heads = [
                    (
                        e.filename,
                        e.date_time,
                        e.create_system,
                        e.external_attr,
                        e.compress_type,
                        e.extra,
                        e.comment,
                    )
                    for e in (entry, ours)
                ]
                if heads[0] != heads[1] or entry.flag_bits or entry.header_offset != place:
                    raise ValueError
                place += 30 + len(name) + entry.compress_size
            if pack.comment or len(data) != place + sum(46 + len(name) for name in NAMES) + 22:
                raise ValueError
            for entry in entries:
                with pack.open(entry) as file:
                    files[entry.filename] = file.read(left + 1)
                left -= len(files[entry.filename])
                if left < 0:
                    raise InputRejected(_("it is larger than any return"))
    except (*packages.BROKEN, IndexError):
        raise InputRejected(
            _("it is no return, or damaged, or was packed again: take the file as it was sent")
        ) from None
    return files


def _manifest_faults(files: Mapping[str, bytes]) -> list[str]:
    lines = [
        line for line in files[MANIFEST].decode("utf-8", "replace").splitlines() if not line.startswith("#")
    ]
    if [line[66:] for line in lines] != list(NAMES[1:]):
        return [_("{file} does not name the files of a return", file=MANIFEST)]
    return [
        _("{file} is not what was written: its hash is not that of {manifest}", file=name, manifest=MANIFEST)
        for line, name in zip(lines, NAMES[1:], strict=True)
        if line != f"{hashlib.sha256(files[name]).hexdigest()}  {name}"
    ]


def header_of(given: Any) -> Header:
    """The header that parts make; ValueError unless each part is what it must be."""
    parts = {part.name for part in dataclasses.fields(Header)}
    if not isinstance(given, dict) or set(given) != parts:
        raise ValueError
    header = Header(**given)
    texts = (
        header.state,
        header.period,
        header.mode,
        header.as_of,
        header.reason,
        header.contact,
        header.made_by,
    )
    if not all(isinstance(text, str) and len(text) < 300 and text.isprintable() for text in texts):
        raise ValueError
    kinds = type(header.version) is int and type(header.synthetic) is bool and isinstance(header.agreed, dict)
    fits = re.fullmatch("[A-Z]{3}", header.state) and re.fullmatch("[0-9]{4}", header.period)
    if not (kinds and fits and 0 < header.version < 1000 and header.mode in MODES):
        raise ValueError
    if header.reason not in ("", *REASONS) or str(dt.date.fromisoformat(header.as_of)) != header.as_of:
        raise ValueError
    if header.mode == "sealed":
        try:
            sealed.check(header.agreed, header.state)
        except ConfigurationError:
            raise ValueError from None
    return header


def _table(cube: Cube, data: bytes, mode: str) -> tuple[pd.DataFrame | None, list[str]]:
    """The frame of a cube's file, and what of it cannot be read."""
    from pyarrow import csv

    names = structure.columns(cube, mode)
    try:
        if data.split(b"\n", 1)[0].decode() != ",".join(names):
            raise ValueError
        table = csv.read_csv(
            io.BytesIO(data),
            read_options=csv.ReadOptions(block_size=len(data) + 1, use_threads=False),
            parse_options=csv.ParseOptions(ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, "string"), strings_can_be_null=False
            ),
        ).to_pandas()
        table = table.astype("str")
        if not len(table) or any(table[name].ne(said).any() for name, said in structure.lead(cube).items()):
            raise ValueError
    except ValueError:
        return None, [_("{cube}: the file is no table of a return", cube=cube.name)]
    return typed(cube, table.drop(columns=list(structure.LEAD)), mode)
