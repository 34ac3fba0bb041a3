"""Mirror statistics: what one country says that it sent to another, against what the other says it received from it.

Neither of the two is the true number: a figure is always "as reported by" somebody. A pair that differs by no more than
chance is not wrong, and a nil is not a missing one.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, InputRejected

# Two counts of one flow that differ more than this allows are not two looks at the same thing (two-sided, exact).
CHANCE = 0.002
# Two reporters agree, in Gelhar's sense (1996), where the smaller count is at least so much of the larger.
AGREES = 0.8
# Gaps of two years are correlated where each year has so many requests, of both sides together,
# and there are so many of them.
ENOUGH, CORRELATED = 20, 10
SENT, RECEIVED = "sent", "received"
NIL, UNREPORTED = "-", "N/A"
EQUAL, WITHIN, OUTSIDE = "equal", "within", "outside"
NO_NIL, ONE_NIL, ONE_MISSING, UNSAID = "", "one_nil", "one_missing", "unreported"
_WORDS = {"made": SENT, "outgoing": SENT, "incoming": RECEIVED, "party": "reporter"}
# Between names in one cell.
APART = "; "
_COLUMNS = ("year", "reporter", "counterpart", "direction", "count")


def read(path: Path) -> pd.DataFrame:
    """A table of counts from CSV: `year reporter counterpart direction count reported`, a row a cell of the file.

    Columns `year`, `reporter`, `counterpart`, `direction` (sent, received; made is sent) and `count`; or, in place of year
    and count, a column for each year. In a cell `-` and 0 are nil, `N/A` says that it was not reported (`count` missing,
    `reported` false); an empty one is left out, as if its row were absent. Without a column `counterpart` the table has
    margins alone (`margins`). Other columns are not read. Raises InputRejected with every fault.

    >>> table = region.mirror.read(folder / "flows.csv")
    >>> table["count"].tolist(), table["reported"].tolist()
    ([9.0, 8.0, 0.0], [True, True, True])
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as cause:
        raise InputRejected(
            f"{path.name} cannot be read as a CSV table in UTF-8 ({type(cause).__name__}). Save it as one."
        ) from cause
    table.columns = [_WORDS.get(name.strip().lower(), name.strip().lower()) for name in table.columns]
    years = [name for name in table.columns if name.isdigit() and len(name) == 4]
    if "count" not in table and years:
        kept = [name for name in _COLUMNS if name in table and name != "year"]
        table = table.melt(kept, years, "year", "count")
    lacking = [name for name in _COLUMNS if name not in table and name != "counterpart"]
    if lacking:
        raise InputRejected(
            f"{path.name} has no column {', '.join(lacking)}; a table of flows has {', '.join(_COLUMNS)}, with a year "
            f"or a column for each. It has {', '.join(table.columns) or 'none'}."
        )
    table = table[[name for name in _COLUMNS if name in table]].apply(lambda column: column.str.strip())
    table["direction"] = table["direction"].str.lower().replace(_WORDS)
    text = table["count"].replace({NIL: "0", "": pd.NA})
    reported = text.str.upper().ne(UNREPORTED).fillna(True).astype(bool)
    table["count"] = text.where(text.str.fullmatch(r"\d{1,12}").fillna(False).astype(bool)).astype(float)
    keys = [name for name in _COLUMNS[:4] if name in table]
    faults = {
        "a direction is sent or received": ~table["direction"].isin([SENT, RECEIVED]),
        "a year has four digits": ~table["year"].str.fullmatch(r"\d{4}"),
        f"a count is a whole number, {NIL} or {UNREPORTED}": reported & text.notna() & table["count"].isna(),
        "reporter and counterpart are two, and are named": table[keys[1:-1]].eq("").any(axis=1)
        | (table["reporter"] == table.get("counterpart", "")),
        "a flow is reported once": table.duplicated(keys),
    }
    said = [
        f"{words}: {int(bad.sum())} rows are not so (the first is row {int(bad.to_numpy().argmax()) + 1})"
        for words, bad in faults.items()
        if bad.any()
    ]
    if said or table.empty:
        raise InputRejected(f"{path.name}: {'; '.join(said) or 'it has no row'}. Mend the table.")
    table["year"] = table["year"].astype(int)
    return table.assign(reported=reported)[text.notna()].reset_index(drop=True)


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Both sides of each flow: a row a year, `sender` and `receiver` of which one side at least stands in the table.

    `sent` as the sender reports it and `received` as the receiver does, missing where it was not reported. `chance`: how
    likely two counts of one flow are to differ so much or more (exact binomial, two-sided), where both are reported and not
    both nil. `stands`: equal, within (chance at .2 %), outside; blank else. `one_sided`: "one_nil" where one says some and
    the other nil, "one_missing" where the other did not report, "unreported" where neither number is more than nil and one
    is missing; blank else. `asymmetry` is |sent - received| / (sent + received). Raises ConfigurationError for a table of
    margins: pairs cannot be told from them.

    >>> region.mirror.pairs(region.mirror.read(folder / "all.csv"))["stands"].head(3).tolist()
    ['within', 'within', 'equal']
    """
    from scipy.stats import binom

    if "counterpart" not in table:
        raise ConfigurationError(
            "The table says how many requests each country sent and received, and not to and from whom: it has margins, "
            "and no pair can be told from them. Give the column `counterpart`; what margins allow is in `margins`."
        )
    sides = {}
    for direction, names in ((SENT, ("sender", "receiver")), (RECEIVED, ("receiver", "sender"))):
        own = table[table["direction"].eq(direction)]
        own = own.rename(columns={"reporter": names[0], "counterpart": names[1], "count": direction})
        sides[direction] = own[["year", "sender", "receiver", direction]]
    both = sides[SENT].merge(sides[RECEIVED], how="outer", on=["year", "sender", "receiver"])
    sent, received = both[SENT], both[RECEIVED]
    total, least = sent + received, np.minimum(sent, received)
    told = total > 0
    chance = np.minimum(1, 2 * binom.cdf(least.where(told, 0), total.where(told, 0), 0.5))
    both["chance"] = np.where(told, chance, np.nan)
    both["stands"] = np.select(
        [~told, sent.eq(received), both["chance"].ge(CHANCE)], ["", EQUAL, WITHIN], OUTSIDE
    )
    missing = sent.isna() | received.isna()
    some = sent.gt(0) | received.gt(0)
    both["one_sided"] = np.select(
        [missing & some, missing, told & least.eq(0)], [ONE_MISSING, UNSAID, ONE_NIL], NO_NIL
    )
    both["asymmetry"] = ((sent - received).abs() / total.where(told)).astype(float)
    return both.astype({"stands": "str", "one_sided": "str"})


def agreement(flows: pd.DataFrame, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """How far the two sides agree: a row for each value of `by`, one in all without it.

    Of the flows that both report and that are not nil on both sides: `flows`, `equal`, `within`, `outside` (these three
    add up to `flows`), `one_nil`, the requests `sent` and `received`, and `asymmetry`, the sum of |sent - received| over
    the sum of both. `one_missing` are those that one side alone reports.

    >>> region.mirror.agreement(flows)[["flows", "outside", "one_missing"]].iloc[0].tolist()
    [10, 1, 1]
    """
    names = [by] if isinstance(by, str) else list(by)
    told = flows["stands"].ne("")
    marks = {state: flows["stands"].eq(state) for state in (EQUAL, WITHIN, OUTSIDE)}
    marks |= {state: flows["one_sided"].eq(state) for state in (ONE_NIL, ONE_MISSING)}
    rows = pd.DataFrame({"flows": told, **marks}).astype(int)
    rows[[SENT, RECEIVED]] = flows[[SENT, RECEIVED]].where(told, 0).astype(int)
    rows["apart"] = (rows[SENT] - rows[RECEIVED]).abs()
    groups = [flows[name] for name in names] or [pd.Series("all", flows.index, name="of")]
    table = rows.groupby(groups).sum().reset_index()
    volume = table[SENT] + table[RECEIVED]
    table["asymmetry"] = (table["apart"] / volume.where(volume > 0)).astype(float)
    return table.drop(columns=["apart", *({"of"} if not names else ())])


def by_country(flows: pd.DataFrame) -> pd.DataFrame:
    """Each country's side against its partners': a row a `country` and `flow_side` (sender, receiver).

    The columns of `agreement`, and `agrees`: the share of its volume in flows whose smaller count is at least four fifths
    of the larger (Gelhar 1996). Which of the two sides is right is not known.

    >>> region.mirror.by_country(flows).query("flow_side == 'sender'")["country"].tolist()
    ['XAA', 'XAB', 'XAC']
    """
    parts = []
    for side in ("sender", "receiver"):
        own = flows.rename(columns={side: "country"})
        table = agreement(own, "country")
        told = own[own["stands"].ne("")]
        volume, larger = told[SENT] + told[RECEIVED], told[[SENT, RECEIVED]].max(axis=1)
        near = volume.where(told[[SENT, RECEIVED]].min(axis=1) >= AGREES * larger - 1e-9, 0)
        share = near.groupby(told["country"]).sum() / volume.groupby(told["country"]).sum()
        parts.append(
            table.assign(flow_side=side, agrees=share.reindex(table["country"]).to_numpy(float)).pipe(
                lambda t: t[
                    ["country", "flow_side", *t.columns.difference(["country", "flow_side"], sort=False)]
                ]
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["country", "flow_side"], ignore_index=True)


def persistence(flows: pd.DataFrame) -> dict[str, Any]:
    """Whether gaps last or even out: a definition or a coverage differs, or requests at the turn of the year.

    `asymmetry` by year and `pooled` over the years that both report; `timing` is the share of the first that is gone in the
    second. `correlation` of the gap of one year with that of the next, ln((received + 1) / (sent + 1)), over the
    `successive` pairs of years that have 20 requests or more each, both sides together, with 95 % limits (Fisher's z);
    missing below ten. Near 1: the same side is short every year; below 0: what one year lacks the next has.

    >>> round(region.mirror.persistence(flows)["pooled"], 3)
    0.283
    """
    told = flows[flows["stands"].ne("")]
    pooled = told.groupby(["sender", "receiver"])[[SENT, RECEIVED]].sum()

    def apart(rows: pd.DataFrame) -> float:
        volume = rows[[SENT, RECEIVED]].to_numpy().sum()
        return float((rows[SENT] - rows[RECEIVED]).abs().sum() / volume) if volume else math.nan

    gaps = told.assign(gap=np.log((told[RECEIVED] + 1) / (told[SENT] + 1)))
    gaps = gaps.loc[told[SENT] + told[RECEIVED] >= ENOUGH, ["year", "sender", "receiver", "gap"]]
    after = gaps.merge(gaps.assign(year=gaps["year"] - 1), on=["year", "sender", "receiver"])
    n, varies = len(after), after[["gap_x", "gap_y"]].std().gt(0).all()
    r = float(np.corrcoef(after["gap_x"], after["gap_y"])[0, 1]) if n >= CORRELATED and varies else math.nan
    width = 1.959963984540054 / math.sqrt(max(n - 3, 1))
    z = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12)) if not math.isnan(r) else math.nan
    yearly, over_years = apart(told), apart(pooled)
    return {
        "asymmetry": yearly,
        "pooled": over_years,
        "timing": 1 - over_years / yearly if yearly else math.nan,
        "successive": n,
        "correlation": r,
        "lower": math.tanh(z - width),
        "upper": math.tanh(z + width),
    }


def reporters(flows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    """How much of the disagreement is who reports: ln(received / sent) = receiver's effect - sender's effect.

    Weighted by sent x received / (sent + received), the inverse of its variance by chance, over the flows of which both
    counts are above 0. The first value has a row a `country`: `as_receiver` and `as_sender`, the factor by which its count
    stands to what the others would lead to expect, as geometric means over the countries are 1, with the `flows` that each
    rests on. The second: `flows`, `before` and `after`, chi-squared over degrees of freedom without and with the effects
    (1 is chance), and `explained`, the part of the excess over chance that is gone.

    >>> effects, fit = region.mirror.reporters(flows)
    >>> effects.loc[effects["country"].eq("XAC"), "as_receiver"].round(1).tolist()
    [0.5]
    """
    told = flows[flows["sent"].gt(0) & flows["received"].gt(0)]
    names = sorted({*told["sender"], *told["receiver"]})
    place = {name: number for number, name in enumerate(names)}
    n = len(names)
    design = np.zeros((len(told), 2 * n))
    rows = np.arange(len(told))
    design[rows, told["receiver"].map(place)] = 1
    design[rows, n + told["sender"].map(place).to_numpy(int)] = -1
    gap = np.log(told["received"] / told["sent"]).to_numpy()
    weight = (told["sent"] * told["received"] / (told["sent"] + told["received"])).to_numpy()
    root = np.sqrt(weight)
    effect, _rest, rank, _values = np.linalg.lstsq(design * root[:, None], gap * root, rcond=None)
    left = gap - design @ effect
    before = float((weight * gap**2).sum() / len(told)) if len(told) else math.nan
    free = len(told) - int(rank)
    after = float((weight * left**2).sum() / free) if free > 0 else math.nan
    table = pd.DataFrame({"country": names})
    for side, values, of in (("receiver", effect[:n], "receiver"), ("sender", effect[n:], "sender")):
        counts = told[of].value_counts().reindex(names).fillna(0).astype(int).to_numpy()
        known = np.where(counts > 0, values, np.nan)
        table[f"as_{side}"] = np.exp(known - (np.nanmean(known) if counts.any() else 0))
        table[f"{side}_flows"] = counts
    explained = (before - after) / (before - 1) if before > 1 else math.nan
    return table, {"flows": len(told), "before": before, "after": after, "explained": explained}


def margins(table: pd.DataFrame) -> pd.DataFrame:
    """What totals without partners allow: a row a `year`, and one for each run of years ("2016-2017") in which the same
    reported.

    `sent` and `received` as reported, `senders` and `receivers` who reported, `silent` those who reported one of the
    two at most. `matched_at_most`: no more requests than these can stand on both sides, since nobody asks
    himself; `apart_at_least`: so many of the larger side are not in the other's count, or were made to or by somebody who
    did not report. It is a bound, and says nothing of a pair.

    >>> region.mirror.margins(flows_of_totals)[["sent", "received", "matched_at_most"]].iloc[0].tolist()
    [10, 4, 4]
    """
    every = sorted(table["reporter"].unique())
    years = {
        int(year): own.pivot_table("count", "reporter", "direction", "sum", min_count=1).reindex(
            every, columns=[SENT, RECEIVED]
        )
        for year, own in table.groupby("year")
    }
    found = [_bounds(str(year), wide) for year, wide in years.items()]
    runs: list[list[int]] = []
    for year, wide in years.items():
        last = runs[-1][-1] if runs else None
        if last == year - 1 and wide.isna().equals(years[last].isna()):
            runs[-1].append(year)
        else:
            runs.append([year])
    for run in (run for run in runs if len(run) > 1):
        total = sum((years[year] for year in run[1:]), start=years[run[0]])
        found.append(_bounds(f"{run[0]}-{run[-1]}", total))
    return pd.DataFrame(found)


def _bounds(year: str, wide: pd.DataFrame) -> dict[str, Any]:
    known = wide.fillna(0)
    sent, received = int(known[SENT].sum()), int(known[RECEIVED].sum())
    # The least cut between senders and receivers where each is kept from himself.
    alone = (sent - known[SENT] + received - known[RECEIVED]).min()
    matched = int(min(sent, received, alone))
    return {
        "year": year,
        SENT: sent,
        RECEIVED: received,
        "senders": int(wide[SENT].notna().sum()),
        "receivers": int(wide[RECEIVED].notna().sum()),
        "silent": APART.join(wide.index[wide.isna().any(axis=1)]),
        "matched_at_most": matched,
        "apart_at_least": max(sent, received) - matched,
    }
