"""An example region: ten invented countries that ask each other, and the returns that they send, with the truth beside.

Codes are of those that ISO leaves to its users. One country registers only what it accepts, one counts no enquiries, one
writes nil for what it does not know, one restates a year, one is late, one publishes, one fills the form by hand.
"""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema, settings
from mlastats.publish.returns import workbook
from mlastats.region import archive, faults, form
from mlastats.region.banded import banded
from mlastats.region.cube import CUBES, Header
from mlastats.region.cubes import cubes

FOLDER = Path("data/region")
SEED = 20251231
NAMES = dict(
    zip(
        (f"XA{letter}" for letter in "ABCDEFGHIJ"),
        (
            "Arlenia",
            "Bessara",
            "Corvania",
            "Dunmora",
            "Elvaria",
            "Fontane",
            "Galdora",
            "Hestria",
            "Ismere",
            "Jorvale",
        ),
        strict=True,
    )
)
BODY = ("XZZ", "Secretariat of the example region")
YEARS = ("2023", "2024", "2025")
ACCEPTS, NO_ENQUIRIES, NIL_FOR_MISSING, RESTATES, LATE = "XAC", "XAD", "XAH", "XAF", "XAJ"
# Publishes its last return: what it may show the public, and no more.
PUBLISHES = "XAI"
# Fills the form by hand: stock and flow, the mirror and the definitions of its last return.
BY_HAND, FILLED = "XAG", ("FLOW", "MIRROR", "CONCEPT")
ACCEPTED = 0.55
MEDIANS = dict(zip(NAMES, (120, 200, 150, 90, 170, 140, 220, 160, 130, 180), strict=True))


def draw(seed: int = SEED) -> pd.DataFrame:
    """What truly happened: a row a request, with who asked whom, when it was sent, received and answered."""
    random = np.random.default_rng(seed)
    rows = []
    for sender in NAMES:
        for receiver in (code for code in NAMES if code != sender):
            size = int(random.poisson(4 * np.exp(random.normal(2.1, 0.7))))
            sent = np.sort(random.integers(0, 4 * 365, size))
            kind = random.choice(["mla", "extradition", "information"], size, p=[0.6, 0.15, 0.25])
            enquiry = random.uniform(size=size) < 0.25
            slow = MEDIANS[receiver] * np.where(
                kind == "extradition", 1.6, np.where(kind == "information", 0.2, 1.0)
            )
            days = np.exp(np.log(slow * np.where(enquiry, 0.3, 1.0)) + random.normal(0, 0.8, size))
            rows.append(
                pd.DataFrame(
                    {
                        "sender": sender,
                        "receiver": receiver,
                        "kind": kind,
                        "is_enquiry": enquiry,
                        "sent": pd.Timestamp("2022-01-01") + pd.to_timedelta(sent, "D"),
                        "transit": np.ceil(np.exp(random.normal(2.5, 0.6, size))),
                        "days": np.ceil(days),
                        "ends": random.choice(
                            ["executed", "partly_executed", "refused", "withdrawn", ""],
                            size,
                            p=[0.6, 0.1, 0.1, 0.05, 0.15],
                        ),
                        "accepted": random.uniform(size=size) < ACCEPTED,
                    }
                )
            )
    table = pd.concat(rows, ignore_index=True)
    table["received"] = table["sent"] + pd.to_timedelta(table.pop("transit"), "D")
    table["answered"] = table["received"] + pd.to_timedelta(table.pop("days"), "D")
    return table


def register(happened: pd.DataFrame, country: str, until: str = "2026-01-31") -> pd.DataFrame:
    """The requests table of one country: what it sent, and what it received and wrote down."""
    parts = []
    for direction, own, other in (("outgoing", "sender", "receiver"), ("incoming", "receiver", "sender")):
        rows = happened[happened[own].eq(country)]
        if direction == "incoming" and country == ACCEPTS:
            rows = rows[rows["accepted"]]
        if direction == "incoming" and country == NO_ENQUIRIES:
            rows = rows.assign(counted=~rows["is_enquiry"])
        parts.append(rows.assign(direction=direction, partner=rows[other]))
    table = pd.concat(parts)
    table = table[table[["sent", "received"]].max(axis=1).le(pd.Timestamp(until))]
    ended = table["ends"].ne("") & table["answered"].le(pd.Timestamp(until))
    frame = pd.DataFrame(
        {
            "request_id": [f"{country}-{n:05}" for n in table.index],
            "register": "central",
            "source_row": np.arange(2, len(table) + 2).astype(str),
            # Of invented countries no public holidays are known: theirs are those of one that there is.
            "reporting_state": "LAO",
            "direction": table["direction"],
            "partner": table["partner"],
            "partner_kind": "state",
            "agency": "moj",
            "kind": table["kind"],
            "is_enquiry": table["is_enquiry"],
            "channel": np.where(table["kind"].eq("information"), "interpol", "central_authority"),
            "sent": table["sent"],
            "received": table["received"],
            "answered": table["answered"].where(ended),
            "outcome": table["ends"].where(ended),
            "offence": "fraud",
            "legal_basis": "bilateral",
            "observed_from": pd.Timestamp("2022-01-01"),
            "observed_to": pd.Timestamp("2026-01-31"),
        }
    )
    for name in ("sent", "received", "answered"):
        frame[f"{name}_precision"] = pd.Series("day", frame.index).where(frame[name].notna())
    return schema.conform(frame.reset_index(drop=True))


