"""Where published reports stand: reports/<report>/<item>/<period>/r1, r2 ... and `latest`.

A revision is written elsewhere on the same file system, checked, renamed once into a name that did
not exist, and never changed; then `latest`, a small file with the revision's name, is replaced.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlastats
from mlastats import storage
from mlastats.errors import ConfigurationError, ReportFailed
from mlastats.run.inputs import file_hash
from mlastats.settings import Report, Settings

MANIFEST = "manifest.json"
# Of what a revision holds and its manifest says: one more where a newer version reads them otherwise.
FORMAT = 2
LATEST = "latest"
FAILURE = "failure.json"
KEPT_FAILURES = 3
# The file in a run's work that names the folder of its sockets where that lies in /tmp.
SOCKETS = "sockets"
_REVISION = re.compile(r"r[1-9]\d*")


@dataclass(frozen=True)
class Place:
    """The folder of one report for one item and one period. `home` is the folder of internal reports, where what the
    public may not see is kept; `root` unless it is given."""

    root: Path
    report: str
    item: str
    period: str
    home: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its revisions stand."""
        return self.root / self.report / self.item / self.period

    @property
    def failed(self) -> Path:
        """Where its failed runs are kept, apart from what is published."""
        return (self.home or self.root) / ".failed" / self.report / self.item / self.period

    def record(self, revision: str) -> Path:
        """The file of what a public revision rests on, which its manifest may not say."""
        return (
            (self.home or self.root) / ".records" / self.report / self.item / self.period / f"{revision}.json"
        )

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{self.report}/{self.item}/{self.period}"

    def revisions(self) -> list[str]:
        """Names of all revisions, oldest first."""
        return _numbered(self.folder)

    def latest(self) -> str:
        """Name of the published revision; empty where there is none."""
        try:
            name = (self.folder / LATEST).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return name if _REVISION.fullmatch(name) else ""

    def manifest(self, revision: str = "") -> dict[str, Any] | None:
        """The manifest of a revision (the latest), with what is on record of a public one, or None where it cannot be
        read or is not whole."""
        name = revision or self.latest()
        record = _record(self.folder / name / MANIFEST) if name else None
        if record and record.get("format", 1) > FORMAT:
            raise ConfigurationError(
                f"{self.name} was published by mlastats {record.get('mlastats')}, which is newer than this one "
                f"({mlastats.__version__}). Update mlastats, or name another folder as `published`."
            )
        if record and "key" not in record:
            record |= _record(self.record(name)) or {}
        key, files = (record or {}).get("key"), (record or {}).get("outputs")
        whole = isinstance(files, dict) and isinstance(key, dict) and "as_of" in key.get("parameters", {})
        return record if whole else None

    def is_of_this_format(self, revision: str) -> bool:
        """Whether what a revision holds can be compared with what is made now; an older one ends a series."""
        return bool((_record(self.folder / revision / MANIFEST) or {}).get("format", 1) == FORMAT)

    def failure(self) -> dict[str, Any] | None:
        """The last failed run, if nothing was published since."""
        runs = _numbered(self.failed)
        record = _record(self.failed / runs[-1] / FAILURE) if runs else None
        return record if record and record.get("after") == self.latest() else None


def roots(settings: Settings) -> list[Path]:
    """The folders of reports: that of internal ones, and that of public ones where it is another."""
    names = (settings.published, settings.published_public)
    return list(dict.fromkeys(settings.path(name) for name in names if name))


def root_of(settings: Settings, report: Report) -> Path:
    """The folder of reports that this one belongs to."""
    return roots(settings)[-1 if report.audience == "public" else 0]


def places(root: Path, home: Path | None = None) -> Iterator[Place]:
    """Every place of the store that holds a revision, in order."""
    for folder in sorted(root.glob("[!.]*/*/*")):
        if folder.is_dir() and _numbered(folder):
            report, item, period = folder.relative_to(root).parts
            yield Place(root, report, item, period, home)


def work_folder(root: Path) -> Path:
    """A new private folder for a run, on the file system of the store."""
    work = root / ".run" / f"work-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    return work


def sweep(folder: Path) -> None:
    """Remove what a run that was killed left in a folder that it writes, and for its sockets in /tmp."""
    for leftover in (folder / ".run").glob("work-*"):
        with contextlib.suppress(OSError):
            sockets = Path((leftover / SOCKETS).read_text(encoding="utf-8"))
            if sockets.name.startswith("mlastats-") and sockets.stat().st_uid == os.getuid():
                shutil.rmtree(sockets, ignore_errors=True)
        with contextlib.suppress(OSError):
            leftover.unlink() if leftover.is_file() else shutil.rmtree(leftover)


