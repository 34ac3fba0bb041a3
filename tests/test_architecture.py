"""A module imports only what stands upstream of it (DESIGN: one way, no circle)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mlastats"

# Upstream first. Modules of one rank may import each other unless they are in APART.
RANKS = (
    {"mlastats", "mlastats.errors"},
    {"mlastats.vocab"},
    {"mlastats.schema"},
    {"mlastats.settings"},
    {"mlastats.messages"},
    {"mlastats.catalogue"},
    {"mlastats.example"},
    {"mlastats.register", "mlastats.measure"},
    {
        "mlastats.publish.disclose",
        "mlastats.publish.audit",
        "mlastats.publish.programme",
        "mlastats.publish.finest",
        "mlastats.publish.nested",
        "mlastats.publish.bags",
        "mlastats.publish.counts",
        "mlastats.publish.coarser",
        "mlastats.publish.cells",
        "mlastats.publish.exhibit",
        "mlastats.publish.saved",
        "mlastats.publish.page",
        "mlastats.publish.publication",
        "mlastats.publish.style",
        "mlastats.publish.charts",
    },
    {"mlastats.findings"},
    {"mlastats.publish"},
    {"mlastats.run"},
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


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


def test_importing_the_package_is_free() -> None:
    import subprocess
    import sys

    heavy = "('pandas', 'pydantic', 'matplotlib', 'click')"
    code = f"import sys, mlastats; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
