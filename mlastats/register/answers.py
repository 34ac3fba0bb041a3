"""What was answered in a review workbook, read back whatever program saved it.

Only hidden keys, yellow cells and the workbook's own lists are read. Labels are understood in any spelling that
`vocab.normalise` makes one, in the language of that workbook or another. Every fault is named with sheet and cell;
where there is one, nothing is to be applied. Blank is "not answered"; an error or a formula without a value is a fault.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlastats import schema, vocab
from mlastats.decisions import key
from mlastats.errors import InputRejected
from mlastats.register import workbooks

FORMAT = "mlastats review 1"
LISTS = "Lists"
HIDDEN = ("key", "check", "list", "typed")
# What is shown and locked, and what is yellow, by sheet.
SHOWN = {
    "reading": ("register", "question", "evidence", "suggestion"),
    "words": ("register", "column", "written", "question", "times", "first_rows", "suggestion"),
    "rows": ("register", "row", "column", "written", "says", "question"),
    "done": ("register", "question", "about", "answer", "by", "on", "state"),
}
YELLOW = {
    "reading": ("decision", "decided_by", "decided_on"),
    "words": ("decision", "decided_by", "decided_on"),
    "rows": ("decision", "now", "decided_by", "decided_on"),
    "done": ("again",),
}
# Choices beside which something is written, and the one that nothing says without it.
WITH_MORE, NEEDS_MORE = (":now", ":first", ":second"), ":now"
EARLIEST = dt.date(1950, 1, 1)
LIMIT = 2_000_000


@dataclass(frozen=True)
class Answer:
    """An answer as decisions.csv has it, by whom and on which day (missing: that of its application), where it stands,
    and what was chosen."""

    key: str
    answer: str
    by: str
    on: dt.date | None
    cell: str
    said: str


@dataclass(frozen=True)
class Answers:
    """`given` by key; the keys of what is to be asked `again`; every fault, with sheet and cell."""

    given: Mapping[str, Answer]
    again: Mapping[str, str]
    faults: tuple[str, ...]


class _Fault(Exception):
    """What is wrong with the cell of a field."""


def check(texts: Mapping[str, str], sheet: str) -> str:
    """What must be the same when a row comes back: its question, and all that is shown beside it."""
    return key("check", *(texts.get(name, "") for name in ("key", "list", "typed", *SHOWN[sheet])))


def read(data: bytes, of: str, today: dt.date) -> Answers:
    """The answers in a workbook. Raises InputRejected where it is none of `mlastats review`."""
    sheets = {sheet.name: sheet.rows for sheet in workbooks.read(data, of, LIMIT)}
    lists = sheets.pop(LISTS, [])
    if not lists or not lists[0] or lists[0][0] != FORMAT:
        raise InputRejected(f"{of} is no workbook of `mlastats review`, or one of another version.")
    labels = _labels(lists)
    given: dict[str, Answer] = {}
    again: dict[str, str] = {}
    faults: list[str] = []
    for sheet, cells, texts in _rows(sheets):
        if sheet == "done":
            if texts["again"]:
                chosen = labels["yes_no"].get(vocab.normalise(texts["again"]), set())
                if texts["check"] != check(texts, sheet):
                    faults.append(f"{cells['again']}: the cells beside it are not those that were shown")
                elif len(chosen) != 1:
                    faults.append(f"{cells['again']}: choose yes or no from the list")
                elif chosen == {":yes"}:
                    again[texts["key"]] = cells["again"]
            continue
        if not (texts["decision"] or texts.get("now")):
            continue
        field = "decision"
        try:
            if texts["check"] != check(texts, sheet):
                raise _Fault("the cells beside it are not those that were asked")
            answer = _answer(texts, labels[texts["list"]])
            field = "decided_by"
            if not texts["decided_by"] or _is_lost(texts["decided_by"]):
                raise _Fault("does not say who decided")
            field = "decided_on"
            on = _day(texts["decided_on"], today) if texts["decided_on"] else None
            field = "decision"
            before = given.get(texts["key"])
            if before and before.answer != answer:
                raise _Fault(f"answered otherwise at {before.cell}")
        except _Fault as fault:
            faults.append(f"{cells[field]}: {fault}")
            continue
        said = f"{texts['decision']} {texts.get('now', '')}".strip()
        given.setdefault(
            texts["key"], Answer(texts["key"], answer, texts["decided_by"], on, cells["decision"], said)
        )
    return Answers(given, again, tuple(faults))


def _labels(lists: list[list[str]]) -> dict[str, dict[str, set[str]]]:
    """List -> label, normalised -> its answers, as the sheet of lists has them side by side."""
    labels: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in lists[2:]:
        for n, name in enumerate(lists[1][::2]):
            if name and len(row) > 2 * n + 1 and row[2 * n].strip():
                labels[name][vocab.normalise(row[2 * n])].add(row[2 * n + 1])
    return labels


def _rows(sheets: Mapping[str, list[list[str]]]) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Each row with a key, whatever its sheet is called now and wherever its columns are: the sheet as it was written,
    the cell and the text of each field."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    for name, grid in sheets.items():
        head = next((n for n, row in enumerate(grid[:12]) if any(c.endswith(".key") for c in row)), None)
        if head is None:
            continue
        fields = {text.partition(".")[2]: n for n, text in enumerate(grid[head]) if "." in text}
        sheet = next(text.partition(".")[0] for text in grid[head] if text.endswith(".key"))
        wanted = (*HIDDEN, *SHOWN.get(sheet, ()), *YELLOW.get(sheet, ()))
        if sheet not in SHOWN or not set(wanted) <= set(fields):
            raise InputRejected(f"Sheet {name} of the review lacks columns that it was written with.")
        for n, row in enumerate(grid[head + 2 :], head + 2):
            texts = {f: row[place].strip() if place < len(row) else "" for f, place in fields.items()}
            cells = {field: f"{name}!{xl_rowcol_to_cell(n, place)}" for field, place in fields.items()}
            if any(texts[field] for field in ("key", *YELLOW[sheet])):
                yield sheet, cells, texts


def _answer(texts: Mapping[str, str], labels: Mapping[str, set[str]]) -> str:
    """The answer that a row gives: a code, a choice with what stands beside it, or what was typed."""
    said, now = texts["decision"], texts.get("now", "")
    if _is_lost(said) or _is_lost(now):
        raise _Fault("holds an error, or a formula without a value")
    meant = labels.get(vocab.normalise(said), set())
    if meant == {":same"}:  # what was suggested then, not what is today
        said = texts.get("suggestion", "")
        if not said:
            raise _Fault("nothing is suggested here")
        meant = labels.get(vocab.normalise(said), set())
    if len(meant) > 1:
        raise _Fault("two choices are written alike")
    if not meant and texts["typed"] == "several":
        parts = [labels.get(vocab.normalise(part), set()) for part in said.split(";") if part.strip()]
        if parts and all(len(part) == 1 and not next(iter(part)).startswith(":") for part in parts):
            meant = {schema.SEVERAL.join(sorted(code for part in parts for code in part))}
    answer = next(iter(meant), "")
    if "now" not in texts:
        return answer or _typed(said, texts["typed"])
    if not answer:
        raise _Fault(
            "is no choice of its list" if said else "says what it should be, and no decision is chosen"
        )
    if answer == NEEDS_MORE and not now:
        raise _Fault("says that it should be as written in the next cell, which is empty")
    if now and answer not in WITH_MORE:
        raise _Fault("does not go with what is written in the next cell")
    return f"{answer} {_typed(now, texts['typed'])}" if now else answer


def _typed(text: str, kind: str) -> str:
    """What was written in place of a choice, in the one form that decisions.csv has it in."""
    if kind == "day":
        return _day(text, dt.date.max).isoformat()
    if kind == "number":
        if not re.fullmatch(r"\d{1,6}", text):
            raise _Fault("is neither a choice of its list nor a whole number")
        return str(int(text))
    if kind == "text" and not text.startswith(":"):
        return " ".join(text.split())
    raise _Fault("is no choice of its list")


def _day(text: str, latest: dt.date) -> dt.date:
    """A day as a cell of a spreadsheet has it, or as it is asked for."""
    try:
        found = dt.date.fromisoformat(text[:10]) if re.match(r"\d{4}-\d{2}-\d{2}($|[ T])", text) else None
    except ValueError:
        found = None
    if found is None or found < EARLIEST or found.year > 2400:
        raise _Fault("is neither a choice nor a day; write it as 2026-03-31")
    if found > latest:
        raise _Fault("is a day that is yet to come")
    return found


def _is_lost(text: str) -> bool:
    return bool(re.match(r"#[\w/]+[!?]?$|Err:\d", text))
