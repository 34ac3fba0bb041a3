"""Prints how large the library is beside its guides; it fails nothing.

Counted are *.py, *.j2, *.js, *.css and *.typ; a function counts with its signature and its docstring, nested
ones too.
"""

import ast
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.test_architecture import MODULES, PACKAGE, imports_of, name_of

COUNTED = {".py", ".j2", ".js", ".css", ".typ"}
TOP = "top and vocab"
BUDGETS = {"findings": 2900, "publish": 2400, "register": 3500, "measure": 3600, "run": 1600, TOP: 1250}
# The planned protection of records takes about so many lines in place of those of today.
DISCLOSURE = 450
TOTAL = 16_500
Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def main() -> None:
    rooms = lines_by_room()
    for room, lines in sorted(rooms.items()):
        budget = DISCLOSURE if room == "disclosure" else BUDGETS.get(room)
        print(f"{room:14} {lines:6} lines" + (f" (budget {budget})" if budget else ""))
    total = sum(rooms.values())
    planned = total - rooms["disclosure"] + DISCLOSURE
    print(f"{'together':14} {total:6} lines; {planned} with disclosure at {DISCLOSURE} (guide {TOTAL})")
    functions = functions_by_name()
    python = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    sizes = {name: node.end_lineno - node.lineno + 1 for name, node in functions.items()}
    long = {name: size for name, size in sizes.items() if size > 60}
    print(
        f"functions per 1,000 lines: {1000 * len(functions) / python:.1f} (guide 46), {len(functions)} in all"
    )
    print(f"functions under 30 lines: {np.mean([size < 30 for size in sizes.values()]):.1%} (guide 90%)")
    print(f"longest function: {max(sizes.values())} lines; over 60: {listed(long)}")
    many = {name: parameters(node) for name, node in functions.items() if parameters(node) > 5}
    print(f"functions with more than five parameters: {len(many)}: {listed(many)}")
    modules = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    print(f"modules over 300 lines: {listed({name: n for name, n in modules.items() if n > 300})}")
    print(f"import cycles: {'; '.join(' - '.join(cycle) for cycle in cycles()) or 'none'}")


def lines_by_room() -> Counter[str]:
    """Lines of the counted files by the folder under the package; `disclosure` wherever it stands."""
    rooms: Counter[str] = Counter()
    for path in PACKAGE.rglob("*"):
        if path.suffix in COUNTED:
            folders = path.relative_to(PACKAGE).parts[:-1]
            room = "disclosure" if "disclosure" in folders else folders[0] if folders else TOP
            rooms[TOP if room == "vocab" else room] += len(path.read_text(encoding="utf-8").splitlines())
    return rooms


def functions_by_name() -> Functions:
    functions = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions[f"{name_of(path)}.{node.name}:{node.lineno}"] = node
    return functions


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many parameters a function has; `self` and `cls` are none."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def cycles() -> list[list[str]]:
    """The groups of modules that import each other, by way of others too, anywhere in their text."""
    names = sorted(name_of(path) for path in MODULES)
    edges = np.zeros((len(names), len(names)), dtype=bool)
    for path in MODULES:
        for target in imports_of(path) & set(names):
            edges[names.index(name_of(path)), names.index(target)] = True
    groups = defaultdict(list)
    for name, group in zip(names, connected_components(edges, connection="strong")[1], strict=True):
        groups[group].append(name)
    return [members for members in groups.values() if len(members) > 1]


def listed(sizes: dict[str, int]) -> str:
    """Names and sizes, largest first."""
    ordered = sorted(sizes.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name.removeprefix('mlastats.')} {size}" for name, size in ordered) or "none"


if __name__ == "__main__":
    main()
