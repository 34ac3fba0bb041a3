"""Assets that are traced both ways: the prosecutors ask by central authority, the police by the network of asset recovery.

Both are drawn from one law but for its median, so that one way is known to be so many times as fast. Drawn last and by
dice of its own, so that nothing else of the registers moves.
"""

from collections import Counter
from typing import Any

from tests.example import beside
from tests.example.requests import SEED, Dice, Law, Request, drawn, number, shapes


def add(requests: list[Request], size: float, seed: int = SEED) -> list[Request]:
    """The requests, and after them those made both ways for the same assistance."""
    shape, dice = shapes()["both_ways"], Dice(seed + 9)
    made = drawn(shape["streams"], size, dice)
    number(made, Counter(_series(r) for r in requests))
    for request in made:
        request |= beside.kept(request, request["agency"], dice)
        request |= {"assistance": shape["assistance"], "_apart": 2}
    return [*requests, *made]


def truth(requests: list[Request]) -> dict[str, Any]:
    """What measuring should recover: how many went each way, the day by which half have an answer, and how many times as
    long the formal way takes to every share of its ends."""
    shape = shapes()["both_ways"]
    arms, laws = {}, {}
    for stream in shape["streams"]:
        (channel,), (kind,) = stream["channels"], stream["kinds"]
        laws[channel] = law = Law(**shapes()["laws"][channel][stream["direction"]])
        mine = [r for r in requests if r.get("_apart") and r["channel"] == channel]
        way = {"direction": stream["direction"], "kind": kind, "assistance": shape["assistance"]}
        arms[mine[0]["_formality"]] = way | {"requests": len(mine), "p50": law.answer_days(0.5)}
    formal, informal = laws.values()
    return arms | {"times_as_long": formal.median / informal.median}


def _series(request: Request) -> str:
    """What a reference begins with, before its number in the year."""
    return request["request_id"].rstrip("0123456789")
