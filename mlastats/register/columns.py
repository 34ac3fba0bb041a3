"""The columns of one register, as distinct values, to columns of the requests table."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from mlastats import schema
from mlastats.errors import InputRejected
from mlastats.messages import _
from mlastats.register import chronology, dates, parties, record, terms
from mlastats.register.mapping import REFERENCES
from mlastats.register.mapping import Mapping as Approved
from mlastats.register.words import Words, plain

SEVERAL = {column.name for column in schema.COLUMNS if column.several}
YES_NO = [column.name for column in schema.COLUMNS if column.dtype == "boolean"]
PERSONS = re.compile(r"\d{1,6}")


@dataclass(frozen=True)
class Rules:
    """How one register is to be read: its approved mapping, the zone in which it counts days, the day
    from which it was kept and the last day looked at."""

    mapping: Approved
    zone: str
    log_start: dt.date | None
    as_of: dt.date


@dataclass(frozen=True)
class Read:
    """What came of the columns: requests (columns of the schema that were read), issues, changes."""

    requests: pd.DataFrame
    issues: pd.DataFrame
    changes: pd.DataFrame


def read(columns: Mapping[str, Words], rows: pd.Index, rules: Rules) -> Read:
    """Every column recognised by its kind; `rows` are the row numbers, for the issues.

    Distinct values are looked at once. A value that is not recognised is missing, and an issue for
    each row that has it; one that became something else is a change.
    """
    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(lambda name: _reader(name)(name, columns[name], rows, rules), columns))
    requests = (
        pd.concat([part.requests for part in parts], axis=1)
        if parts
        else pd.DataFrame(index=range(len(rows)))
    )
    issues = record.joined([part.issues for part in parts], record.ISSUES)
    requests, without_end = _still_pending(_settled(requests), issues, rows)
    return Read(
        requests,
        record.joined([issues, without_end], record.ISSUES),
        record.joined([part.changes for part in parts], record.CHANGES),
    )


def constants(rules: Rules, rows: int, of: str) -> dict[str, object]:
    """What the mapping says of every row of the register, as codes, dates and numbers. Raises
    InputRejected where one cannot be recognised."""
    found: dict[str, object] = {}
    for name, given in rules.mapping.constants.items():
        text = str(given).lower() if isinstance(given, bool) else str(given)
        words = Words(pd.Series([text], dtype="str"), pd.array([0]).to_numpy())
        made = _reader(name)(name, words, pd.Index(["1"]), rules)
        if len(made.issues):
            raise InputRejected(
                f"{of}: the constant `{name}` of its mapping is not recognised: {made.issues['message'].iloc[0]} "
                "Give a code of the vocabulary."
            )
        found |= {column: made.requests[column].iloc[0] for column in made.requests}
    return found


def _settled(requests: pd.DataFrame) -> pd.DataFrame:
    """One column each: a part or a precision in a column of its own stands above one that was read
    off the partner or the date."""
    if not requests.columns.has_duplicates:
        return requests
    twice = requests.columns[requests.columns.duplicated()]
    both = {name: requests[name] for name in twice}
    settled = {name: plain(given.iloc[:, -1]).fillna(plain(given.iloc[:, 0])) for name, given in both.items()}
    return requests.loc[:, ~requests.columns.duplicated()].assign(**settled)


def _still_pending(
    requests: pd.DataFrame, issues: pd.DataFrame, rows: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests of which the register says that they are pending, without the end that it gives them all
    the same: the date is likely that of an interim reply, and would make an answer of it. An issue each."""
    pending = rows.isin(issues["row"].where(issues["rule"].eq(terms.PENDING)))
    contradicted = []
    for stage in ("answered", "closed") if pending.any() else ():
        if stage not in requests:
            continue
        places = pending & requests[stage].notna().to_numpy()
        contradicted.append(
            record.issues(
                rows[places],
                column=stage,
                value=chronology.written(requests[places], stage),
                rule="pending_with_end",
                message=_("The register says that the request is pending; the date of its end is not used."),
                suggestion=_("Ask the agency whether the request was answered on that day."),
                severity="error",
            )
        )
        blank = {name: requests[name].mask(places) for name in (stage, f"{stage}_precision")}
        requests = requests.assign(**blank)
    return requests, record.joined(contradicted, record.ISSUES)


