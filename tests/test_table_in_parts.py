"""A table in parts gives what the whole table gives, wherever it is cut: measures, notebooks, and what is refused."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlastats
from mlastats import parts, schema
from mlastats.disclosure import keys
from mlastats.errors import InputRejected
from mlastats.measure import (
    channels,
    cohorts,
    curves,
    durations,
    flow,
    matters,
    outcomes,
    partners,
    turnaround,
)
from mlastats.measure.groups import one_code_each
from mlastats.measure.periods import begun_in
from mlastats.measure.windows import within

AS_OF = "2024-12-31"
Measure = Callable[[pd.DataFrame], pd.DataFrame]


def _curve(requests: pd.DataFrame) -> pd.DataFrame:
    cases = turnaround.timed_cases(requests, "kind", as_of=AS_OF)
    return curves.answered_curve(cases, ["direction", "kind"])


MEASURES: dict[str, Measure] = {
    "durations": lambda r: durations.durations(r, as_of=AS_OF),
    "turnaround": lambda r: turnaround.turnaround(r, "kind", as_of=AS_OF, standard_days={"mla": 60}),
    "curves": _curve,
    "outcomes": lambda r: outcomes.outcomes(r, as_of=AS_OF, days=90),
    "refusals": lambda r: outcomes.refusals(r, as_of=AS_OF),
    "flow": lambda r: flow.flow(r, "kind", as_of=AS_OF, span="quarter"),
    "use": lambda r: channels.use(r, "kind", as_of=AS_OF),
    "by_channel": lambda r: channels.by_channel(r, as_of=AS_OF),
    "cohorts": lambda r: cohorts.cohorts(r, as_of=AS_OF, days=60),
    "engagement": lambda r: partners.engagement(r, as_of=AS_OF, expected=["FRA"]),
    "partners by period": lambda r: partners.by_period(r, as_of=AS_OF),
    "within": lambda r: parts.whole(within(r, "2023-01-01", "2024-06-30")),
    "begun_in": lambda r: parts.whole(begun_in(r, "2023-01-01", "2024-06-30")),
    "one code each": lambda r: parts.whole(one_code_each(r, ["channel"])),
    "matters": lambda r: parts.whole(matters.matters(r, as_of=AS_OF)),
}


def split(requests: pd.DataFrame, edges: list[int], folder: Path) -> parts.Parts:
    """The table cut before each of the rows `edges`, as cleaning writes it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = pa.Table.from_pandas(requests, preserve_index=False)
    for number, (first, last) in enumerate(zip([0, *edges], [*edges, len(rows)], strict=True)):
        pq.write_table(rows.slice(first, last - first), folder / f"part-{number:04}.parquet")
    return parts.opened(folder)


def alike(measure: Measure, requests: pd.DataFrame, table: parts.Parts) -> None:
    pd.testing.assert_frame_equal(measure(table), measure(requests))  # type: ignore[arg-type]


DAYS = st.none() | st.dates(dt.date(2022, 1, 1), dt.date(2025, 2, 1))
ROWS = st.fixed_dictionaries(
    {
        "request_id": st.sampled_from(["A", "B", "C", "D", None]),
        "linked_request_id": st.sampled_from(["A", "B", "C", "X", None, None]),
        "register": st.sampled_from(["moj", "mps", "moj;mps"]),
        "direction": st.sampled_from(["incoming", "outgoing", None]),
        "partner": st.sampled_from(["THA", "VNM", None]),
        "kind": st.sampled_from(["mla", "extradition", "deportation", None]),
        "channel": st.sampled_from(["interpol", "diplomatic;interpol", "diplomatic", None]),
        "formality": st.sampled_from(["formal", "informal", None]),
        "outcome": st.sampled_from(["executed", "refused", "withdrawn", None]),
        "observed_from": st.sampled_from([None, dt.date(2022, 6, 1)]),
        "observed_to": st.sampled_from([None, dt.date(2024, 11, 30)]),
        "received": DAYS,
        "received_precision": st.sampled_from(["day", "day", "month", "year"]),
        "sent": DAYS,
        "answered": DAYS,
        "closed": DAYS,
        "is_spontaneous": st.sampled_from([None, False, True]),
        "persons": st.none() | st.integers(1, 3),
    }
)


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=14), cuts=st.lists(st.integers(0, 14), max_size=4))
def test_a_measure_is_the_same_wherever_the_table_is_cut(
    name: str, rows: list[dict], cuts: list[int], tmp_path: Path
) -> None:
    """Chains, repeated references and groups lie across the cuts; a part may have no row."""
    requests = schema.conform(pd.DataFrame(rows, columns=list(schema.NAMES)))
    table = split(requests, sorted(min(cut, len(rows)) for cut in cuts), tmp_path / "requests.parquet")
    alike(MEASURES[name], requests, table)


