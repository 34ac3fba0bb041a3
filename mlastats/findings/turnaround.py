"""Turnaround in exhibits: answers at a glance, curves, groups, cohorts, the service standard."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.messages import _, day, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = ["requests", "answered", "ended_otherwise", "pending", "undated"]
MEDIAN = ["median_days", "lower", "upper"]
FIXED = {"requests": {}, **{status: {"status": status} for status in COUNTS[1:]}}


def glance(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long until an answer: one row a direction, with what has no answer yet."""
    shown = ["direction", *COUNTS, *MEDIAN, "p90", "closed_only_median"]
    return Exhibit(
        name="turnaround_glance",
        question=_("How long do requests take to be answered?"),
        finding=lambda t: phrases.sentences([*(_glance(row) for row in _rows(t)), _closed_only(t)]),
        table=table[shown],
        columns=columns(shown),
        unit=_("requests; days"),
        by=("direction",),
        counts=FIXED,
        notes=[*_definitions(page), *_approximate(table)],
        facts=_glance_facts,
    )


def curves(table: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered by each day, with its interval and the number at risk."""
    shown = ["direction", "day", "at_risk", "share", "lower", "upper"]
    return Exhibit(
        name="turnaround_curves",
        question=_("What share of requests is answered, day by day?"),
        finding=lambda t: phrases.sentences(_milestones(rows) for _code, rows in _by_direction(t)),
        table=table[shown],
        columns=columns(shown),
        unit=_("share of requests answered"),
        by=("direction", "day"),
        chart=_draw_curves if len(table) else None,
        alt=_curves_alt,
        notes=[
            _("The band is the 95 % interval (log-log). A pending request counts for as long as it has waited."),
            _("The numbers below the axis are the requests still at risk: begun, observed and not ended."),
        ],
    )


def groups(table: pd.DataFrame, page: Any, by: str) -> Exhibit:
    """Turnaround by the levels of one column: `kind`, `agency` ..."""
    shown = ["direction", by, *COUNTS, "p25", *MEDIAN, "p75", "p90", "closed_only_median"]
    return Exhibit(
        name=f"turnaround_by_{by}",
        question=_GROUP_QUESTIONS()[by],
        finding=lambda t: phrases.sentences(_contrast(code, rows, by) for code, rows in _by_direction(t)),
        table=table[shown],
        columns=columns(shown),
        unit=_("requests; days"),
        by=("direction", by),
        counts=FIXED,
        chart=(lambda t: _draw_groups(t, by)) if len(table) else None,
        alt=lambda t: _("Median days to an answer with 95 % intervals; the values are in the table."),
        notes=[_quantile_note()],
    )


def cohorts(table: pd.DataFrame, page: Any) -> Exhibit:
    """Turnaround by the year in which requests were opened."""
    shown = ["direction", "year", *COUNTS, *MEDIAN, "closed_only_median"]
    return Exhibit(
        name="turnaround_by_year",
        question=_("How long do the requests opened in each year take?"),
        finding=lambda t: phrases.sentences(_cohort(code, rows) for code, rows in _by_direction(t)),
        table=table[shown],
        columns=columns(shown),
        unit=_("requests; days"),
        by=("direction", "year"),
        counts=FIXED,
        chart=_draw_cohorts if table["median_days"].notna().any() else None,
        alt=lambda t: _("Median days to an answer by year opened, with 95 % intervals; the values are in the table."),
        notes=[
            _("A row holds the requests opened in that year, whenever they ended."),
            _quantile_note(),
        ],
    )


def within(table: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered within the service standard."""
    shown = ["direction", "kind", "requests", "pending", "standard_days", "with_standard"]
    shown += ["within", "within_lower", "within_upper"]
    known = table.loc[table["with_standard"].gt(0), shown] if "within" in table else pd.DataFrame(columns=shown)
    return Exhibit(
        name="turnaround_within_standard",
        question=_("How many requests are answered within the service standard?"),
        finding=lambda t: phrases.sentences(_within(row) for row in _rows(t)) if len(t) else _no_standard(),
        table=known,
        columns=columns(shown),
        unit=_("share of requests"),
        by=("direction", "kind"),
        counts={"requests": {}, "pending": FIXED["pending"], "with_standard": {"status": "timed"}},
        notes=[
            _("The share is read from the curve, so that a request still pending within the standard counts for the days it was observed."),
            _("It is not given where fewer than 10 requests were still at risk on the day of the standard."),
        ],
    )
