"""The configuration of a workspace, `mlastats.toml`, checked before anything runs.

Paths are relative to the configuration's file, and a workspace writes under its own folder.
"""

import datetime as dt
import os
import re
import tomllib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from mlastats import periods
from mlastats.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "mlastats.toml"
VARIABLE = "MLASTATS_CONFIG"
KEY = "MLASTATS_KEY"
PACKAGE = Path(periods.__file__).parent
# The notebooks, the example registers and their configuration: beside the package where it is installed, in a clone at
# its top.
SHIPPED = PACKAGE / "workspace" if (PACKAGE / "workspace").is_dir() else PACKAGE.parent
DECISIONS = "data/decisions.csv"
# Where registers lie of which the configuration names none, and what they may be.
RAW = "data/raw"
# What stands in a pattern for the year in the name of a file, of one era or another. A name has a year by this alone: a
# pattern that matched one more file would have its rows twice.
IN_NAMES = "[12][0459][0-9][0-9]"
YEAR = re.compile(rf"(?<!\d){IN_NAMES}(?!\d)")
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet")
# What `mlastats review` may say in place of the configuration: of the workspace, and of a register.
SAID = ("reporting_state", "synthetic")
SAID_OF_REGISTER = ("agency", "log_start", "log_end", "time_zone")
# The notebook that has nothing to show without an event.
OF_EVENTS = "5_before_and_after"

Audience = Literal["internal", "public"]
Format = Literal["html", "xlsx", "pdf", "docx"]
Span = Literal["month", "quarter", "half", "year", "all"]

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$|^$')
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


def file_name(name: str) -> str:
    """The name, if every system can give it to a file or a folder; ValueError where Windows cannot: CON and its like, with
    whatever behind a dot, a dot or space at the end, a colon."""
    if _RESERVED.fullmatch(name) or _NO_NAME.search(name):
        raise ValueError(f"must be a name that a folder can have on Windows too; got {name!r}")
    return name


FileName = Annotated[str, AfterValidator(file_name)]


def _recorded(name: str) -> str:
    from mlastats import vocab

    if name not in vocab.codes("field"):
        raise ValueError(f"must be a field of the scorecard: {', '.join(vocab.codes('field'))}")
    return name


# A date; what stands for one says so to editors too.
AsOf = Annotated[
    dt.date, WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"const": "today"}]})
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Register(_Part):
    """A register: its files and what must be known about how it was kept."""

    name: FileName = Field(pattern=r"^[a-z0-9_]+$", description="name used in every output")
    path: str = Field(description="file or glob, relative to the configuration")
    table: Literal["requests", "assets", "persons"] = Field(
        "requests", description="what a row is: a request, or an asset or person of one"
    )
    mapping: str | None = Field(None, description="mapping file approved by an analyst")
    log_start: dt.date | None = Field(None, description="day from which it was kept")
    log_end: dt.date | None = Field(None, description="day to which it is complete")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="IANA zone in which it counts days"
    )
    encoding: str | None = Field(None, description="encoding to try after UTF-8")
    agency: str = Field("", description="agency that keeps it: a code, or its name as pages write it")

    @model_validator(mode="after")
    def _in_order(self) -> "Register":
        if self.log_start and self.log_end and self.log_end < self.log_start:
            raise ValueError(f"`log_end` {self.log_end} must not be before `log_start` {self.log_start}")
        return self


class Event(_Part):
    """A day before and after which requests are compared: a workshop, a law, a treaty."""

    name: str = Field(min_length=1, description="what happened, as a sentence names it")
    date: dt.date = Field(description="first day of the time after")
    source: str = Field(min_length=1, description="where that is written")


