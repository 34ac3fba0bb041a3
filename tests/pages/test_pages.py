"""Published pages in a real browser: accessible, self-contained, readable at every width, and safe."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pandas as pd
import pytest

from mlastats import messages
from mlastats.messages import FOLDER
from mlastats.publish import html, index, inline, style, webfont
from mlastats.publish.exhibit import Column
from mlastats.publish.style import COLOURS
from tests.pages.conftest import newest
from tests.publishing import by_channel, hostile, published

pytestmark = pytest.mark.pages

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MODES: tuple[dict[str, Any], ...] = (
    {"viewport": {"width": 1280, "height": 900}},
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
)


def opened(browser: Any, path: Path, **mode: Any) -> tuple[Any, list[str], list[str]]:
    """The page, what it asked for, and what it said on the console."""
    # The checks inject a script, which the page's own policy would not let run.
    page = browser.new_context(bypass_csp=True, **mode).new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    return page, [url for url in asked if not url.startswith(("data:", path.as_uri()))], said


def violations(page: Any, axe: str) -> list[str]:
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(axe)
    options = {"runOnly": {"type": "tag", "values": STANDARD}}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


def page_of(reports: Path, report: str) -> Path:
    return newest(reports, report) / f"{report}.html"


@pytest.mark.parametrize("mode", MODES, ids=["light", "dark", "phone"])
@pytest.mark.parametrize("report", ["overview", "public"])
def test_no_violation_of_wcag(browser: Any, axe: str, reports: Path, report: str, mode: dict) -> None:
    page, asked, said = opened(browser, page_of(reports, report), **mode)
    assert violations(page, axe) == []
    assert asked == []
    assert said == []


def test_a_chart_has_the_colours_of_the_page_s_mode(browser: Any, tmp_path: Path) -> None:
    html.write(published(tmp_path, [by_channel()]), tmp_path / "overview.html")
    drawn = """() => [...document.querySelectorAll('.picture svg *')].map(part => getComputedStyle(part))
      .flatMap(look => [look.fill, look.stroke]).filter(colour => colour.startsWith('rgb'))"""
    for place, mode in enumerate(("light", "dark")):
        colours = {pair[place] for pair in COLOURS.values()}
        page, _asked, _said = opened(browser, tmp_path / "overview.html", color_scheme=mode)
        # What is drawn in no colour of its own (a clip, a definition) is black.
        assert {rgb(colour) for colour in colours} >= {*page.evaluate(drawn)} - {"rgb(0, 0, 0)"}


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[n : n + 2], 16)) for n in (1, 3, 5))})"


def test_the_index_is_accessible_and_searches(browser: Any, axe: str, reports: Path) -> None:
    page, asked, _said = opened(browser, reports / "index.html")
    assert violations(page, axe) == []
    assert asked == []
    page.get_by_role("searchbox").fill("for the public")
    assert page.locator("tbody tr:visible").count() == 1
    assert page.locator("#shown").inner_text() == "1"


def manifest(folder: Path, **given: Any) -> None:
    """A published revision, as the index sees it."""
    place = folder / given["report"] / given["item"] / given["period"]
    (place / "r1").mkdir(parents=True)
    (place / "latest").write_text("r1")
    known = {
        "title": "Requests with one partner", "state": "LAO", "as_of": "2026-09-30", "audience": "internal",
        "language": "en", "formats": ["html", "xlsx", "pdf", "docx"], "parameters": {"partner": given["item"]},
    }  # fmt: skip
    (place / "r1" / "manifest.json").write_text(json.dumps(known | given), encoding="utf-8")


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """An index of two states, three partners and four quarters."""
    for state, report in (("LAO", "lao"), ("KHM", "khm")):
        for item in ("THA", "VNM", "CHN"):
            for quarter in (1, 2, 3, 4):
                manifest(tmp_path, report=report, state=state, item=item, period=f"2026-Q{quarter}")
    (tmp_path / "index.html").write_text(index.render(tmp_path), encoding="utf-8")
    return tmp_path / "index.html"


@pytest.mark.parametrize("mode", MODES, ids=["light", "dark", "phone"])
def test_the_index_is_browsed_by_its_own_script_from_the_file_system(
    browser: Any, several: Path, axe: str, mode: dict
) -> None:
    page = browser.new_context(**mode).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(several.as_uri())
    for label, choice, left in (
        ("state", "Cambodia", 12),
        ("item", "Thailand", 4),
        ("period", "April to June 2026", 1),
    ):
        page.locator(f"select[data-column={label}]").select_option(choice)
        assert page.locator("tbody tr:visible").count() == left
    assert page.locator("tbody tr:visible a").first.get_attribute("href") == "khm/THA/2026-Q2/r1/khm.html"
    assert said == []
    edges = "[...document.querySelectorAll('a')].map(a => a.getBoundingClientRect().right)"
    assert max(page.evaluate(edges)) <= mode["viewport"]["width"]
    inspected, _asked, _said = opened(browser, several, **mode)
    assert violations(inspected, axe) == []


@pytest.mark.parametrize("width", [360, 640, 768, 1024, 1280, 1920])
@pytest.mark.parametrize("report", ["overview", "assessment"])
def test_no_column_of_a_table_is_cut(browser: Any, reports: Path, report: str, width: int) -> None:
    """Every table is as wide as its room at most, all columns open."""
    page, _asked, _said = opened(browser, page_of(reports, report), viewport={"width": width, "height": 900})
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    cut = """() => [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)
      .map(one => [one.getAttribute('aria-label'), one.scrollWidth, one.clientWidth])"""
    assert page.evaluate(cut) == []


@pytest.mark.parametrize(("width", "drawn"), [(360, {328}), (1280, {328, 580}), (1920, {328, 580})])
def test_a_panel_is_shown_at_its_own_size(browser: Any, reports: Path, width: int, drawn: set[int]) -> None:
    """Letters stay letters: no drawing is scaled, and none is wider than the window."""
    page, _asked, _said = opened(
        browser, page_of(reports, "overview"), viewport={"width": width, "height": 900}
    )
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.picture.several svg')].filter(one => one.getClientRects().length)
        .map(one => [one.getBoundingClientRect().width, +one.getAttribute('width'), one.getBoundingClientRect().right,
        one.closest('.figure').clientWidth >= 1192 ? 580 : 328])"""
    )
    assert len(sizes) > 20
    assert [size for size in sizes if abs(size[0] - size[1]) > 0.5 or size[2] > width] == []
    # Beside the front page's column there is less room than in a chapter.
    assert [size for size in sizes if size[1] != size[3]] == []
    assert {size[1] for size in sizes} == drawn


