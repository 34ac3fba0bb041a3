"""Matters: which requests belong together, worked by hand, one rule a test."""

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats import schema
from mlastats.measure.matters import matter_of, matters

Register = Callable[[str], pd.DataFrame]


def chains(requests: pd.DataFrame) -> list[list[str]]:
    """The references of each matter, in the order of the rows."""
    ids = requests["request_id"].fillna("-")
    return [list(part) for _matter, part in ids.groupby(matter_of(requests))]


def test_requests_without_links_are_matters_of_their_own(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A1  -
        A2  -
    """)
    assert chains(requests) == [["A1"], ["A2"]]


def test_a_chain_is_one_matter_to_its_root(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A3  A2
        B1  -
        A1  -
        A2  A1
    """)
    assert chains(requests) == [["A3", "A1", "A2"], ["B1"]]


def test_several_that_link_to_one_are_one_matter(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A1  -
        A2  A1
        A3  A1
    """)
    assert chains(requests) == [["A1", "A2", "A3"]]


def test_a_circle_is_one_matter(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A1  A3
        A2  A1
        A3  A2
        A4  A4
    """)
    assert chains(requests) == [["A1", "A2", "A3"], ["A4"]]


def test_without_a_reference_each_is_its_own(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        -   -
        -   -
        A1  -
        -   A1
    """)
    assert chains(requests) == [["-"], ["-"], ["A1", "-"]]


def test_links_to_the_same_unknown_reference_belong_together(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A1  X9
        A2  X9
        A3  X8
    """)
    assert chains(requests) == [["A1", "A2"], ["A3"]]


def test_references_are_compared_as_written(requests_from: Register) -> None:
    requests = requests_from("""
        id  linked_request_id
        A1  -
        A2  a1
    """)
    assert chains(requests) == [["A1"], ["A2"]]


def test_a_reused_reference_is_followed_within_the_register(requests_from: Register) -> None:
    requests = requests_from("""
        id  register  linked_request_id
        7   police    -
        7   justice   -
        8   justice   7
        9   mofa      7
    """)
    assert chains(requests) == [["7"], ["7", "8"], ["9"]]


def test_a_merged_request_is_in_each_of_its_registers(requests_from: Register) -> None:
    requests = requests_from("""
        id  register       linked_request_id
        7   police         -
        7   justice;mofa   -
        8   mofa;customs   7
    """)
    assert chains(requests) == [["7"], ["7", "8"]]


ROWS = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdefx"]))


@settings(deadline=None)
@given(st.lists(ROWS, max_size=12, unique_by=lambda row: row[0]))
def test_linked_requests_share_a_matter(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["request_id", "linked_request_id"]).replace("", None)
    requests = schema.conform(frame.assign(register="police"))
    found = dict(zip(requests["request_id"], matter_of(requests), strict=True))
    for own, link in rows:
        if link in found:
            assert found[own] == found[link]
    assert len(set(found.values())) == len(rows) - _joins(rows)


def _joins(rows: list[tuple[str, str]]) -> int:
    """How many links join what was apart: union-find by hand."""
    root = {name: name for name in "abcdefx"}

    def top(name: str) -> str:
        return name if root[name] == name else top(root[name])

    joins = 0
    unseen: set[str] = set()
    known = {own for own, _link in rows}
    for own, link in rows:
        if not link:
            continue
        if link not in known and link not in unseen:
            # The first that links to an unknown reference joins no other request.
            unseen.add(link)
            root[top(link)] = top(own)
        elif top(own) != top(link):
            root[top(own)] = top(link)
            joins += 1
    return joins


CHAIN = """
    id  linked_request_id  direction  partner  channel     received    answered    closed  outcome
    A2  A1                 incoming   THA      diplomatic  2024-03-01  2024-09-01  -       executed
    A1  -                  incoming   THA      interpol    2024-01-02  2024-01-09  -       partly_executed
    B1  -                  incoming   VNM      interpol    2024-02-01  -           -       -
"""


def test_a_matter_has_the_values_of_its_first_request_and_the_end_of_its_last(
    requests_from: Register,
) -> None:
    chain = matters(requests_from(CHAIN)).set_index("request_id").loc["A1"]
    assert chain["channel"] == "interpol"
    assert chain["received"] == pd.Timestamp("2024-01-02")
    assert chain["answered"] == pd.Timestamp("2024-09-01")
    assert chain["outcome"] == "executed"
    assert chain["requests"] == 2


def test_a_matter_is_open_while_one_of_its_requests_is(requests_from: Register) -> None:
    requests = requests_from(CHAIN)
    requests.loc[0, ["answered", "outcome"]] = pd.NA
    chain = matters(requests).set_index("request_id").loc["A1"]
    assert pd.isna(chain["answered"])
    assert pd.isna(chain["outcome"])


def test_requests_made_after_the_day_are_not_yet_in_the_chain(requests_from: Register) -> None:
    chain = matters(requests_from(CHAIN), as_of="2024-02-28").set_index("request_id").loc["A1"]
    assert chain["requests"] == 1
    assert chain["outcome"] == "partly_executed"


def test_matters_conform_to_the_requests_table(requests_from: Register) -> None:
    found = matters(requests_from(CHAIN))
    assert list(found) == [*schema.NAMES, "requests"]
    pd.testing.assert_frame_equal(found[list(schema.NAMES)], schema.conform(found))
    assert found["requests"].tolist() == [2, 1]


@pytest.mark.parametrize("measure", [matter_of, matters])
def test_no_request_no_matter(measure: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert len(measure(schema.conform(pd.DataFrame()))) == 0
