"""What a run on a cluster rests on, without one: where case data may go, what travels, what a log could show.

The cluster itself is tried in tests/faults/test_cluster.py.
"""

import datetime as dt
import json
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlastats import settings
from mlastats.errors import ConfigurationError
from mlastats.run import cluster, inputs, overview, progress, worker

CASE = "Somchai-4711"


def configured(**more) -> settings.Settings:
    table = {"reporting_state": "LAO", "as_of": "2026-09-30", "registers": [], **more}
    return settings.check(table)


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786", "tls://192.0.2.7:8786"],
)
def test_case_data_may_stay_here_or_be_encrypted(address) -> None:
    assert cluster.plain(address, configured()) == ""


# 192.0.2.0/24 and 2001:db8::/32 are for documentation: they are no machine's (RFC 5737, RFC 3849).
@pytest.mark.parametrize("address", ["tcp://192.0.2.7:8786", "tcp://[2001:db8::7]:8786"])
def test_case_data_leave_no_machine_in_plain_text_unless_the_configuration_says_so(address) -> None:
    assert "to another machine in plain text" in cluster.plain(address, configured())
    told = {"address": address, "plain_text": True}
    assert cluster.plain(address, configured(cluster=told)) == ""
    with (
        pytest.raises(ConfigurationError, match="plain_text = true"),
        cluster.opened(configured(), address, 1, print),
    ):
        pass


@pytest.mark.parametrize("address", ["", "8786", "127.0.0.1:8786", "ucx://127.0.0.1:8786", "tls://"])
def test_what_is_no_address_of_a_scheduler_is_refused(address) -> None:
    with (
        pytest.raises(ConfigurationError, match="tls://HOST:PORT"),
        cluster.opened(configured(), address, 1, print),
    ):
        pass


def test_a_worker_reads_the_configuration_of_the_run_and_nothing_of_its_own() -> None:
    given = configured(
        cluster={"address": "tls://192.0.2.7:8786"},
        as_of="today",
        contact='Vientiane: "mla"\n\\ ສປປ\x7f',
        vocabulary="/srv/codes",
        standards={"mla": 180},
        registers=[{"name": "a", "path": "data/*.csv", "log_start": "2014-01-01"}],
        reports=[
            {"name": "r", "notebooks": ["n"], "items": {"partner": ["THA"]}, "parameters": {"x.y": 1.5}}
        ],
    )
    table = tomllib.loads(inputs.of_worker(given))
    read = settings.check(table)
    same = {"cluster": None, "processed": "processed", "vocabulary": "vocabulary"}
    assert read == given.model_copy(update=same)
    # A worker may be a day ahead: the day is settled where the run began.
    assert table["as_of"] == dt.date.today().isoformat()


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.text('ab.é"\x7f', min_size=1), st.integers()),
)
def test_any_text_of_a_configuration_travels(text, table) -> None:
    given = configured(contact=text, standards=table)
    assert settings.check(tomllib.loads(inputs.of_worker(given))) == given.model_copy(
        update={"processed": "processed"}
    )


def test_what_travels_shows_nothing_of_itself() -> None:
    """A worker writes into its log what a task was given, as repr has it."""
    given = [
        worker.Parcel("run", {}, "n", {"partner": CASE}, {CASE: "hash"}, 1),
        worker.Answer(files={CASE: CASE.encode()}, unfit=CASE),
        worker.Inputs("run", {CASE: CASE.encode()}),
    ]
    for one in given:
        assert CASE not in repr(one)
        assert CASE not in f"{one}"


def test_where_a_report_is_made_changes_nothing_of_what_it_rests_on(tmp_path: Path) -> None:
    here, there = configured(), configured(cluster={"address": "tls://192.0.2.7:8786"})
    assert inputs.configuration(here) == inputs.configuration(there)


def test_notebooks_are_given_the_cleaned_data_and_no_register_and_no_key(workspace) -> None:
    home = workspace({"police.csv": "Reference,Received\nA1,2026-01-02\n"})
    for name in (
        "processed/requests.parquet",
        "processed/.run/lock",
        "keys/secret",
        "codes/partner.csv",
        "own.csv",
    ):
        (home / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "data" / name).write_text("x")
    (home / "mlastats.toml").write_text(
        'reporting_state = "LAO"\nas_of = 2026-09-30\nvocabulary = "data/codes"\ntreaties = "data/own.csv"\n'
    )
    found = inputs.of_workers(settings.load(home / "mlastats.toml"), cleaned=True)
    assert found == {
        "processed/requests.parquet": home / "data/processed/requests.parquet",
        "vocabulary/partner.csv": home / "data/codes/partner.csv",
        "treaties": home / "data/own.csv",
    }


def test_the_status_has_what_is_at_work_and_forgets_what_ended(tmp_path: Path) -> None:
    loaded = configured()
    loaded._folder = tmp_path
    work = tmp_path / "reports" / ".run" / f"work-{os.getpid()}"
    work.mkdir(parents=True)
    emit = progress.at_work(work, lambda event: None)
    steps = [{"name": "first/all/all", "step": step} for step in ("one", "two")]
    for step in steps:
        emit({"event": "step", **step})
    emit({"event": "at", "worker": "tls://192.0.2.7:4000", **steps[1]})
    assert overview.status(loaded)["running"] == [
        {"report": "first/all/all", "step": "one", "worker": ""},
        {"report": "first/all/all", "step": "two", "worker": "tls://192.0.2.7:4000"},
    ]
    lines = list(overview.lines(overview.status(loaded)))
    assert "Running: first/all/all, one, here." in lines
    assert "Running: first/all/all, two, on tls://192.0.2.7:4000." in lines
    for step in steps:
        emit({"event": "ended", **step})
    assert overview.status(loaded)["running"] == []
    emit({"event": "step", **steps[0]})
    # 4,194,304 is the highest number of a process on Linux: none has the next one.
    work.rename(work.with_name("work-4194305"))
    assert overview.status(loaded)["running"] == [], "the run is over"


def test_events_of_workers_are_words_and_warnings() -> None:
    lost = {"event": "lost", "worker": "tls://192.0.2.7:4000"}
    assert progress.line_of(lost) == "Worker tls://192.0.2.7:4000 was lost; what it ran is done elsewhere."
    assert progress.level_of(lost) == "warning"
    assert json.loads(json.dumps(lost)) == lost
