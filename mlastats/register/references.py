"""References of requests: what makes two of them the same or alike, and what they link."""

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlastats import schema
from mlastats.errors import ConfigurationError
from mlastats.messages import _
from mlastats.register import record
from mlastats.register.distinct import Distinct, arrow, is_coded
from mlastats.settings import KEY

BLOCK = 1 << 16
INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


def as_written(column: pd.Series) -> Distinct:
    """A column of references, nearly all distinct: each row has its own, without the space around it."""
    if is_coded(column):
        return Distinct.of(column)
    trimmed = column.reset_index(drop=True).str.strip()
    places = np.arange(len(column), dtype=np.int32)
    return Distinct(trimmed, np.where(trimmed.eq("") | trimmed.isna(), np.int32(-1), places))


# What a spreadsheet makes of "3/2017", and of a number of more than fifteen digits.
TURNED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( 00:00:00)?$|^[0-9](\.[0-9]+)?[eE]\+[0-9]+$"


def turned(columns: Mapping[str, Distinct]) -> dict[str, np.ndarray]:
    """Which rows have a reference that a spreadsheet seems to have made a date of, or cut after fifteen digits."""
    rows = {}
    for name in (n for n in ("request_id", "linked_request_id") if n in columns):
        looks = pc.fill_null(pc.match_substring_regex(arrow(columns[name].values), TURNED), False)
        rows[name] = columns[name].rows_with(looks.to_numpy(zero_copy_only=False))
    return rows


def usual(columns: Mapping[str, Distinct]) -> set[str]:
    """The columns in which more than half of the references look as if a spreadsheet had `turned` them."""
    return {name for name, rows in turned(columns).items() if 2 * rows.sum() > columns[name].filled.sum()}


def changed_by_spreadsheet(
    columns: Mapping[str, Distinct], rows: pd.Index, but: Collection[str]
) -> pd.DataFrame:
    """The issues of references that a spreadsheet has `turned`, `but` those of columns in which it is usual: they are
    used as they are."""
    issues = []
    for name, some in turned(columns).items():
        if name in but or not some.any():
            continue
        words, places = columns[name], np.flatnonzero(some)
        values = words.values.array.take(words.codes[places])
        dated = [value[4:5] == "-" for value in values]
        issues.append(
            record.issues(
                rows[places],
                column=name,
                value=values,
                rule="reference_changed",
                message=[
                    _("A spreadsheet made a date of this reference.")
                    if is_date
                    else _("A spreadsheet kept only the first fifteen digits of this reference.")
                    for is_date in dated
                ],
                suggestion=[
                    _("Was it {reference}? Write it as text.", reference=f"{int(value[5:7])}/{value[:4]}")
                    if is_date and value[8:10] == "01"
                    else _("Look it up in the file, and write it as text.")
                    for value, is_date in zip(values, dated, strict=True)
                ],
                severity="warning",
            )
        )
    return record.joined(issues, record.ISSUES)


def key(ids: pd.Series) -> pd.Series:
    """References without regard to case, space and invisible signs; missing where there is none."""
    array = arrow(ids)
    if not _is_ascii(array):
        return ids.map(_key, na_action="ignore").astype("str")
    lower = pc.ascii_lower(array)
    spaced = (_bytes(lower) <= ord(" ")).any()
    return _series(pc.replace_substring_regex(lower, r"\s+", "") if spaced else lower, ids.index)


def repeated(keys: pd.Series) -> np.ndarray:
    """Which rows have a key that another row has."""
    again = pd.Series(sums(keys)).duplicated(keep=False).to_numpy() & keys.notna().to_numpy()
    again[again] = keys[again].duplicated(keep=False)
    return again


