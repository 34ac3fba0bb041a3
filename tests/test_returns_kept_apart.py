"""What a banded and a sealed return tell: no more than was agreed, and that much truly."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlastats import settings
from mlastats.disclosure import rounding
from mlastats.errors import ConfigurationError, InputRejected
from mlastats.measure.turnaround import turnaround
from mlastats.region import archive, sealed
from mlastats.region.banded import RESIDUAL, banded, closes, edges
from mlastats.region.cube import CUBES, Header, Return, status
from mlastats.region.cubes import cubes, day_counts_of

SECRET = bytes(range(32))
EVENTS = ("entered", "pending", "answered", "ended_otherwise")


@pytest.fixture(scope="module")
def example(example_workspace: Any) -> tuple[pd.DataFrame, settings.Settings]:
    chosen = settings.load(example_workspace / "mlastats.toml")
    from mlastats import schema

    return schema.read(example_workspace / "data" / "processed" / "requests.parquet"), chosen


@pytest.fixture(scope="module")
def exact(example: Any) -> dict[str, pd.DataFrame]:
    requests, chosen = example
    keys = pd.Series(
        np.random.default_rng(7).integers(0, 2**64, len(requests), dtype=np.uint64), requests.index
    )
    return cubes(requests, chosen, "2025", keys=keys)


@pytest.fixture(scope="module")
def public(exact: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return banded(exact, SECRET)


# Banded


def test_a_banded_return_tells_multiples_of_five_and_nothing_else(public: dict[str, pd.DataFrame]) -> None:
    for name, table in public.items():
        assert table["CELL_KEY"].isna().all()
        if name in ("MIRROR", "ASSET", "COVERAGE"):
            assert set(status(table)) == {"withheld"}
        elif name != "CONCEPT":
            counts = table[~table["MEASURE"].str.startswith("median")]["OBS_VALUE"].dropna()
            assert len(counts)
            assert (counts % 5).eq(0).all()
            assert counts.ge(5).all()
    assert set(public["FLOW"]["COUNTERPART_AREA"]) == set(public["OUTCOME"]["BASIS"]) == {"_T"}
    assert "persons" not in set(public["OUTCOME"]["MEASURE"])
    left = public["FLOW"][public["FLOW"]["MEASURE"].isin(RESIDUAL)]
    assert set(status(left)) == {"withheld"}


def test_it_has_the_same_number_for_the_same_requests_as_the_public_report(example: Any) -> None:
    """The number of requests answered by direction and kind, of the same records, keys and secret."""
    from mlastats.measure.attributes import records_of

    requests, chosen = example
    keys = pd.Series(
        np.random.default_rng(7).integers(0, 2**64, len(requests), dtype=np.uint64), requests.index
    )
    table = banded(cubes(requests, chosen, "2025", keys=keys), SECRET)["DURATION"]
    asked = records_of(requests, requests, as_of="2025-12-31").keyed(requests, keys, lambda key, stage: key)
    compared = 0
    for row in table[table["DAY"].eq("_T") & table["EVENT"].eq("answered")].to_dict("records"):
        where = {"direction": row["DIRECTION"], "kind": row["KIND"], "status": "answered", "unobserved": "no"}
        count = asked.count(where)
        assert count is not None
        compared += 1
        expected = rounding.published(SECRET, "requests", *count)
        assert pd.isna(expected) if pd.isna(row["OBS_VALUE"]) else expected == row["OBS_VALUE"]
    assert compared >= 5


def test_bands_bound_the_truth(exact: dict[str, pd.DataFrame], public: dict[str, pd.DataFrame]) -> None:
    """Up to each day the true number lies within 4 of the published one, or is 0 to 4."""
    true = exact["DURATION"].query("CLOCK == 'answer' and DAY != '_Z'")
    checked = 0
    for row in public["DURATION"].to_dict("records"):
        mine = true[
            (true[["DIRECTION", "KIND", "EVENT"]] == [row["DIRECTION"], row["KIND"], row["EVENT"]]).all(
                axis=1
            )
        ]
        upto = mine if row["DAY"] == "_T" else mine[mine["DAY"].astype(int).le(int(row["DAY"]))]
        count = upto["OBS_VALUE"].sum()
        checked += 1
        assert count <= 4 if pd.isna(row["OBS_VALUE"]) else abs(count - row["OBS_VALUE"]) <= 4
    assert checked > 50


@given(counts=st.dictionaries(st.integers(0, 9_500), st.integers(1, 30), min_size=1, max_size=60))
def test_every_band_holds_five_and_so_does_what_is_left(counts: dict[int, int]) -> None:
    days = sorted(counts)
    upto = pd.Series(np.cumsum([counts[day] for day in days]), days)
    ends, before = edges(upto), 0
    for end in ends:
        count = sum(n for day, n in counts.items() if day <= end)
        assert count - before >= 5
        before = count
    assert not ends or sum(counts.values()) - before >= 5


def test_a_small_register_tells_its_requests_alone(requests_from: Any) -> None:
    chosen = settings.check({"reporting_state": "LAO", "as_of": "2025-06-30"})
    few = requests_from(
        """
        id direction partner kind received   answered   outcome  observed_from observed_to
        A  incoming  THA     mla  2024-01-02 2024-03-02 executed 2023-01-01    2025-06-30
        """,
        times=60,
    )
    keys = pd.Series(np.arange(60, dtype=np.uint64), few.index)
    found = banded(cubes(few, chosen, "2024", keys=keys), SECRET)
    assert set(status(found["FLOW"])) == set(status(found["DURATION"])) == {"withheld"}
    assert found["HEADLINE"][["STRAND", "MEASURE", "OBS_VALUE"]].values.tolist() == [
        ["legal_assistance", "requests", 60]
    ]


def test_public_medians_are_the_internal_ones_in_public_steps(
    example: Any, public: dict[str, pd.DataFrame]
) -> None:
    requests, _chosen = example
    table = turnaround(requests, "strand", as_of="2025-12-31").set_index(["direction", "strand"])
    head = public["HEADLINE"].query("MEASURE == 'median'")
    shown = head[head["OBS_VALUE"].notna()]
    assert len(shown) >= 4
    for row in shown.to_dict("records"):
        days = table.loc[(row["DIRECTION"], row["STRAND"]), "median_days"]
        step = 1 if days < 28 else 7 if days < 365 else 10 ** (len(str(int(days))) - 2)
        assert abs(row["OBS_VALUE"] - days) <= step / 2
        assert row["OBS_VALUE"] % step == 0


def test_a_stock_closes_within_rounding(
    exact: dict[str, pd.DataFrame], public: dict[str, pd.DataFrame]
) -> None:
    for table, slack in ((exact["FLOW"], 0), (public["FLOW"], 4)):
        for _key, rows in table.groupby(["COUNTERPART_AREA", "DIRECTION", "KIND"]):
            assert closes(rows, slack)
            wrong = rows.assign(OBS_VALUE=rows["OBS_VALUE"].mask(rows["MEASURE"].eq("open_end"), 10_000))
            assert not closes(wrong, slack)


# Sealed

LEVELS = {"DIRECTION": ["incoming", "outgoing"], "KIND": ["extradition", "mla"]}
AGREED = {"round": "2025-a", "members": ["KHM", "LAO", "THA"], "levels": LEVELS, "days": 5000}
SEEDS = {
    frozenset(pair): bytes([n]) * 32
    for n, pair in enumerate([("KHM", "LAO"), ("KHM", "THA"), ("LAO", "THA")], 1)
}


def seeds_of(state: str) -> dict[str, bytes]:
    return {next(iter(pair - {state})): seed for pair, seed in SEEDS.items() if state in pair}


def test_the_stream_is_that_of_the_rfc() -> None:
    """RFC 8439, appendix A.1, test vector 1, and section 2.3.2."""
    zero = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    zero += "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
    assert sealed.stream(bytes(32), bytes(12), 8).astype("<u8").tobytes().hex() == zero
    block = "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
    block += "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"
    nonce = bytes.fromhex("000000090000004a00000000")
    assert sealed.stream(bytes(range(32)), nonce, 8, counter=1).astype("<u8").tobytes().hex() == block


@pytest.fixture(scope="module")
def parts(example: Any) -> dict[str, dict[str, pd.DataFrame]]:
    """The example's requests shared out among three members."""
    requests, chosen = example
    states = np.array(AGREED["members"])[np.arange(len(requests)) % 3]
    return {
        state: cubes(requests[states == state], chosen.model_copy(update={"reporting_state": state}), "2025")
        for state in AGREED["members"]
    }


