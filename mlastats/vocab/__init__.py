"""Reference data as CSV, each row with its source, and the one loader.

A vocabulary is a file `<name>.csv` with the columns `code`, `label`, `aliases` (separated by "|") and
`source`, and others of its own (`formality`, `region`). A workspace's own folder adds rows to them.
"""

import csv
import functools
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mlastats.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from babel import Locale

FOLDER = Path(__file__).parent
# The languages in which registers of the region, and letters to it, name a partner.
LANGUAGES = "en fr es pt de it ru ar ja zh ko vi th lo km my id ms fil ta"
# What stands between the words of a spelling, and its words.
SIGNS, _LETTERS = re.compile(r"[.,'’`()/_-]+"), re.compile(r"[^\W\d_]+")
Cached = TypeVar("Cached", bound=Callable[..., object])
_own: list[Path] = []
_treaties: list[Path] = []
_styles = {"un"}
_agencies: dict[str, str] = {}
_caches: list[Callable[[], None]] = []


def use(
    folder: "Path | str | None",
    treaties: "Path | str | None" = None,
    partner_names: str = "un",
    agencies: "dict[str, str] | None" = None,
) -> None:
    """Add the codes and aliases in `folder` and the file `treaties`, both the workspace's own, to those of
    the package; None: the package's alone. Partners are named as `partner_names` says: "un" or "everyday";
    `agencies` are codes of agencies that no file has, with their names."""
    own_agencies = agencies or {}
    if not (folder or treaties or _own or _treaties) and (
        partner_names in _styles and own_agencies == _agencies
    ):
        return  # the package's own files do not change
    _agencies.clear()
    _agencies.update(own_agencies)
    _styles.clear()
    _styles.add(partner_names)
    _own[:] = [Path(folder)] if folder else []
    _treaties[:] = [Path(treaties)] if treaties else []
    for clear in _caches:
        clear()


def own_files() -> tuple[Path | None, Path | None]:
    """What `use` was last called with."""
    return next(iter(_own), None), next(iter(_treaties), None)


def cached(function: Cached) -> Cached:
    """Remember what a function makes of the files, until others are in use."""
    remembering = functools.cache(function)
    _caches.append(remembering.cache_clear)
    return remembering  # type: ignore[return-value]


@cached
def codes(name: str) -> dict[str, dict[str, str]]:
    """The codes of a vocabulary in its order, each with its row. A cell of the workspace's own row for a
    code replaces the package's, unless it is blank."""
    merged: dict[str, dict[str, str]] = {}
    for row in rows(name):
        older = merged.setdefault(row["code"], {})
        older.update({column: cell for column, cell in row.items() if cell or column not in older})
    return merged


def label(name: str, code: str) -> str:
    """A code's label in English; the labels of codes joined by ";" are joined by commas."""
    vocabulary = codes(name)
    return ", ".join(vocabulary.get(part, {}).get("label") or part for part in code.split(";"))


@cached
def aliases(name: str) -> dict[str, str]:
    """The code of each normalised spelling; the workspace's own spellings come before the package's."""
    first: dict[str, str] = {}
    for text, code in spellings(name):
        first.setdefault(normalise(text), code)
    return first | own_spellings(name)


def spellings(name: str) -> Iterator[tuple[str, str]]:
    """Every way in which a vocabulary writes a code, with the code: the code, its label, its aliases and,
    for partners and their parts, their names in the twenty languages by CLDR."""
    by_alpha2 = {}
    for row in rows(name):
        yield from ((text, row["code"]) for text in _texts(row))
        if row.get("alpha2"):
            by_alpha2[row["alpha2"]] = row["code"]
    for language in LANGUAGES.split() if by_alpha2 else ():
        if locale := cldr(language):
            names = locale.territories.items()
            yield from ((text, by_alpha2[alpha2]) for alpha2, text in names if alpha2 in by_alpha2)


def own_spellings(name: str) -> dict[str, str]:
    """The code of each normalised spelling in the workspace's own file."""
    own = [row for folder in _own for row in _read(folder / f"{name}.csv")]
    return {normalise(text): row["code"] for row in own for text in _texts(row)}


def _texts(row: dict[str, str]) -> list[str]:
    """The code of a row, its label and its aliases."""
    texts = (row["code"], row.get("label") or "", *(row.get("aliases") or "").split("|"))
    return [text.strip() for text in texts if text.strip()]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a reference file, the package's and then the workspace's own."""
    named = _agencies if name == "agency" else {}
    return [
        *_read(FOLDER / f"{name}.csv"),
        *(row for _file, _line, row in own_rows(name)),
        *({"code": code, "label": text, "aliases": "", "source": "review"} for code, text in named.items()),
    ]


def own_rows(name: str) -> list[tuple[str, int, dict[str, str]]]:
    """The rows of a reference file that are the workspace's own, each with its file's name and its line."""
    files = [folder / f"{name}.csv" for folder in _own] + (_treaties if name == "treaty" else [])
    return [(file.name, line, row) for file in files for line, row in enumerate(_read(file), 2)]


def normalise(text: str) -> str:
    """The one form in which values are compared: NFKC, case folded, one space, no zero-width
    characters; accents folded in Latin script only."""
    plain = text.lower()
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text).casefold()
        plain = visible(plain)
        plain = _LETTERS.sub(lambda word: _folded(word.group()), plain)
    return " ".join(SIGNS.sub(" ", plain).split())


def visible(text: str) -> str:
    """The text without what nobody sees: zero-width characters, marks of direction."""
    return text.translate(_VISIBLE)


class _Visible(dict[int, int | None]):
    """For `str.translate`, looked up once a character."""

    def __missing__(self, character: int) -> int | None:
        unseen = unicodedata.category(chr(character)) == "Cf"
        return self.setdefault(character, None if unseen else character)


_VISIBLE = _Visible()


def partner_name(code: str, language: str) -> str:
    """A partner's name in a language: that of partner_name.csv in the style in use, the workspace's own row first;
    else CLDR's, or the vocabulary's label where CLDR lacks it, and in English."""
    row = codes("partner").get(code)
    if not row:
        return code
    if name := _partner_names().get((code, language)):
        return name
    locale = cldr(language)
    names = locale.territories if locale and language != "en" else {}
    return str(names.get(row["alpha2"], row["label"]))


@cached
def _partner_names() -> dict[tuple[str, str], str]:
    return {
        (row["code"], row["language"]): row["name"]
        for row in rows("partner_name")
        if not row["style"] or row["style"] in _styles
    }


@functools.cache
def cldr(language: str) -> "Locale | None":
    """CLDR's names and forms for a language by its IETF tag; None where it does not know the language."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@cached
