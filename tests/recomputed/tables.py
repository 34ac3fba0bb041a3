"""What stands in each cell of each exhibit: `TABLES` names the rows that an exhibit is of and what a cell of them is.

A function of the records and of one row's codes gives the cells of that row; `rows` of a table are the records that
must all have a row in it.
"""

import csv
import itertools
import math
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from tests.recomputed.curves import NONE, Curve, Z, curve, difference, wilson
from tests.recomputed.forecast import ByDays
from tests.recomputed.records import AS_OF, STAGES, group_of, moment, timed, vocabulary

EVENT = pd.Timestamp("2017-06-28")
DECIDED = ("executed", "partly_executed", "refused")
Records = SimpleNamespace
Cells = dict[str, Any]


def with_limits(name: str, three: tuple[float, ...], own: bool = True) -> Cells:
    stem = f"{name}_" if own else ""
    return dict(zip((name, f"{stem}lower", f"{stem}upper"), three, strict=True))


def statuses(rows: pd.DataFrame) -> Cells:
    count = rows["status"].value_counts()
    names = {
        "answered": "answered",
        "otherwise": "ended_otherwise",
        "pending": "pending",
        "undated": "undated",
    }
    return {"requests": len(rows), **{name: int(count.get(code, 0)) for code, name in names.items()}}


def times(rows: pd.DataFrame) -> Cells:
    of = curve(rows)
    cells = with_limits("median_days", of.quantile(0.5), own=False)
    cells |= {f"p{level}": of.quantile(level / 100)[0] for level in (25, 75, 90)}
    answered = rows.loc[rows["status"].eq("answered"), "days"].astype(float)
    return {**statuses(rows), **cells, "closed_only_median": answered.median()}


def within(rows: pd.DataFrame, days: int) -> Cells:
    return with_limits("within", curve(rows).by(days))


