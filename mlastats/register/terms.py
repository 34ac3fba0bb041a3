"""Terms of a closed vocabulary: kind, channel, outcome, offence ... to their codes.

A term is recognised exactly, after normalising, or it is an issue. What looks alike is a suggestion
in the issue, with a line ready to paste into the workspace's vocabulary.
"""

import csv
import io
import re
from collections.abc import Mapping

import pandas as pd

from mlastats import vocab
from mlastats.messages import _
from mlastats.register import record
from mlastats.schema import SEVERAL

# Below this a likeness says nothing.
ALIKE = 75
# From the sign that only separates to those that also stand inside a term, as in "I-24/7".
SEPARATORS = tuple(
    re.compile(signs) for signs in (r"[;\n]", r"[,|+&()\[\]]", r"/|(?<=\s)(?:and|et|và|dan|ແລະ|และ|និង)(?=\s)")
)
# The rule of the note on an outcome that says that there is none yet.
PENDING = "said_pending"
FOUND = ("now", "how", *record.SAID, "code")


def recognise(
    values: pd.Series, vocabulary: str, several: bool = False, own: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The code of each distinct value: `now`, missing where there is none, and `how` it was recognised;
    `rule`, `message`, `suggestion` and `severity` of the issue, blank where there is nothing to say, and the `code`
    that it suggests.

    `own` are a mapping's translations: what this register writes -> code. A cell may hold several
    codes where `several` says so; else its parts must mean the same ("MLA / entraide").
    """
    known = vocab.aliases(vocabulary)
    translated = {vocab.normalise(text) or text.strip(): code for text, code in (own or {}).items()}
    rows = [_term(text, vocabulary, known, translated, several) for text in values]
    return pd.DataFrame(rows, index=values.index, columns=list(FOUND), dtype="str")


def blank(text: str) -> bool:
    """Whether a cell says, in words or by a sign, that nothing is recorded."""
    key = vocab.normalise(text)
    return not key or key in vocab.aliases("blank")


def unknown(text: str, vocabulary: str, suggested: str) -> tuple[str, ...]:
    """The issue of a value that is in no vocabulary, with the line to paste if it should be."""
    pasted = line(text, vocabulary, suggested)
    advice = _("Correct the register, or paste into {file}: {line}", file=f"{vocabulary}.csv", line=pasted)
    if suggested:
        advice = _("Does it mean {code}?", code=suggested) + " " + advice
    return (*(record.said("unknown_term") | {"suggestion": advice}).values(), suggested)


def line(text: str, vocabulary: str, suggested: str) -> str:
    """The line of a vocabulary that makes `text` an alias, of the code suggested if there is one."""
    row = io.StringIO()
    label = vocab.label(vocabulary, suggested) if suggested else ""
    csv.writer(row, lineterminator="").writerow([suggested or "CODE", label, text, "SOURCE"])
    return row.getvalue()


def most_alike(key: str, known: Mapping[str, str]) -> str:
    """The code whose alias is most like the key, if any is much like it."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(key, list(known), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return known[found[0]] if found else ""


def _term(
    text: str, vocabulary: str, known: Mapping[str, str], own: Mapping[str, str], several: bool
) -> tuple[str | None, ...]:
    key = vocab.normalise(text)
    if text.strip() in own or key in own:
        own_codes = own.get(key, own.get(text.strip(), "")).split(SEVERAL)
        return (SEVERAL.join(sorted(filter(None, own_codes))) or None, "mapping", "", "", "", "", "")
    if key in known:
        return (known[key], "vocabulary", "", "", "", "", "")
    if blank(text):
        return (None, "", *record.said("said_missing").values(), "")
    if vocabulary == "outcome" and key in vocab.aliases("pending"):
        return (None, "", *record.said(PENDING).values(), "")
    codes = _codes(text, {**known, **own})
    if codes:
        if several or len(codes) == 1:
            return (SEVERAL.join(sorted(codes)), "parts", "", "", "", "", "")
        return (None, "", *record.said("several_values").values(), SEVERAL.join(sorted(codes)))
    return (None, "", *unknown(text, vocabulary, most_alike(key, known)))


def _codes(text: str, known: Mapping[str, str]) -> set[str]:
    """The codes of the parts of a cell; none unless every part is known."""
    code = known.get(vocab.normalise(text)) or known.get(text.strip())
    if code:
        return {code}
    for separator in SEPARATORS:
        parts = [part for part in separator.split(text) if part.strip()]
        if len(parts) > 1:
            found = [_codes(part, known) for part in parts]
            return set().union(*found) if all(found) else set()
    return set()
