"""From a measure to an exhibit: one module a notebook."""

import sys
from types import ModuleType

from mlastats import contents

__all__ = [
    "ad_hoc",
    "asked_for",
    "assessment",
    "assets",
    "before_after",
    "channels",
    "chart",
    "cleaning",
    "cohorts",
    "consistency",
    "curves",
    "declared",
    "flow",
    "forecast",
    "forms",
    "front",
    "funnels",
    "gap",
    "informal_first",
    "joint_investigations",
    "legal_bases",
    "mirror",
    "outcomes",
    "partner",
    "partners",
    "pending",
    "region",
    "register",
    "scorecard",
    "side_by_side",
    "signals",
    "stages",
    "turnaround",
    "within_kind",
]
sys.modules[__name__].__class__ = contents.Package


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `findings.flow`; each module loads when it is first used.
    return contents.module(__name__, name)


def __dir__() -> list[str]:
    return __all__
