"""Treaties known to be in force between two states, by date; what is not known stays unknown.

A row of `treaty.csv` is a fact with its source: `treaty` (a code of `legal_basis.csv`, or the name of a
treaty of its own), `state`, `partner`, `since` and `until` (the days from and to which it is in force, the
second blank while it is) and `source`. A row without a partner says that the state is a party to a
convention; two parties are bound from the later of their two days. A workspace adds rows of the same
form, in the file that its configuration names as `treaties`, or in `treaty.csv` of its vocabulary folder.

The package has the parties to three conventions of the United Nations, as of March 2015: against
Transnational Organized Crime, against Corruption, and against drugs (1988). A state is counted from
the day on which the convention entered into force for it: 29 September 2003, 14 December 2005 and
11 November 1990, or 30, 30 and 90 days after its own instrument (articles 38, 68 and 29) where that is
later; a successor from the day of its notification. Later parties are missing, and so is any pair of
states of which nothing is said: that is no evidence that there is no treaty.
"""

import datetime as dt
import functools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from mlastats import vocab
from mlastats.errors import ConfigurationError

COLUMNS = ("treaty", "state", "partner", "since", "until", "source")
UNKNOWN = "treaty unknown"
IN_FORCE = "in_force"


@dataclass(frozen=True)
class Term:
    """A treaty and the days on which it is in force, as ISO dates."""

    treaty: str
    since: str
    until: str

    def covers(self, day: str) -> bool:
        """Whether the treaty is in force on an ISO date."""
        return self.since <= day <= self.until


def in_force(state: str, partner: str, on: Any) -> tuple[str, ...]:
    """The treaties known to be in force between two states on a day (ISO date or timestamp), by code
    or name, sorted; none where no row says so, which does not mean that there is none.

    Raises ConfigurationError where a row of the workspace is not as it must be.
    """
    day = str(on)[:10]
    return tuple(
        sorted({term.treaty for term in _between(state).get(partner, ()) if term.covers(day)})
        if state != partner
        else ()
    )


def partners(state: str, on: Any) -> dict[str, tuple[str, ...]]:
    """Every partner with which a treaty is known to be in force on a day, with the treaties."""
    found = {partner: in_force(state, partner, on) for partner in sorted(_between(state))}
    return {partner: named for partner, named in found.items() if named}


def check() -> None:
    """Raise ConfigurationError with every fault of the workspace's own rows."""
    known = vocab.codes("partner")
    faults = [
        f"  {name}, line {line}: {fault}"
        for name, line, row in vocab.own_rows("treaty")
        for fault in _faults(row, known)
    ]
    if faults:
        raise ConfigurationError("The workspace's treaties have faults:\n" + "\n".join(faults))


@functools.cache
def _between(state: str) -> dict[str, list[Term]]:
    """The terms of all treaties of a state, by partner."""
    found: dict[str, list[Term]] = defaultdict(list)
    own: dict[str, list[Term]] = defaultdict(list)
    for row in vocab.rows("treaty"):
        if row["partner"] and state in (row["state"], row["partner"]):
            other = row["partner"] if row["state"] == state else row["state"]
            found[other].append(_term(row))
        elif row["state"] == state:
            own[row["treaty"]].append(_term(row))
    for row in vocab.rows("treaty"):
        if not row["partner"] and row["state"] != state:
            theirs = _term(row)
            for ours in own.get(row["treaty"], ()):
                both = Term(ours.treaty, max(ours.since, theirs.since), min(ours.until, theirs.until))
                found[row["state"]].append(both)
    return dict(found)


def _term(row: dict[str, str]) -> Term:
    return Term(row["treaty"], row["since"], row["until"] or "9999-12-31")


def _faults(row: dict[str, str], known: dict[str, dict[str, str]]) -> list[str]:
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        return [f"must have the columns {', '.join(COLUMNS)}; {', '.join(missing)} not found"]
    blank = [name for name in ("treaty", "state", "since", "source") if not (row[name] or "").strip()]
    codes = [name for name in ("state", "partner") if row[name] and row[name] not in known]
    days = [name for name in ("since", "until") if row[name] and not _is_day(row[name])]
    found = [f"`{name}` must be given" for name in blank]
    found += [f"`{name}` must be a code of the partners, as LAO; got {row[name]!r}" for name in codes]
    found += [f"`{name}` must be a date, as 2009-10-25; got {row[name]!r}" for name in days]
    if not days and row["until"] and row["until"] < row["since"]:
        found.append(f"`until` {row['until']} must not be before `since` {row['since']}")
    if row["state"] and row["state"] == row["partner"]:
        found.append("`state` and `partner` must be two")
    return found


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
