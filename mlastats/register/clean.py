"""Registers to the requests table: every row ends in one place, every value is right or an issue."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from mlastats import decisions, schema, vocab
from mlastats.errors import InputRejected
from mlastats.register import (
    account,
    beside,
    chronology,
    columns,
    corrections,
    decided,
    duplicates,
    measurable,
    record,
    references,
    repeats,
    rows,
)
from mlastats.register import mapping as mappings
from mlastats.register.distinct import Distinct, arrow, plain, same_coded, stacked
from mlastats.register.files import Raw, Source, from_frame, read_all, source
from mlastats.register.mapping import REFERENCES, REQUESTED, Mapping
from mlastats.register.processed import Cleaned
from mlastats.register.repeats import Repeats
from mlastats.settings import Register, Settings
from mlastats.vocab import treaties


@dataclass(frozen=True)
class Text:
    """A register, or a block of it, as text: the header of each column that is read (`matched`), the columns that several
    headers `claimed`, the text of each column, and how many rows each correction changed."""

    raw: Raw
    matched: dict[str, str]
    claimed: dict[str, list[str]]
    columns: dict[str, Distinct]
    corrected: list[tuple[corrections.Correction, int]]

    @property
    def filled(self) -> np.ndarray:
        """Which rows say anything in a column that is read."""
        none = np.zeros(len(self.raw.frame), dtype=bool)
        return np.logical_or.reduce([none, *(text.filled for text in self.columns.values())])


@dataclass(frozen=True)
class _Part:
    """What came of one register before the registers are brought together; `read`, what is put on record of its
    columns, and `faults` of its rows; `repeats`, where its rows went that are no requests of their own."""

    name: str
    requests: pd.DataFrame
    read: columns.Read
    faults: pd.DataFrame
    ditto: pd.DataFrame
    repeats: Repeats
    refused: int
    corrected: list[tuple[corrections.Correction, int]]

    @property
    def issues(self) -> pd.DataFrame:
        return record.joined([self.faults, self.read.issues], record.ISSUES).assign(register=self.name)

    @property
    def changes(self) -> pd.DataFrame:
        return record.joined([self.read.changes, self.ditto], record.CHANGES).assign(register=self.name)


def clean(raw: "Raw | pd.DataFrame | Iterable[tuple[Register, Raw]]", settings: Settings) -> Cleaned:
    """The requests of a register, of a table of text, or of several registers with their configuration.

    Every row read becomes a request, is merged into one, is refused with the reason, or is no data;
    the sum is checked. A value is recognised exactly or is an issue, and missing in the requests.
    Raises InputRejected where a register's headers, mapping or corrections cannot be followed.

    >>> settings = mlastats.Settings(as_of="2026-09-30", reporting_state="LAO")
    >>> raw = pd.DataFrame({"request_id": ["A1"], "partner": ["Thailand"], "received": ["2026-01-05"]})
    >>> mlastats.clean(raw, settings).requests["partner"].tolist()
    ['THA']
    """
    if isinstance(raw, pd.DataFrame):
        raw = from_frame(raw)
    return _clean([(Register(name="register", path="-"), raw)] if isinstance(raw, Raw) else raw, settings)


def clean_workspace(settings: Settings) -> Cleaned:
    """The requests of all registers of the configuration; every register that cannot be read is named."""
    return _clean(files(settings), settings)


def _clean(raw: Iterable[tuple[Register, Raw]], settings: Settings) -> Cleaned:
    ledger = corrections.load(settings.path(settings.corrections))
    made = decisions.load(settings.path(settings.decisions))
    registers, parts, texts, others = [], [], {}, []
    for register, text in raw:
        mapping = text.mapping or Mapping()
        texts[register.name] = text.frame
        if mapping.table != "requests" or mapping.assets or mapping.persons:
            others.append((register, text))
        if mapping.table != "requests":
            continue
        parts.append(_read(register, text, ledger, made, settings))
        registers.append((register, replace(text, frame=pd.DataFrame())))
    corrections.check([entry for part in parts for entry in part.corrected])
    merged = duplicates.merge(together([part.requests for part in parts]))
    links, link_issues = references.linked(merged.requests)
    requests = merged.requests.assign(linked_request_id=links).reset_index(drop=True)

    issued = [*(part.issues for part in parts), merged.issues, link_issues]
    issued += doubts(requests, [register for register, _raw in registers], settings)
    settled = settle(requests, record.joined(issued, record.ISSUES), texts, made)
    requests = derived(settled.requests).reset_index(drop=True)
    # Where nothing stands beside the requests, no reference is looked up.
    known = _references(parts, requests) if others else _references([], requests[:0])
    tables = beside.clean(others, known, _doubles(parts), made, settings)
    # In the order of the configuration.
    issues = in_order(record.joined([settled.issues, tables.issues], record.ISSUES), list(texts))
    changed = [*(part.changes for part in parts), settled.changes, tables.changes]
    changes = record.joined(changed, record.CHANGES)
    ends = [
        account.Ends(
            part.repeats,
            part.refused,
            merged.merged.get(part.name, 0) + settled.merged[part.name],
            part.repeats.doubled + merged.too_many.get(part.name, 0) - settled.apart[part.name],
        )
        for part in parts
    ]
    tallies = account.tallies(requests, registers, settings)
    summary = account.summary(registers, ends, tallies, settings)
    used = settled.used.union(tables.used, *(part.read.facts.decided for part in parts))
    summary["decisions"] = sorted(used)
    counts = {"issues": len(issues), "changes": len(changes), "beside": tables.account}
    return Cleaned(requests, issues, changes, {**summary, **counts}, tables.tables)


def settle(
    requests: pd.DataFrame,
    issues: pd.DataFrame,
    texts: dict[str, pd.DataFrame],
    made: dict[str, decisions.Decision],
    elsewhere: decided.Elsewhere | None = None,
) -> decided.Settled:
    """What was decided about rows put to use, in requests and in issues; these are looked at anew, since what was decided
    may contradict something else."""
    settled = decided.settle(requests, decided.keyed(issues, texts, elsewhere), made)
    if not settled.used:
        return settled
    issues = settled.issues
    of_days, notes = issues["rule"].isin(chronology.RULES), issues["severity"].eq("note")
    anew = decided.keyed(chronology.check(settled.requests), texts, elsewhere)
    anew = anew[~anew["key"].isin(issues.loc[of_days & notes, "key"])]
    return replace(settled, issues=record.joined([issues[~of_days | notes], anew], record.ISSUES))


def doubts(requests: pd.DataFrame, registers: Iterable[Register], settings: Settings) -> list[pd.DataFrame]:
    """The issues of requests that contradict themselves, their register's end, or what is known of states and treaties."""
    doubtful = {
        "own_state": ("partner", requests["partner"].eq(settings.reporting_state).fillna(False)),
        "after_log_end": ("", measurable.after_log_end(requests, registers)),
        "treaty_not_applicable": ("legal_basis", _beyond_treaty(requests)),
    }
    found = []
    for rule, (column, is_doubtful) in doubtful.items():
        some = requests[is_doubtful]
        value = some[column] if column else ""
        found.append(
            record.issues(
                some["source_row"], register=some["register"], column=column, value=value, rule=rule
            )
        )
    return [*found, chronology.check(requests)]  # last, as where it is looked at anew


