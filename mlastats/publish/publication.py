"""A publication: the Markdown and the exhibits of executed notebooks, and nothing else."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.messages import _, _n, block, number
from mlastats.publish.exhibit import Saved
from mlastats.publish.saved import load_exhibits

MARK = "mlastats"


@dataclass(frozen=True)
class Section:
    """A notebook's part of a publication: blocks of ("markdown", text) and ("exhibit", Saved)."""

    notebook: str
    title: str
    blocks: Sequence[tuple[str, Any]]

    @property
    def exhibits(self) -> list[Saved]:
        """Its exhibits, in reading order."""
        return [content for kind, content in self.blocks if kind == "exhibit"]


@dataclass(frozen=True)
class Publication:
    """What every format is written from."""

    report: str
    title: str
    state: str
    as_of: dt.date
    sections: Sequence[Section] = ()
    item: str = "all"
    period: str = ""
    audience: str = "internal"
    language: str = "en"
    synthetic: bool = False
    coverage: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    threshold: int = 5
    withheld: str = ""

    @property
    def exhibits(self) -> list[Saved]:
        """All exhibits, in reading order."""
        return [saved for section in self.sections for saved in section.exhibits]


def publication(notebooks: Sequence[Path], exhibits: Path, **facts: Any) -> Publication:
    """The publication of executed `notebooks` and the folder of their saved `exhibits`.

    `facts` are the other fields of Publication. Code is left out, and so is any output that is not an
    exhibit; where the audience is the public such an output stops the report: ReportFailed names the
    notebook and the cell.
    """
    saved = {(one.notebook, one.name): one for one in load_exhibits(exhibits)}
    public = facts.get("audience") == "public"
    sections = [_section(Path(path), saved, public) for path in notebooks]
    if isinstance(facts["as_of"], str):
        facts["as_of"] = dt.date.fromisoformat(facts["as_of"])
    made = Publication(sections=sections, **facts)
    return replace(made, withheld=withheld_in_words(made)) if public else made


def withheld_in_words(made: Publication) -> str:
    """What disclosure control took out of a public report, and why."""
    cells = sum(len(saved.withheld) for saved in made.exhibits)
    rule = _(
        "Counts from 1 to {most} are withheld, with every figure that rests on them and as many others "
        "as keep them from being worked out.",
        most=number(made.threshold - 1),
    )
    if not cells:
        return _("{rule} Nothing in this report had to be withheld.", rule=rule)
    what = _n("{n} value is withheld and marked [c].", "{n} values are withheld and marked [c].", cells)
    return f"{rule} {what}"


def _section(path: Path, saved: Mapping[tuple[str, str], Saved], public: bool) -> Section:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    blocks: list[tuple[str, Any]] = []
    for place, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "markdown":
            blocks.append(("markdown", "\n\n".join(map(block, _text(cell["source"]).split("\n\n")))))
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get(MARK, {}).get("exhibit")
            if name:
                blocks.append(("exhibit", _shown(saved, path.stem, name)))
            elif public:
                raise ReportFailed(_stray(path.stem, place, cell))
    return Section(path.stem, _title(blocks) or path.stem, blocks)


def _shown(saved: Mapping[tuple[str, str], Saved], notebook: str, name: str) -> Saved:
    if (notebook, name) not in saved:
        raise ReportFailed(
            f"{notebook} showed the exhibit {name!r}, but it was not saved. Run the report anew."
        )
    return saved[notebook, name]


def _stray(notebook: str, place: int, cell: Mapping[str, Any]) -> str:
    return (
        f"{notebook}, cell {place} ({cell.get('id', 'no id')}), displays something that is not an exhibit. "
        "A public report may show exhibits only: remove the output, or end the line with `;`."
    )


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _title(blocks: Sequence[tuple[str, Any]]) -> str:
    """The first heading of the section."""
    lines = [line for kind, text in blocks if kind == "markdown" for line in text.splitlines()]
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), "")
