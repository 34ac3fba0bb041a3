"""Cleaning: every row ends in one place, every value is right or an issue, nothing private leaves."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mlastats import schema, settings
from mlastats.errors import InputRejected, MlaStatsError
from mlastats.measure.durations import durations
from mlastats.register import account, unmatched
from mlastats.register.account import ENDS, warnings
from mlastats.register.account import lines as account_lines
from mlastats.register.clean import clean, clean_workspace
from mlastats.register.files import read_register
from mlastats.register.mapping import READABLE, TRANSLATED, check
from mlastats.register.processed import Cleaned, inert, write

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})


def table(text: str) -> pd.DataFrame:
    """A register as text: columns of the schema, cells between bars."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return pd.DataFrame(rows[1:], columns=rows[0], dtype="str")


def of(cleaned: Cleaned, rule: str) -> pd.DataFrame:
    return cleaned.issues[cleaned.issues["rule"].eq(rule)]


class TestTheRequests:
    def test_a_register_by_hand(self) -> None:
        found = clean(
            table("""
                request_id | direction | partner  | kind        | channel    | received   | answered   | outcome
                A/1        | Incoming  | Thailand | Extradition | Embassy    | 2024-01-05 | 2024-03-01 | Executed
                A/2        | Outgoing  | VNM      | MLA         | INTERPOL   |            |            |
            """),
            LAO,
        ).requests
        assert list(found.columns) == list(schema.NAMES)
        assert found["partner"].tolist() == ["THA", "VNM"]
        assert found["kind"].tolist() == ["extradition", "mla"]
        assert found["formality"].tolist() == ["formal", "informal"]
        assert found["asean_partner"].tolist() == [True, True]
        assert found["answered"].tolist()[0] == pd.Timestamp("2024-03-01")
        assert found["source_row"].tolist() == ["2", "3"]

    @pytest.mark.parametrize("columns", ["partner_part | partner", "partner | partner_part"])
    def test_a_part_in_its_own_column_stands_above_that_of_the_partner(self, columns: str) -> None:
        cells = {"partner": "Scotland", "partner_part": "England"}
        row = " | ".join(cells[name] for name in columns.split(" | "))
        found = clean(table(f"request_id | {columns}\nA | {row}"), LAO).requests
        assert found[["partner", "partner_part"]].iloc[0].tolist() == ["GBR", "GB-ENG"]

    def test_a_change_in_a_column_that_no_register_has_is_made_in_it_alone(self) -> None:
        found = clean(table("request_id | partner\nA | Thailand\nB | VNM"), LAO).requests
        found.loc[0, ["agency", "sent", "urgent", "persons"]] = ["moj", pd.Timestamp("2024-01-05"), True, 2]
        others = ["kind", "legal_basis", "outcome", "answered", "closed", "is_enquiry"]
        assert found[others].isna().all(axis=None)
        assert found["agency"].fillna("").tolist() == ["moj", ""]

    def test_formal_if_any_channel_is(self) -> None:
        found = clean(table("request_id | channel\nA | INTERPOL; Embassy\nB | INTERPOL, BLO"), LAO).requests
        assert found["channel"].tolist() == ["diplomatic;interpol", "border_liaison;interpol"]
        assert found["formality"].tolist() == ["formal", "informal"]

    def test_timor_leste_joined_on_26_october_2025(self) -> None:
        found = clean(
            table("""
                request_id | direction | partner     | received
                A          | incoming  | Timor-Leste | 2025-10-25
                B          | incoming  | Timor-Leste | 2025-10-26
            """),
            LAO,
        ).requests
        assert found["asean_partner"].tolist() == [False, True]

    def test_a_term_that_is_unknown_is_missing_and_an_issue_with_a_line_to_paste(self) -> None:
        found = clean(table("request_id | channel\nA | Diplomtic"), LAO)
        assert found.requests["channel"].isna().all()
        (issue,) = of(found, "unknown_term").to_dict("records")
        assert (issue["row"], issue["column"], issue["value"], issue["severity"]) == (
            "2",
            "channel",
            "Diplomtic",
            "error",
        )
        assert "diplomatic,Diplomatic,Diplomtic,SOURCE" in issue["suggestion"]

    def test_a_dash_is_no_value_and_nil_is_a_number(self) -> None:
        found = clean(table("request_id | outcome | persons\nA | - | 0\nB | n/a | -"), LAO)
        assert found.requests["outcome"].isna().all()
        assert found.requests["persons"].tolist()[0] == 0
        assert pd.isna(found.requests["persons"].tolist()[1])
        assert set(of(found, "said_missing")["severity"]) == {"note"}

    @pytest.mark.parametrize("text", ["Direct", "Directe", "E-mail"])
    def test_a_channel_that_may_be_formal_or_not_is_neither(self, text: str) -> None:
        """Between courts it is formal, between police officers it is not."""
        found = clean(table(f"request_id | channel\nA | {text}"), LAO)
        assert found.requests[["channel", "formality"]].isna().all(axis=None)
        assert of(found, "unknown_term")["value"].tolist() == [text]

    @pytest.mark.parametrize("text", ["Pending", "En cours", "ຍັງຄ້າງ", "đang xử lý", "รอดำเนินการ"])
    def test_pending_is_no_outcome_and_no_mistake(self, text: str) -> None:
        found = clean(table(f"request_id | received | outcome\nA | 2024-02-01 | {text}"), LAO)
        assert found.requests["outcome"].isna().all()
        assert found.issues[["rule", "severity"]].to_numpy().tolist() == [["said_pending", "note"]]

    def test_a_request_said_to_be_pending_has_no_end_whatever_date_it_gives(self) -> None:
        found = clean(
            table("""
                request_id | received   | answered   | closed     | outcome
                A          | 2024-02-01 | 2024-03-01 | 2024-04    | pending
                B          | 2024-02-01 | 2024-03-02 |            | executed
            """),
            LAO,
        )
        assert found.requests["answered"].isna().tolist() == [True, False]
        assert found.requests["closed"].isna().all()
        assert found.requests["answered_precision"].isna().tolist() == [True, False]
        issues = of(found, "pending_with_end")
        assert issues[["row", "column", "value", "severity"]].to_numpy().tolist() == [
            ["2", "answered", "2024-03-01", "error"],
            ["2", "closed", "2024-04", "error"],
        ]

    @pytest.mark.parametrize("text", ["-3", "2.5", "two", "3 persons"])
    def test_persons_are_whole_numbers(self, text: str) -> None:
        found = clean(table(f"request_id | persons\nA | {text}"), LAO)
        assert found.requests["persons"].isna().all()
        assert len(of(found, "not_a_number")) == 1

    def test_lao_digits_are_digits(self) -> None:
        assert clean(table("request_id | persons\nA | ໑໒"), LAO).requests["persons"].tolist() == [12]

    def test_the_reporting_state_as_its_own_partner_is_a_doubt(self) -> None:
        assert len(of(clean(table("request_id | partner\nA | Lao PDR"), LAO), "own_state")) == 1

    def test_a_treaty_that_does_not_apply_to_the_kind_is_a_doubt(self) -> None:
        """ASEAN MLAT, article 2."""
        rows = table(
            "request_id | kind | legal_basis\nA | Extradition | ASEAN MLAT 2004\nB | MLA request | ASEAN MLAT 2004\n"
            "C | Extradition | UNCAC\nD | Extradition | -"
        )
        found = of(clean(rows, LAO), "treaty_not_applicable")
        assert found["value"].tolist() == ["asean_mlat"]

    def test_changes_count_rows_by_distinct_value(self) -> None:
        found = clean(
            table("request_id | kind\nA | Extradition\nB | Extradition\nC | extradition"), LAO
        ).changes
        (change,) = found[found["column"].eq("kind")].to_dict("records")
        assert (change["was"], change["now"], change["count"]) == ("Extradition", "extradition", 2)


