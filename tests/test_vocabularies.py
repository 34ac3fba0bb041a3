"""The vocabularies tested against themselves, against terms written by hand, and `mlastats vocab check`."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from mlastats import schema, settings, vocab
from mlastats.cli import cli
from mlastats.errors import ConfigurationError
from mlastats.register import parties, partynames
from mlastats.register.clean import clean_workspace

FILES = sorted(path.stem for path in vocab.FOLDER.glob("*.csv"))
TERMS = [
    *("kind", "channel", "outcome", "refusal_ground", "offence", "legal_basis", "agency"),
    *("urgent", "is_enquiry", "is_spontaneous", "direction", "header", "assistance", "returned_cause"),
]


@pytest.fixture(autouse=True)
def the_package_alone() -> Iterator[None]:
    vocab.use(None)
    yield
    vocab.use(None)


def rows(name: str) -> list[dict[str, str]]:
    with (vocab.FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_a_source_and_tidy_cells(name: str) -> None:
    for row in rows(name):
        assert row["source"], row
        assert None not in row, row
        for cell in row.values():
            assert cell == " ".join(cell.split()), row


UNREAD = (
    "UNODC Manual",
    "UNODC Model Law",
    "UNODC ICCS",
    "UN Model Treaty",
    "Egmont Group",
    "UNODC MLA statistics",
)


@pytest.mark.parametrize("name", FILES)
def test_a_source_that_was_not_read_says_so(name: str) -> None:
    for row in rows(name):
        for part in row.get("source", "").split("; "):
            assert not part.startswith(UNREAD) or "not read" in part, row


def test_what_a_treaty_covers_was_read_or_is_for_the_workspace_to_confirm() -> None:
    for row in rows("basis_kind"):
        read = "(read: " in row["source"] or "(read on " in row["source"]
        assert read or "for the workspace to confirm" in row["source"], row["basis"]


@pytest.mark.parametrize("name", [name for name in FILES if "aliases" in rows(name)[0]])
def test_codes_stand_once_and_aliases_are_sorted_without_repeats(name: str) -> None:
    codes = [row["code"] for row in rows(name)]
    assert len(set(codes)) == len(codes)
    for row in rows(name):
        aliases = row["aliases"].split("|") if row["aliases"] else []
        assert len(set(aliases)) == len(aliases), row["code"]
        # The names of months stand by language, as their table does.
        assert name == "month" or aliases == sorted(aliases), row["code"]
        assert "" not in [alias.strip() for alias in aliases], row["code"]


@pytest.mark.parametrize("name", TERMS)
def test_no_spelling_means_two_codes_and_a_code_means_itself(name: str) -> None:
    meant = defaultdict(set)
    for text, code in vocab.spellings(name):
        meant[vocab.normalise(text)].add(code)
    assert {text: codes for text, codes in meant.items() if len(codes) > 1} == {}
    assert {code for code in vocab.codes(name) if vocab.aliases(name)[vocab.normalise(code)] != code} == set()


def test_no_spelling_of_a_partner_means_two_but_for_nga() -> None:
    """NGA is Nigeria's code and Nga Russia in Vietnamese; alone in a column it is an issue."""
    shared = {key for key, meant in partynames.names().plain.items() if len(meant) > 1}
    assert shared == {"nga"}


def test_every_vocabulary_of_the_schema_is_there() -> None:
    named = {column.vocabulary for column in schema.COLUMNS if column.vocabulary}
    assert named <= set(FILES)


