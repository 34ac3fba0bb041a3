"""Record keys, rounding, the gate of public exhibits, and the sentences that pass it."""

import math
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlastats import keystore, schema, settings
from mlastats.disclosure import claims, gate, keys, rounding
from mlastats.errors import ConfigurationError, Withheld
from mlastats.measure.attributes import Records, records_of
from mlastats.measure.channels import use
from mlastats.publish.exhibit import Column, Exhibit

SECRET = bytes.fromhex("746573747320616c6f6e653a2074686973206973206e6f207365637265742121")
AS_OF = "2026-09-30"


# What BLAKE2b (RFC 7693; key: the secret above, 8 bytes) makes of "draw", unit, count and key with the sign 1F between
# them, read as a number of 64 bits; a number below (count mod 5) / 5 of 2^64 goes up.
@pytest.mark.parametrize(
    ("unit", "count", "key", "expected"),
    [
        ("requests", 5, 1, 5),
        ("requests", 4, 1, math.nan),
        ("requests", 7, 2, 5),  # a6f17dda9cf2c680: 0.652 > 0.4
        ("matters", 7, 2, 5),  # 75a0fbe72af56e21: 0.459 > 0.4
        ("legs", 13, 9223372036854775808, 10),  # bb2c3fb63a5bc8b5: 0.731 > 0.6
        ("requests", 9, 18446744073709551615, 10),  # 5ce77d109d87db4b: 0.363 < 0.8
    ],
)
def test_a_draw_is_the_one_worked_by_hand(unit: str, count: int, key: int, expected: float) -> None:
    assert rounding.published(SECRET, unit, count, key) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("count", [5, 6, 8, 9, 12, 104])
def test_rounding_has_no_bias_and_takes_the_neighbouring_multiples(count: int) -> None:
    numbers = np.array([rounding.published(SECRET, "requests", count, key) for key in range(20_000)])
    rest = count % 5
    assert set(numbers) <= {count - rest, count - rest + 5}
    # The standard error of the mean of a draw between two numbers 5 apart.
    error = 5 * math.sqrt(rest / 5 * (1 - rest / 5) / 20_000)
    assert abs(numbers.mean() - count) <= 4 * error


def test_draws_of_nearly_the_same_sets_are_independent() -> None:
    first = [rounding.published(SECRET, "requests", 7, key) for key in range(20_000)]
    second = [rounding.published(SECRET, "requests", 7, key + 1) for key in range(20_000)]
    other = [rounding.published(SECRET, "matters", 7, key) for key in range(20_000)]
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / math.sqrt(20_000)
    assert abs(np.corrcoef(first, other)[0, 1]) < 4 / math.sqrt(20_000)


def test_grouping_sums_and_look_up_are_those_of_the_ons(example: "Published") -> None:
    """The Office for National Statistics' package, its p-table filled from our draw, with keys of eight bits."""
    from cell_key_perturbation.create_perturbed_table import create_perturbed_table

    requests, _every, records = example
    table = records.units["requests"].table[["direction", "kind", "status"]]
    reduced = pd.Series(np.arange(len(requests)) * 37 % 256, index=requests.index, dtype="uint64")
    ours = records.keyed(requests, reduced, lambda key, _stage: key)
    ptable = pd.DataFrame(
        [(n, k, _drawn(n, k) - n) for n in range(1, 751) for k in range(256)],
        columns=["pcv", "ckey", "pvalue"],
    )
    micro = table.assign(record_key=reduced.loc[table.index].astype(int).to_numpy())
    theirs = create_perturbed_table(micro, ptable, [], ["direction", "kind"], "record_key", threshold=0)
    compared = 0
    for row in theirs[theirs["pre_sdc_count"].between(1, 750)].to_dict("records"):
        count, key = ours.count({"direction": row["direction"], "kind": row["kind"]}) or (0, 0)
        assert (count, key % 256) == (row["pre_sdc_count"], row["ckey"])
        assert _drawn(count, key % 256) == row["count"]
        compared += 1
    assert compared > 10


def _drawn(count: int, key: int) -> int:
    number = rounding.published(SECRET, "requests", count, key)
    return 0 if math.isnan(number) else int(number)


