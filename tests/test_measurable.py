"""What cannot be measured is said when cleaning, and no key finding rests on it. Expected values counted by hand."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from mlastats import settings
from mlastats.publish import notes
from mlastats.publish.exhibit import Fact
from mlastats.register import account, measurable
from mlastats.register.clean import clean
from mlastats.register.files import from_frame
from mlastats.register.processed import Cleaned
from mlastats.settings import Register
from tests import publishing

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
WHOLE = {"direction": "incoming", "partner": "THA", "channel": "diplomatic", "kind": "mla"}


def cleaned(rows: list[dict[str, str]], **register: str) -> Cleaned:
    frame = pd.DataFrame([WHOLE | row for row in rows], dtype="str").fillna("")
    given = {"name": "unit", "path": "-", "log_start": "2020-01-01", **register}
    return clean([(Register(**given), from_frame(frame))], LAO)


def requests(number: int, **given: str) -> list[dict[str, str]]:
    return [
        {"request_id": f"A{n}", "received": f"2024-0{1 + n % 9}-11", "answered": "2024-12-01"} | given
        for n in range(number)
    ]


def lacks(found: Cleaned) -> list[dict[str, object]]:
    (unit,) = found.summary["registers"]
    return unit["unmeasured"]


def test_a_whole_register_lacks_nothing() -> None:
    assert lacks(cleaned(requests(10))) == []


@pytest.mark.parametrize(("undated", "said"), [(1, False), (2, True)])
def test_more_than_a_tenth_of_a_direction_without_its_first_day(undated: int, said: bool) -> None:
    sent = [row | {"direction": "outgoing", "sent": row["received"]} for row in requests(20)]
    found = cleaned([*sent, *requests(10 - undated), *requests(undated, received="")])
    want = {"what": "start", "direction": "incoming", "requests": 2, "of": 10}
    assert lacks(found) == ([want] if said else [])
    assert any("no day of receipt" in line for line in account.lines(found.summary)) is said


@pytest.mark.parametrize(
    ("blank", "what"),
    [({"direction": ""}, "direction"), ({"channel": ""}, "channel"), ({"answered": ""}, "end")],
)
def test_a_register_without_direction_channel_or_end(blank: dict[str, str], what: str) -> None:
    found = cleaned(requests(10, **blank))
    assert lacks(found) == [{"what": what, "requests": 10, "of": 10}]
    assert measurable.lines(found.summary["registers"][0])[0] in "\n".join(account.lines(found.summary))


def test_an_end_that_was_not_understood_is_one() -> None:
    assert lacks(cleaned(requests(10, answered="soon"))) == []


def test_rows_after_the_end_of_a_register_are_counted_and_named() -> None:
    rows = [*requests(4), {"request_id": "B1", "received": "2025-02-01"}]
    found = cleaned(rows, log_end="2024-12-31")
    (unit,) = found.summary["registers"]
    assert (unit["requests"], unit["after_log_end"], unit["unmeasured"]) == (5, 1, [])
    assert found.issues.loc[found.issues["rule"].eq("after_log_end"), "row"].tolist() == ["6"]
    assert any("1 request is later than its `log_end`" in line for line in account.lines(found.summary))


def test_a_register_of_which_all_is_later_than_its_end() -> None:
    assert lacks(cleaned(requests(4), log_end="2023-12-31")) == [
        {"what": "after_log_end", "requests": 4, "of": 4}
    ]


@pytest.fixture
def page() -> Callable[..., object]:
    def of(**lack: object) -> object:
        summary = {"registers": [{"name": "unit", "unmeasured": [lack] if lack else []}]}
        frame = pd.DataFrame({"register": ["unit"]})
        return publishing.page(summary=summary, requests=frame)

    return of


@pytest.mark.parametrize(
    ("lack", "question", "direction", "rests"),
    [
        ({}, "how_long", "incoming", True),
        ({"what": "start", "direction": "incoming"}, "how_long", "incoming", False),
        ({"what": "start", "direction": "incoming"}, "how_long", "outgoing", True),
        ({"what": "start", "direction": "incoming"}, "how_much_stuck", "", False),
        ({"what": "start", "direction": "incoming"}, "formal_or_informal", "incoming", True),
        ({"what": "channel"}, "formal_or_informal", "incoming", False),
        ({"what": "channel"}, "how_long", "incoming", True),
        ({"what": "end"}, "how_long", "incoming", False),
        ({"what": "undecided"}, "who_is_engaged", "", False),
        ({"what": "undecided"}, "what_is_not_known", "", False),
        ({"what": "after_log_end"}, "how_long", "incoming", False),
        ({"what": "direction"}, "how_long", "incoming", False),
    ],
)
def test_no_key_finding_rests_on_it(
    page: Callable[..., SimpleNamespace], lack: dict[str, str], question: str, direction: str, rests: bool
) -> None:
    assert page(**lack).rests(Fact(question, "Said.", direction=direction)) is rests


def test_another_register_does_not_touch_what_a_page_rests_on() -> None:
    summary = {"registers": [{"name": "other", "unmeasured": [{"what": "undecided"}]}, {"name": "unit"}]}
    page = publishing.page(summary=summary, requests=pd.DataFrame({"register": ["unit", None]}))
    assert page.rests(Fact("how_long", "Said."))


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_the_first_page_says_it_and_no_finding_stands_in_its_place(tmp_path: Path, audience: str) -> None:
    lack = {"what": "undecided", "requests": 7, "of": 120}
    unit = publishing.SUMMARY["registers"][0] | {"unmeasured": [lack]}
    silent = [publishing.by_channel(facts=None)]
    assert notes.key_findings(publishing.published(tmp_path / "whole", silent, audience=audience))
    made = publishing.published(tmp_path, silent, audience=audience, summary={"registers": [unit]})
    assert notes.key_findings(made) == []
    said = dict(notes.facts(made))["Cannot be measured"]
    assert "More than one in twenty" in said
    assert ("police" in said) is (audience == "internal")
    assert not any(character.isdigit() for character in said)
