"""An exhibit is one answer: a question, the finding in words, a tidy table, a chart.

A finding function builds an `Exhibit`; a notebook shows it with `page.show(exhibit)`, which applies
disclosure control, makes words and chart from what is left, and saves the result once. Every format
is drawn from what was saved.
"""

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from mlastats.publish.page import Page, open_page
    from mlastats.publish.publication import Publication, Section, publication
    from mlastats.publish.saved import load_exhibits

__all__ = [
    "Column",
    "Exhibit",
    "Fact",
    "Page",
    "Publication",
    "Saved",
    "Section",
    "load_exhibits",
    "open_page",
    "publication",
]

Kind = Literal["count", "days", "share", "rate", "number", "date", "code", "text"]


@dataclass(frozen=True)
class Column:
    """How a column of an exhibit's table is read.

    `label` is a finished message; `kind` decides the format; `vocabulary` names the code list of a
    "code" column. `rests_on` names the count columns of the table on which a share, rate or
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


@dataclass(frozen=True)
class Saved:
    """An exhibit as it is published: finished words, the table that is left, the picture.

    `table` has every column of `columns`, codes and numbers; missing where a value does not exist or
    is withheld, and `withheld` tells these apart: (row, column) of each withheld cell. `scope` and
    `counts` are those of the exhibit; `loose` names the groups whose parts do not add up to their
    total, as disclosure control found them. `coarser` says in words what was merged, or is empty.
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
    withheld: frozenset[tuple[int, str]] = frozenset()
    loose: tuple[str, ...] = ()
    coarser: str = ""
    internal_only: bool = False
    facts: tuple[Fact, ...] = ()
    svg: str = ""

    @functools.cached_property
    def values(self) -> dict[str, list[Any]]:
        """The table by column: a page looks at every cell, and a frame is slow at one."""
        return {name: list(self.table[name]) for name in self.table}


_HOMES = {
    "Page": "page",
    "open_page": "page",
    "Publication": "publication",
    "Section": "publication",
    "publication": "publication",
    "load_exhibits": "saved",
}


def __getattr__(name: str) -> Any:
    # Whoever writes findings or a format finds every name here; what they rest on loads when used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"mlastats.publish.{_HOMES[name]}"), name)