@pytest.fixture(scope="module")
def under_masks(parts: dict[str, dict[str, pd.DataFrame]]) -> list[Return]:
    return [
        Return(
            Header(state, "2025", 1, "sealed", "2025-12-31", agreed=AGREED),
            sealed.sealed(table, AGREED, state, seeds_of(state)),
        )
        for state, table in parts.items()
    ]


def test_the_sum_is_exact(under_masks: list[Return], exact: dict[str, pd.DataFrame]) -> None:
    """Counts by day of all cases together, and so every estimate, to the last digit."""
    sums = sealed.opened(under_masks)
    kinds = exact["DURATION"]["KIND"].where(exact["DURATION"]["KIND"].isin(LEVELS["KIND"]), "_O")
    whole = exact["DURATION"].assign(KIND=kinds)
    for by in ([], ["DIRECTION"], ["DIRECTION", "KIND"]):
        mine, theirs = (day_counts_of(table, by) for table in (sums["DURATION"], whole))
        assert mine == theirs
    totals = (table["FLOW"].groupby("MEASURE")["OBS_VALUE"].sum().to_dict() for table in (sums, exact))
    assert next(totals) == next(totals)


def test_one_return_alone_looks_like_noise(under_masks: list[Return]) -> None:
    """Its numbers are spread evenly over 64 bits, whatever the counts are, and no two members share them."""
    for one in under_masks:
        values = one.cubes["DURATION"]["OBS_VALUE"].to_numpy(np.uint64)
        shares = np.bincount((values >> np.uint64(60)).astype(int), minlength=16) / len(values)
        assert np.abs(shares - 1 / 16).max() < 0.005
        assert len(np.unique(values)) == len(values)
        assert set(status(one.cubes["HEADLINE"])) == set(status(one.cubes["MIRROR"])) == {"withheld"}


