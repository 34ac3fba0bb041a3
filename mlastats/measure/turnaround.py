"""How long requests take: answered, ended otherwise, pending and undated, never one without the others.

A quantile is the first day on which the share answered reaches it: the product limit, or the cumulative incidence of an
answer where requests end otherwise. Days are as the clock counts them, shares between 0 and 1. `by` names columns of the
requests table, or `year` (the calendar year in which the request was opened: a cohort) and `partner_group`; the levels of a
group are those of the whole table, and what is not recorded is the level "unrecorded".
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mlastats.measure.beta_product import NEAR
from mlastats.measure.clocks import Clock, as_clock
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts, quantile_columns
from mlastats.measure.daycounts import FEW, FEWEST, NONE
from mlastats.measure.durations import ANSWERED, PENDING, STATUSES, durations
from mlastats.measure.groups import grouped, keys, tally
from mlastats.measure.paces import slowest
from mlastats.measure.tally import numbered

STANDARD = ["standard_days", "with_standard", "within", "within_lower", "within_upper"]
STANDARD += ["within_rests_on", "within_note"]
TOO_APPROXIMATE = 0.05


@measure
def turnaround(
    requests: pd.DataFrame,
    by: By = (),
    *,
    as_of: Day,
    clock: str | Clock = "answer",
    standard_days: int | Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Turnaround by direction and the columns of `by`: one row a group, those with no request too.

    `clock`: a name of clocks.CLOCKS, or a `Clock` that stops while waiting or counts working days.

    - `requests` = `answered` + `ended_otherwise` + `pending` + `undated`; each request that has begun
      by its cut, min(as_of, observed_to), is in one of them, as `durations` says. Of the undated,
      `no_start` have no first date and `reversed` an impossible pair; of the others, `unobserved`
      were over before their register was kept and are in no curve.
    - `median_days lower upper p25 p75 p90` (95% interval, beta product). `median_note p25_note p75_note p90_note` say
      why one is missing: "none", "few_at_risk" (one request would weigh more than a tenth) or "not_reached";
      `median_rests_on` to `p90_rests_on`, on how many requests it rests; `known_to`, the last day on which one is given.
    - `closed_only_median`: the median of the answered alone, which looks better the more are stuck.
    - `pending_median_age`, `pending_oldest_age`: of what is pending, at the cut.
    - `approximate`: the share of dated requests with a date known to the month; above 5 % the median
      with these dates on the first and the last day of the month: `median_first_day`,
      `median_last_day`.
    - with `standard_days` (days, or a mapping of kind to days; a kind without one is left out):
      `standard_days`, the standard where the group has a single one; `with_standard`, the timed requests with
      one; `within within_lower within_upper`, their share answered on time, read from the curve (95%, beta product).
      A group with several standards takes the shares of its standards together, each weighted by its requests.
      `within_rests_on` and `within_note` as above; "no_standard" where none of its requests has one.

    >>> table = mlastats.turnaround(requests, "strand", as_of="2026-09-30")
    >>> table.loc[table["strand"].eq("police"), ["direction", "requests", "median_days"]].values.tolist()
    [['incoming', 517, 12.0], ['outgoing', 330, 26.0]]
    """
    by = keys(by)
    cases = timed_cases(requests, by, as_of=as_of, clock=clock)
    status, days = cases["status"], cases["days"].astype(float)
    marks = {"requests": True, **{code: status.eq(code) for code in STATUSES}}
    marks |= {name: cases[name] for name in ("no_start", "reversed", "unobserved")}
    groups = [cases[name] for name in by]
    pending = days.where(status.eq(PENDING)).groupby(groups, observed=False)
    rough = cases["approximate"].astype(float).where(days.notna())
    naive = {
        "closed_only_median": days.where(status.eq(ANSWERED)).groupby(groups, observed=False).median(),
        "pending_median_age": pending.median(),
        "pending_oldest_age": pending.max(),
        "approximate": rough.groupby(groups, observed=False).mean(),
    }
    table = pd.concat([tally(cases, by, marks), quantile_columns(cases, by), pd.DataFrame(naive)], axis=1)
    table = table.fillna({name: NONE for name in table if name.endswith("_note")})
    too_rough = table["approximate"].gt(TOO_APPROXIMATE)
    for reading in ("first", "last"):
        table[f"median_{reading}_day"] = float("nan")
        if too_rough.any():
            read = timed_cases(requests, by, as_of=as_of, clock=replace(as_clock(clock), months=reading))
            median = quantile_columns(read, by)["median_days"].reindex(table.index)
            table[f"median_{reading}_day"] = median.where(too_rough)
    if standard_days is not None:
        table = table.join(_within_standard(cases, by, requests["kind"], standard_days))
    return table.reset_index()


