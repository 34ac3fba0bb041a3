"""What every measure is given: a requests table that is one, and days that are days.

It is asked here, before anything is counted, so that a fault of the question is an error and never a number.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from mlastats import periods, schema
from mlastats.parts import Parts

P = ParamSpec("P")
R = TypeVar("R")
# A date, or its text as ISO 8601 writes it; and the columns by which a measure is given, one or several.
Day = dt.date | str
By = str | Sequence[str]


def measure(function: Callable[P, R]) -> Callable[P, R]:
    """A measure that looks at what it is given: `requests` against the schema, and each parameter that is annotated as a
    day. Raises InputRejected for a table, ConfigurationError for a day, naming it."""
    signature = inspect.signature(function)
    days = [name for name, each in signature.parameters.items() if _written(each).startswith("dt.date")]
    blank = {name for name in days if "None" in _written(signature.parameters[name])}

    @wraps(function)
    def asked(*args: P.args, **given: P.kwargs) -> R:
        bound = signature.bind(*args, **given)
        values = bound.arguments
        if isinstance(table := values.get("requests"), Parts):
            schema.check_rows(table.index)
        elif "requests" in values:
            schema.check(table)
        for name in days:
            if name in values and not (values[name] is None and name in blank):
                values[name] = periods.day(name, values[name])
        return function(*bound.args, **bound.kwargs)

    return asked


def _written(parameter: inspect.Parameter) -> str:
    annotation: Any = parameter.annotation
    return inspect.formatannotation(annotation).replace("datetime.date", "dt.date")
