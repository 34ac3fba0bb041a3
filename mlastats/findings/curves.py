"""Curves in exhibits: the share answered day by day, and the days by which a share is."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.findings.turnaround import columns, moved, quantile_note
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = 1095


DATED = ["answered", "ended_otherwise", "pending"]


def curves(table: pd.DataFrame, counts: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered by each day, with its interval and the number at risk; for the public without that
    number, from which single cases can be told, and with the `counts` of the direction on which it rests."""
    rests = DATED if page.public else ["at_risk"]
    if page.public:
        sizes = counts[["direction", *DATED]].astype({"direction": "str"})
        table = table.merge(sizes, on="direction", how="left")
    shown = ["direction", "day", *rests, "share", "lower", "upper"]
    return Exhibit(
        name="turnaround_curves",
        question=_("What share of requests is answered, day by day?"),
        finding=lambda t: phrases.sentences(_milestones(rows) for _code, rows in phrases.by_direction(t)),
        table=table[shown],
        columns=columns(shown),
        counts={name: {"day": "all", "status": name} for name in rests} if page.public else {},
        unit=_("share of requests answered"),
        by=("direction", "day"),
        chart=_draw_curves if len(table) else None,
        alt=_curves_alt,
        scope=phrases.window(page),
        notes=[
            *phrases.basis(page),
            _(
                "The band is the 95% interval (log-log). A pending request counts for as long as it has waited."
            ),
            *(moved(page) or _numbers_at_risk()),
            _("Three years are drawn; the table has every day."),
        ],
    )


def _numbers_at_risk() -> list[str]:
    return [_("The numbers below the axis are the requests still at risk: begun, observed and not ended.")]


def quantiles(read: pd.DataFrame, table: pd.DataFrame, page: Any) -> Exhibit:
    """The days by which a quarter, half, three quarters and nine tenths are answered; `table` counts."""
    counts = table[["direction", "requests", "answered"]].astype({"direction": "str"})
    found = read.astype({"direction": "str"}).merge(counts, on="direction", how="left")
    found["quantile"] = found["quantile"].map(lambda q: f"{q:.2f}")
    shown = ["direction", "quantile", "requests", "answered", "days", "lower", "upper"]
    whole = {"quantile": "all"}
    return Exhibit(
        name="turnaround_quantiles",
        question=_("By when is a quarter, half or nine tenths answered?"),
        finding=lambda t: phrases.sentences(_spread(rows) for _code, rows in phrases.by_direction(t)),
        table=found.sort_values(["direction", "quantile"], ignore_index=True)[shown],
        columns=columns(shown),
        unit=_("days"),
        by=("direction", "quantile"),
        scope=phrases.window(page),
        counts={"requests": whole, "answered": {**whole, "status": "answered"}},
        notes=[quantile_note(), *moved(page)],
    )


def _spread(rows: pd.DataFrame) -> str:
    """The quarter answered first, and the day by which nine tenths are."""
    read = rows.assign(level=rows["quantile"].astype(float)).set_index("level")["days"]
    if pd.isna(read.get(0.25)):
        return ""
    said = {"who": phrases.direction(str(rows["direction"].iloc[0])), "fast": number(read[0.25])}
    for level, share in ((0.9, _("nine tenths")), (0.75, _("three quarters"))):
        if pd.notna(read.get(level)):
            return _(
                "{who}: a quarter are answered within {fast} days, {share} within {slow}.",
                share=share,
                slow=number(read[level]),
                **said,
            )
    return _(
        "{who}: a quarter are answered within {fast} days; three quarters are not reached within any time observed.",
        **said,
    )


def _milestones(rows: pd.DataFrame) -> str:
    """The share answered by a month, half a year and a year, as far as the curve goes."""
    said = []
    for days in (30, 180, 365):
        until = rows[rows["day"].le(days)]
        known = rows["day"].max() >= days or rows["share"].iloc[-1] == 1
        if known and not until["share"].isna().any():
            share = until["share"].iloc[-1] if len(until) else 0.0
            said.append(_("{share} within {days} days", share=percent(share), days=number(days)))
    if not said:
        return ""
    return f"{phrases.direction(str(rows['direction'].iloc[0]))}: {', '.join(said)}."


def _draw_curves(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.curves(
        table[table["day"].le(DRAWN)],
        "day",
        "share",
        by="direction",
        bounds=("lower", "upper"),
        at_risk="at_risk" if "at_risk" in table else "",
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("days since the request"),
    )


def _curves_alt(table: pd.DataFrame) -> str:
    return _(
        "Step curves of the share answered by day, rising from zero, with their intervals. {said}",
        said=phrases.sentences(_milestones(rows) for _code, rows in phrases.by_direction(table)),
    )
