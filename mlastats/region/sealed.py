"""A sealed return: numbers under masks that cancel in the sum over all members of a round, and nowhere else.

Each pair of members shares a seed that was agreed for the round and of which the receiver knows nothing. Both draw the same
numbers of 64 bits from it (the key stream of ChaCha20, RFC 8439, by the library `cryptography`); the first by the alphabet
adds them to its counts, the other takes them away, modulo 2**64. A sum over all members is exact. One over fewer is noise,
so that a country that is late means a new round, with new seeds. All members but one together know what the last one sent:
two of three that collude know the third. A seed used for two returns of one state gives away their difference.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import ConfigurationError, InputRejected
from mlastats.region.cube import CUBES, MASKED, NOT_APPLICABLE, OTHER, TOTAL, WITHHELD, Return

FEWEST = 3
SEED = 32
# No sum of counts is larger; one that is was not freed of its masks.
MOST = 1 << 40
TIMED, UNTIMED = ("entered", "pending", "answered", "ended_otherwise"), ("undated", "unobserved")
LEVELS = ("DIRECTION", "KIND", "CHANNEL")


def check(agreed: Mapping[str, Any], state: str) -> None:
    """Raise ConfigurationError unless a round is agreed as it must be: `round`, a name; `members`, at least three in the
    order of the alphabet, the state among them; `levels`, the codes of DIRECTION, KIND and CHANNEL that are told apart
    (none: all together); `days`, the last day of age."""
    members, levels, days = agreed.get("members"), agreed.get("levels"), agreed.get("days")
    fits = (
        isinstance(agreed.get("round"), str)
        and isinstance(members, list)
        and all(isinstance(code, str) and len(code) == 3 for code in members)
        and members == sorted(set(members))
        and len(members) >= FEWEST
        and state in members
        and isinstance(levels, dict)
        and set(levels) <= set(LEVELS)
        and all(
            isinstance(codes, list) and all(isinstance(code, str) for code in codes)
            for codes in levels.values()
        )
        and type(days) is int
        and 0 <= days <= 20_000
    )
    if not fits:
        raise ConfigurationError(
            "A round is agreed as {round, members, levels, days}: its name, at least three members in the order of the "
            "alphabet with the state among them, lists of codes by DIRECTION, KIND and CHANNEL, the last day of age (at "
            "most 20000). Mend the file of the round, the same for all members."
        )


def sealed(
    exact: Mapping[str, pd.DataFrame], agreed: Mapping[str, Any], state: str, seeds: Mapping[str, bytes]
) -> dict[str, pd.DataFrame]:
    """The cubes of a sealed return: DURATION (of the clock `answer`) and FLOW on the agreed grid, under masks; nothing of
    the others but CONCEPT. `seeds` has one of 32 bytes for each other member. Raises ConfigurationError for a round or
    seeds that are not as they must be, and where a duration lies beyond the grid."""
    check(agreed, state)
    others = [code for code in agreed["members"] if code != state]
    if set(seeds) != set(others) or any(len(seed) != SEED for seed in seeds.values()):
        raise ConfigurationError(
            f"The round {agreed['round']} needs a seed of {SEED} bytes with each of {', '.join(others)}, and no other."
        )
    if len(set(seeds.values())) < len(seeds):
        raise ConfigurationError(
            f"Two seeds of the round {agreed['round']} are the same. Agree on others, pair by pair."
        )
    first = exact["CONCEPT"].iloc[0]
    period = str(first["TIME_PERIOD"])
    made = {"CONCEPT": exact["CONCEPT"]}
    for name in MASKED:
        cells = _on_grid(name, exact[name], agreed)
        table = CUBES[name].finished(cells.astype("UInt64").rename("OBS_VALUE").reset_index(), state, period)
        values = table["OBS_VALUE"].to_numpy(np.uint64)
        for other in others:
            words = stream(seeds[other], _nonce(agreed["round"], period, name), len(values))
            values = values + words if state < other else values - words
        made[name] = table.assign(OBS_VALUE=pd.array(values, dtype="UInt64"))
    return {
        name: made.get(name, cube.said(state, period, CONF_STATUS=WITHHELD)) for name, cube in CUBES.items()
    }


def opened(returns: Sequence[Return]) -> dict[str, pd.DataFrame]:
    """The sums of FLOW and DURATION over all members of a round, with REF_AREA `_T`. Raises InputRejected unless each
    member is there once, with the same round and grid, and the sums are counts."""
    agreed: dict[str, Any] = dict(returns[0].header.agreed) if returns else {}
    period = returns[0].header.period if returns else ""
    members = sorted(one.header.state for one in returns)
    alike = all(
        one.header.mode == "sealed" and dict(one.header.agreed) == agreed and one.header.period == period
        for one in returns
    )
    if not alike or members != agreed.get("members") or len(members) < FEWEST:
        absent = ", ".join(sorted(set(agreed.get("members") or []) - set(members))) or "none"
        raise InputRejected(
            "A sealed round is opened with the return of each of its members, once, of one round, grid and year; missing: "
            f"{absent}. Where one is late, a new round is needed, with new seeds."
        )
    sums = {}
    for name in MASKED:
        tables = [one.cubes[name] for one in returns]
        cells = [table.drop(columns=["REF_AREA", "OBS_VALUE"]) for table in tables]
        if not all(cells[0].equals(other) for other in cells[1:]):
            raise InputRejected(
                f"The returns of the round {agreed['round']} do not have the same cells of {name}."
            )
        with np.errstate(over="ignore"):
            values = np.sum(
                [table["OBS_VALUE"].to_numpy(np.uint64) for table in tables], axis=0, dtype=np.uint64
            )
        if (values > MOST).any():
            raise InputRejected(
                f"The sum of the round {agreed['round']} is not free of its masks: a pair used two seeds, or a seed of "
                "another round. Agree on new seeds."
            )
        table = cells[0].assign(REF_AREA=TOTAL, OBS_VALUE=values.astype(np.int64))
        kept = table["OBS_VALUE"].gt(0) | (name != "DURATION")
        sums[name] = CUBES[name].finished(table[kept], TOTAL, period)
    return sums


def members(one: Return) -> tuple[str, ...]:
    """Who agreed on the round of a sealed return."""
    agreed = one.header.agreed["members"]
    return tuple(map(str, agreed)) if isinstance(agreed, list) else ()


def given_up(one: Return, others: Sequence[Return]) -> bool:
    """Whether another member has sent a later return than its own of this round: there is a newer round, then, and who was
    late and sends now would give its counts away, as the sum of this round less that of the newer one."""
    head = one.header
    heads = [
        other.header
        for other in others
        if other.header.mode == "sealed"
        and other.header.period == head.period
        and other.header.state != head.state
    ]
    of_round = {h.state: h.version for h in heads if h.agreed["round"] == head.agreed["round"]}
    return any(h.version > of_round.get(h.state, h.version) for h in heads)


def told_apart(agreed: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who would be told by the sum of this round less that of an earlier one of the same year: members of one of both, if
    they are fewer than three."""
    found: set[str] = set()
    for other in earlier:
        apart = set(agreed["members"]) ^ set(other["members"])
        found |= apart if len(apart) < FEWEST else set()
    return sorted(found)


