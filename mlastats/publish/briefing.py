"""What a policy briefing says: findings chosen by stated rules, three charts, what they rest on.

The rules. The questions come in a fixed order. Of the facts that exhibits offer on one question,
those are taken first that differ from what they are held against with certainty (the reference lies
outside the interval), then those that carry an interval, then plain counts; among equals the larger
difference relative to its reference, then the one that rests on more requests, then the order of
the notebooks. Each question gives its best fact; while fewer than FINDINGS are chosen, questions give
their second. A question without a fact is named among what is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlastats.messages import _, day, language, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.exhibit import Fact, Publication, Saved

QUESTIONS = (
    "how_long",
    "how_much_stuck",
    "formal_or_informal",
    "who_is_engaged",
    "what_changed",
    "what_is_not_known",
)
FINDINGS = 6
CHARTS = 3
TERMS = ("request", "answered", "pending", "median", "interval", "formality", "matter")


@dataclass(frozen=True)
class Chart:
    """A chart of the briefing: its finding as title, what it shows in words, and the picture twice."""

    title: str
    alt: str
    svg: str
    png: bytes


@dataclass(frozen=True)
class Briefing:
    """The content of a briefing, the same for every format; finished text, no markup."""

    language: str
    title: str
    state: str
    subtitle: str
    banners: list[str]
    footer: str
    labels: dict[str, str]
    findings: list[dict[str, str]]
    charts: list[Chart]
    rests_on: list[str]
    not_shown: list[str]
    definitions: list[dict[str, str]]


def briefing(publication: Publication) -> Briefing:
    """The briefing of a publication, in its language."""
    offered = [(fact, saved) for saved in publication.exhibits for fact in saved.facts]
    chosen = choose([fact for fact, _saved in offered])
    sources = [saved for fact in chosen for offer, saved in offered if offer is fact]
    return Briefing(
        language=language(),
        title=cells.seen(publication.title),
        state=partner_name(publication.state),
        subtitle=_subtitle(publication),
        banners=[banner["text"] for banner in notes.banners(publication)],
        footer=_("As of {day}. {coverage}", day=day(publication.as_of), coverage=publication.coverage),
        labels=_labels(),
        findings=[
            {"question": _question(fact.question), "sentence": cells.seen(fact.sentence)}
            for fact in chosen
            if fact.question != "what_is_not_known"
        ],
        charts=_charts(_one_a_question(chosen, sources), publication.exhibits),
        rests_on=_rests_on(publication),
        not_shown=_not_shown(chosen),
        definitions=[{"term": term, "text": text} for term, text in notes.definitions(*TERMS)],
    )


def choose(facts: Iterable[Fact]) -> list[Fact]:
    """The facts of a briefing, by the rules of this module, in the order of the questions."""
    offered = list(facts)
    best = {
        question: sorted((f for f in offered if f.question == question), key=_rank) for question in QUESTIONS
    }
    firsts = [ranked[0] for ranked in best.values() if ranked]
    seconds = sorted((ranked[1] for ranked in best.values() if len(ranked) > 1), key=_rank)
    kept = [*firsts, *seconds[: max(0, FINDINGS - len(firsts))]]
    return sorted(kept, key=lambda fact: (QUESTIONS.index(fact.question), _rank(fact)))


def _rank(fact: Fact) -> tuple[int, float, int]:
    return (-_certainty(fact), -_size(fact), -fact.requests)


def _certainty(fact: Fact) -> int:
    if fact.lower is None or fact.upper is None:
        return 0
    if fact.reference is not None and not fact.lower <= fact.reference <= fact.upper:
        return 2
    return 1


def _size(fact: Fact) -> float:
    """The difference from the reference, relative to it; nothing to compare with is no difference."""
    if fact.value is None or not fact.reference:
        return 0.0
    return abs(fact.value - fact.reference) / abs(fact.reference)


def _one_a_question(chosen: list[Fact], sources: list[Saved]) -> list[Saved]:
    """The exhibits of the findings, the first of each question before all others."""
    firsts: dict[str, Saved] = {}
    for fact, saved in zip(chosen, sources, strict=True):
        firsts.setdefault(fact.question, saved)
    return [*firsts.values(), *sources]


def _charts(sources: list[Saved], exhibits: Sequence[Saved]) -> list[Chart]:
    """For each finding the chart of its exhibit, or the next of its notebook that has one; each once."""
    drawn: dict[str, Saved] = {}
    for source in sources:
        near = [source, *(saved for saved in exhibits if saved.notebook == source.notebook)]
        free = [saved for saved in near if saved.svg and saved.png and saved.name not in drawn]
        if free:
            drawn[free[0].name] = free[0]
    return [
        Chart(
            cells.seen(saved.finding),
            cells.seen(saved.alt),
            saved.svg,
            saved.png.read_bytes() if saved.png else b"",
        )
        for saved in list(drawn.values())[:CHARTS]
    ]


def _subtitle(publication: Publication) -> str:
    if publication.period:
        return _("Requests in the period {period}", period=publication.period)
    return _("Requests up to {day}", day=day(publication.as_of))


def _labels() -> dict[str, str]:
    return {
        "findings": _("What was found"),
        "charts": _("Charts"),
        "nothing": _("Nothing can be said from these registers."),
        "rests_on": _("What this rests on"),
        "not_shown": _("What it does not show"),
        "definitions": _("Definitions"),
    }


def _question(code: str) -> str:
    return {
        "how_long": _("How long does an answer take?"),
        "how_much_stuck": _("How much is stuck?"),
        "formal_or_informal": _("Formal or informal?"),
        "who_is_engaged": _("Who is engaged, and who is not?"),
        "what_changed": _("What changed?"),
        "what_is_not_known": _("What is not known?"),
    }[code]


def _rests_on(publication: Publication) -> list[str]:
    lines = [publication.coverage, *notes.registers(publication), publication.withheld, _chosen()]
    return [line for line in lines if line]


def _chosen() -> str:
    return _(
        "The findings were chosen by rule: those that differ with certainty from a standard or another group "
        "first, then the largest difference, then the most requests."
    )


def _not_shown(chosen: list[Fact]) -> list[str]:
    answered = {fact.question for fact in chosen}
    silent = [question for question in QUESTIONS[:-1] if question not in answered]
    return [
        *(fact.sentence for fact in chosen if fact.question == "what_is_not_known"),
        *(_("“{question}” cannot be answered from these registers.", question=_question(q)) for q in silent),
        _("Requests that no register holds, such as direct contacts of courts and police posts."),
        _("Why a request took as long as it did. Requests differ, and no comparison here names a cause."),
    ]
