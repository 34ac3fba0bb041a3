"""The columns of one register, as distinct values, to columns of the requests table."""

import datetime as dt
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from mlastats import schema, vocab
from mlastats.decisions import EACH, NONE, Decision, of_word
from mlastats.errors import InputRejected
from mlastats.messages import _
from mlastats.register import chronology, dates, parties, record, terms
from mlastats.register.distinct import Distinct, arrow, coalesce
from mlastats.register.mapping import DATES, REFERENCES, REQUESTED, word_key
from mlastats.register.mapping import Mapping as Approved

SEVERAL = {column.name for column in schema.COLUMNS if column.several}
OF_TABLES = [column for columns in schema.TABLES.values() for column in columns]
YES_NO = [column.name for column in OF_TABLES if column.dtype == "boolean"]
NUMBER = re.compile(r"\d{1,6}")
ENDS = ("answered", "closed")
# The outcome of a request that has ended, and of which neither how nor when is understood.
UNCLEAR = "unclear"
# The rule of the note on a date of which it was decided that it says no more than that the request has ended.
SAID_ENDED = "said_ended"
# An error of a spreadsheet, in whatever language it writes them.
ERROR = r"(?i)^(?:#(?:N/A|NV|GETTING_DATA|[\p{L}\p{N}][\p{L}\p{M}\p{N}_/.]*[!?])|Err:\p{Nd}{3})$"


@dataclass(frozen=True)
class Rules:
    """How one register is to be read: its approved mapping, the zone in which it counts days, the day
    from which it was kept and the last day looked at; its name, and what was `decided` about its words."""

    mapping: Approved
    zone: str
    log_start: dt.date | None
    as_of: dt.date
    register: str = ""
    decided: Mapping[str, Decision] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What only the whole of a column tells: the distinct `values` of each, and what they were `recognised` as;
    `decided`, the keys of the decisions about words that were used."""

    values: Mapping[str, pd.Series]
    recognised: Mapping[str, "_Recognised"]
    decided: frozenset[str] = frozenset()

    def changes(self, counts: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Distinct values that became something else, by how many rows have each."""
        changed = [
            record.changes(self.values[name], counts[name], of.now, of.told["how"], name)
            for name, of in self.recognised.items()
        ]
        return record.joined(changed, record.CHANGES)


@dataclass(frozen=True)
class Read:
    """What came of the columns: `requests`, with the columns of the schema that were read; and what is put
    on record, worked out when it is asked for. `rows` are the row numbers."""

    requests: pd.DataFrame
    values: Mapping[str, Distinct]
    facts: Facts
    rows: pd.Index
    contradicted: pd.DataFrame

    @property
    def issues(self) -> pd.DataFrame:
        """Values that are not recognised, or are with a doubt: one for each row that has one."""
        told = [
            record.value_issues(self.values[name], self.rows, of.told, name)
            for name, of in self.facts.recognised.items()
        ]
        return record.joined([*told, self.contradicted], record.ISSUES)

    @property
    def changes(self) -> pd.DataFrame:
        """Distinct values that became something else."""
        return self.facts.changes({name: self.values[name].counts for name in self.facts.recognised})


def facts(values: Mapping[str, pd.Series], rules: Rules) -> Facts:
    """The distinct values of every column recognised by its kind; without those that are errors of a spreadsheet."""
    days = _days({name: values[name] for name in DATES if name in values}, rules)
    # By the schema: a part or a precision comes after the partner or the date it may be read off.
    recognised = {
        name: days[name] if name in days else _recognised(name, values[name], rules)
        for name in sorted(values, key=[*schema.NAMES, REQUESTED, *(c.name for c in OF_TABLES)].index)
        if name not in REFERENCES
    }
    used: set[str] = set()
    for name in recognised if rules.decided else ():
        recognised[name] = _as_decided(name, values[name], recognised[name], rules, used)
    return Facts(values, recognised, frozenset(used))


