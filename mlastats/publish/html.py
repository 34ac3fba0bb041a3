"""A publication as one HTML file that asks for nothing outside itself, and the index of all.

The Markdown goes through the project's nbconvert template on `basic`; exhibits are drawn from what was
saved. There is no script on a page, and its policy allows none.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlastats.messages import _, _n, partner_name
from mlastats.publish import cells, notes, pictures, webfont
from mlastats.publish.exhibit import Column, Publication, Saved, Section
from mlastats.publish.index import write as index
from mlastats.publish.saved import records
from mlastats.publish.style import DARK

__all__ = ["index", "write"]

TEMPLATES = Path(__file__).parent / "templates"
# A closed table of more rows is not printed: it is for the screen and the annex.
PRINTED = 20
# Text of more characters needs a column that is not narrow on a phone.
WORDY = 40
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def write(publication: Publication, path: Path) -> None:
    """Write the page of `publication` to `path`; the same publication gives the same bytes."""
    path.write_text(render(publication), encoding="utf-8", newline="\n")


def render(publication: Publication) -> str:
    """The page of `publication` as text."""
    page = _view(publication)
    body = _converted(publication, page)
    # The page holds the glyphs that it uses, so that it reads the same on every machine.
    return body.replace("/*fonts*/", webfont.faces(body), 1)


def _converted(publication: Publication, page: dict[str, Any]) -> str:
    import nbconvert
    from nbformat.v4 import new_notebook

    exporter = nbconvert.HTMLExporter(
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )
    exporter.register_filter("plain_tags", _plain_tags)
    notebook = new_notebook(cells=[cell for section in publication.sections for cell in _cells(section)])
    for unused in ("highlight_code", "filter_data_type"):
        exporter.register_filter(unused, _plain_tags)
    # HTMLExporter would parse the finished page once more, to mark images and cells that it has not.
    convert = nbconvert.TemplateExporter.from_notebook_node
    body, _resources = convert(exporter, notebook, resources={"page": page})
    return str(body)


def _plain_tags(html: str) -> str:
    """What Markdown makes, and no other HTML: a notebook's raw HTML comes out as text."""
    import bleach

    tags = "p br hr h3 h4 h5 h6 ul ol li em strong code pre blockquote table thead tbody tr th td a sup sub"
    return str(bleach.clean(html, tags=tags.split(), attributes={"a": ["href", "title"]}))


def _cells(section: Section) -> list[Any]:
    found = [_cell("", _id(section.notebook), _opening(section))]
    for number, (kind, content) in enumerate(section.blocks):
        mark = {"exhibit": _key(content)} if kind == "exhibit" else {}
        source = "" if kind == "exhibit" else demoted(content, section.title)
        name = f"{_id(section.notebook)}-{number}"
        found.append(_cell(source, name[-64:], mark))
    return found


def _cell(source: str, name: str, mark: dict[str, str]) -> Any:
    # nbformat's own maker would check each against the whole schema.
    import nbformat

    cell = {"cell_type": "markdown", "id": name, "metadata": {"mlastats": mark}, "source": source}
    return nbformat.from_dict(cell)


def _opening(section: Section) -> dict[str, str]:
    return {"section": _id(section.notebook), "title": section.title}


def demoted(markdown: str, title: str) -> str:
    """Markdown with its headings one level down, and without the one that is the section's title."""
    lines = [line for line in markdown.splitlines() if line.strip() != f"# {title}"]
    return "\n".join(f"#{line}" if re.match(r"#{1,4} ", line) else line for line in lines)


def _view(publication: Publication) -> dict[str, Any]:
    from markupsafe import Markup

    sheet, drawn = pictures.together({_key(saved): saved.svg for saved in publication.exhibits if saved.svg})
    shown = {
        _key(saved): _exhibit(saved, n, drawn.get(_key(saved), ""))
        for n, saved in enumerate(publication.exhibits, start=1)
    }
    return {
        "language": publication.language,
        "audience": publication.audience,
        "policy": POLICY,
        "title": publication.title,
        "state": partner_name(publication.state),
        "banners": notes.banners(publication),
        "facts": notes.facts(publication),
        "style": _style(publication) + "\n" + sheet.css,
        "letters": Markup(sheet.svg),
        "say": _say(),
        "findings": _findings(publication),
        "contents": _contents(publication),
        "exhibits": shown,
        "about": notes.about(publication),
    }