def test_a_round_that_is_not_whole_is_not_opened(under_masks: list[Return], parts: Any) -> None:
    with pytest.raises(InputRejected, match="missing: THA"):
        sealed.opened(under_masks[:2])
    with pytest.raises(InputRejected, match="missing: THA"):
        sealed.opened([*under_masks[:2], under_masks[0]])
    other = {**seeds_of("THA"), "LAO": b"x" * 32}
    wrong = Return(under_masks[2].header, sealed.sealed(parts["THA"], AGREED, "THA", other))
    with pytest.raises(InputRejected, match="not free of its masks"):
        sealed.opened([*under_masks[:2], wrong])


@pytest.mark.parametrize(
    "change",
    [
        {"members": ["KHM", "LAO"]},
        {"members": ["THA", "LAO", "KHM"]},
        {"members": ["IDN", "KHM", "THA"]},
        {"levels": {"PARTNER": ["THA"]}},
        {"days": -1},
        {"days": "5000"},
        {"round": None},
    ],
)
def test_what_is_not_agreed_is_refused(change: dict[str, Any], parts: Any) -> None:
    with pytest.raises(ConfigurationError, match="A round is agreed as"):
        sealed.sealed(parts["LAO"], AGREED | change, "LAO", seeds_of("LAO"))


def test_seeds_and_days_that_do_not_fit_are_refused(parts: Any) -> None:
    with pytest.raises(ConfigurationError, match="needs a seed of 32 bytes with each of KHM, THA"):
        sealed.sealed(parts["LAO"], AGREED, "LAO", {"KHM": b"x" * 32})
    with pytest.raises(ConfigurationError, match="the same"):
        sealed.sealed(parts["LAO"], AGREED, "LAO", {"KHM": b"x" * 32, "THA": b"x" * 32})
    with pytest.raises(ConfigurationError, match="beyond day 100"):
        sealed.sealed(parts["LAO"], AGREED | {"days": 100}, "LAO", seeds_of("LAO"))


def test_both_modes_are_written_and_read(under_masks: list[Return], public: Any, tmp_path: Any) -> None:
    for header, tables in (
        (under_masks[0].header, under_masks[0].cubes),
        (Header("LAO", "2025", 1, "banded", "2025-12-31"), public),
    ):
        found = archive.read(archive.write(tmp_path, header, tables))
        assert found.header == header
        for name, table in tables.items():
            pd.testing.assert_frame_equal(found.cubes[name], table)


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    days=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["answered", "pending"])), min_size=3, max_size=60
    )
)
def test_any_register_under_masks_sums_to_itself(days: list[tuple[int, str]]) -> None:
    agreed = {"round": "r", "members": ["AAA", "BBB", "CCC"], "levels": {}, "days": 40}
    pairs = {
        frozenset(p): bytes([n]) * 32 for n, p in enumerate([("AAA", "BBB"), ("AAA", "CCC"), ("BBB", "CCC")])
    }
    returns, base = [], {}
    for n, state in enumerate(agreed["members"]):
        mine = (
            pd.DataFrame(days[n::3], columns=["DAY", "EVENT"])
            .value_counts()
            .rename("OBS_VALUE")
            .reset_index()
        )
        came = pd.DataFrame({"DAY": [0], "EVENT": ["entered"], "OBS_VALUE": [int(mine["OBS_VALUE"].sum())]})
        table = pd.concat([mine, came]).astype({"DAY": "str"})
        for name in CUBES["DURATION"].own:
            table[name] = table.get(name, "answer" if name == "CLOCK" else "_X")
        base = {
            name: c.said(state, "2024", OBS_VALUE=0 if c.dtype != "str" else "x") for name, c in CUBES.items()
        }
        base["DURATION"] = CUBES["DURATION"].finished(table.assign(MEASURE="requests"), state, "2024")
        seeds = {next(iter(p - {state})): seed for p, seed in pairs.items() if state in p}
        header = Header(state, "2024", 1, "sealed", "2024-12-31", agreed=agreed)
        returns.append(Return(header, sealed.sealed(base, agreed, state, seeds)))
    counts = day_counts_of(sealed.opened(returns)["DURATION"], []).counts
    expected = pd.DataFrame(days, columns=["day", "event"]).value_counts().to_dict()
    found = {(row["day"], row["event"]): row["requests"] for row in counts.to_dict("records")}
    assert found.pop((0, "entered")) == len(days)
    assert found == expected
