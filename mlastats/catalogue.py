"""Catalogues of translations: what there is to translate, what is translated, what a person must read.

`python -m mlastats.catalogue` (make messages) brings every catalogue up to date: the sentences of the
package, what its exhibits declare, the Markdown of the notebooks and the labels of the vocabularies and of
the columns are its messages. A new language is one more folder: `python -m mlastats.catalogue vi`.
"""

import csv
import datetime as dt
import importlib
import io
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlastats import findings, vocab
from mlastats.findings.declared import Declared
from mlastats.messages import CATALOGUE, DOMAIN, FOLDER, languages
from mlastats.settings import SHIPPED

if TYPE_CHECKING:
    from babel.messages import Catalog

PACKAGE = Path(__file__).parent
KEYWORDS = {"_": None, "_n": (1, 2)}
# What Babel reads each file of the package by. Partners have their names from CLDR.
METHODS = [
    ("**.py", "python"),
    ("**.j2", "jinja2"),
    ("vocab/partner.csv", "ignore"),
    ("**.csv", f"{__package__}.catalogue:of_table"),
]
NOTEBOOKS = [("*.ipynb", f"{__package__}.catalogue:of_notebook")]
Extracted = Iterator[tuple[int, None, str, list[str]]]


def template(notebooks: Path) -> "Catalog":
    """Every message that a reader can see, with the files where it stands."""
    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    catalogue = Catalog(project=DOMAIN, charset="utf-8")
    for folder, methods in ((PACKAGE, METHODS), (notebooks, NOTEBOOKS)):
        for name, _line, message, *_more in extract_from_dir(folder, methods, keywords=KEYWORDS):
            catalogue.add(message, locations=[(f"{folder.name}/{Path(name).as_posix()}", 0)])
    for module in pkgutil.iter_modules(findings.__path__):
        # Exhibits are declared by name or in a table of their own.
        for value in vars(importlib.import_module(f"{findings.__name__}.{module.name}")).values():
            for exhibit in value.values() if isinstance(value, dict) else [value]:
                for message in filter(None, exhibit.messages()) if isinstance(exhibit, Declared) else ():
                    catalogue.add(message, locations=[(f"mlastats/findings/{module.name}.py", 0)])
    return catalogue


def blocks(markdown: str) -> list[str]:
    """The paragraphs of a Markdown text, each one message; lists and tables stay whole."""
    return [part.strip("\n") for part in re.split(r"\n\s*\n", markdown.strip()) if part.strip()]


def of_notebook(file: IO[bytes], *_: Any, **__: Any) -> Extracted:
    """The messages of a notebook: the paragraphs of its Markdown. A method of Babel's extraction."""
    for cell in json.load(file)["cells"]:
        if cell["cell_type"] == "markdown":
            yield from ((0, None, block, []) for block in blocks("".join(cell["source"])))


def of_table(file: IO[bytes], *_: Any, **__: Any) -> Extracted:
    """The messages of a CSV file: labels, and what a page says of them. A method of Babel's extraction."""
    for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")):
        names = ("label", "remedy", "message", "suggestion")
        yield from ((0, None, row[name], []) for name in names if row.get(name))


def update(language: str, messages: "Catalog", folder: Path = FOLDER) -> "Catalog":
    """The catalogue of `language` with the messages of today; translations still in use are kept."""
    from babel.messages.pofile import read_po, write_po

    path = folder / language / CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    catalogue = read_po(iter(old.splitlines(keepends=True)), locale=vocab.cldr(language), domain=DOMAIN)
    catalogue.update(messages, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    # The same head on every day: a change of the file is a change of its messages.
    table = f"docs/translations/{language}.csv"
    comment = f"# Sentences of mlastats in {language}: a draft until a person has read {table}."
    catalogue.header_comment = comment
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = DOMAIN, ""
    catalogue.creation_date = catalogue.revision_date = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = "-"
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    return catalogue


def review(language: str, catalogue: "Catalog", folder: Path) -> None:
    """Write a table of each message in English and in `language`, for the person who checks the draft."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for message in catalogue:
        if message.id:
            places = sorted({place for place, _line in message.locations})
            english, other = (" | ".join(_forms(text)) for text in (message.id, message.string))
            rows.append((english, other, "", "; ".join(places)))
    with (folder / f"{language}.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["English", language, "correct? else the right wording", "where"])
        writer.writerows(sorted(rows))


def main(arguments: list[str]) -> None:
    root = PACKAGE.parent
    messages = template(SHIPPED / "notebooks")
    for language in sorted({*languages(), *arguments} - {"en"}):
        catalogue = update(language, messages)
        review(language, catalogue, root / "docs" / "translations")
        missing = sum(1 for m in catalogue if m.id and not all(_forms(m.string)))
        print(f"{language}: {len(catalogue)} messages, {missing} not translated", file=sys.stderr)


def _forms(text: object) -> tuple[str, ...]:
    """A message's forms: one, or two where it counts something."""
    return tuple(text) if isinstance(text, list | tuple) else (str(text or ""),)


if __name__ == "__main__":
    main(sys.argv[1:])
