"""Phrases that several findings share: who, how many, how long, how sure."""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from mlastats.messages import _, _n, label, number, partner_name, percent
from mlastats.publish.exhibit import Column, Kind

FEW = 30
CLOSE = 0.015


def direction(code: str) -> str:
    """The requests of a direction, as the subject of a sentence."""
    subjects = {"incoming": _("Incoming requests"), "outgoing": _("Outgoing requests")}
    return subjects.get(code, _("Requests whose direction is not recorded"))


def sentences(parts: Iterable[str]) -> str:
    """Sentences in one line, none twice; without any, that nothing can be said."""
    return " ".join(dict.fromkeys(part for part in parts if part)) or nothing()


def nothing() -> str:
    return _("There is no request to measure here, so nothing can be said.")


def withheld() -> str:
    return _("Some of these numbers are too small to be published; the others are in the table.")


def median(row: Any) -> str:
    """How long until half are answered, with what is known of it."""
    if pd.isna(row["median_days"]):
        return _("half are not yet answered within any time that was observed: a median is not reached")
    if pd.isna(row["upper"]) or pd.isna(row["lower"]):
        return _(
            "half are answered within {days} days, on so few cases that no full interval can be given",
            days=number(row["median_days"]),
        )
    return _(
        "half are answered within {days} days (95% interval {lower} to {upper})",
        days=number(row["median_days"]),
        lower=number(row["lower"]),
        upper=number(row["upper"]),
    )


def interval(row: Any, lower: str = "lower", upper: str = "upper") -> str:
    """A 95% interval of a share, in brackets; nothing where it has none."""
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return ""
    # On very many requests the limits of an interval are closer than a per cent.
    digits = 0 if percent(row[lower]) != percent(row[upper]) or row[lower] == row[upper] else 1
    limits = {"lower": percent(row[lower], digits), "upper": percent(row[upper], digits)}
    return _(" (95% interval {lower} to {upper})", **limits)


def finely(*values: float, digits: int = 1) -> list[str]:
    """Numbers with as many decimals, up to three, as it takes that none but zero reads as zero."""
    while digits < 3 and any(value and not round(value, digits) for value in values):
        digits += 1
    return [number(value, digits) for value in values]


def few(requests: Any) -> str:
    """A warning where a finding rests on few requests."""
    if pd.isna(requests) or requests == 0 or requests >= FEW:
        return ""
    return _n(
        "It is a single request, which shows nothing general.",
        "They are only {n} requests: one more could change the figure.",
        int(requests),
    )


def rows(table: pd.DataFrame) -> list[Any]:
    """The rows of a table that hold a request, or whose number is withheld."""
    return [row for _index, row in table.iterrows() if pd.isna(row["requests"]) or row["requests"] > 0]


