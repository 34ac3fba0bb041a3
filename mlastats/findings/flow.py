"""Stock and flow in exhibits: what was open, came, ended and is left; whether that closes; the period ratios."""

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import by_direction, last_days, listed, sentences, withheld, words
from mlastats.measure.observation import ONE_DAY
from mlastats.messages import _, _n, day, days_between, number, period_name
from mlastats.publish.exhibit import Exhibit, Fact, Untold, headline

MOST, RECENT = 14, 6


def _latest(rows: pd.DataFrame, period: str) -> Any:
    """Of a direction the report's own period; without one the last that is whole, or was last."""
    seen = rows[rows["period"].eq(period)] if period else rows
    return [row for _index, row in seen.tail(1).iterrows()]


def _stock(table: pd.DataFrame, period: str, days: pd.DataFrame, after: str) -> str:
    said = [_moved(rows, period, days, after) for _code, rows in by_direction(table)]
    if period and not any(said):
        return Untold(
            _(
                "{period} was not observed: there is no day of it to which every register is complete.",
                period=period,
            )
        )
    return sentences(said)


def _moved(rows: pd.DataFrame, period: str, days: pd.DataFrame, after: str) -> str:
    """What is open against the first period shown, then what moved in the last one, and after it."""
    since, rows = rows[rows["period"].eq(after)], rows[rows["period"].ne(after)]
    latest, first = _latest(rows, period), rows.iloc[0]
    if not latest or latest[0][["opening", "opened", "ended", "undated", "closing"]].isna().any():
        return ""
    row = latest[0]
    own = days.loc[str(row["direction"])]
    names = {
        **words(row),
        "until": own["until"],
        "span": own["span"],
        "first": period_name(str(first["period"])),
        "before": number(first["closing"]),
    }
    for _index, more in since.iterrows():
        names |= {"closing": number(more["closing"]), "after": after}
        names |= {"more_opened": number(more["opened"]), "more_ended": number(more["ended"])}
    still, opening = int(since["closing"].iloc[-1] if len(since) else row["closing"]), int(row["opening"])
    alone = first["period"] == row["period"] or pd.isna(first["closing"])
    if period:
        # Of a report on a period its own numbers come first; what is open is of its end only where all registers reach it.
        open_now = _n(
            "{closing} is open on {until}.",
            "{closing} are open on {until}.",
            still,
            closing=names["closing"],
            until=own["until"],
        )
        moved = (
            [_("{who}: {opened} came and {ended} ended {span}.", **names), open_now]
            if own["cut"]
            else [
                _n(
                    "{who}: {opened} came {span}, {ended} ended, {closing} is open.",
                    "{who}: {opened} came {span}, {ended} ended, {closing} are open.",
                    still,
                    **names,
                )
            ]
        )
        parts = [
            *moved,
            _n("Before it {opening} was open.", "Before it {opening} were open.", opening, **names)
            if alone
            else _n(
                "Before it {opening} was open, {before} at the end of {first}.",
                "Before it {opening} were open, {before} at the end of {first}.",
                opening,
                **names,
            ),
        ]
    else:
        open_now = (
            _n(
                "{who}: {closing} is open on {until}.",
                "{who}: {closing} are open on {until}.",
                still,
                **names,
            )
            if alone
            else _n(
                "{who}: {closing} is open on {until}, {before} at the end of {first}.",
                "{who}: {closing} are open on {until}, {before} at the end of {first}.",
                still,
                **names,
            )
        )
        counted = _("{opened} came and {ended} ended {span}, after {opening} open before.", **names)
        parts = [open_now, counted]
    if "after" in names:
        parts.append(
            _("{after} {more_opened} came and {more_ended} ended, in registers that reach further.", **names)
        )
    if row["undated"]:
        parts.append(
            _n(
                "{n} of these ended on a day that nobody wrote down.",
                "{n} of these ended on days that nobody wrote down.",
                int(row["undated"]),
            )
        )
    # Not the column: it may be withheld where its parts are not, and what is said can be worked out.
    if difference := int(row["opening"] + row["opened"] - row["ended"] - row["undated"] - row["closing"]):
        parts.append(
            _n(
                "These counts do not close, by {n} request: a date is missing or stands before another.",
                "These counts do not close, by {n} requests: dates are missing or stand before others.",
                abs(difference),
            )
        )
    return " ".join(parts)


