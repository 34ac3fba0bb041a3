"""Registers to the requests table: every row ends in one place, every value is right or an issue."""

import functools
import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import schema, vocab
from mlastats.errors import InputRejected
from mlastats.messages import _
from mlastats.register import (
    account,
    chronology,
    columns,
    corrections,
    duplicates,
    headers,
    record,
    references,
)
from mlastats.register.files import Raw, from_frame, read_register
from mlastats.register.mapping import REFERENCES, Mapping
from mlastats.register.processed import write as write
from mlastats.register.words import Words, arrow, plain, same_coded, stacked, words
from mlastats.settings import Register, Settings


@dataclass(frozen=True)
class Cleaned:
    """`coded`, the requests with each distinct text kept once (categorical); `checks`, under way beside what
    is done with the requests: the issues, the changes and the account."""

    coded: pd.DataFrame
    checks: "Future[tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]]"

    @property
    def issues(self) -> pd.DataFrame:
        """One a row and value."""
        return self.checks.result()[0]

    @property
    def changes(self) -> pd.DataFrame:
        """One a distinct value."""
        return self.checks.result()[1]

    @property
    def summary(self) -> dict[str, Any]:
        """The account of every register."""
        return self.checks.result()[2]

    @functools.cached_property
    def requests(self) -> pd.DataFrame:
        """The requests as the schema has them."""
        return schema.conform(pd.DataFrame({name: plain(self.coded[name]) for name in self.coded}))


@dataclass(frozen=True)
class _Part:
    """What came of one register before the registers are brought together; `compared`, what the references
    of its requests are compared by; `made`, what is put on record of its columns, and `faults` of its rows."""

    name: str
    requests: pd.DataFrame
    compared: pd.DataFrame
    made: columns.Read
    faults: pd.DataFrame
    refused: int
    corrected: list[tuple[corrections.Correction, int]]

    @property
    def issues(self) -> pd.DataFrame:
        return record.joined([self.faults, self.made.issues], record.ISSUES).assign(register=self.name)

    @property
    def changes(self) -> pd.DataFrame:
        return self.made.changes.assign(register=self.name)


def clean(raw: "Raw | pd.DataFrame | Iterable[tuple[Register, Raw]]", settings: Settings) -> Cleaned:
    """The requests of a register, of a table of text, or of several registers with their configuration.

    Every row read becomes a request, is merged into one, is refused with the reason, or is no data;
    the sum is checked. A value is recognised exactly or is an issue, and missing in the requests.
    Raises InputRejected where a register's headers, mapping or corrections cannot be followed.
    """
    return _checked(_begun(_registers(raw), settings))


def clean_workspace(settings: Settings) -> Cleaned:
    """The requests of all registers of the configuration; every register that cannot be read is named."""
    return _checked(_begun(_files(settings), settings))


def clean_and_write(settings: Settings) -> Cleaned:
    """The requests of all registers of the configuration, written to `processed`: their table while the
    checks are under way. It replaces the table before it only when these have passed."""
    cleaned = _begun(_files(settings), settings)
    write(cleaned, settings)
    return cleaned


def _checked(cleaned: Cleaned) -> Cleaned:
    cleaned.checks.result()
    return cleaned


def _begun(raw: Iterable[tuple[Register, Raw]], settings: Settings) -> Cleaned:
    ledger = corrections.load(settings.path(settings.corrections))
    registers, parts = _read_all(raw, ledger, settings)
    corrections.check([made for part in parts for made in part.corrected])
    one = duplicates.merge(_together([part.requests for part in parts]), _compared(parts))
    links, link_issues = references.linked(one.requests)
    requests = _derived(one.requests.assign(linked_request_id=links)).reset_index(drop=True)

    def checks() -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
        issued = [*(part.issues for part in parts), one.issues, link_issues, chronology.check(requests)]
        own_state = _own_state(requests, settings.reporting_state)
        issues = _sorted(record.joined([*issued, own_state], record.ISSUES), registers)
        changes = record.joined([part.changes for part in parts], record.CHANGES)
        refused = [(*register, part.refused) for register, part in zip(registers, parts, strict=True)]
        summary = account.summary(refused, one.merged, requests, settings)
        return issues, changes, {**summary, "issues": len(issues), "changes": len(changes)}

    return Cleaned(requests, ThreadPoolExecutor(1).submit(checks))


