"""Stages in exhibits: where the time goes, who holds the file, where it is stuck, who passes it on."""

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import STRANDS, Declared
from mlastats.findings.phrases import (
    FEW,
    by_direction,
    largest,
    listed,
    sentences,
    span,
    subject,
    withheld,
    words,
)
from mlastats.messages import _, _n, number

# A leg is at one stage and leads to one next: a request has several.
LEGS = {"unit": "legs"}


def _longest(rows: pd.DataFrame) -> str:
    most = largest(rows, "share")
    if most.empty or not rows["reached"].max() >= FEW:
        return ""
    said = _(
        "{who}: {share} of all days pass at “{stage}”.",
        **words(most.iloc[0]),
    )
    # Of counts some of which are withheld, none can be called the largest.
    worst = largest(rows, "stuck")
    if rows["stuck"].isna().any() or worst.empty:
        return said
    stages = listed([f"“{in_words('stage', code, inside=True)}”" for code in worst["stage"]])
    return f"{said} " + _n(
        "{n} is stuck at {stages}.", "{n} are stuck at {stages}.", int(worst["stuck"].iloc[0]), stages=stages
    )


def _stuck(rows: pd.DataFrame) -> str:
    if rows["stuck"].isna().any():
        return ""
    held = rows.groupby("agency", observed=True)["stuck"].sum()
    names = {"who": subject(rows.iloc[0]), "agencies": number(held.gt(0).sum())}
    if not held.any():
        return _("{who}: none is stuck.", **names)
    return _n(
        "{who}: {n} is stuck, at {agencies} agency.",
        "{who}: {n} are stuck, at {agencies} agencies.",
        int(held.sum()),
        **names,
    )


def _pair(rows: pd.DataFrame) -> str:
    slow = largest(rows[rows["legs"].ge(FEW)], "median_days")
    if slow.empty:
        return ""
    row = slow.iloc[0]
    return _(
        "{who}: from “{stage}” to “{next_stage}” half take {days} or less.",
        **words(row),
        days=span(row["median_days"]),
    )


def _passed(table: pd.DataFrame) -> str:
    if table["requests"].isna().any():
        return withheld()
    said = []
    for code, rows in by_direction(table):
        most = largest(rows, "requests")
        if len(most):
            ways = [_("{from_agency} to {to_agency}", **words(row)) for _index, row in most.iterrows()]
            said.append(
                _(
                    "{direction}: most often {ways} ({n}).",
                    direction=in_words("direction", code),
                    ways=listed(ways),
                    n=number(most["requests"].iloc[0]),
                )
            )
    return sentences(said)


stages = Declared(
    "stages",
    "Where does the time go?",
    by="direction strand stage",
    columns="reached moved_on ended stuck median_days p90 share",
    unit="requests; days",
    each=_longest,
    scope=LEGS,
    chart=Chart("share", "stage", "share of all days", form="bars", gaps=True, leads=True),
    alt="The share of all days that passes at each stage; every value is in the table.",
    notes=(
        STRANDS,
        "A stage lasts from its date to the next recorded one, or to the end; of what is pending, to the day "
        "looked at. “Stuck” is pending with nothing recorded since.",
        "What a register does not record cannot be seen: its days stand at the stage before.",
    ),
)
holders = Declared(
    "stages_by_agency",
    "Who holds the file, and for how long?",
    by="direction strand agency stage",
    columns="reached stuck share",
    unit="requests; share of days",
    each=_stuck,
    scope=LEGS,
    notes=(
        STRANDS,
        "The share is of all days on which the agency held a request of that direction and strand.",
    ),
)
# A step that is not over has no days; in column.csv its days are numbers, which leave a dash, where days
# would say "not reached".
pairs = Declared(
    "stages_pairs",
    "How long is it from each stage to the next?",
    by="direction strand stage next_stage",
    columns="legs p25 median_days p75 p90 share",
    unit="steps; days",
    each=_pair,
    scope=LEGS,
    notes=(
        STRANDS,
        "The days are of steps that are over; how long the others have waited is in the table of stages.",
    ),
)
handovers = Declared(
    "stages_handovers",
    "Which files pass from one agency to another?",
    by="direction from_agency to_agency",
    columns="requests",
    unit="requests",
    finding=_passed,
    empty="No request follows one of another agency.",
    scope={"handed": "over"},
    notes=("A request that follows another of a different agency.",),
)
