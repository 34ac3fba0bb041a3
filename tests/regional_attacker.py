"""A reader of a regional body's public page, or a member that knows its own part, who wants to know a country's counts.

What he knows: who reported (the page names who did not), what each row must hold to be shown at all, that stock and flow
close country by country and year by year, that what is open by one table is pending by the other, what a flow sent is a part
of, what countries publish of themselves, what share the missing had the year before; and that the same requests have the
same number everywhere. Bounds are propagated as in `attacker`, which refuses a relation that is false.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mlastats.disclosure import gate, rounding
from mlastats.findings import region as findings
from mlastats.publish.exhibit import Exhibit
from mlastats.region import collected
from mlastats.region.collected import BESIDE, Collected
from tests import attacker
from tests.attacker import ERROR, MOST, Cell, World

NOTEBOOKS = ("7_region", "8_mirror")
LEVELS = ["direction", "strand", "country"]
STRAND = {"mla": "legal_assistance", "extradition": "extradition", "information": "police"}
SMALL = 4


@dataclass
class Region:
    """What was published of some years, and the counts of each country behind it, as cells of `world`."""

    pile: Collected
    world: World = field(default_factory=World)
    sums: dict[Cell, tuple[str, list[Cell], int, int]] = field(default_factory=dict)

    def add(self, report: attacker.Published, year: str) -> None:
        """The sums of a page, shown or not, and what holds between them and the parts of countries."""
        self._own(year)
        for exhibit in (one for one in report.exhibits if not one.internal_only):
            for column in exhibit.counts:
                if column in exhibit.table and gate.rule(column, exhibit.name)[0] != "internal":
                    self._sums(exhibit, column, report, year)
        self._weight(year)

    def counts(self) -> list[Cell]:
        """The counts of countries."""
        return [cell for cell in self.world.place if "country" in dict(cell[1])]

    def cell(self, table: str, year: str, **levels: str) -> Cell:
        return f"{table}@{year}", frozenset(levels.items())

    def _own(self, year: str) -> None:
        for table, rows in (
            ("FLOW", collected.totals(self.pile, year, LEVELS)),
            ("DURATION", collected.times(self.pile, year, LEVELS)),
        ):
            names = [n for n in (*collected.FLOWS.values(), *collected.GONE, "requests") if n in rows]
            for row in rows.to_dict("records"):
                for name in names:
                    own = {level: str(row[level]) for level in LEVELS}
                    self.world._place(self.cell(table, year, measure=name, **own), int(row[name]))
        for told in self.pile.periods:
            sides = collected._sides(self.pile, told)
            for (country, name), rows in sides.groupby(["country", "measure"]):
                number = int(rows["OBS_VALUE"].fillna(0).sum())
                self.world._place(self.cell("MIRROR", told, measure=name, country=country), number)

    def _sums(self, exhibit: Exhibit, column: str, report: attacker.Published, year: str) -> None:
        for row in exhibit.table.to_dict("records"):
            asked = gate.conditions(exhibit, row, column)
            found = report.records.count(asked)
            if found is None or pd.isna(row[column]):
                continue
            table, told = asked["table"], row.get("year", year)
            levels = {name: asked[name] for name in ("direction", "strand") if table != "MIRROR"}
            name = column.removesuffix("_said")
            summed = self.cell(table, told, measure=name, **levels)
            parts = [
                cell
                for cell in self.counts()
                if cell[0] == summed[0] and summed[1] <= cell[1]
                if dict(cell[1])["country"] in self._whose(table, told)
            ]
            self.world._place(summed, found[0])
            self.sums[summed] = (column, parts, *found)
            assert self.row([(summed, 1), *((part, -1) for part in parts)], 0, 0), summed
            self._shown(parts, told)

    def _whose(self, table: str, year: str) -> list[str]:
        return collected.added(self.pile, year) if table != "DURATION" else list(self.pile.members)

    def _shown(self, parts: Sequence[Cell], year: str) -> None:
        """A sum that is shown has six requests beside any one country of those who do not publish theirs."""
        publish = collected.publishing(self.pile, year)
        rest = [part for part in parts if dict(part[1])["country"] not in publish]
        for country in rest:
            assert self.row([(part, 1) for part in rest if part != country], BESIDE, np.inf), country

    def row(self, parts: Iterable[tuple[Cell, float]], low: float, high: float) -> bool:
        place = self.world.place
        known = [(place[cell], factor) for cell, factor in parts if cell in place]
        return self.world.row(known, low, high)

    def of_the_domain(self) -> None:
        """What holds of each country, whatever is published: tried for all, and kept where it is true."""
        for (unit, conditions), _at in list(self.world.place.items()):
            own = dict(conditions)
            table, _sign, year = unit.partition("@")
            after, measure = str(int(year) + 1), own.pop("measure")

            def cell(table: str, year: str, name: str, own: dict[str, str] = own) -> Cell:
                return self.cell(table, year, measure=name, **own)

            if table == "FLOW" and measure == "opening":
                ways = {"opening": 1, "opened": 1, "answered": -1, "ended_otherwise": -1, "undated": -1}
                ways |= {"closing": -1}
                if all(cell("FLOW", year, name) in self.world.place for name in ways) and "country" in own:
                    self.row([(cell("FLOW", year, name), sign) for name, sign in ways.items()], 0, 0)
                self._same(cell("FLOW", after, "opening"), cell("FLOW", year, "closing"))
                self._same(cell("DURATION", year, "pending"), cell("FLOW", year, "closing"))
            if table == "DURATION" and measure == "requests" and "country" in own:
                gone = [(cell("DURATION", year, name), -1.0) for name in collected.GONE]
                self.row([((unit, conditions), 1), *gone], 0, 0)
                for name in ("answered", "ended_otherwise"):
                    whole = cell("DURATION", after, name), cell("DURATION", year, name)
                    flow = cell("FLOW", after, name)
                    if {*whole, flow} <= set(self.world.place):
                        self.row([(whole[0], 1), (whole[1], -1), (flow, -1)], 0, 0)
            if table == "MIRROR" and "country" in own:
                way = "outgoing" if measure == "sent" else "incoming"
                flows = [c for c in self.counts() if c[0] == f"FLOW@{year}"]
                wide = {("measure", "opened"), ("direction", way), ("country", own["country"])}
                opened = [(c, -1.0) for c in flows if wide <= c[1]]
                if opened and not self.row([((unit, conditions), 1), *opened], 0, 0):
                    self.row([((unit, conditions), 1), *opened], -np.inf, 0)

    def _same(self, one: Cell, other: Cell) -> None:
        if one in self.world.place and other in self.world.place:
            self.row([(one, 1), (other, -1)], 0, 0)

    def _weight(self, year: str) -> None:
        """The sentence of who is missing: what the others stand for, to a twentieth."""
        who = collected.reported(self.pile, year)
        share = findings._weight(who)
        there = set(who.loc[who["reporting"].eq(collected.REPORTED), "country"])
        wide = {("measure", "opened")}
        before = [cell for cell in self.counts() if cell[0] == f"FLOW@{int(year) - 1}" and wide <= cell[1]]
        if share == share:
            for sign in (1, -1):
                # At most a fortieth off, above and below.
                parts = [
                    (cell, sign * ((dict(cell[1])["country"] in there) - share) - 0.025) for cell in before
                ]
                self.row(parts, -np.inf, 1e-6)

    def attack(self, secret: bytes, knows: str = "") -> tuple[np.ndarray, np.ndarray]:
        """The bounds reached under a regional body's secret by a reader, or by a member that `knows` its own."""
        place, truth = self.world.place, self.world.truth
        low, high = np.zeros(len(truth)), np.full(len(truth), MOST)
        numbers = {
            cell: rounding.published(secret, "requests", n, key)
            for cell, (_c, _p, n, key) in self.sums.items()
        }
        for cell, number in numbers.items():
            low[place[cell]], high[place[cell]] = _bounds(number)
        for cell in self.counts():
            if knows and dict(cell[1])["country"] == knows:
                low[place[cell]] = high[place[cell]] = truth[place[cell]]
        for cell, number in self._published_themselves().items():
            low[place[cell]], high[place[cell]] = _bounds(number)
        rows = list(self.world.rows)
        for one, other in itertools.permutations(numbers, 2):
            # Of two sets of which one is known to hold the other, different numbers tell that something is between.
            if self._holds(one, other):
                apart = numbers[one] != numbers[other] and not (
                    np.isnan(numbers[one]) and np.isnan(numbers[other])
                )
                rows.append(({place[one]: 1.0, place[other]: -1.0}, float(apart), np.inf))
        attacker._propagate(rows, low, high)
        return low, high

    def _holds(self, one: Cell, other: Cell) -> bool:
        """Whether a sum is known to hold all requests of another: what is open holds what is pending by day, of no fewer
        countries; what was open at the end of a year is what is open at the start of the next."""
        names = [(cell[0].partition("@"), dict(cell[1])) for cell in (one, other)]
        (wide, levels), (narrow, own) = names
        if {n: v for n, v in levels.items() if n != "measure"} != {
            n: v for n, v in own.items() if n != "measure"
        }:
            return False
        whose = [{dict(part[1])["country"] for part in self.sums[cell][1]} for cell in (one, other)]
        stock = (levels["measure"], own["measure"])
        same_day = wide[2] == narrow[2] and stock in (("closing", "pending"), ("pending", "closing"))
        next_day = (stock == ("closing", "opening") and int(wide[2]) + 1 == int(narrow[2])) or (
            stock == ("opening", "closing") and int(wide[2]) == int(narrow[2]) + 1
        )
        return (same_day or next_day) and whose[0] >= whose[1]

    def _published_themselves(self) -> dict[Cell, float]:
        """What countries publish of their own stock and flow, where one kind is the whole strand."""
        found = {}
        for one in (one for one in self.pile.returns if one.header.mode == "banded"):
            for row in one.cubes["FLOW"].to_dict("records"):
                if row["MEASURE"] in collected.FLOWS and row["KIND"] in STRAND and row["CONF_STATUS"] == "F":
                    year, name = row["TIME_PERIOD"], collected.FLOWS[row["MEASURE"]]
                    levels = {
                        "direction": row["DIRECTION"],
                        "strand": STRAND[row["KIND"]],
                        "country": row["REF_AREA"],
                    }
                    cell = self.cell("FLOW", year, measure=name, **levels)
                    if name == "opening":
                        cell = self.cell("FLOW", str(int(year) - 1), measure="closing", **levels)
                    if cell in self.world.place:
                        found[cell] = float(row["OBS_VALUE"])
        return found


