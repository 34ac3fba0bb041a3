"""The same request in two registers, and what may be one request (rows of one register: `repeats.py`).

- Two registers hold one request if they give it the same reference, contradict each other in neither
  partner, direction nor kind, and agree on the day of at least one stage, or one received it on the
  day on which the other forwarded it. It becomes one request with both sources. Where they disagree,
  that is an issue; the earlier day of receipt is followed, for the state has the request from then on,
  and in all else the register that the configuration names first.
- One reference for what cannot be shown to be one request is an issue; so are requests of one partner
  that do not contradict each other, within a week, whose references differ only in signs, zeros or
  prefix, and rows without a reference that say the same. None of these is merged.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.messages import _
from mlastats.register import chronology, record, references
from mlastats.register.distinct import plain, replaced_in
from mlastats.register.mapping import READABLE

NEAR = np.timedelta64(7, "D")
CONTRADICT = ("partner", "direction", "kind")
# What two agencies may well write differently about one request.
OWN_VIEW = ("request_id", "agency", "entered_on")
HAND_OVER = (("received", "forwarded"), ("forwarded", "received"))
RECEIPT = ["received", "received_precision"]
# A reference that stands more often is no reference ("-", "n/a"): its rows are not compared.
OFTEN = 20


@dataclass(frozen=True)
class Merged:
    """`requests` after merging; `merged`, how many rows of each register were; `issues`, what was merged into what,
    where the registers disagree, and what may be one request and was not merged; of these `too_many` of each register
    are not the first."""

    requests: pd.DataFrame
    merged: dict[str, int]
    too_many: dict[str, int]
    issues: pd.DataFrame


def merge(requests: pd.DataFrame) -> Merged:
    """One row a request. `requests` has the columns of the schema, in the order of the configuration, under an index
    of places (0, 1, ...)."""
    keys = references.key(requests["request_id"])
    notes, gone, merged = list[pd.DataFrame](), list[int](), Counter[str]()
    several = requests["register"].nunique() > 1
    some = requests[references.repeated(keys) if several else slice(0)].apply(plain)
    first = some
    while some["register"].nunique() > 1:
        leader = _leaders(some, keys[some.index])
        absorbed = leader.index[leader.ne(leader.index)]
        if not len(absorbed):
            break
        gone_to = leader[leader.ne(leader.index)]
        notes += _merge_notes(some.loc[gone_to.index], some.loc[gone_to.array])
        merged.update(some.loc[absorbed, "register"])
        gone += absorbed.tolist()
        some = joined(some, leader)
    if gone:
        changed = [name for name in some if not some[name].equals(first.loc[some.index, name])]
        # Columns that no register fills share one: they are left out while rows are taken out, not copied each.
        kept = requests[[name for name in requests if requests[name].notna().any()]].drop(index=gone)
        kept = kept.assign(
            **{name: replaced_in(requests[name], some[name]).drop(index=gone) for name in changed}
        )
        requests = schema.conform(kept, coded=True)
    alike, nameless = _alike(requests, keys), _nameless(requests)
    pairs = alike | nameless
    twice, further = (requests.index.isin(some) for some in ({*pairs, *pairs.values()}, pairs))
    before = requests["probable_duplicate"].fillna(False).to_numpy(dtype=bool)
    doubts = (
        _shared(some, keys[some.index]),
        _pairs(requests, alike),
        _pairs(
            requests,
            nameless,
            message=_("Rows without a reference say the same; whether they are one request cannot be told."),
        ),
    )
    return Merged(
        requests.assign(probable_duplicate=pd.array(twice | before, dtype="boolean")),
        dict(merged),
        Counter(name.split(schema.SEVERAL)[0] for name in requests["register"][further]),
        record.joined([*notes, *doubts], record.ISSUES),
    )


def _leaders(some: pd.DataFrame, keys: pd.Series) -> pd.Series:
    """For each row the row of another register that it is the same request as, or itself."""
    leader = pd.Series(some.index, index=some.index)
    todo = keys[keys.map(keys.value_counts()).le(OFTEN)] if len(keys) else keys
    while todo.duplicated().any():
        first = ~todo.duplicated()
        heads = pd.Series(todo.index[first], index=todo[first].array)
        others = todo[~first]
        lead = others.map(heads)
        rows, leads = some.loc[others.index], some.loc[lead.array]
        apart = ~_registers_meet(rows, leads)
        same = apart & _one_request(rows, leads)
        leader[others.index[same]] = lead[same].array
        todo = others[~same]
    return leader


def _registers_meet(rows: pd.DataFrame, leads: pd.DataFrame) -> np.ndarray:
    """Whether a register has both of two requests."""
    pairs = zip(rows["register"], leads["register"], strict=True)
    return np.array(
        [bool(set(a.split(schema.SEVERAL)) & set(b.split(schema.SEVERAL))) for a, b in pairs], dtype=bool
    )


def _one_request(rows: pd.DataFrame, leads: pd.DataFrame) -> np.ndarray:
    agreed = np.zeros(len(rows), dtype=bool)
    for one, other in (*zip(schema.STAGES, schema.STAGES, strict=True), *HAND_OVER):
        exact = (
            rows[f"{one}_precision"].eq("day").to_numpy() & leads[f"{other}_precision"].eq("day").to_numpy()
        )
        agreed |= exact & (rows[one].to_numpy() == leads[other].to_numpy())
    return agreed & ~_contradicts(rows, leads)


def _contradicts(rows: pd.DataFrame, leads: pd.DataFrame) -> np.ndarray:
    against = np.zeros(len(rows), dtype=bool)
    for name in CONTRADICT:
        against |= _differs(rows[name], leads[name])
    return against


def _differs(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Where both are known and not the same."""
    known = left.notna().to_numpy() & right.notna().to_numpy()
    return known & (left.to_numpy(dtype=object, na_value=None) != right.to_numpy(dtype=object, na_value=None))


