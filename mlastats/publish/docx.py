"""The policy briefing as a Word document, from the same content as the PDF."""

import io
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats.publish.briefing import LEAST, TOGETHER, Briefing, Chart, briefing, size, unbroken
from mlastats.publish.publication import Publication
from mlastats.publish.style import lines, png, wide

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

COMPLEX_SCRIPT_FONTS = {"lo": "Phetsarath OT", "th": "TH Sarabun New", "km": "Khmer OS", "my": "Pyidaungsu"}
# Styles, fonts, page and banner of every briefing; made by tests/word_template.py.
TEMPLATE = Path(__file__).parent / "templates" / "briefing.docx"
# Millimetres: the text of a page and of a column, what stands before a list, the paper, its margins above and below, and
# from where on it is printed.
WIDTH, COLUMN, INDENT = 172, 83, 7
PAPER, ABOVE, BELOW, EDGE = 297, 20, 17, 12.7
POINT = 25.4 / 72
# Word alone knows the font that it will take: a line in ems, and how wide the letters of the widest that stands in for
# Calibri are by those of the package.
LINE, WIDER = 1.4, 1.14


def write(publication: Publication, path: Path) -> None:
    """Write the briefing of `publication` to `path`; the same publication gives the same text."""
    write_content(briefing(publication), path)


def write_content(content: Briefing, path: Path) -> None:
    """Write a briefing that was put together already."""
    import docx

    content = unbroken(content)
    document = docx.Document(str(TEMPLATE))
    _set_up(document, content)
    document.add_paragraph(content.state)
    document.add_paragraph(content.title, style="Title")
    document.add_paragraph(content.subtitle)
    if content.findings or not content.decisions:
        document.add_heading(content.labels["findings"], level=1)
    if not content.findings and not content.decisions:
        document.add_paragraph(content.labels["nothing"])
    for finding in content.findings:
        _led(
            document, f"{finding['question']} ", f"{finding['sentence']} ({finding['number']})", "List Number"
        )
    if content.decisions:
        document.add_heading(content.labels["decide"], level=1)
    for decision in content.decisions:
        owners = f"{decision['what']}: {decision['owners']} ({decision['number']})"
        _led(document, f"{decision['count']} ", owners, "List Bullet")
    _charts(document, content)
    _lists(document, content)
    document.save(str(path))


def _set_up(document: "Document", content: Briefing) -> None:
    """What the language and the report decide: the template has all else."""
    from docx.oxml.ns import qn

    # Word chooses by this slot, and by a language of its own, for scripts such as Lao.
    normal = document.styles["Normal"].element.get_or_add_rPr()
    normal.get_or_add_rFonts().set(qn("w:cs"), COMPLEX_SCRIPT_FONTS.get(content.language, "Calibri"))
    tag = {qn("w:val"): content.language, qn("w:bidi"): content.language}
    normal.append(normal.makeelement(qn("w:lang"), tag))
    properties = document.core_properties
    properties.title, properties.author, properties.language = content.title, content.state, content.language
    page = document.sections[0]
    footer = page.footer.paragraphs[0]
    footer.text = f"{content.footer} "
    for code in ("PAGE", "NUMPAGES"):
        if code == "NUMPAGES":
            footer.add_run(" / ")
        field = footer._p.makeelement(qn("w:fldSimple"), {qn("w:instr"): code})
        footer._p.append(field)
    banner = page.header.paragraphs[0]
    banner.text = " · ".join(content.banners)
    if not content.banners:
        # An empty banner would leave its ground.
        banner._p.pPr.remove(banner._p.pPr.find(qn("w:shd")))


def _charts(document: "Document", content: Briefing) -> None:
    """As many charts but the last below the findings as have room, the others on the next page in one scale."""
    from docx.shared import Mm, Pt

    above, scales = _scales(document, content)
    for place, (chart, scale) in enumerate(zip(content.charts, scales, strict=True)):
        if place == above:
            heading = document.add_heading(content.labels["charts"], level=1)
            heading.paragraph_format.page_break_before = True
        title = _led(document, chart.title).paragraph_format
        title.keep_with_next, title.space_before = True, Pt(8)
        document.add_picture(io.BytesIO(png(chart.svg)), width=Mm(WIDTH * scale))
        document.paragraphs[-1].paragraph_format.line_spacing = 1
        picture = document.inline_shapes[-1]._inline
        picture.docPr.set("descr", chart.alt)
        for side in "TBLR":  # LibreOffice takes an eighth of an inch where it is not said.
            picture.set(f"dist{side}", "0")
    if content.findings and not content.charts:
        document.add_paragraph(content.labels["too_few"])


