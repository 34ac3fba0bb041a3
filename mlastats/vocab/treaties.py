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
from collections import defaultdict

from mlastats import vocab
from mlastats.errors import ConfigurationError

COLUMNS = ("treaty", "state", "partner", "since", "until", "source")


def in_force(state: str, partner: str, on: str) -> tuple[str, ...]:
    """The treaties known to be in force between two states on a day (ISO date), by code or name, sorted.

    None where no row says so, which does not mean that there is none.
    """
    return tuple(sorted({name for name, *days in _terms(state).get(partner, ()) if days[0] <= on <= days[1]}))


def partners(state: str, on: str) -> dict[str, tuple[str, ...]]:
    """Every partner with which a treaty is known to be in force on a day (ISO date), with the treaties."""
    by_partner = {partner: in_force(state, partner, on) for partner in sorted(_terms(state))}
    return {partner: names for partner, names in by_partner.items() if names}


def covers(treaty: str, kind: str, offences: str = "") -> bool:
    """Whether a treaty is known to cover a request of a kind for one of its offences (codes joined by ";").

    By basis_kind.csv: `kinds` and `offences` (blank: any) that it covers, offences that it may `also` carry (blank:
    any), `excludes` kinds to which it does not apply. Of a treaty without a row it is not known, and a convention for
    some offences is not known to cover a request whose offence is not recorded; a workspace adds rows of its own. What
    was "read" there was read in the text of that number in the treaty database of the Netherlands (wetten.overheid.nl).
    """
    scope = _scopes().get(treaty)
    if scope is None or kind not in scope["kinds"]:
        return False
    return not scope["offences"] or bool(scope["offences"] & set(offences.split(";")))


def impossible(treaty: str, kind: str = "", offences: str = "") -> bool:
    """Whether a treaty by its own words carries no request of a kind, or for none of these offences (codes joined by
    ";"): what is not recorded, and an offence of another sort, contradict nothing."""
    scope = _scopes().get(treaty)
    if scope is None:
        return False
    named = set(filter(None, offences.split(";")))
    beyond = bool(scope["also"]) and not named & (scope["offences"] | scope["also"] | {"other"})
    return kind in scope["excludes"] or (bool(named) and beyond)


@vocab.cached
def _scopes() -> dict[str, dict[str, set[str]]]:
    columns = ("kinds", "offences", "also", "excludes")
    return {
        row["basis"]: {name: set(filter(None, (row.get(name) or "").split(";"))) for name in columns}
        for row in vocab.rows("basis_kind")
    }


def check() -> None:
    """Raise ConfigurationError with every fault of the workspace's own rows."""
    partner_codes = vocab.codes("partner")
    faults = [
        f"  {name}, line {line}: {fault}"
        for name, line, row in vocab.own_rows("treaty")
        for fault in _faults(row, partner_codes)
    ]
    if faults:
        raise ConfigurationError("The workspace's treaties have faults:\n" + "\n".join(faults))


@vocab.cached
def _terms(state: str) -> dict[str, list[tuple[str, str, str]]]:
    """The treaties of a state by partner, each with the first and the last day on which it is in force."""
    rows = [{**row, "until": row["until"] or "9999-12-31"} for row in vocab.rows("treaty")]
    own = [row for row in rows if row["state"] == state and not row["partner"]]
    terms = defaultdict(list)
    for row in rows:
        if state in (row["state"], row["partner"]) and row["partner"]:
            other = row["partner"] if row["state"] == state else row["state"]
            terms[other].append((row["treaty"], row["since"], row["until"]))
        elif not row["partner"] and row["state"] != state:
            terms[row["state"]] += [
                (row["treaty"], max(mine["since"], row["since"]), min(mine["until"], row["until"]))
                for mine in own
                if mine["treaty"] == row["treaty"]
            ]
    return terms


def _faults(row: dict[str, str], partner_codes: dict[str, dict[str, str]]) -> list[str]:
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        return [f"must have the columns {', '.join(COLUMNS)}; {', '.join(missing)} not found"]
    blank = [name for name in ("treaty", "state", "since", "source") if not (row[name] or "").strip()]
    codes = [name for name in ("state", "partner") if row[name] and row[name] not in partner_codes]
    days = [name for name in ("since", "until") if row[name] and not _is_day(row[name])]
    faults = [f"`{name}` must be given" for name in blank]
    faults += [f"`{name}` must be a code of the partners, as LAO; got {row[name]!r}" for name in codes]
    faults += [f"`{name}` must be a date, as 2009-10-25; got {row[name]!r}" for name in days]
    if not days and row["until"] and row["until"] < row["since"]:
        faults.append(f"`until` {row['until']} must not be before `since` {row['since']}")
    if row["state"] and row["state"] == row["partner"]:
        faults.append("`state` and `partner` must be two")
    return faults


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
