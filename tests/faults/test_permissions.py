"""Who may read what a run makes, tried as ordinary users: root is refused nothing."""

import hashlib
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
ANALYST, COLLEAGUE, STRANGER, GROUP = 20001, 20002, 20003, 20100
PUBLIC = '\n[[reports]]\nname = "outside"\nnotebooks = ["small"]\naudience = "public"\nformats = ["html"]\n'


# In a mount namespace of its own: Python, in a folder that ordinary users may not enter, in one that they may.
OPENED = """
held=$(mktemp -d) && mount --bind "$1" "$held" && mount -t tmpfs -o mode=755 tmpfs "$2" && mkdir -p "$1" &&
mount --move "$held" "$1" && rmdir "$held" && shift 2 && exec "$@"
"""


def as_user(number: int, *groups: int) -> list[str | Path]:
    supplementary = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    user = ["setpriv", f"--reuid={number}", f"--regid={number}", supplementary, "--"]
    python = Path(sys.base_prefix).resolve()
    closed = [place for place in reversed(python.parents) if not place.stat().st_mode & stat.S_IXOTH]
    return ["unshare", "-m", "sh", "-c", OPENED, "sh", python, closed[0], *user] if closed else user


@pytest.fixture
def theirs(home) -> Iterator:
    """The workspace as the analyst's own, in a folder that others may enter."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only root, with setpriv, can run as several users")
    place = Path(tempfile.mkdtemp(prefix="drill-"))
    place.chmod(0o755)
    shutil.move(home.folder, place / "home")
    home.folder = place / "home"
    subprocess.run(["chown", "-R", f"{ANALYST}:{ANALYST}", home.folder], check=True)
    with (home.folder / "mlastats.toml").open("a") as file:
        file.write(PUBLIC)
    home.prefix = as_user(ANALYST)
    yield home
    shutil.rmtree(place)


def modes(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in folder.rglob("*")}


def given(home) -> set[str]:
    return {str(path.relative_to(home.folder)) for path in home.folder.rglob("*")}


def test_what_holds_case_data_is_its_owners_alone_whatever_the_umask(theirs) -> None:
    before = given(theirs)
    code, _out, err = theirs.run("report", preexec_fn=lambda: os.umask(0))
    assert code == 0, err
    (theirs.folder / "notebooks" / "small.ipynb").write_text("{}")
    assert theirs.run("report", "first", preexec_fn=lambda: os.umask(0))[0] != 0
    found = {name: mode for name, mode in modes(theirs.folder).items() if name not in before}
    public = {name for name in found if name.startswith("reports/outside")}
    assert {
        "data/processed/requests.parquet",
        "reports/first/all/all/r1/first.html",
        "reports/.run/log",
    } <= set(found)
    assert {name: oct(mode) for name, mode in found.items() if name not in public and mode & 0o077} == {}
    # Public reports are as the umask says.
    assert {mode for name, mode in found.items() if name in public} == {0o666, 0o777}
    stranger = subprocess.run(
        [*as_user(STRANGER), "cat", theirs.reports / "first/all/all/r1/first.html"],
        capture_output=True,
        check=False,
    )
    assert stranger.returncode


def test_in_a_setgid_workspace_it_is_the_groups_too(theirs) -> None:
    before = given(theirs)
    subprocess.run(["chgrp", "-R", str(GROUP), theirs.folder], check=True)
    subprocess.run(["chmod", "-R", "g+w", theirs.folder], check=True)
    for place in [theirs.folder, *(p for p in theirs.folder.rglob("*") if p.is_dir())]:
        place.chmod(0o2775)
    theirs.prefix = as_user(ANALYST, GROUP)
    code, _out, err = theirs.run("report", preexec_fn=lambda: os.umask(0o022))
    assert code == 0, err
    found = {name: mode for name, mode in modes(theirs.folder).items() if name not in before}
    inside = {name: mode for name, mode in found.items() if not name.startswith("reports/outside")}
    assert {oct(mode) for mode in inside.values()} == {"0o660", "0o2770"}
    assert all((theirs.folder / name).lstat().st_gid == GROUP for name in found)
    # A colleague of the group goes on where the analyst stopped; a stranger is told whose it is.
    theirs.prefix = as_user(COLLEAGUE, GROUP)
    for command in (("status",), ("verify",), ("clean",), ("report", "--force"), ("report",)):
        code, _out, err = theirs.run(*command, preexec_fn=lambda: os.umask(0o002))
        assert code == 0, (command, err)
    theirs.prefix = as_user(STRANGER)
    code, _out, err = theirs.run("clean")
    assert code
    assert len(err.splitlines()) == 1
    assert "cannot be" in err


def test_shared_says_so_without_a_setgid_folder(theirs) -> None:
    before = given(theirs)
    text = (theirs.folder / "mlastats.toml").read_text()
    (theirs.folder / "mlastats.toml").write_text("shared = true\n" + text)
    code, _out, err = theirs.run("report", "first")
    assert code == 0, err
    found = {name: mode for name, mode in modes(theirs.folder).items() if name not in before}
    assert {oct(mode) for mode in found.values()} == {"0o660", "0o2770"}


def test_public_reports_have_a_folder_of_their_own_that_names_nothing_internal(theirs) -> None:
    text = (theirs.folder / "mlastats.toml").read_text()
    (theirs.folder / "mlastats.toml").write_text('published_public = "public"\n' + text)
    code, _out, err = theirs.run("report", preexec_fn=lambda: os.umask(0o022))
    assert code == 0, err
    public = theirs.folder / "public"
    assert sorted(path.name for path in public.iterdir()) == [".run", "index.html", "outside"]
    assert sorted(p.name for p in theirs.reports.iterdir() if p.name[0] != ".") == [
        "first",
        "index.html",
        "second",
    ]
    assert "first" not in (public / "index.html").read_text().split("<table")[1].split("</table")[0]
    readable = subprocess.run(
        [*as_user(STRANGER), "find", public, "-type", "f", "-readable"],
        capture_output=True,
        text=True,
        check=False,
    )
    names = {Path(line).name for line in readable.stdout.splitlines()}
    assert {"outside.html", "manifest.json", "latest", "index.html"} <= names
    assert list((public / ".run").iterdir()) != []
    assert not any(".run" in line for line in readable.stdout.splitlines())
    manifest = (public / "outside/all/all/r1/manifest.json").read_text()
    for secret in ('sha256": "' + sha(theirs.folder / "register.csv"), 'register"', "rows", "reason"):
        assert secret not in manifest
    assert theirs.states()["outside"] == "published"
    assert theirs.is_whole()
    assert theirs.run("report")[2] == "Nothing is due.\n"


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("most", [1, 2, 3, 4, 6, 10, 17, 20, 33])
def test_too_few_processes_are_named_in_one_line(theirs, most: int) -> None:
    """Root has no limit on processes; the user is nobody else's, whose would be counted too.

    OpenBLAS answers a thread that it is refused with a Ctrl-C, and Arrow, in the middle of its work, with waiting for ever.
    """
    lone = 30000 + os.getpid() % 30000
    subprocess.run(["chown", "-R", f"{lone}:{lone}", theirs.folder], check=True)
    theirs.prefix = as_user(lone)
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most, most))}
    for words in (("clean",), ("report", "--force", "--jobs", "1"), ("status",), ("verify",)):
        code, _out, err = theirs.run(*words, **limit)
        assert code == 0 or "ulimit" in err.splitlines()[-1], (words, err)
        if most < 12:
            assert (code == 0) is (words[0] in ("status", "verify")), (words, err)
            assert code == 0 or len([line for line in err.splitlines() if "to make" not in line]) == 1, err