def _facts(table: pd.DataFrame, period: str, days: pd.DataFrame, after: str) -> list[Fact]:
    facts = []
    for code, rows in by_direction(table):
        if sentence := _moved(rows, period, days, after):
            row = _latest(rows[rows["period"].ne(after)], period)[0]
            counted = int(row["opening"] + row["opened"])
            value = float(rows["closing"].iloc[-1] if rows["period"].eq(after).any() else row["closing"])
            said = headline(sentence)[0]
            facts.append(Fact("what_changed", said, value=value, requests=counted, direction=code))
    return facts


def _kept_up(rows: pd.DataFrame, period: str, days: pd.DataFrame, **_values: Any) -> str:
    latest = _latest(rows, period)
    if not latest or pd.isna(latest[0]["clearance_rate"]):
        return ""
    row = latest[0][["direction", "strand", "opened", "ended"]]
    own = days.loc[str(row["direction"])]
    if own["part"]:
        return _("{who}, {days}: {ended} ended for {opened} opened.", days=own["part"], **words(row))
    return _("{who} {span}: {ended} ended for {opened} opened.", span=own["span"], **words(row))


def _closes(page: Any, table: pd.DataFrame) -> list[str]:
    """What it means that rows close, or do not."""
    if page.public:
        return []
    differences = table["difference"].dropna()
    if differences.empty:
        return []
    if not differences.any():
        return [
            _(
                "Every row closes: open at the start, plus opened, minus ended and undated, is open at the end."
            )
        ]
    return [
        _(
            "“Does not close” is open at the start, plus opened, minus ended and undated, minus open at the end. Below "
            "0 are such as ended and never came: their first date is missing, or stands after the end."
        )
    ]


def _part(row: Any) -> str:
    """From when to when a period's row was counted that was not observed whole; nothing of one that was."""
    whole = row["first"] <= row["start"] and row["last"] >= row["end"]
    return "" if whole else days_between(row["first"], row["last"])


def _span(row: Any) -> str:
    """When the moves of a period's row were counted: in it, or from day to day."""
    if part := _part(row):
        return _("from {days}", days=part)
    return _("in {period}", period=period_name(str(row["period"])))


def _as_counted(shown: pd.DataFrame, page: Any) -> list[str]:
    """Between which days a period is counted that was not observed whole."""
    lines = []
    cut = shown[shown["last"].lt(shown["end"])]
    for period, last in dict(zip(cut["period"], cut["last"], strict=True)).items():
        lines.append(_("{period} is counted up to {day} alone.", period=period, day=day(last)))
    later = shown[shown["first"].gt(shown["start"])]
    for period, first in dict(zip(later["period"], later["first"], strict=True)).items():
        lines.append(_("{period} is counted from {day} on.", period=period, day=day(first)))
    return lines


def _counted_apart(table: pd.DataFrame) -> str:
    if table["entries"].isna().any():
        return withheld()
    counts = table.groupby("apart", sort=False)["entries"].sum()
    said = [
        _("{what} {n}", what=in_words("apart", code, inside=True), n=number(n)) for code, n in counts.items()
    ]
    return _("Counted apart, because they ask for nothing: {entries}.", entries=listed(said))


STOCK = Declared(
    "flow_stock",
    "What came, what ended, and what is left open?",
    by="direction period",
    columns="opening opened answered ended_otherwise ended undated closing difference",
    unit="requests",
    finding=_stock,
    facts=_facts,
    chart=Chart(
        "closing",
        "",
        "open at the end of each period",
        form="columns",
        along="period",
        parts={"part": "long"},
        gaps=True,
    ),
    alt="Requests open at the end of each period, by direction; every number is in the table.",
    notes=(
        _closes,
        last_days,
        "Counted is the time in which every register was kept; a period without a day of it is not in the table.",
    ),
)
RATIOS = Declared(
    "flow_ratios",
    "Does the work keep up with what comes in?",
    by="direction strand period",
    columns="days opened ended closing median_age clearance_rate case_turnover disposition_days",
    unit="requests; per cent; days",
    each=_kept_up,
    chart=Chart(
        "clearance_rate",
        "strand",
        "clearance rate",
        form="line",
        along="period",
        gaps=True,
        mark=1.0,
        marked="as many ended as came",
        leads=True,
    ),
    alt="The clearance rate of each period, by direction; every value is in the table.",
    notes=(
        STRANDS,
        "Period ratios: they describe the work of a period, not what becomes of the requests opened in it. "
        "Turnaround by the year opened says that.",
        "Clearance rate: ended over opened. Case turnover: ended over open at the end.",
        "Disposition time: days of the period x open at its end / ended in it, the days to clear it at that pace.",
    ),
)

