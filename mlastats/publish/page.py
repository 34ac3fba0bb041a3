"""A notebook's page: what it may look at, and how it shows an exhibit."""

import datetime as dt
import functools
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlastats import keystore, messages, parts, periods, schema, vocab
from mlastats import settings as configuration
from mlastats.disclosure import claims, gate, keys
from mlastats.errors import ConfigurationError, did_you_mean, one_of
from mlastats.measure.attributes import Records, records_of
from mlastats.measure.groups import codes_of
from mlastats.messages import _, _n, day, label, number, partner_name, period_name
from mlastats.publish import cells, plots, saved, webfont
from mlastats.publish.charts import Drawing, Figure, drawn
from mlastats.publish.exhibit import Exhibit, Fact, InTable, Saved, Untold
from mlastats.region import collected
from mlastats.register.measurable import UNANSWERED, names
from mlastats.settings import Settings
from mlastats.vocab import rates
from mlastats.vocab.rates import Rates

if TYPE_CHECKING:
    import pandas as pd

EXHIBITS = "MLASTATS_EXHIBITS"
NOTEBOOK = "MLASTATS_NOTEBOOK"
AUDIENCES = ("internal", "public")
SUMMARY = "summary.json"
NO_FILTERS: Mapping[str, list[str]] = {}
# What a notebook shows of an exhibit before it is unfolded.
FIRST_ROWS = 3
FIGURE = "max-height: 280px; overflow: auto; resize: vertical"


