"""What `mlastats map` proposes: a mapping for one register, for an analyst to correct and approve.

In force is a header that is known and of whose values at least half fit. What only its header or only its
values suggest stands in the file as a comment: values never say which day of a request a date is, nor which of
two states was asked. References are never told by values alone (passport numbers look like them), and columns
of birth, passport, nationality, name and telephone not at all. Everything else stays unread.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlastats import schema, vocab
from mlastats.errors import InputRejected
from mlastats.register import amounts, dates, headers, parties, proposed_tables, terms
from mlastats.register.mapping import DATES, REFERENCES, TARGETS_OF, TRANSLATED, Mapping
from mlastats.register.proposed_tables import Part

if TYPE_CHECKING:
    import pandas as pd

    from mlastats.register.files import Raw

# Below this a likeness says nothing.
ALIKE = 80
WIDTH = 28
# So many distinct values are looked at; of so many at least this share must fit to suggest a column by values
# alone. A known header is in force where half of its values fit (references and persons: three in ten), and says
# nothing where less than a fifth does; of fewer distinct ones than FEW one that fits is enough.
LOOKED_AT, FEW, SUGGESTED, IN_FORCE, IN_FORCE_NUMBERS, NOTHING = 200, 5, 0.9, 0.5, 0.3, 0.2
BY_VALUES = ("partner", "kind", "channel", "outcome", "direction")
# Amounts of which it is open how they are to be read.
OPEN_AMOUNTS = ("number_unclear", "k_unclear", "approximate")
CLAIMED = "several headers mean this column"
# A column of days of which the stage is left to say.
DAYS = "days"
PERSONAL = re.compile(
    r"birth|\bdob\b|passport|national|citizen|phone|mobile|id card|\bname|surname|nacimiento|naissance|\bnom\b|prénom"
    r"|ngày sinh|hộ chiếu|quốc tịch|họ tên|họ và tên|số điện thoại|kewarganegaraan|lahir|paspor|ວັນເດືອນປີເກີດ|ວັນເກີດ|ສັນຊາດ"
    r"|ຊື່|ໜັງສືຜ່ານແດນ|ໂທລະສັບ|หนังสือเดินทาง|สัญชาติ|วันเกิด|ชื่อ|โทรศัพท์|ឈ្មោះ|សញ្ជាតិ|លិខិតឆ្លងដែន|ថ្ងៃកំណើត",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """A header, the column proposed for it and how sure that is; values as examples, the share of rows
    that are filled and the number of distinct values; `why` it is no more than suggested, or unread. `beside` is a
    column of an asset or a person in a register of requests."""

    header: str
    column: str = ""
    how: Literal["exact", "beside", "suggested", "unread"] = "unread"
    likeness: int = 100
    why: str = ""
    likely: bool = True
    examples: tuple[str, ...] = ()
    filled: float = 0.0
    distinct: int = 0


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a register, column by column, in its order; `claimed` are columns that
    several headers mean, so that the analyst must choose. `sheets` and `header_row` are what was read of a
    workbook in which not all was; `left` the sheets that were not. `table` is that of which the register is; `parts`
    are what a register of requests says of assets and persons."""

    entries: tuple[Entry, ...]
    claimed: tuple[str, ...] = ()
    sheets: tuple[int, ...] = ()
    header_row: int | None = None
    left: tuple[int, ...] = ()
    table: str = "requests"
    parts: tuple[Part, ...] = ()

    def of(self, how: str) -> list[Entry]:
        """The entries that are exact, beside, suggested or unread."""
        return [entry for entry in self.entries if entry.how == how]


