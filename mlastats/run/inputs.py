"""What a run reads: hashes of registers and of everything else that decides what comes out."""

import hashlib
import json
from pathlib import Path
from typing import Any

import mlastats
from mlastats import schema, storage
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.register import sources
from mlastats.settings import Settings, file_name

STAMP = "inputs.json"
# Settings that name what a notebook may read.
READ = ("processed", "vocabulary", "catalogues", "treaties", "flows", "rates")
_NOT_CLEANING = {
    *(
        "reports",
        "published",
        "notebooks",
        "standards",
        "keys",
        "returns",
        "partners_of_interest",
        "partner_names",
    ),
    *("reading", "events", "cluster"),
}


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_hash(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def of_workers(settings: Settings, cleaned: bool) -> dict[str, Path]:
    """What tasks may read beside the configuration, by its name where they run elsewhere: the workspace's own codes, words,
    treaties and flows, and the `cleaned` data."""
    found = {}
    for name in (name for name in READ[not cleaned :] if getattr(settings, name)):
        place = settings.path(getattr(settings, name))
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            parts = path.relative_to(place).parts
            if path.is_file() and not any(part.startswith(".") for part in parts):
                found["/".join((name, *parts))] = path
    return found


def of_worker(settings: Settings) -> str:
    """The configuration as a worker reads it, TOML: what is read elsewhere or by the clock is settled in it."""
    table = settings.model_dump(mode="json", exclude={"cluster", "keys"}, exclude_none=True)
    table |= {name: name for name in (*READ, "notebooks") if table.get(name)}
    return "".join(f"{name} = {_toml(value)}\n" for name, value in table.items())


def registers(settings: Settings) -> dict[str, list[str]]:
    """Hashes of each register's files, sorted by path, or of a regional body's returns; InputRejected where one cannot be
    read."""
    if settings.region:
        return {"returns": _hashes(settings, "returns", f"{settings.region.returns}/*")}
    return {register.name: _hashes(settings, register.name, register.path) for register in settings.registers}


def configuration(settings: Settings) -> str:
    """Hash of the part of the configuration, and of its files, that every report rests on."""
    kept = settings.model_dump(
        mode="json", exclude={"reports", "as_of", "published", "registers", "notebooks", "reading", "cluster"}
    )
    logs = [register.model_dump(mode="json") for register in settings.registers]
    return text_hash([kept, logs, _side_files(settings)])


def is_clean(settings: Settings, hashes: dict[str, list[str]]) -> bool:
    """Whether the cleaned data were made from these registers with this configuration."""
    processed = settings.path(settings.processed)
    try:
        stamp = json.loads((processed / STAMP).read_text(encoding="utf-8"))
        return bool(stamp == _stamp(settings, hashes))
    except (OSError, ValueError):
        return False


def stamp(settings: Settings, hashes: dict[str, list[str]]) -> None:
    """Write beside the cleaned data what they were made from."""
    text = json.dumps(_stamp(settings, hashes), indent=1)
    processed = settings.path(settings.processed)
    storage.write_whole(processed / STAMP, text, processed / ".run")


def requests(settings: Settings) -> str:
    """Hash of the cleaned requests; empty where there are none."""
    path = settings.path(settings.processed) / "requests.parquet"
    if path.is_dir():
        return text_hash([file_hash(part) for part in schema.parts(path)])
    return file_hash(path) if path.is_file() else ""


def _stamp(settings: Settings, hashes: dict[str, list[str]]) -> dict[str, Any]:
    cleaning = settings.model_dump(mode="json", exclude=_NOT_CLEANING)
    return {
        "registers": hashes,
        "configuration": text_hash([cleaning, _side_files(settings)]),
        "version": mlastats.__version__,
        "requests": requests(settings),
    }


def _hashes(settings: Settings, name: str, pattern: str) -> list[str]:
    try:
        files = sorted(path for path in sources.matching(settings.path(pattern)) if path.is_file())
    except OSError as cause:
        raise InputRejected(
            f"Register {name!r}: its folder cannot be read ({type(cause).__name__}). Ask for permission to read it."
        ) from cause
    if not files:
        raise InputRejected(
            f"Register {name!r}: no file at {pattern!r}. "
            "Put the register there, or mend `path` in the configuration."
        )
    try:
        for path in files:
            sources.check_size(path, f"Register {name}")
        return [file_hash(path) for path in files]
    except OSError as cause:
        raise InputRejected(
            f"Register {name!r} cannot be read ({type(cause).__name__}). Check that the file may be read."
        ) from cause


def _side_files(settings: Settings) -> dict[str, str]:
    """Hashes of mappings, corrections, decisions, vocabulary, treaties and flows, by their configured names."""
    named = [register.mapping for register in settings.registers]
    named += [
        settings.corrections,
        settings.decisions,
        settings.treaties,
        settings.rates,
        settings.flows,
        settings.vocabulary,
        settings.catalogues,
        *((settings.region.queries, settings.region.signers) if settings.region else ()),
    ]
    found: dict[str, str] = {}
    for name in filter(None, named):
        place = settings.path(name)
        files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
        files = [file for file in files if file.is_file()]
        found |= {f"{name}/{file.name}": file_hash(file) for file in files}
    return found


def engaged(settings: Settings) -> list[str]:
    """The partners in steady or intermittent contact by the cleaned table, by code. Raises ConfigurationError where there
    is none yet: which reports there are would not be known."""
    from mlastats import parts
    from mlastats.measure.partners import engagement

    path = settings.path(settings.processed) / "requests.parquet"
    if not path.exists():
        raise ConfigurationError(
            "`items` names engaged, and no register has been cleaned. Run `mlastats clean`."
        )
    rows = parts.table(path)
    table = engagement(rows[schema.is_request(rows)], as_of=settings.as_of)
    held = table.loc[table["engagement"].isin(["sustained", "intermittent"]), "partner"].astype(str)
    codes = sorted(held[held.ne("unrecorded")])
    try:
        return [file_name(code) for code in codes]  # each is the name of a folder
    except ValueError as cause:
        raise ConfigurationError(
            f"The code of a partner in `vocabulary` {cause}. Give it another."
        ) from cause


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {_toml(part)}' for name, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
