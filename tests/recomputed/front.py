"""What stands on the first page and on the sheet of a partner or an agency, request by request."""

import tomllib
from functools import cache

import numpy as np
import pandas as pd

from tests.recomputed.curves import curve
from tests.recomputed.records import AS_OF, timed
from tests.recomputed.tables import (
    RECORDS,
    Cells,
    Records,
    assessed,
    by_end,
    matching,
    statuses,
    times,
    treaties_between,
    waited,
    with_limits,
    within,
)

FIVE_YEARS_AGO = AS_OF - pd.DateOffset(years=5)
YEAR_ENDS = [pd.Timestamp(year, 12, 31) for year in range(2016, 2026)]


@cache
def on_a_day(day: pd.Timestamp) -> pd.DataFrame:
    """What was open at the end of a day, each register looked at as far as it reaches."""
    rows = timed(RECORDS[0].asked, as_of=day)
    return rows[rows["status"].eq("pending")]


def stock_days(records: Records) -> pd.DataFrame:
    """The ends of ten years, of those that all registers have seen, a year ago and today, of each strand and of all."""
    days = [*YEAR_ENDS, AS_OF - pd.DateOffset(years=1), AS_OF]
    seen = records.rows["observed_from"].max()
    rows = [
        (way, strand, f"{day:%Y-%m-%d}")
        for way in ("incoming", "outgoing")
        for strand in [*records.rows["strand"].unique(), "all"]
        for day in days
        if not day < seen
    ]
    return pd.DataFrame(rows, columns=["direction", "strand", "on"])


def stock(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    mine = matching(on_a_day(pd.Timestamp(key["on"])), {"direction": key["direction"]})
    mine = mine if key["strand"] == "all" else matching(mine, {"strand": key["strand"]})
    return {"open": len(mine), "long": int(mine["days"].ge(365).sum())}


def assistance(records: Records) -> pd.DataFrame:
    return records.rows[records.rows["kind"].eq("mla")]


def pace(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """The median of legal assistance; of what was open up to five years ago, cut there; of what was open since, from its
    age on that day on."""
    asked = records.asked[records.asked["kind"].eq("mla")]
    turn = FIVE_YEARS_AGO
    past = {"before": timed(asked, as_of=turn), "since": timed(asked, since=turn + pd.Timedelta(days=1))}
    cells = {
        **times(rows),
        "standard_days": np.nan,
        **dict.fromkeys(("within", "within_lower", "within_upper"), np.nan),
    }
    for name, every in past.items():
        cells |= with_limits(name, curve(matching(every, {"direction": key["direction"]})).quantile(0.5))
    if key["direction"] == "incoming":
        days = tomllib.loads((records.home / "mlastats.toml").read_text(encoding="utf-8"))["standards"]["mla"]
        cells |= {"standard_days": days, **within(rows, days)}
    return cells


def last_years(records: Records) -> pd.DataFrame:
    rows = assessed(records)
    return rows[rows["year"].between("2021", "2026") & rows["kind"].isin(["mla", "extradition"])]


@cache
def concerned() -> pd.DataFrame:
    """What each decision concerns, a row a request, once for its agency and once for all."""
    rows = RECORDS[0].rows
    late = rows[rows["status"].eq("pending") & rows["days"].ge(365)]
    ours = late[late["direction"].eq("outgoing") & late["partner"].notna()]
    slowest = ours["partner"].value_counts().index[0] if len(ours) else ""
    refused = rows["outcome"].eq("refused") & rows["status"].eq("answered") & rows["refusal_ground"].isna()
    parts = {
        ("answer", "all"): late[late["direction"].eq("incoming") & late["kind"].eq("mla")],
        ("remind", slowest): ours[ours["partner"].eq(slowest)],
        ("ground", "all"): rows[refused],
        ("partner", "all"): rows[rows["partner"].isna()],
    }
    each = [
        part.assign(decision=decision, partner=partner, agency=agency)
        for (decision, partner), part in parts.items()
        for agency in ("all", part["agency"].fillna("unrecorded"))
    ]
    return pd.concat(each)


def many(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {"entries": len(rows)}


def basis(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {
        "requests": len(records.rows),
        "undated": statuses(records.rows)["undated"],
        "entries": len(records.apart),
    }


def pending(records: Records) -> pd.DataFrame:
    return records.rows[records.rows["status"].eq("pending")]


def ends(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return by_end(records, rows, key) | with_limits("median_days", curve(rows).quantile(0.5), own=False)


def treaties(partner: str) -> list[str]:
    """The codes of the treaties in force with a partner today."""
    return sorted(treaties_between("LAO", partner, f"{AS_OF:%Y-%m-%d}")) if partner else []


TABLES = {
    "front_stock": (stock_days, stock),
    "front_pace": (assistance, pace),
    "front_years": (last_years, by_end),
    "front_decisions": (lambda records: concerned(), many),
    "front_basis": (lambda records: records.rows.iloc[:0], basis),
    "partner_open": (pending, waited),
    "partner_ends": (assessed, ends),
    "partner_treaties": (lambda records: records.rows.iloc[:0], many),
}
