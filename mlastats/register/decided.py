"""What was decided in a review, put to use: in how a register is read, and in its rows (words: `columns.py`).

A decision is asked for by the key of its question as that is worked out anew from the register: where a row was
mended, no question has that key any more, and the decision is not used.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.decisions import NONE, Decision, key, of_rule
from mlastats.messages import _
from mlastats.register import duplicates, headers, record, repeats
from mlastats.register.columns import ENDS, UNCLEAR, YES_NO
from mlastats.register.distinct import plain, replaced_in
from mlastats.register.mapping import DATES, word_key
from mlastats.register.mapping import Mapping as Approved

# Questions that both rows of a pair ask: their key is the same, whichever row comes first.
PAIRS = ("probable_duplicate", "same_reference")
# Questions about two requests, of which a block may have one.
OF_TWO = (*PAIRS, "registers_disagree")
# So many cells tell whether a column may count the rows.
LOOKED_AT = 20


@dataclass(frozen=True)
class Settled:
    """`requests`, `issues` and `changes` after what was decided about rows; the keys `used`; how many requests of
    each register were decided to be another one (`merged`), or not, and how many of both (`apart`); whether something was
    decided of rows that are not among these requests, or of two requests (`beyond`)."""

    requests: pd.DataFrame
    issues: pd.DataFrame
    changes: pd.DataFrame
    used: frozenset[str]
    merged: Counter[str]
    apart: Counter[str]
    beyond: bool = False


def reading(mapping: Approved, register: str, made: Mapping[str, Decision]) -> Approved:
    """The mapping of a register with what was decided about its reading, where the mapping does not say it itself."""
    said: dict[str, Any] = {}
    constants, also, rows = dict(mapping.constants), dict(mapping.also), dict(mapping.rows)
    for decision in made.values():
        if decision.register != register or not decision.settles:
            continue
        subject, about, answer = decision.subject, decision.about, decision.answer.removeprefix(":")
        if subject in ("order", "era") and getattr(mapping, subject) is None:
            said[subject] = answer
        elif subject == "header_lines":
            said[subject] = answer.partition("_")[0]
        elif subject == "parts":
            parts = {header: headers.part_of(header) for header in about.split(" | ")}
            also |= {header: f"{answer}.{part}" for header, part in parts.items()}
        elif subject == "one_row_per" and mapping.one_row_per is None:
            said[subject] = answer.removeprefix("row_")
        elif subject == "header":
            also[about] = "" if answer == "unread" else answer
        elif subject == "requested" and answer == "by_direction":
            also[about] = "requested"
        elif subject == "row":
            rows[decision.key] = "note" if answer == "note" else "request"
        elif subject in ("direction", "channel", "kind") and answer != "both" and not about:
            constants.setdefault(subject, answer)
        elif subject in ("exchanged", "heading", "sheet") and answer == "yes":
            name = {"heading": "headings", "sheet": "left"}.get(subject, subject)
            said[name] = [*said.get(name, getattr(mapping, name)), about]
    return mapping.model_copy(update={**said, "constants": constants, "also": also, "rows": rows})


@dataclass(frozen=True)
class Elsewhere:
    """Of the rows that are in other blocks of their registers what some said ("moj 14"); and the columns of each register
    that do not count its rows."""

    said: Mapping[str, str]
    telling: Mapping[str, list[str]]


def keyed(
    issues: pd.DataFrame, texts: Mapping[str, pd.DataFrame], elsewhere: Elsewhere | None = None
) -> pd.DataFrame:
    """The issues with the key of the question that each asks: of a word, or of a row with its cells as they were
    written. `texts` are the registers as text, by row number, or blocks of them. A column that counts the rows is no
    part of a row."""
    asked = vocab.codes("question")
    sheet = issues["rule"].map({rule: row["sheet"] for rule, row in asked.items()}).fillna("")
    sheet = sheet.where(issues["severity"].ne("note"), "")
    content = _contents(issues[sheet.eq("rows")], texts, elsewhere)
    keys = issues["key"].tolist()
    words: dict[tuple[str, str, str], str] = {}
    names = ["register", "row", "column", "value", "rule", "other"]
    some = np.flatnonzero(sheet.ne("").to_numpy()).tolist()
    cells = zip(*(issues[name].iloc[some].tolist() for name in names), strict=True)
    kinds = sheet.iloc[some].tolist()
    for place, kind, (register, row, column, value, rule, other) in zip(some, kinds, cells, strict=True):
        if kind == "words":
            word = (column, register, value)
            if word not in words:
                words[word] = word_key(*word)
            keys[place] = words[word]
        elif kind == "rows":
            both = [content[f"{register} {row}"], content[other] if other else ""]
            if rule in PAIRS:
                keys[place] = key(rule, *sorted(both))
            else:
                keys[place] = key(rule, register, column, value, *both)
    return issues.assign(key=pd.Series(keys, issues.index, dtype="str"))


def _contents(
    issues: pd.DataFrame, texts: Mapping[str, pd.DataFrame], elsewhere: Elsewhere | None
) -> dict[str, str]:
    """The cells of the rows of some issues, and of the other rows of their pairs, as they were written: "moj 14"."""
    found: dict[str, str] = {}
    wanted: dict[str, set[str]] = {}
    named = {f"{register} {row}" for register, row in zip(issues["register"], issues["row"], strict=True)}
    for name in {*named, *issues["other"]} - {""}:
        for register, row in places(name):
            wanted.setdefault(register, set()).add(row)
    for register, numbers in wanted.items():
        frame = texts.get(register, pd.DataFrame())
        columns = elsewhere.telling.get(register, []) if elsewhere else telling(frame)
        said = written(frame, sorted(numbers), columns if len(frame) else [])
        found |= {f"{register} {number}": text for number, text in said.items()}
    if elsewhere:
        found |= {name: elsewhere.said[name] for name in found.keys() & elsewhere.said.keys()}
    for name in {*named, *issues["other"]} - {""} - set(found):
        found[name] = "\x1d".join(found.get(f"{register} {row}", "") for register, row in places(name))
    return found


def places(name: str) -> list[tuple[str, str]]:
    """The registers and rows of "moj 14", or of a request that several registers hold: "moj;mofa 14;2!9"."""
    registers, _blank, rows = name.partition(" ")
    return list(zip(registers.split(schema.SEVERAL), rows.split(schema.SEVERAL), strict=False))


def written(frame: pd.DataFrame, numbers: list[str], columns: list[str]) -> dict[str, str]:
    """What the rows of some numbers say in some columns; nothing of a row that is not there."""
    index = frame.index.get_indexer(numbers)
    there = np.flatnonzero(index >= 0)
    kept = [frame[column].iloc[index[there]].astype("str").tolist() for column in columns]
    texts = (
        "\x1e".join(filter(None, (" ".join(cell.split()) for cell in cells)))
        for cells in zip(*kept, strict=True)
    )
    return dict.fromkeys(numbers, "") | dict(zip([numbers[n] for n in there], texts, strict=False))


def telling(frame: pd.DataFrame, steps: Mapping[str, repeats.Steps] | None = None) -> list[str]:
    """The columns of a register that do not count its rows: a row that is put in above changes nothing of a row. `steps`
    are those of its columns where the frame is its first block."""
    some = {name: repeats.folded(plain(frame[name].iloc[:LOOKED_AT])) for name in frame}
    return [
        str(name)
        for name in frame
        if not repeats.counts_the_rows(some[name], steps[str(name)] if steps else frame[name])
    ]


def settle(requests: pd.DataFrame, issues: pd.DataFrame, made: Mapping[str, Decision]) -> Settled:
    """What was decided about rows, put to use; `issues` are `keyed`, and stay as notes where they are settled."""
    rules = vocab.codes("question")
    of_rows = {rule for rule, row in rules.items() if row["sheet"] == "rows"}
    answers = {k: decision.answer for k, decision in made.items() if decision.settles}
    asked = issues[issues["rule"].isin(of_rows) & issues["severity"].ne("note")]
    # What was said of one row stands above what was said of all.
    whole = pd.Series([*map(of_rule, asked["rule"], asked["register"])], asked.index, dtype="str")
    by = asked["key"].where(asked["key"].isin(answers), whole)
    asked = asked.assign(by=by)[by.isin(answers)]
    if asked.empty:
        return Settled(requests, issues, record.joined([], record.CHANGES), frozenset(), Counter(), Counter())
    at = _at(requests, asked)
    edits = _Edits(requests, at)
    for issue in asked.itertuples():
        edits.make(issue, *answers[issue.by].partition(" ")[::2])
    settled = issues.index.isin(asked.index)
    said = _("It was decided in a review.")
    issues = issues.assign(
        severity=issues["severity"].mask(settled, "note"),
        suggestion=issues["suggestion"].mask(settled, said),
    )
    requests, merged = edits.joined(edits.made())
    open_pairs = issues[issues["rule"].isin(PAIRS) & issues["severity"].ne("note")]
    doubtful = set(_at(requests, open_pairs).values())
    pairs = asked["rule"].isin(PAIRS)
    cleared = {place for place in _at(requests, asked[pairs]).values() if place not in doubtful}
    flags = pd.Series(False, index=sorted(cleared))
    if cleared:
        requests = requests.assign(probable_duplicate=replaced_in(requests["probable_duplicate"], flags))
    apart = Counter(
        asked[pairs & asked["rule"].eq("probable_duplicate")].drop_duplicates("key", keep="last")["register"]
    )
    names = asked["register"] + " " + asked["row"]
    beyond = not names.isin(list(at)).all() or asked["rule"].isin(OF_TWO).any()
    return Settled(requests, issues, edits.on_record(), frozenset(asked["by"]), merged, apart, bool(beyond))


def _at(requests: pd.DataFrame, issues: pd.DataFrame) -> dict[str, int]:
    """Where the rows that some issues name stand among the requests: "moj 14" -> index."""
    wanted = {f"{register} {row}" for register, row in zip(issues["register"], issues["row"], strict=True)}
    wanted |= {*issues["other"]} - {""}
    single = {f"{register} {row}" for name in wanted for register, row in places(name)} | wanted
    registers = requests["register"].astype("str")
    some = requests["source_row"].isin({row for name in single for _r, row in places(name)})
    some |= registers.str.contains(schema.SEVERAL, regex=False)
    found: dict[str, int] = {}
    for index, register, rows in zip(
        requests.index[some], registers[some], requests["source_row"].astype("str")[some], strict=True
    ):
        for name in (f"{register} {rows}", *(" ".join(one) for one in places(f"{register} {rows}"))):
            found[name] = index
    return {name: found[name] for name in single if name in found}


class _Edits:
    """What decisions change of requests, gathered and then made at once."""

    def __init__(self, requests: pd.DataFrame, at: Mapping[str, int]) -> None:
        self.requests, self.at = requests, at
        self.values: dict[str, dict[int, Any]] = {}
        self.leaders: dict[int, int] = {}
        self.registers: list[str] = []

    def make(self, issue: Any, answer: str, now: str) -> None:
        """Gather what one answer to one issue changes; `now` is what was written beside it."""
        place = self.at.get(f"{issue.register} {issue.row}")
        other = self.at.get(issue.other) if issue.other else None
        # A request that is in another one now has the place of that one.
        if place is None and other is None:
            return
        if issue.rule in PAIRS:
            if answer == ":one" and place is not None and other is not None:
                self._join(place, other)
        elif issue.rule == "registers_disagree":
            if answer == ":this" and other is not None:
                self._set(other, issue.column, issue.value.partition(" / ")[0])
        elif place is None:
            return
        elif issue.rule == "reversed" and answer in (":first", ":second"):
            self._set(place, issue.value.split()[0] if answer == ":first" else issue.column, now)
        elif issue.rule in ("no_date", "no_request_date") and now:
            is_sent = self.requests.at[place, "direction"] == "outgoing"
            self._set(place, "sent" if is_sent else "received", now)
        elif issue.rule == "outcome_undated":
            if now or answer == ":pending":
                self._set(place, *(("outcome", "") if answer == ":pending" else ("answered", now)))
        elif issue.rule == "pending_with_end" and answer == ":that_day":
            self._set(place, issue.column, issue.value)
        elif issue.rule == "error_cell":
            if now or not answer.startswith(":"):
                self._set(place, issue.column, now or answer)
            if self.requests.at[place, "outcome"] == UNCLEAR and issue.column in ENDS:
                self._set(place, "outcome", "")
        elif answer == NONE or answer == ":now":
            self._set(place, issue.column, now)
        elif issue.rule == "own_state" and not answer.startswith(":"):
            self._set(place, "partner", answer)

    def _set(self, place: int, column: str, text: str) -> None:
        if column in DATES:
            day = pd.Timestamp(text) if text else pd.NaT
            self.values.setdefault(column, {})[place] = day
            if column in schema.STAGES:
                self.values.setdefault(f"{column}_precision", {})[place] = "day" if text else None
        elif column in YES_NO:
            self.values.setdefault(column, {})[place] = text == "true" if text else pd.NA
        elif column in schema.NUMBERS:
            self.values.setdefault(column, {})[place] = int(text) if text else pd.NA
        else:
            self.values.setdefault(column, {})[place] = text or None
        if column == "partner":
            row = vocab.codes("partner").get(text, {})
            self.values.setdefault("partner_kind", {})[place] = row.get("kind") or None
            self.values.setdefault("partner_part", {})[place] = None

    def _join(self, place: int, other: int) -> None:
        one, two = (self._leader(some) for some in (place, other))
        if one != two:
            self.leaders[max(one, two)] = min(one, two)

    def _leader(self, place: int) -> int:
        while place in self.leaders:
            place = self.leaders[place]
        return place

    def made(self) -> pd.DataFrame:
        """The requests with the values that were decided."""
        new = {
            name: replaced_in(
                self.requests[name], pd.Series(values).astype(plain(self.requests[name][:0]).dtype)
            )
            for name, values in self.values.items()
        }
        return self.requests.assign(**new)

    def joined(self, requests: pd.DataFrame) -> tuple[pd.DataFrame, Counter[str]]:
        """The requests without those that are another one, which has what it lacked; and how many these are."""
        if not self.leaders:
            return requests, Counter()
        gone = list(self.leaders)
        some = requests.loc[sorted({*gone, *map(self._leader, gone)})].apply(plain)
        leader = pd.Series([self._leader(place) for place in some.index], some.index)
        whole = duplicates.joined(some, leader)
        new = {name: replaced_in(requests[name], whole[name]) for name in requests}
        merged = Counter(some.loc[gone, "register"].str.split(schema.SEVERAL).str[0])
        return requests.assign(**new).drop(index=gone), merged

    def on_record(self) -> pd.DataFrame:
        """What was changed, as changes.csv has it: by column, then by request."""
        rows = []
        for name in sorted(self.values, key=schema.NAMES.index):
            if name.endswith("_precision") or name in ("partner_kind", "partner_part"):
                continue
            for place, now in sorted(self.values[name].items()):
                was, register = (self.requests.at[place, column] for column in (name, "register"))
                texts = ("" if pd.isna(v) else str(v)[:10] if name in DATES else str(v) for v in (was, now))
                rows.append((register, name, *texts, "decision", 1))
        table = pd.DataFrame(rows, columns=list(record.CHANGES))
        return table if rows else record.joined([], record.CHANGES)
