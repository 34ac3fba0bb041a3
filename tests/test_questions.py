"""What an analyst asks in Python: a slip is told by name, and never answered with a number."""

import datetime as dt
import inspect
import io
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mlastats
from mlastats import findings, measure, periods, schema
from mlastats.errors import ConfigurationError, InputRejected

AS_OF = "2026-09-30"


@pytest.fixture
def requests(example_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The example's requests, from its folder of notebooks."""
    (example_workspace / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(example_workspace / "notebooks")
    return mlastats.load_requests()


def measures() -> Iterator[tuple[str, Any, str]]:
    """Every public function of `measure` with each parameter of it that is a day."""
    for module in pkgutil.iter_modules(measure.__path__):
        for name, function in vars(getattr(measure, module.name)).items():
            own = getattr(function, "__module__", "") == f"mlastats.measure.{module.name}"
            if not own or name.startswith("_") or not inspect.isfunction(function):
                continue
            for parameter in inspect.signature(function).parameters.values():
                written = inspect.formatannotation(parameter.annotation).replace("datetime.", "dt.")
                if written.startswith("dt.date"):
                    yield f"{module.name}.{name}", function, parameter.name


MEASURES = list(measures())


def test_there_are_measures_to_ask() -> None:
    assert len(MEASURES) > 60
    assert {"since", "as_of", "event", "until", "start"} <= {day for _name, _function, day in MEASURES}


@pytest.mark.parametrize(
    ("function", "day"), [m[1:] for m in MEASURES], ids=[f"{m[0]}-{m[2]}" for m in MEASURES]
)
def test_no_measure_takes_a_day_that_is_written_otherwise(function: Any, day: str) -> None:
    needed = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    values = dict.fromkeys(needed, AS_OF) | (
        {"requests": schema.conform(pd.DataFrame())} if "requests" in needed else {}
    )
    with pytest.raises(ConfigurationError, match=f"`{day}` must be a date, as 2026-09-30; got '01/02/2020'"):
        function(**values | {day: "01/02/2020"})


@pytest.mark.parametrize(
    "value",
    [
        *("2569-09-31", "2020", "today", 20200102, "20200102", "2020-W01-1", "", " 2020-01-02", "2020-02-30"),
        *(
            "２０２０-01-02",
            None,
            pd.NaT,
            pd.Timestamp("2020-01-02 12:00"),
            dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
        ),
    ],
    ids=str,
)
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="`since` must be a date, as 2026-09-30; got"):
        periods.day("since", value)


@pytest.mark.parametrize("value", ["2020-01-02", dt.date(2020, 1, 2), pd.Timestamp("2020-01-02")], ids=repr)
def test_a_day_is_a_day_however_python_holds_it(value: object) -> None:
    assert pd.Timestamp(periods.day("since", value)) == pd.Timestamp(2020, 1, 2)


def test_the_table_is_found_from_the_notebooks(requests: pd.DataFrame, example_workspace: Path) -> None:
    path = "data/processed/requests.parquet"
    assert len(requests) > 800
    pd.testing.assert_frame_equal(requests, mlastats.load_requests(path))
    pd.testing.assert_frame_equal(requests, mlastats.load_requests(example_workspace / path))
    with pytest.raises(
        InputRejected, match=r"There is no cleaned table other\.parquet\. Run `mlastats clean`"
    ):
        mlastats.load_requests("other.parquet")


def test_a_slip_in_a_column_is_told(requests: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match=r"got 'chanel'\. Did you mean 'channel'\?$") as fault:
        mlastats.turnaround(requests, by="chanel", as_of=AS_OF)
    assert "request_id" not in str(fault.value)
    with pytest.raises(ConfigurationError, match=r"got 'anser'\. Did you mean 'answer'\?$"):
        mlastats.turnaround(requests, as_of=AS_OF, clock="anser")


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("partner", "Thailand", "THA"),
        ("partner", "Thialand", "THA"),
        ("partner", "ປະເທດໄທ", "THA"),
        ("partner", "tha", "THA"),
        ("agency", "Ministry of Justise", "moj"),
        ("channel", "interpoll", "interpol"),
    ],
)
def test_a_slip_in_a_code_is_told(requests: pd.DataFrame, name: str, value: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"got '{value}'\. Did you mean '{meant}'\?$"):
        mlastats.open_page("1_turnaround", **{name: value})


def test_a_slip_in_a_filter_is_told(requests: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match=r"got 'partnr'\. Did you mean 'partner'\?$"):
        mlastats.open_page("1_turnaround", partnr="THA")


def test_columns_that_were_left_out_are_named(requests: pd.DataFrame) -> None:
    with pytest.raises(
        InputRejected, match=r"lacks 46 of its columns: request_id, register.*choose rows, not"
    ):
        mlastats.turnaround(requests[["direction", "kind", "received", "answered"]], as_of=AS_OF)
    with pytest.raises(InputRejected, match=r"takes the requests table.*got a str"):
        mlastats.turnaround("requests.parquet", as_of=AS_OF)


