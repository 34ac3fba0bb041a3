"""What is not observed is not zero: periods, trends and silences of the time in which every register was kept."""

import pandas as pd
import pytest

from mlastats import findings
from mlastats.measure import channels, consistency, observation, partners
from tests import publishing

AS_OF = "2025-12-31"


def register(
    name: str, agency: str, formality: str, partner: str, began: str, days: int, ended: str = ""
) -> pd.DataFrame:
    """A request every so many days from 2014 on, of which the register holds those since it began."""
    on = pd.date_range("2014-01-01", AS_OF, freq=f"{days}D")
    rows = pd.DataFrame({"received": on, "request_id": [f"{name}{n}" for n in range(len(on))]})
    last = pd.Timestamp(ended or AS_OF)
    rows = rows[rows["received"].ge(began) & rows["received"].le(last)]
    return rows.assign(
        register=name,
        agency=agency,
        formality=formality,
        partner=partner,
        direction="incoming",
        kind="mla",
        reporting_state="LAO",
        received_precision="day",
        observed_from=pd.Timestamp(began),
        observed_to=last,
    )


@pytest.fixture
def two() -> pd.DataFrame:
    """Case 05: the police have kept a register since 2014, the Ministry since 2018; nothing changes in between."""
    from mlastats import schema

    parts = [
        register("police", "mps", "informal", "THA", "2014-01-01", 7),
        register("ministry", "moj", "formal", "AUS", "2018-01-01", 14),
    ]
    return schema.conform(pd.concat(parts, ignore_index=True))


def test_case_05_a_year_in_which_a_register_was_not_kept_is_in_no_trend(two: pd.DataFrame) -> None:
    table = channels.use(two, as_of=AS_OF).set_index("period")
    assert table.index[table["complete"]].tolist() == [str(year) for year in range(2018, 2026)]
    assert table.loc["2017", ["formal", "informal"]].tolist() == [0, 52]
    # A third from 2018 on, in every year.
    assert table.loc[table["complete"], "formal_share"].between(0.32, 0.35).all()


def test_case_05_no_rise_is_said(two: pd.DataFrame) -> None:
    """The Ministry's register begins in 2018, and a third is formal in every year from then on (27 of 80
    in 2025): nothing rose."""
    exhibit = findings.channels.formality(
        channels.use(two, "strand", as_of=AS_OF), publishing.page(), "period"
    )
    assert (
        exhibit.finding(exhibit.table) == "Incoming mutual legal assistance: 34% of 80 were formal in 2025."
    )


def test_case_05_a_silence_before_the_register_began_is_none(two: pd.DataFrame) -> None:
    assert observation.window(two, as_of=AS_OF) == (pd.Timestamp("2018-01-01"), pd.Timestamp(AS_OF))
    table = consistency.regularity(two, as_of=AS_OF).set_index("partner")
    # Every 14th day, and at the ends of the window.
    assert table.loc["AUS", "silence"] <= 14
    assert table.loc["AUS", "quarters"] == 8 * 4
    engaged = partners.engagement(two, as_of=AS_OF).set_index("partner")
    assert engaged.loc["AUS", "silence"] <= 14
    assert partners.by_period(two, as_of=AS_OF)["period"].min() == "2018"


def test_each_direction_by_its_own_registers(two: pd.DataFrame) -> None:
    outgoing = two[two["agency"].eq("moj")].assign(direction="outgoing")
    table = channels.use(pd.concat([two[two["agency"].eq("mps")], outgoing]), as_of=AS_OF)
    complete = (
        table[table["complete"]].astype({"period": "str"}).groupby("direction", observed=True)["period"].min()
    )
    assert complete.to_dict() == {"incoming": "2014", "outgoing": "2018"}


def test_a_register_that_another_replaces_is_continued_by_it() -> None:
    from mlastats import schema

    parts = [
        register("book", "moj", "formal", "AUS", "2014-01-01", 14, "2017-12-31"),
        register("sheet", "moj", "formal", "AUS", "2018-01-01", 14),
    ]
    requests = schema.conform(pd.concat(parts, ignore_index=True))
    assert observation.window(requests, as_of=AS_OF) == (pd.Timestamp("2014-01-01"), pd.Timestamp(AS_OF))


def test_periods_say_what_of_them_was_observed(two: pd.DataFrame) -> None:
    late = two.assign(
        observed_to=two["observed_to"].mask(two["agency"].eq("moj"), pd.Timestamp("2025-08-31"))
    )
    table = observation.observed_periods(late, as_of=AS_OF, span="quarter").set_index("period")
    assert table.loc["2017-Q4", ["days", "complete"]].tolist() == [0, False]
    assert table.loc["2018-Q1", ["days", "complete"]].tolist() == [90, True]
    assert table.loc["2025-Q3", ["days", "complete", "last"]].tolist() == [
        62,
        False,
        pd.Timestamp("2025-08-31"),
    ]
    assert table.loc["2025-Q4", "days"] == 0


@pytest.mark.parametrize(
    ("period", "start", "words"),
    [
        ("2026-Q3", "2025-10-01", "the four quarters to September 2026"),
        ("2026-09", "2025-10-01", "the twelve months to September 2026"),
        ("2025", "2025-01-01", "2025"),
    ],
)
def test_the_figures_of_a_period_are_those_of_its_last_four_quarters(
    period: str, start: str, words: str
) -> None:
    from mlastats import periods

    chosen = periods.parse(period)
    page = publishing.page(period=period, start=chosen.start, end=chosen.end)
    assert (page.pace_start.isoformat(), page.pace) == (start, words)
    assert publishing.page().pace_start is None