class Report(_Part):
    """A report: which notebooks, for whom, how often, in which formats."""

    name: FileName = Field(pattern=r"^[a-z0-9_-]+$", description="name of its folder and files")
    title: str = Field("", description="as its first page and the index have it")
    purpose: str = Field("", description="what it is for, as the index says it")
    notebooks: list[str] = Field(min_length=1, description="names of notebooks, in the order of the page")
    period: Span = Field(
        "all", description="one report for each month, quarter, half or year; or one of all time"
    )
    start: str | None = Field(None, description="first period, as 2026-Q1, 2026-01, 2026-H1 or 2026")
    audience: Audience = Field("internal", description="for the public every count is rounded")
    language: str = Field("en", description="en, lo, or one of `catalogues`")
    formats: list[Format] = Field(["html", "xlsx"], description="page, annex of tables, briefings")
    parameters: dict[str, Any] = Field({}, description="given to its notebooks, in place of their defaults")
    items: dict[str, list[str]] = Field({}, description="one report for each value of one parameter")
    published: dt.date | None = Field(None, description="day of publication, as the first page says it")
    next: dt.date | None = Field(
        None, description="from which day on the next one comes; else that after the next period"
    )
    lag_days: int = Field(0, ge=0, description="days after a period for which entries are waited for")
    revise: int = Field(1, ge=0, description="last periods that are made anew when registers change")

    @model_validator(mode="after")
    def _public_is_rare(self) -> "Report":
        if self.audience == "public" and self.period == "month":
            raise ValueError(
                "a public report is made by quarter, half, year or all, since each of its days tells more"
            )
        return self

    @model_validator(mode="after")
    def _start_fits(self) -> "Report":
        if self.start and self.period == "all":
            raise ValueError("`start` has no meaning where `period` is all; leave it out")
        try:
            fits = not self.start or periods.parse(self.start).span == self.period
        except ConfigurationError:
            fits = False
        if not fits:
            example = periods.EXAMPLES[self.period]
            raise ValueError(f"`start` must be a {self.period}, as {example}; got {self.start!r}")
        return self

    @field_validator("items")
    @classmethod
    def _one_parameter(cls, items: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(items) > 1 or not all(items.values()):
            raise ValueError(f"must name one parameter and its values; got {items}")
        for values in items.values():
            # To some file systems large and small letters are the same.
            folded = [value.casefold() for value in values]
            twice = sorted({value for value in values if folded.count(value.casefold()) > 1})
            if twice:
                raise ValueError(f"must name each item once; named twice: {', '.join(twice)}")
        for value in (value for values in items.values() for value in values):
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
                raise ValueError(f"an item names a folder: letters, digits, _ . - only; got {value!r}")
            file_name(value)
        return items


class Reading(_Part):
    """How much a register may ask for while it is read; one that asks for more is refused."""

    seconds: float = Field(300, gt=0, description="for one register")
    megabytes: int = Field(2000, ge=100, description="of memory, or twelve times its files if that is more")
    part: int = Field(
        128,
        ge=1,
        description="megabytes of a register that are cleaned at a time, if it has more than four times as many",
    )
    cells: int = Field(50_000_000, ge=1, description="of a sheet of a workbook, or of a Parquet file")


class Cluster(_Part):
    """Where notebooks of internal reports run and large registers are read, if not on this machine."""

    address: str = Field(description="of the scheduler of dask, as tls://mla.example.org:8786")
    plain_text: bool = Field(False, description="case data may travel unencrypted to other machines")


class Region(_Part):
    """A regional body, to which states send counts and never a case."""

    members: list[str] = Field(min_length=1, description="states that report to it, by their codes")
    returns: str = Field("returns", description="folder of the returns received, every version of each")
    queries: str = Field("queries.csv", description="ledger of what was asked of members, and their answers")
    signers: str | None = Field(
        None, description="file of the keys that members sign with, as ssh-keygen has it"
    )

    @field_validator("members")
    @classmethod
    def _codes(cls, members: list[str]) -> list[str]:
        if len(set(members)) < len(members) or not all(re.fullmatch("[A-Z]{3}", code) for code in members):
            raise ValueError(f"must be codes of three capital letters, each once; got {members}")
        return members


class Settings(_Part):
    """The whole configuration; what it leaves out `mlastats review` asks, or has a default."""

    reporting_state: str = Field("", pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3")
    as_of: AsOf = Field(description='a date, or "today", resolved when the configuration is read')
    synthetic: bool = Field(False, description="the registers are made up, and every page says so")
    reporting_year: Literal["calendar", "october", "july", "april"] = Field(
        "calendar", description="when a year of the tables begins; calendar is in January"
    )
    registers: list[Register] = Field([], description="the registers, one table for each")
    standards: dict[str, int] = Field({}, description="service standard in days, by kind")
    targets: dict[Annotated[str, AfterValidator(_recorded)], Annotated[float, Field(gt=0, le=1)]] = Field(
        {}, description="share of requests that should record a field, by field"
    )
    reading: Reading = Field(Reading(), description="how much a register may ask for while it is read")
    partner_names: Literal["un", "everyday"] = Field(
        "un", description="names of states: as the United Nations write them, or as people say them"
    )
    partners_of_interest: list[str] = Field([], description="partners that should be engaged")
    events: list[Event] = Field([], description="what requests are compared before and after")
    reports: list[Report] = Field([], description="what is published, one table for each")
    cluster: Cluster | None = Field(None, description="where notebooks run, if not on this machine")
    region: Region | None = Field(None, description="a regional body's workspace, in place of registers")
    contact: str = Field("", description="whom to ask, as the first page says it")
    vocabulary: str | None = Field(None, description="folder with the workspace's own codes")
    catalogues: str | None = Field(None, description="folder with the workspace's own translations")
    treaties: str | None = Field(None, description="file with the workspace's own treaties")
    rates: str | None = Field(None, description="file with the rates of one reporting currency")
    flows: str | None = Field(
        None, description="file with what passes legally between the country and its partners"
    )
    corrections: str = Field("data/corrections.csv", description="file of corrections agreed with agencies")
    decisions: str = Field(DECISIONS, description="file of what was decided in reviews")
    processed: str = Field(
        "data/processed", description="folder of the cleaned table, its issues and changes"
    )
    keys: str = Field("data/keys", description="folder with the secret and the keys of records")
    returns: str = Field("data/returns", description="folder of the returns to a regional body")
    published: str = Field("reports", description="folder of reports")
    published_public: str | None = Field(None, description="folder of public reports, if not `published`")
    outside: bool = Field(False, description="`processed` and `published` may lie outside of the workspace")
    shared: bool = Field(False, description="what is made is the group's of the workspace's folder too")
    notebooks: str = Field(
        "notebooks", description="folder of notebooks that stand before those of the package"
    )

    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _source: Path | None = PrivateAttr(None)

    @field_validator("as_of", mode="before")
    @classmethod
    def _today(cls, value: object) -> object:
        # The only clock of the package: it is read here, at the edge, and what it said is recorded.
        return dt.date.today() if value == "today" else value

    @model_validator(mode="after")
    def _no_chapter_without_an_event(self) -> "Settings":
        if not self.events:
            kept = [
                report.model_copy(
                    update={"notebooks": [n for n in report.notebooks if n != OF_EVENTS] or [OF_EVENTS]}
                )
                for report in self.reports
            ]
            object.__setattr__(self, "reports", kept)
        return self

    @field_validator("registers", "reports", "events")
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

    @property
    def written(self) -> list[str]:
        """The folders that a run writes, as the configuration names them: cleaned data, reports, public reports."""
        return list(dict.fromkeys(filter(None, (self.processed, self.published, self.published_public))))

    def path(self, relative: str) -> Path:
        """A path of the configuration as a path of this machine."""
        return self._folder / relative

    def notebook_files(self) -> dict[str, Path]:
        """The notebooks by name: those of this version, and before them those of the workspace's own folder."""
        folders = (SHIPPED / "notebooks", self.path(self.notebooks))
        return {file.stem: file for folder in folders for file in sorted(folder.glob("*.ipynb"))}

    @staticmethod
    def agency_of(register: Register) -> str:
        """The code of the agency that keeps a register; blank where it is not known."""
        from mlastats import vocab

        return vocab.aliases("agency").get(vocab.normalise(register.agency), "")

    def use_vocabularies(self) -> None:
        """Put the workspace's own codes, aliases and treaties in use. Raises ConfigurationError where a
        file is missing or has a fault."""
        from mlastats import vocab
        from mlastats.vocab import treaties

        for name in ("vocabulary", "treaties", "flows"):
            value = getattr(self, name)
            if value and not self.path(value).exists():
                raise ConfigurationError(
                    f"`{name}` names {value!r}, which does not exist. Make it, or take the key out."
                )
        own, dated = (self.path(value) if value else None for value in (self.vocabulary, self.treaties))
        vocab.use(own, dated, self.partner_names)
        # What is no agency that is known is the name of one of its own, under the name of its register.
        agencies = {r.name: r.agency for r in self.registers if r.agency and not self.agency_of(r)}
        vocab.use(own, dated, self.partner_names, agencies)
        vocab.check_own()
        treaties.check()


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
        f"No {FILE_NAME} here or in any folder above. Change into a workspace, make one with `mlastats init DIR`, or "
        f"name the file with --config or the variable {VARIABLE}."
    )


def load(path: str | Path | None = None) -> Settings:
    """The checked configuration in `path`, or in the file that `find` finds."""
    source = Path(path) if path else find()
    try:
        if source.exists() and not source.is_file():
            raise FileNotFoundError  # to open a pipe may take for ever
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(
            f"The configuration {source.name} cannot be read ({type(cause).__name__}). "
            "Check that the file exists, is UTF-8 and may be read."
        ) from cause
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as cause:
        raise ConfigurationError(f"{source.name} is not valid TOML: {cause}.") from cause
    _complete(table, source.resolve().parent)
    settings = check(table, source.name)
    settings._source = source.resolve()
    settings._folder = settings._source.parent
    home = settings._folder.resolve()
    try:
        outside = [
            n
            for n in ("processed", "published")
            if not settings.path(getattr(settings, n)).resolve().is_relative_to(home)
        ]
    except (OSError, RuntimeError, ValueError) as cause:
        raise ConfigurationError(
            f"`processed` or `published` of {source.name} is a link that leads to itself, or no path of this machine. "
            "Name a folder within the workspace."
        ) from cause
    if outside and not settings.outside:
        raise ConfigurationError(
            f"`{outside[0]}` leads out of the workspace, by its path or by a link. Name a folder within it, or say "
            "`outside = true` if case data are to lie elsewhere."
        )
    return settings


def load_requests(path: str | Path | None = None, *, in_parts: bool = False) -> "pd.DataFrame":
    """The requests table: that of the workspace in or above the working directory, or the one at `path`.

    A path is looked for from the working directory, then from the workspace. Codes and names are the workspace's, where
    there is one. With `in_parts` a table that was cleaned in parts stays in its files: measures take it as it is, and each
    column is read when one asks for it (`parts.Parts`). Raises InputRejected where there is no cleaned table.

    >>> mlastats.load_requests().columns[:3].tolist()
    ['request_id', 'register', 'source_row']
    """
    from mlastats import parts, schema

    read = parts.table if in_parts else schema.read
    if path is not None and Path(path).exists():
        return read(Path(path))
    settings = load()
    settings.use_vocabularies()
    return read(settings.path(str(path or f"{settings.processed}/requests.parquet")))


def load_assets() -> "pd.DataFrame":
    """The assets beside the requests of the workspace in or above the working directory, a row an asset and measure;
    without a row where no register has them. Codes and names are the workspace's.

    >>> mlastats.load_assets().columns[:6].tolist()
    ['request_id', 'register', 'source_row', 'asset', 'measure', 'on']
    """
    return _load_beside("assets")


def load_persons() -> "pd.DataFrame":
    """The persons beside the requests, as `load_assets` the assets: a row a person, without a name.

    >>> mlastats.load_persons().columns[:5].tolist()
    ['request_id', 'register', 'source_row', 'role', 'own_national']
    """
    return _load_beside("persons")


def _load_beside(table: str) -> "pd.DataFrame":
    from mlastats import schema

    settings = load()
    settings.use_vocabularies()
    return schema.read(settings.path(f"{settings.processed}/{table}.parquet"), table)


def _complete(table: dict[str, Any], folder: Path) -> None:
    """Put into a configuration what it leaves out: the files of data/raw where it names no register, and what was
    decided about the workspace and its registers."""
    from mlastats import decisions

    place = table.get("decisions", DECISIONS)
    made = decisions.load(folder / place).values() if isinstance(place, str) else ()
    if "registers" not in table:
        # Whoever has said something of one year by itself has them apart.
        apart = {one.about for one in made if (one.subject, one.answer) == ("years", ":no")}
        table["registers"] = _registers(folder, apart | {one.register for one in made if one.register})
    named = {register.get("name"): register for register in table["registers"] if isinstance(register, dict)}
    for decision in made:
        said = decision.answer if decision.subject != "synthetic" else decision.answer == ":yes"
        if not decision.register and decision.subject in SAID:
            table.setdefault(decision.subject, said)
        elif decision.about:  # of a word in a column of that name
            continue
        elif decision.subject == "table" and decision.settles:
            named.get(decision.register, {}).setdefault("table", decision.answer.removeprefix(":"))
        elif decision.subject in SAID_OF_REGISTER and not decision.answer.startswith(":"):
            named.get(decision.register, {}).setdefault(decision.subject, said)


def _registers(folder: Path, apart: set[str]) -> list[dict[str, Any]]:
    """A register for each table in data/raw, under the name of its file; a mapping beside it is its own. Files whose
    names differ in a year alone are one register, unless it or one of them is among those that are kept `apart`."""
    raw = folder / RAW
    paths = [
        path
        for path in (sorted(raw.iterdir()) if raw.is_dir() else ())
        if path.suffix.lower() in TABLES and not path.name.startswith(("~$", ".")) and path.is_file()
    ]
    of: dict[str, list[Path]] = {}
    for path in paths:
        of.setdefault(yearly(path), []).append(path)
    for pattern, years in list(of.items()):
        names = {
            _name(pattern),
            f"{_name(pattern)}_{years[0].suffix[1:].lower()}",
            *(_name(p.name) for p in years),
        }
        own = any((raw / mapping_of(path.name)).is_file() for path in years)
        if len(years) > 1 and (own or names & apart):
            del of[pattern]
            of |= {path.name: [path] for path in years}
    found: dict[str, dict[str, Any]] = {}
    for pattern, years in sorted(of.items(), key=lambda pair: pair[1][0]):
        file = pattern if len(years) > 1 else years[0].name
        name = _name(file)
        if name in found:
            name = f"{name}_{years[0].suffix[1:].lower()}"
        mapping = raw / mapping_of(file)
        beside = {"mapping": f"{RAW}/{mapping.name}"} if mapping.is_file() else {}
        found[name] = {"name": name, "path": f"{RAW}/{file}", **beside}
    return list(found.values())


def yearly(path: Path) -> str:
    """The pattern of the names of the files that are the years of one register with a file ("moj_2021.xlsx",
    "moj_2564.xlsx"); its own name where none or several years stand in it."""
    once = len(YEAR.findall(path.stem)) == 1 and not re.search(r"[*?\[]", path.stem)
    return YEAR.sub(lambda _year: IN_NAMES, path.stem) + path.suffix if once else path.name


def mapping_of(pattern: str) -> str:
    """The name of the mapping beside the file of a register, or beside the files of its years."""
    stem = Path(pattern).stem
    if IN_NAMES in stem:
        stem = re.sub(r"^[\W_]+|[\W_]+$", "", stem.replace(IN_NAMES, "")) or "years"
    return f"{stem}.toml"


def _name(path: str) -> str:
    """The name of the register in a file, or in those of a pattern."""
    stem = Path(mapping_of(path)).stem
    plain = re.sub("[^a-z0-9]+", "_", stem.lower()).strip("_")
    # A name in another script is told by a number of its own, which no other file changes.
    return plain or f"register_{zlib.crc32(stem.encode()):x}"


def check(table: dict[str, Any], name: str = "the settings") -> Settings:
    """Settings from a mapping; every fault is named in one ConfigurationError."""
    try:
        return Settings(**table)
    except ValidationError as cause:
        faults = "\n".join(_fault(error) for error in cause.errors())
        raise ConfigurationError(f"{name} has {cause.error_count()} fault(s):\n{faults}") from cause


def _fault(error: Any) -> str:
    """One fault in a line: the key, what is allowed, the value."""
    location, context, kind = error["loc"], error.get("ctx", {}), error["type"]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    if kind == "extra_forbidden" and location[0] == "disclosure":
        return "  disclosure: there is no threshold any more, public counts are rounded; take the table out"
    if kind == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {
            "registers": Register,
            "reports": Report,
            "events": Event,
            "reading": Reading,
            "cluster": Cluster,
            "region": Region,
        }
        model = models.get(location[0], Settings) if len(location) > 1 else Settings
        return f"  {key}: no such key; allowed are {', '.join(sorted(model.model_fields))}"
    if kind == "missing":
        return f"  {key}: must be given"
    if kind == "value_error":
        # These sentences are written above, and name the value themselves.
        return f"  {key or 'the settings'}: {context['error']}"
    if kind == "literal_error":
        allowed = f"must be one of {context['expected'].replace(' or ', ', ')}"
    elif kind == "string_pattern_mismatch":
        allowed = f"must be {_WORDS.get(context['pattern'], context['pattern'])}"
    elif kind.startswith("date_"):
        allowed = "must be a date, as 2026-09-30"
    else:
        allowed = str(error["msg"]).lower().replace("input should be", "must be")
    value = repr(error["input"])
    return f"  {key}: {allowed}; got {value if len(value) <= 80 else f'{value[:77]}...'}"
