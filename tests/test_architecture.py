"""A module imports only what stands upstream of it (DESIGN: one way, no circle)."""

import ast
import functools
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mlastats"

# Upstream first. Modules of one rank may import each other unless they are in APART.
RANKS = (
    {"mlastats", "mlastats.errors", "mlastats.contents"},
    {"mlastats.periods"},
    {"mlastats.vocab"},
    {"mlastats.schema"},
    {"mlastats.parts"},
    {"mlastats.decisions"},
    {"mlastats.settings"},
    {"mlastats.storage"},
    {"mlastats.messages"},
    {"mlastats.register", "mlastats.measure"},
    # What an exhibit is, how its values are written and how it is drawn.
    {
        "mlastats.publish.exhibit",
        "mlastats.publish.cells",
        "mlastats.publish.style",
        "mlastats.publish.webfont",
        "mlastats.publish.labels",
        "mlastats.publish.marks",
        "mlastats.publish.charts",
        "mlastats.publish.plots",
    },
    {"mlastats.disclosure"},
    {"mlastats.forms"},
    {"mlastats.region"},
    # What a notebook holds while it makes its exhibits.
    {"mlastats.publish.saved", "mlastats.publish.page"},
    {"mlastats.findings"},
    {"mlastats.catalogue"},
    {"mlastats.publish"},
    {"mlastats.run"},
    {"mlastats.terminal"},
    {"mlastats.cli"},
    {"mlastats.__main__"},
)
APART = {"mlastats.register", "mlastats.measure"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def stage_of(module: str) -> str:
    """The longest entry of RANKS that is the module or one of its packages."""
    known = [entry for rank in RANKS for entry in rank if f"{module}.".startswith(f"{entry}.")]
    return max(known, key=len)


def rank_of(stage: str) -> int:
    return next(i for i, rank in enumerate(RANKS) if stage in rank)


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: import by full name, not relatively"
            base = node.module or ""
            found |= {
                f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names
            }
    return {name for name in found if name.split(".")[0] == "mlastats"}


def is_module(name: str) -> bool:
    if name.split(".")[0] != "mlastats":
        return False
    place = PACKAGE.parent / Path(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.parametrize("path", MODULES, ids=[name_of(p) for p in MODULES])
def test_imports_point_upstream(path: Path) -> None:
    own = stage_of(name_of(path))
    for target in imports_of(path) - {"mlastats"}:
        other = stage_of(target)
        if other == own:
            continue
        assert not ({own, other} <= APART), f"{name_of(path)} imports {target}: they meet only in the schema"
        assert rank_of(other) <= rank_of(own), (
            f"{name_of(path)} imports {target}, which stands downstream of it"
        )


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Inside a folder either: what two modules share stands in one before both."""
    graph = {name_of(path): imports_of(path) - {"mlastats"} for path in MODULES}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cause:
        pytest.fail(" imports ".join(reversed(cause.args[1])))


@functools.cache
def names_of(module: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a module defines at its top level, and what it imports there from elsewhere."""
    place = PACKAGE.parent / Path(*module.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    defined, imported = set(), set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
    return frozenset(defined), frozenset(imported - defined)


def taken_from_others(path: Path) -> set[tuple[str, str]]:
    """(module, name) of all that a file takes from modules of the package, by import or as an attribute."""
    taken, modules = set(), {}
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ImportFrom) or not is_module(node.module or ""):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if is_module(whole):
                modules[alias.asname or alias.name] = whole
            else:
                taken.add((str(node.module), alias.name))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            taken.add((modules[node.value.id], node.attr))
    return taken


SOURCES = [
    *MODULES,
    *sorted(p for folder in ("tests", "bench") for p in (PACKAGE.parent / folder).rglob("*.py")),
]


@pytest.mark.parametrize("path", SOURCES, ids=[str(p.relative_to(PACKAGE.parent)) for p in SOURCES])
def test_a_name_comes_from_the_module_that_defines_it(path: Path) -> None:
    """Whoever takes a name from a module that only imported it makes that module a shop window (the package's
    own `__init__` is one on purpose)."""
    for module, name in taken_from_others(path):
        assert module == "mlastats" or name not in names_of(module)[1], f"{module} does not define {name}"


@pytest.mark.parametrize("path", MODULES, ids=[name_of(p) for p in MODULES])
def test_no_module_hands_on_names(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not [a.name for a in node.names if a.asname == a.name], "an import under its own name"
        elif isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            handed = set(ast.literal_eval(node.value)) & names_of(name_of(path))[1]
            assert not handed, f"__all__ holds what the module does not define: {sorted(handed)}"


def test_the_order_is_enforced() -> None:
    assert rank_of(stage_of("mlastats.publish.html")) > rank_of(stage_of("mlastats.findings.channels"))
    assert rank_of(stage_of("mlastats.publish.exhibit")) < rank_of(stage_of("mlastats.findings.channels"))
    assert stage_of("mlastats.register.dates") != stage_of("mlastats.measure.flow")


@pytest.mark.parametrize("path", MODULES, ids=[name_of(p) for p in MODULES])
def test_no_module_reads_the_clock(path: Path) -> None:
    """The configuration reads the clock once (`as_of = "today"`); the run times itself."""
    if name_of(path) == "mlastats.settings" or name_of(path).startswith("mlastats.run"):
        return
    text = path.read_text(encoding="utf-8")
    for call in (".today()", ".now()", ".utcnow()", "time.time()"):
        assert call not in text, f"{name_of(path)} reads the clock with {call}"


@pytest.mark.parametrize("path", MODULES, ids=[name_of(p) for p in MODULES])
def test_modules_are_nouns_of_the_domain(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def test_no_two_modules_of_tests_have_one_name(root: Path) -> None:
    """pytest imports each by its name alone, and stops at the second."""
    names = [path.name for path in (root / "tests").rglob("test_*.py")]
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


def test_importing_the_package_is_free() -> None:
    import subprocess
    import sys

    heavy = "('pandas', 'pydantic', 'matplotlib', 'click')"
    code = f"import sys, mlastats; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
