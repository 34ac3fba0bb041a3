"""Treaties by date: the facts against the depositary's table, the rules by hand, a workspace's own rows."""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from mlastats import settings, vocab
from mlastats.errors import ConfigurationError
from mlastats.register import parties
from mlastats.vocab import treaties

CONVENTIONS = {
    # file: treaty, its own entry into force, days after a later instrument, rows, rows with consent
    "18-12": ("untoc", "2003-09-29", 30, 185, 179),
    "18-14": ("uncac", "2005-12-14", 30, 178, 171),
    "6-19": ("vienna_1988", "1990-11-11", 90, 189, 189),
}
# The depositary's name for the Republic of the Congo, which a register may not use.
OFFICIAL = {"Congo": "COG"}


@pytest.fixture(autouse=True)
def the_package_alone() -> Iterator[None]:
    vocab.use(None)
    yield
    vocab.use(None)


@pytest.mark.parametrize("file", CONVENTIONS)
def test_every_party_of_the_depositarys_table_is_shipped_with_its_day(shared: Path, file: str) -> None:
    treaty, entry, days, rows, consents = CONVENTIONS[file]
    with (shared / "un_treaty_status" / f"{file}.csv").open(encoding="utf-8", newline="") as table:
        given = list(csv.reader(table))[1:]
    names = [row[0] for row in given]
    codes = parties.recognise(pd.Series(names, dtype="str"))["partner"]
    issues = {name for name, code in zip(names, codes, strict=True) if pd.isna(code)}
    assert issues == set(OFFICIAL)
    expected = {}
    for name, code, row in zip(names, codes, given, strict=True):
        said = re.fullmatch(r"(\d+ \w+ \d+)(?: (\w+))?", row[2])
        if said:
            day = dt.datetime.strptime(said[1], "%d %b %Y").date()
            since = day if said[2] == "d" else day + dt.timedelta(days)
            expected[OFFICIAL.get(name, code)] = max(entry, since.isoformat())
    shipped = {row["state"]: row["since"] for row in vocab.rows("treaty") if row["treaty"] == treaty}
    assert (len(given), len(expected)) == (rows, consents)
    assert shipped == expected


class TestTheConventions:
    @pytest.mark.parametrize(
        ("day", "names"),
        [
            # Laos: 1988 Convention 1 Oct 2004 + 90 days; UNTOC 26 Sep 2003, so from its entry into force;
            # UNCAC 25 Sep 2009 + 30 days. Viet Nam: 4 Nov 1997, 8 Jun 2012 + 30, 19 Aug 2009 + 30 days.
            ("2004-12-29", ()),
            ("2004-12-30", ("vienna_1988",)),
            ("2009-10-24", ("vienna_1988",)),
            ("2009-10-25", ("uncac", "vienna_1988")),
            ("2012-07-07", ("uncac", "vienna_1988")),
            ("2012-07-08", ("uncac", "untoc", "vienna_1988")),
            ("2026-09-30", ("uncac", "untoc", "vienna_1988")),
        ],
    )
    def test_both_states_from_the_later_day(self, day: str, names: tuple[str, ...]) -> None:
        assert treaties.partners("LAO", day).get("VNM", ()) == names
        assert treaties.partners("VNM", day).get("LAO", ()) == names
        assert treaties.in_force("LAO", "VNM", day) == names

    def test_who_signed_only_is_no_party(self) -> None:
        assert "untoc" not in treaties.partners("LAO", "2014-01-01")["JPN"]
        assert treaties.partners("LAO", "2014-01-01")["JPN"] == ("vienna_1988",)

    def test_the_two_congos_are_two(self) -> None:
        on = treaties.partners("LAO", "2014-01-01")
        assert on["COD"] == ("uncac", "untoc", "vienna_1988")
        assert on["COG"] == ("uncac", "vienna_1988")

    @pytest.mark.parametrize("partner", ["TWN", "HKG", "INTERPOL", "LAO", "XXX"])
    def test_where_nothing_is_said_it_is_unknown(self, partner: str) -> None:
        assert treaties.in_force("LAO", partner, "2026-01-01") == ()

    def test_a_missing_day_is_unknown(self) -> None:
        assert not treaties.in_force("LAO", "VNM", str(pd.NaT))

    def test_every_row_has_a_source(self) -> None:
        assert all(row["source"] for row in vocab.rows("treaty"))


