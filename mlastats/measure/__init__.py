"""Pure measures on the requests table: tidy frames in, tidy frames out, always at an as-of date."""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `measure.flow`; each module loads when it is first used.
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as cause:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from cause
