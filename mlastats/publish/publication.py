"""A publication: the Markdown and the exhibits of executed notebooks, and nothing else."""

import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlastats.errors import ReportFailed
from mlastats.messages import _, block
from mlastats.publish.exhibit import Saved
from mlastats.publish.saved import load_exhibits

MARK = "mlastats"
# The notebook of the first page.
FRONT = "0_front"


@dataclass(frozen=True)
class Section:
    """A notebook's part of a publication: blocks of ("markdown", text) and ("exhibit", Saved)."""

    notebook: str
    title: str
    blocks: Sequence[tuple[str, Any]]

    @functools.cached_property
    def exhibits(self) -> list[Saved]:
        """Its exhibits, in reading order: those that lead, those folded under them, those that tell nothing."""
        leading = {saved.key for saved in self.leading}
        return sorted(self._shown, key=lambda one: 2 if one.tells == "nothing" else one.key not in leading)

    @functools.cached_property
    def leading(self) -> list[Saved]:
        """The exhibits that lead: of those that are meant to, what has a finding. Where none is meant to, all with one."""
        meant = [saved for saved in self._shown if saved.leads] or self._shown
        return [saved for saved in meant if saved.tells == "finding"]

    @property
    def told(self) -> list[Saved]:
        """The exhibits that tell something."""
        return [saved for saved in self._shown if saved.tells != "nothing"]

    @property
    def _shown(self) -> list[Saved]:
        return [content for kind, content in self.blocks if kind == "exhibit"]

    @property
    def opening(self) -> str:
        """The words with which it begins."""
        kind, content = self.blocks[0] if self.blocks else ("", "")
        return content if kind == "markdown" else ""

    @property
    def folded(self) -> list[tuple[str, Any]]:
        """What is folded under the exhibits that lead: the others, but for those that tell nothing, with the words that
        stand before them. Words without an exhibit are left out, unless it has none at all."""
        blocks = self.blocks[1:] if self.opening else self.blocks
        if not self._shown:
            return list(blocks)
        aside = {saved.key for saved in self.leading}
        kept: list[tuple[str, Any]] = []
        words: list[tuple[str, Any]] = []
        for kind, content in blocks:
            if kind == "markdown":
                words = [(kind, content)] if content.startswith("#") else [*words, (kind, content)]
            elif content.key not in aside and content.tells != "nothing":
                kept += [*words, (kind, content)]
                words = []
        return kept


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
    withheld: str = ""
    revision: int = 0
    published: dt.date | None = None
    next: dt.date | None = None
    contact: str = ""

    @property
    def exhibits(self) -> list[Saved]:
        """All exhibits, in reading order."""
        return [saved for section in self.sections for saved in section.exhibits]

    @property
    def untold(self) -> list[Saved]:
        """The exhibits that tell nothing; their findings say why."""
        return [saved for saved in self.exhibits if saved.tells == "nothing"]

    @property
    def first_chapter(self) -> int:
        """0 where it begins with the notebook of the first page, else 1."""
        return 0 if self.sections and self.sections[0].notebook == FRONT else 1

    @functools.cached_property
    def numbers(self) -> dict[str, str]:
        """The number of each exhibit by its key: its chapter's and its own, as 3.2."""
        return {
            saved.key: f"{chapter}.{place}"
            for chapter, section in enumerate(self.sections, start=self.first_chapter)
            for place, saved in enumerate(section.exhibits, start=1)
        }


def publication(notebooks: Sequence[Path], exhibits: Path, **facts: Any) -> Publication:
    """The publication of executed `notebooks` and the folder of their saved `exhibits`.

    `facts` are the other fields of Publication. Code is left out, and so is any output that is not an
    exhibit; where the audience is the public such an output stops the report: ReportFailed names the
    notebook and the cell. Without notebooks the exhibits are one section.
    """
    saved = {(one.notebook, one.name): one for one in load_exhibits(exhibits)}
    public = facts.get("audience") == "public"
    sections = [_section(Path(path), saved, public) for path in notebooks]
    if not notebooks:
        # So few requests that no notebook was run.
        blocks = [("exhibit", exhibit) for exhibit in saved.values()]
        sections = [Section("requests", _("Requests"), blocks)]
    if isinstance(facts["as_of"], str):
        facts["as_of"] = dt.date.fromisoformat(facts["as_of"])
    made = Publication(sections=sections, **facts)
    return replace(made, withheld=" ".join([protected(), made.withheld]).strip()) if public else made


def protected() -> str:
    """How the numbers of a public report are protected."""
    return _(
        "A count of 0 to 4 is given as “0 to 4”. Every other count is rounded at random to a multiple of 5, totals too, so "
        "that they need not add up. Shares and days are coarse, and are given only where they rest on enough requests; "
        "else they are marked [c]."
    )


def _section(path: Path, saved: Mapping[tuple[str, str], Saved], public: bool) -> Section:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    blocks: list[tuple[str, Any]] = []
    for place, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "markdown":
            blocks.append(("markdown", "\n\n".join(map(block, "".join(cell["source"]).split("\n\n")))))
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get(MARK, {}).get("exhibit")
            if name:
                if (path.stem, name) not in saved:
                    raise ReportFailed(
                        f"{path.stem} showed the exhibit {name!r}, but it was not saved. Run the report anew."
                    )
                blocks.append(("exhibit", saved[path.stem, name]))
            elif public:
                raise ReportFailed(
                    f"{path.stem}, cell {place} ({cell.get('id', 'no id')}), displays something that is not an "
                    "exhibit. A public report may show exhibits only: remove the output, or end the line with `;`."
                )
    return Section(path.stem, _title(blocks) or path.stem, blocks)


def _title(blocks: Sequence[tuple[str, Any]]) -> str:
    """The first heading of the section."""
    lines = [line for kind, text in blocks if kind == "markdown" for line in text.splitlines()]
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), "")
