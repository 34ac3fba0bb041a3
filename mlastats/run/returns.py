"""What `mlastats return` does: it makes a return and writes it beside its workbook and its pages, never over another."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlastats
from mlastats import keystore, messages, schema, storage, vocab
from mlastats.disclosure import keys
from mlastats.errors import ConfigurationError, InputRejected, one_of
from mlastats.publish import returns as publish
from mlastats.region import archive, faults, form, sealed
from mlastats.region.banded import banded
from mlastats.region.cube import CUBES, MODES, Header, Return
from mlastats.region.cubes import cubes, reporting_year
from mlastats.run import inputs, lock, series
from mlastats.settings import Settings, load

ROUNDS = "rounds"


@dataclass(frozen=True)
class Asked:
    """What is asked of `make`: the year, the mode, why a later version is made, the file of a round, whom it is encrypted
    for, and the language of its workbook and pages."""

    period: str
    mode: str = "trusted"
    reason: str = ""
    round_file: Path | None = None
    recipient: str = ""
    language: str = "en"


def make(settings: Settings, asked: Asked) -> dict[str, Any]:
    """Make the return of a year, as its next version, unless the last one says the same. Gives its `path`, the `hash` to be
    signed, whether it is `new`, and the `encrypted` file.

    Raises ConfigurationError where the year was not observed, the folder is one of reports and the return is not for the
    public, a later version has no reason, or a round is not agreed or used twice."""
    one_of("mode", asked.mode, MODES)
    one_of("reason", asked.reason, ("", *archive.REASONS))
    if not settings.reporting_state:
        raise ConfigurationError(
            "A return says whose it is: give `reporting_state` in the configuration, as LAO."
        )
    with lock.held(settings), storage.private(settings):
        messages.use_workspace(settings, asked.language)
        if not inputs.is_clean(settings, inputs.registers(settings)):
            raise ConfigurationError(
                "The registers are not those that were cleaned. Run `mlastats clean` first."
            )
        folder = _folder(settings, asked.mode)
        exact = _exact(settings, asked)
        agreed = _agreed(asked.round_file) if asked.mode == "sealed" else {}
        made = _of_mode(settings, asked, exact, agreed)
        before = _versions(folder, settings.reporting_state, asked.period)
        earlier = [archive.read(path) for path in (before if agreed else before[-1:])]
        last = earlier[-1] if earlier else None
        if (
            last
            and all(last.cubes[name].equals(made[name]) for name in CUBES)
            and last.header.agreed == agreed
        ):
            return {"path": _named(settings, before[-1]), "hash": last.digest, "new": False}
        rounds = [one.header.agreed for one in earlier] if agreed else []
        header = _header(settings, asked, agreed, before, rounds)
        if wrong := faults.faults(Return(header, made)):
            raise InputRejected(f"The return has {len(wrong)} faults: {wrong[0]}.")
        storage.folder(folder, settings)
        path = archive.write(folder, header, made)
        found = archive.read(path)
        stem = folder / header.name
        if asked.mode != "sealed":  # its numbers are masks, which no spreadsheet holds
            publish.workbook(
                Path(f"{stem}.xlsx"), header, {n: form.sheet(CUBES[n], t) for n, t in made.items()}
            )
        publish.pages(Path(f"{stem}.pdf"), found)
        if asked.mode == "banded":
            series.published(settings, header.as_of)
        result = {"path": _named(settings, path), "hash": found.digest, "new": True}
        if told := sealed.told_apart(agreed, rounds):
            result["warning"] = (
                f"An earlier round of the year was of other members: both sums would tell what {', '.join(told)} sent. "
                "Send this one only if the earlier one is not whole and never will be."
            )
        return result | ({"encrypted": _encrypted(path, asked.recipient)} if asked.recipient else {})


def _header(
    settings: Settings,
    asked: Asked,
    agreed: Mapping[str, Any],
    before: Sequence[Path],
    rounds: Sequence[Mapping[str, Any]],
) -> Header:
    """What the version after those `before` says of itself, which were made for `rounds`. Raises ConfigurationError where
    its own round has a return, or it has no reason."""
    if agreed and agreed["round"] in [one.get("round") for one in rounds]:
        raise ConfigurationError(
            f"The round {agreed['round']} has a return already: a second one under the same seeds would give away what "
            "changed. Agree on a new round."
        )
    # A round that another one replaces is reason enough.
    reason = asked.reason or ("new_round" if rounds else "")
    if before and not reason:
        raise ConfigurationError(
            f"{before[-1].name} is there and says otherwise. Give the reason of the next version: --reason "
            f"{', '.join(archive.REASONS)}."
        )
    return Header(
        settings.reporting_state,
        asked.period,
        len(before) + 1,
        asked.mode,
        reporting_year(asked.period, settings).end.isoformat(),
        reason,
        settings.synthetic,
        settings.contact,
        f"mlastats {mlastats.__version__}",
        agreed,
    )


def template(path: Path, state: str, period: str, language: str) -> None:
    """Write the form of a year for a state that has no mlastats. Raises ConfigurationError where the file is there."""
    messages.use(language)
    if path.exists():
        raise ConfigurationError(f"{path.name} is there. Name another file, or take it away.")
    if state not in vocab.codes("partner") or not re.fullmatch(r"\d{4}", period):
        raise ConfigurationError(
            f"A form is of a state by its three letters and of a year, as VNM and 2025; got {state!r}, {period!r}."
        )
    header = archive.header_of(archive.BLANK | {"state": state, "period": period, "as_of": f"{period}-12-31"})
    publish.workbook(path, header, form.blank(state))


def _named(settings: Settings, path: Path) -> str:
    return path.relative_to(settings.folder).as_posix() if path.is_relative_to(settings.folder) else path.name


def _folder(settings: Settings, mode: str) -> Path:
    """Where returns of a mode lie; what is not for the public never in a folder of reports."""
    folder = settings.path(settings.returns) / mode
    published = [
        settings.path(name).resolve() for name in (settings.published, settings.published_public) if name
    ]
    if mode != "banded" and any(folder.resolve().is_relative_to(place) for place in published):
        raise ConfigurationError(
            f"`returns` lies in a folder of reports, and a return in mode {mode} is not for the public. Name another."
        )
    return folder


def _exact(settings: Settings, asked: Asked) -> Mapping[str, Any]:
    """The exact cubes, with the keys of the state's records, which are fixed before anything is counted over them."""
    folder = settings.path(settings.processed)
    requests = schema.read(folder / "requests.parquet")
    end = reporting_year(asked.period, settings).end.isoformat()
    if asked.mode == "banded":
        series.ready(settings, "return", end)
    secret = keystore.secret(settings) or keystore.new_secret(settings)
    own, names = keys.record_keys(requests, secret, keystore.fixed_keys(settings, secret))
    keystore.fix(settings, secret, names)
    assets = schema.read(folder / "assets.parquet", "assets")
    # Without a register of assets an empty table is not that there were none.
    kept = len(assets) or any(register.table == "assets" for register in settings.registers)
    persons = schema.read(folder / "persons.parquet", "persons")
    asked_for = len(persons) or any(register.table == "persons" for register in settings.registers)
    beside = {"assets": assets if kept else None, "persons": persons if asked_for else None}
    return cubes(requests, settings, asked.period, keys=own, **beside)


