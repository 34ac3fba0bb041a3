"""Every cell of the example's internal exhibits, every number of their findings and facts, worked out by a second program.

`tests/recomputed` reads the cleaned table (for the account of cleaning its records and the raw files) and shares nothing
with the package's measures. What a cell or a sentence holds and the second program does not have fails. Only how often
chance would give as much (`partners_regularity`) is drawn with other luck, and compared within the error of drawing.
Not worked out: filled forms (tests/test_forms.py), assets and persons (tests/test_assets.py).
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.recomputed import front, moved, records, tables
from tests.recomputed.sentences import PACES, SAID, WAYS, numbers, row, whole
from tests.recomputed.tables import AFTER

NOTEBOOKS = (
    *("0_front", "0_register", "1_turnaround", "2_channels", "3_partners", "4_flow", "5_before_and_after"),
    *("6_assessment", "7_what_moved", "8_sheet"),
)
# Filled forms, and what is said of them: tests/test_forms.py; assets and persons: tests/test_assets.py.
FORMS = ("form_", "assessment_forms", "assets_", "persons_")
DRAWN = {"chance": 0.025}
TABLES = tables.TABLES | front.TABLES | moved.TABLES


@pytest.fixture(scope="module")
def shown(exhibits: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The exhibits that these notebooks show, by name."""
    return {
        name: exhibit
        for notebook in NOTEBOOKS
        for name, exhibit in exhibits[notebook].items()
        if not name.startswith(FORMS)
    }


