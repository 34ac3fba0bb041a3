"""Each note that states a rule is held against the table under which it stands: of the example, all exhibits.

A rule is told by its words (`RULE`). What a note of this kind says is worked out here from the table and the records, or
it says nothing of the table and is one of `EXPLAINS`; a note that is neither fails.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlastats.publish.exhibit import Exhibit
from tests.recomputed import records as second

RULE = re.compile(
    r"\b(sorted|order|comes? first|at least|at most|or more|fewer than|more than|only|alone|highest|lowest|left out|in no"
    r"|in neither|from \d+ [a-z]+ on|not given|missing|dash|no share|no figure|is not in|never|on the day|last day)\b",
    re.IGNORECASE,
)
# What a word of a rule stands in, and is none: how something is meant, or a matter of method that has tests of its own.
EXPLAINS = (
    "A register of which nothing is pending may be",
    "Each open request is taken to end at the pace",  # tests/test_forecast.py
    "“If nothing changes”",
    "Of the requests that one register alone holds",  # tests/recomputed: more_fields
    "Only what is of one currency is added up",  # tests/test_assets.py
    "A public report gives a sum of five requests",  # tests/test_assets.py
    "A cell is answered where the form",  # tests/test_forms.py
    "What is counted stands beside the wording",  # tests/test_forms.py
    "Needed: the things that the forms of assessors",  # tests/test_scorecard.py
    "A false signal is to be expected in fewer than",  # tests/test_signals.py
    "New is what stands in no request",  # tests/test_signals.py: the example has none
    "Not shown: others, fewer than five",  # tests/test_notes_of_runs.py
    "A dot is fewer than five matters",  # tests/test_disclosure.py: a count of 0 to 4 is no number
)
FEW = 20
FIRST, LAST = pd.Timestamp("2016-01-01"), pd.Timestamp("2026-08-31")  # all four registers were kept
AS_OF = pd.Timestamp("2026-09-30")
Check = Callable[[Exhibit, Any, str], None]


@pytest.fixture(scope="module")
def records(example_workspace: Any) -> Any:
    return second.read(example_workspace)


def incoming_alone(exhibit: Exhibit, _records: Any, _note: str) -> None:
    others = exhibit.table[exhibit.table["direction"].ne("incoming")]
    assert others[others.columns.intersection(["within", "standard_days"])].isna().all(axis=None)


def no_mixture(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert "strand" in exhibit.by
    assert not exhibit.table["strand"].isin(["every", "none"]).any()


def nothing_to_expect(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    assert table["share"].isna().eq(table["expected"].eq(0)).all()


def where_it_can_be_expected(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert exhibit.table["filled"].le(exhibit.table["expected"]).all()


def a_tenth(exhibit: Exhibit, _records: Any, _note: str) -> None:
    """No figure of fewer than ten requests; why one of more is missing is on record, and is one of the two reasons."""
    table = exhibit.table
    figures = [n for n in ("median_days", "p25", "p75", "p90", "days", "within", "share") if n in table]
    for name in figures:
        told = table[name].notna()
        assert table.loc[told, "requests"].ge(10).all(), name
        if name in exhibit.reasons:
            why = exhibit.reasons[name][~told]
            assert why.isin(["few_at_risk", "not_reached", "none", "no_standard", "unseen"]).all(), (
                why.unique()
            )


def median_told(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    whole = "requests" if "requests" in table else exhibit.table.columns[len(exhibit.by)]
    assert table.loc[table["median_days"].notna(), whole].ge(10).all()


def as_far_as_ten(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    assert (table["at_risk"] / (1 - table["share"].where(table["share"].lt(0.95)))).dropna().gt(9).all()


def drawn_from_twenty(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert exhibit.chart is not None
    figure = exhibit.chart(exhibit.table)
    drawn = [row for panel in figure.panels for row in panel.rows if getattr(row, "mark", None) is not None]
    large = exhibit.table[exhibit.table["requests"].ge(FEW)]
    assert 0 < len(drawn) <= len(large)


def in_no_comparison(exhibit: Exhibit, _records: Any, note: str) -> None:
    table = exhibit.table
    # What the share is of.
    whole = next(n for n in ("treaty_known", "ended", "requests") if n in table)
    small = table[table[whole].between(1, FEW - 1)]
    assert int(note.split()[0].replace(",", "")) == len(small), exhibit.name
    # Named as an end of a comparison is none of them.
    by = exhibit.by[-1]
    large = set(table.loc[table[whole].ge(FEW), by].astype("str"))
    from mlastats.findings.columns import in_words

    said = re.findall(
        r"(?:slow|Fast)est (?:is|are) ([^.]*)\.|(?:Lowest|Highest): ([^.]*)\.", exhibit.finding(table)
    )
    for code in set(small[by].astype("str")) - large:
        assert all(in_words(by, code, inside=True) not in "".join(part) for part in said), code


def left_out_of_funnel(exhibit: Exhibit, _records: Any, note: str) -> None:
    table = exhibit.table
    compared = table[table["compared"].notna()]
    left, share = map(int, re.match(r"(\d+) requests .* (\d+)% are compared", note).groups())  # type: ignore[union-attr]
    assert left == (compared["cases"] - compared["compared"]).sum()
    assert share == round(100 * compared["compared"].sum() / compared["cases"].sum())


def named_apart(exhibit: Exhibit, _records: Any, _note: str) -> None:
    """The tails of the beta-binomial, of a spread around the target."""
    from scipy.stats import betabinom

    for row in exhibit.table.dropna(subset="compared").to_dict("records"):
        if row["stands"] not in ("below", "above", "within"):
            continue
        rho = row["spread"] ** 2 / (row["target"] * (1 - row["target"]))
        a, b = (share * (1 - rho) / rho for share in (row["target"], 1 - row["target"]))
        marked = round(row["adjusted"] * row["compared"])
        law = betabinom(int(row["compared"]), a, b)
        tail = min(law.cdf(marked), law.sf(marked - 1))
        assert (row["stands"] != "within") == (tail < 0.001), row


def recent_years(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    assert table.loc[table["within"].notna(), "requests"].ge(10).all()
    last = table[table["year"].eq("2026")]
    assert last["followed_days"].lt(365).all()


def whole_years(exhibit: Exhibit, _records: Any, _note: str) -> None:
    years = exhibit.table["period"].astype("str")
    assert set(years) == {str(year) for year in range(FIRST.year, LAST.year)}
    for _code, rows in exhibit.table.groupby("direction", observed=True):
        assert rows["requests"].gt(0).any()


def formal_alone(exhibit: Exhibit, records: Any, _note: str) -> None:
    formal = records.rows[records.rows["formality"].eq("formal")]
    counted = formal.dropna(subset=exhibit.by[-1]) if exhibit.by[-1] == "agency" else formal
    assert exhibit.table["requests"].sum() == len(counted)


def unknown_in_no_share(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    assert (table["treaty_unknown"] + table["treaty_known"]).eq(table["requests"]).all()
    share = table["not_invoked"] / table["treaty_known"].where(table["treaty_known"].gt(0))
    pd.testing.assert_series_equal(share, table["not_invoked_share"].astype(float), check_names=False)


def of_their_kinds(exhibit: Exhibit, _records: Any, _note: str) -> None:
    """No treaty of basis_kind.csv covers a hand-over, an enquiry of the police or a joint investigation."""
    police = exhibit.table[exhibit.table["strand"].eq("police")]
    assert police["treaty_known"].sum() == 0


def like_enough(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table[exhibit.table["compared"].eq("standardised")]
    assert table.loc[table["left_out"].gt(0.3), ["first", "second", "difference"]].isna().all(axis=None)
    assert table["kept"].le(table["strata"]).all()


def classed(exhibit: Exhibit, records: Any, _note: str) -> None:
    rows = records.rows[records.rows["partner"].notna()]
    ever = rows.groupby("partner")["start"].max()
    five, two = (LAST - pd.DateOffset(years=n) for n in (5, 2))
    for row in exhibit.table.to_dict("records"):
        mine = rows[rows["partner"].eq(row["partner"]) & rows["start"].gt(five) & rows["start"].le(AS_OF)]
        dormant = not ever.get(row["partner"], pd.NaT) > two
        few = mine["chain"].nunique() < 5
        expected = (
            "none" if row["partner"] not in ever else "dormant" if dormant else "minimal" if few else ""
        )
        if expected:
            assert row["engagement"] == expected, row
        else:
            years = ((LAST - mine["start"]).dt.days // 365.25).nunique()
            assert row["engagement"] == ("sustained" if years >= 4 else "intermittent"), row


def of_recorded_partners(exhibit: Exhibit, records: Any, _note: str) -> None:
    assert records.rows["partner"].isna().any()
    assert exhibit.table["partner"].notna().all()
    assert "unrecorded" not in set(exhibit.table["partner"].astype("str"))


def in_their_order(exhibit: Exhibit, records: Any, _note: str) -> None:
    order = exhibit.table.drop_duplicates("partner").set_index("partner")["partner_group"].astype("str")
    rank = order.map({"asean": 0, "dialogue_partner": 1}).fillna(2)
    assert rank.is_monotonic_increasing
    seen = records.matters[records.matters["start"].between(FIRST, LAST)]["partner"].value_counts()
    for place in (1, 2):
        sizes = [int(seen.get(code, 0)) for code in order.index[rank.eq(place)]]
        assert sizes == sorted(sizes, reverse=True), exhibit.name


def with_five(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert exhibit.table["matters"].ge(5).all()


def as_uneven(exhibit: Exhibit, _records: Any, note: str) -> None:
    table = exhibit.table
    chance = pd.to_numeric(table["chance"].str.removeprefix("<"))
    told = table["pattern"].ne("unknown")
    assert table.loc[told, "pattern"].eq("bursts").eq(chance[told].lt(0.01)).all()
    named = float(re.search(r"it names ([\d.]+)", note)[1])  # type: ignore[index]
    assert named == pytest.approx(0.01 * len(table), abs=0.05)


def on_the_day(exhibit: Exhibit, records: Any, _note: str) -> None:
    """Of matters that began while all registers were kept, those that were in ASEAN when they did."""
    dated = records.matters[records.matters["partner"].notna()]
    seen = dated[
        dated["start"].between(FIRST, LAST)
        if "period" in exhibit.table
        else ~dated["dated"].lt(FIRST) & ~dated["dated"].gt(LAST)
    ]
    mine = exhibit.table.groupby(["direction", "asean"], observed=True)["matters"].sum()
    theirs = seen.groupby(["direction", "asean"]).size()
    assert mine.to_dict() == theirs.to_dict()


def at_the_last_day(exhibit: Exhibit, _records: Any, _note: str) -> None:
    members = {"BRN", "KHM", "IDN", "LAO", "MYS", "MMR", "PHL", "SGP", "THA", "TLS", "VNM"}
    table = exhibit.table
    assert table["asean"].eq("asean").eq(table["partner"].isin(members)).all()


def from_twenty_matters(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert exhibit.table["effective_lower"].notna().eq(exhibit.table["matters"].ge(FEW)).all()


def times_apart(exhibit: Exhibit, _records: Any, _note: str) -> None:
    median_told(exhibit, _records, _note)


def observed_alone(exhibit: Exhibit, _records: Any, _note: str) -> None:
    years = exhibit.table["period"][~exhibit.table["period"].str.startswith("After")]
    assert set(years) == {str(year) for year in range(FIRST.year, LAST.year + 1)}


def up_to_the_day(exhibit: Exhibit, records: Any, _note: str) -> None:
    groups = [name for name in ("direction", "strand") if name in exhibit.table]
    table = exhibit.table[exhibit.table["period"].eq("2026")].set_index(groups)
    came = records.rows[records.rows["start"].between(pd.Timestamp("2026-01-01"), LAST)]
    assert table.loc[table["opened"].gt(0), "opened"].to_dict() == came.groupby(groups).size().to_dict()


def further_alone(exhibit: Exhibit, records: Any, _note: str) -> None:
    table = exhibit.table[exhibit.table["period"].str.startswith("After")].set_index("direction")
    came = records.rows[records.rows["start"].gt(LAST) & records.rows["start"].le(AS_OF)]
    assert table["opened"].to_dict() == came.groupby("direction").size().to_dict()


def its_last_day(exhibit: Exhibit, records: Any, note: str) -> None:
    agency, day = re.match(r"(.*): counted on (.*), the last", note).groups()  # type: ignore[union-attr]
    from mlastats import vocab

    code = next(code for code, row in vocab.codes("agency").items() if row["label"] == agency)
    mine = records.rows[records.rows["agency"].eq(code)]
    assert (mine["start"].max() <= pd.Timestamp(day)) & (pd.Timestamp(day) < AS_OF)


def in_no_other_number(exhibit: Exhibit, records: Any, _note: str) -> None:
    assert exhibit.table["entries"].sum() == len(records.apart)
    assert not records.rows["kind"].isin(["deportation"]).any()


def directions_apart(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert set(exhibit.table["direction"].astype("str")) == {"incoming", "outgoing"}


def four_spans(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    assert table.loc[table["spans_before"].lt(4) | table["answers"].lt(5), "ratio"].isna().all()


def no_enquiries(exhibit: Exhibit, records: Any, _note: str) -> None:
    """The example's registers mark none, so that every request is counted."""
    assert not records.rows["is_enquiry"].isin([True, "yes"]).any()
    if exhibit.by[-1] != "offence":
        assert exhibit.table["requests"].sum() == len(records.rows)


