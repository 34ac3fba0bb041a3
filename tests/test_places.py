"""Where a workspace's files lie: within it, under whichever form of their names, and in no line of a scheduler."""

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from mlastats import settings, storage
from mlastats.errors import ConfigurationError, ReportFailed
from mlastats.register import files
from mlastats.run import inputs, schedule, store

SMALL = "Ref,Country,Received\nA1,Thailand,2024-01-02\n"


@pytest.mark.parametrize("key", ["processed", "published"])
def test_what_is_written_stays_within_the_workspace(
    workspace: Callable[..., Path], tmp_path: Path, key: str
) -> None:
    for given in ("../elsewhere", str(tmp_path / "elsewhere"), "link/inside"):
        home = workspace({"police.csv": SMALL}, folder=f"w{abs(hash(given))}", **{key: given})
        (home / "link").symlink_to(tmp_path)
        with pytest.raises(ConfigurationError, match=f"`{key}` leads out of the workspace"):
            settings.load(home / "mlastats.toml")
        text = (home / "mlastats.toml").read_text()
        (home / "mlastats.toml").write_text("outside = true\n" + text)
        assert settings.load(home / "mlastats.toml").outside


def test_public_reports_may_lie_elsewhere_by_being_named(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    home = workspace({"police.csv": SMALL}, published_public=str(tmp_path / "www"))
    loaded = settings.load(home / "mlastats.toml")
    assert store.roots(loaded) == [home / "reports", tmp_path / "www"]


def test_a_link_in_the_folder_of_reports_that_leads_out_of_it_is_refused(tmp_path: Path) -> None:
    draft, root = tmp_path / "draft", tmp_path / "reports"
    for place in (draft, root, tmp_path / "away"):
        place.mkdir()
    (root / "first").symlink_to(tmp_path / "away")
    (draft / "manifest.json").write_text('{"outputs": {}}')
    with pytest.raises(ReportFailed, match="a link leads out of the folder of reports"):
        store.publish(store.Place(root, "first", "all", "all"), draft)
    assert list((tmp_path / "away").iterdir()) == []


@pytest.mark.parametrize("system", ["systemd", "cron", "windows"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\u2028"])
def test_a_path_that_would_end_a_line_of_a_scheduler_is_refused(
    workspace: Callable[..., Path], system: str, sign: str
) -> None:
    home = workspace({"police.csv": SMALL}, folder=f"a{sign}b")
    with pytest.raises(ConfigurationError, match="control character"):
        schedule.lines(system, settings.load(home / "mlastats.toml"))


@pytest.mark.parametrize("disk", ["NFC", "NFD"])
@pytest.mark.parametrize("given", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["công an.csv", "sổ/công*.csv"])
def test_names_are_the_same_composed_or_not(tmp_path: Path, disk: str, given: str, name: str) -> None:
    written = tmp_path / unicodedata.normalize(disk, name.replace("*", " an"))
    written.parent.mkdir(exist_ok=True)
    written.write_text(SMALL)
    asked = unicodedata.normalize(given, name)
    assert len(files.read_register(tmp_path / asked).frame) == 1
    checked = settings.check(
        {
            "reporting_state": "LAO",
            "as_of": "2026-09-30",
            "registers": [{"name": "police", "path": str(tmp_path / asked)}],
        }
    )
    assert inputs.registers(checked) == {"police": [inputs.file_hash(written)]}


def test_what_the_system_refuses_is_told_with_the_file_its_owner_and_what_to_do(tmp_path: Path) -> None:
    owner = tmp_path.owner()
    cause = OSError(13, os.strerror(13), str(tmp_path / "none" / "such.txt"))
    assert storage.refused(cause, "It could not be written") == (
        f"It could not be written (Permission denied: {tmp_path.name} of {owner}). "
        "Ask its owner for permission, or name a folder of your own in the configuration."
    )
    assert "ulimit -n" in storage.refused(OSError(24, os.strerror(24)), "x")
    assert "Make room" in storage.refused(OSError(28, os.strerror(28)), "x")


@pytest.mark.parametrize("name", ["con", "aux", "nul", "com1", "lpt9", "prn"])
def test_a_report_or_a_register_has_no_name_that_windows_keeps_for_itself(name: str) -> None:
    for part in (
        {"reports": [{"name": name, "notebooks": ["4_flow"]}]},
        {"registers": [{"name": name, "path": "x"}]},
    ):
        with pytest.raises(ConfigurationError, match=f"a folder can have on Windows too; got '{name}'"):
            settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", **part})
    near = {"reports": [{"name": f"{name}s", "notebooks": ["4_flow"]}]}
    assert settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", **near}).reports


@pytest.mark.parametrize(
    "item", ["CON", "aux.txt", "Nul", "COM1.a.b", "THA.", "A:B", "a/b", "a\\b", "THA ", "", "..", "lpt³"]
)
def test_an_item_has_no_name_that_windows_cannot_give_a_folder(item: str) -> None:
    report = {"name": "partner", "notebooks": ["8_sheet"], "items": {"partner": [item]}}
    with pytest.raises(ConfigurationError, match=r"Windows too|an item names a folder"):
        settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", "reports": [report]})


def test_items_that_differ_in_capitals_alone_would_share_a_folder() -> None:
    report = {"name": "partner", "notebooks": ["8_sheet"], "items": {"agency": ["mofa", "MOFA"]}}
    with pytest.raises(ConfigurationError, match="named twice: MOFA, mofa"):
        settings.check({"reporting_state": "LAO", "as_of": "2026-09-30", "reports": [report]})


def test_a_name_is_refused_where_windows_reserves_it() -> None:
    """Held against the standard library's list of what Windows reserves."""
    import ntpath
    import pathlib

    reserved = getattr(ntpath, "isreserved", None) or (
        lambda name: pathlib.PureWindowsPath(name).is_reserved()
    )
    for name in (
        "con",
        "CON.txt",
        "aux",
        "nul.tar.gz",
        "com1",
        "com0x",
        "lpt9.a",
        "THA",
        "console",
        "prn_",
        "a.con",
    ):
        if reserved(name):
            with pytest.raises(ValueError, match="Windows"):
                settings.file_name(name)
        else:
            assert settings.file_name(name) == name
