"""What `mlastats return` makes and says: versions, forms filled by hand, and every fault at once."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlastats import messages, settings
from mlastats.cli import cli
from mlastats.errors import ConfigurationError
from mlastats.region import archive, faults, form
from mlastats.region.cube import CUBES, Header, Return, status
from mlastats.region.cubes import cubes
from mlastats.run import reports, returns

ROUND = {
    "round": "2025-a",
    "members": ["KHM", "LAO", "THA"],
    "levels": {"DIRECTION": ["incoming"]},
    "days": 5000,
}


@pytest.fixture(scope="module")
def home(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, cleaned as a run cleans it."""
    place = tmp_path_factory.mktemp("state")
    shutil.copy(root / "mlastats.toml", place)
    shutil.copytree(root / "data" / "raw" / "example", place / "data" / "raw" / "example")
    reports.clean(settings.load(place / "mlastats.toml"))
    return place


@pytest.fixture(autouse=True)
def english() -> Any:
    yield
    messages.use("en")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["return", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def made(home: Path, **asked: Any) -> dict[str, Any]:
    return returns.make(settings.load(home / "mlastats.toml"), returns.Asked("2025", **asked))


def test_a_return_its_workbook_and_two_pages(home: Path) -> None:
    code, said = run("make", "--period", "2025", "--config", str(home / "mlastats.toml"))
    assert code == 0, said
    folder = home / "data" / "returns" / "trusted"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["LAO_2025_v1.mlareturn.zip", "LAO_2025_v1.pdf", "LAO_2025_v1.xlsx"]
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}
    found = archive.read(folder / names[0])
    assert found.header.synthetic
    assert found.digest in said
    from pypdf import PdfReader

    pages = [page.extract_text() for page in PdfReader(folder / names[1]).pages]
    assert len(pages) == 2
    assert found.digest[:12] in pages[0]
    assert "SECRET" in pages[0]
    opened = found.cubes["FLOW"].query("MEASURE == 'opened' and DIRECTION == 'incoming'")["OBS_VALUE"].sum()
    assert f" {opened} " in pages[0].replace("\n", " ")


def test_the_workbook_holds_the_same_numbers(home: Path) -> None:
    made(home)
    folder = home / "data" / "returns" / "trusted"
    whole = archive.read(folder / "LAO_2025_v1.mlareturn.zip")
    choices = whole.cubes["CONCEPT"].set_index("CONCEPT")["OBS_VALUE"]
    assert choices["nationality"] == "recorded", "the example's register of persons has it"
    code, said = run("check", str(folder / "LAO_2025_v1.xlsx"))
    assert code == 0, said
    found, wrong = faults.check(folder / "LAO_2025_v1.xlsx")
    assert found is not None
    assert wrong == []
    for name in ("FLOW", "DURATION", "MIRROR", "ASSET", "COVERAGE", "HEADLINE", "CONCEPT"):
        left, right = found.cubes[name], whole.cubes[name]
        pd.testing.assert_frame_equal(left.drop(columns="CELL_KEY"), right.drop(columns="CELL_KEY"), obj=name)


def test_a_version_is_made_for_a_reason_and_never_changed(home: Path) -> None:
    first = made(home)
    path = home / first["path"]
    before = path.read_bytes()
    assert made(home) == first | {"new": False}
    text = (home / "mlastats.toml").read_text(encoding="utf-8")
    try:
        # Another register's end changes no count of 2025; another choice of partners changes what is said to be nil.
        (home / "mlastats.toml").write_text(
            text.replace('"DEU", "TWN"', '"DEU", "NRU", "TWN"'), encoding="utf-8"
        )
        with pytest.raises(ConfigurationError, match="Give the reason of the next version"):
            made(home)
        second = made(home, reason="definition_change")
    finally:
        (home / "mlastats.toml").write_text(text, encoding="utf-8")
    assert second["path"].endswith("LAO_2025_v2.mlareturn.zip")
    assert archive.read(home / second["path"]).header.reason == "definition_change"
    assert path.read_bytes() == before
    for file in (home / second["path"]).parent.glob("LAO_2025_v2*"):
        file.unlink()


@pytest.mark.parametrize("mode", ["trusted", "sealed"])
def test_what_is_not_for_the_public_never_lies_in_a_folder_of_reports(home: Path, mode: str) -> None:
    config = home / "open.toml"
    text = (home / "mlastats.toml").read_text(encoding="utf-8")
    config.write_text('returns = "reports/returns"\n' + text, encoding="utf-8")
    code, said = run("make", "--period", "2025", "--mode", mode, "--config", str(config))
    assert code == 2
    assert "not for the public" in said
    assert not (home / "reports" / "returns").exists()


