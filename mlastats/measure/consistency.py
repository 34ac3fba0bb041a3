"""Consistency: whether contact is regular or comes in bursts, rests on a few partners, and goes both ways.

Regularity is held against chance: what the same number of requests would give if each came on a day at
random, at the pace at which requests with all partners together grow or shrink (a straight line). That
is no model of how requests come; it is what no pattern looks like.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd

from mlastats.measure.durations import ANSWERED, PENDING, durations
from mlastats.measure.groups import UNRECORDED, grouped
from mlastats.measure.intervals import share, wilson
from mlastats.measure.matters import matters
from mlastats.measure.partners import WAYS, contacts, group_at, silences, window_of
from mlastats.measure.standards import Z

ARMS = ("asean", "non_asean")
FEWEST = 5
RARE = 0.01
FEWEST_MATTERS = 20
TOP = 3


def regularity(
    requests: pd.DataFrame, *, as_of: dt.date | str, since: dt.date | str | None = None
) -> pd.DataFrame:
    """How regular contact is with each partner that has had 5 requests or more: one row a partner.

    `asean` (at the last day), `partner`, `contacts` (requests either way, with a day), `months_active` of
    `months` and their share `active`, `active_by_chance` (what as many requests at random would give:
    the mean over months of 1 - (1 - p) ^ contacts, p being the month's part of the pace); `silence` (the
    longest time without a request, in days, from the first to the last day of the window), and
    `chance`: how often the longest silence would be as long at random (the largest of the spacings of
    uniform points, Fisher 1929, in time as the pace of all requests has it; days hide hours, so that each
    silence is taken as a day shorter for it), and `pattern`: "bursts" where that is less than once in a
    hundred, else "chance".
    """
    window = window_of(requests, as_of, since)
    met = contacts(requests, as_of=as_of).dropna(subset=["on"])
    met = met[met["on"].between(*window)]
    groups = met.groupby("partner")["on"]
    table = pd.DataFrame({"contacts": groups.size(), "silence": silences(met, window)})
    months = met["on"].dt.to_period("M")
    table["months_active"] = months.groupby(met["partner"]).nunique()
    table = table[table["contacts"].ge(FEWEST)]
    pace = _pace(months, window)
    parts = pace.groupby(pace.index.to_period("M")).sum().to_numpy()
    table["months"] = len(parts)
    table["active"] = table["months_active"] / len(parts)
    table["active_by_chance"] = [(1 - (1 - parts) ** n).mean() for n in table["contacts"]]
    longest = {code: _longest(days, pace) for code, days in groups if code in table.index}
    table["chance"] = [longest_by_chance(n, longest[code]) for code, n in table["contacts"].items()]
    table["pattern"] = np.where(table["chance"].lt(RARE), "bursts", "chance")
    asean = group_at(table.index, window[1]).eq("asean").map({True: "asean", False: "non_asean"})
    table.insert(0, "asean", pd.Categorical(asean, categories=list(ARMS)))
    table = table.rename_axis("partner").reset_index().sort_values(["asean", "chance"], kind="stable")
    names = ["asean", "partner", "contacts", "months_active", "months", "active", "active_by_chance"]
    return table[[*names, "silence", "chance", "pattern"]].reset_index(drop=True)


def in_bursts(table: pd.DataFrame) -> pd.DataFrame:
    """Of a frame of `regularity`, how many partners have a silence that chance would give less than
    once in a hundred: `asean partners bursts share share_lower share_upper` (Wilson, 95%)."""
    counts = pd.DataFrame({"partners": True, "bursts": table["pattern"].eq("bursts")})
    found = counts.groupby(table["asean"], observed=False).sum()
    return found.join(share(found, "bursts", "partners")).reset_index()


def longest_by_chance(points: int, gap: float) -> float:
    """The probability that of the points + 1 spacings of `points` at random on a line of length 1, the
    longest is longer than `gap` (Fisher 1929: the alternating sum of C(n + 1, j) (1 - j gap) ^ n)."""
    if gap <= 0:
        return 1.0
    total, size = 0.0, 1.0
    for j in range(1, points + 2):
        if j * gap >= 1:
            break
        size *= (points + 2 - j) / j
        term = size * (1 - j * gap) ** points
        if j == 1 and term > 20:
            # Expected so many times that it is certain; the terms to come would only lose their digits.
            return 1.0
        total += term if j % 2 else -term
    return min(max(total, 0.0), 1.0)


def concentration(
    requests: pd.DataFrame, *, as_of: dt.date | str, since: dt.date | str | None = None
) -> pd.DataFrame:
    """On how many partners matters rest, by direction and `asean` (at the date of the request).

    `matters`, `partners` (with one), then each with `_lower _upper` (95%):

    - `effective`: the number of partners of equal size that would be as concentrated, one over Simpson's
      unbiased estimate of the chance that two matters are with the same partner. Its variance is
      Simpson's (1949), on the scale of the logarithm; missing below 20 matters, and where no
      two matters are with one partner. With one partner alone the upper limit is exact.
    - `top_three`: the share of the three with most. Exact (Clopper and Pearson 1934); the lower limit is
      corrected for choosing the three that have most (Bonferroni, over all threes), so it is a cautious
      one. Missing where three partners or fewer have one.
    """
    cases = _matters(requests, as_of, since)
    rows = []
    for (direction, asean), part in cases.groupby(["direction", "asean"], observed=False):
        sizes = part["partner"].astype("str").value_counts().to_numpy(dtype=float)
        rows.append((direction, asean, int(sizes.sum()), len(sizes), *_effective(sizes), *_top(sizes)))
    return pd.DataFrame(rows, columns=["direction", "asean", "matters", "partners", *_CONCENTRATION])


def reciprocity(
    requests: pd.DataFrame, by: str = "asean", *, as_of: dt.date | str, since: dt.date | str | None = None
) -> pd.DataFrame:
    """What is made against what is received, and what is answered of each, in matters, by `by`.

    `received received_answered received_pending made made_answered made_pending`; `made_share`, of those
    received and made; `received_share` and `made_answered_share`, answered of each; and `difference`
    of these two (made - received), each with `_lower _upper`: Wilson's intervals, and Newcombe's
    (1998, method 10) of the difference. What is pending is not answered yet. Matters whose direction
    is not recorded are in no column.
    """
    cases = _matters(requests, as_of, since, by)
    marks = {
        name + end: cases["direction"].eq(way) & (cases["status"].eq(status) if status else True)
        for way, name in WAYS.items()
        for end, status in (("", ""), ("_answered", ANSWERED), ("_pending", PENDING))
    }
    table = pd.DataFrame(marks, index=cases.index).groupby(cases[by], observed=False).sum()
    table["both"] = table["received"] + table["made"]
    parts = [
        share(table, "made", "both", "made_share"),
        share(table, "received_answered", "received", "received_share"),
        share(table, "made_answered", "made", "made_answered_share"),
    ]
    table = pd.concat([table.drop(columns="both"), *parts], axis=1)
    return table.join(_difference(table)).reset_index()


_CONCENTRATION = [f"{name}{end}" for name in ("effective", "top_three") for end in ("", "_lower", "_upper")]


def _effective(sizes: np.ndarray) -> tuple[float, float, float]:
    n, p = sizes.sum(), sizes / max(sizes.sum(), 1)
    same = (sizes * (sizes - 1)).sum() / (n * (n - 1)) if n > 1 else 0.0
    if not same or n < FEWEST_MATTERS:
        return (1 / same if same else np.nan), np.nan, np.nan
    if len(sizes) == 1:
        return 1.0, 1.0, 1 / _exact(n, n)[0] ** 2
    squares, cubes = (p**2).sum(), (p**3).sum()
    variance = 4 / n * (cubes - squares**2) + 2 / (n * (n - 1)) * (squares - 2 * cubes + squares**2)
    width = Z * np.sqrt(variance) / same
    return 1 / same, max(1.0, np.exp(-width) / same), np.exp(width) / same


def _top(sizes: np.ndarray) -> tuple[float, float, float]:
    if len(sizes) <= TOP:
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


def _difference(table: pd.DataFrame) -> pd.DataFrame:
    """The difference of the two shares answered, and its limits."""
    one, two = (wilson(table[f"{name}_answered"], table[name]) for name in ("made", "received"))
    made, received = table["made_answered_share"], table["received_share"]
    difference = made - received
    down = np.hypot(made - one[0], two[1] - received)
    up = np.hypot(one[1] - made, received - two[0])
    return pd.DataFrame(
        {"difference": difference, "difference_lower": difference - down, "difference_upper": difference + up}
    )


def _matters(
    requests: pd.DataFrame, as_of: dt.date | str, since: dt.date | str | None, by: str = "asean"
) -> pd.DataFrame:
    """The matters with a partner that began in the window, with direction, group and status."""
    table = matters(requests, as_of=as_of)
    cases = grouped(table, list(dict.fromkeys(["partner", by])))
    if by == "asean":
        cases["asean"] = pd.Categorical(cases["asean"], categories=list(ARMS))
    cases["status"] = durations(table, as_of=as_of)["status"]
    early = contacts(table, as_of=as_of)["on"].reindex(table.index).lt(pd.Timestamp(since or "0001-01-01"))
    kept = cases["status"].notna() & cases["partner"].ne(UNRECORDED) & ~early
    return cases[kept & cases[by].notna()]


def _pace(months: pd.Series, window: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Series:
    """Each day's part of all requests, by a straight line through the requests a day of each month."""
    days = pd.Series(1.0, index=pd.date_range(*window))
    place = np.arange(len(days), dtype=float)
    month = days.index.to_period("M")
    length = days.groupby(month).sum()
    middle = pd.Series(place, index=month).groupby(level=0).mean()
    rate = months.value_counts().reindex(length.index, fill_value=0) / length
    line = np.polyfit(middle, rate, 1, w=np.sqrt(length)) if len(length) > 2 else [0.0, 1.0]
    drawn = np.polyval(line, place)
    return pd.Series(np.clip(drawn, drawn.mean() / 10, None), index=days.index).pipe(lambda s: s / s.sum())


def _longest(on: pd.Series, pace: pd.Series) -> float:
    """The largest part of the pace that goes by between two requests, or before the first or after the last."""
    through = np.concatenate([[0.0], pace.cumsum().to_numpy()])
    place = np.sort((on - pace.index[0]).dt.days.to_numpy())
    last = np.concatenate([[0], place + 1])
    following = np.concatenate([place, [len(pace)]])
    return float((through[np.maximum(following, last)] - through[last]).max())
