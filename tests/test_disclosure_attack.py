"""An attacker who knows all that a reader of the public reports can know tells no small count."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlastats import schema
from tests import attacker

AS_OF, EARLIER = "2026-09-30", "2026-06-30"
SECRETS = [f"{number:032d}".encode() for number in range(20)]
QUARTERS = {f"{year}-Q{quarter}": f"{year}-{end}" for year in (2024, 2025, 2026) for quarter, end in
            ((1, "03-31"), (2, "06-30"), (3, "09-30"), (4, "12-31"))}  # fmt: skip


@pytest.fixture(scope="module")
def main(example_workspace: Path) -> attacker.Published:
    return attacker.publish(example_workspace / "mlastats.toml", AS_OF)


def whole(workspace: Path) -> pd.DataFrame:
    return schema.read(workspace / "data" / "processed" / "requests.parquet")


def told(world: attacker.World, table: pd.DataFrame, secrets: Sequence[bytes]) -> pd.DataFrame:
    """For each secret: small counts, how many of them are told exactly, known to be 1 to 4, and narrowed; bounds that
    miss the truth; and of the differences of 1 to 4 between two days the same."""
    truth = np.array(world.truth)
    shown = np.array(sorted({world.place[cell] for cell in world.published}))
    small = shown[(truth[shown] >= 1) & (truth[shown] <= 4)]
    between = np.array([at for cell, at in world.place.items() if cell[0].startswith("between ")], dtype=int)
    moved = between[(truth[between] >= 1) & (truth[between] <= 4)]
    rows = []
    for secret in secrets:
        low, high, width = attacker.attack(world, table, secret)
        rows.append(
            {
                "small": len(small),
                "exact": (low[small] == high[small]).sum(),
                "known": ((low[small] >= 1) & (high[small] <= 4)).sum(),
                "narrowed": (high[small] - low[small] < width[small]).sum(),
                "missed": ((truth < low) | (truth > high)).sum(),
                "moved": len(moved),
                "moved_exact": (low[moved] == high[moved]).sum(),
                "moved_known": ((low[moved] >= 1) & (high[moved] <= 4)).sum(),
            }
        )
    return pd.DataFrame(rows)


def holds(found: pd.DataFrame) -> None:
    print(found.to_string())
    assert found["small"].min() > 50
    assert not found["missed"].any(), "a relation that the attacker rests on is false"
    assert not found[["exact", "moved_exact"]].any(axis=None)
    assert (found["known"] <= 0.03 * found["small"]).all()
    assert (found["narrowed"] <= 0.10 * found["small"]).all()
    assert (found["moved_known"] <= 0.08 * found["moved"]).all()


def world_of(*reports: attacker.Published) -> attacker.World:
    world = attacker.World()
    for report in reports:
        world.add(report)
    return world


def test_one_report(main: attacker.Published, example_workspace: Path) -> None:
    world = world_of(main)
    assert len(world.published) > 2000
    assert len(world.rows) > 15_000
    holds(told(world, whole(example_workspace), SECRETS[:3]))


def test_the_attacker_finds_what_is_not_protected(main: attacker.Published, example_workspace: Path) -> None:
    """With every count shown to the nearest 1 he knows them all: the relations are no decoration."""
    world = world_of(main)
    real = attacker.rounding.published
    try:
        attacker.rounding.published = lambda _secret, _unit, count, _key: float("nan") if count < 5 else count
        attacker.ERROR = 0
        found = told(world, whole(example_workspace), SECRETS[:1])
    finally:
        attacker.rounding.published, attacker.ERROR = real, 4
    assert found["exact"].iloc[0] > 50
    assert not found["missed"].any()


@pytest.mark.disclosure
def test_one_report_under_twenty_secrets(main: attacker.Published, example_workspace: Path) -> None:
    holds(told(world_of(main), whole(example_workspace), SECRETS))


@pytest.mark.disclosure
def test_the_tables_for_assessors_beside_the_report(
    main: attacker.Published, example_workspace: Path
) -> None:
    config = example_workspace / "mlastats.toml"
    tables = attacker.publish(config, AS_OF, notebooks=("6_assessment",))
    holds(told(world_of(main, tables), whole(example_workspace), SECRETS[:1]))


@pytest.mark.disclosure
def test_two_days(main: attacker.Published, example_workspace: Path) -> None:
    before = attacker.publish(example_workspace / "mlastats.toml", EARLIER)
    world = world_of(before, main)
    world.differences(EARLIER, AS_OF)
    holds(told(world, whole(example_workspace), SECRETS))


@pytest.mark.disclosure
@pytest.mark.parametrize(
    ("column", "codes"),
    [("partner", ("THA", "MYS", "AUS")), ("agency", ("mofa", "moj", "mps", "ospp"))],
)
def test_items_beside_the_report(
    main: attacker.Published, example_workspace: Path, column: str, codes: Sequence[str]
) -> None:
    config = example_workspace / "mlastats.toml"
    items = [attacker.publish(config, AS_OF, **{column: code}) for code in codes]
    holds(told(world_of(main, *items), whole(example_workspace), SECRETS))


@pytest.mark.disclosure
def test_eleven_quarters_beside_the_report(main: attacker.Published, example_workspace: Path) -> None:
    config = example_workspace / "mlastats.toml"
    quarters = [attacker.publish(config, end, period=code) for code, end in list(QUARTERS.items())[:11]]
    holds(told(world_of(main, *quarters), whole(example_workspace), SECRETS[:5]))


@pytest.mark.disclosure
@pytest.mark.parametrize("size", [300, 30])
def test_small_workspaces(example_workspace: Path, tmp_path: Path, size: int) -> None:
    config = attacker.sampled(example_workspace, tmp_path, size)
    holds(told(world_of(attacker.publish(config, AS_OF)), whole(config.parent), SECRETS))
