"""What a regional body has received: every version of every return, and the tables that may be made of them.

The last version of a return is the one that counts, and none is thrown away. Sums are "of those who reported": who did not
is named beside them, with how much of the year before the others stand for. Modes are never mixed in one figure: pooled
times are of the returns that are trusted, bounds of those that are banded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.disclosure.keys import hashed
from mlastats.disclosure.rounding import BASE
from mlastats.errors import ConfigurationError
from mlastats.region import archive, bounds, mirror, signing
from mlastats.region.cube import CUBES, EVENTS, GIVEN, MODES, TOTAL, UNKNOWN, Return
from mlastats.region.cubes import day_counts_of
from mlastats.region.signing import UNSIGNED
from mlastats.settings import Settings

FLOWS = {
    "open_start": "opening",
    "opened": "opened",
    "answered": "answered",
    "ended_otherwise": "ended_otherwise",
    "ended_undated": "undated",
    "open_end": "closing",
}
# How a request can leave the counts by day; each has entered.
GONE = EVENTS[1:]
# The figures of times, and what is said of them.
TIMES = (
    *("median_days", "lower", "upper", "median_note", "median_rests_on"),
    *("within_year", "within_year_lower", "within_year_upper", "within_year_note"),
)
REPORTED, MISSING = "reported", "missing"
# A sum is public where so many of those whose own part is not published have a request in it, and where the others of
# these hold so many beside any one of them: who knows its own part knows of no other that it has 1 to 4.
CONTRIBUTORS, BESIDE = 3, BASE + 1


@dataclass(frozen=True)
class Collected:
    """The returns of a region's `members` by code; `signatures` says by the name of a return how it is signed."""

    members: tuple[str, ...]
    returns: tuple[Return, ...]
    signatures: Mapping[str, str] = field(default_factory=dict)

    @property
    def periods(self) -> list[str]:
        """The years of which somebody has reported, the last one last."""
        return sorted({one.header.period for one in self.returns})

    def latest(self, period: str) -> list[Return]:
        """The last version of each member's return for a year in each mode, by code, the more exact mode first."""
        last: dict[tuple[str, int], Return] = {}
        for one in sorted(self.returns, key=lambda one: one.header.version):
            if one.header.period == period and one.header.state in self.members:
                last[one.header.state, MODES.index(one.header.mode)] = one
        return [one for _place, one in sorted(last.items(), key=lambda item: item[0])]

    def cells(self, cube: str, period: str, modes: Sequence[str] = ("trusted",)) -> pd.DataFrame:
        """The cells of a cube that the last versions for a year have, in these modes, with the `mode` of each."""
        parts = [
            one.cubes[cube].assign(mode=one.header.mode)
            for one in self.latest(period)
            if one.header.mode in modes
        ]
        columns = [*CUBES[cube].columns, "mode"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def load(settings: Settings) -> Collected:
    """The returns of a region's workspace. Raises ConfigurationError where it is a country's, and InputRejected where a
    file in its folder is no return.

    >>> region.collected.load(settings).periods
    ['2023', '2024', '2025']
    """
    region = settings.region
    if region is None:
        raise ConfigurationError(
            "This workspace is a country's: mlastats.toml has no [region]. Make one for a regional body: "
            "`mlastats init DIR --region`."
        )
    paths = sorted(settings.path(region.returns).glob(f"*{archive.SUFFIX}"))
    signers = settings.path(region.signers) if region.signers else None
    signed = {path.name.removesuffix(archive.SUFFIX): signing.signature(path, signers) for path in paths}
    return Collected(tuple(sorted(region.members)), tuple(archive.read(path) for path in paths), signed)


def reported(pile: Collected, period: str) -> pd.DataFrame:
    """Who has reported a year: a row a member, `country reporting version versions return_mode signature opened_before`.

    `reporting` is reported or missing; of several modes the more exact one stands, with its versions. `opened_before` are
    the requests opened in the year before by that year's last return, missing where there is none or it is banded: the
    weight of who is missing.

    >>> table = region.collected.reported(pile, "2025")
    >>> table.loc[table["reporting"].eq("missing"), ["country", "opened_before"]].values.tolist()
    [['XAJ', 240.0]]
    """
    last = {one.header.state: one for one in reversed(pile.latest(period))}
    before = _opened(pile, str(int(period) - 1))
    rows = []
    for member in pile.members:
        one = last.get(member)
        own = (member, period, one.header.mode if one else "")
        versions = [r for r in pile.returns if (r.header.state, r.header.period, r.header.mode) == own]
        rows.append(
            {
                "country": member,
                "reporting": REPORTED if one else MISSING,
                "version": one.header.version if one else np.nan,
                "versions": len(versions),
                "return_mode": one.header.mode if one else "",
                "signature": pile.signatures.get(one.header.name, UNSIGNED) if one else "",
                "opened_before": before.get(member, np.nan),
            }
        )
    return pd.DataFrame(rows)


def _opened(pile: Collected, period: str) -> dict[str, float]:
    flow = pile.cells("FLOW", period)
    flow = flow[flow["MEASURE"].eq("opened") & flow["OBS_STATUS"].eq(GIVEN)]
    return flow.groupby("REF_AREA")["OBS_VALUE"].sum().astype(float).to_dict() if len(flow) else {}


def revisions(pile: Collected) -> pd.DataFrame:
    """The revision triangle: a row a return that is exact, `country year version version_reason opened opened_change`.

    `opened` are all requests opened in the year by this version, `opened_change` how many more than by the version before;
    missing for the first.

    >>> region.collected.revisions(pile).dropna(subset="opened_change").values.tolist()
    [['XAF', '2024', 2, 'late_data', 267.0, 45.0]]
    """
    rows = []
    for one in sorted(pile.returns, key=lambda r: (r.header.state, r.header.period, r.header.version)):
        flow = one.cubes["FLOW"]
        if one.header.mode == "trusted":
            opened = flow.loc[flow["MEASURE"].eq("opened"), "OBS_VALUE"].sum()
            head = one.header
            rows.append((head.state, head.period, head.version, head.reason, float(opened)))
    table = pd.DataFrame(rows, columns=["country", "year", "version", "version_reason", "opened"])
    return table.assign(opened_change=table.groupby(["country", "year"])["opened"].diff())


def strands(table: pd.DataFrame) -> pd.DataFrame:
    """Cells with `direction kind channel strand country` beside the dimensions of their cube, as the measures name them.

    >>> region.collected.strands(pile.cells("FLOW", "2025")).query("kind == 'mla'")["strand"].unique().tolist()
    ['legal_assistance']
    """
    of = {code: row["strand"] for code, row in vocab.codes("kind").items()}
    names = {"DIRECTION": "direction", "KIND": "kind", "CHANNEL": "channel"}
    low = {
        new: table[old].astype("str").replace(UNKNOWN, "unrecorded")
        for old, new in names.items()
        if old in table
    }
    return table.assign(
        **low,
        strand=low["kind"].map(of).fillna("unrecorded").astype("str"),
        country=table["REF_AREA"].astype("str"),
    )


def totals(
    pile: Collected, period: str, by: Sequence[str] = ("direction", "strand"), public: bool = False
) -> pd.DataFrame:
    """The year's flow of those who reported it exactly: the columns of `by`, `countries` (how many have a request in the
    row), and opening, opened, answered, ended_otherwise, undated, closing: opening + opened = the other four. For the
    public it is of those that `added` names.

    By "country" too it is each country's own, and internal: a country's figure is its own to release.

    >>> flow = region.collected.totals(pile, "2025", ["direction"])
    >>> flow[["opening", "opened", "answered", "ended_otherwise", "closing", "countries"]].iloc[0].tolist()
    [709, 881, 697, 45, 848, 8]
    """
    cells = _exact(pile, "FLOW", period)
    cells = cells[cells["country"].isin(added(pile, period))] if public else cells
    return flow_of(cells, by).merge(_contributors(cells, list(by)), on=list(by), how="left")


def flow_of(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The flow that cells of FLOW hold, by some of `strands`' columns: opening, opened, answered, ended_otherwise, undated,
    closing.

    >>> cells = region.collected.strands(pile.cells("FLOW", "2025"))
    >>> region.collected.flow_of(cells, ["country"]).query("country == 'XAA'")["opened"].tolist()
    [176]
    """
    sums = cells.pivot_table("OBS_VALUE", list(by), "MEASURE", "sum", fill_value=0, observed=True)
    table = sums.reindex(columns=list(FLOWS), fill_value=0).rename(columns=FLOWS)
    return table.astype("int64").reset_index()


def _exact(pile: Collected, cube: str, period: str) -> pd.DataFrame:
    """The cells of exact returns that say something of directions apart."""
    cells = strands(pile.cells(cube, period))
    return cells[cells["OBS_STATUS"].eq(GIVEN) & cells["DIRECTION"].ne(TOTAL)]


def added(pile: Collected, period: str) -> list[str]:
    """Whose stock and flow of a year are added for the public. Fewer than three who sent no counts by day are not: what is
    pending by day, taken from what is open, would tell theirs.

    >>> region.collected.added(pile, "2025")
    ['XAA', 'XAB', 'XAC', 'XAD', 'XAE', 'XAF', 'XAH']
    """
    flow, timed = (set(_exact(pile, cube, period)["country"]) for cube in ("FLOW", "DURATION"))
    few = len(timed) >= CONTRIBUTORS > len(flow - timed)
    return sorted(flow & timed if few else flow)


def _contributors(cells: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    own = cells[cells["OBS_VALUE"].gt(0)]
    return own.groupby(names)["country"].nunique().rename("countries").reset_index()


def times(pile: Collected, period: str, by: Sequence[str] = ("direction", "strand")) -> pd.DataFrame:
    """How long an answer takes, all requests of the trusted returns together: equal to what their cases would give.

    The columns of `by` (direction, strand, kind, country), `countries`, `requests` = answered + ended_otherwise + pending +
    undated + unobserved, `median_days lower upper median_note median_rests_on` and `within_year`, the share answered in 365
    days, with its limits and `within_year_note`.

    >>> region.collected.times(pile, "2025", ["direction"])[["direction", "countries", "median_days"]].values.tolist()
    [['incoming', 7, 131.0], ['outgoing', 7, 156.0]]
    """
    cells = _exact(pile, "DURATION", period)
    cells = cells[cells["CLOCK"].eq("answer")]
    table, gone = times_of(cells, by), cells[cells["EVENT"].isin(GONE)]
    return (
        table.merge(_contributors(gone, list(by)), on=list(by)) if len(table) else table.assign(countries=0)
    )


def times_of(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The times that cells of DURATION, of the clock `answer`, hold, by some of `strands`' columns: those of `times` without
    `countries`. Every estimate is that of the cases behind the cells.

    >>> cells = region.collected.strands(pile.cells("DURATION", "2025").query("CLOCK == 'answer' and OBS_STATUS == 'A'"))
    >>> region.collected.times_of(cells, ["direction"])["median_days"].tolist()
    [131.0, 156.0]
    """
    names = list(by)
    gone = cells[cells["EVENT"].isin(GONE)]
    if gone.empty:
        return pd.DataFrame(columns=[*names, *GONE, "requests", *TIMES])
    sums = gone.pivot_table("OBS_VALUE", names, "EVENT", "sum", fill_value=0).reindex(
        columns=list(GONE), fill_value=0
    )
    table = sums.astype("int64").assign(requests=sums.sum(axis=1).astype("int64")).reset_index()
    counts = day_counts_of(cells, names)
    median, year = counts.quantile(0.5), counts.answered_within(365)
    median = median.rename(
        columns={"days": "median_days", "reason": "median_note", "rests_on": "median_rests_on"}
    )
    shares = {"share": "within_year", "lower": "within_year_lower", "upper": "within_year_upper"}
    year = year.rename(columns={**shares, "reason": "within_year_note"})
    table = table.merge(median[[*names, *TIMES[:5]]], on=names, how="left")
    return table.merge(year[[*names, *TIMES[5:]]], on=names, how="left")


def certain(pile: Collected, period: str) -> pd.DataFrame:
    """What is certain of times where members publish bands: a row a `direction` and `kind`, of these members together.

    `countries` how many they are, `first_day` and `last_day`: half were answered on one of these or between them; the last
    is missing where no day is known by which they were. No midpoint is given.

    >>> table = region.collected.certain(pile, "2025").query("kind == 'mla'")
    >>> table[["direction", "first_day", "last_day"]].values.tolist()
    [['incoming', 99.0, 140.0], ['outgoing', 127.0, 238.0]]
    """
    cells = strands(pile.cells("DURATION", period, ("banded",)))
    rows = []
    for (direction, kind), own in cells.groupby(["direction", "kind"]):
        groups = [bounds.known(part) for _code, part in own.groupby("country")]
        told = [group for group in groups if group is not None and len(group.days)]
        if told:
            first, last = bounds.quantile(bounds.together(told), 0.5)
            rows.append((direction, kind, len(told), first, last if last < np.inf else np.nan))
    return pd.DataFrame(rows, columns=["direction", "kind", "countries", "first_day", "last_day"])


def due(pile: Collected, period: str, standards: Mapping[str, int]) -> pd.DataFrame:
    """A row a request that came in in a year of which the standard of its kind had run out for all by the end of `period`,
    and whether it was answered within it: `country kind on_time`, for `measure.funnels.funnel`.

    What ended without an answer was not. A younger year is left out whole: of it only the fast are known. So is a year
    of which some came before the register was kept: of those only the slow are in it.

    >>> cases = region.collected.due(pile, "2025", {"mla": 180})
    >>> len(cases), int(cases["on_time"].sum())
    (1379, 723)
    """
    cells = strands(pile.cells("DURATION", period))
    cells = cells[
        cells["CLOCK"].eq("answer")
        & cells["direction"].eq("incoming")
        & cells["DAY"].str.isdigit()
        & cells["COHORT"].str.isdigit()
        & cells["kind"].isin(list(standards))
    ]
    standard, day = cells["kind"].map(standards).astype(float), cells["DAY"].astype(float)
    ends = pd.to_datetime(cells["COHORT"] + "-12-31") + pd.to_timedelta(standard, unit="D")
    late_entry = (
        (cells["EVENT"].eq("entered") & day.gt(0))
        .groupby([cells[name] for name in ("country", "kind", "COHORT")])
        .transform("any")
    )
    whole = ends.le(pd.Timestamp(f"{period}-12-31")) & ~late_entry & cells["EVENT"].isin(GONE)
    on_time = cells["EVENT"].eq("answered") & day.le(standard)
    rows = np.repeat(np.flatnonzero(whole), cells["OBS_VALUE"].to_numpy("int64")[whole])
    return pd.DataFrame(
        {name: cells[name].to_numpy()[rows] for name in ("country", "kind")}
        | {"on_time": on_time.to_numpy()[rows]}
    )


def flows(pile: Collected, basis: str = "", kind: str = "") -> pd.DataFrame:
    """Both sides of each flow between members, as `mirror.pairs` has them, over all years of exact returns.

    What went out is counted by the day of sending and what came in by that of receipt; `basis` (sent, received) counts both
    by that day. `kind` is one of the coarse kinds; all together without it.

    >>> region.collected.flows(pile)[["year", "sender", "receiver", "sent", "received"]].head(1).values.tolist()
    [[2023, 'XAA', 'XAB', 21.0, 22.0]]
    """
    parts = []
    for period in pile.periods:
        rows = _sides(pile, period, basis, kind)
        rows["count"] = rows["OBS_VALUE"].astype(float).where(rows["OBS_STATUS"].eq(GIVEN))
        names = {"country": "reporter", "COUNTERPART_AREA": "counterpart", "measure": "direction"}
        keys, rows = list(names.values()), rows[[*names, "count"]].rename(columns=names)
        parts.append(rows.groupby(keys, as_index=False)["count"].sum(min_count=1).assign(year=int(period)))
    columns = ["year", "reporter", "counterpart", "direction", "count"]
    return mirror.pairs(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns))


def _sides(pile: Collected, period: str, basis: str = "", kind: str = "") -> pd.DataFrame:
    """The cells of MIRROR between members, `measure` (sent, received) by the day that `flows` says."""
    cells = pile.cells("MIRROR", period)
    sent = cells["DIRECTION"].eq("outgoing")
    asked = pd.Series(basis, cells.index) if basis else sent.map({True: mirror.SENT, False: mirror.RECEIVED})
    kept = cells["DATE_BASIS"].eq(asked) & cells["COUNTERPART_AREA"].isin(pile.members)
    kept &= cells["KIND_M"].eq(kind) if kind else True
    measure = sent.map({True: mirror.SENT, False: mirror.RECEIVED})
    return cells.assign(country=cells["REF_AREA"], direction=cells["DIRECTION"], measure=measure)[kept]


class Cells:
    """The cells behind a region's public counts, counted again with the sum of their keys, as `Records` of cases are.

    A condition is `table` (FLOW, DURATION, MIRROR), `measure`, `direction`, `strand`, `kind`, `country` or, of MIRROR,
    whose measures are sent and received, `year`; several values are joined by "|", and "all" is none. A cell of a return
    that was filled by hand has no key: it gets one by its country and place.
    """

    def __init__(self, pile: Collected, period: str, secret: bytes) -> None:
        parts = []
        for name, measure in (("FLOW", "MEASURE"), ("DURATION", "EVENT")):
            cells = strands(pile.cells(name, period))
            if name == "DURATION":
                cells = cells[cells["CLOCK"].eq("answer") & cells["EVENT"].ne("entered")]
            cells = cells[cells["DIRECTION"].ne(TOTAL)]
            parts.append(cells.assign(table=name, measure=cells[measure], year=period))
        parts += [
            _sides(pile, year).assign(table="MIRROR", strand="", kind="", year=year) for year in pile.periods
        ]
        who = {year: added(pile, year) for year in {*pile.periods, period}}
        cells = pd.concat(parts, ignore_index=True)
        counted = [
            country in who[year] for country, year in zip(cells["country"], cells["year"], strict=True)
        ]
        cells = cells[np.array(counted, dtype=bool) & cells["OBS_STATUS"].eq(GIVEN)].reset_index(drop=True)
        keys = cells["CELL_KEY"].astype("UInt64").fillna(0).to_numpy("uint64").copy()
        own = [name for name in cells if name.isupper() and name not in ("OBS_VALUE", "CELL_KEY")]
        for row in np.flatnonzero(cells["CELL_KEY"].isna()):
            keys[row] = hashed(secret, "cell", *cells.loc[row, own])
        names = ["table", "measure", "country", "direction", "strand", "kind", "year"]
        self._cells = cells[names].assign(count=cells["OBS_VALUE"].astype("int64"), key=keys)

    def count(self, conditions: Mapping[str, str]) -> tuple[int, int] | None:
        """How many requests the cells that meet the conditions hold, and the sum of their keys; None where a condition
        names what no cell has."""
        cells = self._cells
        for name, value in conditions.items():
            if name in ("as_of", "unit") or value == "all":
                continue
            if name not in cells:
                return None
            cells = cells[cells[name].isin(value.split("|"))]
        held = cells[cells["count"].gt(0)]
        return int(held["count"].sum()), int(held["key"].to_numpy().sum(dtype=np.uint64))

    def of(self, rows: Sequence[Any]) -> tuple[int, int]:
        """No rows: a regional body has none."""
        return 0, 0


def released(table: pd.DataFrame, own: pd.DataFrame, publish: Sequence[str] = ()) -> pd.DataFrame:
    """What of a sum over countries may be public; `own` has it by `country`, `publish` are those who publish their own part.

    A count is missing unless three countries whose own part is not published have a request in it, and whichever of them is
    taken away, the others have six: what rests on one is that one's to release, and who knows its own part must not know
    another's. Nil is missing too, so that what is missing does not tell which it is. With the answers the times are. A row
    of which all is missing is left out.

    >>> own = pd.DataFrame({"direction": "incoming", "country": ["XAA", "XAB", "XAC"], "opened": [9, 3, 3], "undated": 0})
    >>> region.collected.released(own.groupby("direction", as_index=False).sum(numeric_only=True), own).values.tolist()
    [['incoming', 15, nan]]
    >>> len(region.collected.released(own.drop(columns="country"), own, ["XAB"]))
    0
    """
    names = [name for name in ("direction", "strand", "kind", "year") if name in table and name in own]
    every = dict.fromkeys((*FLOWS.values(), *GONE, "requests", mirror.SENT, mirror.RECEIVED))
    counts = [name for name in every if name in table and name in own]
    rest = own[~own["country"].isin(publish)].groupby(names)[counts]
    enough = rest.agg(lambda part: part.gt(0).sum() >= CONTRIBUTORS and part.sum() - part.max() >= BESIDE)
    enough = enough.reindex(pd.MultiIndex.from_frame(table[names]) if len(names) > 1 else table[names[0]])
    kept = enough.eq(True).set_axis(table.index)
    masked = table.assign(**{name: table[name].where(kept[name]) for name in counts})
    if "median_days" in table:
        figures = [name for name in TIMES if name in table and not name.endswith("note")]
        masked[figures] = masked[figures].mask(masked["answered"].isna())
    return masked[kept.any(axis=1)]


def publishing(pile: Collected, period: str) -> list[str]:
    """Who has sent a return for a year that may be published, whatever else they sent.

    >>> region.collected.publishing(pile, "2025")
    ['XAI']
    """
    banded = {
        one.header.state
        for one in pile.returns
        if one.header.mode == "banded" and one.header.period == period
    }
    return sorted(banded)
