"""The United Kingdom's treaties on extradition, read through the real cleaning: parties and dates."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from mlastats import settings, vocab
from mlastats.register import mapping, parties
from mlastats.register.clean import clean
from mlastats.register.files import Raw, from_frame
from mlastats.register.processed import Cleaned

COLUMNS = {
    "id": "request_id",
    "country_name": "partner",
    "signed_event_date": "sent",
    "definative_eif_event_date": "answered",
}
# Names of the time that may mean several of today's states, or none of them: looked at one by one.
UNDECIDED = {
    *("AUSTRIA-HUNGARY", "British African Protectorates", "British Togoland", "Cameroons", "CZECHOSLOVAKIA"),
    *("Cameroon & Togo Trust Territories", "Channel Islands", "Gilbert And Ellice Islands", "KOREA"),
    *("Malay States, Unfederated", "NEW GUINEA", "Netherlands Antilles", "New Guinea", "PRUSSIA", "Papua"),
    *("Palestine (inc. Trans-Jordan)", "Palestine, Mandated Territories (exc. Trans-Jordan)"),
    *("RWANDA-URUNDI", "SERB-CROAT-SLOVENE STATE", "SERBIA AND MONTENEGRO", "SWEDEN AND NORWAY"),
    *("Somaliland", "St Kitts Nevis Anguilla", "Togoland", "Virgin Islands", "YUGOSLAVIA", "Tunis"),
    *("YUGOSLAVIA, FEDERAL REPUBLIC OF", "All Territories under UK Sovereignty", "Norfolk Island (UK)"),
    *("British Antarctic Territory", "ORANGE FREE STATE", "Sovereign Base Areas", "Newfoundland (UK)"),
}


@pytest.fixture(scope="module")
def treaties(shared: Path) -> list[dict[str, str]]:
    source = shared / "uk_extradition_treaties" / "uk_treaties_cooperation_subset.csv"
    with source.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["subject"] == "EXTRADITION"]


@pytest.fixture(scope="module")
def cleaned(treaties: list[dict[str, str]]) -> Cleaned:
    vocab.use(None)
    raw = from_frame(pd.DataFrame(treaties, dtype="str"))
    approved = mapping.check({"columns": COLUMNS, "constants": {"direction": "outgoing"}})
    register = settings.Register(name="treaties", path="-", log_start="1794-01-01")
    given = settings.check({"reporting_state": "GBR", "as_of": "2026-09-30"})
    return clean([(register, Raw(**{**vars(raw), "mapping": approved}))], given)


def test_every_treaty_is_accounted_for(cleaned: Cleaned) -> None:
    (account,) = cleaned.summary["registers"]
    assert (account["read"], account["refused"], account["not_data"]) == (243, 0, 0)
    assert account["requests"] + account["merged"] == 243


def test_dates_are_as_a_plain_reading_of_day_month_year_has_them(
    cleaned: Cleaned, treaties: list[dict[str, str]]
) -> None:
    for header, column in (("signed_event_date", "sent"), ("definative_eif_event_date", "answered")):
        written = {row["id"]: row[header] for row in treaties if row[header]}
        expected = {key: pd.to_datetime(text, format="%d/%m/%Y") for key, text in written.items()}
        read = cleaned.requests.set_index("request_id")[column].dropna().to_dict()
        assert read == expected
    assert cleaned.requests["answered"].notna().sum() == 190


def test_two_were_in_force_before_they_were_signed(cleaned: Cleaned) -> None:
    reversed_ = cleaned.issues[cleaned.issues["rule"].eq("reversed")]
    assert reversed_["row"].nunique() == 2
    both = cleaned.requests["answered"] < cleaned.requests["sent"]
    assert both.sum() == 2


def test_parties_are_recognised_or_left_to_be_decided(treaties: list[dict[str, str]]) -> None:
    names = sorted({name.strip() for row in treaties for name in row["country_name"].split(" ; ")})
    found = parties.recognise(pd.Series(names, dtype="str"))["partner"]
    assert len(names) == 204
    assert {name for name, code in zip(names, found, strict=True) if pd.isna(code)} == UNDECIDED