def _files(settings: Settings) -> Iterable[tuple[Register, Raw]]:
    """The registers of the configuration as text; each that cannot be read is named."""
    if not settings.registers:
        raise InputRejected(
            "The configuration names no register. Add a [[registers]] table with `name` and `path`."
        )
    settings.use_vocabularies()
    found, faults = [], []
    for register in settings.registers:
        try:
            found.append((register, _from_file(register, settings)))
        except InputRejected as fault:
            faults.append(str(fault))
    if faults:
        raise InputRejected("\n".join(faults))
    # Handed over one by one: the text of a register is not kept once its requests are made.
    return (found.pop(0) for _place in range(len(found)))


def _registers(raw: "Raw | pd.DataFrame | Iterable[tuple[Register, Raw]]") -> Iterable[tuple[Register, Raw]]:
    if isinstance(raw, pd.DataFrame):
        raw = from_frame(raw)
    if isinstance(raw, Raw):
        return [(Register(name="register", path="-"), raw)]
    return raw


def _from_file(register: Register, settings: Settings) -> Raw:
    mapping = settings.path(register.mapping) if register.mapping else None
    return read_register(
        settings.path(register.path), mapping, register=register.name, encoding=register.encoding
    )


def _read_all(
    registers: Iterable[tuple[Register, Raw]], ledger: list[corrections.Correction], settings: Settings
) -> tuple[list[tuple[Register, Raw]], list[_Part]]:
    """The registers, without their text, and what came of each."""
    read, parts = [], []
    for register, raw in registers:
        parts.append(_read(register, raw, ledger, settings))
        read.append((register, replace(raw, frame=pd.DataFrame())))
    return read, parts


def _read(register: Register, raw: Raw, ledger: list[corrections.Correction], settings: Settings) -> _Part:
    mapping, of = raw.mapping or Mapping(), f"Register {register.name}"
    matched, claimed = headers.match(raw, mapping, of)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = pool.map(lambda pair: _words(pair[0], raw.frame[pair[1]]), matched.items())
        found = dict(zip(matched, texts, strict=True))
    # A link holds the reference that it links to: one is never hashed without the other.
    for name in set(REFERENCES) & set(found) if mapping.hashed else ():
        found[name] = references.hashed(found[name], name)
    found, corrected = corrections.apply(ledger, found, len(raw.frame))
    rules = columns.Rules(mapping, register.time_zone, register.log_start, settings.as_of)
    constants = columns.constants(rules, of)
    ids = found.get("request_id", corrections.blank(len(raw.frame))).text()
    # The references are made ready to be compared while the other columns are recognised.
    with ThreadPoolExecutor(1) as beside:
        compared = beside.submit(references.compared, ids.fillna(constants.get("request_id", np.nan)))
        made = columns.read(found, raw.frame.index, rules)
    filled = _filled(found, len(raw.frame))
    requests = _placed(made.requests.assign(**_absent(constants, made.requests)), raw, register, settings)
    return _Part(
        register.name,
        requests if filled.all() else requests[filled],
        compared.result() if filled.all() else compared.result()[filled],
        made,
        record.joined([_refusals(raw, filled), _remarks(raw), _claims(claimed)], record.ISSUES),
        len(raw.refused) + int((~filled).sum()),
        corrected,
    )


def _filled(found: dict[str, Words], rows: int) -> np.ndarray:
    """Which rows have a value in any column."""
    filled = np.zeros(rows, dtype=bool)
    for column in found.values():
        if filled.all():
            break
        filled |= column.filled
    return filled


def _words(column: str, written: pd.Series) -> Words:
    return references.written(written) if column in REFERENCES else words(written)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    whole = [schema.conform(part.reset_index(drop=True), coded=True) for part in parts]
    if len(whole) == 1:
        return whole[0]
    if not whole:
        return schema.conform(pd.DataFrame())
    return pd.DataFrame({name: stacked([part[name] for part in whole]) for name in schema.NAMES})


def _compared(parts: list[_Part]) -> pd.DataFrame:
    whole = [part.compared.reset_index(drop=True) for part in parts]
    nothing = references.compared(pd.Series(dtype="str"))
    return whole[0] if len(whole) == 1 else pd.concat([nothing, *whole], ignore_index=True)


