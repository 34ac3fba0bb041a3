"""The policy briefing as PDF/UA-1, by typst: data go in as JSON, never as markup."""

import dataclasses
import functools
import json
import re
import tempfile
from pathlib import Path

from mlastats.errors import ReportFailed
from mlastats.publish.briefing import Briefing, briefing
from mlastats.publish.exhibit import Publication

TEMPLATE = Path(__file__).parent / "templates" / "briefing.typ"
FONTS = Path(__file__).parent / "fonts"


def write(publication: Publication, path: Path) -> None:
    """Write the briefing of `publication` to `path`; the same publication gives the same bytes.

    Raises ReportFailed where typst refuses what it was given.
    """
    import typst

    content = briefing(publication)
    with tempfile.TemporaryDirectory() as folder:
        root = _laid_out(content, Path(folder))
        try:
            typst.compile(
                str(root / TEMPLATE.name),
                output=str(path),
                root=str(root),
                font_paths=[str(FONTS)],
                ignore_system_fonts=True,
                pdf_standards=["ua-1"],
                timestamp=0,
            )
        except typst.TypstError as cause:
            raise ReportFailed(f"The briefing could not be set as PDF: {cause.message}.") from cause


def _laid_out(content: Briefing, folder: Path) -> Path:
    """The template, the charts and the data in one folder, which is all that typst may read."""
    data = dataclasses.asdict(content)
    for number, chart in enumerate(data["charts"], start=1):
        svg = chart.pop("svg")
        chart["file"], chart["aspect"] = f"chart-{number}.svg", _aspect(svg)
        (folder / chart["file"]).write_text(svg, encoding="utf-8")
    (folder / "briefing.json").write_text(_drawable(json.dumps(data, ensure_ascii=False)), encoding="utf-8")
    (folder / TEMPLATE.name).write_bytes(TEMPLATE.read_bytes())
    return folder


def _aspect(svg: str) -> float:
    """The height of a drawing over its width."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return float(found[2]) / float(found[1]) if found else 0.5


def _drawable(text: str) -> str:
    """Text with a question mark for each character that no font of the package draws, which PDF/UA refuses."""
    known = _characters()
    return "".join(c if c in known or c.isspace() else "?" for c in text)


@functools.cache
def _characters() -> frozenset[str]:
    from fontTools.ttLib import TTFont

    fonts = [TTFont(path, lazy=True) for path in sorted(FONTS.glob("*-Regular.ttf"))]
    return frozenset(chr(code) for font in fonts for code in font.getBestCmap())