def _reader(name: str) -> Callable[[str, Words, pd.Index, Rules], Read]:
    if name in schema.STAGES:
        return _dates
    if name in REFERENCES:
        return _references
    return {"partner": _partners, "persons": _persons}.get(name, _terms)


def _dates(name: str, words: Words, rows: pd.Index, rules: Rules) -> Read:
    mapping = rules.mapping
    found = dates.parse(
        words.values,
        order=mapping.order,
        era=mapping.era,
        zone=mapping.time_zone or rules.zone,
        clock=mapping.clock,
        log_start=rules.log_start,
        as_of=rules.as_of,
    )
    requests = pd.DataFrame(
        {name: words.spread(found["date"]), f"{name}_precision": words.spread(found["precision"])}
    )
    return Read(
        requests, record.value_issues(words, rows, found, name), _changes(words, _iso(found), found, name)
    )


def _iso(found: pd.DataFrame) -> pd.Series:
    text = chronology.day_text(found["date"])
    text = text.mask(found["precision"].eq("month"), text.str[:7])
    return text.mask(found["precision"].eq("year"), text.str[:4])


def _partners(name: str, words: Words, rows: pd.Index, rules: Rules) -> Read:
    found = parties.recognise(words.values, rules.mapping.values.get(name))
    requests = pd.DataFrame(
        {column: words.spread(found[column]) for column in ("partner", "partner_part", "partner_kind")}
    )
    return Read(
        requests,
        record.value_issues(words, rows, found, name),
        _changes(words, found["partner"], found, name),
    )


def _terms(name: str, words: Words, rows: pd.Index, rules: Rules) -> Read:
    vocabulary = next((c.vocabulary for c in schema.COLUMNS if c.name == name and c.vocabulary), name)
    found = terms.recognise(words.values, vocabulary, name in SEVERAL, rules.mapping.values.get(name))
    now = found["now"]
    if name in YES_NO:
        now = now.map({"true": True, "false": False}).astype("boolean")
    return Read(
        pd.DataFrame({name: words.spread(now)}),
        record.value_issues(words, rows, found, name),
        _changes(words, found["now"], found, name),
    )


def _persons(name: str, words: Words, rows: pd.Index, rules: Rules) -> Read:
    """A number of persons: whole, not negative; in any digits."""
    digits = words.values.map(lambda text: unicodedata.normalize("NFKC", text))
    whole = digits.map(lambda text: PERSONS.fullmatch(text) is not None).astype(bool)
    blank = words.values.map(terms.blank).astype(bool)
    now = digits.where(whole).map(lambda text: str(int(text)), na_action="ignore").astype("str")
    bad = ~whole & ~blank
    found = pd.DataFrame({"rule": pd.Series("not_a_number", index=now.index).where(bad, ""), "how": "digits"})
    found["message"] = _("A whole number of persons is meant here; the value is not used.")
    found["suggestion"] = _("Write the number alone; take it out where it is not known.")
    found["severity"] = "error"
    return Read(
        pd.DataFrame({name: words.spread(pd.to_numeric(now).astype("Int64"))}),
        record.value_issues(words, rows, found, name),
        _changes(words, now, found, name),
    )


def _references(name: str, words: Words, rows: pd.Index, rules: Rules) -> Read:
    empty = record.joined([], record.ISSUES), record.joined([], record.CHANGES)
    return Read(pd.DataFrame({name: words.text()}), *empty)


def _changes(words: Words, now: pd.Series, found: pd.DataFrame, name: str) -> pd.DataFrame:
    return record.changes(words, now, found["how"], name)
