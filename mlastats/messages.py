"""Every sentence, number, date and name that a reader sees, in the language of the run.

`_("The median is {days} days.", days=number(52))`: the message is the English sentence with named
values, its translation stands in locale/<language>/LC_MESSAGES/mlastats.po. Values are formatted
by the functions below, so that a sentence never holds a number formatted by hand.
"""

import datetime as dt
import functools
import gettext
import math
from pathlib import Path
from typing import Any

from mlastats.errors import one_of

MISSING = "–"
# Between the codes of groups that are shown together.
TOGETHER = "|"
DOMAIN = "mlastats"
FOLDER = Path(__file__).parent / "locale"
_state = {"language": "en", "folder": FOLDER}


def languages(folder: Path | None = None) -> list[str]:
    """The languages that reports can be written in: those of the package and of a workspace's `folder`."""
    places = [place for place in (FOLDER, folder) if place and place.is_dir()]
    found = {entry.name for place in places for entry in place.iterdir() if (entry / "LC_MESSAGES").is_dir()}
    return ["en", *sorted(found - {"en"})]


def use(language: str, folder: Path | None = None) -> None:
    """Write in `language` from here on; a kernel runs one notebook, in one language.

    `folder` holds a workspace's own catalogues, one folder a language, as mlastats/locale does.
    """
    one_of("language", language, languages(folder))
    own = folder is not None and (folder / language / "LC_MESSAGES").is_dir()
    _state.update(language=language, folder=folder if own else FOLDER)


def language() -> str:
    """The language in use, as an IETF tag."""
    return str(_state["language"])


def _(message: str, /, **values: object) -> str:
    """The message in the language in use, with its named values put in."""
    return _catalogue().gettext(message).format(**values)


def block(text: str) -> str:
    """A paragraph of a notebook's Markdown in the language in use; it holds no values."""
    return _catalogue().gettext(text) if text else ""


def _n(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The message in the plural form that `n` asks for; `{n}` is put in as a formatted number."""
    return _catalogue().ngettext(singular, plural, n).format(**{"n": number(n), **values})


def number(value: Any, digits: int = 0) -> str:
    """A number as the language writes it; missing is a dash."""
    if _absent(value):
        return MISSING
    return _written(str(value), "#,##0" + ("." + "0" * digits if digits else ""), _locale())


def percent(share: Any, digits: int = 0) -> str:
    """A share between 0 and 1 in per cent; only all is 100%, and only none 0%: 0.996 is >99%, 0.004 <1%.

    With digits the same holds for the last one: >99.9%, <0.1%.
    """
    if _absent(share):
        return MISSING
    step, share = 10.0 ** -(digits + 2), float(share)
    if 1 - step / 2 <= share < 1:
        return f">{percent(1 - step, digits)}"
    if 0 < share < step / 2:
        return f"<{percent(step, digits)}"
    return _written(str(share), "#,##0" + ("." + "0" * digits if digits else "") + "%", _locale())


def day(date: Any, short: bool = False) -> str:
    """A date in full, as 30 September 2026; `short`, for tables, as 30 Sep 2026."""
    if _absent(date):
        return MISSING
    from babel.dates import format_date

    value = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return format_date(value, format="d MMM y" if short else "d MMMM y", locale=_locale())


def label(vocabulary: str, code: Any) -> str:
    """What a code of a vocabulary is called in the language in use; missing is "not recorded"."""
    if _absent(code) or code == "unrecorded":
        return _("not recorded")
    if code == "all":
        return _("all")
    if TOGETHER in str(code):
        return ", ".join(label(vocabulary, part) for part in str(code).split(TOGETHER))
    from mlastats import vocab

    return _(vocab.label(vocabulary, str(code)))


def partner_name(code: Any) -> str:
    """A state, territory or organisation by the name that the language gives it."""
    if _absent(code) or code == "unrecorded":
        return _("not recorded")
    if TOGETHER in str(code):
        return ", ".join(partner_name(part) for part in str(code).split(TOGETHER))
    from mlastats import vocab

    return vocab.partner_name(str(code), language())


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "NaT")


@functools.lru_cache(10_000)
def _written(number: str, pattern: str, locale: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(number, format=pattern, locale=locale)


def _locale() -> str:
    return _locale_of(language())


@functools.cache
def _locale_of(tag: str) -> str:
    """The locale for numbers and dates; a language that CLDR does not know writes them as English does."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse({"en": "en_GB"}.get(tag, tag), sep="-"))
    except (UnknownLocaleError, ValueError):
        return "en_GB"


def _catalogue() -> gettext.NullTranslations:
    return _loaded(language(), str(_state["folder"]))


@functools.cache
def _loaded(tag: str, folder: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, localedir=folder, languages=[tag], fallback=tag == "en")
