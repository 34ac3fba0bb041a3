"""References of requests: what makes two of them the same or alike, and what they link."""

import hashlib
import hmac
import os
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import schema
from mlastats.errors import ConfigurationError
from mlastats.messages import _
from mlastats.register import record
from mlastats.register.words import Words, arrow, is_coded, words

KEY = "MLASTATS_KEY"
# Odd, and its bits are as good as drawn by chance: what is multiplied by it is mixed.
FACTOR = np.uint64(6364136223846793005)
# How much of a word of eight bytes belongs to a text of which so many are left.
LEFT = np.array([(1 << 8 * left) - 1 for left in range(9)], dtype=np.uint64)
BLOCK = 1 << 16
INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


def written(column: pd.Series) -> Words:
    """A column of references, nearly all distinct: each row has its own, without the space around it."""
    if is_coded(column):
        return words(column)
    trimmed = column.reset_index(drop=True).str.strip()
    places = np.arange(len(column), dtype=np.int32)
    return Words(trimmed, np.where(trimmed.eq("") | trimmed.isna(), np.int32(-1), places))


def key(ids: pd.Series) -> pd.Series:
    """References without regard to case, space and invisible signs; missing where there is none."""
    array = arrow(ids)
    if not _is_ascii(array):
        return ids.map(_key, na_action="ignore").astype("str")
    lower = pc.ascii_lower(array)
    spaced = (_bytes(lower) <= ord(" ")).any()
    return _series(pc.replace_substring_regex(lower, r"\s+", "") if spaced else lower, ids.index)


def compared(ids: pd.Series) -> pd.DataFrame:
    """What references are compared by: the `key`, and a number `sum` that equal keys share; others seldom
    share one."""
    keys = key(ids)
    return pd.DataFrame({"key": keys, "sum": _sums(arrow(keys), digits=False)}, copy=False)


def repeated(compared: pd.DataFrame) -> np.ndarray:
    """Which rows have a key that another row has."""
    again = compared["key"].notna().to_numpy() & _shared(compared["sum"].to_numpy())
    again[again] = compared["key"][again].duplicated(keep=False)
    return again


