"""docs/own-exhibit.md works as it is written: its blocks are the cells of a notebook, and its report is made."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_the_page_works_as_written(root: Path, example_workspace: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "own-exhibit.md").read_text(encoding="utf-8")
    home = shutil.copytree(example_workspace, tmp_path / "try")
    (home / "notebooks").mkdir(exist_ok=True)
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{place}",
            "execution_count": None,
            "outputs": [],
            "metadata": {"tags": ["parameters"]} if place == 0 else {},
            "source": source,
        }
        for place, source in enumerate(blocks(page, "python"))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (home / "notebooks" / "9_waiting.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with (home / "mlastats.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "".join(blocks(page, "toml")))
    (commands,) = blocks(page, "console")
    assert commands.splitlines()[0] == "$ mlastats report waiting"
    made = subprocess.run(
        [sys.executable, "-m", "mlastats", "report", "waiting"], cwd=home, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr + made.stdout
    (published,) = (home / "reports" / "waiting").rglob("waiting*.html")
    text = published.read_text(encoding="utf-8")
    assert "How long, by what a request is about?" in text
    # The sentence, from the cleaned table by hand: open on the last day that each register knows.
    rows = pd.read_parquet(home / "data" / "processed" / "requests.parquet")
    asks = ~rows["kind"].eq("deportation") & ~rows["channel"].str.contains("spontaneous").fillna(False)
    asks &= ~rows["is_spontaneous"].astype("str").isin(["yes", "True"])
    begun = rows["received"].where(rows["direction"].eq("incoming"), rows["sent"])
    begun = begun.where(rows["direction"].notna(), rows["received"].fillna(rows["sent"]))
    cut = rows["observed_to"].clip(upper=pd.Timestamp("2026-09-30"))
    ended = rows[["answered", "closed"]].min(axis=1)
    open_now = asks & begun.le(cut) & ~ended.le(cut) & ~(rows["outcome"].notna() & ended.isna())
    long = open_now & (cut - begun).dt.days.ge(365)
    assert re.search(rf"{long.sum()} of {open_now.sum()} open requests have waited for 365 days", text)
