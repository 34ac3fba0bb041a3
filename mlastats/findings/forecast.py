"""Will the backlog clear? In an exhibit: what was open, what is expected if nothing changes, and what can be told of it."""

from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, direction, nothing, sentences, words
from mlastats.measure.forecast import HORIZONS
from mlastats.messages import _, day
from mlastats.publish.exhibit import Untold


def _told(table: pd.DataFrame) -> str:
    said = [_outlook(code, rows) for code, rows in by_direction(table)]
    if not any(said):
        return nothing() if table.empty else Untold(_("How many will be open cannot be told yet."))
    return sentences(said)


def _outlook(code: str, rows: pd.DataFrame) -> str:
    """What the interval of the furthest horizon allows to say, with its figure; where that is nothing, the last year's
    facts."""
    ahead = rows.tail(len(HORIZONS)).assign(time=_times()).dropna(subset=["expected"])
    if ahead.empty:
        return ""
    now = rows.iloc[-1 - len(HORIZONS)]
    far, names = ahead.iloc[-1], {"who": direction(code), "time": ahead["time"].iloc[-1]}
    facts = ""
    if far["lower"] >= now["stock"]:
        told = _("{who}: if nothing changes, the backlog does not clear: it grows.", **names)
    elif far["upper"] < now["stock"]:
        told = _("{who}: if nothing changes, the backlog shrinks within {time}.", **names)
    elif far["lower"] > now["stock"] / 2:
        told = _("{who}: if nothing changes, the backlog is not halved within {time}.", **names)
    else:
        told = _("{who}: whether the backlog grows or shrinks within {time} cannot be told.", **names)
        if pd.notna(now["came"]):
            facts = _("In the year before, {came} came and {ended} ended.", **words(now))
    figure = _(
        "In {time} {expected} are expected ({lower} to {upper}), for {stock} now.",
        **words(far) | {"stock": words(now)["stock"]},
    )
    return " ".join(filter(None, (told, figure, facts)))


def _times() -> list[str]:
    """The horizons in words, in their order."""
    return [_("six months"), _("a year"), _("two years")]


def _not_told(_page: Any, measured: pd.DataFrame) -> list[str]:
    """To which days registers are counted, and from when on a horizon can be told that cannot be yet."""
    lines = []
    for code, rows in by_direction(measured):
        now, who = rows.iloc[-1 - len(HORIZONS)], direction(code)
        days = {"first": day(now["first_last"]), "last": day(now["on"])}
        if now["first_last"] < now["on"]:
            lines.append(
                _("{who}: each register is counted to its own last day, {first} to {last}.", who=who, **days)
            )
        times = dict(zip(HORIZONS, _times(), strict=True))
        for months in rows.loc[rows["reason"].eq("register_young"), "months"]:
            known = now["since"] + pd.DateOffset(months=12 + 2 * months)
            lines.append(
                _(
                    "{who}: not said for {time}, because the latest register is kept since {since}; from {day} it can be.",
                    who=who,
                    time=times[months],
                    since=day(now["since"]),
                    day=day(known),
                )
            )
    return lines


def _outlined(table: pd.DataFrame) -> pd.DataFrame:
    """What was open and what is expected as one series, with what is open now."""
    now = table.groupby("direction", observed=True)["stock"].transform("last")
    ahead = table["stock"].isna()
    return table.assign(now=now, ahead=ahead, expected=table["expected"].where(ahead, table["stock"]))


forecast = Declared(
    "backlog_forecast",
    "Will the backlog clear?",
    by="direction on",
    columns="stock came ended expected lower upper trials",
    unit="requests",
    finding=_told,
    chart=Chart(
        "expected",
        "",
        "open requests, and those expected if nothing changes",
        form="columns",
        along="on",
        limits=("lower", "upper"),
        limited="90% interval",
        mark="now",
        marked="as many as now",
        where=_outlined,
        gaps=True,
    ),
    alt="Requests open in the past and those expected, with their intervals, by direction; every number is in the table.",
    notes=(
        "Each open request is taken to end at the pace that requests of its age had in the last months (two medians of the "
        "durations, three to six months; a year or two where fewer than ten ended), and new ones to come as they did. "
        "No trend is carried on: where ever more come, the figure is rather too low than too high.",
        "The interval is of 90%, and as wide as the same sum, made for every quarter of the past, was off. “Times tried” "
        "are those that do not overlap. On made-up registers of which the future is known nine in ten such intervals hold.",
        "“If nothing changes”: it knows of no new staff, treaty or reform. A backlog is never nought while requests come.",
        _not_told,
    ),
    internal_only=True,
)
