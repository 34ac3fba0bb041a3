"""A grid of text below a header, to rows of requests: what stands in place of blanks, and what is no request."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import vocab
from mlastats.register import headers, rows
from mlastats.register.distinct import plain
from mlastats.register.mapping import Mapping
from mlastats.register.rows import Remark

# A sheet shares so many of its references with an earlier one that it may be the same requests again.
SHARED, FEW = 0.5, 5
# The column of what stands above rows, where the table has none of its own.
HEADING = "heading: {}"


@dataclass(frozen=True)
class Table:
    """One table of one sheet of one file; its rows are numbered within the sheet. `gone` are the rows that are
    no requests, by rule."""

    place: int
    frame: pd.DataFrame
    header_row: int
    header: rows.Header
    gone: dict[str, list[str]]
    refused: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()
    ditto: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    looked_at: tuple[tuple[int, bool], ...] = ()
    headings: frozenset[str] = frozenset()


def tables_below(
    sheet: tuple[int, str],
    frame: pd.DataFrame,
    filled: pd.DataFrame,
    header: rows.Header,
    first: int,
    mapping: Mapping,
    doubts: dict[int, str],
    around: rows.Around | None = None,
) -> list[Table]:
    """The table below a header, whose first row is row `first` of its sheet; and one more where another header of
    the same columns stands in it. `sheet`: its place, and what it is called in a fault; `doubts`: places of rows that
    are short, too long or struck out; `around`: that of `rows.sort`."""
    matched, claimed = headers.match(header.names, mapping, sheet[1])
    sorted_rows = rows.sort(frame, filled, header, matched, mapping, around)
    rule, end = sorted_rows.rule, sorted_rows.end
    keys = _decided(filled, rule, mapping)
    more: list[Table] = []
    if end is not None:
        again = rows.Header(end, rows.names([str(frame[n].iat[end]) for n in frame]), header.lines)
        told = {column for some in headers.match(again.names, mapping, sheet[1]) for column in some}
        if told == {*matched, *claimed} or (not mapping.columns and len(told) > 1):
            below = {n - end - 1: doubt for n, doubt in doubts.items() if n > end}
            rest, rest_filled = (some.iloc[end + 1 :].reset_index(drop=True) for some in (frame, filled))
            more = tables_below(sheet, rest, rest_filled, again, first + end + 1, mapping, below)
            frame, filled, rule = frame.iloc[:end], filled.iloc[:end], rule[:end]
    if mapping.one_row_per not in (None, "request"):
        filled, rule = _continued(filled, rule)
    numbers = pd.Index(pa.array(np.arange(first, first + len(rule))).cast(pa.large_string()), dtype="str")
    remarks = _doubted(doubts, rule, numbers)
    keep, places = rule == "", np.flatnonzero(rule == "")
    kept = _with_headers(filled if keep.all() else filled[keep].reset_index(drop=True), header)
    for column, values in sorted_rows.headings.items():
        if column in mapping.headings:
            name = matched.get(column, HEADING.format(column))
            kept[name] = _under_headings(kept, name, values, places)
        elif column != "time" and column not in matched and column not in mapping.constants:
            remarks.append(Remark(numbers[next(iter(values))], "heading_unused", column))
    kept, ditto, unclear = _as_above(kept, places, rule)
    by_header, header_row = {text: column for column, text in matched.items()}, max(first - 1, 1)
    remarks += [
        Remark(numbers[n], "ditto_unclear", by_header[name], sign)
        for n, name, sign in unclear
        if name in by_header
    ]
    remarks += [Remark(str(header_row), "header_twice", name) for name in _twice(header, matched, mapping)]
    away = list(zip(numbers[~keep], rule[~keep], strict=True))
    gone = {name: [number for number, why in away if why == name] for name in rows.NOT_DATA}
    # References that are hashed stand nowhere as they are written.
    read = [header.names.index(text) for name, text in matched.items() if name not in mapping.hashed]
    refused = tuple(
        Remark(numbers[n], rule[n], value=_says(frame, n, read), key=keys.get(n, ""))
        for n in np.flatnonzero(~keep).tolist()
        if rule[n] in rows.REFUSED
    )
    kept = kept.set_axis(numbers[keep].rename("source_row"))
    looked_at, above = sorted_rows.looked_at, frozenset(sorted_rows.headings)
    table = Table(sheet[0], kept, header_row, header, gone, refused, tuple(remarks), ditto, looked_at, above)
    return [table, *more]


def _decided(frame: pd.DataFrame, rule: np.ndarray, mapping: Mapping) -> dict[int, str]:
    """The keys of the rows that may be no requests: of those that are refused, and where it was decided of some what they
    are, of all that are read; what was decided is their rule."""
    some = [n for n, why in enumerate(rule) if why in rows.REFUSED or (mapping.rows and not why)]
    keys = {n: rows.key(map(str, frame.iloc[n])) for n in some}
    for n, key in keys.items():
        if answer := mapping.rows.get(key):
            rule[n] = "note" if answer == "note" else ""
    return keys


def _doubted(doubts: dict[int, str], rule: np.ndarray, numbers: pd.Index) -> list[Remark]:
    """A row that is too long is refused by that rule; one that is short or struck out is read, with a remark."""
    read = [(n, doubt) for n, doubt in sorted(doubts.items()) if n < len(rule) and rule[n] == ""]
    rule[[n for n, doubt in read if doubt == "row_too_long"]] = "row_too_long"
    return [Remark(numbers[n], doubt) for n, doubt in read if doubt != "row_too_long"]


def _under_headings(kept: pd.DataFrame, name: str, headings: dict[int, str], places: np.ndarray) -> pd.Series:
    """A column of the rows at some places, with what the heading above says where its own cell is blank."""
    at = np.array(list(headings)).searchsorted(places, side="right") - 1
    above = pd.Series([*headings.values(), ""], dtype="str").iloc[at].set_axis(kept.index)
    own = plain(kept[name]) if name in kept else pd.Series("", kept.index, dtype="str")
    return own.where(own.str.strip().ne(""), above)


def _says(frame: pd.DataFrame, place: int, columns: list[int]) -> str:
    """What a row says in some columns."""
    texts = (" ".join(str(frame[column].iat[place]).split()) for column in columns)
    return " | ".join(text for text in texts if text)


def _with_headers(cells: pd.DataFrame, header: rows.Header) -> pd.DataFrame:
    """The cells under the names of their columns; the last columns that have neither a header nor a value are not
    there."""
    width = len(header.names)
    while (
        width > 1
        and header.names[width - 1] == f"column {width}"
        and not plain(cells[width - 1]).str.strip().ne("").any()
    ):
        width -= 1
    return pd.DataFrame({name: cells[n] for n, name in enumerate(header.names[:width])}, copy=False)


def _twice(header: rows.Header, matched: dict[str, str], mapping: Mapping) -> list[str]:
    """The columns of a mapping whose header stands twice in its row."""
    bare = Counter(headers.key(cell) for cell in (header.lines[-1] if header.lines else []))
    twice = [column for column, text in matched.items() if bare[headers.key(text)] > 1]
    return [column.partition(".")[0] for column in twice] if mapping.columns else []


def with_one_header(
    tables: list[Table], mapping: Mapping, of: str
) -> tuple[list[pd.DataFrame], list[list[Remark]]]:
    """The tables with one header for each column, however their sheets spell it; and what each of them lacks that
    another has, or says again."""
    matched = []
    for table in tables:
        which = of if len(tables) == 1 else f"Sheet {table.place} of {of}"
        matched.append(headers.match([str(name) for name in table.frame.columns], mapping, which))
    claimed = {column for _clear, several in matched for column in several}
    first: dict[str, str] = {}
    for clear, _several in matched:
        for column, header in clear.items():
            first.setdefault(column, header)
    spelt: dict[str, str] = {}
    frames, missing, seen = [], [], dict[int, set[str]]()
    for table, (clear, _several) in zip(tables, matched, strict=True):
        columns = {header: column for column, header in clear.items() if column not in claimed}
        names: list[str] = []
        for header in map(str, table.frame.columns):
            name = (
                first[columns[header]] if header in columns else spelt.setdefault(headers.key(header), header)
            )
            taken = name in names or (header not in columns and name in first.values() and name != header)
            names.append(header if taken else name)
        frames.append(table.frame.set_axis(pd.Index(rows.names(names)), axis=1))
        lacks = [column for column in first if column not in clear and column not in claimed]
        row = str(table.header_row)
        said = [Remark(row, "column_missing", column.partition(".")[0]) for column in lacks]
        if "request_id" in clear and len({table.place for table in tables}) > 1:
            references = {
                text for text in map(str, table.frame[clear["request_id"]].unique()) if text.strip()
            }
            others = set().union(*(some for place, some in seen.items() if place != table.place))
            if len(references) >= FEW and len(references & others) >= SHARED * len(references):
                said.append(Remark(row, "same_requests", "request_id"))
            seen.setdefault(table.place, set()).update(references)
        missing.append(said)
    return frames, missing


def _continued(frame: pd.DataFrame, rule: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows that continue the one above, with its cells in their blank ones: rows of one request, as the mapping
    says."""
    places = np.flatnonzero(rule == "continues_above").tolist()
    if not places:
        return frame, rule
    columns = {name: plain(frame[name]).to_list() for name in frame}
    for place in places:
        above = next(n for n in range(place - 1, -1, -1) if rule[n] in ("", "continues_above"))
        for texts in columns.values():
            texts[place] = texts[place] if texts[place].strip() else texts[above]
    whole = pd.DataFrame({name: pd.Series(texts, dtype="str") for name, texts in columns.items()})
    return whole, np.where(rule == "continues_above", "", rule)


