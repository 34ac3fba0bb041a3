"""What stands in registers beside requests: deportations and spontaneous information, counted apart."""

import numpy as np
import pandas as pd

from mlastats.measure.groups import UNRECORDED
from mlastats.schema import is_request, requested_on

APART = ("deportation", "spontaneous")


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a requests table that are no request: `direction year apart entries`. `apart` is "deportation", or
    "spontaneous" for information that nobody had asked for; `year` that of the day they stand under."""
    groups = entries(rows[~is_request(rows)])
    return groups.groupby([*groups]).size().rename("entries").reset_index()


def entries(others: pd.DataFrame) -> pd.DataFrame:
    """Of each row that is no request its `direction year apart`."""
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
