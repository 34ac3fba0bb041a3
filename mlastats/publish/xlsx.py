"""The Excel annex: cover, contents, notes, one table a sheet, by the conventions of the ONS.

Numbers are numbers and dates are dates, units stand in the headers. Text of a register is text: it never
becomes a formula or a link.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from mlastats.messages import _, _n, day, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.exhibit import Column, Saved
from mlastats.publish.publication import Publication

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LINE = 15.0
PRINTED = 90
WIDEST = 44
BASE = {"font_name": "Arial", "font_size": 11, "font_color": "#16212E", "valign": "top"}
HEADER = {"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom"}
# Words that follow a number stand off from it.
WORDS = {"text_wrap": True, "align": "left", "indent": 1}
FORMATS = {
    "count": "#,##0",
    "days": "#,##0",
    "share": "0.0%",
    "points": "0.0",
    "rate": "#,##0.0",
    "number": "#,##0.##",
    "date": "d mmm yyyy",
    # Only all is 100%, and only none 0%.
    "nearly_all": '">99.9%"',
    "nearly_none": '"<0.1%"',
}
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "font_color": "#174F86"},
    "heading": {"bold": True, "font_size": 13},
    "text": {"text_wrap": True},
    "plain": {},
    "bold": {"bold": True, "text_wrap": True},
    "banner": {"bold": True, "font_color": "#7A3300"},
    "link": {"font_color": "#174F86", "underline": 1},
    "header": HEADER,
    "header_right": HEADER | {"align": "right"},
    "header_words": HEADER | WORDS,
    "words": WORDS,
    "asked": {"bold": True, "top": 1, "text_wrap": True},
    "mark": {"align": "right", "font_color": "#4F5D69"},
    **{kind: {"num_format": form, "align": "right"} for kind, form in FORMATS.items()},
}
Styles = dict[str, "Format"]
BLANK = ("plain", "", "")
# How the names of exhibits begin that are filled forms.
FORM = "form_"


def write(publication: Publication, path: Path) -> None:
    """Write the annex of `publication` to `path`; the same publication gives the same cells."""
    with _book(path, publication) as book:
        styles = {name: book.add_format(BASE | own) for name, own in STYLES.items()}
        cover = _sheet(book, _("Cover"), [24, 90])
        _listed(cover, _cover(publication), styles)
        cover.set_row(0, 2 * LINE)
        _contents(_sheet(book, _("Contents"), [14, 70, 30, 12]), publication, styles)
        _listed(_sheet(book, _("Notes"), [30, 90]), _notes(publication), styles)
        for saved in publication.exhibits:
            _table(book, saved, styles, publication)


def _book(path: Path, publication: Publication) -> "Workbook":
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options | {"nan_inf_to_errors": False})
    # The only dates of the file are those of what it holds: the same input gives the same file.
    created = dt.datetime.combine(publication.as_of, dt.time())
    author = partner_name(publication.state)
    book.set_properties({"title": publication.title, "author": author, "created": created})
    book.set_size(2400, 1600)
    return book


def write_forms(forms: Sequence[Saved], publication: Publication, path: Path) -> None:
    """Write filled forms to `path`, a sheet each, in the layout of the body: what it asks for over the lines that answer it,
    its marks for nil and for what is not available, and below them where it was read and what is counted."""
    with _book(path, publication) as book:
        styles = {name: book.add_format(BASE | own) for name, own in STYLES.items()}
        for place, saved in enumerate(forms, start=1):
            # What a sheet may be called has 31 characters, none of them a sign of paths.
            _form(
                book.add_worksheet(f"{place} {saved.name.removeprefix(FORM)}"[:31]),
                saved,
                styles,
                publication,
            )


def _form(sheet: "Worksheet", saved: Saved, styles: Styles, publication: Publication) -> None:
    names = list(saved.columns)[1:]
    right = [saved.columns[name].kind in cells.NUMERIC for name in names]
    widths = [44, *(13 if is_right else 70 for is_right in right[1:])]
    sheet.hide_gridlines(2)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)

    def across(line: int, text: str, style: str) -> None:
        """A text over all columns, in a row as high as it."""
        sheet.set_row(line, LINE * len(wrap(text, sum(widths))))
        sheet.merge_range(line, 0, line, len(names) - 1, text, styles[style])

    about = (partner_name(publication.state), _("as of {day}", day=day(publication.as_of)))
    sheet.write_string(0, 0, saved.question, styles["heading"])
    sheet.write_string(1, 0, " · ".join(about), styles["plain"])
    banners = " ".join(banner["text"] for banner in notes.banners(publication))
    sheet.write_string(2, 0, banners, styles["banner"])
    for at, name in enumerate(names):
        sheet.write_string(
            4, at, saved.columns[name].label, styles["header_right" if right[at] else "header"]
        )
    sheet.freeze_panes(5, 1)
    line, before = 5, None
    for row, texts in enumerate(cells.rows(saved)):
        if texts[0] != before:
            before = texts[0]
            across(line, before, "asked")
            line += 1
        sheet.set_row(line, LINE * max(len(wrap(texts[1], 42)), len(wrap(texts[-1], 68)), 1))
        for at, name in enumerate(names):
            value, style = _typed(saved, row, name, texts[at + 1])
            if saved.missing.get((row, name)) == "not_collectable":
                value, style = _("not collectable"), "mark"
            (sheet.write_string if isinstance(value, str) else sheet.write)(line, at, value, styles[style])
        line += 1
    for place, note in enumerate(saved.notes, line + 1):
        across(place, note, "text")


def sheet_name(number: str) -> str:
    """The name of the sheet of an exhibit, by its number on the page; it holds no text of a register."""
    return _("Table {n}", n=number)[:31]


def _sheet(book: "Workbook", name: str, widths: list[float]) -> "Worksheet":
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    for i, width in enumerate(widths):
        sheet.set_column(i, i, width)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _cover(publication: Publication) -> Iterable[tuple[str, str, str]]:
    """The style, the term and the text of each row."""
    yield ("title", publication.title, "")
    yield ("heading", partner_name(publication.state), "")
    yield BLANK
    yield from (("banner", banner["text"], "") for banner in notes.banners(publication))
    yield BLANK
    yield from (("bold", term, text) for term, text in notes.facts(publication))
    yield BLANK
    yield ("heading", _("Key findings"), "")
    for sentence, _beside, saved in notes.key_findings(publication):
        yield ("link", sheet_name(publication.numbers[saved.key]), sentence)


def _notes(publication: Publication) -> Iterable[tuple[str, str, str]]:
    """The style, the term and the text of each row."""
    yield ("title", _("Notes and definitions"), "")
    yield BLANK
    yield from (("bold", mark, meaning) for mark, meaning in notes.shorthands())
    for part in notes.about(publication):
        yield BLANK
        yield ("heading", part["title"], "")
        yield from (("bold", "", line) for line in part["lines"])
        yield from (("bold", term, text) for term, text in part.get("terms", []))


def _listed(sheet: "Worksheet", rows: Iterable[tuple[str, str, str]], styles: Styles) -> None:
    """Terms and their texts, in rows as high as the text: not every program finds out by itself."""
    for row, (style, term, text) in enumerate(rows):
        if text:
            sheet.set_row(row, LINE * sum(len(wrap(line, PRINTED)) for line in text.splitlines()))
            sheet.write_string(row, 1, text, styles["text"])
        if style == "link":
            _link(sheet, row, term, styles)
        elif term:
            sheet.write_string(row, 0, term, styles[style])


def _link(sheet: "Worksheet", row: int, name: str, styles: Styles) -> None:
    sheet.write_url(row, 0, f"internal:'{name}'!A1", styles["link"], name)


def _contents(sheet: "Worksheet", publication: Publication, styles: Styles) -> None:
    sheet.write_string(0, 0, _("Contents"), styles["title"])
    sheet.write_row(2, 0, (_("Sheet"), _("Question"), _("Unit"), _("Rows")), styles["header"])
    _link(sheet, 3, _("Notes"), styles)
    sheet.write_string(3, 1, _("Definitions, coverage and how the numbers are protected"), styles["text"])
    for row, saved in enumerate(publication.exhibits, start=4):
        sheet.set_row(row, LINE * max(len(wrap(saved.question, 70)), len(wrap(saved.unit, 30)), 1))
        _link(sheet, row, sheet_name(publication.numbers[saved.key]), styles)
        sheet.write_row(row, 1, (saved.question, saved.unit), styles["text"])
        sheet.write_number(row, 3, len(saved.table), styles["count"])


def _table(book: "Workbook", saved: Saved, styles: Styles, publication: Publication) -> None:
    """A sheet with a table; what stands above and below it takes a row for each line of as many characters as
    the table is wide, so that it prints at a size that can be read."""
    columns = list(saved.columns.items())
    headers = [_header(column) for _name, column in columns]
    rows = list(cells.rows(saved))
    widths = []
    for i, header in enumerate(headers):
        longest = max([0, *(len(word) + 1 for word in header.split()), *(len(texts[i]) for texts in rows)])
        widths.append(float(min(WIDEST, max(11 if i else 14, longest + 3))))
    sheet = _sheet(book, sheet_name(publication.numbers[saved.key]), widths)
    if sum(widths) > PRINTED:
        sheet.set_landscape()
    across = max(PRINTED, int(sum(widths)))

    def lines(first: int, parts: Iterable[tuple[str, str]]) -> int:
        """Write texts from a row on; returns the row after them."""
        styled = [(line, styles[style]) for style, text in parts for line in wrap(text, across)]
        for row, (line, style) in enumerate(styled, start=first):
            sheet.write_string(row, 0, line, style)
        return first + len(styled)

    top = 1 + lines(0, _above(saved, publication))
    for row, texts in enumerate([headers, *rows]):
        # How many lines the highest cell takes: not every program finds out by itself.
        high = max(
            (len(wrap(text, int(width) - 1)) for text, width in zip(texts, widths, strict=True)), default=1
        )
        if high > 1:
            sheet.set_row(top + row, LINE * high)
    for i, (name, column) in enumerate(columns):
        right = column.kind in cells.NUMERIC or column.kind == "date"
        look = "header_right" if right else "header_words" if i else "header"
        sheet.write_string(top, i, headers[i], styles[look])
        for row, texts in enumerate(rows):
            value, style = _typed(saved, row, name, texts[i])
            write = sheet.write_string if isinstance(value, str) else sheet.write
            write(top + 1 + row, i, value, styles[style if i or style != "words" else "text"])
    sheet.freeze_panes(top + 1, 1)
    sheet.repeat_rows(top)
    lines(top + 2 + len(rows), (("plain", note) for note in notes.of_exhibit(saved)))


def _above(saved: Saved, publication: Publication) -> Iterable[tuple[str, str]]:
    rows = _n(
        "This sheet holds one table of {n} row.", "This sheet holds one table of {n} rows.", len(saved.table)
    )
    yield "heading", f"{sheet_name(publication.numbers[saved.key])}: {saved.question}"
    yield "plain", saved.finding
    yield "plain", f"{rows} {_('Unit: {unit}.', unit=saved.unit)}"
    yield "plain", " ".join(f"{mark} {meaning}." for mark, meaning in notes.shorthands())
    yield "banner", " ".join(banner["text"] for banner in notes.banners(publication))


def _header(column: Column) -> str:
    """The label with its unit."""
    unit = {"days": _("days"), "share": _("per cent"), "date": _("date")}.get(column.kind, "")
    named = unit.casefold() in column.label.casefold()
    return column.label if named else f"{column.label} ({unit})"


def _typed(saved: Saved, row: int, name: str, text: str) -> tuple[Any, str]:
    """The value of a cell, a number or a date where it has one, and its style."""
    column, value = saved.columns[name], saved.values[name][row]
    if mark := cells.not_given(saved, row, name):
        return mark, "mark"
    if cells.is_missing(value) and column.kind != "code":
        return cells.NOT_GIVEN, "mark"
    if column.kind == "date":
        return value.to_pydatetime(), "date"
    if column.kind not in cells.NUMERIC:
        return text, "words"
    number = 100 * float(value) if column.kind == "points" else float(value)
    if column.kind != "share" or not 0 < number < 1:
        return number, column.kind
    return number, "nearly_all" if number >= 0.9995 else "nearly_none" if number < 0.0005 else "share"