apart = Declared(
    "counted_apart",
    "What stands in the registers and is no request?",
    by="direction year apart",
    columns="entries",
    unit="entries",
    finding=_counted_apart,
    empty="Every entry of the registers is a request.",
    notes=(
        "A deportation is the act of one state, and spontaneous information asks for nothing: nothing is to be answered, "
        "and they are in no other number of this report.",
    ),
)


def stock(table: pd.DataFrame, page: Any, beyond: pd.DataFrame | None = None) -> Exhibit:
    """What was open at the start of each period, what came, what ended, what is left; `beyond` (measure.flow.beyond) takes
    that to each register's own last day, for internal readers."""
    return _published(STOCK, table, page, None if page.public else beyond)


def ratios(table: pd.DataFrame, page: Any) -> Exhibit:
    """Clearance rate, case turnover and disposition time of each period and strand, with what they rest on. For the public
    without what was open: each further day of a strand would be one more sum that tells of the same requests."""
    public = replace(RATIOS, columns="days opened ended clearance_rate", notes=RATIOS.notes[:2])
    of_strand = ["direction", "strand"]
    table = table[
        table.groupby(of_strand, observed=True)[["opened", "closing"]].transform("sum").gt(0).any(axis=1)
    ]
    return _published(public if page.public else RATIOS, table, page, last=RECENT)


def _to_the_last_day(table: pd.DataFrame, after: str) -> pd.DataFrame:
    """The periods that are drawn: what is open at the end of the last is what is open on each register's own last day."""
    beyond = table[table["period"].eq(after)].set_index("direction")
    drawn = table[table["period"].ne(after)].copy()
    last = ~drawn["direction"].duplicated(keep="last") & drawn["direction"].isin(beyond.index)
    for name in ("closing", "long"):
        if name in drawn:
            drawn.loc[last, name] = drawn.loc[last, "direction"].map(beyond[name]).astype(float)
    return drawn


def _published(
    declared: Declared, table: pd.DataFrame, page: Any, beyond: pd.DataFrame | None = None, last: int = MOST
) -> Exhibit:
    """The last periods up to the report's own, then what moved after the day that every register reaches."""
    until = table if page.end is None else table[table["start"].le(pd.Timestamp(page.end))]
    until = until[until["days"].gt(0)]
    groups = until.groupby(declared.by.split()[:-1], observed=True, sort=False)
    shown = groups.tail(last).reset_index(drop=True)
    own = shown[shown["period"].eq(page.period)] if page.period else shown
    latest = own.assign(direction=own["direction"].astype("str")).groupby("direction").tail(1)
    latest = latest.drop_duplicates("direction", keep="last").set_index("direction")
    reach = latest["last"].copy()
    rows = beyond if beyond is not None else shown.iloc[:0]
    if page.end is not None:
        rows = rows[rows["start"].le(pd.Timestamp(page.end))]
    chart, after = declared.chart, ""
    if len(rows) and len(own) and not rows["late"].any():
        reach.update(rows.set_index(rows["direction"].astype("str"))["last"])
        after = _("After {day}", day=day(rows["start"].min() - ONE_DAY))
        shown = pd.concat([shown, rows.assign(period=after)], ignore_index=True)
        shown = shown.sort_values("direction", kind="stable", ignore_index=True)
        chart = replace(chart, where=partial(_to_the_last_day, after=after)) if chart else None
    as_published = replace(
        declared,
        chart=chart if len(shown) > 2 else None,
        notes=[
            *declared.notes,
            lambda page, _rows: _as_counted(shown[shown["period"].ne(after)], page),
            *(
                [_("{after}: in the registers that reach further alone, each to its last day.", after=after)]
                if after
                else []
            ),
        ],
    )
    days = pd.DataFrame(
        {
            "until": reach.map(day),
            "span": [_span(row) for _code, row in latest.iterrows()],
            "part": [_part(row) for _code, row in latest.iterrows()],
            "cut": latest["last"].lt(latest["end"]),
        },
        index=latest.index,
    )
    return as_published(shown, page, period=page.period, days=days, after=after)
