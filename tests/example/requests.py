"""True requests, drawn from a fixed seed after `shapes.toml`."""

import bisect
import datetime as dt
import functools
import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import NormalDist
from typing import Any

SEED = 20_170_628
EXECUTED = ("executed", "partly_executed")
Request = dict[str, Any]


@functools.cache
def shapes() -> dict[str, Any]:
    """What the registers are drawn from."""
    return tomllib.loads(Path(__file__).with_name("shapes.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Law:
    """How long a channel takes in one direction, in days from the request to its end."""

    shape: str
    median: float
    spread: float
    never: float
    answered: float

    def days(self, share: float) -> int:
        """The first day by which this share of the requests that end have ended."""
        if self.shape == "lognormal":
            exact = self.median * math.exp(self.spread * NormalDist().inv_cdf(share))
        else:
            exact = self.median * (-math.log1p(-share) / math.log(2)) ** self.spread
        return math.ceil(exact)

    def answer_days(self, share: float) -> int | None:
        """The first day by which this share of all requests have an answer; None if that never comes."""
        needed = share / ((1 - self.never) * self.answered)
        return self.days(needed) if needed < 1 else None


def draw(size: float = 1.0, seed: int = SEED) -> list[Request]:
    """True requests by date, `size` times as many as in the example; columns of the schema, and
    others that begin with an underscore."""
    dice = Dice(seed)
    requests = drawn(shapes()["streams"], size, dice)
    number(requests, Counter())
    _link(requests, dice)
    return requests


def drawn(streams: list[dict[str, Any]], size: float, dice: "Dice") -> list[Request]:
    """What the registers hold of these streams, by date."""
    requests = [_request(stream, dice) for stream in streams for _ in range(round(stream["requests"] * size))]
    held = (r for r in requests if in_register(r, r["agency"]))
    return sorted(held, key=lambda r: (r["_start"], r["agency"]))


def number(requests: list[Request], taken: Counter[str]) -> None:
    """A reference for each, after those that are taken in its year."""
    for request in requests:
        prefix = {"informal": "PS-", "formal": "MLI/" if request["direction"] == "incoming" else "MLO/"}
        begins = prefix[request["_formality"]]
        series = f"{begins}{request['_start'].year}{begins[-1]}"
        taken[series] += 1
        request["request_id"] = f"{series}{taken[series]:04}"


class Dice:
    """Draws from a fixed seed. Only uniform numbers come from numpy; what is made of them is made here,
    so that the registers do not move with a library."""

    def __init__(self, seed: int) -> None:
        import numpy as np

        self._draws = np.random.default_rng(seed)

    def share(self) -> float:
        return float(self._draws.random())

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.share() * (high - low + 1))

    def one(self, options: list[Any]) -> Any:
        return options[self.whole(0, len(options) - 1)]

    def weighted(self, weights: Mapping[str, float]) -> str:
        names = list(weights)
        ends = list(accumulate(weights.values()))
        return names[min(bisect.bisect_right(ends, self.share() * ends[-1]), len(names) - 1)]


def _request(stream: Mapping[str, Any], dice: Dice) -> Request:
    start = _start(dice)
    group = "police" if stream["agency"] == "mps" else "formal"
    partner = dice.weighted(
        {code: p[group] for code, p in shapes()["partners"].items() if _in_contact(p, start)}
    )
    direction = stream["direction"]
    request: Request = {
        "agency": stream["agency"],
        "direction": direction,
        "partner": partner,
        "kind": dice.weighted(stream["kinds"]),
        "_law": dice.weighted(_open_channels(stream["channels"], shapes()["partners"][partner])),
        "offence": dice.weighted(shapes()["offences"][group]),
        "legal_basis": _legal_basis(group, partner, dice),
        "urgent": "yes" if dice.share() < 0.12 else "no",
        "persons": 1 + int(-math.log(1 - dice.share()) * (3 if group == "police" else 0.6)),
        "linked_request_id": "",
        "_person": f"Person {dice.whole(1, 9999):04}",
        "_remarks": f"Remark {dice.whole(1, 9999):04}" if dice.share() < 0.2 else "",
        "_start": start,
        "_formality": "informal" if group == "police" else "formal",
    }
    request |= _course(request, dice)
    request["channel"] = _channels(request["_law"], dice)
    also = stream.get("also", "") if dice.share() < 0.4 else ""
    return request | {"_also": also if also and in_register(request, also) else ""}


def _channels(first: str, dice: Dice) -> str:
    """A few requests go a second way too; the first decides how long they take."""
    second = {"interpol": "liaison_officer", "diplomatic": "interpol"}.get(first)
    return ";".join(sorted({first, second})) if second and dice.share() < 0.06 else first


def _start(dice: Dice) -> dt.date:
    """A day of the span; the last year has twice as many requests as the first."""
    first, last = shapes()["first_day"], shapes()["last_day"]
    along = math.sqrt(1 + 3 * dice.share()) - 1
    return first + dt.timedelta(days=int(along * (last - first).days))


def _in_contact(partner: Mapping[str, Any], day: dt.date) -> bool:
    month = f"{day:%Y-%m}"
    return "bursts" not in partner or any(first <= month <= last for first, last in partner["bursts"])


def _open_channels(channels: Mapping[str, float], partner: Mapping[str, Any]) -> dict[str, float]:
    needs = {"border_liaison": "near", "direct_judicial": "near", "aseanapol": "asean"}
    return {
        name: weight
        for name, weight in channels.items()
        if partner.get(needs.get(name, ""), name not in needs)
    }


def _legal_basis(group: str, partner: str, dice: Dice) -> str:
    if group == "police":
        return ""
    return dice.weighted(
        shapes()["legal_bases"]["asean" if shapes()["partners"][partner].get("asean") else "other"]
    )


def _course(request: Request, dice: Dice) -> Request:
    """The stages and the end of a request, as far as its register's last day shows them."""
    law = Law(**shapes()["laws"][request["_law"]][request["direction"]])
    last = shapes()["registers"][request["agency"]]["end"]
    days, never, answers = law.days(dice.share()), dice.share() < law.never, dice.share() < law.answered
    ended = None if never else request["_start"] + dt.timedelta(days=days)
    stages = _stages(request, days, dice)
    if ended is None or ended > last:
        return _seen(stages, last) | {
            "outcome": "",
            "refusal_ground": "",
            "_state": "pending",
            "_ended": ended,
        }
    state = "answered" if answers else "ended_otherwise"
    outcome = dice.weighted(shapes()["outcomes"][state])
    ground = dice.weighted(shapes()["refusal_grounds"]) if outcome == "refused" else ""
    if outcome not in EXECUTED:
        stages.pop("executed", None)
    stages["answered" if answers else "closed"] = ended
    if answers and request["agency"] != "mps" and dice.share() < 0.5:
        stages["closed"] = ended + dt.timedelta(days=dice.whole(0, 20))
    return _seen(stages, last) | {
        "outcome": outcome,
        "refusal_ground": ground,
        "_state": state,
        "_ended": ended,
    }


def _stages(request: Request, days: int, dice: Dice) -> dict[str, dt.date]:
    """Dates of the stages between start and end, each at its share of the way."""
    start = request["_start"]
    incoming = request["direction"] == "incoming"
    stages = {"received" if incoming else "sent": start}
    ways = {"acknowledged": (0.02, 0.8), "forwarded": (0.15, 0.9), "executed": (0.85, 0.9)}
    if dice.share() < 0.2:
        ways |= {"info_requested": (0.3, 1.0), "info_supplied": (0.55, 1.0)}
    for stage, (way, recorded) in ways.items():
        if dice.share() < recorded and (incoming or stage == "acknowledged"):
            stages[stage] = start + dt.timedelta(days=int(days * way))
    if not incoming:
        stages["drafted"] = start - dt.timedelta(days=dice.whole(3, 60))
    return stages


def _seen(stages: Mapping[str, dt.date], last: dt.date) -> Request:
    return {stage: day for stage, day in stages.items() if day <= last}


def in_register(request: Request, name: str) -> bool:
    """A register that began later holds only what was still open then, and nothing after its end."""
    register = shapes()["registers"][name]
    started_open = request["_ended"] is None or request["_ended"] >= register["start"]
    return started_open and request["_start"] <= register["end"]


def _link(requests: list[Request], dice: Dice) -> None:
    """Tie a fifth of the formal requests to an informal contact with the same partner before them."""
    contacts: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in requests:
        earlier = contacts[request["partner"], request["direction"]]
        if request["kind"] == "information":
            earlier.append(request)
        elif request["agency"] in ("mofa", "ospp") and earlier and dice.share() < 0.35:
            contact = earlier.pop(dice.whole(0, len(earlier) - 1))
            if (request["_start"] - contact["_start"]).days <= 365:
                request["linked_request_id"] = contact["request_id"]
