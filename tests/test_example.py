"""The example registers: the same bytes each time, and what cleaning and measuring recover of the truth."""

import io
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from mlastats import schema, settings
from mlastats.register.account import ENDS
from tests import example

FOLDER = Path("data/raw/example")
LOST_PARTNER = ("partner_misspelt", "partner_ambiguous")
NO_DURATION = ("dates_reversed", "date_impossible", "outcome_without_date")


@pytest.fixture(scope="module")
def truths(root: Path) -> dict:
    return json.loads((root / FOLDER / "truths.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cleaned(root: Path) -> SimpleNamespace:
    from mlastats.register.clean import clean_workspace

    return clean_workspace(settings.load(root / "mlastats.toml"))


@pytest.fixture(scope="module")
def faults(truths: dict) -> pd.DataFrame:
    rows = [
        {"register": name} | fault for name, truth in truths["registers"].items() for fault in truth["faults"]
    ]
    return pd.DataFrame(rows)


class TestTheFiles:
    def test_the_same_seed_gives_the_same_bytes(self, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            example.write(tmp_path / folder)
        for file in (tmp_path / "a").iterdir():
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name

    def test_what_is_committed_is_what_is_drawn(self, tmp_path: Path, root: Path) -> None:
        example.write(tmp_path)
        for file in tmp_path.iterdir():
            assert _content(file) == _content(root / FOLDER / file.name), file.name

    def test_mappings_name_the_columns_and_leave_names_unread(self, root: Path) -> None:
        import tomllib

        for name, shape in example.shapes()["registers"].items():
            mapping = tomllib.loads((root / FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
            known = {header: column for header, column in shape["columns"].items() if column[0] != "_"}
            assert mapping["columns"] == known


def _content(file: Path) -> object:
    # How well a workbook is packed depends on the machine's zlib; what is in it does not.
    if file.suffix != ".xlsx":
        return file.read_bytes()
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestTheLaws:
    @pytest.mark.parametrize("shape", ["lognormal", "weibull"])
    def test_half_have_ended_by_the_median(self, shape: str) -> None:
        assert example.Law(shape, 150, 0.8, never=0, answered=1).days(0.5) == 150

    def test_the_answer_comes_later_where_some_never_end(self) -> None:
        # F(d) must reach .5 / (.8 * .9) = .6944; lognormal: 150 exp(.8 * .5084) = 225.3
        assert example.Law("lognormal", 150, 0.8, never=0.2, answered=0.9).answer_days(0.5) == 226

    def test_no_median_where_too_few_are_ever_answered(self) -> None:
        assert example.Law("weibull", 150, 0.8, never=0.4, answered=0.8).answer_days(0.5) is None


class TestTheShapes:
    def test_about_fifteen_hundred_over_thirteen_years(self, truths: dict) -> None:
        assert 1300 <= truths["requests"] <= 1600
        years = Counter(r["_start"].year for r in example.draw())
        assert set(years) == set(range(2014, 2027))

    def test_partners_outside_asean_come_in_bursts(self) -> None:
        contact = [r["_start"] for r in example.draw() if r["partner"] == "JPN"]
        silent = [day for day in contact if date(2021, 3, 1) <= day <= date(2024, 12, 31)]
        assert len(contact) > 20
        assert silent == []

    def test_a_register_holds_nothing_after_its_last_day(self) -> None:
        for request in example.draw():
            last = example.shapes()["registers"][request["agency"]]["end"]
            kept = {k: v for k, v in request.items() if k[0] != "_" and k != "deadline"}
            days = [value for value in kept.values() if isinstance(value, date)]
            assert max(days, default=last) <= last

    def test_a_size_multiplies_it(self) -> None:
        assert 0.9 < len(example.draw(2)) / (2 * len(example.draw())) < 1.1


class TestWhatCleaningRecovers:
    def test_every_row_ends_in_one_place(self, cleaned: SimpleNamespace, truths: dict) -> None:
        for account in cleaned.summary["registers"]:
            truth = truths["registers"][account["name"]]
            assert account["read"] == truth["rows"] + truth["not_data"]
            assert account["not_data"] == truth["not_data"]
            assert account["refused"] == 0
            assert account["read"] == sum(account[end] for end in ENDS)

    def test_each_true_request_is_there_once(
        self, cleaned: SimpleNamespace, truths: dict, faults: pd.DataFrame
    ) -> None:
        # A reference written otherwise in the second register is a probable duplicate: flagged, not merged.
        alike = faults["fault"].eq("").sum()
        assert len(cleaned.requests) == truths["requests"] + alike

    def test_a_request_of_two_registers_keeps_both(
        self, cleaned: SimpleNamespace, truths: dict, faults: pd.DataFrame
    ) -> None:
        alike = set(faults.loc[faults["fault"].eq(""), "request_id"])
        twice = cleaned.requests["register"].str.contains(";")
        assert set(cleaned.requests.loc[twice, "request_id"]) == set(truths["duplicates"]) - alike

    def test_what_carries_no_fault_comes_out_as_it_was(
        self, cleaned: SimpleNamespace, faults: pd.DataFrame
    ) -> None:
        truth = _recorded(example.draw()).drop(index=faults["request_id"].unique())
        found = cleaned.requests.drop_duplicates("request_id").set_index("request_id").loc[truth.index]
        for column in truth.columns:
            wrong = ~(
                truth[column].eq(found[column].astype(object).where(found[column].notna(), None))
                | (truth[column].isna() & found[column].isna())
            )
            assert not wrong.any(), pd.DataFrame({"truth": truth[column], "found": found[column]})[
                wrong
            ].head()

    @pytest.mark.parametrize(
        ("fault", "column"),
        [("partner_misspelt", "partner"), ("partner_ambiguous", "partner"), ("channel_misspelt", "channel")],
    )
    def test_a_term_that_is_not_recognised_is_an_issue_and_missing(
        self, cleaned: SimpleNamespace, faults: pd.DataFrame, fault: str, column: str
    ) -> None:
        for row in _of(faults, fault):
            assert cleaned.requests.loc[_at(cleaned.requests, row), column].isna().all()
            assert (_issues(cleaned, row)["column"] == column).any()

    @pytest.mark.parametrize("fault", NO_DURATION)
    def test_dates_that_give_no_duration_are_issues_and_undated(
        self, cleaned: SimpleNamespace, faults: pd.DataFrame, fault: str
    ) -> None:
        from mlastats.measure.durations import durations

        found, asked = (
            durations(cleaned.requests, as_of=date(2026, 9, 30)),
            schema.is_request(cleaned.requests),
        )
        for row in _of(faults, fault):
            at = _at(cleaned.requests, row)
            # A deportation is no request, and has no duration that could be missing.
            assert found.loc[at, "status"][asked[at]].isin(["undated"]).all()
            assert asked[at].all() or found.loc[at, "status"].isna().all()
            assert len(_issues(cleaned, row)) > 0

    def test_a_month_is_a_month(self, cleaned: SimpleNamespace, faults: pd.DataFrame) -> None:
        for row in _of(faults, "month_only"):
            assert cleaned.requests.loc[_at(cleaned.requests, row), "answered_precision"].tolist() == [
                "month"
            ]

    def test_a_row_written_twice_is_merged(self, cleaned: SimpleNamespace, faults: pd.DataFrame) -> None:
        for row in _of(faults, "row_twice"):
            assert cleaned.requests["request_id"].eq(row["request_id"]).sum() == 1

    def test_one_reference_for_two_requests_is_an_issue_and_both_stay(
        self, cleaned: SimpleNamespace, faults: pd.DataFrame
    ) -> None:
        for row in _of(faults, "reference_reused"):
            assert cleaned.requests["request_id"].eq(row["written_id"]).sum() == 2
            assert len(_issues(cleaned, row)) > 0

    def test_names_and_remarks_stay_unread(self, cleaned: SimpleNamespace) -> None:
        for frame in (cleaned.requests, cleaned.issues, cleaned.changes):
            text = frame.astype(str).stack()
            assert not text.str.contains(r"Person \d{4}|Remark \d{4}").any()


class TestWhatMeasuringRecovers:
    def test_planted_medians_lie_in_their_intervals(self, cleaned: SimpleNamespace, truths: dict) -> None:
        from mlastats.measure.turnaround import turnaround

        found = turnaround(cleaned.requests, ["channel"], as_of=date(2026, 9, 30))
        both = found.merge(pd.DataFrame(truths["laws"]), on=["direction", "channel"], suffixes=("", "_true"))
        inside = both["lower"].le(both["p50"]) & both["upper"].fillna(float("inf")).ge(both["p50"])
        assert len(both) == 17
        # Of seventeen intervals of 95 per cent, two or more miss one time in five; three, one in twenty.
        assert inside.sum() >= 15, both.loc[~inside]

    def test_the_average_of_closed_requests_flatters(self, cleaned: SimpleNamespace) -> None:
        from mlastats.measure.turnaround import turnaround

        found = turnaround(cleaned.requests, as_of=date(2026, 9, 30))
        assert found["closed_only_median"].lt(found["median_days"]).all()

    def test_counts_by_formality_and_partner(
        self, cleaned: SimpleNamespace, truths: dict, faults: pd.DataFrame
    ) -> None:
        requests = cleaned.requests[~_alike(cleaned.requests, faults)]
        lost = faults["fault"].isin(LOST_PARTNER).sum()
        assert requests["partner"].isna().sum() == lost
        found = requests["partner"].value_counts()
        assert found.sum() + lost == truths["requests"]
        for partner in set(truths["by_partner"]) - {"VNM", "THA", "KHM", "KOR"}:
            assert found[partner] == truths["by_partner"][partner]


def _recorded(requests: list[dict]) -> pd.DataFrame:
    """The true requests as far as a register has a column for it; by request."""
    registers = example.shapes()["registers"]
    rows = {}
    for request in requests:
        columns = {
            column
            for name in (request["agency"], request["_also"])
            if name
            for column in registers[name]["columns"].values()
            if column[0] != "_"
        }
        found = {column: request.get(column) for column in columns}
        rows[request["request_id"]] = {name: None if value == "" else value for name, value in found.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index", dtype=object).drop(columns="request_id")
    for column in ("urgent", "is_spontaneous"):
        frame[column] = frame[column].map({"yes": True, "no": False})
    for column in frame.columns.intersection([*schema.STAGES, *schema.DAYS]):
        frame[column] = pd.to_datetime(frame[column]).astype(object)
    return frame


def _of(faults: pd.DataFrame, fault: str) -> list[dict]:
    rows = faults[faults["fault"].eq(fault)].to_dict("records")
    assert rows
    return rows


def _place(row: dict) -> tuple[str, str]:
    sheets = len(example.shapes()["registers"][row["register"]].get("sheets", []))
    return row["register"], f"{row['sheet']}!{row['row']}" if sheets > 1 else str(row["row"])


def _at(requests: pd.DataFrame, row: dict) -> pd.Series:
    register, place = _place(row)
    return requests["register"].eq(register) & requests["source_row"].eq(place)


def _issues(cleaned: SimpleNamespace, row: dict) -> pd.DataFrame:
    register, place = _place(row)
    issues = cleaned.issues
    return issues[issues["register"].eq(register) & issues["row"].astype(str).eq(place)]


def _alike(requests: pd.DataFrame, faults: pd.DataFrame) -> pd.Series:
    return requests["request_id"].isin(faults.loc[faults["fault"].eq(""), "written_id"])


class TestWhatChannelsAndPartnersRecover:
    AS_OF = date(2026, 9, 30)

    def test_formal_and_informal_as_planted(self, cleaned: SimpleNamespace, truths: dict) -> None:
        from mlastats.measure import channels
        from mlastats.measure.intervals import wilson

        found = channels.use(cleaned.requests, as_of=self.AS_OF, span="")[["formal", "known"]].sum()
        lower, upper = wilson(found["formal"], found["known"])
        assert lower < truths["by_formality"]["formal"] / truths["requests"] < upper

    def test_every_partner_with_what_was_planted(
        self, cleaned: SimpleNamespace, truths: dict, faults: pd.DataFrame
    ) -> None:
        from mlastats.measure.partners import engagement

        found = engagement(cleaned.requests, as_of=self.AS_OF).set_index("partner")["contacts"]
        apart = cleaned.requests.loc[~schema.is_request(cleaned.requests), "partner"].value_counts()
        found = found.add(apart, fill_value=0)
        planted = pd.Series(truths["by_partner"])
        lost, alike = faults["fault"].isin(LOST_PARTNER).sum(), faults["fault"].eq("").sum()
        assert set(found.index) == set(planted.index)
        assert found.sub(planted).between(-lost, alike).all()
        assert -lost <= found.sum() - planted.sum() <= alike

    def test_the_partners_planted_with_bursts_are_those_found(self, cleaned: SimpleNamespace) -> None:
        from mlastats.measure.consistency import regularity

        planted = {code for code, shape in example.shapes()["partners"].items() if "bursts" in shape}
        found = regularity(cleaned.requests, as_of=self.AS_OF).set_index("partner")
        often = set(found.index[found["matters"].ge(10) & found["pattern"].ne("unknown")])
        bursts = set(found.index[found["pattern"].eq("bursts")])
        assert bursts <= planted
        assert bursts & often == planted & often

    def test_contacts_that_became_formal(self, cleaned: SimpleNamespace, truths: dict) -> None:
        from mlastats.measure import informal_first

        before = informal_first.informal_first(cleaned.requests, as_of=self.AS_OF)["preceded"].sum()
        # A reference that two requests carry cannot be followed.
        assert truths["linked"] - 2 <= before <= truths["linked"]

    def test_requests_without_a_legal_basis_as_planted(self, cleaned: SimpleNamespace) -> None:
        from mlastats.measure import ad_hoc
        from mlastats.measure.intervals import wilson

        formal = cleaned.requests[cleaned.requests["formality"].eq("formal")]
        found = (
            ad_hoc.ad_hoc(formal, "asean", as_of=self.AS_OF)
            .groupby("asean", observed=False)
            .sum(numeric_only=True)
        )
        inside = []
        for asean, weights in (("asean", "asean"), ("non_asean", "other")):
            shares = example.shapes()["legal_bases"][weights]
            for name, basis in (("no_basis", ""), ("reciprocity_only", "reciprocity")):
                lower, upper = wilson(found.loc[asean, name], found.loc[asean, "requests"])
                inside.append(lower < shares[basis] / sum(shares.values()) < upper)
        # Of four intervals of 95 per cent one misses in one draw of five, two in one of seventy.
        assert sum(inside) >= 3


class TestWhatTwoAgenciesKeepBeside:
    """Of the true requests that a register with the column holds; a reference written otherwise makes one twice."""

    @pytest.fixture
    def asked(self, cleaned: SimpleNamespace, faults: pd.DataFrame) -> pd.DataFrame:
        requests = cleaned.requests[~_alike(cleaned.requests, faults)]
        held = requests["register"].str.contains("mps|ospp")
        return requests[held & schema.is_request(requests)]

    def test_assistance_goes_both_ways_as_planted(self, asked: pd.DataFrame, truths: dict) -> None:
        # The other agency's copy, with a reference of its own, may be the one that is left.
        spare = len(truths["duplicates"]) - asked["register"].str.contains(";").sum()
        for way, planted in truths["beside"]["assistance"].items():
            codes = asked.loc[asked["formality"].eq(way), "assistance"].dropna().str.split(";").explode()
            found = codes.value_counts().reindex(list(planted), fill_value=0)
            # A channel that is misspelt leaves the formality open.
            assert (pd.Series(planted) - found).between(0, spare + 7).all()
        both = set(truths["beside"]["assistance"]["formal"]) & set(truths["beside"]["assistance"]["informal"])
        assert both == {"documents_bank", "locating", "statements", "subscriber_data", "tracing"}

    def test_for_the_same_assistance_the_informal_way_is_as_much_faster_as_planted(
        self, cleaned: SimpleNamespace, truths: dict
    ) -> None:
        from mlastats.measure import mix
        from mlastats.measure.groups import one_code_each

        planted = truths["both_ways"]
        each = one_code_each(cleaned.requests.dropna(subset=["assistance"]), ["assistance"])
        found = mix.compare(each, ["kind", "assistance"], as_of="2026-09-30")
        way = {name: planted["formal"][name] for name in ("direction", "kind", "assistance")}
        found = found[found[list(way)].eq(pd.Series(way)).all(axis=1)].set_index("formality")
        for arm in ("formal", "informal"):
            row, truth = found.loc[arm], planted[arm]
            # A few stood in the registers before.
            assert 0 <= row["requests"] - truth["requests"] <= 4
            assert row["lower"] <= truth["p50"] <= row["upper"]
        # The quarter and the half of both: planted is five times, and 50 requests an arm tell it within a half.
        times = found.loc["formal", ["p25", "median_days"]] / found.loc["informal", ["p25", "median_days"]]
        assert planted["times_as_long"] == 5
        assert times.between(5 / 1.5, 5 * 1.5).all()

    def test_what_nobody_asked_for_is_apart(self, cleaned: SimpleNamespace, truths: dict) -> None:
        unasked = cleaned.requests[cleaned.requests["is_spontaneous"].fillna(False)]
        assert len(unasked) == truths["beside"]["spontaneous"]["entries"] == 8
        assert unasked["answered"].notna().sum() == truths["beside"]["spontaneous"]["answered"] == 3
        assert not schema.is_request(unasked).any()

    def test_the_days_until_an_entry(self, asked: pd.DataFrame, truths: dict) -> None:
        for name, planted in truths["beside"]["entered_on"].items():
            mine = asked[asked["register"].eq(name)]
            days = (mine["entered_on"] - schema.requested_on(mine)).dt.days
            # Some first days are spoilt.
            assert abs(days.median() - planted["median_days"]) <= 1

    def test_supplements_causes_and_urgency_as_planted(
        self, cleaned: SimpleNamespace, asked: pd.DataFrame, truths: dict
    ) -> None:
        planted = truths["beside"]
        found = asked["supplements"].dropna().astype(str).value_counts()
        assert found.sub(pd.Series(planted["supplements"])).between(-10, 0).all()
        causes = asked["returned_cause"].dropna().str.split(";").explode().value_counts()
        assert causes.sub(pd.Series(planted["returned_cause"])).between(-2, 0).all()
        urgent = (
            cleaned.requests.loc[schema.is_request(cleaned.requests), "urgent"]
            .dropna()
            .map({True: "yes", False: "no"})
        )
        assert urgent.value_counts().sub(pd.Series(planted["urgent"])).abs().le(10).all()

    def test_deadlines_kept_and_missed(self, asked: pd.DataFrame, truths: dict) -> None:
        planted = pd.DataFrame(truths["beside"]["deadline"]).sum(axis=1)
        has = asked[asked["deadline"].notna()]
        assert abs(len(has) - planted.sum()) <= 10
        answered = has["outcome"].isin(["executed", "partly_executed", "refused"]) & has["answered"].notna()
        kept = (answered & has["answered"].le(has["deadline"])).sum()
        late = (answered & has["answered"].gt(has["deadline"])).sum()
        # Dates and outcomes that are spoilt are in neither.
        assert 0 <= planted["kept"] - kept <= 30
        assert abs(planted["late"] - late) <= 30

    @pytest.mark.parametrize(
        "offence", ["precursors", "migrant_smuggling", "terrorism", "terrorist_financing"]
    )
    def test_offences_told_apart(self, cleaned: SimpleNamespace, truths: dict, offence: str) -> None:
        asked = cleaned.requests[schema.is_request(cleaned.requests)]
        assert abs(asked["offence"].eq(offence).sum() - truths["beside"]["offence"][offence]) <= 2

    def test_no_basis_is_one_that_cannot_carry_its_offence(self, cleaned: SimpleNamespace) -> None:
        from mlastats.vocab import treaties

        based = cleaned.requests.dropna(subset=["legal_basis", "offence"])
        pairs = zip(based["legal_basis"], based["offence"], strict=True)
        assert not any(treaties.impossible(basis, "", offence) for basis, offence in pairs)
        resolutions = based["legal_basis"].isin(["unscr_1373", "unscr_2322", "unscr_2462", "icsft_1999"])
        assert set(based.loc[resolutions, "offence"]) <= {"terrorism", "terrorist_financing"}
        assert resolutions.any()


class TestWhatStandsBesideTheRequests:
    def test_assets_and_their_sums_are_recovered(self, cleaned: SimpleNamespace, truths: dict) -> None:
        from mlastats.measure import assets

        planted, held = truths["assets"], cleaned.beside["assets"]
        counts = assets.counts(held, cleaned.requests, as_of="2026-09-30")
        by_measure = counts.groupby("measure", observed=True)["assets"].sum()
        assert by_measure[by_measure.gt(0)].to_dict() == planted["by_measure"]
        sums = counts[["assets", "valued", "open", "unvalued"]].sum().tolist()
        assert sums == [planted["rows"], planted["valued"], planted["open"], planted["issues"]]
        found = assets.sums(held, cleaned.requests, as_of="2026-09-30")
        keys = found["direction"] + " " + found["currency"] + " " + found["measure"]
        assert dict(zip(keys, found["amount"], strict=True)) == planted["sums"]
        told = cleaned.issues[cleaned.issues["register"].eq("assets")]
        assert told["rule"].eq("request_unknown").sum() == planted["unknown_requests"]
        # A blank amount is not recorded, and no issue.
        assert told["rule"].eq("amount_unclear").sum() == planted["issues"] + planted["open"] - 1

    def test_persons_are_recovered(self, cleaned: SimpleNamespace, truths: dict) -> None:
        from mlastats.measure import persons

        found = persons.funnel(cleaned.beside["persons"], cleaned.requests, as_of="2026-09-30")
        steps = ["persons", "arrested", "consent", "decided", "surrendered"]
        counts = {f"{row['direction']} {step}": row[step] for _n, row in found.iterrows() for step in steps}
        assert counts == truths["persons"]["funnel"]
        # With consent a decision was planted within 10 to 50 days, without within 90 to 270.
        days = persons.decision_days(cleaned.beside["persons"], cleaned.requests, as_of="2026-09-30")
        medians = days.set_index(["direction", "consented"])["median_days"]
        for direction in ("incoming", "outgoing"):
            assert 10 <= medians[direction, "true"] <= 50
            assert 90 <= medians[direction, "false"] <= 270
