"""The figures of the site, drawn from the example by the code that draws those of reports: `figures.py FOLDER`."""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

import mlastats
from mlastats import findings, measure, settings
from mlastats.measure.curves import answered_curve
from mlastats.measure.turnaround import timed_cases
from mlastats.publish import plots
from mlastats.publish.page import EXHIBITS, Page
from mlastats.register import clean, processed
from mlastats.run import scaffold
from mlastats.settings import VARIABLE

LEGAL = "strand == 'legal_assistance' and direction == 'outgoing'"


def draw(folder: Path, workspace: Path) -> None:
    """Write each figure into a folder, from an example made in `workspace`."""
    os.environ |= {VARIABLE: str(workspace / "mlastats.toml"), EXHIBITS: str(workspace / "exhibits")}
    scaffold.init(workspace, example=True)
    chosen = settings.load()
    processed.write(clean.clean_workspace(chosen), chosen)
    page = mlastats.open_page("docs")
    _of_reports(page)
    folder.mkdir(exist_ok=True)
    for path in (workspace / "exhibits").glob("*.svg"):
        path.rename(folder / path.name.removeprefix("docs."))
    (folder / "late_entry.svg").write_text(_late_entry(page), encoding="utf-8")


def _of_reports(page: Page) -> None:
    cases = timed_cases(page.requests, "strand", **page.at)
    glance = mlastats.turnaround(page.requests, "strand", **page.at)
    page.show(findings.curves.curves, answered_curve(cases, ["direction", "strand"]), glance)
    ends = measure.outcomes.outcomes(page.requests, "strand", **page.at)
    page.show(findings.outcomes.outcomes, ends, 365)
    found = measure.mix.compare(page.requests, "kind", **page.at)
    page.show(findings.within_kind.times, found, "formality")


def _late_entry(page: Page) -> str:
    """Outgoing legal assistance in a register kept from 2014, in one kept from 2020, and in one misread."""
    whole = timed_cases(page.requests, "strand", **page.at)
    late = timed_cases(page.requests, "strand", **page.at, since="2020-01-01")
    curves = {
        "kept from 2014": whole,
        "kept from 2020, read as it is": late,
        "kept from 2020, read as if it had been kept always": late.assign(entry=0.0),
    }
    with plots.look():
        figure, axes = plots.axes()
        for (name, cases), style in zip(curves.items(), ("-", "--", ":"), strict=True):
            curve = answered_curve(cases.query(LEGAL), ["direction"])
            known = pd.concat([pd.DataFrame({"day": [0], "share": [0.0]}), curve]).query("day <= 1460")
            axes.step(
                known["day"] / 365, 100 * known["share"], style, where="post", label=name, color="black"
            )
        axes.set(xlabel="years since the request", ylabel="answered, %", ylim=(0, 80), xlim=(0, 4))
        axes.legend(frameon=False, loc="lower right")
    return plots.drawn(figure).whole


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        draw(Path(sys.argv[1]), Path(made))
