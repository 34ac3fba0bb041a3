"""A workspace in an empty folder, and what has changed in the package since it was made."""

import difflib
import json
import shutil
import stat
from pathlib import Path

import mlastats
from mlastats import vocab
from mlastats.errors import ConfigurationError
from mlastats.settings import FILE_NAME, SHIPPED, Settings

SCHEMA = "mlastats.schema.json"
# Editors check the configuration against the file that this line names.
DIRECTIVE = f"#:schema ./{SCHEMA}\n"
EXAMPLE = Path("data", "raw", "example")
# The example of a regional body, with its own configuration; the whole of it goes to the top of its workspace.
REGION = Path("data", "region")
OF_REGION = ("7_region", "8_mirror")
IGNORED = """\
# Registers, what is made from them, corrections, keys and reports are case data and stay out of git; the example is not.
/data/*
!/data/raw/
/data/raw/*
!/data/raw/example/
/reports/
/returns/
/queries.csv
~$*
.~lock.*
.ipynb_checkpoints/
"""


def init(folder: Path, state: str = "", example: bool = False, region: bool = False) -> list[str]:
    """Make a workspace in a folder, which is made too; returns the names of what was written.

    `state` is the reporting state, by code or name; the `example` is a workspace of its own, with its registers; that of a
    `region` is a regional body's, which receives returns. What stands in the folder is kept. Raises ConfigurationError
    where it holds a workspace, or where the state is not known.
    """
    if (folder / FILE_NAME).exists():
        raise ConfigurationError(
            f"There is a {FILE_NAME} in this folder already. Name another folder; `mlastats upgrade` shows what "
            "this version has changed."
        )
    home = SHIPPED / REGION if region else SHIPPED
    text = (home / FILE_NAME).read_text(encoding="utf-8") if example else _configuration(state)
    if region and not example:
        text = (Path(__file__).parent / "region.toml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    # What stands in it is case data: for its owner, and for the group that a shared folder belongs to.
    shared = folder.stat().st_mode & stat.S_ISGID
    raw = folder / "data" / "raw"
    for place in (raw.parent, raw):
        place.mkdir(mode=0o770 if shared else 0o700, exist_ok=True)
    files = {FILE_NAME: DIRECTIVE + text, SCHEMA: schema(), ".gitignore": IGNORED}
    copied = {
        f"notebooks/{path.name}": path
        for path in sorted((SHIPPED / "notebooks").glob("*.ipynb"))
        if (path.stem in OF_REGION) is region
    }
    if example:
        of = sorted((home if region else home / EXAMPLE).rglob("*"))
        copied |= {
            path.relative_to(home).as_posix(): path
            for path in of
            if path.is_file() and path.name != FILE_NAME
        }
    written = [name for name in [*files, *copied] if not (folder / name).exists()]
    for name in written:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8", newline="\n")
        else:
            shutil.copyfile(copied[name], folder / name)
    return written


def schema() -> str:
    """The JSON schema of the configuration, by which editors complete and check it."""
    whole = Settings.model_json_schema()
    whole["title"] = f"Configuration of mlastats {mlastats.__version__}"
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}, indent=1) + "\n"


def differences(settings: Settings) -> dict[str, list[str]]:
    """What a workspace's notebooks of this version's names have otherwise than this version, as lines of a unified diff of
    their cells, from this version's to the workspace's; none for those that are the same."""
    found = {}
    for ours in sorted((SHIPPED / "notebooks").glob("*.ipynb")):
        own = settings.path(settings.notebooks) / ours.name
        if own.is_file():
            names = (f"{ours.name} of mlastats {mlastats.__version__}", f"{settings.notebooks}/{ours.name}")
            found[ours.stem] = list(difflib.unified_diff(_cells(ours), _cells(own), *names, lineterm="", n=2))
    return found


def renewed(settings: Settings) -> bool:
    """Whether the schema beside the configuration was another version's; it is this version's now."""
    path, text = settings.folder / SCHEMA, schema()
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def _configuration(state: str) -> str:
    text = (Path(__file__).parent / "workspace.toml").read_text(encoding="utf-8")
    if not state:
        return text
    codes = vocab.codes("partner")
    code = state if state in codes else vocab.aliases("partner").get(vocab.normalise(state), "")
    if code not in codes or codes[code]["kind"] != "state":
        raise ConfigurationError(
            f"A state is named by its three letters, as LAO, or by its name; got {state!r}."
        )
    return text.replace('# reporting_state = "LAO"', f'reporting_state = "{code}"')


def _cells(notebook: Path) -> list[str]:
    """The sources of a notebook, cell by cell, as lines."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [
            line
            for cell in cells
            for line in (f"[{cell['cell_type']}]", *"".join(cell["source"]).splitlines(), "")
        ]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ConfigurationError(
            f"Notebook {notebook.stem!r} cannot be read ({type(cause).__name__}). Check that it is a notebook."
        ) from cause
