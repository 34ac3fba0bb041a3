"""Rates of one reporting currency, from the workspace's own file (`rates` in the configuration); none is shipped.

The file has a row a currency: `currency,reporting,rate,on,source`. `rate` is how many units of the reporting currency
one unit is worth on the day `on`; the reporting currency is the same in all rows.
"""

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from mlastats import vocab
from mlastats.errors import ConfigurationError

COLUMNS = ["currency", "reporting", "rate", "on", "source"]


@dataclass(frozen=True)
class Rates:
    """The `reporting` currency, and by currency its rate, the day of it and where it stands."""

    reporting: str
    rates: dict[str, float]
    on: dict[str, dt.date]
    sources: dict[str, str]


def load(path: Path) -> Rates:
    """The rates in a file. Raises ConfigurationError with every fault of it, by line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise ConfigurationError(
            f"The rates cannot be read ({type(cause).__name__}). They are a CSV file in UTF-8."
        ) from None
    if reader.fieldnames != COLUMNS:
        raise ConfigurationError(f"The rates must have the columns {', '.join(COLUMNS)}, in this order.")
    found, faults = Rates(rows[0]["reporting"] if rows else "", {}, {}, {}), []
    for line, row in enumerate(rows, 2):
        fault = _taken(row, found)
        faults += [f"  line {line}: {fault}"] if fault else []
    if faults or not rows:
        raise ConfigurationError("The rates have faults:\n" + "\n".join(faults or ["  there is no row"]))
    return found


def _taken(row: dict[str, str], found: Rates) -> str:
    """Put a row among the rates; what is wrong with it if anything is."""
    known, currency = vocab.codes("currency"), row["currency"]
    if currency not in known or row["reporting"] not in known:
        return f"`currency` and `reporting` must be codes, as LAK; known are {', '.join(known)}"
    if row["reporting"] != found.reporting or currency in found.rates:
        return "there is one reporting currency, and each other currency has one rate"
    try:
        rate, on = float(row["rate"]), dt.date.fromisoformat(row["on"])
    except ValueError:
        return "`rate` must be a number with a point, and `on` a day, YYYY-MM-DD"
    if not 0 < rate < float("inf") or not row["source"].strip() or None in row:
        return "`rate` must be above 0, and `source` say where it stands"
    found.rates[currency], found.on[currency], found.sources[currency] = rate, on, row["source"].strip()
    return ""
