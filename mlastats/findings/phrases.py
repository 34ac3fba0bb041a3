"""Phrases that several findings share: who, how many, how long, how sure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.findings.columns import in_words
from mlastats.measure.comparisons import recovered
from mlastats.measure.intervals import differ, not_apart
from mlastats.measure.observation import registers
from mlastats.messages import _, _n, day, number, percent
from mlastats.publish.exhibit import Fact, InTable, Untold, headline

# A sentence rests on so many requests; on fewer, the counts are said.
FEW = 20
CLOSE = 0.015
# A report tests thirty to fifty things: what its sentences claim is sure at this level.
SURE = 0.01
# So much wider are limits at that level than those of 95% (normal quantiles: 2.576 over 1.960).
WIDER = 1.3142
MOST_TIED = 3
YEARS = 730


def direction(code: str) -> str:
    """The requests of a direction, as the subject of a sentence."""
    subjects = {"incoming": _("Incoming requests"), "outgoing": _("Outgoing requests")}
    return subjects.get(code, _("Requests whose direction is not recorded"))


def subject(row: Any, within: str = "strand", period: str = "") -> str:
    """The requests that a row counts, as the subject of a sentence: those of its direction, and of its strand (or
    kind) where it has one; in the period at the pace of which they are counted, if one is looked at."""
    who, what = direction(str(row.get("direction"))), row.get(within)
    if what == "unrecorded":
        who = _("{who} of no recorded kind", who=who)
    elif what is not None:
        names = {"what": in_words(within, what, inside=True)}
        subjects = {"incoming": _("Incoming {what}", **names), "outgoing": _("Outgoing {what}", **names)}
        who = subjects.get(str(row.get("direction")), _("{who} for {what}", who=who, **names))
    return _("{who} in {period}", who=who, period=period) if period else who


def alike(table: pd.DataFrame, within: str = "strand") -> list[pd.DataFrame]:
    """The rows of each direction that has any; apart by strand (or kind) where the table has it, in the order of the
    vocabulary, because unlike requests are never given one figure; what it does not know comes last."""
    names = ["direction", *([within] if within in table else [])]
    order = [*vocab.codes(within), "unrecorded"] if within in table else []
    parts = [(code, part) for (*_direction, code), part in table.groupby(names, sort=False, observed=True)]
    places = {code: place for place, code in enumerate(order)}
    return [part for _code, part in sorted(parts, key=lambda each: places.get(each[0], len(order)))]


def leading(
    table: pd.DataFrame, each: Callable[[pd.DataFrame], str], within: str = "strand"
) -> list[tuple[str, pd.DataFrame]]:
    """What is said of each direction, with the rows of which it is: of the first strand of which something can be
    said, in the order of the vocabulary. The others are in the table."""
    said: dict[str, tuple[str, pd.DataFrame]] = {}
    for rows in alike(table, within):
        if text := each(rows):
            said.setdefault(str(rows["direction"].iloc[0]), (text, rows))
    return list(said.values())


def words(row: Any) -> dict[str, str]:
    """The cells of a row as they stand inside a sentence: {median_days}, {kind}; {who} is the requests that it counts."""
    return {name: in_words(name, value, inside=True) for name, value in row.items()} | {"who": subject(row)}


def limits(row: Any, figure: str) -> tuple[str, str]:
    """The columns of the limits of a figure."""
    own = (f"{figure}_lower", f"{figure}_upper")
    return own if own[0] in row else ("lower", "upper")


def fact(question: str, sentence: str, row: Any, figure: str, requests: float) -> Fact:
    """A figure of a row with its limits, and the first sentence of what is said of it, for the policy briefing."""
    names = (figure, *limits(row, figure))
    value, lower, upper = (None if pd.isna(row[name]) else float(row[name]) for name in names)
    beside = ""
    if lower is not None:
        low, high = (in_words(figure, end) if end is not None else _("not reached") for end in (lower, upper))
        beside = _("95% interval {lower} to {upper}", lower=low, upper=high)
    return Fact(
        question,
        headline(sentence)[0],
        value=value,
        lower=lower,
        upper=upper,
        requests=int(requests),
        direction=str(row.get("direction", "")),
        beside=beside,
    )


def largest(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with the largest of a column, several where they tie; none where every one is missing or zero."""
    values = rows[column].astype(float)
    return rows[values.gt(0) & values.eq(values.max())]