def derived(requests: pd.DataFrame) -> pd.DataFrame:
    """The requests with what follows from their other columns."""
    asean = vocab.in_group("asean", requests["partner"], schema.requested_on(requests))
    return requests.assign(formality=_formality(requests), asean_partner=asean)


def _references(parts: list[_Part], requests: pd.DataFrame) -> pd.DataFrame:
    """The requests as their registers have them, each with the place and the reference that it has in the table."""
    names = ["register", "source_row", "request_id"]
    of_parts = [part.requests.reindex(columns=names).apply(plain) for part in parts]
    written = pd.DataFrame(
        {n: pd.Series([v for some in of_parts for v in some[n]], dtype="str") for n in names}
    )
    ended = {
        pair: (place, reference)
        for place, (of, numbers, reference) in enumerate(
            zip(*(plain(requests[n]) for n in names), strict=True)
        )
        for pair in zip(of.split(schema.SEVERAL), numbers.split(schema.SEVERAL), strict=True)
    }
    now = [
        ended.get(pair, (-1, None)) for pair in zip(written["register"], written["source_row"], strict=True)
    ]
    places, meant = [place for place, _id in now], [reference for _place, reference in now]
    known = written.assign(key=references.key(written["request_id"]), place=places, request_id=meant)
    return known[known["place"].ge(0) & known["key"].notna()]


def _doubles(parts: list[_Part]) -> dict[str, dict[str, str]]:
    """The rows of each register that are no requests of their own, with the rule that said so."""
    rules = (*beside.AGAIN, beside.JOINED)
    told = {part.name: part.faults[part.faults["rule"].isin(rules)] for part in parts}
    return {name: dict(zip(some["row"], some["rule"], strict=True)) for name, some in told.items()}


def files(settings: Settings, **assumed: Any) -> Iterable[tuple[Register, Raw]]:
    """The registers of the configuration as text, each read as was decided, and as is `assumed` of their mappings; those
    that cannot be read are named."""
    named, of_each, faults = sources(settings, **assumed)
    read: list[tuple[Register, Raw]] = []
    for register, raw in zip(named, read_all(of_each, settings.reading), strict=True):
        if isinstance(raw, InputRejected):
            faults[register.name] = str(raw)
        else:
            read.append((register, raw))
    if faults:
        raise InputRejected("\n".join(faults[r.name] for r in settings.registers if r.name in faults))
    # Handed over one by one: the text of a register is not kept once its requests are made.
    return (read.pop(0) for _place in range(len(read)))


