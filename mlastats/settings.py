"""The configuration of a workspace, `mlastats.toml`, checked before anything runs.

Paths are relative to the configuration's file, and a workspace writes under its own folder.
"""

import datetime as dt
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from mlastats.errors import ConfigurationError

FILE_NAME = "mlastats.toml"
VARIABLE = "MLASTATS_CONFIG"

Audience = Literal["internal", "public"]
Format = Literal["html", "xlsx", "pdf", "docx"]
Span = Literal["month", "quarter", "half", "year", "all"]

_PERIODS = {
    "month": r"\d{4}-(0[1-9]|1[0-2])",
    "quarter": r"\d{4}-Q[1-4]",
    "half": r"\d{4}-H[12]",
    "year": r"\d{4}",
}
_EXAMPLES = {"month": "2026-01", "quarter": "2026-Q1", "half": "2026-H1", "year": "2026"}
_WORDS = {
    r"^[a-z0-9_]+$": "small letters, digits and _ only",
    r"^[a-z0-9_-]+$": "small letters, digits, _ and - only",
    r"^[A-Z]{3}$": "three capital letters, as LAO",
}


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise ValueError(f"must be an IANA time zone, as Asia/Vientiane; got {name!r}") from cause
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Register(_Part):
    """A register: its files and what must be known about how it was kept."""

    name: str = Field(pattern=r"^[a-z0-9_]+$", description="name used in every output")
    path: str = Field(description="file or glob, relative to the configuration")
    mapping: str | None = Field(None, description="mapping file approved by an analyst")
    log_start: dt.date | None = Field(None, description="day from which it was kept")
    log_end: dt.date | None = Field(None, description="day to which it is complete")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="IANA zone in which it counts days"
    )
    encoding: str | None = Field(None, description="encoding to try after UTF-8")

    @model_validator(mode="after")
    def _in_order(self) -> "Register":
        if self.log_start and self.log_end and self.log_end < self.log_start:
            raise ValueError(f"`log_end` {self.log_end} must not be before `log_start` {self.log_start}")
        return self


class Report(_Part):
    """A report: which notebooks, for whom, how often, in which formats."""

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: str = ""
    notebooks: list[str] = Field(min_length=1)
    period: Span = "all"
    start: str | None = Field(None, description="first period, as 2026-Q1, 2026-01, 2026-H1 or 2026")
    audience: Audience = "internal"
    language: str = "en"
    formats: list[Format] = ["html", "xlsx"]
    parameters: dict[str, Any] = {}
    items: dict[str, list[str]] = Field({}, description="one report for each value of one parameter")
    lag_days: int = Field(0, ge=0)
    revise: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _start_fits(self) -> "Report":
        if self.start and self.period == "all":
            raise ValueError("`start` has no meaning where `period` is all; leave it out")
        if self.start and not re.fullmatch(_PERIODS[self.period], self.start):
            raise ValueError(
                f"`start` must be a {self.period}, as {_EXAMPLES[self.period]}; got {self.start!r}"
            )
        return self

    @field_validator("items")
    @classmethod
    def _one_parameter(cls, items: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(items) > 1 or not all(items.values()):
            raise ValueError(f"must name one parameter and its values; got {items}")
        for values in items.values():
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"must name each item once; named twice: {', '.join(twice)}")
        for value in (value for values in items.values() for value in values):
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
                raise ValueError(f"an item names a folder: letters, digits, _ . - only; got {value!r}")
        return items


class Disclosure(_Part):
    """Counts from 1 to threshold - 1 are withheld from public reports."""

    threshold: int = Field(default=5, ge=2)


