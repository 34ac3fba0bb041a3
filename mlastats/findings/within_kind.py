"""Two arms within a kind of request, in exhibits: formal and informal, or partners outside ASEAN and in it.

`between` is the column that tells the arms apart, as in measure.mix. No sentence here says that one is
the cause of a difference. An arm of a kind is of few requests: the public has the arms side by side, like with like.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.mix import ARMS
from mlastats.messages import _, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TIMED = ("answered", "pending")
MOST_SENTENCES = 4
PENDING = ("pending_share", "pending_share_lower", "pending_share_upper")
REFUSED = ("refused_share", "refused_share_lower", "refused_share_upper")


def times(table: pd.DataFrame, page: Any, between: str) -> Exhibit:
    """How long the requests of each arm take, by direction and kind."""
    names = ["direction", "kind", between, "requests", "answered", "ended_otherwise", "pending", "undated"]
    return Exhibit(
        name=f"times_{between}_within_kind",
        question=_questions()["times", between],
        finding=lambda t: _finding(t, between, _times, "median_days"),
        table=table[[*names, "median_days", "lower", "upper"]],
        columns={
            **{name: phrases.count_columns()[name] for name in names},
            **phrases.limited("median_days", _("Median (days)"), "days", TIMED, stem=""),
        },
        unit=_("requests; days"),
        by=("direction", "kind", between),
        internal_only=True,
        scope=phrases.begun(page),
        counts=_counts("answered", "ended_otherwise", "pending", "undated"),
        chart=(
            lambda t: _draw(
                t, between, ("median_days", "lower", "upper"), "days", _("median days to an answer")
            )
        )
        if table["median_days"].notna().any()
        else None,
        alt=lambda t: _(
            "Medians with their intervals, one row a kind and direction; every number is in the table."
        ),
        notes=[
            _(
                "The median counts what is pending for as long as it has waited; not reached: half had no answer yet."
                " A hollow dot has no full interval."
            )
        ],
    )


def ends(table: pd.DataFrame, page: Any, between: str) -> Exhibit:
    """What came of the requests of each arm, and what is pending, by direction and kind."""
    names = ["direction", "kind", between, "requests", "pending"]
    after = ["decided", "executed", "refused"]
    return Exhibit(
        name=f"ends_{between}_within_kind",
        question=_questions()["ends", between],
        finding=lambda t: _finding(t, between, _ends, "pending_share"),
        table=table[[*names, *PENDING, *after, *REFUSED]],
        columns={
            **{name: phrases.count_columns()[name] for name in names},
            **phrases.limited("pending_share", _("Share pending"), rests_on=("requests", "pending")),
            "decided": Column(_("Decided"), "count"),
            "executed": Column(_("Executed, in part too"), "count"),
            "refused": Column(_("Refused"), "count"),
            **phrases.limited("refused_share", _("Share refused"), rests_on=("decided", "refused")),
        },
        unit=_("requests; share"),
        by=("direction", "kind", between),
        internal_only=True,
        scope=phrases.begun(page),
        counts=_counts("pending")
        | {
            "decided": {"decided": "yes"},
            "executed": {"decided": "yes", "decision": "executed"},
            "refused": {"decided": "yes", "decision": "refused"},
        },
        chart=(lambda t: _draw(t, between, PENDING, "share", _("share pending")))
        if table["requests"].sum()
        else None,
        alt=lambda t: _("Shares with their intervals, one row a group; every number is in the table."),
        notes=[
            _("The share refused is of those executed, partly executed or refused."),
            _("The interval is Wilson's, 95%."),
        ],
    )


def _counts(*statuses: str) -> dict[str, dict[str, str]]:
    return {"requests": {}, **{status: {"status": status} for status in statuses}}


def _questions() -> dict[tuple[str, str], str]:
    return {
        ("times", "formality"): _(
            "Within a kind of request, do formal requests take longer than informal ones?"
        ),
        ("times", "asean"): _("Within a kind of request, do partners outside ASEAN take longer?"),
        ("ends", "formality"): _("Within a kind of request, what comes of formal and informal requests?"),
        ("ends", "asean"): _("Within a kind of request, what comes of requests outside and within ASEAN?"),
    }


def _finding(table: pd.DataFrame, between: str, words: Any, figure: str) -> str:
    """Kind by kind, where both arms have enough requests to be compared."""
    said, few = [], 0
    for (direction, kind), rows in table.groupby(["direction", "kind"], sort=False, observed=True):
        pair = {str(row[between]): row for _index, row in rows.iterrows()}
        if len(pair) < 2 or any(pd.isna(r["requests"]) or r["requests"] < phrases.FEW for r in pair.values()):
            few += 1
            continue
        if pair[ARMS[between][0]][[figure]].isna().any() and pair[ARMS[between][1]][[figure]].isna().any():
            continue
        subject = f"{phrases.direction(str(direction))}, {phrases.group_label('kind', str(kind)).lower()}"
        said.append(words(subject, *(pair[arm] for arm in ARMS[between]), between))
    if said:
        return " ".join(said[:MOST_SENTENCES])
    if table.empty or not few:
        return phrases.nothing()
    return {
        "formality": _("No kind of request here goes both ways often enough to be compared."),
        "asean": _(
            "Too few requests of any one kind are made both within ASEAN and outside it to be compared."
        ),
    }[between]


def _times(subject: str, first: Any, second: Any, between: str) -> str:
    values = {
        "subject": subject,
        "first": phrases.arms(between)[0],
        "second": phrases.arms(between)[1],
        "first_days": _days(first),
        "second_days": _days(second),
    }
    if any(pd.isna(row["lower"]) for row in (first, second)) or not phrases.apart(
        first, second, "lower", "upper"
    ):
        return _(
            "{subject}: half are answered {first_days} {first} and {second_days} {second}; no difference is shown.",
            **values,
        )
    return _("{subject}: half are answered {first_days} {first}, {second_days} {second}.", **values)


def _days(row: Any) -> str:
    if pd.isna(row["median_days"]):
        return _("not within any time observed")
    return _("within {days} days", days=number(row["median_days"]))


def _ends(subject: str, first: Any, second: Any, between: str) -> str:
    values = {
        "subject": subject,
        "first": percent(first["pending_share"]),
        "second": percent(second["pending_share"]),
        "first_arm": phrases.arms(between)[0],
        "second_arm": phrases.arms(between)[1],
    }
    if phrases.apart(first, second, *PENDING[1:]):
        return _("{subject}: {first} are pending {first_arm}, {second} {second_arm}.", **values)
    return _(
        "{subject}: {first} are pending {first_arm} and {second} {second_arm}; no difference is shown.",
        **values,
    )


def _draw(table: pd.DataFrame, between: str, names: tuple[str, str, str], kind: str, xlabel: str) -> "Figure":
    from mlastats.publish import charts

    known = table.dropna(subset=[names[0]])
    known = known.assign(group=known["direction"].astype("str") + ";" + known["kind"].astype("str"))
    return charts.dots(
        known,
        names[0],
        "group",
        by=between,
        bounds=names[1:],
        kind=kind,
        label=phrases.directed("kind"),
        series=lambda code: phrases.group_label(between, code),
        xlabel=xlabel,
    )
