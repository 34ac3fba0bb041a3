"""What two of the four agencies keep beside the rest: what is asked for, by when, what was lacking, when it was entered.

Drawn after all else and by dice of its own, so that nothing else of the registers moves when a column is added here.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping
from statistics import NormalDist, median
from typing import Any

from tests.example.requests import SEED, Dice, Request, shapes

COLUMNS = ("assistance", "is_spontaneous", "deadline", "supplements", "returned_cause", "entered_on")


def add(requests: list[Request], seed: int = SEED) -> list[Request]:
    """The requests with these columns, some of their offences told apart, and what one agency was told unasked."""
    dice = Dice(seed + 2)
    for request in requests:
        _tell_apart(request, dice)
        request |= kept(request, keeper(request) or "ospp", dice)
    return [*requests, *(_unasked(n, requests, dice) for n in range(1, shapes()["unasked"]["entries"] + 1))]


def keeper(request: Request) -> str:
    """The register that keeps these columns of a request; blank where none does."""
    return next((name for name in (request["agency"], request["_also"]) if name in shapes()["beside"]), "")


def _tell_apart(request: Request, dice: Dice) -> None:
    """Precursors among drugs, smuggling among trafficking, terrorism and its financing among fraud; these rest on
    resolutions of the Security Council and the convention where they rested on a treaty for other offences."""
    share = dice.share()
    for offence, rather in shapes()["told_apart"].get(request["offence"], {}).items():
        if 0 <= share < rather:
            request["offence"] = offence
        share -= rather
    bases = shapes()["bases_of"].get(request["offence"])
    if bases and request["legal_basis"] in ("bilateral", "untoc"):
        request["legal_basis"] = dice.one(bases)


def kept(request: Request, register: str, dice: Dice) -> Request:
    """What this register keeps of the request in these columns."""
    shape, start = shapes()["beside"][register], request["_start"]
    asked = shapes()["assistance"].get(request["kind"])
    assistance = {dice.weighted(asked) for _ in range(2 if dice.share() < 0.25 else 1)} if asked else set()
    due = dice.one(shape["due"]) if dice.share() < shape["due_share"] else None
    causes = {dice.weighted(shapes()["returned_causes"]) for _ in range(2 if dice.share() < 0.2 else 1)}
    lag = math.exp(math.log(shape["entered"]) + shape["spread"] * NormalDist().inv_cdf(dice.share()))
    end = shapes()["registers"][register]["end"]
    return {
        "assistance": ";".join(sorted(assistance)),
        "is_spontaneous": "no",
        "deadline": start + dt.timedelta(days=due) if due and request["kind"] != "deportation" else None,
        "supplements": int(dice.weighted(shapes()["supplements"])),
        "returned_cause": ";".join(sorted(causes)) if request["outcome"] == "returned" else "",
        "entered_on": min(start + dt.timedelta(days=int(lag)), end),
    }


def _unasked(n: int, requests: list[Request], dice: Dice) -> Request:
    """What another police passed on in the register's last days; to some of it there was an answer of thanks."""
    shape = shapes()["unasked"]
    day, answered = shape["day"], n <= shape["answered"]
    end = shapes()["registers"]["mps"]["end"]
    last = sum(r["request_id"].startswith(f"PS-{day.year}") for r in requests)
    return {
        "request_id": f"PS-{day.year}-{last + n:04}",
        "agency": "mps",
        "direction": "incoming",
        "partner": dice.one(shape["partners"]),
        "kind": "information",
        "offence": dice.one(shape["offences"]),
        "legal_basis": "",
        "urgent": "no",
        "persons": 1,
        "linked_request_id": "",
        "channel": "interpol",
        "received": day,
        "answered": end if answered else None,
        "outcome": "executed" if answered else "",
        "refusal_ground": "",
        "assistance": "",
        "is_spontaneous": "yes",
        "deadline": None,
        "supplements": 0,
        "returned_cause": "",
        "entered_on": end,
        "_person": "",
        "_remarks": "",
        "_start": day,
        "_ended": end if answered else None,
        "_state": "answered" if answered else "pending",
        "_formality": "informal",
        "_law": "interpol",
        "_also": "",
        "_apart": 1,
    }


def truths(requests: list[Request]) -> dict[str, Any]:
    """What measuring should recover of these columns, of the requests (no deportation) that a register which keeps
    them holds; `urgent` and `offence` of all that have them."""
    unasked = [r for r in requests if r["is_spontaneous"] == "yes"]
    asked = [r for r in requests if r["is_spontaneous"] == "no" and r["kind"] != "deportation"]
    held = [r for r in asked if keeper(r)]
    columns = {name: [*shapes()["registers"][name]["columns"].values()] for name in shapes()["beside"]}

    def holds(column: str) -> list[Request]:
        return [r for r in asked if any(column in columns.get(n, ()) for n in (r["agency"], r["_also"]))]

    lags: dict[str, list[int]] = {name: [] for name in columns}
    for request in held:
        lags[keeper(request)].append((request["entered_on"] - request["_start"]).days)
    return {
        "kept_by": {name: [column for column in COLUMNS if column in has] for name, has in columns.items()},
        "requests": len(held),
        "assistance": {
            way: _count(code for r in held if r["_formality"] == way for code in r["assistance"].split(";"))
            for way in ("formal", "informal")
        },
        "deadline": {
            way: _count(_by_deadline(r) for r in held if r["direction"] == way)
            for way in ("incoming", "outgoing")
        },
        "urgent": _count(r["urgent"] for r in asked if {"mps", "moj"} & {r["agency"], r["_also"]}),
        "spontaneous": {
            "entries": len(unasked),
            "answered": sum(r["_state"] == "answered" for r in unasked),
        },
        "returned_cause": _count(code for r in held for code in r["returned_cause"].split(";")),
        "supplements": _count(str(r["supplements"]) for r in holds("supplements")),
        "entered_on": {
            name: {"requests": len(days), "median_days": median(days)} for name, days in lags.items()
        },
        "offence": _count(r["offence"] for r in asked),
    }


def _by_deadline(request: Mapping[str, Any]) -> str:
    """How a request stands to its deadline on the last day of the register that has it."""
    deadline = request["deadline"]
    if deadline is None:
        return ""
    if request["_state"] == "ended_otherwise":
        return "ended_otherwise"
    if request["_state"] == "answered":
        return "kept" if request["_ended"] <= deadline else "late"
    return "overdue" if deadline < shapes()["registers"][request["agency"]]["end"] else "not_due"


def _count(values: Any) -> dict[str, int]:
    return dict(sorted((value, n) for value, n in Counter(values).items() if value))
