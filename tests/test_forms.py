"""Filled forms: against published tables, against tables worked by hand, and on the example against counts made anew.

The published figures stand here with their source, so that nothing need be at hand; `../shared/data/published` has the
same, and is read where it is.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from mlastats import schema
from mlastats.disclosure import gate, keys
from mlastats.errors import ConfigurationError
from mlastats.findings import forms as findings
from mlastats.forms import filling
from mlastats.forms.form import FOLDER, Form, known, read
from mlastats.measure.attributes import records_of
from mlastats.measure.reconcile import reconcile, totals
from mlastats.publish import cells as written
from mlastats.publish import xlsx
from tests import publishing

Register = Callable[[str], pd.DataFrame]

# ASEAN MLAT Secretariat, requests under the treaty, updated 19 April 2019 (address in mlastats/forms/asean_mlat.toml).
# "-" is nil, N/A not submitted; 2019 is to the day of submission. Received, then made: 2016 to 2019, total as printed.
ASEAN = """
    BRN | -   -   -   N/A -   | -   -   -   N/A 1
    KHM | N/A N/A N/A N/A N/A | N/A N/A N/A N/A .
    IDN | 7   1   -   N/A 8   | 6   6   2   N/A 14
    LAO | N/A N/A N/A N/A N/A | N/A N/A N/A N/A N/A
    MYS | 16  14  13  5   48  | 10  10  10  2   32
    MMR | -   -   -   N/A N/A | -   2   -   N/A 2
    PHL | -   1   1   N/A 2   | 1   -   -   N/A 1
    SGP | 5   10  14  6   35  | 9   4   1   2   16
    THA | 3   9   29  N/A 41  | 17  22  10  N/A 49
    VNM | 2   4   N/A N/A 6   | 46  48  N/A N/A 94
"""
YEARS = ["2016", "2017", "2018", "2019"]
# What the table says against itself: Brunei made none in any year and 1 in all, Myanmar received none and N/A in all.
CONTRADICTIONS = {("BRN", "outgoing"), ("MMR", "incoming")}
# Attorney-General's Department of Australia, annual reports 2012-13 to 2020-21, extradition, years from July: carried
# forward, new, granted, withdrawn, refused, otherwise finalised, continuing (addresses in forms/stock_and_flow.toml).
AUSTRALIA = """
    outgoing 2012-13 37 16 14 2 1 2  34
    outgoing 2013-14 34 15 18 5 0 1  25
    outgoing 2014-15 25 9  8  2 0 0  24
    outgoing 2015-16 24 6  5  2 3 0  20
    outgoing 2016-17 20 7  6  0 0 1  20
    outgoing 2017-18 20 19 9  1 2 .  .
    outgoing 2019-20 33 11 3  1 1 0  39
    outgoing 2020-21 40 9  9  4 0 2  34
    incoming 2012-13 52 23 11 1 2 14 47
    incoming 2015-16 60 28 11 3 1 13 60
    incoming 2019-20 80 40 11 1 3 12 91
    incoming 2020-21 91 29 10 4 1 27 78
