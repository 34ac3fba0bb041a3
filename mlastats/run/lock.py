"""One run at a time over what it writes; the lock is the system's, and goes when its process does.

Where a file system knows no such lock (some network shares), a file names the host, the process and its start; one
whose process is gone, or is another under the same number, is broken.
"""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from mlastats import storage
from mlastats.errors import LockHeld, ReportFailed
from mlastats.settings import Settings

RUN = ".run"
NO_SYSTEM_LOCK = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[list[str]]:
    """Hold the folders that a run writes, the cleaned data included; gives what there is to say of locks that were
    broken. LockHeld when another run holds one of them, of this workspace or of one that shares it."""
    with contextlib.ExitStack() as stack:
        broken = []
        for name in settings.written:
            folder = settings.path(name) / RUN
            try:
                with storage.private(settings):
                    storage.folder(folder, settings)
                    with contextlib.suppress(PermissionError):  # of another user of the group
                        folder.chmod(0o2770 if storage.is_shared(settings) else 0o700)
                    broken += _acquire(folder, stack, 0o660 if storage.is_shared(settings) else 0o600)
            except Timeout as cause:
                raise LockHeld(
                    "Another run is at work in this workspace. Wait until it has ended, then run again."
                ) from cause
            except OSError as cause:
                raise ReportFailed(
                    storage.refused(cause, f"The folder {name!r} cannot be written")
                ) from cause
        storage.narrow(settings)
        yield broken


def _acquire(folder: Path, stack: contextlib.ExitStack, mode: int) -> list[str]:
    for name in ("lock", "holder"):
        if (folder / name).exists() and not (folder / name).is_file():  # to open a pipe may take for ever
            raise FileExistsError(errno.EEXIST, "no file", str(folder / name))
    before = _holder(folder / "lock")
    try:
        # Its own way out takes the file that a lock of the system leaves for a lock that is held.
        stack.enter_context(FileLock(folder / "lock", timeout=0, mode=mode, fallback_to_soft=False))
    except OSError as cause:
        if cause.errno not in NO_SYSTEM_LOCK or isinstance(cause, Timeout):
            raise
        before = _holder(folder / "holder")
        stack.enter_context(SoftFileLock(folder / "holder", timeout=0, mode=mode))
    return before


def _holder(marker: Path) -> list[str]:
    """Whom the file of a lock names that is none of the system's; those of the system are empty."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if lines := marker.read_text(encoding="utf-8").split():
            return [f"The lock of process {lines[0]}, which has ended, was broken."]
    return []
