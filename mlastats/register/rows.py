"""Where the header of a table stands, and which rows below it are no requests.

A row is no request only by a named rule; else it is one, with its issues. The rules, the first that fits:
blank; a repeated header or title; another header (a second table: the sheet is read on from there, or
refused by name); column numbers; a total; a day in a column of dates beside a reference of the usual shape is
always a request; a mark of a page; a reference and nothing else (numbers written in advance); what continues
the row above; the foot (below the last request); a heading; one cell alone. Cells are looked at before merged
cells are filled.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import decisions, schema, vocab
from mlastats.messages import _n
from mlastats.register import headers, record, terms
from mlastats.register.distinct import arrow, is_coded
from mlastats.register.mapping import DATES, Mapping

PAGE = re.compile(
    r"\W*+(page|ໜ້າ|หน้า|trang|seite|p)\W*+\d++(\W*+((of|ຈາກ|จาก|trên|von|sur)\W*+)?\d++)?\W*+"
    r"|\W*+(continued|cont'd|ຕໍ່|ต่อ|suite|tiếp theo)\W*+",
    re.IGNORECASE,
)
# Words of signing and noting, looked for in columns that are read.
SIGNING = re.compile(
    r"signed|signature|prepared by|checked by|approved by|director|chief|ລາຍເຊັນ|ຜູ້ສັງລວມ|ຫົວໜ້າ|ลงชื่อ|ผู้จัดทำ"
    r"|người lập|ký tên|\bnote|ໝາຍເຫດ|หมายเหตุ|ghi chú|\bnota|source|établi par|le directeur|^\s*[*†]",
    re.IGNORECASE,
)
YEAR = re.compile(r"\s*+(year|fy|année|ປີ|ปี|năm)?\W*+(1[89]|2[05])\d\d\W*+", re.IGNORECASE)
NUMBER = re.compile(r"[\d\s.,%()+-]*")
# For Arrow, which knows digits of any script as \p{Nd} alone: a day as registers write it.
DAY = (
    r"\p{Nd}{1,4}\s*[-/. ]\s*\p{Nd}{1,2}\s*[-/. ]\s*\p{Nd}{1,4}|^\s*[2-6]\p{Nd}{4}(\.\p{Nd}+)?\s*$|^\s*\p{Nd}{8}"
    r"|\p{Nd}.*[\p{L}\p{M}]{2,}.*\p{Nd}{2}|\p{L}.*\p{Nd}{1,2}\D+\p{Nd}{4}|年"
)
FOOT = 40
# What a refusal takes more of than one row in ten is one issue of the sheet.
MANY, SHARE = 10, 0.1
# So many rows tell the usual shape of a reference.
SAMPLE = 5000
HEADED = ("partner", "direction", "agency", "kind")
# Texts of a column in which every distinct one is looked at, whatever it is.
FEW = 20_000
NOT_DATA = ("blank", "header", "number", "numbers", "total", "page", "heading", "note")
REFUSED = (
    "other_header",
    "below_other_header",
    "continues_above",
    "one_cell",
    "foot_unclear",
    "too_little",
    "row_too_long",
)


@dataclass(frozen=True)
class Header:
    """The header of a table: the place of its last line, a name for each column, and the lines at and above it; the line
    below it (`second`) where that may belong to it too."""

    place: int
    names: list[str]
    lines: list[list[str]]
    second: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remark:
    """What is to be said of a row, or of a sheet by the row of its header: a rule of `vocab/rule.csv`; `key`, by which
    a row is known that may be no request."""

    row: str
    rule: str
    column: str = ""
    value: str = ""
    count: int = 0
    key: str = ""


@dataclass
class Sorted:
    """The rows of one table below its header, by place: `rule` is blank for a request, else one of NOT_DATA or
    REFUSED. `headings` are values that stand above rows, by column and place; `end` is the place at which another
    header begins; `looked_at`, of each column, how many texts were compared with headers, and whether it would matter
    that these were many."""

    rule: np.ndarray
    headings: dict[str, dict[int, str]] = field(default_factory=dict)
    end: int | None = None
    looked_at: tuple[tuple[int, bool], ...] = ()


@dataclass(frozen=True)
class Around:
    """Of a table whose rows are a block of a larger one: the shapes that references of all of it have, and whether more
    requests follow. The first row of a block is certainly one."""

    usual: frozenset[str]
    followed: bool


def locate(head: Sequence[Sequence[str]], mapping: Mapping) -> Header | None:
    """The header among the first rows: the row, or two rows, in which most headers are known; where none is, the
    first with several different words and no number. Nothing if there is no such row."""
    best, at, deep = 0, None, 1
    for place, row in enumerate(head):
        for lines in (1, 2):
            joined = row if lines == 1 else _joined(head, place, mapping)
            number = headers.known(joined, mapping) if joined else 0
            if number > best:
                best, at, deep = number, place, lines
    if at is None:
        for place, row in enumerate(head):
            cells = [cell.strip() for cell in row if cell.strip()]
            if len(cells) > 1 and len(set(cells)) == len(cells) and not any(map(_is_number, cells)):
                at = place
                break
    if at is None:
        return None
    second = _second(head, at) if deep == 1 else ()
    if second and mapping.header_lines == "second":
        at, second = at + 1, ()
    elif second and mapping.header_lines == "both":
        deep, second = 2, ()
    cells = (_joined(head, at, mapping) if deep > 1 else None) or list(head[at])
    last = at + deep - 1
    # Units in brackets below the header belong to it.
    if last + 1 < len(head) and (below := [cell.strip() for cell in head[last + 1] if cell.strip()]):
        last += all(re.fullmatch(r"[(\[].*[)\]]", c) and not c[1:-1].isdecimal() for c in below)
    above = [list(row) for row in head[: last + 1] if any(map(str.strip, row))]
    return Header(last, names(cells), above, () if mapping.header_lines else second)


def _second(head: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    """The line below a header that names what the header leaves blank: words, below a blank cell or a merged one."""
    if at + 1 >= len(head):
        return ()
    upper, lower = head[at], head[at + 1]
    words = [n for n, cell in enumerate(lower) if cell.strip()]
    blank = [n for n in words if n >= len(upper) or not upper[n].strip()]
    if not blank or any(_is_number(lower[n]) for n in words) or len(words) > len(upper):
        return ()
    return tuple(lower)


def names(header: Sequence[str]) -> list[str]:
    """One name a column: the header as written, "column 7" where it is blank, "X (2)" where repeated."""
    unique: dict[str, None] = {}
    repeats: Counter[str] = Counter()
    for place, cell in enumerate(header, 1):
        name = base = " ".join(cell.split()) or f"column {place}"
        while name in unique:
            repeats[base] += 1
            name = f"{base} ({repeats[base] + 1})"
        unique[name] = None
    return list(unique)


def _joined(head: Sequence[Sequence[str]], place: int, mapping: Mapping) -> list[str] | None:
    """A header in two lines, cell by cell: of the lower cell, both and the upper one the first that is known,
    else both. A cell merged over several columns stands above the blank ones to its right."""
    if place + 1 >= len(head):
        return None
    upper, lower = head[place], head[place + 1]
    if (
        not any(map(str.strip, upper))
        or not any(map(str.strip, lower))
        or any(_is_number(c) for c in lower if c.strip())
    ):
        return None
    joined, over = [], ""
    for n in range(max(len(upper), len(lower))):
        top, low = (line[n].strip() if n < len(line) else "" for line in (upper, lower))
        over = top or (over if low else "")
        both = f"{over} {low}" if low and over != low else top or low
        some = (low, both, top)
        joined.append(next((cell for cell in some if headers.is_known(cell, mapping)), both))
    return joined


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None or any(part.isdigit() for part in re.split(r"[-/. :]", cell))


def sort(
    frame: pd.DataFrame,
    filled: pd.DataFrame,
    header: Header,
    matched: dict[str, str],
    mapping: Mapping,
    around: Around | None = None,
) -> Sorted:
    """What each row below a header is; `frame` has its cells as they stand, `filled` with merged cells filled;
    `matched`: column of the requests table -> header; `around`, what is known of the table that they are a block of.

    Most rows are certain to be requests by what is filled in them, worked out a distinct value at a time; the
    others are looked at one by one.
    """
    return _Table(frame, filled, header, matched, mapping, around).sorted()


def certain(frame: pd.DataFrame, header: Header, matched: dict[str, str], mapping: Mapping) -> np.ndarray:
    """Which of some rows are certain to be requests."""
    return _Table(frame, frame, header, matched, mapping, None).looked_over()[-1]


def usual(
    frame: pd.DataFrame, header: Header, matched: dict[str, str], mapping: Mapping, all_: bool
) -> frozenset[str] | None:
    """The usual shapes of references, by the first rows of a table, or by all; nothing where these are too few to tell."""
    table = _Table(frame, frame, header, matched, mapping, None)
    day = table.looked_over()[2]
    return frozenset(table.usual_shapes(day)) if all_ or day.sum() >= SAMPLE else None


class _Table:
    """A table while its rows are sorted."""

    def __init__(
        self,
        frame: pd.DataFrame,
        filled: pd.DataFrame,
        header: Header,
        matched: dict[str, str],
        mapping: Mapping,
        around: Around | None,
    ) -> None:
        self.frame, self.filled, self.header, self.mapping = frame, filled, header, mapping
        self.around, self.looked_at = around, list[tuple[int, bool]]()
        places = {name: header.names.index(text) for name, text in matched.items()}
        self.read = {name: place for name, place in places.items() if "." not in name}
        in_parts = {place for name, place in places.items() if "." in name}
        self.rows, self.width = frame.shape
        self.dates = [place for name, place in self.read.items() if name in DATES] + sorted(in_parts)
        self.read_places = {*self.read.values(), *in_parts}
        self.lines = {tuple(vocab.normalise(cell) for cell in self._wide(line)) for line in header.lines}
        self.words = {vocab.normalise(cell) for line in header.lines for cell in line if cell.strip()}

    def _wide(self, line: Sequence[str]) -> list[str]:
        return [*line, *[""] * (self.width - len(line))][: self.width]

    def _each(
        self, places: "set[int] | list[int]", test: Callable[[pa.Array], pa.Array], merged: bool
    ) -> np.ndarray:
        """In how many of some columns each row passes a test."""
        count = np.zeros(self.rows, dtype=np.int16)
        for place in places:
            count += per_distinct((self.filled if merged else self.frame)[place], test)
        return count

    def looked_over(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of each row how many cells are filled and how many are headers, whether it has a day, and whether it is certain
        to be a request."""
        full = self._each(list(range(self.width)), _is_filled, False)
        known = {p: per_distinct(self.frame[p], self._is_header) for p in range(self.width)}
        headed = sum(known.values(), start=np.zeros(self.rows, dtype=np.int16))
        some_read = self._each(self.read_places, _is_filled, True)
        day = self._each(self.dates, _is_day, True) > 0
        certain = (headed < 2) & (some_read >= 4 if len(self.read_places) > 4 else some_read >= 3)
        named = self.read.get("partner", self.read.get("request_id", self.read.get("kind")))
        if named is None:
            certain[:] = False
        else:
            certain &= per_distinct(
                self.filled[named], lambda text: pc.and_(_is_filled(text), pc.invert(_may_total(text)))
            )
        certain &= day if self.dates else certain
        return full, headed, day, certain

    def sorted(self) -> Sorted:
        full, headed, day, certain = self.looked_over()
        rule = np.full(self.rows, "", dtype=object)
        rule[full == 0] = "blank"
        if not self.read_places:
            return self._without_columns(rule, headed)
        open_rows = np.flatnonzero(~certain & (full > 0))
        result = Sorted(rule, looked_at=tuple(self.looked_at))
        for place in np.flatnonzero((headed > 1) & (2 * headed >= full) & (full > 2)).tolist():
            cells = self._cells(self.frame, place)
            distinct = {cell.strip() for cell in cells if cell.strip()}
            if tuple(map(vocab.normalise, cells)) not in self.lines and len(distinct) > 1 and not day[place]:
                result.end = place
                rule[place + 1 :] = np.where(full[place + 1 :] > 0, "below_other_header", "blank")
                rule[place] = "other_header"
                open_rows = open_rows[open_rows < place]
                break
        self._look(open_rows.tolist(), certain, day, result)
        return result

    def _without_columns(self, rule: np.ndarray, headed: np.ndarray) -> Sorted:
        """Of a table of which no column is known only the header can be told from the rest."""
        for place in np.flatnonzero(headed > 0).tolist():
            if tuple(map(vocab.normalise, self._cells(self.frame, place))) in self.lines:
                rule[place] = "header"
        return Sorted(rule)

    def _cells(self, frame: pd.DataFrame, place: int) -> list[str]:
        return [str(frame[column].iat[place]) for column in range(self.width)]

    def _is_header(self, text: pa.Array) -> pa.Array:
        """Whether texts are headers, of this table or any that is known."""
        exact = pc.is_in(text, pa.array([cell for line in self.header.lines for cell in line], text.type))
        self.looked_at.append((len(text), False))
        if len(text) > FEW:
            return exact
        maybe = pc.and_(_is_filled(text), pc.invert(pc.match_substring_regex(text, r"\p{Nd}")))
        told = np.zeros(len(text), dtype=bool)
        raw_words = pc.is_in(
            pc.utf8_lower(text),
            pa.array(sorted({c.lower() for line in self.header.lines for c in line if c.strip()}), text.type),
        )
        for n in np.flatnonzero(pc.or_(maybe, raw_words).to_numpy(zero_copy_only=False)).tolist():
            cell = text[n].as_py()
            told[n] = vocab.normalise(cell) in self.words or headers.is_known(cell, self.mapping)
        self.looked_at[-1] = (len(text), bool((told & ~bools(exact)).any()))
        return pa.array(told)

    def _look(self, places: list[int], certain: np.ndarray, day: np.ndarray, result: Sorted) -> None:
        """The rows that are not certain to be requests, one by one, from above."""
        if not places:
            return
        rule = result.rule
        usual = set(self.around.usual) if self.around else self.usual_shapes(day)
        at = {name: self.read.get(name) for name in ("request_id", "partner")}
        stop = self.rows if result.end is None else result.end
        fits = certain.copy()
        taken = {p: (self._cells(self.frame, p), self._cells(self.filled, p)) for p in places}
        for place, (_cells, cells) in taken.items():
            reference = at["request_id"] is not None and self.is_reference(cells[at["request_id"]], usual)
            partner = at["partner"] is not None and vocab.normalise(cells[at["partner"]]) in vocab.aliases(
                "partner"
            )
            fits[place] = (day[place] and (reference or partner)) if self.dates else (reference and partner)
        fitting = np.flatnonzero(fits[:stop])
        last = int(fitting[-1]) if len(fitting) else -1
        if self.around and self.around.followed:
            last = self.rows
        for place, (cells, full) in taken.items():
            row = _Row(self, cells, full, usual, bool(day[place]))
            above = next((n for n in range(place - 1, -1, -1) if rule[n] not in ("number", "blank")), -1)
            gap = place > last >= 0 and "blank" in rule[last:place].tolist()
            below = 0 <= last < place <= last + FOOT
            rule[place] = row.verdict(
                below, gap, place < last, above >= 0 and rule[above] in ("", "continues_above")
            )
            if rule[place] == "heading":
                column, text = row.heading()
                result.headings.setdefault(column, {})[place] = text

    def usual_shapes(self, day: np.ndarray) -> set[str]:
        """The shapes that references of this table have: of those with a day beside them, or of all."""
        place = self.read.get("request_id")
        if place is None:
            return set()
        some = np.flatnonzero(day)[:SAMPLE] if day.any() else np.arange(min(self.rows, SAMPLE))
        texts = [str(text) for text in self.filled[place].iloc[some]]
        shapes = Counter(shape(text) for text in texts if not terms.blank(text) and not means_total(text))
        most = sum(shapes.values())
        digits = any("9" in form for form in shapes)
        return {
            form
            for form, number in shapes.items()
            if ("9" in form or not digits) and (most < 4 or (number >= 2 and number >= most / 50))
        }

    def is_reference(self, cell: str, usual: set[str]) -> bool:
        return not terms.blank(cell) and shape(cell) in usual


