"""Pure measures on the requests table: tidy frames in, tidy frames out, always at an as-of date."""

import sys
from types import ModuleType

from mlastats import contents

__all__ = [
    "ad_hoc",
    "apart",
    "assessment",
    "assets",
    "before_after",
    "channels",
    "clocks",
    "cohorts",
    "completeness",
    "consistency",
    "curves",
    "durations",
    "flow",
    "forecast",
    "front",
    "funnels",
    "gap",
    "informal_first",
    "joint_investigations",
    "matters",
    "mix",
    "observation",
    "outcomes",
    "own_changes",
    "partners",
    "pending",
    "periods",
    "persons",
    "quality",
    "scorecard",
    "signals",
    "stages",
    "standards",
    "supplements",
    "turnaround",
    "windows",
]
sys.modules[__name__].__class__ = contents.Package


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `measure.flow`; each module loads when it is first used.
    return contents.module(__name__, name)


def __dir__() -> list[str]:
    return __all__
