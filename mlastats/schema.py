"""The requests table: the one contract between cleaning and measuring.

One row a request. docs/data-dictionary.md is written from `COLUMNS`; nothing else defines a column.
Text is pandas' `str`, dates are `datetime64[us]` at midnight, missing is missing. A column that
allows several codes holds them sorted and joined by ";".
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats import vocab
from mlastats.errors import InputRejected

if TYPE_CHECKING:
    import pandas as pd

STAGES = (
    "drafted",
    "sent",
    "received",
    "acknowledged",
    "info_requested",
    "info_supplied",
    "forwarded",
    "executed",
    "answered",
    "closed",
)
# Days beside the stages: of these only a day in full is a day.
DAYS = ("deadline", "entered_on")
SEVERAL = ";"
SPONTANEOUS = "spontaneous"


@dataclass(frozen=True)
class Column:
    """A column of the requests table; `vocabulary` names the code list its values come from."""

    name: str
    dtype: str
    meaning: str
    vocabulary: str = ""
    several: bool = False
    unit: str = ""


COLUMNS: tuple[Column, ...] = (
    Column("request_id", "str", "The reference as written in the register, trimmed"),
    Column(
        "register", "str", "Configured name of the register, or of each that holds the request", several=True
    ),
    Column("source_row", "str", "Row as a spreadsheet numbers it, one for each register", several=True),
    Column("linked_request_id", "str", "Reference of the request that this one follows or belongs to"),
    Column("observed_from", "datetime64[us]", "Day from which the register was kept"),
    Column("observed_to", "datetime64[us]", "Day to which the register is complete"),
    Column("reporting_state", "str", "State whose authorities kept the register", "partner"),
    Column("direction", "str", "Incoming: asked of us; outgoing: asked by us", "direction"),
    Column("partner", "str", "The other side: ISO 3166-1 alpha-3, or a code of the vocabulary", "partner"),
    Column("partner_part", "str", "Part of the partner that has no code of its own", "partner_part"),
    Column(
        "partner_kind",
        "str",
        "What the partner is: state, territory, organisation or provider",
        "partner_kind",
    ),
    Column("agency", "str", "Own authority that handles the request", "agency"),
    Column("asean_partner", "boolean", "Partner was a member of ASEAN at the date of the request"),
    Column("kind", "str", "What is asked for", "kind"),
    Column("assistance", "str", "The measures asked for", "assistance", several=True),
    Column("is_enquiry", "boolean", "An enquiry before a request, not a request"),
    Column("is_spontaneous", "boolean", "Information that nobody had asked for, not a request"),
    Column("offence", "str", "Offence, by crime type", "offence", several=True),
    Column("legal_basis", "str", "Treaty or rule the request rests on", "legal_basis", several=True),
    Column("urgent", "boolean", "Marked as urgent"),
    Column("deadline", "datetime64[us]", "Day by which an answer was asked for"),
    Column("persons", "Int64", "Persons concerned", unit="persons"),
    Column("supplements", "Int64", "How often further information was asked for", unit="times"),
    Column("channel", "str", "Ways by which the request went", "channel", several=True),
    Column("formality", "str", "Formal if any of its channels is", "formality"),
    *(
        column
        for stage in STAGES
        for column in (
            Column(stage, "datetime64[us]", f"Day on which the request was {stage.replace('_', ' ')}"),
            Column(f"{stage}_precision", "str", f"How exactly `{stage}` is known", "precision"),
        )
    ),
    Column("entered_on", "datetime64[us]", "Day on which it was written into the register"),
    Column("outcome", "str", "How the request ended", "outcome"),
    Column("refusal_ground", "str", "Ground of a refusal", "refusal_ground"),
    Column("returned_cause", "str", "What a returned request lacked", "returned_cause", several=True),
    Column(
        "probable_duplicate",
        "boolean",
        "Probably one request with another of the table",
        "probable_duplicate",
    ),
)
NAMES = tuple(column.name for column in COLUMNS)
NUMBERS = tuple(column.name for column in COLUMNS if column.dtype == "Int64")


def _day(name: str, meaning: str) -> tuple[Column, Column]:
    exactly = Column(f"{name}_precision", "str", f"How exactly `{name}` is known", "precision")
    return Column(name, "datetime64[us]", meaning), exactly


_OWN = (
    Column("request_id", "str", "Reference of the request that it belongs to, as the request has it"),
    Column("register", "str", "Configured name of the register that has the row"),
    Column("source_row", "str", "Row as a spreadsheet numbers it"),
)
# Beside the requests, where registers have them: a row an asset and measure, and a row a person.
ASSETS: tuple[Column, ...] = (
    *_OWN,
    Column("asset", "str", "The asset's own number in its register"),
    Column("measure", "str", "What was done with it", "measure"),
    *_day("on", "Day of the measure"),
    Column(
        "amount",
        "float64",
        "Its value; missing where it is not recorded or not understood",
        unit="`currency`",
    ),
    Column(
        "currency", "str", "ISO 4217 code of the amount's currency; missing where that is open", "currency"
    ),
    Column("approximate", "boolean", "The amount is said to be about so much"),
    Column("asset_kind", "str", "What it is", "asset_kind"),
    Column("legal_basis", "str", "Treaty or rule the measure rests on", "legal_basis", several=True),
    Column("counterpart", "str", "The state with which it is shared, or to which it is returned", "partner"),
)
PERSONS: tuple[Column, ...] = (
    *_OWN,
    Column("role", "str", "What the person is in the case", "role"),
    Column("own_national", "boolean", "A national of the state that was asked"),
    Column("sought_for", "str", "For what the person is sought", "sought_for"),
    *_day("located", "Day on which the person was found"),
    *_day("arrested", "Day of the arrest"),
    Column("consented", "boolean", "The person consented to be surrendered"),
    *_day("decided", "Day of the decision on surrender"),
    *_day("surrendered", "Day of the surrender"),
    Column("outcome", "str", "How it ended for the person", "outcome"),
    Column("refusal_ground", "str", "Ground of a refusal", "refusal_ground"),
)
BESIDE = {"assets": ASSETS, "persons": PERSONS}
TABLES = {"requests": COLUMNS, **BESIDE}
# The kinds of arrays (numpy.dtype.kind) in which a column of each type may be held: categories are objects.
KINDS = {"str": "OU", "datetime64[us]": "M", "boolean": "bO", "Int64": "iu"}


def conform(requests: "pd.DataFrame", coded: bool = False, table: str = "requests") -> "pd.DataFrame":
    """The frame with every column of the schema, in its order and type; what is absent is missing.

    Columns that the schema does not know are left out: they never leave the raw files. With `coded`,
    text that is categorical stays so. `table` is that of TABLES which it is.
    """
    import pandas as pd
    import pyarrow as pa

    # One missing column of each type serves all: pandas copies on writing.
    kinds = {column.dtype for column in TABLES[table]} - {"str"}
    missing = {dtype: pd.Series(index=requests.index, dtype=dtype) for dtype in kinds}
    blank = pd.array(pa.nulls(len(requests), pa.large_string()), dtype="str")
    missing["str"] = pd.Series(blank, requests.index)
    columns = {
        column.name: missing[column.dtype]
        if column.name not in requests
        else requests[column.name]
        if coded and isinstance(requests[column.name].dtype, pd.CategoricalDtype)
        else requests[column.name].astype(column.dtype)
        for column in TABLES[table]
    }
    return pd.DataFrame(columns, requests.index, copy=False)


def read(source: Path, table: str = "requests") -> "pd.DataFrame":
    """The requests table that `mlastats clean` wrote to a file (requests.parquet), or in parts to a folder of this name; or
    one of those beside it, which is empty where no register has it."""
    import pandas as pd

    if table != "requests" and not source.is_file():
        return conform(pd.DataFrame(), table=table)

    if not source.exists():
        raise InputRejected(f"There is no cleaned table {source.name}. Run `mlastats clean` first.")
    try:
        # Opened once: a table that is replaced meanwhile is read as it was, not half of each.
        with contextlib.ExitStack() as opened:
            files = [opened.enter_context(path.open("rb")) for path in parts(source)]
            return conform(pd.concat(map(pd.read_parquet, files), ignore_index=True), table=table)
    except (OSError, ValueError) as cause:
        raise InputRejected(
            f"{source.name} cannot be read as a requests table. Run `mlastats clean` to make it anew."
        ) from cause


def parts(source: Path) -> list[Path]:
    """The files of a table, in the order of their rows: one, or those of its folder."""
    return sorted(source.glob("part-*.parquet")) if source.is_dir() else [source]


def check(requests: object) -> None:
    """Raise InputRejected unless this is a requests table: each column, in its type, each row once."""
    import pandas as pd

    if not isinstance(requests, pd.DataFrame):
        raise InputRejected(
            f"A measure takes the requests table, as mlastats.load_requests() gives it; got a {type(requests).__name__}."
        )
    kinds = {name: dtype.kind for name, dtype in zip(requests, requests.dtypes, strict=True)}
    if lacking := [name for name in NAMES if name not in kinds]:
        raise InputRejected(
            f"The requests table lacks {len(lacking)} of its columns: {', '.join(lacking[:5])}. A measure takes them all: "
            "choose rows, not columns."
        )
    others = [column.name for column in COLUMNS if kinds[column.name] not in KINDS[column.dtype]]
    if others and len(requests):
        raise InputRejected(
            f"{len(others)} columns of the requests table are of another type, as {others[0]}: it was read from a file that "
            "keeps none, as CSV. `mlastats.schema.conform(table)` gives each its own; Parquet keeps them."
        )
    check_rows(requests.index)


def check_rows(index: "pd.Index") -> None:
    """Raise InputRejected unless each row of a table is there once."""
    if not index.is_unique:
        raise InputRejected(
            "Rows of the requests table have the same index: tables were put together, or a row was taken twice. Put "
            "tables together with pd.concat([...], ignore_index=True), and each request once."
        )


def requested_on(requests: "pd.DataFrame") -> "pd.Series":
    """The date of each request: received for incoming, sent for outgoing; direction missing:
    received, else sent. Missing where that date is not recorded."""
    outgoing = requests["direction"].eq("outgoing").fillna(False)
    unknown = requests["direction"].isna()
    day = requests["received"].where(~outgoing, requests["sent"])
    return day.where(~(unknown & day.isna()), requests["sent"]).rename("requested_on")


def is_request(requests: "pd.DataFrame") -> "pd.Series":
    """Whether a row asks another state for something: a deportation is the act of one state, and spontaneous
    information asks for nothing. Both are counted apart, and have no answer to wait for."""
    import numpy as np
    import pandas as pd

    strands = {code: row.get("strand") for code, row in vocab.codes("kind").items()}
    asks_nothing = {
        "kind": lambda kind: strands.get(kind) == "none",
        "channel": lambda channel: SPONTANEOUS in channel.split(SEVERAL),
    }
    asks = ~requests["is_spontaneous"].fillna(False).to_numpy(dtype=bool)
    for name, none in asks_nothing.items():
        places, values = vocab.places_of(requests[name])
        # Place -1, what is not recorded, takes the last.
        asks &= ~np.array([*map(none, values), False])[places]
    return pd.Series(asks, requests.index)
