"""What a policy briefing says: the findings that `choice` takes, three charts, what they rest on.

A question without a fact is named among what is not known. A chart is drawn for a finding that rests on
FEWEST requests or more: of fewer, the sentence says all that can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mlastats.messages import _, day, language, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.choice import QUESTIONS, chosen
from mlastats.publish.exhibit import Fact, Publication, Saved

CHARTS = 3
FEWEST = 10
TERMS = ("request", "answered", "pending", "median", "interval", "formality", "matter")


@dataclass(frozen=True)
class Chart:
    """A chart of the briefing: its finding as title, what it shows in words, and the picture."""

    title: str
    alt: str
    svg: str


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
    found = chosen(publication.exhibits)
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
            for fact, _saved in found
            if fact.question != "what_is_not_known"
        ],
        charts=_charts(_one_a_question(found), publication.exhibits),
        rests_on=_rests_on(publication),
        not_shown=_not_shown([fact for fact, _saved in found]),
        definitions=[{"term": term, "text": text} for term, text in notes.definitions(*TERMS)],
    )


def _one_a_question(found: list[tuple[Fact, Saved]]) -> list[Saved]:
    """The exhibits of findings that can be drawn, the first of each question before all others."""
    drawn = [(fact, saved) for fact, saved in found if fact.requests >= FEWEST]
    firsts: dict[str, Saved] = {}
    for fact, saved in drawn:
        firsts.setdefault(fact.question, saved)
    return [*firsts.values(), *(saved for _fact, saved in drawn)]


def _charts(sources: list[Saved], exhibits: Sequence[Saved]) -> list[Chart]:
    """For each finding the chart of its exhibit, or the next of its notebook that has one; each once."""
    drawn: dict[str, Saved] = {}
    for source in sources:
        near = [source, *(saved for saved in exhibits if saved.notebook == source.notebook)]
        free = [saved for saved in near if saved.svg and saved.name not in drawn]
        if free:
            drawn[free[0].name] = free[0]
    return [
        Chart(cells.seen(saved.finding), cells.seen(saved.alt), saved.svg)
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
        "too_few": _("No finding rests on enough requests for a chart."),
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


def _not_shown(facts: list[Fact]) -> list[str]:
    answered = {fact.question for fact in facts}
    silent = [question for question in QUESTIONS[:-1] if question not in answered]
    return [
        *(fact.sentence for fact in facts if fact.question == "what_is_not_known"),
        *(_("“{question}” cannot be answered from these registers.", question=_question(q)) for q in silent),
        _("Requests that no register holds, such as direct contacts of courts and police posts."),
        _("Why a request took as long as it did. Requests differ, and no comparison here names a cause."),
    ]