@pytest.mark.parametrize(
    "name", [name for name in TERMS if name not in ("agency", "direction", "is_enquiry")]
)
def test_terms_are_in_the_languages_of_the_region(name: str) -> None:
    scripts = {"lo": ("\u0e80", "\u0eff"), "th": ("\u0e00", "\u0e7f"), "km": ("\u1780", "\u17ff")}
    lacking = {
        (code, script)
        for code, row in vocab.codes(name).items()
        for script, (first, last) in scripts.items()
        if not any(first <= sign <= last for sign in row["aliases"])
    }
    # Networks without a Khmer name of their own, and a code that no register writes.
    without = {("asset_recovery_network", "km"), ("spontaneous", "km")}
    # Codes that cleaning gives, and no register writes.
    assert {pair for pair in lacking if pair[0] not in ("unrecorded", "unclear")} <= without


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("kind", "Entraide judiciaire", "mla"),
        ("kind", "Tương trợ tư pháp hình sự", "mla"),
        ("kind", "ความช่วยเหลือซึ่งกันและกันในเรื่องทางอาญา", "mla"),
        ("kind", "Bantuan hukum timbal balik", "mla"),
        ("kind", "ການສົ່ງຜູ້ຮ້າຍຂ້າມແດນ", "extradition"),
        ("kind", "ส่งผู้ร้ายข้ามแดน", "extradition"),
        ("kind", "ຊ່ວຍເຫຼືອທາງກົດໝາຍ", "mla"),
        ("kind", "โอนการดำเนินคดี", "transfer_of_proceedings"),
        ("kind", "Dẫn độ", "extradition"),
        ("kind", "Ekstradisi", "extradition"),
        ("kind", "Trục xuất", "deportation"),
        ("kind", "ການເນລະເທດ", "deportation"),
        ("kind", "Bàn giao", "handover"),
        ("channel", "Note verbale", "diplomatic"),
        ("channel", "ผู้ประสานงานกลาง", "central_authority"),
        ("channel", "Otoritas Pusat", "central_authority"),
        ("channel", "ຕຳຫຼວດສາກົນ", "interpol"),
        ("channel", "ตำรวจสากล", "interpol"),
        ("channel", "I-24/7", "interpol"),
        ("channel", "Ủy thác tư pháp", "letters_rogatory"),
        ("channel", "ປະສານງານຊາຍແດນ", "border_liaison"),
        ("channel", "ARIN-AP", "asset_recovery_network"),
        ("channel", "SEAJust", "judicial_network"),
        ("outcome", "Bị từ chối", "refused"),
        ("outcome", "ປະຕິເສດ", "refused"),
        ("outcome", "Ditolak", "refused"),
        ("outcome", "ส่งคืน", "returned"),
        ("outcome", "Retirée", "withdrawn"),
        ("outcome", "Partially executed", "partly_executed"),
        ("outcome", "Returned as deficient", "returned"),
        ("refusal_ground", "Absence de double incrimination", "dual_criminality"),
        ("refusal_ground", "Tử hình", "death_penalty"),
        ("refusal_ground", "Non bis in idem", "ne_bis_in_idem"),
        ("offence", "ຢາເສບຕິດ", "drugs"),
        ("offence", "ยาเสพติด", "drugs"),
        ("offence", "Ma túy", "drugs"),
        ("offence", "Narkotika", "drugs"),
        ("offence", "Precursor chemicals", "precursors"),
        ("offence", "ການຄ້າມະນຸດ", "trafficking_in_persons"),
        ("offence", "Mua bán người", "trafficking_in_persons"),
        ("offence", "Smuggling of migrants", "migrant_smuggling"),
        ("offence", "Blanchiment de capitaux", "money_laundering"),
        ("offence", "Rửa tiền", "money_laundering"),
        ("offence", "Tham nhũng", "corruption"),
        ("offence", "Korupsi", "corruption"),
        ("offence", "ສັດປ່າ", "wildlife"),
        ("offence", "Illegal logging", "timber"),
        ("offence", "Lừa đảo", "fraud"),
        ("legal_basis", "ASEAN MLAT", "asean_mlat"),
        ("legal_basis", "Convention de Palerme", "untoc"),
        ("legal_basis", "Merida Convention", "uncac"),
        ("legal_basis", "Có đi có lại", "reciprocity"),
        ("legal_basis", "หลักต่างตอบแทน", "reciprocity"),
        ("agency", "ກະຊວງປ້ອງກັນຄວາມສະຫງົບ", "mps"),
        ("agency", "ປກສ", "mps"),
        ("agency", "MPS", "mps"),
        ("agency", "Ministère de la Sécurité publique", "mps"),
        ("agency", "ກະຊວງການຕ່າງປະເທດ", "mofa"),
        ("agency", "Ministère des Affaires étrangères", "mofa"),
        ("agency", "ກະຊວງຍຸຕິທຳ", "moj"),
        ("agency", "ກະຊວງຍຸຕິທໍາ", "moj"),
        ("agency", "ອົງການໄອຍະການປະຊາຊົນສູງສຸດ", "ospp"),
        ("agency", "Supreme People's Procuracy", "ospp"),
        ("agency", "Prosecutor General's Office", "ospp"),
        ("agency", "Office of the Supreme People’s Prosecutor", "ospp"),
        ("urgent", "ດ່ວນ", "true"),
        ("urgent", "Khẩn", "true"),
        ("urgent", "Non", "false"),
        ("is_enquiry", "Oui", "true"),
        ("direction", "ຂາເຂົ້າ", "incoming"),
        ("direction", "ขาออก", "outgoing"),
        ("direction", "Sortante", "outgoing"),
        ("direction", "Keluar", "outgoing"),
    ],
)
def test_a_term_as_registers_write_it(name: str, text: str, code: str) -> None:
    assert vocab.aliases(name).get(vocab.normalise(text)) == code


