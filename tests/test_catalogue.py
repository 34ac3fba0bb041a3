"""The catalogues of translations: complete, with the same named values, up to date, reviewable."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from mlastats import catalogue, messages

LANGUAGES = [language for language in messages.languages() if language != "en"]
PLACE = re.compile(r"\{[^}]*\}")


def forms(value: Any) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else [value]


@pytest.fixture(scope="module", params=LANGUAGES)
def kept(request: pytest.FixtureRequest) -> Any:
    from babel.messages.pofile import read_po

    path = messages.FOLDER / request.param / "LC_MESSAGES" / "mlastats.po"
    with path.open("rb") as file:
        return read_po(file, locale=request.param)


@pytest.fixture(scope="module")
def asked(root: Path) -> list[Any]:
    return [message for message in catalogue.template(root / "notebooks") if message.id]


def test_lao_stands_beside_english() -> None:
    assert "lo" in LANGUAGES


def test_every_message_is_translated(kept: Any, asked: list[Any]) -> None:
    """`make messages` lists what is missing in the file."""
    missing = [m.id for m in asked if m.id not in kept or not all(forms(kept[m.id].string))]
    assert missing == []


def test_the_named_values_are_the_same(kept: Any) -> None:
    for message in kept:
        if message.id:
            english = set(PLACE.findall(forms(message.id)[-1]))
            for said in forms(message.string):
                assert set(PLACE.findall(said)) == english, message.id


def test_spaces_around_a_message_are_kept(kept: Any) -> None:
    for message in kept:
        if message.id:
            one, said = forms(message.id)[0], forms(message.string)[0]
            assert (one[:1] == " ", one[-1:] == " ") == (said[:1] == " ", said[-1:] == " "), message.id


def test_the_review_file_lists_every_message(kept: Any, root: Path) -> None:
    path = root / "docs" / "translations" / f"{kept.locale}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) - 1 == sum(1 for message in kept if message.id)
    assert all(row[1].strip() for row in rows[1:])


def test_lao_is_written_in_lao(kept: Any) -> None:
    """A message with an English word of some length has a Lao letter in its translation."""
    if str(kept.locale) != "lo":
        pytest.skip("another language")
    for message in kept:
        words = re.sub(r"\{[^}]*\}|`[^`]*`", "", forms(message.id)[0]) if message.id else ""
        if re.search(r"[a-z]{4}", words):
            assert re.search("[\u0e80-\u0eff]", forms(message.string)[0]), message.id


def test_what_is_not_translated_stays_in_english(tmp_path: Path) -> None:
    path = tmp_path / "mlastats.po"
    path.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        '#, fuzzy\nmsgid "Open"\nmsgstr "Geschlossen"\n\n'
        'msgid "Refused"\nmsgstr ""\n\n'
        'msgid ""\n"Sent "\n"back"\nmsgstr "Zurück"\n"gegeben"\n\n'
        '#~ msgid "Old"\n#~ msgstr "Alt"\n\n'
        'msgid "{n} request"\nmsgid_plural "{n} requests"\nmsgstr[0] "{n} Ersuchen"\n',
        encoding="utf-8",
    )
    read = messages.translations(path)
    said = [read.gettext(text) for text in ("Open", "Refused", "Sent back", "Old")]
    assert said == ["Open", "Refused", "Zurückgegeben", "Old"]
    assert [read.ngettext("{n} request", "{n} requests", n) for n in (1, 2)] == ["{n} Ersuchen"] * 2
    assert read.ngettext("{n} day", "{n} days", 2) == "{n} days"
