"""What a notebook's Markdown becomes on a page: words and tables, no other markup."""

from dataclasses import replace
from pathlib import Path

from lxml import html as reader

from mlastats.publish import html
from mlastats.publish.charts import Figure, Panel, Row
from tests.publishing import by_channel, published

HOSTILE = """# How long an answer takes

## Under it

Words with *weight*, `code` & <b>raw</b> markup, ![a picture](https://example.org/a.png), [a link](javascript:alert(1)).

<script>alert(1)</script>

| kind | days |
|---|---|
| mla | 3 |
"""


def test_raw_markup_pictures_and_scripts_come_out_as_text(tmp_path: Path) -> None:
    publication = published(tmp_path)
    section = replace(publication.sections[0], blocks=[("markdown", HOSTILE)])
    page = reader.fromstring(html.render(replace(publication, sections=[section])).encode())
    (words,) = page.xpath("//div[@class='words']")
    assert {node.tag for node in words.iter()} == {
        "div", "h3", "p", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert words.xpath(".//h3/text()") == ["Under it"]
    assert "<b>raw</b> markup, ![a picture](https://example.org/a.png)" in words.text_content()
    assert "<script>alert(1)</script>" in words.text_content()
    assert not [link for link in words.xpath(".//a/@href") if "javascript" in link]


def test_the_words_of_a_chart_stay_as_they_are(tmp_path: Path) -> None:
    named = 'Ministry="of Justice" a="b" c'
    drawn = by_channel(chart=lambda t: Figure([Panel("", "", [Row(named)])]))
    page = reader.fromstring(html.render(published(tmp_path, [drawn])).encode())
    assert named in page.xpath("//*[local-name()='svg']//text()")