def by_direction(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each direction that has any."""
    groups = table.groupby("direction", sort=False, observed=True)
    return [(str(code), part) for code, part in groups if len(part)]


def value(given: Any) -> float | None:
    """A number for a fact; None where it is missing."""
    return None if pd.isna(given) else float(given)


def basis(page: Any) -> list[str]:
    """A note that says how a period's turnaround is counted; none where no period is looked at."""
    if not page.period:
        return []
    return [
        _(
            "Counted in {period}: every request that was open in it, each from its age on the first day of the "
            "period to the last. A figure says how long requests take at the pace of that period.",
            period=page.period,
        )
    ]


def window(page: Any) -> dict[str, str]:
    """The scope of what is counted in a period alone."""
    return {"window": page.period} if page.period else {}


def pace(page: Any) -> str:
    """How a finding on a period's pace begins."""
    return _("At the pace of {period}:", period=page.period) if page.period else ""


def count_columns() -> dict[str, Column]:
    """How the counts of every measure of turnaround are read."""
    return {
        "direction": Column(_("Direction"), "code", "direction"),
        "kind": Column(_("Kind of request"), "code", "kind"),
        "agency": Column(_("Agency"), "code", "agency"),
        "channel": Column(_("Channel"), "code", "channel"),
        "formality": Column(_("Formality"), "code", "formality"),
        "partner_group": Column(_("Group of partners"), "code", "partner_group"),
        "asean": Column(_("Partners"), "code", "asean"),
        "partner": Column(_("Partner"), "code", "partner"),
        "offence": Column(_("Offence"), "code", "offence"),
        "period": Column(_("Period"), "text"),
        "year": Column(_("Year opened"), "text"),
        "requests": Column(_("Requests"), "count"),
        "answered": Column(_("Answered"), "count"),
        "ended_otherwise": Column(_("Ended otherwise"), "count"),
        "pending": Column(_("Pending"), "count"),
        "undated": Column(_("Undated"), "count"),
    }


def group_label(column: str, code: str) -> str:
    """The name of a level of a grouping column."""
    vocabulary = count_columns()[column].vocabulary
    if vocabulary == "partner":
        return partner_name(code)
    return label(vocabulary, code) if vocabulary else label("", code) if code == "unrecorded" else str(code)


def directed(column: str) -> Callable[[str], str]:
    """Names rows of "<direction>;<level>": the level of a grouping column, and its direction."""

    def words(code: str) -> str:
        direction_code, level = code.split(";", 1)
        return f"{group_label(column, level)}, {group_label('direction', direction_code).lower()}"

    return words


def begun(page: Any) -> dict[str, str]:
    """The scope of what was begun in a period alone."""
    return {"begun": page.period} if page.period else {}


def limited(
    name: str, text: str, kind: Kind = "share", rests_on: tuple[str, ...] = (), stem: str | None = None
) -> dict[str, Column]:
    """A figure and the limits of its interval: `name`, and `_lower` and `_upper` after `stem` or the name."""
    stem = f"{name}_" if stem is None else stem
    return {
        name: Column(text, kind, rests_on=rests_on),
        f"{stem}lower": Column(_("Lower limit"), kind, rests_on=rests_on),
        f"{stem}upper": Column(_("Upper limit"), kind, rests_on=rests_on),
    }


def apart(one: Any, two: Any, lower: str, upper: str) -> bool:
    """Whether the intervals of two rows do not overlap; a missing upper limit is beyond any number."""
    low = [float(row[lower]) for row in (one, two)]
    high = [float("inf") if pd.isna(row[upper]) else float(row[upper]) for row in (one, two)]
    return low[0] > high[1] or low[1] > high[0]


def extremes(rows: pd.DataFrame, by: str, names: tuple[str, str, str], whole: str) -> str:
    """The groups with the highest and the lowest share, where they have enough requests and their
    intervals do not overlap; else nothing."""
    known = rows[rows[whole].ge(FEW)].dropna(subset=list(names))
    if len(known) < 2:
        return ""
    low, high = known.loc[known[names[0]].idxmin()], known.loc[known[names[0]].idxmax()]
    if not apart(low, high, *names[1:]):
        return _("No group differs from another by more than the intervals leave open.")
    return _(
        "Least: {low_group}, {low}; most: {high_group}, {high}.",
        low=percent(low[names[0]]),
        low_group=group_label(by, str(low[by])),
        high=percent(high[names[0]]),
        high_group=group_label(by, str(high[by])),
    )


def roughly(share: float, lower: float, upper: float) -> str:
    """A share in words, as "three of five", where a simple fraction is within 1.5 points of it and the
    interval has it; else blank."""
    words = {
        (1, 2): _("half"),
        (1, 3): _("one of three"),
        (2, 3): _("two of three"),
        (1, 4): _("one of four"),
        (3, 4): _("three of four"),
        (1, 5): _("one of five"),
        (2, 5): _("two of five"),
        (3, 5): _("three of five"),
        (4, 5): _("four of five"),
        (1, 10): _("one of ten"),
        (9, 10): _("nine of ten"),
    }
    part, whole = min(words, key=lambda fraction: abs(fraction[0] / fraction[1] - share))
    near = abs(part / whole - share) <= CLOSE and lower <= part / whole <= upper
    return words[part, whole] if near else ""


def arms(between: str) -> tuple[str, str]:
    """What the two arms of a comparison are called within a sentence."""
    words = {
        "formality": (_("formal"), _("informal")),
        "asean": (_("outside ASEAN"), _("in ASEAN")),
    }
    return words[between]
