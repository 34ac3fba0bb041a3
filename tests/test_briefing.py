"""The policy briefing: findings chosen by rule, the same in PDF and Word, on two pages, and safe."""

import datetime as dt
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from mlastats.publish import docx, pdf
from mlastats.publish.briefing import briefing, size
from mlastats.publish.choice import choose
from mlastats.publish.exhibit import Fact
from mlastats.publish.publication import Publication
from tests.publishing import HOSTILE, by_channel, hostile, published


def fact(question: str, sentence: str, **given: Any) -> Fact:
    return Fact(question, sentence, **given)


def pdf_text(publication: Publication, folder: Path) -> tuple[str, int]:
    path = folder / "briefing.pdf"
    pdf.write(publication, path)
    pages = PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split()), len(pages)


def word_text(publication: Publication, folder: Path) -> str:
    import docx as reader

    path = folder / "briefing.docx"
    docx.write(publication, path)
    document = reader.Document(str(path))
    return " ".join(" ".join(paragraph.text for paragraph in document.paragraphs).split())


def numbers(text: str) -> list[str]:
    return re.findall(r"\d[\d,.]*\d|\d", text)


def test_questions_come_in_their_order_each_with_its_best_fact() -> None:
    chosen = choose(
        [
            fact("who_is_engaged", "engaged"),
            fact(
                "how_long", "an interval that holds its reference", value=50, lower=40, upper=60, reference=55
            ),
            fact("how_long", "a plain count", value=500),
            fact("how_long", "off its reference", value=90, lower=80, upper=99, reference=30),
            fact("how_much_stuck", "stuck", value=3),
        ]
    )
    # Certain differences first, then what has an interval; the order of the questions is fixed.
    assert [one.sentence for one in chosen][:1] == ["off its reference"]
    assert [one.question for one in chosen] == ["how_long", "how_long", "how_much_stuck", "who_is_engaged"]


def test_the_larger_relative_difference_wins_among_equals() -> None:
    near = fact("formal_or_informal", "near", value=60, lower=58, upper=62, reference=50, requests=900)
    far = fact("formal_or_informal", "far", value=30, lower=28, upper=32, reference=10, requests=40)
    assert choose([near, far])[0].sentence == "far"


def test_never_more_than_six_findings() -> None:
    many = [fact(question, f"{question} {n}") for question in ("how_long", "what_changed") for n in range(9)]
    assert len(choose(many)) <= 6


@pytest.mark.parametrize(("requests", "charts"), [(9, 0), (10, 1)])
def test_a_chart_needs_ten_requests(tmp_path: Path, requests: int, charts: int) -> None:
    facts = lambda table: [Fact("how_long", "Half within 41 days.", 41, requests=requests)]  # noqa: E731
    content = briefing(published(tmp_path, [by_channel(facts=facts)]))
    assert len(content.charts) == charts
    printed, pages = pdf_text(published(tmp_path, [by_channel(facts=facts)]), tmp_path)
    assert pages == 1
    assert ("No finding rests on enough requests for a chart." in printed) == (charts == 0)


def test_the_numbers_of_the_findings_stand_in_pdf_and_word(tmp_path: Path) -> None:
    publication = published(tmp_path)
    said = [fact.sentence for saved in publication.exhibits for fact in saved.facts]
    printed, pages = pdf_text(publication, tmp_path)
    written = word_text(publication, tmp_path)
    assert said
    assert pages == 1
    for sentence in said:
        assert sentence in printed
        assert sentence in written
        assert numbers(sentence) == ["41"]


def test_word_draws_charts_as_wide_as_the_text_or_smaller_where_text_needs_the_room(tmp_path: Path) -> None:
    """The first page has few words; the second lines of 16 words, each of which takes three of 4.2 mm."""
    import docx as reader

    short = briefing(published(tmp_path))
    charts = [replace(short.charts[0], svg=picture(688, 688)) for _n in range(3)]
    widths = []
    for lines in (1, 4):
        content = replace(short, charts=charts, rests_on=["sixteen words " * 8] * lines)
        docx.write_content(content, tmp_path / "briefing.docx")
        shapes = reader.Document(str(tmp_path / "briefing.docx")).inline_shapes
        first, second, third = (shape.width.mm for shape in shapes)
        assert first == pytest.approx(172, abs=0.1)
        # As high as wide, both stand above the lines on the 260 mm of a page.
        assert second == third < (260 - lines * 3 * 4.2) / 2
        widths.append(second)
    assert widths[0] > widths[1] > 43


@pytest.mark.parametrize(("high", "together"), [(40, 3), (80, 3), (172, 1)])
def test_as_many_charts_stand_on_the_first_page_as_have_room(
    tmp_path: Path, high: int, together: int
) -> None:
    """Of the 260 mm of a page the words of this one take about 60: all of 40 mm would fit, but the last
    is for the next page; of 80 mm three at two thirds; of 172 mm one."""
    import docx as reader

    short = briefing(published(tmp_path))
    charts = [replace(short.charts[0], title=f"Chart {n}.", svg=picture(172, high)) for n in range(4)]
    docx.write_content(replace(short, charts=charts), tmp_path / "briefing.docx")
    lines = [part.text for part in reader.Document(str(tmp_path / "briefing.docx")).paragraphs]
    after = lines.index("Charts") if "Charts" in lines else lines.index("What this rests on")
    assert sum(line.startswith("Chart ") for line in lines[:after]) == together


