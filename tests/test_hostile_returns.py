"""Files that are no return, given to the commands: one line, an exit code, and nothing is changed."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlastats import messages
from mlastats.cli import cli
from mlastats.region import archive
from mlastats.run import scaffold
from tests.test_returns import hostile

SENT = Path("returns") / "XAA_2025_v1.mlareturn.zip"


@pytest.fixture
def body(root: Path, tmp_path: Path) -> Path:
    """A regional body of two that has received nothing."""
    home = tmp_path / "body"
    scaffold.init(home, region=True)
    toml = (home / "mlastats.toml").read_text(encoding="utf-8").replace("# vocabulary =", "vocabulary =")
    (home / "mlastats.toml").write_text(toml, encoding="utf-8")
    shutil.copytree(root / "data" / "region" / "vocabulary", home / "vocabulary")
    return home


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    messages.use("en")


def state_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def ran(*words: str) -> Result:
    done = CliRunner().invoke(cli, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_each_is_refused_by_both_commands(
    body: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comes beside one that is whole, which is not kept either."""
    monkeypatch.setattr(archive, "UNPACKED", 600_000)
    place = tmp_path / "inbox"
    place.mkdir()
    config = str(body / "mlastats.toml")
    whole = place / "XAB_2025_v1.mlareturn.zip"
    shutil.copy(root / "data" / "region" / "returns" / whole.name, whole)
    files = hostile(root / "data" / "region" / SENT, b"XAB")
    files |= {"text": b"not a zip at all", "no entry": b"PK\x05\x06" + bytes(18)}
    assert len(files) > 30
    for what, data in files.items():
        file = place / SENT.name
        file.write_bytes(data)
        before = state_of(tmp_path)
        told = ran("region", "receive", str(whole), str(file), "--config", config)
        assert told.exit_code == 3, (what, told.output)
        (line,) = told.stderr.strip().splitlines()
        assert SENT.name in line, what
        assert len(line) < 400, what
        told = ran("return", "check", str(file), "--config", config)
        assert told.exit_code == 1, (what, told.output)
        lines = told.stderr.strip().splitlines()
        assert lines, what
        assert all(line.startswith(f"{SENT.name}: ") and line.isprintable() for line in lines), what
        told = ran("return", "check", str(file), "--json", "--config", config)
        assert json.loads(told.stdout)["faults"], what
        assert state_of(tmp_path) == before, what


def test_a_file_in_the_folder_of_a_region_that_is_none_stops_it_in_one_line(body: Path, root: Path) -> None:
    """Put there past `receive`, it is named by every command, and nothing is made of the others as if they were all."""
    sent = root / "data" / "region"
    (body / SENT).parent.mkdir(exist_ok=True)
    (body / SENT).write_bytes((sent / SENT).read_bytes()[:-100])
    before = state_of(body)
    whole = str(sent / "returns" / "XAB_2025_v1.mlareturn.zip")
    for words in (["status"], ["merge"], ["query"], ["receive", whole]):
        told = ran("region", *words, "--config", str(body / "mlastats.toml"))
        assert told.exit_code == 3, words
        (line,) = told.stderr.strip().splitlines()
        assert SENT.name in line, words
    assert state_of(body) == before
