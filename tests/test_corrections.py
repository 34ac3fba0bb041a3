"""The ledger of corrections: what it changes, and that it stops the run when it no longer applies."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlastats import settings
from mlastats.errors import InputRejected
from mlastats.register.clean import clean_workspace
from mlastats.register.processed import Cleaned

HEAD = "request,column,was,now,reason,by,on\n"
AGREED = ",misread,the agency,2026-01-02\n"
REGISTER = (
    "request_id,partner,received,outcome\n"
    "MLA/1,Thailand,03/04/2024,\n"
    "MLA/2,Thailand,2024-02-01,Executed\n"
    "MLA/2,Viet Nam,2024-02-01,Executed\n"
)


@pytest.fixture
def cleaned(workspace: Callable[..., Path]) -> Callable[..., Cleaned]:
    def of(ledger: str, encoding: str = "utf-8", **registers: str) -> Cleaned:
        home = workspace({f"{name}.csv": text for name, text in (registers or {"moj": REGISTER}).items()})
        (home / "data" / "corrections.csv").write_text(ledger, encoding=encoding)
        return clean_workspace(settings.load(home / "mlastats.toml"))

    return of


def test_a_correction_is_read_as_the_register_would_be(cleaned: Callable[..., Cleaned]) -> None:
    found = cleaned(HEAD + "mla/1,received,03/04/2024,4 March 2024" + AGREED)
    assert found.requests["received"].dt.strftime("%Y-%m-%d").tolist()[0] == "2024-03-04"
    assert "order_unclear" not in set(found.issues["rule"])


def test_only_the_rows_that_say_what_was(cleaned: Callable[..., Cleaned]) -> None:
    found = cleaned(HEAD + "MLA/2,partner,Viet Nam,China" + AGREED)
    assert found.requests["partner"].tolist() == ["THA", "THA", "CHN"]


def test_a_blank_cell_is_filled_and_a_filled_one_emptied(cleaned: Callable[..., Cleaned]) -> None:
    found = cleaned(HEAD + "MLA/1,outcome,,Refused" + AGREED + "MLA/1,received,03/04/2024," + AGREED)
    assert found.requests["outcome"].tolist()[0] == "refused"
    assert found.requests["received"].isna().tolist()[0]


def test_a_column_that_the_register_has_not(cleaned: Callable[..., Cleaned]) -> None:
    assert cleaned(HEAD + "MLA/1,kind,,Extradition" + AGREED).requests["kind"].tolist()[0] == "extradition"


def test_corrections_follow_each_other_in_order(cleaned: Callable[..., Cleaned]) -> None:
    found = cleaned(
        HEAD + "MLA/1,partner,Thailand,Viet Nam" + AGREED + "MLA/1,partner,Viet Nam,China" + AGREED
    )
    assert found.requests["partner"].tolist()[0] == "CHN"


def test_a_reference_given_twice_is_corrected_away(cleaned: Callable[..., Cleaned]) -> None:
    text = REGISTER.replace("MLA/2,Viet Nam", "MLA/2 ,Viet Nam")
    found = cleaned(
        HEAD + "MLA/2,partner,Viet Nam,Japan" + AGREED + "MLA/2,request_id,MLA/2,MLA/3" + AGREED, moj=text
    )
    assert found.requests["request_id"].tolist() == ["MLA/1", "MLA/3", "MLA/3"]


def test_in_whichever_register_the_request_stands(cleaned: Callable[..., Cleaned]) -> None:
    other = "request_id,partner\nMLA/9,Siam?\n"
    found = cleaned(HEAD + "MLA/9,partner,Siam?,Thailand" + AGREED, moj=REGISTER, mps=other)
    assert found.requests["partner"].tolist() == ["THA", "THA", "VNM", "THA"]
    assert found.summary["registers"][1]["requests"] == 1


def test_a_ledger_with_a_mark_as_a_spreadsheet_saves_it(cleaned: Callable[..., Cleaned]) -> None:
    found = cleaned(HEAD + "MLA/1,partner,Thailand,China" + AGREED, encoding="utf-8-sig")
    assert found.requests["partner"].tolist()[0] == "CHN"


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ("MLA/1,partner,Siam,China", "partner"),  # the register says Thailand
        ("MLA/1,partner,,China", "partner"),  # it is not blank
        ("MLA/1,outcome,Refused,Executed", "outcome"),  # it is blank
        ("MLA/7,partner,Thailand,China", "partner"),  # no such request
        ("MLA/2,kind,MLA,Extradition", "kind"),  # no such column in the register
    ],
)
def test_an_entry_that_no_longer_applies_is_named(
    cleaned: Callable[..., Cleaned], entry: str, column: str
) -> None:
    good = "MLA/2,partner,Viet Nam,China" + AGREED
    with pytest.raises(InputRejected) as fault:
        cleaned(HEAD + good + entry + AGREED)
    said = str(fault.value)
    assert f"line 3, column {column}" in said
    assert "line 2" not in said
    assert not any(value in said for value in ("Siam", "Thailand", "China", "MLA/"))


def test_an_entry_made_twice_applies_once(cleaned: Callable[..., Cleaned]) -> None:
    entry = "MLA/1,partner,Thailand,China" + AGREED
    with pytest.raises(InputRejected, match="line 3, column partner"):
        cleaned(HEAD + entry + entry)


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ("request,column\n", "must have the columns request, column, was, now, reason, by, on"),
        ("", "must have the columns"),
        (HEAD + "MLA/1,partner,Thailand\n", "line 2: has not seven cells"),
        (HEAD + "MLA/1,partner,Thailand,China,why,who,2026-01-02,more\n", "line 2: has not seven cells"),
        (HEAD + ",partner,Thailand,China,why,who,2026-01-02\n", "line 2: names no request"),
        (HEAD + "MLA/1,formality,formal,informal,why,who,2026-01-02\n", "line 2: `column` must be one of"),
        (HEAD + "MLA/1,partner,Thailand,China,,who,2026-01-02\n", "line 2: says no `reason`"),
        (HEAD + "MLA/1,partner,Thailand,China,why,,2026-01-02\n", "line 2: says no `reason`"),
        (
            HEAD + "MLA/1,partner,Thailand,China,why,who,02/01/2026\n",
            "line 2: `on` must be a date, YYYY-MM-DD",
        ),
        (HEAD + 'MLA/1,partner,"Thailand,China\n', "cannot be read"),
    ],
)
def test_a_ledger_with_faults_names_every_line(
    cleaned: Callable[..., Cleaned], ledger: str, said: str
) -> None:
    with pytest.raises(InputRejected) as fault:
        cleaned(ledger)
    assert said in str(fault.value)
    assert "Thailand" not in str(fault.value)


def test_a_ledger_in_another_encoding_is_refused(cleaned: Callable[..., Cleaned]) -> None:
    with pytest.raises(InputRejected, match="CSV file in UTF-8"):
        cleaned(HEAD + "MLA/1,partner,ไทย,China" + AGREED, encoding="cp874")
