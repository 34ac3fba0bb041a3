"""Saved exhibits: Parquet for the table, SVG and PNG for the picture, JSON for the rest.

Files are named <notebook>.<exhibit>.*, and every format of a report is drawn from them.
"""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.publish.charts import Drawing, Drawn
from mlastats.publish.exhibit import Column, Fact, Saved, headline

_NAME = re.compile(r"[A-Za-z0-9_-]+")


def save(saved: Saved, folder: Path) -> None:
    """Write an exhibit to `folder`; the same exhibit gives the same bytes. Its PNG is drawn from the SVG by
    `draw_pictures`, beside the notebook that goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (saved.notebook, saved.name):
        if not _NAME.fullmatch(name):
            raise ReportFailed(
                f"{name!r} cannot name a notebook or an exhibit: use letters, digits, '_' and '-' only."
            )
    stem = saved.key
    saved.table.to_parquet(folder / f"{stem}.parquet", index=False)
    if saved.svg:
        (folder / f"{stem}.svg").write_text(saved.svg, encoding="utf-8")
    # Last, so that where it stands the others are whole.
    (folder / f"{stem}.json").write_text(_json(saved), encoding="utf-8")


def draw_pictures(folder: Path) -> int:
    """Write the PNG of every exhibit in `folder` that has a picture and no PNG yet, with its headline, what it shows and
    its source, for who sees nothing else; returns how many."""
    from mlastats.publish.style import png

    found = [path for path in sorted(folder.glob("*.json")) if path.with_suffix(".svg").is_file()]
    missing = [path for path in found if not path.with_suffix(".png").is_file()]
    for path in missing:
        saved = json.loads(path.read_text(encoding="utf-8"))
        title = headline(saved["finding"])[0] or saved["question"]
        drawing = path.with_suffix(".svg").read_text(encoding="utf-8")
        path.with_suffix(".png").write_bytes(png(drawing, title, saved["subtitle"], saved["source"]))
    return len(missing)


def load_exhibits(folder: str | Path) -> list[Saved]:
    """The exhibits saved in `folder`, by notebook, each in the order in which it was shown."""
    found = [_load(path) for path in sorted(Path(folder).glob("*.json"))]
    return sorted(found, key=lambda saved: (saved.notebook, saved.order))


def records(saved: Saved) -> list[dict[str, Any]]:
    """The rows of the table as JSON values: codes, numbers, ISO dates; missing is null."""
    text = saved.table.to_json(orient="records", date_format="iso", date_unit="s", double_precision=15)
    dates = {name for name, column in saved.columns.items() if column.kind == "date"}
    return [
        {name: value[:10] if name in dates and value else value for name, value in row.items()}
        for row in json.loads(text)
    ]


def _json(saved: Saved) -> str:
    content = {
        field.name: getattr(saved, field.name)
        for field in dataclasses.fields(saved)
        if field.name not in ("table", "drawing", "columns", "facts", "missing")
    }
    content["drawing"] = dataclasses.asdict(saved.drawing) | {"whole": ""}
    content["columns"] = {name: dataclasses.asdict(column) for name, column in saved.columns.items()}
    content["facts"] = [dataclasses.asdict(fact) for fact in saved.facts]
    content["missing"] = sorted([row, name, why] for (row, name), why in saved.missing.items())
    content["table"] = records(saved)
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """A number of NumPy as Python's own; a mapping or a sequence that JSON does not know as one it does."""
    return value.item() if hasattr(value, "item") else dict(value) if hasattr(value, "keys") else list(value)


def _drawing(given: dict[str, Any], whole: str) -> Drawing:
    """A figure as it was written; one of before there were panels is its picture alone."""
    panels = tuple(Drawn(**panel) for panel in given.get("panels", ()))
    return Drawing(panels, tuple((mark, words) for mark, words in given.get("key", ())), whole)


def _load(path: Path) -> Saved:
    import pandas as pd

    content = json.loads(path.read_text(encoding="utf-8"))
    picture = path.with_suffix(".svg")
    content |= {
        "columns": {
            name: Column(**given | {"rests_on": tuple(given["rests_on"])})
            for name, given in content["columns"].items()
        },
        "facts": tuple(Fact(**fact) for fact in content["facts"]),
        # Exhibits of before this field do not say why a number is missing.
        "missing": {(row, name): why for row, name, why in content.get("missing", ())},
        "table": pd.read_parquet(path.with_suffix(".parquet")),
        "drawing": _drawing(
            content.get("drawing", {}), picture.read_text(encoding="utf-8") if picture.is_file() else ""
        ),
    }
    content |= {name: tuple(content[name]) for name in ("notes", "by")}
    return Saved(
        **{field.name: content[field.name] for field in dataclasses.fields(Saved) if field.name in content}
    )
