"""The example registers: the same bytes each time, and what cleaning and measuring recover of the truth."""

import io
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from mlastats import example, settings

FOLDER = Path("data/raw/example")
LOST_PARTNER = ("partner_misspelt", "partner_ambiguous")
NO_DURATION = ("dates_reversed", "date_impossible", "outcome_without_date")


@pytest.fixture(scope="module")
def truths(root: Path) -> dict:
    return json.loads((root / FOLDER / "truths.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cleaned(root: Path) -> SimpleNamespace:
    from mlastats.register.clean import clean_workspace

    return clean_workspace(settings.load(root / "mlastats.toml"))


@pytest.fixture(scope="module")
def faults(truths: dict) -> pd.DataFrame:
    rows = [
        {"register": name} | fault for name, truth in truths["registers"].items() for fault in truth["faults"]
    ]
    return pd.DataFrame(rows)


class TestTheFiles:
    def test_the_same_seed_gives_the_same_bytes(self, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            example.write(tmp_path / folder)
        for file in (tmp_path / "a").iterdir():
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name

    def test_what_is_committed_is_what_is_drawn(self, tmp_path: Path, root: Path) -> None:
        example.write(tmp_path)
        for file in tmp_path.iterdir():
            assert _content(file) == _content(root / FOLDER / file.name), file.name

    def test_mappings_name_the_columns_and_leave_names_unread(self, root: Path) -> None:
        import tomllib

        for name, shape in example.shapes()["registers"].items():
            mapping = tomllib.loads((root / FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
            known = {header: column for header, column in shape["columns"].items() if column[0] != "_"}
            assert mapping["columns"] == known


def _content(file: Path) -> object:
    # How well a workbook is packed depends on the machine's zlib; what is in it does not.
    if file.suffix != ".xlsx":
        return file.read_bytes()
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestTheLaws:
    @pytest.mark.parametrize("shape", ["lognormal", "weibull"])
    def test_half_have_ended_by_the_median(self, shape: str) -> None:
        assert example.Law(shape, 150, 0.8, never=0, answered=1).days(0.5) == 150

    def test_the_answer_comes_later_where_some_never_end(self) -> None:
        # F(d) must reach .5 / (.8 * .9) = .6944; lognormal: 150 exp(.8 * .5084) = 225.3
        assert example.Law("lognormal", 150, 0.8, never=0.2, answered=0.9).answer_days(0.5) == 226

    def test_no_median_where_too_few_are_ever_answered(self) -> None:
        assert example.Law("weibull", 150, 0.8, never=0.4, answered=0.8).answer_days(0.5) is None


class TestTheShapes:
    def test_about_fifteen_hundred_over_thirteen_years(self, truths: dict) -> None:
        assert 1300 <= truths["requests"] <= 1600
        years = Counter(r["_start"].year for r in example.draw())
        assert set(years) == set(range(2014, 2027))

    def test_partners_outside_asean_come_in_bursts(self) -> None:
        contact = [r["_start"] for r in example.draw() if r["partner"] == "JPN"]
        silent = [day for day in contact if date(2021, 3, 1) <= day <= date(2024, 12, 31)]
        assert len(contact) > 20
        assert silent == []

    def test_a_register_holds_nothing_after_its_last_day(self) -> None:
        for request in example.draw():
            last = example.shapes()["registers"][request["agency"]]["end"]
            days = [v for k, v in request.items() if isinstance(v, date) and k[0] != "_"]
            assert max(days, default=last) <= last

    def test_a_size_multiplies_it(self) -> None:
        assert 0.9 < len(example.draw(2)) / (2 * len(example.draw())) < 1.1
