"""A return to be read by people: its tables as a workbook, which is also the form for whoever has no mlastats, and two pages
to be signed, with the hash of the file on them."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.errors import ReportFailed
from mlastats.messages import _, day, label, language, number, partner_name
from mlastats.publish.style import typeset
from mlastats.region.cube import CUBES, Header, Return, codes_of, status
from mlastats.region.form import FIELDS, FRONT

TEMPLATE = Path(__file__).parent / "templates" / "return.typ"
CODES = "CODES"
# Rows below a table in which whoever fills a form finds the lists of codes.
ROOM = 500


def workbook(path: Path, header: Header, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write the workbook in the language in use: what return it is, a sheet a cube, the lists of codes. What a measure has
    no number for is a mark, as the front says. The same tables give the same cells."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": header.name, "created": pd.Timestamp(header.as_of).to_pydatetime()})
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        open_cell = book.add_format({"bg_color": "#FFF3BF", "border": 1, "border_color": "#B8A04A"})
        front = book.add_worksheet(FRONT)
        front.set_column(0, 0, 14)
        front.set_column(1, 1, 30)
        front.set_column(2, 2, 100)
        for row, (name, value) in enumerate(_fields(header).items()):
            front.write_row(row, 0, (name, value), open_cell if name in FIELDS else None)
            front.write_string(row, 2, label("return_field", name))
        for row, text in enumerate(_how(header), len(FIELDS) + 3):
            front.write_string(row, 0, text)
        lists = {n: sorted(codes_of(n) or ()) for cube in CUBES.values() for n in cube.own if codes_of(n)}
        places = {}
        for name, cube in CUBES.items():
            table, page = sheets[name], book.add_worksheet(name)
            page.write_string(0, 0, label("cube", name))
            page.write_row(2, 0, list(table), bold)
            page.freeze_panes(3, len(cube.own))
            page.set_column(0, len(table.columns) - 1, 18)
            for row, cells in enumerate(table.itertuples(index=False), 3):
                for column, cell in enumerate(cells):
                    look = open_cell if column >= len(cube.own) else None
                    (page.write_string if isinstance(cell, str) else page.write_number)(
                        row, column, cell, look
                    )
            places[page] = [(n, cube.own[n]) for n in range(len(cube.own)) if cube.own[n] in lists]
        codes = book.add_worksheet(CODES)
        for column, (name, known) in enumerate(lists.items()):
            codes.write_string(0, 2 * column, name, bold)
            for row, code in enumerate(known, 1):
                codes.write_row(row, 2 * column, (code, _called(name, code)))
        for page in (front, *places):
            page.set_landscape()
            page.set_paper(9)
            page.fit_to_pages(1, 0)
        for page, columns in places.items():
            last = len(sheets[page.name]) + 3 + ROOM
            for column, name in columns:
                at = xlsxwriter.utility.xl_col_to_name(2 * list(lists).index(name), True)
                source = f"={CODES}!{at}$2:{at}${len(lists[name]) + 1}"
                # A label may be written in place of a code: it warns, and does not refuse.
                rule = {"validate": "list", "source": source, "error_type": "warning"}
                page.data_validation(3, column, last, column, rule)


def pages(path: Path, found: Return) -> None:
    """Write the two pages to be signed as PDF/UA, in the language in use. Raises ReportFailed where typst refuses."""
    import typst

    header = found.header
    facts = {
        _("State"): partner_name(header.state),
        _("Year"): header.period,
        _("Version"): str(header.version),
        _("As of"): day(header.as_of),
        _("Mode"): label("return_mode", header.mode),
        _("Reason"): label("return_reason", header.reason) if header.reason else "",
        _("Contact"): header.contact,
        _("Made by"): header.made_by,
    }
    content = {
        "language": language(),
        "title": _("Return of requests for co-operation, {year}", year=header.period),
        "state": partner_name(header.state),
        "banners": _banners(header),
        "facts": [[term, text] for term, text in facts.items() if text],
        "hash": {"title": _("Hash of the manifest (SHA-256)"), "text": found.digest},
        "compare": _("Compare the first twelve characters by telephone."),
        "tables": [one for one in (_flow(found), _concepts(found), _contents(found)) if one["rows"]],
        "sign": [_("Name and office"), _("Place and day"), _("Signature")],
        "footer": f"{header.name} · {found.digest[:12]}",
    }
    try:
        text = TEMPLATE.read_text(encoding="utf-8")
        made = typeset(text, {"page": json.dumps(content)}, format="pdf", pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as cause:
        raise ReportFailed(f"The pages of the return could not be set as PDF: {cause.message}.") from cause
    path.write_bytes(made)


def _fields(header: Header) -> dict[str, Any]:
    """What the front says, in the order of the form."""
    every = dataclasses.asdict(header)
    return {name: every[name] for name in FIELDS}


def _how(header: Header) -> list[str]:
    return [
        *_banners(header),
        _("One row a group, a number in each yellow cell: 0 or - for nil, n/a where it is not collected."),
        _("A blank says that it is not submitted, c that it is withheld, ? that it is not known."),
        _(
            "Codes and what they mean stand in the sheet {sheet}; a label may be written in place of a code.",
            sheet=CODES,
        ),
        _(
            "open_start + opened = answered + ended_otherwise + ended_undated + open_end, in each row of FLOW."
        ),
    ]


def _banners(header: Header) -> list[str]:
    texts = [_("Example data: every request in it is made up.")] if header.synthetic else []
    return texts + ([_("SECRET: exact counts are case data. Not to be published.")] if header.secret else [])


def _called(dimension: str, code: str) -> str:
    return (
        partner_name(code)
        if dimension == "COUNTERPART_AREA" and code in vocab.codes("partner")
        else _((codes_of(dimension) or {})[code])
    )


def _flow(found: Return) -> dict[str, Any]:
    """Stock and flow by direction: of an exact return alone, since no sum of others is known."""
    measures = CUBES["FLOW"].measures
    flow = found.cubes["FLOW"] if found.header.secret else found.cubes["FLOW"].iloc[:0]
    sums = flow.groupby(["DIRECTION", "MEASURE"])["OBS_VALUE"].sum().unstack()
    return {
        "title": _("Requests of the year"),
        "head": ["", *(label("flow_measure", name) for name in measures)],
        "rows": [
            [_((codes_of("DIRECTION") or {})[way]), *(number(row[name]) for name in measures)]
            for way, row in sums.iterrows()
        ],
    }


def _concepts(found: Return) -> dict[str, Any]:
    chosen = found.cubes["CONCEPT"].set_index("CONCEPT")["OBS_VALUE"].to_dict()
    return {
        "title": _("Definitions, computed from the configuration"),
        "head": [_("Question"), _("Answer")],
        "rows": [
            [
                label("concept", code),
                _("not collected") if pd.isna(chosen[code]) else label("concept_choice", chosen[code]),
            ]
            for code in vocab.codes("concept")
            if code in chosen
        ],
    }


def _contents(found: Return) -> dict[str, Any]:
    said = ["given", "nil", "not_collected", "not_submitted", "not_known", "withheld"]
    return {
        "title": _("What it holds: cells of each table"),
        "head": [_("Table"), *(label("cell_status", code) for code in said)],
        "rows": [
            [label("cube", name), *(number(int(status(table).eq(code).sum())) for code in said)]
            for name, table in found.cubes.items()
        ],
    }