@dataclass(frozen=True)
class Page:
    """What a notebook works with: requests that existed by `as_of`, and what must be known about them.

    `start` and `end` are the first and last day of `period`, or None where it is everything. The
    requests are not cut to the period: a measure says itself whether it counts what was opened or
    what ended in it. `apart` are the rows that are no requests (deportations, spontaneous information).
    `coverage` says in one sentence what the registers hold.
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
    apart: "pd.DataFrame | None" = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    known: list[Saved] = field(default_factory=list)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self._in_brief().items())

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><th style='text-align: left'>{name}</th><td style='text-align: left'>{escape(text)}</td></tr>"
            for name, text in self._in_brief().items()
        ]
        return f"<table>{''.join(rows)}</table>"

    def _in_brief(self) -> dict[str, str]:
        """The page in ten lines, by the names under which a notebook asks for them."""
        apart = 0 if self.apart is None else len(self.apart)
        return {
            "notebook": self.notebook,
            "state": partner_name(self.state) if self.state else "",
            "as_of": str(self.as_of),
            "period": f"{self.start} to {self.end}" if self.period else f"all up to {self.as_of}",
            "audience": self.audience,
            "language": self.language,
            "filters": ", ".join(f"{name}={codes}" for name, codes in self.filters.items()) or "none",
            "requests": f"{len(self.requests):,} rows, {len(self.requests.columns)} columns",
            "apart": f"{apart:,} rows that ask for nothing",
            "coverage": self.coverage,
        }

    @property
    def state(self) -> str:
        """The reporting state, as ISO 3166 alpha-3."""
        return self.settings.reporting_state

    @property
    def pace_start(self) -> dt.date | None:
        """The first day of the last four quarters up to the period's end, over which its figures are taken: one
        quarter holds too few. A longer period is its own; None where it is everything."""
        if self.start is None or self.end is None:
            return None
        after = self.end + dt.timedelta(days=1)
        return min(self.start, after.replace(year=after.year - 1))

    @property
    def pace(self) -> str:
        """The time over which the figures of a period are taken, in words; nothing where it is everything."""
        if self.start is None or self.end is None or self.start == self.pace_start:
            return period_name(self.period)
        last = period_name(f"{self.end:%Y-%m}")
        words = {
            "quarter": _("the four quarters to {period}", period=last),
            "half": _("the two halves to {period}", period=last),
            "month": _("the twelve months to {period}", period=last),
        }
        return words[periods.parse(self.period).span]

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
    def called(self) -> dict[str, str]:
        """What each register is called: by its agency, where that is one."""
        return names(self.summary)

    @functools.cached_property
    def unmeasured(self) -> list[dict[str, Any]]:
        """What cannot be measured of the registers that these requests are from, as summary.json has it."""
        names = set(codes_of(self.requests["register"]).dropna()) if "register" in self.requests else set()
        registers = self.summary.get("registers", [])
        return [lack for r in registers if r["name"] in names for lack in r.get("unmeasured", [])]

    def rests(self, fact: Fact) -> bool:
        """Whether a fact rests on nothing that cannot be measured."""
        return not any(
            fact.question in UNANSWERED.get(lack["what"], (fact.question,))
            and fact.direction in ("", lack.get("direction", fact.direction))
            for lack in self.unmeasured
        )

    @property
    def coverage(self) -> str:
        """What the registers hold, in one sentence."""
        only = {name: codes.split(schema.SEVERAL) for name, codes in self.filters.items()}
        return coverage(self.summary, self.public, self.unfiltered, self.as_of, only)

    @functools.cached_property
    def secret(self) -> bytes:
        """The secret by which public counts are rounded; made at first use."""
        return keystore.secret(self.settings) or keystore.new_secret(self.settings)

    @functools.cached_property
    def counted(self) -> Records:
        """The records of the page, without keys."""
        every, spans = self.requests if self.unfiltered is None else self.unfiltered, {}
        if self.start and self.pace_start and self.end:
            spans = {
                self.period: (self.start, self.end),
                f"year_to_{self.period}": (self.pace_start, self.end),
            }
        return records_of(self.requests, every, as_of=self.as_of, beside=self.apart, spans=spans)

    @functools.cached_property
    def pile(self) -> collected.Collected:
        """The returns that a regional body has received; ConfigurationError in a country's workspace."""
        return collected.load(self.settings)

    @property
    def year(self) -> str:
        """The year of returns that a regional body looks at: the page's period, else the last one reported."""
        return self.period or self.pile.periods[-1]

    @functools.cached_property
    def records(self) -> gate.Counted:
        """The records that public counts are counted again over, with their keys: those of a regional body are cells."""
        if self.settings.region:
            return collected.Cells(self.pile, self.year, self.secret)
        path = self.settings.path(self.settings.processed) / "requests.parquet"
        secret, every = self.secret, self.requests if self.unfiltered is None else self.unfiltered
        # By the whole table, so that a record has its key whatever the page leaves out.
        own, _names = keys.record_keys(parts.table(path), secret, keystore.fixed_keys(self.settings, secret))
        return self.counted.keyed(every, own, functools.partial(keys.hashed, secret, "leg"))

    def beside(self, table: str, requests: "pd.DataFrame") -> "pd.DataFrame":
        """The assets, or the persons, beside the requests: all, or those of some requests where the page has a filter or a
        period. Without a row where no register has them."""
        rows = schema.read(self.settings.path(f"{self.settings.processed}/{table}.parquet"), table)
        whole = not self.filters and not self.period
        return rows if whole else rows[rows["request_id"].isin(set(requests["request_id"].dropna()))]

    @functools.cached_property
    def rates(self) -> Rates | None:
        """The rates of one reporting currency, where the workspace has a file of them."""
        file = self.settings.rates
        return rates.load(self.settings.path(file)) if file else None

    @property
    def at(self) -> dict[str, Any]:
        """What every measure is given: `measure.stages.stages(page.requests, **page.at)`."""
        return {"as_of": self.as_of}

    def show(
        self, finding: Exhibit | Callable[..., Exhibit], *measured: Any, leads: bool = False, **values: Any
    ) -> None:
        """Show an exhibit in the notebook and save it once, after disclosure control if it is for the public.

        `page.show(findings.stages.stages, frame, ...)`: the finding makes the exhibit of what was measured, this page and
        what else it takes. What `leads` stands in its chapter, if it has something to say; all else is folded under it.
        Words and picture are made from the table as it is published. The files go to the folder that
        MLASTATS_EXHIBITS names, and the cell shows the finding alone; without it (an analyst in JupyterLab)
        nothing is written, and the cell shows all.
        """
        if isinstance(finding, Exhibit):
            exhibit = finding
        else:
            # Each takes the page where its own list of parameters has it.
            place = list(inspect.signature(finding).parameters).index("page")
            exhibit = finding(*measured[:place], self, *measured[place:], **values)
        made = replace(self._made(exhibit), leads=leads)
        self.shown.append(exhibit.name)
        self.known.append(made)
        folder = os.environ.get(EXHIBITS)
        if folder:
            saved.save(made, Path(folder))
        _display(made, _heading(made) if folder else _preview(made))

    def _made(self, exhibit: Exhibit) -> Saved:
        import pandas as pd

        reasons = {name: why.reset_index(drop=True) for name, why in exhibit.reasons.items()}
        printable = replace(exhibit, table=_printable(exhibit.table).reset_index(drop=True), reasons=reasons)
        scoped = replace(printable, scope={"as_of": self.as_of.isoformat(), **self.filters, **exhibit.scope})
        if not self.public:
            missing = {
                (row, name): why
                for name, whys in reasons.items()
                for row, why in enumerate(whys)
                if why and (why == "nil" or pd.isna(printable.table[name][row]))
            }
            whole = gate.Public(printable.table, printable.table, tuple(printable.columns), missing)
            return _finished(scoped, whole, self)
        if exhibit.internal_only:
            fine = _(
                "This part shows requests singly, or rests on exact counts by which one could be told. It is in the "
                "internal report only."
            )
            return _refused(scoped, self, fine)
        public = gate.protect(printable, self.records, self.secret)
        if not public.says_something:
            few = _(
                "Every count here is 0 to 4, or is of no form that is published, so nothing can be shown."
            )
            return _refused(scoped, self, few)
        return _finished(scoped, public, self)


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
    region: bool = False,
    **filters: Any,
) -> Page:
    """The page of a notebook, in the workspace found from the working directory or MLASTATS_CONFIG.

    `as_of` (YYYY-MM-DD; the configuration's if empty, and never after it) is the last day looked at;
    requests made after it are left out. `period` is 2026, 2026-H1, 2026-Q3, 2026-09 or empty for
    everything. Filters name columns of the requests table, or `partner_group`, with the code, or codes, to
    keep; an empty filter keeps all. In a run the page has the name of the notebook's file, from
    MLASTATS_NOTEBOOK: a copy of a notebook still names the one that it was copied from. A notebook of a `region` looks
    at returns, in a regional body's workspace. Raises ConfigurationError where a parameter is not as it must be or the
    workspace is of the other kind, and InputRejected where there is no cleaned table.

    >>> page = mlastats.open_page("1_turnaround", partner="THA", as_of="2024-12-31")
    >>> page.requests["partner"].unique().tolist()
    ['THA']
    """
    import pandas as pd

    settings = configuration.load()
    if region is not bool(settings.region):
        belongs = "a regional body's" if region else "a country's"
        here = "a country's" if region else "a regional body's ([region] in mlastats.toml)"
        raise ConfigurationError(
            f"The notebook {notebook} belongs in {belongs} workspace, and this is {here}."
        )
    messages.use_workspace(settings, language)
    one_of("audience", audience, AUDIENCES)
    chosen = periods.parse(period or "all")
    bounded = chosen is not periods.ALL
    until = _as_of(as_of, settings)
    kept = codes_kept(filters)
    folder = settings.path(settings.processed)
    rows = parts.table(folder / "requests.parquet")
    # What was not made by then is left out; one whose date is not recorded stays.
    rows = rows[~schema.requested_on(rows).gt(pd.Timestamp(until))]
    asked = schema.is_request(rows)
    every = rows[asked]
    return Page(
        notebook=os.environ.get(NOTEBOOK, notebook),
        requests=_kept(every, kept),
        unfiltered=every,
        apart=_kept(rows[~asked], kept),
        settings=settings,
        as_of=until,
        period=chosen.parameter,
        start=chosen.start if bounded else None,
        end=chosen.end if bounded else None,
        audience=audience,
        language=language,
        filters={name: ";".join(codes) for name, codes in kept.items()},
        summary=_summary(folder / SUMMARY),
    )


