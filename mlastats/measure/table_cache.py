"""What is worked out from a table is kept as long as the table is, so that a report works it out once.

A table is known by its identity, never by its content. One that was written to since (a column set, rows set by
`.loc`, another index) is another table: pandas writes what two frames share to new memory, so holding a copy
that shares its columns makes every such write show.
"""

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

from mlastats.parts import Parts


class _Seen:
    """A table as it was when something was first worked out from it, and what was."""

    def __init__(self, table: pd.DataFrame, forget: Callable[[Any], object]) -> None:
        self.table = weakref.ref(table, forget)
        self.copy = table.copy(deep=False)
        self.memory = _memory(table)
        self.results: dict[Any, dict[Any, Any]] = {}

    def is_now(self, table: pd.DataFrame) -> bool:
        """Whether the table is this one, and nothing was written to it since."""
        same = self.table() is table
        return (
            same
            and table.index.is_(self.copy.index)
            and table.columns.equals(self.copy.columns)
            and all(
                a is b or (isinstance(a, int) and a == b)
                for a, b in zip(self.memory, _memory(table), strict=True)
            )
        )


_SEEN: dict[int, _Seen] = {}


def once_a_table(keep: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A function of a table whose results for the `keep` latest parameters are kept while the table is.

    The function takes the table and parameters by name that can be hashed, and gives a frame or a Series; each
    caller has a copy of its own.
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def once(table: pd.DataFrame, **parameters: Any) -> Any:
            key, place = tuple(sorted(parameters.items())), id(table)
            seen = _SEEN.get(place)
            if seen is None or not seen.is_now(table):
                seen = _SEEN[place] = _Seen(table, lambda _gone: _SEEN.pop(place, None))
            results = seen.results.setdefault(function, {})
            if key not in results:
                results[key] = function(table, **parameters)
                for oldest in list(results)[:-keep]:
                    del results[oldest]
            return results[key].copy(deep=False)

        return once

    return decorated


def _memory(table: pd.DataFrame) -> list[Any]:
    """Where each column lies: the address of its numbers, or the array that stands for it. A table in parts cannot be
    written to."""
    if isinstance(table, Parts):
        return []
    return [
        column.to_numpy().ctypes.data if isinstance(column.dtype, np.dtype) else column.array
        for _name, column in table.items()
    ]
