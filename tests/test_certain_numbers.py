"""Registers of which a number was wrong once, sixteen cases: each has the right one, worked out by hand.

A test has the number of its case in its name; `CASES` says where those are that do not stand here.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlastats import settings
from mlastats.findings import before_after, channels, phrases
from mlastats.findings import turnaround as findings
from mlastats.measure import before_after as sides
from mlastats.measure import own_changes
from mlastats.measure.turnaround import turnaround
from mlastats.register import parties
from mlastats.register.account import warnings
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned
from tests import publishing

CASES = Path(__file__).parent / "cases"
WHERE = {
    "test_certainty": "01 02 03 04 08",
    "test_channels": "16g",
    "test_findings": "09 11 15 16b 16h",
    "test_flow": "06",
    "test_intervals": "13",
    "test_observation": "05",
    "test_outcomes": "12",
    "test_partners": "14",
    "test_daycounts_oracles": "16i",
    "test_certain_numbers": "01 07 10 11 16a 16c 16d 16e 16f 16j 16k",
}


def test_every_case_has_its_test() -> None:
    every = {f"{n:02}" for n in range(1, 16)} | {f"16{letter}" for letter in "abcdefghijk"}
    assert {case for cases in WHERE.values() for case in cases.split()} == every
    for module, cases in WHERE.items():
        text = (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        assert set(re.findall(r"def test_case_(\d+[a-k]?)_", text)) == set(cases.split()), module


@pytest.fixture
def read(workspace: Callable[..., Path]) -> Callable[..., Cleaned]:
    def of(text: str, as_of: str, log_end: str = "") -> Cleaned:
        home = workspace({"register.csv": text}, as_of=as_of)
        if log_end:
            with (home / "mlastats.toml").open("a", encoding="utf-8") as file:
                file.write(f"log_end = {log_end}\n")
        return clean_workspace(settings.load(home / "mlastats.toml"))

    return of


def test_case_01_two_requests_since_an_event_tell_nothing(read: Callable[..., Cleaned]) -> None:
    """A steady pace, and two requests made since that were answered after 3 and 5 days: the pace did not change."""
    text = (CASES / "numbers-01-two-requests-since" / "register.csv").read_text(encoding="utf-8")
    requests, event, at = read(text, "2020-12-31").requests, "2020-11-01", {"as_of": "2020-12-31"}
    table = sides.before_after(requests, event, "strand", **at)
    since = table[table["arm"].eq("after") & table["requests"].gt(0)].iloc[0]
    assert since[["requests", "opened", "carried", "median_note", "within_note"]].tolist() == [
        31, 2, 29, "few_at_risk", "few_at_risk",
    ]  # fmt: skip
    assert since[["median_days", "lower", "upper", "within"]].isna().all()
    change = own_changes.own_changes(requests, event, "strand", **at)
    change = change[change["answers"].gt(0)]
    assert change["lower"].lt(1).all()
    assert change["upper"].gt(1).all()
    named = settings.Event(name="a workshop", date=pd.Timestamp(event).date(), source="its minutes")
    exhibit = before_after.changes(change, publishing.page(), named)
    assert exhibit.facts is not None
    assert exhibit.facts(exhibit.table) == []
    assert "fewer" not in exhibit.finding(exhibit.table)


def test_case_07_an_end_that_cannot_be_read_is_an_end(read: Callable[..., Cleaned]) -> None:
    """Ten were answered, five ended on 30 February: nobody is waiting."""
    text = (CASES / "numbers-07-unreadable-end" / "register.csv").read_text(encoding="utf-8")
    table = turnaround(read(text, "2024-12-31").requests, as_of="2024-12-31").iloc[0]
    assert table[["requests", "answered", "pending", "undated"]].tolist() == [15, 10, 0, 5]
    assert pd.isna(table["pending_oldest_age"])


def test_case_16d_what_is_said_of_both_directions_is_said_twice() -> None:
    said = ["Incoming: 4 formal.", "None is stuck.", "Outgoing: 9 formal.", "None is stuck."]
    assert phrases.sentences(said) == " ".join(said)


def test_case_16e_what_is_later_than_its_register_is_counted(read: Callable[..., Cleaned]) -> None:
    """Five requests, two of them made after the day to which the register is complete."""
    days = ["2024-01-02", "2024-02-02", "2024-03-02", "2024-07-01", "2024-08-01"]
    rows = [f"R{n},incoming,THA,mla,diplomatic,{day}," for n, day in enumerate(days)]
    text = "\n".join(["request_id,direction,partner,kind,channel,received,answered", *rows])
    cleaned = read(text, "2024-12-31", "2024-06-30")
    assert turnaround(cleaned.requests, as_of="2024-12-31")["requests"].sum() == 3
    (account,) = cleaned.summary["registers"]
    assert account["after_log_end"] == 2
    assert any("2 " in line for line in warnings(account))


def test_case_16f_a_median_on_many_month_dates_is_given_with_their_first_and_last_day(requests_from) -> None:
    """Of 24 made on 1 March twelve were answered on days 1 to 6, two a day, and twelve in March: on day 0, 14 or 30."""
    starts = "\n".join(
        f"A{n} incoming THA mla diplomatic 2024-03-01 2024-03-{n + 2:02d} executed" for n in range(6)
    )
    months = "\n".join(f"B{n} incoming THA mla diplomatic 2024-03-01 2024-03 executed" for n in range(6))
    made = requests_from(
        f"id direction partner kind channel received answered outcome\n{starts}\n{months}", times=2
    )
    table = turnaround(made, "strand", as_of="2024-12-31")
    row = table[table["requests"].gt(0)].iloc[0]
    assert row[["median_first_day", "median_days", "median_last_day"]].tolist() == [0, 6, 6]
    exhibit = findings.glance(table, publishing.page())
    assert (
        "Incoming mutual legal assistance: 50.0% of the durations rest on a date known to the month."
        in exhibit.notes
    )
    assert (
        "Incoming mutual legal assistance: the median is 0 days if these are its first day, 6 days if its last."
        in exhibit.notes
    )


def test_case_10_what_is_said_to_be_executed_is_the_column(exhibits: dict[str, dict[str, Any]]) -> None:
    """What is executed in part is counted as executed, and the column says so; the sentence's numbers are the table's."""
    exhibit = exhibits["6_assessment"]["assessment_years"]
    assert exhibit.columns["executed"].label == "Executed, wholly or in part"
    counts = exhibit.table[exhibit.table["year"].eq("2025")].set_index(["kind", "direction"])["requests"]
    said = [int(n) for n in re.findall(r"\d+", exhibit.finding(exhibit.table))]
    cells = [(kind, way) for kind in ("mla", "extradition") for way in ("incoming", "outgoing")]
    assert said == [2025, *(counts[cell] for cell in cells)]


def test_case_11_channels_that_tie_are_both_named(requests_from) -> None:
    from mlastats.measure.channels import by_channel

    rows = [f"A{n} incoming THA mla {c} 2024-01-{n + 1:02d}" for n, c in enumerate(["interpol", "fiu"] * 6)]
    requests = requests_from("\n".join(["id direction partner kind channel received", *rows]))
    table = by_channel(requests, "strand", as_of="2024-12-31")
    exhibit = channels.by_channel(table, publishing.page())
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance: 6 of 12 used each of the channels “INTERPOL” and “financial intelligence unit”."
    )


def test_case_16a_a_fact_carries_the_time_at_the_pace_of_which_it_is(requests_from) -> None:
    rows = [
        f"A{n} incoming THA mla diplomatic 2024-01-{n + 1:02d} 2024-02-{n + 1:02d} executed"
        for n in range(28)
    ]
    made = requests_from("\n".join(["id direction partner kind channel received answered outcome", *rows]))
    start, end = pd.Timestamp("2024-01-01").date(), pd.Timestamp("2024-03-31").date()
    page = publishing.page(period="2024-Q1", start=start, end=end)
    exhibit = findings.glance(turnaround(made, "strand", as_of="2024-03-31"), page)
    assert exhibit.facts is not None
    (fact,) = exhibit.facts(exhibit.table)
    assert fact.sentence == (
        "Incoming mutual legal assistance in the four quarters to March 2024: half answered within 31 days."
    )


def test_case_16c_a_share_of_all_has_an_interval(requests_from) -> None:
    """Of ten all are answered: Clopper and Pearson's lower limit is the tenth root of .025."""
    rows = [f"A{n} incoming THA mla interpol 2024-01-01 2024-01-05 executed" for n in range(10)]
    made = requests_from("\n".join(["id direction partner kind channel received answered outcome", *rows]))
    table = turnaround(made, "strand", as_of="2024-12-31", standard_days=30)
    row = table[table["requests"].gt(0)].iloc[0]
    assert (row["within"], row["within_upper"]) == (1, 1)
    assert row["within_lower"] == pytest.approx(0.025**0.1)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Vietnam, Republic of", "VNM"),
        ("South Vietnam", "VNM"),
        ("German Democratic Republic", "DEU"),
        ("Tanganyika and Zanzibar", "TZA"),
    ],
)
def test_case_16j_a_state_that_ended_is_its_successor_with_a_doubt(name: str, code: str) -> None:
    found = parties.recognise(pd.Series([name], dtype="str")).iloc[0]
    assert (found["partner"], found["rule"]) == (code, "ended_state")
    assert pd.isna(found["partner_part"])


def test_case_16j_a_territory_of_parts_is_none_of_its_parts() -> None:
    found = parties.recognise(pd.Series(["St Helena And Ascension"], dtype="str")).iloc[0]
    assert pd.isna(found["partner_part"])


def test_case_16k_the_example_tells_no_change_that_was_not_planted(
    exhibits: dict[str, dict[str, Any]],
) -> None:
    shown = exhibits["5_before_and_after"]
    (name,) = (name for name in shown if name.startswith("before_after_changes"))
    said = shown[name].finding(shown[name].table)
    assert said.count("cannot be told") == said.count(".") == 2
    assert shown[name].facts(shown[name].table) == []
