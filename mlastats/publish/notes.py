"""What every format says around the exhibits: banners, facts, key findings, definitions."""

from typing import Any

from mlastats.messages import _, day, partner_name, period_name
from mlastats.publish import cells
from mlastats.publish.choice import chosen
from mlastats.publish.exhibit import Fact, Saved, headline
from mlastats.publish.publication import FRONT, Publication
from mlastats.register.account import rows_of
from mlastats.register.measurable import UNANSWERED, names, of_registers

# The findings of a first page: so many, each of so many words at most.
FINDINGS, LONGEST = 5, 15


def banners(publication: Publication) -> list[dict[str, str]]:
    """What must stand on every page: internal, example data, draft translation."""
    found = []
    if publication.audience == "internal":
        found.append({"kind": "internal", "text": _("Internal: not for publication.")})
    if publication.synthetic:
        found.append({"kind": "synthetic", "text": _("Example data: every request in it is made up.")})
    if publication.language != "en":
        found.append({"kind": "draft", "text": _("Draft translation: not yet read by a person.")})
    return found


def masthead(publication: Publication) -> list[str]:
    """The line under the title: place, subject, period, day, revision, when it was published, what comes next, contact."""
    found = [
        partner_name(publication.state),
        publication.title,
        period_name(publication.period) if publication.period else "",
        _("as of {day}", day=day(publication.as_of)),
        _("revision {n}", n=publication.revision) if publication.revision else "",
        _("published on {day}", day=day(publication.published)) if publication.published else "",
        _("next from {day} on", day=day(publication.next)) if publication.next else "",
        publication.contact,
    ]
    return [text for text in found if text]


def facts(publication: Publication) -> list[tuple[str, str]]:
    """What the first page says of the report: as of, period, coverage, audience, what cannot be measured."""
    found = [
        (_("As of"), day(publication.as_of)),
        (_("Period"), period_name(publication.period) or _("All requests up to this day")),
        (_("For"), audience(publication.audience)),
        (_("Coverage"), publication.coverage),
        (_("Numbers"), _("Rounded, so that nobody can be recognised.") if publication.withheld else ""),
        (_("Cannot be measured"), "\n".join(unmeasured(publication))),
    ]
    return [(term, text) for term, text in found if text]


def audience(code: str) -> str:
    """For whom a report is, in a word."""
    return {"internal": _("Internal"), "public": _("Public")}.get(code, "")


def unmeasured(publication: Publication) -> list[str]:
    """What cannot be measured of the registers, a line each; the public is not told of which."""
    lines = of_registers(publication.summary, publication.audience == "public")
    return [*lines, _("No key finding rests on that.")] if lines else []


def limits(publication: Publication) -> list[str]:
    """What limits every number: what cannot be measured, and that public numbers are rounded."""
    rounded = _("Rounded, so that nobody can be recognised.")
    return [*([rounded] if publication.withheld else []), *unmeasured(publication)]


def found(publication: Publication) -> list[tuple[Fact, Saved]]:
    """The facts that the rules choose, each with its exhibit; beside a first page, without what its title and its
    numbers say, and without what is longer than one message."""
    every = chosen(publication.exhibits)
    if publication.first_chapter:
        return every
    told = [one for one in every if one[1].notebook != FRONT and one[1].name != "flow_stock"]
    return [one for one in told if len(one[0].sentence.split()) <= LONGEST][:FINDINGS]


def key_findings(publication: Publication) -> list[tuple[str, str, Saved]]:
    """The findings chosen as the briefing chooses them, each with what stands beside it; where no exhibit offers one,
    each first sentence: of requests, only where all registers can be counted."""
    said = [(fact.sentence, fact.beside, saved) for fact, saved in found(publication)]
    if not publication.first_chapter:
        return said
    registers = publication.summary.get("registers", [])
    counted = {lack["what"] for account in registers for lack in account.get("unmeasured", [])} <= {
        *UNANSWERED
    }
    first = [(headline(s.finding)[0], "", s) for s in publication.exhibits if counted or not s.counts]
    return said or first[:6]


def of_exhibit(saved: Saved) -> list[str]:
    """The notes of an exhibit, with what is needed to read its cells."""
    words = {
        "withheld": _("[c]: withheld, because it rests on too few requests."),
        "few_at_risk": _("Too few: a single request would weigh more than a tenth."),
        "not_reached": _(
            "Not reached: so many are pending that this share was not answered within any time observed."
        ),
    }
    return [*saved.notes, *(text for why, text in words.items() if why in saved.missing.values())]


def about(publication: Publication) -> list[dict[str, Any]]:
    """What the report rests on: registers, what was withheld, definitions."""
    parts: list[dict[str, Any]] = [
        {"title": _("What it rests on"), "lines": [publication.coverage, *registers(publication)]},
        {"title": _("How the numbers are protected"), "lines": [publication.withheld]},
        {"title": _("Definitions"), "lines": [], "terms": definitions()},
    ]
    kept = [part | {"lines": [line for line in part["lines"] if line]} for part in parts]
    return [part for part in kept if part["lines"] or part.get("terms")]


def definitions(*terms: str) -> list[tuple[str, str]]:
    """Terms that every report uses, as the glossary has them; those named, or all."""
    known = {
        "request": (
            _("Request"),
            _("One contact with another state or organisation, incoming or outgoing."),
        ),
        "matter": (_("Matter"), _("A request and the contacts linked to it, counted once.")),
        "answered": (
            _("Answered"),
            _(
                "Executed, partly executed, refused, the person not found, or ended without a recorded outcome."
            ),
        ),
        "ended_otherwise": (
            _("Ended otherwise"),
            _("Withdrawn, returned or ended in another way, without an answer."),
        ),
        "pending": (
            _("Pending"),
            _("Neither answered nor ended by the as-of date. Pending requests count in every duration."),
        ),
        "undated": (
            _("Undated"),
            _("Without the dates that a duration needs; in no duration, but in the number of requests."),
        ),
        "median": (_("Median days"), _("The first day by which half of the requests were answered.")),
        "interval": (
            _("95% interval"),
            _("An interval made this way holds the true figure in 95 of 100 cases."),
        ),
        "not_given": (
            _("Not given"),
            _(
                "One request would weigh more than a tenth of the figure, or so many are pending that this share was not "
                "answered within any time observed."
            ),
        ),
        "formality": (
            _("Formal and informal"),
            _(
                "Formal: by diplomatic channel, central authority, letters rogatory or between courts; urgent requests for "
                "legal assistance and provisional arrest also through INTERPOL, as the conventions allow. Informal: "
                "other recorded channels, and any exchange of information."
            ),
        ),
    }
    return [known[term] for term in terms or known]


def shorthands() -> list[tuple[str, str]]:
    """The marks that stand in a cell instead of a number."""
    return [
        (cells.WITHHELD, _("withheld, because it rests on too few requests")),
        ("[x]", _("not available: it does not exist, or is not given")),
    ]


def registers(publication: Publication) -> list[str]:
    """Where the rows of each register ended, a line each; nothing for the public."""
    # What a register holds is not for the public: its numbers are not under disclosure control.
    if publication.audience == "public":
        return []
    called = names(publication.summary)
    return [rows_of(account, called[account["name"]]) for account in publication.summary.get("registers", [])]
