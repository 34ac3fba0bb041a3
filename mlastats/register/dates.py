"""Dates as registers write them: scripts, eras, orders and times of day, to days with their precision.

A date is read only where it has one meaning. The order of day and month comes from the mapping or
from evidence in the column; a Buddhist year is told by its size (minus 543), a year of the Republic of
China by 民國 or the mapping; a year of two digits is read where exactly one era and order fall inside
[log_start - 20 years, as_of + 1 year]. Everything else is an issue.
"""

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.register import record, terms

BUDDHIST, ROC = 543, 1911
# No date is longer, with the blanks in it made one; so no pattern below takes long over a cell.
LONGEST = 100
# As numpy counts days, and how it says that there is none.
EPOCH, NO_DAY = dt.date(1970, 1, 1).toordinal(), np.iinfo(np.int64).min
LANGUAGES = ("en", "lo", "th", "km", "my", "vi", "id", "ms", "fil", "fr", "pt", "zh")
COLUMNS = ("date", "precision", "how", *record.SAID)
WORDS = re.compile(
    "ວັນທີ|ເດືອນ|ປີ|วันที่|เดือน|ปี|ngày|tháng|năm|ថ្ងៃទី|ថ្ងៃ|ខែ|ឆ្នាំ|ရက်|လ(?=\\s)|ခုနှစ်|tanggal|thg(?=\\s*\\d)"
    "|(?<=\\d)月|\\ble\\b|\\bdated\\b|\\bde\\b|\\bof\\b|\\bthe\\b"
)
ERAS = {
    "gregorian": re.compile(r"ค\.?\s?ศ\.?|ຄ\.?\s?ສ\.?|គ\.?\s?ស\.?|\ba\.?d\.?(?=\s|$|\d)|公元|西元"),
    "buddhist": re.compile(r"พ\.?\s?ศ\.?|ພ\.?\s?ສ\.?|ព\.?\s?ស\.?|\bb\.?e\.?(?=\s|$|\d)"),
    "roc": re.compile("民國|民国"),
}
OTHER_COUNT = re.compile(
    "[\u1000-\u109f\u1780-\u17ff]"
)  # Burmese and Khmer: Buddhist years there begin elsewhere
# A time of day: 20:30:00.48+00, 8:30 p.m., 20h30, 13.30 น., at 9:30, 20:30 UTC.
UNIT = r"(?:น\.?|ນ\.?|ໂມງ|นาฬิกา|hrs?\b\.?|hours\b|giờ)"
ZONES = {"z": 0, "utc": 0, "gmt": 0, "ict": 7, "wib": 7}
CLOCK = (
    rf"(?:(?:เวลา|ເວລາ|at|à|lúc|ម៉ោង|pukul)\s*)?(?P<hour>\d{{1,2}})"
    rf"(?::(?P<minute>\d{{2}})(?::(?P<second>\d{{2}})(?:[.,]\d+)?)?|h(?P<m>\d{{2}})?|\.(?P<n>\d{{2}})(?=\s*{UNIT}))"
    rf"(?:\s*(?P<half>[ap])\.?\s?m\b\.?)?(?:\s*{UNIT})?"
    r"\s*(?P<zone>z|(?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{2})?|utc|gmt|ict|wib)?"
)
TIME = re.compile(rf"(?<=\d)(?:t|[\s,]+){CLOCK}$")
TIME_FIRST = re.compile(rf"^{CLOCK}[\s,]+(?=\S)")
# 20240512203000 or 202405122030: a day and a time without signs.
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
NUMERIC = re.compile(r"(\d{1,4})\s*([/.\-\s])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
MONTH_YEAR = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{4})|(\d{4})\s*[/.\-]\s*(\d{1,2})")
CHINESE = re.compile(r"(\d{2,4})\s*年\s*(\d{1,2})\s*月\s*(?:(\d{1,2})\s*日?)?")
DIGIT = re.compile(r"\d")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
TOKEN = re.compile(
    r"\d+|[^\W\d_]+(?:[\u0300-\u036f\u0e31-\u0e4e\u0eb1-\u0ecd\u1000-\u109f\u17b4-\u17d3.]+[^\W\d_]*)*"
)
RANGE = re.compile(r"\s+(?:-|–|—|to|au|until|ຫາ|ถึง|đến|sampai)\s+|\s*[–—]\s*|\s+&\s+")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: 00:00:00)?")
# How likely a column may look as if a spreadsheet had exchanged day and month, without having done so.
CHANCE = 0.01


class NotADate(Exception):
    """Why a text is no date; its argument is the rule of the issue."""


