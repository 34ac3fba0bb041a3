"""A notebook's `parameters` cell is its signature: names, types, defaults and help.

A run is refused before a kernel starts when it gives a parameter that the notebook has not, leaves
out one that has no default, or gives one of another type.
"""

import ast
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mlastats import schema, vocab
from mlastats.errors import ConfigurationError

_TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
    "list[str]": list[str],
    "list[int]": list[int],
    "list[float]": list[float],
    "dict[str, str]": dict[str, str],
    "dict[str, int]": dict[str, int],
}
_REQUIRED = "..."


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell; without a default (`...`) a run must give it."""

    name: str
    type: str
    default: Any
    help: str
    required: bool


@functools.cache
def signature(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook by name; ConfigurationError where its cell cannot be read."""
    import papermill

    try:
        found = papermill.inspect_notebook(str(notebook))
    except (OSError, ValueError, KeyError) as cause:
        raise ConfigurationError(
            f"Notebook {notebook.stem!r} cannot be read ({type(cause).__name__}). "
            "Check that the file stands in the folder of notebooks and is a notebook."
        ) from cause
    return {name: _parameter(notebook.stem, given) for name, given in found.items()}


def check(notebook: Path, given: dict[str, Any]) -> None:
    """ConfigurationError, naming every fault, unless `given` fits the notebook's signature.

    A parameter named as a coded column of the requests table takes that column's codes only.
    """
    known = signature(notebook)
    faults = [
        f"no parameter {name!r}; it has {', '.join(known) or 'none'}" for name in given if name not in known
    ]
    faults += [
        f"{name!r} has no default and was not given"
        for name, parameter in known.items()
        if parameter.required and name not in given
    ]
    faults += [_mismatch(known[name], value) for name, value in given.items() if name in known]
    faults += [_unknown_code(name, value) for name, value in given.items() if value]
    faults = [fault for fault in faults if fault]
    if faults:
        raise ConfigurationError(f"Notebook {notebook.stem!r}: " + "; ".join(faults) + ".")


def _parameter(notebook: str, given: dict[str, Any]) -> Parameter:
    kind = given["inferred_type_name"].strip()
    if kind not in _TYPES and kind != "None":
        raise ConfigurationError(
            f"Notebook {notebook!r}: parameter {given['name']!r} is annotated {kind}; "
            f"allowed are {', '.join(_TYPES)}."
        )
    required = given["default"] == _REQUIRED
    try:
        default = None if required else ast.literal_eval(given["default"])
    except (ValueError, SyntaxError) as cause:
        raise ConfigurationError(
            f"Notebook {notebook!r}: the default of {given['name']!r} must be a plain value; "
            f"got {given['default']}."
        ) from cause
    return Parameter(given["name"], kind, default, given["help"], required)


def _unknown_code(name: str, value: Any) -> str:
    coded = {column.name: column.vocabulary for column in schema.COLUMNS if column.vocabulary}
    if name not in coded:
        return ""
    known = {"unrecorded", *vocab.codes(coded[name])}
    unknown = [code for code in (value if isinstance(value, list) else [value]) if code not in known]
    return f"{name!r} has no code {unknown[0]!r} (vocabulary {coded[name]})" if unknown else ""


def _mismatch(parameter: Parameter, value: Any) -> str:
    wanted = _TYPES.get(parameter.type) or (
        type(parameter.default) if parameter.default is not None else None
    )
    if wanted is None:
        return ""
    try:
        TypeAdapter(wanted).validate_python(value, strict=True)
    except ValidationError:
        return f"{parameter.name!r} must be {parameter.type}; got {value!r}"
    return ""