def joined(some: pd.DataFrame, leader: pd.Series) -> pd.DataFrame:
    """The requests with each group as one row: the leader's values, what it lacks from the others."""
    groups = some[leader.isin(leader[leader.duplicated()])]
    by = leader[groups.index]
    one = groups.groupby(by, sort=False).first()
    for name in ("register", "source_row"):
        one[name] = groups[name].groupby(by, sort=False).agg(schema.SEVERAL.join)
    one[RECEIPT] = groups.sort_values("received", kind="stable").groupby(leader, sort=False).first()[RECEIPT]
    one["observed_from"] = groups["observed_from"].groupby(by, sort=False).min()
    one["observed_to"] = groups["observed_to"].groupby(by, sort=False).max()
    alone = some[leader.eq(leader.index) & ~some.index.isin(one.index)]
    return schema.conform(pd.concat([alone, one]).sort_index())


def _merge_notes(rows: pd.DataFrame, leads: pd.DataFrame) -> list[pd.DataFrame]:
    """The notes of rows that were merged into those that lead; and an issue wherever the two disagree."""
    found = [_of_pairs(rows, leads, "request_id", rows["request_id"], "same_request")]
    for name in READABLE:
        if name in OWN_VIEW or name.endswith("_precision"):
            continue
        differ = _differs(rows[name], leads[name])
        if differ.any():
            ours, theirs = rows[differ], leads[differ]
            values = _text(ours[name]) + " / " + _text(theirs[name]).array
            told = _of_pairs(ours, theirs, name, values, "registers_disagree")
            found.append(told.assign(other=_named(theirs).array))
    return found


