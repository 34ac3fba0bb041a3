"""The same request written down more than once.

- A row that says what an earlier row of its register says, reference included, is that row.
- Two registers hold one request if they give it the same reference, contradict each other in neither
  partner, direction nor kind, and agree on the day of at least one stage, or one received it on the
  day on which the other forwarded it. It becomes one request with both sources. Where they disagree,
  that is an issue; the earlier day of receipt is followed, for the state has the request from then on,
  and in all else the register that the configuration names first.
- One reference for what cannot be shown to be one request is an issue; so are requests of one partner
  that do not contradict each other, within a week, whose references differ only in signs, zeros or
  prefix, and rows without a reference that say the same. None of these is merged.
"""

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.messages import _
from mlastats.register import chronology, record, references
from mlastats.register.mapping import READABLE
from mlastats.register.words import plain, with_values

NEAR = np.timedelta64(7, "D")
CONTRADICT = ("partner", "direction", "kind")
# What two agencies may well write differently about one request.
OWN_VIEW = ("request_id", "agency")
HAND_OVER = (("received", "forwarded"), ("forwarded", "received"))
RECEIPT = ["received", "received_precision"]
# A reference that stands more often is no reference ("-", "n/a"): its rows are not compared.
OFTEN = 20


@dataclass(frozen=True)
class Merged:
    """`requests` after merging; `merged`, how many rows of each register were; `notes`, what was merged into
    what and where the registers disagree; `compared`, what their references are compared by; `repeated`, which
    rows have the reference of another."""

    requests: pd.DataFrame
    merged: dict[str, int]
    notes: list[pd.DataFrame]
    compared: pd.DataFrame
    repeated: np.ndarray

    @functools.cached_property
    def issues(self) -> pd.DataFrame:
        """The notes, and what may be one request and was not merged: looked for when it is asked for."""
        some = self.requests[self.repeated].apply(plain)
        doubts = (
            _reused(some, self.compared["key"][self.repeated]),
            _alike(self.requests, self.compared["key"]),
            _nameless(self.requests),
        )
        return record.joined([*self.notes, *doubts], record.ISSUES)


def merge(requests: pd.DataFrame, compared: pd.DataFrame | None = None) -> Merged:
    """One row a request. `requests` has the columns of the schema, in the order of the configuration,
    under a unique index; `compared`, row by row, is what `references.compared` says of them."""
    notes: list[pd.DataFrame] = []
    merged: dict[str, int] = {}
    compared = references.compared(requests["request_id"]) if compared is None else compared
    while True:
        repeated = references.repeated(compared)
        some = requests[repeated].apply(plain)
        leader = _leaders(some, compared["key"][repeated])
        gone = leader.index[leader.ne(leader.index)]
        if not len(gone):
            break
        notes += [_merge_notes(some, leader), _disagreements(some, leader)]
        for name, count in some.loc[gone, "register"].value_counts().items():
            merged[str(name)] = merged.get(str(name), 0) + int(count)
        requests = _joined(requests, some, leader)
        compared = compared.loc[requests.index]
    return Merged(requests, merged, notes, compared, repeated)


def _leaders(some: pd.DataFrame, keys: pd.Series) -> pd.Series:
    """For each row the row that it is the same request as: itself, or an earlier one."""
    leader = pd.Series(some.index, index=some.index)
    todo = keys[keys.map(keys.value_counts()).le(OFTEN)] if len(keys) else keys
    while todo.duplicated().any():
        first = ~todo.duplicated()
        heads = pd.Series(todo.index[first], index=todo[first].array)
        others = todo[~first]
        lead = others.map(heads)
        same = _same(some.loc[others.index], some.loc[lead.array])
        leader[others.index[same]] = lead[same].array
        todo = others[~same]
    return leader


def _same(rows: pd.DataFrame, leads: pd.DataFrame) -> np.ndarray:
    within = rows["register"].array == leads["register"].array
    return np.where(within, _identical(rows, leads), _one_request(rows, leads))


