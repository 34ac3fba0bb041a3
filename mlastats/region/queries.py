"""The ledger of queries: which flows were asked about, of whom, why, and what was answered.

A CSV file that people edit: `year sender receiver sent received asked_of cause reply closed_on`. A row is never taken out; a
flow is asked about once for each pair of figures.
"""

from pathlib import Path

import pandas as pd

from mlastats.errors import InputRejected
from mlastats.region import mirror

COLUMNS = ("year", "sender", "receiver", "sent", "received", "asked_of", "cause", "reply", "closed_on")
KEYS = ["year", "sender", "receiver", "sent", "received"]
BOTH, UNKNOWN, UNREPORTED = "both", "unknown", mirror.UNREPORTED


def read(path: Path) -> pd.DataFrame:
    """The ledger, every cell as text; no row where there is no file. Raises InputRejected where it is no ledger.

    >>> before = region.queries.read(folder / "none.csv")
    >>> region.queries.asked(flows, before).to_csv(folder / "queries.csv", index=False)
    >>> len(before), region.queries.read(folder / "queries.csv")["year"].tolist()
    (0, ['2024', '2024'])
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS), dtype="str")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as cause:
        raise InputRejected(
            f"{path.name} cannot be read as CSV in UTF-8 ({type(cause).__name__})."
        ) from cause
    if list(table.columns) != list(COLUMNS):
        raise InputRejected(
            f"{path.name} must have the columns {', '.join(COLUMNS)}; it has {', '.join(table.columns)}."
        )
    return table


def asked(flows: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with a row for each flow outside chance that was not asked about with these figures.

    A flow that one side alone reports is asked of the other. The cause is "unknown" until somebody says it.

    >>> region.queries.asked(flows, region.queries.read(folder / "none.csv"))["asked_of"].tolist()
    ['both', 'XAB']
    """
    gap = flows[flows["stands"].eq(mirror.OUTSIDE) | flows["one_sided"].eq(mirror.ONE_MISSING)]
    text = {
        name: gap[name].map(lambda value: UNREPORTED if pd.isna(value) else f"{value:g}") for name in KEYS[3:]
    }
    new = gap.assign(**text, year=gap["year"].astype("str"), cause=UNKNOWN, reply="", closed_on="")
    silent = new["sender"].where(gap["sent"].isna(), new["receiver"].where(gap["received"].isna(), BOTH))
    new = new.assign(asked_of=silent)[list(COLUMNS)]
    known = pd.MultiIndex.from_frame(ledger[KEYS])
    return pd.concat([ledger, new[~pd.MultiIndex.from_frame(new[KEYS]).isin(known)]], ignore_index=True)
