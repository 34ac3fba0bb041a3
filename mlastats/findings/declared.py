"""Exhibits declared as data: which columns of a measure's frame are shown, what is drawn, what is said.

    stages = Declared(
        "stages",
        "Where does the time go?",
        by="direction stage",
        columns="reached moved_on ended stuck median_days p90 share",
        unit="requests; days",
        each=_longest,
        chart=Chart("share", "stage", "share of all days"),
    )
    page.show(stages, measure.stages.stages(page.requests, **page.at))

How a column is read stands once, in column.csv. Every text here is a message: the catalogues have it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words, read_as, reading
from mlastats.measure.daycounts import IN_WORDS, IN_WORDS_P75, NOT_REACHED
from mlastats.messages import _
from mlastats.publish import cells
from mlastats.publish.exhibit import Exhibit, Fact, Untold

WILSON = "The interval is Wilson's, 95%."
ROUNDED = "The interval is Wilson's, 95%, widened by the error of rounding."
MEDIAN = "The median counts what is pending for as long as it has waited; a dash: too few, or half had no answer yet."
# Said under every table that has strands.
STRANDS = (
    "Requests of different strands are never taken together. The sentence is of the first strand of which one can be "
    "said; the others are in the table."
)
NEVER = float("inf")
Note = str | Callable[[Any, pd.DataFrame], Sequence[str]]


@dataclass(frozen=True)
class Declared:
    """One answer but for its numbers: called with a measure's frame and the page, it is an exhibit.

    `by` and `columns` name what the table shows, those of `by` first unless `columns` places them; limits follow
    their figure. `where` says which rows are shown; `period`, whether those begun in the page's period are counted
    ("begun"), those begun in its last four quarters ("recent") or those open in these ("window"). `each` makes the
    sentence of one direction from its rows, of its first strand of which something can be said where the table has
    strands (`within` names another such column); `finding` makes that of the whole table; `empty` is said where
    there is no row, or every first count is 0. A note is a message, or makes its lines from the page and the
    measure's frame; `internal_notes` are of what the public is not shown. `over` are words with the columns over
    which they stand, `totals` says that the counts of a group of rows add up.

    Whatever depends on more than that is given in the call: values that the texts name (but for frames) and that
    `each`, `finding` and `facts` take by name; or `dataclasses.replace` makes a variant. Raises ValueError, when
    it is declared, where it names a column that column.csv does not have.
    """

    name: str
    question: str
    by: str
    columns: str
    unit: str
    each: Callable[..., str] | None = None
    within: str = "strand"
    finding: Callable[..., str] | None = None
    facts: Callable[..., list[Fact]] | None = None
    empty: str = ""
    where: Callable[[pd.DataFrame], pd.Series] | None = None
    period: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)
    chart: Chart | None = None
    alt: str | Callable[[pd.DataFrame], str] = ""
    notes: Sequence[Note] = ()
    internal_notes: Sequence[Note] = ()
    internal_only: bool = False
    over: Mapping[str, str] = field(default_factory=dict)
    totals: bool = False

    def __post_init__(self) -> None:
        drawn = self.chart.columns() if self.chart else ()
        for column in (*self.by.split(), *self.columns.split(), *drawn):
            reading(column, self.name)

    def __call__(self, table: pd.DataFrame, page: Any, **values: Any) -> Exhibit:
        """The exhibit of a frame."""
        shown = table[self.where(table)] if self.where else table
        texts = {
            name: in_words(name, value)
            for name, value in values.items()
            if not isinstance(value, pd.DataFrame)
        }
        names = self.columns.split()
        columns = read_as(self.name, [*(by for by in self.by.split() if by not in names), *names], texts)
        fixes = {name: reading(name, self.name).fixes for name, c in columns.items() if c.kind == "count"}
        chart, facts, alt = self.chart, self.facts, self.alt
        told = partial(self._on_enough, measured=shown)

        def drawn(published: pd.DataFrame) -> pd.DataFrame:
            rows = self._with_reasons(published, shown, page.public)
            return self._leading(rows, told, values) if chart and chart.leads else rows

        return Exhibit(
            name=self.name,
            question=_(self.question, **texts),
            finding=lambda t: self._finding(told(t), values),
            table=shown[list(columns)],
            columns=columns,
            unit=_(self.unit),
            by=tuple(self.by.split()),
            scope={**self.scope, **self._counted(page)},
            counts={name: fixed for name, fixed in fixes.items() if fixed is not None},
            reasons=self._reasons(shown, columns),
            chart=(lambda t: chart.draw(drawn(t), self.name) if chart.drawable(drawn(t)) else None)
            if chart and chart.drawable(drawn(shown))
            else None,
            statistic=_(chart.statistic, **texts) if chart and chart.statistic else "",
            alt=(lambda t: alt(told(t)) if callable(alt) else _(alt, **texts)) if alt else None,
            notes=[
                line
                for note in (*self.notes, *(() if page.public else self.internal_notes))
                # For the public a note says nothing of single rows: it is made of none.
                for line in (
                    note(page, table.iloc[:0] if page.public else table)
                    if callable(note)
                    else [_(ROUNDED if page.public and note == WILSON else note, **texts)]
                )
            ],
            internal_only=self.internal_only,
            over={name: _(words) for words, names in self.over.items() for name in names.split()},
            totals=self.totals,
            facts=(lambda t: facts(told(t), **values)) if facts else None,
        )

    def _on_enough(self, table: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
        """A published table as sentences see it: without the figures that rest on fewer than 20 requests in effect;
        on 30 where they say when three quarters are answered. When nine tenths are is in no sentence."""
        by, figures = self.by.split(), {}
        for name in self.columns.split():
            own = f"{name.removesuffix('_days')}_rests_on"
            rests = own if own in measured else "rests_on" if name in ("days", "share") else ""
            if rests in measured:
                figures[name] = rests
        place = _place(table, measured, by) if figures else None
        if place is None:
            return table
        for name, rests in figures.items():
            level = (
                table["quantile"] if name == "days" and "quantile" in table else pd.Series(name, table.index)
            )
            asked = (
                level.map({"p75": IN_WORDS_P75, "0.75": IN_WORDS_P75, "p90": NEVER, "0.90": NEVER})
                .astype(float)
                .fillna(IN_WORDS)
            )
            few = (
                pd.Series(measured[rests].to_numpy(float)[place], table.index).where(place >= 0)
                < asked - 1e-9
            )
            # A curve is told as far as it rests on enough.
            table = table[~few] if "day" in by else table.assign(**{name: table[name].mask(few)})
        return table

    def _with_reasons(self, table: pd.DataFrame, measured: pd.DataFrame, public: bool) -> pd.DataFrame:
        """A published table with what its figure shows beside its columns: the standard, and for internal readers on
        how many requests a figure rests in effect and why one is missing."""
        chart, place = self.chart, _place(table, measured, self.by.split())
        if not chart or place is None:
            return table
        stem = chart.figure.removesuffix("_days")
        of = {str(chart.mark): chart.mark} if isinstance(chart.mark, str) else {}
        if not public:
            of |= {"rests_on": f"{stem}_rests_on", "lacking": f"{stem}_note"}
            of |= {chart.parts[name]: chart.parts[name] for name in ("part",) if name in chart.parts}
        beside = {
            name: pd.Series(measured[column].to_numpy(object)[place], table.index).where(place >= 0)
            for name, column in of.items()
            if column in measured and name not in table
        }
        return table.assign(**beside)

    def _reasons(self, table: pd.DataFrame, columns: Mapping[str, Any]) -> dict[str, pd.Series]:
        """Why a figure and its limits are missing, row by row, where the measure says it: in a column named after the
        figure, or after none where the table has one."""
        found = {}
        for name, column in columns.items():
            own = [f"{name.removesuffix('_days')}_note", f"{name}_note", "reason", "note"]
            if column.kind in cells.FIGURES and (given := next((note for note in own if note in table), "")):
                found[name] = table[given].fillna("").astype("str")
        for name in found.keys() & set(self.columns.split()):
            # A limit is missing as its figure is; that of a quantile that is given is not reached.
            within = NOT_REACHED if columns[name].kind == "days" else ""
            for limit in reading(name, self.name).limits or ():
                if limit in columns:
                    found[limit] = found[name].where(table[name].isna(), within)
        return found

    def _counted(self, page: Any) -> dict[str, str]:
        """Which requests are counted of a page's period: those begun in it, or those of the last four quarters."""
        if not self.period or not page.period:
            return {}
        own = self.period == "begun" or page.start == page.pace_start
        return {self.period.replace("recent", "begun"): page.period if own else f"year_to_{page.period}"}

    def messages(self) -> Iterator[str]:
        """Every text of the declaration, for the catalogues of translations."""
        yield from (self.question, self.unit, self.empty, *self.over)
        yield from (
            text for text in (self.alt, *self.notes, *self.internal_notes, ROUNDED) if isinstance(text, str)
        )
        if self.chart:
            yield from self.chart.messages()

    def _finding(self, table: pd.DataFrame, values: Mapping[str, Any]) -> str:
        first = next((name for name in self.columns.split() if reading(name, self.name).kind == "count"), "")
        empty = table.empty or (first in table and table[first].eq(0).all())
        if self.empty and empty:
            return Untold(_(self.empty))
        if self.finding:
            said = self.finding(table, **values)
        else:
            said = phrases.sentences(text for text, _rows in self._said(table, values))
        return phrases.nothing() if empty and said == phrases.withheld() else said

    def _said(self, table: pd.DataFrame, values: Mapping[str, Any]) -> list[tuple[str, pd.DataFrame]]:
        return phrases.leading(table, partial(self.each, **values), self.within) if self.each else []

    def _leading(
        self, table: pd.DataFrame, told: Callable[[pd.DataFrame], pd.DataFrame], values: Mapping[str, Any]
    ) -> pd.DataFrame:
        """All rows of the strands of which the sentences are, of each direction its own."""
        names = [name for name in ("direction", self.within) if name in table]
        codes = pd.MultiIndex.from_frame(table[names].astype("str"))
        of = pd.concat([table.iloc[:0], *(rows.iloc[:1] for _text, rows in self._said(told(table), values))])
        return table[codes.isin(pd.MultiIndex.from_frame(of[names].astype("str")))]


def _place(table: pd.DataFrame, measured: pd.DataFrame, by: Sequence[str]) -> Any:
    """Where the rows of a published table stand in the measured one, -1 for none; None where they cannot be told."""
    codes, shown = (pd.MultiIndex.from_frame(rows[by].astype("str")) for rows in (measured, table))
    return codes.get_indexer(shown) if codes.is_unique else None
