"""What must hold before a report is published."""

import ast
import json
import platform
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.run import inputs
from mlastats.settings import Settings, load

_DECIDING = "pandas numpy pyarrow matplotlib papermill mistune typst python-docx XlsxWriter"


def exhibits_complete(notebooks: list[Path]) -> None:
    """ReportFailed unless every cell that shows an exhibit has shown one, but for what it shows only if something holds,
    and each notebook has one."""
    for notebook in notebooks:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        shown = [
            any("exhibit" in output.get("metadata", {}).get("mlastats", {}) for output in cell["outputs"])
            for cell in code
        ]
        for number, cell in enumerate(code, 1):
            # A source is a text, or a list of its lines.
            if not shown[number - 1] and _shows("".join(cell["source"])):
                raise ReportFailed(
                    f"notebook {notebook.stem!r}, cell {number}: it ended without its exhibit."
                )
        if not any(shown):
            raise ReportFailed(f"notebook {notebook.stem!r} ended without an exhibit.")


def _shows(source: str) -> bool:
    """Whether a cell shows an exhibit whatever holds: `page.show(` outside of an `if`."""
    with suppress(SyntaxError):  # of a magic
        parts = ast.parse(source).body
        source = "\n".join(ast.unparse(part) for part in parts if not isinstance(part, ast.If))
    return "page.show(" in source


def formats_readable(folder: Path, report: str, formats: list[str]) -> None:
    """ReportFailed unless each format was written and is what its name says."""
    for form in formats:
        path = folder / f"{report}.{form}"
        try:
            readable = _is_whole(path)
        except (OSError, zipfile.BadZipFile):
            readable = False
        if not readable:
            raise ReportFailed(f"The {form} of the report was not written whole.")


def unchanged(settings: Settings, key: Mapping[str, Any], requests: str) -> None:
    """ReportFailed when anything that the report rests on was replaced while it was made.

    `key` is that of the plan, `requests` the hash of the cleaned data when the run began.
    """
    now = load(settings.source).model_copy(update={"as_of": settings.as_of})
    files = now.notebook_files()
    notebooks = {name: inputs.file_hash(files[name]) if name in files else "" for name in key["notebooks"]}
    same = {
        "cleaned data": inputs.requests(settings) == requests,
        "notebooks": notebooks == key["notebooks"],
        "configuration": now == settings and inputs.configuration(settings) == key["configuration"],
    }
    replaced = ", ".join(what for what, is_same in same.items() if not is_same)
    if replaced:
        raise ReportFailed(f"Replaced during the run: {replaced}. The next run makes the report anew.")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide what comes out."""
    found = {"python": platform.python_version()}
    for name in _DECIDING.split():
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _is_whole(path: Path) -> bool:
    """Whether a file begins and ends as its form does."""
    if path.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and "[Content_Types].xml" in archive.namelist()
    data = path.read_bytes()
    if path.suffix == ".html":
        return data.rstrip().endswith(b"</html>")
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-1024:]
