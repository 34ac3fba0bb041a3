"""A country's return: its cubes worked by hand, its file read by others, and files that are none."""

import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlastats import schema, settings, vocab
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.measure.turnaround import turnaround
from mlastats.region import archive, cube, faults, structure
from mlastats.region.cube import CUBES, Header, Return
from mlastats.region.cubes import cubes, day_counts_of

REGISTER = """
id direction partner kind        channel    received   sent       answered   outcome   persons observed_from observed_to
A1 incoming  THA     mla         diplomatic 2023-11-01 -          2024-02-01 executed  2       2023-01-01    2025-06-30
A2 incoming  THA     mla         diplomatic 2024-03-01 2024-02-01 -          -         1       2023-01-01    2025-06-30
A3 incoming  VNM     mla         interpol   2024-05-01 -          2024-05-31 withdrawn -       2023-01-01    2025-06-30
A4 incoming  VNM     extradition diplomatic 2024-06-01 -          -          refused   1       2023-01-01    2025-06-30
A5 incoming  THA     mla         diplomatic 2024-07-01 -          2025-02-01 executed  1       2023-01-01    2025-06-30
A6 incoming  THA     mla         diplomatic 2025-01-10 -          -          -         1       2023-01-01    2025-06-30
A7 outgoing  THA     mla         diplomatic 2024-09-15 2024-09-01 2024-12-31 executed  1       2023-01-01    2025-06-30
A8 incoming  THA     mla         diplomatic 2024-10-10 -          2024-10-01 executed  1       2023-01-01    2025-06-30
"""
# Worked by hand: A1 was open on the first day and was answered; A2, A5 and A8 came, and A8, whose end lies before its
# start, ended on the day it came; A2 and A5 are open on the last day, since A5 was answered after it.
THA_MLA = {
    "open_start": 1,
    "opened": 3,
    "answered": 2,
    "ended_otherwise": 0,
    "ended_undated": 0,
    "open_end": 2,
}
HEADER = Header("LAO", "2024", 1, "trusted", "2024-12-31", made_by="mlastats")


@pytest.fixture(scope="module")
def workspace() -> settings.Settings:
    return settings.check(
        {"reporting_state": "LAO", "as_of": "2025-06-30", "partners_of_interest": ["CHN", "LAO"]}
    )


@pytest.fixture(scope="module")
def requests(requests_from: Any) -> pd.DataFrame:
    return requests_from(REGISTER)


@pytest.fixture(scope="module")
def made(requests: pd.DataFrame, workspace: settings.Settings) -> dict[str, pd.DataFrame]:
    keys = pd.Series(np.array([2**64 - 2**n for n in range(len(requests))], dtype=np.uint64), requests.index)
    return cubes(requests, workspace, "2024", keys=keys)


def cells(table: pd.DataFrame, *names: str, **chosen: str) -> dict[Any, Any]:
    """Values of some cells by their codes."""
    for name, code in chosen.items():
        table = table[table[name].eq(code)]
    places = table[list(names)].itertuples(index=False, name=None)
    return dict(zip(places if len(names) > 1 else table[names[0]], table["OBS_VALUE"], strict=True))


def test_flow_by_hand(made: dict[str, pd.DataFrame]) -> None:
    flow = made["FLOW"]
    assert cells(flow, "MEASURE", COUNTERPART_AREA="THA", DIRECTION="incoming", KIND="mla") == THA_MLA
    extradition = cells(flow, "MEASURE", COUNTERPART_AREA="VNM", KIND="extradition")
    assert (extradition["opened"], extradition["ended_undated"], extradition["open_end"]) == (1, 1, 0)
    assert set(flow["COUNTERPART_AREA"]) == {"THA", "VNM"}