def among(numbers: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Which of many numbers of 32 or 64 bits are among some few; their first bits tell it of nearly all."""
    first = np.iinfo(numbers.dtype).bits - 16
    perhaps = np.zeros(1 << 16, dtype=bool)
    perhaps[some >> first] = True
    found = perhaps.take(numbers >> first)
    places = np.flatnonzero(found)
    found[places] = pd.Index(numbers[places]).isin(some)
    return found


def numbers(ids: pd.Series) -> pd.Series:
    """The numbers in references, without leading zeros: "MLI/2014/0007" and "mli-2014-7" are alike."""
    array = _western(ids)
    apart = pc.replace_substring_regex(array, "[^0-9]+", "/")
    return _series(pc.replace_substring_regex(apart, "(^|/)0+([0-9])", "\\1\\2"), ids.index).str.strip("/")


def digit_sums(ids: pd.Series) -> np.ndarray:
    """A number for each reference that is the same wherever `numbers` are: a sum of its digits but zero,
    in their order."""
    return _sums(_western(ids), digits=True)


def of_one_pattern(ids: pd.Series) -> bool:
    """Whether all references have the same signs in the same places, and digits in all others, as
    "MLA/2014/0007" and "MLA/2015/0012": then no two that differ have the same numbers."""
    array = arrow(ids.dropna())
    content, rows = _bytes(array), len(array)
    width = len(content) // max(rows, 1)
    if not rows or len(content) % rows or (pc.binary_length(array).to_numpy() != width).any():
        return not rows
    first = content[:width]
    digit = (first >= ord("0")) & (first <= ord("9"))
    bounds = (np.where(digit, ord(least), first).astype(np.uint8) for least in "09")
    # Side by side, as many as stay near, they are compared in one sweep.
    low, high = (np.tile(bound, min(rows, BLOCK)) for bound in bounds)
    blocks = (content[start : start + len(low)] for start in range(0, len(content), len(low)))
    return all(((low[: len(block)] <= block) & (block <= high[: len(block)])).all() for block in blocks)


def hashed(words: Words, name: str) -> Words:
    """References replaced by a keyed hash, so that a name in one is not carried on; the same reference
    has the same hash. The key stands in the environment variable MLASTATS_KEY, never in a file of
    the workspace."""
    secret = os.environ.get(KEY, "")
    if len(secret) < 16:
        raise ConfigurationError(
            f"The mapping has `{name}` hashed: set the environment variable {KEY} to a secret of 16 characters or "
            "more, and keep it; with another key the references change."
        )
    done = [
        hmac.new(secret.encode(), _key(text).encode(), hashlib.sha256).hexdigest()[:16]
        for text in words.values
    ]
    places, distinct = pd.factorize(np.array(done, dtype=object))
    return Words(pd.Series(distinct, dtype="str"), np.append(places, -1)[words.codes].astype(np.int32))


def linked(requests: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """The references that requests link to, as those are written; and issues: a link to no request, to
    one of several, to itself, or round in a circle, which is missing.

    A reference is looked for in the register of the request that links, then in all.
    """
    links = requests["linked_request_id"]
    has = links.notna()
    if not has.any():
        return links, record.joined([], record.ISSUES)
    own, wanted = key(requests.loc[has, "request_id"]), key(links[has])
    found = _written(requests, requests[has], wanted)
    circle = wanted.eq(own) | wanted.isin(_in_circles(own, wanted))
    unknown = found["text"].isna() & ~found["several"] & ~circle
    several = found["several"] & ~circle
    told = {
        "link_circle": (circle, _("The request is linked to itself, at once or by way of others.")),
        "link_unknown": (unknown, _("The reference it is linked to is in no register.")),
        "link_ambiguous": (
            several,
            _("Several requests have the reference it is linked to; it is not followed."),
        ),
    }
    issues = [_link_issues(requests[has][rows], rule, text) for rule, (rows, text) in told.items()]
    out = links.copy()
    out[has] = found["text"].where(found["text"].notna(), links[has]).mask(circle).astype("str")
    return out, record.joined(issues, record.ISSUES)


def _written(requests: pd.DataFrame, linking: pd.DataFrame, wanted: pd.Series) -> pd.DataFrame:
    """For each request that links: the `text` of the reference meant, and whether `several` have it."""
    known = requests[requests["request_id"].notna()]
    keys = key(known["request_id"])
    some = keys.isin(set(wanted))
    carriers: dict[str, list[tuple[str, str]]] = {}
    for reference, register, text in zip(
        keys[some], known["register"][some], known["request_id"][some], strict=True
    ):
        carriers.setdefault(reference, []).append((register, text))
    rows = zip(wanted, linking["register"], linking["linked_request_id"], strict=True)
    meant = [_meant(carriers.get(reference, []), register, text) for reference, register, text in rows]
    return pd.DataFrame(meant, columns=["text", "several"], index=linking.index)


def _meant(carriers: list[tuple[str, str]], registers: str, text: str) -> tuple[str | None, bool]:
    """Of the requests (registers, reference) that may be meant: those of an own register, those written
    just so, and then the only one."""
    own = set(registers.split(schema.SEVERAL))
    near = [written for register, written in carriers if own & set(register.split(schema.SEVERAL))]
    found = near or [written for _register, written in carriers]
    found = [written for written in found if written == text] or found
    several = len(found) > 1
    return (found[0] if len(set(found)) == 1 else None), several


def _link_issues(requests: pd.DataFrame, rule: str, message: str) -> pd.DataFrame:
    return record.issues(
        requests["source_row"],
        register=requests["register"],
        column="linked_request_id",
        value=requests["linked_request_id"],
        rule=rule,
        message=message,
        suggestion=_("Ask the agency which request it follows."),
        severity="error" if rule == "link_circle" else "warning",
    )


def _in_circles(own: pd.Series, wanted: pd.Series) -> set[str]:
    after = dict(zip(own.dropna(), wanted[own.notna()], strict=True))
    found: set[str] = set()
    done: set[str] = set()
    for start in after:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = after.get(here)
        if here in path:
            steps = list(path)
            found |= set(steps[steps.index(here) :])
        done |= set(path)
    return found


def _is_ascii(array: pa.Array) -> bool:
    return pc.all(pc.string_is_ascii(array)).as_py() is not False


def _bytes(array: pa.Array) -> np.ndarray:
    """The bytes of all texts, one after the other."""
    _valid, bounds, content = array.buffers()
    if content is None or not len(array):
        return np.zeros(0, dtype=np.uint8)
    first, last = np.frombuffer(bounds, np.int64)[[array.offset, array.offset + len(array)]]
    return np.frombuffer(content, np.uint8)[first:last]


def _shared(sums: np.ndarray) -> np.ndarray:
    """Which numbers may stand more than once; half of their bits tell it of nearly all."""
    halves = (sums >> np.uint64(32)).astype(np.uint32)
    ordered = np.sort(halves)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return among(halves, again)


def _sums(array: pa.Array, digits: bool) -> np.ndarray:
    """For each text a number of 64 bits, of all its bytes or of its digits 1 to 9. Texts that differ seldom
    have one number."""
    blocks = [array.slice(start, BLOCK) for start in range(0, len(array), BLOCK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        sums = list(pool.map(lambda block: _block(block, digits), blocks))
    return np.concatenate([np.zeros(0, np.uint64), *sums])


def _block(array: pa.Array, digits: bool) -> np.ndarray:
    """By words of eight bytes, each mixed with the sum of those before it."""
    bounds = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    content, bounds = _bytes(array), bounds - bounds[0]
    if digits:
        kept = (content > ord("0")) & (content <= ord("9"))
        narrow = np.int64 if len(kept) >> 31 else np.int32
        bounds = np.append(0, np.cumsum(kept, dtype=narrow)).take(bounds)
        content = content[kept]
    words = np.ndarray(len(content) + 1, "<u8", np.append(content, np.zeros(8, np.uint8)), strides=(1,))
    starts, lengths = bounds[:-1], np.diff(bounds)
    sums = lengths.astype(np.uint64)
    least = lengths.min(initial=0)
    for at in range(0, int(lengths.max(initial=0)), 8):
        rows = slice(None) if least > at else np.flatnonzero(lengths > at)
        word = words[starts[rows] + at]
        if least < at + 8:
            word &= LEFT.take(np.minimum(lengths[rows] - at, 8))
        mixed = (sums[rows] ^ word) * FACTOR
        sums[rows] = mixed ^ (mixed >> np.uint64(32))
    return sums


def _western(ids: pd.Series) -> pa.Array:
    array = arrow(ids)
    return array if _is_ascii(array) else arrow(ids.map(_digits, na_action="ignore").astype("str"))


def _key(text: str) -> str:
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(array, dtype="str"), index=index)
