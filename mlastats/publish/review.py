"""The questions of a review as an Excel workbook to be answered, and as a page to be read.

Both hold case data, and say so. Labels are shown, never codes. Sheets are protected: what is white cannot be changed, and
nothing can be sorted, for a sort would move the yellow cells alone.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlastats import messages
from mlastats.decisions import Decision
from mlastats.messages import _, day
from mlastats.register import answers, choices
from mlastats.register.questions import Question

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

HEAD, FIRST = 2, 3
WIDEST, NARROWEST, ANSWER_WIDTH = 44, 8, 34
YES_NO = "yes_no"
YELLOW = {"locked": False, "bg_color": "#FFF3BF", "border": 1, "border_color": "#B8A04A"}
STYLES: dict[str, dict[str, Any]] = {
    "cell": {"valign": "top", "text_wrap": True},
    "head": {"bold": True, "bg_color": "#EDF2F7", "bottom": 1, "text_wrap": True, "valign": "top"},
    "case": {"bold": True, "font_color": "#7A3300"},
    # As text: what is typed stays as it was typed.
    "decision": YELLOW | {"valign": "top", "text_wrap": True, "num_format": "@"},
    "decided_on": YELLOW | {"valign": "top", "num_format": "yyyy-mm-dd"},
}


@dataclass(frozen=True)
class Done:
    """A decision, and whether any question has its key still."""

    decision: Decision
    used: bool


def write(path: Path, asked: Sequence[Question], done: Sequence[Done]) -> None:
    """Write the workbook in the language in use."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        styles = {name: book.add_format(look) for name, look in STYLES.items()}
        texts = {name: [_texts(q) for q in asked if q.sheet == name] for name in ("reading", "words", "rows")}
        texts["done"] = [_done(one) for one in done]
        sheets = {name: _sheet(book, name, some, styles) for name, some in texts.items()}
        # It opens where there is something to answer.
        sheets[next((name for name, some in texts.items() if some), "reading")].activate()
        _lists(book, {YES_NO: "yes|no"} | {_list(q): q.choices for q in asked})


def page(asked: Sequence[Question], done: Sequence[Done]) -> str:
    """The same as a page that can only be read, for the agency."""
    parts = []
    titles = _titles()
    for name in answers.SHOWN:
        some = [_texts(q) for q in asked if q.sheet == name] or []
        some = [_done(one) for one in done] if name == "done" else some
        if not some:
            continue
        fields = [f for f in answers.SHOWN[name] if any(row.get(f) for row in some)]
        cells = "".join(f"<th scope=col>{html.escape(_fields()[f])}</th>" for f in fields)
        lines = "".join(
            "<tr>" + "".join(f"<td>{html.escape(row.get(f, ''))}</td>" for f in fields) + "</tr>"
            for row in some
        )
        note = f"<p>{html.escape(_of_every_register())}</p>" if name == "words" else ""
        parts.append(
            f"<h2>{html.escape(titles[name])}</h2>{note}<div class=wide><table><thead><tr>{cells}</tr></thead>"
            f"<tbody>{lines}</tbody></table></div>"
        )
    title, case = html.escape(_("What needs a decision")), html.escape(_("CASE DATA"))
    return (
        f"<!doctype html><html lang={messages.language()}><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width'><title>{title}</title><style>{STYLE}</style>"
        f"<main><p class=case>{case}</p><h1>{title}</h1>{''.join(parts)}</main></html>"
    )


STYLE = (
    "body{font:16px/1.45 system-ui,'Noto Sans Lao','Noto Sans Thai',sans-serif;margin:2rem;color:#16212e;background:#fff}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #c9d2da;padding:.35rem .6rem;text-align:left;"
    "vertical-align:top;white-space:pre-line}.case{color:#7a3300;font-weight:700}.wide{overflow-x:auto}"
    "@media print{body{margin:0}tr{break-inside:avoid}}"
)


def _titles() -> dict[str, str]:
    return {
        "reading": _("Reading"),
        "words": _("Words"),
        "rows": _("Rows"),
        "done": _("Done"),
    }


def _fields() -> dict[str, str]:
    """What the fields are called in the language in use."""
    return {
        "register": _("Register"),
        "question": _("Question"),
        "evidence": _("What the register says"),
        "suggestion": _("Suggestion"),
        "column": _("Column"),
        "written": _("As written"),
        "times": _("Times"),
        "first_rows": _("First rows"),
        "row": _("Row"),
        "says": _("What the rows say"),
        "about": _("About"),
        "answer": _("Decision"),
        "by": _("By"),
        "on": _("On"),
        "state": _("State"),
        "decision": _("Decision"),
        "now": _("It should be"),
        "decided_by": _("By"),
        "decided_on": _("On"),
        "again": _("Ask again?"),
    }


def _case_data() -> str:
    return _("CASE DATA: for the agency alone. Answer in the yellow cells.")


def _of_every_register() -> str:
    return _("What a word means holds for every register that has it.")


def _list(question: Question) -> str:
    return re.sub(r"\W+", "_", question.choices.replace("@", ""))


def _texts(question: Question) -> dict[str, str]:
    """The fields of a question as they are written."""
    suggestion = question.shown.get("suggestion")
    if suggestion is None:
        suggestion = choices.labelled(question.choices, question.suggested) if question.suggested else ""
    texts = {**question.shown, "suggestion": suggestion, "key": question.key, "typed": question.typed}
    texts["list"] = _list(question)
    return texts | {"check": answers.check(texts, question.sheet)}