def turnaround(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return times(rows)


# 1_turnaround


@cache
def of_strand(direction: str, strand: str) -> Curve:
    return curve(matching(RECORDS[0].rows, {"direction": direction, "strand": strand}))


RECORDS: list[Records] = []


def on_a_day(of: Curve, day: int) -> Cells:
    at = of.place(day)
    return {"at_risk": of.n[at], **with_limits("share", of.by(day), own=False)}


def with_day(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The answers that came while the curve of their group is known, by their day."""
    parts = [rows.iloc[:0].assign(day=0)]
    for _codes, part in rows.groupby(by):
        known = curve(part).known_until()
        came = part[part["timed"] & part["status"].eq("answered") & part["days"].le(known)]
        parts.append(came.assign(day=came["days"].astype(int)))
    return pd.concat(parts)


def curve_day(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return on_a_day(of_strand(key["direction"], key["strand"]), int(key["day"]))


def levels(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    of = of_strand(key["direction"], key["strand"])
    counts = statuses(matching(records.rows, {n: key[n] for n in ("direction", "strand")}))
    days = with_limits("days", of.quantile(float(key["quantile"])), own=False)
    return {"requests": counts["requests"], "answered": counts["answered"], **days}


def ending(rows: pd.DataFrame) -> pd.Series:
    """What each request has come to: an outcome, pending or undated."""
    known = rows["outcome"].where(rows["outcome"].notna(), "unrecorded")
    return known.where(rows["status"].isin(["answered", "otherwise"]), rows["status"])


def outcome(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    whole = matching(records.rows, {n: key[n] for n in ("direction", "strand")})
    came, code = ending(whole), key["outcome"]
    cells = {"requests": int(came.eq(code).sum()), "whole": len(whole)}
    every = curve(whole, pd.Series(True, whole.index))
    if code == "undated" or math.isnan(every.by(365)[0]):
        return cells | with_limits("share", NONE, own=False)
    if code == "pending":
        share, low, high = every.by(365)
        return cells | with_limits("share", (1 - share, 1 - high, 1 - low), own=False)
    return cells | with_limits("share", curve(whole, came.eq(code)).by(365), own=False)


def refused(rows: pd.DataFrame) -> pd.DataFrame:
    some = rows[rows["outcome"].eq("refused") & ~rows["end"].gt(rows["cut"])]
    return some.assign(refusal_ground=some["refusal_ground"].fillna("unrecorded"))


def ground(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    whole = len(matching(refused(records.rows), {n: key[n] for n in key if n != "refusal_ground"}))
    cells = {"requests": len(rows), "whole": whole}
    return cells | with_limits("share", wilson(len(rows), whole), own=False)


def standard(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    days = tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["standards"][
        key["kind"]
    ]
    cells = {"standard_days": days, "with_standard": int(rows["timed"].sum()), **within(rows, days)}
    return {**statuses(rows), **cells}


def at_stage(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    whole = matching(records.legs, {name: code for name, code in key.items() if name != "stage"})
    ends = rows["next_stage"].isin(["ended", "pending"])
    of = curve(rows)
    return {
        "reached": len(rows),
        "moved_on": int((~ends).sum()),
        "ended": int(rows["next_stage"].eq("ended").sum()),
        "stuck": int(rows["next_stage"].eq("pending").sum()),
        **with_limits("median_days", of.quantile(0.5), own=False),
        "p90": of.quantile(0.9)[0],
        "share": rows["days"].sum() / whole["days"].sum(),
    }


def step(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    whole = matching(records.legs, {n: key[n] for n in ("direction", "strand")})
    days = np.sort(rows["days"].to_numpy(float))
    given = len(days) >= 10 and key["next_stage"] != "pending"
    of = {"p25": 0.25, "median_days": 0.5, "p75": 0.75, "p90": 0.9}
    # Between the two days next to it, as the seventh of Hyndman and Fan.
    read = {
        n: float(np.interp(q * (len(days) - 1), range(len(days)), days)) if given else np.nan
        for n, q in of.items()
    }
    return {"legs": len(rows), **read, "share": days.sum() / whole["days"].sum()}


def handed_over(records: Records) -> pd.DataFrame:
    asked = records.asked
    once = asked.drop_duplicates("request_id", keep=False).set_index("request_id")["agency"]
    of = records.rows.assign(
        from_agency=records.rows["linked_request_id"].map(once), to_agency=records.rows["agency"]
    )
    return of[of["from_agency"].notna() & of["from_agency"].ne(of["to_agency"])]


def cohort(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    followed = (rows["cut"] - rows["start"]).dt.days
    return {**times(rows), **within(rows, 180), "followed_days": followed[followed.ge(0)].min()}


def aged(records: Records) -> pd.DataFrame:
    rows = records.rows[records.rows["status"].eq("pending")]
    names = ["0-29", "30-89", "90-179", "180-364", "365-729", "730+"]
    return rows.assign(
        age_band=[names[sum(age >= least for least in (30, 90, 180, 365, 730))] for age in rows["days"]]
    )


def oldest(records: Records) -> pd.DataFrame:
    """The five that have waited longest of each direction."""
    rows = records.rows[records.rows["status"].eq("pending")]
    rows = rows.sort_values(["days", "request_id"], ascending=[False, True])
    return rows.groupby("direction").head(5)


def waited(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    row = rows.iloc[0]
    cells = {name: row[name] for name in ("kind", "partner", "agency", "start")}
    same = row["probable_duplicate"]
    return cells | {
        "age": row["days"],
        "probable_duplicate": None if pd.isna(same) else str(bool(same)).lower(),
    }


# 2_channels


def formality(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    count = rows["formality"].fillna("unrecorded").value_counts()
    cells = {code: int(count.get(code, 0)) for code in ("formal", "informal", "not_applicable", "unrecorded")}
    share = wilson(cells["formal"], cells["formal"] + cells["informal"])
    return {"requests": len(rows), **cells, **with_limits("formal_share", share)}


def whole_years(records: Records) -> pd.DataFrame:
    """Those of the years in which every register was kept."""
    return records.rows[records.rows["year"].between("2016", "2025")].assign(period=lambda rows: rows["year"])


def channels(records: Records) -> pd.DataFrame:
    rows = records.rows
    several = rows["channel"].fillna("").str.contains(";")
    each = rows.assign(several=several, channel=rows["channel"].fillna("unrecorded").str.split(";"))
    return each.explode("channel")


def channel(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    whole = len(matching(records.rows, {n: key[n] for n in ("direction", "strand")}))
    cells = {"requests": len(rows), "several": int(rows["several"].sum()), "whole": whole}
    return cells | with_limits("share", wilson(len(rows), whole))


def formal(records: Records) -> pd.DataFrame:
    return records.rows[records.rows["formality"].eq("formal")]


@cache
def treaties_between(one: str, other: str, day: str) -> frozenset[str]:
    """The treaties of which the sourced rows say that both are bound by them on a day."""
    bound: dict[str, list[str]] = {}
    found = set()
    for row in TREATIES:
        if not (row["since"] <= day <= (row["until"] or "9999")):
            continue
        if row["partner"]:
            found |= {row["treaty"]} if {row["state"], row["partner"]} == {one, other} else set()
        else:
            bound.setdefault(row["treaty"], []).append(row["state"])
    return frozenset(found | {name for name, states in bound.items() if {one, other} <= set(states)})


TREATIES = vocabulary("treaty")
SCOPES = vocabulary("basis_kind")
COUNCIL = {"unscr_1373", "unscr_2322", "unscr_2462"}
NO_TREATY = {"reciprocity", "domestic_law", "other"} | COUNCIL


def basis(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """On what formal requests rest, by the parties of conventions and what these cover."""
    named, none, only, other, known, passed = 0, 0, 0, 0, 0, 0
    for _index, row in rows.iterrows():
        codes = set(row["legal_basis"].split(";")) if pd.notna(row["legal_basis"]) else set()
        treaty = bool(codes - NO_TREATY)
        none += not codes
        named += treaty
        only += codes == {"reciprocity"}
        other += bool(codes) and not treaty and codes != {"reciprocity"}
        day = f"{row['on']:%Y-%m-%d}" if pd.notna(row["on"]) else ""
        force = (
            treaties_between("LAO", row["partner"], day) if pd.notna(row["partner"]) and day else frozenset()
        )
        offences = set(str(row["offence"]).split(";"))
        covered = any(
            scope["basis"] in force
            and row["kind"] in scope["kinds"].split(";")
            and (not scope["offences"] or offences & set(scope["offences"].split(";")))
            for scope in SCOPES
        )
        known += covered
        passed += covered and not treaty
    over = rows["status"].isin(["answered", "otherwise"])
    returned = int((over & rows["outcome"].eq("returned")).sum())
    return {
        "requests": len(rows), "treaty_named": named, "other_basis": other, "reciprocity_only": only, "no_basis": none,
        "treaty_known": known, "treaty_unknown": len(rows) - known, "not_invoked": passed,
        "ended": int(over.sum()), "returned": returned,
        **with_limits("no_basis_share", wilson(none, len(rows))),
        **with_limits("not_invoked_share", wilson(passed, known)),
        **with_limits("returned_share", wilson(returned, int(over.sum()))),
    }  # fmt: skip


def urgency(records: Records) -> pd.DataFrame:
    rows = records.rows[records.rows["urgent"].notna()]
    return rows.assign(urgent=rows["urgent"].map({True: "true", False: "false"}))


def by_the_day(records: Records) -> pd.DataFrame:
    """The requests of each direction and kind of which one says by which day it asks for an answer, and what came of it."""
    rows = records.rows[records.rows["kind"].notna()].copy()
    due = (
        rows["timed"]
        & rows["entry"].eq(0)
        & rows["deadline"].ge(rows["start"])
        & rows["deadline"].le(rows["cut"])
    )
    over = rows["status"].eq("answered")
    rows["came"] = np.select(
        [
            rows["deadline"].isna(),
            ~due,
            over & rows["end"].le(rows["deadline"]),
            over,
            rows["status"].eq("otherwise"),
        ],
        ["none", "not_due", "in_time", "late", "otherwise"],
        "open",
    )
    asked = rows.groupby(["direction", "kind"])["deadline"].transform("count")
    return rows[asked.gt(0)]


def deadline(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    count = {name: int(rows["came"].eq(name).sum()) for name in ("in_time", "late", "otherwise", "open")}
    due = sum(count.values())
    share = with_limits("in_time_share", wilson(count["in_time"], due))
    return {
        "requests": len(rows),
        "with_deadline": int(rows["deadline"].notna().sum()),
        "due": due,
        **count,
        **share,
    }


def asked_for_more(records: Records) -> pd.DataFrame:
    """The requests of each direction in which any was asked for more, with the days of that."""
    rows = records.rows.copy()
    asked, given = (moment(rows, f"info_{n}") for n in ("requested", "supplied"))
    exact = [rows[f"info_{n}_precision"].ne("year") for n in ("requested", "supplied")]
    rows["more"] = moment(rows, "info_requested", "first").le(rows["cut"]) | rows["supplements"].gt(0).fillna(
        False
    )
    there = asked.le(rows["cut"]) & exact[0]
    came = there & given.le(rows["cut"]) & exact[1]
    ended = there & ~came & rows["end"].le(rows["cut"])
    answered, closed = (moment(rows, n, "last") for n in ("answered", "closed"))
    last = moment(rows, "info_supplied", "last").where(
        came, answered.where(answered.notna(), closed).where(ended)
    )
    # What was asked for after it was given, or after the end, under every reading, has no days.
    there &= ~moment(rows, "info_requested", "first").gt(last)
    # Nor what ended on a day that nobody wrote down.
    by = rows["answered_precision"].where(answered.notna() & ~closed.lt(answered), rows["closed_precision"])
    there &= came | ~(rows["lost"] | ended & by.eq("year"))
    until = given.where(came, rows["end"].where(ended, rows["cut"]))
    rows["wait"] = (until - asked).dt.days.clip(lower=0).where(there)
    rows["waits"] = np.select([came & there, ended & there, there], ["answered", "otherwise", "pending"], "")
    return rows[rows.groupby("direction")["more"].transform("any")]


def more(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    waits = rows[rows["waits"].ne("")]
    waits = waits.assign(status=waits["waits"], days=waits["wait"], entry=0, timed=True)
    whole = int(rows["more"].sum())
    count = waits["status"].value_counts()
    median = with_limits("median_days", curve(waits).quantile(0.5), own=False)
    return {
        "requests": len(rows), "supplemented": whole,
        **with_limits("supplemented_share", wilson(whole, len(rows))),
        "supplied": int(count.get("answered", 0)), "waiting": int(count.get("pending", 0)),
        "days_known": int(waits["wait"].notna().sum()),
        "lost_days": waits["wait"].sum() if waits["wait"].notna().any() or not whole else np.nan,
        **median,
    }  # fmt: skip


def both_ways_asked(records: Records) -> pd.DataFrame:
    """A row for each kind of assistance asked for, where it was asked for formally and informally."""
    rows = records.rows[
        records.rows["assistance"].notna() & records.rows["formality"].isin(["formal", "informal"])
    ]
    rows = rows.assign(assistance=rows["assistance"].str.split(";")).explode("assistance")
    ways = rows.groupby(["direction", "kind", "assistance"])["formality"].transform("nunique")
    return rows[ways.eq(2)]


def each_basis(records: Records) -> pd.DataFrame:
    codes = records.rows["legal_basis"].fillna("unrecorded").str.split(";")
    return records.rows.assign(legal_basis=codes).explode("legal_basis")


def that_could(records: Records) -> pd.DataFrame:
    """Formal requests, a row for each treaty on which one could rest, by its name."""
    found = []
    for _index, row in formal(records).dropna(subset=["partner", "on"]).iterrows():
        offences = set(str(row["offence"]).split(";"))
        codes = set(row["legal_basis"].split(";")) if pd.notna(row["legal_basis"]) else set()
        for scope in SCOPES:
            fits = row["kind"] in scope["kinds"].split(";")
            fits &= not scope["offences"] or bool(offences & set(scope["offences"].split(";")))
            if fits and scope["basis"] in treaties_between("LAO", row["partner"], f"{row['on']:%Y-%m-%d}"):
                mine = "named" if scope["basis"] in codes else "no_treaty"
                if mine != "named" and codes - NO_TREATY:
                    mine = "another"
                found.append((row["direction"], BASES[scope["basis"]], mine))
    return pd.DataFrame(found, columns=["direction", "treaty", "said"])


BASES = {row["code"]: row["label"] for row in vocabulary("legal_basis")}


def named_or_not(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {
        "could": len(rows),
        **{n: int(rows["said"].eq(n).sum()) for n in ("named", "another", "no_treaty")},
    }


TERROR = ["terrorism", "terrorist_financing", "proliferation_financing"]


def about_terrorism(records: Records) -> pd.DataFrame:
    rows = records.rows.assign(offence=records.rows["offence"].str.split(";")).explode("offence")
    return rows[rows["offence"].isin(TERROR)]


def on_resolution(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    said = [set(str(b).split(";")) if pd.notna(b) else set() for b in rows["legal_basis"]]
    council = [bool(codes & COUNCIL) for codes in said]
    other = [bool(codes) and codes <= NO_TREATY - COUNCIL for codes in said]
    return {
        **times(rows), "resolution": sum(council), "no_basis": sum(not codes for codes in said), "other_basis": sum(other),
        "treaty_named": sum(bool(s) and not c and not o for s, c, o in zip(said, council, other, strict=True)),
        "urgent": int(rows["urgent"].eq(True).sum()),
    }  # fmt: skip


def joint(records: Records) -> pd.DataFrame:
    return records.rows[records.rows["kind"].eq("joint_investigation")]


def life(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    (row,) = rows.to_dict("records")
    over = row["status"] in ("answered", "otherwise")
    return {
        "partner": row["partner"], "agency": row["agency"], "start": row["start"],
        "ended": row["end"] if over else pd.NaT, "age": row["days"], "outcome": ending(rows).iloc[0],
    }  # fmt: skip


def formal_order(records: Records) -> pd.DataFrame:
    """Formal requests with the days since the first informal contact of their matter, if one came before."""
    rows = records.rows
    informal = rows[rows["formality"].eq("informal")]
    first = informal.groupby("chain")["start"].min()
    of = rows[rows["formality"].eq("formal")].copy()
    of["before"] = (of["start"] - of["chain"].map(first)).dt.days
    blank = of["chain"].map(informal["start"].isna().groupby(informal["chain"]).any()).eq(True)
    doubtful = of["chain"].isin(informal["chain"]) & (of["start"].isna() | blank & ~of["before"].ge(0))
    of["contacted"] = np.select([doubtful, of["before"].ge(0)], ["unknown", "yes"], "no")
    return of


def preceded(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    had = rows["contacted"].eq("yes")
    known = int(rows["contacted"].ne("unknown").sum())
    days = np.sort(rows.loc[had, "before"].to_numpy(float))
    of = {"p25": 0.25, "median_days": 0.5, "p75": 0.75}
    read = {
        n: float(np.interp(q * (len(days) - 1), range(len(days)), days)) if len(days) >= 10 else np.nan
        for n, q in of.items()
    }
    cells = {"formal": len(rows), "known": known, "order_unknown": len(rows) - known, "preceded": len(days)}
    return cells | read | with_limits("preceded_share", wilson(len(days), known))


def contacts(records: Records) -> pd.DataFrame:
    """Informal contacts, and on which day a formal request of the same matter followed, while all registers were kept."""
    rows = records.rows
    of = rows[rows["formality"].eq("informal")].copy()
    formal = rows[rows["formality"].eq("formal") & rows["start"].le(TO)]
    after = []
    for _index, row in of.iterrows():
        days = (formal.loc[formal["chain"].eq(row["chain"]), "start"] - row["start"]).dt.days
        after.append(days[days.ge(0)].min())
    of["after"] = after
    of["became"] = np.select([of["after"].notna(), of["start"].notna()], ["formal", "without"], "undated")
    of["days"] = of["after"].fillna((TO - of["start"]).dt.days).astype(float)
    of["entry"] = np.maximum(of["entry"], (FROM - of["start"]).dt.days)
    of["status"] = of["became"].map({"formal": "answered", "without": "pending", "undated": "undated"})
    of["timed"] = of["entry"].le(of["days"])
    return of


def became(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    rows = matching(contacts_of(), {n: key[n] for n in ("direction", "strand")})
    count, days = rows["became"].value_counts(), int(key["within_days"])
    cells = {code: int(count.get(code, 0)) for code in ("formal", "without", "undated")}
    followed = int((rows["became"].eq("formal") & rows["days"].le(days)).sum())
    return {
        "contacts": len(rows),
        **cells,
        "followed": followed,
        **with_limits("share", curve(rows).by(days), own=False),
    }


@cache
def contacts_of() -> pd.DataFrame:
    return contacts(RECORDS[0])


def decided(rows: pd.DataFrame) -> Cells:
    known = rows.loc[rows["status"].isin(["answered", "undated"]), "outcome"]
    whole, no = int(known.isin(DECIDED).sum()), int(known.eq("refused").sum())
    return {
        "decided": whole,
        "executed": whole - no,
        "refused": no,
        **with_limits("refused_share", wilson(no, whole)),
    }


def arm(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    pending = wilson(int(rows["status"].eq("pending").sum()), len(rows))
    return {**times(rows), **decided(rows), **with_limits("pending_share", pending)}


def side_by_side(measure: str, between: str) -> Callable[..., Cells]:
    strata = ["kind", "offence", "partner_group"] if between == "formality" else ["kind", "formality"]
    arms = ("formal", "informal") if between == "formality" else ("non_asean", "asean")

    def cells(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
        rows = records.rows[records.rows["direction"].eq(key["direction"]) & records.rows["timed"]]
        rows = rows[rows[between].isin(arms)]
        rows = rows.assign(stratum=rows[strata].fillna("unrecorded").agg("|".join, axis=1))
        sides = [rows[rows[between].eq(code)] for code in arms]
        size = rows["stratum"].value_counts()
        out = {"requests": len(rows), "strata": len(size)}
        out |= {f"{n}_requests": len(side) for n, side in zip(("first", "second"), sides, strict=True)}
        if measure == "refused":
            kept, crude, like = _refused(sides, size)
        else:
            kept, crude, like, out["days"] = _timed(sides, size, measure)
        out["kept"] = len(kept)
        out["left_out"] = 1 - size[kept].sum() / size.sum()
        out["mix"] = "unknown"
        if not np.isnan(like[2]):
            signs = [np.sign(of[3]) if of[3] * of[4] > 0 else 0 for of in (crude, like)]
            out["mix"] = {True: "same"}.get(
                not signs[0] or signs[0] == signs[1], "reverses" if signs[1] else "explains"
            )
        names = ("first", "second", "difference", "lower", "upper")
        return out | dict(zip(names, crude if key["compared"] == "crude" else like, strict=True))

    return cells


def _refused(sides: list[pd.DataFrame], size: pd.Series) -> tuple[list[str], tuple, tuple]:
    counts = []
    for side in sides:
        known = side[side["status"].isin(["answered", "undated"]) & side["outcome"].isin(DECIDED)]
        counts.append({None: known, **dict(list(known.groupby("stratum")))})
    share = [{s: wilson(int(r["outcome"].eq("refused").sum()), len(r)) for s, r in c.items()} for c in counts]
    kept = [s for s in size.index if all(len(c.get(s, ())) >= 5 for c in counts)]
    crude = difference([share[0][None]], [share[1][None]], [1])
    if not kept or size[kept].sum() / size.sum() < 0.7:
        return kept, crude, (np.nan,) * 5
    return (
        kept,
        crude,
        difference([share[0][s] for s in kept], [share[1][s] for s in kept], size[kept].tolist()),
    )


def _timed(sides: list[pd.DataFrame], size: pd.Series, measure: str) -> tuple[list[str], tuple, tuple, float]:
    whole = [curve(side) for side in sides]
    tau = min(365.0, *(of.known_until() for of in whole))
    parts = [{s: curve(side[side["stratum"].eq(s)]) for s in size.index} for side in sides]
    kept = [s for s in size.index if all(part[s].known_until(5) >= tau for part in parts)]
    enough = bool(kept) and size[kept].sum() / size.sum() >= 0.7
    weight = size[kept] / size[kept].sum()
    if enough:
        tau = min(tau, *(part[s].known_until(10 * weight[s]) for part in parts for s in kept))

    def figure(of: Curve) -> tuple[float, ...]:
        return of.by(tau, fewest=0) if measure == "answered_within" else of.mean(tau)

    crude = difference([figure(whole[0])], [figure(whole[1])], [1])
    if not enough:
        return kept, crude, (np.nan,) * 5, tau
    like = difference(
        [figure(parts[0][s]) for s in kept], [figure(parts[1][s]) for s in kept], weight.tolist()
    )
    return kept, crude, like, tau


# 3_partners

FROM, TO = pd.Timestamp("2016-01-01"), pd.Timestamp("2026-08-31")  # all four registers were kept


def named(records: Records) -> list[str]:
    return tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["partners_of_interest"]


def partners(records: Records) -> pd.DataFrame:
    """Every request with a partner, and every partner that the country named."""
    return pd.concat([records.rows[["partner"]].dropna(), pd.DataFrame({"partner": named(records)})])


def longest_silence(days: pd.Series) -> float:
    inside = sorted(days[days.between(FROM, TO)])
    points = [FROM, *inside, TO]
    return max((b - a).days for a, b in itertools.pairwise(points))


def engagement(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    code = key["partner"]
    met = records.rows[records.rows["partner"].eq(code)]
    of = records.matters[records.matters["partner"].eq(code)]
    days = met["dated"].dropna()
    recent = met[met["dated"].gt(TO - pd.DateOffset(years=5))]
    years = ((TO - recent["dated"]).dt.days // 365.25).nunique()
    if not len(met):
        said = "none"
    elif not (days > TO - pd.DateOffset(months=24)).any():
        said = "dormant"
    elif recent["chain"].nunique() < 5:
        said = "minimal"
    else:
        said = "sustained" if years >= 0.75 * 5 else "intermittent"
    way = {name: of[of["direction"].eq(d)] for name, d in (("received", "incoming"), ("made", "outgoing"))}
    inside = days[days.between(FROM, TO)]
    return {
        "partner_group": group_of(code, TO),
        "engagement": said,
        **{name: len(part) for name, part in way.items()},
        **{f"{name}_answered": int(part["status"].eq("answered").sum()) for name, part in way.items()},
        "undirected": int(of["direction"].isna().sum()),
        "months_active": len({(d.year, d.month) for d in inside}),
        "months": 12 * (TO.year - FROM.year) + TO.month - FROM.month + 1,
        "last_contact": days.max() if len(days) else pd.NaT,
        "silence": longest_silence(days),
    }


@cache
def bound() -> frozenset[str]:
    states = {row[n] for row in TREATIES for n in ("state", "partner")} - {"LAO", ""}
    return frozenset(s for s in states if treaties_between("LAO", s, f"{AS_OF:%Y-%m-%d}"))


def expected(records: Records) -> pd.DataFrame:
    every = pd.DataFrame({"partner": sorted({*bound(), *named(records)})})
    return every.assign(partner_group=[group_of(code, AS_OF) for code in every["partner"]])


def silent(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    met, of = set(records.rows["partner"].dropna()), set(rows["partner"])
    treaty, listed = of & bound(), of & set(named(records))
    near = of if key["partner_group"] in ("asean", "dialogue_partner") else listed
    names = {row["code"]: row["label"] for row in vocabulary("partner")}
    names |= {
        row["code"]: row["name"]
        for row in vocabulary("partner_name")
        if (row["language"], row["style"]) == ("en", "un")
    }
    return {
        "bound": len(treaty), "bound_silent": len(treaty - met), "named": len(listed), "named_silent": len(listed - met),
        "partners_silent": "; ".join(names[code] for code in sorted(near - met)),
    }  # fmt: skip


def yearly(records: Records) -> pd.DataFrame:
    rows = records.matters[records.matters["partner"].notna() & records.matters["start"].between(FROM, TO)]
    return rows.assign(period=rows["start"].dt.year.astype(int).astype(str))


def of_direction(direction: str) -> Callable[[Records], pd.DataFrame]:
    return lambda records: matching(yearly(records), {"direction": direction})


def of_year(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    group = group_of(key["partner"], AS_OF) if "partner" in key else ""
    counts = {
        "answered": int(rows["status"].eq("answered").sum()),
        "pending": int(rows["status"].eq("pending").sum()),
    }
    return {"partner_group": group, "matters": len(rows), **counts}


def regular(records: Records) -> pd.DataFrame:
    rows = records.rows[records.rows["partner"].notna() & records.rows["dated"].between(FROM, TO)]
    first = rows.sort_values("dated", kind="stable").drop_duplicates("chain")
    size = first["partner"].value_counts()
    some = first[first["partner"].isin(size.index[size.ge(5)])]
    now = ["asean" if group_of(code, TO) == "asean" else "non_asean" for code in some["partner"]]
    return some.assign(asean=now, quarter=some["dated"].dt.to_period("Q"))


@cache
def pace() -> pd.Series:
    """Each quarter's part of all matters: a straight line through the matters a day of each month."""
    rows = RECORDS[0].rows
    rows = rows[rows["partner"].notna() & rows["dated"].between(FROM, TO)]
    first = rows.sort_values("dated", kind="stable").drop_duplicates("chain")["dated"].dt.to_period("M")
    days = pd.date_range(FROM, TO)
    months = days.to_period("M")
    length = months.value_counts().sort_index()
    x = pd.Series(np.arange(len(days)), index=months).groupby(level=0).mean()
    y = first.value_counts().reindex(length.index, fill_value=0) / length
    slope = ((x - np.average(x, weights=length)) * y * length).sum() / (
        (x - np.average(x, weights=length)) ** 2 * length
    ).sum()
    line = np.average(y, weights=length) + slope * (np.arange(len(days)) - np.average(x, weights=length))
    line = pd.Series(np.maximum(line, line.mean() / 10), index=days.to_period("Q")).groupby(level=0).sum()
    return line / line.sum()


def regularity(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    part = pace()
    counts = rows["quarter"].value_counts().reindex(part.index, fill_value=0).to_numpy()
    luck = np.random.default_rng(1)
    drawn = luck.multinomial(counts.sum(), part.to_numpy(), 20_000)
    rare = ((drawn**2 / part.to_numpy()).sum(axis=1) >= (counts**2 / part.to_numpy()).sum() - 1e-9).mean()
    met = records.rows[records.rows["partner"].eq(key["partner"]) & records.rows["dated"].between(FROM, TO)]
    chained = records.asked["linked_request_id"].notna() | records.chain.duplicated(keep=False)
    register = records.asked["register"].str.split(";").str[0]
    linking = set(register[chained])
    told = register[met.index].isin(linking).mean() >= 0.9
    return {
        "matters": len(rows),
        "quarters_active": int((counts > 0).sum()),
        "quarters": len(part),
        "active": (counts > 0).mean(),
        "active_by_chance": float((1 - (1 - part) ** len(rows)).mean()),
        "silence": longest_silence(met["dated"]),
        "chance": rare if told else None,
        "pattern": "unknown" if not told else "bursts" if rare < 0.01 else "chance",
    }


def matters_observed(records: Records) -> pd.DataFrame:
    rows = records.matters[records.matters["partner"].notna()]
    return rows[~rows["dated"].lt(FROM) & ~rows["dated"].gt(TO)]


def concentration(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    rows = rows[rows["strand"].eq(key["strand"])]
    sizes = rows["partner"].value_counts().to_numpy(float)
    n, p = sizes.sum(), sizes / sizes.sum()
    counts, nothing = {"matters": int(n), "partners": len(sizes)}, (np.nan,) * 3
    top, threes = np.sort(sizes)[-3:].sum(), math.comb(len(sizes), 3)
    exact = (top / n, beta.ppf(0.025 / max(threes, 1), top, n - top + 1), beta.ppf(0.975, top + 1, n - top))
    counts |= with_limits("top_three", exact if len(sizes) > 3 and n >= 10 else nothing)
    if n < 20 or sizes.max() < 2:
        return counts | with_limits("effective", nothing)
    same = (sizes * (sizes - 1)).sum() / n / (n - 1)
    variance = 4 / n * ((p**3).sum() - (p**2).sum() ** 2)
    variance += 2 / n / (n - 1) * ((p**2).sum() - 2 * (p**3).sum() + (p**2).sum() ** 2)
    wide = np.exp(Z * np.sqrt(variance) / same)
    return counts | with_limits("effective", (1 / same, max(1.0, 1 / same / wide), wide / same))


def reciprocity(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    cells: Cells = {}
    share = {}
    rows = rows[rows["strand"].eq(key["strand"])]
    for name, way in (("received", "incoming"), ("made", "outgoing")):
        part = rows[rows["direction"].eq(way)]
        cells[name] = len(part)
        cells |= {f"{name}_{s}": int(part["status"].eq(s).sum()) for s in ("answered", "pending")}
        share[name] = wilson(cells[f"{name}_answered"], len(part))
    (a, a_low, a_high), (b, b_low, b_high) = share["made"], share["received"]
    newcombe = (a - b, a - b - np.hypot(a - a_low, b_high - b), a - b + np.hypot(a_high - a, b - b_low))
    cells |= {"received_share": b, "made_answered_share": a, **with_limits("difference", newcombe)}
    return cells | with_limits("made_share", wilson(cells["made"], cells["made"] + cells["received"]))


def unanswered(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    share, low, high = curve(rows).by(365)
    return statuses(rows) | with_limits("no_answer_share", (1 - share, 1 - high, 1 - low))


# 4_flow


def flowing(records: Records) -> pd.DataFrame:
    years = [
        pd.DataFrame({"direction": [d], "period": [str(y)]})
        for d in ("incoming", "outgoing")
        for y in range(2016, 2027)
    ]
    return pd.concat(years)


def with_what_came_after(records: Records) -> pd.DataFrame:
    """With what moved after the last day that all registers reach, in those that reach further."""
    return pd.concat(
        [flowing(records), pd.DataFrame({"direction": ["incoming", "outgoing"], "period": AFTER})]
    )


AFTER = "After 31 August 2026"


def flowing_by_strand(records: Records) -> pd.DataFrame:
    """The last six years of each strand of which anything came, or was left open."""
    years = flowing(records)
    strands = records.rows[["direction", "strand"]].drop_duplicates()
    return years[years["period"].ge("2021")].merge(strands, on="direction")


def flow(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    if key["period"] == AFTER:
        first, last = TO + pd.Timedelta(days=1), AS_OF
    else:
        year = int(key["period"])
        first, last = pd.Timestamp(year, 1, 1), min(pd.Timestamp(year, 12, 31), TO)
    rows = matching(records.rows, {name: key[name] for name in ("direction", "strand") if name in key})
    end = rows["end"].where(rows["end"].le(rows["cut"]))

    def still(day: pd.Timestamp) -> pd.Series:
        return ~rows["lost"] & rows["start"].le(day) & ~(end.le(day) & rows["start"].le(day))

    over = end.between(first, last)
    otherwise = rows["outcome"].isin(["withdrawn", "returned", "lapsed", "other"])
    opening, closing = still(first - pd.Timedelta(days=1)), still(last)
    opened, ended = int(rows["start"].between(first, last).sum()), int(over.sum())
    undated = int((rows["start"].between(first, last) & rows["lost"]).sum())
    left, days = int(closing.sum()), (last - first).days + 1
    ages = (last - rows.loc[closing, "start"]).dt.days
    return {
        "opening": int(opening.sum()), "opened": opened, "ended": ended, "undated": undated, "closing": left,
        "answered": int((over & ~otherwise).sum()), "ended_otherwise": int((over & otherwise).sum()),
        "difference": int(opening.sum()) + opened - ended - undated - left,
        "median_age": ages.median(), "long": int(ages.ge(365).sum()),
        "days": days, "clearance_rate": over_any(ended, opened), "case_turnover": over_any(ended, left),
        "disposition_days": over_any(days * left, ended),
    }  # fmt: skip


def over_any(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


FIRST_OF = {
    name: pd.Timestamp(2016 if name == "moj" else 2014, 1, 1) for name in ("mofa", "moj", "mps", "ospp")
}
LAST = {"mofa": AS_OF, "moj": AS_OF, "mps": AS_OF, "ospp": TO}  # to which each register is complete


def due(by: str) -> Callable[[Records], pd.DataFrame]:
    """What was due: incoming requests by our standard, outgoing within a year, of those seen from their first day."""

    def rows(records: Records) -> pd.DataFrame:
        days = tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["standards"]
        way = "incoming" if by == "agency" else "outgoing"
        rows = records.rows[
            records.rows["direction"].eq(way) & records.rows["timed"] & records.rows["entry"].eq(0)
        ]
        standard = rows["kind"].map(days) if by == "agency" else pd.Series(365.0, rows.index)
        rows = rows.assign(on_time=rows["status"].eq("answered") & rows["days"].le(standard))
        over = (rows["start"] + pd.to_timedelta(standard, unit="D")).le(rows["cut"])
        return rows[standard.notna() & over & rows[by].notna()]

    return rows


@cache
def paces_of_groups(share: float, spread: float) -> np.ndarray:
    """The shares of a kind in groups drawn at random, the same groups for each kind: beta about the share of all."""
    total = share * (1 - share) / spread**2 - 1
    return beta.ppf(np.random.default_rng(4).random(200_000), share * total, (1 - share) * total)


def funnel(by: str) -> Callable[..., Cells]:
    def cells(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
        every = held = due(by)(records)
        while True:
            # Of 10 or more, and of kinds that two of these or more are asked for.
            left = held[held.groupby(by)["kind"].transform("size").ge(10)]
            left = left[left.groupby("kind")[by].transform("nunique").ge(2)]
            if len(left) == len(held):
                break
            held = left
        mine = matching(held, {by: key[by]})
        cells = {"cases": len(rows), "compared": np.nan, "marked": np.nan}
        cells |= dict.fromkeys(("expected", "adjusted", "target", "spread"), np.nan)
        if mine.empty:
            return cells | {"stands": "few" if len(rows) < 10 else "alone"}
        n, x = held.groupby(by).size(), held.groupby(by)["on_time"].sum()
        counts = {"compared": n[key[by]], "marked": x[key[by]]}
        if len(n) < 3 or n.sum() < every[by].isin(n.index).sum() / 2:
            return cells | counts | {"stands": "few_groups" if len(n) < 3 else "unlike"}
        share = held.groupby("kind")["on_time"].agg(lambda x: (x.sum() + 0.5) / (len(x) + 1))
        due_of = held.groupby(by)["kind"].apply(lambda kinds: kinds.map(share).sum())
        noise = held.groupby(by)["kind"].apply(lambda kinds: kinds.map(share * (1 - share)).sum())
        target = (x.sum() + 0.5) / (n.sum() + 1)
        spread = 0.05
        if len(n) >= 8:
            z = ((x - due_of) / np.sqrt(noise)).clip(*np.quantile((x - due_of) / np.sqrt(noise), [0.1, 0.9]))
            weight = n**2 / noise
            found = ((z**2).sum() - len(z) + 1) / (weight.sum() - (weight**2).sum() / weight.sum())
            spread = max(spread, math.sqrt(max(found, 0)))
        code = key[by]
        # Drawn, not summed: a group raises or lowers its kinds together.
        luck, drawn = np.random.default_rng(3), 0
        for kind, size in mine["kind"].value_counts().items():
            drawn = drawn + luck.binomial(size, paces_of_groups(share[kind], spread))
        chance = 2 * min((drawn <= x[code]).mean(), (drawn >= x[code]).mean())
        side = "above" if x[code] > due_of[code] else "below"
        return {
            "cases": len(rows), "compared": n[code], "marked": x[code], "expected": due_of[code], "target": target,
            "adjusted": min(1, max(0, target + (x[code] - due_of[code]) / n[code])), "spread": spread,
            "stands": side if chance <= 0.002 else "within",
        }  # fmt: skip

    return cells


def half_years(records: Records) -> pd.DataFrame:
    days = [AS_OF - pd.Timedelta(days=n * 365 // 2) for n in range(13)]
    ahead = [AS_OF + pd.Timedelta(days=n) for n in (182, 365, 730)]
    rows = [(way, f"{day:%Y-%m-%d}") for way in ("incoming", "outgoing") for day in days + ahead]
    return pd.DataFrame(rows, columns=["direction", "on"])


def backlog(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """Open on a day, and moved in the year to it, or expected on it, each register counted from its own last day."""
    back = (AS_OF - pd.Timestamp(key["on"])).days
    rows = matching(records.rows, {"direction": key["direction"]})
    rows = rows[~rows["lost"] & rows["start"].notna()]
    # Days are counted back from each register's last one, to the first that all of them have.
    first = max((FIRST_OF[name] - last).days for name, last in LAST.items())
    moved = dict.fromkeys(("stock", "came", "ended"), np.nan)
    ahead = dict.fromkeys(("expected", "lower", "upper", "trials"), np.nan)
    if back < 0:
        last = rows["agency"].map(LAST)
        start, end = ((rows[name] - last).dt.days for name in ("start", "end"))
        end = end.where(end.le(0), 10**9).clip(lower=start)
        kept = start.le(0) & end.ge(first)
        expected, *others, trials = ByDays(start[kept].astype(int), end[kept].astype(int), first).project(
            -back
        )
        return moved | dict(zip(ahead, (round(expected), *others, math.floor(trials)), strict=True))
    moved |= ahead
    day = rows["agency"].map(LAST) - pd.Timedelta(days=back)
    end = np.maximum(rows["end"].where(rows["end"].le(rows["cut"])), rows["start"])
    year = day - pd.Timedelta(days=364)
    moved["stock"] = int((rows["start"].le(day) & ~end.le(day)).sum())
    if -back - 364 < first:
        return moved
    return moved | {
        "came": int(rows["start"].between(year, day).sum()),
        "ended": int(end.between(year, day).sum()),
    }


def apart(records: Records) -> pd.DataFrame:
    rows = records.apart
    on = rows["received"].where(~rows["direction"].eq("outgoing"), rows["sent"]).fillna(rows["sent"])
    what = rows["kind"].eq("deportation").map({True: "deportation", False: "spontaneous"})
    return rows.assign(year=on.dt.year.astype(int).astype(str), apart=what)


def entries(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {"entries": len(rows)}


# 5_before_and_after


@cache
def both_sides() -> pd.DataFrame:
    """Before: cut on the eve. After: what was open on the day enters at its age."""
    asked = RECORDS[0].asked
    before = timed(asked, EVENT - pd.Timedelta(days=1)).assign(arm="before")
    return pd.concat([before, timed(asked, since=EVENT).assign(arm="after")], ignore_index=True)


def side(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    carried = int(rows["on"].lt(EVENT).sum()) if key["arm"] == "after" else 0
    return {**times(rows), **within(rows, 180), "carried": carried}


@cache
def side_curve(direction: str, strand: str, arm: str) -> Curve:
    return curve(matching(both_sides(), {"direction": direction, "strand": strand, "arm": arm}))


def side_day(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return on_a_day(side_curve(key["direction"], key["strand"], key["arm"]), int(key["day"]))


def side_days(direction: str) -> Callable[[Records], pd.DataFrame]:
    def rows(records: Records) -> pd.DataFrame:
        return with_day(matching(both_sides(), {"direction": direction}), ["strand", "arm"])

    return rows


def since_event(records: Records) -> pd.DataFrame:
    rows = timed(records.asked, TO, EVENT)
    return rows[rows["timed"]]


def change(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """No span as long lies before the event, so that no change can be told: there is one span, its own pace."""
    span = (TO - EVENT).days + 1
    assert (EVENT - FROM).days // span == 0
    answers = int(rows["status"].eq("answered").sum())
    counts = {"span_days": span, "spans_before": 0, "answers": answers, "expected": float(answers)}
    return counts | dict.fromkeys(("ratio", "lower", "upper", "p", "least"), np.nan)


def qualities(records: Records) -> pd.DataFrame:
    rows = records.rows[records.rows["on"].notna()]
    rows = rows.assign(arm=np.where(rows["on"] >= EVENT, "after", "before"))
    over = rows["status"].isin(["answered", "otherwise"])
    of = {
        "returned": (over, rows["outcome"].eq("returned")),
        "basis_named": (rows["formality"].eq("formal"), rows["legal_basis"].notna()),
        "acknowledged": (pd.Series(True, rows.index), rows["acknowledged"].notna()),
        "ground_given": (over & rows["outcome"].eq("refused"), rows["refusal_ground"].notna()),
    }
    return pd.concat(
        [
            rows.assign(quality=n, has=has.fillna(False).astype(bool))[among.fillna(False).astype(bool)]
            for n, (among, has) in of.items()
        ]
    )


def quality(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    part = int(rows["has"].sum())
    return {"part": part, "whole": len(rows), **with_limits("share", wilson(part, len(rows)))}


# 6_assessment


def assessed(records: Records) -> pd.DataFrame:
    rows = records.rows[~records.rows["is_enquiry"].fillna(False).astype(bool)]
    return rows.assign(ending=ending(rows))


def last_years(records: Records) -> pd.DataFrame:
    rows = assessed(records)
    return rows[rows["year"].between("2021", "2026")]


def by_end(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    count = rows["ending"].value_counts()
    executed, refused, pending = (
        sum(int(count.get(name, 0)) for name in names)
        for names in (("executed", "partly_executed"), ("refused",), ("pending",))
    )
    other = len(rows) - executed - refused - pending
    return {
        "requests": len(rows),
        "executed": executed,
        "refused": refused,
        "other_end": other,
        "pending": pending,
    }


def offences(records: Records) -> pd.DataFrame:
    rows = assessed(records)
    return rows.assign(offence=rows["offence"].fillna("unrecorded").str.split(";")).explode("offence")


@cache
def first_requests() -> pd.DataFrame:
    rows = RECORDS[0].matters
    rows = rows.assign(year=rows["on"].dt.year.astype("Int64").astype(str))
    return rows.assign(offences=rows["offence"].fillna("unrecorded").str.split(";"))


def assessment(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    # A matter stands where its first request does.
    first = first_requests()
    if "offence" in key:
        first = first.drop(columns="offence").rename(columns={"offences": "offence"}).explode("offence")
    first = matching(first, key)
    count = rows["ending"].value_counts()
    names = [
        "executed",
        "partly_executed",
        "refused",
        "not_located",
        "withdrawn",
        "returned",
        "lapsed",
        "other",
    ]
    said = rows["persons"].dropna()
    median = with_limits("median_days", curve(rows).quantile(0.5), own=False) if "kind" in key else {}
    return {
        "requests": len(rows),
        **{name: int(count.get(name, 0)) for name in [*names, "unrecorded", "pending", "undated"]},
        "matters": len(first),
        "persons": said.sum() if len(said) else np.nan,
        "persons_recorded": len(said),
        **median,
    }


def refusals(records: Records) -> pd.DataFrame:
    rows = assessed(records)
    rows = rows[rows["ending"].eq("refused")]
    return rows.assign(refusal_ground=rows["refusal_ground"].fillna("unrecorded"))


def number_of(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {"requests": len(rows)}


# 0_register


def configured(records: Records) -> list[Cells]:
    registers = tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["registers"]
    return [register for register in registers if "table" not in register]


# A register of one agency is known by the name of that.
AGENCY = {row["code"]: row["label"] for row in vocabulary("agency")}
REGISTER = {label: code for code, label in AGENCY.items()}


def names(records: Records) -> pd.DataFrame:
    return pd.DataFrame({"name": [AGENCY[register["name"]] for register in configured(records)]})


def account(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """Rows as they stand in the file; where those that are no requests went, by the notes of cleaning."""
    from python_calamine import CalamineWorkbook

    key = {"name": REGISTER[key["name"]]}
    (path,) = (records.home / r["path"] for r in configured(records) if r["name"] == key["name"])
    if path.suffix == ".xlsx":
        book = CalamineWorkbook.from_path(str(path))
        read = sum(
            len(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
        )
    else:
        with path.open(encoding="latin-1", newline="") as file:
            read = sum(1 for _row in csv.reader(file))
    notes = records.issues[records.issues["rule"].isin(["same_row", "same_request"])]
    requests, apart = (
        int(rows["register"].str.split(";").str[0].eq(key["name"]).sum())
        for rows in (records.asked, records.apart)
    )
    # Of a request of two registers the note stands under both; it was read last from the second.
    count = {
        rule: int(part["register"].str.split(";").str[-1].eq(key["name"]).sum())
        for rule, part in notes.groupby("rule")
    }
    cells = {"read": read, "requests": requests, "copies": count["same_row"], "merged": count["same_request"]}
    refused = int(records.issues["rule"].isin(["refused_row"]).sum())
    cells |= {"apart": apart, "joined": 0, "refused": refused}
    return cells | {"not_data": read - requests - apart - cells["copies"] - cells["merged"] - refused}


def incomplete(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    key = {"name": REGISTER[key["name"]]}
    (of,) = (r for r in configured(records) if r["name"] == key["name"])
    mine = records.every[records.every["register"].str.split(";").map(lambda names: key["name"] in names)]
    until = pd.Timestamp(of["log_end"])
    days = mine[[*STAGES, "answered", "closed"]]
    last = days.where(days.le(until)).max().max()
    alone = records.asked["register"].str.split(";").str[0].eq(key["name"])
    return {
        "log_start": pd.Timestamp(of["log_start"]), "last_event": last, "observed_to": until,
        "silent": (until - last).days, "pending": int(timed(records.asked[alone])["status"].eq("pending").sum()),
    }  # fmt: skip


FIELDS = [
    "direction",
    "partner",
    "kind",
    "channel",
    "offence",
    "legal_basis",
    "requested_on",
    "ended_on",
    "outcome",
]


MORE = ["assistance", "urgent", "deadline", "supplements", "returned_cause", "persons", "entered_on"]


def fields(records: Records) -> pd.DataFrame:
    return each_field(records.asked, [*FIELDS, "refusal_ground"])


def more_fields(records: Records) -> pd.DataFrame:
    return each_field(records.asked[~records.asked["register"].str.contains(";")], MORE)


def each_field(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """A row for each field of each request of which it can be expected, and whether it is there."""
    on = rows["received"].where(~rows["direction"].eq("outgoing"), rows["sent"])
    over = rows["answered"].notna() | rows["closed"].notna()
    known = rows["outcome"].notna() & rows["outcome"].ne("unrecorded")
    parts = []
    for name in names:
        has = {"requested_on": on.notna(), "ended_on": over}.get(name)
        has = rows[name].notna() if has is None else has
        among = {
            "ended_on": known,
            "outcome": over,
            "refusal_ground": rows["outcome"].eq("refused").fillna(False),
            "returned_cause": rows["outcome"].eq("returned").fillna(False),
            "assistance": rows["kind"].isin(["mla", "information", "asset_recovery", "joint_investigation"]),
        }
        parts.append(
            pd.DataFrame({
                "field": name, "filled": has, "expected": among.get(name, True), "agency": rows["agency"],
                "register": rows["register"].str.split(";").str[0].map(AGENCY),
                "year": on.dt.year.astype("Int64").astype(str),
            })
        )  # fmt: skip
    return pd.concat(parts)


def filled(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    among = rows[rows["expected"].astype(bool)]
    n, k = len(among), int(among["filled"].sum())
    return {"expected": n, "filled": k, "share": k / n if n else np.nan}


NEEDS = {
    "received": "requested_on", "sent": "requested_on", "requested": "requested_on", "answered": "ended_on",
    "closed": "ended_on", "ended": "ended_on", "status": "ended_on", "in_time": "deadline", "strand": "kind",
    "partner_group": "partner",
}  # fmt: skip


def kept_fields(records: Records) -> pd.DataFrame:
    """A row for each field of each request of which it can be expected, those kept beside the rest too."""
    table = each_field(records.asked, [*FIELDS, "refusal_ground", *MORE])
    return table[table["expected"].astype(bool)]


def card(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    n, k = len(rows), int(rows["filled"].sum())
    years = rows[rows["year"].ne("<NA>")].groupby("year")["filled"].agg(["mean", "size"])
    # The years of an agency are those in which it has any request, whether or not the field can be expected in it.
    every = kept_fields(records)
    mine = every[every["agency"].eq(key["agency"]) & every["year"].ne("<NA>")]
    x = years.index.map(sorted(mine["year"].unique()).index).to_numpy(float)
    y, w = years["mean"].to_numpy(float), years["size"].to_numpy(float)
    change = np.nan
    if len(y) >= 5:
        middle = np.average(x, weights=w)
        change = 100 * (w * (x - middle) * y).sum() / (w * (x - middle) ** 2).sum()
        rest = y - np.average(y, weights=w) - change / 100 * (x - middle)
        # On a line exactly there is no telling.
        change = change if (w * rest**2).sum() > 1e-20 else np.nan
    recorded = set(every.loc[every["agency"].eq(key["agency"]) & every["filled"], "field"])
    lines = asked_lines()
    target = tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["targets"].get(
        key["field"]
    )
    return {
        "expected": n, "filled": k, "share": k / n, "change": change, "target": np.nan if target is None else target,
        "needed": sum(key["field"] in line for line in lines),
        "unlocked": sum(line - recorded == {key["field"]} for line in lines),
    }  # fmt: skip


@cache
def asked_lines() -> tuple[frozenset[str], ...]:
    found = []
    for file in sorted((Path(__file__).parents[2] / "mlastats" / "forms").glob("*.toml")):
        form = tomllib.loads(file.read_text(encoding="utf-8"))
        for line in form["rows"]:
            if line.get("table", "requests") == "requests":
                names = [
                    *form.get("where", {}),
                    *line.get("where", {}),
                    *line.get("by", []),
                    *line.get("days", []),
                ]
                found.append(frozenset(NEEDS.get(name, name) for name in ["requested", *names]))
    return tuple(found)


def changed(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {"values": len(rows), "rows": rows["count"].astype(int).sum()}


def to_mend(records: Records) -> pd.DataFrame:
    rows = records.issues[records.issues["severity"].ne("note")]
    named = rows["register"].map(lambda ids: " and ".join(AGENCY.get(one, one) for one in ids.split(";")))
    return _labelled(rows.assign(register=named))


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of assets and persons are called by the labels of their own headers."""
    known = {row["code"] for row in vocabulary("header")}
    beside = [row for name in ("asset_header", "person_header") for row in vocabulary(name)]
    labels = {row["code"]: row["label"] for row in beside if row["code"] not in known}
    return rows.assign(column=rows["column"].replace(labels))


def issue(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    first = ", ".join(rows["row"][:5]) + (", …" if len(rows) > 5 else "")
    remedy = {row["code"]: row["remedy"] for row in vocabulary("rule")}
    return {"rows": len(rows), "first": first, "remedy": remedy.get(key["rule"])}


def matching(rows: pd.DataFrame, key: Cells) -> pd.DataFrame:
    """The rows of these codes; what is not recorded is the code "unrecorded"."""
    mine = pd.Series(True, rows.index)
    for name, code in key.items():
        mine &= rows[name].astype(object).where(rows[name].notna(), "unrecorded").eq(code)
    return rows[mine]


def every(records: Records) -> pd.DataFrame:
    return records.rows


def incoming_with_standard(records: Records) -> pd.DataFrame:
    return records.rows[records.rows["direction"].eq("incoming") & records.rows["kind"].notna()]


def known_days(records: Records) -> pd.DataFrame:
    return with_day(records.rows, ["direction", "strand"])


def two_arms(between: str) -> Callable[[Records], pd.DataFrame]:
    return lambda records: records.rows[
        records.rows[between].isin(["formal", "informal", "asean", "non_asean"])
    ]


def in_known_order(records: Records) -> pd.DataFrame:
    rows = formal_order(records)
    return rows[rows["contacted"].ne("unknown")]


def directions(records: Records) -> pd.DataFrame:
    return records.rows[["direction"]]


TABLES: dict[str, tuple[Callable[[Records], pd.DataFrame], Callable[[Records, pd.DataFrame, Cells], Cells]]] = {
    "register_account": (names, account),
    "register_incomplete": (names, incomplete),
    "register_filled_by_register": (fields, filled),
    "register_filled_by_year": (fields, filled),
    "register_filled_by_more": (more_fields, filled),
    "register_filled_by_agency_and_year": (fields, filled),
    "scorecard": (kept_fields, card),
    "register_changes": (lambda records: _labelled(records.changes), changed),
    "register_decisions": (lambda records: records.issues, issue),
    "register_to_do": (to_mend, issue),
    "turnaround_glance": (every, turnaround),
    "turnaround_curves": (known_days, curve_day),
    "turnaround_quantiles": (directions, levels),
    "outcomes": (lambda records: records.rows.assign(outcome=ending(records.rows)), outcome),
    "outcomes_refusals": (lambda records: refused(records.rows), ground),
    "turnaround_by_kind": (every, turnaround),
    "turnaround_by_agency": (every, turnaround),
    "turnaround_by_channel": (every, turnaround),
    "turnaround_within_standard": (incoming_with_standard, standard),
    "funnel_agencies": (due("agency"), funnel("agency")),
    "funnel_partners": (due("partner"), funnel("partner")),
    "stages": (lambda records: records.legs, at_stage),
    "stages_pairs": (lambda records: records.legs, step),
    "stages_by_agency": (lambda records: records.legs, at_stage),
    "stages_handovers": (handed_over, number_of),
    "turnaround_by_year": (every, cohort),
    "pending_by_age": (aged, lambda records, rows, key: {"pending": len(rows)}),
    "pending_oldest": (oldest, waited),
    "channels_formality": (every, formality),
    "channels_formality_by_period": (whole_years, formality),
    "channels_formality_by_partner": (every, formality),
    "channels_by_channel": (channels, channel),
    **{
        f"{what}_by_{by}": (formal, basis)
        for what in ("no_basis", "not_invoked", "returned")
        for by in ("agency", "partner")
    },
    "informal_first": (formal_order, preceded),
    "contacts_became_formal": (lambda records: contacts_of(), became),
    "after_contact": (in_known_order, arm),
    **{f"times_{between}_within_kind": (two_arms(between), arm) for between in ("formality", "asean")},
    **{f"ends_{between}_within_kind": (two_arms(between), arm) for between in ("formality", "asean")},
    "times_urgent_within_kind": (urgency, arm),
    **{
        f"{measure}_{between}_side_by_side": (directions, side_by_side(measure, between))
        for measure in ("answered_within", "mean_days", "refused")
        for between in ("formality", "asean")
    },
    "partners_engagement": (partners, engagement),
    "partners_not_happening": (expected, silent),
    "partners_by_year_incoming": (of_direction("incoming"), of_year),
    "partners_by_year_outgoing": (of_direction("outgoing"), of_year),
    "partners_by_year_and_group": (yearly, of_year),
    "partners_regularity": (regular, regularity),
    "partners_concentration": (lambda records: matters_observed(records).dropna(subset="asean"), concentration),
    "partners_reciprocity": (lambda records: matters_observed(records).dropna(subset="asean"), reciprocity),
    "partners_unanswered": (lambda records: records.rows.dropna(subset="asean"), unanswered),
    "flow_stock": (with_what_came_after, flow),
    "flow_ratios": (flowing_by_strand, flow),
    "backlog_forecast": (half_years, backlog),
    "counted_apart": (apart, entries),
    "before_after_sides_2017_06_28": (lambda records: both_sides(), side),
    "before_after_curves_incoming_2017_06_28": (side_days("incoming"), side_day),
    "before_after_curves_outgoing_2017_06_28": (side_days("outgoing"), side_day),
    "before_after_changes_2017_06_28": (since_event, change),
    "before_after_quality_2017_06_28": (qualities, quality),
    "assessment_years": (last_years, by_end),
    **{
        f"assessment_by_{dimension}{end}": (offences if dimension == "offence" else assessed, assessment)
        for dimension in ("kind", "partner", "offence")
        for end in ("", "_matters")
    },
    "assessment_refusal_grounds": (refusals, number_of),
    "in_time_for_deadline": (by_the_day, deadline),
    "supplements": (asked_for_more, more),
    "times_formality_same_assistance": (both_ways_asked, arm),
    "by_legal_basis": (each_basis, turnaround),
    "treaties_named": (that_could, named_or_not),
    "joint_investigations": (joint, life),
    "terrorism": (about_terrorism, on_resolution),
}  # fmt: skip
