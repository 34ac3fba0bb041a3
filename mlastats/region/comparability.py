"""Whether countries' figures can stand side by side: a grade for each country and indicator, by a rule without weights.

- A: every choice of definition that bears upon the indicator is the region's, the fields that it needs are filled for nine
  tenths of requests, and the mirror is within chance: what it sent, or received, in the year or in all years so far does
  not differ from what all partners say by more than chance, without the partner of the largest gap. A gap has two sides,
  and who has it with one alone may be in the right.
- B: it differs in a choice whose effect is measured, since each return has its headline under every choice that can be
  recomputed; the effect stands beside the grade.
- C: all else. It is shown, and never ranked.

The region's choice is that of most of the members who say one; where two are as frequent there is none, and whoever differs
from either differs from nobody.
"""

import numpy as np
import pandas as pd

from mlastats import messages
from mlastats.region import mirror
from mlastats.region.collected import Collected, flows
from mlastats.region.cube import GIVEN, MODES

FILLED = 0.9
# What each indicator rests on: choices of definition, and fields.
REQUESTS, DAYS = "requests", "days_to_answer"
_COUNTED = (
    *("request", "supplement", "unit", "enquiry", "returned", "police_channel", "handover", "spontaneous"),
    *("deportation", "year"),
)
CHOICES = {REQUESTS: _COUNTED, DAYS: (*_COUNTED, "start", "end", "refusal", "days", "late_entry")}
FIELDS = {
    REQUESTS: ("direction", "partner", "kind", "requested_on"),
    DAYS: ("direction", "kind", "requested_on", "ended_on"),
}
# The choices that a headline is recomputed under: what each is called there.
RECOMPUTED = {
    "enquiry": ("ENQUIRIES", {"counted": "in", "not_counted": "out"}),
    "refusal": ("ANSWER_IS", {"is_an_answer": "answered", "is_none": "executed"}),
    "days": ("DAYS", {"calendar": "calendar", "working": "working"}),
}
CHOICE = {"ANSWER_IS": "answer_is", "ENQUIRIES": "enquiries", "DAYS": "days_are"}
SIDES = (("sender", "receiver"), ("receiver", "sender"))
A, B, C = "a", "b", "c"
GRADED = ["country", "indicator", "grade", "graded", "differs", "effect_days", "filled", "flows", "outside"]
SAME, DIFFERS, UNFILLED, OUTSIDE, UNSEEN = "same", "differs", "unfilled", "outside_mirror", "no_mirror"


def definitions(pile: Collected, period: str) -> pd.DataFrame:
    """The choices of the last returns: a row a concept and country that says one, `concept country choice common alike`.

    `common` is the region's choice, missing where none is more frequent than another; `alike` is whether this is it.

    >>> table = region.comparability.definitions(pile, "2025")
    >>> table.loc[~table["alike"], ["concept", "country", "choice", "common"]].values.tolist()
    [['enquiry', 'XAD', 'not_counted', 'counted']]
    """
    cells = pile.cells("CONCEPT", period, MODES)
    said = cells[cells["OBS_STATUS"].eq(GIVEN) & cells["OBS_VALUE"].notna()]
    table = said.rename(columns={"CONCEPT": "concept", "REF_AREA": "country", "OBS_VALUE": "choice"})
    table = table.reindex(columns=["concept", "country", "choice"]).astype("str")
    sizes = table.groupby(["concept", "choice"], as_index=False).size()
    most = sizes[sizes["size"].eq(sizes.groupby("concept")["size"].transform("max"))]
    common = most[~most["concept"].duplicated(keep=False)].set_index("concept")["choice"].to_dict()
    table["common"] = table["concept"].map(common)
    alike = table["choice"].eq(table["common"]) | table["common"].isna()
    return table.assign(alike=alike).sort_values(["concept", "country"], ignore_index=True)


def headlines(pile: Collected, period: str) -> pd.DataFrame:
    """The median days to an answer under each choice: a row a country, direction, strand and choice, `country direction
    strand answer_is enquiries days_are requests median_days lower upper`; missing where too few were at risk.

    >>> table = region.comparability.headlines(pile, "2025").query("country == 'XAD' and direction == 'incoming'")
    >>> table = table.query("strand == 'legal_assistance' and answer_is == 'answered' and days_are == 'calendar'")
    >>> table[["enquiries", "median_days"]].values.tolist()
    [['in', 89.0], ['out', 109.0]]
    """
    cells = pile.cells("HEADLINE", period)
    if cells.empty:
        figures = ["requests", "median_days", "lower", "upper"]
        return pd.DataFrame(columns=["country", "direction", "strand", *CHOICE.values(), *figures])
    names = {"REF_AREA": "country", "DIRECTION": "direction", "STRAND": "strand"}
    names |= CHOICE
    cells = cells.rename(columns=names).astype(dict.fromkeys(names.values(), "str"))
    wide = cells.pivot_table("OBS_VALUE", list(names.values()), "MEASURE", "first", observed=True)
    wide = wide.reindex(columns=["requests", "median", "median_lower", "median_upper"]).astype(float)
    labels = {"median": "median_days", "median_lower": "lower", "median_upper": "upper"}
    return wide.rename(columns=labels).reset_index().replace({"strand": {"_X": "unrecorded"}})


