"""The registers in exhibits: where every row ended, what is filled, what changed, what needs a decision."""

from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.disclosure.rounding import ALONE
from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import SURE, listed, proportion, rose, words
from mlastats.measure.channels import use
from mlastats.measure.intervals import slope
from mlastats.messages import _, _n, number, percent
from mlastats.publish.exhibit import Exhibit, Untold
from mlastats.register.account import SILENT, warnings

ENDS = ["requests", "apart", "copies", "joined", "merged", "refused", "not_data"]


def _account(table: pd.DataFrame) -> str:
    if table.empty:
        return _("No register was read.")
    lost = int(table["read"].sum() - table[ENDS].to_numpy().sum())
    if lost:
        return _n("{n} row is not accounted for.", "{n} rows are not accounted for.", lost)
    sums = words(table[["read", *ENDS]].sum())
    if table["apart"].sum():
        return _(
            "Yes: {requests} of {read} rows are requests, {apart} ask for nothing, all others have reasons.",
            **sums,
        )
    return _("Yes: {requests} of {read} rows are requests, and each other has its reason.", **sums)


def _warnings(page: Any, _table: pd.DataFrame) -> list[str]:
    return [
        _("{register}: {warning}", register=page.called[account["name"]], warning=warning)
        for account in page.summary.get("registers", [])
        for warning in warnings(account)
    ]


def _incomplete(table: pd.DataFrame, days: int) -> str:
    closed, silent = (
        ", ".join(table["name"][rows])
        for rows in (table["pending"].eq(0), table["silent"].gt(days).fillna(True))
    )
    parts = [
        _("Nothing is pending in: {names}.", names=closed) if closed else "",
        _("Long without an event: {names}.", names=silent) if silent else "",
    ]
    return " ".join(filter(None, parts)) or _(
        "None looks incomplete: each has pending requests, and an event in its last {days} days.", days=days
    )


def _share(table: pd.DataFrame, by: str) -> pd.Series:
    """The share filled of what can be expected, where anything can."""
    sums = table.groupby(by, sort=False)[["expected", "filled"]].sum()
    sums = sums[sums["expected"].gt(0)]
    return sums["filled"] / sums["expected"]


def _coverage(table: pd.DataFrame) -> str:
    share = _share(table, "agency")
    if share.empty:
        return Untold(_("There is no request, so nothing can be said."))
    least, most = (
        listed([in_words("agency", code) for code in share.index[share.eq(end)]])
        for end in (share.min(), share.max())
    )
    if share.nunique() == 1:
        return _(
            "{agency}: {share} of what can be expected is recorded.", agency=most, share=percent(share.max())
        )
    return _(
        "{least}: {least_share} recorded of what can be expected; {most}: {most_share}.",
        most=most,
        most_share=percent(share.max()),
        least=least,
        least_share=percent(share.min()),
    )


def _filled(table: pd.DataFrame) -> str:
    share = _share(table, "field")
    if share.empty:
        return Untold(_("There is no request, so nothing can be said."))
    if share.min() == 1:
        return _("Every field is filled wherever it can be expected.")
    worst = list(share.index[share.eq(share.min())])
    counts = table[table["field"].eq(worst[0])][["filled", "expected"]].sum()
    return _(
        "Recorded least: {field} ({share}).",
        field=listed([in_words("field", code, inside=True) for code in worst]),
        share=percent(share.min()) if len(worst) > 1 else proportion(counts["filled"], counts["expected"]),
    )


def _kept(table: pd.DataFrame) -> str:
    """How many fields every register keeps, some alone, none: what some alone keep compares no agencies."""
    looked_at = table[table["expected"].gt(0)]
    if looked_at.empty:
        return Untold(_("There is no request, so nothing can be said."))
    share = looked_at["filled"].gt(0).groupby(looked_at["field"]).mean()
    every, none = int(share.eq(1).sum()), int(share.eq(0).sum())
    first = _n(
        "{n} of {all} further fields is kept by every register.",
        "{n} of {all} further fields are kept by every register.",
        every,
        all=number(len(share)),
    )
    some = number(len(share) - every - none)
    return f"{first} " + _("{some} by some alone, {none} by none.", some=some, none=number(none))


def _filled_by_year(table: pd.DataFrame) -> str:
    """The level of the last year, and how it moved where a line through all years shows that it did (p < .01)."""
    dated = table[table["year"].ne("unrecorded")]
    share = _share(dated, "year").sort_index()
    if len(share) < 2:
        return _("The requests were opened in one year at most: there is nothing to compare.")
    sentence = _(
        "Of the fields expected for requests of {year}, {share} are filled.",
        year=str(share.index[-1]),
        share=percent(share.iloc[-1]),
    )
    trend = slope(share, dated.groupby("year")["expected"].sum().reindex(share.index))
    return f"{sentence} {rose(trend.change)}" if trend.p < SURE else sentence


