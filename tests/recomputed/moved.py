"""The quarter against its own past: counts of each quarter, what their past allows, what is overdue."""

import tomllib
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import betainc, betaln, gammaln, stdtr

from tests.recomputed.records import AS_OF, vocabulary
from tests.recomputed.tables import FIRST_OF, LAST, RECORDS, Cells, Records, matching

QUARTERS = pd.period_range("2014Q1", "2026Q3", freq="Q")
NOW = f"{QUARTERS[-1].year}-Q{QUARTERS[-1].quarter}"


def code(quarter: pd.Period) -> str:
    return f"{quarter.year}-Q{quarter.quarter}"


def standards() -> dict[str, int]:
    return tomllib.loads((RECORDS[0].home / "mlastats.toml").read_text(encoding="utf-8"))["standards"]


def of_chart(way: str, strand: str) -> pd.DataFrame:
    rows = matching(RECORDS[0].rows, {"direction": way})
    return rows if strand == "every" else matching(rows, {"strand": strand})


@cache
def points(way: str, strand: str, what: str) -> pd.DataFrame:
    """Each quarter of a chart: how much of it all registers that hold such requests have seen, and what is counted."""
    rows = of_chart(way, strand)
    agencies = rows["agency"].dropna().unique()
    first, last = max(FIRST_OF[a] for a in agencies), min(LAST[a] for a in agencies)
    over = rows["end"].where(rows["end"].le(rows["cut"]))
    parts = []
    for quarter in QUARTERS:
        begun, ended = quarter.start_time.normalize(), quarter.end_time.normalize()
        since, until = max(begun, first), min(ended, last)
        days = max(0, (until - since).days + 1)
        part = whole = np.nan
        if what in ("came", "ended") and days:
            part = int((rows["start"] if what == "came" else over).between(since, until).sum())
        if what == "on_time":
            mine = rows.assign(standard=rows["kind"].map(standards()))
            mine = mine[mine["timed"] & mine["entry"].eq(0) & mine["standard"].notna()]
            due = mine["start"] + pd.to_timedelta(mine["standard"], unit="D")
            mine = mine[due.between(begun, ended) & due.le(mine["cut"])]
            part = int((mine["status"].eq("answered") & mine["days"].le(mine["standard"])).sum())
            whole = len(mine)
        parts.append((code(quarter), begun, days, days / ((ended - begun).days + 1), part, whole))
    return pd.DataFrame(parts, columns=["period", "start", "days", "observed", "part", "whole"])


@cache
def charts() -> tuple[tuple[str, str, str], ...]:
    """Every chart: what came and ended, of each strand and of all; of incoming ones with a standard what was in time."""
    rows = RECORDS[0].rows
    found = [
        (way, strand, what)
        for way in ("incoming", "outgoing")
        for strand in [*rows["strand"].unique(), "every"]
        for what in ("came", "ended")
    ]
    timed_ = rows[rows["direction"].eq("incoming") & rows["kind"].isin([*standards()])]
    found += [("incoming", strand, "on_time") for strand in timed_["strand"].unique()]
    return tuple(chart for chart in found if len(of_chart(*chart[:2])))


def before(table: pd.DataFrame, at: int) -> pd.DataFrame:
    """The twelve quarters before a place, of these what was seen whole."""
    past = table.iloc[max(0, at - 12) : max(0, at)]
    return past[past["observed"].eq(1)]


def tells(past: pd.DataFrame, what: str) -> bool:
    return len(past) >= 8 and bool(
        past["whole"].sum() >= 10 if what == "on_time" else past["part"].mean() >= 1
    )


@cache
def level() -> float:
    held = sum(tells(before(points(*chart), len(QUARTERS) - 1), chart[2]) for chart in charts())
    return 0.10 / (held * 4 * 2)


def least(cdf: np.ndarray, level_: float) -> int:
    return int(np.argmax(cdf >= level_ - 1e-15))


def allowed(past: np.ndarray, observed: float) -> tuple[float, float]:
    """Where the distribution function of the negative binomial reaches the level, by the incomplete beta function."""
    n, total = len(past), past.sum()
    spread = max(1.0, past.var(ddof=1) / (total / n) if total else 1.0) * (1 + observed / n)
    size = observed * (total + 0.5) / n / (spread - 1)
    cdf = betainc(size, np.arange(5000) + 1.0, 1 / spread)
    return least(cdf, level() / 2), least(cdf, 1 - level() / 2)


def allowed_share(x: np.ndarray, n: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """The same of the beta-binomial, from its probabilities one by one."""
    p, known, m = (x.sum() + 0.5) / (n.sum() + 1), n.sum(), sizes.sum()
    over = ((x - n * p) ** 2 / (n * p * (1 - p))).sum() / (len(n) - 1) - 1
    alike = max(0.0, over / max(n.mean() - 1, 1e-9))
    spread = (sizes * (1 + (sizes - 1) * alike)).sum() / m * (1 + m / known)
    size = max((m - 1) / max(spread - 1, 1e-9) - 1, 1e-3)
    k = np.arange(m + 1)
    logs = gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)
    cdf = np.exp(
        logs + betaln(k + p * size, m - k + (1 - p) * size) - betaln(p * size, (1 - p) * size)
    ).cumsum()
    return least(cdf, level() / 2), least(cdf, 1 - level() / 2)


def side(value: float, low: float, high: float) -> str:
    return "below" if value < low else "above" if value > high else "within"