def _as_above(
    frame: pd.DataFrame, places: np.ndarray, rule: np.ndarray
) -> tuple[pd.DataFrame, Counter[tuple[str, str, str]], list[tuple[int, str, str]]]:
    """The table with what stands above in place of a sign for it ("ditto"), where the row above is a request;
    how often which value took the place of which sign; and the cells of which it cannot be told."""
    counts: Counter[tuple[str, str, str]] = Counter()
    unclear: list[tuple[int, str, str]] = []

    written = {alias.lower() for alias, _code in vocab.spellings("ditto")}

    def is_sign(text: pa.Array) -> pa.Array:
        return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(text)), pa.array(sorted(written), text.type))

    for name in frame:
        signs = rows.per_distinct(frame[name], is_sign)
        if not signs.any():
            continue
        texts = plain(frame[name]).to_list()
        for n in np.flatnonzero(signs).tolist():
            between = rule[places[n - 1] + 1 : places[n]] if n else ["sheet"]
            if any(some != "blank" for some in between):
                unclear.append((int(places[n]), str(name), texts[n]))
            else:
                counts[str(name), texts[n], texts[n - 1]] += 1
                texts[n] = texts[n - 1]
        frame = frame.assign(**{str(name): pd.Series(texts, dtype="str", index=frame.index)})
    return frame, counts, unclear
