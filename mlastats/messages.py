"""Every sentence, number, date and name that a reader sees, in the language of the run.

`_("The median is {days} days.", days=number(52))`: the message is the English sentence with named
values, its translation stands in locale/<language>/LC_MESSAGES/mlastats.po. Values are formatted
by the functions below, so that a sentence never holds a number formatted by hand.
"""

import datetime as dt
import functools
import gettext
import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlastats import vocab
from mlastats.errors import ConfigurationError, one_of
from mlastats.settings import Settings

MISSING = "–"
# Between the codes of groups that are shown together.
TOGETHER = "|"
# Vocabularies whose labels are names.
NAMES = ("agency", "legal_basis", "partner", "partner_group", "partner_part", "register")
DOMAIN = "mlastats"
CATALOGUE = f"LC_MESSAGES/{DOMAIN}.po"
FOLDER = Path(__file__).parent / "locale"
_state: dict[str, Any] = {"language": "en", "locale": "en_GB", "catalogue": gettext.NullTranslations()}


def languages(folder: Path | None = None) -> list[str]:
    """The languages that reports can be written in: those of the package and of a workspace's `folder`."""
    catalogues = [path for place in (FOLDER, folder) if place for path in place.glob(f"*/{CATALOGUE}")]
    return ["en", *sorted({path.parents[1].name for path in catalogues} - {"en"})]


def use(language: str, folder: Path | None = None) -> None:
    """Write in `language` from here on; a process runs one notebook, in one language.

    `folder` holds a workspace's own catalogues, one folder a language, as mlastats/locale does; its
    catalogue of a language replaces the package's.
    """
    one_of("language", language, languages(folder))
    paths = [place / language / CATALOGUE for place in (folder, FOLDER) if place]
    path = next((path for path in paths if path.is_file()), None)
    catalogue = translations(path) if path else gettext.NullTranslations()
    # A language that CLDR does not know writes numbers and dates as English does.
    locale = "en_GB" if language == "en" else str(vocab.cldr(language) or "en_GB")
    _state.update(language=language, locale=locale, catalogue=catalogue)


def use_workspace(settings: Settings, language: str) -> None:
    """Write in `language` by a workspace's own catalogues, and put its codes in use."""
    use(language, settings.path(settings.catalogues) if settings.catalogues else None)
    settings.use_vocabularies()


def translations(path: Path) -> gettext.NullTranslations:
    """The translations of a `.po` file as translators save it, which is compiled here so that no compiled one can be old;
    what has none, or one that is marked as fuzzy, stays in English."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        catalogue = read_po(file)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    read = gettext.GNUTranslations(compiled)
    # Babel leaves it out of the compiled head where CLDR does not know the language.
    read.plural = gettext.c2py(catalogue.plural_expr)  # type: ignore[attr-defined]
    return read


def language() -> str:
    """The language in use, as an IETF tag."""
    return _state["language"]


def _(message: str, /, **values: object) -> str:
    """The message in the language in use, with its named values put in."""
    return _state["catalogue"].gettext(message).format(**values)


def block(text: str) -> str:
    """A paragraph of a notebook's Markdown in the language in use; it holds no values."""
    return _state["catalogue"].gettext(text) if text else ""