def _done(one: Done) -> dict[str, str]:
    decision = one.decision
    texts = {
        "key": decision.key,
        "list": YES_NO,
        "register": decision.register or (_("every register") if choices.is_of_word(decision) else ""),
        "question": choices.sentence(decision),
        "about": decision.about,
        "answer": choices.labelled(choices.listed(decision), decision.answer),
        "by": decision.by,
        "on": day(decision.on, short=True),
        "state": _("in use") if one.used else _("no longer asked: the register was mended"),
    }
    if not decision.settles:
        texts["state"] = _("the agency was asked; still open")
    return texts | {"check": answers.check(texts, "done")}


def _sheet(
    book: "Workbook", name: str, rows: list[dict[str, str]], styles: dict[str, "Format"]
) -> "Worksheet":
    sheet: Worksheet = book.add_worksheet(_titles()[name])
    shown, yellow, titles = answers.SHOWN[name], answers.YELLOW[name], _fields()
    fields = (*answers.HIDDEN, *shown, *yellow)
    top = f"{_case_data()} {_of_every_register()}" if name == "words" else _case_data()
    sheet.write_string(0, len(answers.HIDDEN), top, styles["case"])
    for n, field in enumerate(fields):
        # By these, in a hidden row, columns are found again in whatever language the headers are.
        sheet.write_string(1, n, f"{name}.{field}")
        sheet.write_string(HEAD, n, titles.get(field, field), styles["head"])
        longest = max((_width(line) for row in rows for line in row.get(field, "").split("\n")), default=0)
        width = max(NARROWEST, _width(titles.get(field, "")) + 4, min(WIDEST, longest + 2))
        wide = ANSWER_WIDTH if field in ("decision", "now") else width
        sheet.set_column(n, n, wide, None, {"hidden": n < len(answers.HIDDEN)})
    for r, texts in enumerate(rows, FIRST):
        for n, field in enumerate(fields):
            if field in yellow:
                sheet.write_blank(r, n, None, styles["decided_on" if field == "decided_on" else "decision"])
            else:
                sheet.write_string(r, n, texts.get(field, ""), styles["cell"])
        _validate(sheet, r, fields, texts)
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.freeze_panes(FIRST, len(answers.HIDDEN))
    sheet.repeat_rows(HEAD)
    sheet.autofilter(HEAD, 0, max(len(rows), 1) + HEAD, len(fields) - 1)
    # Never "sort": it would move the unlocked cells alone.
    sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    sheet.set_footer("&L" + _("CASE DATA") + "&R&P/&N")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _validate(sheet: "Worksheet", row: int, fields: Sequence[str], texts: dict[str, str]) -> None:
    """The list to choose from, by the name that the row has in its hidden cell: so it outlives that rows move. A list
    written out is cut at 255 characters, and dropped with a warning."""
    typed = {
        "day": _("Choose from the list, or write a day as 2026-03-31."),
        "number": _("Choose from the list, or write a whole number."),
        "text": _("Choose from the list, or write it."),
        "several": _("Choose from the list; of several write the names with ; between them."),
    }
    at = "decision" if "decision" in fields else "again"
    beside = "now" in fields
    free = texts.get("typed") in typed and not beside
    listed = f'=INDIRECT("choices_"&${"ABCDEFGH"[fields.index("list")]}{row + 1})'
    advice = typed[texts["typed"]] if free else _("Choose from the list, or leave it empty.")
    done = sheet.data_validation(
        row,
        fields.index(at),
        row,
        fields.index(at),
        {
            "validate": "list",
            "source": listed,
            "input_message": advice[:255],
            "error_message": advice[:255],
            "error_type": "information" if free else "stop",
        },
    )
    if beside and texts.get("typed"):
        done |= sheet.data_validation(
            row,
            fields.index("now"),
            row,
            fields.index("now"),
            {"validate": "any", "input_message": _beside(texts["typed"])[:255]},
        )
    if done:
        raise ValueError("a list to choose from was dropped")


def _beside(typed: str) -> str:
    return {
        "day": _("The right day, as 2026-03-31, where the decision asks for it."),
        "number": _("The right number, where the decision asks for it."),
    }.get(typed, _("What it should be, where the decision asks for it."))


def _lists(book: "Workbook", named: dict[str, str]) -> None:
    from xlsxwriter.utility import xl_range_abs

    sheet = book.add_worksheet(answers.LISTS)
    sheet.write_row(0, 0, (answers.FORMAT, messages.language()))
    for n, (name, listed) in enumerate(sorted(named.items())):
        chosen = choices.choices(listed)
        for r, pair in enumerate([(name, "code"), *chosen], 1):
            for k, text in enumerate(pair):
                sheet.write_string(r, 2 * n + k, text)
        place = xl_range_abs(2, 2 * n, len(chosen) + 1, 2 * n)
        if book.define_name(f"choices_{name}", f"={answers.LISTS}!{place}"):
            raise ValueError("the name of a list was dropped")
    sheet.protect("")
    sheet.very_hidden()


def _width(text: str) -> int:
    """How wide a text is: marks of Lao and Thai take no room, signs of Chinese take two."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return wide + sum(unicodedata.category(sign) not in ("Mn", "Me", "Cf") for sign in text)
