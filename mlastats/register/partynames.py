"""The names of partners as keys: what a register writes and what the vocabularies say, in one form."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

from mlastats import vocab

# What separates parties in a cell is not taken for part of a name.
_SEPARATORS = ";|+\n"
_SLASH = str.maketrans("/／", "||")
_LATIN, _INITIALS = re.compile(r"[a-zÀ-ɏ]"), re.compile(r"\b[a-z](?: [a-z]\b)+")
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


@vocab.cached
def names() -> Names:
    """The names of all partners and parts, of the package and of the workspace in use."""
    table = Names()
    for code, row in vocab.codes("partner").items():
        if row.get("alpha2"):
            table.alpha2[row["alpha2"]] = Party(code)
            table.written[row["alpha2"]].add(Party(code))
        if row.get("numeric"):
            table.numeric[row["numeric"]] = Party(code)
    parts = vocab.codes("partner_part")
    for text, code in vocab.spellings("partner"):
        _add(table, text, Party(code))
    for text, code in vocab.spellings("partner_part"):
        _add(table, text, Party(parts[code]["partner"], code))
    for row in vocab.rows("ambiguous_partner"):
        for text in row["alias"].split("|"):
            table.ambiguous[key(text)] = tuple(filter(None, row["candidates"].split(";")))
            if row.get("continued_by"):
                table.ended[key(text)] = Party(row["continued_by"])
    for name, code in vocab.own_spellings("partner").items():
        table.own[_tidy(name)] = Party(code)
    table.suggested.update((name, min(party.partner for party in ps)) for name, ps in table.plain.items())
    return table


def key(text: str) -> str:
    """The form in which names are compared: as `vocab.normalise`, without articles, marks and dots,
    with abbreviations spelled out; other scripts than Latin without spaces."""
    return _tidy(vocab.normalise(text.translate(_SLASH)))


def exact_key(text: str) -> str:
    """The same with the accents kept: "Áo" is Austria, "AO" is Angola."""
    marked = vocab.visible(unicodedata.normalize("NFKC", text.translate(_SLASH)).casefold())
    return _tidy(vocab.SIGNS.sub(" ", marked))


def as_written(text: str) -> str:
    """The text without what nobody sees."""
    seen = text if text.isascii() else vocab.visible(unicodedata.normalize("NFKC", text))
    return " ".join(seen.split())


def _tidy(text: str) -> str:
    words = [word for word in text.translate(_COUNTING).split() if word != "the"]
    # Alone, "ISL" is Iceland's code and no abbreviation.
    joined = " ".join(_WORDS.get(word, word) for word in words) if len(words) > 1 else "".join(words)
    if not _LATIN.search(joined):
        return joined.replace(" ", "")
    # "u s a" -> "usa", "p r china" -> "pr china"
    return _INITIALS.sub(lambda run: run.group().replace(" ", ""), joined)


class _Counting(dict[int, str]):
    """For `str.translate`, looked up once a character: what does not count in a name is a space."""

    def __missing__(self, character: int) -> str:
        c = chr(character)
        counts = c == "&" or c in _SEPARATORS or unicodedata.category(c)[0] not in "PSZ"
        return self.setdefault(character, c if counts else " ")


_COUNTING = _Counting()


def _add(table: Names, text: str, party: Party) -> None:
    table.written[as_written(text)].add(party)
    exact = exact_key(text)
    table.exact[exact].add(party)
    table.plain[exact if exact.isascii() else key(text)].add(party)
