"""What every record has, in one table a unit, so that any declared count can be counted again from it.

A record is a request, a matter (a chain of linked requests) or a leg (a step of a request from stage to stage). An
exhibit declares what it counts by these attributes; `where` says which records a declaration means.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mlastats import periods, schema
from mlastats.errors import ConfigurationError
from mlastats.measure import apart
from mlastats.measure.ad_hoc import NO_TREATY, RECIPROCITY, in_force
from mlastats.measure.assessment import ends
from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.contract import Day
from mlastats.measure.durations import (
    ANSWERED,
    PENDING,
    UNDATED,
    WITHOUT_ANSWER,
    cut_of,
    durations,
    last_day,
)
from mlastats.measure.flow import flowing
from mlastats.measure.groups import UNRECORDED, grouped
from mlastats.measure.informal_first import DECIDED, FORMAL, contact_ends, formal_order
from mlastats.measure.matters import matter_of, matters
from mlastats.measure.mix import ARMS
from mlastats.measure.observation import window
from mlastats.measure.pending import BANDS, YEAR, band_names, pending_cases
from mlastats.measure.periods import begun_in
from mlastats.measure.stages import handed_over, legs
from mlastats.measure.standards import DUE, deadline_ends
from mlastats.measure.supplements import supplemented
from mlastats.measure.windows import within

GROUPS = [
    "kind",
    "strand",
    "agency",
    "year",
    "partner",
    "partner_group",
    "asean",
    "channel",
    "offence",
    "urgent",
]
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Records:
    """The records of a page by unit, and by period its "window"; `begun` says by unit and period which began in it.
    `keys` has a number of 64 bits for each record: that of a matter is the sum over its requests as the whole table
    links them."""

    units: dict[str, "Attributes"]
    begun: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    keys: dict[str, np.ndarray] = field(default_factory=dict)

    def members(self, conditions: Mapping[str, str]) -> tuple[str, np.ndarray] | None:
        """Which records of which table meet the conditions; None where they cannot be counted."""
        asked = {name: value for name, value in conditions.items() if name != "as_of"}
        unit = asked.pop("unit", "requests")
        window, period = asked.pop("window", ""), asked.pop("begun", "")
        table = f"window {window}" if window else unit
        begun = self.begun.get((unit, period))
        if period and begun is None:
            return None
        mask = self.units[table].where(asked) if table in self.units else None
        return None if mask is None else (table, mask if begun is None else mask & begun)

    def count(self, conditions: Mapping[str, str]) -> tuple[int, int] | None:
        """How many records meet the conditions, and the sum of their keys; None where they cannot be counted."""
        found = self.members(conditions)
        if found is None:
            return None
        table, mask = found
        return int(mask.sum()), int(self.keys[table][mask].sum(dtype=np.uint64))

    def of(self, rows: Sequence[Any]) -> tuple[int, int]:
        """How many of these rows of the requests table are records, and the sum of their keys."""
        mask = self.units["requests"].request.isin(rows).to_numpy()
        return int(mask.sum()), int(self.keys["requests"][mask].sum(dtype=np.uint64))

    def keyed(self, every: pd.DataFrame, keys: pd.Series, leg_key: Callable[[int, str], int]) -> "Records":
        """With the keys of the requests of the table `every`; that of a leg is `leg_key` of its request's and the stage."""
        whole, matters, legs = matter_of(every), self.units["matters"], self.units["legs"]
        first = matters.request[~matters.request.index.duplicated()].reindex(matters.table.index)
        of_leg = zip(keys.loc[legs.request], legs.table["stage"], strict=True)
        found = {
            "matters": whole.loc[first].map(keys.groupby(whole).sum()).to_numpy("uint64"),
            "legs": np.array([leg_key(key, stage) for key, stage in of_leg], dtype=np.uint64),
        }
        for name in set(self.units) - set(found):
            found[name] = keys.loc[self.units[name].request].to_numpy("uint64")
        return replace(self, keys=found)


