"""A reader who wants to work out what a public report does not tell, by certain reasoning over all that he can see.

His knowledge: for every count its published number, and so its bounds; that whoever is not shown has 0 to 4; which
counts add up to which, and which lie within which, over every report that was published together; and that the same
set has the same number everywhere, so that of two nested counts with different numbers one is larger. Bounds are
propagated through all relations to a fixed point (an integer programme sharpened one of twenty-three).
"""

import functools
import itertools
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.disclosure import gate, keys, rounding
from mlastats.measure.attributes import Records
from mlastats.publish.exhibit import Exhibit, Saved
from mlastats.publish.page import Page

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ("0_front", "1_turnaround", "2_channels", "3_partners", "4_flow")
MOST = 1e6
# A rounded count is at most so far from the true one.
ERROR = 4
# What every record has exactly one level of, so that the levels add up; of a matter and of a leg likewise.
WHOLE = {
    "requests": (
        *(
            "kind",
            "strand",
            "agency",
            "year",
            "channel",
            "partner",
            "partner_group",
            "asean",
            "formality",
            "status",
        ),
        *(
            "outcome",
            "direction",
            "age_band",
            "basis",
            "treaty",
            "urgent",
            "order",
            "contacted",
            "contact_end",
        ),
        *("refusal_ground", "decided", "decision", "timed", "invoked", "sent_back", "offence"),
    ),
    "matters": ("direction", "partner", "asean", "status"),
    "legs": ("direction", "agency", "stage", "next_stage", "strand"),
}
ENDS = {
    "answered": ("executed", "partly_executed", "refused", "unrecorded"),
    "ended_otherwise": ("withdrawn", "returned", "other"),
    "pending": ("pending",),
    "undated": ("undated",),
}
# What changes with the day looked at; all else a record keeps.
DATED = {
    "status",
    "outcome",
    "age_band",
    "timed",
    "decided",
    "contact_end",
    "contacted",
    "order",
    "sent_back",
}
DATED |= {"refused", "end", "next_stage", "open_on", "ended", "flow", "deadline", "by_deadline"}
DATED |= {"supplemented", "unobserved", "handed"}
Cell = tuple[str, frozenset[tuple[str, str]]]


@dataclass
class Published:
    """A report as its reader has it: its exhibits before protection, and the records of its page."""

    exhibits: list[Exhibit]
    records: Records
    every: pd.DataFrame
    as_of: str
    only: tuple[tuple[str, str], ...] = ()


def publish(
    config: Path, as_of: str, period: str = "", notebooks: Sequence[str] = NOTEBOOKS, **only: str
) -> Published:
    """What the notebooks of a public report show, by running their cells."""
    shown: list[Exhibit] = []
    pages: list[Page] = []

    def made(page: Page, exhibit: Exhibit) -> Saved:
        pages.append(page)
        shown.append(exhibit)
        # What it looks like matters to nobody here.
        return real(page, replace(exhibit, internal_only=True))

    real, Page._made = Page._made, made  # type: ignore[method-assign]
    before = os.environ.get("MLASTATS_CONFIG")
    os.environ["MLASTATS_CONFIG"] = str(config)
    try:
        for name in notebooks:
            scope: dict[str, Any] = {}
            for cell in json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))[
                "cells"
            ]:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), scope)
                    if "parameters" in cell["metadata"].get("tags", []):
                        scope |= {"as_of": as_of, "period": period, "audience": "public"} | only
    finally:
        Page._made = real  # type: ignore[method-assign]
        os.environ.pop("MLASTATS_CONFIG") if before is None else os.environ.update(MLASTATS_CONFIG=before)
    page = pages[0]
    return Published(shown, page.records, page.unfiltered, as_of, tuple(only.items()))


def sampled(workspace: Path, folder: Path, size: int) -> Path:
    """The configuration of a copy of a workspace that holds so many of its requests."""
    copy = shutil.copytree(workspace, folder / "small")
    path = copy / "data" / "processed" / "requests.parquet"
    requests = schema.read(path).sample(size, random_state=1).sort_index()
    requests.reset_index(drop=True).to_parquet(path)
    return copy / "mlastats.toml"


