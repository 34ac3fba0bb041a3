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
    {"mlastats.keystore"},
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
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file of Python."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a module imports, anywhere in its text."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: import by full name, not relatively"
            base = node.module or ""
            found |= {
                f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names
            }
    return {name for name in found if name.split(".")[0] == "mlastats"}


@functools.cache
def is_module(name: str) -> bool:
    if name.split(".")[0] != "mlastats":
        return False
    place = PACKAGE.parent / Path(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def test_imports_point_upstream() -> None:
    """Cleaning and measuring meet only in the schema."""
    ranks = {name: (stage_of(name), rank_of(stage_of(name))) for name in map(name_of, MODULES)}
    pairs = [(name_of(path), target) for path in MODULES for target in imports_of(path) - {"mlastats"}]
    assert len(pairs) > 1000
    downstream = [
        f"{module} imports {target}"
        for module, target in pairs
        if ranks[target][0] != ranks[module][0]
        and (ranks[target][1] > ranks[module][1] or {ranks[target][0], ranks[module][0]} <= APART)
    ]
    assert downstream == []


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
    for node in nodes_of(path):
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
    for node in nodes_of(path):
        if not isinstance(node, ast.ImportFrom) or not is_module(node.module or ""):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if is_module(whole):
                modules[alias.asname or alias.name] = whole
            else:
                taken.add((str(node.module), alias.name))
    for node in nodes_of(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            taken.add((modules[node.value.id], node.attr))
    return taken


SOURCES = [
    *MODULES,
    *sorted(p for folder in ("tests", "bench") for p in (PACKAGE.parent / folder).rglob("*.py")),
]


def test_a_name_comes_from_the_module_that_defines_it() -> None:
    """Whoever takes a name from a module that only imported it makes that module a shop window (the package's
    own `__init__` is one on purpose)."""
    taken = {(path.stem, *pair) for path in SOURCES for pair in taken_from_others(path)}
    assert len(taken) > 3000
    assert [t for t in sorted(taken) if t[1] != "mlastats" and t[2] in names_of(t[1])[1]] == []


def test_no_module_hands_on_names() -> None:
    """Neither by an import under its own name, nor by an `__all__` that holds what the module does not define."""
    handed = []
    for path in MODULES:
        if path == PACKAGE / "__init__.py":
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Import | ast.ImportFrom):
                handed += [(path.stem, a.name) for a in node.names if a.asname == a.name]
            elif isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                own = set(ast.literal_eval(node.value)) & names_of(name_of(path))[1]
                handed += [(path.stem, name) for name in own]
    assert handed == []


def test_the_order_is_enforced() -> None:
    assert rank_of(stage_of("mlastats.publish.html")) > rank_of(stage_of("mlastats.findings.channels"))
    assert rank_of(stage_of("mlastats.publish.exhibit")) < rank_of(stage_of("mlastats.findings.channels"))
    assert stage_of("mlastats.register.dates") != stage_of("mlastats.measure.flow")


def test_no_module_reads_the_clock() -> None:
    """The configuration reads the clock once (`as_of = "today"`); the run times itself."""
    calls = (".today()", ".now()", ".utcnow()", "time.time()")
    reading = {
        name_of(path) for path in MODULES if any(call in path.read_text(encoding="utf-8") for call in calls)
    }
    assert {name for name in reading if not name.startswith("mlastats.run")} <= {"mlastats.settings"}


def test_modules_are_nouns_of_the_domain() -> None:
    assert not {p.stem for p in MODULES} & {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


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
