"""The names of partners as keys: what a register writes and what the vocabularies say, in one form."""

import functools
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from mlastats import vocab

# What separates parties in a cell is not taken for part of a name.
_SEPARATORS = ";|+\n"
_SLASH = str.maketrans("/／", "||")
_WORDS = {"st": "saint", "rep": "republic", "dem": "democratic", "&": "and", "isl": "islands"}


@dataclass(frozen=True)
class Party:
    """A partner, or a part of one that has no code of its own."""

    partner: str
    part: str = ""


@dataclass(frozen=True)
class Names:
    """`written`: as the vocabularies write it; `exact`: by key with accents; `plain`: by key without
    them; each with all the parties it may mean. `ambiguous`: by plain key, the candidates; `ended`: the
    one that continues a state that has ended; `suggested`: by plain key, one code."""

    written: dict[str, set[Party]] = field(default_factory=lambda: defaultdict(set))
    exact: dict[str, set[Party]] = field(default_factory=lambda: defaultdict(set))
    plain: dict[str, set[Party]] = field(default_factory=lambda: defaultdict(set))
    numeric: dict[str, Party] = field(default_factory=dict)
    alpha2: dict[str, Party] = field(default_factory=dict)
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ended: dict[str, Party] = field(default_factory=dict)
    own: dict[str, Party] = field(default_factory=dict)
    suggested: dict[str, str] = field(default_factory=dict)


def names() -> Names:
    """The names of all partners and parts, of the package and of the workspace in use."""
    return _names(vocab.folders())


def key(text: str) -> str:
    """The form in which names are compared: as `vocab.normalise`, without articles, marks and dots,
    with abbreviations spelled out; other scripts than Latin without spaces."""
    return _tidy(vocab.normalise(text.translate(_SLASH)))


def exact_key(text: str) -> str:
    """The same with the accents kept: "Áo" is Austria, "AO" is Angola."""
    marked = unicodedata.normalize("NFKC", text.translate(_SLASH)).casefold()
    marked = "".join(c for c in marked if unicodedata.category(c) != "Cf")
    return _tidy(" ".join(re.sub(r"[.,'’`()/_-]+", " ", marked).split()))


def as_written(text: str) -> str:
    """The text without what nobody sees."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(seen.split())


def _tidy(text: str) -> str:
    kept = "".join(c if _counts(c) else " " for c in text)
    words = [word for word in kept.split() if word != "the"]
    # Alone, "ISL" is Iceland's code and no abbreviation.
    joined = " ".join(_WORDS.get(word, word) for word in words) if len(words) > 1 else "".join(words)
    if not re.search(r"[a-zÀ-ɏ]", joined):
        return joined.replace(" ", "")
    # "u s a" -> "usa", "p r china" -> "pr china"
    return re.sub(r"\b[a-z](?: [a-z]\b)+", lambda run: run.group().replace(" ", ""), joined)


def _counts(c: str) -> bool:
    return c == "&" or c in _SEPARATORS or unicodedata.category(c)[0] not in "PSZ"


@functools.lru_cache(maxsize=4)
def _names(folders: tuple[Path, ...]) -> Names:
    found = Names()
    for code, row in vocab.codes("partner").items():
        if row.get("alpha2"):
            found.alpha2[row["alpha2"]] = Party(code)
            found.written[row["alpha2"]].add(Party(code))
        if row.get("numeric"):
            found.numeric[row["numeric"]] = Party(code)
    parts = vocab.codes("partner_part")
    for text, code in vocab.spellings("partner"):
        _add(found, text, Party(code))
    for text, code in vocab.spellings("partner_part"):
        _add(found, text, Party(parts[code]["partner"], code))
    for row in vocab.rows("ambiguous_partner"):
        for text in row["alias"].split("|"):
            found.ambiguous[key(text)] = tuple(filter(None, row["candidates"].split(";")))
            if row.get("continued_by"):
                found.ended[key(text)] = Party(row["continued_by"])
    for name, code in vocab.own_spellings("partner").items():
        found.own[_tidy(name)] = Party(code)
    found.suggested.update((name, min(party.partner for party in ps)) for name, ps in found.plain.items())
    return found


def _add(found: Names, text: str, party: Party) -> None:
    found.written[as_written(text)].add(party)
    exact = exact_key(text)
    found.exact[exact].add(party)
    found.plain[exact if exact.isascii() else key(text)].add(party)