class Settings(_Part):
    """The whole configuration; every field but `reporting_state` has a default."""

    reporting_state: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3")
    as_of: dt.date = Field(description='a date, or "today", resolved when the configuration is read')
    synthetic: bool = Field(False, description="the registers are made up, and every page says so")
    reporting_year: Literal["calendar", "october", "july", "april"] = "calendar"
    registers: list[Register] = []
    standards: dict[str, int] = Field({}, description="service standard in days, by kind")
    disclosure: Disclosure = Disclosure()
    partners_of_interest: list[str] = Field([], description="partners that should be engaged")
    reports: list[Report] = []
    vocabulary: str | None = Field(None, description="folder with the workspace's own codes")
    catalogues: str | None = Field(None, description="folder with the workspace's own translations")
    treaties: str | None = Field(None, description="file with the workspace's own treaties")
    corrections: str = "data/corrections.csv"
    processed: str = "data/processed"
    published: str = "reports"
    notebooks: str = "notebooks"

    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _source: Path | None = PrivateAttr(None)

    @field_validator("as_of", mode="before")
    @classmethod
    def _today(cls, value: object) -> object:
        # The only clock of the package: it is read here, at the edge, and what it said is recorded.
        return dt.date.today() if value == "today" else value

    @field_validator("registers", "reports")
    @classmethod
    def _named_once(cls, parts: list[Any]) -> list[Any]:
        names = [part.name for part in parts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each name must be used once; used twice: {', '.join(twice)}")
        return parts

    @property
    def folder(self) -> Path:
        """The folder of the workspace, where its configuration stands."""
        return self._folder

    @property
    def source(self) -> Path:
        """The configuration's file; ConfigurationError for settings that were not read from one."""
        if self._source is None:
            raise ConfigurationError(f"These settings were not read from a file; reports need a {FILE_NAME}.")
        return self._source

    def path(self, relative: str) -> Path:
        """A path of the configuration as a path of this machine."""
        return self._folder / relative

    def use_vocabularies(self) -> None:
        """Put the workspace's own codes, aliases and treaties in use. Raises ConfigurationError where a
        file is missing or has a fault."""
        from mlastats import vocab

        for name in ("vocabulary", "treaties"):
            given = getattr(self, name)
            if given and not self.path(given).exists():
                raise ConfigurationError(
                    f"`{name}` names {given!r}, which does not exist. Make it, or take the key out."
                )
        vocab.use(*(self.path(given) if given else None for given in (self.vocabulary, self.treaties)))


def find(start: Path | None = None) -> Path:
    """The configuration's file: MLASTATS_CONFIG, else the nearest mlastats.toml from `start` upwards."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    raise ConfigurationError(
        f"No {FILE_NAME} here or in any folder above. Change into a workspace, or name the file with "
        f"--config or the variable {VARIABLE}."
    )


def load(path: str | Path | None = None) -> Settings:
    """The checked configuration in `path`, or in the file that `find` finds."""
    source = Path(path) if path else find()
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(
            f"The configuration {source.name} cannot be read ({type(cause).__name__}). "
            "Check that the file exists, is UTF-8 and may be read."
        ) from cause
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigurationError(f"{source.name} is not valid TOML: {cause}.") from cause
    settings = check(given, source.name)
    settings._source = source.resolve()
    settings._folder = settings._source.parent
    return settings


def check(given: dict[str, Any], name: str = "the settings") -> Settings:
    """Settings from a mapping; every fault is named in one ConfigurationError."""
    try:
        return Settings(**given)
    except ValidationError as cause:
        faults = "\n".join(_fault(error) for error in cause.errors())
        raise ConfigurationError(f"{name} has {cause.error_count()} fault(s):\n{faults}") from cause


def _fault(error: Any) -> str:
    """One fault in a line: the key, what is allowed, what was given."""
    location = error["loc"]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    if error["type"] == "extra_forbidden":
        return f"  {key}: no such key; allowed are {', '.join(_siblings(location))}"
    if error["type"] == "missing":
        return f"  {key}: must be given"
    if error["type"] == "value_error":
        # These sentences are written above, and name what was given themselves.
        return f"  {key or 'the settings'}: {error['ctx']['error']}"
    return f"  {key}: {_allowed(error)}; got {_given(error['input'])}"


def _allowed(error: Any) -> str:
    context = error.get("ctx", {})
    if error["type"] == "literal_error":
        return f"must be one of {context['expected'].replace(' or ', ', ')}"
    if error["type"] == "string_pattern_mismatch":
        return f"must be {_WORDS.get(context['pattern'], context['pattern'])}"
    if error["type"].startswith("date_"):
        return "must be a date, as 2026-09-30"
    return str(error["msg"]).lower().replace("input should be", "must be")


def _given(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _siblings(location: tuple[Any, ...]) -> list[str]:
    parts: dict[str, type[BaseModel]] = {"registers": Register, "reports": Report, "disclosure": Disclosure}
    return sorted(parts.get(str(location[0]) if len(location) > 1 else "", Settings).model_fields)