"""
ENDS = ["executed", "withdrawn", "refused", "other"]


def printed(form: Form, cells: pd.DataFrame, row: int) -> dict[str, str]:
    """The cells of a row as the body prints them, by column."""
    page = publishing.page(requests=pd.DataFrame(columns=schema.NAMES), settings={})
    made = page._made(findings.filled(form, cells, page))
    lines = list(written.rows(made))
    return dict(zip(made.columns, lines[row], strict=True))


def asean() -> Iterator[tuple[str, str, list[str], str]]:
    """Party, direction, the four years and the total as printed."""
    for line in ASEAN.strip().splitlines():
        party, *sides = line.split("|")
        for direction, side in zip(("incoming", "outgoing"), sides, strict=True):
            *years, total = side.split()
            yield party.strip(), direction, years, total


def register_of(requests_from: Register, party: str) -> pd.DataFrame:
    """The requests of a party as its cells say: as many under the treaty, and one under another, kept to its last year."""
    lines, last = [], ""
    for of, direction, years, _total in asean():
        for year, count in zip(YEARS, years, strict=True) if of == party else ():
            last = last if count == "N/A" else max(last, year)
            for n in range(0 if count in ("-", "N/A") else int(count)):
                day, partner = f"{year}-02-{n % 28 + 1:02}", "THA" if party != "THA" else "VNM"
                received, sent = (day, "-") if direction == "incoming" else ("-", day)
                lines.append(
                    f"{party}{direction[0]}{year}{n} {direction} {partner} mla asean_mlat {received} {sent}"
                )
    if not last:
        return requests_from("id direction partner kind legal_basis received sent").iloc[:0]
    lines += [
        "Z1 incoming CHN mla bilateral 2016-01-05 -",
        "Z2 incoming THA extradition bilateral 2016-01-06 -",
    ]
    table = requests_from("\n".join(["id direction partner kind legal_basis received sent", *lines]))
    until = "2019-04-19" if last == "2019" else f"{last}-12-31"
    days = {"observed_from": pd.Timestamp("2016-01-01"), "observed_to": pd.Timestamp(until)}
    return schema.conform(table.assign(register="one", reporting_state=party, **days))


@pytest.mark.parametrize("party", sorted({party for party, *_ in asean()}))
def test_the_asean_table_is_reproduced(requests_from: Register, party: str) -> None:
    form = read(FOLDER / "asean_mlat.toml")
    cells = filling.fill(form, register_of(requests_from, party), as_of="2019-04-19")
    for of, direction, years, total in asean():
        if of != party:
            continue
        row = printed(form, cells, ("incoming", "outgoing").index(direction))
        assert [row[year] for year in YEARS] == years
        if total != "." and (party, direction) not in CONTRADICTIONS:
            assert row["total"] == total
    assert set(cells["status"]) <= {filling.NUMBER, filling.NIL, filling.NOT_OBSERVED}


def test_the_printed_table_contradicts_itself_twice() -> None:
    rows = [[party, direction, *years, total.replace(".", "")] for party, direction, years, total in asean()]
    found = totals(pd.DataFrame(rows, columns=["party", "direction", *YEARS, "total"]))
    assert set(found[["party", "direction"]].itertuples(index=False, name=None)) == CONTRADICTIONS
    by = found.set_index("party")
    assert by.loc["BRN", ["expected", "found", "difference"]].tolist() == ["-", "1", 1]
    assert by.loc["MMR", ["expected", "found"]].tolist() == ["-", "N/A"]


def test_the_figures_are_those_of_the_shared_table(shared: Path) -> None:
    table = pd.read_csv(
        shared / "published" / "asean_mlat_requests_2016_2019.csv", dtype=str, keep_default_na=False
    )
    mine = [
        [*years, total.replace(".", "")]
        for _party, direction, years, total in sorted(asean(), key=lambda r: r[1])
    ]
    assert table[[*YEARS, "total_published"]].to_numpy().tolist() == mine
    assert len(totals(table)) == 2


def published() -> pd.DataFrame:
    lines = [line.replace(" .", " nan").split() for line in AUSTRALIA.strip().splitlines()]
    names = ["direction", "fy", "carried_forward", "new", *ENDS, "continuing"]
    table = pd.DataFrame(lines, columns=names)
    return table.astype(dict.fromkeys(names[2:], float))


def test_the_breaks_of_australias_table_are_named() -> None:
    found = reconcile(published()).set_index(["direction", "period", "check"])[["expected", "found"]]
    assert found.loc[("incoming", "2019-20", "closing")].tolist() == [93, 91]
    assert found.loc[("outgoing", "2020-21", "opening")].tolist() == [39, 40]
    assert ("outgoing", "2017-18", "missing") in found.index
    assert len(found) == 3


@pytest.mark.parametrize("place", range(12))
def test_australias_table_is_reproduced_from_cases(requests_from: Register, place: int) -> None:
    """From cases as the printed row has them; what is printed as continuing is what follows from them, but for the two
    years that do not close, in which the form gives what the cases give."""
    of = published().iloc[place]
    form = read(FOLDER / "stock_and_flow.toml")
    first = int(of["fy"][:4])
    ends = [code for code in ENDS for _ in range(int(of[code]) if pd.notna(of[code]) else 0)]
    lines = []
    for n in range(int(of["carried_forward"] + of["new"])):
        # The oldest end first, so that what is carried forward and what is new both do.
        day = f"{first - 1}-09-01" if n < of["carried_forward"] else f"{first}-09-01"
        received, sent = (day, "-") if of["direction"] == "incoming" else ("-", day)
        end = f"{first + 1}-03-01 {ends[n]}" if n < len(ends) else "- -"
        lines.append(f"A{n} {of['direction']} USA extradition {received} {sent} {end}")
    lines.append(f"B1 {of['direction']} USA mla {first}-09-02 {first}-09-02 - -")
    table = requests_from("\n".join(["id direction partner kind received sent closed outcome", *lines]))
    table = table.assign(register="agd", observed_from=pd.Timestamp(f"{first - 3}-01-01"))
    cells = filling.fill(form, schema.conform(table), as_of=f"{first + 1}-06-30", reporting_year="july")
    mine = cells[cells["column"].eq(of["fy"])].set_index("row")["value"]
    own = mine.iloc[:7] if of["direction"] == "outgoing" else mine.iloc[7:]
    carried, new, *ended, closing = own.tolist()
    assert [carried, new] == of[["carried_forward", "new"]].tolist()
    assert ended == of[ENDS].fillna(0).tolist()
    expected = of["carried_forward"] + of["new"] - of[ENDS].sum()
    assert closing == expected
    if (of["direction"], of["fy"]) not in {("incoming", "2019-20"), ("outgoing", "2017-18")}:
        assert closing == of["continuing"]
    assert filling.breaks(form, cells).empty


def test_a_stock_that_does_not_close_is_named(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  partner  kind         received    closed      outcome
        A1  incoming   USA      extradition  2023-03-01  -           executed
        A2  incoming   USA      extradition  2023-03-02  2023-05-01  refused
        """
    ).assign(observed_from=pd.Timestamp("2020-01-01"), register="one")
    form = read(FOLDER / "stock_and_flow.toml")
    cells = filling.fill(form, requests, as_of="2023-12-31")
    (fault,) = filling.breaks(form, cells).to_dict("records")
    # A1 came, and ended on a day that nobody wrote down.
    assert (fault["period"], fault["check"], fault["expected"], fault["found"]) == ("2023", "closing", 1, 0)
    page = publishing.page(requests=requests)
    notes = findings.filled(form, cells, page).notes
    assert "Incoming, 2023: 0 are open at the end; what came and ended leaves 1." in notes