def test_keys_of_a_cell_are_the_sum_of_its_requests(made: dict[str, pd.DataFrame]) -> None:
    """Modulo 2**64, exactly: the keys are 2**64 - 1, - 2, - 4 ... in the order of the rows."""
    flow = made["FLOW"].set_index(["COUNTERPART_AREA", "DIRECTION", "KIND", "MEASURE"])["CELL_KEY"]
    assert flow["THA", "incoming", "mla", "opened"] == 2**64 - (2 + 16 + 128)
    assert flow["THA", "incoming", "mla", "ended_otherwise"] == 0


def test_outcomes_by_hand(made: dict[str, pd.DataFrame]) -> None:
    held = cells(made["OUTCOME"], "OUTCOME", "COHORT", DIRECTION="incoming", KIND="mla", MEASURE="requests")
    assert held == {
        ("executed", "2023"): 1,
        ("pending", "2024"): 2,
        ("withdrawn", "2024"): 1,
        ("undated", "2024"): 1,
    }
    persons = made["OUTCOME"].query("MEASURE == 'persons' and KIND == 'mla' and DIRECTION == 'incoming'")
    said = persons.set_index("OUTCOME")[["OBS_VALUE", "OBS_STATUS"]].T.to_dict("list")
    assert said["pending"] == [2, "A"]
    assert said["withdrawn"] == [None, "M"]  # A3 does not say how many


def test_durations_by_hand(made: dict[str, pd.DataFrame]) -> None:
    held = cells(made["DURATION"], "EVENT", "DAY", CLOCK="answer", DIRECTION="incoming", COHORT="2024")
    # 305 days from 1 March, 183 from 1 July to the last day of the year; A4 and A8 have no duration.
    assert held == {
        ("ended_otherwise", "30"): 1,
        ("entered", "0"): 1,  # that of A3, the last read of two cells with these codes
        ("pending", "183"): 1,
        ("pending", "305"): 1,
        ("undated", "_Z"): 1,
    }
    assert cells(made["DURATION"], "EVENT", "DAY", CLOCK="answer", COHORT="2023") == {
        ("answered", "92"): 1,
        ("entered", "0"): 1,
    }


def test_mirror_by_both_days_and_nil_said(made: dict[str, pd.DataFrame]) -> None:
    mirror = made["MIRROR"]
    out = cells(mirror, "DATE_BASIS", DIRECTION="outgoing", COUNTERPART_AREA="THA", KIND_M="legal_assistance")
    assert out == {"sent": 1, "received": 1}
    incoming = cells(
        mirror, "DATE_BASIS", DIRECTION="incoming", COUNTERPART_AREA="THA", KIND_M="legal_assistance"
    )
    assert incoming == {"sent": 1, "received": 3}
    # Of whom nothing was asked is said to be nil: members of ASEAN, and partners that should be engaged; not oneself.
    china = mirror[mirror["COUNTERPART_AREA"].eq("CHN")]
    assert set(cube.status(china)) == {"nil"}
    assert {"BRN", "IDN", "CHN"} <= set(mirror["COUNTERPART_AREA"])
    assert "LAO" not in set(mirror["COUNTERPART_AREA"])


def test_what_is_not_recorded_is_said_to_be(made: dict[str, pd.DataFrame]) -> None:
    assert set(cube.status(made["ASSET"])) == {"not_collected"}
    concept = made["CONCEPT"].set_index("CONCEPT")
    assert concept.loc["enquiry", "OBS_STATUS"] == "M"
    assert concept.loc["request", "OBS_VALUE"] == "each_contact"
    assert concept.loc["end", "OBS_VALUE"] == "answered"  # the register has no day of closing


@pytest.mark.parametrize(
    ("cells", "choice"),
    [(None, "M"), ([], "not_recorded"), ([pd.NA], "not_recorded"), ([pd.NA, False], "recorded")],
)
def test_nationality_is_recorded_where_a_register_of_persons_says_it(
    cells: list[Any] | None, choice: str, requests: pd.DataFrame, workspace: settings.Settings
) -> None:
    """Without a register of persons nobody has asked; with one that leaves it blank it is not recorded."""
    persons = None
    if cells is not None:
        persons = schema.conform(
            pd.DataFrame({"request_id": ["A1"] * len(cells), "own_national": pd.array(cells, "boolean")}),
            table="persons",
        )
    own = (
        cubes(requests, workspace, "2024", persons=persons)["CONCEPT"].set_index("CONCEPT").loc["nationality"]
    )
    assert (own["OBS_STATUS"] if pd.isna(own["OBS_VALUE"]) else own["OBS_VALUE"]) == choice


