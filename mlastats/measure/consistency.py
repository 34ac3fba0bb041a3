"""Consistency: whether contact is regular or comes in bursts, rests on a few partners, and goes both ways.

Regularity is held against chance: what the same number of matters would give if each came on a day at
random, at the pace at which matters with all partners together grow or shrink (a straight line). That
is no model of how requests come; it is what no pattern looks like.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import ANSWERED, PENDING, durations
from mlastats.measure.estimators import Z
from mlastats.measure.groups import MEMBER, UNRECORDED, grouped, tally
from mlastats.measure.matters import matter_of, matters
from mlastats.measure.observation import window
from mlastats.measure.partners import WAYS, contacts, group_at, silences

ARMS = tuple(MEMBER.values())
FEWEST = 5
RARE = 0.01
DRAWS = 4000
# Of the requests with a partner so many stand in registers that link requests, or bursts cannot be told.
LINKED = 0.9
FEWEST_MATTERS, FEWEST_OF_A_SHARE = 20, 10
TOP = 3


@measure
def regularity(requests: pd.DataFrame, *, as_of: Day, since: Day | None = None) -> pd.DataFrame:
    """How regular co-operation is with each partner that has had 5 matters or more: one row a partner.

    `asean` (at the last day), `partner`, `matters` (either way, that began on a known day while every register was
    kept), `quarters_active` of `quarters` and their share `active`, `active_by_chance` (what as many matters at random
    would give: the mean over quarters of 1 - (1 - p) ^ matters, p being the quarter's part of the pace); `silence`
    (the longest time without a request, in days, from the first to the last day); `chance`: how often as many matters
    at random would lie as unevenly over the quarters (the sum of count^2 / expected, in 4,000 draws), and `pattern`:
    "bursts" where that is less than once in a hundred, else "chance"; "unknown" where more than a
    tenth of them stand in registers that link no request to another, because then a follow-up looks like a burst.

    >>> measure.consistency.regularity(requests, as_of="2026-09-30").columns[:4].tolist()
    ['asean', 'partner', 'matters', 'quarters_active']
    """
    first, last = observed = window(requests, as_of=as_of, since=since)
    met = contacts(requests, as_of=as_of).dropna(subset=["on"])
    met = met[met["on"].between(first, last)]
    begun = met.sort_values("on", kind="stable").drop_duplicates("matter")
    quarter = begun["on"].dt.to_period("Q")
    parts = _pace(begun["on"].dt.to_period("M"), observed)
    pace = parts.groupby(parts.index.to_period("Q")).sum()
    # Of a single quarter the sum of its days would be a little more than one.
    pace = pace / pace.sum()
    counts = pd.crosstab(begun["partner"], quarter).reindex(columns=pace.index, fill_value=0)
    counts = counts[counts.sum(axis=1).ge(FEWEST)]
    register = requests["register"].fillna("").str.split(schema.SEVERAL).str[0]
    chained = matter_of(requests).duplicated(keep=False) | requests["linked_request_id"].notna()
    linking = chained.groupby(register).transform("any")
    linked = linking.reindex(met.index).groupby(met["partner"]).mean().reindex(counts.index).ge(LINKED)
    table = pd.DataFrame({"matters": counts.sum(axis=1), "quarters_active": counts.gt(0).sum(axis=1)})
    table["quarters"] = len(pace)
    table["active"] = table["quarters_active"] / len(pace)
    table["active_by_chance"] = [(1 - (1 - pace) ** n).mean() for n in table["matters"]]
    table["silence"] = silences(met, observed).reindex(table.index)
    table["chance"] = [uneven_by_chance(row, pace.to_numpy()) for row in counts.to_numpy()]
    table["chance"] = table["chance"].where(linked)
    table["pattern"] = np.select([~linked, table["chance"].lt(RARE)], ["unknown", "bursts"], "chance")
    asean = group_at(table.index, last).eq("asean").map(MEMBER)
    table.insert(0, "asean", pd.Categorical(asean, categories=list(ARMS)))
    table = table.rename_axis("partner").reset_index().sort_values(["asean", "chance"], kind="stable")
    return table[["asean", "partner", *table.columns[2:]]].reset_index(drop=True)


def in_bursts(table: pd.DataFrame) -> pd.DataFrame:
    """Of a frame of `regularity`, with how many partners matters lie less evenly than chance would have them once in a
    hundred: `asean partners bursts share share_lower share_upper` (Wilson, 95%).

    >>> table = measure.consistency.regularity(requests, as_of="2026-09-30")
    >>> measure.consistency.in_bursts(table)[["asean", "partners"]].values.tolist()
    [['asean', 9], ['non_asean', 9]]
    """
    marks = {"partners": True, "bursts": table["pattern"].eq("bursts")}
    return tally(table, ["asean"], marks, share=("bursts", "partners")).reset_index()


def uneven_by_chance(counts: np.ndarray, pace: np.ndarray) -> float:
    """How often as many at random, each period with its part of the pace, lie as unevenly over periods: multinomial
    draws of the sum of count^2 / expected.

    >>> counts, pace = pd.Series([5, 5, 5, 5]).to_numpy(), pd.Series([0.25] * 4).to_numpy()
    >>> measure.consistency.uneven_by_chance(counts, pace)
    1.0
    """
    luck, total = np.random.default_rng(20171128), int(counts.sum())
    drawn = (luck.multinomial(total, pace, DRAWS) ** 2 / pace).sum(axis=1)
    return float((1 + (drawn >= (counts**2 / pace).sum() * (1 - 1e-12)).sum()) / (DRAWS + 1))


@measure
def concentration(
    requests: pd.DataFrame, by: Sequence[str] = ("asean",), *, as_of: Day, since: Day | None = None
) -> pd.DataFrame:
    """On how many partners matters rest, by direction and the columns of `by` (`asean` at the date of the request).

    `matters`, `partners` (with one), then each with `_lower _upper` (95%):

    - `effective`: the number of partners of equal size that would be as concentrated, one over Simpson's
      unbiased estimate of the chance that two matters are with the same partner. Its variance is
      Simpson's (1949), on the scale of the logarithm; missing below 20 matters, and where no
      two matters are with one partner. With one partner alone the upper limit is exact.
    - `top_three`: the share of the three with most. Exact (Clopper and Pearson 1934); the lower limit is
      corrected for choosing the three that have most (Bonferroni, over all threes), so it is a cautious
      one. Missing where three partners or fewer have one, and below 10 matters.

    >>> measure.consistency.concentration(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'asean', 'matters', 'partners']
    """
    cases, names = _matters(requests, as_of, since, by), ["direction", *by]
    rows = []
    for codes, part in cases.groupby(names, observed=False):
        sizes = part["partner"].astype("str").value_counts().to_numpy(dtype=float)
        rows.append((*codes, int(sizes.sum()), len(sizes), *_effective(sizes), *_top(sizes)))
    return pd.DataFrame(rows, columns=[*names, "matters", "partners", *_CONCENTRATION])


@measure
def reciprocity(
    requests: pd.DataFrame, by: Sequence[str] = ("asean",), *, as_of: Day, since: Day | None = None
) -> pd.DataFrame:
    """What is made against what is received, and what is answered of each, in matters, by the columns of `by`.

    `received received_answered received_pending made made_answered made_pending`; `made_share`, of those
    received and made; `received_share` and `made_answered_share`, answered of each; and `difference`
    of these two (made - received), each with `_lower _upper`: Wilson's intervals, and Newcombe's
    (1998, method 10) of the difference. What is pending is not answered yet. Matters whose direction
    is not recorded are in no column.

    >>> measure.consistency.reciprocity(requests, as_of="2026-09-30").columns[:4].tolist()
    ['asean', 'received', 'received_answered', 'received_pending']
    """
    cases = _matters(requests, as_of, since, by)
    marks = {
        name + end: cases["direction"].eq(way) & (cases["status"].eq(status) if status else True)
        for way, name in WAYS.items()
        for end, status in (("", ""), ("_answered", ANSWERED), ("_pending", PENDING))
    }
    marks["both"] = cases["direction"].isin(list(WAYS))
    table = tally(
        cases,
        by,
        marks,
        made_share=("made", "both"),
        received_share=("received_answered", "received"),
        made_answered_share=("made_answered", "made"),
    ).drop(columns="both")
    made, received = (
        [table[f"{name}_share{end}"] for end in ("", "_lower", "_upper")]
        for name in ("made_answered", "received")
    )
    difference = made[0] - received[0]
    down, up = (
        np.hypot(made[0] - made[1], received[2] - received[0]),
        np.hypot(made[2] - made[0], received[0] - received[1]),
    )
    limits = {"difference_lower": difference - down, "difference_upper": difference + up}
    return table.assign(difference=difference, **limits).reset_index()


_CONCENTRATION = [f"{name}{end}" for name in ("effective", "top_three") for end in ("", "_lower", "_upper")]


def _effective(sizes: np.ndarray) -> tuple[float, float, float]:
    n, p = sizes.sum(), sizes / max(sizes.sum(), 1)
    same = (sizes * (sizes - 1)).sum() / (n * (n - 1)) if n > 1 else 0.0
    if not same or n < FEWEST_MATTERS:
        return np.nan, np.nan, np.nan
    if len(sizes) == 1:
        return 1.0, 1.0, 1 / _exact(n, n)[0] ** 2
    squares, cubes = (p**2).sum(), (p**3).sum()
    variance = 4 / n * (cubes - squares**2) + 2 / (n * (n - 1)) * (squares - 2 * cubes + squares**2)
    width = Z * np.sqrt(variance) / same
    return 1 / same, max(1.0, np.exp(-width) / same), np.exp(width) / same


def _top(sizes: np.ndarray) -> tuple[float, float, float]:
    if len(sizes) <= TOP or sizes.sum() < FEWEST_OF_A_SHARE:
        return np.nan, np.nan, np.nan
    n, most = sizes.sum(), np.sort(sizes)[-TOP:].sum()
    return most / n, _exact(most, n, math.comb(len(sizes), TOP))[0], _exact(most, n)[1]


def _exact(part: float, whole: float, choices: int = 1) -> tuple[float, float]:
    """Clopper and Pearson's limits of a share, 95%, or as much more as so many choices ask for."""
    from scipy.stats import beta

    rest = 0.025 / choices
    lower = beta.ppf(rest, part, whole - part + 1) if part else 0.0
    upper = beta.ppf(1 - rest, part + 1, whole - part) if part < whole else 1.0
    return float(lower), float(upper)


def _matters(
    requests: pd.DataFrame, as_of: Day, since: Day | None, by: Sequence[str] = ("asean",)
) -> pd.DataFrame:
    """The matters with a partner that began while every register was kept, with direction, groups and status."""
    table = matters(requests, as_of=as_of)
    cases = grouped(table, ["partner", *by])
    inside = cases["asean"].astype("object")
    cases["asean"] = pd.Categorical(inside.where(inside.isin(list(ARMS))), categories=list(ARMS))
    cases["status"] = durations(table, as_of=as_of)["status"]
    first, last = window(requests, as_of=as_of, since=since)
    on = contacts(table, as_of=as_of)["on"].reindex(table.index)
    kept = cases["status"].notna() & cases["partner"].ne(UNRECORDED) & ~on.lt(first) & ~on.gt(last)
    return cases[kept & cases["asean"].notna()]


def _pace(months: pd.Series, observed: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Series:
    """Each day's part of all matters, by a straight line through the requests a day of each month."""
    days = pd.Series(1.0, index=pd.date_range(*observed))
    place = np.arange(len(days), dtype=float)
    month = days.index.to_period("M")
    length = days.groupby(month).sum()
    middle = pd.Series(place, index=month).groupby(level=0).mean()
    rate = months.value_counts().reindex(length.index, fill_value=0) / length
    line = np.polyfit(middle, rate, 1, w=np.sqrt(length)) if len(length) > 2 else [0.0, 1.0]
    drawn = np.polyval(line, place)
    return pd.Series(np.clip(drawn, drawn.mean() / 10, None), index=days.index).pipe(lambda s: s / s.sum())