# Seen on 31 December 2024. E4 names no outcome; E6 is of another year; E7 is no extradition.
SURRENDER = """
    id | direction | partner | kind        | channel           | offence          | received   | sent       | answered   | outcome  | refusal_ground
    E1 | outgoing  | FRA     | extradition | interpol          | drugs            | -          | 2024-01-10 | 2024-03-01 | executed | -
    E2 | outgoing  | DEU     | extradition | interpol;diplomatic | fraud          | -          | 2024-02-10 | -          | -        | -
    E3 | outgoing  | FRA     | extradition | judicial_network  | drugs            | -          | 2024-03-10 | 2024-09-01 | refused  | nationality
    E4 | incoming  | FRA     | extradition | diplomatic        | drugs;fraud      | 2024-04-01 | -          | 2024-05-01 | -        | -
    E5 | incoming  | DEU     | extradition | diplomatic        | fraud            | 2024-05-01 | -          | 2024-06-01 | refused  | nationality
    E6 | outgoing  | FRA     | extradition | interpol          | drugs            | -          | 2023-05-01 | 2023-06-01 | executed | -
    E7 | outgoing  | FRA     | mla         | interpol          | drugs            | -          | 2024-05-01 | 2024-06-01 | executed | -
"""  # noqa: E501
PERSONS = pd.DataFrame(
    {
        "request_id": ["E4", "E4", "E5", "E1"],
        "register": "one",
        "arrested": pd.to_datetime(["2024-04-03", "2024-04-05", "2024-05-20", "2024-02-01"]),
        "surrendered": pd.to_datetime(["2024-05-03", "2024-05-15", None, "2024-02-20"]),
    }
)