def propose(raw: "Raw", table: str = "") -> Proposal:
    """A mapping for `raw`: headers that are known and whose values fit, then suggestions by header or values. Of which
    `table` it is its headers say, where nobody does.

    Examples of a column whose header is not known are not kept: it may hold names.
    """
    names = [str(header) for header in raw.frame.columns]
    table = table or table_of(raw)
    clear, claimed = headers.match(names, Mapping.model_validate({"table": table}))
    known = {header: column for column, header in clear.items()}
    known |= {header: column for column, several in claimed.items() for header in several}
    entries = {header: _of_known(raw, header, column, column in claimed) for header, column in known.items()}
    in_force = {entry.column for entry in entries.values() if entry.how == "exact"}
    free = [header for header in names if header not in known]
    beside = proposed_tables.parts(raw.frame, free, _fits) if table == "requests" else ()
    entries |= {h: Entry(h, column, "beside") for part in beside for h, column in part.columns.items()}
    best: dict[str, Entry] = {}
    for header in names:
        if header in entries or PERSONAL.search(header):
            continue
        column, likeness = _most_alike(header, in_force | set(known.values()), table)
        likelier = likeness > best.get(column, Entry("", likeness=0)).likeness
        if likeness >= ALIKE and likelier and _seems(column, _filled(raw, header)):
            best[column] = Entry(header, column, "suggested", likeness, f"{likeness} % alike")
    entries |= {entry.header: entry for entry in best.values()}
    for header in names:
        if header not in entries and not PERSONAL.search(header):
            entries[header] = _of_values(raw, header, in_force | {*BY_VALUES} - {*TARGETS_OF[table]})
    read = raw.mapping or Mapping()
    some = raw.left or read.sheets
    return Proposal(
        tuple(_shown(raw, entries.get(header, Entry(header)), table) for header in names),
        tuple(claimed),
        raw.sheets if some else (),
        read.header_row,
        raw.left,
        table,
        beside,
    )


def table_of(raw: "Raw") -> str:
    """The table of which a register is, by its headers and what fits them."""
    return proposed_tables.table_of(raw.frame, _fits)


def write(proposal: Proposal, path: "str | Path") -> None:
    """Write the proposal as a mapping file. Only what is exact is in force; a suggestion is a comment
    that an analyst makes a line, what stays unread is listed. Raises InputRejected where the file
    exists, or cannot be written."""
    lines = [
        "# What is not named here stays unread. Check each line; take away the # before a right suggestion.",
        *([f'table = "{proposal.table}"'] if proposal.table != "requests" else []),
        *([f"sheets = {list(proposal.sheets)}"] if proposal.sheets else []),
        *([f"header_row = {proposal.header_row}"] if proposal.header_row is not None else []),
        "",
        "[columns]",
        *(_line(entry) for entry in proposal.of("exact")),
    ]
    suggested, unread = proposal.of("suggested"), proposal.of("unread")
    lines += ["", "# Suggestions:"] * bool(suggested) + [f"# {_line(entry)}" for entry in suggested]
    lines += ["", "# Unread:"] * bool(unread)
    lines += [f"# {_quoted(entry.header)}" + (f"  # {entry.why}" if entry.why else "") for entry in unread]
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write("\n".join([*lines, "", *OTHER_KEYS, *_beside(proposal.parts), ""]))
    except FileExistsError:
        raise InputRejected(
            "The mapping file exists already. Name another one with --output, or move it away first."
        ) from None
    except OSError as cause:
        raise InputRejected(f"The mapping file cannot be written ({type(cause).__name__}).") from None


def lines(proposal: Proposal) -> list[str]:
    """The proposal for the analyst's own screen. Headers and examples are case data: not for a log."""
    exact = [f"  {_cut(e.header)}  {e.column}{_examples(e)}" for e in proposal.of("exact")]
    suggested = [f"  {_cut(e.header)}  {e.column}? ({e.why}){_examples(e)}" for e in proposal.of("suggested")]
    unread = [
        f"  {_cut(e.header)}  {e.filled:.0%} filled, {e.distinct} distinct values"
        + (f"; {e.why}" if e.why else "")
        for e in proposal.of("unread")
    ]
    beside = [f"  {_cut(e.header)}  {e.column}{_examples(e)}" for e in proposal.of("beside")]
    titled = (
        ("Known:", exact),
        ("Of assets and persons:", beside),
        ("Suggested, not in force:", suggested),
        ("Unread:", unread),
    )
    return [line for title, part in titled if part for line in (title, *part)]


