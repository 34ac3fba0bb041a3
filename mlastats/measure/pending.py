"""What is still pending: how many, how old, and which are the oldest.

The age of a pending request is the duration from its start to the cut, in the clock's days. Pending
requests without a start date have no age and are among the undated.
"""

import datetime as dt
import itertools
from collections.abc import Sequence

import pandas as pd

from mlastats.measure.clocks import Clock
from mlastats.measure.durations import PENDING, durations
from mlastats.measure.groups import grouped, keys

BANDS = (0, 30, 90, 180, 365, 730)


def band_names(bands: Sequence[int] = BANDS) -> list[str]:
    """The bands of age as codes: "0-29", ..., "730+"."""
    closed = [f"{low}-{high - 1}" for low, high in itertools.pairwise(bands)]
    return [*closed, f"{bands[-1]}+"]


def ages(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    clock: str | Clock = "answer",
) -> pd.DataFrame:
    """Age of what is pending: `direction`, the columns of `by`, `pending median_age oldest_age`.

    Ages in days; missing where nothing is pending.
    """
    cases = pending_cases(requests, by, as_of=as_of, clock=clock)
    age = cases.groupby(keys(by), observed=False)["age"]
    table = {"pending": age.size(), "median_age": age.median(), "oldest_age": age.max()}
    return pd.DataFrame(table).reset_index()


def age_bands(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    clock: str | Clock = "answer",
) -> pd.DataFrame:
    """Pending requests by band of age: `direction`, the columns of `by`, `age_band pending`.

    Every band stands for every group, with 0 where nothing is that old.
    """
    cases = pending_cases(requests, by, as_of=as_of, clock=clock)
    cut = pd.cut(cases["age"].astype(float), [*BANDS, float("inf")], right=False, labels=band_names())
    groups = cases.assign(age_band=cut).groupby([*keys(by), "age_band"], observed=False)
    return groups.size().rename("pending").reset_index()


def oldest(requests: pd.DataFrame, n: int = 10, *, as_of: dt.date | str) -> pd.DataFrame:
    """The n oldest pending requests of each direction: `direction request_id kind partner agency
    channel start age`, oldest first. For internal readers."""
    shown = ["request_id", "kind", "partner", "agency", "channel"]
    cases = pending_cases(requests, as_of=as_of).join(requests[shown])
    ordered = cases.sort_values(["direction", "age", "request_id"], ascending=[True, False, True])
    top = ordered.groupby("direction", observed=True).head(n)
    return top[["direction", *shown, "start", "age"]].reset_index(drop=True)


def pending_cases(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    clock: str | Clock = "answer",
) -> pd.DataFrame:
    """The pending requests with their grouping columns, `start` and `age`."""
    measured = durations(requests, as_of=as_of, clock=clock)
    cases = grouped(requests, by).assign(start=measured["start"], age=measured["days"])
    return cases[measured["status"].eq(PENDING)]
