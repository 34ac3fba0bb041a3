"""Channels in exhibits: how much is formal, how much informal, and by which way it went."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.messages import _, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = ["formal", "informal", "not_applicable", "unrecorded"]
SHARE = ["formal_share", "formal_share_lower", "formal_share_upper"]


def formality(table: pd.DataFrame, page: Any, by: str = "") -> Exhibit:
    """Formal and informal requests by direction and, where given, `by`: "kind" or "period"."""
    dimensions = ["direction", *([by] if by else [])]
    shown = [*dimensions, "requests", *PARTS, *SHARE]
    questions = {
        "": _("How much of co-operation is formal?"),
        "kind": _("Which kinds of request go by formal channels?"),
        "period": _("Has the share of formal requests changed?"),
    }
    return Exhibit(
        name=f"channels_formality_by_{by}" if by else "channels_formality",
        question=questions[by],
        finding=lambda t: _overall(t) if not by else _span(t, by),
        table=table[shown],
        columns=_columns(dimensions),
        unit=_("requests; share"),
        by=tuple(dimensions),
        counts={"requests": {}, **{code: {"formality": code} for code in PARTS}},
        chart=(lambda t: _draw(t, by)) if by == "period" and table["formal_share"].notna().any() else None,
        alt=lambda t: _("The share of formal requests; every value is in the table."),
        notes=[
            _(
                "A request is formal if any channel it went by is. The share is of the requests whose formality is known."
            ),
            _("The interval is Wilson's, 95%."),
        ],
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
            "share": Column(_("Share"), "share", rests_on=("requests", "whole")),
            "share_lower": Column(_("Lower limit"), "share", rests_on=("requests", "whole")),
            "share_upper": Column(_("Upper limit"), "share", rests_on=("requests", "whole")),
        },
        unit=_("requests; share"),
        by=("direction", "channel"),
        counts={"requests": {}, "several": {"several": "yes"}, "whole": {"channel": "all"}},
        chart=_draw_channels if table["requests"].sum() else None,
        alt=lambda t: _("Requests by channel and direction; every number is in the table."),
        notes=[_("A request that went by several channels is counted under each of them.")],
    )


def _columns(dimensions: list[str]) -> dict[str, Column]:
    rests = ("formal", "informal")
    return {
        **{name: phrases.count_columns()[name] for name in [*dimensions, "requests"]},
        **{code: Column(label("formality", code), "count") for code in PARTS},
        "formal_share": Column(_("Share formal"), "share", rests_on=rests),
        "formal_share_lower": Column(_("Lower limit"), "share", rests_on=rests),
        "formal_share_upper": Column(_("Upper limit"), "share", rests_on=rests),
    }


def _overall(table: pd.DataFrame) -> str:
    said = [_one(row) for _index, row in table.iterrows() if pd.notna(row["formal_share"])]
    if said:
        return " ".join(said)
    if table["requests"].sum() == 0:
        return phrases.nothing()
    return _("No channel here is formal or informal, so nothing can be said about formality.")


def _one(row: Any) -> str:
    known = row["formal"] + row["informal"]
    sentence = _(
        "{who}: {share} of {known} are formal{interval}.",
        who=phrases.direction(row["direction"]),
        share=percent(row["formal_share"]),
        known=number(known),
        interval=phrases.interval(row, "formal_share_lower", "formal_share_upper"),
    )
    return f"{sentence} {phrases.few(known)}".strip()


def _span(table: pd.DataFrame, by: str) -> str:
    said = []
    for code, rows in table.groupby("direction", sort=False, observed=True):
        known = rows.dropna(subset=["formal_share"])
        known = known[(known["formal"] + known["informal"]).ge(phrases.FEW)]
        if len(known) < 2:
            continue
        low, high = known.loc[known["formal_share"].idxmin()], known.loc[known["formal_share"].idxmax()]
        if low["formal_share_upper"] >= high["formal_share_lower"]:
            said.append(
                _("{who}: the shares lie within each other's intervals.", who=phrases.direction(str(code)))
            )
            continue
        said.append(
            _(
                "{who}: from {low} ({low_group}) to {high} ({high_group}) are formal.",
                who=phrases.direction(str(code)),
                low=percent(low["formal_share"]),
                low_group=phrases.group_label(by, str(low[by])),
                high=percent(high["formal_share"]),
                high_group=phrases.group_label(by, str(high[by])),
            )
        )
    return " ".join(said) or _("There are too few requests of known formality to compare.")


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
    for code, rows in table.groupby("direction", sort=False, observed=True):
        known = rows[rows["channel"].ne("unrecorded")].dropna(subset=["requests"])
        if known["requests"].sum() == 0:
            continue
        most = known.loc[known["requests"].idxmax()]
        said.append(
            _(
                "{who}: most went by this channel: {channel}, {requests} of {whole}.",
                who=phrases.direction(str(code)),
                channel=phrases.group_label("channel", str(most["channel"])),
                requests=number(most["requests"]),
                whole=number(most["whole"]),
            )
        )
    return phrases.sentences(said)


def _draw(table: pd.DataFrame, by: str) -> "Figure":
    from mlastats.publish import charts

    return charts.lines(
        table[table[by].astype("str").ne("unrecorded")],
        by,
        "formal_share",
        by="direction",
        bounds=("formal_share_lower", "formal_share_upper"),
        kind="share",
        series=lambda code: phrases.group_label("direction", code),
        ylabel=_("share formal"),
    )


def _draw_channels(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    seen = table[table["requests"].gt(0)]
    return charts.bars(
        seen,
        "requests",
        "channel",
        by="direction",
        kind="count",
        label=lambda code: phrases.group_label("channel", code),
        series=lambda code: phrases.group_label("direction", code),
    )
