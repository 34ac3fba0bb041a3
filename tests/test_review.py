"""`mlastats review`: what needs a person goes out as a workbook and comes back as decisions."""

import re
import shutil
import stat
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from mlastats import settings
from mlastats.cli import cli
from mlastats.register import sources
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned
from mlastats.run import inputs, review, scaffold
from tests.answering import Row, answer, rows

ROOT = Path(__file__).parents[1]
BOOK = Path("data", "review.xlsx")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example, in a workspace of its own."""
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "data" / "raw")
    shutil.copy(ROOT / "mlastats.toml", tmp_path)
    return tmp_path


def run(home: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [*words, "--config", str(home / "mlastats.toml")])
    assert result.exit_code == code, result.stderr
    return result.stderr


def cleaned(home: Path) -> Cleaned:
    return clean_workspace(settings.load(home / "mlastats.toml"))


def at(made: Cleaned, register: str, row: str) -> pd.Series:
    own = made.requests[made.requests["register"].eq(register) & made.requests["source_row"].eq(row)]
    return own.astype(object).iloc[0]


def words(sheet: str, row: Row) -> str | None:
    meant = {
        "Thialand": "as suggested",
        "Korea": "Republic of Korea",
        "INTERPLO": "INTERPOL",
        "31/02/2018": "2018-02-28",
        "31/02/2014": "it has ended, the day is not known",
        "31/02/2023": "the request is still pending",
    }
    return meant.get(row["written"] or "") if sheet == "words" else None


def test_words_are_asked_once_and_answers_are_used(example: Path) -> None:
    assert "12 on words" in run(example, "review")
    assert answer(example / BOOK, words) == 6
    before = cleaned(example)
    applied = review.apply(settings.load(example / "mlastats.toml"), [])
    assert applied.applied == 6
    assert "Thialand -> Thailand, 3 rows" in applied.lines
    after = cleaned(example)
    assert pd.isna(at(before, "mofa", "1!20")["partner"])
    assert {at(after, "mofa", row)["partner"] for row in ("1!20", "1!49", "2!67")} == {"THA"}
    assert at(after, "mofa", "1!29")["partner"] == "KOR"
    assert at(after, "mps", "237")["answered"] == pd.Timestamp(2018, 2, 28)
    assert at(after, "mps", "16")["outcome"] == "executed"
    assert pd.isna(at(after, "mps", "16")["answered"])
    # What was decided is on record, and is not asked again.
    changed = after.changes[after.changes["rule"].eq("decision")]
    assert set(zip(changed["was"], changed["now"], strict=True)) >= {
        ("Thialand", "THA"),
        ("INTERPLO", "interpol"),
    }
    assert "6 on words" in run(example, "review")
    shown = {row["about"]: row["answer"] for row in rows(example / BOOK)["done"]}
    assert shown["Thialand"] == "Thailand"
    assert shown["31/02/2023"] == "the request is still pending"


def test_what_is_written_is_for_its_owner_alone(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, words)
    run(example, "review", "--apply")
    for name in ("review.xlsx", "review.html", "decisions.csv"):
        assert stat.S_IMODE((example / "data" / name).stat().st_mode) == 0o600


def test_answers_that_are_not_applied_are_not_overwritten(example: Path) -> None:
    run(example, "review")
    run(example, "review")
    answer(example / BOOK, words)
    assert "answers that are not applied" in run(example, "review", code=3)
    run(example, "review", "--apply")
    run(example, "review")


def test_done_takes_back(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, words)
    run(example, "review", "--apply")
    run(example, "review")
    assert answer(example / BOOK, lambda s, r: "yes" if s == "done" and r["about"] == "Korea" else None) == 1
    assert "1 taken back" in run(example, "review", "--apply")
    run(example, "review")
    assert "Korea" in {row["written"] for row in rows(example / BOOK)["words"]}


def test_a_row_that_was_mended_retires_its_decision(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, lambda s, r: words(s, r) if "mps" in r["register"] else None)
    run(example, "review", "--apply")
    file = example / "data" / "raw" / "example" / "mps.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("31/02/2014", "28/02/2014"), encoding="utf-8")
    run(example, "review")
    state = {row["about"]: row["state"] for row in rows(example / BOOK)["done"]}
    assert state["31/02/2014"] == "no longer asked: the register was mended"
    assert state["31/02/2018"] == "in use"


def by_rule(sheet: str, row: Row) -> "str | tuple[str, str] | None":
    if sheet != "rows":
        return None
    said = {
        "One day stands before the one that it follows. Which is wrong?": (
            "the second day is wrong",
            "2026-09-01",
        ),
        "It has an outcome and no day of its end. When did it end?": "right as it stands",
        "Are these two rows one request?": "it is one request",
        "The treaty does not apply to this kind of request or its offence. Does the request rest on it?": (
            "nothing is recorded"
        ),
    }
    return said.get(row["question"])


def test_rows_are_asked_with_what_they_say_and_decided(example: Path) -> None:
    before = cleaned(example)
    run(example, "review")
    asked = rows(example / BOOK)["rows"]
    given = answer(example / BOOK, by_rule)
    pairs = sum(row["question"] == "Are these two rows one request?" for row in asked)
    doubtful = int(before.requests["probable_duplicate"].sum())
    assert doubtful == 2 * pairs == 18
    applied = review.apply(settings.load(example / "mlastats.toml"), [])
    assert applied.applied == given
    after = cleaned(example)
    assert len(after.requests) == len(before.requests) - pairs
    assert not after.requests["probable_duplicate"].any()
    open_rules = set(after.issues.loc[after.issues["severity"].eq("warning"), "rule"])
    assert open_rules.isdisjoint(
        {"reversed", "outcome_undated", "probable_duplicate", "treaty_not_applicable"}
    )
    for account in after.summary["registers"]:
        assert account["too_many"] == 0
    turned = before.issues[before.issues["rule"].eq("reversed")].iloc[0]
    assert at(after, turned["register"], turned["row"])[turned["column"]] == pd.Timestamp(2026, 9, 1)
    on_record = after.changes[after.changes["rule"].eq("decision")]
    assert set(on_record["column"]) == {"answered", "deadline", "entered_on", "legal_basis"}


def test_with_one_fault_nothing_is_applied(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, words, on="2126-01-01")
    said = run(example, "review", "--apply", code=3)
    assert "Nothing was applied" in said
    # Each with its sheet and its cell.
    assert len(re.findall(r"review\.xlsx Words![A-Z]+\d+: is a day that is yet to come", said)) == 6
    assert not (example / "data" / "decisions.csv").exists()


def test_two_copies(example: Path) -> None:
    run(example, "review")
    one, two = (Path(shutil.copy(example / BOOK, example / name)) for name in ("one.xlsx", "two.xlsx"))
    for copy, by, korea in (
        (one, "K. Vongsa", "Republic of Korea"),
        (two, "S. Phim", "Democratic People's Republic of Korea"),
    ):
        answer(copy, lambda s, r, said=korea: said if r.get("written") == "Korea" else words(s, r), by)
    said = run(example, "review", "--apply", str(one), str(two), code=3)
    assert re.search(r"two\.xlsx Words!\w+: answered otherwise at one\.xlsx Words!\w+ by K\. Vongsa", said)
    assert said.count("otherwise") == 1
    # One of them alone is applied; the rest of the other agrees.
    run(example, "review", "--apply", str(one))
    assert "was decided otherwise before" in run(example, "review", "--apply", str(two), code=3)


def test_what_the_agency_is_asked_stays_open(example: Path) -> None:
    run(example, "review")
    asked = len(rows(example / BOOK)["words"])
    answer(example / BOOK, lambda s, r: "ask the agency" if r.get("written") == "Korea" else None)
    run(example, "review", "--apply")
    run(example, "review")
    book = rows(example / BOOK)
    assert len(book["words"]) == asked
    (korea,) = (row for row in book["words"] if row["written"] == "Korea")
    assert "The agency was asked on 5 October 2026." in korea["question"]
    assert [row["state"] for row in book["done"]] == ["the agency was asked; still open"]
    answer(example / BOOK, lambda s, r: "Republic of Korea" if r.get("written") == "Korea" else None)
    assert "1 answers applied" in run(example, "review", "--apply")
    assert at(cleaned(example), "mofa", "1!29")["partner"] == "KOR"


def test_a_decision_outlives_that_its_row_moves(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, lambda s, r: by_rule(s, r) if r.get("register") == "mps" else None)
    run(example, "review", "--apply")
    used = set(cleaned(example).summary["decisions"])
    assert used
    file = example / "data" / "raw" / "example" / "mps.csv"
    head, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    new = [line for line in lines[:40] if "INTERPLO" not in line][:7]
    fresh = [
        line.replace("20", "20", 1).replace(line.split(",")[0], f"NEW-{n}", 1) for n, line in enumerate(new)
    ]
    file.write_text("".join([head, *fresh, *lines]), encoding="utf-8")
    assert set(cleaned(example).summary["decisions"]) >= used


def test_decisions_are_an_input_of_reports(example: Path) -> None:
    workspace = settings.load(example / "mlastats.toml")
    before = inputs.configuration(workspace)
    run(example, "review")
    answer(example / BOOK, words)
    run(example, "review", "--apply")
    assert inputs.configuration(settings.load(example / "mlastats.toml")) != before


def test_a_workbook_that_is_open_is_named(example: Path) -> None:
    run(example, "review")
    answer(example / BOOK, words)
    (example / "data" / ".~lock.review.xlsx#").touch()
    assert "review.xlsx is open in a spreadsheet program" in run(example, "review", "--apply")


def test_broken_decisions_are_named_with_their_lines(example: Path) -> None:
    head = "key,question,answer,by,on\n"
    (example / "data" / "decisions.csv").write_text(
        head
        + "k1,partner mofa: X,THA,K,2026-01-01\nk1,partner mofa: X,THA,K,2026-01-01\nk2,partner mofa: Y,,K,soon\n"
    )
    result = CliRunner().invoke(cli, ["clean", "--config", str(example / "mlastats.toml")])
    assert result.exit_code == 3
    assert "line 3: answers the same question" in result.stderr
    assert "line 4: says no `answer`" in result.stderr


def test_no_command_prints_what_a_register_says(example: Path) -> None:
    """Where nobody sits at a terminal."""
    assert "Thialand" not in run(example, "review")
    answer(example / BOOK, words)
    assert "Thialand" not in run(example, "review", "--apply")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two registers in which one word stands, and a third of which most rows have an outcome and no day of it."""
    scaffold.init(tmp_path, "LAO")
    raw = tmp_path / "data" / "raw"
    head = "Reference,Direction,Received,Country,Outcome,Answered\n"
    for name in ("moj", "mps"):
        lines = [f"{name}-{n},incoming,2024-01-{n:02},{partner},executed,2024-05-01" for n, partner in
                 ((1, "Thialand"), (2, "Viet Nam"), (3, "Thialand"))]  # fmt: skip
        (raw / f"{name}.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    lines = [f"mofa-{n},incoming,2024-01-{n:02},China,executed," for n in range(1, 26)]
    lines.append("mofa-26,incoming,2024-02-01,China,executed,2024-06-01")
    (raw / "mofa.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_a_word_is_asked_once_for_every_register_that_has_it(two: Path) -> None:
    run(two, "review")
    (asked,) = (row for row in rows(two / BOOK)["words"] if row["written"] == "Thialand")
    assert (asked["register"], asked["times"], asked["suggestion"]) == ("moj, mps", "4", "Thailand")
    assert asked["first_rows"] == "moj 2, moj 4, mps 2 …"
    answer(two / BOOK, lambda s, r: "as suggested" if s == "words" else None)
    applied = review.apply(settings.load(two / "mlastats.toml"), [])
    assert "Thialand -> Thailand, 4 rows of moj, mps" in applied.lines
    requests = cleaned(two).requests
    assert set(requests.loc[requests["register"].isin(["moj", "mps"]), "partner"]) == {"THA", "VNM"}
    # One that comes later has the answer already.
    shutil.copy(two / "data" / "raw" / "moj.csv", two / "data" / "raw" / "ospp.csv")
    run(two, "review")
    assert [row for row in rows(two / BOOK)["words"] if row["written"] == "Thialand"] == []
    (done,) = (row for row in rows(two / BOOK)["done"] if row["about"] == "Thialand")
    assert (done["register"], done["state"]) == ("every register", "in use")


def test_a_word_that_differs_is_asked_register_by_register(two: Path) -> None:
    run(two, "review")
    differs = "it differs: ask register by register"
    assert answer(two / BOOK, lambda s, r: differs if s == "words" else None) == 1
    run(two, "review", "--apply")
    run(two, "review")
    asked = {row["register"]: row for row in rows(two / BOOK)["words"]}
    assert set(asked) == {"moj", "mps"}
    assert differs not in asked["moj"]["choices"]
    answer(
        two / BOOK,
        lambda s, r: (
            None if s != "words" else "Thailand" if r["register"] == "moj" else "nothing is recorded"
        ),
    )
    run(two, "review", "--apply")
    partners = cleaned(two).requests.groupby("register")["partner"].apply(lambda p: set(p.dropna()))
    assert (partners["moj"], partners["mps"]) == ({"THA", "VNM"}, {"VNM"})
    run(two, "review")
    assert rows(two / BOOK)["words"] == []
    assert {r["state"] for r in rows(two / BOOK)["done"] if r["about"] == "Thialand"} == {"in use"}


def test_what_most_rows_of_a_register_lack_is_answered_as_a_whole(two: Path) -> None:
    run(two, "review")
    (asked,) = (row for row in rows(two / BOOK)["rows"] if row["register"] == "mofa")
    assert asked["row"] == "25 rows"
    assert asked["question"].startswith("It has an outcome and no day of its end.")
    assert asked["choices"] == ["right as it stands", "the request is still pending", "ask the agency"]
    assert asked["says"].count("\n") == 2
    pending = "the request is still pending"
    assert answer(two / BOOK, lambda s, r: pending if r["key"] == asked["key"] else None) == 1
    run(two, "review", "--apply")
    made = cleaned(two)
    assert made.requests.loc[made.requests["register"].eq("mofa"), "outcome"].notna().sum() == 1
    assert not made.issues.loc[made.issues["severity"].ne("note"), "rule"].eq("outcome_undated").any()
    run(two, "review")
    assert [row for row in rows(two / BOOK)["rows"] if row["register"] == "mofa"] == []
    (done,) = (row for row in rows(two / BOOK)["done"] if row["about"] == "25 rows")
    assert done["state"] == "in use"


def test_a_word_in_a_column_of_agencies_says_nothing_of_who_keeps_the_register(two: Path) -> None:
    """Three rows of which one names its agency by a word that nobody knows."""
    place = two / "data" / "raw" / "moj.csv"
    text = place.read_text(encoding="utf-8").splitlines()
    added = ["Agency", "Prosecutros", "", ""]
    place.write_text("\n".join(f"{a},{b}" for a, b in zip(text, added, strict=True)) + "\n", encoding="utf-8")
    run(two, "review")
    public_prosecutor = "Office of the Supreme People's Prosecutor"
    assert (
        answer(two / BOOK, lambda s, r: public_prosecutor if r.get("written") == "Prosecutros" else None) == 1
    )
    run(two, "review", "--apply")
    requests = cleaned(two).requests
    own = requests[requests["register"].eq("moj")].set_index("request_id")["agency"]
    assert own.notna().to_dict() == {"moj-1": True, "moj-2": False, "moj-3": False}


@pytest.fixture
def years(tmp_path: Path) -> Path:
    """A register of which each year is a file, one of them in the Buddhist era, beside one of a single file."""
    scaffold.init(tmp_path, "LAO")
    head = "Reference,Direction,Received,Country,Kind,Channel\n"
    for name, year in (("moj_2021", 2021), ("moj_2565", 2022), ("mps_2021", 2021)):
        lines = [f"{name}-{n},incoming,{year}-01-{n:02},China,Extradition,Diplomatic" for n in (1, 2)]
        place = tmp_path / "data" / "raw" / f"{name}.csv"
        place.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def names(home: Path) -> list[str]:
    return [register.name for register in settings.load(home / "mlastats.toml").registers]


def test_the_years_of_a_register_are_one_until_somebody_says_no(years: Path) -> None:
    assert names(years) == ["moj", "mps_2021"]
    assert len(cleaned(years).requests) == 6
    run(years, "review")
    (asked,) = (row for row in rows(years / BOOK)["reading"] if "the years of one" in row["question"])
    assert (asked["evidence"], asked["suggestion"]) == ("moj_2021.csv, moj_2565.csv", "yes")
    answer(years / BOOK, lambda s, r: "no" if r["key"] == asked["key"] else None)
    run(years, "review", "--apply")
    assert names(years) == ["moj_2021", "moj_2565", "mps_2021"]
    assert len(cleaned(years).requests) == 6
    run(years, "review")
    (done,) = rows(years / BOOK)["done"]
    assert (done["about"], done["answer"], done["state"]) == ("moj", "no", "in use")
    answer(years / BOOK, lambda s, r: "yes" if s == "done" else None)
    run(years, "review", "--apply")
    assert names(years) == ["moj", "mps_2021"]


@pytest.mark.parametrize("other", ["moj_1234", "moj_1871", "moj_2000a", "moj_3021", "moj_12021", "moj_2421"])
def test_a_file_beside_the_years_of_a_register_is_read_once(years: Path, other: str) -> None:
    raw = years / "data" / "raw"
    (raw / f"{other}.csv").write_bytes((raw / "mps_2021.csv").read_bytes())
    loaded = settings.load(years / "mlastats.toml")
    read = [path for register in loaded.registers for path in sources.matching(loaded.path(register.path))]
    assert sorted(read) == sorted(raw.glob("*.csv"))


def test_years_of_which_one_was_decided_on_or_mapped_by_itself_stay_apart(years: Path) -> None:
    raw = years / "data" / "raw"
    CliRunner().invoke(cli, ["map", str(raw / "mps_2021.csv")], catch_exceptions=False)
    assert (raw / "mps_2021.toml").is_file()
    said = CliRunner().invoke(cli, ["map", str(raw / "moj_2021.csv")], catch_exceptions=False).stderr
    assert "It is of 2 files, the years of one register." in said
    assert [register.mapping for register in settings.load(years / "mlastats.toml").registers] == [
        "data/raw/moj.toml",
        "data/raw/mps_2021.toml",
    ]
    (raw / "moj.toml").rename(raw / "moj_2565.toml")
    assert names(years) == ["moj_2021", "moj_2565", "mps_2021"]
    (raw / "moj_2565.toml").unlink()
    (years / "data" / "decisions.csv").write_text(
        "key,question,answer,by,on\nkabc,log_end moj_2021: ,2021-12-31,K. Vongsa,2026-10-05\n",
        encoding="utf-8",
    )
    assert names(years) == ["moj_2021", "moj_2565", "mps_2021"]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("moj_2021.xlsx", "moj_[12][0459][0-9][0-9].xlsx"),
        ("2564.csv", "[12][0459][0-9][0-9].csv"),
        ("moj 2021-2022.xlsx", "moj 2021-2022.xlsx"),
        ("moj_20210304.xlsx", "moj_20210304.xlsx"),
        ("moj_1871.xlsx", "moj_1871.xlsx"),
        ("[moj] 2021.xlsx", "[moj] 2021.xlsx"),
    ],
)
def test_a_year_in_the_name_of_a_file(name: str, pattern: str) -> None:
    assert settings.yearly(Path(name)) == pattern