def sources(settings: Settings, **assumed: Any) -> tuple[list[Register], list[Source], dict[str, str]]:
    """The registers of the configuration, what is to be read of each, and what is wrong with those of which that cannot
    be told, by name."""
    if not settings.registers:
        raise InputRejected(
            "The configuration names no register. Add a [[registers]] table with `name` and `path`."
        )
    settings.use_vocabularies()
    made = decisions.load(settings.path(settings.decisions))
    to_read: list[Source] = []
    faults: dict[str, str] = {}
    for register in settings.registers:
        place = settings.path(register.path)
        try:
            own = (
                mappings.load(settings.path(register.mapping), register.name, register.table)
                if register.mapping
                else Mapping(table=register.table)
            )
            mapping = decided.reading(own.model_copy(update=assumed), register.name, made)
            to_read.append(source(place, mapping, register.name, register.encoding, False, settings.reading))
        except InputRejected as fault:
            faults[register.name] = str(fault)
    return [register for register in settings.registers if register.name not in faults], to_read, faults


def _read(
    register: Register,
    raw: Raw,
    ledger: list[corrections.Correction],
    made: dict[str, decisions.Decision],
    settings: Settings,
) -> _Part:
    mapping, text = raw.mapping or Mapping(), as_text(register, raw, ledger)
    requests, read = as_requests(register, text, made, settings)
    usual, filled = references.usual(text.columns), text.filled
    changed = references.changed_by_spreadsheet(text.columns, raw.frame.index, usual)
    settled = repeats.settle(
        requests, keys(requests), text.columns, raw.frame, text.matched, mapping.one_row_per
    )
    remarks = rows.gathered(raw.refused, raw.not_data_rows, raw.frame.index)
    faults = [rows.issues([*remarks, *unread(raw.frame[~filled])], raw.remarks)]
    faults += [changed, claims(text.claimed), *settled.issues]
    return _Part(
        register.name,
        settled.requests if filled.all() else settled.requests[filled[settled.requests.index]],
        read,
        record.joined(faults, record.ISSUES),
        as_above(text),
        settled,
        len(raw.refused) + int((~filled).sum()),
        text.corrected,
    )


def as_text(register: Register, raw: Raw, ledger: list[corrections.Correction]) -> Text:
    """A register, or a block of one, as text, with corrections made. Raises InputRejected where its headers cannot be
    followed."""
    mapping = raw.mapping or Mapping()
    matched, columns_read, claimed = raw.columns(f"Register {register.name}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        of_each = pool.map(
            lambda name: (references.as_written if name in REFERENCES else Distinct.of)(columns_read[name]),
            columns_read,
        )
        texts = dict(zip(columns_read, of_each, strict=True))
    # A link holds the reference that it links to: one is never hashed without the other.
    for name in set(REFERENCES) & set(texts) if mapping.hashed else ():
        texts[name] = references.hashed(texts[name], name)
    texts, corrected = corrections.apply(ledger, texts, len(raw.frame))
    return Text(raw, matched, claimed, texts, corrected)


def rules(
    register: Register, mapping: Mapping, made: dict[str, decisions.Decision], settings: Settings
) -> columns.Rules:
    """How the columns of a register are to be read."""
    return columns.Rules(mapping, register.time_zone, register.log_start, settings.as_of, register.name, made)


def as_requests(
    register: Register,
    text: Text,
    made: dict[str, decisions.Decision],
    settings: Settings,
    known: columns.Facts | None = None,
) -> tuple[pd.DataFrame, columns.Read]:
    """Each row as a request, under an index of places, and what came of the columns; of a block by what is `known` of
    the columns of all its register."""
    how = rules(register, text.raw.mapping or Mapping(), made, settings)
    constants = columns.constants(how, f"Register {register.name}")
    if register.agency:
        constants.setdefault("agency", settings.agency_of(register) or register.name)
    read = columns.read(text.columns, text.raw.frame.index, how, known)
    # A constant fills a column that the register has not; where it has it, its blanks.
    filled = {
        name: plain(read.requests[name]).fillna(value)
        if name in read.requests
        else pd.Series(value, index=read.requests.index)
        for name, value in constants.items()
        if not pd.isna(value)
    }
    placed = _by_direction(read.requests.assign(**filled)).assign(
        register=same_coded(register.name, len(read.requests)),
        source_row=text.raw.frame.index.astype("str"),
        observed_from=pd.Timestamp(register.log_start) if register.log_start else pd.NaT,
        observed_to=pd.Timestamp(account.observed_to(register, text.raw, settings)),
        reporting_state=same_coded(settings.reporting_state, len(read.requests)),
    )
    return placed, read


