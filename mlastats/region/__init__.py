"""Countries compared without sharing a case: returns of counts, their merging, mirror statistics, comparability.

What a country sends to a regional body is a return, which holds counts and never a case:

- `cube`: what the tables of a return are: dimensions, measures, statuses. Nothing else defines them.
- `cubes`: the exact tables, made from the requests table; `concepts` adds the definitions, computed from the
  configuration.
- `banded` and `sealed`: what is left of them where a return is published, or only its sum may be known.
- `archive`: the file that is sent, LAO_2025_v1.mlareturn.zip, written and read; `structure` is what it says of itself.
- `form`: the same tables as sheets, filled by hand; `faults`: all that is wrong with a return, at once.

What a regional body makes of what it received:

- `collected`: every version of every return, and the sums, times and flows of those who reported; `signing`.
- `rounds`: the sums of those who told nothing but their sum.
- `bounds`: what is certain of times where returns are banded; `comparability`: whose figures can stand side by side.
- `mirror`: what one says it sent against what the other says it received; `queries`: what was asked about it.

One return is one state, one year and one version; a version is never changed. Exact counts by day are case data still:
nine in ten of their cells hold fewer than five requests.
"""

import sys
from types import ModuleType

from mlastats import contents

__all__ = ["bounds", "collected", "comparability", "mirror", "queries", "rounds"]
sys.modules[__name__].__class__ = contents.Package


def __getattr__(name: str) -> ModuleType:
    # A notebook writes `region.mirror`; each module loads when it is first used.
    return contents.module(__name__, name)


def __dir__() -> list[str]:
    return __all__