def test_chains_and_counts_across_parts_are_those_worked_by_hand(
    requests_from: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    requests = requests_from("""
        id direction partner channel            formality received   answered   outcome  linked_request_id
        A  incoming  THA     diplomatic         formal    2024-01-01 2024-01-11 executed -
        B  incoming  THA     interpol           informal  2024-02-01 2024-02-21 executed A
        C  incoming  VNM     diplomatic;interpol formal   2024-03-01 -          -        B
        D  incoming  VNM     interpol           informal  2024-03-05 2024-03-06 refused  -
    """)
    table = split(requests, [1, 2, 3], tmp_path / "requests.parquet")
    assert matters.matter_of(table).tolist() == [0, 0, 0, 1]
    engaged = partners.engagement(table, as_of=AS_OF).set_index("partner")
    # The chain A, B, C is one matter with THA, open because C is; D is one with VNM, refused and so answered.
    columns = ["received", "received_answered", "received_pending", "contacts"]
    assert engaged.loc["THA", columns].tolist() == [1, 0, 1, 2]
    assert engaged.loc["VNM", columns].tolist() == [1, 1, 0, 2]
    used = channels.use(table, as_of=AS_OF, span="").iloc[0]
    assert used[["requests", "formal", "informal"]].tolist() == [4, 2, 2]
    ways = channels.by_channel(table, as_of=AS_OF).set_index("channel")["requests"]
    assert ways.to_dict() == {"diplomatic": 2, "interpol": 3}
    took = turnaround.turnaround(table, as_of=AS_OF).iloc[0]
    assert took[["requests", "answered", "pending"]].tolist() == [4, 3, 1]


def test_rows_and_columns_are_those_of_the_frame(example_workspace: Path, tmp_path: Path) -> None:
    requests = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    table = split(requests, [400, 400, 1000], tmp_path / "requests.parquet")
    pd.testing.assert_frame_equal(table.whole(), requests)
    pd.testing.assert_frame_equal(schema.read(tmp_path / "requests.parquet"), requests)
    late = requests["received"].gt("2020-01-01")
    chosen, rows = requests[late], table[late]
    pd.testing.assert_frame_equal(rows.whole(), chosen)
    backwards = chosen.index[::-1]
    pd.testing.assert_frame_equal(rows.loc[backwards].whole(), chosen.loc[backwards])
    pd.testing.assert_series_equal(rows.loc[backwards, "kind"], chosen.loc[backwards, "kind"])
    pd.testing.assert_series_equal(rows.loc[late[::-1], "kind"], chosen.loc[late[::-1], "kind"])
    pd.testing.assert_frame_equal(rows.iloc[3:90:7].whole(), chosen.iloc[3:90:7])
    more = {"register": "x", "note": pd.Series(1, chosen.index[:5])}
    pd.testing.assert_frame_equal(
        rows.assign(**more).iloc[[7, 2]].whole(), chosen.assign(**more).iloc[[7, 2]]
    )
    with pytest.raises(KeyError, match="-1"):
        rows.loc[[-1]]
    with pytest.raises(KeyError, match="nothing"):
        rows["nothing"]


def test_durations_keep_the_order_of_rows_that_are_not_in_that_of_the_files(
    example_workspace: Path, tmp_path: Path
) -> None:
    requests = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    table = split(requests, [500, 900], tmp_path / "requests.parquet")
    order = np.random.default_rng(24).permutation(len(requests))[:700]
    alike(lambda r: durations.durations(r, as_of=AS_OF), requests.iloc[order], table.iloc[order])


def test_what_needs_whole_rows_says_so(example_workspace: Path, tmp_path: Path) -> None:
    requests = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    table = split(requests, [700], tmp_path / "requests.parquet")
    with pytest.raises(InputRejected, match=r"\(`sample`\).* is in parts.* `requests\.whole\(\)`"):
        table.sample(3)
    with pytest.raises(InputRejected, match="the same index"):
        turnaround.turnaround(table.iloc[[0, 0]], as_of=AS_OF)


def test_a_folder_that_is_damaged_or_replaced_is_not_read(example_workspace: Path, tmp_path: Path) -> None:
    requests = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    folder = tmp_path / "requests.parquet"
    table = split(requests, [700], folder)
    # What is open is read as it was, whatever stands there now.
    split(requests.iloc[:10], [], folder)
    pd.testing.assert_frame_equal(table.whole(), requests)
    (folder / "part-0001.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputRejected, match="mlastats clean"):
        parts.table(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(InputRejected, match="mlastats clean"):
        parts.table(folder)


def test_requests_are_loaded_in_parts_where_that_is_asked(example_workspace: Path, tmp_path: Path) -> None:
    file = example_workspace / "data" / "processed" / "requests.parquet"
    split(schema.read(file), [100], tmp_path / "requests.parquet")
    assert isinstance(mlastats.load_requests(tmp_path / "requests.parquet", in_parts=True), parts.Parts)
    pd.testing.assert_frame_equal(
        mlastats.load_requests(tmp_path / "requests.parquet"), mlastats.load_requests(file)
    )


def test_the_keys_of_records_are_those_of_the_whole_table(example_workspace: Path, tmp_path: Path) -> None:
    requests = schema.read(example_workspace / "data" / "processed" / "requests.parquet")
    split(requests, [100, 700], tmp_path / "requests.parquet")
    secret = bytes(range(32))
    for one, other in zip(
        keys.record_keys(requests, secret),
        keys.record_keys(parts.table(tmp_path / "requests.parquet"), secret),
        strict=True,
    ):
        pd.testing.assert_series_equal(one, other)


CELLS = """
import json, sys
import IPython.display
IPython.display.display = lambda *shown, **options: None
for path in sys.argv[1:]:
    names = {}
    for cell in json.load(open(path, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    print(type(names["page"].requests).__name__)
"""


@pytest.fixture(scope="module")
def exhibits_of_the_file(example_workspace: Path, root: Path) -> dict[str, bytes]:
    return _exhibits(example_workspace, root, 0)


def _exhibits(workspace: Path, root: Path, count: int) -> dict[str, bytes]:
    """What the notebooks 1 to 4 save of the example, its requests in so many parts; 0 is the file."""
    home = workspace.parent / f"in-{count}-parts"
    shutil.copytree(workspace, home)
    file = home / "data" / "processed" / "requests.parquet"
    requests = schema.read(file)
    if count:
        file.unlink()
        split(requests, [len(requests) * n // count for n in range(1, count)], file)
    notebooks = [str(path) for path in sorted((root / "notebooks").glob("[1-4]_*.ipynb"))]
    (home / "exhibits").mkdir()
    places = {"MLASTATS_CONFIG": str(home / "mlastats.toml"), "MLASTATS_EXHIBITS": str(home / "exhibits")}
    ran = subprocess.run(
        [sys.executable, "-c", CELLS, *notebooks],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["Parts" if count else "DataFrame"] * 4
    return {path.name: path.read_bytes() for path in (home / "exhibits").iterdir()}


@pytest.mark.parametrize("count", [1, 3, 8])
def test_exhibits_of_notebooks_1_to_4_are_the_same_in_any_number_of_parts(
    count: int, example_workspace: Path, root: Path, exhibits_of_the_file: dict[str, bytes]
) -> None:
    whole, ours = exhibits_of_the_file, _exhibits(example_workspace, root, count)
    assert len(whole) > 100
    assert whole.keys() == ours.keys()
    assert [name for name in whole if whole[name] != ours[name]] == []
