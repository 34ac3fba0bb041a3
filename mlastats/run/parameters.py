"""A notebook's `parameters` cell is its signature: names, types, defaults and help.

A run is refused before a notebook is run when it gives a parameter that the notebook has not, leaves
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

_PLAIN = (str, int, float, bool, list, dict)
_TYPES: dict[str, Any] = {kind.__name__: kind for kind in _PLAIN} | {
    str(kind): kind for kind in (list[str], list[int], list[float], dict[str, str], dict[str, int])
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

    def takes(self, value: Any) -> bool:
        """Whether the value is of the annotated type, or of the default's where nothing is annotated."""
        wanted = _TYPES.get(self.type, None if self.default is None else type(self.default))
        try:
            TypeAdapter(Any if wanted is None else wanted).validate_python(value, strict=True)
        except ValidationError:
            return False
        return True


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
    coded = {column.name: column.vocabulary for column in schema.COLUMNS if column.vocabulary}
    faults = [
        f"no parameter {name!r}; it has {', '.join(known) or 'none'}" for name in given if name not in known
    ]
    faults += [
        f"{name!r} has no default and was not given"
        for name, parameter in known.items()
        if parameter.required and name not in given
    ]
    for name, value in given.items():
        if name in known and not known[name].takes(value):
            faults.append(f"{name!r} must be {known[name].type}; got {value!r}")
        if value and name in coded:
            codes = {"unrecorded", *vocab.codes(coded[name])}
            unknown = [code for code in (value if isinstance(value, list) else [value]) if code not in codes]
            if unknown:
                faults.append(f"{name!r} has no code {unknown[0]!r} (vocabulary {coded[name]})")
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
