"""The secret of a workspace and the keys of its records, in data/keys.

A key is a keyed hash of register, reference, day and occurrence, fixed when the record is first seen: a later merge
of registers or a corrected day would otherwise draw all its cells anew, and what moved would tell which they were.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats import schema, storage
from mlastats.errors import ConfigurationError, ReportFailed
from mlastats.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

VARIABLE = "MLASTATS_SECRET"
_BYTES = 32


def secret_file(settings: Settings) -> Path:
    """The file of the secret: the one that MLASTATS_SECRET names, else that of the workspace."""
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else settings.path(settings.keys) / "secret"


def secret(settings: Settings) -> bytes:
    """The workspace's secret; empty where there is none. Raises ConfigurationError where it cannot be read."""
    path = secret_file(settings)
    if not path.exists():
        return b""
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as cause:
        raise ConfigurationError(
            f"The secret of public reports cannot be read ({type(cause).__name__}). Restore {path.name} from its backup."
        ) from cause
    if len(value) < _BYTES:
        raise ConfigurationError(
            f"The secret must be {_BYTES} bytes in hexadecimal; {path.name} has {len(value)}."
        )
    return value


def new_secret(settings: Settings) -> bytes:
    """A new secret in the place of the old one, which stays beside it under another name."""
    path = secret_file(settings)
    if path.exists():
        path.rename(path.with_name(f"{path.name}-{fingerprint(path.read_bytes())}"))
    _write(settings, path, secrets.token_hex(_BYTES).encode())
    return secret(settings)


def fingerprint(secret: bytes) -> str:
    """By what a secret is known without being told."""
    return hashlib.blake2b(b"fingerprint", key=secret[:64], digest_size=8).hexdigest()


def hashed(secret: bytes, *parts: object) -> int:
    """A keyed hash of 64 bits."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=8).digest(), "big")


def record_keys(
    requests: "pd.DataFrame", secret: bytes, before: "pd.Series | None" = None
) -> "tuple[pd.Series, pd.Series]":
    """The key of each request, and all keys to keep by the hashed names of the records.

    A name is register, reference, day and occurrence, one for each register that holds the request; or, where it has
    a reference, the same without the day. A record whose name was there `before` has that key, by the day if it can be.
    """
    import pandas as pd

    fixed = dict(before.items()) if before is not None else {}
    exact, loose = _names(requests, secret, dated=True), _names(requests, secret, dated=False)
    keys: dict[object, int] = {}
    taken: set[int] = set()
    for names in (exact, loose):
        for row, own in names.items():
            hit = next((fixed[name] for name in own if name in fixed and fixed[name] not in taken), None)
            if row not in keys and hit is not None:
                keys[row] = hit
                taken.add(hit)
    for row, own in exact.items():
        keys.setdefault(row, own[0])
    if len(set(keys.values())) < len(keys):
        raise ReportFailed(
            "Two records have one key. Run `mlastats secret new` with a reason, and publish anew."
        )
    for names in (exact, loose):
        for row, own in names.items():
            for name in own:
                fixed.setdefault(name, keys[row])
    series = pd.Series(keys, dtype="uint64").reindex(requests.index)
    return series, pd.Series(fixed, dtype="uint64")


def fixed_keys(settings: Settings, secret: bytes) -> "pd.Series | None":
    """The keys fixed so far under this secret."""
    import pandas as pd

    path = _store(settings, secret)
    if not path.is_file():
        return None
    table = pd.read_parquet(path)
    return pd.Series(table["key"].to_numpy(), index=table["name"].to_numpy())


def fix(settings: Settings, secret: bytes, keys: "pd.Series") -> None:
    """Fix keys, whole or not at all."""
    import pandas as pd

    table = pd.DataFrame({"name": keys.index.to_numpy("uint64"), "key": keys.to_numpy()}).sort_values("name")
    _write(settings, _store(settings, secret), table.to_parquet(index=False))


def _store(settings: Settings, secret: bytes) -> Path:
    return settings.path(settings.keys) / f"records-{fingerprint(secret)}.parquet"


def _write(settings: Settings, path: Path, content: bytes) -> None:
    """A file for its owner alone, or for the group of a shared workspace, from the first byte."""
    with storage.private(settings):
        storage.folder(path.parent, settings)
        storage.write_whole(path, content, path.parent)


def _names(requests: "pd.DataFrame", secret: bytes, dated: bool) -> dict[object, list[int]]:
    """The hashed names of each request, by its row; without the day only of those with a reference."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "row": requests.index,
            "register": requests["register"].fillna("").str.split(schema.SEVERAL).to_numpy(),
            "reference": requests["request_id"].fillna("").astype(str).to_numpy(),
            "day": schema.requested_on(requests).dt.strftime("%Y-%m-%d").fillna("").to_numpy()
            if dated
            else "-",
        }
    ).explode("register")
    table = table if dated else table[table["reference"].ne("")]
    parts = ["register", "reference", "day"]
    table["occurrence"] = table.groupby(parts).cumcount()
    names: dict[object, list[int]] = {}
    for row, *name in table[["row", *parts, "occurrence"]].itertuples(index=False):
        names.setdefault(row, []).append(hashed(secret, "record", *name))
    return names
