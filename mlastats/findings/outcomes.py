"""Outcomes in exhibits: how requests end, and on which grounds they are refused."""

from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, WILSON, Declared
from mlastats.findings.phrases import FEW, basis, largest, listed, proportion, subject, withheld
from mlastats.messages import _, _n, number, percent
from mlastats.publish.exhibit import Exhibit

TOLD = ["executed", "refused", "pending"]


def _fate(rows: pd.DataFrame, days: int) -> str:
    """What most requests come to, and how many are still open, by the day looked at; the counts so far where
    too few were followed for a share."""
    names = {"who": subject(rows.iloc[0]), "days": number(days)}
    by_outcome = rows.set_index("outcome")
    share, so_far = (by_outcome[name].reindex(TOLD) for name in ("share", "requests"))
    if share.notna().all() and by_outcome["requests"].sum() >= FEW:
        return _(
            "{who} after {days} days: {executed} executed, {refused} refused, {pending} pending.",
            **names,
            **{name: percent(value) for name, value in share.items()},
        )
    if so_far.isna().any() or not so_far.sum():
        return ""
    return _(
        "{who} so far: {executed} executed, {refused} refused, {pending} pending.",
        **names,
        **{name: number(value) for name, value in so_far.items()},
    )


def _grounds(rows: pd.DataFrame) -> str:
    if rows["requests"].isna().any():
        return withheld()
    whole, unrecorded = rows["whole"].max(), rows["refusal_ground"].eq("unrecorded")
    if whole == 0:
        return ""
    recorded = whole - rows.loc[unrecorded, "requests"].sum()
    sentence = _n(
        "{who}: the ground is recorded for {share} refusal.",
        "{who}: the ground is recorded for {share} refusals.",
        int(whole),
        who=subject(rows.iloc[0]),
        share=proportion(recorded, whole),
    )
    most = largest(rows[~unrecorded], "requests")
    if most.empty or most["requests"].iloc[0] == 1:
        return sentence
    return f"{sentence} " + _n(
        "Named most often, {n} time: {grounds}.",
        "Named most often, {n} times: {grounds}.",
        int(most["requests"].iloc[0]),
        grounds=listed([in_words("refusal_ground", code, inside=True) for code in most["refusal_ground"]]),
    )


TONES = {
    "executed": "full",
    "partly_executed": "pale",
    "refused": "ink",
    "not_located": "ink",
    **dict.fromkeys(("withdrawn", "returned", "lapsed", "other", "unrecorded"), "rest"),
    "pending": "open",
}


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """The strands of which the shares make a whole, but for a tenth: of the public each is rounded, and what is not told
    is left blank."""
    groups = [name for name in ("direction", "strand") if name in table]
    sums = table.groupby(groups, observed=True)["share"].transform("sum")
    return table[sums.between(0.9, 1.02)]


OUTCOMES = Declared(
    "outcomes",
    "How do requests end?",
    by="direction strand outcome",
    columns="requests whole share",
    unit="requests; share",
    each=_fate,
    period="window",
    where=lambda table: table["whole"].gt(0),
    chart=Chart(
        "share",
        "strand",
        "how requests stand {days} days on",
        form="parts",
        along="outcome",
        parts=TONES,
        n="whole",
        right="still pending",
        where=_told,
    ),
    alt="The share of requests by outcome and direction; every value is in the table.",
    notes=(
        basis,
        STRANDS,
        "The share is of all requests of a strand, by {days} days after the request: what is still pending is neither left "
        "out nor taken for a failure (Aalen and Johansen).",
    ),
    internal_notes=("Of a strand the shares add up to 100%.",),
)
refusals = Declared(
    "outcomes_refusals",
    "On which grounds are requests refused?",
    by="direction strand refusal_ground",
    columns="requests whole share",
    unit="requests; share",
    each=_grounds,
    period="window",
    scope={"refused": "yes"},
    where=lambda table: table["whole"].gt(0),
    notes=(STRANDS, WILSON),
)


def outcomes(table: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """How requests end: so far, and by `days` after the request with what is pending counted in."""
    return OUTCOMES(table, page, days=days)
