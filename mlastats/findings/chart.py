"""Figures as data: which column is drawn, in which form, along which others.

    Chart("median_days", "kind agency", "median days to an answer", mark="standard_days")

Panels are the directions, never interleaved; rows are the levels of columns, the earlier ones as heads of groups. How
a figure is written, what its limits are and what a code is called stands in column.csv.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlastats.findings.columns import in_words, reading
from mlastats.measure import funnels
from mlastats.messages import MISSING, _, _n, between, number, percent, points
from mlastats.publish import cells
from mlastats.publish.charts import Figure, Panel, Row, scale
from mlastats.publish.marks import Bar, Cells, Curve, Dot, Funnel, Line, Mark, Parts, Scale, spread

# Rows of fewer than so many are hollow, or not drawn.
HOLLOW, DRAWN = 30, 10
# Of so many groups of a funnel every one has its name.
FEW_NAMED = 5
HEADS = {
    "incoming": "Incoming: partners ask us",
    "outgoing": "Outgoing: we ask partners",
    "unrecorded": "Direction not recorded",
}
# In a region nobody is "we": each of its members asks the others.
OF_REGION = {
    "incoming": "Incoming: as those who were asked count",
    "outgoing": "Outgoing: as those who ask count",
}
LACKING = {"few_at_risk": "too few to tell", "not_reached": "not reached", "not_observed": "not observed"}
KEY = {
    "no_limit": "no upper limit",
    "few": "rests on fewer than 30",
    "none": "none",
}
NONE = float("nan")


@dataclass(frozen=True)
class Chart:
    """A figure as data: the column `figure` is drawn, in a row for each level of the columns `rows`.

    `form` is dots (with intervals), bars (counts or shares), parts (of a whole of 100%), line or columns (over the
    periods of `along`), cells (a table of these), curve (over the days of `along`) or funnel (of the groups of `along`, from
    a frame of measure.funnels). `statistic` says what is drawn, `n`
    names the counts that stand under a name, `rests` what a figure rests on where that is not the first of them, `right`
    says what the numbers are. `parts` gives each part of a whole its
    tone, a code of `along` or a column of counts; of bars and columns, "part" names the column that is drawn full.
    `limits` are those of its interval where column.csv does not say, `limited` what this is.
    `heads` are what the directions are called. `mark` is the column of a tick, or its value, and `marked` what it is.
    `where` says which rows are drawn; those without a figure are not, unless they leave `gaps`. What `leads` draws only the
    strands of which the sentence speaks.
    """

    figure: str
    rows: str = ""
    statistic: str = ""
    form: str = "dots"
    along: str = ""
    n: str = ""
    rests: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    mark: str | float = NONE
    marked: str = ""
    panels: str = "direction"
    kind: str = ""
    limits: tuple[str, ...] = ()
    limited: str = "95% interval"
    right: str = ""
    where: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table
    gaps: bool = False
    leads: bool = False
    heads: Mapping[str, str] = field(default_factory=lambda: HEADS)

    def columns(self) -> Iterator[str]:
        """Every column that it names."""
        yield from (self.figure, *self.rows.split(), *filter(None, (self.along, self.panels)))

    def messages(self) -> Iterator[str]:
        """Every text of it, for the catalogues."""
        yield from (
            self.statistic,
            self.marked,
            self.right,
            self.limited,
            *self.heads.values(),
            *LACKING.values(),
            *KEY.values(),
        )

    def drawable(self, table: pd.DataFrame) -> bool:
        """Whether there is anything to draw."""
        return bool(self.where(table)[self.figure].notna().any())

    def draw(self, table: pd.DataFrame, exhibit: str = "") -> Figure:
        """The figure of a table. Beside its columns this may have `rests_on`, on how many a figure rests in effect, and
        `lacking`, why it is missing."""
        table = self.where(table)
        table = table if self.gaps else table.dropna(subset=[self.figure])
        of = self.rests or self.n.partition(" ")[0]
        counted = of and self.form in ("dots", "parts")
        small = table[of].lt(DRAWN) if counted else pd.Series(False, table.index)
        names = [name for name in (self.panels, *self.rows.split()) if name in table]
        return _Drawn(self, exhibit, table[~small]).figure(len(table.loc[small, names].drop_duplicates()))


MEDIANS = Chart(
    "median_days",
    "kind",
    "days until half are answered, open requests counted",
    n="requests pending",
    right="half answered within",
)


def outside_first(table: pd.DataFrame, column: str = "asean") -> pd.DataFrame:
    """The rows of what is outside ASEAN, then those of its members; else in the order in which they stand."""
    return table.sort_values(column, key=lambda codes: codes.astype(str).eq("asean"), kind="stable")


class _Drawn:
    """A chart with its table: what kind its figure is of, and which columns are its limits."""

    def __init__(self, chart: Chart, exhibit: str, table: pd.DataFrame) -> None:
        row = reading(chart.figure, exhibit)
        self.chart, self.exhibit, self.table = chart, exhibit, table
        self.kind = kind = chart.kind or row.kind
        limits = chart.limits or row.limits
        self.limits = limits if set(limits) <= set(table) else ()
        self.periods = list(dict.fromkeys(table[chart.along])) if chart.along else []
        self.marks: list[Mark] = []
        own = [chart.mark] if isinstance(chart.mark, str) and chart.mark in table else []
        values = table[[chart.figure, *self.limits, *own]].to_numpy(float, na_value=NONE).ravel().tolist()
        values += [chart.mark] if isinstance(chart.mark, float) else []
        self.scale = scale(kind, values)
        if chart.form == "curve":
            self.scale = _days(float(table[chart.along].max()))

    def figure(self, left_out: int) -> Figure:
        chart, table = self.chart, self.table
        of = chart.panels in table
        groups = table.groupby(chart.panels, sort=False, observed=True) if of else [("", table)]
        panels = [self.panel(str(code), rows) for code, rows in groups if len(rows)]
        words = _n(
            "not drawn: {n} row of fewer than {least}",
            "not drawn: {n} rows of fewer than {least}",
            left_out,
            least=number(DRAWN),
        )
        return Figure(panels, [*self.key(), *([("", words)] if left_out else [])])

    def panel(self, code: str, table: pd.DataFrame) -> Panel:
        chart, names, before = self.chart, self.chart.rows.split(), ""
        rows: list[Row | str] = []
        groups = list(table.groupby(names, sort=False, observed=True)) if names else [((), table)]
        # Groups stand together, in the order in which they begin.
        first = {codes[:-1]: n for n, (codes, _part) in reversed(list(enumerate(groups)))}
        for codes, part in sorted(groups, key=lambda group: first[group[0][:-1]]):
            *heads, name = [_level(*level) for level in zip(names, codes, strict=True)] or [""]
            if heads and before != (before := ", ".join(heads)):
                rows.append(before)
            rows.append(self.row(name, part))
        by_direction = chart.panels == "direction" and code
        head = (
            _(chart.heads.get(code, HEADS["unrecorded"]))
            if by_direction
            else code and in_words(chart.panels, code)
        )
        hue = str(table["direction"].iloc[0]) if "direction" in table else ""
        right = _(chart.right) if chart.right else ""
        return Panel(head, hue, rows, self.scale, right, self.axis() if chart.form != "curve" else ())

    def axis(self) -> tuple[tuple[float, str], ...]:
        """The names of the periods where they stand; of dates the years that begin between them; of a funnel sizes."""
        if self.chart.form == "funnel":
            most = self.largest()
            step = next(step for step in (10, 20, 50, 100, 200, 500, 10**9) if 5 * step >= most)
            sizes = range(step, int(most) + 1, step)
            return tuple((n / most, _n("{n} request", "{n} requests", n)) for n in sizes)
        if reading(self.chart.along or self.chart.figure).kind != "date":
            names = [in_words(self.chart.along, period) for period in self.periods]
            return tuple(zip(spread(len(names)), names, strict=True))
        first, last = self.ends()
        years = [pd.Timestamp(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
        return tuple((float((year - first) / (last - first)), str(year.year)) for year in years)

    def row(self, name: str, part: pd.DataFrame) -> Row:
        """A row of a panel, from the rows of the table that are of one level."""
        chart, first = self.chart, part.iloc[0]
        if chart.form == "funnel":
            return Row(name, mark=self.funnel(part))
        if chart.form in ("line", "columns", "cells", "curve"):
            mark = self.curve(part) if chart.form == "curve" else self.over_time(part)
            self.marks.append(mark)
            return Row(name, mark=mark)
        note = _counted(first, chart.n.split())
        if chart.form == "parts":
            mark, said = self.whole(part)
            self.marks.append(mark)
            return Row(name, note, said, mark=mark)
        value, lower, upper = (_float(first, column) for column in (chart.figure, *(self.limits or ("", ""))))
        tick = chart.mark if isinstance(chart.mark, float) else _float(first, chart.mark)
        if pd.isna(value):
            why = LACKING.get(str(first.get("lacking")), "")
            return Row(name, note, _(why) if why else MISSING)
        if chart.form == "bars":
            mark = Bar(value, _float(first, chart.parts.get("part", "")), tick)
            small = ""
        else:
            mark = Dot(value, lower, upper, self.rests(first) < HOLLOW, tick)
            small = self.interval(lower, upper)
        self.marks.append(mark)
        return Row(name, note, self.write(value), small, mark)

    def largest(self) -> float:
        """The size to which a funnel reaches."""
        return max(1.08 * float(self.table["compared"].max()), 2 * funnels.CASES)

    def funnel(self, part: pd.DataFrame) -> Funnel:
        """Groups between the lines that hold 95 and 99.8 of 100 which do not differ by more than is ordinary."""
        most, (target, spreads) = self.largest(), part[["target", "spread"]].iloc[0].astype(float)
        sizes = range(funnels.CASES, int(most) + 1, max(1, int(most) // 60))
        levels = {
            level: words
            for share, name in ((0.95, percent(0.95)), (1 - funnels.NAMED, percent(1 - funnels.NAMED, 1)))
            for level, words in (((1 - share) / 2, ""), ((1 + share) / 2, name))
        }
        limits = [[funnels.limit(n, target, spreads, level) for level in levels] for n in sizes]
        lines = [
            (words, tuple((n / most, row[place]) for n, row in zip(sizes, limits, strict=True)))
            for place, words in enumerate(levels.values())
        ]
        groups = []
        for _index, row in part.sort_values("compared").iterrows():
            apart = row["stands"] in (funnels.BELOW, funnels.ABOVE)
            name = (
                in_words(self.chart.along, row[self.chart.along]) if apart or len(part) <= FEW_NAMED else ""
            )
            groups.append((float(row["compared"]) / most, float(row[self.chart.figure]), name, apart))
        return Funnel(tuple(groups), tuple(lines), target)

    def rests(self, row: Any) -> float:
        """On how many the figure of a row rests: in effect, or of so many requests."""
        own = self.chart.rests or (self.chart.n.split() or [""])[0]
        return _float(row, "rests_on" if "rests_on" in row and not self.chart.rests else own)

    def part(self, code: str) -> str:
        """A part of a whole: a code, or a column of counts."""
        along = self.chart.along
        return in_words(along, code, inside=True) if along else _(reading(code, self.exhibit).label).lower()

    def write(self, value: float) -> str:
        """A figure as it is read."""
        if self.kind in ("days", "difference"):
            return _n("{n} day", "{n} days", round(value))
        if self.kind == "points":
            return _("{n} points", n=points(value))
        if self.kind == "share":
            return percent(value)
        return number(value, 0 if self.kind == "count" or value == round(value) else 1)

    def interval(self, lower: float, upper: float) -> str:
        if pd.isna(lower):
            return ""
        if pd.isna(upper):
            return _("{lower}, no upper limit", lower=self.limit(lower))
        return between(self.limit(lower), self.limit(upper))

    def limit(self, value: float) -> str:
        """A limit, without the unit that stands beside its figure."""
        if self.kind in ("share", "points"):
            return cells.WRITERS[self.kind](value)
        return number(value, 1 if self.kind in ("rate", "number") else 0)

    def whole(self, part: pd.DataFrame) -> tuple[Parts, str]:
        """The parts of a whole, those of one tone together, and the figure in words: of codes the last part."""
        chart, tones = self.chart, self.chart.parts
        if chart.along:
            shares = part.groupby(part[chart.along].astype(str).map(tones).fillna("rest"))[chart.figure].sum()
        else:
            counts = part.iloc[0][list(tones)].astype(float)
            shares = counts.groupby(pd.Series(tones)).sum() / counts.sum()
        order = [tone for tone in dict.fromkeys(tones.values()) if shares.get(tone, 0) > 0]
        figure = shares.get([*tones.values()][-1], 0.0) if chart.along else part.iloc[0][chart.figure]
        said = percent(figure)
        return Parts(tuple((tone, float(shares[tone])) for tone in order)), said

    def over_time(self, part: pd.DataFrame) -> Mark:
        """A row of a table of periods, or a line."""
        chart, at = self.chart, part.drop_duplicates(self.chart.along).set_index(self.chart.along)
        at = at.reindex(self.periods)

        def column(name: str) -> tuple[float, ...]:
            return tuple(at[name].to_numpy(float, na_value=NONE).tolist()) if name in at else ()

        if chart.form == "cells":
            return Cells(column(chart.figure), self.kind == "share")
        lower, upper = (column(limit) for limit in self.limits or ("", ""))
        rests = column("rests_on") or column(chart.rests or chart.n)
        return Line(
            column(chart.figure),
            lower,
            upper,
            column(chart.parts.get("part", "")),
            tuple(few < HOLLOW for few in rests),
            columns=chart.form == "columns",
            share=self.kind == "share",
            mark=_float(at.iloc[0], chart.mark) if isinstance(chart.mark, str) else chart.mark,
            at=self.places(),
            ahead=tuple(map(bool, column("ahead"))),
        )

    def places(self) -> tuple[float, ...]:
        """Where dates stand; other periods stand side by side."""
        if reading(self.chart.along).kind != "date":
            return ()
        first, last = self.ends()
        return tuple(float((day - first) / (last - first)) for day in self.periods)

    def ends(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Between which days dates stand: half a step on either side has room for the marks of the first and last."""
        days = pd.Series(sorted(self.periods))
        half = days.diff().min() / 2 if len(days) > 1 else pd.Timedelta(days=1)
        return days.iloc[0] - half, days.iloc[-1] + half

    def curve(self, part: pd.DataFrame) -> Curve:
        days, shares, lower, upper = (
            tuple(part[name].astype(float)) if name else ()
            for name in (self.chart.along, self.chart.figure, *(self.limits or ("", "")))
        )
        at_risk = []
        for day, _words in self.scale.ticks if "at_risk" in part else ():
            later = part.loc[part[self.chart.along].ge(day), "at_risk"].dropna()
            at_risk += [(day, number(later.iloc[0]))] if len(later) else []
        return Curve(days, shares, lower, upper, tuple(at_risk))

    def key(self) -> Iterator[tuple[str, str]]:
        """What the marks mean, of those that are drawn."""
        chart, words = self.chart, {name: _(text) for name, text in KEY.items()}
        dots = [mark for mark in self.marks if isinstance(mark, Dot)]
        lines = [mark for mark in self.marks if isinstance(mark, Line)]
        if chart.form == "parts":
            for tone in dict.fromkeys(chart.parts.values()):
                if any(
                    tone == name
                    for mark in self.marks
                    if isinstance(mark, Parts)
                    for name, _share in mark.shares
                ):
                    codes = [code for code, given in chart.parts.items() if given == tone]
                    yield tone, ", ".join(self.part(code) for code in codes)
        if any(not pd.isna(dot.upper) for dot in dots) or any(
            line.lower and (line.ahead or not line.columns) for line in lines
        ):
            yield "interval", _(chart.limited)
        if any(not pd.isna(dot.lower) and pd.isna(dot.upper) for dot in dots):
            yield "no_limit", words["no_limit"]
        if any(dot.few for dot in dots) or any(any(line.few) and not line.columns for line in lines):
            yield "few", words["few"]
        if chart.marked and any(
            not pd.isna(mark.mark) for mark in self.marks if isinstance(mark, Dot | Bar | Line)
        ):
            yield "dashes" if lines else "tick", _(chart.marked)
        if any(isinstance(mark, Cells) and 0 in mark.values and not mark.shares for mark in self.marks):
            yield "none", words["none"]
        if chart.parts.get("part") in self.table:
            yield from (("long", _("a year or longer")), ("less", _("less")))


def _float(row: Any, column: str) -> float:
    return float(row[column]) if column and column in row and pd.notna(row[column]) else NONE


def _level(column: str, code: Any) -> str:
    """The name of a row."""
    return _n("{n} day", "{n} days", int(code)) if reading(column).kind == "days" else in_words(column, code)


def _counted(row: Any, names: list[str]) -> str:
    """What stands under a name: how many, and how many of these are open; nothing where one is not given."""
    if not names or any(pd.isna(row.get(name)) for name in names):
        return ""
    first, *more = (int(row[name]) for name in names)
    matters = names[0] == "matters"
    many = _n("{n} matter", "{n} matters", first) if matters else _n("{n} request", "{n} requests", first)
    return ", ".join([many, *(_("{n} open", n=number(count)) for count in more)])


def _days(most: float) -> Scale:
    """The days of a curve, to the next of some round times."""
    named = {
        30: _("1 month"),
        91: _("3 months"),
        183: _("6 months"),
        365: _("1 year"),
        731: _("2 years"),
        1096: _("3 years"),
    }
    last = next((day for day in named if day >= most - 1), most)
    ticks = [(float(day), words) for day, words in named.items() if day <= last and day >= last / 7]
    return Scale(0, last, tuple(ticks))