def test_working_days_are_not_collected_where_holidays_are_not_known(
    requests: pd.DataFrame, made: dict[str, pd.DataFrame]
) -> None:
    """`holidays` has none of Kosovo: its return has the figures by calendar days, and says that it has no others."""
    workspace = settings.check({"reporting_state": "XKX", "as_of": "2025-06-30"})
    tables = cubes(requests.assign(reporting_state="XKX"), workspace, "2024")
    own, known = tables["HEADLINE"], made["HEADLINE"]
    names = [*CUBES["HEADLINE"].own, "MEASURE"]
    assert own[names].equals(known[names])
    working = own["DAYS"].eq("working")
    assert set(cube.status(own[working])) == {"not_collected"}
    assert own[working]["OBS_VALUE"].isna().all()
    assert own[~working]["OBS_VALUE"].equals(known[~working]["OBS_VALUE"])
    header = Header("XKX", "2024", 1, "trusted", "2024-12-31", made_by="mlastats")
    assert faults.faults(Return(header, tables)) == []


def test_assets_in_their_own_currency(requests: pd.DataFrame, workspace: settings.Settings) -> None:
    assets = pd.DataFrame(
        {
            "request_id": ["A1", "A2", "A3", "A3"],
            "measure": ["frozen", "frozen", "frozen", "returned"],
            "on": pd.to_datetime(["2024-02-01", "2024-05-01", "2024-06-01", "2023-12-31"]),
            "amount": [1000.5, 2000.25, None, 7.0],
            "currency": ["USD", "USD", "LAK", "USD"],
        }
    )
    table = cubes(requests, workspace, "2024", assets=assets)["ASSET"]
    assert cells(table, "COUNTERPART_AREA", "CURRENCY", "MEASURE") == {
        ("THA", "USD", "amount"): 3000.75,
        ("THA", "USD", "number"): 2,
        ("VNM", "LAK", "amount"): pd.NA,  # one amount is not known, so is the sum
        ("VNM", "LAK", "number"): 1,
    }


def test_an_asset_of_a_reference_that_several_requests_have_is_of_no_partner(
    requests: pd.DataFrame, workspace: settings.Settings
) -> None:
    """Which of them is meant is an issue, not a choice."""
    reused = requests["request_id"].eq("A3")
    twice = requests.assign(request_id=requests["request_id"].mask(reused, "A1"))
    assert twice.loc[twice["request_id"].eq("A1"), "partner"].tolist() == ["THA", "VNM"]
    assets = pd.DataFrame(
        {
            "request_id": ["A1", "A2"],
            "measure": "frozen",
            "on": pd.Timestamp("2024-02-01"),
            "amount": [5.0, 7.0],
            "currency": "USD",
        }
    )
    table = cubes(twice, workspace, "2024", assets=assets)["ASSET"]
    assert cells(table, "COUNTERPART_AREA", "MEASURE") == {
        ("_X", "amount"): 5.0,
        ("_X", "number"): 1,
        ("THA", "amount"): 7.0,
        ("THA", "number"): 1,
    }


def test_a_year_that_was_not_observed_is_refused(
    requests: pd.DataFrame, workspace: settings.Settings
) -> None:
    with pytest.raises(ConfigurationError, match="complete only to 2025-06-30"):
        cubes(requests, workspace, "2025")
    with pytest.raises(ConfigurationError, match="kept only from 2023-01-01"):
        cubes(requests, workspace, "2022")
    with pytest.raises(ConfigurationError, match="must be the year"):
        cubes(requests, workspace, "2024-Q1")


