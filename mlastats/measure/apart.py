"""What stands in registers beside requests: deportations and spontaneous information, counted apart."""

import numpy as np
import pandas as pd

from mlastats.measure.groups import UNRECORDED
from mlastats.schema import is_request, requested_on

APART = ("deportation", "spontaneous")


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a requests table that are no request: `direction year apart entries`. `apart` is "deportation", or
    "spontaneous" for information that nobody had asked for; `year` that of the day they stand under.

    >>> measure.apart.apart(page.apart).values.tolist()
    [['incoming', '2015', 'deportation', 7], ['incoming', '2016', 'deportation', 3], ['incoming', '2017',
    'deportation', 4], ['incoming', '2018', 'deportation', 2], ['incoming', '2019', 'deportation', 5],
    ['incoming', '2020', 'deportation', 2], ['incoming', '2021', 'deportation', 6], ['incoming', '2022',
    'deportation', 4], ['incoming', '2024', 'deportation', 3], ['incoming', '2025', 'deportation', 4],
    ['incoming', '2026', 'deportation', 3], ['incoming', '2026', 'spontaneous', 8]]
    """
    groups = entries(rows[~is_request(rows)])
    return groups.groupby([*groups]).size().rename("entries").reset_index()


def entries(others: pd.DataFrame) -> pd.DataFrame:
    """Of each row that is no request its `direction year apart`.

    >>> len(measure.apart.entries(page.apart)) == len(page.apart)
    True
    """
    deported = others["kind"].eq(APART[0]).fillna(False)
    year = requested_on(others).dt.year.astype("Int64").astype("str").replace("<NA>", UNRECORDED)
    return pd.DataFrame(
        {
            "direction": others["direction"].fillna(UNRECORDED).astype("str"),
            "year": year.fillna(UNRECORDED),
            "apart": np.where(deported, *APART),
        },
        index=others.index,
    )