def returned(
    happened: pd.DataFrame, country: str, period: str, until: str = "2026-01-31"
) -> dict[str, pd.DataFrame]:
    """The cubes of one country's return, with what is odd about it."""
    workspace = settings.check(
        {"reporting_state": country, "as_of": "2026-01-31", "partners_of_interest": list(NAMES)}
    )
    requests = register(happened, country, until)
    keys = pd.Series(
        np.random.default_rng([SEED, *country.encode()]).integers(0, 2**63, len(requests)), requests.index
    )
    made = cubes(requests, workspace, period, keys=keys.astype("uint64"))
    if country == NO_ENQUIRIES:
        counted = requests[~requests["is_enquiry"].fillna(False).astype(bool)]
        without = cubes(counted, workspace, period, keys=keys.astype("uint64").loc[counted.index])
        made |= {name: without[name] for name in ("FLOW", "OUTCOME", "DURATION", "MIRROR")}
        concept = made["CONCEPT"]
        made["CONCEPT"] = concept.assign(
            OBS_VALUE=concept["OBS_VALUE"].mask(concept["CONCEPT"].eq("enquiry"), "not_counted")
        )
    if country == NIL_FOR_MISSING and period == "2025":
        mirror = made["MIRROR"]
        incoming = mirror["DIRECTION"].eq("incoming")
        made["MIRROR"] = mirror.assign(
            OBS_VALUE=mirror["OBS_VALUE"].mask(incoming, 0), CELL_KEY=mirror["CELL_KEY"].mask(incoming, 0)
        )
    return made


def by_hand(folder: Path, head: Header, made: dict[str, pd.DataFrame]) -> None:
    """The form that a country without mlastats fills, in `inbox`, and the return that is read from it."""
    (folder / "inbox").mkdir(exist_ok=True)
    path = folder / "inbox" / f"{head.name}.xlsx"
    path.unlink(missing_ok=True)
    empty = form.blank(head.state)
    sheets = {n: form.sheet(CUBES[n], made[n]) if n in FILLED else empty[n] for n in empty}
    workbook(path, head, sheets)
    found, wrong = faults.check(path)
    assert not wrong, wrong
    assert found
    archive.write(folder / "returns", dataclasses.replace(found.header, synthetic=True), found.cubes)


def truths(happened: pd.DataFrame) -> dict[str, Any]:
    """What a secretariat should find."""
    year = happened["sent"].dt.year.eq(2025)
    return {
        "note": "Made up. No country, request or figure here is real.",
        "seed": SEED,
        "late": LATE,
        "restates": RESTATES,
        "registers_what_it_accepts": {"country": ACCEPTS, "share": ACCEPTED},
        "counts_no_enquiries": NO_ENQUIRIES,
        "writes_nil_for_missing": NIL_FOR_MISSING,
        "publishes": PUBLISHES,
        "fills_the_form_by_hand": BY_HAND,
        "sent_in_2025": int(year.sum()),
    }


def write(folder: Path = FOLDER) -> None:
    """Write the returns, the region's own codes and truths.json into `folder`; its configuration is written by hand."""
    happened = draw()
    (folder / "vocabulary").mkdir(parents=True, exist_ok=True)
    lines = ["code,label,alpha2,numeric,kind,region,aliases,source"]
    lines += [f"{code},{name},,,state,,,made up" for code, name in [*NAMES.items(), BODY]]
    (folder / "vocabulary" / "partner.csv").write_text(
        "\n".join(lines) + "\n", encoding="utf-8", newline="\n"
    )
    settings.load(folder / "mlastats.toml").use_vocabularies()
    shutil.rmtree(folder / "returns", ignore_errors=True)
    (folder / "returns").mkdir()
    for country in NAMES:
        for period in YEARS:
            if (country, period) == (LATE, "2025"):
                continue
            versions = [("", "2026-01-31")]
            if (country, period) == (RESTATES, "2024"):
                versions = [("", "2024-10-31"), ("late_data", "2026-01-31")]
            for number, (reason, until) in enumerate(versions, start=1):
                made, mode = returned(happened, country, period, until), "trusted"
                if (country, period) == (PUBLISHES, "2025"):
                    made, mode = banded(made, b"of the example region, no secret"), "banded"
                if (country, period) == (BY_HAND, "2025"):
                    by_hand(folder, Header(country, period, 1, mode, f"{period}-12-31", synthetic=True), made)
                    continue
                head = Header(country, period, number, mode, f"{period}-12-31", reason, synthetic=True)
                archive.write(folder / "returns", head, made)
    truth = json.dumps(truths(happened), ensure_ascii=False, indent=1)
    (folder / "truths.json").write_text(truth + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
