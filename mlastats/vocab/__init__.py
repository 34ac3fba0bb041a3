"""Reference data as CSV, each row with its source, and the one loader.

A vocabulary is a file `<name>.csv` with the columns `code`, `label`, `aliases` (separated by "|") and
`source`, and others of its own (`formality`, `region`). A workspace's own folder adds rows to them.
"""

import csv
import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlastats.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FOLDER = Path(__file__).parent
# The languages in which registers of the region, and letters to it, name a partner.
LANGUAGES = [
    "en",
    "fr",
    "es",
    "pt",
    "de",
    "it",
    "ru",
    "ar",
    "ja",
    "zh",
    "ko",
    "vi",
    "th",
    "lo",
    "km",
    "my",
    "id",
    "ms",
    "fil",
    "ta",
]
_own: list[Path] = []
_treaties: list[Path] = []


def use(folder: "Path | str | None", treaties: "Path | str | None" = None) -> None:
    """Add what stands in `folder`, a workspace's own codes and aliases, and in the file `treaties`, from
    here on; None: the package's alone. Raises ConfigurationError where a row of treaties has a fault."""
    from mlastats.vocab import treaties as terms

    if not (folder or treaties or _own or _treaties):
        return  # the package's own files do not change
    _own[:] = [Path(folder)] if folder else []
    _treaties[:] = [Path(treaties)] if treaties else []
    for cached in (codes, aliases, _exceptions, _read, terms._between):
        cached.cache_clear()
    terms.check()


def own() -> bool:
    """Whether a workspace's own vocabulary is in use."""
    return bool(_own)


def folders() -> tuple[Path, ...]:
    """The folders whose files are in use: the package's, then the workspace's own."""
    return (FOLDER, *_own)


@functools.cache
def codes(name: str) -> dict[str, dict[str, str]]:
    """The codes of a vocabulary in its order, each with its row; what a workspace's row says of a known
    code stands above what the package says, what it leaves blank does not."""
    found: dict[str, dict[str, str]] = {}
    for row in rows(name):
        said = {
            column: cell for column, cell in row.items() if cell or column not in found.get(row["code"], {})
        }
        found[row["code"]] = {**found.get(row["code"], {}), **said}
    return found


def label(name: str, code: str) -> str:
    """What a code is called in English; codes joined by ";" are joined by commas."""
    known = codes(name)
    return ", ".join(known.get(part, {}).get("label") or part for part in code.split(";"))


@functools.cache
def aliases(name: str) -> dict[str, str]:
    """The code of each normalised alias; a code and its label are aliases of it. What a workspace's own
    file says stands above the package's."""
    found: dict[str, str] = {}
    for text, code in spellings(name):
        found.setdefault(normalise(text), code)
    return found | own_spellings(name)


def spellings(name: str) -> Iterator[tuple[str, str]]:
    """Every way in which a vocabulary writes a code, with the code: the code, its label, its aliases and,
    for partners and their parts, their names in the twenty languages by CLDR."""
    for row in rows(name):
        for text in _texts(row):
            yield text, row["code"]
    yield from _cldr_names(name)


def own_spellings(name: str) -> dict[str, str]:
    """What the workspace's own file alone says: each normalised spelling with its code."""
    mine = [row for folder in _own for row in _read(folder / f"{name}.csv")]
    return {normalise(text): row["code"] for row in mine for text in _texts(row)}


