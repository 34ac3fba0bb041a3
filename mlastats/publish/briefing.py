"""What a policy briefing says: the title and the decisions of the first page, the findings that `choice` takes, four
charts, what they rest on.

A question without a fact is named among what is not known. A chart is drawn for a finding that rests on
FEWEST requests or more: of fewer, the sentence says all that can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from xml.etree import ElementTree

from mlastats import messages
from mlastats.messages import _, day, language, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.choice import OF_COUNTRY, OF_REGION, chosen
from mlastats.publish.exhibit import Fact, Saved, headline
from mlastats.publish.front import front
from mlastats.publish.publication import FRONT, Publication

CHARTS = 4
# More than one chart stands on the first page where they are at least so large a part of the width of the text.
TOGETHER = 0.6
# The least scale of a chart, whatever stands with it.
LEAST = 0.25
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
    decisions: list[dict[str, str]]
    charts: list[Chart]
    rests_on: list[str]
    not_shown: list[str]
    definitions: list[dict[str, str]]


def briefing(publication: Publication) -> Briefing:
    """The briefing of a publication, in its language."""
    found, offered = notes.found(publication), chosen(publication.exhibits)
    first = front(publication)
    rule = _(
        "The findings were chosen by rule: those that differ with certainty from a standard or another group "
        "first, then the largest difference, then the most requests."
    )
    rests_on = [publication.coverage, *notes.registers(publication), publication.withheld, rule]
    until = day(publication.as_of)
    return Briefing(
        language=language(),
        title=cells.seen(first.title if first else publication.title),
        state=partner_name(publication.state),
        subtitle=" · ".join(notes.masthead(publication)[1:]),
        banners=[banner["text"] for banner in notes.banners(publication)],
        footer=_("As of {day}. {coverage}", day=until, coverage=publication.coverage),
        labels={
            "findings": _("What was found"),
            "decide": _("To decide"),
            "charts": _("Charts"),
            "nothing": _("Nothing can be said from these registers."),
            "too_few": _("No finding rests on enough requests for a chart."),
            "rests_on": _("What this rests on"),
            "not_shown": _("What it does not show"),
            "definitions": _("Definitions"),
        },
        findings=[
            {
                "question": _question(fact.question),
                "sentence": cells.seen(fact.sentence),
                "beside": cells.seen(fact.beside),
                "number": f"F{publication.numbers[saved.key]}",
            }
            for fact, saved in found
            if fact.question != "what_is_not_known"
        ],
        decisions=[
            {
                "count": decision.count.text,
                "what": cells.seen(decision.what),
                "owners": cells.seen(decision.owners),
                "number": f"F{publication.numbers[decision.count.key]}",
            }
            for decision in (first.decisions if first else ())
        ],
        charts=_charts(offered, publication.exhibits),
        rests_on=[line for line in rests_on if line],
        not_shown=[
            *notes.unmeasured(publication),
            *_not_shown([fact for fact, _saved in offered], publication),
        ],
        definitions=[{"term": term, "text": text} for term, text in notes.definitions(*TERMS)],
    )


def unbroken(content: Briefing) -> Briefing:
    """A briefing whose words no line breaks; pictures and what is said in their place stay as they are."""

    def joined(value: Any) -> Any:
        if isinstance(value, str):
            return messages.unbroken(value)
        if isinstance(value, dict):
            return {key: joined(part) for key, part in value.items()}
        return [joined(part) for part in value]

    texts = {field.name: getattr(content, field.name) for field in fields(content)}
    kept = {name: texts.pop(name) for name in ("language", "charts")}
    charts = [replace(chart, title=messages.unbroken(chart.title)) for chart in kept["charts"]]
    return Briefing(**joined(texts), language=kept["language"], charts=charts)


def _charts(found: list[tuple[Fact, Saved]], exhibits: Sequence[Saved]) -> list[Chart]:
    """For each finding the chart of its exhibit, or the next of its notebook that has one; each once, and one for
    each question before all others."""
    # The stock by period is drawn as the first page's is.
    twice = "flow_stock" if any(saved.name == "front_stock" and saved.svg for saved in exhibits) else ""
    exhibits = [saved for saved in exhibits if saved.name != twice]
    sources = [
        (fact.question, saved)
        for fact, saved in found
        if saved.name != twice and (fact.requests >= FEWEST or saved.notebook == FRONT)
    ]
    # The chart of the title comes first.
    sources.sort(key=lambda source: source[1].notebook != FRONT)
    firsts = dict(reversed(sources))
    drawn: dict[str, Saved] = {}
    for source in [
        *(firsts[question] for question in dict(sources)),
        *(saved for _question, saved in sources),
    ]:
        near = [source, *(saved for saved in exhibits if saved.notebook == source.notebook)]
        # A picture that is higher than wide could not be read on half a page.
        near.sort(key=lambda saved: bool(saved.svg) and size(saved.svg)[1] > size(saved.svg)[0])
        if chart := next((saved for saved in near if saved.svg and saved.name not in drawn), None):
            drawn[chart.name] = chart
    return [
        Chart(cells.seen(headline(saved.finding)[0]), cells.seen(saved.alt), saved.svg)
        for saved in list(drawn.values())[:CHARTS]
    ]


def size(svg: str) -> tuple[float, float]:
    """The width and the height of a picture."""
    across, down = ElementTree.fromstring(svg).attrib["viewBox"].split()[2:]
    return float(across), float(down)


def _question(code: str) -> str:
    return {
        "signal": _("What is out of the ordinary?"),
        "how_long": _("How long does an answer take?"),
        "how_much_stuck": _("How much is stuck?"),
        "formal_or_informal": _("Formal or informal?"),
        "who_is_engaged": _("Who is engaged, and who is not?"),
        "what_changed": _("What changed?"),
        "who_can_be_compared": _("Who can be compared?"),
        "do_counts_agree": _("Do both sides count the same?"),
        "what_is_not_known": _("What is not known?"),
    }[code]


def _not_shown(facts: list[Fact], publication: Publication) -> list[str]:
    answered, regional = {fact.question for fact in facts}, bool(publication.summary.get("region"))
    # That nothing is out of the ordinary is an answer.
    silent = [question for question in (OF_REGION if regional else OF_COUNTRY) if question not in answered]
    return [
        *(fact.sentence for fact in facts if fact.question == "what_is_not_known"),
        *(
            _("“{question}” cannot be answered from these returns.", question=_question(q))
            if regional
            else _("“{question}” cannot be answered from these registers.", question=_question(q))
            for q in silent
        ),
        _("Requests that no register holds, such as direct contacts of courts and police posts."),
        _("Why a request took as long as it did. Requests differ, and no comparison here names a cause."),
    ]