@dataclass
class Attributes:
    """The records of one unit: `table` has a row a record and a column an attribute, and `request` names for each
    record the rows of the requests table that it is made of (one for a request or a leg); `stock` gives what was open on
    a day, with its age."""

    table: pd.DataFrame
    request: pd.Series
    stock: Callable[[pd.Timestamp], pd.DataFrame] | None = None
    _masks: dict[tuple[str, str], np.ndarray | None] = field(default_factory=dict)

    def where(self, conditions: Mapping[str, str]) -> np.ndarray | None:
        """Which records meet all the conditions; None where one names what no record has.

        A condition is an attribute's value, or several joined by "|"; "all" is none. `period` holds what began in
        it, `each` names an attribute of several codes of which one is enough, `within_days` is the most days after
        which a contact became formal. Stock and flow are of their period: open_on, flow and ended.
        """
        asked = {name: value for name, value in conditions.items() if value != "all"}
        period, each = asked.get("period", ""), asked.pop("each", "")
        if "on" in asked:
            asked["stood"] = f"{asked.pop('on')};{asked.pop('waited', '')}"
        if moves := [asked.pop(name) for name in ("open_on", "flow", "ended") if name in asked]:
            asked.pop("period", None)
            asked["moved"] = ";".join([period, *moves])
        mask = np.ones(len(self.table), dtype=bool)
        for name, value in asked.items():
            key = (f"each {name}" if name == each else name, value)
            if key not in self._masks:
                self._masks[key] = self._mask(*key)
            if (own := self._masks[key]) is None:
                return None
            mask = mask & own
        return mask

    def _mask(self, name: str, value: str) -> np.ndarray | None:
        """Which records meet one condition; None where no record has the attribute, or the period is none."""
        table = self.table
        needs = {"arms": value, "within_days": "contact_days", "moved": "kept_from", "period": "on"}
        if name != "stood" and needs.get(name, name.removeprefix("each ")) not in table:
            return None
        if name == "arms":
            seen = table["unobserved"].eq(NO) & table["timed"].eq(YES)
            return (seen & table[value].isin(ARMS[value])).to_numpy()
        if name.startswith("each "):
            return (
                table[name.removeprefix("each ")]
                .str.split(schema.SEVERAL)
                .map(lambda codes: value in codes)
                .to_numpy()
            )
        if name == "within_days":
            return table["contact_days"].le(float(value)).to_numpy()
        if name == "stood":
            return self._stood(*value.split(";"))
        period = value.partition(";")[0]
        if name in ("moved", "period") and period != UNRECORDED and not is_period(period):
            return None
        if name == "moved":
            return self._moved(*value.split(";"))
        if name == "period" and value != UNRECORDED:
            first, last = days_of(value)
            rough = table["precision"].eq("year") & ((last - first).days < 364)
            # What partners did is counted while every register of the direction was kept.
            seen = (
                table["on"].between(table["kept_from"], table["kept_to"])
                if "observed_by_day" in table
                else True
            )
            return (table["on"].between(first, last) & seen & ~rough).to_numpy()
        if name == "period":
            return table["on"].isna().to_numpy()
        return table[name].isin(value.split("|")).to_numpy()

    def _stood(self, day: str, waited: str) -> np.ndarray | None:
        """Open on a day, and then for a year or longer."""
        if self.stock is None:
            return None
        age = self.stock(pd.Timestamp(day))["age"].reindex(self.request)
        return (age.ge(YEAR).fillna(False) if waited else age.notna()).to_numpy(bool)

    def _moved(self, period: str, what: str, ended: str = "") -> np.ndarray:
        """Open on the first or the last day of a period, opened or ended in it."""
        opens, closes = days_of(period)
        first, last = self.table["kept_from"].clip(lower=opens), self.table["kept_to"].clip(upper=closes)
        start, stop, lost = (self.table[name] for name in ("start", "stop", "lost"))
        open_now = {
            "first_day": start.lt(first) & ~stop.lt(first) & ~lost,
            "last_day": start.le(last) & ~stop.le(last) & ~lost,
            "opened": start.between(first, last),
            "ended": stop.between(first, last),
        }[what]
        if ended:
            open_now &= self.table["otherwise"].eq(ended == "otherwise")
        return (open_now & self.table["flows"]).to_numpy()


def is_period(text: str) -> bool:
    """Whether a text is the code of a period, or of several years; rows of other days have names ("After 31 August")."""
    try:
        days_of(text)
    except ConfigurationError:
        return False
    return True