@dataclass
class World:
    """The counts of everything published together, and what a reader knows to hold between them.

    `truth` holds the true counts, `published` which of them stand in a report, as the records that they count;
    `rows` are sums: coefficients by place, lowest, highest. A relation that is not true is refused, so that the
    attacker believes nothing false.
    """

    place: dict[Cell, int] = field(default_factory=dict)
    truth: list[int] = field(default_factory=list)
    published: dict[Cell, tuple[int, str, str, np.ndarray]] = field(default_factory=dict)
    reports: list[Published] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    nested: list[tuple[Cell, Cell]] = field(default_factory=list)

    def add(self, report: Published) -> None:
        """All counts of a report that have a public form, shown or not, with the sums of their levels."""
        groups = _groups_of(report.records)
        number = len(self.reports)
        self.reports.append(report)
        for exhibit in (one for one in report.exhibits if not one.internal_only):
            for column in exhibit.counts:
                if column not in exhibit.table or gate.rule(column, exhibit.name)[0] == "internal":
                    continue
                for row in exhibit.table.to_dict("records"):
                    asked = gate.conditions(exhibit, row, column)
                    found = report.records.members(asked) if pd.notna(row[column]) else None
                    if found is not None:
                        cell = self._named(asked, report, groups)
                        self.published[cell] = (
                            number,
                            asked.get("unit", "requests"),
                            found[0],
                            np.flatnonzero(found[1]),
                        )
                        self._place(cell, int(found[1].sum()))
        look = _Look(self, report, groups)
        for _round in range(2):
            for cell in list(self.place):
                if _belongs(cell, report):
                    look.sums(cell)
        look.of_the_domain()

    def row(self, parts: Iterable[tuple[int, float]], low: float, high: float) -> bool:
        """A sum that lies between two numbers; False where it does not."""
        summed: dict[int, float] = defaultdict(float)
        for at, factor in parts:
            summed[at] += factor
        summed = {at: factor for at, factor in summed.items() if factor}
        true = low <= sum(self.truth[at] * factor for at, factor in summed.items()) <= high
        if summed and true:
            self.rows.append((summed, low, high))
        return true

    def differences(self, earlier: str, later: str) -> list[int]:
        """What came between two days, for counts of what lasts: the places of the differences."""
        found = []
        for (unit, conditions), at in list(self.place.items()):
            if f"@{later}" not in unit and not unit.endswith(later):
                continue
            before = (unit.replace(later, earlier), conditions)
            if before in self.place and not DATED & {name for name, _value in conditions}:
                new = self._place(
                    (f"between {unit}", conditions), self.truth[at] - self.truth[self.place[before]]
                )
                self.row([(at, 1), (self.place[before], -1), (new, -1)], 0, 0)
                found.append(new)
        return found

    def _place(self, cell: Cell, count: int) -> int:
        if cell not in self.place:
            self.place[cell] = len(self.place)
            self.truth.append(count)
        return self.place[cell]

    def _named(self, asked: Mapping[str, str], report: Published, groups: Mapping[str, set[str]]) -> Cell:
        """One name for what means the same, whatever table it stands in."""
        found = {name: value for name, value in asked.items() if value != "all" and name != "as_of"} | dict(
            report.only
        )
        unit = found.pop("unit", "requests")
        if report.only and unit != "requests":
            # The chains of a filtered table are cut where they leave it.
            unit += f"-{report.only}"
        if window := found.pop("window", ""):
            unit = f"window-{window}"
        if "period" in found and unit == "requests" and not {"open_on", "flow"} & set(found):
            found["year"] = found.pop("period")
        if found.get("flow") == "opened" and len(found["period"]) == 4:
            # The same requests, but in a year that a register does not know to its end.
            of_year = {name: value for name, value in asked.items() if name not in ("flow", "period")}
            same = report.records.members(of_year | {"year": found["period"]})
            if same is not None and np.array_equal(same[1], report.records.members(asked)[1]):  # type: ignore[index]
                found.pop("flow")
                found["year"] = found.pop("period")
        if found.get("contacted") or found.pop("preceded", ""):
            found["contacted"] = found.get("contacted", "yes")
            found.pop("order", "")
        if len(groups.get(found.get("partner", ""), ())) == 1:
            found.pop("partner_group", "")
        return f"{unit}@{report.as_of}", frozenset(found.items())


