"""The first page: what is open on a day, a title that is a count of all, decisions with their owners, each number traced."""

import datetime as dt
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from mlastats.findings import front as findings
from mlastats.measure import front as measure
from mlastats.measure.pending import stock
from mlastats.publish import html, notes, traces
from mlastats.publish.exhibit import InTable, Untold
from mlastats.publish.front import front
from mlastats.publish.page import coverage, of_agency
from mlastats.publish.publication import FRONT, Publication, Section
from mlastats.publish.saved import load_exhibits
from tests.publishing import page
from tests.recomputed.curves import curve
from tests.recomputed.records import timed

AS_OF = "2026-09-30"


def rows(**counts: tuple[int, int, int]) -> pd.DataFrame:
    """The stock of a direction five years ago, a year ago and now; of these none has waited a year or longer."""
    days = [pd.Timestamp(day) for day in ("2021-12-31", "2025-09-30", "2026-09-30")]
    parts = [
        {"direction": way, "strand": "all", "on": day, "open": n, "long": 0}
        for way, numbers in counts.items()
        for day, n in zip(days, numbers, strict=True)
    ]
    return pd.DataFrame(parts, columns=["direction", "strand", "on", "open", "long"])


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        (
            {"incoming": (41, 56, 67), "outgoing": (59, 100, 121)},
            "The backlog grows both ways: 121 requests wait for partners, 67 for us",
        ),
        (
            {"incoming": (9, 7, 6), "outgoing": (8, 5, 3)},
            "The backlog shrinks both ways: 3 requests wait for partners, 6 for us",
        ),
        # Above a year ago, below five years ago: neither.
        ({"incoming": (9, 5, 6), "outgoing": (1, 2, 3)}, "6 requests wait for us, 3 for partners"),
        ({"incoming": (1, 2, 3)}, "3 requests wait for us"),
        ({"incoming": (1, 2, 1)}, "1 request waits for us"),
        ({"incoming": (9, 5, 1), "outgoing": (1, 2, 3)}, "1 request waits for us, 3 for partners"),
        ({"outgoing": (1, 2, 30)}, "30 requests wait for partners"),
        ({"incoming": (1, 2, 0), "outgoing": (4, 1, 0)}, "No request waits for an answer"),
    ],
)
def test_the_title_is_what_the_counts_say(counts: dict[str, tuple[int, int, int]], title: str) -> None:
    exhibit = findings.stock(rows(**counts), page())
    assert exhibit.facts is not None
    facts = {fact.question: fact.sentence for fact in exhibit.facts(exhibit.table)}
    assert facts["title"] == title


def test_without_a_request_there_is_no_title_and_nothing_is_told() -> None:
    exhibit = findings.stock(rows(), page())
    assert exhibit.facts is not None
    assert exhibit.facts(exhibit.table) == []
    assert isinstance(exhibit.finding(exhibit.table), Untold)


def test_a_count_that_is_withheld_is_in_no_growth() -> None:
    table = rows(incoming=(5, 10, 15), outgoing=(5, 10, 15)).astype({"open": float, "long": float})
    table.loc[0, "open"] = np.nan
    exhibit = findings.stock(table, page())
    assert exhibit.facts is not None
    assert exhibit.facts(table)[0].sentence == "15 requests wait for us, 15 for partners"


@pytest.mark.parametrize(
    ("partner", "title"),
    [
        ("AUS", "1 of its requests waits for us, 8 of ours for it"),
        ("AUS;VNM", "The backlog grows both ways: 8 requests wait for partners, 1 for us"),
    ],
)
def test_a_sheet_of_one_partner_says_whose_requests_wait(partner: str, title: str) -> None:
    table = rows(incoming=(0, 0, 1), outgoing=(5, 6, 8))
    exhibit = findings.stock(table, page(filters={"partner": partner}))
    assert exhibit.facts is not None
    assert exhibit.facts(table)[0].sentence == title


