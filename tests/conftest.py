"""What every test may use: real data beside the repository, small registers as text, workspaces."""

import inspect
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pandas as pd
import pytest

from mlastats import schema

# The same inputs in every run, so that a red test is of the change and not of the draw; new ones with
# HYPOTHESIS_PROFILE=explore.
hypothesis.settings.register_profile("same", derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
MISSING = {"-", ".", ""}
YES_NO = {"yes": True, "no": False, "true": True, "false": False}

# Written here by hand, not read from the vocabulary, so that a test's register does not rest on the
# code it tests.
FORMAL = {"diplomatic", "central_authority", "letters_rogatory", "direct_judicial"}
TERRITORIES = {"HKG", "MAC", "TWN"}
ORGANISATIONS = {"INTERPOL", "UN", "EU", "ASEAN"}
ASEAN = {"BRN", "KHM", "IDN", "LAO", "MYS", "MMR", "PHL", "SGP", "THA", "VNM"}
TIMOR_LESTE_JOINED = pd.Timestamp("2025-10-26")


# Public numbers are drawn by a secret: the same one in every run.
os.environ.setdefault("MLASTATS_SECRET", str(ROOT / "tests" / "secret"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where the environment says so (make check-pages and its like), a skip is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("MLASTATS_SKIP_IS_FAILURE") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where a skip is a failure: {report.longrepr}"


def pytest_collection_modifyitems(items):
    """What a file makes once for its tests, and the exhibits of all notebooks, are made by one process (`--dist loadgroup`):
    the tests that share it go there together, all others wherever there is room."""
    for item in items:
        scopes = {of[-1].scope for of in item._fixtureinfo.name2fixturedefs.values()}
        if "exhibits" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("exhibits"))
        elif "module" in scopes:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root, which is the example workspace."""
    return ROOT


@pytest.fixture(scope="session")
def example_workspace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, cleaned in a folder of its own."""
    import shutil

    from mlastats import settings
    from mlastats.register import clean, processed

    home = tmp_path_factory.mktemp("example")
    shutil.copy(root / "mlastats.toml", home)
    shutil.copytree(root / "data" / "raw" / "example", home / "data" / "raw" / "example")
    chosen = settings.load(home / "mlastats.toml")
    processed.write(clean.clean_workspace(chosen), chosen)
    return home


Shown = Callable[..., dict[str, tuple[Any, Any]]]


@pytest.fixture(scope="session")
def notebook_run(example_workspace: Path, root: Path) -> Shown:
    """What a notebook shows of the example with these parameters, by name: each exhibit, and the page that makes it."""
    from mlastats.publish.exhibit import Exhibit
    from mlastats.publish.page import Page

    def run(notebook: str, **parameters: str) -> dict[str, tuple[Any, Any]]:
        mine: dict[str, tuple[Any, Any]] = {}

        def keep(page: Any, finding: Any, *measured: Any, leads: bool = False, **values: Any) -> None:
            exhibit = finding
            if not isinstance(exhibit, Exhibit):
                place = list(inspect.signature(finding).parameters).index("page")
                exhibit = finding(*measured[:place], page, *measured[place:], **values)
            mine.setdefault(exhibit.name, (exhibit, page))

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(os.environ, "MLASTATS_CONFIG", str(example_workspace / "mlastats.toml"))
            patch.setattr(Page, "show", keep)
            names: dict[str, Any] = {}
            cells = json.loads((root / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))[
                "cells"
            ]
            for cell in cells:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= parameters
        return mine

    return run


@pytest.fixture(scope="session")
def exhibits(notebook_run: Shown, root: Path) -> dict[str, dict[str, Any]]:
    """What each notebook shows of the example, run with its defaults: its exhibits by name."""
    from mlastats.run.scaffold import OF_REGION

    return {
        notebook.stem: {name: exhibit for name, (exhibit, _page) in notebook_run(notebook.stem).items()}
        for notebook in sorted((root / "notebooks").glob("*.ipynb"))
        if notebook.stem not in OF_REGION
    }


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; it is not part of the product, so a test without it skips."""
    if not SHARED.is_dir():
        pytest.skip("the real data of ../shared/data are not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def requests_from() -> Callable[..., pd.DataFrame]:
    """A small table of text as a conformed requests table.

    The first line names columns of the schema (`id` is short for request_id); cells are separated
    by white space, or by "|" where one is used; "-" or "." is missing. A date is a day, a month
    (2024-05, kept as the 15th) or a year (2024, kept as 1 July), and its precision is set. What the
    table leaves out is derived where it follows (formality, partner_kind, asean_partner) and is
    missing elsewhere.

        id  direction  partner  channel     received    answered    outcome
        A1  incoming   THA      diplomatic  2024-01-02  2024-03-02  executed
        A2  incoming   VNM      interpol    2024-01-05  -           -

    `times=10` has each request, and its links, ten times: the same curve, on as many as a figure needs.
    """
    return _requests


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Path]:
    """A factory of workspaces: `workspace({"police.csv": text_or_bytes}, as_of="2026-06-30")`.

    Writes the files under data/raw, a configuration with one register for each, and returns the
    folder. Other keywords are plain keys of the configuration; `extra` is TOML put at its end, for
    tables such as [[reports]].
    """

    def make(
        files: Mapping[str, str | bytes], folder: str = "workspace", extra: str = "", **keys: object
    ) -> Path:
        home = tmp_path / folder
        raw = home / "data" / "raw"
        raw.mkdir(parents=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (raw / name).write_bytes(data)
        (home / "mlastats.toml").write_text(_configuration(files, keys, extra), encoding="utf-8")
        return home

    return make


def _configuration(files: Mapping[str, str | bytes], keys: dict[str, object], extra: str) -> str:
    given = {
        "reporting_state": "LAO",
        "as_of": "2026-09-30",
        "notebooks": (ROOT / "notebooks").as_posix(),
    } | keys
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items()]
    for name in files:
        lines += ["", "[[registers]]", f'name = "{Path(name).stem}"', f'path = "data/raw/{name}"']
    return "\n".join([*lines, "", extra, ""])


def _requests(text: str, times: int = 1) -> pd.DataFrame:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    cells = [
        [part.strip() for part in (line.split("|") if "|" in lines[0] else line.split())] for line in lines
    ]
    names = ["request_id" if name == "id" else name for name in cells[0]]
    unknown = set(names) - set(schema.NAMES)
    assert not unknown, f"no such column of the schema: {sorted(unknown)}"
    frame = pd.DataFrame(cells[1:], columns=names, dtype=object)
    if times > 1:
        linked = [name for name in ("request_id", "linked_request_id") if name in frame]
        copies = [
            frame.assign(**{n: frame[n].where(frame[n].isin(MISSING), frame[n] + f"/{k}") for n in linked})
            for k in range(times)
        ]
        frame = pd.concat(copies, ignore_index=True)
    return schema.conform(_derived(_typed(frame.mask(frame.isin(MISSING)))))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    types = {column.name: column.dtype for column in schema.COLUMNS}
    for name in list(frame.columns):
        given = frame[name]
        if types[name].startswith("datetime"):
            frame[name] = pd.to_datetime(given.map(_day, na_action="ignore"))
            if name in schema.STAGES and f"{name}_precision" not in frame:
                frame[f"{name}_precision"] = given.map(_precision, na_action="ignore")
        elif types[name] == "boolean":
            frame[name] = given.map(YES_NO).astype("boolean")
        elif types[name] == "Int64":
            frame[name] = pd.to_numeric(given).astype("Int64")
    return frame


def _day(text: str) -> str:
    return {4: f"{text}-07-01", 7: f"{text}-15"}.get(len(text), text)


def _precision(text: str) -> str:
    return {4: "year", 7: "month"}.get(len(text), "day")


def _derived(frame: pd.DataFrame) -> pd.DataFrame:
    known = {
        "request_id": [f"R{n}" for n in range(1, len(frame) + 1)],
        "register": "register",
        "source_row": [str(n) for n in range(2, len(frame) + 2)],
        "reporting_state": "LAO",
    }
    frame = frame.assign(**{name: value for name, value in known.items() if name not in frame})
    if "channel" in frame and "formality" not in frame:
        frame["formality"] = frame["channel"].map(_formality, na_action="ignore")
    if "partner" in frame and "partner_kind" not in frame:
        frame["partner_kind"] = frame["partner"].map(_partner_kind, na_action="ignore")
    if "partner" in frame and "asean_partner" not in frame:
        frame["asean_partner"] = _asean_partner(schema.conform(frame))
    return frame


def _formality(channels: str) -> str:
    return "formal" if FORMAL & set(channels.split(schema.SEVERAL)) else "informal"


def _partner_kind(partner: str) -> str:
    if partner in ORGANISATIONS:
        return "organisation"
    return "territory" if partner in TERRITORIES else "state"


def _asean_partner(frame: pd.DataFrame) -> pd.Series:
    on = schema.requested_on(frame)
    joined = frame["partner"].eq("TLS") & on.ge(TIMOR_LESTE_JOINED)
    return (frame["partner"].isin(ASEAN) | joined).astype("boolean").mask(frame["partner"].isna())
