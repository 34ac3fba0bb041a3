"""What a workspace and its machine lack, one line a thing.

`lacks` is what a run or a page would fail or be wrong by, `look` what somebody should know of, `ok` all else.
"""

import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

from packaging.requirements import Requirement

import mlastats
from mlastats import settings as configuration
from mlastats.errors import MlaStatsError
from mlastats.publish.style import FONTS
from mlastats.register import sources
from mlastats.run import scaffold
from mlastats.settings import Register, Settings

ROOM = 1_000_000_000
# What the figures, the pages and the briefings are set in, with the scripts of the region.
FAMILIES = ("NotoSans", "NotoSansLao", "NotoSansThai", "NotoSansKhmer", "NotoSansMyanmar")


State = Literal["ok", "look", "lacks"]


class Line(NamedTuple):
    """One thing that was looked at, and what to do about it."""

    state: State
    what: str
    words: str


def lines(path: str | None) -> Iterator[Line]:
    """All that was looked at: the machine, then the workspace of `path`, or of the working directory."""
    yield from _packages()
    yield from _fonts()
    yield from _encodings()
    yield from _zones()
    try:
        settings = configuration.load(path)
        settings.use_vocabularies()
    except MlaStatsError as fault:
        yield Line("lacks", "configuration", " ".join(str(fault).split()))
        return
    yield Line("ok", "configuration", f"{len(settings.registers)} registers, {len(settings.reports)} reports")
    yield from _today(settings)
    yield from _folders(settings)
    yield from _git(settings)
    if not settings.registers:
        yield Line("lacks", "registers", "none is named in the configuration; put one into data/raw")
    if not settings.reporting_state:
        yield Line("lacks", "state", "whose requests these are is not said; run mlastats review")
    for register in settings.registers:
        faults = list(_register(register, settings)) or [("ok", register.path)]
        state = min((state for state, _words in faults), key=("lacks", "look", "ok").index)
        yield Line(state, f"register {register.name}", "; ".join(words for _state, words in faults))
    yield from _notebooks(settings)


