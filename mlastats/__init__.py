"""Measures how well cross-border criminal justice co-operation works.

The public names are loaded when they are first used, so that importing the package costs nothing.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Settings": "mlastats.settings",
    "MlaStatsError": "mlastats.errors",
    "read_register": "mlastats.register.files",
    "clean": "mlastats.register.clean",
    "load_requests": "mlastats.settings",
    "load_assets": "mlastats.settings",
    "load_persons": "mlastats.settings",
    "turnaround": "mlastats.measure.turnaround",
    "DayCounts": "mlastats.measure.daycounts",
    "open_page": "mlastats.publish.page",
    "show": "mlastats.findings.columns",
}

__all__ = [
    "DayCounts",
    "MlaStatsError",
    "Settings",
    "clean",
    "load_assets",
    "load_persons",
    "load_requests",
    "open_page",
    "read_register",
    "show",
    "turnaround",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mlastats' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
