"""A review workbook that LibreOffice opened and saved reads back as it was answered."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_review_book import CODES, answered, read

pytestmark = pytest.mark.pages


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
@pytest.mark.parametrize("language", ["en", "lo"])
def test_answers_come_back_from_libreoffice(tmp_path: Path, kind: str, language: str) -> None:
    office = shutil.which("soffice")
    if not office:
        pytest.skip("Debian's LibreOffice is not installed")
    path = answered(tmp_path, language)
    before = read(path)
    own = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    out = tmp_path / "saved"
    command = [office, own, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    after = read(out / f"{path.stem}.{kind}")
    assert after.faults == ()
    assert {key: one.answer for key, one in after.given.items()} == CODES
    for key, one in before.given.items():
        assert (after.given[key].by, after.given[key].on) == (one.by, one.on)
