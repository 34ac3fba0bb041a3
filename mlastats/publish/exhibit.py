"""An exhibit is one answer: a question, the finding in words, a tidy table, a chart.

A finding function builds an `Exhibit`; a notebook shows it with `page.show(exhibit)`, which applies
disclosure control, makes words and chart from what is left, and saves the result once. Every format
is drawn from what was saved.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mlastats.publish.charts import Drawing, Figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as MatplotlibFigure

NO_DRAWING = Drawing()
# The question of a fact that can be the title of the report.
TITLE = "title"
Kind = Literal["count", "days", "share", "points", "rate", "number", "date", "code", "text"]


class Untold(str):
    """Stands in place of a finding where nothing can be told, and says why."""


class InTable(str):
    """Stands in place of a finding where what can be told is in the table alone."""


@dataclass(frozen=True)
class Column:
    """How a column of an exhibit's table is read.

    `label` is a finished message; `kind` decides the format (points: a difference of two shares, as a share); `vocabulary`
    names the code list of a "code" column. `rests_on` names the count columns of the table on which a share, rate or
    quantile rests: where one of them is withheld, so is this. `single` is what one request decides, as a
    minimum, a maximum or the last date does: it is for internal readers.
    """

    label: str
    kind: Kind
    vocabulary: str = ""
    rests_on: tuple[str, ...] = ()
    single: bool = False


@dataclass(frozen=True)
class Exhibit:
    """One answer, before disclosure control.

    `table` is tidy and holds codes and numbers, never formatted text. `by` names its dimension
    columns. `scope` holds the dimensions that are fixed for the whole table, `counts` for each count
    column the dimensions that this column fixes: {"requests": {}, "answered": {"end": "answered"}}.
    So a count cell is a set of dimension values, and two cells of one report that have the same set
    are the same number. What no dimension tells, `members` does: for a count column the rows of the requests table that
    each cell counts. `reasons` says of a figure, row by row, why it is missing. Words and charts are made from
    the table as it is published; `statistic` says what is drawn. `over` is what stands over the heads of some columns, and
    `totals` says that the counts of a group of rows add up.
    """

    name: str
    question: str
    finding: Callable[["pd.DataFrame"], str]
    table: "pd.DataFrame"
    columns: Mapping[str, Column]
    unit: str
    by: tuple[str, ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    members: Mapping[str, Sequence[Sequence[Any]]] = field(default_factory=dict)
    reasons: Mapping[str, "pd.Series"] = field(default_factory=dict)
    chart: Callable[["pd.DataFrame"], "Figure | MatplotlibFigure | None"] | None = None
    statistic: str = ""
    over: Mapping[str, str] = field(default_factory=dict)
    totals: bool = False
    alt: Callable[["pd.DataFrame"], str] | None = None
    notes: Sequence[str] = ()
    internal_only: bool = False
    facts: Callable[["pd.DataFrame"], list["Fact"]] | None = None

    def __post_init__(self) -> None:
        """What is not among the columns is not saved, and the next exhibit could not be held against it."""
        unknown = sorted({*self.by, *self.counts} - set(self.columns))
        if unknown:
            raise ValueError(
                f"The exhibit {self.name!r} names in `by` or `counts` what is not among its columns: "
                f"{', '.join(unknown)}. Its columns are {', '.join(self.columns)}."
            )


@dataclass(frozen=True)
class Fact:
    """What an exhibit offers to the policy briefing: one sentence with the number it rests on.

    `question` is one of signal, how_long, how_much_stuck, formal_or_informal, who_is_engaged, what_changed,
    who_can_be_compared, do_counts_agree, what_is_not_known. `reference` is the standard or the other group it is held
    against. `direction` is that of the requests that it speaks of; blank where it speaks of all. `beside` is what stands
    beside the sentence: its interval.
    """

    question: str
    sentence: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    reference: float | None = None
    requests: int = 0
    direction: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Saved:
    """An exhibit as it is published: finished words, the table that is left, the picture.

    `table` has every column of `columns`, codes and numbers; missing where a value does not exist or
    is not given, and `missing` says why, by row and column: "few" is 0 to 4, "withheld" rests on too few to be
    published, and the reasons of measures are "few_at_risk", "not_reached" and "not_observed". `scope` and `counts`
    are those of the exhibit. `subtitle` says what is drawn, of which place and period, `source` where it is from.
    It is meant to lead its chapter, or not; `tells` is what it tells: a "finding", what is in the "table", or "nothing",
    and then its finding says why.
    """

    name: str
    notebook: str
    order: int
    question: str
    finding: str
    alt: str
    unit: str
    columns: Mapping[str, Column]
    notes: tuple[str, ...]
    by: tuple[str, ...]
    scope: Mapping[str, str]
    counts: Mapping[str, Mapping[str, str]]
    table: "pd.DataFrame"
    missing: Mapping[tuple[int, str], str] = field(default_factory=dict)
    internal_only: bool = False
    facts: tuple[Fact, ...] = ()
    leads: bool = False
    tells: Literal["finding", "table", "nothing"] = "finding"
    subtitle: str = ""
    source: str = ""
    drawing: Drawing = NO_DRAWING
    over: Mapping[str, str] = field(default_factory=dict)
    totals: bool = False

    @property
    def svg(self) -> str:
        """The whole figure in one picture; blank where it has none."""
        return self.drawing.whole

    @property
    def key(self) -> str:
        """Its name among the exhibits of all notebooks; its files are named so."""
        return f"{self.notebook}.{self.name}"

    @functools.cached_property
    def values(self) -> dict[str, list[Any]]:
        """The table by column: a page looks at every cell, and a frame is slow at one."""
        return {name: list(self.table[name]) for name in self.table}


def headline(finding: str) -> tuple[str, str]:
    """The first sentence of a finding, which stands as its title, and the others."""
    first, stop, others = finding.partition(". ")
    return f"{first}{stop.strip()}", others
