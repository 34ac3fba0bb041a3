"""A mapping: what an analyst approved about how one register is to be read (a TOML file).

order = "dmy"                      # order of day and month: dmy, mdy, ymd
era = "buddhist"                   # gregorian, buddhist, roc
clock = "UTC"                      # zone of timestamps without an offset; days count in time_zone
suffixes = ["A", "AA"]             # letters behind a day that say nothing of it, as "9 Jun 2003 A"
exchanged = ["received"]           # columns in which a spreadsheet took the day for the month
sheets = [1, "2020-2026"]          # by place or name; all visible sheets if not given
header_row = 3                     # as the spreadsheet numbers it; 0 where there is none ("column 1", ...)
headings = ["partner"]             # what stands alone above requests, and is meant for them
hashed = ["request_id"]            # references replaced by a keyed hash
one_row_per = "offence"            # request, person, offence, asset, channel, other: what a row is

[columns]
"Date received" = "received"       # header -> column of the requests table
"Received on" = "received"         # the same column, where a sheet or file has another header
"Date" = "requested"               # received of what is incoming, sent of what is outgoing
"Year" = "closed.year"             # one date in three columns; so closed.month, closed.day

[constants]
direction = "incoming"             # this register is all incoming

[values.channel]
"Bag" = "diplomatic"               # what this register writes -> code; "" says nothing is recorded

decimal = ","                      # the sign before a fraction in amounts, where they leave it open

[[assets]]                         # columns that say something of an asset (or [[persons]], of a person)
columns = { "Value frozen" = "amount", "Frozen on" = "on" }
constants = { measure = "frozen", currency = "LAK" }
"""

import datetime as dt
import tomllib
import zoneinfo
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mlastats import decisions, schema, vocab
from mlastats.errors import InputRejected

IDENTITY = ("register", "source_row", "observed_from", "observed_to", "reporting_state")
DERIVED = ("partner_kind", "formality", "asean_partner", "probable_duplicate")
REFERENCES = ("request_id", "linked_request_id")
# The one date of a register of both directions: received of what is incoming, sent of what is outgoing.
REQUESTED = "requested"
READABLE = tuple(name for name in schema.NAMES if name not in (*IDENTITY, *DERIVED))
# What a header may be given to.
TARGETS = (*READABLE, REQUESTED)
# The same of every table: of one beside the requests, what cleaning does not find out itself.
TARGETS_OF = {"requests": TARGETS} | {
    table: tuple(
        column.name
        for column in schema.TABLES[table]
        if column.name not in (*IDENTITY, "approximate") and column.vocabulary != "precision"
    )
    for table in schema.BESIDE
}
DATES = (
    *schema.STAGES,
    *schema.DAYS,
    REQUESTED,
    *(c.name for table in (schema.ASSETS, schema.PERSONS) for c in table if c.dtype.startswith("datetime")),
)
# The parts of a date that may stand in columns of their own.
PARTS = ("year", "month", "day")
# The columns whose values a mapping may translate, with the vocabulary of each.
TRANSLATED = {
    column.name: column.vocabulary or column.name
    for table, columns in schema.TABLES.items()
    for column in columns
    if column.name in TARGETS_OF[table]
    and (column.vocabulary not in ("", "precision") or column.dtype == "boolean")
}


def word_key(column: str, register: str, written: str) -> str:
    """The key of the question of what a word means: a term means the same in every register, until it is said that it
    differs; a day or a number that cannot be read is that of its own register."""
    return decisions.of_word(column, "" if column in TRANSLATED else register, written)


