"""Informal first, in exhibits: contacts before formal requests, and what became of contacts."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.messages import _, _n, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEFORE = ("preceded_share", "preceded_share_lower", "preceded_share_upper")


def preceded(table: pd.DataFrame, page: Any) -> Exhibit:
    """Formal requests with a linked informal contact before them, by direction and kind."""
    held = table[table["formal"].gt(0)]
    counts = ("formal", "order_unknown", "known", "preceded")
    names = ["direction", "kind", *counts, *BEFORE, "p25", "median_days", "p75"]
    return Exhibit(
        name="informal_first",
        question=_("How many formal requests had an informal contact before them?"),
        finding=_preceded,
        table=held[names],
        columns={
            **{name: phrases.count_columns()[name] for name in ("direction", "kind")},
            "formal": Column(_("Formal requests"), "count"),
            "order_unknown": Column(_("Order unknown"), "count"),
            "known": Column(_("Order known"), "count"),
            "preceded": Column(_("With a contact before"), "count"),
            **phrases.limited(BEFORE[0], _("Share"), rests_on=("known", "preceded")),
            "p25": Column(_("A quarter: days before"), "days", rests_on=("preceded",)),
            "median_days": Column(_("Half: days before"), "days", rests_on=("preceded",)),
            "p75": Column(_("Three quarters: days before"), "days", rests_on=("preceded",)),
        },
        unit=_("formal requests; share; days"),
        by=("direction", "kind"),
        scope={"formality": "formal"} | phrases.begun(page),
        counts={
            "formal": {},
            "order_unknown": {"order": "unknown"},
            "known": {"order": "known"},
            "preceded": {"order": "known", "preceded": "yes"},
        },
        chart=_draw_preceded if held["known"].sum() else None,
        alt=lambda t: _("Shares with their intervals, one row a group; every number is in the table."),
        notes=[
            _(
                "A contact belongs to a formal request where the registers link the two; what they do not link is not seen."
            ),
            _("The days run from the first contact to the formal request."),
            _("The interval is Wilson's, 95%."),
        ],
    )


def became(table: pd.DataFrame, page: Any) -> Exhibit:
    """Informal contacts that a formal request followed, within so many days."""
    ends = {
        "formal": _("Became formal so far"),
        "closed_without": _("Closed without"),
        "pending": _("Still open"),
        "undated": _("Undated"),
    }
    names = ["direction", "within_days", "contacts", *ends, "followed", "share", "lower", "upper"]
    return Exhibit(
        name="contacts_became_formal",
        question=_("How many informal contacts become a formal request?"),
        finding=_became,
        table=table[names],
        columns={
            "direction": phrases.count_columns()["direction"],
            "within_days": Column(_("Within (days)"), "days"),
            "contacts": Column(_("Informal contacts"), "count"),
            **{name: Column(text, "count") for name, text in ends.items()},
            "followed": Column(_("Became formal within"), "count"),
            **phrases.limited("share", _("Share"), rests_on=("contacts", "followed"), stem=""),
        },
        unit=_("informal contacts; share"),
        by=("direction", "within_days"),
        scope={"formality": "informal"} | phrases.begun(page),
        counts={
            "contacts": {"within_days": "all"},
            **{name: {"within_days": "all", "end": name} for name in ends},
            "followed": {"end": "formal"},
        },
        chart=_draw_became if table["share"].notna().any() else None,
        alt=lambda t: _(
            "Shares by days since the contact, with their intervals; every number is in the table."
        ),
        notes=[
            _(
                "The share is a cumulative incidence: a contact that was closed and that no formal request followed can no "
                "longer become one, and a contact that is still open counts for as long as it has been open."
            ),
            _("The interval is 95%, on the log-log scale."),
        ],
    )


def after(table: pd.DataFrame, page: Any) -> Exhibit:
    """Formal requests with an informal contact before them beside those without, within each kind."""
    held = table.groupby(["direction", "kind"], observed=True)["requests"].transform("sum").gt(0)
    names = [
        "direction",
        "kind",
        "contacted",
        "requests",
        "answered",
        "pending",
        "median_days",
        "lower",
        "upper",
    ]
    names += ["decided", "refused", "refused_share", "refused_share_lower", "refused_share_upper"]
    timed = ("answered", "pending")
    return Exhibit(
        name="after_contact",
        question=_(
            "Are formal requests that had a contact before them answered sooner, or refused less often?"
        ),
        finding=_after,
        table=table.loc[held, names],
        columns={
            **{name: phrases.count_columns()[name] for name in ("direction", "kind")},
            "contacted": Column(_("Contact before"), "code", "contacted"),
            **{name: phrases.count_columns()[name] for name in ("requests", "answered", "pending")},
            **phrases.limited("median_days", _("Median (days)"), "days", timed, stem=""),
            "decided": Column(_("Decided"), "count"),
            "refused": Column(_("Refused"), "count"),
            **phrases.limited("refused_share", _("Share refused"), rests_on=("decided", "refused")),
        },
        unit=_("formal requests; days; share"),
        by=("direction", "kind", "contacted"),
        scope={"formality": "formal", "order": "known"} | phrases.begun(page),
        counts={
            "requests": {},
            "answered": {"status": "answered"},
            "pending": {"status": "pending"},
            "decided": {"decided": "yes"},
            "refused": {"decided": "yes", "decision": "refused"},
        },
        chart=_draw_after if table["median_days"].notna().any() else None,
        alt=lambda t: _(
            "Medians with their intervals, one row a kind and direction; every number is in the table."
        ),
        notes=[
            _(
                "Whoever asks informally first may ask for other things: these are two groups of requests side by side, and "
                "nothing here says what a contact does."
            ),
            _(
                "The share refused is of those executed, partly executed or refused. A hollow dot has no full interval."
            ),
        ],
    )


def _preceded(table: pd.DataFrame) -> str:
    from mlastats.measure.intervals import wilson

    if table.empty:
        return _("There is no formal request here, so nothing can be said.")
    said = []
    for code, rows in phrases.by_direction(table):
        if rows[["known", "preceded"]].isna().any(axis=None):
            said.append(phrases.withheld())
            continue
        part, whole = int(rows["preceded"].sum()), int(rows["known"].sum())
        if not whole:
            continue
        lower, upper = wilson(part, whole)
        said.append(
            _(
                "{who}: {share} of {whole} formal ones had an informal contact before them{interval}.",
                who=phrases.direction(code),
                share=percent(part / whole),
                whole=number(whole),
                interval=phrases.interval(pd.Series({"lower": lower, "upper": upper})),
            )
        )
        said += [_how_long(rows), phrases.few(whole)]
    return phrases.sentences(said)


def _how_long(rows: pd.DataFrame) -> str:
    most = rows.dropna(subset=["median_days"])
    most = most[most["preceded"].ge(5)]
    if most.empty:
        return ""
    row = most.loc[most["preceded"].idxmax()]
    return _(
        "Of the {n} that are {kind}, half came within {days} days of the first contact.",
        n=number(row["preceded"]),
        kind=phrases.group_label("kind", str(row["kind"])).lower(),
        days=number(row["median_days"]),
    )


def _became(table: pd.DataFrame) -> str:
    if table.empty or not table["contacts"].sum():
        return _("There is no informal contact here, so nothing can be said.")
    said = []
    for code, rows in phrases.by_direction(table):
        known = rows.dropna(subset=["share", "contacts"])
        if known.empty:
            few = rows["contacts"].notna().any()
            said.append(
                _("{who}: too few contacts have been open long enough to say.", who=phrases.direction(code))
                if few
                else phrases.withheld()
            )
            continue
        last = known.iloc[-1]
        said.append(
            _(
                "{who}: of {contacts} informal contacts, {share} became a formal request within {days} days{interval}.",
                who=phrases.direction(code),
                contacts=number(last["contacts"]),
                share=percent(last["share"]),
                days=number(last["within_days"]),
                interval=phrases.interval(last),
            )
        )
        if pd.notna(last["pending"]) and last["pending"]:
            said.append(_n("{n} is still open.", "{n} are still open.", int(last["pending"])))
        said.append(phrases.few(last["contacts"]))
    return phrases.sentences(said)


def _after(table: pd.DataFrame) -> str:
    said = []
    for (direction, kind), rows in table.groupby(["direction", "kind"], sort=False, observed=True):
        pair = {str(row["contacted"]): row for _index, row in rows.iterrows()}
        if len(pair) < 2 or any(pd.isna(row["requests"]) or row["requests"] < 10 for row in pair.values()):
            continue
        subject = f"{phrases.direction(str(direction))}, {phrases.group_label('kind', str(kind)).lower()}"
        said.append(_pair(subject, pair["yes"], pair["no"]))
    return " ".join(said) or _(
        "Too few formal requests of any one kind had an informal contact before them to set the two side by side."
    )


def _pair(subject: str, yes: Any, no: Any) -> str:
    known = pd.notna(yes["median_days"]) and pd.notna(no["median_days"])
    if not known or pd.isna(yes["lower"]) or pd.isna(no["lower"]):
        return _("{subject}: on so few answers the two cannot be told apart.", subject=subject)
    values = {
        "subject": subject,
        "with_days": number(yes["median_days"]),
        "without_days": number(no["median_days"]),
        "n": number(yes["requests"]),
        "m": number(no["requests"]),
    }
    if phrases.apart(yes, no, "lower", "upper"):
        said = _(
            "{subject}: half are answered within {with_days} days where there was a contact ({n}) and within {without_days} "
            "where there was none ({m}).",
            **values,
        )
    else:
        said = _(
            "{subject}: half are answered within {with_days} days where there was a contact ({n}) and within {without_days} "
            "where there was none ({m}); their intervals overlap, so no difference is shown.",
            **values,
        )
    return f"{said} {_refused(yes, no)}".strip()


def _refused(yes: Any, no: Any) -> str:
    names = ("refused_share_lower", "refused_share_upper")
    if any(pd.isna(row[name]) for row in (yes, no) for name in names):
        return ""
    if not phrases.apart(yes, no, *names):
        return (
            _("Nor is one in the share refused.")
            if not phrases.apart(yes, no, "lower", "upper")
            else _("No difference is shown in the share refused.")
        )
    return _(
        "Refused are {with_share} and {without_share}.",
        with_share=percent(yes["refused_share"]),
        without_share=percent(no["refused_share"]),
    )


def _draw_preceded(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table.dropna(subset=[BEFORE[0]]),
        BEFORE[0],
        "kind",
        by="direction",
        bounds=BEFORE[1:],
        kind="share",
        label=lambda code: phrases.group_label("kind", code),
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("share with an informal contact before"),
    )


def _draw_became(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table.assign(within=[_("{n} days", n=number(days)) for days in table["within_days"]]),
        "share",
        "within",
        by="direction",
        bounds=("lower", "upper"),
        kind="share",
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("share that became formal"),
    )


def _draw_after(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    known = table.dropna(subset=["median_days"])
    known = known.assign(group=known["direction"].astype("str") + ";" + known["kind"].astype("str"))
    return charts.dots(
        known,
        "median_days",
        "group",
        by="contacted",
        bounds=("lower", "upper"),
        kind="days",
        label=phrases.directed("kind"),
        series=lambda code: label("contacted", code),
        xlabel=_("median days to an answer"),
    )
