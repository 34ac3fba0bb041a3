"""The keys of records.

A key is a keyed hash of register, reference, day and occurrence, fixed when the record is first seen: a later merge
of registers or a corrected day would otherwise draw all its cells anew, and what moved would tell which they were.
"""

import hashlib

import pandas as pd

from mlastats import schema
from mlastats.errors import ReportFailed


def hashed(secret: bytes, *parts: object) -> int:
    """A keyed hash of 64 bits."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=8).digest(), "big")


def record_keys(
    requests: pd.DataFrame, secret: bytes, before: pd.Series | None = None
) -> tuple[pd.Series, pd.Series]:
    """The key of each request, and all keys to keep by the hashed names of the records.

    A name is register, reference, day and occurrence, one for each register that holds the request; or, where it has
    a reference, the same without the day. A record whose name was there `before` has that key, by the day if it can be.
    """
    fixed = dict(before.items()) if before is not None else {}
    exact = _names(requests, secret, dated=True)
    names = [*exact.items(), *_names(requests, secret, dated=False).items()]
    keys: dict[object, int] = {}
    taken: set[int] = set()
    for row, own in names:
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
    for row, own in names:
        for name in own:
            fixed.setdefault(name, keys[row])
    return pd.Series(keys, dtype="uint64").reindex(requests.index), pd.Series(fixed, dtype="uint64")


def _names(requests: pd.DataFrame, secret: bytes, dated: bool) -> dict[object, list[int]]:
    """The hashed names of each request, by its row; without the day only of those with a reference."""
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
