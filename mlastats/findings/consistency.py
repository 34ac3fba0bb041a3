"""Consistency in exhibits: bursts and silences, how few partners it rests on, and whether it goes both ways."""

from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart, outside_first
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import (
    FEW,
    arms,
    recent,
    roughly,
    sentences,
    subject,
    told_apart,
    words,
)
from mlastats.measure.consistency import FEWEST, RARE, in_bursts
from mlastats.measure.mix import ARMS, SIDES
from mlastats.messages import _, _n, number, percent
from mlastats.publish.exhibit import Exhibit, Untold

MOST_ROWS = 30


def _bursts(table: pd.DataFrame) -> str:
    classed = table.dropna(subset=["matters", "pattern"])
    if classed.empty:
        return Untold(_("With no partner are there enough matters to tell a burst from chance."))
    classed = classed[classed["pattern"].ne("unknown")]
    if classed.empty:
        return Untold(_("Bursts cannot be told: the registers link no request to the one that it follows."))
    groups = in_bursts(classed)
    parts = [
        _n(
            "{asean}: matters came in bursts with {bursts} of {n} partner.",
            "{asean}: matters came in bursts with {bursts} of {n} partners.",
            int(row["partners"]),
            asean=in_words("asean", row["asean"]),
            bursts=number(row["bursts"]),
        )
        for _index, row in groups[groups["partners"].gt(0)].iterrows()
    ]
    if groups["partners"].sum() < FEW:
        parts.append(_("These are few partners, and each is a case of its own."))
    return " ".join(parts)


def _effective(rows: pd.DataFrame) -> str:
    """Of a strand, in ASEAN and outside it."""
    return " ".join(
        _(
            "{who}, {asean}: {matters} matters, spread as over {effective} equal partners.",
            who=subject(row),
            asean=arms("asean")[str(row["asean"]) == "asean"],
            matters=number(row["matters"]),
            effective=number(row["effective"], 1),
        )
        for _index, row in rows.dropna(subset=["effective", "effective_lower"]).iterrows()
    )


def _ways(table: pd.DataFrame) -> str:
    """How many of the first strand of which there are any went each way."""
    counted = table.dropna(subset=["received", "made"])
    counted = counted[counted["strand"].eq(counted["strand"].iloc[0])] if len(counted) else counted
    return sentences(
        _(
            "{strand}, {asean}: {made} made for {received} received.",
            **words(row) | {"strand": in_words("strand", row["strand"])},
        )
        for _index, row in counted.iterrows()
    )


def _still_open(rows: pd.DataFrame, days: int) -> str:
    """How many of a strand are open after so many days, in ASEAN and outside it; both only where they can be told apart."""
    some = rows[rows["requests"].ge(FEW)].dropna(subset=["no_answer_share", "no_answer_share_lower"])
    told = {str(row["asean"]): row for _index, row in some.iterrows()}
    sides = [told[arm] for arm in ARMS["asean"] if arm in told]
    if len(sides) == len(SIDES) and not told_apart(sides[0], sides[1], "no_answer_share"):
        first, second = arms("asean")
        names = {"who": subject(rows.iloc[0]), "first": first, "second": second}
        return Untold(_("{who}, {first} and {second}: a difference cannot be told.", **names))
    parts = []
    for code, row in told.items():
        names = {"who": subject(row), "arm": arms("asean")[code == "asean"], "days": number(days)}
        figure = row["no_answer_share"]
        share = roughly(figure, row["no_answer_share_lower"], row["no_answer_share_upper"]) or percent(figure)
        parts.append(_("{who}, {arm}: {share} have no answer after {days} days.", share=share, **names))
    return sentences(parts) if parts else ""


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """The partners with most requests, those outside ASEAN first."""
    most = table.nlargest(MOST_ROWS, "matters") if table["matters"].notna().any() else table
    return outside_first(most)


def _terms(_page: Any, table: pd.DataFrame) -> list[str]:
    return [
        _("Partners with fewer than {n} matters are left out.", n=number(FEWEST)),
        _(
            "In bursts: as uneven as chance would give less than once in {n}; of so many partners it names {named} by "
            "chance alone.",
            n=number(round(1 / RARE)),
            named=number(RARE * len(table), 1),
        ),
    ]


