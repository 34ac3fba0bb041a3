"""The secret of a workspace and the keys that are fixed under it, in data/keys: kept as registers are, and backed up.

disclosure.keys says what a key is; MLASTATS_SECRET may name another file of the secret.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats import storage
from mlastats.errors import ConfigurationError
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