def test_a_banded_return_counts_as_a_public_day(home: Path) -> None:
    path = home / made(home, mode="banded", language="lo")["path"]
    assert archive.read(path).header.mode == "banded"
    assert faults.check(path)[1] == []
    days = json.loads((home / "reports" / ".public.json").read_text(encoding="utf-8"))[-1]["days"]
    assert days == ["2025-12-31"]


def test_a_sealed_return_is_made_once_a_round(home: Path) -> None:
    agreed = home / "round.json"
    agreed.write_text(json.dumps(ROUND), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="seed with KHM"):
        made(home, mode="sealed", round_file=agreed)
    seeds = home / "data" / "keys" / "rounds" / "2025-a"
    seeds.mkdir(parents=True)
    for number, other in enumerate(("KHM", "THA")):
        (seeds / f"{other}.seed").write_text(f"{number:064x}", encoding="ascii")
    path = home / made(home, mode="sealed", round_file=agreed)["path"]
    assert faults.check(path)[1] == []
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".pdf", ".zip"]
    (seeds / "THA.seed").write_text(f"{7:064x}", encoding="ascii")
    with pytest.raises(ConfigurationError, match="has a return already"):
        made(home, mode="sealed", round_file=agreed, reason="correction")
    agreed.write_text("[" * 10_000, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cannot be read as JSON"):
        made(home, mode="sealed", round_file=agreed)


def test_it_is_encrypted_where_a_program_is_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "age"
    program.write_text('#!/bin/sh\n[ "$2" = age1known ] && cp "$5" "$4"\n', encoding="ascii")
    program.chmod(0o755)
    shutil.rmtree(home / "data" / "returns" / "trusted", ignore_errors=True)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    assert made(home, recipient="age1known")["encrypted"] == "LAO_2025_v1.mlareturn.zip.age"
    shutil.rmtree(home / "data" / "returns" / "trusted")
    with pytest.raises(ConfigurationError, match="does not know the recipient"):
        made(home, recipient="age1other")
    shutil.rmtree(home / "data" / "returns" / "trusted")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(ConfigurationError, match="Neither age nor gpg"):
        made(home, recipient="age1known")


# The form


def filled(path: Path, cells: Callable[[Any], None]) -> Path:
    """The form of Viet Nam for 2025, filled as a person does."""
    returns.template(path, "VNM", "2025", "en")
    book = openpyxl.load_workbook(path)
    cells(book)
    book.save(path)
    return path


def row_of(page: Any, *codes: str) -> int:
    for row in page.iter_rows(min_row=4):
        if tuple(cell.value for cell in row[: len(codes)]) == codes:
            return int(row[0].row)
    raise AssertionError(codes)


def test_a_form_filled_by_hand_is_read_into_the_same_tables(tmp_path: Path) -> None:
    def cells(book: Any) -> None:
        flow, mirror = book["FLOW"], book["MIRROR"]
        at = row_of(flow, "_T", "incoming", "mla")
        for column, value in enumerate((3, 10, 8, "-", 0, 5), 4):
            flow.cell(at, column).value = value
        at = row_of(flow, "_T", "outgoing", "mla")
        for column in range(4, 10):
            flow.cell(at, column).value = "N/A"
        mirror.cell(row_of(mirror, "LAO", "incoming", "legal_assistance", "received"), 5).value = 7
        new = mirror.max_row + 1  # a row of one's own, in words
        for column, value in enumerate(("South Korea", "Incoming", "legal_assistance", "received", "2"), 1):
            mirror.cell(new, column).value = value
        book["CONCEPT"].cell(row_of(book["CONCEPT"], "request"), 2).value = "each_matter"
        book["RETURN"]["B7"].value = "Ministry of Justice"

    path = filled(tmp_path / "VNM_2025.xlsx", cells)
    found, wrong = faults.check(path)
    assert wrong == []
    assert found is not None
    assert (found.header.state, found.header.period, found.header.contact) == (
        "VNM",
        "2025",
        "Ministry of Justice",
    )
    flow = (
        found.cubes["FLOW"]
        .assign(said=status(found.cubes["FLOW"]))
        .set_index(["DIRECTION", "KIND", "MEASURE"])
    )
    assert flow.loc[("incoming", "mla", "opened"), ["OBS_VALUE", "said"]].tolist() == [10, "given"]
    assert flow.loc[("incoming", "mla", "ended_otherwise"), ["OBS_VALUE", "said"]].tolist() == [0, "nil"]
    assert flow.loc[("outgoing", "mla", "opened"), "said"] == "not_collected"
    assert flow.loc[("incoming", "extradition", "opened"), "said"] == "not_submitted"
    mirror = found.cubes["MIRROR"].dropna(subset="OBS_VALUE")
    assert mirror[["COUNTERPART_AREA", "OBS_VALUE"]].values.tolist() == [["KOR", 2], ["LAO", 7]]
    assert set(status(found.cubes["DURATION"])) == {"not_submitted"}
    assert found.cubes["CONCEPT"].set_index("CONCEPT").loc["request", "OBS_VALUE"] == "each_matter"
    for name, cube in CUBES.items():
        assert list(found.cubes[name].columns) == list(cube.columns)


def test_every_fault_of_a_form_is_said_at_once(tmp_path: Path) -> None:
    def cells(book: Any) -> None:
        flow = book["FLOW"]
        at = row_of(flow, "_T", "incoming", "mla")
        for column, value in enumerate((3, 10, 8, 0, 0, 6), 4):
            flow.cell(at, column).value = value  # 3 + 10 is not 8 + 6
        flow.cell(at + 1, 3).value = "murder"
        for column, value in enumerate(("THA", "incoming", "mla", 1, 1, 1, 0, 0, 1), 1):
            flow.cell(flow.max_row + (column == 1), column).value = value
        book["CONCEPT"].cell(row_of(book["CONCEPT"], "request"), 2).value = "whatever"

    path = filled(tmp_path / "VNM_2025.xlsx", cells)
    code, said = run("check", str(path))
    assert code == 1
    assert len(said.splitlines()) == 4
    for words in (
        "does not close",
        "no such KIND: murder",
        "all partners together",
        "choice that the concept does not have",
    ):
        assert words in said
    code, lao = run("check", str(path), "--language", "lo")
    assert code == 1
    assert "does not close" not in lao
    assert "ບໍ່ລົງກັນ" in lao


@pytest.mark.parametrize("value", ["about 20", "-3", "1.5", "=1+1", "54 out of 69", "1e400", "9" * 30])
def test_a_cell_that_is_no_number_is_named(tmp_path: Path, value: str) -> None:
    def cells(book: Any) -> None:
        book["FLOW"].cell(row_of(book["FLOW"], "_T", "incoming", "mla"), 5).value = value

    _found, wrong = faults.check(filled(tmp_path / "VNM_2025.xlsx", cells))
    assert any("FLOW: 1 values of OBS_VALUE are not what they must be" in fault for fault in wrong)


def test_a_file_that_is_no_form(tmp_path: Path) -> None:
    for name, data in {"a": b"", "b": b"PK\x03\x04", "c": os.urandom(5000)}.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        code, said = run("check", str(path))
        assert (code, len(said.splitlines())) == (1, 1)
    pd.DataFrame({"x": [1]}).to_excel(tmp_path / "other.xlsx")
    assert "does not say whose return it is" in run("check", str(tmp_path / "other.xlsx"))[1]
    assert run("check", str(tmp_path / "none.mlareturn.zip"))[0] == 1
    assert run("template", str(tmp_path / "other.xlsx"), "--state", "VNM", "--period", "2025")[0] == 2
    assert run("template", str(tmp_path / "new.xlsx"), "--state", "../x", "--period", "2025")[0] == 2
    assert not (tmp_path / "new.xlsx").exists()


@hypothesis_settings(max_examples=30, deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 0.999999), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_form_never_breaks_the_reader(
    places: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("form")
    returns.template(folder / "VNM_2025.xlsx", "VNM", "2025", "en")
    data = bytearray((folder / "VNM_2025.xlsx").read_bytes())
    for place, value in places:
        data[int(place * len(data))] = value
    (folder / "VNM_2025.xlsx").write_bytes(data)
    found, wrong = faults.check(folder / "VNM_2025.xlsx")
    assert found is not None or wrong
    assert not any("\n" in fault for fault in wrong)


# Faults of what others made


@pytest.fixture(scope="module")
def exact(home: Path) -> dict[str, pd.DataFrame]:
    from mlastats import schema

    requests = schema.read(home / "data" / "processed" / "requests.parquet")
    return cubes(requests, settings.load(home / "mlastats.toml"), "2025")


def faults_of(tables: dict[str, pd.DataFrame], mode: str = "trusted", **header: Any) -> list[str]:
    own = Header("LAO", "2025", header.pop("version", 1), mode, "2025-12-31", **header)
    return faults.faults(Return(own, tables))


def changed(
    tables: dict[str, pd.DataFrame], name: str, column: str, row: int, value: Any
) -> dict[str, pd.DataFrame]:
    table = tables[name].copy()
    table.loc[row, column] = value
    return {**tables, name: table}


def test_a_return_as_it_is_made_has_no_fault(exact: dict[str, pd.DataFrame]) -> None:
    assert faults_of(exact) == []


@pytest.mark.parametrize(
    ("name", "column", "value", "words"),
    [
        ("FLOW", "OBS_VALUE", 99, "does not close"),
        ("FLOW", "DIRECTION", "sideways", "no such DIRECTION: sideways"),
        ("FLOW", "REF_AREA", "THA", "no such REF_AREA: THA"),
        ("FLOW", "TIME_PERIOD", "2024", "no such TIME_PERIOD: 2024"),
        ("FLOW", "OBS_VALUE", pd.NA, "no value, and no reason why"),
        ("FLOW", "CONF_STATUS", "C", "a value, and a reason why there is none"),
        ("FLOW", "CONF_STATUS", "F", "marked as free"),
        ("FLOW", "OBS_VALUE", -1, "not what they must be"),
        ("OUTCOME", "OBS_STATUS", "Z", "no such OBS_STATUS: Z"),
        ("OUTCOME", "OBS_VALUE", 50, "OUTCOME has"),
        ("DURATION", "DAY", "soon", "no such DAY: soon"),
        ("DURATION", "COHORT", "20225", "no such COHORT: 20225"),
        ("CONCEPT", "OBS_VALUE", "registered", "a choice that the concept does not have"),
    ],
)
def test_each_fault_is_named(
    exact: dict[str, pd.DataFrame], name: str, column: str, value: Any, words: str
) -> None:
    row = int(exact[name]["MEASURE"].isin(["opened", "requests", "choice"]).to_numpy().argmax())
    wrong = faults_of(changed(exact, name, column, row, value))
    assert any(words in fault for fault in wrong), wrong


def test_cells_told_twice(exact: dict[str, pd.DataFrame]) -> None:
    twice = {**exact, "MIRROR": pd.concat([exact["MIRROR"], exact["MIRROR"].iloc[[5]]], ignore_index=True)}
    assert faults_of(twice) == ["MIRROR: 1 cells: told more than once"]


def test_exact_counts_called_banded_are_found(exact: dict[str, pd.DataFrame]) -> None:
    wrong = faults_of(exact, "banded")
    for name in ("FLOW", "OUTCOME", "DURATION"):
        assert any(fault.startswith(f"{name}: ") and "were not protected" in fault for fault in wrong)
        assert any(fault.startswith(f"{name}: it is finer") for fault in wrong)
    assert "MIRROR: a banded return tells nothing of it" in wrong


def test_versions_and_years_beside_each_other(exact: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    assert faults_of(exact, version=2) == ["version 2 does not say why it was made"]
    path = archive.write(tmp_path, Header("LAO", "2025", 1, "trusted", "2025-12-31"), exact)
    assert faults.check(path)[1] == []
    other = changed(exact, "FLOW", "CELL_KEY", 0, 1)
    again = archive.write(
        tmp_path / "", Header("LAO", "2025", 2, "trusted", "2025-12-31", "correction"), other
    )
    again.rename(tmp_path / "LAO_2025_v3.mlareturn.zip")
    (tmp_path / "LAO_2025_v2.mlareturn.zip").write_bytes(
        archive.packed(Header("LAO", "2025", 2, "trusted", "2025-12-31", "correction"), exact)
    )
    wrong = faults.check(tmp_path / "LAO_2025_v3.mlareturn.zip")[1]
    assert "the file is named LAO_2025_v3.mlareturn.zip, and its return is LAO_2025_v2" in wrong
    assert "LAO_2025_v2.mlareturn.zip says that it is the same version, and is another return" in wrong
    row = int(exact["CONCEPT"]["CONCEPT"].eq("year").to_numpy().argmax())
    moved = {
        n: t.assign(TIME_PERIOD="2024")
        for n, t in changed(exact, "CONCEPT", "OBS_VALUE", row, "july").items()
    }
    archive.write(tmp_path, Header("LAO", "2024", 1, "trusted", "2025-06-30"), moved)
    assert (
        "its year overlaps with that of LAO_2024_v1.mlareturn.zip, which begins in another month"
        in faults.check(path)[1]
    )


def test_no_name_or_reference_of_a_request_is_in_a_return(home: Path) -> None:
    """Words of the raw registers that are no code: references, names, free text."""
    from mlastats import schema

    path = home / made(home)["path"]
    requests = schema.read(home / "data" / "processed" / "requests.parquet")
    with zipfile.ZipFile(path) as pack:
        text = "".join(pack.read(name).decode() for name in pack.namelist())
    assert not [one for one in requests["request_id"].dropna() if f"{one}" in text]
    assert form.SUFFIX not in text
