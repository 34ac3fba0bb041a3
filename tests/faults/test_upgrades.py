"""Workspaces of earlier versions go on: their reports are read, kept and followed by new ones.

`tests/upgrades` holds what a version made of the workspace of these drills, by its commit: the cleaned data, an internal
and a public report of the same notebook. f8b5ef0: exhibits with suppressed cells; 96a2306: without, in kernels; 0505a82: in
processes, the schema of now, public manifests that tell what they rest on; 3a416e1: records of that apart; 8ed22b0: a format
in manifests, public counts as they are.
"""

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
ARCHIVES = Path(__file__).parents[1] / "upgrades"
REPORTS = """
[[reports]]
name = "inside"
notebooks = ["small"]
formats = ["html"]

[[reports]]
name = "outside"
notebooks = ["small"]
audience = "public"
formats = ["html"]
"""


@pytest.mark.parametrize("archive", sorted(ARCHIVES.glob("*.zip")), ids=lambda path: path.stem)
def test_a_workspace_of_an_earlier_version_goes_on(home, notebook, archive: Path) -> None:
    with zipfile.ZipFile(archive) as pack:
        mask = os.umask(0o022)
        pack.extractall(home.folder)
        os.umask(mask)
    notebook(exhibits=4)
    text = (home.folder / "mlastats.toml").read_text().split("[[reports]]")[0]
    (home.folder / "mlastats.toml").write_text(text + REPORTS)
    before = home.published()
    assert home.states() == {"inside": "stale", "outside": "stale"}
    assert home.is_whole()
    code, _out, err = home.run("report")
    assert code == 0, err
    assert "inside/all/all: published as r2" in err
    assert "outside/all/all: published as r2" in err
    after = home.published()
    assert {name for name in before if after[name] != before[name]} <= {
        f"{n}/all/all/latest" for n in ("inside", "outside")
    }
    # A public report begins a new series: it is held against nothing that an earlier version published.
    assert not list(home.reports.glob("outside/all/all/r2/changes.html"))
    assert home.is_whole()
    assert home.states() == {"inside": "published", "outside": "published"}
    # Its exact counts are out, and the status says so for as long as they are.
    assert "exact counts and should be withdrawn: outside/all/all/r1." in home.run("status")[2]
    # What others could read of case data they no longer can; the public report stays open.
    closed = ("data/processed", "reports/inside", "reports/.run", "reports/.records")
    assert {stat.S_IMODE((home.folder / name).stat().st_mode) for name in closed} == {0o700}
    assert stat.S_IMODE((home.folder / "reports/outside").stat().st_mode) == 0o755


def test_a_workspace_of_a_later_version_is_one_line(home) -> None:
    assert home.run("report", "first")[0] == 0
    manifest = home.reports / "first/all/all/r1/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99, "mlastats": "9.1"}))
    for command in ("status", "report"):
        code, _out, err = home.run(command)
        assert code == 2
        assert err == (
            "mlastats: first/all/all was published by mlastats 9.1, which is newer than this one (0.1.0). "
            "Update mlastats, or name another folder as `published`.\n"
        )
