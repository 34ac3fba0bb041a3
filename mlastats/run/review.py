"""What `mlastats review` does: it asks in a workbook, and `--apply` writes what was answered to data/decisions.csv."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlastats import decisions, messages, settings, storage
from mlastats.decisions import Decision
from mlastats.errors import InputRejected
from mlastats.publish import review as workbook
from mlastats.publish.review import Done
from mlastats.register import answers, choices, clean, questions, sources
from mlastats.register.answers import Answer, Answers
from mlastats.register.questions import Question
from mlastats.run import lock
from mlastats.settings import Settings

NAME = "review"
KINDS = (".xlsx", ".ods", ".xls")


@dataclass(frozen=True)
class Applied:
    """How many answers were applied, how many questions are open still, and what was understood, a line each; `unsaved`,
    the workbooks that a program holds open, of which what is not saved was not read."""

    applied: int
    again: int
    open: int
    lines: tuple[str, ...]
    unsaved: tuple[str, ...] = ()


def write(workspace: Settings, language: str) -> dict[str, Any]:
    """Ask all that is open in data/review.xlsx, and in data/review.html to be read. Raises InputRejected where a workbook
    has answers that are not applied."""
    with lock.held(workspace), storage.private(workspace):
        messages.use_workspace(workspace, language)
        made = decisions.load(workspace.path(workspace.decisions))
        folder = workspace.path(workspace.decisions).parent
        for place in _workbooks(folder):
            _must_be_applied(place, made)
        asked, used = _asked(workspace, made)
        done = [Done(decision, decision.key in used) for decision in made.values()]
        storage.folder(folder, workspace)
        draft = folder / f".{NAME}-{os.getpid()}.xlsx"
        try:
            workbook.write(draft, asked, done)
            os.replace(draft, folder / f"{NAME}.xlsx")
        finally:
            draft.unlink(missing_ok=True)
        for place in _workbooks(folder):
            if place.name != f"{NAME}.xlsx":
                place.unlink()  # its answers are applied
        page = workbook.page(asked, done)
        storage.write_whole(folder / f"{NAME}.html", page, workspace.path(workspace.processed) / ".run")
    sheets = [question.sheet for question in asked]
    counts = {sheet: sheets.count(sheet) for sheet in ("reading", "words", "rows")}
    return {**counts, "done": len(done), "path": f"{folder.name}/{NAME}.xlsx"}


def apply(workspace: Settings, files: Sequence[Path]) -> Applied:
    """Write what was answered in the workbooks to the decisions. Raises InputRejected with every fault of all, and then
    nothing is applied."""
    with lock.held(workspace), storage.private(workspace):
        messages.use_workspace(workspace, "en")
        place = workspace.path(workspace.decisions)
        made = decisions.load(place)
        copies = {file: _read(file) for file in files or _workbooks(place.parent)}
        if not copies:
            raise InputRejected(
                f"There is no {NAME}.xlsx in {place.parent.name}. Run `mlastats review` first."
            )
        asked, _used = _asked(workspace, made)
        new, lines, faults = _settled(copies, {q.key: q for q in asked}, made)
        again = {key for read in copies.values() for key in read.again} & set(made)
        if faults:
            raise InputRejected(
                "Nothing was applied. Mend this first:\n" + "\n".join(f"  {f}" for f in faults)
            )
        kept = {key: decision for key, decision in made.items() if key not in again} | new
        if kept != made:
            storage.folder(place.parent, workspace)
            storage.write_whole(
                place, decisions.text(kept.values()), workspace.path(workspace.processed) / ".run"
            )
        still, _used = _asked(settings.load(workspace.source), kept)
    unsaved = tuple(file.name for file in copies if sources.is_open(file))
    return Applied(len(new), len(again), len(still), tuple(lines), unsaved)


def _asked(workspace: Settings, made: Mapping[str, Decision]) -> tuple[list[Question], set[str]]:
    """What is open, and the keys of the decisions that are used."""
    every = list(clean.files(workspace))
    # Of tables beside the requests words and rows are asked, which cleaning finds.
    raws, others = ([one for one in every if (one[0].table == "requests") is of] for of in (True, False))
    if any(raw.second for _register, raw in raws):
        # What stands in a second line is asked in the same workbook as whether it belongs to the header.
        both = [one for one in clean.files(workspace, header_lines="both") if one[0].table == "requests"]
        raws = [
            (register, replace(raw, second=first.second) if first.second else first)
            for (register, raw), (_register, first) in zip(both, raws, strict=True)
        ]
    cleaned = clean.clean([*questions.assumed(raws), *others], workspace)
    asked = questions.asked(raws, cleaned, workspace, made, others)
    used = {*cleaned.summary["decisions"], *questions.in_use(made, [*raws, *others])}
    return asked, used


def _workbooks(folder: Path) -> list[Path]:
    return [place for kind in KINDS if (place := folder / f"{NAME}{kind}").is_file()]


def _read(file: Path) -> Answers:
    try:
        data = file.read_bytes()
    except OSError as cause:
        raise InputRejected(
            f"{file.name} cannot be read ({type(cause).__name__}). Close it, and try again."
        ) from None
    return answers.read(data, file.name, dt.date.today())


def _must_be_applied(place: Path, made: Mapping[str, Decision]) -> None:
    advice = "Run `mlastats review --apply` first, or move the workbook away."
    try:
        read = _read(place)
    except InputRejected as cause:
        raise InputRejected(f"{cause} It is not overwritten; move it away.") from None
    left = [k for k, answer in read.given.items() if k not in made or made[k].answer != answer.answer]
    if left or read.faults or set(read.again) & set(made):
        raise InputRejected(f"{place.name} has answers that are not applied. {advice}")


def _settled(
    copies: Mapping[Path, Answers], asked: Mapping[str, Question], made: Mapping[str, Decision]
) -> tuple[dict[str, Decision], list[str], list[str]]:
    """Of all copies what is new, what was understood, and every fault."""
    faults = [f"{file.name} {fault}" for file, read in copies.items() for fault in read.faults]
    new: dict[str, tuple[Answer, str]] = {}
    lines: list[str] = []
    for file, read in copies.items():
        for key, answer in read.given.items():
            where = f"{file.name} {answer.cell}"
            before = made.get(key)
            if before and before.settles:
                if before.answer != answer.answer:
                    faults.append(f"{where}: was decided otherwise before; ask for it again in sheet Done")
            elif key not in asked:
                lines.append(f"{where}: is no longer asked")
            elif key in new and new[key][0].answer != answer.answer:
                faults.append(f"{where}: answered otherwise at {new[key][1]} by {new[key][0].by}")
            else:
                new.setdefault(key, (answer, where))
    decided = {}
    for key, (answer, where) in new.items():
        question = asked[key]
        fault = _fault(question, answer.answer)
        if fault:
            faults.append(f"{where}: {fault}")
        on = answer.on or dt.date.today()
        decided[key] = Decision(
            key, question.subject, question.register, question.about, answer.answer, answer.by, on
        )
        lines.append(_understood(question, answer.said, answer.answer))
    return decided, lines, faults


def _fault(question: Question, answer: str) -> str:
    """What is wrong with an answer today: a code may be gone since the workbook was written."""
    if answer.startswith(":") or question.typed in ("day", "number", "text"):
        return ""
    known = {code for _text, code in choices.choices(question.choices)}
    gone = set(answer.split(";")) - known
    return "is a choice that is not there any more" if gone else ""


def _understood(question: Question, said: str, answer: str) -> str:
    about = question.about or question.shown.get("question", "")
    if question.sheet == "reading" and question.register:
        about = f"{question.register}: {about}"
    times = question.shown.get("times", "")
    rows = f", {times} row{'s' * (times != '1')}" if times else ""
    rows += f" of {question.shown['register']}" if "," in question.shown["register"] else ""
    return f"{' '.join(about.split())} -> {choices.labelled(question.choices, answer) or said}{rows}"