def read(columns: Mapping[str, Distinct], rows: pd.Index, rules: Rules, known: Facts | None = None) -> Read:
    """Every column recognised by its kind; where the rows are a block of a register, by what is `known` of all of it.

    Distinct values are looked at once. A value that is not recognised is missing, and an issue for
    each row that has it; one that became something else is a change.
    """
    columns, errors, of_errors = _without_errors(columns, rows)
    if known is None:
        known = facts({name: column.values for name, column in columns.items()}, rules)
    else:
        columns = {
            name: column if name in REFERENCES else column.among(known.values[name])
            for name, column in columns.items()
        }
    recognised = known.recognised
    # References are taken as they are written.
    tasks: list[tuple[str, Callable[[], pd.Series]]] = [
        (name, columns[name].text) for name in REFERENCES if name in columns
    ]
    for name, of in recognised.items():
        tasks += [(column, partial(columns[name].broadcast, each)) for column, each in of.columns.items()]
    # Python has recognised the values; numpy gives them to their rows, several columns at once.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        filled = list(pool.map(lambda task: task[1](), tasks))
    made: dict[str, pd.Series] = {}
    for (column, _task), values in zip(tasks, filled, strict=True):
        # One in a column of its own stands above one that was read off another.
        made[column] = coalesce(values, made[column]) if column in made else values
    requests = pd.DataFrame(made, range(len(rows)), copy=False)
    # Rows of which the register says that they are pending; nothing where it says so of none.
    outcome = recognised.get("outcome")
    pending = outcome.told["rule"].eq(terms.PENDING).to_numpy() if outcome else np.zeros(0, dtype=bool)
    pending = columns["outcome"].rows_with(pending) if pending.any() else None
    requests, contradicted = _still_pending(requests, pending, rows)
    requests = _with_unclear_ends(requests, columns, recognised, errors, pending)
    on_record = record.joined([of_errors, contradicted], record.ISSUES)
    return Read(requests, columns, known, rows, on_record)


def constants(rules: Rules, of: str) -> dict[str, object]:
    """What the mapping says of every row of the register, as codes, dates and numbers. Raises
    InputRejected where one cannot be recognised."""
    constant: dict[str, object] = {}
    for name, given in rules.mapping.constants.items():
        text = pd.Series([str(given).lower() if isinstance(given, bool) else str(given)], dtype="str")
        if name in REFERENCES:
            constant[name] = text.iloc[0]
            continue
        value = _recognised(name, text, rules)
        if value.told["rule"].fillna("").iloc[0]:
            raise InputRejected(
                f"{of}: the constant `{name}` of its mapping is not recognised: {value.told['message'].iloc[0]} "
                "Give a code of the vocabulary."
            )
        constant |= {column: values.iloc[0] for column, values in value.columns.items()}
    return constant


def are_errors(values: pd.Series) -> np.ndarray:
    """Which texts are errors of a spreadsheet."""
    looks = pc.fill_null(pc.match_substring_regex(arrow(values), ERROR), False)
    return np.asarray(looks.to_numpy(zero_copy_only=False))


def _without_errors(
    columns: Mapping[str, Distinct], rows: pd.Index
) -> tuple[dict[str, Distinct], dict[str, np.ndarray], pd.DataFrame]:
    """The columns without cells that hold an error of a spreadsheet; the rows that have one, by column; an issue
    each."""
    kept, errors, issues = dict(columns), {}, []
    for name, column in columns.items():
        is_error = are_errors(column.values)
        if not is_error.any():
            continue
        errors[name] = column.rows_with(is_error)
        kept[name] = Distinct(column.values, np.where(errors[name], -1, column.codes)).used()
        places = np.flatnonzero(errors[name])
        values = column.values.array.take(column.codes[places])
        issues.append(record.issues(rows[places], column=name, value=values, rule="error_cell"))
    return kept, errors, record.joined(issues, record.ISSUES)