class TestAWorkspacesOwn:
    REGISTER = (
        "request_id,partner,channel,kind,received\n"
        "1,Thailand,Pigeon,MLA,2024-01-02\n2,Atlantis,Pigeon,Extradtion,2024-01-03\n3,Lanna,INTERPOL,MLA,2024-01-04\n"
    )

    def home(self, workspace: Callable[..., Path], files: dict[str, str]) -> Path:
        home = workspace({"police.csv": self.REGISTER}, vocabulary="vocabulary")
        (home / "vocabulary").mkdir()
        for name, text in files.items():
            (home / "vocabulary" / name).write_text(text, encoding="utf-8")
        return home

    def test_adds_aliases_and_codes_with_label_and_formality(self, workspace: Callable[..., Path]) -> None:
        home = self.home(
            workspace,
            {
                "channel.csv": "code,label,formality,aliases,source\npigeon,Carrier pigeon,informal,Pigeon,custom\n",
                "partner.csv": "code,label,aliases,source\nTHA,,Lanna,old maps\n",
            },
        )
        found = clean_workspace(settings.load(home / "mlastats.toml")).requests
        assert found["channel"].tolist() == ["pigeon", "pigeon", "interpol"]
        assert found["formality"].tolist() == ["informal"] * 3
        assert found["partner"].fillna("").tolist() == ["THA", "", "THA"]
        assert vocab.label("channel", "pigeon") == "Carrier pigeon"
        assert vocab.label("partner", "THA") == "Thailand"

    def test_the_check_counts_what_is_unknown_and_gives_lines_to_paste(
        self, workspace: Callable[..., Path]
    ) -> None:
        own = "code,label,aliases,source\nTHA,,Lanna|Ayutthaya,old maps\n"
        home = self.home(workspace, {"partner.csv": own})
        result = CliRunner().invoke(cli, ["vocab", "check", "--config", str(home / "mlastats.toml")])
        assert result.exit_code == 0, result.output
        assert "3 terms in no vocabulary, 1 own aliases unused." in result.stderr
        for secret in ("Pigeon", "Atlantis", "Extradtion"):
            assert secret not in result.stdout + result.stderr
        with (home / "data" / "processed" / "unmatched.csv").open(encoding="utf-8-sig", newline="") as file:
            found = [(r["vocabulary"], r["value"], r["rows"], r["line"]) for r in csv.DictReader(file)]
        assert found == [
            ("channel", "Pigeon", "2", "CODE,,Pigeon,SOURCE"),
            ("kind", "Extradtion", "1", "extradition,Extradition,Extradtion,SOURCE"),
            ("partner", "Atlantis", "1", "CODE,,Atlantis,SOURCE"),
        ]

    def test_a_line_that_was_pasted_settles_the_term(self, workspace: Callable[..., Path]) -> None:
        pasted = "code,label,aliases,source\nextradition,Extradition,Extradtion,slip in the register\n"
        home = self.home(workspace, {"kind.csv": pasted})
        arguments = ["vocab", "check", "--json", "--config", str(home / "mlastats.toml")]
        said = json.loads(CliRunner().invoke(cli, arguments).stdout)
        assert said == {"terms": {"channel": 1, "partner": 2}, "rows": 4, "unused": 0}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "channel.csv",
            "Bag,Diplomatic bag,bag,us\n",
            "channel.csv, line 1: it must be a header of code, label",
        ),
        ("channel.csv", "code,label,alias\nbag,Bag,sack\n", "cells 3 are none of these"),
        ("channel.csv", "code,label,aliases\n,Bag,sack\n", "channel.csv, line 2: `code` is blank"),
        ("channel.csv", "code,aliases\ndiplomatic,sack,bag\n", "line 2: it has more cells than the header"),
        ("chanel.csv", "code,aliases\ndiplomatic,sack\n", "chanel.csv: there is no such vocabulary"),
    ],
)
def test_what_was_pasted_wrongly_is_named_by_file_and_line(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    vocab.use(tmp_path)
    with pytest.raises(ConfigurationError, match=re.escape(fault)):
        vocab.check_own()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("South Vietnam", "VNM"),
        ("Vietnam, Republic of", "VNM"),
        ("German Democratic Republic", "DEU"),
        ("DDR", "DEU"),
        ("Tanganyika", "TZA"),
        ("Tanganyika and Zanzibar", "TZA"),
        ("South Yemen", "YEM"),
    ],
)
def test_a_state_that_has_ended_is_read_as_its_successor_with_a_warning(text: str, code: str) -> None:
    told = parties.recognise(pd.Series([text], dtype="str")).iloc[0]
    assert (told["partner"], told["rule"], told["severity"]) == (code, "ended_state", "warning")