def test_a_key_is_fixed_at_first_sight(requests_from) -> None:
    first = requests_from(
        """
        id   register  direction  received
        A/1  moj       incoming   2026-01-05
        A/2  moj       incoming   2026-01-05
        A/1  moj       incoming   2026-03-01
        B/1  mps       incoming   2026-02-01
        """
    )
    own, names = keys.record_keys(first, SECRET)
    assert own.is_unique
    # The police now hold A/2 too, and the day of B/1 is corrected: the same records, the same keys.
    later = first.assign(register=["moj", "moj;mps", "moj", "mps"])
    later.loc[3, "received"] = pd.Timestamp("2026-02-07")
    again, more = keys.record_keys(later, SECRET, names)
    assert again.tolist() == own.tolist()
    # One that was never seen has a key of its own, and what was fixed stays fixed.
    new = pd.concat([later, later.iloc[[3]].assign(request_id="B/2")], ignore_index=True)
    last, _all = keys.record_keys(new, SECRET, more)
    assert last.tolist()[:4] == own.tolist()
    assert last.is_unique
    assert keys.record_keys(first, SECRET[::-1])[0].tolist() != own.tolist()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_secret_and_keys_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLASTATS_SECRET")
    chosen = settings.check({"reporting_state": "LAO", "as_of": AS_OF})
    chosen._folder = tmp_path
    assert keystore.secret(chosen) == b""
    made = keystore.new_secret(chosen)
    assert len(made) == 32
    assert keystore.secret(chosen) == made
    keystore.fix(chosen, made, pd.Series({5: 7}, dtype="uint64"))
    assert dict(keystore.fixed_keys(chosen, made)) == {5: 7}
    for path in [tmp_path / "data" / "keys", *(tmp_path / "data" / "keys").iterdir()]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077
    assert keystore.new_secret(chosen) != made
    (tmp_path / "data" / "keys" / "secret").write_text("12")
    with pytest.raises(ConfigurationError, match="32 bytes"):
        keystore.secret(chosen)


def test_shares_days_and_steps_by_how_many_they_rest_on() -> None:
    # Of 15 in 40: 37.5 %, to ten points. Of 15 in 25: none. Of 30 in 100: to five. Of 57 in 205: 27.8 %, to one.
    assert rounding.share(15, 40)[0] == 0.4
    assert all(map(math.isnan, rounding.share(15, 25)))
    assert rounding.share(30, 100)[0] == 0.3
    assert rounding.share(57, 205)[0] == 0.28
    # Wilson's limits of 30 in 100 are 21.9 and 39.6 %; rounding adds the error of two counts and of a step of five.
    _share, low, high = rounding.share(30, 100)
    error = 1.959964 * math.sqrt(4 * (1 + 0.3**2) / 100**2 + 0.05**2 / 12)
    assert low == pytest.approx(0.3 - math.hypot(0.3 - 0.2189, error), abs=0.01)
    assert high == pytest.approx(0.3 + math.hypot(0.3958 - 0.3, error), abs=0.01)
    assert rounding.share(100, 95)[0] == 1
    # 500 / 30 is 17 points, 500 / 55 nine, 500 / 880 less than one.
    assert [rounding.estimate_step(n) for n in (30, 55, 100, 250, 500, 880)] == [
        0.2,
        0.1,
        0.05,
        0.02,
        0.01,
        0.01,
    ]
    assert [rounding.stepped(d, rounding.days_step(d)) for d in (12.4, 27, 30, 100, 368, 1467)] == [
        12,
        27,
        28,
        98,
        370,
        1500,
    ]


@pytest.mark.parametrize(("fewest", "share"), [(15, 0.5), (25, 0.25), (60, 0.1)])
def test_five_answers_stand_on_each_side_whatever_was_drawn(fewest: int, share: float) -> None:
    """The published number is at most four above the true one; the smaller side of a quantile holds this many."""
    assert fewest in rounding.FEWEST.values()
    assert math.floor(share * (fewest - 4)) >= 5


@pytest.fixture(scope="module")
def example(example_workspace: Path) -> "Published":
    rows = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    requests = rows[schema.is_request(rows)]
    own, _names = keys.record_keys(requests, SECRET)
    found = records_of(requests, requests, as_of=AS_OF).keyed(
        requests, own, lambda key, stage: keys.hashed(SECRET, key, stage)
    )
    return requests, own, found


Published = tuple[pd.DataFrame, pd.Series, Records]