def test_what_is_open_on_a_day_is_what_had_begun_and_not_ended_by_then(requests_from: Any) -> None:
    requests = requests_from(
        """
        id  direction  kind         agency  partner  received    sent        answered    outcome   observed_from  observed_to
        A1  incoming   mla          moj     THA      2024-03-01  -           -           -         2014-01-01     2026-09-30
        A2  incoming   mla          moj     THA      2024-03-01  -           2025-02-01  executed  2014-01-01     2026-09-30
        A3  incoming   extradition  moj     VNM      2026-01-10  -           -           -         2014-01-01     2026-08-31
        A4  outgoing   mla          moj     VNM      -           2025-12-31  -           -         2014-01-01     2026-09-30
        """
    )
    table = stock(requests, "strand", as_of=AS_OF, years=2).astype({"direction": str, "strand": str})
    found = {
        (row.direction, row.strand, str(row.on.date())): (row.open, row.long) for row in table.itertuples()
    }
    assert found["incoming", "all", "2024-12-31"] == (2, 0)
    # 2024-03-01 to 2025-09-30 is more than 365 days; A2 has ended.
    assert found["incoming", "all", "2025-09-30"] == (1, 1)
    assert found["incoming", "all", "2026-09-30"] == (2, 1)
    assert found["incoming", "extradition", "2026-09-30"] == (1, 0)
    assert found["outgoing", "all", "2025-12-31"] == (1, 0)
    assert found["outgoing", "all", "2025-09-30"] == (0, 0)


def test_a_day_before_every_register_was_kept_is_left_out(requests_from: Any) -> None:
    requests = requests_from(
        """
        id  direction  kind  received    observed_from  observed_to
        A1  incoming   mla   2020-03-01  2014-01-01     2026-09-30
        A2  incoming   mla   2025-03-01  2025-01-01     2026-09-30
        """
    )
    assert [str(day.date()) for day in stock(requests, as_of=AS_OF)["on"].unique()] == [
        "2025-09-30",
        "2025-12-31",
        "2026-09-30",
    ]


def test_decisions_name_whose_they_are(requests_from: Any) -> None:
    requests = requests_from(
        """
        id  direction  kind  agency  partner  received    sent        answered    outcome
        A1  incoming   mla   moj     THA      2024-03-01  -           -           -
        A2  incoming   mla   mofa    THA      2026-03-01  -           -           -
        A3  outgoing   mla   moj     VNM      -           2024-01-01  -           -
        A4  outgoing   mla   mofa    VNM      -           2023-01-01  -           -
        A5  outgoing   mla   mofa    CHN      -           2023-01-01  -           -
        A6  incoming   mla   moj     -        2026-03-01  -           2026-05-01  refused
        """
    )
    table = measure.decisions(requests, as_of=AS_OF)
    counts = {(row.decision, row.partner, row.agency): row.entries for row in table.itertuples()}
    assert counts == {
        ("answer", "all", "all"): 1, ("answer", "all", "moj"): 1,
        ("remind", "VNM", "all"): 2, ("remind", "VNM", "moj"): 1, ("remind", "VNM", "mofa"): 1,
        ("ground", "all", "all"): 1, ("ground", "all", "moj"): 1,
        ("partner", "all", "all"): 1, ("partner", "all", "moj"): 1,
    }  # fmt: skip


def test_how_requests_of_a_year_stand_adds_up(requests_from: Any) -> None:
    requests = requests_from(
        """
        id  direction  kind         received    answered    outcome
        A1  incoming   mla          2025-03-01  2025-05-01  executed
        A2  incoming   mla          2025-03-01  2025-05-01  partly_executed
        A3  incoming   mla          2025-03-01  2025-05-01  withdrawn
        A4  incoming   mla          2025-03-01  -           -
        A5  incoming   extradition  2020-03-01  2020-05-01  refused
        """
    )
    table = measure.years(requests, as_of=AS_OF)
    (row,) = table[table["requests"].gt(0)].to_dict("records")
    assert (row["kind"], row["year"]) == ("mla", "2025")
    assert [row[name] for name in ("requests", "executed", "refused", "other_end", "pending")] == [
        4,
        2,
        0,
        1,
        1,
    ]


