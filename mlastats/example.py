"""The example registers: four agencies, made up from a fixed seed, with the truth beside them.

`example.toml` holds the shapes and words they are drawn from. Only uniform draws are taken from
numpy and turned into everything else here, so that the registers do not move with a library.
`python -m mlastats.example` writes them anew; the same seed gives the same bytes.
"""

import bisect
import csv
import datetime as dt
import functools
import io
import json
import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

SEED = 20_170_628
FOLDER = Path("data/raw/example")
BUDDHIST = 543
Request = dict[str, Any]
Cells = list[Any]


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


@dataclass
class Kept:
    """A register as it was kept: its sheets of cells, and for each request the sheet and row."""

    name: str
    sheets: list[tuple[str, list[Cells]]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    not_data: int = 0


@functools.cache
def shapes() -> dict[str, Any]:
    """What the registers are drawn from."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def draw(size: float = 1.0, seed: int = SEED) -> list[Request]:
    """True requests by date, `size` times as many as in the example; columns of the schema, and
    others that begin with an underscore."""
    dice = _Dice(seed)
    drawn = [
        _request(stream, dice)
        for stream in shapes()["streams"]
        for _ in range(round(stream["requests"] * size))
    ]
    requests = sorted(
        (r for r in drawn if _in_register(r, r["agency"])), key=lambda r: (r["_start"], r["agency"])
    )
    _number(requests)
    _link(requests, dice)
    return requests


def keep(requests: Iterable[Request], seed: int = SEED) -> dict[str, Kept]:
    """The requests as the four agencies wrote them down, with their habits, copies and faults."""
    dice = _Dice(seed + 1)
    rows: dict[str, list[Request]] = {name: [] for name in shapes()["registers"]}
    for request in requests:
        rows[request["agency"]].append(dict(request))
        if request["_also"]:
            rows[request["_also"]].append(_copy(request, dice))
    return {name: _kept(name, sorted(rows[name], key=lambda r: r["_start"]), dice) for name in rows}


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
        "before_and_after": "No change was planted at any date.",
    }


def write(folder: Path = FOLDER) -> None:
    """Write the registers and truths.json into `folder`."""
    requests = draw()
    kept = keep(requests)
    folder.mkdir(parents=True, exist_ok=True)
    for name, register in kept.items():
        shape = shapes()["registers"][name]
        make = _workbook if "sheets" in shape else _text
        (folder / shape["file"]).write_bytes(make(register, shape))
    text = json.dumps(truths(requests, kept), ensure_ascii=False, indent=1)
    (folder / "truths.json").write_text(text + "\n", encoding="utf-8", newline="\n")


class _Dice:
    """Uniform draws from a fixed seed, and what is made of them."""

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
        ends = [sum(list(weights.values())[: n + 1]) for n in range(len(names))]
        return names[min(bisect.bisect_right(ends, self.share() * ends[-1]), len(names) - 1)]


def _request(stream: Mapping[str, Any], dice: _Dice) -> Request:
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
        "channel": dice.weighted(_open_channels(stream["channels"], shapes()["partners"][partner])),
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
    also = stream.get("also", "") if dice.share() < 0.4 else ""
    return request | {"_also": also if also and _in_register(request, also) else ""}


def _start(dice: _Dice) -> dt.date:
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


def _legal_basis(group: str, partner: str, dice: _Dice) -> str:
    if group == "police":
        return ""
    return dice.weighted(
        shapes()["legal_bases"]["asean" if shapes()["partners"][partner].get("asean") else "other"]
    )


def _course(request: Request, dice: _Dice) -> Request:
    """The stages and the end of a request, as far as its register's last day shows them."""
    law = Law(**shapes()["laws"][request["channel"]][request["direction"]])
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
    stages["answered" if answers else "closed"] = ended
    if answers and request["agency"] != "mps" and dice.share() < 0.5:
        stages["closed"] = ended + dt.timedelta(days=dice.whole(0, 20))
    return _seen(stages, last) | {
        "outcome": outcome,
        "refusal_ground": ground,
        "_state": state,
        "_ended": ended,
    }


def _stages(request: Request, days: int, dice: _Dice) -> dict[str, dt.date]:
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


def _in_register(request: Request, name: str) -> bool:
    """A register that began later holds only what was still open then, and nothing after its end."""
    register = shapes()["registers"][name]
    started_open = request["_ended"] is None or request["_ended"] >= register["start"]
    return started_open and request["_start"] <= register["end"]


def _number(requests: list[Request]) -> None:
    taken: Counter[str] = Counter()
    for request in requests:
        prefix = {"informal": "PS-", "formal": "MLI/" if request["direction"] == "incoming" else "MLO/"}
        series = f"{prefix[request['_formality']]}{request['_start'].year}"
        taken[series] += 1
        mark = series[2] if series.startswith("PS") else series[3]
        request["request_id"] = f"{series}{mark}{taken[series]:04}"


def _link(requests: list[Request], dice: _Dice) -> None:
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


def _copy(request: Request, dice: _Dice) -> Request:
    """The same request as the other agency wrote it, as far as that register goes, not all filled in."""
    last = shapes()["registers"][request["_also"]]["end"]
    copy = {key: value for key, value in request.items() if key[0] == "_" or not _after(value, last)}
    if _after(request["_ended"], last):
        copy |= {"outcome": "", "refusal_ground": ""}
    if dice.share() < 0.3:
        copy["offence"] = ""
    return copy


def _after(value: Any, last: dt.date) -> bool:
    return isinstance(value, dt.date) and value > last


def _kept(name: str, rows: list[Request], dice: _Dice) -> Kept:
    shape = shapes()["registers"][name]
    rows = [row for row in rows if row["_start"] <= shape["end"]]
    faults = _faults(name, rows, dice)
    sheets = shape.get("sheets", [""])
    register = Kept(name, [(sheet, []) for sheet in sheets])
    for ordinal, (_, cells) in enumerate(register.sheets, start=1):
        _open_sheet(register, cells, shape)
        for n, row in enumerate(r for r in rows if _sheet_of(r, sheets) == ordinal):
            _interrupt(register, cells, n, shape)
            _put(register, ordinal, row, faults.get(id(row), ""), dice)
        if "total" in shape:
            cells.append([shape["total"], str(sum(r["sheet"] == ordinal for r in register.rows))])
            register.not_data += 1
    return register


def _sheet_of(row: Request, sheets: list[str]) -> int:
    years = [int(sheet[:4]) if sheet[:4].isdigit() else 0 for sheet in sheets]
    return max(n for n, first in enumerate(years, start=1) if n == 1 or row["_start"].year >= first)


def _open_sheet(register: Kept, cells: list[Cells], shape: Mapping[str, Any]) -> None:
    cells.extend([title] if title else [] for title in shape["titles"])
    cells.append(list(shape["columns"]))
    register.not_data += len(cells)


def _interrupt(register: Kept, cells: list[Cells], n: int, shape: Mapping[str, Any]) -> None:
    """Blank rows, and the header once more, where the agency's sheets have them."""
    extra: list[Cells] = []
    if n and n == shape.get("repeat_header_after"):
        extra.append(list(shape["columns"]))
    if n and n % 150 == 0:
        extra.append([])
    cells.extend(extra)
    register.not_data += len(extra)


def _put(register: Kept, ordinal: int, row: Request, fault: str, dice: _Dice) -> None:
    cells = register.sheets[ordinal - 1][1]
    shape = shapes()["registers"][register.name]
    spoilt = _spoil(row, fault, shape["language"])
    written = [_cell(spoilt, column, shape, dice) for column in shape["columns"].values()]
    for _ in range(2 if fault == "row_twice" else 1):
        cells.append(written)
        register.rows.append(
            {"sheet": ordinal, "row": len(cells), "request_id": row["request_id"], "fault": fault}
        )
    if fault == "row_twice":
        register.rows[-2]["fault"] = ""


_ENDED = ("executed", "partly_executed")
_FITS = {
    "partner_misspelt": lambda r: r["partner"] in ("THA", "KHM", "VNM"),
    "partner_ambiguous": lambda r: r["partner"] == "KOR",
    "channel_misspelt": lambda r: r["channel"] in ("diplomatic", "interpol", "central_authority"),
    "row_twice": lambda r: True,
}


def _faults(name: str, rows: list[Request], dice: _Dice) -> dict[int, str]:
    """Which rows carry which fault, by identity of the row; never a row that stands in two registers."""
    free = [row for row in rows if not row["_also"]]
    chosen: dict[int, str] = {}
    for fault, wanted in shapes()["faults"][name].items():
        fits = _FITS.get(fault, lambda r: r["outcome"] in _ENDED and (r["answered"] - r["_start"]).days > 40)
        candidates = [row for row in free if id(row) not in chosen and fits(row)]
        for _ in range(min(wanted, len(candidates))):
            chosen[id(candidates.pop(dice.whole(0, len(candidates) - 1)))] = fault
    return chosen


def _spoil(row: Request, fault: str, language: str) -> Request:
    start = "received" if row["direction"] == "incoming" else "sent"
    if fault in shapes()["wrong"]:
        return row | {fault.partition("_")[0]: shapes()["wrong"][fault][language], "_as_written": True}
    changes: dict[str, Request] = {
        "dates_reversed": {start: row.get("answered"), "answered": row.get(start), "_plain": True},
        "date_impossible": {"answered": f"31/02/{(row.get('answered') or row['_start']).year}"},
        "outcome_missing": {"outcome": ""},
        "outcome_without_date": {"answered": None},
        "month_only": {"answered": (row.get("answered"), "month")},
    }
    between = {"closed": None, "executed": None, "acknowledged": None, "forwarded": None}
    return row | changes.get(fault, {}) | (between if fault in changes and fault != "outcome_missing" else {})


def _cell(row: Request, column: str, shape: Mapping[str, Any], dice: _Dice) -> Any:
    value = row.get(column)
    if isinstance(value, dt.date):
        return _date(value, row, shape, dice)
    if isinstance(value, tuple):
        return _month(value[0], shape)
    if value in (None, ""):
        return ""
    words = shapes()["words"].get(column, {}).get(value)
    return dice.one(words[shape["language"]]) if words else value if isinstance(value, int) else str(value)


def _date(day: dt.date, row: Request, shape: Mapping[str, Any], dice: _Dice) -> Any:
    habit = dice.one(shape["dates"])
    # Letters from Thailand count Buddhist years, and who copies them copies the year too.
    thai = row["partner"] == "THA" and shape["language"] == "lo" and dice.share() < 0.4
    year = day.year + BUDDHIST if thai else day.year
    if habit == "excel" and not thai:
        return day
    if habit == "iso":
        return day.isoformat()
    if habit == "long":
        return f"{day.day} {shapes()['months'][shape['language']][day.month - 1]} {year}"
    return f"{day.day:02}/{day.month:02}/{year}"


def _month(day: dt.date, shape: Mapping[str, Any]) -> str:
    return f"{shapes()['months'][shape['language']][day.month - 1]} {day.year}"


def _text(register: Kept, shape: Mapping[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=shape["delimiter"], lineterminator="\r\n")
    width = len(shape["columns"])
    writer.writerows([*row, *[""] * (width - len(row))] for row in register.sheets[0][1])
    return out.getvalue().encode(shape["encoding"])


def _workbook(register: Kept, shape: Mapping[str, Any]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # A workbook notes when it was made; a fixed day keeps the bytes the same.
    book.set_properties({"title": "Synthetic example", "created": dt.datetime(2026, 9, 30)})
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in register.sheets:
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(shape["columns"]) - 1, 18)
        for n, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(n, column, dt.datetime.combine(value, dt.time()), days)
                elif value != "":
                    sheet.write(n, column, value)
    book.close()
    return out.getvalue()


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
    marked = [row for row in register.rows if row["fault"]]
    return {"rows": len(register.rows), "not_data": register.not_data, "faults": marked}


if __name__ == "__main__":
    write()
