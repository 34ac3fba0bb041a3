"""The Excel annex: cover, contents, notes, one table a sheet, by the conventions of the ONS.

Numbers are numbers and dates are dates, units stand in the headers. Text of a register is text: it never
becomes a formula or a link.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from mlastats.messages import _, _n, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.exhibit import Column, Publication, Saved

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FORMATS = {
    "count": "#,##0",
    "days": "#,##0",
    "share": "0.0%",
    "rate": "#,##0.0",
    "number": "#,##0.##",
    "date": "d mmm yyyy",
    # Only all is 100%, and only none 0%.
    "nearly_all": '">99.9%"',
    "nearly_none": '"<0.1%"',
}
LINE = 15.0
PRINTED = 90
WIDEST = 44
INK, MUTED, ACCENT, RULE = "#16212E", "#4F5D69", "#174F86", "#16212E"


def write(publication: Publication, path: Path) -> None:
    """Write the annex of `publication` to `path`; the same publication gives the same cells."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options | {"nan_inf_to_errors": False})
    book.set_properties(_properties(publication))
    book.set_size(2400, 1600)
    styles = _styles(book)
    _cover(book, publication, styles)
    _contents(book, publication, styles)
    _notes(book, publication, styles)
    for number, saved in enumerate(publication.exhibits, start=1):
        _table(book, saved, number, styles, publication)
    book.close()


def sheet_name(number: int) -> str:
    """The name of a table's sheet; it holds no text of a register."""
    return _("Table {n}", n=number)[:31]


def _properties(publication: Publication) -> dict[str, Any]:
    # The only dates of the file are those of what it holds: the same input gives the same file.
    created = dt.datetime.combine(publication.as_of, dt.time())
    return {"title": publication.title, "author": partner_name(publication.state), "created": created}


def _styles(book: "Workbook") -> dict[str, "Format"]:
    base = {"font_name": "Arial", "font_size": 11, "font_color": INK, "valign": "top"}
    given: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 18, "font_color": ACCENT},
        "heading": {"bold": True, "font_size": 13},
        "text": {"text_wrap": True},
        "plain": {},
        "bold": {"bold": True, "text_wrap": True},
        "banner": {"bold": True, "font_color": "#7A3300"},
        "link": {"font_color": ACCENT, "underline": 1},
        "header": {"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom"},
        "header_right": {"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom", "align": "right"},
        "first": {"text_wrap": True},
        "words": {"text_wrap": True, "align": "left", "indent": 1},
        "header_words": {
            "bold": True,
            "text_wrap": True,
            "bottom": 2,
            "valign": "bottom",
            "align": "left",
            "indent": 1,
        },
        "mark": {"align": "right", "font_color": MUTED},
    }
    given |= {kind: {"num_format": form, "align": "right"} for kind, form in FORMATS.items()}
    return {name: book.add_format(base | own) for name, own in given.items()}


def _sheet(book: "Workbook", name: str, widths: list[float]) -> "Worksheet":
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    for i, width in enumerate(widths):
        sheet.set_column(i, i, width)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _cover(book: "Workbook", publication: Publication, styles: dict[str, "Format"]) -> None:
    sheet = _sheet(book, _("Cover"), [24, 90])
    sheet.set_row(0, 2 * LINE)
    sheet.write_string(0, 0, publication.title, styles["title"])
    sheet.write_string(1, 0, partner_name(publication.state), styles["heading"])
    row = 3
    for banner in notes.banners(publication):
        sheet.write_string(row, 0, banner["text"], styles["banner"])
        row += 1
    for term, text in notes.facts(publication):
        row += 1
        _pair(sheet, row, term, text, styles)
    row += 2
    sheet.write_string(row, 0, _("Key findings"), styles["heading"])
    for sentence, saved in notes.key_findings(publication):
        row += 1
        number = 1 + [_key(one) for one in publication.exhibits].index(_key(saved))
        _pair(sheet, row, "", sentence, styles)
        sheet.write_url(row, 0, f"internal:'{sheet_name(number)}'!A1", styles["link"], sheet_name(number))


def _pair(sheet: "Worksheet", row: int, term: str, text: str, styles: dict[str, "Format"]) -> None:
    """A term and its text, in a row as high as the text: not every program finds out by itself."""
    sheet.set_row(row, LINE * len(wrap(text, PRINTED) or [text]))
    sheet.write_string(row, 0, term, styles["bold"])
    sheet.write_string(row, 1, text, styles["text"])


def _contents(book: "Workbook", publication: Publication, styles: dict[str, "Format"]) -> None:
    sheet = _sheet(book, _("Contents"), [14, 70, 30, 12])
    sheet.write_string(0, 0, _("Contents"), styles["title"])
    for i, header in enumerate((_("Sheet"), _("Question"), _("Unit"), _("Rows"))):
        sheet.write_string(2, i, header, styles["header"])
    sheet.write_url(3, 0, f"internal:'{_('Notes')}'!A1", styles["link"], _("Notes"))
    sheet.write_string(3, 1, _("Definitions, coverage and what was withheld"), styles["text"])
    for number, saved in enumerate(publication.exhibits, start=1):
        row = 3 + number
        sheet.set_row(row, LINE * max(len(wrap(saved.question, 70)), len(wrap(saved.unit, 30)), 1))
        sheet.write_url(row, 0, f"internal:'{sheet_name(number)}'!A1", styles["link"], sheet_name(number))
        sheet.write_string(row, 1, saved.question, styles["text"])
        sheet.write_string(row, 2, saved.unit, styles["text"])
        sheet.write_number(row, 3, len(saved.table), styles["count"])