def pairs(table: pd.DataFrame, arm: str, arms: Sequence[str], least: int) -> Iterator[tuple[Any, Any]]:
    """The two rows of each direction and kind (and assistance) of which both arms have at least so many requests."""
    alike = [name for name in ("direction", "kind", "assistance") if name in table]
    for _codes, rows in table.groupby(alike, sort=False, observed=True):
        enough = rows[rows["requests"].ge(least)].set_index(arm)
        if set(arms) <= set(enough.index):
            yield enough.loc[arms[0]], enough.loc[arms[1]]


def sentences(parts: Iterable[str]) -> str:
    """Sentences in one line; without any, that the table tells what can be told. That stands once: it is said of the
    whole table, any other sentence of its own rows, and two of these may be worded alike."""
    text = [part for part in parts if part]
    if not text:
        return withheld()
    said = " ".join(p for n, p in enumerate(text) if p not in text[:n] or p != withheld())
    kinds = {type(part) for part in text}
    return said if str in kinds else InTable(said) if InTable in kinds else Untold(said)


def nothing() -> str:
    return Untold(_("There is no request to measure here, so nothing can be said."))


def withheld() -> str:
    return InTable(_("What can be told is in the table."))


def proportion(part: Any, whole: Any, share: Any = None) -> str:
    """A share of so many, as "27% of 117"; of few, the counts: "3 of 7". `share` is the cell that has it, where there is
    one: the public's is coarser than its counts, and a sentence says no other figure than its table."""
    names = {"part": number(part), "whole": number(whole)}
    given = share is None or pd.notna(share)
    if pd.isna(part) or pd.isna(whole) or whole < FEW or not given:
        return _("{part} of {whole}", **names)
    return _("{share} of {whole}", share=percent(part / whole if share is None else share), **names)


def span(days: float) -> str:
    """A time as people read it: in days, from two years on in years."""
    if days >= YEARS:
        return _("{n} years", n=number(days / 365.25, 1))
    return _n("{n} day", "{n} days", round(days))


def rose(change: float) -> str:
    """By how many points a share has moved a year, where a straight line through the years shows that it has."""
    points = number(100 * abs(change), 1)
    return (
        _("It rose by {points} points a year.", points=points)
        if change > 0
        else _("It fell by {points} points a year.", points=points)
    )


def told_apart(first: Any, second: Any, figure: str) -> bool:
    """Whether a difference of a figure of two rows is sure, by limits recovered from their own (Zou and Donner 2008):
    side by side two figures read as a difference."""
    names = [figure, *limits(first, figure)]
    one, other = (
        pd.DataFrame([row[names].astype(float).to_numpy()], columns=["value", "lower", "upper"])
        for row in (first, second)
    )
    *_figures, difference, lower, upper = recovered(one, other, np.ones(1))
    return sure(difference, lower, upper)


def sure(difference: float, lower: float, upper: float) -> bool:
    """Whether a difference with limits of 95% is none that chance gives, at the level of claims."""
    edge = lower if difference > 0 else upper
    return bool(abs(difference) > WIDER * abs(difference - edge))


def untold(comparisons: int) -> str:
    """That none of so many comparisons shows a difference; that there is none is never said."""
    return Untold(
        _n(
            "In {n} comparison within a kind, a difference cannot be told.",
            "In none of {n} comparisons within a kind can a difference be told.",
            comparisons,
        )
    )


def listed(names: Sequence[str]) -> str:
    """Names in one line, the last two joined by "and"."""
    *most, last = names
    return _("{names} and {last}", names=in_line(most), last=last) if most else last


def in_line(names: Sequence[str]) -> str:
    """Names between commas; between semicolons where a name has a comma ("Hong Kong, China"), or one reads as two."""
    return ("; " if any("," in name for name in names) else ", ").join(names)