@cache
def judged(way: str, strand: str, what: str, period: str) -> Cells:
    table = points(way, strand, what)
    at = table["period"].tolist().index(period)
    row, past, shares = table.iloc[at], before(table, at), what == "on_time"
    cells: Cells = {"part": row["part"], "whole": row["whole"]}
    cells |= dict.fromkeys(("usual", "lower", "upper", "of_year", "usual_year"), np.nan)
    few = past[past["whole"].ge(10)] if shares else past
    if not row["observed"]:
        cells["signal"] = "not_observed"
    elif len(past) < 8:
        cells["signal"] = "short_past"
    elif not tells(few, what) or (shares and row["whole"] < 10):
        cells["signal"] = "few"
    else:
        x, n = few["part"].to_numpy(float), few["whole"].to_numpy(float)
        if shares:
            cells["usual"] = x.sum() / n.sum()
            low, high = allowed_share(x, n, np.array([row["whole"]]))
        else:
            cells["usual"] = x.mean() * row["observed"]
            low, high = allowed(x, row["observed"])
        cells |= {"lower": low, "upper": high, "signal": side(row["part"], low, high)}
    return cells | year(table, at, what)


def year(table: pd.DataFrame, at: int, what: str) -> Cells:
    shares = what == "on_time"
    last, past = table.iloc[max(0, at - 3) : at + 1], before(table, at - 3)
    if len(past) < 8:
        return {"year_signal": "short_past"}
    if not last["observed"].eq(1).all():
        return {"year_signal": "not_observed"}
    past = past[past["whole"].gt(0)] if shares else past
    if not tells(past, what) or (shares and last["whole"].sum() < 10):
        return {"year_signal": "few"}
    if shares and table["whole"].iloc[at] >= 10:
        return {"year_signal": "by_period"}
    total, x = last["part"].sum(), past["part"].to_numpy(float)
    if shares:
        n, sizes = past["whole"].to_numpy(float), last["whole"][last["whole"].gt(0)].to_numpy(float)
        told = side(total, *allowed_share(x, n, sizes))
        return {"of_year": total / sizes.sum(), "usual_year": x.sum() / n.sum(), "year_signal": told}
    roots, own = (2 * np.sqrt(values + 3 / 8) for values in (x, last["part"].to_numpy(float)))
    error = max(1, roots.std(ddof=1)) * np.sqrt(1 / len(roots) + 1 / len(own))
    t = (own.mean() - roots.mean()) / error
    told = "within" if 2 * stdtr(len(roots) - 1, -abs(t)) > level() else "above" if t > 0 else "below"
    return {"of_year": total, "usual_year": 4 * x.mean(), "year_signal": told}


def keyed(charts_: list[tuple[str, str, str]], *more: str) -> pd.DataFrame:
    return pd.DataFrame(charts_, columns=["direction", "strand", "what", *more])


def counts(records: Records) -> pd.DataFrame:
    return keyed([chart for chart in charts() if chart[2] != "on_time"])


def count(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    row = points(key["direction"], key["strand"], key["what"]).iloc[-1]
    until = row["start"] + pd.Timedelta(days=row["days"] - 1)
    return judged(key["direction"], key["strand"], key["what"], NOW) | {
        "counted_to": until if row["days"] else pd.NaT
    }


def past(records: Records) -> pd.DataFrame:
    """The last thirteen quarters of each chart of which the last is judged."""
    told = [
        chart
        for chart in charts()
        if chart[2] != "on_time" and judged(*chart, NOW)["signal"] in ("below", "within", "above")
    ]
    return keyed([(*chart, code(quarter)) for chart in told for quarter in QUARTERS[-13:]], "period")


def point(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return judged(key["direction"], key["strand"], key["what"], key["period"])


def shares(records: Records) -> pd.DataFrame:
    return keyed([chart for chart in charts() if chart[2] == "on_time"])[["direction", "strand"]]


def share(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    cells = judged(key["direction"], key["strand"], "on_time", NOW)
    n = cells["whole"] or np.nan
    return cells | {"share": cells["part"] / n, "lower": cells["lower"] / n, "upper": cells["upper"] / n}


def firsts(records: Records) -> pd.DataFrame:
    """What stands in no request made, or ended, before the quarter."""
    rows, parts = records.asked, []
    begun = QUARTERS[-1].start_time.normalize()
    days = records.rows[["start", "end"]].reindex(rows.index)
    for what in ("partner", "channel", "kind", "refusal_ground"):
        on = days["end" if what == "refusal_ground" else "start"]
        each = (
            rows.assign(on=on, each=rows[what].str.split(";"))[on.le(AS_OF)]
            .explode("each")
            .dropna(subset="each")
        )
        first = each.groupby(["direction", "each"])["on"].agg(["min", "size"]).reset_index()
        labels = {row["code"]: row["label"] for row in vocabulary(what if what != "partner" else "partner")}
        new = first[first["min"].ge(begun)]
        parts.append(new.assign(what=what, newcomer=new["each"].map(labels)))
    return pd.concat(parts, ignore_index=True)


def new(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    return {"requests": int(rows["size"].sum())}


def overdue_rows(records: Records) -> pd.DataFrame:
    """What waits for longer than the standard of its kind; ours, and what has none, for a year or longer."""
    rows = records.rows[records.rows["status"].eq("pending")]
    own = rows["kind"].map(standards()) + 1
    rows = rows.assign(due=own.where(rows["direction"].eq("incoming")).fillna(365))
    return rows[rows["days"].ge(rows["due"])]


def overdue(records: Records, rows: pd.DataFrame, key: Cells) -> Cells:
    """Of these, what was not overdue yet on the first day of the quarter."""
    then = (QUARTERS[-1].start_time.normalize() - rows["start"]).dt.days
    return {"overdue": len(rows), "newly": int(then.lt(rows["due"]).sum()), "oldest": rows["days"].max()}


TABLES = {
    "signals": (counts, count),
    "signals_past": (past, point),
    "signals_shares": (shares, share),
    "signals_new": (firsts, new),
    "signals_overdue": (overdue_rows, overdue),
}
