"""Assets and persons in measures, against figures worked by hand."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import schema
from mlastats.errors import ConfigurationError
from mlastats.measure import assets, persons
from mlastats.measure.assets import FLOW, STEPS
from mlastats.vocab import rates

AS_OF = "2026-09-30"


def requests(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = pd.DataFrame(pairs, columns=["request_id", "direction"])
    return schema.conform(rows.assign(received=pd.Timestamp("2024-01-01"), sent=pd.Timestamp("2024-01-01")))


def table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return schema.conform(pd.DataFrame(rows).assign(register="assets"), table=name)


def asset(
    request: str,
    measure: str,
    amount: float | None,
    currency: str | None = "USD",
    number: str | None = "1",
    kind: str = "cash",
) -> dict[str, object]:
    return {
        "request_id": request,
        "asset": number,
        "measure": measure,
        "on": pd.Timestamp("2025-01-01"),
        "amount": amount,
        "currency": currency,
        "asset_kind": kind,
    }


REQUESTS = requests(("A", "incoming"), ("B", "incoming"), ("C", "outgoing"))
# A's account: 100 traced, 100 frozen, 90 seized, 90 confiscated, 60 returned and 20 shared. A's house: 50 frozen, 70
# seized. B: 40 traced, of what was frozen nothing is known. C: 30 confiscated, nobody says after what.
ROWS = [
    asset("A", "traced", 100),
    asset("A", "frozen", 100),
    asset("A", "seized", 90),
    asset("A", "confiscated", 90),
    asset("A", "returned", 60),
    asset("A", "shared", 20),
    asset("A", "frozen", 50, number="2"),
    asset("A", "seized", 70, number="2"),
    asset("B", "traced", 40),
    asset("B", "frozen", None, None),
    asset("C", "confiscated", 30),
    asset("Z", "frozen", 7),
    asset("A", "frozen", 9, None, number="3"),
]


def test_counts_are_given_first_with_what_is_in_no_sum() -> None:
    found = assets.counts(table("assets", ROWS), REQUESTS, as_of=AS_OF).set_index(["direction", "measure"])
    # assets = valued + open + unvalued, of requests.
    assert found.loc[("incoming", "frozen")].tolist() == [4, 2, 1, 1, 2]
    assert found.loc[("outgoing", "confiscated")].tolist() == [1, 1, 0, 0, 1]
    assert found.loc[("unrecorded", "frozen")].tolist() == [1, 1, 0, 0, 1]
    assert found.loc[("outgoing", "traced")].tolist() == [0, 0, 0, 0, 0]
    assert found["assets"].sum() == len(ROWS)


def test_sums_are_within_one_currency() -> None:
    rows = [*ROWS, asset("B", "seized", 1000, "LAK")]
    found = assets.sums(table("assets", rows), REQUESTS, as_of=AS_OF).set_index(
        ["direction", "currency", "measure"]
    )
    assert found.loc[("incoming", "USD", "seized")].tolist() == [2, 160, 1, 160, 160]
    assert found.loc[("incoming", "USD", "traced")].tolist() == [2, 140, 2, 100, 140]
    assert found.loc[("incoming", "LAK", "seized"), "amount"] == 1000


def test_where_value_went_is_worked_by_hand() -> None:
    found = assets.reconciliation(table("assets", ROWS), REQUESTS, as_of=AS_OF)
    found = found.set_index(["direction", "measure"])[["assets", "assets_on", "amount", *FLOW]]
    expected = {
        # assets on amount | began carried unexplained open_in | went_on stayed open_out
        ("incoming", "traced"): [2, 2, 140, 140, 0, 0, 0, 100, 0, 40],
        ("incoming", "frozen"): [3, 2, 150, 50, 100, 0, 0, 140, 10, 0],
        ("incoming", "seized"): [2, 1, 160, 0, 140, 20, 0, 90, 70, 0],
        ("incoming", "confiscated"): [1, 1, 90, 0, 90, 0, 0, 80, 10, 0],
        ("incoming", "shared"): [1, 0, 20, 0, 20, 0, 0, 0, 20, 0],
        ("incoming", "returned"): [1, 0, 60, 0, 60, 0, 0, 0, 60, 0],
        ("outgoing", "confiscated"): [1, 0, 30, 30, 0, 0, 0, 0, 30, 0],
        ("unrecorded", "frozen"): [1, 0, 7, 7, 0, 0, 0, 0, 7, 0],
    }
    for place, numbers in expected.items():
        assert found.loc[place].tolist() == numbers, place


AMOUNT = st.integers(1, 10**6) | st.none()
SOME = st.builds(
    asset,
    st.sampled_from(["A", "B", "C", "Z"]),
    st.sampled_from(STEPS),
    AMOUNT.map(lambda n: n and float(n)),
    st.sampled_from(["USD", "LAK", None]),
    st.sampled_from(["1", "2", None]),
    st.sampled_from(["cash", "vehicle"]),
)


@effort(deadline=None)
@given(st.lists(SOME, max_size=14))
def test_nothing_is_lost_between_steps(rows: list[dict[str, object]]) -> None:
    made = schema.conform(pd.DataFrame(rows, columns=list(asset("A", "traced", 1))), table="assets")
    found = assets.reconciliation(made, REQUESTS, as_of=AS_OF)
    numbers = found[["amount", *FLOW]].astype(float)
    assert (numbers >= 0).all().all()
    assert (
        numbers["amount"].tolist()
        == numbers[["began", "carried_in", "unexplained", "open_in"]].sum(axis=1).tolist()
    )
    assert numbers["amount"].tolist() == numbers[["went_on", "stayed", "open_out"]].sum(axis=1).tolist()
    for _place, some in found.groupby(["direction", "currency"]):
        assert some["went_on"].sum() == some["carried_in"].sum()
    # All that is in a sum is in a step.
    sums = assets.sums(made, REQUESTS, as_of=AS_OF)
    assert sums["amount"].sum() == numbers["amount"].sum()


def test_one_reporting_currency_leaves_open_what_has_no_rate() -> None:
    made = table(
        "assets", [asset("A", "frozen", 10, "THB"), asset("A", "frozen", 5, "EUR"), asset("B", "frozen", 2)]
    )
    now = assets.converted(made, {"THB": 0.03}, "USD")
    found = assets.sums(now, REQUESTS, as_of=AS_OF)
    assert found[["currency", "amount"]].values.tolist() == [["USD", pytest.approx(2.3)]]
    assert assets.counts(now, REQUESTS, as_of=AS_OF)["open"].sum() == 1


HEAD = "currency,reporting,rate,on,source\n"


def test_rates_are_those_of_the_workspace(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(
        f"{HEAD}THB,USD,0.03,2026-09-30,a bank\nLAK,USD,0.00005,2026-09-30,a bank\n", encoding="utf-8"
    )
    found = rates.load(file)
    assert (found.reporting, found.rates) == ("USD", {"THB": 0.03, "LAK": 0.00005})
    assert found.on["THB"].isoformat() == "2026-09-30"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("currency,rate\n", "must have the columns currency, reporting, rate, on, source"),
        (HEAD, "there is no row"),
        (HEAD + "THB,USD,0.03,2026-09-30,\n", "line 2: `rate` must be above 0, and `source` say where"),
        (
            HEAD + "THB,USD,0.03,2026-09-30,x\nLAK,THB,2,2026-09-30,x\n",
            "line 3: there is one reporting currency",
        ),
        (
            HEAD + "THB,USD,0.03,2026-09-30,x\nTHB,USD,2,2026-09-30,x\n",
            "line 3: there is one reporting currency",
        ),
        (HEAD + "baht,USD,0.03,2026-09-30,x\n", "line 2: `currency` and `reporting` must be codes"),
        (HEAD + 'THB,USD,"0,03",2026-09-30,x\n', "line 2: `rate` must be a number with a point"),
        (HEAD + "THB,USD,0.03,30/09/2026,x\n", "line 2: `rate` must be a number with a point"),
        (HEAD + "THB,USD,-1,2026-09-30,x\n", "line 2: `rate` must be above 0"),
    ],
)
def test_a_fault_of_the_rates_is_named_by_its_line(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(fault)):
        rates.load(tmp_path / "rates.csv")


def person(
    request: str, arrested: str = "", decided: str = "", surrendered: str = "", **more: object
) -> dict[str, object]:
    days = {"arrested": arrested, "decided": decided, "surrendered": surrendered}
    return {"request_id": request, **{n: pd.Timestamp(d) if d else pd.NaT for n, d in days.items()}, **more}


PERSONS = table(
    "persons",
    [
        person("A", "2025-01-01", "2025-01-11", "2025-02-01", consented=True, own_national=False),
        person(
            "A", "2025-01-01", "2025-04-11", consented=False, outcome="refused", refusal_ground="nationality"
        ),
        person("B", "2025-03-01", consented=False),
        person("C", "", "", "2026-12-01", outcome="withdrawn"),
    ],
)


def test_how_far_persons_came() -> None:
    found = persons.funnel(PERSONS, REQUESTS, as_of=AS_OF)
    assert found.values.tolist() == [["incoming", 3, 0, 3, 1, 2, 1], ["outgoing", 1, 0, 0, 0, 0, 0]]


def test_how_it_ended_for_persons() -> None:
    found = persons.ends(PERSONS, REQUESTS, as_of=AS_OF)
    found = found.astype(object).where(found.notna(), None)
    assert found.values.tolist() == [
        ["incoming", "executed", None, 1],
        ["incoming", "pending", None, 1],
        ["incoming", "refused", "nationality", 1],
        ["outgoing", "withdrawn", None, 1],
    ]


def test_days_to_a_decision_are_given_of_enough_persons_alone() -> None:
    """Twelve consented and were decided on days 1 to 12: half by day 6. Two did not: too few to tell."""
    rows = [person("A", "2025-01-01", f"2025-01-{1 + n:02}", consented=True) for n in range(1, 13)]
    rows += [person("A", "2025-01-01", f"2025-01-{1 + n:02}", consented=False) for n in (3, 4)]
    found = persons.decision_days(table("persons", rows), REQUESTS, as_of=AS_OF).set_index("consented")
    assert found.loc["true", ["arrested", "decided", "pending", "undated", "median_days"]].tolist() == [
        12,
        12,
        0,
        0,
        6,
    ]
    assert pd.isna(found.loc["false", "median_days"])
    assert found.loc["false", "median_note"] == "few_at_risk"
