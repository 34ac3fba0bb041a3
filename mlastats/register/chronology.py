"""Dates that cannot stand beside each other, and requests whose end or beginning is not known."""

import numpy as np
import pandas as pd
import pyarrow as pa

from mlastats import schema
from mlastats.register import record

RULES = ("reversed", "no_date", "no_request_date", "outcome_undated")
# The earlier stage of each clock and the later; a request's own stage is received or sent, by direction.
OWN = ("received", "sent")
PAIRS = (
    *(
        (own, later)
        for later in ("acknowledged", "forwarded", "executed", "answered", "closed", *schema.DAYS)
        for own in OWN
    ),
    ("drafted", "sent"),
    ("info_requested", "info_supplied"),
    ("forwarded", "executed"),
)


def check(requests: pd.DataFrame) -> pd.DataFrame:
    """Issues: reversed pairs, with both values; requests without any date, without their own date,
    with an outcome but no date of the end. `requests` has `source_row` and the stages."""
    recorded = {stage: requests[stage].notna().to_numpy() for stage in schema.STAGES}
    spans = {stage: bounds(requests, stage) for stage in schema.STAGES if recorded[stage].any()}
    spans |= {day: (requests[day].to_numpy(),) * 2 for day in schema.DAYS if requests[day].notna().any()}
    outgoing = requests["direction"].eq("outgoing").fillna(False).to_numpy(dtype=bool)
    sent = outgoing | (requests["direction"].isna().to_numpy() & ~recorded["received"])
    by_direction = {"received": ~sent, "sent": sent}
    issues = []
    for earlier, later in PAIRS:
        if earlier in spans and later in spans:
            rows = spans[later][1] < spans[earlier][0]
            rows &= by_direction.get(earlier, True)
            both = requests[rows]
            issues.append(
                record.issues(
                    requests["source_row"][rows],
                    register=requests["register"][rows],
                    column=later,
                    value=earlier + " " + written(both, earlier) + ", " + later + " " + written(both, later),
                    rule="reversed",
                )
            )
    own = np.where(sent, recorded["sent"], recorded["received"])
    dated = np.logical_or.reduce(list(recorded.values()))
    ended = recorded["answered"] | recorded["closed"]
    outcome = requests["outcome"].notna() & requests["outcome"].ne("unrecorded")
    unended = outcome.to_numpy(dtype=bool) & ~ended
    for rule, column, rows in (
        ("no_date", "", ~dated),
        ("no_request_date", "", dated & ~own),
        ("outcome_undated", "outcome", unended),
    ):
        numbers, registers = requests["source_row"][rows], requests["register"][rows]
        issues.append(record.issues(numbers, register=registers, column=column, rule=rule))
    return record.joined(issues, record.ISSUES)


def bounds(requests: pd.DataFrame, stage: str) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last day that a date can mean, by its precision."""
    day = requests[stage].to_numpy()
    precision = requests[f"{stage}_precision"]
    first = last = day
    for unit, name in (("M", "month"), ("Y", "year")):
        rows = precision.eq(name).fillna(False).to_numpy()
        if rows.any():
            first, last = first.copy(), last.copy()
            start = day[rows].astype(f"datetime64[{unit}]")
            first[rows] = start
            last[rows] = (start + 1).astype("datetime64[D]") - 1
    return first, last


def written(requests: pd.DataFrame, stage: str) -> pd.Series:
    """A date as text, as exact as it is known."""
    if stage in schema.DAYS:
        return day_text(requests[stage])
    return as_exact(requests[stage], requests[f"{stage}_precision"])


def as_exact(days: pd.Series, precision: pd.Series) -> pd.Series:
    """Days as text, without what their precision does not know."""
    text = day_text(days)
    for name, length in (("month", 7), ("year", 4)):
        rows = precision.eq(name)
        text = text.mask(rows, text.str[:length]) if rows.any() else text
    return text


def day_text(days: pd.Series) -> pd.Series:
    """Days as text, YYYY-MM-DD."""
    text = pa.array(days.to_numpy().astype("datetime64[D]")).cast(pa.large_string())
    return pd.Series(text, index=days.index, dtype="str")
