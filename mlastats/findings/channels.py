"""Channels in exhibits: how much is formal, how much informal, and by which way it went."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.intervals import share, slope
from mlastats.messages import TOGETHER, _, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = ["formal", "informal", "not_applicable", "unrecorded"]
SHARE = ("formal_share", "formal_share_lower", "formal_share_upper")
MOST_ROWS = 30


def formality(table: pd.DataFrame, page: Any, by: str = "") -> Exhibit:
    """Formal and informal requests by direction and, where given, `by`: a group, or "period"."""
    dimensions = ["direction", *([by] if by else [])]
    table, parts, notes = _folded(table, page)
    known = table["formal"].add(table["informal"]).gt(0)
    held = table[table["requests"].gt(0)] if by != "period" else table
    return Exhibit(
        name=f"channels_formality_by_{by}" if by else "channels_formality",
        question=_questions()[by],
        finding=lambda t: _trend(t) if by == "period" else _over(t, by) if by else _overall(t),
        table=held[[*dimensions, "requests", *parts, *SHARE]],
        columns=_columns(dimensions, parts),
        unit=_("requests; share"),
        by=tuple(dimensions),
        scope={} if by == "period" else phrases.begun(page),
        counts={"requests": {}, **{code: {"formality": fixed} for code, fixed in parts.items()}},
        chart=(lambda t: _draw(t, by)) if by and known.any() else None,
        alt=lambda t: _("The share of formal requests; every value is in the table."),
        notes=[*_notes(by), *notes],
        facts=_facts if not by else None,
    )


def by_channel(table: pd.DataFrame, page: Any) -> Exhibit:
    """Requests by single channel."""
    shown = ["direction", "channel", "requests", "several", "whole", "share", "share_lower", "share_upper"]
    return Exhibit(
        name="channels_by_channel",
        question=_("By which channels do requests go?"),
        finding=_channels,
        table=table[shown],
        columns={
            "direction": phrases.count_columns()["direction"],
            "channel": phrases.count_columns()["channel"],
            "requests": Column(_("Requests"), "count"),
            "several": Column(_("of these by several channels"), "count"),
            "whole": Column(_("Requests of the direction"), "count"),
            **phrases.limited("share", _("Share"), rests_on=("requests", "whole")),
        },
        unit=_("requests; share"),
        by=("direction", "channel"),
        scope=phrases.begun(page),
        counts={"requests": {}, "several": {"several": "yes"}, "whole": {"channel": "all"}},
        chart=_draw_channels if table["requests"].sum() else None,
        alt=lambda t: _(
            "The share of requests by channel and direction, with intervals; every number is in the table."
        ),
        notes=[
            _("A request that went by several channels is counted under each of them."),
            _("The interval is Wilson's, 95%."),
        ],
    )


def _questions() -> dict[str, str]:
    return {
        "": _("How much of co-operation is formal?"),
        "kind": _("Which kinds of request go by formal channels?"),
        "period": _("Has the share of formal requests changed?"),
        "partner_group": _("With which groups of partners is co-operation formal?"),
        "partner": _("With which partners is co-operation formal?"),
        "offence": _("For which offences is co-operation formal?"),
        "agency": _("Which agencies use formal channels?"),
    }


def _folded(table: pd.DataFrame, page: Any) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """For the public: where so few are neither formal nor informal that they would have to be withheld, and
    the share formal with them, they stand with the informal; what each count fixes; and what was done."""
    rest = table[PARTS[2:]].sum(axis=1)
    if not page.public or not rest.between(1, page.threshold - 1).any() or rest.max() >= page.threshold:
        return table, {code: code for code in PARTS}, []
    table = table.assign(informal=table["informal"] + rest)
    table = table.drop(columns=list(SHARE)).join(share(table, "formal", "requests", SHARE[0]))
    note = _(
        "The few requests whose formality is not recorded, or that have none, stand with the informal, and the share "
        "is of all: so the other counts can be published."
    )
    return table, {"formal": "formal", "informal": TOGETHER.join(PARTS[1:])}, [note]


def _columns(dimensions: list[str], parts: dict[str, str]) -> dict[str, Column]:
    return {
        **{name: phrases.count_columns()[name] for name in [*dimensions, "requests"]},
        **{code: Column(label("formality", fixed), "count") for code, fixed in parts.items()},
        **phrases.limited("formal_share", _("Share formal"), rests_on=("formal", "informal")),
    }


def _notes(by: str) -> list[str]:
    notes = [
        _(
            "A request is formal if any channel it went by is. The share is of the requests whose formality is known."
        ),
        _("The interval is Wilson's, 95%."),
    ]
    if by == "period":
        notes.append(
            _(
                "The change is the average slope of a logistic regression of the share on the year; its interval is "
                "wider where the years scatter more than counts do."
            )
        )
    return notes


def _overall(table: pd.DataFrame) -> str:
    said = [_one(row) for _index, row in table.iterrows() if pd.notna(row["formal_share"])]
    if said:
        return " ".join(said)
    if table["requests"].sum() == 0:
        return phrases.nothing()
    if table[["formal", "informal"]].isna().any(axis=None):
        return phrases.withheld()
    return _("No channel here is formal or informal, so nothing can be said about formality.")


def _one(row: Any) -> str:
    known = row["formal"] + row["informal"]
    sentence = _(
        "{who}: {share} of {known} are formal{interval}.",
        who=phrases.direction(row["direction"]),
        share=percent(row["formal_share"]),
        known=number(known),
        interval=phrases.interval(row, *SHARE[1:]),
    )
    return f"{sentence} {phrases.few(known)}".strip()


def _over(table: pd.DataFrame, by: str) -> str:
    """The groups that differ most, by direction."""
    counted = table.assign(known=table["formal"] + table["informal"])
    said = []
    for code, rows in phrases.by_direction(counted):
        found = phrases.extremes(rows, by, SHARE, "known")
        if found:
            said.append(_("{who}, share formal. {found}", who=phrases.direction(code), found=found))
    return " ".join(said) or _("There are too few requests of known formality to compare.")


def _trend(table: pd.DataFrame) -> str:
    if table[["formal", "informal"]].isna().any(axis=None):
        return phrases.withheld()
    parts = phrases.by_direction(table[table["period"].ne("unrecorded")])
    return phrases.sentences(_change(code, rows) for code, rows in parts)


def _change(code: str, rows: pd.DataFrame) -> str:
    known = rows["formal"] + rows["informal"]
    seen = rows.loc[known.gt(0), "period"].astype("str").tolist()
    found, who = slope(rows["formal"], known), phrases.direction(code)
    if found.reason == "no_variation":
        return _("{who}: all are alike in every year, so no trend can be shown.", who=who)
    if found.reason:
        return _("{who}: too few years to show a trend.", who=who) if seen else ""
    words = {"who": who, "first": seen[0], "last": seen[-1]}
    figures = (100 * value for value in (abs(found.change), found.lower, found.upper))
    words |= zip(("points", "lower", "upper"), phrases.finely(*figures), strict=True)
    words["interval"] = _(" (95% interval {lower} to {upper})", **words)
    if found.lower <= 0 <= found.upper:
        return _(
            "{who}: from {first} to {last} no change in the share formal is shown (95% interval {lower} to {upper} points "
            "a year).",
            **words,
        )
    if found.change > 0:
        return _(
            "{who}: from {first} to {last} the share formal rose by {points} points a year{interval}.",
            **words,
        )
    return _(
        "{who}: from {first} to {last} the share formal fell by {points} points a year{interval}.",
        **words,
    )


def _facts(table: pd.DataFrame) -> list[Fact]:
    return [
        Fact(
            "formal_or_informal",
            _one(row),
            value=float(row["formal_share"]),
            lower=float(row["formal_share_lower"]),
            upper=float(row["formal_share_upper"]),
            requests=int(row["formal"] + row["informal"]),
        )
        for _index, row in table.iterrows()
        if pd.notna(row["formal_share"])
    ]


def _channels(table: pd.DataFrame) -> str:
    said = []
    for code, rows in phrases.by_direction(table):
        known = rows[rows["channel"].ne("unrecorded")].dropna(subset=["requests"])
        if known["requests"].sum() == 0:
            continue
        most = known.loc[known["requests"].idxmax()]
        said.append(
            _(
                "{who}: most went by this channel: {channel}, {requests} of {whole}{interval}.",
                who=phrases.direction(code),
                channel=phrases.group_label("channel", str(most["channel"])),
                requests=number(most["requests"]),
                whole=number(most["whole"]),
                interval=phrases.interval(most, "share_lower", "share_upper"),
            )
        )
        said.append(phrases.few(most["whole"]))
    if table["several"].notna().all() and table["several"].sum():
        said.append(_("Some requests went by several."))
    return phrases.sentences(said)


def _draw(table: pd.DataFrame, by: str) -> "Figure":
    from mlastats.publish import charts

    look: dict[str, Any] = {
        "by": "direction",
        "bounds": SHARE[1:],
        "kind": "share",
        "series": lambda code: phrases.group_label("direction", code),
    }
    if by == "period":
        years = table[table["period"].astype("str").ne("unrecorded")]
        return charts.lines(years, "period", "formal_share", ylabel=_("share formal"), **look)
    most = table.groupby(by, observed=True)["requests"].sum().nlargest(MOST_ROWS).index
    known = table[table[by].isin(most)].dropna(subset=["formal_share"])
    return charts.dots(
        known,
        "formal_share",
        by,
        label=lambda code: phrases.group_label(by, code),
        xlabel=_("share formal"),
        **look,
    )


def _draw_channels(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table.dropna(subset=["share"]),
        "share",
        "channel",
        by="direction",
        bounds=("share_lower", "share_upper"),
        kind="share",
        label=lambda code: phrases.group_label("channel", code),
        series=lambda code: phrases.group_label("direction", code),
        xlabel=_("share of the direction's requests"),
    )
