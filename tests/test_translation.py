"""A third language is one catalogue away: a made-up one finds every word that was not translated.

What is left unmarked in a published report was never a message. That a longer language fits is looked at in
tests/pages, in a browser.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mlastats import schema, vocab
from mlastats.forms.form import FOLDER as FORMS
from tests.pseudo import LANGUAGE, write_catalogue
from tests.test_workspaces import copy

pytestmark = pytest.mark.slow

WORD = re.compile(r"[A-Za-z]*[aeiouy][A-Za-z]{2,}")
# What is no message: names of registers, references, codes in the notebooks' parameters and formats.
OWN = {word for name in schema.NAMES for word in name.split("_")} | {
    "register",
    "mlastats",
    "Noto",
    "Sans",
    "CSV",
    "JSON",
    "Lao",
    "PDR",
}


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small workspace, reported in the made-up language in every format."""
    place = tmp_path_factory.mktemp("pseudo")
    home = copy("thirty", root, place)
    write_catalogue(root, home / "catalogues")
    text = (home / "mlastats.toml").read_text(encoding="utf-8")
    text = re.sub(r"^(reporting_state)", 'catalogues = "catalogues"\n\\1', text, flags=re.M)
    text = re.sub(
        r"^formats = .*$",
        f'formats = ["html", "xlsx", "pdf", "docx"]\nlanguage = "{LANGUAGE}"',
        text,
        flags=re.M,
    )
    text = text.replace('name = "all"', 'name = "all"\ntitle = "Ōvērvīēw"')
    text = text.replace('"5_before_and_after"]', '"5_before_and_after", "6_assessment"]')
    (home / "mlastats.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mlastats", "report", "--config", str(home / "mlastats.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((home / "reports").glob("*/*/*/r1"))


def names() -> set[str]:
    """Words that come from CLDR, which has no such language: states and months; and titles of sources, which are cited
    as they stand."""
    partners = " ".join(row["label"] for row in vocab.codes("partner").values())
    # What a form quotes is never translated.
    partners += " ".join(file.read_text(encoding="utf-8") for file in FORMS.glob("*.toml"))
    months = "January February March April May June July August September October November December"
    short = "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
    return set(re.findall(r"\w+", f"{partners} {months} {short}")) | OWN


def left(text: str) -> set[str]:
    return set(WORD.findall(re.sub(r"`[^`]*`", " ", text))) - names()


def test_no_word_of_the_page_is_untranslated(folder: Path) -> None:
    html = next(folder.glob("*.html")).read_text(encoding="utf-8")
    body = re.sub(r"<style\b.*?</style>", " ", html, flags=re.S)
    said = re.findall(r'(?:aria-label|alt|title)="([^"]*)"', body)
    text = re.sub(r"<[^>]+>", " ", body) + " ".join(said)
    assert left(re.sub(r"[\w-]*\d[\w-]*", " ", text)) == set()


def test_no_word_of_the_workbook_is_untranslated(folder: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")))
    cells = [c.value for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    text = " ".join([*book.sheetnames, *cells])
    assert left(re.sub(r"[\w-]*\d[\w-]*", " ", text)) == set()


def test_no_word_of_the_briefing_is_untranslated(folder: Path) -> None:
    import docx
    from pypdf import PdfReader

    document = docx.Document(str(next(folder.glob("*.docx"))))
    written = " ".join(paragraph.text for paragraph in document.paragraphs)
    pages = PdfReader(next(folder.glob("*.pdf"))).pages
    assert left(re.sub(r"[\w-]*\d[\w-]*", " ", written)) == set()
    assert left(re.sub(r"[\w-]*\d[\w-]*", " ", " ".join(page.extract_text() for page in pages))) == set()
    assert len(pages) == 2


def test_the_charts_say_nothing_untranslated(folder: Path) -> None:
    import json

    for path in (folder / "exhibits").glob("*.svg"):
        drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))
        assert left(re.sub(r"[\w-]*\d[\w-]*", " ", drawn)) == set(), path.name
    for path in (folder / "exhibits").glob("*.json"):
        saved = json.loads(path.read_text(encoding="utf-8"))
        assert left(f"{saved['question']} {saved['finding']} {saved['alt']} {saved['unit']}") == set(), (
            path.name
        )


def test_the_document_names_its_language(folder: Path) -> None:
    assert f'<html lang="{LANGUAGE}"' in next(folder.glob("*.html")).read_text(encoding="utf-8")
    with zipfile.ZipFile(next(folder.glob("*.docx"))) as parts:
        assert f'w:val="{LANGUAGE}"' in parts.read("word/styles.xml").decode()
