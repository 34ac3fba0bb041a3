"""Channels: how much of co-operation is formal, how much informal, and by which way it went.

The unit is the request: each contact is one. A request that went by several channels is formal if
any of them is. What the register does not say is `unrecorded`; what is neither formal nor informal is
`not_applicable`; both stand in the table and outside the shares, whose whole is `known` = formal +
informal.
"""

import pandas as pd

from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import durations, last_day
from mlastats.measure.groups import UNRECORDED, codes_of, grouped, keys, tally
from mlastats.measure.intervals import share
from mlastats.measure.observation import observed_periods
from mlastats.measure.periods import calendar

FORMALITY = ("formal", "informal", "not_applicable", UNRECORDED)


@measure
def use(requests: pd.DataFrame, by: By = (), *, as_of: Day, span: str = "year") -> pd.DataFrame:
    """Formal and informal requests by direction, the columns of `by` and the period they were made in.

    Columns: `direction`, those of `by`, `period` (not with `span=""`, which takes all periods together),
    `requests` = `formal` + `informal` + `not_applicable` + `unrecorded`, `known` = formal + informal, and
    the share formal of these, `formal_share formal_share_lower formal_share_upper` (Wilson, 95%; missing
    where none is known). Requests are those that had begun by the cut, min(as_of, observed_to). A date
    too rough for the span is the period "unrecorded". Periods and groups without a request stay. `complete` (with a
    span) says whether every register of the direction was kept on all days of the period: only such periods can be
    compared, because what is not observed is not nought.

    >>> table = measure.channels.use(requests, "strand", as_of="2026-09-30", span="")
    >>> table.columns[:4].tolist()
    ['direction', 'strand', 'requests', 'formal']
    """
    names = keys(by)
    cases = begun(requests, by, as_of=as_of)
    if span:
        cases["period"] = _period(requests.loc[cases.index], as_of, span)
        names = [*names, "period"]
    said = requests.loc[cases.index, "formality"].fillna(UNRECORDED)
    marks = {"requests": True, **{code: said.eq(code) for code in FORMALITY}}
    marks["known"] = said.isin(["formal", "informal"])
    table = tally(cases, names, marks, formal_share=("formal", "known")).reset_index()
    if not span or table.empty:
        return table.assign(complete=False) if span else table
    parts = [
        observed_periods(requests.loc[cases.index[cases["direction"].eq(code)]], as_of=as_of, span=span)
        .assign(direction=code)
        .set_index(["direction", "period"])["complete"]
        for code in cases["direction"].cat.categories
    ]
    complete = table[["direction", "period"]].astype("str").join(pd.concat(parts), on=["direction", "period"])
    return table.assign(complete=complete["complete"].eq(True))


@measure
def by_channel(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """Requests by single channel; one that went by several is counted under each of them.

    Columns: `direction`, those of `by`, `channel`, `requests`, `several` (how many of these went by
    another channel too), `whole` (requests of the group, each once) and the share of these that went by
    the channel, `share share_lower share_upper` (Wilson); the shares of a group may add up to more than 1.

    >>> table = measure.channels.by_channel(requests, as_of="2026-09-30")
    >>> table.columns.tolist()
    ['direction', 'channel', 'requests', 'several', 'whole', 'share', 'share_lower', 'share_upper']
    """
    names = [*(name for name in keys(by) if name != "channel"), "channel"]
    asked = begun(requests, names[1:-1], as_of=as_of)
    codes = codes_of(requests["channel"])
    every = requests.iloc[codes.index].assign(channel=codes.array)
    each = grouped(every, names[1:]).assign(several=codes.index.duplicated(keep=False))
    each = each[each.index.isin(asked.index)]
    groups = each.groupby(names, observed=False)
    table = pd.DataFrame({"requests": groups.size(), "several": groups["several"].sum()}).reset_index()
    whole = asked.groupby(names[:-1], observed=False).size().rename("whole").reset_index()
    table = table.merge(whole, on=names[:-1], how="left")
    return table.join(share(table, "requests", "whole"))


@measure
def begun(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """The grouping columns of the requests that had begun by their cut, under their index.

    >>> len(measure.channels.begun(requests, as_of="2026-09-30"))
    1493
    """
    return grouped(requests, by)[durations(requests, as_of=as_of)["status"].notna()]


def _period(requests: pd.DataFrame, as_of: Day, span: str) -> pd.Series:
    """The period in which each request was made; what is known to the year is in no shorter one."""
    when = moment(requests, REQUESTED)
    day = when["day"].where(when["precision"].ne("year") | (span == "year"))
    first = day.min() if day.notna().any() else last_day(as_of)
    spans = calendar(first, max(last_day(as_of), first), span)
    place = spans["start"].searchsorted(day.fillna(first), side="right") - 1
    names = spans["period"].take(place).set_axis(requests.index, axis=0).where(day.notna(), UNRECORDED)
    more = [UNRECORDED] if day.isna().any() else []
    return pd.Series(pd.Categorical(names, categories=[*spans["period"], *more]), index=requests.index)
