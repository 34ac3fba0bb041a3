"""What a person decided about what is read: data/decisions.csv, with the columns key, question, answer, by, on.

`mlastats review` asks, `mlastats review --apply` writes. A decision is found again by the hidden `key` of its question,
never by a row's number; the question is there for people. Where configuration, mapping or vocabulary say something
themselves, nothing is asked and no decision is looked at. An answer is a code, a day or a text, or a choice that is no
code, with a colon before it (":ask", ":none"), and, behind a blank, what was written beside it.
"""

import base64
import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlastats import vocab
from mlastats.errors import InputRejected

COLUMNS = ("key", "question", "answer", "by", "on")
ASK, NONE, EACH = ":ask", ":none", ":each"


@dataclass(frozen=True)
class Decision:
    """An answer to a question: of what `subject` (a setting, a column, a rule), of which register, and about what."""

    key: str
    subject: str
    register: str
    about: str
    answer: str
    by: str
    on: dt.date

    @property
    def settles(self) -> bool:
        """Whether it answers; to ask the agency leaves the question open."""
        return self.answer != ASK


def key(*parts: str) -> str:
    """What a question is known by. A letter stands first: a spreadsheet makes a number of digits alone, or of 12345e10."""
    said = "\x1f".join(vocab.normalise(part) or part.strip() for part in parts)
    return "k" + base64.b32encode(hashlib.blake2b(said.encode(), digest_size=10).digest()).decode().lower()


def of_reading(subject: str, register: str, about: str = "") -> str:
    """The key of a question of how a workspace or a register is to be read."""
    return key("reading", subject, register, about)


def of_word(column: str, register: str, written: str) -> str:
    """The key of a question of what a word means in a column of a register, or of every one where none is named."""
    return key("word", column, register, written)


def of_rule(rule: str, register: str) -> str:
    """The key of what is asked of all rows of a register together that a rule names."""
    return key("rule", rule, register)


def load(path: Path) -> dict[str, Decision]:
    """The decisions by their keys; none where there is no such file. Raises InputRejected with every faulty line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        entries = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise InputRejected(
            f"The decisions cannot be read ({type(cause).__name__}). They are a CSV file in UTF-8."
        ) from None
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InputRejected(f"The decisions must have the columns {', '.join(COLUMNS)}, in this order.")
    made, faults = {}, []
    for line, row in entries:
        try:
            decision = _decision(row)
        except ValueError as cause:
            faults.append(f"  line {line}: {cause}")
            continue
        if decision.key in made:
            faults.append(f"  line {line}: answers the same question as an earlier one")
        made[decision.key] = decision
    if faults:
        raise InputRejected("The decisions have faults:\n" + "\n".join(faults))
    return made


def text(made: Iterable[Decision]) -> str:
    """The decisions as the file has them."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in made:
        question = f"{one.subject} {one.register}: {one.about}"
        writer.writerow((one.key, question, one.answer, one.by, one.on.isoformat()))
    return "\ufeff" + file.getvalue()


def _decision(row: dict[str, str]) -> Decision:
    if None in row or any(row[name] is None for name in COLUMNS):
        raise ValueError(f"has not {len(COLUMNS)} cells")
    head, colon, about = row["question"].partition(": ")
    subject, blank, register = head.partition(" ")
    if not (row["key"].strip() and colon and blank):
        raise ValueError("`key` or `question` is not as `mlastats review --apply` wrote it")
    if not row["answer"].strip() or not row["by"].strip():
        raise ValueError("says no `answer`, or not `by` whom")
    try:
        on = dt.date.fromisoformat(row["on"].strip())
    except ValueError:
        raise ValueError("`on` must be a date, YYYY-MM-DD") from None
    return Decision(
        row["key"].strip(), subject, register, about, row["answer"].strip(), row["by"].strip(), on
    )
