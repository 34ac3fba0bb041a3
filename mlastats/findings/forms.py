"""Filled forms as exhibits: a row for each thing asked for, in the body's wording, its cells, what stands behind them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.findings.columns import read_as
from mlastats.findings.declared import Declared
from mlastats.forms import filling
from mlastats.forms.filling import NIL, NOT_COLLECTABLE, NOT_OBSERVED, PARTLY, TOTAL
from mlastats.forms.form import Form, Row, Where
from mlastats.messages import _, _n, day, label, number, partner_name, percent
from mlastats.publish import cells as written
from mlastats.publish.exhibit import Column, Exhibit, Fact, Kind, Untold, headline

GIVEN = ["number", "nil", "partly"]
FIRST = ["wording", "counted"]


def filled(form: Form, cells: pd.DataFrame, page: Any) -> Exhibit:
    """A form with its cells. For the public without the rows of its levels, of which one is there because a request is."""
    if page.public:
        whole = [place for place, row in enumerate(form.rows) if row.table == "requests" and not row.days]
        cells = cells[cells["level"].eq("") & cells["row"].isin(whole)]
    columns = {code: rows.iloc[0] for code, rows in cells.groupby("column", sort=False)}
    lines = [rows.set_index("column") for _key, rows in cells.groupby(["row", "level"], sort=False)]
    table = pd.DataFrame(
        [
            {
                "wording": form.rows[line["row"].iloc[0]].wording,
                "counted": partner_name(page.state)
                if form.states and not line["level"].iloc[0]
                else _counted(form.rows[line["row"].iloc[0]], line["level"].iloc[0]),
                **line["value"],
                "stands": _stands(form, line),
            }
            for line in lines
        ],
        columns=[*FIRST, *columns, "stands"],
    )
    kind: Kind = "number" if any(row.days for row in form.rows) else "count"
    name = f"form_{form.name}"
    texts = read_as(name, [*FIRST, "stands"], {})
    if form.states:
        texts["counted"] = replace(texts["counted"], label=_("State"))
    figures = {code: Column(_head(form, code, cell), kind) for code, cell in columns.items()}
    status = pd.DataFrame([line["status"] for line in lines]).reset_index(drop=True)
    return Exhibit(
        name=name,
        question=_("{body}: {title}", body=form.body, title=form.title),
        finding=lambda _table: _said(cells),
        table=table,
        columns={**{n: texts[n] for n in FIRST}, **figures, "stands": texts["stands"]},
        unit=_("matters") if form.count == "matters" else _("requests"),
        by=tuple(FIRST),
        counts={code: {"form": form.name, "column": code} for code in columns},
        members={code: [line["members"][code] for line in lines] for code in columns},
        reasons={
            # Of none there is no mean.
            code: status[code]
            .map(lambda state: _mark(form, state))
            .mask(status[code].eq(NIL) & table[code].isna(), "nil")
            for code in columns
        },
        internal_only=form.count != "requests",
        notes=_notes(form, cells, page),
    )


ANSWERED = Declared(
    "assessment_forms",
    "Of what assessors ask for, what can be answered?",
    by="form",
    columns="cells held partly not_collectable not_observed lacks",
    unit="cells of forms",
    finding=lambda table, requests: _answered(table, requests),
    facts=lambda table, requests: [
        Fact("what_is_not_known", headline(_answered(table, requests))[0], requests=requests)
    ],
    notes=(
        "A cell is answered where the form of this report holds a number or a nil. At least: a number of those requests of "
        "which it is recorded. Lacking: the columns that would answer the others, with how many.",
    ),
    internal_only=True,
)


def _said(cells: pd.DataFrame) -> str:
    counts = cells["status"].value_counts().reindex([*GIVEN, NOT_COLLECTABLE], fill_value=0)
    said = [
        _(
            "{given} of {all} cells hold a number or nil.",
            given=number(counts[GIVEN].sum()),
            all=number(len(cells)),
        ),
        _least(counts[PARTLY]),
        _n("{n} cannot be collected.", "{n} cannot be collected.", int(counts[NOT_COLLECTABLE]))
        if counts[NOT_COLLECTABLE]
        else "",
    ]
    return " ".join(filter(None, said))


def _least(partly: int) -> str:
    """What is no whole number is not told as one."""
    return (
        _n(
            "Of these {n} says no more than “at least”.",
            "Of these {n} say no more than “at least”.",
            int(partly),
        )
        if partly
        else ""
    )


def _answered(table: pd.DataFrame, requests: int) -> str:
    if not requests:
        return Untold(_("There is no request, so nothing can be answered."))
    whole = table.iloc[-1]
    return _(
        "Of {all} cells {given} hold a number or nil, {partly} of these only “at least”.",
        all=number(whole["cells"]),
        given=number(whole["held"]),
        partly=number(whole[PARTLY]),
    )


def answered(forms: Sequence[tuple[Form, pd.DataFrame]], page: Any) -> Exhibit:
    """How many cells of each form are answered, and what recording would answer the others."""
    rows = []
    for form, cells in forms:
        lacking = cells[cells["status"].isin([NOT_COLLECTABLE, PARTLY])]["lacks"].value_counts()
        counts = cells["status"].value_counts()
        rows.append(
            {
                "form": _("{body}: {title}", body=form.body, title=form.title),
                "cells": len(cells),
                "held": int(cells["status"].isin(GIVEN).sum()),
                **{state: int(counts.get(state, 0)) for state in (PARTLY, NOT_COLLECTABLE, NOT_OBSERVED)},
                "lacks": "; ".join(f"{_column(name)} ({number(n)})" for name, n in lacking.items()),
            }
        )
    table = pd.DataFrame(rows)
    whole = {"form": _("All forms"), **table.select_dtypes("number").sum(), "lacks": ""}
    return ANSWERED(pd.DataFrame([*rows, whole]), page, requests=len(page.requests))


def _mark(form: Form, status: str) -> str:
    """Why a cell shows no number: the reason, whose mark the body has; a nil of a body without a mark for it is 0."""
    marks = {
        NIL: "nil" if form.nil else "",
        NOT_OBSERVED: "not_submitted" if form.not_available else NOT_OBSERVED,
    }
    return marks.get(status, status if status == NOT_COLLECTABLE else "")


def _head(form: Form, code: str, cell: pd.Series) -> str:
    if code == TOTAL:
        return _("Total")
    if form.columns:
        return f"{form.columns[int(code)].label} ({cell['start'].year})"
    whole = cell["end"] + pd.Timedelta(days=1) == cell["start"] + pd.DateOffset(years=1)
    return code if whole else _("{year} to {day}", year=code, day=day(cell["end"], short=True))


def _notes(form: Form, cells: pd.DataFrame, page: Any) -> list[str]:
    breaks = filling.breaks(form, cells)
    return [
        _("Wording read on {day}: {source}", day=day(form.read), source=form.source),
        *form.notes,
        *([_("Counted of all rows: {codes}.", codes=_codes(form.where))] if form.where else []),
        _(
            "What is counted stands beside the wording; enquiries are left out, and a request without a day is in no year."
        ),
        *(
            _(
                "{which}, {period}: {found} are open at the end; what came and ended leaves {expected}.",
                **named,
            )
            if named["check"] == "closing"
            else _(
                "{which}, {period}: {found} are open at the beginning; the year before ended with {expected}.",
                **named,
            )
            for named in ([] if page.public else _named(form, breaks))
        ),
    ]


def _named(form: Form, breaks: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            **row,
            "which": _codes(form.rows[row["row"]].where),
            "found": number(row["found"]),
            "expected": number(row["expected"]),
        }
        for row in breaks.to_dict("records")
    ]


def _counted(row: Row, level: str) -> str:
    if level:
        pairs = zip(row.by, level.split("|"), strict=True)
        words = (
            _("not recorded") if code == "unrecorded" else written.of_column(name, code)
            for name, code in pairs
        )
        return f"… {' · '.join(words)}"
    at = {
        "ended": _("ended in the year"),
        "opening": _("open when the year begins"),
        "closing": _("open when the year ends"),
    }
    dated = {"begun": ""}.get(row.at, at.get(row.at, _("by {column}", column=_column(row.at))))
    tables = {"entries": _("of all entries"), "assets": _("of assets"), "persons": _("of persons")}
    of = tables.get(row.table, "")
    days = (
        _("mean days from {first} to {last}", first=_column(row.days[0]), last=_column(row.days[1]))
        if row.days
        else ""
    )
    return " · ".join(filter(None, (of, _codes(row.where), dated, days))) or _("all requests")


def _codes(where: Where) -> str:
    return " · ".join(_or(name, codes) for name, codes in where.items())


def _or(name: str, codes: Sequence[str | bool]) -> str:
    if "*" in codes or isinstance(codes[0], bool):
        names = {"column": _column(name)}
        return (
            _("{column}: recorded", **names)
            if "*" in codes
            else _("{column}: yes", **names)
            if codes[0]
            else _("{column}: no", **names)
        )
    return ", ".join(_code(name, str(code)) for code in codes)


def _code(name: str, code: str) -> str:
    """A code of a column of the table, or of what is derived of it."""
    if name == "status":
        return read_as("", [code], {})[code].label
    return label(name, code) if name in ("strand", "partner_group") else written.of_column(name, code)


def _column(name: str) -> str:
    """A column of the table as a person names it; a code that it does not have stands behind it."""
    column, colon, code = name.partition(":")
    return (label("header", column) if column in vocab.codes("header") else column) + colon + code


def _stands(form: Form, line: pd.DataFrame) -> str:
    """What stands behind the cells of a row that are no plain numbers, each reason with its columns."""
    said: list[str] = []
    for (status, lacks, registers), rows in line.drop(index=TOTAL, errors="ignore").groupby(
        ["status", "lacks", "registers"], sort=False
    ):
        concerned, recorded = rows["concerned"].sum(), rows["recorded"].sum()
        column, _colon, code = lacks.partition(":")
        names = {"column": _column(column), "code": code, "registers": registers}
        names |= {"share": percent(recorded / concerned) if concerned else "", "n": number(concerned)}
        if status == NOT_COLLECTABLE:
            text = (
                _("not collectable: {column} has no code “{code}”", **names)
                if names["code"]
                else _(
                    "not collectable: {column} is not kept by {registers} (recorded for {share} of {n})",
                    **names,
                )
                if registers and concerned
                else _("not collectable: {column} is recorded for {share} of {n}", **names)
                if concerned
                else _("not collectable: no register keeps {column}", **names)
            )
        elif status == PARTLY:
            text = (
                _("at least: {column} is recorded for {share} of {n}, and not kept by {registers}", **names)
                if registers
                else _("at least: {column} is recorded for {share} of {n}", **names)
            )
        else:
            text = _("no register was kept") if status == NOT_OBSERVED else ""
        if text:
            said.append(f"{_years(form, rows.index)}: {text}" if len(line) > 1 else text)
    late = line.loc[line["late"].ne("")].drop(index=TOTAL, errors="ignore")
    said += [
        _(
            "{years}: without {registers} for a part of it",
            years=_years(form, rows.index),
            registers=registers,
        )
        for registers, rows in late.groupby("late", sort=False)
    ]
    return "; ".join(said)


def _years(form: Form, codes: pd.Index) -> str:
    """Columns by name, years as a span: 2021–2026."""
    if form.columns:
        return ", ".join(form.columns[int(code)].label for code in codes)
    return str(codes[0]) if len(codes) == 1 else f"{codes[0]}–{codes[-1]}"
