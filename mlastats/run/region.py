"""What a secretariat does with returns and flows, as its commands print it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlastats import schema, storage
from mlastats.errors import InputRejected
from mlastats.region import archive, collected, comparability, faults, form, mirror, queries, rounds, sealed
from mlastats.register.processed import Cleaned
from mlastats.settings import Settings


def gathered(settings: Settings) -> Cleaned:
    """What a regional body has in place of a cleaned table: no request, and who has reported the last year."""
    import pandas as pd

    pile = collected.load(settings)
    year = pile.periods[-1] if pile.returns else ""
    of = {
        "returns": len(pile.returns),
        "members": len(pile.members),
        "reported": len({one.header.state for one in pile.latest(year)}),
        "year": year,
    }
    made_up = any(one.header.synthetic for one in pile.returns)
    summary = {**dict.fromkeys(("requests", "apart", "issues", "changes"), 0), "registers": [], "region": of}
    none = schema.conform(pd.DataFrame(index=pd.RangeIndex(0)))
    nothing = none[["register"]]
    return Cleaned(none, nothing, nothing, {**summary, "synthetic": made_up})


def receive(settings: Settings, files: Sequence[Path]) -> list[str]:
    """Put returns, in either form and with the signature beside each, into the region's folder; their names.

    All of them are looked at before the first is kept. Raises InputRejected where one is no return, is of no member, or
    would change a version that is there; ConfigurationError in a country's workspace.
    """
    pile = collected.load(settings)
    settings.use_vocabularies()
    assert settings.region
    folder = settings.path(settings.region.returns)
    there, kept = {one.header.name: one for one in pile.returns}, dict[Path, bytes]()
    names = []
    for path in files:
        one, wrong = faults.check(path)
        if one is None or wrong:
            more = f" and {len(wrong) - 1} more (mlastats return check tells all)" if len(wrong) > 1 else ""
            raise InputRejected(f"{path.name}: {wrong[0]}{more}.")
        target = folder / f"{one.header.name}{archive.SUFFIX}"
        data = path.read_bytes()
        if path.suffix.lower() == form.SUFFIX:
            # A form that was filled by hand is kept as the return that it says; whether it is made up it cannot say.
            one = replace(one, header=replace(one.header, synthetic=settings.synthetic))
            data = archive.packed(one.header, one.cubes)
        if one.header.state not in pile.members:
            raise InputRejected(
                f"{path.name} is of {one.header.state}, which is no member ([region] in mlastats.toml)."
            )
        before = there.setdefault(one.header.name, one)
        if before.header != one.header or not before.says_the_same(one):
            raise InputRejected(
                f"{path.name}: another {target.name} was received before, and a version is never changed. Ask for the next "
                "version."
            )
        if one.header.mode == "sealed" and sealed.given_up(one, pile.returns):
            raise InputRejected(
                f"{path.name}: the round {one.header.agreed['round']} was given up for a newer one, and a late return of it "
                "would tell its sender's counts. Ask for a new round of all."
            )
        names.append(target.name)
        if before is one:
            kept[target] = data
        signature = path.with_name(f"{path.name}.sig")
        if signature.is_file():
            kept[target.with_name(f"{target.name}.sig")] = signature.read_bytes()
    with storage.private(settings):
        storage.folder(folder, settings)
        for target, data in kept.items():
            storage.write_whole(target, data, folder)
    return names


def status(settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Who has reported which year, by which version and how signed, and what was restated; as data and in lines."""
    pile = collected.load(settings)
    found = {period: collected.reported(pile, period) for period in pile.periods}
    lines = []
    for period, table in found.items():
        there = table[table["reporting"].eq(collected.REPORTED)]
        away = table.loc[table["reporting"].eq(collected.MISSING), "country"]
        said = ", ".join(
            f"{r.country} v{r.version:.0f} {r.return_mode} {r.signature}" for r in there.itertuples()
        )
        lines.append(f"{period}: {len(there)} of {len(table)} members: {said}.")
        lines += [f"{period}: missing {', '.join(away)}."] if len(away) else []
        for one in rounds.rounds(pile, period):
            stands = f"not opened: {one.lacks}" if one.lacks else "whole."
            lines.append(f"{period}: the round {one.name} of {', '.join(one.members)} is {stands}")
    restated = collected.revisions(pile).dropna(subset="opened_change")
    lines += [
        f"{r.country} {r.year} v{r.version}: {r.opened:.0f} opened, {r.opened_change:+.0f} ({r.version_reason})."
        for r in restated.itertuples()
    ]
    return {"periods": {p: _records(t) for p, t in found.items()}, "restated": _records(restated)}, lines