def summary(proposal: Proposal) -> dict[str, list[str] | int | str]:
    """What may stand in a log: columns of the requests table, and how many stay unread."""
    left = {"sheets_left": [str(place) for place in proposal.left]} if proposal.left else {}
    other: dict[str, list[str] | int | str] = (
        {"table": proposal.table} if proposal.table != "requests" else {}
    )
    if proposal.parts:
        other["beside"] = [entry.column for entry in proposal.of("beside")]
    return {
        **other,
        "known": [entry.column for entry in proposal.of("exact")],
        "suggested": sorted({entry.column for entry in proposal.of("suggested")}),
        "unread": len(proposal.of("unread")),
        **left,
    }


def counts(proposal: Proposal) -> str:
    """The proposal in numbers, for a log."""
    known, suggested, unread = (len(proposal.of(how)) for how in ("exact", "suggested", "unread"))
    left = ", ".join(map(str, proposal.left))
    said = f" Sheets without a table that can be read, left out: {left}." if left else ""
    beside = f", {n} of assets or persons" if (n := len(proposal.of("beside"))) else ""
    of = f"A register of {proposal.table}: " if proposal.table != "requests" else ""
    return f"{of}{known} columns known{beside}, {suggested} suggested, {unread} unread.{said}"


OTHER_KEYS = (
    "# What else a mapping can say goes above [columns]:",
    '# order = "dmy"              # order of day and month where the values do not tell: dmy, mdy, ymd',
    '# era = "buddhist"           # gregorian, buddhist, roc',
    '# time_zone = "Asia/Vientiane"  # in which the register counts days',
    '# clock = "UTC"              # of times of day that name no zone',
    '# exchanged = ["received"]   # columns in which a spreadsheet took the day for the month',
    '# suffixes = ["A"]           # letters behind a day that say nothing of it',
    "# sheets = [1, 2]            # by place or name",
    '# header_row = 3             # 0 where there is none: the headers are then "column 1", "column 2", ...',
    '# headings = ["partner"]     # what stands alone above requests, and is meant for them',
    "# and below it:",
    "# [constants]",
    '# direction = "incoming"     # this register is all incoming',
    "# [values.channel]",
    '# "Bag" = "diplomatic"       # what this register writes = code',
)


def _of_known(raw: "Raw", header: str, column: str, claimed: bool) -> Entry:
    """A header that is known: in force, suggested or unread, by its values."""
    values = _filled(raw, header).drop_duplicates().head(LOOKED_AT)
    share = fitting(column, values)
    if claimed:
        return Entry(header, column, "suggested", why=CLAIMED)
    numbers = column in (*REFERENCES, *schema.NUMBERS)
    if share is None or share >= (IN_FORCE_NUMBERS if numbers else IN_FORCE):
        return Entry(header, column, "exact")
    if len(values) < FEW:
        how = Entry(header, column, "exact" if share > 0 or numbers else "suggested")
    else:
        how = Entry(header, column, "suggested" if share >= NOTHING else "unread")
    said = f"the header says {column}, and {share:.0%} of its values do"
    return (
        how
        if how.how == "exact"
        else Entry(header, column if how.how == "suggested" else "", how.how, why=said, likely=share > 0)
    )


def _of_values(raw: "Raw", header: str, in_force: set[str]) -> Entry:
    """A header that is not known: what nine in ten of its values suggest."""
    values = _filled(raw, header).drop_duplicates().head(LOOKED_AT)
    if len(values) < FEW:
        return Entry(header)
    # Among days a bare number may be a spreadsheet's; alone it says nothing.
    bare = values.str.fullmatch(r"[2-6]\d{4}")
    days = values[~bare]
    if 2 * len(days) > len(values) and _share(days, dates.is_day) >= SUGGESTED:
        return Entry(header, DAYS, "suggested", why="all days; say which: received, sent, answered, ...")
    for column in BY_VALUES:
        share = fitting(column, values) or 0
        if column not in in_force and share >= SUGGESTED:
            return Entry(header, column, "suggested", why=f"{share:.0%} of its values")
    return Entry(header)


