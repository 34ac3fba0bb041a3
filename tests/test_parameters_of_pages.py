"""The parameters of the notebooks on channels and partners: each keeps what it names, in the notebook itself."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pandas as pd
import pytest

from mlastats import schema, settings
from mlastats.errors import ConfigurationError

ROWS = """request_id,direction,partner,kind,channel,agency,received,sent,answered,outcome,linked_request_id
A1,incoming,THA,information,interpol,police,2024-01-10,,2024-01-20,executed,
A2,incoming,THA,mla,diplomatic,foreign,2024-03-01,,2024-09-01,executed,A1
A3,incoming,VNM,mla,diplomatic,foreign,2025-03-01,,,,
A4,outgoing,FRA,extradition,diplomatic,foreign,,2025-05-01,2025-08-01,refused,
A5,outgoing,TLS,mla,diplomatic,foreign,,2025-10-25,,,
A6,outgoing,TLS,mla,interpol,police,,2025-10-26,,,
"""
AGENCIES = "code,label,aliases,source\npolice,Police,,test\nforeign,Foreign affairs,,test\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    from mlastats.register.clean import clean_workspace
    from mlastats.register.processed import write

    folder = tmp_path_factory.mktemp("parameters")
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary" / "agency.csv").write_text(AGENCIES, encoding="utf-8")
    (folder / "register.csv").write_text(ROWS, encoding="utf-8")
    (folder / "mlastats.toml").write_text(
        f'reporting_state = "LAO"\nas_of = "2026-09-30"\nvocabulary = "vocabulary"\n'
        f'notebooks = "{(root / "notebooks").as_posix()}"\n'
        '[[registers]]\nname = "register"\npath = "register.csv"\nlog_start = 2024-01-01\n',
        encoding="utf-8",
    )
    loaded = settings.load(folder / "mlastats.toml")
    write(clean_workspace(loaded), loaded)
    return folder


def run(root: Path, home: Path, notebook: str, given: dict[str, Any], cells: int = 0) -> dict[str, Any]:
    """The names that a notebook leaves after its first cells of code (0: all) with these parameters."""
    found: dict[str, Any] = {}
    stored = json.loads((root / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in stored["cells"] if cell["cell_type"] == "code"]
    with mock.patch.dict(os.environ, {"MLASTATS_CONFIG": str(home / "mlastats.toml")}):
        for source in code[: cells or None]:
            exec(source, found)
            found |= given if source is code[0] else {}
    return found


def kept(root: Path, home: Path, notebook: str, **given: Any) -> list[str]:
    return run(root, home, notebook, given, cells=3)["asked"]["request_id"].tolist()


@pytest.mark.parametrize("notebook", ["2_channels", "3_partners"])
@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({}, ["A1", "A2", "A3", "A4", "A5", "A6"]),
        ({"reporting_state": "LAO"}, ["A1", "A2", "A3", "A4", "A5", "A6"]),
        ({"period": "2024"}, ["A1", "A2"]),
        ({"period": "2025-Q4"}, ["A5", "A6"]),
        ({"as_of": "2025-04-30"}, ["A1", "A2", "A3"]),
        ({"direction": "outgoing"}, ["A4", "A5", "A6"]),
        ({"kinds": ["extradition", "information"]}, ["A1", "A4"]),
        ({"groups": ["asean"]}, ["A1", "A2", "A3", "A6"]),
        ({"groups": ["europe", "asia"]}, ["A4", "A5"]),
        ({"partners": ["FRA", "VNM"]}, ["A3", "A4"]),
        ({"partner": "THA"}, ["A1", "A2"]),
        ({"agency": "police"}, ["A1", "A6"]),
        ({"direction": "incoming", "kinds": ["mla"], "partners": ["THA"]}, ["A2"]),
    ],
)
def test_each_parameter_keeps_what_it_names(
    root: Path, home: Path, notebook: str, given: dict[str, Any], ids: list[str]
) -> None:
    if notebook == "3_partners" and given == {"period": "2025-Q4"}:
        ids = ["A3", "A4", *ids]  # partners are looked at over the four quarters to it
    assert kept(root, home, notebook, **given) == ids


@pytest.mark.parametrize(
    "given", [{"partners": ["THAI"]}, {"kinds": ["extraditon"]}, {"groups": ["ASEAN"]}, {"agency": "army"}]
)
def test_a_code_that_is_none_is_refused(root: Path, home: Path, given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be codes of the vocabulary"):
        kept(root, home, "3_partners", **given)


def test_a_link_is_found_though_the_kind_of_the_contact_is_left_out(root: Path, home: Path) -> None:
    from mlastats.measure import informal_first

    shown: list[pd.DataFrame] = []
    measured = informal_first.informal_first

    def watched(*given: Any, **named: Any) -> pd.DataFrame:
        shown.append(measured(*given, **named))
        return shown[-1]

    with (
        mock.patch.object(informal_first, "informal_first", watched),
        mock.patch("mlastats.publish.page._display"),
    ):
        run(root, home, "2_channels", {"kinds": ["mla"]})
    table = shown[0].set_index(["direction", "kind"])
    assert table.loc[("incoming", "mla"), ["formal", "preceded"]].tolist() == [2, 1]


def test_partners_asked_for_are_shown_though_there_is_none(root: Path, home: Path) -> None:
    with mock.patch("mlastats.publish.page._display"):
        found = run(root, home, "3_partners", {"partners": ["FRA", "CAN"], "period": "2025"})
    engaged = found["engaged"].set_index("partner")
    assert engaged["engagement"].to_dict() == {"CAN": "none", "FRA": "minimal"}
    assert engaged["made"].to_dict() == {"CAN": 0, "FRA": 1}


def test_who_is_left_out_is_not_said_to_be_silent(root: Path, home: Path) -> None:
    with mock.patch("mlastats.publish.page._display"):
        found = run(root, home, "3_partners", {"groups": ["asean"]})
    assert set(found["engaged"]["partner"]) == {"THA", "VNM", "TLS"}
    silent = found["silent"].set_index("partner_group")
    # France had a request, which the parameter leaves out: one of Europe's bound partners is not silent.
    assert silent.loc["europe", "bound_silent"] == silent.loc["europe", "bound"] - 1


def test_types_and_help_stand_in_the_parameters_cell(root: Path) -> None:
    from mlastats.run.parameters import signature

    for notebook in ("2_channels", "3_partners"):
        found = signature(root / "notebooks" / f"{notebook}.ipynb")
        types = {name: parameter.type for name, parameter in found.items()}
        wanted = SimpleNamespace(text=["period", "direction", "agency", "reporting_state", "partner"])
        assert {types[name] for name in wanted.text} == {"str"}
        assert {types[name] for name in ("kinds", "groups", "partners")} == {"list[str]"}
        assert all(parameter.help for parameter in found.values())
        assert set(schema.NAMES) >= {"direction", "agency", "reporting_state", "partner"}


def test_a_copied_notebook_has_the_name_of_its_file(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy still says open_page("1_turnaround", ...)."""
    monkeypatch.setenv("MLASTATS_NOTEBOOK", "my_turnaround")
    assert run(root, home, "1_turnaround", {}, cells=2)["page"].notebook == "my_turnaround"