def _identical(rows: pd.DataFrame, leads: pd.DataFrame) -> np.ndarray:
    same = np.ones(len(rows), dtype=bool)
    for name in READABLE:
        if name != "request_id":
            same &= ~_differs(rows[name], leads[name]) & (rows[name].isna().array == leads[name].isna().array)
    return same


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


def _joined(requests: pd.DataFrame, some: pd.DataFrame, leader: pd.Series) -> pd.DataFrame:
    """The requests with each group as one row: the leader's values, what it lacks from the others."""
    groups = some[leader.isin(leader[leader.duplicated()])]
    by = leader[groups.index]
    one = groups.groupby(by, sort=False).first()
    sources = groups[~pd.DataFrame({"by": by, "register": groups["register"]}).duplicated()]
    for name in ("register", "source_row"):
        one[name] = sources[name].groupby(by[sources.index], sort=False).agg(schema.SEVERAL.join)
    one[RECEIPT] = groups.sort_values("received", kind="stable").groupby(leader, sort=False).first()[RECEIPT]
    one["observed_from"] = groups["observed_from"].groupby(by, sort=False).min()
    one["observed_to"] = groups["observed_to"].groupby(by, sort=False).max()
    kept = requests.drop(index=leader.index[leader.ne(leader.index)])
    return kept.assign(**{name: with_values(kept[name], one[name]) for name in one.columns})


def _merge_notes(some: pd.DataFrame, leader: pd.Series) -> pd.DataFrame:
    gone = leader[leader.ne(leader.index)]
    rows, leads = some.loc[gone.index], some.loc[gone.array]
    within = rows["register"].array == leads["register"].array
    return record.issues(
        rows["source_row"],
        register=rows["register"],
        column="request_id",
        value=rows["request_id"],
        rule=np.where(within, "same_row", "same_request"),
        message=[
            _("Merged into row {row} of register {register}.", row=row, register=register)
            for row, register in zip(leads["source_row"], leads["register"], strict=True)
        ],
        severity="note",
    )


def _disagreements(some: pd.DataFrame, leader: pd.Series) -> pd.DataFrame:
    gone = leader[leader.ne(leader.index)]
    rows, leads = some.loc[gone.index], some.loc[gone.array]
    found = []
    for name in READABLE:
        if name in OWN_VIEW or name.endswith("_precision"):
            continue
        differ = _differs(rows[name], leads[name])
        if differ.any():
            found.append(_disagreement(rows[differ], leads[differ], name))
    return record.joined(found, record.ISSUES)


def _disagreement(rows: pd.DataFrame, leads: pd.DataFrame, name: str) -> pd.DataFrame:
    return record.issues(
        rows["source_row"],
        register=rows["register"],
        column=name,
        value=_text(rows[name]) + " / " + _text(leads[name]).array,
        rule="registers_disagree",
        message=[
            _followed(name, row=row, register=register)
            for row, register in zip(leads["source_row"], leads["register"], strict=True)
        ],
        suggestion=_("Ask the two agencies which is right, and correct the other in the ledger."),
        severity="warning",
    )


def _followed(name: str, **place: str) -> str:
    if name in RECEIPT:
        return _(
            "Row {row} of register {register} says otherwise about the same request; the earlier day is followed.",
            **place,
        )
    return _(
        "Row {row} of register {register} says otherwise about the same request, and is followed.", **place
    )


def _text(values: pd.Series) -> pd.Series:
    dates = pd.api.types.is_datetime64_any_dtype(values)
    return chronology.day_text(values) if dates else values.astype("str")