@dataclass(frozen=True)
class Rules:
    """What all values of a column share; `order` is "dmy", "mdy", "ymd" or blank where nothing tells it,
    `epoch` blank where day numbers may be counted from 1900 or from 1904."""

    first: dt.date
    last: dt.date
    era: str | None
    zone: str
    clock: str | None
    order: str
    epoch: str


class Written(NamedTuple):
    """A cell taken apart before it is known how its column counts: three numbers whose order is open (`order` is the
    one that they can have only), or year, month and day (the last two may be unknown), or a spreadsheet's day
    number; or the `fault`.

    `other_count`: it is written in Khmer or Burmese, where Buddhist years may begin in April or May.
    """

    numbers: tuple[str, str, str] | None = None
    year: str = ""
    month: int | None = None
    day: int | None = None
    serial: int | None = None
    era: str = ""
    time: dict[str, str | None] | None = None
    other_count: bool = False
    fault: str = ""
    order: str = ""


def parse(values: pd.Series, **rules: Any) -> pd.DataFrame:
    """The dates of one column; `rules` as those of `parse_columns`."""
    return parse_columns({"": values}, **rules)[""]


def parse_columns(
    columns: Mapping[str, pd.Series],
    *,
    order: str | None = None,
    era: str | None = None,
    zone: str = "UTC",
    clock: str | None = None,
    suffixes: Collection[str] = (),
    exchanged: Collection[str] = (),
    log_start: dt.date | None = None,
    as_of: dt.date,
) -> dict[str, pd.DataFrame]:
    """The date of each distinct value of each column: `date` (of a month or year its first day),
    `precision`, `how` it was recognised; `rule`, `message`, `suggestion` and `severity` of the issue, blank
    where there is none.

    `order`, `era` and `clock` (the zone of timestamps without an offset) are the mapping's; days are
    counted in `zone`. `suffixes` may stand behind a day and say nothing of it ("9 Jun 2003 A"). In the columns
    of `exchanged` a spreadsheet took the day for the month: its dates (ISO) are turned back. A date
    outside [log_start - 20 years, as_of + 1 year] is implausible. The columns of one register mostly hold
    the same days: a text that stands in several is taken apart once.
    """
    tails = tuple(f" {suffix.casefold()}" for suffix in suffixes)
    # From 20 years before the register began (unknown: 30 years before as_of) to a year after as_of.
    window = _years_on(log_start or _years_on(as_of, -30), -20), _years_on(as_of, 1)
    if not columns:
        return {}
    codes, distinct = pd.factorize(pd.concat(list(columns.values())))
    texts = distinct.to_list()
    cells = [_written(text, tails) for text in texts]
    orders = np.array([cell.order for cell in cells])
    serials = np.array([cell.serial or 0 for cell in cells])
    tables: dict[tuple[Rules, object], pd.DataFrame] = {}
    results = {}
    for name, values in columns.items():
        places, codes = codes[: len(values)], codes[len(values) :]
        # The one order of day and month that some dates of the column can have only; blank where none or both.
        certain = set(orders[places]) - {""}
        told = str(certain.pop()) if len(certain) == 1 else ""
        rules = Rules(
            *window, era, zone, clock, order or told, _epoch(int(serials[places].max(initial=0)), as_of)
        )
        exchange = _turned_back if name in exchanged else None
        if exchange is None and _seems_exchanged((texts[n], cells[n]) for n in places):
            exchange = _doubted
        if (rules, exchange) not in tables:
            rows = [_row(text, cell, rules) for text, cell in zip(texts, cells, strict=True)]
            if exchange:
                rows = [exchange(text, row) for text, row in zip(texts, rows, strict=True)]
            tables[rules, exchange] = _table(rows)
        results[name] = tables[rules, exchange].take(places).set_axis(values.index)
    return results