@pytest.fixture(scope="module")
def traced(example_workspace: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The first page of the example with the traces of its numbers."""
    folder = tmp_path_factory.mktemp("front")
    notebook = json.loads((root / "notebooks" / f"{FRONT}.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    places = {"MLASTATS_CONFIG": str(example_workspace / "mlastats.toml"), "MLASTATS_EXHIBITS": str(folder)}
    with mock.patch.dict(os.environ, places), mock.patch("mlastats.publish.page._display"):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    blocks = [("markdown", "# At a glance"), *(("exhibit", saved) for saved in load_exhibits(folder))]
    made = Publication(
        "overview", "Co-operation", "LAO", dt.date(2026, 9, 30), [Section(FRONT, "At a glance", blocks)],
        summary=names["page"].summary,
    )  # fmt: skip
    rows = pd.read_parquet(example_workspace / "data" / "processed" / "requests.parquet")
    return made, traces.traces(made, names["page"]), rows


def median(rows: pd.DataFrame, until: str) -> float:
    """The first day on which half are answered: cumulative incidence of an answer, worked out by hand from the dates."""
    begun = rows["received"].where(rows["direction"].eq("incoming"), rows["sent"])
    ended = rows[["answered", "closed"]].min(axis=1)
    cut = rows["observed_to"].fillna(pd.Timestamp(until)).clip(upper=pd.Timestamp(until))
    over = ended.le(cut)
    known = begun.notna() & ~(ended < begun) & ~(rows["outcome"].notna() & ended.isna())
    days = (ended.where(over, cut) - begun).dt.days[known]
    entry = (rows["observed_from"] - begun).dt.days.clip(lower=0).fillna(0)[known]
    otherwise = rows["outcome"].isin(["withdrawn", "returned", "other"])[known]
    over = over[known]
    left, answered = 1.0, 0.0
    for day in sorted(days[over].unique()):
        risk = ((entry <= day) & (days >= day)).sum()
        here = over & days.eq(day)
        answered += left * (here & ~otherwise).sum() / risk
        left *= 1 - here.sum() / risk
        if answered >= 0.5:
            return float(day)
    return float("nan")


def test_every_number_of_the_first_page_is_counted_again_from_the_rows_of_its_trace(traced: Any) -> None:
    """The table of requests and the traces alone: the rows are as many as is printed, and are what they are said to be."""
    _made, found, table = traced
    table = table.assign(
        place=table["register"].astype(str) + "|" + table["source_row"].astype(str)
    ).set_index("place")
    ended = table[["answered", "closed"]].min(axis=1)
    begun = table["received"].where(table["direction"].eq("incoming"), table["sent"])
    counted = medians = 0
    for one in found:
        rows = table.loc[[f"{register}|{row}" for register, row in one["rows"]]]
        asked = one["conditions"]
        if one["exhibit"] == "0_front.front_stock":
            day = pd.Timestamp(asked["on"])
            own, start = ended.loc[rows.index], begun.loc[rows.index]
            last = rows["observed_to"].clip(upper=day)
            assert (start.le(last) & ~own.le(last) & rows["direction"].eq(asked["direction"])).all()
            if "waited" in asked:
                assert (last - start).dt.days.ge(365).all()
        if one["kind"] == "count":
            assert one["printed"] == f"{len(rows):,}", one
            counted += 1
        elif one["column"] == "Median (days)":
            assert one["printed"] == f"{median(rows, AS_OF):.0f}"
            medians += 1
    assert counted > 60
    assert medians == 1


def test_the_numbers_of_the_example(traced: Any) -> None:
    made, found, _table = traced
    first = front(made)
    assert first is not None
    assert first.title == "The backlog grows both ways: 143 requests wait for partners, 67 for us"
    assert [[cell.text for cell in tile.numbers] for tile in first.tiles] == [
        ["67"],
        ["143"],
        ["41", "104"],
        ["222"],
    ]
    assert [(one.count.text, one.what) for one in first.decisions][:3] == [
        ("20", "Answer legal assistance requests open a year or longer"),
        ("33", "Remind Viet Nam of requests a year or older"),
        ("84", "Record the ground of refusal"),
    ]
    # Beside the numbers of a quarter, a figure of all requests says that it is one.
    quarter = front(replace(made, period="2026-Q3"))
    assert quarter is not None
    all_of_them = "of all requests up to 30 September 2026"
    assert [all_of_them in tiles[-1].past for tiles in (first.tiles, quarter.tiles)] == [False, True]
    assert {one["figure"] for one in found} <= {f"F{number}" for number in made.numbers.values()}
    body = html.render(made)
    assert "<h1>The backlog grows both ways" in body


def test_a_number_that_is_no_cell_ends_the_run(traced: Any) -> None:
    from mlastats.errors import ReportFailed

    made, _found, _table = traced
    saved = made.exhibits[0]
    with pytest.raises(ReportFailed, match="188 in “188 are open” is no cell"):
        list(traces.of_sentence("188 are open", saved))


def test_a_number_of_a_sentence_is_that_of_the_last_day_and_of_the_whole(traced: Any) -> None:
    """41 of incoming requests have waited a year or longer; as many were open, of one strand or another, on other days."""
    made, _found, _table = traced
    stock = next(saved for saved in made.exhibits if saved.name == "front_stock")
    for sentence, numbers in (
        ("A year or longer: 41 of 67.", ["41", "67"]),
        ("67 for us, of these 41", ["67", "41"]),
    ):
        found = list(traces.of_sentence(sentence, stock))
        assert [cell.text for cell in found] == numbers
        for cell in found:
            levels = {name: str(stock.values[name][cell.row])[:10] for name in stock.by}
            assert levels == {"direction": "incoming", "strand": "all", "on": "2026-09-30"}
            assert cell.column == {"41": "long", "67": "open"}[cell.text]


def test_how_many_rows_there_are_is_not_traced_to_a_cell_with_the_same_number(tmp_path: Path) -> None:
    """Three rows, two of them diplomatic; a cell of 2 stands for something else."""
    saved = SimpleNamespace(
        key="3_partners.engaged", question="Who?", unit="", notes=(), by=("partner",),
        columns={
            "partner": SimpleNamespace(label="Partner", kind="code", vocabulary="partner", limits=None),
            "engagement": SimpleNamespace(label="Contact", kind="code", vocabulary="engagement", limits=None),
            "matters": SimpleNamespace(label="Matters", kind="count", vocabulary="", limits=None),
        },
        values={"partner": ["THA", "VNM", "CHN"], "engagement": ["none", "none", "dormant"], "matters": [2, 3, 9]},
        table=pd.DataFrame(
            {"partner": ["THA", "VNM", "CHN"], "engagement": ["none", "none", "dormant"], "matters": [2, 3, 9]}
        ),
        missing={},
    )  # fmt: skip
    assert list(traces.of_sentence("No contact with 2 of 3.", saved)) == []
    assert [cell.row for cell in traces.of_sentence("Thailand: 2 matters.", saved)] == [0]


@pytest.mark.parametrize(
    ("only", "told"),
    [({}, True), ({"partner": ["VNM"]}, True), ({"agency": ["ospp"]}, True), ({"agency": ["moj"]}, False)],
)
def test_the_sheet_of_an_agency_tells_of_no_other_s_register(traced: Any, only: Any, told: bool) -> None:
    made, _found, _table = traced
    ends = {"ospp": "2026-08-31", "moj": "2026-09-30"}
    registers = [{"name": code, "agency": code, "observed_to": day} for code, day in ends.items()]
    first = front(replace(made, summary=of_agency({"registers": registers}, only)))
    assert any("the register ends on" in line for line in first.quote) == told


def test_an_empty_register_is_said_to_be_empty() -> None:
    """And not only by the name of the report."""
    for requests, title in ((0, ["No request is recorded"]), (1, [])):
        table = pd.DataFrame({"requests": [requests], "undated": [0], "entries": [0]})
        exhibit = findings.basis(table, page())
        assert [fact.sentence for fact in exhibit.facts(table)] == title


def test_what_a_sheet_rests_on_is_counted_of_its_own_requests(requests_from: Any) -> None:
    """Three of Thailand, one of them written down by both agencies and one that may repeat another; and what the public
    is told is no number of them."""
    table = requests_from(
        """
        id  register  direction  agency  partner  received    probable_duplicate
        A1  mofa      incoming   mofa    THA      2024-01-02  no
        A2  moj;mofa  incoming   moj     THA      2024-01-02  no
        A3  mofa      incoming   mofa    THA      2024-03-02  yes
        A4  mofa      incoming   mofa    THA      2026-12-01  yes
        A5  mps       incoming   mps     VNM      2024-01-02  no
        """
    )
    starts = {"mofa": "2014-01-01", "moj": "2016-01-01", "mps": "2012-01-01"}
    registers = [
        {"name": code, "agency": code, "log_start": day, "observed_to": "2026-09-30", "too_many": 5}
        for code, day in starts.items()
    ]
    of = {"registers": registers}, False, table, dt.date(2026, 9, 30)
    told = "3 requests from 2 registers, kept from 1 January 2014 to 30 September 2026. 1 of them may repeat another."
    assert coverage(*of, {"partner": ["THA"]}) == told
    assert coverage(*of, {"agency": ["mps"]}) == (
        "1 request from 1 register, kept from 1 January 2012 to 30 September 2026."
    )
    # Of a partner without a request all registers are silent.
    assert coverage(*of, {"partner": ["FRA"]}) == (
        "0 requests from 3 registers, kept from 1 January 2012 to 30 September 2026."
    )
    assert coverage(of[0], True, *of[2:], {"partner": ["THA"]}).startswith(
        "Requests from 3 registers, kept from"
    )


def test_strands_stand_in_one_order_whatever_order_their_table_has(traced: Any) -> None:
    made, _found, _table = traced
    order = [
        label.lower() for label in ("Mutual legal assistance", "Extradition", "Other judicial", "Police")
    ]

    def turned(saved: Any) -> Any:
        return replace(saved, table=saved.table[::-1].reset_index(drop=True), missing={})

    backwards = [
        replace(
            section,
            blocks=[(kind, turned(one) if kind == "exhibit" else one) for kind, one in section.blocks],
        )
        for section in made.sections
    ]
    for publication in (made, replace(made, sections=backwards)):
        for tile in front(publication).tiles[:2]:
            places = [tile.small[0].find(strand) for strand in order]
            assert [place for place in places if place >= 0] == sorted(
                place for place in places if place >= 0
            )


def test_a_table_shown_in_part_tells_no_share_of_what_is_old() -> None:
    table = rows(incoming=(5, 10, 15), outgoing=(5, 10, 15)).astype({"long": float})
    table["long"] = np.nan
    exhibit = findings.stock(table, page())
    assert isinstance(exhibit.finding(table), InTable)


def test_every_number_of_the_briefing_is_counted_again_from_the_rows_of_its_trace(
    notebook_run: Any, example_workspace: Path
) -> None:
    """Of the whole report: counts, medians of the answer clock and shares formal, by the table and the traces alone."""
    notebooks = (FRONT, "1_turnaround", "4_flow", "2_channels", "3_partners")
    shown = {name: notebook_run(name) for name in notebooks}
    sections = [
        Section(name, name, [("exhibit", opened._made(exhibit)) for exhibit, opened in made.values()])
        for name, made in shown.items()
    ]
    _exhibit, opened = next(iter(shown[FRONT].values()))
    made = Publication(
        "overview", "Co-operation", "LAO", dt.date(2026, 9, 30), sections, summary=opened.summary
    )
    table = pd.read_parquet(example_workspace / "data" / "processed" / "requests.parquet")
    table.index = pd.Index(table["register"].astype(str) + "|" + table["source_row"].astype(str))
    briefed = {f"{fact.sentence} {fact.beside}".strip() for fact, _saved in notes.found(made)}
    seen: Counter[str] = Counter()
    for one in traces.traces(made, opened):
        if not briefed & {*one["in"]}:
            continue
        rows = table.loc[[f"{register}|{row}" for register, row in one["rows"]]]
        if one["kind"] == "count":
            assert one["printed"] == f"{len(rows):,}", one
        elif one["column"] == "Median (days)":
            assert one["printed"] == f"{curve(timed(rows)).quantile(0.5)[0]:.0f}", one
        elif one["column"] == "Share formal":
            formal = rows["formality"].value_counts()
            assert one["printed"] in (
                f"{formal['formal'] / formal[['formal', 'informal']].sum():.0%}",
                f"{len(rows)}",
            ), one
        seen[one["column"]] += 1
    assert seen["Median (days)"] == 2
    assert seen["Share formal"] >= 1
