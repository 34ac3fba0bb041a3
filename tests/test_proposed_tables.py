"""`mlastats map` of registers of assets and of persons, and of registers of requests that have columns of them."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from mlastats import settings
from mlastats.errors import InputRejected
from mlastats.register import mapping, proposal
from mlastats.register.clean import clean_workspace
from mlastats.register.files import from_frame, read_register

ASSETS_LAO = {
    "ເລກທີ": ["A-1", "A-2", "A-3"],
    "ມາດຕະການ": ["ອາຍັດ", "ຍຶດ", "ຮິບ"],
    "ມູນຄ່າ": ["1,5 ລ້ານກີບ", "2.000.000 ກີບ", "US$ 900.00"],
    "ວັນທີ": ["11/02/2024", "12/02/2024", "13/02/2024"],
    "ປະເພດຊັບສິນ": ["ລົດ", "ທີ່ດິນ", "ເງິນສົດ"],
}
ASSETS_ENGLISH = {
    "Ref": ["MLI/2024/0001", "MLI/2024/0002"],
    "Action taken": ["Frozen", "Seized"],
    "Order date": ["03/03/2024", "04/03/2024"],
    "Estimated value": ["US$ 1,200.00", "LAK 3.000.000"],
    "Owner": ["Somsak", "Khamla"],
}
PERSONS_THAI = {
    "เลขอ้างอิง": ["T-1", "T-2"],
    "ชื่อ": ["สมชาย", "มานี"],
    "ฐานะ": ["ผู้ต้องหา", "ผู้ต้องหา"],
    "วันที่จับกุม": ["11/02/2567", "12/02/2567"],
    "ความยินยอม": ["ยินยอม", "ไม่ยินยอม"],
    "วันที่ส่งมอบตัว": ["21/06/2567", ""],
}
PERSONS_ENGLISH = {
    "Reference": ["X1", "X2"],
    "Sought for": ["prosecution", "sentence"],
    "Arrested on": ["2024-03-01", "2024-03-02"],
    "Decision date": ["2024-05-01", ""],
    "Result": ["surrendered", ""],
}
REQUESTS = {
    "Reference": ["X1", "X2"],
    "Direction": ["in", "out"],
    "Country": ["Thailand", "Viet Nam"],
    "Type": ["MLA", "MLA"],
    "Received": ["2024-01-01", "2024-01-02"],
    "Result": ["", ""],
}


def propose(columns: dict[str, list[str]]) -> proposal.Proposal:
    return proposal.propose(from_frame(pd.DataFrame(columns, dtype="str")))


def in_force(found: proposal.Proposal) -> dict[str, str]:
    return {entry.header: entry.column for entry in found.of("exact")}


@pytest.mark.parametrize(
    ("columns", "table", "read"),
    [
        (ASSETS_LAO, "assets", ["request_id", "measure", "amount", "on", "asset_kind"]),
        (ASSETS_ENGLISH, "assets", ["request_id", "measure", "on", "amount"]),
        (PERSONS_THAI, "persons", ["request_id", "role", "arrested", "consented", "surrendered"]),
        (PERSONS_ENGLISH, "persons", ["request_id", "sought_for", "arrested", "decided", "outcome"]),
        (REQUESTS, "requests", ["request_id", "direction", "partner", "kind", "received", "outcome"]),
    ],
)
def test_the_table_of_a_register_is_told(columns: dict[str, list[str]], table: str, read: list[str]) -> None:
    found = propose(columns)
    assert found.table == table
    assert [*in_force(found).values()] == read
    # Names of people are in no line that is in force.
    assert not {"ชื่อ", "Owner"} & in_force(found).keys()


def test_a_header_whose_values_are_of_another_kind_makes_no_register_of_assets() -> None:
    columns = {"Ref": ["1", "2"], "Value": ["high", "low"], "Date": ["x", "y"], "Kind": ["car", "house"]}
    assert propose(columns).table == "requests"


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        (
            {"Value frozen (LAK)": ["1.500.000", ""], "Frozen on": ["2024-02-01", ""]},
            [("assets", {"Value frozen (LAK)": "amount", "Frozen on": "on"}, "frozen")],
        ),
        (
            {"ມູນຄ່າອາຍັດ": ["1,5 ລ້ານກີບ", ""], "ວັນທີອາຍັດ": ["01/05/2024", ""]},
            [("assets", {"ມູນຄ່າອາຍັດ": "amount", "ວັນທີອາຍັດ": "on"}, "frozen")],
        ),
        (
            {"มูลค่าที่ยึด": ["200,000.00 บาท", ""], "วันที่จับกุม": ["01/05/2567", ""]},
            [("assets", {"มูลค่าที่ยึด": "amount"}, "seized"), ("persons", {"วันที่จับกุม": "arrested"}, "")],
        ),
        (
            {"Amount seized": ["US$ 200", ""], "Type of asset": ["Car", ""], "Value frozen": ["US$ 9", ""]},
            [
                ("assets", {"Amount seized": "amount", "Type of asset": "asset_kind"}, "seized"),
                ("assets", {"Value frozen": "amount", "Type of asset": "asset_kind"}, "frozen"),
            ],
        ),
        ({"Arrested on": ["2024-02-01", ""]}, [("persons", {"Arrested on": "arrested"}, "")]),
        # A request was returned, not an asset; a day without a value is of no asset.
        ({"Date returned": ["2024-04-01", ""], "Seized on": ["2024-04-01", ""]}, []),
        ({"Value frozen": ["yes", "no"]}, []),
    ],
)
def test_columns_of_assets_and_persons_within_a_register_of_requests(
    more: dict[str, list[str]], parts: list[tuple[str, dict[str, str], str]], tmp_path: Path
) -> None:
    found = propose(REQUESTS | more)
    assert found.table == "requests"
    assert [(part.table, part.columns, part.measure) for part in found.parts] == parts
    proposal.write(found, tmp_path / "mapping.toml")
    read = mapping.load(tmp_path / "mapping.toml")
    assert [*read.columns.values()] == [*in_force(found).values()]
    written = [("assets", part) for part in read.assets] + [("persons", part) for part in read.persons]
    measures = [(table, part.columns, part.constants.get("measure", "")) for table, part in written]
    assert measures == parts


def test_an_amount_of_which_nobody_says_what_was_done_is_a_suggestion(tmp_path: Path) -> None:
    proposal.write(propose(REQUESTS | {"Value": ["US$ 200", "US$ 300"]}), tmp_path / "mapping.toml")
    assert mapping.load(tmp_path / "mapping.toml").assets == []
    lines = (tmp_path / "mapping.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("# [[assets]]")
    suggested = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines[start:]))
    assert suggested["assets"][0]["columns"] == {"Value": "amount"}


def test_what_is_proposed_is_read(tmp_path: Path) -> None:
    """From the file of a register of assets to its table, by the mapping that is proposed."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    pd.DataFrame(REQUESTS).to_csv(raw / "requests.csv", index=False)
    pd.DataFrame(ASSETS_ENGLISH | {"Ref": ["X1", "X2"]}).to_csv(raw / "assets.csv", index=False)
    found = proposal.propose(read_register(raw / "assets.csv"))
    proposal.write(found, raw / "assets.toml")
    registers = (
        '[[registers]]\nname = "requests"\npath = "data/raw/requests.csv"\n'
        '[[registers]]\nname = "assets"\npath = "data/raw/assets.csv"\nmapping = "data/raw/assets.toml"\n'
    )
    place = tmp_path / "mlastats.toml"
    start = 'as_of = "2024-12-31"\nreporting_state = "LAO"\n'
    place.write_text(f"{start}{registers}", encoding="utf-8")
    with pytest.raises(InputRejected, match="that of a register of assets"):
        clean_workspace(settings.load(place))
    place.write_text(f'{start}{registers}table = "assets"\n', encoding="utf-8")
    held = clean_workspace(settings.load(place)).beside["assets"]
    assert held[["request_id", "measure", "amount", "currency"]].to_numpy().tolist() == [
        ["X1", "frozen", 1200.0, "USD"],
        ["X2", "seized", 3_000_000.0, "LAK"],
    ]


def test_the_registers_of_the_example_are_of_their_tables(root: Path) -> None:
    for register in settings.load(root / "mlastats.toml").registers:
        raw = read_register(root / register.path, mapping.Mapping(table=register.table))
        assert proposal.propose(raw).table == register.table, register.name