def test_the_arrest_warrant_questionnaire_worked_by_hand(requests_from: Register, tmp_path: Path) -> None:
    requests = requests_from(SURRENDER).assign(register="one", observed_from=pd.Timestamp("2020-01-01"))
    PERSONS.to_parquet(tmp_path / "persons.parquet")
    form = read(FOLDER / "eaw.toml")
    cells = filling.fill(form, requests, filling.beside(tmp_path, requests), as_of="2024-12-31")
    of = cells.assign(
        asked=[form.rows[row].wording for row in cells["row"]],
        where=[form.rows[r].where for r in cells["row"]],
    )
    whole = of[of["level"].eq("")].set_index("row")

    def value(row: int) -> Any:
        return whole.loc[row, "value"]

    # Issued E1 E2 E3; through INTERPOL E1 E2; through the judicial network E3; surrendered E1.
    assert [value(0), value(1), value(3), value(4)] == [3, 2, 1, 1]
    # No register writes down the Schengen Information System: that is no nil.
    assert (whole.loc[2, "status"], whole.loc[2, "lacks"]) == ("not_collectable", "channel:sis")
    # Received E4 E5; of E4 it is not recorded how it ended, so that none is executed for certain.
    assert value(5) == 2
    assert whole.loc[6, ["value", "status", "lacks", "concerned", "recorded"]].tolist() == [
        0,
        "partly",
        "outcome",
        2,
        1,
    ]
    # Arrested: two persons of E4 and one of E5; two surrendered, after 30 and 40 days.
    assert (value(7), value(10)) == (3, 35)
    offences = of[of["row"].eq(8) & of["level"].ne("")].set_index("level")["value"].to_dict()
    assert offences == {"drugs": 1, "fraud": 2}
    grounds = of[of["row"].eq(9) & of["level"].ne("")].set_index("level")["value"].to_dict()
    assert grounds["nationality"] == 1


def test_what_is_not_recorded_is_no_nil(requests_from: Register) -> None:
    """Three requests: of one register that keeps the basis, and of one that does not."""
    requests = requests_from(
        """
        id  direction  partner  kind  legal_basis  received
        A1  incoming   THA      mla   asean_mlat   2023-03-01
        A2  incoming   THA      mla   bilateral    2023-03-02
        B1  incoming   THA      mla   -            2023-03-03
        B2  incoming   THA      mla   -            2022-03-03
        """
    ).assign(register=["a", "a", "b", "b"], observed_from=pd.Timestamp("2022-01-01"))
    form = Form(
        name="f", body="B", title="T", source="S", read=dt.date(2026, 11, 30), years=3, nil="-",
        where={"legal_basis": ["asean_mlat"]}, rows=[{"wording": "w", "where": {"direction": ["incoming"]}}],
    )  # fmt: skip
    cells = filling.fill(form, requests, as_of="2024-12-31").set_index("column")
    names = ["status", "value", "lacks", "registers", "concerned", "recorded"]
    # 2023: one for certain, of two of three it is known; 2022: of the only one it is not; 2024: there was none at all.
    assert cells.loc["2023", names].tolist() == ["partly", 1, "legal_basis", "b", 3, 2]
    assert cells.loc["2022", names[:1] + names[2:]].tolist() == ["not_collectable", "legal_basis", "b", 1, 0]
    assert cells.loc["2024", names[:2]].tolist() == ["nil", 0]
    page = publishing.page(requests=requests)
    stands = findings.filled(form, cells.reset_index(), page).table["stands"].iloc[0]
    assert "2022: not collectable: Legal basis is not kept by b (recorded for 0% of 1)" in stands
    assert "2023: at least: Legal basis is recorded for 67% of 3, and not kept by b" in stands


