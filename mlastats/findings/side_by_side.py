"""Two arms side by side, as they stand and brought to one mix: formal against informal requests, or
partners outside ASEAN against those in it.

`between` is the column that tells the arms apart, as in measure.mix. No sentence here says that one is
the cause of a difference.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import arms, by_direction, recent, sentences, span, subject, sure
from mlastats.measure.mix import FIGURES
from mlastats.messages import _, points
from mlastats.publish.exhibit import Exhibit, Untold

DAYS = "mean_days"


def _compared(table: pd.DataFrame, measure: str, **names: str) -> str:
    """What is left of the difference like with like; as they stand, unlike requests are not compared."""
    parts = [
        _like(rows[rows["compared"].eq("standardised")].iloc[0], measure, names)
        for _code, rows in by_direction(table)
    ]
    return sentences(parts) if any(parts) else Untold(_("No two groups here are like enough to be compared."))


def _like(row: Any, measure: str, names: Mapping[str, str]) -> str:
    """The difference at one mix, where the two could be brought to one: the levels of a mixture are no figure."""
    if row[["difference", "lower", "upper"]].isna().any():
        return ""
    said = {"who": subject(row), "first": names["first_arm"], "second": names["second_arm"]}
    if not sure(row["difference"], row["lower"], row["upper"]):
        return Untold(_("{who}, {first} and {second}: a difference cannot be told.", **said))
    more = row["difference"] > 0
    if measure == DAYS:
        said["by"] = span(abs(row["difference"]))
        return (
            _("{who}: {by} longer without an answer {first} than {second}.", **said)
            if more
            else _("{who}: {by} shorter without an answer {first} than {second}.", **said)
        )
    said["by"] = points(abs(row["difference"]))
    if measure == "answered_within":
        return (
            _("{who}: {by} points more answered in time {first} than {second}.", **said)
            if more
            else _("{who}: {by} points fewer answered in time {first} than {second}.", **said)
        )
    return (
        _("{who}: {by} points more refused {first} than {second}.", **said)
        if more
        else _("{who}: {by} points fewer refused {first} than {second}.", **said)
    )


def _comparable(table: pd.DataFrame) -> pd.DataFrame:
    """The directions of which there is a figure like with like: the others are not drawn."""
    like = table.loc[table["compared"].eq("standardised") & table["difference"].notna(), "direction"]
    return table[table["direction"].isin(like)]


COLUMNS = "first second difference requests first_requests second_requests strata kept left_out days mix"
FIGURE = {
    "answered_within": "The share answered by the day; what is pending counts for as long as it has waited.",
    DAYS: "The days without an answer, on average, up to the day; a request still open waits until then.",
    "refused": "The share refused of those executed, partly executed or refused.",
}
SIDE_BY_SIDE = {
    (measure, between): Declared(
        f"{measure}_{between}_side_by_side",
        question,
        by="direction compared",
        columns=COLUMNS.replace(" days", "") if measure == "refused" else COLUMNS,
        unit="days; share" if measure == DAYS else "share",
        finding=partial(_compared, measure=measure),
        period="recent",
        scope={"timed": "yes", "arms": between},
        chart=Chart(
            "difference",
            "compared",
            "{first_arm} less {second_arm}, {unit}",
            n="requests",
            kind="difference" if measure == DAYS else "",
            where=_comparable,
        ),
        alt="The difference as it stands and with one mix, with intervals; every number is in the table.",
        notes=(
            recent,
            FIGURE[measure],
            "With one mix: compared within groups of like requests, in which each side has five or more, and each group "
            "weighs what all its requests weigh. Where more than 30% stand in no such group, there is no figure.",
            "No difference here is shown to be the effect of a channel or of a partner.",
        ),
    )
    for (measure, between), question in {
        ("answered_within", "formality"): "Like with like, are formal requests answered less often in time?",
        ("answered_within", "asean"): "Like with like, are fewer requests outside ASEAN answered in time?",
        (DAYS, "formality"): "Like with like, do formal requests wait longer?",
        (DAYS, "asean"): "Like with like, do requests outside ASEAN wait longer?",
        ("refused", "formality"): "Like with like, are formal requests refused more often?",
        ("refused", "asean"): "Like with like, are more requests outside ASEAN refused?",
    }.items()
}


def side_by_side(table: pd.DataFrame, page: Any, between: str, measure: str) -> Exhibit:
    """The two arms as they stand and brought to one mix, by direction: "answered_within", "mean_days" or
    "refused"."""
    some = table[table["measure"].eq(measure)].assign(mix=lambda rows: rows["mix"].replace("", "same"))
    parts = [
        some.assign(compared=how, **{name: some[f"{name}{end}"] for name in FIGURES})
        for how, end in (("crude", ""), ("standardised", "_standardised"))
    ]
    for part in parts:
        # Unlike groups are given no figure at one mix.
        part["note"] = part["first"].isna().map({True: "unlike", False: ""})
    long = pd.concat(parts).sort_values(["direction", "compared"], kind="stable").reset_index(drop=True)
    first, second = arms(between)
    unit = _("days") if measure == DAYS else _("percentage points")
    return SIDE_BY_SIDE[measure, between](long, page, first_arm=first, second_arm=second, unit=unit)
