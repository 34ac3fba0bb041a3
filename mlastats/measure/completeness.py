"""How much of what a register should record it does record."""

import pandas as pd

from mlastats import schema
from mlastats.measure.contract import measure

# What a measure needs; each is looked for only in the requests of which it can be expected.
FIELDS = (
    "direction",
    "partner",
    "kind",
    "channel",
    "offence",
    "legal_basis",
    "requested_on",
    "ended_on",
    "outcome",
    "refusal_ground",
)
# What a register may keep beside that, and what assessors ask for.
MORE = (
    "assistance",
    "urgent",
    "deadline",
    "supplements",
    "returned_cause",
    "persons",
    "entered_on",
)
# Kinds of which measures are asked for; of a person sought, of a prisoner or of proceedings none is.
WITH_ASSISTANCE = ("mla", "asset_recovery", "joint_investigation", "information")


@measure
def completeness(requests: pd.DataFrame, by: str, fields: tuple[str, ...] = FIELDS) -> pd.DataFrame:
    """The share of requests for which each field is filled: one row a field and level of `by`.

    Columns `by` ("register", "year" opened, or a column of the schema), `field`, `expected` (requests
    of which it can be expected), `filled`, `share`. The day a request ended is expected where an
    outcome is recorded, an outcome where it ended, a ground where it was refused, a cause where it was returned,
    the assistance of kinds that have one. A request that several registers hold counts for the first. Groups with
    nothing expected stay, without a share.

    >>> measure.completeness.completeness(requests, "agency").columns.tolist()
    ['agency', 'field', 'expected', 'filled', 'share']
    """
    levels = _levels(requests, by)
    found = []
    for name in fields:
        outcome = requests["outcome"].notna() & requests["outcome"].ne("unrecorded")
        conditions = {
            "ended_on": outcome,
            "outcome": _filled(requests, "ended_on"),
            "refusal_ground": requests["outcome"].eq("refused").fillna(False),
            "returned_cause": requests["outcome"].eq("returned").fillna(False),
            "assistance": requests["kind"].isin(WITH_ASSISTANCE),
        }
        expected = conditions.get(name, pd.Series(True, index=requests.index)).astype(bool)
        marks = {"level": levels, "expected": expected, "filled": expected & _filled(requests, name)}
        found.append(pd.DataFrame(marks).groupby("level").sum().assign(field=name))
    table = pd.concat(found).rename_axis(by).reset_index()
    table["share"] = (table["filled"] / table["expected"].where(table["expected"].gt(0))).astype("float64")
    return table[[by, "field", "expected", "filled", "share"]]


@measure
def kept(requests: pd.DataFrame) -> pd.DataFrame:
    """Which register keeps what beside the rest: `completeness` by register of the fields `MORE`, of the requests that
    one register alone holds; of others it cannot be told which of them keeps it.

    >>> table = measure.completeness.kept(requests)
    >>> table.loc[table["field"].eq("supplements"), ["register", "filled"]].values.tolist()
    [['mofa', 0], ['moj', 0], ['mps', 0], ['ospp', 313]]
    """
    alone = ~requests["register"].str.contains(schema.SEVERAL, regex=False)
    return completeness(requests[alone], "register", MORE)


@measure
def coverage(requests: pd.DataFrame) -> pd.DataFrame:
    """The share of all fields together, by agency and year opened: `agency year expected filled share`.

    `expected` and `filled` are sums over the fields of `completeness`. Every agency has every year.

    >>> measure.completeness.coverage(requests).columns.tolist()
    ['agency', 'year', 'expected', 'filled', 'share']
    """
    agency = _levels(requests, "agency")
    years = sorted(_levels(requests, "year").unique())
    parts = []
    for code in sorted(agency.unique()):
        sums = completeness(requests[agency.eq(code)], "year").groupby("year")[["expected", "filled"]].sum()
        parts.append(sums.reindex(years, fill_value=0).rename_axis("year").reset_index().assign(agency=code))
    columns = ["agency", "year", "expected", "filled"]
    table = pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)
    share = table["filled"] / table["expected"].where(table["expected"].gt(0))
    return table.assign(share=share.astype("float64")).reset_index(drop=True)


def _levels(requests: pd.DataFrame, by: str) -> pd.Series:
    if by == "year":
        year = schema.requested_on(requests).dt.year
        return year.astype("Int64").astype("str").mask(year.isna(), "unrecorded")
    return requests[by].fillna("unrecorded").str.split(schema.SEVERAL).str[0]


def _filled(requests: pd.DataFrame, name: str) -> pd.Series:
    if name == "requested_on":
        return schema.requested_on(requests).notna()
    if name == "ended_on":
        return requests["answered"].notna() | requests["closed"].notna()
    return requests[name].notna()