class _Row:
    """One row that may be no request."""

    def __init__(self, table: _Table, cells: list[str], full: list[str], usual: set[str], day: bool) -> None:
        self.table, self.day = table, day
        self.cells = cells
        self.texts = [cell.strip() for cell in cells if cell.strip()]
        self.read = {name: full[place].strip() for name, place in table.read.items()}
        self.mapped = sum(bool(full[place].strip()) for place in table.read_places)
        self.reference = table.is_reference(self.read.get("request_id", ""), usual)
        self.partner = vocab.normalise(self.read.get("partner", "")) in vocab.aliases("partner")

    def verdict(self, below: bool, gap: bool, above_some: bool, after_request: bool) -> str:
        """The rule by which it is no request; blank if it is one. `below` the last row that is certainly one, after
        a `gap`; `above_some`: more of these follow; `after_request`: under a request, blank rows apart."""
        table, texts = self.table, self.texts
        if not texts:
            return "blank"
        if tuple(map(vocab.normalise, self.cells)) in table.lines:
            return "header"
        if len(texts) > 2 and not self.day and _consecutive(texts):
            return "numbers"
        forward = [vocab.aliases("total").get(vocab.normalise(text)) == "forward" for text in texts]
        words = [means_total(text) for text in texts]
        for total in (words if words[0] else [], forward if any(forward) and not self.day else []):
            rest = [text for text, is_word in zip(texts, total, strict=False) if not is_word]
            if total and all(NUMBER.fullmatch(text) or _looks_like_day(text) for text in rest):
                return "total"
        if self.day and self.reference:
            return ""
        if len(texts) == 1 and PAGE.fullmatch(texts[0]):
            return "page"
        needed = min(2, len(table.read_places))
        if self.reference and len(texts) == 1 < needed:
            return "number"
        if after_request and not gap and self._continues():
            return "continues_above"
        bare = not self.reference and not self.partner and self.mapped <= 2
        signed = any(SIGNING.search(text) for text in self.read.values())
        if below and bare and (len(texts) == 1 or gap or signed):
            return "foot_unclear" if self.day and self.mapped > 1 and not signed else "note"
        if len(set(texts)) == 1 < needed:
            return "heading" if above_some and self.heading()[0] else "one_cell"
        if below and bare and self.day and not any(self.read.get(n) for n in ("request_id", "partner")):
            return "foot_unclear"
        if self.mapped >= needed:
            return "continues_above" if after_request and self._continues() else ""
        return "one_cell" if len(texts) == 1 else "too_little"

    def heading(self) -> tuple[str, str]:
        """The column that the one value of the row is meant for, and the value; of a year or month none by name."""
        text = self.texts[0]
        if self.reference and not YEAR.fullmatch(text):
            return "", text
        column = next((name for name in HEADED if vocab.normalise(text) in vocab.aliases(name)), "")
        is_time = YEAR.fullmatch(text) or vocab.normalise(re.sub(r"[\d\W]+", " ", text)) in vocab.aliases(
            "month"
        )
        return column or ("time" if is_time else ""), text

    def _continues(self) -> bool:
        """Whether reference, partner and dates are blank, and another column that is read says something of its
        kind: a term of its vocabulary, or a number."""
        beside = {n: text for n, text in self.read.items() if text and n not in DATES}
        if not beside or any(self.read.get(name) for name in ("request_id", "partner", *DATES)):
            return False
        if len(beside) > 1 or len(self.texts) > 1:
            return True
        ((name, text),) = beside.items()
        vocabulary = next((c.vocabulary for c in schema.COLUMNS if c.name == name and c.vocabulary), name)
        if name in schema.NUMBERS:
            return text.isdecimal()
        try:
            return vocab.normalise(text) in vocab.aliases(vocabulary)
        except (OSError, KeyError):
            return False


