"""Groups: the columns by which a measure is given, and their levels, so that none is lost.

A level is what the whole table holds, whether or not a request of it counts; what is not recorded
is the level `unrecorded`. A column that is categorical keeps its own levels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.errors import one_of
from mlastats.measure.contract import By
from mlastats.measure.intervals import share

UNRECORDED = "unrecorded"
# What tells requests apart, or when something happened, is no group.
COLUMNS = tuple(
    column.name
    for column in schema.COLUMNS
    if (column.vocabulary not in ("", "precision") or column.dtype == "boolean" or column.name == "register")
)
DERIVED = ("year", "partner_group", "asean", "strand")
# The levels of `asean`, by whether the partner is a member, and of `urgent`.
MEMBER = {True: "asean", False: "non_asean"}
URGENT = {True: "true", False: "false"}


def keys(by: By) -> list[str]:
    """The columns of a measure's frame: direction first, then those asked for, each once."""
    asked = [by] if isinstance(by, str) else list(by)
    for name in asked:
        one_of("by", name, (*COLUMNS, *DERIVED))
    return list(dict.fromkeys(["direction", *asked]))


def grouped(requests: pd.DataFrame, by: By = ()) -> pd.DataFrame:
    """The grouping columns of each request as categories, with every level of the table."""
    return pd.DataFrame({name: _levels(name, _column(requests, name)) for name in keys(by)})


def of_request(rows: pd.DataFrame, requests: pd.DataFrame, column: str = "direction") -> pd.Series:
    """What the request of each row beside the requests has in a column; `unrecorded` where that is not known, or where
    several requests have the reference."""
    own = requests[["request_id", column]].drop_duplicates("request_id", keep=False)
    own = own.set_index("request_id")[column]
    return rows["request_id"].map(own).fillna(UNRECORDED).astype("str")


def tally(
    cases: pd.DataFrame, names: Sequence[str], marks: Mapping[str, Any], **shares: tuple[str, str]
) -> pd.DataFrame:
    """How many cases of each group bear each mark: a column of counts a mark, a row for each group, those
    without a case too.

    A mark is true or false for each case, or for all. A keyword names the share of one column of counts in
    another, `formal_share=("formal", "known")`, and gives its limits too (`intervals.share`).
    """
    groups = [cases[name] for name in names]
    table = pd.DataFrame(dict(marks), index=cases.index).groupby(groups, observed=False).sum()
    return table.join([share(table, part, whole, name) for name, (part, whole) in shares.items()])


def one_code_each(requests: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """A row for each code of the columns of `by` that hold several: a request counts once under each of its codes."""
    for name in (column.name for column in schema.COLUMNS if column.several and column.name in by):
        each = codes_of(requests[name])
        requests = requests.iloc[each.index].set_axis(pd.RangeIndex(len(each)), axis=0)
        requests = requests.assign(**{name: each.array})
    return requests


def codes_of(column: pd.Series) -> pd.Series:
    """Each code of a column that holds several, under the place of its row; where none is recorded one that is missing."""
    places, distinct = vocab.places_of(column)
    # Place -1, what is not recorded, takes the last.
    several = [*(text.split(schema.SEVERAL) for text in distinct), [None]]
    sizes = np.array([len(codes) for codes in several])
    rows = np.repeat(np.arange(len(column)), sizes[places])
    first, first_of_row = np.cumsum(sizes) - sizes, np.cumsum(sizes[places]) - sizes[places]
    at = first[places][rows] + np.arange(len(rows)) - first_of_row[rows]
    every = pd.array([code for codes in several for code in codes], dtype="str")
    return pd.Series(every[at], index=rows)


def _column(requests: pd.DataFrame, name: str) -> pd.Series:
    if name == "year":
        return schema.requested_on(requests).dt.year.astype("Int64")
    if name == "asean" and name not in requests:
        return requests["asean_partner"].map(MEMBER)
    if name == "urgent" and not isinstance(requests[name].dtype, pd.CategoricalDtype):
        return requests[name].map(URGENT)
    if name == "strand":
        return requests["kind"].map(
            {code: row["strand"] or None for code, row in vocab.codes("kind").items()}
        )
    if name == "partner_group":
        return vocab.partner_group(requests["partner"], schema.requested_on(requests))
    return requests[name]


def _levels(name: str, values: pd.Series) -> pd.Series:
    """Each distinct value is looked at once, and each row takes the place of its value among the levels."""
    codes, distinct = vocab.places_of(values)
    text = distinct.astype("str")
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = list(text)
    elif name == "year":
        levels = [str(year) for year in range(min(distinct), max(distinct) + 1)] if len(distinct) else []
    else:
        # Codes in the order of their vocabulary, what it does not know after them.
        coded = {c.name: c.vocabulary for c in schema.COLUMNS} | {"urgent": "urgent"}
        vocabulary = coded.get(name, name)
        known = [code for code in vocab.codes(vocabulary) if code in set(text)] if vocabulary else []
        levels = [*known, *sorted(set(text) - set(known))]
    if (codes < 0).any() and UNRECORDED not in levels:
        levels.append(UNRECORDED)
    place = pd.Index(levels, dtype="str").get_indexer([*text, UNRECORDED])
    return pd.Series(pd.Categorical.from_codes(place[codes], categories=levels), index=values.index)