@measure
def compared(
    requests: pd.DataFrame, by: str, within: str = "", *, as_of: Day, clock: str | Clock = "answer"
) -> pd.DataFrame:
    """Which groups of `by` are slowest and which fastest, of each direction and each level of `within`: `direction`,
    those two, and the columns of `paces.slowest`.

    >>> measure.turnaround.compared(requests, "kind", as_of="2026-09-30").columns.tolist()
    ['direction', 'kind', 'answered', 'expected', 'p', 'slowest', 'fastest']
    """
    names = keys([within, by] if within else by)
    counts = day_counts(timed_cases(requests, names, as_of=as_of, clock=clock), names)
    sets, number = numbered(counts.groups[names[:-1]], len(counts.groups))
    parts = [slowest(counts.where(number == place)) for place in range(len(sets))]
    return pd.concat(parts, ignore_index=True) if parts else slowest(counts)


@measure
def timed_cases(
    requests: pd.DataFrame,
    by: By = (),
    *,
    as_of: Day,
    clock: str | Clock = "answer",
    since: Day | None = None,
) -> pd.DataFrame:
    """The requests in the measure, with their grouping columns and what `durations` says of each.

    >>> measure.turnaround.timed_cases(requests, "kind", as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'kind', 'start', 'end']
    """
    measured = durations(requests, as_of=as_of, clock=clock, since=since).drop(columns="direction")
    cases = pd.concat([grouped(requests, by), measured], axis=1)
    return cases[cases["status"].notna()]


def _within_standard(
    cases: pd.DataFrame, by: list[str], kinds: pd.Series, standard: int | Mapping[str, int]
) -> pd.DataFrame:
    """The columns STANDARD of `turnaround` under those of `by`."""
    of_kind = kinds.map(dict(standard)).astype("float64") if isinstance(standard, Mapping) else standard
    cases = cases.assign(standard=of_kind)
    counts = day_counts(cases[cases["standard"].notna()], [*by, "standard"])
    strata = counts.answered_within(counts.groups["standard"].to_numpy(), fewest=0).assign(
        size=counts.sizes()
    )
    weight = strata["size"] / strata.groupby(by)["size"].transform("sum")
    parts = strata[by].assign(
        with_standard=strata["size"],
        within=weight * strata["share"],
        within_lower=(weight * (strata["share"] - strata["lower"])) ** 2,
        within_upper=(weight * (strata["upper"] - strata["share"])) ** 2,
    )
    table = parts.groupby(by).sum()
    # The limits of a weighted sum from those of its parts (Zou and Donner 2008); of a single part they are its own.
    table["within_lower"] = table["within"] - np.sqrt(table["within_lower"])
    table["within_upper"] = table["within"] + np.sqrt(table["within_upper"])
    table["within_rests_on"] = (
        strata.assign(rests_on=strata["rests_on"] / weight).groupby(by)["rests_on"].min()
    )
    few = table["within_rests_on"].lt(FEWEST - NEAR)
    table[STANDARD[2:5]] = table[STANDARD[2:5]].mask(few)
    groups = strata.groupby(by)["standard"]
    table["standard_days"] = groups.first().where(groups.size().eq(1))
    table["within_note"] = few.map({True: FEW, False: ""})
    table = table.reindex(cases.groupby(by, observed=False).size().index)
    table["with_standard"] = table["with_standard"].fillna(0).astype("int64")
    table["within_note"] = table["within_note"].mask(table["with_standard"].eq(0), "no_standard")
    return table[STANDARD]