def keys(requests: pd.DataFrame) -> pd.Series:
    """What makes two references of a register the same."""
    blank = corrections.blank(len(requests)).text()
    return references.key(requests.get("request_id", blank))


def unread(frame: pd.DataFrame) -> list[rows.Remark]:
    """The remarks on rows in whose columns that are read nothing stands."""
    return [rows.Remark(row, "nothing_read", key=rows.key(map(str, frame.loc[row]))) for row in frame.index]


def as_above(text: Text) -> pd.DataFrame:
    """The changes of cells that said "as above"."""
    mapping, columns_of = text.raw.mapping or Mapping(), {h: column for column, h in text.matched.items()}
    return record.above(text.raw.ditto, columns_of, mapping.hashed)


def together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The requests of all registers as the schema has them, text coded."""
    whole = [schema.conform(part.reset_index(drop=True), coded=True) for part in parts]
    if len(whole) == 1:
        return whole[0]
    if not whole:
        return schema.conform(pd.DataFrame())
    return pd.DataFrame({name: stacked([part[name] for part in whole]) for name in schema.NAMES})


def _by_direction(requests: pd.DataFrame) -> pd.DataFrame:
    """One date column for both directions: the day of sending of what is outgoing, of receipt of all else. A day
    in a column of its own stands above it."""
    if REQUESTED not in requests:
        return requests
    outgoing = plain(requests["direction"]).eq("outgoing") if "direction" in requests else False
    told = {}
    for stage, some in (
        ("received", ~(outgoing | pd.Series(False, index=requests.index))),
        ("sent", outgoing),
    ):
        for end in ("", "_precision"):
            day = plain(requests[f"{REQUESTED}{end}"]).where(some)
            told[f"{stage}{end}"] = plain(requests[stage + end]).fillna(day) if stage in requests else day
    return requests.drop(columns=[REQUESTED, f"{REQUESTED}_precision"]).assign(**told)


def _formality(requests: pd.DataFrame) -> pd.Series:
    """Worked out once for each channel with each kind, urgent or not."""
    channel, channels = vocab.places_of(requests["channel"])
    kind, kinds = vocab.places_of(requests["kind"])
    urgent = requests["urgent"].fillna(False).to_numpy(dtype=np.int32)
    pairs = (channel.astype(np.int32) * (len(kinds) + 1) + kind + 1) * 2 + urgent
    pairs[channel < 0] = -1
    of_pairs = [
        vocab.formality(way, asked, hasty) or None
        for way in channels
        for asked in ("", *kinds)
        for hasty in (False, True)
    ]
    formality = pd.Series(of_pairs, dtype="str")
    return Distinct(formality, pairs).broadcast(formality).set_axis(requests.index)


def _beyond_treaty(requests: pd.DataFrame) -> np.ndarray:
    """Which requests rest on a treaty that by its own words does not apply to what they ask for, or for which offence."""
    basis, named = vocab.places_of(requests["legal_basis"])
    beyond = np.zeros(len(requests), dtype=bool)
    for name, argument in (("kind", "kind"), ("offence", "offences")) if len(named) else ():
        place, values = vocab.places_of(requests[name])
        # Place -1, what is not recorded, takes the last.
        each = [
            [
                any(treaties.impossible(treaty, **{argument: value}) for treaty in some)
                for value in (*values, "")
            ]
            for some in (*(treaty.split(schema.SEVERAL) for treaty in named), ())
        ]
        beyond |= np.array(each)[basis, place]
    return beyond


def claims(claimed: dict[str, list[str]]) -> pd.DataFrame:
    """The issues of columns that several headers claim."""
    return record.issues([""] * len(claimed), column=list(claimed), rule="header_ambiguous")


def in_order(issues: pd.DataFrame, names_: list[str]) -> pd.DataFrame:
    """By register as configured, then by row as the spreadsheet numbers it."""
    order = {name: n for n, name in enumerate(names_)}
    names = Distinct.of(issues["register"])
    first = names.broadcast(names.values.str.split(schema.SEVERAL).str[0].map(order))
    place = pc.extract_regex(arrow(issues["row"]), r"^(?:(?P<s>\d+)!)?(?P<r>\d*)")
    numbers = {part: pd.Series(pc.struct_field(place, part), dtype="str") for part in "sr"}
    numbers = {
        part: pd.to_numeric(text, errors="coerce").fillna(0).to_numpy() for part, text in numbers.items()
    }
    keys = {"register": first, **numbers}
    return issues.loc[pd.DataFrame(keys).sort_values(list(keys), kind="stable").index].reset_index(drop=True)
