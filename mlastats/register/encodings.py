"""The encoding of a text file: by its mark, as UTF-8, as configured, or by what its bytes can only be."""

import codecs
import re

import numpy as np
import pyarrow as pa

from mlastats.errors import InputRejected

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a register of the region may be saved in, besides Unicode, Thai and Western European.
OTHERS = ("cp1258", "cp1251", "gb18030", "big5", "cp932", "cp949")
SAMPLE = 1 << 20
HIGH = re.compile(rb"[\x80-\xff]+")
# Thai syllables: a vowel that leads has its letter, a mark above or below stands on one.
THAI = re.compile(
    rb"(?:[\xe0-\xe4]?[\xa1-\xce][\xd1\xd4-\xda\xe7-\xee]{0,2}[\xd0\xd2\xd3\xe5]{0,2}|[\xcf\xdf\xe6\xef-\xfb\x80\x85\x91-\x97\xa0])+"
)
IN_A_WORD = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
CHINESE_JAPANESE_KOREAN = ("gb18030", "big5", "cp949")
# A capital letter or a sign inside a word: these bytes are not letters of Western Europe.
FOREIGN = re.compile("[a-zà-ÿ](?:[À-ÞŒŠŽŸ]|[‚ƒ„…†‡ˆ‰‹•˜™›¡-¶¸-¿](?=[a-z]))")
ADVICE = (
    'Name it as `encoding` in the configuration (such as "cp874" or "cp1252"), or save the file as UTF-8.'
)


def decode(data: bytes, fallback: str | None, of: str) -> tuple[bytes, str, bool]:
    """The text as UTF-8 without a mark, the encoding it was in, and whether that was guessed.

    A byte-order mark decides; then strict UTF-8; then `fallback`, the configured encoding; then
    detection. Raises InputRejected where the file is not in the encoding that it should be in, is
    UTF-8 with damaged places, or may as well be in several encodings.
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            text = data[len(mark) :] if name == "utf-8-sig" else _recode(data, name, of)
            if not is_utf8(text):
                raise InputRejected(
                    f"{of} has the mark of UTF-8 and, {_place(text)}, bytes that are not. Save the file anew as UTF-8."
                )
            return text, name.removesuffix("-sig"), False
    if b"\0" in data[:SAMPLE]:
        # UTF-16 without a mark, which may well be valid UTF-8 too: line ends tell the order of its bytes.
        for name, end in (("utf-16-le", b"\n\0"), ("utf-16-be", b"\0\n")):
            if len(data) % 2 == 0 and data.find(end) % 2 == 0:
                return _recode(data, name, of), name, True
    if is_utf8(data):
        return data, "utf-8", False
    _refuse_damaged(data, of)
    if fallback:
        return _recode(data, fallback, of), fallback, False
    found = _detect(data, of)
    return _recode(data, found, of), found, True


def is_utf8(data: bytes) -> bool:
    """Whether all of it is UTF-8."""
    bounds = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, pa.py_buffer(data)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _refuse_damaged(data: bytes, of: str) -> None:
    """UTF-8 in all places but a few would be read in any other encoding, and all of it wrongly."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    if whole > 10 * broken:
        raise InputRejected(
            f"{of} is UTF-8 with damaged characters in {broken:,} places, the first {_place(data)}. "
            "Mend them, or save the file anew as UTF-8."
        )


def _place(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return f"in line {data.count(bytes([10]), 0, fault.start) + 1}"
    return ""


def _recode(data: bytes, encoding: str, of: str) -> bytes:
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except (LookupError, UnicodeError):
        raise InputRejected(
            f"{of} is not in the encoding {encoding}. Name the right one as `encoding` in the configuration, "
            "or save the file as UTF-8."
        ) from None


def _detect(data: bytes, of: str) -> str:
    """The one encoding that the bytes can be in.

    Letters of Western Europe stand alone between plain ones; Thai stands in words in which no mark
    comes first. What is neither must fit exactly one of the others.
    """
    if _is_western(data):
        found = ["cp1252"]
    elif _is_thai(data):
        found = ["cp874"]
    else:
        from charset_normalizer import from_bytes

        found = [match.encoding for match in from_bytes(data[:SAMPLE], cp_isolation=list(OTHERS))]
    if len(found) != 1:
        which = f": it may be {', '.join(sorted(found))}" if found else ""
        raise InputRejected(f"{of} is in no encoding that can be told for certain{which}. {ADVICE}")
    return found[0]


def _is_western(data: bytes) -> bool:
    runs = [len(run) for run in HIGH.findall(data[:SAMPLE])]
    if runs.count(1) < 0.8 * len(runs):
        return False
    return _decodes(data, "cp1252") and FOREIGN.search(data.decode("cp1252")) is None


def _is_thai(data: bytes) -> bool:
    runs = HIGH.findall(data)
    return (
        sum(THAI.fullmatch(run) is not None for run in runs) >= 0.95 * len(runs)
        and len(IN_A_WORD.findall(data)) <= 0.1 * len(runs)
        and not any(_decodes(data, name) for name in CHINESE_JAPANESE_KOREAN)
    )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