def test_saint_helena_and_ascension_is_the_whole() -> None:
    told = parties.recognise(pd.Series(["St Helena and Ascension"], dtype="str")).iloc[0]
    assert (told["partner"], told["rule"]) == ("SHN", "")
    assert pd.isna(told["partner_part"])


@pytest.mark.parametrize(
    ("channel", "kind", "urgent", "formality"),
    [
        ("interpol", "mla", False, "informal"),
        # UNCAC 46(13) and UNTOC 18(13).
        ("interpol", "mla", True, "formal"),
        # Provisional arrest.
        ("interpol", "extradition", False, "formal"),
        ("interpol", "information", True, "informal"),
        ("interpol", "handover", True, "informal"),
        # A unit exchanges information alone.
        ("fiu", "information", False, "informal"),
        ("fiu", "mla", False, "not_applicable"),
        ("diplomatic", "information", False, "informal"),
        ("diplomatic;interpol", "mla", False, "formal"),
    ],
)
def test_formality_by_channel_kind_and_urgency(channel: str, kind: str, urgent: bool, formality: str) -> None:
    assert vocab.formality(channel, kind, urgent) == formality


def test_a_postponed_request_is_pending_and_a_person_not_found_is_an_end() -> None:
    """UNCAC 46(25): assistance may be postponed; that is no refusal."""
    assert {"postponed", "deferred", vocab.normalise("ajourné")} <= set(vocab.aliases("pending"))
    assert vocab.aliases("outcome")["not located"] == "not_located"
    assert "postponed" not in vocab.aliases("outcome")


class TestNamesOfStates:
    @pytest.mark.parametrize(
        ("code", "language", "un", "everyday"),
        [
            ("KOR", "en", "Republic of Korea", "South Korea"),
            ("RUS", "en", "Russian Federation", "Russia"),
            ("VNM", "en", "Viet Nam", "Viet Nam"),
            ("HKG", "en", "Hong Kong, China", "Hong Kong"),
            ("HKG", "lo", "ຮົງກົງ, ຈີນ", "ຮົງກົງ ເຂດປົກຄອງພິເສດ ຈີນ"),
            ("LAO", "lo", "ສປປ ລາວ", "ສປປ ລາວ"),
            ("THA", "lo", "ໄທ", "ໄທ"),
        ],
    )
    def test_as_the_workspace_chooses(self, code: str, language: str, un: str, everyday: str) -> None:
        assert vocab.partner_name(code, language) == un
        vocab.use(None, partner_names="everyday")
        assert vocab.partner_name(code, language) == everyday

    def test_one_row_overrides_a_name(self, tmp_path: Path) -> None:
        rows = "code,language,name,style,source\nTWN,en,Chinese Taipei,,agreed\n"
        (tmp_path / "partner_name.csv").write_text(rows, encoding="utf-8")
        vocab.use(tmp_path)
        vocab.check_own()
        assert vocab.partner_name("TWN", "en") == "Chinese Taipei"

    def test_names_of_the_united_nations_are_those_of_its_treaty_collection(self, shared: Path) -> None:
        """Hong Kong and Macao are no parties of their own, and are named as organisations of states name them."""
        read: set[str] = set()
        for file in (shared / "un_treaty_status").glob("*.csv"):
            with file.open(encoding="utf-8-sig", newline="") as rows:
                read |= {row[0].strip() for row in csv.reader(rows)}
        with (vocab.FOLDER / "partner_name.csv").open(encoding="utf-8", newline="") as rows:
            named = {r["name"] for r in csv.DictReader(rows) if (r["language"], r["style"]) == ("en", "un")}
        assert named - read == {"Hong Kong, China", "Macao, China"}