def formality(channel: str, kind: str = "", urgent: bool = False) -> str:
    """Formal, informal or not_applicable; of several channels, formal if any is.

    By channel (channel.csv) and, where a row names them, kind and urgency (channel_kind.csv): the conventions let
    urgent requests go through INTERPOL. A workspace's rows come before the package's.
    """
    exceptions = {
        (row["channel"], row["kind"], row.get("urgent") or ""): row["formality"]
        for row in rows("channel_kind")
    }
    of_each = {
        (urgent and exceptions.get((code, kind, "yes")))
        or exceptions.get((code, kind, ""))
        or codes("channel").get(code, {}).get("formality", "")
        for code in channel.split(";")
    }
    return next((value for value in ("formal", "informal", "not_applicable") if value in of_each), "")


def partner_group(partner: "pd.Series", on: "pd.Series") -> "pd.Series":
    """The group of each partner on the day of its request; today's where the day is missing."""
    import pandas as pd

    names, group = _groups(partner, on)
    return pd.Series(names, dtype="str").take(group).set_axis(partner.index).rename("partner_group")


def in_group(group: str, partner: "pd.Series", on: "pd.Series") -> "pd.Series":
    """Whether each partner is in a group on the day of its request; missing where the partner is."""
    import pandas as pd

    names, groups = _groups(partner, on)
    inside = pd.arrays.BooleanArray(groups == names.index(group), partner.isna().to_numpy())
    return pd.Series(inside, index=partner.index)


def places_of(column: "pd.Series") -> "tuple[np.ndarray, pd.Index]":
    """A column as places among its distinct values, -1 where it is missing; and these values."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.array.codes, column.array.categories
    return pd.factorize(column)


def _groups(partner: "pd.Series", on: "pd.Series") -> "tuple[list[str], np.ndarray]":
    """The names of the groups, and for each request the place of its partner's group among them."""
    import numpy as np

    places, partners = places_of(partner)
    day = on.to_numpy()
    regions = [codes("partner").get(code, {}).get("region") or "unrecorded" for code in partners]
    names = ["unrecorded", *dict.fromkeys([*regions, *(row["group"] for row in rows("membership"))])]
    # Place -1, a missing partner, takes the last.
    group = np.array([names.index(name) for name in [*regions, "unrecorded"]], dtype=np.int8)[places]
    for row in rows("membership"):
        if row["code"] in partners:
            member = (places == partners.get_loc(row["code"])) & ~(day < np.datetime64(row["since"]))
            if row["until"]:
                member &= day <= np.datetime64(row["until"])
            group[member] = names.index(row["group"])
    return names, group


def members(group: str) -> list[str]:
    """Who is a member of a group today, as far as the vocabulary knows."""
    return [row["code"] for row in rows("membership") if row["group"] == group and not row["until"]]


@cached
def check_own() -> None:
    """Raise ConfigurationError with every fault of the workspace's own files, by file and line: what was pasted
    without a header, a column or a file of another name, a row without its code."""
    faults = []
    for path in sorted(path for folder in _own for path in folder.glob("*.csv")):
        own = FOLDER / path.name
        if not own.is_file():
            known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.csv")))
            faults.append(f"{path.name}: there is no such vocabulary; there are {known}")
            continue
        allowed = own.read_text(encoding="utf-8").partition("\n")[0].split(",")
        rows = _read(path)
        header = path.read_text(encoding="utf-8-sig").partition("\n")[0].strip().split(",")
        unknown = [n for n, name in enumerate(header, 1) if name.strip('"') not in allowed]
        if unknown or allowed[0] not in header:
            lacks = (
                f"cells {', '.join(map(str, unknown))} are none of these"
                if unknown
                else "that one is missing"
            )
            must = f"it must be a header of {', '.join(allowed)}, the first of them always"
            faults.append(f"{path.name}, line 1: {must}; {lacks}")
            continue
        for line, row in enumerate(rows, 2):
            if None in row:
                more = "it has more cells than the header; quote those with commas"
                faults.append(f"{path.name}, line {line}: {more}")
            elif not row[allowed[0]].strip() and any(cell.strip() for cell in row.values()):
                faults.append(f"{path.name}, line {line}: `{allowed[0]}` is blank")
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise ConfigurationError(f"The workspace's own vocabulary has faults:\n{listed}")


@cached
def _read(path: Path) -> tuple[dict[str, str], ...]:
    if not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise ConfigurationError(
            f"{path.name} cannot be read ({type(cause).__name__}). It must be a CSV file in UTF-8."
        ) from None


@functools.lru_cache(10_000)
def _folded(word: str) -> str:
    if word.isascii() or not all("LATIN" in unicodedata.name(c, "") for c in word):
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace(
        "đ", "d"
    )
