"""What `mlastats map` proposes: a mapping for one register, for an analyst to correct and approve.

A header that is known is proposed as it is; one that merely looks like a known one is a suggestion,
which stands in the file as a comment. Everything else stays unread.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlastats import vocab
from mlastats.errors import InputRejected
from mlastats.register import headers, parties
from mlastats.register.mapping import REFERENCES, Mapping
from mlastats.schema import STAGES

if TYPE_CHECKING:
    import pandas as pd

    from mlastats.register.files import Raw

# Below this a likeness says nothing.
ALIKE = 80
WIDTH = 28


@dataclass(frozen=True)
class Entry:
    """A header, the column proposed for it and how sure that is; values as examples, the share of rows
    that are filled and the number of distinct values."""

    header: str
    column: str = ""
    how: Literal["exact", "suggested", "unread"] = "unread"
    likeness: int = 100
    examples: tuple[str, ...] = ()
    filled: float = 0.0
    distinct: int = 0


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a register, column by column, in its order; `claimed` are columns that
    several headers mean, so that the analyst must choose."""

    entries: tuple[Entry, ...]
    claimed: tuple[str, ...] = ()

    def of(self, how: str) -> list[Entry]:
        """The entries that are exact, suggested or unread."""
        return [entry for entry in self.entries if entry.how == how]


def propose(raw: "Raw") -> Proposal:
    """A mapping for `raw`: exact matches first, then suggestions by likeness for columns still open.

    Examples of a column that stays unread are not kept: it may hold names.
    """
    try:
        clear, claimed = headers.match(raw, Mapping())
    except InputRejected:
        clear, claimed = {}, {}
    found = {header: Entry(header, column, "exact") for column, header in clear.items()}
    for column, several in claimed.items():
        found |= {header: Entry(header, column, "suggested") for header in several}
    found |= _suggestions(raw, [h for h in map(str, raw.frame.columns) if h not in found], set(clear))
    entries = (found.get(header, Entry(header)) for header in map(str, raw.frame.columns))
    return Proposal(tuple(_shown(raw, entry) for entry in entries), tuple(claimed))


def write(proposal: Proposal, path: "str | Path") -> None:
    """Write the proposal as a mapping file. Only what is exact is in force; a suggestion is a comment
    that an analyst makes a line, what stays unread is listed. Raises InputRejected where the file
    exists, or cannot be written."""
    lines = [
        "# What is not named here stays unread. Check each line; take away the # before a right suggestion.",
        "",
        "[columns]",
        *(_line(entry) for entry in proposal.of("exact")),
    ]
    suggested, unread = proposal.of("suggested"), proposal.of("unread")
    lines += ["", "# Suggestions:"] * bool(suggested) + [f"# {_line(entry)}" for entry in suggested]
    lines += ["", "# Unread:"] * bool(unread) + [f"# {_quoted(entry.header)}" for entry in unread]
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write("\n".join([*lines, "", *OTHER_KEYS, ""]))
    except FileExistsError:
        raise InputRejected(
            "The mapping file exists already. Name another one with --output, or move it away first."
        ) from None
    except OSError as cause:
        raise InputRejected(f"The mapping file cannot be written ({type(cause).__name__}).") from None


def lines(proposal: Proposal) -> list[str]:
    """The proposal for the analyst's own screen. Headers and examples are case data: not for a log."""
    exact = [f"  {_cut(e.header)}  {e.column}{_examples(e)}" for e in proposal.of("exact")]
    suggested = [
        f"  {_cut(e.header)}  {e.column}? ({_why(e)}){_examples(e)}" for e in proposal.of("suggested")
    ]
    unread = [
        f"  {_cut(e.header)}  {e.filled:.0%} filled, {e.distinct} distinct values"
        for e in proposal.of("unread")
    ]
    titled = (("Known:", exact), ("Suggested, not in force:", suggested), ("Unread:", unread))
    return [line for title, part in titled if part for line in (title, *part)]


def summary(proposal: Proposal) -> dict[str, list[str] | int]:
    """What may stand in a log: columns of the requests table, and how many stay unread."""
    return {
        "known": [entry.column for entry in proposal.of("exact")],
        "suggested": sorted({entry.column for entry in proposal.of("suggested")}),
        "unread": len(proposal.of("unread")),
    }


def counts(proposal: Proposal) -> str:
    """The proposal in numbers, for a log."""
    known, suggested, unread = (len(proposal.of(how)) for how in ("exact", "suggested", "unread"))
    return f"{known} columns known, {suggested} suggested, {unread} unread."


OTHER_KEYS = (
    "# What else a mapping can say goes above [columns]:",
    '# order = "dmy"              # order of day and month where the values do not tell: dmy, mdy, ymd',
    '# era = "buddhist"           # gregorian, buddhist, roc',
    '# time_zone = "Asia/Vientiane"  # in which the register counts days',
    '# clock = "UTC"              # of times of day that name no zone',
    "# sheets = [1, 2]            # by place or name",
    "# header_row = 3",
    "# and below it:",
    "# [constants]",
    '# direction = "incoming"     # this register is all incoming',
    "# [values.channel]",
    '# "Bag" = "diplomatic"       # what this register writes = code',
)


def _suggestions(raw: "Raw", open_headers: list[str], taken: set[str]) -> dict[str, Entry]:
    """One header for each open column: the most alike of those whose values may be such."""
    best: dict[str, Entry] = {}
    for header in open_headers:
        column, likeness = _most_alike(header, taken)
        likelier = likeness > best.get(column, Entry("", likeness=0)).likeness
        if likeness >= ALIKE and likelier and _fits(column, _filled(raw, header)):
            best[column] = Entry(header, column, "suggested", likeness)
    return {entry.header: entry for entry in best.values()}


def _fits(column: str, values: "pd.Series") -> bool:
    """Whether values may be of a column. "Nom de la personne" looks like "nombre de personnes": a column
    of names is not shown as one of numbers, dates, references, partners or terms that repeat."""
    distinct = values.drop_duplicates().head(200)
    if column in (*STAGES, *REFERENCES, "persons"):
        return bool(distinct.str.contains(r"\d").mean() > 1 / 2)
    if column == "partner":
        return bool(parties.recognise(distinct)["rule"].ne("unknown_partner").mean() > 1 / 2)
    return 2 * values.nunique() <= len(values)


def _most_alike(header: str, taken: set[str]) -> tuple[str, int]:
    from rapidfuzz import fuzz, process

    free = {key: column for key, column in vocab.aliases("header").items() if column not in taken}
    found = process.extractOne(vocab.normalise(header), list(free), scorer=fuzz.token_sort_ratio)
    return (free[found[0]], round(found[1])) if found else ("", 0)


def _shown(raw: "Raw", entry: Entry) -> Entry:
    filled = _filled(raw, entry.header)
    examples = () if entry.how == "unread" else tuple(filled.drop_duplicates().head(3))
    share = len(filled) / max(len(raw.frame), 1)
    kept = (entry.header, entry.column, entry.how, entry.likeness)
    return Entry(*kept, examples, share, filled.nunique())


def _filled(raw: "Raw", header: str) -> "pd.Series":
    values = raw.frame[header]
    return values[values.str.strip().ne("")]


def _line(entry: Entry) -> str:
    note = f"  # {_why(entry)}" if entry.how == "suggested" else ""
    return f'{_quoted(entry.header)} = "{entry.column}"{note}'


def _why(entry: Entry) -> str:
    return "several headers mean this column" if entry.likeness == 100 else f"{entry.likeness} % alike"


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
