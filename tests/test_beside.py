"""Assets and persons beside the requests: every row in one place, every value right or an issue."""

import io
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

import mlastats
from mlastats import schema, settings
from mlastats.errors import InputRejected
from mlastats.register import mapping, processed
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned

POLICE = (
    "Reference,Partner,Direction,Kind,Received,Sent,Frozen (LAK),Frozen on\n"
    "A1,Thailand,in,MLA,2024-01-05,,1.000,2024-03-01\n"
    "A2,Vietnam,in,MLA,2024-01-06,,,\n"
    "A3,China,out,MLA,,2024-01-07,2 ລ້ານ,2024-04-01\n"
    "A3,China,out,MLA,,2024-01-07,2 ລ້ານ,2024-04-01\n"
)
MAPPING = (
    '[columns]\n"Reference" = "request_id"\n"Partner" = "partner"\n"Direction" = "direction"\n'
    '"Kind" = "kind"\n"Received" = "received"\n"Sent" = "sent"\n'
    '[[assets]]\ncolumns = { "Frozen (LAK)" = "amount", "Frozen on" = "on" }\nconstants = { measure = "frozen" }\n'
)
ASSETS = (
    "Reference,Measure,Date,Amount,Currency,Type of asset\n"
    'A1,seized,2024-05-01,"1,5 ລ້ານ",Kip,ລົດ\n'
    "a1 ,ຍຶດ,2024-05-01,$ 500,,cash\n"
    "A9,confiscated,2024-06-01,100-200,THB,cash\n"
    ",,,,,\n"
    "A2,taken,2024-06-02,THB 12.50,Baht,Bitcoin\n"
    "Total,,,2,,\n"
)
PERSONS = (
    "Reference,Name,Role,Own national,Sought for,Arrested,Consent,Decided,Surrendered\n"
    "A1,Ms Canary,suspect,no,prosecution,2024-02-01,2024-02-03,2024-03-01,2024-03-11\n"
    "A2,Mr Canary,ຜູ້ຖືກຫາ,ແມ່ນ,trial,,no,,\n"
)


@pytest.fixture
def cleaned(workspace: Callable[..., Path]) -> Callable[..., tuple[Cleaned, Path]]:
    def of(read_as: str = MAPPING, **files: str | bytes) -> tuple[Cleaned, Path]:
        """police as requests, the others as the tables that they are named after."""
        own = {"police.csv": POLICE, "assets.csv": ASSETS, "persons.csv": PERSONS} | {
            f"{name}.{'xlsx' if isinstance(text, bytes) else 'csv'}": text for name, text in files.items()
        }
        own = {name: text for name, text in own.items() if text}
        if "assets.xlsx" in own:
            del own["assets.csv"]
        home = workspace(own)
        place = home / "mlastats.toml"
        lines = place.read_text(encoding="utf-8")
        for table in ("assets", "persons"):
            lines = lines.replace(f'name = "{table}"', f'name = "{table}"\ntable = "{table}"')
        lines = lines.replace('name = "police"', 'name = "police"\nmapping = "police.toml"')
        place.write_text(lines, encoding="utf-8")
        (home / "police.toml").write_text(read_as, encoding="utf-8")
        return clean_workspace(settings.load(place)), home

    return of


def table(cleaned: Cleaned, name: str, *columns: str) -> list[list[object]]:
    found = cleaned.beside[name][list(columns)].astype(object)
    return found.where(found.notna(), None).values.tolist()


def test_assets_from_a_register_and_from_columns_of_requests(
    cleaned: Callable[..., tuple[Cleaned, Path]],
) -> None:
    made, _home = cleaned()
    assert len(made.requests) == 3
    columns = ("request_id", "register", "source_row", "measure", "amount", "currency", "asset_kind")
    assert table(made, "assets", *columns) == [
        ["A1", "police", "2", "frozen", 1000.0, "LAK", None],
        ["A3", "police", "4", "frozen", 2e6, "LAK", None],
        ["A1", "assets", "2", "seized", 1.5e6, "LAK", "vehicle"],
        ["A1", "assets", "3", "seized", 500.0, None, "cash"],
        ["A9", "assets", "4", "confiscated", None, None, "cash"],
        ["A2", "assets", "6", None, 12.5, "THB", "crypto"],
    ]


