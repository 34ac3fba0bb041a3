"""The account of a cleaning: where every row read ended, and what must be known about each register."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.errors import MlaStatsError
from mlastats.messages import _, _n, day
from mlastats.register.files import Raw
from mlastats.register.words import words
from mlastats.settings import Register, Settings

# A register whose last event is older than this, and that does not say until when it is complete, is
# perhaps no longer kept.
SILENT = 90
MISSING = np.iinfo(np.int64).min
ENDS = ("requests", "merged", "refused", "not_data")


def observed_to(register: Register, raw: Raw, settings: Settings) -> dt.date:
    """The day to which a register is complete: the configuration's `log_end`; else the day on which
    its file was saved; else as_of. Never after as_of."""
    return min(register.log_end or raw.extracted or settings.as_of, settings.as_of)


def summary(
    registers: Sequence[tuple[Register, Raw, int]],
    merged: dict[str, int],
    requests: pd.DataFrame,
    settings: Settings,
) -> dict[str, Any]:
    """What summary.json holds; each register comes with the number of its rows that were refused.

    rows read = requests + merged + refused + not data, by register; anything else stops the run.
    """
    names = words(requests["register"])
    leading = names.spread(names.values.str.split(schema.SEVERAL).str[0].astype("str"))
    return {
        "reporting_state": settings.reporting_state,
        "as_of": settings.as_of.isoformat(),
        "synthetic": settings.synthetic,
        "requests": len(requests),
        "inputs": {register.name: list(raw.inputs) for register, raw, _refused in registers},
        "registers": [
            _register(
                register,
                raw,
                refused,
                merged.get(register.name, 0),
                requests if len(registers) == 1 else requests[leading.eq(register.name)],
                settings,
            )
            for register, raw, refused in registers
        ],
        "coverage": {name: int(np.count_nonzero(requests[name].notna())) for name in schema.NAMES},
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """The account in words, one line a register, and its warnings."""
    said = []
    for account in summary["registers"]:
        said.append(
            _(
                "{name}: {read} rows read = {requests} requests + {merged} merged + {refused} refused + {not_data} not data",
                name=account["name"],
                **{end: account[end] for end in ("read", *ENDS)},
            )
        )
        said += [f"  {line}" for line in (_not_data(account), *warnings(account)) if line]
    return said


def warnings(account: dict[str, Any]) -> list[str]:
    """What must be known about a register, in the language in use, from its account in summary.json."""
    found = []
    last, until = account["last_event"], account["observed_to"]
    if last and (dt.date.fromisoformat(until) - dt.date.fromisoformat(last)).days > SILENT:
        found.append(
            _(
                "Its last event is of {last}. If it is complete only to that time, say so as `log_end`: what is "
                "pending is counted up to {until}.",
                last=day(last),
                until=day(until),
            )
        )
    if account["requests"] and not account["pending"]:
        found.append(_("Not one of its requests is pending: are rows entered only when a request is closed?"))
    if account["log_start"] is None:
        found.append(_("It does not say from when it was kept: give `log_start`."))
    notes = {
        "encoding": _("Its encoding was guessed ({name}); give it as `encoding`.", name=account["encoding"]),
        "quotes": _("Its quotation marks do not pair; it was read line by line."),
        "hidden": _(
            "Its hidden sheets were not read; name them as `sheets` in its mapping if they should be."
        ),
        "merged": _("Cells merged over several rows were given to each of the rows."),
    }
    found += [notes[note] for note in account["notes"] if note in notes]
    if n := account["short_rows"]:
        found.append(
            _n("{n} row has fewer cells than the header.", "{n} rows have fewer cells than the header.", n)
        )
    return found


def _not_data(account: dict[str, Any]) -> str:
    """What the rows were that are no data; a header alone goes without saying."""
    words = {
        "title": _("above the header"),
        "header": _("headers"),
        "blank": _("blank"),
        "total": _("totals"),
        "note": _("notes at the foot"),
    }
    reasons = account["not_data_reasons"]
    if not set(reasons) - {"header"}:
        return ""
    return _(
        "Not data: {reasons}.",
        reasons=", ".join(f"{reasons[name]} {words[name]}" for name in words if name in reasons),
    )


def _register(
    register: Register, raw: Raw, refused: int, merged: int, requests: pd.DataFrame, settings: Settings
) -> dict[str, Any]:
    until = observed_to(register, raw, settings)
    pending = _pending(requests, until)
    last = _last_event(requests, until)
    account = {
        "name": register.name,
        "read": raw.read,
        "requests": len(requests),
        "merged": merged,
        "refused": refused,
        "not_data": sum(raw.not_data.values()),
        "not_data_reasons": dict(sorted(raw.not_data.items())),
        "log_start": register.log_start.isoformat() if register.log_start else None,
        "log_end": register.log_end.isoformat() if register.log_end else None,
        "observed_to": until.isoformat(),
        "pending": pending,
        "last_event": last.isoformat() if last else None,
        "encoding": raw.encoding,
        "notes": list(raw.notes),
        "short_rows": len(raw.remarks),
    }
    if account["read"] != sum(int(account[end]) for end in ENDS):  # type: ignore[call-overload]
        raise MlaStatsError(
            f"Register {register.name}: {account['read']} rows were read, and "
            + ", ".join(f"{account[end]} {end.replace('_', ' ')}" for end in ENDS)
            + ". A row is lost or counted twice; nothing was written. This is a fault of mlastats: report it."
        )
    return account


def _pending(requests: pd.DataFrame, until: dt.date) -> int:
    cut = pd.Timestamp(until)
    ended = requests["answered"].le(cut) | requests["closed"].le(cut)
    return int((~ended & requests["outcome"].isna()).sum())


def _last_event(requests: pd.DataFrame, until: dt.date) -> dt.date | None:
    cut = np.datetime64(until, "us").astype(np.int64)
    # As numbers: what is missing is the least of them.
    days = (requests[stage].to_numpy().astype("datetime64[us]").view(np.int64) for stage in schema.STAGES)
    last = max(_latest(day, cut) for day in days)
    return None if last == MISSING else np.datetime64(int(last), "us").astype("datetime64[D]").item()


def _latest(days: np.ndarray, cut: np.int64) -> np.int64:
    latest = days.max(initial=MISSING)
    return latest if latest <= cut else np.where(days <= cut, days, MISSING).max()
