"""Before and after an event in exhibits. No sentence here names a cause."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.findings.curves import DRAWN
from mlastats.findings.turnaround import COUNTS, FIXED, MEDIAN
from mlastats.messages import _, _n, day, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARE = ["within", "within_lower", "within_upper"]
LIMITS = ["difference", "lower", "upper"]
LASTING = ["answered", "ended_otherwise", "undated"]


def sides(table: pd.DataFrame, page: Any, event: str, days: int) -> Exhibit:
    """Turnaround before and after, with what each side rests on."""
    # Answers before and since add up to all answers; what was open at the event is on both sides, so that
    # for the public the columns that hold it are left out: they would tie the sides to no other table.
    held = LASTING if page.public else [*COUNTS, "carried"]
    shown = ["direction", "arm", *held, *MEDIAN, *SHARE]
    return Exhibit(
        name="before_after_sides",
        question=_("How long did requests take before {day}, and since?", day=day(event)),
        finding=lambda t: phrases.sentences(_sides(code, rows) for code, rows in phrases.by_direction(t)),
        table=table[shown],
        columns={name: _columns(days)[name] for name in shown},
        unit=_("requests; days; share"),
        by=("direction", "arm"),
        counts={name: _fixed(name) for name in held},
        notes=[
            _(
                "Before: the requests opened before {day}, looked at on its eve. After: those opened since, and those that "
                "were open on that day (“carried over”), from their age on it. So every day of every request counts once.",
                day=day(event),
            )
        ],
    )


def curves(table: pd.DataFrame, page: Any, event: str, direction: str) -> Exhibit:
    """The share answered by each day before and after, of one direction."""
    shown = ["direction", "arm", "day", "at_risk", "share", "lower", "upper"]
    mine = table.loc[table["direction"].eq(direction), shown]
    mine = mine.sort_values(["arm", "day"], ascending=[False, True], ignore_index=True)
    return Exhibit(
        name=f"before_after_curves_{direction}",
        question=_questions()[direction],
        finding=lambda t: _apart(t, direction),
        table=mine,
        columns={
            "direction": phrases.count_columns()["direction"],
            "arm": Column(_("Side"), "code", "arm"),
            "day": Column(_("Day"), "days"),
            "at_risk": Column(_("At risk"), "count"),
            "share": Column(_("Share answered"), "share", rests_on=("at_risk",)),
            "lower": Column(_("Lower limit"), "share", rests_on=("at_risk",)),
            "upper": Column(_("Upper limit"), "share", rests_on=("at_risk",)),
        },
        unit=_("share of requests answered"),
        by=("direction", "arm", "day"),
        chart=_draw_curves if len(mine) else None,
        alt=lambda t: _(
            "Step curves of the share answered by day before and after, with their intervals; rising from zero."
        ),
        notes=[
            _("The numbers below the axis are the requests at risk; those carried over join at their age.")
        ],
        internal_only=True,
    )


def differences(table: pd.DataFrame, others: pd.DataFrame, page: Any, event: str) -> Exhibit:
    """What is different since, as one figure with its interval; `others` are the same at other dates."""
    shown = [
        "direction",
        "figure",
        "tau",
        "answers_before",
        "answers_after",
        "before",
        "after",
        *LIMITS,
        "left_out",
    ]
    rests = ("answers_before", "answers_after")
    return Exhibit(
        name="before_after_differences",
        question=_("Has the time to an answer been different since {day}?", day=day(event)),
        finding=lambda t: phrases.sentences(
            _different(code, rows, others) for code, rows in phrases.by_direction(t)
        ),
        table=table[shown],
        columns={
            "direction": phrases.count_columns()["direction"],
            "figure": Column(_("Figure"), "code", "difference"),
            "tau": Column(_("Up to (days)"), "days"),
            "answers_before": Column(_("Answers before"), "count"),
            "answers_after": Column(_("Answers since"), "count"),
            "before": Column(_("Before (days)"), "days", rests_on=rests),
            "after": Column(_("After (days)"), "days", rests_on=rests),
            "difference": Column(_("Difference (days)"), "days", rests_on=rests),
            "lower": Column(_("Lower limit"), "days", rests_on=rests),
            "upper": Column(_("Upper limit"), "days", rests_on=rests),
            "left_out": Column(_("Left out"), "share", rests_on=rests),
        },
        unit=_("days"),
        by=("direction", "figure"),
        counts={
            f"answers_{arm}": {"arm": arm, "status": "answered", "figure": "all"}
            for arm in ("before", "after")
        },
        notes=[
            _(
                "A restricted mean is the average of days without an answer, up to a day that is the same for both sides."
            ),
            _(
                "At one mix: as if both sides had had the same kinds of request. Left out: the share of requests in kinds "
                "with fewer than 5 on a side; above 30% no figure is given."
            ),
            _("Whatever else changed around that day is in the difference too; it does not say why."),
        ],
        facts=lambda t: _facts(t, others),
    )


def _fixed(name: str) -> dict[str, str]:
    """What a count of a side fixes; those that count a request on both sides are cells of their own."""
    return dict(FIXED[name]) if name in LASTING else {"side": name}


def _columns(days: int) -> dict[str, Column]:
    dated, known = ("answered", "ended_otherwise", "pending"), phrases.count_columns()
    return {
        **{name: known[name] for name in ("direction", *COUNTS)},
        "arm": Column(_("Side"), "code", "arm"),
        "carried": Column(_("Carried over"), "count"),
        "median_days": Column(_("Median (days)"), "days", rests_on=dated),
        "lower": Column(_("Lower limit"), "days", rests_on=dated),
        "upper": Column(_("Upper limit"), "days", rests_on=dated),
        "within": Column(_("Answered within {days} days", days=number(days)), "share", rests_on=dated),
        "within_lower": Column(_("Lower limit"), "share", rests_on=dated),
        "within_upper": Column(_("Upper limit"), "share", rests_on=dated),
    }


def _sides(code: str, rows: pd.DataFrame) -> str:
    known = rows.set_index("arm")
    if not {"before", "after"} <= set(known.index) or not known["answered"].ne(0).all():
        return _("{who}: none was answered on one of the sides.", who=phrases.direction(code))
    return _(
        "{who}, before: {before}; since: {after}.",
        who=phrases.direction(code),
        before=phrases.median(known.loc["before"]),
        after=phrases.median(known.loc["after"]),
    )


def _figures(rows: pd.DataFrame) -> dict[str, Any]:
    """The restricted means that have an interval: at one mix first, which is told, then as they came."""
    known = rows.dropna(subset=LIMITS).set_index("figure")
    return {name: known.loc[name] for name in ("rmst_standardised", "rmst") if name in known.index}


def _shows(figure: Any) -> bool:
    return not figure["lower"] <= 0 <= figure["upper"]


def _different(code: str, rows: pd.DataFrame, others: pd.DataFrame) -> str:
    figures = _figures(rows)
    if not figures:
        return _("{who}: too few requests on one of the sides to compare.", who=phrases.direction(code))
    name, best = next(iter(figures.items()))
    said = {
        "who": phrases.direction(code),
        "tau": number(best["tau"]),
        "days": _few_days(abs(best["difference"])),
        "more": _("more") if best["difference"] > 0 else _("fewer"),
        "lower": _few_days(best["lower"]),
        "upper": _few_days(best["upper"]),
        "mix": _(", at one mix of kinds") if name == "rmst_standardised" else "",
    }
    if not _shows(best):
        return _(
            "{who}: no difference is shown; of the first {tau} days, requests since waited between {lower} and {upper} "
            "days more than those before{mix} (95% interval).",
            **said,
        )
    sentence = _(
        "{who}: of the first {tau} days, requests since waited {days} days {more}{mix} (95% interval of the difference "
        "{lower} to {upper}).",
        **said,
    )
    return " ".join(part for part in (sentence, _as_they_came(figures), _others(code, others, name)) if part)


def _as_they_came(figures: dict[str, Any]) -> str:
    """That the difference is one of the mix alone, where it is."""
    crude = figures.get("rmst")
    if crude is None or len(figures) < 2 or _shows(crude):
        return ""
    return _(
        "As they came, no difference is shown ({lower} to {upper}), so this is weak.",
        lower=_few_days(crude["lower"]),
        upper=_few_days(crude["upper"]),
    )


def _few_days(days: float) -> str:
    return number(days) if abs(days) >= 10 else phrases.finely(days)[0]


def _others(code: str, others: pd.DataFrame, figure: str) -> str:
    """How many of the other dates show a difference as well."""
    known = others[others["direction"].eq(code) & others["figure"].eq(figure)].dropna(subset=LIMITS)
    if known.empty:
        return _("There is no other date to hold this against.")
    also = int((known["lower"].gt(0) | known["upper"].lt(0)).sum())
    return _n(
        "Of {all} other dates tried, {n} shows a difference too.",
        "Of {all} other dates tried, {n} show a difference too.",
        also,
        all=number(len(known)),
    )


def _facts(table: pd.DataFrame, others: pd.DataFrame) -> list[Fact]:
    found = []
    for code, rows in phrases.by_direction(table):
        figures = _figures(rows)
        if figures:
            value, lower, upper = (float(next(iter(figures.values()))[name]) for name in LIMITS)
            # Certain only where it shows at one mix and as they came; then it is held against nothing, which is 0.
            reference = 0.0 if all(_shows(one) for one in figures.values()) else None
            sentence = _different(code, rows, others)
            # It claims no number of requests: unless it is certain, what the years show comes before what one
            # day does.
            found.append(
                Fact("what_changed", sentence, value=value, lower=lower, upper=upper, reference=reference)
            )
    return found


def _apart(table: pd.DataFrame, direction: str) -> str:
    """What each side had answered after half a year."""
    said, days = [], 180
    for arm, rows in table.groupby("arm", observed=True, sort=False):
        until = rows[rows["day"].le(days)]
        if len(until) and rows["day"].max() >= days:
            told = {"arm": label("arm", str(arm)).lower(), "share": percent(until["share"].iloc[-1])}
            said.append(_("{arm}: {share} within {days} days", days=number(days), **told))
    return f"{phrases.direction(direction)}, {', '.join(said)}." if said else phrases.nothing()


def _questions() -> dict[str, str]:
    return {
        "incoming": _("Incoming requests: what share is answered, day by day, before and after?"),
        "outgoing": _("Outgoing requests: what share is answered, day by day, before and after?"),
        "unrecorded": _("What share is answered, day by day, before and after?"),
    }


def _draw_curves(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.curves(
        table[table["day"].le(DRAWN)],
        "day",
        "share",
        by="arm",
        bounds=("lower", "upper"),
        at_risk="at_risk",
        series=lambda code: label("arm", code),
        xlabel=_("days since the request"),
    )