class TestTheAccount:
    def test_rows_are_requests_copies_refused_or_no_data(self) -> None:
        found = clean(
            table("""
                request_id | partner | received   | remark
                A          | THA     | 2024-01-01 |
                A          | THA     | 2024-01-01 |
                           |         |            |
                           |         |            | a remark alone
            """),
            LAO,
        )
        (account,) = found.summary["registers"]
        assert (account["read"], account["requests"], account["copies"]) == (4, 1, 1)
        assert (account["refused"], account["not_data"]) == (0, 2)
        assert account["not_data_rows"] == {"note": ["5"]}

    def test_what_asks_for_nothing_is_no_request_of_the_account(self) -> None:
        """Five rows: two deportations, a request that is pending, one that ended, and a copy of it."""
        found = clean(
            table("""
                request_id | kind        | partner | received   | answered
                A          | deportation | THA     | 2024-01-01 |
                B          | deportation | THA     | 2024-01-02 |
                C          | mla         | THA     | 2024-01-03 |
                D          | mla         | THA     | 2024-01-04 | 2024-02-01
                D          | mla         | THA     | 2024-01-04 | 2024-02-01
            """),
            LAO,
        )
        (account,) = found.summary["registers"]
        assert [account[name] for name in ("read", "requests", "apart", "copies", "pending")] == [
            5,
            2,
            2,
            1,
            1,
        ]
        assert account_lines(found.summary)[0] == (
            "register: 5 rows read = 2 requests + 2 counted apart + 1 copy + 0 joined + 0 refused + 0 not data"
        )

    def test_a_register_without_a_pending_case_is_suspect(self) -> None:
        found = clean(table("request_id | received | answered\nA | 2024-01-01 | 2024-02-01"), LAO)
        assert any("pending" in warning for warning in warnings(found.summary["registers"][0]))

    def test_a_register_that_is_long_silent_is_asked_until_when_it_is_complete(self) -> None:
        text = "request_id | received\nA | {}"
        for day, said in (("2026-07-02", False), ("2026-07-01", True)):  # 90 and 91 days before as_of
            told = warnings(clean(table(text.format(day)), LAO).summary["registers"][0])
            assert any("log_end" in warning for warning in told) == said