@pytest.fixture(scope="module")
def receipt(root: Path, shared: Path) -> tuple[pd.DataFrame, settings.Settings]:
    from mlastats.register.clean import clean_workspace

    chosen = settings.load(root / "tests" / "workspaces" / "receipt" / "mlastats.toml")
    return clean_workspace(chosen).requests, chosen


def test_the_receipt_log_added_by_pandas_alone(receipt: Any, shared: Path) -> None:
    """Its cases of 2011, straight from the file: none of our code stands between."""
    requests, chosen = receipt
    table = cubes(requests, chosen, "2011")
    raw = pd.read_csv(shared / "receipt" / "receipt_cases.csv")
    start, end = (pd.to_datetime(raw[name]) for name in ("received", "completed"))
    first, last = pd.Timestamp("2011-01-01"), pd.Timestamp("2011-12-31")
    ended = end.between(first, last)
    expected = {
        "open_start": int((start.lt(first) & ~end.lt(first)).sum()),
        "opened": int(start.between(first, last).sum()),
        "answered": int(ended.sum()),
        "ended_otherwise": 0,
        "ended_undated": 0,
        "open_end": int((start.le(last) & ~end.le(last)).sum()),
    }
    assert table["FLOW"].groupby("MEASURE")["OBS_VALUE"].sum().to_dict() == expected
    begun = start.le(last)
    days = (end.clip(upper=last).fillna(last) - start).dt.days[begun]
    answered = end.le(last)[begun]
    duration = table["DURATION"].query("CLOCK == 'answer'")
    for event, mine in {"answered": answered, "pending": ~answered}.items():
        rows = duration[duration["EVENT"].eq(event)]
        found = rows.groupby(rows["DAY"].astype(int))["OBS_VALUE"].sum()
        assert found.to_dict() == days[mine].value_counts().to_dict()


def test_estimates_from_a_return_are_those_of_the_cases(receipt: Any) -> None:
    requests, chosen = receipt
    duration = cubes(requests, chosen, "2011")["DURATION"]
    mine = day_counts_of(duration, []).quantile([0.25, 0.5, 0.75, 0.9])
    cases = turnaround(requests, as_of="2011-12-31")
    (row,) = cases[cases["requests"].gt(0)].to_dict("records")
    assert mine["days"].tolist() == [row[name] for name in ("p25", "median_days", "p75", "p90")]
    assert mine.loc[mine["quantile"].eq(0.5), ["lower", "upper"]].iloc[0].tolist() == [
        row["lower"],
        row["upper"],
    ]


REQUEST = st.tuples(
    st.one_of(st.none(), st.integers(0, 1100)),  # the day it was received, from 1 January 2023
    st.one_of(st.none(), st.integers(0, 1100)),  # the day it was answered, before it too
    st.sampled_from([None, "executed", "refused", "withdrawn", "unrecorded"]),
    st.sampled_from(["day", "month", "year"]),
    st.sampled_from(["mla", "extradition", None]),
)


@hypothesis_settings(max_examples=25, deadline=None)
@given(rows=st.lists(REQUEST, min_size=1, max_size=25))
def test_a_stock_closes_whatever_the_register_holds(rows: list[Any], workspace: settings.Settings) -> None:
    """Missing, rough and reversed days, outcomes without a day: by partner, direction and kind, and so does every sum."""
    first = pd.Timestamp("2023-01-01")
    day = [[None if d is None else first + pd.Timedelta(days=d) for d in (row[0], row[1])] for row in rows]
    table = pd.DataFrame(
        {
            "request_id": [str(n) for n in range(len(rows))],
            "register": "r",
            "direction": "incoming",
            "received": pd.to_datetime([pair[0] for pair in day]),
            "answered": pd.to_datetime([pair[1] for pair in day]),
            "received_precision": [row[3] for row in rows],
            "outcome": [row[2] for row in rows],
            "kind": [row[4] for row in rows],
            "observed_from": first,
            "observed_to": pd.Timestamp("2025-12-31"),
        }
    )
    flow = cubes(schema.conform(table), workspace, "2024")["FLOW"]
    for _key, cells_of in flow.groupby(["COUNTERPART_AREA", "DIRECTION", "KIND"]):
        value = cells_of.set_index("MEASURE")["OBS_VALUE"].to_dict()
        ended = value["answered"] + value["ended_otherwise"] + value["ended_undated"]
        assert value["open_start"] + value["opened"] == ended + value["open_end"]
        assert min(value.values()) >= 0