def per_distinct(column: pd.Series, test: Callable[[pa.Array], pa.Array]) -> np.ndarray:
    """What a test says of each row; worked out once a distinct value where the column is coded."""
    if not is_coded(column):
        return bools(test(arrow(column)))
    told = bools(test(pa.array(column.cat.categories.array, pa.large_string())))
    if not told.any():
        return np.zeros(len(column), dtype=bool)
    return np.append(told, False).take(column.cat.codes.to_numpy())


def bools(told: pa.Array) -> np.ndarray:
    """A test's answers, a missing one as no."""
    return pc.fill_null(told, False).to_numpy(zero_copy_only=False).astype(bool, copy=False)


def _is_filled(text: pa.Array) -> pa.Array:
    return pc.not_equal(pc.utf8_trim_whitespace(text), "")


def _is_day(text: pa.Array) -> pa.Array:
    return pc.match_substring_regex(text, DAY)


def _may_total(text: pa.Array) -> pa.Array:
    words = {re.escape(word.split()[0]) for word, code in vocab.aliases("total").items() if code == "total"}
    return pc.match_substring_regex(text, "(?i)" + "|".join(sorted(words)))


def _looks_like_day(text: str) -> bool:
    return bool(_is_day(pa.array([text], pa.large_string()))[0].as_py())