def _with_unclear_ends(
    requests: pd.DataFrame,
    columns: Mapping[str, Distinct],
    recognised: "Mapping[str, _Recognised]",
    errors: Mapping[str, np.ndarray],
    pending: np.ndarray | None,
) -> pd.DataFrame:
    """What was refused is not blank: a request that says of its end what is not understood has ended, and neither how
    nor when is known."""
    refused = np.zeros(len(requests), dtype=bool)
    for name in (*ENDS, "outcome"):
        if name in errors:
            refused |= errors[name]
        if name in recognised:
            told = recognised[name].told
            unclear = told["severity"].eq("error") | told["rule"].eq(SAID_ENDED)
            refused |= columns[name].rows_with(unclear.to_numpy(dtype=bool))
    for name in (*ENDS, "outcome"):
        if name in requests:
            refused &= requests[name].isna().to_numpy()
    if pending is not None:
        refused &= ~pending
    if not refused.any():
        return requests
    unclear = pd.Series([UNCLEAR], dtype="str")
    column = Distinct(unclear, np.where(refused, 0, -1)).broadcast(unclear)
    return requests.assign(outcome=coalesce(requests["outcome"], column) if "outcome" in requests else column)


def _still_pending(
    requests: pd.DataFrame, pending: np.ndarray | None, rows: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests of which the register says that they are pending, without the end that it gives them all
    the same: the date is likely that of an interim reply, and would make an answer of it. An issue each."""
    contradicted = []
    for stage in ENDS if pending is not None else ():
        if stage not in requests:
            continue
        places = pending & requests[stage].notna().to_numpy()
        days = chronology.written(requests[places], stage)
        contradicted.append(record.issues(rows[places], column=stage, value=days, rule="pending_with_end"))
        blank = {name: requests[name].mask(places) for name in (stage, f"{stage}_precision")}
        requests = requests.assign(**blank)
    return requests, record.joined(contradicted, record.ISSUES)


@dataclass(frozen=True)
class _Recognised:
    """What distinct values were recognised as: `columns`, what each gives each column of the requests;
    `now`, what is put on record as a change; `told`, how, and the issue if there is one."""

    columns: dict[str, pd.Series]
    now: pd.Series
    told: pd.DataFrame


def _recognised(name: str, values: pd.Series, rules: Rules) -> _Recognised:
    if name in DATES:
        return _days({name: values}, rules)[name]
    if name in schema.NUMBERS:
        return _numbers(name, values)
    own = rules.mapping.values.get(name)
    if name == "counterpart":
        told = parties.recognise(values, own)
        return _Recognised({name: told["partner"]}, told["partner"], told)
    if name == "partner":
        told = parties.recognise(values, own)
        parts = {column: told[column] for column in ("partner", "partner_part", "partner_kind")}
        return _Recognised(parts, told["partner"], told)
    vocabulary = next((c.vocabulary for c in schema.COLUMNS if c.name == name and c.vocabulary), name)
    if name == "consented":
        # The day of the consent says that there was one.
        values = values.where(~values.map(dates.is_day).astype(bool), "true")
    told = terms.recognise(values, vocabulary, name in SEVERAL, own)
    code = told["now"]
    if name in YES_NO:
        code = code.map({"true": True, "false": False}).astype("boolean")
    columns = {name: code}
    if name == "channel":
        # Registers that have no column of its own for it call spontaneous information a channel.
        unasked = code.str.split(schema.SEVERAL).map(
            lambda ways: schema.SPONTANEOUS in ways, na_action="ignore"
        )
        if unasked.eq(True).any():
            columns["is_spontaneous"] = unasked.where(unasked.eq(True)).astype("boolean")
    return _Recognised(columns, told["now"], told)


def _as_decided(name: str, values: pd.Series, of: _Recognised, rules: Rules, used: set[str]) -> _Recognised:
    """What was recognised, with the words of which it was decided what they say; their keys go to `used`. Of what
    needs nobody no decision is looked at."""
    texts = {}
    for place in of.told.index[of.told["severity"].isin(["error", "warning"])]:
        keys = (of_word(name, rules.register, values[place]), word_key(name, rules.register, values[place]))
        # What was said of this register alone stands above what holds for every one.
        made = [
            rules.decided[k] for k in dict.fromkeys(keys) if k in rules.decided and rules.decided[k].settles
        ]
        used |= {decision.key for decision in made}
        if made and made[0].answer != EACH:
            texts[place] = made[0].answer
    if not texts:
        return of
    answers = pd.Series(texts, dtype="str")
    read_as = answers.replace({NONE: "-", ":pending": "pending", ":ended": "-"})
    new = _recognised(name, read_as, rules)
    told = of.told.copy()
    right = [place for place, text in texts.items() if text == ":right"]
    other = [place for place in texts if place not in right]
    # An answer that is not understood any more, since its code is gone, leaves the question open.
    other = [place for place in other if new.told.at[place, "severity"] != "error"]
    told.loc[right, list(record.SAID)] = ""
    shared = [column for column in told.columns if column in new.told]
    told.loc[other, shared] = new.told.loc[other, shared]
    told.loc[other, "how"] = "decision"
    ended = [place for place in other if texts[place] == ":ended"]
    told.loc[ended, ["rule", "message"]] = [SAID_ENDED, record.said(SAID_ENDED)["message"]]
    columns = {column: series.copy() for column, series in of.columns.items()}
    now = of.now.copy()
    for series, answer in (*((columns[c], new.columns[c]) for c in columns), (now, new.now)):
        series.loc[other] = answer.loc[other]
    return _Recognised(columns, now, told)


def _days(columns: Mapping[str, pd.Series], rules: Rules) -> dict[str, _Recognised]:
    mapping = rules.mapping
    tables = dates.parse_columns(
        columns,
        order=mapping.order,
        era=mapping.era,
        zone=mapping.time_zone or rules.zone,
        clock=mapping.clock,
        suffixes=mapping.suffixes,
        exchanged=mapping.exchanged,
        log_start=rules.log_start,
        as_of=rules.as_of,
    )
    for name in ENDS:
        if name in tables:
            # "Pending" in place of the date of an end says that there is none yet.
            unknown = columns[name][tables[name]["rule"].eq("unknown_date").to_numpy()]
            some = [n for n, text in unknown.items() if vocab.normalise(text) in vocab.aliases("pending")]
            if some:
                tables[name].loc[some, list(record.SAID)] = [*record.said(terms.PENDING).values()]
    for name in schema.DAYS:
        if name in tables:
            tables[name] = _in_full(tables[name])
    return {
        name: _Recognised(
            {
                name: table["date"],
                **({} if name in schema.DAYS else {f"{name}_precision": table["precision"]}),
            },
            chronology.as_exact(table["date"], table["precision"]),
            table,
        )
        for name, table in tables.items()
    }


def _in_full(told: pd.DataFrame) -> pd.DataFrame:
    """The dates of a column in which a month or a year is no day."""
    partial = told["precision"].isin(["month", "year"])
    said = record.said("unknown_date") | {"message": _("A month or a year stands where a day is meant.")}
    issue = pd.Series({"precision": None, "how": "", **said}, dtype=object)
    told = told.assign(date=told["date"].mask(partial))
    told.loc[partial, issue.index] = issue.to_numpy()
    return told


def _numbers(name: str, values: pd.Series) -> _Recognised:
    """A number of persons or times: whole, not negative; in any digits."""
    digits = values.map(lambda text: unicodedata.normalize("NFKC", text))
    whole = digits.map(lambda text: NUMBER.fullmatch(text) is not None).astype(bool)
    blank = values.map(terms.blank).astype(bool)
    now = digits.where(whole).map(lambda text: str(int(text)), na_action="ignore").astype("str")
    told = pd.DataFrame({**record.said("not_a_number"), "how": "digits"}, index=now.index)
    told["rule"] = told["rule"].where(~whole & ~blank, "")
    return _Recognised({name: pd.to_numeric(now).astype("Int64")}, now, told)
