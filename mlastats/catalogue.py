"""Catalogues of translations: what there is to translate, what is translated, what a person must read.

`python -m mlastats.catalogue` (make messages) brings every catalogue up to date: the sentences of the
package, the Markdown of the notebooks and the labels of the vocabularies are its messages. A new
language is one more folder: `python -m mlastats.catalogue vi`.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats.messages import DOMAIN, FOLDER, languages

if TYPE_CHECKING:
    from babel.messages import Catalog

PACKAGE = Path(__file__).parent
KEYWORDS = {"_": None, "_n": (1, 2)}


def template(notebooks: Path) -> "Catalog":
    """Every message that a reader can see, with the places where it stands."""
    from babel.messages import Catalog

    catalogue = Catalog(project=DOMAIN, charset="utf-8")
    for message, place in [*_of_code(), *_of_notebooks(notebooks), *_of_vocabularies()]:
        catalogue.add(message, locations=[(place, 0)])
    return catalogue


def blocks(markdown: str) -> list[str]:
    """The paragraphs of a Markdown text, each one message; lists and tables stay whole."""
    return [part.strip("\n") for part in re.split(r"\n\s*\n", markdown.strip()) if part.strip()]


def update(language: str, messages: "Catalog", folder: Path = FOLDER) -> "Catalog":
    """The catalogue of `language` with the messages of today; translations still in use are kept."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po, write_po

    place = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    place.parent.mkdir(parents=True, exist_ok=True)
    old = place.read_text(encoding="utf-8") if place.is_file() else ""
    catalogue = read_po(iter(old.splitlines(keepends=True)), locale=_known(language), domain=DOMAIN)
    catalogue.update(messages, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    _headed(catalogue, language)
    with place.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, omit_header=False, include_lineno=False)
    with place.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return catalogue


def review(language: str, catalogue: "Catalog", folder: Path) -> Path:
    """A table of each message in English and in `language`, for the person who checks the draft."""
    path = folder / f"{language}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    rows = sorted((_text(m.id), _text(m.string), _places(m.locations)) for m in catalogue if m.id)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["English", language, "correct? else the right wording", "where"])
        writer.writerows([english, other, "", where] for english, other, where in rows)
    return path


def main(arguments: list[str]) -> None:
    root = PACKAGE.parent
    messages = template(root / "notebooks")
    for language in sorted({*languages(), *arguments} - {"en"}):
        catalogue = update(language, messages)
        review(language, catalogue, root / "docs" / "translations")
        missing = sum(1 for m in catalogue if m.id and not all(_strings(m.string)))
        print(f"{language}: {len(catalogue)} messages, {missing} not translated", file=sys.stderr)


def _headed(catalogue: "Catalog", language: str) -> None:
    """The same head on every day: what changed is seen in the messages."""
    import datetime as dt

    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    place = f"docs/translations/{language}.csv"
    catalogue.header_comment = (
        f"# Sentences of mlastats in {language}: a draft until a person has read {place}."
    )
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = DOMAIN, ""
    catalogue.creation_date = catalogue.revision_date = day
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = "-"


def _of_code() -> Iterator[tuple[str | tuple[str, ...], str]]:
    from babel.messages.extract import extract_from_dir

    found = extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], options_map={}, keywords=KEYWORDS, comment_tags=()
    )
    for name, _line, message, _comments, _context in found:
        yield message, f"mlastats/{Path(name).as_posix()}"


def _of_notebooks(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for block in blocks("".join(cell["source"])):
                    yield block, f"notebooks/{path.name}"


def _of_vocabularies() -> Iterator[tuple[str, str]]:
    for path in sorted((PACKAGE / "vocab").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if {"code", "label"} <= set(rows.fieldnames or ()) and path.stem != "partner":
                for row in rows:
                    for said in (row["label"], row.get("body", ""), row.get("remedy", "")):
                        if said:
                            yield said, f"mlastats/vocab/{path.name}"


def _known(language: str) -> str | None:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return None


def _strings(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (str(value or ""),)


def _text(value: object) -> str:
    return " | ".join(_strings(value))


def _places(locations: list[tuple[str, int]]) -> str:
    return "; ".join(sorted({place for place, _line in locations}))


if __name__ == "__main__":
    main(sys.argv[1:])
