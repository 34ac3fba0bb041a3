"""Stock and flow in exhibits: what was open, came, ended and is left; whether that closes; the period ratios."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.flow import together
from mlastats.messages import _, _n, day, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Fact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 14
STOCK = ["opening", "opened", "answered", "ended_otherwise", "ended", "closing"]
FIXED = {
    "opening": {"open_on": "first_day"},
    "opened": {"flow": "opened"},
    "answered": {"flow": "ended", "ended": "answered"},
    "ended_otherwise": {"flow": "ended", "ended": "otherwise"},
    "ended": {"flow": "ended"},
    "closing": {"open_on": "last_day"},
}


def stock(table: pd.DataFrame, page: Any) -> Exhibit:
    """What was open at the start of each period, what came, what ended, what is left."""
    kept, merged = _published(table, page)
    shown = ["direction", "period", *[name for name in STOCK if name in kept], "difference", "median_age"]
    return Exhibit(
        name="flow_stock",
        question=_("What came, what ended, and what is left open?"),
        finding=lambda t: phrases.sentences([*(_moved(row) for row in _latest(t, page)), _gaps(t)]),
        table=kept[shown],
        columns={name: _columns()[name] for name in shown},
        unit=_("requests"),
        by=("direction", "period"),
        counts={name: fixed for name, fixed in FIXED.items() if name in kept},
        chart=_draw_stock if len(kept) > 2 else None,
        alt=lambda t: _(
            "Requests open at the end of each period, by direction; every number is in the table."
        ),
        notes=[*_closes(kept), *_notes(merged), *_unfinished(_shown(table, page), page)],
        internal_only=merged == 0,
        facts=lambda t: _stock_facts(t, page),
    )


def ratios(table: pd.DataFrame, page: Any) -> Exhibit:
    """Clearance rate, case turnover and disposition time of each period, with what they rest on."""
    kept, merged = _published(table, page)
    shown = ["direction", "period", "days", "opened", "ended", "closing", "clearance_rate", "case_turnover"]
    shown += ["disposition_days"]
    return Exhibit(
        name="flow_ratios",
        question=_("Does the work keep up with what comes in?"),
        finding=lambda t: phrases.sentences(_kept_up(row) for row in _latest(t, page)),
        table=kept[shown],
        columns={name: _columns()[name] for name in shown},
        unit=_("requests; per cent; days"),
        by=("direction", "period"),
        counts={name: FIXED[name] for name in ("opened", "ended", "closing")},
        chart=_draw_clearance if kept["clearance_rate"].notna().any() and len(kept) > 2 else None,
        alt=lambda t: _("The clearance rate of each period, by direction; every value is in the table."),
        notes=[
            _(
                "Period ratios: they describe the work of a period, not what becomes of the requests opened in it. "
                "Turnaround by the year opened says that."
            ),
            _("Clearance rate: ended over opened. Case turnover: ended over open at the end."),
            _(
                "Disposition time: days of the period x open at its end / ended in it, the days to clear it at that pace."
            ),
            *_notes(merged),
            *_unfinished(_shown(table, page), page),
        ],
        internal_only=merged == 0,
    )


def _published(table: pd.DataFrame, page: Any) -> tuple[pd.DataFrame, int]:
    """What can be shown, and how many periods stand together in a row of it.

    The counts of a row are tied: what was open plus what came is what ended plus what is left. One small
    count could so be worked out from the others, and each stock is the next row's too. For the public
    periods are taken together until no count of a row, nor what does not close, is small; 0 says that even
    all of them together leave one.
    """
    shown = _shown(table, page)
    if not page.public:
        return shown, 1
    split = shown.drop(columns=["answered", "ended_otherwise"])
    for periods in range(1, max(2, len(shown) + 1)):
        rows = together(shown, periods)[split.columns] if periods > 1 else split
        sizes = rows[["opening", "opened", "ended", "closing", "difference"]].abs()
        if not sizes.apply(lambda column: column.between(1, page.threshold - 1)).any(axis=None):
            return rows, periods
    return split, 0


def _shown(table: pd.DataFrame, page: Any) -> pd.DataFrame:
    """The last periods up to the report's own."""
    rows = table if page.end is None else table[table["start"].le(pd.Timestamp(page.end))]
    return rows.groupby("direction", observed=True, sort=False).tail(MOST).reset_index(drop=True)


def _latest(table: pd.DataFrame, page: Any) -> list[Any]:
    """Of each direction the report's own period; without one the last that is whole, or was last."""
    found = []
    for _code, rows in phrases.by_direction(table):
        own = rows[rows["period"].eq(page.period)] if page.period else rows.iloc[:0]
        found.append((own if len(own) else rows).iloc[-1])
    return found