@pytest.fixture(scope="module")
def worked_out(example_workspace: Path, shown: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """The cells of each table anew, row by row as the exhibit has them."""
    held = records.read(example_workspace)
    tables.RECORDS[:] = [held]

    class Anew(dict):
        def __missing__(self, name: str) -> pd.DataFrame:
            return self.setdefault(name, _anew(held, shown[name]))

    return Anew()


def _anew(held: Any, exhibit: Any) -> pd.DataFrame:
    base, cells = TABLES[exhibit.name]
    rows, by = base(held), list(exhibit.by)
    names = [name for name in by if name in rows]
    places = defaultdict(list)
    codes = rows[names].astype(object).where(rows[names].notna(), "unrecorded").astype(str)
    for place, row_codes in enumerate(codes.itertuples(index=False, name=None)):
        places[row_codes].append(place)
    keys = exhibit.table[by].astype(str).to_dict("records")
    missing = {*places} - {tuple(key[name] for name in names) for key in keys}
    assert not missing, f"{exhibit.name} has no row for {sorted(missing)[:5]}"
    found = []
    for key in keys:
        mine = rows.iloc[places.get(tuple(key[name] for name in names), [])]
        found.append({**key, **cells(held, mine, key)})
    return pd.DataFrame(found) if found else exhibit.table.iloc[:0]


def test_every_exhibit_is_worked_out(shown: dict[str, Any]) -> None:
    assert set(TABLES) == set(shown)
    assert set(SAID) | set(PACES) == set(shown)


@pytest.mark.parametrize("name", TABLES)
def test_every_cell(name: str, shown: dict[str, Any], worked_out: dict[str, pd.DataFrame]) -> None:
    table, anew = shown[name].table, worked_out[name]
    for column in table.columns.difference(list(shown[name].by)):
        for (place, cell), own in zip(table[column].items(), anew[column], strict=True):
            where = f"{name}, {column}, {table.loc[place, list(shown[name].by)].to_dict()}"
            if column in DRAWN and not _missing(own):
                least = 0.0 if cell == "<0.001" else float(cell)
                assert own == pytest.approx(least, abs=DRAWN[column]), where
            elif _missing(cell) or _missing(own):
                assert _missing(cell) == _missing(own), f"{where}: {cell!r}, worked out {own!r}"
            elif isinstance(cell, (str, pd.Timestamp)):
                assert str(own) == str(cell), where
            else:
                assert float(own) == pytest.approx(float(cell), rel=1e-9, abs=1e-12), where


def test_what_is_drawn_of_the_stock(shown: dict[str, Any], worked_out: dict[str, pd.DataFrame]) -> None:
    """What is open at the end of each year, and of it what has waited a year or longer, which no cell gives; the last
    column stands on the last day of each register."""
    anew = worked_out["flow_stock"]
    drawn = shown["flow_stock"].chart(shown["flow_stock"].table)
    assert [panel.hue for panel in drawn.panels] == ["incoming", "outgoing"]
    for panel in drawn.panels:
        mine = anew[anew["direction"].eq(panel.hue)]
        years = [*mine["period"][mine["period"].ne(AFTER)][:-1], AFTER]
        of = mine.set_index("period").loc[years]
        (line,) = (row.mark for row in panel.rows)
        assert line.values == tuple(of["closing"])
        assert line.parts == tuple(of["long"])


@pytest.mark.parametrize("name", SAID)
def test_every_number_of_a_finding(
    name: str, shown: dict[str, Any], worked_out: dict[str, pd.DataFrame]
) -> None:
    finding = shown[name].finding(shown[name].table)
    assert numbers(finding) == SAID[name](worked_out), finding


@pytest.mark.parametrize("name", PACES)
def test_which_groups_are_slowest(
    name: str, shown: dict[str, Any], worked_out: dict[str, pd.DataFrame]
) -> None:
    finding = shown[name].finding(shown[name].table)
    figures, names = PACES[name](worked_out)
    assert numbers(finding) == figures, finding
    said = re.findall(r"(?:slow|Fast)est (?:is|are) (.*?)(?: \([^)]*\))?\.", finding)
    assert said == names


def test_every_fact(shown: dict[str, Any], worked_out: dict[str, pd.DataFrame]) -> None:
    """A fact is the first sentence of what is said; its figure, its limits and what it rests on are of its row."""
    facts = {name: e.facts(e.table) for name, e in shown.items() if e.facts and e.facts(e.table)}
    title, stuck = facts.pop("front_stock")
    open_, old = (
        [row(worked_out["front_stock"], direction=way, strand="all", on="2026-09-30")[name] for way in WAYS]
        for name in ("open", "long")
    )
    assert numbers(title.sentence) == [whole(n) for n in reversed(open_)]
    assert numbers(stuck.sentence) == [whole(n) for pair in zip(old, open_, strict=True) for n in pair]
    for name, mine in facts.items():
        finding = shown[name].finding(shown[name].table)
        assert all(fact.sentence in finding for fact in mine), name
    assert not facts.pop("signals", []) + facts.pop("signals_shares", [])
    for fact in facts.pop("turnaround_glance"):
        r = row(worked_out["turnaround_glance"], direction=fact.direction, strand="legal_assistance")
        assert (fact.value, fact.lower, fact.upper) == (r["median_days"], r["lower"], r["upper"])
        assert fact.requests == r["requests"]
        assert fact.beside == f"95% interval {whole(r['lower'])} to {whole(r['upper'])}"
    for fact in facts.pop("flow_stock"):
        now, last = (
            row(worked_out["flow_stock"], direction=fact.direction, period=p) for p in (AFTER, "2026")
        )
        assert (fact.value, fact.requests) == (now["closing"], last["opening"] + last["opened"])
    (engaged,), partners = facts.pop("partners_engagement"), worked_out["partners_engagement"]
    partners = partners[partners["partner_group"].ne("asean")]
    assert engaged.value == partners["engagement"].isin(["dormant", "none"]).mean()
    assert engaged.requests == partners[["received", "made"]].sum().sum()
    (ways,), counts = facts.pop("channels_formality"), worked_out["channels_formality"]
    counts = row(counts, direction=ways.direction, strand="judicial")
    assert ways.requests == counts["formal"] + counts["informal"]
    assert ways.value == counts["formal"] / ways.requests
    assert (ways.lower, ways.upper) == (counts["formal_share_lower"], counts["formal_share_upper"])
    assert not facts


def test_headlines_have_fifteen_words_at_most_and_no_interval(shown: dict[str, Any]) -> None:
    for name, exhibit in shown.items():
        finding = exhibit.finding(exhibit.table)
        first = finding.partition(". ")[0]
        assert len(first.split()) <= 15, f"{name}: {first}"
        assert "95%" not in finding, name
        assert "no change" not in finding.lower(), name


def _missing(cell: Any) -> bool:
    return cell is None or (not isinstance(cell, str) and bool(pd.isna(cell)))
