"""Curves in exhibits: the share answered day by day, and the days by which a share is."""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import FEW, alike, basis, leading, sentences, span, subject
from mlastats.findings.turnaround import REACHED
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Exhibit

PUBLIC_DAYS = (30, 90, 180, 365)
GROUP = ["direction", "strand"]
MOST_OF = 30


DRAWN = Chart(
    "share",
    "strand",
    "share answered by days since the request",
    form="curve",
    along="day",
    where=lambda table: table[table["day"].le(1095)],
    gaps=True,
    leads=True,
)


def _milestones(rows: pd.DataFrame) -> str:
    """The share answered by a month, half a year and a year, as far as the curve goes."""
    shares = {}
    for days in (30, 180, 365):
        until = rows[rows["day"].le(days)]
        followed = rows["day"].max() >= days or rows["share"].iloc[-1] == 1
        if followed and not until["share"].isna().any():
            shares[number(days)] = percent(until["share"].iloc[-1] if len(until) else 0.0)
    if not shares:
        return ""
    names = {"days": ", ".join(shares), "shares": ", ".join(shares.values())}
    return _("{who}, answered by day {days}: {shares}.", who=subject(rows.iloc[0]), **names)


def _spread(rows: pd.DataFrame) -> str:
    """The quarter answered first, and the day by which three quarters are; on fewer than 30, nothing of these."""
    row, read = rows.iloc[0], rows.assign(level=rows["quantile"].astype(float)).set_index("level")["days"]
    if not row["requests"] >= FEW or pd.isna(read.get(0.25)):
        return ""
    names = {"who": subject(row), "fast": span(read[0.25])}
    if pd.isna(read.get(0.75)) or row["requests"] < MOST_OF:
        return _("{who}: a quarter answered within {fast}.", **names)
    return _(
        "{who}: a quarter answered within {fast}, three quarters within {slow}.",
        slow=span(read[0.75]),
        **names,
    )


def _in_words(table: pd.DataFrame) -> str:
    return _(
        "Step curves of the share answered by day, rising from zero, with their intervals. {said}",
        said=sentences(text for text, _rows in leading(table, _milestones)),
    )


def _numbers_at_risk(page: Any, table: pd.DataFrame) -> list[str]:
    if page.public:
        return []
    return [_("The numbers below the axis are the requests still at risk: begun, observed and not ended.")]


CURVES = Declared(
    "turnaround_curves",
    "What share of requests is answered, day by day?",
    by="direction strand day",
    columns="at_risk share",
    unit="share of requests answered",
    each=_milestones,
    period="window",
    chart=DRAWN,
    alt=_in_words,
    notes=(
        basis,
        STRANDS,
        "The band is the 95% interval (beta product); the curve ends where one request would weigh more than a tenth. "
        "A pending request counts for as long as it has waited.",
        _numbers_at_risk,
        "Drawn are three years of the strand of which the sentence is; the table has every day of all.",
    ),
)


def _lines(_page: Any, _table: pd.DataFrame) -> list[str]:
    return [_("The lines are 95% intervals. A pending request counts for as long as it has waited.")]


DOTS = replace(DRAWN, form="dots", along="", rows="strand day", n="requests")
QUANTILES = Declared(
    "turnaround_quantiles",
    "By when is a quarter, half or nine tenths answered?",
    by="direction strand quantile",
    columns="requests answered days",
    unit="days",
    each=_spread,
    period="window",
    notes=(STRANDS, REACHED),
)


def curves(table: pd.DataFrame, counts: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered by each day, with its interval and the number at risk; for the public on four days, with the
    `counts` of the strand on which it rests: a step of the whole curve is a single case."""
    if not page.public:
        return CURVES(table, page)
    sizes = counts[[*GROUP, "requests", "answered"]].astype(dict.fromkeys(GROUP, "str"))
    rows = [
        until.iloc[-1:].assign(day=day)
        for _codes, curve in table.groupby(GROUP, sort=False, observed=True)
        for day in PUBLIC_DAYS
        if len(until := curve[curve["day"].le(day)])
        and (curve["day"].max() >= day or curve["share"].iloc[-1] == 1)
    ]
    shown = pd.concat(rows, ignore_index=True) if rows else table.iloc[:0]
    public = replace(CURVES, columns="requests answered share", chart=DOTS, notes=[*CURVES.notes[:2], _lines])
    return public(shown.astype(dict.fromkeys(GROUP, "str")).merge(sizes, on=GROUP, how="left"), page)


def quantiles(read: pd.DataFrame, table: pd.DataFrame, page: Any) -> Exhibit:
    """The days by which a quarter, half, three quarters and nine tenths are answered; `table` counts."""
    texts = dict.fromkeys(GROUP, "str")
    counts = table[[*GROUP, "requests", "answered"]].astype(texts)
    levels = read.astype(texts).merge(counts, on=GROUP, how="left")
    levels["quantile"] = levels["quantile"].map(lambda q: f"{q:.2f}")
    by_strand = pd.concat([levels.iloc[:0], *alike(levels)])
    return QUANTILES(by_strand.sort_values("direction", kind="stable", ignore_index=True), page)
