"""The policy briefing as a Word document, from the same content as the PDF."""

import datetime as dt
import io
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlastats.publish.briefing import Briefing, Chart, briefing
from mlastats.publish.exhibit import Publication
from mlastats.publish.style import png

if TYPE_CHECKING:
    from docx.document import Document

# Word chooses the font of Lao and its neighbours by the complex-script slot of a style.
COMPLEX_SCRIPT_FONTS = {"lo": "Phetsarath OT", "th": "TH Sarabun New", "km": "Khmer OS", "my": "Pyidaungsu"}
FALLBACK_FONTS = {"Phetsarath OT": "Lao UI"}
# Millimetres: the text of a page, and the widest and lowest that a chart is drawn.
WIDTH, HEIGHT, LOWEST = 172, 260, 40
INK = "0B3C5D"
SOFT = "4A5A68"
STYLES = (
    ("Normal", 9.5, False),
    ("List Number", 10.5, False),
    ("List Bullet", 8.5, False),
    ("Body Text", 8.5, False),
    ("Title", 20, True),
    ("Heading 1", 12, True),
    ("Header", 8, True),
    ("Footer", 7.5, False),
)
WARNING, WARNED = "6B4500", "FFF3D6"


def write(publication: Publication, path: Path) -> None:
    """Write the briefing of `publication` to `path`; the same publication gives the same text."""
    write_content(briefing(publication), path)


def write_content(content: Briefing, path: Path) -> None:
    """Write a briefing that was put together already."""
    import docx

    document = docx.Document()
    _set_up(document, content)
    _head(document, content)
    _findings(document, content)
    _charts(document, content)
    _lists(document, content)
    document.save(str(path))


def _set_up(document: "Document", content: Briefing) -> None:
    from docx.shared import Mm, Pt

    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(19)
    page.top_margin, page.bottom_margin = Mm(20), Mm(17)
    for name, size, bold in STYLES:
        style = document.styles[name]
        style.font.size, style.font.bold = Pt(size), bold
        style.paragraph_format.space_before = Pt(9 if name == "Heading 1" else 0)
        style.paragraph_format.space_after = Pt(3)
        style.font.cs_bold = bold
        _fonts(style, content.language)
    _name_fallback(document, content.language)
    _properties(document, content)
    page.footer.paragraphs[0].text = content.footer
    page.header.paragraphs[0].text = " · ".join(content.banners)
    if content.banners:
        _shade(page.header.paragraphs[0])


