"""The tables of a return, and the one place that says what is in them.

Each is tidy: a row a cell, with the columns of `Cube.columns`. MEASURE and TIME_PERIOD are the last dimensions. A value
that is missing says why:

- nil is 0, with the status "A"
- not collected: the status "M" (the register does not record it)
- not submitted: the status "L" (it was asked for, and nothing was said)
- not known: the status "O" (too few at risk for the figure, or the share is not reached)
- withheld: CONF_STATUS "C"

CONF_STATUS is "N" where a value is not for publication, "F" where it is free. Codes are those of the vocabularies; what is
not recorded is `_X`, what is not applicable `_Z`, all together `_T`, all others `_O`, several codes of one request
`several`. The letters are those of SDMX's lists, where M is "data cannot exist", L "data exist but were not collected" (by
the receiver, then), and O "missing value".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from mlastats import vocab
from mlastats.measure.clocks import CLOCKS
from mlastats.measure.completeness import FIELDS

OWNER, VERSION = "MLASTATS", "1.0"
TOTAL, UNKNOWN, NOT_APPLICABLE, SEVERAL_CODES, OTHER = "_T", "_X", "_Z", "several", "_O"
COMMON = {
    TOTAL: "All",
    UNKNOWN: "Not recorded",
    NOT_APPLICABLE: "Not applicable",
    SEVERAL_CODES: "Several",
    OTHER: "Other",
}
GIVEN, NOT_COLLECTED, NOT_SUBMITTED, NOT_KNOWN = "A", "M", "L", "O"
OBS_STATUS = {
    GIVEN: "Given",
    NOT_COLLECTED: "Not collected",
    NOT_SUBMITTED: "Not submitted",
    NOT_KNOWN: "Not known",
}
FREE, RESTRICTED, WITHHELD = "F", "N", "C"
CONF_STATUS = {FREE: "Free", RESTRICTED: "Not for publication", WITHHELD: "Withheld"}
VALUE = ("OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "CELL_KEY")
MODES = ("trusted", "sealed", "banded")
# What a sealed return has under masks.
MASKED = ("FLOW", "DURATION")
EVENTS = ("entered", "pending", "answered", "ended_otherwise", "undated", "unobserved")
# Coarse on purpose: mirror tables of fine kinds would compare habits of coding.
KIND_M = {
    "mla": "legal_assistance",
    "joint_investigation": "legal_assistance",
    "transfer_of_proceedings": "legal_assistance",
    "extradition": "surrender",
    "handover": "surrender",
    "transfer_of_prisoner": "surrender",
    "information": "police_information",
    "asset_recovery": "assets",
}


@dataclass(frozen=True)
class Cube:
    """A table of a return; `dtype` is that of its values: counts, amounts and days, or codes. What it is about is its label
    in vocab/cube.csv."""

    name: str
    own: tuple[str, ...]
    measures: tuple[str, ...]
    dtype: str = "Int64"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What tells its cells apart."""
        return ("REF_AREA", *self.own, "MEASURE", "TIME_PERIOD")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of its frame."""
        return (*self.dimensions, *VALUE)

    def finished(self, table: pd.DataFrame, state: str, period: str, **given: object) -> pd.DataFrame:
        """A frame with every column in its order and type, its rows in order; `given` fills columns that are not there."""
        whole: dict[str, object] = {"REF_AREA": state, "TIME_PERIOD": period, "CELL_KEY": pd.NA}
        whole |= {"OBS_STATUS": GIVEN, "CONF_STATUS": RESTRICTED, **given}
        table = table.assign(**{name: value for name, value in whole.items() if name not in table})
        text = {name: "str" for name in self.columns if name not in ("OBS_VALUE", "CELL_KEY")}
        table = table[list(self.columns)].astype({**text, "CELL_KEY": "UInt64"})
        if str(table["OBS_VALUE"].dtype) != "UInt64":  # the masked values of a sealed return keep their type
            table["OBS_VALUE"] = table["OBS_VALUE"].astype(self.dtype)
        return table.sort_values(list(self.dimensions), ignore_index=True, key=_in_order)

    def said(self, state: str, period: str, **given: object) -> pd.DataFrame:
        """One row for each measure that says a thing of the whole cube: nil, not collected, not submitted, withheld."""
        table = pd.DataFrame(dict.fromkeys(self.own, TOTAL) | {"MEASURE": list(self.measures)})
        return self.finished(table.assign(**{"OBS_VALUE": pd.NA, **given}), state, period)


def _in_order(column: pd.Series) -> pd.Series:
    """Days in their order as numbers, all else as text."""
    return column.str.zfill(7) if column.name == "DAY" else column


_FLOWS = ("open_start", "opened", "answered", "ended_otherwise", "ended_undated", "open_end")
_HEADS = (
    "requests",
    "answered",
    "ended_otherwise",
    "pending",
    "undated",
    "median",
    "median_lower",
    "median_upper",
)
CUBES = {
    cube.name: cube
    for cube in (
        Cube("FLOW", ("COUNTERPART_AREA", "DIRECTION", "KIND"), _FLOWS),
        Cube(
            *("OUTCOME", ("DIRECTION", "KIND", "BASIS", "OUTCOME", "GROUND", "COHORT")),
            ("requests", "matters", "persons"),
        ),
        Cube("DURATION", ("DIRECTION", "KIND", "CHANNEL", "CLOCK", "COHORT", "EVENT", "DAY"), ("requests",)),
        Cube("MIRROR", ("COUNTERPART_AREA", "DIRECTION", "KIND_M", "DATE_BASIS"), ("requests",)),
        Cube("ASSET", ("COUNTERPART_AREA", "ASSET_MEASURE", "CURRENCY"), ("number", "amount"), "Float64"),
        Cube("COVERAGE", ("AGENCY", "FIELD"), ("expected", "filled")),
        Cube("HEADLINE", ("DIRECTION", "STRAND", "ANSWER_IS", "ENQUIRIES", "DAYS"), _HEADS, "Float64"),
        Cube("CONCEPT", ("CONCEPT",), ("choice",), "str"),
    )
}


@dataclass(frozen=True)
class Header:
    """Whose return it is. `mode` is one of MODES; `agreed`, of a sealed one, says round, members and grid."""

    state: str
    period: str
    version: int
    mode: str
    as_of: str
    reason: str = ""
    synthetic: bool = False
    contact: str = ""
    made_by: str = ""
    agreed: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The stem of its files: LAO_2025_v1, or LAO_2025_banded_v1 of another mode than trusted. Each mode has versions of
        its own: of two files of one name the secret one could be taken for the other."""
        mode = "" if self.mode == MODES[0] else f"_{self.mode}"
        return f"{self.state}_{self.period}{mode}_v{self.version}"

    @property
    def secret(self) -> bool:
        """Whether it is case data still."""
        return self.mode == "trusted"


