"""How requests stand, for the public: what has no answer is one count.

Of the requests of a group few end otherwise or are undated. Each such count would be withheld, and
others with it, until little is left; together with the pending they can be published.
"""

from dataclasses import replace
from typing import Any

from mlastats.messages import TOGETHER, _
from mlastats.publish.exhibit import Column, Exhibit

PARTS = ("ended_otherwise", "pending", "undated")
WHOLE = "unanswered"


def together(exhibit: Exhibit, page: Any) -> Exhibit:
    """The exhibit with `unanswered` in place of ended otherwise, pending and undated, if it is for the public."""
    if not page.public or not set(PARTS) <= set(exhibit.counts):
        return exhibit
    table = exhibit.table.rename(columns={PARTS[0]: WHOLE})
    table[WHOLE] = exhibit.table[list(PARTS)].sum(axis=1, min_count=1)
    fixed = {name: given for name, given in exhibit.counts.items() if name not in PARTS}
    dimension = next(iter(exhibit.counts[PARTS[0]]))
    return replace(
        exhibit,
        table=table.drop(columns=[*PARTS[1:]]),
        columns=_columns(exhibit),
        counts=fixed | {WHOLE: {dimension: TOGETHER.join(PARTS)}},
        notes=[
            *exhibit.notes,
            _(
                "Without an answer: pending, ended otherwise or undated; apart, most would be too few to be published."
            ),
        ],
    )


def _columns(exhibit: Exhibit) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, column in exhibit.columns.items():
        rests = tuple(dict.fromkeys(WHOLE if one in PARTS else one for one in column.rests_on))
        if name not in PARTS:
            found[name] = replace(column, rests_on=rests)
        elif WHOLE not in found:
            found[WHOLE] = Column(_("Without an answer"), "count")
    return found
