"""A form as its file declares it, and the forms that a workspace has."""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from mlastats.errors import ConfigurationError

FOLDER = Path(__file__).parent
Text = Annotated[str, StringConstraints(min_length=1)]
Where = dict[str, list[str | bool]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Part):
    """One thing that is asked for: its wording as read, and what is counted."""

    wording: Text
    where: Where = {}
    by: list[str] = []
    at: str = "begun"
    table: str = "requests"
    days: tuple[str, str] | None = None


class Column(_Part):
    """A column that is no year."""

    label: Text
    where: Where = {}


class Form(_Part):
    """A form; `name` is that of its file. With `states` its lines are named by the reporting state."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    body: Text
    title: Text
    source: Text
    read: dt.date
    rows: list[Row] = Field(min_length=1)
    where: Where = {}
    columns: list[Column] = []
    years: int = Field(1, ge=1, le=30)
    running: bool = False
    total: bool = False
    reporting_year: str = ""
    nil: Literal["", "-"] = ""
    not_available: Literal["", "N/A"] = ""
    count: Literal["requests", "matters"] = "requests"
    states: bool = False
    notes: list[Text] = []


def known(workspace: Path | None = None) -> list[Form]:
    """The forms of the package, then those of a workspace's folder; one of the same name stands in its place.

    Raises ConfigurationError where a file is not as it must be, naming each fault.
    """
    folders = [FOLDER, *([workspace] if workspace else [])]
    files = {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}
    return [read(file) for file in files.values()]


def read(file: Path) -> Form:
    """The form in a file. Raises ConfigurationError where it is not as it must be, naming each fault."""
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return Form(**table, name=file.stem)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as cause:
        raise ConfigurationError(f"The form {file.name} is not valid TOML in UTF-8: {cause}.") from cause
    except ValidationError as cause:
        faults = "\n".join(
            f"  {'.'.join(map(str, error['loc']))}: {error['msg'].lower()}; got {error['input']!r:.80}"
            for error in cause.errors()
        )
        raise ConfigurationError(
            f"The form {file.name} has faults; mlastats/forms says what it may hold:\n{faults}"
        ) from cause