@pytest.mark.parametrize("room", [60, 90, 120, 160])
def test_lao_words_are_not_broken(browser: Any, room: int) -> None:
    """A line of sentences of the catalogue in a narrow column: no word of the list stands on two lines."""
    messages.use("lo")
    words = [line.replace("|", "") for line in (FOLDER / "lo" / "words.csv").read_text("utf-8").split()[1:]]
    sentence = "ໄດ້ຮັບ" + "ແລະ".join(words)
    text = messages.unbroken(sentence)
    messages.use("en")
    page = browser.new_page()
    page.set_content(f"<p lang=lo style='width:{room}px;font:16px Noto Sans Lao'>{text}</p>")
    lines = page.evaluate(
        """words => { const node = document.querySelector('p').firstChild, text = node.data, range = document.createRange();
        return words.map(word => { const at = text.indexOf(word);
        range.setStart(node, at); range.setEnd(node, at + word.length);
        return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size; }) }""",
        [messages_joined(word) for word in words],
    )
    broken = [word for word, count in zip(words, lines, strict=True) if count > 1]
    # In the narrowest column a word may be longer than its line.
    assert [word for word in broken if len(word) * 6 < room] == []


def messages_joined(word: str) -> str:
    messages.use("lo")
    joined = messages.unbroken(word)
    messages.use("en")
    return joined


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_runs_over_the_edge(browser: Any, reports: Path, width: int) -> None:
    page, _asked, _said = opened(
        browser, page_of(reports, "overview"), viewport={"width": width, "height": 800}
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_content_first(browser: Any, reports: Path) -> None:
    page, _asked, _said = opened(browser, page_of(reports, "overview"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_standard_report_is_under_a_megabyte(reports: Path) -> None:
    assert page_of(reports, "overview").stat().st_size < 1_000_000


def test_the_printed_page_shows_the_tables_and_the_banner(browser: Any, reports: Path) -> None:
    from pypdf import PdfReader

    page, _asked, _said = opened(browser, page_of(reports, "overview"))
    pages = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    # The font joins letters (ffi); compatibility forms take them apart again.
    text = [" ".join(normalize("NFKC", one.extract_text()).split()) for one in pages]
    assert all("Internal: not for publication." in one for one in text)
    assert any("Ministry of Foreign Affairs" in one for one in text)
    # What is folded is left to the screen and the annex.
    assert len(pages) < 20
    assert all(len(one) > 200 for one in text)


def test_a_figure_and_its_finding_are_printed_on_one_page(browser: Any, reports: Path) -> None:
    from pypdf import PdfReader

    # As wide as the paper, for there a figure may be drawn with other words than on a wide screen.
    page, _asked, _said = opened(
        browser, page_of(reports, "overview"), viewport={"width": 673, "height": 994}
    )
    page.emulate_media(media="print")
    heads = page.locator(".answer:visible")
    expected = [plain(text) for text in heads.all_inner_texts()]
    pages = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    printed = [plain(one.extract_text()).replace("|", "") for one in pages]
    # Question, finding and what stands below the figure: all there on one page.
    parts = [[part for part in text.split("|") if part] for text in expected]
    assert len(parts) > 9
    for head in parts:
        assert any(all(part in text for part in head) for text in printed), head[:2]


def plain(text: str) -> str:
    """Lines as parts between bars; the letters that a font joins taken apart, and no white space."""
    lines = normalize("NFKC", text).splitlines()
    return "|".join("".join(line.split()) for line in lines if line.strip())


def test_the_keyboard_follows_the_order_of_reading(browser: Any, reports: Path) -> None:
    page, _asked, _said = opened(browser, page_of(reports, "overview"))
    order = page.evaluate("[...document.querySelectorAll('[tabindex]')].map(e => e.tabIndex)")
    assert set(order) <= {0, -1}
    # What is folded is read too; a page with all of it closed has fewer than sixty stops.
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    page.locator("body").press("Tab")
    places = []
    for _ in range(60):
        page.keyboard.press("Tab")
        places.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert places == sorted(set(places))


def test_what_a_register_holds_never_runs(browser: Any, tmp_path: Path) -> None:
    """Values with markup, formulas, paths, control and bidi characters come out as text."""
    html.write(published(tmp_path, [by_channel(), hostile()]), tmp_path / "overview.html")
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto((tmp_path / "overview.html").as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("script").count() == 0
    assert page.locator("img").count() == 0
    cells = page.locator("#s-1-turnaround-hostile").locator("xpath=ancestor::section").locator("tbody th")
    said = [one.strip() for one in cells.all_text_contents()]
    assert "<script>alert(1)</script>" in said
    assert "=cmd()" in said
    assert '"><img src=x>' in said


def test_the_data_of_an_exhibit_can_be_saved(browser: Any, tmp_path: Path) -> None:
    html.write(published(tmp_path, [by_channel(), hostile()]), tmp_path / "overview.html")
    page, _asked, _said = opened(browser, tmp_path / "overview.html", accept_downloads=True)
    with page.expect_download() as waiting:
        page.locator('a[download="hostile.csv"]').click()
    rows = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
    assert rows[0] == ["who", "requests"]
    # What a spreadsheet would compute is marked as text; nothing else is changed.
    assert rows[1:4] == [["<script>alert(1)</script>", "5"], ["'=cmd()", "6"], ["../../etc/passwd", "7"]]


def test_saved_data_hold_no_formula_wherever_a_cell_may_begin(browser: Any, tmp_path: Path) -> None:
    texts = ["=1+1", "＝1+1", "﹢cmd", "@SUM(A1)", "\t=1", "ok;=1+1", 'ok; "＋1;-2', "-2+3", "a\n=1", "-1.75"]
    table = pd.DataFrame({"who": texts, "requests": range(5, 15), "change": [-1.75] * 10})
    columns = {**hostile().columns, "change": Column("Change", "rate")}
    html.write(
        published(tmp_path, [replace(hostile(), table=table, columns=columns)]), tmp_path / "overview.html"
    )
    page, _asked, _said = opened(browser, tmp_path / "overview.html", accept_downloads=True)
    with page.expect_download() as waiting:
        page.locator('a[download="hostile.csv"]').click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    # With the separators of three countries.
    for separator in ",;\t":
        read = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        cells = [line.strip(' "') for row in read for cell in row for line in cell.split("\n")]
        assert not [cell for cell in cells if cell.startswith(tuple("=@＝＋－＠﹢﹣﹦﹫+"))]
        assert {cell.split(",")[0] for cell in cells if cell.startswith("-")} <= {"-1.75"}
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["change"] for row in rows] == ["-1.75"] * 10
    assert rows[-1]["who"] == "-1.75"


def test_an_index_without_reports_says_so(browser: Any, axe: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(index.render(tmp_path), encoding="utf-8")
    page, _asked, _said = opened(browser, tmp_path / "index.html")
    assert violations(page, axe) == []
    assert "No report has been published yet." in page.locator("main").inner_text()


def test_a_drawing_looks_on_a_page_as_it_was_drawn(browser: Any, reports: Path) -> None:
    """The same pixels but for the smoothing of edges, whatever marks a page draws as one."""
    from PIL import Image, ImageChops

    page = browser.new_page()
    sheet = (
        f":root{{{style.variables('light')}}}{style.sheet(page=True)}.chart text{{font-family:'Noto Sans'}}"
    )

    def shown(drawing: str, styles: str = "") -> Any:
        page.set_content(f"<!doctype html><style>body{{margin:0}}{fonts}{styles}</style>{drawing}")
        page.evaluate("() => document.body.offsetHeight && document.fonts.ready")
        return Image.open(io.BytesIO(page.locator("svg").screenshot())).convert("RGB")

    saved = sorted((newest(reports, "overview") / "exhibits").glob("*.json"))
    drawings = [
        panel[width]
        for path in saved
        for panel in json.loads(path.read_text("utf-8"))["drawing"]["panels"][:1]
        for width in ("wide", "slim")
    ]
    assert len(drawings) > 60
    fonts = webfont.faces("".join(drawings))
    for svg in drawings:
        before, after = shown(svg), shown(inline.drawing(svg, "drawn"), sheet)
        differs = ImageChops.difference(before, after).convert("L")
        assert sum(differs.histogram()[64:]) == 0, svg[:400]


def test_the_first_cell_of_a_row_is_its_head_for_who_hears_the_page(browser: Any, tmp_path: Path) -> None:
    """The page tells no scope of them: a browser takes them for heads of their rows all the same."""
    html.write(published(tmp_path, [by_channel()]), tmp_path / "overview.html")
    page, _asked, _said = opened(browser, tmp_path / "overview.html")
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
    rows = page.locator(".exhibit tbody tr:not(.group)").count()
    assert roles.count("rowheader") >= rows > 2
    assert roles.count("columnheader") == page.locator(".exhibit thead th").count()
