"""From a folder of registers to a report by init, review and report alone, as a clerk does it: answers are chosen from the
drop-downs as they are labelled, or written as a label asks. No configuration is edited."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from mlastats import settings
from mlastats.cli import cli
from mlastats.measure.durations import durations
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned
from tests import ministry
from tests.answering import Row, answer, rows

CASES = Path(__file__).parent / "cases"
BOOK = Path("data", "review.xlsx")
# What a clerk knows of a register, by the beginning of the question.
KNOWN = {
    "Which state is ours?": "Lao People's Democratic Republic",
    "Are these registers made up?": "yes",
    "Which agency": "Ministry of Justice",
    "From which day on": "2016-01-01",
    "Up to which day": "2024-12-31",
    "In which time zone": "Laos Time",
    "It does not say which requests are incoming": "Incoming",
    "It does not say by which channel": "Central authority",
    "It does not say what was requested": "Mutual legal assistance",
    "Are these two rows": "it is one request",
}
Said = dict[str, "str | tuple[str, str]"]


def run(home: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [*words, "--config", str(home / "mlastats.toml")])
    assert result.exit_code == code, result.stderr
    return result.stderr


def reviewed(home: Path, said: Said) -> Cleaned:
    """The registers of a folder, asked about and answered until nothing is open but what the agency is asked."""
    for _round in range(3):
        run(home, "review")

        def decide(sheet: str, row: Row) -> "str | tuple[str, str] | None":
            if sheet == "done":
                return None
            shown = " ".join(str(row.get(name) or "") for name in ("evidence", "written", "says"))
            own = [
                value
                for key, value in said.items()
                if (key in shown or row["question"].startswith(key)) and offers(row, value)
            ]
            known = [value for key, value in KNOWN.items() if row["question"].startswith(key)]
            if "as suggested" in row["choices"] and row["suggestion"] and not own:
                return "as suggested"
            return (own or known or ["ask the agency"])[0]

        open_before = {row["key"] for some in rows(home / BOOK).values() for row in some}
        answer(home / BOOK, decide)
        run(home, "review", "--apply")
        assert run(home, "review")
        left = [r for n, some in rows(home / BOOK).items() for r in some if n != "done"]
        if all("The agency was asked" in r["question"] or r["key"] in open_before for r in left):
            break
    return clean_workspace(settings.load(home / "mlastats.toml"))


def offers(row: Row, value: "str | tuple[str, str]") -> bool:
    return (value if isinstance(value, str) else value[0]) in row["choices"] or (
        row["typed"] and "decision" in row and "now" not in row
    )


@pytest.fixture
def raw(tmp_path: Path) -> Callable[..., Path]:
    """A workspace made by init, with the register of a case in data/raw and no mapping."""

    def of(case: str) -> Path:
        home = tmp_path / "workspace"
        result = CliRunner().invoke(cli, ["init", str(home)])
        assert result.exit_code == 0, result.stderr
        for file in (CASES / case / "data" / "raw").iterdir():
            if file.suffix != ".toml":
                shutil.copy(file, home / "data" / "raw")
        return home

    return of


def days(cleaned: Cleaned) -> list[int]:
    """The durations of what was answered, in order."""
    table = durations(cleaned.requests, as_of="2024-12-31")
    return sorted(table.loc[table["status"].eq("answered"), "days"].astype(int))


def taken(cleaned: Cleaned) -> list[int]:
    """The days from receipt to answer, row by row."""
    return (cleaned.requests["answered"] - cleaned.requests["received"]).dt.days.tolist()


def pending(cleaned: Cleaned) -> int:
    return int(durations(cleaned.requests, as_of="2024-12-31")["status"].eq("pending").sum())


def references(cleaned: Cleaned) -> list[str]:
    return cleaned.requests["request_id"].astype(object).tolist()


CARRIED = "What is a row of this register?"
EXPECTED: list[tuple[str, Said, Callable[[Cleaned], object], object]] = [
    ("01-sheet-headers-differ", {}, lambda c: (days(c), pending(c)), ([30] * 4 + [60] * 3, 1)),
    (
        "02-one-row-per-offence",
        {CARRIED: "a row is an offence"},
        lambda c: (days(c), pending(c)),
        ([10, 30], 1),
    ),
    (
        "03-equal-only-after-discarding",
        {CARRIED: "each row is a request", "3 weeks later": "2024-02-05"},
        lambda c: references(c).count("12"),
        3,
    ),
    ("04-late-entry-share", {}, lambda c: len(c.requests), 25),
    (
        "05-excel-error-cells",
        {
            "#REF!": "the request is still pending",
            "#N/A": "Thailand",
            "#VALUE!": ("it should be as written in the next cell", "2024-04-01"),
        },
        lambda c: (len(c.requests), c.requests["partner"].isna().sum(), pending(c), 30 in days(c)),
        (5, 0, 2, True),
    ),
    (
        "06-excel-turned-dates",
        {"Has a spreadsheet": "yes"},
        taken,
        [300] * 12,
    ),
    ("07-subtotal-rows", {}, lambda c: (len(c.requests), c.requests["persons"].sum()), (3, 6)),
    ("08-unnamed-last-column", {}, lambda c: (len(c.requests), days(c)), (3, [31, 61])),
    (
        "09-unknown-outcome",
        {"Successful": "Executed", "Sent on": "Returned", "It has an outcome": "right as it stands"},
        lambda c: (pending(c), c.requests["outcome"].astype(object).tolist()[:2]),
        (2, ["executed", "returned"]),
    ),
    (
        "10-timestamp-tails",
        {},
        lambda c: c.requests["received"].dt.day.tolist(),
        [13, 13, 12, 13, 12, 12, 12, 13, 12],
    ),
    ("11-map-cover-sheet", {}, lambda c: len(c.requests), 2),
    (
        "12-reference-turned-date",
        {
            "2017-03-01": ("it should be as written in the next cell", "3/2017"),
            "2.016e+18": "right as it stands",
        },
        lambda c: "3/2017" in references(c),
        True,
    ),
    ("13-ditto", {}, lambda c: c.requests["partner"].astype(object).tolist(), ["THA"] * 6),
    ("14-brackets-in-file-name", {}, lambda c: (len(c.requests), days(c)), (2, [31])),
    (
        "15-formula-in-issues",
        {"Country:": "Country", "=HYPERLINK": "Thailand", "@SUM": "nothing is recorded"},
        lambda c: c.requests["partner"].astype(object).fillna("").tolist(),
        ["THA", ""],
    ),
    (
        "16-date-in-three-columns",
        {"Of which day": "Received"},
        lambda c: c.requests["received"].dt.strftime("%Y-%m-%d").tolist(),
        ["2024-01-10", "2024-03-05"],
    ),
    ("17-copied-notebook", {}, lambda c: (len(c.requests), set(days(c))), (20, {60})),
    (
        "18-map-state-is-status",
        {
            "ticket": "Reference",
            "state": "Outcome",
            "type": "none of these: leave it unread",
            "timestamp": "Received",
            "open": "the request is still pending",
            "done": "Executed",
        },
        lambda c: (
            c.requests["partner"].isna().all(),
            c.requests["outcome"].astype(object).fillna("").tolist(),
        ),
        (True, ["", "executed", ""]),
    ),
    (
        "19-carried-over",
        {CARRIED: "a row is something else of a request"},
        lambda c: (len(c.requests), pending(c)),
        (4, 1),
    ),
    ("20-two-tables-on-one-sheet", {}, lambda c: references(c), ["I1", "I2", "I3", "O1", "O2"]),
    (
        "21-blank-below",
        {CARRIED: "a row is an offence"},
        lambda c: c.requests["offence"].astype(object).tolist(),
        ["drugs;homicide;money_laundering", "fraud", "fraud;homicide"],
    ),
    ("22-serial-number", {CARRIED: "a row is an offence"}, lambda c: len(c.requests), 3),
]


@pytest.mark.parametrize(("case", "said", "value", "expected"), EXPECTED, ids=[one[0] for one in EXPECTED])
def test_a_case_from_raw(
    raw: Callable[[str], Path], case: str, said: Said, value: Callable[[Cleaned], object], expected: object
) -> None:
    cleaned = reviewed(raw(case), said)
    assert value(cleaned) == expected
    assert set(cleaned.requests["reporting_state"].astype(object)) == {"LAO"}
    assert cleaned.requests["observed_from"].notna().all()


def test_an_end_that_cannot_be_read(raw: Callable[[str], Path]) -> None:
    """The register of the case of numbers: an end on 30 February is an end, until it is said what it is."""
    home = raw("22-serial-number")
    folder = home / "data" / "raw"
    (folder / "register.csv").unlink()
    shutil.copy(CASES / "numbers-07-unreadable-end" / "register.csv", folder)
    cleaned = reviewed(home, {"30/02/2024": "it has ended, the day is not known"})
    assert (len(cleaned.requests), pending(cleaned)) == (15, 0)


def test_every_case_is_tried() -> None:
    kept = {path.name for path in CASES.iterdir() if path.is_dir() and not path.name.startswith("numbers")}
    assert kept == {case for case, *_rest in EXPECTED}


def decide(sheet: str, row: Row) -> "str | tuple[str, str] | None":
    """What the clerk of the two ministries says."""
    said = {
        "What does this column hold? ວັນທີ ຕອບ": "Answered",
        "From which day on moj_tracker": "2021-01-01",
        "Up to which day moj_tracker": "2024-12-31",
        "Which agency police_blo": "ສຳນັກງານຕຳຫຼວດຊາຍແດນ",
        "It does not say by which channel": "Border liaison office",
        "It does not say what was requested": "Exchange of information",
    }
    text = f"{row['question']} {row['register'] or ''} {row.get('evidence') or ''}"
    own = [
        value
        for key, value in said.items()
        if all(part in text for part in key.split("? "))
        or (key.rpartition(" ")[0] in text and key.rpartition(" ")[2] == row["register"])
    ]
    if own:
        return own[0]
    if row.get("suggestion"):
        return "as suggested"
    return next((value for key, value in KNOWN.items() if row["question"].startswith(key)), None)


@pytest.fixture
def ministries(tmp_path: Path) -> tuple[Path, pd.DataFrame, pd.DataFrame]:
    """A workspace by init with two registers in data/raw, and what is true of both."""
    home = tmp_path / "mla"
    assert CliRunner().invoke(cli, ["init", str(home)]).exit_code == 0
    folder = home / "data" / "raw"
    return home, ministry.tracker(folder / "moj_tracker.xlsx"), ministry.police(folder / "police_blo.csv")


def test_two_ministries_in_four_commands_and_one_workbook(
    ministries: tuple[Path, pd.DataFrame, pd.DataFrame],
) -> None:
    home, tracker, police = ministries
    run(home, "review")
    answer(home / BOOK, decide)
    assert "Nothing is open." in run(home, "review", "--apply")
    cleaned = clean_workspace(settings.load(home / "mlastats.toml"))
    found = cleaned.requests.astype(object)
    for register, truth in (("moj_tracker", tracker), ("police_blo", police)):
        own = found[found["register"].eq(register)].set_index("request_id")
        assert sorted(own.index) == sorted(truth["request_id"])
        for name in truth.columns.drop("request_id"):
            wanted = truth.set_index("request_id")[name]
            read = own.loc[wanted.index, name]
            if name in ("received", "sent", "forwarded", "answered"):
                read, wanted = (pd.to_datetime(some).astype("datetime64[us]") for some in (read, wanted))
            differ = ~(read.eq(wanted) | (read.isna() & wanted.isna()))
            assert not differ.any(), (register, name, read[differ].head(), wanted[differ].head())
    agencies = found.groupby("register")["agency"].unique().map(list).to_dict()
    assert agencies == {"moj_tracker": ["moj"], "police_blo": ["police_blo"]}
    assert not [account["unmeasured"] for account in cleaned.summary["registers"] if account["unmeasured"]]
    result = run(home, "report")
    assert "published as r1" in result
    (page,) = home.glob("reports/overview/all/all/r1/overview.html")
    text = page.read_text(encoding="utf-8")
    assert "405 requests from 2 registers" in text
    assert "ສຳນັກງານຕຳຫຼວດຊາຍແດນ" in text
