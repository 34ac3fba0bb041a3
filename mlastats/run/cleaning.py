"""Cleans a workspace in a process of a run: whole, or a large register in parts, here or on the workers of a cluster."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from mlastats.run import process
from mlastats.run.progress import Emit
from mlastats.settings import Settings

# A register of no more than so many parts is cleaned whole.
WHOLE = 4


def clean(settings: Settings, cluster: str = "", emit: Emit | None = None) -> dict[str, Any]:
    """Clean the registers of the workspace, the blocks of large ones on the `cluster` at an address if there is one;
    returns the numbers, and the account in words. `emit` takes its events."""
    from mlastats.register import account, partitions, processed
    from mlastats.register import clean as registers
    from mlastats.run import region

    if settings.region:
        cleaned = region.gathered(settings)
        processed.write(cleaned, settings)
        summary = cleaned.summary
    else:
        part = settings.reading.part << 20
        with _each_block(settings, cluster, emit or process.emit) as each:
            summary = partitions.write(settings, WHOLE * part, part, each) or {}
        if not summary:
            cleaned = registers.clean_workspace(settings)
            processed.write(cleaned, settings)
            summary = cleaned.summary
    numbers = {name: summary[name] for name in ("requests", "apart", "issues", "changes")}
    of = {"region": summary["region"]} if settings.region else {}
    return {**numbers, **of, "registers": summary["registers"], "account": account.lines(summary)}


@contextlib.contextmanager
def _each_block(settings: Settings, address: str, emit: Emit) -> Iterator[Callable[[list[Any]], list[Any]]]:
    """What does tasks with blocks: processes here, or the workers of a cluster, which is called when there are blocks."""
    from mlastats.register import blocks

    if not address:
        yield blocks.side_by_side
        return
    from mlastats.run import cluster

    with contextlib.ExitStack() as over:
        opened = functools.cache(lambda: over.enter_context(cluster.opened(settings, address, 1, emit)))
        yield lambda some: opened().blocks(some)