class _Look:
    """The relations of one report."""

    def __init__(self, world: World, report: Published, groups: Mapping[str, set[str]]) -> None:
        self.world, self.report, self.groups = world, report, groups
        self.frames = report.records.units
        self.done: set[tuple[Cell, str]] = set()

    def at(self, cell: Cell) -> int | None:
        """The place of a count, made if need be; None of one that nobody can have."""
        if cell not in self.world.place:
            asked = dict(cell[1])
            for name, value in self.report.only:
                if asked.get(name) == value:
                    asked.pop(name)
            kind, _dash, rest = cell[0].partition("@")[0].partition("-")
            of = {"window": rest} if kind == "window" else {"unit": kind}
            found = self.report.records.members(asked | of)
            if found is None:
                return None
            self.world._place(cell, int(found[1].sum()))
        return self.world.place[cell]

    def sums(self, cell: Cell) -> None:
        """A count is the sum over the levels of each attribute that it fixes, and lies within the wider one."""
        unit, conditions = cell
        kind, _dash, rest = unit.partition("@")[0].partition("-")
        frame = self.frames[f"window {rest}" if kind == "window" else kind]
        fixed = dict(conditions)
        for name, value in conditions:
            wide = (unit, conditions - {(name, value)})
            if (
                (wide, name) in self.done
                or "open_on" in fixed
                or "flow" in fixed
                or name in ("begun", "each")
            ):
                continue
            if "|" in value:
                self._equal(cell, [(unit, wide[1] | {(name, part)}) for part in value.split("|")])
            elif name in WHOLE.get("requests" if kind == "window" else kind, ()) and name != fixed.get(
                "each"
            ):
                self.done.add((wide, name))
                # A reader cannot know that a level of a few, or what is not recorded, is empty.
                levels = {*frame.table[name].unique(), "unrecorded"}
                if len(levels) < 60 and name not in dict(self.report.only):
                    self._equal(wide, [self._tidy(unit, wide[1] | {(name, level)}) for level in levels])
            whole, part = self.at(wide), self.at(cell)
            if whole is not None and part is not None:
                self.world.row([(whole, 1), (part, -1)], 0, np.inf)
                self.world.nested.append((cell, wide))

    def of_the_domain(self) -> None:
        """What the definitions say: which outcomes are which status, the stock, the way through the stages."""
        day = self.report.as_of
        only = frozenset(self.report.only)
        requests, legs = f"requests@{day}", f"legs@{day}"
        for way in ("incoming", "outgoing"):
            base = frozenset({("direction", way)}) | only
            for status, outcomes in ENDS.items():
                parts = [(requests, base | {("outcome", code)}) for code in outcomes]
                self._equal((requests, base | {("status", status)}), parts)
            self._equal(
                (requests, base | {("asean", "asean")}), [(requests, base | {("partner_group", "asean")})]
            )
            for group in set().union(*self.groups.values()):
                members = [p for p, held in self.groups.items() if group in held]
                for more in (frozenset(), {("formality", "formal")}, {("formality", "informal")}):
                    wide = (requests, base | {("partner_group", group)} | more)
                    if wide in self.world.place:
                        parts = [self._tidy(requests, wide[1] | {("partner", p)}) for p in members]
                        self._equal(wide, parts)
            self._flow(requests, base)
            if not only:
                self._stages(legs, requests, base)
                for partner in self.groups:
                    narrow, wide = (
                        self.at((f"matters@{day}", base | {("partner", partner)})),
                        self.at((requests, base | {("partner", partner)})),
                    )
                    if narrow is not None and wide is not None:
                        self.world.row([(wide, 1), (narrow, -1)], 0, np.inf)

    def _flow(self, unit: str, base: frozenset[tuple[str, str]]) -> None:
        years = sorted({dict(c)["period"] for u, c in self.world.place if u == unit and "open_on" in dict(c)})
        for year, after in ((a, b) for a, b in itertools.pairwise(years) if len(a) == len(b)):
            first, last = (
                {("period", after), ("open_on", "first_day")},
                {("period", year), ("open_on", "last_day")},
            )
            self._equal((unit, base | first), [(unit, base | last)])
        for year in years:
            ended = base | {("period", year), ("flow", "ended")}
            self._equal(
                (unit, ended), [(unit, ended | {("ended", how)}) for how in ("answered", "otherwise")]
            )
        if years:
            self._equal(
                (unit, base | {("status", "pending")}),
                [(unit, base | {("period", years[-1]), ("open_on", "last_day")})],
            )

    def _stages(self, legs: str, requests: str, base: frozenset[tuple[str, str]]) -> None:
        stages = [str(stage) for stage in self.frames["legs"].table["stage"].unique()]
        for stage in set(stages) - {"received", "drafted", "sent"}:
            came = [(legs, base | {("stage", before), ("next_stage", stage)}) for before in stages]
            self._equal((legs, base | {("stage", stage)}), came)
        stuck = [(legs, base | {("stage", stage), ("next_stage", "pending")}) for stage in stages]
        self._equal((requests, base | {("status", "pending")}), stuck)

    def _equal(self, whole: Cell, parts: Sequence[Cell]) -> None:
        places = [self.at(whole), *(self.at(part) for part in parts)]
        known = [place for place in places if place is not None]
        rows = [(known[0], 1), *((place, -1) for place in known[1:])] if known else []
        if len(known) == len(places) and self.world.row(rows, 0, 0):
            self.world.nested += [(part, whole) for part in parts]

    def _tidy(self, unit: str, conditions: frozenset[tuple[str, str]]) -> Cell:
        found = dict(conditions)
        if (
            len(self.groups.get(found.get("partner", ""), ())) == 1
            and found.get("partner_group") in self.groups[found["partner"]]
        ):
            found.pop("partner_group")
        return unit, frozenset(found.items())


