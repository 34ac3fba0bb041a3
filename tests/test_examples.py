"""The example in the docstring of each public function is run, on the example's requests."""

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mlastats
from mlastats import findings, measure


def public() -> Iterator[tuple[str, Any]]:
    """Every function that Tab offers: of the package, and of the modules of measures."""
    for name in mlastats.__all__:
        yield name, getattr(mlastats, name)
    for module in measure.__all__:
        for name in dir(getattr(measure, module)):
            yield f"measure.{module}.{name}", getattr(getattr(measure, module), name)


FUNCTIONS = [(name, function) for name, function in public() if inspect.isfunction(function)]


@pytest.fixture
def names(example_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an example may use: it is in a workspace with the example's registers."""
    monkeypatch.chdir(example_workspace)
    page = mlastats.open_page("1_turnaround", as_of="2026-09-30")
    return {
        "mlastats": mlastats,
        "measure": measure,
        "findings": findings,
        "pd": pd,
        "requests": page.requests,
        "page": page,
    }


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _function in FUNCTIONS])
def test_the_example_of_a_public_function_runs(name: str, function: Any, names: dict[str, Any]) -> None:
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(function) or "", names, name, name, 0)
    assert example.examples, f"{name} has no example"
    assert len(example.examples) <= 3
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert not said, "".join(said)
