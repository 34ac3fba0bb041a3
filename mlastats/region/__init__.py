"""Countries compared without sharing a case: returns of counts, their merging, mirror statistics, comparability."""

import sys
from types import ModuleType

from mlastats import contents

__all__ = ["mirror"]
sys.modules[__name__].__class__ = contents.Package


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `region.mirror`; each module loads when it is first used.
    return contents.module(__name__, name)


def __dir__() -> list[str]:
    return __all__
