"""Outcomes: how requests end, and by when, with what is pending neither dropped nor a failure."""

import pandas as pd

from mlastats import vocab
from mlastats.measure.clocks import moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts
from mlastats.measure.daycounts import FEW
from mlastats.measure.durations import PENDING, UNCLEAR, UNDATED, cut_of
from mlastats.measure.groups import UNRECORDED, grouped, keys
from mlastats.measure.intervals import share
from mlastats.measure.turnaround import timed_cases

LIMITS = ["share", "lower", "upper"]


@measure
def outcomes(requests: pd.DataFrame, by: By = (), *, as_of: Day, days: int = 365) -> pd.DataFrame:
    """How requests have ended: `direction`, the columns of `by`, `outcome`, then

    - `requests` so far with this outcome, of `whole`. `outcome` is a code of the vocabulary,
      "unrecorded" (ended, nobody wrote down how), "pending" or "undated"; of a group they add up to
      `whole`
    - `share lower upper`: the share of all requests that have ended so within `days` of the request,
      the cumulative incidence (Aalen and Johansen; 95%, beta product); for "pending" the share still open
      after `days`. The shares of a group add up to 1. They are missing where one request weighs more than a
      tenth on a day up to it (`note` "few_at_risk"), and for "undated", which no curve holds.

    >>> measure.outcomes.outcomes(requests, as_of="2026-09-30", days=365).columns.tolist()
    ['direction', 'outcome', 'requests', 'whole', 'share', 'lower', 'upper', 'rests_on', 'note']
    """
    groups = keys(by)
    cases = timed_cases(requests, groups, as_of=as_of)
    held = requests.loc[cases.index, "outcome"].fillna(UNRECORDED)
    held = held.mask(cases["status"].eq(PENDING), PENDING).mask(cases["status"].eq(UNDATED), UNDATED)
    # What ended without being understood has no date: it is among the undated.
    known = [code for code in (*vocab.codes("outcome"), UNRECORDED) if code != UNCLEAR]
    known = list(dict.fromkeys([*known, *sorted(set(held.unique()) - {*known, PENDING, UNDATED})]))
    cases["outcome"] = pd.Categorical(held, [*known, PENDING, UNDATED])
    ends = day_counts(cases.assign(cause=held.where(cases["cause"].notna())), groups)
    # One that nobody came to is 0 as well, with an interval.
    shares = {code: ends.answered_within(days, causes=(code,)).set_index(groups) for code in known}
    over = ends.answered_within(days, causes=ends.causes).set_index(groups)
    limits = {"lower": 1 - over["upper"], "upper": 1 - over["lower"]}
    shares[PENDING] = over.assign(share=1 - over["share"], **limits)
    parts = [part.assign(outcome=code).set_index("outcome", append=True) for code, part in shares.items()]
    table = cases.groupby([*groups, "outcome"], observed=False).size().to_frame("requests")
    table = table.join(pd.concat(parts)[LIMITS])
    table["whole"] = table.groupby(groups, observed=False)["requests"].transform("sum")
    table = table.reset_index().join(
        over[["rests_on", "reason"]].rename(columns={"reason": "note"}), on=groups
    )
    table["note"] = table["note"].fillna("")
    followed = table["outcome"].ne(UNDATED) & table["note"].ne(FEW) & table["whole"].gt(0)
    table[LIMITS] = table[LIMITS].fillna({"share": 0.0}).where(followed)
    return table[[*groups, "outcome", "requests", "whole", *LIMITS, "rests_on", "note"]]


@measure
def refusals(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """The grounds of refusal: `direction`, the columns of `by`, `refusal_ground requests whole`, and
    the share of all refused with a Wilson interval, `share lower upper`.

    Every ground that the table holds stands for every group; a refusal without one is "unrecorded".

    >>> measure.outcomes.refusals(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'refusal_ground', 'requests', 'whole', 'share', 'lower', 'upper']
    """
    groups = keys([*keys(by), "refusal_ground"])
    ended = moment(requests, "answered")["first"].fillna(moment(requests, "closed")["first"])
    refused = requests["outcome"].eq("refused").fillna(False) & ~ended.gt(cut_of(requests, as_of))
    cases = grouped(requests[refused], groups)
    table = cases.groupby(groups, observed=False).size().rename("requests").reset_index()
    table["whole"] = table.groupby(groups[:-1], observed=False)["requests"].transform("sum")
    return table.join(share(table, "requests", "whole").set_axis(LIMITS, axis=1))