def test_tables_put_together_are_each_row_once(requests: pd.DataFrame) -> None:
    with pytest.raises(InputRejected, match=r"have the same index.*ignore_index=True"):
        mlastats.turnaround(pd.concat([requests, requests]), as_of=AS_OF)
    halves = [requests.iloc[::2].reset_index(drop=True), requests.iloc[1::2].reset_index(drop=True)]
    together = mlastats.turnaround(pd.concat(halves, ignore_index=True), as_of=AS_OF)
    pd.testing.assert_frame_equal(together, mlastats.turnaround(requests, as_of=AS_OF))


def test_a_table_back_from_csv_says_what_it_lost(requests: pd.DataFrame, tmp_path: Path) -> None:
    requests.to_csv(tmp_path / "requests.csv", index=False)
    back = pd.read_csv(tmp_path / "requests.csv")
    with pytest.raises(InputRejected, match=r"observed_from: it was read from a file.*schema\.conform"):
        mlastats.turnaround(back, as_of=AS_OF)
    mended = mlastats.turnaround(schema.conform(back), as_of=AS_OF)
    pd.testing.assert_frame_equal(mended, mlastats.turnaround(requests, as_of=AS_OF))


def completed(text: str) -> list[str]:
    """What Tab offers in a notebook after these letters."""
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns |= {"mlastats": mlastats, "measure": measure, "findings": findings}
    with provisionalcompleter():
        return [each.text.removeprefix(".") for each in shell.Completer.completions(text, len(text))]


@pytest.mark.parametrize(
    ("text", "holds", "never"),
    [
        ("mlastats.", {"load_requests", "turnaround", "open_page", "show"}, {"importlib", "Any"}),
        ("measure.", {"turnaround", "flow", "partners"}, {"ModuleType", "sys", "contract", "table_cache"}),
        ("findings.", {"turnaround", "flow", "declared"}, {"ModuleType", "sys", "phrases"}),
        ("measure.turnaround.", {"turnaround", "compared"}, {"pd", "np", "keys", "replace", "dt"}),
        ("findings.stages.", {"stages", "pairs", "handovers"}, {"pd", "Declared", "Chart", "partial"}),
    ],
)
def test_tab_shows_the_domain_and_nothing_else(text: str, holds: set[str], never: set[str]) -> None:

    offered = set(completed(text))
    assert holds <= offered
    assert not offered & never
    assert not {name for name in offered if name.startswith("_")}


def test_a_module_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"'mlastats\.measure' has no attribute 'turnarond'"):
        _ = measure.turnarond


def test_a_frame_is_shown_whole_and_stays_tidy(requests: pd.DataFrame) -> None:
    table = mlastats.turnaround(requests, ["channel"], as_of=AS_OF)
    before = table.copy()
    shown = mlastats.show(table)
    (read,) = pd.read_html(io.StringIO(shown.to_html()))
    pd.testing.assert_frame_equal(table, before)
    assert len(read) == len(table)
    notes = [name for name in table if name.endswith("_note")]
    assert len(read.columns) == len(table.columns) - len(notes)
    assert {"Direction", "Channel", "Requests", "Median (days)", "Oldest open (days)"} <= set(read)
    assert {"Incoming", "Outgoing"} == set(read["Direction"])
    # A median that is not given says why, in its place.
    row = table.index[table["median_note"].eq("few_at_risk")][0]
    assert read["Median (days)"][row] == "too few"
    assert [float(text.replace(",", "")) for text in read["Requests"].astype(str)] == list(table["requests"])


def test_a_page_displays_itself_in_ten_lines(requests: pd.DataFrame) -> None:
    page = mlastats.open_page("1_turnaround", as_of=AS_OF, period="2025", partner="THA")
    lines = repr(page).splitlines()
    assert len(lines) == 10
    assert max(map(len, lines)) < 160
    assert {"notebook: 1_turnaround", "period: 2025-01-01 to 2025-12-31", "filters: partner=THA"} <= set(
        lines
    )
    assert f"requests: {len(page.requests):,} rows, {len(page.requests.columns)} columns" in lines
    assert page._repr_html_().count("<tr>") == 10


def test_the_readme_s_own_examples_run(requests: pd.DataFrame, root: Path) -> None:
    steps = (root / "README.md").read_text(encoding="utf-8").partition("## First steps for an analyst")[2]
    examples = re.findall(r"(?:^ {7}.*\n|^\n(?= {7}))+", steps.partition("\n## ")[0], re.MULTILINE)
    assert len(examples) == 2
    names: dict[str, Any] = {"page": mlastats.open_page("1_turnaround")}
    for example in examples:
        exec(textwrap.dedent(example), names)
    assert len(names["requests"]) == len(requests)
    assert {"channel", "median_days"} <= set(names["table"]) or {"offence", "requests"} <= set(names["table"])
    assert names["page"].shown == ["by_offence"]
