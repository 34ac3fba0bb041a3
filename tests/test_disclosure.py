"""Disclosure control: small counts, what rests on them, and what a reader could work out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats import settings as configuration
from mlastats.errors import ConfigurationError, ReportFailed, Withheld
from mlastats.publish import disclose, notes
from mlastats.publish.audit import Audit, Contradiction
from mlastats.publish.bags import bags, tree
from mlastats.publish.counts import REST, Cell, Claim, Counts
from mlastats.publish.exhibit import Column, Exhibit, Fact, Saved, load_exhibits, publication
from mlastats.publish.page import _finished
from tests import publishing

NOTHING = disclose.Known()


def exhibit(text: str, by: tuple[str, ...], name: str = "e", counts: dict | None = None, **more) -> Exhibit:
    """An exhibit from a small table; what is not in `by` is a count, and `share` is answered of requests."""
    rows = [line.split() for line in text.strip().splitlines()]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    table = table.assign(**{column: table[column].astype(int) for column in table if column not in by})
    columns = {column: Column(column, "text" if column in by else "count") for column in table}
    if "answered" in table:
        table["share"] = table["answered"] / table["requests"].where(table["requests"].gt(0))
        columns["share"] = Column("share", "share", rests_on=("answered", "requests"))
    counts = counts or {"requests": {}, "answered": {"status": "answered"}, "pending": {"status": "pending"}}
    counts = {column: fixed for column, fixed in counts.items() if column in table}
    return Exhibit(name, "?", lambda t: "", table, columns, "requests", by=by, counts=counts, **more)


def publish(one: Exhibit, known: disclose.Known = NOTHING, threshold: int = 5) -> Saved:
    """The exhibit as it is saved, after disclosure control against what is known."""
    return _finished(one, disclose.protect(one, known, threshold), publishing.page(audience="public"))


def gone(saved: Saved | disclose.Protected, column: str = "requests") -> list[int]:
    return sorted(row for row, name in saved.withheld if name == column)


def cell(**pairs: str) -> Cell:
    return frozenset(pairs.items())


def margins(cube: np.ndarray, sets: list[str], names: str) -> dict[Cell, float]:
    """The published margins of a cube, by hand: the sums over the dimensions that a set does not name."""
    found = {}
    for kept in sets:
        axes = tuple(n for n, name in enumerate(names) if name not in kept)
        summed = cube.sum(axis=axes)
        for place in np.ndindex(summed.shape):
            found[frozenset((name, f"{name}{n}") for name, n in zip(kept, place, strict=True))] = float(
                summed[place]
            )
    return found


def claims(sets: list[str]) -> set[Claim]:
    return {Claim(frozenset(), frozenset(kept) - {name}, name) for kept in sets for name in kept}


def possible(
    shape: tuple[int, ...],
    sets: list[str],
    names: str,
    numbers: dict[Cell, float | None],
) -> dict[Cell, np.ndarray]:
    """What each cell is in every cube of whole counts with the published numbers (brute force).

    A withheld cell (None) is at least 1; none is larger than a published one around it.
    """
    size = int(np.prod(shape))
    units = [margins(np.eye(size, dtype=int)[n].reshape(shape), sets, names) for n in range(size)]
    order = list(units[0])
    sums = np.array([[unit[one] for unit in units] for one in order])
    ranges = []
    for unit in units:
        around = [numbers[one] for one in order if unit[one] and numbers.get(one) is not None]
        own = next((one for one in order if len(one) == len(names) and unit[one]), None)
        least = 1 if own in numbers and numbers[own] is None else numbers.get(own) or 0
        ranges.append(range(int(least), int(min(around, default=6)) + 1))
    cubes = np.stack([axis.ravel() for axis in np.meshgrid(*ranges, indexing="ij")], axis=1)
    have = cubes @ sums.T
    fits = np.ones(len(cubes), dtype=bool)
    for n, one in enumerate(order):
        if one in numbers:
            number = numbers[one]
            fits &= have[:, n] >= 1 if number is None else have[:, n] == number
    return {one: have[fits, n] for n, one in enumerate(order)}


# What one table tells


def test_a_small_count_takes_another_with_it() -> None:
    # 3 of 60 would follow from a total of 97 less 60 and 34: the 34 goes too; 97 may stay.
    total = publish(exhibit("requests\n97", ()))
    found = publish(
        exhibit("kind requests\nmla 60\nextradition 34\ndeportation 3", ("kind",)), disclose.known([total])
    )
    assert gone(found) == [1, 2]
    assert found.table["requests"].tolist()[0] == 60


def test_without_a_total_there_is_nothing_to_subtract_from() -> None:
    found = publish(exhibit("kind requests\nmla 60\nextradition 34\ndeportation 3", ("kind",)))
    assert gone(found) == [2]


def test_two_small_counts_do_not_hide_each_other_when_their_sum_is_small() -> None:
    # 1 and 1: their sum of 2 would tell both, so a larger one must go with them.
    total = publish(exhibit("requests\n162", ()))
    found = publish(
        exhibit("kind requests\na 40\nb 1\nc 1\nd 10\ne 50\nf 60", ("kind",)), disclose.known([total])
    )
    assert gone(found) == [1, 2, 3]


def test_zero_stays_zero() -> None:
    found = publish(exhibit("kind requests answered\na 0 0\nb 9 0\nc 3 0\nd 8 8", ("kind",)))
    assert found.table["requests"].tolist()[0] == 0
    assert found.table["answered"].tolist()[:3] == [0, 0, 0]
    assert gone(found) == [2]


def test_the_rest_of_a_row_does_not_give_a_part_back() -> None:
    # 60 requests, 48 answered, 9 ended otherwise and 3 pending: with three of the four the fourth follows.
    text = "kind requests answered pending ended\na 60 48 3 9\nb 80 50 10 20\nc 90 60 12 18"
    counts = {
        "requests": {},
        "answered": {"status": "answered"},
        "pending": {"status": "pending"},
        "ended": {"status": "ended_otherwise"},
    }
    found = publish(exhibit(text, ("kind",), counts=counts))
    assert gone(found, "pending") == [0]
    assert len([place for place in found.withheld if place[0] == 0 and place[1] in counts]) == 2
    assert {place[0] for place in found.withheld} == {0}


def test_what_is_left_over_from_a_part_is_a_count_too() -> None:
    # 58 of 60 answered says that 2 were not.
    found = publish(exhibit("kind requests answered\na 60 58\nb 70 40\nc 90 50", ("kind",)))
    assert {(0, "requests"), (0, "answered")} & found.withheld
    assert not [place for place in found.withheld if place[0] > 0]


def test_what_rests_on_a_withheld_count_is_withheld() -> None:
    found = publish(exhibit("kind requests answered\na 60 2\nb 70 40\nc 90 50", ("kind",)))
    assert (0, "answered") in found.withheld
    assert (0, "share") in found.withheld
    assert found.table.loc[0, ["answered", "share"]].isna().all()


def test_a_count_that_the_exhibit_does_not_declare_is_seen() -> None:
    one = exhibit("kind requests odd\na 60 3\nb 70 40", ("kind",), counts={"requests": {}})
    assert (0, "odd") in publish(disclose.declared(one)).withheld


# What several exhibits tell


def test_an_exhibit_of_another_grain_does_not_give_a_count_back() -> None:
    # By kind and agency 3 + 6 are withheld; their sum by kind alone, 9, must leave both possible.
    fine = exhibit(
        "kind agency requests\nmla A 30\nmla B 12\nhandover A 3\nhandover B 6\ninformation A 20\ninformation B 25",
        ("kind", "agency"),
    )
    first = publish(exhibit("kind requests\nmla 42\nhandover 9\ninformation 45", ("kind",), "by_kind"))
    second = publish(
        exhibit("agency requests\nA 53\nB 43", ("agency",), "by_agency"), disclose.known([first])
    )
    third = publish(fine, disclose.known([first, second]))
    # Row and column totals are known: 3 is safe only in a rectangle of withheld cells.
    assert {2, 3} <= set(gone(third))
    assert len(gone(third)) >= 4
    disclose.gate([first, second, third], disclose.known([first, second, third]), 5)


def test_the_gate_stops_what_gives_a_count_back() -> None:
    first = publish(exhibit("requests\n97", (), "total"))
    second = publish(exhibit("kind requests\nmla 60\nextradition 34\ndeportation 3", ("kind",), "kinds"))
    with pytest.raises(Withheld, match="kinds") as stopped:
        disclose.gate([first, second], disclose.known([first, second]), 5)
    assert stopped.value.exit_code == 5
    assert not any(number in str(stopped.value) for number in ("97", "60", "34", "3 "))


def test_overlapping_parts_are_no_partition() -> None:
    # One request went by two channels: 50 + 30 + 4 is more than 83.
    text = "channel requests several whole\ninterpol 50 8 78\ndiplomatic 30 8 78\nfiu 6 0 78"
    counts = {"requests": {}, "several": {"several": "yes"}, "whole": {"channel": "all"}}
    found = disclose.protect(exhibit(text, ("channel",), counts=counts), NOTHING, 5)
    assert found.loose == ("channel+",)
    assert not found.withheld


def test_what_is_said_of_a_table_in_part_says_so() -> None:
    """The kind that is least often on time may be one that is withheld."""
    some = exhibit("kind requests\nmla 60\nextradition 34\ndeportation 3", ("kind",))
    total = known_of("requests\n97")
    said = Fact("how_long", "Least: extradition.", requests=94)
    some = replace(some, finding=lambda t: "Least: extradition.", facts=lambda t: [said])
    shown = publish(some, total)
    assert gone(shown) == [1, 2]
    words = "Least: extradition. This is said of what is shown; other numbers are withheld."
    assert (shown.finding, [fact.sentence for fact in shown.facts]) == (words, [words])
    whole = replace(some, table=some.table.assign(requests=[60, 34, 30]))
    assert publish(whole).finding == "Least: extradition."


def known_of(text: str) -> disclose.Known:
    return disclose.known([publish(exhibit(text, (), "total"))])


def test_a_page_of_counts_that_overlap_can_be_published_alone() -> None:
    """Of 60 requests 60 came and 50 ended: one request is in both columns, and no sum of them is the 60."""
    text = "direction came ended\nincoming 35 30\noutgoing 25 20"
    counts = {"came": {"flow": "opened"}, "ended": {"flow": "ended"}}
    flow = exhibit(text, ("direction",), counts=counts)
    shown = [publish(flow, disclose.known([], requests=60))]
    assert shown[0].loose == ("*",)
    disclose.gate(shown, disclose.known(shown, requests=60), 5)


# What several publications tell


def at(day: str, text: str, by: tuple[str, ...] = ("kind",)) -> Exhibit:
    return exhibit(text, by, scope={"as_of": day})


def test_a_quarter_more_does_not_give_a_count() -> None:
    # 20 in March, 22 in June: two came in between. 40 and 60 give twenty, which may be known.
    march = publish(at("2026-03-31", "kind requests\nmla 20\nextradition 40"))
    assert not march.withheld
    june = publish(at("2026-06-30", "kind requests\nmla 22\nextradition 60"), disclose.known([], [march]))
    assert gone(june) == [0]


def test_the_total_of_a_later_publication_does_not_give_it_either() -> None:
    march = [
        publish(at("2026-03-31", "requests\n110", ())),
        publish(at("2026-03-31", "kind requests\nmla 20\nextradition 40\nhandover 50")),
    ]
    june = publish(at("2026-06-30", "requests\n140", ()), disclose.known([], march))
    known = disclose.known([june], march)
    kinds = publish(at("2026-06-30", "kind requests\nmla 22\nextradition 60\nhandover 58"), known)
    assert 0 in gone(kinds)
    assert len(gone(kinds)) == 2


def test_the_same_day_again_is_the_same_number() -> None:
    text = "kind requests\nmla 20\nextradition 40\nhandover 3"
    first = publish(at("2026-03-31", text))
    again = publish(at("2026-03-31", text), disclose.known([], [first]))
    assert again.withheld == first.withheld


def test_pending_may_fall_and_is_no_difference() -> None:
    march = publish(at("2026-03-31", "kind requests pending\nmla 20 12\nextradition 40 20"))
    june = publish(
        at("2026-06-30", "kind requests pending\nmla 30 10\nextradition 60 18"), disclose.known([], [march])
    )
    assert not june.withheld


# Coarser groups


def test_where_most_would_go_years_are_taken_together() -> None:
    rows = "\n".join(
        f"{year} {n}" for year, n in zip(range(2017, 2027), (3, 4, 2, 4, 3, 4, 4, 3, 2, 4), strict=True)
    )
    one = exhibit(f"year requests\n{rows}", ("year",))
    found = publish(one)
    assert found.table["year"].tolist() == ["2017–2018", "2019–2020", "2021–2022", "2023–2024", "2025–2026"]
    assert found.table["requests"].tolist() == [7, 6, 7, 7, 6]
    assert found.coarser


def test_small_groups_are_taken_together_and_named() -> None:
    columns = {"kind": Column("Kind", "code", "kind"), "requests": Column("Requests", "count")}
    one = exhibit("kind requests\nmla 60\nextradition 2\ndeportation 3\nhandover 4", ("kind",))
    found = publish(replace(one, columns=columns))
    assert found.table["requests"].tolist() == [60, 9]
    assert "Extradition" in found.coarser
    assert "Mutual" not in found.coarser


# The audit against every table there is


def pinned(
    numbers: dict[Cell, float | None], sets: list[str], threshold: int
) -> dict[Cell, tuple[float, float]]:
    pins = Audit(Counts(dict(numbers), claims(sets))).pinned((), threshold)
    return {pin.cell: (pin.lower, pin.upper) for pin in pins}


@pytest.mark.parametrize("seed", range(8))
def test_bounds_are_those_of_every_possible_table(seed: int) -> None:
    cube = np.random.default_rng(seed).choice([0, 1, 2, 3], p=[0.2, 0.4, 0.2, 0.2], size=(2, 3))
    sets = ["ab", "a", "b", ""]
    numbers = {
        one: None if len(one) == 2 and 0 < number < 3 else number
        for one, number in margins(cube, sets, "ab").items()
    }
    true = {one: have for one, have in possible((2, 3), sets, "ab", numbers).items() if one in numbers}
    # In a two-way table the bounds of the programme are whole, and are reached.
    assert pinned(numbers, sets, 3) == {
        one: (have.min(), have.max())
        for one, have in true.items()
        if numbers[one] is None and have.min() < 3 and np.ptp(have) < 3
    }


@pytest.mark.parametrize("seed", range(6))
def test_three_two_way_tables_are_one_three_way_table(seed: int) -> None:
    # Each pair of dimensions is published; only the cube behind them bounds what is withheld.
    cube = np.random.default_rng(seed).integers(0, 3, size=(2, 2, 2))
    sets = ["ab", "bc", "ac", "a", "b", "c", ""]
    numbers = {
        one: None if len(one) == 2 and 0 < number < 3 else number
        for one, number in margins(cube, sets, "abc").items()
    }
    true = possible((2, 2, 2), sets, "abc", numbers)
    pins = pinned(numbers, sets, 3)
    for one, (lower, upper) in pins.items():
        assert lower <= true[one].min()
        assert true[one].max() <= upper
    bad = {one for one, n in numbers.items() if n is None and true[one].min() < 3 and np.ptp(true[one]) < 3}
    assert bad == set(pins)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_no_reader_can_pin_a_small_count_of_a_protected_table(drawn: list[int]) -> None:
    """Total, rows, columns and cells of a 2 x 3 table, one exhibit after the other; then every possible table."""
    cube, threshold, sets = np.array(drawn).reshape(2, 3), 2, ["", "a", "b", "ab"]
    truth = margins(cube, sets, "ab")
    shown: list[Saved] = []
    for kept in sets:
        one = publishing.margin(kept, truth)
        protected = disclose._left(one, disclose._protected(one, disclose.known(shown), threshold)[0])
        if not protected.whole:
            shown.append(_finished(one, protected, publishing.page(audience="public")))
    known = disclose.known(shown).so_far
    numbers = known.numbers
    public = {one: number for one, number in numbers.items() if number is not None}
    assert all(number == truth[one] for one, number in public.items())
    assert not [one for one, number in public.items() if 0 < number < threshold]
    for one, have in possible((2, 3), sets, "ab", numbers).items():
        if one in numbers and numbers[one] is None and have.max() > 0:
            assert have.min() >= threshold or np.ptp(have) >= threshold


def test_the_dimensions_of_a_cycle_become_one_bag() -> None:
    found = bags([frozenset("ab"), frozenset("bc"), frozenset("ac"), frozenset("cd")])
    assert sorted("".join(sorted(bag)) for bag in found) == ["abc", "cd"]
    # A cycle of four is filled up with one edge: two bags of three that share two.
    square = bags([frozenset("ab"), frozenset("bc"), frozenset("cd"), frozenset("ad")])
    assert sorted(len(bag) for bag in square) == [3, 3]
    ((i, j),) = tree(square)
    assert len(square[i] & square[j]) == 2


def test_counts_that_cannot_be_true_together_are_no_knowledge() -> None:
    numbers = {frozenset(): 10.0, cell(a="a0"): 12.0}
    with pytest.raises(Contradiction):
        Audit(Counts(numbers, claims(["a"]))).pinned((), 5)


def test_what_is_not_in_any_level_may_be_left_over() -> None:
    # 100 requests, 60 + 36 with a kind: 4 have none, so that the kinds are not all there is.
    numbers = {frozenset(): 100.0, cell(a="a0"): 60.0, cell(a="a1"): 36.0}
    assert Audit(Counts(numbers, claims(["a"]))).pinned((), 5) == []
    assert REST not in {value for one in numbers for _name, value in one}


def test_saved_exhibits_say_what_they_withheld(tmp_path: Path) -> None:
    made = publishing.published(tmp_path, audience="public")
    (one,) = load_exhibits(tmp_path / "exhibits")
    assert one.withheld
    assert one.scope["as_of"] == "2026-09-30"
    assert "Counts from 1 to 4 are withheld" in made.withheld


# What the gate refuses


def test_control_is_not_switched_off_for_the_public(tmp_path: Path) -> None:
    # A notebook that opens its page for internal readers in a public run is stopped, and the number not said.
    shown = publishing.saved([publishing.by_channel()], tmp_path, audience="internal")
    with pytest.raises(Withheld, match="by_channel shows 1 counts below 5"):
        disclose.gate(shown, disclose.known(shown), 5)
    with pytest.raises(ConfigurationError, match="threshold"):
        configuration.check({"reporting_state": "LAO", "as_of": "2026-09-30", "disclosure": {"threshold": 1}})


def test_a_page_for_internal_readers_says_so_and_one_for_the_public_does_not(tmp_path: Path) -> None:
    def kinds(audience: str) -> list[str]:
        return [
            one["kind"] for one in notes.banners(publishing.published(tmp_path / audience, audience=audience))
        ]

    assert kinds("internal") == ["internal", "synthetic"]
    assert kinds("public") == ["synthetic"]


@pytest.mark.parametrize("output", ["stream", "execute_result", "display_data", "error"])
def test_a_public_page_shows_exhibits_only(tmp_path: Path, output: str) -> None:
    path = publishing.notebook(tmp_path, [])
    content = json.loads(path.read_text())
    stray = {"output_type": output, "metadata": {}, "data": {"text/plain": "42"}}
    content["cells"].append(
        {
            "cell_type": "code",
            "id": "stray-1",
            "metadata": {},
            "source": "requests.head()",
            "outputs": [stray],
        }
    )
    path.write_text(json.dumps(content))
    facts = {"report": "r", "title": "t", "state": "LAO", "as_of": "2026-09-30"}
    with pytest.raises(ReportFailed, match=r"1_turnaround, cell 2 \(stray-1\)"):
        publication([path], tmp_path / "exhibits", audience="public", **facts)
    assert publication([path], tmp_path / "exhibits", audience="internal", **facts).exhibits == []


def test_what_single_requests_decide_is_for_internal_readers() -> None:
    one = exhibit("kind requests silence\na 60 90\nb 70 120", ("kind",), counts={"requests": {}})
    columns = {**one.columns, "silence": Column("silence", "days", single=True)}
    for audience, left in (("public", ["kind", "requests"]), ("internal", ["kind", "requests", "silence"])):
        page = publishing.page(audience=audience)
        made = page._made(replace(one, columns=columns))
        assert list(made.table) == list(made.columns) == left
