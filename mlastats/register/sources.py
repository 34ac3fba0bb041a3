"""The files of a register on the disk, as bytes; a fault names the register by its configured name."""

import fnmatch
import unicodedata
from pathlib import Path

from mlastats.errors import InputRejected

# What one machine can clean in memory; more is split by year.
SIZE_LIMIT = 4 << 30
NOTHING = b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"


def paths(path: Path, of: str) -> list[Path]:
    """The files of a register, whose `path` may be a pattern. Raises InputRejected where none fits."""
    try:
        fitting = matching(path)
    except OSError:
        return [path]  # reading it tells what is wrong
    if not fitting:
        raise InputRejected(f"{of}: no file fits its `path`. {_check(of)}")
    return fitting


def matching(path: Path) -> list[Path]:
    """The files that a path or a pattern names, whether the disk writes letters with their marks as one sign or as
    several; a path that exists is a file, whatever signs its name has, and one that no pattern is names itself."""
    if path.exists():
        return [path]
    folder, wanted = _spelt(path.parent), _composed(path.name)
    is_pattern = any(sign in path.name for sign in "*?[")
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    if is_pattern:
        shown = [file for file in names if not file.name.startswith(("~$", "."))]
        return [file for file in shown if fnmatch.fnmatchcase(_composed(file.name), wanted)]
    return [file for file in names if _composed(file.name) == wanted][:1] or [path]


def _spelt(folder: Path) -> Path:
    if folder.exists() or folder == folder.parent:
        return folder
    return matching(folder)[0] if not any(sign in folder.name for sign in "*?[") else folder


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def is_open(path: Path) -> bool:
    """Whether Excel or LibreOffice holds a file open, by the file that each puts beside it."""
    return any(path.with_name(name).exists() for name in (f"~${path.name}", f".~lock.{path.name}#"))


def check_size(path: Path, of: str) -> None:
    """InputRejected where a file holds more than a register may, before anything of it is read."""
    size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise InputRejected(
            f"{of} is huge: {size >> 20:,} MB, where {SIZE_LIMIT >> 20:,} MB is the limit. Split it by year; "
            "`path` may be a pattern that names all parts."
        )


def content(path: Path, of: str) -> bytes:
    """What a file holds. Raises InputRejected where it is missing, empty, huge or may not be read."""
    try:
        check_size(path, of)
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputRejected(
            f"{of} does not exist. {_check(of)}"
            if of.startswith("The file")
            else f"{of}: its file does not exist. {_check(of)}"
        ) from None
    except IsADirectoryError:
        raise InputRejected(
            f"{of}: its `path` is a folder. Name the file, or a pattern such as *.csv."
        ) from None
    except PermissionError:
        raise InputRejected(
            f"{of}: its file or folder may not be read. Ask for permission to read it, or close the program that holds it."
        ) from None
    except (OSError, ValueError) as cause:
        raise InputRejected(f"{of}: its file cannot be read ({type(cause).__name__}). Try a copy.") from None
    if not data[:4096].strip(NOTHING) and not data.strip(NOTHING):
        raise InputRejected(
            f"{of} is empty. Put the register in its place"
            + ("." if of.startswith("The file") else ", or take it out of the configuration.")
        )
    return data


def _check(of: str) -> str:
    return "Check its name." if of.startswith("The file") else "Check `path` in the configuration."
