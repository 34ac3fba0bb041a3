"""What cannot be measured of a register, so that no key finding rests on it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.messages import _, label
from mlastats.register.distinct import Distinct
from mlastats.settings import Register

# Of a direction more requests without a first day, of a register more that may be rows of another request.
UNDATED, UNDECIDED = 0.1, 0.05
ENDS = ("answered", "closed", "outcome")
# The questions of a briefing (`Fact`) that cannot be answered then; without the others none can.
UNANSWERED = {
    "start": ("how_long", "how_much_stuck", "who_is_engaged", "what_changed"),
    "end": ("how_long", "how_much_stuck", "what_changed"),
    "channel": ("formal_or_informal",),
}


def after_log_end(requests: pd.DataFrame, registers: Iterable[Register]) -> np.ndarray:
    """Which requests begin after the day to which their register is said to be complete."""
    ends = {register.name: register.log_end for register in registers if register.log_end}
    names = Distinct.of(requests["register"])
    last = pd.Series(
        [ends.get(name.split(schema.SEVERAL)[0]) for name in names.values], dtype="datetime64[us]"
    )
    if last.isna().all():
        return np.zeros(len(requests), dtype=bool)
    start = schema.requested_on(requests).to_numpy()
    return (start > names.broadcast(last).to_numpy()) & (start > requests["observed_to"].to_numpy())


def counts(requests: pd.DataFrame, later: np.ndarray) -> Counter[Any]:
    """What adds up, over the rows of a register, to what cannot be measured of it: how many rows there are, are `later`,
    have a start, a direction, a channel and an end; and by direction (blank where it has none) how many there are ("of"),
    and are "undated"."""
    start = schema.requested_on(requests)
    known = {name: requests[name].notna() for name in ("direction", "channel")}
    known |= {"start": start.notna(), "end": requests[[*ENDS]].notna().any(axis=1), "later": later}
    directions = Distinct.of(requests["direction"])
    names = ["", *directions.values]
    every, undated = (
        np.bincount(directions.codes[rows] + 1, minlength=len(names)) for rows in (slice(None), start.isna())
    )
    return Counter(
        {"rows": len(requests)}
        | {name: int(rows.sum()) for name, rows in known.items()}
        | {("of", name): int(n) for name, n in zip(names, every, strict=True)}
        | {("undated", name): int(n) for name, n in zip(names, undated, strict=True)}
    )


def unmeasured(counted: Mapping[Any, int], undecided: int) -> list[dict[str, Any]]:
    """What cannot be measured of the requests of a register, by its `counts`, each with how many `requests` `of` how many.

    `what` is "start" (of a `direction`, "unrecorded" where it is not known, more than a tenth has no first day),
    "direction", "channel" or "end" (recorded of none), "after_log_end" (all that have a first day are `later`) or
    "undecided" (more than one in twenty of them may be rows of another request).
    """
    total = counted["rows"]
    if not total:
        return []
    lacks: list[dict[str, Any]] = []
    for direction in sorted(name[1] for name in counted if name[0] == "of"):
        number, of = counted["undated", direction], counted["of", direction]
        if number > UNDATED * of:
            named = direction or "unrecorded"
            lacks.append({"what": "start", "direction": named, "requests": number, "of": of})
    none = {name: not counted[name] for name in ("direction", "channel", "end")}
    none["after_log_end"] = 0 < counted["later"] == counted["start"]
    lacks += [{"what": what, "requests": total, "of": total} for what, so in none.items() if so]
    if undecided > UNDECIDED * total:
        lacks.append({"what": "undecided", "requests": undecided, "of": total})
    return lacks


def lines(account: Mapping[str, Any]) -> list[str]:
    """What cannot be measured of a register, from its account in summary.json: a line each, without a number, so
    that the public may read it too."""
    starts = {
        "incoming": _(
            "More than a tenth of its incoming requests have no day of receipt: how long they take is not known."
        ),
        "outgoing": _(
            "More than a tenth of its outgoing requests have no day of sending: how long they take is not known."
        ),
        "unrecorded": _(
            "More than a tenth of its requests of no known direction have no first day: how long they take is not "
            "known."
        ),
    }
    texts = {
        "direction": _("It does not say which requests are incoming and which outgoing."),
        "channel": _("It does not say by which channel any request went."),
        "end": _("It does not say of any request whether, when or how it ended."),
        "after_log_end": _("All its requests are later than its `log_end`: nothing of them was observed."),
        "undecided": _(
            "More than one in twenty of its requests may be a row of another: how many there are is not known."
        ),
    }
    return [
        starts[lack["direction"]] if lack["what"] == "start" else texts[lack["what"]]
        for lack in account.get("unmeasured", [])
    ]


def names(summary: Mapping[str, Any]) -> dict[str, str]:
    """What reports call each register of summary.json: the agency that keeps it, where all its requests are of one and
    no other register's are."""
    accounts = summary.get("registers", [])
    kept = Counter(account.get("agency") for account in accounts)
    return {
        one["name"]: label("agency", code) if (code := one.get("agency")) and kept[code] == 1 else one["name"]
        for one in accounts
    }


def of_registers(summary: Mapping[str, Any], public: bool = False) -> list[str]:
    """The lines of all registers of summary.json, each named; the public is not told which."""
    called = names(summary)
    named = [
        _("One register: {warning}", warning=line)
        if public
        else _("{register}: {warning}", register=called[account["name"]], warning=line)
        for account in summary.get("registers", [])
        for line in lines(account)
    ]
    return list(dict.fromkeys(named))
