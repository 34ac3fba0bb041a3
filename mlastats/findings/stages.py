"""Stages in exhibits: where the time goes, who holds the file, where it is stuck, who passes it on."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.stages import PATH
from mlastats.messages import TOGETHER, _, _n, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = ["reached", "moved_on", "ended", "stuck"]
# A leg is at one stage and leads to one next: a request has several.
LEGS = {"unit": "legs"}
FIXED = {
    "reached": {},
    "moved_on": {"next_stage": TOGETHER.join(PATH)},
    "ended": {"next_stage": "ended"},
    "stuck": {"next_stage": "pending"},
}


def stages(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long requests stay at each stage, and what share of all days that is."""
    shown = ["direction", "stage", *COUNTS, "median_days", "lower", "upper", "p90", "share"]
    return Exhibit(
        name="stages",
        question=_("Where does the time go?"),
        finding=lambda t: phrases.sentences(_longest(code, rows) for code, rows in phrases.by_direction(t)),
        table=table[shown],
        columns={name: _columns()[name] for name in shown},
        unit=_("requests; days"),
        by=("direction", "stage"),
        scope=LEGS,
        counts=FIXED,
        chart=_draw if table["share"].notna().any() else None,
        alt=lambda t: _("The share of all days that passes at each stage; every value is in the table."),
        notes=[
            _(
                "A stage lasts from its date to the next recorded one, or to the end; of what is pending, to the day "
                "looked at. “Stuck” is pending with nothing recorded since."
            ),
            _("What a register does not record cannot be seen: its days stand at the stage before."),
        ],
    )


