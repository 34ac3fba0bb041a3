"""Headers in seven languages, the mapping that `mlastats map` proposes, and what a mapping can fix."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from click.testing import CliRunner

from mlastats import settings, vocab
from mlastats.cli import cli
from mlastats.errors import InputRejected
from mlastats.register import mapping, proposal
from mlastats.register.clean import clean, clean_workspace
from mlastats.register.files import from_frame, read_register
from mlastats.register.headers import column_of
from mlastats.register.processed import Cleaned

LAO = settings.check({"reporting_state": "LAO", "as_of": "2026-09-30"})
# Columns that a register can have; what is derived or is the precision of a date is not among them.
COLUMNS = [name for name in mapping.TARGETS if not name.endswith("_precision")]


class TestSynonyms:
    @pytest.mark.parametrize(
        ("header", "column"),
        [
            ("Reference No.", "request_id"),
            ("N° de dossier", "request_id"),
            ("ເລກທີ", "request_id"),
            ("เลขที่", "request_id"),
            ("Số hồ sơ", "request_id"),
            ("លេខយោង", "request_id"),
            ("Nomor referensi", "request_id"),
            ("No. Rujukan", "request_id"),
            ("Requesting State", "partner"),
            ("Requesting jurisdiction", "partner"),
            ("État requis", "partner"),
            ("Etat requis", "partner"),
            ("ປະເທດ", "partner"),
            ("ประเทศผู้ร้องขอ", "partner"),
            ("Nước yêu cầu", "partner"),
            ("ប្រទេស", "partner"),
            ("Negara peminta", "partner"),
            ("Negara pemohon", "partner"),
            ("Incoming/Outgoing", "direction"),
            ("ຂາເຂົ້າ/ຂາອອກ", "direction"),
            ("Masuk/Keluar", "direction"),
            ("Type of request", "kind"),
            ("Nature de la demande", "kind"),
            ("ປະເພດຄຳຮ້ອງຂໍ", "kind"),
            ("ປະເພດຄໍາຮ້ອງຂໍ", "kind"),
            ("ประเภทคำร้องขอ", "kind"),
            ("Loại yêu cầu", "kind"),
            ("Jenis permintaan", "kind"),
            ("ຂໍ້ຫາ", "offence"),
            ("ฐานความผิด", "offence"),
            ("Tội danh", "offence"),
            ("បទល្មើស", "offence"),
            ("Tindak pidana", "offence"),
            ("Base légale", "legal_basis"),
            ("Dasar hukum", "legal_basis"),
            ("Căn cứ pháp lý", "legal_basis"),
            ("ຊ່ອງທາງ", "channel"),
            ("Voie de transmission", "channel"),
            ("ช่องทาง", "channel"),
            ("Date of receipt", "received"),
            ("DATE RECEIVED", "received"),
            ("Reçu le", "received"),
            ("ວັນທີໄດ້ຮັບ", "received"),
            ("วันที่รับเรื่อง", "received"),
            ("Ngày nhận", "received"),
            ("Tanggal diterima", "received"),
            ("Tarikh terima", "received"),
            ("កាលបរិច្ឆេទទទួល", "received"),
            ("Date d’envoi", "sent"),
            ("ວັນທີສົ່ງ", "sent"),
            ("Ngày gửi", "sent"),
            ("ວັນທີສົ່ງຕໍ່", "forwarded"),
            ("ວັນທີຕອບ", "answered"),
            ("ວັນທີຕອບຮັບ", "acknowledged"),
            ("วันที่ตอบรับ", "acknowledged"),
            ("วันที่ตอบกลับ", "answered"),
            ("Ngày trả lời", "answered"),
            ("Date de clôture", "closed"),
            ("Kết quả", "outcome"),
            ("ຜົນໄດ້ຮັບ", "outcome"),
            ("Motif de refus", "refusal_ground"),
            ("Lý do từ chối", "refusal_ground"),
            ("Ref. / ເລກທີ", "request_id"),
            ("ປະເທດ (Country)", "partner"),
            ("Date received\nວັນທີຮັບ", "received"),
            ("Tracking number", "request_id"),
            ("Date requested", "requested"),
            ("Date fulfilled", "answered"),
        ],
    )
    def test_a_header_as_registers_write_it(self, header: str, column: str) -> None:
        assert column_of(header) == column

    @pytest.mark.parametrize(
        "header",
        [
            *("No.", "ລ/ດ", "ที่", "STT", "Name", "ຊື່", "ชื่อ", "Remarks", "Passport no", "Date", "ວັນທີ", ""),
            *("Date received / Date sent", "Forwarded to", "Status"),
        ],
    )
    def test_what_is_no_column_or_may_be_two_is_not_read(self, header: str) -> None:
        assert column_of(header) is None

    @pytest.mark.parametrize("column", COLUMNS)
    def test_every_column_has_synonyms_in_lao_thai_and_khmer(self, column: str) -> None:
        aliases = vocab.codes("header")[column]["aliases"]
        for script in ("\u0e80-\u0eff", "\u0e00-\u0e7f", "\u1780-\u17ff"):
            first, last = script.split("-")
            assert any(first <= sign <= last for sign in aliases), (column, script)

    def test_the_vocabulary_has_every_column_and_no_other(self) -> None:
        assert set(vocab.codes("header")) == set(COLUMNS)


class TestTheProposal:
    def propose(self, columns: dict[str, list[str]]) -> proposal.Proposal:
        return proposal.propose(from_frame(pd.DataFrame(columns, dtype="str")))

    def test_exact_then_suggested_then_unread(self) -> None:
        found = self.propose(
            {
                "Country": ["Thailand", "Viet Nam"],
                "Date recieved": ["2024-01-02", "2024-01-03"],
                "Favourite colour": ["red", "blue"],
            }
        )
        assert [(e.header, e.column, e.how) for e in found.entries] == [
            ("Country", "partner", "exact"),
            ("Date recieved", "received", "suggested"),
            ("Favourite colour", "", "unread"),
        ]
        assert found.entries[0].examples == ("Thailand", "Viet Nam")
        assert found.entries[1].likeness < 100
        assert found.entries[2].examples == ()

    def test_a_column_of_names_is_not_suggested(self) -> None:
        names = [f"Canary {letter}" for letter in "ABCDEFGH"]
        found = self.propose({"Nom de la personne": names, "Nombre de personnes": ["1"] * 8})
        assert [entry.how for entry in found.entries] == ["unread", "exact"]
        alone = self.propose({"Nom de la personne": names})
        assert [entry.how for entry in alone.entries] == ["unread"]

    def test_two_headers_of_one_column_are_for_the_analyst_to_choose(self) -> None:
        found = self.propose({"Requesting State": ["Laos"], "Requested State": ["Thailand"]})
        assert [entry.how for entry in found.entries] == ["suggested", "suggested"]
        assert found.claimed == ("partner",)

    def test_only_what_is_exact_is_in_force_in_the_file(self, tmp_path: Path) -> None:
        headers = {"Country": ["Laos"], "Date recieved": ["2024-01-02"], 'Odd "header" \\ ]': ["x"]}
        target = tmp_path / "police.toml"
        proposal.write(self.propose(headers), target)
        assert mapping.load(target).columns == {"Country": "partner"}
        approved = target.read_text(encoding="utf-8").replace('# "Date recieved"', '"Date recieved"')
        target.write_text(approved, encoding="utf-8")
        assert mapping.load(target).columns == {"Country": "partner", "Date recieved": "received"}

    def test_a_mapping_that_exists_is_not_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "police.toml").write_text("mine")
        with pytest.raises(InputRejected, match="exists already"):
            proposal.write(self.propose({"Country": ["Laos"]}), tmp_path / "police.toml")
        assert (tmp_path / "police.toml").read_text() == "mine"

    @pytest.mark.parametrize("register", ["moj.csv", "mps.csv", "mofa.xlsx", "ospp.xlsx"])
    def test_of_the_example_is_what_was_approved(self, root: Path, register: str) -> None:
        source = root / "data" / "raw" / "example" / register
        found = proposal.propose(read_register(source))
        approved = mapping.load(source.with_suffix(".toml")).columns
        assert {entry.header: entry.column for entry in found.of("exact")} == approved

    def test_of_a_real_log(self, shared: Path) -> None:
        found = proposal.propose(read_register(shared / "receipt" / "receipt_cases.csv"))
        exact = {entry.header: entry.column for entry in found.of("exact")}
        assert exact == {
            "id": "request_id",
            "received": "received",
            "completed": "answered",
            "deadline": "deadline",
        }
        # Its channels and departments are in no vocabulary.
        left = {entry.header: entry.why for entry in found.entries if entry.why}
        assert {"channel", "department"} <= set(left)

    def test_a_header_that_is_known_over_values_that_are_something_else(self) -> None:
        found = self.propose(
            {
                "state": ["open", "done", "open", "done", "open"],
                "type": ["road", "light", "tree", "bench", "sign"],
                "Date received": ["2024-01-02", "March 2020", "n/a", "43000", ""],
            }
        )
        assert [(e.header, e.column, e.how) for e in found.entries] == [
            ("state", "partner", "suggested"),
            ("type", "", "unread"),
            ("Date received", "received", "exact"),
        ]
        assert found.entries[0].why == "the header says partner, and 0% of its values do"

    def test_values_suggest_and_are_not_shown(self) -> None:
        states = ["Thailand", "Viet Nam", "China", "Cambodia", "France", "Japan"]
        days = [f"2024-01-{n:02}" for n in range(1, 7)]
        letters = [f"AB{n}77123" for n in range(6)]
        columns = {
            "Whither": states,
            "When": days,
            "Date of birth": days,
            "Nationality": states,
            "No. X": letters,
        }
        found = self.propose(columns)
        assert [(e.header, e.column, e.how) for e in found.entries] == [
            ("Whither", "partner", "suggested"),
            ("When", "days", "suggested"),
            ("Date of birth", "", "unread"),
            ("Nationality", "", "unread"),
            ("No. X", "", "unread"),  # passports look like this
        ]
        assert [entry.examples for entry in found.entries] == [()] * 5
        assert found.of("exact") == []
        assert [e.how for e in self.propose({"Country": states, "Whither": states}).entries] == [
            "exact",
            "unread",
        ]

    def test_sheets_that_cannot_be_read_are_named_and_left(self, tmp_path: Path) -> None:
        path = tmp_path / "register.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet("Cover").write("A1", "Register of requests")
            book.add_worksheet("2024").write_row("A1", ["Ref No", "Country", "Date received"])
            book.get_worksheet_by_name("2024").write_row("A2", ["A1", "Thailand", "2024-01-10"])
        found = proposal.propose(read_register(path, alone=True))
        assert (found.left, found.sheets) == ((1,), (2,))
        proposal.write(found, tmp_path / "register.toml")
        assert mapping.load(tmp_path / "register.toml").sheets == [2]
        assert len(read_register(path, tmp_path / "register.toml").frame) == 1


class TestTheCommand:
    def run(self, tmp_path: Path, *more: str) -> tuple[Path, object]:
        register = tmp_path / "police.csv"
        text = "Country,Date recieved,Name of the person\nThailand,2024-01-02,Canary Seven\n"
        register.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(cli, ["map", str(register), *more])
        assert result.exit_code == 0, result.output
        return register.with_suffix(".toml"), result

    def test_a_log_gets_no_header_and_no_value(self, tmp_path: Path) -> None:
        target, result = self.run(tmp_path)
        said = result.stdout + result.stderr  # type: ignore[attr-defined]
        assert "1 columns known, 1 suggested, 1 unread. Correct and approve police.toml" in said
        for secret in ("Canary", "Thailand", "Name of the person", "recieved", str(tmp_path)):
            assert secret not in said
        assert "Canary" not in target.read_text(encoding="utf-8")

    def test_machines_get_columns_and_numbers(self, tmp_path: Path) -> None:
        _target, result = self.run(tmp_path, "--json")
        assert json.loads(result.stdout) == {  # type: ignore[attr-defined]
            "known": ["partner"],
            "suggested": ["received"],
            "unread": 1,
        }

    def test_the_analysts_screen_shows_values_but_never_those_of_unread_columns(self) -> None:
        frame = pd.DataFrame({"Country": ["Thailand"], "Name": ["Canary Seven"]}, dtype="str")
        shown = "\n".join(proposal.lines(proposal.propose(from_frame(frame))))
        assert "Thailand" in shown
        assert "100% filled, 1 distinct values" in shown
        assert "Canary" not in shown

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(cli, ["map", str(tmp_path / "none.csv")])
        assert result.exit_code == 3
        assert "The file none.csv does not exist. Check its name." in result.stderr
        assert "configuration" not in result.stderr

    def test_a_sheet_and_the_row_of_its_header(self, tmp_path: Path) -> None:
        with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
            for name in ("one", "two"):
                sheet = book.add_worksheet(name)
                sheet.write_row("A1", ["Country", "Kind of thing"])
                sheet.write_row("A2", ["Ref no", "Country"])
                sheet.write_row("A3", ["A/1", "Thailand"])
        given = ["map", str(tmp_path / "book.xlsx"), "--sheet", "two", "--header-row", "2"]
        assert CliRunner().invoke(cli, given).exit_code == 0
        made = mapping.load(tmp_path / "book.toml")
        assert (made.sheets, made.header_row) == ([2], 2)
        assert made.columns == {"Ref no": "request_id", "Country": "partner"}


class TestWhatAMappingFixes:
    def cleaned(self, workspace: Callable[..., Path], register: str, approved: str) -> Cleaned:
        home = workspace({"police.csv": register})
        (home / "map.toml").write_text(approved, encoding="utf-8")
        text = (home / "mlastats.toml").read_text(encoding="utf-8")
        named = 'name = "police"\nmapping = "map.toml"\ntime_zone = "Asia/Vientiane"'
        (home / "mlastats.toml").write_text(text.replace('name = "police"', named), encoding="utf-8")
        return clean_workspace(settings.load(home / "mlastats.toml"))

    def test_the_order_of_day_and_month(self, workspace: Callable[..., Path]) -> None:
        for order, day in (("dmy", "2017-04-03"), ("mdy", "2017-03-04")):
            found = self.cleaned_once(workspace, order, "received\n03/04/2017\n", f'order = "{order}"\n')
            assert found.requests["received"].tolist() == [pd.Timestamp(day)]

    def test_the_era(self, workspace: Callable[..., Path]) -> None:
        found = self.cleaned_once(workspace, "era", "received\n3 មករា 2567\n", 'era = "buddhist"\n')
        assert found.requests["received"].tolist() == [pd.Timestamp("2024-01-03")]

    def test_the_clock_of_times_that_name_no_zone(self, workspace: Callable[..., Path]) -> None:
        # 18:30 in UTC is the next day in Vientiane, seven hours ahead.
        found = self.cleaned_once(workspace, "clock", "received\n2024-01-02 18:30\n", 'clock = "UTC"\n')
        assert found.requests["received"].tolist() == [pd.Timestamp("2024-01-03")]
        without = self.cleaned_once(workspace, "none", "received\n2024-01-02 18:30\n", "")
        assert without.requests["received"].tolist() == [pd.Timestamp("2024-01-02")]

    def test_the_zone_in_which_days_are_counted(self, workspace: Callable[..., Path]) -> None:
        approved = 'time_zone = "America/New_York"\n'
        found = self.cleaned_once(workspace, "zone", "received\n2024-01-02T03:00:00+00:00\n", approved)
        assert found.requests["received"].tolist() == [pd.Timestamp("2024-01-01")]

    def test_translations_of_partners_terms_and_marks(self, workspace: Callable[..., Path]) -> None:
        register = "request_id,partner,channel,urgent\n1,Neighbour A,Bag,red\n2,Thailand,n.b.,blue\n"
        approved = (
            '[values.partner]\n"Neighbour A" = "NGA"\n[values.channel]\nbag = "fiu;customs"\n"n.b." = ""\n'
            '[values.urgent]\nRed = "true"\nblue = "false"\n'
        )
        found = self.cleaned_once(workspace, "values", register, approved)
        assert found.requests["partner"].tolist() == ["NGA", "THA"]
        assert found.requests["partner_kind"].tolist() == ["state", "state"]
        assert found.requests["channel"].tolist()[0] == "customs;fiu"
        assert found.requests["channel"].isna().tolist() == [False, True]
        assert found.requests["urgent"].tolist() == [True, False]
        assert set(found.issues["rule"]) <= {"no_date"}

    def test_constants_fill_what_the_register_leaves_blank(self, workspace: Callable[..., Path]) -> None:
        register = "request_id,direction,received\n1,,2024-01-02\n2,outgoing,2024-01-02\n"
        approved = '[constants]\ndirection = "incoming"\nurgent = true\nagency = "mps"\n'
        found = self.cleaned_once(workspace, "constants", register, approved)
        assert found.requests["direction"].tolist() == ["incoming", "outgoing"]
        assert found.requests["urgent"].tolist() == [True, True]
        assert found.requests["agency"].tolist() == ["mps", "mps"]

    def cleaned_once(
        self, workspace: Callable[..., Path], folder: str, register: str, approved: str
    ) -> Cleaned:
        return self.cleaned(lambda files: workspace(files, folder=folder), register, approved)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"order": "dym"}, "'dmy', 'mdy' or 'ymd'"),
            ({"era": "lunar"}, "'gregorian', 'buddhist' or 'roc'"),
            ({"clock": "Mars"}, "no such zone"),
            ({"time_zone": "Laos"}, "no such zone"),
            ({"header_row": -1}, "greater than or equal to 0"),
            ({"columns": {"Secret": "nix"}}, "entry 1: no such column"),
            ({"columns": {"Secret": "sent.hour"}}, "entry 1: no such column"),
            ({"exchanged": ["partner"]}, "only columns of dates"),
            ({"constants": {"nix": "x"}}, "entry 1: no such column"),
            ({"values": {"channel": {"Secret": "diplomtic"}}}, "channel: entry 1: no such code"),
            ({"values": {"kind": {"Secret": "mla;extradition"}}}, "kind: entry 1: no such code"),
            ({"values": {"received": {"Secret": "2024-01-01"}}}, "received: its values are no codes"),
            ({"nix": 1}, "a key is not known; allowed are table, columns"),
        ],
    )
    def test_a_fault_says_what_is_allowed_and_not_what_the_register_wrote(
        self, given: dict[str, object], said: str
    ) -> None:
        with pytest.raises(InputRejected) as fault:
            mapping.check(given)
        assert said in str(fault.value)
        assert "Secret" not in str(fault.value)

    def test_a_constant_that_is_no_code(self) -> None:
        raw = from_frame(pd.DataFrame({"request_id": ["1"]}, dtype="str"))
        given = mapping.check({"constants": {"direction": "sideways"}})
        with pytest.raises(InputRejected, match="constant `direction`"):
            clean(type(raw)(**{**vars(raw), "mapping": given}), LAO)
