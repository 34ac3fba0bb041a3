"""What is still pending: how many, how old, and which are the oldest.

The age of a pending request is the duration from its start to the cut, in the clock's days. Pending
requests without a start date have no age and are among the undated.
"""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from mlastats.measure.clocks import Clock
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import PENDING, cut_of, durations
from mlastats.measure.groups import grouped, keys

BANDS = (0, 30, 90, 180, 365, 730)
# Days from which on a request has waited long; so late is also what nobody has set a standard for.
YEAR = 365


def band_names(bands: Sequence[int] = BANDS) -> list[str]:
    """The bands of age as codes: "0-29", ..., "730+".

    >>> measure.pending.band_names()
    ['0-29', '30-89', '90-179', '180-364', '365-729', '730+']
    """
    closed = [f"{low}-{high - 1}" for low, high in itertools.pairwise(bands)]
    return [*closed, f"{bands[-1]}+"]


@measure
def age_bands(
    requests: pd.DataFrame, by: By = (), *, as_of: Day, clock: str | Clock = "answer"
) -> pd.DataFrame:
    """Pending requests by band of age: `direction`, the columns of `by`, `age_band pending`.

    Every band stands for every group, with 0 where nothing is that old.

    >>> measure.pending.age_bands(requests, as_of="2026-09-30").values.tolist()[:2]
    [['incoming', '0-29', 3], ['incoming', '30-89', 9]]
    """
    cases = pending_cases(requests, by, as_of=as_of, clock=clock)
    cut = pd.cut(cases["age"].astype(float), [*BANDS, float("inf")], right=False, labels=band_names())
    groups = cases.assign(age_band=cut).groupby([*keys(by), "age_band"], observed=False)
    return groups.size().rename("pending").reset_index()


@measure
def oldest(requests: pd.DataFrame, n: int = 10, *, as_of: Day) -> pd.DataFrame:
    """The n oldest pending requests of each direction: `direction request_id kind partner agency
    channel probable_duplicate start age`, oldest first. For internal readers.

    >>> measure.pending.oldest(requests, 3, as_of="2026-09-30")["age"].tolist()
    [4631, 4542, 4415, 4576, 4507, 4371]
    """
    shown = ["request_id", "kind", "partner", "agency", "channel", "probable_duplicate"]
    cases = pending_cases(requests, as_of=as_of).join(requests[shown])
    ordered = cases.sort_values(["direction", "age", "request_id"], ascending=[True, False, True])
    top = ordered.groupby("direction", observed=True).head(n)
    coded = top["probable_duplicate"].map({True: "true", False: "false"})
    return top[["direction", *shown, "start", "age"]].assign(probable_duplicate=coded).reset_index(drop=True)


@measure
def overdue(
    requests: pd.DataFrame, standards: Mapping[str, int] | None = None, *, as_of: Day, since: Day
) -> pd.DataFrame:
    """What waits for longer than it should, by whom it is asked of, the oldest first: `direction partner agency overdue
    newly oldest`.

    Overdue is an incoming request that is pending for longer than the standard of its kind; an outgoing one, which our
    standard does not bind, and one of a kind without a standard, for 365 days or longer. `newly` became so after the day
    `since`; `oldest` is in days. For internal readers.

    >>> table = measure.pending.overdue(requests, {"mla": 180}, as_of="2026-09-30", since="2026-07-01")
    >>> table.columns.tolist()
    ['direction', 'partner', 'agency', 'overdue', 'newly', 'oldest']
    """
    cases = pending_cases(requests, ["partner", "agency"], as_of=as_of)
    own = requests["kind"].reindex(cases.index).map(dict(standards or {})).astype("float64")
    due = (own + 1).where(cases["direction"].eq("incoming")).fillna(YEAR)
    cut = cut_of(requests, as_of).reindex(cases.index)
    late = cases["age"].ge(due)
    turned = cases["age"] - (cut - pd.Timestamp(since)).dt.days < due
    groups = cases.assign(late=late, turned=turned & late)[late].groupby(
        ["direction", "partner", "agency"], observed=True
    )
    table = groups.agg(overdue=("late", "sum"), newly=("turned", "sum"), oldest=("age", "max")).reset_index()
    return table.sort_values(
        ["direction", "oldest"], ascending=[True, False], kind="stable", ignore_index=True
    )


@measure
def pending_cases(
    requests: pd.DataFrame, by: By = (), *, as_of: Day, clock: str | Clock = "answer"
) -> pd.DataFrame:
    """The pending requests with their grouping columns, `start` and `age`.

    >>> len(measure.pending.pending_cases(requests, as_of="2026-09-30"))
    210
    """
    measured = durations(requests, as_of=as_of, clock=clock)
    cases = grouped(requests, by).assign(start=measured["start"], age=measured["days"])
    return cases[measured["status"].eq(PENDING)]


@measure
def stock(requests: pd.DataFrame, by: By = (), *, as_of: Day, years: int = 10) -> pd.DataFrame:
    """What was open at the end of each of the last `years` years, a year before as_of and on it: `direction`, the
    columns of `by` (each with the row "all"), `on open long`; `long` has waited a year or longer.

    A day on which not every register of the table was kept is left out. Each request is looked at up to the last day of
    its register, so that `on` is as_of where a register ends a little before.

    >>> measure.pending.stock(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'open', 'long', 'on']
    """
    names, last = keys(by), pd.Timestamp(as_of).normalize()
    kept_from = requests["observed_from"].max()
    ends = [pd.Timestamp(year, 12, 31) for year in range(last.year - years, last.year)]
    days = sorted({day for day in [*ends, last - pd.DateOffset(years=1), last] if not day < kept_from})
    parts = []
    for day in days:
        cases = pending_cases(requests, by, as_of=day)
        counted = cases.assign(open=1, long=cases["age"].ge(YEAR).astype(int))
        for level in range(len(names)):
            group = [*names[: len(names) - level]]
            part = counted.groupby(group, observed=False)[["open", "long"]].sum().reset_index()
            parts.append(part.assign(**dict.fromkeys(names[len(group) :], "all"), on=day))
    if not parts:
        return pd.DataFrame(columns=[*names, "on", "open", "long"])
    table = pd.concat(parts, ignore_index=True)
    order = {name: [*grouped(requests, by)[name].cat.categories, "all"] for name in names}
    table = table.assign(
        **{name: pd.Categorical(table[name].astype(str), list(dict.fromkeys(order[name]))) for name in names}
    )
    return table.sort_values([*names, "on"], kind="stable").reset_index(drop=True)
