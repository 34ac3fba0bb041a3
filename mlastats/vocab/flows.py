"""Legal flows by partner, from a workspace's own table: trade, visitors or migrants. The package has none.

A row says how much passes between the country and a partner: `flow` (what it is, of which year and in which unit, as
"Visitors in 2024"), `partner` (a code), `amount` (a number above 0) and `source`.
"""

import csv
from pathlib import Path

from mlastats import vocab
from mlastats.errors import ConfigurationError

COLUMNS = ("flow", "partner", "amount", "source")


def read(file: Path) -> dict[str, dict[str, float]]:
    """The amounts of each flow by partner. Raises ConfigurationError with every fault of the file."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as table:
            rows = list(csv.DictReader(table))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise ConfigurationError(
            f"The table of flows {file.name} cannot be read as CSV in UTF-8. Save it so, or take the key `flows` out."
        ) from cause
    found: dict[str, dict[str, float]] = {}
    faults, partners = [], vocab.codes("partner")
    for line, row in enumerate(rows, 2):
        if missing := [name for name in COLUMNS if not (row.get(name) or "").strip()]:
            faults.append(f"  line {line}: {', '.join(missing)} must be given")
            continue
        mine, partner = found.setdefault(row["flow"].strip(), {}), row["partner"].strip()
        amount = _amount(row["amount"])
        if partner not in partners:
            faults.append(f"  line {line}: `partner` must be a code of the partners, as THA; got {partner!r}")
        elif partner in mine:
            faults.append(f"  line {line}: {partner} stands twice in one flow; add the two up")
        elif not amount:
            faults.append(
                f"  line {line}: `amount` must be a number above 0, as 1250.5; got {row['amount']!r}"
            )
        else:
            mine[partner] = amount
    if faults:
        raise ConfigurationError("\n".join([f"The table of flows {file.name} has faults:", *faults]))
    return found


def _amount(text: str) -> float:
    """The amount; 0 where it is none."""
    try:
        amount = float(text)
    except ValueError:
        return 0.0
    return amount if 0 < amount < float("inf") else 0.0