def all_of_a_strand(exhibit: Exhibit, _records: Any, _note: str) -> None:
    """The shares, that of what is pending among them, add up."""
    known = exhibit.table.dropna(subset="share")
    assert known["outcome"].eq("pending").any()
    assert known.groupby(["direction", "strand"], observed=True)["share"].sum().to_numpy() == pytest.approx(1)


def while_all_were_kept(exhibit: Exhibit, records: Any, _note: str) -> None:
    table = exhibit.table.set_index("partner")["silence"]
    for code, silence in table.items():
        days = records.rows.loc[records.rows["partner"].eq(code), "start"]
        days = pd.Series([FIRST, *days[days.between(FIRST, LAST)].sort_values(), LAST])
        assert silence == days.diff().dt.days.max(), code


def closes(exhibit: Exhibit, _records: Any, _note: str) -> None:
    table = exhibit.table
    left = table["opening"] + table["opened"] - table["ended"] - table["undated"] - table["closing"]
    assert left.astype(float).eq(table["difference"].astype(float)).all()


def to_their_own_days(exhibit: Exhibit, records: Any, _note: str) -> None:
    """What is open, each request on its own register's last day."""
    now = exhibit.table.groupby("direction", observed=True)["stock"].last()
    assert (
        now.to_dict()
        == records.rows[records.rows["status"].eq("pending")].groupby("direction").size().to_dict()
    )


