"""What a package of modules shows to whoever looks for it with Tab: its subjects, and of each what it defines itself.

Modules are loaded when they are first used, so that importing the package costs nothing.
"""

import importlib
from types import ModuleType
from typing import Any


class Package(ModuleType):
    """A package whose modules show with Tab what they define themselves, and no more."""

    def __setattr__(self, name: str, value: Any) -> None:
        """A module becomes an attribute of its package whoever imports it first."""
        if isinstance(value, ModuleType):
            value.__dict__.setdefault("__dir__", lambda: _defined(value))
        super().__setattr__(name, value)


def module(package: str, name: str) -> ModuleType:
    """The module of a package with this name; AttributeError where there is none."""
    try:
        return importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError as cause:
        raise AttributeError(f"module {package!r} has no attribute {name!r}") from cause


def _defined(module: ModuleType) -> list[str]:
    """The functions and classes of a module, and what it makes of classes of this package, such as exhibits."""
    package = __name__.partition(".")[0]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (
            getattr(value, "__module__", "") == module.__name__
            or type(value).__module__.startswith(f"{package}.")
        )
        and not isinstance(value, ModuleType)
    ]
