"""Registers of which a number was wrong once: each has the right one, worked out by hand.

Those on what few requests allow are in test_certainty, on what was not observed in test_flow, test_channels and
test_observation, on claims in test_findings and test_before_after.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mlastats import settings
from mlastats.findings import phrases
from mlastats.findings import turnaround as findings
from mlastats.measure.turnaround import turnaround
from mlastats.register.account import warnings
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned
from tests import publishing

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def read(workspace: Callable[..., Path]) -> Callable[..., Cleaned]:
    def of(text: str, as_of: str, log_end: str = "") -> Cleaned:
        home = workspace({"register.csv": text}, as_of=as_of)
        if log_end:
            with (home / "mlastats.toml").open("a", encoding="utf-8") as file:
                file.write(f"log_end = {log_end}\n")
        return clean_workspace(settings.load(home / "mlastats.toml"))

    return of


def test_an_end_that_cannot_be_read_is_an_end(read: Callable[..., Cleaned]) -> None:
    """Ten were answered, five ended on 30 February: nobody is waiting."""
    text = (CASES / "numbers-07-unreadable-end" / "register.csv").read_text(encoding="utf-8")
    table = turnaround(read(text, "2024-12-31").requests, as_of="2024-12-31").iloc[0]
    assert table[["requests", "answered", "pending", "undated"]].tolist() == [15, 10, 0, 5]
    assert pd.isna(table["pending_oldest_age"])


def test_what_is_said_of_both_directions_is_said_twice() -> None:
    said = ["Incoming: 4 formal.", "None is stuck.", "Outgoing: 9 formal.", "None is stuck."]
    assert phrases.sentences(said) == " ".join(said)


def test_what_is_later_than_its_register_is_counted(read: Callable[..., Cleaned]) -> None:
    """Five requests, two of them made after the day to which the register is complete."""
    days = ["2024-01-02", "2024-02-02", "2024-03-02", "2024-07-01", "2024-08-01"]
    rows = [f"R{n},incoming,THA,mla,diplomatic,{day}," for n, day in enumerate(days)]
    text = "\n".join(["request_id,direction,partner,kind,channel,received,answered", *rows])
    cleaned = read(text, "2024-12-31", "2024-06-30")
    assert turnaround(cleaned.requests, as_of="2024-12-31")["requests"].sum() == 3
    (account,) = cleaned.summary["registers"]
    assert account["after_log_end"] == 2
    assert any("2 " in line for line in warnings(account))


def test_a_median_on_many_month_dates_is_given_with_their_first_and_last_day(requests_from) -> None:
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
