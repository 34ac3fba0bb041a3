"""A notebook's page: what it may look at, and how it shows an exhibit."""

import calendar
import datetime as dt
import functools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlastats import messages, schema, vocab
from mlastats import settings as configuration
from mlastats.errors import ConfigurationError, one_of
from mlastats.messages import _, _n, day
from mlastats.publish import cells, disclose, saved, style
from mlastats.publish.exhibit import Exhibit, Saved
from mlastats.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

EXHIBITS = "MLASTATS_EXHIBITS"
EARLIER = "MLASTATS_EARLIER"
AUDIENCES = ("internal", "public")
SUMMARY = "summary.json"
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|H([12])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Page:
    """What a notebook works with: requests that existed by `as_of`, and what must be known about them.

    `start` and `end` are the first and last day of `period`, or None where it is everything. The
    requests are not cut to the period: a measure says itself whether it counts what was opened or
    what ended in it. `coverage` says in one sentence what the registers hold.
    """

    notebook: str
    requests: "pd.DataFrame"
    settings: Settings
    as_of: dt.date
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    audience: str = "internal"
    language: str = "en"
    filters: Mapping[str, str] = field(default_factory=dict)
    unfiltered: "pd.DataFrame | None" = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    known: list[Saved] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The reporting state, as ISO 3166 alpha-3."""
        return self.settings.reporting_state

    @property
    def standards(self) -> dict[str, int]:
        """Service standards in days, by kind."""
        return self.settings.standards

    @property
    def synthetic(self) -> bool:
        """The registers are made up."""
        return bool(self.settings.synthetic or self.summary.get("synthetic"))

    @property
    def public(self) -> bool:
        """Disclosure control is on."""
        return self.audience == "public"

    @property
    def threshold(self) -> int:
        """Counts from 1 to threshold - 1 are withheld where the audience is the public."""
        return self.settings.disclosure.threshold

    @property
    def every(self) -> int:
        """By how many more answers a curve moves: for the public no step is a single case."""
        return self.threshold if self.public else 1

    @property
    def coverage(self) -> str:
        """What the registers hold, in one sentence."""
        return coverage(self.summary, self.threshold if self.public else 0)

    def show(self, exhibit: Exhibit) -> None:
        """Show an exhibit in the notebook and save it once, after disclosure control if it is for the public.

        Words and picture are made from the table as it is published. The files go to the folder that
        MLASTATS_EXHIBITS names, and the cell shows the finding alone; without it (an analyst in JupyterLab)
        nothing is written, and the cell shows all.
        """
        made = self._made(exhibit)
        self.shown.append(exhibit.name)
        self.known.append(made)
        folder = os.environ.get(EXHIBITS)
        if folder:
            saved.save(made, Path(folder))
        _display(made, _heading(made) if folder else _preview(made))

    def _made(self, exhibit: Exhibit) -> Saved:
        scope = {disclose.AS_OF: self.as_of.isoformat(), **self.filters, **exhibit.scope}
        scoped = replace(exhibit, table=_printable(exhibit.table), scope=scope)
        if not self.public:
            return _finished(scoped, disclose.as_it_is(scoped), self)
        if exhibit.internal_only:
            fine = _(
                "This part shows requests singly, or so few at a time that one could be told. It is in the internal "
                "report only."
            )
            return _refused(scoped, self, fine)
        scoped = disclose.declared(scoped)
        kept = disclose.protect(scoped, self._known(), self.threshold)
        if kept.whole:
            few = _("This part rests on too few requests to be published. It is withheld as a whole.")
            return _refused(scoped, self, few)
        return _finished(scoped, replace(kept, table=cells.rounded(kept.table, scoped.columns)), self)

    def _known(self) -> "disclose.Known":
        """What readers know already: this report's exhibits so far, and its earlier publications."""
        so_far = [*self.known, *_published(os.environ.get(EXHIBITS, ""), self.notebook)]
        earlier = [
            one for folder in os.environ.get(EARLIER, "").split(os.pathsep) for one in _published(folder)
        ]
        return disclose.known(so_far, earlier, requests(self.summary))


@functools.cache
def _published(folder: str, but: str = "") -> list[Saved]:
    """The exhibits in a folder, but for those of one notebook."""
    return [one for one in saved.load_exhibits(folder) if one.notebook != but] if folder else []


def requests(summary: Mapping[str, Any]) -> int:
    """How many requests the registers hold."""
    return sum(register.get("requests", 0) for register in summary.get("registers", []))