def a_past_of_one(exhibit: Exhibit, _records: Any, _note: str) -> None:
    means = exhibit.table.groupby(["direction", "strand", "what"], observed=True)["part"].mean()
    assert means.gt(0.5).all()


def from_ten(exhibit: Exhibit, _records: Any, _note: str) -> None:
    assert exhibit.table.loc[exhibit.table["whole"].lt(10), ["lower", "upper"]].isna().all(axis=None)


def oldest_first(exhibit: Exhibit, _records: Any, _note: str) -> None:
    for _code, rows in exhibit.table.groupby("direction", observed=True):
        assert rows["oldest"].is_monotonic_decreasing


def sourced(exhibit: Exhibit, _records: Any, _note: str) -> None:
    from mlastats.vocab import treaties

    if "partners_silent" in exhibit.table:
        bound = treaties.partners("LAO", "2026-09-30")
        assert exhibit.table["bound"].sum() == len(set(bound) - {"LAO"})


def days_not_nought(exhibit: Exhibit, records: Any, _note: str) -> None:
    """Days lost are missing where something was asked for, and no day of it stands in any register."""
    table = exhibit.table
    undated = table["supplemented"].gt(0) & table["days_known"].eq(0)
    assert undated.any()
    assert table["lost_days"].isna().eq(undated).all()
    asked = records.rows["info_requested"].notna()
    assert table["days_known"].sum() <= asked.sum()


