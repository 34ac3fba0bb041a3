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
_FOLDER = Path(__file__).parent / "locale"
_state = {"language": "en"}


def languages() -> list[str]:
    """The languages that reports can be written in."""
    return ["en", *sorted(p.name for p in _FOLDER.glob("*") if (p / "LC_MESSAGES").is_dir())]


def use(language: str) -> None:
    """Write in `language` from here on; a kernel runs one notebook, in one language."""
    one_of("language", language, languages())
    _state["language"] = language


def language() -> str:
    """The language in use, as an IETF tag."""
    return _state["language"]


def _(message: str, /, **values: object) -> str:
    """The message in the language in use, with its named values put in."""
    return _catalogue(language()).gettext(message).format(**values)


def _n(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The message in the plural form that `n` asks for; `{n}` is put in as a formatted number."""
    return _catalogue(language()).ngettext(singular, plural, n).format(**{"n": number(n), **values})


def number(value: Any, digits: int = 0) -> str:
    """A number as the language writes it; missing is a dash."""
    if _absent(value):
        return MISSING
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=_locale())


def percent(share: Any, digits: int = 0) -> str:
    """A share between 0 and 1 in per cent."""
    if _absent(share):
        return MISSING
    from babel.numbers import format_percent

    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(share, format=pattern, locale=_locale())


def day(date: Any) -> str:
    """A date in full, as 30 September 2026."""
    if _absent(date):
        return MISSING
    from babel.dates import format_date

    value = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return format_date(value, format="d MMMM y", locale=_locale())


def label(vocabulary: str, code: Any) -> str:
    """What a code of a vocabulary is called in the language in use; missing is "not recorded"."""
    if _absent(code) or code == "unrecorded":
        return _("not recorded")
    if code == "all":
        return _("all")
    from mlastats import vocab

    return _(vocab.label(vocabulary, str(code)))


def partner_name(code: Any) -> str:
    """A state, territory or organisation by the name that the language gives it."""
    if _absent(code) or code == "unrecorded":
        return _("not recorded")
    from mlastats import vocab

    return vocab.partner_name(str(code), language())


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "NaT")


def _locale() -> str:
    return {"en": "en_GB"}.get(language(), language())


@functools.cache
def _catalogue(tag: str) -> gettext.NullTranslations:
    return gettext.translation("mlastats", localedir=_FOLDER, languages=[tag], fallback=tag == "en")
