"""On what requests rest, in exhibits: each legal basis, and the treaties that are named nowhere."""

from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.findings.columns import in_words
from mlastats.findings.declared import MEDIAN, STRANDS, Declared
from mlastats.findings.phrases import FEW, in_line, largest, listed, proportion, subject
from mlastats.measure.groups import UNRECORDED
from mlastats.messages import _, _n, label, number
from mlastats.publish.exhibit import Exhibit


def _most(rows: pd.DataFrame) -> str:
    """The basis that most requests of a direction and strand name; none of a table shown in part."""
    named = rows[rows["legal_basis"].ne(UNRECORDED)]
    most = largest(named, "requests")
    if rows["requests"].isna().any() or most.empty or not rows["requests"].sum() >= FEW:
        return ""
    return _(
        "{who}: most often on {bases} ({n}). {none} name no basis.",
        who=subject(rows.iloc[0]),
        bases=listed([in_words("legal_basis", code, inside=True) for code in most["legal_basis"]]),
        n=number(most["requests"].iloc[0]),
        none=number(rows["requests"].sum() - named["requests"].sum()),
    )


def _unused(table: pd.DataFrame) -> str:
    """Which treaties cover requests of a direction, and are named by none of them."""
    said = []
    for _code, rows in table[table["could"].gt(0)].groupby("direction", sort=False, observed=True):
        never = rows[rows["named"].eq(0)]
        names = {"who": subject(rows.iloc[0]), "all": number(len(rows))}
        if never.empty:
            said.append(_("{who}: each of {all} treaties is named at least once where it could be.", **names))
            continue
        treaties = in_line(
            [
                _("{treaty} ({n} could)", treaty=row["treaty"], n=number(row["could"]))
                for _i, row in never.iterrows()
            ]
        )
        said.append(
            _n(
                "{who}: {n} of {all} treaties is never named where it could be. It is {treaties}.",
                "{who}: {n} of {all} treaties are never named where they could be. They are {treaties}.",
                len(never),
                treaties=treaties,
                **names,
            )
        )
    return " ".join(said)


def _council(rows: pd.DataFrame) -> str:
    sums = rows[["requests", "resolution"]].sum()
    if not sums["requests"] > 0:
        return ""
    return _(
        "{who}: {share} name a resolution of the Security Council.",
        who=subject(rows.iloc[0], "offence"),
        share=proportion(sums["resolution"], sums["requests"]),
    )


by_basis = Declared(
    "by_legal_basis",
    "On which treaty or law do requests rest?",
    by="direction strand legal_basis",
    columns="requests answered ended_otherwise pending undated median_days",
    unit="requests; days",
    each=_most,
    empty="There is no request to measure here, so nothing can be said.",
    where=lambda table: table["requests"].gt(0),
    period="begun",
    scope={"each": "legal_basis"},
    notes=(
        STRANDS,
        "A request that names several stands under each of them.",
        MEDIAN,
    ),
)
TREATIES = Declared(
    "treaties_named",
    "Which treaties are never named where they could be?",
    by="direction treaty",
    columns="could named another no_treaty",
    unit="formal requests",
    finding=_unused,
    empty="No treaty that is known to be in force covers a formal request here.",
    notes=(
        "A request could rest on a treaty that is known to be in force between the two states on its day and to cover its "
        "kind and one of its offences. What the list of treaties lacks is no evidence that there is none.",
        "A request that several treaties cover counts under each. A treaty of the workspace's own list counts as named "
        "where a bilateral one is.",
    ),
    internal_only=True,
)

terrorism = Declared(
    "terrorism",
    "On what do requests about terrorism and its financing rest?",
    by="direction offence",
    columns="requests resolution treaty_named other_basis no_basis answered pending urgent median_days",
    unit="requests; days",
    each=_council,
    within="offence",
    empty="No request about terrorism or its financing is recorded.",
    notes=(
        "Security Council: names resolution 1373, 2322 or 2462. A treaty: names one, and no resolution.",
        "A request of several of these offences counts under each.",
        MEDIAN,
    ),
    internal_only=True,
)


def treaties(table: pd.DataFrame, page: Any) -> Exhibit:
    """How often each treaty is named where it could be, by its name."""
    known = vocab.codes("legal_basis")
    names = {code: label("legal_basis", code) for code in known}
    return TREATIES(table.assign(treaty=table["treaty"].astype("str").replace(names)), page)