def urgency_recorded(exhibit: Exhibit, records: Any, _note: str) -> None:
    assert exhibit.table["requests"].sum() == records.rows["urgent"].notna().sum()


CHECKS: dict[str, Check] = {
    "Days lost run from that day": days_not_nought,
    "Requests are counted on the last day that their register": directions_apart,
    "The standard binds us": incoming_alone,
    "Requests of which it is not recorded whether they are urgent": urgency_recorded,
    "Requests of different strands are never": no_mixture,
    "A dash: no request of which": nothing_to_expect,
    "All fields that a measure needs": where_it_can_be_expected,
    "A dash or “not given”": a_tenth,
    "It is not given where one request would weigh": a_tenth,
    "The band is the 95% interval": as_far_as_ten,
    "Drawn are the groups of 20 requests": drawn_from_twenty,
    r"[\d,]+ groups? of fewer than": in_no_comparison,
    r"[\d,]+ requests are of kinds that nobody": left_out_of_funnel,
    "Named is only what lies outside": named_apart,
    "Recent years have a missing tail": recent_years,
    "That it rose or fell .* Only years in which": whole_years,
    "Informal contacts need no legal basis": formal_alone,
    "A treaty counts as in force .* in no share": unknown_in_no_share,
    "A treaty counts": sourced,
    "It counts only where it is known to cover": of_their_kinds,
    "With one mix": like_enough,
    "Engagement, by requests": classed,
    "Requests whose partner is not recorded": of_recorded_partners,
    "ASEAN members come first": in_their_order,
    "Partners with fewer than": with_five,
    "In bursts: as uneven": as_uneven,
    "A partner is in ASEAN or outside it on the day": on_the_day,
    "A partner is in its group on the day": on_the_day,
    "Partners are in the group": at_the_last_day,
    "Intervals are 95%: of the effective": from_twenty_matters,
    "The median counts what is pending": times_apart,
    "Counted is the time in which": observed_alone,
    ".* is counted up to .* alone": up_to_the_day,
    "After .* that reach further alone": further_alone,
    ".*: counted on .*, the last day of its": its_last_day,
    "The share is of all requests of a strand": all_of_a_strand,
    "The longest silence": while_all_were_kept,
    "“Does not close” is": closes,
    ".*: each register is counted to its own last day": to_their_own_days,
    "A deportation is the act": in_no_other_number,
    "It cannot be told where": four_spans,
    "Requests: made is outgoing": no_enquiries,
    "Median: the first day": median_told,
    "Drawn is all of a direction": a_past_of_one,
    "Limits are those of the beta-binomial": from_ten,
    "Overdue is an incoming": oldest_first,
}


