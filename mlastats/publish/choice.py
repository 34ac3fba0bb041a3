"""Which findings come first in a briefing, on a page and on the cover of an annex, by stated rules.

The questions come in a fixed order. Of the facts that exhibits offer on one question, those are taken
first that differ from what they are held against with certainty (the reference lies outside the
interval), then those that carry an interval, then plain counts; among equals the larger difference
relative to its reference, then the one that rests on more requests, then the order of the notebooks.
Each question gives its best fact; while fewer than FINDINGS are chosen, questions give their second.
"""

from collections.abc import Iterable, Sequence

from mlastats.publish.exhibit import Fact, Saved

QUESTIONS = (
    "signal",
    "how_long",
    "how_much_stuck",
    "formal_or_informal",
    "who_is_engaged",
    "what_changed",
    *("who_can_be_compared", "do_counts_agree"),
    "what_is_not_known",
)
# What is asked of a regional body, which has returns and no registers.
OF_REGION = ("how_long", "how_much_stuck", "who_can_be_compared", "do_counts_agree")
OF_COUNTRY = ("how_long", "how_much_stuck", "formal_or_informal", "who_is_engaged", "what_changed")
FINDINGS = 6


def chosen(exhibits: Sequence[Saved]) -> list[tuple[Fact, Saved]]:
    """The facts that `exhibits` offer and the rules choose, each with the exhibit that it is from."""
    homes = {id(fact): saved for saved in exhibits for fact in saved.facts}
    return [(fact, homes[id(fact)]) for fact in choose(fact for saved in exhibits for fact in saved.facts)]


def choose(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that the rules of this module choose, in the order of the questions."""
    offered = list(facts)
    best = {
        question: sorted((f for f in offered if f.question == question), key=_rank) for question in QUESTIONS
    }
    firsts = [ranked[0] for ranked in best.values() if ranked]
    seconds = sorted((ranked[1] for ranked in best.values() if len(ranked) > 1), key=_rank)
    kept = [*firsts, *seconds[: max(0, FINDINGS - len(firsts))]]
    return sorted(kept, key=lambda fact: (QUESTIONS.index(fact.question), _rank(fact)))


def _rank(fact: Fact) -> tuple[int, float, int]:
    """Its place among the facts of its question; without what it is held against, it differs by nothing."""
    certainty, size = 0, 0.0
    if fact.lower is not None and fact.upper is not None:
        certainty = 1 if fact.reference is None or fact.lower <= fact.reference <= fact.upper else 2
    if fact.value is not None and fact.reference:
        size = abs(fact.value - fact.reference) / abs(fact.reference)
    return -certainty, -size, -fact.requests