def _reused(some: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """One reference twice in one register; or in two registers, where nothing shows that it is one
    request; there it is no more than a note if they contradict each other: two registers may count
    alike."""
    within = pd.DataFrame({"key": keys, "register": some["register"]}).duplicated(keep=False).to_numpy()
    first = pd.Series(keys[~keys.duplicated()].index, index=keys[~keys.duplicated()].array)
    leads = some.loc[keys.map(first).array]
    apart = (leads.index != some.index) & ~within
    others = apart & _contradicts(some, leads)
    text = {
        "reference_reused": _("The register gives this reference to several requests."),
        "same_reference": _(
            "Another register has this reference; whether it is the same request cannot be told."
        ),
        "other_request": _("Another register gives this reference to another request."),
    }
    found = zip(text, (within, apart & ~others, others), strict=True)
    return record.joined([_doubt(some[rows], rule, text[rule]) for rule, rows in found], record.ISSUES)


def _alike(requests: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """Requests of one partner whose references have the same numbers, next to each other by date."""
    if references.of_one_pattern(requests["request_id"]):
        return record.joined([], record.ISSUES)
    some = requests[["request_id", *CONTRADICT, "received", "sent"]][_perhaps_alike(requests)]
    if not len(some):
        return record.joined([], record.ISSUES)
    some = some.assign(day=schema.requested_on, alike=references.numbers(some["request_id"]))
    some = some[some["alike"].fillna("").ne("")].sort_values(["partner", "alike", "day"], kind="stable")
    found: set[object] = set()
    for step in (1, 2, 3):
        one, other = some.iloc[:-step], some.iloc[step:]
        pair = (one["partner"].array == other["partner"].array) & (one["alike"].array == other["alike"].array)
        pair &= other["day"].to_numpy() - one["day"].to_numpy() <= NEAR
        pair &= keys[one.index].array != keys[other.index].array
        pair &= ~_contradicts(one, other)
        found |= {*one.index[pair], *other.index[pair]}
    text = _(
        "Probably one request: another has the same partner, a date within a week and a reference much like it, "
        "and does not contradict it."
    )
    return _doubt(requests[requests.index.isin(found)], "probable_duplicate", text)


def _perhaps_alike(requests: pd.DataFrame) -> np.ndarray:
    """Rows that share partner and the digits of their reference with another within a week: few, among
    which those that are alike are looked for."""
    day = schema.requested_on(requests)
    partner, _partners = vocab.places_of(requests["partner"])
    known = day.notna().to_numpy() & requests["request_id"].notna().to_numpy() & (partner >= 0)
    places = np.flatnonzero(known)
    sums = references.digit_sums(requests["request_id"])[places] + partner[places].astype(np.uint64)
    days = day.to_numpy()[places].astype("datetime64[D]").astype(np.int64)
    # Half of the bits tell it of most, and are sorted in half the time.
    for whole in (np.uint32, np.uint64):
        some = np.flatnonzero(_stand_near(sums, days, whole))
        places, sums, days = places[some], sums[some], days[some]
    perhaps = np.zeros(len(requests), dtype=bool)
    perhaps[places] = True
    return perhaps


def _stand_near(sums: np.ndarray, days: np.ndarray, whole: type[np.unsignedinteger]) -> np.ndarray:
    """Which rows have a sum that another has within a week; and a few more, for want of bits in a `whole`."""
    days = days - days.min(initial=0)
    # In the order of these, equal sums stand side by side by day: the last bits are the day.
    bits = int(days.max(initial=0)).bit_length()
    kept = np.uint64(64 - np.iinfo(whole).bits + bits)
    signs = ((sums * references.FACTOR >> kept << np.uint64(bits)) + days.astype(np.uint64)).astype(whole)
    ordered = np.sort(signs)
    near = np.diff(ordered) <= whole(NEAR.astype(int))
    if not near.any():
        return np.zeros(len(sums), dtype=bool)
    return references.among(signs, ordered[np.append(near, False) | np.append(False, near)])


def _nameless(requests: pd.DataFrame) -> pd.DataFrame:
    some = requests[requests["request_id"].isna()]
    filled = some[list(schema.STAGES)].notna().any(axis=1)
    same = filled & some.duplicated(["register", *(n for n in READABLE if n != "request_id")], keep=False)
    text = _("Rows without a reference say the same; whether they are one request cannot be told.")
    return _doubt(some[same], "probable_duplicate", text)


def _doubt(requests: pd.DataFrame, rule: str, message: str) -> pd.DataFrame:
    severity = "note" if rule == "other_request" else "warning"
    return record.issues(
        requests["source_row"],
        register=requests["register"],
        column="request_id",
        value=requests["request_id"].fillna(""),
        rule=rule,
        message=message,
        suggestion=_("Ask the agency; if it is one request, correct the reference in the ledger."),
        severity=severity,
    )
