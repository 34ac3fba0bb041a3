"""Flow: what was open, what came, what ended, what is left; and whether that closes.

Period ratios describe a period's work, not the fate of the requests that came in it: they stand
beside the cohort measures of `turnaround`, never in their place.
"""

from itertools import product

import numpy as np
import pandas as pd

from mlastats.measure.clocks import ENDED, REQUESTED, moment
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.durations import WITHOUT_ANSWER, cut_of, durations, last_day, outcome_known
from mlastats.measure.groups import grouped, keys
from mlastats.measure.observation import LATE, ONE_DAY, observed_periods, window
from mlastats.measure.pending import YEAR

COUNTS = ["opening", "opened", "answered", "ended_otherwise", "ended", "undated", "closing", "difference"]
COLUMNS = [
    *("direction", "period", "start", "end", "first", "last", "days", "complete", *COUNTS),
    *("clearance_rate", "case_turnover", "disposition_days", "median_age", "oldest_age", "long"),
]


@measure
def flow(
    requests: pd.DataFrame, by: By = (), *, as_of: Day, span: str = "year", reporting_year: str = "calendar"
) -> pd.DataFrame:
    """Stock and flow of requests by direction, `by` and period, up to as_of.

    `first` and `last` are the days of the period between which every register of the direction was kept, `days` how
    many these are, `complete` whether they are all of its days. What is counted lies between them; where there is no
    such day every number is missing, because what is not observed is not zero.

    Counts, each from the dates themselves: `opening` open on the day before `first`, `opened` begun
    up to `last`, `ended` (`answered` + `ended_otherwise`) and `closing` open on `last`. `undated` began, and ended on
    a day that nobody wrote down. `difference` = opening + opened - ended - undated - closing; what makes it differ
    is an end without a start (ended, never opened), or before it. Month dates count as the 15th, year dates as 1 July.

    Ratios: `clearance_rate` = ended / opened (1 is 100 %); `case_turnover` = ended / closing;
    `disposition_days` = days x closing / ended (CEPEJ: 183 pending and 329 resolved in 365 days give
    203.02 days). Missing where the denominator is 0. `median_age`, `oldest_age` of `closing`, in days; `long`, how many
    of these have been open for 365 days or more.

    >>> table = measure.flow.flow(requests, as_of="2026-09-30")
    >>> table.loc[table["period"].eq("2025"), ["direction", "opened", "ended"]].values.tolist()
    [['incoming', 88.0, 84.0], ['outgoing', 86.0, 56.0]]
    """
    cases = flowing(requests, as_of)
    groups, columns = keys(by), [*keys(by), *COLUMNS[1:]]
    if cases.empty:
        return pd.DataFrame(columns=columns)
    since, parts = cases["seen"].min(), []
    levels = grouped(requests, by).loc[cases.index, groups[1:]]
    for code in cases["direction"].cat.categories:
        part = cases[cases["direction"].eq(code)]
        held = requests.loc[part.index]
        spans = observed_periods(held, as_of=as_of, span=span, reporting_year=reporting_year, since=since)
        kept = window(held, as_of=as_of)
        texts = levels.loc[part.index].astype("str")
        for group in product(*(levels[name].cat.categories for name in groups[1:])):
            own = spans.assign(**dict(zip(groups, (code, *group), strict=True)))
            parts.append(_counts(part[texts.eq(list(group)).all(axis=1)], own, *kept))
    table = _ratios(pd.concat(parts, ignore_index=True))
    return table.astype({"direction": cases["direction"].dtype, **levels.dtypes})[columns]


@measure
def beyond(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """What moved after the last day that every register of a direction reaches, in those that reach further: a row a
    direction, as `flow` has it but without ratios, whose `closing` is what is pending on each register's own last day.

    Nothing is counted of the others in that time, so that it is no period: it takes the stock of a common day to the one
    that every other table gives. Directions of which all registers end on one day have no row. `late` says whether one
    ended more than 45 days before as_of: then the stock stands for the common day.

    >>> table = measure.flow.beyond(requests, as_of="2026-09-30")
    >>> table.columns[:4].tolist()
    ['direction', 'period', 'start', 'end']
    """
    cases, parts = flowing(requests, as_of), []
    for code in cases["direction"].cat.categories if len(cases) else ():
        part = cases[cases["direction"].eq(code)]
        began, ended = window(requests.loc[part.index], as_of=as_of)
        reach = part["known"].max()
        if not began <= ended < reach:
            continue
        first = ended + ONE_DAY
        span = {"direction": code, "period": "", "start": first, "end": reach, "first": first, "last": reach}
        span |= {"days": (reach - ended).days, "complete": False, "late": last_day(as_of) - ended > LATE}
        parts.append(_counts(part, pd.DataFrame([span]), began, reach))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "late"])
    return _ratios(table)[
        [*COLUMNS[: COLUMNS.index("clearance_rate")], "median_age", "oldest_age", "long", "late"]
    ]


