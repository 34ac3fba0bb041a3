"""Trend in exhibits: the requests opened in each year, with the missing tail of the recent ones."""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import FEW, SURE, fact, leading, rose, subject, words
from mlastats.messages import _, number
from mlastats.publish.exhibit import Exhibit, Fact

LIMITS = ["within_lower", "within_upper"]
GROUP = ["direction", "strand"]


def _latest(rows: pd.DataFrame) -> Any | None:
    """The last year of which the share can be said; None where there is none."""
    enough = rows[rows["year"].ne("unrecorded") & rows["requests"].ge(FEW)].dropna(subset=["within", *LIMITS])
    return enough.iloc[-1] if len(enough) else None


def _trend(rows: pd.DataFrame, days: int, tests: pd.DataFrame) -> str:
    """The level of the last year, and how it moved where a line through all years shows that it did (p < .01): first
    and last are two years of many, and show nothing."""
    last = _latest(rows)
    if last is None:
        return ""
    names = {"who": subject(last), "year": last["year"], "share": words(last)["within"], "days": number(days)}
    change = _change(rows, tests)
    parts = [
        _("{who} of {year}: {share} answered within {days} days.", **names),
        rose(change) if change else "",
        _too_recent(rows, days),
    ]
    return " ".join(filter(None, parts))


def _change(rows: pd.DataFrame, tests: pd.DataFrame) -> float:
    """By how much the share changes a year, where that is sure; else 0."""
    mine = tests[
        [tuple(map(str, code)) == tuple(map(str, rows[GROUP].iloc[0])) for code in tests[GROUP].to_numpy()]
    ]
    return float(mine["change"].iloc[0]) if len(mine) and mine["change_p"].iloc[0] < SURE else 0.0


def _too_recent(rows: pd.DataFrame, days: int) -> str:
    """The last years of which there is no share to say because they were not followed so long: one that was has too
    few requests, and is in the table."""
    # Of what is withheld it is not said that it is too early.
    counts = rows.columns.intersection(
        ["requests", "answered", "ended_otherwise", "pending", "undated", "unanswered"]
    )
    counted = rows[counts].notna().all(axis=1) & rows["requests"].gt(0)
    known = rows["within"].notna()[::-1].cummax()[::-1]
    # The public is not told for how long a year was followed.
    short = rows["followed_days"].lt(days) if "followed_days" in rows else False
    recent = rows[counted & ~known & short & rows["year"].ne("unrecorded")]
    if recent.empty:
        return ""
    return _("It is too early to say for {years}.", years=", ".join(recent["year"].astype(str)))


def _facts(table: pd.DataFrame, days: int, tests: pd.DataFrame) -> list[Fact]:
    return [
        fact("what_changed", text, last, "within", last["requests"])
        for text, rows in leading(table, lambda rows: _trend(rows, days, tests))
        if (last := _latest(rows)) is not None and _change(rows, tests)
    ]


def _tests(page: Any, tests: pd.DataFrame) -> list[str]:
    return [
        _(
            "{who}, over all years and days: log-rank test of no difference, of years joined until each expects five "
            "answers, p = {p}.",
            who=subject(row),
            p=number(row["p"], 2),
        )
        for _index, row in tests.dropna(subset=["p"]).iterrows()
        if not page.public
    ]


COHORTS = Declared(
    "turnaround_by_year",
    "Has turnaround changed, by the year in which requests were opened?",
    by="direction strand year",
    columns="requests answered ended_otherwise pending undated median_days within followed_days",
    unit="requests; days; share",
    each=_trend,
    facts=_facts,
    chart=Chart(
        "within",
        "strand",
        "answered within {days} days",
        form="line",
        along="year",
        n="requests",
        where=lambda table: table[table["year"].ne("unrecorded")],
        gaps=True,
        leads=True,
    ),
    alt="The share answered within {days} days by year opened, with 95% intervals; the values are in the table.",
    where=lambda table: (
        table.groupby(["direction", "strand"], observed=True)["requests"].transform("sum").gt(0)
    ),
    notes=(
        STRANDS,
        "A row holds the requests opened in that year, whenever they ended.",
    ),
    internal_notes=(
        "Recent years have a missing tail: “followed” says for how many days every request of the year has been "
        "seen. What lies beyond rests on those opened earlier in the year; no share is given where one request would "
        "weigh more than a tenth of it.",
        "That it rose or fell is said where a straight line through the years, weighted by what each rests on, shows it (p "
        "below .01, by t on the years less two, from five years on).",
    ),
)


def cohorts(table: pd.DataFrame, tests: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """Turnaround by the year in which requests were opened; `days` is what the share is taken within,
    `tests` says whether the years differ at all."""
    tested = replace(COHORTS, notes=[*COHORTS.notes, lambda page, _table: _tests(page, tests)])
    return tested(table, page, days=days, tests=tests)
