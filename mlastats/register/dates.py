"""Dates as registers write them: scripts, eras and orders, to days with their precision.

A date is read only where it has one meaning. The order of day and month comes from the mapping or
from evidence in the column; a Buddhist year is told by its size (minus 543), a year of the Republic of
China by 民國 or the mapping; a year of two digits is read where exactly one era falls inside
[log_start - 20 years, as_of + 1 year]. Everything else is an issue.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.messages import _
from mlastats.register import dateshapes, terms

BUDDHIST, ROC = 543, 1911
COLUMNS = ("date", "precision", "how", "rule", "message", "suggestion", "severity")
WORDS = re.compile(
    "ວັນທີ|ເດືອນ|ປີ|วันที่|เดือน|ปี|ngày|tháng|năm|ថ្ងៃទី|ថ្ងៃ|ខែ|ឆ្នាំ|ရက်|လ(?=\\s)|ခုနှစ်|tanggal|thg(?=\\s*\\d)"
    "|(?<=\\d)月|\\ble\\b|\\bdated\\b|\\bde\\b|\\bof\\b|\\bthe\\b"
)
ERAS = {
    "buddhist": re.compile(r"พ\.?\s?ศ\.?|ພ\.?\s?ສ\.?|ព\.?\s?ស\.?|\bb\.?e\.?(?=\s|$|\d)"),
    "roc": re.compile("民國|民国"),
}
CHRISTIAN = re.compile(r"ค\.?\s?ศ\.?|ຄ\.?\s?ສ\.?|គ\.?\s?ស\.?|\ba\.?d\.?(?=\s|$|\d)|公元|西元")
OTHER_COUNT = re.compile(
    "[\u1000-\u109f\u1780-\u17ff]"
)  # Burmese and Khmer: Buddhist years there begin elsewhere
TIME = re.compile(r"(?<=\d)(?:t|\s+)(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(am|pm)?\s*(z|[+-]\d{2}:?\d{2})?$")
NUMERIC = re.compile(r"(\d{1,4})\s*([/.\-\s])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
MONTH_YEAR = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{4})|(\d{4})\s*[/.\-]\s*(\d{1,2})")
DIGIT = re.compile(r"\d")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
TOKEN = re.compile(
    r"\d+|[^\W\d_]+(?:[\u0300-\u036f\u0e31-\u0e4e\u0eb1-\u0ecd\u1000-\u109f\u17b4-\u17d3.]+[^\W\d_]*)*"
)
RANGE = re.compile(r"\s+(?:-|–|—|to|au|until|ຫາ|ถึง|đến|sampai)\s+|\s*[–—]\s*|\s+&\s+")


@dataclass(frozen=True)
class Frame:
    """What all values of a column share; `order` is "dmy", "mdy", "ymd" or blank where nothing tells it."""

    first: dt.date
    last: dt.date
    era: str | None
    zone: str
    clock: str | None
    order: str
    epoch: str


def parse(
    values: pd.Series,
    *,
    order: str | None = None,
    era: str | None = None,
    zone: str = "UTC",
    clock: str | None = None,
    log_start: dt.date | None = None,
    as_of: dt.date,
    shapes: dateshapes.Shapes | None = None,
) -> pd.DataFrame:
    """The date of each distinct value: `date` (of a month or year its first day), `precision`, `how` it was
    recognised; `rule`, `message`, `suggestion` and `severity` of the issue, blank where there is none.

    `order`, `era` and `clock` (the zone of timestamps without an offset) are the mapping's; days are
    counted in `zone`. A date outside [log_start - 20 years, as_of + 1 year] is implausible. `shapes` are
    those of the values, where they were looked at before.
    """
    shapes = shapes or dateshapes.shapes(values, _month_word)
    written = values.to_numpy(dtype=object)
    texts = {place: _plain(written[place]) for place in np.flatnonzero(~shapes.known).tolist()}
    order, epoch = order or _order(shapes, texts), _epoch(texts.values(), as_of)
    given = Frame(*_window(log_start, as_of), era, zone, clock, order, epoch)
    day, buddhist = dateshapes.days(shapes, given.order, era, (given.first, given.last))
    day = np.where(shapes.timed & (clock is not None), np.datetime64("NaT"), day).astype("datetime64[us]")
    said: dict[tuple[object, ...], int] = {
        ("day", how, "", "", "", ""): place for place, how in enumerate(("date", "buddhist_year"))
    }
    which = buddhist.astype(np.int64)
    for place in np.flatnonzero(np.isnat(day)).tolist():
        text = texts[place] if place in texts else _plain(written[place])
        day[place], *told = _row(written[place], text, given)
        which[place] = said.setdefault(tuple(told), len(said))
    table = pd.DataFrame(list(said), columns=COLUMNS[1:], dtype="str").take(which).set_axis(values.index)
    return table.assign(date=day)[list(COLUMNS)]


def shapes(columns: Mapping[str, pd.Series]) -> dict[str, dateshapes.Shapes]:
    """The shapes of the distinct values of several columns, for `parse`: the dates of one register are
    mostly the same days, and are looked at once."""
    return dict(zip(columns, dateshapes.together(list(columns.values()), _month_word), strict=True))


def _window(log_start: dt.date | None, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """From 20 years before the register began (unknown: 30 years before as_of) to a year after as_of."""
    return _years_on(log_start or _years_on(as_of, -30), -20), _years_on(as_of, 1)


def _years_on(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


class Unclear(Exception):
    """Why a text is no date; its argument is the rule of the issue."""


def _row(written: str, text: str, given: Frame) -> tuple[object, ...]:
    if not DIGIT.search(text) and terms.blank(written):
        return (None, None, "", "said_missing", _("The cell says that nothing is recorded."), "", "note")
    try:
        day, precision, how = _read(text, given, bool(OTHER_COUNT.search(written)))
    except Unclear as cause:
        return (None, None, "", *_issue(str(cause)))
    if how == "excel_assumed":
        return (day, precision, how, *_issue("epoch_assumed"))
    return (day, precision, how, "", "", "", "")


def _issue(rule: str) -> tuple[str, str, str, str]:
    """The issue of a rule: rule, message, suggestion, severity."""
    said = {
        "unknown_date": _("No date is recognised in the cell."),
        "impossible_date": _("There is no such day."),
        "implausible_date": _("The date lies outside the time of the register."),
        "order_unclear": _(
            "Day and month cannot be told apart, and no other date of the column tells their order."
        ),
        "era_unclear": _("The era of the year cannot be told."),
        "two_digit_year": _(
            "The year has two digits, and not exactly one era fits the time of the register."
        ),
        "date_range": _("The cell holds a range where one day is meant."),
        "epoch_assumed": _("A spreadsheet's day number, read as counted from 1900."),
    }
    advice = {
        "order_unclear": _("Give `order` in the mapping, as dmy."),
        "era_unclear": _("Give `era` in the mapping, as buddhist."),
        "two_digit_year": _("Give `era` in the mapping, or write the year in full."),
        "epoch_assumed": _("Check one date; a workbook of the old Macintosh kind counts from 1904."),
    }
    severity = "warning" if rule == "epoch_assumed" else "error"
    return rule, said[rule], advice.get(rule, _("Ask the agency for the day.")), severity


def _plain(text: str) -> str:
    """Compatible forms made one, digits of any script Western, small letters, nothing invisible."""
    if text.isascii():
        return " ".join(text.casefold().split())
    normal = unicodedata.normalize("NFKC", text)
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in normal)
    return " ".join("".join(c for c in digits if unicodedata.category(c) != "Cf").casefold().split())


def _month_word(word: str) -> int:
    """The month that a word between a day and a year means, 0 where it says anything else as well."""
    other_count = bool(OTHER_COUNT.search(word))
    window = Frame(dt.date(1, 1, 1), dt.date(9999, 1, 1), None, "UTC", None, "", "")
    try:
        found = {_read(_plain(f"1{word}{year}"), window, other_count) for year in (2000, 2000 + BUDDHIST)}
    except Unclear:
        return 0
    month = {day.month for day, _precision, _how in found}
    sure = {(dt.date(2000, min(month), 1), "day", how) for how in ("date", "buddhist_year")}
    return month.pop() if found == sure else 0


def _order(shapes: dateshapes.Shapes, texts: Mapping[int, str]) -> str:
    """The one order of day and month that some dates of the column can have only; blank where none or both."""
    orders = dateshapes.orders(shapes)
    for text in texts.values():
        found = NUMERIC.fullmatch(TIME.sub("", text))
        if found and len(found[4]) == 4:
            first, second = int(found[1]), int(found[3])
            if 12 < first <= 31 and second <= 12:
                orders.add("dmy")
            if 12 < second <= 31 and first <= 12:
                orders.add("mdy")
    return orders.pop() if len(orders) == 1 else ""


def _epoch(texts: Iterable[str], as_of: dt.date) -> str:
    """Spreadsheets count days from 1900 or from 1904: a column with a day that would be after as_of if
    counted from 1904 counts from 1900."""
    days = [int(found[1]) for text in texts if (found := SERIAL.fullmatch(text))]
    return "1900" if days and _serial(max(days), 1904) > as_of else ""


def _serial(days: int, epoch: int) -> dt.date:
    return (dt.date(1899, 12, 30) if epoch == 1900 else dt.date(1904, 1, 1)) + dt.timedelta(days)


def _read(text: str, given: Frame, other_count: bool) -> tuple[dt.date, str, str]:
    """The day, its precision and how it was recognised; Unclear where it has not one meaning.

    `other_count`: it is written in Khmer or Burmese, where Buddhist years may begin in April or May.
    """
    marked = (
        "gregorian"
        if CHRISTIAN.search(text)
        else next((e for e, sign in ERAS.items() if sign.search(text)), "")
    )
    body = CHRISTIAN.sub(" ", text)
    for sign in ERAS.values():
        body = sign.sub(" ", body)
    stamp = TIME.search(body)
    day = TIME.sub("", body).strip(" ,.") if stamp else body.strip(" ,.")
    parts = _parts(day, given)
    if parts is None:
        if re.fullmatch(SERIAL, day) and not stamp:
            return _from_serial(int(day.split(".")[0]), given)
        raise Unclear("date_range" if _is_range(day, given) else "unknown_date")
    year, month, dom = parts
    found, how = _year(year, month, dom, marked or given.era or "", other_count, given)
    made = _moved(found, stamp, given) if stamp and dom else found
    return made, "day" if dom else "month" if month else "year", how


def _parts(text: str, given: Frame) -> tuple[str, int | None, int | None] | None:
    """Year as written, month, day of month; the last two may be unknown. Nothing where no shape fits."""
    if re.fullmatch(r"\d{8}", text):
        return text[:4], int(text[4:6]), int(text[6:])
    if found := NUMERIC.fullmatch(text):
        return _ordered((found[1], found[3], found[4]), given)
    if found := MONTH_YEAR.fullmatch(text):
        return (found[2], int(found[1]), None) if found[2] else (found[3], int(found[4]), None)
    if re.fullmatch(r"(?:1[89]|2[0-6])\d\d", text):
        return text, None, None
    if found := re.fullmatch(r"(\d{2,4})\s*年\s*(\d{1,2})\s*月\s*(?:(\d{1,2})\s*日?)?", text):
        return found[1], int(found[2]), int(found[3]) if found[3] else None
    return _named(text)


def _ordered(parts: tuple[str, str, str], given: Frame) -> tuple[str, int, int]:
    first, second, third = parts
    if len(first) >= 3 and len(third) <= 2:
        return first, int(second), int(third)
    if len(first) > 2 or len(third) == 1:
        raise Unclear("unknown_date")
    if len(third) == 2 and given.order == "ymd":
        return first, int(second), int(third)
    if len(third) == 2 and not given.order:
        raise Unclear("order_unclear")
    one, two = int(first), int(second)
    if one == two or (one > 12 and two <= 12) or (one <= 12 and two > 12 and given.order != "dmy"):
        return (third, two, one) if one > 12 or one == two else (third, one, two)
    if given.order not in ("dmy", "mdy"):
        raise Unclear("order_unclear" if max(one, two) <= 12 else "impossible_date")
    return (third, two, one) if given.order == "dmy" else (third, one, two)


def _named(text: str) -> tuple[str, int | None, int | None] | None:
    """A date with the month as a word, or with the words for day, month and year around numbers."""
    bare = WORDS.sub(" ", re.sub(r"(?<=\d)(?:er|st|nd|rd|th|º|ª|o)\b", "", text))
    tokens = TOKEN.findall(bare)
    numbers = [token for token in tokens if token.isdigit()]
    months = [vocab.aliases("month").get(vocab.normalise(t)) for t in tokens if not t.isdigit()]
    if not months and bare != text and len(numbers) == 3 and len(numbers[2]) == 4:
        return numbers[2], int(numbers[1]), int(numbers[0])
    if len(months) != 1 or months[0] is None or not 1 <= len(numbers) <= 2:
        return None
    month = int(months[0])
    if len(numbers) == 1:
        return (numbers[0], month, None) if len(numbers[0]) >= 3 else None
    if len(numbers[0]) >= 3:
        return (numbers[0], month, int(numbers[1])) if len(numbers[1]) <= 2 else None
    return numbers[1], month, int(numbers[0])


def _year(
    year: str, month: int | None, dom: int | None, era: str, other_count: bool, given: Frame
) -> tuple[dt.date, str]:
    """The date in the era that it is written in, and how that was told."""
    number = int(year)
    if len(year) <= 3:
        fits = _short(number, len(year), era, month, dom, given)
        if len(fits) != 1:
            raise Unclear("two_digit_year" if len(year) == 2 else "era_unclear")
        if other_count and given.era != "buddhist" and "buddhist" in fits[0][1]:
            raise Unclear("era_unclear")
        return fits[0]
    if era == "roc":
        raise Unclear("era_unclear")
    if number >= 2400 or era == "buddhist":
        if era == "gregorian" or number < 2400 or (other_count and given.era != "buddhist"):
            raise Unclear("era_unclear")
        return _inside(number - BUDDHIST, month, dom, given), "buddhist_year"
    return _inside(number, month, dom, given), "date"


def _short(
    number: int, digits: int, era: str, month: int | None, dom: int | None, given: Frame
) -> list[tuple[dt.date, str]]:
    """The readings of a short year that fall inside the time of the register."""
    readings = {"roc": [ROC + number]} if era == "roc" else {}
    if digits == 2 and era in ("", "gregorian"):
        readings["two_digit_year"] = [1900 + number, 2000 + number]
    if digits == 2 and era in ("", "buddhist"):
        readings["two_digit_buddhist_year"] = [2400 - BUDDHIST + number, 2500 - BUDDHIST + number]
    found = []
    for how, years in readings.items():
        for year in years:
            try:
                found.append((_inside(year, month, dom, given), how))
            except Unclear:
                continue
    return found


def _inside(year: int, month: int | None, dom: int | None, given: Frame) -> dt.date:
    try:
        day = dt.date(year, month or 1, dom or 1)
    except ValueError:
        raise Unclear("impossible_date") from None
    if not given.first <= day <= given.last:
        raise Unclear("implausible_date")
    return day


def _from_serial(days: int, given: Frame) -> tuple[dt.date, str, str]:
    day = _serial(days, 1900)
    if given.first <= day <= given.last:
        return day, "day", "excel" if given.epoch else "excel_assumed"
    late = _serial(days, 1904)
    if given.first <= late <= given.last:
        return late, "day", "excel_1904"
    raise Unclear("implausible_date")


def _moved(day: dt.date, stamp: re.Match[str], given: Frame) -> dt.date:
    """The day in the register's zone on which a timestamp falls."""
    clock, half, offset = stamp.groups()
    try:
        hour, minute, second = (int(part) for part in f"{clock.partition('.')[0]}:0".split(":")[:3])
        time = dt.time(hour, minute, second)
    except ValueError:
        raise Unclear("impossible_date") from None
    if not offset and not given.clock:
        return day
    hour = hour % 12 + 12 * (half == "pm") if half else hour
    moment = dt.datetime.combine(day, time.replace(hour=hour))
    if offset:
        sign = offset.replace(":", "").replace("z", "+0000").upper()
        zone: dt.tzinfo = dt.datetime.strptime(sign, "%z").tzinfo or dt.UTC
    else:
        zone = ZoneInfo(given.clock or given.zone)
    return moment.replace(tzinfo=zone).astimezone(ZoneInfo(given.zone)).date()


def _is_range(text: str, given: Frame) -> bool:
    parts = [part for part in RANGE.split(text) if part]
    try:
        return len(parts) == 2 and _parts(parts[1], given) is not None
    except Unclear:
        return True
