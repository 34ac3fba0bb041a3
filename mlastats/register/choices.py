"""The lists from which the answers of a review are chosen: labels in the language in use, each with its answer."""

from mlastats import messages, schema, vocab
from mlastats.decisions import Decision
from mlastats.messages import label
from mlastats.register.columns import UNCLEAR
from mlastats.register.mapping import DATES, TARGETS, TRANSLATED

# Codes that cleaning gives, and no register means.
OWN = (UNCLEAR, "unrecorded")


def choices(name: str) -> list[tuple[str, str]]:
    """The labels of a list in the language in use, each with its answer: what is no code first, then codes by label.

    A label that two codes share has the English one behind it."""
    found: list[tuple[str, str]] = []
    for part in sorted(name.split("|"), key=lambda part: part.startswith("@")):
        if not part.startswith("@"):
            found.append((label("choice", part), f":{part}"))
            continue
        codes = sorted(_codes(part[1:]), key=lambda pair: (part == "@header", vocab.normalise(pair[0])))
        found += codes
    spelt = [vocab.normalise(text) for text, _code in found]
    vocabulary = next((part[1:] for part in name.split("|") if part.startswith("@")), "")
    english = [code if vocabulary == "time_zone" else vocab.label(vocabulary, code) for _text, code in found]
    return [
        (f"{text} ({english[n]})" if spelt.count(spelt[n]) > 1 else text, code)
        for n, (text, code) in enumerate(found)
    ]


def labelled(name: str, answer: str) -> str:
    """What an answer is called in the language in use: a choice, codes, or what was typed."""
    chosen, _blank, typed = answer.partition(" ")
    if chosen.startswith(":"):
        return f"{label('choice', chosen[1:])} {typed}".strip()
    known = {code: text for text, code in choices(name)}
    parts = answer.split(schema.SEVERAL)
    return ", ".join(known.get(part, part) for part in parts)


def listed(decision: Decision) -> str:
    """The list from which the answer of a decision was chosen."""
    if is_of_word(decision):
        return f"@{TRANSLATED[decision.subject]}" if decision.subject in TRANSLATED else ""
    return vocab.codes("question").get(decision.subject, {}).get("choices", "")


def sentence(decision: Decision) -> str:
    """The question that a decision answers."""
    if is_of_word(decision):
        return f"{label('header', decision.subject)}: {label('question', 'unknown_term')}"
    return label("question", decision.subject)


def is_of_word(decision: Decision) -> bool:
    """Whether it is of a word in a column; of a column without one it is asked what holds for all its rows."""
    return bool(decision.about) and (
        decision.subject in TRANSLATED or decision.subject in (*DATES, *schema.NUMBERS)
    )


def _codes(name: str) -> list[tuple[str, str]]:
    if name == "time_zone":
        from zoneinfo import available_timezones

        from babel.core import get_global
        from babel.dates import get_timezone_location

        locale = vocab.cldr(messages.language()) or "en"
        zones = {*get_global("zone_territories")} & available_timezones()
        return [("UTC", "UTC"), *((get_timezone_location(zone, locale=locale), zone) for zone in zones)]
    if name in ("header", "date"):
        both = {"requested": label("choice", "by_direction")}
        some = [column for column in TARGETS if column in vocab.codes("header")]
        return [
            (both.get(column) or label("header", column), column)
            for column in (some if name == "header" else [n for n in DATES if n in TARGETS])
        ]
    named = messages.partner_name if name == "partner" else lambda code: label(name, code)
    return [(named(code), code) for code in vocab.codes(name) if code not in OWN]