def _style(publication: Publication) -> str:
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    dark = ";".join(f"--c-{light[1:]}:{shade}" for light, shade in DARK.items())
    banner = " · ".join(one["text"] for one in notes.banners(publication))
    every_page = f'@page {{ size: A4; margin: 18mm 16mm 16mm; @top-left {{ content: "{_css(banner)}"; }}'
    every_page += ' @bottom-right { content: counter(page) " / " counter(pages); } }'
    in_the_dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return "\n".join(["/*fonts*/", css, in_the_dark, every_page])


def _css(text: str) -> str:
    """Text as the inside of a CSS string."""
    return "".join(c if c.isalnum() or c in " ,:.·" else f"\\{ord(c):x} " for c in text)


def _say() -> dict[str, str]:
    return {
        "skip": _("Skip to the content"),
        "status": _("Status of this report"),
        "contents": _("Contents"),
        "key_findings": _("Key findings"),
        "see": _("See the figures"),
        "nothing": _("Nothing can be said from these registers."),
        "about": _("About this report"),
    }


def _findings(publication: Publication) -> list[dict[str, str]]:
    return [
        {
            "sentence": sentence,
            "id": _id(_key(saved)),
            "where": _("See the figures: {question}", question=saved.question),
        }
        for sentence, saved in notes.key_findings(publication)
    ]


def _contents(publication: Publication) -> list[dict[str, Any]]:
    middle = [
        {
            "id": _id(section.notebook),
            "title": section.title,
            "parts": [{"id": _id(_key(saved)), "title": saved.question} for saved in section.exhibits],
        }
        for section in publication.sections
    ]
    # A page that says what changed has no exhibits, so no findings either.
    first = [{"id": "key-findings", "title": _("Key findings")}] if publication.exhibits else []
    return [*first, *middle, {"id": "about", "title": _("About this report")}]


def _exhibit(saved: Saved, number: int, svg: str) -> dict[str, Any]:
    from markupsafe import Markup

    rows = list(cells.rows(saved))
    return {
        "id": _id(_key(saved)),
        "number": number,
        "question": saved.question,
        "finding": saved.finding,
        "svg": Markup(svg),
        "alt": saved.alt,
        "caption": saved.unit,
        "unit": saved.unit,
        "behind": _n(
            "The table behind this figure ({n} row)", "The table behind this figure ({n} rows)", len(rows)
        ),
        "columns": [
            {
                "label": column.label,
                "look": _look(column, [row[place] for row in rows]),
                "names_row": name == next(iter(saved.columns)),
            }
            for place, (name, column) in enumerate(saved.columns.items())
        ],
        "rows": rows,
        "long": len(rows) > PRINTED,
        "notes": notes.of_exhibit(saved),
        "download": _("Data:"),
        "downloads": _downloads(saved) if rows else [],
    }


def _look(column: Column, texts: list[str]) -> str:
    """The classes of a column: dates and text stand at the left, and long text has room."""
    if column.kind in cells.NUMERIC:
        return ""
    if column.kind == "date":
        return "d"
    return "t l" if max(map(len, texts), default=0) > WORDY else "t"


def _downloads(saved: Saved) -> list[dict[str, str]]:
    # Plain text, escaped where an address needs it: base64 would be a third larger.
    text = re.sub("[%#\\s\ufeff]", lambda found: quote(found[0]), _csv(saved))
    return [
        {
            "kind": "CSV",
            "name": f"{saved.name}.csv",
            "label": _("Data of “{question}” as {kind}", question=saved.question, kind="CSV"),
            "href": f"data:text/csv;charset=utf-8,{text}",
        }
    ]


def _csv(saved: Saved) -> str:
    """Codes and numbers, to nine digits; `[c]` where withheld. Text that a spreadsheet would compute is
    marked as text."""
    import csv
    import io

    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(saved.columns)
    for i, row in enumerate(records(saved)):
        table.writerow(_plain(saved, i, name, row[name]) for name in saved.columns)
    return "\ufeff" + out.getvalue()


def _plain(saved: Saved, row: int, name: str, value: Any) -> Any:
    if (row, name) in saved.withheld:
        return cells.WITHHELD
    if isinstance(value, float):
        return f"{value:.9g}"
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _key(saved: Saved) -> str:
    return f"{saved.notebook}.{saved.name}"


def _id(name: str) -> str:
    return "s-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
