"""Outcomes in exhibits: how requests end, and on which grounds they are refused."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.findings.turnaround import moved
from mlastats.messages import _, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# What each row of the outcome column fixes, in the words of the other exhibits.
OPEN = ("pending", "undated")


def outcomes(table: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """How requests end: so far, and by `days` after the request with what is pending counted in."""
    shown = ["direction", "outcome", "requests", "whole", "share", "lower", "upper"]
    dated = ("requests", "whole")
    return Exhibit(
        name="outcomes",
        question=_("How do requests end?"),
        finding=lambda t: phrases.sentences(
            _fate(code, rows, days) for code, rows in phrases.by_direction(t)
        ),
        table=table[shown],
        columns={
            "direction": phrases.count_columns()["direction"],
            "outcome": Column(_("Outcome"), "code", "end"),
            "requests": Column(_("So far"), "count"),
            "whole": Column(_("Requests of the direction"), "count"),
            "share": Column(_("Within {days} days", days=number(days)), "share", rests_on=dated),
            "lower": Column(_("Lower limit"), "share", rests_on=dated),
            "upper": Column(_("Upper limit"), "share", rests_on=dated),
        },
        unit=_("requests; share"),
        by=("direction", "outcome"),
        scope=phrases.window(page),
        counts={"requests": {}, "whole": {"outcome": "all"}},
        chart=_draw if table["share"].notna().any() else None,
        alt=lambda t: _("The share of requests by outcome and direction; every value is in the table."),
        notes=[
            *phrases.basis(page),
            _(
                "The share is of all requests, by {days} days after the request: what is still pending is neither left "
                "out nor taken for a failure (Aalen and Johansen).",
                days=number(days),
            ),
            *(moved(page) or [_("Of a direction the shares add up to 100%.")]),
        ],
    )


def refusals(table: pd.DataFrame, page: Any) -> Exhibit:
    """On which grounds requests are refused."""
    dated = ("requests", "whole")
    return Exhibit(
        name="outcomes_refusals",
        question=_("On which grounds are requests refused?"),
        finding=lambda t: phrases.sentences(_grounds(code, rows) for code, rows in phrases.by_direction(t)),
        table=table,
        columns={
            "direction": phrases.count_columns()["direction"],
            "refusal_ground": Column(_("Ground"), "code", "refusal_ground"),
            "requests": Column(_("Refused"), "count"),
            "whole": Column(_("Refused in all"), "count"),
            "share": Column(_("Share"), "share", rests_on=dated),
            "lower": Column(_("Lower limit"), "share", rests_on=dated),
            "upper": Column(_("Upper limit"), "share", rests_on=dated),
        },
        unit=_("requests; share"),
        by=("direction", "refusal_ground"),
        scope={"outcome": "refused"},
        counts={"requests": {}, "whole": {"refusal_ground": "all"}},
        notes=[_("The interval is Wilson's, 95%.")],
    )


def _fate(code: str, rows: pd.DataFrame, days: int) -> str:
    """What most requests come to, and how many are still open, by the day looked at."""
    share = rows.set_index("outcome")["share"]
    if pd.isna(share.get("executed")) or pd.isna(share.get("pending")):
        return _so_far(code, rows, days)
    parts = {
        "executed": share["executed"] + share.get("partly_executed", 0.0),
        "refused": share.get("refused"),
        "pending": share["pending"],
    }
    return _(
        "{who}: {days} days after the request {executed} are executed, wholly or in part, {refused} refused and "
        "{pending} still pending.",
        who=phrases.direction(code),
        days=number(days),
        **{name: percent(value) for name, value in parts.items()},
    )


def _so_far(code: str, rows: pd.DataFrame, days: int) -> str:
    """The counts, where too few were followed for a share."""
    counts = rows.set_index("outcome")["requests"]
    told = counts.reindex(["executed", "partly_executed", "refused", "pending"])
    if told.isna().any() or not counts.sum():
        return ""
    return _(
        "{who}: so far {executed} are executed, wholly or in part, {refused} refused and {pending} still pending; too "
        "few were followed for {days} days to give shares.",
        who=phrases.direction(code),
        days=number(days),
        executed=number(told["executed"] + told["partly_executed"]),
        refused=number(told["refused"]),
        pending=number(told["pending"]),
    )


def _grounds(code: str, rows: pd.DataFrame) -> str:
    known = rows[rows["refusal_ground"].ne("unrecorded") & rows["requests"].gt(0)]
    whole = rows["whole"].max()
    if rows["requests"].isna().any():
        return phrases.withheld()
    if whole == 0:
        return ""
    if known.empty:
        return _(
            "{who}: of {whole} refused, none has a recorded ground.",
            who=phrases.direction(code),
            whole=number(whole),
        )
    silent = rows.loc[rows["refusal_ground"].eq("unrecorded"), "requests"].sum(skipna=False)
    most = known.loc[known["requests"].idxmax()]
    sentence = _(
        "{who}: of {whole} refusals, most often named is {ground}, {requests} times.",
        who=phrases.direction(code),
        whole=number(whole),
        ground=label("refusal_ground", str(most["refusal_ground"])).lower(),
        requests=number(most["requests"]),
    )
    if pd.isna(silent) or silent == 0:
        return sentence
    return f"{sentence} " + _("For {silent} no ground is recorded.", silent=percent(silent / whole))


def _draw(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    seen = table.dropna(subset=["share"])
    seen = seen[seen["share"].gt(0)]
    return charts.dots(
        seen,
        "share",
        "outcome",
        by="direction",
        bounds=("lower", "upper"),
        kind="share",
        label=lambda code: label("end", code),
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("share of all requests"),
    )