def holders(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long each agency holds the file, by stage."""
    shown = ["direction", "agency", "stage", "reached", "stuck", "median_days", "lower", "upper", "share"]
    return Exhibit(
        name="stages_by_agency",
        question=_("Who holds the file, and for how long?"),
        finding=lambda t: phrases.sentences(_stuck(code, rows) for code, rows in phrases.by_direction(t)),
        table=table[shown],
        columns={name: _columns()[name] for name in shown},
        unit=_("requests; days"),
        by=("direction", "agency", "stage"),
        scope=LEGS,
        counts={name: FIXED[name] for name in ("reached", "stuck")},
        notes=[_("The share is of all days on which the agency held a request of that direction.")],
    )


def pairs(table: pd.DataFrame, page: Any) -> Exhibit:
    """From each stage to the next: how long the steps that are over took, and their share of all days."""
    shown = ["direction", "stage", "next_stage", "legs", "p25", "median_days", "p75", "p90", "share"]
    return Exhibit(
        name="stages_pairs",
        question=_("How long is it from each stage to the next?"),
        finding=lambda t: phrases.sentences(_pair(code, rows) for code, rows in phrases.by_direction(t)),
        table=table[shown],
        # A step that is not over has no days; "number" leaves a dash, where "days" would say "not reached".
        columns={
            name: replace(column, kind="number", single=name == "p90") if column.kind == "days" else column
            for name, column in _columns(("legs",)).items()
            if name in shown
        },
        unit=_("steps; days"),
        by=("direction", "stage", "next_stage"),
        scope=LEGS,
        counts={"legs": {}},
        notes=[
            _(
                "The days are of steps that are over; how long the others have waited is in the table of stages."
            ),
        ],
    )


def handovers(table: pd.DataFrame, page: Any) -> Exhibit:
    """Files that one agency passed to another."""
    return Exhibit(
        name="stages_handovers",
        question=_("Which files pass from one agency to another?"),
        finding=_passed,
        table=table,
        columns={
            "direction": phrases.count_columns()["direction"],
            "from_agency": Column(_("From"), "code", "agency"),
            "to_agency": Column(_("To"), "code", "agency"),
            "requests": Column(_("Requests"), "count"),
            "median_days": Column(_("Median (days)"), "days", rests_on=("requests",)),
        },
        unit=_("requests; days"),
        by=("direction", "from_agency", "to_agency"),
        scope={"handed": "over"},
        counts={"requests": {}},
        notes=[
            _(
                "A request that follows another of a different agency; the days run from the day of the earlier one to "
                "that of the later."
            )
        ],
    )


def _columns(rests: tuple[str, ...] = ("reached",)) -> dict[str, Column]:
    return {
        **{name: phrases.count_columns()[name] for name in ("direction", "agency")},
        "stage": Column(_("Stage"), "code", "stage"),
        "next_stage": Column(_("Next"), "code", "stage"),
        "reached": Column(_("Reached"), "count"),
        "moved_on": Column(_("Moved on"), "count"),
        "ended": Column(_("Ended"), "count"),
        "stuck": Column(_("Stuck"), "count"),
        "legs": Column(_("Steps"), "count"),
        "median_days": Column(_("Median (days)"), "days", rests_on=rests),
        "lower": Column(_("Lower limit"), "days", rests_on=rests),
        "upper": Column(_("Upper limit"), "days", rests_on=rests),
        "p25": Column(_("A quarter by (days)"), "days", rests_on=rests),
        "p75": Column(_("Three quarters by (days)"), "days", rests_on=rests),
        "p90": Column(_("Nine tenths by (days)"), "days", rests_on=rests),
        "share": Column(_("Share of all days"), "share", rests_on=rests),
    }


def _longest(code: str, rows: pd.DataFrame) -> str:
    known = rows.dropna(subset=["share"])
    if known.empty:
        return ""
    most = known.loc[known["share"].astype(float).idxmax()]
    sentence = _(
        "{who}: {share} of all days pass at the stage “{stage}”.",
        who=phrases.direction(code),
        share=percent(most["share"]),
        stage=label("stage", str(most["stage"])).lower(),
    )
    return f"{sentence} {_worst_stuck(rows)}".strip()


def _worst_stuck(rows: pd.DataFrame) -> str:
    # Of counts some of which are withheld, none can be called the largest.
    if rows["stuck"].isna().any() or not rows["stuck"].max():
        return ""
    worst = rows.loc[rows["stuck"].astype(float).idxmax()]
    return _n(
        "{n} is stuck at “{stage}”.",
        "{n} are stuck at “{stage}”.",
        int(worst["stuck"]),
        stage=label("stage", str(worst["stage"])).lower(),
    )


def _stuck(code: str, rows: pd.DataFrame) -> str:
    if rows["stuck"].isna().any():
        return ""
    held = rows.groupby("agency", observed=True, sort=False)["stuck"].sum()
    if not held.max():
        return _("{who}: none is stuck.", who=phrases.direction(code))
    return _n(
        "{who}: most are stuck at {agency}, {n} request.",
        "{who}: most are stuck at {agency}, {n} requests.",
        int(held.max()),
        who=phrases.direction(code),
        agency=phrases.group_label("agency", str(held.idxmax())),
    )


def _pair(code: str, rows: pd.DataFrame) -> str:
    known = rows[rows["legs"].ge(phrases.FEW)].dropna(subset=["median_days"])
    if known.empty:
        return _("{who}: too few steps of any one kind to name the longest.", who=phrases.direction(code))
    slow = known.loc[known["median_days"].astype(float).idxmax()]
    return _(
        "{who}: longest is the step from “{stage}” to “{next}”, with a median of {days} days where it is over.",
        who=phrases.direction(code),
        stage=label("stage", str(slow["stage"])).lower(),
        next=label("stage", str(slow["next_stage"])).lower(),
        days=number(slow["median_days"]),
    )


def _passed(table: pd.DataFrame) -> str:
    if table.empty:
        return _("No request follows one of another agency.")
    if table["requests"].isna().any():
        return phrases.withheld()
    most = table.loc[table["requests"].astype(float).idxmax()]
    return _n(
        "Most often from {first} to {second}: {n} request.",
        "Most often from {first} to {second}: {n} requests.",
        int(most["requests"]),
        first=phrases.group_label("agency", str(most["from_agency"])),
        second=phrases.group_label("agency", str(most["to_agency"])),
    )


def _draw(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table,
        "share",
        "stage",
        by="direction",
        kind="share",
        label=lambda code: label("stage", code),
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("share of all days"),
    )
