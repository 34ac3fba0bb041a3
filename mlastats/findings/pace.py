"""The pace of answers in exhibits: a segmented model at an event, and at other dates."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.messages import _, _n, day, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SLOPE = ["slope", "slope_lower", "slope_upper"]
# A limit beyond a hundredfold says only that nothing is known.
UNTOLD = 100


def pace(table: pd.DataFrame, page: Any, event: str) -> Exhibit:
    """The segmented model: the change of the rate of answers at the event."""
    shown = ["direction", "months_before", "months_after", "answers_before", "answers_after"]
    shown += ["level", "level_lower", "level_upper", *SLOPE]
    by_year = {name: (table[name].astype(float) ** 12).where(lambda ratio: ratio < UNTOLD) for name in SLOPE}
    yearly = table.assign(**by_year)
    return Exhibit(
        name="before_after_pace",
        question=_("Did the pace of answers change at {day}?", day=day(event)),
        finding=lambda t: phrases.sentences(_level(row) for _index, row in t.iterrows()),
        table=yearly[shown],
        columns=_model_columns(shown),
        unit=_("per cent of the pace that was to come"),
        by=("direction",),
        counts={f"answers_{arm}": {"arm": arm, "months": "whole"} for arm in ("before", "after")},
        notes=[
            _(
                "Answers a month for each day that a request was open (a segmented Poisson model with a level and a slope "
                "before, and a change of each after); 100% is no change."
            ),
            _("The pace falls too when old requests pile up. A change says that it changed, not why."),
            *(
                [_("With a yearly wave, because the series has four years.")]
                if table["seasonal"].eq(True).any()
                else []
            ),
        ],
    )


def elsewhere(table: pd.DataFrame, pace: pd.DataFrame, page: Any, event: str) -> Exhibit:
    """The same model at dates on which nothing is known to have happened, beside the event."""
    both = pd.concat([part for part in (pace[pace["note"].eq("")], table) if len(part)] or [table])
    shown = ["direction", "event", "level", "level_lower", "level_upper"]
    found = both.sort_values(["direction", "event"], ignore_index=True)[shown]
    return Exhibit(
        name="before_after_elsewhere",
        question=_("Does the pace change as much at other dates?"),
        finding=lambda t: (
            phrases.sentences(_elsewhere(code, rows, event) for code, rows in phrases.by_direction(t))
            if len(table)
            else _("There is no other date with enough months and answers on both sides.")
        ),
        table=found,
        columns=_model_columns(shown),
        unit=_("per cent of the pace that was to come"),
        by=("direction", "event"),
        internal_only=True,
        chart=_draw_elsewhere if len(found) > 1 else None,
        alt=lambda t: _("The change of level at each date with its interval; every value is in the table."),
        notes=[
            _(
                "Every sixth month with at least twelve on either side. A date before the event is judged by the months "
                "before it alone, one after by those after."
            )
        ],
    )


def _model_columns(shown: list[str]) -> dict[str, Column]:
    rests = ("answers_before", "answers_after")
    known = {
        "direction": phrases.count_columns()["direction"],
        "event": Column(_("Date"), "date"),
        "months_before": Column(_("Months before"), "number"),
        "months_after": Column(_("Months after"), "number"),
        "answers_before": Column(_("Answers before"), "count"),
        "answers_after": Column(_("Answers since"), "count"),
        "level": Column(_("Pace at the event"), "share", rests_on=rests),
        "level_lower": Column(_("Lower limit"), "share", rests_on=rests),
        "level_upper": Column(_("Upper limit"), "share", rests_on=rests),
        "slope": Column(_("Change of pace a year, since"), "share", rests_on=rests),
        "slope_lower": Column(_("Lower limit"), "share", rests_on=rests),
        "slope_upper": Column(_("Upper limit"), "share", rests_on=rests),
    }
    return {name: known[name] for name in shown}


def _level(row: Any) -> str:
    who = phrases.direction(str(row["direction"]))
    if pd.isna(row["level"]):
        return _("{who}: too few months or answers on one of the sides to say.", who=who)
    said = {
        "who": who,
        "lower": percent(row["level_lower"]),
        "upper": percent(row["level_upper"]),
        "level": percent(row["level"]),
    }
    if row["level_lower"] <= 1 <= row["level_upper"]:
        return _(
            "{who}: no change of pace is shown; it was between {lower} and {upper} of what the months before lead to.",
            **said,
        )
    return _(
        "{who}: the pace was {level} of what the months before lead to (95% interval {lower} to {upper}).",
        **said,
    )


def _elsewhere(code: str, rows: pd.DataFrame, event: str) -> str:
    placebo = rows[rows["event"].ne(pd.Timestamp(event))].dropna(subset=["level"])
    if placebo.empty:
        return ""
    moved = placebo["level_lower"].gt(1) | placebo["level_upper"].lt(1)
    return _n(
        "{who}: of {all} other dates, {n} shows a change of level.",
        "{who}: of {all} other dates, {n} show a change of level.",
        int(moved.sum()),
        who=phrases.direction(code),
        all=number(len(placebo)),
    )


def _draw_elsewhere(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.lines(
        table,
        "event",
        "level",
        by="direction",
        bounds=("level_lower", "level_upper"),
        kind="share",
        reference=1.0,
        reference_label=_("no change"),
        series=lambda code: phrases.group_label("direction", code),
        ylabel=_("pace over what was to come"),
    )