def means_total(cell: str) -> bool:
    """Whether a cell is a word for a total, begins or ends with one ("Thailand Total", "Total requests: 45");
    numbers at its end apart."""
    text = vocab.normalise(re.sub(r"(?<![\d\s:.=()])[\d\s:.=()]+$", "", cell))
    words = text.replace(":", " ").split()
    known = vocab.aliases("total")
    longest = max(word.count(" ") for word in known) + 1
    return any(
        known.get(" ".join(some)) == "total"
        for number in range(1, min(longest, len(words)) + 1)
        for some in (words[:number], words[-number:])
    )


def shape(reference: str) -> str:
    """A reference with each run of digits as 9 and each of letters as A."""
    text = unicodedata.normalize("NFKC", " ".join(reference.split()))
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", text))


def _consecutive(texts: Sequence[str]) -> bool:
    """Whether cells are 1, 2, 3 or a, b, c, in brackets or not: the numbers of the columns."""
    bare = [re.sub(r"[()\[\].\s]", "", text) for text in texts]
    if all(text.isdecimal() and len(text) < 5 for text in bare):
        numbers = [int(text) for text in bare]
    elif all(len(text) == 1 and text.isalpha() for text in bare):
        numbers = [ord(text.lower()) for text in bare]
    else:
        return False
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def gathered(
    refused: Sequence[Remark],
    not_data: Mapping_[str, Sequence[str]],
    numbers: "Iterable[str] | Mapping_[str, int]",
) -> list[Remark]:
    """Refusals, one a row; of a rule that takes more than one row in ten of a sheet one for the sheet, with the first
    row and their number, and so of a rule that takes rows for no data. `numbers` are those of the rows that are read, or
    how many of each sheet are."""
    counts = Counter((_sheet(remark.row), remark.rule) for remark in refused if remark.rule in REFUSED[:-1])
    counts.update((_sheet(row), rule) for rule, rows in not_data.items() for row in rows if rule != "number")
    many: dict[tuple[str, str], int] = {}
    if max(counts.values(), default=0) > MANY:
        of = Counter(numbers) if isinstance(numbers, Mapping_) else sheets(numbers)
        of += Counter(_sheet(remark.row) for remark in refused)
        of.update(_sheet(row) for rows in not_data.values() for row in rows)
        many = {key: n for key, n in counts.items() if n > max(MANY, SHARE * of[key[0]])}
    first = {(_sheet(remark.row), remark.rule): remark.row for remark in reversed(refused)}
    for rule, rows in not_data.items():
        first |= {(_sheet(row), rule): row for row in reversed(rows)}
    kept = [remark for remark in refused if (_sheet(remark.row), remark.rule) not in many]
    for sheet, rule in sorted(many):
        taken = "" if rule in REFUSED else rule
        row, n = first[sheet, rule], many[sheet, rule]
        kept.append(Remark(row, "many_not_data" if taken else rule, value=taken, count=n))
    return kept


