"""The account of a cleaning: where every row read ended, and what must be known about each register."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.errors import MlaStatsError
from mlastats.messages import _, _n, day, label
from mlastats.register import measurable
from mlastats.register.distinct import Distinct
from mlastats.register.files import Raw
from mlastats.register.repeats import Repeats
from mlastats.settings import Register, Settings

# A register whose last event is older than this, and that does not say until when it is complete, is
# perhaps no longer kept.
SILENT = 90
MISSING = np.iinfo(np.int64).min
ENDS = ("requests", "apart", "copies", "joined", "merged", "refused", "not_data")
SOME = ("apart", "merged")


@dataclass(frozen=True)
class Ends:
    """Where the rows of a register ended that are no requests of their own: `repeats`, rows of one reference;
    `refused`, how many in all; `merged`, how many are requests of another register. `too_many`: how many of its
    requests are probably written twice."""

    repeats: Repeats
    refused: int
    merged: int
    too_many: int


def observed_to(register: Register, raw: Raw, settings: Settings) -> dt.date:
    """The day to which a register is complete: the configuration's `log_end`; else the day on which
    its file was saved; else as_of. Never after as_of."""
    return min(register.log_end or raw.extracted or settings.as_of, settings.as_of)


@dataclass(frozen=True)
class Tally:
    """What is counted of the requests of a register, and adds up over blocks of them: `counts` (measurable.counts, with
    how many are "asked" and "pending", and ("filled", column)), the `last` event, and the `agencies`."""

    counts: Counter[Any] = field(default_factory=Counter)
    last: int = int(MISSING)
    agencies: frozenset[str] = frozenset()

    def __add__(self, other: "Tally") -> "Tally":
        counts = Counter(self.counts)
        counts.update(other.counts)
        return Tally(counts, max(self.last, other.last), self.agencies | other.agencies)


def tallies(
    requests: pd.DataFrame, registers: Sequence[tuple[Register, Raw]], settings: Settings
) -> list[Tally]:
    """The requests counted by the register that leads each."""
    names = Distinct.of(requests["register"])
    leading = names.broadcast(names.values.str.split(schema.SEVERAL).str[0].astype("str"))
    later = measurable.after_log_end(requests, [register for register, _raw in registers])
    return [
        _tally(requests[rows], later[rows], observed_to(register, raw, settings))
        if len(registers) > 1
        else _tally(requests, later, observed_to(register, raw, settings))
        for register, raw in registers
        for rows in (leading.eq(register.name).to_numpy(dtype=bool),)
    ]


def _tally(requests: pd.DataFrame, later: np.ndarray, until: dt.date) -> Tally:
    cut, asked = pd.Timestamp(until), requests[schema.is_request(requests)]
    ended = asked["answered"].le(cut) | asked["closed"].le(cut)
    counts = measurable.counts(requests, later)
    counts |= {"asked": len(asked), "pending": int((~ended & asked["outcome"].isna()).sum())}
    counts |= {("filled", name): int(np.count_nonzero(requests[name].notna())) for name in schema.NAMES}
    # As numbers: what is missing is the least of them.
    days = (requests[stage].to_numpy().astype("datetime64[us]").view(np.int64) for stage in schema.STAGES)
    end = np.datetime64(until, "us").astype(np.int64)
    last = max(int(day[day <= end].max(initial=MISSING)) for day in days)
    return Tally(counts, last, frozenset(map(str, requests["agency"].dropna().unique())))


def summary(
    registers: Sequence[tuple[Register, Raw]],
    ends: Sequence[Ends],
    tallied: Sequence[Tally],
    settings: Settings,
) -> dict[str, Any]:
    """What summary.json holds, of requests `tallied` by register.

    rows read = requests + apart + copies + joined + merged + refused + not data, by register; anything else stops the
    run. `apart` are deportations and spontaneous information, which ask for nothing.
    """
    counts = sum(tallied, Tally()).counts
    return {
        "reporting_state": settings.reporting_state,
        "as_of": settings.as_of.isoformat(),
        "synthetic": settings.synthetic,
        "requests": counts["asked"],
        "apart": counts["rows"] - counts["asked"],
        "inputs": {register.name: list(raw.inputs) for register, raw in registers},
        "registers": [
            _register(register, raw, end, tally, settings)
            for (register, raw), end, tally in zip(registers, ends, tallied, strict=True)
        ],
        "coverage": {name: counts["filled", name] for name in schema.NAMES},
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """The account in words, one line a register, and its warnings."""
    said = []
    for account in summary["registers"]:
        said.append(rows_of(account, account["name"], SOME) + _not_data(account))
        said += [f"  {line}" for line in warnings(account)]
    for own in summary.get("beside", []):
        said.append(rows_of({**own, own["table"]: own["rows"]}, own["name"], ["copies"]))
    return said


def rows_of(account: Mapping[str, Any], name: str, optional: Sequence[str] = ENDS) -> str:
    """Where the rows of a register, so named, ended; of the `optional` ends only those that any has."""
    n = Counter({name: count for name, count in account.items() if isinstance(count, int)})
    terms = {
        "requests": _n("{n} request", "{n} requests", n["requests"]),
        "assets": _n("{n} asset", "{n} assets", n["assets"]),
        "persons": _n("{n} person", "{n} persons", n["persons"]),
        "apart": _("{n} counted apart", n=n["apart"]),
        "copies": _n("{n} copy", "{n} copies", n["copies"]),
        "joined": _("{n} joined", n=n["joined"]),
        "merged": _("{n} in other registers", n=n["merged"]),
        "refused": _("{n} refused", n=n["refused"]),
        "not_data": _("{n} not data", n=n["not_data"]),
    }
    sums = " + ".join(text for end, text in terms.items() if n[end] or end in {*account} - {*optional})
    return _("{name}: {read} rows read = {sums}", name=name, read=account["read"], sums=sums)


def warnings(account: dict[str, Any]) -> list[str]:
    """What must be known about a register, in the language in use, from its account in summary.json."""
    found = [_undecided(account), *measurable.lines(account), *_too_many(account)]
    last, until = account["last_event"], account["observed_to"]
    if last and (dt.date.fromisoformat(until) - dt.date.fromisoformat(last)).days > SILENT:
        found.append(
            _(
                "Its last event is of {last}. If it is complete only to that time, say so as `log_end`: what is "
                "pending is counted up to {until}.",
                last=day(last),
                until=day(until),
            )
        )
    if account["requests"] and not account["pending"]:
        found.append(_("Not one of its requests is pending: are rows entered only when a request is closed?"))
    if account["log_start"] is None:
        found.append(_("It does not say from when it was kept: give `log_start`."))
    notes = {
        "encoding": _("Its encoding was guessed ({name}); give it as `encoding`.", name=account["encoding"]),
        "quotes": _("Its quotation marks do not pair; it was read line by line."),
        "hidden": _(
            "Its hidden sheets were not read; name them as `sheets` in its mapping if they should be."
        ),
        "merged": _("Cells merged over several rows were given to each of the rows."),
    }
    found += [notes[note] for note in account["notes"] if note in notes]
    if left := account["sheets_left"]:
        found.append(
            _n(
                "Sheet {sheets} holds no table of requests, and was not read.",
                "Sheets {sheets} hold no table of requests, and were not read.",
                len(left),
                sheets=", ".join(map(str, left)),
            )
        )
    if n := account["struck_rows"]:
        found.append(_n("{n} row is struck out, and counted.", "{n} rows are struck out, and counted.", n))
    if n := account["short_rows"]:
        found.append(
            _n("{n} row has fewer cells than the header.", "{n} rows have fewer cells than the header.", n)
        )
    return [line for line in found if line]


def _too_many(account: dict[str, Any]) -> list[str]:
    """Requests that are probably written twice, and those that no measure counts."""
    said = []
    if n := account["too_many"]:
        said.append(
            _n(
                "{n} of its requests may be one too many: it is probably written twice.",
                "{n} of its requests may be too many: they are probably written twice.",
                n,
            )
        )
    if n := account["after_log_end"]:
        said.append(
            _n(
                "{n} request is later than its `log_end`, and in no measure.",
                "{n} requests are later than its `log_end`, and in no measure.",
                n,
            )
        )
    return said


def _undecided(account: dict[str, Any]) -> str:
    """In one line what is to be asked about rows of one reference, with both totals."""
    said, asked, requests = [], account["undecided"], account["requests"]
    if asked:
        said.append(
            _(
                "Undecided: {references} references stand on {rows} rows that differ in {columns}: {requests} requests, "
                "or {fewer} if these are rows of one. Say `one_row_per` in its mapping.",
                references=asked["references"],
                rows=asked["rows"],
                columns=", ".join(asked["columns"]),
                requests=requests,
                fewer=requests - asked["fewer"],
            )
        )
    if n := account["carried_over"]:
        said.append(
            _(
                "Carried over from sheet to sheet: {requests} requests, or {more} if each row is one; say "
                '`one_row_per = "request"` in its mapping then.',
                requests=requests,
                more=requests + n,
            )
        )
    if n := account["continuing"]:
        said.append(
            _n(
                "{n} row continues the row above it and was refused; say `one_row_per` in its mapping.",
                "{n} rows continue the row above them and were refused; say `one_row_per` in its mapping.",
                n,
            )
        )
    if account["counting"]:
        said.append(
            _(
                "It counts its rows in: {columns}. That tells no two rows apart.",
                columns=", ".join(account["counting"]),
            )
        )
    return " ".join(said)


def _not_data(account: dict[str, Any]) -> str:
    """What the rows were that are no data; a header alone goes without saying."""
    reasons = account["not_data_reasons"]
    if not set(reasons) - {"header"}:
        return ""
    words = (
        f"{reasons[rule]} {label('not_data', rule)}" for rule in vocab.codes("not_data") if rule in reasons
    )
    return f" ({', '.join(words)})"


def _register(
    register: Register,
    raw: Raw,
    ends: Ends,
    tally: Tally,
    settings: Settings,
) -> dict[str, Any]:
    until, counts = observed_to(register, raw, settings), tally.counts
    last = None
    if tally.last != MISSING:
        last = np.datetime64(tally.last, "us").astype("datetime64[D]").item()
    account: dict[str, Any] = {
        "name": register.name,
        "agency": next(iter(tally.agencies)) if len(tally.agencies) == 1 else None,
        "read": raw.read,
        "requests": counts["asked"],
        "apart": counts["rows"] - counts["asked"],
        "copies": ends.repeats.copies,
        "joined": ends.repeats.joined,
        "merged": ends.merged,
        "refused": ends.refused,
        "not_data": sum(raw.not_data.values()),
        "not_data_reasons": dict(sorted(raw.not_data.items())),
        "log_start": register.log_start.isoformat() if register.log_start else None,
        "log_end": register.log_end.isoformat() if register.log_end else None,
        "observed_to": until.isoformat(),
        "pending": counts["pending"],
        "last_event": last.isoformat() if last else None,
        "encoding": raw.encoding,
        "notes": list(raw.notes),
        "not_data_rows": {name: list(numbers) for name, numbers in sorted(raw.not_data_rows.items())},
        "sheets_left": list(raw.left),
        "struck_rows": sum(remark.rule == "struck_out" for remark in raw.remarks),
        "short_rows": sum(remark.rule == "row_too_short" for remark in raw.remarks),
        "too_many": ends.too_many,
        "after_log_end": counts["later"],
        "unmeasured": measurable.unmeasured(counts, ends.repeats.asked),
        "undecided": ends.repeats.undecided,
        "carried_over": ends.repeats.carried_over,
        "continuing": sum(remark.rule == "continues_above" for remark in raw.refused),
        "counting": list(ends.repeats.counting),
    }
    if account["read"] != sum(int(account[end]) for end in ENDS):
        raise MlaStatsError(
            f"Register {register.name}: {account['read']} rows were read, and "
            + ", ".join(f"{account[end]} {end.replace('_', ' ')}" for end in ENDS)
            + ". A row is lost or counted twice; nothing was written. This is a fault of mlastats: report it."
        )
    return account
