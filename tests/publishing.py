"""A small publication of made-up frames, for the tests of what is published."""

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd

from mlastats.findings.chart import Chart
from mlastats.publish.charts import Figure, Panel, Row, scale
from mlastats.publish.exhibit import Column, Exhibit, Fact, Saved
from mlastats.publish.marks import Bar
from mlastats.publish.page import EXHIBITS, Page
from mlastats.publish.publication import Publication, publication
from mlastats.publish.saved import load_exhibits
from mlastats.settings import Settings

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd()",
    "../../etc/passwd",
    "+1+1",
    "@SUM(A1)",
    "a\u202eb\u0007c",
    '"><img src=x>',
)
SUMMARY = {
    "registers": [
        {
            "name": "police", "read": 130, "requests": 120, "apart": 0, "copies": 0, "joined": 0, "merged": 4,
            "refused": 3, "not_data": 3,
            "log_start": "2019-01-01", "observed_to": "2026-09-30",
        }
    ]
}  # fmt: skip


def page(notebook: str = "1_turnaround", **given: Any) -> Page:
    """A page that needs no workspace."""
    settings = Settings(reporting_state="LAO", as_of=dt.date(2026, 9, 30), **given.pop("settings", {}))
    whole = {"requests": pd.DataFrame(), "summary": SUMMARY} | given
    return Page(notebook, settings=settings, as_of=settings.as_of, **whole)


def by_channel(frame: pd.DataFrame | None = None, **given: Any) -> Exhibit:
    """Requests and medians by channel, with a ranked chart."""
    table = frame if frame is not None else channels()
    columns = {
        "channel": Column("Channel", "text"),
        "requests": Column("Requests", "count"),
        "answered": Column("Answered", "count"),
        "pending": Column("Pending", "count"),
        "median_days": Column("Median days", "days", rests_on=("answered",)),
        "lower": Column("Lower limit, days", "days", rests_on=("answered",)),
        "upper": Column("Upper limit, days", "days", rests_on=("answered",)),
        "within": Column("Answered within the standard", "share", rests_on=("requests",)),
        "last": Column("Last request", "date"),
    }
    exhibit = {
        "name": "by_channel",
        "question": "Which channel answers fastest?",
        "finding": lambda t: f"Of {int(t['requests'].sum())} requests, half were answered soonest by the border liaison.",
        "table": table,
        "columns": columns,
        "unit": "requests; days",
        "by": ("channel",),
        "counts": {"requests": {}, "answered": {"end": "answered"}, "pending": {"end": "pending"}},
        "chart": lambda t: Chart("median_days", "channel", panels="").draw(t),
        "statistic": "days until half are answered",
        "alt": lambda t: f"Median days by channel with intervals; {len(t)} channels.",
        "notes": ["Pending requests count for as long as they have waited."],
        "facts": lambda t: [Fact("how_long", "Half of the requests are answered within 41 days.", 41, 35, 50, 90, 60)],
    }  # fmt: skip
    return Exhibit(**(exhibit | given))


def channels() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "channel": ["diplomatic", "interpol", "border liaison", "none yet"],
            "requests": [60, 40, 20, 0],
            "answered": [30, 33, 18, 0],
            "pending": [30, 7, 2, 0],
            "median_days": [410.0, 64.0, 12.0, None],
            "lower": [300.0, 50.0, 9.0, None],
            "upper": [None, 90.0, 17.5, None],
            "within": [0.3125, 0.7, 0.95, None],
            "last": pd.to_datetime(["2026-08-31", "2026-09-30", "2026-02-01", None]),
        }
    )


def hostile() -> Exhibit:
    """An exhibit whose register holds what should never run."""
    table = pd.DataFrame({"who": list(HOSTILE), "requests": range(5, 5 + len(HOSTILE))})
    return Exhibit(
        name="hostile",
        question="Who sent <b>most</b> & what?",
        finding=lambda t: f"Most came from {t['who'].iloc[-1]}.",
        table=table,
        columns={"who": Column("Who </script>", "text"), "requests": Column("=Requests", "count")},
        unit="requests",
        by=("who",),
        counts={"requests": {}},
        chart=lambda t: Figure(
            [Panel("", "", [Row(who, value="5", mark=Bar(5)) for who in t["who"]], scale("count", [5]))]
        ),
        alt=lambda t: f"Bars: {t['who'].iloc[0]}",
        notes=[HOSTILE[0]],
    )


def saved(exhibits: Sequence[Exhibit], folder: Path, **given: Any) -> list[Saved]:
    """The exhibits as a page shows and saves them."""
    shown = page(**given)
    places = {EXHIBITS: str(folder)}
    with mock.patch.dict(os.environ, places), mock.patch("mlastats.publish.page._display"):
        for exhibit in exhibits:
            shown.show(exhibit)
    return load_exhibits(folder)


def notebook(folder: Path, exhibits: Sequence[Exhibit], name: str = "1_turnaround") -> Path:
    """An executed notebook that showed the exhibits."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "markdown",
            "id": "m0",
            "metadata": {},
            "source": ["# How long an answer takes\n", "\n", "Words with *weight*."],
        }
    ]
    for exhibit in exhibits:
        output = {
            "output_type": "display_data",
            "data": {"text/html": "x"},
            "metadata": {"mlastats": {"exhibit": exhibit.name}},
        }
        cells.append(
            {
                "cell_type": "code",
                "id": exhibit.name,
                "metadata": {},
                "source": "secret_code()",
                "outputs": [output],
                "execution_count": 1,
            }
        )
        cells.append(
            {
                "cell_type": "markdown",
                "id": f"m-{exhibit.name}",
                "metadata": {},
                "source": "## What it means\n\nA paragraph.",
            }
        )
    path = folder / f"{name}.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    return path


def published(folder: Path, exhibits: Sequence[Exhibit] | None = None, **facts: Any) -> Publication:
    """A publication made from exhibits shown in one notebook."""
    exhibits = [by_channel()] if exhibits is None else exhibits
    folder.mkdir(exist_ok=True, parents=True)
    shown = {name: facts[name] for name in ("language",) if name in facts}
    saved(exhibits, folder / "exhibits", **shown)
    given = {
        "report": "overview", "title": "Co-operation with other states", "state": "LAO", "as_of": "2026-09-30",
        "synthetic": True, "coverage": "120 requests from 1 register.", "summary": SUMMARY,
    }  # fmt: skip
    return publication([notebook(folder, exhibits)], folder / "exhibits", **(given | facts))


def margin(dimensions: str, cells: Mapping[frozenset[tuple[str, str]], float]) -> Exhibit:
    """The exhibit of those of the `cells` that count by exactly these dimensions, a letter each."""
    rows = [
        {**dict(one), "requests": int(number)}
        for one, number in cells.items()
        if {name for name, _value in one} == set(dimensions)
    ]
    columns = {name: Column(name, "text") for name in dimensions} | {"requests": Column("requests", "count")}
    return Exhibit(
        dimensions or "total",
        "?",
        lambda t: "",
        pd.DataFrame(rows),
        columns,
        "",
        by=tuple(dimensions),
        counts={"requests": {}},
    )