class TestAWorkspace:
    def test_constants_values_and_corrections(self, workspace: Callable[..., Path]) -> None:
        home = workspace({"police.csv": "No,Country,Way,Got\n1,Thailand,Bag,2024-02-03\n"})
        (home / "map.toml").write_text(
            '[columns]\nNo = "request_id"\nCountry = "partner"\nWay = "channel"\nGot = "received"\n'
            '[constants]\ndirection = "incoming"\n[values.channel]\nBag = "diplomatic"\n'
        )
        text = (home / "mlastats.toml").read_text()
        (home / "mlastats.toml").write_text(
            text.replace('name = "police"', 'name = "police"\nmapping = "map.toml"')
        )
        (home / "data" / "corrections.csv").write_text(
            "request,column,was,now,reason,by,on\n1,partner,Thailand,Viet Nam,misread,the agency,2026-01-02\n"
        )
        found = clean_workspace(settings.load(home / "mlastats.toml")).requests
        assert found[["direction", "partner", "channel"]].iloc[0].tolist() == [
            "incoming",
            "VNM",
            "diplomatic",
        ]

    def test_a_correction_that_no_longer_applies_stops_the_run(self, workspace: Callable[..., Path]) -> None:
        home = workspace({"police.csv": "request_id,partner\n1,Thailand\n"})
        (home / "data" / "corrections.csv").write_text(
            "request,column,was,now,reason,by,on\n1,partner,Siam,Viet Nam,misread,the agency,2026-01-02\n"
        )
        with pytest.raises(InputRejected, match="line 2, column partner"):
            clean_workspace(settings.load(home / "mlastats.toml"))

    def test_every_register_that_cannot_be_read_is_named(self, workspace: Callable[..., Path]) -> None:
        home = workspace({"one.csv": "", "two.csv": "request_id\n1\n", "three.csv": b"PK\x03\x04no"})
        with pytest.raises(InputRejected, match=r"(?s)one.*three"):
            clean_workspace(settings.load(home / "mlastats.toml"))

    def test_what_is_written_is_read_again_as_it_was(self, workspace: Callable[..., Path]) -> None:
        rows = (
            f"{n},{'Thailand' * (n % 3 > 0)},{'2024-01-05' * (n % 5 > 1)},{'Refused' * (n > 8 or n in (0, 6))}"
            for n in range(19)
        )
        home = workspace({"police.csv": "\n".join(["request_id,partner,received,outcome", *rows])})
        loaded = settings.load(home / "mlastats.toml")
        cleaned = clean_workspace(loaded)
        write(cleaned, loaded)
        read = schema.read(home / "data" / "processed" / "requests.parquet")
        assert read["partner"].fillna("").tolist() == ["THA" if n % 3 else "" for n in range(19)]
        assert read["received"].isna().tolist() == [n % 5 <= 1 for n in range(19)]
        assert read[["sent", "agency", "urgent", "persons"]].isna().all(axis=None)
        pd.testing.assert_frame_equal(read, cleaned.requests)

    def test_what_is_written_is_for_its_owner_alone(self, workspace: Callable[..., Path]) -> None:
        home = workspace({"police.csv": "request_id,partner\n1,Thailand\n"})
        loaded = settings.load(home / "mlastats.toml")
        write(clean_workspace(loaded), loaded)
        written = [path for path in (home / "data" / "processed").rglob("*") if path.is_file()]
        files = {path.name: path.stat().st_mode & 0o777 for path in written}
        assert files == dict.fromkeys(
            ("requests.parquet", "issues.csv", "changes.csv", "summary.json"), 0o600
        )

    def test_nothing_is_written_where_the_account_does_not_add_up(
        self, workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = workspace({"police.csv": "request_id,partner\n1,Thailand\n"})
        loaded = settings.load(home / "mlastats.toml")
        write(clean_workspace(loaded), loaded)
        folder = home / "data" / "processed"
        before = {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
        (home / "data" / "raw" / "police.csv").write_text("request_id,partner\n1,Thailand\n2,Laos\n", "utf-8")
        monkeypatch.setattr(account, "ENDS", ("requests", "refused"))  # as if the header were lost
        with pytest.raises(MlaStatsError, match="A row is lost or counted twice; nothing was written"):
            write(clean_workspace(loaded), loaded)
        assert {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()} == before

    def test_what_no_column_asks_for_leaves_the_register_nowhere(
        self, workspace: Callable[..., Path]
    ) -> None:
        canary, mapped = "Ms Canary Unread", "Mr Canary Mapped"
        home = workspace(
            {"canary.csv": f"request_id,partner,Full name of person,channel\n1,{mapped},{canary},{mapped}\n"}
        )
        loaded = settings.load(home / "mlastats.toml")
        write(clean_workspace(loaded), loaded)
        for path in filter(Path.is_file, (home / "data" / "processed").rglob("*")):
            content = path.read_bytes().decode(errors="replace")
            assert canary not in content
            assert "Full name" not in content
            assert mapped not in content or path.name == "issues.csv"


class TestWhatWasRefusedIsNotBlank:
    """A cell that said something which was not understood is never one that said nothing."""

    @pytest.mark.parametrize(
        ("answered", "outcome", "status"),
        [
            ("", "", "pending"),
            ("", "pending", "pending"),
            ("in progress", "", "pending"),
            ("n/a", "-", "pending"),
            ("", "Sent on to another ministry", "undated"),
            ("", "Executed; Refused", "undated"),
            ("soon after", "", "undated"),
            ("31/02/2024", "", "undated"),
            ("#REF!", "", "undated"),
            ("", "#N/A", "undated"),
            ("soon after", "pending", "pending"),
            ("2024-02-01", "Sent on to another ministry", "answered"),
        ],
    )
    def test_an_end_that_is_not_understood_is_an_end(self, answered: str, outcome: str, status: str) -> None:
        found = clean(
            table(f"""
                request_id | direction | received   | answered   | outcome
                A          | Incoming  | 2024-01-05 | {answered} | {outcome}
                B          | Incoming  | 2024-01-05 | 2024-02-01 | Executed
            """),
            LAO,
        )
        assert durations(found.requests, as_of="2026-09-30")["status"].iloc[0] == status

    def test_an_error_of_a_spreadsheet_is_an_issue_wherever_it_stands(self) -> None:
        found = clean(
            table("""
                request_id | partner  | received   | persons
                A          | #N/A     | #VALUE!    | #DIV/0!
                #REF!      | Thailand | 2024-01-05 | 1
                #REF!      | Thailand | 2024-01-05 | 1
            """),
            LAO,
        )
        errors = of(found, "error_cell")
        assert sorted(zip(errors["row"], errors["column"], strict=True)) == [
            ("2", "partner"),
            ("2", "persons"),
            ("2", "received"),
            ("3", "request_id"),
            ("4", "request_id"),
        ]
        assert found.requests["request_id"].fillna("").tolist() == ["A", "", ""]

    def test_a_reference_that_begins_with_a_sign_is_none(self) -> None:
        found = clean(table("request_id | received\n#12 | 2024-01-05\n# N/A/3 | 2024-01-05"), LAO)
        assert found.requests["request_id"].tolist() == ["#12", "# N/A/3"]

    def test_errors_and_formulas_without_a_value_in_a_workbook(self, tmp_path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        sheet = book.active
        rows = [
            ("request_id", "partner", "received", "answered"),
            ("A", "Thailand", "2024-01-05", "=B2"),
            ("B", "#N/A", "2024-01-06", ""),
            ("C", "China", "2024-01-07", ""),
        ]
        for row in rows:
            sheet.append(row)
        book.save(tmp_path / "register.xlsx")
        found = clean(read_register(tmp_path / "register.xlsx"), LAO)
        errors = of(found, "error_cell")
        assert sorted(zip(errors["row"], errors["column"], strict=True)) == [
            ("2", "answered"),
            ("3", "partner"),
        ]
        assert found.requests["outcome"].fillna("").tolist() == ["unclear", "", ""]


class TestWhatASpreadsheetWouldRun:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("=1+1", "'=1+1"),
            ("＝1+1", "'＝1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd", "'+cmd"),
            ("-2+3", "'-2+3"),
            ("-", "'-"),
            ("\t=1", "\t'=1"),
            (" =1", "' =1"),
            ("ok;=1+1", "ok;'=1+1"),
            ('ok; "＋1;-2', "ok;' \"＋1;'-2"),
            ("A-1; B=2", "A-1; B=2"),
            ("-1.75", "-1.75"),
            ("-1.75e3", "-1.75e3"),
            ("-12.5", "-12.5"),
            ("+7", "+7"),
            ("A=1", "A=1"),
        ],
    )
    def test_is_written_as_text_and_a_number_as_a_number(self, text: str, written: str) -> None:
        frame = pd.DataFrame({"value": pd.Series([text], dtype="str"), "count": [-1]})
        assert inert(frame).to_dict("records") == [{"value": written, "count": -1}]

    def test_in_each_file_that_is_opened_in_one(self, workspace: Callable[..., Path]) -> None:
        home = workspace({"police.csv": 'request_id,partner,kind\n1,"=HYPERLINK(1)",@SUM(1)\n'})
        loaded = settings.load(home / "mlastats.toml")
        cleaned = clean_workspace(loaded)
        write(cleaned, loaded)
        unmatched.write(unmatched.check(cleaned), loaded)
        for name in ("issues.csv", "changes.csv", "unmatched.csv"):
            text = pd.read_csv(home / "data" / "processed" / name, dtype=str, keep_default_na=False)
            cells = text.astype(str).stack()
            assert not cells.str.match(r"[=+\-@]").any(), name


WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "-",
            "Thailand",
            "MLA",
            "INTERPOL; Embassy",
            "2024-01-31",
            "31/01/2024",
            "ໄທ",
            "A/1",
            "=1+1",
        ]
    ),
    st.text(max_size=12),
)
COLUMNS = st.lists(
    st.one_of(st.sampled_from(READABLE), st.text(max_size=8)), min_size=1, max_size=6, unique=True
)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    names = draw(COLUMNS)
    rows = draw(st.lists(st.lists(WORDS, min_size=len(names), max_size=len(names)), max_size=8))
    return pd.DataFrame(rows, columns=names, dtype="str")


