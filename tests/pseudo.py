"""A made-up language: each vowel of each message gets a mark, and each message grows by a third."""

import re
from pathlib import Path

from mlastats import catalogue, messages

LANGUAGE = "qps"
MARKED = str.maketrans("aeiouyncszAEIOUYNCSZ", "āēīōūȳńćśźĀĒĪŌŪȲŃĆŚŹ")
PLACES = re.compile(r"(\{[^}]*\}|`[^`]*`|\]\([^)]*\))")


def pseudo(text: str) -> str:
    """A message in that language; its placeholders, code and addresses stay."""
    parts = PLACES.split(text)
    said = "".join(part if n % 2 else part.translate(MARKED) for n, part in enumerate(parts))
    return said + " ōō" * (len(re.sub(PLACES, "", text)) // 9)


def write_catalogue(root: Path, folder: Path) -> None:
    """The catalogue of that language, made from every message, in `folder`."""
    from babel.messages.pofile import write_po

    made = catalogue.update(LANGUAGE, catalogue.template(root / "notebooks"), folder)
    for message in made:
        if message.id:
            said = message.id if isinstance(message.id, tuple) else (message.id,)
            message.string = tuple(map(pseudo, said)) if len(said) > 1 else pseudo(said[0])
    with (folder / LANGUAGE / messages.CATALOGUE).open("wb") as file:
        write_po(file, made)