def _of_mode(
    settings: Settings, asked: Asked, exact: Mapping[str, Any], agreed: Mapping[str, Any]
) -> Mapping[str, Any]:
    if asked.mode == "banded":
        return banded(exact, keystore.secret(settings))
    if asked.mode == "trusted":
        return exact
    sealed.check(agreed, settings.reporting_state)
    folder = settings.path(settings.keys) / ROUNDS / str(agreed["round"])
    seeds = {}
    for other in agreed["members"]:
        if other != settings.reporting_state:
            try:
                seeds[other] = bytes.fromhex((folder / f"{other}.seed").read_text(encoding="ascii").strip())
            except (OSError, ValueError) as cause:
                raise ConfigurationError(
                    f"The seed with {other} of the round {agreed['round']} is missing or cannot be read. Agree on 64 "
                    f"hexadecimal digits, and put them into {settings.keys}/{ROUNDS}/{agreed['round']}/{other}.seed."
                ) from cause
    return sealed.sealed(exact, agreed, settings.reporting_state, seeds)


def _agreed(path: Path | None) -> dict[str, Any]:
    """What was agreed for a round, from its file."""
    if path is None:
        raise ConfigurationError("A sealed return is made for a round: name its file with --round.")
    try:
        agreed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise ConfigurationError(f"The file of the round, {path.name}, cannot be read as JSON.") from cause
    if not isinstance(agreed, dict) or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(agreed.get("round"))):
        raise ConfigurationError(
            f"The file of the round, {path.name}, must name it as `round`: letters, digits, _ and - only."
        )
    return agreed


def _versions(folder: Path, state: str, period: str) -> list[Path]:
    """The versions of a return, the first one first."""
    found = folder.glob(f"{state}_{period}*_v*{archive.SUFFIX}")
    numbered = {int(m[1]): path for path in found if (m := re.search(r"_v(\d+)\.", path.name))}
    return [numbered[n] for n in sorted(numbered)]


def _encrypted(path: Path, recipient: str) -> str:
    """The file encrypted for its receiver by age, or else by gpg; ConfigurationError where neither is there or it fails."""
    commands = {
        "age": ["age", "--recipient", recipient, "--output", f"{path}.age", str(path)],
        "gpg": [
            "gpg",
            "--batch",
            "--encrypt",
            "--recipient",
            recipient,
            "--output",
            f"{path}.gpg",
            str(path),
        ],
    }
    for name, command in commands.items():
        if shutil.which(name):
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode:
                raise ConfigurationError(
                    f"{name} did not encrypt the return: it does not know the recipient. It is not sent yet."
                )
            return f"{path.name}.{name}"
    raise ConfigurationError(
        "Neither age nor gpg is installed: the return is made, and is not encrypted. Do not send it so."
    )


def check(path: Path, language: str, config: str | None) -> tuple[Return | None, list[str]]:
    """The return in a file, if it can be read, and all its faults in a language; codes of a workspace are known where its
    configuration is named."""
    if config:
        messages.use_workspace(load(config), language)
    else:
        messages.use(language)
    return faults.check(path)
