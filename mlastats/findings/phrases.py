"""Phrases that several findings share: who, how many, how long, how sure."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from mlastats.messages import _, _n, label, number, percent
from mlastats.publish.exhibit import Column

FEW = 30


def direction(code: str) -> str:
    """The requests of a direction, as the subject of a sentence."""
    subjects = {"incoming": _("Incoming requests"), "outgoing": _("Outgoing requests")}
    return subjects.get(code, _("Requests whose direction is not recorded"))


def sentences(parts: Iterable[str]) -> str:
    """Sentences in one line; without any, that nothing can be said."""
    return " ".join(part for part in parts if part) or nothing()


def nothing() -> str:
    return _("There is no request to measure here, so nothing can be said.")


def withheld() -> str:
    return _("The numbers are too small to be published.")


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
    return _(" (95% interval {lower} to {upper})", lower=percent(row[lower]), upper=percent(row[upper]))


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
        "partner": Column(_("Partner"), "code", "partner"),
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
    return label(vocabulary, code) if vocabulary else label("", code) if code == "unrecorded" else str(code)
