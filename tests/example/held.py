"""The registers of assets and of persons of the example, for requests that are in its other registers, with the truth.

Written as a ministry would: amounts by habit, a few that are no amount, a reference that nobody has.
"""

import csv
import datetime as dt
import io
from collections import Counter
from typing import Any

from tests.example.requests import SEED, Dice, Request

STEPS = ("traced", "frozen", "seized", "confiscated", "returned")
LAST = dt.date(2026, 9, 30)
ASSETS = ("Reference", "Asset no", "Measure", "Date of measure", "Value", "Type of asset", "Returned to")
PERSONS = (
    "Reference",
    "Name",
    "Role",
    "Own national",
    "Sought for",
    "Arrest date",
    "Consent",
    "Decision date",
    "Date of surrender",
    "Result",
    "Reason for refusal",
)
# What is written in place of an amount, once each, with the currency that is known of it.
FAULTS = ("$ 5,000.00", "100-200 million kip", "", "ຫ້າລ້ານກີບ")
KINDS = {
    "account": "Bank account",
    "vehicle": "ລົດ",
    "real_estate": "Land",
    "cash": "Cash",
    "valuables": "Gold",
}
MEASURES = {
    "traced": "Traced",
    "frozen": "ອາຍັດ",
    "seized": "Seized",
    "confiscated": "ຮິບ",
    "returned": "Returned",
}


def assets(requests: list[Request]) -> tuple[bytes, dict[str, Any]]:
    """The register of assets, and what cleaning and measuring should recover of it."""
    dice = Dice(SEED + 7)
    asked = [r for r in requests if r["kind"] in ("mla", "asset_recovery") and r["agency"] in ("moj", "ospp")]
    asked = [r for r in asked if not r.get("_apart")]
    chosen = [r for r in asked if dice.share() < 0.12]
    rows: list[tuple[Any, ...]] = []
    for request in chosen:
        for number in range(1, 2 + (dice.share() < 0.3)):
            rows += _asset(request, f"{number}", dice)
    for place, fault in enumerate(FAULTS):
        rows[7 * place] = (*rows[7 * place][:4], None, "", fault, *rows[7 * place][7:])
    rows.append(
        (
            "MLI/2099I/0001",
            "1",
            "frozen",
            dt.date(2026, 3, 2),
            1_000_000,
            "LAK",
            "1.000.000 ກີບ",
            "cash",
            "",
            "",
        )
    )
    order = sorted(rows, key=lambda row: (row[3], row[0], row[1]))
    written = [
        (reference, number, MEASURES[measure], f"{day:%d/%m/%Y}", text, KINDS[kind], other)
        for reference, number, measure, day, _value, _currency, text, kind, other, _way in order
    ]
    known = [row for row in order if row[4] is not None]
    sums = Counter[str]()
    for row in known:
        sums[f"{row[9] or 'unrecorded'} {row[5]} {row[2]}"] += row[4]
    return _csv(ASSETS, written), {
        "rows": len(order),
        "by_measure": dict(sorted(Counter(row[2] for row in order).items())),
        "valued": len(known),
        "open": 1,
        "issues": len(FAULTS) - 1,
        "unknown_requests": 1,
        "sums": dict(sorted(sums.items())),
    }


def _asset(request: Request, number: str, dice: Dice) -> list[tuple[Any, ...]]:
    """One asset from tracing on, as far as it came: of one currency, worth less at some steps than before."""
    currency = dice.weighted({"LAK": 6, "USD": 3, "THB": 2})
    value = dice.whole(20, 900) * {"LAK": 1_000_000, "USD": 500, "THB": 10_000}[currency]
    kind = dice.one(sorted(KINDS))
    day, rows = request["_start"] + dt.timedelta(days=dice.whole(20, 200)), []
    first = dice.whole(0, 1)
    for step in STEPS[first:]:
        if day > LAST or (len(rows) > 0 and dice.share() < 0.35):
            break
        other = request["partner"] if step == "returned" else ""
        text = _written(value, currency, dice)
        rows.append(
            (
                request["request_id"],
                number,
                step,
                day,
                value,
                currency,
                text,
                kind,
                other,
                request["direction"],
            )
        )
        day += dt.timedelta(days=dice.whole(20, 300))
        value -= value // 10 if dice.share() < 0.3 else 0
    return rows


def _written(value: int, currency: str, dice: Dice) -> str:
    grouped = f"{value:,}"
    if currency == "LAK":
        millions = f"{value / 1_000_000:g}".replace(".", ",")
        return dice.one([f"{grouped.replace(',', '.')} ກີບ", f"{millions} ລ້ານກີບ", f"LAK {grouped}.00"])
    return f"US$ {grouped}.00" if currency == "USD" else f"{grouped}.00 ບາດ"


def persons(requests: list[Request]) -> tuple[bytes, dict[str, Any]]:
    """The register of persons sought by extradition, and what should be recovered of it."""
    dice = Dice(SEED + 8)
    asked = [r for r in requests if r["kind"] == "extradition"]
    rows, truth = [], Counter[str]()
    for request in asked:
        row, came = _person(request, dice)
        rows.append(row)
        truth.update(f"{request['direction']} {step}" for step in came)
    return _csv(PERSONS, rows), {"rows": len(rows), "funnel": dict(sorted(truth.items()))}


def _person(request: Request, dice: Dice) -> tuple[tuple[str, ...], list[str]]:
    """One person: with consent a decision takes about a month, without about half a year. A national of the state that was
    asked is not surrendered."""
    consented, national = dice.share() < 0.4, dice.share() < 0.15
    arrested = request["_start"] + dt.timedelta(days=dice.whole(5, 250))
    decided = arrested + dt.timedelta(days=dice.whole(10, 50) if consented else dice.whole(90, 270))
    surrendered = decided + dt.timedelta(days=dice.whole(5, 40))
    is_arrested = dice.share() < 0.75 and arrested <= LAST
    is_decided = is_arrested and decided <= LAST and dice.share() < 0.9
    is_refused = is_decided and (national or dice.share() < 0.1)
    is_surrendered = is_decided and not is_refused and surrendered <= LAST
    came = ["persons"]
    came += [
        n
        for n, there in {
            "arrested": is_arrested,
            "decided": is_decided,
            "surrendered": is_surrendered,
        }.items()
        if there
    ]
    came += ["consent"] * (is_arrested and consented)

    def day(there: bool, of: dt.date) -> str:
        return f"{of:%d/%m/%Y}" if there else ""

    ground = ("Nationality" if national else "Dual criminality") if is_refused else ""
    return (
        request["request_id"],
        f"Person {dice.whole(1, 9999):04}",
        dice.one(["suspect", "ຜູ້ຖືກຫາ"]) if dice.share() < 0.8 else "convicted",
        "yes" if national else "no",
        dice.one(["prosecution", "ດຳເນີນຄະດີ", "sentence"]),
        day(is_arrested, arrested),
        ("yes" if consented else "no") if is_arrested else "",
        day(is_decided, decided),
        day(is_surrendered, surrendered),
        "refused" if is_refused else "surrendered" if is_surrendered else "",
        ground,
    ), came


def _csv(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([head, *rows])
    return out.getvalue().encode("utf-8-sig")
