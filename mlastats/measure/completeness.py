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


@measure
def completeness(requests: pd.DataFrame, by: str) -> pd.DataFrame:
    """The share of requests for which each field is filled: one row a field and level of `by`.

    Columns `by` ("register", "year" opened, or a column of the schema), `field`, `expected` (requests
    of which it can be expected), `filled`, `share`. The day a request ended is expected where an
    outcome is recorded, an outcome where it ended, a ground where it was refused. A request that
    several registers hold counts for the first. Groups with nothing expected stay, without a share.

    >>> measure.completeness.completeness(requests, "agency").columns.tolist()
    ['agency', 'field', 'expected', 'filled', 'share']
    """
    levels = _levels(requests, by)
    found = []
    for name in FIELDS:
        expected = _expected(requests, name)
        marks = {"level": levels, "expected": expected, "filled": expected & _filled(requests, name)}
        found.append(pd.DataFrame(marks).groupby("level").sum().assign(field=name))
    table = pd.concat(found).rename_axis(by).reset_index()
    table["share"] = (table["filled"] / table["expected"].where(table["expected"].gt(0))).astype("float64")
    return table[[by, "field", "expected", "filled", "share"]]


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
    for code, part in requests.groupby(agency):
        sums = completeness(part, "year").groupby("year")[["expected", "filled"]].sum()
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


def _expected(requests: pd.DataFrame, name: str) -> pd.Series:
    outcome = requests["outcome"].notna() & requests["outcome"].ne("unrecorded")
    conditions = {
        "ended_on": outcome,
        "outcome": _filled(requests, "ended_on"),
        "refusal_ground": requests["outcome"].eq("refused").fillna(False),
    }
    return conditions.get(name, pd.Series(True, index=requests.index)).astype(bool)