def _bounds(number: float) -> tuple[float, float]:
    return (0, SMALL) if np.isnan(number) else (max(SMALL + 1, number - ERROR), number + ERROR)


def published(config: Path, pile: Collected, years: Sequence[str]) -> Region:
    """What the public page of a region says for some years, one after the other."""
    region = Region(pile)
    for year in years:
        as_of = f"{int(year) + 1}-03-31"
        region.add(attacker.publish(config, as_of, year, NOTEBOOKS), year)
    region.of_the_domain()
    return region


def told(region: Region, secret: bytes, knows: str = "") -> dict[str, int]:
    """How many small counts of other countries are told exactly, known to be 1 to 4, and held narrower than "0 to 4", the
    most that a country publishes of such a count; and how many bounds miss the truth."""
    low, high = region.attack(secret, knows)
    truth = np.array(region.world.truth)
    cells = [cell for cell in region.counts() if dict(cell[1])["country"] != knows]
    every = np.array([region.world.place[cell] for cell in cells])
    small = every[(truth[every] >= 1) & (truth[every] <= SMALL)]
    return {
        "small": len(small),
        "exact": int((low[small] == high[small]).sum()),
        "any_exact": int((low[every] == high[every])[truth[every] > 0].sum()),
        "known": int(((low[small] >= 1) & (high[small] <= SMALL)).sum()),
        "narrowed": int((high[small] - low[small] < SMALL).sum()),
        "missed": int(((truth < low) | (truth > high)).sum()),
    }