def _texts(row: dict[str, str]) -> list[str]:
    """The code of a row, its label and its aliases."""
    texts = (row["code"], row.get("label") or "", *(row.get("aliases") or "").split("|"))
    return [text.strip() for text in texts if text.strip()]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a reference file, the package's and then the workspace's own."""
    return [*_read(FOLDER / f"{name}.csv"), *(row for _file, _line, row in own_rows(name))]


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
        plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
        plain = re.sub(r"[^\W\d_]+", lambda word: _folded(word.group()), plain)
    return " ".join(re.sub(r"[.,'’`()/_-]+", " ", plain).split())


def partner_name(code: str, language: str) -> str:
    """A partner's name in a language, by CLDR; a code that CLDR lacks by the vocabulary's label."""
    row = codes("partner").get(code)
    if not row:
        return code
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        return row["label"]
    return row["label"] if language == "en" else str(names.get(row["alpha2"], row["label"]))


def formality(channel: str, kind: str = "") -> str:
    """Formal, informal or not_applicable; of several channels, formal if any is.

    By channel (channel.csv) and, where a row names it, kind (channel_kind.csv); a workspace's rows
    stand above the package's.
    """
    found = {
        _exceptions().get((one, kind)) or codes("channel").get(one, {}).get("formality", "")
        for one in channel.split(";")
    }
    return next((word for word in ("formal", "informal", "not_applicable") if word in found), "")


def is_member(group: str, partner: str, on: Any) -> bool:
    """Whether a partner was in a group ("asean", "dialogue_partner") on a day (ISO date or missing)."""
    day = str(on)[:10]
    return any(
        row["group"] == group and row["code"] == partner and row["since"] <= day <= (row["until"] or "9999")
        for row in rows("membership")
    )


def partner_group(partner: "pd.Series", on: "pd.Series") -> "pd.Series":
    """The group of each partner at the date of its request; without a date, at the last one known."""
    import pandas as pd

    names, group = _groups(partner, on)
    return pd.Series(names, dtype="str").take(group).set_axis(partner.index).rename("partner_group")


def in_group(group: str, partner: "pd.Series", on: "pd.Series") -> "pd.Series":
    """Whether each partner is of a group at the date of its request; missing where it is not known."""
    import pandas as pd

    names, found = _groups(partner, on)
    inside = pd.arrays.BooleanArray(found == names.index(group), partner.isna().to_numpy())
    return pd.Series(inside, index=partner.index)


def places_of(column: "pd.Series") -> "tuple[np.ndarray, pd.Index]":
    """A column of codes as places among its distinct values, -1 where it is missing; and these values."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.array.codes, column.array.categories
    return pd.factorize(column)


def _groups(partner: "pd.Series", on: "pd.Series") -> "tuple[list[str], np.ndarray]":
    """The names of the groups, and the place among them of each partner's."""
    import numpy as np

    places, partners = places_of(partner)
    day = on.to_numpy()
    place_of = {code: place for place, code in enumerate(partners)}
    regions = [codes("partner").get(code, {}).get("region") or "unrecorded" for code in place_of]
    names = ["unrecorded", *dict.fromkeys([*regions, *(row["group"] for row in rows("membership"))])]
    first = np.fmin.reduce(day, initial=np.datetime64("NaT"))
    group_of = [names.index(name) for name in [*regions, "unrecorded"]]
    passing: list[tuple[int, int, dict[str, str]]] = []
    for row in rows("membership"):
        place = place_of.get(row["code"], -1)
        if place >= 0 and (row["until"] or first < np.datetime64(row["since"])):
            passing.append((place, names.index(row["group"]), row))
        elif place >= 0:
            # Who was a member on every day needs no look at the days.
            group_of[place] = names.index(row["group"])
            passing = [other for other in passing if other[0] != place]
    group = np.array(group_of, dtype=np.int8)[places]
    for place, name, row in passing:
        inside = np.flatnonzero(places == place)
        inside = inside[~(day[inside] < np.datetime64(row["since"]))]
        if row["until"]:
            inside = inside[day[inside] <= np.datetime64(row["until"])]
        group[inside] = name
    return names, group


def treaty(state: str, partner: str, on: Any) -> tuple[str, tuple[str, ...]]:
    """("in_force", names of treaties) where a sourced row says that one is in force between the two on
    a day (ISO date), else ("treaty unknown", ()): no row is no evidence that there is none.

    Rows: the parties to UNTOC, UNCAC and the 1988 Convention as of March 2015, and the workspace's own
    treaties; see `mlastats.vocab.treaties`.
    """
    from mlastats.vocab import treaties

    found = treaties.in_force(state, partner, on)
    known = codes("legal_basis")
    names = tuple(known[code]["label"] if code in known else code for code in found)
    return (treaties.IN_FORCE if found else treaties.UNKNOWN), names


def treaty_partners(state: str, on: Any) -> dict[str, tuple[str, ...]]:
    """Every partner with which a treaty is known to be in force on a day, with the codes or names of
    the treaties; a partner that is not in it is `treaty unknown`."""
    from mlastats.vocab import treaties

    return treaties.partners(state, on)


@functools.cache
def _exceptions() -> dict[tuple[str, str], str]:
    return {(row["channel"], row["kind"]): row["formality"] for row in rows("channel_kind")}


@functools.cache
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


def _folded(word: str) -> str:
    if word.isascii() or not all("LATIN" in unicodedata.name(c, "") for c in word):
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace(
        "đ", "d"
    )


def _cldr_names(name: str) -> Iterator[tuple[str, str]]:
    by_alpha2 = {row["alpha2"]: code for code, row in codes(name).items() if row.get("alpha2")}
    if by_alpha2:
        from babel import Locale

        for language in LANGUAGES:
            for alpha2, text in Locale(language).territories.items():
                if alpha2 in by_alpha2:
                    yield text, by_alpha2[alpha2]