class TestAWorkspace:
    HEAD = "treaty,state,partner,since,until,source\n"

    def loaded(self, workspace: Callable[..., Path], rows: str) -> settings.Settings:
        home = workspace({}, treaties="treaties.csv")
        (home / "treaties.csv").write_text(self.HEAD + rows, encoding="utf-8")
        return settings.load(home / "mlastats.toml")

    def test_its_own_treaties_count_with_their_days(self, workspace: Callable[..., Path]) -> None:
        rows = "Treaty A,LAO,TWN,2001-02-03,2010-01-01,Gazette 7\nTreaty B,TWN,LAO,2005-01-01,,Gazette 9\n"
        self.loaded(workspace, rows).use_vocabularies()
        names = [treaties.in_force("LAO", "TWN", day) for day in ("2001-02-02", "2001-02-03", "2010-01-01")]
        assert names == [(), ("Treaty A",), ("Treaty A", "Treaty B")]
        assert treaties.in_force("TWN", "LAO", "2010-01-02") == ("Treaty B",)

    def test_parties_of_a_convention_of_its_own(self, workspace: Callable[..., Path]) -> None:
        rows = "asean_mlat,LAO,,2007-06-25,,Gazette 1\nasean_mlat,THA,,2013-01-31,,Gazette 2\n"
        self.loaded(workspace, rows).use_vocabularies()
        assert "asean_mlat" not in treaties.partners("LAO", "2013-01-30").get("THA", ())
        assert "asean_mlat" in treaties.partners("LAO", "2013-01-31")["THA"]
        assert "asean_mlat" in treaties.in_force("LAO", "THA", "2013-01-31")

    def test_every_fault_is_named_with_its_line(self, workspace: Callable[..., Path]) -> None:
        rows = "A,LAO,THA,2001,,x\n,LAO,Siam,2001-01-01,2000-01-01,\nB,LAO,LAO,2001-01-01,,x\n"
        with pytest.raises(ConfigurationError) as fault:
            self.loaded(workspace, rows).use_vocabularies()
        lines = str(fault.value).splitlines()[1:]
        assert lines == [
            "  treaties.csv, line 2: `since` must be a date, as 2009-10-25; got '2001'",
            "  treaties.csv, line 3: `treaty` must be given",
            "  treaties.csv, line 3: `source` must be given",
            "  treaties.csv, line 3: `partner` must be a code of the partners, as LAO; got 'Siam'",
            "  treaties.csv, line 3: `until` 2000-01-01 must not be before `since` 2001-01-01",
            "  treaties.csv, line 4: `state` and `partner` must be two",
        ]

    def test_a_file_without_the_columns_or_that_is_no_text(self, workspace: Callable[..., Path]) -> None:
        home = workspace({}, treaties="treaties.csv")
        (home / "treaties.csv").write_text("treaty,from\nA,LAO\n")
        with pytest.raises(ConfigurationError, match="must have the columns"):
            settings.load(home / "mlastats.toml").use_vocabularies()
        (home / "treaties.csv").write_bytes(b"treaty,\xff\xfe\n")
        with pytest.raises(ConfigurationError, match=r"treaties\.csv cannot be read"):
            settings.load(home / "mlastats.toml").use_vocabularies()
        (home / "treaties.csv").unlink()
        with pytest.raises(ConfigurationError, match="does not exist"):
            settings.load(home / "mlastats.toml").use_vocabularies()


class TestWhatATreatyCovers:
    """By the articles that basis_kind.csv names."""

    @pytest.mark.parametrize(
        ("treaty", "kind", "offences", "covered"),
        [
            ("uncac", "mla", "corruption", True),
            ("uncac", "mla", "fraud", False),
            ("uncac", "mla", "fraud;corruption", True),
            ("uncac", "mla", "", False),
            ("vienna_1988", "extradition", "drugs", True),
            ("vienna_1988", "extradition", "fraud", False),
            ("untoc", "mla", "trafficking_in_persons", True),
            ("asean_mlat", "mla", "fraud", True),
            ("asean_mlat", "mla", "", True),
            ("asean_mlat", "extradition", "drugs", False),
            ("uncac", "handover", "corruption", False),
            # What a treaty covers of which no row says it is not known.
            ("bilateral", "mla", "drugs", False),
        ],
    )
    def test_kind_and_offence(self, treaty: str, kind: str, offences: str, covered: bool) -> None:
        assert treaties.covers(treaty, kind, offences) is covered

    def test_the_asean_treaty_does_not_apply_to_these(self) -> None:
        kinds = {kind for kind in vocab.codes("kind") if treaties.impossible("asean_mlat", kind)}
        assert kinds == {"extradition", "transfer_of_prisoner", "transfer_of_proceedings"}

    @pytest.mark.parametrize(
        ("basis", "kind", "offences", "impossible"),
        [
            # CITES has no article on legal assistance or extradition; art. VIII and XIII are about information.
            ("cites", "mla", "wildlife", True),
            ("cites", "information", "wildlife", False),
            ("cites", "information", "drugs", True),
            ("asean_extradition_2025", "mla", "", True),
            ("asean_extradition_2025", "extradition", "fraud", False),
            # ICSFT art. 2: the financing of terrorism, and nothing else.
            ("icsft_1999", "mla", "drugs", True),
            ("icsft_1999", "mla", "drugs;terrorist_financing", False),
            ("unscr_1373", "mla", "terrorism", False),
            ("unscr_1373", "mla", "wildlife", True),
            # 1988 Convention art. 3(1)(b): the laundering of the proceeds of drugs.
            ("vienna_1988", "mla", "money_laundering", False),
            ("vienna_1988", "mla", "corruption", True),
            # Convention on Cybercrime art. 25: evidence in electronic form of any offence.
            ("budapest", "mla", "homicide", False),
            # What is not recorded, or of another sort, contradicts nothing.
            ("icsft_1999", "mla", "", False),
            ("icsft_1999", "mla", "other", False),
            ("bilateral", "extradition", "drugs", False),
        ],
    )
    def test_what_a_basis_cannot_carry(self, basis: str, kind: str, offences: str, impossible: bool) -> None:
        assert treaties.impossible(basis, kind, offences) is impossible

    def test_codes_are_those_of_their_vocabularies(self) -> None:
        for row in vocab.rows("basis_kind"):
            assert row["basis"] in vocab.codes("legal_basis")
            assert set(f"{row['kinds']};{row['excludes']}".split(";")) - {""} <= set(vocab.codes("kind"))
            assert set(f"{row['offences']};{row['also']}".split(";")) - {""} <= set(vocab.codes("offence"))