def _absent(constants: dict[str, Any], requests: pd.DataFrame) -> dict[str, Any]:
    """A constant fills a column that the register has not; where it has it, its blanks."""
    return {
        name: plain(requests[name]).fillna(value)
        if name in requests
        else pd.Series(value, index=requests.index)
        for name, value in constants.items()
        if not pd.isna(value)
    }


def _placed(requests: pd.DataFrame, raw: Raw, register: Register, settings: Settings) -> pd.DataFrame:
    return requests.assign(
        register=same_coded(register.name, len(requests)),
        source_row=raw.frame.index.astype("str"),
        observed_from=pd.Timestamp(register.log_start) if register.log_start else pd.NaT,
        observed_to=pd.Timestamp(account.observed_to(register, raw, settings)),
        reporting_state=same_coded(settings.reporting_state, len(requests)),
    )


def _derived(requests: pd.DataFrame) -> pd.DataFrame:
    on = schema.requested_on(requests)
    asean = vocab.in_group("asean", requests["partner"], on)
    return requests.assign(formality=_formality(requests), asean_partner=asean)


def _formality(requests: pd.DataFrame) -> pd.Series:
    """Worked out once for each channel with each kind."""
    channel, channels = vocab.places_of(requests["channel"])
    kind, kinds = vocab.places_of(requests["kind"])
    pairs = channel.astype(np.int32) * (len(kinds) + 1) + kind + 1
    pairs[channel < 0] = -1
    known = [vocab.formality(one, other) or None for one in channels for other in ("", *kinds)]
    formality = pd.Series(known, dtype="str")
    return Words(formality, pairs).spread(formality).set_axis(requests.index)


def _own_state(requests: pd.DataFrame, state: str) -> pd.DataFrame:
    own = requests[requests["partner"].eq(state).fillna(False)]
    return record.issues(
        own["source_row"],
        register=own["register"],
        column="partner",
        value=own["partner"],
        rule="own_state",
        message=_("The partner is the reporting state itself."),
        suggestion=_("Ask the agency which state was meant."),
        severity="warning",
    )


def _refusals(raw: Raw, filled: np.ndarray) -> pd.DataFrame:
    said = {
        "row_too_long": _("The row has more cells than the header; which is which cannot be told."),
        "nothing_read": _("Every column that is read is blank in this row."),
    }
    rows = [*raw.refused, *((row, "nothing_read") for row in raw.frame.index[~filled])]
    return record.issues(
        [row for row, _rule in rows],
        rule=[rule for _row, rule in rows],
        message=[said[rule] for _row, rule in rows],
        suggestion=_("Mend the row in the register."),
        severity="error",
    )


def _remarks(raw: Raw) -> pd.DataFrame:
    return record.issues(
        [row for row, _rule in raw.remarks],
        rule="row_too_short",
        message=_("The row has fewer cells than the header; the last ones were taken as blank."),
        suggestion=_("Mend the row in the register."),
        severity="warning",
    )


def _claims(claimed: dict[str, list[str]]) -> pd.DataFrame:
    return record.issues(
        [""] * len(claimed),
        column=list(claimed),
        rule="header_ambiguous",
        message=_("Several headers mean this column; none of them was read."),
        suggestion=_("Make a mapping with `mlastats map` and name the right one."),
        severity="error",
    )


def _sorted(issues: pd.DataFrame, registers: list[tuple[Register, Raw]]) -> pd.DataFrame:
    """By register as configured, then by row as the spreadsheet numbers it."""
    order = {register.name: n for n, (register, _raw) in enumerate(registers)}
    names = words(issues["register"])
    first = names.spread(names.values.str.split(schema.SEVERAL).str[0].map(order))
    place = pc.extract_regex(arrow(issues["row"]), r"^(?:(?P<s>\d+)!)?(?P<r>\d*)")
    keys = {"register": first, **{part: _number(pc.struct_field(place, part)) for part in "sr"}}
    return issues.loc[pd.DataFrame(keys).sort_values(list(keys), kind="stable").index].reset_index(drop=True)


def _number(text: pa.Array) -> np.ndarray:
    return pd.to_numeric(pd.Series(text, dtype="str"), errors="coerce").fillna(0).to_numpy()
