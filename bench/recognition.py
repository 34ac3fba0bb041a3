"""Dates recognised: right, left as an issue, wrong; then parties, by bench/recognition_parties.py.

    python bench/recognition.py [dates of a column]

One column for each locale, format, era and digits, of days drawn from 1990 to 2030. Beside mlastats, on
the same input, pandas.to_datetime(format="mixed", dayfirst=True) and dateparser, which is installed in an
environment of its own, .venv-bench-dates. A column whose order of day and month nothing tells is not
among these: each has at least one day after the twelfth.
"""

import datetime as dt
import json
import random
import runpy
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from babel.dates import format_date, get_month_names

from mlastats.register import dates

LOCALES = ("en", "lo", "th", "km", "my", "vi", "id", "ms", "fil", "fr", "pt", "zh")
DIGITS = {"lo": "໐໑໒໓໔໕໖໗໘໙", "th": "๐๑๒๓๔๕๖๗๘๙", "km": "០១២៣៤៥៦៧៨៩", "my": "၀၁၂၃၄၅၆၇၈၉"}
BUDDHIST = ("lo", "th")
BESIDE = Path(__file__).parent.parent / ".venv-bench-dates"
ASK = """
import json, sys
import dateparser
answers = []
for text in json.load(sys.stdin):
    try:
        day = dateparser.parse(text, settings={"DATE_ORDER": "DMY", "REQUIRE_PARTS": ["day", "month", "year"]})
    except Exception:
        day = None
    answers.append(day.date().isoformat() if day else None)
json.dump(answers, sys.stdout)
"""

Column = tuple[str, list[str], list[dt.date]]


def main(size: int) -> None:
    made = list(columns(size))
    print(f"{len(made)} columns of {size} dates; days 1990 to 2030")
    told = dict(zip(("mlastats", "pandas", "dateparser"), map(tally, READERS, [made] * 3), strict=True))
    print(f"{'reader':<12}{'n':>8}{'right':>8}{'refused':>9}{'wrong':>7}{'right %':>9}")
    for name, count in told.items():
        n = sum(count.values())
        cells = f"{count['right']:>8}{count['refused']:>9}{count['wrong']:>7}"
        print(
            f"{name:<12}{n:>8}{cells}{100 * count['right'] / max(n, 1):>9.2f}" if n else f"{name}: not here"
        )
    for title, texts, days in made:
        count = judged(mlastats(texts), days)
        if count["right"] < len(texts):
            print(f"  {title}: {dict(count)}, as {texts[0]}")


def columns(size: int) -> Iterator[Column]:
    """Every column: what it is, its texts, and the days they mean."""
    for locale in LOCALES:
        luck = random.Random(locale)
        start, span = dt.date(1990, 1, 1).toordinal(), 41 * 365
        days = [dt.date(2008, 2, 29), dt.date(2001, 1, 31)]
        days += [dt.date.fromordinal(start + luck.randrange(span)) for _ in range(size - 2)]
        for era in ("gregorian", *(("buddhist",) if locale in BUDDHIST else ())):
            for form, write in FORMATS.items():
                texts = [write(day, locale, day.year + 543 * (era == "buddhist")) for day in days]
                yield f"{locale} {form} {era} western digits", texts, days
                if locale in DIGITS:
                    own = str.maketrans("0123456789", DIGITS[locale])
                    yield f"{locale} {form} {era} own digits", [t.translate(own) for t in texts], days


def named(width: str) -> Callable[[dt.date, str, int], str]:
    return lambda day, locale, year: f"{day.day} {get_month_names(width, 'format', locale)[day.month]} {year}"


def in_words(day: dt.date, locale: str, year: int) -> str:
    """As letters of the country write it in full."""
    month = get_month_names("wide", "format", locale)[day.month]
    return {
        "vi": f"Ngày {day.day} tháng {day.month} năm {year}",
        "lo": f"ວັນທີ {day.day} {month} {year}",
        "th": f"วันที่ {day.day} {month} {year}",
        "zh": f"{year}年{day.month}月{day.day}日",
        "pt": f"{day.day} de {month} de {year}",
        "km": f"ថ្ងៃទី{day.day} ខែ{month} ឆ្នាំ{year}",
    }.get(locale, f"{month} {day.day}, {year}" if locale in ("en", "fil") else f"{day.day} {month}, {year}")


def by_cldr(width: str) -> Callable[[dt.date, str, int], str]:
    """As CLDR formats a date of the common era; of the Buddhist one, with its year and its mark."""

    def write(day: dt.date, locale: str, year: int) -> str:
        text = format_date(day, width, locale=locale)
        return text if year == day.year else text.replace(str(day.year), str(year)).replace("ค.ศ.", "พ.ศ.")

    return write


FORMATS: dict[str, Callable[[dt.date, str, int], str]] = {
    "y-m-d": lambda day, locale, year: f"{year}-{day.month:02}-{day.day:02}",
    "d/m/y": lambda day, locale, year: f"{day.day:02}/{day.month:02}/{year}",
    "d-m-y": lambda day, locale, year: f"{day.day}-{day.month}-{year}",
    "d.m.y": lambda day, locale, year: f"{day.day:02}.{day.month:02}.{year}",
    "d m y": lambda day, locale, year: f"{day.day} {day.month} {year}",
    "month named": named("wide"),
    "month abbreviated": named("abbreviated"),
    "in words": in_words,
    "long by CLDR": by_cldr("long"),
    "medium by CLDR": by_cldr("medium"),
}


def mlastats(texts: list[str]) -> list[dt.date | None]:
    column = pd.Series(texts, dtype="str")
    found = dates.parse(column, zone="UTC", log_start=dt.date(1990, 1, 1), as_of=dt.date(2030, 12, 31))
    return [None if pd.isna(day) else day.date() for day in found["date"]]


def pandas(texts: list[str]) -> list[dt.date | None]:
    def one(text: str) -> dt.date | None:
        try:
            return pd.to_datetime(text, format="mixed", dayfirst=True).date()
        except (ValueError, TypeError, OverflowError):
            return None

    return [one(text) for text in texts]


def dateparser(texts: list[str]) -> list[dt.date | None]:
    python = BESIDE / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(BESIDE, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "dateparser"], check=True)
    done = subprocess.run(
        [python, "-c", ASK], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return [None if day is None else dt.date.fromisoformat(day) for day in json.loads(done.stdout)]


READERS = (mlastats, pandas, dateparser)


def tally(read: Callable[[list[str]], list[dt.date | None]], made: list[Column]) -> Counter[str]:
    """What a reader makes of all columns; dateparser, which looks at no column, gets all at once."""
    if read is dateparser:
        texts, days = ([item for column in made for item in column[part]] for part in (1, 2))
        try:
            return judged(read(texts), days)
        except (OSError, subprocess.CalledProcessError):
            return Counter()
    return sum((judged(read(texts), days) for _, texts, days in made), Counter())


def judged(found: list[dt.date | None], meant: list[dt.date]) -> Counter[str]:
    pairs = zip(found, meant, strict=True)
    return Counter("refused" if day is None else "right" if day == true else "wrong" for day, true in pairs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    sys.argv = [sys.argv[0]]
    runpy.run_path(str(Path(__file__).with_name("recognition_parties.py")), run_name="__main__")
