"""What is said of a table is what its rows say: like with like, ties together, counts where the requests are few.

Registers are drawn here by hand, with every answer on a day of its own, so that medians can be counted off.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pytest

from mlastats import findings, measure, schema, settings
from mlastats.errors import ConfigurationError
from mlastats.findings import phrases, within_kind
from mlastats.publish.charts import Row
from mlastats.publish.marks import Curve
from mlastats.publish.page import coverage
from tests import publishing

AS_OF = "2026-09-30"
START = pd.Timestamp("2020-01-01")
EVENT = settings.Event(name="a workshop", date=dt.date(2020, 1, 1), source="its minutes")
Register = Callable[[str], pd.DataFrame]


def drawn(days: Mapping[str, list[int | None]], direction: str = "incoming", **columns: str) -> pd.DataFrame:
    """Requests of each kind, answered after so many days; None is pending."""
    rows = [
        {
            "request_id": f"{direction[0]}{kind}{n}",
            "direction": direction,
            "kind": kind,
            ("received" if direction == "incoming" else "sent"): START,
            "answered": pd.NaT if day is None else START + pd.Timedelta(days=day),
            "outcome": None if day is None else "executed",
            "partner": "THA",
            "reporting_state": "LAO",
            **columns,
        }
        for kind, every in days.items()
        for n, day in enumerate(every)
    ]
    table = pd.DataFrame(rows)
    dated = [name for name in ("received", "sent", "answered") if name in table]
    table = table.assign(**{f"{name}_precision": table[name].notna().map({True: "day"}) for name in dated})
    return schema.conform(table)


def glance(requests: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    table = measure.turnaround.turnaround(requests, "strand", as_of=AS_OF)
    exhibit = findings.turnaround.glance(table, publishing.page())
    return exhibit.table, exhibit.finding(exhibit.table)


def test_the_headline_is_of_legal_assistance_and_never_of_a_mixture() -> None:
    """Forty hand-overs within 1 to 40 days and thirty requests for legal assistance within 201 to 230: together half
    are answered within 35 days, which is true of neither."""
    requests = drawn({"handover": [*range(1, 41)], "mla": [*range(201, 231)]})
    table, said = glance(requests)
    assert table.set_index("strand")["median_days"].to_dict() == {"legal_assistance": 215, "police": 20}
    assert said == "Incoming mutual legal assistance: half are answered within 215 days."


def test_without_legal_assistance_the_next_strand_is_spoken_of_by_name() -> None:
    requests = drawn({"handover": [*range(1, 41)]})
    assert glance(requests)[1] == "Incoming police co-operation: half are answered within 20 days."


def test_of_few_requests_the_counts_are_said() -> None:
    assert glance(drawn({"extradition": [5, 9, 30, None]}))[1] == (
        "Incoming extradition: 3 of 4 are answered, 1 pending."
    )


def test_the_closed_alone_are_named_as_what_they_hide() -> None:
    """Of 30 the twenty answered have a median of 10.5 days; half of the thirty are answered by day 15."""
    said = glance(drawn({"mla": [*range(1, 21), *[None] * 10]}))[1]
    assert said.endswith("Counting only closed requests would say 10 days, and hide the 10 that wait.")
    assert "half are answered within 15 days." in said


@pytest.mark.parametrize(("kind", "channel"), [("deportation", ""), ("information", "interpol;spontaneous")])
def test_what_asks_for_nothing_is_counted_apart_and_has_no_clock(kind: str, channel: str) -> None:
    requests = drawn({kind: [3, 4, None], "mla": [30]})
    if channel:
        requests["channel"] = requests["channel"].mask(requests["kind"].eq(kind), channel)
    assert schema.is_request(requests).tolist() == [False, False, False, True]
    table = measure.turnaround.turnaround(requests, "strand", as_of=AS_OF)
    assert table["requests"].sum() == 1
    assert measure.flow.flow(requests, as_of=AS_OF)["opened"].sum() == 1
    apart = measure.apart.apart(requests)
    assert apart[["year", "apart", "entries"]].to_numpy().tolist() == [
        ["2020", "spontaneous" if channel else "deportation", 3]
    ]


def test_channels_are_compared_on_the_same_kind_alone() -> None:
    """INTERPOL brings hand-overs, answered in days, and no legal assistance; of legal assistance diplomacy is slow."""
    parts = [
        drawn({"handover": [*range(1, 41)]}, channel="interpol"),
        drawn({"mla": [*range(100, 140)]}, channel="central_authority"),
        drawn({"mla": [*range(500, 540)]}, channel="diplomatic"),
    ]
    requests = pd.concat(parts, ignore_index=True)
    table = measure.turnaround.turnaround(requests, ["kind", "channel"], as_of=AS_OF)
    tests = measure.turnaround.compared(requests, "channel", "kind", as_of=AS_OF)
    exhibit = findings.turnaround.groups(table, publishing.page(), "channel", tests)
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance: slowest is diplomatic (519 days). "
        "Fastest is central authority (119 days)."
    )


def test_case_09_the_slowest_is_named_though_its_median_is_not_reached() -> None:
    parts = [
        drawn({"mla": [*range(100, 140)]}, channel="central_authority"),
        drawn({"mla": [*range(1000, 1019), *[None] * 21]}, channel="diplomatic"),
    ]
    requests = pd.concat(parts, ignore_index=True)
    table = measure.turnaround.turnaround(requests, ["kind", "channel"], as_of=AS_OF)
    tests = measure.turnaround.compared(requests, "channel", "kind", as_of=AS_OF)
    exhibit = findings.turnaround.groups(table, publishing.page(), "channel", tests)
    said = exhibit.finding(exhibit.table)
    assert "slowest is diplomatic (half not answered within any time" in said


def test_of_an_agency_is_said_what_it_has_and_not_that_it_is_slow() -> None:
    parts = [
        drawn({"mla": [*range(100, 140)]}, agency="moj"),
        drawn({"mla": [*range(500, 520)]}, agency="ospp"),
    ]
    requests = pd.concat(parts, ignore_index=True)
    table = measure.turnaround.turnaround(requests, ["kind", "agency"], as_of=AS_OF)
    exhibit = findings.turnaround.groups(table, publishing.page(), "agency")
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance: 67% of 60 went to Ministry of Justice."
    )


def test_our_standard_is_held_against_incoming_requests_alone() -> None:
    requests = pd.concat(
        [drawn({"mla": [*range(171, 201)]}), drawn({"mla": [*range(10, 40)]}, "outgoing")], ignore_index=True
    )
    table = measure.turnaround.turnaround(requests, "kind", as_of=AS_OF, standard_days={"mla": 180})
    exhibit = findings.turnaround.within(table, publishing.page())
    assert exhibit.table["direction"].astype("str").tolist() == ["incoming"]
    # Ten of thirty come by day 180.
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance: 33% answered within the 180 days of our standard."
    )


class TestTies:
    def test_case_11_all_that_have_the_largest_are_the_largest(self) -> None:
        rows = pd.DataFrame({"channel": ["interpol", "liaison_officer", "fiu"], "requests": [6, 6, 2]})
        assert phrases.largest(rows, "requests")["channel"].tolist() == ["interpol", "liaison_officer"]
        assert phrases.largest(rows.assign(requests=0), "requests").empty

    def test_case_11_what_is_stuck_is_counted_and_nobody_is_called_the_worst(self) -> None:
        """Case 11: 21 are stuck at either ministry."""
        rows = pd.DataFrame(
            {
                "direction": "incoming",
                "agency": ["mofa", "mps", "moj", "ospp"],
                "stage": "received",
                "stuck": [21, 21, 5, 0],
            }
        )
        assert findings.stages._stuck(rows) == "Incoming requests: 47 are stuck, at 3 agencies."


class TestExtremes:
    """Case 15: 40% and 58% of hundreds differ, whatever the smallest groups leave open."""

    ROWS = pd.DataFrame(
        {
            "direction": "incoming",
            "kind": ["extradition", "asset_recovery", "handover", "mla"],
            "formal": [3, 2, 360, 552],
            "whole": [4, 5, 900, 950],
        }
    )

    def test_case_15_they_differ(self) -> None:
        said = phrases.extremes(self.ROWS.iloc[2:], "kind", "formal", "whole")
        assert said == ("Lowest: police hand-over (40%). Highest: mutual legal assistance (58%).")

    def test_small_groups_are_left_out_and_said_to_be(self) -> None:
        said = phrases.extremes(self.ROWS, "kind", "formal", "whole")
        assert said.startswith("Lowest: police hand-over (40%). Highest: mutual")
        assert phrases.left_out(None, self.ROWS, "whole") == [
            "2 groups of fewer than 20 requests are in no comparison."
        ]

    def test_nothing_of_a_table_shown_in_part(self) -> None:
        hidden = self.ROWS.assign(formal=[3.0, 2, None, 552])
        assert phrases.extremes(hidden, "kind", "formal", "whole") == ""

    def test_nothing_where_chance_would_do(self) -> None:
        alike = self.ROWS.assign(formal=[2, 3, 440, 470])
        assert phrases.extremes(alike, "kind", "formal", "whole") == ""


def test_what_cannot_be_compared_is_not_drawn() -> None:
    """Formal and informal requests of no common kind."""
    requests = pd.concat(
        [
            drawn({"mla": [*range(100, 140)]}, channel="diplomatic", formality="formal", offence="drugs"),
            drawn({"handover": [*range(1, 41)]}, channel="interpol", formality="informal", offence="drugs"),
        ],
        ignore_index=True,
    )
    table = measure.mix.side_by_side(requests, as_of=AS_OF, within_days=365)
    exhibit = findings.side_by_side.side_by_side(table, publishing.page(), "formality", "answered_within")
    assert exhibit.chart is None
    assert exhibit.finding(exhibit.table) == "No two groups here are like enough to be compared."


class TestEvents:
    def test_case_16h_a_change_is_held_against_the_registers_own_changes(self) -> None:
        """Five spans of a year, of 30 requests each, answered within some sixty days, in the last within fifteen."""
        parts = []
        for year, pace in zip(range(2015, 2020), (1, 1.1, 0.95, 1.05, 0.25), strict=True):
            part = drawn({"mla": [round(2 * n * pace) for n in range(1, 31)]})
            moved = pd.Timestamp(f"{year}-03-01") - START
            parts.append(part.assign(received=part["received"] + moved, answered=part["answered"] + moved))
        requests = pd.concat(parts, ignore_index=True).assign(observed_from=pd.Timestamp("2015-01-01"))
        table = measure.own_changes.own_changes(requests, "2019-01-01", "strand", as_of="2019-12-31")
        (row,) = table.to_dict("records")
        assert (row["span_days"], row["spans_before"], row["answers"], row["reason"]) == (365, 4, 30, "")
        assert row["ratio"] > row["least"] > 1
        assert row["lower"] > 1

    def test_fewer_than_four_spans_tell_nothing(self) -> None:
        requests = drawn({"mla": [*range(1, 41)]}).assign(observed_from=pd.Timestamp("2019-06-01"))
        table = measure.own_changes.own_changes(requests, "2020-01-01", "strand", as_of="2020-12-31")
        assert table["reason"].tolist() == ["few_spans"]
        exhibit = findings.before_after.changes(table, publishing.page(), EVENT)
        said = "a change of pace since 1 January 2020 cannot be told."
        assert exhibit.finding(exhibit.table) == f"Incoming mutual legal assistance: {said}"
        assert exhibit.facts(exhibit.table) == []

    def test_quality_before_and_since(self) -> None:
        early = drawn({"mla": [10] * 4}, legal_basis="uncac", formality="formal")
        early.loc[0, "outcome"] = "returned"
        late = drawn({"mla": [10, 20, None]}, formality="formal")
        late["received"] += pd.Timedelta(days=400)
        late["answered"] += pd.Timedelta(days=400)
        requests = pd.concat([early, late], ignore_index=True)
        table = measure.quality.quality(requests, "2020-06-01", "strand", as_of=AS_OF)
        counts = table.set_index(["quality", "arm"])[["part", "whole"]].astype(int).apply(tuple, axis=1)
        assert counts.to_dict() == {
            ("returned", "before"): (1, 4), ("returned", "after"): (0, 2),
            ("basis_named", "before"): (4, 4), ("basis_named", "after"): (0, 3),
            ("acknowledged", "before"): (0, 4), ("acknowledged", "after"): (0, 3),
            ("ground_given", "before"): (0, 0), ("ground_given", "after"): (0, 0),
        }  # fmt: skip

    def test_without_an_event_there_is_no_chapter(self) -> None:
        table = {
            "reporting_state": "LAO",
            "as_of": "2026-09-30",
            "reports": [{"name": "a", "notebooks": ["1_turnaround", "5_before_and_after"]}],
        }
        assert settings.check(table).reports[0].notebooks == ["1_turnaround"]
        event = {"name": "a workshop", "date": "2020-01-01", "source": "its minutes"}
        assert settings.check(table | {"events": [event]}).reports[0].notebooks[-1] == "5_before_and_after"
        with pytest.raises(ConfigurationError, match=r"events\.1\.source: must be given"):
            settings.check(table | {"events": [{"name": "a workshop", "date": "2020-01-01"}]})


def test_a_sentence_needs_twenty_in_effect_and_three_quarters_thirty() -> None:
    """Of 24, twelve are answered within 12 days; eleven of the others were made 20 days ago, and one is 200 days old."""
    made = drawn({"mla": [*range(1, 13), *[None] * 12]})
    made.loc[12:22, "received"] = pd.Timestamp(AS_OF) - pd.Timedelta(days=20)
    table, said = glance(made)
    assert table["median_days"].tolist() == [12]
    assert "half are answered within 12 days" in said
    measured = measure.turnaround.turnaround(made, "strand", as_of=AS_OF)
    few = measured.assign(median_rests_on=19.9)
    exhibit = findings.turnaround.glance(few, publishing.page())
    assert exhibit.table["median_days"].tolist() == [12]
    assert "half" not in exhibit.finding(exhibit.table)


class TestNotes:
    """A note says a rule; the table under which it stands keeps to it."""

    def test_partners_stand_in_the_order_that_their_note_says(self) -> None:
        """Thailand before Viet Nam, by name; then China and Russia, dialogue partners, before France."""
        asked = {"VNM": 3, "THA": 1, "FRA": 5, "RUS": 2, "CHN": 4}
        parts = [drawn({"mla": [10] * n}).assign(partner=code) for code, n in asked.items()]
        requests = pd.concat(parts, ignore_index=True).assign(observed_from=pd.Timestamp("2020-01-01"))
        requests["request_id"] = requests["partner"] + requests["request_id"]
        table = measure.partners.by_period(requests, as_of="2020-12-31")
        page = replace(publishing.page(), requests=requests)
        exhibit = findings.partners.periods(table, page, "incoming")
        assert (
            "then its dialogue partners, then all others, each by the number of matters either way."
            in " ".join(exhibit.notes)
        )
        assert exhibit.table["partner"].astype("str").unique().tolist() == ["THA", "VNM", "CHN", "RUS", "FRA"]

    def test_what_is_said_to_be_left_out_of_comparisons_is(self) -> None:
        parts = [drawn({"mla": [*range(100, 140)]}, agency="moj"), drawn({"mla": [5] * 19}, agency="mps")]
        table = measure.turnaround.turnaround(
            pd.concat(parts, ignore_index=True), ["kind", "agency"], as_of=AS_OF
        )
        assert phrases.left_out(None, table) == ["1 group of fewer than 20 requests is in no comparison."]

    def test_our_standard_stands_under_incoming_requests_alone(self) -> None:
        table = measure.turnaround.turnaround(
            drawn({"mla": [10] * 20}, "outgoing"), "kind", as_of=AS_OF, standard_days={"mla": 180}
        )
        exhibit = findings.turnaround.within(table, publishing.page())
        assert "it is held against incoming requests alone" in " ".join(exhibit.notes)
        assert exhibit.table.empty


def test_case_16b_coverage_counts_the_requests_that_had_been_made_by_its_day() -> None:
    rows = pd.concat([drawn({"mla": [1, 2]}), drawn({"deportation": [1]})], ignore_index=True)
    rows.loc[1, "received"] = pd.Timestamp("2026-07-01")
    summary = {
        "registers": [{"name": "a", "requests": 3, "log_start": "2019-01-01", "observed_to": "2026-09-30"}]
    }
    assert coverage(summary, 0, rows, dt.date(2026, 6, 30)) == (
        "1 request from 1 register, kept from 1 January 2019 to 30 June 2026."
    )


def test_a_name_with_a_comma_is_not_read_as_two() -> None:
    states = ["France", "Hong Kong, China", "Germany"]
    assert phrases.in_line(states) == "France; Hong Kong, China; Germany"
    assert phrases.listed(states) == "France; Hong Kong, China and Germany"
    assert phrases.listed(["France", "Germany", "Japan"]) == "France, Germany and Japan"


def test_shares_side_by_side_are_said_only_where_a_test_tells_them_apart() -> None:
    # By hand, chi-squared without correction: 14 of 100 and 17 of 100, p = .56; 35 of 100 and 8 of 100, p < .0001.
    def pair(*pending: int) -> str:
        first, second = ({"pending": n, "requests": 100, "pending_share": n / 100} for n in pending)
        names = {"who": "Incoming extradition", "first_arm": "outside ASEAN", "second_arm": "in ASEAN"}
        return within_kind._pair_of_ends(first, second, names)

    assert pair(14, 17) == ""
    assert pair(35, 8) == "Incoming extradition: 35% pending outside ASEAN, 8% in ASEAN."


def test_medians_side_by_side_are_said_only_where_their_limits_tell_them_apart() -> None:
    """By hand, from the limits: 100 (90 to 115) and 140 (125 to 160) differ by -40, up to -40 + sqrt(15^2 + 15^2) = -18.8,
    at .01 to -40 + 21.2 x 2.576 / 1.960 = -12.1. 100 (80 to 130) and 140 (120 to 170) up to -40 + sqrt(30^2 + 20^2) =
    -3.9, at .01 to +7.4."""

    def pair(first: tuple[int, int, int], second: tuple[int, int, int]) -> str:
        one, other = (
            pd.Series(values, index=["median_days", "lower", "upper"], dtype=float)
            for values in (first, second)
        )
        names = {"who": "Incoming extradition", "first_arm": "outside ASEAN", "second_arm": "in ASEAN"}
        return within_kind._pair_of_times(one, other, names)

    assert pair((100, 90, 115), (140, 125, 160)) == (
        "Incoming extradition: half answered within 100 days outside ASEAN, 140 days in ASEAN."
    )
    assert pair((100, 80, 130), (140, 120, 170)) == ""


def test_a_difference_at_the_edge_of_its_interval_is_not_told() -> None:
    """6.0 points fewer (11.7 to 0.3) reach -5.96 + 5.71 x 1.314 = +1.5 at .01."""
    assert not phrases.sure(-0.0596, -0.1174, -0.0025)
    assert phrases.sure(13, 5.8, 21)
    assert not phrases.sure(13, float("nan"), 21)


def test_a_difference_that_no_comparison_tells_is_said_once() -> None:
    assert phrases.untold(1) == "In 1 comparison within a kind, a difference cannot be told."
    assert phrases.untold(4) == "In none of 4 comparisons within a kind can a difference be told."


def test_first_and_last_year_are_no_change() -> None:
    """Of 2020 half of forty are answered within 180 days, of 2024 three quarters, with 2021 to 2023 as 2020: a line
    through the five years has p = .18 (R: weights alike), so that the level of the last year is all that is said."""
    parts = []
    for year, fast in zip(range(2020, 2025), (20, 20, 20, 20, 30), strict=True):
        made = drawn({"mla": [*[100] * fast, *[200] * (40 - fast)]})
        moved = pd.Timestamp(f"{year}-01-01") - START
        parts.append(made.assign(received=made["received"] + moved, answered=made["answered"] + moved))
    requests = pd.concat(parts, ignore_index=True).assign(observed_from=pd.Timestamp("2020-01-01"))
    years = measure.cohorts.cohorts(requests, "strand", as_of=AS_OF, days=180)
    tests = measure.cohorts.differ(requests, "strand", as_of=AS_OF)
    exhibit = findings.cohorts.cohorts(years, tests, publishing.page(), 180)
    assert exhibit.finding(exhibit.table) == (
        "Incoming mutual legal assistance of 2024: 75% answered within 180 days."
    )


def test_a_table_with_requests_never_says_that_there_is_none() -> None:
    """Five requests of one agency: too few for any comparison, and not none."""
    requests = drawn({"mla": [10, 20, 30, 40, 50]}, agency="moj")
    table = measure.turnaround.turnaround(requests, ["kind", "agency"], as_of=AS_OF)
    tests = measure.turnaround.compared(requests, "agency", "kind", as_of=AS_OF)
    exhibit = findings.turnaround.groups(table, publishing.page(), "agency", tests)
    assert exhibit.finding(exhibit.table) == "What can be told is in the table."
    assert exhibit.finding(exhibit.table.iloc[:0]) == (
        "There is no request to measure here, so nothing can be said."
    )


def test_a_curve_is_drawn_of_the_strand_of_which_the_sentence_is() -> None:
    """Fifteen of legal assistance are answered on days 100 to 114, too few for a sentence; forty hand-overs on days 1
    to 40. The sentence is of the hand-overs, and so is the one line: it ends on day 40."""
    made = drawn({"mla": [*range(100, 115)], "handover": [*range(1, 41)]})
    cases = measure.turnaround.timed_cases(made, "strand", as_of=AS_OF)
    table = measure.curves.answered_curve(cases, ["direction", "strand"])
    exhibit = findings.curves.curves(
        table, measure.turnaround.turnaround(made, "strand", as_of=AS_OF), publishing.page()
    )
    assert "police co-operation" in exhibit.finding(exhibit.table)
    assert exhibit.table["strand"].astype("str").nunique() == 2
    assert exhibit.chart is not None
    figure = exhibit.chart(exhibit.table)
    assert figure is not None
    curves = [row.mark for panel in figure.panels for row in panel.rows if isinstance(row, Row)]
    assert max(curve.days[-1] for curve in curves if isinstance(curve, Curve)) <= 40
    assert [row.name for panel in figure.panels for row in panel.rows if isinstance(row, Row)] == [
        "Police co-operation"
    ]


class TestSentencesAsAnEditorHasThem:
    """Of section C of the reader's review, with numbers of one and of many; worked by hand."""

    @pytest.mark.parametrize(
        ("days", "said"),
        [
            (4631, "The oldest request has waited more than 12 years."),
            (729, "The oldest request has waited 729 days."),
            (1, "The oldest request has waited 1 day."),
        ],
    )
    def test_a_long_wait_is_told_in_years(self, days: int, said: str) -> None:
        from mlastats.findings import pending

        assert (
            pending.oldest.finding(
                pd.DataFrame({"age": [3, days]}) if days > 3 else pd.DataFrame({"age": [1]})
            )
            == said
        )

    @pytest.mark.parametrize(
        ("errors", "warnings", "said"),
        [
            (38, 63, "38 entries are left out until an agency clarifies them; used provisionally: 63."),
            (1, 1, "1 entry is left out until an agency clarifies it; used provisionally: 1."),
            (0, 2, "0 entries are left out until an agency clarifies them; used provisionally: 2."),
        ],
    )
    def test_what_needs_a_decision(self, errors: int, warnings: int, said: str) -> None:
        from mlastats.findings import cleaning

        table = pd.DataFrame({"severity": ["error", "warning"], "rows": [errors, warnings]})
        assert cleaning.DECISIONS.finding(table) == said

    def test_the_field_that_is_recorded_least(self) -> None:
        """32 of 117 are 27%."""
        from mlastats.findings import register

        table = pd.DataFrame(
            {"field": ["partner", "refusal_ground"], "expected": [100, 117], "filled": [99, 32]}
        )
        said = register.FILLED["register"].finding(table)
        assert said.startswith("Recorded least: ")
        assert "(27% of 117)" in said

    def test_how_many_fields_every_register_keeps(self) -> None:
        """Of three fields one is kept by both registers, one by the first alone, one by none."""
        from mlastats.findings import register

        table = pd.DataFrame(
            {"field": [*"aabbcc"], "register": ["x", "y"] * 3, "expected": 9, "filled": [1, 2, 3, 0, 0, 0]}
        )
        assert register.FILLED["more"].finding(table) == (
            "1 of 3 further fields is kept by every register. 1 by some alone, 1 by none."
        )
