"""The forecast of the backlog: by hand, and by a second program made from the description of the method alone."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlastats import schema
from mlastats.findings.forecast import forecast as exhibit
from mlastats.measure.flow import flow
from mlastats.measure.forecast import OPEN, History, expected_open, forecast, project
from tests.publishing import page
from tests.recomputed.forecast import ByDays

AS_OF = date(2026, 9, 30)
LAST = pd.Timestamp(AS_OF)
FIGURES = ["expected", "lower", "upper"]


def drawn(seed: int, years: float, size: int, before: float = 0) -> History:
    """A register of so many years with work under way for `before` years more; day 0 is its last."""
    luck = np.random.default_rng(seed)
    start = -luck.integers(0, int(365 * (years + before)), size)
    end = start + np.floor(120 * np.exp(1.3 * luck.standard_normal(size))).astype(int)
    return History.of(start, end, -int(365 * years))


def table_of(history: History, first: date | None = None) -> pd.DataFrame:
    """The requests table of a history, all of one register that was kept from its first day on."""
    rows = pd.DataFrame(
        {
            "request_id": [f"R{n}" for n in range(len(history.start))],
            "register": "a",
            "direction": "incoming",
            "kind": "mla",
            "received": LAST + pd.to_timedelta(history.start, unit="D"),
            "answered": [LAST + pd.Timedelta(days=int(day)) if day < OPEN else pd.NaT for day in history.end],
            "observed_from": pd.Timestamp(first) if first else LAST + pd.Timedelta(days=history.first),
            "observed_to": LAST,
        }
    )
    return schema.conform(rows)


def test_the_expected_number_by_hand() -> None:
    # 20 came 60 days ago; 10 of them ended at an age of 10 days, the others are open. Half have ended at 10 days, so
    # that the pace is of 90 days. On days of age 0 to 10 there were 11 x 20 = 220 days at risk and 10 ends, later
    # 50 x 10 = 500 and none; 720 days for 10 ends, so that half an end on 36 days and a half is known beforehand.
    history = History.of(np.full(20, -60), np.repeat([-50, OPEN], 10), -400)
    young, old = 1 - 10.5 / 256.5, 1 - 0.5 / 536.5
    still = 10 * old**182
    come = 20.5 / 90 * (sum(young**n for n in range(1, 12)) + young**11 * sum(old**n for n in range(1, 172)))
    found = expected_open(history, 0, [182])
    assert found is not None
    assert found[0, 0] == pytest.approx(still + come, rel=1e-12)


@pytest.mark.parametrize(
    ("history", "ahead"),
    [
        (drawn(1, 6, 160), 182),
        (drawn(2, 6, 160), 730),
        (drawn(3, 4, 150, before=5), 365),
        (drawn(4, 2.5, 120), 182),
        (drawn(5, 8, 60), 365),
    ],
    ids=["half a year", "two years", "late entry", "a young register", "few ended"],
)
def test_a_second_program_finds_the_same(history: History, ahead: int) -> None:
    row = project(history, [ahead]).iloc[0]
    assert row["reason"] == ""
    second = ByDays(history.start, history.end, history.first)
    assert row[[*FIGURES, "trials"]].tolist() == pytest.approx(second.project(ahead), rel=1e-9)


def test_what_was_open_came_and_ended_by_hand(requests_from) -> None:
    requests = requests_from("""
        id direction received   answered   outcome   kind
        A  incoming  2023-01-10 2026-09-30 executed  mla
        B  incoming  2025-10-01 -          -         mla
        C  incoming  2025-09-30 2025-10-01 executed  mla
        D  incoming  2026-09-30 -          -         mla
        E  incoming  2026-02-01 -          executed  mla
        F  incoming  2026-02-01 -          -         deportation
        G  outgoing  2026-02-01 -          -         mla
    """)
    requests["observed_from"] = pd.Timestamp("2022-01-01")
    rows = forecast(requests, as_of=AS_OF).query("direction == 'incoming'").set_index("months")
    # E ended on a day that nobody wrote down, F is no request. A year back is 30 September 2025: A and C are open.
    assert rows.loc[[0, -12], ["stock", "came", "ended"]].to_numpy().tolist() == [[2, 2, 2], [2, 1, 0]]
    assert rows["on"].dt.date.loc[[-12, 0, 6, 12, 24]].tolist() == [
        date(2025, 9, 30), AS_OF, date(2027, 3, 31), date(2027, 9, 30), date(2028, 9, 29),
    ]  # fmt: skip
    assert rows.index.min() == -54
    assert pd.isna(rows["came"][-54])


def test_the_stock_is_that_of_flow() -> None:
    requests = table_of(drawn(7, 5, 200, before=3))
    closing = flow(requests, as_of=AS_OF)["closing"].iloc[-1]
    assert forecast(requests, as_of=AS_OF).query("months == 0")["stock"].tolist() == [closing]


def test_each_register_is_counted_to_its_own_last_day() -> None:
    whole = table_of(drawn(8, 7, 300))
    # The second register holds the same, a month earlier, and ends a month earlier: all is double.
    stages = ["received", "answered", "observed_from", "observed_to"]
    earlier = whole.assign(**{name: whole[name] - pd.Timedelta(days=30) for name in stages})
    earlier = earlier.assign(register="b", request_id=whole["request_id"] + "b")
    both = forecast(pd.concat([whole, earlier], ignore_index=True), as_of=AS_OF)
    alone = forecast(whole, as_of=AS_OF)
    assert both["stock"].dropna().tolist() == (2 * alone["stock"].dropna()).tolist()
    assert both["on"].tolist() == alone["on"].tolist()
    assert set(both["first_last"]) == {LAST - pd.Timedelta(days=30)}
    late = forecast(pd.concat([whole, earlier], ignore_index=True), as_of="2026-10-16")
    assert set(late["reason"]) == {"register_late"}
    assert late[[*FIGURES, "stock", "came", "ended", "trials"]].isna().all(axis=None)
    assert exhibit(late, page("4_flow")).finding(late) == "How many will be open cannot be told yet."


@pytest.mark.parametrize(("months", "days"), [(6, 730), (12, 1095), (24, 1825)])
def test_a_register_needs_a_year_and_twice_the_horizon(months: int, days: int) -> None:
    for older, reason in ((0, ""), (-1, "register_young")):
        luck = np.random.default_rng(5)
        start = -luck.integers(0, days + older + 1, 400)
        end = start + luck.integers(20, 200, 400)
        history = History.of(start, end, -(days + older))
        row = project(history, [{6: 182, 12: 365, 24: 730}[months]]).iloc[0]
        assert row["reason"] == reason
        assert pd.isna(row["expected"]) == bool(reason)


def test_too_few_ended_now_or_in_the_past() -> None:
    months = np.arange(-3650, -29, 30)
    nothing = project(History.of(months, np.full(len(months), OPEN), -3650), [182]).iloc[0]
    assert nothing["reason"] == "few_ended"
    nine = np.where(np.arange(len(months)) >= len(months) - 9, months + 5, OPEN)
    ten = np.where(np.arange(len(months)) >= len(months) - 10, months + 5, OPEN)
    assert project(History.of(months, nine, -3650), [182]).iloc[0]["reason"] == "few_ended"
    # Now ten have ended, but on no earlier day for which it is known what came of it.
    assert project(History.of(months, ten, -3650), [182]).iloc[0]["reason"] == "few_trials"


def test_what_was_over_before_the_register_was_kept_says_nothing() -> None:
    history = drawn(9, 6, 300, before=4)
    before = History.of(
        np.append(history.start, np.full(50, -3000)),
        np.append(history.end, np.full(50, -2500)),
        history.first,
    )
    pd.testing.assert_frame_equal(project(before, [365]), project(history, [365]))


def test_what_a_day_did_not_know_does_not_count_on_it() -> None:
    history = drawn(10, 8, 300)
    known = History.of(
        history.start + 700, np.where(history.end < OPEN, history.end + 700, OPEN), history.first + 700
    )
    assert expected_open(known, 0, [365]) == pytest.approx(expected_open(history, -700, [365]))


REGISTER = st.builds(
    lambda seed, years, size, before: drawn(seed, years, size, before),
    st.integers(0, 10**6),
    st.sampled_from([1.2, 2.2, 3.3, 5.5, 9]),
    st.integers(1, 200),
    st.sampled_from([0, 0, 4]),
)


@settings(max_examples=20, deadline=None)
@given(REGISTER, st.integers(-4000, 4000))
def test_limits_enclose_the_figure_and_no_calendar_counts(history: History, days: int) -> None:
    requests = table_of(history)
    table = forecast(requests, as_of=AS_OF)
    given = table.dropna(subset=["expected"])
    assert (
        given["lower"].ge(0) & given["lower"].le(given["expected"]) & given["expected"].le(given["upper"])
    ).all()
    assert table["reason"].ne("").eq(table["months"].gt(0) & table["expected"].isna()).all()
    dates = ["received", "answered", "observed_from", "observed_to"]
    later = requests.assign(**{name: requests[name] + pd.Timedelta(days=days) for name in dates})
    moved = forecast(later, as_of=AS_OF + pd.Timedelta(days=days))
    same = [name for name in table if name not in ("on", "first_last", "since")]
    pd.testing.assert_frame_equal(moved[same], table[same])
    assert (moved["on"] - table["on"]).dt.days.eq(days).all()


def test_a_register_of_which_no_day_is_known_or_none_in_common(requests_from) -> None:
    ended = requests_from("""
        id direction received   answered   outcome  agency
        A  incoming  -          2026-03-01 executed mps
        B  outgoing  -          2026-03-01 executed mps
    """)
    late = table_of(drawn(8, 7, 50)).assign(agency="moj")
    gone = late.assign(request_id=late["request_id"] + "b", register="b", agency="mps")
    gone = gone.assign(observed_from=LAST - pd.Timedelta(days=3), observed_to=LAST)
    late["observed_to"] = LAST - pd.Timedelta(days=10)
    for requests, stock in ((ended, 0), (pd.concat([late, gone], ignore_index=True), None)):
        table = forecast(requests, as_of=AS_OF)
        assert set(table.query("months > 0")["reason"]) == {"register_young"}
        assert stock is None or set(table.query("months == 0")["stock"]) == {stock}
        made = exhibit(table, page("4_flow"))
        assert made.finding(made.table) == "How many will be open cannot be told yet."


def test_of_no_request_nothing_is_said() -> None:
    table = forecast(schema.conform(pd.DataFrame({"direction": []})), as_of=AS_OF)
    assert table.empty
    assert "nothing can be said" in exhibit(table, page("4_flow")).finding(table)


def said(stock: int, lower: float, upper: float, months: int = 24) -> str:
    """What is said of a made-up interval at the furthest horizon that is given."""
    rows = pd.DataFrame(
        {
            "direction": "outgoing",
            "months": [0, 6, 12, 24],
            "on": pd.to_datetime(["2026-09-30", "2027-03-31", "2027-09-30", "2028-09-29"]),
            "stock": [stock, None, None, None],
            "came": [67, None, None, None],
            "ended": [46, None, None, None],
            "expected": [None, *([(lower + upper) // 2] * 3)],
            "lower": [None, *([lower] * 3)],
            "upper": [None, *([upper] * 3)],
            "trials": [None, 19, 9, 4],
            "reason": "",
            "first_last": LAST,
            "since": pd.Timestamp("2016-01-01"),
        }
    )
    late = rows["months"].gt(months)
    rows.loc[late, ["expected", "lower", "upper"]] = np.nan
    rows.loc[late, "reason"] = "register_young"
    made = exhibit(rows, page("4_flow"))
    return " ".join([made.finding(made.table), *made.notes])


@pytest.mark.parametrize(
    ("lower", "upper", "headline"),
    [
        (121, 215, "Outgoing requests: if nothing changes, the backlog does not clear: it grows."),
        (120, 215, "Outgoing requests: if nothing changes, the backlog is not halved within two years."),
        (61, 121, "Outgoing requests: if nothing changes, the backlog is not halved within two years."),
        (61, 120, "Outgoing requests: if nothing changes, the backlog shrinks within two years."),
        (60, 121, "Outgoing requests: whether the backlog grows or shrinks within two years cannot be told."),
    ],
)
def test_only_what_the_interval_allows_is_said(lower: int, upper: int, headline: str) -> None:
    text = said(121, lower, upper)
    assert text.startswith(f"{headline} In two years ")
    assert f" are expected ({lower} to {upper}), for 121 now." in text
    assert ("In the year before, 67 came and 46 ended." in text) == ("cannot be told" in headline)
    assert "“If nothing changes”: it knows of no new staff" in text
    assert len(headline.split()) <= 15


def test_half_of_an_odd_number_is_no_whole_one() -> None:
    # Half of 121 is 60.5: 61 is not halved, 60 may be.
    assert "is not halved" in said(121, 61, 200)
    assert "cannot be told" in said(121, 60, 200)


def test_a_horizon_that_cannot_be_told_says_from_when_on_it_can() -> None:
    text = said(121, 121, 215, months=12)
    assert "In a year 168 are expected (121 to 215)" in text
    assert "In two years" not in text
    # A year and twice two years after 1 January 2016.
    assert (
        "not said for two years, because the latest register is kept since 1 January 2016; from 1 January 2021"
        in text
    )


def test_a_backlog_that_grows_is_told_to_grow() -> None:
    # Two come every five days, one of them never ends: 73 more each year.
    start = np.repeat(np.arange(-3650, 1, 5), 2)
    end = np.where(np.arange(len(start)) % 2, start + 30, OPEN)
    table = forecast(table_of(History.of(start, end, -3650)), as_of=AS_OF)
    now, then = table.query("months == 0").iloc[0], table.query("months == 24").iloc[0]
    assert now["stock"] == 731 + 6
    assert then["lower"] > now["stock"]
    assert then["lower"] <= 737 + 146 <= then["upper"]
    finding = exhibit(table, page("4_flow")).finding(exhibit(table, page("4_flow")).table)
    assert finding.startswith("Incoming requests: if nothing changes, the backlog does not clear: it grows.")


def test_the_public_is_not_shown_it() -> None:
    made = exhibit(forecast(table_of(drawn(7, 5, 200)), as_of=AS_OF), page("4_flow", audience="public"))
    assert made.internal_only


def test_a_register_in_which_nothing_has_been_open_for_two_years_and_a_half() -> None:
    """Forty requests came and ended in the first year of eight. What was last seen on such a day says nothing of how
    much a month scatters; a forecast was an error."""
    start = -np.arange(2500, 2900, 10)
    history = History.of(start, start + 100, -2920)
    rows = forecast(table_of(history), as_of=AS_OF)
    told = rows[FIGURES].dropna()
    assert len(rows)
    assert (told["lower"] <= told["expected"]).all()
    assert (told["expected"] <= told["upper"]).all()
    # Where no more come than half a request in the time looked at, no more than a handful can be open.
    assert (told["expected"] < 5).all()
