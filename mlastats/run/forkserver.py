"""Prepares the forkserver of a run, which imports this module: it imports all that the tasks need, once.

It only imports: no computing and no thread, so that a fork is safe. On Linux it adopts what a task leaves
behind outside of its process group, and ends with the process that started it, and all of its children too.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import signal
import sys
from typing import Any

import psutil

import mlastats
from mlastats.run.process import ENVIRONMENT

SET_PARENT_DEATH_SIGNAL, SET_CHILD_SUBREAPER = 1, 36
# What the package's own modules import only when they are used.
LAZY = (
    "IPython.core.completer",
    "IPython.core.magics",
    "babel.dates",
    "babel.numbers",
    "docx",
    "fontTools.subset",
    "jinja2",
    "mistune",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "scipy.stats",
    "typst",
    "xlsxwriter",
)


def _prepare() -> None:
    # Nothing that stands in the working directory is imported, and nothing is written to the terminal.
    sys.path = [folder for folder in sys.path if folder]
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    signal.signal(signal.SIGTERM, _end)
    with contextlib.suppress(OSError, AttributeError):
        control = ctypes.CDLL(None).prctl
        control(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
        control(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ.update(ENVIRONMENT)
    own = [module.name for module in pkgutil.walk_packages(mlastats.__path__, "mlastats.")]
    for module in [*own, *LAZY]:
        # What cannot be imported here fails in the task, where its message is of use.
        with contextlib.suppress(Exception):
            if module not in ("mlastats.__main__", __name__):
                importlib.import_module(module)
    gc.collect()
    gc.freeze()


def _end(number: int, frame: Any) -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)


_prepare()