def _moved(row: Any) -> str:
    if row[["opening", "opened", "ended", "closing"]].isna().any():
        return ""
    sentence = _(
        "{who} in {period}: {opened} came, {ended} ended, and {closing} were open at the end, after {opening} at the "
        "start.",
        who=phrases.direction(str(row["direction"])),
        period=str(row["period"]),
        **{name: number(row[name]) for name in ("opened", "ended", "closing", "opening")},
    )
    # Not the column: it may be withheld where its parts are not, and what is said can be worked out.
    difference = int(row["opening"] + row["opened"] - row["ended"] - row["closing"])
    if not difference:
        return sentence
    more = _n(
        "These counts do not close, by {n} request: a date is missing or stands before another.",
        "These counts do not close, by {n} requests: dates are missing or stand before others.",
        abs(difference),
    )
    return f"{sentence} {more}"


def _gaps(table: pd.DataFrame) -> str:
    """In how many rows opening + opened - ended is not closing; nothing where it is in all."""
    known = table["difference"].dropna()
    if not known.any():
        return ""
    return _n(
        "{n} row of {all} does not close, by {requests} in all.",
        "{n} rows of {all} do not close, by {requests} in all.",
        int(known.ne(0).sum()),
        all=number(len(known)),
        requests=number(known.abs().sum()),
    )


def _closes(table: pd.DataFrame) -> list[str]:
    """What it means that rows close, or do not."""
    known = table["difference"].dropna()
    if known.empty:
        return []
    if not known.any():
        return [_("Every row closes: open at the start, plus opened, minus ended, is open at the end.")]
    return [
        _(
            "“Does not close” is open at the start, plus opened, minus ended, minus open at the end. It counts requests "
            "whose outcome has no date (they came, and are neither ended nor open); below 0, such as ended and never "
            "came: their first date is missing, or stands after the end."
        )
    ]


def _kept_up(row: Any) -> str:
    if pd.isna(row["clearance_rate"]):
        return ""
    sentence = _(
        "{who} in {period}: {ended} ended for {opened} opened, a clearance rate of {rate}.",
        who=phrases.direction(str(row["direction"])),
        period=str(row["period"]),
        ended=number(row["ended"]),
        opened=number(row["opened"]),
        rate=percent(row["clearance_rate"]),
    )
    if pd.isna(row["disposition_days"]):
        return sentence
    more = _("At that pace what is open would take {days} days.", days=number(row["disposition_days"]))
    return f"{sentence} {more}"


def _stock_facts(table: pd.DataFrame, page: Any) -> list[Fact]:
    rows = [row for row in _latest(table, page) if _moved(row)]
    return [
        Fact(
            "how_much_stuck",
            _moved(row),
            value=float(row["closing"]),
            requests=int(row["opening"] + row["opened"]),
        )
        for row in rows
    ]


def _notes(merged: int) -> list[str]:
    if merged < 2:
        return []
    return [
        _("Periods stand together, {n} in a row, so that no small count can be worked out.", n=number(merged))
    ]


def _unfinished(shown: pd.DataFrame, page: Any) -> list[str]:
    """That the last period is not over, and what is open in registers that end before it does."""
    said = []
    if len(shown) and shown["end"].max() > pd.Timestamp(page.as_of):
        said.append(
            _("{period} is counted up to {day} alone.", period=shown["period"].iloc[-1], day=day(page.as_of))
        )
    if (
        len(shown)
        and not page.public
        and shown.groupby("direction", observed=True).tail(1)["not_followed"].sum()
    ):
        said.append(
            _(
                "Of what is open at the end, some stands in a register that is complete only to an earlier day."
            )
        )
    return said


def _columns() -> dict[str, Column]:
    flow = ("opened", "ended", "closing")
    return {
        **{
            name: phrases.count_columns()[name]
            for name in ("direction", "period", "answered", "ended_otherwise")
        },
        "days": Column(_("Days of the period"), "days"),
        "opening": Column(_("Open at the start"), "count"),
        "opened": Column(_("Opened"), "count"),
        "ended": Column(_("Ended"), "count"),
        "closing": Column(_("Open at the end"), "count"),
        "difference": Column(_("Does not close"), "number", rests_on=("opening", *flow)),
        "median_age": Column(_("Median age of these (days)"), "days", rests_on=("closing",)),
        "clearance_rate": Column(_("Clearance rate"), "share", rests_on=("opened", "ended")),
        "case_turnover": Column(_("Case turnover"), "rate", rests_on=("ended", "closing")),
        "disposition_days": Column(_("Disposition time (days)"), "days", rests_on=("ended", "closing")),
    }


def _draw_stock(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.lines(
        table,
        "period",
        "closing",
        by="direction",
        series=lambda code: phrases.group_label("direction", code),
        ylabel=_("open at the end"),
    )


def _draw_clearance(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.lines(
        table,
        "period",
        "clearance_rate",
        by="direction",
        kind="share",
        reference=1.0,
        reference_label=_("as many ended as came"),
        series=lambda code: phrases.group_label("direction", code),
        ylabel=_("clearance rate"),
    )
