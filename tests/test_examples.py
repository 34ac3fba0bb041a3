"""The example in the docstring of each public function is run, on the example's requests; every column of a frame that
it gives has a label of its own in each language."""

import doctest
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlastats
from mlastats import findings, measure, messages, region, settings
from tests.flows import FLOWS, TOTALS


def public() -> Iterator[tuple[str, Any]]:
    """Every function that Tab offers: of the package, and of the modules of measures and of regions."""
    for name in mlastats.__all__:
        yield name, getattr(mlastats, name)
    for package in (measure, region):
        for module in package.__all__:
            for name in dir(getattr(package, module)):
                whole = f"{package.__name__.removeprefix('mlastats.')}.{module}.{name}"
                yield whole, getattr(getattr(package, module), name)


FUNCTIONS = [(name, function) for name, function in public() if inspect.isfunction(function)]


@pytest.fixture(scope="module")
def of_region(root: Path) -> dict[str, Any]:
    """The example region: its settings, and the returns that it has received."""
    chosen = settings.load(root / "data" / "region" / "mlastats.toml")
    return {"settings": chosen, "pile": region.collected.load(chosen)}


@pytest.fixture
def names(
    example_workspace: Path, of_region: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """What an example may use: it is in a workspace with the example's registers, and has flows between countries and the
    returns of the example region."""
    monkeypatch.chdir(example_workspace)
    page = mlastats.open_page("1_turnaround", as_of="2026-09-30")
    (tmp_path / "flows.csv").write_text("\n".join([FLOWS.splitlines()[0], *FLOWS.splitlines()[-3:]]))
    (tmp_path / "totals.csv").write_text(TOTALS)
    (tmp_path / "all.csv").write_text(FLOWS)
    return {
        "mlastats": mlastats,
        "measure": measure,
        "findings": findings,
        "region": region,
        "folder": tmp_path,
        "flows": region.mirror.pairs(region.mirror.read(tmp_path / "all.csv")),
        "flows_of_totals": region.mirror.read(tmp_path / "totals.csv"),
        "np": np,
        "pd": pd,
        "requests": page.requests,
        "page": page,
        **of_region,
    }


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _function in FUNCTIONS])
def test_the_example_of_a_public_function_runs(
    name: str, function: Any, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(function) or "", names, name, name, 0)
    assert example.examples, f"{name} has no example"
    assert len(example.examples) <= 3
    frames: list[pd.DataFrame] = []

    def kept(*values: Any, **more: Any) -> Any:
        answer = function(*values, **more)
        frames.extend([answer.head(2)] if isinstance(answer, pd.DataFrame) else [])
        return answer

    *package, module, own = f"mlastats.{name}".split(".")
    holder = getattr({"measure": measure, "region": region}[package[1]], module) if package[1:] else mlastats
    monkeypatch.setattr(holder, own, kept)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert not said, "".join(said)
    for frame in frames:
        assert spelled_out(frame) == []


def spelled_out(frame: pd.DataFrame) -> list[str]:
    """The columns that Lao has no word for: a name that is spelled out has Latin letters alone."""
    messages.use("lo")
    try:
        (shown,) = pd.read_html(io.StringIO(mlastats.show(frame).to_html()))
    finally:
        messages.use("en")
    return [str(text) for text in shown if not re.search("[\u0e80-\u0eff]", str(text))]