def _of_pairs(
    rows: pd.DataFrame, leads: pd.DataFrame, column: str, values: pd.Series, rule: str
) -> pd.DataFrame:
    places = [
        {"row": row, "register": register}
        for row, register in zip(leads["source_row"], leads["register"], strict=True)
    ]
    told = pd.DataFrame([record.said(rule, **place) for place in places])
    if column in RECEIPT:
        told["message"] = [
            _(
                "Row {row} of register {register} says otherwise about the same request; the earlier day is followed.",
                **place,
            )
            for place in places
        ]
    return record.issues(rows["source_row"], register=rows["register"], column=column, value=values, **told)


def _text(values: pd.Series) -> pd.Series:
    dates = pd.api.types.is_datetime64_any_dtype(values)
    return chronology.day_text(values) if dates else values.astype("str")


def _shared(some: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """One reference in two registers, where nothing shows that it is one request; no more than a note if they
    contradict each other: two registers may count alike."""
    first = pd.Series(keys[~keys.duplicated()].index, index=keys[~keys.duplicated()].array)
    leads = some.loc[keys.map(first).array]
    apart = ~_registers_meet(some, leads)
    others = apart & _contradicts(some, leads)
    found = {"same_reference": apart & ~others, "other_request": others}
    doubts = [_doubt(some[rows], leads[rows], rule) for rule, rows in found.items()]
    return record.joined(doubts, record.ISSUES)


def _alike(requests: pd.DataFrame, keys: pd.Series) -> dict[int, int]:
    """Requests of one partner whose references have the same numbers, next to each other by date: each that has
    another before it, with that one."""
    if references.of_one_pattern(requests["request_id"]):
        return {}
    some = requests[["request_id", *CONTRADICT, "received", "sent"]]
    some = some[some["request_id"].notna() & some["partner"].notna()].assign(day=schema.requested_on)
    some = some.assign(alike=references.numbers(some["request_id"]))[some["day"].notna()]
    some = some[some["alike"].ne("") & some.duplicated(["partner", "alike"], keep=False)]
    some = some.sort_values(["partner", "alike", "day"], kind="stable")
    found: dict[int, int] = {}
    for step in (3, 2, 1):
        one, other = some.iloc[:-step], some.iloc[step:]
        pair = (one["partner"].array == other["partner"].array) & (one["alike"].array == other["alike"].array)
        pair &= other["day"].to_numpy() - one["day"].to_numpy() <= NEAR
        pair &= keys[one.index].array != keys[other.index].array
        pair &= ~_contradicts(one, other)
        found |= dict(zip(other.index[pair], one.index[pair], strict=True))
    return found


def _nameless(requests: pd.DataFrame) -> dict[int, int]:
    """Requests without a reference that say the same: each that has another before it, with the first."""
    some = requests[requests["request_id"].isna()]
    dated = some[some[list(schema.STAGES)].notna().any(axis=1)]
    names = ["register", *(n for n in READABLE if n != "request_id")]
    same = dated[dated.duplicated(names, keep=False)]
    first = same.groupby(names, dropna=False, observed=True).ngroup()
    leads = first.map(pd.Series(first.index[~first.duplicated()], first[~first.duplicated()].array))
    return {row: lead for row, lead in leads.items() if row != lead}


def _pairs(requests: pd.DataFrame, pairs: dict[int, int], **told: str) -> pd.DataFrame:
    """An issue of both rows of each pair; of a row in several pairs that of the row before it."""
    both = {lead: row for row, lead in reversed(pairs.items())} | pairs
    some = requests[requests.index.isin(both)]
    others = requests.loc[[both[place] for place in some.index]]
    return _doubt(some, others, "probable_duplicate", **told)


def _named(requests: pd.DataFrame) -> pd.Series:
    """Each request by its register and row."""
    return requests["register"].astype("str") + " " + requests["source_row"].astype("str")


def _doubt(requests: pd.DataFrame, others: pd.DataFrame, rule: str, **told: str) -> pd.DataFrame:
    values = requests["request_id"].fillna("")
    found = {"column": "request_id", "value": values, "other": _named(others), **record.said(rule), **told}
    return record.issues(requests["source_row"], register=requests["register"], **found)