def _scales(document: "Document", content: Briefing) -> tuple[int, list[float]]:
    """How many charts stand on the first page, and to what part of the width of the text each is drawn, so that what
    stands on its page has room."""

    def high(style: str, text: str, width: float = WIDTH) -> float:
        """The height of a paragraph in millimetres, by the lines that its words take."""
        font, listed = document.styles[style].font.size.mm, style.startswith("List")
        bold, room = style in ("Title", "Heading 1"), width - INDENT * listed
        # Where words are not set apart, a line is full.
        full = ceil(wide(text, WIDER * font, bold) / room)
        between = 12 if style == "Heading 1" else 0 if listed else 3
        return LINE * font * max(full, len(lines(text, WIDER * font, room, bold))) + between * POINT

    def fit(charts: list[Chart], room: float) -> float:
        """The scale in which charts and their titles fill a room."""
        titles = sum(high("Normal", chart.title) + 11 * POINT for chart in charts)
        pictures = sum(WIDTH * down / across for across, down in (size(chart.svg) for chart in charts))
        return min(1, max(LEAST, (room - titles) / pictures))

    banner = EDGE + high("Header", " · ".join(content.banners))
    page = PAPER - max(ABOVE, banner) - max(BELOW, EDGE + high("Footer", content.footer))
    texts = [("Normal", content.state), ("Title", content.title), ("Normal", content.subtitle)]
    texts += [("Heading 1", content.labels["findings"])] if content.findings else []
    texts += [
        ("List Number", f"{one['question']} {one['sentence']} ({one['number']})") for one in content.findings
    ]
    texts += [("Heading 1", content.labels["decide"])] if content.decisions else []
    texts += [
        ("List Bullet", f"{one['count']} {one['what']}: {one['owners']} ({one['number']})")
        for one in content.decisions
    ]
    first = page - sum(high(*text) for text in texts)
    columns = (
        [("Heading 1", content.labels["rests_on"]), ("Heading 1", content.labels["not_shown"])]
        + [("List Bullet", line) for line in (*content.rests_on, *content.not_shown)],
        [("Heading 1", content.labels["definitions"])]
        + [("Body Text", f"{one['term']}: {one['text']}") for one in content.definitions],
    )
    lists = max(sum(high(*text, COLUMN) for text in column) for column in columns)
    second = page - high("Heading 1", content.labels["charts"]) - lists
    charts, above = content.charts, 1
    while above < len(charts) - 1 and fit(charts[: above + 1], first) >= TOGETHER:
        above += 1
    parts = (charts[:above], first), (charts[above:], second)
    return above, [fit(part, room) for part, room in parts for _chart in part]


def _led(document: "Document", lead: str, text: str = "", style: str | None = None) -> "Paragraph":
    """A paragraph that begins in bold: in Latin and in complex scripts, which Word keeps apart."""
    paragraph = document.add_paragraph(style=style)
    run = paragraph.add_run(lead)
    run.bold = run.font.cs_bold = True
    if text:
        paragraph.add_run(text)
    return paragraph


def _lists(document: "Document", content: Briefing) -> None:
    """What it rests on and does not show, and beside it the definitions."""
    from docx.enum.section import WD_SECTION
    from docx.enum.text import WD_BREAK
    from docx.oxml.ns import qn

    columns = document.add_section(WD_SECTION.CONTINUOUS)._sectPr.find(qn("w:cols"))
    columns.set(qn("w:num"), "2")
    columns.set(qn("w:space"), "340")
    for part in ("rests_on", "not_shown"):
        document.add_heading(content.labels[part], level=1)
        for line in getattr(content, part):
            document.add_paragraph(line, style="List Bullet")
    heading = document.add_heading(level=1)
    heading.add_run().add_break(WD_BREAK.COLUMN)
    heading.add_run(content.labels["definitions"])
    for definition in content.definitions:
        _led(document, f"{definition['term']}: ", definition["text"], "Body Text")