def test_every_row_ends_in_one_place(cleaned: Callable[..., tuple[Cleaned, Path]]) -> None:
    made, _home = cleaned()
    assert made.summary["beside"] == [
        {"name": "police", "table": "assets", "read": 3, "rows": 2, "copies": 1, "refused": 0, "not_data": 0},
        {"name": "assets", "table": "assets", "read": 7, "rows": 4, "copies": 0, "refused": 0, "not_data": 3},
        {
            "name": "persons",
            "table": "persons",
            "read": 3,
            "rows": 2,
            "copies": 0,
            "refused": 0,
            "not_data": 1,
        },
    ]


def test_what_is_not_understood_is_an_issue_and_what_changed_is_on_record(
    cleaned: Callable[..., tuple[Cleaned, Path]],
) -> None:
    made, _home = cleaned()
    told = made.issues[made.issues["register"].eq("assets")]
    assert told[["row", "column", "value", "rule", "severity"]].values.tolist() == [
        ["3", "amount", "$ 500", "amount_unclear", "warning"],
        ["4", "amount", "100-200", "amount_unclear", "error"],
        ["4", "request_id", "A9", "request_unknown", "warning"],
        ["6", "measure", "taken", "unknown_term", "error"],
    ]
    changed = made.changes[made.changes["column"].eq("amount")]
    assert changed[["was", "now", "count"]].values.tolist() == [
        ["1.000", "1000 LAK", 1],
        ["2 ລ້ານ", "2000000 LAK", 1],
        ["1,5 ລ້ານ", "1500000 LAK", 1],
        ["$ 500", "500", 1],
        ["THB 12.50", "12.5 THB", 1],
    ]


def test_persons_and_no_name_of_them(cleaned: Callable[..., tuple[Cleaned, Path]]) -> None:
    made, home = cleaned()
    columns = ("request_id", "role", "own_national", "sought_for", "consented")
    assert table(made, "persons", *columns) == [
        ["A1", "suspect", False, "prosecution", True],
        ["A2", "suspect", True, "prosecution", False],
    ]
    days = made.beside["persons"].loc[0, ["arrested", "decided", "surrendered"]]
    assert [day.date().isoformat() for day in days] == ["2024-02-01", "2024-03-01", "2024-03-11"]
    processed.write(made, settings.load(home / "mlastats.toml"))
    for file in (home / "data" / "processed").glob("*.[cjp]*"):
        assert b"Canary" not in file.read_bytes()