class Beside(BaseModel):
    """Columns of a register of requests that say something of an asset, or of a person: header -> column, and what
    holds of all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str]
    constants: dict[str, str | int | bool | dt.date] = {}


class Mapping(BaseModel):
    """How one register is read; what is not given is found from the file itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Literal["requests", "assets", "persons"] = "requests"
    columns: dict[str, str] = {}
    constants: dict[str, str | int | bool | dt.date] = {}
    values: dict[str, dict[str, str]] = {}
    decimal: Literal[".", ","] | None = None
    assets: list[Beside] = []
    persons: list[Beside] = []
    order: Literal["dmy", "mdy", "ymd"] | None = None
    era: Literal["gregorian", "buddhist", "roc"] | None = None
    time_zone: str | None = None
    clock: str | None = None
    suffixes: list[str] = []
    exchanged: list[str] = []
    sheets: list[int | str] = []
    header_row: int | None = Field(None, ge=0)
    headings: list[Literal["partner", "direction", "agency", "kind"]] = []
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = None
    hashed: list[Literal["request_id", "linked_request_id"]] = []
    one_row_per: Literal["request", "person", "offence", "asset", "channel", "other"] | None = None
    # What was decided in a review: headers beside those that are known (blank: not read), which lines are the header
    # where it may have two, what rows are, by their keys, and the places of sheets that are not read.
    also: dict[str, str] = {}
    header_lines: Literal["both", "first", "second"] | None = None
    rows: dict[str, Literal["request", "note"]] = {}
    left: list[str] = []

    @property
    def holds_amounts(self) -> bool:
        """Whether numbers of it may be amounts of money."""
        return self.table == "assets" or bool(self.assets)

    @field_validator("columns", "constants", "values")
    @classmethod
    def _known(cls, given: dict[str, Any], info: Any) -> dict[str, Any]:
        names = list(given.values()) if info.field_name == "columns" else list(given)
        # What is translated may be of a table beside the requests.
        every = [name for some in TARGETS_OF.values() for name in some]
        targets = every if info.field_name == "values" else TARGETS_OF[info.data.get("table", "requests")]
        known = {*targets, *(f"{name}.{part}" for name in DATES for part in PARTS if name in targets)}
        unknown = [n for n, name in enumerate(names, 1) if name not in known]
        if unknown:
            allowed = ", ".join(dict.fromkeys(targets))
            raise ValueError(f"{_entries(unknown)}: no such column; allowed are {allowed}")
        return given

    @field_validator("assets", "persons")
    @classmethod
    def _of_its_table(cls, given: list[Beside], info: Any) -> list[Beside]:
        allowed = TARGETS_OF[info.field_name]
        names = [name for part in given for name in (*part.columns.values(), *part.constants)]
        if unknown := [n for n, name in enumerate(names, 1) if name not in allowed]:
            raise ValueError(_entries(unknown) + f": no such column; allowed are {', '.join(allowed)}")
        if any(len(set(part.columns.values())) < len(part.columns) for part in given):
            raise ValueError("one table gives two headers to one column; write a table for each")
        return given

    @field_validator("values")
    @classmethod
    def _translated(cls, given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for name, pairs in given.items():
            if name not in TRANSLATED:
                raise ValueError(f"{name}: its values are no codes; allowed are {', '.join(TRANSLATED)}")
            known = vocab.codes(TRANSLATED[name])
            several = any(column.name == name and column.several for column in schema.COLUMNS)
            codes = [code.split(schema.SEVERAL) if several else [code] for code in pairs.values()]
            unknown = [n for n, parts in enumerate(codes, 1) if not set(parts) <= {"", *known}]
            if unknown:
                allowed = ", ".join([*known][:20]) + (" ..." if len(known) > 20 else "")
                raise ValueError(f"{name}: {_entries(unknown)}: no such code; allowed are {allowed}")
        return given

    @field_validator("exchanged")
    @classmethod
    def _dates(cls, names: list[str]) -> list[str]:
        if not set(names) <= set(DATES):
            raise ValueError(f"only columns of dates; allowed are {', '.join(DATES)}")
        return names

    @field_validator("time_zone", "clock")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        if name is not None and name not in zoneinfo.available_timezones():
            raise ValueError('no such zone; give an IANA name such as "Asia/Vientiane"')
        return name


def load(path: str | Path, register: str = "", table: str = "requests") -> Mapping:
    """The mapping in the file `path`, of a register of a `table`. Raises InputRejected with every fault of it; a fault
    names the key, or the place of an entry, never what the register wrote."""
    of = f"The mapping of register {register}" if register else "The mapping"
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise InputRejected(
            f"{of} cannot be read ({type(cause).__name__}). Check that the file exists, is UTF-8 and may be read, "
            "or make one with `mlastats map`."
        ) from None
    except tomllib.TOMLDecodeError as cause:
        place = f" near line {cause.lineno}" if hasattr(cause, "lineno") else ""
        raise InputRejected(f"{of} is not valid TOML{place}. Headers with spaces need quotes.") from None
    if (own := given.get("table", table)) != table:
        raise InputRejected(
            f'{of} is that of a register of {own}. Write `table = "{own}"` to its [[registers]] in mlastats.toml.'
        )
    return check({**given, "table": table}, of)


def check(given: dict[str, Any], of: str = "The mapping") -> Mapping:
    """A mapping from plain values; every fault stands in one InputRejected."""
    try:
        return Mapping(**given)
    except ValidationError as cause:
        unknown = f"a key is not known; allowed are {', '.join(Mapping.model_fields)}"
        faults = "\n".join(
            f"  {unknown}"
            if error["type"] == "extra_forbidden"
            else f"  {error['loc'][0]}: {error['msg'].removeprefix('Value error, ')}"
            for error in cause.errors(include_input=False)
        )
    except TypeError:
        faults = "  keys must be words"
    raise InputRejected(f"{of} has faults:\n{faults}")


def _entries(places: list[int]) -> str:
    return ("entry " if len(places) == 1 else "entries ") + ", ".join(map(str, places))
