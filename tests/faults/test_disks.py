"""Disks that are full or may not be written."""

import resource
import subprocess

import pytest

pytestmark = pytest.mark.faults


@pytest.fixture
def disk(home):
    """The reports on a small disk of their own, in a mount namespace where there is one."""
    made = f"mount -t tmpfs -o size=8m tmpfs {home.reports} && echo made && exec sleep 900"
    home.reports.mkdir()
    holder = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", made], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert holder.stdout
    if holder.stdout.readline() == "made\n":
        home.prefix = ["nsenter", "-t", str(holder.pid), "-m", "--wd=/", "--"]
        yield home
    else:
        yield None
    holder.kill()
    holder.wait()


def test_a_full_disk(disk, home) -> None:
    if disk is None:
        check_a_limit_on_files(home)
        return

    def shell(command: str) -> str:
        whole = [*home.prefix, "sh", "-c", f"cd {home.reports} && {command}"]
        return subprocess.run(whole, capture_output=True, text=True, check=True).stdout

    def standing() -> set[str]:
        return set(shell("find . -path './[!.]*/*/*/r*' -type f -exec sha256sum {} +").splitlines())

    assert home.run("report")[0] == 0
    before = standing()
    free = int(shell("df -k --output=avail . | tail -1"))
    for left in (0, 20, 60, 120):
        shell(f"head -c {(free - left) * 1024} /dev/zero > filler || true")
        code, _out, err = home.run("report", "--force", "--keep-going")
        assert code == 1 if left == 0 else code in (0, 1)
        assert code == 0 or "No space left on device" in err
        assert standing() >= before, "a small report may find room, none is lost"
        shell("rm filler")
        assert home.is_whole()
    assert home.run("report", "--force")[0] == 0
    assert home.is_whole()
    assert home.states() == {"first": "published", "second": "published"}


def test_no_file_may_grow(home) -> None:
    check_a_limit_on_files(home)


def check_a_limit_on_files(home) -> None:
    assert home.run("report")[0] == 0
    before = home.published()
    limit = 10_000

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    code, _out, err = home.run("report", "--force", "--keep-going", preexec_fn=small)
    assert code == 1
    assert "File too large" in err
    assert home.published() == before
    assert home.is_whole()
    assert home.run("report")[0] == 0
    assert home.states() == {"first": "published", "second": "published"}


def test_a_read_only_folder_of_reports(mortal) -> None:
    home = mortal
    assert home.run("report")[0] == 0
    before = home.published()
    folders = [home.reports, *(path for path in home.reports.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    code, _out, err = home.run("report", "--force")
    assert code == 1
    assert "(Permission denied: " in err
    assert " of root). Ask its owner for permission" in err.splitlines()[-1]
    assert home.states() == {"first": "published", "second": "published"}, "it can still be read"
    assert home.published() == before
    for folder in folders:
        folder.chmod(0o755)
    assert home.run("report", "--force")[0] == 0
