"""What every format says around the exhibits: banners, facts, key findings, definitions."""

from typing import Any

from mlastats.messages import _, day, number
from mlastats.publish import cells
from mlastats.publish.choice import chosen
from mlastats.publish.exhibit import Publication, Saved


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


def facts(publication: Publication) -> list[tuple[str, str]]:
    """What the first page says of the report: as of, period, coverage, audience."""
    audiences = {"internal": _("Internal"), "public": _("Public")}
    found = [
        (_("As of"), day(publication.as_of)),
        (_("Period"), publication.period or _("All requests up to this day")),
        (_("For"), audiences[publication.audience]),
        (_("Coverage"), publication.coverage),
    ]
    return [(term, text) for term, text in found if text]


def key_findings(publication: Publication) -> list[tuple[str, Saved]]:
    """The findings chosen as the briefing chooses them; where no exhibit offers one, each first sentence."""
    found = [(fact.sentence, saved) for fact, saved in chosen(publication.exhibits)]
    return found or [(saved.finding, saved) for saved in publication.exhibits[:6]]


def of_exhibit(saved: Saved) -> list[str]:
    """The notes of an exhibit, with what is needed to read its cells."""
    found = [saved.coarser, *saved.notes]
    if saved.withheld:
        found.append(_("[c]: withheld, so that no one can be recognised."))
    return [note for note in found if note]


def about(publication: Publication) -> list[dict[str, Any]]:
    """What the report rests on: registers, what was withheld, definitions."""
    parts: list[dict[str, Any]] = [
        {"title": _("What it rests on"), "lines": [publication.coverage, *registers(publication)]},
        {"title": _("What was withheld"), "lines": [publication.withheld]},
        {"title": _("Definitions"), "lines": [], "terms": definitions()},
    ]
    kept = [part | {"lines": [line for line in part["lines"] if line]} for part in parts]
    return [part for part in kept if part["lines"] or part.get("terms")]


def definitions(*terms: str) -> list[tuple[str, str]]:
    """Terms that every report uses, as the glossary has them; those named, or all."""
    known = _definitions()
    return [known[term] for term in terms or known]


def shorthands() -> list[tuple[str, str]]:
    """The marks that stand in a cell instead of a number."""
    return [
        (cells.WITHHELD, _("withheld, so that no one can be recognised")),
        ("[x]", _("not available: it does not exist, or was not reached")),
    ]


def registers(publication: Publication) -> list[str]:
    """What became of the rows of each register, one sentence each; nothing for the public."""
    # What a register holds is not for the public: its numbers are not under disclosure control.
    if publication.audience == "public":
        return []
    return [
        _(
            "{register}: {requests} requests from {read} rows; {merged} merged, {refused} refused, "
            "{not_data} not data.",
            register=register["name"],
            **{
                key: number(register.get(key))
                for key in ("requests", "read", "merged", "refused", "not_data")
            },
        )
        for register in publication.summary.get("registers", [])
    ]


def _definitions() -> dict[str, tuple[str, str]]:
    return {
        "request": (
            _("Request"),
            _("One contact with another state or organisation, incoming or outgoing."),
        ),
        "matter": (_("Matter"), _("A request and the contacts linked to it, counted once.")),
        "answered": (
            _("Answered"),
            _("Executed, partly executed, refused, or ended without a recorded outcome."),
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
        "not_reached": (
            _("Not reached"),
            _("So many are still pending that this share was not answered within any time observed."),
        ),
        "formality": (
            _("Formal and informal"),
            _(
                "Formal: by diplomatic channel, central authority, letters rogatory or between courts. "
                "All else is informal."
            ),
        ),
    }
