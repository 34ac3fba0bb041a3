"""A publication as one HTML file that asks for nothing outside itself.

A notebook's Markdown goes through mistune, exhibits are drawn from what was saved. There is no script on a page,
and its policy allows none.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlastats import storage
from mlastats.messages import _, _n, day, partner_name, unbroken
from mlastats.publish import cells, inline, notes, style, webfont
from mlastats.publish.charts import SLIM, WIDE, Drawing
from mlastats.publish.exhibit import Saved, headline
from mlastats.publish.front import front
from mlastats.publish.publication import Publication
from mlastats.publish.saved import records
from mlastats.publish.tables import Table, table

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
# A closed table of more rows is not printed: it is for the screen and the annex.
PRINTED = 20
# The height in pixels that a printed page leaves the panels of a figure below their finding, and how much of its own size
# a figure keeps on paper, where the letters of tables are smaller too.
LEAVES, PAPER = 700, 0.86
# How the columns of a table look that hold no numbers: dates, text, long text, which has room.
TEXT = "text-align: left; white-space: normal; padding-left: 0.45rem; padding-right: 0.45rem"
COLUMNS = {"d": "text-align: left", "t": TEXT, "l": f"{TEXT}; min-width: 13rem"}
# A table that has no room: each row a list of its cells, each with its label.
LIST = (
    "? thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; } "
    "?, ? tbody, ? caption { display: block; } "
    "? tr { display: grid; padding: 0.3rem 0; border-bottom: 1px solid var(--rule); } "
    "? tbody th, ? td { display: block; border: 0; padding: 0.05rem 0 !important; min-width: 0 !important; } "
    "? tbody th { font-weight: 700; } "
    "? td { display: flex; flex-wrap: wrap; justify-content: flex-end; column-gap: 1rem; white-space: normal; } "
    "? td::before { content: var(--label); display: block; color: var(--muted); margin-right: auto; } "
    "? td.none { display: none; } "
    "? tr.total > * { border: 0; }"
)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def write(publication: Publication, path: Path) -> None:
    """Write the page of `publication` to `path`; the same publication gives the same bytes."""
    path.write_text(render(publication), encoding="utf-8", newline="\n")


def render(publication: Publication) -> str:
    """The page of `publication` as text."""
    exhibits = publication.exhibits
    banners = notes.banners(publication)
    tables = {saved.key: table(saved) for saved in exhibits}
    page = environment(
        notes=notes,
        day=day,
        cells=cells,
        csv=_csv,
        markdown=_marked_up,
        headline=headline,
        drawn=inline.drawing,
        paper=_printed,
        PAPER=PAPER,
    ).get_template("report.html.j2")
    body = page.render(
        publication=publication,
        state=partner_name(publication.state),
        policy=POLICY,
        banners=banners,
        heads=_heads([*tables.values()]),
        front=front(publication),
        key_findings=notes.key_findings(publication),
        printed=PRINTED,
        tables=tables,
        style=_style(" · ".join(banner["text"] for banner in banners), [*tables.values()]),
    )
    # Words of the text, not of drawings, which break no line, nor of attributes and styles.
    body = re.sub(
        r"(<style>.*?</style>|<text.*?</text>|<[^>]*>)|([^<]+)",
        lambda part: part[1] or unbroken(part[2]),
        body,
        flags=re.S,
    )
    # The page holds the glyphs that it uses, so that it reads the same on every machine.
    return body.replace("/*fonts*/", webfont.faces(body), 1)


def environment(**names: Any) -> "Environment":
    """The templates of the package: what is put in is data and escaped, sentences are messages."""
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.globals |= {"_": _, "_n": _n} | names
    templates.filters["anchor"] = lambda name: "s-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
    return templates


def _marked_up(markdown: str, title: str) -> str:
    """Markdown of a section as HTML, its headings one level down and without the one that is the section's title;
    raw HTML and pictures come out as text."""
    import mistune

    lines = [line for line in markdown.splitlines() if line.strip() != f"# {title}"]
    demoted = "\n".join(f"#{line}" if re.match(r"#{1,4} ", line) else line for line in lines)

    class Plain(mistune.HTMLRenderer):
        def image(self, text: str, url: str, title: str | None = None) -> str:
            return mistune.escape(f"![{text}]({url})")

    return str(mistune.create_markdown(renderer=Plain(escape=True), plugins=["table"])(demoted))


def _printed(drawing: Drawing) -> tuple[str, float]:
    """At which width panels are printed, two beside each other, and how much of it they keep so that a page holds them
    all: a slim drawing, or a wide one where its letters are larger so."""
    several = len(drawing.panels) > 1
    kept = {}
    for name, most in (("slim", PAPER), ("wide", SLIM / WIDE)) if several else (("wide", PAPER),):
        drawn = [getattr(panel, name) for panel in drawing.panels]
        heights = [float(re.findall(r' height="([\d.]+)', one)[0]) for one in drawn]
        high = sum(max(heights[at : at + 2]) for at in range(0, len(heights), 2))
        kept[name] = min(most, LEAVES / max(1.0, high))
    return max(kept.items(), key=lambda each: each[1])


def _style(banner: str, tables: Sequence[Table]) -> str:
    """The sheet of styles, with the looks of columns and figures, and what is printed around each page."""
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    every_page = f'@page {{ size: A4; margin: 18mm 16mm 16mm; @top-left {{ content: "{_quoted(banner)}"; }}'
    every_page += ' @bottom-right { content: counter(page) " / " counter(pages); } }'
    columns = _columns(tables) + "".join(
        f"@container (max-width: {room}rem) {{ {LIST.replace('?', f'.r{room}')} }}\n"
        for room in sorted({one.room for one in tables})
    )
    figures = f":root {{ --kept: {PAPER}; {style.variables('light')} }} {style.sheet(page=True)}"
    figures += f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {style.variables('dark')} }} }}"
    # Blanks between rules and words of rules are for those who write them.
    sheet = "\n".join([css, columns, figures, every_page])
    return "/*fonts*/" + re.sub(
        r'("[^"]*")|\s*([{};,])\s*|(:)\s+', lambda part: part[1] or part[2] or part[3], sheet
    )


def _columns(tables: Sequence[Table]) -> str:
    """How the columns of tables look, and what each cell is called where a table is a list; each rule once for all of
    its columns."""
    rules: dict[str, list[str]] = {}
    for look, at in sorted({(look, at) for one in tables for at, look in enumerate(one.looks, start=1)}):
        if look in COLUMNS:
            rule = COLUMNS[look] + ("; padding-left: 0" if at == 1 else "")
            rules.setdefault(rule, []).append(f".{look}{at} tr:not(.group) > :nth-child({at})")
    for place, labels in enumerate(_heads(tables)):
        # The first cell of a row is its head, which needs no label.
        for at, label in enumerate(labels[1:], start=2):
            rules.setdefault(f'--label: "{_quoted(label)}"', []).append(f".h{place} td:nth-child({at})")
    return "".join(f"{', '.join(columns)} {{ {rule} }}\n" for rule, columns in rules.items())


def _heads(tables: Sequence[Table]) -> list[tuple[str, ...]]:
    """The labels of tables, each set once."""
    return list(dict.fromkeys(one.labels for one in tables))


def _quoted(text: str) -> str:
    """Text as a string of CSS."""
    return "".join(c if c.isalnum() or c in " ,:.·" else f"\\{ord(c):x} " for c in text)


def _csv(saved: Saved) -> str:
    """Codes and numbers, to nine digits (below 1 to six), `[c]` where withheld, as the inside of an address. Text that a
    spreadsheet would compute is marked as text."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(saved.columns)
    for i, row in enumerate(records(saved)):
        table.writerow(_plain(saved, i, name, row[name]) for name in saved.columns)
    # Plain text, escaped where an address needs it: base64 would be a third larger.
    return re.sub("[%#\\s\ufeff]", lambda sign: quote(sign[0]), f"\ufeff{out.getvalue()}")


def _plain(saved: Saved, row: int, name: str, value: Any) -> Any:
    if mark := cells.not_given(saved, row, name):
        return mark
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1 else f"{value:.9g}"
    return storage.inert(value) if isinstance(value, str) else value
