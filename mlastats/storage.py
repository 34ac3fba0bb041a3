"""How files of a workspace are written: for whom, and without text that a spreadsheet program would run."""

import contextlib
import errno
import os
import re
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

from mlastats.settings import Settings

# What begins a formula, in full width and in small forms too; and what may stand before it in its cell.
SIGNS, BEFORE = "=+\\-@＝＋－＠﹢﹣﹦﹫", '\\s"\u00a0\ufeff'
RUNS = re.compile(f"(?<![{BEFORE};])[{BEFORE};]*+[{SIGNS}]")
# Where a cell begins in the countries that part cells with a semicolon, and where a table is pasted.
PARTS = ";\t\r\n"
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")


def inert(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet program would run as a formula; a number stays one."""

    def marked(run: re.Match[str]) -> str:
        start = max(map(run[0].rfind, PARTS)) + 1
        return f"{run[0][:start]}'{run[0][start:]}" if start or not run.start() else run[0]

    return text if NUMBER.fullmatch(text) else RUNS.sub(marked, text)


def refused(cause: OSError, what: str) -> str:
    """Why the system refused to read or write: what was lacking, whose the file is (where there is none yet, the folder
    that it would lie in), and what to do."""
    name, owner, advice = "", "", "Check that it may be written and that there is space."
    if isinstance(cause.filename, str | bytes | os.PathLike):
        whole = Path(os.fsdecode(cause.filename))
        place = next((path for path in (whole, *whole.parents) if os.path.lexists(path)), whole)
        name = f": {place.name}"
        with contextlib.suppress(OSError, KeyError, NotImplementedError):
            owner = f" of {place.owner()}"
    if cause.errno in (errno.EACCES, errno.EPERM):
        advice = "Ask its owner for permission, or name a folder of your own in the configuration."
    elif cause.errno in (errno.EMFILE, errno.ENFILE):
        advice = "Raise the limit on open files (ulimit -n); 128 are enough."
    elif cause.errno in (errno.EAGAIN, errno.ENOMEM):
        advice = "Close other programs of this user, or raise its limits (ulimit -a)."
    elif cause.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "Make room on the disk."
    return f"{what} ({cause.strerror or type(cause).__name__}{name}{owner}). {advice}"


def is_shared(settings: Settings) -> bool:
    """Whether the workspace is its group's: the configuration says so, or its folder is setgid."""
    return settings.shared or bool(settings.folder.stat().st_mode & stat.S_ISGID)


@contextlib.contextmanager
def private(settings: Settings) -> Iterator[int]:
    """What is made in here is its owner's alone, or its owner's and its group's where the workspace is shared, from the
    first byte on; gives the umask that there was."""
    before = os.umask(0o007 if is_shared(settings) else 0o077)
    try:
        yield before
    finally:
        os.umask(before)


def folder(path: Path, settings: Settings) -> None:
    """Make a folder of the workspace, and those above it; in a shared one what is made there is the group's too."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if is_shared(settings) and os.name == "posix":
        for place in missing:
            os.chown(place, -1, settings.folder.stat().st_gid)
            place.chmod(0o2770)


def narrow(settings: Settings) -> None:
    """Take from others what an earlier version let them see: cleaned data, internal reports, failed runs and the log; from
    the group too where the workspace is not its. What lies in a folder that nobody may enter is nobody's to read."""
    processed, published = settings.path(settings.processed), settings.path(settings.published)
    internal = [report.name for report in settings.reports if report.audience == "internal"]
    places = [published / name for name in (*internal, ".failed", ".records", ".run")]
    if processed not in (settings.folder, published, *published.parents):
        places.append(processed)
    for place in places:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # of another user of the group
            place.chmod(stat.S_IMODE(place.stat().st_mode) & (0o7770 if is_shared(settings) else 0o7700))


def reveal(top: Path, place: Path, umask: int) -> None:
    """Let others read what is published for the public, as the umask of whoever publishes it says: a file, or a folder
    with all that is in it, and the folders down to it from `top` on."""
    above = [path for path in (place, *place.parents) if path == top or top in path.parents]
    for path in [*above, *(place.rglob("*") if place.is_dir() else ())]:
        with contextlib.suppress(PermissionError):  # of another user of the group, who has done it
            path.chmod(stat.S_IMODE(path.stat().st_mode) | (0o777 if path.is_dir() else 0o666) & ~umask)


def write_whole(path: Path, content: str | bytes, drafts: Path) -> None:
    """Replace a small file so that no reader ever sees half of it; a draft lies in the folder `drafts` meanwhile, on the
    same file system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drafts.mkdir(parents=True, exist_ok=True)
    draft = drafts / f"work-{uuid.uuid4().hex}"
    with draft.open("xb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Ask the system to put the names in a folder on the disk."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
