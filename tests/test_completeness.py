"""What the registers record, by hand; and the list of what to do."""

from collections.abc import Callable

import pandas as pd

from mlastats import vocab
from mlastats.measure.completeness import completeness, coverage, kept

Register = Callable[[str], pd.DataFrame]

# Ten fields. Seven are expected of every request; the end's day where there is an outcome, the
# outcome where it ended, the ground where it was refused.
TABLE = """
    id direction partner kind channel offence legal_basis agency received   answered   outcome  refusal_ground
    A1 incoming  THA     mla  -       drugs   -           mps    2024-01-02 2024-02-01 executed -
    A2 incoming  -       mla  interpol -      -           mps    2025-01-02 -          -        -
    A3 incoming  VNM     mla  -       -       -           moj    2025-03-01 2025-04-01 refused  -
"""


def test_each_field_is_looked_for_where_it_can_be_expected(requests_from: Register) -> None:
    table = completeness(requests_from(TABLE), "agency").set_index(["agency", "field"])
    assert table.loc[("mps", "partner"), ["expected", "filled"]].tolist() == [2, 1]
    assert table.loc[("mps", "outcome"), ["expected", "filled"]].tolist() == [1, 1]
    assert table.loc[("moj", "refusal_ground"), ["expected", "filled"]].tolist() == [1, 0]
    assert table.loc[("mps", "refusal_ground"), "expected"] == 0


def test_coverage_by_agency_and_year(requests_from: Register) -> None:
    table = coverage(requests_from(TABLE)).set_index(["agency", "year"])
    # A1: seven of every request and the day and the outcome of its end; not filled: channel, basis.
    assert table.loc[("mps", "2024"), ["expected", "filled"]].tolist() == [9, 7]
    # A2: direction, kind, channel and day of seven.
    assert table.loc[("mps", "2025"), ["expected", "filled"]].tolist() == [7, 4]
    # A3: ten expected; missing are channel, offence, basis and the ground.
    assert table.loc[("moj", "2025"), ["expected", "filled"]].tolist() == [10, 6]
    assert table.loc[("moj", "2024"), "expected"] == 0


def test_what_a_register_keeps_is_told_by_the_requests_that_it_alone_holds(requests_from: Register) -> None:
    table = kept(
        requests_from("""
            id register kind        outcome  received   assistance supplements returned_cause deadline
            1  moj      mla         returned 2024-01-02 service    0           language       -
            2  moj      extradition executed 2024-01-03 -          2           -              2024-03-01
            3  mofa     mla         returned 2024-01-04 -          -           -              -
            4  mofa;moj mla         executed 2024-01-05 service    1           -              2024-02-01
        """)
    ).set_index(["register", "field"])
    # 4 is held by both: that its assistance is known says nothing of mofa.
    assert table.loc[("mofa", "assistance"), ["expected", "filled"]].tolist() == [1, 0]
    # Of 2, an extradition, no measure is asked; of 1 alone a cause can be expected.
    assert table.loc[("moj", "assistance"), ["expected", "filled"]].tolist() == [1, 1]
    assert table.loc[("moj", "returned_cause"), ["expected", "filled"]].tolist() == [1, 1]
    assert table.loc[("moj", "supplements"), ["expected", "filled"]].tolist() == [2, 2]
    assert table.loc[("moj", "deadline"), ["expected", "filled"]].tolist() == [2, 1]


def test_no_request_gives_an_empty_table(requests_from: Register) -> None:
    assert coverage(requests_from(TABLE).iloc[:0]).empty


def test_every_rule_says_what_to_do() -> None:
    assert [code for code, row in vocab.codes("rule").items() if not row["remedy"].strip()] == []
