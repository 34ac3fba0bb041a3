"""The first page of a report: four numbers with their past, what was found, what to decide, what to know before quoting.

Every number on it is a cell of a saved exhibit, so that the public sees none that the gate did not make, and any can be
traced. A report without the notebook of the first page has none, and shows its key findings alone.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlastats import vocab
from mlastats.messages import _, _n, between, day, label, number, partner_name
from mlastats.publish import cells, notes
from mlastats.publish.exhibit import TITLE, Saved
from mlastats.publish.publication import FRONT, Publication

WAYS = ("incoming", "outgoing")
WIDTH, HEIGHT = 150, 34


@dataclass(frozen=True)
class Cell:
    """A number as it is printed, and the cell of an exhibit that it is."""

    text: str
    key: str
    row: int
    column: str


@dataclass(frozen=True)
class Tile:
    """One of the four numbers: what it is, how it was, what it is of, a picture of its past."""

    name: str
    hue: str
    key: str
    numbers: Sequence[Cell]
    unit: str
    past: str
    small: Sequence[str]
    picture: str


@dataclass(frozen=True)
class Decision:
    """What to decide: how many requests it concerns, and whose it is."""

    count: Cell
    what: str
    owners: str


@dataclass(frozen=True)
class Years:
    """The last years of one direction: a line a kind with its requests, and one for each way in which they stand."""

    hue: str
    head: str
    years: Sequence[str]
    lines: Sequence[tuple[str, bool, Sequence[Cell]]]


@dataclass(frozen=True)
class Front:
    """The first page; `cells` are all numbers on it but those of the sentences. `hero` is the exhibit that leads it,
    `table` the one that the `years` are of, `behind` what else stands behind its numbers."""

    title: str
    tiles: Sequence[Tile] = ()
    hero: Saved | None = None
    years: Sequence[Years] = ()
    table: Saved | None = None
    behind: Sequence[Saved] = ()
    decisions: Sequence[Decision] = ()
    quote: Sequence[str] = ()
    cells: Sequence[Cell] = field(default=())


class Table:
    """A saved exhibit by the codes of its rows; every cell that is asked for is kept."""

    def __init__(self, saved: Saved, asked: list[Cell]) -> None:
        self.saved, self._asked = saved, asked

    def rows(self, **codes: str) -> list[int]:
        """The rows with these codes."""
        values = self.saved.values
        if not set(codes) <= set(values):
            return []
        return [
            row
            for row in range(len(self.saved.table))
            if all(str(values[name][row]) == code for name, code in codes.items())
        ]

    def cell(self, row: int, column: str) -> Cell:
        """A cell as it is read."""
        made = Cell(cells.cell(self.saved, row, column), self.saved.key, row, column)
        self._asked.append(made)
        return made

    def value(self, row: int, column: str) -> Any:
        """What a cell holds; None where it is missing, or the public does not see the column."""
        given = self.saved.values[column][row] if column in self.saved.values else None
        return None if cells.is_missing(given) else given

    def day(self, row: int) -> dt.date:
        """The day of a row."""
        return dt.date.fromisoformat(str(self.saved.values["on"][row])[:10])


def front(publication: Publication) -> Front | None:
    """The first page of a publication; None where it has no notebook of one."""
    own = {saved.name: saved for saved in publication.exhibits if saved.notebook == FRONT}
    if not own:
        return None
    asked: list[Cell] = []
    tables = {name: Table(saved, asked) for name, saved in own.items()}
    title = next((f.sentence for saved in own.values() for f in saved.facts if f.question == TITLE), "")
    if title and publication.item != "all":
        # A report for one partner or agency begins with its name.
        title = _("{item}: {title}", item=publication.title.rpartition(": ")[2], title=title)
    tiles = [*_open(tables), *_long(tables), *_pace(tables, publication)]
    years = list(_years(tables))
    decisions = list(_decisions(tables))
    quote = list(_quote(publication, tables))
    told = {name: saved for name, saved in own.items() if saved.tells != "nothing"}
    hero, table = told.pop("front_stock", None), own.get("front_years")
    behind = list(told.values())
    return Front(title or publication.title, tiles, hero, years, table, behind, decisions, quote, asked)


def _series(table: Table, way: str) -> list[int]:
    """The rows of all strands of a direction, by day."""
    return sorted(table.rows(direction=way, strand="all"), key=table.day)


def _a_year_ago(table: Table, rows: Sequence[int]) -> int | None:
    last = table.day(rows[-1])
    ago = last.replace(year=last.year - 1, day=28 if (last.month, last.day) == (2, 29) else last.day)
    return next((row for row in rows if table.day(row) == ago), None)


def _open(tables: dict[str, Table]) -> Iterator[Tile]:
    """What is open, of each direction: with a year ago, the strands, and the year ends as a line."""
    table = tables.get("front_stock")
    names = {"incoming": _("Partners wait for us"), "outgoing": _("We wait for partners")}
    for way in WAYS:
        rows = _series(table, way) if table else []
        if not table or not rows:
            continue
        ago = _a_year_ago(table, rows)
        last = str(table.saved.values["on"][rows[-1]])
        # In the order of the vocabulary: the public's table has the rows in another.
        strands = [
            f"{label('strand', strand).lower()} {table.cell(row, 'open').text}"
            for strand in (*vocab.codes("strand"), "unrecorded")
            for row in table.rows(direction=way, on=last, strand=strand)
            if table.value(row, "open") != 0
        ]
        yield Tile(
            names[way],
            way,
            table.saved.key,
            [table.cell(rows[-1], "open")],
            "",
            _("{n} a year ago", n=table.cell(ago, "open").text) if ago is not None else "",
            [" · ".join(strands)] if strands else [],
            _spark([table.value(row, "open") for row in rows], way),
        )


def _long(tables: dict[str, Table]) -> Iterator[Tile]:
    """What has waited for a year or longer, direction beside direction."""
    table = tables.get("front_stock")
    series = {way: rows for way in WAYS if table and (rows := _series(table, way))}
    if not table or not series:
        return
    now = {
        way: (table.cell(rows[-1], "long"), table.cell(rows[-1], "open").text) for way, rows in series.items()
    }
    ago = {
        way: table.cell(row, "long").text
        for way, rows in series.items()
        if (row := _a_year_ago(table, rows)) is not None
    }
    both = len(now) == 2
    of = (
        _(
            "of {incoming} incoming and {outgoing} outgoing",
            **{way: text for way, (_cell, text) in now.items()},
        )
        if both
        else _("of {n}", n=next(iter(now.values()))[1])
    )
    past = _("{incoming} and {outgoing} a year ago", **ago) if both and len(ago) == 2 else ""
    bars = [
        (way, table.value(rows[-1], "open"), table.value(rows[-1], "long")) for way, rows in series.items()
    ]
    yield Tile(
        _("Waiting a year or longer"),
        "" if both else next(iter(now)),
        table.saved.key,
        [cell for cell, _text in now.values()],
        "",
        past,
        [of],
        _bars(bars),
    )


def _pace(tables: dict[str, Table], publication: Publication) -> Iterator[Tile]:
    """How long half of incoming legal assistance takes, with its own past and the interval of each; beside the numbers of
    a period, that this one is of all requests."""
    table = tables.get("front_pace")
    rows = table.rows(direction="incoming") if table else []
    if not table or not rows or not table.value(rows[0], "requests"):
        return
    (row,) = rows
    standard = table.value(row, "standard_days")
    small = [
        said.format(days=table.cell(row, name).text, limits=_limits(table, row, name))
        for name, said in (
            ("before", _("{days} ({limits}) up to five years ago", days="{days}", limits="{limits}")),
            ("since", _("{days} ({limits}) since", days="{days}", limits="{limits}")),
        )
        if table.value(row, name) is not None
    ]
    known = table.value(row, "median_days") is not None
    if known:
        small.insert(0, _("95% interval {limits}", limits=_limits(table, row, "")))
    of_all = _("of all requests up to {day}", day=day(publication.as_of)) if publication.period else ""
    until = {
        "few_at_risk": _("requests to tell when half are answered"),
        "not_reached": _("that half are answered, within any time observed"),
    }.get(table.saved.missing.get((row, "median_days"), ""), _("until half are answered"))
    yield Tile(
        _("Legal assistance asked of us"),
        "incoming",
        table.saved.key,
        [table.cell(row, "median_days")],
        _("days") if known else "",
        " · ".join(
            filter(None, (until, of_all, _("our standard is {n}", n=number(standard)) if standard else ""))
        ),
        small,
        "",
    )


def _limits(table: Table, row: int, figure: str) -> str:
    low, high = (f"{figure}_{end}".strip("_") for end in ("lower", "upper"))
    if table.value(row, low) is None:
        return _("interval not known")
    if table.value(row, high) is None:
        return _("{low}, no upper limit", low=table.cell(row, low).text)
    return between(table.cell(row, low).text, table.cell(row, high).text)


def _years(tables: dict[str, Table]) -> Iterator[Years]:
    """Legal assistance and extradition, received and made, year by year; how they stand adds up to the requests."""
    table = tables.get("front_years")
    heads = {"incoming": _("Received"), "outgoing": _("Made")}
    for way in WAYS:
        if not table:
            return
        rows = table.rows(direction=way)
        values = table.saved.values
        years = sorted({str(values["year"][row]) for row in rows})
        lines: list[tuple[str, bool, Sequence[Cell]]] = []
        for kind in dict.fromkeys(values["kind"][row] for row in rows):
            of = {str(values["year"][row]): row for row in rows if values["kind"][row] == kind}
            for column in ("requests", "executed", "refused", "other_end", "pending"):
                if column in table.saved.columns and set(years) <= set(of):
                    first = column == "requests"
                    name = label("kind", kind) if first else table.saved.columns[column].label
                    lines.append((name, first, [table.cell(of[year], column) for year in years]))
        if lines:
            yield Years(way, heads[way], years, lines)


def _decisions(tables: dict[str, Table]) -> Iterator[Decision]:
    """What to decide, each with its owners by how many they have."""
    table = tables.get("front_decisions")
    if not table:
        return
    for row in table.rows(agency="all"):
        values = table.saved.values
        code, partner = values["decision"][row], values["partner"][row]
        what = label("decision", code)
        if partner != "all":
            what = _("Remind {partner} of requests a year or older", partner=partner_name(partner))
        owners = [
            f"{_owner(values['agency'][one])} {table.cell(one, 'entries').text}"
            for one in table.rows(decision=code)
            if values["agency"][one] != "all"
        ]
        yield Decision(table.cell(row, "entries"), what, ", ".join(owners))


def _owner(agency: str) -> str:
    return _("no agency recorded") if agency == "unrecorded" else label("agency", agency)


def _quote(publication: Publication, tables: dict[str, Table]) -> Iterator[str]:
    """What to know before a number is quoted: coverage, registers that end earlier, requests without usable dates."""
    yield publication.coverage
    yield from notes.limits(publication)
    if publication.audience != "public":
        for register in publication.summary.get("registers", []):
            until = register.get("observed_to") or register.get("log_end")
            if until and until < publication.as_of.isoformat():
                who = label("agency", register["agency"]) if register.get("agency") else register["name"]
                yield _("{who}: the register ends on {day}.", who=who, day=day(until))
    table = tables.get("front_basis")
    if table and len(table.saved.table):
        names = {"requests": table.cell(0, "requests").text}
        if table.value(0, "undated"):
            yield _n(
                "{n} of {requests} requests lacks usable dates.",
                "{n} of {requests} requests lack usable dates.",
                int(table.value(0, "undated")),
                **names,
            )
            table.cell(0, "undated")
        if apart := table.value(0, "entries"):
            table.cell(0, "entries")
            yield _n(
                "{n} entry that is no request is counted apart.",
                "{n} entries that are no requests are counted apart.",
                int(apart),
            )


def _spark(values: Sequence[Any], hue: str) -> str:
    """A line of the year ends; none where one of them is not given."""
    if len(values) < 3 or any(value is None for value in values):
        return ""
    most, step = max(*values, 1), (WIDTH - 8) / (len(values) - 1)
    points = [(4 + n * step, HEIGHT - 4 - value / most * (HEIGHT - 8)) for n, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return _picture(
        f'<polyline class="line {hue}" points="{line}"/><circle class="dot {hue}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    )


def _bars(bars: Sequence[tuple[str, Any, Any]]) -> str:
    """A bar a direction, full as far as it has waited a year or longer."""
    if any(value is None for _way, *counts in bars for value in counts):
        return ""
    most = max(*(opened for _way, opened, _long in bars), 1)
    drawn = ""
    for place, (_way, opened, long) in enumerate(bars):
        for count, look in ((opened, "less"), (long, "long")):
            width = count / most * (WIDTH - 2)
            drawn += f'<rect class="{look}" x="1" y="{3 + 16 * place}" width="{width:.1f}" height="11"/>'
    return _picture(drawn)


def _picture(drawn: str) -> str:
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg class="spark" {size} aria-hidden="true">{drawn}</svg>'
