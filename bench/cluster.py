"""Reports on a LocalCluster: two workers against one, and against the local pool, in one run on this machine.

Run: `python bench/cluster.py [REPORTS]`. REPORTS (40) is the size of the batch: a notebook and a page for each partner,
of data cleaned beforehand. What must hold stands beside each ratio; the exit code is 1 if one does not. A worker is an
interpreter with dask and a forkserver of its own: with fewer than two free cores the ratios say nothing.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import dask
from distributed import LocalCluster
from runner import made, workspace

Events = list[tuple[float, dict]]


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        # Each publishes its first revisions: a later one is compared with the one before, which takes time.
        homes = [workspace(Path(folder) / "pool", size)]
        homes += [shutil.copytree(homes[0], Path(folder) / name) for name in ("one", "two")]
        pool = local(homes[0])
        one, two = clustered(homes[1], 1, folder), clustered(homes[2], 2, folder)
        print(
            f"{size} reports: local pool of two jobs {pool[0]:.1f} s, one worker {one[0]:.1f} s, two {two[0]:.1f} s"
        )
        notebooks = [span(events) for _seconds, events in (one, two)]
        verdicts = [
            said("notebooks on two workers against one", notebooks[0] / notebooks[1], 1.7),
            said("the whole batch on two workers against one", one[0] / two[0], 1.4),
            said("the whole batch on two workers against the local pool", pool[0] / two[0], 1 / 1.15),
            same(homes),
        ]
    sys.exit(0 if all(verdicts) else 1)


def local(home: Path) -> tuple[float, Events]:
    seconds, _memory, events = made(home, "many", "--jobs", "2", "--force")
    return seconds, events


def clustered(home: Path, workers: int, folder: str) -> tuple[float, Events]:
    """Seconds and events of the batch on so many workers, which were there before."""
    with (
        dask.config.set({"temporary_directory": folder}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        address = ["--cluster", cluster.scheduler_address]
        seconds, _memory, events = made(home, "many", "--jobs", "2", "--force", *address)
        return seconds, events


def span(events: Events) -> float:
    """Seconds from the first notebook that a worker was given to the end of the last."""
    at = [moment for moment, event in events if event["event"] == "at"]
    ended = [m for m, event in events if event["event"] == "ended" and event["step"] == "1_turnaround"]
    return max(ended) - min(at)


def same(homes: list[Path]) -> bool:
    """Whether the exhibits of each report are the same bytes in the three workspaces."""
    exhibits = [
        {path.relative_to(home): path.read_bytes() for path in home.glob("reports/many/*/all/r1/exhibits/*")}
        for home in homes
    ]
    alike = bool(exhibits[0]) and all(others == exhibits[0] for others in exhibits)
    print(f"{len(exhibits[0])} files of exhibits, equal on pool and clusters: {alike}")
    return alike


def said(title: str, ratio: float, least: float) -> bool:
    print(f"{title}: {ratio:.2f} times (at least {least:.2f})")
    return ratio >= least


if __name__ == "__main__":
    main()