def test_tables_are_for_their_owner_alone_and_go_when_no_register_has_them(
    cleaned: Callable[..., tuple[Cleaned, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, home = cleaned()
    place = settings.load(home / "mlastats.toml")
    processed.write(made, place)
    file = home / "data" / "processed" / "assets.parquet"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("MLASTATS_CONFIG", str(home / "mlastats.toml"))
    assert mlastats.load_assets().equals(made.beside["assets"])
    assert list(mlastats.load_persons()) == [column.name for column in schema.PERSONS]
    processed.write(Cleaned(made.coded, made.issues, made.changes, made.summary), place)
    assert not file.exists()
    assert list(mlastats.load_assets()) == [column.name for column in schema.ASSETS]


def test_a_number_of_a_workbook_is_its_number(cleaned: Callable[..., tuple[Cleaned, Path]]) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    rows = [
        ["Reference", "Measure", "Amount (USD)"],
        ["A1", "frozen", 12.5],
        ["A1", "seized", 1.125],
        ["A2", "seized", 7e6],
    ]
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)
    sheet.write_row(len(rows), 0, ["A2", "frozen", "1.000"])
    book.close()
    made, _home = cleaned(assets=out.getvalue())
    own = made.beside["assets"][made.beside["assets"]["register"].eq("assets")]
    assert own["amount"].fillna(-1).tolist() == [12.5, 1.125, 7e6, -1.0]
    assert made.issues.loc[made.issues["rule"].eq("amount_unclear"), "value"].tolist() == ["1.000"]


def test_a_reference_of_several_requests_is_said(cleaned: Callable[..., tuple[Cleaned, Path]]) -> None:
    twice = POLICE.replace("A2,Vietnam", "A1,Vietnam")
    made, _home = cleaned(police=twice, assets="Reference,Measure,Amount\nA1,frozen,5 USD\n")
    told = made.issues[made.issues["column"].eq("request_id") & made.issues["register"].eq("assets")]
    assert told["rule"].tolist() == ["request_ambiguous"]
    assert len(made.beside["assets"]) == 3


@pytest.mark.parametrize(("per", "kept", "copies"), [("offence", 3, 2), ("asset", 5, 0)])
def test_rows_of_one_request_say_its_assets_once_unless_each_is_one(
    cleaned: Callable[..., tuple[Cleaned, Path]], per: str, kept: int, copies: int
) -> None:
    """Two requests of two rows each, that differ in the offence and say the same asset; and one of one row."""
    rows = POLICE.replace("Kind", "Kind,Offence").replace(",MLA,", ",MLA,drugs,").splitlines()
    rows[4] = rows[3].replace("drugs", "fraud")
    text = "\n".join([*rows, *(row.replace("A3", "B3") for row in rows[3:5])])
    read_as = f'one_row_per = "{per}"\n' + MAPPING.replace('"kind"', '"kind"\n"Offence" = "offence"')
    made, _home = cleaned(read_as, police=text)
    account = made.summary["beside"][0]
    assert (len(made.requests), account["rows"], account["copies"]) == (4, kept, copies)


def test_a_column_that_is_not_there_is_named(cleaned: Callable[..., tuple[Cleaned, Path]]) -> None:
    with pytest.raises(InputRejected, match=r"no such header as table 1 of \[\[assets\]\].*entries 2"):
        cleaned(police=POLICE.replace("Frozen on", "Frozen at"))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"assets": [{"columns": {"Value": "amounts"}}]},
            "assets: entry 1: no such column; allowed are request_id, asset",
        ),
        ({"assets": [{"columns": {"A": "amount", "B": "amount"}}]}, "gives two headers to one column"),
        (
            {"table": "assets", "columns": {"Partner": "partner"}},
            "columns: entry 1: no such column; allowed are request_id",
        ),
        ({"columns": {"Value": "amount"}}, "columns: entry 1: no such column"),
        ({"decimal": ";"}, "decimal: Input should be"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(given: dict[str, object], fault: str) -> None:
    with pytest.raises(InputRejected, match=fault.replace("[", r"\[")):
        mapping.check(given)


CELLS = st.sampled_from(
    ["", "A1", "A9", "frozen", "?", "1.000", "1,5 USD", "#REF!", "2024-05-01", "31/31/2024", "THB", "Total"]
)


@effort(deadline=None)
@given(st.lists(st.lists(CELLS | st.text(max_size=5), min_size=5, max_size=5), max_size=8))
def test_no_row_is_lost_whatever_it_says(rows: list[list[str]]) -> None:
    """Each asset row is kept, refused or no data: `clean` adds it up itself, and raises where it does not."""
    from mlastats.register import beside
    from mlastats.register.files import from_frame
    from mlastats.register.mapping import Mapping
    from mlastats.settings import Register, Settings

    frame = pd.DataFrame(rows, columns=["Reference", "Measure", "Amount", "Date", "Currency"], dtype="str")
    raw = from_frame(frame, Mapping(table="assets"))
    known = pd.DataFrame(
        {"key": ["a1"], "register": ["moj"], "source_row": ["2"], "request_id": ["A1"], "place": [0]}
    )
    register = Register(name="assets", path="-", table="assets")
    found = beside.clean([(register, raw)], known, {}, {}, Settings(as_of="2026-09-30"))
    (account,) = found.account
    assert account["read"] == len(rows) == account["rows"] + account["refused"] + account["not_data"]
    assert len(found.tables["assets"]) == account["rows"]
    named = found.tables["assets"]["request_id"].dropna()
    assert json.dumps(named[named.str.lower().eq("a1")].unique().tolist()) in ("[]", '["A1"]')