def filters_by_name() -> dict[str, str]:
    """What requests can be filtered by: the coded columns of their table and `partner_group`, each with its vocabulary."""
    coded = {column.name: column.vocabulary for column in schema.COLUMNS if column.vocabulary}
    return coded | {"partner_group": "partner_group"}


def codes_kept(filters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Filters with the codes that each keeps; those that keep all are left out."""
    several = {
        name: value if isinstance(value, list | tuple) else [value]
        for name, value in filters.items()
        if value
    }
    return {name: sorted(map(str, codes)) for name, codes in several.items()}


def of_agency(summary: Mapping[str, Any], only: Mapping[str, list[str]]) -> Mapping[str, Any]:
    """What is known of the registers that tell of the requests of a filter: the sheet of an agency tells of its own."""
    registers = summary.get("registers", [])
    own = [register for register in registers if register.get("agency") in only.get("agency", ())]
    return {**summary, "registers": own or registers}


def coverage(
    summary: Mapping[str, Any],
    public: bool = False,
    rows: "pd.DataFrame | None" = None,
    as_of: dt.date | None = None,
    only: Mapping[str, list[str]] = NO_FILTERS,
) -> str:
    """One sentence: how many requests, from how many registers, kept from when to when.

    With the rows of the requests table and a day: those that had been made by it, and no further than it; with filters
    those that they keep, and the registers that hold any of these. For the public without the number of requests, which
    no exhibit has protected, and of all registers.
    """
    import pandas as pd

    if of := summary.get("region"):
        return _(
            "Returns of {reported} of {members} members for {year}; a figure may be of fewer countries, and says of what "
            "it is.",
            reported=number(of["reported"]),
            members=number(of["members"]),
            year=of["year"],
        )
    registers = summary.get("registers", [])
    total = requests(summary)
    if rows is not None:
        if only and not public:
            rows = _kept(rows, only)
            held = set(codes_of(rows["register"]).dropna())
            registers = [register for register in registers if register["name"] in held] or registers
        rows = rows[~schema.requested_on(rows).gt(pd.Timestamp(as_of)) & schema.is_request(rows)]
        total = len(rows)
    starts = [r["log_start"] for r in registers if r.get("log_start")]
    ends = [r.get("observed_to") or r.get("log_end") for r in registers]
    if as_of is not None:
        ends = [end and min(end, as_of.isoformat()) for end in ends]
    words = {
        "requests": _("Requests") if public else _n("{n} request", "{n} requests", total),
        "registers": _n("{n} register", "{n} registers", len(registers)),
    }
    said = _("{requests} from {registers}.", **words)
    if starts and all(ends):
        said = _(
            "{requests} from {registers}, kept from {start} to {end}.",
            start=day(min(starts)),
            end=day(max(ends)),
            **words,
        )
    # Rows of registers are not under disclosure control.
    return said if public else f"{said} {_repeated(registers, rows if only else None)}".strip()


def _repeated(registers: Sequence[Mapping[str, Any]], kept: "pd.DataFrame | None") -> str:
    """How many requests of registers, or of the rows that a filter has `kept`, are probably written twice; blank if none."""
    if kept is None:
        n = sum(register.get("too_many", 0) for register in registers)
        doubt = _n(
            "{n} of them may be one too many: it is probably written twice.",
            "{n} of them may be too many: they are probably written twice.",
            n,
        )
    else:
        # Which of two is one too many is not known: where another row is left out, neither may be.
        n = int(kept["probable_duplicate"].fillna(False).sum())
        doubt = _n("{n} of them may repeat another.", "{n} of them may repeat others.", n)
    return doubt if n else ""


def _as_of(given: str, settings: Settings) -> dt.date:
    until = periods.day("as_of", given) if given else settings.as_of
    if until > settings.as_of:
        raise ConfigurationError(
            f"`as_of` must not be after the configuration's, {settings.as_of}; got {until}. "
            "Change `as_of` in mlastats.toml if the registers reach further."
        )
    return until


def _kept(requests: "pd.DataFrame", filters: Mapping[str, list[str]]) -> "pd.DataFrame":
    coded = filters_by_name()
    for name, codes in filters.items():
        one_of("a filter", name, coded)
        partner, on = requests["partner"], schema.requested_on(requests)
        column = vocab.partner_group(partner, on) if name == "partner_group" else requests[name]
        held = codes_of(column.fillna("unrecorded").astype("str"))
        known = {"unrecorded", *vocab.codes(coded[name]), *held.unique()}
        unknown = sorted(set(codes) - known)
        if unknown:
            words = {**vocab.aliases(coded[name]), **{code: code for code in known}}
            raise ConfigurationError(
                f"`{name}` must be codes of the vocabulary {coded[name]!r}, as {min(known - {'unrecorded'}, default='')!r}; "
                f"got {', '.join(map(repr, unknown))}.{did_you_mean(unknown[0], words)}"
            )
        requests = requests.iloc[held.index[held.isin(codes)].unique()]
    return requests


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


def _finished(exhibit: Exhibit, public: gate.Public, page: Page) -> Saved:
    """Words and picture made from the table as it is published."""
    table = public.table
    figure = exhibit.chart(table) if exhibit.chart and len(table) else None
    made = Saved(
        name=exhibit.name,
        notebook=page.notebook,
        order=len(page.shown),
        question=exhibit.question,
        finding="",
        alt="",
        unit=exhibit.unit,
        columns={name: exhibit.columns[name] for name in public.shown},
        notes=(
            *exhibit.notes,
            *([_("Not shown: others, fewer than five requests each, or none.")] if public.others else []),
        ),
        by=tuple(exhibit.by),
        scope=dict(exhibit.scope),
        counts={name: dict(given) for name, given in exhibit.counts.items() if name in public.shown},
        table=table[list(public.shown)].reset_index(drop=True),
        missing=public.missing,
        internal_only=exhibit.internal_only,
        subtitle=_subtitle(exhibit, page),
        source=_source(page),
        drawing=_drawing(figure),
        over=dict(exhibit.over),
        # Rounded counts do not add up to their rounded total.
        totals=exhibit.totals and not page.public,
    )
    if not page.public:
        facts = [fact for fact in exhibit.facts(table) if page.rests(fact)] if exhibit.facts else []
        finding = exhibit.finding(table)
        return replace(
            made,
            finding=str(finding),
            alt=str(exhibit.alt(table) if exhibit.alt else finding),
            facts=tuple(facts),
            tells=_tells(finding),
        )
    return _claimed(exhibit, public, made, page)


def _drawing(figure: Any) -> Drawing:
    """What is drawn of an exhibit: panels of ours, or what matplotlib or seaborn drew for an exhibit of one's own."""
    if figure is None:
        return Drawing()
    return drawn(figure) if isinstance(figure, Figure) else plots.drawn(figure)


def _subtitle(exhibit: Exhibit, page: Page) -> str:
    """What an exhibit shows, of which place and period: those of which its requests are counted; else all up to the day."""
    starts = [
        register["log_start"] for register in page.summary.get("registers", []) if register.get("log_start")
    ]
    counted = [exhibit.scope[name] for name in ("begun", "window") if name in exhibit.scope]
    if counted:
        period = period_name(page.period) if counted[0] == page.period else page.pace
    elif starts and not page.period:
        period = _("{start} to {end}", start=day(min(starts)), end=day(page.as_of))
    elif page.settings.region:
        first = page.pile.periods[0] if "year" in exhibit.by or not exhibit.by else page.year
        years = messages.between(first, page.year) if first < page.year else page.year
        period = _("returns for {years}", years=years)
    else:
        period = _("up to {day}", day=day(page.as_of))
    what = exhibit.statistic or exhibit.unit
    return " · ".join(filter(None, (what[:1].upper() + what[1:], partner_name(page.state), period)))


def _source(page: Page) -> str:
    """Whose registers an exhibit is from, and up to which day: the agencies that keep them, by name where few do."""
    # The public is not told which of them hold any request of a page: of one it may be 0 to 4.
    named = "agency" in page.requests and not page.public
    agencies = sorted(page.requests["agency"].dropna().unique()) if named else []
    names = "; ".join(label("agency", code) for code in agencies)
    if len(agencies) > 3:
        names = _n("{n} agency", "{n} agencies", len(agencies))
    until = day(page.as_of)
    if page.settings.region:
        return _("Source: returns of members, as of {day}", day=until)
    if not names:
        return _("Source: registers as of {day}", day=until)
    return _("Source: registers of {agencies}, as of {day}", agencies=names, day=until)


def _claimed(exhibit: Exhibit, public: gate.Public, made: Saved, page: Page) -> Saved:
    """A public exhibit with the sentences that its true and its protected table both support."""
    # The days of observation are on the first page.
    seen = [exhibit.question, exhibit.unit, *made.notes, page.coverage, day(page.as_of)]
    seen += [column.label for column in made.columns.values()]
    numbers = {"95%"} | {
        n
        for text in [*seen, *(c for row in cells.rows(made) for c in row)]
        for n in claims.NUMBER.findall(text)
    }

    def said(words: Callable[["pd.DataFrame"], Any]) -> list[Any]:
        try:
            return [words(table) for table in (public.table, public.true)]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            # What cannot be said of a table that lacks the numbers of a few is not said.
            return []

    def sentence(words: Callable[["pd.DataFrame"], str]) -> str:
        both = said(words)
        parts = said(lambda table: [words(rows) for _code, rows in table.groupby("direction", sort=False)])
        # What is said direction by direction is judged so: of one it may be told, though not of the other.
        if both and parts and [" ".join(texts) for texts in parts] == both and len(parts[0]) == len(parts[1]):
            kept = (claims.supported(of, true, numbers) for of, true in zip(parts[0], parts[1], strict=True))
            return " ".join(filter(None, kept))
        return claims.supported(both[0], both[1], numbers) if both else ""

    untold = [text for text in said(exhibit.finding) if isinstance(text, Untold)]
    finding = sentence(exhibit.finding) or InTable(_("What can be told is in the table."))
    alt = sentence(exhibit.alt) if exhibit.alt else finding
    both = said(exhibit.facts) if exhibit.facts else []
    facts = [
        replace(fact, sentence=claims.supported(fact.sentence, true.sentence, numbers))
        for fact, true in zip(*both, strict=False)
    ]
    return replace(
        made,
        finding=str(finding),
        alt=str(alt or made.question),
        tells="nothing" if len(untold) == 2 else _tells(finding),
        facts=tuple(fact for fact in facts if fact.sentence and page.rests(fact)),
    )


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
    return replace(
        _finished(empty, gate.Public(exhibit.table.iloc[:0, :0], exhibit.table.iloc[:0, :0], ()), page),
        finding=sentence,
        alt=sentence,
        tells="nothing",
    )


def _tells(finding: str) -> Literal["finding", "table", "nothing"]:
    return (
        "nothing" if isinstance(finding, Untold) else "table" if isinstance(finding, InTable) else "finding"
    )


def _display(made: Saved, page: str) -> None:
    """Put an exhibit below its cell, marked so that a publication knows it."""
    from IPython.display import HTML, display

    display(HTML(page), metadata={"mlastats": {"exhibit": made.name}})


def _preview(made: Saved) -> str:
    """An exhibit as a notebook shows it to an analyst: the finding, the figure in a box that can be drawn larger, and
    the first rows where there is no figure; the whole table and the notes unfold."""
    rows = list(cells.rows(made))
    first = "" if made.svg or not rows else _table(made, rows[:FIRST_ROWS])
    words = _n(
        "Numbers, and how they are counted ({n} row)",
        "Numbers, and how they are counted ({n} rows)",
        len(rows),
    )
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in made.notes)
    whole = f"<p><small>{escape(made.unit)}</small></p>{_table(made, rows)}{notes}" if made.columns else notes
    folded = f"<details><summary>{escape(words)}</summary>{whole}</details>" if whole else ""
    drawing = (
        f"<style>{webfont.faces(made.svg)}</style><div style='{FIGURE}'>{made.svg}</div>" if made.svg else ""
    )
    return f"{_heading(made)}{drawing}{first}{folded}"


def _table(made: Saved, rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(column.label)}</th>" for column in made.columns.values())
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _heading(made: Saved) -> str:
    return f"<p><small>{escape(made.question)}</small><br><strong>{escape(made.finding)}</strong></p>"