def merged(settings: Settings, period: str = "") -> tuple[dict[str, Any], list[str]]:
    """The sums and times of those who reported a year (the last one), the sums of sealed rounds, and the grades; as data and
    in lines. Raises InputRejected where there is no return, and where all there are is a round that is not whole."""
    pile = collected.load(settings)
    if not pile.returns:
        raise InputRejected("No return was received. Receive one: mlastats region receive FILE.")
    year = period or pile.periods[-1]
    tables = {
        "totals": collected.totals(pile, year),
        "times": collected.times(pile, year),
        "sealed_flows": rounds.flows(pile, year),
        "sealed_times": rounds.times(pile, year),
        "grades": comparability.grades(pile, year),
    }
    lacking = [one.lacks for one in rounds.rounds(pile, year) if one.lacks]
    if lacking and not any(map(len, tables.values())):
        raise InputRejected(lacking[0])
    lines = [_time(row, row.strand, f"{row.countries} countries") for row in tables["times"].itertuples()]
    lines += [
        _time(row, row.kind, f"the {row.countries} countries of the round {row.sealed_round}")
        for row in tables["sealed_times"].itertuples()
    ]
    lines += [
        f"{r.country} {r.indicator}: {r.grade.upper()} ({r.graded})." for r in tables["grades"].itertuples()
    ]
    return {"year": year, **{name: _records(table) for name, table in tables.items()}}, [*lines, *lacking]


def _time(row: Any, of: str, whose: str) -> str:
    if row.median_days != row.median_days:
        return f"{row.direction} {of}: {row.requests} requests of {whose}, median not given."
    return (
        f"{row.direction} {of}: {row.requests} requests of {whose}, half answered within {row.median_days:.0f} days "
        f"({row.lower:.0f} to {row.upper:.0f})."
    )


def ask(settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Add to the ledger what the mirror of all returns asks; how many queries there are, are new and have no reply."""
    pile = collected.load(settings)
    assert settings.region
    path = settings.path(settings.region.queries)
    before = queries.read(path)
    ledger = queries.asked(collected.flows(pile), before)
    with storage.private(settings):
        storage.write_whole(path, ledger.to_csv(index=False, lineterminator="\n").encode(), path.parent)
    counts = {
        "queries": len(ledger),
        "new": len(ledger) - len(before),
        "open": int(ledger["reply"].eq("").sum()),
    }
    return counts, [
        f"{counts['queries']} queries, {counts['new']} of them new, {counts['open']} without a reply."
    ]


def _records(table: Any) -> list[dict[str, Any]]:
    return list(table.astype(object).where(table.notna(), None).to_dict("records"))


def mirrored(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What a table of flows tells, as data and in lines: pair by pair, or the bounds that totals allow."""
    table = mirror.read(path)
    if "counterpart" not in table:
        bounds = mirror.margins(table)
        lines = [
            "The table has no counterparts: no pair can be compared, and what was sent and what was received are bounds "
            "on each other alone.",
            *(
                f"{row['year']}: {row['sent']} sent as {row['senders']} report, {row['received']} received as "
                f"{row['receivers']} report. At most {row['matched_at_most']} stand in both counts; at least "
                f"{row['apart_at_least']} stand in one alone, or their other side is one who did not report "
                f"({row['silent'].replace(mirror.APART, ', ') or 'nobody'})."
                for row in bounds.to_dict("records")
            ),
        ]
        return {"margins": bounds.to_dict("records")}, lines
    flows = mirror.pairs(table)
    of, over_years, (effects, fit) = (
        mirror.agreement(flows),
        mirror.persistence(flows),
        mirror.reporters(flows),
    )
    (told,) = of.to_dict("records")
    lines = [
        f"{told['flows']} flows that both sides report: {told['equal']} equal, {told['within']} within chance, "
        f"{told['outside']} outside ({100 * mirror.CHANCE:g} %); {told['one_nil']} nil on one side, and "
        f"{told['one_missing']} more that one side alone reports.",
        f"{told['sent']} sent as the senders report, {told['received']} received as the receivers do; asymmetry "
        f"{told['asymmetry']:.1%}, over the years together {over_years['pooled']:.1%}.",
        f"Gaps of successive years: correlation {over_years['correlation']:.2f} over {over_years['successive']}."
        if over_years["successive"] >= mirror.CORRELATED
        else f"Gaps of successive years: {over_years['successive']}, too few to correlate.",
        f"Chi-squared by degree of freedom {fit['before']:.1f}, with the effects of reporters {fit['after']:.1f}.",
        "Neither side is the true one.",
    ]
    data = {
        "agreement": told,
        "persistence": over_years,
        "fit": fit,
        "reporters": _records(effects),
        "countries": _records(mirror.by_country(flows)),
        "flows": _records(flows),
    }
    return data, lines
