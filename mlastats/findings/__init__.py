"""From a measure to an exhibit: one module a notebook."""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `findings.flow`; each module loads when it is first used.
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as cause:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from cause