def days_of(period: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day of a period's code, or of several years, "2016–2020"."""
    first, last = (periods.parse(code) for code in (period.split("–") * 2)[:2])
    return pd.Timestamp(first.start), pd.Timestamp(last.end)


def records_of(
    requests: pd.DataFrame,
    every: pd.DataFrame,
    *,
    as_of: Day,
    beside: pd.DataFrame | None = None,
    spans: Mapping[str, tuple[dt.date, dt.date]] | None = None,
) -> Records:
    """The records of the `requests` of a page and of what is no request and stands `beside` them, with what began in
    each of `spans` by name and what was open in it; contacts are looked for in `every`, whatever `requests` leaves out."""
    units = {
        "requests": requests_of(requests, every, as_of=as_of),
        "matters": matters_of(requests, as_of=as_of),
        "legs": legs_of(requests, as_of=as_of),
    }
    if beside is not None:
        units["apart"] = Attributes(apart.entries(beside), pd.Series(beside.index, index=beside.index))
    begun = {}
    asked, on = units["requests"].table.index, units["matters"].table["on"]
    for name, span in (spans or {}).items():
        begun["requests", name] = asked.isin(begun_in(requests, *span).index)
        begun["matters", name] = ~on.lt(pd.Timestamp(span[0])).to_numpy()
        units[f"window {name}"] = requests_of(within(requests, *span), every, as_of=as_of)
    return Records(units, begun)


def requests_of(requests: pd.DataFrame, every: pd.DataFrame, *, as_of: Day) -> Attributes:
    """The requests that had begun by their cut. Contacts are looked for in `every`, whatever `requests` leaves out."""
    measured = durations(requests, as_of=as_of)
    measured = measured[measured["status"].notna()]
    status, rows = measured["status"].astype(object), requests.loc[measured.index]
    outcome, when = rows["outcome"], moment(rows, REQUESTED)
    ended = moment(rows, "answered")["first"].fillna(moment(rows, "closed")["first"])
    held = outcome.fillna(UNRECORDED).mask(status.eq(PENDING), PENDING).mask(status.eq(UNDATED), UNDATED)
    age = measured["days"].where(status.eq(PENDING)).astype(float)
    handed = handed_over(requests, as_of=as_of)
    begun, until = window(requests, as_of=as_of)
    due = deadline_ends(rows, as_of)
    decided = outcome.isin(DECIDED) & status.isin([ANSWERED, UNDATED])
    columns = {
        **{name: values.astype(object) for name, values in grouped(requests, GROUPS).loc[rows.index].items()},
        "status": status,
        "timed": _yes(measured["days"].notna()),
        "unobserved": _yes(measured["unobserved"]),
        "outcome": held,
        "end": ends(rows, as_of),
        "refused": _yes(outcome.eq("refused") & ~ended.gt(cut_of(rows, as_of))),
        "refusal_ground": rows["refusal_ground"],
        "formality": rows["formality"],
        "on": when["day"],
        "precision": when["precision"],
        "age_band": pd.cut(age, [*BANDS, float("inf")], right=False, labels=band_names()).astype(object),
        "sent_back": _yes(outcome.eq("returned")),
        "assistance": rows["assistance"],
        "deadline": due.where(~due.isin(DUE), "due"),
        "by_deadline": due,
        "supplemented": _yes(supplemented(rows, as_of)),
        "decided": _yes(decided),
        "decision": np.where(outcome.eq("refused"), "refused", "executed"),
        "enquiry": _yes(rows["is_enquiry"]),
        "contact": np.where(
            rows["partner"].notna() & when["precision"].ne("year") & when["day"].between(begun, until),
            "either way",
            "",
        ),
        "otherwise": outcome.isin(WITHOUT_ANSWER),
        "handed": np.where(rows.index.isin(handed.index), "over", "-"),
        "from_agency": handed["from_agency"].reindex(rows.index),
        "to_agency": handed["to_agency"].reindex(rows.index),
        **_of_treaties(rows),
        **_of_contacts(rows, every, as_of),
        **_of_flows(requests, rows.index, as_of),
    }
    table, request = _text(pd.DataFrame(columns, index=rows.index)), pd.Series(rows.index, index=rows.index)
    return Attributes(table, request, lambda day: pending_cases(requests, as_of=day))


def _of_treaties(rows: pd.DataFrame) -> dict[str, Any]:
    """On what requests rest, and whether a treaty is known that they could."""
    basis = rows["legal_basis"]
    no_treaty = basis.str.split(schema.SEVERAL).map(
        lambda codes: set(codes) <= set(NO_TREATY), na_action="ignore"
    )
    treaty = basis.notna() & ~no_treaty.eq(True)
    said = [treaty, basis.eq(RECIPROCITY), basis.notna()]
    return {
        "legal_basis": basis,
        "basis": np.select(said, ["treaty", RECIPROCITY, "no_treaty"], UNRECORDED),
        "treaty": np.where(in_force(rows), "known", "unknown"),
        "invoked": _yes(treaty),
    }


def _of_contacts(rows: pd.DataFrame, every: pd.DataFrame, as_of: Day) -> dict[str, Any]:
    """Which formal requests an informal contact preceded, and what became of contacts."""
    order = formal_order(every, (), as_of)["preceded"].reindex(rows.index)
    formal = rows["formality"].eq("formal").fillna(False)
    became = contact_ends(every, (), as_of).reindex(rows.index)
    return {
        "order": np.where(~formal, "-", np.where(order.notna(), "known", "unknown")),
        "preceded": _yes(order.eq(True)),
        "contacted": np.where(formal & order.notna(), _yes(order.eq(True)), "-"),
        "contact_end": became["end"].astype(object),
        # On which day the formal request followed; how long a contact was looked at changes with the day.
        "contact_days": became["days"].astype(float).where(became["end"].eq(FORMAL)),
    }


def _of_flows(requests: pd.DataFrame, index: pd.Index, as_of: Day) -> dict[str, Any]:
    """When requests were open: stock and flow are counted between the days on which every register of the direction was
    kept."""
    flows = flowing(requests, as_of)
    flows = flows.assign(**_kept(requests.loc[flows.index], flows["direction"], as_of)).reindex(index)
    return {
        **{name: flows[name] for name in ("start", "kept_from", "kept_to")},
        "stop": flows["end"],
        "lost": flows["lost"].eq(True),
        "flows": flows["start"].notna() | flows["end"].notna(),
    }


def matters_of(requests: pd.DataFrame, *, as_of: Day) -> Attributes:
    """The matters with a partner that had begun by their cut, with the values of their first request."""
    table = matters(requests, as_of=as_of)
    status, when = durations(table, as_of=as_of)["status"].astype(object), moment(table, REQUESTED)
    columns = {
        name: values.astype(object) for name, values in grouped(table, ["partner", "asean", "strand"]).items()
    }
    first, last = window(requests, as_of=as_of)
    outside = when["day"].lt(first) | when["day"].gt(last)
    frame = pd.DataFrame(
        {
            **columns,
            **_kept(requests, columns["direction"], as_of),
            "observed_by_day": _yes(~outside | when["precision"].eq("year")),
            "status": status,
            "on": when["day"],
            "precision": when["precision"],
        }
    )
    kept = status.notna() & table["partner"].notna()
    whole = matter_of(requests[~schema.requested_on(requests).gt(last_day(as_of))])
    members = pd.Series(whole.index, index=whole.to_numpy())
    return Attributes(_text(frame[kept]), members[members.index.isin(frame.index[kept])])


def legs_of(requests: pd.DataFrame, *, as_of: Day) -> Attributes:
    """Every step of a request from stage to stage, with the direction and the agency of its request."""
    taken = legs(requests, as_of=as_of)
    held = grouped(requests, ["agency", "strand", "kind"]).iloc[taken["row"]].astype(object)
    table = held.reset_index(drop=True).assign(
        stage=taken["stage"].astype(object), next_stage=taken["next_stage"].astype(object)
    )
    return Attributes(_text(table), pd.Series(requests.index[taken["row"]], index=table.index))


def _kept(requests: pd.DataFrame, direction: pd.Series, as_of: Day) -> dict[str, pd.Series]:
    """Between which days every register was kept that holds requests of a record's direction."""
    own = requests["direction"].fillna(UNRECORDED)
    spans = {code: window(requests[own.eq(code)], as_of=as_of) for code in direction.dropna().unique()}
    return {
        name: direction.map({code: span[n] for code, span in spans.items()}).astype("datetime64[us]")
        for n, name in enumerate(("kept_from", "kept_to"))
    }


def _yes(marks: "pd.Series | np.ndarray") -> np.ndarray:
    return np.where(pd.Series(marks).fillna(False).astype(bool), YES, NO)


def _text(table: pd.DataFrame) -> pd.DataFrame:
    """Missing codes are the level "unrecorded"; days, numbers and marks stay what they are."""
    codes = [
        name for name in table if table[name].dtype == object or str(table[name].dtype) in ("str", "string")
    ]
    return table.assign(
        **{
            name: table[name].astype(object).where(table[name].notna(), UNRECORDED).astype(str)
            for name in codes
        }
    )