def sheets(numbers: Iterable[str]) -> Counter[str]:
    """How many rows each sheet has; blank where there is one table."""
    return Counter(map(_sheet, numbers))


def _sheet(number: str) -> str:
    """The sheet of a row number, "2" of "2!14"; blank where there is one table."""
    return number.rpartition("!")[0]


def issues(refused: Sequence[Remark], remarks: Sequence[Remark]) -> pd.DataFrame:
    """The issues of rows that were refused, and of rows and sheets that were read with a doubt; rule.csv has what
    they say."""
    errors = []
    for some, severity in ((refused, "error"), (remarks, "warning")):
        said = {rule: record.said(rule) for rule in {remark.rule for remark in some}}
        counted = [
            _n("{n} row of the sheet in all.", "{n} rows of the sheet in all.", remark.count)
            if remark.count
            else ""
            for remark in some
        ]
        errors.append(
            record.issues(
                [remark.row for remark in some],
                column=[remark.column for remark in some],
                value=[remark.value for remark in some],
                rule=[remark.rule for remark in some],
                message=[
                    f"{said[r.rule]['message']} {n}".strip() for r, n in zip(some, counted, strict=True)
                ],
                suggestion=[said[remark.rule]["suggestion"] for remark in some],
                severity=severity,
                key=[remark.key for remark in some],
            )
        )
    return record.joined(errors, record.ISSUES)


def key(cells: Iterable[str]) -> str:
    """What a row is known by that may be no request: its cells as they stand."""
    return decisions.key("row", *(" ".join(cell.split()) for cell in cells if cell.strip()))
