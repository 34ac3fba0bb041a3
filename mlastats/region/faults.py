"""All that is wrong with a return, at once and in the language in use: for whoever sends it and for whoever receives it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mlastats import vocab
from mlastats.disclosure.rounding import BASE
from mlastats.messages import _
from mlastats.region import archive, form
from mlastats.region.banded import RESIDUAL, closes
from mlastats.region.cube import (
    CONF_STATUS,
    CUBES,
    FREE,
    GIVEN,
    NOT_APPLICABLE,
    OBS_STATUS,
    TOTAL,
    WITHHELD,
    Cube,
    Return,
    codes_of,
)

UNCODED = {"COHORT": r"\d{4}|_X|_T", "DAY": r"\d{1,6}|_Z|_T", "CURRENCY": r"[A-Z]{3}|_X|_T"}


def check(path: Path) -> tuple[Return | None, list[str]]:
    """The return in a file of either form, if it can be read, and all its faults; none of either is a return that holds."""
    opened = form.opened if path.suffix.lower() == form.SUFFIX else archive.opened
    found, wrong = opened(path)
    beside = _beside(found, path) if found and opened is archive.opened else ()
    return found, [*wrong, *(faults(found) if found else ()), *beside]


def faults(found: Return) -> list[str]:
    """What its tables have that they must not: codes that are none, cells told twice, values without a reason, a stock that
    does not close, and what its mode does not allow."""
    wrong = [fault for cube in CUBES.values() for fault in _of_cube(found, cube, found.cubes[cube.name])]
    if found.header.mode != "sealed":
        wrong += _of_stock(found)
    if found.header.mode == "trusted":
        wrong += _of_totals(found)
    if found.header.mode == "banded":
        wrong += _of_publication(found)
    if found.header.version > 1 and not found.header.reason:
        wrong.append(_("version {version} does not say why it was made", version=found.header.version))
    return wrong


def _of_cube(found: Return, cube: Cube, table: pd.DataFrame) -> Iterator[str]:
    header = found.header

    def told(marks: pd.Series, what: str) -> Iterator[str]:
        if marks.any():
            yield _("{cube}: {n} cells: {what}", cube=cube.name, n=int(marks.sum()), what=what)

    lists: dict[str, set[str]] = {"MEASURE": set(cube.measures), "OBS_STATUS": set(OBS_STATUS)}
    lists |= {"CONF_STATUS": set(CONF_STATUS), "REF_AREA": {header.state}, "TIME_PERIOD": {header.period}}
    for name in (*cube.dimensions, "OBS_STATUS", "CONF_STATUS"):
        allowed = lists.get(name) or set(codes_of(name) or ())
        fits = table[name].isin(allowed) if allowed else table[name].str.fullmatch(UNCODED.get(name, ".*"))
        unknown = sorted(set(table.loc[~fits.astype(bool), name]))[:3]
        yield from told(
            ~fits.astype(bool), _("no such {column}: {codes}", column=name, codes=", ".join(unknown))
        )
    yield from told(table.duplicated(list(cube.dimensions)), _("told more than once"))
    given = table["OBS_STATUS"].eq(GIVEN) & table["CONF_STATUS"].ne(WITHHELD)
    yield from told(given & table["OBS_VALUE"].isna(), _("no value, and no reason why"))
    below = table["OBS_VALUE"].lt(0).fillna(False).astype(bool) if cube.dtype != "str" else None
    if below is not None and below.any():
        yield _(
            "{cube}: {n} values of {column} are not what they must be (the first in row {row})",
            cube=cube.name,
            n=int(below.sum()),
            column="OBS_VALUE",
            row=int(below.to_numpy().argmax()) + 1,
        )
    yield from told(~given & table["OBS_VALUE"].notna(), _("a value, and a reason why there is none"))
    if cube.name == "CONCEPT":
        choices = {code: row["choices"].split("|") for code, row in vocab.codes("concept").items()}
        known = [
            pd.isna(v) or v in choices.get(c, [v])
            for c, v in zip(table["CONCEPT"], table["OBS_VALUE"], strict=True)
        ]
        yield from told(~pd.Series(known, table.index), _("a choice that the concept does not have"))
    if cube.name in ("FLOW", "MIRROR"):
        rest = [name for name in cube.dimensions if name != "COUNTERPART_AREA"]
        whole = table["COUNTERPART_AREA"].eq(TOTAL)
        both = whole.groupby([table[name] for name in rest]).transform("nunique").gt(1)
        yield from told(whole & both, _("all partners together, and some of them as well"))
    open_cells = header.mode != "banded" and table["CONF_STATUS"].eq(FREE)
    if cube.name != "CONCEPT" and not isinstance(open_cells, bool):
        yield from told(open_cells, _("marked as free, in a return that is not for publication"))


def _of_stock(found: Return) -> Iterator[str]:
    """Banded numbers are each wrong by 4 at most."""
    flow, slack = found.cubes["FLOW"], BASE - 1 if found.header.mode == "banded" else 0
    for (partner, way, kind), rows in flow.groupby(["COUNTERPART_AREA", "DIRECTION", "KIND"]):
        told = rows["OBS_VALUE"].notna().all() or found.header.mode == "banded"
        if told and not rows.duplicated("MEASURE").any() and not closes(rows, slack):
            yield _(
                "FLOW: the stock of {partner}, {direction}, {kind} does not close: open_start + opened is not answered + "
                "ended_otherwise + ended_undated + open_end",
                partner=partner,
                direction=way,
                kind=kind,
            )


def _of_totals(found: Return) -> Iterator[str]:
    """The requests of OUTCOME are those that leave DURATION, by direction and kind; not where one was not submitted."""
    outcome = found.cubes["OUTCOME"].query("MEASURE == 'requests'")
    duration = found.cubes["DURATION"].query("CLOCK == 'answer' and EVENT != 'entered'")
    if not len(duration) or outcome["OBS_VALUE"].isna().any() or duration["OBS_VALUE"].isna().any():
        return
    by = ["DIRECTION", "KIND"]
    sums = [table.groupby(by)["OBS_VALUE"].sum() for table in (outcome, duration)]
    both = pd.concat(sums, axis=1, keys=["outcome", "duration"]).fillna(0).astype("int64")
    for (way, kind), row in both[both["outcome"].ne(both["duration"])].iterrows():
        yield _(
            "{direction}, {kind}: OUTCOME has {outcome} requests, and DURATION {duration}",
            direction=way,
            kind=kind,
            outcome=row["outcome"],
            duration=row["duration"],
        )


def _of_publication(found: Return) -> Iterator[str]:
    """What a banded return may not tell: this is asked of what others have made, too."""
    for name in ("MIRROR", "ASSET", "COVERAGE"):
        if found.cubes[name]["OBS_VALUE"].notna().any():
            yield _("{cube}: a banded return tells nothing of it", cube=name)
    for name in ("FLOW", "OUTCOME", "DURATION", "HEADLINE"):
        table = found.cubes[name]
        counts = table.loc[~table["MEASURE"].str.startswith("median"), "OBS_VALUE"].dropna()
        raw = int((counts.mod(BASE).ne(0) | counts.lt(BASE)).sum())
        if raw:
            yield _(
                "{cube}: {n} counts are below 5, or no multiple of 5: they were not protected",
                cube=name,
                n=raw,
            )
        if table["CELL_KEY"].notna().any():
            yield _("{cube}: it has the keys of its cells, with which its rounding can be undone", cube=name)
        finer = [
            n
            for n in ("COUNTERPART_AREA", "BASIS", "GROUND", "CHANNEL")
            if n in table and table[n].ne(TOTAL).any()
        ]
        left = table["MEASURE"].isin(RESIDUAL) | (
            table["OUTCOME"].isin(RESIDUAL) if "OUTCOME" in table else False
        )
        left |= table["MEASURE"].eq("persons") | (
            table["DAY"].eq(NOT_APPLICABLE) if "DAY" in table else False
        )
        if finer or table.loc[left, "OBS_VALUE"].notna().any():
            yield _(
                "{cube}: it is finer than what may be published: {names}",
                cube=name,
                names=", ".join(finer) or "MEASURE",
            )


def _beside(found: Return, path: Path) -> Iterator[str]:
    """Against the other files of its folder: another return of the same version, or of a year that overlaps."""
    own = found.header
    if path.name.endswith(archive.SUFFIX) and path.name != f"{own.name}{archive.SUFFIX}":
        yield _("the file is named {file}, and its return is {name}", file=path.name, name=own.name)
    for other in sorted(path.parent.glob(f"{own.state}_*{archive.SUFFIX}")):
        if other.resolve() == path.resolve() or not re.fullmatch(
            r"[A-Z]{3}_\d{4}(_[a-z]+)?_v\d{1,3}\.mlareturn\.zip", other.name
        ):
            continue
        beside, _faults = archive.opened(other)
        if beside is None or beside.header.state != own.state or beside.header.mode != own.mode:
            continue
        if beside.header.name == own.name and beside.digest != found.digest:
            yield _("{file} says that it is the same version, and is another return", file=other.name)
        starts = [_year_starts(one) for one in (found, beside)]
        near = abs(int(beside.header.period) - int(own.period)) <= 1 and beside.header.period != own.period
        if near and None not in starts and starts[0] != starts[1]:
            yield _("its year overlaps with that of {file}, which begins in another month", file=other.name)


def _year_starts(one: Return) -> str | None:
    choice = one.cubes["CONCEPT"].query("CONCEPT == 'year'")["OBS_VALUE"].dropna()
    return str(choice.iloc[0]) if len(choice) else None