def test_a_register_of_assets_is_asked_what_it_holds_and_nothing_else(two: Path) -> None:
    """Two assets of requests of moj: no requests, and counted as none."""
    place = two / "data" / "raw" / "seized.csv"
    place.write_text(
        "Reference,Measure,Date of the measure,Amount,Currency\n"
        "moj-1,Frozen,2024-02-01,1200,USD\nmoj-2,Seized,2024-02-03,50000000,LAK\nmoj-2,Lokced,2024-02-04,7,USD\n",
        encoding="utf-8",
    )
    run(two, "review")
    asked = [
        (sheet, row)
        for sheet, some in rows(two / BOOK).items()
        for row in some
        if row["register"] == "seized"
    ]
    ((sheet, row),) = asked
    assert (sheet, row["question"], row["suggestion"]) == (
        "reading",
        "A row of this register does not look like a request. What does it hold?",
        "a row is an asset, or what was done with one",
    )
    answer(two / BOOK, lambda s, r: "as suggested" if r["key"] == row["key"] else None)
    run(two, "review", "--apply")
    made = cleaned(two)
    assert (len(made.requests), len(made.beside["assets"])) == (32, 3)
    assert made.beside["assets"]["measure"].dropna().tolist() == ["frozen", "seized"]
    run(two, "review")
    assert "Lokced" in {r["written"] for r in rows(two / BOOK)["words"]}
    assert {r["state"] for r in rows(two / BOOK)["done"]} == {"in use"}


