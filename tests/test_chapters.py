"""A chapter: what leads stands, all else is folded, what tells nothing is one line with its reason; each has its number."""

from pathlib import Path
from unittest import mock

from lxml import html as reader

from mlastats.publish import html
from mlastats.publish.exhibit import InTable, Saved, Untold
from mlastats.publish.publication import Section
from tests.publishing import by_channel, page, published


def one(name: str, finding: str = "Half within 41 days.", leads: bool = False) -> Saved:
    """An exhibit as a page makes it."""
    shown = page()
    with mock.patch("mlastats.publish.page._display"):
        shown.show(by_channel(name=name, finding=lambda _table: finding), leads=leads)
    return shown.known[0]


NOTHING = Untold("No two groups here are like enough to be compared.")
BLOCKS = [
    ("markdown", "# How long?\n\nWhat is pending counts."),
    ("markdown", "## At a glance\n\nTwo directions."),
    ("exhibit", one("glance")),
    ("markdown", "## Like with like\n\nAt one mix."),
    ("exhibit", one("alike", NOTHING)),
    ("markdown", "## By kind"),
    ("exhibit", one("kinds", leads=True)),
    ("exhibit", one("few", InTable("What can be told is in the table."), leads=True)),
]


def names(saved: list[Saved]) -> list[str]:
    return [exhibit.name for exhibit in saved]


def test_what_leads_comes_first_and_what_tells_nothing_last() -> None:
    section = Section("1_turnaround", "How long?", BLOCKS)
    assert names(section.leading) == ["kinds"]
    assert names(section.exhibits) == ["kinds", "glance", "few", "alike"]
    assert section.opening == "# How long?\n\nWhat is pending counts."


def test_words_are_folded_with_the_exhibits_that_they_head_and_go_without_one() -> None:
    folded = Section("1_turnaround", "How long?", BLOCKS).folded
    assert [content if kind == "markdown" else content.name for kind, content in folded] == [
        "## At a glance\n\nTwo directions.",
        "glance",
        "## By kind",
        "few",
    ]


def test_where_no_exhibit_is_meant_to_lead_all_that_tell_something_do() -> None:
    section = Section("own", "Own", [("exhibit", one("a")), ("exhibit", one("b", NOTHING))])
    assert names(section.leading) == ["a"]
    assert section.folded == []


def test_a_chapter_in_which_nothing_that_should_lead_can_be_told_shows_no_empty_figure() -> None:
    section = Section("own", "Own", [("exhibit", one("a", NOTHING, leads=True)), ("exhibit", one("b"))])
    assert section.leading == []
    assert names([content for _kind, content in section.folded]) == ["b"]


def test_a_page_shows_each_once_with_its_number_and_says_what_could_not_be_shown(tmp_path: Path) -> None:
    made = published(
        tmp_path, [by_channel(), by_channel(name="alike", finding=lambda _t: NOTHING)], title="Co-operation"
    )
    tree = reader.fromstring(html.render(made).encode())
    assert [node.text for node in tree.xpath("//*[@class='exhibit']//*[@class='number']")] == ["F1.1"]
    (untold,) = tree.xpath("//*[@id='untold']//li")
    assert " ".join(untold.text_content().split()) == (
        "F1.2 Which channel answers fastest? No two groups here are like enough to be compared."
    )
    assert made.numbers == {"1_turnaround.by_channel": "1.1", "1_turnaround.alike": "1.2"}