ACCOUNT = Declared(
    "register_account",
    "Is every row of every register accounted for?",
    by="name",
    columns=" ".join(["read", *ENDS]),
    unit="rows; requests",
    finding=_account,
    notes=(_warnings,),
    internal_only=True,
)
INCOMPLETE = Declared(
    "register_incomplete",
    "Does any register look incomplete?",
    by="name",
    columns="log_start last_event observed_to silent pending",
    unit="days; requests",
    finding=_incomplete,
    where=lambda table: table["requests"].gt(0),
    notes=(
        "A register of which nothing is pending may be one in which rows are entered only on closing.",
        "After {days} days without an event, ask whether it is still kept.",
    ),
    internal_only=True,
)
coverage = Declared(
    "register_filled_by_agency_and_year",
    "Which agency recorded how much, and when?",
    by="agency year",
    columns="expected filled share",
    unit="share of the fields that can be expected",
    finding=_coverage,
    chart=Chart("share", "agency", "share of fields filled", form="cells", along="year", gaps=True),
    alt="Share filled, by agency and year; every value is in the table.",
    notes=("All fields that a measure needs, together; each is looked for only where it can be expected.",),
    internal_only=True,
)
FILLED = {
    by: Declared(
        f"register_filled_by_{by}",
        question,
        by="field year" if by == "year" else "field register",
        columns="expected filled share",
        unit="share of requests",
        finding=finding,
        chart=chart,
        alt="Share filled, by field; every value is in the table.",
        notes=("A dash: no request of which it could be expected.", *notes),
        internal_only=True,
    )
    for by, question, finding, chart, *notes in (
        (
            "register",
            "What do the registers record?",
            _filled,
            Chart("share", "field", "share filled", form="bars", panels="register", gaps=True),
        ),
        (
            "year",
            "Has it changed from year to year?",
            _filled_by_year,
            Chart("share", "field", "share filled", form="cells", along="year", gaps=True),
        ),
        (
            "more",
            "What else do the registers keep?",
            _kept,
            Chart("share", "field", "share filled", form="bars", panels="register", gaps=True),
            "Of the requests that one register alone holds. A deadline stands only where one was asked for.",
        ),
    )
}

BY_STRAND = Declared(
    "requests_by_strand",
    "How many requests are there?",
    by="direction strand",
    columns="requests",
    unit="requests",
    finding=lambda _table, n: _(
        "There are fewer than {n} requests: their number alone is published.", n=number(n)
    ),
    notes=(
        "Of fewer than {n} requests nearly every other count would be 0 to 4, and nearly every share and duration would "
        "rest on too few to be published. What was left could tell of single cases.",
    ),
)


def by_strand(page: Any) -> Exhibit:
    """The number of requests by direction and strand, of every strand, whether or not there is one: what the public
    is told of fewer than ALONE requests."""
    strands = [code for code in vocab.codes("strand") if code not in ("every", "none")]
    levels = [vocab.codes("direction"), strands]
    counts = use(page.requests, "strand", as_of=page.as_of, span="").set_index(["direction", "strand"])[
        "requests"
    ]
    whole = pd.MultiIndex.from_product(levels, names=["direction", "strand"])
    return BY_STRAND(counts.reindex(whole, fill_value=0).reset_index(), page, n=ALONE)


def account(page: Any) -> Exhibit:
    """Where every row read ended, by register."""
    table = pd.DataFrame(page.summary.get("registers", []), columns=["name", "read", *ENDS])
    return ACCOUNT(table.fillna({"apart": 0}).replace({"name": page.called}), page)


def incomplete(page: Any) -> Exhibit:
    """Registers that look incomplete: long without an event, or without a single pending request."""
    days = ["log_start", "last_event", "observed_to"]
    table = pd.DataFrame(page.summary.get("registers", []), columns=["name", *days, "pending", "requests"])
    table[days] = table[days].apply(pd.to_datetime)
    table["silent"] = (table["observed_to"] - table["last_event"]).dt.days.astype("Int64")
    return INCOMPLETE(table.replace({"name": page.called}), page, days=SILENT)


def filled(table: pd.DataFrame, page: Any, by: str) -> Exhibit:
    """What is filled, by register or by the year in which requests were opened; `more`, of what may stand beside."""
    if by != "year":
        table = table.assign(register=table["register"].replace(page.called))
    return FILLED[by](table, page)
