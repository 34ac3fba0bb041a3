"""Dates that cannot stand beside each other, and requests whose end or beginning is not known."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from mlastats import schema
from mlastats.messages import _
from mlastats.register import record

# The earlier stage of each clock and the later; "requested" is received or sent, by direction.
PAIRS = (
    ("requested", "acknowledged"),
    ("requested", "forwarded"),
    ("requested", "executed"),
    ("requested", "answered"),
    ("requested", "closed"),
    ("drafted", "sent"),
    ("info_requested", "info_supplied"),
    ("forwarded", "executed"),
)


def check(requests: pd.DataFrame) -> pd.DataFrame:
    """Issues: reversed pairs, with both values; requests without any date, without their own date,
    with an outcome but no date of the end. `requests` has `source_row` and the stages."""
    sent = _dated_by_sending(requests)
    recorded = [stage for stage in schema.STAGES if requests[stage].notna().any()]
    spans = {stage: bounds(requests, stage) for stage in recorded}
    found = [
        _reversal(requests[_shown(earlier, later)].iloc[places], earlier, later)
        for earlier, later, rows in _pairs(sent)
        if earlier in spans and later in spans
        for places in (np.flatnonzero(rows & (spans[later][1] < spans[earlier][0])),)
        if len(places)
    ]
    return record.joined([*found, _undated(requests, sent), _without_end(requests)], record.ISSUES)


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


def _dated_by_sending(requests: pd.DataFrame) -> np.ndarray:
    """Whether the request's own date is that of sending; else it is that of receipt."""
    outgoing = requests["direction"].eq("outgoing").fillna(False).to_numpy(dtype=bool)
    unknown = requests["direction"].isna().to_numpy() & requests["received"].isna().to_numpy()
    return outgoing | unknown


def _pairs(sent: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each pair of stages in order, with the rows for which the order holds."""
    by_stage = {"received": ~sent, "sent": sent}
    everywhere = np.ones(len(sent), dtype=bool)
    for earlier, later in PAIRS:
        for stage, rows in by_stage.items() if earlier == "requested" else [(earlier, everywhere)]:
            yield stage, later, rows


def _shown(*stages: str) -> list[str]:
    return ["register", "source_row", *(name for stage in stages for name in (stage, f"{stage}_precision"))]


def _reversal(requests: pd.DataFrame, earlier: str, later: str) -> pd.DataFrame:
    before, after = written(requests, earlier), written(requests, later)
    return record.issues(
        requests["source_row"],
        register=requests["register"],
        column=later,
        value=earlier + " " + before + ", " + later + " " + after,
        rule="reversed",
        message=_("A stage stands before the one it follows; the pair gives no duration."),
        suggestion=_("Ask the agency which of the two dates is wrong."),
        severity="warning",
    )


def written(requests: pd.DataFrame, stage: str) -> pd.Series:
    """A date as text, as exact as it is known."""
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


def _undated(requests: pd.DataFrame, sent: np.ndarray) -> pd.DataFrame:
    own = np.where(sent, requests["sent"].isna(), requests["received"].isna())
    none = own.copy()
    for stage in schema.STAGES:
        if none.any():
            none &= requests[stage].isna().to_numpy()
    said = {
        "no_date": (none, _("No date can be read in this row; it is in no duration and no period.")),
        "no_request_date": (own & ~none, _("The date of the request itself is not recorded.")),
    }
    return record.joined(
        [_row(requests[_shown()][rows], rule, text) for rule, (rows, text) in said.items()], record.ISSUES
    )


def _without_end(requests: pd.DataFrame) -> pd.DataFrame:
    ended = requests["answered"].notna() | requests["closed"].notna()
    rows = requests["outcome"].notna() & requests["outcome"].ne("unrecorded") & ~ended
    text = _("The outcome is recorded and its date is not; the request is in no curve.")
    return _row(requests[_shown()][rows], "outcome_undated", text, "outcome")


def _row(requests: pd.DataFrame, rule: str, message: str, column: str = "") -> pd.DataFrame:
    return record.issues(
        requests["source_row"],
        register=requests["register"],
        column=column,
        rule=rule,
        message=message,
        suggestion=_("Ask the agency for the date."),
        severity="warning",
    )
