"""The policy briefing as a Word document, from the same content as the PDF."""

import io
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from mlastats.publish.briefing import Briefing, briefing, unbroken
from mlastats.publish.publication import Publication
from mlastats.publish.style import png

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

COMPLEX_SCRIPT_FONTS = {"lo": "Phetsarath OT", "th": "TH Sarabun New", "km": "Khmer OS", "my": "Pyidaungsu"}
# Styles, fonts, page and banner of every briefing; made by tests/word_template.py.
TEMPLATE = Path(__file__).parent / "templates" / "briefing.docx"
# Millimetres: the text of a page, and the widest and lowest that a chart is drawn.
WIDTH, HEIGHT, LOWEST = 172, 260, 40


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
    """One chart below the findings, the others on the next page, as in the PDF; each as wide as the text, unless it
    would be higher than it may be."""
    from docx.shared import Mm, Pt

    for place, (chart, height) in enumerate(zip(content.charts, _heights(content), strict=True)):
        if place == 1:
            heading = document.add_heading(content.labels["charts"], level=1)
            heading.paragraph_format.page_break_before = True
        title = _led(document, chart.title).paragraph_format
        title.keep_with_next, title.space_before = True, Pt(8)
        document.add_picture(io.BytesIO(png(chart.svg)), width=Mm(WIDTH))
        shape = document.inline_shapes[-1]
        if shape.height > Mm(height):
            shape.width, shape.height = int(shape.width * Mm(height) / shape.height), Mm(height)
        shape._inline.docPr.set("descr", chart.alt)
    if content.findings and not content.charts:
        document.add_paragraph(content.labels["too_few"])


def _heights(content: Briefing) -> list[float]:
    """How high each chart may be, in millimetres, so that the text beside it stays on two pages.

    Word alone knows how it will break lines, so they are counted for a wide font: a line of findings holds
    80 characters, one of a title 76, one of a column 43.
    """
    decided = 12 + 10 * len(content.decisions) if content.decisions else 0
    findings = decided + sum(
        5 * _lines(f"{one['question']} {one['sentence']}", 80) + 1 for one in content.findings
    )
    titles = [5 * _lines(chart.title, 76) + 5 for chart in content.charts]
    left = 20 + sum(4.2 * _lines(line, 43) + 1 for line in (*content.rests_on, *content.not_shown))
    right = 10 + sum(4.2 * _lines(one["term"] + one["text"], 45) + 1 for one in content.definitions)
    first = HEIGHT - 42 - findings - sum(titles[:1])
    rest = (HEIGHT - 13 - max(left, right) - sum(titles[1:])) / max(1, len(titles) - 1)
    # Charts of one size.
    return [max(LOWEST, min(first, rest) if len(titles) > 1 else first)] * len(titles)


def _lines(text: str, most: int) -> int:
    """How many lines of `most` characters a text takes; marks above and below a letter take no room."""
    return -(-sum(unicodedata.category(c) != "Mn" for c in text) // most)


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