def exhibit(table: pd.DataFrame, **changed: object) -> Exhibit:
    """Formal and informal requests by partner."""
    columns = {
        "direction": Column("Direction", "code", "direction"),
        "partner": Column("Partner", "code", "partner"),
        **{name: Column(name, "count") for name in ("requests", "formal", "informal", "unrecorded")},
        **{f"formal_share{end}": Column("Share", "share") for end in ("", "_lower", "_upper")},
    }
    counts = {"requests": {}, "formal": {"formality": "formal"}, "informal": {"formality": "informal"}}
    counts |= {"unrecorded": {"formality": "unrecorded"}}
    made = Exhibit(
        "channels_formality_by_partner", "?", lambda _t: "", table[list(columns)], columns, "requests",
        by=("direction", "partner"), counts=counts,
    )  # fmt: skip
    return replace(made, **changed)


def test_what_is_shown_is_rounded_and_the_others_are_not_there(example: Published) -> None:
    requests, _own, records = example
    table = use(requests, "partner", as_of=AS_OF, span="").reset_index(drop=True)
    public = gate.protect(exhibit(table), records, SECRET)
    shown = public.table
    assert "unrecorded" not in public.shown
    assert set(shown["requests"].dropna() % 5) == {0}
    assert shown["requests"].min() >= 5
    assert public.others
    whole = table[table["requests"].gt(0)]
    assert len(shown) < len(whole)
    assert (
        whole.set_index(["direction", "partner"])["requests"]
        .loc[list(shown[["direction", "partner"]].itertuples(index=False, name=None))]
        .ge(5)
    ).all()
    # By name, whatever their size: Australia before Cambodia before China.
    assert shown.loc[shown["direction"].eq("incoming"), "partner"].head(3).tolist() == ["AUS", "KHM", "CHN"]
    small = {row for (row, name), why in public.missing.items() if (name, why) == ("formal", "few")}
    assert small == set(shown.index[shown["formal"].isna()])
    assert public.true.loc[list(small), "formal"].between(0, 4).all()
    # Shares from the rounded counts alone.
    for _index, row in shown.dropna(subset="formal_share").iterrows():
        assert row["formal_share"] == rounding.share(row["formal"], row["formal"] + row["informal"])[0]


def test_the_same_set_has_the_same_number_in_every_table(example: Published) -> None:
    requests, _own, records = example
    table = use(requests, "partner", as_of=AS_OF, span="").reset_index(drop=True)
    public = gate.protect(exhibit(table), records, SECRET).table
    single = table[table["partner"].eq("CHN")].reset_index(drop=True)
    alone = gate.protect(
        exhibit(single, name="channels_formality", scope={"kind": "all"}), records, SECRET
    ).table
    both = public[public["partner"].eq("CHN")][["requests", "formal"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone[["requests", "formal"]], both)


def test_a_count_that_is_not_what_it_declares_stops_the_report(example: Published) -> None:
    requests, _own, records = example
    table = use(requests, "partner", as_of=AS_OF, span="").reset_index(drop=True)
    wrong = table.assign(formal=table["formal"] + table["partner"].eq("CHN"))
    with pytest.raises(
        Withheld, match=r"channels_formality_by_partner counts formal otherwise than it declares, in 2 of"
    ):
        gate.protect(exhibit(wrong), records, SECRET)


def test_what_did_not_come_this_way_is_not_published(example: Published) -> None:
    requests, _own, records = example
    table = use(requests, "partner", as_of=AS_OF, span="").reset_index(drop=True).assign(extra=1, note="THA")
    made = exhibit(table)
    more = {**made.columns, "extra": Column("Extra", "number"), "note": Column("Note", "text")}
    asked = replace(
        made, table=table[list(more)], columns=more, counts={**made.counts, "informal": {"colour": "red"}}
    )
    public = gate.protect(asked, records, SECRET)
    assert {"extra", "note", "informal"}.isdisjoint(public.shown)
    assert public.table[["extra", "informal"]].isna().all(axis=None)


def test_a_sentence_is_said_where_both_tables_support_it() -> None:
    numbers = {"15", "20", "95%"}
    assert (
        claims.supported("Most with Thailand, 15 of 20.", "Most with Thailand, 13 of 21.", numbers)
        == "Most with Thailand, 15 of 20."
    )
    assert claims.supported("Most with Thailand, 15.", "Most with China, 16.", numbers) == ""
    # A sum stands in no cell.
    assert claims.supported("In all 35.", "In all 34.", numbers) == ""
    # What follows a sentence that is not said may rest on it.
    assert (
        claims.supported(
            "Slowest is A. Fastest is B (15 days).", "Slowest is C. Fastest is B (14 days).", numbers
        )
        == ""
    )
    assert claims.supported("A waits 15 days. B 35.", "A waits 14 days. B 34.", numbers) == "A waits 15 days."
