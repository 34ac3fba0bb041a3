"""The columns of one register, as distinct values, to columns of the requests table."""

import datetime as dt
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.errors import InputRejected
from mlastats.messages import _
from mlastats.register import chronology, dates, dateshapes, parties, record, terms
from mlastats.register.mapping import REFERENCES
from mlastats.register.mapping import Mapping as Approved
from mlastats.register.words import Words, over

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
    """What came of the columns: `requests`, with the columns of the schema that were read; and what is put
    on record, worked out when it is asked for. `rows` are the row numbers."""

    requests: pd.DataFrame
    words: Mapping[str, Words]
    found: Mapping[str, "_Found"]
    rows: pd.Index
    contradicted: pd.DataFrame

    @property
    def issues(self) -> pd.DataFrame:
        """Values that are not recognised, or are with a doubt: one for each row that has one."""
        told = [
            record.value_issues(self.words[name], self.rows, found.told, name)
            for name, found in self.found.items()
        ]
        return record.joined([*told, self.contradicted], record.ISSUES)

    @property
    def changes(self) -> pd.DataFrame:
        """Distinct values that became something else."""
        changed = [
            record.changes(self.words[name], found.now, found.told["how"], name)
            for name, found in self.found.items()
        ]
        return record.joined(changed, record.CHANGES)


def read(columns: Mapping[str, Words], rows: pd.Index, rules: Rules) -> Read:
    """Every column recognised by its kind.

    Distinct values are looked at once. A value that is not recognised is missing, and an issue for
    each row that has it; one that became something else is a change.
    """
    shapes = dates.shapes({name: columns[name].values for name in schema.STAGES if name in columns})
    # By the schema: a part or a precision comes after the partner or the date it may be read off.
    known = {
        name: _recognised(name, columns[name].values, rules, shapes.get(name))
        for name in sorted(columns, key=schema.NAMES.index)
        if name not in REFERENCES
    }
    # References are taken as they are written.
    tasks: list[tuple[str, Callable[[], pd.Series]]] = [
        (name, columns[name].text) for name in REFERENCES if name in columns
    ]
    for name, found in known.items():
        tasks += [(column, partial(columns[name].spread, of)) for column, of in found.columns.items()]
    # Python has recognised the values; numpy gives them to their rows, several columns at once.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        filled = list(pool.map(lambda task: task[1](), tasks))
    made: dict[str, pd.Series] = {}
    for (column, _task), values in zip(tasks, filled, strict=True):
        # One in a column of its own stands above one that was read off another.
        made[column] = over(values, made[column]) if column in made else values
    requests = pd.DataFrame(made, range(len(rows)), copy=False)
    requests, contradicted = _still_pending(requests, _pending(columns, known), rows)
    return Read(requests, columns, known, rows, contradicted)


def constants(rules: Rules, of: str) -> dict[str, object]:
    """What the mapping says of every row of the register, as codes, dates and numbers. Raises
    InputRejected where one cannot be recognised."""
    constant: dict[str, object] = {}
    for name, given in rules.mapping.constants.items():
        text = pd.Series([str(given).lower() if isinstance(given, bool) else str(given)], dtype="str")
        if name in REFERENCES:
            constant[name] = text.iloc[0]
            continue
        found = _recognised(name, text, rules)
        if found.told["rule"].fillna("").iloc[0]:
            raise InputRejected(
                f"{of}: the constant `{name}` of its mapping is not recognised: {found.told['message'].iloc[0]} "
                "Give a code of the vocabulary."
            )
        constant |= {column: values.iloc[0] for column, values in found.columns.items()}
    return constant


def _pending(columns: Mapping[str, Words], known: "Mapping[str, _Found]") -> np.ndarray | None:
    """Rows of which the register says that they are pending; nothing where it says so of none."""
    found = known.get("outcome")
    said = found.told["rule"].eq(terms.PENDING).to_numpy() if found else np.zeros(0, dtype=bool)
    return columns["outcome"].having(said) if said.any() else None


def _still_pending(
    requests: pd.DataFrame, pending: np.ndarray | None, rows: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests of which the register says that they are pending, without the end that it gives them all
    the same: the date is likely that of an interim reply, and would make an answer of it. An issue each."""
    contradicted = []
    for stage in ("answered", "closed") if pending is not None else ():
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


@dataclass(frozen=True)
class _Found:
    """What distinct values were recognised as: `columns`, what each gives each column of the requests;
    `now`, what is put on record as a change; `told`, how, and the issue if there is one."""

    columns: dict[str, pd.Series]
    now: pd.Series
    told: pd.DataFrame


def _recognised(
    name: str, values: pd.Series, rules: Rules, shapes: dateshapes.Shapes | None = None
) -> _Found:
    if name in schema.STAGES:
        return _dates(name, values, rules, shapes)
    return {"partner": _partners, "persons": _persons}.get(name, _terms)(name, values, rules)


def _dates(name: str, values: pd.Series, rules: Rules, shapes: dateshapes.Shapes | None) -> _Found:
    mapping = rules.mapping
    found = dates.parse(
        values,
        order=mapping.order,
        era=mapping.era,
        zone=mapping.time_zone or rules.zone,
        clock=mapping.clock,
        log_start=rules.log_start,
        as_of=rules.as_of,
        shapes=shapes,
    )
    columns = {name: found["date"], f"{name}_precision": found["precision"]}
    return _Found(columns, chronology.as_exact(found["date"], found["precision"]), found)


def _partners(name: str, values: pd.Series, rules: Rules) -> _Found:
    found = parties.recognise(values, rules.mapping.values.get(name))
    columns = {column: found[column] for column in ("partner", "partner_part", "partner_kind")}
    return _Found(columns, found["partner"], found)


def _terms(name: str, values: pd.Series, rules: Rules) -> _Found:
    vocabulary = next((c.vocabulary for c in schema.COLUMNS if c.name == name and c.vocabulary), name)
    found = terms.recognise(values, vocabulary, name in SEVERAL, rules.mapping.values.get(name))
    code = found["now"]
    if name in YES_NO:
        code = code.map({"true": True, "false": False}).astype("boolean")
    return _Found({name: code}, found["now"], found)


def _persons(name: str, values: pd.Series, rules: Rules) -> _Found:
    """A number of persons: whole, not negative; in any digits."""
    digits = values.map(lambda text: unicodedata.normalize("NFKC", text))
    whole = digits.map(lambda text: PERSONS.fullmatch(text) is not None).astype(bool)
    blank = values.map(terms.blank).astype(bool)
    now = digits.where(whole).map(lambda text: str(int(text)), na_action="ignore").astype("str")
    bad = ~whole & ~blank
    told = pd.DataFrame({"rule": pd.Series("not_a_number", index=now.index).where(bad, ""), "how": "digits"})
    told["message"] = _("A whole number of persons is meant here; the value is not used.")
    told["suggestion"] = _("Write the number alone; take it out where it is not known.")
    told["severity"] = "error"
    return _Found({name: pd.to_numeric(now).astype("Int64")}, now, told)