def fitting(column: str, values: "pd.Series") -> float | None:
    """The share of distinct values that may stand in a column; nothing where they cannot be judged, or where
    there is none."""
    values = values[~values.map(terms.blank).astype(bool)] if len(values) else values
    if not len(values):
        return None
    if column in DATES:
        return _share(values, lambda text: not dates.is_no_date(text))
    if column in ("partner", "counterpart"):
        return float(parties.recognise(values)["rule"].ne("unknown_partner").mean())
    if column in REFERENCES:
        return _share(values, lambda text: any(map(str.isdigit, text)))
    if column in schema.NUMBERS:
        return _share(values, lambda text: text.strip().isdigit())
    if column == "amount":
        read = amounts.read(values.tolist(), [""] * len(values), "")
        return sum(one.value is not None or one.issue in OPEN_AMOUNTS for one in read) / len(read)
    if column not in TRANSLATED:
        return 1.0
    vocabulary = TRANSLATED[column]
    known = {*vocab.aliases(vocabulary), *(vocab.aliases("pending") if column == "outcome" else ())}

    def is_term(text: str) -> bool:
        parts = re.split(r"\s*[;,/|+&\n()]\s*", text)
        return any(vocab.normalise(part) in known for part in (text, *parts) if part.strip())

    return _share(values, is_term)


def _fits(column: str, values: "pd.Series") -> bool:
    """Whether half of what stands in a column, and something at all, may."""
    text = values.astype("str")
    distinct = text[text.str.strip().ne("")].drop_duplicates().head(LOOKED_AT)
    return (fitting(column, distinct) or 0) >= IN_FORCE


def _share(values: "pd.Series", fits: Callable[[str], bool]) -> float:
    return sum(map(fits, values)) / max(len(values), 1)


def _seems(column: str, values: "pd.Series") -> bool:
    """Whether values may be of a column that its header is like. "Nom de la personne" looks like "nombre de
    personnes"; terms of a vocabulary repeat."""
    share = fitting(column, values.drop_duplicates().head(LOOKED_AT))
    judged = column in (*DATES, *REFERENCES, *schema.NUMBERS, "partner")
    return (share or 0) > IN_FORCE if judged else 2 * values.nunique() <= len(values)


def _most_alike(header: str, taken: set[str], table: str) -> tuple[str, int]:
    from rapidfuzz import fuzz, process

    free = {key: column for key, column in headers.synonyms(table).items() if column not in taken}
    nearest = process.extractOne(vocab.normalise(header), list(free), scorer=fuzz.token_sort_ratio)
    return (free[nearest[0]], round(nearest[1])) if nearest else ("", 0)


def _shown(raw: "Raw", entry: Entry, table: str) -> Entry:
    filled = _filled(raw, entry.header)
    known = entry.how == "beside" or entry.likeness < 100
    known |= entry.how != "unread" and headers.column_of(entry.header, table) is not None
    examples = tuple(filled.drop_duplicates().head(3)) if known else ()
    share = len(filled) / max(len(raw.frame), 1)
    return replace(entry, examples=examples, filled=share, distinct=filled.nunique())


def _filled(raw: "Raw", header: str) -> "pd.Series":
    values = raw.frame[header].astype("str")
    return values[values.str.strip().ne("")]


def _beside(found: tuple[Part, ...]) -> list[str]:
    """Tables of a mapping; in force where headers name the measure, or what happened to a person."""
    lines: list[str] = []
    for part in found:
        named = ", ".join(f'{_quoted(header)} = "{column}"' for header, column in part.columns.items())
        own = [f"[[{part.table}]]", f"columns = {{ {named} }}"]
        if part.measure:
            own.append(f'constants = {{ measure = "{part.measure}" }}')
        open_ = part.table == "assets" and not (part.measure or "measure" in part.columns.values())
        if open_:
            own.append('constants = { measure = "frozen" }  # or what else was done with it')
        lines += ["", *(f"# {line}" if open_ else line for line in own)]
    return lines


def _line(entry: Entry) -> str:
    note = f"  # {entry.why}" if entry.how == "suggested" else ""
    return f'{_quoted(entry.header)} = "{entry.column}"{note}'


def _examples(entry: Entry) -> str:
    return (
        "  e.g. " + " | ".join(_cut(" ".join(text.split())).rstrip() for text in entry.examples)
        if entry.examples
        else ""
    )


def _cut(text: str) -> str:
    return (text if len(text) <= WIDTH else text[: WIDTH - 1] + "…").ljust(WIDTH)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