HEADERS = st.one_of(st.sampled_from(READABLE), st.text(max_size=8))
ZONES = st.sampled_from(["Asia/Vientiane", "UTC", "Nowhere/Land"])
MAPPINGS = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.dictionaries(HEADERS, st.sampled_from(READABLE), max_size=4),
        "constants": st.dictionaries(
            st.sampled_from(READABLE), st.one_of(WORDS, st.integers(), st.booleans(), st.dates()), max_size=2
        ),
        "values": st.dictionaries(
            st.sampled_from(sorted(TRANSLATED)),
            st.dictionaries(WORDS, st.sampled_from(["", "THA", "incoming", "mla", "interpol"]), max_size=3),
            max_size=2,
        ),
        "order": st.sampled_from(["dmy", "mdy", "ymd", "ydm"]),
        "era": st.sampled_from(["gregorian", "buddhist", "roc"]),
        "time_zone": ZONES,
        "clock": ZONES,
        "sheets": st.lists(st.one_of(st.integers(), st.text(max_size=4)), max_size=2),
        "header_row": st.integers(0, 12),
        "delimiter": st.one_of(st.sampled_from(",;|\t"), st.characters()),
        "encoding": st.sampled_from(["utf-8", "cp874", "cp1252", "utf-16", "hex", "idna", "none such"]),
        "hashed": st.lists(st.sampled_from(["request_id", "linked_request_id"]), max_size=2),
    },
)


