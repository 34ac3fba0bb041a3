"""Makes the template of the briefing as a Word document: `python tests/word_template.py`.

It holds what is the same in every briefing: page, margins, styles, the banner's ground, the fonts that Word takes where
one is not installed. Change it here and commit both; or open the document in Word and change its styles there.
"""

import datetime as dt
from pathlib import Path

import docx
from docx.document import Document
from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

TEMPLATE = Path(__file__).parents[1] / "mlastats" / "publish" / "templates" / "briefing.docx"
INK, SOFT, WARNING, WARNED = "0B3C5D", "4A5A68", "6B4500", "FFF3D6"
# Points, bold, colour.
STYLES = {
    "Normal": (9.5, False, ""),
    "List Number": (10.5, False, ""),
    "List Bullet": (8.5, False, ""),
    "Body Text": (8.5, False, ""),
    "Title": (20, True, INK),
    "Heading 1": (12, True, INK),
    "Header": (8, True, WARNING),
    "Footer": (7.5, False, SOFT),
}
FALLBACK_FONTS = {"Phetsarath OT": "Lao UI"}


def template() -> Document:
    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(19)
    page.top_margin, page.bottom_margin = Mm(20), Mm(17)
    for name, (size, bold, colour) in STYLES.items():
        style = document.styles[name]
        style.font.size, style.font.bold, style.font.cs_bold = Pt(size), bold, bold
        style.paragraph_format.space_before = Pt(9 if name == "Heading 1" else 0)
        style.paragraph_format.space_after = Pt(3)
        if colour:
            style.font.color.rgb = RGBColor.from_string(colour)
        # All fonts are those of Normal; complex scripts have a size of their own.
        properties = style.element.get_or_add_rPr()
        for own in [*properties.findall(qn("w:rFonts")), *properties.findall(qn("w:szCs"))]:
            properties.remove(own)
        points = properties.makeelement(qn("w:szCs"), {qn("w:val"): str(int(size * 2))})
        properties.get_or_add_sz().addnext(points)
    document.styles["Normal"].font.name = "Calibri"
    shade = {qn("w:val"): "clear", qn("w:color"): "auto", qn("w:fill"): WARNED}
    banner = page.header.paragraphs[0]._p.get_or_add_pPr()
    banner.append(banner.makeelement(qn("w:shd"), shade))
    part = next(p for p in document.part.package.iter_parts() if p.partname == "/word/fontTable.xml")
    table = parse_xml(part.blob)
    for name, other in FALLBACK_FONTS.items():
        font = table.makeelement(qn("w:font"), {qn("w:name"): name})
        font.append(table.makeelement(qn("w:altName"), {qn("w:val"): other}))
        table.append(font)
    part._blob = serialize_part_xml(table)
    document.core_properties.comments = ""
    # A fixed date: the as-of date is on the page, and the same input gives the same document.
    document.core_properties.created = document.core_properties.modified = dt.datetime(2000, 1, 1)
    return document


if __name__ == "__main__":
    template().save(str(TEMPLATE))
