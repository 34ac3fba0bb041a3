"""Turnaround in exhibits: answers at a glance, groups, the service standard."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import endings, phrases
from mlastats.messages import _, _n, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = ["requests", "answered", "ended_otherwise", "pending", "undated"]
MEDIAN = ["median_days", "lower", "upper"]
FIXED = {"requests": {}, **{status: {"status": status} for status in COUNTS[1:]}}


def glance(table: pd.DataFrame, page: Any) -> Exhibit:
    """How long until an answer: one row a direction, with what has no answer yet."""
    shown = ["direction", *COUNTS, *MEDIAN, "closed_only_median"]
    return Exhibit(
        name="turnaround_glance",
        question=_("How long do requests take to be answered?"),
        finding=lambda t: phrases.sentences(
            [
                phrases.pace(page) if len(phrases.rows(t)) else "",
                *(_glance(row) for row in phrases.rows(t)),
                _closed_only(t),
            ]
        ),
        table=table[shown],
        columns=columns(shown),
        unit=_("requests; days"),
        by=("direction",),
        scope=phrases.window(page),
        counts=FIXED,
        notes=[
            *phrases.basis(page),
            *_definitions(page),
            *moved(page),
            *([] if page.public else _approximate(table)),
        ],
        facts=_glance_facts,
    )


def groups(table: pd.DataFrame, page: Any, by: str) -> Exhibit:
    """Turnaround by the levels of one column: `kind`, `agency` ..."""
    shown = ["direction", by, *COUNTS, "p25", *MEDIAN, "p75", "p90", "closed_only_median"]
    made = Exhibit(
        name=f"turnaround_by_{by}",
        question=_group_questions()[by],
        finding=lambda t: phrases.sentences(
            _contrast(code, rows, by) for code, rows in phrases.by_direction(t)
        ),
        table=table[shown],
        columns=columns(shown),
        unit=_("requests; days"),
        by=("direction", by),
        scope=phrases.window(page),
        counts=FIXED,
        chart=(lambda t: _draw_groups(t, by)) if table[MEDIAN].notna().all(axis=1).any() else None,
        alt=lambda t: _("Median days to an answer with 95% intervals; the values are in the table."),
        notes=[
            *phrases.basis(page),
            quantile_note(),
            *moved(page),
            _("Drawn are the groups whose median has a full interval; the others are in the table."),
        ],
    )
    return endings.together(made, page)


def within(table: pd.DataFrame, page: Any) -> Exhibit:
    """The share answered within the service standard."""
    shown = ["direction", "kind", "requests", "pending", "standard_days", "with_standard"]
    shown += ["within", "within_lower", "within_upper"]
    known = (
        table.loc[table["with_standard"].gt(0), shown] if "within" in table else pd.DataFrame(columns=shown)
    )
    return Exhibit(
        name="turnaround_within_standard",
        question=_("How many requests are answered within the service standard?"),
        finding=lambda t: _lowest(t) if len(t) else _no_standard(),
        table=known,
        columns=columns(shown),
        unit=_("share of requests"),
        by=("direction", "kind"),
        scope=phrases.window(page),
        counts={"requests": {}, "pending": FIXED["pending"], "with_standard": {"timed": "yes"}},
        notes=[
            *phrases.basis(page),
            _("The share is read from the curve: what is pending counts for the days it was seen."),
            *moved(page),
            _("It is not given where fewer than 10 requests were still at risk on the day of the standard."),
        ],
    )


def columns(shown: list[str]) -> dict[str, Column]:
    """How the columns of turnaround tables are read."""
    dated = ("answered", "ended_otherwise", "pending")
    known = {
        **phrases.count_columns(),
        "day": Column(_("Day"), "days"),
        "at_risk": Column(_("At risk"), "count"),
        "share": Column(_("Share answered"), "share"),
        "median_days": Column(_("Median (days)"), "days", rests_on=dated),
        "lower": Column(_("Lower limit"), "days", rests_on=dated),
        "upper": Column(_("Upper limit"), "days", rests_on=dated),
        "quantile": Column(_("Share of requests"), "share"),
        "days": Column(_("Days"), "days", rests_on=("answered",)),
        "p25": Column(_("A quarter by (days)"), "days", rests_on=dated),
        "p75": Column(_("Three quarters by (days)"), "days", rests_on=dated),
        "p90": Column(_("Nine tenths by (days)"), "days", rests_on=dated),
        "closed_only_median": Column(_("Median of the answered alone"), "days", rests_on=("answered",)),
        "standard_days": Column(_("Standard (days)"), "days"),
        "with_standard": Column(_("Requests with a standard"), "count"),
        "within": Column(_("Answered on time"), "share", rests_on=("with_standard",)),
        "within_lower": Column(_("Lower limit"), "share", rests_on=("with_standard",)),
        "within_upper": Column(_("Upper limit"), "share", rests_on=("with_standard",)),
    }
    if "share" in shown:
        rests = ("at_risk",) if "at_risk" in shown else dated
        known |= phrases.limited("share", _("Share answered"), rests_on=rests, stem="")
    if "quantile" in shown:
        known["lower"], known["upper"] = (
            Column(name, "days", rests_on=("answered",)) for name in (_("Lower limit"), _("Upper limit"))
        )
    return {name: known[name] for name in shown}


def _glance(row: Any) -> str:
    if pd.isna(row["requests"]):
        return ""
    sentence = f"{phrases.direction(row['direction'])}: {phrases.median(row)}{_waiting(row)}."
    return f"{sentence} {phrases.few(row['requests'])}".strip()


def _waiting(row: Any) -> str:
    """How many have no answer yet; where none is left, why the median may still not be reached."""
    if pd.isna(row["pending"]):
        return ""
    if row["pending"]:
        return _n("; {n} has no answer yet", "; {n} have no answer yet", int(row["pending"]))
    if pd.isna(row["median_days"]) and row["ended_otherwise"] > 0:
        return _n(
            "; {n} ended without an answer, and none is pending",
            "; {n} ended without an answer, and none is pending",
            int(row["ended_otherwise"]),
        )
    return _("; none is pending")


def _closed_only(table: pd.DataFrame) -> str:
    known = table.dropna(subset=["median_days", "closed_only_median"])
    flattered = known[known["closed_only_median"].lt(known["median_days"])]
    if flattered.empty:
        return ""
    row = flattered.loc[(flattered["median_days"] - flattered["closed_only_median"]).idxmax()]
    return _(
        "The answered alone would give {naive} days instead of {days}.",
        naive=number(row["closed_only_median"]),
        days=number(row["median_days"]),
    )


def _glance_facts(table: pd.DataFrame) -> list[Fact]:
    return [
        Fact(
            "how_long",
            _glance(row),
            value=phrases.value(row["median_days"]),
            lower=phrases.value(row["lower"]),
            upper=phrases.value(row["upper"]),
            requests=int(row["requests"]),
        )
        for row in phrases.rows(table)
        if pd.notna(row["requests"])
    ]


def _definitions(page: Any) -> list[str]:
    return [
        _(
            "The median is the first day by which half of all requests are answered; what is pending counts for as "
            "long as it has waited."
        ),
        _(
            "Answered: executed, partly executed, refused, or ended without a recorded outcome. Ended otherwise: "
            "withdrawn, returned or other."
        ),
    ]


def _approximate(table: pd.DataFrame) -> list[str]:
    rough = table[table["approximate"].gt(0)] if "approximate" in table else table.iloc[:0]
    return [
        _(
            "{who}: {share} of the durations rest on a date known to the month.",
            who=phrases.direction(row["direction"]),
            share=percent(row["approximate"], 1),
        )
        for _index, row in rough.iterrows()
    ]


def quantile_note() -> str:
    return _(
        "A dash or “not reached”: so many are pending that this share was not answered within any time observed."
    )


def moved(page: Any) -> list[str]:
    """For the public, on which days the share answered moves."""
    if not page.public:
        return []
    return [
        _(
            "So that no single case can be told, the share answered moves only on days by which {n} more answers have "
            "come: a share may be lower than it is, a median later, and neither ever better.",
            n=number(page.every),
        )
    ]


def _contrast(code: str, rows: pd.DataFrame, by: str) -> str:
    """The slowest and the fastest group, named only where their intervals do not overlap."""
    known = rows[rows["requests"].ge(phrases.FEW)].dropna(subset=["median_days", "lower", "upper"])
    if len(known) < 2:
        return _("{who}: too few requests in more than one group to compare.", who=phrases.direction(code))
    fast, slow = known.loc[known["median_days"].idxmin()], known.loc[known["median_days"].idxmax()]
    names = {"fast": phrases.group_label(by, fast[by]), "slow": phrases.group_label(by, slow[by])}
    if fast["upper"] >= slow["lower"]:
        return _(
            "{who}: the medians of the groups lie within each other's intervals.", who=phrases.direction(code)
        )
    return _(
        "{who}: {fast} has a median of {fast_days} days, {slow} of {slow_days}.",
        who=phrases.direction(code),
        fast_days=number(fast["median_days"]),
        slow_days=number(slow["median_days"]),
        **names,
    )


def _lowest(table: pd.DataFrame) -> str:
    """The kind least often answered on time, in each direction, of those with enough requests."""
    said = []
    for code, rows in phrases.by_direction(table):
        known = rows[rows["with_standard"].ge(phrases.FEW)].dropna(subset=["within"])
        if known.empty:
            said.append(
                _("{who}: too few requests of any kind with a standard.", who=phrases.direction(code))
            )
        else:
            said.append(_within(known.loc[known["within"].idxmin()]))
    return phrases.sentences(said)


def _within(row: Any) -> str:
    return _(
        "{who}: least often on time is {kind}, {share} answered within {days} days{interval}.",
        who=phrases.direction(row["direction"]),
        kind=phrases.group_label("kind", row["kind"]),
        share=percent(row["within"]),
        days=number(row["standard_days"]),
        interval=phrases.interval(row, "within_lower", "within_upper"),
    )


def _no_standard() -> str:
    return _("No service standard is configured for any kind of request here, so nothing can be said.")


def _draw_groups(table: pd.DataFrame, by: str) -> "Figure":
    from mlastats.publish import charts

    known = table.dropna(subset=MEDIAN)
    known = known.assign(group=known["direction"].astype("str") + ";" + known[by].astype("str"))
    return charts.dots(
        known,
        "median_days",
        "group",
        bounds=("lower", "upper"),
        kind="days",
        label=lambda code: _both_labels(by, code),
        xlabel=_("median days to an answer"),
    )


def _both_labels(by: str, code: str) -> str:
    direction, group = code.split(";", 1)
    return f"{phrases.group_label(by, group)}, {phrases.group_label('direction', direction).lower()}"


def _group_questions() -> dict[str, str]:
    return {
        "kind": _("Do some kinds of request take longer?"),
        "agency": _("Do some agencies take longer?"),
        "channel": _("Do some channels take longer?"),
        "formality": _("Do formal requests take longer?"),
        "partner_group": _("Do some groups of partners take longer?"),
    }
