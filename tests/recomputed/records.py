"""What the cleaned table holds, by the rules of DESIGN: requests with their days, matters, and steps from stage to stage."""

import csv
import itertools
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

VOCABULARY = Path(__file__).parents[2] / "mlastats" / "vocab"
AS_OF = pd.Timestamp("2026-09-30")
OTHERWISE = ("withdrawn", "returned", "lapsed", "other")
STAGES = [
    *("drafted", "sent", "received", "acknowledged", "info_requested", "info_supplied", "forwarded"),
    "executed",
]
FORTNIGHT = pd.Timedelta(days=14)


def vocabulary(name: str) -> list[dict[str, str]]:
    with (VOCABULARY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STRAND = {row["code"]: row["strand"] for row in vocabulary("kind")}
REGION = {row["code"]: row["region"] for row in vocabulary("partner")}
MEMBERS = vocabulary("membership")


@cache
def group_of(partner: str, day: pd.Timestamp) -> str:
    """The group of a partner on a day; today's where the day is missing."""
    if pd.isna(partner):
        return "unrecorded"
    found = REGION.get(partner) or "unrecorded"
    for row in MEMBERS:
        since, until = row["since"], row["until"] or "9999-12-31"
        if row["code"] == partner and (pd.isna(day) or since <= f"{day:%Y-%m-%d}" <= until):
            found = row["group"]
    return found


def moment(table: pd.DataFrame, stage: str, part: str = "day") -> pd.Series:
    """A month counts as its 15th, a year as 1 July; or the `first` or the `last` day that it may be."""
    day, by = table[stage], table[f"{stage}_precision"]
    month, year = (day.dt.to_period(unit) for unit in "MY")
    if part == "first":
        return (
            day.mask(by.eq("month"), month.dt.start_time)
            .mask(by.eq("year"), year.dt.start_time)
            .dt.floor("D")
        )
    if part == "last":
        return day.mask(by.eq("month"), month.dt.end_time).mask(by.eq("year"), year.dt.end_time).dt.floor("D")
    middle = year.dt.start_time + pd.DateOffset(months=6)
    return day.mask(by.eq("month"), month.dt.start_time + FORTNIGHT).mask(by.eq("year"), middle)


def timed(
    table: pd.DataFrame, as_of: pd.Timestamp = AS_OF, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """The requests that had begun by their cut: start, end, days, entry, status, whether they are in a curve.

    With `since`, as registers kept from then on would have them: what was over before is not there.
    """
    sent = table["direction"].eq("outgoing") | (table["direction"].isna() & table["received"].isna())
    start, first = (
        moment(table, "received", part).where(~sent, moment(table, "sent", part)) for part in ("day", "first")
    )
    start_by = table["received_precision"].where(~sent, table["sent_precision"])
    answered, closed = moment(table, "answered"), moment(table, "closed")
    earlier = closed.lt(answered) | answered.isna()
    end, last = (
        moment(table, "closed", part).where(earlier, moment(table, "answered", part))
        for part in ("day", "last")
    )
    end_by = table["closed_precision"].where(earlier, table["answered_precision"])
    cut = table["observed_to"].fillna(as_of).clip(upper=as_of)
    over = end.le(cut)
    lost = known(table["outcome"]) & end.isna()
    undated = start.isna() | start_by.eq("year") | (over & end_by.eq("year")) | lost
    undated |= over & first.gt(last)
    status = np.select(
        [undated, over & table["outcome"].isin(OTHERWISE), over],
        ["undated", "otherwise", "answered"],
        "pending",
    )
    seen = table["observed_from"] if since is None else table["observed_from"].clip(lower=since).fillna(since)
    days = (end.where(over, cut) - start).dt.days.clip(lower=0)
    entry = (seen - start).dt.days.clip(lower=0).fillna(0)
    on = table["received"].where(~sent, table["sent"])
    rows = table.assign(
        on=on, start=start, end=end, cut=cut, days=days, entry=entry, status=status,
        timed=~undated & entry.le(days), approximate=(start_by.eq("month") | over & end_by.eq("month")) & ~undated,
        dated=start.where(start_by.ne("year")), lost=lost,
    )  # fmt: skip
    signs = table[[*STAGES, "answered", "closed"]].min(axis=1)
    begun = start.le(cut) | (start.isna() & ~signs.gt(cut))
    if since is not None:
        begun &= rows["timed"] | undated & ~(on.lt(since) | last.lt(since))
    return rows[begun]


def chains(table: pd.DataFrame) -> pd.Series:
    """The matter of each request: a chain of links; a reference of several requests is followed within one register."""
    root = list(range(len(table)))

    def find(n: int) -> int:
        while root[n] != n:
            n = root[n]
        return n

    ids, links = table["request_id"].tolist(), table["linked_request_id"].tolist()
    held = [set(str(r).split(";")) for r in table["register"]]
    outside: dict[str, int] = {}
    for n, link in enumerate(links):
        if pd.isna(link):
            continue
        carry = [m for m, name in enumerate(ids) if name == link]
        if not carry:
            root[find(n)] = find(outside.setdefault(link, n))
            continue
        near = [m for m in carry if held[m] & held[n]]
        one = near if len(near) == 1 else carry if len(carry) == 1 else []
        for m in one:
            root[find(n)] = find(m)
    return pd.Series([find(n) for n in range(len(table))], index=table.index)


def matters(table: pd.DataFrame, chain: pd.Series) -> pd.DataFrame:
    """One row a chain: its first request, with the end of the one that ended last; none while one is open."""
    ends = ["answered", "answered_precision", "closed", "closed_precision", "outcome", "refusal_ground"]
    whole = timed(table)
    day = pd.DataFrame({"on": whole["on"], "end": whole["end"], "outcome": whole["outcome"]}).reindex(
        table.index
    )
    alone = ~chain.duplicated(keep=False)
    one = table[alone].copy()
    one.loc[day["end"].isna() & ~known(day["outcome"]), ends] = None
    rows = []
    for _chain, places in table[~alone].groupby(chain[~alone].to_numpy(), sort=False).groups.items():
        of = day.loc[places]
        row = table.loc[of["on"].idxmin() if of["on"].notna().any() else places[0]].copy()
        if (of["end"].isna() & ~known(of["outcome"])).any():
            row[ends] = [None] * len(ends)
        elif of["end"].notna().any():
            row[ends] = table.loc[of.index[of["end"].eq(of["end"].max())][-1], ends]
        else:
            row[ends] = table.loc[places[-1], ends]
        rows.append(row)
    return pd.concat([one, pd.DataFrame(rows, columns=table.columns).astype(table.dtypes.to_dict())])


def known(outcome: pd.Series) -> pd.Series:
    return outcome.notna() & outcome.ne("unrecorded")


def legs(rows: pd.DataFrame) -> pd.DataFrame:
    """Each step of each request from one recorded stage to the next, to its end or to its cut."""
    steps = []
    day = {stage: moment(rows, stage) for stage in STAGES}
    wanted = [
        "lost",
        "end",
        "cut",
        "closed",
        "answered",
        "closed_precision",
        "answered_precision",
        "direction",
    ]
    wanted += ["observed_from", *STAGES, *(f"{stage}_precision" for stage in STAGES)]
    for index, *cells in rows[wanted].itertuples():
        row = dict(zip(wanted, cells, strict=True))
        earlier = row["closed"] < row["answered"] or pd.isna(row["answered"])
        by = row["closed_precision"] if earlier else row["answered_precision"]
        if row["lost"] or (pd.notna(row["end"]) and by == "year"):
            continue
        over = pd.notna(row["end"]) and row["end"] <= row["cut"]
        last = row["end"] if over else row["cut"]
        path = [
            (day[stage][index], place, stage)
            for place, stage in enumerate(STAGES)
            if pd.notna(row[stage])
            and row[f"{stage}_precision"] != "year"
            and day[stage][index] <= last
            and not (stage in ("drafted", "sent") and row["direction"] == "incoming")
        ]
        path = [*sorted(path), (last, 99, "ended" if over else "pending")]
        for (begun, _n, stage), (gone, _m, after) in itertools.pairwise(path):
            entry = max(0, (row["observed_from"] - begun).days) if pd.notna(row["observed_from"]) else 0
            steps.append((index, stage, after, (gone - begun).days, entry))
    table = pd.DataFrame(steps, columns=["row", "stage", "next_stage", "days", "entry"])
    of = rows.loc[table["row"], ["direction", "strand", "agency"]].reset_index(drop=True)
    status = table["next_stage"].eq("pending").map({True: "pending", False: "answered"})
    return table.join(of).assign(status=status, timed=table["entry"].le(table["days"]))


def read(home: Path) -> SimpleNamespace:
    """The records of a workspace."""
    processed = home / "data" / "processed"
    table = pd.read_parquet(processed / "requests.parquet").reset_index(drop=True)
    apart = table["kind"].map(STRAND).eq("none") | table["channel"].fillna("").str.split(";").map(
        lambda codes: "spontaneous" in codes
    )
    apart |= table["is_spontaneous"].fillna(False).astype(bool)
    asked = table[~apart].copy()
    asked["strand"] = asked["kind"].map(STRAND).fillna("unrecorded")
    asked["asean"] = asked["asean_partner"].map({True: "asean", False: "non_asean"})
    chain = chains(asked)
    rows = timed(asked).assign(chain=chain)
    rows["year"] = rows["on"].dt.year.astype("Int64").astype(str)
    rows["partner_group"] = [group_of(p, d) for p, d in zip(rows["partner"], rows["on"], strict=True)]
    one = matters(asked, chain)
    one = timed(one).assign(chain=chain)
    record = {
        name: pd.read_csv(processed / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        for name in ("issues", "changes")
    }
    return SimpleNamespace(
        every=table, asked=asked, apart=table[apart], rows=rows, chain=chain, matters=one, legs=legs(rows),
        home=home, **record,
    )  # fmt: skip