def _table(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Days with how they were recognised; what is said of them is made text once."""
    distinct: dict[tuple[object, ...], int] = {}
    places = [distinct.setdefault(row[1:], len(distinct)) for row in rows]
    told = pd.DataFrame(list(distinct), columns=COLUMNS[1:], dtype="str").take(places)
    days = [row[0].toordinal() - EPOCH if isinstance(row[0], dt.date) else NO_DAY for row in rows]
    date = np.array(days, np.int64).view("datetime64[D]").astype("datetime64[us]")
    return told.assign(date=date)[list(COLUMNS)]


def is_day(text: str) -> bool:
    """Whether a text is a day as registers write it, in whatever order."""
    if not any(map(str.isdigit, text)):
        return False
    cell = _written(text, ())
    return cell.numbers is not None or bool(cell.day)


def is_no_date(text: str) -> bool:
    """Whether a text is neither a day, a month or a year nor a spreadsheet's day number."""
    return bool(_written(text, ()).fault)


def _years_on(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _row(text: str, cell: Written, rules: Rules) -> tuple[object, ...]:
    """Day, precision, how it was recognised, and the issue."""
    if cell.fault and not any(sign.isdigit() for sign in text) and terms.blank(text):
        return (None, None, "", *record.said("said_missing").values())
    try:
        day, precision, how = _read(cell, rules)
    except NotADate as cause:
        return (None, None, "", *record.said(str(cause)).values())
    if how == "excel_assumed":
        return (day, precision, how, *record.said("epoch_assumed").values())
    return (day, precision, how, "", "", "", "")


def _plain(text: str) -> str:
    """Compatible forms made one, digits of any script Western, small letters, nothing invisible."""
    if text.isascii():
        return " ".join(text.casefold().split())
    normal = unicodedata.normalize("NFKC", text)
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in normal)
    return " ".join(vocab.visible("".join(digits)).casefold().split())


def _written(text: str, suffixes: tuple[str, ...]) -> Written:
    """A cell taken apart: its era, its time of day, and what is left as numbers or as a month with them."""
    body = _plain(text)
    if len(body) > LONGEST:
        return Written(fault="unknown_date")
    other_count = not text.isascii() and OTHER_COUNT.search(text) is not None
    if found := NUMERIC.fullmatch(body):
        return _in_numbers((found[1], found[3], found[4]), other_count)
    body = next((body.removesuffix(tail) for tail in suffixes if body.endswith(tail)), body)
    if found := COMPACT.fullmatch(body):
        year, month, dom, *parts = found.groups()
        clock = dict(zip(("hour", "minute", "second"), parts, strict=True))
        return Written(None, year, int(month), int(dom), time=clock, other_count=other_count)
    era = next((name for name, sign in ERAS.items() if sign.search(body)), "")
    for sign in ERAS.values() if era else ():
        body = sign.sub(" ", body)
    stamp = TIME.search(body) or TIME_FIRST.search(body)
    day = (body[: stamp.start()] + body[stamp.end() :] if stamp else body).strip(" ,.")
    shape = _parts(day) or _parts(_weekday().sub(" ", day).strip(" ,."))
    if shape is not None:
        time = stamp.groupdict() if stamp else None
        return shape._replace(era=era, time=time, other_count=other_count)
    if (found := SERIAL.fullmatch(day)) and not stamp:
        return Written(serial=int(found[1]), other_count=other_count)
    ends = [part for part in RANGE.split(day) if part]
    is_range = len(ends) == 2 and _parts(ends[1]) is not None
    return Written(fault="date_range" if is_range else "unknown_date")


def _parts(text: str) -> Written | None:
    """Numbers in an order yet to be told, or year, month and day. Nothing where no shape fits."""
    if found := NUMERIC.fullmatch(text):
        return _in_numbers((found[1], found[3], found[4]))
    if re.fullmatch(r"\d{8}", text):
        return Written(None, text[:4], int(text[4:6]), int(text[6:]))
    if found := MONTH_YEAR.fullmatch(text):
        return Written(None, found[2], int(found[1])) if found[2] else Written(None, found[3], int(found[4]))
    if re.fullmatch(r"(?:1[89]|2[0-6])\d\d", text):
        return Written(None, text)
    if found := CHINESE.fullmatch(text):
        return Written(None, found[1], int(found[2]), int(found[3]) if found[3] else None)
    # With the month as a word, or with the words for day, month and year around numbers.
    bare = WORDS.sub(" ", re.sub(r"(?<=\d)(?:er|st|nd|rd|th|º|ª|o)\b", "", text))
    tokens = TOKEN.findall(bare)
    numbers = [token for token in tokens if token.isdecimal()]
    months = [vocab.aliases("month").get(vocab.normalise(t)) for t in tokens if not t.isdecimal()]
    if not months and bare != text and len(numbers) == 3 and len(numbers[2]) == 4:
        return Written(None, numbers[2], int(numbers[1]), int(numbers[0]))
    if len(months) != 1 or months[0] is None or not 1 <= len(numbers) <= 2:
        return None
    month = int(months[0])
    if len(numbers) == 1:
        return Written(None, numbers[0], month) if len(numbers[0]) >= 3 else None
    if len(numbers[0]) >= 3:
        return Written(None, numbers[0], month, int(numbers[1])) if len(numbers[1]) <= 2 else None
    return Written(None, numbers[1], month, int(numbers[0]))


@functools.cache
def _weekday() -> re.Pattern[str]:
    """The name of a weekday before or after a date, by CLDR in the languages in which dates are read; a name
    that is also one of a month ("mar.") is none."""
    from babel.dates import get_day_names

    names = {
        _plain(name).rstrip(".")
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for name in get_day_names(width, "format", language).values()
    }
    some = {n for n in names if len(n) > 1 and not DIGIT.search(n)} - set(vocab.aliases("month"))
    either = "|".join(map(re.escape, sorted(some, key=lambda name: (-len(name), name))))
    return re.compile(rf"^(?:{either})(?:\s*(?:ที่|ທີ)|(?=\W))\W*|\W+(?:{either})\W*$")


def _in_numbers(numbers: tuple[str, str, str], other_count: bool = False) -> Written:
    """Three numbers, with the one order of day and month that they can have only; blank where none or several."""
    first, second, third = map(int, numbers)
    order = ""
    if 12 < second <= 31 and first <= 12:
        order = "mdy"
    elif 12 < first <= 31 and second <= 12:
        order = "dmy"
    if len(numbers[0]) <= 2 and len(numbers[2]) == 2:  # the year may stand first
        if first > 31 and second <= 12 and third <= 31:
            order = "ymd"
        elif order == "dmy" and third <= 31:
            order = ""
    elif len(numbers[2]) != 4:
        order = ""
    return Written(numbers, other_count=other_count, order=order)


def _epoch(latest: int, as_of: dt.date) -> str:
    """Spreadsheets count days from 1900 or from 1904: a column with a day that would be after as_of if
    counted from 1904 counts from 1900."""
    return "1900" if latest and _serial(latest, 1904) > as_of else ""


def _serial(days: int, epoch: int) -> dt.date:
    return (dt.date(1899, 12, 30) if epoch == 1900 else dt.date(1904, 1, 1)) + dt.timedelta(days)


def _seems_exchanged(column: Iterable[tuple[str, Written]]) -> bool:
    """Whether a spreadsheet that expects the month first was given the day first, or the other way round:
    what it took for a date has days up to 12 alone, what it left as text has none of these. By chance a
    day is up to 12 in two cases of five."""
    taken = texts_left = 0
    left: set[tuple[bool, bool]] = set()
    for text, cell in column:
        if cell.numbers and len(cell.numbers[0]) == 4:
            if (found := ISO.fullmatch(text)) and int(found[3]) > 12:
                return False
            taken += found is not None
        elif cell.numbers and len(cell.numbers[2]) == 4:
            left.add((int(cell.numbers[0]) > 12, int(cell.numbers[1]) > 12))
            if len(left) > 1:
                return False
            texts_left += 1
    one_way = left in ({(True, False)}, {(False, True)})
    return one_way and taken > 1 and 0.4**taken * 0.6**texts_left < CHANCE


def _turned_back(text: str, row: tuple[object, ...]) -> tuple[object, ...]:
    """The date with day and month exchanged, where a spreadsheet took it for a date."""
    day = row[0]
    if not ISO.fullmatch(text) or not isinstance(day, dt.date) or day.day > 12:
        return row
    return (day.replace(month=day.day, day=day.month), "day", "exchanged", "", "", "", "")


def _doubted(text: str, row: tuple[object, ...]) -> tuple[object, ...]:
    """The date with a warning, where a spreadsheet may have taken the day for the month."""
    doubtful = ISO.fullmatch(text) and not row[3]
    return (*row[:3], *record.said("day_month_exchanged").values()) if doubtful else row


def _read(cell: Written, rules: Rules) -> tuple[dt.date, str, str]:
    """The day, its precision and how it was recognised. Raises NotADate where it has not one meaning."""
    if cell.fault:
        raise NotADate(cell.fault)
    if cell.serial is not None:
        day = _serial(cell.serial, 1900)
        if rules.first <= day <= rules.last:
            return day, "day", "excel" if rules.epoch else "excel_assumed"
        if rules.first <= (late := _serial(cell.serial, 1904)) <= rules.last:
            return late, "day", "excel_1904"
        raise NotADate("implausible_date")
    era = cell.era or rules.era or ""
    year, month, dom = cell.year, cell.month, cell.day
    if cell.numbers:
        year, month, dom = _ordered(cell.numbers, era, rules)
    found, how = _year(year, month, dom, era, cell.other_count, rules)
    day = _moved(found, cell.time, rules) if cell.time and dom else found
    return day, "day" if dom else "month" if month else "year", how


def _ordered(numbers: tuple[str, str, str], era: str, rules: Rules) -> tuple[str, int, int]:
    """Year, month and day of three numbers."""
    first, _second, third = numbers
    one, two, three = map(int, numbers)
    if len(first) >= 3 and len(third) <= 2:
        return first, two, three
    if len(first) > 2 or len(third) == 1:
        raise NotADate("unknown_date")
    if len(third) == 2 and rules.order == "ymd":
        return first, two, three
    if len(third) == 2 and not rules.order:
        readings = {(third, two, one), (third, one, two), (first, two, three)}
        fits = {reading: _short(*reading, era, rules) for reading in readings}
        days = {day for found in fits.values() for day, _how in found}
        if len(days) != 1:
            raise NotADate("order_unclear" if days else "two_digit_year")
        return next(reading for reading, found in fits.items() if found)
    if one == two or (one > 12 and two <= 12) or (one <= 12 and two > 12 and rules.order != "dmy"):
        return (third, two, one) if one > 12 or one == two else (third, one, two)
    if rules.order not in ("dmy", "mdy"):
        raise NotADate("order_unclear" if max(one, two) <= 12 else "impossible_date")
    return (third, two, one) if rules.order == "dmy" else (third, one, two)


def _year(
    year: str, month: int | None, dom: int | None, era: str, other_count: bool, rules: Rules
) -> tuple[dt.date, str]:
    """The date in the era that it is written in, and how that was told."""
    number = int(year)
    if len(year) <= 3:
        fits = _short(year, month, dom, era, rules)
        if len(fits) != 1:
            raise NotADate("two_digit_year" if len(year) == 2 else "era_unclear")
        if other_count and rules.era != "buddhist" and "buddhist" in fits[0][1]:
            raise NotADate("era_unclear")
        return fits[0]
    if era == "roc":
        raise NotADate("era_unclear")
    if number >= 2400 or era == "buddhist":
        if era == "gregorian" or number < 2400 or (other_count and rules.era != "buddhist"):
            raise NotADate("era_unclear")
        return _inside(number - BUDDHIST, month, dom, rules), "buddhist_year"
    return _inside(number, month, dom, rules), "date"


def _short(
    year: str, month: int | None, dom: int | None, era: str, rules: Rules
) -> list[tuple[dt.date, str]]:
    """The readings of a year of two or three digits that fall inside the time of the register."""
    number, two = int(year), len(year) == 2
    readings = [(ROC + number, "roc")] if era == "roc" else []
    if two and era in ("", "gregorian"):
        readings += [(1900 + number, "two_digit_year"), (2000 + number, "two_digit_year")]
    if two and era in ("", "buddhist"):
        readings += [(century - BUDDHIST + number, "two_digit_buddhist_year") for century in (2400, 2500)]
    found = []
    for full, how in readings:
        try:
            found.append((_inside(full, month, dom, rules), how))
        except NotADate:
            continue
    return found


def _inside(year: int, month: int | None, dom: int | None, rules: Rules) -> dt.date:
    try:
        day = dt.date(year, month or 1, dom or 1)
    except (ValueError, OverflowError):  # of a number that is no year at all
        raise NotADate("impossible_date") from None
    if not rules.first <= day <= rules.last:
        raise NotADate("implausible_date")
    return day


def _moved(day: dt.date, time: dict[str, str | None], rules: Rules) -> dt.date:
    """The day in the register's zone on which a timestamp falls."""
    minute = time["minute"] or time.get("m") or time.get("n") or 0
    try:
        clock = dt.time(int(time["hour"] or 0), int(minute), int(time.get("second") or 0))
    except ValueError:
        raise NotADate("impossible_date") from None
    zone = time.get("zone")
    if not zone and not rules.clock:
        return day
    hour = clock.hour
    if half := time.get("half"):
        hour = hour % 12 + 12 * (half == "p")
    moment = dt.datetime.combine(day, clock.replace(hour=hour))
    if not zone:
        return moment.replace(tzinfo=ZoneInfo(rules.clock or "")).astimezone(ZoneInfo(rules.zone)).date()
    offset = dt.timedelta(hours=ZONES.get(zone, 0))
    if zone not in ZONES:
        sign, digits = (-1 if "-" in zone else 1), re.sub(r"\D", "", zone.partition(":")[0])
        hours, minutes = (digits, zone.partition(":")[2]) if len(digits) <= 2 else (digits[:-2], digits[-2:])
        offset = sign * dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
    if abs(offset) >= dt.timedelta(hours=24):
        raise NotADate("impossible_date")
    return moment.replace(tzinfo=dt.timezone(offset)).astimezone(ZoneInfo(rules.zone)).date()
