"""Groups: the columns by which a measure is given, and their levels, so that none is lost.

A level is what the whole table holds, whether or not a request of it counts; what is not recorded
is the level `unrecorded`. A column that is categorical keeps its own levels.
"""

from collections.abc import Sequence

import pandas as pd

from mlastats import schema, vocab
from mlastats.errors import one_of

UNRECORDED = "unrecorded"
DERIVED = ("year", "partner_group", "asean")


def keys(by: str | Sequence[str]) -> list[str]:
    """The columns of a measure's frame: direction first, then those asked for, each once."""
    asked = [by] if isinstance(by, str) else list(by)
    for name in asked:
        one_of("by", name, (*schema.NAMES, *DERIVED))
    return list(dict.fromkeys(["direction", *asked]))


def grouped(requests: pd.DataFrame, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """The grouping columns of each request as categories, with every level of the table."""
    return pd.DataFrame({name: _levels(name, _column(requests, name)) for name in keys(by)})


def _column(requests: pd.DataFrame, name: str) -> pd.Series:
    if name == "year":
        on = schema.requested_on(requests)
        return on.dt.strftime("%Y").where(on.notna())
    if name == "asean" and name not in requests:
        return requests["asean_partner"].map({True: "asean", False: "non_asean"})
    if name == "partner_group":
        return vocab.partner_group(requests["partner"], schema.requested_on(requests))
    return requests[name]


def _levels(name: str, values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        seen = [str(level) for level in values.cat.categories]
    elif name == "year":
        years = values.dropna().astype(int)
        seen = [str(year) for year in range(years.min(), years.max() + 1)] if len(years) else []
    else:
        seen = _in_order(name, set(values.dropna().astype(str)))
    text = values.astype("str").where(values.notna(), UNRECORDED)
    more = [UNRECORDED] if text.eq(UNRECORDED).any() and UNRECORDED not in seen else []
    return pd.Series(pd.Categorical(text, categories=seen + more), index=values.index)


def _in_order(name: str, seen: set[str]) -> list[str]:
    """Codes in the order of their vocabulary, what it does not know after them."""
    vocabulary = next((c.vocabulary for c in schema.COLUMNS if c.name == name), name)
    known = [code for code in vocab.codes(vocabulary) if code in seen] if vocabulary else []
    return known + sorted(seen - set(known))
