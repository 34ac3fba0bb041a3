"""Matters: a chain of linked requests is one matter, whatever number of contacts it took."""

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.measure.clocks import ENDED, moment
from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import last_day, outcome_known
from mlastats.measure.table_cache import once_a_table
from mlastats.parts import Parts

END = ("answered", "answered_precision", "closed", "closed_precision", "outcome", "refusal_ground")


@once_a_table(keep=1)
def matter_of(requests: pd.DataFrame) -> pd.Series:
    """The matter of each request: a number, the same for the requests of one chain.

    A request belongs with the one that its `linked_request_id` names, and so on up to the root: a
    request that links to none. Requests linked to a reference that is in no register belong together.
    References are compared as written. One that several requests carry is followed where just one of
    them is in the register of the request that links to it; else it cannot be told which is meant,
    and it is not followed. A request without links is a matter of its own, and so is each without a
    reference; a circle is one matter. Matters are numbered in the order of their first rows.

    >>> int(measure.matters.matter_of(requests).nunique())
    1451
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    target = _targets(requests)
    linking = np.flatnonzero(target >= 0)
    size = max(len(requests), target.max(initial=-1) + 1)
    links = coo_array((np.ones(len(linking)), (linking, target[linking])), shape=(size, size))
    chain = connected_components(links, directed=False)[1] if size else np.array([], dtype=int)
    numbers = pd.factorize(chain[: len(requests)])[0]
    return pd.Series(numbers, index=requests.index, name="matter", dtype="int64")


@measure
@once_a_table(keep=1)
def matters(requests: pd.DataFrame, *, as_of: Day | None = None) -> pd.DataFrame:
    """One row a matter, with the columns of the requests table, then `requests`: how many it has.

    A matter has the values of its first request, by date (of those without one, the first row), and
    the end of the one that ended last: `answered`, `closed`, `outcome` and `refusal_ground`. While one
    of its requests is open it has no end. So every measure of requests is one of matters too. The
    index is the number that `matter_of` gives. With `as_of`, requests made after it are left out.

    >>> len(measure.matters.matters(requests, as_of="2026-09-30"))
    1451
    """
    if as_of is not None:
        requests = requests[~schema.requested_on(requests).gt(last_day(as_of))]
    matter = matter_of(requests)
    first = _first(requests, matter, schema.requested_on(requests), "first")
    end = moment(requests, ENDED)["day"]
    ending = _first(requests[list(END)], matter, end, "last")
    still = (end.isna() & ~outcome_known(requests)).groupby(matter).any()
    ending.loc[still] = pd.NA
    own = schema.conform(ending)[list(END)]
    table = first.assign(**own) if isinstance(first, Parts) else schema.conform(first.assign(**own))
    return table.assign(requests=matter.value_counts().sort_index())


def _first(requests: pd.DataFrame, matter: pd.Series, day: pd.Series, which: str) -> pd.DataFrame:
    """The row of each matter that comes first, or last, by a date; rows without one are neither."""
    rows = pd.DataFrame({"matter": matter.to_numpy(), "day": day.to_numpy()})
    empty = "last" if which == "first" else "first"
    rows = rows.sort_values(["matter", "day"], kind="stable", na_position=empty)
    kept = rows.drop_duplicates("matter", keep=which)
    return requests.iloc[kept.index].set_axis(pd.Index(kept["matter"], name="matter"), axis=0)


def _targets(requests: pd.DataFrame) -> np.ndarray:
    """The row that each request links to; a number beyond the last row for a reference in no register;
    -1 for no link."""
    count = len(requests)
    codes, names = pd.factorize(pd.concat([requests["request_id"], requests["linked_request_id"]]))
    ids, links = codes[:count], codes[count:]
    # A row for each register that holds a request.
    text, registers = pd.factorize(requests["register"].fillna(""))
    parts = pd.Series(registers).str.split(schema.SEVERAL).explode()
    each = pd.DataFrame({"text": parts.index, "register": pd.factorize(parts)[0]})
    held = pd.DataFrame({"row": np.arange(count), "text": text}).merge(each, on="text")
    row, own = held["row"].to_numpy(), held["register"].to_numpy() * len(names)
    within = _sole(own + ids[row], row, ids[row] >= 0)
    anywhere = _sole(ids, np.arange(count), ids >= 0)
    linked = links[row] >= 0
    target = within.reindex((own + links[row])[linked]).set_axis(row[linked]).groupby(level=0).max()
    link = pd.Series(links[target.index], index=target.index)
    target = target.fillna(link.map(anywhere)).fillna((count + link).where(~link.isin(ids)))
    found = np.full(count, -1)
    found[target.index] = target.fillna(-1)
    return found


def _sole(names: np.ndarray, rows: np.ndarray, named: np.ndarray) -> pd.Series:
    """The row of each name that a single row carries."""
    carried = pd.Series(rows[named], index=names[named])
    return carried[~carried.index.duplicated(keep=False)]