def open_page(
    notebook: str,
    *,
    as_of: str = "",
    period: str = "",
    language: str = "en",
    audience: str = "internal",
    **filters: Any,
) -> Page:
    """The page of a notebook, in the workspace found from the working directory or MLASTATS_CONFIG.

    `as_of` (YYYY-MM-DD; the configuration's if empty, and never after it) is the last day looked at;
    requests made after it are left out. `period` is 2026, 2026-H1, 2026-Q3, 2026-09 or empty for
    everything. Filters name columns of the requests table, or `partner_group`, with the code, or codes, to
    keep; an empty filter keeps all. Raises ConfigurationError where a parameter is not as it must be, and
    InputRejected where there is no cleaned table.
    """
    settings = configuration.load()
    messages.use(language, settings.path(settings.catalogues) if settings.catalogues else None)
    settings.use_vocabularies()
    one_of("audience", audience, AUDIENCES)
    start, end = span(period)
    until = _as_of(as_of, settings)
    kept = {name: _codes(value) for name, value in filters.items() if _codes(value)}
    folder = settings.path(settings.processed)
    requests = _existing(schema.load_requests(folder / "requests.parquet"), until)
    return Page(
        notebook=notebook,
        requests=_kept(requests, kept),
        unfiltered=requests,
        settings=settings,
        as_of=until,
        period=period,
        start=start,
        end=end,
        audience=audience,
        language=language,
        filters={name: ";".join(codes) for name, codes in kept.items()},
        summary=_summary(folder / SUMMARY),
    )


