"""What a run reads is missing, unreadable, or replaced while it runs; the clock goes back."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.faults
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


def test_an_unreadable_register(mortal) -> None:
    home = mortal
    assert home.run("report", "first")[0] == 0
    before = home.published()
    register = home.folder / "register.csv"
    register.chmod(0)
    code, _out, err = home.run("report")
    assert code == 3
    assert err == (
        "mlastats: Register 'register' cannot be read (PermissionError). Check that the file may be read.\n"
    )
    assert home.published() == before
    register.chmod(0o600)
    assert home.run("report")[0] == 0


@pytest.mark.parametrize("content", [None, b"", b"\x00\x01\x02" * 5000, b"PK\x03\x04 not a workbook"])
def test_a_register_that_is_gone_or_no_table(home, content) -> None:
    assert home.run("report", "first")[0] == 0
    before = home.published()
    register = home.folder / "register.csv"
    register.unlink() if content is None else register.write_bytes(content)
    code, _out, err = home.run("report")
    assert code == 3
    assert err.splitlines()[-1].startswith("mlastats: ")
    assert "register" in err
    assert home.published() == before


def replaced(place: Path, made: Callable[[Path], object]) -> None:
    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    made(place)


@pytest.mark.parametrize("made", [os.mkfifo, Path.mkdir, lambda place: place.symlink_to(place.name)])
@pytest.mark.parametrize(
    "name", ["register.csv", "mlastats.toml", "data/processed", "reports/.run/lock", "reports/.run/log"]
)
def test_what_is_no_file_is_waited_for_by_nobody(home, name: str, made) -> None:
    """A pipe, a folder, a link to itself in the place of each file that is opened."""
    replaced(home.folder / name, made)
    code, _out, err = home.run("report", "first")
    if name.endswith("log") or (name == "data/processed" and made is Path.mkdir):
        assert code == 0, err
    else:
        assert code in (1, 2, 3)
        assert len(err.splitlines()) == 1, err
        assert "Traceback" not in err


def test_a_huge_file_is_refused_before_it_is_read(home) -> None:
    os.truncate(home.folder / "register.csv", 100 << 30)
    for command in ("clean", "report", "status"):
        code, _out, err = home.run(command)
        assert code == 3
        assert "102,400 MB" in err


def test_a_register_replaced_while_it_is_cleaned(home) -> None:
    register = home.folder / "register.csv"
    text = register.read_text()
    code, _events, err = home.run_until("cleaning", lambda: register.write_text(text + "\n"))
    assert code == 3
    assert err == "mlastats: Register 'register' was replaced while it was read. Run again.\n"
    assert home.published() == {}
    assert home.run("report")[0] == 0


def test_a_register_replaced_after_it_was_cleaned_makes_the_reports_stale(home) -> None:
    register = home.folder / "register.csv"
    text = register.read_text()
    code, _events, _err = home.run_until("cleaned", lambda: register.write_text(text + "\n"))
    # They rest on the register as it was, and say so.
    assert code == 0
    assert home.states() == {"first": "stale", "second": "stale"}
    assert home.run("report")[0] == 0
    assert home.states() == {"first": "published", "second": "published"}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("data/processed/requests.parquet", "cleaned data"),
        ("notebooks/small.ipynb", "notebooks"),
        ("mlastats.toml", "configuration"),
    ],
)
def test_anything_else_replaced_during_the_run(home, path, what) -> None:
    assert home.run("report")[0] == 0
    before = home.published()
    file = home.folder / path
    good = file.read_bytes()

    def replace() -> None:
        if path.endswith(".parquet"):
            # In one step: a file that is half written is another fault, and is told as one.
            pd.read_parquet(file).iloc[:-1].to_parquet(file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
        elif path.endswith(".toml"):
            file.write_bytes(good.replace(b"[[reports]]", b"[standards]\nmla = 30\n\n[[reports]]", 1))
        else:
            file.write_bytes(good + b"\n")

    code, events, _err = home.run_until("cell", replace)
    assert code == 1
    assert [event["cause"] for event in events if event["event"] == "failed"] == [
        f"Replaced during the run: {what}. The next run makes the report anew."
    ]
    assert home.published() == before
    file.write_bytes(good)
    code, _out, err = home.run("report")
    assert code == 0, err
    assert home.states()["first"] == "published"


def test_the_clock_is_set_back(home) -> None:
    if FAKETIME is None:
        pytest.skip("libfaketime is not on this machine")
    text = (home.folder / "mlastats.toml").read_text().replace('"2026-09-30"', '"today"')
    text = text.replace('name = "second"', 'name = "second"\nperiod = "month"\nstart = "2026-06"')
    (home.folder / "mlastats.toml").write_text(text)

    def at(day: str, *arguments: str) -> tuple[int, list[dict]]:
        home.environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"@{day} 12:00:00"}
        code, out, err = home.run("report", "--json", *arguments)
        assert code == 0, err
        return code, [json.loads(line) for line in out.splitlines()]

    def made(events: list[dict]) -> list[str]:
        return sorted(event["name"] for event in events if event["event"] == "published")

    assert made(at("2026-08-02")[1]) == ["first/all/all", "second/all/2026-06", "second/all/2026-07"]
    before = home.published()
    # Back by a month: nothing is made with an earlier as-of date, nothing is lost.
    assert made(at("2026-07-02")[1]) == []
    assert home.published() == before
    # Forward over two months: both are caught up, each with its own as-of date.
    made_now = made(at("2026-10-02")[1])
    assert made_now == ["first/all/all", "second/all/2026-08", "second/all/2026-09"]
    manifest = json.loads((home.reports / "second/all/2026-08/r1/manifest.json").read_text())
    assert manifest["as_of"] == "2026-08-31"
    assert home.is_whole()