# The file


@pytest.fixture(scope="module")
def file(made: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive.write(tmp_path_factory.mktemp("returns"), HEADER, made)


def test_what_is_written_is_read(file: Path, made: dict[str, pd.DataFrame]) -> None:
    assert file.name == "LAO_2024_v1.mlareturn.zip"
    found = archive.read(file)
    assert found.header == HEADER
    for name, table in made.items():
        pd.testing.assert_frame_equal(found.cubes[name], table)
    with zipfile.ZipFile(file) as pack:
        assert found.digest == hashlib.sha256(pack.read(archive.MANIFEST)).hexdigest()
        assert pack.read(archive.MANIFEST).startswith(b"# LAO_2024_v1 SECRET")
        assert json.loads(pack.read("datapackage.json"))["secret"] is True


def test_a_return_made_under_other_labels_is_read(
    made: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of the product that calls tables, columns and codes otherwise has the same tables."""
    with monkeypatch.context() as earlier:
        earlier.setattr(vocab, "label", lambda name, code: f"{name} as it was called: {code}")
        earlier.setattr(structure, "_words", lambda name: f"the old {name}")
        earlier.setattr(cube, "COMMON", dict.fromkeys(cube.COMMON, "Old"))
        path = archive.write(tmp_path, HEADER, made)
    said = json.loads(entries(path)["structure.json"])["data"]
    assert said["dataStructures"][0]["name"] == "cube as it was called: FLOW"
    assert faults.check(path)[1] == []
    pd.testing.assert_frame_equal(archive.read(path).cubes["FLOW"], made["FLOW"])
    # What is called the same and is another table is refused.
    said["dataStructures"][0]["dataStructureComponents"]["dimensionList"]["dimensions"][0]["id"] = "AREA"
    files = signed_again(entries(path) | {"structure.json": json.dumps({"data": said}).encode()})
    path.write_bytes(zipped(files))
    with pytest.raises(InputRejected, match="does not describe the tables"):
        archive.read(path)


def test_it_is_its_owners_alone_and_never_changed(file: Path, made: dict[str, pd.DataFrame]) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="never changed"):
        archive.write(file.parent, HEADER, made)
    assert file.read_bytes() == before == archive.packed(HEADER, made)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_pysdmx_reads_it(file: Path, made: dict[str, pd.DataFrame]) -> None:
    """It checks the structure against the schema of SDMX-JSON 2.0, and reads every cube."""
    from pysdmx.io import read_sdmx

    with zipfile.ZipFile(file) as pack:
        structure = read_sdmx(pack.read("structure.json").decode(), validate=True)
        held = {d.id: d for d in structure.get_data_structure_definitions()}
        for name, table in made.items():
            (data,) = read_sdmx(pack.read(f"{name}.csv").decode()).data
            assert str(data.structure) == f"DataStructure=MLASTATS:{name}(1.0)"
            assert len(data.data) == len(table)
            components = {c.id: c for c in held[name].components}
            assert set(data.data.columns) <= set(components)
            for column in set(data.data.columns) - {"OBS_STATUS", "CONF_STATUS"}:
                listed = components[column].local_codes
                assert listed is None or set(data.data[column]) <= {code.id for code in listed.codes} | {
                    ""
                }, column
            if CUBES[name].dtype == "Int64":
                assert (
                    np.nansum(pd.to_numeric(data.data["OBS_VALUE"], errors="coerce").to_numpy(float))
                    == table["OBS_VALUE"].sum()
                )


def test_sdmx1_reads_it(file: Path, made: dict[str, pd.DataFrame]) -> None:
    from sdmx.model import common, v30
    from sdmx.reader.csv import Reader

    with zipfile.ZipFile(file) as pack:
        for name in ("FLOW", "MIRROR"):
            own = v30.DataStructureDefinition(id=name, maintainer=common.Agency(id="MLASTATS"), version="1.0")
            for column in CUBES[name].dimensions:
                own.dimensions.append(common.Dimension(id=column))
            own.measures.append(v30.Measure(id="OBS_VALUE"))
            for column in cube.VALUE[1:]:
                own.attributes.append(common.DataAttribute(id=column))
            message = Reader().convert(io.BytesIO(pack.read(f"{name}.csv")), structure=own)
            held = [o for data in message.data for o in data.obs]
            assert len(held) == len(made[name])
            assert sum(int(o.value) for o in held if o.value) == made[name]["OBS_VALUE"].sum()


def test_pandas_alone_adds_every_cube(file: Path, made: dict[str, pd.DataFrame]) -> None:
    with zipfile.ZipFile(file) as pack:
        for name, table in made.items():
            own = pd.read_csv(pack.open(f"{name}.csv"))
            assert len(own) == len(table)
            if name != "CONCEPT":
                assert own["OBS_VALUE"].sum() == table["OBS_VALUE"].sum()
        package = json.loads(pack.read("datapackage.json"))
        for resource in package["resources"]:
            assert resource["hash"] == f"sha256:{hashlib.sha256(pack.read(resource['path'])).hexdigest()}"


# Files that are none


def entries(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def zipped(files: dict[str, bytes], like: bool = True) -> bytes:
    """A zip as `archive.packed` makes it, or as any program does."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(archive._entry(name) if like else name, data)
    return held.getvalue()


def signed_again(files: dict[str, bytes]) -> dict[str, bytes]:
    """With a manifest that fits what was changed."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in archive.NAMES[1:]]
    return {**files, archive.MANIFEST: ("\n".join(["# x", *lines]) + "\n").encode()}


def hostile(file: Path, partner: bytes = b"THA") -> dict[str, bytes]:
    whole, files = file.read_bytes(), entries(file)
    flow = files["FLOW.csv"]
    package = json.loads(files["datapackage.json"])

    def tampered(**changed: bytes) -> bytes:
        return zipped(signed_again(files | {name.replace("_", "."): data for name, data in changed.items()}))

    def headed(**changed: Any) -> bytes:
        own = {**package, "return": package["return"] | changed}
        return tampered(datapackage_json=json.dumps(own).encode())

    bomb = files | {"FLOW.csv": b"0" * (archive.UNPACKED + 1)} if archive.UNPACKED < 1 << 20 else files
    renamed = {name if name != "FLOW.csv" else "../FLOW.csv": data for name, data in files.items()}
    return {
        "empty": b"",
        "no zip": b"PK\x03\x04 but no more",
        "truncated": whole[: len(whole) // 2],
        "prefixed": b"#!/bin/sh\n" + whole,
        "trailing": whole + b"more",
        "packed again": zipped(files, like=False),
        "other order": zipped(dict(reversed(files.items()))),
        "traversing": zipped(renamed),
        "one more": zipped({**files, "run.exe": b"MZ"}),
        "one less": zipped({name: data for name, data in files.items() if name != "FLOW.csv"}),
        "tampered": zipped(files | {"FLOW.csv": flow.replace(b",1,A", b",2,A", 1)}),
        "bomb": zipped(bomb) if bomb is not files else b"",
        "no header": tampered(datapackage_json=b"{}"),
        "nested": tampered(datapackage_json=b"[" * 100_000),
        "state": headed(state="../X"),
        "version": headed(version=True),
        "mode": headed(mode="open"),
        "day": headed(as_of="2024-13-01"),
        "control": headed(contact="a\x1b[2J"),
        "more": headed(run="rm"),
        "structure": tampered(structure_json=b'{"data": {"dataStructures": []}}'),
        "column": tampered(FLOW_csv=flow.replace(b"KIND", b"KYND")),
        "ragged": tampered(FLOW_csv=flow + b"a,b\n"),
        "blank line": tampered(FLOW_csv=flow + b"\n"),
        "no rows": tampered(FLOW_csv=flow.split(b"\n")[0] + b"\n"),
        "negative": tampered(FLOW_csv=flow.replace(b",1,A", b",-1,A", 1)),
        "formula": tampered(FLOW_csv=flow.replace(b",%s," % partner, b",=cmd,", 1)),
        "not utf-8": tampered(FLOW_csv=flow.replace(b",%s," % partner, b",T\xffA,", 1)),
        "huge": tampered(FLOW_csv=flow.replace(b",1,A", b",99999999999999999999,A", 1)),
        "key": tampered(FLOW_csv=flow.replace(b",N,0\n", b",N,99999999999999999999\n", 1)),
        "structure id": tampered(FLOW_csv=flow.replace(b"FLOW(1.0)", b"FLOW(2.0)", 1)),
    }


def test_a_file_that_is_no_return_ends_in_one_line(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "UNPACKED", 300_000)
    for what, data in hostile(file).items():
        place = tmp_path / "x.mlareturn.zip"
        place.write_bytes(data)
        with pytest.raises(InputRejected) as fault:
            archive.read(place)
        assert str(fault.value).startswith("x.mlareturn.zip: "), what
        assert "\n" not in str(fault.value), what
        assert len(str(fault.value)) < 200, what
        assert [path.name for path in tmp_path.iterdir()] == ["x.mlareturn.zip"], what
        assert place.read_bytes() == data, what
    with pytest.raises(InputRejected, match="no such file"):
        archive.read(tmp_path)


def test_a_bomb_that_lies_about_its_size(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its directory says is not believed: reading stops at the limit."""
    monkeypatch.setattr(archive, "UNPACKED", 300_000)
    data = bytearray(zipped(entries(file) | {"FLOW.csv": b"0" * 50_000_000}))
    for size in (
        place for place in range(len(data) - 4) if data[place : place + 4] == struct.pack("<I", 50_000_000)
    ):
        data[size : size + 4] = struct.pack("<I", 10)
    place = tmp_path / "x.zip"
    place.write_bytes(data)
    with pytest.raises(InputRejected):
        archive.read(place)


def read_or_refused(path: Path) -> tuple[cube.Return | None, str]:
    try:
        return archive.read(path), ""
    except InputRejected as fault:
        return None, str(fault)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(0, 0.999999), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.floats(0, 1),
)
def test_damaged_bytes_are_refused_or_harmless(
    places: list[tuple[float, int]], cut: float, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever bytes are changed or cut off: the same return, or one line."""
    whole = archive.read(file)
    data = bytearray(file.read_bytes())
    for place, value in places:
        data[int(place * len(data))] = value
    data = data[: max(1, int(cut * len(data)))] if cut < 0.5 else data
    damaged = tmp_path_factory.mktemp("damaged") / "x.zip"
    damaged.write_bytes(data)
    found, fault = read_or_refused(damaged)
    assert "\n" not in fault
    if found:
        assert (found.header, found.digest) == (whole.header, whole.digest)
        assert all(found.cubes[name].equals(whole.cubes[name]) for name in CUBES)


@hypothesis_settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from([*(f"{name}.csv" for name in CUBES), "datapackage.json", "structure.json"]),
    place=st.floats(0, 0.999999),
    put=st.binary(max_size=6),
)
def test_tables_changed_and_signed_again_never_break_the_reader(
    name: str, place: float, put: bytes, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = entries(file)
    at = int(place * len(files[name]))
    files[name] = files[name][:at] + put + files[name][at + len(put) :]
    damaged = tmp_path_factory.mktemp("damaged") / "x.zip"
    damaged.write_bytes(zipped(signed_again(files)))
    found, fault = read_or_refused(damaged)
    assert "\n" not in fault
    assert found is None or set(found.cubes) == set(CUBES)
