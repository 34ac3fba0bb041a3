"""Mirror statistics in exhibits: whose count each number is, and no word on which of two is right."""

from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.messages import _, number, partner_name, percent
from mlastats.publish.exhibit import Fact
from mlastats.region import collected, mirror

SAID = {"sent": "sent_said", "received": "received_said", "cause": "query_cause"}
NEITHER = (
    "Neither count is the true one: a gap says that two registers differ, and not which of them is right."
)


def _agreed(table: pd.DataFrame) -> str:
    row = table.iloc[-1] if len(table) else {"flows": 0}
    if not row["flows"]:
        return _("No flow between members is reported by both sides.")
    return _(
        "Of {flows} flows in {year} that both sides report {outside} lie outside chance; {missing} more are reported by one "
        "side.",
        year=row["year"],
        flows=number(row["flows"]),
        outside=number(row["outside"]),
        missing=number(row["one_missing"]),
    )


def _added(page: Any, _table: pd.DataFrame) -> list[str]:
    """That a public sum is not of all who reported."""
    if not (page.public and page.pile.returns):
        return []
    who = page.pile.cells("MIRROR", page.year)["REF_AREA"]
    less = len(collected.added(page.pile, page.year)) < who.nunique()
    said = _("The sums are without members who sent no counts by day: both tables would tell theirs.")
    return [said] if less else []


agreement = Declared(
    "mirror_agreement",
    "Do both sides count the same?",
    by="year",
    columns="flows equal within_chance outside one_nil one_missing sent_said received_said",
    unit="flows; requests",
    finding=_agreed,
    facts=lambda table: [
        Fact("do_counts_agree", _agreed(row), requests=int(row["sent_said"].fillna(0).iloc[0]))
        for row in [table.tail(1)]
        if row["flows"].any()
    ],
    chart=Chart("outside", "year", "flows outside chance", form="bars", gaps=True),
    notes=(
        "A flow is what one member sends another in a year. Within chance: two counts that differ no more than two draws of "
        "one size do in 998 of 1,000 cases (exact binomial).",
        "Sent is as the senders report, received as the receivers do, on one side or on both.",
        _added,
        NEITHER,
    ),
)


def by_year(page: Any, flows: pd.DataFrame) -> pd.DataFrame:
    """`mirror.agreement` by year, with all that was sent and received as anybody reports it; for the public as
    `collected.released` has it, of the countries that `collected.added` names."""
    every = flows.groupby("year", as_index=False)[["sent", "received"]].sum()
    if page.public:
        sides = [
            flows.rename(columns={who: "country"}).groupby(["year", "country"])[said].sum()
            for said, who in (("sent", "sender"), ("received", "receiver"))
        ]
        own = pd.concat(sides, axis=1).fillna(0).reset_index()
        parts = []
        for year, rows in own.groupby("year"):
            rows = rows[rows["country"].isin(collected.added(page.pile, str(year)))]
            sums = rows.groupby("year", as_index=False)[["sent", "received"]].sum()
            parts.append(collected.released(sums, rows, collected.publishing(page.pile, str(year))))
        every = pd.concat(parts) if parts else every.iloc[:0]
    counted = mirror.agreement(flows, "year").drop(columns=["sent", "received"])
    return (
        counted.merge(every, on="year", how="left")
        .astype({"year": "str"})
        .rename(columns={"within": "within_chance"} | SAID)
    )


def _outside(table: pd.DataFrame) -> str:
    if table.empty:
        return _("No flow lies outside chance.")
    row = table.iloc[0]
    return _(
        "The largest in {year}: {sender} reports {sent} sent to {receiver}, which reports {received} received.",
        year=row["year"],
        sender=partner_name(row["sender"]),
        receiver=partner_name(row["receiver"]),
        sent=number(row["sent_said"]),
        received=number(row["received_said"]),
    )


def _far(table: pd.DataFrame) -> pd.Series:
    return table["stands"].eq(mirror.OUTSIDE)


outside = Declared(
    "mirror_outside",
    "Which flows lie outside chance?",
    by="year sender receiver",
    columns="sent_said received_said asymmetry",
    unit="requests",
    where=_far,
    finding=_outside,
    internal_only=True,
    notes=(NEITHER,),
)
one_sided = Declared(
    "mirror_one_sided",
    "Which flows does one side alone report?",
    by="year sender receiver",
    columns="sent_said received_said",
    unit="requests",
    where=lambda table: table["one_sided"].eq(mirror.ONE_MISSING),
    finding=lambda table: _(
        "{flows} flows: what stands there is as reported by the partner, and is in no sum of the other.",
        flows=number(len(table)),
    ),
    internal_only=True,
)
countries = Declared(
    "mirror_countries",
    "With whom does the count of each country agree?",
    by="country flow_side",
    columns="flows outside one_nil one_missing asymmetry agrees",
    unit="flows",
    finding=lambda _table: _("Countries stand by name. A gap has two sides."),
    internal_only=True,
    notes=(NEITHER,),
)


def _lasting(table: pd.DataFrame) -> str:
    row = table.iloc[0]
    said = _(
        "Asymmetry is {asymmetry} by year and {pooled} over the years together.",
        asymmetry=percent(row["asymmetry"]),
        pooled=percent(row["pooled"]),
    )
    if row["lower"] > 0:
        said += " " + _(
            "Gaps last from year to year: a definition or a coverage differs, and not timing alone."
        )
    return said


lasting = Declared(
    "mirror_lasting",
    "Do gaps last?",
    by="",
    columns="asymmetry pooled successive correlation chi_before chi_after",
    unit="share",
    finding=_lasting,
    internal_only=True,
    notes=(
        "Before and after: chi-squared by degree of freedom, without and with an effect of who reports; 1 is chance.",
    ),
)


def once(flows: pd.DataFrame) -> pd.DataFrame:
    """What is said of all flows together, in one row."""
    told = pd.DataFrame([mirror.persistence(flows) | mirror.reporters(flows)[1]])
    return told.rename(columns={"before": "chi_before", "after": "chi_after"})


queries = Declared(
    "mirror_queries",
    "What was asked, and what was answered?",
    by="year sender receiver",
    columns="sent_said received_said asked_of query_cause reply closed_on",
    unit="queries",
    empty="Nothing was asked yet.",
    finding=lambda table: _(
        "{open} of {queries} queries have no reply.",
        open=number(table["reply"].eq("").sum()),
        queries=number(len(table)),
    ),
    internal_only=True,
)


def worst_first(flows: pd.DataFrame) -> pd.DataFrame:
    """The flows of `mirror.pairs` with the largest gap first, years as they are written."""
    gap = (flows["sent"] - flows["received"]).abs()
    order: Any = gap.fillna(-1).sort_values(ascending=False, kind="stable").index
    return flows.loc[order].astype({"year": "str"}).rename(columns=SAID).reset_index(drop=True)