def attack(world: World, whole: pd.DataFrame, secret: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bounds that a reader reaches under a secret, lowest and highest, and how wide each was by its own number;
    `whole` is the requests table of the workspace."""
    own, _names = keys.record_keys(whole, secret)
    leg = functools.partial(keys.hashed, secret, "leg")
    keyed = [one.records.keyed(one.every, own, leg).keys for one in world.reports]
    low, high = np.zeros(len(world.truth)), np.full(len(world.truth), MOST)
    shown = {}
    for cell, (report, unit, table, members) in world.published.items():
        key = int(keyed[report][table][members].sum(dtype=np.uint64))
        number = rounding.published(secret, unit, len(members), key)
        shown[cell] = number
        at = world.place[cell]
        low[at], high[at] = (0, 4) if np.isnan(number) else (max(5, number - ERROR), number + ERROR)
    width = high - low
    rows = list(world.rows)
    for part, whole in set(world.nested):
        if part in shown and whole in shown and part[0] == whole[0] and not _same(shown[part], shown[whole]):
            rows.append(({world.place[whole]: 1.0, world.place[part]: -1.0}, 1, np.inf))
    for cell, number in shown.items():
        # What lasts only grows: the difference is at least 0.
        between = (f"between {cell[0]}", cell[1])
        if between in world.place:
            day = cell[0].rpartition("@")[2]
            other = next(
                (
                    c
                    for c in shown
                    if c[1] == cell[1]
                    and c[0].partition("@")[0] == cell[0].partition("@")[0]
                    and c[0] < cell[0]
                ),
                None,
            )
            if other and day and not _same(number, shown[other]):
                low[world.place[between]] = 1
    _propagate(rows, low, high)
    return low, high, width


def _propagate(rows: list[tuple[dict[int, float], float, float]], low: np.ndarray, high: np.ndarray) -> None:
    """Sharpen bounds through all rows at once, as whole numbers, until nothing moves."""
    at = np.concatenate([np.fromiter(row, int) for row, _low, _high in rows])
    factor = np.concatenate([np.fromiter(row.values(), float) for row, _low, _high in rows])
    of = np.repeat(np.arange(len(rows)), [len(row) for row, _low, _high in rows])
    starts = np.searchsorted(of, np.arange(len(rows)))
    least, most = np.array([x for _row, x, _y in rows]), np.array([y for _row, _x, y in rows])
    positive = factor > 0
    for _round in range(300):
        before = low.sum(), high.sum()
        small = np.where(positive, factor * low[at], factor * high[at])
        large = np.where(positive, factor * high[at], factor * low[at])
        up = (most[of] - (np.add.reduceat(small, starts)[of] - small)) / factor
        down = (least[of] - (np.add.reduceat(large, starts)[of] - large)) / factor
        np.minimum.at(high, at, np.floor(np.where(positive, up, down) + 1e-7))
        np.maximum.at(low, at, np.ceil(np.where(positive, down, up) - 1e-7))
        if (low.sum(), high.sum()) == before:
            return


def _same(one: float, other: float) -> bool:
    return one == other or (np.isnan(one) and np.isnan(other))


def _belongs(cell: Cell, report: Published) -> bool:
    return cell[0].endswith(f"@{report.as_of}") and set(report.only) <= cell[1]


def _groups_of(records: Records) -> dict[str, set[str]]:
    table = records.units["requests"].table
    groups = table.groupby("partner")["partner_group"].agg(set)
    return {str(partner): {str(group) for group in held} for partner, held in groups.items()}
