"""The day by which an answer was asked for, and what more was asked before one could be given, in exhibits."""

import pandas as pd

from mlastats.findings.declared import MEDIAN, WILSON, Declared
from mlastats.findings.phrases import FEW, proportion, subject
from mlastats.messages import _, _n, number


def _in_time(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    if not row["due"] > 0 or pd.isna(row["in_time"]):
        return ""
    return _(
        "{who}: {share} answered by the day asked for.",
        who=subject(row, "kind"),
        share=proportion(row["in_time"], row["due"], row["in_time_share"]),
    )


def _supplemented(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    if not row["requests"] >= FEW or not row["supplemented"] > 0:
        return ""
    said = _(
        "{who}: {share} had to be supplemented.",
        who=subject(row, "kind"),
        share=proportion(row["supplemented"], row["requests"], row["supplemented_share"]),
    )
    if not row["lost_days"] > 0:
        return said
    # Of how many the days are known: what is not recorded is not nought.
    return f"{said} " + _n(
        "Of {known} of them the days are recorded: {n} day was lost; still waiting: {waiting}.",
        "Of {known} of them the days are recorded: {n} days were lost; still waiting: {waiting}.",
        int(row["lost_days"]),
        known=number(row["days_known"]),
        waiting=number(row["waiting"]),
    )


in_time = Declared(
    "in_time_for_deadline",
    "Are requests answered by the day asked for?",
    by="direction kind",
    columns="requests with_deadline due in_time late otherwise open in_time_share",
    unit="requests; share",
    each=_in_time,
    within="kind",
    empty="No register records by which day an answer was asked for.",
    where=lambda table: table["with_deadline"].gt(0),
    period="begun",
    notes=(
        "Due: the day asked for has come. What was answered before a day that is still to come is not due yet.",
        WILSON,
    ),
)
supplements = Declared(
    "supplements",
    "How many requests had to be supplemented, and how many days were lost to it?",
    by="direction kind",
    columns="requests supplemented supplemented_share days_known supplied waiting lost_days median_days",
    unit="requests; share; days",
    each=_supplemented,
    within="kind",
    empty="No request had to be supplemented, or no register records it.",
    where=lambda table: (
        table.groupby("direction")["supplemented"].transform("sum").gt(0) & table["requests"].gt(0)
    ),
    period="begun",
    notes=(
        "A request is supplemented if its register has a day on which further information was asked for, or how often.",
        WILSON,
    ),
    internal_notes=(
        "Days lost run from that day to the day on which the information came, or the request ended; of what waits, as "
        "far as its register was kept. A dash: it is recorded that the request was supplemented, and on no day.",
        MEDIAN,
    ),
)
