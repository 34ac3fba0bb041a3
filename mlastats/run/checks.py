"""What must hold before a report is published."""

import json
import platform
import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.run import inputs
from mlastats.settings import Settings, load

_DECIDING = (
    "pandas",
    "numpy",
    "pyarrow",
    "matplotlib",
    "papermill",
    "nbconvert",
    "typst",
    "python-docx",
    "XlsxWriter",
)


def exhibits_complete(notebooks: list[Path]) -> None:
    """ReportFailed unless every cell that shows an exhibit has shown one, and each notebook has one."""
    for notebook in notebooks:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        for number, cell in enumerate(code, 1):
            if "page.show(" in _text(cell["source"]) and not _shown(cell):
                raise ReportFailed(
                    f"notebook {notebook.stem!r}, cell {number}: it ended without its exhibit."
                )
        if not any(_shown(cell) for cell in code):
            raise ReportFailed(f"notebook {notebook.stem!r} ended without an exhibit.")


def formats_readable(folder: Path, report: str, formats: list[str]) -> None:
    """ReportFailed unless each format was written and is what its name says."""
    for form in formats:
        path = folder / f"{report}.{form}"
        try:
            readable = _READABLE[form](path)
        except (OSError, zipfile.BadZipFile, UnicodeDecodeError):
            readable = False
        if not readable:
            raise ReportFailed(f"The {form} of the report was not written whole.")


def unchanged(settings: Settings, key: Mapping[str, Any], requests: str) -> None:
    """ReportFailed when anything that the report rests on was replaced while it was made.

    `key` is that of the plan, `requests` the hash of the cleaned data when the run began.
    """
    now = load(settings.source)
    notebooks = {name: _hash(now.path(now.notebooks) / f"{name}.ipynb") for name in key["notebooks"]}
    replaced = [
        what
        for what, same in {
            "cleaned data": inputs.requests(settings) == requests,
            "notebooks": notebooks == key["notebooks"],
            "configuration": now.model_copy(update={"as_of": settings.as_of}) == settings
            and inputs.configuration(settings) == key["configuration"],
        }.items()
        if not same
    ]
    if replaced:
        raise ReportFailed(
            f"Replaced during the run: {', '.join(replaced)}. The next run makes the report anew."
        )


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide what comes out."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _DECIDING}}


def _hash(path: Path) -> str:
    return inputs.file_hash(path) if path.is_file() else ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _shown(cell: dict[str, Any]) -> bool:
    return any("exhibit" in output.get("metadata", {}).get("mlastats", {}) for output in cell["outputs"])


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _is_html(path: Path) -> bool:
    return path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def _is_pdf(path: Path) -> bool:
    data = path.read_bytes()
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-1024:]


def _is_office(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return archive.testzip() is None and "[Content_Types].xml" in archive.namelist()


_READABLE = {"html": _is_html, "pdf": _is_pdf, "xlsx": _is_office, "docx": _is_office}