@dataclass(frozen=True)
class Return:
    """A return: its header, its cubes by name, and the hash that a director signs (of the manifest)."""

    header: Header
    cubes: Mapping[str, pd.DataFrame]
    digest: str = ""

    def says_the_same(self, other: "Return") -> bool:
        """Whether both have the same cells, in whatever file they came."""
        alike = all(self.cubes[name].equals(other.cubes[name]) for name in CUBES)
        return alike and self.header.agreed == other.header.agreed


def codes_of(dimension: str) -> dict[str, str] | None:
    """The codes of a dimension with their labels; None where it has no list."""
    named: dict[str, Iterable[str]] = {
        "EVENT": EVENTS,
        "CLOCK": CLOCKS,
        "FIELD": FIELDS,
        "KIND_M": sorted(set(KIND_M.values())),
        "DATE_BASIS": ("sent", "received"),
        "ANSWER_IS": ("answered", "executed"),
        "ENQUIRIES": ("in", "out"),
        "DAYS": ("calendar", "working"),
    }
    if dimension in named:
        own = {code: code.replace("_", " ").capitalize() for code in named[dimension]}
    elif dimension in VOCABULARY:
        own = {code: row["label"] for code, row in vocab.codes(VOCABULARY[dimension]).items()}
        own |= {"pending": "Pending", "undated": "Undated"} if dimension == "OUTCOME" else {}
    else:
        return None
    return own | COMMON


VOCABULARY = {
    "REF_AREA": "partner",
    "COUNTERPART_AREA": "partner",
    "DIRECTION": "direction",
    "KIND": "kind",
    "BASIS": "legal_basis",
    "OUTCOME": "outcome",
    "GROUND": "refusal_ground",
    "CHANNEL": "channel",
    "STRAND": "strand",
    "CONCEPT": "concept",
    "ASSET_MEASURE": "measure",
}


def status(table: pd.DataFrame) -> pd.Series:
    """What each cell of a cube says: given, nil, not_collected, not_submitted, not_known or withheld.

    >>> from mlastats.region.cube import CUBES, status
    >>> status(CUBES["ASSET"].said("LAO", "2025", OBS_STATUS="M")).tolist()
    ['not_collected', 'not_collected']
    """
    words = {NOT_COLLECTED: "not_collected", NOT_SUBMITTED: "not_submitted", NOT_KNOWN: "not_known"}
    said = table["OBS_STATUS"].map(words).fillna("given").astype("str")
    nil = pd.to_numeric(table["OBS_VALUE"], errors="coerce").eq(0).fillna(False)
    return said.mask(nil & said.eq("given"), "nil").mask(table["CONF_STATUS"].eq(WITHHELD), "withheld")
