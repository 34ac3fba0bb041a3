"""What needs a person: how a register is to be read, what its words mean, and rows that say what cannot be.

Each question has the key by which its decision is found again (`decisions.py`), and a list to choose from
(`vocab/question.csv`, `vocab/choice.csv`). What was decided is not asked again; what the agency was asked is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlastats import messages, schema, vocab
from mlastats.decisions import EACH, Decision, of_reading, of_rule, of_word
from mlastats.messages import _, day, heading, label
from mlastats.register import choices, chronology, decided, headers, proposal, sources
from mlastats.register import rows as row_rules
from mlastats.register.columns import ENDS, SEVERAL
from mlastats.register.distinct import plain
from mlastats.register.files import Raw
from mlastats.register.mapping import DATES, REQUESTED, TARGETS, TRANSLATED
from mlastats.register.mapping import Mapping as Approved
from mlastats.register.processed import Cleaned
from mlastats.settings import IN_NAMES, Register, Settings

Registers = Sequence[tuple[Register, Raw]]
EXAMPLES = 3
REQUESTS = "requests"
# More rows than so many, and than such a share of a register, are asked about as a whole.
MANY, MOST = 20, 0.5
# Choices that say something of one row.
OF_ONE = ("now", "first", "second", "same")
# The columns of the day of the request itself.
STARTS = ("received", "sent", REQUESTED)
# What may be asked of a register that has no such column, each asked at most once.
CONSTANTS = ("direction", "channel", "kind")
# Rows of which it is asked whether they are requests.
ROW_RULES = (*row_rules.REFUSED, "nothing_read")


@dataclass(frozen=True)
class Question:
    """A question of one of the sheets (`reading`, `words`, `rows`), with what is shown beside it by name, the list to
    choose from, what may be `typed` in place of a choice (day, number, text) and the code or day that is suggested."""

    sheet: str
    key: str
    subject: str
    register: str
    about: str
    choices: str
    typed: str = ""
    suggested: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)


def assumed(raws: Registers) -> list[tuple[Register, Raw]]:
    """The registers with what is suggested of their headers in force, so that words are asked in the same workbook as
    the headers above them."""
    found = []
    for register, raw in raws:
        entries = [entry for entry in _entries(raw) if entry.why != proposal.CLAIMED]
        also = {entry.header: entry.column if entry.column in TARGETS else "" for entry in entries}
        mapping = raw.mapping or Approved()
        also = {**also, **mapping.also}
        found.append((register, replace(raw, mapping=mapping.model_copy(update={"also": also}))))
    return found


def asked(
    raws: Registers,
    cleaned: Cleaned,
    settings: Settings,
    made: Mapping[str, Decision],
    others: Registers = (),
) -> list[Question]:
    """All questions that are open, by sheet and register. `raws` are the registers of requests as they were read, `others`
    those of assets and persons; `cleaned` is what came of them as they are `assumed`."""
    tables = {
        register.name: table
        for register, raw in raws
        if not {"table", "mapping"} & register.model_fields_set
        and (table := proposal.table_of(raw)) != REQUESTS
    }
    # Until it is said of what it is a register, nothing else is asked of one.
    raws = [(register, raw) for register, raw in raws if register.name not in tables]
    cleaned = replace(cleaned, issues=cleaned.issues[~cleaned.issues["register"].isin(tables)])
    every = [
        *_of_workspace(settings),
        *(_reading("table", name, "", "", f":{table}") for name, table in tables.items()),
        *(q for register, raw in raws for q in _of_register(register, raw, cleaned, settings)),
        *_of_words(cleaned.issues, made),
        *_of_rows([*assumed(raws), *others], cleaned, made),
    ]
    first: dict[str, Question] = {}
    for question in every:
        if question.key not in made or not made[question.key].settles:
            first.setdefault(question.key, question)
    return list(first.values())


def in_use(made: Mapping[str, Decision], raws: Registers) -> set[str]:
    """The keys of the decisions about reading that still have what they are about."""
    names = {register.name for register, _raw in raws}
    headers = {(register.name, str(header)) for register, raw in raws for header in raw.frame}
    return {
        key
        for key, decision in made.items()
        if vocab.codes("question").get(decision.subject, {}).get("sheet") == "reading"
        and not choices.is_of_word(decision)
        and decision.register in {"", *names}
        and (
            decision.subject not in ("header", "requested") or (decision.register, decision.about) in headers
        )
    }


def question(
    subject: str, register: str, key: str, about: str = "", column: str = "", **more: Any
) -> Question:
    """A question by the row of its subject in question.csv; "@" in its list is the vocabulary of `column`."""
    row = vocab.codes("question")[subject]
    listed, typed = row["choices"], row["typed"]
    if "@" in listed.split("|"):
        if column in TRANSLATED:
            own = f"@{TRANSLATED[column]}" + ("|pending" if column == "outcome" else "")
            typed = typed or ("several" if column in SEVERAL else "")
        else:
            own, typed = "now" * (row["sheet"] == "rows"), "day" if column in DATES else "number"
            if column in ENDS:
                own += "|pending" if own else "pending|ended"
        listed = listed.replace("@", own, 1)
    same = ["same"] if more.get("suggested") else []
    listed = "|".join(filter(None, dict.fromkeys([*same, *listed.split("|")])))
    return Question(row["sheet"], key, subject, register, about, listed, typed, **more)


def _reading(
    subject: str, register: str, about: str = "", evidence: str = "", suggested: str = ""
) -> Question:
    shown = {"register": register, "question": label("question", subject), "evidence": evidence}
    key = of_reading(subject, register, about)
    return question(subject, register, key, about, suggested=suggested, shown=shown)


def _of_workspace(settings: Settings) -> Iterator[Question]:
    if not settings.reporting_state:
        yield _reading("reporting_state", "")
    if "synthetic" not in settings.model_fields_set:
        yield _reading("synthetic", "")


def _of_register(register: Register, raw: Raw, cleaned: Cleaned, settings: Settings) -> Iterator[Question]:
    name, of = register.name, f"Register {register.name}"
    account = next(one for one in cleaned.summary["registers"] if one["name"] == name)
    rows = cleaned.requests[
        cleaned.requests["register"].astype("str").str.split(schema.SEVERAL).str[0].eq(name)
    ]
    issues = cleaned.issues[cleaned.issues["register"].eq(name) & cleaned.issues["severity"].ne("note")]
    if IN_NAMES in register.path:
        files = ", ".join(path.name for path in sources.matching(settings.path(register.path)))
        alike = not cleaned.issues.loc[cleaned.issues["register"].eq(name), "rule"].eq("column_missing").any()
        yield _reading("years", "", name, files, ":yes" if alike else "")
    if not register.agency and rows["agency"].isna().all():
        yield _reading("agency", name)
    start = schema.requested_on(rows).min()
    if register.log_start is None:
        first = "" if pd.isna(start) else start.date().isoformat()
        yield _reading(
            "log_start", name, "", first and _("Its first request is of {day}.", day=day(first)), first
        )
    if register.log_end is None:
        last = raw.extracted.isoformat() if raw.extracted else account["last_event"] or ""
        said = (
            [_("Its last event is of {day}.", day=day(account["last_event"]))]
            if account["last_event"]
            else []
        )
        said += [_("The file was saved on {day}.", day=day(raw.extracted))] if raw.extracted else []
        yield _reading("log_end", name, "", " ".join(said), min(last, settings.as_of.isoformat()))
    if "time_zone" not in register.model_fields_set:
        yield _reading("time_zone", name, "", "", _zone(settings.reporting_state))
    if raw.second:
        yield _reading(
            "header_lines", name, "", " | ".join(filter(None, map(str.strip, raw.second))), ":both_lines"
        )
    ((_register, as_assumed),) = assumed([(register, raw)])
    matched, _columns, claimed = as_assumed.columns(of)
    headings = () if raw.mapping is None else raw.mapping.headings
    for column in CONSTANTS:
        if rows[column].isna().all() and column not in (*matched, *claimed, *headings):
            evidence = messages._n("{n} request", "{n} requests", len(rows))
            yield _reading(column, name, "", evidence)
    yield from _headers(name, raw, rows, matched, claimed)
    yield from _of_dates(name, issues)
    for column in issues.loc[issues["rule"].eq("heading_unused"), "column"].unique():
        yield _reading("heading", name, column, label("header", column))
    for row in issues.loc[issues["rule"].eq("same_requests"), "row"]:
        place = row.rpartition("!")[0]
        yield _reading("sheet", name, place, _("Sheet {place}", place=place))
    if account["undecided"] or account["carried_over"] or account["continuing"]:
        yield _reading("one_row_per", name, "", _counted(account))
    doubtful = issues[issues["rule"].isin(ROW_RULES) & issues["key"].ne("")]
    if account["continuing"] and (raw.mapping is None or raw.mapping.one_row_per is None):
        doubtful = doubtful[doubtful["rule"].ne("continues_above")]
    for row in doubtful.itertuples():
        where = _("Row {row}", row=row.row)
        text = f"{where}: {row.value}" if row.value else where
        shown = {"register": name, "question": label("question", "row"), "evidence": text}
        yield question("row", name, row.key, text, shown=shown)


def _headers(
    name: str, raw: Raw, rows: pd.DataFrame, matched: Mapping[str, str], claimed: Mapping[str, list[str]]
) -> Iterator[Question]:
    """What columns hold, as far as their headers leave it open; whether a day is that of both directions."""
    for entry in _entries(raw):
        said = ", ".join(dict.fromkeys(" ".join(text.split()) for text in entry.examples))
        evidence = f"{entry.header}: {said}" if said else entry.header
        yield _reading("header", name, entry.header, evidence, _suggested(entry))
    for some in _parts(raw):
        said = ", ".join(
            dict.fromkeys(" ".join(text) for text in raw.frame[some].head(EXAMPLES).astype("str").to_numpy())
        )
        yield _reading("parts", name, " | ".join(some), f"{' | '.join(some)}: {said}")
    undated = schema.requested_on(rows).isna()
    for direction, own, other in (("outgoing", "sent", "received"), ("incoming", "received", "sent")):
        some = rows["direction"].eq(direction).fillna(False)
        if other in matched and own not in matched and (some & undated & rows[other].notna()).any():
            yield _reading("requested", name, matched[other], matched[other])


def _suggested(entry: proposal.Entry) -> str:
    """The column that is suggested for a header; none where its values are of another kind, or several mean it."""
    return entry.column if entry.column in TARGETS and entry.likely and entry.why != proposal.CLAIMED else ""


def _parts(raw: Raw) -> list[list[str]]:
    """Headers beside each other that name the parts of one date, none of them read."""
    runs: list[list[str]] = [[]]
    mapping, names = raw.mapping or Approved(), [str(name) for name in raw.frame.columns]
    read = {*headers.match(names, mapping)[0].values(), *mapping.also}
    for header in names:
        part = "" if header in read else headers.part_of(header)
        before = [headers.part_of(one) for one in runs[-1]]
        if not part or part in before:
            runs.append([])
        if part:
            runs[-1].append(header)
    return [run for run in runs if len(run) > 1 and "year" in map(headers.part_of, run)]


def _entries(raw: Raw) -> list[proposal.Entry]:
    """The headers of which it is to be said what their columns hold: those that leave it open, and where no header is
    that of the reference all that are not read."""
    mapping = raw.mapping or Approved()
    if mapping.columns:
        return []
    proposed = proposal.propose(raw, mapping.table).entries
    read = {entry.column for entry in proposed if entry.how == "exact"} | {*mapping.also.values()}
    no_reference = "request_id" not in read
    parts = {header for run in _parts(raw) for header in run}
    found = []
    for entry in proposed:
        known = entry.how in ("exact", "beside") or entry.header in mapping.also or entry.header in parts
        if known or not (entry.why or (no_reference and not proposal.PERSONAL.search(entry.header))):
            continue
        if entry.column == proposal.DAYS:
            days = tuple(plain(raw.frame[entry.header]).drop_duplicates().iloc[:EXAMPLES])
            # The first day of a register that has none of the request is most likely that one.
            column = proposal.DAYS if read & {*STARTS} else REQUESTED
            read.add(column)
            entry = replace(entry, examples=days, column=column)
        found.append(entry)
    return found


def _of_dates(name: str, issues: pd.DataFrame) -> Iterator[Question]:
    for rule, subject in (("order_unclear", "order"), ("era_unclear", "era")):
        some = issues[issues["rule"].eq(rule)]
        if len(some):
            yield _reading(subject, name, "", _examples(some["value"]))
    turned = issues[issues["rule"].eq("day_month_exchanged")]
    for column, some in turned.groupby("column"):
        yield _reading(
            "exchanged", name, str(column), f"{label('header', column)}: {_examples(some['value'])}"
        )


def _counted(account: Mapping[str, Any]) -> str:
    """How many requests there are, by what a row is."""
    requests, asked = account["requests"], account["undecided"]
    said = []
    if asked:
        said.append(
            _(
                "{rows} rows share their reference with another: {requests} requests, or {fewer} if these are rows of one.",
                rows=asked["rows"],
                requests=requests,
                fewer=requests - asked["fewer"],
            )
        )
    if n := account["carried_over"]:
        said.append(
            _(
                "Carried over from sheet to sheet: {requests} requests, or {more} if each row is one.",
                requests=requests,
                more=requests + n,
            )
        )
    if n := account["continuing"]:
        said.append(messages._n("{n} row continues the one above.", "{n} rows continue the one above.", n))
    return " ".join(said)


def _zone(state: str) -> str:
    """The time zone of a state that has one."""
    from babel.core import get_global

    alpha2 = vocab.codes("partner").get(state, {}).get("alpha2", "")
    zones = [zone for zone, territory in get_global("zone_territories").items() if territory == alpha2]
    return zones[0] if alpha2 and len(zones) == 1 else ""


def _of_words(issues: pd.DataFrame, made: Mapping[str, Decision]) -> Iterator[Question]:
    """A question for each word of a column: of all registers that have it together, unless it was said that it differs."""
    words = issues[issues["rule"].map(_sheets()).eq("words") & issues["severity"].ne("note")]
    apart = words["key"].isin([key for key, decision in made.items() if decision.answer == EACH])
    own = map(of_word, words["column"], words["register"], words["value"])
    words = words.assign(key=words["key"].mask(apart, pd.Series(list(own), words.index, dtype="str")))
    groups = [(column, some) for (column, _key), some in words.groupby(["column", "key"], sort=False)]
    for column, some in sorted(groups, key=lambda group: (group[0] != "partner", group[0], -len(group[1]))):
        first, registers = some.iloc[0], list(dict.fromkeys(some["register"]))
        said = set(some["code"])
        codes = list(filter(None, first["code"].split(schema.SEVERAL))) if len(said) == 1 else []
        suggested = codes[0] if len(codes) == 1 else ""
        of = "" if column in TRANSLATED and not apart[some.index[0]] else registers[0]
        one = question(first["rule"], of, first["key"], first["value"], column, suggested=suggested)
        if len(registers) > 1:
            one = replace(one, choices=f"{one.choices}|each")
        names = [choices.labelled(one.choices, code) for code in codes]
        places = some["register"] + " " + some["row"] if len(registers) > 1 else some["row"]
        rows = ", ".join(places.iloc[:EXAMPLES]) + (" …" if len(some) > EXAMPLES else "")
        shown = {
            "register": ", ".join(registers),
            "column": heading(column),
            "written": first["value"],
            "question": label("question", first["rule"]) + _since(made.get(first["key"])),
            "times": str(len(some)),
            "first_rows": rows,
            "suggestion": _(" or ").join(names),
        }
        yield replace(one, subject=column, shown=shown)


def _of_rows(raws: Registers, cleaned: Cleaned, made: Mapping[str, Decision]) -> Iterator[Question]:
    issues = cleaned.issues
    rows = issues[
        issues["rule"].map(_sheets()).eq("rows") & issues["severity"].ne("note") & issues["key"].ne("")
    ]
    read = {register.name: _shown(register, raw) for register, raw in raws}
    texts = {register.name: raw.frame for register, raw in raws}
    # Without a column for it, that the day is lacking is a question of reading; and what most requests of a register
    # lack it does not record.
    undated = rows["register"].isin([name for name, matched in read.items() if not _dated(matched)])
    requests = {account["name"]: account["requests"] for account in cleaned.summary["registers"]}
    rows = rows[~(undated & rows["rule"].isin(chronology.RULES))]
    groups = rows.groupby(["register", "rule"])["key"].transform("size")
    most = groups.gt(MANY) & groups.gt(rows["register"].map(requests).astype("float64") * MOST)
    for (register, rule), some in rows[most].groupby(["register", "rule"]):
        yield _of_rule(register, rule, some, read, texts, made)
    for issue in rows[~most].drop_duplicates("key").itertuples():
        own = f"{issue.register} {issue.row}"
        both = [own, *([issue.other] if issue.other else [])]
        said = [_says(place, read, texts) for name in both for place in decided.places(name)]
        value = _in_words(issue.rule, issue.column, issue.value)
        shown = {
            "register": issue.register,
            "row": issue.row,
            "other": issue.other,
            "column": heading(issue.column),
            "written": value,
            "says": "\n".join(filter(None, said)),
            "question": label("question", issue.rule) + _since(made.get(issue.key)),
        }
        about = f"{own}: {issue.value}" if issue.value else own
        yield question(issue.rule, issue.register, issue.key, about, issue.column, shown=shown)


def _of_rule(
    register: str,
    rule: str,
    some: pd.DataFrame,
    read: Mapping[str, Mapping[str, str]],
    texts: Mapping[str, pd.DataFrame],
    made: Mapping[str, Decision],
) -> Question:
    """One question for all rows that a rule names, where they are most of a register: of its choices those that can hold
    for all of them."""
    key, rows = of_rule(rule, register), some["row"].drop_duplicates()
    text = messages._n("{n} row", "{n} rows", len(rows))
    whole = question(rule, register, key, text)
    kept = [c for c in whole.choices.split("|") if not c.startswith("@") and c not in OF_ONE]
    shown = {
        "register": register,
        "row": text,
        "says": "\n".join(_says((register, row), read, texts) for row in rows.head(EXAMPLES)),
        "question": f"{label('question', rule)} {_('One answer for all of them, and for later ones.')}"
        + _since(made.get(key)),
    }
    return replace(whole, choices="|".join(kept), typed="", shown=shown)


def _says(
    place: tuple[str, str], read: Mapping[str, Mapping[str, str]], texts: Mapping[str, pd.DataFrame]
) -> str:
    """What a row says in the columns that are read."""
    register, row = place
    frame = texts.get(register, pd.DataFrame())
    if row not in frame.index:
        return ""
    cells = (
        (heading(column.partition(".")[0]), frame.at[row, header])
        for column, header in read[register].items()
    )
    return " | ".join(f"{name} {' '.join(str(text).split())}" for name, text in cells if str(text).strip())


def _shown(register: Register, raw: Raw) -> dict[str, str]:
    """The columns that are read, but for references that are hashed."""
    hashed = raw.mapping.hashed if raw.mapping else []
    matched = raw.columns(f"Register {register.name}")[0]
    return {column: header for column, header in matched.items() if column not in hashed}


def _dated(matched: Iterable[str]) -> bool:
    """Whether a column of the day of the request is read."""
    return any(column.partition(".")[0] in STARTS for column in matched)


def _in_words(rule: str, column: str, value: str) -> str:
    """What an issue says of a row, with labels in place of codes."""
    if rule == "reversed":
        for stage in DATES:
            value = re.sub(rf"\b{stage}\b", label("header", stage), value)
        return value
    if column in TRANSLATED and rule != "error_cell":
        parts = value.split(" / ")
        return " / ".join(choices.labelled(f"@{TRANSLATED[column]}", part) for part in parts)
    return "" if column in ("request_id", "") else value


def _since(decision: Decision | None) -> str:
    """Since when the agency is asked."""
    if decision is None:
        return ""
    return " " + _("The agency was asked on {day}.", day=day(decision.on))


def _sheets() -> dict[str, str]:
    return {rule: row["sheet"] for rule, row in vocab.codes("question").items()}


def _examples(values: Iterable[str]) -> str:
    return ", ".join(list(dict.fromkeys(values))[:EXAMPLES])