@measure
def flowing(requests: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """What flow needs of each request that exists at its cut; an end after the cut is none.

    `seen` is the day from which the request could be counted, `lost` says that it ended on a day
    that nobody wrote down.

    >>> measure.flow.flowing(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'start', 'end', 'known', 'seen', 'otherwise', 'lost']
    """
    known = cut_of(requests, as_of)
    start, end = moment(requests, REQUESTED)["day"], moment(requests, ENDED)["day"]
    cases = grouped(requests).assign(start=start, end=end.where(end.le(known)), known=known)
    cases["seen"] = requests["observed_from"].fillna(start).fillna(end)
    cases["otherwise"] = requests["outcome"].isin(WITHOUT_ANSWER)
    cases["lost"] = outcome_known(requests) & end.isna()
    return cases[durations(requests, as_of=as_of)["status"].notna() & cases["seen"].le(known)]


def _counts(
    cases: pd.DataFrame, spans: pd.DataFrame, began: pd.Timestamp, ended: pd.Timestamp
) -> pd.DataFrame:
    """The counts of one direction in each period, in one pass over its requests.

    What is open is kept by the day on which it began: in each period some enter, and those leave that have both
    begun and ended by then.
    """
    start, end = (cases[name].to_numpy("datetime64[D]") for name in ("start", "end"))
    edges = pd.concat([spans["start"].iloc[:1] - ONE_DAY, spans["end"]])
    edges = edges.clip(lower=began - ONE_DAY, upper=max(ended, began - ONE_DAY)).to_numpy("datetime64[D]")

    def in_each(days: np.ndarray) -> np.ndarray:
        return np.bincount(edges.searchsorted(days[~np.isnat(days)]), minlength=len(edges))[1 : len(edges)]

    otherwise = cases["otherwise"].to_numpy(bool)
    answered, ended_otherwise = in_each(end[~otherwise]), in_each(end[otherwise])
    lost = cases["lost"].to_numpy(bool)
    held = ~lost & ~np.isnat(start)
    begun, place = np.unique(start[held], return_inverse=True)
    entered, left = (edges.searchsorted(day[held]) for day in (start, np.maximum(start, end)))
    cells = (len(edges) + 1, len(begun))
    moved = [np.bincount(period * len(begun) + place, minlength=np.prod(cells)) for period in (entered, left)]
    still = (moved[0] - moved[1]).reshape(cells).cumsum(axis=0)[:-1]
    ages = [
        (day - np.repeat(begun, row)).astype(float) for day, row in zip(edges[1:], still[1:], strict=True)
    ]
    counts = {
        "opening": still[:-1].sum(axis=1),
        "opened": in_each(start),
        "answered": answered,
        "ended_otherwise": ended_otherwise,
        "ended": answered + ended_otherwise,
        "undated": in_each(start[lost]),
        "closing": still[1:].sum(axis=1),
    }
    counts["long"] = [int((age >= YEAR).sum()) for age in ages]
    counts["median_age"] = [np.median(age) if len(age) else np.nan for age in ages]
    counts["oldest_age"] = [age.max() if len(age) else np.nan for age in ages]
    seen = spans["days"].gt(0).all()
    table = pd.DataFrame(counts, index=spans.index)
    return spans.join(table if seen else table.where(spans["days"].gt(0)).astype("Float64"))


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    opened, ended, closing = (table[name].where(table[name] > 0) for name in ("opened", "ended", "closing"))
    return table.assign(
        difference=table["opening"] + table["opened"] - table["ended"] - table["undated"] - table["closing"],
        clearance_rate=table["ended"] / opened,
        case_turnover=table["ended"] / closing,
        disposition_days=table["days"] * table["closing"] / ended,
    )
