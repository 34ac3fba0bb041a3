"""Where published reports stand: reports/<report>/<item>/<period>/r1, r2 ... and `latest`.

A revision is written elsewhere on the same file system, checked, renamed once into a name that did
not exist, and never changed; then `latest`, a small file with the revision's name, is replaced.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.run.inputs import file_hash

MANIFEST = "manifest.json"
LATEST = "latest"
FAILURE = "failure.json"
KEPT_FAILURES = 3
_REVISION = re.compile(r"r[1-9]\d*")


@dataclass(frozen=True)
class Place:
    """The folder of one report for one item and one period."""

    root: Path
    report: str
    item: str
    period: str

    @property
    def folder(self) -> Path:
        """Where its revisions stand."""
        return self.root / self.report / self.item / self.period

    @property
    def failed(self) -> Path:
        """Where its failed runs are kept, apart from what is published."""
        return self.root / ".failed" / self.report / self.item / self.period

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
        """The manifest of a revision (the latest), or None where it cannot be read or is not whole."""
        name = revision or self.latest()
        record = _record(self.folder / name / MANIFEST) if name else None
        return record if record and _is_whole(record) else None

    def failure(self) -> dict[str, Any] | None:
        """The last failed run, if nothing was published since."""
        runs = _numbered(self.failed)
        record = _record(self.failed / runs[-1] / FAILURE) if runs else None
        return record if record and record.get("after") == self.latest() else None


def places(root: Path) -> Iterator[Place]:
    """Every place of the store that holds a revision, in order."""
    for folder in sorted(root.glob("[!.]*/*/*")):
        if folder.is_dir() and _numbered(folder):
            yield Place(root, *folder.relative_to(root).parts)


def work_folder(root: Path) -> Path:
    """A new private folder for a run, on the file system of the store."""
    work = root / ".run" / f"work-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    return work


def publish(place: Place, prepared: Path) -> str:
    """Move a whole, checked revision into its place; returns its name."""
    damage = faults(prepared)
    if damage:
        raise ReportFailed(f"{place.name}: what was written is not what stands there: {damage[0]}.")
    numbers = [int(name[1:]) for name in place.revisions()]
    revision = f"r{max(numbers, default=0) + 1}"
    place.folder.mkdir(parents=True, exist_ok=True)
    _settle(prepared)
    # A rename onto a folder that is not empty fails, so a revision is never replaced.
    os.rename(prepared, place.folder / revision)
    _settle_folder(place.folder)
    point(place, revision)
    return revision


def point(place: Place, revision: str) -> None:
    """Let `latest` name this revision; readers see the old name or the new one."""
    write_whole(place.folder / LATEST, revision + "\n")


def write_whole(path: Path, text: str) -> None:
    """Replace a small file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    _settle_folder(path.parent)


def faults(revision: Path) -> list[str]:
    """What a revision's files lack against its manifest, in words; empty when whole."""
    manifest = _record(revision / MANIFEST)
    if manifest is None or not isinstance(manifest.get("outputs"), dict):
        return [f"{MANIFEST} is missing or cannot be read"]
    expected = manifest["outputs"]
    found = {path.relative_to(revision).as_posix() for path in revision.rglob("*") if path.is_file()}
    missing = [f"{name} is missing" for name in sorted(set(expected) - found)]
    extra = [f"{name} is not in the manifest" for name in sorted(found - set(expected) - {MANIFEST})]
    changed = [
        f"{name} has changed"
        for name in sorted(set(expected) & found)
        if file_hash(revision / name) != expected[name]["sha256"]
    ]
    return missing + changed + extra


def outputs(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and hash of every file of a revision but its manifest, by relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_hash(path)}
        for path in files
    }


def verify(root: Path) -> list[tuple[str, list[str]]]:
    """Every revision of the store by name, with what is wrong with it: every file is hashed anew."""
    found = []
    for place in places(root):
        for revision in place.revisions():
            found.append((f"{place.name}/{revision}", faults(place.folder / revision)))
        if place.latest() not in place.revisions():
            found.append((place.name, [f"`{LATEST}` names no revision"]))
    return found


def repair(root: Path) -> list[tuple[Place, str, bool]]:
    """Finish revisions that no `latest` names: (place, revision, whether it was whole) for each.

    A whole one becomes the latest; one that is not whole is moved to the failed runs.
    """
    done = []
    for place in places(root):
        known = int(place.latest()[1:] or 0)
        for revision in [name for name in place.revisions() if int(name[1:]) > known]:
            whole = not faults(place.folder / revision)
            if whole:
                point(place, revision)
            else:
                keep_failed(place, place.folder / revision, {"cause": "The revision was not whole."})
            done.append((place, revision, whole))
    for leftover in (root / ".run").glob("work-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return done


def keep_failed(place: Place, folder: Path, record: dict[str, Any]) -> Path:
    """Move what a failed run left to the failed runs, with a record of the first cause."""
    runs = _numbered(place.failed)
    kept = place.failed / f"r{int(runs[-1][1:]) + 1 if runs else 1}"
    # An executed notebook holds case data, whoever the report was for.
    (place.root / ".failed").mkdir(mode=0o700, exist_ok=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FAILURE, json.dumps({"after": place.latest(), **record}, indent=1))
    os.rename(folder, kept)
    for old in runs[: max(0, len(runs) + 1 - KEPT_FAILURES)]:
        shutil.rmtree(place.failed / old, ignore_errors=True)
    return kept


def _numbered(folder: Path) -> list[str]:
    names = [path.name for path in folder.glob("r*") if _REVISION.fullmatch(path.name) and path.is_dir()]
    return sorted(names, key=lambda name: int(name[1:]))


def _is_whole(record: dict[str, Any]) -> bool:
    """Whether a manifest says what was published and what it rests on."""
    key, files = record.get("key"), record.get("outputs")
    return isinstance(files, dict) and isinstance(key, dict) and "as_of" in key.get("parameters", {})


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _settle(folder: Path) -> None:
    """Ask the system to put the files on the disk before their folder gets its final name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
