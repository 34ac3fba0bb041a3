"""What each agency records, how that moves, and what recording one field more would make answerable."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from mlastats.measure.completeness import FIELDS, MORE, completeness
from mlastats.measure.contract import measure
from mlastats.measure.intervals import slope

# What is read of a field under another name.
ONE_FIELD = {
    "received": "requested_on",
    "sent": "requested_on",
    "requested": "requested_on",
    "answered": "ended_on",
}
ONE_FIELD |= {"closed": "ended_on", "ended": "ended_on", "status": "ended_on", "in_time": "deadline"}
ONE_FIELD |= {"strand": "kind", "partner_group": "partner"}


@measure
def scorecard(
    requests: pd.DataFrame, lines: Sequence[Collection[str]] = (), targets: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """A row an agency and field: `agency field expected filled share` (as `completeness` says), then

    `change lower upper p`: by how much the share moves a year (a weighted straight line, 95%, from five years on); `target`,
    the share that `targets` asks of the field; of `lines`, each the columns that one thing asked for needs, `needed`, how
    many need the field, and `unlocked`, how many more could be answered if the agency recorded it: those of which it
    records every other column, at least once, and not this one.

    >>> card = measure.scorecard.scorecard(requests, [{"legal_basis"}, {"legal_basis", "kind"}, {"partner"}])
    >>> card.loc[card["field"].eq("legal_basis"), ["agency", "needed", "unlocked"]].values.tolist()[0]
    ['mofa', 2, 0]
    """
    fields = (*FIELDS, *MORE)
    needs = [{ONE_FIELD.get(name, name) for name in line} for line in lines]
    asked = {} if targets is None else targets
    parts = []
    agencies = requests["agency"].fillna("unrecorded")
    for agency in sorted(agencies.unique()):
        rows = requests[agencies.eq(agency)]
        table = completeness(rows.assign(agency=agency), "agency", fields)
        years = completeness(rows, "year", fields)
        years = years[years["year"].ne("unrecorded")]
        trends = {field: slope(part["share"], part["expected"]) for field, part in years.groupby("field")}
        for name in ("change", "lower", "upper", "p"):
            table[name] = [getattr(trends[f], name) if f in trends else float("nan") for f in table["field"]]
        kept = set(table.loc[table["filled"].gt(0), "field"])
        table["target"] = table["field"].map(dict(asked)).astype(float)
        table["needed"] = [sum(field in line for line in needs) for field in table["field"]]
        table["unlocked"] = [sum(line - kept == {field} for line in needs) for field in table["field"]]
        parts.append(table)
    return pd.concat(parts, ignore_index=True)
