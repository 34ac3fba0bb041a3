"""Before and after an event: each day of each request on its own side."""

import pytest

from mlastats.measure import before_after
from mlastats.measure.durations import durations

EVENT, AS_OF = "2024-01-01", "2024-12-31"
TABLE = """
    id direction received   answered   outcome
    A  incoming  2023-12-01 2023-12-21 executed
    B  incoming  2023-12-01 2024-01-20 executed
    C  incoming  2023-12-31 2024-01-01 executed
    D  incoming  2024-01-01 2024-01-11 executed
    E  incoming  2024-12-01 -          -
    F  incoming  2023-10-01 -          -
    G  incoming  2023-10-01 -          refused
"""


def test_the_sides_by_hand(requests_from) -> None:
    both = before_after.cases(requests_from(TABLE), EVENT, "kind", as_of=AS_OF)
    found = both[["arm", "days", "entry", "status"]].astype(object).where(both.notna(), None)
    # Before, on 31 December: A 20 days; B open 30, C 0, F 91 days; G undated. After: B enters at 31 and ends
    # at 50, C enters and ends at 1, D 10 days, E open 30, F enters at 92 and is open 457.
    assert found.to_numpy().tolist() == [
        ["before", 20, 0, "answered"],
        ["before", 30, 0, "pending"],
        ["before", 0, 0, "pending"],
        ["before", 91, 0, "pending"],
        ["before", None, 0, "undated"],
        ["after", 50, 31, "answered"],
        ["after", 1, 1, "answered"],
        ["after", 10, 0, "answered"],
        ["after", 30, 0, "pending"],
        ["after", 457, 92, "pending"],
    ]


def test_what_is_counted_on_each_side(requests_from) -> None:
    table = before_after.before_after(requests_from(TABLE), EVENT, as_of=AS_OF).set_index("arm")
    counts = ["requests", "carried", "opened", "answered", "pending", "undated"]
    assert table.loc["before", counts].tolist() == [5, 0, 5, 1, 3, 1]
    assert table.loc["after", counts].tolist() == [5, 3, 2, 3, 2, 0]


@pytest.fixture(scope="module")
def example_requests(root):
    from mlastats import settings
    from mlastats.register.clean import clean_workspace

    return clean_workspace(settings.load(root / "mlastats.toml")).requests


def test_every_answer_is_on_one_side_and_every_day_once(example_requests) -> None:
    whole = durations(example_requests, as_of="2026-09-30")
    timed = whole[whole["days"].notna() & ~whole["unobserved"]]
    both = before_after.cases(example_requests, "2017-06-28", as_of="2026-09-30")
    both = both[both["days"].notna() & ~both["unobserved"]]
    assert both["status"].eq("answered").sum() == timed["status"].eq("answered").sum()
    days = (timed["days"] - timed["entry"] + 1).sum()
    assert (both["days"] - both["entry"] + 1).sum() == days