def publish(
    place: Place, prepared: Path, record: dict[str, Any] | None = None, umask: int | None = None
) -> str:
    """Move a whole, checked revision into its place; returns its name. `record` is what a public one rests on; with
    the `umask` of whoever publishes, others may read it as that says."""
    damage = faults(prepared)
    if damage:
        raise ReportFailed(f"{place.name}: what was written is not what stands there: {damage[0]}.")
    if not place.folder.resolve().is_relative_to(place.root.resolve()):
        raise ReportFailed(
            f"{place.name}: a link leads out of the folder of reports. Take it away, and run again."
        )
    revision = _next(place.revisions())
    place.folder.mkdir(parents=True, exist_ok=True)
    if record is not None:
        home = place.home or place.root
        storage.write_whole(place.record(revision), json.dumps(record, indent=1), home / ".run")
    if place.home and place.home != place.root:
        # Case data never lie in the folder of public reports, and a rename crosses no file system.
        apart = tempfile.mkdtemp(prefix="work-", dir=place.root / ".run")
        prepared = Path(shutil.copytree(prepared, Path(apart) / "revision"))
    # Asks the system to put the files on the disk before their folder gets its final name.
    for path in prepared.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    # A rename onto a folder that is not empty fails, so a revision is never replaced.
    os.rename(prepared, place.folder / revision)
    storage.fsync_folder(place.folder)
    top = place.root if place.home and place.home != place.root else place.root / place.report
    if umask is not None:
        storage.reveal(top, place.folder / revision, umask)
    point(place, revision)
    if umask is not None:
        storage.reveal(top, place.folder / LATEST, umask)
    return revision


def point(place: Place, revision: str) -> None:
    """Let `latest` name this revision; readers see the old name or the new one."""
    storage.write_whole(place.folder / LATEST, revision + "\n", place.root / ".run")


def faults(revision: Path) -> list[str]:
    """What a revision's files lack against its manifest, in words; empty when whole."""
    manifest = _record(revision / MANIFEST)
    if manifest is None or not isinstance(manifest.get("outputs"), dict):
        return [f"{MANIFEST} is missing or cannot be read"]
    expected, found = manifest["outputs"], outputs(revision)
    damage = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    for name, file in found.items():
        if name not in expected:
            damage.append(f"{name} is not in the manifest")
        elif file["sha256"] != expected[name]["sha256"]:
            damage.append(f"{name} has changed")
    return damage


def outputs(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and hash of every file of a revision but its manifest, by relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_hash(path)}
        for path in files
    }


def verify(roots: Iterable[Path]) -> list[tuple[str, list[str]]]:
    """Every revision of the stores by name, with what is wrong with it: every file is hashed anew."""
    found = []
    for place in (place for root in roots for place in places(root)):
        for revision in place.revisions():
            found.append((f"{place.name}/{revision}", faults(place.folder / revision)))
        if place.latest() not in place.revisions():
            found.append((place.name, [f"`{LATEST}` names no revision"]))
    return found


def repair(root: Path, home: Path) -> list[tuple[Place, str, bool]]:
    """Finish revisions that no `latest` names: (place, revision, whether it was whole) for each.

    A whole one becomes the latest; one that is not whole is moved to the failed runs.
    """
    done = []
    for place in places(root, home):
        known = int(place.latest()[1:] or 0)
        for revision in [name for name in place.revisions() if int(name[1:]) > known]:
            whole = not faults(place.folder / revision)
            if whole:
                point(place, revision)
            else:
                keep_failed(place, place.folder / revision, {"cause": "The revision was not whole."})
            done.append((place, revision, whole))
    return done


def keep_failed(place: Place, folder: Path, record: dict[str, Any]) -> Path:
    """Move what a failed run left to the failed runs, with a record of the first cause."""
    runs = _numbered(place.failed)
    kept = place.failed / _next(runs)
    kept.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"after": place.latest(), **record}, indent=1)
    (folder / FAILURE).write_text(text, encoding="utf-8")
    shutil.move(folder, kept)
    for old in runs[: max(0, len(runs) + 1 - KEPT_FAILURES)]:
        shutil.rmtree(place.failed / old, ignore_errors=True)
    return kept


def _numbered(folder: Path) -> list[str]:
    names = [path.name for path in folder.glob("r*") if _REVISION.fullmatch(path.name) and path.is_dir()]
    return sorted(names, key=lambda name: int(name[1:]))


def _next(names: list[str]) -> str:
    return f"r{int(names[-1][1:]) + 1 if names else 1}"


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