def _fonts(style: Any, language: str) -> None:
    """Latin and complex-script fonts and the language of a style; colours of headings stay dark."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name = "Calibri"
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
        fonts.attrib.pop(qn(slot), None)
    fonts.set(qn("w:cs"), COMPLEX_SCRIPT_FONTS.get(language, "Calibri"))
    tag = properties.makeelement(qn("w:lang"), {})
    tag.set(qn("w:val"), language)
    tag.set(qn("w:bidi"), language)
    properties.append(tag)
    # Complex scripts have a size of their own.
    size = properties.makeelement(qn("w:szCs"), {qn("w:val"): str(int(style.font.size.pt * 2))})
    properties.get_or_add_sz().addnext(size)
    shade = {"Header": WARNING, "Footer": SOFT, "Title": INK, "Heading 1": INK}.get(style.name)
    if shade:
        style.font.color.rgb = RGBColor.from_string(shade)


def _shade(paragraph: Any) -> None:
    """The ground of a banner."""
    from docx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    shade = {qn("w:val"): "clear", qn("w:color"): "auto", qn("w:fill"): WARNED}
    properties.append(properties.makeelement(qn("w:shd"), shade))


def _name_fallback(document: "Document", language: str) -> None:
    """The font that Word takes where the complex-script font of the language is not installed."""
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    name = COMPLEX_SCRIPT_FONTS.get(language, "")
    if name not in FALLBACK_FONTS:
        return
    part = next(p for p in document.part.package.iter_parts() if p.partname == "/word/fontTable.xml")
    table = parse_xml(part.blob)
    font = table.makeelement(qn("w:font"), {qn("w:name"): name})
    font.append(table.makeelement(qn("w:altName"), {qn("w:val"): FALLBACK_FONTS[name]}))
    table.append(font)
    part._blob = serialize_part_xml(table)


def _properties(document: "Document", content: Briefing) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.language = content.title, content.state, content.language
    properties.comments = ""
    # A fixed date: the as-of date is on the page, and the same input gives the same document.
    properties.created = properties.modified = dt.datetime(2000, 1, 1)


def _head(document: "Document", content: Briefing) -> None:
    document.add_paragraph(content.state)
    document.add_paragraph(content.title, style="Title")
    document.add_paragraph(content.subtitle)


def _findings(document: "Document", content: Briefing) -> None:
    document.add_heading(content.labels["findings"], level=1)
    if not content.findings:
        document.add_paragraph(content.labels["nothing"])
    for finding in content.findings:
        paragraph = document.add_paragraph(style="List Number")
        _bold(paragraph, finding["question"] + " ")
        paragraph.add_run(finding["sentence"])


def _charts(document: "Document", content: Briefing) -> None:
    """One chart below the findings, the others on the next page, as in the PDF."""
    from docx.shared import Pt

    for place, (chart, height) in enumerate(zip(content.charts, _heights(content), strict=True)):
        if place == 1:
            heading = document.add_heading(content.labels["charts"], level=1)
            heading.paragraph_format.page_break_before = True
        title = document.add_paragraph()
        _bold(title, chart.title)
        title.paragraph_format.keep_with_next = True
        title.paragraph_format.space_before = Pt(8)
        _picture(document, chart, height)
    if content.findings and not content.charts:
        document.add_paragraph(content.labels["too_few"])


def _heights(content: Briefing) -> list[float]:
    """How high each chart may be, in millimetres, so that the text beside it stays on two pages.

    Word alone knows how it will break lines, so they are counted for a wide font: a line of findings holds
    80 characters, one of a title 76, one of a column 43.
    """
    findings = sum(5 * _lines(f"{one['question']} {one['sentence']}", 80) + 1 for one in content.findings)
    titles = [5 * _lines(chart.title, 76) + 5 for chart in content.charts]
    left = 20 + sum(4.2 * _lines(line, 43) + 1 for line in (*content.rests_on, *content.not_shown))
    right = 10 + sum(4.2 * _lines(one["term"] + one["text"], 45) + 1 for one in content.definitions)
    first = HEIGHT - 42 - findings - sum(titles[:1])
    rest = (HEIGHT - 13 - max(left, right) - sum(titles[1:])) / max(1, len(titles) - 1)
    return [max(LOWEST, room) for room in [first, *[rest] * len(titles)][: len(titles)]]


def _lines(text: str, most: int) -> int:
    """How many lines of `most` characters a text takes; marks above and below a letter take no room."""
    return -(-sum(unicodedata.category(c) != "Mn" for c in text) // most)


def _picture(document: "Document", chart: Chart, height: float) -> None:
    """The chart as wide as the text, unless it would be higher than `height`."""
    from docx.shared import Mm

    document.add_picture(io.BytesIO(png(chart.svg)), width=Mm(WIDTH))
    shape = document.inline_shapes[-1]
    if shape.height > Mm(height):
        shape.width, shape.height = int(shape.width * Mm(height) / shape.height), Mm(height)
    _describe(document, chart.alt)


def _describe(document: "Document", alt: str) -> None:
    """Alternative text of the picture added last."""
    document.inline_shapes[-1]._inline.docPr.set("descr", alt)


def _bold(paragraph: Any, text: str) -> None:
    """Bold in Latin and in complex scripts, which Word keeps apart."""
    run = paragraph.add_run(text)
    run.bold = run.font.cs_bold = True


def _lists(document: "Document", content: Briefing) -> None:
    """What it rests on and does not show, and beside it the definitions."""
    from docx.enum.text import WD_BREAK

    _two_columns(document)
    for title, lines in (
        (content.labels["rests_on"], content.rests_on),
        (content.labels["not_shown"], content.not_shown),
    ):
        document.add_heading(title, level=1)
        for line in lines:
            document.add_paragraph(line, style="List Bullet")
    heading = document.add_heading(level=1)
    heading.add_run().add_break(WD_BREAK.COLUMN)
    heading.add_run(content.labels["definitions"])
    for definition in content.definitions:
        paragraph = document.add_paragraph(style="Body Text")
        _bold(paragraph, definition["term"] + ": ")
        paragraph.add_run(definition["text"])


def _two_columns(document: "Document") -> None:
    """Two columns from here on, on the same page."""
    from docx.enum.section import WD_SECTION
    from docx.oxml.ns import qn

    section = document.add_section(WD_SECTION.CONTINUOUS)
    columns = section._sectPr.find(qn("w:cols"))
    columns.set(qn("w:num"), "2")
    columns.set(qn("w:space"), "340")
