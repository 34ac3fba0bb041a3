"""The files of a register on the disk, as bytes; a fault names the register by its configured name."""

from pathlib import Path

from mlastats.errors import InputRejected

# What one machine can clean in memory; more is split by year.
SIZE_LIMIT = 4 << 30
NOTHING = b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"


def paths(path: Path, of: str) -> list[Path]:
    """The files of a register, whose `path` may be a pattern. Raises InputRejected where none fits."""
    if any(sign in path.name for sign in "*?["):
        found = sorted(file for file in path.parent.glob(path.name) if not file.name.startswith(("~$", ".")))
        if not found:
            raise InputRejected(f"{of}: no file fits its `path`. Check the pattern in the configuration.")
        return found
    return [path]


def content(path: Path, of: str) -> bytes:
    """What a file holds. Raises InputRejected where it is missing, empty, huge or may not be read."""
    try:
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            raise InputRejected(
                f"{of} is huge: {size >> 20:,} MB, where {SIZE_LIMIT >> 20:,} MB is the limit. Split it by year; "
                "`path` may be a pattern that names all parts."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputRejected(f"{of}: its file does not exist. Check `path` in the configuration.") from None
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
            f"{of} is empty. Put the register in its place, or take it out of the configuration."
        )
    return data
