"""Neither a reader of a regional body's public page nor a member that knows its own part learns a country's small count."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from mlastats import settings
from mlastats.region import collected
from mlastats.register import processed
from mlastats.run import region as regional
from tests import regional_attacker

MEMBERS = [f"XA{letter}" for letter in "ABCDEFGHIJ"]
YEARS = ("2024", "2025")
SECRETS = [f"{number:032d}".encode() for number in range(20)]


def region_of(root: Path, folder: Path, members: Sequence[str], *years: str) -> regional_attacker.Region:
    """The public pages of the example region with these members."""
    home = shutil.copytree(root / "data" / "region", folder / "region")
    toml = (home / "mlastats.toml").read_text(encoding="utf-8")
    named = ", ".join(f'"{code}"' for code in MEMBERS)
    assert named in toml
    few = ", ".join(f'"{code}"' for code in members)
    (home / "mlastats.toml").write_text(toml.replace(named, few), encoding="utf-8")
    chosen = settings.load(home / "mlastats.toml")
    chosen.use_vocabularies()
    processed.write(regional.gathered(chosen), chosen)
    return regional_attacker.published(home / "mlastats.toml", collected.load(chosen), years)


def holds(region: regional_attacker.Region, secrets: list[bytes]) -> None:
    """For a reader, and for each member that looks: nothing exact, at most 3 % known to be 1 to 4, at most 10 % narrowed."""
    found = pd.DataFrame(
        {"knows": knows} | regional_attacker.told(region, secret, knows)
        for secret in secrets
        for knows in ("", *region.pile.members)
    )
    print(found.groupby("knows").max().to_string())
    assert not found["missed"].any(), "a relation that the attacker rests on is false"
    assert not found[["exact", "any_exact"]].any(axis=None)
    assert (found["known"] <= 0.03 * found["small"]).all()
    assert (found["narrowed"] <= 0.10 * found["small"]).all()


def test_the_example_region(root: Path, tmp_path: Path) -> None:
    region = region_of(root, tmp_path, MEMBERS, YEARS[-1])
    assert len(region.sums) > 30
    assert len(region.counts()) > 500
    holds(region, SECRETS[:1])


@pytest.mark.disclosure
def test_two_years_under_twenty_secrets(root: Path, tmp_path: Path) -> None:
    holds(region_of(root, tmp_path, MEMBERS, *YEARS), SECRETS)


@pytest.mark.disclosure
@pytest.mark.parametrize("members", [("XAA", "XAB", "XAD"), ("XAA", "XAD", "XAG", "XAH")])
def test_small_regions(root: Path, tmp_path: Path, members: Sequence[str]) -> None:
    """Of three members, and of four of whom one filled the form by hand."""
    holds(region_of(root, tmp_path, members, *YEARS), SECRETS)


@pytest.mark.disclosure
def test_the_attacker_finds_what_two_contributors_tell(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were sums of two countries published, a member would know the other's: the relations are no decoration."""
    monkeypatch.setattr(collected, "CONTRIBUTORS", 2)
    for module in (collected, regional_attacker):
        monkeypatch.setattr(module, "BESIDE", 1)
    region = region_of(root, tmp_path, ("XAA", "XAD", "XAI"), YEARS[-1])
    found = [regional_attacker.told(region, secret, "XAA") for secret in SECRETS[:10]]
    assert max(one["exact"] for one in found) > 0
    assert not any(one["missed"] for one in found)