def test_rows_of_assets_are_asked_and_decided(two: Path) -> None:
    """One asset of a request that is in no register, one row written twice."""
    raw = two / "data" / "raw"
    (raw / "seized.csv").write_text(
        "Reference,Measure,Date of the measure,Amount,Currency\n"
        "moj-l,Frozen,2024-02-01,1200,USD\nmoj-2,Seized,2024-02-03,50,LAK\nmoj-2,Seized,2024-02-03,50,LAK\n",
        encoding="utf-8",
    )
    (two / "data" / "decisions.csv").write_text(
        "key,question,answer,by,on\nkabc,table seized: ,:assets,K. Vongsa,2026-10-05\n", encoding="utf-8"
    )
    before = cleaned(two).beside["assets"]
    assert len(before) == 3
    run(two, "review")
    asked = {
        row["question"].partition(" ")[0]: row
        for row in rows(two / BOOK)["rows"]
        if row["register"] == "seized"
    }
    assert set(asked) == {"Another", "The"}
    assert "Amount 1200" in asked["The"]["says"]
    said = {asked["Another"]["key"]: "it is one, written twice",
            asked["The"]["key"]: ("it should be as written in the next cell", "moj-1")}  # fmt: skip
    assert answer(two / BOOK, lambda s, r: said.get(r["key"])) == 2
    run(two, "review", "--apply")
    made = cleaned(two)
    assert made.beside["assets"]["request_id"].tolist() == ["moj-1", "moj-2"]
    assert (
        not made.issues.loc[made.issues["severity"].ne("note"), "rule"]
        .isin(["request_unknown", "same_row"])
        .any()
    )
    (account,) = made.summary["beside"]
    assert (account["read"], account["rows"], account["copies"]) == (4, 2, 1)
    changed = made.changes[made.changes["rule"].eq("decision")]
    assert changed[["register", "column", "was", "now"]].values.tolist() == [
        ["seized", "request_id", "moj-l", "moj-1"]
    ]
    run(two, "review")
    assert [row for row in rows(two / BOOK)["rows"] if row["register"] == "seized"] == []
