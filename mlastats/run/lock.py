"""One run a workspace at a time; the lock is the system's, and goes when its process does."""

import contextlib
from collections.abc import Iterator

from filelock import FileLock, Timeout

from mlastats.errors import LockHeld, ReportFailed
from mlastats.settings import Settings


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the workspace; LockHeld when another run does."""
    folder = settings.path(settings.published) / ".run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout as cause:
        raise LockHeld(
            "Another run is at work in this workspace. Wait until it has ended, then run again."
        ) from cause
    except OSError as cause:
        raise ReportFailed(
            f"The folder {settings.published!r} cannot be written ({cause.strerror}). Nothing was run. "
            "Check that it may be written and that there is space."
        ) from cause
    with lock:
        yield