def checked(
    exhibits: Iterable[Exhibit], records: Any, not_of_it: Collection[str] = ()
) -> tuple[list[str], set[str]]:
    """Which notes of exhibits are not so, or have no check, and which checks were made; but for those that say nothing of
    this run."""
    faults, used = [], set()
    for exhibit in exhibits:
        for note in exhibit.notes:
            if not RULE.search(note) or note.startswith(EXPLAINS):
                continue
            pattern = next((p for p in CHECKS if re.match(p, note, re.DOTALL)), "")
            if not pattern:
                faults.append(f"{exhibit.name}: no check of {note!r}")
            if not pattern or pattern in not_of_it:
                continue
            used.add(pattern)
            try:
                CHECKS[pattern](exhibit, records, note)
            except Exception as fault:
                faults.append(f"{exhibit.name}: {note[:60]!r} is not so: {fault!r:.300}")
    return faults, used


def test_every_note_that_states_a_rule_is_true_of_its_table(
    exhibits: dict[str, dict[str, Any]], records: Any
) -> None:
    every = {name: exhibit for shown in exhibits.values() for name, exhibit in shown.items()}
    faults, used = checked(every.values(), records)
    assert not faults, "\n".join(faults)
    assert used == set(CHECKS)


def test_a_table_that_breaks_its_rule_is_found(exhibits: dict[str, dict[str, Any]], records: Any) -> None:
    """The checks look: each fails on a table that was changed."""
    from dataclasses import replace

    def broken(notebook: str, name: str, check: Check, **cells: Any) -> None:
        exhibit = exhibits[notebook][name]
        with pytest.raises(AssertionError):
            check(replace(exhibit, table=exhibit.table.assign(**cells)), records, "")

    partners = exhibits["3_partners"]["partners_by_year_incoming"].table
    broken(
        "3_partners",
        "partners_by_year_incoming",
        in_their_order,
        partner=partners["partner"].to_numpy()[::-1],
    )
    broken("3_partners", "partners_regularity", with_five, matters=4)
    broken("3_partners", "partners_engagement", classed, engagement="sustained")
    broken("3_partners", "partners_by_year_and_group", on_the_day, asean="asean")
    broken("1_turnaround", "turnaround_by_kind", a_tenth, requests=9)
    broken("1_turnaround", "turnaround_within_standard", incoming_alone, direction="outgoing")
    broken("2_channels", "no_basis_by_agency", formal_alone, requests=np.arange(15))
    broken("7_what_moved", "signals_overdue", oldest_first, oldest=range(67))
