"""What changed from one revision of a report to the next: numbers as they are read, not bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlastats.messages import _, _n
from mlastats.publish import cells
from mlastats.publish.exhibit import Saved
from mlastats.publish.publication import Publication, Section

LONGEST = 200


@dataclass(frozen=True)
class Change:
    """A cell of an exhibit that reads otherwise: `was` or `now` is empty where the row is not there."""

    exhibit: str
    group: str
    column: str
    was: str
    now: str


def compare(before: Sequence[Saved], after: Sequence[Saved]) -> list[Change]:
    """Every cell that reads otherwise, exhibit by exhibit in the order of `after`."""
    old = {(saved.notebook, saved.name): saved for saved in before}
    new = {(saved.notebook, saved.name): saved for saved in after}
    changes = []
    for key in dict.fromkeys([*new, *old]):
        exhibit = new.get(key) or old[key]
        was, now = (_cells(side[key]) if key in side else {} for side in (old, new))
        for group, column in dict.fromkeys([*now, *was]):
            left, right = was.get((group, column), ""), now.get((group, column), "")
            if left != right:
                changes.append(Change(exhibit.question, group, column, left, right))
    return changes


def page(made: Publication, changes: Sequence[Change], was: str) -> Publication:
    """A publication of its own that says what changed since the revision `was`."""
    title = _("What changed since revision {revision}", revision=was[1:])
    opening = (
        _n(
            "{n} figure of this report reads otherwise.",
            "{n} figures of this report read otherwise.",
            len(changes),
        )
        if changes
        else _("No figure of this report has changed.")
    )
    blocks = [("markdown", f"# {title}\n\n{opening}")]
    for exhibit in dict.fromkeys(change.exhibit for change in changes):
        own = [change for change in changes if change.exhibit == exhibit]
        blocks.append(("markdown", f"## {_plain(exhibit)}\n\n{_table(own)}"))
    return replace(made, title=f"{made.title}: {title}", sections=[Section("changes", title, blocks)])


def _cells(saved: Saved) -> dict[tuple[str, str], str]:
    """Each cell in words by its group and column; rows of one group are told apart by their order."""
    names = list(saved.columns)
    keys = [n for n, name in enumerate(names) if name in saved.by or name == "direction"]
    found: dict[tuple[str, str], str] = {}
    seen: dict[str, int] = {}
    for row in cells.rows(saved):
        group = ", ".join(row[n] for n in keys)
        seen[group] = seen.get(group, 0) + 1
        label = group if seen[group] == 1 else f"{group} ({seen[group]})"
        found |= {(label, saved.columns[names[n]].label): row[n] for n in range(len(names)) if n not in keys}
    return found


def _table(changes: Sequence[Change]) -> str:
    head = [_("Group"), _("Figure"), _("Was"), _("Is")]
    rows = [[change.group, change.column, change.was, change.now] for change in changes[:LONGEST]]
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    more = len(changes) - LONGEST
    if more > 0:
        lines += ["", _n("{n} more is not listed.", "{n} more are not listed.", more)]
    return "\n".join(lines)


def _row(values: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(value) for value in values) + " |"


def _plain(text: str) -> str:
    """Text that Markdown takes as it is."""
    return "".join(f"\\{sign}" if sign in "\\|*_`[]<>#" else sign for sign in text.replace("\n", " "))