def test_a_briefing_draws_a_tall_chart_after_the_others_of_its_chapter(tmp_path: Path) -> None:
    def fact_of(_table: Any) -> list[Fact]:
        return [Fact("how_long", "Half within 41 days.", 41, requests=10)]

    made = published(tmp_path, [by_channel(facts=fact_of), replace(by_channel(), name="other")])
    section = made.sections[0]
    tall, low = (
        replace(
            saved, drawing=replace(saved.drawing, whole=picture(300, high)), facts=saved.facts * (high > 300)
        )
        for saved, high in zip(section.exhibits, (301, 150), strict=True)
    )
    blocks = [("exhibit", tall), ("exhibit", low)]
    content = briefing(replace(made, sections=[replace(section, blocks=blocks)]))
    assert [size(chart.svg) for chart in content.charts] == [(300, 150), (300, 301)]


def picture(wide: int, high: int) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}"/>'


def test_it_is_tagged_titled_and_in_its_language(tmp_path: Path) -> None:
    path = tmp_path / "briefing.pdf"
    pdf.write(published(tmp_path), path)
    reader = PdfReader(path)
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Co-operation with other states"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == [
        "Co-operation with other states"
    ]


def test_what_cannot_be_said_is_said(tmp_path: Path) -> None:
    bare = published(tmp_path, [by_channel(facts=None, chart=None)])
    printed, _pages = pdf_text(bare, tmp_path)
    assert "Nothing can be said from these registers." in printed
    assert "“How long does an answer take?” cannot be answered from these registers." in printed
    assert "Nothing can be said from these registers." in word_text(bare, tmp_path)


def test_register_values_come_out_as_text(tmp_path: Path) -> None:
    sentence = (
        f'#import "x.typ" #read("briefing.json") {{{{ 7*7 }}}} {{ DATE }} \\u{{41}} {HOSTILE[0]} =cmd()'
    )
    facts = lambda table: [Fact("how_long", sentence, 1, requests=9)]  # noqa: E731
    evil = published(tmp_path, [by_channel(facts=facts), hostile()])
    printed, _pages = pdf_text(evil, tmp_path)
    for part in ('#import "x.typ"', "{{ 7*7 }}", "{ DATE }", "<script>alert(1)</script>", "=cmd()"):
        assert part in printed
        assert part in word_text(evil, tmp_path)
    import docx as reader

    body = reader.Document(str(tmp_path / "briefing.docx")).element.xml
    assert "w:fldChar" not in body
    assert "w:instrText" not in body


def test_control_and_bidi_characters_do_not_stop_or_turn_a_page(tmp_path: Path) -> None:
    facts = lambda table: [Fact("how_long", "a\u202eb\u0007c and \u2066more\u0000", 1, requests=9)]  # noqa: E731
    evil = published(tmp_path, [by_channel(facts=facts)])
    printed, _pages = pdf_text(evil, tmp_path)
    written = word_text(evil, tmp_path)
    for text in (printed, written):
        assert "abc and more" in text
        assert not set(text) & set("\u202e\u2066\u0007\u0000")


def test_the_same_input_gives_the_same_bytes_and_text(tmp_path: Path) -> None:
    publication = published(tmp_path)
    first, second = tmp_path / "1.pdf", tmp_path / "2.pdf"
    pdf.write(publication, first)
    pdf.write(publication, second)
    assert first.read_bytes() == second.read_bytes()
    assert word_text(publication, tmp_path) == word_text(publication, tmp_path)


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_a_public_briefing_does_not_count_the_rows_of_registers(tmp_path: Path, audience: str) -> None:
    content = briefing(replace(published(tmp_path), audience=audience))
    said = any(
        "police: 130 rows read = 120 requests + 4 in other registers + 3 refused" in line
        for line in content.rests_on
    )
    assert said == (audience == "internal")
    assert ("Internal: not for publication." in content.banners) == (audience == "internal")


def test_word_names_the_complex_script_font_of_lao(tmp_path: Path) -> None:
    import zipfile

    publication = replace(published(tmp_path), language="lo", as_of=dt.date(2026, 9, 30))
    content = briefing(publication)
    out = io.BytesIO()
    path = tmp_path / "lo.docx"
    docx.write_content(replace(content, language="lo"), path)
    out.write(path.read_bytes())
    with zipfile.ZipFile(out) as parts:
        styles = parts.read("word/styles.xml").decode()
    assert 'w:cs="Phetsarath OT"' in styles
    with zipfile.ZipFile(path) as parts:
        fonts = parts.read("word/fontTable.xml").decode()
    assert "Lao UI" in fonts


def test_the_template_of_word_is_as_its_script_makes_it(tmp_path: Path) -> None:
    import zipfile

    from tests.word_template import TEMPLATE, template

    template().save(str(tmp_path / "again.docx"))
    with zipfile.ZipFile(TEMPLATE) as kept, zipfile.ZipFile(tmp_path / "again.docx") as again:
        assert {name: kept.read(name) for name in kept.namelist()} == {
            name: again.read(name) for name in again.namelist()
        }