def grades(
    pile: Collected, period: str, direction: str = "incoming", strand: str = "legal_assistance"
) -> pd.DataFrame:
    """The grade of each member who has reported exactly, by indicator: `country indicator grade graded differs effect_days
    filled flows outside`.

    `graded` says what decides: same, differs, unfilled, outside_mirror or no_mirror (no flow of the country stands on both
    sides: it cannot be held against anybody, and that is a C). `differs` names the choices; `effect_days` is the median
    under the region's choice less that under the country's own, of the strand and direction. `filled` is the least share of
    a field that the indicator needs; `outside` of `flows` of the year lie outside chance one by one.

    >>> table = region.comparability.grades(pile, "2025").query("country == 'XAD'")
    >>> table[["indicator", "grade", "differs", "effect_days"]].values.tolist()
    [['requests', 'c', 'enquiry', nan], ['days_to_answer', 'b', 'enquiry', -20.0]]
    """
    choices, coverage = definitions(pile, period), pile.cells("COVERAGE", period)
    medians, both = headlines(pile, period), flows(pile)
    both = both[both["year"].le(int(period)) & both["stands"].ne("")]
    rows = []
    for one in (one for one in pile.latest(period) if one.header.mode == "trusted"):
        country = one.header.state
        own = both[both["sender"].eq(country) | both["receiver"].eq(country)]
        now = own[own["year"].eq(int(period))]
        outside = int(now["stands"].eq(mirror.OUTSIDE).sum())
        for indicator, concepts in CHOICES.items():
            said = choices[choices["country"].eq(country) & choices["concept"].isin(concepts)]
            differs = said.loc[~said["alike"], "concept"].tolist()
            fields = coverage[coverage["REF_AREA"].eq(country) & coverage["FIELD"].isin(FIELDS[indicator])]
            filled = _least(fields)
            effect = _effect(medians, said, country, (direction, strand)) if indicator == DAYS else np.nan
            measured = set(differs) <= set(RECOMPUTED) and not np.isnan(effect)
            grade, why = B if measured else C, DIFFERS
            if not differs:
                grade, why = A, SAME
            if not filled >= FILLED:
                grade, why = C, UNFILLED
            elif now.empty:
                grade, why = C, UNSEEN
            elif any(_apart(of[of[side].eq(country)], other) for of in (own, now) for side, other in SIDES):
                grade, why = C, OUTSIDE
            names = messages.TOGETHER.join(differs)
            rows.append((country, indicator, grade, why, names, effect, filled, len(now), outside))
    return pd.DataFrame(rows, columns=GRADED)


def _apart(own: pd.DataFrame, partner: str) -> bool:
    """Whether what is sent and what is received on one side of a country differ by more than chance, without the partner of
    the largest gap."""
    from scipy.stats import binom

    sums = own.groupby(partner)[[mirror.SENT, mirror.RECEIVED]].sum()
    gap = (sums[mirror.SENT] - sums[mirror.RECEIVED]).abs()
    left = sums.drop(index=gap.nlargest(1).index).sum()
    return bool(left.sum() > 0 and 2 * binom.cdf(left.min(), left.sum(), 0.5) < mirror.CHANCE)


def _least(fields: pd.DataFrame) -> float:
    """The least share filled of several fields; missing where nothing was expected of any."""
    sums = fields.pivot_table("OBS_VALUE", "FIELD", "MEASURE", "sum").reindex(columns=["expected", "filled"])
    sums = sums[sums["expected"].gt(0)].astype(float)
    return float((sums["filled"] / sums["expected"]).min()) if len(sums) else np.nan


def _effect(medians: pd.DataFrame, said: pd.DataFrame, country: str, of: tuple[str, str]) -> float:
    """How many days the country's median would move under the region's choices."""
    own, common = {}, {}
    for concept, (dimension, codes) in RECOMPUTED.items():
        row = said[said["concept"].eq(concept)]
        ours = row["choice"].iloc[0] if len(row) else ""
        theirs = row["common"].iloc[0] if len(row) and pd.notna(row["common"].iloc[0]) else ours
        default = next(iter(codes.values()))
        own[dimension], common[dimension] = codes.get(ours, default), codes.get(theirs, default)
    rows = medians[
        medians["country"].eq(country) & medians["direction"].eq(of[0]) & medians["strand"].eq(of[1])
    ]

    def median(choice: dict[str, str]) -> float:
        found = rows
        for dimension, code in choice.items():
            found = found[found[CHOICE[dimension]].eq(code)]
        return float(found["median_days"].iloc[0]) if len(found) else np.nan

    return median(common) - median(own)
