"""What leads the whole report: what is open and how old, how long legal assistance takes, the last years, what to decide."""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import nothing, span, withheld
from mlastats.messages import _, _n, number
from mlastats.publish.exhibit import TITLE, Exhibit, Fact, InTable, Untold
from mlastats.schema import SEVERAL

WAYS = ("incoming", "outgoing")
# Of what was added most is old, where that is more than three quarters.
MOST = 0.75


def whole(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of all strands together by direction, by day."""
    rows = table[table["strand"].eq("all")]
    return {
        way: rows[rows["direction"].eq(way)].set_index("on").sort_index()
        for way in WAYS
        if rows["direction"].eq(way).any()
    }


def _past(rows: pd.DataFrame) -> tuple[pd.Series | None, pd.Series | None]:
    """The rows of a year ago and of the end of the fifth year before."""
    last = rows.index.max()
    days = last - pd.DateOffset(years=1), pd.Timestamp(last.year - 5, 12, 31)
    ago, five = (rows.loc[day] if day in rows.index else None for day in days)
    return ago, five


def _moves(rows: pd.DataFrame) -> int:
    """1 where more is open than a year ago and five years ago, -1 where less than both, else 0: a count of all, which
    needs no test."""
    now, before = rows["open"].iloc[-1], [row["open"] for row in _past(rows) if row is not None]
    if len(before) < 2 or pd.isna(now) or pd.isna(before).any():
        return 0
    return 1 if now > max(before) else -1 if now < min(before) else 0


def _title(table: pd.DataFrame, of_one: bool = False) -> str:
    """What is open each way; `of_one`, with the one partner whose sheet it is."""
    ways = whole(table)
    now = {way: rows["open"].iloc[-1] for way, rows in ways.items()}
    if not now or all(pd.isna(count) for count in now.values()):
        return ""
    if not any(now.values()):
        return _("No request waits for an answer")
    if of_one and len(now) == 2:
        return _waits_for_one(now)
    names = {way: _("0 to 4") if pd.isna(count) else number(count) for way, count in now.items()}
    first = next(iter(now.values()))
    many = 2 if pd.isna(first) else int(first)
    if len(now) == 1:
        (way,) = now
        return (
            _n("{incoming} request waits for us", "{incoming} requests wait for us", many, **names)
            if way == "incoming"
            else _n(
                "{outgoing} request waits for partners",
                "{outgoing} requests wait for partners",
                many,
                **names,
            )
        )
    moves = {_moves(rows) for rows in ways.values()}
    if moves == {1}:
        return _(
            "The backlog grows both ways: {outgoing} requests wait for partners, {incoming} for us", **names
        )
    if moves == {-1}:
        return _(
            "The backlog shrinks both ways: {outgoing} requests wait for partners, {incoming} for us", **names
        )
    return _n(
        "{incoming} request waits for us, {outgoing} for partners",
        "{incoming} requests wait for us, {outgoing} for partners",
        many,
        **names,
    )


def _waits_for_one(now: dict[str, Any]) -> str:
    """On the sheet of one partner: whose requests wait, so that nobody reads them as those of all partners."""
    names = {way: _("0 to 4") if pd.isna(count) else number(count) for way, count in now.items()}
    return _n(
        "{incoming} of its requests waits for us, {outgoing} of ours for it",
        "{incoming} of its requests wait for us, {outgoing} of ours for it",
        2 if pd.isna(now["incoming"]) else int(now["incoming"]),
        **names,
    )


def _aged(table: pd.DataFrame) -> str:
    """Whether what has been added in five years is old; else how much of what is open is."""
    ways = whole(table)
    grown, since = [], ""
    for rows in ways.values():
        five, now = _past(rows)[1], rows.iloc[-1]
        if five is not None and now["open"] > five["open"]:
            grown.append((now["long"] - five["long"]) / (now["open"] - five["open"]) > MOST)
            since = str(rows.index.max().year - 5)
    if len(ways) == 2 and grown == [True, True]:
        return _("Most of the growth since {year} is requests waiting a year or longer.", year=since)
    return _waiting(ways)


def _waiting(ways: dict[str, pd.DataFrame]) -> str:
    """How much of what is open has waited a year or longer."""
    if not ways:
        return nothing()
    said = {}
    for way, rows in ways.items():
        last = rows[["open", "long"]].iloc[-1]
        said[way] = _("{long} of {open}", long=number(last["long"]), open=number(last["open"]))
        if last.isna().any():
            return InTable(_("What can be told is in the table."))
    if len(said) == 2:
        return _("A year or longer: {incoming} waiting for us, {outgoing} for partners.", **said)
    return _("A year or longer: {counts} that are open.", counts=next(iter(said.values())))


def _year_ends(table: pd.DataFrame) -> pd.DataFrame:
    """The ends of years and the last day, of all strands together."""
    drawn = table[table["strand"].eq("all")]
    drawn = drawn.assign(on=pd.to_datetime(drawn["on"]))
    last = drawn["on"].max()
    drawn = drawn[drawn["on"].eq(last) | drawn["on"].dt.month.eq(12) & drawn["on"].dt.day.eq(31)]
    names = drawn["on"].dt.year.astype(str)
    return drawn.assign(period=names)


def _titles(table: pd.DataFrame, of_one: bool = False) -> list[Fact]:
    text = _title(table, of_one)
    ways = whole(table)
    stuck = _waiting(ways)
    facts = [Fact(TITLE, text)] if text else []
    return facts if isinstance(stuck, InTable | Untold) else [*facts, Fact("how_much_stuck", stuck)]


def _pace(table: pd.DataFrame) -> str:
    """Half of the legal assistance of each direction."""
    told = {
        str(row["direction"]): span(row["median_days"])
        for _index, row in table[table["direction"].isin(WAYS)].iterrows()
        if pd.notna(row["median_days"])
    }
    if len(told) == 2:
        return _("Legal assistance: half answered within {incoming} by us, {outgoing} by partners.", **told)
    if "incoming" in told:
        return _("Incoming legal assistance: half answered within {incoming}.", **told)
    if "outgoing" in told:
        return _("Outgoing legal assistance: half answered within {outgoing}.", **told)
    return InTable(_("What can be told is in the table."))


def in_last_year(table: pd.DataFrame) -> str:
    years = sorted(table["year"].unique())
    last = table[table["year"].eq(years[-2])] if len(years) > 1 else table.iloc[:0]
    counts = last.set_index(["direction", "kind"])["requests"]
    cells = [(way, kind) for kind in ("mla", "extradition") for way in WAYS]
    if not set(cells) <= set(counts.index) or counts.loc[cells].isna().any():
        return InTable(_("What can be told is in the table."))
    asked, made, sought, sent = (number(counts[cell]) for cell in cells)
    return _(
        "Legal assistance in {year}: {asked} received, {made} made; extradition {sought} and {sent}.",
        year=years[-2],
        asked=asked,
        made=made,
        sought=sought,
        sent=sent,
    )


def _decisions(table: pd.DataFrame) -> str:
    n = table["decision"].nunique()
    return _n(
        "{n} thing is to be decided, by its owner.", "{n} things are to be decided, each by its owner.", n
    )


STOCK = Declared(
    "front_stock",
    "How many requests are open, and how long have they waited?",
    by="direction strand on",
    columns="open long",
    unit="requests",
    finding=_aged,
    facts=_titles,
    chart=Chart(
        "open",
        statistic="requests open at the end of each year",
        form="columns",
        along="period",
        parts={"part": "long"},
        where=_year_ends,
        gaps=True,
    ),
    alt="Open requests on the last day of each year and today, by direction; every number is in the table.",
    notes=(
        "Requests are counted on the last day that their register is complete. Deportations are counted apart, and "
        "directions are never added.",
    ),
)
pace = Declared(
    "front_pace",
    "How long does legal assistance take, and how long did it?",
    by="direction",
    columns="requests answered ended_otherwise pending undated median_days standard_days within before since",
    unit="requests; days",
    finding=_pace,
    scope={"kind": "mla"},
    notes=(
        "The median is the first day by which half of all requests are answered; what is pending counts for as long as it "
        "has waited.",
        "The standard binds us, so that it is held against incoming requests alone.",
    ),
    internal_notes=("Before and since: the pace up to five years ago, and of the five years since.",),
)
years = Declared(
    "front_years",
    "How many requests for legal assistance and extradition were received and made, and how do they stand?",
    by="direction kind year",
    columns="requests executed refused other_end pending",
    unit="requests",
    finding=in_last_year,
    empty="No request for legal assistance or extradition is recorded.",
    scope={"enquiry": "no"},
    notes=(
        "Each request stands in the year in which it was received or sent; received is incoming, made is outgoing.",
    ),
)
decisions = Declared(
    "front_decisions",
    "What is to be decided, and by whom?",
    by="decision partner agency",
    columns="entries",
    unit="requests",
    finding=_decisions,
    empty="Nothing waits for a decision.",
    internal_only=True,
)
basis = Declared(
    "front_basis",
    "On how many requests does this report rest?",
    by="",
    columns="requests undated entries",
    unit="requests",
    finding=lambda table: (
        withheld()
        if pd.isna(table["requests"].iloc[0])
        else _n(
            "The report rests on {n} request.",
            "The report rests on {n} requests.",
            int(table["requests"].iloc[0]),
        )
    ),
    facts=lambda table: [Fact(TITLE, _("No request is recorded"))] if table["requests"].eq(0).all() else [],
)


def stock(table: pd.DataFrame, page: Any) -> Exhibit:
    """What was open at the ends of years and is now; for the public by strand on the last day alone: each further day of
    a strand would be one more sum that tells of the same requests. Nor is growth told of rounded counts."""
    of_one = len(page.filters.get("partner", "").split(SEVERAL)) == 1 and "partner" in page.filters
    declared = replace(STOCK, facts=lambda t: _titles(t, of_one=True)) if of_one else STOCK
    if not page.public:
        return declared(table, page)
    table = table[table["strand"].eq("all") | table["on"].eq(table["on"].max())]
    return replace(declared, finding=lambda t: _waiting(whole(t)))(table.reset_index(drop=True), page)


def with_standard(table: pd.DataFrame, page: Any, standard: int | None) -> Exhibit:
    """How long legal assistance takes; the standard is held against incoming requests alone."""
    ours = table["direction"].eq("incoming")
    held = table.assign(standard_days=pd.Series(standard, index=table.index, dtype=float).where(ours))
    limits = [name for name in ("within", "within_lower", "within_upper") if name in held]
    if not limits:
        held = held.assign(**dict.fromkeys(("within", "within_lower", "within_upper"), float("nan")))
    return pace(held.assign(**{name: held[name].where(ours) for name in limits}), page)