def test_a_register_that_began_in_the_year_gives_no_nil(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  partner  kind  received
        A1  outgoing   THA      mla   2023-03-01
        """
    ).assign(register="a", sent=pd.Timestamp("2023-03-01"), observed_from=pd.Timestamp("2023-02-01"))
    form = Form(
        name="f", body="B", title="T", source="S", read=dt.date(2026, 11, 30), years=2, running=True, nil="-",
        rows=[{"wording": "w", "where": {"direction": ["incoming"]}}],
    )  # fmt: skip
    cells = filling.fill(form, requests, as_of="2024-06-30").set_index("column")
    assert cells["status"].to_dict() == {"2022": "not_observed", "2023": "number", "2024": "nil"}
    assert cells["late"].to_dict() == {"2022": "", "2023": "a", "2024": ""}


def test_matters_are_counted_where_a_form_asks_for_them(requests_from: Register) -> None:
    requests = requests_from(
        """
        id  direction  partner  kind  received    linked_request_id
        A1  incoming   THA      mla   2023-03-01  -
        A2  incoming   THA      mla   2023-04-01  A1
        A3  incoming   VNM      mla   2023-05-01  -
        """
    ).assign(register="a", observed_from=pd.Timestamp("2020-01-01"))
    given = {
        "name": "f",
        "body": "B",
        "title": "T",
        "source": "S",
        "read": dt.date(2026, 11, 30),
        "rows": [{"wording": "w"}],
    }
    for count, expected in (("requests", 3), ("matters", 2)):
        cells = filling.fill(Form(**given, count=count), requests, as_of="2023-12-31")
        assert cells["value"].tolist() == [expected]


# The example


@pytest.fixture(scope="module")
def example(example_workspace: Path) -> dict[str, Any]:
    folder = example_workspace / "data" / "processed"
    every = schema.read(folder / "requests.parquet")
    asks = schema.is_request(every)
    requests, apart = every[asks], every[~asks]
    beside = filling.beside(folder, requests, apart)
    cells = {form.name: (form, filling.fill(form, requests, beside, as_of="2026-09-30")) for form in known()}
    return {
        "requests": requests,
        "apart": apart,
        "cells": cells,
        "raw": pd.read_parquet(folder / "requests.parquet"),
    }


def test_no_cell_of_the_example_is_unexplained(example: dict[str, Any]) -> None:
    page = publishing.page(requests=example["requests"])
    for name, (form, cells) in example["cells"].items():
        assert cells["status"].isin(["number", "nil", "partly", "not_collectable", "not_observed"]).all()
        given = cells["status"].isin(["number", "nil", "partly"])
        assert (cells["value"].notna() == given).all() or any(row.days for row in form.rows), name
        open_ = cells["status"].isin(["partly", "not_collectable"])
        assert cells.loc[open_, "lacks"].ne("").all(), name
        exhibit = findings.filled(form, cells, page)
        figures = exhibit.table.drop(columns=["wording", "counted", "stands"])
        for code in figures:
            bare = figures[code].isna() & exhibit.reasons[code].ne("nil")
            assert exhibit.table.loc[bare, "stands"].ne("").all(), name


def test_what_nobody_asked_for_is_no_nil_where_a_register_does_not_mark_it(example: dict[str, Any]) -> None:
    """Of a register that does not say so, spontaneous information stands among the requests."""
    for name in ("uncac", "untoc", "fatf_io2", "fatf_r36_r40"):
        form, cells = example["cells"][name]
        rows = [place for place, row in enumerate(form.rows) if "is_spontaneous" in row.where]
        assert rows
        assert not cells[cells["row"].isin(rows)]["status"].eq("nil").any()


@pytest.mark.parametrize("name", ["asean_mlat", "fatf_r33", "eu_2023_977"])
def test_six_cells_in_ten_are_answered(example: dict[str, Any], name: str) -> None:
    _form, cells = example["cells"][name]
    assert cells["status"].isin(["number", "nil", "partly"]).mean() >= 0.6


def test_the_asean_cells_of_the_example_are_counted_anew(example: dict[str, Any]) -> None:
    raw = example["raw"]
    members = {
        "BRN": 1984,
        "KHM": 1999,
        "IDN": 1967,
        "MYS": 1967,
        "MMR": 1997,
        "PHL": 1967,
        "SGP": 1967,
        "THA": 1967,
        "VNM": 1995,
    }
    under = raw["legal_basis"].fillna("").str.split(";").map(lambda codes: "asean_mlat" in codes)
    rows = raw[under & raw["kind"].isin(["mla", "asset_recovery"]) & raw["partner"].isin(members)]
    rows = rows[~rows["is_enquiry"].fillna(False).astype(bool)]
    _form, cells = example["cells"]["asean_mlat"]
    for place, (way, day) in enumerate([("incoming", "received"), ("outgoing", "sent")]):
        days = rows.loc[rows["direction"].eq(way), day]
        mine = cells[cells["row"].eq(place)].set_index("column")["value"]
        for year in ("2023", "2024", "2025", "2026"):
            assert mine[year] == days.dt.year.eq(int(year)).sum(), (way, year)
        assert mine["total"] == days.dt.year.between(2023, 2026).sum()


def test_the_r33_cells_of_the_example_are_counted_anew(example: dict[str, Any]) -> None:
    raw = example["raw"]
    raw = raw[raw.index.isin(example["requests"].index) & ~raw["is_enquiry"].fillna(False).astype(bool)]
    _form, cells = example["cells"]["fatf_r33"]
    for place, (way, day) in enumerate([("incoming", "received"), ("outgoing", "sent")]):
        mine = cells[cells["row"].eq(place)]
        rows = raw[raw["direction"].eq(way)]
        for kind, of in mine.groupby("level"):
            days = rows.loc[
                rows["kind"].eq(kind) if kind else rows["kind"].notna() | rows["kind"].isna(), day
            ]
            for year, value in of.set_index("column")["value"].items():
                assert value == days.dt.year.eq(int(year)).sum(), (way, kind, year)


def test_the_police_cells_of_the_example_are_counted_anew(example: dict[str, Any]) -> None:
    raw = example["raw"]
    raw = raw[raw.index.isin(example["requests"].index) & raw["kind"].eq("information")]
    raw = raw[~raw["is_enquiry"].fillna(False).astype(bool)]
    made = raw[raw["direction"].eq("outgoing") & raw["sent"].dt.year.eq(2025)]
    came = raw[raw["direction"].eq("incoming") & raw["received"].dt.year.eq(2025)]
    ended = came[["answered", "closed"]].min(axis=1).le(pd.Timestamp("2026-09-30"))
    answered = came[ended & ~came["outcome"].isin(["withdrawn", "returned", "other", "lapsed"])]
    _form, cells = example["cells"]["eu_2023_977"]
    whole = cells[cells["level"].eq("")].set_index(["row", "column"])["value"]
    for row, rows in enumerate([made, came, answered]):
        urgent = rows["urgent"].fillna(False).astype(bool)
        assert whole[row].tolist() == [urgent.sum(), (~urgent).sum(), len(rows)]
    by = cells[cells["row"].eq(1) & cells["level"].ne("") & cells["column"].eq("2")].set_index("level")[
        "value"
    ]
    for partner, value in by.items():
        own = came["partner"].isna() if partner == "unrecorded" else came["partner"].eq(partner)
        assert value == own.sum(), partner


def test_the_public_copy_says_0_to_4_and_never_nil(example: dict[str, Any], requests_from: Register) -> None:
    requests = example["requests"]
    records = records_of(requests, requests, as_of="2026-09-30")
    own, _names = keys.record_keys(requests, b"k" * 32, None)
    records = records.keyed(requests, own, lambda key, stage: key)
    page = publishing.page(requests=requests, audience="public")
    for form, cells in example["cells"].values():
        exhibit = findings.filled(form, cells, page)
        public = gate.protect(exhibit, records, b"k" * 32)
        assert "stands" not in public.shown
        assert not {"nil", "not_collectable", "not_observed"} & set(public.missing.values())
        for name in exhibit.counts:
            for row in public.table.index:
                exact, shown = exhibit.table[name].iloc[row], public.table[name].iloc[row]
                if pd.isna(exact):
                    assert public.missing[row, name] == "withheld"
                elif exact < 5:
                    assert pd.isna(shown)
                    assert public.missing[row, name] == "few"
                else:
                    assert abs(shown - exact) < 5
                    assert shown % 5 == 0


def test_the_workbook_holds_the_cells_in_the_layout_of_the_body(
    example: dict[str, Any], tmp_path: Path
) -> None:
    page = publishing.page("6_assessment", requests=example["requests"])
    form, cells = example["cells"]["asean_mlat"]
    saved = page._made(findings.filled(form, cells, page))
    xlsx.write_forms([saved], publishing.published(tmp_path), tmp_path / "forms.xlsx")
    book = openpyxl.load_workbook(tmp_path / "forms.xlsx")
    (sheet,) = book.worksheets
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if row]
    head = next(row for row in rows if row[0] == "State")
    assert head[1:4] == ["2023", "2024", "2025"]
    first = rows.index(["(a) Requests received by Treaty Party under the Treaty"])
    assert rows[first + 1][0] == "Lao People's Democratic Republic"
    assert rows[first + 1][1:6] == cells[cells["row"].eq(0)]["value"].tolist()


# Forms of a workspace


def test_a_workspace_adds_a_form_and_replaces_one(tmp_path: Path) -> None:
    text = 'body = "B"\ntitle = "T"\nsource = "S"\nread = 2026-11-30\n[[rows]]\nwording = "w"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "asean_mlat.toml").write_text(text, encoding="utf-8")
    forms = {form.name: form for form in known(tmp_path)}
    assert set(forms) == {*(form.name for form in known()), "mine"}
    assert forms["asean_mlat"].body == forms["mine"].body == "B"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense = 1", "nonsense"),
        ("years = 0", "years"),
        ('nil = "none"', "nil"),
        ("rows = []", "not valid TOML"),
    ],
)
def test_a_form_with_a_fault_names_it(tmp_path: Path, line: str, said: str) -> None:
    text = f'body = "B"\ntitle = "T"\nsource = "S"\nread = 2026-11-30\n{line}\n[[rows]]\nwording = "w"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said) as fault:
        known(tmp_path)
    assert "mine.toml" in str(fault.value)


def test_every_form_says_where_its_wording_was_read() -> None:
    for form in known():
        assert form.source.startswith("https://")
        assert form.read <= dt.date(2026, 11, 30)
        assert all(row.wording for row in form.rows)
        # A wording that was not read in English is said to be so, and its columns can be read by whoever reads English.
        german = any(" die Zahl " in row.wording for row in form.rows)
        assert german == any("read in German" in note for note in form.notes)
        assert not german or all("(" in column.label for column in form.columns)
