"""An exhibit is one answer: a question, the finding in words, a tidy table, a chart.

A finding function builds an `Exhibit`; a notebook shows it with `page.show(exhibit)`, which applies
disclosure control, makes words and chart from what is left, and saves the result once. Every format
is drawn from what was saved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Kind = Literal["count", "days", "share", "rate", "number", "date", "code", "text"]


@dataclass(frozen=True)
class Column:
    """How a column of an exhibit's table is read.

    `label` is a finished message; `kind` decides the format; `vocabulary` names the code list of a
    "code" column. `rests_on` names the count columns of the table on which a share, rate or
    quantile rests: where one of them is withheld, so is this.
    """

    label: str
    kind: Kind
    vocabulary: str = ""
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """One answer, before disclosure control.

    `table` is tidy and holds codes and numbers, never formatted text. `by` names its dimension
    columns. `scope` holds the dimensions that are fixed for the whole table, `counts` for each count
    column the dimensions that this column fixes: {"requests": {}, "answered": {"end": "answered"}}.
    So a count cell is a set of dimension values, and two cells of one report that have the same set
    are the same number. Words and charts are made from the table as it is published.
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
    chart: Callable[["pd.DataFrame"], "Figure"] | None = None
    alt: Callable[["pd.DataFrame"], str] | None = None
    notes: Sequence[str] = ()
    internal_only: bool = False
    facts: Callable[["pd.DataFrame"], list["Fact"]] | None = None


@dataclass(frozen=True)
class Fact:
    """What an exhibit offers to the policy briefing: one sentence with the number it rests on.

    `question` is one of how_long, how_much_stuck, formal_or_informal, who_is_engaged, what_changed,
    what_is_not_known. `reference` is the standard or the other group it is held against.
    """

    question: str
    sentence: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    reference: float | None = None
    requests: int = 0
