"""Partners, as registers write them, to their codes: states, territories, parts of states, organisations.

A name is recognised exactly, after normalising, or it is an issue: with the candidates where it may
mean several partners, with a suggestion and a line to paste where it is in no vocabulary.
"""

import re
from collections.abc import Mapping

import pandas as pd

from mlastats import vocab
from mlastats.messages import _
from mlastats.register import partynames, record, terms
from mlastats.register.partyforms import inverted, shortened
from mlastats.register.partynames import Names, Party
from mlastats.schema import SEVERAL

FOUND = ("partner", "partner_part", "partner_kind", "how", *record.SAID, "code")
_PARTS = re.compile(
    r"[;,/|+&\n()\[\]、，；／（）،؛]"
    r"|(?<=\s)(?:-|and|et|y|e|und|и|và|dan|at|ແລະ|และ|និង|နှင့်|与|和|與|및|with|avec)(?=\s)",
    re.IGNORECASE,
)
# "Republic of ..." before these does not say which of two is meant.
_RIVALS = {"CHN": ("CHN", "TWN"), "DMA": ("DMA", "DOM")}


def recognise(values: pd.Series, own: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The partner of each distinct value: `partner` (ISO 3166-1 alpha-3, XKX, or an organisation's code),
    `partner_part`, `partner_kind`, missing where there is none, and `how` it was recognised; `rule`,
    `message`, `suggestion` and `severity` of the issue, blank where there is nothing to say, and the `code` that it
    suggests, or those of all candidates.

    Codes (alpha-2 in capitals, alpha-3, numeric with its zeros) and names in twenty languages, with or
    without "Republic of", articles and brackets. Several partners in a cell, and a name of several
    partners, are issues with the candidates; a look-alike is a suggestion, and never applied. `own` are a
    mapping's translations: what this register writes -> code; a blank one says that nothing is recorded.
    """
    names = partynames.names()
    translated = {vocab.normalise(text) or text.strip(): code for text, code in (own or {}).items()}
    said = [translated.get(vocab.normalise(text) or text.strip()) if own else None for text in values]
    rows = [
        _party(text, names) if code is None else _found(Party(code) if code else None, "mapping")
        for text, code in zip(values, said, strict=True)
    ]
    found = pd.DataFrame(rows, index=values.index, columns=list(FOUND), dtype="str")
    return _doubted(values, found, names)


def _party(text: str, names: Names) -> tuple[str | None, ...]:
    written = partynames.as_written(text)
    if written != "NA" and terms.blank(text) and partynames.key(text) not in names.own:
        return (None, None, None, "", *record.said("said_missing").values(), "")
    parties, how = _meant(text, names)
    if len(parties) == 1:
        return _found(next(iter(parties)), how)
    if parties:
        return _unclear("ambiguous_partner", tuple(sorted({party.partner for party in parties})))
    plain = partynames.key(text)
    if plain in names.ended:
        said = record.said("ended_state", codes=", ".join(names.ambiguous[plain]))
        return (*_found(names.ended[plain], "name")[:4], *said.values(), "")
    if plain in names.ambiguous:
        return _unclear("ambiguous_partner", names.ambiguous[plain])
    if found := _several(text, names):
        return found
    _rule, *unknown = terms.unknown(text, "partner", suggested(text))
    return (None, None, None, "", "unknown_partner", *unknown)


def _meant(text: str, names: Names) -> tuple[set[Party], str]:
    """The parties that a text as a whole may mean, and how it was recognised; none where it means none
    or where only "Republic of" and its like could be taken off an ambiguous name."""
    plain = partynames.key(text)
    if plain in names.own:
        return {names.own[plain]}, "own"
    if plain in names.ambiguous:
        return set(), ""
    for way, looked_up in _ways(text, plain, names):
        if looked_up:
            return looked_up, way
    for short, is_state in [
        pair for one in (plain, *map(partynames.key, inverted(text))) for pair in shortened(one)
    ]:
        if short in names.ambiguous:
            return {Party(code) for code in names.ambiguous[short]}, ""
        looked_up = names.plain.get(short, set())
        if looked_up:
            rivals = {
                Party(code) for party in looked_up for code in _RIVALS.get(party.partner, ()) if is_state
            }
            return rivals or looked_up, "form"
    return set(), ""


def _ways(text: str, plain: str, names: Names) -> list[tuple[str, set[Party]]]:
    """What each exact reading of the text finds, the surest first."""
    written = partynames.as_written(text)
    marked = partynames.exact_key(text)
    if written.isascii() and written.isupper() and written.isalpha():
        found = names.written.get(written, set())
        way = "alpha2" if written in names.alpha2 else "alpha3" if Party(written) in found else "name"
        if found:
            return [(way, found)]
    if re.fullmatch(r"\d{3}", written):
        number = f"{int(written):03}"
        return [("numeric", {names.numeric[number]} if number in names.numeric else set())]
    without_accents = set(names.plain.get(plain, set()))
    if without_accents and plain.upper() in names.alpha2:
        without_accents.add(names.alpha2[plain.upper()])
    return [
        ("name", names.written.get(written, set())),
        ("name", names.exact.get(marked, set()) if marked != plain else set()),
        ("name", without_accents),
        *(("order", names.plain.get(partynames.key(turned), set())) for turned in inverted(text)),
    ]


def _several(text: str, names: Names) -> tuple[str | None, ...] | None:
    """A cell whose parts are names: one partner where all mean the same, else an issue naming all."""
    parts = [part for part in _PARTS.split(text) if part.strip()]
    if len(parts) < 2:
        return None
    keys = [partynames.key(part) for part in parts]
    meant = [
        {Party(code) for code in names.ambiguous[plain]}
        if plain in names.ambiguous and plain not in names.own
        else _meant(part, names)[0]
        for part, plain in zip(parts, keys, strict=True)
    ]
    known = [parties for parties in meant if parties]
    codes = tuple(sorted({party.partner for parties in known for party in parties}))
    if len(known) == len(parts) and len(codes) == 1:
        narrower = {party for parties in known for party in parties if party.part}
        if len(narrower) <= 1:
            return _found(narrower.pop() if narrower else Party(codes[0]), "parts")
    if len(codes) > 1:
        return _unclear("several_partners", codes)
    return None


def _found(party: Party | None, how: str) -> tuple[str | None, ...]:
    """What was recognised as a party, or as none, without an issue."""
    if party is None:
        return (None, None, None, how, "", "", "", "", "")
    kind = vocab.codes("partner")[party.partner].get("kind") or None
    return (party.partner, party.part or None, kind, how, "", "", "", "", "")


def _unclear(rule: str, codes: tuple[str, ...]) -> tuple[str | None, ...]:
    said = record.said(rule, codes=", ".join(codes))
    if not codes:
        said["suggestion"] = _("Ask the agency which partner is meant.")
    return (None, None, None, "", *said.values(), SEVERAL.join(codes))


def suggested(text: str) -> str:
    """The code that a name in no vocabulary may stand for, blank where it is like none."""
    names, number = partynames.names(), partynames.as_written(text)
    if re.fullmatch(r"\d{1,2}", number):
        return names.numeric.get(number.zfill(3), Party("")).partner
    if number.upper() in names.alpha2:
        return names.alpha2[number.upper()].partner
    return terms.most_alike(partynames.key(text), names.suggested)


def _doubted(values: pd.Series, found: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A code that may be something else, with no code of its length beside it, is not certain.

    NA is Namibia's and a sign for nothing: a warning. NGA is Nigeria's and Russia's name in Vietnamese,
    MY Malaysia's and (without its accent) the United States': among other values, an issue.
    """
    codes = values.map(partynames.as_written).where(found["how"].isin(["alpha2", "alpha3"]))
    length = codes.str.len()
    for place in codes.index[codes.notna() & length.map(length.value_counts()).eq(1)]:
        others = names.plain.get(partynames.key(codes[place]), set()) | {Party(found.at[place, "partner"])}
        if codes[place] == "NA":
            found.loc[place, list(FOUND[4:])] = [*record.said("code_or_missing").values(), ""]
        elif len(others) > 1 and len(values) > 1:
            found.loc[place] = _unclear("ambiguous_partner", tuple(sorted(p.partner for p in others)))
    return found
