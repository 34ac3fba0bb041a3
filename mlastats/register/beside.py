"""The tables beside the requests: a row an asset and measure, a row a person, each keyed to its request.

They come from registers of their own (`table` in the configuration) or from columns of a register of requests
(`[[assets]]` and `[[persons]]` in its mapping). Every row ends in one place: it is an asset or a person, it is a copy of
one, it is refused, or it is no data. One whose request is not known is kept, and an issue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.decisions import Decision
from mlastats.errors import InputRejected, MlaStatsError
from mlastats.messages import _, label
from mlastats.register import amounts, columns, decided, headers, record, references, rows
from mlastats.register.distinct import Distinct, plain
from mlastats.register.files import Raw
from mlastats.register.mapping import Mapping as Approved
from mlastats.settings import Register, Settings

# What is taken as it is written.
WRITTEN = ("request_id", "asset")
# Rules of which a row is asked about.
OF_ROWS = ("same_row", "request_unknown", "request_ambiguous")
# Rows of a register of requests that say again what another row says.
AGAIN, JOINED = ("same_row", "carried_over"), "joined_row"


@dataclass(frozen=True)
class Beside:
    """The `tables` by name; `issues` and `changes` as cleaning puts them on record; `account`, where the rows of each
    register ended; `used`, the keys of the decisions about words that were followed."""

    tables: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    changes: pd.DataFrame
    account: list[dict[str, Any]]
    used: frozenset[str]


@dataclass(frozen=True)
class _Some:
    """Rows of one register that are of one table: the text of each column that is read, under the row numbers; what the
    header of the amounts says of their currency; how many rows are copies, refused or no data, and what is said of them."""

    register: Register
    table: str
    mapping: Approved
    texts: dict[str, pd.Series]
    currency: str
    read: int
    copies: int
    refused: int
    not_data: int
    faults: tuple[pd.DataFrame, ...] = ()


def clean(
    registers: Sequence[tuple[Register, Raw]],
    known: pd.DataFrame,
    doubles: Mapping[str, Mapping[str, str]],
    made: Mapping[str, Decision],
    settings: Settings,
) -> Beside:
    """The tables of all registers that have any of them.

    `known` are the requests as the registers have them, `key register source_row request_id` (the last as the requests
    table has it); `doubles`, by register, the rows that are no requests of their own, each with the rule that said so.
    Raises InputRejected where headers or mapping cannot be followed.
    """
    issues, changes, account, used = (
        list[pd.DataFrame](),
        list[pd.DataFrame](),
        list[dict[str, Any]](),
        set[str](),
    )
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in schema.BESIDE}
    for register, raw in registers:
        for some in _of_register(register, raw, doubles.get(register.name, {})):
            read = _recognised(some, made, settings)
            told = record.joined([*some.faults, *read.issues], record.ISSUES)
            settled = _settled(read.table, told, known, {register.name: raw.frame}, made)
            parts[some.table].append(schema.conform(settled.table, table=some.table))
            issues.append(settled.issues)
            changed = record.joined([*read.changes, settled.changes], record.CHANGES)
            changes.append(changed.assign(register=register.name))
            twice = len(read.table) - len(settled.table)
            account.append(_account(replace(some, copies=some.copies + twice), len(settled.table)))
            used |= read.used | settled.used
    tables = {
        table: pd.concat(some, ignore_index=True) if some else schema.conform(pd.DataFrame(), table=table)
        for table, some in parts.items()
    }
    return Beside(
        tables,
        record.joined(issues, record.ISSUES),
        record.joined(changes, record.CHANGES),
        account,
        frozenset(used),
    )


def _account(some: _Some, kept: int) -> dict[str, Any]:
    ends = {"rows": kept, "copies": some.copies, "refused": some.refused, "not_data": some.not_data}
    if some.read != sum(ends.values()):
        raise MlaStatsError(
            f"Register {some.register.name}: {some.read} rows of {some.table} were read, and {ends}. A row is lost or "
            "counted twice; nothing was written. This is a fault of mlastats: report it."
        )
    return {"name": some.register.name, "table": some.table, "read": some.read, **ends}


def _of_register(register: Register, raw: Raw, doubles: Mapping[str, str]) -> list[_Some]:
    mapping = raw.mapping or Approved()
    if mapping.table != "requests":
        return [_own(register, raw, mapping)]
    _matched, texts, _claimed = raw.columns(f"Register {register.name}")
    reference = (
        plain(texts["request_id"]) if "request_id" in texts else pd.Series("", raw.frame.index, dtype="str")
    )
    by_key = {headers.key(str(name)): str(name) for name in raw.frame.columns}
    found = []
    for table in schema.BESIDE:
        for n, part in enumerate(getattr(mapping, table), 1):
            lacking = [m for m, header in enumerate(part.columns, 1) if headers.key(header) not in by_key]
            if lacking:
                raise InputRejected(
                    f"Register {register.name} has no such header as table {n} of [[{table}]] in its mapping names: "
                    f"entries {', '.join(map(str, lacking))}. Write each as it stands in the register."
                )
            named = {column: by_key[headers.key(header)] for header, column in part.columns.items()}
            cells = {column: plain(raw.frame[header]).astype("str") for column, header in named.items()}
            of_part = mapping.model_copy(update={"table": table, "constants": part.constants})
            found.append(_part(register, of_part, {"request_id": reference, **cells}, named, doubles))
    return found


def _own(register: Register, raw: Raw, mapping: Approved) -> _Some:
    """A register of the table's own. Rows in which nothing is read are refused; equal rows are two assets or persons,
    perhaps written twice."""
    matched, texts, claimed = raw.columns(f"Register {register.name}")
    cells = {column: plain(text).astype("str") for column, text in texts.items()}
    filled = np.logical_or.reduce(
        [np.zeros(len(raw.frame), bool), *(text.str.strip().ne("").to_numpy() for text in cells.values())]
    )
    nothing = [rows.Remark(row, "nothing_read") for row in raw.frame.index[~filled]]
    remarks = [*rows.gathered(raw.refused, raw.not_data_rows, raw.frame.index), *nothing]
    twice = raw.frame.astype("str").duplicated(keep=False).to_numpy() & filled
    faults = (
        rows.issues(remarks, raw.remarks),
        record.issues(
            raw.frame.index[twice],
            rule="same_row",
            message=_("Another row is the same in every cell; both are counted."),
            suggestion=_("Take one of the two out if it was written twice."),
            severity="warning",
        ),
        record.issues([""] * len(claimed), column=list(claimed), rule="header_ambiguous"),
    )
    return _Some(
        register,
        mapping.table,
        mapping,
        {column: text[filled] for column, text in cells.items()},
        amounts.currency_of(matched.get("amount", "")),
        raw.read,
        0,
        len(raw.refused) + int((~filled).sum()),
        sum(raw.not_data.values()),
        faults,
    )


def _part(
    register: Register,
    mapping: Approved,
    texts: dict[str, pd.Series],
    named: Mapping[str, str],
    doubles: Mapping[str, str],
) -> _Some:
    """The rows of a register of requests that say something in some of its columns. What a row says again of the same
    request is a copy: all of a row that is one; and of a further row of a request what another row says too, unless
    such a row is an asset or a person of its own."""
    table = pd.DataFrame(texts)
    said = table[table[list(named)].apply(lambda column: column.str.strip().ne("")).any(axis=1)]
    rule = pd.Series([doubles.get(row, "") for row in said.index], said.index, dtype="str")
    again = rule.isin(AGAIN)
    if mapping.one_row_per not in ("asset", "person"):
        again |= rule.eq(JOINED) & said.duplicated()
    kept = said[~again]
    return _Some(
        register,
        mapping.table,
        mapping,
        {str(column): kept[column] for column in kept},
        amounts.currency_of(named.get("amount", "")),
        len(said),
        int(again.sum()),
        0,
        0,
    )


@dataclass(frozen=True)
class _Recognised:
    table: pd.DataFrame
    issues: list[pd.DataFrame]
    changes: list[pd.DataFrame]
    used: frozenset[str]


def _recognised(some: _Some, made: Mapping[str, Decision], settings: Settings) -> _Recognised:
    """The rows with every column recognised as those of requests are, and amounts by their own rules."""
    register, texts = some.register, dict(some.texts)
    index = next(iter(texts.values())).index if texts else pd.Index([], dtype="str")
    written = {name: references.as_written(texts.pop(name)) for name in WRITTEN if name in texts}
    if "request_id" in some.mapping.hashed and "request_id" in written:
        written["request_id"] = references.hashed(written["request_id"], "request_id")
    money: dict[str, pd.Series] = {n: texts.pop(n) for n in ("amount", "currency") if n in texts}
    rules = columns.Rules(
        some.mapping, register.time_zone, register.log_start, settings.as_of, register.name, made
    )
    constants = columns.constants(rules, f"Register {register.name}")
    read = columns.read({name: Distinct.of(text) for name, text in texts.items()}, index, rules)
    table = read.requests.assign(**{name: text.text() for name, text in written.items()})
    table = pd.DataFrame({name: plain(table[name]) for name in table}, range(len(index)))
    issues, changes = [read.issues], [read.changes]
    if money:
        own = str(constants.pop("currency", "")) or some.currency
        values, told, changed = _amounts(money, own, some.mapping.decimal or "", index)
        table = table.assign(**values)
        issues.append(told)
        changes.append(changed)
    for name, value in constants.items():
        if not pd.isna(value):
            table[name] = table[name].fillna(value) if name in table else value
    table = table.assign(register=register.name, source_row=index.astype("str"))
    return _Recognised(table, issues, changes, read.facts.decided)


@dataclass(frozen=True)
class _Settled:
    table: pd.DataFrame
    issues: pd.DataFrame
    changes: pd.DataFrame
    used: frozenset[str]


def _settled(
    table: pd.DataFrame,
    told: pd.DataFrame,
    known: pd.DataFrame,
    texts: Mapping[str, pd.DataFrame],
    made: Mapping[str, Decision],
) -> _Settled:
    """The rows with the reference of their request, after what was decided about rows: which request was meant, and that
    a row written twice is one. What was decided stays a note."""
    (register,) = texts
    answers = {key: one.answer for key, one in made.items() if one.settles}

    def issued(of: pd.DataFrame) -> pd.DataFrame:
        return decided.keyed(record.joined([told, of], record.ISSUES).assign(register=register), texts)

    keyed, unknown = _keyed(table, known)
    issues = issued(unknown)
    asked = issues[issues["rule"].isin(OF_ROWS) & issues["key"].isin(answers) & issues["severity"].ne("note")]
    said = asked["key"].map(answers).astype("str")
    meant = said.str.removeprefix(":now ")[said.str.startswith(":now ")]
    changes = pd.DataFrame({"was": asked["value"][meant.index], "now": meant})
    if len(meant):
        named = pd.Series(meant.to_numpy(), asked["row"][meant.index].to_numpy()).drop_duplicates()
        keyed, unknown = _keyed(
            table.assign(request_id=table["source_row"].map(named).fillna(table["request_id"])), known
        )
        issues = issued(unknown)
    one = asked[said.eq(":one_row")]
    keyed = keyed[~keyed["source_row"].isin(one["row"][one["key"].duplicated()])]
    done = issues["key"].isin(set(asked["key"]))
    issues = issues.assign(
        severity=issues["severity"].mask(done, "note"),
        suggestion=issues["suggestion"].mask(done, _("It was decided in a review.")),
    )
    counted = changes.value_counts(sort=False).reset_index() if len(changes) else changes
    counted = counted.assign(register="", column="request_id", rule="decision").reindex(
        columns=[*record.CHANGES]
    )
    return _Settled(keyed.reset_index(drop=True), issues, counted, frozenset(asked["key"]))


def _amounts(
    money: Mapping[str, pd.Series], own: str, decimal: str, index: pd.Index
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """The columns `amount currency approximate` of some rows, with issues and changes. What a column of currencies says
    stands above what the header or the mapping says of all rows (`own`)."""
    blank = pd.Series("", index, dtype="str")
    texts, beside = (
        money.get(name, blank).fillna("").astype("str").tolist() for name in ("amount", "currency")
    )
    named = [amounts.currency_of(text) for text in beside]
    found = amounts.read(texts, [code or own for code in named], decimal)
    shown = [text.strip() for text in texts]
    unknown = [bool(text.strip()) and not code for text, code in zip(beside, named, strict=True)]
    told = [n for n, one in enumerate(found) if one.issue]
    lost = {"approximate": "note", "currency_unclear": "warning"}
    issues = [
        record.issues(
            index[told],
            column="amount",
            value=[shown[n] for n in told],
            rule="amount_unclear",
            message=[label("amount_issue", found[n].issue) + "." for n in told],
            suggestion=[
                _('Write the amount in figures with its currency, or say `decimal = ","` in the mapping.')
                if found[n].issue == "number_unclear"
                else _("Write one amount in figures with its currency.")
                for n in told
            ],
            severity=[lost.get(found[n].issue, "error") for n in told],
        ),
        record.issues(
            index[unknown],
            column="currency",
            value=[text for text, is_unknown in zip(beside, unknown, strict=True) if is_unknown],
            **record.said("unknown_term") | {"suggestion": _("Write the code of the currency, as LAK.")},
        ),
    ]
    values = {
        "amount": [float("nan") if one.value is None else float(one.value) for one in found],
        "currency": pd.Series([one.currency or None for one in found], dtype="str"),
        "approximate": pd.array(
            [None if one.value is None else one.issue == "approximate" for one in found], dtype="boolean"
        ),
    }
    now = [None if one.value is None else f"{one.value:f} {one.currency}".strip() for one in found]
    text = pd.Series(shown, dtype="str")
    pairs = pd.DataFrame({"was": text, "now": pd.Series(now, dtype="str")}).dropna()
    pairs = pairs[pairs["was"].ne(pairs["now"])].value_counts(sort=False).reset_index()
    changed = pairs.assign(register="", column="amount", rule="amount")[list(record.CHANGES)]
    return values, record.joined(issues, record.ISSUES), changed


def _keyed(table: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows with the reference of their request as the requests table has it; and issues: no reference, one that no
    register has, or one that several requests have. A request of the same register comes first."""
    blank = pd.Series(pd.NA, table.index, dtype="str")
    written = table.get("request_id", blank)
    wanted = references.key(written)
    some = known[known["key"].isin(set(wanted.dropna()))]
    carriers: dict[str, dict[str, list[tuple[str, int]]]] = {}
    for key, register, request, place in some[["key", "register", "request_id", "place"]].itertuples(
        index=False
    ):
        carriers.setdefault(key, {}).setdefault(register, []).append((request, place))
    found, rule = [], []
    for key, own, text in zip(wanted, table["register"], written, strict=True):
        of = carriers.get(key, {}) if pd.notna(key) else {}
        near = of.get(own) or [one for several in of.values() for one in several]
        meant = {place: request for request, place in near}
        found.append(next(iter(meant.values())) if len(meant) == 1 else text)
        rule.append("" if len(meant) == 1 else "request_ambiguous" if meant else "request_unknown")
    places = [n for n, name in enumerate(rule) if name]
    told = pd.DataFrame([record.said(rule[n]) for n in places], columns=list(record.SAID))
    numbers, values = table["source_row"].iloc[places], written.iloc[places].fillna("")
    issues = record.issues(numbers, column="request_id", value=values, **told)
    return table.assign(request_id=pd.Series(found, table.index, dtype="str")), issues
