"""Will the backlog clear? The open requests that are to be expected if nothing changes, as sure as the past allows.

Each open request ends at the pace that requests of its age had of late, and new ones come as they came of late. The same
sum is made for every quarter of the past, with what was known then alone, and the interval is as wide as it was off. No
trend is carried on: growth is a fact of the past, and a change still to come is known to nobody. docs/forecast.md says
how often such intervals hold, on registers of which the future is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import last_day
from mlastats.measure.flow import flowing
from mlastats.measure.observation import LATE, holder, registers

# Months ahead, and how many days these are.
HORIZONS = {6: 182, 12: 365, 24: 730}
LEVEL = 0.9
YEAR, MONTH = 365, 30
# The pace is of so many days, as the durations are long; of more where fewer than FEWEST ended in them.
SHORTEST, LONGEST, LONGER = 90, 182, (YEAR, 2 * YEAR)
FEWEST = 10
# How many requests end in a band of ages, and how many bands there are.
IN_BAND, BANDS = 8, (2, 12)
# Over so many months it is looked at how ends and arrivals scatter; what is taken where there are too few.
MONTHS, FEWEST_MONTHS, SCATTER = 18, 4, 1.5
PAST = 12
OPEN = 10**9
HALF = 0.5
COLUMNS = ["direction", "months", "on", "stock", "came", "ended", "expected", "lower", "upper", "trials"]
COLUMNS += ["reason", "first_last", "since"]


@measure
def forecast(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """What was open, and what is to be expected, by direction: `direction months on stock came ended expected lower upper
    trials reason first_last since`.

    A row for each half year of the last six in which every register was kept (`months` -72 to -6) and one for the last
    day (0), with the `stock`, what was open as `flow` counts it, and what `came` and `ended` in the year to it, missing
    where the registers, all of them kept from the day `since` on, are younger; then those for 6, 12 and 24 months ahead:
    `expected`, its 90% limits, and `trials`, how many times that do not overlap the sum could be tried. Each register is
    counted to its own last day: `on` is the latest of these, `first_last` the earliest.

    Figures are missing, with the `reason`: "register_late" where a register ends more than 45 days before as_of (then
    the stock too), "register_young" where they are younger than a year and twice the horizon, "few_ended" where fewer
    than 10 requests ended in two years, and "few_trials" where that was so on too many days of the past.

    >>> measure.forecast.forecast(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'months', 'on', 'stock']
    """
    cases, parts = flowing(requests, as_of), []
    for code, mine in cases.groupby("direction", observed=True):
        own = registers(requests.loc[mine.index], as_of=as_of).set_index("holder")
        mine = mine[~mine["lost"] & mine["start"].notna()]
        # Days are counted from each register's last one: a register that ends earlier takes no time from the others.
        last = holder(requests.loc[mine.index]).map(own["last"]).fillna(mine["known"])
        start, end = ((mine[name] - last).dt.days for name in ("start", "end"))
        # Where no day is known from which one was kept, or none in common, there is no past.
        first = int(np.nan_to_num(min((own["first"] - own["last"]).dt.days.max(), 0)))
        history = History.of(start, end.fillna(OPEN).clip(lower=start), first)
        ends, earliest = own["last"].max(), own["last"].min()
        past = {-6 * n: -(n * YEAR // 2) for n in range(PAST, -1, -1) if n * YEAR // 2 <= -first}
        ahead = project(history, list(HORIZONS.values()))
        stocks = pd.DataFrame(
            {
                "stock": [history.open_on(day) for day in past.values()],
                "came": [history.came(day + 1 - YEAR, day) for day in past.values()],
                "ended": [history.ended(day + 1 - YEAR, day) for day in past.values()],
                "reason": "",
            }
        )
        whole_year = pd.Series(past.values()) + 1 - YEAR >= first
        stocks[["came", "ended"]] = stocks[["came", "ended"]].where(whole_year)
        ahead = ahead.assign(expected=ahead["expected"].round(), trials=ahead["trials"] // 1)
        table = pd.concat([stocks, ahead], ignore_index=True)
        if last_day(as_of) - earliest > LATE:
            # What is open in one register on a day says nothing of what is in another long before.
            table = table.assign(**dict.fromkeys(set(table) - {"reason"}, np.nan), reason="register_late")
        days = np.array([*past.values(), *HORIZONS.values()])
        parts.append(
            table.assign(
                direction=code,
                months=[*past, *HORIZONS],
                on=ends + pd.to_timedelta(days, unit="D"),
                first_last=earliest,
                since=ends + pd.Timedelta(days=first),
            )
        )
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True).astype({"direction": cases["direction"].dtype})[COLUMNS]


@dataclass(frozen=True)
class History:
    """Requests by whole days, 0 the last that is known: when each began and ended (OPEN: it did not), of those that
    were open on the `first` day on which every register was kept, or began after it."""

    start: np.ndarray
    end: np.ndarray
    first: int

    @classmethod
    def of(cls, start: "pd.Series | np.ndarray", end: "pd.Series | np.ndarray", first: int) -> "History":
        """The history of all that had begun by day 0. What ends later is open."""
        began, over = (np.asarray(days, dtype=np.int64) for days in (start, end))
        there = (began <= 0) & (over >= first)
        return cls(began[there], np.where(over > 0, OPEN, over)[there], first)

    def open_on(self, day: int) -> int:
        """How many are open at the end of a day."""
        return int(((self.start <= day) & (self.end > day)).sum())

    def came(self, first: int, last: int) -> int:
        """How many began on one of these days."""
        return int(((self.start >= first) & (self.start <= last)).sum())

    def ended(self, first: int, last: int) -> int:
        """How many ended on one of these days."""
        return int(((self.end >= first) & (self.end <= last)).sum())

    def up_to(self, day: int, since: int) -> "History":
        """As it was known at the end of a day, without what was over on the day `since`."""
        there = (self.start <= day) & (self.end > since)
        end = self.end[there]
        return History(self.start[there], np.where(end > day, OPEN, end), self.first)

    def by_age(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """By days of age how many were at risk on one of these days, and how many ended. A request is at risk on each day
        from its first, or that of the registers, to that of its end."""
        first = max(first, self.first)
        young = np.maximum(self.start, first) - self.start
        old = np.minimum(self.end, last) - self.start
        there = old >= young
        size = int(old[there].max()) + 1 if there.any() else 1
        enter = np.bincount(young[there], minlength=size + 1)
        at_risk = (enter - np.bincount(old[there] + 1, minlength=size + 1)).cumsum()[:size]
        over = there & (self.end <= last)
        return at_risk, np.bincount(old[over], minlength=size)


def project(history: History, horizons: Sequence[int], young: int = YEAR) -> pd.DataFrame:
    """What is to be expected so many days ahead: a row each, `expected lower upper trials reason`.

    The sum of `expected_open` is made for every quarter that lies `young` days or more after the first, each half month
    while the registers are younger than three years. With z the logarithm of what came true over what was expected,
    each and one more, in standard deviations of that sum, and n trials that do not overlap, its standard deviation is
    taken sqrt((1 + n mean(z^2)) / (1 + n)) times, at least once, and the limits are those of t with n + 1 degrees of
    freedom on the logarithmic scale, to the next whole number outwards. Missing where n < 2.

    >>> history = measure.forecast.History.of([-1000, -500, -20], [-900, -400, 99], -2000)
    >>> measure.forecast.project(history, [90]).columns.tolist()
    ['expected', 'lower', 'upper', 'trials', 'reason']
    """
    from scipy.special import stdtrit

    parts = 4 if -history.first >= 3 * YEAR else 24
    days = [day for n in range(1, parts * 100) if (day := -(n * YEAR // parts)) >= history.first + young]
    now = expected_open(history, 0, horizons)
    past = {day: sums for day in days if (sums := expected_open(history, day, horizons)) is not None}
    rows = []
    for place, ahead in enumerate(horizons):
        could, tried = ([day for day in those if day + ahead <= 0] for those in (days, past))
        apart = max(ahead, YEAR / parts)
        possible, trials = (1 + (those[0] - those[-1]) / apart if those else 0.0 for those in (could, tried))
        none = (np.nan, np.nan, np.nan, trials)
        if possible < 2:
            rows.append((*none, "register_young"))
        elif now is None:
            rows.append((*none, "few_ended"))
        elif trials < 2:
            rows.append((*none, "few_trials"))
        else:
            sums = np.array([past[day][place] for day in tried])
            true = np.array([history.open_on(day + ahead) for day in tried])
            off = np.log((true + 1) / (sums[:, 0] + 1)) / (sums[:, 1] / (sums[:, 0] + 1))
            wider = max(1.0, np.sqrt((1 + trials * (off**2).mean()) / (1 + trials)))
            expected, error = now[place]
            half = stdtrit(trials + 1, (1 + LEVEL) / 2) * wider * error / (expected + 1)
            lower, upper = (expected + 1) * np.exp([-half, half]) - 1
            rows.append((expected, max(0.0, np.floor(lower)), np.ceil(upper), trials, ""))
    return pd.DataFrame(rows, columns=["expected", "lower", "upper", "trials", "reason"])


def expected_open(history: History, day: int, horizons: Sequence[int]) -> np.ndarray | None:
    """How many are expected to be open so many days after a day, and the standard deviation of that, from what was known
    on it: a row a horizon; None where fewer than 10 ended in two years.

    Expected are the open requests, each by the share of its age that is open so much later, and for each day the
    arrivals of one, by the share of their age. Around it lie chance (binomial of these shares, arrivals and ends
    as many times as they scatter) and the errors of the pace of each band of ages and of the arrivals.

    >>> history = measure.forecast.History.of([-1000, -500, -20], [-900, -400, 99], -2000)
    >>> measure.forecast.expected_open(history, 0, [90]) is None
    True
    """
    known = history.up_to(day, day - 3 * YEAR)
    for days in (_window(known, day), *LONGER):
        since = max(day - days + 1, known.first)
        at_risk, ended = known.by_age(since, day)
        if ended.sum() >= FEWEST:
            break
    else:
        return None
    pace = Pace.of(at_risk, ended)
    of_ends, of_arrivals = _scatter(known, day, pace)
    span = day - since + 1
    arrivals = (known.came(since, day) + HALF) / span
    age = day - known.start[known.end > day]
    # Of those that come on each day ahead, by their age on the last one.
    new = pace.spent(np.arange(1, max(horizons) + 1))
    new_open = np.exp(-new @ pace.rate)
    rows = []
    for ahead in horizons:
        passed = pace.spent(age + ahead + 1) - pace.spent(age + 1)
        still = np.exp(-passed @ pace.rate)
        share = new_open[:ahead]
        come = arrivals * share.sum()
        binomial = (still * (1 - still)).sum()
        chance = binomial + of_arrivals * come
        chance += (of_ends - 1) * (binomial + arrivals * (share * (1 - share)).sum())
        slope = still @ passed + arrivals * (share @ new[:ahead])
        unsure = of_ends * (slope**2 * pace.error**2).sum() + of_arrivals * arrivals / span * share.sum() ** 2
        rows.append((still.sum() + come, np.sqrt(chance + unsure)))
    return np.array(rows)


@dataclass(frozen=True)
class Pace:
    """Ends a day at risk (minus the logarithm of the share that does not end) by bands of age: the age at which each band
    begins, its rate, the standard error of that."""

    begins: np.ndarray
    rate: np.ndarray
    error: np.ndarray

    @classmethod
    def of(cls, at_risk: np.ndarray, ended: np.ndarray) -> "Pace":
        """Of the counts by day of age: about eight ends in each band, two bands to twelve. Half an end is known beforehand,
        at the pace of all."""
        total = int(ended.sum())
        bands = int(np.clip(total // IN_BAND, *BANDS))
        band = np.minimum((ended.cumsum() - ended) * bands // total, bands - 1)
        over, days = (np.bincount(band, counts, bands) for counts in (ended, at_risk))
        days = days + HALF + HALF * days.sum() / total
        share = (over + HALF) / days
        return cls(
            band.searchsorted(np.arange(bands)), -np.log1p(-share), np.sqrt(share / (1 - share) / days)
        )

    def spent(self, age: np.ndarray) -> np.ndarray:
        """Of so many days of age, from the first on, how many lie in each band."""
        ends = np.append(self.begins[1:], OPEN)
        return np.clip(age[:, None], self.begins, ends) - self.begins


def _window(known: History, day: int) -> int:
    """Over how many days the pace is taken: two medians of the three years before, 90 to 182."""
    at_risk, ended = known.by_age(day - 3 * YEAR + 1, day)
    if ended.sum() < FEWEST:
        return LONGEST
    half = np.flatnonzero(np.cumprod(1 - ended / np.maximum(at_risk, 1)) <= HALF)
    return int(np.clip(2 * half[0], SHORTEST, LONGEST)) if len(half) else LONGEST


def _scatter(known: History, day: int, pace: Pace) -> tuple[float, float]:
    """The variance of a month's ends over those that the pace has expected, and of a month's arrivals over their mean,
    in the last 18 months; 1 at least."""
    months = min((day - known.first) // MONTH, MONTHS)
    there = known.end > day - MONTH * months
    if months < FEWEST_MONTHS or not there.any():
        return SCATTER, SCATTER
    edges = day - MONTH * np.arange(months, -1, -1)
    came, ended = (
        np.bincount(edges.searchsorted(days), minlength=months + 2)[1 : months + 1]
        for days in (known.start, known.end)
    )
    start, end = known.start[there], known.end[there]
    seen = np.maximum(known.first - start, 0)
    age = np.maximum(np.minimum(edges[:, None], end) - start + 1, seen)
    expected = np.diff((pace.spent(np.arange(age.max() + 1)) @ pace.rate)[age].sum(axis=1))
    expected = np.maximum(expected * ended.sum() / max(expected.sum(), 1e-9), 1e-9)
    of_ends = ((ended - expected) ** 2 / np.maximum(expected, HALF)).sum() / (months - 1)
    return max(1.0, of_ends), max(1.0, came.var(ddof=1) / max(came.mean(), 0.1))