def _packages() -> Iterator[Line]:
    """Python and every package that reports need, against what this version asks for."""
    about = metadata.metadata("mlastats")
    yield _version("Python", platform.python_version(), Requirement(f"python{about['Requires-Python']}"))
    faults = []
    for requirement in map(Requirement, metadata.requires("mlastats") or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            line = _version(requirement.name, metadata.version(requirement.name), requirement)
        except metadata.PackageNotFoundError:
            line = Line("lacks", requirement.name, f"is not installed: pip install '{requirement}'")
        faults += [line] if line.state != "ok" else []
    yield from faults or [Line("ok", "packages", f"all that mlastats {mlastats.__version__} needs")]
    try:
        yield Line("ok", "JupyterLab", metadata.version("jupyterlab"))
    except metadata.PackageNotFoundError:
        yield Line(
            "ok", "JupyterLab", "is not installed; reports do not need it (pip install 'mlastats[lab]')"
        )


def _version(name: str, version: str, wanted: Requirement) -> Line:
    if wanted.specifier.contains(version, prereleases=True):
        return Line("ok", name, version)
    return Line("lacks", name, f"is {version}; it must be {wanted.specifier}")


def _fonts() -> Iterator[Line]:
    files = [FONTS / f"{family}-{style}.ttf" for family in FAMILIES for style in ("Regular", "Bold")]
    absent = [file.name for file in files if not file.is_file()]
    words = f"missing in the package: {', '.join(absent)}; install it again" if absent else "for every script"
    yield Line("lacks" if absent else "ok", "fonts", words)


def _encodings() -> Iterator[Line]:
    used = {sys.getfilesystemencoding(), getattr(sys.stderr, "encoding", None) or "utf-8"}
    others = sorted(name for name in used if name.lower().replace("-", "") != "utf8")
    words = f"{', '.join(others)}: names in other scripts are lost; set PYTHONUTF8=1" if others else "UTF-8"
    yield Line("look" if others else "ok", "encodings", words)


def _zones() -> Iterator[Line]:
    try:
        zoneinfo.ZoneInfo("Asia/Vientiane")
        yield Line("ok", "time zones", "known")
    except zoneinfo.ZoneInfoNotFoundError:
        yield Line("lacks", "time zones", "this computer knows none: pip install tzdata")


def _today(settings: Settings) -> Iterator[Line]:
    """Whether "today" is the same day for this computer and for the registers."""
    now = dt.datetime.now().astimezone()
    others = {
        register.time_zone
        for register in settings.registers
        if now.astimezone(zoneinfo.ZoneInfo(register.time_zone)).utcoffset() != now.utcoffset()
    }
    words = f"this computer counts days in {now.tzname()}, registers in {', '.join(sorted(others))}"
    yield Line("look", "today", words) if others else Line("ok", "today", "the same in all registers")


def _folders(settings: Settings) -> Iterator[Line]:
    """Whether what is written can be, and whether others can read case data."""
    for name in [*settings.written, settings.keys]:
        place = settings.path(name)
        nearest = next(path for path in (place, *place.parents) if path.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            yield Line("lacks", name, "may not be written; ask its owner for permission")
        elif name in (settings.processed, settings.keys) and place.exists() and _is_open(place):
            yield Line("lacks", name, "may be read by every user of this computer; chmod o-rwx")
        else:
            yield Line("ok", name, "may be written")
    free = shutil.disk_usage(settings.folder).free
    state: State = "ok" if free > ROOM else "look"
    yield Line(state, "space", f"{free / 1e9:,.1f} GB are free")


def _is_open(path: Path) -> bool:
    """Whether every user of the computer can get at a file or a folder."""
    if os.name != "posix" or not path.stat().st_mode & 0o004:
        return False
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def _git(settings: Settings) -> Iterator[Line]:
    """Case data that git holds, or would take with the next `git add`."""
    if not shutil.which("git"):
        return
    own = [settings.processed, settings.keys, settings.corrections, settings.published]
    own += [] if settings.synthetic else [register.path for register in settings.registers]
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *own]
    listed = subprocess.run(command, cwd=settings.folder, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name]
    if names:
        words = f"takes {len(names)} files of case data, {names[0]} first; name them in .gitignore, git rm --cached"
        yield Line("lacks", "git", words)
    elif not listed.returncode:
        yield Line("ok", "git", "takes no case data")


def _register(register: Register, settings: Settings) -> Iterator[tuple[State, str]]:
    try:
        files = [path for path in sources.matching(settings.path(register.path)) if path.is_file()]
    except OSError:
        files = []
    if not files:
        yield "lacks", f"no file at {register.path}"
    for path in files:
        if not os.access(path, os.R_OK):
            yield "lacks", f"{path.name} may not be read; ask its owner for permission"
        if _is_open(path) and not settings.synthetic:
            yield "look", f"{path.name} may be read by every user of this computer; chmod o-rwx"
        if sources.is_open(path):
            yield "lacks", f"{path.name} is open in a spreadsheet program; close it before you clean"
    if register.mapping and not settings.path(register.mapping).is_file():
        yield "lacks", f"no mapping at {register.mapping}: mlastats map {register.path}"
    unsaid = [name for name in ("log_start", "log_end") if getattr(register, name) is None]
    if unsaid:
        yield (
            "look",
            f"{' and '.join(unsaid)} not said: what is open cannot be told from what is not entered yet",
        )


def _notebooks(settings: Settings) -> Iterator[Line]:
    """Those of the workspace: saved with what they showed, which is case data; other than this version's."""
    saved = []
    for path in sorted(settings.path(settings.notebooks).glob("*.ipynb")):
        try:
            saved += [path.stem] if has_outputs(path) else []
        except (OSError, ValueError, KeyError, AttributeError):
            yield Line("lacks", f"notebook {path.stem}", "cannot be read; take it away, or mend it")
            return
    for name in saved:
        advice = "Edit > Clear Outputs of All Cells, then save"
        yield Line(
            "lacks", f"notebook {name}", f"was saved with what it showed, which is case data: {advice}"
        )
    changed = [name for name, diff in scaffold.differences(settings).items() if diff]
    if changed:
        yield Line(
            "look", "notebooks", f"other than this version's: {', '.join(changed)}; see mlastats upgrade"
        )
    elif not saved:
        yield Line("ok", "notebooks", "this version's, and saved without outputs")


def has_outputs(notebook: Path) -> bool:
    """Whether a notebook was saved with what it showed, which is case data."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


if __name__ == "__main__":  # make lint
    shown = [path for path in sys.argv[1:] if has_outputs(Path(path))]
    sys.exit(
        f"Saved with what they showed (Edit > Clear Outputs of All Cells): {', '.join(shown)}" if shown else 0
    )