regularity = Declared(
    "partners_regularity",
    "Is contact steady, or does it come in bursts?",
    by="asean partner",
    columns="matters quarters_active quarters active active_by_chance silence chance pattern",
    unit="matters; quarters; share; days",
    finding=_bursts,
    scope={"contact": "either way"},
    chart=Chart(
        "active",
        "asean partner",
        "share of all quarters with a matter, either way",
        n="matters",
        rests="quarters",
        mark="active_by_chance",
        marked="at random it would be",
        where=_largest,
        gaps=True,
    ),
    alt="The share of quarters with a matter beside what chance would give, by partner; all is in the table.",
    notes=(
        "By chance: as many matters, each on a day at random, at the pace at which matters with all partners together "
        "grow or shrink. p is how often they would lie as unevenly over the quarters. A follow-up is no matter of its "
        "own: where a register links none, bursts cannot be told.",
        _terms,
        "Partners are in the group to which they belong on the last day looked at.",
    ),
)
concentration = Declared(
    "partners_concentration",
    "On how many partners does co-operation rest?",
    by="direction strand asean",
    columns="matters partners effective top_three",
    unit="matters; partners; share",
    each=_effective,
    where=lambda table: table["matters"].gt(0),
    period="begun",
    scope={"unit": "matters", "observed_by_day": "yes"},
    chart=Chart("effective", "strand asean", "effective number of partners", n="matters", leads=True),
    alt="The effective number of partners with intervals, by group and direction; all is in the table.",
    notes=(STRANDS, "A partner is in its group on the day of the request."),
    internal_notes=(
        "Effective number: so many partners of equal size would be as concentrated (one over the chance that two "
        "matters are with the same partner).",
        "Intervals are 95%: of the effective number by Simpson's variance, from 20 matters on; of the top three exact, "
        "and wider below because the three with most were chosen.",
    ),
)
reciprocity = Declared(
    "partners_reciprocity",
    "Does co-operation go both ways?",
    by="strand asean",
    columns="received received_answered received_pending made made_answered made_pending "
    "made_share received_share made_answered_share difference",
    over={
        "Partners asked us": "received received_answered received_pending",
        "We asked partners": "made made_answered made_pending",
    },
    unit="matters; share",
    finding=_ways,
    where=lambda table: table["received"].add(table["made"]).gt(0),
    period="begun",
    scope={"unit": "matters", "observed_by_day": "yes"},
    chart=Chart(
        "made_share",
        "strand asean",
        "share of matters that we made",
        mark=0.5,
        marked="as many made as received",
    ),
    alt="The share of matters made by us, with intervals, within ASEAN and outside; all is in the table.",
    notes=(
        STRANDS,
        "What is pending is not answered yet; it weighs on both sides, and more where more is recent.",
        "Intervals are 95%: Wilson's of a share, Newcombe's of the difference (partners less us).",
    ),
)
UNANSWERED = Declared(
    "partners_unanswered",
    "How many requests have had no answer after {days} days?",
    by="direction strand asean",
    columns="requests answered ended_otherwise pending undated no_answer_share",
    unit="requests; share",
    each=_still_open,
    where=lambda table: table["asean"].astype("str").ne("unrecorded") & table["requests"].gt(0),
    period="recent",
    chart=Chart("no_answer_share", "strand asean", "share without an answer", n="requests"),
    alt="Shares with their intervals, one row a group; every number is in the table.",
    notes=(
        recent,
        STRANDS,
        "Pending requests count for as long as they have waited; one that was withdrawn or returned has had no answer. "
        "Within kinds of request, see the tables that follow.",
        "The interval is 95%, by the beta product.",
    ),
)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """A frame of `regularity` with its p-values as they are read; below a thousandth, that."""
    small = "<" + number(0.001, 3)
    chance = table["chance"].map(lambda p: small if p < 0.001 else number(p, 3), na_action="ignore")
    return table.assign(chance=chance.astype("str").where(table["chance"].notna()))


def unanswered(table: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """The share without an answer after so many days, within ASEAN and outside, by direction."""
    shares = {
        "no_answer_share": 1 - table["within"],
        "no_answer_share_lower": 1 - table["within_upper"],
        "no_answer_share_upper": 1 - table["within_lower"],
        "no_answer_share_note": table["within_note"],
    }
    return UNANSWERED(table.assign(**shares), page, days=days)