def numbers(ids: pd.Series) -> pd.Series:
    """The numbers in references, without leading zeros: "MLI/2014/0007" and "mli-2014-7" are alike."""
    if not _is_ascii(arrow(ids)):
        western = {
            ord(sign): str(unicodedata.decimal(sign)) for sign in set(ids.str.cat()) if sign.isdecimal()
        }
        ids = ids.str.translate(western)
    apart = pc.replace_substring_regex(arrow(ids), "[^0-9]+", "/")
    return _series(pc.replace_substring_regex(apart, "(^|/)0+([0-9])", "\\1\\2"), ids.index).str.strip("/")


def of_one_pattern(ids: pd.Series) -> bool:
    """Whether all references have the same signs in the same places, and digits in all others, as
    "MLA/2014/0007" and "MLA/2015/0012": then no two that differ have the same numbers."""
    array = arrow(ids.dropna())
    content, rows = _bytes(array), len(array)
    width = len(content) // max(rows, 1)
    if not rows or len(content) % rows or (pc.binary_length(array).to_numpy() != width).any():
        return not rows
    digit = (content >= ord("0")) & (content <= ord("9"))
    pattern = np.where(digit, np.uint8(ord("0")), content).reshape(rows, width)
    return bool((pattern == pattern[0]).all())


def hashed(words: Distinct, name: str) -> Distinct:
    """References replaced by a keyed hash, so that a name in one is not carried on; the same reference
    has the same hash. The key stands in the environment variable MLASTATS_KEY, never in a file of
    the workspace."""
    secret = os.environ.get(KEY, "")
    if len(secret) < 16 or len(set(secret)) < 8:
        raise ConfigurationError(
            f"The mapping has `{name}` hashed: set the environment variable {KEY} to a secret of 16 characters or "
            "more, 8 of them different, and keep it; with another key the references change."
        )
    done = [
        hmac.new(secret.encode(), _key(text).encode(), hashlib.sha256).hexdigest()[:16]
        for text in words.values
    ]
    places, distinct = pd.factorize(np.array(done, dtype=object))
    return Distinct(pd.Series(distinct, dtype="str"), np.append(places, -1)[words.codes].astype(np.int32))


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
    found = _meant_by(requests, requests[has], wanted)
    circle = wanted.eq(own) | wanted.isin(_in_circles(own, wanted))
    unknown = found["text"].isna() & ~found["several"] & ~circle
    doubtful = {
        "link_circle": circle,
        "link_unknown": unknown,
        "link_ambiguous": found["several"] & ~circle,
    }
    issues = [
        record.issues(
            requests["source_row"][has][rows],
            register=requests["register"][has][rows],
            column="linked_request_id",
            value=links[has][rows],
            rule=rule,
        )
        for rule, rows in doubtful.items()
    ]
    out = links.copy()
    out[has] = found["text"].where(found["text"].notna(), links[has]).mask(circle).astype("str")
    return out, record.joined(issues, record.ISSUES)


def _meant_by(requests: pd.DataFrame, linking: pd.DataFrame, wanted: pd.Series) -> pd.DataFrame:
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


def sums(texts: pd.Series) -> np.ndarray:
    """A number for each text, of its bytes by their places, the same whatever stands beside it: texts that differ seldom
    share one, and numbers are compared in a third of the time of texts."""
    array = arrow(texts)
    longest = pc.max(pc.binary_length(array)).as_py() or 0
    weight = np.random.default_rng(0).integers(1, 1 << 63, longest + 1, dtype=np.uint64)
    blocks = [np.zeros(0, np.uint64)]
    for start in range(0, len(array), BLOCK):
        block = array.slice(start, BLOCK)
        bounds = np.frombuffer(block.buffers()[1], np.int64)[block.offset : block.offset + len(block) + 1]
        starts, content = bounds[:-1] - bounds[0], np.append(_bytes(block), np.uint8(0))
        place = np.arange(len(content)) - np.repeat(starts, np.diff(np.append(starts, len(content))))
        # Where nothing stands, `reduceat` gives what stands next.
        blocks.append(np.add.reduceat(content * weight[place], starts) * (np.diff(bounds) > 0))
    return np.concatenate(blocks)


def _key(text: str) -> str:
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(array, dtype="str"), index=index)