def _n(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The message in the plural form that `n` asks for; `{n}` is put in as a formatted number."""
    return _state["catalogue"].ngettext(singular, plural, n).format(**{"n": number(n), **values})


def unbroken(text: str) -> str:
    """Text whose words no line breaks: a script without blanks has word joiners (U+2060) between the syllables of the
    words that stand in words.csv beside its catalogue. It is for lines that are read, never for data."""
    words = _words(_state["language"])
    return words[0].sub(lambda found: words[1][found[0]], text) if words else text


def between(lower: str, upper: str) -> str:
    """Two limits as they are written, with a dash between them; in words where a minus would be lost in it."""
    return f"{lower} {_('to')} {upper}" if "-" in lower + upper else f"{lower}–{upper}"


def number(value: Any, digits: int = 0) -> str:
    """A number as the language writes it; missing is a dash."""
    return MISSING if _is_missing(value) else _decimal(str(value), digits, "", _state["locale"])


def percent(share: Any, digits: int = 0) -> str:
    """A share between 0 and 1 in per cent; only all is 100%, and only none 0%: 0.996 is >99%, 0.004 <1%.

    With digits the same holds for the last one: >99.9%, <0.1%.
    """
    if _is_missing(share):
        return MISSING
    step, share = 10.0 ** -(digits + 2), float(share)
    if 1 - step / 2 <= share < 1:
        return f">{percent(1 - step, digits)}"
    if 0 < share < step / 2:
        return f"<{percent(step, digits)}"
    return _decimal(str(share), digits, "%", _state["locale"])


def points(difference: Any) -> str:
    """A difference of two shares in percentage points, without the word."""
    return MISSING if _is_missing(difference) else number(100 * float(difference))


def day(date: Any, short: bool = False) -> str:
    """A date in full, as 30 September 2026; `short`, for tables, as 30 Sep 2026."""
    if _is_missing(date):
        return MISSING
    from babel.dates import format_date

    value = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return format_date(value, format="d MMM y" if short else "d MMMM y", locale=_state["locale"])


def days_between(first: Any, last: Any) -> str:
    """Two days as one span: 1 July to 31 August 2026; each with its year where that is not the same."""
    from babel.dates import format_date

    start = day(first)
    if first.year == last.year:
        start = format_date(first, format="d MMMM", locale=_state["locale"])
    return _("{first} to {last}", first=start, last=day(last))


def period_name(code: str) -> str:
    """A period as it is read: July to September 2026; a code of no calendar period as it is."""
    from babel.dates import format_date

    from mlastats import periods

    try:
        period = periods.parse(code) if code else periods.ALL
    except ConfigurationError:
        return code
    if period is periods.ALL or period.span == "year":
        return code
    month = format_date(period.end, format="MMMM y", locale=_state["locale"])
    if period.span == "month":
        return month
    return _(
        "{first} to {last}",
        first=format_date(period.start, format="LLLL", locale=_state["locale"]),
        last=month,
    )


def label(vocabulary: str, code: Any, inside: bool = False) -> str:
    """What a code of a vocabulary is called in the language in use, alone or `inside` a sentence, where English begins
    what is no name with a small letter; missing is "not recorded"."""
    small = inside and language() == "en" and vocabulary not in NAMES
    return _names(code, lambda part: _small(vocab.label(vocabulary, part), small))


def _small(text: str, small: bool) -> str:
    """A label, with a small letter first unless its first word is written as no common word is: INTERPOL."""
    text = _(text)
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if small and first[1:] == first[1:].lower() else text


def heading(column: str) -> str:
    """What a column of the requests, of assets or of persons is called; nothing for another one."""
    lists = (of for of in ("header", "asset_header", "person_header") if column in vocab.codes(of))
    return next((label(of, column) for of in lists), "")


def partner_name(code: Any) -> str:
    """A state, territory or organisation by the name that the language gives it."""
    return _names(code, lambda part: vocab.partner_name(part, language()))


def _names(code: Any, name: Callable[[str], str]) -> str:
    """The names of a code, or of several joined by TOGETHER, and of what stands in place of one."""
    special = {"unrecorded": _("not recorded"), "all": _("all")}
    parts = ["unrecorded"] if _is_missing(code) else str(code).split(TOGETHER)
    return ", ".join(special.get(part) or name(part) for part in parts)


@functools.cache
def _words(language: str) -> tuple[re.Pattern[str], dict[str, str]] | None:
    """The words of a language's list, the longest first, and each with its joiners."""
    path = FOLDER / language / "words.csv"
    if not path.is_file():
        return None
    parts = [line.split("|") for line in path.read_text(encoding="utf-8").split()[1:]]
    joined = {"".join(part): "\u2060".join(part) for part in parts}
    return re.compile("|".join(sorted(joined, key=len, reverse=True))), joined


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "NaT")


@functools.lru_cache(10_000)
def _decimal(number: str, digits: int, unit: str, locale: str) -> str:
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * digits if digits else "") + unit
    text = format_decimal(number, format=pattern, locale=locale)
    # What rounds to nought has no sign; the sign of any other is no hyphen, at which a line could break.
    return (
        text.replace("-", "\N{MINUS SIGN}") if any(char in "123456789" for char in text) else text.lstrip("-")
    )
