"""Outcomes: how requests end, and by when, with what is pending neither dropped nor a failure."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from mlastats import vocab
from mlastats.measure.clocks import moment
from mlastats.measure.curves import few_at_risk
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.durations import PENDING, UNDATED, cut_of
from mlastats.measure.groups import UNRECORDED, grouped, keys
from mlastats.measure.intervals import share
from mlastats.measure.turnaround import timed_cases

OPEN = (PENDING, UNDATED)
LIMITS = ["share", "lower", "upper"]


def outcomes(
    requests: pd.DataFrame,
    by: str | Sequence[str] = (),
    *,
    as_of: dt.date | str,
    days: int = 365,
    every: int = 1,
) -> pd.DataFrame:
    """How requests have ended: `direction`, the columns of `by`, `outcome`, then

    - `requests` so far with this outcome, of `whole`. `outcome` is a code of the vocabulary,
      "unrecorded" (ended, nobody wrote down how), "pending" or "undated"; of a group they add up to
      `whole`
    - `share lower upper`: the share of all requests that have ended so within `days` of the request,
      the cumulative incidence (Aalen and Johansen; 95%, log-log); for "pending" the share still open
      after `days`. The shares of a group add up to 1. They are missing where fewer than 10 were still
      under observation on that day and an open request was cut before it (`note` "few_at_risk"), and
      for "undated", which no curve holds. `every` as in `DayCounts.thinned`; above 1 each share is that
      of an earlier day, and "pending" is not made less by it, so that they add up to 1 or more.
    """
    groups = keys(by)
    cases = timed_cases(requests, groups, as_of=as_of)
    cases["outcome"] = _outcome(requests.loc[cases.index, "outcome"], cases)
    counts = cases.groupby([*groups, "outcome"], observed=False).size().rename("requests")
    table = pd.DataFrame(counts).join(_shares(cases, groups, days, every))
    table["whole"] = table.groupby(groups, observed=False)["requests"].transform("sum")
    few = few_at_risk(cases, groups, days)
    table = table.reset_index().merge(few.rename("few").reset_index(), on=groups, how="left")
    known = table["outcome"].ne(UNDATED) & ~table["few"].eq(True) & table["whole"].gt(0)
    table["share"] = table["share"].fillna(0.0)
    table[LIMITS] = table[LIMITS].where(known)
    table["note"] = table["few"].eq(True).map({True: "few_at_risk", False: ""})
    return table[[*groups, "outcome", "requests", "whole", *LIMITS, "note"]]


def incidence(requests: pd.DataFrame, by: str | Sequence[str] = (), *, as_of: dt.date | str) -> pd.DataFrame:
    """The share of all requests that have ended so, by day: `direction`, the columns of `by`,
    `outcome day share lower upper` (Aalen and Johansen; 95%, log-log).

    Of one group and day the shares of the outcomes and the share still open add up to 1.
    """
    groups = keys(by)
    cases = timed_cases(requests, groups, as_of=as_of)
    counted = _counted(cases, groups, requests["outcome"].fillna(UNRECORDED))
    table = counted.incidence().rename(columns={"cause": "outcome", "incidence": "share"})
    return table[[*groups, "outcome", "day", *LIMITS]]


def refusals(requests: pd.DataFrame, by: str | Sequence[str] = (), *, as_of: dt.date | str) -> pd.DataFrame:
    """The grounds of refusal: `direction`, the columns of `by`, `refusal_ground requests whole`, and
    the share of all refused with a Wilson interval, `share lower upper`.

    Every ground that the table holds stands for every group; a refusal without one is "unrecorded".
    """
    groups = keys([*keys(by), "refusal_ground"])
    ended = moment(requests, "answered")["first"].fillna(moment(requests, "closed")["first"])
    refused = requests["outcome"].eq("refused").fillna(False) & ~ended.gt(cut_of(requests, as_of))
    cases = grouped(requests[refused], groups)
    table = cases.groupby(groups, observed=False).size().rename("requests").reset_index()
    table["whole"] = table.groupby(groups[:-1], observed=False)["requests"].transform("sum")
    return table.join(share(table, "requests", "whole").set_axis(LIMITS, axis=1))


def _outcome(outcome: pd.Series, cases: pd.DataFrame) -> pd.Series:
    """The outcome of each request as a category: all that the vocabulary or the table has, and open."""
    held = outcome.fillna(UNRECORDED).mask(cases["status"].eq(PENDING), PENDING)
    held = held.mask(cases["status"].eq(UNDATED), UNDATED)
    known = [*vocab.codes("outcome"), UNRECORDED]
    more = sorted(set(held) - {*known, *OPEN})
    return pd.Series(pd.Categorical(held, list(dict.fromkeys([*known, *more, *OPEN]))), index=cases.index)


def _shares(cases: pd.DataFrame, by: list[str], days: int, every: int) -> pd.DataFrame:
    """The share that has ended so, and the share still open, `days` after the request."""
    curves = _counted(cases, by, cases["outcome"]).thinned(every).incidence()
    ended = _at(curves, [*by, "outcome"], days, "incidence")
    over = _counted(cases, by, pd.Series("over", index=cases.index)).thinned(every).survival()
    still = _at(over.assign(outcome=PENDING), [*by, "outcome"], days, "survival")
    groups = cases.loc[_timed(cases), by].drop_duplicates().assign(outcome=PENDING, share=1.0)
    everything = groups.astype("str").astype({"share": float}).set_index([*by, "outcome"])
    return pd.concat([ended, still.combine_first(everything)])[LIMITS]


def _at(curve: pd.DataFrame, by: list[str], days: int, value: str) -> pd.DataFrame:
    """Each curve on that day; one that has not moved by then has no row."""
    read = curve[curve["day"].le(days)].rename(columns={"cause": "outcome", value: "share"})
    return read.groupby(by, observed=True).tail(1).astype(dict.fromkeys(by, "str")).set_index(by)[LIMITS]


def _timed(cases: pd.DataFrame) -> pd.Series:
    return cases["days"].notna() & ~cases["unobserved"]


def _counted(cases: pd.DataFrame, by: list[str], label: pd.Series) -> DayCounts:
    """Counts by day with the outcome as the cause."""
    timed = cases[_timed(cases)]
    cause = label.loc[timed.index].astype(object).where(timed["cause"].notna())
    groups = timed[by].astype("str")
    return DayCounts.from_durations(timed["days"], cause, entry=timed["entry"], by=groups)