def stream(seed: bytes, nonce: bytes, words: int, counter: int = 0) -> np.ndarray:
    """So many numbers of 64 bits from the key stream of ChaCha20 (RFC 8439) under a key of 32 bytes and a nonce of 12."""
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
    except ImportError as cause:
        raise ConfigurationError(
            "Sealed returns need the library `cryptography`. Install it: pip install 'mlastats[sealed]'."
        ) from cause
    cipher = Cipher(ChaCha20(seed, counter.to_bytes(4, "little") + nonce), mode=None).encryptor()
    return np.frombuffer(cipher.update(bytes(8 * words)), dtype="<u8").astype(np.uint64)


def _nonce(round_: str, period: str, cube: str) -> bytes:
    """Another one for each vector that is masked under one seed."""
    return hashlib.sha256("\x1f".join((round_, period, cube)).encode()).digest()[:12]


def _on_grid(name: str, table: pd.DataFrame, agreed: Mapping[str, Any]) -> pd.Series:
    """The counts of a cube on the agreed grid, every cell of it: what is not told apart is all together."""
    dimensions = [n for n in CUBES[name].dimensions if n not in ("REF_AREA", "TIME_PERIOD")]
    told = {n: [*codes, OTHER] for n, codes in agreed["levels"].items() if n in dimensions}
    levels = {n: told.get(n, [TOTAL]) for n in dimensions} | {"MEASURE": list(CUBES[name].measures)}
    within = pd.DataFrame({"MEASURE": levels.pop("MEASURE")})
    if name == "DURATION":
        table = table[table["CLOCK"].eq("answer")]
        days = pd.to_numeric(table["DAY"].where(table["DAY"].ne(NOT_APPLICABLE)))
        if (days > agreed["days"]).any():
            raise ConfigurationError(
                f"{int((days > agreed['days']).sum())} cells lie beyond day {agreed['days']} of the grid of the round "
                f"{agreed['round']}. Agree on a longer one: the longest is {int(days.max())} days."
            )
        timed = product(TIMED, map(str, range(agreed["days"] + 1)))
        within = pd.DataFrame([*timed, *product(UNTIMED, [NOT_APPLICABLE])], columns=["EVENT", "DAY"])
        within = within.assign(CLOCK="answer", MEASURE="requests")
    elsewhere = {n: OTHER if n in told else TOTAL for n in levels}
    columns = {
        n: table[n] if n in within else table[n].where(table[n].isin(levels[n]), elsewhere[n])
        for n in dimensions
    }
    sums = table["OBS_VALUE"].astype("int64").groupby([columns[n] for n in dimensions]).sum()
    outer = pd.MultiIndex.from_product([levels[n] for n in dimensions if n not in within]).to_frame(
        index=False
    )
    outer.columns = pd.Index([n for n in dimensions if n not in within])
    every = pd.MultiIndex.from_frame(outer.merge(within, how="cross")[dimensions])
    if len(sums.index.difference(every)):
        raise ConfigurationError(f"Some cells of {name} are not on the grid of the round {agreed['round']}.")
    return sums.reindex(every, fill_value=0)
