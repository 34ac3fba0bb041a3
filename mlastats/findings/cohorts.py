"""Trend in exhibits: the requests opened in each year, with the missing tail of the recent ones."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import endings, phrases
from mlastats.findings.turnaround import COUNTS, FIXED, MEDIAN, moved
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SHARE = ["within", "within_lower", "within_upper"]


def cohorts(table: pd.DataFrame, tests: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """Turnaround by the year in which requests were opened; `days` is what the share is taken within,
    `tests` says whether the years differ at all."""
    shown = ["direction", "year", *COUNTS, *MEDIAN, *SHARE, "followed_days"]
    made = Exhibit(
        name="turnaround_by_year",
        question=_("Has turnaround changed, by the year in which requests were opened?"),
        finding=lambda t: phrases.sentences(
            _trend(code, rows, days) for code, rows in phrases.by_direction(t)
        ),
        table=table[shown],
        columns=_columns(days),
        unit=_("requests; days; share"),
        by=("direction", "year"),
        counts=FIXED,
        chart=(lambda t: _draw(t, days)) if table["within"].notna().any() else None,
        alt=lambda t: _(
            "The share answered within {days} days by year opened, with 95% intervals; the values are in the table.",
            days=number(days),
        ),
        notes=[
            _("A row holds the requests opened in that year, whenever they ended."),
            _(
                "Recent years have a missing tail: “followed” says for how many days every request of the year has been "
                "seen. What lies beyond rests on those opened earlier in the year; no share is given where fewer than "
                "10 were seen for {days} days.",
                days=number(days),
            ),
            *moved(page),
            *([] if page.public else _tests(tests)),
        ],
        facts=lambda t: _facts(t, days),
    )
    return endings.together(made, page)


def _tests(tests: pd.DataFrame) -> list[str]:
    return [
        _(
            "{who}, over all years and days: log-rank test of no difference, p = {p}.",
            who=phrases.direction(str(row["direction"])),
            p=number(row["p"], 2),
        )
        for _index, row in tests.dropna(subset=["p"]).iterrows()
    ]


def _columns(days: int) -> dict[str, Column]:
    dated, known = ("answered", "ended_otherwise", "pending"), phrases.count_columns()
    return {
        **{name: known[name] for name in ("direction", "year", *COUNTS)},
        "median_days": Column(_("Median (days)"), "days", rests_on=dated),
        "lower": Column(_("Lower limit"), "days", rests_on=dated),
        "upper": Column(_("Upper limit"), "days", rests_on=dated),
        "within": Column(_("Answered within {days} days", days=number(days)), "share", rests_on=dated),
        "within_lower": Column(_("Lower limit"), "share", rests_on=dated),
        "within_upper": Column(_("Upper limit"), "share", rests_on=dated),
        "followed_days": Column(_("Followed (days)"), "days", single=True),
    }


def _ends(rows: pd.DataFrame) -> pd.DataFrame:
    """The first and the last year that can be compared; none where fewer than two can."""
    known = rows[rows["year"].ne("unrecorded") & rows["requests"].ge(phrases.FEW)].dropna(subset=SHARE)
    return known.iloc[[0, -1]] if len(known) > 1 else known.iloc[:0]


def _trend(code: str, rows: pd.DataFrame, days: int) -> str:
    ends = _ends(rows)
    if ends.empty:
        return _("{who}: too few years with enough requests to compare.", who=phrases.direction(code))
    first, last = ends.iloc[0], ends.iloc[1]
    said = {
        "who": phrases.direction(code),
        "first": str(first["year"]),
        "last": str(last["year"]),
        "first_share": percent(first["within"]),
        "last_share": percent(last["within"]),
        "days": number(days),
    }
    if _overlap(first, last):
        sentence = _(
            "{who}: {first_share} of those opened in {first} were answered within {days} days, {last_share} of those "
            "of {last}; the intervals overlap, so no change is shown.",
            **said,
        )
    else:
        sentence = _(
            "{who}: {first_share} of those opened in {first} were answered within {days} days, {last_share} of those "
            "of {last}; the intervals do not overlap.",
            **said,
        )
    return f"{sentence} {_too_recent(rows)}".strip()


def _overlap(first: Any, last: Any) -> bool:
    return bool(
        first["within_lower"] <= last["within_upper"] and last["within_lower"] <= first["within_upper"]
    )


def _too_recent(rows: pd.DataFrame) -> str:
    # Of what is withheld it is not said that it is too early.
    counted = rows[[name for name in ("requests", *FIXED, endings.WHOLE) if name in rows]]
    known = counted.notna().all(axis=1) & rows["requests"].gt(0)
    recent = rows[known & rows["within"].isna() & rows["year"].ne("unrecorded")]
    if recent.empty:
        return ""
    return _("It is too early to say for {years}.", years=", ".join(recent["year"].astype(str)))


def _facts(table: pd.DataFrame, days: int) -> list[Fact]:
    facts = []
    for code, rows in phrases.by_direction(table):
        ends = _ends(rows)
        if len(ends):
            first, last = ends.iloc[0], ends.iloc[1]
            limits = {"lower": float(last["within_lower"]), "upper": float(last["within_upper"])}
            # Overlapping intervals show no change, however far the last share lies from the first.
            reference = None if _overlap(first, last) else float(first["within"])
            facts.append(
                Fact(
                    "what_changed",
                    _trend(code, rows, days),
                    value=float(last["within"]),
                    reference=reference,
                    requests=int(last["requests"]),
                    **limits,
                )
            )
    return facts


def _draw(table: pd.DataFrame, days: int) -> "Figure":
    from mlastats.publish import charts

    return charts.lines(
        table[table["year"].ne("unrecorded")],
        "year",
        "within",
        by="direction",
        bounds=("within_lower", "within_upper"),
        kind="share",
        series=lambda code: phrases.group_label("direction", code),
        ylabel=_("answered within {days} days", days=number(days)),
    )
