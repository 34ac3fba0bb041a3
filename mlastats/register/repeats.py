"""Rows of one register that have one reference: copies, rows of one request, and what only the agency can say.

- A *copy* has a reference and a day, and is equal to an earlier row in every cell, read or not, trimmed and folded;
  a column that counts the rows tells none apart. Nothing else is the same row.
- Rows *join* without asking where reference, partner and the day of the request are equal as read, they stand
  together, they differ in nothing but columns that may hold several codes, and two references of the register or
  more do so. The request has all their codes.
- A request *carried over* stands on several sheets or files, and one of its rows says all that the others say. That
  row is followed, for the others would be pending for ever; and asked about, until the mapping says what a row is.
- All else stays apart. Where rows of one reference and partner may be rows of one request, they are *undecided*, until
  the register's mapping says what a row is: `one_row_per`.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import schema, vocab
from mlastats.messages import _
from mlastats.register import chronology, record, references, terms
from mlastats.register.distinct import Distinct, is_coded, plain, replaced_in
from mlastats.register.mapping import READABLE, REQUESTED
from mlastats.register.rows import per_distinct

SEVERAL = [column.name for column in schema.COLUMNS if column.several and column.name in READABLE]
ENDS = ("answered", "closed")
# What is compared as it was read; as it was written where it was not understood.
IDENTITY = ("direction", "partner", "partner_part", "received", "sent")
# A reference of more partners is none ("urgent", "by hand"); what a single request does is no habit of a register.
PARTNERS, HABIT = 2, 2
COUNTING = 0.9


@dataclass(frozen=True)
class Repeats:
    """`requests`, a row each; of the other rows how many are `copies`, how many were `joined` to a request, of these
    `carried_over` and asked about; `counting`, the columns that count the rows; `undecided`, what is to be asked; of
    `asked` requests; `doubled`, how many are equal to another in every cell; `issues`, what is put on record."""

    requests: pd.DataFrame
    copies: int = 0
    joined: int = 0
    carried_over: int = 0
    counting: tuple[str, ...] = ()
    undecided: dict[str, object] = field(default_factory=dict)
    asked: int = 0
    doubled: int = 0
    issues: tuple[pd.DataFrame, ...] = ()


@dataclass(frozen=True)
class Steps:
    """How many of the steps of a column from row to row lead `up` by one; its `first` number and its `last`."""

    up: int
    rows: int
    first: float = np.nan
    last: float = np.nan

    def __add__(self, below: "Steps") -> "Steps":
        """The steps of two blocks of a column, the one below the other, and the step between."""
        between = self.last + 1 == below.first
        return Steps(self.up + below.up + between, self.rows + below.rows + 1, self.first, below.last)


@dataclass(frozen=True)
class Among:
    """Where some rows stand among all of a register: their `places`, and the `steps` of each of its columns."""

    places: np.ndarray
    steps: Mapping[str, Steps]


@dataclass(frozen=True)
class _Rows:
    """The few rows that are looked at. `read`: as recognised; `identity`, `cells`: a number for each distinct content,
    -1 for none; `texts`: what the cells hold; `counting`: the columns that count the rows; `reference`: -1 for none;
    `sheet`, `place`: where a row stands among all; `number`: as the spreadsheet has it."""

    read: pd.DataFrame
    identity: pd.DataFrame
    cells: pd.DataFrame
    texts: dict[str, pd.Series]
    counting: list[str]
    reference: np.ndarray
    sheet: np.ndarray
    place: np.ndarray
    number: np.ndarray

    def groups(self, rows: np.ndarray, by: pd.DataFrame) -> list[list[int]]:
        """Of these rows those with one reference that are equal `by` columns, in order; two or more each."""
        keys = by[rows].assign(reference=self.reference[rows])
        members: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for row, *key in keys[keys.duplicated(keep=False)].itertuples():
            members[tuple(key)].append(row)
        return list(members.values())


def settle(
    requests: pd.DataFrame,
    keys: pd.Series,
    columns: Mapping[str, Distinct],
    frame: pd.DataFrame,
    headers: Mapping[str, str],
    one_row_per: str | None = None,
    among: Among | None = None,
) -> Repeats:
    """The rows of one register as requests.

    All row by row: `requests` as read, `keys` their references (`references.key`), `columns` what was written in each
    column that is read, `frame` the text of the file under its headers, by row number; `headers` are those of the
    columns that are read. `one_row_per` is the mapping's answer. Of the rows of a register those that share no reference
    may be left out, where it is said what stands `among` all.
    """
    places = np.flatnonzero(references.repeated(keys))
    if not len(places):
        requests, unclear = persons(requests, {}, []) if one_row_per == "person" else (requests, [])
        return Repeats(requests, issues=tuple(unclear))
    rows = _rows(requests.iloc[places], keys.iloc[places], columns, frame, headers, places, among)
    copies = _copies(rows)
    if one_row_per == "request":
        return _each_a_request(requests, rows, places, copies)
    joined, carried = _led(rows, copies, one_row_per is not None)
    gone = [*copies, *joined, *carried]
    left = ~np.isin(np.arange(len(places)), gone)
    undecided, told = _undecided(rows, left, frame) if one_row_per is None else ({}, [])
    united, disagreements = _united(rows, joined, carried, one_row_per)
    for name in united.keys() & set(requests):
        values = united[name]
        requests = requests.assign(**{name: replaced_in(requests[name], values.set_axis(places))})
    if one_row_per == "person":
        heads = {places[row]: places[lead] for row, lead in joined.items()}
        requests, unclear = persons(requests, heads, places[[*copies, *carried]].tolist())
        disagreements += unclear
    kept = np.ones(len(requests), dtype=bool)
    kept[places[gone]] = False
    issues = [
        _note(rows, copies, "same_row"),
        _note(rows, joined, "joined_row"),
        _note(rows, carried, "carried_over", one_row_per is not None),
        *disagreements,
        *told,
        _reused(rows, left, told),
    ]
    return Repeats(
        requests[kept] if gone else requests,
        copies=len(copies),
        joined=len(joined) + len(carried),
        carried_over=len(carried) if one_row_per is None else 0,
        counting=tuple(_named(rows.counting, frame)) if gone else (),
        undecided=undecided,
        asked=sum(map(len, told)) + (len({*carried.values()}) if one_row_per is None else 0),
        issues=tuple(issues),
    )


def _led(rows: _Rows, copies: Mapping[int, int], answered: bool) -> tuple[dict[int, int], dict[int, int]]:
    """Rows that are joined to another of their request, and those that were carried over to another sheet, with that row:
    by the habit of the register, or as its mapping has `answered`."""
    everyone = np.arange(len(rows.place))
    live = ~np.isin(everyone, list(copies))
    joined = {} if answered else _joined_by_habit(rows, live & _may_join(rows), copies)
    carried = _carried_over(rows, live & _may_join(rows) & ~np.isin(everyone, [*joined, *joined.values()]))
    if answered:
        unread = rows.read["received"].isna() & rows.read["sent"].isna()
        some = live & _is_reference(rows) & ~np.isin(everyone, list(carried))
        joined = {row: group[0] for group in _perhaps_one(rows, some, unread) for row in group[1:]}
    return joined, carried


def _each_a_request(
    requests: pd.DataFrame, rows: _Rows, places: np.ndarray, copies: Mapping[int, int]
) -> Repeats:
    """Rows of which the mapping says that each is a request: none is merged; what is equal to another in every cell
    is probably written twice."""
    twice = sorted({*copies, *copies.values()})
    doubtful = pd.Series(False, requests.index)
    doubtful.iloc[places[twice]] = True
    told = [
        _issue(
            rows,
            twice,
            "probable_duplicate",
            message=_(
                "Another row is the same in every cell; each is a request, as the mapping says of this register."
            ),
            suggestion=_("Ask the agency, and take one of the rows out."),
        )
    ]
    left = np.ones(len(rows.place), dtype=bool)
    return Repeats(
        requests.assign(probable_duplicate=doubtful.astype("boolean")),
        doubled=len(copies),
        issues=(*told, _reused(rows, left, told)),
    )


def _rows(
    read: pd.DataFrame,
    keys: pd.Series,
    columns: Mapping[str, Distinct],
    frame: pd.DataFrame,
    headers: Mapping[str, str],
    places: np.ndarray,
    among: "Among | None",
) -> _Rows:
    read = schema.conform(read.apply(plain)).reset_index(drop=True)
    written = {
        name: pd.Series(column.values.array.take(column.codes[places], allow_fill=True)).fillna("")
        for name, column in columns.items()
    }
    identity = {}
    for name in IDENTITY:
        understood = chronology.written(read, name) if name in schema.STAGES else read[name]
        text = written.get(name, written.get(REQUESTED) if name in schema.STAGES else None)
        content = understood if text is None else understood.where(understood.notna(), "?" + folded(text))
        identity[name] = pd.factorize(content.mask(content.isin(["", "?"])))[0]
    cells: dict[str, pd.Series] = {}
    for name, text in written.items():
        if name not in (*IDENTITY, "request_id", REQUESTED):
            cells[name] = folded(text)
    counting = []
    for header in frame.columns.difference(list(headers.values()), sort=False):
        text = folded(plain(frame[header].iloc[places]).reset_index(drop=True))
        stepping = frame[header] if among is None else among.steps[str(header)]
        if counts_the_rows(text, stepping):
            counting.append(_column(header))
        else:
            name = _column(header)
            cells[name] = cells[name].str.cat(text) if name in cells else text
    reference, known = pd.factorize(keys)
    reference[np.isin(reference, [n for n, key in enumerate(known) if terms.blank(key)])] = -1
    return _Rows(
        read,
        pd.DataFrame(identity),
        pd.DataFrame({name: pd.factorize(text.mask(text.eq("")))[0] for name, text in cells.items()}),
        cells,
        counting,
        reference,
        _sheets(frame.index[places]),
        places if among is None else among.places[places],
        frame.index[places].to_numpy(dtype=object),
    )


def folded(texts: pd.Series) -> pd.Series:
    """Text without regard to case, form of its signs and space around and between them."""
    return _per_distinct(
        texts.fillna(""), lambda text: " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    )


def _says_something(text: str) -> bool:
    """Whether a cell is neither blank, nor says that nothing is recorded, or that the request is pending."""
    return not terms.blank(text) and vocab.normalise(text) not in vocab.aliases("pending")


def _per_distinct(texts: pd.Series, function: Callable[[str], object]) -> pd.Series:
    codes, values = pd.factorize(texts)
    return (
        pd.Series([function(value) for value in values], dtype=None if len(values) else "str")
        .take(codes)
        .reset_index(drop=True)
    )


def _sheets(numbers: pd.Index) -> np.ndarray:
    """The sheet of each row number, "2!14"; the same for all where they name none."""
    if not len(numbers) or "!" not in str(numbers[0]):
        return np.zeros(len(numbers), dtype=np.int64)
    return pd.factorize(pd.Series(numbers).str.split("!").str[0])[0]


def counts_the_rows(some: pd.Series, column: "pd.Series | Steps") -> bool:
    """Whether a column holds whole numbers, one more from row to row in nine of ten; of `some` of its cells only where
    these are numbers too."""
    if not some[some.ne("")].str.strip(" .()").map(str.isdecimal).all() or some.eq("").all():
        return False
    steps = column if isinstance(column, Steps) else steps_of(column)
    return steps.rows > 1 and steps.up / steps.rows >= COUNTING


def steps_of(column: pd.Series) -> Steps:
    """The steps of a column of text, by row number, from row to row of a sheet."""
    if not is_coded(column):
        # Most columns hold no number, which is soon seen.
        column = column.mask(per_distinct(column, _is_no_number), "").astype("category")
    texts = pd.Series(column.cat.categories, dtype="str")
    some = texts[~per_distinct(texts, _is_no_number)]
    numbers = folded(some).str.strip(" .()").set_axis(some.index)
    decimal = numbers[numbers.map(str.isdecimal).astype(bool)].map(float).reindex(texts.index)
    whole = pd.Series(np.append(decimal.to_numpy("float64"), np.nan)[column.cat.codes.to_numpy()])
    sheet = pd.Series(_sheets(column.index))
    steps = whole.diff()[sheet.eq(sheet.shift()).to_numpy()]
    ends = (float(whole.iloc[0]), float(whole.iloc[-1])) if len(whole) else (np.nan, np.nan)
    return Steps(int(steps.eq(1).sum()), len(steps), *ends)


def _is_no_number(text: pa.Array) -> pa.Array:
    return pc.match_substring_regex(text, "[A-Za-z/:-]")


def _copies(rows: _Rows) -> dict[int, int]:
    """Rows that are equal to an earlier one, with that one."""
    dated = np.zeros(len(rows.place), dtype=bool)
    for stage in schema.STAGES:
        dated |= rows.read[f"{stage}_precision"].eq("day").fillna(False).to_numpy(dtype=bool)
    everything = pd.concat([rows.identity, rows.cells], axis=1)
    groups = rows.groups(dated & (rows.reference >= 0), everything)
    return {row: group[0] for group in groups for row in group[1:]}


def _may_join(rows: _Rows) -> np.ndarray:
    """Rows with a reference, a partner and the day of the request, as read."""
    read = rows.read
    start = schema.requested_on(read)
    by_sending = start.eq(read["sent"]) & ~start.eq(read["received"])
    precision = read["received_precision"].where(~by_sending, read["sent_precision"])
    sure = start.notna() & precision.eq("day").fillna(False) & read["partner"].notna()
    return sure.to_numpy(dtype=bool) & _is_reference(rows)


def _is_reference(rows: _Rows) -> np.ndarray:
    """Rows whose reference is one, and not a word that stands beside three partners or more."""
    partners = rows.identity.assign(reference=rows.reference)[["reference", "partner"]].drop_duplicates()
    several = partners[partners["partner"] >= 0]["reference"].value_counts()
    common = several.index[several > PARTNERS]
    return (rows.reference >= 0) & ~np.isin(rows.reference, common)


def _joined_by_habit(rows: _Rows, may_join: np.ndarray, copies: Mapping[int, int]) -> dict[int, int]:
    """Rows that stand together and differ in columns of several codes alone, with the first of them."""
    same = pd.concat([rows.identity, rows.cells.drop(columns=SEVERAL, errors="ignore")], axis=1)
    copied = defaultdict(list)
    for row, first in copies.items():
        copied[first].append(row)
    groups = []
    for group in rows.groups(may_join, same):
        members = [row for first in group for row in (first, *copied[first])]
        stand = rows.place[members]
        if len(set(rows.sheet[members])) == 1 and stand.max() - stand.min() + 1 == len(members):
            groups.append(group)
    if len({rows.reference[group[0]] for group in groups}) < HABIT:
        return {}
    return {row: group[0] for group in groups for row in group[1:]}


def _carried_over(rows: _Rows, may_join: np.ndarray) -> dict[int, int]:
    """Rows of a request that stands on several sheets, with the row that says all that they say."""
    found: dict[int, int] = {}
    if len(set(rows.sheet)) < 2:
        return found
    says = pd.DataFrame({name: _per_distinct(text, _says_something) for name, text in rows.texts.items()})
    cells = np.where(says.to_numpy(dtype=bool), rows.cells.to_numpy(), -1)
    for group in rows.groups(may_join, rows.identity):
        some = cells[group]
        full = some.max(axis=0)
        if len(set(rows.sheet[group])) < len(group) or not ((some == full) | (some < 0)).all():
            continue
        fullest = [
            row for row, has in zip(group, (some >= 0).sum(axis=1), strict=True) if has == (full >= 0).sum()
        ]
        if fullest:
            found |= {row: fullest[-1] for row in group if row != fullest[-1]}
    return found


def _perhaps_one(rows: _Rows, some: np.ndarray, near: pd.Series) -> list[list[int]]:
    """Of some rows those of one reference, direction and partner that have one start; or, where `near`, stand next to
    each other whatever their start."""
    starts = list(zip(rows.identity["received"], rows.identity["sent"], strict=True))
    groups = []
    for members in rows.groups(some, rows.identity[["direction", "partner", "partner_part"]]):
        by_start: dict[object, list[int]] = {}
        for before, row in zip([None, *members], members, strict=False):
            group = by_start.get(starts[row])
            if group is None and before is not None and (near[row] or near[before]):
                beside = rows.place[row] - rows.place[before] == 1 and rows.sheet[row] == rows.sheet[before]
                group = by_start[starts[before]] if beside else None
            group = group if group is not None else []
            group.append(row)
            by_start[starts[row]] = group
        groups += [
            group for group in {id(group): group for group in by_start.values()}.values() if len(group) > 1
        ]
    return groups


def _undecided(
    rows: _Rows, left: np.ndarray, frame: pd.DataFrame
) -> tuple[dict[str, object], list[pd.DataFrame]]:
    """What the register is asked once: rows of one reference, direction and partner that have one start, or stand
    next to each other."""
    groups = _perhaps_one(rows, left & _is_reference(rows), pd.Series(True, rows.read.index))
    if not groups:
        return {}, []
    asked = [row for group in groups for row in group]
    content = pd.concat([rows.cells, rows.identity[["received", "sent"]]], axis=1).iloc[asked]
    number = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    several = content.groupby(number).nunique().gt(1).any()
    differ = several.index[several]
    found = {
        "references": len(groups),
        "rows": len(asked),
        "fewer": len(asked) - len(groups),
        "columns": _named(differ, frame),
        "row_numbers": rows.number[asked].tolist(),
    }
    return found, [_issue(rows, asked, "undecided_rows")]


def _column(header: object) -> str:
    """The one name of a column that is not read, on sheets whose headers differ in signs or capitals."""
    return "\0" + (vocab.normalise(str(header)) or str(header))


def _named(names: Iterable[str], frame: pd.DataFrame) -> list[str]:
    """Columns that are read by their name, the others by their letter: what a header says may be case data."""
    letters: dict[str, str] = {}
    for place, header in enumerate(frame.columns):
        high, low = divmod(place, 26)
        letters.setdefault(_column(header), (chr(64 + high) if high else "") + chr(65 + low))
    return sorted({letters.get(name, name) for name in names})


def _united(
    rows: _Rows,
    joined: Mapping[int, int],
    carried: Mapping[int, int],
    one_row_per: str | None,
) -> tuple[dict[str, pd.Series], list[pd.DataFrame]]:
    """The columns of the rows that others were joined to, where they change; and where the rows disagree."""
    members: dict[int, list[int]] = defaultdict(list)
    for row, lead in [*joined.items(), *carried.items()]:
        members[lead].append(row)
    # Rows that join without asking differ in columns of several codes alone.
    names = READABLE if one_row_per or carried else SEVERAL
    read = {
        name: rows.read[name].astype(object).where(rows.read[name].notna(), None).to_numpy() for name in names
    }
    new = {name: values.copy() for name, values in read.items()}
    answered = set(joined.values()) if one_row_per else set()
    disagree: dict[str, list[int]] = defaultdict(list)
    for lead, others in members.items():
        group = sorted([lead, *others])
        for name in names:
            values = [read[name][row] for row in (lead, *others) if read[name][row] is not None]
            if name in SEVERAL:
                codes = {code for value in values for code in value.split(schema.SEVERAL)}
                new[name][lead] = schema.SEVERAL.join(sorted(codes)) or None
            elif name == "persons" and lead in answered:
                new[name][lead] = values[0] if len(set(values)) == 1 else None
                if len(set(values)) > 1 and one_row_per != "person":
                    disagree[name].append(lead)
            elif values:
                new[name][lead] = values[0]
                if len(set(values)) > 1:
                    disagree[name].append(lead)
        if lead not in answered:
            continue
        # A request has ended when the last of its rows has.
        open_rows = [row for row in group if all(read[end][row] is None for end in (*ENDS, "outcome"))]
        for end in ENDS:
            days = [(read[end][row], row) for row in group if read[end][row] is not None]
            last = max(days)[1] if days and not open_rows else None
            for name in (end, f"{end}_precision"):
                new[name][lead] = read[name][last] if last is not None else None
        if open_rows and len(open_rows) < len(group):
            new["outcome"][lead] = None
            disagree["outcome"].append(lead)
    changed = {}
    for name, values in new.items():
        if any(values[lead] is not read[name][lead] for lead in members):
            changed[name] = pd.Series(values).astype(rows.read[name].dtype)
    return changed, [_issue(rows, leads, "rows_disagree", column=name) for name, leads in disagree.items()]


def persons(
    requests: pd.DataFrame, heads: Mapping[int, int], gone: list[int]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The persons of requests with a row a person: as many as its rows, where each of them counts 1, or as many, or
    none; else missing, and an issue. `heads`: places of joined rows, with the first of each; `gone`: rows of none."""
    counted = (
        requests["persons"] if "persons" in requests else pd.Series(pd.NA, requests.index, dtype="Int64")
    )
    of = np.arange(len(requests))
    of[list(heads)] = list(heads.values())
    count = pd.Series(counted.to_numpy("float64", na_value=np.nan)).drop(gone)
    by = count.groupby(np.delete(of, gone))
    size, low, high = by.size(), by.min(), by.max()
    sure = high.isna() | (low.eq(high) & (high.eq(1) | high.eq(size)))
    persons = size.where(sure).reindex(range(len(requests))).astype("Int64").set_axis(requests.index)
    numbers = requests["source_row"].iloc[sure.index[~sure]]
    issue = record.issues(numbers, column="persons", rule="persons_unclear")
    return requests.assign(persons=persons), [issue]


def _note(rows: _Rows, leads: Mapping[int, int], rule: str, answered: bool = False) -> pd.DataFrame:
    """What is said of rows that another row leads; a note, where it is asked or `answered`."""
    said = pd.DataFrame(
        [record.said(rule, row=rows.number[lead]) for lead in leads.values()], columns=list(record.SAID)
    )
    return _issue(rows, list(leads), **said.assign(suggestion="", severity="note") if answered else said)


def _reused(rows: _Rows, left: np.ndarray, told: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows that have one reference and are not asked about: of several partners, or at other times."""
    asked = {number for table in told for number in table["row"]}
    again = pd.Series(rows.reference[left]).value_counts()
    repeated = left & np.isin(rows.reference, again.index[again > 1]) & (rows.reference >= 0)
    places = [row for row in np.flatnonzero(repeated).tolist() if rows.number[row] not in asked]
    return _issue(rows, places, "reference_reused")


def _issue(rows: _Rows, places: list[int], rule: "str | pd.Series", **told: Any) -> pd.DataFrame:
    """Issues of some rows, with their references."""
    values = rows.read["request_id"].iloc[places].fillna("")
    return record.issues(
        rows.number[places], **{"column": "request_id", "value": values, "rule": rule} | told
    )
