"""Co-operation beside legal flows, in exhibits: with whom there are fewer requests than trade or visitors would give."""

from typing import Any

import pandas as pd

from mlastats.findings.declared import Declared
from mlastats.findings.phrases import in_line, subject
from mlastats.measure.funnels import ABOVE, BELOW, WITHIN
from mlastats.measure.gap import PARTNERS, gap
from mlastats.messages import _, number, partner_name
from mlastats.publish.exhibit import Exhibit, Untold


def _apart(table: pd.DataFrame) -> str:
    """Who lies beyond what a flow would give, direction by direction; that nobody does is said of how many."""
    told = table[table["stands"].isin([BELOW, WITHIN, ABOVE])]
    if told.empty:
        return Untold(
            _(
                "A flow needs {n} partners, and requests with several of them: there are fewer here.",
                n=number(PARTNERS),
            )
        )
    said = []
    for _codes, rows in told.groupby(["flow", "direction"], sort=False):
        ends = [_named(rows[rows["stands"].eq(end)]) for end in (BELOW, ABOVE)]
        names = {
            "who": subject(rows.iloc[0]),
            "flow": rows["flow"].iloc[0],
            "below": ends[0],
            "above": ends[1],
            "n": number(len(rows)),
        }
        if not any(ends):
            said.append(_("{who}, beside “{flow}”: none of {n} partners stands apart.", **names))
        if ends[0]:
            said.append(_("{who}, beside “{flow}”: fewer than it would give with {below}.", **names))
        if ends[1]:
            said.append(_("{who}, beside “{flow}”: more than it would give with {above}.", **names))
    return " ".join(said)


def _named(rows: pd.DataFrame) -> str:
    return in_line(
        [
            _(
                "{partner} ({requests} for {expected})",
                partner=partner_name(row["partner"]),
                requests=number(row["requests"]),
                expected=number(row["expected"], 1),
            )
            for _index, row in rows.iterrows()
        ]
    )


GAP = Declared(
    "cooperation_gap",
    "With whom are there fewer requests than what passes between the countries would give?",
    by="flow direction partner",
    columns="amount requests expected ratio stands",
    unit="requests",
    finding=_apart,
    notes=(
        "Expected: what the partner's flow would give, by how requests grow with it among all others (quasi-Poisson). In "
        "95 of 100 such partners there are as many as the limits say; named is who lies beyond that by a chance under 0.2%.",
        "A flow that is legal does not tell how large an illicit one is: silence beside a large flow is a question to ask, "
        "and no finding.",
        "Partners of which the workspace's table has no flow are left out.",
    ),
    internal_only=True,
)


def beside(requests: pd.DataFrame, page: Any, flows: dict[str, dict[str, float]]) -> Exhibit:
    """The requests of each partner beside what each of `flows` would give."""
    parts = [gap(requests, amounts, as_of=page.as_of).assign(flow=name) for name, amounts in flows.items()]
    return GAP(pd.concat(parts, ignore_index=True), page)