def by_direction(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each direction that has any."""
    groups = table.groupby("direction", sort=False, observed=True)
    return [(str(code), part) for code, part in groups if len(part)]


def last_days(page: Any, _table: pd.DataFrame) -> list[str]:
    """On which day each agency is counted whose register does not reach the last day looked at."""
    if page.public or page.requests.empty:
        return []
    kept = registers(page.requests, as_of=page.as_of)
    early = kept[kept["last"].lt(pd.Timestamp(page.as_of)) & kept["holder"].ne("")]
    return [
        _(
            "{agency}: counted on {day}, the last day of its register.",
            agency=in_words("agency", row["holder"]),
            day=day(row["last"]),
        )
        for _index, row in early.iterrows()
    ]


def basis(page: Any, _table: Any = None) -> list[str]:
    """A note that says how a period's turnaround is counted; none where no period is looked at."""
    if not page.period:
        return []
    return [
        _(
            "Counted in {period}: every request that was open then, each from its age on the first day of that time "
            "to the last. A figure says how long requests take at its pace.",
            period=page.pace,
        )
    ]


def recent(page: Any, _table: Any = None) -> list[str]:
    """A note that says which requests a period's figures are of; none where no period is looked at."""
    return [_("Of the requests made in {period}.", period=page.pace)] if page.period else []


def extremes(rows: pd.DataFrame, by: str, part: str, whole: str) -> str:
    """The groups with the lowest and the highest share of two counts, with those that cannot be told from them, where
    all together differ (p < .01); groups of fewer than 20 are left out. Nothing of a table shown in part, nor where
    more than three tie at an end, nor of agencies and partners, which funnels alone name: one is always last."""
    if by in ("agency", "partner"):
        return ""
    counted = rows[~rows[whole].lt(FEW) & rows[by].ne("unrecorded")].reset_index(drop=True)
    counts = counted[part], counted[whole]
    if counted[[part, whole]].isna().any(axis=None) or not differ(*counts) < SURE:
        return ""
    shares = counts[0] / counts[1]
    ends = [counted[not_apart(*counts, int(place))] for place in (shares.idxmin(), shares.idxmax())]
    if max(map(len, ends)) > MOST_TIED:
        return ""
    low, high = (
        listed(
            [
                _(
                    "{name} ({share})",
                    name=in_words(by, row[by], inside=True),
                    share=percent(row[part] / row[whole]),
                )
                for _index, row in end.iterrows()
            ]
        )
        for end in ends
    )
    return _("Lowest: {low}. Highest: {high}.", low=low, high=high)


def left_out(_page: Any, table: pd.DataFrame, whole: str = "requests") -> list[str]:
    """A note on the groups that are too small to be compared."""
    small = int(table[whole].between(1, FEW - 1).sum())
    more = _n(
        "{n} group of fewer than {least} requests is in no comparison.",
        "{n} groups of fewer than {least} requests are in no comparison.",
        small,
        least=number(FEW),
    )
    return [more] if small else []


def roughly(share: float, lower: float, upper: float) -> str:
    """A share in words, as "three in five", where a simple fraction is within 1.5 points of it and the
    interval has it; else blank."""
    words = {
        (1, 2): _("half"),
        (1, 3): _("one in three"),
        (2, 3): _("two in three"),
        (1, 4): _("one in four"),
        (3, 4): _("three in four"),
        (1, 5): _("one in five"),
        (2, 5): _("two in five"),
        (3, 5): _("three in five"),
        (4, 5): _("four in five"),
        (1, 10): _("one in ten"),
        (9, 10): _("nine in ten"),
    }
    part, whole = min(words, key=lambda fraction: abs(fraction[0] / fraction[1] - share))
    near = abs(part / whole - share) <= CLOSE and lower <= part / whole <= upper
    return words[part, whole] if near else ""


def arms(between: str) -> tuple[str, str]:
    """What the two arms of a comparison are called within a sentence."""
    words = {
        "formality": (_("formal"), _("informal")),
        "asean": (_("outside ASEAN"), _("in ASEAN")),
        "urgent": (_("if urgent"), _("if not")),
    }
    return words[between]
