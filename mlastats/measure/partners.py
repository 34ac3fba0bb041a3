"""Partners: who asks, who is asked, how often, and who is not engaged at all.

Totals are matters, a chain of linked requests counted once; contact is any request of it, either way.
Received and made stand in columns of their own and are never added up. A partner that should be
engaged and is not has a row of zeros: what does not happen is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.contract import Day, measure
from mlastats.measure.durations import ANSWERED, PENDING, durations, last_day
from mlastats.measure.groups import MEMBER, UNRECORDED, tally
from mlastats.measure.matters import matter_of, matters
from mlastats.measure.observation import observed_periods, window
from mlastats.vocab import treaties

CLASSES = ("sustained", "intermittent", "minimal", "dormant", "none")
WAYS = {"incoming": "received", "outgoing": "made"}
YEAR = 365.25


@dataclass(frozen=True)
class Rule:
    """By what a partner is classed, looking back `years` from the last day (or as far as registers go).

    none: no request ever. dormant: no request in the last `silent_months`. minimal: fewer than `few`
    matters. sustained: a request in at least the share `often` of the years. intermittent: any other.
    """

    years: int = 5
    often: float = 0.75
    few: int = 5
    silent_months: int = 24


RULE = Rule()


@measure
def engagement(
    requests: pd.DataFrame,
    *,
    as_of: Day,
    since: Day | None = None,
    expected: Iterable[str] = (),
    rule: Rule = RULE,
) -> pd.DataFrame:
    """One row a partner: what was received from it and made to it, what came of it, and how steadily.

    `partner partner_group` (at the last day), `engagement` (by `rule`, over all requests up to the last
    day), then of what began from `since` on: matters `received received_answered received_pending made
    made_answered made_pending undirected`; `contacts` (requests either way), `last_contact`;
    `months_active` (months with one) of the `months` of the window, and `silence`, the longest time in it without a
    request, in days, its first and last day included. Partners of `expected` without a request are rows of zeros; they
    are left out where there are requests and none has a partner, since nobody can say with whom they were.

    The window is the time, from `since` on, in which every register was kept (`observation.window`): a silence of a
    register that was not kept yet is none. A request known to the year counts and has no day.

    >>> table = measure.partners.engagement(requests, as_of="2026-09-30")
    >>> table["engagement"].value_counts().to_dict()
    {'sustained': 9, 'dormant': 7, 'intermittent': 3}
    """
    first, last = observed = window(requests, as_of=as_of, since=since)
    met, began = contacts(requests, as_of=as_of), pd.Timestamp(since or "0001-01-01")
    cases = _cases(requests, as_of)
    every = sorted({*met["partner"].unique(), *(expected if _recorded(requests) else ())})
    parts = [_ways(cases[~cases["on"].lt(began)]), _contact(met[~met["on"].lt(began)], observed)]
    table = pd.concat(parts, axis=1).reindex(every).rename_axis("partner")
    counts = [name for name in table if name not in ("last_contact", "silence")]
    table[counts] = table[counts].fillna(0).astype("int64")
    table["months"] = max(0, (last.year - first.year) * 12 + last.month - first.month + 1)
    table["silence"] = table["silence"].fillna((last - first).days) if first <= last else np.nan
    table.insert(0, "partner_group", group_at(every, last).to_numpy())
    classed = _class(met, window(requests, as_of=as_of), rule)
    table.insert(1, "engagement", classed.reindex(every, fill_value="none"))
    return table.reset_index()


@measure
def by_period(
    requests: pd.DataFrame, *, as_of: Day, span: str = "year", expected: Iterable[str] = ()
) -> pd.DataFrame:
    """Matters by direction, partner and the period they began in; a silence is a zero.

    `direction partner partner_group` (at the last day) `period matters answered pending`. ASEAN first,
    always in the order of its members' names, then dialogue partners and others, those with most
    matters first. Periods from the first matter of any partner on of which a day was observed by every register of
    the direction, and what began on such days: before, a nought would be a silence that nobody saw. A matter known to
    the year is in no shorter period.

    >>> measure.partners.by_period(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'partner', 'partner_group', 'period', 'matters', 'answered', 'pending']
    """
    cases, periods = _in_periods(requests, as_of, span)
    names = ["direction", "partner", "period"]
    if cases.empty:
        return pd.DataFrame(columns=[*names[:2], "partner_group", "period", "matters", "answered", "pending"])
    sizes = cases["period"].notna().groupby(cases["partner"]).sum()
    order = in_order(sizes, last_day(as_of), expected)
    marks = {"matters": True, **{status: cases["status"].eq(status) for status in (ANSWERED, PENDING)}}
    table = _every(tally(cases, names, marks), order, periods).reset_index()
    table.insert(2, "partner_group", table["partner"].map(group_at(order, last_day(as_of))))
    return table


@measure
def by_group(requests: pd.DataFrame, *, as_of: Day, span: str = "year") -> pd.DataFrame:
    """The matters of `by_period` with partners in ASEAN on the day of the request and outside it:
    `direction asean period matters`.

    >>> measure.partners.by_group(requests, as_of="2026-09-30").columns.tolist()
    ['direction', 'asean', 'period', 'matters']
    """
    cases, periods = _in_periods(requests, as_of, span)
    names = ["direction", "asean", "period"]
    if cases.empty:
        return pd.DataFrame(columns=[*names, "matters"])
    return _every(tally(cases, names, {"matters": True}), list(MEMBER.values()), periods).reset_index()


def _in_periods(requests: pd.DataFrame, as_of: Day, span: str) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """The matters with a partner and a day, with the `period` in which each was observed to begin; and the periods of
    each direction."""
    cases, periods = _cases(requests, as_of).dropna(subset=["partner"]), {}
    cases = cases[cases["on"].notna()]
    began = cases["on"].min()
    cases = cases[cases["precision"].ne("year") | (span == "year")]
    for code, part in cases.groupby("direction"):
        held = requests[requests["direction"].fillna(UNRECORDED).eq(code)]
        spans = observed_periods(held, as_of=as_of, span=span)
        spans = spans[spans["days"].gt(0) & spans["end"].ge(began)].reset_index(drop=True)
        place = spans["first"].searchsorted(part["on"], side="right") - 1
        inside = (place >= 0) & part["on"].le(spans["last"].max()).to_numpy()
        cases.loc[part.index[inside], "period"] = spans["period"].to_numpy()[place[inside]]
        periods[str(code)] = spans["period"]
    return cases, periods


def _every(counted: pd.DataFrame, order: Sequence[str], periods: dict[str, pd.Series]) -> pd.DataFrame:
    """Counts by direction, partner or group and period, with a row of noughts where there was nothing."""
    full = [
        pd.MultiIndex.from_product([[code], order, own], names=counted.index.names)
        for code, own in periods.items()
    ]
    return counted.reindex(full[0].append(full[1:]), fill_value=0)


@measure
def not_happening(requests: pd.DataFrame, *, as_of: Day, expected: Iterable[str] = ()) -> pd.DataFrame:
    """Partners that a treaty binds, or that the country named, and with which there was no request.

    By `partner_group` (at the last day): `bound` (partners with a treaty known to be in force with the
    reporting state on the last day), `bound_silent` of these (no request ever), `named` by the country,
    `named_silent` of these, and `partners_silent`, the codes of the silent ones among both, ";"-joined, for
    ASEAN, dialogue partners and the named. A pair of which no treaty is known is in no count: that is no
    evidence that there is none. Without a row where there are requests and none has a partner.

    >>> table = measure.partners.not_happening(requests, as_of="2026-09-30", expected=["THA", "DEU"])
    >>> table.columns.tolist()
    ['partner_group', 'bound', 'bound_silent', 'named', 'named_silent', 'partners_silent']
    """
    until = last_day(as_of)
    met = set(contacts(requests, as_of=as_of)["partner"])
    states = sorted(requests["reporting_state"].dropna().unique())
    bound = {code for state in states for code in treaties.partners(state, until.date().isoformat())}
    named = set(expected)
    every = sorted((bound | named) - set(states)) if _recorded(requests) else []
    table = pd.DataFrame({"partner": every, "partner_group": group_at(every, until).to_numpy()})
    table["silent"] = ~table["partner"].isin(met)
    for name, those in {"bound": bound, "named": named}.items():
        table[name] = table["partner"].isin(those)
        table[f"{name}_silent"] = table[name] & table["silent"]
    said = table["named_silent"] | table["silent"] & table["partner_group"].isin(
        ["asean", "dialogue_partner"]
    )
    table["partners_silent"] = table["partner"].where(said)
    groups = table.groupby("partner_group")
    counts = groups[["bound", "bound_silent", "named", "named_silent"]].sum()
    silent = groups["partners_silent"].agg(lambda codes: ";".join(codes.dropna()))
    order = [code for code in vocab.codes("partner_group") if code in counts.index]
    return counts.join(silent).reindex(order).rename_axis("partner_group").reset_index()


@measure
def contacts(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """Every request with a partner that had begun by its cut: `partner direction matter on`, `on`
    missing where the day is not known to the month.

    >>> measure.partners.contacts(requests, as_of="2026-09-30").columns.tolist()
    ['partner', 'direction', 'matter', 'on']
    """
    when = moment(requests, REQUESTED)
    table = pd.DataFrame(
        {
            "partner": requests["partner"],
            "direction": requests["direction"].fillna(UNRECORDED),
            "matter": matter_of(requests),
            "on": when["day"].where(when["precision"].ne("year")),
        }
    )
    begun = durations(requests, as_of=as_of)["status"].notna()
    return table[begun & table["partner"].notna()]


@measure
def of_groups(partners: Iterable[str], groups: Iterable[str], on: Day) -> list[str]:
    """The partners that are in one of the groups on a day; all where no group is named.

    >>> measure.partners.of_groups(["THA", "FRA"], ["asean"], "2026-09-30")
    ['THA']
    """
    group = group_at(partners, last_day(on))
    return list(group.index[group.isin(list(groups))] if list(groups) else group.index)


def group_at(partners: Iterable[str], on: pd.Timestamp) -> pd.Series:
    """The group of each partner on a day, under its code.

    >>> measure.partners.group_at(["THA", "FRA"], pd.Timestamp("2026-09-30")).to_dict()
    {'THA': 'asean', 'FRA': 'europe'}
    """
    codes = pd.Series(list(partners), dtype="str")
    found = vocab.partner_group(codes, pd.Series(on, index=codes.index))
    return found.astype("str").set_axis(pd.Index(codes, name="partner"))


def in_order(sizes: pd.Series, on: pd.Timestamp, expected: Iterable[str] = ()) -> list[str]:
    """Partners as pages list them: ASEAN by name, then dialogue partners, then others, the largest first.

    >>> measure.partners.in_order(pd.Series({"THA": 2, "VNM": 5}), pd.Timestamp("2026-09-30"), ["FRA"])
    ['THA', 'VNM', 'FRA']
    """
    every = [*sizes.index, *sorted(set(expected) - set(sizes.index))]
    group = group_at(every, on)
    rank = {code: n for n, code in enumerate(("asean", "dialogue_partner"))}
    return sorted(
        every,
        key=lambda code: (
            rank.get(group[code], 2),
            vocab.label("partner", code) if group[code] == "asean" else "",
            -int(sizes.get(code, 0)),
        ),
    )


def _recorded(requests: pd.DataFrame) -> bool:
    """Whether it can be told with whom there was a request: one has a partner, or there is none."""
    return bool(requests.empty or requests["partner"].notna().any())


def _cases(requests: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """The matters that had begun by their cut: partner, direction, the day they began, and status."""
    table = matters(requests, as_of=as_of)
    status, when = durations(table, as_of=as_of)["status"], moment(table, REQUESTED)
    cases = table[["partner"]].assign(
        direction=table["direction"].fillna(UNRECORDED),
        on=when["day"],
        precision=when["precision"],
        asean=table["asean_partner"].map(MEMBER),
        status=status,
    )
    return cases[status.notna()]


def _ways(cases: pd.DataFrame) -> pd.DataFrame:
    parts = {}
    for direction, name in WAYS.items():
        some = cases[cases["direction"].eq(direction)]
        parts[name] = some.groupby("partner").size()
        for status in (ANSWERED, PENDING):
            parts[f"{name}_{status}"] = some["status"].eq(status).groupby(some["partner"]).sum()
    parts["undirected"] = cases[cases["direction"].eq(UNRECORDED)].groupby("partner").size()
    return pd.DataFrame(parts)


def _contact(met: pd.DataFrame, window: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    dated = met[met["on"].between(*window)]
    return pd.DataFrame(
        {
            "contacts": met.groupby("partner").size(),
            "months_active": dated["on"].dt.to_period("M").groupby(dated["partner"]).nunique(),
            "last_contact": met.groupby("partner")["on"].max(),
            "silence": silences(dated, window),
        }
    )


def silences(dated: pd.DataFrame, window: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Series:
    """The longest time without a request by partner, in days, from the window's first to its last day.

    >>> dated = pd.DataFrame({"partner": ["THA", "THA"], "on": pd.to_datetime(["2026-01-11", "2026-02-10"])})
    >>> measure.partners.silences(dated, (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-15"))).to_dict()
    {'THA': 30.0}
    """
    dated = dated.sort_values("on")
    groups = dated.groupby("partner")["on"]
    gap = groups.diff().dt.days.groupby(dated["partner"]).max()
    before, after = (groups.min() - window[0]).dt.days, (window[1] - groups.max()).dt.days
    return pd.Series(np.fmax(gap, np.fmax(before, after)), index=gap.index, dtype="float64")


def _class(met: pd.DataFrame, kept: tuple[pd.Timestamp, pd.Timestamp], rule: Rule) -> pd.Series:
    """The class of each partner with a request; unrecorded where no request has a day."""
    last = met.groupby("partner")["on"].max()
    recent = met[met["on"].gt(kept[1] - pd.DateOffset(years=rule.years))]
    years = min(rule.years, max(1, int(np.ceil((kept[1] - kept[0]).days / YEAR))))
    back = ((kept[1] - recent["on"]).dt.days // YEAR).groupby(recent["partner"]).nunique()
    some = recent.groupby("partner")["matter"].nunique()
    rules = {
        UNRECORDED: last.isna(),
        "dormant": ~last.gt(kept[1] - pd.DateOffset(months=rule.silent_months)),
        "minimal": some.reindex(last.index, fill_value=0).lt(rule.few),
        "sustained": back.reindex(last.index, fill_value=0).ge(rule.often * years),
    }
    named = np.select(list(rules.values()), list(rules), "intermittent")
    return pd.Series(named, index=last.index, dtype="str")