def _notes(book: "Workbook", publication: Publication, styles: dict[str, "Format"]) -> None:
    sheet = _sheet(book, _("Notes"), [30, 90])
    sheet.write_string(0, 0, _("Notes and definitions"), styles["title"])
    row = 2
    for mark, meaning in notes.shorthands():
        sheet.write_string(row, 0, mark, styles["bold"])
        sheet.write_string(row, 1, meaning, styles["text"])
        row += 1
    for part in notes.about(publication):
        row += 1
        sheet.write_string(row, 0, part["title"], styles["heading"])
        for term, text in [*(("", line) for line in part["lines"]), *part.get("terms", [])]:
            row += 1
            _pair(sheet, row, term, text, styles)
        row += 1


def _table(
    book: "Workbook", saved: Saved, number: int, styles: dict[str, "Format"], publication: Publication
) -> None:
    widths = _widths(saved)
    sheet = _sheet(book, sheet_name(number), widths)
    if sum(widths) > PRINTED:
        sheet.set_landscape()
    across = max(PRINTED, int(sum(widths)))
    header = _above(sheet, saved, number, across, publication, styles)
    sheet.set_row(header, LINE * _high(map(_header, saved.columns.values()), widths))
    for i, column in enumerate(saved.columns.values()):
        sheet.write_string(header, i, _header(column), styles[_header_style(column, i)])
    for row, texts in enumerate(cells.rows(saved)):
        if (high := _high(texts, widths)) > 1:
            sheet.set_row(header + 1 + row, LINE * high)
        for i, name in enumerate(saved.columns):
            _cell(sheet, (header + 1 + row, i), saved, (row, name), styles)
    sheet.freeze_panes(header + 1, 1)
    sheet.repeat_rows(header)
    below = [line for note in notes.of_exhibit(saved) for line in wrap(note, across)]
    for i, line in enumerate(below):
        sheet.write_string(header + 2 + len(saved.table) + i, 0, line, styles["plain"])


def _high(texts: Iterable[str], widths: Sequence[float]) -> int:
    """How many lines the highest cell of a row takes: not every program finds out by itself."""
    return max(
        (len(wrap(text, int(width) - 1)) for text, width in zip(texts, widths, strict=True)), default=1
    )


def _header_style(column: Column, place: int) -> str:
    if column.kind in cells.NUMERIC or column.kind == "date":
        return "header_right"
    return "header_words" if place else "header"


def _above(
    sheet: "Worksheet", saved: Saved, number: int, across: int, publication: Publication, styles: Any
) -> int:
    """What stands above the table, a line of `across` characters a row, so that it prints at a size that
    can be read; returns the row of the header."""
    rows = _n(
        "This sheet holds one table of {n} row.", "This sheet holds one table of {n} rows.", len(saved.table)
    )
    unit = _("Unit: {unit}.", unit=saved.unit)
    marks = " ".join(f"{mark} {meaning}." for mark, meaning in notes.shorthands())
    banner = " ".join(one["text"] for one in notes.banners(publication))
    title = f"{sheet_name(number)}: {saved.question}"
    parts = (
        ("heading", title),
        ("plain", saved.finding),
        ("plain", f"{rows} {unit}"),
        ("plain", marks),
    )
    row = 0
    for style, text in (*parts, ("banner", banner)):
        for line in wrap(text, across):
            sheet.write_string(row, 0, line, styles[style])
            row += 1
    return row + 1


def _header(column: Column) -> str:
    """The label with its unit."""
    units = {"days": _("days"), "share": _("per cent"), "date": _("date")}
    unit = units.get(column.kind, "")
    return (
        f"{column.label} ({unit})"
        if unit and unit.casefold() not in column.label.casefold()
        else column.label
    )


def _cell(
    sheet: "Worksheet", at: tuple[int, int], saved: Saved, place: tuple[int, str], styles: dict[str, "Format"]
) -> None:
    row, name = place
    column, value = saved.columns[name], saved.values[name][row]
    if place in saved.withheld:
        sheet.write_string(*at, cells.WITHHELD, styles["mark"])
    elif cells.is_missing(value) and column.kind != "code":
        sheet.write_string(*at, "[x]", styles["mark"])
    elif column.kind == "date":
        sheet.write_datetime(*at, value.to_pydatetime(), styles["date"])
    elif column.kind in cells.NUMERIC:
        sheet.write_number(*at, float(value), styles[_form(column.kind, float(value))])
    else:
        # Words that follow a number stand off from it.
        sheet.write_string(*at, cells.cell(saved, row, name), styles["words" if at[1] else "first"])


def _form(kind: str, value: float) -> str:
    if kind != "share" or not 0 < value < 1:
        return kind
    return "nearly_all" if value >= 0.9995 else "nearly_none" if value < 0.0005 else kind


def _widths(saved: Saved) -> list[float]:
    found = []
    for i, (name, column) in enumerate(saved.columns.items()):
        texts = [cells.cell(saved, row, name) for row in range(len(saved.table))]
        words = max((len(part) for part in _header(column).split()), default=0)
        longest = max([words + 1, *(len(text) for text in texts)])
        found.append(float(min(WIDEST, max(14 if i == 0 else 11, longest + 3))))
    return found


def _key(saved: Saved) -> str:
    return f"{saved.notebook}.{saved.name}"
