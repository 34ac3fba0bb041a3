"""Prints how large the library is; the aims stand in the design and fail nothing."""

import ast
import statistics
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mlastats"


def main() -> None:
    lengths, arguments, modules = [], [], {}
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        modules[str(path.relative_to(PACKAGE.parent))] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths.append(code_lines(node))
                arguments.append(len(node.args.args) + len(node.args.kwonlyargs) + len(node.args.posonlyargs))
    long = {name: n for name, n in modules.items() if n > 300}
    print(f"library: {sum(modules.values())} lines in {len(modules)} modules (aim 7000)")
    median = statistics.median(lengths)
    print(f"functions: {len(lengths)}, median {median:g} lines (aim 10), longest {max(lengths)}")
    print(f"functions with more than five parameters: {sum(n > 5 for n in arguments)}")
    print(f"modules over 300 lines: {long or 'none'}")


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return body[-1].end_lineno - body[0].lineno + 1


if __name__ == "__main__":
    main()
