"""Notebooks are stored clean: no outputs, one annotated parameters cell, no logic."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=[p.stem for p in NOTEBOOKS])
def cells(request) -> list[dict]:
    notebook = json.loads(request.param.read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    return notebook["cells"]


def code_of(cell: dict) -> str:
    return "".join(cell["source"])


def is_parameters(cell: dict) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def test_there_are_notebooks() -> None:
    assert {p.stem for p in NOTEBOOKS} >= {
        "0_register",
        "1_turnaround",
        "2_channels",
        "3_partners",
        "4_flow",
        "5_before_and_after",
    }


def test_a_notebook_that_was_saved_with_outputs_ends_make_lint(root: Path, tmp_path: Path) -> None:
    lint = (root / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    assert "-m mlastats.run.doctor notebooks/*.ipynb" in lint
    command = [sys.executable, "-m", "mlastats.run.doctor"]
    clean = subprocess.run([*command, *map(str, NOTEBOOKS)], capture_output=True, text=True)
    assert (clean.returncode, clean.stderr) == (0, "")
    notebook = json.loads(NOTEBOOKS[1].read_text(encoding="utf-8"))
    next(c for c in notebook["cells"] if c["cell_type"] == "code")["outputs"] = [{"output_type": "stream"}]
    (tmp_path / "mine.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    ended = subprocess.run([*command, str(tmp_path / "mine.ipynb")], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "mine.ipynb" in ended.stderr


def test_the_first_code_cell_holds_the_parameters(cells: list[dict]) -> None:
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert is_parameters(code[0])
    assert sum(map(is_parameters, code)) == 1


def test_parameters_are_annotated_json_values_with_help(cells: list[dict]) -> None:
    source = code_of(next(filter(is_parameters, cells)))
    lines = source.splitlines()
    for node in ast.parse(source).body:
        assert isinstance(node, ast.AnnAssign), ast.unparse(node)
        json.dumps(ast.literal_eval(node.value))
        assert "#" in lines[node.end_lineno - 1], f"no help: {ast.unparse(node)}"


def test_no_logic_and_no_long_cell(cells: list[dict]) -> None:
    for cell in cells:
        if cell["cell_type"] == "code":
            tree = ast.parse(code_of(cell))
            assert not any(isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda) for n in ast.walk(tree))
            assert is_parameters(cell) or len(code_of(cell).splitlines()) <= 8, code_of(cell)


def test_words_stand_between_the_cells(cells: list[dict]) -> None:
    assert cells[0]["cell_type"] == "markdown"
    assert code_of(cells[0]).startswith("# ")


def test_each_notebook_on_requests_can_be_made_for_one_partner_agency_or_state() -> None:
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [code_of(cell) for cell in cells if cell["cell_type"] == "code"]
        # The registers and the assessment are a whole state's, and a region's are of no requests.
        if path.stem not in ("0_register", "6_assessment", "7_region", "8_mirror"):
            names = {line.partition(":")[0] for line in code[0].splitlines()}
            assert {"partner", "agency", "reporting_state"} <= names, path.stem
            assert any("open_page(" in source and "**only" in source for source in code), path.stem
