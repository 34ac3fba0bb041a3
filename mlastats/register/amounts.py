"""Amounts of money as registers of the region write them, a column at a time: value and currency; the value with its
currency open; or an issue.

A number with both signs, or with one that repeats, says itself which of them groups; so does one of 1, 2 or 4 and more
digits behind a single sign. A single sign with three digits behind it ("1.000") is decided by the other values of the
column, by those of its own currency first: by two that prove the same and none that proves the other. Else the
mapping's `decimal` decides, or nobody does. No kip, dong, rupiah, riel, kyat, yen or won is written to three places.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

from mlastats import vocab
from mlastats.register import terms

# What a workbook's number with a fraction ends with: its point is the program's, whatever the column writes.
TYPED = "\f"
NUMBER = re.compile(r"\d+(?:[.,' ’]\d+)*")
NO_CENTS = re.compile(r"(?<=\d)(?:[.,/]\s?[-–—=]{1,2}|\s?[-–—]{1,2})(?=\s*(?:$|[^\W\d_]))")
EXPONENT = re.compile(r"\d(\.\d+)?e\+?\d+")
# A number of more digits is not kept exactly, by a spreadsheet or by a table.
EXACT = Context(prec=15, traps=[Inexact])
# The highest multiplier, a thousand trillion.
HIGHEST = 15
Part = tuple[str, str]


@dataclass(frozen=True)
class Amount:
    """What one cell says. `issue` is a code: with a value it is `approximate` or
    `currency_unclear`, without one it says why there is none; blank cells have neither."""

    value: Decimal | None = None
    currency: str = ""
    issue: str = ""


def read(values: Sequence[str], currency: "str | Sequence[str]" = "", decimal: str = "") -> list[Amount]:
    """Each value of a column as an Amount.

    `currency` is what the header, the mapping or a column beside it says: a code, or the codes that it may be joined by
    ";"; of all values, or of each. `decimal` is the sign before a fraction, where the mapping says it.

    >>> from mlastats.register import amounts
    >>> amounts.read(["1,5 ລ້ານກີບ"])
    [Amount(value=Decimal('1500000'), currency='LAK', issue='')]
    """
    given = [currency] * len(values) if isinstance(currency, str) else list(currency)
    parts = [[] if value.endswith(TYPED) else _parts(value) for value in values]
    proofs = {
        (signs[2], own or next((code for kind, code in of or () if kind == "currency"), ""), text)
        for of, own in zip(parts, given, strict=True)
        for kind, text in of or ()
        if kind == "number" and isinstance(signs := _signs(text), tuple) and signs[2]
    }
    return [
        _typed(value, own, proofs)
        if value.endswith(TYPED)
        else _amount(value, of, own, _Sign(proofs, decimal))
        for value, of, own in zip(values, parts, given, strict=True)
    ]


def currency_of(text: str) -> str:
    """The currency that a cell or a header names by itself or in brackets, or those that it may be joined by ";"; blank
    where it names none or several."""
    words = [_plain(text), *re.split(r"[\s()\[\]/,;:]+", _plain(text))]
    known = _known()[0]
    named = {known[word][1] for word in words if known.get(word, ("",))[0] == "currency"}
    return named.pop() if len(named) == 1 else ""


@dataclass(frozen=True)
class _Sign:
    """What the values of a column prove: (decimal sign, currency, number); and what the mapping says."""

    proofs: set[tuple[str, str, str]]
    decimal: str

    def reading(self, mark: str, currency: str, power: int) -> str:
        """How a single sign with three digits behind it is read: "group", "fraction", or blank: it is not decided;
        "both" where the column contradicts itself. A thousandfold needs two proofs; a fraction two of three places; beside a
        multiplier (`power`) a currency that has no such fraction decides nothing."""
        if self.decimal:
            return "fraction" if mark == self.decimal else "group"
        for some in ([proof for proof in self.proofs if proof[1] == currency], list(self.proofs)):
            marks = {proof[0] for proof in some}
            if len(marks) == 1 < len(some):
                three = [number for sign, _currency, number in some if sign == mark == number[-4:-3]]
                return "group" if mark not in marks else "fraction" if len(three) > 1 else "both"
        if len({proof[0] for proof in self.proofs}) > 1:
            return "both"
        has_none = vocab.codes("currency").get(currency, {}).get("thousandths") == "no"
        return "group" if has_none and not power else ""


def _signs(number: str) -> tuple[str, str, str] | str:
    """(whole, fraction, decimal sign that this number proves), or what is wrong with it: "unclear" or "grouping"."""
    number = re.sub(r"(?<=\d)['’ ](?=\d{3}(?!\d))", "_", number)
    marks, groups = re.findall(r"\D", number), re.split(r"\D", number)
    points = [mark for mark in marks if mark in ".,"]
    if set(marks) & set("'’ "):
        return "grouping"
    if not points:
        return ("".join(groups), "", "") if not marks or _grouped(groups) else "grouping"
    last = points[-1]
    if points.count(last) > 1:
        right = _grouped(groups) and set(marks) == {last}
        return ("".join(groups), "", "," if last == "." else ".") if right else "grouping"
    *before, fraction = groups
    if marks[-1] != last:
        return "grouping"
    if len(marks) > 1 and (not _grouped(before) or len(set(marks[:-1])) > 1 or len(fraction) == 3):
        return "grouping"
    if len(marks) == 1 and len(fraction) == 3 and _grouped(groups):
        return "unclear"
    return "".join(before), fraction, last


def _grouped(groups: Sequence[str]) -> bool:
    first, *rest = groups
    return 1 <= len(first) <= 3 and first != "0" and all(len(group) == 3 for group in rest)


def _plain(text: str) -> str:
    """The form in which amounts are read: western digits, NFKC, small letters, nothing that is invisible. Of ½ or the ¹
    of a footnote NFKC would make digits: they are marked as what is not read."""
    seen = vocab.visible(unicodedata.normalize("NFC", text))
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in seen)
    if any(unicodedata.category(sign) in ("No", "Nl") for sign in digits):
        return "?" + digits
    return " ".join(unicodedata.normalize("NFKC", digits).casefold().split())


@vocab.cached
def _known() -> tuple[dict[str, Part], re.Pattern[str]]:
    """What is read beside numbers: each word as (kind, code), and all of them as a pattern, the longest first."""
    words: dict[str, Part] = {}
    for row in vocab.rows("currency"):
        words |= {_plain(word): ("currency", row["code"]) for word in row["aliases"].split("|")}
    for row in vocab.rows("ambiguous_currency"):
        words |= {_plain(word): ("currency", row["candidates"]) for word in row["alias"].split("|")}
    for row in vocab.rows("amount_word"):
        kind = "times" if row["code"].isdecimal() else "says"
        words |= {_plain(word): (kind, row["code"]) for word in row["aliases"].split("|")}
    ends = {word: r"(?![^\W\d_])" if word[-1].isascii() and word[-1].isalpha() else "" for word in words}
    longest = sorted(words, key=len, reverse=True)
    return words, re.compile("|".join(re.escape(word) + ends[word] for word in longest))


def _parts(text: str) -> list[Part] | None:
    """The parts of a value: ("number", "1.000"), ("currency", "LAK"), ("times", "6"), ("says", "about"); None where it
    has a word or sign that is not known."""
    known, pattern = _known()
    text, found, at = NO_CENTS.sub("", _plain(text)), [], 0
    while at < len(text):
        if number := NUMBER.match(text, at):
            found.append(("number", number[0]))
            at = number.end()
        elif word := pattern.match(text, at):
            found.append(known[word[0]])
            at = word.end()
        elif text[at] == " ":
            at += 1
        else:
            return None
    return found


def _typed(value: str, given: str, proofs: set[tuple[str, str, str]]) -> Amount:
    """A number that a spreadsheet took for one. Where texts beside it group by points it may be what the spreadsheet
    made of "1.500"."""
    number, is_open = Decimal(value.strip()), ";" in given
    if number < 0:
        return Amount(issue="negative")
    if any(sign == "," for sign, _currency, _text in proofs):
        return Amount(currency="" if is_open else given, issue="number_unclear")
    return Amount(number, *(("", "currency_unclear") if is_open else (given, "")))


def _amount(text: str, parts: list[Part] | None, given: str, sign: _Sign) -> Amount:
    if terms.blank(text):
        return Amount()
    if EXPONENT.fullmatch(_plain(text)):
        return Amount(issue="rounded_by_spreadsheet")
    if parts is None:
        return Amount(issue="unread_words")
    if fault := _fault(parts):
        return Amount(issue=fault)
    # "500K" is thousand where a currency stands beside it; else it may be kip.
    letter = ("currency", _known()[0]["k"][1])
    after = {n for n, part in enumerate(parts) if n and part == letter and parts[n - 1][0] == "number"}
    named = {code for n, (kind, code) in enumerate(parts) if kind == "currency" and n not in after}
    if len(named) > 1 or (after and not named):
        return Amount(issue="several_currencies" if named else "k_unclear")
    said = [set(code.split(";")) for code in (*named, given) if code]
    codes = set.intersection(*said) if said else set()
    if said and not codes:
        return Amount(issue="currency_contradicts")
    code = min(codes) if len(codes) == 1 else ""
    value, fault = _value([("times", "3") if n in after else p for n, p in enumerate(parts)], code, sign)
    if fault:
        return Amount(currency=code if fault == "number_unclear" else "", issue=fault)
    approximate = "approximate" if ("says", "about") in parts else ""
    return Amount(value, code, "currency_unclear" if len(codes) > 1 else approximate)


def _fault(parts: Sequence[Part]) -> str:
    """Why the parts of a value are no one amount; blank if nothing is against it."""
    numbers = sum(kind == "number" for kind, _code in parts)
    says = {code for kind, code in parts if kind == "says"}
    if not numbers:
        return "unread_words"
    if parts[0] == ("says", "range"):
        return "negative"
    if "bound" in says:
        return "bound"
    if numbers > 1 and says & {"range", "several"}:
        return "range" if "range" in says else "several_amounts"
    return "unread_words" if says - {"about", "exact"} else ""


def _value(parts: Sequence[Part], code: str, sign: _Sign) -> tuple[Decimal | None, str]:
    """What the numbers of a value and their multipliers come to ("2 triệu 500 nghìn"), or what is wrong with them."""
    numbers: list[tuple[str, int]] = []
    for kind, what in parts:
        if kind == "number":
            numbers.append((what, 0))
        elif kind == "times":
            number, power = numbers[-1] if numbers else ("", HIGHEST)
            if int(what) < power or power + int(what) > HIGHEST:
                return None, "unread_words"
            numbers[-1] = (number, power + int(what))
    powers = [power for _number, power in numbers]
    if len(numbers) > 1 and (powers != sorted(set(powers), reverse=True) or not powers[-1]):
        return None, "several_amounts"
    total = Decimal(0)
    for number, power in numbers:
        signs = _signs(number)
        if signs == "unclear":
            mark = "." if "." in number else ","
            by = sign.reading(mark, code, power)
            if by in ("", "both"):
                return None, "number_unclear"
            whole, _mark, fraction = number.partition(mark)
            signs = (whole, fraction, mark) if by == "fraction" else (whole + fraction, "", "")
        if isinstance(signs, str):
            return None, signs
        try:
            total = EXACT.add(total, EXACT.scaleb(Decimal(f"{signs[0]}.{signs[1] or 0}"), power))
        except Inexact:
            return None, "too_long"
    return EXACT.add(EXACT.normalize(total), 0), ""