def span(period: str) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day of a period by its code; (None, None) for the empty one.

    2026 is the calendar year, 2026-H1 its first half, 2026-Q3 its third quarter, 2026-09 September.
    """
    if not period:
        return None, None
    found = _PERIOD.fullmatch(period)
    if not found or int(found[1]) == 0:
        raise ConfigurationError(
            "`period` must be a year (2026), half (2026-H1), quarter (2026-Q3), month (2026-09) or empty; "
            f"got {period!r}."
        )
    year, quarter, half, month = (int(part or 0) for part in found.groups())
    first = 3 * quarter - 2 if quarter else 6 * half - 5 if half else month or 1
    last = first + (2 if quarter else 5 if half else 0 if month else 11)
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def coverage(summary: Mapping[str, Any], threshold: int = 0) -> str:
    """One sentence: how many requests, from how many registers, kept from when to when.

    With a threshold, a number of requests below it is not said.
    """
    registers = summary.get("registers", [])
    total = requests(summary)
    starts = [r["log_start"] for r in registers if r.get("log_start")]
    ends = [r.get("observed_to") or r.get("log_end") for r in registers]
    words = {
        "requests": _("fewer than {n} requests", n=threshold)
        if 0 < total < threshold
        else _n("{n} request", "{n} requests", total),
        "registers": _n("{n} register", "{n} registers", len(registers)),
    }
    if starts and all(ends):
        return _(
            "{requests} from {registers}, kept from {start} to {end}.",
            start=day(min(starts)),
            end=day(max(ends)),
            **words,
        )
    return _("{requests} from {registers}.", **words)


def _as_of(given: str, settings: Settings) -> dt.date:
    try:
        until = dt.date.fromisoformat(given) if given else settings.as_of
    except ValueError as cause:
        raise ConfigurationError(f"`as_of` must be a date as 2026-09-30, or empty; got {given!r}.") from cause
    if until > settings.as_of:
        raise ConfigurationError(
            f"`as_of` must not be after the configuration's, {settings.as_of}; got {until}. "
            "Change `as_of` in mlastats.toml if the registers reach further."
        )
    return until


def _codes(value: Any) -> list[str]:
    given = value if isinstance(value, list | tuple) else [value] if value else []
    return sorted(str(code) for code in given)


def _existing(requests: "pd.DataFrame", as_of: dt.date) -> "pd.DataFrame":
    """Requests made by `as_of`; one whose date is not recorded stays."""
    import pandas as pd

    opened = schema.requested_on(requests)
    return requests[opened.isna() | (opened <= pd.Timestamp(as_of))]


def _kept(requests: "pd.DataFrame", filters: Mapping[str, list[str]]) -> "pd.DataFrame":
    coded = {column.name: column.vocabulary for column in schema.COLUMNS if column.vocabulary}
    coded["partner_group"] = "partner_group"
    for name, codes in filters.items():
        one_of("a filter", name, coded)
        held = _filtered_by(requests, name).fillna("unrecorded").astype("str").str.split(schema.SEVERAL)
        known = {"unrecorded", *vocab.codes(coded[name]), *(code for parts in held for code in parts)}
        unknown = sorted(set(codes) - known)
        if unknown:
            raise ConfigurationError(
                f"`{name}` must be codes of the vocabulary {coded[name]!r}, as {next(iter(known - {'unrecorded'}), '')!r}; "
                f"got {', '.join(map(repr, unknown))}."
            )
        requests = requests[[bool(set(codes) & set(parts)) for parts in held]]
    return requests


def _filtered_by(requests: "pd.DataFrame", name: str) -> "pd.Series":
    if name == "partner_group":
        return vocab.partner_group(requests["partner"], schema.requested_on(requests))
    return requests[name]


def _summary(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as cause:
        raise ConfigurationError(
            f"There is no {path.name} beside the requests table. Run `mlastats clean`."
        ) from cause


def _printable(table: "pd.DataFrame") -> "pd.DataFrame":
    """Text without control and direction marks: what cannot be seen could change what is read."""
    texts = {
        name: table[name].astype(object).map(cells.seen, na_action="ignore")
        for name in table
        if any(isinstance(value, str) for value in table[name])
    }
    return table.assign(**texts)


def _finished(exhibit: Exhibit, kept: "disclose.Protected", page: Page) -> Saved:
    """Words and picture made from what is left of the table."""
    table, hidden = kept.table, disclose.single(exhibit) if page.public else []
    shown = [name for name in exhibit.columns if name in table and name not in hidden]
    figure = exhibit.chart(table) if exhibit.chart and len(table) else None
    finding = _of_what_is_shown(exhibit.finding(table), kept)
    facts = exhibit.facts(table) if exhibit.facts else ()
    return Saved(
        name=exhibit.name,
        notebook=page.notebook,
        order=len(page.shown),
        question=exhibit.question,
        finding=finding,
        alt=exhibit.alt(table) if exhibit.alt else finding,
        unit=exhibit.unit,
        columns={name: exhibit.columns[name] for name in shown},
        notes=tuple(exhibit.notes),
        by=tuple(exhibit.by),
        scope=dict(exhibit.scope),
        counts={name: dict(given) for name, given in exhibit.counts.items()},
        table=table[shown].reset_index(drop=True),
        withheld=kept.withheld,
        loose=kept.loose,
        coarser=kept.coarser,
        internal_only=exhibit.internal_only,
        facts=tuple(replace(fact, sentence=_of_what_is_shown(fact.sentence, kept)) for fact in facts),
        svg=style.svg(figure) if figure else "",
    )


def _of_what_is_shown(sentence: str, kept: "disclose.Protected") -> str:
    """What is said of a table in part: the least, the most or the sum of what is withheld may be another."""
    few = _("Some of these numbers are too small to be published; the others are in the table.")
    if not kept.withheld or not sentence or few in sentence:
        return sentence
    return f"{sentence} " + _("This is said of what is shown; other numbers are withheld.")


def _refused(exhibit: Exhibit, page: Page, sentence: str) -> Saved:
    """What stands in a public report where an exhibit shows single cases, or is withheld as a whole."""
    empty = replace(
        exhibit,
        finding=lambda _table: sentence,
        alt=None,
        chart=None,
        facts=None,
        notes=(),
        columns={},
        by=(),
        counts={},
    )
    return _finished(empty, disclose.Protected(exhibit.table.iloc[:0, :0]), page)


def _display(made: Saved, page: str) -> None:
    """Put an exhibit below its cell, marked so that a publication knows it."""
    from IPython.display import HTML, display

    display(HTML(page), metadata={"mlastats": {"exhibit": made.name}})


def _preview(made: Saved) -> str:
    head = "".join(f"<th>{escape(column.label)}</th>" for column in made.columns.values())
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in cells.rows(made)
    )
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in (made.coarser, *made.notes) if note)
    table = (
        f"<details open><summary>{escape(made.unit)}</summary><table><tr>{head}</tr>{body}</table></details>"
    )
    return f"{_heading(made)}{made.svg}{table if made.columns else ''}{notes}"


def _heading(made: Saved) -> str:
    return f"<p><small>{escape(made.question)}</small><br><strong>{escape(made.finding)}</strong></p>"