class TestArbitraryInput:
    @effort(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(given_table=tables(), mapping=MAPPINGS, encoding=st.sampled_from(["utf-8", "utf-16", "utf-7"]))
    def test_any_mapping_is_followed_or_rejected(
        self, given_table: pd.DataFrame, mapping: dict[str, object], encoding: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "register.csv"
        path.write_bytes(given_table.to_csv(index=False).encode(encoding))
        try:
            raw = read_register(path, check(mapping))
            found = clean(raw, LAO)
        except MlaStatsError:
            return
        (account,) = found.summary["registers"]
        assert account["read"] == raw.read
        assert account["read"] == sum(account[end] for end in ENDS)
        assert len(found.requests) == account["requests"] + account["apart"]

    @effort(max_examples=150, deadline=None)
    @given(given_table=tables())
    def test_no_row_is_lost_and_no_fault_is_a_traceback(self, given_table: pd.DataFrame) -> None:
        try:
            found = clean(given_table, LAO)
        except MlaStatsError:
            return
        (account,) = found.summary["registers"]
        assert account["read"] == len(given_table)
        assert account["read"] == sum(account[end] for end in ENDS)
        assert len(found.requests) == account["requests"] + account["apart"]

    @effort(max_examples=100, deadline=None)
    @given(given_table=tables())
    def test_cleaning_what_was_cleaned_changes_nothing(self, given_table: pd.DataFrame) -> None:
        # What tells rows of one reference apart may be in cells that are not carried on.
        if "request_id" in given_table:
            given_table = given_table.drop_duplicates("request_id", ignore_index=True)
        try:
            once = clean(given_table, LAO).requests
        except MlaStatsError:
            return
        # A row of which other cells were refused may be left with so little that it is no request by the rules of rows.
        named = once[["request_id", "partner"]].notna().any(axis=1)
        once = once[named & once[[*schema.STAGES]].notna().any(axis=1)]
        twice = clean(once, LAO).requests
        columns = [n for n in schema.NAMES if n not in ("source_row", "register", "probable_duplicate")]
        pd.testing.assert_frame_equal(twice[columns], once[columns].reset_index(drop=True))

    @effort(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(content=st.one_of(st.binary(max_size=400), tables().map(lambda t: t.to_csv(index=False).encode())))
    def test_any_bytes_are_read_or_rejected(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "register.csv"
        path.write_bytes(content)
        try:
            raw = read_register(path)
            found = clean(raw, LAO)
        except MlaStatsError:
            return
        (account,) = found.summary["registers"]
        assert account["read"] == sum(account[end] for end in ENDS)
