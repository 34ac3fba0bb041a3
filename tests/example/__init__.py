"""The example registers: four agencies, made up from a fixed seed, with the truth beside them.

`shapes.toml` holds the shapes and words they are drawn from, `requests` draws what truly happened,
`registers` writes it down as four agencies would. `python -m tests.example` makes the files anew;
the same seed gives the same bytes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.example import beside, both_ways, held, requests
from tests.example.registers import Kept, keep, text, workbook
from tests.example.requests import SEED, Law, Request, shapes

__all__ = ["Law", "draw", "keep", "shapes", "truths", "write"]

FOLDER = Path("data/raw/example")


def draw(size: float = 1.0, seed: int = SEED) -> list[Request]:
    """True requests by date, `size` times as many as in the example, with what two agencies keep beside the rest,
    and what is asked both ways."""
    return both_ways.add(beside.add(requests.draw(size, seed), seed), size, seed)


def truths(requests: list[Request], kept: Mapping[str, Kept]) -> dict[str, Any]:
    """What cleaning and measuring should recover."""
    return {
        "note": "Made up. No request, person or figure here is real.",
        "seed": SEED,
        "requests": len(requests),
        "by_direction": _count(r["direction"] for r in requests),
        "by_partner": _count(r["partner"] for r in requests),
        "by_formality": _count(r["_formality"] for r in requests),
        "by_kind": _count(r["kind"] for r in requests),
        "by_state": _count(r["_state"] for r in requests),
        "linked": sum(bool(r["linked_request_id"]) for r in requests),
        "laws": [_law_truth(requests, direction, channel) for channel, direction in _laws()],
        "duplicates": [r["request_id"] for r in requests if r["_also"]],
        "registers": {name: _register_truth(register) for name, register in kept.items()},
        "beside": beside.truths(requests),
        "both_ways": both_ways.truth(requests),
        "before_and_after": "No change was planted at any date.",
    }


def write(folder: Path = FOLDER) -> None:
    """Write the registers and truths.json into `folder`."""
    requests = draw()
    kept = keep(requests)
    folder.mkdir(parents=True, exist_ok=True)
    for name, register in kept.items():
        shape = shapes()["registers"][name]
        make = workbook if "sheets" in shape else text
        (folder / shape["file"]).write_bytes(make(register, shape))
    made = {table: getattr(held, table)(requests) for table in ("assets", "persons")}
    for table, (content, _truth) in made.items():
        (folder / f"{table}.csv").write_bytes(content)
    own = {table: truth for table, (_content, truth) in made.items()}
    truth = json.dumps(truths(requests, kept) | own, ensure_ascii=False, indent=1)
    (folder / "truths.json").write_text(truth + "\n", encoding="utf-8", newline="\n")


def _count(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _laws() -> list[tuple[str, str]]:
    return [(channel, direction) for channel, both in shapes()["laws"].items() for direction in both]


def _law_truth(requests: list[Request], direction: str, channel: str) -> dict[str, Any]:
    law = Law(**shapes()["laws"][channel][direction])
    mine = [r for r in requests if r["channel"] == channel and r["direction"] == direction]
    states = _count(r["_state"] for r in mine)
    quartiles = {f"p{int(q * 100)}": law.answer_days(q) for q in (0.25, 0.5, 0.75)}
    return {"direction": direction, "channel": channel, "requests": len(mine), **states, **quartiles}


def _register_truth(register: Kept) -> dict[str, Any]:
    marked = [row for row in register.rows if row["fault"] or row["written_id"]]
    return {"rows": len(register.rows), "not_data": register.not_data, "faults": marked}
